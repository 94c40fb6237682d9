"""Clusters with one set of dynamics: algebra, invariance, and what they predict of each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import invwishart

from neurokit.bicluster import BiCluster, gibbs
from neurokit.bicluster.chain_state import draw_prior
from neurokit.bicluster.coupling import joined, joined_messages, parted
from neurokit.bicluster.dynamics import NOISE_SCALE
from neurokit.bicluster.geweke import functions, small_problem
from neurokit.bicluster.kernels import geweke
from neurokit.bicluster.latent_moves import draw_latents
from neurokit.bicluster.settings import Settings
from neurokit.errors import OptionError

FAULT = 4.0


def largest(scores):
    return max(abs(z) for z in scores.values())


def test_clusters_stand_after_one_another_and_come_back():
    latents = np.random.default_rng(0).standard_normal((3, 5, 2))
    whole = joined(latents, True)
    assert whole.shape == (1, 5, 6)
    assert np.array_equal(whole[0, 4], np.concatenate(latents[:, 4]))
    assert np.array_equal(parted(whole, 3), latents)
    assert joined(latents, False) is latents
    assert parted(latents, 3) is latents


def test_latents_given_messages_are_those_of_dense_algebra(dense):
    rng = np.random.default_rng(1)
    n_clusters, n_bins, q = 2, 6, 2
    a, b, noise = dense.random_dynamics(rng, 2, 1, n_clusters * q)
    path = np.array([0, 1, 1, 0, 1])
    info, linear = dense.random_messages(rng, n_clusters, n_bins, q, missing=(3,))
    whole = joined_messages(info, linear, True)
    none = np.zeros(whole[1].shape)
    found = draw_latents(
        *whole, a, b, noise, np.append(path, -1), np.array([0, n_bins]), none
    )  # fmt: skip
    mean, cov = dense.joint_gaussian(a, b, noise, path, 0)
    # The oracle's message of two clusters, block by block.
    message = np.zeros((n_bins * 4, n_bins * 4))
    push = np.zeros(n_bins * 4)
    for t in range(n_bins):
        for k in range(n_clusters):
            at = slice(4 * t + 2 * k, 4 * t + 2 * k + 2)
            message[at, at], push[at] = info[k, t], linear[k, t]
    expected, _, _ = dense.absorbed(mean, cov, message, push)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-10, atol=1e-12)
    # One cluster's message moves the other's latents.
    less = info.copy(), linear.copy()
    less[0][1], less[1][1] = 0.0, 0.0
    other = draw_latents(
        *joined_messages(*less, True), a, b, noise, np.append(path, -1), np.array([0, n_bins]), none
    )
    gap = parted(other, 2)[0] - parted(found, 2)[0]
    assert np.abs(gap).max() > 0.01


def test_one_cluster_is_the_same_coupled_or_not():
    rng = np.random.default_rng(2)
    problem = small_problem("gaussian")
    options = {"births_every": 0, "splits": 0}
    settings = [
        Settings(1, 2, problem.settings.partition, coupled=coupled, **options)
        for coupled in (False, True)
    ]
    state = draw_prior(4, problem.data.edges, 2, settings[0], rng)
    while state.n_clusters > 1:
        state = draw_prior(4, problem.data.edges, 2, settings[0], rng)
    ends = []
    for one in settings:
        stream, now = np.random.default_rng(3), state
        for number in range(5):
            now, _ = gibbs.sweep(now, problem.data, one, number, stream)
        ends.append(now.arrays())
    for name, value in ends[0].items():
        assert np.array_equal(value, ends[1][name]), name


def test_the_prior_of_a_block_is_that_of_one_cluster():
    rng = np.random.default_rng(4)
    problem = small_problem("gaussian", coupled=True)
    logs = [
        np.log(problem.draw(rng)[0].noise[0, 0, :2, :2].diagonal()) for _ in range(1500)
    ]  # fmt: skip
    # Of 2 x 2 matrices with 4 degrees of freedom.
    known = invwishart(4, NOISE_SCALE * np.eye(2)).rvs(20_000, random_state=5)
    expected = np.log(np.einsum("nii->ni", known))
    error = np.std(logs) / np.sqrt(1500)
    assert abs(np.mean(logs) - expected.mean()) < 4.5 * error


def test_the_number_of_coupled_clusters_is_given():
    rng = np.random.default_rng(6)
    problem = small_problem("poisson", coupled=True)
    state, data = problem.draw(rng)
    for number in range(20):
        state, _ = gibbs.sweep(state, data, problem.settings, number, rng)
        assert state.n_clusters == 2
        assert state.a.shape == (2, 1, 4, 4)
        assert len(np.unique(state.neurons)) == 2
    assert np.isfinite(list(functions(state, data).values())).all()


@pytest.mark.parametrize("move", ["paths", "dynamics", "scale", "clusters"])
def test_each_move_alone_leaves_the_coupled_model_invariant(move):
    scores = geweke(
        "gaussian", coupled=True, moves=[move], from_prior=True, n_sweeps=2, n_draws=150,
        random_state=7,
    )  # fmt: skip
    assert largest(scores) < FAULT


@pytest.mark.slow
@pytest.mark.parametrize("observation", ["poisson", "gaussian"])
def test_whole_sweeps_leave_the_coupled_model_invariant(observation):
    assert largest(geweke(observation, coupled=True, n_draws=800, random_state=8)) < FAULT


def test_dynamics_of_clusters_in_another_order_fail(monkeypatch):
    monkeypatch.setattr(gibbs, "joined", lambda latents, coupled: joined(latents[::-1], coupled))
    scores = geweke(
        "gaussian", coupled=True, moves=["dynamics"], from_prior=True, n_sweeps=1, n_draws=150,
        random_state=9,
    )  # fmt: skip
    assert largest(scores) > FAULT


def follower(n_bins=160, n_each=5, seed=0):
    """Two groups of neurons; the second has the trajectory of the first a bin later."""
    rng = np.random.default_rng(seed)
    x = np.zeros(n_bins + 1)
    for t in range(n_bins):
        x[t + 1] = 0.8 * x[t] + 0.6 * rng.standard_normal()
    loads = rng.uniform(0.7, 1.3, 2 * n_each)
    latent = np.stack([x[1:], x[:-1]])[np.repeat([0, 1], n_each)]
    clean = (loads[:, None] * latent).T
    return clean + 0.3 * rng.standard_normal(clean.shape), clean


@pytest.mark.slow
def test_a_cluster_tells_of_another_that_follows_it_only_where_they_are_coupled():
    y, clean = follower()
    hidden = slice(60, 100)
    shown = y.copy()
    shown[hidden, 5:] = np.nan
    error = {}
    for coupling in ("none", "full"):
        model = BiCluster(
            1, "gaussian", n_clusters=2, max_states=1, coupling=coupling, n_sweeps=80,
            random_state=0,
        )  # fmt: skip
        fit = model.fit(shown)
        gap = fit.rates_["mean"].values.T[hidden, 5:] - clean[hidden, 5:]
        error[coupling] = float(np.sqrt((gap**2).mean()))
        if coupling == "full":
            assert (fit.trace_.n_clusters == 2).all()
    assert error["full"] < 0.6 * error["none"]


def test_variational_fits_of_coupled_clusters_are_refused():
    y = np.random.default_rng(0).poisson(2.0, (20, 3)).astype(float)
    with pytest.raises(OptionError, match="coupling"):
        BiCluster(1, coupling="half", random_state=0).fit(y)
    with pytest.raises(OptionError, match="coupling.*gibbs"):
        BiCluster(1, coupling="full", method="vi", random_state=0).fit(y)


def test_a_coupled_chain_starts_from_a_variational_fit():
    y = np.random.default_rng(1).poisson(2.0, (30, 4)).astype(float)
    fit = BiCluster(
        1, n_clusters=2, max_states=2, coupling="full", start="vi", n_sweeps=6, random_state=0
    ).fit(y)
    assert np.isfinite(fit.rates_.to_dataarray()).all()
