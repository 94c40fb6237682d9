"""Worm activity as in the time-trace JSON of Atanas et al. 2023 (doi:10.1016/j.cell.2023.07.035).

One list ``[time_s, [one value per neuron]]`` per frame. Names stand in a second file, a list of
which the first N name the N columns and the rest are neurons that were not recorded.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, LabelError, TimeError
from neurokit.io.integrity import read_head, require_file
from neurokit.io.registry import Loader
from neurokit_loaders._neurons import (
    SPECIES,
    identity_coordinates,
    identity_findings,
    listed,
    recording_id,
    time_findings,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

NAME = "celegans.atanas"
DOI = "10.1016/j.cell.2023.07.035"
_FIRST_FRAME = re.compile(rb"\s*\[\s*\[\s*-?\d[-+.\deE]*\s*,\s*\[\s*(?:-?\d|NaN|null)")
_ORDER_FILES = ("*neuron_order*.json", "neurons.json")


def sniff(path: Path) -> float:
    """Score 0.95 for a file that begins like a frame with its time and values."""
    if not path.is_file() or not path.stat().st_size:
        return 0.0
    return 0.95 if _FIRST_FRAME.match(read_head(path).removeprefix(b"\xef\xbb\xbf")) else 0.0


def open_atanas(path: Path, neurons: str | Path | None = None) -> xr.DataTree:
    """Open a time-trace JSON as a recording of modality calcium.

    JSON has no index, so the file is parsed whole. Frames are up to 12 % off their median
    distance (0.600 s), so time is irregular: it keeps the measured values from 0 at the first
    frame, and no ``sampling_rate`` is stated.

    Parameters
    ----------
    path : Path
        The file of frames.
    neurons : str or Path, optional
        The file of names; default is the ``*neuron_order*.json`` or ``neurons.json`` beside it.
        Without one, neurons are unidentified, and a finding says so.

    Returns
    -------
    xarray.DataTree
        ``/activity`` with `signal` (time, neuron) in float32.

    Raises
    ------
    FileContentError
        If the file is no such JSON, or rows differ in length.
    TimeError
        If the times of frames do not increase.
    LabelError
        If there are fewer names than columns.

    References
    ----------
    .. [1] Atanas et al. 2023, Cell 186, doi:10.1016/j.cell.2023.07.035
    """
    from neurokit.celegans import identify_all
    from neurokit.schema import activity, nominal_rate, recording

    seconds, values = _frames(path)
    labels, findings = _labels(path, neurons, values.shape[1])
    table = identify_all(labels)
    rate = nominal_rate(seconds)
    clock = seconds - seconds[0]
    group = activity(
        values,
        names=table["name"],
        rate=rate,
        time=clock,
        time_origin="first frame",
        time_offset=float(seconds[0]),
        units="1",
        coords=identity_coordinates(table),
    )
    subject, session = recording_id(path)
    return recording(
        {"activity": group},
        modality="calcium",
        subject=subject,
        session=session,
        species=SPECIES,
        doi=DOI,
        source=path.name,
        loader=NAME,
        loader_version=__version__,
        findings=[*findings, *identity_findings(table), *time_findings(clock, rate)],
    )


def info(path: Path) -> dict[str, Any]:
    """Say how many frames and neurons a file has, and over what time."""
    seconds, values = _frames(path)
    return {
        "n_times": values.shape[0],
        "n_neurons": values.shape[1],
        "duration_s": float(seconds[-1] - seconds[0]),
        "median_interval_s": float(np.median(np.diff(seconds))) if seconds.size > 1 else 0.0,
        "neuron_order": ", ".join(file.name for file in _order_files(path)) or "none",
    }


def _frames(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return times (frame,) in s and values (frame, neuron)."""
    rows = _json(path)
    if not isinstance(rows, list) or not rows or not all(_is_frame(row) for row in rows):
        raise FileContentError(
            "is not a list of frames [time_s, [values]]",
            where=str(path),
            mend="Give the time-trace JSON, not another file of the data set.",
        )
    _check_frames(path, [row[0] for row in rows], [len(row[1]) for row in rows])
    return np.array([row[0] for row in rows], dtype=np.float64), _values(path, rows)


