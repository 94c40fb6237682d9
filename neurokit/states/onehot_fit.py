"""Empirical Bayes over edges: kinds, their shared prior and the strengths of edges, together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.states import onehot_edges as edges
from neurokit.states import onehot_slab as slabs

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_MOST_SWEEPS = 500
# The evidence has settled when a sweep gains less than this per edge, nats.
_TOL = 1e-7


@dataclass(frozen=True)
class Edges:
    """What estimates say about edges.

    Parameters
    ----------
    probability : (n_states, n_edges, 3) ndarray
        Of inhibitory, none, excitatory.
    prior : (n_edges, 3) ndarray
        Shared by the states.
    strength : (n_states, n_edges, 2) ndarray
        Mean strength of an inhibitory and of an excitatory edge.
    slab : Slab
        Density of strengths.
    alpha : (n_groups, 3) ndarray
        Concentrations; empty where the prior was given.
    trace : list of float
        Log evidence plus the terms that keep parameters finite; it never falls.
    """

    probability: Array
    prior: Array
    strength: Array
    slab: slabs.Slab
    alpha: Array
    trace: list[float]


def find_edges(estimate: Array, error: Array, group: Index, given: Array | None = None) -> Edges:
    """Return the posterior of edges from estimates of their weights with standard errors.

    Parameters
    ----------
    estimate, error : (n_states, n_edges) ndarray
        Unpenalised weights and their standard errors.
    group : (n_edges,) ndarray of int64
        Which edges share concentrations, from 0.
    given : (n_edges, 3) ndarray, optional
        Probabilities of kinds that are known; default learned.

    Returns
    -------
    Edges
        At a maximum of the evidence.
    """
    slab = slabs.first_slab(estimate, error)
    within = slabs.log_within(estimate, error, slab.bounds)
    alpha = edges.first_alpha(int(group.max(initial=0)) + 1)
    trace: list[float] = []
    for _ in range(_MOST_SWEEPS):
        kind, shares = slabs.log_evidence(estimate, error, within, slab)
        top = kind.max(axis=-1, keepdims=True)
        found = _posterior(np.exp(kind - top), alpha, group, given)
        trace.append(found.log_evidence + float(top.sum()) + slabs.log_prior(slab))
        if given is None:
            trace[-1] += edges.log_prior(alpha)
        if len(trace) > 1 and trace[-1] - trace[-2] < _TOL * estimate.size:
            break
        if given is None:
            alpha = edges.updated_alpha(found, alpha, group, len(estimate))
        slab = slabs.updated_slab(slab, shares, found.probability)
    return Edges(
        found.probability,
        found.prior,
        slabs.mean_strength(estimate, error, slab.bounds, shares),
        slab,
        alpha if given is None else alpha[:0],
        trace,
    )


def _posterior(
    evidence: Array, alpha: Array, group: Index, given: Array | None
) -> edges.EdgePosterior:
    if given is None:
        return edges.edge_posterior(evidence, alpha, group)
    joint = evidence * given
    total = joint.sum(axis=2, keepdims=True)
    # Where what was given forbids all that the data allow, the data lose.
    share = np.where(total > 0, joint / np.where(total > 0, total, 1.0), given)
    log_evidence = float(np.log(np.maximum(total, 1e-300)).sum())
    return edges.EdgePosterior(share, given, log_evidence, np.zeros_like(alpha))
