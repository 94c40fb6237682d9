"""How many clusters of neurons a chain starts with: distances of neurons from subspaces.

For K = 1, 2, ... neurons are clustered by subspaces of their smoothed rates, and every neuron's
distance is taken from its cluster without it. The smallest K within one paired standard error of
the best is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.settings import Data
from neurokit.bicluster.starts import start_neurons

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# A larger K is no longer tried once this many in a row were no better.
_PATIENCE = 3


@dataclass(frozen=True)
class Candidates:
    """What was tried.

    Parameters
    ----------
    n_clusters : (n,) ndarray of int64
        Numbers tried.
    distance : (n,) ndarray of float64
        Mean squared distance of a neuron from its cluster without it.
    difference_error : (n,) ndarray of float64
        Standard error of the paired difference to the best.
    best : int
        The number chosen.
    """

    n_clusters: Labels
    distance: Array
    difference_error: Array
    best: int


def hide(data: Data, share: float, rng: np.random.Generator) -> tuple[Data, Labels, Array]:
    """Hide a share of the observed entries.

    Parameters
    ----------
    data : Data
        What was observed.
    share : float
        Share of the observed entries.
    rng : numpy.random.Generator
        Source of the choice.

    Returns
    -------
    data : Data
        Without them.
    entries : (n, 2) ndarray of int64
        Neuron and bin of each.
    values : (n,) ndarray of float64
        Their values.
    """
    observed = np.argwhere(data.seen)
    n_hidden = round(share * len(observed))
    entries = observed[np.sort(rng.permutation(len(observed))[:n_hidden])].astype(np.int64)
    seen, y = data.seen.copy(), data.y.copy()
    values = y[entries[:, 0], entries[:, 1]]
    seen[entries[:, 0], entries[:, 1]] = False
    y[entries[:, 0], entries[:, 1]] = 0.0
    return replace(data, y=y, seen=seen), entries, values


def choose_clusters(data: Data, n_latents: int, most: int, rng: np.random.Generator) -> Candidates:
    """Choose the number of clusters.

    Parameters
    ----------
    data : Data
        What was observed.
    n_latents : int
        Dimensions of the subspaces around their means.
    most : int
        Largest number tried.
    rng : numpy.random.Generator
        Source of k-means' starts.

    Returns
    -------
    Candidates
        What was found.
    """
    found: list[Array] = []
    for k in range(1, min(most, len(data.y)) + 1):
        found.append(start_neurons(data, k, n_latents, rng.spawn(1)[0])[1])
        if k - 1 - int(np.argmin([one.mean() for one in found])) >= _PATIENCE:
            break
    distances = np.stack(found)
    means = distances.mean(axis=1)
    apart = distances - distances[np.argmin(means)]
    n = distances.shape[1]
    errors = apart.std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(len(means))
    chosen = int(np.argmax(apart.mean(axis=1) <= errors))
    return Candidates(np.arange(1, len(means) + 1), means, errors, chosen + 1)
