"""Where a chain starts: neurons by k-means on smoothed log rates, bins by power and rhythm.

Sampling finds the details; a start only has to be in the right valley. States start from two
clusters of bins on purpose: births grow from too few states, while too many do not merge.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.coupling import joined
from neurokit.bicluster.dynamics import draw_dynamics, moments
from neurokit.bicluster.observations import GAUSSIAN, NEGATIVE_BINOMIAL
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.smoothed_rates import smoothed
from neurokit.bicluster.sticky_transitions import count_steps, draw_transitions
from neurokit.bicluster.subspaces import improve_clusters

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Window of power and rhythm, bins.
_WINDOW = 25
# Size of the negative binomials to begin with; a sweep or two finds the scale.
_SIZE = 10.0
_EDGE = 0.5
# Starts of k-means; the partition with the least left-out distance is taken.
_STARTS = 3


def start_neurons(
    data: Data, n_clusters: int, n_latents: int, rng: np.random.Generator
) -> tuple[Labels, Array]:
    """Cluster neurons by k-means on the shape of their smoothed rates, then by subspaces.

    Parameters
    ----------
    data : Data
        Counts or values.
    n_clusters : int
        Clusters.
    n_latents : int
        Dimensions of the subspaces around their means.
    rng : numpy.random.Generator
        Source of k-means' starts.

    Returns
    -------
    labels : (N,) ndarray of int64
        Clusters by first appearance; fewer where fewer are as good.
    distances : (N,) ndarray of float64
        Squared distance of every neuron from its cluster's subspace without it.
    """
    from sklearn.cluster import KMeans

    rates = smoothed(data)
    rates = rates - rates.mean(axis=1, keepdims=True)
    shapes = rates / (np.linalg.norm(rates, axis=1, keepdims=True) + 1e-12)
    distinct = len(np.unique(shapes.round(12), axis=0))
    inner = rates @ rates.T
    tries = []
    for _ in range(_STARTS if n_clusters > 1 else 1):
        model = KMeans(min(n_clusters, distinct), n_init=3, random_state=int(rng.integers(2**31)))
        found = model.fit_predict(shapes).astype(np.int64)
        tries.append(improve_clusters(inner, found, n_latents))
    return min(tries, key=lambda one: float(one[1].sum()))


def trajectories(rates: Array, neurons: Labels, n_latents: int) -> tuple[Array, Array]:
    """Mean and leading components of every cluster's rates, with the neurons' loadings.

    Parameters
    ----------
    rates : (N, T) ndarray of float64
        Smoothed.
    neurons : (N,) ndarray of int64
        Clusters.
    n_latents : int
        Components.

    Returns
    -------
    latents : (K, T, q) ndarray of float64
        (mu, x).
    loadings : (N, q) ndarray of float64
        (d, c), of unit variance.
    """
    n_clusters, n_bins = int(neurons.max()) + 1, rates.shape[1]
    latents = np.zeros((n_clusters, n_bins, n_latents + 1))
    loadings = np.zeros((len(neurons), n_latents + 1))
    loadings[:, 0] = rates.mean(axis=1)
    centred = rates - loadings[:, :1]
    for k in range(n_clusters):
        mine = np.flatnonzero(neurons == k)
        mean = centred[mine].mean(axis=0)
        latents[k, :, 0] = mean
        u, s, v = np.linalg.svd(centred[mine] - mean, full_matrices=False)
        n_kept = min(n_latents, len(s))
        # Loadings of unit variance, as the prior has them.
        spread = s[:n_kept] / np.sqrt(len(mine))
        latents[k, :, 1 : n_kept + 1] = v[:n_kept].T * spread
        loadings[mine, 1 : n_kept + 1] = u[:, :n_kept] * np.sqrt(len(mine))
    return latents, loadings


def start_labels(
    latents: Array, edges: Labels, rng: np.random.Generator, n_states: int = 2
) -> Labels:
    """Clusters of bins by rolling log power and rolling autocorrelation of all latents.

    Parameters
    ----------
    latents : (K, T, q) ndarray of float64
        First guess of the latents.
    edges : (n_trials + 1,) ndarray of int64
        Where trials begin, and T.
    rng : numpy.random.Generator
        Source of k-means' starts.
    n_states : int, default 2
        Clusters of bins.

    Returns
    -------
    (T,) ndarray of int64
        From 0; -1 at a trial's last bin.
    """
    from sklearn.cluster import KMeans

    flat = latents.transpose(1, 0, 2).reshape(latents.shape[1], -1)
    power, rhythm = np.empty_like(flat), np.empty_like(flat)
    for low, high in pairwise(edges):
        part = flat[low:high]
        window = min(_WINDOW, high - low)
        square = uniform_filter1d(part**2, window, axis=0, mode="nearest")
        across = part * np.concatenate([part[1:], part[-1:]])
        along = uniform_filter1d(across, window, axis=0, mode="nearest")
        power[low:high] = np.log(square + 1e-8)
        rhythm[low:high] = along / (square + 1e-8)
    features = np.concatenate([power, rhythm], axis=1)
    spread = features.std(axis=0)
    features = (features - features.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
    labels = np.zeros(len(flat), dtype=np.int64)
    distinct = len(np.unique(features.round(9), axis=0))
    if min(n_states, distinct) > 1:
        model = KMeans(min(n_states, distinct), n_init=5, random_state=int(rng.integers(2**31)))
        labels = model.fit_predict(features).astype(np.int64)
    labels[edges[1:] - 1] = -1
    return labels


def start_extra(data: Data) -> Array:
    """First guess of sizes or variances.

    Parameters
    ----------
    data : Data
        Counts or values.

    Returns
    -------
    (N,) ndarray of float64
        1 for Poisson.
    """
    extra = np.ones(len(data.y))
    if data.family == NEGATIVE_BINOMIAL:
        extra = np.full(len(data.y), _SIZE)
    elif data.family == GAUSSIAN:
        n_seen = np.maximum(data.seen.sum(axis=1), 1)
        mean = data.y.sum(axis=1) / n_seen
        square = np.where(data.seen, (data.y - mean[:, None]) ** 2, 0.0).sum(axis=1)
        extra = np.maximum(_EDGE * square / n_seen, 1e-3)
    return extra


def start_state(
    data: Data, settings: Settings, n_clusters: int, rng: np.random.Generator, n_used: int = 2
) -> ChainState:
    """State that a chain begins with.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors; with one state there is nothing to cluster bins by.
    n_clusters : int
        Clusters of neurons.
    rng : numpy.random.Generator
        Source of everything drawn.
    n_used : int, default 2
        States that bins are in, of those there are.

    Returns
    -------
    ChainState
        Dynamics and transitions are drawn given what was guessed.
    """
    neurons, _ = start_neurons(data, n_clusters, settings.n_latents, rng)
    latents, loadings = trajectories(smoothed(data), neurons, settings.n_latents)
    labels = start_labels(latents, data.edges, rng, min(n_used, settings.n_states))
    extra = start_extra(data)
    seen = joined(latents, settings.coupled)
    a, b, noise = draw_dynamics(moments(seen, labels, settings.n_states), rng)
    weights, transition = draw_transitions(
        count_steps(labels, settings.n_states),
        np.full(settings.n_states, 1.0 / settings.n_states),
        alpha=settings.alpha,
        gamma=settings.gamma,
        kappa=settings.kappa,
        rng=rng,
    )
    return ChainState(neurons, labels, latents, loadings, extra, a, b, noise, weights, transition)


def released(state: ChainState, settings: Settings, rng: np.random.Generator) -> ChainState:
    """Give a chain the states it may have, after a start with fewer.

    Parameters
    ----------
    state : ChainState
        With fewer states than `settings` allow.
    settings : Settings
        Of the rest of the chain.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    ChainState
        With dynamics and transitions drawn anew.
    """
    n_states = settings.n_states
    latents = joined(state.latents, settings.coupled)
    a, b, noise = draw_dynamics(moments(latents, state.labels, n_states), rng)
    weights = np.full(n_states, 1.0 / n_states)
    weights, transition = draw_transitions(
        count_steps(state.labels, n_states),
        weights,
        alpha=settings.alpha,
        gamma=settings.gamma,
        kappa=settings.kappa,
        rng=rng,
    )
    return state.changed(a=a, b=b, noise=noise, weights=weights, transition=transition)
