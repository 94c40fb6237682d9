"""Folds of any kind, and the fewest sums of rows from which all training sets follow.

Array layer. A fold is a pair (train, test) of row numbers; training sets may overlap, leave gaps,
repeat rows, or hold whole groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError

IntArray = NDArray[np.int64]
Fold = tuple[IntArray, IntArray]
Rows = IntArray | slice


def as_folds(folds: Iterable[Any], n: int) -> list[Fold]:
    """Check folds and return them as increasing row numbers.

    Parameters
    ----------
    folds : iterable of (train, test)
        Row numbers or boolean masks.
    n : int
        Number of rows.

    Returns
    -------
    list of (ndarray, ndarray) of int64
        Sorted; repeated training rows stay repeated.

    Raises
    ------
    OptionError
        If there is no fold, one is no pair, a set is empty or out of range, or a fold tests rows
        it trains on.
    """
    found: list[Fold] = []
    tested = np.zeros(n, dtype=bool)
    for number, pair in enumerate(folds):
        train, test = _as_pair(pair, number)
        fold = (_as_rows(train, n, number), _as_rows(test, n, number))
        tested[:] = False
        tested[fold[1]] = True
        if tested[fold[0]].any():
            raise OptionError(
                f"fold {number} trains on rows that it tests",
                where="cv",
                mend="Keep test rows out of the training rows.",
            )
        found.append(fold)
    if not found:
        raise OptionError("there is no fold", where="cv", mend="Give at least one (train, test).")
    return found


def _as_pair(pair: Any, number: int) -> tuple[Any, Any]:
    try:
        train, test = pair
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"fold {number} is no pair of training and test rows",
            where="cv",
            mend="Give (train, test) arrays of row numbers.",
        ) from error
    return train, test


def _as_rows(rows: Any, n: int, number: int) -> IntArray:
    values = np.asarray(rows)
    if values.dtype == bool and values.shape == (n,):
        values = np.flatnonzero(values)
    if values.ndim != 1 or values.dtype.kind not in "iu" or not values.size:
        raise OptionError(
            f"fold {number} has an empty set, or one that is not of row numbers",
            where="cv",
            mend="Give (train, test) arrays of row numbers.",
        )
    if values.min() < 0 or values.max() >= n:
        raise OptionError(
            f"fold {number} names rows {values.min()} to {values.max()} of {n}",
            where="cv",
            mend="Split the data that is fitted.",
        )
    rows_found = values.astype(np.int64)
    return rows_found if np.all(rows_found[1:] >= rows_found[:-1]) else np.sort(rows_found)


def as_slice(rows: IntArray) -> Rows:
    """Return a slice where rows are consecutive, because it reads without a copy.

    Parameters
    ----------
    rows : (m,) ndarray of int64
        Increasing.

    Returns
    -------
    slice or ndarray
        The same rows.
    """
    if rows.size and rows[-1] - rows[0] + 1 == rows.size and np.all(np.diff(rows) == 1):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def block_folds(rows: IntArray, n_splits: int, gap: int = 0) -> list[Fold]:
    """Cut increasing row numbers into contiguous blocks, each tested once, with gaps around.

    Parameters
    ----------
    rows : (m,) ndarray of int64
        For example the training rows of an outer fold; holes are longer than they look, so a
        gap is measured in the numbers, not in their places.
    n_splits : int
        Number of blocks.
    gap : int, default 0
        Rows nearer than this to a test row do not train.

    Returns
    -------
    list of (train, test)
        In the numbers of `rows`.

    Raises
    ------
    OptionError
        If there are more blocks than rows, or none, or the gap leaves no row to train on.

    Examples
    --------
    >>> [test.tolist() for _, test in block_folds(np.array([0, 1, 4, 5]), 2)]
    [[0, 1], [4, 5]]
    """
    if not 1 <= n_splits <= rows.size:
        raise OptionError(
            f"got {n_splits!r} for {rows.size} rows",
            where="n_splits",
            mend="Give at most as many blocks as there are rows.",
        )
    found = []
    for test in np.array_split(rows, n_splits):
        after = np.searchsorted(test, rows)
        distance = np.minimum(
            np.abs(test[np.minimum(after, test.size - 1)] - rows),
            np.abs(rows - test[np.maximum(after - 1, 0)]),
        )
        found.append((rows[distance > gap], test))
    return as_folds(found, int(rows.max()) + 1)


@dataclass
class FoldPlan:
    """Which sets of rows are summed, and how each training set follows from them.

    Training sums are the total less the sums of what is left out, where less is left out than
    stays in; else they are summed themselves.

    Parameters
    ----------
    folds : list of (train, test)
        From `as_folds`; empty where only sums are known.
    sets : list of ndarray
        Rows of each set.
    total : list of int
        Sets that make up all rows.
    test : list of int
        Set that each fold tests.
    left_out : list of (list of int or None)
        Sets that each training set lacks, None where it is summed itself.
    train : list of (int or None)
        Set of the training rows where it is summed itself.
    """

    folds: Sequence[Fold]
    sets: list[IntArray] = field(default_factory=list)
    total: list[int] = field(default_factory=list)
    test: list[int] = field(default_factory=list)
    left_out: list[list[int] | None] = field(default_factory=list)
    train: list[int | None] = field(default_factory=list)

    @classmethod
    def of(cls, folds: Sequence[Fold], n: int) -> FoldPlan:
        """Plan the sums of folds of n rows.

        Parameters
        ----------
        folds : list of (train, test)
            From `as_folds`.
        n : int
            Number of rows.

        Returns
        -------
        FoldPlan
            With as few and small sets as will do.
        """
        self = cls(folds)
        for train, test in folds:
            self.test.append(self._add(test))
            used = np.zeros(n, dtype=bool)
            used[train] = used[test] = True
            gap = np.flatnonzero(~used)
            repeated = bool(np.any(np.diff(train) == 0))
            if repeated or test.size + gap.size > train.size:
                self.left_out.append(None)
                self.train.append(self._add(train))
            else:
                self.left_out.append([self.test[-1], *([self._add(gap)] if gap.size else [])])
                self.train.append(None)
        tested = np.concatenate([self.sets[index] for index in self.test])
        covers = tested.size == n and np.unique(tested).size == n
        self.total = list(self.test) if covers else [self._add(np.arange(n))]
        return self

    @classmethod
    def one_out(cls, n_sets: int) -> FoldPlan:
        """Plan folds that test one set and train on all others.

        Parameters
        ----------
        n_sets : int
            Number of sets, whose sums are known.

        Returns
        -------
        FoldPlan
            Without rows.
        """
        sets = list(range(n_sets))
        left_out: list[list[int] | None] = [[index] for index in sets]
        return cls([], [], sets, list(sets), left_out, [None] * n_sets)

    def _add(self, rows: IntArray) -> int:
        self.sets.append(rows)
        return len(self.sets) - 1

    def sum_directly(self, fold: int) -> int:
        """Sum the training rows of a fold themselves, for subtraction would cost digits.

        Parameters
        ----------
        fold : int
            Its number.

        Returns
        -------
        int
            The number of the set added.
        """
        self.left_out[fold] = None
        self.train[fold] = self._add(self.folds[fold][0])
        return len(self.sets) - 1
