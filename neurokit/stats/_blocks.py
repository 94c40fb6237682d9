"""Contiguous blocks: equal lengths, balanced folds, and what lies too near to a test block.

Array layer: no xarray. Used by BlockedCV and block_sign_flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def equal_blocks(runs: Sequence[slice], length: int) -> IntArray:
    """Label samples with blocks of about `length` samples that never cross a run.

    Every run is cut into ``max(1, n // length)`` blocks whose sizes differ by one at most, so
    no block is shorter than `length` unless its run is.

    Parameters
    ----------
    runs : sequence of slice
        Consecutive stretches that cover the axis.
    length : int
        Samples per block, at least.

    Returns
    -------
    (n_samples,) ndarray of int64
        0, 0, ..., 1, 1, ...
    """
    labels: list[IntArray] = []
    first = 0
    for run in runs:
        n = run.stop - run.start
        n_blocks = max(1, n // length)
        labels.append(first + np.arange(n, dtype=np.int64) * n_blocks // max(n, 1))
        first += n_blocks
    return np.concatenate(labels)


def first_appearance(labels: NDArray[Any]) -> IntArray:
    """Number labels 0, 1, ... in the order in which they first appear.

    Parameters
    ----------
    labels : (n,) ndarray
        Any sortable dtype.

    Returns
    -------
    (n,) ndarray of int64
        Codes.
    """
    _, first, code = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[code.reshape(-1)]


def contiguous_folds(sizes: IntArray, stretch: IntArray, n_folds: int) -> IntArray:
    """Give every unit a fold: contiguous, balanced in samples, none with parts of two stretches.

    With at least as many folds as stretches, each stretch gets folds in proportion to its
    length; with fewer, folds are made of whole stretches.

    Parameters
    ----------
    sizes : (n_units,) ndarray of int
        Samples per unit (a sample or a group), in time order; at least `n_folds` units.
    stretch : (n_units,) ndarray of int
        Stretch (run) of each unit, non-decreasing from 0.
    n_folds : int
        Number of folds.

    Returns
    -------
    (n_units,) ndarray of int64
        Fold of each unit.
    """
    n_stretches = int(stretch[-1]) + 1
    length = np.bincount(stretch, weights=sizes).astype(np.int64)
    if n_stretches >= n_folds:
        return _balanced(length, n_folds)[stretch]
    shares = _shares(length, np.bincount(stretch), n_folds)
    folds, first = np.empty(sizes.size, dtype=np.int64), 0
    for index, share in enumerate(shares):
        inside = stretch == index
        folds[inside] = first + _balanced(sizes[inside], share)
        first += share
    return folds


def _shares(length: IntArray, n_units: IntArray, n_folds: int) -> list[int]:
    shares = np.ones(length.size, dtype=np.int64)
    for _ in range(n_folds - length.size):
        # The next fold goes where folds are longest and there is still a unit to split off.
        mean = np.where(shares < n_units, length / shares, -1.0)
        shares[int(np.argmax(mean))] += 1
    return [int(share) for share in shares]


def _balanced(sizes: IntArray, n_parts: int) -> IntArray:
    """Cut a row of units into parts of about equal sums; equal units as KFold cuts them."""
    ends = np.cumsum(sizes)
    parts, start, done = np.empty(sizes.size, dtype=np.int64), 0, 0
    for part in range(n_parts):
        left = n_parts - part
        target = done + -(-(int(ends[-1]) - done) // left)
        stop = start + 1 + int(np.argmin(np.abs(ends[start : sizes.size - left + 1] - target)))
        if left == 1:
            stop = sizes.size
        parts[start:stop] = part
        start, done = stop, int(ends[stop - 1])
    return parts


def within_gap(position: NDArray[Any], record: IntArray, test: BoolArray, gap: float) -> BoolArray:
    """Mark samples at most `gap` away from a test sample of the same record.

    Parameters
    ----------
    position : (n,) ndarray
        Place on the clock, non-decreasing within a record.
    record : (n,) ndarray of int
        Which record a sample is from; clocks of different records are unrelated.
    test : (n,) ndarray of bool
        The test block.
    gap : float
        In the units of `position`.

    Returns
    -------
    (n,) ndarray of bool
        True within the gap, and for the test samples themselves.
    """
    near = test.copy()
    if gap <= 0:
        return near
    for index in np.unique(record[test]):
        here = np.flatnonzero(record == index)
        place, tested = position[here], position[here[test[here]]]
        after = np.searchsorted(tested, place)
        to_next = np.abs(tested[np.minimum(after, tested.size - 1)] - place)
        to_last = np.abs(place - tested[np.maximum(after - 1, 0)])
        near[here] |= np.minimum(to_next, to_last) <= gap
    return near
