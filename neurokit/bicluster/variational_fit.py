"""Variational fits from several starts, and the chain state that a sampler can begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.coupling import joined
from neurokit.bicluster.dynamics import draw_dynamics, moments
from neurokit.bicluster.partition_prior import by_first_appearance
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.smoothed_rates import smoothed
from neurokit.bicluster.starts import start_extra, start_labels, start_neurons, trajectories
from neurokit.bicluster.sticky_transitions import count_steps, draw_transitions
from neurokit.bicluster.variational import Variational, started

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Most states at the start, and sweeps of each before the best goes on. Mean field charges so much
# for the dynamics of a second state that one state has the higher bound even where there are two
# (4857 against 4884 nats below 0 where two have an ARI of .85): starts have two or more.
_MOST_STARTS, _FIRST = 4, 20
# A sweep that gains less per observed entry is one of the last, nats.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class VariationalFit:
    """The best of several starts.

    Parameters
    ----------
    factors : Variational
        Of q.
    converged : bool
        Whether the last sweep gained next to nothing.
    starts : (n,) ndarray of float64
        Bounds that starts with 2, 3, ... states came to.
    """

    factors: Variational
    converged: bool
    starts: Array


def fit_variational(
    data: Data,
    settings: Settings,
    n_clusters: int,
    n_sweeps: int,
    rng: np.random.Generator,
    *,
    on_sweep: Callable[[int], None] = lambda number: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> VariationalFit:
    """Fit from starts with two, three, ... states, and go on with the best.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors.
    n_clusters : int
        Clusters of neurons.
    n_sweeps : int
        Most sweeps.
    rng : numpy.random.Generator
        Source of k-means' starts.
    on_sweep : callable
        Called with the number of sweeps done.
    is_stopped : callable
        Asked after every sweep.

    Returns
    -------
    VariationalFit
        With at least one bound.
    """
    neurons, _ = start_neurons(data, n_clusters, settings.n_latents, rng)
    latents, loadings = trajectories(smoothed(data), neurons, settings.n_latents)
    tried = []
    fewest = min(2, settings.n_states)
    for n_states in range(fewest, max(min(settings.n_states, _MOST_STARTS), fewest) + 1):
        labels = start_labels(latents, data.edges, rng, n_states)
        one = started(data, settings, neurons, labels, latents, loadings, start_extra(data))
        for _ in range(min(_FIRST, n_sweeps)):
            one.sweep()
            if is_stopped():
                break
        tried.append(one)
        if is_stopped():
            break
    bounds = np.array([one.bounds[-1] for one in tried])
    best = tried[int(np.argmax(bounds))]
    least = TOLERANCE * max(int(data.seen.sum()), 1)
    converged = False
    on_sweep(len(best.bounds))
    while len(best.bounds) < n_sweeps and not converged and not is_stopped():
        best.sweep()
        on_sweep(len(best.bounds))
        converged = best.bounds[-1] - best.bounds[-2] < least
    return VariationalFit(best, converged, bounds)


def most_probable_labels(factors: Variational) -> Labels:
    """State of every step that is most probable by itself; -1 at a trial's last bin.

    Parameters
    ----------
    factors : Variational
        Of q.

    Returns
    -------
    (T,) ndarray of int64
        Labels.
    """
    labels = np.full(factors.data.y.shape[1], -1, dtype=np.int64)
    labels[factors.at] = factors.marginal.argmax(axis=1)
    return labels


def as_chain_state(
    factors: Variational, settings: Settings, rng: np.random.Generator
) -> ChainState:
    """The most probable labels, mean latents and loadings; dynamics drawn given them.

    Parameters
    ----------
    factors : Variational
        Of q.
    settings : Settings
        Of the chain.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    ChainState
        Without clusters that no neuron is in.
    """
    found = factors.share.argmax(axis=1)
    neurons = by_first_appearance(found)
    held = np.array([found[neurons == k][0] for k in range(int(neurons.max()) + 1)])
    labels = most_probable_labels(factors)
    latents = np.ascontiguousarray(factors.mean[held])
    n_states = settings.n_states
    a, b, noise = draw_dynamics(moments(joined(latents, settings.coupled), labels, n_states), rng)
    weights, transition = draw_transitions(
        count_steps(labels, n_states),
        np.full(n_states, 1.0 / n_states),
        alpha=settings.alpha,
        gamma=settings.gamma,
        kappa=settings.kappa,
        rng=rng,
    )
    loadings = factors.loading[np.arange(len(found)), found]
    extra = factors.extra.copy() if factors.data.family else np.ones(len(found))
    return ChainState(neurons, labels, latents, loadings, extra, a, b, noise, weights, transition)
