"""Persistent homology of a matrix of distances, on plain arrays.

The Vietoris-Rips complex at eps joins every set of conditions whose pairs are all within eps. A
bar (birth, death) is a component (degree 0), a loop (1) or a cavity (2) that lives from birth to
death; infinity where it never dies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurokit.errors import DependencyError
from neurokit.rsa.pair_index import square

Array = NDArray[np.float64]


@njit(cache=True, nogil=True)
def tree_edges(distance: Array) -> Array:
    """Edges of a minimum spanning tree (Prim), infinity where only a missing edge joins two parts.

    Parameters
    ----------
    distance : (n, n) ndarray of float64
        Symmetric; infinity where there is no edge. A weight of 0 is an edge.

    Returns
    -------
    (n - 1,) ndarray of float64
        In no order of meaning.
    """
    n = distance.shape[0]
    nearest = distance[0].copy()
    outside = np.ones(n, dtype=np.bool_)
    outside[0] = False
    edges = np.empty(n - 1)
    for step in range(n - 1):
        chosen = -1
        for j in range(n):
            if outside[j] and (chosen < 0 or nearest[j] < nearest[chosen]):
                chosen = j
        edges[step] = nearest[chosen]
        outside[chosen] = False
        for j in range(n):
            if distance[chosen, j] < nearest[j]:
                nearest[j] = distance[chosen, j]
    return edges


def components(distance: Array) -> Array:
    """Bars of degree 0: all are born at 0, one dies at each edge of the spanning tree.

    Parameters
    ----------
    distance : (n, n) ndarray of float64
        Symmetric, from 0; infinity where a pair is never joined.

    Returns
    -------
    (n_bars, 2) ndarray of float64
        Longest first; bars of length 0 are left out.
    """
    deaths = np.append(tree_edges(np.ascontiguousarray(distance)), np.inf)
    return _sorted(np.column_stack([np.zeros(len(deaths)), deaths]))


def rips_diagrams(row: Array, max_degree: int, threshold: float = np.inf) -> list[Array]:
    """Bars of one condensed RDM, degree by degree.

    Parameters
    ----------
    row : (n_pairs,) ndarray of float64
        Distances from 0; NaN or infinity where a pair is never joined.
    max_degree : int
        0 needs no library, more need ripser.
    threshold : float
        Pairs farther than this are never joined.

    Returns
    -------
    list of (n_bars, 2) ndarray of float64
        One per degree, longest bars first. Ends are values of the RDM to the last digit.

    Raises
    ------
    DependencyError
        If ripser is needed and not installed.
    """
    joined = np.where(np.isfinite(row) & (row <= threshold), row, np.inf)
    found = [components(square(joined))]
    if max_degree > 0:
        found += _by_ripser(joined, max_degree)[1:]
    return found


def _by_ripser(joined: Array, max_degree: int) -> list[Array]:
    """Bars by ripser, which counts in float32: it is given ranks, which float32 holds exactly."""
    levels = np.unique(joined[np.isfinite(joined)])
    ranks = np.searchsorted(levels, joined) + 1.0
    matrix = square(ranks)
    # Beyond the enclosing radius some condition is joined to all, and nothing changes any more.
    last = min(float(matrix.max(axis=1).min()), float(len(levels)))
    bars = _ripser()(matrix, maxdim=max_degree, thresh=last + 0.5, distance_matrix=True)["dgms"]
    values = np.concatenate([[0.0], levels, [np.inf]])
    ends = [np.where(np.isfinite(b), b, len(levels) + 1).astype(np.int64) for b in bars]
    return [_sorted(values[e.reshape(-1, 2)]) for e in ends]


def _ripser() -> Any:
    try:
        from ripser import ripser
    except ImportError as error:
        raise DependencyError(
            "loops and cavities need ripser, which is not installed",
            where="max_degree",
            mend="Install neurokit-xarray[topology], or use max_degree=0.",
        ) from error
    return ripser


def _sorted(bars: Array) -> Array:
    length = bars[:, 1] - bars[:, 0]
    order = np.lexsort((bars[:, 0], -length))
    return np.asarray(bars[order][length[order] > 0], dtype=np.float64)


def betti_numbers(bars: Array, thresholds: Array) -> NDArray[np.int64]:
    """How many bars hold each threshold: birth <= eps < death.

    Parameters
    ----------
    bars : (n_bars, 2) ndarray of float64
        NaN where there is no bar.
    thresholds : (n_thresholds,) ndarray of float64
        Any order.

    Returns
    -------
    (n_thresholds,) ndarray of int
        Counts.
    """
    held = bars[np.isfinite(bars[:, 0])]
    born = np.searchsorted(np.sort(held[:, 0]), thresholds, side="right")
    died = np.searchsorted(np.sort(held[:, 1]), thresholds, side="right")
    return np.asarray(born - died, dtype=np.int64)
