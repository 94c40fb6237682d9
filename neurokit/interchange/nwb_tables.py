"""Tables of an NWB file: intervals and annotations as ``/events``, units as ``/spikes``."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError, NeurokitError
from neurokit.interchange.nwb_arrays import take, whole
from neurokit.interchange.nwb_clock import clock_of
from neurokit.interchange.nwb_computed import SpikeTimes
from neurokit.interchange.nwb_content import Column, Content, Series, Table
from neurokit.interchange.nwb_signals import left_out, variable_of
from neurokit.interchange.nwb_space import labels_of, plain_coords
from neurokit.schema import Finding, events, labels, strings

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

# Columns that say what happened, the most explicit first.
_KINDS = ("trial_type", "condition", "stimulus_name", "event_type", "annotation", "label", "tags")
ELECTRODES = "general/extracellular_ephys/electrodes"
_HELD_OUT = ("held_out", "heldout", "held-out", "is_held_out")
_REGIONS = ("region", "location", "brain_area", "brain_region", "area", "structure")

Rows = dict[str, "NDArray[Any]"]


def events_group(content: Content, zero: float, findings: list[Finding]) -> xr.Dataset | None:
    """Return ``/events``: rows of all tables of intervals, annotations and interval series.

    Parameters
    ----------
    content : Content
        The file.
    zero : float
        Seconds of the recording's t = 0 on the file's clock.
    findings : list of Finding
        Grows.

    Returns
    -------
    Dataset or None
        Sorted by onset; the column ``table`` says which table a row stands in, columns that
        only some tables have are NaN or ``""`` for the others.
    """
    parts: dict[str, Rows] = {}
    for table in content.tables.values():
        if table.is_a("TimeIntervals", "EventsTable"):
            parts |= _part(table.path, content, findings, lambda t=table: _intervals(content, t))
    for series in content.series.values():
        if series.is_a("AnnotationSeries", "IntervalSeries"):
            parts |= _part(series.path, content, findings, lambda s=series: _marks(content, s))
    if not parts:
        return None
    sizes = [rows["onset"].size for rows in parts.values()]
    table_of = np.repeat(np.array(list(parts)), sizes)
    names = list(dict.fromkeys(name for rows in parts.values() for name in rows))
    columns: dict[str, Any] = {name: _joined(name, parts) for name in names}
    onset, duration = columns.pop("onset") - zero, columns.pop("duration")
    order = np.argsort(onset, kind="stable")
    if len(parts) > 1 or list(parts) != ["intervals/trials"]:
        columns["table"] = strings(table_of)
    kind = columns.pop("trial_type")
    return events(
        onset[order],
        duration=duration[order],
        trial_type=kind[order].tolist(),
        columns={name: values[order] for name, values in columns.items()},
    )


def _part(path: str, content: Content, findings: list[Finding], read: Any) -> dict[str, Rows]:
    try:
        return {path: read()}
    except NeurokitError as error:
        findings.append(left_out(path, content.source, error))
        return {}


def _intervals(content: Content, table: Table) -> Rows:
    start, duration = _when(table)
    unread: list[str] = []
    used = {"start_time", "stop_time", "timeseries", "timestamp", "duration", "onset"}
    found = plain_coords(table.columns, None, used, unread)
    if "timeseries" in table.columns:
        unread.append("timeseries")
    content.unread += [f"{table.path}/{name}" for name in unread]
    rows: Rows = {"onset": start, "duration": duration}
    kind = next((name for name in _KINDS if name in found and found[name].dtype.kind == "U"), None)
    if kind == "tags":
        rows["trial_type"] = np.char.strip(np.char.replace(found["tags"], '"', ""), "[]")
    elif kind is not None:
        rows["trial_type"] = found.pop(kind) if kind == "trial_type" else found[kind]
    else:
        # A table's name in the singular: a row of trials is a trial.
        rows["trial_type"] = np.full(start.size, table.name.removesuffix("s"))
    return rows | {name: values for name, values in found.items() if name != "trial_type"}


def _when(table: Table) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return onset and duration of the rows of a table of intervals or of events."""
    needed = ("timestamp",) if table.is_a("EventsTable") else ("start_time", "stop_time")
    lacking = [name for name in needed if name not in table.columns]
    if lacking:
        raise FileContentError(
            f"the table has no {' and no '.join(lacking)}",
            where=table.path,
            mend="Write it again with pynwb.",
        )
    start = table.columns[needed[0]].plain().astype(np.float64)
    if "stop_time" in table.columns:
        return start, table.columns["stop_time"].plain().astype(np.float64) - start
    stated = table.columns.get("duration")
    # Events without a duration have NaN, which the contract writes as 0.
    duration = np.zeros(start.size) if stated is None else np.nan_to_num(stated.plain())
    return start, duration.astype(np.float64)


def _marks(content: Content, series: Series) -> Rows:
    n = series.data.shape[0]
    seconds = _times(content, series, n)
    if series.is_a("AnnotationSeries"):
        words = strings(whole(series.data).tolist())
        return {"onset": seconds, "duration": np.zeros(n), "trial_type": words}
    codes = whole(series.data).astype(np.int64)
    # Positive begins an interval, the same negative ends it.
    rows = []
    for start in np.flatnonzero(codes > 0):
        ends = np.flatnonzero(codes[start:] == -codes[start])
        stop = seconds[start + ends[0]] if ends.size else np.nan
        rows.append((seconds[start], stop - seconds[start], codes[start]))
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return {
        "onset": table[:, 0],
        "duration": table[:, 1],
        "trial_type": np.full(len(rows), series.name),
        "value": table[:, 2].astype(np.int64),
    }


