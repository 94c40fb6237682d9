"""Expectation-maximisation: posterior, one damped Newton step, pooled transitions, repeat.

A generalised EM: every M-step raises the expected penalised log-likelihood, so the penalised
log-likelihood itself never falls. Dempster et al. (1977) doi:10.1111/j.2517-6161.1977.tb01600.x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.states.lag_learning import LagKernels, lag_step
from neurokit.states.likelihoods import log_emissions, weighted_curvature
from neurokit.states.m_step import active_rows, newton_step
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.priors import WeightPrior
from neurokit.states.problem import Problem
from neurokit.states.smoothing import Posterior, smooth
from neurokit.states.transitions import update_chain

Array = NDArray[np.float64]

# Gains can be small for a while before states come apart, so that one small gain is no end.
_FEWEST_ITERATIONS = 5


@dataclass
class Run:
    """Where one run of expectation-maximisation stands.

    Parameters
    ----------
    parameters : Parameters
        The model.
    objective : list of float
        Penalised log-likelihood at every iteration, nats.
    stage : list of int
        Stage of the prior at every iteration; the objective is comparable within a stage.
    log_likelihood : float
        Without the prior, at `parameters`.
    converged : bool
        Whether the gain fell below the tolerance in the last stage.
    kernels : LagKernels, optional
        Kernels of history, where they are learned.
    """

    parameters: Parameters
    objective: list[float] = field(default_factory=list)
    stage: list[int] = field(default_factory=list)
    log_likelihood: float = float("-inf")
    converged: bool = False
    kernels: LagKernels | None = None


def posterior_of(data: Observations, problem: Problem, parameters: Parameters) -> Posterior:
    """The E-step.

    Parameters
    ----------
    data : Observations
        Bins.
    problem : Problem
        Models.
    parameters : Parameters
        Of all states.

    Returns
    -------
    Posterior
        State probabilities and expected counts.
    """
    emission = log_emissions(data, problem.emission, parameters)
    return smooth(emission, *chain_of(data, parameters))


def chain_of(
    data: Observations, parameters: Parameters
) -> tuple[Array, Array, NDArray[np.int64], Array, Array]:
    """What the recursions need beside log-emissions, in their order.

    Parameters
    ----------
    data : Observations
        Bins.
    parameters : Parameters
        Of all states.

    Returns
    -------
    tuple of ndarray
        transition, initial, offsets, coefficients, inputs.
    """
    return (
        parameters.transition,
        parameters.initial,
        data.offsets,
        parameters.transition_coefficients,
        data.transition_inputs,
    )


def run_em(
    data: Observations,
    problem: Problem,
    start: Parameters,
    prior: WeightPrior,
    *,
    max_iter: int,
    tol: float,
    stop: Callable[[], bool] = lambda: False,
    after: Callable[[int, float], None] = lambda iteration, objective: None,
    stages: bool = True,
    resume: bool | None = None,
    kernels: LagKernels | None = None,
) -> Run:
    """Raise log p(y | parameters) + log p(parameters) from one start.

    Parameters
    ----------
    data : Observations
        Bins.
    problem : Problem
        Models and priors.
    start : Parameters
        Where to start.
    prior : WeightPrior
        Of the coupling weights; changed in place.
    max_iter : int
        Most iterations of each stage.
    tol : float
        A stage has converged when two gains in a row are below this, nats per bin.
    stop : callable
        Asked after every iteration; true ends the run where it stands.
    after : callable
        Told the iteration and its objective.
    stages : bool
        Go through the later stages of the prior.
    resume : bool, optional
        The start is where the first stage ended, converged or not: go to the next at once.
    kernels : LagKernels, optional
        Those that `data` were filtered by, to be learned; default they stay.

    Returns
    -------
    Run
        Where it ended.
    """
    run, stage, n_small, begin = Run(start, kernels=kernels), 0, 0, 0
    least = tol * max(data.n_observed_bins, 1)
    while True:
        posterior = posterior_of(data, problem, run.parameters)
        run.log_likelihood = float(posterior.log_likelihood.sum())
        run.objective.append(run.log_likelihood + problem.log_prior(run.parameters, prior))
        run.stage.append(stage)
        after(len(run.objective), run.objective[-1])
        n_done = len(run.objective) - begin
        gain = run.objective[-1] - run.objective[-2] if n_done > 1 else np.inf
        n_small = n_small + 1 if gain < least else 0
        settled = n_small >= 2 and n_done > _FEWEST_ITERATIONS
        ended = settled or n_done >= max_iter
        if resume is not None and stage == 0:
            settled, ended = resume, True
        if ended:
            moved = _advance(data, problem, run.parameters, posterior, prior) if stages else None
            if moved is None or stop():
                run.converged = settled
                return run
            run.parameters, begin, n_small = moved, len(run.objective), 0
            stage += 1
            continue
        if stop():
            return run
        run.parameters = m_step(data, problem, run.parameters, posterior, prior)
        if run.kernels is not None:
            data, run.kernels = lag_step(
                data, problem.emission, run.parameters, posterior.probability, run.kernels
            )


def m_step(
    data: Observations,
    problem: Problem,
    parameters: Parameters,
    posterior: Posterior,
    prior: WeightPrior,
) -> Parameters:
    """New parameters, of which the expected penalised log-likelihood is not lower.

    Parameters
    ----------
    data : Observations
        Bins.
    problem : Problem
        Models and priors.
    parameters : Parameters
        Of all states.
    posterior : Posterior
        Of the E-step at `parameters`.
    prior : WeightPrior
        Of the coupling weights; its own parameters are updated.

    Returns
    -------
    model : Parameters
        Updated.
    """
    moved = newton_step(
        data, problem.emission, parameters, posterior.probability, problem.penalty(prior)
    )
    moved = update_chain(data, moved, posterior, problem.transition)
    if problem.n_basis:
        prior.update(problem.weights(moved))
    return moved


def _advance(
    data: Observations,
    problem: Problem,
    parameters: Parameters,
    posterior: Posterior,
    prior: WeightPrior,
) -> Parameters | None:
    if not problem.n_basis:
        return None
    information = coupling_information(data, problem, parameters, posterior.probability)
    weights = prior.advance(problem.weights(parameters), information)
    if weights is None:
        return None
    coefficients = parameters.coefficients.copy()
    flat = (problem.n_states, problem.n_neurons, problem.n_coupling)
    coefficients[:, :, 0, : problem.n_coupling] = weights.reshape(flat)
    return replace(parameters, coefficients=coefficients)


def coupling_information(
    data: Observations, problem: Problem, parameters: Parameters, probability: Array
) -> Array:
    """Fisher information of the coupling weights, all else of a neuron profiled out, no prior.

    Parameters
    ----------
    data : Observations
        Bins.
    problem : Problem
        Models.
    parameters : Parameters
        Of all states.
    probability : (n_bins, n_states) ndarray
        gamma.

    Returns
    -------
    (n_states, n_neurons, n, n) ndarray
        n = pre x basis; zeros where nothing is known.
    """
    rows, weights = active_rows(probability), np.ascontiguousarray(probability.T)
    out = []
    for k in range(problem.n_states):
        found = weighted_curvature(
            data,
            problem.emission,
            parameters.coefficients[k],
            parameters.scale[k],
            weights[k],
            rows[k],
        ).information
        n = problem.n_coupling
        cross, rest = found[:, :n, n:], found[:, n:, n:].copy()
        diagonal = np.arange(rest.shape[-1])
        rest[:, diagonal, diagonal] += 1e-9 * rest[:, diagonal, diagonal] + 1e-9
        out.append(found[:, :n, :n] - cross @ np.linalg.solve(rest, cross.swapaxes(1, 2)))
    return np.stack(out)
