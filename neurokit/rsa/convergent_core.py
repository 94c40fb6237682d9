"""Partners, sparse predictors and clusters of units of two networks, on plain arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from neurokit.rsa.lasso import lasso_path
from neurokit.rsa.response_pairs import unit_correlations

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Partners = Callable[[Array], Index]

_TOLERANCE, _MOST_SWEEPS = 1e-6, 2000


def one_to_one(correlation: Array) -> Index:
    """Partner of every row so that none is used twice and the sum is largest.

    Parameters
    ----------
    correlation : (p, q) ndarray of float64
        Any finite values.

    Returns
    -------
    (p,) ndarray of int
        -1 where none is left.
    """
    match = np.full(len(correlation), -1)
    rows, columns = linear_sum_assignment(-correlation)
    match[rows] = columns
    return match


def best_partners(correlation: Array) -> Index:
    """Partner of every row with the largest value, used as often as it fits.

    Parameters
    ----------
    correlation : (p, q) ndarray of float64
        Any finite values.

    Returns
    -------
    (p,) ndarray of int
        The first of equals.
    """
    return np.asarray(correlation.argmax(axis=1), dtype=np.int64)


def held_out_correlations(
    a: Array, b: Array, partners: Partners, halves: tuple[Index, Index]
) -> Array:
    """Correlation with the partner that the other half of the conditions chose, mean of both ways.

    Parameters
    ----------
    a, b : (n, p), (n, q) ndarray of float64
        Responses.
    partners : callable
        `one_to_one` or `best_partners`.
    halves : pair of (n_half,) ndarray of int
        Rows.

    Returns
    -------
    (p,) ndarray of float64
        NaN where a unit had no partner in either half.
    """
    tables = [
        unit_correlations(*(z[rows] - z[rows].mean(axis=0) for z in (a, b))) for rows in halves
    ]
    found = np.full((2, a.shape[1]), np.nan)
    for k in range(2):
        match = partners(tables[k])
        held = match >= 0
        found[k, held] = tables[1 - k][held, match[held]]
    n_found = np.isfinite(found).sum(axis=0)
    return np.asarray(np.nansum(found, axis=0) / np.where(n_found > 0, n_found, np.nan))


def held_out_prediction(
    x: Array, y: Array, shares: Array, fold: Index
) -> tuple[Array, Array, Array]:
    """Lasso of every column of `y` on `x` for a path of penalties, judged on folds left out.

    Parameters
    ----------
    x, y : (n, p), (n, q) ndarray of float64
        Predictors and targets.
    shares : (n_shares,) ndarray of float64
        Penalties from large to small, as shares of the one that leaves no predictor.
    fold : (n,) ndarray of int
        Fold of every row.

    Returns
    -------
    r2 : (n_shares, q) ndarray of float64
        1 - squared error / squared distance to the mean of the training rows.
    n_predictors : (n_shares, q) ndarray of float64
        Mean over folds.
    single_r2 : (q,) ndarray of float64
        Of the one matched predictor.
    """
    shape = len(shares), y.shape[1]
    error, used = np.zeros(shape), np.zeros(shape)
    base, single = np.zeros(shape[1]), np.zeros(shape[1])
    folds = np.unique(fold)
    for k in folds:
        train, test = fold != k, fold == k
        (a, a_test), (b, b_test) = (_standardised(z[train], z[test]) for z in (x, y))
        gram, products = a.T @ a / len(a), a.T @ b / len(a)
        for j in range(shape[1]):
            c = np.ascontiguousarray(products[:, j])
            weights = lasso_path(gram, c, shares * np.abs(c).max(), _TOLERANCE, _MOST_SWEEPS)
            error[:, j] += ((b_test[:, [j]] - a_test @ weights.T) ** 2).sum(axis=0)
            used[:, j] += (weights != 0).sum(axis=1) / len(folds)
        # Standardised columns: the product is the correlation and the slope of one predictor.
        match = one_to_one(products.T)
        slope = np.where(match >= 0, products[match, np.arange(shape[1])], np.nan)
        single += ((b_test - a_test[:, match] * slope) ** 2).sum(axis=0)
        base += (b_test**2).sum(axis=0)
    base = np.where(y.any(axis=0) & (base > 0), base, np.nan)
    return 1.0 - error / base, used, 1.0 - single / base


def _standardised(train: Array, test: Array) -> tuple[Array, Array]:
    mean = train.mean(axis=0)
    flat = (train == train[:1]).all(axis=0)
    spread = np.where(flat, np.inf, train.std(axis=0))
    # What never varied in training predicts nothing; as a target it keeps its own scale.
    return (train - mean) / spread, (test - mean) / np.where(flat, 1.0, spread)


def spectral_clusters(units: Array, n_clusters: int, rng: np.random.Generator) -> Index:
    """Clusters of the graph with edges |correlation|: k-means on rows of its leading eigenvectors.

    Parameters
    ----------
    units : (n, m) ndarray of float64
        Columns of mean 0.
    n_clusters : int
        At most the number of columns that vary.
    rng : numpy Generator
        Of the starts of k-means.

    Returns
    -------
    (m,) ndarray of int
        Numbered by their first unit; -1 for a unit that never varies.
    """
    from sklearn.cluster import KMeans

    alive = np.flatnonzero(units.any(axis=0))
    weight = np.abs(unit_correlations(units[:, alive], units[:, alive]))
    np.fill_diagonal(weight, 0.0)
    degree = weight.sum(axis=1)
    root = 1.0 / np.sqrt(np.where(degree > 0, degree, 1.0))
    _, vector = np.linalg.eigh(weight * root[:, None] * root)
    leading = vector[:, -n_clusters:]
    length = np.linalg.norm(leading, axis=1, keepdims=True)
    rows = leading / np.where(length > 0, length, 1.0)
    seed = int(rng.integers(2**31))
    found = KMeans(n_clusters, n_init=10, random_state=seed).fit_predict(rows)
    label = np.full(units.shape[1], -1)
    _, first, inverse = np.unique(found, return_index=True, return_inverse=True)
    label[alive] = np.argsort(np.argsort(first))[inverse]
    return label


def mixing(label: Index, n_first: int) -> float:
    """Sum over clusters of the smaller of the shares of units that both sides have in it.

    Parameters
    ----------
    label : (m,) ndarray of int
        Clusters of the units of both sides; -1 does not count.
    n_first : int
        How many of them belong to the first side.

    Returns
    -------
    float
        0 to 1.
    """
    clusters = np.arange(label.max(initial=0) + 1)
    sides = [label[:n_first], label[n_first:]]
    counts = [np.array([(side == k).sum() for k in clusters], dtype=float) for side in sides]
    one, two = (c / max(c.sum(), 1.0) for c in counts)
    return float(np.minimum(one, two).sum())
