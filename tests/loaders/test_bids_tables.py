"""Tables of BIDS: verbatim text first, types second, damage named with its line."""

import json

import numpy as np
import pytest
from bids_maker import dump, tsv
from hypothesis import given
from hypothesis import strategies as st
from neurokit_loaders.bids_tables import (
    inherited,
    missing,
    numbers,
    read_json,
    read_tsv,
    typed,
)
from neurokit_loaders.bids_units import unit_of

from neurokit.errors import FileContentError


def test_a_table_is_its_columns_word_for_word(tmp_path):
    table = read_tsv(tsv(tmp_path / "a.tsv", "name note", [["A1", "left/n/a"], ["A2", "n/a"]]))
    assert table.columns == {"name": ["A1", "A2"], "note": ["left/n/a", "n/a"]}
    assert len(table) == 2
    assert json.loads(table.to_json()) == table.columns


def test_a_byte_order_mark_and_line_ends_of_any_system_say_nothing(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes(b"\xef\xbb\xbfname\tx\r\nA1\t1\r\nA2\t2\r\n")
    assert read_tsv(path).columns == {"name": ["A1", "A2"], "x": ["1", "2"]}
    path.write_bytes(b"name\tx\rA1\t1\r")
    assert read_tsv(path).columns == {"name": ["A1"], "x": ["1"]}


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    assert len(read_tsv(tsv(tmp_path / "a.tsv", "onset duration"))) == 0


def test_quotes_and_commas_are_plain_characters(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('name\tnote\nA1\t"deep", left\n', encoding="utf-8")
    assert read_tsv(path).columns["note"] == ['"deep", left']


def test_empty_cells_at_a_lines_end_are_cells(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("name\tx\ty\nA1\t\t\n", encoding="utf-8")
    assert read_tsv(path).columns == {"name": ["A1"], "x": [""], "y": [""]}


def test_characters_separated_by_other_line_breaks_stay_in_their_cell(tmp_path):
    # splitlines() would break lines at these; a table does not.
    path = tmp_path / "a.tsv"
    path.write_text("name\tnote\nA1\ta\x0bb\u2028c\n", encoding="utf-8")
    assert read_tsv(path).columns["note"] == ["a\x0bb\u2028c"]


def test_latin_1_is_read_and_said(tmp_path):
    table = read_tsv(tsv(tmp_path / "a.tsv", "name units", [["A1", "µV"]], encoding="latin-1"))
    assert table.columns["units"] == ["µV"]
    assert [f.code for f in table.findings] == ["NK883"]
    assert "byte 0xB5 in line 2" in table.findings[0].found


def test_a_table_without_its_last_line_break_may_have_been_cut(tmp_path):
    path = tsv(tmp_path / "a.tsv", "name note", [["A1", "left"], ["A2", "right"]])
    assert read_tsv(path).findings == []
    path.write_bytes(path.read_bytes()[:-3])
    [finding] = read_tsv(path).findings
    assert finding.code == "NK880"
    assert "as in a file that was cut" in finding.found


def test_a_row_is_found_by_its_first_match(tmp_path):
    table = read_tsv(tsv(tmp_path / "a.tsv", "id x", [["a", 1], ["a", 2]]))
    assert table.row("id", "a") == {"id": "a", "x": "1"}
    assert table.row("id", "b") is None
    assert table.row("nothing", "a") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "has no header"),
        (b"name\tx\nA1\t\x00\x00\n", "NUL bytes, the first at byte 10"),
        (b"name\tx\nA1\n", "line 2 has 1 cells, the header has 2"),
        (b"name\tx\nA1\t1\n\nA2\t1\t2\n", "line 4 has 3 cells"),
        (b"name\tx\tx\nA1\t1\t2\n", "column 'x' stands twice"),
    ],
)
def test_damage_is_named_with_file_and_line(tmp_path, content, said):
    path = tmp_path / "bad_events.tsv"
    path.write_bytes(content)
    with pytest.raises(FileContentError, match=said) as error:
        read_tsv(path)
    assert "bad_events.tsv" in str(error.value)


