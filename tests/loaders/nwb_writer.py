"""NWB files that pynwb writes for tests: one function per kind of recording."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.behavior import BehavioralTimeSeries, Position, SpatialSeries
from pynwb.ecephys import LFP, ElectricalSeries
from pynwb.file import Subject
from pynwb.misc import AnnotationSeries, IntervalSeries
from pynwb.ophys import (
    DfOverF,
    Fluorescence,
    ImageSegmentation,
    OpticalChannel,
    RoiResponseSeries,
)

START = datetime(2024, 2, 29, 12, 0, 0, tzinfo=timezone(timedelta(hours=1)))


def empty(**more: Any) -> NWBFile:
    """A file with a subject and nothing recorded."""
    file = NWBFile(
        session_description="a test",
        identifier="made-up",
        session_start_time=START,
        session_id="s1",
        experimenter=["Doe, J."],
        related_publications=["https://doi.org/10.1234/abc.5"],
        **more,
    )
    file.subject = Subject(subject_id="m1", species="Mus musculus", sex="F", age="P90D")
    return file


def add_imaging(
    file: NWBFile,
    values: np.ndarray[Any, Any],
    *,
    rate: float | None = 10.0,
    masks: str = "image",
    series_rate: float | None = 10.0,
    **more: Any,
) -> Any:
    """Fluorescence, dF/F and neuropil of regions with masks; returns the plane segmentation."""
    device = file.create_device(name="scope")
    channel = OpticalChannel(name="green", description="GFP", emission_lambda=510.0)
    plane = file.create_imaging_plane(
        name="plane",
        optical_channel=channel,
        description="layer 2",
        device=device,
        excitation_lambda=920.0,
        indicator="GCaMP6f",
        location="V1",
        imaging_rate=rate,
        grid_spacing=[2.0, 3.0],
        grid_spacing_unit="micrometers",
        origin_coords=[0.001, 0.0, 0.0],
        origin_coords_unit="meters",
        reference_frame="bregma",
    )
    n = values.shape[1] if more.get("n_rois") is None else more.pop("n_rois")
    table = ImageSegmentation().create_plane_segmentation(
        name="rois", imaging_plane=plane, description="ROIs"
    )
    module = file.create_processing_module(name="ophys", description="imaging")
    module.add(table.parent)
    table.add_column(name="iscell", description="probability")
    for i in range(n):
        if masks == "image":
            mask = np.zeros((8, 6))
            mask[i, 1] = 1.0
            mask[i, 3] = 3.0
            table.add_roi(image_mask=mask, iscell=0.1 * i)
        else:
            table.add_roi(pixel_mask=[(i, 1, 1.0), (i, 3, 3.0)], iscell=0.1 * i)
    for container, name, factor in (
        (Fluorescence(name="Fluorescence"), "F", 1.0),
        (Fluorescence(name="Neuropil"), "Fneu", 0.5),
        (DfOverF(name="DfOverF"), "dff", 0.1),
    ):
        clock = {"rate": series_rate, "starting_time": 2.0} if series_rate else {}
        region = table.create_roi_table_region(description="all", region=list(range(n)))
        module.add(container)
        container.add_roi_response_series(
            RoiResponseSeries(
                name=name, data=values * factor, unit="a.u.", rois=region, **(clock | more)
            )
        )
    return table


def add_electrodes(file: NWBFile, n: int, *, labels: bool = True, unit: float = 1.0) -> Any:
    """A probe of `n` electrodes, 20 um apart, the last one bad; returns the region of all."""
    device = file.create_device(name="probe")
    group = file.create_electrode_group(
        name="shank0", description="a depth electrode", location="CA1", device=device
    )
    for name in ("label", "bad") if labels else ("bad",):
        file.add_electrode_column(name=name, description=name)
    for i in range(n):
        more = {"label": f"A{i + 1}"} if labels else {}
        file.add_electrode(
            x=10.0 * unit,
            y=20.0 * i * unit,
            z=0.0,
            location="CA1" if i % 2 else "CA3",
            group=group,
            bad=i == n - 1,
            **more,
        )
    return file.create_electrode_table_region(region=list(range(n)), description="all")


def add_lfp(file: NWBFile, values: np.ndarray[Any, Any], **more: Any) -> ElectricalSeries:
    """An electrical series with a conversion, an offset and a factor per channel."""
    region = add_electrodes(file, values.shape[1])
    options = {"rate": 1000.0, "starting_time": 5.0, "conversion": 1e-6, "offset": 2e-4} | more
    series = ElectricalSeries(name="raw", data=values, electrodes=region, **options)
    file.add_acquisition(series)
    module = file.create_processing_module(name="ecephys", description="filtered")
    slow = ElectricalSeries(
        name="lfp",
        data=values[::4].astype(np.float32) * 1e-6,
        electrodes=region,
        rate=250.0,
        starting_time=5.0,
    )
    module.add(LFP(electrical_series=slow))
    return series


def add_units(file: NWBFile) -> dict[str, np.ndarray[Any, Any]]:
    """Three units, the second silent; returns the spikes by label."""
    file.add_unit_column(name="heldout", description="kept for evaluation")
    file.add_unit_column(name="quality", description="of the sorting")
    trains = {
        "0": np.arange(40) * 0.09,
        "1": np.empty(0),
        "2": np.array([0.5, 1, 3.5, 5.25, 6, 7, 8.5]),
    }
    for i, train in enumerate(trains.values()):
        file.add_unit(
            spike_times=train,
            obs_intervals=np.array([[0.0, 4.0], [5.0, 9.0]])[: i + 1],
            heldout=i == 2,
            quality="good" if i else "mua",
        )
    return trains


def add_trials(file: NWBFile) -> None:
    """Three trials and an epoch."""
    file.add_trial_column(name="choice", description="left or right")
    file.add_trial_column(name="contrast", description="of the grating")
    for i in range(3):
        file.add_trial(
            start_time=6.0 + i,
            stop_time=6.5 + i,
            choice="left" if i else "right",
            contrast=0.25 * i,
        )
    file.add_epoch(start_time=5.0, stop_time=9.0, tags=["awake", "dark"])


def add_behavior(file: NWBFile, n: int = 50) -> None:
    """A position and a speed on one clock, licks as annotations, an interval series."""
    module = file.create_processing_module(name="behavior", description="what it did")
    place = SpatialSeries(
        name="place",
        data=np.arange(2.0 * n).reshape(n, 2),
        reference_frame="maze",
        unit="meters",
        rate=25.0,
        starting_time=5.0,
    )
    module.add(Position(spatial_series=place))
    speed = TimeSeries(
        name="speed", data=np.arange(n), unit="cm/s", rate=25.0, starting_time=5.0, conversion=0.5
    )
    module.add(BehavioralTimeSeries(time_series=speed))
    with warnings.catch_warnings():
        # Newer schemas have a table of events instead; older files are full of these.
        warnings.simplefilter("ignore")
        notes = AnnotationSeries(name="notes", data=["lick", "rest"], timestamps=[6.25, 7.5])
        file.add_acquisition(notes)
        times = [5.5, 6.0, 7.0, 8.5]
        file.add_acquisition(IntervalSeries(name="runs", data=[1, -1, 2, -2], timestamps=times))


def write(file: NWBFile, path: Path) -> Path:
    """Write a file."""
    with NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def build(path: Path, *parts: Callable[[NWBFile], Any]) -> Path:
    """Write a file that has these parts."""
    file = empty()
    for part in parts:
        part(file)
    return write(file, path)
