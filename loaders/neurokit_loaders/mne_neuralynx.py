"""Neuralynx recordings: a folder of ``.ncs`` files, one per channel, of any mixture of rates.

A file is 16 kB of header and records of 512 samples, each with the microsecond it begins at.
neo and mne refuse channels of different rates in one folder; here each rate is a group, all on
one clock. Format: https://neuralynx.com/_software/NeuralynxDataFileFormats.pdf
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError
from neurokit.schema import Finding
from neurokit_loaders.mne_devices import Stretches
from neurokit_loaders.mne_lazy import WindowArray

HEADER_BYTES = 2**14
_RECORD = np.dtype(
    [("stamp", "<u8"), ("channel", "<u4"), ("rate", "<u4"), ("n", "<u4"), ("samples", "<i2", 512)]
)
_EVENT = np.dtype(
    [
        *(("stx", "<i2"), ("packet", "<i2"), ("size", "<i2"), ("stamp", "<u8"), ("id", "<i2")),
        *(("ttl", "<i2"), ("crc", "<i2"), ("dummy", "<i2", 2), ("extra", "<i4", 8)),
        ("text", "S128"),
    ]
)
_DATES = (
    (r"-TimeCreated (\S+ \S+)", "%Y/%m/%d %H:%M:%S"),
    (r"Time Opened \(m/d/y\): (\S+)\s+\(h:m:s\.ms\) (\d+:\d+:\d+)", "%m/%d/%Y %H:%M:%S"),
)


@dataclass(frozen=True)
class NcsChannel:
    """One file: what its header says, and when its records begin.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Of the channel.
    rate : float
        Hz.
    factor : float
        Volts per step, negative where the input is inverted.
    highpass, lowpass : float or None
        Of the filters that were on.
    stamp : (n_records,) ndarray
        Microseconds.
    n : (n_records,) ndarray
        Samples of each record that are valid.
    start : datetime or None
        When the file was opened.
    """

    path: Path
    name: str
    rate: float
    factor: float
    highpass: float | None
    lowpass: float | None
    stamp: NDArray[np.int64] = field(repr=False)
    n: NDArray[np.int64] = field(repr=False)
    start: datetime | None = None

    @property
    def stretches(self) -> Stretches:
        """What was recorded without a gap: first sample and beginning in seconds of each."""
        before = np.concatenate([[0], np.cumsum(self.n)])
        expected = self.stamp[:-1] + self.n[:-1] * 1e6 / self.rate
        # A record comes when it is due, give or take a sample that stamps are rounded to.
        late = np.abs(self.stamp[1:] - expected) > 1e6 / self.rate
        first = np.flatnonzero(np.concatenate([[True], late]))
        return Stretches(
            tuple(int(i) for i in before[first]),
            # Microseconds since 1970 differ exactly only as whole numbers.
            tuple(Fraction(int(s), 1_000_000) for s in self.stamp[first]),
            int(before[-1]),
        )

    @property
    def layout(self) -> tuple[Any, ...]:
        """What channels must share to stand in one array."""
        return (self.rate, self.stamp.tobytes(), self.n.tobytes())


def read_ncs(path: Path) -> NcsChannel | None:
    """Read header and time stamps of a ``.ncs`` file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    NcsChannel or None
        None if there is not a single record.

    Raises
    ------
    FileContentError
        If it is cut, or its header lacks what is needed.
    """
    size = path.stat().st_size
    said = header_fields(path)
    if (size - HEADER_BYTES) % _RECORD.itemsize or size < HEADER_BYTES:
        raise FileContentError(
            f"is truncated: {size} bytes are no header and whole records "
            f"of {_RECORD.itemsize} bytes",
            where=str(path),
            mend="Download or copy the file again.",
        )
    if size == HEADER_BYTES:
        return None
    records = np.memmap(path, _RECORD, mode="r", offset=HEADER_BYTES)
    n, stamp = records["n"].astype(np.int64), records["stamp"].astype(np.int64)
    rates = set(np.unique(records["rate"]).tolist())
    volts, rate = _number(said, "ADBitVolts"), _number(said, "SamplingFrequency")
    if rate is None and len(rates) == 1:
        rate = float(rates.pop())
    if volts is None or not rate or n.max() > 512 or (np.diff(stamp) <= 0).any():
        raise FileContentError(
            f"has a step of {volts} V, {rate} Hz, up to {n.max()} samples in a record of 512, "
            f"and stamps that go back {int((np.diff(stamp) <= 0).sum())} times",
            where=str(path),
            mend="The file is damaged: copy it again.",
        )
    sign = -1.0 if said.get("InputInverted", "").lower() == "true" else 1.0
    return NcsChannel(
        path=path,
        name=said.get("AcqEntName") or path.stem,
        rate=rate,
        factor=sign * volts,
        highpass=_filter(said, "Low"),
        lowpass=_filter(said, "High"),
        stamp=stamp,
        n=n,
        start=_opened_at(path),
    )


def _head(path: Path) -> str:
    with path.open("rb") as handle:
        return handle.read(HEADER_BYTES).split(b"\x00")[0].decode("latin-1")


def header_fields(path: Path) -> dict[str, str]:
    """Return the ``-Name value`` lines of a Neuralynx header, quotes removed."""
    lines = (line.strip() for line in _head(path).splitlines())
    parts = (line[1:].partition(" ") for line in lines if line.startswith("-"))
    return {name: value.strip().strip('"').strip() for name, _, value in parts}


def _number(said: dict[str, str], name: str) -> float | None:
    try:
        return float(said[name])
    except (KeyError, ValueError):
        return None


def _filter(said: dict[str, str], side: str) -> float | None:
    on = said.get(f"DSP{side}CutFilterEnabled", said.get(f"Dsp{side}CutFilterEnabled", ""))
    found = _number(said, f"Dsp{side}CutFrequency")
    return found if on.lower() in ("true", "enabled") else None


def _opened_at(path: Path) -> datetime | None:
    head = _head(path)
    for pattern, form in _DATES:
        match = re.search(pattern, head)
        if match is not None:
            try:
                return datetime.strptime(" ".join(match.groups()), form).replace(tzinfo=UTC)
            except ValueError:
                continue
    return None


def read_folder(path: Path) -> tuple[list[NcsChannel], list[Finding]]:
    """Read the headers of a folder of ``.ncs`` files, or of one such file.

    Parameters
    ----------
    path : Path
        Folder or file.

    Returns
    -------
    channels : list of NcsChannel
        In order of their names, numbers as numbers.
    findings : list of Finding
        Files without data.

    Raises
    ------
    FileContentError
        If a file is damaged or none has data.
    """
    files = [path] if path.is_file() else [f for f in path.iterdir() if f.suffix.lower() == ".ncs"]
    channels, findings = [], []
    for file in sorted(files, key=_natural):
        found = read_ncs(file)
        if found is not None:
            channels.append(found)
            continue
        what = "has no record and is left out"
        findings.append(Finding("NK876", "SUGGESTION", file.name, what, "It was never written."))
    if not channels:
        raise FileContentError("has no .ncs file with data", where=str(path), mend="Copy it again.")
    return channels, findings


def _natural(file: Path) -> list[tuple[bool, int, str]]:
    parts = re.split(r"(\d+)", file.name.lower())
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def read_events(folder: Path) -> tuple[NDArray[np.float64], list[str], NDArray[np.int64]]:
    """Return the events of the ``.nev`` files of a folder.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    seconds : (n,) ndarray
        On the clock of the records.
    texts : list of str
        What they say.
    ttl : (n,) ndarray of int
        Value of the digital port.

    Raises
    ------
    FileContentError
        If a file is cut.
    """
    tables = []
    for file in sorted(f for f in folder.iterdir() if f.suffix.lower() == ".nev"):
        size = file.stat().st_size - HEADER_BYTES
        if size % _EVENT.itemsize or size < 0:
            raise FileContentError(
                f"is truncated: its events take {_EVENT.itemsize} bytes each, {size} are there",
                where=str(file),
                mend="Download or copy the file again.",
            )
        if size:
            tables.append(np.fromfile(file, _EVENT, offset=HEADER_BYTES))
    table = np.concatenate(tables) if tables else np.empty(0, _EVENT)
    table = table[np.argsort(table["stamp"], kind="stable")]
    texts = [text.decode("latin-1").strip() for text in table["text"].tolist()]
    return table["stamp"] / 1e6, texts, table["ttl"].astype(np.int64)


class NcsArray(WindowArray):
    """Channels of one layout as (time, channel) volts.

    Parameters
    ----------
    channels : sequence of NcsChannel
        Of equal rate, stamps and lengths of records.
    factor : sequence of float
        From steps to the unit, per channel.
    """

    def __init__(self, channels: Sequence[NcsChannel], factor: Sequence[float]) -> None:
        first = channels[0]
        super().__init__(str(first.path), int(first.n.sum()), len(channels))
        self.paths, self.factor = tuple(str(c.path) for c in channels), tuple(factor)
        self.before = np.concatenate([[0], np.cumsum(first.n)])

    def window(self, start: int, stop: int, channels: Sequence[int]) -> NDArray[np.float32]:
        """Return samples `start` to `stop` of some channels, as `WindowArray.window` says."""
        values = np.empty((max(stop - start, 0), len(channels)), dtype=np.float32)
        if not values.size:
            return values
        a = int(np.searchsorted(self.before, start, side="right")) - 1
        b = int(np.searchsorted(self.before, stop, side="left"))
        n = np.diff(self.before[a : b + 1])
        valid = np.arange(512) < n[:, np.newaxis]
        shape = (self.before.size - 1,)
        for column, channel in enumerate(channels):
            path = self.paths[channel]
            records = np.memmap(path, _RECORD, mode="r", offset=HEADER_BYTES, shape=shape)
            steps = records["samples"][a:b][valid][start - self.before[a] : stop - self.before[a]]
            values[:, column] = steps.astype(np.float64) * self.factor[channel]
        return values
