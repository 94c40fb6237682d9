"""Checks of spikes: sorted, on the clock, and inside the intervals that were observed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, group_at, shown
from neurokit.schema.findings import Finding

UNSORTED = Code("NK601", "CRITICAL")
OFFSETS = Code("NK602", "CRITICAL")
NEGATIVE = Code("NK603", "VIOLATION")
NOT_FINITE = Code("NK604", "CRITICAL")
UNOBSERVED = Code("NK605", "VIOLATION")
INTERVALS = Code("NK606", "CRITICAL")
DTYPE = Code("NK607", "VIOLATION")
TWICE = Code("NK608", "SUGGESTION")
TRIAL = Code("NK609", "VIOLATION")

Array = np.ndarray[Any, Any]
_WHERE = "/spikes/spike_time"
# Times that were written in decimals miss an interval's edge by less than this.
_ROUNDING_S = 1e-6


@check
def spikes(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Spike times are sorted within each neuron, and offsets fit them."""
    group = group_at(rec, "spikes")
    if group is None:
        return
    if "spike_time" not in group or "spike_end" not in group:
        found = f"it holds {shown(group.data_vars) or 'nothing'}"
        yield OFFSETS.at("/spikes", found, "Give spike_time(spike) and spike_end(neuron).")
        return
    n = group.sizes.get("spike", 0)
    if not _fit(group["spike_end"], n):
        found = f"offsets are not increasing up to the {n} spikes there are"
        mend = "Give spike_end, the offset behind each neuron's last spike."
        yield OFFSETS.at("/spikes/spike_end", found, mend)
        return
    if group["spike_time"].dtype != np.float64:
        found = f"dtype is {group['spike_time'].dtype}"
        yield DTYPE.at(_WHERE, found, "Seconds are float64: float32 merges spikes.")
    if group["spike_time"].dtype.kind in "fiu":
        yield from _times(group, _clock_before_zero(rec))
        yield from _observed(group)


def _fit(ends: xr.DataArray, n: int) -> bool:
    if ends.dtype.kind not in "iu":
        return False
    offsets = np.asarray(ends.values, dtype=np.int64)
    increasing = not (np.diff(offsets, prepend=0) < 0).any()
    return increasing and int(offsets[-1] if offsets.size else 0) == n


def _clock_before_zero(rec: xr.DataTree) -> float:
    """Return how long the file's clock ran before t = 0, when spikes may have been found, s."""
    offsets = [
        group.attrs.get("time_offset", 0.0)
        for name in ("spikes", "activity")
        if (group := group_at(rec, name)) is not None
    ]
    return max([0.0, *(float(x) for x in offsets if isinstance(x, int | float))])


def _times(group: xr.Dataset, before: float) -> Iterator[Finding]:
    times = np.asarray(group["spike_time"].values, dtype=np.float64)
    ends = np.asarray(group["spike_end"].values, dtype=np.int64)
    lost = ~np.isfinite(times)
    if lost.any():
        found = f"{int(lost.sum())} times are NaN or infinite, in {_names(group, ends, lost)}"
        yield NOT_FINITE.at(_WHERE, found, "Drop these spikes.")
        return
    first = np.isin(np.arange(times.size), ends)
    steps = np.diff(times, prepend=-np.inf)
    falls, repeats = (steps < 0) & ~first, (steps == 0) & ~first
    if falls.any():
        name = _names(group, ends, falls)
        yield UNSORTED.at(_WHERE, f"times of {name} are not sorted", "Sort spikes per neuron.")
    if "spike_trial" in group:
        trial = group["spike_trial"]
        wrong = trial.dims != ("spike",) or trial.dtype.kind not in "iu"
        if wrong or (np.asarray(trial.values) < 0).any():
            found = f"dims {trial.dims}, dtype {trial.dtype}, or a number below 0"
            yield TRIAL.at("/spikes/spike_trial", found, "Number trials from 0, one per spike.")
        return  # times within trials may be negative, and repeat in the next trial
    early = times < -before
    if early.any():
        found = f"{int(early.sum())} times are negative, the first {times.min():g} s"
        mend = "Count from the first sample; times around a trigger need spike_trial."
        yield NEGATIVE.at(_WHERE, found, mend)
    if repeats.any():
        found = f"{int(repeats.sum())} spikes stand twice, in {_names(group, ends, repeats)}"
        yield TWICE.at(_WHERE, found, "A neuron fires once at a time: drop the copies.")


def _names(group: xr.Dataset, ends: Array, which: Array) -> str:
    neurons = np.unique(np.searchsorted(ends, np.flatnonzero(which), side="right"))
    names = group["neuron"].values if "neuron" in group.coords else np.arange(ends.size)
    return shown(names[neurons])


@check
def intervals(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Intervals of observation are whole: start, stop, end offsets, none backwards."""
    group = group_at(rec, "spikes")
    names = ("obs_start", "obs_stop", "obs_end")
    if group is None or not any(name in group for name in names):
        return
    lacking = [name for name in names if name not in group]
    if lacking:
        mend = "Give obs_start(interval), obs_stop(interval) and obs_end(neuron)."
        yield INTERVALS.at("/spikes", f"{shown(lacking)} missing", mend)
    elif not _fit(group["obs_end"], group.sizes.get("interval", 0)):
        found = f"offsets are not increasing up to {group.sizes.get('interval', 0)} intervals"
        mend = "Give obs_end, the offset behind each neuron's last interval."
        yield INTERVALS.at("/spikes/obs_end", found, mend)
    elif not (group["obs_stop"].values >= group["obs_start"].values).all():
        found = "an interval stops before it starts, or has no time"
        yield INTERVALS.at("/spikes/obs_stop", found, "Order start and stop, in seconds.")


def _observed(group: xr.Dataset) -> Iterator[Finding]:
    names = ("obs_start", "obs_stop", "obs_end")
    if "spike_trial" in group or not all(name in group for name in names):
        return
    if not _fit(group["obs_end"], group.sizes.get("interval", 0)):
        return
    start, stop, last = (np.asarray(group[name].values) for name in names)
    times, ends = np.asarray(group["spike_time"].values), np.asarray(group["spike_end"].values)
    outside = np.zeros(times.size, dtype=bool)
    for i, end in enumerate(ends):
        mine = slice(int(ends[i - 1]) if i else 0, int(end))
        own = slice(int(last[i - 1]) if i else 0, int(last[i]))
        outside[mine] = ~_inside(times[mine], start[own], stop[own])
    if outside.any():
        found = f"{int(outside.sum())} spikes lie outside what was observed of "
        mend = "Check that spikes and obs_start, obs_stop are on one clock."
        yield UNOBSERVED.at(_WHERE, found + _names(group, ends, outside), mend)


def _inside(times: Array, start: Array, stop: Array) -> Array:
    """Return which times lie in one of the intervals, which may touch or overlap."""
    if not start.size:
        return np.zeros(times.size, dtype=bool)
    order = np.argsort(start)
    # The latest stop of all intervals that began: right for intervals inside others too.
    latest = np.maximum.accumulate(stop[order])
    place = np.searchsorted(start[order], times + _ROUNDING_S, side="right") - 1
    return np.asarray((place >= 0) & (times <= latest[np.maximum(place, 0)] + _ROUNDING_S))
