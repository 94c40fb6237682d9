"""Cut a record into epochs around events, or into windows that follow one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import LabelError, SchemaError, TimeError, suggest
from neurokit.schema.findings import Finding, findings_from_json, findings_to_json
from neurokit.schema.history import add_history
from neurokit.schema.select import RecordingOrArray, signal_of
from neurokit.schema.time import runs, sampling_rate, time_coordinate
from neurokit.signal.along_time import check_time, masked, seconds_above_zero
from neurokit.signal.positions import Index, epoch_starts, whole_samples, window_starts

Events = str | Sequence[str] | xr.Dataset | xr.DataTree
DROPPED = "NK510"
"""Code of the finding that says how many events gave no epoch."""


def epoch(x: RecordingOrArray, events: Events, tmin: float, tmax: float) -> RecordingOrArray:
    """Samples from `tmin` to `tmax` around each event, as (trial, time, space).

    Time 0 of a trial is the sample nearest to the event's onset (of two equally near, the
    later); its time on the record's clock is kept in the coordinate ``sample_time``, whose attrs
    hold that clock's ``time_offset``. Both ends
    are included. An epoch that leaves the record, or its run, is dropped and counted: in
    ``attrs["n_dropped"]`` of the signal and, of a recording, in its findings. Lazy arrays stay
    lazy.

    Parameters
    ----------
    x : recording or DataArray
        Regular in time, (time, space). Of a recording, ``/activity`` is cut; the other groups
        stay on their clocks.
    events : str, sequence of str or Dataset
        One or more values of ``trial_type`` in the recording's ``/events``, or a table with
        ``onset`` (s) along ``event``, for example ``rec["events"].to_dataset().isel(event=...)``.
    tmin, tmax : float
        First and last time relative to the onset, s; rounded to whole samples.

    Returns
    -------
    same type as `x`
        Trials in the order of the table, its columns as coordinates of ``trial``, ``event``
        their labels there. A column whose name the signal has already gets ``event_`` before it.

    Raises
    ------
    LabelError
        If no event has such a ``trial_type``; the message says what there is.
    SchemaError
        If there are no events, or `x` is cut into trials already.
    TimeError
        If time is irregular, `tmin` is above `tmax`, or no epoch fits into a run.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(np.arange(20.0)[:, None], names=["AVAL"], rate=2.0)
    >>> table = nk.schema.events([1.0, 5.0], trial_type=["a", "b"])
    >>> rec = nk.schema.recording({"activity": group, "events": table}, modality="calcium")
    >>> nk.signal.epoch(rec, "b", -0.5, 0.5).activity.signal.values.ravel()
    array([ 9., 10., 11.], dtype=float32)
    """
    signal = _uncut(x, "signal.epoch")
    rate = sampling_rate(signal)
    if not (np.isfinite(tmin) and np.isfinite(tmax) and tmin <= tmax):
        raise TimeError(
            f"found tmin = {tmin} and tmax = {tmax}",
            where="tmin, tmax",
            mend="Give seconds relative to the onset, tmin not above tmax.",
        )
    table = _chosen_events(x, events)
    first = whole_samples(tmin, rate)
    length = whole_samples(tmax, rate) - first + 1
    starts = _starts(signal, table, first / rate, length)
    group = signal.to_dataset(name="signal") if isinstance(x, xr.DataArray) else _activity_of(x)
    cut = _cut(group, starts[starts >= 0], length, "trial")
    cut = cut.assign_coords(time=time_coordinate((first + np.arange(length)) / rate, rate))
    cut = _with_columns(cut, table.isel(event=starts >= 0))
    sampled = signal["time"].values[starts[starts >= 0]] - first / rate
    clock = {"units": "s", "time_offset": float(group.attrs.get("time_offset", 0.0))}
    cut = cut.assign_coords(sample_time=("trial", sampled, clock))
    cut["signal"].attrs["n_dropped"] = int((starts < 0).sum())
    said = events if isinstance(events, str) else _said(events)
    parameters = {"events": said, "tmin": float(tmin), "tmax": float(tmax)}
    return _finished(x, cut, parameters, table.sizes["event"])


def windows(x: xr.DataTree | xr.DataArray, length: float, step: float) -> xr.DataArray:
    """Stretches of `length` seconds, one every `step` seconds, as (window, time, space).

    The first window starts with the first sample of each run; what is left at a run's end and
    is shorter than a window is not used, and no window crosses a change of run. Windows may
    overlap. Lazy arrays stay lazy.

    Parameters
    ----------
    x : recording or DataArray
        ([trial,] time, space), regular in time. Of a recording, the neural channels of
        ``/activity`` are taken.
    length, step : float
        Seconds, rounded to whole samples, at least one.

    Returns
    -------
    DataArray
        (window, time, space), of trials (trial, window, time, space); time counts from each
        window's first sample, ``window_start`` (window) is that sample's time in s.

    Raises
    ------
    TimeError
        If time is irregular, `length` or `step` is shorter than half a sample, or no run is as
        long as a window.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(np.arange(10.0)[:, None], names=["AVAL"], rate=2.0)
    >>> cut = nk.signal.windows(group.signal, length=2.0, step=1.5)
    >>> cut.sizes["window"], cut.window_start.values
    (3, array([0. , 1.5, 3. ]))
    """
    signal = masked(x, signal_of(x))
    check_time(signal, "signal.windows")
    rate = sampling_rate(signal)
    n_length, n_step = _samples("length", length, rate), _samples("step", step, rate)
    stretches = runs(signal)
    starts = window_starts(stretches, n_length, n_step)
    if starts.size == 0:
        longest = max(run.stop - run.start for run in stretches)
        raise TimeError(
            f"a window has {n_length} samples, the longest run {longest}",
            where="length",
            mend=f"Give a length of at most {longest / rate:g} s.",
        )
    cut = _cut(signal.to_dataset(name="signal"), starts, n_length, "window")
    cut = cut.assign_coords(
        time=time_coordinate(np.arange(n_length) / rate, rate),
        window_start=("window", signal["time"].values[starts], {"units": "s"}),
    )
    out = cut["signal"].rename(signal.name)
    history = x.attrs.get("history") if isinstance(x, xr.DataTree) else None
    out = out if history is None else out.assign_attrs(history=history)
    return add_history(out, "signal.windows", {"length": float(length), "step": float(step)})


def _samples(name: str, seconds: float, rate: float) -> int:
    count = whole_samples(seconds_above_zero(name, seconds), rate)
    if count < 1:
        raise TimeError(
            f"{seconds:g} s is less than half a sample at {rate:g} Hz",
            where=name,
            mend=f"Give at least {1 / rate:g} s.",
        )
    return count


def _uncut(x: xr.DataTree | xr.DataArray, where: str) -> xr.DataArray:
    signal = signal_of(x, neural=False)
    check_time(signal, where)
    if {"trial", "condition", "window"} & set(signal.dims):
        raise SchemaError(
            f"signal has dims {tuple(signal.dims)}",
            where=where,
            mend="Cut the continuous recording, (time, space).",
        )
    return signal


def _activity_of(rec: xr.DataTree) -> xr.Dataset:
    return rec["activity"].to_dataset()


def _cut(group: xr.Dataset, starts: Index, length: int, dim: str) -> xr.Dataset:
    """Pick `length` samples from each start; `dim` and time come first, in this order."""
    index = xr.Variable((dim, "time"), starts[:, np.newaxis] + np.arange(length))
    # Coordinates on the old clock have no place on the new one.
    bare = group.drop_vars([name for name, c in group.coords.items() if "time" in c.dims])
    timed = [name for name, variable in bare.data_vars.items() if "time" in variable.dims]
    cut = bare[timed].isel(time=index)
    space = [str(d) for d in group["signal"].dims if d not in ("time", "trial")]
    ahead = [str(d) for d in group["signal"].dims if d == "trial"]
    cut = cut.transpose(*ahead, dim, "time", *space, missing_dims="ignore")
    # The file's chunk sizes and packing no longer fit.
    return bare.drop_vars([*timed]).assign(cut.data_vars).drop_encoding()


def _chosen_events(x: xr.DataTree | xr.DataArray, events: Events) -> xr.Dataset:
    if isinstance(events, xr.DataTree):
        events = events.to_dataset()
    if isinstance(events, xr.Dataset):
        return _checked(events, "events")
    wanted = [events] if isinstance(events, str) else list(events)
    if isinstance(x, xr.DataArray) or "events" not in x.children:
        raise SchemaError(
            "there is no /events to look up trial types in",
            where="events",
            mend="Give a table of events: neurokit.schema.events(onset, trial_type=...).",
        )
    table = _checked(x["events"].to_dataset(), "/events")
    if "trial_type" not in table:
        raise SchemaError(
            "there is no trial_type", where="/events", mend="Give the table of events itself."
        )
    kinds = np.asarray(table["trial_type"].values).astype(str)
    for kind in wanted:
        if kind not in kinds:
            present = np.unique(kinds).tolist()
            raise LabelError(
                f"no event has trial_type {kind!r}{suggest(kind, present)}",
                where="events",
                mend=f"There are: {', '.join(map(repr, present[:12]))}"
                + (", ..." if len(present) > 12 else "."),
            )
    return table.isel(event=np.isin(kinds, wanted))


def _checked(table: xr.Dataset, where: str) -> xr.Dataset:
    if "onset" not in table or table["onset"].dims != ("event",):
        raise SchemaError(
            "there is no onset along event", where=where, mend="Give onsets in seconds."
        )
    if table.sizes["event"] == 0:
        raise SchemaError("the table has no event", where=where, mend="Choose other events.")
    return table


def _starts(signal: xr.DataArray, table: xr.Dataset, tmin: float, length: int) -> Index:
    time = np.asarray(signal["time"].values, dtype=np.float64)
    onset = np.asarray(table["onset"].values, dtype=np.float64)
    starts = epoch_starts(onset + tmin, time, runs(signal), length)
    if (starts < 0).all():
        raise TimeError(
            f"none of {onset.size} epochs of {length} samples lies within a run of the record "
            f"({time[0]:g} to {time[-1]:g} s); the first onset is {onset[0]:g} s",
            where="events",
            mend="Give onsets on the recording's clock in seconds, or a shorter tmin to tmax.",
        )
    return starts


def _with_columns(cut: xr.Dataset, table: xr.Dataset) -> xr.Dataset:
    taken = {"run", "sample_time", *map(str, cut.variables), *map(str, cut.dims)}
    columns: dict[str, Any] = {}
    labels = table["event"].values if "event" in table.coords else np.arange(table.sizes["event"])
    for name, column in {"event": xr.DataArray(labels, dims="event"), **table.data_vars}.items():
        if column.dims == ("event",):
            key = f"event_{name}" if name in taken else str(name)
            columns[key] = ("trial", column.values, column.attrs)
    return cut.assign_coords(columns)


def _said(events: Sequence[str] | xr.Dataset | xr.DataTree) -> Any:
    if isinstance(events, xr.Dataset | xr.DataTree):
        return f"<table of {events.sizes['event']} events>"
    return list(events)


def _finished(
    x: RecordingOrArray, cut: xr.Dataset, parameters: dict[str, Any], n_events: int
) -> RecordingOrArray:
    if isinstance(x, xr.DataArray):
        return add_history(cut["signal"].rename(x.name), "signal.epoch", parameters)
    return add_history(_put_back(x, cut, n_events), "signal.epoch", parameters)


def _put_back(rec: xr.DataTree, cut: xr.Dataset, n_events: int) -> xr.DataTree:
    out = rec.copy(deep=False)
    rate = cut["time"].attrs["sampling_rate"]
    cut.attrs = {k: v for k, v in cut.attrs.items() if k != "time_offset"}
    cut.attrs |= {"sampling_rate": rate, "time_origin": "event onset"}
    out["activity"] = xr.DataTree(cut)
    n_dropped = cut["signal"].attrs["n_dropped"]
    if n_dropped:
        finding = Finding(
            DROPPED,
            "SUGGESTION",
            "/activity/trial",
            f"{n_dropped} of {n_events} epochs left the record or crossed a change of run",
            "They are not among the trials; shorten the epochs to keep them.",
        )
        known = findings_from_json(str(out.attrs.get("findings", "[]")))
        out.attrs = {**out.attrs, "findings": findings_to_json([*known, finding])}
    return out
