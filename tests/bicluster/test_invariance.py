"""What must not matter to a posterior: order, numbering, bins without data, kills, processes.

Draws depend on the order in which neurons and clusters are visited, so that exact equality is
asked for where the draws are given, and agreement within Monte Carlo error where they are made.
"""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.bicluster import BiCluster
from neurokit.bicluster import chains as chains_module
from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.geweke import small_problem
from neurokit.bicluster.partition_estimates import best_partition, co_clustering
from neurokit.bicluster.partition_prior import by_first_appearance
from neurokit.bicluster.records import Plan, empty_record, keep
from neurokit.stats import adjusted_rand


def renumbered(labels, rng):
    """Every row with other names for the same groups."""
    return np.stack([rng.permutation(int(row.max()) + 1)[row] for row in labels])


@pytest.mark.parametrize("loss", ["binder", "vi"])
def test_numbers_of_clusters_in_draws_do_not_matter(loss):
    rng = np.random.default_rng(0)
    draws = rng.integers(0, 4, (60, 12))
    draws[:40, :6] = 0
    other = renumbered(draws, rng)
    assert not np.array_equal(draws, other)
    assert np.array_equal(co_clustering(draws), co_clustering(other))
    one, two = best_partition(draws, loss), best_partition(other, loss)
    assert np.array_equal(by_first_appearance(one), by_first_appearance(two))


@pytest.mark.parametrize("loss", ["binder", "vi"])
def test_the_order_of_items_does_not_matter_to_their_partition(loss):
    rng = np.random.default_rng(1)
    draws = rng.integers(0, 3, (40, 10))
    draws[:, :5] = 0
    order = rng.permutation(10)
    moved = best_partition(draws[:, order], loss)
    assert adjusted_rand(best_partition(draws, loss)[order], moved) == 1.0
    together = co_clustering(draws)
    assert np.array_equal(co_clustering(draws[:, order]), together[np.ix_(order, order)])


def turned(state: ChainState, rng) -> ChainState:
    """The same state with clusters and states of time numbered otherwise."""
    order = rng.permutation(state.n_clusters)
    s = rng.permutation(len(state.weights))
    back = np.argsort(s)
    return state.changed(
        neurons=np.argsort(order)[state.neurons],
        labels=np.where(state.labels < 0, -1, back[state.labels]),
        latents=state.latents[order],
        a=state.a[s][:, order],
        b=state.b[s][:, order],
        noise=state.noise[s][:, order],
        weights=state.weights[s],
        transition=state.transition[np.ix_(s, s)],
    )


