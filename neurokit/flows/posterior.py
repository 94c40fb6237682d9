"""Posterior of the latent path of all trials, and the sums that learning needs.

Trials of one length whose observations carry the same information share their covariances, so
that their means come from products over all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.smoother import filter_covariances, smooth_covariances, smooth_trials

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Fewer trials than this gain nothing from shared covariances.
_SHARED = 3


@dataclass(frozen=True)
class Chain:
    """A linear Gaussian Markov chain, in steps of one bin.

    Parameters
    ----------
    transition, noise : (D, D) ndarray
        A and Q.
    initial_mean, initial_covariance : (D,), (D, D) ndarray
        Of the first bin of every trial.
    input : (D, n_inputs) ndarray
        Bd: the input of bin t acts on the state of bin t + 1.
    """

    transition: Array
    noise: Array
    initial_mean: Array
    initial_covariance: Array
    input: Array


@dataclass(frozen=True)
class Sites:
    """Observations in information form, rows of all trials: exp(h . x - x' J x / 2).

    Parameters
    ----------
    J : (n_bins, p, p) ndarray
        Information.
    h : (n_bins, p) ndarray
        Information times value.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin.
    groups : sequence of (n,) ndarray of int
        Trials of one length with the same J.
    """

    J: Array
    h: Array
    offsets: Index
    groups: Sequence[Index]


@dataclass(frozen=True)
class Posterior:
    """Smoothed paths and what is summed over them.

    Parameters
    ----------
    mean : (n_bins, D) ndarray
        Smoothed means.
    covariance : (n_bins, D, D) ndarray
        Smoothed covariances.
    score_mean : (n_bins, D) ndarray
        r: derivative of the log normaliser by the mean of each state given its past.
    cross : (D, D) ndarray
        sum_t Cov(s_t+1, s_t).
    by_transition, by_noise : (D, D) ndarray
        Covariance parts of the score of A and Q.
    by_initial : (D, D) ndarray
        The same of the first state's covariance.
    log_normaliser : float
        log int p(path) prod_t exp(h_t . x_t - x_t' J_t x_t / 2).
    """

    mean: Array
    covariance: Array
    score_mean: Array
    cross: Array
    by_transition: Array
    by_noise: Array
    by_initial: Array
    log_normaliser: float


def posterior(chain: Chain, sites: Sites, inputs: Array) -> Posterior:
    """Smooth all trials.

    Parameters
    ----------
    chain : Chain
        Prior of the paths.
    sites : Sites
        Observations.
    inputs : (n_bins, n_inputs) ndarray
        Of every bin.

    Returns
    -------
    Posterior
        Of all trials.
    """
    chain = _contiguous(chain)
    n_bins, D = len(sites.h), len(chain.transition)
    mean, r = np.empty((n_bins, D)), np.empty((n_bins, D))
    V, cross = np.empty((n_bins, D, D)), np.zeros((D, D))
    by_A, by_Q = np.zeros((D, D)), np.zeros((2, D, D))
    drive = np.ascontiguousarray(inputs @ chain.input.T)
    log_norm, alone = 0.0, list[int]()
    for group in sites.groups:
        if len(group) < _SHARED:
            alone.extend(int(k) for k in group)
        else:
            log_norm += _together(chain, sites, drive, group, mean, r, V, cross, by_A, by_Q)
    for trial in sorted(alone):
        start, stop = sites.offsets[trial], sites.offsets[trial + 1]
        one = slice(start, stop)
        log_norm += smooth_trials(
            chain.transition, chain.noise, chain.initial_mean, chain.initial_covariance,
            drive[one], sites.J[one], sites.h[one], np.array([0, stop - start]),
            mean[one], r[one], V[one], cross, by_A, by_Q,
        )  # fmt: skip
    return Posterior(mean, V, r, cross, by_A, by_Q[1], by_Q[0], float(log_norm))


def _contiguous(chain: Chain) -> Chain:
    """Copy what is laid out by columns: each layout would be compiled anew."""
    return Chain(
        np.ascontiguousarray(chain.transition),
        np.ascontiguousarray(chain.noise),
        np.ascontiguousarray(chain.initial_mean),
        np.ascontiguousarray(chain.initial_covariance),
        chain.input,
    )


def _together(
    chain: Chain, sites: Sites, drive: Array, group: Index,
    mean: Array, r: Array, V: Array, cross: Array, by_A: Array, by_Q: Array,
) -> float:  # fmt: skip
    """Trials of a group: covariances once, means of all at once."""
    starts = sites.offsets[group]
    n_bins = int(sites.offsets[group[0] + 1] - starts[0])
    D, p, n = len(chain.transition), sites.h.shape[1], len(group)
    J = sites.J[starts[0] : starts[0] + n_bins]
    P, K, W = np.empty((n_bins, D, D)), np.empty((n_bins, p, p)), np.empty((n_bins, p, p))
    A = chain.transition
    log_norm = n * filter_covariances(A, chain.noise, chain.initial_covariance, J, P, K, W)
    one = np.empty((n_bins, D, D))
    sums, sums_A, sums_Q = np.zeros((D, D)), np.zeros((D, D)), np.zeros((2, D, D))
    smooth_covariances(A, P, W, one, sums, sums_A, sums_Q)
    cross += n * sums
    by_A += n * sums_A
    by_Q += n * sums_Q
    rows = starts[None, :] + np.arange(n_bins)[:, None]
    V[rows] = one[:, None]
    found, scores, part = _means(chain, J, sites.h[rows], drive[rows], P, K, W)
    mean[rows], r[rows] = found, scores
    return float(log_norm + part)


def _means(
    chain: Chain, J: Array, h: Array, drive: Array, P: Array, K: Array, W: Array
) -> tuple[Array, Array, float]:
    """Means of trials that share gains; arrays are (T, n, ...), K and W as in the filter."""
    n_bins, n, p = h.shape
    A = chain.transition
    mean, u = np.empty((n_bins, n, len(A))), np.empty((n_bins, n, p))
    state = np.repeat(chain.initial_mean[None], n, axis=0)
    log_norm = 0.0
    for t in range(n_bins):
        mean[t] = state
        seen = state[:, :p]
        g = h[t] - seen @ J[t]
        u[t] = g @ K[t].T
        gained = u[t] @ P[t, :p]
        log_norm += 0.5 * float((seen * (h[t] + g)).sum() + (g * gained[:, :p]).sum())
        state = (state + gained) @ A.T + drive[t]
    r = np.empty_like(mean)
    back = np.zeros_like(state)
    for t in range(n_bins - 1, -1, -1):
        back[:, :p] += u[t] - back @ P[t, :, :p] @ W[t]
        r[t] = back
        mean[t] += back @ P[t]
        back = back @ A
    return mean, r, log_norm


@dataclass(frozen=True)
class Moments:
    """Expected sums over the transitions within trials, and over first states.

    Parameters
    ----------
    before : (D + n_inputs, D + n_inputs) ndarray
        sum E[x x'], x = (s_t, u_t).
    across : (D, D + n_inputs) ndarray
        sum E[s_t+1 x'].
    after : (D, D) ndarray
        sum E[s_t+1 s_t+1'].
    n_transitions : int
        How many.
    first_mean, first_second : (D,), (D, D) ndarray
        Means over trials of E[s_0] and of E[s_0 s_0'].
    """

    before: Array
    across: Array
    after: Array
    n_transitions: int
    first_mean: Array
    first_second: Array


def moments(found: Posterior, offsets: Index, inputs: Array) -> Moments:
    """Sum what the maximisation over the dynamics needs.

    Parameters
    ----------
    found : Posterior
        Of all trials.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin.
    inputs : (n_bins, n_inputs) ndarray
        Of every bin.

    Returns
    -------
    Moments
        Of all trials.
    """
    D, n_inputs = found.mean.shape[1], inputs.shape[1]
    first, last = offsets[:-1], offsets[1:] - 1
    begins, ends = np.ones(len(found.mean), dtype=bool), np.ones(len(found.mean), dtype=bool)
    begins[last], ends[first] = False, False
    x = np.concatenate([found.mean, inputs], axis=1)[begins]
    after = found.mean[ends]
    before = x.T @ x
    whole = found.covariance.sum(axis=0)
    before[:D, :D] += whole - found.covariance[last].sum(axis=0)
    across = after.T @ x
    across[:, :D] += found.cross
    start = found.mean[first]
    n_trials = len(first)
    return Moments(
        before=before,
        across=across.reshape(D, D + n_inputs),
        after=after.T @ after + whole - found.covariance[first].sum(axis=0),
        n_transitions=len(x),
        first_mean=start.mean(axis=0),
        first_second=(start.T @ start + found.covariance[first].sum(axis=0)) / n_trials,
    )


@dataclass(frozen=True)
class Score:
    """Derivatives of the log normaliser by the chain.

    Parameters
    ----------
    transition : (D, D + n_inputs) ndarray
        By (A, Bd).
    noise : (D, D) ndarray
        By Q.
    """

    transition: Array
    noise: Array


def score(found: Posterior, offsets: Index, inputs: Array) -> Score:
    """Exact derivatives by transition and noise, without an inverse of the noise.

    Parameters
    ----------
    found : Posterior
        Of all trials.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin.
    inputs : (n_bins, n_inputs) ndarray
        Of every bin.

    Returns
    -------
    Score
        Of the log normaliser.
    """
    D = found.mean.shape[1]
    begins, ends = np.ones(len(found.mean), dtype=bool), np.ones(len(found.mean), dtype=bool)
    begins[offsets[1:] - 1], ends[offsets[:-1]] = False, False
    x = np.concatenate([found.mean, inputs], axis=1)[begins]
    r = found.score_mean[ends]
    by_A = r.T @ x
    by_A[:, :D] += found.by_transition
    return Score(by_A, 0.5 * (r.T @ r) + found.by_noise)
