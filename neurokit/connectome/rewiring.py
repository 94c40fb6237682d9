"""Random graphs that keep the degree of every node and the length of every edge.

Array layer. Two edges a-b and c-d become a-d and c-b [1]_; with classes of distance, only where
each weight stays in its class [2]_. So what a graph owes to hubs and to neighbourhood stays, and
who is connected with whom is left to chance.

References
----------
.. [1] Maslov and Sneppen (2002). doi:10.1126/science.1065103
.. [2] Betzel and Bassett (2018). doi:10.1073/pnas.1720186115
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Attempted swaps per edge: enough for every edge to have been asked several times.
_ATTEMPTS = 20


@njit(cache=True, nogil=True)
def _swap(
    ends: Index,
    at: Index,
    allowed: NDArray[np.bool_],
    distance_class: Index,
    chosen: Index,
    turned: NDArray[np.bool_],
) -> None:
    """Try one swap per row of `chosen`; `ends` (edge, 2) and `at` (node, node) change in place."""
    for k in range(len(chosen)):
        e, f = chosen[k, 0], chosen[k, 1]
        a, b = ends[e, 0], ends[e, 1]
        c, d = ends[f, 0], ends[f, 1]
        if turned[k]:
            c, d = d, c
        if a in (c, d) or b in (c, d):
            continue
        if at[a, d] >= 0 or at[c, b] >= 0 or not (allowed[a, d] and allowed[c, b]):
            continue
        first, second = distance_class[a, d], distance_class[c, b]
        if first == distance_class[a, b] and second == distance_class[c, d]:
            straight = True
        elif second == distance_class[a, b] and first == distance_class[c, d]:
            straight = False
        else:
            continue
        at[a, b] = at[b, a] = at[c, d] = at[d, c] = -1
        to_first, to_second = (e, f) if straight else (f, e)
        ends[to_first, 0], ends[to_first, 1] = a, d
        ends[to_second, 0], ends[to_second, 1] = c, b
        at[a, d] = at[d, a] = to_first
        at[c, b] = at[b, c] = to_second


def rewired(
    ends: Index,
    allowed: NDArray[np.bool_],
    distance_class: Index,
    rng: np.random.Generator,
) -> Index:
    """Swap the ends of edges many times.

    Parameters
    ----------
    ends : (n_edges, 2) ndarray of int
        Nodes of each undirected edge, none twice, no loops.
    allowed : (n, n) ndarray of bool
        Symmetric: pairs that an edge may take.
    distance_class : (n, n) ndarray of int
        Symmetric: an edge stays in its class; all zeros where distance does not matter.
    rng : numpy.random.Generator
        Source of the swaps.

    Returns
    -------
    (n_edges, 2) ndarray of int
        Where each edge went; edge k keeps its weight.

    Examples
    --------
    >>> ends = np.array([[0, 1], [2, 3], [4, 5]])
    >>> allowed, everywhere = np.ones((6, 6), bool), np.zeros((6, 6), int)
    >>> moved = rewired(ends, allowed, everywhere, np.random.default_rng(0))
    >>> np.bincount(moved.ravel()).tolist()
    [1, 1, 1, 1, 1, 1]
    """
    moved = np.array(ends, dtype=np.int64)
    at = np.full(allowed.shape, -1, dtype=np.int64)
    at[moved[:, 0], moved[:, 1]] = at[moved[:, 1], moved[:, 0]] = np.arange(len(moved))
    n_attempts = _ATTEMPTS * len(moved)
    chosen = rng.integers(0, max(len(moved), 1), size=(n_attempts, 2))
    turned = rng.random(n_attempts) < 0.5
    _swap(moved, at, allowed, np.asarray(distance_class, dtype=np.int64), chosen, turned)
    return moved


def distance_classes(position: Array, n_classes: int) -> Index:
    """Quantile classes of the distance between nodes.

    Parameters
    ----------
    position : (n, n_dims) ndarray
        NaN where unknown: pairs with such a node form a class of their own.
    n_classes : int
        Classes of known distance.

    Returns
    -------
    (n, n) ndarray of int
        Symmetric.
    """
    gap = np.linalg.norm(position[:, None] - position[None, :], axis=2)
    known = np.isfinite(gap)
    upper = np.triu(known, 1)
    if not upper.any():
        return np.zeros(gap.shape, dtype=np.int64)
    edges = np.quantile(gap[upper], np.linspace(0, 1, n_classes + 1)[1:-1])
    classes = np.searchsorted(edges, np.where(known, gap, 0.0), side="right")
    return np.where(known, classes, n_classes).astype(np.int64)
