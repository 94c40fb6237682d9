"""Which format a file or folder of continuous recordings has, by its content, not its name.

Suffixes lie: ``.cnt`` is Neuroscan's and ANT's, ``.eeg`` BrainVision's and Nihon Kohden's, and
``.mat`` anybody's. What is wanted of a format is a row of a table here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from neurokit.errors import FileContentError
from neurokit.io import detect_format, read_head
from neurokit_loaders.mne_mat import eeglab_trials, fieldtrip_kind, peek
from neurokit_loaders.mne_whole import ctf_file

TITLES: dict[str, str] = {
    "fif": "FIF",
    "edf": "EDF",
    "bdf": "BDF",
    "gdf": "GDF",
    "brainvision": "BrainVision",
    "neuroscan": "Neuroscan CNT",
    "ant": "ANT CNT",
    "eeglab": "EEGLAB",
    "fieldtrip": "FieldTrip",
    "nihon": "Nihon Kohden",
    "persyst": "Persyst",
    "neuralynx": "Neuralynx",
    "blackrock": "Blackrock NSx",
    "kit": "KIT",
    "ctf": "CTF",
    "bti": "4D/BTi",
    "egi": "EGI simple binary",
    "mff": "EGI MFF",
    "snirf": "SNIRF",
    "nicolet": "Nicolet",
    "bci2000": "BCI2000",
    "curry": "Curry",
}

# What a suffix claims; one that stands for nothing in particular is left out.
CLAIMS: dict[str, tuple[str, ...]] = {
    ".fif": ("fif",),
    ".edf": ("edf",),
    ".bdf": ("bdf",),
    ".gdf": ("gdf",),
    ".vhdr": ("brainvision",),
    ".ahdr": ("brainvision",),
    ".cnt": ("neuroscan", "ant"),
    ".set": ("eeglab",),
    ".lay": ("persyst",),
    ".ncs": ("neuralynx",),
    **{f".ns{i}": ("blackrock",) for i in range(1, 7)},
    ".con": ("kit",),
    ".sqd": ("kit",),
    ".ds": ("ctf",),
    ".mff": ("mff",),
    ".snirf": ("snirf",),
}

_HEADER, _MARKER = "Data Exchange Header", "Data Exchange Marker"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (rb"Version \d\.\d", "neuroscan"),
    (rb"(?s)RIFF.{4}CNT |RF64.{8}CNT ", "ant"),
    (rb"(?s)(EEG-1[12]00|EEG-2100|QI-403A|DAE-2100D).{9,12}\x00", "nihon"),
    (rb"(NEURALCD|NEURALSG|BRSMPGRP)", "blackrock"),
    (rb"######## Neuralynx", "neuralynx"),
    (rb"BCI2000V=|HeaderLen=", "bci2000"),
    (rb"(?i)\s*\[FileInfo\]", "persyst"),
    (rb"(?s)\x00{4}\x10\x00{3}..\x00\x00..\x00\x00", "kit"),
    (rb"\x00\x00\x00[\x02\x04\x06](\x07[\xb0-\xff]|\x08[\x00-\x34])\x00[\x01-\x0c]\x00", "egi"),
)


def claimed(path: Path) -> tuple[str, ...]:
    """Return the formats that a suffix claims, none where it claims none of ours."""
    name = path.name.lower().removesuffix(".gz")
    return CLAIMS.get(Path(name).suffix, ())


def check_name(path: Path, found: str, holds: str = "") -> None:
    """Raise if the suffix of a file says another format than its content.

    Parameters
    ----------
    path : Path
        The file.
    found : str
        Its format, as `format_of` names it.
    holds : str
        What it holds, for the message.

    Raises
    ------
    FileContentError
        If the two contradict each other.
    """
    names = claimed(path)
    first = found.partition(" ")[0]
    if not names or first in names:
        return
    title = TITLES.get(first)
    article = "an" if (title or "")[:1] in ("E", "A") else "a"
    is_what = f"{article} {title} file" if title else f"{found} data"
    said = " or ".join(TITLES[name] for name in names)
    raise FileContentError(
        f"is {is_what}{f' with {holds}' if holds else ''}, not {said} as its suffix says",
        where=str(path),
        mend="Rename it to what it is, or check what was downloaded.",
    )


def format_of(path: Path) -> str:
    """Name the format of a file or folder by its content.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    str
        A key of `TITLES`; ``"brainvision part"``, ``"persyst part"``, ``"bti part"`` for files
        that are opened through another; ``"eeglab epochs"``, ``"fieldtrip epochs"``,
        ``"fieldtrip evoked"`` for what is not continuous; else what
        `neurokit.io.detect_format` says, ``"folder"`` for a folder.

    Raises
    ------
    FileContentError
        If the file is missing, empty or unreadable.
    """
    if path.is_dir():
        return _format_of_folder(path)
    found = detect_format(path)
    if found in ("edf", "bdf"):
        return found if found == "bdf" or _has_edf_fields(path) else "text"
    if found == "gzip" and path.name.lower().endswith(".fif.gz"):
        return "fif"
    if found in ("mat5", "hdf5"):
        return _format_of_mat(path, found)
    head = read_head(path, 160)
    for pattern, name in _MAGIC:
        if re.match(pattern, head):
            return name
    return _format_of_part(path, found, head)


def _format_of_part(path: Path, found: str, head: bytes) -> str:
    if found in ("text", "brainvision"):
        line = head.decode("latin-1").split("\n")[0]
        if _HEADER in line:
            return "brainvision"
        if _MARKER in line:
            return "brainvision part"
    if path.suffix.lower() == ".eeg" and path.with_suffix(".vhdr").is_file():
        return "brainvision part"
    if path.suffix.lower() == ".dat" and path.with_suffix(".lay").is_file():
        return "persyst part"
    if path.suffix.lower() == ".fdt" and path.with_suffix(".set").is_file():
        return "eeglab part"
    if path.suffix.lower() in (".data", ".head") and path.with_suffix(".head").is_file():
        return "nicolet" if path.suffix.lower() == ".data" else "nicolet part"
    if _of_curry(path):
        return "curry"
    if path.suffix.lower() in (".meg4", ".res4") and path.parent.suffix.lower() == ".ds":
        return "ctf part"
    if path.name.startswith(("c,rf", "hc,rf")) and (path.parent / "config").is_file():
        return "bti"
    return found


def _of_curry(path: Path) -> bool:
    """Whether a file is one of those of Curry, each of which MNE opens the others by."""
    name = path.name.lower()
    if name.endswith((".cdt", ".cdt.dpa", ".cdt.dpo", ".cdt.cef", ".cdt.ceo")):
        return True
    beside = path.with_suffix(".dap").is_file() and path.with_suffix(".dat").is_file()
    return beside and path.suffix.lower() in (".dat", ".dap", ".rs3", ".cef", ".ceo")


def _format_of_folder(path: Path) -> str:
    if path.suffix.lower() == ".ds" or ctf_file(path, "res4") is not None:
        return "ctf"
    inside = (path / name for name in ("info.xml", "signal1.bin"))
    if path.suffix.lower() == ".mff" or all(file.is_file() for file in inside):
        return "mff"
    with suppress(OSError):
        if any(file.suffix.lower() == ".ncs" for file in path.iterdir()):
            return "neuralynx"
        if (path / "config").is_file() and bti_data(path) is not None:
            return "bti"
    return "folder"


def bti_data(folder: Path) -> Path | None:
    """Return the file with the samples of a 4D/BTi folder, None if there is none."""
    return next(iter(sorted(f for f in folder.glob("*c,rf*") if f.is_file())), None)


def _format_of_mat(path: Path, found: str) -> str:
    """Name the format of a MATLAB or HDF5 file; a damaged one goes by its suffix."""
    if path.suffix.lower() == ".snirf":
        return "snirf"
    if path.suffix.lower() not in (".set", ".mat", ""):
        return found
    try:
        content = peek(path)
    except FileContentError:
        return "eeglab" if path.suffix.lower() == ".set" else found
    trials = eeglab_trials(content)
    if trials is not None:
        return "eeglab" if trials == 1 else "eeglab epochs"
    data = fieldtrip_kind(content)
    if data is not None:
        return "fieldtrip" if data[1] == "raw" else f"fieldtrip {data[1]}"
    return found


def _has_edf_fields(path: Path) -> bool:
    """Whether the header has numbers where EDF has them; a table may begin as EDF does."""
    head = read_head(path, 256)
    n_bytes, n_signals = head[184:192].strip(), head[252:256].strip()
    return n_bytes.isdigit() and int(n_bytes) % 256 == 0 and n_signals.isdigit()
