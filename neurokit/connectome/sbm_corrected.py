"""Block models beyond degrees and strengths: node effects first, blocks for what they leave.

Node effects are fitted once, under one block. Edges of a pair of blocks are then compared with
those expected, and weights enter as residuals; the evidence of one block stays exactly what the
model of node effects says, and blocks are credited with the ratio to it.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from neurokit.connectome.sbm_node_effects import (
    PairEffects,
    edge_effects,
    mean_effects,
)
from neurokit.connectome.sbm_weight_effects import weight_effects
from neurokit.connectome.sbm_weights import (
    CORRECTED,
    EDGE,
    EXPECTED,
    EXPECTED_SQUARES,
    EXPONENTIAL,
    GAUSSIAN,
    SHARED,
    SQUARES,
    SUM,
    Array,
    Bools,
    PairModel,
    log_edges,
    log_weights,
    pair_model,
)


def corrected_model(
    values: Array, observed: Bools, kind: str, null: PairEffects | None = None
) -> PairModel:
    """The degree-corrected block model of a weighted graph.

    Parameters
    ----------
    values : (node, node) ndarray
        Symmetric weights, 0 is no edge.
    observed : (node, node) ndarray of bool
        Which pairs were observed; the diagonal never is.
    kind : str
        Model of the weights.
    null : PairEffects, optional
        Of the edges under one block, where they were fitted before.

    Returns
    -------
    PairModel
        Ready for `neurokit.connectome.sbm_search`.
    """
    plain = pair_model(values, observed, kind)
    pairs, constant, edges = plain.pairs, plain.constant, plain.edges
    if pairs[..., EDGE].any():
        constant += _residual_weights(pairs, plain.weights, plain.tables)
    if edges != SHARED:
        edges = CORRECTED
        null = null or edge_effects(pairs[..., EDGE], observed.astype(np.float64))
        pairs[..., EXPECTED] = observed * expit(null.predictor)
        pairs[..., EXPECTED_SQUARES] = pairs[..., EXPECTED] ** 2
        constant += null.log_evidence - float(log_edges(_total(pairs), edges, plain.tables))
    return PairModel(pairs, edges, plain.weights, plain.tables, constant)


def _total(pairs: Array) -> Array:
    return np.asarray(0.5 * pairs.sum(axis=(0, 1)))


def _residual_weights(pairs: Array, weights: int, look_up: Array) -> float:
    """Put residuals in the place of weights; return what node effects explain, in nats."""
    edge, y = pairs[..., EDGE], pairs[..., SUM]
    if weights == GAUSSIAN:
        fitted = weight_effects(y, [edge])
        residual = edge * (y - fitted.effect[:, None] - fitted.effect)
        explained = fitted.log_evidence
    elif weights == EXPONENTIAL:
        means = mean_effects(y, edge)
        # Only ratios between nodes are taken out, so that the prior of rates keeps its scale.
        residual = y * np.exp(means.predictor.mean() - means.predictor)
        explained = means.log_evidence
    else:
        return 0.0
    pairs[..., SUM] = residual
    pairs[..., SQUARES] = residual**2
    return explained - float(log_weights(_total(pairs), weights, look_up))
