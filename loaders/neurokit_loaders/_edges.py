"""A list of edges becomes a connectome: names, repeats, gap junctions, findings.

Tables, sheets and JSON files of edges differ in how they are read and in nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError
from neurokit_loaders._cells import (
    TYPE_ALIASES,
    connectome_group,
    described,
    direction_findings,
    repeat_findings,
    unknown_findings,
)
from neurokit_loaders._neurons import listed

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.celegans.connectome_sources import Source
    from neurokit.schema import Finding

_SUMMED = "Their weights are summed."
# A list of hundreds of thousands of cells would ask for terabytes of matrix.
_MOST_CELLS = 5000


class Edge(NamedTuple):
    """One row: names as the file has them, `place` as a reader finds it there (``line 12``)."""

    pre: str
    post: str
    kind: str
    weight: float
    place: str


def synapse_type(said: str, place: str, where: str) -> str:
    """Return the type of the contract that a file's word for it means.

    Raises
    ------
    FileContentError
        If it means none; the message names the place.
    """
    from neurokit.schema import SYNAPSE_TYPES

    plain = said.strip().lower()
    kind = TYPE_ALIASES.get(plain, plain)
    if kind not in SYNAPSE_TYPES:
        raise FileContentError(
            f"{place} has the type {said!r}",
            where=where,
            mend=f"Types are {', '.join(SYNAPSE_TYPES)}.",
        )
    return kind


def edge_recording(
    edges: Sequence[Edge],
    path: Path,
    *,
    loader: str,
    source: Source | None = None,
    cells: Sequence[str] = (),
    kinds: Sequence[str] = (),
    repeats: str = _SUMMED,
    quantity: str | None = None,
    findings: Sequence[Finding] = (),
    options: dict[str, Any] | None = None,
) -> xr.DataTree:
    """Return the connectome of a list of edges; a pair that is not listed is 0.

    Parameters
    ----------
    edges : sequence of Edge
        Rows of one pair and type are summed.
    path : Path
        The file.
    loader : str
        Its name.
    source : Source, optional
        What was published.
    cells : sequence of str, optional
        Cells that are known to have been looked at, with edges or without.
    kinds : sequence of str, optional
        Synapse types that were looked for, with edges or without.
    repeats : str
        What the finding on repeated edges says; ``""`` for none, where repeats are no surprise.
    quantity : str, optional
        What a weight counts; default is what the source says.
    findings : sequence of Finding
        What was noticed before.
    options : dict, optional
        Of the loader.
    """
    from neurokit.celegans.connectome_symmetry import in_order, merge_directions
    from neurokit.schema import SYNAPSE_TYPES, recording

    named = _named(edges, path)
    known = in_order([*_clean(cells), *(name for edge in named for name in edge[:2])])
    present = [kind for kind in SYNAPSE_TYPES if kind in {*kinds, *(edge.kind for edge in named)}]
    _check_size(path, known, present)
    weight = _weights(named, known, present)
    doubled = repeat_findings(repeated(named), path.name, repeats) if repeats else []
    noticed = [*findings, *doubled, *_negative(named, path.name)]
    if "electrical" in present:
        place = present.index("electrical")
        directed = weight[place].copy()
        weight[place], pairs = merge_directions(directed)
        noticed += direction_findings(directed, pairs, known, path.name)
    counted = (source.quantity if source else "") if quantity is None else quantity
    return recording(
        {"connectome": connectome_group(weight, present, known, known, counted)},
        **described(source, path),
        loader=loader,
        loader_version=__version__,
        loader_options=options,
        findings=[*noticed, *unknown_findings(known, "/connectome")],
    )


def _clean(names: Sequence[str]) -> list[str]:
    from neurokit.celegans import cell_name

    return [cell_name(name) for name in names]


def _named(edges: Sequence[Edge], path: Path) -> list[Edge]:
    """Return the edges with names as in the literature."""
    from neurokit.celegans import cell_name

    named = [edge._replace(pre=cell_name(edge.pre), post=cell_name(edge.post)) for edge in edges]
    for edge in named:
        if not edge.pre or not edge.post:
            raise FileContentError(
                f"{edge.place} lacks a name", where=str(path), mend="Correct it."
            )
    return named


def _check_size(path: Path, cells: list[str], kinds: list[str]) -> None:
    if not cells or not kinds:
        raise FileContentError("holds no edge", where=str(path), mend="Check that it is whole.")
    if len(cells) > _MOST_CELLS:
        raise FileContentError(
            f"names {len(cells)} cells, the first of them {listed(cells[:5])}",
            where=str(path),
            mend=f"A connectome of up to {_MOST_CELLS} cells is read; check the columns of names.",
        )


def _weights(edges: list[Edge], cells: list[str], kinds: list[str]) -> NDArray[np.float64]:
    place = {name: index for index, name in enumerate(cells)}
    weight = np.zeros((len(kinds), len(cells), len(cells)))
    for edge in edges:
        weight[kinds.index(edge.kind), place[edge.pre], place[edge.post]] += edge.weight
    return weight


def repeated(edges: Sequence[Edge]) -> list[str]:
    """Return the edges that stand more than once, with their places."""
    from neurokit.celegans import cell_name

    places: dict[tuple[str, ...], list[str]] = {}
    for edge in edges:
        # VB01 and VB1 are one cell.
        key = (cell_name(edge.pre), cell_name(edge.post), edge.kind)
        places.setdefault(key, []).append(edge.place)
    return [
        f"{pre}-{post} {kind} ({', '.join(found)})"
        for (pre, post, kind), found in places.items()
        if len(found) > 1
    ]


def _negative(edges: list[Edge], where: str) -> list[Finding]:
    from neurokit.schema import Finding

    # A response can be inhibitory; a count cannot.
    negative = [e for e in edges if e.weight < 0 and e.kind != "functional"]
    if not negative:
        return []
    shown = listed(f"{e.pre}-{e.post} ({e.weight:g}, {e.place})" for e in negative)
    found = f"{len(negative)} weights are negative: {shown}"
    mend = "They stay as they are; a count or size cannot be below 0, so look at the source."
    return [Finding("NK845", "SUGGESTION", where, found, mend)]
