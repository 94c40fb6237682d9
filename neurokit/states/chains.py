"""What all recursions over hidden chains share: trial offsets and input-driven transitions."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

TINY = 1e-290
"""Probabilities below this are kept in logarithms or not at all: products with them underflow."""


def offsets_of(lengths: ArrayLike | None, n_bins: int) -> Index:
    """Offsets of trials that lie one after the other.

    Parameters
    ----------
    lengths : (n_trials,) array_like of int, optional
        Bins of each trial; None is one trial.
    n_bins : int
        Their sum.

    Returns
    -------
    (n_trials + 1,) ndarray of int64
        0, and where each trial ends.

    Raises
    ------
    OptionError
        If lengths are no whole numbers, negative, or do not sum to `n_bins`.

    Examples
    --------
    >>> offsets_of([2, 3], 5)
    array([0, 2, 5])
    """
    sizes = np.array([n_bins] if lengths is None else lengths, dtype=np.float64)
    if (
        sizes.ndim != 1
        or not (np.isfinite(sizes) & (sizes >= 0) & (np.trunc(sizes) == sizes)).all()
    ):
        raise OptionError(
            f"{sizes.tolist()} are no numbers of bins",
            where="lengths",
            mend="Give one whole number from 0 for every trial.",
        )
    if sizes.sum() != n_bins:
        raise OptionError(
            f"{[int(size) for size in sizes]} sum to {sizes.sum():.0f}, there are {n_bins} bins",
            where="lengths",
            mend="Give the number of bins of every trial.",
        )
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def static_chain(n_bins: int, n_states: int) -> tuple[Array, Array]:
    """Coefficients and inputs of a chain whose transitions are the same in all bins.

    Returns
    -------
    coefficients : (n_states, n_states, 0) ndarray
        Empty.
    inputs : (n_bins, 0) ndarray
        Empty.
    """
    return np.zeros((n_states, n_states, 0)), np.zeros((n_bins, 0))


@numba.njit(cache=True, nogil=True)
def fill_transition(coefficients: Array, inputs: Array, moves: Array) -> None:
    """moves[j, k] = softmax_k(coefficients[j, k] . inputs), in place.

    Parameters
    ----------
    coefficients : (n_states, n_states, n_inputs) ndarray
        Multinomial logit of the next state, one per state left.
    inputs : (n_inputs,) ndarray
        At the bin that is entered.
    moves : (n_states, n_states) ndarray
        Filled.
    """
    n_states = len(moves)
    for j in range(n_states):
        top = -np.inf
        for k in range(n_states):
            value = 0.0
            for d in range(len(inputs)):
                value += coefficients[j, k, d] * inputs[d]
            moves[j, k] = value
            top = max(top, value)
        total = 0.0
        for k in range(n_states):
            moves[j, k] = np.exp(moves[j, k] - top)
            total += moves[j, k]
        for k in range(n_states):
            moves[j, k] /= total
