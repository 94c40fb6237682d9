"""Exact steps of linear stochastic differential equations against quadrature and algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad_vec
from scipy.linalg import expm

from neurokit.flows.discretise import (
    modes,
    stationary_covariance,
    van_loan,
    van_loan_gradient,
)

SEEDS = st.integers(0, 10_000)


def _stable(seed, n):
    rng = np.random.default_rng(seed)
    F = rng.normal(size=(n, n))
    F -= (np.linalg.eigvals(F).real.max() + 0.3) * np.eye(n)
    half = rng.normal(size=(n, n))
    return F, half @ half.T


def _noise_by_quadrature(F, Qc, step):
    return quad_vec(lambda s: expm(F * s) @ Qc @ expm(F * s).T, 0.0, step, epsabs=1e-13)[0]


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("step", [0.01, 0.3, 2.0])
def test_step_and_noise_are_the_exponential_and_its_integral(n, step):
    F, Qc = _stable(n, n)
    A, Q = van_loan(F, Qc, step)
    np.testing.assert_allclose(A, expm(F * step), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(Q, _noise_by_quadrature(F, Qc, step), rtol=1e-8, atol=1e-11)
    np.testing.assert_array_equal(Q, Q.T)


@settings(max_examples=20)
@given(SEEDS, st.integers(1, 4))
def test_two_half_steps_are_one_step(seed, n):
    F, Qc = _stable(seed, n)
    A, Q = van_loan(F, Qc, 0.4)
    half, noise = van_loan(F, Qc, 0.2)
    np.testing.assert_allclose(half @ half, A, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(half @ noise @ half.T + noise, Q, rtol=1e-8, atol=1e-10)


def test_ornstein_uhlenbeck_has_its_closed_form():
    theta, sigma, step = 1.7, 0.6, 0.25
    A, Q = van_loan(np.array([[-theta]]), np.array([[sigma**2]]), step)
    assert A[0, 0] == pytest.approx(np.exp(-theta * step), rel=1e-13)
    expected = sigma**2 * (1 - np.exp(-2 * theta * step)) / (2 * theta)
    assert Q[0, 0] == pytest.approx(expected, rel=1e-12)


def test_integrated_white_noise_has_its_closed_form():
    step, strength = 0.7, 2.0
    F = np.array([[0.0, 1.0], [0.0, 0.0]])
    A, Q = van_loan(F, np.diag([0.0, strength]), step)
    np.testing.assert_allclose(A, [[1.0, step], [0.0, 1.0]], atol=1e-15)
    expected = strength * np.array([[step**3 / 3, step**2 / 2], [step**2 / 2, step]])
    np.testing.assert_allclose(Q, expected, rtol=1e-12)


def test_without_noise_there_is_none():
    F, Qc = _stable(3, 3)
    _, Q = van_loan(F, 0.0 * Qc, 0.5)
    np.testing.assert_array_equal(Q, np.zeros((3, 3)))


@settings(max_examples=15)
@given(SEEDS, st.integers(1, 3))
def test_gradient_is_that_of_differences(seed, n):
    F, Qc = _stable(seed, n)
    rng = np.random.default_rng(seed + 1)
    by_A = rng.normal(size=(n, n))
    by_Q = rng.normal(size=(n, n))
    by_Q = by_Q + by_Q.T

    def value(drift, diffusion):
        A, Q = van_loan(drift, diffusion, 0.3)
        return (by_A * A).sum() + (by_Q * Q).sum()

    by_F, by_Qc = van_loan_gradient(F, Qc, 0.3, by_A, by_Q)
    np.testing.assert_allclose(by_Qc, by_Qc.T, atol=1e-12)
    for i in range(n):
        for j in range(n):
            move = np.zeros((n, n))
            move[i, j] = 1e-6
            slope = (value(F + move, Qc) - value(F - move, Qc)) / 2e-6
            assert slope == pytest.approx(by_F[i, j], rel=1e-5, abs=1e-7)
            both = move + move.T
            slope = (value(F, Qc + both) - value(F, Qc - both)) / 2e-6
            assert slope == pytest.approx(by_Qc[i, j] + by_Qc[j, i], rel=1e-5, abs=1e-7)


@settings(max_examples=20)
@given(SEEDS, st.integers(1, 5))
def test_stationary_covariance_is_kept_by_every_step(seed, n):
    F, Qc = _stable(seed, n)
    P = stationary_covariance(F, Qc)
    np.testing.assert_allclose(F @ P + P @ F.T + Qc, 0.0, atol=1e-8 * np.abs(P).max())
    for step in (0.05, 1.0):
        A, Q = van_loan(F, Qc, step)
        np.testing.assert_allclose(A @ P @ A.T + Q, P, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("drift", [np.eye(2), np.zeros((2, 2)), np.array([[0.0, 1], [-1, 0]])])
def test_unstable_dynamics_keep_no_covariance(drift):
    assert np.isnan(stationary_covariance(drift, np.eye(2))).all()


@settings(max_examples=30)
@given(st.floats(0.2, 30.0), st.floats(0.01, 0.99))
def test_an_underdamped_oscillator_has_its_frequency_and_damping(omega, zeta):
    F = np.array([[0.0, 1.0], [-(omega**2), -2 * zeta * omega]])
    angular, damping = modes(F)
    assert angular == pytest.approx([omega], rel=1e-8)
    assert damping == pytest.approx([zeta], rel=1e-7)


@settings(max_examples=30)
@given(st.floats(0.2, 30.0), st.floats(1.05, 5.0))
def test_an_overdamped_oscillator_has_its_frequency_and_damping(omega, zeta):
    F = np.array([[0.0, 1.0], [-(omega**2), -2 * zeta * omega]])
    angular, damping = modes(F)
    assert angular == pytest.approx([omega], rel=1e-6)
    assert damping == pytest.approx([zeta], rel=1e-6)


def test_modes_of_several_oscillators_rise_and_do_not_depend_on_coordinates():
    blocks = [(9.0, 0.1), (4.0, 0.3), (6.0, 1.5)]
    F = np.zeros((6, 6))
    for k, (omega, zeta) in enumerate(blocks):
        F[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = [[0, 1], [-(omega**2), -2 * zeta * omega]]
    angular, damping = modes(F)
    np.testing.assert_allclose(angular, [4.0, 6.0, 9.0], rtol=1e-8)
    np.testing.assert_allclose(damping, [0.3, 1.5, 0.1], rtol=1e-7)
    M = np.random.default_rng(0).normal(size=(6, 6))
    turned = modes(M @ F @ np.linalg.inv(M))
    np.testing.assert_allclose(turned[0], angular, rtol=1e-6)
    np.testing.assert_allclose(turned[1], damping, rtol=1e-5)


def test_a_single_real_eigenvalue_is_critical_or_growing():
    assert [x.tolist() for x in modes(np.array([[-3.0]]))] == [[3.0], [1.0]]
    assert [x.tolist() for x in modes(np.array([[2.0]]))] == [[2.0], [-1.0]]
    assert [x.tolist() for x in modes(np.array([[0.0]]))] == [[0.0], [0.0]]
