"""Distances between persistence diagrams, on plain arrays.

Bars of two diagrams are paired; a bar may also be paired with the diagonal, at half its length.
The ground distance is the larger of |birth - birth'| and |death - death'|. Bars that never die are
paired among themselves, and where their numbers differ the distance is infinite.

References: Edelsbrunner & Harer (2010), Computational Topology, chapter VIII. A matching that
covers given points of both sides exists if one exists for each side (Mendelsohn & Dulmage 1958).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def bottleneck(a: Array, b: Array) -> float:
    """Smallest eps for which all bars can be paired at no more than eps each.

    Parameters
    ----------
    a, b : (n_bars, 2) ndarray of float64
        Birth and death; infinity where a bar never dies. No NaN.

    Returns
    -------
    float
        Exact: one of the finitely many costs.
    """
    one, two = (np.sort(bars[np.isinf(bars[:, 1]), 0]) for bars in (a, b))
    if len(one) != len(two):
        return np.inf
    endless = np.abs(one - two).max(initial=0.0)
    cost, alone_a, alone_b = _costs(a[np.isfinite(a[:, 1])], b[np.isfinite(b[:, 1])])
    levels = np.unique(np.concatenate([[0.0], cost.ravel(), alone_a, alone_b]))
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        if _can_be_paired(cost, alone_a, alone_b, levels[middle]):
            high = middle
        else:
            low = middle + 1
    return float(max(levels[low], endless))


def wasserstein(a: Array, b: Array, order: float) -> float:
    """(min over pairings of sum cost^q)^(1/q).

    Parameters
    ----------
    a, b : (n_bars, 2) ndarray of float64
        Birth and death; infinity where a bar never dies. No NaN.
    order : float
        q, from 1.

    Returns
    -------
    float
        Exact.
    """
    scale = bottleneck(a, b)
    if scale in (0.0, np.inf):
        return scale
    endless = np.sort(a[np.isinf(a[:, 1]), 0]) - np.sort(b[np.isinf(b[:, 1]), 0])
    cost, alone_a, alone_b = _costs(a[np.isfinite(a[:, 1])], b[np.isfinite(b[:, 1])])
    n, m = cost.shape
    # Every bar has the diagonal as a partner of its own, and diagonals pair freely.
    table = np.zeros((n + m, n + m))
    table[:n, :m] = cost
    table[:n, m:] = alone_a[:, None]
    table[n:, :m] = alone_b
    # Shares of the bottleneck keep their digits under any power. Its own pairing costs n + m at
    # most, so that no dearer pair is ever chosen.
    limit = (2.0 * (n + m)) ** (1.0 / order)
    shares = np.minimum(table / scale, limit) ** order
    rows, columns = linear_sum_assignment(shares)
    total = shares[rows, columns].sum() + (np.abs(endless / scale) ** order).sum()
    return float(scale * total ** (1.0 / order))


def _costs(a: Array, b: Array) -> tuple[Array, Array, Array]:
    pairs = np.abs(a[:, None, :] - b[None, :, :]).max(axis=2)
    return pairs, (a[:, 1] - a[:, 0]) / 2.0, (b[:, 1] - b[:, 0]) / 2.0


def _can_be_paired(cost: Array, alone_a: Array, alone_b: Array, eps: float) -> bool:
    near = cost <= eps
    return _covered(near[alone_a > eps]) and _covered(near.T[alone_b > eps])


def _covered(near: Mask) -> bool:
    """Whether every row has a column of its own (Hopcroft-Karp)."""
    if len(near) == 0:
        return True
    if near.shape[0] > near.shape[1] or not near.any(axis=1).all():
        return False
    return bool((maximum_bipartite_matching(csr_array(near), perm_type="column") >= 0).all())
