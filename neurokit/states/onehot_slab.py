"""How strong edges are: a histogram of strengths learned from estimates with errors.

An absent edge has weight 0. An edge has strength u >= 0 with a density that is constant within
bins; its estimate is N(+-u, se^2). The shares of the bins are learned, with one pseudo-edge in
each, so that no shape is assumed: a half-normal slab would give too much to weak edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr

Array = NDArray[np.float64]

# Bins up to the strength that nearly all clear edges stay below; one more holds the rest.
_N_BINS = 10
# An estimate this many standard errors from zero is a clear edge.
_CLEAR = 3.0
_NEARLY_ALL = 98.0
# Pseudo-edges per bin, spread evenly over the strengths.
_PSEUDO = 1.0


@dataclass(frozen=True)
class Slab:
    """Density of strengths.

    Parameters
    ----------
    bounds : (n_bins + 1,) ndarray
        Of the bins, from 0.
    share : (2, n_bins) ndarray
        Of inhibitory and of excitatory edges; rows sum to 1.
    """

    bounds: Array
    share: Array

    def moments(self) -> tuple[Array, Array]:
        """Return mean and variance of the strengths of both signs."""
        low, high = self.bounds[:-1], self.bounds[1:]
        mean = self.share @ ((low + high) / 2)
        square = self.share @ ((low**2 + low * high + high**2) / 3)
        return mean, square - mean**2


def first_slab(estimate: Array, error: Array) -> Slab:
    """Return bins that fit the estimates, all strengths alike.

    Parameters
    ----------
    estimate, error : ndarray
        Weights and their standard errors.

    Returns
    -------
    Slab
        With the last bin reaching the largest estimate.
    """
    size = np.abs(estimate)
    clear = size[size > _CLEAR * error]
    reach = float(np.percentile(clear, _NEARLY_ALL)) if clear.size else float(error.min()) * _CLEAR
    # No estimate lies further than a standard error beyond the last bin.
    largest = max(float((size - error).max()), 1.05 * reach)
    bounds = np.append(np.linspace(0.0, reach, _N_BINS + 1), largest)
    return Slab(bounds, np.tile(_even(bounds), (2, 1)))


def _even(bounds: Array) -> Array:
    """Shares of an even density up to the last bin but one, and the same mass again per bin."""
    share = np.full(bounds.size - 1, 1.0)
    share[-1] = 0.1
    return np.asarray(share / share.sum())


def log_within(estimate: Array, error: Array, bounds: Array) -> Array:
    """Return log of the mean of N(estimate; +-u, error^2) over u in every bin.

    Parameters
    ----------
    estimate, error : (...) ndarray
        Weights and their standard errors.
    bounds : (n_bins + 1,) ndarray
        Of strengths.

    Returns
    -------
    (..., 2, n_bins) ndarray
        Inhibitory, excitatory.
    """
    z = (bounds - _both_signs(estimate)) / error[..., None, None]
    high, low = z[..., 1:], z[..., :-1]
    # Both ends in the tail where the difference of probabilities keeps its digits.
    flip = low > 0
    above, below = np.where(flip, -low, high), np.where(flip, -high, low)
    top = log_ndtr(above)
    mass = top + np.log1p(-np.minimum(np.exp(log_ndtr(below) - top), 1 - 1e-15))
    return np.asarray(mass - np.log(np.diff(bounds)))


def _both_signs(estimate: Array) -> Array:
    return np.stack([-estimate, estimate], axis=-1)[..., None]


def log_evidence(estimate: Array, error: Array, within: Array, slab: Slab) -> tuple[Array, Array]:
    """Return log likelihoods of kinds, and shares of bins given an edge.

    Parameters
    ----------
    estimate, error : (...) ndarray
        Weights and their standard errors.
    within : (..., 2, n_bins) ndarray
        Of `log_within` at the slab's bounds.
    slab : Slab
        Density of strengths.

    Returns
    -------
    kind : (..., 3) ndarray
        Inhibitory, none, excitatory.
    shares : (..., 2, n_bins) ndarray
        Posterior of the bins, given an inhibitory and an excitatory edge.
    """
    none = -0.5 * (estimate / error) ** 2 - np.log(error) - 0.5 * np.log(2 * np.pi)
    bins = within + np.log(slab.share)
    edge = logsumexp(bins, axis=-1)
    return np.stack([edge[..., 0], none, edge[..., 1]], axis=-1), np.exp(bins - edge[..., None])


def updated_slab(slab: Slab, shares: Array, probability: Array) -> Slab:
    """One EM step for the shares of the bins.

    Parameters
    ----------
    slab : Slab
        Present.
    shares : (..., 2, n_bins) ndarray
        Of `log_evidence`.
    probability : (..., 3) ndarray
        Of kinds.

    Returns
    -------
    Slab
        With new shares; never lowers log p(estimates) + `log_prior` of the slab.
    """
    n_bins = slab.bounds.size - 1
    expected = shares * probability[..., [0, 2]][..., None]
    counts = expected.reshape(-1, 2, n_bins).sum(axis=0) + _pseudo(slab)
    return Slab(slab.bounds, counts / counts.sum(axis=1, keepdims=True))


def _pseudo(slab: Slab) -> Array:
    return _PSEUDO * (slab.bounds.size - 1) * _even(slab.bounds)


def log_prior(slab: Slab) -> float:
    """Return the log density of the shares that the pseudo-edges stand for, up to a constant."""
    return float(np.sum(_pseudo(slab) * np.log(slab.share)))


def mean_strength(estimate: Array, error: Array, bounds: Array, shares: Array) -> Array:
    """Return the mean strength given an edge of each sign.

    Parameters
    ----------
    estimate, error : (...) ndarray
        Weights and their standard errors.
    bounds : (n_bins + 1,) ndarray
        Of strengths.
    shares : (..., 2, n_bins) ndarray
        Of `log_evidence`.

    Returns
    -------
    (..., 2) ndarray
        Inhibitory and excitatory, both positive.
    """
    centre = _both_signs(estimate)
    z = (bounds - centre) / error[..., None, None]
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    mass = ndtr(z[..., 1:]) - ndtr(z[..., :-1])
    shift = (density[..., :-1] - density[..., 1:]) / np.maximum(mass, 1e-300)
    low, high = bounds[:-1], bounds[1:]
    # Far in the tail, where the mass rounds to zero, the nearest end of the bin is the mean.
    mean = np.where(mass > 1e-12, centre + error[..., None, None] * shift, centre)
    return np.asarray((shares * np.clip(mean, low, high)).sum(axis=-1))
