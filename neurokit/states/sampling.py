"""Random paths of states, and responses that feed back through history."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from neurokit.states.chains import fill_transition
from neurokit.states.emissions import Emission
from neurokit.states.parameters import Parameters

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def sample_states(
    parameters: Parameters, offsets: Index, transition_inputs: Array, rng: np.random.Generator
) -> Index:
    """Draw a path of states for every trial.

    Parameters
    ----------
    parameters : Parameters
        Of the chain.
    offsets : (n_trials + 1,) ndarray of int
        Of trials.
    transition_inputs : (n_bins, n_inputs) ndarray
        Empty for stationary transitions.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    (n_bins,) ndarray of int64
        States.
    """
    n_bins = int(offsets[-1])
    drawn = rng.random(n_bins)
    states = np.zeros(n_bins, dtype=np.int64)
    first = np.zeros(n_bins, dtype=bool)
    first[offsets[:-1][np.diff(offsets) > 0]] = True
    start, moves = np.cumsum(parameters.initial), parameters.transition.copy()
    edges = np.cumsum(moves, axis=1)
    last = parameters.n_states - 1
    for t in range(n_bins):
        if first[t]:
            steps = start
        else:
            if transition_inputs.shape[1]:
                fill_transition(parameters.transition_coefficients, transition_inputs[t], moves)
                edges = np.cumsum(moves, axis=1)
            steps = edges[states[t - 1]]
        states[t] = min(int(np.searchsorted(steps, drawn[t], side="right")), last)
    return states


def sample_responses(
    emission: Emission,
    parameters: Parameters,
    states: Index,
    offsets: Index,
    basis: Array,
    inputs: Array,
    exposure: Array,
    rng: np.random.Generator,
) -> Array:
    """Draw responses bin by bin, each from its state and the past of its trial.

    Parameters
    ----------
    emission : Emission
        The observation model.
    parameters : Parameters
        Of all states.
    states : (n_bins,) ndarray of int
        The path.
    offsets : (n_trials + 1,) ndarray of int
        Of trials.
    basis : (n_basis, n_lags) ndarray
        Of history.
    inputs : (n_bins, n_inputs) ndarray
        External inputs.
    exposure : (n_bins, 1) ndarray
        Factor of the rate.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    (n_bins, n_neurons) ndarray
        Responses.
    """
    n_neurons = parameters.coefficients.shape[1]
    n_coupling = n_neurons * len(basis)
    fixed = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    rest = np.einsum("tc,tnmc->tnm", fixed, parameters.coefficients[..., n_coupling:][states])
    if not len(basis):
        return emission.draw(rest, exposure, parameters.scale[states], rng)
    weights = parameters.coefficients[:, :, 0, :n_coupling]
    out = np.zeros((len(states), n_neurons))
    n_lags = basis.shape[1]
    backwards = basis[:, ::-1].T
    for a, b in itertools.pairwise(offsets):
        for t in range(a, b):
            past = out[max(a, t - n_lags) : t]
            filtered = (past.T @ backwards[n_lags - len(past) :]).ravel()
            predictor = rest[t] + (weights[states[t]] @ filtered)[:, None]
            out[t] = emission.draw(predictor, exposure[t], parameters.scale[states[t]], rng)
    return out
