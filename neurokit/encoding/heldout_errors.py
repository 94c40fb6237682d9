"""Squared errors of held-out predictions by models whose penalty never saw what they predict.

Array layer behind the comparisons: nested ridge for one set of features after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.alpha_search import as_alphas
from neurokit.encoding.folds import Fold
from neurokit.encoding.gram_folds import ROUNDING
from neurokit.encoding.nested import NestedFit, NestedRidge

Array = NDArray[np.float64]

# Features are z-scored, so that one grid serves any scale.
DEFAULT_ALPHAS = tuple(float(a) for a in np.logspace(-1, 5, 7))


def nested_fit(
    x: Array,
    y: Array,
    outer: Sequence[Fold],
    inner: Sequence[Sequence[Fold]],
    alphas: Sequence[float] | Array,
) -> NestedFit:
    """Predict every sample with penalties chosen inside its training set, features z-scored.

    Parameters
    ----------
    x : (n, p) ndarray
        Features.
    y : (n, t) ndarray
        Targets.
    outer, inner : sequences of folds
        As of `outer_folds` and `inner_folds`.
    alphas : sequence of float
        Penalties.

    Returns
    -------
    NestedFit
        Predictions and penalties.
    """
    return NestedRidge(x, outer, inner, standardize=True).predict(y, as_alphas(alphas))


def squared_errors(fit: NestedFit, y: Array) -> Array:
    """Squared errors of predictions, NaN where no fold tests.

    Parameters
    ----------
    fit : NestedFit
        Predictions.
    y : (n, t) ndarray
        Truth.

    Returns
    -------
    (n, t) ndarray
        Squared units of y.
    """
    return np.asarray((y - fit.prediction) ** 2)


def tested_variance(errors: Array, y: Array) -> Array:
    """Variance of every target over the samples that some fold tests.

    Parameters
    ----------
    errors : (n, t) ndarray
        NaN where no fold tests.
    y : (n, t) ndarray
        Truth.

    Returns
    -------
    (t,) ndarray
        What mean errors of these samples are divided by; NaN for a target that never changes.
    """
    variance = y[np.isfinite(errors).all(axis=1)].var(axis=0)
    return np.where(variance > 0, variance, np.nan)


def r2_by_fold(fit: NestedFit, y: Array, outer: Sequence[Fold]) -> Array:
    """1 - sum of squared errors / sum of squares about the test fold's mean, over all folds.

    Parameters
    ----------
    fit : NestedFit
        Predictions.
    y : (n, t) ndarray
        Truth.
    outer : sequence of folds
        As fitted.

    Returns
    -------
    (t,) ndarray
        0 for a target that is constant.
    """
    error, total = np.zeros(y.shape[1]), np.zeros(y.shape[1])
    for _, test in outer:
        error += ((y[test] - fit.prediction[test]) ** 2).sum(axis=0)
        total += ((y[test] - y[test].mean(axis=0)) ** 2).sum(axis=0)
    # The mean of equal numbers is not always that number.
    varies = total > len(y) * (ROUNDING * y.mean(axis=0)) ** 2
    return np.where(varies, 1 - error / np.where(varies, total, 1.0), 0.0)
