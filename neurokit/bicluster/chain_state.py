"""Everything one chain knows at one sweep, its draws from the prior, and its storage as arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.coupling import parted
from neurokit.bicluster.dynamics import Moments, draw_dynamics
from neurokit.bicluster.observations import GAUSSIAN, NEGATIVE_BINOMIAL, predictor
from neurokit.bicluster.partition_prior import draw_partition
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.small_cholesky import cholesky
from neurokit.bicluster.sticky_transitions import draw_rows

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# A count of this mean is its mean to 7 digits, and generators draw no larger ones.
LARGEST_RATE = 1e15


@dataclass(frozen=True)
class ChainState:
    """Parameters and latents.

    Parameters
    ----------
    neurons : (N,) ndarray of int64
        Cluster of every neuron, 0..K - 1, none empty.
    labels : (T,) ndarray of int64
        State of the step from t to t + 1; -1 at a trial's last bin.
    latents : (K, T, q) ndarray of float64
        (mu, x).
    loadings : (N, q) ndarray of float64
        (d, c).
    extra : (N,) ndarray of float64
        Size r or variance v; 1 for Poisson.
    a, b, noise : ndarray of float64
        Dynamics (S, K, q, q), drift (S, K, q) and Q (S, K, q, q); (S, 1, K q, K q) and so on where
        clusters are coupled.
    weights : (S,) ndarray of float64
        beta.
    transition : (S, S) ndarray of float64
        pi.
    """

    neurons: Labels
    labels: Labels
    latents: Array
    loadings: Array
    extra: Array
    a: Array
    b: Array
    noise: Array
    weights: Array
    transition: Array

    @property
    def n_clusters(self) -> int:
        """Clusters that neurons are in."""
        return len(self.latents)

    def eta(self) -> Array:
        """Predictor of every entry, (N, T)."""
        return np.asarray(predictor(self.latents, self.loadings, self.neurons))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All fields by name, for storage."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def changed(self, **values: Any) -> ChainState:
        """A state with other values of some fields."""
        return replace(self, **values)


def without_cluster(state: ChainState, cluster: int) -> ChainState:
    """Drop a cluster that no neuron is in.

    Parameters
    ----------
    state : ChainState
        With the cluster.
    cluster : int
        Which.

    Returns
    -------
    ChainState
        Later clusters move up by one.
    """
    return state.changed(
        neurons=state.neurons - (state.neurons > cluster),
        latents=np.delete(state.latents, cluster, axis=0),
        a=np.delete(state.a, cluster, axis=1),
        b=np.delete(state.b, cluster, axis=1),
        noise=np.delete(state.noise, cluster, axis=1),
    )


def with_cluster(
    state: ChainState, latents: Array, dynamics: tuple[Array, Array, Array]
) -> ChainState:
    """Append a cluster that no neuron is in yet.

    Parameters
    ----------
    state : ChainState
        Without it.
    latents : (T, q) ndarray of float64
        Its latents.
    dynamics : tuple of ndarray
        Its A (S, q, q), b (S, q) and Q (S, q, q).

    Returns
    -------
    ChainState
        With one cluster more.
    """
    a, b, noise = dynamics
    return state.changed(
        latents=np.concatenate([state.latents, latents[None]]),
        a=np.concatenate([state.a, a[:, None]], axis=1),
        b=np.concatenate([state.b, b[:, None]], axis=1),
        noise=np.concatenate([state.noise, noise[:, None]], axis=1),
    )


def prior_dynamics(
    n_clusters: int, settings: Settings, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Draw A, b and Q of every state and cluster from the prior.

    Parameters
    ----------
    n_clusters : int
        K.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    tuple of ndarray
        A (S, K, q, q), b (S, K, q), Q (S, K, q, q); of K = 1 and larger q if coupled.
    """
    q, s = settings.n_latents + 1, settings.n_states
    if settings.coupled:
        n_clusters, q = 1, n_clusters * q
    none = Moments(
        np.zeros(s),
        np.zeros((s, n_clusters, q + 1, q + 1)),
        np.zeros((s, n_clusters, q, q + 1)),
        np.zeros((s, n_clusters, q, q)),
    )
    return draw_dynamics(none, rng)


