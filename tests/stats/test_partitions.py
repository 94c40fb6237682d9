"""adjusted_rand against scikit-learn, match_labels against all permutations."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from neurokit.errors import LabelError, OptionError
from neurokit.stats import adjusted_rand, match_labels

# A busy machine is no fault of a test, and a default run does not depend on luck.
calm = settings(deadline=None, derandomize=True, max_examples=30)


@st.composite
def two_partitions(draw: Any, most: int = 5) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 30))
    labels = st.lists(st.integers(0, most - 1), min_size=n, max_size=n).map(np.array)
    return draw(labels), draw(labels)


@calm
@given(two_partitions())
def test_the_adjusted_rand_index_equals_scikit_learns(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)


@calm
@given(two_partitions())
def test_it_counts_pairs_as_the_definition_says(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    pairs = list(itertools.combinations(range(a.size), 2))
    together_a = np.array([a[i] == a[j] for i, j in pairs], dtype=bool)
    together_b = np.array([b[i] == b[j] for i, j in pairs], dtype=bool)
    index, rows, columns = (together_a & together_b).sum(), together_a.sum(), together_b.sum()
    expected = rows * columns / max(len(pairs), 1)
    most = (rows + columns) / 2
    ari = 1.0 if most == expected else (index - expected) / (most - expected)
    assert adjusted_rand(a, b) == pytest.approx(ari, abs=1e-12)


@calm
@given(two_partitions())
def test_it_is_symmetric_and_one_for_the_same_partition(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    a, b = pair
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand(b, a), abs=1e-12)
    assert adjusted_rand(a, np.array(list("zyxwv"))[a]) == 1.0


def test_unrelated_partitions_average_to_zero() -> None:
    rng = np.random.default_rng(0)
    scores = [adjusted_rand(*rng.integers(0, 4, (2, 60))) for _ in range(400)]
    # The standard error of the mean is about 0.001 (sd 0.022 over 400 pairs).
    assert abs(np.mean(scores)) < 0.005


def test_pair_counts_of_a_million_samples_do_not_overflow() -> None:
    a = np.arange(1_000_000) % 3
    b = np.random.default_rng(1).integers(0, 3, 1_000_000)
    assert adjusted_rand(a, a) == 1.0
    assert abs(adjusted_rand(a, b)) < 1e-3


def test_samples_without_a_label_are_left_out() -> None:
    a = np.array([0, 0, 1, 1, np.nan, 2])
    b = np.array([5, 5, 6, 6, 5, np.nan])
    assert adjusted_rand(a, b) == 1.0
    with pytest.raises(OptionError, match="no sample"):
        adjusted_rand([np.nan], [1.0])


def test_partitions_of_other_samples_are_an_error() -> None:
    with pytest.raises(LabelError, match="shapes"):
        adjusted_rand([0, 1], [0, 1, 1])
    x = xr.DataArray([0, 1], dims="neuron", coords={"neuron": ["a", "b"]})
    with pytest.raises(LabelError, match="coordinates differ"):
        adjusted_rand(x, x.assign_coords(neuron=["b", "a"]))


def brute_force(a: np.ndarray, b: np.ndarray) -> int:
    """The most samples that agree under any one-to-one renaming of b."""
    names_a, names_b = np.unique(a).tolist(), np.unique(b).tolist()
    names_a += [-1 - i for i in range(max(0, len(names_b) - len(names_a)))]
    return max(
        sum(int(((b == old) & (a == new)).sum()) for old, new in zip(names_b, chosen, strict=True))
        for chosen in itertools.permutations(names_a, len(names_b))
    )


@settings(calm, max_examples=100)
@given(two_partitions(4))
def test_no_other_renaming_agrees_on_more_samples(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    renamed, mapping = match_labels(a, b)
    assert int((renamed == a).sum()) == brute_force(a, b)
    assert set(mapping) == set(b.tolist())
    assert len(set(mapping.values())) == len(mapping)  # one to one
    np.testing.assert_array_equal(renamed, [mapping[label] for label in b.tolist()])


@calm
@given(two_partitions(4), st.permutations(range(4)))
def test_a_permutation_of_the_labels_changes_nothing(
    pair: tuple[np.ndarray, np.ndarray], order: list[int]
) -> None:
    a, b = pair
    renamed, mapping = match_labels(a, b)
    again, permuted = match_labels(a, np.array(order)[b])
    np.testing.assert_array_equal(renamed, again)
    assert {order[old]: new for old, new in mapping.items()} == permuted


@calm
@given(two_partitions(4))
def test_a_partition_that_was_only_renamed_is_given_back(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    a, _ = pair
    renamed, mapping = match_labels(a, np.array(["q", "r", "s", "t"])[a])
    np.testing.assert_array_equal(renamed, a)
    assert renamed.dtype == a.dtype
    assert all(isinstance(k, str) and isinstance(v, int) for k, v in mapping.items())


def test_labels_left_over_get_new_names() -> None:
    renamed, mapping = match_labels([0, 0, 0, 4, 4, 4], [1, 1, 2, 3, 3, 5])
    assert renamed.tolist() == [0, 0, 5, 4, 4, 6]
    assert mapping == {1: 0, 2: 5, 3: 4, 5: 6}
    renamed, mapping = match_labels(["rest", "rest", "unmatched-1"], [0, 1, 2])
    assert renamed.tolist() == ["rest", "unmatched-2", "unmatched-1"]
    assert mapping == {0: "rest", 1: "unmatched-2", 2: "unmatched-1"}


def test_fewer_labels_than_there_are_keep_the_best_ones() -> None:
    renamed, _ = match_labels([0, 1, 2, 2], [9, 9, 8, 8])
    assert renamed.tolist() == [0, 0, 2, 2]


def test_missing_labels_stay_missing() -> None:
    renamed, mapping = match_labels([0.0, np.nan, 1.0, 1.0], [7.0, 7.0, np.nan, 3.0])
    np.testing.assert_array_equal(renamed, [0.0, 0.0, np.nan, 1.0])
    assert mapping == {7.0: 0.0, 3.0: 1.0}
    with pytest.raises(OptionError, match="NaN cannot stand among strings"):
        match_labels(["a", "b"], [np.nan, 1.0])


def test_a_label_that_never_meets_a_known_one_is_renamed_all_the_same() -> None:
    renamed, mapping = match_labels([0.0, 1.0, np.nan], [5, 6, 7])
    assert mapping == {5: 0.0, 6: 1.0, 7: 2.0}
    assert renamed.tolist() == [0.0, 1.0, 2.0]


def test_a_dataarray_keeps_its_labels_whatever_the_order_of_dims() -> None:
    truth = xr.DataArray([[0, 0, 1], [2, 2, 1]], dims=("trial", "time"))
    states = xr.DataArray([[5, 5, 4], [3, 3, 4]], dims=("trial", "time"), name="state")
    renamed, _ = match_labels(truth, states.transpose("time", "trial"))
    assert renamed.name == "state"
    np.testing.assert_array_equal(renamed.transpose(*truth.dims).values, truth.values)
    with pytest.raises(LabelError, match="shapes"):
        match_labels(truth, states.values.T)


def test_labels_that_cannot_be_named_anew_are_an_error() -> None:
    assert match_labels([True, False], [0, 1])[0].tolist() == [True, False]
    with pytest.raises(OptionError, match="integers"):
        match_labels([True, True, True], [0, 1, 2])
    with pytest.raises(OptionError, match="mixed"):
        match_labels(np.array([1, "a"], dtype=object), [0, 1])
    with pytest.raises(OptionError, match="no label"):
        match_labels([], [])


def test_object_and_variable_width_strings_are_strings() -> None:
    b = np.array(["x", "y"], dtype=object)
    assert match_labels([0, 1], b)[1] == {"x": 0, "y": 1}
    assert adjusted_rand(b, b.astype(np.dtypes.StringDType())) == 1.0
