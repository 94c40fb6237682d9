"""What was observed: masks, moments and which trials look alike."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.flows.gaussian import Gaussian, noise_floor
from neurokit.flows.observed import observed
from neurokit.flows.posterior import Chain, posterior


def _data(lengths, missing=0.0, n_neurons=3, seed=0, n_inputs=0):
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = rng.normal(size=(offsets[-1], n_neurons)) + np.arange(n_neurons)
    values[rng.random(values.shape) < missing] = np.nan
    return values, observed(values, rng.normal(size=(len(values), n_inputs)), offsets)


def test_moments_leave_out_what_is_missing():
    values, data = _data([20, 30], missing=0.3)
    np.testing.assert_allclose(data.mean, np.nanmean(values, axis=0))
    np.testing.assert_allclose(data.variance, np.nanvar(values, axis=0))
    np.testing.assert_allclose(data.square, np.nansum(values**2, axis=0))
    np.testing.assert_array_equal(data.seen, np.isfinite(values))
    assert np.isfinite(data.values).all()
    assert not data.is_whole


def test_a_neuron_that_was_never_seen_has_moments_of_0():
    values, _ = _data([10])
    values[:, 1] = np.nan
    data = observed(values, np.empty((10, 0)), np.array([0, 10]))
    assert data.mean[1] == data.variance[1] == data.square[1] == 0.0


def test_whole_trials_are_grouped_by_their_length():
    _, data = _data([4, 6, 4, 4, 6])
    assert sorted(map(list, data.groups)) == [[0, 2, 3], [1, 4]]
    assert data.is_whole


def test_trials_with_other_gaps_are_apart():
    values, _ = _data([4, 4, 4, 4])
    values[1, 0] = np.nan
    values[5, 0] = np.nan
    values[9, 1] = np.nan
    data = observed(values, np.empty((16, 0)), np.arange(0, 17, 4))
    assert sorted(map(list, data.groups)) == [[0, 1], [2], [3]]


def test_every_trial_is_in_one_group():
    _, data = _data([3, 5, 3, 2, 5, 5], missing=0.1)
    assert sorted(int(k) for group in data.groups for k in group) == list(range(6))
    assert [list(group) for group in data.apart().groups] == [[k] for k in range(6)]


def test_chosen_trials_keep_their_rows_and_order():
    values, data = _data([3, 5, 2], missing=0.2, n_inputs=2)
    some = data.trials([2, 0])
    rows = np.r_[8:10, 0:3]
    np.testing.assert_array_equal(some.offsets, [0, 2, 5])
    np.testing.assert_array_equal(some.seen, np.isfinite(values[rows]))
    np.testing.assert_array_equal(some.values, np.nan_to_num(values[rows]))
    np.testing.assert_array_equal(some.inputs, data.inputs[rows])
    assert some.n_trials == 2


def test_neurons_held_out_are_never_seen_and_nothing_else_changes():
    values, data = _data([6, 6], missing=0.1)
    less = data.without(np.array([False, True, False]))
    assert not less.seen[:, 1].any()
    np.testing.assert_array_equal(less.seen[:, [0, 2]], data.seen[:, [0, 2]])
    np.testing.assert_array_equal(less.values[:, [0, 2]], data.values[:, [0, 2]])
    assert data.seen[:, 1].any()
    assert np.isnan(values).sum() == (~data.seen).sum()


def _emission(rng, n_neurons=3, p=2):
    return Gaussian(
        rng.normal(size=(n_neurons, p)), rng.normal(size=n_neurons), rng.uniform(0.2, 1, n_neurons)
    )


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_sites_and_constant_give_the_likelihood_of_any_path(missing):
    values, data = _data([5, 3], missing=missing)
    rng = np.random.default_rng(1)
    emission, path = _emission(rng), rng.normal(size=(8, 2))
    sites = emission.sites(data)
    linear = (sites.h * path).sum() - 0.5 * np.einsum("ti,tij,tj->", path, sites.J, path)
    gap = values - path @ emission.loading.T - emission.offset
    dense = -0.5 * (gap**2 / emission.noise + np.log(2 * np.pi * emission.noise))
    # The constant holds what no path changes, so that differences between paths are exact.
    other = rng.normal(size=(8, 2))
    moved = (sites.h * other).sum() - 0.5 * np.einsum("ti,tij,tj->", other, sites.J, other)
    gap = values - other @ emission.loading.T - emission.offset
    again = -0.5 * (gap**2 / emission.noise + np.log(2 * np.pi * emission.noise))
    assert linear - moved == pytest.approx(np.nansum(dense) - np.nansum(again), rel=1e-10)
    assert linear + emission.constant(data) == pytest.approx(np.nansum(dense), rel=1e-10)


def test_regression_on_a_known_path_is_least_squares():
    """With hardly any uncertainty of the path, learning is ordinary regression."""
    rng = np.random.default_rng(2)
    path = rng.normal(size=(200, 2))
    truth = _emission(rng, 4)
    values = path @ truth.loading.T + truth.offset + 0.1 * rng.normal(size=(200, 4))
    data = observed(values, np.empty((200, 0)), np.array([0, 200]))
    sharp = Chain(np.zeros((2, 2)), np.eye(2), np.zeros(2), np.eye(2), np.zeros((2, 0)))
    sites = Gaussian(np.eye(2), np.zeros(2), np.full(2, 1e-9)).sites(
        observed(path, np.empty((200, 0)), np.array([0, 200]))
    )
    found = truth.maximised(data, posterior(sharp, sites, np.empty((200, 0))))
    design = np.concatenate([path, np.ones((200, 1))], axis=1)
    expected, residual, *_ = np.linalg.lstsq(design, values, rcond=None)
    np.testing.assert_allclose(found.loading, expected[:2].T, atol=1e-6)
    np.testing.assert_allclose(found.offset, expected[2], atol=1e-6)
    np.testing.assert_allclose(found.noise, residual / 200, rtol=1e-5)


def test_noise_has_a_floor_for_neurons_that_never_change():
    values, _ = _data([10])
    values[:, 0] = 3.0
    data = observed(values, np.empty((10, 0)), np.array([0, 10]))
    assert (noise_floor(data) > 0).all()
    flat = observed(np.ones((5, 2)), np.empty((5, 0)), np.array([0, 5]))
    assert (noise_floor(flat) > 0).all()


@pytest.mark.parametrize("lengths", [[6] * 5, [4] * 3 + [7] * 4])
def test_trials_together_equal_trials_one_by_one(lengths):
    rng = np.random.default_rng(3)
    _, data = _data(lengths, n_inputs=2)
    A = rng.normal(size=(4, 4))
    A *= 0.9 / np.abs(np.linalg.eigvals(A)).max()
    chain = Chain(A, 0.2 * np.eye(4), rng.normal(size=4), np.eye(4), rng.normal(size=(4, 2)))
    emission = _emission(rng)
    together = posterior(chain, emission.sites(data), data.inputs)
    apart = posterior(chain, emission.sites(data.apart()), data.inputs)
    for name in ("mean", "covariance", "score_mean", "cross", "by_transition", "by_noise"):
        np.testing.assert_allclose(
            getattr(together, name), getattr(apart, name), rtol=1e-8, atol=1e-9, err_msg=name
        )
    assert together.log_normaliser == pytest.approx(apart.log_normaliser, rel=1e-11)
