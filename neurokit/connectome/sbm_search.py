"""Search for the partition of least description length: Gibbs moves, merges, splits, polish.

All sweeps run over states of `neurokit.connectome.sbm_moves`. Merge-split moves: Peixoto (2020),
doi:10.1103/PhysRevE.102.012305.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.connectome.sbm_draws import choose, shuffle, uniform
from neurokit.connectome.sbm_moves import (
    Array,
    Labels,
    Model,
    as_model,
    copy_state,
    gain_of_insert,
    gain_of_merge,
    gains_of_insert,
    insert,
    log_joint,
    merge,
    new_state,
    refill,
    remove,
)
from neurokit.connectome.sbm_weights import PairModel

# Room for more blocks than a graph of a few hundred nodes can show.
_MOST_BLOCKS = 64
# Changes of the log joint below this are rounding.
_TINY = 1e-7
# Sweeps to a local optimum and rounds of merges and splits end long before these.
_MOST_SWEEPS, _MOST_ROUNDS = 50, 30
# Rounds without any gain after which a search ends.
_IDLE_ROUNDS = 2


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


def find_partition(
    model: PairModel, start: Labels, rng: np.random.Generator, *, n_anneal: int = 20
) -> tuple[Labels, float]:
    """Min over partitions of -log p(graph, partition), from one start.

    Parameters
    ----------
    model : PairModel
        Graph and family.
    start : (node,) ndarray of int64
        Blocks 0, ..., B - 1 to start from.
    rng : numpy.random.Generator
        Source of the moves.
    n_anneal : int, default 20
        Gibbs sweeps while the temperature falls to zero.

    Returns
    -------
    labels : (node,) ndarray of int64
        Blocks, numbered by first appearance.
    description_length : float
        Nats.
    """
    n_most = min(start.size, max(_MOST_BLOCKS, int(start.max()) + 1))
    source = rng.integers(2**63, size=1, dtype=np.uint64)
    found, value = _search(start, n_most, as_model(model), n_anneal, source)
    return first_appearance(found), -(value + model.constant)


def description_length(model: PairModel, labels: Labels) -> float:
    """-log p(graph, partition) in nats.

    Parameters
    ----------
    model : PairModel
        Graph and family.
    labels : (node,) ndarray of int64
        Blocks; numbers may have gaps.

    Returns
    -------
    float
        Nats.
    """
    dense = first_appearance(labels)
    state = new_state(dense, int(dense.max()) + 1, as_model(model))
    return -(float(log_joint(state)) + model.constant)


def sample_partitions(
    model: PairModel, start: Labels, rng: np.random.Generator, *, n_samples: int, n_between: int
) -> NDArray[np.int64]:
    """Draw partitions from their posterior by Gibbs sweeps.

    Parameters
    ----------
    model : PairModel
        Graph and family.
    start : (node,) ndarray of int64
        Where the chain starts: the best partition found.
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
    n_most = min(start.size, max(_MOST_BLOCKS, int(start.max()) + 1))
    source = rng.integers(2**63, size=1, dtype=np.uint64)
    return np.asarray(_sample(start, n_most, as_model(model), n_samples, n_between, source))


def first_appearance(labels: NDArray[Any]) -> Labels:
    """Number blocks in the order in which they first appear.

    Parameters
    ----------
    labels : (node,) ndarray
        Any numbers.

    Returns
    -------
    (node,) ndarray of int64
        From 0 without gaps.
    """
    if labels.dtype == np.int64 and labels.size and labels.min() >= 0:
        most = int(labels.max())
        if most <= labels.size:
            return np.asarray(_renumbered(labels, most))
    _, first, code = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[code]


@_compiled
def _renumbered(labels, most):  # type: ignore[no-untyped-def]
    """`first_appearance` of numbers from 0 to `most`, without sorting them."""
    new = np.full(most + 1, -1)
    out = np.empty(labels.size, np.int64)
    count = 0
    for i in range(labels.size):
        if new[labels[i]] < 0:
            new[labels[i]] = count
            count += 1
        out[i] = new[labels[i]]
    return out


@_compiled
def gibbs_sweep(state, model, temperature, source, members):  # type: ignore[no-untyped-def]
    """Give every node of a list a new block, one after the other in random order.

    Parameters
    ----------
    state : tuple
        Changed.
    model : tuple
        The model.
    temperature : float
        1 samples the posterior, 0 climbs.
    source : (1,) ndarray of uint64
        State of the generator.
    members : (k,) ndarray of int64
        The nodes; shuffled.

    Returns
    -------
    int
        How many nodes changed blocks.
    """
    n_most = state[1].size
    own = np.empty((n_most + 1, state[2].shape[2]))
    gains = np.empty(n_most + 1)
    shuffle(members, source)
    moved = 0
    for i in members:
        before = state[0][i]
        alone = state[1][before] == 1
        b = state[4][0]
        remove(state, model, i, own)
        b = state[4][0]
        n_options = b + 1 if b < n_most else b
        gains_of_insert(state, model, i, own, gains)
        chosen = choose(gains, n_options, temperature, source)
        insert(state, model, i, chosen, own)
        if chosen != before and not (alone and chosen == b):
            moved += 1
    return moved