def test_a_file_far_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("neurokit_loaders.bids_tables.MOST_BYTES", 4)
    with pytest.raises(FileContentError, match="more than any table"):
        read_tsv(tsv(tmp_path / "a.tsv", "name x", [["A1", 1]]))


@pytest.mark.parametrize(
    ("cells", "expected", "kind"),
    [
        (["1", "-2", "0"], [1, -2, 0], "i"),
        (["1", "n/a"], [1.0, np.nan], "f"),
        (["1.5", "2"], [1.5, 2.0], "f"),
        (["1e-3", ".5", "nan"], [0.001, 0.5, np.nan], "f"),
        (["-inf", "3."], [-np.inf, 3.0], "f"),
        (["007", "008"], ["007", "008"], "U"),
        (["1_000", "2"], ["1_000", "2"], "U"),
        (["left", "n/a"], ["left", ""], "U"),
        (["left/n/a", "right/n/a"], ["left/n/a", "right/n/a"], "U"),
        (["n/a", "n/a"], ["", ""], "U"),
        (["99999999999999999999"], [1e20], "f"),
        ([], [], "U"),
        (["True", "False"], ["True", "False"], "U"),
    ],
)
def test_a_column_is_what_all_its_cells_are(cells, expected, kind):
    found = typed(cells)
    assert found.dtype.kind == kind
    np.testing.assert_array_equal(found, np.array(expected, dtype=found.dtype))


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1))
def test_whole_numbers_come_back_exactly(values):
    assert typed([str(v) for v in values]).tolist() == values


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_numbers_come_back_exactly(values):
    found, findings = numbers([repr(v) for v in values], "x")
    assert found.tolist() == values
    assert not findings


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)))
def test_any_text_is_typed_without_an_error(cells):
    assert typed(cells).shape == (len(cells),)


def test_a_cell_that_is_no_number_is_nan_and_named():
    found, findings = numbers(["0.1", "n/a", "abc", "1,5"], "events.tsv onset")
    np.testing.assert_array_equal(found, [0.1, np.nan, np.nan, np.nan])
    assert findings[0].found == "2 cells are no numbers: 'abc' in row 3, '1,5' in row 4"


def test_missing_is_exactly_what_the_standard_says():
    assert missing("n/a")
    assert missing("")
    assert not missing("N/A ")
    assert not missing("left/n/a")


# -- sidecars


def test_a_later_sidecar_wins_key_by_key(tmp_path):
    first = dump(tmp_path / "a.json", {"rate": 1, "line": 50})
    second = dump(tmp_path / "b.json", {"rate": 2})
    assert inherited([first, second]) == {"rate": 2, "line": 50}
    assert inherited([]) == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b'{"a": \xff}', b"[" * 100_000])
def test_a_sidecar_that_is_no_object_is_named(tmp_path, content):
    path = tmp_path / "bad_eeg.json"
    path.write_bytes(content)
    with pytest.raises(FileContentError, match="bad_eeg.json"):
        read_json(path)


# -- units


@pytest.mark.parametrize(
    ("text", "unit", "factor"),
    [
        ("V", "V", 1.0),
        ("uV", "V", 1e-6),
        ("\u00b5V", "V", 1e-6),
        ("\u03bcV", "V", 1e-6),
        ("mV", "V", 1e-3),
        ("fT", "T", 1e-15),
        ("T/m", "T/m", 1.0),
        ("fT/cm", "T/m", 1e-13),
        ("oC", "degC", 1.0),
        ("\u00b0C", "degC", 1.0),
        ("uS", "S", 1e-6),
        ("m", "m", 1.0),
        ("mm", "m", 1e-3),
        ("kOhm", None, None),
        ("kohm", "ohm", 1e3),
        ("pixels", "pixel", 1.0),
        ("n/a", None, None),
        ("V/s", None, None),
        ("", None, None),
    ],
)
def test_a_word_for_a_unit_is_its_udunits_string_and_factor(text, unit, factor):
    found = unit_of(text)
    if unit is None:
        assert found is None
    else:
        assert found[0] == unit
        assert found[1] == pytest.approx(factor, rel=1e-12)
