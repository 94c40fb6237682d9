"""Worm connectome of OpenWorm's tables of neurons (``CElegansNeuronTables.xls``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError
from neurokit.io.registry import Loader
from neurokit_loaders._books import sheet_names, sheets
from neurokit_loaders._edges import Edge, edge_recording, synapse_type
from neurokit_loaders._workbook import is_workbook

if TYPE_CHECKING:
    import xarray as xr

    from neurokit.schema import Finding

NAME = "celegans.openworm"
_NEURONS, _MUSCLES = "Connectome", "NeuronsToMuscle"


def sniff(path: Path) -> float:
    """Score 0.95 for a workbook with the sheets of neurons and of muscles."""
    if not is_workbook(path):
        return 0.0
    try:
        return 0.95 if {_NEURONS, _MUSCLES} <= set(sheet_names(path)) else 0.0
    except FileContentError:
        return 0.0


def open_openworm(path: Path) -> xr.DataTree:
    """Open the synapses between neurons and onto muscles.

    A gap junction that is listed from both sides is one edge. The coordinate `transmitter` of a
    presynaptic cell lists the transmitters that the tables give its synapses.

    Parameters
    ----------
    path : Path
        The workbook.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post): numbers of synapses.

    Raises
    ------
    FileContentError
        If the workbook is damaged, lacks a sheet, or a row lacks a name, type or number.
    """
    from neurokit.celegans.connectome_sources import source_named

    neurons, muscles = sheets(path, _NEURONS, _MUSCLES)
    rows = [*_rows(neurons, _NEURONS, 5, path), *_rows(muscles, _MUSCLES, 4, path)]
    rec = edge_recording(
        [edge for edge, _ in rows],
        path,
        loader=NAME,
        source=source_named("openworm"),
        findings=_unread(sheet_names(path), path),
    )
    return _with_transmitters(rec, rows)


def info(path: Path) -> dict[str, Any]:
    """Say which sheets a workbook has."""
    return {"sheets": ", ".join(sheet_names(path))}


def _rows(rows: list[list[object]], sheet: str, width: int, path: Path) -> list[tuple[Edge, str]]:
    """Return the edges of a sheet, each with its transmitter."""
    found = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        place = f"{sheet} row {line}"
        if len(row) < width:
            raise FileContentError(
                f"{place} has {len(row)} cells of {width}", where=str(path), mend="Correct it."
            )
        pre, post, *said, number, transmitter = row[:width]
        kind = synapse_type(str(said[0]), place, str(path)) if said else "chemical"
        if not isinstance(number, int | float):
            raise FileContentError(
                f"{place} holds {number!r} where a number belongs",
                where=str(path),
                mend="Correct the cell.",
            )
        edge = Edge(str(pre), str(post), kind, float(number), place)
        found.append((edge, str(transmitter) if kind == "chemical" else ""))
    return found


def _with_transmitters(rec: xr.DataTree, rows: list[tuple[Edge, str]]) -> xr.DataTree:
    """Add to each presynaptic cell what its synapses are said to release."""
    from neurokit.celegans import cell_name

    said: dict[str, set[str]] = {}
    for edge, transmitter in rows:
        plain = {part.strip() for part in transmitter.replace(",", "_").split("_")} - {""}
        said.setdefault(cell_name(edge.pre), set()).update(plain)
    group = rec["connectome"].to_dataset()
    names = group["pre"].values.tolist()
    released = np.array([",".join(sorted(said.get(name, ()))) for name in names])
    tree = rec.copy()
    tree["connectome"] = type(rec)(group.assign_coords(transmitter=("pre", released)))
    return tree


def _unread(names: list[str], path: Path) -> list[Finding]:
    from neurokit.schema import Finding

    others = [name for name in names if name not in (_NEURONS, _MUSCLES)]
    if not others:
        return []
    found, mend = f"sheets are not read: {', '.join(others)}", "They list no connections."
    return [Finding("NK847", "SUGGESTION", path.name, found, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm connectome, OpenWorm's tables of neurons",
    modality="connectome",
    suffixes=(".xls", ".xlsx"),
    sniff=sniff,
    open=open_openworm,
    info=info,
)
