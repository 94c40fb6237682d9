"""From a user's arrays and options to what a fit works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.signal.trials import Trials, as_trials, rows_like
from neurokit.states.design_matrix import design_columns, own_columns_only
from neurokit.states.emissions import Bernoulli, Emission, Poisson
from neurokit.states.emissions_categorical import Categorical
from neurokit.states.emissions_dispersed import Gaussian, NegativeBinomial
from neurokit.states.links import LINKS
from neurokit.states.observations import Observations, observations
from neurokit.states.problem import Problem
from neurokit.states.transitions import TransitionPrior

Array = NDArray[np.float64]

LINKS_OF = {
    "poisson": ("softplus", "exp", "sigmoid"),
    "bernoulli": ("logit",),
    "categorical": ("logit",),
    "gaussian": ("identity",),
    "negative_binomial": ("exp",),
}
"""Links of each observation model, the default first."""

# Every category has coefficients of its own, and information grows with their number squared.
_MOST_CATEGORIES = 256


@dataclass(frozen=True)
class Given:
    """What a user gave, as arrays.

    Parameters
    ----------
    trials : Trials
        Responses.
    inputs : (n_bins, n_inputs) ndarray
        Of the emissions.
    input_labels : (n_inputs,) ndarray of str
        Their names.
    transition_inputs : (n_bins, n_transition_inputs) ndarray
        Of the transitions, without the constant.
    transition_labels : (n_transition_inputs,) ndarray of str
        Their names.
    exposure : (n_bins, 1) ndarray
        Factor of the rate.
    """

    trials: Trials
    inputs: Array
    input_labels: NDArray[np.str_]
    transition_inputs: Array
    transition_labels: NDArray[np.str_]
    exposure: Array


def gather(
    X: Any, inputs: Any, transition_inputs: Any, exposure: Any, *, transitions: str
) -> Given:
    """Check what a user gave and bring it to arrays.

    Returns
    -------
    Given
        One row per bin.
    """
    trials = as_trials(X)
    none = np.zeros((len(trials.values), 0)), np.zeros(0, dtype=np.str_)
    rows, labels = none if inputs is None else rows_like(inputs, trials, "inputs")
    moving, moving_labels = none
    if transitions == "input":
        if transition_inputs is not None:
            moving, moving_labels = rows_like(transition_inputs, trials, "transition_inputs")
        elif inputs is not None:
            moving, moving_labels = rows, labels
        else:
            raise OptionError(
                'transitions="input" without inputs',
                where="transition_inputs",
                mend="Give transition_inputs, or inputs for both.",
            )
    elif transition_inputs is not None:
        raise OptionError(
            'given while transitions="stationary"',
            where="transition_inputs",
            mend='Use transitions="input".',
        )
    factor = np.ones((len(trials.values), 1))
    if exposure is not None:
        factor, _ = rows_like(exposure, trials, "exposure", per_bin=True)
        if not (factor > 0).all():
            raise OptionError("is not positive", where="exposure", mend="Give seconds > 0.")
    return Given(trials, rows, labels, moving, moving_labels, factor)


def make_emission(observation: str, link: str | None, n_categories: int) -> Emission:
    """The observation model of a user's options.

    Returns
    -------
    Emission
        The model.
    """
    check_option("observation", observation, LINKS_OF)
    chosen = check_option("link", link or LINKS_OF[observation][0], LINKS_OF[observation])
    if observation == "poisson":
        return Poisson(LINKS[chosen])
    if observation == "bernoulli":
        return Bernoulli()
    if observation == "categorical":
        if n_categories > _MOST_CATEGORIES:
            raise SchemaError(
                f"holds the code {n_categories - 1}, for {n_categories} categories",
                where="X",
                mend="Code categories 0, 1, 2, ... without gaps; 256 at most. "
                "np.unique(x, return_inverse=True) does so.",
            )
        return Categorical(n_categories)
    return Gaussian() if observation == "gaussian" else NegativeBinomial()


def count_categories(values: Array) -> int:
    """Number of categories: one more than the largest code.

    Parameters
    ----------
    values : ndarray
        Codes, NaN where not observed.

    Returns
    -------
    int
        At least 2.
    """
    seen = values[np.isfinite(values)]
    return max(int(seen.max(initial=0.0)) + 1, 2)


def mean_response(values: Array) -> Array:
    """Mean over observed bins of each neuron; 0 for one that was never observed.

    Parameters
    ----------
    values : (n_bins, n_neurons) ndarray
        NaN where not observed.

    Returns
    -------
    (n_neurons,) ndarray
        Means.
    """
    seen = ~np.isnan(values)
    out: Array = np.where(seen, values, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return out


def data_of(given: Given, emission: Emission, basis: Array, fill: Array) -> Observations:
    """Design and responses.

    Parameters
    ----------
    given : Given
        The user's arrays.
    emission : Emission
        The observation model.
    basis : (n_basis, n_lags) ndarray
        Of history.
    fill : (n_neurons,) ndarray
        What stands for a missing response in the past.

    Returns
    -------
    Observations
        Checked.
    """
    trials = given.trials
    emission.check(trials.values)
    columns = design_columns(trials.values, fill, basis, given.inputs, trials.offsets)
    moving = given.transition_inputs
    if moving.shape[1]:
        moving = np.concatenate([np.ones((len(moving), 1)), moving], axis=1)
    return observations(trials.values, emission, columns, given.exposure, trials.offsets, moving)


def make_problem(
    data: Observations,
    emission: Emission,
    *,
    n_states: int,
    n_basis: int,
    coupling: bool,
    bias: str,
    input_ridge: float,
    transition: TransitionPrior,
) -> Problem:
    """Models and priors of one fit.

    Returns
    -------
    Problem
        For `run_em`.
    """
    n_neurons, n_columns = data.response.shape[1], data.columns.shape[1]
    allowed = np.ones((n_neurons, n_columns), dtype=bool)
    if not coupling:
        allowed = own_columns_only(n_neurons, n_basis, n_columns)
    return Problem(
        emission,
        n_states,
        n_neurons,
        n_basis,
        n_columns,
        allowed,
        input_ridge,
        bias,
        transition,
    )
