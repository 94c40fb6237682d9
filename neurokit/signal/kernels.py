"""Gaussian weights over a regular series that know its edges and its gaps.

A smoothed value is the mean, a derivative the slope of the straight line, fitted to the observed
neighbours under a Gaussian weight: exact at edges and gaps without padding
(Fan & Gijbels 1996, Local Polynomial Modelling, doi:10.1201/9780203748725).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy import signal as scipy_signal

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

REACH = 4.0
"""Where the Gaussian is cut off, in standard deviations (the tails beyond hold 6e-5)."""

NARROWEST_SLOPE = 0.25
"""Standard deviation in samples below which a slope is the central difference."""

LONGEST_DIRECT = 65
"""Kernels of more samples than this are cheaper through the FFT."""


def gaussian(sigma: float, *, causal: bool = False) -> tuple[Array, Array]:
    """Lags -h..h in samples and their weights exp(-lag^2 / 2 sigma^2); causal: zero at lags > 0."""
    reach = int(np.ceil(REACH * sigma))
    lags = np.arange(-reach, reach + 1, dtype=np.float64)
    weights = np.exp(-0.5 * (lags / sigma) ** 2)
    # Below this ndimage takes a lopsided kernel for a symmetric one.
    weights[weights < 1e-12] = 0.0
    if causal:
        weights[lags > 0] = 0.0
    return lags, weights


def correlate(rows: Array, weights: Array) -> Array:
    """y[t] = sum over lags of weights[lag] x[t + lag], nothing beyond the ends of a row."""
    if weights.size <= LONGEST_DIRECT:
        return np.asarray(ndimage.correlate1d(rows, weights, axis=-1, mode="constant", cval=0.0))
    reach = weights.size // 2
    kept = slice(reach, reach + rows.shape[-1])
    # One row at a time: a batched FFT may round by batch size, and blocks must not show.
    convolved = [scipy_signal.oaconvolve(row, weights[::-1], mode="full")[kept] for row in rows]
    return np.stack(convolved) if convolved else rows.copy()


def smooth_rows(rows: Array, sigma: float, *, causal: bool = False) -> Array:
    """Weighted mean of the observed neighbours: sum w m x / sum w m.

    NaN stays where it was and spreads nowhere. `rows` is (series, time), `sigma` in samples.
    """
    _, weights = gaussian(sigma, causal=causal)
    deviation, reference, observed = _from_reference(rows)
    total = _per_mask(observed, weights)
    return np.where(observed, reference + correlate(deviation, weights) / total, np.nan)


def slope_rows(rows: Array, sigma: float) -> Array:
    """Slope per sample of the weighted straight line through the observed neighbours.

    slope = (T1 - S1 T0 / S0) / (S2 - S1^2 / S0), Sj = sum w m lag^j, Tj = sum w m lag^j x;
    away from edges and gaps this is the derivative-of-Gaussian filter. NaN stays where it was, and
    stands where no second sample is within reach.
    """
    # Below a quarter of a sample this is the central difference, which weights of zero would lose.
    lags, weights = gaussian(max(sigma, NARROWEST_SLOPE))
    deviation, _, observed = _from_reference(rows)
    s0, s1, s2 = (_per_mask(observed, weights * lags**power) for power in range(3))
    t0, t1 = (correlate(deviation, weights * lags**power) for power in range(2))
    known = observed & (_n_within(observed, lags.size // 2) > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (t1 - s1 * t0 / s0) / (s2 - s1 * s1 / s0)
    return np.where(known, slope, np.nan)


def _from_reference(rows: Array) -> tuple[Array, Array, Mask]:
    # Taken from the first observed value, a large offset costs no digits and a constant is exact.
    observed = ~np.isnan(rows)
    first = observed.argmax(axis=-1)[:, None]
    reference = np.take_along_axis(rows, first, axis=-1)
    return np.where(observed, rows - reference, 0.0), reference, observed


def _per_mask(observed: Mask, weights: Array) -> Array:
    if observed.all():
        return correlate(np.ones((1, observed.shape[-1])), weights)
    # Where nothing is observed the sum is not used; one keeps the division silent.
    return np.where(observed, correlate(observed.astype(np.float64), weights), 1.0)


def _n_within(observed: Mask, reach: int) -> npt.NDArray[np.int64]:
    n_times = observed.shape[-1]
    so_far = np.cumsum(np.pad(observed, ((0, 0), (1, 0))), axis=-1)
    index = np.arange(n_times)
    upper, lower = np.minimum(index + reach + 1, n_times), np.maximum(index - reach, 0)
    return np.asarray(so_far[:, upper] - so_far[:, lower], dtype=np.int64)
