"""One damped Newton step on the coefficients, every neuron by itself.

maximise over W: sum_t gamma[t, k] log p(y_tn | W_kn x_t) - 1/2 sum precision (W - mean)^2.

Undamped Fisher steps are unsafe for links that are not canonical, so a step of a neuron that does
not raise its own objective is halved. What states share (the bias) makes an arrow system, solved
by its Schur complement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.states.emissions import Emission
from neurokit.states.likelihoods import Curvature, weighted_curvature, weighted_value
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Bins whose probability of a state is below this are left out of its sums. What is dropped can
# change the objective by at most this share of the bins' log-likelihoods.
_NEGLIGIBLE = 1e-9
_HALVINGS = 12


@dataclass(frozen=True)
class Penalty:
    """1/2 sum precision (W - mean)^2 over all coefficients.

    Parameters
    ----------
    mean : (n_states, n_neurons, n_parts, n_columns) ndarray
        Where the penalty is zero.
    precision : (n_states, n_neurons, n_parts, n_columns) ndarray
        Infinite: the coefficient stays at its mean.
    shared : (n_columns,) ndarray of bool
        Columns whose coefficients are the same in all states.
    """

    mean: Array
    precision: Array
    shared: NDArray[np.bool_]

    @property
    def finite(self) -> Array:
        """Precision, zero where a coefficient is pinned."""
        return np.where(np.isfinite(self.precision), self.precision, 0.0)

    def value(self, coefficients: Array) -> Array:
        """The penalty of each state and neuron.

        Parameters
        ----------
        coefficients : (n_states, n_neurons, n_parts, n_columns) ndarray
            W.

        Returns
        -------
        (n_states, n_neurons) ndarray
            Not negative.
        """
        out: Array = 0.5 * (self.finite * np.square(coefficients - self.mean)).sum(axis=(2, 3))
        return out


def active_rows(probability: Array) -> list[Index | None]:
    """Bins that count for each state.

    Parameters
    ----------
    probability : (n_bins, n_states) ndarray
        gamma.

    Returns
    -------
    list of (n_rows,) ndarray of int, or None
        None where nearly all bins count.
    """
    rows: list[Index | None] = []
    for state in probability.T:
        found = np.flatnonzero(state > _NEGLIGIBLE)
        rows.append(None if len(found) > 0.9 * len(state) else found)
    return rows


def newton_step(
    data: Observations,
    emission: Emission,
    parameters: Parameters,
    probability: Array,
    penalty: Penalty,
) -> Parameters:
    """Raise the expected penalised log-likelihood by one damped Newton step per neuron.

    Parameters
    ----------
    data : Observations
        Bins.
    emission : Emission
        The observation model.
    parameters : Parameters
        Where to start.
    probability : (n_bins, n_states) ndarray
        gamma.
    penalty : Penalty
        Of the coefficients.

    Returns
    -------
    model : Parameters
        With new coefficients and scales; the objective of no neuron is lower.
    """
    rows = active_rows(probability)
    weights = np.ascontiguousarray(probability.T)
    found = [
        weighted_curvature(
            data, emission, parameters.coefficients[k], parameters.scale[k], weights[k], rows[k]
        )
        for k in range(parameters.n_states)
    ]
    step = newton_direction(found, parameters.coefficients, penalty)
    value = np.stack([each.value for each in found]) - penalty.value(parameters.coefficients)
    coefficients = _backtrack(data, emission, parameters, weights, rows, penalty, step, value)
    moved = replace(parameters, coefficients=coefficients)
    return _with_scale(data, emission, moved, weights, rows) if emission.has_scale else moved


def newton_direction(found: list[Curvature], coefficients: Array, penalty: Penalty) -> Array:
    """Solve (information + precision) step = gradient - precision (W - mean).

    Parameters
    ----------
    found : list of Curvature
        Of each state.
    coefficients : (n_states, n_neurons, n_parts, n_columns) ndarray
        W.
    penalty : Penalty
        Of the coefficients.

    Returns
    -------
    (n_states, n_neurons, n_parts, n_columns) ndarray
        The step.
    """
    matrix, right = penalised_system(found, coefficients, penalty)
    shared = np.tile(penalty.shared, coefficients.shape[2])
    if shared.any() and len(matrix) > 1:
        step = _solve_arrow(matrix, right, shared)
    else:
        step = np.asarray(np.linalg.solve(matrix, right[..., None])[..., 0], dtype=np.float64)
    return step.reshape(coefficients.shape)


def penalised_system(
    found: list[Curvature], coefficients: Array, penalty: Penalty
) -> tuple[Array, Array]:
    """Penalised information and gradient of every state and neuron.

    Parameters
    ----------
    found : list of Curvature
        Of each state.
    coefficients : (n_states, n_neurons, n_parts, n_columns) ndarray
        W.
    penalty : Penalty
        Of the coefficients.

    Returns
    -------
    matrix : (n_states, n_neurons, n, n) ndarray
        Positive definite; rows of pinned coefficients are those of the unit matrix.
    right : (n_states, n_neurons, n) ndarray
        Zero for pinned coefficients.
    """
    n_states, n_neurons = coefficients.shape[:2]
    precision = penalty.finite.reshape(n_states, n_neurons, -1)
    offset = (coefficients - penalty.mean).reshape(n_states, n_neurons, -1)
    matrix = np.stack([each.information for each in found])
    right = np.stack([each.gradient for each in found]) - precision * offset
    diagonal = np.arange(matrix.shape[-1])
    # Columns that are copies of each other, or zero throughout, must not stop the solver.
    jitter = 1e-9 * matrix[..., diagonal, diagonal] + 1e-9
    matrix[..., diagonal, diagonal] += precision + jitter
    pinned = np.isinf(penalty.precision).reshape(n_states, n_neurons, -1)
    if pinned.any():
        matrix[pinned[..., :, None] | pinned[..., None, :]] = 0.0
        matrix[..., diagonal, diagonal] += pinned
        right[pinned] = 0.0
    return matrix, right


def _solve_arrow(matrix: Array, right: Array, shared: NDArray[np.bool_]) -> Array:
    own, common = np.flatnonzero(~shared), np.flatnonzero(shared)
    inner = matrix[..., own[:, None], own]
    cross = matrix[..., own[:, None], common]
    both = np.linalg.solve(inner, np.concatenate([cross, right[..., own, None]], axis=-1))
    reach, part = both[..., :-1], both[..., -1]
    schur = (matrix[..., common[:, None], common] - cross.swapaxes(-1, -2) @ reach).sum(axis=0)
    rest = (right[..., common] - (cross.swapaxes(-1, -2) @ part[..., None])[..., 0]).sum(axis=0)
    step = np.empty_like(right)
    together: Array = np.linalg.solve(schur, rest[..., None])[..., 0]
    step[..., common] = together
    step[..., own] = part - (reach @ together[None, ..., None])[..., 0]
    return step


def _backtrack(
    data: Observations,
    emission: Emission,
    parameters: Parameters,
    weights: Array,
    rows: list[Index | None],
    penalty: Penalty,
    step: Array,
    value: Array,
) -> Array:
    """Halve the steps of neurons whose objective falls; give up to stay after some halvings."""
    present, tied = parameters.coefficients, bool(penalty.shared.any())
    accepted = present.copy()
    unsettled = np.ones(value.shape, dtype=bool)
    length = 1.0
    for _ in range(_HALVINGS):
        trial = present + length * step
        new = np.full(value.shape, -np.inf)
        for k in range(len(present)):
            neurons = np.flatnonzero(unsettled[k])
            if len(neurons):
                new[k, neurons] = weighted_value(
                    data, emission, trial[k], parameters.scale[k], weights[k], rows[k], neurons
                )
        new -= penalty.value(trial)
        if tied:
            # With a shared bias the states of a neuron stand or fall together.
            better = np.broadcast_to(new.sum(axis=0) >= value.sum(axis=0), value.shape)
        else:
            better = new >= value
        better = better & unsettled
        accepted[better] = trial[better]
        unsettled &= ~better
        if not unsettled.any():
            break
        length *= 0.35
    return accepted


def _with_scale(
    data: Observations,
    emission: Emission,
    parameters: Parameters,
    weights: Array,
    rows: list[Index | None],
) -> Parameters:
    scale = parameters.scale.copy()
    floor = emission.lowest_scale(data.response, data.mask)
    for k in range(parameters.n_states):
        block = slice(None) if rows[k] is None else rows[k]
        share = weights[k][block][:, None] * data.mask[block]
        flat = parameters.coefficients[k].reshape(-1, data.columns.shape[1])
        predictor = (data.columns[block] @ flat.T)[..., None]
        updated = emission.update_scale(
            data.response[block], predictor, data.exposure[block], scale[k], share
        )
        scale[k] = np.maximum(updated, floor)
    return replace(parameters, scale=scale)
