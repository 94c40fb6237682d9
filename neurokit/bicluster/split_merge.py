"""Split and merge moves of clusters of neurons, with dynamics, latents and loadings drawn anew.

Given Gaussian messages of every entry, two neurons i, j are picked. If they share a cluster k, it
is split: a new cluster takes i and, of the others, those whose rates are more like i's than j's;
its dynamics are drawn from their posterior under k's latents, its latents from their exact
conditional given the loadings that its neurons had, and then their loadings. If they are apart,
i's cluster is merged into j's: its neurons get loadings on the kept latents, all else is dropped.
Every density is known, so the move is accepted by the Metropolis-Hastings-Green ratio.

Jain & Neal (2004). doi:10.1198/1061860043001
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.block_tridiagonal import draw_gaussian
from neurokit.bicluster.chain_state import ChainState, with_cluster, without_cluster
from neurokit.bicluster.dynamics import draw_dynamics, log_marginal, moments
from neurokit.bicluster.latent_moves import invert_all, precision_blocks
from neurokit.bicluster.neuron_moves import draw_loadings, linear_evidence
from neurokit.bicluster.observations import gather
from neurokit.bicluster.settings import Data, Settings

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Dynamics = tuple[Array, Array, Array]

# Likeness of .1 more makes joining e^2 times as probable.
_SHARPNESS = 20.0


@dataclass(frozen=True)
class Messages:
    """Gaussian messages of every entry: exp(kappa eta - omega eta^2 / 2).

    Parameters
    ----------
    omega, kappa : (N, T) ndarray of float64
        0 where nothing was observed.
    """

    omega: Array
    kappa: Array


@numba.njit(cache=True, nogil=True)
def step_log_density(
    latents: Array, labels: Labels, a: Array, b: Array, inverse: Array, log_noise: Array
) -> float:
    """Log density of a cluster's latents after the first of each trial, given dynamics.

    Parameters
    ----------
    latents : (T, q) ndarray of float64
        w.
    labels : (T,) ndarray of int64
        State of every step; -1 at a trial's last bin.
    a, inverse : (S, q, q) ndarray of float64
        Dynamics and Q^-1.
    b : (S, q) ndarray of float64
        Drift.
    log_noise : (S,) ndarray of float64
        log |Q|.

    Returns
    -------
    float
        With all constants.
    """
    n_bins, q = latents.shape
    residual = np.empty(q)
    total = 0.0
    for t in range(n_bins - 1):
        s = labels[t]
        if s < 0:
            continue
        for i in range(q):
            step = b[s, i]
            for j in range(q):
                step += a[s, i, j] * latents[t, j]
            residual[i] = latents[t + 1, i] - step
        total -= 0.5 * (log_noise[s] + q * math.log(2.0 * math.pi))
        for i in range(q):
            for j in range(q):
                total -= 0.5 * residual[i] * inverse[s, i, j] * residual[j]
    return total


def log_allocation(alike: Array, i: int, j: int, members: Labels, leaving: Labels) -> float:
    """Log probability of which neurons leave with i.

    Parameters
    ----------
    alike : (N, N) ndarray of float64
        Likeness.
    i, j : int
        Who leaves and who stays for certain.
    members : (n,) ndarray of int64
        All neurons of the cluster, i and j among them.
    leaving : (m,) ndarray of int64
        Those that leave.

    Returns
    -------
    float
        Sum over the other neurons.
    """
    others = members[(members != i) & (members != j)]
    lean = _SHARPNESS * (alike[others, i] - alike[others, j])
    signs = np.where(np.isin(others, leaving), 1.0, -1.0)
    return float(-np.logaddexp(0.0, -signs * lean).sum())


def _leaving(alike: Array, i: int, j: int, members: Labels, rng: np.random.Generator) -> Labels:
    others = members[(members != i) & (members != j)]
    lean = _SHARPNESS * (alike[others, i] - alike[others, j])
    go = np.log(rng.random(len(others))) < -np.logaddexp(0.0, -lean)
    return np.sort(np.append(others[go], i))


def _one(dynamics: Dynamics, k: int) -> Dynamics:
    return tuple(np.ascontiguousarray(part[:, k]) for part in dynamics)  # type: ignore[return-value]


@dataclass(frozen=True)
class _Conditional:
    """Gaussian of a cluster's latents given messages, loadings and dynamics."""

    blocks: tuple[tuple[Array, Array, Array], ...]
    edges: Labels

    def draw(self, rng: np.random.Generator) -> Array:
        parts = []
        for diagonal, lower, rhs in self.blocks:
            parts.append(draw_gaussian(diagonal, lower, rhs, rng.standard_normal(rhs.shape))[0])
        return np.concatenate(parts)

    def log_density(self, latents: Array) -> float:
        total = -0.5 * latents.size * math.log(2.0 * math.pi)
        for (diagonal, lower, rhs), low in zip(self.blocks, self.edges[:-1], strict=True):
            part = latents[low : low + len(rhs)]
            mean, log_determinant, _ = draw_gaussian(diagonal, lower, rhs, np.zeros_like(rhs))
            gap = part - mean
            quadratic = np.einsum("ti,tij,tj->", gap, diagonal, gap)
            quadratic += 2.0 * np.einsum("ti,tij,tj->", gap[1:], lower, gap[:-1])
            total += 0.5 * log_determinant - 0.5 * quadratic
        return float(total)


