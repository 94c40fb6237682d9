"""Draws from the prior and of data, and clusters that come and go, against exact moments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neurokit.bicluster.chain_state import (
    ChainState,
    draw_data,
    draw_prior,
    prior_dynamics,
    simulate_latents,
    with_cluster,
    without_cluster,
)
from neurokit.bicluster.dynamics import NOISE_SCALE
from neurokit.bicluster.partition_prior import dirichlet_process, finite_mixtures
from neurokit.bicluster.settings import Data, Settings

EDGES = np.array([0, 4, 5, 9])
"""Three trials, one of a single bin."""


def _settings(n_neurons=5, **changes):
    options = {"n_latents": 1, "n_states": 3, "partition": finite_mixtures(n_neurons)}
    return Settings(**options | changes)


def _prior(seed=0, family=0, n_neurons=5, **changes):
    rng = np.random.default_rng(seed)
    return draw_prior(n_neurons, EDGES, family, _settings(n_neurons, **changes), rng)


def _data(family, shape, seen=None):
    seen = np.ones(shape, dtype=bool) if seen is None else seen
    return Data(np.zeros(shape), seen, np.array([0, shape[1]]), family)


def _flat(eta, extra, family):
    """A state of one cluster whose predictor is `eta` for every neuron, in every bin."""
    n_neurons, n_bins = eta.shape
    state = _prior(family=family, n_neurons=n_neurons)
    latents = np.ones((1, n_bins, 2)) * [1.0, 0.0]
    loadings = np.column_stack([eta[:, 0] - 1.0, np.zeros(n_neurons)])
    return state.changed(
        neurons=np.zeros(n_neurons, dtype=np.int64), latents=latents, loadings=loadings, extra=extra
    )


def test_simulated_latents_have_the_mean_and_covariance_of_their_dynamics(dense):
    rng = np.random.default_rng(0)
    dynamics = dense.random_dynamics(rng, 2, 2, 2)
    labels = np.array([1, 0, 1, -1])
    drawn = np.array(
        [simulate_latents(dynamics, labels, np.array([0]), rng) for _ in range(4000)]
    ).reshape(4000, 2, -1)
    for k in range(2):
        mean, cov = dense.joint_gaussian(*dynamics, labels[:-1], k)
        error = np.sqrt(np.diag(cov) / 4000)
        assert np.abs(drawn[:, k].mean(axis=0) - mean).max() < 4.5 * error.max()
        found = np.cov(drawn[:, k].T)
        spread = np.sqrt((np.outer(np.diag(cov), np.diag(cov)) + cov**2) / 4000)
        assert (np.abs(found - cov) < 5.0 * spread).all()


def test_trials_and_clusters_are_simulated_apart(dense):
    rng = np.random.default_rng(1)
    dynamics = dense.random_dynamics(rng, 1, 2, 1)
    labels = np.array([0, -1, 0, -1])
    drawn = np.array(
        [simulate_latents(dynamics, labels, np.array([0, 2]), rng)[..., 0] for _ in range(4000)]
    )
    for one, other in (((0, 1), (0, 2)), ((0, 1), (1, 1)), ((0, 0), (0, 2))):
        r = np.corrcoef(drawn[:, one[0], one[1]], drawn[:, other[0], other[1]])[0, 1]
        assert abs(r) < 4.5 / np.sqrt(4000)
    # The first bin of every trial is standard normal, whatever the dynamics.
    firsts = drawn[:, :, [0, 2]].reshape(-1)
    assert stats.kstest(firsts, "norm").pvalue > 1e-3


@pytest.mark.parametrize("coupled", [False, True])
def test_dynamics_of_the_prior_have_their_shapes_and_scale(coupled):
    settings = _settings(n_latents=2, n_states=4, coupled=coupled)
    rng = np.random.default_rng(2)
    draws = [prior_dynamics(3, settings, rng) for _ in range(300)]
    blocks, q = (1, 9) if coupled else (3, 3)
    a, b, noise = draws[0]
    assert (a.shape, b.shape) == ((4, blocks, q, q), (4, blocks, q))
    assert noise.shape == (4, blocks, q, q)
    precision = np.linalg.inv(np.array([draw[2] for draw in draws]).reshape(-1, q, q))
    # The inverse of an inverse Wishart is Wishart of mean (q + 2) / scale.
    expected = (q + 2.0) / NOISE_SCALE
    mean = precision.mean(axis=0)
    np.testing.assert_allclose(np.diag(mean), expected, rtol=0.1)
    off = mean - np.diag(np.diag(mean))
    assert np.abs(off).max() < 0.1 * expected


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("process", [finite_mixtures, dirichlet_process])
def test_a_draw_of_the_prior_is_whole(seed, process):
    state = _prior(seed, partition=process(5))
    assert sorted(set(state.neurons.tolist())) == list(range(state.n_clusters))
    # A step leads from every bin but the last of a trial.
    np.testing.assert_array_equal(np.flatnonzero(state.labels < 0), EDGES[1:] - 1)
    assert state.labels.max() < 3
    assert state.latents.shape == (state.n_clusters, 9, 2)
    np.testing.assert_allclose(state.transition.sum(axis=1), 1.0)
    assert state.weights.sum() == pytest.approx(1.0)
    assert (np.linalg.eigvalsh(state.noise) > 0).all()


def test_states_of_the_prior_stay_as_sticky_rows_say():
    edges = np.array([0, 400])
    rng = np.random.default_rng(3)
    stays = []
    for _ in range(20):
        state = draw_prior(2, edges, 0, _settings(2, kappa=50.0), rng)
        path = state.labels[:-1]
        stays.append((path[1:] == path[:-1]).mean())
    # alpha = 1 and kappa = 50: on average 50 of 51 steps and more stay.
    assert 0.95 < np.mean(stays) < 1.0


@pytest.mark.parametrize(("family", "law"), [(1, stats.gamma(1.0)), (2, stats.invgamma(2.0))])
def test_sizes_and_variances_of_the_prior_have_their_laws(family, law):
    extra = np.concatenate([_prior(seed, family).extra for seed in range(200)])
    assert stats.kstest(extra, law.cdf).pvalue > 1e-3


def test_poisson_neurons_have_nothing_beside_their_rate():
    assert (_prior(4).extra == 1.0).all()


def test_the_same_seed_draws_the_same_state():
    one, other = _prior(5).arrays(), _prior(5).arrays()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])
    assert any(not np.array_equal(v, _prior(6).arrays()[k]) for k, v in one.items())


def test_a_state_is_stored_as_arrays_and_comes_back():
    state = _prior(7)
    again = ChainState(**state.arrays())
    for name, values in state.arrays().items():
        assert getattr(again, name) is values


def test_a_cluster_that_comes_and_goes_leaves_all_as_it_was():
    state = _prior(8)
    rng = np.random.default_rng(8)
    a, b, noise = prior_dynamics(1, _settings(), rng)
    more = with_cluster(state, rng.normal(size=(9, 2)), (a[:, 0], b[:, 0], noise[:, 0]))
    assert more.n_clusters == state.n_clusters + 1
    np.testing.assert_array_equal(more.eta(), state.eta())
    for name, values in without_cluster(more, state.n_clusters).arrays().items():
        np.testing.assert_array_equal(values, getattr(state, name))


def test_clusters_after_one_that_goes_move_up_and_predict_the_same(dense):
    rng = np.random.default_rng(9)
    a, b, noise = dense.random_dynamics(rng, 3, 3, 2)
    state = _prior(9).changed(
        neurons=np.array([0, 2, 2, 0, 2]), latents=rng.normal(size=(3, 9, 2)), a=a, b=b, noise=noise
    )
    fewer = without_cluster(state, 1)
    np.testing.assert_array_equal(fewer.neurons, [0, 1, 1, 0, 1])
    np.testing.assert_array_equal(fewer.eta(), state.eta())
    np.testing.assert_array_equal(fewer.a, a[:, [0, 2]])
    # The state it came from is as it was.
    assert state.n_clusters == 3


@pytest.mark.parametrize(
    ("family", "variance"),
    [(0, lambda m, r: m), (1, lambda m, r: m + m**2 / r), (2, lambda m, r: r)],
    ids=["poisson", "negative binomial", "gaussian"],
)
def test_drawn_data_have_their_mean_and_variance(family, variance):
    extra = np.array([1.0, 3.0]) if family else np.ones(2)
    eta = np.log([[2.0], [5.0]]) * np.ones((2, 20_000))
    state = _flat(eta, extra, family)
    y = draw_data(state, _data(family, eta.shape), np.random.default_rng(10)).y
    mean = eta[:, 0] if family == 2 else np.exp(eta[:, 0])
    expected = np.array([variance(m, r) for m, r in zip(mean, extra, strict=True)])
    assert (np.abs(y.mean(axis=1) - mean) < 4.5 * np.sqrt(expected / 20_000)).all()
    np.testing.assert_allclose(y.var(axis=1), expected, rtol=0.08)
    if family != 2:
        np.testing.assert_array_equal(y, np.round(y))
        assert y.min() >= 0


def test_what_was_not_observed_stays_zero_and_nothing_else_is_changed():
    seen = np.random.default_rng(11).random((2, 50)) < 0.5
    data = _data(2, (2, 50), seen)
    state = _flat(np.full((2, 50), 3.0), np.ones(2), 2)
    drawn = draw_data(state, data, np.random.default_rng(11))
    assert (drawn.y[~seen] == 0).all()
    assert (drawn.y[seen] != 0).all()
    assert (data.y == 0).all()
    assert drawn.seen is data.seen


@pytest.mark.parametrize("family", [0, 1])
def test_rates_that_no_generator_draws_are_finite(family):
    state = _flat(np.full((2, 3), 800.0), np.ones(2), family)
    y = draw_data(state, _data(family, (2, 3)), np.random.default_rng(12)).y
    assert np.isfinite(y).all()
    assert (y > 1e15).all()
