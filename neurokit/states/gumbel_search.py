"""The published one-hot fit in the place of expectation-maximisation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.estimator import single_thread
from neurokit.states.em import Run, posterior_of
from neurokit.states.gumbel import EPOCHS, GumbelFit, fit_gumbel
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.priors import RidgePrior, Shape
from neurokit.states.problem import Problem
from neurokit.states.restarts import Search

Array = NDArray[np.float64]


class GumbelResults(RidgePrior):
    """A flat penalty that carries what the published fit says about edges.

    Parameters
    ----------
    shape : tuple of int
        (state, post, pre, basis).
    fit : GumbelFit
        What was found.
    """

    def __init__(self, shape: Shape, fit: GumbelFit) -> None:
        super().__init__(shape, 0.0, np.ones(shape[1:3], dtype=bool))
        self._fit = fit

    def results(self) -> dict[str, Array]:
        """Return probabilities of kinds, the likeliest kind and the shared prior."""
        return {
            "edge_probability": self._fit.probability,
            "adjacency": self._fit.probability.argmax(axis=3) - 1,
            "prior_connectivity": self._fit.prior,
        }


def search_gumbel(
    data: Observations,
    problem: Problem,
    *,
    observation: str,
    link: str | None,
    max_iter: int,
    rng: np.random.Generator,
    stop: Callable[[], bool],
    after: Callable[[], None] = lambda: None,
) -> Search:
    """Fit as published, from its one start.

    Parameters
    ----------
    data : Observations
        Bins.
    problem : Problem
        Models.
    observation, link : str
        Of the estimator; responses are Poisson.
    max_iter : int
        Most epochs; never more than the published number.
    rng : numpy.random.Generator
        Source of randomness.
    stop : callable
        True ends the fit where it stands.
    after : callable
        Called after every epoch.

    Returns
    -------
    Search
        Its objective is minus the loss, which is no likelihood.

    Raises
    ------
    OptionError
        If the model is none of the paper's.
    DependencyError
        If torch is not installed.
    """
    if observation != "poisson" or data.transition_inputs.shape[1] or problem.bias == "none":
        raise OptionError(
            "is written for Poisson counts with a bias and stationary transitions",
            where='prior="gumbel"',
            mend='Use prior="onehot", which takes every model.',
        )
    n, n_basis, n_coupling = problem.n_neurons, problem.n_basis, problem.n_coupling
    if problem.n_columns > n_coupling + 1:
        raise OptionError("takes no inputs", where='prior="gumbel"', mend='Use prior="onehot".')
    # The limit counts for the thread that sets it, and this one is not the caller's.
    with single_thread():
        found = fit_gumbel(
            data.columns[:, :n_coupling].reshape(-1, n, n_basis),
            data.response,
            data.mask,
            data.offsets,
            problem.n_states,
            link=link or "softplus",
            shared_bias=problem.bias == "shared",
            allowed=np.asarray(problem.allowed[:, :n_coupling].reshape(n, n, n_basis).any(axis=2)),
            rng=rng,
            n_epochs=min(max_iter, EPOCHS),
            stop=stop,
            after=after,
        )
    coefficients = np.zeros((problem.n_states, n, 1, problem.n_columns))
    coefficients[:, :, 0, :n_coupling] = found.weights.reshape(problem.n_states, n, n_coupling)
    coefficients[:, :, 0, -1] = found.bias
    parameters = Parameters(
        coefficients,
        np.ones((problem.n_states, n)),
        found.transition,
        np.full(problem.n_states, 1.0 / problem.n_states),
        np.zeros((problem.n_states, problem.n_states, 0)),
    )
    run = Run(parameters, [-x for x in found.loss], [0] * len(found.loss))
    run.log_likelihood = float(posterior_of(data, problem, parameters).log_likelihood.sum())
    run.converged = found.finished
    objective = np.array([run.objective[-1] / max(data.n_observed_bins, 1)])
    return Search(run, GumbelResults(problem.weight_shape, found), objective)