def _conditional(
    messages: Messages, loadings: Array, group: Labels, dynamics: Dynamics, labels: Labels,
    edges: Labels,
) -> _Conditional:  # fmt: skip
    """Latents of a new cluster given the loadings that its neurons have."""
    none = np.zeros(len(group), dtype=np.int64)
    info, linear = gather(messages.omega[group], messages.kappa[group], loadings[group], none, 1)
    a, b, noise = (np.ascontiguousarray(part[:, None]) for part in dynamics)
    inverse = invert_all(noise)
    blocks = tuple(
        precision_blocks(info[0, low:high], linear[0, low:high], a, b, inverse, labels[low:high], 0)
        for low, high in pairwise(edges)
    )
    return _Conditional(blocks, edges)


def _latents_log_prior(latents: Array, dynamics: Dynamics, labels: Labels, first: Labels) -> float:
    starts = latents[first]
    total = -0.5 * (starts**2).sum() - 0.5 * starts.size * math.log(2.0 * math.pi)
    return float(total + _steps(latents, dynamics, labels))


def _steps(latents: Array, dynamics: Dynamics, labels: Labels) -> float:
    a, b, noise = dynamics
    inverse = np.asarray(np.linalg.inv(noise), dtype=np.float64)
    log_noise = np.asarray(np.linalg.slogdet(noise)[1], dtype=np.float64)
    return float(step_log_density(latents, labels, a, b, inverse, log_noise))


def _evidence(messages: Messages, latents: Array, group: Labels) -> float:
    return float(sum(linear_evidence(messages.omega[n], messages.kappa[n], latents) for n in group))


def split_log_ratio(
    merged: ChainState,
    split: ChainState,
    seeds: tuple[int, int],
    messages: Messages,
    alike: Array,
    data: Data,
    settings: Settings,
) -> float:
    """Log acceptance ratio of going from one cluster to two, for Gaussian messages.

    Parameters
    ----------
    merged : ChainState
        Before: seeds share a cluster.
    split : ChainState
        After: the last cluster is the new one, and holds the first seed.
    seeds : (int, int)
        Who leaves and who stays.
    messages : Messages
        Of every entry.
    alike : (N, N) ndarray of float64
        Likeness of neurons.
    data : Data
        Where trials begin.
    settings : Settings
        Priors.

    Returns
    -------
    float
        Minus it is the ratio of the merge that undoes the split.
    """
    i, j = seeds
    parent = merged.latents[merged.neurons[j]]
    new = split.n_clusters - 1
    group = np.flatnonzero(split.neurons == new)
    members = np.flatnonzero(merged.neurons == merged.neurons[j])
    dynamics = _one((split.a, split.b, split.noise), new)
    sums = moments(parent[None], merged.labels, settings.n_states)
    ratio = settings.partition.log_partition(split.neurons)
    ratio -= settings.partition.log_partition(merged.neurons)
    ratio -= log_allocation(alike, i, j, members, group)
    ratio += float(log_marginal(sums).sum()) - _steps(parent, dynamics, merged.labels)
    latents = split.latents[new]
    ratio += _latents_log_prior(latents, dynamics, merged.labels, data.first)
    conditional = _conditional(
        messages, merged.loadings, group, dynamics, merged.labels, data.edges
    )
    ratio -= conditional.log_density(latents)
    return ratio + _evidence(messages, latents, group) - _evidence(messages, parent, group)


