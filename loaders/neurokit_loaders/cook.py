"""Worm connectome as in the adjacency matrices of Cook et al. 2019, supplementary information 5.

One workbook, per sex a sheet of chemical synapses and two of gap junctions. Sheet names and the
place of the matrices differ between releases, so both are found by what they hold.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, check_option
from neurokit.io.registry import Loader
from neurokit_loaders._cells import (
    connectome_group,
    direction_findings,
    in_order,
    merge_directions,
    unknown_findings,
)
from neurokit_loaders._neurons import SPECIES, listed
from neurokit_loaders._workbook import cell_address, is_workbook, open_workbook, sheet_rows

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

NAME = "celegans.cook"
DOI = "10.1038/s41586-019-1352-7"
SEXES = ("hermaphrodite", "male")
GAPS = ("symmetric", "asymmetric")
_NOT_OBSERVED = ("nan", "na", "n/a")


@dataclass(frozen=True)
class Matrix:
    """One sheet: weights (row, column) with the names of cells as in the literature."""

    sheet: str
    rows: list[str]
    columns: list[str]
    values: NDArray[np.float64]


def sniff(path: Path) -> float:
    """Score 0.95 for a workbook with sheets of chemical synapses and gap junctions."""
    if not is_workbook(path):
        return 0.0
    try:
        sheets = open_workbook(path).sheet_names
    except FileContentError:
        return 0.0
    found = {_kind(sheet)[1] for sheet in sheets}
    return 0.95 if {"chemical", "symmetric"} <= found else 0.0


def open_cook(path: Path, sex: str = "hermaphrodite", gap: str = "symmetric") -> xr.DataTree:
    """Open the connectome of one sex.

    An empty cell of a sheet, and a cell that a sheet has no row or column for, is 0: the sheets
    cover the whole animal. ``/connectome`` is square: pre and post are all cells of both sheets,
    neurons first, in canonical order. Gap junctions are made symmetric: one listed in one
    direction holds in both, and one listed in both is one edge (with the mean of two weights that
    differ, which a finding lists).

    Parameters
    ----------
    path : Path
        The workbook.
    sex : {"hermaphrodite", "male"}
        Whose sheets.
    gap : {"symmetric", "asymmetric"}
        The sheet of gap junctions; the asymmetric one lists each of them in one direction.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post): EM sections of contact.

    Raises
    ------
    FileContentError
        If the workbook is damaged, lacks a sheet, or a cell holds no number.

    References
    ----------
    .. [1] Cook et al. 2019, Nature 571, doi:10.1038/s41586-019-1352-7
    """
    from neurokit.schema import recording

    check_option("sex", sex, SEXES)
    check_option("gap", gap, GAPS)
    chemical, electrical = _matrices(path, sex, gap)
    cells = in_order([*chemical.rows, *chemical.columns, *electrical.rows, *electrical.columns])
    directed = _on(cells, electrical)
    both_ways, pairs = merge_directions(directed)
    group = connectome_group(
        np.stack([_on(cells, chemical), both_ways]), ["chemical", "electrical"], cells, cells
    )
    group["weight"].attrs["long_name"] = "serial EM sections of contact"
    if gap == "asymmetric":
        # That sheet lists every junction one way, which is no disagreement.
        i, j = pairs.T
        pairs = pairs[(directed[i, j] != 0) & (directed[j, i] != 0)]
    return recording(
        {"connectome": group},
        modality="connectome",
        subject=sex,
        species=SPECIES,
        doi=DOI,
        source=path.name,
        loader=NAME,
        loader_version=__version__,
        findings=[
            *_repeated(chemical),
            *_repeated(electrical),
            *direction_findings(directed, pairs, cells, electrical.sheet),
            *_unlisted(chemical, cells),
            *unknown_findings(cells, "/connectome"),
        ],
        attrs={"sex": sex},
    )


def info(path: Path) -> dict[str, Any]:
    """Say which sheets a workbook has."""
    sheets = open_workbook(path).sheet_names
    sexes = [sex for sex in SEXES if any(_kind(sheet)[0] == sex for sheet in sheets)]
    return {"sheets": ", ".join(sheets), "sexes": ", ".join(sexes)}


def _kind(sheet: str) -> tuple[str, str]:
    """Return (sex, chemical or symmetric or asymmetric) of a sheet, ``""`` where it says none.

    Releases differ: "herm gap jn symmetric", "hermaphrodite gap jn symmetric".
    """
    words = re.findall(r"[a-z]+", sheet.lower())
    sex = next((sex for sex in SEXES for word in words if sex.startswith(word[:4])), "")
    if "chemical" in words:
        return sex, "chemical"
    gap = "gap" in words
    return sex, next((kind for kind in GAPS if gap and kind in words), "")


def _matrices(path: Path, sex: str, gap: str) -> tuple[Matrix, Matrix]:
    workbook = open_workbook(path)
    found = {_kind(sheet): sheet for sheet in reversed(workbook.sheet_names)}
    matrices = []
    for kind in ("chemical", gap):
        sheet = found.get((sex, kind))
        if sheet is None:
            raise FileContentError(
                f"has no sheet for {sex}, {kind}; its sheets are {', '.join(workbook.sheet_names)}",
                where=str(path),
                mend="Give the workbook of adjacency matrices (supplementary information 5).",
            )
        rows = sheet_rows(workbook, sheet, str(path))
        matrices.append(read_matrix(rows, sheet, f"{path.name}[{sheet}]"))
    return matrices[0], matrices[1]


def read_matrix(rows: list[list[object]], sheet: str, where: str) -> Matrix:
    """Return the matrix of a sheet, whose names are found by content.

    The header is the first row with the most text, the names of rows stand in the first column
    with the most text below it. What has no name (headings, sums, names repeated at the margins)
    is no part of the matrix.

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
            mend="Give the workbook of adjacency matrices as it was published.",
        )
    values = np.array([[_number(rows, r, c, where) for c in places] for r in lines])
    return Matrix(sheet, names, columns, values)


