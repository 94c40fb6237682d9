"""Symmetrised Kullback-Leibler divergence of Poisson rates, plain and cross-validated.

d_ij = sum_c (x_i - x_j)(log x_i - log x_j) / p with rates drawn towards a prior,
x <- (x + lambda w) / (1 + w). Cross-validated: x from the training folds, log x from the test
fold, averaged over all folds.

Schuett et al. (2023). doi:10.7554/eLife.82566
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.rdm_core import distances_of_gram

Array = NDArray[np.float64]


def shrink_rates(rates: Array, prior_rate: float, prior_weight: float) -> Array:
    """(x + lambda w) / (1 + w).

    Parameters
    ----------
    rates : ndarray of float64
        From 0.
    prior_rate, prior_weight : float
        lambda and w.

    Returns
    -------
    ndarray of float64
        Above 0.
    """
    return (rates + prior_rate * prior_weight) / (1.0 + prior_weight)


def poisson(rates: Array) -> Array:
    """Symmetrised divergence between the rates of all pairs of conditions.

    Parameters
    ----------
    rates : (n, p) ndarray of float64
        Above 0.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Nats per channel.
    """
    return _symmetric(rates, np.log(rates), signed=False)


def poisson_cross_validated(
    sums: Array, counts: Array, prior_rate: float, prior_weight: float
) -> Array:
    """Mean over folds of the divergence with rates of training and logarithms of test data.

    Parameters
    ----------
    sums : (m, n, p) ndarray of float64
        Sum of the observations of each condition in each fold.
    counts : (m, n) ndarray of float64
        How many they are, all above 0.
    prior_rate, prior_weight : float
        The prior of `shrink_rates`.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Nats per channel; may be negative.
    """
    total, number = sums.sum(axis=0), counts.sum(axis=0)
    found = []
    for fold, count in zip(sums, counts, strict=True):
        train = (total - fold) / (number - count)[:, None]
        test = fold / count[:, None]
        rates = shrink_rates(train, prior_rate, prior_weight)
        logs = np.log(shrink_rates(test, prior_rate, prior_weight))
        found.append(_symmetric(rates, logs, signed=True))
    return np.asarray(np.mean(found, axis=0), dtype=np.float64)


def _symmetric(rates: Array, logs: Array, *, signed: bool) -> Array:
    kernel = (rates - rates.mean(axis=0)) @ (logs - logs.mean(axis=0)).T
    symmetric = (kernel + kernel.T) / 2.0
    return distances_of_gram(symmetric, scale=1.0 / rates.shape[1], signed=signed)
