"""Matrices in sheets and tables with headings around them: names and weights found by content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurokit.errors import FileContentError
from neurokit_loaders._neurons import listed
from neurokit_loaders._workbook import cell_address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurokit.schema import Finding

_NOT_OBSERVED = ("nan", "na", "n/a")


@dataclass(frozen=True)
class Matrix:
    """Weights (row, column) of one sheet or table, with the names of cells as in the literature."""

    sheet: str
    rows: list[str]
    columns: list[str]
    values: NDArray[np.float64]


def read_matrix(
    rows: list[list[object]],
    sheet: str,
    where: str,
    *,
    empty: float = 0.0,
    place: Callable[[int, int], str] = cell_address,
) -> Matrix:
    """Return the matrix of a sheet, whose names are found by content.

    The header is the first row with the most text, the names of rows stand in the first column
    with the most text below it. What has no name (headings, sums, names repeated at the margins)
    is no part of the matrix.

    Parameters
    ----------
    rows : list of list
        The cells: numbers, or text; an empty cell is ``""``.
    sheet : str
        Its name.
    where : str
        The file, for messages.
    empty : float
        What an empty cell within the matrix means.
    place : callable
        ``place(row, column)`` names a cell in a message.

    Raises
    ------
    FileContentError
        If names of cells are not found, or a cell holds no number.
    """
    from neurokit.celegans import cell_name
    from neurokit.celegans.cells import is_known

    text = [[isinstance(cell, str) and bool(cell.strip()) for cell in row] for row in rows]
    top = int(np.argmax([sum(row) for row in text])) if rows else 0
    body = range(top + 1, len(rows))
    width = len(rows[top]) if rows else 0
    left = int(np.argmax([sum(text[r][c] for r in body) for c in range(width)])) if width else 0
    lines = [r for r in body if text[r][left]]
    places = [c for c in range(left + 1, width) if text[top][c]]
    # The last column repeats the names of rows; it has none of its own.
    names = [cell_name(str(rows[r][left])) for r in lines]
    columns = [cell_name(str(rows[top][c])) for c in places]
    if not names or not columns or sum(map(is_known, columns)) < len(columns) / 2:
        raise FileContentError(
            "names of cells are found in no row and column",
            where=where,
            mend="Give the table of adjacency as it was published.",
        )
    values = np.array([[_number(rows[r][c], empty) for c in places] for r in lines])
    wrong = np.argwhere(np.isinf(values))
    if len(wrong):
        row, column = lines[wrong[0][0]], places[wrong[0][1]]
        raise FileContentError(
            f"cell {place(row, column)} holds {rows[row][column]!r}, not a number",
            where=where,
            mend="Correct the cell, or leave it empty for no connection.",
        )
    return Matrix(sheet, names, columns, values)


def _number(cell: object, empty: float) -> float:
    """Return a cell as a number; infinite if it is none."""
    if isinstance(cell, int | float):
        return float(cell)
    plain = str(cell).strip().lower()
    if not plain:
        return empty
    return np.nan if plain in _NOT_OBSERVED else np.inf


def on_cells(cells: list[str], matrix: Matrix) -> NDArray[np.float64]:
    """Return a matrix on all cells; rows or columns of one name are summed."""
    place = {name: index for index, name in enumerate(cells)}
    weight = np.zeros((len(cells), len(cells)))
    rows = [place[name] for name in matrix.rows]
    columns = [place[name] for name in matrix.columns]
    np.add.at(weight, np.ix_(rows, columns), matrix.values)
    return weight


def doubled_findings(matrix: Matrix) -> list[Finding]:
    """Return findings on names that more than one row or column has."""
    from neurokit.schema import Finding

    findings = []
    for axis, names in (("row", matrix.rows), ("column", matrix.columns)):
        doubled = [name for name, count in Counter(names).items() if count > 1]
        if doubled:
            found = f"more than one {axis} is named {listed(doubled)}"
            mend = "They are summed; one of them is probably another cell, so look at the sheet."
            findings.append(Finding("NK843", "VIOLATION", matrix.sheet, found, mend))
    return findings
