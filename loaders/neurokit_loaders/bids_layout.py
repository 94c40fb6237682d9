"""Where the files of a BIDS dataset are: its root, its recordings, the sidecars of each.

Sidecars are found by the inheritance principle: from the root down to the folder of the
recording, every file whose entities are among the recording's, the deeper and more specific one
last (https://bids-specification.readthedocs.io/en/stable/common-principles.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from neurokit.errors import FileContentError, LabelError, suggest

DATATYPES = ("meg", "eeg", "ieeg", "nirs")
EXTENSIONS = (
    *(".vhdr", ".edf", ".bdf", ".set", ".fif", ".fif.gz", ".nwb", ".snirf"),
    *(".ds", ".mff", ".mefd", ".con", ".sqd"),
)
TABLES = ("channels", "electrodes", "events")
# What begins a folder or a file name in BIDS.
_SUBJECT = re.compile(r"sub-[A-Za-z0-9+]+")
_ENTITY = re.compile(r"(?:^|_)([A-Za-z]+)-([^_\-.]+)")
_FOLDERS = (".ds", ".mff", ".mefd")
# A link that leads back up must not be followed for ever.
_DEEPEST = 6
_NAMES = {"sub": "subject", "ses": "session", "acq": "acquisition", "proc": "processing"}
_SHORT = {name: short for short, name in _NAMES.items()}
# Calibration files of MEG systems, which end like recordings.
_NO_RECORDING = ("acq-crosstalk", "acq-calibration")


def entities_of(name: str) -> dict[str, str]:
    """Return the entities of a file name by their long names, unknown ones as they are.

    Parameters
    ----------
    name : str
        Without folder.

    Returns
    -------
    dict of str to str
        In the order of the name.

    Examples
    --------
    >>> entities_of("sub-01_ses-a_task-rest_eeg.vhdr")
    {'subject': '01', 'session': 'a', 'task': 'rest'}
    """
    return {_NAMES.get(key, key): value for key, value in _ENTITY.findall(name)}


def suffix_of(path: Path) -> str:
    """Return what stands between the last ``_`` and the extension: ``eeg``, ``channels``..."""
    return path.name.partition(".")[0].rpartition("_")[2]


@dataclass(frozen=True)
class BidsFile:
    """A recording of a dataset.

    Parameters
    ----------
    path : Path
        The data file (a folder for CTF and EGI).
    root : Path
        Where the dataset begins.
    """

    path: Path
    root: Path

    @cached_property
    def entities(self) -> dict[str, str]:
        """Entities by their long names."""
        return entities_of(self.path.name)

    @property
    def datatype(self) -> str:
        """``eeg``, ``meg``, ``ieeg`` or ``nirs``; ``""`` for a table outside such a folder."""
        suffix, folder = suffix_of(self.path), self.path.parent.name
        return suffix if suffix in DATATYPES else folder if folder in DATATYPES else ""

    def sidecars(self, suffix: str, extension: str) -> list[Path]:
        """Return the sidecars that apply, the one that counts most last.

        Parameters
        ----------
        suffix, extension : str
            ``"channels"``, ``".tsv"``.

        Returns
        -------
        list of Path
            From the root's to the most specific in the recording's folder.
        """
        found = []
        for folder in self._folders():
            own = [
                path
                for path in folder.glob(f"*{suffix}{extension}")
                if suffix_of(path) == suffix and self._applies(path)
            ]
            found += sorted(own, key=lambda path: (len(entities_of(path.name)), path.name))
        return found

    def spaces(self, suffix: str, extension: str) -> dict[str, Path]:
        """Return the sidecars that apply by the coordinate space they are in, ``""`` for none."""
        return {entities_of(p.name).get("space", ""): p for p in self.sidecars(suffix, extension)}

    def _applies(self, path: Path) -> bool:
        own = {**self.entities, "space": None}
        return all(
            key == "space" or own.get(key) == value for key, value in entities_of(path.name).items()
        )

    def _folders(self) -> Iterator[Path]:
        here = self.path.parent
        above = [folder for folder in here.parents if folder.is_relative_to(self.root)]
        yield from reversed(above)
        yield here


def root_of(path: Path) -> Path:
    """Return the root of the dataset that a path lies in.

    Parameters
    ----------
    path : Path
        A file or folder.

    Returns
    -------
    Path
        The nearest folder with a dataset_description.json; without one, the folder that holds
        the outermost ``sub-*``; without that, the folder above the datatype's, or the path.
    """
    here = path.resolve()
    folders = [here, *here.parents] if here.is_dir() else list(here.parents)
    for folder in folders:
        if (folder / "dataset_description.json").is_file():
            return folder
    subjects = [folder for folder in folders if _SUBJECT.fullmatch(folder.name)]
    if subjects:
        return subjects[-1].parent
    for folder in folders[:2]:
        if folder.name in DATATYPES:
            return folder.parent
    return folders[0]


def looks_like_bids(path: Path) -> float:
    """Return how sure it is that a folder is a BIDS dataset or a part of one.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    float
        0.95 for a root with its description, less for its parts; 0 for files, which their own
        loaders read.
    """
    try:
        return _score(path)
    except OSError:
        return 0.0


def _score(path: Path) -> float:
    name = path.name
    if not path.is_dir() or path.suffix in _FOLDERS:
        return 0.0
    if (path / "dataset_description.json").is_file():
        return 0.95
    if _SUBJECT.fullmatch(name) or (name.startswith("ses-") and _SUBJECT.match(path.parent.name)):
        return 0.9
    if name in DATATYPES and any(_SUBJECT.match(file.name) for file in path.iterdir()):
        return 0.9
    inside = [child for child in path.iterdir() if child.is_dir()]
    if any(_SUBJECT.fullmatch(child.name) for child in inside):
        return 0.85
    return 0.8 if any(_score(c) for c in inside if c.name in DATATYPES) else 0.0


def is_recording(path: Path) -> bool:
    """Return whether a path has the name of a data file of a recording."""
    name = path.name.lower()
    extension = next((e for e in EXTENSIONS if name.endswith(e)), None)
    return (
        extension is not None
        and suffix_of(path) in DATATYPES
        and not any(word in name for word in _NO_RECORDING)
    )


def recordings_in(folder: Path) -> list[BidsFile]:
    """Return the recordings below a folder, parts of split files left to their first.

    Parameters
    ----------
    folder : Path
        A root, a subject's, session's or datatype's folder.

    Returns
    -------
    list of BidsFile
        By name.
    """
    root = root_of(folder)
    names = sorted(_walk(folder.resolve()))
    return [BidsFile(path, root) for path in names if is_recording(path) and _is_first_part(path)]


def _is_first_part(path: Path) -> bool:
    part = entities_of(path.name).get("split", "1")
    return not part.isdigit() or int(part) <= 1


def _walk(folder: Path, depth: int = 0) -> Iterator[Path]:
    for path in folder.iterdir():
        # Derivatives and sources have layouts of their own.
        skipped = path.name.startswith(".") or path.name in ("derivatives", "sourcedata", "code")
        if path.is_dir() and path.suffix not in _FOLDERS:
            if not skipped and depth < _DEEPEST:
                yield from _walk(path, depth + 1)
        else:
            yield path


def choose(path: Path, wanted: Mapping[str, str | None]) -> BidsFile:
    """Return the one recording that is meant.

    Parameters
    ----------
    path : Path
        A data file, or a folder of a dataset.
    wanted : mapping of str to str or None
        Entities by their long names, and ``datatype``; None for any.

    Returns
    -------
    BidsFile
        The recording.

    Raises
    ------
    LabelError
        If none, or more than one, fits; the message says what there is.
    FileContentError
        If the folder holds no recording at all.
    """
    given = {key: _plain(key, value) for key, value in wanted.items() if value is not None}
    if not path.is_dir() or path.suffix in _FOLDERS:
        here = path.absolute()
        found = [BidsFile(here.parent.resolve() / here.name, root_of(here.parent))]
    else:
        found = recordings_in(path)
    if not found:
        raise FileContentError(
            f"holds no recording named as BIDS says (sub-*_{{{','.join(DATATYPES)}}}.*)",
            where=str(path),
            mend="Name a BIDS root, a subject's folder, or a data file with its own loader.",
        )
    fitting = [file for file in found if _fits(file, given)]
    if not fitting:
        raise LabelError(_none(found, given), where=str(path), mend=_listing(found))
    if len(fitting) > 1:
        raise LabelError(f"{len(fitting)} recordings fit", where=str(path), mend=_ways(fitting))
    return fitting[0]


def _plain(key: str, value: str) -> str:
    return str(value).removeprefix(f"{_SHORT.get(key, key)}-")


def _facts(file: BidsFile) -> dict[str, str]:
    return {**file.entities, "datatype": file.datatype}


def _fits(file: BidsFile, wanted: Mapping[str, str]) -> bool:
    facts = _facts(file)
    return all(_same(facts.get(key), value) for key, value in wanted.items())


def _same(found: str | None, wanted: str) -> bool:
    if found is None:
        return False
    # run=1 means run-01.
    both = found.isdigit() and wanted.isdigit()
    return int(found) == int(wanted) if both else found == wanted


def _none(found: list[BidsFile], wanted: Mapping[str, str]) -> str:
    for key, value in wanted.items():
        present = sorted({_facts(file).get(key, "") for file in found} - {""})
        if not any(_same(one, value) for one in present):
            there = ", ".join(present[:8]) + (", ..." if len(present) > 8 else "")
            return f"no recording has {key} {value!r}{suggest(value, present)} ({there or 'none'})"
    return f"no recording has all of {dict(wanted)}"


def _listing(found: list[BidsFile]) -> str:
    names = [file.path.name for file in found]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"There are: {', '.join(names[:6])}{more}."


def _ways(fitting: list[BidsFile]) -> str:
    """Say which options tell recordings apart, ready to paste."""
    facts = [_facts(file) for file in fitting]
    keys = dict.fromkeys(key for one in facts for key in one)
    differing = [key for key in keys if len({one.get(key) for one in facts}) > 1]
    shown = [
        ", ".join(f"{key}={one[key]!r}" for key in differing if key in one) or "(no further entity)"
        for one in facts
    ]
    more = f"; and {len(shown) - 6} more" if len(shown) > 6 else ""
    if not differing:
        return f"Name the data file itself: {', '.join(file.path.name for file in fitting[:6])}."
    return f"Choose one with: {'; '.join(shown[:6])}{more}."
