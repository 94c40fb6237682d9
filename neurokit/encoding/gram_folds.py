"""Folds solved through Grams: sums of sets of rows, one decomposition per fold. Array layer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.backends import Backend
from neurokit.encoding.fitted_fold import FittedFold, MakeBasis, centred_cross
from neurokit.encoding.folds import Fold, FoldPlan, as_slice
from neurokit.encoding.heldout import HeldOut
from neurokit.encoding.sums import FeatureSums, TargetSums, add_features, add_targets
from neurokit.encoding.targets import Targets, reference_of
from neurokit.errors import OptionError

Array = NDArray[np.float64]

# A training variance below this share of the total's has lost too many digits by subtraction.
OUTWEIGHED = 1e-6
# Values that differ by this share of their offset are constant up to rounding.
ROUNDING = 1e-14


class GramFolds:
    """Sums and decompositions of all folds for one set of features.

    Parameters
    ----------
    rows : (n, q) ndarray
        Features about a reference, so that offsets cost no digits.
    folds : sequence of (train, test)
        From `as_folds`.
    make_basis : callable
        How a training Gram becomes a basis.
    precision : {"double", "mixed"}
        As in `FoldedRidge`.
    backend : Backend
        Where the heavy products run.
    """

    def __init__(
        self,
        rows: Array,
        folds: Sequence[Fold],
        make_basis: MakeBasis,
        precision: str,
        backend: Backend,
    ) -> None:
        self.rows, self.make_basis = rows, make_basis
        self.precision, self.backend, self.n_jobs = precision, backend, 1
        self.plan = FoldPlan.of(folds, len(rows))
        self.sums = [FeatureSums.of(rows[as_slice(index)]) for index in self.plan.sets]
        self._keep_digits()
        self._fitted: dict[int, FittedFold] = {}
        self._full: FittedFold | None = None

    @classmethod
    def of_sums(
        cls,
        sums: Sequence[FeatureSums],
        make_basis: MakeBasis,
        backend: Backend,
        plan: FoldPlan | None = None,
    ) -> GramFolds:
        """Return folds of which only sums are known.

        Parameters
        ----------
        sums : sequence of FeatureSums
            One per set of rows.
        make_basis : callable
            How a training Gram becomes a basis.
        backend : Backend
            Where the heavy products run.
        plan : FoldPlan, optional
            Of the sets; without it every fold leaves out one set.

        Returns
        -------
        GramFolds
            Gives scores and weights, no predictions.
        """
        self = object.__new__(cls)
        self.rows, self.make_basis = np.empty((0, sums[0].total.size)), make_basis
        self.precision, self.backend, self.n_jobs = "double", backend, 1
        self.plan, self.sums = plan or FoldPlan.one_out(len(sums)), list(sums)
        self._fitted, self._full = {}, None
        return self

    def _keep_digits(self) -> None:
        total = self.total()
        for fold, left_out in enumerate(self.plan.left_out):
            if left_out is None:
                continue
            whole = total.gram.diagonal()
            kept = (total - add_features([self.sums[i] for i in left_out])).centred().diagonal()
            if np.any((kept < OUTWEIGHED * whole) & (whole > 0)):
                added = self.plan.sets[self.plan.sum_directly(fold)]
                self.sums.append(FeatureSums.of(self.rows[as_slice(added)]))

    def with_basis(self, make_basis: MakeBasis) -> GramFolds:
        """Return the same folds with another penalty; sums are shared.

        Parameters
        ----------
        make_basis : callable
            How a training Gram becomes a basis.

        Returns
        -------
        GramFolds
            New decompositions, made when they are needed.
        """
        other = object.__new__(GramFolds)
        other.__dict__.update(self.__dict__)
        other.make_basis, other._fitted, other._full = make_basis, {}, None
        return other

    def total(self) -> FeatureSums:
        """Return the sums over all rows.

        Returns
        -------
        FeatureSums
            Of n rows.
        """
        return add_features([self.sums[i] for i in self.plan.total])

    def train(self, fold: int) -> FeatureSums:
        """Return the sums over the training rows of a fold.

        Parameters
        ----------
        fold : int
            Its number.

        Returns
        -------
        FeatureSums
            With its Gram.
        """
        left_out, direct = self.plan.left_out[fold], self.plan.train[fold]
        if left_out is None:
            assert direct is not None
            return self.sums[direct]
        return self.total() - add_features([self.sums[i] for i in left_out])

    def fold(self, number: int) -> FittedFold:
        """Return a fold, decomposed on its first use.

        Parameters
        ----------
        number : int
            Of the fold.

        Returns
        -------
        FittedFold
            Kept for further targets.
        """
        if number not in self._fitted:
            test = self.plan.test[number]
            rows = self.rows[as_slice(self.plan.sets[test])] if self.rows.size else None
            self._fitted[number] = FittedFold.of(
                self.train(number), self.sums[test], self.make_basis, rows
            )
        return self._fitted[number]

    def full(self) -> FittedFold:
        """Return the fit to all rows.

        Returns
        -------
        FittedFold
            Without test rows.
        """
        if self._full is None:
            total = self.total()
            bare = FeatureSums(total.n, total.total, np.empty((0, 0)), total.records)
            self._full = FittedFold(self.make_basis(total), bare, bare, None, None)
        return self._full

    def load(self, y: Targets, columns: slice) -> GramTargets:
        """Sum the targets of some columns over every set of rows, reading each value once.

        Parameters
        ----------
        y : Targets
            In memory or not.
        columns : slice
            Which.

        Returns
        -------
        GramTargets
            All that is needed of them.
        """
        width = columns.stop - columns.start
        sums = [TargetSums.zeros(self.rows.shape[1], width) for _ in self.plan.sets]
        reference: Array | None = None
        for first, last in y.row_blocks(width):
            stored = y.stored(slice(first, last), columns)
            if reference is None:
                reference = reference_of(stored)
            block = np.subtract(stored, reference, dtype=np.float64)
            del stored
            for one, index in zip(sums, self.plan.sets, strict=True):
                inside = index[slice(*np.searchsorted(index, [first, last]))]
                if inside.size:
                    one += TargetSums.of(
                        self.rows[as_slice(inside)], block[as_slice(inside - first)]
                    )
            # It would stay while the next is read, and a cap on bytes is of one block.
            del block
        assert reference is not None
        return GramTargets(self, sums, reference, len(self.rows) * (ROUNDING * reference) ** 2)


@dataclass
class GramTargets:
    """Some targets, as sums over the sets of rows of a `GramFolds`.

    Parameters
    ----------
    folds : GramFolds
        The features.
    sums : list of TargetSums
        One per set of rows.
    reference : (t,) ndarray
        What was taken off the targets.
    floor : (t,) ndarray
        Sum of squares that rounding leaves of a constant target.
    """

    folds: GramFolds
    sums: list[TargetSums]
    reference: Array
    floor: Array

    @cached_property
    def total(self) -> TargetSums:
        """Sums over all rows."""
        return add_targets([self.sums[i] for i in self.folds.plan.total])

    def train(self, fold: int) -> TargetSums:
        """Return the sums over the training rows of a fold.

        Parameters
        ----------
        fold : int
            Its number.

        Returns
        -------
        TargetSums
            Of all targets.
        """
        plan = self.folds.plan
        left_out, direct = plan.left_out[fold], plan.train[fold]
        if left_out is None:
            assert direct is not None
            return self.sums[direct]
        return self.total - add_targets([self.sums[i] for i in left_out])

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
        folds = self.folds

        def one(k: int) -> HeldOut:
            return folds.fold(k).held_out(
                self.train(k),
                self.sums[folds.plan.test[k]],
                alphas,
                self.floor,
                folds.precision,
                folds.backend,
            )

        if folds.n_jobs == 1:
            yield from map(one, range(len(folds.plan.test)))
            return
        with ThreadPoolExecutor(folds.n_jobs) as pool:
            yield from pool.map(one, range(len(folds.plan.test)))

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
        for k, fold in enumerate(self.folds.plan.folds):
            fitted, train = self.folds.fold(k), self.train(k)
            penalty = alpha[k] if alpha.ndim == 2 else alpha
            weights = fitted.weights(train, penalty, self.floor)
            rows = self.folds.rows[as_slice(fold[1])]
            mean = self.reference + train.total / fitted.train.n
            yield fold, (rows - fitted.train.mean) @ weights + mean

    def full_weights(self, alpha: Array) -> tuple[Array, Array]:
        """Return the fit to all rows.

        Parameters
        ----------
        alpha : (t,) ndarray
            Penalty of each target.

        Returns
        -------
        weights : (q, t) ndarray
            On `rows`.
        at_reference : (t,) ndarray
            Prediction where all rows are 0.
        """
        full = self.folds.full()
        total = self.total
        weights = full.basis.solve(centred_cross(full.train, total, self.floor), alpha)
        mean = self.reference + total.total / full.train.n
        return weights, mean - full.train.mean @ weights


def n_workers(n_jobs: int) -> int:
    """Return how many run at once.

    Parameters
    ----------
    n_jobs : int
        -1 is one per processor.

    Returns
    -------
    int
        1 or more.

    Raises
    ------
    OptionError
        If it is neither -1 nor positive.
    """
    if isinstance(n_jobs, int | np.integer) and (n_jobs >= 1 or n_jobs == -1):
        return int(n_jobs) if n_jobs > 0 else os.cpu_count() or 1
    raise OptionError(f"is {n_jobs!r}", where="n_jobs", mend="Give 1 or more, or -1 for all.")
