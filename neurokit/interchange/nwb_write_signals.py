"""Signals, measures and stimuli of a recording as series of pynwb, with their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.interchange.nwb_sink import Sink
from neurokit.interchange.nwb_streams import stream
from neurokit.interchange.nwb_write_tables import native_columns

if TYPE_CHECKING:
    import xarray as xr

_ELECTRODES = "general/extracellular_ephys/electrodes"
_AXIS = {"x": 0, "y": 1, "z": 2}
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "nm": 1e-9}


def write_signal(sink: Sink, path: str, group: xr.Dataset, modality: str) -> dict[str, Any]:
    """Put ``/activity`` or a group of ``/auxiliary`` into the file; return what stands where."""
    signal = group.variables["signal"]
    clock, exact = sink.clock(group)
    name = path.strip("/").removeprefix("auxiliary/").replace("/", "_")
    if "channel" in signal.dims:
        at = _channels(sink, name, group, clock)
    elif modality == "calcium":
        at = _regions(sink, name, group, clock)
    else:
        at = _plain_series(sink, name, group, clock, str(signal.attrs.get("units", "1")))
    return at | sink.timed(group, at["signal"]["series"][0], exact)


def _plain_series(
    sink: Sink, name: str, group: xr.Dataset, clock: Mapping[str, Any], unit: str
) -> dict[str, Any]:
    from pynwb import TimeSeries

    signal = group.variables["signal"]
    series = TimeSeries(
        name=sink.name(name),
        data=stream(signal, sink.streamed),
        unit=unit,
        description=_described(group),
        **clock,
    )
    sink.file.add_acquisition(series)
    return {"signal": _whole_of(f"acquisition/{series.name}", signal)}


def _channels(sink: Sink, name: str, group: xr.Dataset, clock: Mapping[str, Any]) -> dict[str, Any]:
    """One series per unit: volts on electrodes, everything else as it is."""
    from pynwb import TimeSeries
    from pynwb.ecephys import ElectricalSeries

    signal, units = group.variables["signal"], group["unit"].values.astype(str)
    paths, columns = [], []
    at: dict[str, Any] = {}
    for unit in dict.fromkeys(units.tolist()):
        which = np.flatnonzero(units == unit)
        part = signal if which.size == units.size else signal[:, which]
        data = stream(part, sink.streamed)
        about = {"description": _described(group), **clock}
        if unit == "V":
            series_name = sink.name(name)
            rows, found = _electrodes(sink, group, which)
            at |= found if which.size == units.size else {}
            region = sink.file.create_electrode_table_region(
                region=rows, description=f"channels of {name}"
            )
            series = ElectricalSeries(name=series_name, data=data, electrodes=region, **about)
        else:
            suffix = "" if which.size == units.size else f"_{unit}"
            series = TimeSeries(
                name=sink.name(f"{name}{suffix}"), data=data, unit=unit or "1", **about
            )
        sink.file.add_acquisition(series)
        paths.append(f"acquisition/{series.name}")
        columns.append(which.tolist())
    at["signal"] = {"series": paths, "columns": columns, "shape": list(signal.shape)}
    return at


def _electrodes(
    sink: Sink, group: xr.Dataset, which: np.ndarray[Any, Any]
) -> tuple[list[int], dict[str, Any]]:
    """Add a row per channel; return the rows, and which coordinates stand in the table."""
    sink.tables.add(_ELECTRODES)
    first = 0 if sink.file.electrodes is None else len(sink.file.electrodes)
    labels = group["channel"].values.astype(str)
    columns = {
        "label": labels,
        "channel_type": group["channel_type"].values.astype(str),
        "bad": _coordinate(group, "bad", np.zeros(labels.size, dtype=bool)),
    }
    if first == 0:
        about = ("name of the channel", "BIDS channel type", "observed but bad")
        for name, said in zip(columns, about, strict=True):
            sink.file.add_electrode_column(name=name, description=said)
    regions = _coordinate(group, "region", np.full(labels.size, "")).astype(str)
    one = np.full(labels.size, "electrodes")
    probes = _coordinate(group, "shaft", _coordinate(group, "group_name", one)).astype(str)
    for i in which.tolist():
        sink.file.add_electrode(
            group=sink.probe(probes[i] or "electrodes"),
            location=regions[i] or "unknown",
            **{name: values[i].item() for name, values in columns.items()},
            **_micrometres(group, i),
        )
    rows = list(range(first, first + which.size))
    place = {"table": _ELECTRODES, "rows": [first, first + which.size]}
    found = {"channel": place | {"column": "label"}}
    found["channel_type"] = place | {"column": "channel_type"}
    if "bad" in group.coords:
        found["bad"] = place | {"column": "bad"}
    return rows, found


def _regions(sink: Sink, name: str, group: xr.Dataset, clock: Mapping[str, Any]) -> dict[str, Any]:
    from pynwb.ophys import DfOverF, RoiResponseSeries

    signal = group.variables["signal"]
    table, at = _segmentation(sink, name, group)
    module = sink.module("ophys", "calcium imaging")
    container = module.data_interfaces.get("DfOverF")
    if container is None:
        container = DfOverF(name="DfOverF")
        module.add(container)
    series = RoiResponseSeries(
        name=sink.name(name),
        data=stream(signal, sink.streamed),
        unit=str(signal.attrs.get("units", "1")),
        rois=table.create_roi_table_region(
            region=list(range(group.sizes["neuron"])), description=f"neurons of {name}"
        ),
        description=_described(group),
        **clock,
    )
    container.add_roi_response_series(series)
    path = f"processing/ophys/DfOverF/{series.name}"
    return at | {"signal": _whole_of(path, signal)}


def _segmentation(sink: Sink, name: str, group: xr.Dataset) -> tuple[Any, dict[str, Any]]:
    """Return a table of the neurons, without masks, and what stands in it."""
    from hdmf.common import VectorData
    from pynwb.ophys import ImageSegmentation, PlaneSegmentation

    module = sink.module("ophys", "calcium imaging")
    container = module.data_interfaces.get("ImageSegmentation")
    if container is None:
        container = ImageSegmentation(name="ImageSegmentation")
        module.add(container)
    n = group.sizes["neuron"]
    table_name = sink.name(f"neurons_{name}")
    path = f"processing/ophys/ImageSegmentation/{table_name}"
    sink.tables.add(path)
    at, columns = {}, []
    for key, column, values in native_columns(group, "neuron", PlaneSegmentation):
        columns.append(VectorData(name=column, description=f"neurokit: {key}", data=values))
        at[key] = {"table": path, "column": column}
    # The schema wants masks; of these neurons none are known: an image of one empty pixel.
    mask = np.zeros((n, 1, 1), dtype=np.float32)
    columns.append(VectorData(name="image_mask", description="none are known", data=mask))
    table = PlaneSegmentation(
        name=table_name,
        description="neurons; no masks are known",
        imaging_plane=_imaging_plane(sink, group),
        columns=columns,
        id=list(range(n)),
    )
    container.add_plane_segmentation(table)
    return table, at


def _imaging_plane(sink: Sink, group: xr.Dataset) -> Any:
    from pynwb.ophys import OpticalChannel

    if sink.plane is not None:
        return sink.plane
    known = sink.imaging
    channel = OpticalChannel(
        name="channel",
        description="not stated",
        emission_lambda=float(known.get("emission_lambda", np.nan)),
    )
    rate = group.attrs.get("sampling_rate")
    sink.plane = sink.file.create_imaging_plane(
        name="plane",
        description="not stated",
        optical_channel=channel,
        device=sink.device(),
        excitation_lambda=float(known.get("excitation_lambda", np.nan)),
        indicator=str(known.get("indicator", "unknown")),
        location=str(known.get("location", "unknown")),
        **({} if rate is None else {"imaging_rate": float(rate)}),
    )
    return sink.plane


def write_behavior(sink: Sink, path: str, group: xr.Dataset) -> dict[str, Any]:
    """Put measures of ``/behavior`` into the file; return what stands where."""
    from pynwb import TimeSeries
    from pynwb.behavior import BehavioralTimeSeries

    measures = [
        (str(name), v.variable)
        for name, v in group.data_vars.items()
        if v.dims[:1] == ("time",) and v.ndim <= 2 and v.size and v.dtype.kind in "iuf"
    ]
    if not measures:
        return {}
    clock, exact = sink.clock(group)
    module = sink.module("behavior", "behavior")
    called = path.strip("/").replace("/", "_")
    container = BehavioralTimeSeries(name=sink.name(called))
    module.add(container)
    at: dict[str, Any] = {}
    for name, variable in measures:
        series = TimeSeries(
            name=sink.name(name),
            data=stream(variable, sink.streamed),
            unit=str(variable.attrs.get("units") or "1"),
            description=str(variable.attrs.get("description") or "no description"),
            **clock,
        )
        container.add_timeseries(series)
        at[name] = _whole_of(f"processing/behavior/{container.name}/{series.name}", variable)
    return at | sink.timed(group, at[measures[0][0]]["series"][0], exact)


def write_stimulus(sink: Sink, path: str, group: xr.Dataset) -> dict[str, Any]:
    """Put the features of ``/stimulus`` into the file; return what stands where."""
    from pynwb import TimeSeries

    values = group.variables["feature_values"]
    if values.dims != ("time", "feature") or values.dtype.kind not in "iuf" or not values.size:
        return {}
    clock, exact = sink.clock(group)
    series = TimeSeries(
        name=sink.name(path.strip("/").replace("/", "_")),
        data=stream(values, sink.streamed),
        unit=str(values.attrs.get("units") or "1"),
        description="features: " + ", ".join(map(str, group["feature"].values[:50])),
        **clock,
    )
    sink.file.add_stimulus(series)
    at = {"feature_values": _whole_of(f"stimulus/presentation/{series.name}", values)}
    series_path = f"stimulus/presentation/{series.name}"
    return at | sink.timed(group, series_path, exact)


def _coordinate(group: xr.Dataset, name: str, default: Any) -> Any:
    return np.asarray(group[name].values) if name in group.coords else default


def _micrometres(group: xr.Dataset, i: int) -> dict[str, float]:
    """Return the place of a channel as the NWB schema wants it."""
    if "position" not in group:
        return {}
    place = np.asarray(group["position"].values, dtype=np.float64)[i]
    factor = _METRES.get(str(group["position"].attrs.get("units", "m")))
    if factor is None or not np.isfinite(place).all():
        return {axis: float("nan") for axis in _AXIS}
    return {axis: float(place[j] * factor / _METRES["um"]) for axis, j in _AXIS.items()}


def _whole_of(path: str, variable: xr.Variable) -> dict[str, Any]:
    n = variable.shape[1] if variable.ndim == 2 else 1
    return {"series": [path], "columns": [list(range(n))], "shape": list(variable.shape)}


def _described(group: xr.Dataset) -> str:
    said = str(group.attrs.get("description") or "")
    return said or f"t = 0 is: {group.attrs.get('time_origin', 'first sample')}"
