"""Laplace's approximation of one neuron's loadings on a trajectory.

Maximises sum_t log p(y_t | d + c'x_t + mu_t) - |b|^2 / 2 over b = (d, c), by Newton with halved
steps; the evidence is its value minus log|H| / 2, with H = I + sum w_t f_t f_t', f_t = (1, x_t).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.observations import entry_terms
from neurokit.bicluster.small_cholesky import cholesky, solve_lower, solve_upper

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_MOST_STEPS = 40
_MOST_HALVINGS = 30
_TOLERANCE = 1e-9


@numba.njit(cache=True, nogil=True)
def log_constant(y: Array, seen: Mask, family: int, extra: float) -> float:
    """Terms of a neuron's log-likelihood that depend on its size or variance, not on eta.

    Parameters
    ----------
    y : (T,) ndarray of float64
        Counts or values.
    seen : (T,) ndarray of bool
        What is observed.
    family : int
        0 Poisson, 1 negative binomial, 2 Gaussian.
    extra : float
        Size or variance.

    Returns
    -------
    float
        What `log_posterior` and `fit_loadings` leave out.
    """
    total = 0.0
    for t in range(y.shape[0]):
        if seen[t] and family == 1:
            total += math.lgamma(y[t] + extra) - math.lgamma(extra)
        elif seen[t] and family == 2:
            total -= 0.5 * math.log(extra)
    return total


@numba.njit(cache=True, nogil=True)
def log_posterior(
    y: Array, seen: Mask, trajectory: Array, family: int, extra: float, b: Array
) -> float:
    """Log p(y | b) - |b|^2 / 2 of one neuron's loadings, as far as it depends on them.

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
        (d, c).

    Returns
    -------
    float
        Up to `log_constant`.
    """
    log_extra = math.log(extra) if family == 1 else 0.0
    total = 0.0
    for j in range(b.shape[0]):
        total -= 0.5 * b[j] * b[j]
    for t in range(y.shape[0]):
        if seen[t]:
            eta = b[0] + trajectory[t, 0]
            for j in range(1, b.shape[0]):
                eta += b[j] * trajectory[t, j]
            total += entry_terms(y[t], eta, family, extra, log_extra)[0]
    return total


@numba.njit(cache=True, nogil=True)
def _derivatives(
    y: Array, seen: Mask, trajectory: Array, family: int, extra: float, b: Array,
    gradient: Array, hessian: Array,
) -> float:  # fmt: skip
    """Give `log_posterior`; fill its gradient and the lower triangle of minus its Hessian."""
    q = b.shape[0]
    row = np.empty(q)
    row[0] = 1.0
    log_extra = math.log(extra) if family == 1 else 0.0
    total = 0.0
    for i in range(q):
        total -= 0.5 * b[i] * b[i]
        gradient[i] = -b[i]
        for j in range(q):
            hessian[i, j] = 1.0 if i == j else 0.0
    for t in range(y.shape[0]):
        if not seen[t]:
            continue
        eta = b[0] + trajectory[t, 0]
        for j in range(1, q):
            row[j] = trajectory[t, j]
            eta += b[j] * row[j]
        value, slope, weight = entry_terms(y[t], eta, family, extra, log_extra)
        total += value
        for i in range(q):
            gradient[i] += slope * row[i]
            for j in range(i + 1):
                hessian[i, j] += weight * row[i] * row[j]
    return total


@numba.njit(cache=True, nogil=True)
def _start(y: Array, seen: Mask, trajectory: Array, family: int, b: Array) -> None:
    """Write loadings to begin from: the offset that the mean count asks for, else zeros."""
    for j in range(b.shape[0]):
        b[j] = 0.0
    if family == 2:
        return
    count, level, n = 0.5, 0.0, 1.0
    for t in range(y.shape[0]):
        if seen[t]:
            count += y[t]
            level += trajectory[t, 0]
            n += 1.0
    b[0] = math.log(count / n) - level / n


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
        Log evidence, up to `log_constant` and terms in y alone; exact for the Gaussian. -inf where
        the trajectory is too large for arithmetic; `b` and `factor` are unfinished then.
    """
    q = b.shape[0]
    tried, step = np.empty(q), np.empty(q)
    gradient, hessian = np.empty(q), np.empty((q, q))
    _start(y, seen, trajectory, family, b)
    value = _derivatives(y, seen, trajectory, family, extra, b, gradient, hessian)
    for _ in range(_MOST_STEPS):
        if not cholesky(hessian, factor):
            return -math.inf
        solve_lower(factor, gradient)
        decrement = 0.0
        for j in range(q):
            decrement += gradient[j] * gradient[j]
            step[j] = gradient[j]
        if decrement < _TOLERANCE:
            break
        solve_upper(factor, step)
        size = 1.0
        for _ in range(_MOST_HALVINGS):
            for j in range(q):
                tried[j] = b[j] + size * step[j]
            new = _derivatives(y, seen, trajectory, family, extra, tried, gradient, hessian)
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
    family = FAMILIES[observation]
    evidence = fit_loadings(filled, seen, along, family, extra, mode, factor)
    return float(evidence + log_constant(filled, seen, family, extra))
