"""The one-hot prior: every coupling is an inhibitory, an absent or an excitatory edge.

Edges of all states share ternary probabilities, learned or given. The published method relaxes
the kinds with a Gumbel softmax whose density is unbounded; here they are summed over exactly,
given the weights' estimates and standard errors, and the model is fitted again on the edges found.
Li et al. (2024) ICLR, arXiv:2310.15263.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.states.onehot_fit import Edges, find_edges
from neurokit.states.priors import Mask, RidgePrior, Shape, penalty
from neurokit.states.priors_estimates import unpenalised

Array = NDArray[np.float64]

# Holds the weight of an absent edge at zero, and still shows the likelihood's slope there.
_ABSENT = 1e8
# Least variance of strengths in the penalty of present edges.
_LEAST_VARIANCE = 1e-3
# Times that edges are found and the model is fitted on them.
_STAGES = 2


class OneHotPrior:
    """w = (sign of edge) x strength, kinds of edges from A0[post, pre], shared by the states.

    The first stage is a ridge. At its end the ridge is taken out of the weights, w + H^-1 g with H
    the information and g the slope of the likelihood, and `find_edges` gives probabilities of
    kinds. The next stage fits the weights of likely edges (probability above that of the other
    kinds) with the Gaussian of the strengths found; all others are zero. This is done twice.

    Parameters
    ----------
    shape : tuple of int
        (state, post, pre, basis).
    ridge : float
        Precision of the first stage, and of the weights of several basis functions.
    area : (basis,) ndarray
        An edge's sign is that of sum_b area_b w_b.
    connectivity : (post, pre, 3) ndarray, optional
        Probabilities of kinds; default learned.
    group : (post, pre) ndarray of int64, optional
        Kinds of edges with their own concentrations; default one.
    allowed : (post, pre) ndarray of bool
        False where no coupling is possible.

    References
    ----------
    .. [1] Li et al. (2024). ICLR. arXiv:2310.15263
    """

    def __init__(
        self,
        shape: Shape,
        ridge: float,
        *,
        area: Array,
        connectivity: Array | None = None,
        group: NDArray[np.int64] | None = None,
        allowed: Mask,
    ) -> None:
        self._shape, self._area, self._ridge = shape, area, ridge
        self._allowed, self._given = allowed, connectivity
        self._group = np.zeros(shape[1:3], dtype=np.int64) if group is None else group
        self._mean, self._precision = RidgePrior(shape, ridge, allowed).quadratic()
        self._stages_left = _STAGES
        self._edges: Edges | None = None

    def quadratic(self) -> tuple[Array, Array]:
        """Return mean and precision of the penalty."""
        return self._mean, self._precision

    def log_density(self, weights: Array) -> float:
        """Return -0.5 sum precision (w - mean)^2."""
        return penalty(weights, self._mean, self._precision)

    def update(self, weights: Array) -> None:
        """Nothing is learned within a stage."""

    def advance(self, weights: Array, information: Array) -> Array | None:
        """Find edges, and begin the stage that fits their weights."""
        if self._stages_left == 0 or not self._allowed.any():
            return None
        self._stages_left -= 1
        whole, estimate, error = self._unpenalised(weights, information)
        allowed = self._allowed
        found = find_edges(
            estimate[:, allowed],
            error[:, allowed],
            self._group[allowed],
            None if self._given is None else self._given[allowed],
        )
        self._edges = found
        kind = np.zeros(self._shape[:3], dtype=np.int64)
        kind[:, allowed] = found.probability.argmax(axis=2) - 1
        self._penalise(kind, found)
        return np.where((kind != 0)[..., None], whole, 0.0)

    def _unpenalised(self, weights: Array, information: Array) -> tuple[Array, Array, Array]:
        """Weights without the penalty, their net over the basis, and its standard error."""
        n_states, n_post, n_pre, n_basis = self._shape
        whole, covariance = unpenalised(weights, information, self._mean, self._precision)
        blocks = covariance.reshape(n_states, n_post, n_pre, n_basis, n_pre, n_basis)
        variance = np.einsum("snpbpc,b,c->snp", blocks, self._area, self._area)
        return whole, whole @ self._area, np.sqrt(np.maximum(variance, 1e-12))

    def _penalise(self, kind: NDArray[np.int64], found: Edges) -> None:
        n_basis = self._shape[3]
        mean, variance = found.slab.moments()
        sign = (kind > 0).astype(np.int64)
        if n_basis == 1:
            centre = kind * mean[sign] / self._area[0]
            precision = self._area[0] ** 2 / np.maximum(variance, _LEAST_VARIANCE)[sign]
        else:
            centre, precision = np.zeros(kind.shape), np.full(kind.shape, self._ridge)
        absent = np.where(self._allowed, _ABSENT, np.inf)
        precision = np.where(kind != 0, precision, absent)
        self._mean = np.broadcast_to(centre[..., None], self._shape).copy()
        self._precision = np.broadcast_to(precision[..., None], self._shape).copy()

    def results(self) -> dict[str, Array]:
        """Return probabilities of kinds, the likeliest kind and the shared prior."""
        n_states, n_post, n_pre, _ = self._shape
        absent = np.array([0.0, 1.0, 0.0])
        probability = np.tile(absent, (n_states, n_post, n_pre, 1))
        prior = np.tile(absent, (n_post, n_pre, 1))
        if self._edges is not None:
            probability[:, self._allowed] = self._edges.probability
            prior[self._allowed] = self._edges.prior
        return {
            "edge_probability": probability,
            "adjacency": probability.argmax(axis=3) - 1,
            "prior_connectivity": prior,
        }
