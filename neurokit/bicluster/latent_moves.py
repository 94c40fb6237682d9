"""Draws of states and latents together, and moves along directions the likelihood ignores."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.block_tridiagonal import draw_gaussian
from neurokit.bicluster.small_cholesky import invert
from neurokit.bicluster.state_paths import draw_path

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def invert_all(noise: Array) -> Array:
    """Inverse of every Q.

    Parameters
    ----------
    noise : (S, K, q, q) ndarray of float64
        Positive definite.

    Returns
    -------
    (S, K, q, q) ndarray of float64
        Inverses.
    """
    out, factor = np.empty_like(noise), np.empty(noise.shape[2:])
    for s in range(noise.shape[0]):
        for k in range(noise.shape[1]):
            invert(noise[s, k], factor, out[s, k])
    return out


@numba.njit(cache=True, nogil=True)
def precision_blocks(
    info: Array, linear: Array, a: Array, b: Array, inverse: Array, labels: Labels, k: int
) -> tuple[Array, Array, Array]:
    """Blocks of the precision of one cluster's latents over one trial, and the linear term.

    Parameters
    ----------
    info : (T, q, q) ndarray of float64
        J of every bin.
    linear : (T, q) ndarray of float64
        h of every bin.
    a, inverse : (S, K, q, q) ndarray of float64
        Dynamics and Q^-1.
    b : (S, K, q) ndarray of float64
        Drift.
    labels : (T - 1,) ndarray of int64
        State of every step.
    k : int
        The cluster.

    Returns
    -------
    diagonal : (T, q, q) ndarray
        Blocks on the diagonal; the first latent is N(0, I).
    lower : (T - 1, q, q) ndarray
        Blocks below it.
    rhs : (T, q) ndarray
        Linear term.
    """
    n_bins, q = linear.shape
    diagonal, rhs = info.copy(), linear.copy()
    lower = np.zeros((max(n_bins - 1, 0), q, q))
    for i in range(q):
        diagonal[0, i, i] += 1.0
    for t in range(n_bins - 1):
        s = labels[t]
        for i in range(q):
            for j in range(q):
                diagonal[t + 1, i, j] += inverse[s, k, i, j]
                total = 0.0
                for m in range(q):
                    total -= inverse[s, k, i, m] * a[s, k, m, j]
                lower[t, i, j] = total
                rhs[t + 1, i] += inverse[s, k, i, j] * b[s, k, j]
        for i in range(q):
            for m in range(q):
                rhs[t, i] += lower[t, m, i] * b[s, k, m]
                for j in range(q):
                    diagonal[t, i, j] -= a[s, k, m, i] * lower[t, m, j]
    return diagonal, lower, rhs


@numba.njit(cache=True, nogil=True)
def draw_latents(
    info: Array,
    linear: Array,
    a: Array,
    b: Array,
    noise: Array,
    labels: Labels,
    edges: Labels,
    normals: Array,
) -> Array:
    """Draw every cluster's latents given messages and labels, trial by trial.

    Parameters
    ----------
    info : (K, T, q, q) ndarray of float64
        J.
    linear : (K, T, q) ndarray of float64
        h.
    a, noise : (S, K, q, q) ndarray of float64
        Dynamics and Q.
    b : (S, K, q) ndarray of float64
        Drift.
    labels : (T,) ndarray of int64
        State of every step; what stands at a trial's last bin is not read.
    edges : (n_trials + 1,) ndarray of int64
        Where trials begin, and T.
    normals : (K, T, q) ndarray of float64
        Standard normal; zeros give the mean.

    Returns
    -------
    (K, T, q) ndarray of float64
        Latents.
    """
    inverse = invert_all(noise)
    out = np.empty_like(linear)
    for trial in range(edges.shape[0] - 1):
        low, high = edges[trial], edges[trial + 1]
        for k in range(linear.shape[0]):
            blocks = precision_blocks(
                info[k, low:high], linear[k, low:high], a, b, inverse, labels[low:high], k
            )
            drawn, _, _ = draw_gaussian(blocks[0], blocks[1], blocks[2], normals[k, low:high])
            out[k, low:high] = drawn
    return out


@numba.njit(cache=True, nogil=True)
def draw_paths(
    info: Array,
    linear: Array,
    a: Array,
    b: Array,
    noise: Array,
    log_transition: Array,
    labels: Labels,
    edges: Labels,
    n_particles: int,
    backward: bool,
    rng: np.random.Generator,
) -> Labels:
    """Draw the state path of every trial with latents integrated out.

    Parameters
    ----------
    info, linear, a, b, noise : ndarray of float64
        As in `draw_latents`.
    log_transition : (S, S) ndarray of float64
        Of the chain of labels.
    labels : (T,) ndarray of int64
        The retained path; -1 at a trial's last bin.
    edges : (n_trials + 1,) ndarray of int64
        Where trials begin, and T.
    n_particles : int
        At least 2.
    backward : bool
        Backward instead of ancestor sampling.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (T,) ndarray of int64
        The new path; -1 at a trial's last bin.
    """
    out = labels.copy()
    for trial in range(edges.shape[0] - 1):
        low, high = edges[trial], edges[trial + 1]
        out[low : high - 1] = draw_path(
            info[:, low:high], linear[:, low:high], a, b, noise, log_transition,
            labels[low : high - 1], n_particles, backward, rng,
        )  # fmt: skip
    return out


def scale_ratio(
    factor: float, latents: Array, first: Labels, loadings: Array, marginals: tuple[Array, Array]
) -> float:
    """Log acceptance ratio of (c, x) -> (c / a, a x) for one cluster, dynamics integrated out.

    Parameters
    ----------
    factor : float
        a.
    latents : (T, q) ndarray of float64
        (mu, x) before the move.
    first : (n_trials,) ndarray of int64
        First bin of every trial, whose latent is N(0, I).
    loadings : (n, q) ndarray of float64
        (d, c) of the cluster's neurons before the move.
    marginals : pair of (S,) ndarray of float64
        log p(latents | first, labels) before and after.

    Returns
    -------
    float
        Ratio of densities times the Jacobian a^(p (T - n)).
    """
    n_bins, q = latents.shape
    starts = (latents[first, 1:] ** 2).sum()
    spread = (loadings[:, 1:] ** 2).sum()
    prior = -0.5 * (factor**2 - 1.0) * starts - 0.5 * (factor**-2 - 1.0) * spread
    jacobian = (q - 1) * (n_bins - len(loadings)) * math.log(factor)
    return float(marginals[1].sum() - marginals[0].sum() + prior + jacobian)
