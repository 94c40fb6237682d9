"""Nested cross-validation: penalties chosen inside each training set, so that scores are honest.

Array layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.encoding.alpha_search import as_alphas
from neurokit.encoding.folds import as_folds
from neurokit.encoding.heldout import METRICS, Scores, best_index, held_out_of
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.errors import OptionError, check_option

Array = NDArray[np.float64]


@dataclass
class NestedFit:
    """Predictions whose penalties never saw the rows they predict.

    Parameters
    ----------
    prediction : (n, t) ndarray
        Of each row by the fold that tests it; NaN where none does.
    alpha : (n_folds, t) ndarray
        Penalties chosen in each outer training set.
    """

    prediction: Array
    alpha: Array

    def fold_scores(self, Y: Array, folds: Sequence[Any]) -> Scores:
        """Return the scores of each outer fold.

        Parameters
        ----------
        Y : (n, t) ndarray
            Targets.
        folds : sequence of (train, test)
            The outer folds.

        Returns
        -------
        Scores
            (n_folds, t).
        """
        parts = [held_out_of(self.prediction[test], Y[test]).scores() for _, test in folds]
        return Scores(*(np.stack([getattr(s, m) for s in parts]) for m in METRICS))


class NestedRidge:
    """Outer folds that predict, inner folds that choose penalties, prepared for any targets.

    Parameters
    ----------
    X : (n, p) array_like
        Features.
    outer : iterable of (train, test)
        Row numbers.
    inner : sequence, one entry per outer fold, of iterables of (train, test)
        Row numbers of X, all among the training rows of the outer fold; see `block_folds`.
    **options
        Of `FoldedRidge`.

    Raises
    ------
    OptionError
        If an inner fold uses a row outside the outer training set.

    Examples
    --------
    >>> from neurokit.encoding.folds import block_folds
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 4))
    >>> Y = X @ rng.standard_normal((4, 3)) + rng.standard_normal((200, 3))
    >>> outer = block_folds(np.arange(200), 5, gap=2)
    >>> inner = [block_folds(train, 4, gap=2) for train, _ in outer]
    >>> NestedRidge(X, outer, inner).predict(Y, [0.1, 1.0, 10.0]).alpha.shape
    (5, 3)
    """

    def __init__(
        self, X: Any, outer: Iterable[Any], inner: Sequence[Iterable[Any]], **options: Any
    ) -> None:
        x = np.asarray(X, dtype=np.float64)
        self.outer = FoldedRidge(x, outer, **options)
        self.folds = self.outer.folds
        if len(inner) != len(self.folds):
            raise OptionError(
                f"{len(inner)} sets of inner folds for {len(self.folds)} outer folds",
                where="inner",
                mend="Give one set of folds for each.",
            )
        self.inner = []
        for (train, _), folds in zip(self.folds, inner, strict=True):
            rows = np.unique(train)
            within = [_within(rows, fold) for fold in as_folds(folds, len(x))]
            self.inner.append((rows, FoldedRidge(x[rows], within, **options)))

    def predict(self, Y: Any, alphas: ArrayLike, metric: str = "r2") -> NestedFit:
        """Choose penalties inside each training set and predict the rows outside it.

        Parameters
        ----------
        Y : (n, t) array_like
            Targets.
        alphas : array_like
            Penalties.
        metric : {"r2", "r", "mse"}
            By which they are chosen.

        Returns
        -------
        NestedFit
            Predictions and penalties.
        """
        check_option("metric", metric, METRICS)
        y, grid = np.asarray(Y, dtype=np.float64), as_alphas(alphas)
        chosen = np.stack(
            [
                grid[best_index(folded.scores(y[rows], grid).get(metric))]
                for rows, folded in self.inner
            ]
        )
        return NestedFit(self.outer.held_out(y, chosen), chosen)


def _within(rows: NDArray[np.int64], fold: Any) -> tuple[Any, ...]:
    for part in fold:
        if not np.isin(part, rows).all():
            raise OptionError(
                "inner folds use rows outside the outer training set",
                where="inner",
                mend="Split the outer training rows only.",
            )
    return tuple(np.searchsorted(rows, part) for part in fold)
