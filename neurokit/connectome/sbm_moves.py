"""Moves of nodes and blocks with the exact change of the log joint probability.

A state is a tuple of arrays: labels(node), sizes(block), sums(block, block, channel),
terms(block, block), count(1): the number of blocks in use. Blocks in use come first. A model is a
tuple of what `sbm_weights.PairModel` holds. Both are changed or read by compiled functions only.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.connectome.sbm_weights import (
    CORRECTED,
    EXPECTED,
    N_CHANNELS,
    PairModel,
    edge_term,
    weight_term,
)

Labels = NDArray[np.int64]
Array = NDArray[np.float64]
State = tuple[Labels, Labels, Array, Array, Labels]
Model = tuple[Array, int, int, Array]


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


def _inlined(function: Any) -> Any:
    # A call hands over every array with all its numbers, which costs more than a term.
    return numba.njit(inline="always", error_model="numpy")(function)


def as_model(model: PairModel) -> Model:
    """The model as compiled functions take it.

    Parameters
    ----------
    model : PairModel
        Of any family with a term per block pair.

    Returns
    -------
    tuple
        Pairs, how edges and weights enter, tables.
    """
    # Only models beyond degrees read what these lead to expect.
    used = N_CHANNELS if model.edges == CORRECTED else EXPECTED
    pairs = np.ascontiguousarray(model.pairs[..., :used])
    return pairs, model.edges, model.weights, model.tables


@_inlined
def _term_at(sums, r, s, edges, weights, look_up):  # type: ignore[no-untyped-def]
    """`log_term` of two blocks, without a view of their sums: views cost more than the term."""
    e, x = sums[r, s, 1], sums[r, s, 2]
    expected, squares = 0.0, 0.0
    if edges == CORRECTED:
        expected, squares = sums[r, s, 4], sums[r, s, 5]
    term = edge_term(sums[r, s, 0], e, x, expected, squares, edges, look_up)
    return term + weight_term(e, x, sums[r, s, 3], weights, look_up)


@_compiled
def new_state(labels, n_most, model):  # type: ignore[no-untyped-def]
    """State of a partition.

    Parameters
    ----------
    labels : (node,) ndarray of int64
        Blocks, all of 0, ..., B - 1 in use.
    n_most : int
        Blocks there is room for, at least B.
    model : tuple
        The model.

    Returns
    -------
    tuple
        The state.
    """
    pairs = model[0]
    channels = pairs.shape[2]
    kept = np.empty(labels.size, np.int64)
    for i in range(labels.size):
        kept[i] = labels[i]
    sizes = np.zeros(n_most, np.int64)
    sums = np.zeros((n_most, n_most, channels))
    state = (kept, sizes, sums, np.zeros((n_most, n_most)), np.zeros(1, np.int64))
    refill(state, model)
    return state


@_compiled
def refill(state, model):  # type: ignore[no-untyped-def]
    """Compute everything but the labels anew.

    Parameters
    ----------
    state : tuple
        Changed.
    model : tuple
        The model.
    """
    labels, sizes, sums, terms, count = state
    pairs = model[0]
    n, channels = labels.size, pairs.shape[2]
    for r in range(sizes.size):
        sizes[r] = 0
        for s in range(sizes.size):
            for c in range(channels):
                sums[r, s, c] = 0.0
    count[0] = 0
    for i in range(n):
        sizes[labels[i]] += 1
        count[0] = max(count[0], labels[i] + 1)
        for j in range(i + 1):
            r, s = max(labels[i], labels[j]), min(labels[i], labels[j])
            for c in range(channels):
                sums[r, s, c] += pairs[i, j, c]
    for r in range(count[0]):
        for s in range(r + 1):
            for c in range(channels):
                sums[s, r, c] = sums[r, s, c]
            terms[r, s] = _term_at(sums, r, s, model[1], model[2], model[3])
            terms[s, r] = terms[r, s]


@_compiled
def copy_state(source, target):  # type: ignore[no-untyped-def]
    """Overwrite a state by another of the same room.

    Parameters
    ----------
    source : tuple
        Read.
    target : tuple
        Changed.
    """
    for i in range(source[0].size):
        target[0][i] = source[0][i]
    # Blocks that only the target uses are emptied too.
    b = max(source[4][0], target[4][0])
    for r in range(b):
        target[1][r] = source[1][r]
        for s in range(b):
            target[3][r, s] = source[3][r, s]
            for c in range(source[2].shape[2]):
                target[2][r, s, c] = source[2][r, s, c]
    target[4][0] = source[4][0]


@_compiled
def log_partition(sizes, count):  # type: ignore[no-untyped-def]
    """Log prior of a partition: number of blocks, then sizes, then who is where, all uniform.

    -log[N C(N-1, B-1) N! / prod_r n_r!]

    Parameters
    ----------
    sizes : (block,) ndarray of int64
        Nodes per block.
    count : int
        Number of blocks B.

    Returns
    -------
    float
        Nats.
    """
    n = 0
    total = 0.0
    for r in range(count):
        n += sizes[r]
        total += math.lgamma(sizes[r] + 1.0)
    choose = math.lgamma(n) - math.lgamma(count) - math.lgamma(n - count + 1.0)
    return total - math.log(n) - choose - math.lgamma(n + 1.0)


@_compiled
def log_joint(state):  # type: ignore[no-untyped-def]
    """Log joint probability of graph and partition, without the model's constant.

    Parameters
    ----------
    state : tuple
        The state.

    Returns
    -------
    float
        Nats.
    """
    b = state[4][0]
    total = log_partition(state[1], b)
    for r in range(b):
        for s in range(r + 1):
            total += state[3][r, s]
    return total


@_compiled
def sums_of_node(state, model, node, own):  # type: ignore[no-untyped-def]
    """What the pairs of one node with every block carry.

    Parameters
    ----------
    state : tuple
        The state.
    model : tuple
        The model.
    node : int
        The node; its pair with itself is left out.
    own : (block, channel) ndarray
        Filled.
    """
    labels = state[0]
    row = model[0][node]
    channels = row.shape[1]
    for r in range(state[4][0]):
        for c in range(channels):
            own[r, c] = 0.0
    for j in range(labels.size):
        if j != node:
            for c in range(channels):
                own[labels[j], c] += row[j, c]


@_compiled
def change_sums(state, model, node, block, own, sign):  # type: ignore[no-untyped-def]
    """Add a node's pairs to the sums of a block, or take them away.

    Parameters
    ----------
    state : tuple
        Changed.
    model : tuple
        The model.
    node : int
        The node.
    block : int
        The block.
    own : (block, channel) ndarray
        Of `sums_of_node`.
    sign : float
        1 adds, -1 takes away.
    """
    _, sizes, sums, terms, count = state
    pairs, edges, weights, look_up = model
    sizes[block] += int(sign)
    for u in range(count[0]):
        for c in range(own.shape[1]):
            sums[block, u, c] += sign * own[u, c]
            if u == block:
                sums[block, u, c] += sign * pairs[node, node, c]
            sums[u, block, c] = sums[block, u, c]
        terms[block, u] = _term_at(sums, block, u, edges, weights, look_up)
        terms[u, block] = terms[block, u]


@_inlined
def _term_with(sums, pairs, own, node, block, u, known, edges, weights, look_up):  # type: ignore[no-untyped-def]
    """Term of a block and block u once a node that is nowhere has entered the first."""
    m, e, x, x2 = own[u, 0], own[u, 1], own[u, 2], own[u, 3]
    expected, squares = 0.0, 0.0
    if edges == CORRECTED:
        expected, squares = own[u, 4], own[u, 5]
    if known:
        m, e = sums[block, u, 0] + m, sums[block, u, 1] + e
        x, x2 = sums[block, u, 2] + x, sums[block, u, 3] + x2
        if edges == CORRECTED:
            expected, squares = sums[block, u, 4] + expected, sums[block, u, 5] + squares
    if u == block:
        m, e = m + pairs[node, node, 0], e + pairs[node, node, 1]
        x, x2 = x + pairs[node, node, 2], x2 + pairs[node, node, 3]
        if edges == CORRECTED:
            expected, squares = expected + pairs[node, node, 4], squares + pairs[node, node, 5]
    term = edge_term(m, e, x, expected, squares, edges, look_up)
    return term + weight_term(e, x, x2, weights, look_up)


@_compiled
def gain_of_insert(state, model, node, block, own):  # type: ignore[no-untyped-def]
    """Change of the log joint when a node that is nowhere enters a block.

    Parameters
    ----------
    state : tuple
        The state without the node.
    model : tuple
        The model.
    node : int
        The node.
    block : int
        The block; the number of blocks in use stands for a new one.
    own : (block, channel) ndarray
        Of `sums_of_node`.

    Returns
    -------
    float
        Nats, up to a number that is the same for all blocks.
    """
    labels, sizes, sums, terms, count = state
    pairs, edges, weights, look_up = model
    b = count[0]
    known = block < b
    gain = 0.0
    for u in range(b):
        gain += _term_with(sums, pairs, own, node, block, u, known, edges, weights, look_up)
        if known:
            gain -= terms[block, u]
    if known:
        return gain + math.log(sizes[block] + 1.0)
    gain += _term_at(pairs, node, node, edges, weights, look_up)
    # C(N-1, B) instead of C(N-1, B-1)
    return gain - math.log((labels.size - b) / b) if b > 0 else gain


@_compiled
def gains_of_insert(state, model, node, own, gains):  # type: ignore[no-untyped-def]
    """`gain_of_insert` into every block in use and into a new one, several times faster.

    Parameters
    ----------
    state : tuple
        The state without the node.
    model : tuple
        The model.
    node : int
        The node.
    own : (block, channel) ndarray
        Of `sums_of_node`.
    gains : (at least B + 1,) ndarray
        Filled: nats, up to a number that is the same for all blocks.
    """
    labels, sizes, sums, terms, count = state
    pairs, edges, weights, look_up = model
    b = count[0]
    for block in range(b + 1):
        known = block < b
        gain = 0.0
        for u in range(b):
            gain += _term_with(sums, pairs, own, node, block, u, known, edges, weights, look_up)
            if known:
                gain -= terms[block, u]
        gains[block] = gain
    for block in range(b):
        gains[block] += math.log(sizes[block] + 1.0)
    gains[b] += _term_at(pairs, node, node, edges, weights, look_up)
    if b > 0:
        # C(N-1, B) instead of C(N-1, B-1)
        gains[b] -= math.log((labels.size - b) / b)


@_compiled
def remove(state, model, node, own):  # type: ignore[no-untyped-def]
    """Take a node out of its block; a block left empty goes, and the last one takes its number.

    Parameters
    ----------
    state : tuple
        Changed; the node's label becomes -1.
    model : tuple
        The model.
    node : int
        The node.
    own : (block, channel) ndarray
        Filled as by `sums_of_node`, in the new numbers of blocks.
    """
    labels, sizes, _, _, count = state
    sums_of_node(state, model, node, own)
    block = labels[node]
    change_sums(state, model, node, block, own, -1.0)
    labels[node] = -1
    if sizes[block] == 0:
        last = count[0] - 1
        drop_block(state, block)
        for c in range(own.shape[1]):
            own[block, c] = own[last, c]


@_compiled
def drop_block(state, block):  # type: ignore[no-untyped-def]
    """Give up the number of an empty block, which the last block takes.

    Parameters
    ----------
    state : tuple
        Changed.
    block : int
        The empty block.
    """
    labels, sizes, sums, terms, count = state
    last = count[0] - 1
    if block != last:
        for i in range(labels.size):
            if labels[i] == last:
                labels[i] = block
        sizes[block] = sizes[last]
        for u in range(last):
            of = last if u == block else u
            terms[block, u] = terms[last, of]
            terms[u, block] = terms[last, of]
            for c in range(sums.shape[2]):
                sums[block, u, c] = sums[last, of, c]
                sums[u, block, c] = sums[last, of, c]
    sizes[last] = 0
    for u in range(last + 1):
        terms[last, u] = 0.0
        terms[u, last] = 0.0
        for c in range(sums.shape[2]):
            sums[last, u, c] = 0.0
            sums[u, last, c] = 0.0
    count[0] = last


@_compiled
def insert(state, model, node, block, own):  # type: ignore[no-untyped-def]
    """Put a node that is nowhere into a block.

    Parameters
    ----------
    state : tuple
        Changed.
    model : tuple
        The model.
    node : int
        The node.
    block : int
        The block; the number of blocks in use stands for a new one.
    own : (block, channel) ndarray
        Of `remove`.
    """
    if block == state[4][0]:
        state[4][0] += 1
        for c in range(own.shape[1]):
            own[block, c] = 0.0
    state[0][node] = block
    change_sums(state, model, node, block, own, 1.0)


@_inlined
def _term_of_both(sums, r, s, u, edges, weights, look_up):  # type: ignore[no-untyped-def]
    """Term of two blocks as one, with another block, or within where u is the first of them."""
    m, e = sums[r, u, 0] + sums[s, u, 0], sums[r, u, 1] + sums[s, u, 1]
    x, x2 = sums[r, u, 2] + sums[s, u, 2], sums[r, u, 3] + sums[s, u, 3]
    expected, squares = 0.0, 0.0
    if edges == CORRECTED:
        expected = sums[r, u, 4] + sums[s, u, 4]
        squares = sums[r, u, 5] + sums[s, u, 5]
    if u == r:
        m, e = m + sums[s, s, 0], e + sums[s, s, 1]
        x, x2 = x + sums[s, s, 2], x2 + sums[s, s, 3]
        if edges == CORRECTED:
            expected, squares = expected + sums[s, s, 4], squares + sums[s, s, 5]
    term = edge_term(m, e, x, expected, squares, edges, look_up)
    return term + weight_term(e, x, x2, weights, look_up)


@_compiled
def gain_of_merge(state, model, r, s):  # type: ignore[no-untyped-def]
    """Change of the log joint when two blocks become one.

    Parameters
    ----------
    state : tuple
        The state.
    model : tuple
        The model.
    r, s : int
        The blocks.

    Returns
    -------
    float
        Nats.
    """
    labels, sizes, sums, terms, count = state
    _, edges, weights, look_up = model
    gain = 0.0
    for u in range(count[0]):
        if u != r and u != s:
            term = _term_of_both(sums, r, s, u, edges, weights, look_up)
            gain += term - terms[r, u] - terms[s, u]
    gain += _term_of_both(sums, r, s, r, edges, weights, look_up)
    gain -= terms[r, r] + terms[s, s] + terms[r, s]
    ways = math.lgamma(sizes[r] + sizes[s] + 1.0)
    ways -= math.lgamma(sizes[r] + 1.0) + math.lgamma(sizes[s] + 1.0)
    # C(N-1, B-2) instead of C(N-1, B-1)
    b = count[0]
    return gain + ways + math.log((labels.size - b + 1.0) / (b - 1.0))


@_compiled
def merge(state, model, r, s):  # type: ignore[no-untyped-def]
    """Make one block of two.

    Parameters
    ----------
    state : tuple
        Changed.
    model : tuple
        The model.
    r : int
        The block that takes the nodes.
    s : int
        The block that goes.
    """
    labels, sizes, sums, terms, count = state
    for i in range(labels.size):
        if labels[i] == s:
            labels[i] = r
    sizes[r] += sizes[s]
    sizes[s] = 0
    for c in range(sums.shape[2]):
        sums[r, r, c] += sums[s, s, c] + sums[r, s, c]
    for u in range(count[0]):
        if u != r and u != s:
            for c in range(sums.shape[2]):
                sums[r, u, c] += sums[s, u, c]
                sums[u, r, c] = sums[r, u, c]
        if u != s:
            terms[r, u] = _term_at(sums, r, u, model[1], model[2], model[3])
            terms[u, r] = terms[r, u]
    drop_block(state, s)
