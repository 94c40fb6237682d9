"""The most probable path of hidden states, over ragged trials."""

from __future__ import annotations

import itertools

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.states.chains import fill_transition, static_chain
from neurokit.states.smoothing import check_possible, checked_chain

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def viterbi(
    log_emission: ArrayLike,
    transition: ArrayLike,
    initial: ArrayLike,
    lengths: ArrayLike | None = None,
) -> tuple[Index, Array]:
    """Argmax over z of log p(z, y), by dynamic programming.

    Parameters
    ----------
    log_emission : (n_bins, n_states) array_like
        log p(y_t | z_t = k), nats; a row of zeros marks a missing bin.
    transition : (n_states, n_states) array_like
        Rows sum to 1; zeros are allowed.
    initial : (n_states,) array_like
        Probability of the states at the first bin of every trial.
    lengths : (n_trials,) array_like of int, optional
        Bins of each trial; default one trial.

    Returns
    -------
    states : (n_bins,) ndarray of int64
        The path; of equally probable ones that with the lower states at the end.
    log_probability : (n_trials,) ndarray
        log p(z, y) of each trial, nats.

    Raises
    ------
    OptionError
        As `forward_backward`.

    References
    ----------
    Viterbi (1967), doi:10.1109/TIT.1967.1054010.

    Examples
    --------
    >>> log_emission = np.log([[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]])
    >>> viterbi(log_emission, [[0.9, 0.1], [0.1, 0.9]], [0.5, 0.5])[0]
    array([0, 0, 0])
    """
    emission, moves, start, offsets = checked_chain(log_emission, transition, initial, lengths)
    return best_path(emission, moves, start, offsets, *static_chain(len(emission), len(start)))


def best_path(
    log_emission: Array,
    transition: Array,
    initial: Array,
    offsets: Index,
    coefficients: Array,
    inputs: Array,
) -> tuple[Index, Array]:
    """The most probable path over checked arrays; transitions may depend on inputs.

    Returns
    -------
    states : (n_bins,) ndarray of int64
        The path.
    log_probability : (n_trials,) ndarray
        Nats.
    """
    states = np.zeros(len(log_emission), dtype=np.int64)
    value = np.zeros(len(offsets) - 1)
    moves = transition.copy()
    for trial, (a, b) in enumerate(itertools.pairwise(offsets)):
        if b > a:
            value[trial] = _best_path(
                log_emission[a:b], moves, initial, coefficients, inputs[a:b], states[a:b]
            )
    check_possible(value)
    return states, value


@numba.njit(cache=True, nogil=True)
def _best_path(
    log_emission: Array,
    moves: Array,
    initial: Array,
    coefficients: Array,
    inputs: Array,
    states: Index,
) -> float:
    n_bins, n_states = log_emission.shape
    came_from = np.zeros((n_bins, n_states), dtype=np.int32)
    best = np.log(initial) + log_emission[0]
    log_moves = np.log(moves)
    for t in range(1, n_bins):
        if inputs.shape[1] > 0:
            fill_transition(coefficients, inputs[t], moves)
            log_moves = np.log(moves)
        now = np.full(n_states, -np.inf)
        for j in range(n_states):
            for k in range(n_states):
                value = best[j] + log_moves[j, k]
                if value > now[k]:
                    now[k] = value
                    came_from[t, k] = j
        best = now + log_emission[t]
    states[n_bins - 1] = np.argmax(best)
    for t in range(n_bins - 1, 0, -1):
        states[t - 1] = came_from[t, states[t]]
    return float(best.max())
