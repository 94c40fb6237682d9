"""Objects of MNE as recordings: Raw, Epochs and Evoked (https://doi.org/10.3389/fnins.2013.00267)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import LabelError, OptionError, TimeError
from neurokit.interchange.mne_build import Decoding, continuous
from neurokit.interchange.mne_channels import modality_of
from neurokit.interchange.mne_events import marks_of
from neurokit.interchange.mne_info import (
    channel_coords,
    channel_positions,
    channel_types,
    group_attrs,
    who_and_when,
)
from neurokit.interchange.mne_timeline import Timeline
from neurokit.interchange.mne_triggers import Consecutive
from neurokit.schema import activity, recording, strings

# Names that a column of a table of trials cannot have in a group.
_TAKEN = frozenset(
    (
        *("signal", "observed", "position", "trial", "time", "channel", "space", "run"),
        *("channel_type", "unit", "bad", "region", "hemisphere", "coordinate_frame"),
        *("trial_type", "sample", "previous_value", "value", "selection"),
    )
)


def from_mne(
    raw_or_epochs_or_evoked: Any,
    *,
    stim_channel: str | Sequence[str] | None = None,
    consecutive: Consecutive = "increasing",
    initial_event: bool = False,
    mask: int | None = None,
) -> xr.DataTree:
    """Return an object of MNE as a recording of the contract.

    A Raw becomes ``/activity`` (time, channel), ``/auxiliary/trigger`` and ``/events``; Epochs
    become (trial, time, channel) with their metadata per trial; Evoked, one or a list on one
    time axis, become (condition, time, channel) with ``n_averages``. Projections are kept, not
    applied. Time of a Raw starts at 0 at its first sample; ``first_samp`` stands in
    ``time_offset`` and ``meas_date`` in ``start_time``. Samples annotated BAD_ACQ_SKIP are no
    data: they are left out, times stay true and ``run`` changes.

    Carried besides, as JSON in the attribute ``mne_info``, so that `to_mne` gives it back: all
    of `mne.Info` (dev_head_t, dig, projs, comps, proc_history, ...). Not carried: ``hpi_meas``,
    filenames and ``orig_format``, colours, TFR and source spaces; values become float32.

    Parameters
    ----------
    raw_or_epochs_or_evoked : mne.io.BaseRaw, mne.BaseEpochs, mne.Evoked or list of mne.Evoked
        What to convert.
    stim_channel : str or sequence of str, optional
        Trigger channels to decode into events; default MNE's choice (STI101, STI 014, else all);
        an empty list for none.
    consecutive : {"increasing", True, False}
        Which steps between codes begin an event, as in `mne.find_events`.
    initial_event : bool, default False
        Take a code that is on at the first sample as an event.
    mask : int, optional
        Only these bits of a trigger channel count.

    Returns
    -------
    xarray.DataTree
        The recording.

    Raises
    ------
    OptionError
        If the object is none of these.
    LabelError, TimeError
        If several Evoked differ in channels or times.

    Examples
    --------
    >>> import mne
    >>> info = mne.create_info(["Cz"], 100.0, "eeg")
    >>> rec = from_mne(mne.io.RawArray([[0.0, 1e-6, 2e-6]], info, verbose=False))
    >>> rec.activity.unit.item(), rec.activity.sampling_rate
    ('V', 100.0)
    """
    import mne

    given = raw_or_epochs_or_evoked
    if isinstance(given, mne.io.BaseRaw):
        lines = (stim_channel,) if isinstance(stim_channel, str) else stim_channel
        return _from_raw(
            given,
            Decoding(None if lines is None else tuple(lines), consecutive, initial_event, mask),
        )
    if isinstance(given, mne.BaseEpochs):
        return _from_epochs(given)
    several = list(given) if isinstance(given, list | tuple) else [given]
    if several and all(isinstance(item, mne.Evoked) for item in several):
        return _from_evoked(several)
    raise OptionError(
        f"got {type(given).__name__}",
        where="from_mne",
        mend="Give a Raw, Epochs, Evoked or a list of Evoked.",
    )


def _from_raw(raw: Any, decoding: Decoding) -> xr.DataTree:
    def read(picks: Sequence[int], line: Timeline) -> np.ndarray[Any, Any]:
        parts = [raw.get_data(picks=list(picks), start=a, stop=b) for a, b in line.segments]
        return (
            np.concatenate(parts, axis=1).T.astype(np.float32)
            if parts
            else np.empty((0, len(picks)))
        )

    parts = continuous(
        raw.info,
        n_times=int(raw.n_times),
        first_samp=int(raw.first_samp),
        marks=marks_of(raw.annotations, float(raw.first_time)),
        read=read,
        decoding=decoding,
    )
    subject, start_time = who_and_when(raw.info)
    return recording(
        parts.groups,
        modality=modality_of(channel_types(raw.info)),
        source="mne",
        findings=parts.findings,
        subject=subject,
        start_time=start_time,
    )


def _groups(
    info: Any, values: Any, time: Any, trial: dict[str, Any] | None = None
) -> dict[str, xr.Dataset]:
    """Return the groups of (trial, time, channel) values, triggers apart."""
    types = channel_types(info)
    groups = {}
    for name, wanted in (("activity", False), ("auxiliary/trigger", True)):
        picks = [i for i, kind in enumerate(types) if (kind == "TRIG") is wanted]
        if not picks:
            continue
        placed = channel_positions(info, picks)
        groups[name] = activity(
            np.asarray(values[..., picks], dtype=np.float32),
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


def _from_epochs(epochs: Any) -> xr.DataTree:
    if not epochs.preload:
        # Only then do events and metadata belong to the trials that are left.
        epochs = epochs.copy().drop_bad(verbose=False)
    values = epochs.get_data(copy=False).transpose(0, 2, 1)
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
            name = f"metadata_{column}" if str(column) in _TAKEN else str(column)
            columns[str(column)] = name
            trial[name] = _plain_column(epochs.metadata[column])
    groups = _groups(epochs.info, values, epochs.times, trial)
    extra = {
        "event_id": {name: int(code) for name, code in epochs.event_id.items()},
        "metadata": columns if epochs.metadata is not None else None,
        "baseline": None if epochs.baseline is None else [float(t) for t in epochs.baseline],
        "drop_log": [list(reasons) for reasons in epochs.drop_log],
        "raw_sfreq": float(epochs._raw_sfreq) if getattr(epochs, "_raw_sfreq", None) else None,
        "annotations": _annotations_json(epochs.annotations),
    }
    return _tree(epochs.info, groups, mne_epochs=extra)


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


def _from_evoked(evoked: list[Any]) -> xr.DataTree:
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
    values = np.stack([item.data.T for item in evoked])
    label = ("condition", strings(_unique([e.comment for e in evoked])))
    groups = {
        name: group.rename(trial="condition").assign_coords(condition=label)
        for name, group in _groups(first.info, values, first.times).items()
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


def _unique(comments: Sequence[str | None]) -> list[str]:
    """Return labels of conditions: the comments, numbered where they repeat or are empty."""
    found: list[str] = []
    for i, comment in enumerate(comments):
        name = comment or f"condition {i}"
        found.append(name if name not in found else f"{name} ({i})")
    return found
