"""Log-likelihoods with all their constants: what can be compared across models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.observations import GAUSSIAN, POISSON
from neurokit.bicluster.settings import Data

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def log_likelihoods(y: Array, eta: Array, family: int, extra: Array) -> Array:
    """Log p(y | eta), entry by entry.

    Parameters
    ----------
    y, eta : ndarray of float64
        Values and predictors.
    family : int
        0 Poisson, 1 negative binomial of mean exp(eta), 2 Gaussian.
    extra : ndarray of float64
        Size or variance; broadcast.

    Returns
    -------
    ndarray of float64
        Nats.
    """
    if family == GAUSSIAN:
        return np.asarray(-0.5 * (y - eta) ** 2 / extra - 0.5 * np.log(2 * np.pi * extra))
    if family == POISSON:
        return np.asarray(y * eta - np.exp(np.minimum(eta, 700.0)) - gammaln(y + 1))
    log_r = np.log(extra)
    both = np.logaddexp(eta, log_r)
    constant = gammaln(y + extra) - gammaln(extra) - gammaln(y + 1)
    return np.asarray(constant + y * (eta - both) + extra * (log_r - both))


def total_log_likelihood(data: Data, eta: Array, extra: Array) -> float:
    """Mean log-likelihood of observed entries.

    Parameters
    ----------
    data : Data
        What was observed.
    eta : (N, T) ndarray of float64
        Predictors.
    extra : (N,) ndarray of float64
        Sizes or variances.

    Returns
    -------
    float
        Nats per entry.
    """
    found = log_likelihoods(data.y, eta, data.family, extra[:, None])
    return float(found[data.seen].sum() / max(data.seen.sum(), 1))


def entry_likelihoods(state: ChainState, family: int, entries: Labels, values: Array) -> Array:
    """Likelihood of single entries, held out or not.

    Parameters
    ----------
    state : ChainState
        Parameters and latents.
    family : int
        0, 1 or 2.
    entries : (n, 2) ndarray of int64
        Neuron and bin.
    values : (n,) ndarray of float64
        Their values.

    Returns
    -------
    (n,) ndarray of float64
        exp of the log-likelihood.
    """
    i, t = entries[:, 0], entries[:, 1]
    latents, loadings = state.latents[state.neurons[i], t], state.loadings[i]
    eta = loadings[:, 0] + latents[:, 0] + (loadings[:, 1:] * latents[:, 1:]).sum(axis=1)
    return np.exp(log_likelihoods(values, eta, family, state.extra[i]))
