"""Samples of EDF and BDF files, at the rate each signal was written with.

MNE brings all signals to the highest rate and closes gaps (mne-python #10635, #6428); here each
rate is a group and records keep the times that EDF+D gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, TimeError
from neurokit_loaders.mne_edf import EdfHeader
from neurokit_loaders.mne_lazy import WindowArray

# MNE keeps these bits of a trigger line; BioSemi's others are states of the amplifier.
TRIGGER_BITS = 2**17 - 1

# Samples that are turned and scaled at once.
_STRETCH = 2**16


def records_of(path: str, header: EdfHeader, n_records: int) -> NDArray[np.uint8]:
    """Return the records of a file as a memory map of bytes, (record, byte).

    Parameters
    ----------
    path : str
        The file.
    header : EdfHeader
        Its header.
    n_records : int
        Whole records.

    Returns
    -------
    (n_records, record_bytes) ndarray
        Nothing is read until it is looked at.
    """
    shape = (n_records, header.record_bytes)
    return np.memmap(path, dtype=np.uint8, mode="r", offset=header.n_bytes, shape=shape)


def record_runs(
    onset: NDArray[np.float64], record_s: float, tolerance: float, where: str
) -> NDArray[np.int64]:
    """Return which run each record belongs to: a new one begins after every gap.

    Parameters
    ----------
    onset : (n_records,) ndarray
        When each record begins, s.
    record_s : float
        Seconds per record.
    tolerance : float
        Seconds that a record may come late or early without a gap.
    where : str
        The file, for messages.

    Returns
    -------
    (n_records,) ndarray of int
        From 0.

    Raises
    ------
    FileContentError
        If a record does not say when it begins.
    TimeError
        If a record begins before the one before it ends.
    """
    lost = np.flatnonzero(~np.isfinite(onset))
    if lost.size:
        raise FileContentError(
            f"record {lost[0]} of a file with gaps (EDF+D) does not say when it begins",
            where=where,
            mend="Export the file again.",
        )
    late = np.diff(onset) - record_s
    back = np.flatnonzero(late < -tolerance)
    if back.size:
        i = int(back[0])
        raise TimeError(
            f"record {i + 1} begins at {onset[i + 1]:g} s, before record {i} ends "
            f"({onset[i] + record_s:g} s)",
            where=where,
            mend="Export the file again; its records overlap.",
        )
    return np.concatenate([[0], np.cumsum(late > tolerance)]).astype(np.int64)


def sample_times(
    onset: NDArray[np.float64], runs: NDArray[np.int64], n_per_record: int, record_s: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return time and run of each sample of one rate.

    Parameters
    ----------
    onset : (n_records,) ndarray
        When each record begins, s.
    runs : (n_records,) ndarray of int
        As `record_runs` gives it.
    n_per_record : int
        Samples per record.
    record_s : float
        Seconds per record.

    Returns
    -------
    time : (n_records * n_per_record,) ndarray
        Regular within each run, counted from that run's first record.
    run : (n_records * n_per_record,) ndarray of int
        From 0.
    """
    first = np.searchsorted(runs, runs)
    position = (np.arange(runs.size) - first)[:, None] * n_per_record + np.arange(n_per_record)
    # Whole samples over the rate from the run's start: written onsets are rounded.
    time = onset[first][:, None] + position * (record_s / n_per_record)
    return time.ravel(), np.repeat(runs, n_per_record)


class EdfArray(WindowArray):
    """Signals of one rate of an EDF or BDF file.

    Parameters
    ----------
    path : str
        The file.
    header : EdfHeader
        Its header.
    n_records : int
        Whole records.
    indices : sequence of int
        Signals, all with the same number of samples per record.
    factor : sequence of float
        From the physical dimension of each to the unit it is held in.
    triggers : bool, default False
        These are trigger lines: whole numbers, of which 17 bits count.
    """

    def __init__(
        self,
        path: str,
        header: EdfHeader,
        n_records: int,
        indices: Sequence[int],
        factor: Sequence[float],
        triggers: bool = False,
    ) -> None:
        self.n_per_record = header.signals[indices[0]].n_samples
        super().__init__(path, n_records * self.n_per_record, len(indices))
        self.header, self.n_records = header, n_records
        self.indices, self.factor, self.triggers = tuple(indices), tuple(factor), triggers

    def window(self, start: int, stop: int, channels: Sequence[int]) -> NDArray[np.float32]:
        """Return samples `start` to `stop` of some channels, as `WindowArray.window` says."""
        n, size = self.n_per_record, max(stop - start, 0)
        first, last = start // n, -(-stop // n)
        if not channels or size == 0:
            return np.empty((size, len(channels)), dtype=np.float32)
        records = records_of(self.path, self.header, self.n_records)
        starts = [self.header.first_byte(self.indices[channel]) for channel in channels]
        factor, offset = self._scaling(channels)
        # Signal after signal, as the file has them: turning the result costs nothing.
        values = np.empty((len(channels), last - first, n), dtype=np.float32)
        # A stretch that stays in the processor's cache while it is scaled.
        step = max(1, _STRETCH // (n * len(channels)))
        for a in range(first, last, step):
            b = min(a + step, last)
            physical: NDArray[Any] = self._integers(records[a:b], starts) * factor
            physical += offset
            if self.triggers:
                physical = physical.astype(np.int64) & TRIGGER_BITS
            values[:, a - first : b - first] = physical.swapaxes(0, 1)
        begin = start - first * n
        return values.reshape(len(channels), -1)[:, begin : begin + size].T

    def _integers(self, records: NDArray[np.uint8], starts: Sequence[int]) -> NDArray[Any]:
        """Return stored numbers (record, signal, sample)."""
        length = self.n_per_record * self.header.width
        if starts[-1] - starts[0] == (len(starts) - 1) * length and list(starts) == sorted(starts):
            raw = np.ascontiguousarray(records[:, starts[0] : starts[-1] + length])
        else:
            raw = np.concatenate([records[:, at : at + length] for at in starts], axis=1)
        shape = (records.shape[0], len(starts), self.n_per_record)
        return _24_bit(raw).reshape(shape) if self.header.bdf else raw.view("<i2").reshape(shape)

    def _scaling(self, channels: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return factor and offset (signal, 1) from stored numbers to the unit."""
        if self.triggers and self.header.bdf:
            return np.ones((len(channels), 1)), np.zeros((len(channels), 1))
        gains = [self.header.signals[self.indices[channel]].gain for channel in channels]
        factor, offset = np.array(gains, dtype=np.float64).T[..., np.newaxis]
        unit = np.array([[1.0 if self.triggers else self.factor[c]] for c in channels])
        return factor * unit, offset * unit


def _24_bit(raw: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the numbers of three bytes each, least one first, that BDF holds."""
    parts = raw.reshape(-1, 3)
    # Four bytes with the lowest one zero: shifting back brings the sign along.
    wide = np.zeros((parts.shape[0], 4), dtype=np.uint8)
    wide[:, 1:] = parts
    joined: NDArray[np.int32] = wide.view("<i4")[:, 0] >> 8
    return joined
