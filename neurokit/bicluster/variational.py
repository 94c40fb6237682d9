"""A structured variational fit: fast, and no sweep makes its bound worse.

q = prod_k q(w^k) prod_sk q(A, b, Q) q(s) q(pi) prod_i q(z_i) q(d_i, c_i | z_i), where q(w^k) is a
Gauss-Markov chain and q(s) a Markov chain: what hangs together in time stays together. Numbers of
clusters and states are those of the start, or fewer; sizes r are point estimates. Counts enter by
Gaussian factors that match slope and curvature; a step that would lower the bound is shortened.

Blei, Kucukelbir & McAuliffe (2017) Variational inference. doi:10.1080/01621459.2017.1285773
Knowles & Minka (2011) Non-conjugate variational message passing. NIPS 24.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from neurokit.bicluster.block_tridiagonal import gaussian_marginals
from neurokit.bicluster.label_chains import label_marginals
from neurokit.bicluster.observations import GAUSSIAN, NEGATIVE_BINOMIAL, POISSON
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.variational_dynamics import (
    Dynamics,
    Steps,
    expected_dynamics,
    expected_steps,
    step_log_likelihoods,
    weighted_sums,
)
from neurokit.bicluster.variational_entries import (
    Designs,
    best_size,
    designs,
    expected_counts,
    normal_divergence,
    predictor_moments,
    regress,
)

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# How sure a fit is of the labels it starts from.
_SURE = 0.95
# Sweeps before neurons may change their clusters: loadings on the others come first.
_SETTLE = 5
# Sweeps between updates of the sizes, which cost as much as all else.
_SIZES = 5
# How often a step of all latents is halved before it is not made.
_HALVINGS = 4


@dataclass
class Variational:
    """Factors of q, updated in place.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors.
    share : (N, K) ndarray of float64
        q(z_i = k).
    loading, spread : (N, K, q), (N, K, q, q) ndarray of float64
        Mean and covariance of (d, c) given the cluster.
    extra : (N,) ndarray of float64
        Sizes r; for Gaussians 1 / E(1 / v).
    variance : (N, 2) ndarray of float64
        Shape and scale of q(v) of Gaussians.
    mean, covariance, across : ndarray of float64
        Of latents: (K, T, q), (K, T, q, q), Cov(w_t+1, w_t) (K, T - 1, q, q).
    marginal : (n_steps, S) ndarray of float64
        q(s) of every step.
    pairs : (S, S) ndarray of float64
        Expected steps between states.
    bounds : list of float
        Of log p(y), nats, one per sweep.
    """

    data: Data
    settings: Settings
    share: Array
    loading: Array
    spread: Array
    extra: Array
    variance: Array
    mean: Array
    covariance: Array
    across: Array
    marginal: Array
    pairs: Array
    bounds: list[float] = field(default_factory=list)
    _sites: tuple[Array, Array] | None = field(init=False, default=None)
    _entropy: float = field(init=False, default=0.0)
    _steps: Steps = field(init=False)
    _dynamics: Dynamics = field(init=False)

    def __post_init__(self) -> None:
        last = np.zeros(self.data.y.shape[1], dtype=np.bool_)
        last[self.data.last] = True
        self.at = np.flatnonzero(~last)
        self._learn_dynamics()

    @property
    def log_transition(self) -> Array:
        """E log pi."""
        counts = self._transition_prior() + self.pairs
        return np.asarray(digamma(counts) - digamma(counts.sum(axis=1, keepdims=True)))

    def _transition_prior(self) -> Array:
        s = self.settings
        return np.full((s.n_states, s.n_states), s.alpha / s.n_states) + s.kappa * np.eye(
            s.n_states
        )

    def sweep(self) -> None:
        """Update every factor once, and append the bound that this comes to."""
        d = designs(self.mean, self.covariance)
        settled = len(self.bounds) >= _SETTLE
        log_weight = self._log_weight()
        gain = np.stack([self._learn_entries_of(i, d) for i in range(len(self.share))])
        if settled:
            self._learn_shares(gain + log_weight)
        entries = self._learn_latents(d, float((self.share * gain).sum()))
        self._learn_dynamics()
        rest = self._learn_states()
        entries += sum(self._extra_bound(i) for i in range(len(self.share)))
        self.bounds.append(entries + self._partition_bound() + rest)

    def _learn_entries_of(self, i: int, d: Designs) -> Array:
        """Size or variance and loadings of one neuron; the bound of its entries per cluster."""
        seen, y = self.data.seen[i], self.data.y[i]
        mean, square = predictor_moments(d, self.loading[i], self.spread[i])
        if self.data.family == NEGATIVE_BINOMIAL and len(self.bounds) % _SIZES == 0:
            at = mean[:, seen], (square - mean**2)[:, seen]
            self.extra[i] = best_size(y[seen], *at, self.share[i], self.extra[i])
        elif self.data.family == GAUSSIAN:
            gaps = (y**2 - 2.0 * y * mean + square)[:, seen].sum(axis=1)
            s = self.settings
            self.variance[i] = (
                s.variance_shape + 0.5 * seen.sum(),
                s.variance_scale + 0.5 * float(self.share[i] @ gaps),
            )
            self.extra[i] = self.variance[i, 1] / self.variance[i, 0]
        before, old = self._entry_bound(i, d), (self.loading[i].copy(), self.spread[i].copy())
        self.loading[i], self.spread[i] = regress(d, *self._messages(i, (mean, square)))
        after = self._entry_bound(i, d)
        # Clusters in which a full step was too long keep their loadings.
        worse = ~(after >= before)
        self.loading[i][worse], self.spread[i][worse] = old[0][worse], old[1][worse]
        return np.where(worse, before, after)

    def _messages(self, i: int, moments: tuple[Array, Array]) -> tuple[Array, Array]:
        """Omega and kappa of one neuron's entries in every cluster; 0 where nothing was seen."""
        seen, y = self.data.seen[i], self.data.y[i]
        mean, square = moments
        if self.data.family == GAUSSIAN:
            omega = np.broadcast_to(seen / self.extra[i], mean.shape)
            return omega, omega * y
        variance = np.maximum(square - mean**2, 0.0)
        _, slope, curvature = expected_counts(
            y, mean, variance, self.data.family, float(self.extra[i])
        )
        return curvature * seen, (slope + curvature * mean) * seen

    def _entry_bound(self, i: int, d: Designs) -> Array:
        """Sum over observed entries of one neuron in every cluster, less what its loadings cost."""
        seen, y = self.data.seen[i], self.data.y[i]
        mean, square = predictor_moments(d, self.loading[i], self.spread[i])
        if self.data.family == GAUSSIAN:
            gaps = y**2 - 2.0 * y * mean + square
            shape, scale = self.variance[i]
            log_v = np.log(scale) - digamma(shape)
            found = -0.5 * (np.log(2.0 * np.pi) + log_v + gaps / self.extra[i])
        else:
            variance = np.maximum(square - mean**2, 0.0)
            found = expected_counts(y, mean, variance, self.data.family, float(self.extra[i]))[0]
        cost = normal_divergence(self.loading[i], self.spread[i])
        return np.asarray(found @ seen.astype(np.float64) - cost)

    def _extra_bound(self, i: int) -> float:
        """Prior of a size, or minus the divergence of a variance from its prior."""
        if self.data.family == NEGATIVE_BINOMIAL:
            return -float(self.extra[i])
        if self.data.family == POISSON:
            return 0.0
        a, b = self.variance[i]
        a0, b0 = self.settings.variance_shape, self.settings.variance_scale
        divergence = (a - a0) * digamma(a) - gammaln(a) + gammaln(a0)
        divergence += a0 * (np.log(b) - np.log(b0)) + a * (b0 - b) / b
        return -float(divergence)

    def _log_weight(self) -> Array:
        counts = 1.0 + self.share.sum(axis=0)
        return np.asarray(digamma(counts) - digamma(counts.sum()))

    def _partition_bound(self) -> float:
        """E log p(z, weights) - E log q(z, weights), with q(weights) the best."""
        n, k = self.share.shape
        counts = 1.0 + self.share.sum(axis=0)
        entropy = -float((self.share * np.log(np.maximum(self.share, 1e-300))).sum())
        return float(entropy + gammaln(k) + gammaln(counts).sum() - gammaln(n + k))

    def _learn_shares(self, scores: Array) -> None:
        scores = scores - scores.max(axis=1, keepdims=True)
        self.share = np.exp(scores)
        self.share /= self.share.sum(axis=1, keepdims=True)

    def _gather(self, i: int, d: Designs, info: Array, linear: Array) -> None:
        """Add what one neuron says of every cluster's latents: c~ = (1, c)."""
        omega, kappa = self._messages(i, predictor_moments(d, self.loading[i], self.spread[i]))
        omega, kappa = omega * self.share[i][:, None], kappa * self.share[i][:, None]
        second = self.spread[i] + self.loading[i][:, :, None] * self.loading[i][:, None, :]
        row = self.loading[i].copy()
        row[:, 0] = 1.0
        square = second.copy()
        square[:, 0, :] = row
        square[:, :, 0] = row
        offset = second[:, 0, :].copy()
        offset[:, 0] = self.loading[i][:, 0]
        info += omega[..., None, None] * square[:, None]
        linear += kappa[..., None] * row[:, None] - omega[..., None] * offset[:, None]

    def _learn_latents(self, d: Designs, entries: float) -> float:
        """Gauss-Markov chains of all clusters; the bound of entries that they come to."""
        info, linear = np.zeros_like(self.covariance), np.zeros_like(self.mean)
        for i in range(len(self.share)):
            self._gather(i, d, info, linear)
        if self._sites is None:
            self._set_latents(info, linear)
            return self._entries()
        old = (self.mean, self.covariance, self.across, self._steps, self._entropy)
        level = entries + self._latent_bound()
        before = self._sites
        for _ in range(_HALVINGS):
            self._set_latents(info, linear)
            found = self._entries()
            if found + self._latent_bound() >= level:
                return found
            info, linear = 0.5 * (info + before[0]), 0.5 * (linear + before[1])
        self.mean, self.covariance, self.across, self._steps, self._entropy = old
        self._sites = before
        return entries

    def _entries(self) -> float:
        d = designs(self.mean, self.covariance)
        return sum(float(self.share[i] @ self._entry_bound(i, d)) for i in range(len(self.share)))

    def _latent_bound(self) -> float:
        """What latents give to the bound by their dynamics, their start and their entropy."""
        emission = step_log_likelihoods(self._steps, self._dynamics)
        return float((self.marginal * emission).sum()) + self._start_bound() + self._entropy

    def _start_bound(self) -> float:
        first = self.data.first
        square = (self.mean[:, first] ** 2).sum()
        square += np.trace(self.covariance[:, first], axis1=-2, axis2=-1).sum()
        size = self.mean[:, first].size * np.log(2.0 * np.pi)
        return float(-0.5 * (size + square))

    def _set_latents(self, info: Array, linear: Array) -> None:
        """Chains whose entries send these messages."""
        now, q = self.at, self.mean.shape[-1]
        mean, covariance = np.empty_like(self.mean), np.empty_like(self.covariance)
        across, determinants = np.empty_like(self.across), 0.0
        for k in range(len(info)):
            precision, pull, square = (
                np.einsum("ns,sij->nij", self.marginal, found[:, k], optimize=True)
                for found in (
                    self._dynamics.precision,
                    self._dynamics.pull,
                    self._dynamics.square,
                )
            )
            diagonal, rhs = info[k].copy(), linear[k].copy()
            diagonal[self.data.first] += np.eye(q)
            diagonal[now + 1] += precision
            diagonal[now] += square[:, :q, :q]
            rhs[now + 1] += pull[..., q]
            rhs[now] -= square[:, :q, q]
            lower = np.zeros((max(diagonal.shape[0] - 1, 0), q, q))
            lower[now] = -pull[..., :q]
            diagonal = 0.5 * (diagonal + np.swapaxes(diagonal, -1, -2))
            found_k = gaussian_marginals(diagonal, lower, rhs)
            mean[k], covariance[k], across[k] = found_k[:3]
            determinants += found_k[3]
        self.mean, self.covariance, self.across = mean, covariance, across
        self._steps = expected_steps(mean, covariance, across, self.at)
        self._entropy = 0.5 * (mean.size * (1.0 + np.log(2.0 * np.pi)) - determinants)
        self._sites = info, linear

    def _learn_dynamics(self) -> None:
        self._steps = expected_steps(self.mean, self.covariance, self.across, self.at)
        self._dynamics = expected_dynamics(weighted_sums(self._steps, self.marginal))

    def _learn_states(self) -> float:
        """Transitions, then q(s) of every trial; all of the bound but entries and partition."""
        prior = self._transition_prior()
        log_transition = self.log_transition
        counts = prior + self.pairs
        divergence = ((counts - prior) * log_transition).sum() - gammaln(counts).sum()
        divergence += gammaln(counts.sum(axis=1)).sum() - gammaln(prior.sum(axis=1)).sum()
        divergence += gammaln(prior).sum()
        emission = step_log_likelihoods(self._steps, self._dynamics)
        offsets = self.data.edges - np.arange(len(self.data.edges))
        evidence = 0.0
        self.pairs = np.zeros_like(prior)
        for low, high in pairwise(offsets):
            found = label_marginals(emission[low:high], log_transition)
            self.marginal[low:high] = found[0]
            self.pairs += found[1]
            evidence += found[2]
        rest = evidence + self._start_bound() + self._entropy
        return float(rest - self._dynamics.divergence - divergence)


