"""Undirected pairs of neurons: the upper triangle of a matrix as a vector, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def pair_index(n: int) -> tuple[Index, Index]:
    """Positions of both members of all n (n - 1) / 2 pairs, row by row of the upper triangle.

    Parameters
    ----------
    n : int
        Number of neurons.

    Returns
    -------
    first, second : (n_pairs,) ndarray of int
        first < second everywhere.

    Examples
    --------
    >>> pair_index(3)
    (array([0, 0, 1]), array([1, 2, 2]))
    """
    first, second = np.triu_indices(n, 1)
    return first.astype(np.int64), second.astype(np.int64)


def fold(values: NDArray[Any], first: Index, second: Index, n: int) -> NDArray[Any]:
    """Write values of pairs into symmetric matrices with a diagonal of zero.

    Parameters
    ----------
    values : (..., n_pairs) ndarray
        One value per pair.
    first, second : (n_pairs,) ndarray of int
        Members of each pair.
    n : int
        Number of neurons.

    Returns
    -------
    (..., n, n) ndarray
        NaN for pairs that are not listed.

    Examples
    --------
    >>> fold(np.array([1.0, 2.0, 3.0]), *pair_index(3), 3)
    array([[0., 1., 2.],
           [1., 0., 3.],
           [2., 3., 0.]])
    """
    matrices = np.full((*values.shape[:-1], n, n), np.nan, dtype=values.dtype)
    matrices[..., first, second] = values
    matrices[..., second, first] = values
    matrices[..., np.arange(n), np.arange(n)] = 0
    return matrices


def members(neuron: NDArray[np.str_], partner: NDArray[np.str_]) -> tuple[list[str], Index, Index]:
    """Return the neurons that pairs are made of, and each pair's positions among them.

    Parameters
    ----------
    neuron, partner : (n_pairs,) ndarray of str
        Labels of both members.

    Returns
    -------
    names : list of str
        In order of first appearance, which for the upper triangle is the original order.
    first, second : (n_pairs,) ndarray of int
        Positions in `names`.
    """
    names = list(dict.fromkeys([*neuron.tolist(), *partner.tolist()]))
    position = {name: k for k, name in enumerate(names)}
    first = np.array([position[name] for name in neuron.tolist()], dtype=np.int64)
    second = np.array([position[name] for name in partner.tolist()], dtype=np.int64)
    return names, first, second
