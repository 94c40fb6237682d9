"""Forward-backward for many states: one matrix-vector product per bin, transitions as one GEMM."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from neurokit.states.chains import TINY, static_chain
from neurokit.states.log_space import smooth_in_logs

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def smooth_large(
    log_emission: Array,
    transition: Array,
    initial: Array,
    offsets: Index,
    probability: Array,
    count: Array,
) -> Array:
    """Smooth every trial.

    Parameters
    ----------
    log_emission : (n_bins, n_states) ndarray
        Nats.
    transition : (n_states, n_states) ndarray
        Rows sum to 1.
    initial : (n_states,) ndarray
        Of every trial.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin, and the end.
    probability : (n_bins, n_states) ndarray
        Filled with p(z_t = k | y).
    count : (n_states, n_states) ndarray
        Expected transitions are added.

    Returns
    -------
    (n_trials,) ndarray
        log p(y) of each trial, nats.
    """
    likelihood = np.zeros(len(offsets) - 1)
    for trial, (a, b) in enumerate(itertools.pairwise(offsets)):
        found = probability[a:b]
        value = _forward(log_emission[a:b], transition, initial, found)
        if np.isnan(value):
            still = static_chain(b - a, len(initial))
            empty = np.zeros((*transition.shape, 0))
            value = smooth_in_logs(
                log_emission[a:b], transition.copy(), initial, *still, found, count, empty
            )
        elif value > -np.inf:
            _backward(transition, found, count)
        likelihood[trial] = value
    return likelihood


def _forward(log_emission: Array, transition: Array, initial: Array, filtered: Array) -> float:
    total, predicted = 0.0, initial
    alive = np.ones(len(initial), dtype=bool)
    for t, emission in enumerate(log_emission):
        if t:
            predicted = filtered[t - 1] @ transition
            faint = predicted < TINY
            # A state of no measurable mass that could still be reached: only logarithms follow it.
            if faint.any() and (transition[np.ix_(alive, faint)] > 0).any():
                return float("nan")
        reachable = predicted >= TINY
        top = emission[reachable].max(initial=-np.inf)
        if top == -np.inf:
            return -np.inf
        value = np.where(reachable, predicted * np.exp(np.minimum(emission - top, 0.0)), 0.0)
        scale = float(value.sum())
        if scale < 1e-280:
            return float("nan")
        value /= scale
        alive = reachable & ~np.isneginf(emission)
        filtered[t] = np.where(value < TINY, 0.0, value)
        total += float(top) + float(np.log(scale))
    return total


def _backward(transition: Array, probability: Array, count: Array) -> None:
    n_bins = len(probability)
    filtered, ratio = probability.copy(), np.zeros_like(probability)
    for t in range(n_bins - 2, -1, -1):
        predicted = filtered[t] @ transition
        np.divide(probability[t + 1], predicted, out=ratio[t + 1], where=predicted >= TINY)
        smoothed = filtered[t] * (transition @ ratio[t + 1])
        probability[t] = smoothed / smoothed.sum()
    count += transition * (filtered[:-1].T @ ratio[1:])
