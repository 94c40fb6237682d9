"""Communities: pairs within blocks against pairs between blocks, beyond degrees and strengths.

    logit p_ij = theta_i + theta_j + intercept + (i and j share a block) term
    y_ij       = mean + node effects + noise

where means differ within and between blocks and node effects either are the same there or not; both
are weighed by their evidence. Node effects are refitted between sweeps of moves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from neurokit.connectome.sbm_clustering import merge_gains
from neurokit.connectome.sbm_draws import choose, shuffle
from neurokit.connectome.sbm_moves import Labels, log_partition
from neurokit.connectome.sbm_node_effects import PairEffects, edge_effects
from neurokit.connectome.sbm_search import first_appearance
from neurokit.connectome.sbm_weight_effects import CommunityEffects, WeightEffects
from neurokit.connectome.sbm_weights import (
    CORRECTED,
    EDGE,
    EXPECTED,
    EXPECTED_SQUARES,
    EXPONENTIAL,
    GAUSSIAN,
    SUM,
    UNWEIGHTED,
    log_edges,
    log_weights,
    scaled,
    tables,
)

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Temperatures of the sweeps between refits of node effects.
_TEMPERATURES = tuple(3.0 * (1.0 - k / 12) ** 2 for k in range(12))
# Refits to a partition that no longer changes, and merges tried on the way to one block.
_MOST_REFITS = 8
_TRIED_MERGES = 3
# How much likelier and heavier edges within communities are held to be at first.
_PUSHES = ((0.0, 0.0), (1.0, 0.0), (0.0, 0.5))


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


def _inlined(function: Any) -> Any:
    return numba.njit(inline="always", error_model="numpy")(function)


@dataclass(frozen=True)
class Fitted:
    """Node effects given a partition.

    Parameters
    ----------
    edges : (3,) ndarray
        Shift of the logits of pairs within and between blocks; log likelihood of the edges.
    within, between : WeightEffects or None
        None where weights have no node effects.
    shared : bool
        Whether node effects within and between blocks are the same.
    log_joint : float
        Of graph and partition, nats, without the Jacobian.
    """

    edges: Array
    within: WeightEffects | None
    between: WeightEffects | None
    shared: bool
    log_joint: float


class AssortativeModel:
    """Communities with node effects, ready for one graph.

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
    """

    def __init__(
        self, values: Array, observed: Bools, kind: str, null: PairEffects | None = None
    ) -> None:
        edge = observed & (values > 0)
        self.edge, self.observed = edge.astype(np.float64), observed.astype(np.float64)
        self.y, self.weights, self.constant = scaled(values, edge, kind)
        self.shares_edges = kind == "zero-inflated"
        null = null or edge_effects(self.edge, self.observed)
        self.expected = self.observed * expit(null.predictor)
        self.effects = CommunityEffects(self.y, self.edge)
        self.edge_constant = 0.0
        self.tables = tables(int(edge.sum()) // 2 + 1, self.weights)
        if self.shares_edges:
            from neurokit.connectome.sbm_weights import log_beta_bernoulli

            self.constant += log_beta_bernoulli(int(edge.sum()) // 2, int(observed.sum()) // 2)

        if not self.shares_edges:
            self.edge_constant = (
                null.log_evidence - self._edge_terms(np.zeros(len(edge), np.int64))[2]
            )

    def fit(self, labels: Labels, start: Fitted | None = None, *, search: bool = True) -> Fitted:
        """Node effects and log joint of a partition.

        Parameters
        ----------
        labels : (node,) ndarray of int64
            Blocks from 0 without gaps.
        start : Fitted, optional
            Where iterations start.
        search : bool, default True
            False keeps the ratios of variances of the start.

        Returns
        -------
        Fitted
            At the mode.
        """
        n_blocks = int(labels.max()) + 1
        joint = float(log_partition(np.bincount(labels), n_blocks))
        edges = self._edge_terms(labels)
        joint += float(edges[2])
        if self.weights != GAUSSIAN:
            return Fitted(edges, None, None, True, joint + self._conjugate(labels))
        if n_blocks == 1:
            whole = self.effects.one_block
            return Fitted(edges, whole, whole, True, joint + whole.log_evidence)
        ratios: tuple[float | None, float | None] = (None, None)
        if start is not None and start.within is not None and start.between is not None:
            ratios = (start.within.ratio, start.between.ratio)
        within, between, both = self.effects.of_partition(labels, ratios, search=search)
        apart = within.log_evidence + between.log_evidence
        joint += float(np.logaddexp(apart, both.log_evidence)) - math.log(2.0)
        if apart >= both.log_evidence:
            return Fitted(edges, within, between, False, joint)
        return Fitted(edges, _of_class(both, 0), _of_class(both, 1), True, joint)

    def _edge_terms(self, labels: Labels) -> Array:
        """Shifts of the logits within and between blocks, log likelihood of the edges."""
        if self.shares_edges:
            return np.zeros(3)
        shifts, value = [], self.edge_constant
        for s in _edge_sums(self.edge, self.expected, labels):
            value += float(log_edges(s, CORRECTED, self.tables))
            shifts.append(_shift(s))
        return np.array([*shifts, value])

    def _conjugate(self, labels: Labels) -> float:
        if self.weights == UNWEIGHTED:
            return 0.0
        same = (labels[:, None] == labels).astype(np.float64)
        total = 0.0
        for part in (self.edge * same, self.edge * (1.0 - same)):
            s = np.zeros(6)
            s[EDGE], s[SUM] = 0.5 * part.sum(), 0.5 * np.sum(part * self.y)
            total += float(log_weights(s, EXPONENTIAL, self.tables))
        return total

    def evidence(
        self, fitted: Fitted, labels: Labels, push: tuple[float, float] = (0.0, 0.0)
    ) -> tuple[Array, Array, Array]:
        """What a sweep needs: gains of pairs, what weights are held to be, and parameters.

        Parameters
        ----------
        fitted : Fitted
            Given the partition.
        labels : (node,) ndarray of int64
            The partition.
        push : tuple of (float, float), default (0.0, 0.0)
            Logits, and scaled weights, within and between blocks differ by at least twice this.

        Returns
        -------
        gain : (node, node) ndarray
            Of a pair for being in one block, by its edge.
        expected : (2, node, 3) ndarray
            Weight of an edge (within, between) to each node before the other end's effect is
            added, precision (0 where weights say nothing) and log precision.
        parameters : (5,) ndarray
            Noise variances within and between, ratios, and 1 if node effects are shared.
        """
        gain = np.zeros_like(self.edge)
        if not self.shares_edges:
            inner, outer = max(fitted.edges[0], push[0]), min(fitted.edges[1], -push[0])
            odds = 1.0 + self.expected * math.expm1(outer)
            odds /= 1.0 + self.expected * math.expm1(inner)
            gain = np.log(odds, out=odds)
            gain += self.edge * (inner - outer)
        if self.weights == EXPONENTIAL:
            gain += self._exponential_gain(labels)
        expected = np.zeros((2, len(gain), 3))
        parameters = np.ones(5)
        if fitted.within is not None and fitted.between is not None:
            means = (float(fitted.within.means[0]), float(fitted.between.means[0]))
            lift = max(0.0, push[1] - 0.5 * (means[0] - means[1]))
            means = (means[0] + lift, means[1] - lift)
            uncertainty = fitted.between.uncertainty
            for k, effects in enumerate((fitted.within, fitted.between)):
                if k == 0 and not fitted.shared:
                    spread = effects.uncertainty
                else:
                    spread = uncertainty
                precision = 1.0 / (1.0 + spread)
                columns = (means[k] + effects.effect, precision, np.log(precision))
                expected[k] = np.stack(columns, axis=1)
                parameters[k], parameters[k + 2] = effects.variance, effects.ratio
        parameters[4] = float(fitted.shared)
        return gain, expected, parameters

    def _exponential_gain(self, labels: Labels) -> Array:
        same = labels[:, None] == labels
        parts = (self.edge * same, self.edge * ~same)
        rates = [(1.0 + part.sum()) / (1.0 + np.sum(part * self.y)) for part in parts]
        difference = math.log(rates[0] / rates[1]) - (rates[0] - rates[1]) * self.y
        return np.asarray(self.edge * difference)

    def search(self, start: Labels, rng: np.random.Generator) -> tuple[Labels, float]:
        """Best partition from one start.

        Parameters
        ----------
        start : (node,) ndarray of int64
            Blocks to start from.
        rng : numpy.random.Generator
            Source of the moves.

        Returns
        -------
        labels : (node,) ndarray of int64
            Blocks, numbered by first appearance.
        description_length : float
            Nats.
        """
        source = rng.integers(2**63, size=1, dtype=np.uint64)
        labels = first_appearance(start)
        fitted = self.fit(labels)
        best = (labels, fitted.log_joint)
        # A random start says nothing about communities, so none would grow from it; two in three
        # searches begin as if edges within communities were likelier, or heavier.
        push = _PUSHES[rng.integers(len(_PUSHES))]
        for temperature in _TEMPERATURES:
            push = (0.8 * push[0], 0.8 * push[1])
            labels = self._sweep(fitted, labels, temperature, source, push)
            fitted = self.fit(labels, fitted, search=False)
        fitted = self.fit(labels, fitted)
        while True:
            labels, fitted = self._settle(labels, fitted, source)
            best = max(best, (labels, fitted.log_joint), key=lambda found: found[1])
            if labels.max() == 0:
                break
            labels, fitted, gained = self._merge(labels, fitted)
            best = max(best, (labels, fitted.log_joint), key=lambda found: found[1])
            if not gained:
                break
        one = np.zeros_like(start)
        alone = self.fit(one)
        best = max(best, (one, alone.log_joint), key=lambda found: found[1])
        return first_appearance(best[0]), -(best[1] + self.constant)

    def _sweep(
        self,
        fitted: Fitted,
        labels: Labels,
        temperature: float,
        source: NDArray[np.uint64],
        push: tuple[float, float] = (0.0, 0.0),
    ) -> Labels:
        evidence = self.evidence(fitted, labels, push)
        moved = labels.copy()
        for _ in range(2):
            sweep(self.y, self.edge, *evidence, moved, temperature, source)
        return first_appearance(moved)

    def _settle(
        self, labels: Labels, fitted: Fitted, source: NDArray[np.uint64]
    ) -> tuple[Labels, Fitted]:
        """Sweep and refit until nothing gains."""
        for _ in range(_MOST_REFITS):
            moved = self._sweep(fitted, labels, 0.0, source)
            if np.array_equal(moved, labels):
                break
            refitted = self.fit(moved, fitted)
            if refitted.log_joint <= fitted.log_joint:
                break
            labels, fitted = moved, refitted
        return labels, fitted

    def _merge(self, labels: Labels, fitted: Fitted) -> tuple[Labels, Fitted, bool]:
        """Merge the two blocks whose merge gains most by the full description length."""
        gain, _, _ = self.evidence(fitted, labels)
        promise = merge_gains(gain, labels)
        order = np.argsort(-promise, axis=None)[: 2 * _TRIED_MERGES : 2]
        tried = []
        for r, s in zip(*np.unravel_index(order, promise.shape), strict=True):
            if r != s:
                merged = first_appearance(np.where(labels == s, r, labels))
                tried.append((merged, self.fit(merged, fitted, search=False)))
        if not tried:
            return labels, fitted, False
        merged, refitted = max(tried, key=lambda found: found[1].log_joint)
        refitted = self.fit(merged, refitted)
        if refitted.log_joint <= fitted.log_joint:
            return labels, fitted, False
        return merged, refitted, True

    def description_length(self, labels: Labels) -> float:
        """-log p(graph, partition) in nats.

        Parameters
        ----------
        labels : (node,) ndarray of int64
            Blocks.

        Returns
        -------
        float
            Nats.
        """
        return -(self.fit(first_appearance(labels)).log_joint + self.constant)

    def sample(self, labels: Labels, rng: np.random.Generator, n_samples: int) -> NDArray[np.int64]:
        """Draw partitions by Gibbs sweeps, with node effects refitted now and then.

        Parameters
        ----------
        labels : (node,) ndarray of int64
            Where the chain starts.
        rng : numpy.random.Generator
            Source of the moves.
        n_samples : int
            How many.

        Returns
        -------
        (sample, node) ndarray of int64
            Blocks.
        """
        source = rng.integers(2**63, size=1, dtype=np.uint64)
        out = np.empty((n_samples, labels.size), dtype=np.int64)
        fitted = None
        for k in range(n_samples):
            if k % 10 == 0:
                fitted = self.fit(labels, fitted)
            assert fitted is not None
            out[k] = labels = self._sweep(fitted, labels, 1.0, source)
        return out


def _shift(s: Array) -> float:
    """By how much logits lie above those that node effects lead to expect."""
    if s[EXPECTED] <= 0.0:
        return 0.0
    p = s[EXPECTED_SQUARES] / s[EXPECTED]
    m = max(s[EXPECTED] / p, s[EDGE])
    q = (s[EDGE] + 1.0) / (m + 2.0)
    return float(logit(q) - logit(p))


def _of_class(effects: WeightEffects, k: int) -> WeightEffects:
    from dataclasses import replace

    return replace(effects, means=effects.means[k : k + 1])


@_compiled
def _edge_sums(edge, expected, labels):  # type: ignore[no-untyped-def]
    """Sums (within, between; channel) over pairs of what edges and their expectations are."""
    out = np.zeros((2, 6))
    for i in range(labels.size):
        for j in range(i):
            kind = 0 if labels[i] == labels[j] else 1
            out[kind, EDGE] += edge[i, j]
            out[kind, EXPECTED] += expected[i, j]
            out[kind, EXPECTED_SQUARES] += expected[i, j] * expected[i, j]
    return out


@_compiled
def _log_weights_of_node(n, s, q, d, variance, ratio):  # type: ignore[no-untyped-def]
    """Log likelihood of a node's residuals with its own effect integrated out.

    n, s, q : sums of precision, precision x residual, precision x residual^2; d of log precision
    """
    fit = (q - s * s / (n + ratio)) / variance
    return 0.5 * (d - math.log(1.0 + n / ratio) - fit)


@_inlined
def _score_weights(own, t, total, parameters):  # type: ignore[no-untyped-def]
    """Log likelihood of a node's weights, those to block t within, all others between."""
    if total[4] == 0.0:
        return 0.0
    inner, outer = parameters[0], parameters[1]
    constant = -0.5 * (own[t, 5] * math.log(inner) + (total[4] - own[t, 10]) * math.log(outer))
    n, s = total[0] - own[t, 6], total[1] - own[t, 7]
    q, d = total[2] - own[t, 8], total[3] - own[t, 9]
    if parameters[4] > 0.5:
        n, s, q, d = n + own[t, 1], s + own[t, 2], q + own[t, 3], d + own[t, 4]
        return constant + _log_weights_of_node(n, s, q, d, outer, parameters[3])
    within = _log_weights_of_node(own[t, 1], own[t, 2], own[t, 3], own[t, 4], inner, parameters[2])
    return constant + within + _log_weights_of_node(n, s, q, d, outer, parameters[3])


