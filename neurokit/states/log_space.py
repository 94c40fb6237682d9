"""Forward-backward in logarithms, for trials whose probabilities leave the range of floats."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.states.chains import fill_transition

Array = NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def _log_sum(values: Array) -> float:
    top = values.max()
    if top == -np.inf:
        return -np.inf
    out: float = top + np.log(np.exp(values - top).sum())
    return out


@numba.njit(cache=True, nogil=True)
def _forward(
    log_emission: Array,
    moves: Array,
    initial: Array,
    coefficients: Array,
    inputs: Array,
    reach: Array,
) -> float:
    """reach[t, k] = log p(y_1 ... y_t, z_t = k); returns log p(y)."""
    n_bins, n_states = log_emission.shape
    log_moves = np.log(moves)
    paths = np.empty(n_states)
    for t in range(n_bins):
        if t > 0 and inputs.shape[1] > 0:
            fill_transition(coefficients, inputs[t], moves)
            log_moves = np.log(moves)
        for k in range(n_states):
            if t == 0:
                reach[t, k] = np.log(initial[k]) + log_emission[t, k]
            else:
                for j in range(n_states):
                    paths[j] = reach[t - 1, j] + log_moves[j, k]
                reach[t, k] = _log_sum(paths) + log_emission[t, k]
    return _log_sum(reach[n_bins - 1])


@numba.njit(cache=True, nogil=True)
def filter_in_logs(
    log_emission: Array,
    moves: Array,
    initial: Array,
    coefficients: Array,
    inputs: Array,
    filtered: Array,
) -> float:
    """Filter one trial in logarithms.

    Parameters
    ----------
    log_emission : (n_bins, n_states) ndarray
        Nats.
    moves : (n_states, n_states) ndarray
        Transition matrix; overwritten where there are inputs.
    initial : (n_states,) ndarray
        Probabilities at the first bin.
    coefficients, inputs : ndarray
        Of transitions that depend on inputs.
    filtered : (n_bins, n_states) ndarray
        Filled with p(z_t = k | y_1 ... y_t).

    Returns
    -------
    float
        log p(y), nats.
    """
    value = _forward(log_emission, moves, initial, coefficients, inputs, filtered)
    for t in range(len(filtered)):
        filtered[t] = np.exp(filtered[t] - _log_sum(filtered[t]))
    return value


@numba.njit(cache=True, nogil=True)
def smooth_in_logs(
    log_emission: Array,
    moves: Array,
    initial: Array,
    coefficients: Array,
    inputs: Array,
    probability: Array,
    count: Array,
    input_count: Array,
) -> float:
    """Smooth one trial in logarithms.

    Parameters
    ----------
    log_emission, moves, initial, coefficients, inputs
        As in `filter_in_logs`.
    probability : (n_bins, n_states) ndarray
        Filled with p(z_t = k | y).
    count : (n_states, n_states) ndarray
        Expected transitions are added.
    input_count : (n_states, n_states, n_inputs) ndarray
        Expected transitions times inputs are added.

    Returns
    -------
    float
        log p(y), nats.
    """
    n_bins, n_states = log_emission.shape
    value = _forward(log_emission, moves, initial, coefficients, inputs, probability)
    if value == -np.inf:
        return value
    log_moves = np.log(moves)
    ahead, next_ahead, paths = np.zeros(n_states), np.zeros(n_states), np.empty(n_states)
    for t in range(n_bins - 1, -1, -1):
        if t < n_bins - 1:
            if inputs.shape[1] > 0:
                fill_transition(coefficients, inputs[t + 1], moves)
                log_moves = np.log(moves)
            after = log_emission[t + 1] + ahead
            ahead = np.empty(n_states)
            for j in range(n_states):
                for k in range(n_states):
                    paths[k] = log_moves[j, k] + after[k]
                    pair = np.exp(probability[t, j] + paths[k] - value)
                    count[j, k] += pair
                    for d in range(inputs.shape[1]):
                        input_count[j, k, d] += pair * inputs[t + 1, d]
                ahead[j] = _log_sum(paths)
        if t < n_bins - 1:
            probability[t + 1] = np.exp(probability[t + 1] + next_ahead - value)
        next_ahead = ahead
    if n_bins > 0:
        probability[0] = np.exp(probability[0] + ahead - value)
    return value
