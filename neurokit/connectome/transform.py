"""Loadings of new data on known factors: one non-negative least-squares problem per row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurokit.connectome.dimension_tree import Array
from neurokit.connectome.hals import descend
from neurokit.connectome.tensor import ObservedTensor

# Coordinate sweeps between two looks at what changed, and most looks.
_SWEEPS, _LOOKS = 50, 400
_SETTLED = 1e-12


def project(tensor: ObservedTensor, factors: Sequence[Array], mode: int) -> Array:
    """Min over rows f >= 0 of sum over observed (x - sum_r f_r prod of the others' columns)^2.

    Parameters
    ----------
    tensor : ObservedTensor
        New data.
    factors : sequence of (size, rank) ndarray
        In internal mode order; that of `mode` gives the shape alone.
    mode : int
        The mode whose rows are sought.

    Returns
    -------
    (size, rank) ndarray
        Of the scaled data; 0 where no observed entry depends on a loading.
    """
    summed = max((m for m in range(len(factors)) if m != mode), key=lambda m: tensor.shape[m])
    numerator = tensor.gather(tensor.contract(factors[summed], summed), summed, factors, mode)
    return non_negative_least_squares(numerator, tensor.grams(factors, mode))


def non_negative_least_squares(numerator: Array, grams: Array) -> Array:
    """Min over a >= 0 of 1/2 a G a - n a for every row, by coordinate descent to convergence.

    Parameters
    ----------
    numerator : (size, rank) ndarray
        n of every row.
    grams : (size or 1, rank, rank) ndarray
        G of every row, or one for all.

    Returns
    -------
    (size, rank) ndarray
        Minimisers; of several that with zeros where nothing depends on an entry.
    """
    rows = np.zeros_like(numerator)
    for _ in range(_LOOKS):
        before = rows.copy()
        descend(rows, numerator, grams, _SWEEPS)
        if np.abs(rows - before).max(initial=0.0) <= _SETTLED * np.abs(rows).max(initial=0.0):
            break
    return rows
