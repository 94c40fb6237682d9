"""Trials side by side, padded to the longest, as networks read them; and rows of bins again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.observed import Observed

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Padded:
    """Trials of a fit in one block.

    Parameters
    ----------
    values : (n_trials, n_bins, n_neurons) ndarray of float32
        0 where not seen.
    seen : (n_trials, n_bins, n_neurons) ndarray of bool
        False in padding.
    lengths : (n_trials,) ndarray of int
        Bins of each trial.
    """

    values: NDArray[np.float32]
    seen: Mask
    lengths: NDArray[np.int64]

    @property
    def inside(self) -> Mask:
        """Which bins are no padding, (n_trials, n_bins)."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]

    def rows(self, block: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (n_trials, n_bins, ...) results as rows of bins, one trial after the other."""
        return block[self.inside].astype(np.float64)

    def without(self, neurons: Mask) -> Padded:
        """Return the same with some neurons never seen."""
        seen = self.seen & ~neurons
        return Padded(np.where(seen, self.values, np.float32(0)), seen, self.lengths)

    def fingerprint(self) -> str:
        """Return a hash of what was seen, to know the same data again."""
        digest = hashlib.sha256()
        for array in (self.values, self.seen, self.lengths):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def padded(data: Observed) -> Padded:
    """Put trials side by side.

    Parameters
    ----------
    data : Observed
        Rows of bins.

    Returns
    -------
    Padded
        As long as the longest trial.
    """
    lengths = np.diff(data.offsets)
    inside = np.arange(int(lengths.max())) < lengths[:, None]
    shape = (*inside.shape, data.values.shape[1])
    values, seen = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=bool)
    values[inside], seen[inside] = data.values, data.seen
    return Padded(values, seen, lengths.astype(np.int64))
