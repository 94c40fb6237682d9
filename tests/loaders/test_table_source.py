"""Sheets of workbooks as columns: the same as text, numbers exact, dates as words."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neurokit_loaders.table import LOADER
from neurokit_loaders.table_source import open_table

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, OptionError

WriteWorkbook = Callable[[Path, Any], Path]
ROWS = [["t", "F1", "state"], [0, 0.1, "run"], [0.5, 1e-300, "rest"], [1, "", "n/a"]]


@pytest.fixture
def workbook(write_workbook: WriteWorkbook, tmp_path: Path) -> Path:
    """Two sheets; the second has no header."""
    return write_workbook(tmp_path / "a.xlsx", {"data": ROWS, "more": [[1, 2], [3, 4]]})


def test_a_sheet_is_a_table(workbook: Path) -> None:
    source = open_table(workbook)
    assert [str(entry) for entry in source.entries.values()] == [
        "t (3 numbers)",
        "F1 (3 numbers)",
        "state (3 text)",
    ]
    np.testing.assert_array_equal(source.read("F1"), [0.1, 1e-300, np.nan])
    assert source.read("state").tolist() == ["run", "rest", ""]


def test_a_sheet_by_name_without_header(workbook: Path) -> None:
    source = open_table(workbook, sheet="more")
    assert list(source.entries) == ["0", "1"]
    assert source.read("1").tolist() == [2.0, 4.0]


def test_a_recording_in_a_sheet(workbook: Path) -> None:
    rec = nk.open(workbook, "table", time="t", signal="F1", behavior="state", sheet="data")
    assert rec.activity.attrs["sampling_rate"] == 2.0
    assert rec.behavior["state"].values.tolist() == ["run", "rest", ""]
    array = pickle.loads(pickle.dumps(rec.activity.signal.variable))
    np.testing.assert_array_equal(array[1:, 0], np.array([1e-300, np.nan], dtype=np.float32))


def test_a_header_further_down(write_workbook: WriteWorkbook, tmp_path: Path) -> None:
    rows = [["made by me", ""], ["a", "b"], [1, 2], [3, 4]]
    path = write_workbook(tmp_path / "a.xlsx", {"data": rows})
    assert open_table(path, header=2).read("b").tolist() == [2.0, 4.0]
    with pytest.raises(FileContentError, match=r"has 4 rows. Check header="):
        open_table(path, header=9)
    with pytest.raises(FileContentError, match="has no row below its header"):
        open_table(path, header=4)


def test_a_sheet_that_is_not_there_is_named(workbook: Path) -> None:
    with pytest.raises(OptionError, match="there is no sheet 'dta'. It has data, more"):
        open_table(workbook, sheet="dta")


def test_names_that_repeat_name_the_sheet(write_workbook: WriteWorkbook, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"data": [["a", "a"], [1, 2]]})
    with pytest.raises(LabelError, match=r"a\.xlsx\[data\]: columns share a name: a"):
        open_table(path)


def test_empty_rows_at_the_end_are_no_rows(write_workbook: WriteWorkbook, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"data": [["a"], [1], [2], [""], [" "]]})
    assert open_table(path).read("a").tolist() == [1.0, 2.0]


def test_a_workbook_that_changed_is_noticed(workbook: Path, write_workbook: WriteWorkbook) -> None:
    array = open_table(workbook).lazy("F1")
    write_workbook(workbook, {"data": ROWS[:-1]})
    with pytest.raises(FileContentError, match="is not what it was"):
        array.read((slice(0, 3, 1),))
    workbook.unlink()
    with pytest.raises(FileContentError, match=r"a\.xlsx"):
        array.read((slice(0, 3, 1),))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_workbook_is_refused(workbook: Path, share: float) -> None:
    content = workbook.read_bytes()
    workbook.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileContentError, match=r"a\.xlsx"):
        open_table(workbook)


@pytest.mark.parametrize(
    ("name", "content", "score"),
    [
        ("a.csv", b"a,b\n1,2\n", 0.2),
        ("a.tsv", b"a\tb\n", 0.2),
        ("a.txt.gz", b"\x1f\x8b\x08", 0.2),
        ("a.csv", b"\x89HDF\r\n\x1a\n", 0.0),
        ("a.csv", b"", 0.1),
        ("a.dat", b"a,b\n1,2\n", 0.0),
        ("a.csv", None, 0.0),
    ],
)
def test_tables_are_recognised_last(
    name: str, content: bytes | None, score: float, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    assert LOADER.sniff(path) == score


def test_info_counts_rows(workbook: Path) -> None:
    info = nk.info(workbook, "table")
    assert info["n_rows"] == 3
    assert info["n_columns"] == 3
    assert info["columns"] == "t (3 numbers), F1 (3 numbers), state (3 text)"
