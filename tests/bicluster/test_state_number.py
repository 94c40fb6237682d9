"""The number of states that a chain starts with: its yardstick, and what it chooses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from neurokit.bicluster import state_number
from neurokit.bicluster.chain_state import draw_prior
from neurokit.bicluster.gibbs import sweep
from neurokit.bicluster.observations import FAMILIES, entry_log_likelihood, expanded
from neurokit.bicluster.partition_prior import finite_mixtures
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.starts import start_state
from neurokit.bicluster.state_number import (
    judge,
    path_evidence,
    start_with_states,
)
from neurokit.simulate import biclustered
from neurokit.stats import adjusted_rand


def simulated(n_states, n_neurons=20, n_bins=600, seed=0):
    simulation = biclustered(
        n_neurons, n_bins, 2, n_states, n_latents=1, observation="gaussian", noise=0.3,
        random_state=seed,
    )  # fmt: skip
    y = simulation.recordings["session1"].activity.signal.values.T.astype(float)
    y = np.ascontiguousarray(y / y.std(axis=1, keepdims=True))
    data = Data(y, np.ones(y.shape, bool), np.array([0, n_bins]), FAMILIES["gaussian"])
    return data, simulation.truth.state.values


def settings(n_neurons=20, n_states=5, **changes):
    return Settings(1, n_states, finite_mixtures(n_neurons), **changes)


def test_evidence_of_a_path_is_that_of_the_dense_gaussian():
    rng = np.random.default_rng(0)
    edges = np.array([0, 3, 7])
    q, n_bins = 2, 7
    a, b = 0.5 * rng.normal(size=(2, 1, q, q)), rng.normal(size=(2, 1, q))
    root = rng.normal(size=(2, 1, q, q))
    noise = root @ root.swapaxes(-1, -2) + 0.1 * np.eye(q)
    labels = np.array([0, 1, -1, 1, 0, 0, -1])
    # Bins observed through w_t + N(0, R), whose message is J = R^-1, h = R^-1 y.
    spread, y = 0.4 * np.eye(q), rng.normal(size=(n_bins, q))
    info = np.broadcast_to(np.linalg.inv(spread), (1, n_bins, q, q)).copy()
    linear = (y @ np.linalg.inv(spread))[None]
    found = path_evidence(info, linear, a, b, noise, labels, edges)
    expected = 0.0
    for low, high in ((0, 3), (3, 7)):
        mean, cov = np.zeros((high - low, q)), np.zeros((high - low, high - low, q, q))
        cov[0, 0] = np.eye(q)
        for t in range(1, high - low):
            s = labels[low + t - 1]
            mean[t] = a[s, 0] @ mean[t - 1] + b[s, 0]
            for u in range(t):
                cov[t, u] = a[s, 0] @ cov[t - 1, u]
                cov[u, t] = cov[t, u].T
            cov[t, t] = a[s, 0] @ cov[t - 1, t - 1] @ a[s, 0].T + noise[s, 0]
        n = (high - low) * q
        dense = cov.transpose(0, 2, 1, 3).reshape(n, n) + 0.4 * np.eye(n)
        density = multivariate_normal(mean.ravel(), dense).logpdf(y[low:high].ravel())
        # A message is the density without its constant.
        constant = multivariate_normal(np.zeros(n), 0.4 * np.eye(n)).logpdf(y[low:high].ravel())
        expected += density - constant
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("observation", FAMILIES)
def test_expansion_is_of_second_order_at_its_centre(observation):
    rng = np.random.default_rng(1)
    family, extra = FAMILIES[observation], np.array([0.7, 3.0])
    eta = rng.normal(size=(2, 5))
    y = rng.normal(size=(2, 5)) if observation == "gaussian" else rng.poisson(2.0, (2, 5)) + 0.0
    seen = np.ones((2, 5), bool)
    seen[0, 2] = False
    omega, kappa = expanded(np.where(seen, y, 0.0), seen, eta, family, extra)
    assert omega[0, 2] == kappa[0, 2] == 0.0
    step = 1e-4
    for i, t in np.argwhere(seen):
        values = [
            entry_log_likelihood(y[i, t], eta[i, t] + d, family, extra[i]) for d in (-step, 0, step)
        ]
        slope = (values[2] - values[0]) / (2 * step)
        assert kappa[i, t] - omega[i, t] * eta[i, t] == pytest.approx(slope, abs=1e-6)
        bend = (2 * values[1] - values[0] - values[2]) / step**2
        assert omega[i, t] == pytest.approx(bend, abs=1e-5)


def test_scores_are_the_same_for_renumbered_states_and_for_one_chain_twice():
    data, _ = simulated(2)
    rng = np.random.default_rng(2)
    state = start_state(data, settings(n_states=3), 2, rng)
    other = state.changed(
        labels=np.where(state.labels >= 0, (state.labels + 1) % 3, -1),
        a=np.roll(state.a, 1, axis=0),
        b=np.roll(state.b, 1, axis=0),
        noise=np.roll(state.noise, 1, axis=0),
    )
    scores = judge(data, settings(), {2: [state], 3: [other], 4: [state, state]})
    assert scores[2] == pytest.approx(scores[3], rel=1e-10)
    assert scores[2] == pytest.approx(scores[4], rel=1e-10)


@pytest.mark.parametrize("n_states", [1, 2, 3])
def test_the_number_of_states_is_found(n_states):
    data, truth = simulated(n_states)
    state = start_with_states(data, settings(), 2, 30, np.random.default_rng(0))
    assert len(np.unique(state.labels[:-1])) == n_states
    if n_states > 1:
        assert adjusted_rand(truth[1:], state.labels[:-1]) > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("n_states", [2, 3])
def test_the_number_of_states_is_found_again(n_states, seed):
    data, truth = simulated(n_states, seed=seed)
    state = start_with_states(data, settings(), 2, 30, np.random.default_rng(seed))
    assert len(np.unique(state.labels[:-1])) == n_states
    assert adjusted_rand(truth[1:], state.labels[:-1]) > 0.7


def test_few_sweeps_or_one_state_leave_nothing_to_choose():
    data, _ = simulated(2, n_bins=60)
    assert len(start_with_states(data, settings(), 2, 9, np.random.default_rng(0)).a) == 2
    one = start_with_states(data, settings(n_states=1), 2, 30, np.random.default_rng(0))
    assert len(one.a) == 1
    assert set(one.labels) == {0, -1}


def test_no_more_states_are_tried_than_there_may_be():
    data, _ = simulated(3)
    state = start_with_states(data, settings(n_states=2), 2, 12, np.random.default_rng(0))
    assert len(state.a) == 2


@pytest.mark.parametrize("after", [1, 8])
def test_a_stop_gives_the_best_so_far(monkeypatch, after):
    data, _ = simulated(2, n_bins=60)
    made = []

    def counted(*arguments):
        made.append(1)
        return sweep(*arguments)

    monkeypatch.setattr(state_number, "sweep", counted)
    state = start_with_states(
        data, settings(), 2, 12, np.random.default_rng(0), is_stopped=lambda: len(made) >= after
    )
    assert len(made) == after
    assert len(state.a) == 1


def test_the_seed_decides_and_nothing_is_changed():
    data, _ = simulated(2, n_bins=80)
    kept = data.y.copy()
    first, second = (
        start_with_states(data, settings(), 2, 12, np.random.default_rng(3)) for _ in range(2)
    )
    assert all(np.array_equal(first.arrays()[k], second.arrays()[k]) for k in first.arrays())
    assert np.array_equal(kept, data.y)


def test_coupled_clusters_are_judged_with_their_joint_dynamics():
    data, _ = simulated(2, n_bins=80)
    joint = settings(n_states=2, coupled=True, births_every=0, splits=0)
    rng = np.random.default_rng(4)
    state = draw_prior(20, data.edges, data.family, joint, rng)
    state = start_state(data, joint, state.n_clusters, rng)
    assert np.isfinite(list(judge(data, joint, {2: [state]}).values())).all()
