"""Linear dynamics of one cluster in one state: matrix-normal inverse-Wishart, integrated or drawn.

w_t+1 = A w_t + b + N(0, Q); Q ~ IW(S0, nu0), [A b] | Q ~ MN(0, Q, I). All sums are batched over
states and clusters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.small_cholesky import cholesky, solve_lower, solve_upper

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Scale of the prior on Q, and what its degrees of freedom exceed the dimension by.
NOISE_SCALE = 0.01
EXTRA_DEGREES = 2.0


@dataclass(frozen=True)
class Moments:
    """Sums over the steps of each state: counts, XX', YX', YY' with X = [w_t; 1], Y = w_t+1.

    Parameters
    ----------
    counts : (S,) ndarray of float64
        Steps.
    xx : (S, K, q + 1, q + 1) ndarray of float64
        Of predictors.
    yx : (S, K, q, q + 1) ndarray of float64
        Across.
    yy : (S, K, q, q) ndarray of float64
        Of targets.
    """

    counts: Array
    xx: Array
    yx: Array
    yy: Array


@numba.njit(cache=True, nogil=True)
def _sums(latents: Array, labels: Labels, counts: Array, xx: Array, yx: Array, yy: Array) -> None:
    n_clusters, n_bins, q = latents.shape
    for t in range(n_bins - 1):
        s = labels[t]
        if s < 0:
            continue
        counts[s] += 1.0
        for k in range(n_clusters):
            for i in range(q + 1):
                left = latents[k, t, i] if i < q else 1.0
                for j in range(q + 1):
                    xx[s, k, i, j] += left * (latents[k, t, j] if j < q else 1.0)
                for j in range(q):
                    yx[s, k, j, i] += latents[k, t + 1, j] * left
            for i in range(q):
                for j in range(q):
                    yy[s, k, i, j] += latents[k, t + 1, i] * latents[k, t + 1, j]


def moments(latents: Array, labels: Labels, n_states: int) -> Moments:
    """Sums over steps.

    Parameters
    ----------
    latents : (K, T, q) ndarray of float64
        w.
    labels : (T,) ndarray of int64
        State of the step from t to t + 1; -1 where a trial ends.
    n_states : int
        S.

    Returns
    -------
    Moments
        What the dynamics see of the latents.
    """
    n_clusters, _, q = latents.shape
    counts = np.zeros(n_states)
    xx = np.zeros((n_states, n_clusters, q + 1, q + 1))
    yx = np.zeros((n_states, n_clusters, q, q + 1))
    yy = np.zeros((n_states, n_clusters, q, q))
    _sums(latents, labels, counts, xx, yx, yy)
    return Moments(counts, xx, yx, yy)


def posterior(sums: Moments) -> tuple[Array, Array, Array, Array]:
    """Posterior of the dynamics of every state and cluster.

    Parameters
    ----------
    sums : Moments
        Of the latents, or their expectations.

    Returns
    -------
    mean : (S, K, q, q + 1) ndarray of float64
        Of [A b].
    precision : (S, K, q + 1, q + 1) ndarray of float64
        Of its columns.
    scale : (S, K, q, q) ndarray of float64
        Of Q.
    degrees : (S,) ndarray of float64
        Of freedom of Q.
    """
    q = sums.yy.shape[-1]
    precision = sums.xx + np.eye(q + 1)
    mean = np.swapaxes(np.linalg.solve(precision, np.swapaxes(sums.yx, -1, -2)), -1, -2)
    scale = NOISE_SCALE * np.eye(q) + sums.yy - mean @ precision @ np.swapaxes(mean, -1, -2)
    scale = 0.5 * (scale + np.swapaxes(scale, -1, -2))
    return mean, precision, scale, q + EXTRA_DEGREES + sums.counts


def log_marginal(sums: Moments) -> Array:
    """Log p(w_2.. | w_1, labels) with A, b and Q integrated out.

    Parameters
    ----------
    sums : Moments
        Of the latents.

    Returns
    -------
    (S, K) ndarray of float64
        One number per state and cluster; 0 for a state without steps.
    """
    return np.asarray(_log_marginals(sums.counts, sums.xx, sums.yx, sums.yy))


@numba.njit(cache=True, nogil=True)
def _log_marginals(counts: Array, xx: Array, yx: Array, yy: Array) -> Array:
    n_states, n_clusters, q = yy.shape[:3]
    out = np.zeros((n_states, n_clusters))
    work = np.empty((2, q + 1, q + 1))
    rows, scale, root = np.empty((q, q + 1)), np.empty((q, q)), np.empty((q, q))
    prior = q + EXTRA_DEGREES
    for s in range(n_states):
        if counts[s] == 0.0:
            continue
        constant = 0.5 * q * (prior * math.log(NOISE_SCALE) - counts[s] * math.log(math.pi))
        for i in range(q):
            constant += math.lgamma(0.5 * (prior + counts[s] - i)) - math.lgamma(0.5 * (prior - i))
        for k in range(n_clusters):
            log_precision = _remainder(xx[s, k], yx[s, k], yy[s, k], work, rows, scale)
            out[s, k] = constant - q * log_precision
            if not cholesky(scale, root):
                out[s, k] = -math.inf
            for i in range(q):
                out[s, k] -= (prior + counts[s]) * math.log(root[i, i])
    return out


@numba.njit(cache=True, nogil=True)
def _remainder(xx: Array, yx: Array, yy: Array, work: Array, rows: Array, scale: Array) -> float:
    """Fill S0 + YY' - YX'(XX' + I)^-1 XY'; give half the log determinant of XX' + I."""
    precision, factor = work[0], work[1]
    for i in range(xx.shape[0]):
        for j in range(xx.shape[0]):
            precision[i, j] = xx[i, j] + (1.0 if i == j else 0.0)
    cholesky(precision, factor)
    half = 0.0
    for i in range(xx.shape[0]):
        half += math.log(factor[i, i])
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            rows[i, j] = yx[i, j]
        solve_lower(factor, rows[i])
        for j in range(i + 1):
            total = yy[i, j] + (NOISE_SCALE if i == j else 0.0)
            for m in range(rows.shape[1]):
                total -= rows[i, m] * rows[j, m]
            scale[i, j] = total
    return half


def draw_dynamics(sums: Moments, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Draw A, b and Q of every state and cluster from their posterior.

    Parameters
    ----------
    sums : Moments
        Of the latents.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    a : (S, K, q, q) ndarray
        Dynamics.
    b : (S, K, q) ndarray
        Drift.
    noise : (S, K, q, q) ndarray
        Q.
    """
    a, b, noise = _draw_dynamics(sums.counts, sums.xx, sums.yx, sums.yy, rng)
    return np.asarray(a), np.asarray(b), np.asarray(noise)


@numba.njit(cache=True, nogil=True)
def _draw_dynamics(
    counts: Array, xx: Array, yx: Array, yy: Array, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    n_states, n_clusters, q = yy.shape[:3]
    a, b, noise = np.empty_like(yy), np.empty(yy.shape[:3]), np.empty_like(yy)
    work = np.empty((2, q + 1, q + 1))
    rows, scale, root = np.empty((q, q + 1)), np.empty((q, q)), np.empty((q, q))
    spread = np.empty((q, q + 1))
    for s in range(n_states):
        for k in range(n_clusters):
            _remainder(xx[s, k], yx[s, k], yy[s, k], work, rows, scale)
            _draw_root(scale, q + EXTRA_DEGREES + counts[s], root, rng)
            for i in range(q):
                for j in range(q + 1):
                    spread[i, j] = rng.standard_normal()
            for i in range(q):
                # [A b] = M + R E L^-1: XX' + I = LL', M = YX'(XX' + I)^-1, E standard normal.
                for j in range(q + 1):
                    for m in range(q):
                        rows[i, j] += root[i, m] * spread[m, j]
                solve_upper(work[1], rows[i])
                b[s, k, i] = rows[i, q]
                for j in range(q):
                    a[s, k, i, j] = rows[i, j]
                    noise[s, k, i, j] = 0.0
                    for m in range(q):
                        noise[s, k, i, j] += root[i, m] * root[j, m]
    return a, b, noise


@numba.njit(cache=True, nogil=True)
def _draw_root(scale: Array, degrees: float, root: Array, rng: np.random.Generator) -> None:
    """Fill R with RR' ~ IW(scale, degrees), by Bartlett's decomposition of the Wishart."""
    q = scale.shape[0]
    bartlett = np.zeros((q, q))
    for i in range(q):
        for j in range(i):
            bartlett[i, j] = rng.standard_normal()
        bartlett[i, i] = math.sqrt(2.0 * rng.standard_gamma(0.5 * (degrees - i)))
    if not cholesky(scale, root):
        raise ArithmeticError("latents are too large for the sums of their steps")
    # Q = L (B B')^-1 L' with L L' the scale.
    for i in range(q):
        solve_lower(bartlett, root[i])
