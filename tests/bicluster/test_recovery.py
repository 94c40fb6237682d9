"""What is found of planted clusters and states, and what hidden entries say of a fit.

The grid: neurons x bins x clusters x states, numbers of the last two unknown, two seeds a cell.
"""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.stats import nbinom, poisson

import neurokit as nk
from neurokit.bicluster import BiCluster
from neurokit.stats import adjusted_rand

GRID = list(product((30, 60), (500, 1000), (2, 3, 5), (2, 3), (0, 1)))


def spectral_states(counts, n_states):
    """Labels of bins by spectral co-clustering given their true number."""
    from sklearn.cluster import SpectralCoclustering

    rows = SpectralCoclustering(n_states, random_state=0).fit(counts + 1e-6)
    return rows.row_labels_


def flat_score(counts, hidden):
    """Mean Poisson log-likelihood of hidden entries by every neuron's mean of the others."""
    shown = np.where(hidden, np.nan, counts)
    rate = np.maximum(np.nanmean(shown, axis=0), 1e-3)
    return poisson.logpmf(counts, rate)[hidden].mean()


def smoothed_score(counts, hidden, n_components=3, seconds=3.0):
    """The same by rates of smoothed counts on their principal components."""
    mean = np.nanmean(np.where(hidden, np.nan, counts), axis=0)
    filled = np.where(hidden, mean, counts)
    rates = gaussian_filter1d(filled, seconds, axis=0)
    centre = rates.mean(axis=0)
    u, s, v = np.linalg.svd(rates - centre, full_matrices=False)
    rates = centre + (u[:, :n_components] * s[:n_components]) @ v[:n_components]
    return poisson.logpmf(counts, np.maximum(rates, 1e-2))[hidden].mean()


def fitted(simulation, **options):
    settings = {"observation": "negative_binomial", "random_state": 0, **options}
    return BiCluster(2, **settings).fit(simulation.recordings["session1"])


def agreements(simulation, fit):
    truth = simulation.truth
    return (
        adjusted_rand(truth.neuron_cluster.values, fit.neuron_labels_.values),
        adjusted_rand(truth.state.values, fit.state_labels_.values),
    )


def test_baselines_know_what_is_easy():
    rng = np.random.default_rng(0)
    states = np.repeat([0, 1], 60)
    rates = np.where(states[:, None] == (np.arange(10) < 5), 9.0, 1.0)
    counts = rng.poisson(rates).astype(float)
    assert adjusted_rand(states, spectral_states(counts, 2)) == 1.0
    hidden = rng.random(counts.shape) < 0.1
    best = poisson.logpmf(counts, rates)[hidden].mean()
    flat, smooth = flat_score(counts, hidden), smoothed_score(counts, hidden)
    assert flat < smooth < best + 0.05


@pytest.mark.slow
def test_hidden_entries_are_predicted_better_than_by_means_and_by_smoothing():
    simulation = nk.simulate.biclustered(30, 500, 3, random_state=0)
    counts = simulation.recordings["session1"].activity.signal.values.astype(float)
    hidden = np.random.default_rng(2).random(counts.shape) < 0.1
    shown = np.where(hidden, np.nan, counts)
    model = BiCluster(2, "poisson", n_clusters=3, n_sweeps=90, random_state=0).fit(shown)
    rates = model.rates_["mean"].values.T
    score = poisson.logpmf(counts, rates)[hidden].mean()
    assert score > flat_score(counts, hidden) + 0.05
    assert score > smoothed_score(counts, hidden)
    truth = np.exp(simulation.truth.log_rate.values)
    best = nbinom.logpmf(counts, 10, 10 / (10 + truth))[hidden].mean()
    assert score < best


def recover(cells, most_sweeps):
    """(n, 3): agreement of neurons, of states, and of the peer's states, for every cell.

    Large cells are swept less often, so that each takes some 60 s of processor.
    """
    found = []
    for n_neurons, n_bins, n_clusters, n_states, seed in cells:
        simulation = nk.simulate.biclustered(
            n_neurons, n_bins, n_clusters, n_states, random_state=seed
        )
        begin = time.process_time()
        n_sweeps = min(max(4_500_000 // (n_neurons * n_bins), 100), most_sweeps)
        fit = fitted(simulation, n_sweeps=n_sweeps)
        spent = time.process_time() - begin
        counts = simulation.recordings["session1"].activity.signal.values
        peer = adjusted_rand(simulation.truth.state.values, spectral_states(counts, n_states))
        found.append((*agreements(simulation, fit), peer))
        cell = f"{n_neurons} x {n_bins}, {n_clusters} clusters, {n_states} states, seed {seed}"
        print(f"{cell}: neurons {found[-1][0]:.3f}, states {found[-1][1]:.3f} ({peer:.3f} by")
        print(f"    spectral co-clustering), {spent:.0f} s of processor", flush=True)
    return np.array(found)


@pytest.mark.slow
def test_six_cells_of_the_grid_are_recovered():
    cells = [(30, 1000, n_clusters, n_states, 0) for n_clusters in (2, 3, 5) for n_states in (2, 3)]
    neurons, states, peers = recover(cells, 100).T
    assert np.median(neurons) >= 0.95
    assert neurons.min() >= 0.6
    assert np.median(states) >= 0.75
    assert np.median(states - peers) >= 0.3


@pytest.fixture(scope="module")
def grid():
    """Agreements of neurons, of states and of the peer's states in every cell, once for all."""
    return recover(GRID, 300).T


@pytest.mark.nightly
def test_the_grid_is_recovered(grid):
    neurons, states, peers = grid
    assert np.median(neurons) >= 0.95
    assert np.median(states) >= 0.75
    assert (states - peers >= 0.3).mean() >= 0.9


@pytest.mark.nightly
@pytest.mark.xfail(
    strict=True,
    reason="500 bins of three states: the truth is not the best explanation (docs/validation)",
)
def test_no_cell_of_the_grid_is_far_off(grid):
    neurons, states, _ = grid
    assert neurons.min() >= 0.6
    assert states.min() >= 0.55
