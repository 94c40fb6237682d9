"""Worm connectome of Varshney et al. 2011: the list of contacts and the authors' matrices.

The list (``NeuronConnect``) names each synapse from both sides. S and Sp are sends, monadic and
polyadic; R and Rp are the same contacts seen by the receiver. S + Sp of the list equals
``A_init_t_ordered`` of the matrices, weight by weight.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.errors import FileContentError
from neurokit.io.registry import Loader
from neurokit_loaders._books import sheet_names, sheets
from neurokit_loaders._cells import repeat_findings
from neurokit_loaders._edges import Edge, edge_recording, repeated
from neurokit_loaders._varshney_matrices import MATRICES, is_matrix_file, matrix_edges
from neurokit_loaders._workbook import is_workbook
from neurokit_loaders.matlab_elements import variables

if TYPE_CHECKING:
    import xarray as xr

    from neurokit.schema import Finding

NAME = "celegans.varshney"
_HEADER = ("neuron 1", "neuron 2", "type", "nbr")
# What each type of contact is; receptions repeat the sends of the other neuron.
_KINDS = {"S": "chemical", "Sp": "chemical", "NMJ": "chemical", "EJ": "electrical"}
_RECEPTIONS = ("R", "Rp")


def sniff(path: Path) -> float:
    """Score 0.95 for a sheet of contacts or a MATLAB file of the matrices."""
    return 0.95 if is_matrix_file(path) or _is_list(path) else 0.0


def open_varshney(path: Path) -> xr.DataTree:
    """Open the list of contacts (.xlsx, .xls) or the matrices (.mat).

    The weight of a pair is the sum of its monadic and polyadic sends. The list names no muscles:
    neuromuscular junctions go to one cell, ``NMJ``. A gap junction is listed from both sides and
    is one edge. ``A_sendjoint.mat`` has no names; they are taken from the file of ordered
    matrices beside it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post): numbers of synapses.

    Raises
    ------
    FileContentError
        If the file is damaged, a row lacks a name or a number, or has a type that is not known.

    References
    ----------
    .. [1] Varshney et al. 2011, PLoS Comput Biol 7, doi:10.1371/journal.pcbi.1001066
    """
    from neurokit.celegans.connectome_sources import source_named

    source = source_named("varshney_2011")
    if not is_workbook(path):
        cells, kinds, edges, findings = matrix_edges(path)
        return edge_recording(
            edges, path, loader=NAME, source=source, cells=cells, kinds=kinds, findings=findings
        )
    contacts = _contacts(path)
    edges = [edge._replace(kind=_KINDS[edge.kind]) for edge in contacts if edge.kind in _KINDS]
    findings = [*_receptions(contacts, path), *repeat_findings(repeated(contacts), path.name)]
    # S and Sp of one pair are two rows of one edge, which is no surprise.
    return edge_recording(edges, path, loader=NAME, source=source, repeats="", findings=findings)


def info(path: Path) -> dict[str, Any]:
    """Say which contacts a list has, or which matrices a MATLAB file."""
    if is_workbook(path):
        counts = Counter(edge.kind for edge in _contacts(path))
        return {"contacts": ", ".join(f"{kind} {n}" for kind, n in sorted(counts.items()))}
    return {"matrices": ", ".join(v.name for v in variables(path) if v.name in MATRICES)}


def _is_list(path: Path) -> bool:
    if not is_workbook(path):
        return False
    try:
        # Reading a line parses its whole sheet, which takes long in workbooks of other kinds.
        names = sheet_names(path)
        rows = sheets(path, *names)[0] if len(names) == 1 else []
    except FileContentError:
        return False
    return bool(rows) and _is_header(rows[0])


def _is_header(row: list[Any]) -> bool:
    return tuple(str(cell).strip().lower() for cell in row[:4]) == _HEADER


def _contacts(path: Path) -> list[Edge]:
    """Return every row of the list, with its type as it stands there."""
    rows = sheets(path, sheet_names(path)[0])[0]
    if not rows or not _is_header(rows[0]):
        raise FileContentError(
            f"does not begin with the columns {', '.join(_HEADER)}",
            where=str(path),
            mend="Give the list of contacts as WormAtlas publishes it.",
        )
    lines = [(line, row) for line, row in enumerate(rows[1:], start=2) if any(row)]
    return [_contact(row, f"row {line}", path) for line, row in lines]


def _contact(row: list[object], place: str, path: Path) -> Edge:
    pre, post, kind, number = row[:4]
    if not isinstance(number, int | float):
        raise FileContentError(
            f"{place} holds {number!r} where a number belongs",
            where=str(path),
            mend="Correct the cell.",
        )
    if kind not in _KINDS and kind not in _RECEPTIONS:
        raise FileContentError(
            f"{place} has the type {kind!r}",
            where=str(path),
            mend=f"Types are {', '.join([*_KINDS, *_RECEPTIONS])}.",
        )
    return Edge(str(pre), str(post), str(kind), float(number), place)


def _receptions(contacts: list[Edge], path: Path) -> list[Finding]:
    """Return a finding on rows that say the same from the receiver's side."""
    from neurokit.schema import Finding

    count = Counter(edge.kind for edge in contacts if edge.kind in _RECEPTIONS)
    if not count:
        return []
    shown = " and ".join(f"{n} rows of type {kind}" for kind, n in sorted(count.items()))
    found = f"{shown} are contacts seen by the receiver, which the sends list already"
    mend = "They are left out, so that no synapse counts twice."
    return [Finding("NK847", "SUGGESTION", path.name, found, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm connectome, contacts or matrices of Varshney et al. 2011",
    modality="connectome",
    suffixes=(".xlsx", ".xls", ".mat"),
    sniff=sniff,
    open=open_varshney,
    info=info,
)
