"""Recordings from what MNE opens: header now, samples by windows when they are asked for."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from neurokit._version import __version__
from neurokit.errors import FileContentError, NeurokitError
from neurokit.interchange.mne_build import Decoding, continuous
from neurokit.interchange.mne_channels import modality_of, udunits
from neurokit.interchange.mne_events import marks_of
from neurokit.interchange.mne_info import channel_types, who_and_when
from neurokit.interchange.mne_timeline import Timeline
from neurokit.io import lazy_variable
from neurokit.schema import Finding, recording
from neurokit_loaders.mne_fif import fif_content
from neurokit_loaders.mne_lazy import MneArray
from neurokit_loaders.mne_units import metres_per, stated_types, stated_units

# What mne says about the name of a file says nothing about what is in it.
_ABOUT_NAMES = "does not conform to MNE naming conventions"

Reader = Callable[[str], Any]


@dataclass(frozen=True)
class FifReader:
    """Opens a FIF file with all its split parts.

    Parameters
    ----------
    allow_maxshield : bool
        Open recordings that still have MaxShield's active compensation in them.
    """

    allow_maxshield: bool = False

    def __call__(self, path: str) -> Any:
        """Return the Raw, without data, after a check that its further parts are whole."""
        import mne

        raw = mne.io.read_raw_fif(
            path,
            allow_maxshield="yes" if self.allow_maxshield else False,
            on_split_missing="raise",
            preload=False,
            verbose="WARNING",
        )
        for part in raw.filenames[1:]:
            fif_content(Path(part))
        return raw


def any_reader(path: str) -> Any:
    """Open a file of any format that MNE knows by its suffix."""
    import mne

    return mne.io.read_raw(path, preload=False, verbose="WARNING")


@dataclass(frozen=True)
class Statements:
    """What the user says about channels.

    Parameters
    ----------
    unit, types, position_unit
        Options of the loader.
    """

    unit: str | Mapping[str, str] | None = None
    types: Mapping[str, str] | None = None
    position_unit: str = "m"


def read_with_findings(reader: Reader, path: Path) -> tuple[Any, list[Finding]]:
    """Open a file with MNE; its warnings become findings, its errors say which file.

    Parameters
    ----------
    reader : callable
        ``reader(path) -> mne.io.BaseRaw``.
    path : Path
        The file.

    Returns
    -------
    raw : mne.io.BaseRaw
        Without data.
    findings : list of Finding
        One per warning.

    Raises
    ------
    FileContentError
        If MNE cannot open the file.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            raw = reader(str(path))
        except NeurokitError:
            raise
        except Exception as error:
            first_line = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
            raise FileContentError(
                f"mne cannot open it ({first_line})",
                where=str(path),
                mend="Check that the file is whole and of the format that its suffix says.",
            ) from error
    said = dict.fromkeys(" ".join(str(w.message).split()) for w in caught)
    mend = "This is a warning of mne; its documentation says more."
    return raw, [
        Finding("NK850", "SUGGESTION", path.name, text.rstrip("."), mend)
        for text in said
        if _ABOUT_NAMES not in text
    ]


def open_raw(
    path: Path,
    reader: Reader,
    *,
    decoding: Decoding,
    statements: Statements,
    pauses: Callable[[float], Mapping[int, float]] | None = None,
) -> xr.DataTree:
    """Open a file that MNE reads; samples stay in the file.

    Parameters
    ----------
    path : Path
        The file.
    reader : callable
        ``reader(path) -> mne.io.BaseRaw``, hashable and picklable.
    decoding : Decoding
        How trigger lines become events.
    statements : Statements
        What the user says about channels.
    pauses : callable, optional
        ``pauses(rate)`` gives pauses that the file does not count.

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    FileContentError
        If MNE cannot open the file.
    """
    raw, findings = read_with_findings(reader, path)
    info, names = raw.info, list(raw.ch_names)
    types = channel_types(info)
    units = [udunits(int(ch["unit"]), t) for ch, t in zip(info["chs"], types, strict=True)]
    told = stated_units(statements.unit, names, units)
    factor = [told[name][1] if name in told else 1.0 for name in names]
    new_types = stated_types(statements.types, names)

    def read(picks: Sequence[int], line: Timeline) -> xr.Variable:
        chosen = [factor[i] for i in picks]
        scaled = chosen if any(one != 1.0 for one in chosen) else None
        array = MneArray(str(path), reader, picks, line.segments, scaled)
        return lazy_variable(("time", "channel"), array)

    parts = continuous(
        info,
        n_times=int(raw.n_times),
        first_samp=int(raw.first_samp),
        marks=marks_of(raw.annotations, float(raw.first_time)),
        read=read,
        decoding=decoding,
        pauses=None if pauses is None else pauses(float(info["sfreq"])),
    )
    metres = metres_per(statements.position_unit)
    groups = {
        name: _as_stated(group, {n: u for n, (u, _) in told.items()}, new_types, metres)
        for name, group in parts.groups.items()
    }
    subject, start_time = who_and_when(info)
    return recording(
        groups,
        modality=modality_of(new_types.get(n, t) for n, t in zip(names, types, strict=True)),
        subject=subject,
        start_time=start_time,
        loader="mne.raw",
        loader_version=__version__,
        findings=[*findings, *parts.findings],
    )


def _as_stated(
    group: xr.Dataset, units: Mapping[str, str], types: Mapping[str, str], metres: float
) -> xr.Dataset:
    """Return a group with the units, types and positions that the user knows better."""
    if "channel" not in group.dims:
        return group
    names = [str(name) for name in group["channel"].values]
    for coord, told in (("unit", units), ("channel_type", types)):
        if any(name in told for name in names):
            old = group[coord].values
            new = [told.get(name, str(one)) for name, one in zip(names, old, strict=True)]
            group = group.assign_coords({coord: ("channel", np.array(new, dtype=np.str_))})
    present = np.unique(group["unit"].values)
    group["signal"].attrs.pop("units", None)
    if present.size == 1:
        group["signal"].attrs["units"] = str(present[0])
    if metres != 1.0 and "position" in group:
        group["position"] = group["position"].copy(data=group["position"].values * metres)
    return group


def info_raw(path: Path, reader: Reader) -> dict[str, Any]:
    """Say what is in a file that MNE reads, without reading samples.

    Parameters
    ----------
    path : Path
        The file.
    reader : callable
        ``reader(path) -> mne.io.BaseRaw``.

    Returns
    -------
    dict
        Channels, rate, length, start.

    Raises
    ------
    FileContentError
        If MNE cannot open the file.
    """
    raw, _ = read_with_findings(reader, path)
    types = channel_types(raw.info)
    subject, start_time = who_and_when(raw.info)
    rate = float(raw.info["sfreq"])
    return {
        "modality": modality_of(types),
        "subject": subject,
        "start_time": start_time,
        "n_channels": len(types),
        "channel_types": dict(Counter(types)),
        "units": sorted(
            {udunits(int(ch["unit"]), t) for ch, t in zip(raw.info["chs"], types, strict=True)}
        ),
        "bads": list(raw.info["bads"]),
        "sampling_rate": rate,
        "n_times": int(raw.n_times),
        "duration_s": float(raw.n_times / rate),
    }
