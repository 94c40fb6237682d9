"""Samples of EDF and BDF files, at the rate each signal was written with.

MNE brings all signals to the highest rate and closes gaps (mne-python #10635, #6428); here each
rate is a group and records keep the times that EDF+D gives them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, TimeError
from neurokit_loaders.mne_edf import EdfHeader
from neurokit_loaders.mne_lazy import WindowArray

# MNE keeps these bits of a trigger line; BioSemi's others are states of the amplifier.
TRIGGER_BITS = 2**17 - 1


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

    def window(self, start: int, stop: int, channels: Sequence[int]) -> NDArray[np.float64]:
        """Return samples `start` to `stop` of some channels, as `WindowArray.window` says."""
        n = self.n_per_record
        first, last = start // n, -(-stop // n)
        records = records_of(self.path, self.header, self.n_records)[first:last]
        values = np.empty((max(stop - start, 0), len(channels)))
        for column, channel in enumerate(channels):
            at = self.header.first_byte(self.indices[channel])
            raw = np.ascontiguousarray(records[:, at : at + n * self.header.width])
            digital = self._integers(raw)[start - first * n : stop - first * n]
            values[:, column] = self._physical(digital, channel)
        return values

    def _integers(self, raw: NDArray[np.uint8]) -> NDArray[np.int32]:
        if not self.header.bdf:
            return raw.reshape(-1).view("<i2").astype(np.int32)
        parts = raw.reshape(-1, 3).astype(np.int32)
        high = parts[:, 2] - ((parts[:, 2] & 0x80) << 1)
        joined: NDArray[np.int32] = parts[:, 0] | parts[:, 1] << 8 | high << 16
        return joined

    def _physical(self, digital: NDArray[np.int32], channel: int) -> NDArray[np.float64]:
        factor, offset = self.header.signals[self.indices[channel]].gain
        if self.triggers:
            codes = digital if self.header.bdf else (digital * factor + offset).astype(np.int64)
            return (codes & TRIGGER_BITS).astype(np.float64)
        physical = digital.astype(np.float64) * factor + offset
        return physical * self.factor[channel]
