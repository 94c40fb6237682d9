"""Samples of FIF files, read where they stand: no copy in double precision, no open handle.

A recording is a chain of buffers (sample, channel), epochs are one block (epoch, channel, time);
both are big-endian numbers that cal * range turns into the unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.interchange.mne_timeline import Segment, window
from neurokit.io import FileArray
from neurokit_loaders.mne_fif import BLOCK_END, BLOCK_START, RAW_BLOCKS, is_zipped, tags
from neurokit_loaders.mne_lazy import WindowArray

_BUFFER, _SKIP, _FIRST_SAMPLE, _EPOCH, _EPOCHS_BLOCK = 300, 301, 208, 302, 373

# Types of FIF; complex numbers, which no device writes, are left to mne.
_DTYPES: dict[int, str] = {2: ">i2", 16: ">i2", 3: ">i4", 4: ">f4", 5: ">f8"}


@dataclass(frozen=True)
class Buffers:
    """Where the samples of a recording stand.

    Parameters
    ----------
    paths : tuple of str
        The file and its further parts.
    part, first, n, at : (n_buffers,) ndarray of int
        Per buffer: which file, its first sample, its samples, its first byte.
    dtype : tuple of str
        Per buffer.
    n_times : int
        Samples, those of skips included.
    """

    paths: tuple[str, ...]
    part: NDArray[np.int64]
    first: NDArray[np.int64]
    n: NDArray[np.int64]
    at: NDArray[np.int64]
    dtype: tuple[str, ...]
    n_times: int


def find_buffers(paths: Sequence[Path], n_channels: int) -> Buffers | None:
    """Find the samples of a recording.

    Parameters
    ----------
    paths : sequence of Path
        The file and its further parts.
    n_channels : int
        Channels.

    Returns
    -------
    Buffers or None
        None if the samples cannot be read where they stand (gzipped or complex).
    """
    rows: list[tuple[int, int, int, int]] = []
    kinds: list[str] = []
    sample = 0
    for part, path in enumerate(paths):
        if is_zipped(path):
            return None
        for at, size, type_, skip in _buffers_in(path):
            dtype = _DTYPES.get(type_)
            if dtype is None:
                return None
            n = size // (np.dtype(dtype).itemsize * n_channels)
            sample += skip * n
            rows.append((part, sample, n, at))
            kinds.append(dtype)
            sample += n
    which, first, n_each, at_byte = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    names = tuple(map(str, paths))
    return Buffers(names, which, first, n_each, at_byte, tuple(kinds), sample)


def _buffers_in(path: Path) -> Iterator[tuple[int, int, int, int]]:
    """Yield first byte, size and type of each buffer, and the buffers skipped before it."""
    inside, begun, skip = False, False, 0
    for tag in tags(path):
        if tag.kind == BLOCK_START and tag.number in RAW_BLOCKS:
            inside = True
        elif tag.kind == BLOCK_END and tag.number in RAW_BLOCKS:
            inside = False
        elif inside and tag.kind == _SKIP and tag.number is not None:
            # What is skipped before the first buffer moves the start, and is no gap.
            skip = tag.number if begun else 0
        elif inside and tag.kind == _BUFFER:
            yield tag.at, tag.size, tag.type, skip
            begun, skip = True, 0


def scaled(values: NDArray[Any], factor: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    """Write ``values * factor`` into `out`, multiplied in double precision where it matters.

    Parameters
    ----------
    values : (n, n_channels) ndarray
        As stored.
    factor : (n_channels,) ndarray
        Per channel.
    out : (n, n_channels) ndarray of float32
        Where to.
    """
    if (factor == 1.0).all():
        out[...] = values
    else:
        np.multiply(values, factor, out=out, dtype=np.float64, casting="same_kind")


class FifArray(WindowArray):
    """Channels of a continuous FIF recording.

    Parameters
    ----------
    buffers : Buffers
        Where its samples stand.
    factor : (n_all,) sequence of float
        From stored numbers to the unit, for all channels of the file.
    picks : sequence of int
        Which channels.
    segments : sequence of (int, int)
        Sample ranges that were recorded.
    """

    def __init__(
        self,
        buffers: Buffers,
        factor: Sequence[float],
        picks: Sequence[int],
        segments: Sequence[Segment],
    ) -> None:
        super().__init__(buffers.paths[0], sum(b - a for a, b in segments), len(picks))
        self.buffers, self.picks, self.segments = buffers, tuple(picks), tuple(segments)
        self.factor = np.asarray(factor, dtype=np.float64)

    def window(self, start: int, stop: int, channels: Sequence[int]) -> NDArray[np.float32]:
        """Return samples `start` to `stop` of some channels, as `WindowArray.window` says."""
        picks = [self.picks[i] for i in channels]
        values = np.zeros((max(stop - start, 0), len(picks)), dtype=np.float32)
        done = 0
        for a, b in window(self.segments, start, stop):
            self._read_into(values[done : done + b - a], a, b, picks)
            done += b - a
        return values

    def _read_into(
        self, values: NDArray[np.float32], start: int, stop: int, picks: list[int]
    ) -> None:
        buffers, n_all = self.buffers, self.factor.size
        whole = picks == list(range(n_all))
        factor = self.factor[picks]
        first = int(np.searchsorted(buffers.first, start, side="right")) - 1
        for i in range(max(first, 0), buffers.first.size):
            begin = int(buffers.first[i])
            a, b = max(start, begin), min(stop, begin + int(buffers.n[i]))
            if begin >= stop:
                break
            if a >= b:
                continue
            dtype = np.dtype(buffers.dtype[i])
            rows = np.fromfile(
                buffers.paths[int(buffers.part[i])],
                dtype=dtype,
                count=(b - a) * n_all,
                offset=int(buffers.at[i]) + (a - begin) * n_all * dtype.itemsize,
            ).reshape(b - a, n_all)
            scaled(rows if whole else rows[:, picks], factor, values[a - start : b - start])


@dataclass(frozen=True)
class EpochsPart:
    """The epochs of one file.

    Parameters
    ----------
    path : str
        The file.
    at : int
        First byte of the values.
    n : int
        Epochs.
    dtype : str
        How they are stored.
    """

    path: str
    at: int
    n: int
    dtype: str


def find_epochs(paths: Sequence[Path], n_channels: int, n_times: int) -> list[EpochsPart] | None:
    """Find the values of epochs.

    Parameters
    ----------
    paths : sequence of Path
        The file and its further parts.
    n_channels, n_times : int
        Size of an epoch.

    Returns
    -------
    list of EpochsPart or None
        One per file; None if they cannot be read where they stand.
    """
    found = []
    for path in paths:
        inside = False
        for tag in tags(path):
            if tag.kind in (BLOCK_START, BLOCK_END) and tag.number == _EPOCHS_BLOCK:
                inside = tag.kind == BLOCK_START
            elif inside and tag.kind == _EPOCH:
                dtype = _DTYPES.get(tag.type & 0xFFFF)
                # A matrix ends with its number of dims and their sizes.
                each = n_channels * n_times * np.dtype(dtype or ">f8").itemsize
                if dtype is None or is_zipped(path) or each == 0 or tag.size < each:
                    return None
                found.append(EpochsPart(str(path), tag.at, tag.size // each, dtype))
    return found or None


class FifEpochs(FileArray):
    """A lazy float32 array (trial, time, channel) of epochs in FIF files.

    Parameters
    ----------
    parts : sequence of EpochsPart
        Where the values stand.
    factor : (n_all,) sequence of float
        From stored numbers to the unit, for all channels of the file.
    n_times : int
        Samples per epoch.
    picks : sequence of int
        Which channels.
    """

    def __init__(
        self,
        parts: Sequence[EpochsPart],
        factor: Sequence[float],
        n_times: int,
        picks: Sequence[int],
    ) -> None:
        super().__init__((sum(part.n for part in parts), n_times, len(picks)), np.float32)
        self.parts, self.picks = tuple(parts), np.asarray(picks, dtype=np.int64)
        self.factor = np.asarray(factor, dtype=np.float64)

    def read(self, key: tuple[int | slice, ...]) -> NDArray[Any]:
        """Return ``array[key]``, reading the epochs that were asked for.

        Parameters
        ----------
        key : tuple of int or slice
            Trial, time and channel.

        Returns
        -------
        ndarray
            float32; integer entries drop their dim.
        """
        trials, times, channels = (
            np.atleast_1d(np.arange(n)[part]) for part, n in zip(key, self.shape, strict=True)
        )
        picks = self.picks[channels]
        values = np.empty((trials.size, times.size, picks.size), dtype=np.float32)
        start = 0
        for part in self.parts:
            here = np.flatnonzero((trials >= start) & (trials < start + part.n))
            shape = (part.n, self.factor.size, self.shape[1])
            if here.size:
                stored = np.memmap(part.path, part.dtype, mode="r", offset=part.at, shape=shape)
                for i in here:
                    one = stored[trials[i] - start]
                    scaled(one[np.ix_(picks, times)].T, self.factor[picks], values[i])
            start += part.n
        drop = tuple(0 if isinstance(part, int | np.integer) else slice(None) for part in key)
        return values[drop]
