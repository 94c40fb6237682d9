"""Kendall's tau with weights: one sort per RDM, one Fenwick tree per pair of RDMs.

S = sum over pairs of entries (p, q) of w_p w_q sign(a_p - a_q) sign(b_p - b_q). Entries are
visited in the order of a; a tree over the ranks of b knows the weight seen below and above each
rank. Entries tied in a are looked up before any of them enters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Order = NDArray[np.int32]


def dense_order(rows: Array) -> tuple[Order, Order]:
    """Order of the entries of each row, and their dense ranks.

    Parameters
    ----------
    rows : (n_rows, n_entries) ndarray of float64
        Without NaN.

    Returns
    -------
    order : (n_rows, n_entries) ndarray of int32
        Entries from least to greatest.
    rank : (n_rows, n_entries) ndarray of int32
        1 for the least; ties share a rank.
    """
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    step = np.ones(rows.shape, dtype=np.int32)
    step[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    rank = np.empty(rows.shape, dtype=np.int32)
    np.put_along_axis(rank, order, np.cumsum(step, axis=1, dtype=np.int32), axis=1)
    return order.astype(np.int32), rank


@njit(cache=True, nogil=True)
def concordance(
    order_a: Order,
    rank_a: Order,
    rank_b: Order,
    weight: NDArray[Any],
    tree: Order,
    level: Order,
) -> Any:
    """Weight of concordant less that of discordant pairs of entries.

    Parameters
    ----------
    order_a, rank_a : (n,) ndarray of int32
        Of the first RDM.
    rank_b : (n,) ndarray of int32
        Of the second.
    weight : (n,) ndarray of int64
        Of the entries; 0 leaves one out.
    tree, level : (at least max(rank_b) + 1,) ndarray of int32
        Scratch; int32 stays in the fastest cache.

    Returns
    -------
    int
        S, exact.
    """
    n = order_a.shape[0]
    top = 0
    for k in range(n):
        top = max(top, rank_b[k])
    tree[: top + 1] = 0
    level[: top + 1] = 0
    seen = 0
    total = 0
    start = 0
    while start < n:
        group = rank_a[order_a[start]]
        stop = start
        while stop < n and rank_a[order_a[stop]] == group:
            e = order_a[stop]
            w = weight[e]
            if w != 0:
                below = 0
                k = rank_b[e] - 1
                while k > 0:
                    below += tree[k]
                    k &= k - 1
                # Above is what was seen less what is below or level.
                total += w * (2 * below + level[rank_b[e]] - seen)
            stop += 1
        for at in range(start, stop):
            e = order_a[at]
            w = weight[e]
            if w != 0:
                seen += w
                k = rank_b[e]
                level[k] += w
                while k <= top:
                    tree[k] += w
                    k += k & -k
        start = stop
    return total


@njit(cache=True, nogil=True)
def all_concordances(
    order_a: Order, rank_a: Order, rank_b: Order, weight: NDArray[Any], out: Array
) -> None:
    """`concordance` of every row of a with every row of b.

    Parameters
    ----------
    order_a, rank_a : (n_a, n) ndarray of int32
        First RDMs.
    rank_b : (n_b, n) ndarray of int32
        Second RDMs.
    weight : (n,) ndarray of int64
        Of the entries.
    out : (n_a, n_b) ndarray of float64
        Filled.
    """
    tree = np.zeros(rank_b.shape[1] + 2, dtype=np.int32)
    level = np.zeros(rank_b.shape[1] + 2, dtype=np.int32)
    for i in range(order_a.shape[0]):
        for j in range(rank_b.shape[0]):
            out[i, j] = concordance(order_a[i], rank_a[i], rank_b[j], weight, tree, level)


@njit(cache=True, nogil=True)
def tied_weight(order: Order, rank: Order, weight: NDArray[Any]) -> Any:
    """Weight of the pairs of entries that are tied: sum over ties of (W^2 - sum w^2) / 2.

    Parameters
    ----------
    order, rank : (n,) ndarray of int32
        Of one RDM.
    weight : (n,) ndarray of int64
        Of the entries.

    Returns
    -------
    float
        0 where nothing is tied.
    """
    n = order.shape[0]
    total = 0.0
    start = 0
    while start < n:
        stop = start
        mass = 0.0
        squares = 0.0
        while stop < n and rank[order[stop]] == rank[order[start]]:
            w = weight[order[stop]]
            mass += w
            squares += w * w
            stop += 1
        total += (mass * mass - squares) / 2.0
        start = stop
    return total


def tau(a: Array, b: Array, kind: str) -> Array:
    """tau-a = S / (n (n-1)/2) or tau-b = S / sqrt((n0 - ties_a)(n0 - ties_b)).

    Parameters
    ----------
    a, b : (n_a, n), (n_b, n) ndarray of float64
        RDMs without NaN.
    kind : {"tau-a", "tau-b"}
        Which.

    Returns
    -------
    (n_a, n_b) ndarray of float64
        -1 to 1; tau-b is NaN where one side is constant.
    """
    order_a, rank_a = dense_order(a)
    order_b, rank_b = dense_order(b)
    n = a.shape[1]
    weight = np.ones(n, dtype=np.int64)
    out = np.empty((len(a), len(b)))
    all_concordances(order_a, rank_a, rank_b, weight, out)
    pairs = n * (n - 1) / 2.0
    if kind == "tau-a":
        return np.asarray(out / pairs, dtype=np.float64)
    left = [pairs - tied_weight(o, r, weight) for o, r in zip(order_a, rank_a, strict=True)]
    right = [pairs - tied_weight(o, r, weight) for o, r in zip(order_b, rank_b, strict=True)]
    product = np.outer(left, right)
    out /= np.sqrt(np.where(product > 0, product, np.nan))
    return out
