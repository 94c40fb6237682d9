"""Standard errors of all parameters, from the observed or the complete-data information.

Louis (1982) doi:10.1111/j.2517-6161.1982.tb01203.x.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neurokit.states.em import posterior_of
from neurokit.states.free_parameters import FreeParameters, observed_information
from neurokit.states.likelihoods import weighted_curvature
from neurokit.states.m_step import active_rows, penalised_system
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.priors import WeightPrior
from neurokit.states.problem import Problem
from neurokit.states.smoothing import Posterior

Array = NDArray[np.float64]


def observed_errors(
    data: Observations, problem: Problem, parameters: Parameters, prior: WeightPrior
) -> tuple[Parameters, Array]:
    """Standard errors that account for not knowing the states.

    Returns
    -------
    errors : Parameters
        Standard error of every entry; 0 for what is pinned, NaN for transitions that never
        happen and where the information is singular. Initial probabilities have none (NaN).
    filters : (n_states, n_neurons, n_neurons) ndarray
        Of the sum of the basis weights of every pair; empty without history.
    """
    free, information = observed_information(data, problem, parameters, prior)
    covariance = _inverse(information)
    variance = np.diag(covariance)
    deviation = np.sqrt(np.where(variance > 0, variance, np.nan))
    first, second, _ = np.cumsum(free.sizes)
    coefficients = np.zeros_like(parameters.coefficients)
    coefficients[free.coefficient_mask] = deviation[:first]
    shared = free.penalty.shared
    coefficients[1:, ..., shared] = coefficients[:1, ..., shared]
    scale = np.full_like(parameters.scale, np.nan)
    if free.has_scale:
        scale = parameters.scale * deviation[first:second].reshape(scale.shape)
    transition, slopes = _chain_errors(free, covariance[second:, second:])
    errors = Parameters(
        coefficients, scale, transition, np.full_like(parameters.initial, np.nan), slopes
    )
    return errors, _filter_errors(problem, free, covariance[:first, :first])


def _inverse(information: Array) -> Array:
    try:
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)


def _filter_errors(problem: Problem, free: FreeParameters, covariance: Array) -> Array:
    """Standard error of the sum over basis functions."""
    n_coupling, n_basis = problem.n_coupling, problem.n_basis
    if not n_basis:
        return np.zeros((problem.n_states, problem.n_neurons, 0))
    place = np.full(free.parameters.coefficients.shape, -1)
    place[free.coefficient_mask] = np.arange(free.sizes[0])
    groups = place[:, :, 0, :n_coupling].reshape(problem.weight_shape)
    padded = np.pad(covariance, (0, 1))
    variance = padded[groups[..., :, None], groups[..., None, :]].sum(axis=(-2, -1))
    out: Array = np.sqrt(np.maximum(variance, 0.0))
    return out


def _chain_errors(free: FreeParameters, covariance: Array) -> tuple[Array, Array]:
    """Of transition probabilities at rest (by the delta method), and of the logits."""
    parameters, mask = free.parameters, free.chain_mask
    n_states, n_inputs = parameters.n_states, mask.shape[2]
    place = np.full(mask.shape, -1)
    place[mask] = np.arange(int(mask.sum()))
    transition = np.full((n_states, n_states), np.nan)
    for j in range(n_states):
        others = np.flatnonzero(mask[j, :, 0])
        known = np.union1d(others, [j])
        p = parameters.transition[j]
        slope = np.diag(p)[:, others] - np.outer(p, p[others])
        rows = place[j, others, 0]
        variance = np.diag(slope @ covariance[np.ix_(rows, rows)] @ slope.T)
        transition[j, known] = np.sqrt(np.maximum(variance, 0.0))[known]
    slopes = np.zeros((n_states, n_states, n_inputs))
    slopes[mask] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not parameters.transition_coefficients.shape[2]:
        slopes = slopes[..., :0]
    return transition, slopes


def complete_errors(
    data: Observations, problem: Problem, parameters: Parameters, prior: WeightPrior
) -> tuple[Parameters, Array]:
    """Standard errors as if the states were known: cheap, and too small where they are not.

    Returns
    -------
    errors : Parameters
        Standard error of every entry.
    filters : (n_states, n_neurons, n_neurons) ndarray
        Of the sum of the basis weights of every pair.
    """
    posterior = posterior_of(data, problem, parameters)
    covariance = coefficient_covariance(data, problem, parameters, posterior, prior)
    variance = np.diagonal(covariance, axis1=-2, axis2=-1).reshape(parameters.coefficients.shape)
    coefficients = np.sqrt(np.maximum(variance, 0.0))
    count = posterior.transition_count
    left = np.maximum(count.sum(axis=1, keepdims=True), 1e-12)
    p = parameters.transition
    transition = np.sqrt(np.maximum(p * (1.0 - p), 0.0) / left)
    visited = np.maximum(posterior.probability.sum(axis=0), 1e-12)[:, None]
    scale = np.full_like(parameters.scale, np.nan)
    if problem.emission.name == "gaussian":
        scale = parameters.scale * np.sqrt(2.0 / visited)
    errors = replace(
        parameters,
        coefficients=coefficients,
        scale=scale,
        transition=transition,
        initial=np.full_like(parameters.initial, np.nan),
        transition_coefficients=np.full_like(parameters.transition_coefficients, np.nan),
    )
    if not problem.n_basis:
        return errors, np.zeros((problem.n_states, problem.n_neurons, 0))
    block = covariance[:, :, : problem.n_coupling, : problem.n_coupling]
    pairs = block.reshape(*problem.weight_shape, *problem.weight_shape[2:])
    return errors, np.sqrt(np.maximum(np.einsum("snjbjc->snj", pairs), 0.0))


def coefficient_covariance(
    data: Observations,
    problem: Problem,
    parameters: Parameters,
    posterior: Posterior,
    prior: WeightPrior,
) -> Array:
    """Inverse of the penalised Fisher information of every state and neuron.

    Returns
    -------
    (n_states, n_neurons, n, n) ndarray
        n = parts x columns; zero rows for pinned coefficients. A shared bias is treated as known
        to the other states' data too: its own variance is that of the pooled data.
    """
    weights, rows = posterior.probability.T.copy(), active_rows(posterior.probability)
    found = [
        weighted_curvature(
            data,
            problem.emission,
            parameters.coefficients[k],
            parameters.scale[k],
            weights[k],
            rows[k],
        )
        for k in range(problem.n_states)
    ]
    penalty = problem.penalty(prior)
    matrix, _ = penalised_system(found, parameters.coefficients, penalty)
    shared = np.flatnonzero(np.tile(penalty.shared, problem.emission.n_parts))
    if len(shared):
        block = matrix[..., shared[:, None], shared].sum(axis=0)
        matrix[..., shared[:, None], shared] = block
    covariance = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    pinned = np.isinf(penalty.precision).reshape(*matrix.shape[:-1])
    covariance[pinned[..., :, None] | pinned[..., None, :]] = 0.0
    return covariance
