"""Poisson emission under a Gaussian law: Monte Carlo, scikit-learn, and derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import PoissonRegressor

from neurokit.flows.observed import observed
from neurokit.flows.poisson import Poisson, _bounds, _newton, log_means, penalty, readout

SEEDS = st.integers(0, 10_000)


def _case(seed, n_bins=60, n_neurons=4, p=2, missing=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_bins, p))
    half = 0.3 * rng.normal(size=(n_bins, p, p))
    V = half @ half.transpose(0, 2, 1)
    emission = Poisson(0.6 * rng.normal(size=(n_neurons, p)), rng.normal(size=n_neurons) - 0.5)
    counts = rng.poisson(emission.rates(x)).astype(float)
    counts[rng.random(counts.shape) < missing] = np.nan
    data = observed(counts, np.empty((n_bins, 0)), np.array([0, n_bins]))
    return emission, x, V, counts, data


def test_expected_rates_are_those_of_draws():
    emission, x, V, _, _ = _case(0, n_bins=3)
    rng = np.random.default_rng(1)
    for t in range(3):
        draws = rng.multivariate_normal(x[t], V[t], 200_000)
        rates = np.exp(draws @ emission.loading.T + emission.offset)
        error = rates.std(axis=0) / np.sqrt(len(rates))
        gap = np.abs(rates.mean(axis=0) - emission.rates(x, V)[t])
        assert (gap < 4.5 * error).all()


@settings(max_examples=20)
@given(SEEDS)
def test_uncertainty_only_raises_expected_rates(seed):
    emission, x, V, _, _ = _case(seed)
    assert (emission.rates(x, V) >= emission.rates(x) * (1 - 1e-12)).all()
    np.testing.assert_allclose(emission.rates(x, 0.0 * V), emission.rates(x))


def test_rates_far_from_any_data_stay_finite():
    emission = Poisson(np.array([[1.0]]), np.array([0.0]))
    assert np.isfinite(emission.rates(np.array([[1e6]]))).all()


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_log_likelihood_of_a_known_path_is_scipys(missing):
    emission, x, _, counts, data = _case(2, missing=missing)
    seen = np.isfinite(counts)
    expected = stats.poisson.logpmf(np.where(seen, counts, 0), emission.rates(x))[seen].sum()
    found = emission.expected_log_likelihood(data, x, emission.rates(x))
    assert found == pytest.approx(expected, rel=1e-10)


def test_expected_log_likelihood_is_the_mean_over_draws():
    emission, x, V, counts, data = _case(3, n_bins=4)
    rng = np.random.default_rng(4)
    total = np.zeros(40_000)
    for t in range(4):
        draws = rng.multivariate_normal(x[t], V[t], len(total))
        eta = draws @ emission.loading.T + emission.offset
        total += stats.poisson.logpmf(counts[t], np.exp(eta)).sum(axis=1)
    found = emission.expected_log_likelihood(data, x, emission.rates(x, V))
    assert abs(total.mean() - found) < 4.5 * total.std() / np.sqrt(len(total))


@settings(max_examples=10)
@given(SEEDS)
def test_newtons_step_vanishes_only_at_the_optimum(seed):
    emission, x, V, _, data = _case(seed, missing=0.1)
    found = emission.maximised(data, x, V, n_steps=40)
    theta = np.concatenate([found.loading, found.offset[:, None]], axis=1)
    assert np.abs(_newton(data, theta, x, V, 1e-2)).max() < 1e-5
    value = _bounds(data, theta, x, V, 1e-2)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        moved = theta + 1e-2 * rng.normal(size=theta.shape)
        assert (_bounds(data, moved, x, V, 1e-2) <= value + 1e-10).all()


@settings(max_examples=15)
@given(SEEDS, st.integers(1, 3))
def test_no_neurons_bound_falls(seed, n_steps):
    emission, x, V, _, data = _case(seed, missing=0.2)
    rng = np.random.default_rng(seed)
    start = Poisson(3 * rng.normal(size=emission.loading.shape), 3 * rng.normal(size=4))
    found = start.maximised(data, x, V, n_steps=n_steps)

    def bound(one):
        theta = np.concatenate([one.loading, one.offset[:, None]], axis=1)
        return _bounds(data, theta, x, V, 1e-2)

    assert (bound(found) >= bound(start)).all()


def test_readout_on_exact_positions_is_poisson_regression():
    _, x, _, counts, data = _case(5, n_bins=400)
    ridge = 0.5
    found = readout(data, x, ridge=ridge)
    for k in range(counts.shape[1]):
        # scikit-learn divides the deviance by 2 n: its alpha is a precision per bin.
        peer = PoissonRegressor(alpha=ridge / len(x), tol=1e-10, max_iter=1000)
        peer.fit(x, counts[:, k])
        np.testing.assert_allclose(found.loading[k], peer.coef_, rtol=1e-4, atol=1e-5)
        assert found.offset[k] == pytest.approx(peer.intercept_, rel=1e-4, abs=1e-5)


def test_missing_bins_count_for_nothing():
    _, x, _, counts, _ = _case(6, n_bins=200)
    holes = counts.copy()
    holes[::3] = np.nan
    rows = np.arange(200) % 3 != 0
    with_holes = observed(holes, np.empty((200, 0)), np.array([0, 200]))
    without = observed(counts[rows], np.empty((rows.sum(), 0)), np.array([0, rows.sum()]))
    one, other = readout(with_holes, x), readout(without, x[rows])
    np.testing.assert_allclose(one.loading, other.loading, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(one.offset, other.offset, rtol=1e-8, atol=1e-9)


def test_a_silent_neuron_has_finite_loadings_and_a_low_rate():
    _, x, _, counts, _ = _case(7, n_bins=100)
    counts[:, 0] = 0.0
    data = observed(counts, np.empty((100, 0)), np.array([0, 100]))
    found = readout(data, x)
    assert np.isfinite(found.loading).all()
    assert np.isfinite(found.offset).all()
    assert found.rates(x)[:, 0].mean() < 0.05
    assert np.exp(log_means(data)[0]) == pytest.approx(0.5 / 100)


def test_log_means_are_of_what_was_seen():
    counts = np.array([[1.0, np.nan], [3.0, 4.0]])
    data = observed(counts, np.empty((2, 0)), np.array([0, 2]))
    np.testing.assert_allclose(log_means(data), np.log([2.0, 4.0]))


def test_penalty_is_a_normal_prior():
    loading = np.array([[1.0, -2.0], [0.5, 0.0]])
    precise = stats.norm(scale=10.0)
    expected = precise.logpdf(loading).sum() - precise.logpdf(np.zeros((2, 2))).sum()
    assert penalty(loading) == pytest.approx(expected)