@_compiled
def sweep(y, edge, gain, expected, parameters, labels, temperature, source):  # type: ignore[no-untyped-def]
    """Give every node a new block, one after the other in random order.

    Parameters
    ----------
    y, edge : (node, node) ndarray
        Scaled weights, and 1 where there is an edge.
    gain : (node, node) ndarray
        Of a pair for being in one block, by its edge.
    expected : (2, node, 3) ndarray
        See `AssortativeModel.evidence`.
    parameters : (5,) ndarray
        See `AssortativeModel.evidence`.
    labels : (node,) ndarray of int64
        Blocks from 0 without gaps; changed.
    temperature : float
        1 samples, 0 climbs.
    source : (1,) ndarray of uint64
        State of the generator.
    """
    n = labels.size
    sizes = np.zeros(n + 1, np.int64)
    count = 0
    for i in range(n):
        sizes[labels[i]] += 1
        count = max(count, labels[i] + 1)
    own = np.empty((n + 1, 11))
    total = np.empty(5)
    score = np.empty(n + 1)
    order = np.arange(n)
    shuffle(order, source)
    # Precisions are 0 for all or for none.
    weighted = expected[0, 0, 1] > 0.0
    for at in range(n):
        i = order[at]
        before = labels[i]
        sizes[before] -= 1
        if sizes[before] == 0:
            count -= 1
            for j in range(n):
                if labels[j] == count:
                    labels[j] = before
            sizes[before] = sizes[count]
            sizes[count] = 0
        labels[i] = -1
        for t in range(count + 1):
            for c in range(11):
                own[t, c] = 0.0
        for c in range(5):
            total[c] = 0.0
        for j in range(n):
            if j == i:
                continue
            t = labels[j]
            own[t, 0] += gain[i, j]
            if edge[i, j] == 0.0 or not weighted:
                continue
            for k in range(2):
                w, r = expected[k, j, 1], y[i, j] - expected[k, j, 0]
                own[t, 5 * k + 1] += w
                own[t, 5 * k + 2] += w * r
                own[t, 5 * k + 3] += w * r * r
                own[t, 5 * k + 4] += expected[k, j, 2]
                own[t, 5 * k + 5] += 1.0
        for t in range(count):
            for c in range(5):
                total[c] += own[t, 6 + c]
        for t in range(count + 1):
            score[t] = own[t, 0] + _score_weights(own, t, total, parameters)
            if t < count:
                score[t] += math.log(sizes[t] + 1.0)
            else:
                score[t] -= math.log((n - count) / max(count, 1))
        chosen = choose(score, count + 1, temperature, source)
        labels[i] = chosen
        sizes[chosen] += 1
        count += chosen == count
