"""Where chains begin: smoothed rates, clusters of neurons, states by power and rhythm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.bicluster.cluster_number import hide
from neurokit.bicluster.partition_prior import finite_mixtures
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.smoothed_rates import likeness, smoothed
from neurokit.bicluster.split_merge import log_allocation
from neurokit.bicluster.starts import released, start_labels, start_neurons, start_state
from neurokit.simulate import biclustered
from neurokit.stats import adjusted_rand

SEEDS = st.integers(0, 10_000)


def _data(seed=0, n_neurons=12, n_bins=200, n_clusters=3, family=1, missing=0.0, cuts=()):
    kind = ["poisson", "negative_binomial", "gaussian"][family]
    simulation = biclustered(n_neurons, n_bins, n_clusters, observation=kind, random_state=seed)
    y = simulation.recordings["session1"].activity.signal.values.T.astype(float)
    seen = np.random.default_rng(seed).random(y.shape) >= missing
    edges = np.array([0, *cuts, n_bins])
    return Data(np.where(seen, y, 0.0), seen, edges, family), simulation.truth


def _settings(n_neurons=12, n_states=2, n_latents=2):
    return Settings(n_latents, n_states, finite_mixtures(n_neurons))


@pytest.mark.parametrize("family", [0, 1, 2])
@pytest.mark.parametrize("missing", [0.0, 0.5, 1.0])
def test_smoothed_rates_are_finite(family, missing):
    data, _ = _data(family=family, missing=missing)
    assert np.isfinite(smoothed(data)).all()


def test_a_constant_rate_stays_what_it_is_whatever_is_missing():
    rng = np.random.default_rng(0)
    seen = rng.random((2, 300)) < 0.6
    seen[:, 100:160] = False
    data = Data(np.where(seen, 3.0, 0.0), seen, np.array([0, 150, 300]), 0)
    np.testing.assert_allclose(np.exp(smoothed(data)), 3.05, rtol=1e-9)


def test_smoothing_does_not_cross_a_trials_edge():
    data, _ = _data(cuts=(80,))
    one = Data(data.y[:, :80], data.seen[:, :80], np.array([0, 80]), data.family)
    mean = data.y.mean(axis=1, keepdims=True)
    own = one.y.mean(axis=1, keepdims=True)
    # The pull towards the mean is that of the whole record; it is taken off before comparing.
    both = np.exp(smoothed(data)[:, :80]) - 0.05
    alone = np.exp(smoothed(one)) - 0.05
    assert np.abs(both - alone).max() <= np.abs(mean - own).max() * 0.2 + 1e-9


def test_gaussian_values_are_smoothed_as_they_are():
    y = np.sin(np.arange(200) / 20.0)[None]
    data = Data(y, np.ones_like(y, dtype=bool), np.array([0, 200]), 2)
    found = smoothed(data)
    np.testing.assert_allclose(found[0, 20:-20], y[0, 20:-20], atol=0.15)


def test_planted_clusters_are_mostly_found():
    found = []
    for seed in range(5):
        data, truth = _data(seed, n_neurons=30, n_bins=400)
        labels, _ = start_neurons(data, 3, 2, np.random.default_rng(seed))
        found.append(adjusted_rand(truth.neuron_cluster.values, labels))
    assert np.median(found) > 0.7


@settings(max_examples=10)
@given(SEEDS, st.integers(1, 5))
def test_clusters_are_numbered_by_first_appearance(seed, n_clusters):
    data, _ = _data(seed, n_bins=60)
    labels, _ = start_neurons(data, n_clusters, 2, np.random.default_rng(seed))
    assert labels[0] == 0
    assert set(labels.tolist()) == set(range(labels.max() + 1))
    assert labels.max() < n_clusters


def test_neurons_that_are_all_alike_make_one_cluster():
    y = np.tile(np.random.default_rng(0).poisson(2.0, 50).astype(float), (6, 1))
    data = Data(y, np.ones_like(y, dtype=bool), np.array([0, 50]), 0)
    labels, _ = start_neurons(data, 3, 2, np.random.default_rng(0))
    assert labels.max() == 0


def test_states_differ_in_power():
    rng = np.random.default_rng(1)
    quiet, loud = 0.1 * rng.normal(size=(1, 200, 3)), rng.normal(size=(1, 200, 3)).cumsum(axis=1)
    latents = np.concatenate([quiet, loud], axis=1)
    labels = start_labels(latents, np.array([0, 400]), rng)
    truth = np.repeat([0, 1], 200)
    assert adjusted_rand(truth[:-1], labels[:-1]) > 0.8
    assert labels[-1] == -1


def test_a_record_without_change_has_one_state():
    labels = start_labels(np.zeros((2, 50, 3)), np.array([0, 50]), np.random.default_rng(0))
    assert set(labels[:-1].tolist()) == {0}


def test_last_bins_of_trials_have_no_step():
    latents = np.random.default_rng(2).normal(size=(1, 90, 2))
    labels = start_labels(latents, np.array([0, 30, 31, 90]), np.random.default_rng(0))
    np.testing.assert_array_equal(np.flatnonzero(labels < 0), [29, 30, 89])


@pytest.mark.parametrize("family", [0, 1, 2])
@pytest.mark.parametrize("cuts", [(), (50, 51, 120)])
def test_starts_are_whole_states(family, cuts):
    data, _ = _data(3, family=family, cuts=cuts, missing=0.1)
    settings_ = _settings()
    state = start_state(data, settings_, 3, np.random.default_rng(0))
    q, k = 3, state.n_clusters
    assert state.latents.shape == (k, 200, q)
    assert state.a.shape == (2, k, q, q)
    assert (np.linalg.eigvalsh(state.noise) > 0).all()
    np.testing.assert_allclose(state.transition.sum(axis=1), 1.0)
    assert state.weights.sum() == pytest.approx(1.0)
    assert np.isfinite(state.eta()).all()
    assert (state.extra > 0).all()
    np.testing.assert_array_equal(np.flatnonzero(state.labels < 0), data.last)


def test_starts_explain_the_rates_they_began_from():
    data, _ = _data(4, n_neurons=20, n_bins=300)
    state = start_state(data, _settings(20), 3, np.random.default_rng(0))
    rates = smoothed(data)
    spread = ((rates - rates.mean(axis=1, keepdims=True)) ** 2).mean()
    assert ((rates - state.eta()) ** 2).mean() < 0.6 * spread


def test_one_state_leaves_nothing_to_cluster():
    data, _ = _data(5)
    state = start_state(data, _settings(n_states=1), 2, np.random.default_rng(0))
    assert set(state.labels[:-1].tolist()) == {0}


def test_release_keeps_everything_but_dynamics_and_transitions():
    data, _ = _data(6)
    state = start_state(data, _settings(), 2, np.random.default_rng(0))
    more = released(state, _settings(n_states=5), np.random.default_rng(1))
    assert more.a.shape[0] == more.transition.shape[0] == more.weights.size == 5
    for name in ("neurons", "labels", "latents", "loadings", "extra"):
        np.testing.assert_array_equal(getattr(more, name), getattr(state, name))


@settings(max_examples=10)
@given(SEEDS, st.floats(0.05, 0.5))
def test_hidden_entries_are_out_of_sight_and_remembered(seed, share):
    data, _ = _data(seed, n_bins=50, missing=0.2)
    before = data.y.copy()
    fewer, entries, values = hide(data, share, np.random.default_rng(seed))
    i, t = entries.T
    assert len(entries) == round(share * data.seen.sum())
    assert len(np.unique(i * 50 + t)) == len(entries)
    assert data.seen[i, t].all()
    assert not fewer.seen[i, t].any()
    assert (fewer.y[i, t] == 0).all()
    np.testing.assert_array_equal(values, data.y[i, t])
    assert fewer.seen.sum() == data.seen.sum() - len(entries)
    np.testing.assert_array_equal(data.y, before)


def test_nothing_hidden_changes_nothing():
    data, _ = _data(7)
    fewer, entries, values = hide(data, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(fewer.y, data.y)
    np.testing.assert_array_equal(fewer.seen, data.seen)
    assert entries.shape == (0, 2)
    assert values.size == 0


def test_likeness_is_the_size_of_the_correlation():
    rng = np.random.default_rng(8)
    rates = rng.normal(size=(5, 100))
    rates[1] = -2.0 * rates[0] + 3.0
    rates[2] = 4.0
    found = likeness(rates)
    expected = np.abs(np.corrcoef(rates[[0, 1, 3, 4]]))
    np.testing.assert_allclose(found[np.ix_([0, 1, 3, 4], [0, 1, 3, 4])], expected, atol=1e-12)
    assert found[0, 1] == pytest.approx(1.0)
    assert not found[2].any()


def test_neurons_alike_to_both_leave_with_even_odds():
    alike = np.full((5, 5), 0.3)
    members = np.arange(5)
    assert log_allocation(alike, 0, 1, members, np.array([0, 2])) == pytest.approx(3 * np.log(0.5))
