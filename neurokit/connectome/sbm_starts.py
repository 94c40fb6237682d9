"""Where searches for blocks start: communities, classes of strength, random blocks."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from neurokit.connectome.sbm_clustering import modularity_partition
from neurokit.connectome.sbm_graph import Array, Graph
from neurokit.connectome.sbm_moves import Labels
from neurokit.connectome.sbm_search import ordered_partition, random_partition

# More blocks than a graph of this size shows, so that merges have something to choose from.
_RANDOM_BLOCKS = (16, 24, 12, 32)


def start(graph: Graph, number: int, rng: np.random.Generator) -> Labels:
    """The partition that a search begins with.

    Parameters
    ----------
    graph : Graph
        The graph.
    number : int
        0 and 1 are communities of weights and of edges, 3 classes of strength, 5 classes of
        degree; all others are random.
    rng : numpy.random.Generator
        Source of draws.

    Returns
    -------
    (node,) ndarray of int64
        Blocks from 0 without gaps.
    """
    n = graph.n_nodes
    if number in (0, 1):
        weights = graph.values if number == 0 else graph.edge.astype(np.float64)
        return communities_of(weights, rng)
    if number in (3, 5):
        weights = graph.values if number == 3 else graph.edge.astype(np.float64)
        return ordered_partition(weights.sum(axis=1), min(8, n))
    blocks = _RANDOM_BLOCKS[number // 2 % len(_RANDOM_BLOCKS)]
    return random_partition(n, min(blocks, n), rng)


def communities_of(weights: Array, rng: np.random.Generator) -> Labels:
    """Communities of greatest modularity: Leiden's where it is installed, else our own.

    Parameters
    ----------
    weights : (node, node) ndarray
        Symmetric, non-negative.
    rng : numpy.random.Generator
        Source of draws.

    Returns
    -------
    (node,) ndarray of int64
        Blocks from 0 without gaps.
    """
    if find_spec("leidenalg") is not None and find_spec("igraph") is not None and weights.any():
        from neurokit.connectome.communities import leiden_partition

        return leiden_partition(weights, resolution=1.0, seed=int(rng.integers(2**31)))
    return modularity_partition(weights, rng)
