"""Pairs and matrices are two forms of the same thing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurokit.connectome.pairs import fold, members, pair_index


def test_every_unordered_pair_is_listed_once():
    first, second = pair_index(7)
    assert first.size == 21
    assert (first < second).all()
    assert len({*zip(first.tolist(), second.tolist(), strict=True)}) == 21


@given(n=st.integers(2, 12), seed=st.integers(0, 99))
def test_folding_and_reading_the_triangle_gives_the_values_back(n, seed):
    first, second = pair_index(n)
    values = np.random.default_rng(seed).random((3, first.size))
    matrices = fold(values, first, second, n)
    np.testing.assert_array_equal(matrices[:, first, second], values)
    np.testing.assert_array_equal(matrices, matrices.swapaxes(1, 2))
    assert (matrices[:, range(n), range(n)] == 0).all()


def test_pairs_that_are_not_listed_are_nan():
    matrix = fold(np.array([5.0]), np.array([0]), np.array([2]), 3)
    assert matrix[0, 2] == matrix[2, 0] == 5.0
    assert np.isnan(matrix[0, 1])
    assert np.isnan(matrix[2, 1])


def test_members_come_back_in_the_original_order():
    names = np.array(["VB1", "AVAL", "RIML", "AVAR"])
    first, second = pair_index(4)
    found, i, j = members(names[first], names[second])
    assert found == names.tolist()
    np.testing.assert_array_equal(i, first)
    np.testing.assert_array_equal(j, second)


def test_members_of_a_subset_of_pairs_are_still_right():
    neuron, partner = np.array(["A", "C"]), np.array(["B", "A"])
    names, i, j = members(neuron, partner)
    assert [(names[a], names[b]) for a, b in zip(i, j, strict=True)] == [("A", "B"), ("C", "A")]
