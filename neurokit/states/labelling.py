"""Parameters as labelled arrays, and labelled or plain arrays as parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, check_option
from neurokit.states.parameters import Parameters, sticky_transition
from neurokit.states.transitions import transition_coefficients

Array = NDArray[np.float64]
Strings = NDArray[np.str_]

PARAMETER_NAMES = (
    "weights",
    "input_weights",
    "bias",
    "scale",
    "transition",
    "initial",
    "transition_weights",
)
"""What a start, or a model without a fit, may be made of."""

_PRIOR_DIMS = {
    "edge_probability": ("state", "post", "pre", "sign"),
    "adjacency": ("state", "post", "pre"),
    "prior_mean": ("post", "pre", "basis"),
    "prior_scale": ("basis",),
    "prior_precision": ("basis",),
}


def labelled_parameters(
    parameters: Parameters,
    *,
    basis: Array,
    labels: Strings,
    space: str,
    input_labels: Strings,
    transition_labels: Strings,
    shared_bias: bool,
    has_scale: bool,
) -> dict[str, xr.DataArray]:
    """Every parameter under its public name.

    Parameters
    ----------
    parameters : Parameters
        Of all states.
    basis : (n_basis, n_lags) ndarray
        Of history.
    labels : (n_neurons,) ndarray of str
        Names of neurons.
    space : str
        "neuron" or "channel".
    input_labels, transition_labels : ndarray of str
        Names of inputs.
    shared_bias : bool
        Whether `bias` has no state.
    has_scale : bool
        Whether the observation model has one.

    Returns
    -------
    dict of str to DataArray
        Names without the underscore.
    """
    state = np.arange(parameters.n_states)
    n_neurons, n_basis = len(labels), len(basis)
    n_coupling = n_neurons * n_basis
    coefficients = parameters.coefficients
    n_parts = coefficients.shape[2]
    part = {"category": np.arange(1, n_parts + 1)} if n_parts > 1 else {}
    rows = coefficients if n_parts > 1 else coefficients[:, :, 0]
    base = {"state": state, space: labels, **part}
    found: dict[str, tuple[Array, Mapping[str, Any]]] = {
        "transition": (parameters.transition, {"state": state, "state_next": state}),
        "initial": (parameters.initial, {"state": state}),
        "bias": (rows[..., -1], base),
    }
    if shared_bias:
        del base["state"]
        found["bias"] = (rows[0, ..., -1], base)
        base = {"state": state, **base}
    if n_basis:
        shape = (len(state), n_neurons, n_neurons, n_basis)
        weights = coefficients[:, :, 0, :n_coupling].reshape(shape)
        pair = {"state": state, "post": labels, "pre": labels}
        found["basis_weights"] = (weights, {**pair, "basis": np.arange(n_basis)})
        found["weights"] = (weights @ basis.sum(axis=1), pair)
        found["filter_basis"] = (
            basis,
            {"basis": np.arange(n_basis), "lag": np.arange(1, basis.shape[1] + 1)},
        )
    if len(input_labels):
        found["input_weights"] = (rows[..., n_coupling:-1], {**base, "input": input_labels})
    if has_scale:
        found["scale"] = (parameters.scale, {"state": state, space: labels})
    if len(transition_labels):
        found["transition_weights"] = (
            parameters.transition_coefficients[..., 1:],
            {"state": state, "state_next": state, "transition_input": transition_labels},
        )
    return {
        name: xr.DataArray(np.array(values), dims=list(coords), coords=coords, name=name)
        for name, (values, coords) in found.items()
    }


def labelled_prior(results: Mapping[str, Array], labels: Strings) -> dict[str, xr.DataArray]:
    """What a prior has learned, with labels.

    Parameters
    ----------
    results : mapping of str to ndarray
        Of a prior.
    labels : (n_neurons,) ndarray of str
        Names of neurons.

    Returns
    -------
    dict of str to DataArray
        Signs are -1, 0 and 1.
    """
    out = {}
    for name, values in results.items():
        dims = _PRIOR_DIMS.get(name, ("post", "pre", "sign")[: values.ndim])
        coords: dict[str, Any] = {dim: np.arange(values.shape[i]) for i, dim in enumerate(dims)}
        coords |= {dim: labels for dim in ("post", "pre") if dim in dims}
        if "sign" in dims:
            coords["sign"] = np.array([-1, 0, 1])
        out[name] = xr.DataArray(np.array(values), dims=dims, coords=coords, name=name)
    return out


def parameters_from(
    given: Mapping[str, Any], template: Parameters, *, n_neurons: int, n_basis: int
) -> Parameters:
    """A template with some of its parameters replaced by a user's.

    Parameters
    ----------
    given : mapping of str to array
        Names of `PARAMETER_NAMES`; arrays in the order of the public attributes.
    template : Parameters
        What is not given.
    n_neurons, n_basis : int
        Sizes.

    Returns
    -------
    model : Parameters
        Checked.

    Raises
    ------
    OptionError
        If a name is unknown or a shape does not fit.
    """
    for name in given:
        check_option("init", name, PARAMETER_NAMES)
    coefficients, scale = template.coefficients.copy(), template.scale.copy()
    n_states, _, n_parts, _ = coefficients.shape
    n_coupling = n_neurons * n_basis
    if "weights" in given:
        shape: tuple[int, ...] = (n_states, n_neurons, n_neurons, n_basis)
        weights = np.asarray(given["weights"], dtype=np.float64)
        if weights.ndim == 3 and n_basis == 1:
            weights = weights[..., None]
        coefficients[:, :, 0, :n_coupling] = _shaped(weights, shape, "weights").reshape(
            n_states, n_neurons, n_coupling
        )
    part = (n_parts,) if n_parts > 1 else ()
    if "input_weights" in given:
        n_inputs = coefficients.shape[3] - n_coupling - 1
        values = _shaped(
            given["input_weights"], (n_states, n_neurons, *part, n_inputs), "input_weights"
        )
        coefficients[..., n_coupling:-1] = values.reshape(n_states, n_neurons, n_parts, n_inputs)
    if "bias" in given:
        bias = _shaped(given["bias"], (n_states, n_neurons, *part), "bias")
        coefficients[..., -1] = bias.reshape(n_states, n_neurons, n_parts)
    if "scale" in given:
        scale = _shaped(given["scale"], scale.shape, "scale").copy()
        if not (scale > 0).all():
            raise OptionError("is not positive", where="scale", mend="Give positive numbers.")
    return Parameters(coefficients, scale, *_chain_from(given, template))


def _chain_from(given: Mapping[str, Any], template: Parameters) -> tuple[Array, Array, Array]:
    n_states = template.n_states
    transition, initial = template.transition, template.initial
    coefficients = template.transition_coefficients
    if "transition" in given:
        transition = _probabilities(given["transition"], (n_states, n_states), "transition")
        coefficients = transition_coefficients(transition, coefficients.shape[2])
    if "initial" in given:
        initial = _probabilities(given["initial"], (n_states,), "initial")
    if "transition_weights" in given:
        coefficients = coefficients.copy()
        shape = (n_states, n_states, coefficients.shape[2] - 1)
        slopes = _shaped(given["transition_weights"], shape, "transition_weights")
        # Only differences between destinations matter; staying is the reference.
        own = slopes[np.arange(n_states), np.arange(n_states)]
        coefficients[..., 1:] = slopes - own[:, None]
    return transition, initial, coefficients


def blank_parameters(
    n_states: int, n_neurons: int, n_parts: int, n_columns: int, n_transition: int
) -> Parameters:
    """Zero coefficients and a sticky chain.

    Returns
    -------
    model : Parameters
        To be filled.
    """
    transition = sticky_transition(n_states)
    return Parameters(
        np.zeros((n_states, n_neurons, n_parts, n_columns)),
        np.ones((n_states, n_neurons)),
        transition,
        np.full(n_states, 1.0 / n_states),
        transition_coefficients(transition, n_transition),
    )


def _shaped(values: Any, shape: tuple[int, ...], name: str) -> Array:
    array = np.asarray(values, dtype=np.float64)
    try:
        out = np.broadcast_to(array, shape)
    except ValueError as error:
        raise OptionError(
            f"has shape {array.shape}, expected {shape}", where=name, mend="Give that shape."
        ) from error
    if not np.isfinite(out).all():
        raise OptionError("holds NaN or infinities", where=name, mend="Give finite numbers.")
    return out


def _probabilities(values: Any, shape: tuple[int, ...], name: str) -> Array:
    out = _shaped(values, shape, name)
    if (out < 0).any() or not np.allclose(out.sum(axis=-1), 1.0):
        raise OptionError("does not sum to 1", where=name, mend="Give probabilities.")
    return np.ascontiguousarray(out / out.sum(axis=-1, keepdims=True))
