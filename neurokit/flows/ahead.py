"""Forecasts and draws of a fitted linear flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import SchemaError
from neurokit.flows.em import Fit
from neurokit.flows.gaussian import Gaussian
from neurokit.flows.given import Given
from neurokit.flows.poisson import Poisson
from neurokit.flows.posterior import Posterior
from neurokit.flows.storing import scales, state_labels
from neurokit.flows.variational import CountFit

if TYPE_CHECKING:
    from neurokit.flows.reading import FlowReading

Array = NDArray[np.float64]


def forecast(
    model: FlowReading,
    fit: Fit | CountFit,
    found: Posterior,
    given: Given,
    n_bins: int,
    ahead_inputs: Any,
) -> xr.Dataset:
    """Carry the last state of every trial forward.

    Parameters
    ----------
    model : FlowReading
        Whose fit it is.
    fit : Fit or CountFit
        In units of 5 bins.
    found : Posterior
        Of what was seen.
    given : Given
        What was seen.
    n_bins : int
        Bins ahead.
    ahead_inputs : array, optional
        Of these bins.

    Returns
    -------
    Dataset
        As `FlowReading.forecast` says.
    """
    A, B, Q = fit.dynamics.step()
    last = given.trials.offsets[1:] - 1
    n_trials, n_inputs = len(last), B.shape[1]
    inputs = inputs_like(ahead_inputs, n_trials, n_bins, n_inputs, "ahead_inputs")
    mean, V = found.mean[last], found.covariance[last]
    drive = given.data.inputs[last]
    means, covariances = [], []
    for step in range(n_bins):
        mean = mean @ A.T + drive @ B.T
        V = A @ V @ A.T + Q
        drive = inputs[:, step]
        means.append(mean)
        covariances.append(V)
    states, spread = np.stack(means, axis=1), np.stack(covariances, axis=1)
    rate, rate_sd = _expected(model, fit, states, spread)
    labels, _ = state_labels(fit)
    factor = scales(fit, model.bin_width_)
    space = str(model.offset_.dims[0])
    steps = np.arange(1, n_bins + 1)
    return xr.Dataset(
        {
            "rate": (("trial", "step", space), rate, model._rate_attrs()),
            "rate_sd": (("trial", "step", space), rate_sd),
            "path": (("trial", "step", "state"), states * factor),
            "path_covariance": (
                ("trial", "step", "state", "state_2"),
                spread * np.outer(factor, factor),
            ),
        },
        coords={
            "step": steps,
            "lead": ("step", steps * model.bin_width_, {"units": "s"}),
            space: model.offset_[space].values,
            "state": labels,
            "state_2": labels,
            **given.trials.trial_coords(),
        },
    )


def _expected(
    model: FlowReading, fit: Fit | CountFit, states: Array, spread: Array
) -> tuple[Array, Array]:
    """Mean and standard deviation of the expected response over the state's law."""
    p = fit.dynamics.n_observed
    x, V = states[..., :p].reshape(-1, p), spread[..., :p, :p].reshape(-1, p, p)
    emission: Gaussian | Poisson = fit.emission
    if hasattr(model, "readout_loading_"):
        emission = Poisson(model.readout_loading_.values, model.readout_offset_.values)
    loading = emission.loading
    variance = np.einsum("ni,bij,nj->bn", loading, V, loading)
    if isinstance(emission, Poisson):
        mean = emission.rates(x, V)
        # Of a log-normal rate.
        deviation = mean * np.sqrt(np.expm1(np.minimum(variance, 50.0)))
    else:
        mean = x @ loading.T + emission.offset
        deviation = np.sqrt(np.maximum(variance, 0.0))
    shape = (*states.shape[:2], len(loading))
    return mean.reshape(shape), deviation.reshape(shape)


def inputs_like(given: Any, n_trials: int, n_bins: int, n_inputs: int, where: str) -> Array:
    """Inputs of bins that were not recorded.

    Parameters
    ----------
    given : (n_bins, n_inputs) or (n_trials, n_bins, n_inputs) array, optional
        Those of all trials, or of each; None is 0.
    n_trials, n_bins, n_inputs : int
        Sizes.
    where : str
        The argument's name.

    Returns
    -------
    (n_trials, n_bins, n_inputs) ndarray
        Finite.

    Raises
    ------
    SchemaError
        If they are of another shape, or not finite.
    """
    if given is None:
        return np.zeros((n_trials, n_bins, n_inputs))
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SchemaError(
            "are no numbers of one shape",
            where=where,
            mend=f"Give ({n_trials}, {n_bins}, {n_inputs}) numbers.",
        ) from error
    if values.ndim == 2:
        values = np.broadcast_to(values, (n_trials, *values.shape))
    if values.shape != (n_trials, n_bins, n_inputs) or not np.isfinite(values).all():
        raise SchemaError(
            f"have shape {values.shape}, or are not finite",
            where=where,
            mend=f"Give ({n_trials}, {n_bins}, {n_inputs}) numbers.",
        )
    return values


def draw(
    model: FlowReading,
    fit: Fit | CountFit,
    n_bins: int,
    n_trials: int,
    inputs: Any,
    rng: np.random.Generator,
) -> xr.Dataset:
    """Draw paths and responses.

    Parameters
    ----------
    model : FlowReading
        Whose fit it is.
    fit : Fit or CountFit
        In units of 5 bins.
    n_bins, n_trials : int
        Sizes.
    inputs : array, optional
        Default 0.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Dataset
        As `FlowReading.sample` says.
    """
    chain = fit.chain()
    given = inputs_like(inputs, n_trials, n_bins, chain.input.shape[1], "inputs")
    n = len(chain.transition)
    half, first = _root(chain.noise), _root(chain.initial_covariance)
    states = np.empty((n_trials, n_bins, n))
    state = chain.initial_mean + rng.normal(size=(n_trials, n)) @ first.T
    for t in range(n_bins):
        states[:, t] = state
        state = state @ chain.transition.T + given[:, t] @ chain.input.T
        state = state + rng.normal(size=state.shape) @ half.T
    rate, _ = _expected(model, fit, states, np.zeros((*states.shape, n)))
    response = _responses(model, fit, states, rate, rng)
    labels, _ = state_labels(fit)
    space = str(model.offset_.dims[0])
    return xr.Dataset(
        {
            "response": (("trial", "time", space), response),
            "rate": (("trial", "time", space), rate, model._rate_attrs()),
            "path": (("trial", "time", "state"), states * scales(fit, model.bin_width_)),
        },
        coords={
            "time": np.arange(n_bins) * model.bin_width_,
            space: model.offset_[space].values,
            "state": labels,
        },
    )


def _responses(
    model: FlowReading, fit: Fit | CountFit, states: Array, rate: Array, rng: np.random.Generator
) -> Array:
    if isinstance(fit, CountFit) or hasattr(model, "readout_loading_"):
        return rng.poisson(np.minimum(rate, 1e9)).astype(np.float64)
    noise = rng.normal(size=rate.shape) * np.sqrt(fit.emission.noise)
    found: Array = rate + noise
    return found


def _root(covariance: Array) -> Array:
    """A root that exists for singular matrices too."""
    values, vectors = np.linalg.eigh(covariance)
    root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
