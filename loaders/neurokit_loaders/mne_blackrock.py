"""Blackrock ``.ns1`` to ``.ns6`` files: headers, blocks of samples, the pauses between them.

Times come from the stamps of the blocks, which count ticks of the amplifier, not samples.
Format: https://blackrockneurotech.com/wp-content/uploads/LB-0023-7.00_NEV_File_Format.pdf
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, OptionError
from neurokit_loaders.mne_devices import Stretches
from neurokit_loaders.mne_lazy import WindowArray
from neurokit_loaders.mne_units import in_si

# Sampling periods count thirtieths of a millisecond, in every version.
_TICKS = 30_000.0
_BASIC = np.dtype(
    [
        *(("id", "S8"), ("major", "u1"), ("minor", "u1"), ("header_bytes", "<u4")),
        *(("label", "S16"), ("comment", "S256"), ("period", "<u4"), ("resolution", "<u4")),
        ("origin", "<u2", 8),
        ("n_channels", "<u4"),
    ]
)
_CHANNEL = np.dtype(
    [
        *(("type", "S2"), ("electrode", "<u2"), ("label", "S16"), ("bank", "u1"), ("pin", "u1")),
        *(("digital", "<i2", 2), ("analog", "<i2", 2), ("units", "S16")),
        *(("high_corner", "<u4"), ("high_order", "<u4"), ("high_type", "<u2")),
        *(("low_corner", "<u4"), ("low_order", "<u4"), ("low_type", "<u2")),
    ]
)


@dataclass(frozen=True)
class NsxChannel:
    """One channel of a file.

    Parameters
    ----------
    name, unit : str
        Label and SI unit.
    factor, offset : float
        From steps to the unit.
    highpass, lowpass : float or None
        Hz, None where no filter was on.
    """

    name: str
    unit: str
    factor: float
    offset: float
    highpass: float | None
    lowpass: float | None


@dataclass(frozen=True)
class NsxFile:
    """What a file holds.

    Parameters
    ----------
    path : Path
        The file.
    rate : float
        Hz.
    channels : tuple of NsxChannel
        In the order of the file.
    stretches : Stretches
        Blocks, with the seconds at which they begin.
    at : tuple of int
        First byte of each block.
    start : datetime or None
        When the clock of the amplifier read zero.
    """

    path: Path
    rate: float
    channels: tuple[NsxChannel, ...]
    stretches: Stretches
    at: tuple[int, ...]
    start: datetime | None


def read_nsx(path: Path) -> NsxFile:
    """Read the headers of a file and of its blocks.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    NsxFile
        Samples stay in the file.

    Raises
    ------
    FileContentError
        If the file is cut or damaged, or of version 2.1 or with a stamp per sample.
    """
    size = path.stat().st_size
    if size < _BASIC.itemsize:
        raise _cut(path, _BASIC.itemsize, "its header does")
    head = np.fromfile(path, _BASIC, 1)[0]
    if head["id"] == b"NEURALSG":
        raise _unsupported(path, "is of version 2.1, which says no units")
    n_channels = int(head["n_channels"])
    needed = _BASIC.itemsize + n_channels * _CHANNEL.itemsize
    if not 0 < n_channels < 10_000 or head["period"] == 0 or head["resolution"] == 0:
        raise FileContentError(
            f"says {n_channels} channels and a period of {head['period']} ticks",
            where=str(path),
            mend="The header is damaged: copy the file again.",
        )
    if size < needed or size < int(head["header_bytes"]):
        raise _cut(path, max(needed, int(head["header_bytes"])), "its headers do")
    table = np.fromfile(path, _CHANNEL, n_channels, offset=_BASIC.itemsize)
    stretches, at = _blocks(path, head, size)
    return NsxFile(
        path=path,
        rate=_TICKS / float(head["period"]),
        channels=tuple(_channel(row, path) for row in table),
        stretches=stretches,
        at=at,
        start=_date(head["origin"].tolist()),
    )


def _blocks(path: Path, head: np.void, size: int) -> tuple[Stretches, tuple[int, ...]]:
    stamp = "<u4" if head["major"] < 3 else "<u8"
    layout = np.dtype([("header", "u1"), ("stamp", stamp), ("n", "<u4")])
    row, at = 2 * int(head["n_channels"]), int(head["header_bytes"])
    starts: list[int] = []
    seconds: list[float] = []
    places: list[int] = []
    n_samples = 0
    while at < size:
        if at + layout.itemsize > size:
            raise _cut(path, at + layout.itemsize, "the header of a block does")
        block = np.fromfile(path, layout, 1, offset=at)[0]
        n, at = int(block["n"]), at + layout.itemsize
        if block["header"] != 1:
            raise FileContentError(
                f"has no block of samples at byte {at - layout.itemsize}",
                where=str(path),
                mend="The file is damaged: copy it again.",
            )
        if n == 1 and len(places) > 1 and n_samples == len(places):
            raise _unsupported(path, "has a time stamp per sample (PTP)")
        if at + n * row > size:
            raise _cut(path, at + n * row, f"the {n} samples of a block do")
        if n:
            starts.append(n_samples)
            seconds.append(float(block["stamp"]) / float(head["resolution"]))
            places.append(at)
        n_samples, at = n_samples + n, at + n * row
    if not places:
        raise FileContentError("has no samples", where=str(path), mend="Record or copy it again.")
    return Stretches(tuple(starts), tuple(seconds), n_samples), tuple(places)


def _channel(row: np.void, path: Path) -> NsxChannel:
    try:
        unit, scale = in_si(_text(row["units"]) or "uV")
    except OptionError as error:
        raise FileContentError(
            f"channel {_text(row['label'])!r} is in {_text(row['units'])!r}, which is no voltage",
            where=str(path),
            mend="The header is damaged: copy the file again.",
        ) from error
    (low, high), (least, most) = row["digital"].tolist(), row["analog"].tolist()
    if high == low:
        raise FileContentError(
            f"channel {_text(row['label'])!r} has an empty digital range",
            where=str(path),
            mend="The header is damaged: copy the file again.",
        )
    factor = (most - least) / (high - low)
    # Corners count millihertz; the "high" one is that of the high-pass filter.
    return NsxChannel(
        name=_text(row["label"]) or f"electrode {row['electrode']}",
        unit=unit,
        factor=factor * scale,
        offset=(least - low * factor) * scale,
        highpass=float(row["high_corner"]) / 1e3 if row["high_type"] else None,
        lowpass=float(row["low_corner"]) / 1e3 if row["low_type"] else None,
    )


def _text(raw: bytes) -> str:
    return raw.split(b"\x00")[0].decode("latin-1").strip()


def _date(origin: Sequence[int]) -> datetime | None:
    year, month, _, day, hour, minute, second, millisecond = origin
    try:
        return datetime(year, month, day, hour, minute, second, millisecond * 1000, tzinfo=UTC)
    except ValueError:
        return None


def _cut(path: Path, needed: int, what: str) -> FileContentError:
    return FileContentError(
        f"is truncated: {what} end at byte {needed}, the file has {path.stat().st_size}",
        where=str(path),
        mend="Download or copy the file again.",
    )


def _unsupported(path: Path, what: str) -> FileContentError:
    mend = "Read it with neo.io.BlackrockIO and build a recording with nk.schema.activity."
    return FileContentError(what, where=str(path), mend=mend)


class NsxArray(WindowArray):
    """Channels of a file as (time, channel).

    Parameters
    ----------
    file : NsxFile
        The file.
    factor, offset : sequence of float
        From steps to the unit, per channel.
    """

    def __init__(self, file: NsxFile, factor: Sequence[float], offset: Sequence[float]) -> None:
        super().__init__(str(file.path), file.stretches.size, len(file.channels))
        self.starts, self.at = (*file.stretches.first, file.stretches.size), file.at
        self.factor, self.offset = np.asarray(factor), np.asarray(offset)

    def window(self, start: int, stop: int, channels: Sequence[int]) -> NDArray[np.float32]:
        """Return samples `start` to `stop` of some channels, as `WindowArray.window` says."""
        values = np.empty((max(stop - start, 0), len(channels)), dtype=np.float32)
        n_all, picks = self.shape[1], list(channels)
        for block, at in enumerate(self.at):
            first, last = self.starts[block], self.starts[block + 1]
            a, b = max(start, first), min(stop, last)
            if a >= b:
                continue
            begin, shape = at + 2 * n_all * (a - first), (b - a, n_all)
            steps = np.memmap(self.path, "<i2", mode="r", offset=begin, shape=shape)[:, picks]
            values[a - start : b - start] = steps * self.factor[picks] + self.offset[picks]
        return values
