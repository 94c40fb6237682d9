"""Gaussian vectors whose precision is block tridiagonal: mean, evidence and exact draws in O(T).

p(x) is proportional to exp(-x'Px/2 + r'x), where P has blocks P_tt and P_(t+1)t and no others.
One block Cholesky factor P = LL' gives the mean P^-1 r, log |P| and draws mean + L'^-1 e.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.small_cholesky import cholesky, solve_lower, solve_upper

Array = NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def factorise(diagonal: Array, lower: Array, rhs: Array) -> tuple[Array, Array, Array, float]:
    """Block Cholesky factor of P and y = L^-1 r.

    Parameters
    ----------
    diagonal : (T, q, q) ndarray of float64
        Blocks P_tt.
    lower : (T - 1, q, q) ndarray of float64
        Blocks P_(t+1)t.
    rhs : (T, q) ndarray of float64
        r.

    Returns
    -------
    factors : (T, q, q) ndarray
        Diagonal blocks of L.
    below : (T - 1, q, q) ndarray
        Blocks L_(t+1)t.
    solved : (T, q) ndarray
        y.
    log_determinant : float
        log |P|; NaN if P is not positive definite.
    """
    n, q = rhs.shape
    factors = np.zeros((n, q, q))
    below = np.zeros((max(n - 1, 0), q, q))
    solved = rhs.copy()
    rest = np.empty((q, q))
    log_determinant = 0.0
    for t in range(n):
        for i in range(q):
            for j in range(q):
                rest[i, j] = diagonal[t, i, j]
        if t > 0:
            for i in range(q):
                for j in range(q):
                    below[t - 1, i, j] = lower[t - 1, i, j]
                # Row i of P_t(t-1) L_(t-1)'^-1.
                solve_lower(factors[t - 1], below[t - 1, i])
            for i in range(q):
                for k in range(q):
                    solved[t, i] -= below[t - 1, i, k] * solved[t - 1, k]
                    for j in range(i + 1):
                        rest[i, j] -= below[t - 1, i, k] * below[t - 1, j, k]
        if not cholesky(rest, factors[t]):
            return factors, below, solved, math.nan
        solve_lower(factors[t], solved[t])
        for i in range(q):
            log_determinant += 2.0 * math.log(factors[t, i, i])
    return factors, below, solved, log_determinant


@numba.njit(cache=True, nogil=True)
def solve_back(factors: Array, below: Array, x: Array) -> None:
    """Replace x by L'^-1 x.

    Parameters
    ----------
    factors : (T, q, q) ndarray of float64
        Diagonal blocks of L.
    below : (T - 1, q, q) ndarray of float64
        Blocks L_(t+1)t.
    x : (T, q) ndarray of float64
        Overwritten.
    """
    n, q = x.shape
    for t in range(n - 1, -1, -1):
        if t + 1 < n:
            for i in range(q):
                for k in range(q):
                    x[t, i] -= below[t, k, i] * x[t + 1, k]
        solve_upper(factors[t], x[t])


@numba.njit(cache=True, nogil=True)
def draw_gaussian(
    diagonal: Array, lower: Array, rhs: Array, normals: Array
) -> tuple[Array, float, float]:
    """Draw from the Gaussian with precision P and linear term r.

    Parameters
    ----------
    diagonal : (T, q, q) ndarray of float64
        Blocks P_tt.
    lower : (T - 1, q, q) ndarray of float64
        Blocks P_(t+1)t.
    rhs : (T, q) ndarray of float64
        r.
    normals : (T, q) ndarray of float64
        Standard normal; zeros give the mean.

    Returns
    -------
    draw : (T, q) ndarray
        P^-1 r + L'^-1 e.
    log_determinant : float
        log |P|; NaN if P is not positive definite, and then all else is NaN too.
    log_evidence : float
        r'P^-1 r / 2 - log |P| / 2, the log of the integral of exp(-x'Px/2 + r'x) up to
        (T q / 2) log 2 pi.
    """
    factors, below, solved, log_determinant = factorise(diagonal, lower, rhs)
    if math.isnan(log_determinant):
        # The factor is unfinished, and its zeros can't be divided by.
        solved[:] = math.nan
        return solved, math.nan, math.nan
    quadratic = 0.0
    for t in range(rhs.shape[0]):
        for i in range(rhs.shape[1]):
            quadratic += solved[t, i] * solved[t, i]
            solved[t, i] += normals[t, i]
    solve_back(factors, below, solved)
    return solved, log_determinant, 0.5 * quadratic - 0.5 * log_determinant


@numba.njit(cache=True, nogil=True)
def gaussian_marginals(
    diagonal: Array, lower: Array, rhs: Array
) -> tuple[Array, Array, Array, float]:
    """Mean of the Gaussian with precision P and linear term r, and covariances of near blocks.

    Parameters
    ----------
    diagonal : (T, q, q) ndarray of float64
        Blocks P_tt.
    lower : (T - 1, q, q) ndarray of float64
        Blocks P_(t+1)t.
    rhs : (T, q) ndarray of float64
        r.

    Returns
    -------
    mean : (T, q) ndarray
        P^-1 r.
    covariance : (T, q, q) ndarray
        Of x_t.
    across : (T - 1, q, q) ndarray
        Cov(x_t+1, x_t).
    log_determinant : float
        log |P|; NaN if P is not positive definite, and then all else is NaN too.
    """
    factors, below, mean, log_determinant = factorise(diagonal, lower, rhs)
    n, q = rhs.shape
    covariance = np.full((n, q, q), math.nan)
    across = np.full((max(n - 1, 0), q, q), math.nan)
    if math.isnan(log_determinant):
        mean[:] = math.nan
        return mean, covariance, across, math.nan
    solve_back(factors, below, mean)
    inverse, gain = np.empty((q, q)), np.empty((q, q))
    for t in range(n - 1, -1, -1):
        # Rows hold the columns of L_tt^-1, whose products are the blocks of (L_tt L_tt')^-1.
        for j in range(q):
            inverse[j] = 0.0
            inverse[j, j] = 1.0
            solve_lower(factors[t], inverse[j])
        covariance[t] = inverse @ inverse.T
        if t + 1 < n:
            # x_t = ... - G x_t+1 with G = L_tt'^-1 L_(t+1)t'; rows of gain are columns of G.
            for j in range(q):
                gain[j] = below[t, j]
                solve_upper(factors[t], gain[j])
            across[t] = -covariance[t + 1] @ gain
            covariance[t] -= gain.T @ across[t]
    return mean, covariance, across, log_determinant
