"""Planted clusters of neurons and states of bins: the laws that the docstring states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import NeurokitError
from neurokit.simulate import biclustered

SEEDS = st.integers(0, 10_000)


def _signal(simulation):
    return simulation.recordings["session1"].activity.signal


def test_the_recording_keeps_the_contract():
    simulation = biclustered(8, 60, 2, random_state=0)
    recording = simulation.recordings["session1"]
    assert not [f for f in nk.validate(recording) if f.severity in ("CRITICAL", "VIOLATION")]
    assert _signal(simulation).dims == ("time", "neuron")
    assert recording.attrs["modality"] == "spikes"
    np.testing.assert_array_equal(simulation.truth.neuron.values, _signal(simulation).neuron.values)
    np.testing.assert_allclose(simulation.truth.time.values, _signal(simulation).time.values)


@settings(max_examples=10)
@given(SEEDS)
def test_the_same_seed_gives_the_same_bytes(seed):
    one, other = (biclustered(6, 40, 2, random_state=seed) for _ in range(2))
    np.testing.assert_array_equal(_signal(one).values, _signal(other).values)
    assert one.truth.identical(other.truth)
    another = biclustered(6, 40, 2, random_state=seed + 1)
    assert not np.array_equal(_signal(one).values, _signal(another).values)


@pytest.mark.parametrize(("n_neurons", "n_clusters"), [(30, 3), (7, 3), (5, 5), (4, 1)])
def test_neurons_are_shared_out_evenly(n_neurons, n_clusters):
    truth = biclustered(n_neurons, 30, n_clusters, random_state=0).truth
    sizes = np.bincount(truth.neuron_cluster.values, minlength=n_clusters)
    assert sizes.sum() == n_neurons
    assert np.ptp(sizes) <= 1
    assert truth.sizes["cluster"] == n_clusters


def test_trajectories_are_centred_and_on_their_principal_axes():
    truth = biclustered(9, 400, 3, n_latents=3, random_state=1).truth
    for k in range(3):
        path = truth.trajectory.values[k]
        np.testing.assert_allclose(path.mean(axis=0), 0.0, atol=1e-9)
        spread = path[:, 1:].T @ path[:, 1:]
        np.testing.assert_allclose(spread, np.diag(np.diag(spread)), atol=1e-6 * spread.max())
        assert (np.diff(np.diag(spread)) <= 1e-9).all()


def test_log_rates_lie_in_the_span_of_their_clusters_trajectory():
    truth = biclustered(12, 200, 3, random_state=2).truth
    for k in range(3):
        mine = truth.log_rate.values[:, truth.neuron_cluster.values == k]
        path = truth.trajectory.values[k]
        # eta - mu = d + c'x.
        rest = mine - path[:, :1]
        design = np.concatenate([np.ones((200, 1)), path[:, 1:]], axis=1)
        left = rest - design @ np.linalg.lstsq(design, rest, rcond=None)[0]
        np.testing.assert_allclose(left, 0.0, atol=1e-9)


def test_loadings_have_the_stated_spread():
    found = []
    for seed in range(40):
        truth = biclustered(20, 60, 1, random_state=seed).truth
        path = truth.trajectory.values[0]
        design = np.concatenate([np.ones((60, 1)), path[:, 1:]], axis=1)
        rest = truth.log_rate.values - path[:, :1]
        found.append(np.linalg.lstsq(design, rest, rcond=None)[0])
    spread = np.concatenate(found, axis=1).std(axis=1)
    np.testing.assert_allclose(spread, 0.5, rtol=0.1)


def test_states_dwell_about_fifty_bins():
    lengths = []
    for seed in range(30):
        states = biclustered(2, 1000, 1, random_state=seed).truth.state.values
        edges = np.flatnonzero(np.diff(states)) + 1
        lengths.extend(np.diff(edges))
    assert np.mean(lengths) == pytest.approx(50.0, rel=0.08)


@pytest.mark.parametrize("n_states", [1, 2, 3, 4])
def test_every_state_occurs_and_no_other(n_states):
    states = biclustered(2, 1500, 1, n_states, random_state=3).truth.state.values
    assert set(states.tolist()) == set(range(n_states))


def test_the_first_state_forgets_and_the_second_remembers():
    """Autocorrelation of a trajectory from one bin to the next, within each state."""
    found = {0: [], 1: []}
    for seed in range(10):
        truth = biclustered(2, 1000, 1, random_state=seed).truth
        path, states = truth.trajectory.values[0], truth.state.values
        for s, values in found.items():
            # The state of a bin drives the step that leads to it.
            inside = np.flatnonzero((states[1:] == s) & (states[:-1] == s)) + 1
            # Trajectories are centred as a whole, so that what a state pulls towards is not 0.
            before, after = (part - part.mean(axis=0) for part in (path[inside - 1], path[inside]))
            values.append((before * after).sum() / (before**2).sum())
    assert abs(np.mean(found[0])) < 0.15
    assert np.mean(found[1]) > 0.85


def test_counts_have_the_stated_mean_and_variance():
    """Given eta, NB of size r has mean exp(eta) and variance mean + mean^2 / r."""
    simulation = biclustered(40, 2000, 2, size=4.0, random_state=4)
    mean = np.exp(simulation.truth.log_rate.values)
    counts = _signal(simulation).values.astype(float)
    z = (counts - mean) / np.sqrt(mean + mean**2 / 4.0)
    assert z.mean() == pytest.approx(0.0, abs=4 / np.sqrt(z.size))
    assert (z**2).mean() == pytest.approx(1.0, abs=0.05)
    assert (counts == np.round(counts)).all()
    assert (counts >= 0).all()


def test_poisson_counts_are_less_dispersed_than_negative_binomial_ones():
    found = {}
    for kind in ("poisson", "negative_binomial"):
        simulation = biclustered(30, 1000, 2, observation=kind, size=2.0, random_state=5)
        mean = np.exp(simulation.truth.log_rate.values)
        found[kind] = ((_signal(simulation).values - mean) ** 2 / mean).mean()
    assert found["poisson"] == pytest.approx(1.0, abs=0.05)
    assert found["negative_binomial"] > 1.3


def test_gaussian_values_have_the_stated_noise():
    simulation = biclustered(20, 500, 2, observation="gaussian", noise=0.3, random_state=6)
    rest = _signal(simulation).values - simulation.truth.log_rate.values
    assert rest.std() == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"n_neurons": 0}, "n_neurons"),
        ({"n_neurons": 2.5}, "n_neurons"),
        ({"n_bins": True}, "n_bins"),
        ({"n_clusters": 9, "n_neurons": 4}, "n_clusters"),
        ({"n_states": 5}, "n_states"),
        ({"n_states": 0}, "n_states"),
        ({"n_latents": -1}, "n_latents"),
        ({"observation": "binomial"}, "observation"),
        ({"size": 0.0}, "size"),
        ({"size": np.nan}, "size"),
        ({"noise": -1.0}, "noise"),
        ({"bin_s": np.inf}, "bin_s"),
    ],
)
def test_what_cannot_be_simulated_is_refused_by_name(options, match):
    with pytest.raises(NeurokitError, match=match):
        biclustered(**{"n_neurons": 4, "n_bins": 20, "n_clusters": 2, **options})
