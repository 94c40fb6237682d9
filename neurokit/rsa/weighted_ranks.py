"""Mid-ranks of resampled RDMs without resampling them: sorted once, weights summed per draw.

An entry of weight w stands for w tied copies. Twice its centred mid-rank is
2 (weight before) + (weight of its tie group) - (all weight), a whole number, so that ties of pooled
ranks survive exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Order = NDArray[np.int32]
Whole = NDArray[np.int64]

_BITS = 11
_BUCKETS = 1 << _BITS


@njit(cache=True, nogil=True)
def held_entries(weight: Whole) -> tuple[Whole, Whole]:
    """Entries of weight above 0, and where each entry is among them.

    Parameters
    ----------
    weight : (n_pairs,) ndarray of int64
        Of the entries.

    Returns
    -------
    held : (n_held,) ndarray of int64
        Entries.
    place : (n_pairs,) ndarray of int64
        -1 for the others.
    """
    n = 0
    place = np.empty(weight.shape[0], dtype=np.int64)
    for e in range(weight.shape[0]):
        place[e] = n if weight[e] > 0 else -1
        n += 1 if weight[e] > 0 else 0
    held = np.empty(n, dtype=np.int64)
    for e in range(weight.shape[0]):
        if place[e] >= 0:
            held[place[e]] = e
    return held, place


@njit(cache=True, nogil=True)
def compress(order: Order, rank: Order, place: Whole, n_held: int) -> tuple[Order, Order]:
    """Order and dense ranks of the held entries.

    Parameters
    ----------
    order, rank : (n_rdms, n_pairs) ndarray of int32
        Of all entries.
    place : (n_pairs,) ndarray of int64
        As `held_entries` gives it.
    n_held : int
        Number of held entries.

    Returns
    -------
    order, rank : (n_rdms, n_held) ndarray of int32
        Of the held ones.
    """
    short = np.empty((order.shape[0], n_held), dtype=np.int32)
    dense = np.empty((order.shape[0], n_held), dtype=np.int32)
    for q in range(order.shape[0]):
        at = 0
        current = 0
        last = -1
        for k in range(order.shape[1]):
            e = order[q, k]
            p = place[e]
            if p >= 0:
                if rank[q, e] != last:
                    last = rank[q, e]
                    current += 1
                short[q, at] = p
                dense[q, p] = current
                at += 1
    return short, dense


@njit(cache=True, nogil=True)
def midranks(order: Order, rank: Order, weight: Whole) -> Whole:
    """Twice the centred mid-rank of every entry.

    Parameters
    ----------
    order, rank : (n_rdms, n) ndarray of int32
        As `compress` gives them.
    weight : (n,) ndarray of int64
        Of the entries, above 0.

    Returns
    -------
    (n_rdms, n) ndarray of int64
        Weighted, they sum to 0.
    """
    n = order.shape[1]
    total = weight.sum()
    out = np.empty(order.shape, dtype=np.int64)
    for q in range(order.shape[0]):
        before = 0
        start = 0
        while start < n:
            level = rank[q, order[q, start]]
            stop = start
            group = 0
            while stop < n and rank[q, order[q, stop]] == level:
                group += weight[order[q, stop]]
                stop += 1
            value = 2 * before + group - total
            for k in range(start, stop):
                out[q, order[q, k]] = value
            before += group
            start = stop
    return out


@njit(cache=True, nogil=True)
def order_of_integers(values: Whole) -> tuple[Order, Order]:
    """Order and dense ranks of the rows of whole numbers, by radix sort.

    Parameters
    ----------
    values : (n_rows, n) ndarray of int64
        Any whole numbers.

    Returns
    -------
    order, rank : (n_rows, n) ndarray of int32
        As ``dense_order`` gives them.
    """
    n = values.shape[1]
    order = np.empty(values.shape, dtype=np.int32)
    rank = np.empty(values.shape, dtype=np.int32)
    here = np.empty(n, dtype=np.int32)
    there = np.empty(n, dtype=np.int32)
    starts = np.empty(_BUCKETS + 1, dtype=np.int64)
    for row in range(values.shape[0]):
        low = values[row].min()
        spread = values[row].max() - low
        for k in range(n):
            here[k] = k
        shift = 0
        while shift == 0 or (spread >> shift) > 0:
            starts[:] = 0
            for k in range(n):
                starts[((values[row, k] - low) >> shift & (_BUCKETS - 1)) + 1] += 1
            for b in range(_BUCKETS):
                starts[b + 1] += starts[b]
            for k in range(n):
                e = here[k]
                bucket = (values[row, e] - low) >> shift & (_BUCKETS - 1)
                there[starts[bucket]] = e
                starts[bucket] += 1
            here, there = there, here
            shift += _BITS
        level = 0
        for k in range(n):
            e = here[k]
            if k == 0 or values[row, e] != values[row, here[k - 1]]:
                level += 1
            order[row, k] = e
            rank[row, e] = level
    return order, rank


def pools(ranks: Whole, multiplicity: Whole) -> tuple[Whole, Whole]:
    """Sum of the ranks of all subjects drawn, and of all but each of them.

    Parameters
    ----------
    ranks : (n_subjects, n) ndarray of int64
        As `midranks` gives them.
    multiplicity : (n_subjects,) ndarray of int64
        How often each subject was drawn.

    Returns
    -------
    everyone : (1, n) ndarray of int64
        Of all.
    others : (n_drawn, n) ndarray of int64
        Without each subject drawn, in order.
    """
    weighted: Any = ranks * multiplicity[:, None]
    everyone = weighted.sum(axis=0, keepdims=True)
    return everyone, everyone - weighted[multiplicity > 0]
