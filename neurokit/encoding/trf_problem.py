"""Temporal response functions over folds: lagged sums of every set of rows. Array layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.backends import Backend
from neurokit.encoding.basis import Basis, general_basis, ridge_basis
from neurokit.encoding.fitted_fold import MakeBasis
from neurokit.encoding.folds import Fold, FoldPlan
from neurokit.encoding.gram_folds import ROUNDING, GramFolds, GramTargets
from neurokit.encoding.lagged import LaggedRecord, Lags, difference_penalty
from neurokit.encoding.sum_problem import SumProblem
from neurokit.encoding.sums import FeatureSums, TargetSums
from neurokit.encoding.targets import Targets, reference_of
from neurokit.errors import OptionError

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def lagged_penalty(
    penalty: str, units: str, rate: float, n_lags: int, n_features: int, backend: Backend
) -> MakeBasis:
    """Return how a training Gram becomes a basis.

    Parameters
    ----------
    penalty : {"ridge", "tikhonov"}
        ||w||^2, or squared differences between neighbouring lags.
    units : {"plain", "mtrf"}
        The mTRF toolbox averages covariances over trials and multiplies its lambda by the rate:
        alpha = lambda rate n_training_trials, and half of that for differences.
    rate : float
        Hz.
    n_lags, n_features : int
        Sizes.
    backend : Backend
        Where the eigendecomposition runs.

    Returns
    -------
    callable
        From FeatureSums to Basis.
    """
    half = 0.5 if penalty == "tikhonov" else 1.0

    def make(train: FeatureSums) -> Basis:
        scale = rate * train.records * half if units == "mtrf" else 1.0
        if penalty == "tikhonov":
            return general_basis(train.centred(), scale * difference_penalty(n_lags, n_features))
        basis = ridge_basis(train.centred(), backend)
        return replace(basis, penalty=scale * basis.penalty)

    return make


class LaggedRows:
    """Records one below the other, and sums over any rows of them.

    Parameters
    ----------
    x : (n, f) ndarray
        Features of all records.
    ends : (n_records,) ndarray of int
        Row after the last of each record.
    lags : Lags
        Which.
    pad : bool
        Whether rows count whose lags reach beyond the record, as if it were 0 there.
    """

    def __init__(self, x: Array, ends: IntArray, lags: Lags, *, pad: bool) -> None:
        self.lags, self.pad = lags, pad
        self.starts, self.ends = np.concatenate([[0], ends[:-1]]), ends
        self.records = [
            LaggedRecord(x[a:b], lags, f"trial {i}" if len(ends) > 1 else "X")
            for i, (a, b) in enumerate(zip(self.starts, self.ends, strict=True))
        ]

    def segments(self, rows: IntArray) -> list[tuple[int, int, int]]:
        """Return (record, first, last) of stretches of consecutive rows in one record.

        Parameters
        ----------
        rows : (m,) ndarray of int
            Increasing.

        Returns
        -------
        list of tuple of int
            Without rows that lack lags, unless padded.
        """
        record = np.searchsorted(self.ends, rows, side="right")
        cuts = np.flatnonzero((np.diff(rows) != 1) | (np.diff(record) != 0)) + 1
        found = []
        for part in np.split(np.arange(rows.size), cuts):
            which = int(record[part[0]])
            first = int(rows[part[0]] - self.starts[which])
            last = int(rows[part[-1]] - self.starts[which]) + 1
            if not self.pad:
                low, high = self.lags.complete_rows(self.records[which].n)
                first, last = max(first, low), min(last, high)
            if last > first:
                found.append((which, first, last))
        return found

    def sums(self, rows: IntArray, y: Targets, reference: Array) -> tuple[FeatureSums, TargetSums]:
        """Sum lagged features and targets over rows.

        Parameters
        ----------
        rows : (m,) ndarray of int
            Increasing.
        y : Targets
            (n, t).
        reference : (t,) ndarray
            Taken off the targets.

        Returns
        -------
        FeatureSums, TargetSums
            Over these rows.
        """
        p = len(self.lags) * self.records[0].f
        features = FeatureSums(0, np.zeros(p), np.zeros((p, p)), 0.0)
        targets = TargetSums.zeros(p, y.t)
        for record, first, last in self.segments(rows):
            at = int(self.starts[record])
            block = y.read(slice(at + first, at + last), slice(0, y.t)) - reference
            one, held = self.records[record].sums(first, last, block)
            assert held is not None
            features = features + one
            targets += held
        return features, targets

    def predict(self, coef: Array) -> Array:
        """Return lagged features times weights, record by record.

        Parameters
        ----------
        coef : (n_lags * f, t) ndarray
            Weights.

        Returns
        -------
        (n, t) ndarray
            One row per sample.
        """
        return np.concatenate([record.predict(coef) for record in self.records])


def trf_problem(
    rows: LaggedRows, y: Targets, folds: Sequence[Fold], make_basis: MakeBasis, backend: Backend
) -> SumProblem:
    """Sum everything once and return what `fit_folded` needs.

    Parameters
    ----------
    rows : LaggedRows
        Features.
    y : Targets
        Targets.
    folds : sequence of (train, test)
        Of rows.
    make_basis : callable
        From `lagged_penalty`.
    backend : Backend
        Where the heavy products run.

    Returns
    -------
    SumProblem
        Penalties in the units of `make_basis`.

    Raises
    ------
    OptionError
        If a fold has no row to train on or to test.
    """
    n = int(rows.ends[-1])
    plan = FoldPlan.of(folds, n)
    reference = reference_of(y.read(slice(0, int(rows.ends[0])), slice(0, y.t)))
    sums = [rows.sums(index, y, reference) for index in plan.sets]
    solver = GramFolds.of_sums([x for x, _ in sums], make_basis, backend, plan)
    for k, index in enumerate(plan.test):
        if not (sums[index][0].n and solver.train(k).n):
            raise OptionError(
                f"fold {k} has no sample with all its lags to train on or to test",
                where="cv",
                mend="Give longer folds, or pad=True.",
            )
    floor = n * (ROUNDING * reference) ** 2
    targets = GramTargets(solver, [held for _, held in sums], reference, floor)
    full = solver.full().basis
    seen = full.penalty[full.penalty > 0]
    largest = float(full.data.sum() / seen.min()) if seen.size else 1.0
    return SumProblem(solver, targets, np.zeros(len(full.vectors)), largest)
