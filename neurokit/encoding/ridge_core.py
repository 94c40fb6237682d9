"""Ridge regression over folds, penalties and targets at once. Array layer.

    W(k, alpha) = argmin ||Y - 1b' - XW||^2 + alpha ||W||^2   over the training rows of fold k

Grams of sets of rows are summed once, training Grams follow by subtraction, one
eigendecomposition serves every penalty and target of a fold, and scores follow from sums: no
prediction is stored. With more features than rows the same runs on the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.backends import Backend
from neurokit.encoding.block_loo import BlockFolds, BlockTargets
from neurokit.encoding.fitted_fold import plain_ridge
from neurokit.encoding.folds import Fold, as_folds
from neurokit.encoding.gram_folds import GramFolds, n_workers
from neurokit.encoding.heldout import HeldOut, Scores, reduce_folds
from neurokit.encoding.scaled_kernel import ScaledKernelFolds
from neurokit.encoding.targets import Targets, reference_of
from neurokit.errors import OptionError, check_option

Array = NDArray[np.float64]

MAX_BYTES = 128e6
# A correlation needs at least this many rows; folds that test fewer are pooled.
FEWEST_ROWS = 3
MANY_FOLDS = 20


class LoadedTargets(Protocol):
    """Some columns of targets, as far as a way of solving needs them."""

    def held_out_sums(self, alphas: Array) -> Iterator[HeldOut]:
        """Yield sums fold by fold, (n_alphas, t)."""

    def predictions(self, alpha: Array) -> Iterator[tuple[Fold, Array]]:
        """Yield held-out predictions fold by fold; alpha is (t,) or (n_folds, t)."""

    def full_weights(self, alpha: Array) -> tuple[Array, Array]:
        """Return weights of all rows, and the prediction at the reference."""


class Folds(Protocol):
    """A way of solving all folds."""

    def load(self, y: Targets, columns: slice) -> LoadedTargets:
        """Read some columns of targets."""


class FoldedRidge:
    """Everything about features and folds that does not depend on targets, computed once.

    Targets that are shifted, permuted or new cost products only, no further decomposition.

    Parameters
    ----------
    X : (n, p) array_like
        Features, finite.
    folds : iterable of (train, test)
        Row numbers; training sets may overlap, leave gaps or repeat rows.
    standardize : bool, default False
        Divide features by their standard deviation over the training rows of each fold.
    method : {"auto", "primal", "kernel", "block"}
        Features x features, rows x rows, or one decomposition for many small folds.
    precision : {"double", "mixed"}
        Mixed takes float32 for products whose penalty is large enough; Grams and
        decompositions are float64 always.
    backend : Backend, optional
        Where the heavy products run.
    average : {"auto", "folds", "pooled"}
        Scores are means over folds, or scores of all held-out predictions together; auto pools
        where a fold tests fewer than 3 rows.
    n_jobs : int, default 1
        Folds that run at once, -1 for one per processor.

    Raises
    ------
    OptionError
        If folds or options are not allowed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((60, 3))
    >>> Y = X @ rng.standard_normal((3, 2))
    >>> halves = [(np.arange(30), np.arange(30, 60)), (np.arange(30, 60), np.arange(30))]
    >>> FoldedRidge(X, halves).scores(Y, np.array([1e-3])).r2.round(3)
    array([[1., 1.]])
    """

    def __init__(
        self,
        X: Any,
        folds: Iterable[Any],
        *,
        standardize: bool = False,
        method: str = "auto",
        precision: str = "double",
        backend: Backend | None = None,
        average: str = "auto",
        n_jobs: int = 1,
    ) -> None:
        x = np.asarray(X, dtype=np.float64)
        self.n, self.n_features = (int(size) for size in x.shape)
        self.folds = as_folds(folds, self.n)
        self.precision = check_option("precision", precision, ["double", "mixed"])
        self.backend = Backend() if backend is None else backend
        self.standardize, self.n_jobs = bool(standardize), n_workers(n_jobs)
        check_option("average", average, ["auto", "folds", "pooled"])
        smallest = min(test.size for _, test in self.folds)
        self.pooled = smallest < FEWEST_ROWS if average == "auto" else average == "pooled"
        check_option("method", method, ["auto", "primal", "kernel", "block"])
        self.method = self._best_method() if method == "auto" else method
        if self.method == "block" and not (self._tested_once() and not standardize):
            raise OptionError(
                "needs rows tested at most once, no repeated rows and unscaled features",
                where="method='block'",
                mend="Use method='auto'.",
            )
        # One decomposition of all rows needs their mean; sums need only some level near it.
        self.reference = x.mean(axis=0) if self.method == "block" else reference_of(x)
        self.x: Array = x - self.reference

    def _best_method(self) -> str:
        q = min(self.n, self.n_features)
        if len(self.folds) > MANY_FOLDS and not self.standardize and self._tested_once():
            left_out = np.array([self.n - train.size for train, _ in self.folds], dtype=float)
            # About 20 penalties, against an eigendecomposition of about 10 q^3 for each fold.
            if 20 * np.sum(left_out**2 * (q + left_out)) < 10.0 * len(self.folds) * q**3:
                return "block"
        return "primal" if self.n_features <= self.n else "kernel"

    def _tested_once(self) -> bool:
        tested = np.concatenate([test for _, test in self.folds])
        whole = all(bool(np.all(np.diff(train) > 0)) for train, _ in self.folds)
        return whole and np.unique(tested).size == tested.size

    @cached_property
    def solver(self) -> Folds:
        """The way of solving the folds, prepared."""
        if self._scaled_kernel:
            return ScaledKernelFolds(self.x, self.folds, self.precision, self.backend)
        if self.method == "block":
            return BlockFolds(self.rows, self.folds, self.backend)
        make_basis = plain_ridge(self.backend, self.standardize)
        solver = GramFolds(self.rows, self.folds, make_basis, self.precision, self.backend)
        solver.n_jobs = self.n_jobs
        return solver

    @property
    def penalties(self) -> tuple[float, float]:
        """Penalties as large as the data in a typical and in any direction."""
        largest = float(self.x.size if self.standardize else np.sum(self.x**2))
        return largest / min(self.x.shape), largest

    @property
    def _scaled_kernel(self) -> bool:
        return bool(self.standardize and self.method == "kernel" and self.n_features > self.n)

    @cached_property
    def rows(self) -> Array:
        """The rows that are summed, (n, q): the features, or fewer with equal inner products."""
        if self.method == "primal" or self.n_features <= self.n:
            return self.x
        u, values = self._kernel
        return np.asarray(u * np.sqrt(values))

    @cached_property
    def _kernel(self) -> tuple[Array, Array]:
        values, vectors = self.backend.eigh(self.x @ self.x.T)
        keep = values > self.n * np.finfo(np.float64).eps * values.max(initial=0.0)
        return vectors[:, keep], values[keep]

    def load(self, Y: Any, max_bytes: float = MAX_BYTES) -> Iterator[tuple[slice, LoadedTargets]]:
        """Yield targets in blocks of columns that fit into memory.

        Parameters
        ----------
        Y : (n, t) array_like
            numpy, Dask, Zarr or HDF5: sliced, never read whole unless it is in memory already.
        max_bytes : float
            Most bytes of one block.

        Yields
        ------
        columns : slice
            Which targets.
        loaded : LoadedTargets
            What is needed of them.
        """
        y = Targets(Y, max_bytes)
        q = min(self.n, self.n_features)
        per_target = 8 * (24 * self.n if self.method == "block" else q * (2 * len(self.folds) + 4))
        width = max(1, int(max_bytes / per_target))
        for first in range(0, y.t, width):
            columns = slice(first, min(first + width, y.t))
            yield columns, self.solver.load(y, columns)

    def reduce(self, loaded: LoadedTargets, alphas: Array) -> Scores:
        """Return the scores of some targets: mean over folds, or pooled.

        Parameters
        ----------
        loaded : LoadedTargets
            From `load`.
        alphas : (n_alphas,) ndarray
            Penalties.

        Returns
        -------
        Scores
            (n_alphas, t).
        """
        if self.pooled and isinstance(loaded, BlockTargets):
            return loaded.pooled_sums(alphas).scores()
        sums = loaded.held_out_sums(np.asarray(alphas, dtype=np.float64))
        return reduce_folds(sums, pooled=self.pooled)

    def scores(self, Y: Any, alphas: Any) -> Scores:
        """Return held-out scores of every penalty and target.

        Parameters
        ----------
        Y : (n, t) array_like
            Targets.
        alphas : (n_alphas,) array_like
            Penalties.

        Returns
        -------
        Scores
            (n_alphas, t): means over folds, or pooled (see `average`).
        """
        parts = [self.reduce(loaded, np.asarray(alphas, float)) for _, loaded in self.load(Y)]
        return Scores(*(np.hstack([getattr(s, m) for s in parts]) for m in ("r", "r2", "mse")))

    def fold_scores(self, Y: Any, alphas: Any) -> list[Scores]:
        """Return held-out scores of every fold, penalty and target.

        Parameters
        ----------
        Y : (n, t) array_like
            Targets.
        alphas : (n_alphas,) array_like
            Penalties.

        Returns
        -------
        list of Scores
            One per fold, (n_alphas, t).
        """
        parts = [
            [one.scores() for one in loaded.held_out_sums(np.asarray(alphas, float))]
            for _, loaded in self.load(Y)
        ]
        return [
            Scores(*(np.hstack([getattr(s, m) for s in same]) for m in ("r", "r2", "mse")))
            for same in zip(*parts, strict=True)
        ]

    def held_out(self, Y: Any, alpha: Any) -> Array:
        """Return the prediction of every row by the fold that tests it.

        Parameters
        ----------
        Y : (n, t) array_like
            Targets.
        alpha : float, (t,) or (n_folds, t) array_like
            Penalty: one for all, one for each target, or one for each in every fold.

        Returns
        -------
        (n, t) ndarray
            NaN for rows that no fold tests; the mean where several do.
        """
        total = np.zeros((self.n, Y.shape[1]))
        count = np.zeros((self.n, 1))
        shape = (len(self.folds), Y.shape[1])
        penalty = np.broadcast_to(np.asarray(alpha, dtype=np.float64), shape)
        for columns, loaded in self.load(Y):
            for (_, test), prediction in loaded.predictions(penalty[:, columns]):
                total[test, columns] += prediction
                count[test] += columns.start == 0
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def coefficients(self, Y: Any, alpha: Any) -> tuple[Array, Array]:
        """Return the fit to all rows.

        Parameters
        ----------
        Y : (n, t) array_like
            Targets.
        alpha : float or (t,) array_like
            Penalty, one for all or one each.

        Returns
        -------
        coef : (p, t) ndarray
            Weights.
        intercept : (t,) ndarray
            So that the prediction is X @ coef + intercept.
        """
        penalty = np.broadcast_to(np.asarray(alpha, dtype=np.float64), Y.shape[1])
        parts = [self.coefficients_of(ld, penalty[columns]) for columns, ld in self.load(Y)]
        return np.hstack([c for c, _ in parts]), np.hstack([i for _, i in parts])

    def coefficients_of(self, loaded: LoadedTargets, alpha: Array) -> tuple[Array, Array]:
        """Return the fit of some targets to all rows.

        Parameters
        ----------
        loaded : LoadedTargets
            From `load`.
        alpha : (t,) ndarray
            Penalty of each.

        Returns
        -------
        coef : (p, t) ndarray
            Weights.
        intercept : (t,) ndarray
            Prediction where X is 0.
        """
        weights, at_reference = loaded.full_weights(alpha)
        if not self._scaled_kernel and self.rows is not self.x:
            u, values = self._kernel
            weights = self.x.T @ (u @ (weights / np.sqrt(values)[:, None]))
        return weights, at_reference - self.reference @ weights
