"""RDMs of unbalanced data: similarities of all pairs of observations, averaged by condition.

K_ij = mean over pairs of observations (a of i, b of j, of different folds) of x_a' W x_b per
channel; d_ij = K_ii + K_jj - 2 K_ij. Conditions may have any number of observations in any
fold; channels missing in either observation are left out of that pair.

Without folds an observation pairs with itself (with half the weight of a pair of two, which
counts twice in a symmetric table), so that the mean of conditions is compared, noise and all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.rdm_core import whiten

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def similarities(rows: Array, kind: str, covariance: Array | None = None) -> tuple[Array, Array]:
    """Similarity of all pairs of observations, and the number of channels that it sums.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        Observations; NaN where a channel is missing. Of kind "poisson" rates above 0.
    kind : {"product", "correlation", "cosine", "poisson"}
        x_a' W x_b; p/2 times the correlation or cosine; -(x_a - x_b)'(log x_a - log x_b) / 2.
    covariance : (p, p) or (p,) ndarray of float64, optional
        Noise, of kind "product"; then NaN is not allowed.

    Returns
    -------
    total, count : (n, n) ndarray of float64
        Sums over shared channels, and how many there are.
    """
    seen = np.isfinite(rows)
    m = seen.astype(np.float64)
    count = m @ m.T
    if covariance is not None:
        white = whiten(rows, covariance)
        return white @ white.T, count
    x = np.where(seen, rows, 0.0)
    if kind == "product":
        return x @ x.T, count
    if kind == "poisson":
        logs = np.where(seen, np.log(np.where(seen, rows, 1.0)), 0.0)
        own = (x * logs) @ m.T
        cross = x @ logs.T
        return -(own + own.T - cross - cross.T) / 2.0, count
    return _directions(x, m, count, centre=kind == "correlation"), count


def _directions(x: Array, m: Array, count: Array, *, centre: bool) -> Array:
    cross, squares = x @ x.T, (x * x) @ m.T
    if centre:
        sums = x @ m.T
        shared = np.maximum(count, 1.0)
        cross = cross - sums * sums.T / shared
        squares = squares - sums**2 / shared
    product = squares * squares.T
    return cross / np.sqrt(np.where(product > 0, product, np.nan)) * count / 2.0


def unbalanced(
    total: Array,
    count: Array,
    condition: Index,
    fold: Index | None,
    n_conditions: int,
    weighting: str,
) -> Array:
    """Average similarities by condition and turn them into distances.

    Parameters
    ----------
    total, count : (n, n) ndarray of float64
        As `similarities` gives them.
    condition : (n,) ndarray of int
        Condition of each observation.
    fold : (n,) ndarray of int, optional
        Observations of one fold do not pair; default: all pair, also with themselves.
    n_conditions : int
        Number of conditions.
    weighting : {"number", "equal"}
        Whether a pair of observations counts by its channels or as one.

    Returns
    -------
    (n_pairs,) ndarray of float64
        NaN where no pair of observations tells.
    """
    allowed = count > 0
    if fold is not None:
        allowed &= fold[:, None] != fold
    weight = np.where(allowed, count if weighting == "number" else 1.0, 0.0)
    per_channel = np.where(allowed, total / np.where(count > 0, count, 1.0), 0.0)
    # A pair that cannot be told (a flat pattern) takes its weight along.
    unknown = np.isnan(per_channel)
    weight[unknown], per_channel[unknown] = 0.0, 0.0
    member = np.zeros((len(condition), n_conditions))
    member[np.arange(len(condition)), condition] = 1.0
    value = member.T @ (weight * per_channel) @ member
    mass = member.T @ weight @ member
    kernel = value / np.where(mass > 0, mass, np.nan)
    own = np.diag(kernel)
    i, j = np.triu_indices(n_conditions, 1)
    return np.asarray(own[i] + own[j] - 2.0 * kernel[i, j], dtype=np.float64)