def _times(content: Content, series: Series, n: int) -> NDArray[Any]:
    if series.timestamps is not None and tuple(series.timestamps.shape) == (n,):
        return whole(series.timestamps).astype(np.float64)
    clock = clock_of(series, n, content.source)
    return np.asarray(clock.arguments(0.0)["time"])


def _joined(name: str, parts: Mapping[str, Rows]) -> NDArray[Any]:
    """Return one column of all tables; text where any table has text, else numbers."""
    kinds = {rows[name].dtype.kind for rows in parts.values() if name in rows}
    missing = any(name not in rows for rows in parts.values())
    columns = []
    for rows in parts.values():
        n = rows["onset"].size
        if name not in rows:
            columns.append(np.full(n, "" if "U" in kinds else np.nan))
        elif "U" in kinds:
            columns.append(strings(rows[name].tolist()))
        else:
            columns.append(rows[name].astype(np.float64) if missing else rows[name])
    return np.concatenate(columns)


def units_table(content: Content) -> Table | None:
    """Return the table of sorted units, the one at its usual place first."""
    found = [t for t in content.tables.values() if t.is_a("Units") or t.path == "units"]
    return min(found, key=lambda t: (t.path != "units", t.path), default=None)


def spikes_group(
    content: Content, table: Table, zero: float, origin: str, sort: bool
) -> xr.Dataset | None:
    """Return ``/spikes`` of a table of units.

    Parameters
    ----------
    content : Content
        The file.
    table : Table
        The units.
    zero : float
        Seconds of the recording's t = 0 on the file's clock.
    origin : str
        What t = 0 is.
    sort : bool
        Sort the times of each unit when they are read.

    Returns
    -------
    Dataset or None
        Spike times are lazy; None if the table has none.
    """
    import xarray as xr

    times = table.columns.get("spike_times")
    if times is None or times.ends is None:
        return None
    ends, n = times.ends, table.n_rows
    where = f"{content.source}: {table.path}"
    array = SpikeTimes(times.values, ends, zero, sort, where)
    group = xr.Dataset(
        {
            "spike_time": variable_of(array, ("spike",), {"units": "s"}),
            "spike_end": ("neuron", ends),
        },
        attrs={"time_origin": origin, "time_offset": float(zero)},
    )
    names, source = labels_of(table, np.arange(n))
    group = group.assign_coords(neuron=labels(names, "neuron"))
    used = {source, "spike_times", "obs_intervals", "electrodes", *_HELD_OUT}
    for name, column in table.columns.items():
        if name not in used and _per_spike(column, ends):
            group[name] = variable_of(column.values, ("spike",))
            used.add(name)
    unread: list[str] = []
    coords = plain_coords(table.columns, None, used, unread)
    content.unread += [f"{table.path}/{name}" for name in unread]
    if source:
        coords["unit_id"] = whole(table.ids)
    coords |= _where_from(content, table, coords)
    group = group.assign_coords({name: ("neuron", values) for name, values in coords.items()})
    held = next((name for name in _HELD_OUT if name in table.columns), None)
    if held is not None:
        group["held_out"] = ("neuron", table.columns[held].plain().astype(bool))
    return _observed(group, content, table, zero)


def _per_spike(column: Column, ends: NDArray[Any]) -> bool:
    """Whether a column has one number per spike."""
    if column.ends is None or not ends.size or not np.array_equal(column.ends, ends):
        return False
    return column.values.dtype.kind in "iuf" and len(column.values.shape) == 1


def _where_from(content: Content, table: Table, coords: Mapping[str, Any]) -> dict[str, Any]:
    """Return region and electrodes of each unit."""
    found: dict[str, Any] = {}
    stated = next((coords[name] for name in _REGIONS if name in coords), None)
    column = table.columns.get("electrodes")
    electrodes = content.tables.get(ELECTRODES)
    if stated is not None:
        found["region"] = stated
    if column is None or column.ends is None or electrodes is None:
        return found
    rows = whole(column.values).astype(np.int64)
    if rows.size and (rows.min() < 0 or rows.max() >= electrodes.n_rows):
        raise FileContentError(
            f"refers to electrode {int(rows.max())} of {electrodes.n_rows}",
            where=f"{content.source}: {table.path}",
            mend="Write the file again with pynwb.",
        )
    ids = whole(electrodes.ids)[rows]
    spans = list(pairwise([0, *column.ends.tolist()]))
    found["electrodes"] = strings(str(ids[a:b].tolist()) for a, b in spans)
    place = next((electrodes.columns[n] for n in _REGIONS if n in electrodes.columns), None)
    if stated is None and place is not None and place.is_plain:
        names = place.plain().astype(str)[rows].tolist()
        found["region"] = strings(", ".join(dict.fromkeys(names[a:b])) for a, b in spans)
    return found


def _observed(group: xr.Dataset, content: Content, table: Table, zero: float) -> xr.Dataset:
    """Add when each unit was watched, which says where no spike means none."""
    column = table.columns.get("obs_intervals")
    if column is None or column.ends is None:
        return group
    values = take(column.values, (slice(None),) * len(column.values.shape)).astype(np.float64)
    if values.ndim != 2 or values.shape[1] != 2:
        content.unread.append(f"{table.path}/obs_intervals")
        return group
    group["obs_start"] = ("interval", values[:, 0] - zero, {"units": "s"})
    group["obs_stop"] = ("interval", values[:, 1] - zero, {"units": "s"})
    group["obs_end"] = ("neuron", column.ends)
    return group
