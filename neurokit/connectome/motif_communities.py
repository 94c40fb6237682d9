"""Communities of neurons within each motif, and one partition that agrees best with all."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Array = NDArray[np.float64]


def labels_of_motifs(
    motifs: xr.DataArray, method: str, random_state: np.random.Generator
) -> xr.DataArray:
    """Communities of each motif, the tightest first; -1 for neurons that take no part.

    Parameters
    ----------
    motifs : (component, neuron, partner) DataArray
        Symmetric, non-negative; NaN for pairs never recorded together.
    method : {"sbm", "leiden"}
        As of ``communities``.
    random_state : numpy.random.Generator
        Source of everything drawn; a motif's labels do not depend on the other motifs.

    Returns
    -------
    DataArray
        (component, neuron) int64.
    """
    streams = random_state.spawn(motifs.sizes["component"])
    found = [_labels(one, method, rng) for one, rng in zip(motifs, streams, strict=True)]
    space = str(motifs.dims[1])
    coords = {"component": motifs["component"].values, space: motifs[space].values}
    return xr.DataArray(np.stack(found), coords, ["component", space], name="communities")


def consensus(
    motifs: xr.DataArray,
    weight: xr.DataArray,
    labels: xr.DataArray,
    method: str,
    random_state: np.random.Generator,
) -> xr.DataArray:
    """Communities of the sum of all motifs, each reduced to pairs within its communities.

    Parameters
    ----------
    motifs : (component, neuron, partner) DataArray
        As of `labels_of_motifs`.
    weight : (component) DataArray
        How much each motif counts.
    labels : (component, neuron) DataArray
        Communities of each motif.
    method : {"sbm", "leiden"}
        As of ``communities``.
    random_state : numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    DataArray
        (neuron) int64; -1 for neurons that belong to no community of any motif.
    """
    values = labels.values
    same = (values[:, :, None] == values[:, None, :]) & (values[:, :, None] >= 0)
    within = np.where(same, motifs.values, np.where(np.isnan(motifs.values), np.nan, 0.0))
    total = np.einsum("r,rij->ij", weight.values, within)
    graph = motifs.isel(component=0, drop=True).copy(data=total)
    return (
        labels.isel(component=0, drop=True)
        .copy(data=_labels(graph, method, random_state))
        .rename("consensus")
    )


def _labels(graph: xr.DataArray, method: str, rng: np.random.Generator) -> Labels:
    weights = np.asarray(graph.values, dtype=np.float64)
    if not np.nansum(weights) > 0:
        return np.full(len(weights), -1, dtype=np.int64)
    return taking_part(weights, _partition(graph, method, rng))


def _partition(graph: xr.DataArray, method: str, rng: np.random.Generator) -> Labels:
    from neurokit.connectome.communities import communities

    return np.asarray(communities(graph, method, random_state=rng).values, dtype=np.int64)


def taking_part(weights: Array, labels: Labels) -> Labels:
    """Number groups by their tightness; -1 for groups that are no more than the background.

    A group takes part if the mean weight of its pairs, among themselves or with another group,
    is at least the mean over all pairs of the graph.

    Parameters
    ----------
    weights : (n, n) ndarray
        Symmetric; NaN is not observed, the diagonal is not read.
    labels : (n,) ndarray of int
        Groups; -1 for none.

    Returns
    -------
    (n,) ndarray of int64
        From 0, the largest mean weight first.
    """
    groups = np.unique(labels[labels >= 0])
    member = (labels[:, None] == groups).astype(np.float64)
    seen = np.isfinite(weights) & ~np.eye(len(weights), dtype=bool)
    filled = np.where(seen, weights, 0.0)
    sums, counts = member.T @ filled @ member, member.T @ seen.astype(np.float64) @ member
    mean = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    tightness = mean.max(axis=1)
    least = filled.sum() / max(int(seen.sum()), 1)
    # A single group has exactly the mean; rounding must not put it out.
    kept = np.flatnonzero(tightness >= least * (1 - 1e-9))
    order = kept[np.argsort(-tightness[kept], kind="stable")]
    out = np.full(len(labels), -1, dtype=np.int64)
    for new, old in enumerate(order):
        out[labels == groups[old]] = new
    return out
