"""What one entry tells: log-likelihoods, and the Gaussian messages that Polya-Gamma draws make.

Families by number, so that compiled loops can take them: 0 Poisson, 1 negative binomial with size
r and mean exp(eta), 2 Gaussian with variance v.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.polya_gamma import draw_one

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int64]

POISSON, NEGATIVE_BINOMIAL, GAUSSIAN = 0, 1, 2
FAMILIES = {
    "poisson": POISSON,
    "negative_binomial": NEGATIVE_BINOMIAL,
    "gaussian": GAUSSIAN,
}


@numba.njit(cache=True, nogil=True)
def entry_log_likelihood(y: float, eta: float, family: int, extra: float) -> float:
    """Log p(y | eta), without the terms that depend on y alone.

    Parameters
    ----------
    y : float
        Count or value.
    eta : float
        Log of the mean; the mean itself for the Gaussian.
    family : int
        0, 1 or 2.
    extra : float
        Size r or variance v.

    Returns
    -------
    float
        Terms in r and v are kept.
    """
    if family == 0:
        return y * eta - math.exp(min(eta, 700.0))
    if family == 1:
        log_r = math.log(extra)
        top = max(eta, log_r)
        both = top + math.log1p(math.exp(-abs(eta - log_r)))
        norm = math.lgamma(y + extra) - math.lgamma(extra)
        return norm + y * (eta - both) + extra * (log_r - both)
    return -0.5 * (y - eta) ** 2 / extra - 0.5 * math.log(extra)


@numba.njit(cache=True, nogil=True)
def entry_terms(
    y: float, eta: float, family: int, extra: float, log_extra: float
) -> tuple[float, float, float]:
    """Log-likelihood of an entry as far as it depends on eta, its slope, minus its curvature.

    Parameters
    ----------
    y : float
        Count or value.
    eta : float
        Predictor.
    family : int
        0 Poisson, 1 negative binomial, 2 Gaussian.
    extra, log_extra : float
        Size or variance, and the logarithm of the size.

    Returns
    -------
    value, slope, weight : float
        Without the terms of `entry_log_likelihood` that are the same for every eta.
    """
    if family == 0:
        rate = math.exp(min(eta, 700.0))
        return y * eta - rate, y - rate, rate
    if family == 1:
        z = eta - log_extra
        small = math.exp(-abs(z))
        share = (1.0 if z > 0.0 else small) / (1.0 + small)
        value = y * z - (y + extra) * (math.log1p(small) + max(z, 0.0))
        return value, y - (y + extra) * share, (y + extra) * share * (1.0 - share)
    slope = (y - eta) / extra
    return -0.5 * (y - eta) * slope, slope, 1.0 / extra


@numba.njit(cache=True, nogil=True)
def row_log_likelihood(y: Array, seen: Mask, eta: Array, family: int, extra: float) -> float:
    """Sum of `entry_log_likelihood` over the observed entries of one neuron.

    Parameters
    ----------
    y, eta : (T,) ndarray of float64
        Values and predictors.
    seen : (T,) ndarray of bool
        What is observed.
    family : int
        0, 1 or 2.
    extra : float
        Size r or variance v.

    Returns
    -------
    float
        Log-likelihood.
    """
    total = 0.0
    for t in range(y.shape[0]):
        if seen[t]:
            total += entry_log_likelihood(y[t], eta[t], family, extra)
    return total


@numba.njit(cache=True, nogil=True)
def poisson_gains(y: Array, seen: Mask, new: Array, old: Array, sizes: Array) -> Array:
    """Log of Poisson over negative binomial likelihood at new against old predictors.

    Parameters
    ----------
    y, new, old : (N, T) ndarray of float64
        Counts and two predictors.
    seen : (N, T) ndarray of bool
        What is observed.
    sizes : (N,) ndarray of float64
        Sizes r of the negative binomials.

    Returns
    -------
    (N,) ndarray of float64
        Sums over the observed entries of each neuron.
    """
    out = np.zeros(y.shape[0])
    for i in range(y.shape[0]):
        r, log_r = sizes[i], math.log(sizes[i])
        for t in range(y.shape[1]):
            if seen[i, t]:
                # log Poisson - log negative binomial is (y + r) log(1 + exp(z)) - exp(eta).
                z, before = new[i, t] - log_r, old[i, t] - log_r
                gain = math.log1p(math.exp(-abs(z))) - math.log1p(math.exp(-abs(before)))
                gain += max(z, 0.0) - max(before, 0.0)
                rates = math.exp(min(new[i, t], 700.0)) - math.exp(min(old[i, t], 700.0))
                out[i] += (y[i, t] + r) * gain - rates
    return out


@numba.njit(cache=True, nogil=True)
def predictor(latents: Array, loadings: Array, labels: Labels) -> Array:
    """eta_it = d_i + mu_t + c_i' x_t with the latents of the neuron's cluster.

    Parameters
    ----------
    latents : (K, T, q) ndarray of float64
        (mu, x) of every cluster.
    loadings : (N, q) ndarray of float64
        (d, c) of every neuron.
    labels : (N,) ndarray of int64
        Cluster of every neuron.

    Returns
    -------
    (N, T) ndarray of float64
        eta.
    """
    n_neurons, q = loadings.shape
    n_bins = latents.shape[1]
    out = np.empty((n_neurons, n_bins))
    for i in range(n_neurons):
        k = labels[i]
        for t in range(n_bins):
            total = loadings[i, 0] + latents[k, t, 0]
            for j in range(1, q):
                total += loadings[i, j] * latents[k, t, j]
            out[i, t] = total
    return out


@numba.njit(cache=True, nogil=True)
def messages(
    y: Array, seen: Mask, eta: Array, gaussian: bool, extra: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Omega and kappa of exp(kappa eta - omega eta^2 / 2), the likelihood given fresh omega.

    Negative binomial: omega ~ PG(y + r, eta - log r), kappa = (y - r) / 2 + omega log r.
    Gaussian: omega = 1 / v, kappa = y / v.

    Parameters
    ----------
    y, eta : (N, T) ndarray of float64
        Values and present predictors.
    seen : (N, T) ndarray of bool
        What is observed.
    gaussian : bool
        Gaussian instead of negative binomial.
    extra : (N,) ndarray of float64
        Sizes r or variances v.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    omega, kappa : (N, T) ndarray
        0 where nothing is observed.
    """
    omega, kappa = np.zeros_like(y), np.zeros_like(y)
    for i in range(y.shape[0]):
        log_r = 0.0 if gaussian else math.log(extra[i])
        for t in range(y.shape[1]):
            if not seen[i, t]:
                continue
            if gaussian:
                omega[i, t] = 1.0 / extra[i]
                kappa[i, t] = y[i, t] / extra[i]
            else:
                omega[i, t] = draw_one(y[i, t] + extra[i], eta[i, t] - log_r, rng)
                kappa[i, t] = 0.5 * (y[i, t] - extra[i]) + omega[i, t] * log_r
    return omega, kappa


