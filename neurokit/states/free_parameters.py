"""All free parameters of a model as one vector, and the gradient of its log-likelihood.

The gradient is exact by Fisher's identity: that of the expected complete-data log-likelihood at
the posterior of the same parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.states.em import posterior_of
from neurokit.states.likelihoods import weighted_curvature
from neurokit.states.m_step import Penalty, active_rows
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.priors import WeightPrior
from neurokit.states.problem import Problem
from neurokit.states.smoothing import Posterior
from neurokit.states.transitions import chain_score

Array = NDArray[np.float64]

# Transitions rarer than this have no standard error: they are at the edge of what is possible.
_RAREST = 1e-8


@dataclass(frozen=True)
class FreeParameters:
    """Which parameters are free, around given ones.

    Coefficients (those shared by states once), logarithms of scales, and logits of transitions
    with staying as the reference. Initial probabilities are held.

    Parameters
    ----------
    parameters : Parameters
        Where the vector is zero-th.
    penalty : Penalty
        Pins and shared columns.
    has_scale : bool
        Whether scales are free.
    """

    parameters: Parameters
    penalty: Penalty
    has_scale: bool

    @property
    def coefficient_mask(self) -> NDArray[np.bool_]:
        """Coefficients with an entry of their own."""
        mask = np.isfinite(self.penalty.precision)
        mask[1:, ..., self.penalty.shared] = False
        return mask

    @property
    def chain_mask(self) -> NDArray[np.bool_]:
        """Logits (state, state_next, input) with an entry of their own."""
        n_states = self.parameters.n_states
        n_inputs = max(self.parameters.transition_coefficients.shape[2], 1)
        possible = (self.parameters.transition > _RAREST) & ~np.eye(n_states, dtype=bool)
        return np.repeat(possible[..., None], n_inputs, axis=2)

    @property
    def logits(self) -> Array:
        """(state, state_next, input), staying as the reference."""
        if self.parameters.transition_coefficients.shape[2]:
            return self.parameters.transition_coefficients
        logs = np.log(np.maximum(self.parameters.transition, 1e-300))
        out: Array = (logs - np.diag(logs)[:, None])[..., None]
        return out

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of free coefficients, scales and logits."""
        n_scale = self.parameters.scale.size if self.has_scale else 0
        return int(self.coefficient_mask.sum()), n_scale, int(self.chain_mask.sum())

    def vector(self) -> Array:
        """The free parameters."""
        parts = [self.parameters.coefficients[self.coefficient_mask]]
        if self.has_scale:
            parts.append(np.log(self.parameters.scale).ravel())
        return np.concatenate([*parts, self.logits[self.chain_mask]])

    def at(self, vector: Array) -> Parameters:
        """Parameters of a vector.

        Parameters
        ----------
        vector : (n_free,) ndarray
            As `vector()`.

        Returns
        -------
        model : Parameters
            Of all states.
        """
        first, second, _ = np.cumsum(self.sizes)
        coefficients = self.parameters.coefficients.copy()
        coefficients[self.coefficient_mask] = vector[:first]
        shared = self.penalty.shared
        coefficients[1:, ..., shared] = coefficients[:1, ..., shared]
        scale, logits = self.parameters.scale, self.logits.copy()
        if self.has_scale:
            scale = np.exp(vector[first:second]).reshape(scale.shape)
        logits[self.chain_mask] = vector[second:]
        rest = np.where(self.parameters.transition > _RAREST, logits[..., 0], -np.inf)
        rest[np.diag_indices_from(rest)] = 0.0
        shifted = np.exp(rest - rest.max(axis=1, keepdims=True))
        return replace(
            self.parameters,
            coefficients=coefficients,
            scale=scale,
            transition=shifted / shifted.sum(axis=1, keepdims=True),
            transition_coefficients=logits
            if self.parameters.transition_coefficients.shape[2]
            else self.parameters.transition_coefficients,
        )


def score_vector(
    data: Observations,
    problem: Problem,
    free: FreeParameters,
    parameters: Parameters,
    penalty: Penalty,
) -> Array:
    """Gradient of the penalised log-likelihood with respect to the free parameters.

    Returns
    -------
    (n_free,) ndarray
        Nats per unit.
    """
    posterior = posterior_of(data, problem, parameters)
    gradient = _coefficient_score(data, problem, parameters, posterior, penalty)
    shared = penalty.shared
    gradient[0, ..., shared] = gradient[..., shared].sum(axis=0).transpose(2, 0, 1)
    parts = [gradient[free.coefficient_mask]]
    if free.has_scale:
        parts.append(_scale_score(data, problem, parameters, posterior).ravel())
    chain = chain_score(data, parameters, posterior, problem.transition)
    return np.concatenate([*parts, chain[free.chain_mask]])


def _coefficient_score(
    data: Observations,
    problem: Problem,
    parameters: Parameters,
    posterior: Posterior,
    penalty: Penalty,
) -> Array:
    weights, rows = posterior.probability.T.copy(), active_rows(posterior.probability)
    out = np.empty_like(parameters.coefficients)
    for k in range(parameters.n_states):
        found = weighted_curvature(
            data,
            problem.emission,
            parameters.coefficients[k],
            parameters.scale[k],
            weights[k],
            rows[k],
        )
        out[k] = found.gradient.reshape(out[k].shape)
    out -= penalty.finite * (parameters.coefficients - penalty.mean)
    return out


def _scale_score(
    data: Observations, problem: Problem, parameters: Parameters, posterior: Posterior
) -> Array:
    out = np.empty_like(parameters.scale)
    for k in range(parameters.n_states):
        flat = parameters.coefficients[k].reshape(-1, data.columns.shape[1])
        predictor = (data.columns @ flat.T)[..., None]
        weight = posterior.probability[:, k, None] * data.mask
        out[k] = problem.emission.scale_score(
            data.response, predictor, data.exposure, parameters.scale[k], weight
        )
    return out


def observed_information(
    data: Observations, problem: Problem, parameters: Parameters, prior: WeightPrior
) -> tuple[FreeParameters, Array]:
    """Negative second derivative of the penalised log-likelihood, paths of states summed out.

    Central differences of the exact gradient: twice as many E-steps as there are parameters.

    Returns
    -------
    free : FreeParameters
        What the rows are.
    information : (n_free, n_free) ndarray
        Symmetric.
    """
    penalty = problem.penalty(prior)
    free = FreeParameters(parameters, penalty, problem.emission.has_scale)
    centre = free.vector()
    out = np.empty((len(centre), len(centre)))
    for i, value in enumerate(centre):
        step = 1e-4 * max(1.0, abs(value))
        scores = []
        for sign in (1.0, -1.0):
            moved = centre.copy()
            moved[i] += sign * step
            scores.append(score_vector(data, problem, free, free.at(moved), penalty))
        out[i] = (scores[1] - scores[0]) / (2.0 * step)
    return free, 0.5 * (out + out.T)
