"""Blocks that collect gains of pairs: max sum over pairs in one block of gain + log prior.

Modularity is of this form, and so is every step of the community family of block models, whose
pairs are likelier in one block or between two.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from neurokit.connectome.sbm_draws import choose, shuffle
from neurokit.connectome.sbm_moves import Array, Labels, log_partition
from neurokit.connectome.sbm_search import first_appearance


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


def cluster(
    gain: Array,
    start: Labels,
    rng: np.random.Generator,
    *,
    prior: float = 1.0,
    n_anneal: int = 10,
    temperature: float = 2.0,
) -> Labels:
    """Max over partitions of the gain of pairs in one block plus the log prior, from one start.

    Parameters
    ----------
    gain : (node, node) ndarray
        What a pair gains by being in one block, nats; symmetric, the diagonal is not read.
    start : (node,) ndarray of int64
        Blocks to start from.
    rng : numpy.random.Generator
        Source of the moves.
    prior : float, default 1.0
        Weight of the log prior of partitions; 0 leaves it out.
    n_anneal : int, default 10
        Sweeps while the temperature falls to zero.
    temperature : float, default 2.0
        Where it falls from.

    Returns
    -------
    (node,) ndarray of int64
        Blocks, numbered by first appearance.
    """
    source = rng.integers(2**63, size=1, dtype=np.uint64)
    labels = first_appearance(start)
    return first_appearance(_cluster(gain, labels, prior, n_anneal, temperature, source))


def sample_clusters(
    gain: Array, start: Labels, rng: np.random.Generator, *, n_samples: int, n_between: int
) -> NDArray[np.int64]:
    """Draw partitions with probability proportional to exp(gain of pairs in one block) x prior.

    Parameters
    ----------
    gain : (node, node) ndarray
        What a pair gains by being in one block, nats.
    start : (node,) ndarray of int64
        Where the chain starts.
    rng : numpy.random.Generator
        Source of the moves.
    n_samples : int
        How many to keep.
    n_between : int
        Sweeps per sample kept.

    Returns
    -------
    (sample, node) ndarray of int64
        Blocks.
    """
    source = rng.integers(2**63, size=1, dtype=np.uint64)
    return np.asarray(_sample(gain, first_appearance(start), n_samples, n_between, source))


def modularity_partition(weights: Array, rng: np.random.Generator) -> Labels:
    """Max sum over pairs in one block of w_ij - s_i s_j / sum s (Newman's modularity).

    Parameters
    ----------
    weights : (node, node) ndarray
        Symmetric, non-negative.
    rng : numpy.random.Generator
        Source of the moves.

    Returns
    -------
    (node,) ndarray of int64
        Blocks.

    References
    ----------
    Newman & Girvan (2004), doi:10.1103/PhysRevE.69.026113.
    """
    strength = weights.sum(axis=1)
    total = strength.sum() or 1.0
    gain = weights - np.outer(strength, strength) / total
    # On the scale of the mean edge, so that temperatures mean the same for every graph.
    gain *= np.count_nonzero(weights) / total
    start = np.arange(len(weights))
    return cluster(gain, start, rng, prior=0.0, n_anneal=5, temperature=0.5)


def merge_gains(gain: Array, labels: Labels) -> Array:
    """Gain of pairs between two blocks, plus the change of the log number of ways to fill them.

    Parameters
    ----------
    gain : (node, node) ndarray
        Gains.
    labels : (node,) ndarray of int64
        Blocks from 0 without gaps.

    Returns
    -------
    (block, block) ndarray
        Nats; -inf on the diagonal.
    """
    member = np.eye(int(labels.max()) + 1)[labels]
    sizes = member.sum(axis=0)
    ways = gammaln(sizes[:, None] + sizes + 1) - gammaln(sizes[:, None] + 1) - gammaln(sizes + 1)
    out = member.T @ gain @ member + ways
    np.fill_diagonal(out, -np.inf)
    return np.asarray(out)


@_compiled
def objective(gain, labels, prior):  # type: ignore[no-untyped-def]
    """Gain of pairs in one block, plus the log prior of the partition.

    Parameters
    ----------
    gain : (node, node) ndarray
        Gains.
    labels : (node,) ndarray of int64
        Blocks from 0 without gaps.
    prior : float
        Weight of the log prior.

    Returns
    -------
    float
        Nats.
    """
    total = 0.0
    sizes = np.zeros(labels.size, np.int64)
    for i in range(labels.size):
        sizes[labels[i]] += 1
        for j in range(i):
            if labels[j] == labels[i]:
                total += gain[i, j]
    return total + prior * log_partition(sizes, labels.max() + 1)


@_compiled
def sweep(gain, labels, sizes, count, prior, temperature, source):  # type: ignore[no-untyped-def]
    """Give every node a new block, one after the other in random order.

    Parameters
    ----------
    gain : (node, node) ndarray
        Gains.
    labels : (node,) ndarray of int64
        Changed.
    sizes : (node,) ndarray of int64
        Nodes per block; changed.
    count : int
        Blocks in use.
    prior : float
        Weight of the log prior.
    temperature : float
        1 samples, 0 climbs.
    source : (1,) ndarray of uint64
        State of the generator.

    Returns
    -------
    tuple of (int, int)
        Blocks in use, nodes that changed blocks.
    """
    n = labels.size
    own = np.empty(n + 1)
    order = np.arange(n)
    shuffle(order, source)
    moved = 0
    for i in order:
        before = labels[i]
        alone = sizes[before] == 1
        sizes[before] -= 1
        if alone:
            count -= 1
            for j in range(n):
                if labels[j] == count:
                    labels[j] = before
            sizes[before] = sizes[count]
            sizes[count] = 0
        labels[i] = -1
        for t in range(count + 1):
            own[t] = 0.0
        for j in range(n):
            if j != i:
                own[labels[j]] += gain[i, j]
        for t in range(count):
            own[t] += prior * math.log(sizes[t] + 1.0)
        own[count] = -prior * math.log((n - count) / max(count, 1))
        chosen = choose(own, count + 1, temperature, source)
        labels[i] = chosen
        sizes[chosen] += 1
        moved += not (alone and chosen == count) and (alone or chosen != before)
        count += chosen == count
    return count, moved


@_compiled
def _merge_path(gain, labels, prior):  # type: ignore[no-untyped-def]
    """Merge the two blocks that gain most until there is one; return the best of the way."""
    n = labels.size
    b = labels.max() + 1
    between = np.zeros((b, b))
    sizes = np.zeros(b, np.int64)
    for i in range(n):
        sizes[labels[i]] += 1
        for j in range(n):
            if i != j:
                between[labels[i], labels[j]] += gain[i, j]
    value, top, best = 0.0, 0.0, labels.copy()
    while b > 1:
        most, r, s = -np.inf, 0, 1
        for v in range(b):
            for u in range(v):
                ways = math.lgamma(sizes[u] + sizes[v] + 1.0)
                ways -= math.lgamma(sizes[u] + 1.0) + math.lgamma(sizes[v] + 1.0)
                change = between[u, v] + prior * ways
                if change > most:
                    most, r, s = change, u, v
        value += most + prior * math.log((n - b + 1.0) / (b - 1.0))
        b -= 1
        sizes[r] += sizes[s]
        sizes[s] = sizes[b]
        for u in range(b + 1):
            between[r, u] += between[s, u]
        for u in range(b + 1):
            between[u, r] += between[u, s]
        for u in range(b + 1):
            between[s, u] = between[b, u]
        for u in range(b + 1):
            between[u, s] = between[u, b]
        for i in range(n):
            if labels[i] == s:
                labels[i] = r
            elif labels[i] == b:
                labels[i] = s
        if value > top + 1e-9:
            top = value
            best[:] = labels
    return best


@_compiled
def _cluster(gain, labels, prior, n_anneal, temperature, source):  # type: ignore[no-untyped-def]
    n = labels.size
    sizes = np.zeros(n, np.int64)
    for i in range(n):
        sizes[labels[i]] += 1
    count = labels.max() + 1
    for k in range(n_anneal):
        heat = temperature * (1.0 - k / n_anneal) ** 2
        count, _ = sweep(gain, labels, sizes, count, prior, heat, source)
    for _ in range(10):
        for _ in range(50):
            count, moved = sweep(gain, labels, sizes, count, prior, 0.0, source)
            if moved == 0:
                break
        merged = _merge_path(gain, labels.copy(), prior)
        fewer = merged.max() + 1
        if fewer == count:
            break
        count = fewer
        labels[:] = merged
        sizes[:] = 0
        for i in range(n):
            sizes[labels[i]] += 1
    return labels


@_compiled
def _sample(gain, labels, n_samples, n_between, source):  # type: ignore[no-untyped-def]
    n = labels.size
    sizes = np.zeros(n, np.int64)
    for i in range(n):
        sizes[labels[i]] += 1
    count = labels.max() + 1
    out = np.empty((n_samples, n), np.int64)
    for k in range(n_samples):
        for _ in range(n_between):
            count, _ = sweep(gain, labels, sizes, count, 1.0, 1.0, source)
        out[k] = labels
    return out
