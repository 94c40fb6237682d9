"""Solving (edge + diag(degree) + ratio I) x = b for the effects of nodes, by Cholesky factors.

`Dense` keeps a factor per ratio, so that a graph whose edges stay is factored once; `Blocks` is the
matrix of edges within communities, of which each is factored by itself.
"""

from __future__ import annotations

from typing import Any, Protocol

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


# Factors of a graph that are held at once; searches go to and fro between a few ratios.
_MOST_FACTORS = 8


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


class System(Protocol):
    """A positive definite matrix A(ratio) = R' R."""

    def halfway(self, ratio: float, sides: Array) -> tuple[Array, float]:
        """R'^-1 of each row of `sides`, and log det R."""

    def back(self, ratio: float, sides: Array) -> Array:
        """R^-1 of each row of `sides`."""

    def inverse_diagonal(self, ratio: float) -> Array:
        """Diagonal of A^-1."""


class Dense:
    """A(ratio) = edge + diag(degree) + ratio I of any edges.

    Parameters
    ----------
    edge : (node, node) ndarray
        1 where there is an edge; symmetric.
    degree : (node,) ndarray, optional
        Its row sums, where they are known.
    """

    def __init__(self, edge: Array, degree: Array | None = None) -> None:
        self._matrix = np.array(edge, order="F")
        np.fill_diagonal(self._matrix, edge.sum(axis=1) if degree is None else degree)
        self._factors: dict[float, tuple[Array, float]] = {}
        self._diagonals: dict[float, Array] = {}

    def _factor(self, ratio: float) -> tuple[Array, float]:
        found = self._factors.get(ratio)
        if found is None:
            matrix = self._matrix.copy(order="F")
            matrix.reshape(-1, order="F")[:: len(matrix) + 1] += ratio
            factor, _ = lapack.dpotrf(matrix, lower=True, overwrite_a=True)
            found = factor, float(np.log(factor.diagonal()).sum())
            if len(self._factors) == _MOST_FACTORS:
                # Searches that run side by side may still read the old ones.
                self._factors = {}
            self._factors[ratio] = found
        return found

    def halfway(self, ratio: float, sides: Array) -> tuple[Array, float]:
        """See `System`."""
        factor, log_root = self._factor(ratio)
        half, _ = lapack.dtrtrs(factor, sides.T, lower=True)
        return half.T, log_root

    def back(self, ratio: float, sides: Array) -> Array:
        """See `System`."""
        found, _ = lapack.dtrtrs(self._factor(ratio)[0], sides.T, lower=True, trans=1)
        return np.asarray(found.T)

    def inverse_diagonal(self, ratio: float) -> Array:
        """See `System`."""
        if ratio not in self._diagonals:
            self._diagonals[ratio] = diagonal_of_inverse(self._factor(ratio)[0])
        return self._diagonals[ratio]


def diagonal_of_inverse(factor: Array) -> Array:
    """Of the matrix that a lower Cholesky factor, with zeros above, belongs to.

    Parameters
    ----------
    factor : (n, n) ndarray
        L of A = L L'.

    Returns
    -------
    (n,) ndarray
        Diagonal of A^-1.
    """
    inverse, _ = lapack.dtrtri(factor, lower=True)
    return np.asarray(np.einsum("ij,ij->j", inverse, inverse))


class Blocks:
    """A(ratio) of the edges within communities alone.

    Parameters
    ----------
    edge : (node, node) ndarray
        1 where there is an edge; symmetric. Those between communities are not read.
    labels : (node,) ndarray of int64
        Communities from 0 without gaps.
    degree : (node,) ndarray
        Edges of each node within its community.
    """

    def __init__(self, edge: Array, labels: Labels, degree: Array) -> None:
        self._order = np.argsort(labels, kind="stable")
        self._ends = np.cumsum(np.bincount(labels))
        self._edge, self._degree = edge, degree
        self._factors: dict[float, tuple[Array, float]] = {}

    def _factor(self, ratio: float) -> tuple[Array, float]:
        if ratio not in self._factors:
            factor = np.zeros_like(self._edge)
            root = _factor_blocks(self._edge, self._degree, self._order, self._ends, ratio, factor)
            self._factors[ratio] = (factor, root)
        return self._factors[ratio]

    def halfway(self, ratio: float, sides: Array) -> tuple[Array, float]:
        """See `System`; rows stay in the order of blocks until they come back."""
        factor, log_root = self._factor(ratio)
        half = np.ascontiguousarray(sides[:, self._order])
        _forward(factor, self._ends, half)
        return half, log_root

    def back(self, ratio: float, sides: Array) -> Array:
        """See `System`; takes rows in the order of blocks."""
        half = np.array(sides)
        _backward(self._factor(ratio)[0], self._ends, half)
        out = np.empty_like(half)
        out[:, self._order] = half
        return out

    def inverse_diagonal(self, ratio: float) -> Array:
        """See `System`."""
        factor, _ = self._factor(ratio)
        out = np.empty(self._order.size)
        out[self._order] = _squares_of_inverse(factor, self._ends, np.zeros_like(factor))
        return out


@_compiled
def _factor_blocks(edge, degree, order, ends, ratio, factor):  # type: ignore[no-untyped-def]
    """Upper Cholesky factor of every block in place of its matrix; returns log det R."""
    root = 0.0
    low = 0
    for high in ends:
        for i in range(low, high):
            for j in range(i + 1, high):
                factor[i, j] = edge[order[i], order[j]]
            factor[i, i] = degree[order[i]] + ratio
        for i in range(low, high):
            pivot = np.sqrt(factor[i, i])
            root += np.log(pivot)
            for j in range(i, high):
                factor[i, j] /= pivot
            # Rows are long and lie side by side, so that the innermost loop runs along one.
            for k in range(i + 1, high):
                share = factor[i, k]
                for j in range(k, high):
                    factor[k, j] -= share * factor[i, j]
        low = high
    return root


@_compiled
def _forward(factor, ends, sides):  # type: ignore[no-untyped-def]
    """R' x = b for every row b, in place."""
    for row in range(len(sides)):
        low = 0
        for high in ends:
            for i in range(low, high):
                x = sides[row, i] / factor[i, i]
                sides[row, i] = x
                for j in range(i + 1, high):
                    sides[row, j] -= factor[i, j] * x
            low = high


@_compiled
def _backward(factor, ends, sides):  # type: ignore[no-untyped-def]
    """R x = b for every row b, in place."""
    for row in range(len(sides)):
        low = 0
        for high in ends:
            for i in range(high - 1, low - 1, -1):
                x = sides[row, i]
                for j in range(i + 1, high):
                    x -= factor[i, j] * sides[row, j]
                sides[row, i] = x / factor[i, i]
            low = high


@_compiled
def _squares_of_inverse(factor, ends, inverse):  # type: ignore[no-untyped-def]
    """Row sums of squares of R^-1: the diagonal of (R' R)^-1."""
    out = np.zeros(len(factor))
    low = 0
    for high in ends:
        for i in range(high - 1, low - 1, -1):
            inverse[i, i] = 1.0 / factor[i, i]
            for k in range(i + 1, high):
                share = factor[i, k] / factor[i, i]
                for j in range(k, high):
                    inverse[i, j] -= share * inverse[k, j]
            for j in range(i, high):
                out[i] += inverse[i, j] * inverse[i, j]
        low = high
    return out
