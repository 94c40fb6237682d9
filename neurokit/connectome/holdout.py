"""Entries of a tensor that are hidden in turn, so that every one is predicted once.

Two designs: single entries, or whole fibres along the longest mode, which noise that is
correlated along it cannot leak through.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def entry_folds(
    shape: tuple[int, ...], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Number a fold for every entry, as many entries in each.

    Parameters
    ----------
    shape : tuple of int
        The tensor's.
    n_folds : int
        Number of folds.
    rng : numpy.random.Generator
        Source of the assignment.

    Returns
    -------
    ndarray of int16
        Of shape `shape`.
    """
    folds = np.arange(np.prod(shape), dtype=np.int64) % n_folds
    return rng.permutation(folds.astype(np.int16)).reshape(shape)


def fibre_folds(
    shape: tuple[int, ...], along: int, n_folds: int, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Number a fold for every fibre along one mode, spread evenly within the rows of all others.

    Of m fibres that share a row of the largest other mode, at most ceil(m / n_folds) fall into
    one fold, so that no row loses all its data where that can be avoided.

    Parameters
    ----------
    shape : tuple of int
        The tensor's.
    along : int
        The mode whose fibres stay whole.
    n_folds : int
        Number of folds.
    rng : numpy.random.Generator
        Source of the assignment.

    Returns
    -------
    ndarray of int16
        Of shape `shape` with size 1 along `along`.
    """
    others = [mode for mode in range(len(shape)) if mode != along]
    row = max(others, key=lambda mode: shape[mode])
    width = int(np.prod([shape[mode] for mode in others if mode != row]))
    # Each row starts its count elsewhere and in another order.
    counted = (np.arange(width)[None] + rng.integers(n_folds, size=shape[row])[:, None]) % n_folds
    shuffled = rng.permuted(counted, axis=1).astype(np.int16)
    rest = [shape[mode] for mode in others if mode != row]
    folds = shuffled.reshape(shape[row], *rest)
    return np.expand_dims(np.moveaxis(folds, 0, others.index(row)), along)
