"""Draws of state paths with the latents integrated out, by particle Gibbs.

Given Gaussian messages of every bin, w_t+1 ~ N(A_s w_t + b_s, Q_s) with s = s_t, and s a Markov
chain, a particle is a path so far with its exact Kalman mean and covariance. Identical particles
are computed once. Two kernels leave p(s) invariant: ancestor sampling redraws the past of the
retained path going forward, backward sampling redraws the path going backward after a plain
forward pass. With latents integrated out neither is reversible, but each is the other's adjoint,
so that choosing one by a fair coin is: what a Metropolis correction of the draw needs.

Andrieu, Doucet & Holenstein (2010). doi:10.1111/j.1467-9868.2009.00736.x
Lindsten, Jordan & Schoen (2014). arXiv:1401.0604
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.kalman_steps import absorb, predict, pull_back

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def draw_index(log_weights: Array, n: int, rng: np.random.Generator) -> int:
    """Draw one of the first n indices with probability proportional to exp(log weight).

    Parameters
    ----------
    log_weights : (m,) ndarray of float64
        At least one is finite.
    n : int
        How many count.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    int
        An index below n.
    """
    top = -math.inf
    for i in range(n):
        top = max(top, log_weights[i])
    total = 0.0
    for i in range(n):
        total += math.exp(log_weights[i] - top)
    left = rng.random() * total
    last = 0
    for i in range(n):
        weight = math.exp(log_weights[i] - top)
        if weight > 0.0:
            last = i
        left -= weight
        if left < 0.0:
            return i
    return last


@numba.njit(cache=True, nogil=True)
def future_messages(
    info: Array, linear: Array, a: Array, b: Array, noise: Array, path: Labels
) -> tuple[Array, Array]:
    """What the bins after t, with their labels, tell of w_t.

    Parameters
    ----------
    info : (K, T, q, q) ndarray of float64
        J of every cluster and bin.
    linear : (K, T, q) ndarray of float64
        h of every cluster and bin.
    a, noise : (S, K, q, q) ndarray of float64
        Dynamics and their noise.
    b : (S, K, q) ndarray of float64
        Drift.
    path : (T - 1,) ndarray of int64
        Label of every step.

    Returns
    -------
    future_info : (K, T, q, q) ndarray
        Zero in the last bin.
    future_linear : (K, T, q) ndarray
        Zero in the last bin.
    """
    out, pulls = np.zeros_like(info), np.zeros_like(linear)
    q = linear.shape[2]
    work, total, pull = np.empty((4, q, q)), np.empty((q, q)), np.empty(q)
    for t in range(linear.shape[1] - 2, -1, -1):
        s = path[t]
        for k in range(linear.shape[0]):
            _add(out[k, t + 1], info[k, t + 1], pulls[k, t + 1], linear[k, t + 1], total, pull)
            pull_back(a[s, k], b[s, k], noise[s, k], total, pull, out[k, t], pulls[k, t], work)
    return out, pulls


@numba.njit(cache=True, nogil=True)
def _add(
    info: Array, more: Array, linear: Array, push: Array, info_out: Array, linear_out: Array
) -> None:
    """Write what a bin and its future tell together."""
    for i in range(linear.shape[0]):
        linear_out[i] = linear[i] + push[i]
        for j in range(linear.shape[0]):
            info_out[i, j] = info[i, j] + more[i, j]


@numba.njit(cache=True, nogil=True)
def _root(info: Array, linear: Array, means: Array, covs: Array, work: Array) -> None:
    """Fill the first particle with the posterior of w_1 ~ N(0, I)."""
    n_clusters, _, q = linear.shape
    for k in range(n_clusters):
        for i in range(q):
            means[0, k, i] = 0.0
            for j in range(q):
                covs[0, k, i, j] = 1.0 if i == j else 0.0
        absorb(means[0, k], covs[0, k], info[k, 0], linear[k, 0], means[0, k], covs[0, k], work)


@numba.njit(cache=True, nogil=True)
def _outlook(
    means: Array, covs: Array, info: Array, linear: Array, t: int, spare: Array, work: Array
) -> float:
    """Log of the integral of a particle's Gaussian against the message of its future."""
    total = 0.0
    for k in range(means.shape[0]):
        total += absorb(means[k], covs[k], info[k, t], linear[k, t], spare[0], spare[1:], work)
    return total


