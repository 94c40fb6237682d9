"""Checks of time axes: increasing, on their rate, cut only where `run` says so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, group_at, groups, signals
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
LATE_START = Code("NK112", "SUGGESTION")
RUN_RETURNS = Code("NK113", "VIOLATION")
OBSERVED = Code("NK114", "VIOLATION")
NO_AVERAGES = Code("NK115", "SUGGESTION")

_ROUNDING_S = 1e-6


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
        if "run" in group.coords:
            yield from _runs(group["run"], f"{path}/run")
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
    step, mean = float(np.median(steps)), float(steps.mean())
    # Where samples were lost here and there the median keeps the rate and the mean does not.
    drift = max(abs(step * rate - 1), abs(mean * rate - 1))
    if drift > TOLERANCE or np.abs(steps * rate - 1).max() > 0.5:
        found = (
            f"sampling_rate is {rate:g} Hz, but samples are {step:.6g} s apart (median; mean "
            f"{mean:.6g}, {steps.min():.6g} to {steps.max():.6g})"
        )
        mend = "Correct the rate, mark cuts in run, or leave the rate out (irregular)."
        yield RATE_MISMATCH.at(where, found, mend)


def _runs(run: xr.DataArray, where: str) -> Iterator[Finding]:
    if run.dims != ("time",) or run.dtype.kind not in "iu":
        yield RUN_DTYPE.at(where, f"dtype is {run.dtype}, dims {run.dims}", "Use integers.")
        return
    numbers = np.asarray(run.values)
    starts = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    each = numbers[[0, *starts.tolist()]] if numbers.size else numbers
    again, count = np.unique(each, return_counts=True)
    if (count > 1).any():
        found = f"run {again[count > 1][0]} ends and comes back later"
        yield RUN_RETURNS.at(where, found, "Give every stretch between two cuts its own number.")


@check
def first_sample(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """The clock of a continuous record starts with it; trials may start before their event."""
    group = group_at(rec, "activity")
    if group is None:
        return
    cut = {"trial", "condition"} & set(group.dims)
    if cut or "time" not in group.coords or not group.sizes["time"]:
        return
    if group["time"].dtype.kind == "f" and abs(float(group["time"].values[0])) > _ROUNDING_S:
        found = f"time starts at {float(group['time'].values[0]):g} s"
        mend = "Start at 0 and keep the clock in time_offset, unless this is a part of a record."
        yield LATE_START.at("/activity/time", found, mend)


@check
def beside_the_signal(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """A mask covers its signal value by value, and averages say of how many."""
    for path, group in signals(rec):
        if "observed" in group:
            mask = group["observed"]
            if mask.dtype != bool or mask.dims != group["signal"].dims:
                found = f"dtype {mask.dtype}, dims {mask.dims}"
                mend = f"Make it bool with dims {group['signal'].dims}."
                yield OBSERVED.at(f"{path}/observed", found, mend)
        if "condition" in group["signal"].dims and "n_averages" not in group.variables:
            mend = "Add n_averages(condition): noise falls with its square root."
            yield NO_AVERAGES.at(path, "averages do not say of how many trials", mend)
