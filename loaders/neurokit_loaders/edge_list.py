"""Connectomes as lists of edges: a text table with one row per pair of cells.

Such as ``herm_full_edgelist.csv`` of Cook et al. 2019 (Source, Target, Weight, Type).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, OptionError, check_option
from neurokit.io.registry import Loader
from neurokit_loaders._cells import (
    TYPE_ALIASES,
    connectome_group,
    direction_findings,
    in_order,
    merge_directions,
    repeat_findings,
    unknown_findings,
)
from neurokit_loaders._neurons import SPECIES, listed
from neurokit_loaders._text_tables import TextTable, first_fields, number, read_table

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

NAME = "connectome.edge_list"

# Headers in use, in lower case; the first that a file has is taken.
_HEADERS = {
    "source": ("source", "pre", "from", "presynaptic", "origin"),
    "target": ("target", "post", "to", "postsynaptic"),
    "weight": ("weight", "synapses", "count", "number"),
    "synapse_type": ("type", "synapse_type", "kind"),
}
Edge = tuple[str, str, str]


def sniff(path: Path) -> float:
    """Score 0.9 for a text table with columns of source, target and weight."""
    header = first_fields(path)
    found = _columns(header, {})
    return 0.9 if {"source", "target", "weight"} <= set(found) and len(header) <= 12 else 0.0


def open_edge_list(
    path: Path,
    source: str | None = None,
    target: str | None = None,
    weight: str | None = None,
    synapse_type: str | None = None,
    default_type: str = "chemical",
    encoding: str = "utf-8-sig",
) -> xr.DataTree:
    """Open a list of edges as a square connectome.

    A pair that is not listed is 0. Rows of one pair and type are summed, and a finding lists
    them. A gap junction listed in one direction holds in both; one listed in both is one edge
    (with the mean of two weights that differ). Padded names become those of the literature.

    Parameters
    ----------
    path : Path
        A text table with a header, separated by comma, tab or semicolon.
    source, target, weight, synapse_type : str, optional
        Names of its columns; default are the usual ones (Source, pre, ...).
    default_type : str, default "chemical"
        Type of all edges where there is no column for it.
    encoding : str, default "utf-8-sig"
        Of the file.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post).

    Raises
    ------
    FileContentError
        If a line is ragged, holds no number or an unknown type, or the encoding is another.
    OptionError
        If a column that is asked for is not there.
    """
    from neurokit.schema import SYNAPSE_TYPES, recording

    check_option("default_type", default_type, SYNAPSE_TYPES)
    asked = {"source": source, "target": target, "weight": weight, "synapse_type": synapse_type}
    table = read_table(path, encoding)
    edges, repeats = _edges(path, table, _required(path, table.header, asked), default_type)
    cells = in_order(name for pre, post, _ in edges for name in (pre, post))
    kinds = [kind for kind in SYNAPSE_TYPES if any(edge[2] == kind for edge in edges)]
    weights = _weights(edges, cells, kinds)
    findings = [*repeat_findings(repeats, path.name), *_negative(edges, path.name)]
    if "electrical" in kinds:
        place = kinds.index("electrical")
        directed = weights[place].copy()
        weights[place], pairs = merge_directions(directed)
        findings += direction_findings(directed, pairs, cells, path.name)
    return recording(
        {"connectome": connectome_group(weights, kinds, cells, cells)},
        modality="connectome",
        subject=path.stem,
        species=SPECIES,
        source=path.name,
        loader=NAME,
        loader_version=__version__,
        findings=[*findings, *unknown_findings(cells, "/connectome")],
    )


def info(path: Path) -> dict[str, Any]:
    """Say which columns a list has, and which of them are understood."""
    header = first_fields(path)
    used = [header[place] for place in _columns(header, {}).values()]
    return {"columns": ", ".join(header), "understood": ", ".join(used)}


def _columns(header: list[str], asked: dict[str, str | None]) -> dict[str, int]:
    """Return the place of each column that a header has."""
    plain = [field.lower() for field in header]
    found = {}
    for role, names in _HEADERS.items():
        wanted = asked.get(role)
        usual = [plain.index(name) for name in names if name in plain]
        if wanted is not None and wanted in header:
            found[role] = header.index(wanted)
        elif wanted is None and usual:
            found[role] = usual[0]
    return found


def _required(path: Path, header: list[str], asked: dict[str, str | None]) -> dict[str, int]:
    found = _columns(header, asked)
    for role, wanted in asked.items():
        if role in found or (role == "synapse_type" and wanted is None):
            continue
        if wanted is not None:
            raise OptionError(
                f"{path.name} has no column {wanted!r}",
                where=role,
                mend=f"Its columns are {', '.join(header)}.",
            )
        raise FileContentError(
            f"has no column of {role}; its columns are {', '.join(header)}",
            where=str(path),
            mend=f"Name it with the option {role}=.",
        )
    return found


def _edges(
    path: Path, table: TextTable, columns: dict[str, int], default_type: str
) -> tuple[dict[Edge, float], list[str]]:
    """Return the weight of each (pre, post, type), and the edges that stand more than once."""
    from neurokit.celegans import cell_name

    weights: dict[Edge, float] = defaultdict(float)
    lines: dict[Edge, list[int]] = defaultdict(list)
    for row, line in zip(table.rows, table.lines, strict=True):
        pre, post = (cell_name(row[columns[role]]) for role in ("source", "target"))
        if not pre or not post:
            raise FileContentError(
                f"line {line} lacks a name", where=str(path), mend="Correct the line."
            )
        kind = _type_of(path, row, line, columns.get("synapse_type"), default_type)
        edge = (pre, post, kind)
        weights[edge] += number(row[columns["weight"]], str(path), line)
        lines[edge].append(line)
    repeats = [
        f"{pre}-{post} {kind} (lines {', '.join(map(str, found))})"
        for (pre, post, kind), found in lines.items()
        if len(found) > 1
    ]
    return dict(weights), repeats


def _type_of(path: Path, row: list[str], line: int, column: int | None, default: str) -> str:
    from neurokit.schema import SYNAPSE_TYPES

    if column is None:
        return default
    said = row[column].lower()
    kind = TYPE_ALIASES.get(said, said)
    if kind not in SYNAPSE_TYPES:
        raise FileContentError(
            f"line {line} has the type {row[column]!r}",
            where=str(path),
            mend=f"Types are {', '.join(SYNAPSE_TYPES)}.",
        )
    return kind


def _weights(edges: dict[Edge, float], cells: list[str], kinds: list[str]) -> NDArray[np.float64]:
    place = {name: index for index, name in enumerate(cells)}
    weight = np.zeros((len(kinds), len(cells), len(cells)))
    for (pre, post, kind), value in edges.items():
        weight[kinds.index(kind), place[pre], place[post]] = value
    return weight


def _negative(edges: dict[Edge, float], where: str) -> list[Finding]:
    from neurokit.schema import Finding

    negative = [f"{pre}-{post}" for (pre, post, kind), value in edges.items() if value < 0]
    if not negative:
        return []
    found = f"{len(negative)} weights are negative: {listed(negative)}"
    mend = "They stay as they are; a count or size cannot be below 0, so look at the source."
    return [Finding("NK845", "SUGGESTION", where, found, mend)]


LOADER = Loader(
    name=NAME,
    title="Connectome, text table of edges",
    modality="connectome",
    suffixes=(".csv", ".tsv", ".txt"),
    sniff=sniff,
    open=open_edge_list,
    info=info,
    options={
        "source": "column of presynaptic cells",
        "target": "column of postsynaptic cells",
        "weight": "column of weights",
        "synapse_type": "column of types: chemical, electrical, ...",
        "default_type": "type where there is no column for it; default chemical",
        "encoding": "of the file; default UTF-8",
    },
)
