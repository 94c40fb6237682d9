"""Degrees, and strengths of exponential weights, as random effects of nodes.

logit p_ij = theta_i + theta_j + intercept, evidence by Laplace's approximation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.special import expit, logit

from neurokit.connectome.sbm_node_systems import diagonal_of_inverse

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
        spread = diagonal_of_inverse(factor)[:n]
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
