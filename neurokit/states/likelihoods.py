"""Emission log-likelihoods of all states, and their derivatives in the coefficients.

Everything runs in blocks of bins, so that memory does not grow with bins x states x neurons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.states.emissions import Emission
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Numbers that one block of predictors holds: it stays in the second-level cache.
_BLOCK = 2**16
# Of products of columns: 8 MB.
_PRODUCTS = 2**20


def log_emissions(data: Observations, emission: Emission, parameters: Parameters) -> Array:
    """Log p(y_t | z_t = k), summed over observed neurons.

    Returns
    -------
    (n_bins, n_states) ndarray
        Nats; 0 where no neuron was observed.
    """
    n_states, n_neurons, n_parts, n_columns = parameters.coefficients.shape
    flat = parameters.coefficients.reshape(-1, n_columns).T
    n_bins = len(data.response)
    out = np.empty((n_bins, n_states))
    step = max(_BLOCK // (n_states * n_neurons * n_parts), 16)
    for start in range(0, n_bins, step):
        rows = slice(start, start + step)
        predictor = (data.columns[rows] @ flat).reshape(-1, n_states, n_neurons, n_parts)
        exposure = data.exposure[rows][:, None]
        response = data.response[rows][:, None]
        value = emission.log_likelihood(response, predictor, exposure, parameters.scale)
        if data.observed is not None:
            value = value * data.observed[rows][:, None]
        out[rows] = value[..., 0] if n_neurons == 1 else value.sum(axis=-1)
    out += data.constant[:, None]
    return out


@dataclass(frozen=True)
class Curvature:
    """Weighted log-likelihood of one state and its derivatives.

    Parameters
    ----------
    value : (n_neurons,) ndarray
        sum_t weight[t] log p(y_tn), without the constant.
    gradient : (n_neurons, n_parts * n_columns) ndarray
        First derivative.
    information : (n_neurons, n_parts * n_columns, n_parts * n_columns) ndarray
        Expected negative second derivative (Fisher).
    """

    value: Array
    gradient: Array
    information: Array


def _blocks(rows: Index | None, n_bins: int, step: int) -> Iterator[slice | Index]:
    for start in range(0, n_bins if rows is None else len(rows), step):
        piece = slice(start, start + step)
        yield piece if rows is None else rows[piece]


@numba.njit(cache=True, nogil=True)
def _products(columns: Array, out: Array) -> None:
    """out[t] = upper triangle of the outer product of row t with itself."""
    n_bins, n_columns = columns.shape
    for t in range(n_bins):
        place = 0
        for i in range(n_columns):
            value = columns[t, i]
            for j in range(i, n_columns):
                out[t, place] = value * columns[t, j]
                place += 1


def weighted_curvature(
    data: Observations,
    emission: Emission,
    coefficients: Array,
    scale: Array,
    weight: Array,
    rows: Index | None,
) -> Curvature:
    """Value, gradient and Fisher information of one state.

    Parameters
    ----------
    data : Observations
        Bins.
    emission : Emission
        The observation model.
    coefficients : (n_neurons, n_parts, n_columns) ndarray
        Of this state.
    scale : (n_neurons,) ndarray
        Of this state.
    weight : (n_bins,) ndarray
        Probability of this state.
    rows : (n_rows,) ndarray of int, optional
        Bins that count; None for all.

    Returns
    -------
    Curvature
        Of all neurons.
    """
    n_neurons, n_parts, n_columns = coefficients.shape
    flat = coefficients.reshape(-1, n_columns).T
    n_products = n_columns * (n_columns + 1) // 2
    step = max(min(_BLOCK // (n_neurons * n_parts), _PRODUCTS // n_products), 16)
    value = np.zeros(n_neurons)
    gradient = np.zeros((n_neurons * n_parts, n_columns))
    packed = np.zeros((n_neurons * n_parts**2, n_products))
    products = np.empty((step, n_products))
    for block in _blocks(rows, len(data.response), step):
        columns, share = data.columns[block], _shares(data, weight, block)
        n = len(columns)
        predictor = (columns @ flat).reshape(n, n_neurons, n_parts)
        found, score, information = emission.derivatives(
            data.response[block], predictor, data.exposure[block], scale
        )
        value += np.einsum("tn,tn->n", np.broadcast_to(share, found.shape), found)
        gradient += (score * share[..., None]).reshape(n, -1).T @ columns
        _products(columns, products[:n])
        packed += (information * share[..., None, None]).reshape(n, -1).T @ products[:n]
    return Curvature(
        value, gradient.reshape(n_neurons, -1), _unpacked(packed, n_neurons, n_parts, n_columns)
    )


def _shares(data: Observations, weight: Array, block: slice | Index) -> Array:
    share = weight[block][:, None]
    return share if data.observed is None else share * data.observed[block]


@cache
def _places(n_columns: int) -> Index:
    """Where entry (i, j) stands in a packed upper triangle."""
    place = np.zeros((n_columns, n_columns), dtype=np.int64)
    first, second = np.triu_indices(n_columns)
    place[first, second] = place[second, first] = np.arange(len(first))
    return place


def _unpacked(packed: Array, n_neurons: int, n_parts: int, n_columns: int) -> Array:
    """Full symmetric blocks from upper triangles of products."""
    blocks = packed.reshape(n_neurons, n_parts, n_parts, -1)[..., _places(n_columns)]
    full = blocks.transpose(0, 1, 3, 2, 4)
    return full.reshape(n_neurons, n_parts * n_columns, n_parts * n_columns)


def weighted_value(
    data: Observations,
    emission: Emission,
    coefficients: Array,
    scale: Array,
    weight: Array,
    rows: Index | None,
    neurons: Index,
) -> Array:
    """sum_t weight[t] log p(y_tn) of some neurons in one state, without the constant.

    Parameters
    ----------
    data, emission, coefficients, scale, weight, rows
        As in `weighted_curvature`; coefficients and scale of all neurons.
    neurons : (n_chosen,) ndarray of int
        Which.

    Returns
    -------
    (n_chosen,) ndarray
        Nats.
    """
    _, n_parts, n_columns = coefficients.shape
    flat = coefficients[neurons].reshape(-1, n_columns).T
    every = len(neurons) == data.response.shape[1]
    step = max(_BLOCK // (max(len(neurons), 1) * n_parts), 16)
    out = np.zeros(len(neurons))
    for block in _blocks(rows, len(data.response), step):
        share, response = _shares(data, weight, block), data.response[block]
        if not every:
            response = response[:, neurons]
            share = share if share.shape[1] == 1 else share[:, neurons]
        predictor = (data.columns[block] @ flat).reshape(len(response), len(neurons), n_parts)
        found = emission.log_likelihood(response, predictor, data.exposure[block], scale[neurons])
        out += np.einsum("tn,tn->n", np.broadcast_to(share, found.shape), found)
    return out
