"""BCI2000 ``.dat`` files: what MNE reads of them, in volts and under their channels' names.

MNE gives the numbers of the converter, calls them volts, and numbers the channels. The header
says more: microvolts are (number - SourceChOffset) * SourceChGain, and ChannelNames.
https://www.bci2000.org/mediawiki/index.php/User_Reference:BCI2000_File_Format
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from neurokit.io import read_head
from neurokit_loaders.mne_whole import damaged, truncated

_WIDTHS = {"int16": 2, "int32": 4, "float32": 4}
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(muV|uV|mV|V)?$")
_MICROVOLTS = {None: 1.0, "muV": 1.0, "uV": 1.0, "mV": 1e3, "V": 1e6}
# Parameters of an experiment are some kilobytes; matrices of classifiers make them longer.
_LONGEST_HEADER = 2**24


@dataclass(frozen=True)
class Bci2000Header:
    """What the header of a BCI2000 file says of its channels.

    Parameters
    ----------
    n_channels : int
        Channels of signal.
    names : tuple of str
        Their names, empty where the header has none.
    gain, offset : tuple of float
        Microvolts of a step, and the number that is zero; empty where the header has none.
    """

    n_channels: int
    names: tuple[str, ...] = ()
    gain: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()


def read_bci2000_header(path: Path) -> Bci2000Header:
    """Read the header of a BCI2000 file and check that the file ends with a whole sample.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Bci2000Header
        Channels, names and scales.

    Raises
    ------
    FileContentError
        If the header is damaged or the file is cut.
    """
    first = dict(re.findall(r"(\w+)=\s*(\S+)", _first_line(path)))
    try:
        length, n_channels, state = (
            int(first[name]) for name in ("HeaderLen", "SourceCh", "StatevectorLen")
        )
        width = _WIDTHS[first.get("DataFormat", "int16")]
    except (KeyError, ValueError) as error:
        raise damaged(path, f"lacks or garbles a field of its first line ({error})") from error
    if n_channels < 1 or state < 0 or not 0 < length <= _LONGEST_HEADER:
        raise damaged(path, f"says {n_channels} channels, {state} bytes of state after {length}")
    frame, size = n_channels * width + state, path.stat().st_size
    over = (size - length) % frame
    if size <= length or over:
        raise truncated(path, max(size, length) + frame - over, f"its samples of {frame} bytes do")
    text = read_head(path, length).decode("utf-8", errors="replace")
    return Bci2000Header(
        n_channels,
        _names(_values(text, "ChannelNames"), n_channels),
        _numbers(_values(text, "SourceChGain"), n_channels),
        _numbers(_values(text, "SourceChOffset"), n_channels),
    )


def _first_line(path: Path) -> str:
    return read_head(path, 512).decode("utf-8", errors="replace").partition("\n")[0]


def _values(text: str, name: str) -> list[str]:
    """Return the values of a list of the header: ``name= count value value ... // comment``."""
    found = re.search(rf"^.*\s{name}=\s*(\d+)\s+(.*)$", text, re.MULTILINE)
    return [] if found is None else found[2].split()[: int(found[1])]


def _names(values: list[str], n_channels: int) -> tuple[str, ...]:
    names = tuple(unquote(value) for value in values)
    whole = len(names) == n_channels == len(set(names)) and all(names)
    return names if whole else ()


def _numbers(values: list[str], n_channels: int) -> tuple[float, ...]:
    """Return the numbers of a list in microvolts; none where one of them is no number."""
    parts = [_NUMBER.match(value) for value in values]
    found = [float(part[1]) * _MICROVOLTS[part[2]] for part in parts if part is not None]
    return tuple(found) if len(found) == n_channels else ()


@dataclass(frozen=True)
class Bci2000Reader:
    """Opens a BCI2000 file; MNE reads all of it at once."""

    def __call__(self, path: str) -> Any:
        """Return the Raw, in volts where the header states gains."""
        import mne

        header = read_bci2000_header(Path(path))
        raw = mne.io.read_raw_bci2k(path, preload=True, verbose="WARNING")
        signals = slice(0, header.n_channels)
        if header.gain:
            offset = np.array(header.offset or (0.0,) * header.n_channels)[:, None]
            raw._data[signals] = (raw._data[signals] - offset) * np.array(header.gain)[:, None]
            raw._data[signals] *= 1e-6
        if header.names:
            raw.rename_channels(dict(zip(raw.ch_names[signals], header.names, strict=True)))
        return raw
