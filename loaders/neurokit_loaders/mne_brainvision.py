"""Is a BrainVision recording whole? Its header names two more files, which must be there and fit.

Format: BrainVision Core Data Format 1.0 (https://www.brainproducts.com).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from neurokit.errors import FileContentError
from neurokit.io import require_file

WIDTHS: dict[str, int] = {
    "INT_16": 2,
    "UINT_16": 2,
    "INT_32": 4,
    "IEEE_FLOAT_32": 4,
    "IEEE_FLOAT_64": 8,
}
_MARKER = re.compile(r"^Mk\d+=(.*)", re.MULTILINE)
_SEGMENT = re.compile(r"^Mk\d+=New Segment,[^,]*,(\d+),\d+,-?\d+(?:,(\d{20}))?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class BrainVisionParts:
    """The files of a recording.

    Parameters
    ----------
    data : Path
        Samples.
    marker : Path or None
        Markers, if the header names a file for them.
    n_times : int or None
        Samples by the size of the file; None for text.
    """

    data: Path
    marker: Path | None
    n_times: int | None


def read_text(path: Path) -> str:
    """Return the text of a header or marker file; UTF-8, else Latin-1 as older ones are."""
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def fields(text: str) -> dict[str, str]:
    r"""Return the settings of a header file by name, in lower case; comments left out.

    Parameters
    ----------
    text : str
        The header.

    Returns
    -------
    dict of str to str
        Of all sections before ``[Comment]``, channels left out.

    Examples
    --------
    >>> fields("[Common Infos]\nDataFile=a.eeg\n; no\nCh1=Fp1,,0.1")
    {'datafile': 'a.eeg'}
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.strip().lower() == "[comment]":
            break
        key, equals, value = line.partition("=")
        name = key.strip().lower()
        if equals and not name.startswith(";") and re.fullmatch(r"ch\d+", name) is None:
            found.setdefault(name, value.strip())
    return found


def check_parts(path: Path) -> BrainVisionParts:
    """Check that a recording has all its files, and that the data fit the header.

    Parameters
    ----------
    path : Path
        The ``.vhdr`` file.

    Returns
    -------
    BrainVisionParts
        Its files.

    Raises
    ------
    FileContentError
        If a file is missing or empty, or the data are not whole samples of all channels.
    """
    settings = fields(read_text(path))
    data = _companion(path, settings, "datafile", "samples")
    marker = (
        _companion(path, settings, "markerfile", "markers") if "markerfile" in settings else None
    )
    require_file(data)
    if marker is not None:
        check_markers(marker)
    if settings.get("dataformat", "BINARY").upper() != "BINARY":
        return BrainVisionParts(data, marker, None)
    return BrainVisionParts(data, marker, _samples(path, data, settings))


def check_markers(path: Path) -> None:
    """Check that every marker of a marker file has its position.

    Parameters
    ----------
    path : Path
        The ``.vmrk`` file.

    Raises
    ------
    FileContentError
        If one has not: mne would say so of the header.
    """
    text = read_text(require_file(path))
    codepage = fields(text).get("codepage", "UTF-8")
    try:
        # Windows' own is called so by recorders.
        codecs.lookup("cp1252" if codepage == "ANSI" else codepage)
    except (LookupError, ValueError):
        raise _garbled(path, f"is written in {codepage!r}, which is no encoding") from None
    # As mne, which looks for markers in this section and behind it.
    rows = re.split(r"\[marker infos\]", text, maxsplit=1, flags=re.IGNORECASE)[1:]
    for row in _MARKER.findall("".join(rows)):
        if re.fullmatch(r"[^,]*,[^,]*,\s*[+-]?\d+\s*,.*", row) is None:
            raise _garbled(path, f"has a marker without a position: {row.strip()[:60]!r}")


def _garbled(path: Path, found: str) -> FileContentError:
    mend = "The file is damaged: copy the files again, or export the recording again."
    return FileContentError(found, where=str(path), mend=mend)


def _companion(path: Path, settings: Mapping[str, str], key: str, what: str) -> Path:
    name = settings.get(key, "").replace("$b", path.stem)
    if not name:
        raise FileContentError(
            f"does not name the file with its {what}",
            where=str(path),
            mend="The header is damaged: export the recording again.",
        )
    if Path(name).name != name or "\\" in name:
        raise FileContentError(
            f"names {name!r} for its {what}, which is not in its own folder",
            where=str(path),
            mend="Put the three files into one folder and name them without folders.",
        )
    file = path.parent / name
    if not file.is_file():
        raise FileContentError(
            f"its companion {name} with the {what} is missing",
            where=str(path),
            mend=f"Put {name} into the same folder; the three files belong together.",
        )
    return file


def _samples(path: Path, data: Path, settings: Mapping[str, str]) -> int:
    kind = settings.get("binaryformat", "INT_16").upper()
    channels = settings.get("numberofchannels", "")
    if kind not in WIDTHS or not channels.isdigit() or int(channels) == 0:
        raise FileContentError(
            f"its header has binary format {kind!r} and {channels!r} channels",
            where=str(path),
            mend="The header is damaged: export the recording again.",
        )
    row = WIDTHS[kind] * int(channels)
    whole, rest = divmod(data.stat().st_size, row)
    promised = settings.get("datapoints", "")
    if rest or whole == 0 or (promised.isdigit() and int(promised) not in (0, whole)):
        said = f"; the header promises {promised}" if promised.isdigit() else ""
        raise FileContentError(
            f"{data.name} has {data.stat().st_size} bytes, which is {whole} samples of {channels} "
            f"channels and {rest} bytes over{said}: truncated, or of another header",
            where=str(path),
            mend="Download or copy the files again.",
        )
    return whole


def pauses_in(marker_text: str, rate: float) -> dict[int, float]:
    r"""Return when the recording was paused, from the dates of its segments.

    Parameters
    ----------
    marker_text : str
        The ``.vmrk`` file.
    rate : float
        Hz.

    Returns
    -------
    dict of int to float
        First sample of each segment after a pause, and the seconds of all pauses up to there.

    Examples
    --------
    >>> text = "Mk1=New Segment,,1,1,0,20200101120000000000\n"
    >>> pauses_in(text + "Mk2=New Segment,,101,1,0,20200101120005000000\n", 100.0)
    {100: 4.0}
    """
    dated = [
        (int(position) - 1, date)
        for position, digits in _SEGMENT.findall(marker_text)
        if (date := _date(digits)) is not None
    ]
    if not dated:
        return {}
    (first, begin), *later = dated
    found, so_far = {}, 0.0
    for sample, date in later:
        pause = (date - begin).total_seconds() - (sample - first) / rate
        # The clocks of computer and amplifier differ; less than before is no pause.
        so_far = max(so_far, pause if pause > 0.5 / rate else 0.0)
        found[sample] = so_far
    return found


def dates_that_are_none(marker_text: str) -> list[str]:
    r"""Return the dates of segments that are no dates, by which no pause can be known.

    Parameters
    ----------
    marker_text : str
        The ``.vmrk`` file.

    Returns
    -------
    list of str
        Their digits; zeros, which stand for an unknown date, left out.

    Examples
    --------
    >>> dates_that_are_none("Mk1=New Segment,,1,1,0,20201301120000000000\n")
    ['20201301120000000000']
    """
    found = [digits for _, digits in _SEGMENT.findall(marker_text)]
    return [digits for digits in found if digits.strip("0") and _date(digits) is None]


def _date(digits: str) -> datetime | None:
    """Return the date of twenty digits, None where they are none: zeros stand for unknown."""
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None
