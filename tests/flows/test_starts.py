"""Where fits begin: components against an SVD, dynamics of known paths, and odd data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from neurokit.flows.discretise import modes, stationary_covariance
from neurokit.flows.dynamics import STEP
from neurokit.flows.gaussian import Gaussian
from neurokit.flows.observed import observed
from neurokit.flows.starts import (
    Components,
    components,
    first_order_start,
    langevin_start,
    smoothed_rows,
    turned,
)

SEEDS = st.integers(0, 10_000)


def _oscillations(seed=0, n_bins=400, n_neurons=12, omega=3.0, noise=0.3):
    rng = np.random.default_rng(seed)
    t = np.arange(n_bins) * STEP
    path = np.stack([np.sin(omega * t), np.cos(omega * t)], axis=1)
    values = path @ rng.normal(size=(2, n_neurons)) + noise * rng.normal(size=(n_bins, n_neurons))
    return path, observed(values, np.empty((n_bins, 0)), np.array([0, n_bins]))


def test_smoothing_stays_within_trials():
    values = np.random.default_rng(0).normal(size=(30, 2))
    offsets = np.array([0, 12, 30])
    found = smoothed_rows(values, offsets, 2.0)
    for start, stop in ((0, 12), (12, 30)):
        alone = gaussian_filter1d(values[start:stop], 2.0, axis=0, mode="nearest")
        np.testing.assert_allclose(found[start:stop], alone)
    same = smoothed_rows(values, offsets, 0.0)
    np.testing.assert_array_equal(same, values)
    assert same is not values


def test_components_are_those_of_an_svd():
    _, data = _oscillations()
    found = components(data, 2, np.random.default_rng(0), smoothing=2.0)
    scaled = (data.values - data.mean) / np.sqrt(data.variance)
    smooth = gaussian_filter1d(scaled, 2.0, axis=0, mode="nearest")
    axes = np.linalg.svd(smooth.T @ smooth)[2][:2]
    expected = smooth @ axes.T
    for k in range(2):
        r = np.corrcoef(found.path[:, k], expected[:, k])[0, 1]
        assert abs(r) == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_allclose(found.path.std(axis=0), 1.0)


def test_components_span_the_planted_path():
    path, data = _oscillations()
    found = components(data, 2, np.random.default_rng(0)).path
    design = np.concatenate([found, np.ones((len(found), 1))], axis=1)
    rest = path - design @ np.linalg.lstsq(design, path, rcond=None)[0]
    assert (rest**2).mean() < 0.05 * (path**2).mean()


@settings(max_examples=10)
@given(SEEDS, st.integers(1, 6))
def test_emissions_explain_no_less_than_nothing(seed, n_latents):
    _, data = _oscillations(seed, n_bins=120, n_neurons=4)
    found = components(data, n_latents, np.random.default_rng(seed))
    assert found.path.shape == (120, n_latents)
    assert (found.emission.noise <= data.variance * (1 + 1e-6)).all()
    assert (found.emission.noise > 0).all()


def test_a_neuron_that_never_changes_does_no_harm():
    _, data = _oscillations()
    values = data.values.copy()
    values[:, 0] = 2.0
    values[:, 1] = np.nan
    odd = observed(values, data.inputs, data.offsets)
    found = components(odd, 2, np.random.default_rng(0))
    assert np.isfinite(found.path).all()
    assert np.isfinite(found.emission.loading).all()
    assert found.emission.offset[0] == 2.0


def test_turning_keeps_what_is_predicted():
    _, data = _oscillations()
    found = components(data, 3, np.random.default_rng(0))
    other = turned(found, np.random.default_rng(1))
    np.testing.assert_allclose(
        other.path @ other.emission.loading.T, found.path @ found.emission.loading.T, atol=1e-10
    )
    assert np.abs(other.path - found.path).max() > 0.1


def _known(path):
    return Components(path, Gaussian(np.eye(2), np.zeros(2), np.ones(2)))


def test_the_frequency_of_a_clean_rotation_is_found():
    path, data = _oscillations(omega=3.0)
    # One position only: of two, each would be the other's velocity.
    one = Components(path[:, :1], Gaussian(np.ones((1, 1)), np.zeros(1), np.ones(1)))
    start = langevin_start(one, data, damping=0.2)
    angular, damping = modes(start.dynamics.drift())
    np.testing.assert_allclose(angular, 3.0, rtol=0.05)
    np.testing.assert_allclose(damping, 0.2, rtol=1e-6)


@pytest.mark.parametrize("damping", [0.05, 0.5, 0.9])
def test_every_mode_has_the_damping_asked_for(damping):
    rng = np.random.default_rng(2)
    path = rng.normal(size=(300, 2)).cumsum(axis=0)
    _, data = _oscillations(n_bins=300)
    start = langevin_start(_known(path), data, damping=damping)
    np.testing.assert_allclose(modes(start.dynamics.drift())[1], damping, rtol=1e-5)


@settings(max_examples=15)
@given(SEEDS, st.sampled_from([None, 0.3, 1.0]))
def test_starts_are_stable(seed, damping):
    rng = np.random.default_rng(seed)
    _, data = _oscillations(seed, n_bins=100)
    start = langevin_start(_known(rng.normal(size=(100, 2))), data, damping=damping)
    F, Qc = start.dynamics.whole()
    assert np.isfinite(stationary_covariance(F, Qc)).all()
    plain = first_order_start(_known(rng.normal(size=(100, 2)).cumsum(axis=0)), data)
    assert np.abs(np.linalg.eigvals(plain.dynamics.transition)).max() <= 0.999 + 1e-12
    assert np.linalg.eigvalsh(plain.dynamics.noise).min() > 0


def test_a_first_order_start_is_a_regression_within_trials():
    rng = np.random.default_rng(3)
    A = np.array([[0.9, 0.2], [-0.2, 0.9]]) * 0.95
    path = np.zeros((4000, 2))
    for t in range(1, 4000):
        path[t] = A @ path[t - 1] + 0.3 * rng.normal(size=2)
        if t % 500 == 0:
            path[t] = 10.0  # a new trial begins elsewhere
    data = observed(path, np.empty((4000, 0)), np.arange(0, 4001, 500))
    start = first_order_start(_known(path), data)
    np.testing.assert_allclose(start.dynamics.transition, A, atol=0.02)
    np.testing.assert_allclose(start.dynamics.noise, 0.09 * np.eye(2), atol=0.01)


@pytest.mark.parametrize("lengths", [[1], [2], [1, 1, 1], [3, 1, 2]])
def test_trials_of_a_few_bins_give_a_start(lengths):
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rng = np.random.default_rng(4)
    data = observed(rng.normal(size=(offsets[-1], 3)), np.empty((offsets[-1], 0)), offsets)
    found = components(data, 2, rng)
    for start in (
        first_order_start(found, data),
        langevin_start(found, data, damping=0.5),
        langevin_start(found, data, damping=None),
    ):
        A, _, Q = start.dynamics.step()
        assert np.isfinite(A).all()
        assert np.isfinite(Q).all()
        assert np.isfinite(start.explained(data)[1])


def test_starts_leave_the_data_as_they_were():
    _, data = _oscillations()
    before = data.values.copy()
    components(data, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(data.values, before)
