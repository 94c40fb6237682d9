"""Bootstrap over trials: how much a fit depends on which trials were recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurokit.states.em import posterior_of, run_em
from neurokit.states.interruption import Stop
from neurokit.states.matching import match_by_overlap
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.priors import WeightPrior
from neurokit.states.problem import Problem
from neurokit.states.restarts import in_parallel

Array = NDArray[np.float64]


def bootstrap_parameters(
    data: Observations,
    problem: Problem,
    parameters: Parameters,
    make_prior: Callable[[], WeightPrior],
    *,
    n_resamples: int,
    max_iter: int,
    tol: float,
    rng: np.random.Generator,
    n_workers: int,
    stop: Stop,
    after: Callable[[], None] = lambda: None,
) -> list[Parameters]:
    """Refit to trials drawn with replacement, states in the order of the original fit.

    Every refit is reported to `after`.

    Returns
    -------
    list of Parameters
        One per refit.

    Raises
    ------
    KeyboardInterrupt
        If `stop` was set: some refits would lack.
    """
    reference = posterior_of(data, problem, parameters).probability
    n_trials = len(data.offsets) - 1

    def refit(stream: np.random.Generator) -> Parameters:
        drawn = data.take(np.sort(stream.integers(n_trials, size=n_trials)))
        run = run_em(
            drawn,
            problem,
            parameters,
            make_prior(),
            max_iter=max_iter,
            tol=tol,
            stages=False,
            stop=stop.is_set,
        )
        # Compared on the same bins for all refits, not on those drawn.
        found = posterior_of(data, problem, run.parameters).probability
        after()
        return run.parameters.reorder(match_by_overlap(reference, found))

    return in_parallel(refit, rng.spawn(n_resamples), n_workers, stop)
