"""Communities of neurons within each motif, and one partition that agrees best with all."""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Array = NDArray[np.float64]
Method = Literal["sbm", "leiden"]


def labels_of_motifs(
    motifs: xr.DataArray, method: Method, random_state: np.random.Generator
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
    method: Method,
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


def _labels(graph: xr.DataArray, method: Method, rng: np.random.Generator) -> Labels:
    weights = np.asarray(graph.values, dtype=np.float64)
    members = np.flatnonzero(taking_part(weights))
    labels = np.full(len(weights), -1, dtype=np.int64)
    if members.size > 1:
        part = graph[members, members]
        labels[members] = _partition(part, method, rng)
    elif members.size == 1:
        labels[members] = 0
    return by_tightness(weights, labels)


def _partition(graph: xr.DataArray, method: Method, rng: np.random.Generator) -> Labels:
    from neurokit.connectome.communities import communities

    return np.asarray(communities(graph, method, random_state=rng).values, dtype=np.int64)


def taking_part(weights: Array) -> NDArray[np.bool_]:
    """Which neurons make up a motif: those with half the energy of an effective member, or more.

    e_i = mean over partners j of w_ij^2, as shares of their sum. 1 / sum_i e_i^2 is the effective
    number of members: k where k neurons share all energy equally. A neuron takes part if
    e_i >= (1/2) sum_j e_j^2.

    Parameters
    ----------
    weights : (n, n) ndarray
        Symmetric, non-negative; NaN is not observed, the diagonal is not read.

    Returns
    -------
    (n,) ndarray of bool
        Nobody where all weights are zero.

    Examples
    --------
    >>> weights = np.full((5, 5), 0.1)
    >>> weights[:3, :3] = 1.0
    >>> taking_part(weights)
    array([ True,  True,  True, False, False])
    """
    seen = np.isfinite(weights) & ~np.eye(len(weights), dtype=bool)
    energy = (np.where(seen, weights, 0.0) ** 2).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    total = energy.sum()
    if not total > 0:
        return np.zeros(len(weights), dtype=bool)
    share = energy / total
    return np.asarray(share >= 0.5 * (share**2).sum())


def by_tightness(weights: Array, labels: Labels) -> Labels:
    """Number communities from 0, the largest mean weight within first; -1 stays.

    Parameters
    ----------
    weights : (n, n) ndarray
        Symmetric; NaN is not observed, the diagonal is not read.
    labels : (n,) ndarray of int
        Communities; -1 for none.

    Returns
    -------
    (n,) ndarray of int64
        A community of one neuron comes last.
    """
    groups = np.unique(labels[labels >= 0])
    member = (labels[:, None] == groups).astype(np.float64)
    seen = np.isfinite(weights) & ~np.eye(len(weights), dtype=bool)
    filled = np.where(seen, weights, 0.0)
    sums = np.einsum("ig,ij,jg->g", member, filled, member)
    counts = np.einsum("ig,ij,jg->g", member, seen.astype(np.float64), member)
    mean = np.divide(sums, counts, out=np.full_like(sums, -1.0), where=counts > 0)
    out = np.full(len(labels), -1, dtype=np.int64)
    for new, old in enumerate(np.argsort(-mean, kind="stable")):
        out[labels == groups[old]] = new
    return out