@pytest.mark.parametrize("observation", ["poisson", "negative_binomial", "gaussian"])
def test_numbers_of_clusters_do_not_matter_to_what_is_kept(observation):
    rng = np.random.default_rng(2)
    problem = small_problem(observation, n_neurons=5)
    plan = Plan(8, 2, np.array([[1, 3], [0, 2]]), np.array([1.0, 2.0]))
    first, data = problem.draw(rng)
    while first.n_clusters != 3:
        first, data = problem.draw(rng)
    one, two = empty_record(data, plan, 1), empty_record(data, plan, 1)
    for number in range(8):
        state = problem.draw(rng)[0]
        while state.n_clusters != 3:
            state = problem.draw(rng)[0]
        # The same partition, so that one match of clusters is the best.
        state = state.changed(neurons=first.neurons)
        keep(one, state, data, plan, number, {})
        # The first kept sweep names the clusters.
        keep(two, state if number == 4 else turned(state, rng), data, plan, number, {})
    for name in ("mean_rate", "square_rate", "hidden", "latent_mean", "latent_square"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(two.scalars, one.scalars, rtol=1e-12)
    assert np.array_equal(two.latent_count, one.latent_count)
    assert np.array_equal(co_clustering(one.neurons), co_clustering(two.neurons))


def apart(one, two):
    """RMS difference of rates in posterior standard deviations."""
    spread = np.sqrt((one["sd"].values ** 2 + two["sd"].values ** 2) / 2)
    gap = (one["mean"].values - two["mean"].values) / spread
    return float(np.sqrt((gap**2).mean()))


OPTIONS = {"n_latents": 1, "n_clusters": 2, "max_states": 2, "n_sweeps": 200, "random_state": 0}
# Values with little noise: chains of this length mix, and partitions are clear.
CLEAR = {**OPTIONS, "observation": "gaussian"}


@pytest.fixture(scope="module")
def values():
    simulation = nk.simulate.biclustered(
        8, 80, 2, n_latents=1, observation="gaussian", noise=0.2, random_state=0
    )
    return simulation.recordings["session1"].activity.signal.values.astype(float)


@pytest.fixture(scope="module")
def fitted(values):
    return BiCluster(**CLEAR).fit(values)


@pytest.fixture(scope="module")
def other_seed(values, fitted):
    """How far a second chain on the same data is off: what Monte Carlo error makes."""
    return apart(fitted.rates_, BiCluster(**{**CLEAR, "random_state": 1}).fit(values).rates_)


@pytest.mark.slow
def test_the_order_of_neurons_does_not_matter_to_a_fit(values, fitted, other_seed):
    order = np.random.default_rng(5).permutation(8)
    moved = BiCluster(**CLEAR).fit(values[:, order])
    assert adjusted_rand(fitted.neuron_labels_.values[order], moved.neuron_labels_.values) == 1.0
    gap = moved.co_neuron_.values - fitted.co_neuron_.values[np.ix_(order, order)]
    assert np.sqrt((gap**2).mean()) < 0.1
    space = fitted.rates_["mean"].dims[0]
    assert apart(fitted.rates_.isel({space: order}), moved.rates_) < max(2.0 * other_seed, 0.3)


@pytest.mark.slow
def test_a_start_with_other_numbers_gives_the_same_posterior(
    values, fitted, other_seed, monkeypatch
):
    begin = chains_module._started

    def started(*arguments):
        return turned(begin(*arguments), np.random.default_rng(8))

    monkeypatch.setattr(chains_module, "_started", started)
    other = BiCluster(**CLEAR).fit(values)
    assert np.array_equal(other.neuron_labels_.values, fitted.neuron_labels_.values)
    assert apart(fitted.rates_, other.rates_) < max(2.0 * other_seed, 0.3)


@pytest.mark.slow
def test_bins_without_data_after_the_end_tell_nothing(values, fitted, other_seed):
    longer = np.concatenate([values, np.full((30, 8), np.nan)])
    other = BiCluster(**CLEAR).fit(longer)
    assert np.array_equal(other.neuron_labels_.values, fitted.neuron_labels_.values)
    shown = other.rates_.isel(bin=slice(0, 80))
    assert apart(fitted.rates_, shown) < max(2.0 * other_seed, 0.3)


@pytest.mark.slow
def test_a_rate_is_less_certain_where_its_bins_are_hidden(values, fitted):
    # The same bins: spreads of different ones depend on the noise of their states.
    hidden = values.copy()
    hidden[-12:] = np.nan
    other = BiCluster(**CLEAR).fit(hidden)
    ratio = other.rates_["sd"].values[:, -8:] / fitted.rates_["sd"].values[:, -8:]
    assert np.median(ratio) > 1.2
    assert (ratio > 1.0).mean() > 0.85


class KilledError(Exception):
    """Stands for the end of a process."""


@pytest.mark.slow
def test_a_chain_killed_at_sweep_500_goes_on_bit_for_bit(tmp_path, monkeypatch):
    y = np.random.default_rng(7).poisson(2.0, (25, 4)).astype(float)
    options = {**OPTIONS, "n_sweeps": 520, "held_out": 0.1}
    unbroken = BiCluster(**options).fit(y)
    options = {**options, "checkpoint": tmp_path / "c.npz", "checkpoint_every": 40}
    whole, made = chains_module.sweep, []

    def killed(state, data, settings, number, rng):
        made.append(number)
        if number == 500 and len(made) == 500:
            raise KilledError
        return whole(state, data, settings, number, rng)

    monkeypatch.setattr(chains_module, "sweep", killed)
    with pytest.raises(KilledError):
        BiCluster(**options).fit(y)
    resumed = BiCluster(**options).fit(y)
    # 480 were stored.
    assert made[500:] == list(range(481, 521))
    for name in ("rates_", "latents_", "draws_", "trace_", "co_state_", "neuron_labels_"):
        assert getattr(resumed, name).identical(getattr(unbroken, name)), name
    assert resumed.held_out_log_likelihood_ == unbroken.held_out_log_likelihood_
