"""Folds: what is accepted, refused and planned, down to one row; splitters against loops."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, TimeSeriesSplit

from neurokit.encoding.folds import FoldPlan, as_folds, as_slice, block_folds
from neurokit.encoding.splits import folds_of
from neurokit.errors import OptionError
from neurokit.schema import regular_time, time_coordinate
from neurokit.stats import BlockedCV


def numbers(*rows):
    return np.array(rows, dtype=np.int64)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_row_numbers_of_any_integer_type_become_int64(dtype):
    ((train, test),) = as_folds([(np.array([2, 0], dtype), np.array([1], dtype))], 3)
    assert train.dtype == test.dtype == np.int64
    np.testing.assert_array_equal(train, [0, 2])


def test_plain_lists_are_row_numbers():
    ((train, test),) = as_folds([([0, 1], [2])], 3)
    np.testing.assert_array_equal(train, [0, 1])
    np.testing.assert_array_equal(test, [2])


def test_folds_given_are_not_changed_and_not_shared_when_sorted():
    train, test = numbers(3, 1, 2), numbers(0)
    as_folds([(train, test)], 4)
    np.testing.assert_array_equal(train, [3, 1, 2])


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        ((numbers(0, 1), numbers(1, 2)), "fold 0 trains on rows that it tests"),
        ((numbers(0), numbers(3)), "rows 3 to 3 of 3"),
        ((numbers(-1, 0), numbers(2)), "rows -1 to 0 of 3"),
        ((numbers(), numbers(2)), "empty set"),
        ((numbers(0), numbers()), "empty set"),
        ((np.array([0.0, 1.0]), numbers(2)), "not of row numbers"),
        ((np.array(["a"]), numbers(2)), "not of row numbers"),
        ((numbers(0)[None], numbers(2)), "not of row numbers"),
        ((np.array([True, False]), numbers(2)), "not of row numbers"),
        ((np.zeros(3, dtype=bool), numbers(2)), "empty set"),
    ],
)
def test_a_fold_that_cannot_be_is_refused_by_its_number(fold, message):
    with pytest.raises(OptionError, match=message):
        as_folds([fold], 3)


def test_the_number_of_a_bad_fold_is_said():
    good = (numbers(0), numbers(1))
    with pytest.raises(OptionError, match="cv: fold 2"):
        as_folds([good, good, (numbers(0), numbers(0))], 2)


@pytest.mark.parametrize("folds", [[1, 2, 3], [None], [(numbers(0),)], [numbers(0, 1, 2)] * 2])
def test_what_is_no_pair_of_sets_is_refused(folds):
    with pytest.raises(OptionError, match="cv"):
        as_folds(folds, 4)


@given(rows=st.lists(st.integers(0, 30), max_size=12))
@settings(max_examples=20, deadline=None)
def test_a_slice_reads_the_same_rows(rows):
    rows = np.array(sorted(rows), dtype=np.int64)
    values = np.arange(31)
    found = as_slice(rows)
    np.testing.assert_array_equal(values[found], values[rows])
    consecutive = rows.size > 0 and list(rows) == list(range(rows[0], rows[0] + rows.size))
    assert isinstance(found, slice) == consecutive


@given(
    rows=st.sets(st.integers(0, 60), min_size=6, max_size=25),
    n_splits=st.integers(2, 4),
    gap=st.integers(0, 3),
)
@settings(max_examples=20, deadline=None)
def test_blocks_are_those_of_a_loop_over_distances(rows, n_splits, gap):
    rows = np.array(sorted(rows), dtype=np.int64)
    parts = np.array_split(rows, n_splits)
    trains = [[r for r in rows if min(abs(r - part)) > gap] for part in parts]
    if not all(trains):
        with pytest.raises(OptionError, match="empty set"):
            block_folds(rows, n_splits, gap)
        return
    for (train, test), part, expected in zip(
        block_folds(rows, n_splits, gap), parts, trains, strict=True
    ):
        np.testing.assert_array_equal(test, part)
        np.testing.assert_array_equal(train, expected)


@pytest.mark.parametrize("n_splits", [0, -1, 5])
def test_as_many_blocks_as_rows_at_most(n_splits):
    with pytest.raises(OptionError, match="n_splits"):
        block_folds(np.arange(4), n_splits)


def test_blocks_of_one_row_each_are_leave_one_out():
    folds = block_folds(np.arange(4), 4)
    assert [test.tolist() for _, test in folds] == [[0], [1], [2], [3]]
    assert [train.tolist() for train, _ in folds] == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def train_counts(plan, fold, n):
    """How often each row counts in a training set, from the plan's sets alone."""
    count = np.zeros(n, dtype=int)
    if plan.left_out[fold] is None:
        np.add.at(count, plan.sets[plan.train[fold]], 1)
        return count
    for index in plan.total:
        np.add.at(count, plan.sets[index], 1)
    for index in plan.left_out[fold]:
        np.subtract.at(count, plan.sets[index], 1)
    return count


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(4),
        KFold(3, shuffle=True, random_state=0),
        ShuffleSplit(5, test_size=0.3, random_state=0),
        TimeSeriesSplit(4, gap=2),
    ],
    ids=str,
)
def test_training_sets_of_scikit_learn_follow_from_the_plan(splitter):
    n = 22
    folds = as_folds(splitter.split(np.zeros((n, 1))), n)
    plan = FoldPlan.of(folds, n)
    for k, (train, test) in enumerate(folds):
        expected = np.bincount(train, minlength=n)
        np.testing.assert_array_equal(train_counts(plan, k, n), expected)
        np.testing.assert_array_equal(plan.sets[plan.test[k]], test)


