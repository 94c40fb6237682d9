"""Recordings as objects of MNE: Raw, Epochs or Evoked, whichever the dims of the signal say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import SchemaError, TimeError
from neurokit.interchange.mne_assemble import TRIGGER, group_at, info_of, tables_of, values_of
from neurokit.interchange.mne_events import marks_in
from neurokit.interchange.mne_timeline import GAP
from neurokit.schema import space_dim


def to_mne(rec: xr.DataTree) -> Any:
    """Return a recording as an object of MNE; undoes `from_mne`.

    ``/activity`` (time, channel) and ``/auxiliary/trigger`` become one Raw with ``/events`` as
    annotations (all but those decoded from trigger lines), (trial, time, channel) become Epochs,
    (condition, time, channel) one Evoked or a list of them. Gaps are filled with zeros and
    annotated BAD_ACQ_SKIP, as MNE does it. What `mne.Info` held when the recording came from MNE
    is put back for the channels that are still there; ``/behavior``, ``/stimulus`` and groups
    of other rates have no place in MNE and stay behind.

    Parameters
    ----------
    rec : xarray.DataTree
        A recording with channels.

    Returns
    -------
    mne.io.RawArray, mne.EpochsArray, mne.EvokedArray or list of mne.EvokedArray
        With all data in memory.

    Raises
    ------
    SchemaError
        If there is no ``/activity`` with channels.
    TimeError
        If time is irregular.

    Examples
    --------
    >>> import neurokit as nk
    >>> group = nk.schema.activity(
    ...     np.zeros((10, 1)), names=["Cz"], space="channel", rate=100.0,
    ...     coords={"channel_type": ["EEG"]},
    ... )
    >>> to_mne(nk.schema.recording({"activity": group}, modality="eeg")).get_channel_types()
    ['eeg']
    """
    group = _first_group(rec)
    kind = {"trial": _epochs, "condition": _evoked}.get(str(group["signal"].dims[0]), _raw)
    return kind(rec, tables_of(rec, group))


def _first_group(rec: xr.DataTree) -> xr.Dataset:
    for path in ("/activity", TRIGGER):
        group = group_at(rec, path)
        if group is not None and "signal" in group and space_dim(group["signal"]) == "channel":
            return group
    raise SchemaError(
        "there is no /activity with channels",
        where=rec.name or "recording",
        mend="MNE holds channels only; neurons have no place there.",
    )


def _ticks(time: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    """Return the sample number of each time stamp, counted from the first."""
    sample = np.round((time - time[:1]) * rate).astype(np.int64)
    if sample.size and np.diff(sample, prepend=-1).min() < 1:
        raise TimeError(
            "two samples fall on one tick of the sampling rate",
            where="/activity/time",
            mend="Correct the rate or use nk.signal.resample(x, rate).",
        )
    return sample


def _raw(rec: xr.DataTree, tables: list[xr.Dataset]) -> Any:
    import mne

    info = info_of(rec, tables)
    rate = float(info["sfreq"])
    time = np.asarray(tables[0]["time"].values, dtype=np.float64)
    start = float(time[0]) if time.size else 0.0
    sample = _ticks(time, rate)
    values = values_of(tables, info["ch_names"])
    data = np.zeros((values.shape[0], int(sample[-1]) + 1 if sample.size else 0))
    data[:, sample] = values
    first = round((float(tables[0].attrs.get("time_offset", 0.0)) + start) * rate)
    raw = mne.io.RawArray(data, info, first_samp=first, verbose=False)
    return raw.set_annotations(_annotations(rec, raw, sample, start), verbose=False)


def _annotations(rec: xr.DataTree, raw: Any, sample: NDArray[np.int64], start: float) -> Any:
    import mne

    marks = marks_in(group_at(rec, "/events"))
    rate = float(raw.info["sfreq"])
    # A gap that came as an annotation still stands among the events; others are added here.
    rows = zip(marks.onset, marks.description, strict=True)
    told = {round((onset - start) * rate) for onset, text in rows if text.upper() == GAP}
    edges = np.flatnonzero(np.diff(sample) > 1)
    gaps = [(int(sample[e]) + 1, int(sample[e + 1])) for e in edges]
    gaps = [gap for gap in gaps if gap[0] not in told]
    # With a date, MNE counts from the start of the acquisition; without, from the first sample.
    shift = raw.first_time if raw.info["meas_date"] is not None else 0.0
    onset = np.array([*(marks.onset - start), *(a / rate for a, _ in gaps)], dtype=np.float64)
    more: dict[str, Any] = {}
    if any(marks.extras):
        more["extras"] = [*marks.extras, *({} for _ in gaps)]
    if any(marks.channels):
        more["ch_names"] = [*marks.channels, *(() for _ in gaps)]
    return mne.Annotations(
        onset + shift,
        [*marks.duration, *((b - a) / rate for a, b in gaps)],
        [*marks.description, *(GAP for _ in gaps)],
        orig_time=raw.info["meas_date"],
        **more,
    )


def _extra(tables: list[xr.Dataset], name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(str(tables[0].attrs.get(name, "{}")))
    return found


def _epochs(rec: xr.DataTree, tables: list[xr.Dataset]) -> Any:
    import mne

    group, info, extra = tables[0], info_of(rec, tables), _extra(tables, "mne_epochs")
    events, event_id = _trial_events(group, extra.get("event_id") or {})
    selection = group["selection"].values if "selection" in group.coords else None
    epochs = mne.EpochsArray(
        values_of(tables, info["ch_names"]),
        info,
        events=events,
        tmin=float(group["time"].values[0]),
        event_id=event_id,
        on_missing="ignore",
        metadata=_metadata(group, extra.get("metadata")),
        selection=selection,
        proj=False,
        raw_sfreq=extra.get("raw_sfreq"),
        verbose=False,
    )
    # Assigned, as mne's own reader does: applying it again would change the values.
    if extra.get("baseline") is not None:
        epochs.baseline = tuple(extra["baseline"])
    log = tuple(tuple(reasons) for reasons in extra.get("drop_log") or ())
    if selection is not None and sum(not reasons for reasons in log) == len(selection):
        epochs.drop_log = log
    if extra.get("annotations"):
        _annotate(epochs, extra["annotations"])
    return epochs


def _trial_events(
    group: xr.Dataset, event_id: Mapping[str, int]
) -> tuple[NDArray[np.int64], dict[str, int]]:
    n = group.sizes["trial"]
    kinds = ["trial"] * n
    if "trial_type" in group.coords:
        kinds = [str(kind) for kind in group["trial_type"].values]
    codes = dict(event_id) or {kind: i + 1 for i, kind in enumerate(dict.fromkeys(kinds))}
    columns = {
        "sample": np.arange(n),
        "previous_value": np.zeros(n),
        "value": np.array([codes[kind] for kind in kinds]),
    }
    given = [group[name].values if name in group.coords else v for name, v in columns.items()]
    events = np.stack(given, axis=1).astype(np.int64)
    return events, codes


def _metadata(group: xr.Dataset, columns: Mapping[str, str] | None) -> Any:
    if columns is None:
        return None
    import pandas as pd

    return pd.DataFrame({c: group[k].values for c, k in columns.items() if k in group.coords})


def _annotate(epochs: Any, rows: list[dict[str, Any]]) -> None:
    import mne

    columns = ([row[key] for row in rows] for key in ("onset", "duration", "description"))
    names = [row["ch_names"] for row in rows]
    date = epochs.info["meas_date"]
    epochs.set_annotations(mne.Annotations(*columns, orig_time=date, ch_names=names))


def _evoked(rec: xr.DataTree, tables: list[xr.Dataset]) -> Any:
    import mne

    group, info, extra = tables[0], info_of(rec, tables), _extra(tables, "mne_evoked")
    found = []
    for i, values in enumerate(values_of(tables, info["ch_names"])):
        label = str(group["condition"].values[i])
        more = extra.get(label, {})
        evoked = mne.EvokedArray(
            values,
            info,
            tmin=float(group["time"].values[0]),
            comment=more.get("comment", label) or "",
            nave=int(group["n_averages"].values[i]) if "n_averages" in group else 1,
            kind=more.get("kind", "average"),
            verbose=False,
        )
        if more.get("baseline") is not None:
            evoked.baseline = tuple(more["baseline"])
        found.append(evoked)
    return found if len(found) > 1 else found[0]
