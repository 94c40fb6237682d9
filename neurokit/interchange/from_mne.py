"""Objects of MNE as recordings: Raw, Epochs and Evoked (https://doi.org/10.3389/fnins.2013.00267)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import OptionError
from neurokit.interchange.mne_blocks import epochs_recording, evoked_recording
from neurokit.interchange.mne_build import Decoding, continuous
from neurokit.interchange.mne_channels import modality_of
from neurokit.interchange.mne_events import marks_of
from neurokit.interchange.mne_info import channel_types, who_and_when
from neurokit.interchange.mne_timeline import Timeline
from neurokit.interchange.mne_triggers import Consecutive
from neurokit.schema import recording


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
        return epochs_recording(given)
    several = list(given) if isinstance(given, list | tuple) else [given]
    if several and all(isinstance(item, mne.Evoked) for item in several):
        return evoked_recording(several)
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
