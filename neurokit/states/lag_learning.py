"""Learned lags: kernels of history that all couplings share, fitted along with the weights.

eta[t, s, n] = rest + sum_b sum_k phi_b[k] u_sb[t - k, n],
u_sb[t, n] = sum_j w[s, n, j, b] y[t, j].

Given the weights the predictor is linear in the kernels, so that gradient and Fisher information
have closed forms, and one damped step per iteration of expectation-maximisation raises its
objective like that of the weights. Kernels stay probabilities over lags, phi_b = softmax(theta_b):
the weights keep the size of couplings, and no prior of weights depends on the kernels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.states.design_matrix import filtered_history
from neurokit.states.emissions import Emission
from neurokit.states.likelihoods import weighted_value
from neurokit.states.m_step import active_rows
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_HALVINGS = 12
# Most that a logit moves in a step: beyond it the quadratic says nothing about a softmax.
_LONGEST = 2.0
_LEAST = 1e-300
# Numbers in one block of predictors.
_BLOCK = 2**16


@dataclass(frozen=True)
class LagKernels:
    """Kernels of history, and what they filter.

    Parameters
    ----------
    basis : (n_basis, n_lags) ndarray
        Not negative, rows sum to 1; first column the bin before.
    fill : (n_neurons,) ndarray
        What stands for a missing response in the past.
    """

    basis: Array
    fill: Array


def with_kernels(data: Observations, kernels: LagKernels) -> Observations:
    """The same observations with histories filtered by other kernels.

    Parameters
    ----------
    data : Observations
        Bins, with history columns of as many kernels.
    kernels : LagKernels
        The other ones.

    Returns
    -------
    Observations
        Everything but the history columns is shared.
    """
    past = filtered_history(_past(data, kernels.fill), kernels.basis, data.offsets)
    return replace(data, columns=np.concatenate([past, data.columns[:, past.shape[1] :]], axis=1))


def _past(data: Observations, fill: Array) -> Array:
    if data.observed is None:
        return data.response
    return np.where(data.observed > 0, data.response, fill)


def lag_step(
    data: Observations,
    emission: Emission,
    parameters: Parameters,
    probability: Array,
    kernels: LagKernels,
) -> tuple[Observations, LagKernels]:
    """Raise the expected log-likelihood by one damped Fisher step on the kernels.

    Parameters
    ----------
    data : Observations
        Bins, histories filtered by `kernels`.
    emission : Emission
        The observation model, of one predictor per neuron.
    parameters : Parameters
        Of all states; they stay.
    probability : (n_bins, n_states) ndarray
        gamma.
    kernels : LagKernels
        Where to start.

    Returns
    -------
    data : Observations
        With the new histories.
    kernels : LagKernels
        The expected log-likelihood is not lower.
    """
    gradient, information = kernel_curvature(data, emission, parameters, probability, kernels)
    step = softmax_step(kernels.basis, gradient, information)
    rows, weights = active_rows(probability), np.ascontiguousarray(probability.T)
    every = np.arange(data.response.shape[1])

    def expected(at: Observations) -> float:
        total = 0.0
        for k in range(parameters.n_states):
            coefficients, scale = parameters.coefficients[k], parameters.scale[k]
            value = weighted_value(at, emission, coefficients, scale, weights[k], rows[k], every)
            total += float(value.sum())
        return total

    present, length = expected(data), 1.0
    for _ in range(_HALVINGS):
        moved = replace(kernels, basis=_moved(kernels.basis, length * step))
        trial = with_kernels(data, moved)
        if expected(trial) >= present:
            return trial, moved
        length *= 0.35
    return data, kernels


def _moved(basis: Array, step: Array) -> Array:
    logits = np.log(np.maximum(basis, _LEAST)) + step
    share = np.exp(logits - logits.max(axis=1, keepdims=True))
    out: Array = share / share.sum(axis=1, keepdims=True)
    return out


def softmax_step(basis: Array, gradient: Array, information: Array) -> Array:
    """Fisher step of the logits of kernels from derivatives in the kernels.

    Parameters
    ----------
    basis : (n_basis, n_lags) ndarray
        softmax of the logits, by row.
    gradient : (n_basis, n_lags) ndarray
        Of the objective in the kernels.
    information : (n_basis * n_lags, n_basis * n_lags) ndarray
        Expected negative second derivative in them.

    Returns
    -------
    (n_basis, n_lags) ndarray
        No entry longer than a set length.
    """
    n_basis, n_lags = basis.shape
    slope = np.zeros((n_basis, n_lags, n_basis, n_lags))
    for b, row in enumerate(basis):
        slope[b, :, b] = np.diag(row) - np.outer(row, row)
    jacobian = slope.reshape(basis.size, basis.size)
    matrix = jacobian @ information @ jacobian
    # A constant added to all logits of a kernel changes nothing, and the matrix is singular there.
    diagonal = np.diag_indices(basis.size)
    matrix[diagonal] += 1e-6 * matrix[diagonal].max(initial=0.0) + 1e-12
    step = np.linalg.solve(matrix, jacobian @ gradient.ravel()).reshape(basis.shape)
    longest = np.abs(step).max(initial=0.0)
    return np.asarray(step * min(1.0, _LONGEST / max(longest, _LEAST)), dtype=np.float64)


def kernel_curvature(
    data: Observations,
    emission: Emission,
    parameters: Parameters,
    probability: Array,
    kernels: LagKernels,
) -> tuple[Array, Array]:
    """Gradient and Fisher information of the expected log-likelihood in the kernels.

    Parameters
    ----------
    data, emission, parameters, probability, kernels
        As in `lag_step`.

    Returns
    -------
    gradient : (n_basis, n_lags) ndarray
        First derivative.
    information : (n_basis * n_lags, n_basis * n_lags) ndarray
        Expected negative second derivative.
    """
    n_basis, n_lags = kernels.basis.shape
    n_neurons = data.response.shape[1]
    past = _past(data, kernels.fill)
    gradient = np.zeros(n_basis * n_lags)
    upper = np.zeros((n_basis * n_lags, n_basis * n_lags))
    for k, rows in enumerate(active_rows(probability)):
        coefficients = parameters.coefficients[k, :, 0]
        weights = coefficients[:, : n_neurons * n_basis].reshape(n_neurons, n_neurons, n_basis)
        drive = np.einsum("tj,njb->tnb", past, weights, optimize=True)
        score, curvature = _slopes(
            data, emission, coefficients, parameters.scale[k], probability[:, k], rows
        )
        _add_lags(
            np.ascontiguousarray(drive), score, curvature, data.offsets, n_lags, gradient, upper
        )
    information = upper + np.triu(upper, 1).T
    return gradient.reshape(n_basis, n_lags), information


def _slopes(
    data: Observations,
    emission: Emission,
    coefficients: Array,
    scale: Array,
    weight: Array,
    rows: Index | None,
) -> tuple[Array, Array]:
    """Weighted score and information in the predictor, (n_bins, n_neurons); 0 where not counted."""
    score, curvature = np.zeros_like(data.response), np.zeros_like(data.response)
    chosen = np.arange(len(weight)) if rows is None else rows
    step = max(_BLOCK // data.response.shape[1], 16)
    for start in range(0, len(chosen), step):
        block = chosen[start : start + step]
        predictor = (data.columns[block] @ coefficients.T)[..., None]
        _, slope, information = emission.derivatives(
            data.response[block], predictor, data.exposure[block], scale
        )
        share = weight[block][:, None]
        if data.observed is not None:
            share = share * data.observed[block]
        score[block] = share * slope[..., 0]
        curvature[block] = share * information[..., 0, 0]
    return score, curvature


@numba.njit(cache=True, nogil=True)
def _add_lags(
    drive: Array,
    score: Array,
    curvature: Array,
    offsets: Index,
    n_lags: int,
    gradient: Array,
    upper: Array,
) -> None:
    """Add score x and the upper triangle of curvature x x^T, x[b, k] = drive[t - k, n, b]."""
    n_neurons, n_basis = drive.shape[1:]
    x = np.zeros(n_basis * n_lags)
    for trial in range(len(offsets) - 1):
        start = offsets[trial]
        for t in range(start, offsets[trial + 1]):
            n_past = min(n_lags, t - start)
            for n in range(n_neurons):
                if score[t, n] == 0.0 and curvature[t, n] == 0.0:
                    continue
                for b in range(n_basis):
                    for k in range(n_lags):
                        x[b * n_lags + k] = drive[t - 1 - k, n, b] if k < n_past else 0.0
                for i in range(len(x)):
                    gradient[i] += score[t, n] * x[i]
                    value = curvature[t, n] * x[i]
                    for j in range(i, len(x)):
                        upper[i, j] += value * x[j]
