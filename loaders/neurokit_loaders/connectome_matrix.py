"""Connectomes as matrices in text: cells in rows and columns, the same ones or others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, check_option
from neurokit.io.registry import Loader
from neurokit_loaders._cells import (
    connectome_group,
    described,
    direction_findings,
    source_for,
    unknown_findings,
)
from neurokit_loaders._matrices import Matrix, doubled_findings, on_cells, read_matrix
from neurokit_loaders._neurons import listed
from neurokit_loaders._text_tables import TextTable, end_findings, first_fields, number, read_table

if TYPE_CHECKING:
    import xarray as xr

    from neurokit.schema import Finding

NAME = "connectome.matrix"
_EMPTY = {"nan": float("nan"), "zero": 0.0}

# Words of a file name that tell its type.
_TYPE_WORDS = {
    "electrical": "electrical",
    "gap": "electrical",
    "chemical": "chemical",
    "npp": "peptidergic",
    "peptid": "peptidergic",
    "monoamine": "monoaminergic",
    "dopamine": "monoaminergic",
    "serotonin": "monoaminergic",
    "signal_propagation": "functional",
    "functional": "functional",
}


def sniff(path: Path) -> float:
    """Score 0.85 for a text table whose header is blank, then mostly names of cells."""
    from neurokit.celegans.cells import is_known

    header = first_fields(path)
    if len(header) < 4 or header[0]:
        return 0.0
    known = sum(is_known(name) for name in header[1:])
    return 0.85 if known > len(header[1:]) / 2 else 0.0


def open_matrix(
    path: Path,
    synapse_type: str | None = None,
    rows: str | None = None,
    encoding: str = "utf-8-sig",
    square: bool = True,
    empty: str = "nan",
    dataset: str | None = None,
) -> xr.DataTree:
    """Open a table of weights.

    A table of gap junctions is made symmetric as in `connectome.edge_list`.

    Parameters
    ----------
    path : Path
        A text table; its first row and column hold the names, or there are headings around them.
    synapse_type : str, optional
        chemical, electrical, functional, peptidergic, monoaminergic or contact; default is what
        the file name says, else chemical. A finding says which was taken.
    rows : {"pre", "post"}, optional
        What the rows are; default pre, but post for functional tables, because atlases of signal
        propagation list responding neurons in rows. A finding says so.
    encoding : str, default "utf-8-sig"
        Of the file.
    square : bool, default True
        Whether the same cells must stand in rows and columns; where they need not, a pair without
        a row or column is 0.
    empty : {"nan", "zero"}
        What an empty field means: not observed (tables that write their zeros), or no connection.
    dataset : str, optional
        The published source, one of `celegans.connectome_sources`; default is what the file's name
        says, if anything.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post).

    Raises
    ------
    FileContentError
        If the table is ragged, not square, or the encoding is another.
    """
    from neurokit.celegans.connectome_symmetry import in_order, merge_directions
    from neurokit.schema import SYNAPSE_TYPES, recording

    check_option("empty", empty, _EMPTY)
    published, named = source_for(path, dataset)
    kind, typed = _type_of(path, synapse_type)
    check_option("synapse_type", kind, SYNAPSE_TYPES)
    turned, said = _rows_of(rows, kind)
    table = read_table(path, encoding)
    matrix = _matrix(path, table, _EMPTY[empty], square)
    cells = in_order([*matrix.rows, *matrix.columns])
    weight = on_cells(cells, matrix)
    weight = weight.T if turned else weight
    findings = [*named, *typed, *said, *end_findings(table, path.name), *doubled_findings(matrix)]
    if kind == "electrical":
        directed = weight
        weight, pairs = merge_directions(directed)
        findings += direction_findings(directed, pairs, cells, path.name)
    quantity = published.quantity if published else ""
    return recording(
        {"connectome": connectome_group(weight[None], [kind], cells, cells, quantity)},
        **described(published, path),
        loader=NAME,
        loader_version=__version__,
        findings=[*findings, *unknown_findings(cells, "/connectome")],
    )


def info(path: Path) -> dict[str, Any]:
    """Say how many cells a table has."""
    return {"n_cells": len(first_fields(path)) - 1, "synapse_type": _type_of(path, None)[0]}


def _type_of(path: Path, asked: str | None) -> tuple[str, list[Finding]]:
    from neurokit.schema import Finding

    if asked is not None:
        return asked, []
    name = path.name.lower()
    said = next((kind for word, kind in _TYPE_WORDS.items() if word in name), None)
    kind = said or "chemical"
    found = f"the type is taken as {kind}" + (", from the file's name" if said else "")
    mend = "Say it with the option synapse_type=."
    return kind, [Finding("NK846", "SUGGESTION", "/connectome synapse_type", found, mend)]


def _rows_of(rows: str | None, kind: str) -> tuple[bool, list[Finding]]:
    """Return whether the table lists post in its rows, and a finding if that was not asked for."""
    from neurokit.schema import Finding

    if rows is not None:
        return check_option("rows", rows, ("pre", "post")) == "post", []
    if kind != "functional":
        return False, []
    found = "rows are taken as the neurons that respond, columns as those that are stimulated"
    mend = "Say it with the option rows=."
    return True, [Finding("NK846", "SUGGESTION", "/connectome", found, mend)]


def _matrix(path: Path, table: TextTable, empty: float, square: bool) -> Matrix:
    """Return the matrix of a table, with headings around it or without."""
    if all(table.header[1:]):
        matrix = _plain(path, table, empty)
    else:
        matrix = _headed(path, table, empty)
    if square:
        _check_square(path, matrix.rows, matrix.columns)
    return matrix


def _headed(path: Path, table: TextTable, empty: float) -> Matrix:
    """Return the matrix of a table with headings, as sheets are exported."""
    lines = [1, *table.lines]
    fields: list[list[object]] = [[_field(text) for text in row] for row in table.all_rows]

    def place(row: int, column: int) -> str:
        return f"{column + 1} of line {lines[row]}"

    return read_matrix(fields, path.name, str(path), empty=empty, place=place)


def _plain(path: Path, table: TextTable, empty: float) -> Matrix:
    from neurokit.celegans import cell_name

    where = str(path)
    columns = [cell_name(name) for name in table.header[1:]]
    names = [cell_name(row[0]) for row in table.rows]
    values = [
        [number(field, where, line) if field else empty for field in row[1:]]
        for row, line in zip(table.rows, table.lines, strict=True)
    ]
    return Matrix(path.name, names, columns, np.array(values))


def _field(text: str) -> object:
    """Return a field as a number, or as text where it is none."""
    try:
        return float(text)
    except ValueError:
        return text


def _check_square(path: Path, names: list[str], columns: list[str]) -> None:
    for what, found in (("row", names), ("column", columns)):
        doubled = sorted({name for name in found if found.count(name) > 1})
        if doubled:
            raise FileContentError(
                f"more than one {what} is named {listed(doubled)}",
                where=str(path),
                mend="Give every cell one row and one column.",
            )
    if set(names) != set(columns):
        no_row = [name for name in columns if name not in names]
        no_column = [name for name in names if name not in columns]
        parts = [
            f"{len(lack)} lack a {what}: {listed(lack)}"
            for what, lack in (("row", no_row), ("column", no_column))
            if lack
        ]
        raise FileContentError(
            f"is not square: {len(names)} rows, {len(columns)} columns; {'; '.join(parts)}",
            where=str(path),
            mend="Give every cell a row and a column; if the file is not cut, say square=False.",
        )


LOADER = Loader(
    name=NAME,
    title="Connectome, matrix in a text table",
    modality="connectome",
    suffixes=(".csv", ".tsv"),
    sniff=sniff,
    open=open_matrix,
    info=info,
    options={
        "synapse_type": "chemical, electrical, ...; default is what the file name says",
        "rows": "what the rows are: pre or post; default pre, for functional tables post",
        "encoding": "of the file; default UTF-8",
        "square": "whether rows and columns must name the same cells; default True",
        "empty": "what an empty field means: nan (default) or zero",
        "dataset": "the published source, which says what animals; default is what the name says",
    },
)
