"""Ridge from sums that grow chunk by chunk and add up across sites.

Sums are about the level of the first chunk, so that offsets of any size cost no digits.
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.alpha_search import RidgeFit, fit_folded
from neurokit.encoding.backends import Backend
from neurokit.encoding.fitted_fold import plain_ridge
from neurokit.encoding.gram_folds import ROUNDING, GramFolds, GramTargets
from neurokit.encoding.heldout import Scores
from neurokit.encoding.labels import Labels, Rows, check_same, named, wrap
from neurokit.encoding.linear import labels_of
from neurokit.encoding.ridge_core import MAX_BYTES
from neurokit.encoding.splits import N_SPLITS
from neurokit.encoding.sum_problem import SumProblem
from neurokit.encoding.sums import FeatureSums, TargetSums
from neurokit.encoding.targets import Targets, reference_of

Array = NDArray[np.float64]


class SummedRidge:
    """Sums of features and targets, fold by fold.

    Parameters
    ----------
    features, targets : Labels or None
        None before the first chunk.
    reference : tuple of ndarray
        What was taken off features and targets.
    folds : dict
        From fold to (FeatureSums, TargetSums).
    n_chunks : int
        Chunks added.
    """

    def __init__(
        self,
        features: Labels | None,
        targets: Labels | None,
        reference: tuple[Array, Array],
        folds: dict[int, tuple[FeatureSums, TargetSums]],
        n_chunks: int,
    ) -> None:
        self.features, self.targets, self.reference = features, targets, reference
        self.folds, self.n_chunks = folds, n_chunks

    @classmethod
    def empty(cls) -> SummedRidge:
        """Return sums of nothing."""
        return cls(None, None, (np.empty(0), np.empty(0)), {}, 0)

    @property
    def n_folds(self) -> int:
        """Number of folds with samples."""
        return len(self.folds)

    def add(self, rows: Rows, fold: int | None) -> None:
        """Add a chunk.

        Parameters
        ----------
        rows : Rows
            From `as_rows`.
        fold : int or None
            Where to; None is chunk number modulo 5.

        Raises
        ------
        LabelError
            If its labels are not those of the first chunk.
        """
        x = rows.x.astype(np.float64, copy=False)
        y = Targets(rows.y, MAX_BYTES)
        if self.features is None or self.targets is None:
            self.features, self.targets = rows.features, rows.targets
            head = y.read(slice(0, min(y.n, 1000)), slice(0, y.t))
            self.reference = (reference_of(x), reference_of(head))
        check_same(self.features, rows.features, "X")
        check_same(self.targets, rows.targets, "Y")
        number = self.n_chunks % N_SPLITS if fold is None else int(fold)
        x = x - self.reference[0]
        found = TargetSums.zeros(x.shape[1], y.t)
        for first, last in y.row_blocks(y.t):
            block = y.about(slice(first, last), slice(0, y.t), self.reference[1])
            found += TargetSums.of(x[first:last], block)
            del block  # or it stays while the next is read
        self._put(number, FeatureSums.of(x), found)
        self.n_chunks += 1

    def _put(self, fold: int, x: FeatureSums, y: TargetSums) -> None:
        if fold in self.folds:
            x, y = self.folds[fold][0] + x, self.folds[fold][1] + y
        self.folds[fold] = (x, y)

    def merge(self, other: SummedRidge) -> None:
        """Add the sums of another site; fold k of both become one fold.

        Parameters
        ----------
        other : SummedRidge
            With the same labels; its reference may be another.

        Raises
        ------
        LabelError
            If its labels differ.
        """
        assert self.features is not None
        assert self.targets is not None
        assert other.features is not None
        assert other.targets is not None
        check_same(self.features, other.features, "X")
        check_same(self.targets, other.targets, "Y")
        shift_x = self.reference[0] - other.reference[0]
        shift_y = self.reference[1] - other.reference[1]
        for fold, (x, y) in sorted(other.folds.items()):
            self._put(fold, x.about(shift_x), y.about(x, shift_x, shift_y))
        self.n_chunks += other.n_chunks

    def labelled(self) -> Rows:
        """Return the labels, for results.

        Returns
        -------
        Rows
            Without rows.
        """
        assert self.features is not None
        assert self.targets is not None
        empty = xr.DataArray(np.empty(0), dims="sample")
        nothing = np.empty((0, 0))
        return Rows(empty, nothing, nothing, self.features, self.targets, False)

    def solve(
        self,
        alphas: Array,
        *,
        metric: str,
        extend_alphas: bool,
        per_target: bool,
        standardize: bool,
        backend: Backend,
    ) -> RidgeFit:
        """Return the fit of all chunks.

        Parameters
        ----------
        alphas : (n_alphas,) ndarray
            Penalties. With one fold alone nothing can be held out: the middle one is taken and
            scores are NaN.
        metric, extend_alphas, per_target, standardize : object
            As in `RidgeEncoder`.
        backend : Backend
            Where the heavy products run.

        Returns
        -------
        RidgeFit
            As of all rows at once.
        """
        sums = [self.folds[fold] for fold in sorted(self.folds)]
        folds = GramFolds.of_sums([x for x, _ in sums], plain_ridge(backend, standardize), backend)
        total = folds.total()
        floor = total.n * (ROUNDING * self.reference[1]) ** 2
        targets = GramTargets(folds, [y for _, y in sums], self.reference[1], floor)
        size = total.n * total.total.size if standardize else float(np.trace(total.gram))
        problem = SumProblem(folds, targets, self.reference[0], size)
        if len(sums) == 1:
            return _unscored(problem, alphas, targets.reference.size)
        return fit_folded(
            problem,
            problem,
            alphas,
            metric=metric,
            extend_alphas=extend_alphas,
            per_target=per_target,
            max_bytes=MAX_BYTES,
        )

    def to_dataset(self, features: Labels, targets: Labels) -> xr.Dataset:
        """Return everything as a Dataset that can be saved and sent.

        Parameters
        ----------
        features, targets : Labels
            Of the columns.

        Returns
        -------
        Dataset
            Over fold, feature and target.
        """
        order = sorted(self.folds)
        fold = named("fold", order)
        x = [self.folds[k][0] for k in order]
        y = [self.folds[k][1] for k in order]
        out = xr.Dataset(
            {
                "n": ("fold", [one.n for one in x]),
                "gram": wrap(
                    np.stack([one.gram for one in x]), fold, features, features.other("_other")
                ),
                "feature_sum": wrap(np.stack([one.total for one in x]), fold, features),
                "target_sum": wrap(np.stack([one.total for one in y]), fold, targets),
                "target_square": wrap(np.stack([one.square for one in y]), fold, targets),
                "cross": wrap(np.stack([one.cross for one in y]), fold, features, targets),
                "feature_reference": wrap(self.reference[0], features),
                "target_reference": wrap(self.reference[1], targets),
            }
        )
        dims = [str(dim) for dim in features.dims]
        return out.assign_attrs(feature_dims=json.dumps(dims), n_chunks=self.n_chunks)

    @classmethod
    def from_dataset(cls, sums: xr.Dataset) -> SummedRidge:
        """Return what `to_dataset` gave.

        Parameters
        ----------
        sums : Dataset
            Attribute ``statistics_`` of an encoder.

        Returns
        -------
        SummedRidge
            The same sums.
        """
        dims = json.loads(sums.attrs["feature_dims"])
        features, _ = labels_of(sums["feature_reference"], dims)
        _, targets = labels_of(sums["target_reference"], [])
        p, t = features.size, targets.size
        folds = {}
        for k, fold in enumerate(sums["fold"].values):
            at = {name: np.array(sums[name].values[k]) for name in PER_FOLD}
            x = FeatureSums(float(at["n"]), at["feature_sum"].reshape(p), at["gram"].reshape(p, p))
            y = TargetSums(
                at["target_sum"].reshape(t),
                at["target_square"].reshape(t),
                at["cross"].reshape(p, t),
            )
            folds[int(fold)] = (x, y)
        reference = (
            sums["feature_reference"].values.reshape(p),
            sums["target_reference"].values.reshape(t),
        )
        return cls(features, targets, reference, folds, int(sums.attrs["n_chunks"]))


PER_FOLD = ("n", "gram", "feature_sum", "target_sum", "target_square", "cross")


def _unscored(problem: SumProblem, alphas: Array, n_targets: int) -> RidgeFit:
    best = np.full(n_targets, alphas[len(alphas) // 2])
    coef, intercept = problem.coefficients_of(problem.targets, best)
    nothing = np.full((len(alphas), n_targets), np.nan)
    scores = Scores(nothing, nothing.copy(), nothing.copy())
    return RidgeFit(alphas, scores, best, coef, intercept, np.zeros(n_targets, dtype=np.int64), 0)