def propose_split(
    state: ChainState,
    seeds: tuple[int, int],
    messages: Messages,
    alike: Array,
    data: Data,
    settings: Settings,
    rng: np.random.Generator,
) -> ChainState:
    """Draw a state in which the first seed and those like it have a cluster of their own.

    Parameters
    ----------
    state : ChainState
        Seeds share a cluster.
    seeds : (int, int)
        Who leaves and who stays.
    messages : Messages
        Of every entry.
    alike : (N, N) ndarray of float64
        Likeness of neurons.
    data : Data
        Where trials begin.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    ChainState
        The new cluster is the last.
    """
    i, j = seeds
    members = np.flatnonzero(state.neurons == state.neurons[j])
    group = _leaving(alike, i, j, members, rng)
    parent = state.latents[state.neurons[j]]
    dynamics = _one(draw_dynamics(moments(parent[None], state.labels, settings.n_states), rng), 0)
    conditional = _conditional(messages, state.loadings, group, dynamics, state.labels, data.edges)
    latents = conditional.draw(rng)
    new = with_cluster(state, latents, dynamics)
    neurons = state.neurons.copy()
    neurons[group] = new.n_clusters - 1
    return _with_loadings(new.changed(neurons=neurons), group, messages, rng)


def propose_merge(
    state: ChainState, seeds: tuple[int, int], messages: Messages, rng: np.random.Generator
) -> tuple[ChainState, ChainState]:
    """Draw a state in which the first seed's cluster is dropped and its neurons are in the other.

    Parameters
    ----------
    state : ChainState
        Seeds are in two clusters.
    seeds : (int, int)
        Whose cluster goes and whose stays.
    messages : Messages
        Of every entry.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    merged : ChainState
        With one cluster less.
    ordered : ChainState
        `state` with the cluster that goes as the last, as `split_log_ratio` wants it.
    """
    gone = int(state.neurons[seeds[0]])
    ordered = _as_last(state, gone)
    group = np.flatnonzero(ordered.neurons == ordered.n_clusters - 1)
    neurons = ordered.neurons.copy()
    neurons[group] = neurons[seeds[1]]
    merged = without_cluster(ordered.changed(neurons=neurons), ordered.n_clusters - 1)
    return _with_loadings(merged, group, messages, rng), ordered


def _as_last(state: ChainState, cluster: int) -> ChainState:
    order = np.append(np.delete(np.arange(state.n_clusters), cluster), cluster)
    return state.changed(
        neurons=np.argsort(order)[state.neurons],
        latents=state.latents[order],
        a=np.ascontiguousarray(state.a[:, order]),
        b=np.ascontiguousarray(state.b[:, order]),
        noise=np.ascontiguousarray(state.noise[:, order]),
    )


def _with_loadings(
    state: ChainState, group: Labels, messages: Messages, rng: np.random.Generator
) -> ChainState:
    """Draw the loadings of some neurons given their cluster's latents."""
    normals = rng.standard_normal((len(group), state.loadings.shape[1]))
    omega, kappa = messages.omega[group], messages.kappa[group]
    loadings = state.loadings.copy()
    loadings[group] = draw_loadings(omega, kappa, state.latents, state.neurons[group], normals)
    return state.changed(loadings=loadings)
