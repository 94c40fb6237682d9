"""Plans of re-referencing and their arithmetic, against loops that say what is meant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import LabelError
from neurokit.signal import montages
from neurokit.signal.montages import (
    distances,
    neighbours,
    sharing,
    subtract_means,
    subtract_pairs,
    uneven,
)


def _pairs(shaft, contact, usable=None):
    names = [f"{s}{c}" for s, c in zip(shaft, contact, strict=True)]
    good = np.ones(len(names), dtype=bool) if usable is None else np.asarray(usable)
    first, second = neighbours(names, shaft, np.asarray(contact), good)
    return [(names[a], names[b]) for a, b in zip(first, second, strict=True)]


def test_neighbours_follow_the_numbers_not_the_order_of_the_file():
    found = _pairs(["A", "A", "A"], [3, 1, 2])
    assert found == [("A1", "A2"), ("A2", "A3")]


def test_a_missing_number_breaks_the_chain():
    assert _pairs(["A"] * 4, [1, 2, 4, 5]) == [("A1", "A2"), ("A4", "A5")]


def test_a_contact_that_is_not_usable_breaks_the_chain():
    assert _pairs(["A"] * 4, [1, 2, 3, 4], [True, False, True, True]) == [("A3", "A4")]


def test_no_pair_crosses_shafts_even_where_numbers_run_on():
    assert _pairs(["A", "A", "B", "B"], [1, 2, 3, 4]) == [("A1", "A2"), ("B3", "B4")]


def test_shafts_may_be_interleaved_and_come_in_the_order_of_their_first_contact():
    assert _pairs(["B", "A", "B", "A"], [1, 1, 2, 2]) == [("B1", "B2"), ("A1", "A2")]


def test_channels_without_a_shaft_have_no_neighbours():
    assert _pairs(["", "", "A"], [1, 2, 3]) == []


def test_one_contact_named_twice_is_an_error_that_names_both():
    with pytest.raises(LabelError, match="LA1 and LA01 are both contact 1 of LA"):
        neighbours(["LA1", "LA01", "LA2"], ["LA"] * 3, np.array([1, 1, 2]), np.ones(3, dtype=bool))


def test_a_second_name_of_a_bad_contact_is_no_error():
    good = np.array([True, False, True])
    first, second = neighbours(["LA1", "LA01", "LA2"], ["LA"] * 3, np.array([1, 1, 2]), good)
    assert (first.tolist(), second.tolist()) == ([0], [2])


_contacts = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 9), st.booleans()),
    unique_by=lambda c: (c[0], c[1]),
    max_size=20,
)


@given(_contacts)
def test_pairs_are_exactly_the_usable_neighbours_of_one_shaft(contacts):
    shaft = [c[0] for c in contacts]
    number = np.array([c[1] for c in contacts], dtype=np.int64)
    usable = np.array([c[2] for c in contacts], dtype=bool)
    first, second = neighbours([""] * len(contacts), shaft, number, usable)
    expected = {
        (i, j)
        for i in range(len(contacts))
        for j in range(len(contacts))
        if shaft[i] == shaft[j] and number[j] == number[i] + 1 and usable[i] and usable[j]
    }
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
    assert first.size == len(expected)


def test_those_who_share_a_label_are_targets_and_only_the_good_ones_are_sources():
    member = np.array([True, True, True, False])
    good = np.array([True, False, True, True])
    sets = sharing(["A", "A", "B", "A"], member, good)
    assert [(t.tolist(), s.tolist()) for t, s in sets] == [([0, 1], [0]), ([2], [2])]


def test_an_empty_label_is_shared_by_nobody():
    assert sharing(["", ""], np.ones(2, dtype=bool), np.ones(2, dtype=bool)) == []


def test_distances_are_euclidean_and_unknown_where_a_place_is():
    position = np.array([[0.0, 0.0, 0.0], [0.003, 0.004, 0.0], [np.nan] * 3])
    found = distances(position, np.array([0, 1]), np.array([1, 2]))
    np.testing.assert_allclose(found, [0.005, np.nan])


def test_a_pair_is_uneven_against_its_own_shaft_only():
    distance = np.array([3.5, 3.5, 11.0, 10.0, 10.0])
    far = uneven(distance, ["A", "A", "A", "G", "G"])
    assert far.tolist() == [False, False, True, False, False]


def test_one_pair_or_unknown_distances_are_never_uneven():
    assert not uneven(np.array([50.0, np.nan, np.nan]), ["A", "B", "B"]).any()


def test_differences_are_taken_in_float64():
    # 1e8 + 1 is not a float32, but the difference of two float32 of that size is exact.
    values = np.array([[1e8, 1e8 - 8.0, 5.0]], dtype=np.float32)
    found = subtract_pairs(values, np.array([0]), np.array([1]), np.array([2]))
    assert found.dtype == np.float32
    assert found.tolist() == [[8.0, 5.0]]


@pytest.mark.parametrize("shape", [(7, 4), (3, 5, 4), (1, 4), (0, 4)])
def test_pairs_equal_the_definition_for_any_leading_dims(shape):
    values = np.random.default_rng(0).normal(size=shape)
    first, second, kept = np.array([0, 1]), np.array([1, 3]), np.array([2])
    found = subtract_pairs(values, first, second, kept)
    expected = np.stack(
        [values[..., 0] - values[..., 1], values[..., 1] - values[..., 3], values[..., 2]], axis=-1
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(7, 5), (3, 6, 5), (0, 5)])
def test_means_equal_the_definition_for_any_leading_dims(shape):
    values = np.random.default_rng(1).normal(size=shape)
    sets = [(np.array([0, 1, 2]), np.array([0, 2])), (np.array([3]), np.array([3]))]
    found = subtract_means(values, sets, np.arange(5))
    expected = values.copy()
    mean = (values[..., 0] + values[..., 2]) / 2
    expected[..., :3] -= mean[..., np.newaxis]
    expected[..., 3] = 0.0
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_a_missing_source_counts_for_nothing_and_a_missing_target_stays_missing():
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    found = subtract_means(values, [(np.arange(3), np.arange(3))], np.arange(3))
    np.testing.assert_array_equal(found, [[-1.0, np.nan, 1.0], [np.nan] * 3])


def test_an_unobserved_mean_leaves_nothing_observed():
    values = np.array([[1.0, np.nan]])
    found = subtract_means(values, [(np.array([0, 1]), np.array([1]))], np.arange(2))
    assert np.isnan(found).all()


def test_a_large_common_offset_costs_no_digit():
    rng = np.random.default_rng(2)
    values = (rng.integers(-8, 8, (100, 4)) + 2.0**20).astype(np.float32)
    found = subtract_means(values, [(np.arange(4), np.arange(4))], np.arange(4))
    exact = values.astype(np.float64) - values.astype(np.float64).mean(axis=1, keepdims=True)
    np.testing.assert_array_equal(found, exact.astype(np.float32))


def test_blocks_change_no_bit(monkeypatch):
    values = np.random.default_rng(3).normal(size=(97, 6)).astype(np.float32)
    sets, kept = [(np.arange(4), np.array([0, 1, 3]))], np.arange(6)
    first, second = np.array([0, 2]), np.array([1, 3])
    whole = subtract_means(values, sets, kept), subtract_pairs(values, first, second, kept)
    monkeypatch.setattr(montages, "VALUES_PER_BLOCK", 17)
    np.testing.assert_array_equal(subtract_means(values, sets, kept), whole[0])
    np.testing.assert_array_equal(subtract_pairs(values, first, second, kept), whole[1])


def test_the_values_given_are_not_changed():
    values = np.random.default_rng(4).normal(size=(5, 3))
    before = values.copy()
    subtract_means(values, [(np.arange(3), np.arange(3))], np.arange(3))
    subtract_pairs(values, np.array([0]), np.array([1]), np.array([2]))
    np.testing.assert_array_equal(values, before)
