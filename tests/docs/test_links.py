"""The checker of links finds what is broken and nothing else."""

import pytest
from links import broken


def _write(folder, **pages):
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")


def test_links_that_lead_somewhere_pass(tmp_path):
    (tmp_path / "a picture.png").write_bytes(b"")
    _write(
        tmp_path,
        one='<h1 id="top">1</h1><a href="two.html#here">2</a><a href="#top">up</a>'
        '<a href="https://example.org/x">away</a><a href="mailto:a@b.c">post</a>'
        '<img src="a%20picture.png">',
        two='<a name="here"></a><a href="one.html">1</a><a href="./one.html?x=1#top">1</a>',
    )
    assert broken(tmp_path) == []


@pytest.mark.parametrize(
    "link",
    [
        '<a href="absent.html">x</a>',
        '<a href="two.html#absent">x</a>',
        '<a href="#absent">x</a>',
        '<img src="absent.png">',
        '<link href="absent.css">',
        '<script src="absent.js"></script>',
        '<a href="../one.html">x</a>',
    ],
)
def test_a_link_that_leads_nowhere_is_named_with_its_page(tmp_path, link):
    _write(tmp_path, one=link, two='<p id="here"></p>')
    target = link.split('"')[1]
    assert broken(tmp_path) == [f"one.html: {target}"]


def test_what_the_theme_copies_is_no_page(tmp_path):
    (tmp_path / "_static").mkdir()
    _write(tmp_path / "_static", macros='<script src="{{ pathto() }}"></script>')
    (tmp_path / "_static" / "theme.css").write_text("", encoding="utf-8")
    _write(tmp_path, one='<link href="_static/theme.css">')
    assert broken(tmp_path) == []


def test_pages_in_folders_are_read_and_their_links_are_relative_to_them(tmp_path):
    (tmp_path / "deep").mkdir()
    _write(tmp_path, one="")
    _write(tmp_path / "deep", two='<a href="../one.html">1</a><a href="one.html">1</a>')
    assert broken(tmp_path) == ["deep/two.html: one.html"]
