"""Recordings from what MNE opens: header now, samples by windows when they are asked for."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from neurokit._version import __version__
from neurokit.errors import DependencyError, FileContentError, NeurokitError, OptionError
from neurokit.interchange.mne_assemble import group_at
from neurokit.interchange.mne_build import Decoding, continuous
from neurokit.interchange.mne_channels import modality_of, udunits
from neurokit.interchange.mne_events import marks_of
from neurokit.interchange.mne_info import channel_types, who_and_when
from neurokit.interchange.mne_timeline import Segment, Timeline
from neurokit.io import lazy_variable
from neurokit.schema import (
    Finding,
    findings_from_json,
    findings_to_json,
    recording,
    with_contacts,
)
from neurokit_loaders.mne_fif import fif_content
from neurokit_loaders.mne_fif_data import FifArray, find_buffers
from neurokit_loaders.mne_lazy import MADE_BY_DAMAGE, MneArray, WindowArray
from neurokit_loaders.mne_units import metres_per, stated_types, stated_units

# What mne says about the name of a file says nothing about what is in it.
_ABOUT_NAMES = "does not conform to MNE naming conventions"

# What libraries say to each other's authors.
_ABOUT_CODE = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)

Reader = Callable[[str], Any]

# From picks and recorded sample ranges to the array that reads them.
Arrays = Callable[[Sequence[int], Sequence[Segment]], WindowArray]


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


def arrays_of(raw: Any, path: Path, reader: Reader, factor: Sequence[float]) -> Arrays:
    """Return how windows of a file are read: past mne where samples stand in it plainly.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        The file, opened.
    path : Path
        Its name.
    reader : callable
        What opens it again.
    factor : sequence of float
        What the values of each channel are multiplied with, beyond what the file says.

    Returns
    -------
    callable
        ``arrays(picks, segments)``.
    """
    if isinstance(reader, FifReader):
        # mne's own calibration, to the last bit.
        stored = np.array([ch["range"] * ch["cal"] for ch in raw.info["chs"]])
        buffers = find_buffers([Path(part) for part in raw.filenames], stored.size)
        if buffers is not None and buffers.n_times == raw.n_times:
            # Fresh from the file no compensation or projection is applied, only these.
            together = stored * np.asarray(factor)
            return lambda picks, segments: FifArray(buffers, together, picks, segments)

    def through_mne(picks: Sequence[int], segments: Sequence[Segment]) -> WindowArray:
        chosen = [factor[i] for i in picks]
        scaled = chosen if any(one != 1.0 for one in chosen) else None
        return MneArray(str(path), reader, picks, segments, scaled)

    return through_mne


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
    directions : bool
        Positions lie on a sphere of radius 1, and are no lengths.
    """

    unit: str | Mapping[str, str] | None = None
    types: Mapping[str, str] | None = None
    position_unit: str = "m"
    directions: bool = False


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
    opened : mne.io.BaseRaw, or what the reader gives
        Of a Raw, without data.
    findings : list of Finding
        One per warning.

    Raises
    ------
    FileContentError
        If MNE cannot open the file.
    DependencyError
        If an optional library is needed for it.
    """
    import mne

    printed = io.StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        mne.utils.catch_logging("WARNING") as logged,
        # Some readers print.
        contextlib.redirect_stdout(printed),
    ):
        warnings.simplefilter("always")
        opened = _opened(reader, path)
    said = [
        " ".join(str(w.message).split()) for w in caught if not issubclass(w.category, _ABOUT_CODE)
    ]
    # Warnings are logged too, over several lines.
    lines = [" ".join(one.split()) for one in (logged.getvalue() + printed.getvalue()).splitlines()]
    said += [one for one in lines if not any(one in other for other in said)]
    mend = "This is a warning of mne; its documentation says more."
    return opened, [
        Finding("NK850", "SUGGESTION", path.name, text.rstrip("."), mend)
        for text in dict.fromkeys(said)
        if text and _ABOUT_NAMES not in text
    ]


def _opened(reader: Reader, path: Path) -> Any:
    try:
        return reader(str(path))
    except NeurokitError:
        raise
    except ImportError as error:
        raise _missing(str(error.name or error), path) from error
    except Exception as error:
        first_line = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
        # mne says so of a library that it lacks with an error that is no ImportError.
        if "could not be imported" in first_line:
            raise _missing(first_line.partition(", but")[0], path) from error
        raise FileContentError(
            f"mne cannot open it ({first_line})",
            where=str(path),
            mend="Check that the file is whole and of the format that its suffix says.",
        ) from error


def _missing(said: str, path: Path) -> DependencyError:
    """Return the error for a library that is not installed, with the way to get it."""
    found = re.search(r"the module (\w+)", said)
    name = found[1] if found else said.partition(".")[0]
    # What few need is in no extra: libraries that read all of a file at once, or are compiled.
    what = name if name in ("curryreader", "pymef") else "'neurokit-xarray[formats]'"
    return DependencyError(
        f"a library that reads it is not installed ({said})",
        where=str(path),
        mend=f"Install it with pip install {what}.",
    )


@contextlib.contextmanager
def naming(path: Path, options: Collection[str]) -> Iterator[None]:
    """Let every error inside the block name the file, unless it is about an option.

    Parameters
    ----------
    path : Path
        The file or folder.
    options : collection of str
        Names of the loader's options.

    Raises
    ------
    FileContentError
        For what a damaged file makes of the steps behind its reader.
    """
    try:
        yield
    except NeurokitError as error:
        named = str(path.parent) in str(error) or error.where in options
        if named or isinstance(error, OptionError | DependencyError):
            raise
        said = f"{error.where}: {error.found}" if error.where else error.found
        raise FileContentError(said, where=str(path), mend=error.mend) from error
    except MADE_BY_DAMAGE as error:
        raise FileContentError(
            f"says what cannot be ({type(error).__name__}: {error})",
            where=str(path),
            mend="Check that it is whole and of the format that its suffix says.",
        ) from error


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

    arrays = arrays_of(raw, path, reader, factor)

    def read(picks: Sequence[int], line: Timeline) -> xr.Variable:
        return lazy_variable(("time", "channel"), arrays(picks, line.segments))

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
    if statements.directions:
        for group in groups.values():
            if "position" in group:
                group["position"].attrs.update(units="1", coordinate_frame="unknown")
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


def add_findings(rec: xr.DataTree, findings: Sequence[Finding]) -> None:
    """Write further findings into a recording, in place."""
    if findings:
        known = findings_from_json(str(rec.attrs.get("findings", "[]")))
        rec.attrs["findings"] = findings_to_json([*known, *findings])


def restated(
    rec: xr.DataTree, units: Mapping[str, tuple[str, float]], statements: Statements
) -> xr.DataTree:
    """Return a recording of epochs or evoked responses as the user knows it better.

    Parameters
    ----------
    rec : DataTree
        Its values are multiplied already.
    units : mapping of str to (str, float)
        As `neurokit_loaders.mne_units.stated_units` gives them.
    statements : Statements
        Types and the unit of positions.

    Returns
    -------
    DataTree
        With root attributes as before.
    """
    paths = [path for path in ("/activity", "/auxiliary/trigger") if path in rec.groups]
    tables = {path: group_at(rec, path) for path in paths}
    names = [str(name) for t in tables.values() if t is not None for name in t["channel"].values]
    types = stated_types(statements.types, names)
    metres, si = metres_per(statements.position_unit), {n: u for n, (u, _) in units.items()}
    for path, table in tables.items():
        if table is not None:
            rec[path] = xr.DataTree(_as_stated(table, si, types, metres))
    rec.attrs.update(loader_version=__version__)
    if types:
        kinds = [str(k) for t in paths for k in rec[t].to_dataset()["channel_type"].values]
        rec.attrs["modality"] = modality_of(kinds)
    return rec


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
    if types:
        # Which names are those of contacts, the types decide.
        stale = [n for n in ("shaft", "contact") if n in group and group[n].dims == ("channel",)]
        group = with_contacts(group.drop_vars(stale))
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
