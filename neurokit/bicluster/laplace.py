"""Laplace's approximation of one neuron's loadings on a trajectory.

Maximises sum_t log p(y_t | d + c'x_t + mu_t) - |b|^2 / 2 over b = (d, c), by Newton with halved
steps; the evidence is its value minus log|H| / 2, with H = I + sum w_t f_t f_t', f_t = (1, x_t).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.observations import row_log_likelihood
from neurokit.bicluster.small_cholesky import cholesky, solve_lower, solve_upper

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_MOST_STEPS = 40
_MOST_HALVINGS = 30
_TOLERANCE = 1e-9


@numba.njit(cache=True, nogil=True)
def _slopes(y: float, eta: float, family: int, extra: float) -> tuple[float, float]:
    """First derivative and minus the second derivative of the log-likelihood of an entry."""
    if family == 0:
        rate = math.exp(min(eta, 700.0))
        return y - rate, rate
    if family == 1:
        share = 1.0 / (1.0 + math.exp(min(math.log(extra) - eta, 700.0)))
        return y - (y + extra) * share, (y + extra) * share * (1.0 - share)
    return (y - eta) / extra, 1.0 / extra


@numba.njit(cache=True, nogil=True)
def _eta(trajectory: Array, b: Array, out: Array) -> None:
    for t in range(trajectory.shape[0]):
        total = b[0] + trajectory[t, 0]
        for j in range(1, b.shape[0]):
            total += b[j] * trajectory[t, j]
        out[t] = total


@numba.njit(cache=True, nogil=True)
def _curvature(
    y: Array, seen: Mask, eta: Array, trajectory: Array, family: int, extra: float, b: Array,
    gradient: Array, hessian: Array,
) -> None:  # fmt: skip
    q = b.shape[0]
    row = np.empty(q)
    for i in range(q):
        gradient[i] = -b[i]
        for j in range(q):
            hessian[i, j] = 1.0 if i == j else 0.0
    for t in range(y.shape[0]):
        if not seen[t]:
            continue
        slope, weight = _slopes(y[t], eta[t], family, extra)
        row[0] = 1.0
        for j in range(1, q):
            row[j] = trajectory[t, j]
        for i in range(q):
            gradient[i] += slope * row[i]
            for j in range(i + 1):
                hessian[i, j] += weight * row[i] * row[j]


@numba.njit(cache=True, nogil=True)
def fit_loadings(
    y: Array, seen: Mask, trajectory: Array, family: int, extra: float, b: Array, factor: Array
) -> float:
    """Mode, Cholesky factor of H and log evidence of one neuron on one trajectory.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Counts or values.
    seen : (T,) ndarray of bool
        What is observed.
    trajectory : (T, q) ndarray of float64
        (mu, x).
    family : int
        0 Poisson, 1 negative binomial, 2 Gaussian.
    extra : float
        Size or variance.
    b : (q,) ndarray of float64
        Filled with the mode.
    factor : (q, q) ndarray of float64
        Filled with L, H = LL'.

    Returns
    -------
    float
        Log evidence, up to terms in y alone; exact for the Gaussian. -inf where the trajectory
        is too large for arithmetic; `b` and `factor` are unfinished then.
    """
    q = b.shape[0]
    n_bins = y.shape[0]
    eta, tried = np.empty(n_bins), np.empty(q)
    gradient, hessian = np.empty(q), np.empty((q, q))
    for j in range(q):
        b[j] = 0.0
    _eta(trajectory, b, eta)
    value = row_log_likelihood(y, seen, eta, family, extra)
    for _ in range(_MOST_STEPS):
        _curvature(y, seen, eta, trajectory, family, extra, b, gradient, hessian)
        if not cholesky(hessian, factor):
            return -math.inf
        solve_lower(factor, gradient)
        decrement = 0.0
        for j in range(q):
            decrement += gradient[j] * gradient[j]
        if decrement < _TOLERANCE:
            break
        solve_upper(factor, gradient)
        size = 1.0
        for _ in range(_MOST_HALVINGS):
            penalty = 0.0
            for j in range(q):
                tried[j] = b[j] + size * gradient[j]
                penalty += 0.5 * tried[j] * tried[j]
            _eta(trajectory, tried, eta)
            new = row_log_likelihood(y, seen, eta, family, extra) - penalty
            if new >= value:
                break
            size *= 0.5
        for j in range(q):
            b[j] = tried[j]
        value = new
    log_evidence = value
    for j in range(q):
        log_evidence -= math.log(factor[j, j])
    return -math.inf if math.isnan(log_evidence) else log_evidence


@numba.njit(cache=True, nogil=True)
def log_density(b: Array, mode: Array, factor: Array) -> float:
    """Log N(b; mode, H^-1), up to the constant in 2 pi.

    Parameters
    ----------
    b, mode : (q,) ndarray of float64
        Where, and the mean.
    factor : (q, q) ndarray of float64
        L, H = LL'.

    Returns
    -------
    float
        Log density.
    """
    total = 0.0
    for i in range(b.shape[0]):
        pulled = 0.0
        for j in range(i, b.shape[0]):
            pulled += factor[j, i] * (b[j] - mode[j])
        total += math.log(factor[i, i]) - 0.5 * pulled * pulled
    return total


def log_evidence(
    y: Array, trajectory: Array, *, observation: str = "poisson", extra: float = 1.0
) -> float:
    """Laplace's log evidence of one neuron on a trajectory, loadings integrated out.

    log p(y | mu, x) with eta_t = d + c'x_t + mu_t and (d, c) ~ N(0, I), up to terms in y alone.

    Parameters
    ----------
    y : (T,) ndarray
        Counts or values; NaN is missing.
    trajectory : (T, q) ndarray
        (mu, x).
    observation : str, default "poisson"
        ``poisson``, ``negative_binomial`` or ``gaussian``.
    extra : float, default 1
        Size of the negative binomial, variance of the Gaussian.

    Returns
    -------
    float
        Log evidence.

    Examples
    --------
    >>> import numpy as np
    >>> round(log_evidence(np.array([0.0, 2.0]), np.zeros((2, 1))), 3)
    -2.575
    """
    from neurokit.bicluster.observations import FAMILIES

    values = np.asarray(y, dtype=np.float64)
    along = np.ascontiguousarray(trajectory, dtype=np.float64)
    q = along.shape[1]
    seen = np.isfinite(values)
    filled = np.where(seen, values, 0.0)
    factor, mode = np.empty((q, q)), np.empty(q)
    return float(fit_loadings(filled, seen, along, FAMILIES[observation], extra, mode, factor))
