"""Cholesky factors and triangular solves of small matrices, for loops compiled by numba.

LAPACK's call costs more than the arithmetic of a 3 x 3 matrix; these loops have none.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def cholesky(a: Array, out: Array) -> bool:
    """Write the lower factor L of A = LL' into `out`.

    Parameters
    ----------
    a : (n, n) ndarray of float64
        Symmetric; only its lower triangle is read.
    out : (n, n) ndarray of float64
        Filled, zeros above the diagonal.

    Returns
    -------
    bool
        False if A is not positive definite; `out` is then unfinished.
    """
    n = a.shape[0]
    for i in range(n):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= out[i, k] * out[j, k]
            if i == j:
                if not total > 0.0:
                    return False
                out[i, i] = math.sqrt(total)
            else:
                out[i, j] = total / out[j, j]
        for j in range(i + 1, n):
            out[i, j] = 0.0
    return True


@numba.njit(cache=True, nogil=True)
def solve_lower(factor: Array, b: Array) -> None:
    """Replace b by L^-1 b.

    Parameters
    ----------
    factor : (n, n) ndarray of float64
        L, lower triangular.
    b : (n,) ndarray of float64
        Overwritten.
    """
    for i in range(b.shape[0]):
        total = b[i]
        for k in range(i):
            total -= factor[i, k] * b[k]
        b[i] = total / factor[i, i]


@numba.njit(cache=True, nogil=True)
def solve_upper(factor: Array, b: Array) -> None:
    """Replace b by L'^-1 b.

    Parameters
    ----------
    factor : (n, n) ndarray of float64
        L, lower triangular.
    b : (n,) ndarray of float64
        Overwritten.
    """
    n = b.shape[0]
    for i in range(n - 1, -1, -1):
        total = b[i]
        for k in range(i + 1, n):
            total -= factor[k, i] * b[k]
        b[i] = total / factor[i, i]


@numba.njit(cache=True, nogil=True)
def invert(a: Array, factor: Array, out: Array) -> bool:
    """Write the inverse of a symmetric positive definite A into `out`.

    Parameters
    ----------
    a : (n, n) ndarray of float64
        Symmetric positive definite.
    factor : (n, n) ndarray of float64
        Filled with the Cholesky factor of A.
    out : (n, n) ndarray of float64
        Filled.

    Returns
    -------
    bool
        False if A is not positive definite.
    """
    n = a.shape[0]
    if not cholesky(a, factor):
        return False
    for j in range(n):
        for i in range(n):
            out[i, j] = 1.0 if i == j else 0.0
        solve_lower(factor, out[:, j])
        solve_upper(factor, out[:, j])
    for i in range(n):
        for j in range(i):
            mean = 0.5 * (out[i, j] + out[j, i])
            out[i, j] = mean
            out[j, i] = mean
    return True