def _values(path: Path, rows: list[Any]) -> NDArray[np.float32]:
    """Return the values of all frames; null becomes NaN, which is what both mean."""
    raw = np.array([row[1] for row in rows])
    plain = raw.dtype.kind in "fiu" or (
        raw.dtype.kind == "O" and all(v is None or isinstance(v, float) for v in raw.flat)
    )
    if raw.ndim != 2 or not plain:
        raise FileContentError(
            "holds values that are not numbers", where=str(path), mend="Export it again."
        )
    with np.errstate(over="ignore"):
        return raw.astype(np.float64).astype(np.float32)


def _is_frame(row: object) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 2
        and isinstance(row[0], int | float)
        and isinstance(row[1], list)
    )


def _check_frames(path: Path, times: list[float], lengths: list[int]) -> None:
    """Raise if rows are ragged or times do not increase, naming frames counted from 0."""
    ragged = [frame for frame, length in enumerate(lengths) if length != lengths[0]]
    late = np.flatnonzero(~(np.diff(np.array(times, dtype=np.float64)) > 0)) + 1
    notes = []
    if late.size:
        frame = int(late[0])
        notes.append(
            f"time does not increase at frame {frame}: {times[frame]:.3f} s after "
            f"{times[frame - 1]:.3f} s" + (f" ({late.size} such frames)" if late.size > 1 else "")
        )
    if ragged:
        notes.insert(
            0,
            f"frame {ragged[0]} has {lengths[ragged[0]]} values, frame 0 has {lengths[0]}"
            + (f" ({len(ragged)} such frames)" if len(ragged) > 1 else ""),
        )
        raise FileContentError("; ".join(notes), where=str(path), mend="Export it again.")
    if not np.isfinite(times).all():
        notes.append(f"the time of frame {int(np.argmin(np.isfinite(times)))} is not finite")
    if notes:
        raise TimeError(notes[-1], where=str(path), mend="Sort or drop these frames at the source.")
    if not lengths[0]:
        raise FileContentError("has no neuron", where=str(path), mend="Export it again.")


def _json(path: Path) -> Any:
    require_file(path)
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileContentError(
            f"is not UTF-8 (byte {error.start})", where=str(path), mend="Download it again."
        ) from error
    except json.JSONDecodeError as error:
        raise FileContentError(
            f"is not whole JSON ({error.msg} at character {error.pos})",
            where=str(path),
            mend="Download it again.",
        ) from error
    except RecursionError as error:
        raise FileContentError(
            "is nested too deeply to be a list of frames", where=str(path), mend="Check the file."
        ) from error


def _order_files(path: Path) -> list[Path]:
    """Return the files of names beside `path`; those of the same data set (prefix) first alone."""
    found = {file for pattern in _ORDER_FILES for file in path.parent.glob(pattern)} - {path}
    prefix = path.name.split("_")[0] + "_"
    same = [file for file in found if file.name.startswith(prefix)]
    return sorted(same or found)


def _labels(
    path: Path, neurons: str | Path | None, n: int
) -> tuple[list[str | None], list[Finding]]:
    """Return one label per column, and what there is to say about them."""
    from neurokit.schema import Finding

    files = _order_files(path) if neurons is None else [Path(neurons)]
    if len(files) != 1:
        found = f"{len(files)} files of names lie beside it" if files else "it has no file of names"
        mend = "Name the one of this recording with the option neurons=PATH."
        finding = Finding("NK811", "SUGGESTION", "/activity neuron", f"{found}: unidentified", mend)
        return [None] * n, [finding]
    names = _json(files[0])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise FileContentError(
            "is not a list of names", where=str(files[0]), mend="Give the neuron-order JSON."
        )
    if len(names) < n:
        raise LabelError(
            f"{len(names)} names for the {n} neurons of {path.name}",
            where=str(files[0]),
            mend="Give the neuron-order file of this recording.",
        )
    if len(names) == n:
        return names, []
    found = f"{files[0].name} has {len(names)} names for {n} columns; the first {n} are taken"
    mend = f"The rest are unrecorded neurons, beginning with {listed(names[n : n + 3])}."
    return names[:n], [Finding("NK812", "SUGGESTION", "/activity neuron", found, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm calcium traces, JSON of Atanas et al. 2023",
    modality="calcium",
    suffixes=(".json",),
    sniff=sniff,
    open=open_atanas,
    info=info,
    options={"neurons": "file of neuron names; default is the one beside the recording"},
)
