"""Sheets of Excel workbooks as plain rows, with errors that name the file and the mend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neurokit.errors import FileContentError
from neurokit.io.archives import check_zip
from neurokit.io.integrity import detect_format, require_file

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

# A workbook is a zip archive; one that unpacks to more than this holds no table of ours.
_LARGEST_UNPACKED = 500_000_000


def is_workbook(path: Path) -> bool:
    """Whether a file is an .xlsx or .xls by its first bytes."""
    return path.is_file() and path.stat().st_size > 0 and detect_format(path) in ("xlsx", "xls")


def open_workbook(path: Path) -> CalamineWorkbook:
    """Open a workbook; no sheet is read yet.

    Raises
    ------
    FileContentError
        If the file is missing, empty, no workbook, cut, or an archive that no program for
        tables writes (see `neurokit.io.check_zip`).
    """
    from python_calamine import CalamineError, CalamineWorkbook

    kind = detect_format(require_file(path))
    if kind not in ("xlsx", "xls"):
        raise FileContentError(
            f"is no workbook but {kind}", where=str(path), mend="Give an .xlsx or .xls file."
        )
    if kind == "xlsx":
        # Calamine unpacks to the end, whatever the table of contents says, so that is counted.
        check_zip(path, max_bytes=_LARGEST_UNPACKED, unpack=True)
    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise FileContentError(
            f"is a damaged or cut workbook ({error})", where=str(path), mend="Download it again."
        ) from error


def sheet_rows(workbook: CalamineWorkbook, sheet: str, where: str) -> list[list[object]]:
    """Return the cells of a sheet; row and column 0 are the sheet's first, empty cells ``""``."""
    from python_calamine import CalamineError

    try:
        return [list(row) for row in workbook.get_sheet_by_name(sheet).to_python(False)]
    except CalamineError as error:
        raise FileContentError(
            f"sheet {sheet!r} cannot be read ({error})", where=where, mend="Download it again."
        ) from error


def cell_address(row: int, column: int) -> str:
    """Return the name of a cell as Excel shows it: (2, 27) is AB3."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"
