"""Counts of events in bins of equal width: whole-number arithmetic on arrays.

Bin k is [start + k width, start + (k + 1) width): its left edge belongs to it, its right edge to
the next. A time that lies less than `ON_AN_EDGE` of a bin below an edge is on the edge, because
decimal times such as 0.3 are not exact in binary.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ON_AN_EDGE = 1e-6


def bin_index(times: Times, start: float, width: float) -> Index:
    """Number of the bin that each time lies in; negative before `start`."""
    return np.floor((times - start) / width + ON_AN_EDGE).astype(np.int64)


def whole_bins(start: float, stop: float, width: float) -> int:
    """How many whole bins lie between `start` and `stop`."""
    return max(0, int(np.floor((stop - start) / width + ON_AN_EDGE)))


def bins_to_cover(start: float, stop: float, width: float) -> int:
    """How many bins it takes from `start` to reach `stop`."""
    return max(0, int(np.ceil((stop - start) / width - ON_AN_EDGE)))


def count_times(
    times: Times, start: float, width: float, n_bins: int, trial: Index, n_trials: int
) -> Index:
    """Counts (trial, bin) of times; those outside every bin are not counted."""
    bins = bin_index(times, start, width)
    inside = (bins >= 0) & (bins < n_bins)
    flat = trial[inside] * n_bins + bins[inside]
    return np.bincount(flat, minlength=n_trials * n_bins).reshape(n_trials, n_bins)


def observed_bins(begin: Times, end: Times, start: float, width: float, n_bins: int) -> Mask:
    """Which bins lie wholly within the union of the intervals [begin, end)."""
    observed = np.zeros(n_bins, dtype=bool)
    for first, last in _union(begin, end, width):
        low = int(np.ceil((first - start) / width - ON_AN_EDGE))
        high = int(np.floor((last - start) / width + ON_AN_EDGE))
        observed[max(low, 0) : max(high, 0)] = True
    return observed


def _union(begin: Times, end: Times, width: float) -> list[tuple[float, float]]:
    """Intervals in order, those that touch made one, so that a bin may span two of them."""
    joined: list[tuple[float, float]] = []
    for first, last in sorted(zip(begin.tolist(), end.tolist(), strict=True)):
        if joined and first <= joined[-1][1] + ON_AN_EDGE * width:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
