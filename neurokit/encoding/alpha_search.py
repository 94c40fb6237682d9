"""The penalty of each target, and grids that grow where the best lies at their edge.

Array layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.encoding.heldout import METRICS, Scores, best_index
from neurokit.encoding.ridge_core import MAX_BYTES, FoldedRidge, LoadedTargets
from neurokit.errors import OptionError, check_option

Array = NDArray[np.float64]

# A grid grows while the edge is better than its neighbour by this share. Where the penalty has not
# yet passed the typical eigenvalue any gain will do: scores are flat there, far from the optimum.
GAIN, ANY_GAIN = 1e-3, 1e-9
# Penalties tried at a time, and how far from the largest they may go.
AT_A_TIME = 3
HIGHEST, LOWEST = 10.0, 1e-10


@dataclass
class RidgeFit:
    """A ridge fit of many targets.

    Parameters
    ----------
    alphas : (n_alphas,) ndarray
        Penalties tried, increasing.
    scores : Scores
        (n_alphas, t), held out.
    best : (t,) ndarray
        Penalty of each target.
    coef : (p, t) ndarray
        Weights of all rows at that penalty.
    intercept : (t,) ndarray
        So that the prediction is X @ coef + intercept.
    at_edge : (t,) ndarray of int
        -1 where the best is the smallest penalty tried, 1 the largest, else 0.
    n_extended : int
        Targets for which the grid was extended.
    """

    alphas: Array
    scores: Scores
    best: Array
    coef: Array
    intercept: Array
    at_edge: NDArray[np.int64]
    n_extended: int


class Problem(Protocol):
    """What the search needs of folds."""

    @property
    def penalties(self) -> tuple[float, float]:
        """Penalties as large as the data in a typical and in any direction."""

    def load(self, Y: Any, max_bytes: float) -> Iterator[tuple[slice, LoadedTargets]]:
        """Yield targets in blocks."""

    def reduce(self, loaded: LoadedTargets, alphas: Array) -> Scores:
        """Return scores over penalties."""

    def coefficients_of(self, loaded: LoadedTargets, alpha: Array) -> tuple[Array, Array]:
        """Return weights and intercepts of all rows."""


def as_alphas(alphas: ArrayLike) -> Array:
    """Check penalties and return them increasing.

    Parameters
    ----------
    alphas : array_like or float
        One or more.

    Returns
    -------
    (n_alphas,) ndarray
        Unique.

    Raises
    ------
    OptionError
        If there is none, or one is not a positive finite number.
    """
    try:
        values = np.unique(np.asarray(alphas, dtype=np.float64))
    except (TypeError, ValueError):
        values = np.empty(0)
    if not values.size or not np.isfinite(values).all() or values[0] <= 0:
        raise OptionError(
            f"got {alphas!r}",
            where="alphas",
            mend="Give positive numbers, e.g. logspace(-1, 5, 7).",
        )
    return values


def further(
    alphas: Array, score: Array, penalties: tuple[float, float]
) -> tuple[Array, NDArray[np.bool_]]:
    """Return penalties beyond the edges at which targets are best and still gaining.

    Parameters
    ----------
    alphas : (n_alphas,) ndarray
        Increasing; a single one is never extended.
    score : (n_alphas, t) ndarray
        More is better.
    penalties : (typical, largest)
        As large as the data in a typical and in any direction; bounds follow from the latter.

    Returns
    -------
    penalties : ndarray
        To try next, none where no target asks.
    asking : (t,) ndarray of bool
        The targets that ask.
    """
    if len(alphas) < 2:
        return np.empty(0), np.zeros(score.shape[1], dtype=bool)
    best, last = best_index(score), len(alphas) - 1
    typical, largest = penalties
    scale = np.abs(score).max(axis=0)
    least_up = (ANY_GAIN if alphas[-1] < typical else GAIN) * scale
    least_down = (ANY_GAIN if alphas[0] > typical else GAIN) * scale
    up = (best == last) & (score[last] - score[last - 1] > least_up)
    down = (best == 0) & (score[0] - score[1] > least_down)
    steps = np.arange(1, AT_A_TIME + 1)
    above = alphas[-1] * (alphas[-1] / alphas[-2]) ** steps
    below = alphas[0] * (alphas[0] / alphas[1]) ** steps
    above, below = above[above <= HIGHEST * largest], below[below >= LOWEST * largest]
    wanted = np.concatenate([below if down.any() else [], above if up.any() else []])
    return wanted, (up & (above.size > 0)) | (down & (below.size > 0))


def ridge_cv(
    X: Any,
    Y: Any,
    alphas: ArrayLike,
    folds: Any,
    *,
    metric: str = "r2",
    extend_alphas: bool = False,
    per_target: bool = True,
    max_bytes: float = MAX_BYTES,
    **options: Any,
) -> RidgeFit:
    """Fit every target at the penalty that predicts it best on held-out rows.

    Parameters
    ----------
    X : (n, p) array_like
        Features.
    Y : (n, t) array_like
        Targets; Dask and Zarr arrays are streamed.
    alphas : array_like
        Penalties, in squared units of X.
    folds : iterable of (train, test)
        Row numbers.
    metric : {"r2", "r", "mse"}
        By which the penalty is chosen.
    extend_alphas : bool, default False
        Try further penalties while targets are best at an edge of the grid and still gain.
    per_target : bool, default True
        One penalty per target; else the one best on average.
    max_bytes : float
        Most bytes of a block of targets.
    **options
        Of `FoldedRidge`.

    Returns
    -------
    RidgeFit
        Scores, penalties and weights.

    Raises
    ------
    OptionError
        If penalties or options are not allowed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((100, 5))
    >>> Y = X[:, :2] + rng.standard_normal((100, 2))
    >>> rows = np.arange(100)
    >>> folds = [(rows[rows % 4 != k], rows[rows % 4 == k]) for k in range(4)]
    >>> ridge_cv(X, Y, [0.1, 10.0, 1000.0], folds).best
    array([10., 10.])
    """
    check_option("metric", metric, METRICS)
    folded = FoldedRidge(X, folds, **options)
    return fit_folded(
        folded,
        Y,
        as_alphas(alphas),
        metric=metric,
        extend_alphas=extend_alphas,
        per_target=per_target,
        max_bytes=max_bytes,
    )


def fit_folded(
    folded: Problem,
    Y: Any,
    alphas: Array,
    *,
    metric: str,
    extend_alphas: bool,
    per_target: bool,
    max_bytes: float,
) -> RidgeFit:
    """Choose penalties and fit all rows.

    Parameters
    ----------
    folded : Problem
        Features and folds.
    Y : (n, t) array_like
        Targets.
    alphas : (n_alphas,) ndarray
        From `as_alphas`.
    metric, extend_alphas, per_target, max_bytes : object
        As in `ridge_cv`.

    Returns
    -------
    RidgeFit
        Scores, penalties and weights.
    """
    passes = _Passes(folded, Y, max_bytes)
    found = passes.scores(alphas)
    extended = np.zeros(found.r.shape[1], dtype=bool)
    while extend_alphas:
        more, asking = further(alphas, _shared(found.get(metric), per_target), folded.penalties)
        if not more.size:
            break
        extended = extended | asking
        order = np.argsort(np.concatenate([alphas, more]))
        alphas = np.concatenate([alphas, more])[order]
        found = _stack(found, passes.scores(more), order)
    index = best_index(_shared(found.get(metric), per_target))
    index = np.broadcast_to(index, found.r.shape[1])
    coef, intercept = passes.coefficients(alphas[index])
    single = len(alphas) == 1
    edge = np.where(index == len(alphas) - 1, 1, 0) - np.where(index == 0, 1, 0)
    edge = np.zeros_like(edge) if single else edge
    n_extended = int(extended.sum())
    return RidgeFit(alphas, found, alphas[index], coef, intercept, edge, n_extended)


def _shared(score: Array, per_target: bool) -> Array:
    return score if per_target else score.mean(axis=1, keepdims=True)


def _stack(old: Scores, new: Scores, order: NDArray[np.int64]) -> Scores:
    parts = (np.vstack([getattr(old, m), getattr(new, m)])[order] for m in METRICS)
    return Scores(*parts)


def _width(Y: Any) -> int:
    return int(Y.shape[1])


class _Passes:
    """Goes over the targets as often as needed; reads them once if they are one block."""

    def __init__(self, folded: Problem, Y: Any, max_bytes: float) -> None:
        self.folded, self.Y, self.max_bytes = folded, Y, max_bytes
        self._kept: list[tuple[slice, LoadedTargets]] = []

    def __iter__(self) -> Iterator[tuple[slice, LoadedTargets]]:
        if self._kept:
            yield from self._kept
            return
        for columns, loaded in self.folded.load(self.Y, self.max_bytes):
            if columns.start == 0 and columns.stop == _width(self.Y):
                self._kept = [(columns, loaded)]
            yield columns, loaded

    def scores(self, alphas: Array) -> Scores:
        parts = [self.folded.reduce(loaded, alphas) for _, loaded in self]
        return Scores(*(np.hstack([getattr(s, m) for s in parts]) for m in METRICS))

    def coefficients(self, alpha: Array) -> tuple[Array, Array]:
        parts = [self.folded.coefficients_of(loaded, alpha[columns]) for columns, loaded in self]
        return np.hstack([c for c, _ in parts]), np.hstack([i for _, i in parts])
