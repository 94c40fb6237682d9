"""Standard coordinates change what latents look like, never what they predict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.flows.coloured import WHITE, fractional
from neurokit.flows.discretise import modes
from neurokit.flows.dynamics import FirstOrder, Langevin, floored
from neurokit.flows.em import Fit, first_state
from neurokit.flows.gauge import in_standard_coordinates
from neurokit.flows.gaussian import Gaussian
from neurokit.flows.observed import observed
from neurokit.flows.posterior import moments

SEEDS = st.integers(0, 10_000)


def _covariance(rng, n):
    half = rng.normal(size=(n, n))
    return half @ half.T + 0.2 * np.eye(n)


def _root(rng, d):
    """Forces in every direction: of a condition of 2000 a change of coordinates leaves 6 digits."""
    root = np.tril(rng.normal(size=(d, d))) + np.eye(d)
    while np.linalg.cond(root) > 100.0:
        root = np.tril(rng.normal(size=(d, d))) + np.eye(d)
    return root


def _fit(seed, d=2, colour=WHITE, order=2, n_neurons=6, n_inputs=1):
    rng = np.random.default_rng(seed)
    if order == 2:
        stiffness = _covariance(rng, d) + 0.3 * rng.normal(size=(d, d))
        root = _root(rng, d)
        dynamics = Langevin(
            stiffness, _covariance(rng, d), root, rng.normal(size=(d, n_inputs)), colour
        )
    else:
        A = rng.normal(size=(d, d))
        A *= 0.8 / np.abs(np.linalg.eigvals(A)).max()
        dynamics = FirstOrder(A, rng.normal(size=(d, n_inputs)), _covariance(rng, d))
    n = dynamics.n_states
    emission = Gaussian(
        rng.normal(size=(n_neurons, d)), rng.normal(size=n_neurons), rng.uniform(0.3, 1, n_neurons)
    )
    data = observed(
        rng.normal(size=(40, n_neurons)), rng.normal(size=(40, n_inputs)), np.array([0, 25, 40])
    )
    return Fit(dynamics, emission, rng.normal(size=n), _covariance(rng, n)), data


CASES = {
    "white": {},
    "three latents": {"d": 3},
    "one latent": {"d": 1},
    "coloured": {"colour": fractional(0.7, 2, 0.2, 4.0)},
    "first order": {"order": 1},
    "first order, three": {"order": 1, "d": 3},
}


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=6)
@given(seed=SEEDS)
def test_the_likelihood_and_the_predictions_are_the_same(name, seed):
    fit, data = _fit(seed, **CASES[name])
    found, value = fit.explained(data)
    p = fit.emission.loading.shape[1]
    moved = in_standard_coordinates(fit, found.mean[:, :p])
    again, new = moved.explained(data)
    assert new == pytest.approx(value, rel=1e-7)
    before = found.mean[:, :p] @ fit.emission.loading.T
    after = again.mean[:, :p] @ moved.emission.loading.T
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["white", "three latents", "one latent"])
@settings(max_examples=6)
@given(seed=SEEDS)
def test_frequencies_and_damping_do_not_depend_on_coordinates(name, seed):
    fit, data = _fit(seed, **CASES[name])
    found, _ = fit.explained(data)
    moved = in_standard_coordinates(fit, found.mean[:, : fit.dynamics.n_latents])
    for one, other in zip(modes(fit.dynamics.drift()), modes(moved.dynamics.drift()), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["white", "three latents", "coloured"])
def test_langevin_coordinates_are_those_that_are_said(name):
    fit, data = _fit(3, **CASES[name])
    d = fit.dynamics.n_latents
    found, _ = fit.explained(data)
    moved = in_standard_coordinates(fit, found.mean[:, :d])
    root = moved.dynamics.root
    np.testing.assert_allclose(root, root[0, 0] * np.eye(d), atol=1e-9)
    symmetric = 0.5 * (moved.dynamics.stiffness + moved.dynamics.stiffness.T)
    np.testing.assert_allclose(symmetric, np.diag(np.diag(symmetric)), atol=1e-9)
    assert (np.diff(np.diag(symmetric)) >= 0).all()
    position = moved.explained(data)[0].mean[:, :d]
    assert ((position - position.mean(axis=0)) ** 2).mean() == pytest.approx(1.0, rel=1e-6)
    weight = (moved.emission.loading * np.abs(moved.emission.loading)).sum(axis=0)
    assert (weight >= 0).all()


@pytest.mark.parametrize("name", ["first order", "first order, three"])
def test_first_order_latents_are_uncorrelated_and_sorted_by_what_they_carry(name):
    fit, data = _fit(4, **CASES[name])
    d = fit.dynamics.n_states
    found, _ = fit.explained(data)
    moved = in_standard_coordinates(fit, found.mean)
    position = moved.explained(data)[0].mean
    np.testing.assert_allclose(np.cov(position, rowvar=False), np.eye(d), atol=1e-6)
    carried = (moved.emission.loading**2).sum(axis=0)
    assert (np.diff(carried) <= 1e-9).all()
    grams = moved.emission.loading.T @ moved.emission.loading
    np.testing.assert_allclose(grams, np.diag(np.diag(grams)), atol=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_doing_it_twice_changes_nothing_more(name):
    fit, data = _fit(5, **CASES[name])
    p = fit.emission.loading.shape[1]
    once = in_standard_coordinates(fit, fit.explained(data)[0].mean[:, :p])
    twice = in_standard_coordinates(once, once.explained(data)[0].mean[:, :p])
    np.testing.assert_allclose(twice.emission.loading, once.emission.loading, rtol=1e-5, atol=1e-6)


def test_noise_that_is_lower_dimensional_is_no_obstacle():
    fit, data = _fit(6)
    flat = Langevin(
        fit.dynamics.stiffness,
        fit.dynamics.friction,
        np.array([[1.0, 0.0], [0.5, 0.0]]),
        fit.dynamics.input,
        WHITE,
    )
    fit = replace(fit, dynamics=flat)
    moved = in_standard_coordinates(fit, fit.explained(data)[0].mean[:, :2])
    assert np.isfinite(moved.emission.loading).all()
    assert moved.explained(data)[1] == pytest.approx(fit.explained(data)[1], rel=1e-5)


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 5), st.floats(1e-6, 0.5))
def test_floored_covariances_are_above_the_floor_and_otherwise_the_same(seed, n, share):
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n, max(n - 1, 1)))
    covariance = half @ half.T
    found = floored(covariance, share)
    values, vectors = np.linalg.eigh(covariance)
    floor = max(share * values.mean(), 1e-12)
    assert np.linalg.eigvalsh(found).min() >= floor * (1 - 1e-7)
    high = values > 2 * floor
    kept = vectors[:, high]
    np.testing.assert_allclose(kept.T @ found @ kept, np.diag(values[high]), atol=1e-8)


def test_a_covariance_above_the_floor_is_returned_untouched():
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    assert floored(covariance, 1e-3) is covariance


@settings(max_examples=10)
@given(SEEDS)
def test_first_order_learning_is_regression_of_the_next_state_on_this_one(seed):
    """With a path that is known all but exactly, learning is least squares."""
    rng = np.random.default_rng(seed)
    path, inputs = rng.normal(size=(60, 2)), rng.normal(size=(60, 1))
    data = observed(path, inputs, np.array([0, 35, 60]))
    fit, _ = _fit(seed, order=1, n_neurons=2)
    sharp = Fit(
        fit.dynamics,
        Gaussian(np.eye(2), np.zeros(2), np.full(2, 1e-10)),
        fit.initial_mean,
        fit.initial_covariance,
    )
    found, _ = sharp.explained(data)
    sums = moments(found, data.offsets, data.inputs)
    learned = fit.dynamics.maximised(sums)
    rows = np.r_[0:34, 35:59]
    design = np.concatenate([path[rows], inputs[rows]], axis=1)
    expected, *_ = np.linalg.lstsq(design, path[rows + 1], rcond=None)
    np.testing.assert_allclose(learned.transition, expected[:2].T, atol=1e-5)
    np.testing.assert_allclose(learned.input, expected[2:].T, atol=1e-5)
    residual = path[rows + 1] - design @ expected
    np.testing.assert_allclose(learned.noise, residual.T @ residual / len(rows), atol=1e-5)
    mean, _ = first_state(sums)
    np.testing.assert_allclose(mean, path[[0, 35]].mean(axis=0), atol=1e-5)
