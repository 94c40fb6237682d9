"""Factors and triangular solves of small matrices against LAPACK."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.bicluster.small_cholesky import cholesky, invert, solve_lower, solve_upper


def precision(seed, n, scale=1.0):
    root = np.random.default_rng(seed).normal(size=(n, n + 2)) * scale
    return root @ root.T + 0.1 * scale**2 * np.eye(n)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 7), st.sampled_from([1e-6, 1.0, 1e6]))
def test_factor_solves_and_inverse_are_lapacks(seed, n, scale):
    a = precision(seed, n, scale)
    factor, inverse, spare = np.full((n, n), np.nan), np.empty((n, n)), np.empty((n, n))
    assert cholesky(a, factor)
    np.testing.assert_allclose(factor, np.linalg.cholesky(a), rtol=1e-9, atol=1e-12 * scale)
    b = np.random.default_rng(seed + 1).normal(size=n)
    down, up = b.copy(), b.copy()
    solve_lower(factor, down)
    solve_upper(factor, up)
    np.testing.assert_allclose(factor @ down, b, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(factor.T @ up, b, rtol=1e-8, atol=1e-9)
    assert invert(a, spare, inverse)
    np.testing.assert_allclose(inverse @ a, np.eye(n), atol=1e-8)
    assert np.array_equal(inverse, inverse.T)


def test_only_the_lower_triangle_is_read():
    a = precision(3, 4)
    broken = a.copy()
    broken[np.triu_indices(4, 1)] = np.nan
    factor = np.empty((4, 4))
    assert cholesky(broken, factor)
    np.testing.assert_allclose(factor @ factor.T, a, rtol=1e-12)


@pytest.mark.parametrize(
    "bad",
    [
        np.array([[1.0, 2.0], [2.0, 1.0]]),
        np.array([[0.0, 0.0], [0.0, 1.0]]),
        np.array([[np.nan, 0.0], [0.0, 1.0]]),
        np.array([[1.0, 1.0], [1.0, 1.0]]),
    ],
    ids=["indefinite", "zero", "nan", "singular"],
)
def test_what_is_not_positive_definite_is_said(bad):
    assert not cholesky(bad, np.empty((2, 2)))
    assert not invert(bad, np.empty((2, 2)), np.empty((2, 2)))
