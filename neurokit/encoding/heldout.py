"""Scores of held-out predictions from sums, so that no prediction is ever stored.

With p the prediction and y the truth over the n rows of a test set, everything follows from the
means and the centred sums of p^2, y^2 and p y. Array layer, float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Metric = Literal["r", "r2", "mse"]
METRICS = ("r", "r2", "mse")


@dataclass
class Scores:
    """Scores of predictions.

    Parameters
    ----------
    r : (..., n_targets) ndarray
        Pearson correlation; 0 where prediction or truth does not vary.
    r2 : (..., n_targets) ndarray
        1 - sum (y - p)^2 / sum (y - mean y)^2; 0 where the truth does not vary.
    mse : (..., n_targets) ndarray
        mean (y - p)^2, in squared units of the target.
    """

    r: Array
    r2: Array
    mse: Array

    def get(self, metric: str) -> Array:
        """Return one score so that more is better: mse with its sign turned.

        Parameters
        ----------
        metric : {"r", "r2", "mse"}
            Its name.

        Returns
        -------
        ndarray
            The score.
        """
        values = getattr(self, metric)
        return np.asarray(-values if metric == "mse" else values)


@dataclass
class HeldOut:
    """Sums over the rows of a test set.

    Parameters
    ----------
    n : float
        Rows.
    mean_p : (..., n_targets) ndarray
        Mean prediction.
    mean_y : (n_targets,) ndarray
        Mean truth.
    var_p : (..., n_targets) ndarray
        sum (p - mean p)^2.
    var_y : (n_targets,) ndarray
        sum (y - mean y)^2; rounding is already zero.
    cov : (..., n_targets) ndarray
        sum (p - mean p)(y - mean y).
    """

    n: float
    mean_p: Array
    mean_y: Array
    var_p: Array
    var_y: Array
    cov: Array

    def scores(self) -> Scores:
        """Return r, R2 and MSE.

        Returns
        -------
        Scores
            Of the shape of the predictions' sums.
        """
        offset = self.mean_p - self.mean_y
        error = self.var_p - 2 * self.cov + self.var_y + self.n * offset**2
        varies = self.var_y > 0
        r2 = np.where(varies, 1 - error / np.where(varies, self.var_y, 1.0), 0.0)
        scale = np.sqrt(np.maximum(self.var_p, 0.0)) * np.sqrt(self.var_y)
        r = np.where(scale > 0, self.cov / np.where(scale > 0, scale, 1.0), 0.0)
        return Scores(np.clip(r, -1.0, 1.0), r2, np.maximum(error, 0.0) / self.n)

    def merged(self, other: HeldOut) -> HeldOut:
        """Pool with another test set (Chan, Golub and LeVeque's update).

        Parameters
        ----------
        other : HeldOut
            Of the same predictions' shape.

        Returns
        -------
        HeldOut
            Sums over the rows of both.
        """
        n = self.n + other.n
        share, weight = other.n / n, self.n * other.n / n
        dp, dy = other.mean_p - self.mean_p, other.mean_y - self.mean_y
        return HeldOut(
            n,
            self.mean_p + share * dp,
            self.mean_y + share * dy,
            self.var_p + other.var_p + weight * dp**2,
            self.var_y + other.var_y + weight * dy**2,
            self.cov + other.cov + weight * dp * dy,
        )


def held_out_of(prediction: Array, truth: Array, floor: Array | float = 0.0) -> HeldOut:
    """Return the sums of predictions that are at hand.

    Parameters
    ----------
    prediction : (..., n, n_targets) ndarray
        Predictions.
    truth : (n, n_targets) ndarray
        What happened.
    floor : (n_targets,) ndarray or float
        Sum of squares that rounding alone may leave of a constant target.

    Returns
    -------
    HeldOut
        Over the n rows.
    """
    mean_p, mean_y = prediction.mean(axis=-2), truth.mean(axis=0)
    p, y = prediction - mean_p[..., None, :], truth - mean_y
    var_y = np.einsum("ij,ij->j", y, y)
    return HeldOut(
        len(truth),
        mean_p,
        mean_y,
        np.einsum("...ij,...ij->...j", p, p),
        np.where(var_y > floor, var_y, 0.0),
        np.einsum("...ij,ij->...j", p, y),
    )


def mean_scores(scores: Sequence[Scores]) -> Scores:
    """Return the mean over folds.

    Parameters
    ----------
    scores : sequence of Scores
        One per fold, of equal shape.

    Returns
    -------
    Scores
        Of the same shape.
    """

    def mean(name: str) -> Any:
        return np.mean([getattr(one, name) for one in scores], axis=0)

    return Scores(mean("r"), mean("r2"), mean("mse"))


def reduce_folds(folds: Iterator[HeldOut], *, pooled: bool) -> Scores:
    """Return the mean over folds of scores, or the scores of all held-out rows together.

    Parameters
    ----------
    folds : iterator of HeldOut
        One per fold.
    pooled : bool
        Whether rows of all folds are taken together.

    Returns
    -------
    Scores
        Of the shape of each fold's.
    """
    if not pooled:
        return mean_scores([one.scores() for one in folds])
    total = next(folds)
    for one in folds:
        total = total.merged(one)
    return total.scores()


def best_index(score: Array) -> NDArray[np.int64]:
    """Return which row is best in each column, the first of equals.

    Parameters
    ----------
    score : (n_alphas, n_targets) ndarray
        More is better.

    Returns
    -------
    (n_targets,) ndarray of int64
        Row numbers.
    """
    return np.asarray(np.argmax(score, axis=0), dtype=np.int64)