def test_summing_directly_gives_the_same_training_set():
    folds = block_folds(np.arange(12), 3, gap=1)
    plan = FoldPlan.of(folds, 12)
    before = train_counts(plan, 1, 12)
    added = plan.sum_directly(1)
    assert added == len(plan.sets) - 1
    np.testing.assert_array_equal(plan.sets[added], folds[1][0])
    np.testing.assert_array_equal(train_counts(plan, 1, 12), before)


@pytest.mark.parametrize("n_sets", [1, 2, 5])
def test_one_out_leaves_each_set_out_once(n_sets):
    plan = FoldPlan.one_out(n_sets)
    assert plan.test == plan.total == list(range(n_sets))
    assert plan.left_out == [[k] for k in range(n_sets)]
    assert plan.train == [None] * n_sets


def test_plans_share_no_lists():
    a, b = FoldPlan([]), FoldPlan([])
    a.sets.append(numbers(0))
    assert b.sets == []


def samples(n=40, rate=None, **coords):
    out = xr.DataArray(np.zeros(n), dims="sample")
    if rate:
        time = time_coordinate(regular_time(n, rate), rate)
        out = out.assign_coords(time=("sample", time.values, time.attrs))
    return out.assign_coords({name: ("sample", values) for name, values in coords.items()})


@pytest.mark.parametrize("n_splits", [2, 5, 7])
def test_a_number_cuts_contiguous_blocks_that_tile_the_samples(n_splits):
    folds = folds_of(n_splits, samples())
    tests = [test for _, test in folds]
    np.testing.assert_array_equal(np.concatenate(tests), np.arange(40))
    assert max(map(len, tests)) - min(map(len, tests)) <= 1
    for train, test in folds:
        np.testing.assert_array_equal(np.union1d(train, test), np.arange(40))


@pytest.mark.parametrize("kind", [np.int64, np.int32])
def test_numbers_of_numpy_are_numbers(kind):
    assert len(folds_of(kind(4), samples())) == 4


@pytest.mark.parametrize("cv", [1, 0, -3])
def test_fewer_than_two_blocks_are_refused(cv):
    with pytest.raises(OptionError, match="n_splits"):
        folds_of(cv, samples())


@pytest.mark.parametrize("n", [0, 1])
def test_one_sample_cannot_be_split(n):
    with pytest.raises(OptionError, match=f"{n} sample cannot be split"):
        folds_of(None, samples(n))


def test_two_samples_are_two_folds():
    assert [test.tolist() for _, test in folds_of(None, samples(2))] == [[0], [1]]


def test_settings_in_a_mapping_are_those_of_the_splitter():
    given_ = {"n_splits": 4, "gap": 0.5}
    found = folds_of(given_, samples(40, rate=10.0))
    expected = folds_of(BlockedCV(4, gap=0.5), samples(40, rate=10.0))
    for (a, b), (c, d) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
    # Half a second at 10 Hz: 5 rows on each side of the first test block do not train.
    assert found[0][0][0] - found[0][1][-1] >= 5
    assert given_ == {"n_splits": 4, "gap": 0.5}


def test_a_splitter_of_groups_may_be_split_beforehand():
    groups = np.repeat([0, 1, 2, 3], 10)
    pairs = GroupKFold(4).split(np.zeros((40, 1)), groups=groups)
    for train, test in folds_of(pairs, samples()):
        assert not set(groups[train]) & set(groups[test])


def test_a_generator_is_read_once_and_masks_are_rows():
    mask = np.arange(40) < 30
    found = folds_of(((mask, ~mask) for _ in range(2)), samples())
    assert len(found) == 2
    np.testing.assert_array_equal(found[0][1], np.arange(30, 40))


@pytest.mark.parametrize("cv", [[], iter([]), [0, 1], [(0, 1)], b"k"])
def test_iterables_without_folds_are_refused(cv):
    with pytest.raises(OptionError, match="cv"):
        folds_of(cv, samples())