@numba.njit(cache=True, nogil=True)
def draw_path(
    info: Array,
    linear: Array,
    a: Array,
    b: Array,
    noise: Array,
    log_transition: Array,
    path: Labels,
    n_particles: int,
    backward: bool,
    rng: np.random.Generator,
) -> Labels:
    """Draw a state path of one trial from a kernel that leaves p(s | messages) invariant.

    Parameters
    ----------
    info : (K, T, q, q) ndarray of float64
        J of every cluster and bin; the first latent is N(0, I).
    linear : (K, T, q) ndarray of float64
        h of every cluster and bin.
    a, noise : (S, K, q, q) ndarray of float64
        Dynamics and their noise, positive definite.
    b : (S, K, q) ndarray of float64
        Drift.
    log_transition : (S, S) ndarray of float64
        Of the chain of labels; the first label is uniform.
    path : (T - 1,) ndarray of int64
        The retained path.
    n_particles : int
        At least 2.
    backward : bool
        Backward instead of ancestor sampling.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (T - 1,) ndarray of int64
        The new path.

    References
    ----------
    .. [1] Lindsten, Jordan & Schoen (2014) Particle Gibbs with ancestor sampling. JMLR 15.
       arXiv:1401.0604
    """
    n_clusters, n_bins, q = linear.shape
    n_states = a.shape[0]
    if n_bins < 2:
        return path.copy()
    means = np.zeros((n_bins, n_particles, n_clusters, q))
    covs = np.zeros((n_bins, n_particles, n_clusters, q, q))
    labels = np.zeros((n_bins, n_particles), dtype=np.int64)
    parents = np.zeros((n_bins, n_particles), dtype=np.int64)
    copies = np.zeros((n_bins, n_particles), dtype=np.int64)
    held = np.zeros(n_bins, dtype=np.int64)
    work = np.empty((4, q, q))
    spare = np.empty((1 + q, q))
    # Of every child that could be: its Gaussian and its weight.
    child_means = np.zeros((n_particles * n_states, n_clusters, q))
    child_covs = np.zeros((n_particles * n_states, n_clusters, q, q))
    weights = np.empty(n_particles * n_states)
    places = np.empty(n_particles * n_states, dtype=np.int64)
    if not backward:
        future_info, future_linear = future_messages(info, linear, a, b, noise, path)
    _root(info, linear, means[0], covs[0], work)
    held[0], copies[0, 0] = 1, n_particles
    retained = 0
    for t in range(n_bins - 1):
        n_held = held[t]
        _weigh_children(
            means[t], covs[t], labels[t], copies[t], n_held, t, info, linear, a, b, noise,
            log_transition, child_means, child_covs, weights, work,
        )  # fmt: skip
        if not backward:
            retained = _ancestor(
                means[t], covs[t], labels[t], copies[t], n_held, t, path[t], log_transition,
                future_info, future_linear, spare, work, rng,
            )  # fmt: skip
        for c in range(n_held * n_states):
            places[c] = -1
        n_new = 0
        for draw in range(n_particles):
            last = draw == n_particles - 1
            if last:
                c = retained * n_states + path[t]
            else:
                c = draw_index(weights, n_held * n_states, rng)
            if places[c] < 0:
                places[c] = n_new
                _copy(child_means[c], child_covs[c], means[t + 1, n_new], covs[t + 1, n_new])
                labels[t + 1, n_new], parents[t + 1, n_new] = c % n_states, c // n_states
                copies[t + 1, n_new] = 0
                n_new += 1
            copies[t + 1, places[c]] += 1
            if last:
                retained = places[c]
        held[t + 1] = n_new
    if backward:
        return _draw_back(
            means, covs, labels, copies, held, info, linear, a, b, noise, log_transition, spare,
            work, rng,
        )  # fmt: skip
    return _trace(labels, parents, _draw_particle(copies[n_bins - 1], held[n_bins - 1], rng))


@numba.njit(cache=True, nogil=True)
def _trace(labels: Labels, parents: Labels, u: int) -> Labels:
    """Labels of a particle of the last bin and of all it descends from."""
    n_bins = labels.shape[0]
    out = np.empty(n_bins - 1, dtype=np.int64)
    for t in range(n_bins - 1, 0, -1):
        out[t - 1] = labels[t, u]
        u = parents[t, u]
    return out


@numba.njit(cache=True, nogil=True)
def _weigh_children(
    means: Array,
    covs: Array,
    labels: Labels,
    copies: Labels,
    n_held: int,
    t: int,
    info: Array,
    linear: Array,
    a: Array,
    b: Array,
    noise: Array,
    log_transition: Array,
    child_means: Array,
    child_covs: Array,
    weights: Array,
    work: Array,
) -> None:
    """Fill the Gaussian and the log weight of every child that the particles of bin t may have."""
    n_states = a.shape[0]
    for u in range(n_held):
        for s in range(n_states):
            c = u * n_states + s
            weight = math.log(copies[u])
            if t > 0:
                weight += log_transition[labels[u], s]
            for k in range(linear.shape[0]):
                m, p = child_means[c, k], child_covs[c, k]
                predict(a[s, k], b[s, k], noise[s, k], means[u, k], covs[u, k], m, p)
                weight += absorb(m, p, info[k, t + 1], linear[k, t + 1], m, p, work)
            weights[c] = weight