@numba.njit(cache=True, nogil=True)
def expanded(y: Array, seen: Mask, eta: Array, family: int, extra: Array) -> tuple[Array, Array]:
    """Omega and kappa of exp(kappa eta - omega eta^2 / 2), to second order around `eta`.

    Parameters
    ----------
    y, eta : (N, T) ndarray of float64
        Values, and predictors to expand around.
    seen : (N, T) ndarray of bool
        What is observed.
    family : int
        0 Poisson, 1 negative binomial, 2 Gaussian.
    extra : (N,) ndarray of float64
        Sizes or variances.

    Returns
    -------
    omega, kappa : (N, T) ndarray
        0 where nothing was observed; exact for Gaussian entries.
    """
    omega, kappa = np.zeros_like(y), np.zeros_like(y)
    for i in range(y.shape[0]):
        log_extra = math.log(extra[i])
        for t in range(y.shape[1]):
            if seen[i, t]:
                _, slope, weight = entry_terms(y[i, t], eta[i, t], family, extra[i], log_extra)
                omega[i, t] = weight
                kappa[i, t] = slope + weight * eta[i, t]
    return omega, kappa


@numba.njit(cache=True, nogil=True)
def gather(
    omega: Array, kappa: Array, loadings: Array, labels: Labels, n_clusters: int
) -> tuple[Array, Array]:
    """Messages of every cluster and bin: J = sum omega c~c~', h = sum (kappa - omega d) c~.

    Parameters
    ----------
    omega, kappa : (N, T) ndarray of float64
        Messages of entries.
    loadings : (N, q) ndarray of float64
        (d, c); c~ = (1, c).
    labels : (N,) ndarray of int64
        Cluster of every neuron.
    n_clusters : int
        K.

    Returns
    -------
    info : (K, T, q, q) ndarray
        J.
    linear : (K, T, q) ndarray
        h.
    """
    n_neurons, n_bins = omega.shape
    q = loadings.shape[1]
    info = np.zeros((n_clusters, n_bins, q, q))
    linear = np.zeros((n_clusters, n_bins, q))
    row = np.empty(q)
    for i in range(n_neurons):
        k = labels[i]
        for j in range(q):
            row[j] = loadings[i, j] if j else 1.0
        for t in range(n_bins):
            pull = kappa[i, t] - omega[i, t] * loadings[i, 0]
            for j in range(q):
                linear[k, t, j] += pull * row[j]
                for m in range(q):
                    info[k, t, j, m] += omega[i, t] * row[j] * row[m]
    return info, linear
