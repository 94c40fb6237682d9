"""Many small folds from one eigendecomposition: what leaving a block out does to its residuals.

With A = I - 11'/n - X (X'X + alpha I)^-1 X' (X centred) the residuals of the rows E under the fit
to all other rows are  e_E = (A_EE)^-1 (A y)_E,  so no fold is ever fitted. Array layer, float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.backends import Backend
from neurokit.encoding.folds import Fold, IntArray
from neurokit.encoding.gram_folds import ROUNDING
from neurokit.encoding.heldout import HeldOut, held_out_of
from neurokit.encoding.targets import Targets

Array = NDArray[np.float64]


class BlockFolds:
    """Residuals of left-out blocks for any targets and penalties.

    Parameters
    ----------
    rows : (n, q) ndarray
        Features about their mean.
    folds : sequence of (train, test)
        Each row tested at most once, no training row repeated.
    backend : Backend
        Where the eigendecomposition runs.
    """

    def __init__(self, rows: Array, folds: Sequence[Fold], backend: Backend) -> None:
        self.folds, n = folds, len(rows)
        data, vectors = backend.eigh(rows.T @ rows)
        keep = data > n * np.finfo(np.float64).eps * data.max(initial=0.0)
        self.data, self.vectors = data[keep], vectors[:, keep]
        self.u = (rows @ self.vectors) / np.sqrt(self.data)
        # With as many directions as rows (less the mean) A is a product without a subtraction.
        self.full = self.data.size >= n - 1
        self.blocks = _by_size(folds, n)

    def load(self, y: Targets, columns: slice) -> BlockTargets:
        """Read some targets.

        Parameters
        ----------
        y : Targets
            In memory or not.
        columns : slice
            Which.

        Returns
        -------
        BlockTargets
            Holds all rows of them.
        """
        return BlockTargets(self, y.read(slice(0, y.n), columns))

    def residuals(self, y: Array, alpha: float) -> Array:
        """Return truth less held-out prediction, NaN where a row is never tested.

        Parameters
        ----------
        y : (n, t) ndarray
            Targets about their mean.
        alpha : float
            Penalty; positive where there are at least as many features as rows.

        Returns
        -------
        (n, t) ndarray
            Residuals of each row under the fit of the fold that tests it.
        """
        weight = alpha / (self.data + alpha) if self.full else self.data / (self.data + alpha)
        smooth = self.u @ (weight[:, None] * (self.u.T @ y))
        residual = smooth if self.full else y - smooth
        out = np.full_like(y, np.nan)
        for left_out, tested in self.blocks:
            u = self.u[left_out]
            block = (u * weight) @ u.transpose(0, 2, 1)
            if not self.full:
                block = np.eye(left_out.shape[1]) - 1.0 / len(y) - block
            found = np.linalg.solve(block, residual[left_out])
            out[left_out[tested]] = found[tested]
        return out


class BlockTargets:
    """Some targets of a `BlockFolds`.

    Parameters
    ----------
    folds : BlockFolds
        The features.
    y : (n, t) ndarray
        The targets.
    """

    def __init__(self, folds: BlockFolds, y: Array) -> None:
        self.folds = folds
        self.mean = y.mean(axis=0)
        self.y = y - self.mean
        self.floor = len(y) * (ROUNDING * self.mean) ** 2
        self.y[:, np.einsum("ij,ij->j", self.y, self.y) <= self.floor] = 0.0

    def held_out_sums(self, alphas: Array) -> Iterator[HeldOut]:
        """Yield what held-out predictions add up to, fold by fold.

        Parameters
        ----------
        alphas : (n_alphas,) ndarray
            Penalties.

        Yields
        ------
        HeldOut
            (n_alphas, t), about the mean.
        """
        predicted = np.stack([self.y - self.folds.residuals(self.y, float(a)) for a in alphas])
        for _, test in self.folds.folds:
            yield held_out_of(predicted[:, test], self.y[test], self.floor)

    def predictions(self, alpha: Array) -> Iterator[tuple[Fold, Array]]:
        """Yield held-out predictions, fold by fold.

        Parameters
        ----------
        alpha : (t,) or (n_folds, t) ndarray
            Penalty of each target, in every fold or in each.

        Yields
        ------
        (fold, (n_test, t) ndarray)
            Predictions of the test rows.
        """
        penalty = np.broadcast_to(alpha, (len(self.folds.folds), self.y.shape[1]))
        predicted = np.empty_like(self.y)
        for value in np.unique(penalty):
            these = np.flatnonzero((penalty == value).any(axis=0))
            found = self.y[:, these] - self.folds.residuals(self.y[:, these], float(value))
            for fold, row in zip(self.folds.folds, penalty[:, these] == value, strict=True):
                predicted[np.ix_(fold[1], these[row])] = found[np.ix_(fold[1], row)]
        for fold in self.folds.folds:
            yield fold, predicted[fold[1]] + self.mean

    def full_weights(self, alpha: Array) -> tuple[Array, Array]:
        """Return the fit to all rows.

        Parameters
        ----------
        alpha : (t,) ndarray
            Penalty of each target.

        Returns
        -------
        weights : (q, t) ndarray
            On the rows given.
        at_reference : (t,) ndarray
            Prediction where all rows are 0.
        """
        data = self.folds.data[:, None]
        z = np.sqrt(data) * (self.folds.u.T @ self.y) / (data + alpha)
        return self.folds.vectors @ z, self.mean


def _by_size(folds: Sequence[Fold], n: int) -> list[tuple[IntArray, NDArray[np.bool_]]]:
    """Stack left-out rows of folds of equal size, with which of them are tested."""
    sizes: dict[int, list[tuple[IntArray, NDArray[np.bool_]]]] = {}
    for train, test in folds:
        out = np.ones(n, dtype=bool)
        out[train] = False
        rows = np.flatnonzero(out)
        sizes.setdefault(rows.size, []).append((rows, np.isin(rows, test)))
    return [
        (np.stack([rows for rows, _ in same]), np.stack([tested for _, tested in same]))
        for same in sizes.values()
    ]
