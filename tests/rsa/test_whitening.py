"""Whitening: inner products against the explicit inverse, and V against simulated noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import OptionError
from neurokit.rsa import whitening
from neurokit.rsa.crossnobis import crossnobis_balanced
from neurokit.rsa.pair_index import pair_indices
from neurokit.rsa.whitening import entry_covariance, whitening_factor

seeds = st.integers(0, 10**6)


def _covariance(n, rng):
    a = rng.standard_normal((2 * n, n))
    return a.T @ a / (2 * n) + 0.1 * np.eye(n)


def _products(rows, valid, sigma_k):
    factor = whitening_factor(rows, valid, sigma_k)
    return factor @ factor.T


def _explicit(rows, valid, sigma_k):
    return rows @ np.linalg.solve(entry_covariance(valid, sigma_k), rows.T)


def _one_factor_apart(found, expected):
    """Products count up to one factor for all."""
    np.testing.assert_allclose(
        found / np.trace(found), expected / np.trace(expected), rtol=1e-7, atol=1e-9
    )


@given(seeds, st.integers(3, 7), st.sampled_from(["none", "vector", "matrix"]), st.booleans())
def test_products_are_those_of_the_inverse_covariance(seed, n, kind, missing):
    rng = np.random.default_rng(seed)
    valid = np.ones(n * (n - 1) // 2, dtype=bool)
    if missing:
        valid[rng.permutation(valid.size)[: rng.integers(1, valid.size - 1)]] = False
    rows = rng.standard_normal((3, int(valid.sum())))
    full = _covariance(n, rng)
    sigma_k = {"none": None, "vector": np.diag(full).copy(), "matrix": full}[kind]
    matrix = {"none": np.eye(n), "vector": np.diag(np.diag(full)), "matrix": full}[kind]
    _one_factor_apart(_products(rows, valid, sigma_k), _explicit(rows, valid, matrix))


@given(seeds)
def test_a_vector_is_a_diagonal_matrix(seed):
    rng = np.random.default_rng(seed)
    spread, rows, valid = rng.random(6) + 0.1, rng.standard_normal((3, 15)), np.ones(15, bool)
    one, two = (_products(rows, valid, s) for s in (spread, np.diag(spread)))
    _one_factor_apart(one, two)


@given(seeds, st.floats(1e-6, 1e6), st.booleans())
def test_the_size_of_the_noise_does_not_count(seed, size, as_matrix):
    rng = np.random.default_rng(seed)
    sigma_k = _covariance(5, rng) if as_matrix else rng.random(5) + 0.1
    rows, valid = rng.standard_normal((3, 10)), np.ones(10, bool)
    _one_factor_apart(_products(rows, valid, sigma_k), _products(rows, valid, size * sigma_k))


@given(seeds)
def test_conditions_may_come_in_any_order(seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(5)
    sigma_k, valid = _covariance(5, rng), np.ones(10, bool)
    matrices = rng.standard_normal((2, 5, 5))
    first, second = pair_indices(5)
    symmetric = matrices + matrices.transpose(0, 2, 1)
    rows = symmetric[:, first, second]
    mixed = symmetric[:, order][:, :, order][:, first, second]
    _one_factor_apart(
        _products(rows, valid, sigma_k), _products(mixed, valid, sigma_k[np.ix_(order, order)])
    )


def test_one_noisy_condition_loses_its_say():
    # d and e differ from the base in pairs of condition 0 or of conditions 1 and 2.
    base, valid = np.ones(6), np.ones(6, bool)
    noisy, quiet = base.copy(), base.copy()
    noisy[0] += 1.0  # pair 0-1
    quiet[3] += 1.0  # pair 1-2
    rows = np.array([base, noisy, quiet])

    def angle(sigma_k, k):
        p = _products(rows, valid, sigma_k)
        return np.arccos(min(p[0, k] / np.sqrt(p[0, 0] * p[k, k]), 1.0))

    even = np.ones(4)
    assert angle(even, 1) == pytest.approx(angle(even, 2))
    assert angle(np.array([100.0, 1, 1, 1]), 1) < 0.5 * angle(np.array([100.0, 1, 1, 1]), 2)


def test_the_covariance_of_entries_is_that_of_simulated_distances():
    """Crossnobis distances of pure noise covary as V = (C S C')^o2, up to a factor."""
    rng = np.random.default_rng(0)
    sigma_k = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 2.0]])
    root = np.linalg.cholesky(sigma_k)
    draws = np.array(
        [crossnobis_balanced(root @ rng.standard_normal((2, 3, 10))) for _ in range(6000)]
    )
    found = np.cov(draws.T)
    expected = entry_covariance(np.ones(3, bool), sigma_k)
    # The standard error of a variance is sqrt(2 / 6000) = 2 % (more for the heavy tails here).
    np.testing.assert_allclose(found / np.trace(found), expected / np.trace(expected), atol=0.02)


def test_entries_without_a_common_condition_do_not_covary():
    v = entry_covariance(np.ones(6, bool), np.diag([1.0, 2.0, 3.0, 4.0]))
    first, second = pair_indices(4)
    for p in range(6):
        for q in range(6):
            shared = {first[p], second[p]} & {first[q], second[q]}
            if p == q:
                assert v[p, q] == (first[p] + second[p] + 2.0) ** 2
            elif shared:
                assert v[p, q] == (shared.pop() + 1.0) ** 2
            else:
                assert v[p, q] == 0.0


def test_too_many_pairs_for_an_explicit_matrix_are_refused(monkeypatch):
    monkeypatch.setattr(whitening, "_MOST_EXPLICIT", 4)
    valid = np.array([True] * 5 + [False])
    with pytest.raises(OptionError, match="5 pairs squared"):
        whitening_factor(np.ones((1, 5)), valid, np.eye(4) + 0.1)
    # A diagonal needs no such matrix.
    assert np.isfinite(whitening_factor(np.ones((1, 5)), valid, np.ones(4))).all()