def _number(rows: list[list[object]], row: int, column: int, where: str) -> float:
    cell = rows[row][column]
    if isinstance(cell, int | float):
        return float(cell)
    plain = str(cell).strip().lower()
    if not plain:
        return 0.0
    if plain in _NOT_OBSERVED:
        return np.nan
    raise FileContentError(
        f"cell {cell_address(row, column)} holds {cell!r}, not a number",
        where=where,
        mend="Correct the cell, or leave it empty for no connection.",
    )


def _on(cells: list[str], matrix: Matrix) -> NDArray[np.float64]:
    """Return a matrix on all cells; rows or columns of one name are summed."""
    place = {name: index for index, name in enumerate(cells)}
    weight = np.zeros((len(cells), len(cells)))
    rows = [place[name] for name in matrix.rows]
    columns = [place[name] for name in matrix.columns]
    np.add.at(weight, np.ix_(rows, columns), matrix.values)
    return weight


def _repeated(matrix: Matrix) -> list[Finding]:
    from neurokit.schema import Finding

    findings = []
    for axis, names in (("row", matrix.rows), ("column", matrix.columns)):
        doubled = [name for name, count in Counter(names).items() if count > 1]
        if doubled:
            found = f"more than one {axis} is named {listed(doubled)}"
            mend = "They are summed; one of them is probably another cell, so look at the sheet."
            findings.append(Finding("NK843", "VIOLATION", matrix.sheet, found, mend))
    return findings


def _unlisted(matrix: Matrix, cells: list[str]) -> list[Finding]:
    """Return a finding on neurons that a sheet of whole-animal synapses has no row for."""
    from neurokit.celegans import cell_type
    from neurokit.schema import Finding

    absent = [name for name in cells if name not in matrix.rows and cell_type(name) == "neuron"]
    if not absent:
        return []
    found = f"no row for the neurons {listed(absent)}"
    mend = "Their output is 0: the sheet covers the whole animal."
    return [Finding("NK844", "SUGGESTION", matrix.sheet, found, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm connectome, matrices of Cook et al. 2019",
    modality="connectome",
    suffixes=(".xlsx", ".xls"),
    sniff=sniff,
    open=open_cook,
    info=info,
    options={
        "sex": "hermaphrodite (default) or male",
        "gap": "sheet of gap junctions: symmetric (default) or asymmetric",
    },
)
