"""What entries say under a variational fit: bounds, weights, and regressions on latents.

Negative binomial, psi = eta - log r: p(y | eta) = C(y, r) 2^-(y + r) exp((y - r) psi / 2) /
cosh(psi / 2)^(y + r). With q(omega) the best Polya-Gamma, E log p is bounded from below by the same
at E psi in the exponent and xi = sqrt(E psi^2) in the cosh, and E omega = (y + r) tanh(xi / 2) /
(2 xi).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Array = NDArray[np.float64]

# Golden section over log r: this far to either side, this many times.
_REACH, _CUTS = 1.0, 12
_LARGEST_LOG_SIZE = 12.0


@dataclass(frozen=True)
class Designs:
    """Moments of latents that regressions need, F = (1, x), of every cluster and bin.

    Parameters
    ----------
    f : (K, T, q) ndarray of float64
        E F.
    ff : (K, T, q, q) ndarray of float64
        E FF'.
    mf : (K, T, q) ndarray of float64
        E mu F.
    m, mm : (K, T) ndarray of float64
        E mu and E mu^2.
    """

    f: Array
    ff: Array
    mf: Array
    m: Array
    mm: Array


def designs(mean: Array, covariance: Array) -> Designs:
    """Moments from the means and covariances of w = (mu, x).

    Parameters
    ----------
    mean : (K, T, q) ndarray of float64
        Of w.
    covariance : (K, T, q, q) ndarray of float64
        Of w.

    Returns
    -------
    Designs
        Of F = (1, x).
    """
    square = covariance + mean[..., :, None] * mean[..., None, :]
    f = mean.copy()
    f[..., 0] = 1.0
    ff = square.copy()
    ff[..., 0, :] = f
    ff[..., :, 0] = f
    mf = square[..., 0, :].copy()
    mf[..., 0] = mean[..., 0]
    return Designs(f, ff, mf, mean[..., 0], square[..., 0, 0])


def predictor_moments(d: Designs, loading: Array, spread: Array) -> tuple[Array, Array]:
    """Mean and mean square of eta = F'l + mu of one neuron in every cluster.

    Parameters
    ----------
    d : Designs
        Of the latents.
    loading : (K, q) ndarray of float64
        Mean of l = (d, c) in every cluster.
    spread : (K, q, q) ndarray of float64
        Covariance of l.

    Returns
    -------
    mean, square : (K, T) ndarray of float64
        E eta and E eta^2.
    """
    second = spread + loading[:, :, None] * loading[:, None, :]
    mean = np.einsum("ktj,kj->kt", d.f, loading) + d.m
    square = np.einsum("ktij,kij->kt", d.ff, second) + d.mm
    square += 2.0 * np.einsum("ktj,kj->kt", d.mf, loading)
    return mean, np.asarray(square)


def log_cosh(x: Array) -> Array:
    """Log cosh x without overflow."""
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2.0 * size)) - np.log(2.0))


def count_bound(y: Array, mean: Array, square: Array, size: float) -> Array:
    """Lower bound of E log p(y | eta) of a negative binomial.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Counts.
    mean, square : (..., T) ndarray of float64
        E eta and E eta^2.
    size : float
        r.

    Returns
    -------
    (..., T) ndarray of float64
        Nats.
    """
    log_r = np.log(size)
    xi = np.sqrt(np.maximum(square - 2.0 * log_r * mean + log_r**2, 0.0))
    constant = gammaln(y + size) - gammaln(size) - gammaln(y + 1.0) - (y + size) * np.log(2.0)
    return np.asarray(
        constant + 0.5 * (y - size) * (mean - log_r) - (y + size) * log_cosh(0.5 * xi)
    )


def count_weights(y: Array, mean: Array, square: Array, size: float) -> tuple[Array, Array]:
    """Expected omega, and kappa = (y - r) / 2 + omega log r.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Counts.
    mean, square : (..., T) ndarray of float64
        E eta and E eta^2.
    size : float
        r.

    Returns
    -------
    omega, kappa : (..., T) ndarray of float64
        Of exp(kappa eta - omega eta^2 / 2).
    """
    log_r = np.log(size)
    xi = np.sqrt(np.maximum(square - 2.0 * log_r * mean + log_r**2, 1e-12))
    omega = 0.5 * (y + size) * np.tanh(0.5 * xi) / xi
    return omega, 0.5 * (y - size) + omega * log_r


def best_size(y: Array, mean: Array, square: Array, weight: Array, size: float) -> float:
    """Size r that raises the bound, by golden section around the present one.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Observed counts.
    mean, square : (K, T) ndarray of float64
        E eta and E eta^2.
    weight : (K,) ndarray of float64
        Probability of every cluster.
    size : float
        The present r.

    Returns
    -------
    float
        Never worse than the present one; the prior is exponential.
    """

    def value(log_r: float) -> float:
        r = float(np.exp(log_r))
        return float(weight @ count_bound(y, mean, square, r).sum(axis=1)) - r

    ratio = 0.5 * (np.sqrt(5.0) - 1.0)
    start = float(np.log(size))
    low, high = start - _REACH, min(start + _REACH, _LARGEST_LOG_SIZE)
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    f_left, f_right = value(left), value(right)
    for _ in range(_CUTS):
        if f_left > f_right:
            high, right, f_right = right, left, f_left
            left = high - ratio * (high - low)
            f_left = value(left)
        else:
            low, left, f_left = left, right, f_right
            right = low + ratio * (high - low)
            f_right = value(right)
    best = left if f_left > f_right else right
    return float(np.exp(best)) if max(f_left, f_right) > value(start) else size


def regress(d: Designs, omega: Array, kappa: Array) -> tuple[Array, Array]:
    """Posterior of l = (d, c) ~ N(0, I) of one neuron in every cluster.

    Parameters
    ----------
    d : Designs
        Of the latents.
    omega, kappa : (K, T) ndarray of float64
        Messages; 0 where nothing is observed.

    Returns
    -------
    loading : (K, q) ndarray of float64
        Means.
    spread : (K, q, q) ndarray of float64
        Covariances.
    """
    precision = np.einsum("kt,ktij->kij", omega, d.ff) + np.eye(d.f.shape[-1])
    pull = np.einsum("kt,ktj->kj", kappa, d.f) - np.einsum("kt,ktj->kj", omega, d.mf)
    spread = np.linalg.inv(precision)
    return np.einsum("kij,kj->ki", spread, pull), spread


def normal_divergence(mean: Array, spread: Array) -> Array:
    """KL(N(m, V) || N(0, I)).

    Parameters
    ----------
    mean : (..., q) ndarray of float64
        m.
    spread : (..., q, q) ndarray of float64
        V.

    Returns
    -------
    (...) ndarray of float64
        Nats.
    """
    trace = np.trace(spread, axis1=-2, axis2=-1)
    size = trace + (mean**2).sum(axis=-1) - mean.shape[-1]
    return np.asarray(0.5 * (size - np.linalg.slogdet(spread)[1]))
