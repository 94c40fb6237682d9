"""How many states a chain goes on with: greedy splits and merges of states at held latents.

Particle Gibbs finds the bins of the states it has, but seldom a state that it lacks: its dynamics
would have to be drawn from their prior. So once, where a chain that began with few states is given
all, every state is split in two as long as

    log p(latents | labels) + log p(labels),

with dynamics and transitions integrated out, rises, and states are merged where that raises it.
What is found is a start like any other; the sampling that follows is as valid from anywhere.
"""

from __future__ import annotations

import math
from itertools import combinations

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from neurokit.bicluster.dynamics import log_marginal, moments, posterior
from neurokit.bicluster.settings import Settings
from neurokit.bicluster.small_cholesky import cholesky, solve_lower
from neurokit.bicluster.starts import start_labels
from neurokit.bicluster.sticky_transitions import count_steps

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Steps that a state must have for its dynamics to be told from those of others.
_FEWEST_STEPS = 10
# Alternations between dynamics and labels of one try; most end after three or four.
_MOST_ALTERNATIONS = 15
# Tries that begin with some stretch of a state's steps, and its shortest length.
_STRETCHES, _SHORTEST = 4, 25
# What a change must gain, nats: less is a matter of numbering and rounding.
_LEAST_GAIN = 1.0


def grow_states(
    latents: Array, labels: Labels, settings: Settings, rng: np.random.Generator
) -> Labels:
    """Split states as long as the evidence of their labels rises, then merge them likewise.

    Parameters
    ----------
    latents : (K, T, q) ndarray of float64
        w of every set of dynamics.
    labels : (T,) ndarray of int64
        State of every step; -1 at a trial's last bin.
    settings : Settings
        Priors; at most `n_states` states are made.
    rng : numpy.random.Generator
        Source of the stretches that splits begin with.

    Returns
    -------
    (T,) ndarray of int64
        Labels whose `label_evidence` is no less.
    """
    best = label_evidence(latents, labels, settings)
    while True:
        unused = np.setdiff1d(np.arange(settings.n_states), labels)
        if not len(unused):
            break
        tries = _splits(latents, labels, int(unused[0]), settings, rng)
        gained, tried = _best(latents, tries, settings)
        if gained < best + _LEAST_GAIN:
            break
        best, labels = gained, tried
    while True:
        pairs = combinations(np.unique(labels[labels >= 0]), 2)
        gained, tried = _best(
            latents, [np.where(labels == b, a, labels) for a, b in pairs], settings
        )
        if gained < best + _LEAST_GAIN:
            return labels
        best, labels = gained, tried


def label_evidence(latents: Array, labels: Labels, settings: Settings) -> float:
    """Log p(latents | labels) + log p(labels), dynamics and transitions integrated out.

    Parameters
    ----------
    latents : (K, T, q) ndarray of float64
        w.
    labels : (T,) ndarray of int64
        State of every step; -1 at a trial's last bin.
    settings : Settings
        Priors.

    Returns
    -------
    float
        The same however states are numbered.
    """
    return float(log_marginal(moments(latents, labels, settings.n_states)).sum()) + (
        log_prior_of_labels(labels, settings)
    )


def log_prior_of_labels(labels: Labels, settings: Settings) -> float:
    """Log p(labels), transitions integrated out: Dirichlet with alpha / n + kappa [stay].

    Parameters
    ----------
    labels : (T,) ndarray of int64
        State of every step; -1 at a trial's last bin. n of them are used.
    settings : Settings
        Priors.

    Returns
    -------
    float
        The same however states are numbered.
    """
    used, compact = np.unique(labels[labels >= 0], return_inverse=True)
    own = np.full(len(labels), -1, dtype=np.int64)
    own[labels >= 0] = compact
    n = len(used)
    prior = np.full((n, n), settings.alpha / max(n, 1)) + settings.kappa * np.eye(n)
    seen = prior + count_steps(own, n)
    chain = gammaln(seen).sum() - gammaln(seen.sum(axis=1)).sum()
    return float(chain - gammaln(prior).sum() + gammaln(prior.sum(axis=1)).sum())


def _best(latents: Array, tries: list[Labels], settings: Settings) -> tuple[float, Labels]:
    found = [(label_evidence(latents, labels, settings), i) for i, labels in enumerate(tries)]
    if not found:
        return -math.inf, np.empty(0, dtype=np.int64)
    most, i = max(found)
    return most, tries[i]


