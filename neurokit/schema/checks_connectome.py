"""Checks of connectomes: order, kinds of synapses and cells, and weights that can be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from neurokit.errors import suggest
from neurokit.schema.checks import Code, check, group_at, shown
from neurokit.schema.findings import Finding
from neurokit.schema.names import CELL_TYPES, SYNAPSE_TYPES

WEIGHT_DIMS = Code("NK701", "CRITICAL")
WEIGHT_NEGATIVE = Code("NK702", "VIOLATION")
ELECTRICAL_ASYMMETRY = Code("NK703", "SUGGESTION")
SYNAPSE_TYPE = Code("NK704", "VIOLATION")
CELL_TYPE = Code("NK705", "VIOLATION")
ONE_SIDED = Code("NK706", "SUGGESTION")
WEIGHT_INFINITE = Code("NK707", "CRITICAL")
WEIGHT_DTYPE = Code("NK708", "VIOLATION")
SOURCES = Code("NK709", "VIOLATION")
TWO_CELL_TYPES = Code("NK710", "VIOLATION")
NO_CONNECTION = Code("NK711", "SUGGESTION")

_DIMS = ("synapse_type", "pre", "post")
_WHERE = "/connectome/weight"


@check
def connectome(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Weights are ordered, typed, finite, and not negative."""
    group = group_at(rec, "connectome")
    if group is None:
        return
    if "weight" not in group or group["weight"].dims != _DIMS:
        dims = group["weight"].dims if "weight" in group else "no weight"
        mend = "Order it as (synapse_type, pre, post)."
        yield WEIGHT_DIMS.at(_WHERE, f"found {dims}", mend)
        return
    if group["weight"].dtype != np.float32:
        yield WEIGHT_DTYPE.at(_WHERE, f"dtype is {group['weight'].dtype}", "Make it float32.")
    yield from _synapse_types(group)
    yield from _cell_types(group)
    if all(dim in group.coords for dim in _DIMS) and group["weight"].dtype.kind in "fiu":
        yield from _weights(group)
        yield from _sources(group)


def _synapse_types(group: xr.Dataset) -> Iterator[Finding]:
    for kind in group["synapse_type"].values:
        if str(kind) not in SYNAPSE_TYPES:
            found = f"{str(kind)!r} is no synapse type{suggest(kind, SYNAPSE_TYPES)}"
            mend = f"Use {', '.join(SYNAPSE_TYPES)}."
            yield SYNAPSE_TYPE.at("/connectome/synapse_type", found, mend)


def _cell_types(group: xr.Dataset) -> Iterator[Finding]:
    types: dict[str, str] = {}
    torn = []
    for side in ("pre", "post"):
        name = f"{side}_type"
        if name not in group.coords or side not in group.coords:
            continue
        other = set(group[name].values.tolist()) - set(CELL_TYPES)
        if other:
            found, mend = f"found {shown(sorted(other))}", f"Use {', '.join(CELL_TYPES)}."
            yield CELL_TYPE.at(f"/connectome/{name}", found, mend)
        for cell, kind in zip(
            group[side].values.tolist(), group[name].values.tolist(), strict=True
        ):
            if types.setdefault(cell, kind) != kind:
                torn.append(f"{cell} ({types[cell]}, {kind})")
    if torn:
        found = f"cells of one type as pre and another as post: {shown(torn)}"
        mend = "A cell has one type, whichever side of a synapse it is on."
        yield TWO_CELL_TYPES.at("/connectome/post_type", found, mend)


def _weights(group: xr.Dataset) -> Iterator[Finding]:
    for kind in group["synapse_type"].values:
        values = np.asarray(group["weight"].sel(synapse_type=kind).values)
        if np.isinf(values).any():
            found = f"{int(np.isinf(values).sum())} {kind} weights are infinite"
            yield WEIGHT_INFINITE.at(_WHERE, found, "Correct them; not observed is NaN.")
        if kind != "functional" and (values < 0).any():
            found = f"{int((values < 0).sum())} {kind} weights are negative"
            yield WEIGHT_NEGATIVE.at(_WHERE, found, "Counts and sizes are >= 0.")
        if values.size and not np.nan_to_num(values).any():
            found = f"no {kind} weight differs from 0 and NaN"
            mend = "Leave the kind out, or check that the table's names match the cells."
            yield NO_CONNECTION.at(_WHERE, found, mend)
        if kind == "electrical":
            yield from _symmetry(group, values)


def _symmetry(
    group: xr.Dataset, values: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> Iterator[Finding]:
    pre, post = (group[side].values.tolist() for side in ("pre", "post"))
    if len(set(pre)) < len(pre) or len(set(post)) < len(post):
        return  # a doubled label is a finding of its own
    if set(pre) != set(post):
        alone = shown(sorted(set(pre) ^ set(post)))
        found = f"gap junctions, and cells that are on one side only: {alone}"
        yield ONE_SIDED.at("/connectome/pre", found, "Give both sides the same cells.")
        return
    order = [post.index(cell) for cell in pre]
    square = values[:, order]
    if not np.allclose(square, square.T, equal_nan=True):
        found = "electrical weights are not symmetric"
        mend = "Gap junctions conduct both ways; check whether the table is directed."
        yield ELECTRICAL_ASYMMETRY.at(_WHERE, found, mend)


def _sources(group: xr.Dataset) -> Iterator[Finding]:
    for name in ("n_sources", "weight_sd"):
        if name not in group:
            continue
        where, mend = f"/connectome/{name}", "Build it with neurokit.schema.connectome."
        if group[name].dims != _DIMS:
            yield SOURCES.at(where, f"dims are {group[name].dims}", mend)
            continue
        values = np.asarray(group[name].values)
        if (values < 0).any():
            yield SOURCES.at(where, f"{int((values < 0).sum())} values are negative", mend)
