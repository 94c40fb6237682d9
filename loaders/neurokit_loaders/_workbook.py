"""Sheets of Excel workbooks as plain rows, with errors that name the file and the mend.

What a file is, is looked at here; its parser runs in a child (`_books`), which it can end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neurokit.errors import FileContentError
from neurokit.io.archives import check_zip
from neurokit.io.integrity import detect_format, require_file
from neurokit_loaders._compound import check_compound

# A workbook is a zip archive; one that unpacks to more than this holds no table of ours.
_LARGEST_UNPACKED = 500_000_000


def is_workbook(path: Path) -> bool:
    """Whether a file is an .xlsx or .xls by its first bytes."""
    return path.is_file() and path.stat().st_size > 0 and detect_format(path) in ("xlsx", "xls")


@dataclass(frozen=True)
class Workbook:
    """A workbook that was found whole as far as its container tells.

    Parameters
    ----------
    path : Path
        The file.
    sheet_names : list of str
        In its order.
    """

    path: Path
    sheet_names: list[str]


def check_workbook(path: Path) -> None:
    """Look at the container of a workbook without its parser.

    Raises
    ------
    FileContentError
        If the file is missing, empty, no workbook, cut, or an archive that no program for
        tables writes (see `neurokit.io.check_zip`).
    """
    kind = detect_format(require_file(path))
    if kind not in ("xlsx", "xls"):
        raise FileContentError(
            f"is no workbook but {kind}", where=str(path), mend="Give an .xlsx or .xls file."
        )
    if kind == "xlsx":
        # The parser unpacks to the end, whatever the table of contents says, so that is counted.
        check_zip(path, max_bytes=_LARGEST_UNPACKED, unpack=True)
    else:
        check_compound(path)


def open_workbook(path: Path) -> Workbook:
    """Open a workbook; no sheet is read yet.

    Raises
    ------
    FileContentError
        As `check_workbook`, or if its parser fails.
    """
    from neurokit_loaders._books import sheet_names

    return Workbook(path, sheet_names(path))


def sheet_rows(workbook: Workbook, sheet: str, where: str) -> list[list[object]]:
    """Return the cells of a sheet; row and column 0 are the sheet's first, empty cells ``""``."""
    from neurokit_loaders._books import sheets

    try:
        return sheets(workbook.path, sheet)[0]
    except FileContentError as error:
        raise FileContentError(
            f"sheet {sheet!r} cannot be read: it {error.found}", where=where, mend=error.mend
        ) from error


def cell_address(row: int, column: int) -> str:
    """Return the name of a cell as Excel shows it: (2, 27) is AB3."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"
