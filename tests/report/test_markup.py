"""HTML: everything from outside is escaped, units are said, numbers are readable."""

from html.parser import HTMLParser

import pytest

from neurokit.report import markup

EVIL = "<script>alert('x')</script>&\"'"


class Tags(HTMLParser):
    """Collects the tags and the text of a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self.open = [], "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    "html",
    [
        markup.table([EVIL], [[EVIL]]),
        markup.pairs({EVIL: EVIL}),
        markup.pairs({"nested": {EVIL: [EVIL]}}),
        markup.paragraph(EVIL),
        markup.complaint(EVIL, EVIL, EVIL, EVIL),
        markup.table([], [], empty=EVIL),
    ],
)
def test_what_comes_from_outside_is_text_and_no_markup(html):
    parsed = Tags(html)
    assert "script" not in parsed.tags
    assert EVIL in parsed.text
    assert not parsed.open


def test_a_table_has_its_cells_in_order():
    parsed = Tags(markup.table(["a", "b"], [[1, "x"], [2, "y"]]))
    assert parsed.tags.count("td") == 4
    assert "".join(parsed.text.split()) == "ab1x2y"


def test_numbers_are_aligned_to_the_right_and_words_are_not():
    html = markup.table(["n", "w", "b"], [[1.5, "word", True]])
    assert html.count("nk-number") == 1


def test_short_cells_do_not_wrap_and_long_ones_may():
    html = markup.table(["a", "b"], [["short", "long " * 20]])
    assert html.count("nk-short") == 1


def test_marked_rows_carry_their_class():
    html = markup.table(["a"], [["x"], ["y"]], classes=["nk-failed"])
    assert html.count("nk-failed") == 1


def test_only_long_tables_get_a_height_of_their_own():
    assert "nk-scroll" in markup.table(["a"], [["x"]])
    assert "nk-scroll" not in markup.pairs({"a": 1})


def test_an_empty_table_says_so():
    assert "no jobs" in markup.table(["a"], [], empty="no jobs")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("duration_s", "duration (s)"),
        ("rate_hz", "rate (Hz)"),
        ("peak_mb", "peak (MB)"),
        ("missing_share", "missing (share)"),
        ("n_channels", "channels (count)"),
        ("events_by_type", "events by type"),
        ("modality", "modality"),
        ("s", "s"),
        ("error (share)", "error (share)"),
    ],
)
def test_keys_become_words_with_units(key, words):
    assert markup.readable(key) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1e-13, "1e-13"),
        (float("nan"), "not known"),
        (float("-inf"), "not known"),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (123456789, "123456789"),
        ([1, "a", None], "1, a, "),
        ({"a": 1.5}, "a: 1.5"),
        ("text", "text"),
    ],
)
def test_values_become_text(value, text):
    assert markup.shown(value) == text


def test_details_are_folded_away():
    parsed = Tags(markup.complaint("X", "found", "mend", "Traceback\n  line"))
    assert "details" in parsed.tags
    assert "Traceback\n  line" in parsed.text
    assert "details" not in Tags(markup.complaint("X", "found")).tags


def test_the_style_loads_nothing():
    assert "url(" not in markup.STYLE
    assert "@import" not in markup.STYLE
