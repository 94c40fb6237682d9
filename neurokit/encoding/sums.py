"""Sums that determine every ridge fit: counts, sums, Gram and cross products.

They add over rows, folds and sites, and a part can be taken away again. All are about a
reference near the mean, so that offsets cost no digits. Array layer, float64.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class FeatureSums:
    """Sums over rows of features about a reference.

    Parameters
    ----------
    n : float
        Number of rows.
    total : (p,) ndarray
        sum x.
    gram : (p, p) ndarray
        sum x x'.
    records : float, default 1
        Number of records (trials) the rows are from; it adds as the sums do.
    """

    n: float
    total: Array
    gram: Array
    records: float = 1.0

    @classmethod
    def of(cls, x: Array) -> FeatureSums:
        """Sum the rows of `x`, (n, p)."""
        return cls(len(x), x.sum(axis=0), x.T @ x)

    def __add__(self, other: FeatureSums) -> FeatureSums:
        return FeatureSums(
            self.n + other.n,
            self.total + other.total,
            self.gram + other.gram,
            self.records + other.records,
        )

    def __sub__(self, other: FeatureSums) -> FeatureSums:
        return FeatureSums(
            self.n - other.n,
            self.total - other.total,
            self.gram - other.gram,
            self.records - other.records,
        )

    def about(self, shift: Array) -> FeatureSums:
        """Return the sums of x - shift."""
        moved = np.outer(self.total, shift)
        gram = self.gram - moved - moved.T + self.n * np.outer(shift, shift)
        return FeatureSums(self.n, self.total - self.n * shift, gram, self.records)

    @property
    def mean(self) -> Array:
        """Mean of the features, (p,), about the reference."""
        return self.total / self.n

    def centred(self) -> Array:
        """Centred Gram, (p, p); features that do not vary get exact zeros."""
        gram = self.gram - np.outer(self.total, self.mean)
        variance = gram.diagonal()
        flat = variance <= CONSTANT * self.gram.diagonal()
        gram[flat] = 0.0
        gram[:, flat] = 0.0
        return gram


# Below this share of its sum of squares, the variation of a feature is rounding.
CONSTANT = 1e-13


@dataclass
class TargetSums:
    """Sums over rows of targets, and of their products with features, about references.

    Parameters
    ----------
    total : (t,) ndarray
        sum y.
    square : (t,) ndarray
        sum y^2.
    cross : (p, t) ndarray
        sum x y'.
    """

    total: Array
    square: Array
    cross: Array

    @classmethod
    def of(cls, x: Array, y: Array) -> TargetSums:
        """Sum the rows of `x`, (n, p), and `y`, (n, t)."""
        return cls(y.sum(axis=0), np.einsum("ij,ij->j", y, y), x.T @ y)

    def about(self, x: FeatureSums, shift_x: Array, shift_y: Array) -> TargetSums:
        """Return the sums of y - shift_y and their products with x - shift_x."""
        square = self.square - 2 * shift_y * self.total + x.n * shift_y**2
        cross = self.cross - np.outer(x.total, shift_y) - np.outer(shift_x, self.total)
        return TargetSums(
            self.total - x.n * shift_y, square, cross + x.n * np.outer(shift_x, shift_y)
        )

    @classmethod
    def zeros(cls, n_features: int, n_targets: int) -> TargetSums:
        """Sums of no rows."""
        return cls(np.zeros(n_targets), np.zeros(n_targets), np.zeros((n_features, n_targets)))

    def __add__(self, other: TargetSums) -> TargetSums:
        return TargetSums(
            self.total + other.total, self.square + other.square, self.cross + other.cross
        )

    def __iadd__(self, other: TargetSums) -> TargetSums:
        self.total += other.total
        self.square += other.square
        self.cross += other.cross
        return self

    def __sub__(self, other: TargetSums) -> TargetSums:
        return TargetSums(
            self.total - other.total, self.square - other.square, self.cross - other.cross
        )


def add_features(sums: Iterable[FeatureSums]) -> FeatureSums:
    """Return the sum over sets of rows that share no row."""
    first, *others = sums
    out = FeatureSums(first.n, first.total.copy(), first.gram.copy(), first.records)
    for one in others:
        out.n += one.n
        out.records += one.records
        out.total += one.total
        out.gram += one.gram
    return out


def add_targets(sums: Iterable[TargetSums]) -> TargetSums:
    """Return the sum over sets of rows that share no row."""
    first, *others = sums
    out = TargetSums(first.total.copy(), first.square.copy(), first.cross.copy())
    for one in others:
        out += one
    return out
