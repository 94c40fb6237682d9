"""M-step of the transitions: pooled counts with a sticky Dirichlet prior, or a multinomial logit.

With inputs u_t (the first is the constant), p(z_t = k | z_{t-1} = j) = softmax_k(V[j, k] . u_t),
V[j, j] = 0: staying is the reference. Its expected log-likelihood is concave; Newton steps with
backtracking per state left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.smoothing import Posterior

Array = NDArray[np.float64]

# Smaller probabilities are zero: what uses them would have made them larger.
_FLUSH = 1e-100
_NEWTON_STEPS = 25


@dataclass(frozen=True)
class TransitionPrior:
    """Dirichlet pseudo-counts of transitions, and a ridge on the slopes of transition inputs.

    Parameters
    ----------
    pseudo_count : (n_states, n_states) ndarray
        Added to the expected transitions.
    ridge : float
        Precision of the slopes.
    initial : str
        "learned" or "uniform".
    """

    pseudo_count: Array
    ridge: float = 1e-3
    initial: str = "learned"

    def log_density(self, parameters: Parameters) -> float:
        """Log p(transitions), without its constant.

        Returns
        -------
        float
            Nats.
        """
        used = self.pseudo_count > 0
        logs = np.log(np.maximum(parameters.transition[used], np.finfo(float).tiny))
        slopes = parameters.transition_coefficients[..., 1:]
        return float((self.pseudo_count[used] * logs).sum() - 0.5 * self.ridge * (slopes**2).sum())


def update_chain(
    data: Observations, parameters: Parameters, posterior: Posterior, prior: TransitionPrior
) -> Parameters:
    """New transitions and initial probabilities from what the forward-backward pass counted.

    Returns
    -------
    model : Parameters
        With a new chain; the expected penalised log-likelihood is not lower.
    """
    initial = parameters.initial
    total = posterior.initial_count.sum()
    if prior.initial == "learned" and total > 0:
        initial = posterior.initial_count / total
        initial = np.where(initial < _FLUSH, 0.0, initial)
        initial = initial / initial.sum()
    if data.transition_inputs.shape[1]:
        coefficients = _logit_step(data, parameters, posterior, prior)
        transition = _softmax(coefficients[..., 0])
    else:
        coefficients = parameters.transition_coefficients
        transition = counted_transition(
            posterior.transition_count + prior.pseudo_count, parameters.transition
        )
    return replace(
        parameters, transition=transition, initial=initial, transition_coefficients=coefficients
    )


def counted_transition(count: Array, former: Array) -> Array:
    """Rows of counts as probabilities; a state that was never left keeps its row.

    Parameters
    ----------
    count : (n_states, n_states) ndarray
        Expected transitions with pseudo-counts.
    former : (n_states, n_states) ndarray
        Rows for states without any.

    Returns
    -------
    (n_states, n_states) ndarray
        Rows sum to 1.
    """
    total = count.sum(axis=1, keepdims=True)
    known = total > _FLUSH
    out = np.where(known, count / np.where(known, total, 1.0), former)
    out = np.where(out < _FLUSH, 0.0, out)
    shares: Array = out / out.sum(axis=1, keepdims=True)
    return shares


def _softmax(logits: Array) -> Array:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    out: Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return out


def transition_coefficients(transition: Array, n_inputs: int) -> Array:
    """Coefficients of a chain whose inputs do not matter yet.

    Parameters
    ----------
    transition : (n_states, n_states) ndarray
        Rows sum to 1.
    n_inputs : int
        With the constant.

    Returns
    -------
    (n_states, n_states, n_inputs) ndarray
        Zero slopes; staying is the reference.
    """
    out = np.zeros((*transition.shape, n_inputs))
    if not n_inputs:
        return out
    logs = np.log(np.maximum(transition, 1e-12))
    out[..., 0] = logs - np.diag(logs)[:, None]
    return out


def chain_score(
    data: Observations, parameters: Parameters, posterior: Posterior, prior: TransitionPrior
) -> Array:
    """Gradient of the expected penalised log-likelihood with respect to the logits.

    Returns
    -------
    (n_states, n_states, n_inputs) ndarray
        Without inputs the last dim holds the constant alone.
    """
    if not data.transition_inputs.shape[1]:
        count = posterior.transition_count + prior.pseudo_count
        static: Array = count - count.sum(axis=1, keepdims=True) * parameters.transition
        return static[..., None]
    precision = np.full(data.transition_inputs.shape[1], prior.ridge)
    precision[0] = 0.0
    every = np.arange(parameters.n_states)
    out = np.empty_like(parameters.transition_coefficients)
    for j in range(parameters.n_states):
        regressors, weight, count = _logit_data(data, posterior, prior, j)
        present = parameters.transition_coefficients[j]
        out[j], _ = _logit_slopes(regressors, weight, count, present, precision, every)
    return out


def _logit_data(
    data: Observations, posterior: Posterior, prior: TransitionPrior, j: int
) -> tuple[Array, Array, Array]:
    """Regressors, probability of leaving j, and expected transitions times inputs."""
    inputs = data.transition_inputs
    entered = np.ones(len(inputs), dtype=bool)
    first = data.offsets[:-1]
    entered[first[first < len(inputs)]] = False
    into = np.flatnonzero(entered)
    count = posterior.input_count[j].copy()
    count[:, 0] += prior.pseudo_count[j]
    # Pseudo-counts are transitions seen at inputs of zero.
    at_rest = np.zeros((1, inputs.shape[1]))
    at_rest[0, 0] = 1.0
    regressors = np.concatenate([inputs[into], at_rest])
    left = posterior.probability[into - 1, j]
    return regressors, np.concatenate([left, [prior.pseudo_count[j].sum()]]), count


def _logit_step(
    data: Observations, parameters: Parameters, posterior: Posterior, prior: TransitionPrior
) -> Array:
    out = parameters.transition_coefficients.copy()
    for j in range(parameters.n_states):
        regressors, weight, count = _logit_data(data, posterior, prior, j)
        out[j] = fit_logit(regressors, weight, count, out[j], j, prior.ridge)
    return out


def fit_logit(
    inputs: Array, weight: Array, count: Array, start: Array, reference: int, ridge: float
) -> Array:
    """Maximise sum_k count[k] . V[k] - sum_t weight[t] log sum_k exp(V[k] . u_t) - ridge/2 |V|^2.

    Parameters
    ----------
    inputs : (n_bins, n_inputs) ndarray
        u, the first column the constant, which the ridge spares.
    weight : (n_bins,) ndarray
        Probability of the state that is left.
    count : (n_states, n_inputs) ndarray
        Expected transitions times inputs.
    start : (n_states, n_inputs) ndarray
        V to start from.
    reference : int
        V of this state is zero.
    ridge : float
        Precision of the slopes.

    Returns
    -------
    (n_states, n_inputs) ndarray
        V.
    """
    n_states, n_inputs = start.shape
    free = np.flatnonzero(np.arange(n_states) != reference)
    if not len(free) or weight.sum() < 1e-12:
        return start
    present, precision = start.copy(), np.full(n_inputs, ridge)
    precision[0] = 1e-9
    value = _logit_value(inputs, weight, count, present, precision)
    for _ in range(_NEWTON_STEPS):
        gradient, matrix = _logit_slopes(inputs, weight, count, present, precision, free)
        step = np.zeros_like(present)
        step[free] = np.linalg.solve(matrix, gradient.ravel()).reshape(len(free), n_inputs)
        gain = float((gradient * step[free]).sum())
        length = 1.0
        while length > 1e-4:
            trial = np.clip(present + length * step, -50.0, 50.0)
            found = _logit_value(inputs, weight, count, trial, precision)
            if found >= value:
                break
            length *= 0.35
        else:
            break
        present, value = trial, found
        if gain < 1e-9:
            break
    return present


def _logit_value(
    inputs: Array, weight: Array, count: Array, coefficients: Array, precision: Array
) -> float:
    logits = inputs @ coefficients.T
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    penalty = 0.5 * (precision * coefficients**2).sum()
    return float((count * coefficients).sum() - weight @ total - penalty)


def _logit_slopes(
    inputs: Array,
    weight: Array,
    count: Array,
    coefficients: Array,
    precision: Array,
    free: NDArray[np.int64],
) -> tuple[Array, Array]:
    chance = _softmax(inputs @ coefficients.T)[:, free]
    gradient = count[free] - (weight[:, None] * chance).T @ inputs
    gradient -= precision * coefficients[free]
    n_free, n_inputs = len(free), inputs.shape[1]
    matrix = np.zeros((n_free, n_inputs, n_free, n_inputs))
    for a in range(n_free):
        for b in range(a, n_free):
            curve = weight * chance[:, a] * ((a == b) - chance[:, b])
            block = (inputs * curve[:, None]).T @ inputs
            matrix[a, :, b] = block
            matrix[b, :, a] = block
    out = matrix.reshape(n_free * n_inputs, -1)
    out[np.diag_indices_from(out)] += np.tile(precision, n_free) + 1e-9
    return gradient, out
