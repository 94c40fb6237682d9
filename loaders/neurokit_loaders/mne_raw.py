"""Loader ``mne.raw``: continuous MEG, EEG, SEEG and ECoG in FIF, EDF, BDF and BrainVision files.

What a file is, its first bytes say, not its suffix. Every format is checked for truncation
from headers and sizes before anything is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from neurokit.errors import FileContentError
from neurokit.interchange.mne_build import Decoding
from neurokit.interchange.mne_triggers import Consecutive
from neurokit.io import Loader, detect_format, read_head, require_file
from neurokit_loaders.mne_brainvision import check_parts, pauses_in, read_text
from neurokit_loaders.mne_edf_open import info_edf, open_edf
from neurokit_loaders.mne_fif import fif_content
from neurokit_loaders.mne_open import FifReader, Statements, any_reader, info_raw, open_raw

_BY_SUFFIX: dict[str, str] = {
    ".fif": "fif",
    ".edf": "edf",
    ".bdf": "bdf",
    ".vhdr": "brainvision",
    ".ahdr": "brainvision",
}
_TITLES: dict[str, str] = {"fif": "FIF", "edf": "EDF", "bdf": "BDF", "brainvision": "BrainVision"}

# Read through mne.io.read_raw as they are; only the four formats above are checked for damage.
_OTHERS = (".set", ".gdf", ".con", ".sqd", ".lay", ".ds", ".mff")

_HEADER, _MARKER = "Data Exchange Header", "Data Exchange Marker"


def format_of(path: Path) -> str:
    """Name the format of a file by its content.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        fif, edf, bdf, brainvision, brainvision part, or what `neurokit.io.detect_format` says.
    """
    found = detect_format(path)
    if found in ("edf", "bdf"):
        return found if found == "bdf" or _has_edf_fields(path) else "text"
    if found == "gzip" and path.name.lower().endswith(".fif.gz"):
        return "fif"
    if found in ("text", "brainvision"):
        line = read_head(path, 120).decode("latin-1").split("\n")[0]
        if _HEADER in line:
            return "brainvision"
        if _MARKER in line:
            return "brainvision part"
    if path.suffix.lower() == ".eeg" and path.with_suffix(".vhdr").is_file():
        return "brainvision part"
    return found


def _has_edf_fields(path: Path) -> bool:
    """Whether the header has numbers where EDF has them; a table may begin as EDF does."""
    head = read_head(path, 256)
    n_bytes, n_signals = head[184:192].strip(), head[252:256].strip()
    return n_bytes.isdigit() and int(n_bytes) % 256 == 0 and n_signals.isdigit()


def _named(path: Path) -> str | None:
    """Return the format that the suffix claims, None where it claims none of ours."""
    name = path.name.lower().removesuffix(".gz")
    return _BY_SUFFIX.get(Path(name).suffix)


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
    if path.is_dir():
        return 0.4 if path.suffix.lower() in _OTHERS else 0.0
    try:
        found = format_of(path)
    except FileContentError:
        return 0.5 if _named(path) else 0.0
    if found in _TITLES:
        return 0.95
    if found == "brainvision part":
        return 0.5
    return 0.4 if path.suffix.lower() in _OTHERS else 0.3 if _named(path) else 0.0


def checked_format(path: Path) -> str:
    """Return the format of a file, after a check that it is what its suffix says.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        fif, edf, bdf, brainvision or other.

    Raises
    ------
    FileContentError
        If the file is missing or empty, content and suffix contradict each other, or it holds
        no continuous recording.
    """
    if path.is_dir() and path.suffix.lower() in _OTHERS:
        return "other"
    found, named = format_of(require_file(path)), _named(path)
    if found == "brainvision part":
        raise FileContentError(
            "is one of the three files of a BrainVision recording, but not its header",
            where=str(path),
            mend=f"Open {path.with_suffix('.vhdr').name}.",
        )
    if named is None and found not in _TITLES:
        return "other"
    holds = f" with {_fif_words(path, alone=named in (found, None))}" if found == "fif" else ""
    if named not in (found, None):
        article = "an" if found == "edf" else "a"
        is_what = f"{article} {_TITLES[found]} file" if found in _TITLES else f"{found} data"
        raise FileContentError(
            f"is {is_what}{holds}, not {_TITLES[str(named)]} as its suffix says",
            where=str(path),
            mend="Rename it to what it is, or check what was downloaded.",
        )
    return found


def _fif_words(path: Path, *, alone: bool) -> str:
    """Say what a FIF file holds; if its name is not wrong anyway, raise unless it is raw data."""
    content = fif_content(path)
    if not path.suffix:
        raise FileContentError(
            f"is a FIF file with {content.words}, but has no suffix, which mne insists on",
            where=str(path),
            mend="Rename it to end in _raw.fif.",
        )
    if alone and not content.has_raw:
        raise FileContentError(
            f"is a FIF file with {content.words}, not with a continuous recording",
            where=str(path),
            mend=_FIF_MENDS.get(content.words, "Read it with mne."),
        )
    return content.words


_FIF_MENDS: dict[str, str] = {
    "epochs": "Read it with mne.read_epochs and give that to nk.from_mne.",
    "evoked responses": "Read it with mne.read_evokeds and give that to nk.from_mne.",
    "events": "Read it with mne.read_events; events stand beside a recording.",
}


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
    infer_types: bool = False,
    encoding: str = "utf8",
    allow_truncated: bool = False,
    allow_maxshield: bool = False,
) -> xr.DataTree:
    """Open a continuous recording: headers, annotations and trigger lines now, samples later.

    Parameters
    ----------
    path : Path
        The file; of a BrainVision recording, its header.
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
    infer_types : bool, default False
        EDF, BDF: read types off labels such as ``"EOG left"``.
    encoding : str, default "utf8"
        EDF, BDF: of annotations.
    allow_truncated : bool, default False
        EDF, BDF: read the whole records of a file that was cut.
    allow_maxshield : bool, default False
        FIF: open a recording that still has MaxShield's compensation in it.

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    FileContentError
        If the file is damaged or not what its suffix says.
    """
    kind = checked_format(path)
    lines = (stim_channel,) if isinstance(stim_channel, str) else stim_channel
    decoding = Decoding(None if lines is None else tuple(lines), consecutive, initial_event, mask)
    if kind in ("edf", "bdf"):
        return open_edf(
            path,
            decoding=decoding,
            unit=unit,
            types=types,
            infer_types=infer_types,
            encoding=encoding,
            allow_truncated=allow_truncated,
        )
    statements = Statements(unit, types, position_unit)
    if kind == "fif":
        reader = FifReader(allow_maxshield)
        return open_raw(path, reader, decoding=decoding, statements=statements)
    if kind == "brainvision":
        marker = check_parts(path).marker
        text = "" if marker is None else read_text(marker)
        return open_raw(
            path,
            any_reader,
            decoding=decoding,
            statements=statements,
            pauses=lambda rate: pauses_in(text, rate),
        )
    return open_raw(path, any_reader, decoding=decoding, statements=statements)


def info(path: Path) -> dict[str, Any]:
    """Say what is in a file, from its headers alone.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        format, modality, channels, rate, length, start.

    Raises
    ------
    FileContentError
        If the file is damaged or not what its suffix says.
    """
    kind = checked_format(path)
    if kind in ("edf", "bdf"):
        return info_edf(path)
    if kind == "brainvision":
        check_parts(path)
    title = _TITLES.get(kind, path.suffix.lstrip(".").upper())
    return {"format": title, **info_raw(path, FifReader() if kind == "fif" else any_reader)}


LOADER = Loader(
    name="mne.raw",
    title="continuous MEG, EEG, SEEG, ECoG (FIF, EDF, BDF, BrainVision and others of MNE)",
    modality="eeg",
    suffixes=(".fif", ".fif.gz", ".edf", ".bdf", ".vhdr", *_OTHERS),
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
        "infer_types": "EDF, BDF: read channel types off the labels",
        "encoding": "EDF, BDF: encoding of the annotations",
        "allow_truncated": "EDF, BDF: read the whole records of a file that was cut",
        "allow_maxshield": "FIF: open a recording with MaxShield's compensation in it",
    },
)
