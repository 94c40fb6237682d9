"""Centre and spread of series in float64, over a whole record or over its past only.

The running form is Welford's recursion (1962, doi:10.1080/00401706.1962.10490022), which loses no
digits where the mean is large against the spread.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NORMAL_MAD = 1.482602218505602
"""Standard deviation of a normal variable over its median absolute deviation."""


def zscore_rows(rows: Array) -> Array:
    """(x - mean) / sd of each row's observed samples (sd over n); NaN where a row is constant."""
    return _standardise(rows, _mean_and_sd)


def robust_rows(rows: Array) -> Array:
    """(x - median) / (1.4826 MAD) of each row's observed samples; NaN where the MAD is zero."""
    return _standardise(rows, _median_and_mad)


def _standardise(rows: Array, measure: Callable[[Array], tuple[float, float]]) -> Array:
    result = np.full_like(rows, np.nan)
    for row, target in zip(rows, result, strict=True):
        observed = row[~np.isnan(row)]
        # Rounding gives a constant a spread of 1e-17, so it is known by its extremes.
        if observed.size and observed.min() < observed.max():
            centre, spread = measure(observed)
            if spread > 0:
                target[:] = (row - centre) / spread
    return result


def _mean_and_sd(values: Array) -> tuple[float, float]:
    return float(values.mean()), float(values.std())


def _median_and_mad(values: Array) -> tuple[float, float]:
    centre = float(np.median(values))
    return centre, NORMAL_MAD * float(np.median(np.abs(values - centre)))


@njit(cache=True, nogil=True)
def running_zscore_rows(rows: Array, ready: Mask) -> Array:
    """(x - mean so far) / (sd so far), the present sample included.

    NaN where `ready` (time) is false, where a sample was not observed, and while the past is
    constant. `rows` is (series, time).
    """
    result = np.full(rows.shape, np.nan)
    for series in range(rows.shape[0]):
        count, mean, squares = 0, 0.0, 0.0
        for t in range(rows.shape[1]):
            value = rows[series, t]
            if np.isnan(value):
                continue
            count += 1
            step = value - mean
            mean += step / count
            squares += step * (value - mean)
            if ready[t] and squares > 0.0:
                result[series, t] = (value - mean) / np.sqrt(squares / count)
    return result
