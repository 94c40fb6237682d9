"""Steps are exact, gradients equal differences, maximisation climbs, colours have the right law."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from neurokit.flows.coloured import WHITE, fractional
from neurokit.flows.discretise import modes, stationary_covariance, van_loan, van_loan_gradient
from neurokit.flows.dynamics import STEP, FirstOrder, Langevin, _expected_loss, floored
from neurokit.flows.posterior import Moments
from neurokit.simulate.oscillating_spikes import exact_step


def langevin(seed=0, d=2, n_inputs=0, colour=WHITE):
    rng = np.random.default_rng(seed)
    K = np.diag(rng.uniform(0.5, 3.0, d)) + 0.2 * rng.normal(size=(d, d))
    G = 0.5 * np.eye(d) + 0.1 * rng.normal(size=(d, d))
    L = np.tril(rng.normal(size=(d, d)) * 0.3) + np.eye(d)
    return Langevin(K, G, L, rng.normal(size=(d, n_inputs)), colour)


def test_van_loan_equals_the_integral():
    model = langevin(d=3)
    F, Qc = model.whole()
    A, Q = van_loan(F, Qc, 0.7)
    np.testing.assert_allclose(A, expm(F * 0.7), rtol=1e-10, atol=1e-12)
    integral, _ = quad_vec(lambda s: expm(F * s) @ Qc @ expm(F * s).T, 0, 0.7, epsabs=1e-12)
    np.testing.assert_allclose(Q, integral, rtol=1e-9, atol=1e-11)


def test_two_half_steps_are_one_step():
    F, Qc = langevin(4).whole()
    A, Q = van_loan(F, Qc, 1.0)
    half, noise = van_loan(F, Qc, 0.5)
    np.testing.assert_allclose(half @ half, A, atol=1e-12)
    np.testing.assert_allclose(half @ noise @ half.T + noise, Q, atol=1e-12)


def test_oscillator_equals_its_textbook_solution():
    omega, zeta, sd = 2.3, 0.1, 1.0
    noise = 4 * zeta * omega**3 * sd**2
    model = Langevin(np.array([[omega**2]]), np.array([[2 * zeta * omega]]),
                     np.array([[np.sqrt(noise)]]), np.empty((1, 0)), WHITE)  # fmt: skip
    A, _, Q = model.step()
    step, spread = exact_step(omega, zeta, STEP)
    np.testing.assert_allclose(A, step, atol=1e-12)
    np.testing.assert_allclose(Q, spread @ spread.T, atol=1e-12)


def test_stationary_covariance_solves_lyapunov_and_is_kept_by_the_step():
    model = langevin(1, d=3)
    F, Qc = model.whole()
    P = stationary_covariance(F, Qc)
    np.testing.assert_allclose(F @ P + P @ F.T + Qc, 0.0, atol=1e-10)
    A, _, Q = model.step()
    np.testing.assert_allclose(A @ P @ A.T + Q, P, rtol=1e-9, atol=1e-10)


def test_growing_dynamics_have_no_stationary_covariance():
    model = Langevin(np.eye(1), -np.eye(1), np.eye(1), np.empty((1, 0)), WHITE)
    assert np.isnan(stationary_covariance(*model.whole())).all()


def test_stationary_position_variance_is_the_textbook_one():
    omega, zeta = 3.0, 0.2
    F = np.array([[0, 1], [-(omega**2), -2 * zeta * omega]])
    P = stationary_covariance(F, np.diag([0.0, 2.0]))
    np.testing.assert_allclose(P, np.diag([2 / (4 * zeta * omega**3), 2 / (4 * zeta * omega)]),
                               atol=1e-12)  # fmt: skip


@pytest.mark.parametrize("zeta", [0.05, 0.4, 1.3])
def test_modes_of_uncoupled_oscillators(zeta):
    omega = np.array([5.0, 1.0])
    F = np.block([[np.zeros((2, 2)), np.eye(2)], [-np.diag(omega**2), -np.diag(2 * zeta * omega)]])
    angular, damping = modes(F)
    if zeta < 1:
        np.testing.assert_allclose(angular, [1.0, 5.0], rtol=1e-10)
        np.testing.assert_allclose(damping, zeta, rtol=1e-9)
    else:
        # Four real eigenvalues have no labels: their product and the sign of the sum remain.
        assert np.prod(angular) == pytest.approx(5.0)
        assert (damping >= 1).all()


def test_growing_modes_have_negative_damping():
    F = np.array([[0.0, 1.0], [-4.0, 0.4]])
    assert modes(F)[1] == pytest.approx([-0.1])
    assert modes(np.diag([0.5, 0.5]))[1] == pytest.approx([-1.0])


COLOURS = {"white": WHITE, "fractional": fractional(0.7, 3, 0.3, 20.0)}


@pytest.mark.parametrize("n_inputs", [0, 2])
@pytest.mark.parametrize("colour", COLOURS)
def test_gradient_equals_differences(colour, n_inputs):
    model = langevin(2, n_inputs=n_inputs, colour=COLOURS[colour])
    rng = np.random.default_rng(0)
    n = model.n_states
    weight_A, weight_Q = rng.normal(size=(n, n + n_inputs)), rng.normal(size=(n, n))
    weight_Q = weight_Q + weight_Q.T

    def value(vector):
        A, B, Q = model.moved(vector).step()
        return (weight_A * np.concatenate([A, B], axis=1)).sum() + (weight_Q * Q).sum()

    here = model.vector()
    slopes = [(value(here + 1e-6 * e) - value(here - 1e-6 * e)) / 2e-6 for e in np.eye(here.size)]
    np.testing.assert_allclose(model.gradient(weight_A, weight_Q), slopes, rtol=1e-6, atol=1e-7)


def test_van_loan_gradient_of_a_scalar_process():
    # A = exp(-a dt), Q = q (1 - exp(-2 a dt)) / 2a, by hand.
    a, q, dt = 0.8, 1.7, 0.5
    by_F, by_Qc = van_loan_gradient(np.array([[-a]]), np.array([[q]]), dt, np.eye(1), np.eye(1))
    decay = np.exp(-2 * a * dt)
    slope = dt * np.exp(-a * dt) - q * (2 * a * dt * decay - (1 - decay)) / (2 * a**2)
    assert by_F[0, 0] == pytest.approx(slope, rel=1e-9)
    assert by_Qc[0, 0] == pytest.approx((1 - decay) / (2 * a), rel=1e-9)


def test_vector_goes_round():
    model = langevin(3, d=3, n_inputs=2)
    again = model.moved(model.vector())
    for name in ("stiffness", "friction", "root", "input"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))


def sums_of(model, n, seed=0, n_inputs=0):
    """Sums over a path that was fully seen."""
    rng = np.random.default_rng(seed)
    A, B, Q = model.step()
    half = np.linalg.cholesky(Q)
    s, u = np.zeros((n + 1, len(A))), rng.normal(size=(n + 1, n_inputs))
    for t in range(n):
        s[t + 1] = A @ s[t] + B @ u[t] + half @ rng.normal(size=len(A))
    x = np.concatenate([s[:-1], u[:-1]], axis=1)
    return Moments(x.T @ x, s[1:].T @ x, s[1:].T @ s[1:], n, s[0], np.outer(s[0], s[0]))


def test_maximisation_finds_the_planted_langevin_parameters():
    truth = langevin(6, n_inputs=1)
    sums = sums_of(truth, 40_000, n_inputs=1)
    start = Langevin(np.eye(2), np.eye(2), np.eye(2), np.zeros((2, 1)), WHITE)
    found = start.maximised(sums, max_iter=200)
    # Standard errors over 8000 units of time are below .03 for each.
    np.testing.assert_allclose(found.stiffness, truth.stiffness, atol=0.12)
    np.testing.assert_allclose(found.friction, truth.friction, atol=0.12)
    np.testing.assert_allclose(found.root @ found.root.T, truth.root @ truth.root.T, atol=0.1)
    np.testing.assert_allclose(found.input, truth.input, atol=0.1)


def test_maximisation_never_lowers_the_expected_log_density():
    truth = langevin(6)
    sums = sums_of(truth, 500)
    for seed in range(5):
        start = langevin(seed + 20)
        before = _expected_loss(start.step(), sums)[0]
        assert _expected_loss(start.maximised(sums, 3).step(), sums)[0] <= before


def test_first_order_maximisation_is_least_squares():
    rng = np.random.default_rng(0)
    path = rng.normal(size=(200, 3)).cumsum(axis=0)
    x, y = path[:-1], path[1:]
    sums = Moments(x.T @ x, y.T @ x, y.T @ y, 199, path[0], np.outer(path[0], path[0]))
    found = FirstOrder(np.eye(3), np.empty((3, 0)), np.eye(3)).maximised(sums)
    coefficients = np.linalg.lstsq(x, y, rcond=None)[0].T
    np.testing.assert_allclose(found.transition, coefficients, rtol=1e-6)
    residual = y - x @ coefficients.T
    np.testing.assert_allclose(found.noise, residual.T @ residual / 199, rtol=1e-6)


def test_floor_lifts_only_what_is_below_it():
    good = np.diag([1.0, 2.0])
    assert floored(good, 1e-3) is good
    lifted = floored(np.diag([1.0, 0.0]), 1e-3)
    np.testing.assert_allclose(lifted, np.diag([1.0, 5e-4]), atol=1e-15)


@pytest.mark.parametrize("hurst", [0.3, 0.7])
def test_processes_follow_fractional_brownian_motion(hurst):
    """Standard deviation over time within 3 % of t^H / (Gamma(H + 1/2) sqrt(2H))."""
    from math import gamma

    colour = fractional(hurst, 10, 0.01, 20.0)
    for t in (1.0, 4.0, 15.0):
        pair = colour.rates[:, None] + colour.rates[None, :]
        kernel = (1 - np.exp(-pair * t)) / pair
        sd = np.sqrt(colour.weights @ kernel @ colour.weights)
        assert sd == pytest.approx(t**hurst / gamma(hurst + 0.5) / np.sqrt(2 * hurst), rel=0.03)


def test_half_is_almost_white():
    colour = fractional(0.5, 6, 0.05, 50.0)
    pair = colour.rates[:, None] + colour.rates[None, :]
    variances = [
        colour.weights @ ((1 - np.exp(-pair * t)) / pair) @ colour.weights for t in (1.0, 10.0)
    ]
    np.testing.assert_allclose(variances, [1.0, 10.0], rtol=0.05)
