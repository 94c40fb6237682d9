"""Epochs and evoked responses of MNE as recordings: blocks of equal length on one time axis.

Shared by `from_mne`, which has the values in memory, and by loaders, which have a file: both
say how values are read, everything else is here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from neurokit.errors import LabelError, TimeError
from neurokit.interchange.mne_channels import modality_of
from neurokit.interchange.mne_events import marks_of
from neurokit.interchange.mne_info import (
    channel_coords,
    channel_positions,
    channel_types,
    group_attrs,
    who_and_when,
)
from neurokit.schema import activity, recording, strings, with_contacts

# How the values of some channels are had: picks -> (trial or condition, time, channel).
ReadBlocks = Callable[[Sequence[int]], Any]

# Names that a column of a table of trials cannot have in a group.
_TAKEN = frozenset(
    (
        *("signal", "observed", "position", "trial", "time", "channel", "space", "run"),
        *("channel_type", "unit", "bad", "region", "hemisphere", "coordinate_frame"),
        *("trial_type", "sample", "previous_value", "value", "selection"),
    )
)


def epochs_recording(
    epochs: Any, read: ReadBlocks | None = None, time: ArrayLike | None = None
) -> xr.DataTree:
    """Return epochs as a recording, (trial, time, channel).

    Parameters
    ----------
    epochs : mne.BaseEpochs
        Whose header, events and metadata are taken.
    read : callable, optional
        ``read(picks)`` gives the values of some channels; default those in memory.
    time : (n_times,) array_like, optional
        Seconds from the event; default as mne has it, on the grid of its sampling rate.

    Returns
    -------
    DataTree
        With the events and the metadata as coordinates of ``trial``.
    """
    if read is None:
        if not epochs.preload:
            # Only then do events and metadata belong to the trials that are left.
            epochs = epochs.copy().drop_bad(verbose=False)
        read = _in_memory(epochs.get_data(copy=False))
    names = {code: name for name, code in epochs.event_id.items()}
    trial: dict[str, Any] = {
        "trial_type": [names[int(code)] for code in epochs.events[:, 2]],
        "sample": epochs.events[:, 0].astype(np.int64),
        "previous_value": epochs.events[:, 1].astype(np.int64),
        "value": epochs.events[:, 2].astype(np.int64),
        "selection": np.asarray(epochs.selection, dtype=np.int64),
    }
    columns = {}
    if epochs.metadata is not None:
        for column in epochs.metadata.columns:
            name = _free(str(column))
            columns[str(column)] = name
            trial[name] = _plain_column(epochs.metadata[column])
    groups = _groups(epochs.info, read, epochs.times if time is None else time, trial)
    extra = {
        "event_id": {name: int(code) for name, code in epochs.event_id.items()},
        "metadata": columns if epochs.metadata is not None else None,
        "baseline": None if epochs.baseline is None else [float(t) for t in epochs.baseline],
        "drop_log": [list(reasons) for reasons in epochs.drop_log],
        "raw_sfreq": _raw_rate(epochs),
        "annotations": _annotations_json(epochs.annotations),
    }
    return _tree(epochs.info, groups, mne_epochs=extra)


def _raw_rate(epochs: Any) -> float | None:
    """Return the rate of the Raw that epochs were cut from; of split files mne has an array."""
    rate = getattr(epochs, "_raw_sfreq", None)
    return None if rate is None else float(np.ravel(rate)[0])


def _free(column: str) -> str:
    """Return the name of a column as one that a group can have beside its own."""
    name = column.replace("/", "_")
    return f"metadata_{name}" if name in _TAKEN else name


def _in_memory(values: Any) -> ReadBlocks:
    turned = np.swapaxes(values, -1, -2)
    return lambda picks: np.asarray(turned[..., list(picks)], dtype=np.float32)


def _plain_column(column: Any) -> Any:
    """Return a column of a table as numbers or strings, which both stores keep."""
    if column.dtype.kind in "iufb" and isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    return strings(None if missing else v for v, missing in zip(column, column.isna(), strict=True))


def _annotations_json(annotations: Any) -> list[dict[str, Any]] | None:
    if annotations is None or len(annotations) == 0:
        return None
    marks = marks_of(annotations, 0.0)
    return [
        {
            "onset": float(onset),
            "duration": float(duration),
            "description": text,
            "ch_names": list(names),
        }
        for onset, duration, text, names in zip(
            marks.onset, marks.duration, marks.description, marks.channels, strict=True
        )
    ]


def evoked_recording(
    evoked: Sequence[Any], read: ReadBlocks | None = None, time: ArrayLike | None = None
) -> xr.DataTree:
    """Return evoked responses as a recording, (condition, time, channel).

    Parameters
    ----------
    evoked : sequence of mne.Evoked
        On one time axis, with the same channels.
    read : callable, optional
        ``read(picks)`` gives the values of some channels; default those in memory.
    time : (n_times,) array_like, optional
        Seconds from the event; default as mne has it, on the grid of its sampling rate.

    Returns
    -------
    DataTree
        With ``n_averages`` per condition.

    Raises
    ------
    LabelError, TimeError
        If channels or times differ.
    """
    first = evoked[0]
    for other in evoked[1:]:
        if other.ch_names != first.ch_names:
            odd = sorted(set(other.ch_names) ^ set(first.ch_names))
            raise LabelError(
                f"channels of {other.comment!r} and {first.comment!r} differ: {', '.join(odd[:5])}",
                where="from_mne",
                mend="Equalise them with mne.channels.equalize_channels.",
            )
        if not np.array_equal(other.times, first.times):
            raise TimeError(
                f"{other.comment!r} has other times than {first.comment!r}",
                where="from_mne",
                mend="Crop or resample them to one time axis.",
            )
    if read is None:
        read = _in_memory(np.stack([item.data for item in evoked]))
    axis = first.times if time is None else time
    label = ("condition", strings(condition_labels(evoked)))
    groups = {
        name: group.rename(trial="condition").assign_coords(condition=label)
        for name, group in _groups(first.info, read, axis).items()
    }
    for group in groups.values():
        group["n_averages"] = ("condition", np.array([e.nave for e in evoked], dtype=np.int64))
    extra = {
        str(name): {
            "comment": item.comment,
            "kind": item.kind,
            "baseline": None if item.baseline is None else [float(t) for t in item.baseline],
        }
        for name, item in zip(label[1], evoked, strict=True)
    }
    return _tree(first.info, groups, mne_evoked=extra)


def _groups(
    info: Any, read: ReadBlocks, time: Any, trial: dict[str, Any] | None = None
) -> dict[str, xr.Dataset]:
    """Return the groups of (trial, time, channel) values, triggers apart."""
    types = channel_types(info)
    groups = {}
    for name, wanted in (("activity", False), ("auxiliary/trigger", True)):
        picks = [i for i, kind in enumerate(types) if (kind == "TRIG") is wanted]
        if not picks:
            continue
        placed = channel_positions(info, picks)
        group = activity(
            read(picks),
            names=[info["ch_names"][i] for i in picks],
            space="channel",
            rate=float(info["sfreq"]),
            time=time,
            time_origin="event",
            coords=channel_coords(info, picks),
            position=None if placed is None else placed[0],
            position_attrs=None if placed is None else placed[1],
            trial=trial,
        )
        groups[name] = with_contacts(group)
    first = next(iter(groups))
    groups[first].attrs.update(group_attrs(info))
    return groups


def _tree(info: Any, groups: dict[str, xr.Dataset], **extra: Any) -> xr.DataTree:
    first = next(iter(groups))
    groups[first].attrs.update({name: json.dumps(value) for name, value in extra.items()})
    subject, start_time = who_and_when(info)
    return recording(
        groups,
        modality=modality_of(channel_types(info)),
        source="mne",
        subject=subject,
        start_time=start_time,
    )


def condition_labels(evoked: Sequence[Any]) -> list[str]:
    """Return labels of conditions: the comments, numbered where they repeat or are empty.

    Parameters
    ----------
    evoked : sequence of mne.Evoked
        A standard error is told from the mean that it belongs to.

    Returns
    -------
    list of str
        Unique.
    """
    found: list[str] = []
    for i, item in enumerate(evoked):
        name = item.comment or f"condition {i}"
        if item.kind == "standard_error":
            name = f"{name} (standard error)"
        found.append(name if name not in found else f"{name} ({i})")
    return found
