"""Expectations under a matrix-normal inverse-Wishart, and its divergence from the prior.

Q ~ IW(S_n, nu), B = [A b] | Q ~ MN(M, Q, L^-1): E Q^-1 = nu S_n^-1,
E B'Q^-1B = q L^-1 + M'E(Q^-1)M, E log|Q| = log|S_n| - q log 2 - sum_j psi((nu + 1 - j) / 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, multigammaln

from neurokit.bicluster.dynamics import EXTRA_DEGREES, NOISE_SCALE, Moments, posterior

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Dynamics:
    """What a variational fit knows of the dynamics of every state and cluster.

    Parameters
    ----------
    precision : (S, K, q, q) ndarray of float64
        E Q^-1.
    pull : (S, K, q, q + 1) ndarray of float64
        E Q^-1 B.
    square : (S, K, q + 1, q + 1) ndarray of float64
        E B'Q^-1B.
    log_noise : (S, K) ndarray of float64
        E log|Q|.
    divergence : float
        From the prior, summed, nats.
    """

    precision: Array
    pull: Array
    square: Array
    log_noise: Array
    divergence: float


def expected_dynamics(sums: Moments) -> Dynamics:
    """Posterior expectations given expected sums over steps.

    Parameters
    ----------
    sums : Moments
        Expected, weighted by the probability of each state.

    Returns
    -------
    Dynamics
        Expectations.
    """
    mean, rows, scale, degrees = posterior(sums)
    q = scale.shape[-1]
    nu = degrees[:, None, None, None]
    precision = nu * np.linalg.inv(scale)
    pull = precision @ mean
    spread = np.linalg.inv(rows)
    square = q * spread + np.swapaxes(mean, -1, -2) @ pull
    halves = 0.5 * (degrees[:, None] + 1.0 - np.arange(1, q + 1))
    log_scale = np.linalg.slogdet(scale)[1]
    log_noise = log_scale - (q * np.log(2.0) + digamma(halves).sum(axis=1))[:, None]
    # KL of the matrix normal, averaged over Q; its prior has rows of unit precision.
    trace = np.trace(spread, axis1=-2, axis2=-1)
    size = (mean * pull).sum(axis=(-2, -1))
    matrix = 0.5 * (q * trace + size - q * (q + 1) + q * np.linalg.slogdet(rows)[1])
    # KL of the inverse Wishart.
    before = q + EXTRA_DEGREES
    gammas = multigammaln(0.5 * degrees, q) - multigammaln(0.5 * before, q)
    wishart = 0.5 * degrees[:, None] * log_scale - 0.5 * before * q * np.log(NOISE_SCALE)
    wishart -= (0.5 * (degrees - before) * q * np.log(2.0) + gammas)[:, None]
    wishart -= 0.5 * (degrees - before)[:, None] * log_noise
    inside = np.trace((scale - NOISE_SCALE * np.eye(q)) @ precision, axis1=-2, axis2=-1)
    wishart -= 0.5 * inside
    return Dynamics(precision, pull, square, log_noise, float((matrix + wishart).sum()))


@dataclass(frozen=True)
class Steps:
    """Expected products over every step: XX', YX', YY' with X = [w_t; 1], Y = w_t+1.

    Parameters
    ----------
    xx : (K, n, q + 1, q + 1) ndarray of float64
        Of predictors.
    yx : (K, n, q, q + 1) ndarray of float64
        Across.
    yy : (K, n, q, q) ndarray of float64
        Of targets.
    """

    xx: Array
    yx: Array
    yy: Array


def expected_steps(mean: Array, covariance: Array, across: Array, at: NDArray[np.int64]) -> Steps:
    """Expected products over the steps that lead on from some bins.

    Parameters
    ----------
    mean : (K, T, q) ndarray of float64
        Of the latents.
    covariance : (K, T, q, q) ndarray of float64
        Of each bin.
    across : (K, T - 1, q, q) ndarray of float64
        Cov(w_t+1, w_t).
    at : (n,) ndarray of int64
        Bins t.

    Returns
    -------
    Steps
        In the order of `at`.
    """
    n_clusters, _, q = mean.shape
    before, after = mean[:, at], mean[:, at + 1]
    xx = np.ones((n_clusters, len(at), q + 1, q + 1))
    xx[..., :q, :q] = covariance[:, at] + before[..., :, None] * before[..., None, :]
    xx[..., :q, q] = before
    xx[..., q, :q] = before
    yx = np.empty((n_clusters, len(at), q, q + 1))
    yx[..., :q] = across[:, at] + after[..., :, None] * before[..., None, :]
    yx[..., q] = after
    yy = covariance[:, at + 1] + after[..., :, None] * after[..., None, :]
    return Steps(xx, yx, yy)


def weighted_sums(steps: Steps, marginal: Array) -> Moments:
    """Sums over steps, weighted by the probability of each state.

    Parameters
    ----------
    steps : Steps
        Expected products.
    marginal : (n, S) ndarray of float64
        Probabilities.

    Returns
    -------
    Moments
        Expected.
    """

    def total(products: Array) -> Array:
        flat = products.reshape(*products.shape[:2], int(np.prod(products.shape[2:])))
        found = np.asarray(np.einsum("ns,knf->skf", marginal, flat, optimize=True))
        return found.reshape(marginal.shape[1], len(products), *products.shape[2:])

    return Moments(marginal.sum(axis=0), total(steps.xx), total(steps.yx), total(steps.yy))


def step_log_likelihoods(steps: Steps, dynamics: Dynamics) -> Array:
    """Expected log density of every step in every state, summed over clusters.

    Parameters
    ----------
    steps : Steps
        Expected products.
    dynamics : Dynamics
        Expectations.

    Returns
    -------
    (n, S) ndarray of float64
        Nats.
    """
    n_clusters, n, q = steps.yy.shape[:3]

    def inner(left: Array, right: Array) -> Array:
        size = int(np.prod(left.shape[2:]))
        left = left.reshape(*left.shape[:2], size)
        right = right.reshape(n_clusters, n, size)
        return np.asarray(np.einsum("skf,knf->ns", left, right, optimize=True))

    out = inner(dynamics.precision, steps.yy) + inner(dynamics.square, steps.xx)
    out -= 2.0 * inner(dynamics.pull, steps.yx)
    constant = n_clusters * q * np.log(2.0 * np.pi) + dynamics.log_noise.sum(axis=1)
    return np.asarray(-0.5 * (out + constant))
