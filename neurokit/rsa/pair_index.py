"""Pairs of conditions: the order of a condensed RDM and the way to and from square matrices.

A condensed RDM lists the upper triangle row by row (0-1, 0-2, ..., 1-2, ...), as scipy does.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurokit.errors import OptionError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def pair_indices(n_conditions: int) -> tuple[Index, Index]:
    """First and second condition of every pair, in the order of a condensed RDM.

    Parameters
    ----------
    n_conditions : int
        Number of conditions.

    Returns
    -------
    first, second : (n_pairs,) ndarray of int
        n_pairs = n (n - 1) / 2.

    Examples
    --------
    >>> first, second = pair_indices(3)
    >>> first.tolist(), second.tolist()
    ([0, 0, 1], [1, 2, 2])
    """
    first, second = np.triu_indices(n_conditions, 1)
    return first.astype(np.int64), second.astype(np.int64)


def n_conditions_of(n_pairs: int) -> int:
    """Number of conditions that have this many pairs.

    Parameters
    ----------
    n_pairs : int
        Length of a condensed RDM.

    Returns
    -------
    int
        n with n (n - 1) / 2 = n_pairs.

    Raises
    ------
    OptionError
        If there is none.

    Examples
    --------
    >>> n_conditions_of(6)
    4
    """
    n = (1 + math.isqrt(1 + 8 * max(n_pairs, 0))) // 2
    if n_pairs < 1 or n * (n - 1) // 2 != n_pairs:
        raise OptionError(
            f"{n_pairs} values are not the pairs of any number of conditions",
            where="rdm",
            mend="Give the upper triangle: n (n - 1) / 2 values along the last axis.",
        )
    return n


@njit(cache=True, nogil=True)
def _square(rows: Array, n: int, diagonal: float, out: Array) -> None:
    for k in range(rows.shape[0]):
        at = 0
        for i in range(n):
            out[k, i, i] = diagonal
            for j in range(i + 1, n):
                out[k, i, j] = rows[k, at]
                out[k, j, i] = rows[k, at]
                at += 1


@njit(cache=True, nogil=True)
def _condense(matrix: Array, out: Array) -> None:
    at = 0
    n = matrix.shape[0]
    for i in range(n):
        for j in range(i + 1, n):
            out[at] = matrix[i, j]
            at += 1


def square(rows: NDArray[Any], diagonal: float = 0.0) -> Array:
    """Square symmetric matrices of condensed RDMs.

    Parameters
    ----------
    rows : (..., n_pairs) ndarray
        Condensed RDMs.
    diagonal : float, default 0.0
        What stands on the diagonal.

    Returns
    -------
    (..., n, n) ndarray of float64
        New matrices.

    Examples
    --------
    >>> square(np.array([1.0, 2.0, 3.0])).tolist()
    [[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]]
    """
    values = np.ascontiguousarray(rows, dtype=np.float64)
    n = n_conditions_of(values.shape[-1])
    flat = values.reshape(-1, values.shape[-1])
    out = np.empty((len(flat), n, n))
    _square(flat, n, float(diagonal), out)
    return out.reshape(*values.shape[:-1], n, n)


def condensed(matrix: NDArray[Any]) -> Array:
    """Upper triangle of one square matrix.

    Parameters
    ----------
    matrix : (n, n) ndarray
        Symmetric.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Row by row.
    """
    values = np.ascontiguousarray(matrix, dtype=np.float64)
    n = len(values)
    out = np.empty(n * (n - 1) // 2)
    _condense(values, out)
    return out


def reorder(rows: Array, order: Index) -> Array:
    """Condensed RDMs with their conditions in another order.

    Parameters
    ----------
    rows : (..., n_pairs) ndarray of float64
        Condensed RDMs of n conditions.
    order : (m,) ndarray of int
        Which of the n conditions stands at each new place; -1 where none does: NaN.

    Returns
    -------
    (..., m (m - 1) / 2) ndarray of float64
        New rows.
    """
    first, second = pair_indices(len(order))
    a, b = order[first], order[second]
    known = (a >= 0) & (b >= 0)
    low, high = np.minimum(a, b), np.maximum(a, b)
    n = n_conditions_of(rows.shape[-1])
    at = np.where(known, low * (2 * n - low - 1) // 2 + high - low - 1, 0)
    return np.where(known, rows[..., at], np.nan)
