"""Text tables: what is written is read, and every fault is named by its line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neurokit_loaders._text_tables import (
    DELIMITERS,
    delimiter_of,
    end_findings,
    first_fields,
    number,
    read_table,
)

from neurokit.errors import FileContentError

_FIELD = st.text(alphabet="abcXYZ019?- ", min_size=1, max_size=6).map(str.strip).filter(bool)
_TABLE = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(_FIELD, min_size=width, max_size=width), min_size=2, max_size=8)
)
_SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def _write(folder: Path, rows: list[list[str]], delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    path = folder / "table.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


@_SAME_FOLDER
@given(rows=_TABLE, delimiter=st.sampled_from(DELIMITERS))
def test_what_is_written_is_read(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    table = read_table(_write(tmp_path, rows, delimiter))
    assert table.header == rows[0]
    assert table.rows == rows[1:]
    assert table.lines == list(range(2, len(rows) + 1))


@_SAME_FOLDER
@given(rows=_TABLE, data=st.data())
def test_a_row_of_another_length_is_named(
    tmp_path: Path, rows: list[list[str]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(rows) - 1))
    rows[place] = [*rows[place], "more"] if data.draw(st.booleans()) else rows[place][:-1]
    with pytest.raises(FileContentError, match=f"line {place + 1} has {len(rows[place])} fields"):
        read_table(_write(tmp_path, rows))


def test_quoted_fields_keep_their_delimiters(tmp_path: Path) -> None:
    rows = [["name", "note"], ["AVAL", "left, dorsal"], ["AVAR", 'said "maybe"']]
    assert read_table(_write(tmp_path, rows)).rows == rows[1:]


def test_empty_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n\n1,2\n , \n3,4\n", encoding="utf-8")
    table = read_table(path)
    assert table.rows == [["1", "2"], ["3", "4"]]
    assert table.lines == [3, 5]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(line_end.join(["a,b", "1,2", ""]).encode())
    assert first_fields(path) == ["a", "b"]
    assert read_table(path).rows == [["1", "2"]]


def test_many_ragged_lines_are_counted_not_listed(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match=r"line 6 has 1 fields and 4 more lines"):
        read_table(_write(tmp_path, [["a", "b"], *[["1"]] * 9]))


@pytest.mark.parametrize(
    ("line", "delimiter"), [("a,b;c,d", ","), ("a\tb", "\t"), ("a;b;c,d", ";"), ("a", ",")]
)
def test_the_commonest_delimiter_of_the_header_is_taken(line: str, delimiter: str) -> None:
    assert delimiter_of(line) == delimiter


@pytest.mark.parametrize("content", [b"", b"a,b\x00c\n", b"\x89HDF\r\n\x1a\n\x00"])
def test_a_file_without_text_has_no_first_fields(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert first_fields(path) == []
    assert first_fields(tmp_path) == []


def test_a_first_line_in_latin_1_is_still_split(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("name,caf\xe9\n".encode("latin-1"))
    assert first_fields(path) == ["name", "caf\xe9"]


def test_the_byte_that_is_not_utf8_is_found_in_its_line(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n1,2\n3,\xff\n")
    with pytest.raises(FileContentError, match=r"table\.csv: is not UTF-8: byte 0xFF in line 3"):
        read_table(path)


def test_a_missing_or_empty_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match="does not exist"):
        read_table(tmp_path / "absent.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(FileContentError, match="is empty"):
        read_table(tmp_path / "empty.csv")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_to_the_last_bit(value: float) -> None:
    assert number(repr(value), "a.csv", 1) == value


@pytest.mark.parametrize("text", ["nan", "NaN", "NA", "n/a"])
def test_not_available_is_nan(text: str) -> None:
    value = number(text, "a.csv", 1)
    assert value != value


@pytest.mark.parametrize("text", ["", "1,5", "two", "0x10", "--"])
def test_what_is_no_number_is_named_with_its_line(text: str) -> None:
    with pytest.raises(FileContentError, match=r"a\.csv: line 7 holds"):
        number(text, "a.csv", 7)


@pytest.mark.parametrize(("text", "whole"), [("a,b\n1,2\n", True), ("a,b\r\n1,2", False)])
def test_a_last_line_without_an_end_is_said(tmp_path: Path, text: str, whole: bool) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    table = read_table(path)
    assert table.complete is whole
    assert [f.code for f in end_findings(table, "t.csv")] == ([] if whole else ["NK826"])


def test_zero_bytes_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n3,\x00\x00\n")
    with pytest.raises(FileContentError, match=r"t\.csv: holds zero bytes in line 3"):
        read_table(path)