def started(
    data: Data,
    settings: Settings,
    neurons: Labels,
    labels: Labels,
    latents: Array,
    loadings: Array,
    extra: Array,
) -> Variational:
    """Factors around a guess.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors.
    neurons : (N,) ndarray of int64
        Clusters.
    labels : (T,) ndarray of int64
        State of every step; -1 at a trial's last bin.
    latents : (K, T, q) ndarray of float64
        (mu, x).
    loadings : (N, q) ndarray of float64
        (d, c).
    extra : (N,) ndarray of float64
        Sizes or variances.

    Returns
    -------
    Variational
        Ready for its first sweep.
    """
    n_clusters, n_bins, q = latents.shape
    n_neurons, n_states = len(neurons), settings.n_states
    share = np.zeros((n_neurons, n_clusters))
    share[np.arange(n_neurons), neurons] = 1.0
    loading = np.zeros((n_neurons, n_clusters, q))
    loading[..., 0] = loadings[:, :1]
    loading[np.arange(n_neurons), neurons] = loadings
    held = labels[labels >= 0]
    marginal = np.full((len(held), n_states), (1.0 - _SURE) / max(n_states - 1, 1))
    marginal[np.arange(len(held)), held] = _SURE if n_states > 1 else 1.0
    inside = (labels[:-1] >= 0) & (labels[1:] >= 0)
    pairs = np.zeros((n_states, n_states))
    np.add.at(pairs, (labels[:-1][inside], labels[1:][inside]), 1.0)
    half = 0.5 * data.seen.sum(axis=1)
    shape = settings.variance_shape + half
    return Variational(
        data, settings, share, loading,
        np.broadcast_to(0.01 * np.eye(q), (n_neurons, n_clusters, q, q)).copy(),
        extra.copy(), np.stack([shape, shape * extra], axis=1), latents.copy(),
        np.broadcast_to(0.01 * np.eye(q), (n_clusters, n_bins, q, q)).copy(),
        np.zeros((n_clusters, max(n_bins - 1, 0), q, q)), marginal, pairs,
    )  # fmt: skip
