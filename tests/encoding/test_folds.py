"""Folds of any kind, and the sums from which their training sets follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.folds import FoldPlan, as_folds, as_slice, block_folds
from neurokit.errors import OptionError


def rows_of(plan, sets):
    return np.concatenate([plan.sets[i] for i in sets])


def training_rows(plan, fold, n):
    """The multiset of rows that the plan sums for a training set."""
    count = np.zeros(n, dtype=int)
    if plan.left_out[fold] is None:
        np.add.at(count, plan.sets[plan.train[fold]], 1)
        return count
    np.add.at(count, rows_of(plan, plan.total), 1)
    np.subtract.at(count, rows_of(plan, plan.left_out[fold]), 1)
    return count


@settings(max_examples=60, derandomize=True)
@given(
    n=st.integers(6, 40),
    seed=st.integers(0, 10_000),
    n_folds=st.integers(1, 5),
    repeat=st.booleans(),
)
def test_every_training_set_follows_from_the_sums(n, seed, n_folds, repeat):
    rng = np.random.default_rng(seed)
    folds = []
    for _ in range(n_folds):
        order = rng.permutation(n)
        n_test = int(rng.integers(1, n - 2))
        n_train = int(rng.integers(1, n - n_test + 1))
        train = order[n_test : n_test + n_train]
        folds.append((np.append(train, train[:1]) if repeat else train, order[:n_test]))
    plan = FoldPlan.of(as_folds(folds, n), n)
    for k, (train, test) in enumerate(folds):
        expected = np.zeros(n, dtype=int)
        np.add.at(expected, train, 1)
        np.testing.assert_array_equal(training_rows(plan, k, n), expected)
        np.testing.assert_array_equal(plan.sets[plan.test[k]], np.sort(test))
    np.testing.assert_array_equal(np.sort(rows_of(plan, plan.total)), np.arange(n))


def test_folds_that_tile_the_rows_need_no_other_sum():
    plan = FoldPlan.of(block_folds(np.arange(20), 4), 20)
    assert len(plan.sets) == 4
    assert plan.total == [0, 1, 2, 3]
    assert plan.left_out == [[0], [1], [2], [3]]


def test_a_gap_costs_the_rows_of_the_gap_only():
    plan = FoldPlan.of(block_folds(np.arange(40), 4, gap=2), 40)
    assert [s.size for s in plan.sets] == [10, 2, 10, 4, 10, 4, 10, 2]


def test_small_training_sets_are_summed_themselves():
    folds = as_folds([(np.arange(3), np.arange(3, 20))], 20)
    plan = FoldPlan.of(folds, 20)
    assert plan.left_out == [None]
    np.testing.assert_array_equal(plan.sets[plan.train[0]], [0, 1, 2])


def test_a_fold_can_be_summed_directly_later():
    plan = FoldPlan.of(block_folds(np.arange(20), 4), 20)
    index = plan.sum_directly(1)
    np.testing.assert_array_equal(plan.sets[index], [*range(5), *range(10, 20)])
    assert plan.left_out[1] is None
    assert plan.train[1] == index


def test_sets_of_which_only_sums_are_known_are_left_out_one_by_one():
    plan = FoldPlan.one_out(3)
    assert plan.total == [0, 1, 2]
    assert plan.left_out == [[0], [1], [2]]
    assert plan.sets == []


def test_masks_are_row_numbers_too():
    test = np.array([True, False, False, True])
    ((train, tested),) = as_folds([(~test, test)], 4)
    np.testing.assert_array_equal(train, [1, 2])
    np.testing.assert_array_equal(tested, [0, 3])


def test_rows_are_put_in_order_and_repeats_stay():
    ((train, test),) = as_folds([([4, 1, 1], [3, 0])], 5)
    np.testing.assert_array_equal(train, [1, 1, 4])
    np.testing.assert_array_equal(test, [0, 3])


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([], "no fold"),
        ([([0, 1], [1, 2])], "trains on rows that it tests"),
        ([([], [1])], "empty"),
        ([([0], [])], "empty"),
        ([([0], [7])], "names rows 7 to 7 of 5"),
        ([([-1], [2])], "names rows -1"),
        ([([0.5], [2])], "not of row numbers"),
        ([([[0, 1]], [2])], "not of row numbers"),
    ],
)
def test_folds_that_cannot_be_are_refused(folds, message):
    with pytest.raises(OptionError, match=message):
        as_folds(folds, 5)


def test_consecutive_rows_are_read_as_a_slice():
    assert as_slice(np.array([3, 4, 5])) == slice(3, 6)
    assert isinstance(as_slice(np.array([3, 5])), np.ndarray)
    assert isinstance(as_slice(np.array([3, 3, 5])), np.ndarray)
    assert isinstance(as_slice(np.array([], dtype=np.int64)), np.ndarray)


@settings(max_examples=40, derandomize=True)
@given(
    rows=st.lists(st.integers(0, 60), min_size=8, max_size=40, unique=True),
    n_splits=st.integers(2, 4),
    gap=st.integers(0, 3),
)
def test_block_folds_keep_their_distance_in_row_numbers(rows, n_splits, gap):
    rows = np.sort(np.array(rows))
    parts = np.array_split(rows, n_splits)
    distant = [np.abs(rows[:, None] - part).min(axis=1) > gap for part in parts]
    if not all(d.any() for d in distant):
        with pytest.raises(OptionError, match="empty"):
            block_folds(rows, n_splits, gap)
        return
    found = block_folds(rows, n_splits, gap)
    for (train, test), part, far in zip(found, parts, distant, strict=True):
        np.testing.assert_array_equal(test, part)
        np.testing.assert_array_equal(train, rows[far])


def test_holes_count_for_the_gap():
    rows = np.array([0, 1, 2, 50, 51, 52])
    train, _ = block_folds(rows, 2, gap=5)[0]
    np.testing.assert_array_equal(train, [50, 51, 52])
