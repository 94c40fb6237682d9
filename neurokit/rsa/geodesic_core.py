"""Shortest paths through the graph of near conditions, on plain arrays.

A missing edge is infinity and a weight of 0 is an edge: conditions that a transform made one
place are neighbours, not strangers. (Graph libraries that read a matrix take 0 for "no edge".)
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurokit.rsa.pair_index import condensed, square

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def shortest_paths(distance: Array) -> None:
    """Floyd-Warshall in place.

    Parameters
    ----------
    distance : (n, n) ndarray of float64
        Weights from 0, infinity where there is no edge, 0 on the diagonal.
    """
    n = distance.shape[0]
    for k in range(n):
        through = distance[k]
        for i in range(n):
            first = distance[i, k]
            if first == np.inf:
                continue
            row = distance[i]
            for j in range(n):
                longer = first + through[j]
                row[j] = longer if longer < row[j] else row[j]


def nearest_edges(matrix: Array, n_neighbours: int, *, mutual: bool) -> Mask:
    """Edges to the nearest conditions of each.

    Parameters
    ----------
    matrix : (n, n) ndarray of float64
        Distances; ties go to the earlier condition.
    n_neighbours : int
        How many neighbours a condition has.
    mutual : bool
        Whether both must be among the other's nearest, or one is enough.

    Returns
    -------
    (n, n) ndarray of bool
        Symmetric.
    """
    away = matrix.copy()
    np.fill_diagonal(away, np.inf)
    away[np.isnan(away)] = np.inf
    nearest = np.argsort(away, axis=1, kind="stable")[:, :n_neighbours]
    chosen = np.zeros(matrix.shape, dtype=bool)
    np.put_along_axis(chosen, nearest, True, axis=1)
    return chosen & chosen.T if mutual else chosen | chosen.T


def geodesics(weights: Array, edges: Mask) -> tuple[Array, Array]:
    """Length of the shortest path between all pairs, for every graph.

    Parameters
    ----------
    weights : (n_graphs, n_pairs) ndarray of float64
        From 0; NaN is no edge.
    edges : (n_graphs, n_pairs) ndarray of bool
        Which pairs are joined.

    Returns
    -------
    lengths : (n_graphs, n_pairs) ndarray of float64
        max(1, largest finite length) where no path leads.
    n_unconnected : (n_graphs,) ndarray of float64
        Pairs without a path.
    """
    joined = np.where(edges & np.isfinite(weights), weights, np.inf)
    out = np.empty(weights.shape)
    lost = np.zeros(len(weights))
    for k, matrix in enumerate(square(joined)):
        shortest_paths(matrix)
        row = condensed(matrix)
        unreached = np.isinf(row)
        lost[k] = unreached.sum()
        largest = row[~unreached].max() if not unreached.all() else 0.0
        row[unreached] = max(1.0, largest)
        out[k] = row
    return out, lost
