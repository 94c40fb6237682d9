"""Features of a recording's stimulus, by the name of their set."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy.ndimage import uniform_filter1d

from neurokit.errors import SchemaError
from neurokit.schema import signal_of


def stimulus_features(
    rec: xr.DataTree, *, onto: xr.DataArray | None = None
) -> dict[str, xr.DataArray]:
    """Return the feature sets of ``/stimulus``, or else the measures of ``/behavior``.

    Parameters
    ----------
    rec : recording
        With features on a regular clock, or on that of its activity.
    onto : DataArray, optional
        (time, ...) or (trial, time, ...): the samples wanted; default the recording's activity.
        Sets on another clock that covers them are brought onto it linearly, after a mean over
        each new sample where they are faster.

    Returns
    -------
    dict of str to DataArray
        (time, feature) each. A stimulus without named children is called ``stimulus``; measures
        of behaviour are called by their names and get a dim ``feature``.

    Raises
    ------
    SchemaError
        If the recording has neither.

    Examples
    --------
    >>> import neurokit as nk
    >>> rec = nk.simulate.encoded(100, 2, random_state=0).recordings["encoded"]
    >>> list(stimulus_features(rec))
    ['vision', 'language', 'multimodal']
    """
    found = _sets(rec)
    if not found:
        raise SchemaError(
            "has no feature_values in /stimulus and no measure in /behavior",
            where=rec.name or "recording",
            mend="Add features as /stimulus/<name>/feature_values (time, feature).",
        )
    target = signal_of(rec)["time"] if onto is None else onto["time"]
    return {name: _brought_onto(values, target) for name, values in found.items()}


def _brought_onto(values: xr.DataArray, target: xr.DataArray) -> xr.DataArray:
    """Return features at the target's times; NaN outside of what was recorded."""
    clock = np.asarray(values["time"].values, dtype=np.float64)
    wanted = np.asarray(target.values, dtype=np.float64)
    if clock.shape == wanted.shape and np.allclose(clock, wanted, rtol=0, atol=1e-6):
        # Clocks that differ by rounding are one, and joins are exact.
        return _with_clock(values, np.asarray(values.values), target)
    array = np.asarray(values.values)
    step = float(np.median(np.diff(wanted))) if wanted.size > 1 else 0.0
    width = round(step / float(np.median(np.diff(clock)))) if clock.size > 1 else 1
    moved = []
    for feature in array.T:  # one by one: features of a fast clock may be larger than memory
        column = feature.astype(np.float64)
        if width > 1:
            # Without the mean, what is faster than the new rate would come back as something slow.
            column = uniform_filter1d(column, width, mode="nearest")
        moved.append(np.interp(wanted, clock, column, left=np.nan, right=np.nan))
    return _with_clock(values, np.stack(moved, axis=1), target)


def _with_clock(values: xr.DataArray, array: Any, target: xr.DataArray) -> xr.DataArray:
    coords = {name: c for name, c in values.coords.items() if c.dims == ("feature",)}
    out = xr.DataArray(array, dims=("time", "feature"), coords=coords, name=values.name)
    beside = {
        name: target.coords[name]
        for name in ("time", "run")
        if name in target.coords and target.coords[name].dims == ("time",)
    }
    return out.assign_coords(beside)


def _sets(rec: xr.DataTree) -> dict[str, xr.DataArray]:
    for group in ("stimulus", "behavior"):
        if group not in rec.children:
            continue
        node = rec.children[group]
        groups = {group: node, **{str(k): v for k, v in node.children.items()}}
        sets: dict[str, xr.DataArray] = {}
        for name, one in groups.items():
            sets |= _of_group(name, one.to_dataset(inherit=False))
        if sets:
            return sets
    return {}


def _of_group(name: str, group: xr.Dataset) -> dict[str, xr.DataArray]:
    if "feature_values" in group:
        return {name: group["feature_values"].transpose("time", ...)}
    return {
        str(measure): _as_columns(str(measure), values)
        for measure, values in group.data_vars.items()
        if "time" in values.dims and values.ndim <= 2 and values.dtype.kind in "fiub"
    }


def _as_columns(name: str, values: xr.DataArray) -> xr.DataArray:
    if values.ndim == 1:
        return values.expand_dims({"feature": [name]}).transpose("time", "feature")
    other = next(dim for dim in values.dims if dim != "time")
    return values.rename({other: "feature"}).transpose("time", "feature")
