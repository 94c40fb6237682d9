"""Trials side by side, padded to the longest, as networks read them; and rows of bins again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.observed import Observed
from neurokit.flows.windows import cut, joined

Mask = NDArray[np.bool_]
Single = NDArray[np.float32]


@dataclass(frozen=True)
class Padded:
    """Trials of a fit in one block; a trial longer than a window is several of them.

    Parameters
    ----------
    values : (n_trials, n_bins, n_neurons) ndarray of float32
        0 where not seen.
    seen : (n_trials, n_bins, n_neurons) ndarray of bool
        False in padding.
    lengths : (n_trials,) ndarray of int
        Bins of each trial.
    inputs : (n_trials, n_bins, n_inputs) ndarray of float32
        What acts on the dynamics; 0 in padding.
    firsts : (n_trials,) ndarray of int
        Row of each trial's first bin.
    offsets : (n_whole + 1,) ndarray of int
        Rows where trials begin that were cut into these, and the end.
    """

    values: Single
    seen: Mask
    lengths: NDArray[np.int64]
    inputs: Single
    firsts: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @property
    def inside(self) -> Mask:
        """Which bins are no padding, (n_trials, n_bins)."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]

    @property
    def last(self) -> NDArray[np.int64]:
        """Which are the ends of trials that were cut, (n_whole,)."""
        return np.searchsorted(self.firsts + self.lengths, self.offsets[1:]).astype(np.int64)

    def rows(self, block: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (n_trials, n_bins, ...) results as rows of bins, one trial after the other."""
        return joined(block[self.inside].astype(np.float64), self.firsts, self.lengths)

    def without(self, neurons: Mask) -> Padded:
        """Return the same with some neurons never seen."""
        seen = self.seen & ~neurons
        return replace(self, values=np.where(seen, self.values, np.float32(0)), seen=seen)

    def further(self, ahead: NDArray[np.floating]) -> Padded:
        """Return the same with (n_whole, n, n_inputs) inputs of bins after the ends of trials."""
        n = ahead.shape[1]
        inputs = np.pad(self.inputs, ((0, 0), (0, n), (0, 0)))
        for trial, rows in zip(self.last, ahead, strict=True):
            inputs[trial, self.lengths[trial] : self.lengths[trial] + n] = rows
        return replace(self, inputs=inputs)

    def fingerprint(self) -> str:
        """Return a hash of what was seen, to know the same data again."""
        digest = hashlib.sha256()
        for array in (self.values, self.seen, self.lengths, self.inputs):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def padded(data: Observed, window: int | None = None, *, overlapping: bool = False) -> Padded:
    """Put trials side by side.

    Parameters
    ----------
    data : Observed
        Rows of bins.
    window : int, optional
        Bins; longer trials are cut.
    overlapping : bool
        Whether what they are cut into overlaps.

    Returns
    -------
    Padded
        As long as the longest trial, or the window.
    """
    firsts, lengths = data.offsets[:-1], np.diff(data.offsets).astype(np.int64)
    if window is not None:
        firsts, lengths = cut(data.offsets, window, overlapping=overlapping)
    inside = np.arange(int(lengths.max())) < lengths[:, None]
    rows = np.concatenate([np.arange(a, a + n) for a, n in zip(firsts, lengths, strict=True)])
    blocks = []
    for source, kind in ((data.values, np.float32), (data.seen, bool), (data.inputs, np.float32)):
        block = np.zeros((*inside.shape, source.shape[1]), dtype=kind)
        block[inside] = source[rows]
        blocks.append(block)
    values, seen, inputs = blocks
    return Padded(values, seen, lengths, inputs, firsts, data.offsets)
