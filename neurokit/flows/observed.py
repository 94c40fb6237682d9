"""What a fit is given, as plain rows of bins, and which trials look alike to the smoother."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Observed:
    """Bins of all trials, one after the other.

    Parameters
    ----------
    values : (n_bins, n_neurons) ndarray
        0 where not observed.
    seen : (n_bins, n_neurons) ndarray of bool
        Where observed.
    inputs : (n_bins, n_inputs) ndarray
        Finite.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin.
    groups : sequence of (n,) ndarray of int
        Trials of one length and one pattern of what was observed.
    """

    values: Array
    seen: Mask
    inputs: Array
    offsets: Index
    groups: Sequence[Index]

    @property
    def n_trials(self) -> int:
        """Trials."""
        return len(self.offsets) - 1

    @cached_property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.seen.all())

    @cached_property
    def mean(self) -> Array:
        """Mean of each neuron over what was seen, (n_neurons,); 0 where nothing was."""
        found: Array = self.values.sum(axis=0) / np.maximum(self.seen.sum(axis=0), 1)
        return found

    @cached_property
    def variance(self) -> Array:
        """Variance of each neuron over what was seen, (n_neurons,)."""
        spread = np.where(self.seen, self.values - self.mean, 0.0)
        found: Array = (spread**2).sum(axis=0) / np.maximum(self.seen.sum(axis=0), 1)
        return found

    @cached_property
    def square(self) -> Array:
        """Sum of squares of each neuron, (n_neurons,)."""
        found: Array = (self.values**2).sum(axis=0)
        return found

    def without(self, neurons: Mask) -> Observed:
        """Return the same with some neurons never observed."""
        return observed(
            np.where(self.seen & ~neurons, self.values, np.nan), self.inputs, self.offsets
        )

    def trials(self, chosen: Sequence[int] | Index) -> Observed:
        """Return some trials, in the order given."""
        rows = np.concatenate([np.arange(self.offsets[k], self.offsets[k + 1]) for k in chosen])
        lengths = np.diff(self.offsets)[np.asarray(chosen, dtype=np.int64)]
        values = np.where(self.seen[rows], self.values[rows], np.nan)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return observed(values, self.inputs[rows], offsets)

    def apart(self) -> Observed:
        """Return the same with every trial for itself, for sites that differ between trials."""
        return replace(self, groups=[np.array([k]) for k in range(self.n_trials)])


def observed(values: Array, inputs: Array, offsets: Index) -> Observed:
    """Find out what was observed, and group trials.

    Parameters
    ----------
    values : (n_bins, n_neurons) ndarray
        NaN where not observed.
    inputs : (n_bins, n_inputs) ndarray
        Finite.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin.

    Returns
    -------
    Observed
        For the fit.
    """
    seen = ~np.isnan(values)
    members: dict[bytes, list[int]] = {}
    whole = seen.all()
    for k, (start, stop) in enumerate(pairwise(offsets)):
        key = int(stop - start).to_bytes(8, "little")
        if not whole:
            key += np.packbits(seen[start:stop]).tobytes()
        members.setdefault(key, []).append(k)
    groups = [np.asarray(found, dtype=np.int64) for found in members.values()]
    return Observed(np.where(seen, values, 0.0), seen, inputs, offsets, groups)
