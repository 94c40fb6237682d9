"""Densities that split and merge moves are made of."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from neurokit.bicluster import split_merge
from neurokit.bicluster.chain_state import with_cluster, without_cluster
from neurokit.bicluster.geweke import small_problem
from neurokit.bicluster.gibbs import proposal_sizes
from neurokit.bicluster.observations import GAUSSIAN, gather, messages
from neurokit.bicluster.smoothed_rates import likeness
from neurokit.bicluster.split_merge import (
    Messages,
    log_allocation,
    propose_merge,
    propose_split,
    split_log_ratio,
    step_log_density,
)


@pytest.fixture
def drawn():
    """A state of one cluster with its messages."""
    problem = small_problem("gaussian", n_neurons=5, n_latents=2)
    rng = np.random.default_rng(3)
    state, data = problem.draw(rng)
    while state.n_clusters > 1:
        state, data = problem.draw(rng)
    omega, kappa = messages(data.y, data.seen, state.eta(), True, state.extra, rng)
    return state, data, problem.settings, Messages(omega, kappa)


def test_density_of_steps_is_a_product_of_gaussians(drawn, dense):
    rng = np.random.default_rng(0)
    a, b, noise = (part[:, 0] for part in dense.random_dynamics(rng, 2, 1, 2))
    latents = rng.normal(size=(6, 2))
    labels = np.array([0, 1, -1, 1, 0, -1])
    expected = sum(
        multivariate_normal(a[s] @ latents[t] + b[s], noise[s]).logpdf(latents[t + 1])
        for t, s in enumerate(labels)
        if s >= 0
    )
    found = step_log_density(
        latents, labels, a, b, np.linalg.inv(noise), np.linalg.slogdet(noise)[1]
    )
    assert found == pytest.approx(expected, rel=1e-10)


def test_conditional_of_latents_is_the_dense_gaussian(drawn, dense):
    state, data, _, entries = drawn
    group = np.array([1, 4])
    dynamics = (state.a[:, 0], state.b[:, 0], state.noise[:, 0])
    found = split_merge._conditional(
        entries, state.loadings, group, dynamics, state.labels, data.edges
    )
    info, linear = gather(
        entries.omega[group], entries.kappa[group], state.loadings[group], np.zeros(2, int), 1
    )
    latents = np.random.default_rng(1).normal(size=state.latents[0].shape)
    expected = 0.0
    for low, high in ((0, 7), (7, 12)):
        prior = dense.joint_gaussian(state.a, state.b, state.noise, state.labels[low : high - 1], 0)
        whole = dense.stacked(info[0, low:high], linear[0, low:high])
        mean, cov, _ = dense.absorbed(*prior, *whole)
        expected += multivariate_normal(mean, cov, allow_singular=True).logpdf(
            latents[low:high].ravel()
        )
    assert found.log_density(latents) == pytest.approx(expected, rel=1e-5)
    # The draw's own density has mean -(entropy): chi-square of T q degrees around it.
    rng = np.random.default_rng(2)
    densities = np.array([found.log_density(found.draw(rng)) for _ in range(600)])
    top = 0.0
    for diagonal, lower, rhs in found.blocks:
        _, determinant, _ = split_merge.draw_gaussian(diagonal, lower, rhs, np.zeros_like(rhs))
        top += 0.5 * determinant - 0.5 * rhs.size * np.log(2 * np.pi)
    squares = 2 * (top - densities)
    assert abs(squares.mean() - latents.size) < 4 * np.sqrt(2 * latents.size / 600)


def test_allocations_sum_to_one_over_all_subsets():
    rng = np.random.default_rng(4)
    alike = likeness(rng.normal(size=(8, 20)))
    members = np.array([0, 2, 3, 5, 7])
    total = 0.0
    others = [2, 5, 7]
    for size in range(4):
        for chosen in combinations(others, size):
            leaving = np.sort(np.append(np.array(chosen, dtype=np.int64), 3))
            total += np.exp(log_allocation(alike, 3, 0, members, leaving))
    assert total == pytest.approx(1.0, rel=1e-12)


def test_neurons_leave_as_often_as_their_allocation_says():
    rng = np.random.default_rng(5)
    alike = likeness(rng.normal(size=(4, 8))) / 8
    members = np.arange(4)
    n = 4000
    leavers = [tuple(split_merge._leaving(alike, 1, 3, members, rng)) for _ in range(n)]
    for chosen in ((1,), (0, 1), (1, 2), (0, 1, 2)):
        share = np.exp(log_allocation(alike, 1, 3, members, np.array(chosen)))
        found = sum(one == chosen for one in leavers) / n
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / n)


def test_likeness_is_the_absolute_correlation():
    rng = np.random.default_rng(6)
    rates = rng.normal(size=(4, 30))
    np.testing.assert_allclose(likeness(rates), np.abs(np.corrcoef(rates)), atol=1e-12)
    rates[2] = 1.5
    assert not likeness(rates)[2].any()


@pytest.mark.parametrize("seed", range(3))
def test_a_merge_of_a_split_has_the_opposite_ratio_and_brings_the_partition_back(drawn, seed):
    state, data, settings, entries = drawn
    rng = np.random.default_rng(seed)
    alike = likeness(data.y)
    split = propose_split(state, (1, 3), entries, alike, data, settings, rng)
    assert split.n_clusters == 2
    assert split.neurons[1] == 1
    assert split.neurons[3] == 0
    np.testing.assert_array_equal(split.latents[0], state.latents[0])
    forward = split_log_ratio(state, split, (1, 3), entries, alike, data, settings)
    merged, ordered = propose_merge(split, (1, 3), entries, rng)
    assert np.array_equal(merged.neurons, state.neurons)
    np.testing.assert_array_equal(merged.latents, state.latents)
    np.testing.assert_array_equal(merged.a, state.a)
    assert np.array_equal(ordered.neurons, split.neurons)
    # The same pair of states seen from the other side, with the loadings it had.
    backward = -split_log_ratio(
        state.changed(loadings=state.loadings), ordered, (1, 3), entries, alike, data, settings
    )
    assert backward == pytest.approx(-forward, rel=1e-12)


def test_merging_the_first_of_three_clusters_renumbers_the_others(drawn):
    state, _, _, entries = drawn
    latents = state.latents[0]
    dynamics = (state.a[:, 0], state.b[:, 0], state.noise[:, 0])
    state = with_cluster(with_cluster(state, latents + 1, dynamics), latents + 2, dynamics)
    state = state.changed(neurons=np.array([0, 1, 2, 0, 1]))
    merged, ordered = propose_merge(state, (0, 2), entries, np.random.default_rng(0))
    assert ordered.neurons.tolist() == [2, 0, 1, 2, 0]
    np.testing.assert_array_equal(ordered.latents, state.latents[[1, 2, 0]])
    assert merged.neurons.tolist() == [1, 0, 1, 1, 0]
    np.testing.assert_array_equal(merged.latents, state.latents[[1, 2]])
    kept = [1, 2, 4]
    np.testing.assert_array_equal(merged.loadings[kept], state.loadings[kept])
    assert (merged.loadings[[0, 3]] != state.loadings[[0, 3]]).all()


def test_dropping_an_appended_cluster_gives_the_state_back(drawn):
    state = drawn[0]
    more = with_cluster(
        state, state.latents[0] + 1, (state.a[:, 0], state.b[:, 0], state.noise[:, 0])
    )
    back = without_cluster(more, 1)
    for name, kept in state.arrays().items():
        np.testing.assert_array_equal(back.arrays()[name], kept, err_msg=name)
    moved = without_cluster(more.changed(neurons=np.ones(5, dtype=np.int64)), 0)
    assert moved.neurons.tolist() == [0] * 5
    np.testing.assert_array_equal(moved.latents[0], more.latents[1])


def test_sizes_that_stand_for_poisson_grow_with_the_rate():
    data = small_problem("poisson").draw(np.random.default_rng(0))[1]
    y = np.full(data.y.shape, 1.0)
    y[0] = 100.0
    sizes = proposal_sizes(type(data)(y, data.seen, data.edges, data.family))
    assert sizes[0] > sizes[2] >= 10.0
    gaussian = type(data)(y, data.seen, data.edges, GAUSSIAN)
    assert proposal_sizes(gaussian).tolist() == [1.0] * 4
