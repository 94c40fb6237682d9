"""The array layer of blocks: balance, contiguity, order of first appearance, distance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.stats._blocks import contiguous_folds, equal_blocks, first_appearance, within_gap

calm = settings(deadline=None, derandomize=True, max_examples=40)
sizes_of_units = st.lists(st.integers(1, 9), min_size=2, max_size=12).map(np.array)


@calm
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=20).map(np.array))
def test_codes_count_labels_in_the_order_they_appear(labels: np.ndarray) -> None:
    seen = list(dict.fromkeys(labels.tolist()))
    assert first_appearance(labels).tolist() == [seen.index(label) for label in labels]


@pytest.mark.parametrize(
    "labels",
    [np.array([3, -1, 3, 7]), np.array(["x", "", "x", "y"]), np.array([0.5, -1.0, 0.5, 2.0])],
)
def test_labels_of_any_dtype_are_coded(labels: np.ndarray) -> None:
    assert first_appearance(labels).tolist() == [0, 1, 0, 2]


@calm
@given(sizes=sizes_of_units, k=st.integers(2, 6))
def test_folds_of_units_are_contiguous_and_none_is_empty(sizes: np.ndarray, k: int) -> None:
    if sizes.size < k:
        return
    folds = contiguous_folds(sizes, np.zeros(sizes.size, dtype=np.int64), k)
    assert set(np.diff(folds).tolist()) <= {0, 1}
    assert np.unique(folds).tolist() == list(range(k))


def best_possible(sizes: np.ndarray, k: int) -> int:
    """The smallest largest fold that any contiguous cut can have, by trying them all."""
    cuts = itertools.combinations(range(1, sizes.size), k - 1)
    return min(max(part.sum() for part in np.split(sizes, list(cut))) for cut in cuts)


@calm
@given(sizes=sizes_of_units, k=st.integers(2, 4))
def test_the_largest_fold_is_near_the_smallest_that_is_possible(sizes: np.ndarray, k: int) -> None:
    if sizes.size < k:
        return
    folds = contiguous_folds(sizes, np.zeros(sizes.size, dtype=np.int64), k)
    largest = np.bincount(folds, weights=sizes).max()
    # Cuts are made one after the other, so that a fold may miss its share by one unit.
    assert largest <= best_possible(sizes, k) + sizes.max()


@calm
@given(n=st.integers(2, 50), k=st.integers(2, 8))
def test_units_of_one_sample_are_cut_as_array_split_cuts_them(n: int, k: int) -> None:
    if n < k:
        return
    folds = contiguous_folds(np.ones(n, dtype=np.int64), np.zeros(n, dtype=np.int64), k)
    assert np.bincount(folds).tolist() == [part.size for part in np.array_split(np.arange(n), k)]


@calm
@given(
    units=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    k=st.integers(2, 8),
    seed=st.integers(0, 99),
)
def test_a_fold_is_inside_one_stretch_or_made_of_whole_ones(
    units: list[int], k: int, seed: int
) -> None:
    stretch = np.repeat(np.arange(len(units)), units)
    if stretch.size < k:
        return
    sizes = np.random.default_rng(seed).integers(1, 9, stretch.size)
    folds = contiguous_folds(sizes, stretch, k)
    assert np.unique(folds).tolist() == list(range(k))
    for fold in range(k):
        touched = np.unique(stretch[folds == fold])
        whole = all((folds[stretch == s] == fold).all() for s in touched)
        assert touched.size == 1 or whole


def test_stretches_share_folds_in_proportion_to_their_samples() -> None:
    stretch = np.repeat([0, 1, 2], [10, 10, 10])
    sizes = np.repeat([1, 3, 6], 10)  # 10, 30 and 60 samples
    folds = contiguous_folds(sizes, stretch, 10)
    assert [np.unique(folds[stretch == s]).size for s in range(3)] == [1, 3, 6]


def test_a_stretch_with_few_units_gets_no_more_folds_than_units() -> None:
    stretch = np.array([0, 1, 1, 1, 1])
    folds = contiguous_folds(np.array([1000, 1, 1, 1, 1]), stretch, 4)
    assert folds.tolist() == [0, 1, 1, 2, 3]


def test_blocks_of_a_record_shorter_than_a_block_are_one_per_run() -> None:
    assert equal_blocks([slice(0, 3), slice(3, 5)], 100).tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(("n", "length", "sizes"), [(10, 3, [4, 3, 3]), (9, 3, [3, 3, 3])])
def test_what_is_left_over_is_spread_over_the_blocks(n: int, length: int, sizes: list[int]) -> None:
    assert sorted(np.bincount(equal_blocks([slice(0, n)], length)).tolist()) == sorted(sizes)


@calm
@given(
    steps=st.lists(st.floats(0.0, 5.0), min_size=2, max_size=30).map(np.array),
    tested=st.lists(st.booleans(), min_size=30, max_size=30).map(np.array),
    gap=st.floats(0.0, 10.0),
    split=st.integers(1, 29),
)
def test_what_is_within_a_gap_is_what_the_distances_say(
    steps: np.ndarray, tested: np.ndarray, gap: float, split: int
) -> None:
    position, test = np.cumsum(steps), tested[: steps.size]
    record = (np.arange(steps.size) >= split).astype(np.int64)
    found = within_gap(position, record, test, gap)
    for i in range(steps.size):
        same = test & (record == record[i])
        near = same.any() and np.abs(position[same] - position[i]).min() <= gap
        assert found[i] == (test[i] or (gap > 0 and near))


def test_the_test_block_itself_is_never_for_training() -> None:
    test = np.array([False, True, False])
    found = within_gap(np.arange(3), np.zeros(3, dtype=np.int64), test, 0.0)
    assert found.tolist() == [False, True, False]
    assert test.tolist() == [False, True, False]  # the input is left alone
