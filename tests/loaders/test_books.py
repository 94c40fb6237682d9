"""Workbooks are read in a child, so that none of them can end the process that asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import python_calamine
from neurokit_loaders import _books
from neurokit_loaders._books import sheet_names, sheets

from neurokit.errors import FileContentError

XLS = "celegans_connectome/openworm_CElegansNeuronTables.xls"
XLSX = "celegans_connectome/NeuronConnectFormatted.xlsx"


@pytest.mark.parametrize("file", [XLS, XLSX])
def test_names_and_cells_are_those_of_the_parser(shared_data: Path, file: str) -> None:
    book = python_calamine.CalamineWorkbook.from_path(str(shared_data / file))
    names = sheet_names(shared_data / file)
    assert names == book.sheet_names
    for name, rows in zip(names, sheets(shared_data / file, *names), strict=True):
        assert rows == book.get_sheet_by_name(name).to_python(False)


def test_a_sheet_that_is_not_there_is_an_error_that_lists_those_that_are(
    shared_data: Path,
) -> None:
    with pytest.raises(FileContentError, match=r"no sheet 'Motor'; its sheets are Connectome, "):
        sheets(shared_data / XLS, "Connectome", "Motor")


def test_one_file_is_read_once_until_it_changes(
    tmp_path: Path, write_workbook: Callable[..., Path]
) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"S": [["x", 1]]})
    before = _books._read_once.cache_info()
    assert sheets(path, "S") == sheets(path, "S") == [[["x", 1.0]]]
    after = _books._read_once.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 1)
    write_workbook(path, {"S": [["another", 2]]})
    assert sheets(path, "S") == [[["another", 2.0]]]


def test_names_with_quotes_and_commands_are_only_names(
    tmp_path: Path, write_workbook: Callable[..., Path]
) -> None:
    path = tmp_path / "a'; import os; os.abort() #\"$(touch x).xlsx"
    write_workbook(path, {"S'\\": [["x", 1]]})
    assert sheets(path, *sheet_names(path)) == [[["x", 1.0]]]


# Reserves 550 GB of cells in the parser, which ends its process.
_FAR = "".join(
    f'<row r="{row}"><c r="{column}{row}"><v>1</v></c></row>'
    for column, row in (("A", 1), ("XFD", 1_048_576))
)


def test_a_sheet_of_two_cells_far_apart_ends_the_child_only(
    tmp_path: Path, write_workbook: Callable[..., Path], rewrite: Callable[..., None]
) -> None:
    path = write_workbook(tmp_path / "far.xlsx", {"S": [["x", 1]]})
    rewrite(path, _FAR)
    with pytest.raises(FileContentError, match=r"far\.xlsx: is a damaged or cut workbook \("):
        sheets(path, "S")


@pytest.fixture
def rewrite() -> Callable[..., None]:
    """``rewrite(path, rows)`` replaces the rows of the first sheet by XML."""
    import zipfile

    def change(path: Path, rows: str) -> None:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sheet = parts["xl/worksheets/s1.xml"].decode()
        head, _, rest = sheet.partition("<sheetData>")
        tail = rest.partition("</sheetData>")[2]
        parts["xl/worksheets/s1.xml"] = f"{head}<sheetData>{rows}</sheetData>{tail}".encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)

    return change


def test_a_child_that_takes_too_long_is_ended(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_books, "_SECONDS", 0.001)
    _books._read_once.cache_clear()
    with pytest.raises(FileContentError, match=r"took more than 0\.001 s"):
        sheets(shared_data / XLS, "Connectome")


def _damaged(whole: bytes, seed: int) -> bytes:
    """Change eight bytes, of the headers in half of the cases."""
    random = np.random.default_rng(seed)
    content = np.frombuffer(whole, dtype=np.uint8).copy()
    start = int(random.integers(0, 2048 if seed % 2 else len(whole) - 8))
    content[start : start + 8] ^= random.integers(0, 256, 8, dtype=np.uint8)
    return content.tobytes()


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(6, 150), marks=pytest.mark.slow)])
def test_damaged_workbooks_are_errors_or_read(
    shared_data: Path, tmp_path: Path, seeds: range
) -> None:
    whole = (shared_data / XLS).read_bytes()
    path, messages = tmp_path / "damaged.xls", []
    for seed in seeds:
        path.write_bytes(_damaged(whole, seed))
        try:
            sheets(path, *sheet_names(path))
        except FileContentError as error:
            messages.append(str(error))
    assert messages
    assert all("damaged.xls: is" in message for message in messages)
