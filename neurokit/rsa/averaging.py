"""Means of observations by condition and by fold, on plain arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def group_sums(rows: Array, group: Index, n_groups: int) -> tuple[Array, Array]:
    """Sum of the rows of each group, and how many rows it has.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        Observations.
    group : (n,) ndarray of int
        Group of each row, 0 to n_groups - 1.
    n_groups : int
        Number of groups; some may be empty.

    Returns
    -------
    sums : (n_groups, p) ndarray of float64
        0 for an empty group.
    counts : (n_groups,) ndarray of float64
        Rows per group.
    """
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group, minlength=n_groups).astype(np.float64)
    sums = np.zeros((n_groups, rows.shape[1]))
    starts = np.concatenate([[0], np.cumsum(counts[:-1])]).astype(np.int64)
    held = counts > 0
    sums[held] = np.add.reduceat(rows[order], starts[held], axis=0)
    return sums, counts


def condition_means(rows: Array, condition: Index, n_conditions: int) -> Array:
    """Mean pattern of each condition; NaN for a condition without observations.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        Observations; a NaN makes the mean of its channel NaN.
    condition : (n,) ndarray of int
        Condition of each row.
    n_conditions : int
        Number of conditions.

    Returns
    -------
    (n_conditions, p) ndarray of float64
        Means.
    """
    if len(rows) == n_conditions and np.array_equal(condition, np.arange(n_conditions)):
        return rows
    sums, counts = group_sums(rows, condition, n_conditions)
    return sums / np.where(counts > 0, counts, np.nan)[:, None]


def seen_condition_means(rows: Array, condition: Index, n_conditions: int) -> Array:
    """Mean pattern of each condition over the observations that have the channel.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        NaN where a channel is missing.
    condition : (n,) ndarray of int
        Condition of each row.
    n_conditions : int
        Number of conditions.

    Returns
    -------
    (n_conditions, p) ndarray of float64
        NaN where no observation has it.
    """
    seen = np.isfinite(rows)
    sums, _ = group_sums(np.where(seen, rows, 0.0), condition, n_conditions)
    counts, _ = group_sums(seen.astype(np.float64), condition, n_conditions)
    return sums / np.where(counts > 0, counts, np.nan)


def fold_sums(
    rows: Array, condition: Index, fold: Index, n_conditions: int, n_folds: int
) -> tuple[Array, Array]:
    """Sum of the observations of each condition in each fold.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        Observations.
    condition, fold : (n,) ndarray of int
        Where each row belongs.
    n_conditions, n_folds : int
        How many there are.

    Returns
    -------
    sums : (n_folds, n_conditions, p) ndarray of float64
        Totals.
    counts : (n_folds, n_conditions) ndarray of float64
        Observations per cell.
    """
    sums, counts = group_sums(rows, fold * n_conditions + condition, n_folds * n_conditions)
    return (
        sums.reshape(n_folds, n_conditions, rows.shape[1]),
        counts.reshape(n_folds, n_conditions),
    )
