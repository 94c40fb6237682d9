"""What the HDF5 files of the Flavell lab's export hold, checked before anything is built.

Julia wrote them: frames, columns and regions are counted from 1, and (neuron, frame) there is
(frame, neuron) here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError, TimeError
from neurokit_loaders._hdf5 import contents, numbers, whole

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

CLOCK = "timing/timestamp_confocal"
SIGNALS = ("traces_array_F_F20", "trace_array", "trace_array_original")
# Read whole into tables, not as measures over time.
_TABLES = (
    "behavior/reversal_events",
    "gcamp/idx_splits",
    "gcamp/idx_nsm",
    "gcamp/match_org_to_skip",
    "gcamp/match_skip_to_org",
    "timing/time_food_encounter",
    "timing/stim_begin_confocal",
    "timing/timestamp_nir",
    "neuropal_registration/roi_match",
    "neuropal_registration/roi_match_confidence",
)


@dataclass(frozen=True)
class Measure:
    """One dataset over frames: its shape with frames first, and whether it is stored so."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    transposed: bool = False


@dataclass
class Layout:
    """A file's clock, traces, behaviour and small tables, and what of it is not read."""

    seconds: NDArray[np.float64]
    traces: dict[str, Measure]
    behavior: dict[str, Measure]
    tables: dict[str, NDArray[Any]]
    unread: list[str] = field(default_factory=list)
    reversed_at_start: bool = False


def layout_score(names: list[str]) -> float:
    """Score how well the groups of a file fit: 0.9 for both, 0.3 for a look-alike.

    A look-alike (``GCAMP``, ``timing``) is claimed so that its error can say what is missing.
    """
    if {"gcamp", "timing"} <= set(names):
        return 0.9
    if "gcamp" in names:
        return 0.6
    return 0.3 if "gcamp" in {name.lower() for name in names} else 0.0


def read_layout(handle: h5py.File, path: Path) -> Layout:
    """Return what a file holds, after a check that its parts fit together.

    Raises
    ------
    FileContentError
        If groups or datasets are missing; the message lists what is expected and found.
    TimeError
        If frames and time stamps differ in number, or the clock does not increase.
    """
    shapes = contents(handle)
    clock = numbers(handle, CLOCK)
    traces = [name for name in SIGNALS if f"gcamp/{name}" in shapes]
    if clock is None or not traces:
        raise missing(path, shapes)
    seconds = whole(clock).astype(np.float64).reshape(-1)
    _check_clock(seconds, path)
    layout = Layout(seconds, {}, {}, {})
    for name in traces:
        layout.traces[name] = _measure(handle, f"gcamp/{name}", seconds.size, path)
    _check_columns(layout.traces, path)
    for name in sorted(shapes):
        part = name.split("/")[-1]
        if name in _TABLES:
            layout.tables[part] = whole(_must(numbers(handle, name)))
        elif name.startswith("behavior/") and len(shapes[name]) in (1, 2):
            layout.behavior[part] = _measure(handle, name, seconds.size, path)
        elif name != CLOCK and name.removeprefix("gcamp/") not in traces:
            layout.unread.append(name)
    layout.reversed_at_start = _first_value(handle, "behavior/reversal_vec") > 0
    return layout


def _first_value(handle: h5py.File, name: str) -> float:
    found = numbers(handle, name)
    return float(found[0]) if found is not None and found.ndim == 1 and found.size else 0.0


def _must(found: h5py.Dataset | None) -> h5py.Dataset:
    if found is None:  # `contents` has just listed it
        raise FileContentError("changed while it was read", mend="Open it again.")
    return found


def missing(path: Path, shapes: dict[str, tuple[int, ...]]) -> FileContentError:
    """Return the error for a file that lacks traces or clock: what is expected, what is there."""
    expected = ", ".join([CLOCK, "one of " + ", ".join(f"gcamp/{name}" for name in SIGNALS)])
    found = ", ".join(f"{name} {shape}" for name, shape in list(shapes.items())[:12]) or "nothing"
    return FileContentError(
        f"expected {expected}; found {found}",
        where=str(path),
        mend="Rename the groups as expected, or open it with another loader.",
    )


def _check_clock(seconds: NDArray[np.float64], path: Path) -> None:
    if not seconds.size:
        raise TimeError(f"{CLOCK} is empty", where=str(path), mend="Export the file again.")
    bad = np.flatnonzero(~np.isfinite(seconds))
    if bad.size:
        raise TimeError(
            f"{CLOCK} of frame {bad[0] + 1} is not finite", where=str(path), mend="Repair it."
        )
    late = np.flatnonzero(np.diff(seconds) <= 0)
    if late.size:
        frame = int(late[0]) + 1
        raise TimeError(
            f"{CLOCK} does not increase at frame {frame + 1} of {seconds.size}: "
            f"{seconds[frame]:.3f} s after {seconds[frame - 1]:.3f} s",
            where=str(path),
            mend="Sort or drop these frames at the source.",
        )


def _measure(handle: h5py.File, name: str, n_times: int, path: Path) -> Measure:
    """Return a dataset over frames; a stored (neuron, frame) is marked as transposed."""
    found = _must(numbers(handle, name))
    shape = tuple(found.shape)
    short = name.split("/")[-1]
    if shape and shape[0] == n_times:
        return Measure(short, shape, found.dtype)
    if len(shape) == 2 and shape[1] == n_times:
        return Measure(short, shape[::-1], found.dtype, transposed=True)
    raise TimeError(
        f"{name} has {shape[0] if shape else 1} frames (shape {shape}), {CLOCK} has {n_times}",
        where=str(path),
        mend="Find out which of the two is cut; neither is dropped silently.",
    )


def _check_columns(traces: dict[str, Measure], path: Path) -> None:
    widths = {name: trace.shape for name, trace in traces.items()}
    if len(set(widths.values())) > 1 or any(len(shape) != 2 for shape in widths.values()):
        listed = ", ".join(f"{name} {shape}" for name, shape in widths.items())
        raise FileContentError(
            f"arrays of traces differ: {listed}",
            where=str(path),
            mend="All are (frame, neuron) of the same neurons; export the file again.",
        )
