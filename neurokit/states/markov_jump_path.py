"""Paths of a jump process, and what is read of them at given times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def sample_path(
    rates: Array, initial: Array, duration: float, rng: np.random.Generator
) -> tuple[Array, Index]:
    """Draw a path by its holding times (Gillespie).

    Parameters
    ----------
    rates : (n_states, n_states) ndarray
        Per second.
    initial : (n_states,) ndarray
        Distribution of the first state.
    duration : float
        Seconds.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    onset : (n_stays,) ndarray
        When each stay begins, s; the first at 0.
    state : (n_stays,) ndarray of int64
        Where. A state without a way out is the last.
    """
    leave = -np.diagonal(rates)
    jump = np.where(np.eye(len(rates), dtype=bool), 0.0, rates)
    below = np.cumsum(jump / np.where(leave > 0, leave, 1.0)[:, None], axis=1)[:, :-1]
    state = int(rng.choice(initial.size, p=initial))
    onsets, states, now = [0.0], [state], 0.0
    while leave[state] > 0:
        now += rng.exponential(1.0 / leave[state])
        if now >= duration:
            break
        state = int((rng.random() > below[state]).sum())
        onsets.append(now)
        states.append(state)
    return np.array(onsets), np.array(states, dtype=np.int64)


def read_path(
    onset: Array,
    state: Index,
    times: Array,
    misread: float,
    n_states: int,
    rng: np.random.Generator,
) -> Index:
    """Read a path at given times, with errors.

    Parameters
    ----------
    onset, state : (n_stays,) ndarray
        Of `sample_path`.
    times : (n,) ndarray
        Seconds from 0.
    misread : float
        Probability of reading another state, any of them alike.
    n_states : int
        K.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    (n,) ndarray of int64
        What was read.
    """
    true = state[np.searchsorted(onset, times, side="right") - 1]
    if n_states == 1:
        return true
    wrong = rng.random(times.size) < misread
    shift = rng.integers(1, n_states, size=times.size)
    return np.asarray(np.where(wrong, (true + shift) % n_states, true))
