"""How well predicted rates explain spikes: likelihood-based scores and time rescaling.

Array layer: no xarray. Haslinger, Pipa & Brown 2010, doi:10.1162/NECO_a_00015 (rescaling in bins).
"""

from __future__ import annotations

import numpy as np
import scipy.special
import scipy.stats
from numpy.typing import NDArray

Array = NDArray[np.float64]


class _Observed:
    """Counts of the bins that count; logarithms are taken only where there are spikes."""

    def __init__(self, counts: Array, expected: Array) -> None:
        self.seen = np.isfinite(counts) & np.isfinite(expected)
        spiking = counts > 0
        if not self.seen.all():
            spiking &= self.seen
        self.spiking = spiking
        self.place = np.flatnonzero(spiking)
        self.neuron = self.place % counts.shape[1]
        self.y = np.ravel(counts)[self.place]

    def per_neuron(self, each: Array) -> Array:
        n = self.seen.shape[1]
        return np.asarray(np.bincount(self.neuron, each, minlength=n), dtype=np.float64)

    def log_likelihood(self, expected: Array, observation: str) -> Array:
        mu = expected if self.seen.all() else np.where(self.seen, expected, 0.0)
        with np.errstate(divide="ignore"):
            rate = np.log(np.ravel(mu)[self.place])
            if observation == "poisson":
                each, rest = self.y * rate - scipy.special.gammaln(self.y + 1), -mu.sum(axis=0)
            else:
                each, rest = rate, np.where(self.spiking, 0.0, np.log1p(-mu)).sum(axis=0)
        return np.asarray(self.per_neuron(each) + rest)

    def constant(self, base: Array, observation: str) -> Array:
        n, spikes = self.seen.sum(axis=0), self.per_neuron(self.y)
        known = scipy.special.xlogy(spikes, base)
        if observation == "poisson":
            return np.asarray(known - n * base - self.per_neuron(scipy.special.gammaln(self.y + 1)))
        return np.asarray(known + scipy.special.xlog1py(n - spikes, -base))

    def saturated(self, observation: str) -> Array:
        if observation != "poisson":
            return np.zeros(self.seen.shape[1])
        return self.per_neuron(self.y * np.log(self.y) - self.y - scipy.special.gammaln(self.y + 1))


def log_likelihood(counts: Array, expected: Array, observation: str) -> Array:
    """sum_t log p(y_t | expected_t), over bins without NaN.

    Parameters
    ----------
    counts : (n_bins, n_neurons) ndarray
        Spikes per bin.
    expected : (n_bins, n_neurons) ndarray
        Predicted mean per bin.
    observation : {"poisson", "bernoulli"}
        Distribution.

    Returns
    -------
    (n_neurons,) ndarray of float64
        Nats; -inf where something happened that was called impossible.
    """
    return _Observed(counts, expected).log_likelihood(expected, observation)


def spike_scores(
    counts: Array, expected: Array, observation: str, base_rate: Array
) -> dict[str, Array]:
    """Compare predictions with a constant rate and with a model that knows every bin.

    bits per spike = (LL - LL_base) / (n_spikes log 2), McFadden R2 = 1 - LL / LL_base,
    D2 = (LL - LL_base) / (LL_saturated - LL_base).

    Parameters
    ----------
    counts : (n_bins, n_neurons) ndarray
        Spikes per bin; NaN is left out.
    expected : (n_bins, n_neurons) ndarray
        Predicted mean per bin; NaN is left out.
    observation : {"poisson", "bernoulli"}
        Distribution.
    base_rate : (n_neurons,) ndarray
        The constant rate to compare with: the training mean.

    Returns
    -------
    dict of str to (n_neurons,) ndarray
        ``bits_per_spike``, ``mcfadden_r2``, ``d2``; NaN without a spike.
    """
    observed = _Observed(counts, expected)
    full = observed.log_likelihood(expected, observation)
    constant = observed.constant(base_rate, observation)
    saturated = observed.saturated(observation)
    spikes = observed.per_neuron(observed.y)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = {
            "bits_per_spike": (full - constant) / (spikes * np.log(2)),
            "mcfadden_r2": 1 - full / constant,
            "d2": (full - constant) / (saturated - constant),
        }
    return {name: np.where(spikes > 0, value, np.nan) for name, value in scores.items()}


def rescaled_intervals(
    counts: Array, expected: Array, observation: str, rng: np.random.Generator
) -> Array:
    """1 - exp(-integral of the rate between spikes): uniform if the model is true.

    Within its bin a spike's place is drawn from what the model says of it, so that bins of any
    width leave no bias.

    Parameters
    ----------
    counts, expected : (n_bins,) ndarray
        One neuron, no NaN.
    observation : {"poisson", "bernoulli"}
        Distribution.
    rng : numpy.random.Generator
        Source of the places.

    Returns
    -------
    (n_spikes - 1,) ndarray of float64
        Between 0 and 1.
    """
    mass = expected if observation == "poisson" else -np.log1p(-np.minimum(expected, 1 - 1e-15))
    before = np.concatenate([[0.0], np.cumsum(mass)[:-1]])
    bins = np.repeat(np.arange(counts.size), counts.astype(np.int64))
    u = rng.random(bins.size)
    if observation == "poisson":
        place = np.sort(before[bins] + u * mass[bins])
        return np.asarray(-np.expm1(-np.diff(place)))
    # A bin holds one spike at most, so the next interval begins with the next bin.
    place = before[bins] - np.log1p(u * np.expm1(-mass[bins]))
    after = before[bins] + mass[bins]
    return np.asarray(-np.expm1(after[:-1] - place[1:]))


def rescaling_test(
    counts: Array, expected: Array, observation: str, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Kolmogorov-Smirnov distance of rescaled intervals from uniform, with its p-value.

    Parameters
    ----------
    counts, expected : (n_bins, n_neurons) ndarray
        NaN bins are closed up.
    observation : {"poisson", "bernoulli"}
        Distribution.
    rng : numpy.random.Generator
        Source of places within bins.

    Returns
    -------
    statistic, p : (n_neurons,) ndarray
        NaN with fewer than 3 spikes.
    """
    found = np.full((2, counts.shape[1]), np.nan)
    for k, stream in enumerate(rng.spawn(counts.shape[1])):
        seen = np.isfinite(counts[:, k]) & np.isfinite(expected[:, k])
        if counts[seen, k].sum() < 3:
            continue
        z = rescaled_intervals(counts[seen, k], expected[seen, k], observation, stream)
        found[:, k] = scipy.stats.kstest(z, "uniform")
    return found[0], found[1]
