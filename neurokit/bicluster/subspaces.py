"""Clusters of neurons whose rates are near a common mean plus a few common components.

A neuron that loads on x with either sign is in one cluster with its mirror image, which k-means
does not see. Here a cluster is an affine subspace m + span(V), and a neuron's distance from it is
|r - m|^2 - |V'(r - m)|^2; from its own cluster's it is taken with the neuron left out, so that no
neuron is near only because it made the subspace, and more clusters are not always better.

All of it works on inner products of neurons, whatever the number of bins.

Bradley & Mangasarian (2000) k-plane clustering. J Global Optim 16. doi:10.1023/A:1008324625522
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.partition_prior import by_first_appearance

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

_MOST_ROUNDS = 20


def subspace_distances(inner: Array, members: Labels, n_components: int, of: Labels) -> Array:
    """Squared distances of neurons from the subspace of some.

    Parameters
    ----------
    inner : (N, N) ndarray of float64
        Inner products of all neurons' rates.
    members : (n,) ndarray of int64
        Those whose mean and leading components span it, at least one.
    n_components : int
        Dimensions around the mean; n - 1 at most are used.
    of : (m,) ndarray of int64
        Neurons whose distances are wanted.

    Returns
    -------
    (m,) ndarray of float64
        0 or more.
    """
    own = inner[np.ix_(members, members)]
    column, mean = own.mean(axis=0), own.mean()
    across = inner[np.ix_(of, members)]
    with_mean = across.mean(axis=1)
    out = inner[of, of] - 2.0 * with_mean + mean
    n_kept = min(n_components, len(members) - 1)
    if n_kept > 0:
        centred = own - column - column[:, None] + mean
        values, vectors = np.linalg.eigh(centred)
        values, vectors = values[-n_kept:], vectors[:, -n_kept:]
        real = values > 1e-10 * max(values[-1], 1e-300)
        parts = (across - with_mean[:, None] - column + mean) @ vectors[:, real]
        out = out - (parts**2 / values[real]).sum(axis=1)
    return np.asarray(np.maximum(out, 0.0))


def left_out_distances(inner: Array, labels: Labels, n_components: int) -> Array:
    """Squared distance of every neuron from every cluster, its own without it.

    Parameters
    ----------
    inner : (N, N) ndarray of float64
        Inner products.
    labels : (N,) ndarray of int64
        Clusters 0..K - 1, none empty.
    n_components : int
        Dimensions around the mean.

    Returns
    -------
    (N, K) ndarray of float64
        The squared norm where a neuron is alone.
    """
    n, everyone = len(labels), np.arange(len(labels))
    out = np.empty((n, int(labels.max()) + 1))
    for k in range(out.shape[1]):
        members = np.flatnonzero(labels == k)
        out[:, k] = subspace_distances(inner, members, n_components, everyone)
        for i in members:
            rest = members[members != i]
            alone = len(rest) == 0
            one = everyone[i : i + 1]
            out[i, k] = (
                inner[i, i] if alone else subspace_distances(inner, rest, n_components, one)[0]
            )
    return out


def improve_clusters(inner: Array, labels: Labels, n_components: int) -> tuple[Labels, Array]:
    """Move neurons to the nearest subspace until none moves.

    Parameters
    ----------
    inner : (N, N) ndarray of float64
        Inner products of the neurons' centred rates.
    labels : (N,) ndarray of int64
        Clusters to begin with.
    n_components : int
        Dimensions around the mean.

    Returns
    -------
    labels : (N,) ndarray of int64
        The best that was met, by first appearance; clusters that lost all neurons are gone.
    distances : (N,) ndarray of float64
        Squared distance of every neuron from its cluster without it.
    """
    labels = by_first_appearance(labels)
    best, least = labels, np.full(len(labels), np.inf)
    for _ in range(_MOST_ROUNDS):
        found = left_out_distances(inner, labels, n_components)
        mine = found[np.arange(len(labels)), labels]
        if mine.sum() < least.sum():
            best, least = labels, mine
        new = by_first_appearance(found.argmin(axis=1))
        if np.array_equal(new, labels):
            break
        labels = new
    return best, least
