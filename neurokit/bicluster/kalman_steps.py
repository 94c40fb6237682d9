"""One step of a Kalman filter in information form, for loops compiled by numba.

A bin tells exp(-w'Jw/2 + h'w) of a latent w; J may be singular or zero, as where a bin is missing.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.small_cholesky import cholesky, invert, solve_lower

Array = NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def predict(
    a: Array, b: Array, noise: Array, mean: Array, cov: Array, mean_out: Array, cov_out: Array
) -> None:
    """Write A m + b and A P A' + Q.

    Parameters
    ----------
    a, noise, cov, cov_out : (q, q) ndarray of float64
        A, Q, P and what is filled.
    b, mean, mean_out : (q,) ndarray of float64
        b, m and what is filled.
    """
    q = mean.shape[0]
    for i in range(q):
        total = b[i]
        for k in range(q):
            total += a[i, k] * mean[k]
        mean_out[i] = total
    for i in range(q):
        for j in range(i + 1):
            total = noise[i, j]
            for k in range(q):
                for m in range(q):
                    total += a[i, k] * cov[k, m] * a[j, m]
            cov_out[i, j] = total
            cov_out[j, i] = total


@numba.njit(cache=True, nogil=True)
def absorb(
    mean: Array,
    cov: Array,
    info: Array,
    linear: Array,
    mean_out: Array,
    cov_out: Array,
    work: Array,
) -> float:
    """Multiply N(w; m, P) by exp(-w'Jw/2 + h'w): the new m and P, and the log of the integral.

    log Z = h'm - m'Jm/2 + v'P+ v/2 - log|I + L'JL|/2 with v = h - Jm, P = LL' and
    P+ = L (I + L'JL)^-1 L'; m+ = m + P+ v.

    Parameters
    ----------
    mean, linear, mean_out : (q,) ndarray of float64
        m, h and what is filled; `mean_out` may be `mean`.
    cov, info, cov_out : (q, q) ndarray of float64
        P, J and what is filled; `cov_out` may be `cov`.
    work : (4, q, q) ndarray of float64
        Overwritten.

    Returns
    -------
    float
        log Z; -inf if P is not positive definite.
    """
    q = mean.shape[0]
    low, inner, factor, residual = work[0], work[1], work[2], work[3, 0]
    if not cholesky(cov, low):
        return -math.inf
    for i in range(q):
        for j in range(i + 1):
            total = 1.0 if i == j else 0.0
            for k in range(i, q):
                for m in range(j, q):
                    total += low[k, i] * info[k, m] * low[m, j]
            inner[i, j] = total
    if not cholesky(inner, factor):
        return -math.inf
    log_z = 0.0
    for i in range(q):
        pull = 0.0
        for k in range(q):
            pull += info[i, k] * mean[k]
        log_z += linear[i] * mean[i] - 0.5 * mean[i] * pull - math.log(factor[i, i])
        residual[i] = linear[i] - pull
        solve_lower(factor, low[i])
    for i in range(q):
        for j in range(i + 1):
            total = 0.0
            for k in range(q):
                total += low[i, k] * low[j, k]
            cov_out[i, j] = total
            cov_out[j, i] = total
    for i in range(q):
        shift = 0.0
        for k in range(q):
            shift += cov_out[i, k] * residual[k]
        log_z += 0.5 * residual[i] * shift
        mean_out[i] = mean[i] + shift
    return log_z


@numba.njit(cache=True, nogil=True)
def pull_back(
    a: Array,
    b: Array,
    noise: Array,
    info: Array,
    linear: Array,
    info_out: Array,
    linear_out: Array,
    work: Array,
) -> None:
    """Write what the future tells of w_t, given what it tells of w_t+1 = A w_t + b + N(0, Q).

    With O, n for w_t+1: W = (Q^-1 + O)^-1, G = O - OWO, u = n - OWn; then A'GA and A'(u - Gb).

    Parameters
    ----------
    a, noise, info, info_out : (q, q) ndarray of float64
        A, Q, O and what is filled.
    b, linear, linear_out : (q,) ndarray of float64
        b, n and what is filled.
    work : (4, q, q) ndarray of float64
        Overwritten.
    """
    q = b.shape[0]
    precision, factor, middle, seen = work[0], work[1], work[2], work[3]
    invert(noise, factor, precision)
    for i in range(q):
        for j in range(q):
            precision[i, j] += info[i, j]
    invert(precision, factor, middle)
    for i in range(q):
        for j in range(q):
            total = 0.0
            for k in range(q):
                total += info[i, k] * middle[k, j]
            factor[i, j] = total
    for i in range(q):
        for j in range(q):
            total = info[i, j]
            for k in range(q):
                total -= factor[i, k] * info[k, j]
            seen[i, j] = total
    for i in range(q):
        total = linear[i]
        for k in range(q):
            total -= factor[i, k] * linear[k] + seen[i, k] * b[k]
        precision[0, i] = total
    for i in range(q):
        total = 0.0
        for k in range(q):
            total += a[k, i] * precision[0, k]
        linear_out[i] = total
        for j in range(i + 1):
            total = 0.0
            for k in range(q):
                for m in range(q):
                    total += a[k, i] * 0.5 * (seen[k, m] + seen[m, k]) * a[m, j]
            info_out[i, j] = total
            info_out[j, i] = total
