"""Linear dynamics of one cluster in one state: matrix-normal inverse-Wishart, integrated or drawn.

w_t+1 = A w_t + b + N(0, Q); Q ~ IW(S0, nu0), [A b] | Q ~ MN(0, Q, I). All sums are batched over
states and clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import multigammaln

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
    q = sums.yy.shape[-1]
    _, precision, scale, degrees = posterior(sums)
    prior_degrees = q + EXTRA_DEGREES
    gammas = multigammaln(0.5 * degrees, q) - multigammaln(0.5 * prior_degrees, q)
    out = (gammas - 0.5 * q * sums.counts * np.log(np.pi))[:, None]
    out = out + 0.5 * prior_degrees * q * np.log(NOISE_SCALE)
    out = out - 0.5 * degrees[:, None] * np.linalg.slogdet(scale)[1]
    return np.asarray(out - 0.5 * q * np.linalg.slogdet(precision)[1], dtype=np.float64)


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
    mean, precision, scale, degrees = posterior(sums)
    n_states, n_clusters, q = mean.shape[:3]
    noise_root = _draw_root(scale, degrees, rng)
    normals = rng.standard_normal((n_states, n_clusters, q + 1, q))
    upper = np.swapaxes(np.linalg.cholesky(precision), -1, -2)
    spread = np.swapaxes(np.linalg.solve(upper, normals), -1, -2)
    drawn = mean + noise_root @ spread
    noise = noise_root @ np.swapaxes(noise_root, -1, -2)
    noise = 0.5 * (noise + np.swapaxes(noise, -1, -2))
    return (
        np.ascontiguousarray(drawn[..., :q]),
        np.ascontiguousarray(drawn[..., q]),
        np.ascontiguousarray(noise),
    )


def _draw_root(scale: Array, degrees: Array, rng: np.random.Generator) -> Array:
    """Draw R with RR' ~ IW(scale, degrees), by Bartlett's decomposition of the Wishart."""
    n_states, n_clusters, q = scale.shape[:3]
    freedom = degrees[:, None, None] - np.arange(q)
    bartlett = np.tril(rng.standard_normal((n_states, n_clusters, q, q)), -1)
    diagonal = np.sqrt(rng.chisquare(np.broadcast_to(freedom, (n_states, n_clusters, q))))
    bartlett[..., np.arange(q), np.arange(q)] = diagonal
    lower = np.linalg.cholesky(scale)
    # Q = L (B B')^-1 L' with L L' the scale.
    return np.asarray(lower @ np.swapaxes(np.linalg.inv(bartlett), -1, -2))
