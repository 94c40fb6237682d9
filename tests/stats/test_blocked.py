"""BlockedCV: contiguous blocks, gaps on both sides, whole groups, whole runs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score

from neurokit.errors import LabelError, NeurokitError, OptionError, TimeError
from neurokit.schema import regular_time, time_coordinate
from neurokit.stats import BlockedCV

# A busy machine is no fault of a test, and a default run does not depend on luck.
calm = settings(deadline=None, derandomize=True, max_examples=30)

Folds = list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]


def folds(cv: BlockedCV, X: Any, groups: Any = None) -> Folds:
    return list(cv.split(X, groups=groups))


def timed(n: int, rate: float | None = 10.0, time: Any = None, **coords: Any) -> xr.DataArray:
    """Samples of two features with a time axis and further coordinates on it."""
    seconds = regular_time(n, rate or 1.0) if time is None else time
    return xr.DataArray(
        np.zeros((n, 2)),
        dims=("time", "feature"),
        coords={
            "time": time_coordinate(seconds, rate),
            **{name: ("time", values) for name, values in coords.items()},
        },
    )


@calm
@given(n=st.integers(2, 60), k=st.integers(2, 10))
def test_without_runs_groups_and_gap_the_folds_are_those_of_kfold(n: int, k: int) -> None:
    X = np.zeros((n, 1))
    if k > n:
        with pytest.raises(OptionError, match="blocks of"):
            folds(BlockedCV(k), X)
        return
    for (train, test), (train_k, test_k) in zip(
        folds(BlockedCV(k), X), KFold(k).split(X), strict=True
    ):
        np.testing.assert_array_equal(train, train_k)
        np.testing.assert_array_equal(test, test_k)


@calm
@given(n=st.integers(10, 60), k=st.integers(2, 5), gap=st.integers(0, 6))
def test_every_training_sample_is_further_from_the_test_block_than_the_gap(
    n: int, k: int, gap: int
) -> None:
    cv = BlockedCV(k, gap=gap)
    if n - (n // k + 1) <= gap + 2 * gap:  # the gaps may leave nothing to train on
        return
    found = folds(cv, np.zeros((n, 1)))
    for train, test in found:
        distance = np.abs(train[:, None] - test[None, :]).min(axis=1)
        left_out = set(range(n)) - set(train.tolist()) - set(test.tolist())
        assert distance.min() == gap + 1  # nothing more is left out than the gap
        assert all(np.abs(test - i).min() <= gap for i in left_out)


def test_each_sample_is_tested_exactly_once_and_never_while_it_trains() -> None:
    found = folds(BlockedCV(4, gap=3), np.zeros((50, 1)))
    assert sorted(np.concatenate([test for _, test in found]).tolist()) == list(range(50))
    assert all(not set(train) & set(test) for train, test in found)


@pytest.mark.parametrize(
    ("rate", "gap", "samples"),
    [
        (10.0, 0.3, 3),  # 0.3 * 10 is 3.0000000000000004 in floating point
        (10.0, 0.25, 3),  # half a sample too near is too near
        (1000 / 3, 0.03, 10),
        (0.1, 10.0, 1),
        (10.0, 0.0, 0),
    ],
)
def test_with_a_time_axis_the_gap_is_in_seconds(rate: float, gap: float, samples: int) -> None:
    train, test = folds(BlockedCV(3, gap=gap), timed(60, rate))[1]
    assert test.tolist() == list(range(20, 40))
    assert train.tolist() == [*range(20 - samples), *range(40 + samples, 60)]


def test_without_a_rate_the_gap_follows_the_irregular_times() -> None:
    time = np.array([0.0, 1, 2, 3, 10, 11, 12, 13])
    train, test = folds(BlockedCV(2, gap=8.0), timed(8, None, time))[1]
    assert test.tolist() == [4, 5, 6, 7]
    assert train.tolist() == [0, 1]  # 2 s and 3 s are within 8 s of 10 s


def test_time_lost_in_a_cut_counts_for_the_gap() -> None:
    time = np.concatenate([np.arange(10) / 10, 100 + np.arange(10) / 10])
    X = timed(20, 10.0, time, run=np.repeat([0, 1], 10))
    train, test = folds(BlockedCV(2, gap=5.0), X)[0]
    assert test.tolist() == list(range(10))
    assert train.tolist() == list(range(10, 20))


def test_records_whose_clocks_start_anew_have_no_gap_between_them() -> None:
    time = np.tile(np.arange(10) / 10, 2)
    X = timed(20, 10.0, time)
    train, test = folds(BlockedCV(2, gap=0.5), X)[0]
    assert test.tolist() == list(range(10))
    assert train.tolist() == list(range(10, 20))


@settings(calm, max_examples=60)
@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    k=st.integers(2, 8),
)
def test_no_block_holds_parts_of_two_runs(lengths: list[int], k: int) -> None:
    n = sum(lengths)
    if n < k:
        return
    run = np.repeat(np.arange(len(lengths)), lengths)
    whole = [set(np.flatnonzero(run == i)) for i in range(len(lengths))]
    tests = [set(test) for _, test in folds(BlockedCV(k), timed(n, run=run))]
    for test in tests:
        touched = [members for members in whole if members & test]
        assert len(touched) == 1 or all(members <= test for members in touched)
    assert set().union(*tests) == set(range(n))
    assert sum(len(test) for test in tests) == n


def test_long_runs_get_more_blocks_than_short_ones() -> None:
    run = np.repeat([0, 1], [90, 30])
    sizes = [len(test) for _, test in folds(BlockedCV(4), timed(120, run=run))]
    assert sizes == [30, 30, 30, 30]


def test_runs_with_the_same_number_that_are_apart_are_two_runs() -> None:
    run = np.repeat([0, 1, 0], [6, 10, 14])
    tests = [test.tolist() for _, test in folds(BlockedCV(3), timed(30, run=run))]
    assert tests == [list(range(6)), list(range(6, 16)), list(range(16, 30))]


@settings(calm, max_examples=60)
@given(
    labels=st.lists(st.integers(0, 6), min_size=4, max_size=40),
    k=st.integers(2, 4),
    seed=st.integers(0, 99),
)
def test_a_group_is_never_split(labels: list[int], k: int, seed: int) -> None:
    groups = np.array(labels)
    X = np.zeros((groups.size, 1))
    if np.unique(groups).size < k:
        with pytest.raises(OptionError, match="groups"):
            folds(BlockedCV(k, groups=groups), X)
        return
    for train, test in folds(BlockedCV(k, groups=groups), X):
        assert not set(groups[train]) & set(groups[test])


def test_groups_of_a_recording_are_blocks_in_order_balanced_by_their_samples() -> None:
    groups = np.repeat(["d", "a", "c", "b"], [10, 10, 2, 18])
    tests = [test.tolist() for _, test in folds(BlockedCV(2, groups=groups), np.zeros((40, 1)))]
    assert tests == [list(range(20)), list(range(20, 40))]


def test_groups_may_be_named_or_given_to_split_which_goes_first() -> None:
    X = timed(12, subject=np.repeat(["s1", "s2"], 6), trial=np.repeat([0, 1, 2], 4))
    by_name = folds(BlockedCV(2, groups="subject"), X)
    assert [test.tolist() for _, test in by_name] == [list(range(6)), list(range(6, 12))]
    overruled = folds(BlockedCV(3, groups="subject"), X, groups="trial")
    assert [len(test) for _, test in overruled] == [4, 4, 4]


def test_groups_inside_runs_keep_to_the_runs() -> None:
    run = np.repeat([0, 1], [8, 24])
    trial = np.repeat(np.arange(16), 2)
    tests = [set(t) for _, t in folds(BlockedCV(4, groups=trial), timed(32, run=run))]
    assert tests[0] == set(range(8))  # the short run is one block, the long one three
    assert [len(test) for test in tests] == [8, 8, 8, 8]


def test_a_group_in_two_runs_stays_whole() -> None:
    run, trial = np.repeat([0, 1], 6), np.repeat([0, 1, 2], 4)
    tests = [test.tolist() for _, test in folds(BlockedCV(3, groups=trial), timed(12, run=run))]
    assert tests == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_a_gap_is_left_around_every_stretch_of_a_scattered_group() -> None:
    groups = np.array([0, 0, 1, 1, 1, 1, 0, 0, 1, 1])
    train, test = folds(BlockedCV(2, groups=groups, gap=1), np.zeros((10, 1)))[0]
    assert test.tolist() == [0, 1, 6, 7]
    assert train.tolist() == [3, 4, 9]


def test_cross_val_score_takes_dataarrays_and_the_gap_lowers_a_leaky_score() -> None:
    # A feature that is only a slow drift predicts an unrelated slow drift by leaking.
    rng = np.random.default_rng(0)
    X = timed(400).copy(data=np.cumsum(rng.normal(size=(400, 2)), axis=0))
    y = np.cumsum(rng.normal(size=400))
    scores = cross_val_score(Ridge(), X, y, cv=BlockedCV(5, gap=2.0))
    assert scores.shape == (5,)
    by_hand = [
        Ridge().fit(X.values[train], y[train]).score(X.values[test], y[test])
        for train, test in BlockedCV(5, gap=2.0).split(X)
    ]
    np.testing.assert_allclose(scores, by_hand, rtol=1e-12)


def test_it_works_in_grid_search_nested_in_cross_validation_with_gaps() -> None:
    # The inner splitter sees a time axis with a hole where the outer test block was.
    rng = np.random.default_rng(1)
    X = timed(300).copy(data=rng.normal(size=(300, 2)))
    y = X.values @ [1.0, -2.0] + rng.normal(size=300)
    inner = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=BlockedCV(3, gap=1.0))
    scores = cross_val_score(inner, X, y, cv=BlockedCV(3, gap=1.0))
    assert scores.min() > 0.7  # 5 of 6 parts of the variance are explained; 3 folds of 100
    assert clone(inner).cv.gap == 1.0


def test_a_hole_in_training_time_is_known_to_be_a_hole() -> None:
    X = timed(30).isel(time=[*range(10), *range(20, 30)])  # 1 s is missing
    train, test = folds(BlockedCV(2, gap=0.5), X)[0]
    assert test.tolist() == list(range(10))
    assert train.tolist() == list(range(10, 20))


def test_groups_pass_through_scikit_learn() -> None:
    X, y = np.random.default_rng(2).normal(size=(40, 3)), np.arange(40.0)
    groups = np.repeat(np.arange(8), 5)
    scores = cross_val_score(Ridge(), X, y, groups=groups, cv=BlockedCV(4))
    same = cross_val_score(Ridge(), X, y, cv=BlockedCV(4, groups=groups))
    np.testing.assert_array_equal(scores, same)
    assert cross_val_predict(Ridge(), X, y, cv=BlockedCV(4)).shape == (40,)
    assert RidgeCV(cv=BlockedCV(4)).fit(X, y).alpha_ > 0


def test_it_counts_prints_and_travels_to_other_processes() -> None:
    cv = BlockedCV(7, groups=np.arange(9), gap=1.5)
    assert cv.get_n_splits() == cv.get_n_splits(np.zeros(9), None, None) == 7
    assert repr(cv) == "BlockedCV(n_splits=7, groups=<9 labels>, gap=1.5)"
    assert repr(BlockedCV(3, "subject")) == "BlockedCV(n_splits=3, groups='subject', gap=0)"
    again = pickle.loads(pickle.dumps(cv))
    assert repr(again) == repr(cv)


def test_lists_and_one_dimensional_input_have_rows_too() -> None:
    assert [len(test) for _, test in folds(BlockedCV(2), [np.zeros(3)] * 6)] == [3, 3]
    assert [len(test) for _, test in folds(BlockedCV(2), np.zeros(6))] == [3, 3]


def wrong() -> Iterator[Any]:
    trials = xr.DataArray(np.zeros((4, 5, 2)), dims=("trial", "time", "channel"))
    nan = timed(6, None, np.array([0, 1, np.nan, 3, 4, 5.0]))
    yield lambda: BlockedCV(1), OptionError, "n_splits"
    yield lambda: BlockedCV(2.5), OptionError, "n_splits"  # type: ignore[arg-type]
    yield lambda: BlockedCV(True), OptionError, "n_splits"
    yield lambda: BlockedCV(gap=-1), OptionError, "gap"
    yield lambda: BlockedCV(gap=np.nan), OptionError, "gap"
    yield lambda: BlockedCV(gap="1 s"), OptionError, "gap"  # type: ignore[arg-type]
    yield lambda: folds(BlockedCV(2, gap=9), np.zeros(6)), OptionError, "no training samples"
    yield lambda: folds(BlockedCV(2, groups="run"), timed(6)), LabelError, "no coordinate 'run'"
    yield lambda: folds(BlockedCV(2, groups="run"), np.zeros(6)), LabelError, "no coordinate"
    yield lambda: folds(BlockedCV(2, groups=[1, 2]), np.zeros(6)), LabelError, "6 samples"
    yield lambda: folds(BlockedCV(2, gap=0.1), trials), TimeError, "rows are 'trial'"
    yield lambda: folds(BlockedCV(2, gap=0.1), nan), TimeError, "NaN"
    yield lambda: folds(BlockedCV(2), xr.Dataset()), OptionError, "DataArray"


@pytest.mark.parametrize(("call", "error", "said"), list(wrong()))
def test_wrong_use_is_an_error_with_a_mend(
    call: Any, error: type[NeurokitError], said: str
) -> None:
    with pytest.raises(error, match=said) as raised:
        call()
    assert raised.value.mend
