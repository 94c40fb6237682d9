"""Ridge written out: explicit refits, one fold and penalty after the other.

Least squares on rows with sqrt(alpha) I below them, by QR; shares no code with the ridge core.
Constant targets score 0, as in himalaya.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def correlation(prediction: Array, truth: Array) -> Array:
    """Pearson r of each column."""
    found = np.zeros(truth.shape[1])
    for j in range(truth.shape[1]):
        if np.ptp(truth[:, j]) > 1e-9 * (1 + np.abs(truth[:, j]).max()):
            found[j] = np.corrcoef(prediction[:, j], truth[:, j])[0, 1]
    return found


def r_squared(prediction: Array, truth: Array) -> Array:
    """1 - SSE / SST of each column."""
    found = np.zeros(truth.shape[1])
    for j in range(truth.shape[1]):
        if np.ptp(truth[:, j]) > 1e-9 * (1 + np.abs(truth[:, j]).max()):
            residual = np.sum((truth[:, j] - prediction[:, j]) ** 2)
            found[j] = 1 - residual / np.sum((truth[:, j] - truth[:, j].mean()) ** 2)
    return found


def scaling(x: Array, standardize: bool) -> tuple[Array, Array]:
    """Mean and spread of training rows, or neither."""
    if not standardize:
        return np.zeros(x.shape[1]), np.ones(x.shape[1])
    spread = x.std(axis=0)
    return x.mean(axis=0), np.where(spread > 1e-12, spread, 1.0)


def ridge(x: Array, y: Array, alpha: float) -> tuple[Array, Array]:
    """Weights and intercepts, the intercept free."""
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    p = x.shape[1]
    q, r = np.linalg.qr(np.vstack([x - mean_x, np.sqrt(alpha) * np.eye(p)]))
    coef = np.linalg.solve(r, q[: len(x)].T @ (y - mean_y))
    return coef, mean_y - mean_x @ coef


def fit_predict(x: Array, y: Array, new: Array, alpha: float, standardize: bool = False) -> Array:
    """Fit some rows and predict others."""
    mean, spread = scaling(x, standardize)
    coef, intercept = ridge((x - mean) / spread, y, alpha)
    return np.asarray((new - mean) / spread @ coef + intercept)


def fold_scores(
    x: Array, y: Array, alphas: Sequence[float], folds: Iterable[Any], standardize: bool = False
) -> dict[str, Array]:
    """Mean over folds of r, r2 and mse, (n_alphas, t)."""
    total = {name: np.zeros((len(alphas), y.shape[1])) for name in ("r", "r2", "mse")}
    folds = list(folds)
    for train, test in folds:
        for a, alpha in enumerate(alphas):
            p = fit_predict(x[train], y[train], x[test], alpha, standardize)
            total["r"][a] += correlation(p, y[test])
            total["r2"][a] += r_squared(p, y[test])
            total["mse"][a] += np.mean((p - y[test]) ** 2, axis=0)
    return {name: value / len(folds) for name, value in total.items()}


def held_out(
    x: Array, y: Array, alpha: float, folds: Iterable[Any], standardize: bool = False
) -> Array:
    """Predictions of every row by the fold that tests it."""
    found = np.full(y.shape, np.nan)
    for train, test in folds:
        found[test] = fit_predict(x[train], y[train], x[test], alpha, standardize)
    return found


def coefficients(
    x: Array, y: Array, alpha: float, standardize: bool = False
) -> tuple[Array, Array]:
    """Weights and intercepts of all rows."""
    mean, spread = scaling(x, standardize)
    coef, intercept = ridge((x - mean) / spread, y, alpha)
    coef = coef / spread[:, None]
    return coef, intercept - mean @ coef


def problem(n: int, p: int, t: int = 6, seed: int = 0, noise: float = 3.0) -> tuple[Array, Array]:
    """Random features, one of them twice and one constant, and targets, the last one constant."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p))
    if p > 4:
        x[:, 3], x[:, 4] = x[:, 2], 3.7
    y = x @ rng.standard_normal((p, t)) + noise * rng.standard_normal((n, t))
    y[:, -1] = 2.5
    return x, y
