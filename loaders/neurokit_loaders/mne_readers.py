"""How each format is handed to mne: checked for damage first, with the options it needs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurokit.errors import FileContentError, OptionError, check_option
from neurokit.schema import Finding
from neurokit_loaders.mne_bci2000 import Bci2000Reader, read_bci2000_header
from neurokit_loaders.mne_brainvision import (
    check_parts,
    dates_that_are_none,
    pauses_in,
    read_text,
)
from neurokit_loaders.mne_fif import fif_content
from neurokit_loaders.mne_formats import bti_data
from neurokit_loaders.mne_mat import check_elements, fieldtrip_kind, fieldtrip_times, peek
from neurokit_loaders.mne_nicolet import check_nicolet
from neurokit_loaders.mne_open import FifReader, Reader, any_reader
from neurokit_loaders.mne_whole import (
    CHECKS,
    check_ctf,
    check_neuroscan,
    neuroscan_width,
    persyst_pauses,
)

Pauses = Callable[[float], Mapping[int, float]]

_FUNCTIONS: dict[str, str] = {
    "neuroscan": "read_raw_cnt",
    "ant": "read_raw_ant",
    "eeglab": "read_raw_eeglab",
    "nihon": "read_raw_nihon",
    "persyst": "read_raw_persyst",
    "kit": "read_raw_kit",
    "ctf": "read_raw_ctf",
    "bti": "read_raw_bti",
    "egi": "read_raw_egi",
    "mff": "read_raw_egi",
    "snirf": "read_raw_snirf",
    "gdf": "read_raw_gdf",
    "nicolet": "read_raw_nicolet",
    "curry": "read_raw_curry",
}

# As antio spells units: in lower case.
_MICROVOLTS = ("uv", "\u00b5v")
_VOLTS: dict[str, float] = {"v": 1.0, "mv": 1e-3, "nv": 1e-9}


@dataclass(frozen=True)
class MneReader:
    """Opens a file with one reader of mne, whatever its suffix suggests.

    Parameters
    ----------
    kind : str
        The format.
    options : tuple of (str, value)
        For the function of mne.
    """

    kind: str
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, path: str) -> Any:
        """Return the Raw, without data, after a check of the file that its data are in."""
        import mne

        function = getattr(mne.io, _FUNCTIONS[self.kind])
        if self.kind == "eeglab":
            check_elements(Path(path))
        raw = function(path, **dict(self.options), preload=False, verbose="WARNING")
        if self.kind == "eeglab":
            check_samples_of_eeglab(raw.filenames, len(raw.ch_names) * raw.n_times, Path(path))
        if self.kind == "ant":
            scale_as_ant_says(raw)
        return raw


@dataclass(frozen=True)
class FieldTripReader:
    """Opens continuous data that FieldTrip saved; they are in memory at once.

    Parameters
    ----------
    variable : str
        Name of the variable.
    """

    variable: str

    def __call__(self, path: str) -> Any:
        """Return the Raw."""
        import mne

        check_elements(Path(path), self.variable)
        return mne.io.read_raw_fieldtrip(path, None, data_name=self.variable)


def scale_as_ant_says(raw: Any) -> None:
    """Scale channels of an ANT file whose unit mne does not know: it knows microvolts only.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Changed in place. Of a unit that is none of voltage, values stay as they are, with a
        warning; mne would repeat one with each window.
    """
    units = raw._raw_extras[0]["orig_ch_units"]
    unknown = []
    for i, unit in enumerate(units):
        if unit in _MICROVOLTS:
            continue
        if unit not in _VOLTS:
            unknown.append(f"{raw.ch_names[i]} in {unit!r}")
        units[i] = _MICROVOLTS[0]
        raw._cals[i] *= 1e6 * _VOLTS.get(unit, 1.0)
    if unknown:
        said = f"{len(unknown)} channel(s) in no unit of voltage, taken as they are: "
        warnings.warn(said + ", ".join(unknown[:5]), stacklevel=2)


@dataclass(frozen=True)
class Prepared:
    """What `prepare` found out about a file.

    Parameters
    ----------
    reader : callable
        ``reader(path) -> mne.io.BaseRaw``.
    pauses : callable or None
        ``pauses(rate)`` gives pauses that the file does not count.
    findings : list of Finding
        What was noticed.
    directions : bool
        Positions lie on a sphere of radius 1, and are no lengths.
    offset : float
        Seconds from the file's zero to its first sample, beyond what mne says.
    """

    reader: Reader
    pauses: Pauses | None = None
    findings: list[Finding] = field(default_factory=list)
    directions: bool = False
    offset: float = 0.0


def check_samples_of_eeglab(files: Any, n_values: int, path: Path) -> None:
    """Check that the ``.fdt`` file of an EEGLAB dataset is as long as it says.

    Parameters
    ----------
    files : sequence of (Path or None)
        Where mne found the samples.
    n_values : int
        Single precision numbers that there must be.
    path : Path
        The ``.set`` file.

    Raises
    ------
    FileContentError
        If the file is cut, or of another dataset.
    """
    data = Path(files[0]) if files and files[0] is not None else path
    if data.suffix.lower() != ".fdt":
        return
    if data.stat().st_size != 4 * n_values:
        raise FileContentError(
            f"{data.name} has {data.stat().st_size} bytes, the header promises {4 * n_values}: "
            "truncated, or of another dataset",
            where=str(path),
            mend="Download or copy both files again.",
        )


def prepare(kind: str, path: Path, options: Mapping[str, Any]) -> Prepared:
    """Check a file for damage and say how it is opened.

    Parameters
    ----------
    kind : str
        Its format, as `neurokit_loaders.mne_formats.format_of` names it.
    path : Path
        The file or folder.
    options : mapping
        Options of the loader that are about single formats.

    Returns
    -------
    Prepared
        Reader, pauses and findings.

    Raises
    ------
    FileContentError
        If the file is damaged.
    OptionError
        If an option is wrong.
    """
    if kind in CHECKS:
        CHECKS[kind](path)
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(path, options)
    return Prepared(MneReader(kind) if kind in _FUNCTIONS else any_reader)


def _fif(path: Path, options: Mapping[str, Any]) -> Prepared:
    before = fif_content(path).before
    findings = []
    if before:
        what = f"is a part of a split recording, its beginning is in {before}"
        mend = "Open the first part, which opens all."
        findings.append(Finding("NK871", "SUGGESTION", path.name, what, mend))
    return Prepared(FifReader(bool(options.get("allow_maxshield"))), None, findings)


def _brainvision(path: Path, options: Mapping[str, Any]) -> Prepared:
    marker = check_parts(path).marker
    text, findings = "" if marker is None else read_text(marker), []
    unread = dates_that_are_none(text)
    if marker is not None and unread:
        what = f"{len(unread)} segment(s) began on what is no date ({unread[0]})"
        mend = "A pause before them is not known; check what wrote the file."
        findings.append(Finding("NK877", "SUGGESTION", marker.name, what, mend))
    return Prepared(any_reader, lambda rate: pauses_in(text, rate), findings)


def _persyst(path: Path, options: Mapping[str, Any]) -> Prepared:
    return Prepared(MneReader("persyst"), lambda rate: persyst_pauses(path, rate))


def _neuroscan(path: Path, options: Mapping[str, Any]) -> Prepared:
    width, certain = neuroscan_width(path)
    stated = options.get("data_format")
    findings = []
    if stated is not None:
        width = check_option("data_format", stated, ("int16", "int32"))
    elif not certain:
        what = f"the header does not say how wide samples are; they look like {width}"
        mend = 'If values look wrong, open it with data_format="int16" or "int32".'
        findings.append(Finding("NK872", "SUGGESTION", path.name, what, mend))
    footer = check_neuroscan(path)
    if footer:
        what = f"{footer} bytes behind the events, settings of the program, are not read"
        mend = "Whether they were cut cannot be known; compare the checksum where it matters."
        findings.append(Finding("NK877", "SUGGESTION", path.name, what, mend))
    what = "positions come from a flat map that mne lays onto a sphere of radius 1"
    mend = "They are directions, no lengths; set a montage for places on the head."
    findings.append(Finding("NK879", "SUGGESTION", path.name, what, mend))
    chosen = {"data_format": width, "date_format": options.get("date_format") or "mm/dd/yy"}
    return Prepared(MneReader("neuroscan", tuple(chosen.items())), None, findings, directions=True)


def _kit(path: Path, options: Mapping[str, Any]) -> Prepared:
    given = {name: options.get(name) for name in ("mrk", "elp", "hsp")}
    missing = [name for name, file in given.items() if not file]
    if len(missing) == 3:
        return Prepared(MneReader("kit"))
    if missing:
        raise OptionError(
            f"{' and '.join(missing)} missing",
            where="options",
            mend="KIT needs mrk, elp and hsp together to place the head: give all three or none.",
        )
    files = {name: str(companion(path, str(file), name)) for name, file in given.items()}
    return Prepared(MneReader("kit", tuple(files.items())))


def companion(path: Path, name: str, option: str) -> Path:
    """Return a file that stands beside a recording or was given with its folder.

    Parameters
    ----------
    path : Path
        The recording.
    name : str
        The file.
    option : str
        Which option names it.

    Returns
    -------
    Path
        It exists.

    Raises
    ------
    FileContentError
        If it does not.
    """
    for file in (path.parent / name, Path(name).expanduser()):
        if file.is_file():
            return file
    raise FileContentError(
        f"{name}, given as {option}, does not exist, neither there nor beside the recording",
        where=str(path),
        mend="Check the name.",
    )


def _ctf(path: Path, options: Mapping[str, Any]) -> Prepared:
    n_samples, n_trials, apart = check_ctf(path)
    findings = []
    if n_trials > 1:
        said = "each is a run of its own" if apart else "they are taken as one stretch"
        what = f"is written in {n_trials} trials of {n_samples} samples; {said}"
        mend = "Whether they follow each other, only who recorded them knows."
        findings.append(Finding("NK873", "SUGGESTION", path.name, what, mend))
    cuts = {trial * n_samples: 0.0 for trial in range(1, n_trials)} if apart else {}
    return Prepared(MneReader("ctf"), lambda _: cuts, findings)


def _bti(path: Path, options: Mapping[str, Any]) -> Prepared:
    data = bti_data(path) if path.is_dir() else path
    folder = path if path.is_dir() else path.parent
    if data is None:
        raise FileContentError("has no c,rf* file", where=str(path), mend="Copy the whole folder.")
    shape = folder / "hs_file"
    chosen = {
        "config_fname": str(folder / "config"),
        "head_shape_fname": str(shape) if shape.is_file() else None,
    }
    findings = []
    if not shape.is_file():
        what = "hs_file is missing, so the head's shape and frame are not known"
        mend = "Copy the whole folder."
        findings.append(Finding("NK878", "SUGGESTION", folder.name, what, mend))
    return Prepared(_BtiReader(str(data), tuple(chosen.items())), None, findings)


def _nicolet(path: Path, options: Mapping[str, Any]) -> Prepared:
    check_nicolet(path)
    # The file says names only; mne asks what they are.
    named = tuple((kind, "auto") for kind in ("eog", "ecg", "emg"))
    return Prepared(MneReader("nicolet", (("ch_type", "eeg"), *named)))


def _bci2000(path: Path, options: Mapping[str, Any]) -> Prepared:
    findings = []
    if not read_bci2000_header(path).gain:
        what = "the header states no gain per channel (SourceChGain); numbers are taken for volts"
        mend = 'If they are others, open it with unit="uV", or a unit per channel.'
        findings.append(Finding("NK875", "SUGGESTION", path.name, what, mend))
    return Prepared(Bci2000Reader(), None, findings)


@dataclass(frozen=True)
class _BtiReader:
    """Opens the file with the samples, whether it or its folder was given."""

    data: str
    options: tuple[tuple[str, Any], ...]

    def __call__(self, path: str) -> Any:
        return MneReader("bti", self.options)(self.data)


def _fieldtrip(path: Path, options: Mapping[str, Any]) -> Prepared:
    found = fieldtrip_kind(peek(path))
    variable = options.get("variable") or (found[0] if found else "data")
    time, _ = fieldtrip_times(path, str(variable))
    said = [unit_of_fieldtrip(path)]
    return Prepared(FieldTripReader(str(variable)), None, said, offset=float(time[0]))


def unit_of_fieldtrip(path: Path) -> Finding:
    """Return what is to be known of the units of FieldTrip's values, which no field states."""
    return Finding(
        "NK875",
        "SUGGESTION",
        path.name,
        "FieldTrip does not say in which units values are; volts, tesla and T/m are assumed",
        'If they are others, open it with unit="uV", or a unit per channel.',
    )


_SPECIAL: Mapping[str, Callable[[Path, Mapping[str, Any]], Prepared]] = {
    "fif": _fif,
    "brainvision": _brainvision,
    "persyst": _persyst,
    "neuroscan": _neuroscan,
    "kit": _kit,
    "ctf": _ctf,
    "bti": _bti,
    "fieldtrip": _fieldtrip,
    "nicolet": _nicolet,
    "bci2000": _bci2000,
}
