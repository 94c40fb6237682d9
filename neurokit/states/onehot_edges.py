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
    mean_digamma : (n_edges, 3) ndarray
        E[digamma(alpha_c + n_c)], which alpha's update needs.
    """

    probability: Array
    prior: Array
    log_evidence: float
    mean_digamma: Array


def edge_posterior(evidence: Array, alpha: Array) -> EdgePosterior:
    """Return the exact posterior of every edge's kind in every state.

    Parameters
    ----------
    evidence : (n_states, n_edges, 3) ndarray
        Likelihood of each kind, up to a factor per state and edge.
    alpha : (n_edges, 3) ndarray
        Concentrations of each edge's Dirichlet.

    Returns
    -------
    EdgePosterior
        By polynomials of counts, in O(n_edges n_states^4).
    """
    n_states = len(evidence)
    weight = _of_counts(alpha, n_states)
    everything = _count_polynomial(evidence)
    joint = everything * weight
    total = joint.sum(axis=(1, 2))
    probability = np.empty_like(evidence)
    for s in range(n_states):
        rest = _count_polynomial(np.delete(evidence, s, axis=0))
        # One more of the kind: shift the counts by it.
        probability[s, :, 0] = (rest * weight[:, 1:, :-1]).sum(axis=(1, 2))
        probability[s, :, 1] = (rest * weight[:, :-1, :-1]).sum(axis=(1, 2))
        probability[s, :, 2] = (rest * weight[:, :-1, 1:]).sum(axis=(1, 2))
    probability *= evidence
    probability /= probability.sum(axis=2, keepdims=True)
    expected = probability.sum(axis=0)
    prior = (alpha + expected) / (alpha.sum(axis=1) + n_states)[:, None]
    return EdgePosterior(
        probability,
        prior,
        float(np.log(total).sum()),
        _mean_digamma(joint / total[:, None, None], alpha),
    )


def _count_polynomial(evidence: Array) -> Array:
    """Sum of products of evidence over all combinations with (i inhibitory, e excitatory) states.

    (n_edges, n_states + 1, n_states + 1); zero where i + e exceeds the number of states.
    """
    n_states, n_edges, _ = evidence.shape
    found = np.zeros((n_edges, n_states + 1, n_states + 1))
    found[:, 0, 0] = 1.0
    for one in evidence:
        following = found * one[:, 1, None, None]
        following[:, 1:, :] += found[:, :-1, :] * one[:, 0, None, None]
        following[:, :, 1:] += found[:, :, :-1] * one[:, 2, None, None]
        found = following
    return found


def _counts(n_states: int) -> tuple[Index, Index, Index]:
    inhibitory, excitatory = np.indices((n_states + 1, n_states + 1))
    return inhibitory, n_states - inhibitory - excitatory, excitatory


def _of_counts(alpha: Array, n_states: int) -> Array:
    """Probability of one combination of kinds by its counts, (n_edges, S + 1, S + 1)."""
    counts = _counts(n_states)
    log = gammaln(alpha.sum(axis=1)) - gammaln(alpha.sum(axis=1) + n_states)
    total = log[:, None, None] + np.zeros(counts[0].shape)
    for c, n in enumerate(counts):
        a = alpha[:, c, None, None]
        total = total + gammaln(a + np.maximum(n, 0)) - gammaln(a)
    return np.where(counts[1] >= 0, np.exp(total), 0.0)


def _mean_digamma(share: Array, alpha: Array) -> Array:
    counts = _counts(share.shape[1] - 1)
    return np.stack(
        [
            (share * digamma(alpha[:, c, None, None] + np.maximum(n, 0))).sum(axis=(1, 2))
            for c, n in enumerate(counts)
        ],
        axis=1,
    )


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
        own = group == g
        a = alpha[g]
        above = posterior.mean_digamma[own].sum(axis=0) - own.sum() * digamma(a)
        below = own.sum() * (digamma(a.sum() + n_states) - digamma(a.sum()))
        following[g] = (a * above + 1.0) / (below + 1.0)
    return following


def log_prior(alpha: Array) -> float:
    """Return sum log(alpha) - alpha, what keeps concentrations finite."""
    return float(np.sum(np.log(alpha) - alpha))


def first_alpha(n_groups: int) -> Array:
    """Return concentrations to start from, (n_groups, 3)."""
    return np.tile(np.array(_FIRST_ALPHA), (n_groups, 1))
