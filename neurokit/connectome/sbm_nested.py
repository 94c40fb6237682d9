"""Groups of blocks, level upon level, by the numbers of edges between blocks.

A level describes the edge counts of the level below: those of a pair of groups are spread over its
pairs of blocks in any way with equal probability. Peixoto (2014), doi:10.1103/PhysRevX.4.011047.
"""

from __future__ import annotations

import numpy as np

from neurokit.connectome.sbm_moves import Array, Labels
from neurokit.connectome.sbm_search import find_partition, random_partition
from neurokit.connectome.sbm_weights import (
    COUNTS,
    EDGE,
    N_CHANNELS,
    OBSERVED,
    SUM,
    UNWEIGHTED,
    PairModel,
    tables,
)

_STARTS = 4


def counts_model(n_edges: Array, n_pairs: Array) -> PairModel:
    """Model of the edge counts between blocks.

    Parameters
    ----------
    n_edges, n_pairs : (block, block) ndarray
        Edges and observed pairs of nodes per pair of blocks; symmetric, every pair once.

    Returns
    -------
    PairModel
        Whose nodes are the blocks.
    """
    pairs = np.zeros((*n_edges.shape, N_CHANNELS))
    pairs[..., OBSERVED] = 1.0
    pairs[..., EDGE] = n_edges
    pairs[..., SUM] = n_pairs
    most = int(n_pairs.sum()) + n_edges.size + 1
    return PairModel(pairs, COUNTS, UNWEIGHTED, tables(most, UNWEIGHTED), 0.0)


def nested_levels(
    n_edges: Array, n_pairs: Array, rng: np.random.Generator
) -> tuple[list[Labels], float]:
    """Group blocks, then groups, as long as that shortens the description.

    Parameters
    ----------
    n_edges, n_pairs : (block, block) ndarray
        Edges and observed pairs of nodes per pair of blocks; symmetric, every pair once.
    rng : numpy.random.Generator
        Source of the moves.

    Returns
    -------
    levels : list of (block,) ndarray of int64
        Group of every block of the lowest level, one array per level found.
    saved : float
        Nats by which the description gets shorter.
    """
    levels: list[Labels] = []
    saved = 0.0
    of_block = np.arange(len(n_edges))
    while len(n_edges) > 1:
        model = counts_model(n_edges, n_pairs)
        n = len(n_edges)
        starts = [np.arange(n), *(random_partition(n, max(2, n // 2), rng) for _ in range(_STARTS))]
        labels, length = min(
            (find_partition(model, start, rng) for start in starts), key=lambda found: found[1]
        )
        gain = _flat(n_pairs) - length
        if gain <= 0 or labels.max() + 1 == n:
            break
        saved += gain
        of_block = labels[of_block]
        levels.append(of_block)
        n_edges, n_pairs = _sum_up(n_edges, labels), _sum_up(n_pairs, labels)
    return levels, saved


def _flat(n_pairs: Array) -> float:
    """Length of all counts when each is uniform from 0 to the number of pairs."""
    return float(np.log(n_pairs[np.tril_indices(len(n_pairs))] + 1.0).sum())


def _sum_up(counts: Array, labels: Labels) -> Array:
    member = np.eye(int(labels.max()) + 1)[labels]
    total = member.T @ counts @ member
    inner = member.T @ np.diag(np.diag(counts)) @ member
    # Pairs of different blocks in one group stand on both sides of the diagonal.
    diagonal = 0.5 * (np.diag(total) + np.diag(inner))
    total[np.diag_indices(len(total))] = diagonal
    return np.asarray(total)
