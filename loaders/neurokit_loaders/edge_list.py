"""Connectomes as lists of edges: a text table with one row per pair of cells, or a JSON graph.

Such as ``herm_full_edgelist.csv`` of Cook et al. 2019 (Source, Target, Weight, Type), the tables of
White et al. 1986 and Witvliet et al. 2021 in wormneuroatlas (pre, post, type, synapses), or the
node-link graph of the Neural Interactome (nodes, links).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.errors import FileContentError, OptionError, check_option
from neurokit.io.registry import Loader
from neurokit_loaders._cells import source_for
from neurokit_loaders._edges import Edge, edge_recording
from neurokit_loaders._edges import synapse_type as type_of
from neurokit_loaders._graph_json import is_graph, read_graph
from neurokit_loaders._text_tables import TextTable, end_findings, first_fields, number, read_table

if TYPE_CHECKING:
    import xarray as xr

    from neurokit.schema import Finding

NAME = "connectome.edge_list"

# Headers in use, in lower case; the first that a file has is taken.
_HEADERS = {
    "source": ("source", "pre", "from", "presynaptic", "origin"),
    "target": ("target", "post", "to", "postsynaptic"),
    "weight": ("weight", "synapses", "count", "number"),
    "synapse_type": ("type", "synapse_type", "kind"),
}


def sniff(path: Path) -> float:
    """Score 0.9 for a text table with columns of source, target and weight, or a JSON graph."""
    header = first_fields(path)
    found = _columns(header, {})
    if {"source", "target", "weight"} <= set(found) and len(header) <= 12:
        return 0.9
    return 0.9 if is_graph(path) else 0.0


def open_edge_list(
    path: Path,
    source: str | None = None,
    target: str | None = None,
    weight: str | None = None,
    synapse_type: str | None = None,
    default_type: str = "chemical",
    encoding: str = "utf-8-sig",
    dataset: str | None = None,
) -> xr.DataTree:
    """Open a list of edges as a square connectome.

    A pair that is not listed is 0. Rows of one pair and type are summed, and a finding lists
    them. A gap junction listed in one direction holds in both; one listed in both is one edge
    (with the mean of two weights that differ). Padded names become those of the literature.

    Parameters
    ----------
    path : Path
        A text table with a header, separated by comma, tab or semicolon, or a JSON graph with
        ``nodes`` (each with a ``name``) and ``links`` (``source``, ``target``, ``value``).
    source, target, weight, synapse_type : str, optional
        Names of its columns; default are the usual ones (Source, pre, ...).
    default_type : str, default "chemical"
        Type of all edges where there is no column for it.
    encoding : str, default "utf-8-sig"
        Of the file.
    dataset : str, optional
        The published source, one of `celegans.connectome_sources`: it says which animals were
        looked at. Default is what the file's name says, if anything.

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
    from neurokit.schema import SYNAPSE_TYPES

    check_option("default_type", default_type, SYNAPSE_TYPES)
    asked = {"source": source, "target": target, "weight": weight, "synapse_type": synapse_type}
    published, findings = source_for(path, dataset)
    if is_graph(path):
        cells, edges = read_graph(path, default_type)
        findings += _assumed(default_type, [])
    else:
        table = read_table(path, encoding)
        columns = _required(path, table.header, asked)
        cells, edges = [], _edges(path, table, columns, default_type)
        findings += [*_assumed(default_type, list(columns)), *end_findings(table, path.name)]
    return edge_recording(
        edges, path, loader=NAME, source=published, cells=cells, findings=findings
    )


def info(path: Path) -> dict[str, Any]:
    """Say which columns a list has, and which of them are understood."""
    if is_graph(path):
        cells, edges = read_graph(path, "chemical")
        return {"n_cells": len(cells), "n_edges": len(edges)}
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


def _edges(path: Path, table: TextTable, columns: dict[str, int], default_type: str) -> list[Edge]:
    edges = []
    for row, line in zip(table.rows, table.lines, strict=True):
        place = f"line {line}"
        said = row[columns["synapse_type"]] if "synapse_type" in columns else default_type
        kind = type_of(said, place, str(path))
        weight = number(row[columns["weight"]], str(path), line)
        edges.append(Edge(row[columns["source"]], row[columns["target"]], kind, weight, place))
    return edges


def _assumed(kind: str, columns: list[str]) -> list[Finding]:
    """Return a finding where no column says what kind of synapses the edges are."""
    from neurokit.schema import Finding

    if "synapse_type" in columns:
        return []
    found = f"no column says what type the edges are: they are taken as {kind}"
    mend = "Say it with the option default_type=."
    return [Finding("NK846", "SUGGESTION", "/connectome synapse_type", found, mend)]


LOADER = Loader(
    name=NAME,
    title="Connectome, table or graph of edges",
    modality="connectome",
    suffixes=(".csv", ".tsv", ".txt", ".json"),
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
        "dataset": "the published source, which says what animals; default is what the name says",
    },
)
