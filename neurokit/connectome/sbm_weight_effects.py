"""Strengths of nodes as random effects of Gaussian weights: y_ij = mean + a_i + a_j + noise.

Edges fall into one or two classes with a mean each. The normal equations have a part for nodes and
a border for the means. Everything but the ratio of variances is integrated out exactly; the ratio
has the greatest evidence on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.connectome.sbm_node_systems import Blocks, Dense, System
from neurokit.connectome.sbm_weights import ALPHA, BETA, KAPPA

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Ratios of variances are searched on this grid (noise to node effect), in steps of factor 2.
RATIOS = 2.0 ** np.arange(-8, 15)
_LOG_RATIOS = np.log(RATIOS)
_FIRST_RATIO = 4.0


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


@dataclass(frozen=True)
class WeightEffects:
    """Node effects of Gaussian weights, conditional on the ratio of variances.

    Parameters
    ----------
    means : (k,) ndarray
        Mean of each class of edges.
    effect : (node,) ndarray
        Posterior mean of the node effects.
    variance : float
        Of the noise.
    ratio : float
        Noise variance over variance of node effects.
    log_evidence : float
        Nats.
    spread : callable
        Computes `uncertainty`, which not every partition is asked for.
    """

    means: Array
    effect: Array
    variance: float
    ratio: float
    log_evidence: float
    spread: Callable[[], Array]

    @cached_property
    def uncertainty(self) -> Array:
        """Posterior variance (node,) of the node effects, in units of the noise variance."""
        return self.spread()


@dataclass(frozen=True)
class ClassSums:
    """What the edges of some classes add up to.

    Parameters
    ----------
    degrees : (k, node) ndarray
        Edges of each node in each class.
    strength : (node,) ndarray
        Sum of the weights of each node's edges.
    counts, totals : (k,) ndarray
        Edges of each class, and the sum of their weights.
    squares : float
        Sum of the squared weights.
    """

    degrees: Array
    strength: Array
    counts: Array
    totals: Array
    squares: float


def weight_effects(
    y: Array, classes: list[Array], ratio: float | None = None, *, search: bool = True
) -> WeightEffects:
    """y_ij = mean of the edge's class + a_i + a_j + noise.

    noise ~ N(0, s^2), a_i ~ N(0, s^2 / ratio), means ~ N(0, s^2 / KAPPA), s^2 inverse gamma, all
    integrated out but the ratio, which has greatest evidence.

    Parameters
    ----------
    y : (node, node) ndarray
        Scaled weights, 0 where there is no edge.
    classes : list of (node, node) ndarray
        1 for the edges of each class; symmetric, no edge in two.
    ratio : float, optional
        Where the search for the ratio starts.
    search : bool, default True
        False keeps the ratio where it starts.

    Returns
    -------
    WeightEffects
        At the ratio of greatest evidence.
    """
    edge = classes[0] if len(classes) == 1 else classes[0] + classes[1]
    y = y * edge
    sums = ClassSums(
        np.array([members.sum(axis=1) for members in classes]),
        y.sum(axis=1),
        np.array([0.5 * members.sum() for members in classes]),
        np.array([0.5 * np.vdot(y, members) for members in classes]),
        0.5 * float(np.vdot(y, y)),
    )
    return fitted_effects(Dense(edge), sums, ratio, search=search)


def fitted_effects(
    system: System, sums: ClassSums, ratio: float | None = None, *, search: bool = True
) -> WeightEffects:
    """Node effects and class means at the ratio of greatest evidence.

    Parameters
    ----------
    system : System
        The part of the normal equations that belongs to nodes.
    sums : ClassSums
        Of the same edges.
    ratio : float, optional
        Where the search for the ratio starts.
    search : bool, default True
        False keeps the ratio where it starts.

    Returns
    -------
    WeightEffects
        At the ratio found.
    """
    sides = np.vstack([sums.degrees, sums.strength])
    solved: dict[int, tuple[float, Array, Array, Array, float]] = {}

    def value(place: int) -> float:
        half, log_root = system.halfway(float(RATIOS[place]), sides)
        found = _bordered(half, sums.counts, sums.totals, sums.squares, log_root, RATIOS[place])
        solved[place] = (found[0], half, *found[1:])
        return solved[place][0]

    place = int(np.argmin(np.abs(_LOG_RATIOS - math.log(ratio or _FIRST_RATIO))))
    if search or ratio is None:
        place = _climb(value, place)
    else:
        value(place)
    evidence, half, means, corner, beta = solved[place]
    at = float(RATIOS[place])
    effect = system.back(at, half[-1:] - means @ half[:-1])[0]

    def spread() -> Array:
        # What not knowing the means adds to the uncertainty of the effects.
        border = system.back(at, half[:-1])
        extra = np.einsum("kn,kn->n", border, np.linalg.solve(corner, border))
        return np.asarray(system.inverse_diagonal(at) + extra)

    variance = beta / (ALPHA + 0.5 * float(sums.counts.sum()))
    return WeightEffects(means, effect, variance, at, evidence, spread)


def _climb(value: Callable[[int], float], place: int) -> int:
    """Place of the nearest maximum on the grid of ratios."""
    known = {place: value(place)}
    while True:
        near = [at for at in (place - 1, place + 1) if 0 <= at < RATIOS.size]
        for at in near:
            if at not in known:
                known[at] = value(at)
        best = max([place, *near], key=lambda at: known[at])
        if best == place:
            return place
        place = best


@_compiled
def _bordered(half, counts, totals, squares, log_root, ratio):  # type: ignore[no-untyped-def]
    """Log evidence, means, Schur complement of the border, and the rate of the noise variance.

    half: (k + 1, node), the border and the strengths after the first of two triangular solves.
    """
    k, n = len(half) - 1, half.shape[1]
    corner = np.zeros((k, k))
    means = np.empty(k)
    for c in range(k):
        corner[c, c] = counts[c] + KAPPA
        means[c] = totals[c]
        for i in range(n):
            means[c] -= half[c, i] * half[k, i]
        for d in range(k):
            for i in range(n):
                corner[c, d] -= half[c, i] * half[d, i]
    explained = 0.0
    for i in range(n):
        explained += half[k, i] * half[k, i]
    # One or two classes: the small system is solved by hand.
    root = math.log(corner[0, 0])
    first = means[0]
    if k == 2:
        slope = corner[1, 0] / corner[0, 0]
        left = corner[1, 1] - slope * corner[1, 0]
        second = means[1]
        means[1] = (second - slope * first) / left
        means[0] = (first - corner[0, 1] * means[1]) / corner[0, 0]
        explained += first * means[0] + second * means[1]
        root += math.log(left)
    else:
        means[0] = first / corner[0, 0]
        explained += first * means[0]
    n_edges = counts.sum()
    beta = BETA + 0.5 * max(squares - explained, 0.0)
    shape = ALPHA + 0.5 * n_edges
    value = 0.5 * (n * math.log(ratio) + k * math.log(KAPPA)) - log_root - 0.5 * root
    value += ALPHA * math.log(BETA) - shape * math.log(beta)
    value += math.lgamma(shape) - math.lgamma(ALPHA) - 0.5 * n_edges * math.log(2.0 * math.pi)
    return value, means, corner, beta


class CommunityEffects:
    """Node effects of the weights of one graph under partitions that change.

    Where effects are shared, the part for nodes never changes and is factored once per ratio;
    effects within communities fall into blocks.

    Parameters
    ----------
    y : (node, node) ndarray
        Scaled weights, 0 where there is no edge.
    edge : (node, node) ndarray
        1 where there is an edge.
    """

    def __init__(self, y: Array, edge: Array) -> None:
        self.y, self.edge = np.ascontiguousarray(y), np.ascontiguousarray(edge)
        self._all = Dense(edge)

    @cached_property
    def one_block(self) -> WeightEffects:
        """Effects of all edges in one class."""
        nothing = np.zeros(len(self.y), dtype=np.int64)
        degrees, strength, counts = self._sums(nothing)
        return fitted_effects(self._all, _sums_of([0], degrees, strength, counts))

    def _sums(self, labels: Labels) -> tuple[Array, Array, Array]:
        degrees, strength = np.zeros((2, 2, len(labels)))
        counts = np.zeros((2, 3))
        _add_up(self.y, self.edge, labels, degrees, strength, counts)
        return degrees, strength, counts

    def of_partition(
        self, labels: Labels, ratios: tuple[float | None, float | None], *, search: bool
    ) -> tuple[WeightEffects, WeightEffects, WeightEffects]:
        """Effects within blocks, between blocks, and shared by both.

        Parameters
        ----------
        labels : (node,) ndarray of int64
            Blocks from 0 without gaps, two or more.
        ratios : tuple of (float, float), entries optional
            Where searches for ratios start, within and between.
        search : bool
            False keeps the ratios where they start.

        Returns
        -------
        within, between, both : WeightEffects
            The last has two means.
        """
        degrees, strength, counts = self._sums(labels)
        apart = self.edge * (labels[:, None] != labels)
        within = Blocks(self.edge, labels, degrees[0])
        systems: tuple[System, ...] = (within, Dense(apart, degrees[1]), self._all)
        found = [
            fitted_effects(system, _sums_of(kinds, degrees, strength, counts), ratio, search=search)
            for system, kinds, ratio in zip(
                systems, ([0], [1], [0, 1]), (*ratios, ratios[1]), strict=True
            )
        ]
        return found[0], found[1], found[2]


def _sums_of(kinds: list[int], degrees: Array, strength: Array, counts: Array) -> ClassSums:
    held = counts[kinds]
    total = float(held[:, 2].sum())
    return ClassSums(degrees[kinds], strength[kinds].sum(axis=0), held[:, 0], held[:, 1], total)


@_compiled
def _add_up(y, edge, labels, degrees, strength, counts):  # type: ignore[no-untyped-def]
    """Add edges within blocks to row 0 and those between to row 1; every edge counts once."""
    for i in range(labels.size):
        for j in range(i):
            if edge[i, j] > 0.0:
                kind = 0 if labels[i] == labels[j] else 1
                x = y[i, j]
                degrees[kind, i] += 1.0
                degrees[kind, j] += 1.0
                strength[kind, i] += x
                strength[kind, j] += x
                counts[kind, 0] += 1.0
                counts[kind, 1] += x
                counts[kind, 2] += x * x
