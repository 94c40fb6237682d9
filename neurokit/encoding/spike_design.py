"""The design of a spike GLM: features, and the filtered past of spike trains.

Array layer: no xarray. The past never reaches the present bin or another run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from neurokit.encoding.spike_glm_core import Array, BoolArray, Design

# A penalty of this size per squared standard deviation leaves a weight without any effect.
OVERWHELMING = 1e30


@dataclass(frozen=True)
class Standard:
    """A design in standard deviations, and the way back to the user's units."""

    design: Design
    shared_mean: Array
    shared_scale: Array
    own_mean: Array
    own_scale: Array

    def to_units(self, parameters: Array) -> tuple[Array, Array, Array]:
        """Return intercept (k), shared weights (p, k) and own weights (b, k) in user's units."""
        p = self.shared_mean.size
        shared = parameters[1 : 1 + p] / self.shared_scale[:, None]
        own = parameters[1 + p :] / self.own_scale
        intercept = parameters[0] - self.shared_mean @ shared - (self.own_mean * own).sum(axis=0)
        return intercept, shared, own


def past(counts: Array, basis: Array, runs: Sequence[slice]) -> Array:
    """h_b(t) = sum_l basis[l, b] counts[t - 1 - l], within each run; NaN where it is not known.

    Parameters
    ----------
    counts : (n_bins, n_neurons) ndarray
        Spikes per bin; NaN is not observed.
    basis : (n_lags, n_basis) ndarray
        Filters over the bins before.
    runs : sequence of slice
        Stretches that cover the bins; the first n_lags bins of each have no known past.

    Returns
    -------
    (n_basis, n_bins, n_neurons) ndarray of float64
        The past of each neuron through each filter.
    """
    n_lags, n_basis = basis.shape
    out = np.full((n_basis, *counts.shape), np.nan)
    for run in runs:
        part = counts[run]
        if part.shape[0] <= n_lags:
            continue
        missing = np.isnan(part)
        filled = np.where(missing, 0.0, part)
        for b in range(n_basis):
            kernel = basis[:, b : b + 1]
            out[b, run.start + n_lags : run.stop] = scipy.signal.oaconvolve(
                filled[:-1], kernel, mode="valid", axes=0
            )
        if missing.any():
            seen = np.cumsum(np.vstack([np.zeros_like(missing[:1]), missing]), axis=0)
            hidden = seen[n_lags:-1] - seen[: -n_lags - 1] > 0
            out[:, run.start + n_lags : run.stop][:, hidden] = np.nan
    return out


def coupled(history: Array) -> Array:
    """Lay the past of all neurons side by side as features of every neuron.

    Parameters
    ----------
    history : (n_basis, n_bins, n_neurons) ndarray
        From `past`.

    Returns
    -------
    (n_bins, n_neurons * n_basis) ndarray
        Neuron by neuron.
    """
    n_basis, n, k = history.shape
    return np.ascontiguousarray(history.transpose(1, 2, 0).reshape(n, k * n_basis))


def standardise(
    features: Array, own: Array, counts: Array, alpha: float = 1.0
) -> tuple[Standard, Array]:
    """Bring a design to mean 0 and standard deviation 1, and leave out what is not known.

    Parameters
    ----------
    features : (n_bins, n_features) ndarray
        The same for all neurons; a bin with NaN counts for none.
    own : (n_own, n_bins, n_neurons) ndarray
        Features of each neuron; a bin with NaN does not count for it.
    counts : (n_bins, n_neurons) ndarray
        NaN is not observed.
    alpha : float, default 1.0
        Penalty that the design is for.

    Returns
    -------
    standard : Standard
        Of the bins that count for some neuron.
    counts : (n_kept, n_neurons) ndarray
        Of these bins, 0 where not observed.
    """
    known = np.asarray(np.isfinite(features).all(axis=1))
    observed: BoolArray = np.isfinite(counts) & known[:, None]
    if own.size:
        observed &= np.isfinite(own).all(axis=0)
    rows = observed.any(axis=1)
    if not rows.all():
        features, own, counts, observed = features[rows], own[:, rows], counts[rows], observed[rows]
    z, mean, scale = _z_score(features, 0)
    own_z, own_mean, own_scale = _z_score(np.where(np.isfinite(own), own, 0.0), 1)
    z, weight = _penalised(z, scale, alpha, 0)
    own_z, own_weight = _penalised(own_z, own_scale, alpha, 1)
    design = Design(
        np.concatenate([np.ones((z.shape[0], 1)), z], axis=1),
        np.concatenate([[0.0], weight]),
        own_z,
        own_weight,
        None if observed.all() else observed,
    )
    filled = counts if observed.all() else np.where(observed, counts, 0.0)
    return Standard(design, mean, scale, own_mean, own_scale), filled


def _z_score(x: Array, axis: int) -> tuple[Array, Array, Array]:
    """Return z-scores along an axis with mean and scale; a constant becomes zeros."""
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    if not x.size:
        return x, np.zeros(shape), np.ones(shape)
    # By powers of two, which cost no digit, squares are kept from overflow and underflow.
    largest = np.maximum(x.max(axis=axis), -x.min(axis=axis))
    power = np.where((largest > 1e100) | (largest < 1e-100), np.frexp(largest)[1], 0)
    if power.any():
        x = np.ldexp(x, np.expand_dims(-power, axis))
    mean, scale = x.mean(axis=axis), x.std(axis=axis)
    # What rounding leaves of a constant is no variance.
    varies = scale > 1e-13 * np.abs(mean)
    scale = np.where(varies, scale, 1.0)
    z = (x - np.expand_dims(mean, axis)) / np.expand_dims(scale, axis)
    z = np.where(np.expand_dims(varies, axis), z, 0.0)
    return z, np.ldexp(mean, power), np.where(varies, np.ldexp(scale, power), 1.0)


def _penalised(z: Array, scale: Array, alpha: float, axis: int) -> tuple[Array, Array]:
    """Return z-scores and the weights of their penalty; what cannot have a weight becomes zeros."""
    if alpha == 0:
        return z, np.zeros_like(scale)
    none = scale < np.sqrt(alpha / OVERWHELMING)
    if none.any():
        z = np.where(np.expand_dims(none, axis), 0.0, z)
    return z, np.asarray(np.where(none, 1.0, scale) ** -2.0)


def spread_filters(weights: Array, basis: Array) -> NDArray[np.float64]:
    """Return filters over lags from weights of a basis.

    Parameters
    ----------
    weights : (n_basis, ...) ndarray
        Weights.
    basis : (n_lags, n_basis) ndarray
        Basis.

    Returns
    -------
    (n_lags, ...) ndarray
        Filters.
    """
    return np.asarray(np.tensordot(basis, weights, axes=1))
