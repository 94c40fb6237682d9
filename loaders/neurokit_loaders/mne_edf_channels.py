"""Channels of EDF and BDF files: names, types, units, and which group each belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neurokit.schema import Finding
from neurokit_loaders.mne_edf import EdfHeader
from neurokit_loaders.mne_edf_fields import is_trigger, si_unit, unique_names
from neurokit_loaders.mne_units import stated_types, stated_units

# Types that a label may begin with ("EEG Fp1", "SaO2 X9"), as MNE reads them.
_PREFIXES: dict[str, str] = {
    **{kind: kind for kind in ("EEG", "SEEG", "ECOG", "DBS", "EOG", "ECG", "EMG", "RESP", "TEMP")},
    "BIO": "MISC",
    "MISC": "MISC",
    "SAO2": "MISC",
    "STIM": "TRIG",
}


@dataclass(frozen=True)
class EdfChannel:
    """A signal as the recording has it.

    Parameters
    ----------
    index : int
        Number of the signal in the file.
    name, kind, unit : str
        Label, BIDS type, unit.
    factor : float
        From the file's physical values to the unit.
    n_samples : int
        Per record.
    """

    index: int
    name: str
    kind: str
    unit: str
    factor: float
    n_samples: int


def channels_of(
    header: EdfHeader,
    *,
    unit: str | Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    infer_types: bool = False,
) -> list[EdfChannel]:
    """Return the channels of a file with unique names, types and units.

    Parameters
    ----------
    header : EdfHeader
        The header.
    unit, types, infer_types
        Options of the loader.

    Returns
    -------
    list of EdfChannel
        Annotation signals left out. All are EEG but trigger lines, unless told otherwise.
    """
    indices = [i for i, signal in enumerate(header.signals) if not signal.is_annotation]
    labels = [header.signals[i].label for i in indices]
    kinds = ["EEG"] * len(labels)
    if infer_types:
        kinds, labels = map(list, zip(*(_inferred(label) for label in labels), strict=True))
    names = unique_names(labels)
    kinds = ["TRIG" if is_trigger(name) else kind for name, kind in zip(names, kinds, strict=True)]
    told = stated_types(types, names)
    kinds = [told.get(name, kind) for name, kind in zip(names, kinds, strict=True)]
    units = [si_unit(header.signals[i].unit) for i in indices]
    override = stated_units(unit, names, [u for u, _ in units])
    channels = []
    for i, name, kind, declared in zip(indices, names, kinds, units, strict=True):
        one, factor = ("1", 1.0) if kind == "TRIG" else override.get(name, declared)
        channels.append(EdfChannel(i, name, kind, one, factor, header.signals[i].n_samples))
    return channels


def _inferred(label: str) -> tuple[str, str]:
    first, _, rest = label.partition(" ")
    if rest and first.upper() in _PREFIXES:
        return _PREFIXES[first.upper()], rest
    return "EEG", label


def by_group(channels: Sequence[EdfChannel], record_s: float) -> dict[str, list[EdfChannel]]:
    """Sort channels into groups: the rate of most of them is ``activity``.

    Parameters
    ----------
    channels : sequence of EdfChannel
        All of a file.
    record_s : float
        Seconds per record.

    Returns
    -------
    dict of str to list of EdfChannel
        ``activity``, ``auxiliary/rate_<Hz>`` for other rates, ``auxiliary/trigger``.
    """
    signals = Counter(c.n_samples for c in channels if c.kind != "TRIG")
    triggers = Counter(c.n_samples for c in channels if c.kind == "TRIG")
    # The higher rate wins a tie: it loses nothing that the lower one shows.
    most = max(signals, key=lambda n: (signals[n], n), default=0)
    usual = max(triggers, key=lambda n: (triggers[n], n), default=0)
    groups: dict[str, list[EdfChannel]] = {}
    for channel in channels:
        rate = f"{channel.n_samples / record_s:g}"
        if channel.kind == "TRIG":
            name = "auxiliary/trigger" + ("" if channel.n_samples == usual else f"_{rate}")
        else:
            name = "activity" if channel.n_samples == most else f"auxiliary/rate_{rate}"
        groups.setdefault(name, []).append(channel)
    return {name: groups[name] for name in sorted(groups)}


def noticed(
    header: EdfHeader, channels: Sequence[EdfChannel], where: str, *, told: bool
) -> list[Finding]:
    """Return what is odd about the channels of a file.

    Parameters
    ----------
    header : EdfHeader
        The header.
    channels : sequence of EdfChannel
        As `channels_of` gives them.
    where : str
        The file.
    told : bool
        The user said what units are.

    Returns
    -------
    list of Finding
        Suggestions only.
    """
    signals = [c for c in channels if c.kind != "TRIG"]
    findings = []
    silent = [c.name for c in signals if not header.signals[c.index].unit]
    if silent and not told:
        found = f"{len(silent)} channels have no physical dimension and are taken as volts"
        mend = 'If the numbers are microvolts, open it with unit="uV" or a unit per channel.'
        findings.append(Finding("NK852", "SUGGESTION", where, f"{found}: {_few(silent)}", mend))
    empty = [c.name for c in channels if _empty_range(header, c)]
    if empty:
        found = f"{len(empty)} channels have an empty physical or digital range: {_few(empty)}"
        mend = "Their values are digital steps; mark them bad or leave them out."
        findings.append(Finding("NK853", "SUGGESTION", where, found, mend))
    renamed = [c.name for c in channels if not header.signals[c.index].label.endswith(c.name)]
    if renamed:
        found = f"{len(renamed)} channels shared a label and were numbered: {_few(renamed)}"
        findings.append(Finding("NK854", "SUGGESTION", where, found, "Rename them if need be."))
    if len({header.signals[c.index].prefilter for c in signals}) > 1:
        found = "channels went through different filters"
        mend = "highpass and lowpass are those of the narrowest band."
        findings.append(Finding("NK855", "SUGGESTION", where, found, mend))
    return findings


def _empty_range(header: EdfHeader, channel: EdfChannel) -> bool:
    signal = header.signals[channel.index]
    empty = signal.digital[0] == signal.digital[1]
    return empty or (channel.kind != "TRIG" and signal.physical[0] == signal.physical[1])


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
