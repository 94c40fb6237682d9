"""RDMs of many neighbourhoods on plain arrays: gather, one symmetric product, pack.

Patterns are (place, condition), so that what a neighbourhood needs lies in whole rows. What does
not depend on the neighbourhood (means over repeats, sums of folds, the mean pattern) was done for
all places at once before.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Members = NDArray[np.int32]


@njit(cache=True, nogil=True)
def angular_rows(patterns: Array, starts: Index, members: Members, centre: Any, out: Array) -> None:
    """1 - cosine, or 1 - correlation, of all pairs of conditions around every centre.

    Parameters
    ----------
    patterns : (n_places, n) ndarray of float64
        Mean pattern of each condition.
    starts : (n_centres + 1,) ndarray of int64
        Centre k has ``members[starts[k] : starts[k + 1]]``.
    members : (n_members,) ndarray of int32
        Places.
    centre : bool
        Take each condition's mean over the neighbourhood out first.
    out : (n_centres, n_pairs) ndarray of float64
        Filled; NaN where a condition has no length.
    """
    n = patterns.shape[1]
    for c in range(starts.shape[0] - 1):
        p = starts[c + 1] - starts[c]
        if p == 0:
            out[c] = np.nan
            continue
        block = np.empty((p, n))
        for k in range(p):
            block[k] = patterns[members[starts[c] + k]]
        for j in range(n):
            size = 0.0
            mean = 0.0
            for k in range(p):
                mean += block[k, j]
                size += block[k, j] * block[k, j]
            if centre:
                mean /= p
                squares = 0.0
                for k in range(p):
                    block[k, j] -= mean
                    squares += block[k, j] * block[k, j]
            else:
                squares = size
            norm = np.sqrt(squares)
            # A constant pattern leaves rounding of its own size behind.
            flat = norm <= 1e-13 * np.sqrt(size) if centre else norm == 0.0
            scale = np.nan if flat else 1.0 / norm
            for k in range(p):
                block[k, j] *= scale
        gram = np.dot(block.T, block)
        at = 0
        for i in range(n):
            for j in range(i + 1, n):
                d = 1.0 - gram[i, j]
                out[c, at] = 0.0 if d < 0.0 else d
                at += 1


@njit(cache=True, nogil=True)
def squared_rows(
    stack: Array, weight: Array, starts: Index, members: Members, floor: Any, out: Array
) -> None:
    """K_ii + K_jj - 2 K_ij per place around every centre, K = sum_f w_f Y_f Y_f'.

    Parameters
    ----------
    stack : (n_places, k, n) ndarray of float64
        Patterns: one table, or that of all folds followed by those of each.
    weight : (k,) ndarray of float64
        w: 1, or 1 / (m (m - 1)) followed by minus that.
    starts, members
        As in `angular_rows`.
    floor : float
        0, or minus infinity where negative distances are meant.
    out : (n_centres, n_pairs) ndarray of float64
        Filled.
    """
    n_tables, n = stack.shape[1], stack.shape[2]
    for c in range(starts.shape[0] - 1):
        p = starts[c + 1] - starts[c]
        if p == 0:
            out[c] = np.nan
            continue
        gram = np.zeros((n, n))
        block = np.empty((p, n))
        for f in range(n_tables):
            for k in range(p):
                block[k] = stack[members[starts[c] + k], f]
            gram += weight[f] * np.dot(block.T, block)
        at = 0
        for i in range(n):
            for j in range(i + 1, n):
                d = (gram[i, i] + gram[j, j] - 2.0 * gram[i, j]) / p
                out[c, at] = floor if d < floor else d
                at += 1


def restrict(starts: Index, members: Members, held: NDArray[np.bool_]) -> tuple[Index, Members]:
    """Neighbourhoods without the places that are not held.

    Parameters
    ----------
    starts, members
        As in `angular_rows`.
    held : (n_places,) ndarray of bool
        Places that have data.

    Returns
    -------
    starts : (n_centres + 1,) ndarray of int64
        New.
    members : (n_members,) ndarray of int32
        New.
    """
    if held.all():
        return starts, members
    kept = held[members]
    before = np.concatenate([[0], np.cumsum(kept)])
    return before[starts].astype(np.int64), members[kept]


def in_windows(
    starts: Index, members: Members, n_places: int, first: Index, length: int
) -> tuple[Index, Members]:
    """Neighbourhoods in space and time: every centre with every window.

    Parameters
    ----------
    starts, members
        Neighbourhoods in space.
    n_places : int
        Number of places; place p at sample t becomes ``t * n_places + p``.
    first : (n_windows,) ndarray of int
        First sample of each window.
    length : int
        Samples of a window.

    Returns
    -------
    starts : (n_centres * n_windows + 1,) ndarray of int64
        Windows of one centre follow each other.
    members : (n_members,) ndarray of int32
        Within a window by sample, then by place.
    """
    samples = first[:, None] + np.arange(length)
    parts = [
        (samples[:, :, None] * n_places + members[a:b]).reshape(-1) for a, b in pairwise(starts)
    ]
    sizes = np.repeat(np.diff(starts) * length, len(first))
    whole = np.concatenate(parts) if parts else np.empty(0)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), whole.astype(np.int32)
