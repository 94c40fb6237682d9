"""Text tables: every window equals what Python's csv reads; every damaged line is named."""

from __future__ import annotations

import csv
import gzip
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices
from neurokit_loaders import table_text
from neurokit_loaders.table_source import open_table
from neurokit_loaders.table_text import (
    Content,
    Grammar,
    TextArray,
    index_rows,
    is_number,
    separator_of,
)

from neurokit.errors import FileContentError, LabelError, OptionError
from neurokit.io import lazy_variable

N_ROWS = 2500


def _write(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def _values(path: Path, **reading: Any) -> np.ndarray[Any, Any]:
    source = open_table(path, **reading)
    array = source.columns(list(source.entries))
    return array.read((slice(0, array.shape[0], 1), slice(0, array.shape[1], 1)))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray[Any, Any]]:
    """A table over several blocks of rows, with missing numbers and empty lines."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(N_ROWS, 3)) * 10.0 ** rng.integers(-30, 30, size=(N_ROWS, 3))
    values[1200, 1] = np.nan
    lines = ["a,b,c"]
    for i, row in enumerate(values):
        lines += [",".join("" if math.isnan(v) else repr(float(v)) for v in row)]
        lines += [""] * (i % 700 == 3)
    path = tmp_path_factory.mktemp("table") / "a.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, values


@settings(max_examples=12)
@given(key=basic_indices((N_ROWS, 3), allow_ellipsis=False, allow_newaxis=False))
def test_any_window_equals_the_whole(table: tuple[Path, Any], key: Any) -> None:
    path, values = table
    expected = values[key]
    assume(expected.size)
    variable = lazy_variable(("row", "column"), open_table(path).columns(["a", "b", "c"]))
    np.testing.assert_array_equal(variable[key].values, expected)


def test_a_window_reads_the_blocks_it_lies_in(
    table: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = table
    array = open_table(path).columns(["b"])
    read = []
    part = Content.part

    def noted(self: Content, start: int, stop: int) -> bytes:
        read.append(stop - start)
        return part(self, start, stop)

    monkeypatch.setattr(Content, "part", noted)
    array.read((slice(1100, 1105, 1), 0))
    assert sum(read) < path.stat().st_size * 1.1 * table_text.BLOCK_ROWS / N_ROWS


def test_numbers_are_rounded_as_python_does(tmp_path: Path) -> None:
    texts = [
        "0.1", "1e-323", "9007199254740993", "2.2250738585072011e-308", "1.7976931348623157e308",
        "123456789.123456789", "-0.0", "6.02214076E+23", ".5", "5.",
    ]  # fmt: skip
    path = _write(tmp_path, "x\n" + "\n".join(texts) + "\n")
    np.testing.assert_array_equal(_values(path)[:, 0], [float(text) for text in texts])


@pytest.mark.parametrize("word", ["", "NA", "n/a", "NaN", "nan", "null", "NULL", "None", "#N/A"])
def test_words_for_a_missing_number(word: str, tmp_path: Path) -> None:
    values = _values(_write(tmp_path, f"a,b\n1,2\n{word},4\n"))
    np.testing.assert_array_equal(values, [[1, 2], [np.nan, 4]])


@pytest.mark.parametrize("word", ["inf", "-inf", "Infinity", "+Inf"])
def test_infinity_is_a_number(word: str, tmp_path: Path) -> None:
    assert np.isinf(_values(_write(tmp_path, f"a\n1\n{word}\n"))[1, 0])


@pytest.mark.parametrize("text", ["1.5D+03", "1.5d3", "1500"])
def test_exponents_of_fortran(text: str, tmp_path: Path) -> None:
    assert _values(_write(tmp_path, f"a\n{text}\n,\n"[:-2])).tolist() == [[1500.0]]


@pytest.mark.parametrize("word", ["1_000", "0x10", "1,5,", "1e", "--1", "1 2", "true"])
def test_what_is_no_number_is_none(word: str) -> None:
    assert not is_number(word)


@given(st.floats(allow_nan=False))
def test_every_number_that_python_prints_is_one(value: float) -> None:
    assert is_number(repr(value))
    assert Grammar("utf-8", ",", ".", 0, False).number(repr(value)) == value


# -- separators, quotes, decimals, line ends


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("separator", "given"),
    [
        (",", None),
        ("\t", None),
        (";", None),
        ("  ", None),
        ("\t", "tab"),
        (" ", "blanks"),
        ("|", "|"),
    ],
)
def test_separators(separator: str, given: str | None, end: str, tmp_path: Path) -> None:
    rows = [["t", "F1", "F2"], ["0", "1.5", "-2"], ["1", "2e3", "4"]]
    path = _write(tmp_path, end.join(separator.join(row) for row in rows) + end)
    np.testing.assert_array_equal(_values(path, separator=given), [[0, 1.5, -2], [1, 2000, 4]])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a,b", "1,2"], ","),
        (["a;b", "1,5;2,5"], ";"),
        (["a\tb,c", "1\t2"], "\t"),
        (["a b", "1 2"], "blanks"),
        (["a", "1"], ","),
    ],
)
def test_the_separator_stands_in_every_line(lines: list[str], expected: str) -> None:
    assert separator_of(lines) == expected


def test_blanks_around_fields_and_names_are_dropped(tmp_path: Path) -> None:
    source = open_table(_write(tmp_path, "Time(ms), Input 1\n0, 3.25 \n1 ,4\n"))
    assert list(source.entries) == ["Time(ms)", "Input 1"]
    assert source.read("Input 1").tolist() == [3.25, 4.0]


def test_decimal_commas(tmp_path: Path) -> None:
    path = _write(tmp_path, "t;x\n0,5;-1,25e3\n1,0;\n")
    np.testing.assert_array_equal(_values(path, decimal=","), [[0.5, -1250], [1, np.nan]])
    # Without the word, these are words.
    assert open_table(path).entries["t"].kind == "text"


@settings(max_examples=12)
@given(
    rows=st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text("ab ,;'x", max_size=5)),
        min_size=1,
        max_size=20,
    )
)
def test_quoted_fields_as_python_writes_them(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, str]]
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(["x", "word, or two"])
    writer.writerows(rows)
    path = _write(tmp_path_factory.mktemp("q"), stream.getvalue())
    source = open_table(path, separator=",")
    np.testing.assert_array_equal(source.read("x"), [value for value, _ in rows])
    if source.entries["word, or two"].kind == "text":
        assert source.read("word, or two").tolist() == [text.strip() for _, text in rows]


def test_a_field_over_two_lines_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, 'a,b\n1,"x\ny"\n')
    with pytest.raises(FileContentError, match=r"line 2 .*must not go on over lines"):
        open_table(path)


# -- headers


@pytest.mark.parametrize(
    ("text", "header", "names"),
    [
        ("a,b\n1,2\n", None, ["a", "b"]),
        ("1,2\n3,4\n", None, ["0", "1"]),
        ("1,2\n3,4\n", True, ["1", "2"]),
        ("a,b\nc,d\n", False, ["0", "1"]),
        ("made by me\n\na,b\n1,2\n", 3, ["a", "b"]),
        ("\n\na,b\n1,2\n", None, ["a", "b"]),
        ("a,\n1,2\n", None, ["a", "column 1"]),
        ("1,two\n3,4\n", None, ["1", "two"]),
    ],
)
def test_headers_are_seen_or_said(
    text: str, header: bool | int | None, names: list[str], tmp_path: Path
) -> None:
    source = open_table(_write(tmp_path, text), header=header)
    assert list(source.entries) == names
    last = text.split("\n")[-2].split(",")
    assert [str(source.read(name)[-1]).removesuffix(".0") for name in names] == last


def test_a_header_alone_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match="has no row below its header"):
        open_table(_write(tmp_path, "a,b\n"))


@pytest.mark.parametrize("content", [b"\n\n\n", b" \n"])
def test_nothing_but_lines_is_no_table(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match="has no rows"):
        open_table(_write(tmp_path, content))


def test_binary_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match="is no text"):
        open_table(_write(tmp_path, b"a,b\n\0\1\2"))


def test_names_that_repeat_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"a.csv: columns share a name: b"):
        open_table(_write(tmp_path, "a,b,b\n1,2,3\n"))


# -- what is broken


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\n1,2\n3\n4,5\n", "line 3 has 1 field; the table has 2"),
        ("a,b\n1,2,3\n", "line 2 has 3 fields; the table has 2"),
        ("a,b\n" + "1\n" * 9, "line 6 has 1 field and 4 more lines; the table has 2"),
        ("a b\n1 2\n3 4 5\n", "line 3 has 3 fields"),
        ('a,b\n"1,2",3\n4,5,6\n', "line 3 has 3 fields"),
    ],
)
def test_ragged_lines_are_named(text: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match=found):
        open_table(_write(tmp_path, text))


def test_short_rows_are_read_only_if_allowed(tmp_path: Path) -> None:
    path = _write(tmp_path, "a,b,c\n1,2,3\n4,5\n6\n")
    with pytest.raises(FileContentError, match="short_rows=True"):
        open_table(path)
    np.testing.assert_array_equal(
        _values(path, short_rows=True), [[1, 2, 3], [4, 5, np.nan], [6, np.nan, np.nan]]
    )
    assert [f.code for f in open_table(path, short_rows=True).findings] == ["NK826"]
    longer = _write(tmp_path, "a,b\n1,2\n1,2,3\n", "b.csv")
    with pytest.raises(FileContentError, match="line 3 has 3 fields"):
        open_table(longer, short_rows=True)


def test_a_word_among_numbers_is_named_when_it_is_read(tmp_path: Path) -> None:
    rows = [f"{i},{i}" for i in range(3000)]
    rows[2047] = "2047,x7"
    source = open_table(_write(tmp_path, "a,b\n" + "\n".join(rows) + "\n"))
    array = source.columns(["a", "b"])
    assert array.read((slice(0, 1024, 1), 1))[-1] == 1023
    with pytest.raises(FileContentError, match=r"a.csv: row 2047 \(from 0\) holds 'x7' in field 2"):
        array.read((slice(0, 3000, 1), 1))
    # The column of numbers beside it is whole.
    assert array.read((slice(0, 3000, 1), 0)).sum() == 2999 * 1500


def test_a_comma_as_decimal_mark_is_proposed(tmp_path: Path) -> None:
    rows = ["0;1"] * 600 + ["1;2,5"]
    source = open_table(_write(tmp_path, "t;x\n" + "\n".join(rows) + "\n"))
    with pytest.raises(FileContentError, match=r"holds '2,5' .*decimal=','"):
        source.read("x")


def test_a_last_line_without_end_is_said(tmp_path: Path) -> None:
    whole = open_table(_write(tmp_path, "a,b\n1,2\n"))
    cut = open_table(_write(tmp_path, "a,b\n1,2", "b.csv"))
    assert whole.findings == []
    assert "the last line has no end" in cut.findings[0].found
    assert cut.read("b").tolist() == [2.0]


# -- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    path = _write(tmp_path, "µV,Zelle\n1,é\n2,ü\n".encode(encoding))
    plain = encoding in ("utf-8", "utf-8-sig", "utf-16")
    source = open_table(path, encoding=None if plain else encoding)
    assert list(source.entries) == ["µV", "Zelle"]
    assert source.read("Zelle").tolist() == ["é", "ü"]
    assert source.read("µV").tolist() == [1.0, 2.0]


def test_a_byte_of_another_encoding_is_named_in_the_header(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match=r"is not UTF-8: byte 0xE9 in line 1"):
        open_table(_write(tmp_path, b"caf\xe9,b\n1,2\n"))


def test_a_byte_of_another_encoding_is_named_in_a_late_row(tmp_path: Path) -> None:
    content = b"a,b\n" + b"x,1\n" * 1900 + b"\xe9,2\n"
    source = open_table(_write(tmp_path, content))
    with pytest.raises(FileContentError, match=r"byte 0xE9 in line 1902"):
        source.read("a")


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match="encoding 'utf-77' is unknown"):
        open_table(_write(tmp_path, "a\n1\n"), encoding="utf-77")


def test_utf_16_that_is_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match="is not UTF-16"):
        open_table(_write(tmp_path, "a,b\n1,2\n".encode("utf-16")[:-1]))


# -- gzip


def test_gzip_is_unpacked_in_memory(tmp_path: Path) -> None:
    path = _write(tmp_path, gzip.compress(b"a,b\n1,2\n3,4\n"), "a.csv.gz")
    np.testing.assert_array_equal(_values(path), [[1, 2], [3, 4]])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_cut_gzip_is_refused(share: float, tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 5000)
    path = _write(tmp_path, packed[: int(len(packed) * share)], "a.csv.gz")
    with pytest.raises(FileContentError, match=r"a\.csv\.gz: is no whole gzip file"):
        open_table(path)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_text, "LARGEST_UNPACKED", 10_000)
    path = _write(tmp_path, gzip.compress(b"1,2\n" * 100_000), "a.csv.gz")
    with pytest.raises(FileContentError, match="unpacks to more than"):
        open_table(path)


# -- options


@pytest.mark.parametrize(
    ("reading", "where"),
    [
        ({"separator": ";;"}, "separator"),
        ({"separator": "µ"}, "separator"),
        ({"header": 0}, "header"),
        ({"header": -2}, "header"),
        ({"decimal": "/"}, "decimal"),
        ({"sheet": "Sheet1"}, "sheet"),
    ],
)
def test_wrong_words_about_the_text_are_named(
    reading: dict[str, Any], where: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError) as caught:
        open_table(_write(tmp_path, "a,b\n1,2\n"), **reading)
    assert caught.value.where == where


def test_no_columns_or_rows_are_an_empty_array(tmp_path: Path) -> None:
    content = Content(_write(tmp_path, "a,b\n1,2\n"))
    grammar = Grammar("utf-8", ",", ".", 1, False)
    array = TextArray(content, grammar, index_rows(content, grammar, 2), (0, 1))
    assert array.read((slice(1, 1, 1), slice(0, 2, 1))).shape == (0, 2)
    assert array.read((slice(0, 1, 1), slice(0, 0, 1))).shape == (1, 0)


def test_rows_over_many_parts_are_in_order(tmp_path: Path) -> None:
    n = 2 * table_text._PART_ROWS + 77
    text = "a,b\n" + "".join(f"{i},w{i}\n" for i in range(n))
    source = open_table(_write(tmp_path, text))
    np.testing.assert_array_equal(source.read("a"), np.arange(n))
    assert source.read("b").tolist() == [f"w{i}" for i in range(n)]
    array = source.columns(["a"])
    for start in (0, 1, table_text._PART_ROWS - 1, table_text._PART_ROWS, n - 3):
        found = array.read((slice(start, min(n, start + 20_000), 1), 0))
        np.testing.assert_array_equal(found, np.arange(start, min(n, start + 20_000)))


def test_a_million_rows_open_without_being_kept(tmp_path: Path) -> None:
    path = _write(tmp_path, "a,b\n" + "1.25,2.5\n" * 200_000)
    source = open_table(path)
    array = source.columns(["a", "b"])
    assert array.shape == (200_000, 2)
    assert array.index.places.nbytes < 2000  # type: ignore[attr-defined]
    assert array.read((slice(199_999, 200_000, 1), 1)).tolist() == [2.5]
