"""What the header fields of EDF and BDF mean: units, filters, dates, subjects, names.

Read as MNE reads them, so that both say the same of a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from neurokit_loaders.mne_edf import EdfHeader

_TRIGGERS = frozenset({"status", "trigger"})

# Physical dimensions that are a power of ten away from their SI unit. The mu of EDF is written
# in three encodings (Greek, the micro sign, Shift-JIS read as Latin-1).
_SCALED: dict[str, tuple[str, float]] = {
    **{f"{mu}V": ("V", 1e-6) for mu in ("u", "\u03bc", "\u00b5", "\x83\xca")},
    "nV": ("V", 1e-9),
    "mV": ("V", 1e-3),
    "V": ("V", 1.0),
    "fT": ("T", 1e-15),
    "pT": ("T", 1e-12),
    "T": ("T", 1.0),
}


def si_unit(dimension: str) -> tuple[str, float]:
    """Return the unit that values are held in, and the factor to it.

    Parameters
    ----------
    dimension : str
        Physical dimension as the header has it: ``"uV"``, ``"mV"``, ``"degC"``, ``""``.

    Returns
    -------
    unit : str
        ``"V"`` or ``"T"`` for these and their fractions and for nothing said; others verbatim.
    factor : float
        From the dimension to the unit.

    Examples
    --------
    >>> si_unit("uV"), si_unit("degC"), si_unit("")
    (('V', 1e-06), ('degC', 1.0), ('V', 1.0))
    """
    return _SCALED.get(dimension, (dimension or "V", 1.0))


def unique_names(labels: Sequence[str]) -> list[str]:
    """Number labels that stand more than once, as MNE does.

    Parameters
    ----------
    labels : sequence of str
        As written.

    Returns
    -------
    list of str
        ``"EEG-0", "EEG-1"`` for ``"EEG", "EEG"``.
    """
    names = list(labels)
    for stem in [label for label in dict.fromkeys(names) if names.count(label) > 1]:
        for number, at in enumerate(i for i, label in enumerate(labels) if label == stem):
            tries = (f"{stem}-{mark}" for mark in (number, *"abcdefghijklmnopqrstuvwxyz"))
            names[at] = next(name for name in tries if name not in names)
    return names


def is_trigger(name: str) -> bool:
    """Return whether a channel is a trigger line by its name, as MNE decides it."""
    return name.lower() in _TRIGGERS


def filter_edges(header: EdfHeader, indices: Sequence[int], rate: float) -> tuple[float, float]:
    """Return highpass and lowpass of some signals from what the header says of their filters.

    Parameters
    ----------
    header : EdfHeader
        The header.
    indices : sequence of int
        Signals.
    rate : float
        Highest sampling rate, Hz.

    Returns
    -------
    highpass, lowpass : float
        Hz: the highest highpass and the lowest lowpass; 0 and half the rate where nothing is
        said or the two contradict each other.
    """
    found = {}
    for word, choose in (("HP", np.nanmax), ("LP", np.nanmin)):
        values = np.array([_edge(word, header.signals[i].prefilter) for i in indices])
        found[word] = float(choose(values)) if np.isfinite(values).any() else 0.0
    highpass, lowpass = found["HP"], found["LP"] if found["LP"] > 0 else rate / 2
    return (0.0, rate / 2) if highpass > lowpass else (highpass, lowpass)


def _edge(word: str, prefilter: str) -> float:
    matches = re.findall(rf"{word}:\s*([a-zA-Z0-9,.]+)(?:Hz)?", prefilter)
    text = matches[-1].replace("Hz", "").replace(",", ".") if matches else ""
    if text == "DC":
        return 0.0
    return float(text) if text.replace(".", "", 1).isdigit() else np.nan


def start_of(header: EdfHeader) -> str:
    """Return when the recording began, ISO 8601; EDF knows no zone, UTC is put as MNE does.

    Parameters
    ----------
    header : EdfHeader
        The header.

    Returns
    -------
    str
        ``""`` where the header has no date.
    """
    day = None
    words = header.recording.split(" ")
    if len(words) == 5:
        # The start of EDF+ has four digits of the year, the fixed field two.
        day = _date(words[1], "%d-%b-%Y")
    if day is None:
        match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", header.date)
        if match is None:
            return ""
        d, m, y = (int(part) for part in match.groups())
        day = _date(f"{d}.{m}.{y + (2000 if y < 85 else 1900)}", "%d.%m.%Y")
    if day is None:
        return ""
    clock = _date(header.clock, "%H.%M.%S") or datetime(1900, 1, 1, tzinfo=UTC)
    return day.replace(hour=clock.hour, minute=clock.minute, second=clock.second).isoformat()


def _date(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern).replace(tzinfo=UTC)
    except ValueError:
        return None


def subject_of(header: EdfHeader) -> str:
    """Return the code of the subject, ``""`` where it is unknown (``X`` in EDF+)."""
    name = header.patient.split(" ")[0]
    return "" if name == "X" else name


def subject_info(patient: str) -> dict[str, Any]:
    """Return what EDF+ says of the patient, in the words of mne.Info.

    Parameters
    ----------
    patient : str
        ``"code sex birthdate name key=value..."``.

    Returns
    -------
    dict
        JSON as `mne.Info.to_json_dict` writes it.
    """
    words = patient.split(" ")
    info: dict[str, Any] = {"his_id": words[0]}
    if len(words) < 4:
        return info
    info["sex"] = {"M": 1, "F": 2}.get(words[1], 0)
    try:
        born = datetime.strptime(words[2], "%d-%b-%Y").date()
        info["birthday"] = {"_mne_type": "date", "value": born.isoformat()}
    except ValueError:
        pass
    names = words[3].split("_")
    keys = {2: ("first_name", "last_name"), 3: ("first_name", "middle_name", "last_name")}
    info.update(zip(keys.get(len(names), ()), names, strict=False))
    if len(names) not in keys:
        info["last_name"] = words[3]
    for word in words[4:]:
        key, _, value = word.partition("=")
        kind = {"weight": float, "height": float, "hand": int}.get(key)
        if kind is not None and value.replace(".", "", 1).isdigit():
            info[key] = kind(value)
    return info
