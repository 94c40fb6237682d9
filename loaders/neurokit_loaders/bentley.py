"""Extrasynaptic connectome of Bentley et al. 2016: who releases what, and who has a receptor."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.errors import FileContentError, OptionError
from neurokit.io.registry import Loader
from neurokit_loaders._cells import repeat_findings
from neurokit_loaders._edges import Edge, edge_recording
from neurokit_loaders._text_tables import TextTable, end_findings, first_fields, read_table

if TYPE_CHECKING:
    import xarray as xr

NAME = "celegans.bentley"
_HEADER = ("#source neuron", "target neuron", "transmitter", "receptor")
_MONOAMINES = frozenset({"dopamine", "serotonin", "octopamine", "tyramine"})


def sniff(path: Path) -> float:
    """Score 0.95 for a text table of source, target, transmitter and receptor."""
    header = [field.lower() for field in first_fields(path)[:4]]
    return 0.95 if tuple(header) == _HEADER else 0.0


def open_bentley(
    path: Path,
    transmitter: str | Sequence[str] | None = None,
    receptor: str | Sequence[str] | None = None,
) -> xr.DataTree:
    """Open monoamines or neuropeptides.

    The weight of a pair is the number of transmitters that one releases and receptors of them
    that the other has, counted in pairs. All cells that the table names stay, whatever is chosen.

    Parameters
    ----------
    path : Path
        The table: source, target, transmitter, receptor.
    transmitter, receptor : str or sequence of str, optional
        Only these; default is all.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post), of type monoaminergic or
        peptidergic; the attr ``transmitters`` counts the rows of each transmitter (JSON).

    Raises
    ------
    FileContentError
        If a line is ragged or lacks a name or transmitter, or the file is no such table.
    OptionError
        If nothing is left by what is chosen.

    References
    ----------
    .. [1] Bentley et al. 2016, PLoS Comput Biol 12, doi:10.1371/journal.pcbi.1005283
    """
    from neurokit.celegans.connectome_sources import source_named

    table = read_table(path)
    _check(path, table)
    chosen = _chosen(table, transmitter, receptor)
    edges = [Edge(row[0], row[1], _kind(row[2]), 1.0, f"line {line}") for row, line in chosen]
    rec = edge_recording(
        edges,
        path,
        loader=NAME,
        source=source_named("bentley_2016"),
        cells=[name for row in table.rows for name in row[:2]],
        repeats="",
        findings=[
            *end_findings(table, path.name),
            *repeat_findings(_doubled(table), path.name, "Such a row counts once."),
        ],
        options={"transmitter": transmitter, "receptor": receptor},
    )
    counts = Counter(row[2] for row, _ in chosen)
    rec.attrs["transmitters"] = json.dumps(dict(sorted(counts.items())))
    return rec


def info(path: Path) -> dict[str, Any]:
    """Say which transmitters a table has."""
    table = read_table(path)
    _check(path, table)
    return {"rows": len(table.rows), "transmitters": _listed(table, 2)}


def _kind(transmitter: str) -> str:
    return "monoaminergic" if transmitter.lower() in _MONOAMINES else "peptidergic"


def _check(path: Path, table: TextTable) -> None:
    if tuple(field.lower() for field in table.header[:4]) != _HEADER:
        raise FileContentError(
            f"has the columns {', '.join(table.header)}",
            where=str(path),
            mend=f"They should be {', '.join(_HEADER)}.",
        )
    for row, line in zip(table.rows, table.lines, strict=True):
        if not all(row[:4]):
            raise FileContentError(
                f"line {line} lacks a name, transmitter or receptor",
                where=str(path),
                mend="Correct the line.",
            )


def _chosen(
    table: TextTable, transmitter: str | Sequence[str] | None, receptor: str | Sequence[str] | None
) -> list[tuple[list[str], int]]:
    """Return the rows that are asked for, each once, with their lines."""
    wanted = {2: ("transmitter", _several(transmitter)), 3: ("receptor", _several(receptor))}
    for place, (what, names) in wanted.items():
        unknown = [name for name in names or () if name not in {row[place] for row in table.rows}]
        if unknown:
            raise OptionError(
                f"the table has no {what} {', '.join(unknown)}",
                where=what,
                mend=f"It has {_listed(table, place)}.",
            )
    kept: dict[tuple[str, ...], tuple[list[str], int]] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        if all(names is None or row[place] in names for place, (_, names) in wanted.items()):
            kept.setdefault(tuple(row[:4]), (row, line))
    if not kept:
        raise OptionError(
            "no row has both the transmitter and the receptor",
            where="receptor",
            mend="Choose receptors of the transmitters.",
        )
    return list(kept.values())


def _several(names: str | Sequence[str] | None) -> list[str] | None:
    if names is None:
        return None
    return [names] if isinstance(names, str) else list(names)


def _listed(table: TextTable, column: int) -> str:
    return ", ".join(sorted({row[column] for row in table.rows}))


def _doubled(table: TextTable) -> list[str]:
    count = Counter(tuple(row[:4]) for row in table.rows)
    return [f"{row[0]}-{row[1]} {row[2]} {row[3]}" for row, n in count.items() if n > 1]


LOADER = Loader(
    name=NAME,
    title="Worm connectome, monoamines and neuropeptides of Bentley et al. 2016",
    modality="connectome",
    suffixes=(".csv",),
    sniff=sniff,
    open=open_bentley,
    info=info,
    options={
        "transmitter": "only these, for example dopamine; default all",
        "receptor": "only these, for example dop-1; default all",
    },
)
