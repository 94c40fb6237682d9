"""Sparse linear prediction by coordinate descent over a path of penalties, on plain arrays."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True, nogil=True)
def lasso_path(
    gram: Array, products: Array, penalties: Array, tolerance: float, max_iter: int
) -> Array:
    """Min over w of 1/2 w'Gw - w'c + penalty |w|_1 for every penalty, each from the one before.

    Parameters
    ----------
    gram : (p, p) ndarray of float64
        G = X'X / n, positive semidefinite.
    products : (p,) ndarray of float64
        c = X'y / n.
    penalties : (n_penalties,) ndarray of float64
        From large to small is fastest.
    tolerance : float
        A sweep that moves no fitted value by more than this times max |c| ends the iteration.
    max_iter : int
        Sweeps per penalty.

    Returns
    -------
    (n_penalties, p) ndarray of float64
        Weights; exactly 0 where a predictor is not used.
    """
    p = len(products)
    weights = np.zeros((len(penalties), p))
    w = np.zeros(p)
    rest = products.copy()
    enough = tolerance * np.abs(products).max() if p else 0.0
    for k in range(len(penalties)):
        for _ in range(max_iter):
            moved = 0.0
            for j in range(p):
                scale = gram[j, j]
                if scale <= 0.0:
                    continue
                target = rest[j] + scale * w[j]
                size = max(abs(target) - penalties[k], 0.0) / scale
                new = size if target > 0 else -size
                step = new - w[j]
                if step != 0.0:
                    w[j] = new
                    for i in range(p):
                        rest[i] -= gram[i, j] * step
                    moved = max(moved, abs(step) * scale)
            if moved <= enough:
                break
        weights[k] = w
    return weights
