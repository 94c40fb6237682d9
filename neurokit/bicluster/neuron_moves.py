"""Draws of what belongs to one neuron: its cluster with its loadings, its size or variance.

Cluster and loadings are proposed together from Laplace's approximation, whose evidence weighs the
clusters, and accepted by Metropolis with the likelihood itself; so the approximation decides
how often a proposal is taken, never what the chain converges to.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.laplace import fit_loadings, log_density, log_posterior
from neurokit.bicluster.observations import row_log_likelihood
from neurokit.bicluster.small_cholesky import cholesky, solve_lower, solve_upper
from neurokit.bicluster.state_paths import draw_index

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int64]

# Standard deviations of the three steps of log r.
SIZE_STEPS = (0.1, 0.3, 1.0)
# Sizes below this are as good as 0: nearly all counts are 0 then.
SMALLEST_SIZE = 3e-4


@numba.njit(cache=True, nogil=True)
def draw_cluster(
    y: Array,
    seen: Mask,
    latents: Array,
    log_prior: Array,
    family: int,
    extra: float,
    cluster: int,
    loadings: Array,
    rng: np.random.Generator,
) -> tuple[int, bool]:
    """Propose a cluster and loadings of one neuron, and accept or keep.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Counts or values.
    seen : (T,) ndarray of bool
        What is observed.
    latents : (K, T, q) ndarray of float64
        (mu, x) of every cluster.
    log_prior : (K,) ndarray of float64
        Log prior weight of every cluster, given the other neurons; -inf excludes one.
    family : int
        0 Poisson, 1 negative binomial, 2 Gaussian.
    extra : float
        Size or variance.
    cluster : int
        The present one.
    loadings : (q,) ndarray of float64
        The present (d, c); overwritten where the proposal is taken.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    cluster : int
        The new one.
    accepted : bool
        Whether the proposal was taken.
    """
    n_clusters, _, q = latents.shape
    modes, factors = np.zeros((n_clusters, q)), np.zeros((n_clusters, q, q))
    weights = np.full(n_clusters, -math.inf)
    for k in range(n_clusters):
        if log_prior[k] > -math.inf:
            weights[k] = log_prior[k] + fit_loadings(
                y, seen, latents[k], family, extra, modes[k], factors[k]
            )
    new = draw_index(weights, n_clusters, rng)
    if weights[new] == -math.inf or weights[cluster] == -math.inf:
        # There is no way there, or none back.
        return cluster, False
    drawn = np.empty(q)
    for j in range(q):
        drawn[j] = rng.standard_normal()
    solve_upper(factors[new], drawn)
    for j in range(q):
        drawn[j] += modes[new, j]
    ratio = log_prior[new] + log_posterior(y, seen, latents[new], family, extra, drawn)
    ratio -= weights[new] + log_density(drawn, modes[new], factors[new])
    ratio -= log_prior[cluster]
    ratio -= log_posterior(y, seen, latents[cluster], family, extra, loadings)
    ratio += weights[cluster] + log_density(loadings, modes[cluster], factors[cluster])
    if math.log(rng.random()) < ratio:
        for j in range(q):
            loadings[j] = drawn[j]
        return new, True
    return cluster, False


@numba.njit(cache=True, nogil=True)
def draw_sizes(y: Array, seen: Mask, eta: Array, sizes: Array, rng: np.random.Generator) -> int:
    """Three Metropolis steps on log r of every neuron, prior Gamma(1, 1).

    Parameters
    ----------
    y, eta : (N, T) ndarray of float64
        Counts and predictors.
    seen : (N, T) ndarray of bool
        What is observed.
    sizes : (N,) ndarray of float64
        r; overwritten.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    int
        Steps taken.
    """
    taken = 0
    for i in range(y.shape[0]):
        r = sizes[i]
        # The density of log r is that of r times r.
        old = row_log_likelihood(y[i], seen[i], eta[i], 1, r) - r + math.log(r)
        for step in SIZE_STEPS:
            tried = r * math.exp(step * rng.standard_normal())
            level = math.log(rng.random())
            if tried < SMALLEST_SIZE:
                continue
            new = row_log_likelihood(y[i], seen[i], eta[i], 1, tried) - tried + math.log(tried)
            if level < new - old:
                r, old = tried, new
                taken += 1
        sizes[i] = r
    return taken


def draw_variances(
    y: Array, seen: Mask, eta: Array, shape: float, scale: float, rng: np.random.Generator
) -> Array:
    """Draw the variance of every neuron, prior inverse gamma(shape, scale).

    Parameters
    ----------
    y, eta : (N, T) ndarray of float64
        Values and predictors.
    seen : (N, T) ndarray of bool
        What is observed.
    shape, scale : float
        Of the prior.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (N,) ndarray of float64
        Variances.
    """
    squares = np.where(seen, (y - eta) ** 2, 0.0).sum(axis=1)
    shapes = shape + 0.5 * seen.sum(axis=1)
    return np.asarray((scale + 0.5 * squares) / rng.standard_gamma(shapes))


@numba.njit(cache=True, nogil=True)
def draw_loadings(
    omega: Array, kappa: Array, latents: Array, labels: Labels, normals: Array
) -> Array:
    """Draw (d, c) of every neuron given Gaussian messages: prior N(0, I).

    Parameters
    ----------
    omega, kappa : (N, T) ndarray of float64
        Messages of entries.
    latents : (K, T, q) ndarray of float64
        (mu, x).
    labels : (N,) ndarray of int64
        Cluster of every neuron.
    normals : (N, q) ndarray of float64
        Standard normal; zeros give the mean.

    Returns
    -------
    (N, q) ndarray of float64
        Draws.
    """
    row = np.empty(latents.shape[2])
    out = np.empty_like(normals)
    q = latents.shape[2]
    precision, factor = np.empty((q, q)), np.empty((q, q))
    for i in range(omega.shape[0]):
        k = labels[i]
        pull = np.zeros(q)
        for a in range(q):
            for b in range(q):
                precision[a, b] = 1.0 if a == b else 0.0
        for t in range(omega.shape[1]):
            row[0] = 1.0
            for j in range(1, q):
                row[j] = latents[k, t, j]
            rest = kappa[i, t] - omega[i, t] * latents[k, t, 0]
            for a in range(q):
                pull[a] += rest * row[a]
                for b in range(a + 1):
                    precision[a, b] += omega[i, t] * row[a] * row[b]
        cholesky(precision, factor)
        solve_lower(factor, pull)
        for j in range(q):
            out[i, j] = pull[j] + normals[i, j]
        solve_upper(factor, out[i])
    return out


@numba.njit(cache=True, nogil=True)
def linear_evidence(omega: Array, kappa: Array, latents: Array) -> float:
    """Log of the integral of a neuron's Gaussian messages over its loadings, prior N(0, I).

    Parameters
    ----------
    omega, kappa : (T,) ndarray of float64
        Messages: exp(kappa eta - omega eta^2 / 2) with eta = d + mu + c'x.
    latents : (T, q) ndarray of float64
        (mu, x).

    Returns
    -------
    float
        Sum of kappa mu - omega mu^2 / 2, plus m'Lm / 2 - log|L| / 2.
    """
    q = latents.shape[1]
    precision, factor = np.empty((q, q)), np.empty((q, q))
    pull, row = np.zeros(q), np.empty(q)
    for a in range(q):
        for b in range(q):
            precision[a, b] = 1.0 if a == b else 0.0
    total = 0.0
    for t in range(omega.shape[0]):
        row[0] = 1.0
        for j in range(1, q):
            row[j] = latents[t, j]
        mu = latents[t, 0]
        total += kappa[t] * mu - 0.5 * omega[t] * mu * mu
        rest = kappa[t] - omega[t] * mu
        for a in range(q):
            pull[a] += rest * row[a]
            for b in range(a + 1):
                precision[a, b] += omega[t] * row[a] * row[b]
    cholesky(precision, factor)
    solve_lower(factor, pull)
    for j in range(q):
        total += 0.5 * pull[j] * pull[j] - math.log(factor[j, j])
    return total
