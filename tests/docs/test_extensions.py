"""The site takes up every public name, reads docstrings as they are meant, and skips the absent."""

import importlib
from types import SimpleNamespace

import docstrings
import gallery
import pytest
import rooms

import neurokit as nk


def _rooms_of_the_package():
    return {f"neurokit.{name}" for name in nk.__all__ if hasattr(getattr(nk, name), "__path__")}


def test_no_room_is_left_out_of_the_reference():
    assert _rooms_of_the_package() <= set(rooms.ROOMS)


@pytest.mark.parametrize("room", sorted(set(rooms.ROOMS) - {"neurokit"}))
def test_every_public_name_of_a_room_has_an_entry(room):
    module = importlib.import_module(room)
    text = rooms.page(room, "A title")
    listed = getattr(module, "__all__", [])
    described = [n for n in listed if callable(getattr(module, n))]
    missing = [n for n in described if f":: {n}\n" not in text + "\n"]
    assert not missing
    assert rooms.public_names(room), f"{room} has no public name"


def test_a_borrowed_name_is_described_once_where_it_lives():
    text = rooms.page("neurokit", "A title")
    assert "   ~io.open\n" in text
    assert ".. autofunction:: open\n" not in text
    assert ".. autofunction:: show_versions" in text
    assert rooms.described(nk.open) == "neurokit.io"
    assert rooms.described(nk.Catalog) == "neurokit.catalog"


def test_pages_that_did_not_change_are_not_written_again(tmp_path):
    app = SimpleNamespace(srcdir=tmp_path)
    rooms.write(app)
    page = tmp_path / "reference" / "stats.rst"
    before = page.stat().st_mtime_ns
    rooms.write(app)
    assert page.stat().st_mtime_ns == before
    index = (tmp_path / "reference" / "index.rst").read_text(encoding="utf-8")
    assert all(f"   {room.rpartition('.')[2]}\n" in index for room in rooms.ROOMS)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("``weight``(state, post) and ``a`` b", "``weight``\\ (state, post) and ``a`` b"),
        ("``a`` or ``<b>_c``; ``d``(e)", "``a`` or ``<b>_c``; ``d``\\ (e)"),
        ("min |X Q - M|^2", r"min \|X Q - M\|^2"),
        ("``|a|`` stays", "``|a|`` stays"),
        ("As in [1]_.", "As in [1]."),
        (".. [2] Who (2024).", "2. Who (2024)."),
        (">>> a | b", ">>> a | b"),
        ("t = 2 * n * m", r"t = 2 \* n \* m"),
        ("**options", "**options"),
        ("weights_ : DataArray", "weights_ : DataArray"),
        ("sum over n_.j, and f_i", r"sum over n\_.j, and f_i"),
        ("a sentence (in brackets) [as such]", "a sentence (in brackets) [as such]"),
    ],
)
def test_docstrings_are_read_as_they_are_meant(written, read):
    assert docstrings.readable([written]) == [read]


def test_blocks_of_formulas_stay_as_they_are():
    lines = ["so that::", "", "    |t - s| > gap", "", "  a_ * b", "", "then |x|"]
    assert docstrings.readable(list(lines)) == [*lines[:-1], r"then \|x\|"]


def test_methods_of_other_libraries_are_skipped():
    assert docstrings.skip(None, "class", "set_fit_request", None, False, None)
    assert docstrings.skip(None, "class", "set_params", None, False, None) is None


def test_entries_with_a_question_mark_are_kept_where_the_page_is_there(tmp_path):
    (tmp_path / "guides").mkdir()
    (tmp_path / "there.md").write_text("# There", encoding="utf-8")
    source = ["a\n?../there\n?../absent\nIs it so?\nb\n"]
    gallery.optional(SimpleNamespace(srcdir=tmp_path), "guides/index", source)
    assert source == ["a\n../there\nIs it so?\nb\n"]


def test_notebooks_are_copied_listed_and_forgotten_with_their_source(tmp_path):
    source, docs = tmp_path / "notebooks", tmp_path / "docs"
    source.mkdir()
    docs.mkdir()
    app = SimpleNamespace(confdir=docs, srcdir=docs)
    for name in ("01_b.ipynb", "00_a.ipynb", "00_a.md"):
        (source / name).write_text("[c](../docs/checks.md), [d](../README.md)", encoding="utf-8")
    gallery.collect(app)
    page = docs / "notebooks" / "index.md"
    assert "00_a\n01_b\n" in page.read_text(encoding="utf-8")
    assert sorted(p.name for p in (docs / "notebooks").glob("0*")) == ["00_a.ipynb", "01_b.ipynb"]
    copied = (docs / "notebooks" / "00_a.ipynb").read_text(encoding="utf-8")
    assert copied == "[c](../checks.md), [d](../README.md)"
    (source / "01_b.ipynb").unlink()
    gallery.collect(app)
    assert "01_b" not in page.read_text(encoding="utf-8")
    assert not (docs / "notebooks" / "01_b.ipynb").exists()
