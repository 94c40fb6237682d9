"""Resampling as linear operators: every row sums to one and leaves a ramp on its line.

An output is labelled with the centre of what it averaged. `sinc_rows` serves regular series
(Kaiser-windowed sinc, as scipy.signal.resample_poly), `area_operator` irregular ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from neurokit.signal.gaps import extend, extend_time, fill_gaps

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

ZERO_CROSSINGS = 10
"""Half length of the low-pass in samples of the slower rate; with BETA as resample_poly has it."""

BETA = 5.0
ON_A_SAMPLE = 1e-7
"""Positions nearer to a sample than this (in samples) are that sample."""

OUTPUTS_PER_BLOCK = 8192


def grid(first: float, last: float, rate: float, anchor: float) -> Array:
    """Times anchor + k / rate, k whole, from `first` to `last` (s); never beyond either."""
    slack = 1e-6
    begin = int(np.ceil((first - anchor) * rate - slack))
    end = int(np.floor((last - anchor) * rate + slack))
    return anchor + np.arange(begin, end + 1) / rate


def with_gaps(
    rows: Array, time: Array, transform: Callable[[Array], Array], min_observed: float
) -> Array:
    """Apply a linear `transform` to rows with NaN.

    An output is NaN where the observed samples hold less than `min_observed` of its weight.
    """
    observed = ~np.isnan(rows)
    if observed.all():
        return transform(rows)
    values = transform(fill_gaps(rows, time))
    share = transform(observed.astype(np.float64))
    return np.where(share >= min_observed - 1e-9, values, np.nan)


def sinc_rows(rows: Array, position: Array, ratio: float) -> Array:
    """Low-passed rows read at `position` (in samples, ascending); `ratio` is new over old rate.

    y(p) = sum_i h(p - i) x[i], h(u) = c sinc(c u) kaiser(c u / 10), c = min(1, ratio).
    """
    cutoff = min(1.0, ratio)
    reach = int(np.ceil(ZERO_CROSSINGS / cutoff))
    padded = extend(rows, reach, reach)
    result = np.empty((rows.shape[0], position.size))
    for begin in range(0, position.size, OUTPUTS_PER_BLOCK):
        block = slice(begin, begin + OUTPUTS_PER_BLOCK)
        first, weights = sinc_weights(position[block], cutoff)
        result[:, block] = _apply_taps(padded, first + reach, weights)
    return result


def sinc_weights(position: Array, cutoff: float) -> tuple[Index, Array]:
    """First tap (index of a sample, may be negative) and weights (output, tap) of each position."""
    nearest = np.rint(position)
    position = np.where(np.abs(position - nearest) < ON_A_SAMPLE, nearest, position)
    whole = np.floor(position)
    # Rates in a simple ratio meet samples at a few phases only.
    phase, which = np.unique(np.round(position - whole, 9), return_inverse=True)
    reach = int(np.ceil(ZERO_CROSSINGS / cutoff))
    lag = phase[:, None] - np.arange(1 - reach, reach + 1)
    return whole.astype(np.int64) + 1 - reach, _kaiser_sinc(lag, cutoff)[which]


def _kaiser_sinc(lag: Array, cutoff: float) -> Array:
    half = ZERO_CROSSINGS / cutoff
    window = special.i0(BETA * np.sqrt(np.clip(1 - (lag / half) ** 2, 0, None))) / special.i0(BETA)
    window[np.abs(lag) > half] = 0.0
    weights = np.sinc(cutoff * lag) * window
    weights[np.abs(weights) < 1e-15] = 0.0  # sin(pi k) is not quite zero in floating point
    return _true_to_lines(weights, lag, window)


def _true_to_lines(weights: Array, lag: Array, window: Array) -> Array:
    # sum w = 1 by division, sum w lag = 0 by adding (a + b lag) window: the sampled sinc misses
    # both by about 1e-4, which would lift a ramp off its line.
    weights = weights / weights.sum(axis=1, keepdims=True)
    g0, g1, g2 = (np.sum(window * lag**power, axis=1) for power in range(3))
    tilt = np.sum(weights * lag, axis=1) / (g1 * g1 - g0 * g2)
    return np.asarray(weights + (g0 * tilt)[:, None] * lag * window - (g1 * tilt)[:, None] * window)


def _apply_taps(padded: Array, first: Index, weights: Array) -> Array:
    n_outputs, n_taps = weights.shape
    lower, upper = int(first[0]), int(first[-1]) + n_taps
    columns = (first[:, None] - lower + np.arange(n_taps)).ravel()
    pointers = np.arange(0, n_outputs * n_taps + 1, n_taps)
    shape = (n_outputs, upper - lower)
    operator = sparse.csr_array((weights.ravel(), columns, pointers), shape=shape)
    return apply_operator(operator, padded[:, lower:upper])


def apply_operator(operator: sparse.csr_array, rows: Array) -> Array:
    """Operator (output, time) on rows (series, time)."""
    return np.ascontiguousarray((operator @ rows.T).T)


def interpolation_operator(time: Array, centres: Array) -> sparse.csr_array:
    """Straight lines between neighbours, read at `centres`, which lie within `time`."""
    if time.size == 1:
        return sparse.csr_array(np.ones((centres.size, 1)))
    left = np.clip(np.searchsorted(time, centres, side="right") - 1, 0, time.size - 2)
    share = np.clip((centres - time[left]) / (time[left + 1] - time[left]), 0.0, 1.0)
    output = np.arange(centres.size)
    return _collect(output, left, 1 - share, share, (centres.size, time.size))


def area_operator(time: Array, centres: Array, width: float) -> sparse.csr_array:
    """Mean over [c - width/2, c + width/2] of the straight lines between neighbours.

    The interval must lie within `time` (see `area_rows`, which mirrors the ends).
    """
    lower, upper = centres - width / 2, centres + width / 2
    first = np.clip(np.searchsorted(time, lower, side="right") - 1, 0, time.size - 2)
    last = np.clip(np.searchsorted(time, upper, side="left") - 1, first, time.size - 2)
    n_segments = last - first + 1
    output = np.repeat(np.arange(centres.size), n_segments)
    within = np.arange(output.size) - np.repeat(np.cumsum(n_segments) - n_segments, n_segments)
    segment = first[output] + within
    begin = np.maximum(time[segment], lower[output])
    end = np.minimum(time[segment + 1], upper[output])
    share = ((begin + end) / 2 - time[segment]) / (time[segment + 1] - time[segment])
    weight = (end - begin) / width
    shape = (centres.size, time.size)
    return _collect(output, segment, weight * (1 - share), weight * share, shape)


def _collect(
    output: Index,
    left: Index,
    on_left: Array,
    on_right: Array,
    shape: tuple[int, int],
) -> sparse.csr_array:
    values = np.concatenate([on_left, on_right])
    index = (np.concatenate([output, output]), np.concatenate([left, left + 1]))
    return sparse.csr_array(sparse.coo_array((values, index), shape=shape))


def area_rows(rows: Array, time: Array, centres: Array, width: float) -> Array:
    """Area average of rows on any increasing time axis; the ends are mirrored oddly."""
    if time.size == 1:
        return np.repeat(rows, centres.size, axis=-1)
    # A record shorter than half an interval can only be mirrored once.
    width = min(width, 2 * float(time[-1] - time[0]))
    n_before = int(np.searchsorted(time, time[0] + width / 2, side="left"))
    n_after = time.size - 1 - int(np.searchsorted(time, time[-1] - width / 2, side="right") - 1)
    n_before, n_after = min(n_before, time.size - 1), min(n_after, time.size - 1)
    operator = area_operator(extend_time(time, n_before, n_after), centres, width)
    return apply_operator(operator, extend(rows, n_before, n_after))


def interpolated_rows(rows: Array, time: Array, centres: Array) -> Array:
    """Rows read at `centres` along straight lines between neighbours."""
    return apply_operator(interpolation_operator(time, centres), rows)
