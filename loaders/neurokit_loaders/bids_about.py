"""What a BIDS dataset says about a recording as a whole: who, when, how, under which licence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import Finding
from neurokit_loaders.bids_channels import Groups
from neurokit_loaders.bids_findings import ABSENT, CONTRADICTION, OVERRULED
from neurokit_loaders.bids_layout import BidsFile
from neurokit_loaders.bids_tables import Table, missing, read_json, read_tsv

# What authors write for licences, by its letters and digits alone.
_LICENCES = {
    "cc0": "CC0-1.0",
    "cc010": "CC0-1.0",
    "creativecommonszero": "CC0-1.0",
    "pddl": "PDDL-1.0",
    "pddl10": "PDDL-1.0",
    "pd": "PDDL-1.0",
    "odbl": "ODbL-1.0",
    "ccby": "CC-BY-4.0",
    "ccby40": "CC-BY-4.0",
    "ccbysa40": "CC-BY-SA-4.0",
    "ccbync40": "CC-BY-NC-4.0",
    "ccbyncsa40": "CC-BY-NC-SA-4.0",
    "ccbyncnd40": "CC-BY-NC-ND-4.0",
}
_COUNTS = {
    "EEGChannelCount": ("EEG",),
    "SEEGChannelCount": ("SEEG",),
    "ECOGChannelCount": ("ECOG",),
    "EOGChannelCount": ("EOG", "VEOG", "HEOG"),
    "ECGChannelCount": ("ECG",),
    "EMGChannelCount": ("EMG",),
    "MEGChannelCount": ("MEGMAG", "MEGGRADPLANAR", "MEGGRADAXIAL"),
}


@dataclass
class About:
    """What goes into the root of a recording.

    Parameters
    ----------
    attrs : dict
        Attributes of the root.
    findings : list of Finding
        What is absent or contradicts.
    """

    attrs: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def about(file: BidsFile, start_time: str) -> About:
    """Read participants, sessions, scans and the description of the dataset.

    Parameters
    ----------
    file : BidsFile
        The recording.
    start_time : str
        When it began by the data file, ISO 8601; ``""`` where it does not say.

    Returns
    -------
    About
        ``subject``, ``session``, ``task``, ``run``, ``species``, ``start_time``, ``licence``,
        ``doi``, and every row word for word as JSON: ``bids_participant``, ``bids_session``,
        ``bids_scan``, ``bids_dataset``.
    """
    found = About()
    entities = file.entities
    found.attrs["subject"] = entities.get("subject", "")
    found.attrs["session"] = entities.get("session", "")
    extra = {k: v for k, v in entities.items() if k not in ("subject", "session")}
    found.attrs |= {f"bids_{key}": value for key, value in extra.items()}
    _participant(file, found)
    _session(file, found)
    _scan(file, start_time, found)
    _dataset(file, found)
    return found


def _rows(path: Path, found: About) -> Table | None:
    if not path.is_file():
        return None
    table = read_tsv(path)
    found.findings += table.findings
    return table


def _row(
    path: Path, column: str, value: str, found: About, *, needed: bool
) -> dict[str, str] | None:
    table = _rows(path, found)
    if table is None:
        return None
    row = table.row(column, value)
    if row is None and needed:
        mend = "Add the row; the recording is read without it."
        found.findings.append(ABSENT.at(path.name, f"has no row for {value}", mend))
    return row


def _json(row: Mapping[str, Any]) -> str:
    return json.dumps(dict(row), ensure_ascii=False)


def _participant(file: BidsFile, found: About) -> None:
    subject = file.entities.get("subject", "")
    path = file.root / "participants.tsv"
    # Recordings of the empty room have no participant.
    needed = subject != "emptyroom"
    row = _row(path, "participant_id", f"sub-{subject}", found, needed=needed)
    # The standard's default, which it states in this very spelling.
    species = "homo sapiens" if path.is_file() and needed else ""
    if row is not None:
        found.attrs["bids_participant"] = _json(row)
        stated = row.get("species", "")
        species = species if missing(stated) else stated
    found.attrs["species"] = species[:1].upper() + species[1:]


def _session(file: BidsFile, found: About) -> None:
    subject, session = file.entities.get("subject"), file.entities.get("session")
    if subject is None or session is None:
        return
    path = file.root / f"sub-{subject}" / f"sub-{subject}_sessions.tsv"
    row = _row(path, "session_id", f"ses-{session}", found, needed=True)
    if row is not None:
        found.attrs["bids_session"] = _json(row)


def _scan(file: BidsFile, start_time: str, found: About) -> None:
    found.attrs["start_time"] = start_time
    for path in file.sidecars("scans", ".tsv"):
        name = file.path.relative_to(path.parent.resolve()).as_posix()
        row = _row(path, "filename", name, found, needed=True)
        if row is None:
            continue
        found.attrs["bids_scan"] = _json(row)
        stated = row.get("acq_time", "n/a")
        if not missing(stated):
            _began(stated, start_time, path.name, found)


def _began(stated: str, start_time: str, where: str, found: About) -> None:
    """Take the time of acquisition from scans.tsv: dates are shifted there to hide who it was."""
    try:
        date = datetime.fromisoformat(stated)
    except ValueError:
        text = f"acq_time {stated!r} is no date of ISO 8601"
        mend = "The data file's date is kept; write 2001-02-03T04:05:06Z."
        found.findings.append(CONTRADICTION.at(where, text, mend))
        return
    if date.tzinfo is None:
        if not start_time:
            text = f"acq_time {stated} says no zone, and the data file no date"
            mend = "start_time stays empty; write the time in UTC with a Z."
            found.findings.append(ABSENT.at(where, text, mend))
        return
    found.attrs["start_time"] = date.isoformat()
    own = datetime.fromisoformat(start_time) if start_time else date
    if own.tzinfo is None or abs((date - own).total_seconds()) > 1.0:
        text = f"acq_time {stated} replaces {start_time} of the data file"
        mend = "Dates are shifted to protect participants; only differences of time may count."
        found.findings.append(OVERRULED.at(where, text, mend))


def _dataset(file: BidsFile, found: About) -> None:
    path = file.root / "dataset_description.json"
    if not path.is_file():
        return
    stated = read_json(path)
    found.attrs["bids_dataset"] = _json(stated)
    found.attrs["licence"] = licence_of(str(stated.get("License", "")))
    doi = str(stated.get("DatasetDOI", ""))
    found.attrs["doi"] = re.sub(r"^(doi:|https?://(dx\.)?doi\.org/)", "", doi, flags=re.IGNORECASE)


def licence_of(text: str) -> str:
    """Return the SPDX identifier of what a dataset calls its licence, else ``"unknown"``.

    Parameters
    ----------
    text : str
        As authors write it.

    Returns
    -------
    str
        The words themselves stand in ``bids_dataset``.

    Examples
    --------
    >>> licence_of("CC0"), licence_of("CC BY 4.0"), licence_of("ask us")
    ('CC0-1.0', 'CC-BY-4.0', 'unknown')
    """
    return _LICENCES.get(re.sub(r"[^a-z0-9]", "", text.lower()), "unknown")


def compare_sidecar(
    sidecar: Mapping[str, Any], groups: Groups, where: str
) -> tuple[Groups, list[Finding]]:
    """Compare what the JSON sidecar says with the data, and keep what only it knows.

    Parameters
    ----------
    sidecar : mapping
        Merged by the inheritance principle.
    groups : dict of str to Dataset
        Groups with channels, by path.
    where : str
        The sidecar, for findings.

    Returns
    -------
    groups : dict of str to Dataset
        ``line_frequency`` of ``/activity`` and ``reference`` of its signal filled.
    findings : list of Finding
        Rate, length and numbers of channels that contradict the data.
    """
    path = "activity" if "activity" in groups else next(iter(groups))
    group = groups[path].copy(deep=False)
    group.attrs = dict(group.attrs)
    mend = "The data file counts; correct the sidecar."
    said = (*_clock(sidecar, group), *_counts(sidecar, groups))
    findings = [CONTRADICTION.at(where, text, mend) for text in said]
    line = number_in(sidecar, "PowerLineFrequency")
    if line is not None:
        old = group.attrs.get("line_frequency")
        if old is not None and old != line:
            text = f"PowerLineFrequency {line:g} Hz replaces {old:g} Hz of the data file"
            findings.append(OVERRULED.at(where, text, "Check which is true."))
        group.attrs["line_frequency"] = line
    stated = next((sidecar[k] for k in ("iEEGReference", "EEGReference") if k in sidecar), "")
    if isinstance(stated, str) and not missing(stated):
        signal = group["signal"].copy(deep=False)
        signal.attrs = {**signal.attrs, "reference": stated}
        group = group.assign(signal=signal)
    return {**groups, path: group}, findings


def number_in(sidecar: Mapping[str, Any], key: str) -> float | None:
    """Return a number of a sidecar, None where it is absent or no finite number."""
    value = sidecar.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if np.isfinite(value) else None


def _clock(sidecar: Mapping[str, Any], group: xr.Dataset) -> list[str]:
    said = []
    rate, stated = group.attrs.get("sampling_rate"), number_in(sidecar, "SamplingFrequency")
    n = group.sizes["time"]
    # A rate is off where it moves the last sample by more than one sample.
    if rate and stated is not None and abs(stated / rate - 1) * max(n, 1) > 1 + 1e-6:
        said.append(f"SamplingFrequency is {stated:g} Hz, the data file has {rate:.10g} Hz")
    length = number_in(sidecar, "RecordingDuration")
    if rate and n and length is not None:
        lasts = float(group["time"].values[-1] - group["time"].values[0]) + 1 / rate
        # Some count to the last sample, some behind it; headers round to seconds.
        if abs(length - lasts) > max(2 / rate, 1e-3 * lasts):
            said.append(f"RecordingDuration is {length:g} s, the data file lasts {lasts:g} s")
    return said


def _counts(sidecar: Mapping[str, Any], groups: Groups) -> list[str]:
    kinds = np.concatenate([group["channel_type"].values for group in groups.values()])
    said = []
    for key, types in _COUNTS.items():
        stated = number_in(sidecar, key)
        found = int(np.isin(kinds, types).sum())
        if stated is not None and stated != found:
            said.append(f"{key} is {stated:g}, there are {found}")
    return said
