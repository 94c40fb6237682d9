"""Checks of time axes and of what must lie on them: events, spikes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, group_at, groups, shown
from neurokit.schema.findings import Finding
from neurokit.schema.time import TOLERANCE

NO_TIME = Code("NK101", "CRITICAL")
NOT_INCREASING = Code("NK102", "CRITICAL")
NOT_FINITE = Code("NK103", "CRITICAL")
RATE_MISMATCH = Code("NK104", "CRITICAL")
RATE_VALUE = Code("NK105", "CRITICAL")
RATE_DISAGREES = Code("NK106", "VIOLATION")
NO_ORIGIN = Code("NK107", "VIOLATION")
TIME_DTYPE = Code("NK108", "VIOLATION")
RUN_DTYPE = Code("NK109", "VIOLATION")
EVENT_OUTSIDE = Code("NK501", "VIOLATION")
EVENT_NOT_FINITE = Code("NK502", "VIOLATION")
EVENT_DURATION = Code("NK503", "VIOLATION")
NO_ONSET = Code("NK504", "CRITICAL")
SPIKES_UNSORTED = Code("NK601", "CRITICAL")
SPIKE_OFFSETS = Code("NK602", "CRITICAL")


@check
def time_axes(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Time is float64, finite, increasing, and as regular as its rate says."""
    for path, group in groups(rec):
        if "time" not in group.dims:
            continue
        where = f"{path}/time"
        if "time" not in group.coords:
            yield NO_TIME.at(where, "samples have no time", "Add a float64 coordinate in seconds.")
            continue
        if group["time"].dtype != np.float64:
            found = f"dtype is {group['time'].dtype}"
            yield TIME_DTYPE.at(where, found, "Seconds are float64: float32 merges samples.")
            if group["time"].dtype.kind not in "fiu":
                continue
        if "run" in group.coords and group["run"].dtype.kind not in "iu":
            yield RUN_DTYPE.at(f"{path}/run", f"dtype is {group['run'].dtype}", "Use integers.")
        if not group.attrs.get("time_origin"):
            yield NO_ORIGIN.at(path, "time_origin is missing", "Say what t = 0 is.")
        yield from _axis(group, path, where)


def _axis(group: xr.Dataset, path: str, where: str) -> Iterator[Finding]:
    seconds = np.asarray(group["time"].values, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(seconds))
    if bad.size:
        found = f"{bad.size} time stamps are NaN or infinite, the first at index {bad[0]}"
        yield NOT_FINITE.at(where, found, "Drop these samples or repair their times.")
        return
    steps = np.diff(seconds)
    back = np.flatnonzero(steps <= 0)
    if back.size:
        i = int(back[0]) + 1
        found = f"time is not increasing at index {i} ({seconds[i - 1]:.6g} to {seconds[i]:.6g} s)"
        yield NOT_INCREASING.at(where, found, 'Sort with ds.sortby("time") and drop duplicates.')
        return
    yield from _rate(group, path, where, steps)


def _rate(
    group: xr.Dataset, path: str, where: str, steps: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Iterator[Finding]:
    own, mirrored = group["time"].attrs.get("sampling_rate"), group.attrs.get("sampling_rate")
    if own != mirrored:
        found = f"the group says {mirrored} Hz, its time coordinate {own} Hz"
        yield RATE_DISAGREES.at(
            path, found, "Build groups with neurokit.schema.activity or series."
        )
    rate = own if own is not None else mirrored
    if rate is None:
        return
    if not (isinstance(rate, int | float) and np.isfinite(rate) and rate > 0):
        yield RATE_VALUE.at(where, f"sampling_rate is {rate!r}", "Give a positive number in Hz.")
        return
    if "run" in group.coords:
        run = np.asarray(group["run"].values)
        steps = steps[run[1:] == run[:-1]]
    if steps.size == 0:
        return
    step = float(np.median(steps))
    if abs(step * rate - 1) > TOLERANCE or np.abs(steps * rate - 1).max() > 0.5:
        found = (
            f"sampling_rate is {rate:g} Hz, but samples are {step:.6g} s apart (median; "
            f"{steps.min():.6g} to {steps.max():.6g})"
        )
        mend = "Correct the rate, mark cuts in run, or leave the rate out (irregular)."
        yield RATE_MISMATCH.at(where, found, mend)


def _extent(rec: xr.DataTree) -> tuple[float, float] | None:
    spans = []
    for path, group in groups(rec):
        if path == "/activity" and "trial" in group.dims:
            return None
        if "time" in group.coords and group["time"].dtype.kind == "f" and group["time"].size:
            seconds = group["time"].values
            rate = group.attrs.get("sampling_rate")
            step = 1 / rate if isinstance(rate, float | int) and rate > 0 else 0.0
            spans.append((float(np.nanmin(seconds)), float(np.nanmax(seconds)) + step))
    return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None


@check
def events(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Events have finite onsets inside the record and durations that are not negative."""
    table = group_at(rec, "events")
    if table is None:
        return
    if "onset" not in table:
        yield NO_ONSET.at("/events", "there is no onset", "Give onsets in seconds.")
        return
    onset = np.asarray(table["onset"].values, dtype=np.float64)
    lost = np.flatnonzero(~np.isfinite(onset))
    if lost.size:
        found = f"onset of event {shown(lost)} is NaN or infinite"
        yield EVENT_NOT_FINITE.at("/events/onset", found, "Drop these events or find their time.")
    extent = _extent(rec)
    if extent is not None:
        # An event may lie in the last sample; a microsecond is rounding.
        outside = np.flatnonzero((onset < extent[0] - 1e-6) | (onset > extent[1] + 1e-6))
        if outside.size:
            found = (
                f"{outside.size} of {onset.size} onsets lie outside the record "
                f"({extent[0]:g} to {extent[1]:g} s), the first at {onset[outside[0]]:g} s"
            )
            mend = "Check that onsets count from the recording's first sample, in seconds."
            yield EVENT_OUTSIDE.at("/events/onset", found, mend)
    if "duration" in table and (np.asarray(table["duration"].values) < 0).any():
        yield EVENT_DURATION.at(
            "/events/duration", "a duration is negative", "Durations are >= 0 s."
        )


@check
def spikes(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Spike times are sorted within each neuron, and offsets fit them."""
    group = group_at(rec, "spikes")
    if group is None:
        return
    if "spike_time" not in group or "spike_end" not in group:
        found = f"it holds {shown(group.data_vars) or 'nothing'}"
        yield SPIKE_OFFSETS.at("/spikes", found, "Give spike_time(spike) and spike_end(neuron).")
        return
    ends, n = np.asarray(group["spike_end"].values), group.sizes.get("spike", 0)
    if (np.diff(ends, prepend=0) < 0).any() or (ends.size and ends[-1] != n):
        found = f"offsets are not increasing up to the {n} spikes there are"
        mend = "spike_end is the offset behind each neuron's last spike."
        yield SPIKE_OFFSETS.at("/spikes/spike_end", found, mend)
        return
    times = np.asarray(group["spike_time"].values)
    falls = np.flatnonzero(np.diff(times) < 0) + 1
    unsorted = falls[~np.isin(falls, ends)]
    if unsorted.size:
        neuron = int(np.searchsorted(ends, unsorted[0], side="right"))
        name = str(group["neuron"].values[neuron])
        mend = "Sort spikes within each neuron."
        yield SPIKES_UNSORTED.at("/spikes/spike_time", f"times of {name} are not sorted", mend)
