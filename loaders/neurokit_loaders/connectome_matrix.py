"""Connectomes as square tables: a text file with the same cells in its rows and columns."""

from __future__ import annotations

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
from neurokit_loaders._text_tables import TextTable, first_fields, number, read_table

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

NAME = "connectome.matrix"

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
    rows: str = "pre",
    encoding: str = "utf-8-sig",
) -> xr.DataTree:
    """Open a square table of weights.

    Here an empty field is NaN, not observed: such tables write their zeros. A table of gap
    junctions is made symmetric as in `connectome.edge_list`.

    Parameters
    ----------
    path : Path
        A text table; its first row and column hold the names.
    synapse_type : str, optional
        chemical, electrical, functional, peptidergic, monoaminergic or contact; default is what
        the file name says, else chemical. A finding says which was taken.
    rows : {"pre", "post"}
        What the rows are; signal-propagation atlases list responding neurons in rows.
    encoding : str, default "utf-8-sig"
        Of the file.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post).

    Raises
    ------
    FileContentError
        If the table is ragged, not square, or the encoding is another.
    """
    from neurokit.schema import SYNAPSE_TYPES, recording

    check_option("rows", rows, ("pre", "post"))
    kind, findings = _type_of(path, synapse_type)
    check_option("synapse_type", kind, SYNAPSE_TYPES)
    names, values = _square(path, read_table(path, encoding))
    cells = in_order(names)
    places = [names.index(name) for name in cells]
    weight = values[np.ix_(places, places)]
    if rows == "post":
        weight = weight.T
    if kind == "electrical":
        directed = weight
        weight, pairs = merge_directions(directed)
        findings += direction_findings(directed, pairs, cells, path.name)
    return recording(
        {"connectome": connectome_group(weight[None], [kind], cells, cells)},
        modality="connectome",
        subject=path.stem,
        species=SPECIES,
        source=path.name,
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


def _square(path: Path, table: TextTable) -> tuple[list[str], NDArray[np.float64]]:
    """Return names and weights (row, column) in the order of the rows."""
    from neurokit.celegans import cell_name

    columns = [cell_name(name) for name in table.header[1:]]
    names = [cell_name(row[0]) for row in table.rows]
    _check_square(path, names, columns)
    values = np.array(
        [
            [number(field or "nan", str(path), line) for field in row[1:]]
            for row, line in zip(table.rows, table.lines, strict=True)
        ]
    )
    return names, values[:, [columns.index(name) for name in names]]


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
            mend="Give every cell a row and a column; the file may be cut.",
        )


LOADER = Loader(
    name=NAME,
    title="Connectome, square text table",
    modality="connectome",
    suffixes=(".csv", ".tsv"),
    sniff=sniff,
    open=open_matrix,
    info=info,
    options={
        "synapse_type": "chemical, electrical, ...; default is what the file name says",
        "rows": "what the rows are: pre (default) or post",
        "encoding": "of the file; default UTF-8",
    },
)