def simulate_latents(
    dynamics: tuple[Array, Array, Array], labels: Labels, first: Labels, rng: np.random.Generator
) -> Array:
    """Draw latents of every cluster from their dynamics.

    Parameters
    ----------
    dynamics : tuple of ndarray
        A, b, Q of every state and cluster.
    labels : (T,) ndarray of int64
        State of every step; -1 at a trial's last bin.
    first : (n_trials,) ndarray of int64
        First bin of every trial, N(0, I).
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (K, T, q) ndarray of float64
        Latents.
    """
    return np.asarray(_simulated(*dynamics, labels, first, rng))


@numba.njit(cache=True, nogil=True)
def _simulated(
    a: Array, b: Array, noise: Array, labels: Labels, first: Labels, rng: np.random.Generator
) -> Array:
    _, n_clusters, q = b.shape
    out = np.empty((n_clusters, labels.shape[0], q))
    roots = np.empty_like(noise)
    for s in range(noise.shape[0]):
        for k in range(n_clusters):
            cholesky(noise[s, k], roots[s, k])
    for k in range(n_clusters):
        for t in range(labels.shape[0]):
            for i in range(q):
                out[k, t, i] = rng.standard_normal()
        for t in range(labels.shape[0] - 1):
            if labels[t] < 0:
                continue
            s, normals = labels[t], out[k, t + 1].copy()
            for i in range(q):
                total = b[s, k, i]
                for j in range(q):
                    total += a[s, k, i, j] * out[k, t, j] + roots[s, k, i, j] * normals[j]
                out[k, t + 1, i] = total
    return out


def draw_prior(
    n_neurons: int, data_edges: Labels, family: int, settings: Settings, rng: np.random.Generator
) -> ChainState:
    """Draw everything from the prior.

    Parameters
    ----------
    n_neurons : int
        N.
    data_edges : (n_trials + 1,) ndarray of int64
        Where trials begin, and T.
    family : int
        0 Poisson, 1 negative binomial, 2 Gaussian.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    ChainState
        A draw.
    """
    s, q = settings.n_states, settings.n_latents + 1
    weights = np.maximum(rng.dirichlet(np.full(s, settings.gamma / s)), 1e-300)
    none = np.zeros((s, s), dtype=np.int64)
    transition = draw_rows(none, weights, alpha=settings.alpha, kappa=settings.kappa, rng=rng)
    labels = np.full(data_edges[-1], -1, dtype=np.int64)
    for low, high in pairwise(data_edges):
        for t in range(low, high - 1):
            row = np.full(s, 1.0 / s) if t == low else transition[labels[t - 1]]
            labels[t] = rng.choice(s, p=row)
    neurons = draw_partition(settings.partition, n_neurons, rng)
    n_clusters = int(neurons.max()) + 1
    dynamics = prior_dynamics(n_clusters, settings, rng)
    latents = simulate_latents(dynamics, labels, data_edges[:-1], rng)
    extra = np.ones(n_neurons)
    if family == NEGATIVE_BINOMIAL:
        extra = rng.standard_gamma(np.ones(n_neurons))
    elif family == GAUSSIAN:
        draws = rng.standard_gamma(np.full(n_neurons, settings.variance_shape))
        extra = settings.variance_scale / draws
    return ChainState(
        neurons=neurons,
        labels=labels,
        latents=parted(latents, n_clusters),
        loadings=rng.standard_normal((n_neurons, q)),
        extra=extra,
        a=dynamics[0],
        b=dynamics[1],
        noise=dynamics[2],
        weights=weights,
        transition=transition,
    )


def draw_data(state: ChainState, data: Data, rng: np.random.Generator) -> Data:
    """Draw new values for every observed entry.

    Parameters
    ----------
    state : ChainState
        Parameters and latents.
    data : Data
        Which entries are observed.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    Data
        With new values.
    """
    eta = state.eta()
    if data.family == GAUSSIAN:
        y = eta + np.sqrt(state.extra)[:, None] * rng.standard_normal(eta.shape)
    else:
        rate = np.exp(np.minimum(eta, 700.0))
        if data.family == NEGATIVE_BINOMIAL:
            size = np.broadcast_to(state.extra[:, None], eta.shape)
            rate = rng.standard_gamma(size) * rate / size
        counts = rng.poisson(np.minimum(rate, LARGEST_RATE)).astype(np.float64)
        y = np.where(rate < LARGEST_RATE, counts, rate)
    return replace(data, y=np.where(data.seen, y, 0.0))
