"""What a partition says: edges and weights of pairs of blocks, agreement of samples."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.sbm_graph import Array, Graph
from neurokit.connectome.sbm_moves import Labels


def co_assignment(samples: NDArray[np.int64]) -> Array:
    """Share of partitions in which two nodes are in one block.

    Parameters
    ----------
    samples : (sample, node) ndarray of int64
        Partitions.

    Returns
    -------
    (node, node) ndarray
        0 to 1, the diagonal 1.
    """
    n_samples, n = samples.shape
    together = np.zeros((n, n))
    for labels in samples:
        together += labels[:, None] == labels
    return np.asarray(together / n_samples)


def block_statistics(graph: Graph, labels: Labels) -> xr.Dataset:
    """Edges and weights within and between blocks.

    Parameters
    ----------
    graph : Graph
        The graph.
    labels : (node,) ndarray of int64
        Blocks from 0 without gaps.

    Returns
    -------
    Dataset
        ``size``(block); (block, partner_block) ``n_pairs`` observed, ``n_edges``, ``density``
        and ``mean_weight`` of edges, NaN where there is nothing to average.
    """
    member = np.eye(int(labels.max()) + 1)[labels]
    # Both ends of a pair within a block are in it, so such pairs were counted twice.
    once = np.where(np.eye(member.shape[1], dtype=bool), 0.5, 1.0)
    n_pairs, n_edges, weight = (
        once * (member.T @ values.astype(np.float64) @ member)
        for values in (graph.observed, graph.edge, graph.values)
    )
    dims = ("block", "partner_block")
    with np.errstate(invalid="ignore", divide="ignore"):
        return xr.Dataset(
            {
                "size": ("block", member.sum(axis=0).astype(np.int64)),
                "n_pairs": (dims, np.rint(n_pairs).astype(np.int64)),
                "n_edges": (dims, np.rint(n_edges).astype(np.int64)),
                "density": (dims, n_edges / n_pairs),
                "mean_weight": (dims, weight / n_edges),
            },
            coords={"block": np.arange(len(n_pairs)), "partner_block": np.arange(len(n_pairs))},
        )
