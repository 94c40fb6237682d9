"""Loader ``mne.raw``: continuous MEG, EEG, SEEG and ECoG in the formats that mne reads.

What a file is, its first bytes say, not its suffix. Formats whose headers say how long data are
are checked for truncation before anything is read. EDF, BDF, Neuralynx and Blackrock are read
without mne, which resamples, refuses or misdates some of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

from neurokit.errors import FileContentError
from neurokit.interchange.mne_build import Decoding
from neurokit.interchange.mne_triggers import Consecutive
from neurokit.io import Loader, require_file
from neurokit.schema import Finding
from neurokit_loaders.mne_device_open import info_device, open_blackrock, open_neuralynx
from neurokit_loaders.mne_edf_open import info_edf, open_edf
from neurokit_loaders.mne_events_file import with_events
from neurokit_loaders.mne_fif import fif_content, fif_kind
from neurokit_loaders.mne_formats import TITLES, check_name, claimed, format_of
from neurokit_loaders.mne_open import Statements, add_findings, info_raw, naming, open_raw
from neurokit_loaders.mne_readers import companion, prepare

# Read through mne.io.read_raw by their suffix alone.
_OTHERS = (".nxe", ".nedf", ".mefd", ".bin", ".asc")

_PARTS: dict[str, str] = {
    "brainvision part": ".vhdr",
    "persyst part": ".lay",
    "eeglab part": ".set",
    "nicolet part": ".data",
}
_ELSEWHERE: dict[str, str] = {
    "eeglab epochs": "mne.epochs",
    "fieldtrip epochs": "mne.epochs",
    "fieldtrip evoked": "mne.evoked",
}
_FIF_MENDS: dict[str, str] = {
    "epochs": 'Open it with loader="mne.epochs".',
    "evoked responses": 'Open it with loader="mne.evoked".',
    "events": "Events stand beside a recording: open that with events= and this file's name.",
}


def sniff(path: Path) -> float:
    """Return how sure it is that this loader reads a file.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    float
        0.95 by the first bytes; less where only the suffix speaks for it.
    """
    suffix = path.suffix.lower()
    try:
        found = format_of(path)
    except FileContentError:
        return 0.5 if claimed(path) else 0.0
    if found in TITLES:
        return 0.95 if found != "fif" or fif_kind(path) in ("raw", "") else 0.0
    if found in _PARTS or found == "ctf part":
        return 0.5
    if found in _ELSEWHERE:
        return 0.0
    return 0.3 if claimed(path) or suffix in _OTHERS else 0.0


def checked_format(path: Path) -> str:
    """Return the format of a file, after a check that it is what its suffix says.

    Parameters
    ----------
    path : Path
        The file or folder.

    Returns
    -------
    str
        A key of `neurokit_loaders.mne_formats.TITLES`, or other.

    Raises
    ------
    FileContentError
        If the file is missing or empty, content and suffix contradict each other, or it holds
        no continuous recording.
    """
    found = format_of(path if path.is_dir() else require_file(path))
    _refuse_parts(path, found)
    if found == "folder" and path.suffix.lower() not in _OTHERS:
        raise FileContentError("is a folder", where=str(path), mend="Name a file in it.")
    check_name(path, found, fif_content(path).words if found == "fif" else "")
    if found == "fif":
        _check_fif(path)
    return found if found in TITLES else "other"


def _refuse_parts(path: Path, found: str) -> None:
    """Raise if a file is opened through another one, or by another loader."""
    if found in _PARTS or found == "ctf part":
        title = TITLES[found.removesuffix(" part")]
        main = path.parent if found == "ctf part" else path.with_suffix(_PARTS[found])
        raise FileContentError(
            f"is one of the files of a {title} recording, but not the one that it is opened by",
            where=str(path),
            mend=f"Open {main.name}.",
        )
    if found in _ELSEWHERE:
        format_, _, what = found.partition(" ")
        raise FileContentError(
            f"is a {TITLES[format_]} file with {what}, not with a continuous recording",
            where=str(path),
            mend=f'Open it with loader="{_ELSEWHERE[found]}".',
        )


def _check_fif(path: Path) -> None:
    content = fif_content(path)
    if not path.suffix:
        raise FileContentError(
            f"is a FIF file with {content.words}, but has no suffix, which mne insists on",
            where=str(path),
            mend="Rename it to end in _raw.fif.",
        )
    if not content.has_raw:
        raise FileContentError(
            f"is a FIF file with {content.words}, not with a continuous recording",
            where=str(path),
            mend=_FIF_MENDS.get(content.words, "Read it with mne."),
        )


def open_recording(
    path: Path,
    *,
    unit: str | Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    position_unit: str = "m",
    stim_channel: str | Sequence[str] | None = None,
    consecutive: Consecutive = "increasing",
    initial_event: bool = False,
    mask: int | None = None,
    events: str | Sequence[str] | None = None,
    events_from: str = "acquisition",
    whole_folder: bool = False,
    infer_types: bool = False,
    encoding: str = "utf8",
    allow_truncated: bool = False,
    allow_maxshield: bool = False,
    data_format: str | None = None,
    date_format: str | None = None,
    mrk: str | None = None,
    elp: str | None = None,
    hsp: str | None = None,
    variable: str | None = None,
) -> xr.DataTree:
    """Open a continuous recording: headers, annotations and trigger lines now, samples later.

    Parameters
    ----------
    path : Path
        The file or folder; of several files, the header.
    unit : str or mapping of str to str, optional
        What unit the stored numbers really have (``"uV"``), for all channels of that kind or
        per channel name; default what the file says.
    types : mapping of str to str, optional
        BIDS channel type per channel name.
    position_unit : {"m", "cm", "mm"}
        What unit stored positions really have.
    stim_channel : str or sequence of str, optional
        Trigger channels to decode; default MNE's choice; an empty list for none, which spares
        the one pass through the file that decoding takes.
    consecutive : {"increasing", True, False}
        Which steps between codes begin an event, as in `mne.find_events`.
    initial_event : bool, default False
        Take a code that is on at the first sample as an event.
    mask : int, optional
        Only these bits of a trigger channel count.
    events : str or sequence of str, optional
        Files of events (``-eve.fif``) beside the recording; what lies outside is a finding.
    events_from : {"acquisition", "first sample"}
        What sample 0 of these files is.
    whole_folder : bool, default False
        Open the folder that the file is in: all channels of Neuralynx, a recording of CTF.
    infer_types : bool, default False
        EDF, BDF: read types off labels such as ``"EOG left"``.
    encoding : str, default "utf8"
        EDF, BDF: of annotations.
    allow_truncated : bool, default False
        EDF, BDF: read the whole records of a file that was cut.
    allow_maxshield : bool, default False
        FIF: open a recording that still has MaxShield's compensation in it.
    data_format : {"int16", "int32"}, optional
        Neuroscan: how wide samples are, where the header does not say.
    date_format : str, optional
        Neuroscan: ``"mm/dd/yy"`` (default) or ``"dd/mm/yy"``.
    mrk, elp, hsp : str, optional
        KIT: files of markers, digitised points and head shape; all three place the head.
    variable : str, optional
        FieldTrip: name of the variable; default the one that holds data.

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    FileContentError
        If the file is damaged or not what its suffix says.
    """
    path = path.parent if whole_folder and path.is_file() else path
    with naming(path, LOADER.options):
        kind = checked_format(path)
        lines = (stim_channel,) if isinstance(stim_channel, str) else stim_channel
        decoding = Decoding(
            None if lines is None else tuple(lines), consecutive, initial_event, mask
        )
        statements = Statements(unit, types, position_unit)
        if kind in ("edf", "bdf"):
            rec = open_edf(
                path,
                decoding=decoding,
                unit=unit,
                types=types,
                infer_types=infer_types,
                encoding=encoding,
                allow_truncated=allow_truncated,
            )
        elif kind == "neuralynx":
            rec = open_neuralynx(path, statements)
        elif kind == "blackrock":
            rec = open_blackrock(path, statements)
        else:
            special = {
                "allow_maxshield": allow_maxshield,
                "data_format": data_format,
                "date_format": date_format,
                "mrk": mrk,
                "elp": elp,
                "hsp": hsp,
                "variable": variable,
            }
            rec = _through_mne(kind, path, decoding, statements, special)
        found: list[Finding] = []
        for name in (events,) if isinstance(events, str) else events or ():
            found += with_events(rec, companion(path, name, "events"), events_from)
        add_findings(rec, found)
        return rec


def _through_mne(
    kind: str,
    path: Path,
    decoding: Decoding,
    statements: Statements,
    special: Mapping[str, Any],
) -> xr.DataTree:
    """Open a format that mne reads, with what is known of it beyond that."""
    ready = prepare(kind, path, special)
    rec = open_raw(
        path,
        ready.reader,
        decoding=decoding,
        statements=replace(statements, directions=ready.directions),
        pauses=ready.pauses,
    )
    add_findings(rec, ready.findings)
    for node in rec.subtree if ready.offset else ():
        if "time_offset" in node.attrs:
            node.attrs["time_offset"] += ready.offset
    return rec


def info(path: Path) -> dict[str, Any]:
    """Say what is in a file, from its headers alone.

    Parameters
    ----------
    path : Path
        The file or folder.

    Returns
    -------
    dict
        format, modality, channels, rate, length, start.

    Raises
    ------
    FileContentError
        If the file is damaged or not what its suffix says.
    """
    with naming(path, ()):
        kind = checked_format(path)
        if kind in ("edf", "bdf"):
            return info_edf(path)
        title = TITLES.get(kind, path.suffix.lstrip(".").upper())
        if kind in ("neuralynx", "blackrock"):
            return {"format": title, **info_device(kind, path)}
        return {"format": title, **info_raw(path, prepare(kind, path, {}).reader)}


LOADER = Loader(
    name="mne.raw",
    title="continuous MEG, EEG, SEEG, ECoG (FIF, EDF, BDF, BrainVision and others of MNE)",
    modality="eeg",
    suffixes=(
        *(".fif", ".fif.gz", ".edf", ".bdf", ".gdf", ".vhdr", ".ahdr", ".set", ".cnt", ".mat"),
        *(".eeg", ".lay", ".ncs", ".ns3", ".con", ".sqd", ".ds", ".mff", ".raw", ".snirf"),
        *(".dat", ".data", ".cdt"),
        *_OTHERS,
    ),
    sniff=sniff,
    open=open_recording,
    info=info,
    options={
        "unit": "unit that the stored numbers really have, for all or per channel name",
        "types": "BIDS channel type per channel name",
        "position_unit": "unit that stored positions really have: m, cm or mm",
        "stim_channel": "trigger channels to decode into events; [] for none",
        "consecutive": "which steps between codes begin an event: 'increasing', True, False",
        "initial_event": "take a code that is on at the first sample as an event",
        "mask": "only these bits of a trigger channel count",
        "events": "files of events (-eve.fif) beside the recording",
        "events_from": "what their sample 0 is: 'acquisition' or 'first sample'",
        "whole_folder": "open the folder that the file is in (Neuralynx, CTF)",
        "infer_types": "EDF, BDF: read channel types off the labels",
        "encoding": "EDF, BDF: encoding of the annotations",
        "allow_truncated": "EDF, BDF: read the whole records of a file that was cut",
        "allow_maxshield": "FIF: open a recording with MaxShield's compensation in it",
        "data_format": "Neuroscan: int16 or int32, where the header does not say",
        "date_format": "Neuroscan: mm/dd/yy or dd/mm/yy",
        "mrk": "KIT: marker file; with elp and hsp it places the head",
        "elp": "KIT: digitised points",
        "hsp": "KIT: head shape",
        "variable": "FieldTrip: name of the variable",
    },
)
