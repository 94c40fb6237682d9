"""Checks of events: they have a time, lie in the record, and stand once each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, group_at, groups, shown
from neurokit.schema.findings import Finding

OUTSIDE = Code("NK501", "VIOLATION")
NOT_FINITE = Code("NK502", "VIOLATION")
DURATION = Code("NK503", "VIOLATION")
NO_ONSET = Code("NK504", "CRITICAL")
TWICE = Code("NK505", "SUGGESTION")
UNSORTED = Code("NK506", "SUGGESTION")
TOO_LONG = Code("NK507", "SUGGESTION")
DTYPE = Code("NK508", "VIOLATION")

Array = np.ndarray[Any, Any]
# An event may lie in the last sample; a microsecond is rounding.
_ROUNDING_S = 1e-6


def _spans(rec: xr.DataTree) -> list[tuple[float, float, int, float]]:
    """Return start, end, number of samples and step of every clock; none where trials are."""
    spans = []
    for path, group in groups(rec):
        if path == "/activity" and "trial" in group.dims:
            return []
        if "time" in group.coords and group["time"].dtype.kind == "f" and group["time"].size:
            seconds = group["time"].values
            rate = group.attrs.get("sampling_rate")
            step = 1 / rate if isinstance(rate, float | int) and rate > 0 else 0.0
            last = float(np.nanmax(seconds)) + step
            spans.append((float(np.nanmin(seconds)), last, seconds.size, step))
    return spans


@check
def events(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Events have finite onsets inside the record and durations that are not negative."""
    table = group_at(rec, "events")
    if table is None:
        return
    if "onset" not in table:
        yield NO_ONSET.at("/events", "there is no onset", "Give onsets in seconds.")
        return
    for name in ("onset", "duration"):
        if name in table and table[name].dtype != np.float64:
            found = f"dtype is {table[name].dtype}"
            yield DTYPE.at(f"/events/{name}", found, "Seconds are float64.")
            if table[name].dtype.kind not in "fiu":
                return
    onset = np.asarray(table["onset"].values, dtype=np.float64)
    lost = np.flatnonzero(~np.isfinite(onset))
    # A table of trials without any time (choices) says nothing that could be wrong.
    if lost.size and not (_untimed(rec) and np.isnan(onset).all()):
        found = f"onset of event {shown(lost)} is NaN or infinite"
        yield NOT_FINITE.at("/events/onset", found, "Drop these events or find their time.")
    yield from _inside(rec, table, onset)
    yield from _order(table, onset)


def _untimed(rec: xr.DataTree) -> bool:
    """Whether no group has a clock that events could be on."""
    return not any("time" in group.coords for _, group in groups(rec))


def _inside(rec: xr.DataTree, table: xr.Dataset, onset: Array) -> Iterator[Finding]:
    duration = np.zeros(onset.size)
    if "duration" in table:
        duration = np.asarray(table["duration"].values, dtype=np.float64)
        if (duration < 0).any():
            found, mend = "a duration is negative", "Durations are >= 0 s."
            yield DURATION.at("/events/duration", found, mend)
    spans = _spans(rec)
    if not spans or not onset.size:
        return
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    out = (onset < start - _ROUNDING_S) | (onset > end + _ROUNDING_S)
    if out.any():
        first = onset[np.flatnonzero(out)[0]]
        found = (
            f"{int(out.sum())} of {onset.size} onsets lie outside the record "
            f"({start:g} to {end:g} s), the first at {first:g} s"
        )
        mend = "Check that onsets count from the recording's first sample, in seconds."
        yield OUTSIDE.at("/events/onset", found, mend + _other_clock(spans, onset))
    # What runs when the record stops may outlast it; nothing lasts longer than all of it.
    long = np.isfinite(duration) & (duration > end - start + _ROUNDING_S)
    if long.any():
        found = (
            f"{int(long.sum())} events last longer than the record of {end - start:g} s, "
            f"up to {duration[long].max():g} s"
        )
        yield TOO_LONG.at("/events/duration", found, "Check that durations are in seconds.")


def _other_clock(spans: list[tuple[float, float, int, float]], onset: Array) -> str:
    """Say which other clock onsets outside the record would fit on, if one does."""
    last = float(np.nanmax(np.where(np.isfinite(onset), onset, np.nan), initial=-np.inf))
    _, end, n, step = max(spans, key=lambda span: span[2])
    if last <= 1 or not step or last <= end or not (onset[np.isfinite(onset)] % 1 == 0).all():
        return ""
    if last < n:
        return " They look like numbers of samples: divide by the rate."
    return " They look like milliseconds." if last / 1000 <= end else ""


def _order(table: xr.Dataset, onset: Array) -> Iterator[Finding]:
    steps = np.diff(onset[np.isfinite(onset)])
    if (steps < 0).any():
        found = f"onsets fall back {int((steps < 0).sum())} times"
        yield UNSORTED.at("/events/onset", found, 'Sort them with events.sortby("onset").')
    columns = [table[name].values.astype(str) for name in table.data_vars]
    rows = [row for row, t in zip(zip(*columns, strict=True), onset, strict=True) if t == t]
    again = len(rows) - len(set(rows))
    if again:
        found = f"{again} of {len(rows)} events repeat another in every column"
        yield TWICE.at("/events", found, "Drop them unless they happened twice at once.")
