"""How strongly known patterns of pairs are present at every moment: non-negative projection.

Array layer: given loadings A of pairs, the strengths of a column x minimise ||x - A b||^2 with
b >= 0. Only A'A and A'x enter, so that tensors need not be held to be projected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Sweeps over the few components of one column; a projection stops earlier when it has settled.
_MOST_SWEEPS = 200
_SETTLED = 1e-10


@njit(cache=True, nogil=True)
def _descend(gram: Array, products: Array, strength: Array, left_out: int) -> None:
    """Solve every column by coordinate descent in place; `left_out` stays zero."""
    rank, n_columns = products.shape
    for column in range(n_columns):
        if left_out >= 0:
            strength[left_out, column] = 0.0
        for _ in range(_MOST_SWEEPS):
            moved, size = 0.0, 0.0
            for r in range(rank):
                if r == left_out or gram[r, r] <= 0.0:
                    continue
                slope = products[r, column]
                for s in range(rank):
                    slope -= gram[r, s] * strength[s, column]
                new = max(0.0, strength[r, column] + slope / gram[r, r])
                moved = max(moved, abs(new - strength[r, column]) * np.sqrt(gram[r, r]))
                size = max(size, new * np.sqrt(gram[r, r]))
                strength[r, column] = new
            if moved <= _SETTLED * size:
                break


def project(gram: Array, products: Array) -> Array:
    """Argmin over b >= 0 of b' G b - 2 h' b for every column h.

    Parameters
    ----------
    gram : (rank, rank) ndarray
        G = A'A over the observed pairs.
    products : (rank, n_columns) ndarray
        h = A'x of every column.

    Returns
    -------
    (rank, n_columns) ndarray
        Strengths; 0 for a component without an observed pair.

    Examples
    --------
    >>> project(np.eye(2), np.array([[1.0], [-1.0]]))
    array([[1.],
           [0.]])
    """
    strength = np.zeros(products.shape)
    _descend(gram, np.ascontiguousarray(products), strength, -1)
    return strength


def explained(gram: Array, products: Array, strength: Array) -> float:
    """2 h'b - b'Gb, summed over columns: by how much b lowers the sum of squares.

    Parameters
    ----------
    gram, products : ndarray
        As of `project`.
    strength : (rank, n_columns) ndarray
        Strengths.

    Returns
    -------
    float
        ||x||^2 - ||x - A b||^2.
    """
    both = 2.0 * products - gram @ strength
    return float(np.vdot(strength, both))


def explained_alone(gram: Array, products: Array) -> Array:
    """By how much the sum of squares rises when a component is left out and the others refitted.

    Parameters
    ----------
    gram, products : ndarray
        As of `project`.

    Returns
    -------
    (rank,) ndarray
        What only this component explains.
    """
    products = np.ascontiguousarray(products)
    strength = project(gram, products)
    full = explained(gram, products, strength)
    alone = np.empty(len(gram))
    for r in range(len(gram)):
        # Starting from the full solution leaves few sweeps to do.
        without = strength.copy()
        _descend(gram, products, without, r)
        alone[r] = max(0.0, full - explained(gram, products, without))
    return alone


@dataclass(frozen=True)
class Columns:
    """Columns of a tensor that observed the same pairs, reduced to what a projection needs.

    Parameters
    ----------
    place : (n,) ndarray of int
        Which columns.
    gram : (rank, rank) ndarray
        A'A over the pairs they observed.
    products : (rank, n) ndarray
        A'x of every column.
    """

    place: NDArray[np.int64]
    gram: Array
    products: Array


def columns_of(loading: Array, values: NDArray[Any]) -> list[Columns]:
    """Reduce pairs x columns to A'A and A'x, once for all columns that observed the same pairs.

    Parameters
    ----------
    loading : (n_pairs, rank) ndarray
        Patterns; NaN for a pair that was never observed.
    values : (n_pairs, n_columns) ndarray
        Affinities, NaN where not observed.

    Returns
    -------
    list of Columns
        Every column once.
    """
    known = np.asarray(np.isfinite(loading).all(axis=1))
    seen = np.isfinite(values) & known[:, None]
    if (seen == seen[:, :1]).all():
        return [_reduced(loading, values, seen[:, 0], np.arange(values.shape[1]))]
    masks, group = np.unique(np.packbits(seen, axis=0), axis=1, return_inverse=True)
    parts = []
    for k in range(masks.shape[1]):
        place = np.flatnonzero(group.ravel() == k)
        parts.append(_reduced(loading, values[:, place], seen[:, place[0]], place))
    return parts


def _reduced(
    loading: Array, values: NDArray[Any], pairs: NDArray[np.bool_], place: NDArray[np.int64]
) -> Columns:
    a = loading[pairs]
    # In the precision of the tensor: the products are long sums of numbers of one sign.
    products = a.T.astype(values.dtype) @ values[pairs]
    return Columns(place, a.T @ a, products.astype(np.float64))
