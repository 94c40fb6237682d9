"""More features than rows, each divided by its standard deviation over a fold's training rows.

The scale differs from fold to fold and so does the kernel: one problem per fold. Array layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.backends import Backend
from neurokit.encoding.fitted_fold import plain_ridge
from neurokit.encoding.folds import Fold
from neurokit.encoding.gram_folds import GramFolds, GramTargets
from neurokit.encoding.heldout import HeldOut
from neurokit.encoding.targets import Targets

Array = NDArray[np.float64]


class ScaledKernelFolds:
    """One kernel per fold, and one of all rows.

    Parameters
    ----------
    x : (n, p) ndarray
        Features about their mean, p > n.
    folds : sequence of (train, test)
        From `as_folds`.
    precision : {"double", "mixed"}
        As in `FoldedRidge`.
    backend : Backend
        Where the heavy products run.
    """

    def __init__(self, x: Array, folds: Sequence[Fold], precision: str, backend: Backend) -> None:
        self.x, self.folds, self.backend, self.precision = x, folds, backend, precision
        self.parts = [self._part(fold, scales(x[fold[0]]))[0] for fold in folds]

    def _part(self, fold: Fold, scale: Array) -> tuple[GramFolds, Array, Array]:
        scaled = self.x / scale
        values, u = self.backend.eigh(scaled @ scaled.T)
        keep = values > len(self.x) * np.finfo(np.float64).eps * values.max(initial=0.0)
        u, values = u[:, keep], values[keep]
        make_basis = plain_ridge(self.backend, standardize=False)
        rows = u * np.sqrt(values)
        return GramFolds(rows, [fold], make_basis, self.precision, self.backend), u, values

    def load(self, y: Targets, columns: slice) -> ScaledKernelTargets:
        """Read some targets for every fold.

        Parameters
        ----------
        y : Targets
            In memory or not.
        columns : slice
            Which.

        Returns
        -------
        ScaledKernelTargets
            All that is needed of them.
        """
        return ScaledKernelTargets(self, y, columns)


class ScaledKernelTargets:
    """Some targets for every fold of a `ScaledKernelFolds`.

    Parameters
    ----------
    folds : ScaledKernelFolds
        The features.
    y : Targets
        In memory or not.
    columns : slice
        Which.
    """

    def __init__(self, folds: ScaledKernelFolds, y: Targets, columns: slice) -> None:
        self.folds, self.y, self.columns = folds, y, columns
        self.parts: list[GramTargets] = [part.load(y, columns) for part in folds.parts]

    def held_out_sums(self, alphas: Array) -> Iterator[HeldOut]:
        """Yield what held-out predictions add up to, fold by fold.

        Parameters
        ----------
        alphas : (n_alphas,) ndarray
            Penalties.

        Yields
        ------
        HeldOut
            (n_alphas, t).
        """
        shared = self.parts[0].reference
        for part in self.parts:
            for one in part.held_out_sums(alphas):
                # Pooling needs one reference; row blocks are equal, so it is the same.
                assert np.array_equal(part.reference, shared)
                yield one

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
        for k, part in enumerate(self.parts):
            yield from part.predictions(alpha[k] if alpha.ndim == 2 else alpha)

    def full_weights(self, alpha: Array) -> tuple[Array, Array]:
        """Return the fit to all rows.

        Parameters
        ----------
        alpha : (t,) ndarray
            Penalty of each target.

        Returns
        -------
        weights : (p, t) ndarray
            On the features as they are.
        at_reference : (t,) ndarray
            Prediction where all features are at their reference.
        """
        scale = scales(self.folds.x)
        part, u, values = self.folds._part(self.folds.folds[0], scale)
        weights, at_reference = part.load(self.y, self.columns).full_weights(alpha)
        in_scale = (self.folds.x / scale).T @ (u @ (weights / np.sqrt(values)[:, None]))
        return in_scale / scale[:, None], at_reference


def scales(x: Array) -> Array:
    """Return standard deviations over rows, infinite where a feature does not vary.

    Parameters
    ----------
    x : (n, p) ndarray
        Rows.

    Returns
    -------
    (p,) ndarray
        To divide by.
    """
    variance = x.var(axis=0)
    varies = variance > 1e-13 * np.mean(x**2, axis=0)
    return np.where(varies, np.sqrt(np.where(varies, variance, 1.0)), np.inf)
