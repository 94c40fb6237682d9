"""EM climbs, finds what was planted, and does not mind ragged, missing, silent or tiny data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurokit.flows.coloured import fractional
from neurokit.flows.discretise import modes
from neurokit.flows.dynamics import BINS_PER_UNIT
from neurokit.flows.em import first_state, run_em
from neurokit.flows.gauge import in_standard_coordinates
from neurokit.flows.gaussian import Gaussian, noise_floor
from neurokit.flows.observed import observed
from neurokit.flows.posterior import Moments, moments
from neurokit.flows.search import SearchOptions, gaussian_search
from neurokit.flows.starts import components, first_order_start, langevin_start, smoothed_rows
from neurokit.simulate import oscillators

HERTZ = 2 * np.pi * BINS_PER_UNIT * 0.02


def data_of(seed=0, n_trials=12, n_bins=50, n_neurons=8, missing=0.0, ragged=False, n_inputs=0):
    found = oscillators((3.0, 7.0), (0.1, 0.1), n_neurons, n_trials, n_bins,
                        observation="gaussian", random_state=seed)  # fmt: skip
    values = found.recordings["session1"].activity.signal.values.astype(float)
    rng = np.random.default_rng(seed + 100)
    values[rng.random(values.shape) < missing] = np.nan
    lengths = [n_bins - (3 * k if ragged else 0) for k in range(n_trials)]
    rows = np.concatenate([v[:n] for v, n in zip(values, lengths, strict=True)])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return observed(rows, rng.normal(size=(len(rows), n_inputs)), offsets)


def start_of(data, order, colour=None, seed=0):
    found = components(data, 2, np.random.default_rng(seed))
    if order == 1:
        return first_order_start(found, data)
    options = {} if colour is None else {"colour": colour}
    return langevin_start(found, data, damping=0.5, **options)


CASES = {
    "whole": {},
    "missing": {"missing": 0.3},
    "ragged": {"ragged": True},
    "inputs": {"n_inputs": 2},
    "one trial": {"n_trials": 1, "n_bins": 120},
    "one neuron": {"n_neurons": 1},
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_the_log_likelihood_never_falls(name, order):
    data = data_of(**CASES[name])
    fit = run_em(start_of(data, order), data, max_iter=25, tol=0.0)
    trace = np.array(fit.trace)
    assert np.isfinite(trace).all()
    assert (np.diff(trace) >= -1e-8 * np.abs(trace[1:])).all()
    assert trace[-1] > trace[0]


def test_coloured_noise_climbs_too():
    data = data_of()
    fit = run_em(start_of(data, 2, fractional(0.7, 3, 0.2, 30.0)), data, max_iter=6, tol=0.0)
    trace = np.array(fit.trace)
    assert (np.diff(trace) >= -1e-8 * np.abs(trace[1:])).all()


def test_trace_ends_with_the_fits_own_likelihood():
    data = data_of()
    for max_iter, tol in ((3, 0.0), (200, 1e-3)):
        fit = run_em(start_of(data, 2), data, max_iter=max_iter, tol=tol)
        assert fit.trace[-1] == pytest.approx(fit.explained(data)[1], rel=1e-12)
        assert fit.converged == (tol > 0)


def test_watch_sees_every_iteration():
    data, seen = data_of(n_trials=3), []
    run_em(start_of(data, 1), data, max_iter=4, tol=0.0, watch=seen.append)
    assert [len(fit.trace) for fit in seen] == [0, 1, 2, 3]


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_frequencies_and_damping_are_found(missing):
    data = data_of(3, n_trials=60, n_bins=60, n_neurons=12, missing=missing)
    options = SearchOptions(2, n_restarts=2, max_iter=60)
    fit, tried = gaussian_search(data, options, np.random.default_rng(0))
    angular, damping = modes(fit.dynamics.drift())
    np.testing.assert_allclose(angular / HERTZ, [3.0, 7.0], rtol=0.05)
    # 60 trials of 1.2 s: about 20 % standard error of a damping ratio of .1.
    np.testing.assert_allclose(damping, 0.1, atol=0.06)
    assert tried.shape == (2,)


def test_grouped_and_single_trials_give_the_same_fit():
    data = data_of(n_trials=5)
    start = start_of(data, 2)
    a = run_em(start, data, max_iter=5, tol=0.0)
    b = run_em(start, data.apart(), max_iter=5, tol=0.0)
    np.testing.assert_allclose(a.trace, b.trace, rtol=1e-9)


def test_emission_maximisation_is_regression_on_known_paths():
    """With posterior covariances of zero, loadings are those of least squares."""
    rng = np.random.default_rng(0)
    data = data_of(n_trials=2)
    start = start_of(data, 2)
    found, _ = start.explained(data)
    x = rng.normal(size=found.mean.shape)
    sure = replace(found, mean=x, covariance=np.zeros_like(found.covariance))
    fitted = start.emission.maximised(data, sure)
    design = np.concatenate([x[:, :2], np.ones((len(x), 1))], axis=1)
    expected, rest, *_ = np.linalg.lstsq(design, data.values, rcond=None)
    np.testing.assert_allclose(fitted.loading, expected[:2].T, atol=1e-7)
    np.testing.assert_allclose(fitted.offset, expected[2], atol=1e-7)
    np.testing.assert_allclose(fitted.noise, rest / len(x), rtol=1e-6)


def test_missing_values_are_left_out_of_the_emission():
    whole = data_of(n_trials=4)
    values = whole.values.copy()
    values[::3, 2] = np.nan
    holed = observed(values, whole.inputs, whole.offsets)
    found, _ = start_of(holed, 2).explained(holed)
    fitted = start_of(holed, 2).emission.maximised(holed, found)
    kept = ~np.isnan(values[:, 2])
    x, V = found.mean[kept, :2], found.covariance[kept, :2, :2]
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    gram = design.T @ design
    gram[:2, :2] += V.sum(axis=0)
    expected = np.linalg.solve(gram, design.T @ values[kept, 2])
    np.testing.assert_allclose(fitted.loading[2], expected[:2], rtol=1e-6)


def test_constant_equals_the_definition():
    data = data_of(missing=0.2)
    rng = np.random.default_rng(0)
    emission = Gaussian(rng.normal(size=(8, 2)), rng.normal(size=8), rng.uniform(0.5, 2, 8))
    total = 0.0
    for n in range(8):
        y = data.values[data.seen[:, n], n] - emission.offset[n]
        total -= 0.5 * (y**2 / emission.noise[n] + np.log(2 * np.pi * emission.noise[n])).sum()
    assert emission.constant(data) == pytest.approx(total, rel=1e-12)


def test_a_neuron_that_never_changes_keeps_a_noise_above_zero():
    values = data_of().values
    values[:, 0] = 3.0
    data = observed(values, np.empty((len(values), 0)), np.array([0, 300, 600]))
    assert noise_floor(data).min() > 0
    fit = run_em(start_of(data, 2), data, max_iter=5, tol=0.0)
    assert np.isfinite(fit.trace).all()
    assert fit.emission.offset[0] == pytest.approx(3.0, abs=1e-3)


def test_nothing_but_constants_is_finite():
    data = observed(np.ones((40, 3)), np.empty((40, 0)), np.array([0, 20, 40]))
    for order in (1, 2):
        assert np.isfinite(run_em(start_of(data, order), data, max_iter=3, tol=0.0).trace).all()


def test_trials_of_one_bin_are_allowed():
    rng = np.random.default_rng(0)
    data = observed(rng.normal(size=(5, 3)), np.empty((5, 0)), np.arange(6))
    for order in (1, 2):
        fit = run_em(start_of(data, order), data, max_iter=4, tol=0.0)
        assert np.isfinite(fit.trace).all()


@pytest.mark.parametrize("order", [1, 2])
def test_standard_coordinates_change_nothing_that_is_seen(order):
    data = data_of(n_inputs=1)
    fit = run_em(start_of(data, order), data, max_iter=8, tol=0.0)
    found, value = fit.explained(data)
    p = fit.dynamics.n_observed
    moved = in_standard_coordinates(fit, found.mean[:, :p])
    again, same = moved.explained(data)
    assert same == pytest.approx(value, rel=1e-9)
    np.testing.assert_allclose(
        again.mean[:, :p] @ moved.emission.loading.T, found.mean[:, :p] @ fit.emission.loading.T,
        atol=1e-7,
    )  # fmt: skip
    if order == 2:
        for one, two in zip(
            modes(fit.dynamics.drift()), modes(moved.dynamics.drift()), strict=True
        ):
            np.testing.assert_allclose(one, two, rtol=1e-8)
        K = moved.dynamics.stiffness
        sym = 0.5 * (K + K.T)
        np.testing.assert_allclose(sym, np.diag(np.diag(sym)), atol=1e-8 * np.abs(sym).max())
        assert (np.diff(np.diag(sym)) > 0).all()
        noise = moved.dynamics.root @ moved.dynamics.root.T
        np.testing.assert_allclose(noise, noise[0, 0] * np.eye(2), atol=1e-12)


def test_coloured_coordinates_change_nothing_either():
    data = data_of(n_trials=4)
    fit = start_of(data, 2, fractional(0.3, 3, 0.2, 30.0))
    found, value = fit.explained(data)
    moved = in_standard_coordinates(fit, found.mean[:, :2])
    assert moved.explained(data)[1] == pytest.approx(value, rel=1e-9)


def test_first_state_is_mean_and_scatter():
    mean = np.array([1.0, -2.0])
    second = np.outer(mean, mean) + np.diag([0.5, 2.0])
    sums = Moments(np.eye(2), np.eye(2), np.eye(2), 1, mean, second)
    found, covariance = first_state(sums)
    np.testing.assert_array_equal(found, mean)
    np.testing.assert_allclose(covariance, np.diag([0.5, 2.0]), atol=1e-12)


def test_maximised_first_state_is_that_of_the_moments():
    data = data_of(n_trials=4)
    start = start_of(data, 1)
    found, _ = start.explained(data)
    sums = moments(found, data.offsets, data.inputs)
    np.testing.assert_allclose(sums.first_mean, found.mean[data.offsets[:-1]].mean(axis=0))


def test_smoothing_stays_within_trials():
    values = np.concatenate([np.zeros((10, 1)), np.ones((10, 1))])
    np.testing.assert_allclose(smoothed_rows(values, np.array([0, 10, 20]), 3.0), values)
    np.testing.assert_array_equal(smoothed_rows(values, np.array([0, 20]), 0.0), values)
    blurred = smoothed_rows(values, np.array([0, 20]), 3.0)
    assert 0.2 < blurred[9, 0] < 0.6


def test_more_latents_than_neurons_can_start():
    data = data_of(n_neurons=2)
    found = components(data, 4, np.random.default_rng(0))
    assert found.path.shape == (len(data.values), 4)
    fit = run_em(langevin_start(found, data, damping=0.5), data, max_iter=3, tol=0.0)
    assert np.isfinite(fit.trace).all()


def test_observed_groups_by_length_and_pattern():
    values = np.zeros((12, 2))
    values[4, 0] = np.nan
    data = observed(values, np.empty((12, 0)), np.array([0, 3, 6, 9, 12]))
    assert sorted(group.tolist() for group in data.groups) == [[0, 2, 3], [1]]
    assert not data.is_whole
    some = data.trials([2, 1])
    assert some.offsets.tolist() == [0, 3, 6]
    assert not some.seen[4, 0]
    hidden = data.without(np.array([True, False]))
    assert not hidden.seen[:, 0].any()
    assert data.seen[0, 0]
    assert data.mean.tolist() == [0.0, 0.0]