@_compiled
def anneal(state, model, temperature, n_sweeps, source):  # type: ignore[no-untyped-def]
    """Sweep while the temperature falls to zero, or climb until nothing moves.

    Parameters
    ----------
    state : tuple
        Changed.
    model : tuple
        The model.
    temperature : float
        Where it falls from; 0 climbs.
    n_sweeps : int
        Most sweeps; with a minus, that many at a constant temperature.
    source : (1,) ndarray of uint64
        State of the generator.
    """
    members = np.arange(state[0].size)
    for k in range(abs(n_sweeps)):
        left = 1.0 - k / n_sweeps if n_sweeps > 0 else 1.0
        moved = gibbs_sweep(state, model, temperature * left * left, source, members)
        if moved == 0 and temperature <= 0.0:
            return


@_compiled
def best_merge(state, model):  # type: ignore[no-untyped-def]
    """The two blocks whose merge raises the log joint most.

    Parameters
    ----------
    state : tuple
        Of at least two blocks.
    model : tuple
        The model.

    Returns
    -------
    tuple of (float, int, int)
        Gain in nats, the blocks.
    """
    best, first, second = -np.inf, 0, 1
    for r in range(state[4][0]):
        for s in range(r):
            gain = gain_of_merge(state, model, r, s)
            if gain > best:
                best, first, second = gain, s, r
    return best, first, second


@_compiled
def merge_path(state, model, best):  # type: ignore[no-untyped-def]
    """Merge down to one block and go back to the best state of the way."""
    copy_state(state, best)
    value = log_joint(state)
    top = value
    while state[4][0] > 1:
        gain, r, s = best_merge(state, model)
        merge(state, model, r, s)
        value += gain
        if value > top + _TINY:
            top = value
            copy_state(state, best)
    copy_state(best, state)


@_compiled
def _split(state, model, block, source, own):  # type: ignore[no-untyped-def]
    """Split a block from two random members, each other going where it fits better."""
    labels, sizes, _, _, count = state
    members = np.empty(sizes[block], np.int64)
    k = 0
    for i in range(labels.size):
        if labels[i] == block:
            members[k] = i
            k += 1
    shuffle(members, source)
    new = count[0]
    for k in range(1, members.size):
        i = members[k]
        remove(state, model, i, own)
        goes = new
        if k > 1:
            stay = gain_of_insert(state, model, i, block, own)
            goes = block if stay > gain_of_insert(state, model, i, new, own) else new
        insert(state, model, i, goes, own)
    for _ in range(4):
        moved = 0
        for i in members:
            before = labels[i]
            if sizes[before] > 1:
                remove(state, model, i, own)
                stay = gain_of_insert(state, model, i, block, own)
                goes = block if stay > gain_of_insert(state, model, i, new, own) else new
                insert(state, model, i, goes, own)
                moved += goes != before
        if moved == 0:
            break


@_compiled
def merge_split(state, model, source, trial):  # type: ignore[no-untyped-def]
    """One round of splits of every block and of merges followed by a split; keep what gains."""
    n_most = state[1].size
    own = np.empty((n_most + 1, state[2].shape[2]))
    value = log_joint(state)
    begin = value
    for block in range(2 * state[4][0]):
        copy_state(state, trial)
        b = state[4][0]
        r = block % b
        if block >= b and b > 1:
            s = (r + 1 + int(uniform(source) * (b - 1))) % b
            r, s = min(r, s), max(r, s)
            merge(trial, model, r, s)
        if trial[1][r] < 2 or trial[4][0] >= n_most:
            continue
        _split(trial, model, r, source, own)
        reached = log_joint(trial)
        if reached > value + _TINY:
            value = reached
            copy_state(trial, state)
    return value - begin


def _search(
    start: Labels, n_most: int, model: Model, n_anneal: int, source: NDArray[np.uint64]
) -> tuple[Labels, float]:
    state = new_state(start, n_most, model)
    spare = new_state(start, n_most, model)
    anneal(state, model, 2.0, n_anneal, source)
    merge_path(state, model, spare)
    idle = 0
    for _ in range(_MOST_ROUNDS):
        refill(state, model)
        anneal(state, model, 0.0, _MOST_SWEEPS, source)
        gained = merge_split(state, model, source, spare)
        idle = idle + 1 if gained <= _TINY else 0
        if idle == _IDLE_ROUNDS:
            break
    refill(state, model)
    merge_path(state, model, spare)
    refill(state, model)
    anneal(state, model, 0.0, _MOST_SWEEPS, source)
    return state[0], float(log_joint(state))


def _sample(
    start: Labels,
    n_most: int,
    model: Model,
    n_samples: int,
    n_between: int,
    source: NDArray[np.uint64],
) -> NDArray[np.int64]:
    state = new_state(start, n_most, model)
    out = np.empty((n_samples, start.size), dtype=np.int64)
    for k in range(n_samples):
        anneal(state, model, 1.0, -n_between, source)
        refill(state, model)
        out[k] = state[0]
    return out


def random_partition(n_nodes: int, n_blocks: int, rng: np.random.Generator) -> Labels:
    """Blocks drawn with equal probability, renumbered without gaps.

    Parameters
    ----------
    n_nodes, n_blocks : int
        How many.
    rng : numpy.random.Generator
        Source of the draw.

    Returns
    -------
    (node,) ndarray of int64
        From 0 without gaps.
    """
    return first_appearance(rng.integers(n_blocks, size=n_nodes))


def ordered_partition(score: Array, n_blocks: int) -> Labels:
    """Classes of about equal size along a score, such as strength.

    Parameters
    ----------
    score : (node,) ndarray
        One number per node.
    n_blocks : int
        How many classes.

    Returns
    -------
    (node,) ndarray of int64
        From 0 without gaps.
    """
    rank = np.empty(score.size, dtype=np.int64)
    rank[np.argsort(score, kind="stable")] = np.arange(score.size)
    return first_appearance(rank * n_blocks // score.size)
