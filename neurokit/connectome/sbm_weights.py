"""What a pair of blocks says about its edges and weights once its parameters are integrated out.

Every pair of nodes carries a few numbers (observed, edge, weight, its square, expected edges);
block pairs add them up, and the marginal likelihood of a block pair is a function of the sums.
Aicher et al. (2015), doi:10.1093/comnet/cnu026; Peixoto (2018), doi:10.1103/PhysRevE.97.012306.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

# What a pair of nodes carries, in this order.
OBSERVED, EDGE, SUM, SQUARES, EXPECTED, EXPECTED_SQUARES = range(6)
N_CHANNELS = 6

# How edges enter: one probability per block pair, the same relative to what the degrees of the
# nodes lead to expect, one probability for all, or counts of edges between blocks (nested levels).
PLAIN, CORRECTED, SHARED, COUNTS = range(4)
# How weights of edges enter.
UNWEIGHTED, EXPONENTIAL, GAUSSIAN = range(3)

# Weights are scaled to mean 1 (exponential) or to mean 0 and variance 1 (Gaussian) before they meet
# these priors, each worth about one edge: rate ~ Gamma(1, 1); mean ~ N(0, variance / KAPPA),
# variance ~ InverseGamma(ALPHA, BETA).
_RATE_SHAPE, _RATE_SCALE = 1.0, 1.0
KAPPA, ALPHA, BETA = 0.5, 1.0, 0.5

# Exponents of the power of a weight that is normal; 0 is the logarithm.
_POWERS = {"normal": 1.0, "log-normal": 0.0, "zero-inflated": 0.0}


@dataclass(frozen=True)
class PairModel:
    """Numbers per pair of nodes, and how block pairs turn their sums into a likelihood.

    Parameters
    ----------
    pairs : (node, node, channel) ndarray
        What every pair carries; symmetric. The diagonal counts as pairs of a node with itself.
    edges, weights : int
        How edges and weights enter.
    tables : (2, size) ndarray
        log k! and what k edges add to the likelihood of weights whatever these are.
    constant : float
        What has to be added to the log likelihood whatever the blocks: the Jacobian of the
        transform of weights, and what node effects explain.
    """

    pairs: Array
    edges: int
    weights: int
    tables: Array
    constant: float


def tables(n_most: int, weights: int) -> Array:
    """Log k! and what k edges add to the likelihood of weights whatever these are.

    Parameters
    ----------
    n_most : int
        Largest number of pairs or edges that a block pair may hold.
    weights : int
        How weights enter.

    Returns
    -------
    (2, n_most + 1) ndarray
        For k = 0, ..., n_most. Looked up in every move, where log gamma would cost most of the
        time.
    """
    count = np.arange(n_most + 1, dtype=np.float64)
    if weights == GAUSSIAN:
        fixed = gammaln(ALPHA + 0.5 * count) - gammaln(ALPHA) + ALPHA * math.log(BETA)
        fixed += 0.5 * np.log(KAPPA / (KAPPA + count)) - 0.5 * count * math.log(2.0 * math.pi)
    else:
        fixed = gammaln(_RATE_SHAPE + count) - gammaln(_RATE_SHAPE)
        fixed += _RATE_SHAPE * math.log(_RATE_SCALE)
    return np.stack([gammaln(count + 1.0), fixed])


def scaled(values: Array, edge: Bools, kind: str) -> tuple[Array, int, float]:
    """Weights on the scale of the priors, and the log density that the change of scale costs.

    Parameters
    ----------
    values : (node, node) ndarray
        Weights; only those of edges are read.
    edge : (node, node) ndarray of bool
        Which pairs have an edge; symmetric, no diagonal.
    kind : str
        ``exponential``, ``normal``, ``log-normal``, ``zero-inflated``, ``none``, or the exponent
        of a power that is normal, such as ``"0.5"``.

    Returns
    -------
    y : (node, node) ndarray
        Scaled weights, 0 where there is no edge.
    weights : int
        How they enter.
    log_jacobian : float
        sum over edges of log |dy / dx|.
    """
    y = np.zeros_like(values)
    x = values[edge]
    n_edges = x.size / 2
    if kind == "none" or n_edges == 0:
        return y, UNWEIGHTED, 0.0
    if kind == "exponential":
        mean = float(x.mean())
        y[edge] = x / mean
        return y, EXPONENTIAL, -n_edges * math.log(mean)
    power = _POWERS[kind] if kind in _POWERS else float(kind)
    z = x**power if power else np.log(x)
    # Weights that are all alike have no spread to scale by; then any scale serves.
    spread = float(z.std()) or float(np.abs(z).max()) or 1.0
    y[edge] = (z - z.mean()) / spread
    jacobian = 0.5 * (power - 1.0) * float(np.log(x).sum())
    return y, GAUSSIAN, jacobian - n_edges * math.log(spread / (power or 1.0))


def pair_model(values: Array, observed: Bools, kind: str) -> PairModel:
    """The plain block model of a weighted graph.

    Parameters
    ----------
    values : (node, node) ndarray
        Symmetric weights, 0 is no edge.
    observed : (node, node) ndarray of bool
        Which pairs were observed; the diagonal never is.
    kind : str
        Model of the weights.

    Returns
    -------
    PairModel
        Ready for `neurokit.connectome.sbm_search`.
    """
    edge = observed & (values > 0)
    y, weights, jacobian = scaled(values, edge, kind)
    pairs = np.zeros((*values.shape, N_CHANNELS))
    pairs[..., OBSERVED] = observed
    pairs[..., EDGE] = edge
    pairs[..., SUM] = y
    pairs[..., SQUARES] = y**2
    n_pairs = int(observed.sum()) // 2
    look_up = tables(n_pairs + 1, weights)
    edges = PLAIN
    if kind == "zero-inflated":
        edges = SHARED
        jacobian += log_beta_bernoulli(int(edge.sum()) // 2, n_pairs)
    return PairModel(pairs, edges, weights, look_up, jacobian)


def log_beta_bernoulli(n_edges: int, n_pairs: int) -> float:
    """Log marginal likelihood of edges of one probability, uniform before any was seen.

    Parameters
    ----------
    n_edges, n_pairs : int
        Edges, and pairs observed.

    Returns
    -------
    float
        Nats.
    """
    return float(gammaln(n_edges + 1) + gammaln(n_pairs - n_edges + 1) - gammaln(n_pairs + 2))


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


@_compiled
def log_gamma(x):  # type: ignore[no-untyped-def]
    """Log gamma of a number from 1, by Stirling's series where that is exact to 1e-12.

    Parameters
    ----------
    x : float
        At least 1.

    Returns
    -------
    float
        Several times faster than the library's.
    """
    if x < 10.0:
        return math.lgamma(x)
    y = 1.0 / x
    z = y * y
    series = y * (1.0 / 12.0 - z * (1.0 / 360.0 - z * (1.0 / 1260.0 - z / 1680.0)))
    return (x - 0.5) * math.log(x) - x + 0.5 * math.log(2.0 * math.pi) + series


@_compiled
def edge_term(pairs, e, total, expected, expected_squares, edges, look_up):  # type: ignore[no-untyped-def]
    """Log marginal likelihood of which pairs of one block pair have an edge.

    Parameters
    ----------
    pairs, e, total, expected, expected_squares : float
        Sums over the pairs: observed, edges, weights, edges that node effects lead to expect and
        their squares. Numbers, not an array: arrays cost more to hand over than all the rest.
    edges : int
        How edges enter.
    look_up : (2, size) ndarray
        Of `tables`.

    Returns
    -------
    float
        Nats.
    """
    if edges == SHARED:
        return 0.0
    k = int(e + 0.5)
    if edges == COUNTS:
        n = int(pairs + 0.5)
        if n == 0:
            return 0.0
        # One of all ways to spread k edges over n pairs of blocks, whose pairs of nodes stand
        # where weights else do; k itself is uniform.
        return look_up[0, k] + look_up[0, n - 1] - look_up[0, n + k - 1] - math.log(total + 1.0)
    if edges == PLAIN:
        n = int(pairs + 0.5)
        return look_up[0, k] + look_up[0, n - k] - look_up[0, n + 1]
    if expected <= 0.0:
        return 0.0
    # As many pairs of one probability as have the mean and variance of the number of edges that
    # node effects lead to expect: the likelihood ratio then has a conjugate prior.
    p = expected_squares / expected
    m = max(expected / p, e)
    ratio = look_up[0, k] + log_gamma(m - e + 1.0) - log_gamma(m + 2.0)
    return ratio - e * math.log(p) - (m - e) * math.log1p(-p)


@_compiled
def weight_term(e, total, squares, weights, look_up):  # type: ignore[no-untyped-def]
    """Log marginal likelihood of the scaled weights of the edges of one block pair.

    Parameters
    ----------
    e, total, squares : float
        Sums over the pairs: edges, weights and their squares.
    weights : int
        How weights enter.
    look_up : (2, size) ndarray
        Of `tables`.

    Returns
    -------
    float
        Nats.
    """
    k = int(e + 0.5)
    if weights == UNWEIGHTED or k == 0:
        return 0.0
    if weights == EXPONENTIAL:
        rate = (_RATE_SHAPE + k) * math.log(_RATE_SCALE + total)
        return look_up[1, k] - rate
    beta = BETA + 0.5 * max(squares - total * total / (KAPPA + k), 0.0)
    return look_up[1, k] - (ALPHA + 0.5 * k) * math.log(beta)


@_compiled
def log_edges(s, edges, look_up):  # type: ignore[no-untyped-def]
    """Log marginal likelihood of which pairs have an edge.

    Parameters
    ----------
    s : (channel,) ndarray
        Sums over the pairs of one block pair.
    edges : int
        How edges enter.
    look_up : (2, size) ndarray
        Of `tables`.

    Returns
    -------
    float
        Nats.
    """
    expected, squares = (s[EXPECTED], s[EXPECTED_SQUARES]) if edges == CORRECTED else (0.0, 0.0)
    return edge_term(s[OBSERVED], s[EDGE], s[SUM], expected, squares, edges, look_up)


@_compiled
def log_weights(s, weights, look_up):  # type: ignore[no-untyped-def]
    """Log marginal likelihood of the scaled weights of the edges.

    Parameters
    ----------
    s : (channel,) ndarray
        Sums over the pairs of one block pair.
    weights : int
        How weights enter.
    look_up : (2, size) ndarray
        Of `tables`.

    Returns
    -------
    float
        Nats.
    """
    return weight_term(s[EDGE], s[SUM], s[SQUARES], weights, look_up)


@_compiled
def log_term(s, edges, weights, look_up):  # type: ignore[no-untyped-def]
    """Log marginal likelihood of one block pair.

    Parameters
    ----------
    s : (channel,) ndarray
        Sums over the pairs of one block pair.
    edges, weights : int
        How edges and weights enter.
    look_up : (2, size) ndarray
        Of `tables`.

    Returns
    -------
    float
        Nats.
    """
    return log_edges(s, edges, look_up) + log_weights(s, weights, look_up)
