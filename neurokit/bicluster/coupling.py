"""Dynamics of every cluster by itself, or of all clusters together.

Coupled, the latents of K clusters are one vector of K q numbers with one A, b and Q per state:
what is batched over clusters elsewhere is then a batch of one. The inverse-Wishart prior of
K q + 2 degrees has that of q + 2 for every cluster's block, so that both models say the same of
one cluster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def joined(latents: Array, coupled: bool) -> Array:
    """Latents as the dynamics see them.

    Parameters
    ----------
    latents : (K, T, q) ndarray of float64
        Of every cluster.
    coupled : bool
        All clusters together.

    Returns
    -------
    (K, T, q) or (1, T, K q) ndarray of float64
        Clusters after one another.
    """
    if not coupled:
        return latents
    n_clusters, n_bins, q = latents.shape
    return np.ascontiguousarray(latents.transpose(1, 0, 2)).reshape(1, n_bins, n_clusters * q)


def parted(latents: Array, n_clusters: int) -> Array:
    """Undo `joined`.

    Parameters
    ----------
    latents : (K, T, q) or (1, T, K q) ndarray of float64
        Joined or not.
    n_clusters : int
        K.

    Returns
    -------
    (K, T, q) ndarray of float64
        Of every cluster.
    """
    if len(latents) == n_clusters:
        return latents
    n_bins = latents.shape[1]
    return np.ascontiguousarray(latents.reshape(n_bins, n_clusters, -1).transpose(1, 0, 2))


def joined_messages(info: Array, linear: Array, coupled: bool) -> tuple[Array, Array]:
    """Messages of every bin for latents as the dynamics see them.

    Parameters
    ----------
    info : (K, T, q, q) ndarray of float64
        J of every cluster.
    linear : (K, T, q) ndarray of float64
        h.
    coupled : bool
        All clusters together.

    Returns
    -------
    info : (K, T, q, q) or (1, T, K q, K q) ndarray of float64
        Block-diagonal: no entry sees two clusters.
    linear : (K, T, q) or (1, T, K q) ndarray of float64
        h.
    """
    if not coupled:
        return info, linear
    n_clusters, n_bins, q = linear.shape
    whole = np.zeros((1, n_bins, n_clusters * q, n_clusters * q))
    for k in range(n_clusters):
        at = slice(k * q, (k + 1) * q)
        whole[0, :, at, at] = info[k]
    return whole, joined(linear, coupled)
