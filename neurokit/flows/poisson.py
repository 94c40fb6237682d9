"""Poisson emission y_n ~ Poisson(exp(c_n . x + d_n)) under a Gaussian law of x, per bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from neurokit.flows.observed import Observed

Array = NDArray[np.float64]

# Log rates beyond this overflow nothing yet and are far from any data: e^25 spikes in a bin.
_HIGHEST = 25.0
# Precision of loadings, so that a neuron that never fired has finite ones.
RIDGE = 1e-2
# A neuron that never fired is given this many spikes in all, for the start of its offset.
_FEWEST = 0.5


@dataclass(frozen=True)
class Poisson:
    """y_n ~ Poisson(exp(c_n . x + d_n)), counts per bin.

    Parameters
    ----------
    loading : (n_neurons, p) ndarray
        C.
    offset : (n_neurons,) ndarray
        d.
    """

    loading: Array
    offset: Array

    def pairs(self) -> Array:
        """Outer products of loadings, (n_neurons, p * p)."""
        p = self.loading.shape[1]
        return (self.loading[:, :, None] * self.loading[:, None, :]).reshape(-1, p * p)

    def vector(self) -> Array:
        """All free numbers."""
        return np.concatenate([self.loading.ravel(), self.offset])

    def moved(self, vector: Array, data: Observed) -> Poisson:
        """Return the emission of other free numbers; nothing of `data` binds them."""
        n, p = self.loading.shape
        return Poisson(vector[: n * p].reshape(n, p), vector[n * p :])

    def rates(self, x: Array, V: Array | None = None) -> Array:
        """E exp(c . x + d) = exp(c . mean + d + c' V c / 2), expected counts per bin.

        Parameters
        ----------
        x, V : (n_bins, p), (n_bins, p, p) ndarray
            Mean and covariance of x, the latter 0 unless given.

        Returns
        -------
        (n_bins, n_neurons) ndarray
            Rates.
        """
        eta = x @ self.loading.T + self.offset
        if V is not None:
            eta += 0.5 * (V.reshape(len(V), -1) @ self.pairs().T)
        found: Array = np.exp(np.minimum(eta, _HIGHEST))
        return found

    def expected_log_likelihood(self, data: Observed, x: Array, rates: Array) -> float:
        """Sum of E log p(y | x) over what was seen."""
        eta = x @ self.loading.T + self.offset
        terms = data.values * eta - rates - gammaln(data.values + 1.0)
        return float(terms[data.seen].sum()) if not data.seen.all() else float(terms.sum())

    def maximised(
        self, data: Observed, x: Array, V: Array | None, n_steps: int = 2, ridge: float = RIDGE
    ) -> Poisson:
        """Newton steps on loadings and offsets, each halved until the bound rises.

        Parameters
        ----------
        data : Observed
            Counts.
        x, V : (n_bins, p), (n_bins, p, p) ndarray
            Mean and covariance of x.
        n_steps : int
            Newton steps.
        ridge : float
            Precision of loadings.

        Returns
        -------
        Poisson
            No neuron's penalised bound is lower.
        """
        theta = np.concatenate([self.loading, self.offset[:, None]], axis=1)
        value = _bounds(data, theta, x, V, ridge)
        for _ in range(n_steps):
            step = _newton(data, theta, x, V, ridge)
            share = np.ones(len(theta))
            for _ in range(12):
                tried = theta + share[:, None] * step
                new = _bounds(data, tried, x, V, ridge)
                worse = ~(new >= value)
                if not worse.any():
                    break
                share = np.where(worse, 0.5 * share, share)
            keep = new >= value
            theta = np.where(keep[:, None], tried, theta)
            value = np.where(keep, new, value)
        return Poisson(theta[:, :-1], theta[:, -1])


def penalty(loading: Array) -> float:
    """Log prior of loadings but for a constant."""
    return float(-0.5 * RIDGE * (loading**2).sum())


def _bounds(data: Observed, theta: Array, x: Array, V: Array | None, ridge: float) -> Array:
    """Penalised expected log-likelihood of every neuron, (n_neurons,)."""
    emission = Poisson(theta[:, :-1], theta[:, -1])
    rates = emission.rates(x, V)
    eta = x @ emission.loading.T + emission.offset
    found: Array = np.where(data.seen, data.values * eta - rates, 0.0).sum(axis=0)
    found -= 0.5 * ridge * (theta[:, :-1] ** 2).sum(axis=1)
    return found


def _newton(data: Observed, theta: Array, x: Array, V: Array | None, ridge: float) -> Array:
    """Newton step of every neuron, (n_neurons, p + 1)."""
    n, p = theta.shape[0], theta.shape[1] - 1
    C = theta[:, :p]
    rates = np.where(data.seen, Poisson(C, theta[:, p]).rates(x, V), 0.0)
    residual = np.where(data.seen, data.values, 0.0) - rates
    mass = np.zeros((n, p, p))
    if V is not None:
        mass = (rates.T @ V.reshape(len(V), -1)).reshape(n, p, p)
    gradient, hessian = np.empty((n, p + 1)), np.empty((n, p + 1, p + 1))
    design = np.ones((len(x), p + 1))
    for k in range(n):
        # The derivative of the exponent by (c, d).
        design[:, :p] = x if V is None else x + V @ C[k]
        weighted = rates[:, k, None] * design
        gradient[k, :p] = residual[:, k] @ x - mass[k] @ C[k] - ridge * C[k]
        gradient[k, p] = residual[:, k].sum()
        hessian[k] = weighted.T @ design
        hessian[k, :p, :p] += mass[k] + ridge * np.eye(p)
        hessian[k, p, p] += 1e-9
    step: Array = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
    # A neuron far from its optimum would be sent out of all bounds.
    longest = np.abs(step).max(axis=1, keepdims=True)
    step *= np.minimum(1.0, 3.0 / np.maximum(longest, 1e-300))
    return step


def log_means(data: Observed) -> Array:
    """Log of each neuron's mean count per bin; of a silent one as if half a spike were seen."""
    n = np.maximum(data.seen.sum(axis=0), 1)
    return np.asarray(np.log(np.maximum(data.values.sum(axis=0), _FEWEST) / n))


def readout(data: Observed, x: Array, V: Array | None = None, *, ridge: float = RIDGE) -> Poisson:
    """Poisson regression of every neuron on given positions.

    Parameters
    ----------
    data : Observed
        Counts.
    x : (n_bins, p) ndarray
        Positions.
    V : (n_bins, p, p) ndarray, optional
        Their covariances; default exact.
    ridge : float
        Precision of loadings.

    Returns
    -------
    Poisson
        Loadings and offsets.
    """
    start = Poisson(np.zeros((data.values.shape[1], x.shape[1])), log_means(data))
    return start.maximised(data, x, V, n_steps=8, ridge=ridge)
