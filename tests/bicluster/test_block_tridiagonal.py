"""Block tridiagonal Gaussians against dense algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.bicluster.block_tridiagonal import draw_gaussian, factorise, solve_back
from neurokit.bicluster.kernels import sample_block_tridiagonal
from neurokit.errors import SchemaError


def problem(seed, n, q):
    """A precision that is positive definite by construction: a product of bidiagonal factors."""
    rng = np.random.default_rng(seed)
    root = np.zeros((n * q, n * q))
    for t in range(n):
        here = slice(t * q, (t + 1) * q)
        root[here, here] = np.tril(rng.normal(size=(q, q)), -1) + np.diag(rng.uniform(0.5, 2, q))
        if t:
            root[here, (t - 1) * q : t * q] = rng.normal(size=(q, q))
    p = root @ root.T
    diagonal = np.array([p[t * q : (t + 1) * q, t * q : (t + 1) * q] for t in range(n)])
    lower = [p[(t + 1) * q : (t + 2) * q, t * q : (t + 1) * q] for t in range(n - 1)]
    return p, diagonal, np.array(lower).reshape(n - 1, q, q), rng.normal(size=(n, q))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 4))
def test_mean_determinant_and_evidence_are_those_of_dense_algebra(seed, n, q):
    p, diagonal, lower, rhs = problem(seed, n, q)
    mean, log_determinant, log_evidence = draw_gaussian(diagonal, lower, rhs, np.zeros((n, q)))
    expected = np.linalg.solve(p, rhs.ravel())
    scale = np.abs(expected).max()
    assert np.abs(mean.ravel() - expected).max() < 1e-10 * scale * max(1, np.linalg.cond(p) * 1e-5)
    assert log_determinant == pytest.approx(np.linalg.slogdet(p)[1], rel=1e-9, abs=1e-9)
    integral = 0.5 * rhs.ravel() @ expected - 0.5 * np.linalg.slogdet(p)[1]
    assert log_evidence == pytest.approx(integral, rel=1e-8, abs=1e-8)


def test_mean_of_a_long_well_conditioned_chain_to_ten_digits():
    n, q = 300, 3
    rng = np.random.default_rng(0)
    lower = 0.3 * rng.normal(size=(n - 1, q, q))
    diagonal = np.tile(4.0 * np.eye(q), (n, 1, 1))
    rhs = rng.normal(size=(n, q))
    p = np.zeros((n * q, n * q))
    for t in range(n):
        p[t * q : (t + 1) * q, t * q : (t + 1) * q] = diagonal[t]
        if t:
            p[t * q : (t + 1) * q, (t - 1) * q : t * q] = lower[t - 1]
            p[(t - 1) * q : t * q, t * q : (t + 1) * q] = lower[t - 1].T
    expected = np.linalg.solve(p, rhs.ravel())
    found = sample_block_tridiagonal(diagonal, lower, rhs, mean=True).ravel()
    assert np.linalg.norm(found - expected) < 1e-10 * np.linalg.norm(expected)


def test_draws_have_the_dense_mean_and_covariance():
    p, diagonal, lower, rhs = problem(5, 4, 2)
    n_draws = 40_000
    normals = np.random.default_rng(1).standard_normal((n_draws, *rhs.shape))
    draws = np.array([draw_gaussian(diagonal, lower, rhs, e)[0].ravel() for e in normals])
    covariance = np.linalg.inv(p)
    mean = covariance @ rhs.ravel()
    deviation = np.sqrt(np.diag(covariance))
    assert (np.abs(draws.mean(axis=0) - mean) < 4 * deviation / np.sqrt(n_draws)).all()
    gap = draws - mean
    found = gap.T @ gap / n_draws
    # Isserlis: the variance of a product of Gaussians.
    error = np.sqrt((np.outer(deviation**2, deviation**2) + covariance**2) / n_draws)
    assert (np.abs(found - covariance) < 4 * error).all()


def test_draw_is_linear_in_its_normals():
    p, diagonal, lower, rhs = problem(6, 3, 2)
    columns = []
    for unit in np.eye(6):
        both = draw_gaussian(diagonal, lower, rhs, unit.reshape(3, 2))[0]
        columns.append((both - draw_gaussian(diagonal, lower, rhs, np.zeros((3, 2)))[0]).ravel())
    spread = np.array(columns).T
    np.testing.assert_allclose(spread @ spread.T, np.linalg.inv(p), rtol=1e-9, atol=1e-12)


def test_factor_multiplies_back_to_the_precision_and_solves():
    p, diagonal, lower, rhs = problem(7, 5, 2)
    factors, below, solved, _ = factorise(diagonal, lower, rhs)
    whole = np.zeros_like(p)
    for t in range(5):
        whole[2 * t : 2 * t + 2, 2 * t : 2 * t + 2] = factors[t]
        if t:
            whole[2 * t : 2 * t + 2, 2 * t - 2 : 2 * t] = below[t - 1]
    np.testing.assert_allclose(whole @ whole.T, p, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(whole @ solved.ravel(), rhs.ravel(), rtol=1e-9, atol=1e-12)
    x = rhs.copy()
    solve_back(factors, below, x)
    np.testing.assert_allclose(whole.T @ x.ravel(), rhs.ravel(), rtol=1e-9, atol=1e-12)


def test_inputs_stay_as_they_are():
    _, diagonal, lower, rhs = problem(8, 4, 2)
    kept = [part.copy() for part in (diagonal, lower, rhs)]
    sample_block_tridiagonal(diagonal, lower, rhs, random_state=0)
    for before, after in zip(kept, (diagonal, lower, rhs), strict=True):
        assert np.array_equal(before, after)


def test_public_draw_is_one_of_the_right_gaussian_and_repeats_with_its_seed():
    p, diagonal, lower, rhs = problem(9, 3, 1)
    first = sample_block_tridiagonal(diagonal, lower, rhs, random_state=3)
    assert np.array_equal(first, sample_block_tridiagonal(diagonal, lower, rhs, random_state=3))
    assert not np.array_equal(first, sample_block_tridiagonal(diagonal, lower, rhs, random_state=4))
    rng = np.random.default_rng(0)
    many = np.array(
        [sample_block_tridiagonal(diagonal, lower, rhs, random_state=rng) for _ in range(4000)]
    )[..., 0]
    gap = many - np.linalg.solve(p, rhs.ravel())
    # gap' P gap is chi-square with 3 degrees of freedom, whose variance is 6.
    assert np.einsum("ni,ij,nj->n", gap, p, gap).mean() == pytest.approx(
        3.0, abs=4 * np.sqrt(6 / 4000)
    )


@pytest.mark.parametrize(
    ("diagonal", "lower", "rhs", "where"),
    [
        (np.ones((3, 2, 2)), np.zeros((2, 2, 2)), np.zeros((3, 1)), "diagonal"),
        (np.ones((3, 1, 1)), np.zeros((3, 1, 1)), np.zeros((3, 1)), "lower"),
        (np.ones((3, 1, 1)), np.zeros((2, 1, 1)), np.zeros(3), "diagonal"),
        (-np.ones((3, 1, 1)), np.zeros((2, 1, 1)), np.zeros((3, 1)), "diagonal"),
        (np.full((3, 1, 1), np.nan), np.zeros((2, 1, 1)), np.zeros((3, 1)), "diagonal"),
        (np.ones((3, 1, 1)), np.full((2, 1, 1), 1.0), np.zeros((3, 1)), "diagonal"),
    ],
    ids=["rhs", "lower", "flat", "negative", "nan", "indefinite together"],
)
def test_what_does_not_fit_is_refused_by_name(diagonal, lower, rhs, where):
    with pytest.raises(SchemaError, match=where):
        sample_block_tridiagonal(diagonal, lower, rhs)
