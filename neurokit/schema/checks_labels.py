"""Checks of labels, channel types, units and positions, and of the connectome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from neurokit.errors import suggest
from neurokit.schema.checks import Code, check, group_at, groups, shown, signals
from neurokit.schema.findings import Finding
from neurokit.schema.names import CELL_TYPES, CHANNEL_TYPES, SYNAPSE_TYPES

DUPLICATE = Code("NK201", "CRITICAL")
NO_LABELS = Code("NK202", "CRITICAL")
EMPTY_LABEL = Code("NK203", "VIOLATION")
CHANNEL_TYPE = Code("NK204", "VIOLATION")
NO_UNIT = Code("NK301", "VIOLATION")
UNITS_DISAGREE = Code("NK303", "VIOLATION")
POSITION_ATTRS = Code("NK304", "VIOLATION")
POSITION_EXTENT = Code("NK305", "VIOLATION")
WEIGHT_DIMS = Code("NK701", "CRITICAL")
WEIGHT_NEGATIVE = Code("NK702", "VIOLATION")
ELECTRICAL_ASYMMETRY = Code("NK703", "SUGGESTION")
SYNAPSE_TYPE = Code("NK704", "VIOLATION")
CELL_TYPE = Code("NK705", "VIOLATION")

_LABELLED = ("neuron", "channel", "pre", "post", "feature", "synapse_type")
# Heads and sensor helmets are smaller; more means millimetres read as metres.
_LARGEST_EXTENT_M = 0.5


@check
def labels(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Labels are there, unique and not empty."""
    for path, group in groups(rec):
        for dim in (d for d in _LABELLED if d in group.dims):
            where = f"{path}/{dim}"
            if dim not in group.coords:
                yield NO_LABELS.at(where, f"the dim {dim} has no labels", "Name every one.")
                continue
            unique, counts = np.unique(
                [str(label) for label in group[dim].values], return_counts=True
            )
            if (counts > 1).any():
                found = f"labels stand more than once: {shown(unique[counts > 1])}"
                yield DUPLICATE.at(where, found, "Make them unique.")
            if (unique == "").any():
                yield EMPTY_LABEL.at(where, "a label is empty", "Name every one.")


@check
def channels(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Channels have a BIDS type and a unit; units said twice agree."""
    for path, group in signals(rec):
        if "channel" not in group.dims:
            continue
        if "channel_type" not in group.coords:
            found, mend = "channels have no channel_type", "Give BIDS channel types."
            yield CHANNEL_TYPE.at(f"{path}/channel", found, mend)
        else:
            for kind in np.unique(group["channel_type"].values):
                if str(kind) not in CHANNEL_TYPES:
                    found = f"{str(kind)!r} is no BIDS channel type{suggest(kind, CHANNEL_TYPES)}"
                    yield CHANNEL_TYPE.at(f"{path}/channel_type", found, "Use BIDS types exactly.")
        if "unit" not in group.coords or (np.asarray(group["unit"].values) == "").any():
            found, mend = "a channel has no unit", 'Give a UDUNITS string; "1" has no dimension.'
            yield NO_UNIT.at(f"{path}/unit", found, mend)
            continue
        units, said = np.unique(group["unit"].values), group["signal"].attrs.get("units")
        if said is not None and (units.size > 1 or str(units[0]) != said):
            found = f"signal says {said!r}, channels say {shown(units)}"
            mend = "signal.attrs['units'] is only for one unit that all channels share."
            yield UNITS_DISAGREE.at(f"{path}/signal", found, mend)


@check
def positions(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Positions say their unit and frame, and fit on a head."""
    for path, group in signals(rec):
        if "position" not in group:
            continue
        where = f"{path}/position"
        attrs = group["position"].attrs
        lacking = [key for key in ("units", "coordinate_frame") if not attrs.get(key)]
        if lacking:
            yield POSITION_ATTRS.at(where, f"{shown(lacking)} missing", "Say unit and frame.")
        values = np.asarray(group["position"].values)
        finite = values[np.isfinite(values).all(axis=-1)]
        if attrs.get("units") == "m" and finite.shape[0] > 1:
            extent = float((finite.max(axis=0) - finite.min(axis=0)).max())
            if extent > _LARGEST_EXTENT_M:
                found = f"positions span {extent:g} m"
                yield POSITION_EXTENT.at(where, found, "Millimetres were probably read as metres.")


@check
def connectome(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Weights are ordered, typed, and not negative."""
    group = group_at(rec, "connectome")
    if group is None:
        return
    if "weight" not in group or group["weight"].dims != ("synapse_type", "pre", "post"):
        dims = group["weight"].dims if "weight" in group else "no weight"
        mend = "weight has dims (synapse_type, pre, post)."
        yield WEIGHT_DIMS.at("/connectome/weight", f"found {dims}", mend)
        return
    for kind in group["synapse_type"].values:
        if str(kind) not in SYNAPSE_TYPES:
            found = f"{str(kind)!r} is no synapse type{suggest(kind, SYNAPSE_TYPES)}"
            mend = f"Use {', '.join(SYNAPSE_TYPES)}."
            yield SYNAPSE_TYPE.at("/connectome/synapse_type", found, mend)
    for name in ("pre_type", "post_type"):
        if name in group.coords:
            other = set(group[name].values.tolist()) - set(CELL_TYPES)
            if other:
                mend = f"Use {', '.join(CELL_TYPES)}."
                yield CELL_TYPE.at(f"/connectome/{name}", f"found {shown(sorted(other))}", mend)
    yield from _weights(group)


def _weights(group: xr.Dataset) -> Iterator[Finding]:
    for kind in group["synapse_type"].values:
        weight = group["weight"].sel(synapse_type=kind)
        values = np.asarray(weight.values)
        if kind != "functional" and (values < 0).any():
            found = f"{int((values < 0).sum())} {kind} weights are negative"
            yield WEIGHT_NEGATIVE.at("/connectome/weight", found, "Counts and sizes are >= 0.")
        same_cells = np.array_equal(group["pre"].values, group["post"].values)
        if (
            kind == "electrical"
            and same_cells
            and not np.allclose(values, values.T, equal_nan=True)
        ):
            found = "electrical weights are not symmetric"
            mend = "Gap junctions conduct both ways; check whether the table is directed."
            yield ELECTRICAL_ASYMMETRY.at("/connectome/weight", found, mend)