def _splits(
    latents: Array, labels: Labels, new: int, settings: Settings, rng: np.random.Generator
) -> list[Labels]:
    """Labels in which some state has lost a part of its steps to the state `new`."""
    whole = start_labels(latents, np.array([0, latents.shape[1]]), rng) == 1
    found = []
    for s in np.unique(labels[labels >= 0]):
        mine = np.flatnonzero(labels == s)
        if len(mine) < 2 * _FEWEST_STEPS:
            continue
        part = start_labels(np.ascontiguousarray(latents[:, mine]), np.array([0, len(mine)]), rng)
        begins = [mine[whole[mine]], mine[part == 1]]
        length = min(max(_SHORTEST, len(mine) // 6), len(mine) // 2)
        starts = rng.integers(0, len(mine) - length, _STRETCHES)
        begins += [mine[start : start + length] for start in starts]
        tries = (_split(latents, labels, int(s), new, begin, settings) for begin in begins)
        found += [tried for tried in tries if tried is not None]
    return found


def _split(
    latents: Array, labels: Labels, s: int, new: int, begin: Labels, settings: Settings
) -> Labels | None:
    """Alternate between the dynamics of two states and the best labels of the steps of `s`."""
    mine = labels == s
    tried = labels.copy()
    tried[begin] = new
    stay = (settings.kappa + 0.5 * settings.alpha) / (settings.kappa + settings.alpha)
    for _ in range(_MOST_ALTERNATIONS):
        counts = np.bincount(tried[mine], minlength=max(s, new) + 1)
        if min(counts[s], counts[new]) < _FEWEST_STEPS:
            return None
        scores = step_scores(latents, tried, s, new, settings.n_states)
        taken = best_halves(scores, mine, min(stay, 0.99))
        again = np.where(mine, np.where(taken, new, s), labels)
        if np.array_equal(again, tried):
            break
        tried = again
    return tried


def step_scores(latents: Array, labels: Labels, s: int, new: int, n_states: int) -> Array:
    """Log density of every step under the expected dynamics of two states.

    Parameters
    ----------
    latents : (K, T, q) ndarray of float64
        w.
    labels : (T,) ndarray of int64
        Steps that the dynamics are estimated from.
    s, new : int
        The two states.
    n_states : int
        S.

    Returns
    -------
    (T, 2) ndarray of float64
        Up to a constant; 0 in the last bin, from which there is no step.
    """
    q = latents.shape[2]
    mean, _, scale, degrees = posterior(moments(latents, labels, n_states))
    noise = scale / (degrees - q - 1.0)[:, None, None, None]
    two = [s, new]
    return np.asarray(_step_scores(latents, mean[two], noise[two]))


@numba.njit(cache=True, nogil=True)
def _step_scores(latents: Array, mean: Array, noise: Array) -> Array:
    n_clusters, n_bins, q = latents.shape
    out = np.zeros((n_bins, 2))
    factor, residual = np.empty((q, q)), np.empty(q)
    for side in range(2):
        for k in range(n_clusters):
            cholesky(noise[side, k], factor)
            half = 0.0
            for i in range(q):
                half += math.log(factor[i, i])
            for t in range(n_bins - 1):
                for i in range(q):
                    residual[i] = latents[k, t + 1, i] - mean[side, k, i, q]
                    for j in range(q):
                        residual[i] -= mean[side, k, i, j] * latents[k, t, j]
                solve_lower(factor, residual)
                out[t, side] -= half
                for i in range(q):
                    out[t, side] -= 0.5 * residual[i] * residual[i]
    return out


@numba.njit(cache=True, nogil=True)
def best_halves(scores: Array, free: Mask, stay: float) -> Mask:
    """The most probable of two labels for every free step, by Viterbi; runs are independent.

    Parameters
    ----------
    scores : (T, 2) ndarray of float64
        Log likelihood of either label.
    free : (T,) ndarray of bool
        Steps to label.
    stay : float
        Probability of keeping a label from one free step to the next.

    Returns
    -------
    (T,) ndarray of bool
        Whether the second label is better; False where not free.
    """
    n_bins = scores.shape[0]
    keep, leave = math.log(stay), math.log(1.0 - stay)
    best = np.zeros((n_bins, 2))
    moved = np.zeros((n_bins, 2), dtype=np.bool_)
    out = np.zeros(n_bins, dtype=np.bool_)
    for t in range(n_bins):
        for side in range(2):
            best[t, side] = scores[t, side]
            if t > 0 and free[t] and free[t - 1]:
                same, other = best[t - 1, side] + keep, best[t - 1, 1 - side] + leave
                moved[t, side] = other > same
                best[t, side] += max(same, other)
    side = 0
    for t in range(n_bins - 1, -1, -1):
        if not free[t]:
            continue
        if t == n_bins - 1 or not free[t + 1]:
            side = 1 if best[t, 1] > best[t, 0] else 0
        out[t] = side == 1
        if moved[t, side]:
            side = 1 - side
    return out
