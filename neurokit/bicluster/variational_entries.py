"""What entries say under a variational fit: expectations over predictors, regressions on latents.

eta ~ N(m, v). With g = E d log p / d eta and h = -E d2 log p / d eta2, the Gaussian factor
exp(kappa eta - omega eta^2 / 2), omega = h, kappa = g + h m, has the best Gaussian q as its fixed
point (Knowles & Minka 2011, non-conjugate variational message passing).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from neurokit.bicluster.observations import NEGATIVE_BINOMIAL, POISSON

Array = NDArray[np.float64]

# Golden section over log r: this far to either side, this many times.
_REACH, _CUTS = 1.0, 10
_LARGEST_LOG_SIZE = 12.0
# A rate whose logarithm is larger is no rate of anything, and its square must be a number.
_LARGEST = 300.0
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


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


def expected_counts(
    y: Array, mean: Array, variance: Array, family: int, size: float
) -> tuple[Array, Array, Array]:
    """Expected log-likelihood of counts, its slope and minus its curvature in the predictor.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Counts.
    mean, variance : (..., T) ndarray of float64
        Of the normal predictor.
    family : int
        0 Poisson, in closed form, or 1 negative binomial, by Gauss-Hermite quadrature.
    size : float
        r of the negative binomial.

    Returns
    -------
    value, slope, curvature : (..., T) ndarray of float64
        E log p, E d log p / d eta, -E d2 log p / d eta2.
    """
    if family == POISSON:
        rate = np.exp(np.minimum(mean + 0.5 * variance, _LARGEST))
        return y * mean - rate - gammaln(y + 1.0), y - rate, rate
    eta = mean[..., None] + np.sqrt(np.maximum(variance, 0.0))[..., None] * _NODES
    both = np.logaddexp(eta, np.log(size))
    share = np.exp(eta - both)
    total = y[:, None] + size
    constant = gammaln(y + size) - gammaln(size) - gammaln(y + 1.0) + size * np.log(size)
    value = constant + y * mean - (y + size) * (both @ _WEIGHTS)
    return value, y - (y + size) * (share @ _WEIGHTS), (total * share * (1.0 - share)) @ _WEIGHTS


def best_size(y: Array, mean: Array, variance: Array, weight: Array, size: float) -> float:
    """Size r that raises the expected log-likelihood, by golden section around the present one.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Observed counts.
    mean, variance : (K, T) ndarray of float64
        Of the predictor in every cluster.
    weight : (K,) ndarray of float64
        Probability of every cluster.
    size : float
        The present r.

    Returns
    -------
    float
        Never worse than the present one; the prior is exponential.
    """
    held = weight > 1e-3

    def value(log_r: float) -> float:
        r = float(np.exp(log_r))
        found = expected_counts(y, mean[held], variance[held], NEGATIVE_BINOMIAL, r)[0]
        return float(weight[held] @ found.sum(axis=1)) - r

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
