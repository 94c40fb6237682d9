"""Events and spikes of a recording as tables of pynwb, and what such tables can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.interchange.nwb_sink import Sink

if TYPE_CHECKING:
    import xarray as xr


def write_events(sink: Sink, group: xr.Dataset) -> dict[str, Any]:
    """Put ``/events`` into the file, as intervals; return what stands where."""
    from hdmf.common import VectorData
    from pynwb.epoch import TimeIntervals

    offset = sink.offset
    onset = np.asarray(group["onset"].values, dtype=np.float64)
    duration = np.asarray(group["duration"].values, np.float64) if "duration" in group else 0.0
    path, at = "intervals/events", {}
    sink.tables.add(path)
    start = onset + offset
    columns = [
        VectorData(name="start_time", description="onset, s", data=start),
        VectorData(name="stop_time", description="end, s", data=start + duration),
    ]
    if offset == 0 and group["onset"].dtype == np.float64:
        at["onset"] = {"table": path, "column": "start_time"}
    for key, column, values in native_columns(group, "event", TimeIntervals):
        if key != "onset":
            columns.append(VectorData(name=column, description=f"neurokit: {key}", data=values))
            at[key] = {"table": path, "column": column}
    table = TimeIntervals(
        name="events",
        description="events on the clock of the file",
        columns=columns,
        id=list(range(onset.size)),
    )
    sink.file.add_time_intervals(table)
    return at


def write_spikes(sink: Sink, group: xr.Dataset) -> dict[str, Any]:
    """Put ``/spikes`` into the file, as units; return what stands where."""
    from pynwb.misc import Units

    offset = float(group.attrs.get("time_offset", 0.0))
    times = np.asarray(group["spike_time"].values, dtype=np.float64)
    ends = np.asarray(group["spike_end"].values, dtype=np.int64)
    stored = times + offset if offset else times
    sink.tables.add("units")
    at: dict[str, Any] = {"spike_end": {"index": "units", "column": "spike_times"}}
    if np.array_equal(stored - offset, times) and group["spike_time"].dtype == np.float64:
        at["spike_time"] = {"spikes": "units"}
    columns = list(native_columns(group, "neuron", Units, leave=("spike_end", "obs_end")))
    for key, column, _ in columns:
        sink.file.add_unit_column(name=column, description=f"neurokit: {key}")
        at[key] = {"table": "units", "column": column}
    observed = _observed(group, offset)
    for i, (first, last) in enumerate(zip(np.r_[0, ends[:-1]], ends, strict=True)):
        row = {column: values[i] for _, column, values in columns}
        more = {} if observed is None else {"obs_intervals": observed[i]}
        sink.file.add_unit(spike_times=stored[first:last], **more, **row)
    return at


def _observed(group: xr.Dataset, offset: float) -> list[np.ndarray[Any, Any]] | None:
    if not {"obs_start", "obs_stop", "obs_end"} <= set(group.data_vars):
        return None
    spans = np.stack([group["obs_start"].values, group["obs_stop"].values], axis=1) + offset
    return np.split(spans, np.asarray(group["obs_end"].values)[:-1])


def native_columns(
    group: xr.Dataset, dim: str, table: Any, leave: tuple[str, ...] = ()
) -> list[tuple[str, str, Any]]:
    """Return (variable, column, values) of what a table of NWB can hold, one row per label."""
    found = []
    for name, variable in group.variables.items():
        key = str(name)
        wide = key == "position" and variable.dims == (dim, "space")
        if key in leave or (variable.dims != (dim,) and not wide) or not variable.size:
            continue
        column = "label" if key == dim else key
        taken = hasattr(table, column) or any(c in column for c in "/:.") or not column
        known = {str(c["name"]) for c in getattr(table, "__columns__", ())}
        if taken or column in known or (column == "label" and "label" in group.variables):
            continue
        if dim == "event" and key == "event":
            continue
        values = np.asarray(variable.values)
        if values.dtype.kind in "biufU":
            found.append((key, column, values.tolist() if values.dtype.kind == "U" else values))
    return found
