"""The content of a pynwb object, whether it was read from a file or made in memory.

What pynwb holds as open datasets is taken down as path and name, so that nothing depends on the
file staying open (pynwb's issue 1711).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from neurokit.errors import OptionError
from neurokit.interchange.nwb_arrays import Dataset, Raw
from neurokit.interchange.nwb_content import Column, Content, Fact, Series, Table

_SESSION = (
    *("identifier", "session_description", "session_start_time", "timestamps_reference_time"),
    *("session_id", "experiment_description", "experimenter", "institution", "lab", "keywords"),
    *("notes", "protocol", "related_publications", "pharmacology", "virus", "surgery", "slices"),
    *("data_collection", "source_script"),
)
_BOOKKEEPING = frozenset(
    (
        *("conversion", "offset", "resolution", "unit", "starting_time", "rate", "data"),
        *("starting_time_unit", "timestamps", "timestamps_unit", "interval", "electrodes", "rois"),
        *("channel_conversion", "control", "control_description", "bounds", "continuity"),
    )
)
_PLANE = (
    *("indicator", "location", "excitation_lambda", "imaging_rate"),
    *("reference_frame", "grid_spacing", "origin_coords"),
)


def object_content(nwbfile: Any) -> Content:
    """Return what a pynwb NWBFile holds.

    Parameters
    ----------
    nwbfile : pynwb.NWBFile
        The object.

    Returns
    -------
    Content
        Arrays that it has in memory are used as they are.

    Raises
    ------
    OptionError
        If an array is a stream that only writing a file would read.
    """
    found = Content(str(getattr(nwbfile, "container_source", None) or nwbfile.identifier))
    found.source = Path(found.source).name
    for name in _SESSION:
        _keep(found.facts, name, getattr(nwbfile, name, None))
    _keep(found.facts, "stimulus", getattr(nwbfile, "stimulus_notes", None))
    if nwbfile.subject is not None:
        for name, value in nwbfile.subject.fields.items():
            if name != "age__reference":
                _keep(found.subject, name, value)
    for name, group in (nwbfile.electrode_groups or {}).items():
        found.probes[name] = " ".join([name, group.description or "", group.location or ""])
    for path, container in _parts(nwbfile):
        _visit(container, path, found)
    return found


def _parts(nwbfile: Any) -> Iterable[tuple[str, Any]]:
    if nwbfile.electrodes is not None:
        yield "general/extracellular_ephys/electrodes", nwbfile.electrodes
    sections = {
        "acquisition": nwbfile.acquisition,
        "processing": nwbfile.processing,
        "stimulus/presentation": nwbfile.stimulus,
        "stimulus/templates": nwbfile.stimulus_template,
        "analysis": nwbfile.analysis,
        "intervals": nwbfile.intervals,
        "events": getattr(nwbfile, "events", None),
        "scratch": nwbfile.scratch,
    }
    for section, members in sections.items():
        named = members or {}
        if section == "intervals":
            usual = (nwbfile.epochs, nwbfile.trials, nwbfile.invalid_times)
            named = {t.name: t for t in usual if t is not None} | dict(named.items())
        for name in sorted(named):
            yield f"{section}/{name}", named[name]
    if nwbfile.units is not None:
        yield "units", nwbfile.units


def _visit(container: Any, path: str, found: Content) -> None:
    from hdmf.common import DynamicTable
    from pynwb.base import Images, TimeSeries
    from pynwb.core import ScratchData

    if isinstance(container, TimeSeries):
        _series(container, path, found)
    elif isinstance(container, DynamicTable):
        _table(container, path, found)
    elif isinstance(container, ScratchData):
        found.scratch[path.removeprefix("scratch/")] = raw_of(container.data, path)
    elif isinstance(container, Images):
        found.unread.append(f"{path} ({container.neurodata_type})")
    else:
        for child in sorted(container.children, key=lambda child: str(child.name)):
            _visit(child, f"{path}/{child.name}", found)


def raw_of(data: Any, path: str) -> Raw:
    """Return an array of pynwb by path and name if it lies in a file, else in memory.

    Parameters
    ----------
    data : array_like, h5py.Dataset or hdmf wrapper
        What pynwb holds.
    path : str
        Where, for messages.

    Returns
    -------
    FileArray or ndarray
        Independent of any open file.

    Raises
    ------
    OptionError
        If it is a stream.
    """
    import h5py
    from hdmf.data_utils import AbstractDataChunkIterator, DataIO

    if isinstance(data, DataIO):
        return raw_of(data.data, path)
    if isinstance(data, AbstractDataChunkIterator):
        raise OptionError(
            "is a stream, which can be read once only",
            where=path,
            mend="Write the file and open that with nk.open.",
        )
    if not isinstance(data, h5py.Dataset):
        data = getattr(data, "dataset", data)
    if isinstance(data, h5py.Dataset):
        stored = Dataset(
            Path(data.file.filename), str(data.name).strip("/"), data.shape, data.dtype
        )
        if stored.path.is_file():
            return stored
        text = h5py.check_string_dtype(data.dtype) is not None
        return np.asarray(data.asstr()[()] if text else data[()])
    return np.asarray(data)


def _kinds(container: Any) -> tuple[str, ...]:
    kinds = [getattr(base, "neurodata_type", "") for base in type(container).__mro__]
    names = [kind for kind in kinds if isinstance(kind, str) and kind]
    stop = {"NWBDataInterface", "NWBContainer", "Container", "NWBData", "Data", "DynamicTable"}
    kept = [k for k in dict.fromkeys(names) if k not in stop or k == "DynamicTable"]
    return tuple(kept)


def _series(series: Any, path: str, found: Content) -> None:
    kinds = _kinds(series)
    data = raw_of(series.data, path) if series.data is not None else np.empty(())
    if data.shape in ((), (0, 0, 0)):
        found.unread.append(f"{path} ({kinds[0]} without data)")
        return
    region = getattr(series, "electrodes", None) or getattr(series, "rois", None)
    per_column = getattr(series, "channel_conversion", None)
    stamps = series.timestamps
    found.series[path] = Series(
        path=path,
        kinds=kinds,
        data=data,
        unit=str(series.unit or ""),
        conversion=float(series.conversion),
        offset=float(series.offset),
        channel_conversion=None if per_column is None else np.asarray(per_column),
        rate=None if series.rate is None else float(series.rate),
        start=None if series.starting_time is None else float(series.starting_time),
        timestamps=None if stamps is None else raw_of(stamps, path),
        table="" if region is None else _table_path(region.table),
        rows=None if region is None else np.asarray(region.data[:]),
        facts=_series_facts(series),
    )


def _series_facts(series: Any) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name, value in series.fields.items():
        if name not in _BOOKKEEPING and isinstance(value, str | int | float | np.generic):
            _keep(facts, name, value)
    electrode = getattr(series, "electrode", None)
    if electrode is not None:
        facts["electrode"] = electrode.name
        for name, value in electrode.fields.items():
            if isinstance(value, str | int | float):
                _keep(facts, f"electrode_{name}", value)
    return facts


def _table_path(table: Any) -> str:
    """Return where a table stands in its file."""
    names, here = [table.name], table.parent
    while here is not None and here.parent is not None:
        names.append(here.name)
        here = here.parent
    if table.name == "electrodes" and len(names) == 1:
        return "general/extracellular_ephys/electrodes"
    section = "processing/" if len(names) > 1 else ""
    return section + "/".join(reversed(names))


def _table(table: Any, path: str, found: Content) -> None:
    columns = {}
    for name in table.colnames:
        column = _column(table[name], path)
        if column is None:
            found.unread.append(f"{path}/{name}")
        else:
            columns[name] = column
    facts: dict[str, Fact] = {}
    _keep(facts, "description", table.description)
    plane = getattr(table, "imaging_plane", None)
    if plane is not None:
        facts["imaging_plane"] = plane.name
        _keep(facts, "imaging_plane_description", plane.description)
        for name in _PLANE:
            _keep(facts, name, getattr(plane, name, None))
            _keep(facts, f"{name}_unit", getattr(plane, f"{name}_unit", None))
    ids = raw_of(table.id.data, path)
    found.tables[path] = Table(
        path,
        _kinds(table),
        np.asarray(ids, dtype=np.int64) if isinstance(ids, np.ndarray) else ids,
        columns,
        facts,
    )


def _column(column: Any, path: str) -> Column | None:
    from hdmf.common import DynamicTableRegion, VectorIndex
    from hdmf.container import Container

    ends = None
    if isinstance(column, VectorIndex):
        ends = np.asarray(column.data[:]).astype(np.int64)
        column = column.target
        if isinstance(column, VectorIndex):
            return None
    data = column.data
    if isinstance(column, DynamicTableRegion):
        return Column(np.asarray(data[:], dtype=np.int64), ends)
    if getattr(column, "elements", None) is not None:
        words = np.asarray(column.elements.data[:], dtype=object)
        return Column(words[np.asarray(data[:]).astype(np.int64)], ends)
    if column.name == "timeseries":
        return Column(np.zeros(len(data), dtype="V1"), ends)
    first = data[0] if len(data) else None
    if isinstance(first, Container):
        return Column(np.array([item.name for item in data], dtype=object), ends)
    if column.name in ("pixel_mask", "voxel_mask") and not hasattr(data, "dtype"):
        return Column(_pixels(data), ends)
    return Column(raw_of(data, f"{path}/{column.name}"), ends)


def _pixels(rows: Any) -> np.ndarray[Any, Any]:
    """Return a list of (x, y[, z], weight) as files store it."""
    n = len(rows[0]) if len(rows) else 3
    axes = [(axis, np.uint32) for axis in "xyz"[: n - 1]]
    return np.array([tuple(row) for row in rows], dtype=[*axes, ("weight", np.float32)])


def _keep(facts: dict[str, Fact], name: str, value: Any) -> None:
    """Keep what is a word, a number or a short list of them, as a file would say it."""
    if value is None or isinstance(value, Mapping):
        return
    if isinstance(value, date):
        facts[name] = value.isoformat()
    elif isinstance(value, np.generic):
        facts[name] = value.item()
    elif isinstance(value, bool):
        facts[name] = int(value)
    elif isinstance(value, str | int | float):
        facts[name] = value
    elif isinstance(value, list | tuple | np.ndarray):
        facts[name] = json.dumps(np.asarray(value).tolist())
    elif hasattr(value, "shape"):
        facts[name] = json.dumps(np.asarray(value[()]).tolist())
