"""The groups of a recording, built from the layout of a Flavell-lab HDF5 file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError, TimeError

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit_loaders._dag_layout import Layout, Measure

# The file states no units; these are the ones that the lab plots its measures in.
_UNITS = {
    "velocity": "mm s-1",
    "head_angle": "rad",
    "nose_angle": "rad",
    "body_angle": "rad",
    "body_angle_all": "rad",
    "body_angle_absolute": "rad",
}
# Positions span centimetres; the contract keeps positions in float64.
_POSITIONS = ("stage_x", "stage_y")


def runs_of(layout: Layout, path: Path) -> NDArray[np.int64] | None:
    """Return the run of each frame, None for a record without cuts.

    ``idx_splits`` holds first and last frame of each stretch, from 1.
    """
    splits = layout.tables.get("idx_splits")
    if splits is None or splits.size <= 2:
        return None
    n = layout.seconds.size
    starts, ends = np.asarray(splits).reshape(2, -1).astype(np.int64)
    joined = starts[0] == 1 and ends[-1] == n and (starts[1:] == ends[:-1] + 1).all()
    if not joined or (ends < starts).any():
        stretches = ", ".join(f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
        raise FileContentError(
            f"gcamp/idx_splits says {stretches}, which does not cover the {n} frames once",
            where=str(path),
            mend="Export the file again.",
        )
    return np.repeat(np.arange(starts.size, dtype=np.int64), ends - starts + 1)


def clock_of(layout: Layout, run: NDArray[np.int64] | None) -> dict[str, Any]:
    """Return the arguments that put a group on the confocal clock, 0 at the first frame."""
    from neurokit.schema import nominal_rate

    return {
        "time": layout.seconds - layout.seconds[0],
        "rate": nominal_rate(layout.seconds, run),
        "time_origin": "first confocal frame",
        "time_offset": float(layout.seconds[0]),
        "run": run,
    }


def trace_groups(
    path: Path,
    layout: Layout,
    signal: str,
    names: Sequence[str],
    coords: Mapping[str, Sequence[Any]],
    clock: Mapping[str, Any],
) -> dict[str, xr.Dataset]:
    """Return ``/activity`` of `signal` and ``/auxiliary`` of the other arrays of traces."""
    from neurokit.schema import activity

    groups = {}
    for name, trace in layout.traces.items():
        key = "activity" if name == signal else f"auxiliary/{name}"
        variable = _lazy(path, f"gcamp/{name}", trace, ("time", "neuron"), np.float32)
        groups[key] = activity(variable, names=names, units="1", coords=coords, **clock)
    return groups


def behavior_group(path: Path, layout: Layout, clock: Mapping[str, Any]) -> xr.Dataset:
    """Return ``/behavior``: every measure over frames, (time) or (time, <name>_axis)."""
    from neurokit.schema import series

    variables = {}
    for name, measure in layout.behavior.items():
        dims = ("time", f"{name}_axis")[: len(measure.shape)]
        small = measure.dtype.kind == "f" and name not in _POSITIONS
        dtype = np.float32 if small else measure.dtype
        variables[name] = _lazy(path, f"behavior/{name}", measure, dims, dtype)
    return series(variables, units=_UNITS, **clock)


def camera_group(layout: Layout, path: Path) -> xr.Dataset | None:
    """Return ``/auxiliary/nir``: when each image of the behaviour camera was taken.

    The measures of behaviour are per confocal frame already; this is for images and tracks that
    are on the camera's own clock. ``time_offset`` puts both on one: the lab's.
    """
    from neurokit.schema import nominal_rate, series

    stamps = layout.tables.get("timestamp_nir")
    if stamps is None or not stamps.size:
        return None
    seconds = stamps.astype(np.float64).reshape(-1)
    late = np.flatnonzero(~(np.diff(seconds) > 0))
    if late.size or not np.isfinite(seconds[0]):
        image = int(late[0]) + 2 if late.size else 1
        raise TimeError(
            f"timing/timestamp_nir does not increase at image {image} of {seconds.size}",
            where=str(path),
            mend="Sort or drop these images at the source.",
        )
    return series(
        {"image": np.arange(1, seconds.size + 1, dtype=np.int64)},
        rate=nominal_rate(seconds),
        time=seconds - seconds[0],
        time_origin="first image of the near-infrared camera",
        time_offset=float(seconds[0]),
    )


def _lazy(path: Path, name: str, measure: Measure, dims: tuple[str, ...], dtype: Any) -> Any:
    from neurokit.io.lazy import lazy_variable
    from neurokit_loaders._hdf5 import Hdf5Array

    array = Hdf5Array(path, name, measure.shape, dtype, measure.transposed)
    return lazy_variable(dims, array)


def events_group(layout: Layout, path: Path) -> xr.Dataset | None:
    """Return ``/events``: reversals, and the frame where food was met or heat began."""
    from neurokit.schema import events

    rows = [("reversal", *frames) for frames in _reversals(layout, path).tolist()]
    for name, kind in (("time_food_encounter", "food_encounter"), ("stim_begin_confocal", "heat")):
        frames = np.asarray(layout.tables.get(name, []), dtype=np.int64).reshape(-1).tolist()
        rows += [(kind, frame, frame, frame, frame) for frame in frames]
    if not rows:
        return None
    _check_frames(rows, layout.seconds.size, path)
    rows.sort(key=lambda row: (row[1], row[0]))
    time = layout.seconds - layout.seconds[0]
    first, last = (np.array([row[i] for row in rows]) - 1 for i in (1, 2))
    return events(
        time[first],
        duration=time[last] - time[first],
        trial_type=[row[0] for row in rows],
        columns={
            "start_frame": [row[3] for row in rows],
            "end_frame": [row[4] for row in rows],
        },
    )


def _reversals(layout: Layout, path: Path) -> NDArray[np.int64]:
    """Return first and last frame of each reversal and the two numbers as written, from 1.

    Written is the frame before the first, except for a reversal that the record begins with.
    """
    table = layout.tables.get("reversal_events")
    if table is None or not table.size:
        return np.empty((0, 4), dtype=np.int64)
    if table.ndim != 2 or 2 not in table.shape:
        raise FileContentError(
            f"behavior/reversal_events has shape {table.shape}, not (2, events)",
            where=str(path),
            mend="Export the file again.",
        )
    start, end = (table if table.shape[0] == 2 else table.T).astype(np.int64)
    began = (start == 1) & (layout.reversed_at_start | (start == end))
    return np.stack([np.where(began, start, start + 1), end, start, end], axis=1)


def _check_frames(rows: list[tuple[str, int, int, int, int]], n: int, path: Path) -> None:
    for kind, first, last, *_ in rows:
        if not 1 <= first <= last <= n:
            raise FileContentError(
                f"a {kind} spans frames {first} to {last}, there are {n}",
                where=str(path),
                mend="Export the file again.",
            )
