"""From the arrays of a fit to the attributes of its estimator, and back after loading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.signal.trials import as_trials
from neurokit.states.assembly import Given, make_emission
from neurokit.states.bases import history_basis, learns_lags
from neurokit.states.em import coupling_information, posterior_of
from neurokit.states.emissions import Emission
from neurokit.states.labelling import (
    PARAMETER_NAMES,
    blank_parameters,
    labelled_parameters,
    labelled_prior,
    parameters_from,
)
from neurokit.states.lag_learning import with_kernels
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.problem import Problem
from neurokit.states.restarts import Search

if TYPE_CHECKING:
    from neurokit.states.model import GLMHMM

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# An edge counts as present when its weight is this many standard errors from zero.
_STANDARD_ERRORS = 2.0


def keep_fit(
    model: GLMHMM,
    found: Search,
    data: Observations,
    problem: Problem,
    given: Given,
    fill: Array,
) -> None:
    """Set every fitted attribute.

    Parameters
    ----------
    model : GLMHMM
        Changed.
    found : Search
        All starts.
    data : Observations
        Bins.
    problem : Problem
        Models.
    given : Given
        The user's arrays, with labels.
    fill : (n_neurons,) ndarray
        What stands for a missing response in the past.
    """
    run, basis = found.best, history_basis(model.history)
    if run.kernels is not None:
        data, basis = with_kernels(data, run.kernels), run.kernels.basis
    posterior = posterior_of(data, problem, run.parameters)
    occupancy = posterior.probability.mean(axis=0)
    order = np.arange(model.n_states)
    if isinstance(model.init, str):
        order = np.argsort(-occupancy, kind="stable")
    keep_parameters(model, run.parameters.reorder(order), problem.emission, given, basis, fill)
    learned = dict(found.prior.results())
    if problem.n_basis and "adjacency" not in learned:
        learned["adjacency"] = _signs(data, problem, run.parameters, found, posterior.probability)
    for name, values in labelled_prior(learned, given.trials.labels).items():
        if "state" in values.dims:
            values = values.isel(state=order).assign_coords(state=np.arange(model.n_states))
        setattr(model, f"{name}_", values)
    model.occupancy_ = xr.DataArray(
        occupancy[order], dims="state", coords={"state": np.arange(model.n_states)}
    )
    if model.prior != "none" and problem.n_basis:
        _, precision = found.prior.quadratic()
        model.weight_precision_ = xr.DataArray(
            precision[order],
            dims=("state", "post", "pre", "basis"),
            coords=model.basis_weights_.coords,
        )
    model.log_likelihood_ = run.log_likelihood
    model.objective_trace_ = xr.DataArray(
        np.array(run.objective),
        dims="iteration",
        coords={"stage": ("iteration", np.array(run.stage))},
        name="objective_trace",
    )
    model.n_iter_ = len(run.objective)
    model.restart_objectives_ = xr.DataArray(found.objectives, dims="restart")
    model.n_observed_bins_ = data.n_observed_bins


def _signs(
    data: Observations,
    problem: Problem,
    parameters: Parameters,
    found: Search,
    probability: Array,
) -> Array:
    information = coupling_information(data, problem, parameters, probability)
    _, precision = found.prior.quadratic()
    size = information.shape[-1]
    diagonal = np.arange(size)
    information[..., diagonal, diagonal] += np.where(
        np.isfinite(precision), precision, 0.0
    ).reshape(*information.shape[:2], size)
    information[..., diagonal, diagonal] += 1e-9 * (1.0 + information[..., diagonal, diagonal])
    weights = problem.weights(parameters)
    total = weights.sum(axis=-1)
    # Variance of the sum over basis functions, pre by pre.
    covariance = np.linalg.inv(information).reshape(*weights.shape, *weights.shape[2:])
    variance = np.einsum("snjbjc->snj", covariance)
    return np.where(np.abs(total) > _STANDARD_ERRORS * np.sqrt(variance), np.sign(total), 0.0)


def keep_parameters(
    model: GLMHMM,
    parameters: Parameters,
    emission: Emission,
    given: Given,
    basis: Array,
    fill: Array,
) -> None:
    """Set the attributes that are parameters of the model.

    Parameters
    ----------
    model : GLMHMM
        Changed.
    parameters : Parameters
        Of all states.
    emission : Emission
        The observation model.
    given : Given
        With labels.
    basis : (n_basis, n_lags) ndarray
        Of history.
    fill : (n_neurons,) ndarray
        What stands for a missing response in the past.
    """
    trials = given.trials
    for name in [name for name in vars(model) if name.endswith("_")]:
        delattr(model, name)
    found = labelled_parameters(
        parameters,
        basis=basis,
        labels=trials.labels,
        space=trials.space,
        input_labels=given.input_labels,
        transition_labels=given.transition_labels,
        shared_bias=model.bias == "shared",
        has_scale=emission.has_scale,
    )
    for name, values in found.items():
        setattr(model, f"{name}_", values)
    model.fill_ = xr.DataArray(
        np.array(fill), dims=trials.space, coords={trials.space: trials.labels}
    )


def keep_made(
    model: GLMHMM,
    made: Mapping[str, Any],
    *,
    neurons: Any,
    n_neurons: int | None,
    n_categories: int,
) -> None:
    """Set the attributes of a model of known parameters.

    Parameters
    ----------
    model : GLMHMM
        Changed.
    made : mapping of str to array
        Parameters by name.
    neurons : sequence of str, optional
        Names.
    n_neurons : int, optional
        Where nothing else tells.
    n_categories : int
        Of categorical responses.
    """
    if learns_lags(model.history):
        raise OptionError(
            "is to be learned, but the parameters are known",
            where="history",
            mend="Give the kernels, an array (n_basis, n_lags).",
        )
    emission = make_emission(model.observation, model.link, n_categories)
    basis, n_parts = history_basis(model.history), emission.n_parts
    if len(basis) and "weights" not in made:
        raise OptionError("is missing", where="weights", mend="Give them, or history=None.")
    n = _count_neurons(made, neurons, n_neurons)
    n_inputs = np.shape(made["input_weights"])[-1] if "input_weights" in made else 0
    n_moving = np.shape(made["transition_weights"])[-1] if "transition_weights" in made else 0
    blank = blank_parameters(
        model.n_states, n, n_parts, n * len(basis) + n_inputs + 1, n_moving + 1 if n_moving else 0
    )
    parameters = parameters_from(made, blank, n_neurons=n, n_basis=len(basis))
    labels = np.asarray(np.arange(n) if neurons is None else neurons).astype(np.str_)
    trials = as_trials(
        xr.DataArray(np.zeros((1, n)), dims=("time", "neuron"), coords={"neuron": labels})
    )
    numbers = [np.arange(size).astype(np.str_) for size in (n_inputs, n_moving)]
    given = Given(
        trials,
        np.zeros((1, n_inputs)),
        numbers[0],
        np.zeros((1, n_moving)),
        numbers[1],
        np.ones((1, 1)),
    )
    keep_parameters(model, parameters, emission, given, basis, np.zeros(n))


def _count_neurons(made: Mapping[str, Any], neurons: Any, n_neurons: int | None) -> int:
    if n_neurons is not None or neurons is not None:
        return int(n_neurons if n_neurons is not None else len(neurons))
    for name in ("weights", "input_weights", "bias", "scale"):
        if name in made and np.ndim(made[name]) > 1:
            return int(np.shape(made[name])[1])
    return 1


def stored_parameters(model: GLMHMM) -> tuple[Parameters, Emission, Array]:
    """Arrays of a fitted estimator, however it was made.

    Returns
    -------
    parameters : Parameters
        Of all states.
    emission : Emission
        The observation model.
    basis : (n_basis, n_lags) ndarray
        Of history.
    """
    n_states, n_neurons = model.transition_.sizes["state"], model.fill_.size
    n_parts = model.bias_.sizes.get("category", 1)
    emission = make_emission(model.observation, model.link, n_parts + 1)
    basis = model.filter_basis_.values if hasattr(model, "filter_basis_") else np.zeros((0, 0))
    n_inputs = model.input_weights_.sizes["input"] if hasattr(model, "input_weights_") else 0
    n_moving = 0
    if hasattr(model, "transition_weights_"):
        n_moving = model.transition_weights_.sizes["transition_input"] + 1
    n_columns = n_neurons * len(basis) + n_inputs + 1
    blank = blank_parameters(n_states, n_neurons, n_parts, n_columns, n_moving)
    given = {
        name: getattr(model, f"{name}_").values
        for name in PARAMETER_NAMES
        if hasattr(model, f"{name}_")
    }
    if len(basis):
        given["weights"] = model.basis_weights_.values
    return (
        parameters_from(given, blank, n_neurons=n_neurons, n_basis=len(basis)),
        emission,
        basis,
    )
