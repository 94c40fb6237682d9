"""Events from a file of their own (``-eve.fif``), joined to a recording by sample number."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import FileContentError, check_option
from neurokit.interchange.mne_assemble import group_at
from neurokit.interchange.mne_events import TRIGGER
from neurokit.schema import Finding, events
from neurokit_loaders.mne_fif import fif_content

ORIGINS = ("acquisition", "first sample")


def read_events(path: Path) -> NDArray[np.int64]:
    """Read a file of events, FIF or text, as mne writes them.

    Parameters
    ----------
    path : Path
        ``-eve.fif``, ``.fif.gz``, ``.eve`` or ``.txt``.

    Returns
    -------
    (n, 3) ndarray of int
        Sample, code before, code.

    Raises
    ------
    FileContentError
        If it is cut or no such file.
    """
    import mne

    if ".fif" in path.name.lower():
        fif_content(path)
    with warnings.catch_warnings():
        # mne would like other names for such files.
        warnings.simplefilter("ignore")
        try:
            table: NDArray[np.int64] = mne.read_events(path, verbose="ERROR").astype(np.int64)
        except Exception as error:
            raise FileContentError(
                f"mne cannot read events from it ({error})",
                where=str(path),
                mend="Give a file that mne.write_events wrote.",
            ) from error
    return table


def with_events(rec: xr.DataTree, path: Path, origin: str = "acquisition") -> list[Finding]:
    """Add the events of a file to a recording, in place.

    Parameters
    ----------
    rec : DataTree
        The recording; its ``/events`` are kept.
    path : Path
        The file.
    origin : {"acquisition", "first sample"}
        What sample 0 is: the start of the acquisition, as in mne, or the recording's first.

    Returns
    -------
    list of Finding
        How many events lie outside the recording, and are therefore left out.

    Raises
    ------
    FileContentError
        If the file cannot be read.
    """
    check_option("events_from", origin, ORIGINS)
    table = read_events(path)
    group = group_at(rec, "/activity" if "activity" in rec.children else "/auxiliary/trigger")
    assert group is not None
    rate = float(group.attrs["sampling_rate"])
    offset = float(group.attrs["time_offset"]) if origin == "acquisition" else 0.0
    # Whole samples: of a difference of two times the last digit would be lost.
    onset = (table[:, 0] - round(offset * rate)) / rate
    first, last = float(group["time"].values[0]), float(group["time"].values[-1])
    within = (onset > first - 0.5 / rate) & (onset < last + 0.5 / rate)
    if within.any():
        rec["events"] = xr.DataTree(_joined(rec, _rows(onset, table, path.name, rate), within))
    return _outside(table, within, path, origin)


def _rows(
    onset: NDArray[np.float64], table: NDArray[np.int64], name: str, rate: float
) -> dict[str, Any]:
    n = onset.size
    return {
        "onset": onset,
        "duration": np.full(n, 1 / rate),
        "trial_type": np.array([str(code) for code in table[:, 2]], dtype=np.str_),
        "value": table[:, 2].astype(np.float64),
        "source": np.full(n, TRIGGER),
        "line": np.full(n, name),
    }


def _joined(rec: xr.DataTree, rows: dict[str, Any], within: NDArray[np.bool_]) -> xr.Dataset:
    """Return the events of a recording and those of a file in order of time."""
    columns = {name: values[within] for name, values in rows.items()}
    known = group_at(rec, "/events")
    if known is not None:
        n = int(within.sum())
        for name in map(str, known.data_vars):
            old = known[name].values
            empty = np.full(n, "" if old.dtype.kind == "U" else np.nan)
            columns[name] = np.concatenate([old, columns.get(name, empty)])
    order = np.argsort(columns["onset"], kind="stable")
    ordered = {name: values[order] for name, values in columns.items()}
    return events(
        ordered.pop("onset"),
        duration=ordered.pop("duration"),
        trial_type=ordered.pop("trial_type").tolist(),
        columns=ordered,
    )


def _outside(
    table: NDArray[np.int64], within: NDArray[np.bool_], path: Path, origin: str
) -> list[Finding]:
    lost = table[~within, 0]
    if not lost.size:
        return []
    what = f"{lost.size} of {within.size} events lie outside the recording and are left out: "
    what += f"samples {lost.min()} to {lost.max()}"
    other = next(o for o in ORIGINS if o != origin)
    mend = f"If they count from another sample, open with events_from={other!r}; else find theirs."
    return [Finding("NK870", "VIOLATION", path.name, what, mend)]
