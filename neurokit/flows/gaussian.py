"""Gaussian emission y = C x + d + noise, with noise of its own in every neuron."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.observed import Observed
from neurokit.flows.posterior import Posterior, Sites

Array = NDArray[np.float64]

# Noise variance stays above this share of a neuron's variance, and of the mean variance.
_FLOOR, _FLOOR_OF_MEAN = 1e-5, 1e-8


@dataclass(frozen=True)
class Gaussian:
    """y_n ~ N(c_n . x + d_n, R_n).

    Parameters
    ----------
    loading : (n_neurons, p) ndarray
        C.
    offset : (n_neurons,) ndarray
        d.
    noise : (n_neurons,) ndarray
        R.
    """

    loading: Array
    offset: Array
    noise: Array

    def sites(self, data: Observed) -> Sites:
        """Observations in information form: J = C' R^-1 C, h = C' R^-1 (y - d)."""
        p = self.loading.shape[1]
        scaled = self.loading / self.noise[:, None]
        if data.is_whole:
            J = np.repeat((scaled.T @ self.loading)[None], len(data.values), axis=0)
            h = data.values @ scaled - self.offset @ scaled
            return Sites(J, h, data.offsets, data.groups)
        pairs = (scaled[:, :, None] * self.loading[:, None, :]).reshape(-1, p * p)
        J = (data.seen.astype(np.float64) @ pairs).reshape(-1, p, p)
        h = np.where(data.seen, data.values - self.offset, 0.0) @ scaled
        return Sites(J, h, data.offsets, data.groups)

    def constant(self, data: Observed) -> float:
        """What the sites leave out of log p(y)."""
        n = data.seen.sum(axis=0)
        shifted = n * (data.variance + (data.mean - self.offset) ** 2)
        logs = n * np.log(2.0 * np.pi * self.noise)
        return float(-0.5 * (shifted / self.noise + logs).sum())

    def vector(self) -> Array:
        """All free numbers: loadings and offsets in units of the noise, and its logarithm."""
        root = np.sqrt(self.noise)
        scaled = self.loading / root[:, None]
        return np.concatenate([scaled.ravel(), self.offset / root, np.log(self.noise)])

    def moved(self, vector: Array, data: Observed) -> Gaussian:
        """Return the emission of other free numbers; its noise stays above the data's floor."""
        n, p = self.loading.shape
        scaled, offset, log_noise = np.split(vector, [n * p, n * p + n])
        root = np.exp(0.5 * log_noise)
        noise = np.maximum(root**2, noise_floor(data))
        return Gaussian(scaled.reshape(n, p) * root[:, None], offset * root, noise)

    def maximised(self, data: Observed, found: Posterior) -> Gaussian:
        """Regress every neuron on the smoothed positions, with their uncertainty."""
        p = self.loading.shape[1]
        x, V = found.mean[:, :p], found.covariance[:, :p, :p]
        design = np.concatenate([x, np.ones((len(x), 1))], axis=1)
        gram = _grams(data, design, V)
        right = (data.values.T @ design)[:, :, None]
        ridge = 1e-10 * (np.trace(gram, axis1=1, axis2=2) / (p + 1) + 1e-12)
        coefficients = np.linalg.solve(gram + ridge[:, None, None] * np.eye(p + 1), right)[:, :, 0]
        n_seen = np.maximum(data.seen.sum(axis=0), 1)
        fitted = np.einsum("ni,nij,nj->n", coefficients, gram, coefficients)
        residual = data.square - 2.0 * (coefficients * right[:, :, 0]).sum(axis=1) + fitted
        noise = np.maximum(residual / n_seen, noise_floor(data))
        return Gaussian(coefficients[:, :p], coefficients[:, p], noise)


def _grams(data: Observed, design: Array, V: Array) -> Array:
    """Sum E[(x, 1) (x, 1)'] over the bins in which each neuron was seen."""
    n_bins, q = design.shape
    if data.is_whole:
        gram = design.T @ design
        gram[: q - 1, : q - 1] += V.sum(axis=0)
        return np.repeat(gram[None], data.values.shape[1], axis=0)
    second = design[:, :, None] * design[:, None, :]
    second[:, : q - 1, : q - 1] += V
    return (data.seen.T.astype(np.float64) @ second.reshape(n_bins, q * q)).reshape(-1, q, q)


def noise_floor(data: Observed) -> Array:
    """Least noise variance of each neuron; above 0 for one that never changed."""
    typical = float(data.variance.mean())
    return np.maximum(_FLOOR * data.variance, _FLOOR_OF_MEAN * (typical if typical > 0 else 1.0))
