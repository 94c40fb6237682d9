"""Folds of features in bands, each band divided by its own penalty. Array layer.

    min ||Y - sum_i X_i b_i||^2 + sum_i (alpha / g_i) ||b_i||^2   with sum_i g_i = 1

is ridge on X_i sqrt(g_i), so that every g costs one decomposition per fold and no pass over Y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.backends import Backend
from neurokit.encoding.basis import Basis, scaled_basis
from neurokit.encoding.fitted_fold import centred_cross, plain_ridge, spread, variation
from neurokit.encoding.folds import Fold
from neurokit.encoding.gram_folds import GramFolds, GramTargets, n_workers
from neurokit.encoding.sums import FeatureSums
from neurokit.encoding.targets import Targets

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Bands(Protocol):
    """Features in bands, for any weights g."""

    def at(self, gamma: Array) -> GramFolds:
        """Return the folds for weights g, (n_bands,)."""

    def load(self, folds: GramFolds, y: Targets, columns: slice) -> GramTargets:
        """Read targets for these folds."""

    def split(self, folds: GramFolds, gamma: Array, weights: Array) -> list[Array]:
        """Return what each band adds to the weights."""

    def coefficients(self, loaded: GramTargets, gamma: Array, alpha: Array) -> tuple[Array, Array]:
        """Return weights on features and the prediction at their reference."""


class PrimalBands:
    """At least as many rows as features: Grams are summed once for all weights.

    Parameters
    ----------
    x : (n, p) ndarray
        Features about their mean.
    band : (p,) ndarray of int
        Band of each feature.
    folds : sequence of (train, test)
        From `as_folds`.
    standardize : bool
        Divide features by their standard deviation over training rows.
    precision : {"double", "mixed"}
        As in `FoldedRidge`.
    backend : Backend
        Where the heavy products run.
    n_jobs : int, default 1
        Folds that run at once.
    """

    def __init__(
        self,
        x: Array,
        band: IntArray,
        folds: Sequence[Fold],
        *,
        standardize: bool,
        precision: str,
        backend: Backend,
        n_jobs: int = 1,
    ) -> None:
        self.band, self.standardize, self.backend = band, standardize, backend
        self.n_bands = int(band.max()) + 1
        self.base = GramFolds(x, folds, plain_ridge(backend, standardize), precision, backend)
        self.base.n_jobs = n_workers(n_jobs)
        self._loaded: tuple[Any, slice, GramTargets] | None = None

    def _make_basis(self, gamma: Array) -> Callable[[FeatureSums], Basis]:
        def make(train: FeatureSums) -> Basis:
            gram = train.centred()
            with np.errstate(divide="ignore"):
                scale = 1.0 / np.sqrt(gamma[self.band])
            if self.standardize:
                scale = scale * spread(gram, train.n)
            return scaled_basis(gram, scale, self.backend)

        return make

    def at(self, gamma: Array) -> GramFolds:
        """Return the folds for some weights.

        Parameters
        ----------
        gamma : (n_bands,) ndarray
            0 takes a band out.

        Returns
        -------
        GramFolds
            Sharing all sums.
        """
        return self.base.with_basis(self._make_basis(gamma))

    def load(self, folds: GramFolds, y: Targets, columns: slice) -> GramTargets:
        """Read targets, once for all weights.

        Parameters
        ----------
        folds : GramFolds
            From `at`.
        y : Targets
            In memory or not.
        columns : slice
            Which.

        Returns
        -------
        GramTargets
            For these folds.
        """
        if self._loaded is None or self._loaded[0] is not y or self._loaded[1] != columns:
            self._loaded = (y, columns, self.base.load(y, columns))
        return replace(self._loaded[2], folds=folds)

    def split(self, folds: GramFolds, gamma: Array, weights: Array) -> list[Array]:
        """Return what each band adds to the weights.

        Parameters
        ----------
        folds : GramFolds
            From `at`.
        gamma : (n_bands,) ndarray
            Weights of the bands.
        weights : (p, t) ndarray
            On the rows of these folds.

        Returns
        -------
        list of (p, t) ndarray
            They add up to the weights.
        """
        return [np.where((self.band == i)[:, None], weights, 0.0) for i in range(self.n_bands)]

    def coefficients(self, loaded: GramTargets, gamma: Array, alpha: Array) -> tuple[Array, Array]:
        """Return the fit to all rows.

        Parameters
        ----------
        loaded : GramTargets
            From `load`.
        gamma : (n_bands,) ndarray
            Weights.
        alpha : (t,) ndarray
            Penalty of each target.

        Returns
        -------
        weights : (p, t) ndarray
            On features.
        at_reference : (t,) ndarray
            Prediction where features are at their reference.
        """
        return loaded.full_weights(alpha)


class KernelBands:
    """More features than rows: one kernel per band, summed with the weights.

    Parameters
    ----------
    x : (n, p) ndarray
        Features about their mean.
    band : (p,) ndarray of int
        Band of each feature.
    folds : sequence of (train, test)
        From `as_folds`.
    precision : {"double", "mixed"}
        As in `FoldedRidge`.
    backend : Backend
        Where the heavy products run.
    n_jobs : int, default 1
        Folds that run at once.
    """

    def __init__(
        self,
        x: Array,
        band: IntArray,
        folds: Sequence[Fold],
        *,
        precision: str,
        backend: Backend,
        n_jobs: int = 1,
    ) -> None:
        self.x, self.band, self.folds, self.n_jobs = x, band, folds, n_workers(n_jobs)
        self.precision, self.backend = precision, backend
        self.n_bands = int(band.max()) + 1
        columns = (x[:, band == i] for i in range(self.n_bands))
        self.kernels = np.stack([part @ part.T for part in columns])

    def at(self, gamma: Array) -> GramFolds:
        """Return the folds for some weights.

        Parameters
        ----------
        gamma : (n_bands,) ndarray
            0 takes a band out.

        Returns
        -------
        GramFolds
            Of rows with the inner products of the scaled features.
        """
        values, u = self.backend.eigh(np.tensordot(gamma, self.kernels, 1))
        keep = values > len(u) * np.finfo(np.float64).eps * values.max(initial=0.0)
        rows = u[:, keep] * np.sqrt(values[keep])
        make_basis = plain_ridge(self.backend, standardize=False)
        folds = GramFolds(rows, self.folds, make_basis, self.precision, self.backend)
        folds.n_jobs = self.n_jobs
        return folds

    def load(self, folds: GramFolds, y: Targets, columns: slice) -> GramTargets:
        """Read targets for some weights.

        Parameters
        ----------
        folds : GramFolds
            From `at`.
        y : Targets
            In memory or not.
        columns : slice
            Which.

        Returns
        -------
        GramTargets
            For these folds.
        """
        return folds.load(y, columns)

    def split(self, folds: GramFolds, gamma: Array, weights: Array) -> list[Array]:
        """Return what each band adds to the weights.

        Parameters
        ----------
        folds : GramFolds
            From `at`.
        gamma : (n_bands,) ndarray
            Weights of the bands.
        weights : (q, t) ndarray
            On the rows of these folds.

        Returns
        -------
        list of (q, t) ndarray
            They add up to the weights.
        """
        # Predictions g_i K_i dual of a band lie in the span of the rows, whose columns are
        # orthogonal.
        back = folds.rows / np.einsum("ij,ij->j", folds.rows, folds.rows)
        dual = back @ weights
        return [
            g * (back.T @ (kernel @ dual)) for g, kernel in zip(gamma, self.kernels, strict=True)
        ]

    def coefficients(self, loaded: GramTargets, gamma: Array, alpha: Array) -> tuple[Array, Array]:
        """Return the fit to all rows.

        Parameters
        ----------
        loaded : GramTargets
            From `load`.
        gamma : (n_bands,) ndarray
            Weights.
        alpha : (t,) ndarray
            Penalty of each target.

        Returns
        -------
        weights : (p, t) ndarray
            On features.
        at_reference : (t,) ndarray
            Prediction where features are at their reference.
        """
        weights, at_reference = loaded.full_weights(alpha)
        rows = loaded.folds.rows
        dual = rows @ (weights / np.einsum("ij,ij->j", rows, rows)[:, None])
        return gamma[self.band][:, None] * (self.x.T @ dual), at_reference


def product_shares(bands: Bands, loaded: GramTargets, gamma: Array, alpha: Array) -> Array:
    """Split held-out R2 among bands by the product measure.

    R2_i = sum p_i (2 y - p) / sum y^2  over a test set, p = sum_i p_i, mean over folds. y is
    about its test mean; the difference of the means of training and test rows is divided equally
    among bands, so that the parts add up to R2 exactly.

    Parameters
    ----------
    bands : Bands
        Features.
    loaded : GramTargets
        Targets for the folds of these weights.
    gamma : (n_bands,) ndarray
        Weights of the bands.
    alpha : (t,) ndarray
        Penalty of each target.

    Returns
    -------
    (n_bands, t) ndarray
        0 where a target does not vary.
    """
    folds, plan = loaded.folds, loaded.folds.plan
    found = np.zeros((gamma.size, loaded.reference.size))
    for k, index in enumerate(plan.test):
        fitted, train, test = folds.fold(k), loaded.train(k), loaded.sums[index]
        weights = fitted.weights(train, alpha, loaded.floor)
        x, n = folds.sums[index], folds.sums[index].n
        step = fitted.test.mean - fitted.train.mean
        offset = train.total / fitted.train.n - test.total / n
        # sum over test rows of x p and of x y, x about the training mean, y about the test mean
        moved = x.centred() @ weights + n * np.outer(step, step @ weights)
        balance = 2 * centred_cross(fitted.test, test, loaded.floor) - moved
        shared = n * offset * (step @ weights + offset) / gamma.size
        vary = variation(test, n, loaded.floor)
        scale = np.where(vary > 0, 1.0 / np.where(vary > 0, vary, 1.0), 0.0)
        for i, part in enumerate(bands.split(folds, gamma, weights)):
            explained = np.einsum("ij,ij->j", part, balance) - n * offset * (step @ part)
            found[i] += (explained - shared) * scale
    return found / len(plan.test)
