"""Checks of positions: their unit and frame, and whether they fit on a head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, shown, signals
from neurokit.schema.findings import Finding
from neurokit.schema.names import SPACE_DIMS

POSITION_ATTRS = Code("NK304", "VIOLATION")
POSITION_EXTENT = Code("NK305", "VIOLATION")
POSITION_DIMS = Code("NK306", "VIOLATION")
SAME_PLACE = Code("NK307", "SUGGESTION")
POSITION_TINY = Code("NK308", "VIOLATION")

# Heads and sensor helmets are smaller; more means millimetres read as metres.
_LARGEST_EXTENT_M = 0.5
# Contacts are farther apart than this; less means metres called millimetres.
_SMALLEST_EXTENT_M = 1e-3
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "µm": 1e-6}
# Sensors of their own place each; planar gradiometers share theirs in pairs.
_PLACED_ALONE = ("EEG", "ECOG", "SEEG", "DBS")


@check
def positions(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Positions have three coordinates, say unit and frame, and fit on a head."""
    for path, group in signals(rec):
        if "position" not in group:
            continue
        where, place = f"{path}/position", group["position"]
        dims = tuple(str(dim) for dim in place.dims)
        if len(dims) != 2 or dims[0] not in SPACE_DIMS or dims[1] != "space" or place.shape[1] != 3:
            mend = "Give x, y and z of each neuron or channel: dims (neuron or channel, space)."
            yield POSITION_DIMS.at(where, f"dims are {dims}, shape {place.shape}", mend)
            continue
        lacking = [key for key in ("units", "coordinate_frame") if not place.attrs.get(key)]
        if lacking:
            yield POSITION_ATTRS.at(where, f"{shown(lacking)} missing", "Say unit and frame.")
        if place.dtype.kind == "f":
            yield from _extent(group, where)
            yield from _shared(group, where)


def _extent(group: xr.Dataset, where: str) -> Iterator[Finding]:
    values, unit = np.asarray(group["position"].values), str(group["position"].attrs.get("units"))
    finite = values[np.isfinite(values).all(axis=-1)]
    if unit not in _METRES or finite.shape[0] < 2:
        return
    extent = float((finite.max(axis=0) - finite.min(axis=0)).max())
    if extent * _METRES[unit] > _LARGEST_EXTENT_M:
        found = f"positions span {extent:g} {unit}"
        mend = "Millimetres were probably read as metres."
        if unit != "m":
            mend = f"No head is that large: the unit is probably smaller than {unit}."
        yield POSITION_EXTENT.at(where, found, mend)
    sensors = "channel" in group["position"].dims and np.unique(finite, axis=0).shape[0] > 1
    # A probe may well span micrometres; nobody gives those by mistake for metres.
    if (
        sensors
        and not unit.endswith("um")
        and unit != "µm"
        and extent * _METRES[unit] < _SMALLEST_EXTENT_M
    ):
        found = f"positions of channels span {extent:g} {unit}"
        yield POSITION_TINY.at(where, found, f"They are probably metres, called {unit}.")


def _shared(group: xr.Dataset, where: str) -> Iterator[Finding]:
    if "channel" not in group.coords or "channel_type" not in group.coords:
        return
    values: np.ndarray[Any, Any] = np.asarray(group["position"].values)
    alone = np.isin(group["channel_type"].values, _PLACED_ALONE)
    known = np.flatnonzero(alone & np.isfinite(values).all(axis=-1))
    _, first, count = np.unique(values[known], axis=0, return_inverse=True, return_counts=True)
    same = known[count[first.reshape(-1)] > 1]
    if same.size:
        place = ", ".join(f"{x:g}" for x in values[same[0]])
        found = f"{shown(group['channel'].values[same])} share places, the first ({place})"
        mend = "A place that is not known is NaN, not 0; two electrodes never touch."
        yield SAME_PLACE.at(where, found, mend)
