"""Taking a penalty out of an optimum gives back what the likelihood alone says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.states.priors_estimates import unpenalised


def quadratic_problem(seed, *, n_states=2, n_post=3, n_pre=4, n_basis=1):
    """A quadratic log-likelihood with correlated weights: its optimum and its information."""
    rng = np.random.default_rng(seed)
    n = n_pre * n_basis
    root = rng.standard_normal((n_states, n_post, n, 3 * n))
    information = 20.0 * root @ root.swapaxes(-1, -2) / (3 * n)
    optimum = rng.standard_normal((n_states, n_post, n_pre, n_basis))
    return optimum, information


def penalised(optimum, information, mean, precision):
    """argmin of (w - optimum)' H (w - optimum) / 2 + precision (w - mean)^2 / 2."""
    n = information.shape[-1]
    flat = [x.reshape(*x.shape[:2], n) for x in (optimum, mean, precision)]
    left = information + flat[2][..., None] * np.eye(n)
    right = np.einsum("snij,snj->sni", information, flat[0]) + flat[2] * flat[1]
    return np.linalg.solve(left, right[..., None])[..., 0].reshape(optimum.shape)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 500), st.floats(0.0, 1e3), st.floats(-2, 2), st.integers(1, 2))
def test_the_unpenalised_optimum_comes_back(seed, ridge, centre, n_basis):
    optimum, information = quadratic_problem(seed, n_basis=n_basis)
    mean, precision = np.full(optimum.shape, centre), np.full(optimum.shape, ridge)
    at = penalised(optimum, information, mean, precision)
    estimate, _ = unpenalised(at, information, mean, precision)
    np.testing.assert_allclose(estimate, optimum, atol=1e-3 * max(1.0, np.abs(optimum).max()))


def test_the_covariance_is_the_inverse_of_the_information():
    optimum, information = quadratic_problem(0)
    zero = np.zeros(optimum.shape)
    _, covariance = unpenalised(optimum, information, zero, zero)
    np.testing.assert_allclose(covariance, np.linalg.inv(information), rtol=1e-4, atol=1e-6)


def test_without_a_penalty_nothing_moves():
    optimum, information = quadratic_problem(1)
    zero = np.zeros(optimum.shape)
    estimate, _ = unpenalised(optimum, information, zero, zero)
    np.testing.assert_array_equal(estimate, optimum)


def test_absent_edges_show_their_slope_through_a_strong_penalty():
    optimum, information = quadratic_problem(2)
    mean = np.zeros(optimum.shape)
    precision = np.where(np.arange(4)[None, None, :, None] < 2, 1e8, 1.0)
    precision = np.broadcast_to(precision, optimum.shape)
    at = penalised(optimum, information, mean, precision)
    assert np.abs(at[:, :, :2]).max() < 1e-5
    estimate, _ = unpenalised(at, information, mean, precision)
    np.testing.assert_allclose(estimate, optimum, atol=1e-3)


def test_pinned_weights_stay_where_they_are():
    optimum, information = quadratic_problem(3)
    precision = np.ones(optimum.shape)
    precision[:, :, 1] = np.inf
    optimum[:, :, 1] = 0.0
    estimate, _ = unpenalised(optimum, information, np.zeros(optimum.shape), precision)
    assert (estimate[:, :, 1] == 0).all()
    assert np.isfinite(estimate).all()


def test_weights_that_nothing_is_known_of_have_wide_errors():
    optimum, information = quadratic_problem(4)
    information[:, :, 2, :] = information[:, :, :, 2] = 0.0
    zero = np.zeros(optimum.shape)
    _, covariance = unpenalised(optimum, information, zero, zero)
    variance = np.einsum("snii->sni", covariance)
    assert (variance[:, :, 2] > 1e3 * variance[:, :, [0, 1, 3]].max()).all()


@pytest.mark.parametrize("scale", [0.0, 1e-9])
def test_no_information_at_all_is_finite(scale):
    optimum, information = quadratic_problem(5)
    zero = np.zeros(optimum.shape)
    estimate, covariance = unpenalised(optimum, scale * information, zero, zero)
    assert np.isfinite(estimate).all()
    assert np.isfinite(covariance).all()
