"""EDF and BDF files as recordings: one group per sampling rate, all that is written as events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit._version import __version__
from neurokit.interchange.mne_build import Decoding, chosen_lines, decoded
from neurokit.interchange.mne_channels import modality_of
from neurokit.interchange.mne_events import event_table
from neurokit.interchange.mne_triggers import TriggerEvents
from neurokit.io import lazy_variable, require_file
from neurokit.schema import Finding, activity, recording, regular_time, with_contacts
from neurokit_loaders.mne_edf import (
    FIXED_BYTES,
    EdfHeader,
    parse_header,
    record_count,
    signal_count,
)
from neurokit_loaders.mne_edf_annotations import inside, marks_from, read_tals
from neurokit_loaders.mne_edf_channels import EdfChannel, by_group, channels_of, noticed
from neurokit_loaders.mne_edf_data import EdfArray, record_runs, sample_times
from neurokit_loaders.mne_edf_fields import filter_edges, start_of, subject_info, subject_of


def read_header(path: Path) -> EdfHeader:
    """Read the header of a file, no more.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    EdfHeader
        Consistent in itself.

    Raises
    ------
    FileContentError
        If the file is empty, cut within the header, or the header contradicts itself.
    """
    with require_file(path).open("rb") as handle:
        head = handle.read(FIXED_BYTES)
        head += handle.read(FIXED_BYTES * signal_count(head, str(path)))
    return parse_header(head, str(path))


def open_edf(
    path: Path,
    *,
    decoding: Decoding,
    unit: str | Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    infer_types: bool = False,
    encoding: str = "utf8",
    allow_truncated: bool = False,
) -> xr.DataTree:
    """Open an EDF or BDF file; samples stay in the file.

    Parameters
    ----------
    path : Path
        The file.
    decoding : Decoding
        How trigger lines become events.
    unit, types, infer_types, encoding, allow_truncated
        Options of the loader.

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    FileContentError
        If the file is damaged.
    """
    header = read_header(path)
    where = str(path)
    n_records, findings = record_count(header, path.stat().st_size, where, allow_truncated)
    channels = channels_of(header, unit=unit, types=types, infer_types=infer_types)
    findings += noticed(header, channels, where, told=unit is not None)
    tals, onset = read_tals(where, header, n_records, encoding)
    start = float(onset[0]) if np.isfinite(onset[0]) else 0.0
    clock = _Clock(header, n_records, onset - start, where)
    marks, notes = inside(marks_from(tals, start, [c.name for c in channels]), clock.end)
    findings += [_note(note, where) for note in notes]
    groups = {
        name: clock.group(chosen, _array(where, header, n_records, chosen), start)
        for name, chosen in by_group(channels, header.record_s).items()
    }
    first = groups.get("activity", next(iter(groups.values())))
    first.attrs.update(_attrs(header, channels))
    events, more = _decoded(groups.get("auxiliary/trigger"), decoding)
    # Onsets of codes follow the clock of their line, those of marks stand for themselves.
    line = groups.get("auxiliary/trigger", first)
    rate = float(line.attrs["sampling_rate"])
    table = event_table(marks, events, line["time"].values, rate)
    if table is not None:
        groups["events"] = table
    return recording(
        groups,
        modality=modality_of(c.kind for c in channels),
        subject=subject_of(header),
        start_time=start_of(header),
        loader="mne.raw",
        loader_version=__version__,
        findings=[*findings, *more],
    )


def info_edf(path: Path) -> dict[str, Any]:
    """Say what is in an EDF or BDF file from its header alone.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        Format, channels, rates, length, start.
    """
    header = read_header(path)
    n_records, _ = record_count(header, path.stat().st_size, str(path))
    channels = channels_of(header)
    groups = by_group(channels, header.record_s)
    main = groups.get("activity", channels)
    return {
        "format": header.reserved[:5].strip() or ("BDF" if header.bdf else "EDF"),
        "modality": modality_of(c.kind for c in channels),
        "subject": subject_of(header),
        "start_time": start_of(header),
        "n_channels": len(channels),
        "channel_types": dict(Counter(c.kind for c in channels)),
        "units": sorted({c.unit for c in channels}),
        "sampling_rate": main[0].n_samples / header.record_s,
        "sampling_rates": sorted({c.n_samples / header.record_s for c in channels}),
        "n_times": n_records * main[0].n_samples,
        "duration_s": n_records * header.record_s,
    }


def _array(where: str, header: EdfHeader, n_records: int, chosen: Sequence[EdfChannel]) -> EdfArray:
    return EdfArray(
        where,
        header,
        n_records,
        [c.index for c in chosen],
        [c.factor for c in chosen],
        triggers=chosen[0].kind == "TRIG",
    )


def _decoded(
    group: xr.Dataset | None, decoding: Decoding
) -> tuple[dict[str, TriggerEvents], list[Finding]]:
    """Decode the trigger lines that are asked for; only these are read."""
    present = [] if group is None else [str(name) for name in group["channel"].values]
    names = chosen_lines(present, decoding)
    if group is None or not names:
        return {}, []
    codes = group["signal"].isel(channel=[present.index(name) for name in names])
    return decoded(codes.values, names, decoding, float(group.attrs["sampling_rate"]))


class _Clock:
    """Times of the samples of a file, by the rate of its groups."""

    def __init__(
        self, header: EdfHeader, n_records: int, onset: NDArray[np.float64], where: str
    ) -> None:
        self.header, self.n_records, self.onset = header, n_records, onset
        self.runs = np.zeros(n_records, dtype=np.int64)
        if header.has_gaps:
            most = max(s.n_samples for s in header.signals if not s.is_annotation)
            finest = header.record_s / most
            self.runs = record_runs(onset, header.record_s, finest / 2, where)

    @property
    def end(self) -> float:
        """When the last record ends, s."""
        start = self.onset[-1] if self.runs[-1] else (self.n_records - 1) * self.header.record_s
        return float(start + self.header.record_s)

    def group(self, chosen: Sequence[EdfChannel], array: EdfArray, start: float) -> xr.Dataset:
        """Return a group of the contract."""
        n = chosen[0].n_samples
        rate, run = n / self.header.record_s, None
        time = regular_time(array.shape[0], rate)
        if self.runs[-1]:
            time, run = sample_times(self.onset, self.runs, n, self.header.record_s)
        group = activity(
            lazy_variable(("time", "channel"), array),
            names=[c.name for c in chosen],
            space="channel",
            rate=rate,
            time=time,
            time_offset=start,
            coords={
                "channel_type": [c.kind for c in chosen],
                "unit": [c.unit for c in chosen],
                "bad": [False] * len(chosen),
            },
            run=None if run is None else cast("Sequence[int]", run),
        )
        return with_contacts(group)


def _note(found: str, where: str) -> Finding:
    mend = "Nothing else is lost; check the file if they matter."
    return Finding("NK856", "SUGGESTION", where, found, mend)


def _attrs(header: EdfHeader, channels: Sequence[EdfChannel]) -> dict[str, float | str]:
    signals = [c for c in channels if c.kind != "TRIG"] or list(channels)
    rate = max(c.n_samples for c in signals) / header.record_s
    highpass, lowpass = filter_edges(header, [c.index for c in signals], rate)
    carried = {"subject_info": subject_info(header.patient), "ch_names": [c.name for c in channels]}
    return {"highpass": highpass, "lowpass": lowpass, "mne_info": json.dumps(carried)}
