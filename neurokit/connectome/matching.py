"""Which components of two factorizations belong together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def cosines(a: Array, b: Array) -> Array:
    """|cos| between rows of a and rows of b, over entries that are finite in both.

    Parameters
    ----------
    a, b : (components, size) ndarray
        NaN stands for an entry that was never observed.

    Returns
    -------
    (components of a, components of b) ndarray
        0 where a row is zero.
    """
    both = np.isfinite(a).all(axis=0) & np.isfinite(b).all(axis=0)
    left, right = a[:, both], b[:, both]
    norms = np.outer(np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1))
    products = np.abs(left @ right.T)
    return np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)


def match(score: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair rows with columns so that the sum of their scores is largest (Hungarian method).

    Parameters
    ----------
    score : (n, m) ndarray
        How well each row fits each column.

    Returns
    -------
    rows, columns : (min(n, m),) ndarray of int
        Matched positions.

    Examples
    --------
    >>> match(np.array([[0.1, 0.9], [0.8, 0.7]]))
    (array([0, 1]), array([1, 0]))
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(score, maximize=True)
    return rows.astype(np.int64), columns.astype(np.int64)
