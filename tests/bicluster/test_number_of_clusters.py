"""Clusters of neurons by subspaces, and how many there are."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.bicluster import BiCluster
from neurokit.bicluster.cluster_number import choose_clusters, hide
from neurokit.bicluster.settings import Data
from neurokit.bicluster.starts import start_neurons
from neurokit.bicluster.subspaces import (
    improve_clusters,
    left_out_distances,
    subspace_distances,
)
from neurokit.stats import adjusted_rand


def dense_distance(row, rows, n_components):
    """By the singular vectors of the rows themselves."""
    mean = rows.mean(axis=0)
    axes = np.linalg.svd(rows - mean, full_matrices=False)[2][: min(n_components, len(rows) - 1)]
    off = row - mean
    return float(np.sum((off - axes.T @ (axes @ off)) ** 2))


@pytest.mark.parametrize("n_components", [1, 2, 3])
@pytest.mark.parametrize("n_members", [1, 2, 3, 6])
def test_distances_by_inner_products_are_those_of_dense_algebra(n_components, n_members):
    rows = np.random.default_rng(n_members).standard_normal((9, 20))
    members = np.arange(n_members)
    found = subspace_distances(rows @ rows.T, members, n_components, np.arange(9))
    expected = [dense_distance(row, rows[members], n_components) for row in rows]
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_neuron_is_left_out_of_its_own_cluster_only():
    rows = np.random.default_rng(0).standard_normal((8, 15))
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    found = left_out_distances(rows @ rows.T, labels, 2)
    assert found[1, 0] == pytest.approx(dense_distance(rows[1], rows[[0, 2, 3]], 2))
    assert found[1, 1] == pytest.approx(dense_distance(rows[1], rows[[4, 5, 6]], 2))
    # Alone, nothing predicts it.
    assert found[7, 2] == pytest.approx(float(rows[7] @ rows[7]))


def mirrored(n_each=8, n_bins=80, noise=0.05, seed=0):
    """Two clusters of which each holds neurons and their mirror images."""
    rng = np.random.default_rng(seed)
    components = rng.standard_normal((2, n_bins))
    signs = rng.choice([-1.0, 1.0], (2, n_each)) * rng.uniform(0.5, 1.5, (2, n_each))
    rows = signs[..., None] * components[:, None] + noise * rng.standard_normal((2, n_each, n_bins))
    return rows.reshape(-1, n_bins), np.repeat([0, 1], n_each)


def test_mirror_images_are_of_one_cluster():
    rows, truth = mirrored()
    wrong = truth.copy()
    wrong[[0, 1, 8]] = 1 - wrong[[0, 1, 8]]
    labels, distances = improve_clusters(rows @ rows.T, wrong, 1)
    assert adjusted_rand(truth, labels) == 1.0
    # Noise of .05^2 in 80 bins, and 1/7 of it from the mean and from the axis of 7 others each.
    assert distances.mean() == pytest.approx(0.05**2 * 80 * (1 + 2 / 7), rel=0.15)


def test_the_order_of_neurons_does_not_matter():
    rows, truth = mirrored(noise=0.5)
    start = np.random.default_rng(3).integers(0, 2, len(truth))
    order = np.random.default_rng(4).permutation(len(truth))
    labels, _ = improve_clusters(rows @ rows.T, start, 1)
    moved, _ = improve_clusters(rows[order] @ rows[order].T, start[order], 1)
    assert adjusted_rand(labels[order], moved) == 1.0


def data_of(simulation):
    values = simulation.recordings["session1"].activity.signal.values
    y = np.ascontiguousarray(values.T.astype(float))
    return Data(y, np.ones(y.shape, bool), np.array([0, y.shape[1]]), 0)


@pytest.mark.parametrize(("n_clusters", "seed"), [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)])
def test_the_number_of_clusters_is_found(n_clusters, seed):
    simulation = nk.simulate.biclustered(30, 500, n_clusters, random_state=seed)
    found = choose_clusters(data_of(simulation), 2, 6, np.random.default_rng(0))
    assert found.best == n_clusters
    assert found.difference_error[np.argmin(found.distance)] == 0.0


def test_subspaces_mend_what_k_means_mistakes():
    # k-means alone has an ARI of .79 here, subspaces 1.
    simulation = nk.simulate.biclustered(30, 500, 3, random_state=3)
    labels, _ = start_neurons(data_of(simulation), 3, 2, np.random.default_rng(0))
    assert adjusted_rand(simulation.truth.neuron_cluster.values, labels) == 1.0


def test_one_neuron_is_one_cluster():
    y = np.random.default_rng(0).poisson(2.0, (1, 50)).astype(float)
    data = Data(y, np.ones(y.shape, bool), np.array([0, 50]), 0)
    assert choose_clusters(data, 2, 5, np.random.default_rng(0)).best == 1


def test_neurons_that_never_vary_are_alike():
    y = np.full((6, 50), 3.0)
    data = Data(y, np.ones(y.shape, bool), np.array([0, 50]), 2)
    assert choose_clusters(data, 2, 5, np.random.default_rng(0)).best == 1


def test_hidden_entries_are_taken_out_and_nothing_else():
    rng = np.random.default_rng(0)
    y = rng.poisson(3.0, (5, 40)).astype(float)
    seen = rng.random(y.shape) > 0.2
    data = Data(np.where(seen, y, 0.0), seen, np.array([0, 40]), 0)
    less, entries, values = hide(data, 0.25, np.random.default_rng(1))
    assert len(entries) == round(0.25 * seen.sum())
    assert len(np.unique(entries, axis=0)) == len(entries)
    at = tuple(entries.T)
    assert np.array_equal(values, y[at])
    assert seen[at].all()
    assert less.seen.sum() == seen.sum() - len(entries)
    assert not less.y[at].any()
    assert np.array_equal(less.y[less.seen], y[less.seen])


@pytest.mark.slow
@pytest.mark.parametrize("chosen", [3, None])
def test_neurons_and_states_of_a_simulation_are_found(chosen):
    simulation = nk.simulate.biclustered(30, 500, 3, random_state=0)
    model = BiCluster(
        2, "negative_binomial", n_clusters=chosen, n_sweeps=150, random_state=0, held_out=0.1
    )
    fit = model.fit(simulation.recordings["session1"])
    truth = simulation.truth
    assert adjusted_rand(truth.neuron_cluster.values, fit.neuron_labels_.values) == 1.0
    # .8 was seen without hidden entries; chance is 0, and the best that peers reach is .12.
    assert adjusted_rand(truth.state.values, fit.state_labels_.values) > 0.55
    rate = np.exp(truth.log_rate.values)
    mean = fit.rates_["mean"].values.T
    flat = rate.mean(axis=0)
    assert ((mean - rate) ** 2).mean() < 0.5 * ((flat - rate) ** 2).mean()
