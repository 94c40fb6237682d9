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
        self._known: dict[float, list[Array]] = {}

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

    def residuals(self, y: Array, z: Array, alpha: float) -> Array:
        """Return truth less held-out prediction, NaN where a row is never tested.

        Parameters
        ----------
        y : (n, t) ndarray
            Targets about their mean.
        z : (q, t) ndarray
            The same in the basis, ``u.T @ y``.
        alpha : float
            Penalty; positive where there are at least as many features as rows.

        Returns
        -------
        (n, t) ndarray
            Residuals of each row under the fit of the fold that tests it.
        """
        smooth = self.u @ (self._weight(alpha)[:, None] * z)
        residual = smooth if self.full else y - smooth
        out = np.full_like(y, np.nan)
        for (left_out, tested), inverse in zip(self.blocks, self._inverses(alpha), strict=True):
            if left_out.shape[1] == 1:
                out[left_out[:, 0]] = inverse[:, :, 0] * residual[left_out[:, 0]]
                continue
            found = inverse @ residual[left_out]
            out[left_out[tested]] = found[tested]
        return out

    def _weight(self, alpha: float) -> Array:
        """What A, or else the hat matrix, weighs each direction with."""
        return np.asarray((alpha if self.full else self.data) / (self.data + alpha))

    def _inverses(self, alpha: float) -> list[Array]:
        """(A_EE)^-1 of the blocks of each size; they do not depend on targets."""
        if alpha not in self._known:
            weight, found = self._weight(alpha), []
            for left_out, _ in self.blocks:
                if left_out.shape[1] == 1:
                    block = ((self.u * self.u) @ weight)[left_out[:, 0], None, None]
                else:
                    u = self.u[left_out]
                    block = (u * weight) @ u.transpose(0, 2, 1)
                if not self.full:
                    block = np.eye(left_out.shape[1]) - 1.0 / len(self.u) - block
                found.append(np.linalg.inv(block))
            self._known[alpha] = found
        return self._known[alpha]


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
        self.z = folds.u.T @ self.y

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
        predicted = self.y - self._residuals(alphas)
        for _, test in self.folds.folds:
            yield held_out_of(predicted[:, test], self.y[test], self.floor)

    def _residuals(self, alphas: Array) -> Array:
        return np.stack([self.folds.residuals(self.y, self.z, float(a)) for a in alphas])

    def pooled_sums(self, alphas: Array) -> HeldOut:
        """Return what the predictions of all tested rows add up to.

        Parameters
        ----------
        alphas : (n_alphas,) ndarray
            Penalties.

        Returns
        -------
        HeldOut
            (n_alphas, t), as merging all folds would give.
        """
        residual = self._residuals(alphas)
        tested = np.isfinite(residual[0]).all(axis=1)
        return held_out_of(self.y[tested] - residual[:, tested], self.y[tested], self.floor)

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
            y, z = self.y[:, these], self.z[:, these]
            found = y - self.folds.residuals(y, z, float(value))
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
        z = np.sqrt(data) * self.z / (data + alpha)
        return self.folds.vectors @ z, self.mean


def _by_size(folds: Sequence[Fold], n: int) -> list[tuple[IntArray, NDArray[np.bool_]]]:
    """Stack left-out rows of folds of equal size, with which of them are tested."""
    sizes: dict[int, list[tuple[IntArray, NDArray[np.bool_]]]] = {}
    for train, test in folds:
        out = np.ones(n, dtype=bool)
        out[train] = False
        rows = np.flatnonzero(out)
        tested = np.zeros(n, dtype=bool)
        tested[test] = True
        sizes.setdefault(rows.size, []).append((rows, tested[rows]))
    return [
        (np.stack([rows for rows, _ in same]), np.stack([tested for _, tested in same]))
        for same in sizes.values()
    ]
