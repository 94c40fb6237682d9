"""Calcium traces as suite2p leaves them: F, Fneu, spks, iscell, ops and stat of each plane.

suite2p: Pachitariu et al. 2016, bioRxiv 061507, https://suite2p.readthedocs.io (outputs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, LabelError, OptionError, TimeError, check_option
from neurokit.io.registry import Loader
from neurokit_loaders.suite2p_folder import (
    CHANNELS,
    Plane,
    plain_number,
    plain_numbers,
    plane_folders,
    read_plane,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

NAME = "suite2p"
DOI = "10.1101/061507"
# What each of suite2p's arrays is called in /auxiliary.
KINDS = {"F": "fluorescence", "Fneu": "neuropil", "spks": "deconvolved"}
# What suite2p assumes of a movie when nobody tells it better.
DEFAULT_RATE = 10.0


def sniff(path: Path) -> float:
    """Score by the names that suite2p gives to its files; F.npy alone could be anything."""
    if path.is_file() and path.name != CHANNELS[1]["F"]:
        return 0.0
    folders = plane_folders(path)
    if not folders:
        return 0.0
    beside = ("iscell.npy", "ops.npy", "stat.npy", "Fneu.npy", "spks.npy")
    return 0.97 if any((folders[0] / name).is_file() for name in beside) else 0.3


def open_suite2p(
    path: Path,
    rate: float | None = None,
    plane: int | None = None,
    channel: int = 1,
    cells_only: bool = False,
    signal: str = "F",
) -> xr.DataTree:
    """Open a folder that suite2p wrote, lazily.

    The planes of a volume become one ``/activity`` with labels ``plane0_12`` and the coordinate
    ``plane``: all are on the clock of the volume, since suite2p does not say when within it a
    plane was scanned. Where one plane lacks the last frame, that is NaN. Settings and regions
    (ops.npy, stat.npy) are pickles: they are read as plain values, never unpickled.

    Parameters
    ----------
    path : Path
        A folder with F.npy, one with ``plane0``, ``plane1``..., the folder above, or F.npy.
    rate : float, optional
        Frames per second of one plane; default is ``fs`` of the settings.
    plane : int, optional
        The only plane to open; default is all.
    channel : {1, 2}
        Whose traces become ``/activity``; those of the other go to ``/auxiliary``.
    cells_only : bool, default False
        Leave out the ROIs that suite2p, or who corrected it, takes for no cells.
    signal : {"F", "Fneu", "spks"}
        Which array becomes ``/activity``; the others go to ``/auxiliary``.

    Returns
    -------
    xarray.DataTree
        ``/activity``, ``/auxiliary/neuropil``, ``/auxiliary/deconvolved``..., and ``/events``
        where frames were marked as bad.

    Raises
    ------
    FileContentError
        If a file is damaged, or the array asked for is not there.
    LabelError
        If files have different numbers of ROIs, or F.npy is transposed.
    TimeError
        If files have different numbers of frames, or the rate is not known.

    References
    ----------
    .. [1] Pachitariu et al. 2016, bioRxiv, doi:10.1101/061507
    """
    from neurokit.schema import recording

    check_option("signal", signal, KINDS)
    check_option("channel", str(channel), [str(number) for number in CHANNELS])
    planes = _planes(path, plane)
    for one in planes:
        _check_wanted(one, channel, signal)
    rows = [_rows_of(one, cells_only) for one in planes]
    clock, findings = _clock(planes, rate)
    groups = _groups(planes, rows, channel, signal, clock)
    events = _bad_frames(planes[0], clock)
    if events is not None:
        groups["events"] = events
    return recording(
        groups,
        modality="calcium",
        loader=NAME,
        loader_version=__version__,
        findings=[*findings, *_findings(planes, cells_only)],
    )


def info(path: Path) -> dict[str, Any]:
    """Say how many planes, ROIs and frames there are, without settings and tables."""
    planes = [read_plane(folder, shapes_only=True) for folder in _folders(path)]
    arrays = {kind for one in planes for arrays in one.traces.values() for kind in arrays}
    return {
        "n_planes": len(planes),
        "n_neurons": sum(one.n_rois for one in planes),
        "n_times": max(one.n_times for one in planes),
        "arrays": ", ".join(sorted(arrays)),
        "n_channels": 2 if planes[0].traces[2] else 1,
    }


def _folders(path: Path) -> list[Path]:
    folders = plane_folders(path)
    if not folders:
        raise FileContentError(
            "holds no F.npy, here or in plane0, plane1...",
            where=str(path),
            mend="Name the folder that suite2p wrote.",
        )
    return folders


def _planes(path: Path, wanted: int | None) -> list[Plane]:
    planes = [read_plane(folder) for folder in _folders(path)]
    if wanted is None:
        return planes
    chosen = [one for one in planes if one.number == wanted]
    if not chosen:
        numbers = ", ".join(str(one.number) for one in planes if one.number is not None)
        raise OptionError(
            f"there is no plane {wanted}", where=str(path), mend=f"Planes: {numbers or 'one'}."
        )
    return chosen


def _check_wanted(plane: Plane, channel: int, signal: str) -> None:
    if signal not in plane.traces[channel]:
        there = ", ".join(array.path.name for a in plane.traces.values() for array in a.values())
        raise FileContentError(
            f"has no {CHANNELS[channel].get(signal, f'{signal} of channel {channel}')}",
            where=str(plane.folder),
            mend=f"It has {there}.",
        )


def _rows_of(plane: Plane, cells_only: bool) -> NDArray[np.int64]:
    if not cells_only:
        return np.arange(plane.n_rois)
    if "is_cell" not in plane.columns:
        raise FileContentError(
            "has no iscell.npy, so cells cannot be told from other ROIs",
            where=str(plane.folder),
            mend="Open it without cells_only.",
        )
    return np.flatnonzero(plane.columns["is_cell"])


def _groups(
    planes: Sequence[Plane],
    rows: Sequence[NDArray[np.int64]],
    channel: int,
    signal: str,
    clock: dict[str, Any],
) -> dict[str, xr.Dataset]:
    from neurokit.io.lazy import lazy_variable
    from neurokit.schema import activity
    from neurokit_loaders.suite2p_traces import RowTraces

    names = [one.names[i] for one, kept in zip(planes, rows, strict=True) for i in kept]
    if not names:
        raise LabelError(
            "none of its ROIs is a cell", where=str(planes[0].folder), mend="Open all of them."
        )
    n_times = max(one.n_times for one in planes)
    shared = {"names": names, "coords": _columns(planes, rows), "units": "1", **clock}
    groups = {}
    for number, kind in _arrays(planes):
        parts = [(one.traces[number][kind], kept) for one, kept in zip(planes, rows, strict=True)]
        variable = lazy_variable(("time", "neuron"), RowTraces(parts, n_times))
        chosen = (number, kind) == (channel, signal)
        key = KINDS[kind] if number == channel else f"channel_{number}_{KINDS[kind]}"
        place = _places(planes, rows) if chosen else {}
        groups["activity" if chosen else f"auxiliary/{key}"] = activity(variable, **shared, **place)
    coefficient = plain_number(planes[0].settings.get("neucoeff"), np.nan)
    if np.isfinite(coefficient):
        groups["activity"]["signal"].attrs["neuropil_coefficient"] = coefficient
    return groups


def _arrays(planes: Sequence[Plane]) -> Iterator[tuple[int, str]]:
    """Yield channel and kind of every array that all planes have."""
    for number, files in CHANNELS.items():
        for kind in files:
            if all(kind in one.traces[number] for one in planes):
                yield number, kind


def _columns(planes: Sequence[Plane], rows: Sequence[NDArray[np.int64]]) -> dict[str, Any]:
    shared = set.intersection(*(set(one.columns) for one in planes))
    columns = {
        name: np.concatenate(
            [one.columns[name][kept] for one, kept in zip(planes, rows, strict=True)]
        )
        for name in planes[0].columns
        if name in shared
    }
    if all(one.number is not None for one in planes):
        columns["plane"] = np.concatenate(
            [np.full(kept.size, one.number) for one, kept in zip(planes, rows, strict=True)]
        )
    return columns


def _places(planes: Sequence[Plane], rows: Sequence[NDArray[np.int64]]) -> dict[str, Any]:
    if any(one.position is None for one in planes):
        return {}
    kept = [
        one.position[wanted]
        for one, wanted in zip(planes, rows, strict=True)
        if one.position is not None
    ]
    attrs = {"units": "pixel", "coordinate_frame": "imaging plane: x to the right, y down"}
    return {"position": np.concatenate(kept), "position_attrs": attrs}


# -- time


def _clock(planes: Sequence[Plane], rate: float | None) -> tuple[dict[str, Any], list[Finding]]:
    """Return the arguments that put a group on the clock of the volume."""
    from neurokit.schema import Finding

    lengths = {one.folder.name: one.n_times for one in planes}
    if max(lengths.values()) - min(lengths.values()) > 1:
        listed = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise TimeError(
            f"planes differ in their number of frames: {listed}",
            where=str(planes[0].folder.parent),
            mend="Open one at a time with plane=..., or find out which is cut.",
        )
    findings = []
    if len(set(lengths.values())) > 1:
        short = [name for name, n in lengths.items() if n < max(lengths.values())]
        found = f"{', '.join(short)} lack the last frame: NaN there"
        mend = "The movie ended within a volume; drop its last frame where NaN disturbs."
        findings.append(Finding("NK834", "SUGGESTION", "/activity", found, mend))
    said = plain_number(planes[0].settings.get("fs"), np.nan)
    chosen = _rate(planes[0], said, rate)
    if rate is not None and np.isfinite(said) and abs(said - rate) > 1e-3 * rate:
        found = f"the settings say {said:g} Hz, opened with rate={rate:g}"
        mend = "Make sure of it: events are aligned by it."
        findings.append(Finding("NK831", "SUGGESTION", "/activity time", found, mend))
    elif rate is None and said == DEFAULT_RATE:
        found = "the rate is 10 Hz, which suite2p assumes where nobody tells it the true one"
        mend = "Compare it with the microscope's; if it differs, open with rate=."
        findings.append(Finding("NK831", "SUGGESTION", "/activity time", found, mend))
    run, cuts = _runs(planes)
    return {"rate": chosen, "run": run, "time_origin": "first frame"}, [*findings, *cuts]


def _rate(plane: Plane, said: float, asked: float | None) -> float:
    if asked is not None:
        if not (np.isfinite(asked) and asked > 0):
            raise OptionError(f"is {asked}", where="rate", mend="Give frames per second.")
        return float(asked)
    if np.isfinite(said) and said > 0:
        return said
    why = "; ".join(f"{name} {found}" for name, found in plane.unread.items())
    raise TimeError(
        f"no frame rate is known: {why or 'there is no ops.npy with fs'}",
        where=str(plane.folder),
        mend='Give it, for example rate=30.0, or write {"fs": 30.0} into ops.json beside F.npy.',
    )


def _runs(planes: Sequence[Plane]) -> tuple[NDArray[np.int64] | None, list[Finding]]:
    """Return the run of each frame: suite2p joins the movies of several folders end to end."""
    from neurokit.schema import Finding

    settings, n_times = planes[0].settings, max(one.n_times for one in planes)
    frames = plain_numbers(settings.get("frames_per_folder"))
    frames = frames[frames > 0].astype(np.int64) if frames.size < n_times else frames[:0]
    if frames.size < 2 or frames.sum() != n_times:
        return None, []
    found = f"movies of {', '.join(str(n) for n in frames[:8])} frames were joined end to end"
    mend = "The time between them is not known: `run` marks the cuts, time goes on without a gap."
    return (
        np.repeat(np.arange(frames.size), frames),
        [Finding("NK837", "SUGGESTION", "/activity time", found, mend)],
    )


def _bad_frames(plane: Plane, clock: dict[str, Any]) -> xr.Dataset | None:
    """Return ``/events`` of the stretches of frames that were kept out of the detection."""
    from neurokit.schema import events

    bad = plain_numbers(plane.settings.get("badframes"))
    if bad.size != plane.n_times or not bad.any():
        return None
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bad > 0, [0]])))
    starts, stops = edges[::2] / clock["rate"], edges[1::2] / clock["rate"]
    return events(starts, duration=stops - starts, trial_type=["bad_frames"] * starts.size)


# -- what there is to say


def _findings(planes: Sequence[Plane], cells_only: bool) -> list[Finding]:
    from neurokit.schema import Finding

    notes: list[tuple[str, str, str, str]] = []
    cells = [one.columns["is_cell"] for one in planes if "is_cell" in one.columns]
    n = sum(one.n_rois for one in planes)
    if len(cells) < len(planes):
        lacking = ", ".join(one.folder.name for one in planes if "is_cell" not in one.columns)
        notes.append(("NK838", "SUGGESTION", f"no iscell.npy in {lacking}", "All ROIs are kept."))
    elif not cells_only and not all(part.all() for part in cells):
        others = n - int(sum(part.sum() for part in cells))
        found = f"{others} of {n} ROIs are no cells by iscell.npy"
        mend = "Open with cells_only=True, or select by the coordinate is_cell."
        notes.append(("NK832", "SUGGESTION", found, mend))
    for one in planes:
        notes += [
            ("NK833", "VIOLATION", f"{one.folder.name}/{name} is not read: {found}", _UNREAD_MEND)
            for name, found in one.unread.items()
        ]
        frames = plain_number(one.settings.get("nframes"), one.n_times)
        if abs(frames - one.n_times) > (one.number is None):
            found = f"the settings of {one.folder.name} say {frames:g} frames, F.npy has "
            mend = "Settings and traces may be of different runs of suite2p."
            notes.append(("NK835", "VIOLATION", f"{found}{one.n_times}", mend))
    for number, files in CHANNELS.items():
        for kind in files:
            having = [one.folder.name for one in planes if kind in one.traces[number]]
            if having and len(having) < len(planes):
                found = f"{CHANNELS[number][kind]} is only in {', '.join(having)}: not read"
                notes.append(("NK838", "SUGGESTION", found, "Open these planes alone."))
    return [Finding(code, severity, "/activity", *said) for code, severity, *said in notes]  # type: ignore[arg-type]


_UNREAD_MEND = (
    "Where it was made, save what is needed as plain .json or .npy; give the frame rate by rate=."
)

LOADER = Loader(
    name=NAME,
    title="Calcium traces, folders of suite2p",
    modality="calcium",
    suffixes=(".npy",),
    sniff=sniff,
    open=open_suite2p,
    info=info,
    options={
        "rate": "frames per second of a plane; default fs of the settings",
        "plane": "number of the only plane to open; default all",
        "channel": "1 or 2: whose traces become /activity; default 1",
        "cells_only": "leave out ROIs that are no cells; default False",
        "signal": "F, Fneu or spks: what becomes /activity; default F",
    },
)
