"""Degrees and strengths as random effects of nodes, and what is left for blocks to explain.

Edges: logit p_ij = theta_i + theta_j + terms, evidence by Laplace's approximation. Weights:
y_ij = mean + a_i + a_j + noise, everything but the ratio of variances integrated out exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.special import expit, logit

from neurokit.connectome.sbm_weights import ALPHA, BETA, KAPPA

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Standard deviation of the prior of the intercept: wide, and tight enough for the mode to stay
# finite where every pair has an edge.
_INTERCEPT_SD = 3.0
# Newton steps end when effects move by less than this.
_TOLERANCE = 1e-5
_MOST_STEPS = 50
# Updates of the variance of node effects.
_MOST_VARIANCES = 12
# Ratios of variances are searched on this grid (noise to node effect), in steps of factor 2.
_RATIOS = 2.0 ** np.arange(-8, 15)
_LOG_RATIOS = np.log(_RATIOS)


@dataclass(frozen=True)
class PairEffects:
    """Node effects in the linear predictor of pairs, at the mode of their posterior.

    Parameters
    ----------
    predictor : (node, node) ndarray
        theta_i + theta_j + intercept.
    theta : (node,) ndarray
        Node effects.
    sd : float
        Standard deviation of the node effects, of greatest evidence.
    log_evidence : float
        Nats.
    """

    predictor: Array
    theta: Array
    sd: float
    log_evidence: float


def edge_effects(edge: Array, observed: Array) -> PairEffects:
    """Logit p_ij = theta_i + theta_j + intercept for the probability of an edge.

    theta_i ~ N(0, sd^2), evidence by Laplace's approximation.

    Parameters
    ----------
    edge : (node, node) ndarray
        1 where there is an edge.
    observed : (node, node) ndarray
        1 where a pair was observed; the diagonal is 0.

    Returns
    -------
    PairEffects
        Logits.
    """

    def slopes(eta: Array) -> tuple[Array, Array]:
        p = expit(eta)
        return edge - observed * p, observed * p * (1.0 - p)

    def likelihood(eta: Array) -> float:
        return 0.5 * float(np.sum(edge * eta - observed * np.logaddexp(0.0, eta)))

    density = (edge.sum() + 1.0) / (observed.sum() + 2.0)
    return _laplace(slopes, likelihood, len(edge), float(logit(density)))


def mean_effects(x: Array, edge: Array) -> PairEffects:
    """Log mean_ij = theta_i + theta_j + intercept of exponential weights.

    Parameters
    ----------
    x : (node, node) ndarray
        Weights, 0 where there is no edge.
    edge : (node, node) ndarray
        1 where there is an edge.

    Returns
    -------
    PairEffects
        Log means.
    """

    def slopes(eta: Array) -> tuple[Array, Array]:
        relative = x * np.exp(-eta)
        return relative - edge, relative

    def likelihood(eta: Array) -> float:
        return -0.5 * float(np.sum(edge * eta + x * np.exp(-eta)))

    return _laplace(slopes, likelihood, len(x), math.log(x.sum() / edge.sum()))


def _laplace(
    slopes: Callable[[Array], tuple[Array, Array]],
    likelihood: Callable[[Array], float],
    n: int,
    intercept: float,
) -> PairEffects:
    phi = np.zeros(n + 1)
    phi[n] = intercept
    sd = 0.5
    for _ in range(_MOST_VARIANCES):
        factor = _newton(phi, slopes, sd)
        spread = _diagonal_of_inverse(factor)[:n]
        new = max(math.sqrt(float(np.mean(phi[:n] ** 2 + spread))), 1e-3)
        settled = abs(new - sd) < 0.02 * sd
        sd = new
        if settled:
            break
    factor = _newton(phi, slopes, sd)
    eta = _predictor(phi)
    prior_sd = np.r_[np.full(n, sd), _INTERCEPT_SD]
    prior = -float(np.sum(np.log(prior_sd) + 0.5 * (phi / prior_sd) ** 2))
    determinant = float(np.log(np.diag(factor)).sum())
    return PairEffects(eta, phi[:n], sd, likelihood(eta) + prior - determinant)


def _predictor(phi: Array) -> Array:
    return np.asarray(phi[:-1, None] + phi[:-1] + phi[-1])


def _newton(phi: Array, slopes: Callable[[Array], tuple[Array, Array]], sd: float) -> Array:
    """Go to the mode; return the Cholesky factor of the Hessian there."""
    n = phi.size - 1
    precision = np.r_[np.full(n, sd**-2.0), _INTERCEPT_SD**-2.0]
    hessian = np.empty((n + 1, n + 1), order="F")
    for _ in range(_MOST_STEPS):
        residual, curvature = slopes(_predictor(phi))
        gradient = np.r_[residual.sum(axis=1), 0.5 * residual.sum()]
        hessian[:n, :n] = curvature
        hessian[:n, n] = hessian[n, :n] = curvature.sum(axis=1)
        hessian[n, n] = 0.5 * curvature.sum()
        hessian[np.arange(n), np.arange(n)] = hessian[:n, n]
        hessian[np.arange(n + 1), np.arange(n + 1)] += precision
        factor, _ = lapack.dpotrf(hessian, lower=True, overwrite_a=False)
        step, _ = lapack.dpotrs(factor, gradient - precision * phi, lower=True)
        # Far from the mode a full step can overshoot.
        largest = float(np.abs(step).max())
        phi += step * min(1.0, 2.0 / max(largest, 1e-12))
        if largest < _TOLERANCE:
            break
    return np.asarray(factor)


def _diagonal_of_inverse(factor: Array) -> Array:
    """Of the matrix that a lower Cholesky factor, with zeros above, belongs to."""
    inverse, _ = lapack.dtrtri(factor, lower=True)
    return np.asarray(np.einsum("ij,ij->j", inverse, inverse))


@dataclass(frozen=True)
class WeightEffects:
    """Node effects of Gaussian weights, conditional on the ratio of variances.

    Parameters
    ----------
    means : (k,) ndarray
        Mean of each class of edges.
    effect : (node,) ndarray
        Posterior mean of the node effects.
    factor : (node + k, node + k) ndarray
        Lower Cholesky factor of the posterior precision, in units of the noise precision.
    variance : float
        Of the noise.
    ratio : float
        Noise variance over variance of node effects.
    log_evidence : float
        Nats.
    """

    means: Array
    effect: Array
    factor: Array
    variance: float
    ratio: float
    log_evidence: float

    @cached_property
    def uncertainty(self) -> Array:
        """Posterior variance (node,) of the node effects, in units of the noise variance."""
        return _diagonal_of_inverse(self.factor)[: self.effect.size]


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
    n = len(y)
    y = y * edge
    gram, moment = _normal_equations(y, edge, classes)
    n_edges, squares = 0.5 * float(edge.sum()), 0.5 * float(np.vdot(y, y))
    solved: dict[int, tuple[float, Array, Array, float]] = {}

    def value(at: int) -> float:
        solved[at] = _evidence(gram, moment, n, n_edges, squares, float(_RATIOS[at]))
        return solved[at][0]

    place = int(np.argmin(np.abs(_LOG_RATIOS - math.log(ratio or 4.0))))
    if search or ratio is None:
        place = _climb(value, place)
    else:
        value(place)
    found, factor, solution, beta = solved[place]
    variance = beta / (ALPHA + 0.5 * n_edges)
    return WeightEffects(solution[n:], solution[:n], factor, variance, float(_RATIOS[place]), found)


def _normal_equations(y: Array, edge: Array, classes: list[Array]) -> tuple[Array, Array]:
    """Products of the indicators of nodes and classes with each other and with the weights."""
    n, k = len(y), len(classes)
    gram = np.zeros((n + k, n + k), order="F")
    gram[:n, :n] = edge
    np.fill_diagonal(gram[:n, :n], edge.sum(axis=1))
    moment = np.empty(n + k)
    moment[:n] = y.sum(axis=1)
    for c, members in enumerate(classes, n):
        degree = members.sum(axis=1)
        gram[:n, c] = gram[c, :n] = degree
        gram[c, c] = 0.5 * degree.sum()
        moment[c] = 0.5 * np.vdot(y, members)
    return gram, moment


def _climb(value, place: int) -> int:  # type: ignore[no-untyped-def]
    """Place of the nearest maximum on the grid of ratios."""
    known = {place: value(place)}
    while True:
        near = [at for at in (place - 1, place + 1) if 0 <= at < _RATIOS.size]
        for at in near:
            if at not in known:
                known[at] = value(at)
        best = max([place, *near], key=lambda at: known[at])
        if best == place:
            return place
        place = best


def _evidence(
    gram: Array, moment: Array, n: int, n_edges: float, squares: float, ratio: float
) -> tuple[float, Array, Array, float]:
    n_classes = moment.size - n
    matrix = gram.copy(order="F")
    diagonal = matrix.reshape(-1, order="F")[:: moment.size + 1]
    diagonal[:n] += ratio
    diagonal[n:] += KAPPA
    factor, _ = lapack.dpotrf(matrix, lower=True, overwrite_a=True)
    solution, _ = lapack.dpotrs(factor, moment, lower=True)
    beta = BETA + 0.5 * max(squares - float(moment @ solution), 0.0)
    shape = ALPHA + 0.5 * n_edges
    value = 0.5 * (n * math.log(ratio) + n_classes * math.log(KAPPA))
    value -= float(np.log(factor.diagonal()).sum())
    value += ALPHA * math.log(BETA) - shape * math.log(beta)
    value += math.lgamma(shape) - math.lgamma(ALPHA)
    return value - 0.5 * n_edges * math.log(2.0 * math.pi), factor, solution, beta
