"""Annotations and trigger codes as one table of events, and annotations back out of it.

Onsets count from the first sample of the recording; MNE counts those of a Raw from the start
of the acquisition, ``first_samp / sfreq`` seconds earlier.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.interchange.mne_triggers import TriggerEvents
from neurokit.schema import events

ANNOTATION, TRIGGER = "annotation", "trigger"


@dataclass(frozen=True)
class Marks:
    """What somebody or a device wrote onto the time axis.

    Parameters
    ----------
    onset, duration : (n,) ndarray
        Seconds; onset from the first sample.
    description : sequence of str
        The text.
    channels : sequence of sequence of str
        Channels that a mark is about; empty for all.
    extras : sequence of mapping
        Further fields per mark.
    """

    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    description: Sequence[str]
    channels: Sequence[Sequence[str]] = field(default_factory=tuple)
    extras: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def marks_of(annotations: Any, first_time: float) -> Marks:
    """Return the annotations of an mne Raw with onsets from its first sample.

    Parameters
    ----------
    annotations : mne.Annotations
        ``raw.annotations``.
    first_time : float
        ``raw.first_time``, s.

    Returns
    -------
    Marks
        In the order of `annotations`.
    """
    extras = getattr(annotations, "extras", None) or [{}] * len(annotations)
    return Marks(
        np.asarray(annotations.onset, dtype=np.float64) - first_time,
        np.asarray(annotations.duration, dtype=np.float64),
        [str(text) for text in annotations.description],
        [tuple(names or ()) for names in annotations.ch_names],
        [dict(extra or {}) for extra in extras],
    )


def event_table(
    marks: Marks, triggers: Mapping[str, TriggerEvents], time: ArrayLike, rate: float
) -> xr.Dataset | None:
    """Return ``/events``: marks and trigger codes in order of onset, None where there is nothing.

    Parameters
    ----------
    marks : Marks
        Annotations.
    triggers : mapping of str to TriggerEvents
        Decoded codes per trigger line.
    time : (n_times,) array_like
        Time of each sample of the trigger lines, s.
    rate : float
        Their rate, Hz.

    Returns
    -------
    Dataset or None
        Columns onset, duration, trial_type, ``value`` (the code, NaN for a mark), ``source``
        (annotation or trigger), ``line`` (the trigger channel) and, where marks have them,
        ``channels`` and ``extras`` as JSON.
    """
    seconds = np.asarray(time, dtype=np.float64)
    n_marks = len(marks.description)
    found = [(name, events) for name, events in triggers.items() if events.sample.size]
    if n_marks == 0 and not found:
        return None
    codes = np.concatenate([np.empty(0, dtype=np.int64), *(e.value for _, e in found)])
    onset = np.concatenate([marks.onset, *(seconds[e.sample] for _, e in found)])
    length = [(e.last - e.sample + 1) / rate for _, e in found]
    lines = [name for name, e in found for _ in range(e.sample.size)]
    columns: dict[str, list[Any]] = {
        "trial_type": [*marks.description, *(str(code) for code in codes)],
        "value": [np.nan] * n_marks + codes.astype(np.float64).tolist(),
        "source": [ANNOTATION] * n_marks + [TRIGGER] * codes.size,
        "line": [""] * n_marks + lines,
        **_json_columns(marks, codes.size),
    }
    order = np.argsort(onset, kind="stable")
    ordered = {name: [values[i] for i in order] for name, values in columns.items()}
    return events(
        onset[order],
        duration=np.concatenate([marks.duration, *length])[order],
        trial_type=ordered.pop("trial_type"),
        columns=ordered,
    )


def _json_columns(marks: Marks, n_codes: int) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    if any(marks.channels):
        named = [json.dumps(list(names)) if names else "" for names in marks.channels]
        columns["channels"] = named + [""] * n_codes
    if any(marks.extras):
        extras = [json.dumps(dict(e), default=str) if e else "" for e in marks.extras]
        columns["extras"] = extras + [""] * n_codes
    return columns


def marks_in(table: xr.Dataset | None) -> Marks:
    """Return the rows of ``/events`` that are annotations (all, where no ``source`` is given).

    Parameters
    ----------
    table : Dataset or None
        ``/events``.

    Returns
    -------
    Marks
        In the order of the table.
    """
    if table is None:
        return Marks(np.empty(0), np.empty(0), [])
    keep = np.ones(table.sizes["event"], dtype=bool)
    if "source" in table:
        keep = np.asarray(table["source"].values != TRIGGER)
    rows = table.isel(event=np.flatnonzero(keep))
    names = _parsed(rows, "channels", [])
    return Marks(
        np.asarray(rows["onset"].values, dtype=np.float64),
        np.asarray(rows["duration"].values, dtype=np.float64),
        [str(text) for text in rows["trial_type"].values],
        [tuple(n) for n in names],
        _parsed(rows, "extras", {}),
    )


def _parsed(rows: xr.Dataset, name: str, empty: Any) -> list[Any]:
    if name not in rows:
        return [empty] * rows.sizes["event"]
    return [json.loads(str(text)) if text else empty for text in rows[name].values]
