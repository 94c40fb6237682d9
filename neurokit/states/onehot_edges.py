"""Which edges exist, and with which sign: exact posterior of a shared ternary prior.

An edge (post n, pre j) has probabilities A0[n, j] of being inhibitory, absent or excitatory, drawn
from Dirichlet(alpha); every state draws its kind from them. Given evidence for each kind in each
state, A0 is integrated out: the kinds of S states have probability
Gamma(|a|) / Gamma(|a| + S) prod_c Gamma(a_c + n_c) / Gamma(a_c), n_c of them of kind c. It depends
on counts alone, so that sums over all 3^S combinations are polynomials in two variables. No edge
votes in its own prior: its posterior sums over the other states' kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_FIRST_ALPHA = (0.5, 1.5, 0.5)


@dataclass(frozen=True)
class EdgePosterior:
    """What evidence says about kinds of edges.

    Parameters
    ----------
    probability : (n_states, n_edges, 3) ndarray
        p(kind | all evidence): inhibitory, none, excitatory.
    prior : (n_edges, 3) ndarray
        Posterior mean of A0.
    log_evidence : float
        log p(evidence | alpha), nats.
    sum_digamma : (n_groups, 3) ndarray
        Sum over a group's edges of E[digamma(alpha_c + n_c)], which alpha's update needs.
    """

    probability: Array
    prior: Array
    log_evidence: float
    sum_digamma: Array


def edge_posterior(evidence: Array, alpha: Array, group: Index) -> EdgePosterior:
    """Return the exact posterior of every edge's kind in every state.

    Parameters
    ----------
    evidence : (n_states, n_edges, 3) ndarray
        Likelihood of each kind, up to a factor per state and edge.
    alpha : (n_groups, 3) ndarray
        Concentrations of each group's Dirichlet.
    group : (n_edges,) ndarray of int64
        Each edge's group.

    Returns
    -------
    EdgePosterior
        By polynomials of counts, in O(n_edges n_states^4).
    """
    n_states = len(evidence)
    probability, log_total, sums = _sum_over_kinds(
        np.ascontiguousarray(evidence.transpose(1, 0, 2)),
        group,
        _of_counts(alpha, n_states),
        digamma(alpha[:, :, None] + np.arange(n_states + 1)),
    )
    a = alpha[group]
    prior = (a + probability.sum(axis=1)) / (a.sum(axis=1) + n_states)[:, None]
    return EdgePosterior(probability.transpose(1, 0, 2), prior, float(log_total), sums)


def _of_counts(alpha: Array, n_states: int) -> Array:
    """Probability of one combination with (i inhibitory, e excitatory), per group."""
    inhibitory, excitatory = np.indices((n_states + 1, n_states + 1))
    counts = (inhibitory, n_states - inhibitory - excitatory, excitatory)
    total = gammaln(alpha.sum(axis=1)) - gammaln(alpha.sum(axis=1) + n_states)
    table = total[:, None, None] + np.zeros(inhibitory.shape)
    for c, n in enumerate(counts):
        a = alpha[:, c, None, None]
        table = table + gammaln(a + np.maximum(n, 0)) - gammaln(a)
    return np.where(counts[1] >= 0, np.exp(table), 0.0)


@numba.njit(cache=True, nogil=True)
def _polynomial(evidence: Array, without: int, out: Array) -> None:
    """Sum of products of evidence over combinations with (i, e) states, one state left out."""
    n_states = len(evidence)
    out[:] = 0.0
    out[0, 0] = 1.0
    for s in range(n_states):
        if s == without:
            continue
        for i in range(n_states, -1, -1):
            for e in range(n_states - i, -1, -1):
                value = out[i, e] * evidence[s, 1]
                if i:
                    value += out[i - 1, e] * evidence[s, 0]
                if e:
                    value += out[i, e - 1] * evidence[s, 2]
                out[i, e] = value


@numba.njit(cache=True, nogil=True)
def _sum_over_kinds(
    evidence: Array, group: Index, weight: Array, digammas: Array
) -> tuple[Array, float, Array]:
    """Posterior of kinds, log evidence and expected digammas, edge by edge."""
    n_edges, n_states, _ = evidence.shape
    probability = np.zeros((n_edges, n_states, 3))
    sums = np.zeros((len(weight), 3))
    poly = np.empty((n_states + 1, n_states + 1))
    log_total = 0.0
    for edge in range(n_edges):
        g = weight[group[edge]]
        for s in range(n_states):
            _polynomial(evidence[edge], s, poly)
            own = probability[edge, s]
            # One more of the kind: its counts are shifted by it.
            for i in range(n_states):
                for e in range(n_states - i):
                    own[0] += poly[i, e] * g[i + 1, e]
                    own[1] += poly[i, e] * g[i, e]
                    own[2] += poly[i, e] * g[i, e + 1]
            total = 0.0
            for c in range(3):
                own[c] *= evidence[edge, s, c]
                total += own[c]
            for c in range(3):
                own[c] /= total
        _polynomial(evidence[edge], -1, poly)
        poly *= g
        total = poly.sum()
        log_total += np.log(total)
        for i in range(n_states + 1):
            for e in range(n_states + 1 - i):
                share = poly[i, e] / total
                sums[group[edge], 0] += share * digammas[group[edge], 0, i]
                sums[group[edge], 1] += share * digammas[group[edge], 1, n_states - i - e]
                sums[group[edge], 2] += share * digammas[group[edge], 2, e]
    return probability, log_total, sums


def updated_alpha(posterior: EdgePosterior, alpha: Array, group: Index, n_states: int) -> Array:
    """One step up the evidence in the concentrations of every group (Minka's fixed point).

    Each concentration has the prior alpha exp(-alpha), which has its top at 1 and the weight of
    about one edge, so that a group of few edges, or of edges that all agree, has finite ones.

    Parameters
    ----------
    posterior : EdgePosterior
        Under `alpha`.
    alpha : (n_groups, 3) ndarray
        Present concentrations.
    group : (n_edges,) ndarray of int64
        Each edge's group.
    n_states : int
        S.

    Returns
    -------
    (n_groups, 3) ndarray
        Never lowers log p(evidence | alpha) + `log_prior` of alpha.

    References
    ----------
    .. [1] Minka (2000) Estimating a Dirichlet distribution. Technical report, MIT.
    """
    following = alpha.copy()
    for g in range(len(alpha)):
        n_own = np.count_nonzero(group == g)
        a = alpha[g]
        above = posterior.sum_digamma[g] - n_own * digamma(a)
        below = n_own * (digamma(a.sum() + n_states) - digamma(a.sum()))
        following[g] = (a * above + 1.0) / (below + 1.0)
    return following


def log_prior(alpha: Array) -> float:
    """Return sum log(alpha) - alpha, what keeps concentrations finite."""
    return float(np.sum(np.log(alpha) - alpha))


def first_alpha(n_groups: int) -> Array:
    """Return concentrations to start from, (n_groups, 3)."""
    return np.tile(np.array(_FIRST_ALPHA), (n_groups, 1))
