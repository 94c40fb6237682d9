"""Condensed RDMs and square matrices are one another, in any order of conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import squareform

from neurokit.errors import OptionError
from neurokit.rsa.pair_index import (
    condensed,
    n_conditions_of,
    pair_indices,
    reorder,
    square,
)

sizes = st.integers(2, 15)
seeds = st.integers(0, 10**6)


def _row(n, seed):
    return np.random.default_rng(seed).random(n * (n - 1) // 2)


@given(sizes)
def test_pairs_are_those_of_scipy(n):
    matrix = np.arange(n * n, dtype=float).reshape(n, n)
    matrix = matrix + matrix.T
    np.fill_diagonal(matrix, 0)
    first, second = pair_indices(n)
    np.testing.assert_array_equal(matrix[first, second], squareform(matrix))


@given(sizes, seeds)
def test_square_is_scipys_squareform(n, seed):
    row = _row(n, seed)
    np.testing.assert_array_equal(square(row), squareform(row))


@given(sizes, seeds)
def test_there_and_back(n, seed):
    row = _row(n, seed)
    np.testing.assert_array_equal(condensed(square(row)), row)


@given(sizes)
def test_the_number_of_conditions_follows_from_that_of_pairs(n):
    assert n_conditions_of(n * (n - 1) // 2) == n


def test_large_numbers_of_pairs_are_counted_exactly():
    n = 73_000
    assert n_conditions_of(n * (n - 1) // 2) == n
    with pytest.raises(OptionError):
        n_conditions_of(n * (n - 1) // 2 + 1)


@pytest.mark.parametrize("n_pairs", [-1, 0, 2, 4, 5, 7])
def test_other_numbers_are_refused(n_pairs):
    with pytest.raises(OptionError, match="upper triangle"):
        n_conditions_of(n_pairs)


@given(sizes, seeds)
def test_reordering_is_that_of_the_matrix(n, seed):
    row = _row(n, seed)
    order = np.random.default_rng(seed).permutation(n)
    expected = square(row)[np.ix_(order, order)]
    np.testing.assert_array_equal(square(reorder(row[None], order))[0], expected)


@given(sizes, seeds)
def test_reordering_back_changes_nothing(n, seed):
    row = _row(n, seed)[None]
    order = np.random.default_rng(seed).permutation(n)
    np.testing.assert_array_equal(reorder(reorder(row, order), np.argsort(order)), row)


def test_conditions_that_are_not_there_are_nan():
    row = np.array([[1.0, 2.0, 3.0]])
    found = reorder(row, np.array([2, -1, 0]))
    np.testing.assert_array_equal(found, [[np.nan, 2.0, np.nan]])


def test_some_conditions_can_be_chosen():
    row = _row(6, 0)[None]
    chosen = np.array([4, 1, 5])
    expected = square(row)[0][np.ix_(chosen, chosen)]
    np.testing.assert_array_equal(square(reorder(row, chosen))[0], expected)


def test_the_diagonal_is_what_one_asks_for():
    found = square(np.array([[1.0, 2.0, 3.0]]), diagonal=np.nan)[0]
    assert np.isnan(np.diag(found)).all()
    assert np.isfinite(found[~np.eye(3, dtype=bool)]).all()


def test_leading_dims_stay():
    rows = np.random.default_rng(0).random((2, 3, 10))
    found = square(rows)
    assert found.shape == (2, 3, 5, 5)
    np.testing.assert_array_equal(found[1, 2], squareform(rows[1, 2]))


def test_views_and_other_types_are_read_rightly():
    rows = np.arange(20, dtype=np.float32).reshape(10, 2).T
    np.testing.assert_array_equal(square(rows)[1], squareform(rows[1].astype(float)))
