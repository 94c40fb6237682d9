"""Connected regions of a thresholded map over places and an ordered axis.

Array layer: no xarray. Used by cluster_test.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

# Pairs of points looked at in one batch of maps.
BATCH_EDGES = 2**22


def lattice(neighbours: scipy.sparse.csr_array, n_steps: int) -> scipy.sparse.coo_array:
    """Return which points of (place, step) touch: neighbours at one step, and steps in a row.

    Parameters
    ----------
    neighbours : (n_places, n_places) sparse array
        Non-zero where two places are neighbours.
    n_steps : int
        Length of the ordered axis.

    Returns
    -------
    (n_points, n_points) sparse array
        Upper triangle; points are numbered ``place * n_steps + step``.
    """
    n_places = neighbours.shape[0]
    across = scipy.sparse.kron(scipy.sparse.triu(neighbours, 1), scipy.sparse.eye_array(n_steps))
    along = scipy.sparse.kron(
        scipy.sparse.eye_array(n_places), scipy.sparse.eye_array(n_steps, k=1)
    )
    edges = scipy.sparse.csr_array(across + along)
    # With two steps scipy stores whole blocks, whose zeros are no edges.
    edges.eliminate_zeros()
    return scipy.sparse.coo_array(edges)


def label_clusters(
    chosen: BoolArray, edges: scipy.sparse.coo_array
) -> tuple[IntArray, IntArray, int]:
    """Find the connected regions of chosen points in several maps at once.

    Parameters
    ----------
    chosen : (n_maps, n_points) ndarray of bool
        Points above the threshold.
    edges : sparse array
        From `lattice`.

    Returns
    -------
    point : (n_chosen,) ndarray of int
        Places in the raveled `chosen`.
    label : (n_chosen,) ndarray of int
        Region of each, from 0, over all maps.
    n : int
        Number of regions.
    """
    point = np.flatnonzero(chosen)
    number = np.full(chosen.size, -1)
    number[point] = np.arange(point.size)
    row, column = edges.coords
    which, edge = np.nonzero(chosen[:, row] & chosen[:, column])
    start = which * chosen.shape[1]
    graph = scipy.sparse.coo_array(
        (np.ones(which.size), (number[start + row[edge]], number[start + column[edge]])),
        shape=(point.size, point.size),
    )
    n, label = connected_components(graph, directed=False) if point.size else (0, point)
    return point, label.astype(np.int64), int(n)


def cluster_masses(
    values: FloatArray, threshold: FloatArray, edges: scipy.sparse.coo_array
) -> tuple[IntArray, FloatArray]:
    """Return regions where a map exceeds the threshold, and each one's sum of excess.

    Parameters
    ----------
    values : (n_points,) ndarray
        Statistic; NaN is below.
    threshold : (n_points,) ndarray
        What counts as high.
    edges : sparse array
        From `lattice`.

    Returns
    -------
    label : (n_points,) ndarray of int
        0 outside, 1, 2, ... inside.
    mass : (n_clusters,) ndarray of float64
        sum (value - threshold).
    """
    excess = values - threshold
    point, region, n = label_clusters(_above(excess)[None], edges)
    label = np.zeros(values.size, dtype=np.int64)
    label[point] = region + 1
    return label, np.bincount(region, excess[point], minlength=n).astype(np.float64)


def largest_masses(
    draws: FloatArray, threshold: FloatArray, edges: scipy.sparse.coo_array
) -> FloatArray:
    """Return the largest mass of a region in each of many maps, 0 where there is none.

    Parameters
    ----------
    draws : (n_maps, n_points) ndarray
        Maps.
    threshold : (n_points,) ndarray
        What counts as high.
    edges : sparse array
        From `lattice`.

    Returns
    -------
    (n_maps,) ndarray of float64
        Masses.
    """
    size = max(1, BATCH_EDGES // max(edges.nnz, draws.shape[1]))
    largest = np.zeros(len(draws))
    for first in range(0, len(draws), size):
        excess = draws[first : first + size] - threshold
        point, region, n = label_clusters(_above(excess), edges)
        mass = np.bincount(region, excess.ravel()[point], minlength=n)
        owner = np.zeros(n, dtype=np.int64)
        owner[region] = point // draws.shape[1]
        np.maximum.at(largest, first + owner, mass)
    return largest


def _above(excess: FloatArray) -> BoolArray:
    return np.asarray(np.nan_to_num(excess, nan=-1.0) > 0)
