"""Mapped events: columns of a table of events or trials, and codes that mark samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.io.lazy import FileArray, lazy_variable
from neurokit.schema import Finding, activity, events
from neurokit_loaders.mapping import RecordingMap, last_part
from neurokit_loaders.mapping_arrays import Multiplied, Rearranged, Stacked
from neurokit_loaders.mapping_signal import short_names
from neurokit_loaders.mapping_source import Found, Names
from neurokit_loaders.mapping_time import Clock

Columns = dict[str, NDArray[Any]]


def event_table(
    names: Names, plan: RecordingMap, clock: Clock | None
) -> tuple[Columns, Finding | None]:
    """Return the columns of the mapped events: onset in s from the first sample, rest verbatim.

    A table of trials without a clock (choices) has NaN for onset: only their order is known.
    """
    columns: Columns = {}
    for name, reference in plan.events.items():
        everything = names.all((reference,), "events")
        # A name that stands for itself may be a glob, of which each variable keeps its own.
        own = len(everything) > 1 or last_part(str(reference)) == name
        for found, short in zip(everything, short_names(everything), strict=True):
            new = _columns(found, short if own else name)
            _check_new(new, columns, str(names.source.path))
            columns |= new
    sizes = {name: values.size for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} {n}" for name, n in sizes.items())
        raise SchemaError(
            f"columns of events differ in length: {listed}",
            where=str(names.source.path),
            mend="Map only variables with one value per event.",
        )
    noticed = None
    n = next(iter(sizes.values()))
    for name in ("onset", "duration"):
        if name in columns:
            columns[name] = _seconds(columns[name], name, plan, clock, str(names.source.path))
    if "onset" not in columns:
        columns["onset"] = np.full(n, np.nan)
        found_text = f"{n} events have no onset: only their order is known"
        mend = "If the file has their times, map them: events={'onset': ...}."
        noticed = Finding("NK827", "SUGGESTION", "/events onset", found_text, mend)
    return columns, noticed


def _check_new(new: Columns, columns: Columns, where: str) -> None:
    twice = sorted(set(new) & set(columns))
    if twice:
        raise LabelError(
            f"columns of events share a name: {', '.join(twice)}",
            where=where,
            mend="Rename them: events={'name': variable}.",
        )


def _columns(found: Found, name: str) -> Columns:
    values = found.read()
    long = [axis for axis, n in enumerate(values.shape) if n != 1]
    if len(long) <= 1:
        return {name: values.reshape(-1)}
    if len(long) > 2:
        raise OptionError(
            f"{found.entry} has {values.ndim} dims",
            where=str(found.source.path),
            mend="An event's columns are variables of one value, or one row, per event.",
        )
    table = values.reshape([values.shape[axis] for axis in long])
    return {f"{name}_{i}": table[:, i] for i in range(table.shape[1])}


def _seconds(
    values: NDArray[Any], name: str, plan: RecordingMap, clock: Clock | None, where: str
) -> NDArray[np.float64]:
    if values.dtype.kind not in "fiub":
        raise OptionError(
            f"{name} of events holds {values.dtype}, not numbers",
            where=where,
            mend="Map a variable of numbers.",
        )
    numbers = values.astype(np.float64)
    if plan.event_unit is not None:
        shift = clock.offset if clock is not None and name == "onset" else 0.0
        return numbers * plan.event_unit - shift
    if clock is None or clock.rate is None:
        raise OptionError(
            "events count samples, and there is no rate to make seconds of them",
            where=where,
            mend="Give rate= in Hz, or event_units='s' if they are seconds.",
        )
    return (numbers - plan.event_first * (name == "onset")) / clock.rate


def marked(names: Names, plan: RecordingMap, clock: Clock) -> tuple[Columns, xr.Dataset | None]:
    """Return events where the marker changes to a code (not 0, not empty), and its trace.

    Raises
    ------
    SchemaError
        If the marker is not as long as the clock.
    """
    assert plan.marker is not None
    found = names.one(plan.marker, "marker")
    codes = found.vector()
    if codes.size != clock.time.size:
        raise SchemaError(
            f"{found.entry} has {codes.size} codes for {clock.time.size} samples",
            where=str(found.source.path),
            mend="Map a variable with one code per sample, or map events=.",
        )
    text = codes.dtype.kind in "US"
    # A code that is missing marks nothing.
    codes = codes if text else np.nan_to_num(codes.astype(np.float64), nan=0.0)
    quiet: Any = "" if text else 0.0
    before = np.concatenate([np.asarray([quiet], dtype=codes.dtype), codes[:-1]])
    at = np.flatnonzero((codes != before) & (codes != quiet))
    kinds = codes[at].tolist() if text else [f"{code:g}" for code in codes[at]]
    columns: Columns = {
        "onset": clock.time[at],
        "trial_type": np.asarray(kinds, dtype=np.str_),
        "sample": at.astype(np.int64),
    }
    if text:
        return columns, None
    columns["value"] = codes[at]
    array = found.lazy()
    axis = int(np.argmax(array.shape))
    trace: FileArray = Rearranged(array, (axis,) if len(array.shape) == 1 else (axis, 1 - axis))
    if len(trace.shape) == 1:
        trace = Stacked([trace])
    group = activity(
        lazy_variable(("time", "channel"), Multiplied(trace, [1.0])),
        names=[found.name],
        space="channel",
        coords={"channel_type": ["TRIG"]},
        run=None if clock.run is None else clock.run.tolist(),
        **clock.words(),
    )
    return columns, group


def build_events(tables: list[Columns]) -> xr.Dataset | None:
    """Return ``/events`` of all tables, in order of onset where all have one."""
    import pandas as pd

    if not tables:
        return None
    frame = pd.concat([pd.DataFrame(table) for table in tables], ignore_index=True)
    if frame["onset"].notna().all():
        frame = frame.sort_values("onset", kind="stable", ignore_index=True)
    rest = [c for c in frame.columns if c not in ("onset", "duration", "trial_type")]
    kinds = frame.get("trial_type")
    durations = frame.get("duration")
    return events(
        frame["onset"].to_numpy(dtype=np.float64),
        duration=None if durations is None else durations.fillna(0.0).to_numpy(dtype=np.float64),
        trial_type=None if kinds is None else [_word(kind) for kind in kinds],
        columns={f"{c}_" if c == "event" else str(c): frame[c].tolist() for c in rest},
    )


def _word(kind: Any) -> str:
    if isinstance(kind, float):
        return "" if np.isnan(kind) else f"{kind:g}"
    return str(kind)
