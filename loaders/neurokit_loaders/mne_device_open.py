"""Recordings of Neuralynx and Blackrock, which are read without mne: each rate a group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from neurokit.interchange.mne_channels import modality_of
from neurokit.schema import Finding
from neurokit_loaders.mne_blackrock import NsxArray, read_nsx
from neurokit_loaders.mne_devices import DeviceChannels, device_recording
from neurokit_loaders.mne_edf_fields import unique_names
from neurokit_loaders.mne_neuralynx import NcsArray, NcsChannel, read_events, read_folder
from neurokit_loaders.mne_open import Statements
from neurokit_loaders.mne_units import stated_types, stated_units

# What mne takes such channels for; the files do not say.
_TYPE = "SEEG"


def open_neuralynx(path: Path, statements: Statements) -> xr.DataTree:
    """Open a folder of ``.ncs`` files, or one of them.

    Parameters
    ----------
    path : Path
        Folder or file.
    statements : Statements
        What the user says about channels.

    Returns
    -------
    DataTree
        Channels of the most common rate in ``/activity``, others in ``/auxiliary/rate_<Hz>``.

    Raises
    ------
    FileContentError
        If a file is damaged.
    """
    channels, findings = read_folder(path)
    names = unique_names([channel.name for channel in channels])
    told = stated_units(statements.unit, names, ["V"] * len(names))
    types = stated_types(statements.types, names)
    parts = {}
    for name, members in _by_layout(channels).items():
        group = [channels[i] for i in members]
        of = [names[i] for i in members]
        # The option says what unit the numbers have that the header takes for volts.
        factors = [told[n][1] if n in told else 1.0 for n in of]
        parts[name] = DeviceChannels(
            array=NcsArray(group, [c.factor * f for c, f in zip(group, factors, strict=True)]),
            names=of,
            types=[types.get(n, _TYPE) for n in of],
            units=[told[n][0] if n in told else "V" for n in of],
            rate=group[0].rate,
            stretches=group[0].stretches,
            highpass=[c.highpass for c in group],
            lowpass=[c.lowpass for c in group],
        )
    findings += [*_about_gaps(parts, path), *_about_filters(parts, path)]
    starts = [channel.start for channel in channels if channel.start is not None]
    return device_recording(
        parts,
        start=min(starts, default=None),
        findings=findings,
        events=_events(path if path.is_dir() else path.parent),
    )


def _by_layout(channels: Sequence[NcsChannel]) -> dict[str, list[int]]:
    """Sort channels by rate and stamps: most of them are ``activity``."""
    layouts: dict[tuple[Any, ...], list[int]] = {}
    for i, channel in enumerate(channels):
        layouts.setdefault(channel.layout, []).append(i)
    # The higher rate wins a tie: it loses nothing that the lower one shows.
    ordered = sorted(layouts.values(), key=lambda m: (-len(m), -channels[m[0]].rate, m[0]))
    named: dict[str, list[int]] = {}
    for number, members in enumerate(ordered):
        name = f"auxiliary/rate_{channels[members[0]].rate:g}" if number else "activity"
        while name in named:
            name += "_more"
        named[name] = members
    return named


def _events(folder: Path) -> Mapping[str, Any]:
    seconds, texts, ttl = read_events(folder)
    return {"seconds": seconds, "trial_type": texts, "value": ttl}


def _about_gaps(parts: Mapping[str, DeviceChannels], path: Path) -> list[Finding]:
    findings = []
    for name, part in parts.items():
        n = len(part.stretches.first) - 1
        if n:
            what = f"the record has {n} gaps, by the stamps of its samples"
            mend = "Times are true and `run` changes at each; nothing crosses them."
            findings.append(Finding("NK874", "SUGGESTION", f"{path.name} /{name}", what, mend))
    return findings


def _about_filters(parts: Mapping[str, DeviceChannels], path: Path) -> list[Finding]:
    findings = []
    for name, part in parts.items():
        if len(set(part.highpass)) > 1 or len(set(part.lowpass)) > 1:
            what = "channels went through different filters"
            mend = "highpass and lowpass are those of the narrowest band."
            findings.append(Finding("NK855", "SUGGESTION", f"{path.name} /{name}", what, mend))
    return findings


def open_blackrock(path: Path, statements: Statements) -> xr.DataTree:
    """Open an ``.ns1`` to ``.ns6`` file.

    Parameters
    ----------
    path : Path
        The file.
    statements : Statements
        What the user says about channels.

    Returns
    -------
    DataTree
        One group of channels; pauses between blocks change `run`.

    Raises
    ------
    FileContentError
        If the file is damaged.
    """
    file = read_nsx(path)
    names = unique_names([channel.name for channel in file.channels])
    units = [channel.unit for channel in file.channels]
    told = stated_units(statements.unit, names, units)
    types = stated_types(statements.types, names)
    scale = [told[name][1] if name in told else 1.0 for name in names]
    channels = list(zip(file.channels, scale, strict=True))
    part = DeviceChannels(
        array=NsxArray(
            file, [c.factor * s for c, s in channels], [c.offset * s for c, s in channels]
        ),
        names=names,
        types=[types.get(name, _TYPE) for name in names],
        units=[told[n][0] if n in told else u for n, u in zip(names, units, strict=True)],
        rate=file.rate,
        stretches=file.stretches,
        highpass=[c.highpass for c in file.channels],
        lowpass=[c.lowpass for c in file.channels],
    )
    parts = {"activity": part}
    findings = [*_about_gaps(parts, path), *_about_filters(parts, path)]
    if path.with_suffix(".nev").is_file():
        what = f"{path.with_suffix('.nev').name} with spikes and events lies beside it unread"
        mend = "Read it with neo.io.BlackrockIO."
        findings.append(Finding("NK877", "SUGGESTION", path.name, what, mend))
    return device_recording(parts, start=file.start, findings=findings)


def info_device(kind: str, path: Path) -> dict[str, Any]:
    """Say what is in a recording of Neuralynx or Blackrock, from headers alone.

    Parameters
    ----------
    kind : str
        neuralynx or blackrock.
    path : Path
        File or folder.

    Returns
    -------
    dict
        As of the other formats; ``other_rates`` where channels differ.
    """
    opener = open_neuralynx if kind == "neuralynx" else open_blackrock
    rec = opener(path, Statements())
    group = rec["activity"].to_dataset()
    types = [str(kind) for kind in group["channel_type"].values]
    others = [float(node.attrs["sampling_rate"]) for node in rec.leaves if node.path[:5] == "/auxi"]
    rate = float(group.attrs["sampling_rate"])
    return {
        "modality": modality_of(types),
        "subject": "",
        "start_time": rec.attrs["start_time"],
        "n_channels": len(types),
        "channel_types": dict(Counter(types)),
        "units": sorted({str(unit) for unit in group["unit"].values}),
        "bads": [],
        "sampling_rate": rate,
        "other_rates": others,
        "n_times": int(group.sizes["time"]),
        "duration_s": float(group.sizes["time"] / rate),
    }
