"""What a variational fit says, under the names that a sampled posterior has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.likelihoods import log_likelihoods
from neurokit.bicluster.observations import GAUSSIAN
from neurokit.bicluster.settings import Data
from neurokit.bicluster.variational import Variational
from neurokit.bicluster.variational_entries import designs, predictor_moments

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Where nothing was observed a predictor can be anything; its square shall still be a number.
_LARGEST = 300.0
# Nodes of the integral of a likelihood over a normal predictor.
_NODES = 24


@dataclass(frozen=True)
class Described:
    """Expectations under q, as plain arrays.

    Parameters
    ----------
    co_neuron : (N, N) ndarray of float32
        Probability that two neurons are in one cluster.
    state_share : (T, S) ndarray of float64
        Probability of the state that led to each bin; NaN where no step leads to one.
    rate_mean, rate_sd : (N, T) ndarray of float64
        Of the expected value of every entry.
    hidden : (n,) ndarray of float64
        Likelihood of hidden entries.
    """

    co_neuron: NDArray[np.float32]
    state_share: Array
    rate_mean: Array
    rate_sd: Array
    hidden: Array

    def co_state(self) -> NDArray[np.float32]:
        """Probability that two bins are in one state, were they independent, (T, T).

        Returns
        -------
        (T, T) ndarray of float32
            1 on the diagonal; NaN where no step leads to a bin.
        """
        together = (self.state_share @ self.state_share.T).astype(np.float32)
        led = np.isfinite(self.state_share[:, 0])
        together[led, led] = 1.0
        return together


def described(factors: Variational, entries: Labels, values: Array) -> Described:
    """Expectations under q.

    Parameters
    ----------
    factors : Variational
        Of q.
    entries : (n, 2) ndarray of int64
        Neuron and bin of hidden entries.
    values : (n,) ndarray of float64
        Their values.

    Returns
    -------
    Described
        Arrays.
    """
    share = factors.share
    together = (share @ share.T).astype(np.float32)
    np.fill_diagonal(together, 1.0)
    d = designs(factors.mean, factors.covariance)
    mean, spread = np.empty(factors.data.y.shape), np.empty(factors.data.y.shape)
    hidden = np.empty(len(entries))
    for i in range(len(share)):
        first, second = predictor_moments(d, factors.loading[i], factors.spread[i])
        variance = np.maximum(second - first**2, 0.0)
        mean[i], spread[i] = _expected(first, variance, share[i], factors.data.family)
        mine = np.flatnonzero(entries[:, 0] == i)
        at = entries[mine, 1]
        hidden[mine] = share[i] @ expected_likelihood(
            values[mine], first[:, at], variance[:, at], factors.data.family, factors.extra[i]
        )
    return Described(together, state_share(factors.data, factors), mean, spread, hidden)


def _expected(mean: Array, variance: Array, share: Array, family: int) -> tuple[Array, Array]:
    """Mean and standard deviation of exp(eta), or of eta, over clusters and a normal eta."""
    if family == GAUSSIAN:
        first, second = mean, mean**2 + variance
    else:
        first = np.exp(np.minimum(mean + 0.5 * variance, _LARGEST))
        second = np.exp(np.minimum(2.0 * (mean + variance), 2.0 * _LARGEST))
    expected = share @ first
    return expected, np.sqrt(np.maximum(share @ second - expected**2, 0.0))


def expected_likelihood(y: Array, mean: Array, variance: Array, family: int, extra: float) -> Array:
    """E p(y | eta), eta normal, by Gauss-Hermite quadrature.

    Parameters
    ----------
    y : (n,) ndarray of float64
        Values.
    mean, variance : (..., n) ndarray of float64
        Of eta.
    family : int
        0, 1 or 2.
    extra : float
        Size or variance.

    Returns
    -------
    (..., n) ndarray of float64
        Likelihoods.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    eta = mean[..., None] + np.sqrt(variance)[..., None] * nodes
    logs = log_likelihoods(y[:, None], eta, family, np.asarray(extra))
    return np.asarray(np.exp(logs) @ (weights / weights.sum()))


def state_share(data: Data, factors: Variational) -> Array:
    """Probability of the state that led to every bin; a trial's first bin has that of the second.

    Parameters
    ----------
    data : Data
        Where trials begin.
    factors : Variational
        Of q.

    Returns
    -------
    (T, S) ndarray of float64
        NaN where a trial has one bin only.
    """
    out = np.full((data.y.shape[1], factors.marginal.shape[1]), np.nan)
    out[factors.at + 1] = factors.marginal
    starts = data.first[np.isin(data.first, factors.at)]
    out[starts] = out[starts + 1]
    return out