@numba.njit(cache=True, nogil=True)
def _copy(mean: Array, cov: Array, mean_out: Array, cov_out: Array) -> None:
    """Copy the Gaussians of a particle."""
    for k in range(mean.shape[0]):
        for i in range(mean.shape[1]):
            mean_out[k, i] = mean[k, i]
            for j in range(mean.shape[1]):
                cov_out[k, i, j] = cov[k, i, j]


@numba.njit(cache=True, nogil=True)
def _draw_particle(copies: Labels, n_held: int, rng: np.random.Generator) -> int:
    """Draw one of the particles of a bin, each as often as it has copies."""
    total = 0
    for u in range(n_held):
        total += copies[u]
    left = rng.random() * total
    for u in range(n_held):
        left -= copies[u]
        if left < 0.0:
            return u
    return n_held - 1


@numba.njit(cache=True, nogil=True)
def _ancestor(
    means: Array,
    covs: Array,
    labels: Labels,
    copies: Labels,
    n_held: int,
    t: int,
    label: int,
    log_transition: Array,
    future_info: Array,
    future_linear: Array,
    spare: Array,
    work: Array,
    rng: np.random.Generator,
) -> int:
    """Draw which particle of bin t the future with its first label goes on from."""
    weights = np.empty(n_held)
    for u in range(n_held):
        weights[u] = math.log(copies[u])
        if t > 0:
            weights[u] += log_transition[labels[u], label]
        weights[u] += _outlook(means[u], covs[u], future_info, future_linear, t, spare, work)
    return draw_index(weights, n_held, rng)


@numba.njit(cache=True, nogil=True)
def _draw_back(
    means: Array,
    covs: Array,
    labels: Labels,
    copies: Labels,
    held: Labels,
    info: Array,
    linear: Array,
    a: Array,
    b: Array,
    noise: Array,
    log_transition: Array,
    spare: Array,
    work: Array,
    rng: np.random.Generator,
) -> Labels:
    """Draw a path from the last bin to the first, with the message of what was drawn."""
    n_clusters, n_bins, q = linear.shape
    out = np.empty(n_bins - 1, dtype=np.int64)
    future_info = np.zeros((n_clusters, 1, q, q))
    future_linear = np.zeros((n_clusters, 1, q))
    total, pull = np.empty((q, q)), np.empty(q)
    u = _draw_particle(copies[n_bins - 1], held[n_bins - 1], rng)
    for t in range(n_bins - 2, -1, -1):
        s = labels[t + 1, u]
        out[t] = s
        for k in range(n_clusters):
            message, push = future_info[k, 0], future_linear[k, 0]
            _add(message, info[k, t + 1], push, linear[k, t + 1], total, pull)
            pull_back(a[s, k], b[s, k], noise[s, k], total, pull, message, push, work)
        weights = np.empty(held[t])
        for v in range(held[t]):
            weights[v] = math.log(copies[t, v])
            if t > 0:
                weights[v] += log_transition[labels[t, v], s]
            weights[v] += _outlook(
                means[t, v], covs[t, v], future_info, future_linear, 0, spare, work
            )
        u = draw_index(weights, held[t], rng)
    return out


@numba.njit(cache=True, nogil=True)
def sample_path(
    log_likelihood: Array, transition: Array, initial: Array, rng: np.random.Generator
) -> Labels:
    """Draw s ~ p(s | y) of a hidden Markov chain: filter forward, sample backward.

    Parameters
    ----------
    log_likelihood : (T, S) ndarray of float64
        log p(y_t | s_t).
    transition : (S, S) ndarray of float64
        Rows sum to 1.
    initial : (S,) ndarray of float64
        Of the first label.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (T,) ndarray of int64
        An exact draw.
    """
    n_bins, n_states = log_likelihood.shape
    filtered = np.empty((n_bins, n_states))
    for t in range(n_bins):
        prior = initial if t == 0 else filtered[t - 1] @ transition
        top = -math.inf
        for s in range(n_states):
            if prior[s] > 0.0:
                top = max(top, log_likelihood[t, s])
        for s in range(n_states):
            seen = prior[s] > 0.0
            filtered[t, s] = prior[s] * math.exp(log_likelihood[t, s] - top) if seen else 0.0
        filtered[t] /= filtered[t].sum()
    out = np.empty(n_bins, dtype=np.int64)
    for t in range(n_bins - 1, -1, -1):
        weights = filtered[t] if t == n_bins - 1 else filtered[t] * transition[:, out[t + 1]]
        out[t] = draw_index(np.log(weights), n_states, rng)
    return out
