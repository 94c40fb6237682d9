"""Geo-topological transforms of RDMs on plain arrays: ranks, clipped ranks, sigmoids of ranks.

r are the mid-ranks of one RDM, scaled to 0..1. RGTM(l, u) maps r below its l-quantile a to 0, above
its u-quantile b to 1 and the values between linearly: what is closer than a is one place, what
is farther than b is elsewhere. l = u is a graph, l = 0 with u = 1 the rank RDM.

Lin & Kriegeskorte (2024). doi:10.1073/pnas.2317881121, arXiv:2309.11028
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]


def scaled_ranks(rows: Array) -> Array:
    """Mid-ranks of each row's finite values, scaled to 0..1.

    Parameters
    ----------
    rows : (n, n_pairs) ndarray of float64
        RDMs; NaN stays NaN.

    Returns
    -------
    (n, n_pairs) ndarray of float64
        0 everywhere for a constant row.
    """
    ranks = rankdata(rows, axis=1, nan_policy="omit") if np.isnan(rows).any() else None
    values: Array = rankdata(rows, axis=1) if ranks is None else np.asarray(ranks)
    seen = np.isfinite(rows)
    low = np.where(seen, values, np.inf).min(axis=1, keepdims=True)
    high = np.where(seen, values, -np.inf).max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    return np.where(seen, (values - low) / spread, np.nan)


def quantiles(ranks: Array, levels: Sequence[float]) -> Array:
    """Quantiles of each row, linear between values, NaN left out.

    Parameters
    ----------
    ranks : (n, n_pairs) ndarray of float64
        As `scaled_ranks` gives them.
    levels : sequence of float
        0 to 1.

    Returns
    -------
    (n_levels, n) ndarray of float64
        NaN for a row without values.
    """
    if np.isfinite(ranks).all():
        return np.asarray(np.quantile(ranks, list(levels), axis=1), dtype=np.float64)
    out = np.full((len(levels), len(ranks)), np.nan)
    for k, row in enumerate(ranks):
        held = row[np.isfinite(row)]
        if held.size:
            out[:, k] = np.quantile(held, list(levels))
    return out


def clipped(ranks: Array, low: Array, high: Array) -> Array:
    """0 below `low`, 1 above `high`, linear between; a step where they meet: 1 above.

    Parameters
    ----------
    ranks : (n, n_pairs) ndarray of float64
        Scaled ranks.
    low, high : (n,) ndarray of float64
        Of each row.

    Returns
    -------
    (n, n_pairs) ndarray of float64
        New values.
    """
    a, b = low[:, None], high[:, None]
    width = b - a
    # A line this steep is a step; its slope could overflow.
    step = width <= np.finfo(np.float64).eps
    line = (ranks - a) / np.where(step, 1.0, width)
    inside = np.where(step, (ranks > a).astype(np.float64), np.clip(line, 0.0, 1.0))
    return np.where(np.isfinite(ranks), inside, np.nan)


def rgtm(rows: Array, lower: float, upper: float) -> Array:
    """RGTM(l, u) of each row.

    Parameters
    ----------
    rows : (n, n_pairs) ndarray of float64
        RDMs.
    lower, upper : float
        0 <= lower <= upper <= 1.

    Returns
    -------
    (n, n_pairs) ndarray of float64
        0 to 1.
    """
    ranks = scaled_ranks(rows)
    low, high = quantiles(ranks, [lower, upper])
    return clipped(ranks, low, high)


def sigmoid_of_ranks(rows: Array, steepness: float, midpoint: float) -> Array:
    """1 / (1 + exp(-steepness (r - midpoint))) of each row's scaled ranks.

    Parameters
    ----------
    rows : (n, n_pairs) ndarray of float64
        RDMs.
    steepness, midpoint : float
        alpha and beta.

    Returns
    -------
    (n, n_pairs) ndarray of float64
        0 to 1.
    """
    from scipy.special import expit

    return np.asarray(expit(steepness * (scaled_ranks(rows) - midpoint)), dtype=np.float64)


def cells(step: float, *, diagonal: bool = False) -> list[tuple[float, float]]:
    """Pairs (lower, upper) of a grid over 0 <= lower < upper <= 1.

    Parameters
    ----------
    step : float
        Distance of the grid's lines; 1 / step must be whole.
    diagonal : bool, default False
        Also lower = upper, without the corners where nothing or everything is a neighbour.

    Returns
    -------
    list of (float, float)
        210 cells for a step of .05.

    Examples
    --------
    >>> cells(0.5)
    [(0.0, 0.5), (0.0, 1.0), (0.5, 1.0)]
    """
    n = round(1.0 / step)
    lines = [k / n for k in range(n + 1)]
    inner = {lines[0], lines[-1]}
    return [
        (low, high)
        for k, low in enumerate(lines)
        for high in lines[k:]
        if high > low or (diagonal and low not in inner)
    ]
