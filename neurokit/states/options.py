"""Parameters of the estimator, checked and turned into what the fit needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import OptionError, check_option
from neurokit.randomness import as_generator
from neurokit.states.assembly import LINKS_OF, Given
from neurokit.states.bases import history_basis, learns_lags
from neurokit.states.priors import RidgePrior, WeightPrior, make_prior
from neurokit.states.problem import Problem
from neurokit.states.transitions import TransitionPrior

if TYPE_CHECKING:
    from neurokit.states.model import GLMHMM

_PRIORS = ("none", "gaussian", "onehot", "gumbel")


def check_parameters(model: GLMHMM) -> None:
    """Raise where a parameter has a value that is not allowed.

    Raises
    ------
    OptionError
        Names the parameter.
    """
    for name in ("n_states", "n_restarts", "max_iter"):
        value = getattr(model, name)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
    for name in ("ridge", "input_ridge", "stickiness", "transition_prior", "tol"):
        value = getattr(model, name)
        if not isinstance(value, int | float | np.number) or not 0 <= value < np.inf:
            raise OptionError(f"is {value!r}", where=name, mend="Give a number from 0.")
    as_generator(model.random_state)
    check_option("observation", model.observation, LINKS_OF)
    if model.link is not None:
        check_option("link", model.link, LINKS_OF[model.observation])
    if isinstance(model.prior, str):
        check_option("prior", model.prior, _PRIORS)
    else:
        _check_own_prior(model.prior)
    if not isinstance(model.coupling, bool | np.bool_):
        raise OptionError(f"is {model.coupling!r}", where="coupling", mend="Give True or False.")
    check_option("bias", model.bias, ("state", "shared", "none"))
    check_option("transitions", model.transitions, ("stationary", "input"))
    check_option("initial", model.initial, ("learned", "uniform"))
    if not isinstance(model.init, Mapping):
        check_option("init", model.init, ("segments", "random"))
    n_basis = len(history_basis(model.history))
    if model.observation == "categorical" and n_basis:
        raise OptionError(
            "codes of categories have no sum",
            where="history",
            mend="Use history=None and give earlier responses as inputs.",
        )
    if isinstance(model.prior, str) and model.prior == "gumbel" and learns_lags(model.history):
        raise OptionError(
            'is learned, which prior="gumbel" does not do',
            where="history",
            mend='Give a fixed history, or use prior="onehot".',
        )
    if model.prior != "none" and not n_basis:
        raise OptionError(
            f"is {model.prior!r} without couplings", where="prior", mend="Give a history."
        )


def _check_own_prior(prior: object) -> None:
    methods = ("quadratic", "log_density", "update", "advance", "results")
    lacking = [name for name in methods if not callable(getattr(prior, name, None))]
    if lacking:
        raise OptionError(
            f"is {prior!r}, which has no {', '.join(lacking)}",
            where="prior",
            mend=f"Use one of {', '.join(_PRIORS)}, or an object with the methods of "
            "neurokit.states.priors.WeightPrior.",
        )


def n_workers(n_jobs: int) -> int:
    """Number of threads.

    Returns
    -------
    int
        At least 1.
    """
    if isinstance(n_jobs, int | np.integer) and (n_jobs >= 1 or n_jobs == -1):
        return int(n_jobs) if n_jobs > 0 else os.cpu_count() or 1
    raise OptionError(f"is {n_jobs!r}", where="n_jobs", mend="Give 1 or more, or -1 for all.")


def transition_prior(model: Any) -> TransitionPrior:
    """The prior of the chain.

    Returns
    -------
    TransitionPrior
        Pseudo-counts.
    """
    pseudo = np.full((model.n_states, model.n_states), float(model.transition_prior))
    pseudo[np.diag_indices(model.n_states)] += model.stickiness
    return TransitionPrior(pseudo, float(model.input_ridge), model.initial)


def prior_maker(model: GLMHMM, problem: Problem, given: Given) -> Callable[[], WeightPrior]:
    """What makes a new prior of the coupling weights for every start.

    Returns
    -------
    callable
        Without arguments.
    """
    shape, ridge = problem.weight_shape, float(model.ridge)
    if model.prior in ("none", "gumbel"):
        return lambda: RidgePrior(shape, ridge)
    if not isinstance(model.prior, str):
        from copy import deepcopy

        return lambda: deepcopy(model.prior)
    options: dict[str, Any] = {
        "ridge": ridge,
        "scale": model.prior_scale,
        "basis_area": history_basis(model.history).sum(axis=1),
        "connectivity": model.prior_connectivity,
        "connectome": model.prior_connectome,
        "neurons": [str(label) for label in given.trials.labels],
        "allowed": None if model.coupling else np.eye(problem.n_neurons, dtype=bool),
    }
    return lambda: make_prior(model.prior, shape, **options)
