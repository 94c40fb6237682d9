"""Long trials cut into windows that a network reads, and results of windows joined again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Of a window, what it shares with its neighbour: one part in so many.
_OVERLAP = 5


def cut(offsets: Index, window: int, *, overlapping: bool) -> tuple[Index, Index]:
    """Cut trials that are longer than a window.

    Windows side by side are as equal as bins allow. Overlapping ones are as long as asked for, and
    evenly spread, so that each shares at least a fifth of itself with its neighbours.

    Parameters
    ----------
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin, and the end.
    window : int
        Longest window, bins.
    overlapping : bool
        Whether windows overlap.

    Returns
    -------
    firsts, lengths : (n_windows,) ndarray of int
        First bin of each window, and its bins; in order.
    """
    firsts, lengths = [], []
    for start, n in zip(offsets[:-1], np.diff(offsets), strict=True):
        if n <= window:
            begin, size = np.zeros(1, dtype=np.int64), np.array([n])
        elif overlapping:
            shared = window // _OVERLAP
            count = -(-(n - shared) // (window - shared))
            begin = np.rint(np.linspace(0, n - window, count)).astype(np.int64)
            size = np.full(count, window)
        else:
            ends = np.rint(np.linspace(0, n, -(-n // window) + 1)).astype(np.int64)
            begin, size = ends[:-1], np.diff(ends)
        firsts.append(start + begin)
        lengths.append(size)
    return np.concatenate(firsts).astype(np.int64), np.concatenate(lengths).astype(np.int64)


def joined(parts: Array, firsts: Index, lengths: Index) -> Array:
    """Join results of windows: where two overlap, one fades into the other.

    Parameters
    ----------
    parts : (sum of lengths, ...) ndarray
        Rows of bins, window after window.
    firsts, lengths : (n_windows,) ndarray of int
        As `cut` gives them; together they hold every bin.

    Returns
    -------
    (n_bins, ...) ndarray
        A bin of several windows is their mean, each weighted by the bin's distance from the end
        of the window.
    """
    bins = np.concatenate([np.arange(a, a + n) for a, n in zip(firsts, lengths, strict=True)])
    n_bins = int(bins.max()) + 1
    if len(bins) == n_bins:
        return parts
    depth = [np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)) for n in lengths]
    weight = np.concatenate(depth).astype(np.float64)
    weight /= np.bincount(bins, weight)[bins]
    found = np.zeros((n_bins, *parts.shape[1:]))
    np.add.at(found, bins, parts * weight.reshape(-1, *[1] * (parts.ndim - 1)))
    return found
