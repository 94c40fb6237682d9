"""Prior weights of partitions: mixture of finite mixtures, and Dirichlet process.

A mixture of finite mixtures gives a partition of n neurons into t clusters of sizes n_k the
probability V_n(t) prod_k gamma (gamma + 1) ... (gamma + n_k - 1), with
V_n(t) = sum_k k! / (k - t)! Gamma(gamma k) / Gamma(gamma k + n) p(k), p(k) = p (1 - p)^(k - 1).

Miller & Harrison (2018). doi:10.1080/01621459.2016.1255636
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Terms are added in blocks until the last is below e^-60 of the sum. They grow before they decay:
# for t near n = 2000 the largest is more than a thousand terms from the first.
_DECAY = 60.0
_BLOCK = 512


def partition_log_weights(n: int, gamma: float = 1.0, p: float = 0.2) -> Array:
    """Log V_n(t) for t = 1..n + 1.

    Parameters
    ----------
    n : int
        Neurons.
    gamma : float, default 1
        Concentration of the weights of the mixture.
    p : float, default 0.2
        Of the geometric prior on the number of components.

    Returns
    -------
    (n + 1,) ndarray of float64
        log V_n(1) first.

    References
    ----------
    .. [1] Miller & Harrison (2018) Mixture models with a prior on the number of components. JASA
       113. doi:10.1080/01621459.2016.1255636

    Examples
    --------
    >>> partition_log_weights(2, 1.0, 0.5).round(4).tolist()
    [-0.9491, -1.1827, -1.3863]
    """
    return np.array([_log_volume(n, t, gamma, p) for t in range(1, n + 2)])


def _log_volume(n: int, t: int, gamma: float, p: float) -> float:
    if p == 1.0:
        return float(gammaln(gamma) - gammaln(gamma + n)) if t == 1 else -np.inf
    total, first = -np.inf, float(t)
    while True:
        k = first + np.arange(_BLOCK)
        terms = gammaln(k + 1) - gammaln(k - t + 1) + gammaln(gamma * k) - gammaln(gamma * k + n)
        terms += np.log(p) + (k - 1) * np.log1p(-p)
        total = float(np.logaddexp(total, logsumexp(terms)))
        if terms[-1] < total - _DECAY:
            return total
        first += _BLOCK


@dataclass(frozen=True)
class PartitionPrior:
    """Weights of joining a cluster and of founding one.

    Parameters
    ----------
    join : float
        A cluster of n neurons has weight n + join.
    log_volume : (n + 1,) ndarray of float64
        log V(t) of t clusters, t from 1; founding goes with V(t + 1) / V(t).
    found : float
        Factor of founding one.
    success : float
        Of the geometric prior on the number of components; 0 for a Dirichlet process.
    """

    join: float
    log_volume: Array
    found: float
    success: float

    def log_found(self, n_clusters: int) -> float:
        """Log weight of a new cluster where there are `n_clusters`.

        Parameters
        ----------
        n_clusters : int
            Clusters of the other neurons.

        Returns
        -------
        float
            -inf where the prior allows no more.
        """
        if n_clusters == 0:
            return 0.0
        step = self.log_volume[n_clusters] - self.log_volume[n_clusters - 1]
        return float(np.log(self.found) + step) if np.isfinite(step) else -np.inf

    def log_partition(self, labels: Labels) -> float:
        """Log prior of a partition, up to a constant.

        Parameters
        ----------
        labels : (n,) ndarray of int64
            Cluster of each neuron, 0..t - 1, none empty.

        Returns
        -------
        float
            log V(t) + sum over clusters of log (found (join + 1) ... (join + n_k - 1)).
        """
        sizes = np.bincount(labels)
        inside = gammaln(self.join + sizes) - gammaln(self.join + 1.0) + np.log(self.found)
        return float(self.log_volume[len(sizes) - 1] + inside.sum())


def finite_mixtures(n: int, gamma: float = 1.0, p: float = 0.2) -> PartitionPrior:
    """Mixture of finite mixtures over n neurons.

    Parameters
    ----------
    n : int
        Neurons.
    gamma : float, default 1
        Concentration.
    p : float, default 0.2
        Of the geometric prior.

    Returns
    -------
    PartitionPrior
        Its weights.
    """
    return PartitionPrior(gamma, partition_log_weights(n, gamma, p), gamma, p)


def dirichlet_process(n: int, alpha: float = 1.0) -> PartitionPrior:
    """Dirichlet process over n neurons.

    Parameters
    ----------
    n : int
        Neurons.
    alpha : float, default 1
        Concentration.

    Returns
    -------
    PartitionPrior
        Its weights.
    """
    return PartitionPrior(0.0, np.zeros(n + 1), alpha, 0.0)


def by_first_appearance(labels: Labels) -> Labels:
    """Number clusters in the order in which they first appear.

    Parameters
    ----------
    labels : (n,) ndarray of int64
        Any numbers.

    Returns
    -------
    (n,) ndarray of int64
        0 for the first neuron's cluster.
    """
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.asarray(order[inverse], dtype=np.int64)


def draw_partition(prior: PartitionPrior, n: int, rng: np.random.Generator) -> Labels:
    """Draw a partition of n neurons.

    Parameters
    ----------
    prior : PartitionPrior
        Over n neurons.
    n : int
        Neurons.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (n,) ndarray of int64
        Clusters by first appearance.
    """
    if prior.success > 0.0:
        n_components = int(rng.geometric(prior.success))
        shares = rng.dirichlet(np.full(n_components, prior.found))
        return by_first_appearance(rng.choice(n_components, size=n, p=shares))
    labels = np.zeros(n, dtype=np.int64)
    for i in range(1, n):
        sizes = np.append(np.bincount(labels[:i]).astype(np.float64), prior.found)
        labels[i] = rng.choice(len(sizes), p=sizes / sizes.sum())
    return labels
