"""Columns of the linear predictor: filtered past of every neuron, inputs, and the constant."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def _filter_past(values: Array, basis: Array, offsets: Index, out: Array) -> None:
    n_neurons = values.shape[1]
    n_basis, n_lags = basis.shape
    for trial in range(len(offsets) - 1):
        start = offsets[trial]
        for t in range(start, offsets[trial + 1]):
            for lag in range(1, min(n_lags, t - start) + 1):
                for j in range(n_neurons):
                    past = values[t - lag, j]
                    if past != 0.0:
                        for b in range(n_basis):
                            out[t, j * n_basis + b] += basis[b, lag - 1] * past


def filtered_history(values: Array, basis: Array, offsets: Index) -> Array:
    """x[t, j, b] = sum_k basis[b, k] values[t - k, j], within trials; zero before their start.

    Parameters
    ----------
    values : (n_bins, n_neurons) ndarray
        Responses without NaN.
    basis : (n_basis, n_lags) ndarray
        First column: the bin before.
    offsets : (n_trials + 1,) ndarray of int
        Of trials.

    Returns
    -------
    (n_bins, n_neurons * n_basis) ndarray
        Basis functions of a neuron side by side.
    """
    out = np.zeros((len(values), values.shape[1] * len(basis)))
    if len(basis):
        _filter_past(np.ascontiguousarray(values), basis, offsets, out)
    return out


def design_columns(
    values: Array, fill: Array, basis: Array, inputs: Array, offsets: Index
) -> Array:
    """All regressors of a bin: history, inputs, constant.

    A response that was not observed enters later filters as `fill`, the neuron's mean response.

    Parameters
    ----------
    values : (n_bins, n_neurons) ndarray
        Responses, NaN where not observed.
    fill : (n_neurons,) ndarray
        What stands for a missing response in the past of others.
    basis : (n_basis, n_lags) ndarray
        No rows: no history.
    inputs : (n_bins, n_inputs) ndarray
        External inputs.
    offsets : (n_trials + 1,) ndarray of int
        Of trials.

    Returns
    -------
    (n_bins, n_neurons * n_basis + n_inputs + 1) ndarray
        The constant is last.
    """
    past = filtered_history(np.where(np.isnan(values), fill, values), basis, offsets)
    return np.concatenate([past, inputs, np.ones((len(values), 1))], axis=1)


def own_columns_only(n_neurons: int, n_basis: int, n_columns: int) -> NDArray[np.bool_]:
    """Which columns each neuron uses when neurons are not coupled.

    Parameters
    ----------
    n_neurons, n_basis, n_columns : int
        Sizes of the design.

    Returns
    -------
    (n_neurons, n_columns) ndarray of bool
        Its own history, all inputs and the constant.
    """
    allowed = np.ones((n_neurons, n_columns), dtype=bool)
    allowed[:, : n_neurons * n_basis] = np.repeat(np.eye(n_neurons, dtype=bool), n_basis, axis=1)
    return allowed
