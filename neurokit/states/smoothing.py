"""Posterior over hidden states: the scaled forward-backward recursion over ragged trials.

Probabilities are scaled bin by bin, which is several times faster than logarithms and as exact
wherever the range of floats suffices. A trial in which it does not (a state that lost all its
mass and that no other state can reach again) is repeated in logarithms. Rabiner (1989)
doi:10.1109/5.18626.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError
from neurokit.states.chains import TINY, fill_transition, offsets_of, static_chain
from neurokit.states.large_chains import smooth_large
from neurokit.states.log_space import filter_in_logs, smooth_in_logs

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# From here on one BLAS product per bin beats compiled loops.
_LARGE = 64
# Sums may be reordered by the compiler; everything else stays IEEE.
_FAST = {"reassoc", "contract"}
# A bin whose probability relative to its best emission is below this is shifted again; so that
# what is kept, TINY or more of the rest, never comes from subnormal numbers.
_FAINT = 1e-10
_LEAST = 1e-280


@dataclass(frozen=True)
class Posterior:
    """What the forward-backward recursion gives.

    Parameters
    ----------
    probability : (n_bins, n_states) ndarray
        gamma[t, k] = p(z_t = k | all bins of the trial).
    transition_count : (n_states, n_states) ndarray
        xi[j, k] = sum over t of p(z_t = j, z_{t+1} = k | y), over all trials.
    initial_count : (n_states,) ndarray
        Sum over trials of gamma at their first bin.
    log_likelihood : (n_trials,) ndarray
        log p(y) of each trial, nats.
    input_count : (n_states, n_states, n_inputs) ndarray
        sum over t of p(z_t = j, z_{t+1} = k | y) u_{t+1}; empty without transition inputs.

    Examples
    --------
    >>> emission = np.log([[0.9, 0.1], [0.8, 0.2]])
    >>> found = forward_backward(emission, np.full((2, 2), 0.5), np.full(2, 0.5))
    >>> found.probability.round(2)
    array([[0.9, 0.1],
           [0.8, 0.2]])
    """

    probability: Array
    transition_count: Array
    initial_count: Array
    log_likelihood: Array
    input_count: Array


def forward_backward(
    log_emission: ArrayLike,
    transition: ArrayLike,
    initial: ArrayLike,
    lengths: ArrayLike | None = None,
) -> Posterior:
    """gamma[t, k] = p(z_t = k | y), xi[j, k] = sum_t p(z_t = j, z_{t+1} = k | y).

    Parameters
    ----------
    log_emission : (n_bins, n_states) array_like
        log p(y_t | z_t = k), nats; -inf where impossible. A row of zeros marks a missing bin.
    transition : (n_states, n_states) array_like
        Rows sum to 1; zeros are allowed.
    initial : (n_states,) array_like
        Probability of the states at the first bin of every trial.
    lengths : (n_trials,) array_like of int, optional
        Bins of each trial, one after the other in `log_emission`; default one trial.

    Returns
    -------
    Posterior
        Probabilities, expected transitions, and the log-likelihood of every trial.

    Raises
    ------
    OptionError
        If shapes disagree, probabilities do not sum to 1, or a bin is impossible under every
        state that can be reached.

    References
    ----------
    Rabiner (1989), doi:10.1109/5.18626.

    Examples
    --------
    >>> log_emission = np.log([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
    >>> found = forward_backward(log_emission, [[0.9, 0.1], [0.1, 0.9]], [0.5, 0.5])
    >>> found.probability.round(2)
    array([[0.96, 0.04],
           [0.94, 0.06],
           [0.65, 0.35]])
    """
    emission, moves, start, offsets = checked_chain(log_emission, transition, initial, lengths)
    return smooth(emission, moves, start, offsets, *static_chain(len(emission), len(start)))


def checked_chain(
    log_emission: ArrayLike, transition: ArrayLike, initial: ArrayLike, lengths: ArrayLike | None
) -> tuple[Array, Array, Array, Index]:
    """Arrays of a hidden Markov chain in float64, with the offsets of its trials.

    Returns
    -------
    tuple of ndarray
        log_emission, transition, initial, offsets.
    """
    emission = _numbers(log_emission, "log_emission")
    moves, start = _numbers(transition, "transition"), _numbers(initial, "initial")
    # The largest is NaN if any is.
    if emission.ndim != 2 or not emission.max(initial=-np.inf) < np.inf:
        raise OptionError(
            f"has shape {emission.shape} or holds NaN or +inf",
            where="log_emission",
            mend="Give (n_bins, n_states); write a missing bin as a row of zeros.",
        )
    n_states = emission.shape[1]
    for name, value, shape in (
        ("transition", moves, (n_states, n_states)),
        ("initial", start, (n_states,)),
    ):
        if value.shape != shape or (value < 0).any() or not np.allclose(value.sum(-1), 1.0):
            raise OptionError(
                f"has shape {value.shape}, entries below 0 or sums other than 1",
                where=name,
                mend=f"Give probabilities of shape {shape}.",
            )
    return emission, moves, start, offsets_of(lengths, len(emission))


def _numbers(values: ArrayLike, name: str) -> Array:
    try:
        return np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise OptionError(
            "holds what is no number, or rows of different lengths",
            where=name,
            mend="Give an array of real numbers.",
        ) from error


def smooth(
    log_emission: Array,
    transition: Array,
    initial: Array,
    offsets: Index,
    coefficients: Array,
    inputs: Array,
) -> Posterior:
    """Forward-backward over checked arrays; transitions may depend on inputs.

    Parameters
    ----------
    log_emission : (n_bins, n_states) ndarray
        Nats.
    transition : (n_states, n_states) ndarray
        Used where there are no inputs.
    initial : (n_states,) ndarray
        Of every trial.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin, and the end.
    coefficients : (n_states, n_states, n_inputs) ndarray
        Transition into bin t from j is softmax_k(coefficients[j, k] . inputs[t]).
    inputs : (n_bins, n_inputs) ndarray
        n_inputs = 0: the transition matrix is the same in all bins.

    Returns
    -------
    Posterior
        As `forward_backward`.
    """
    n_bins, n_states = log_emission.shape
    count = np.zeros((n_states, n_states))
    input_count = np.zeros((n_states, n_states, inputs.shape[1]))
    if n_states > _LARGE and inputs.shape[1] == 0:
        probability = np.empty((n_bins, n_states))
        likelihood = smooth_large(log_emission, transition, initial, offsets, probability, count)
    else:
        probability, top = _shifted(log_emission)
        likelihood = _smooth_trials(
            log_emission,
            top,
            transition,
            initial,
            offsets,
            coefficients,
            inputs,
            probability,
            count,
            input_count,
        )
    check_possible(likelihood)
    first = offsets[:-1][np.diff(offsets) > 0]
    return Posterior(probability, count, probability[first].sum(axis=0), likelihood, input_count)


def check_possible(log_likelihood: Array) -> None:
    """Raise where a trial has probability zero.

    Parameters
    ----------
    log_likelihood : (n_trials,) ndarray
        Nats; -inf where a trial is impossible.

    Raises
    ------
    OptionError
        Names the first such trial.
    """
    if np.isneginf(log_likelihood).any():
        trial = int(np.flatnonzero(np.isneginf(log_likelihood))[0])
        raise OptionError(
            f"trial {trial} is impossible under every path of states",
            where="log_emission",
            mend="Allow more transitions, or emissions with a wider range.",
        )


def filter_states(
    log_emission: Array,
    transition: Array,
    initial: Array,
    offsets: Index,
    coefficients: Array,
    inputs: Array,
) -> tuple[Array, Array]:
    """p(z_t = k | y_1 ... y_t) and the log-likelihood of every trial.

    Returns
    -------
    filtered : (n_bins, n_states) ndarray
        Probabilities.
    log_likelihood : (n_trials,) ndarray
        Nats.
    """
    filtered, top = _shifted(log_emission)
    likelihood = _filter_trials(
        log_emission, top, transition, initial, offsets, coefficients, inputs, filtered
    )
    check_possible(likelihood)
    return filtered, likelihood


def predict_states(
    filtered: Array,
    transition: Array,
    initial: Array,
    offsets: Index,
    coefficients: Array,
    inputs: Array,
) -> Array:
    """p(z_t = k | y_1 ... y_{t-1}), one step ahead of the filter.

    Parameters
    ----------
    filtered : (n_bins, n_states) ndarray
        Result of `filter_states`.
    transition, initial, offsets, coefficients, inputs
        As in `smooth`.

    Returns
    -------
    (n_bins, n_states) ndarray
        Probabilities; at the first bin of a trial those of `initial`.
    """
    predicted = np.empty_like(filtered)
    if inputs.shape[1] == 0:
        predicted[1:] = filtered[:-1] @ transition
    else:
        moves = transition.copy()
        for t in range(1, len(filtered)):
            fill_transition(coefficients, inputs[t], moves)
            predicted[t] = filtered[t - 1] @ moves
    predicted[offsets[:-1][np.diff(offsets) > 0]] = initial
    return predicted


# The kernels below index whole arrays by bin: a slice per bin costs more than the arithmetic.


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _predict(filtered: Array, t: int, lost: NDArray[np.bool_], moves: Array, ahead: Array) -> bool:
    """Probabilities one bin after t; false where they are too small for floats to hold."""
    n_states = len(moves)
    for k in range(n_states):
        ahead[k] = 0.0
    for j in range(n_states):
        mass = filtered[t, j]
        if mass > 0.0:
            for k in range(n_states):
                ahead[k] += mass * moves[j, k]
    for k in range(n_states):
        if ahead[k] < TINY:
            for j in range(n_states):
                if moves[j, k] > 0.0 and (filtered[t, j] > 0.0 or lost[j]):
                    return False
            ahead[k] = 0.0
    return True


@numba.njit(cache=True, nogil=True)
def _relative(log_emission: Array, top: Array, out: Array) -> None:
    """Log-emissions less the largest of their bin."""
    n_bins, n_states = log_emission.shape
    for t in range(n_bins):
        largest = log_emission[t, 0]
        for k in range(1, n_states):
            largest = max(largest, log_emission[t, k])
        top[t] = largest
        if largest == -np.inf:
            largest = 0.0
        for k in range(n_states):
            out[t, k] = log_emission[t, k] - largest


def _shifted(log_emission: Array) -> tuple[Array, Array]:
    """exp(log_emission - its largest in the bin), and that; numpy's exp is the fastest at hand."""
    top, out = np.empty(len(log_emission)), np.empty(log_emission.shape)
    if out.size:
        _relative(log_emission, top, out)
    return np.exp(out, out=out), top


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _shift_again(log_emission: Array, t: int, predicted: Array, out: Array) -> float:
    """Emissions relative to the largest of the states that can be reached, which it returns.

    An unreachable state with the largest emission would push all others to zero.
    """
    n_states = len(predicted)
    top = -np.inf
    for k in range(n_states):
        if predicted[k] > 0.0 and log_emission[t, k] > top:
            top = log_emission[t, k]
    if top > -np.inf:
        for k in range(n_states):
            out[t, k] = np.exp(log_emission[t, k] - top) if predicted[k] > 0.0 else 0.0
    return top


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _weigh(
    log_emission: Array,
    top: Array,
    t: int,
    predicted: Array,
    out: Array,
    lost: NDArray[np.bool_],
) -> float:
    """Filter bin t; returns its log-likelihood, NaN where floats do not suffice.

    `out` holds relative emissions, and filtered probabilities afterwards.
    """
    n_states = len(predicted)
    total = 0.0
    for k in range(n_states):
        total += predicted[k] * out[t, k]
    shift = top[t]
    if total < _FAINT:
        shift = _shift_again(log_emission, t, predicted, out)
        if shift == -np.inf:
            return -np.inf
        total = 0.0
        for k in range(n_states):
            total += predicted[k] * out[t, k]
        if total < _LEAST:
            return np.nan
    scale = 1.0 / total
    for k in range(n_states):
        value = predicted[k] * out[t, k] * scale
        lost[k] = False
        if value < TINY:
            lost[k] = predicted[k] > 0.0 and log_emission[t, k] > -np.inf
            value = 0.0
        out[t, k] = value
    log_likelihood: float = shift + np.log(total)
    return log_likelihood


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _forward(
    log_emission: Array,
    top: Array,
    moves: Array,
    initial: Array,
    coefficients: Array,
    inputs: Array,
    first: int,
    last: int,
    filtered: Array,
) -> float:
    """Filter the bins from `first` to before `last`."""
    n_states = len(initial)
    predicted = initial.copy()
    lost = np.zeros(n_states, dtype=np.bool_)
    driven = inputs.shape[1] > 0
    total = 0.0
    for t in range(first, last):
        if t > first:
            if driven:
                fill_transition(coefficients, inputs[t], moves)
            if not _predict(filtered, t - 1, lost, moves, predicted):
                return np.nan
        step = _weigh(log_emission, top, t, predicted, filtered, lost)
        if not np.isfinite(step):
            return step
        total += step
    return total


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _backward(
    moves: Array,
    coefficients: Array,
    inputs: Array,
    first: int,
    last: int,
    probability: Array,
    count: Array,
    input_count: Array,
) -> None:
    """Turn filtered probabilities into smoothed ones, in place.

    gamma_t[j] = alpha_t[j] sum_k P[j, k] gamma_{t+1}[k] / predicted_{t+1}[k]: emissions are not
    needed again, and nothing can overflow.
    """
    n_states, n_inputs = len(moves), inputs.shape[1]
    predicted, ratio = np.empty(n_states), np.empty(n_states)
    lost = np.zeros(n_states, dtype=np.bool_)
    for t in range(last - 2, first - 1, -1):
        if n_inputs > 0:
            fill_transition(coefficients, inputs[t + 1], moves)
        _predict(probability, t, lost, moves, predicted)
        for k in range(n_states):
            ratio[k] = probability[t + 1, k] / predicted[k] if predicted[k] > 0.0 else 0.0
        total = 0.0
        for j in range(n_states):
            mass = probability[t, j]
            if mass == 0.0:
                continue
            ahead = 0.0
            for k in range(n_states):
                value = moves[j, k] * ratio[k]
                ahead += value
                count[j, k] += mass * value
            for d in range(n_inputs):
                for k in range(n_states):
                    input_count[j, k, d] += mass * moves[j, k] * ratio[k] * inputs[t + 1, d]
            probability[t, j] = mass * ahead
            total += mass * ahead
        scale = 1.0 / total
        for j in range(n_states):
            probability[t, j] *= scale


@numba.njit(cache=True, nogil=True)
def _smooth_trials(
    log_emission: Array,
    top: Array,
    transition: Array,
    initial: Array,
    offsets: Index,
    coefficients: Array,
    inputs: Array,
    probability: Array,
    count: Array,
    input_count: Array,
) -> Array:
    n_trials = len(offsets) - 1
    likelihood = np.zeros(n_trials)
    moves = transition.copy()
    for trial in range(n_trials):
        a, b = offsets[trial], offsets[trial + 1]
        value = _forward(log_emission, top, moves, initial, coefficients, inputs, a, b, probability)
        if np.isnan(value):
            value = smooth_in_logs(
                log_emission[a:b],
                moves,
                initial,
                coefficients,
                inputs[a:b],
                probability[a:b],
                count,
                input_count,
            )
        elif value > -np.inf:
            _backward(moves, coefficients, inputs, a, b, probability, count, input_count)
        likelihood[trial] = value
    return likelihood


@numba.njit(cache=True, nogil=True)
def _filter_trials(
    log_emission: Array,
    top: Array,
    transition: Array,
    initial: Array,
    offsets: Index,
    coefficients: Array,
    inputs: Array,
    filtered: Array,
) -> Array:
    n_trials = len(offsets) - 1
    likelihood = np.zeros(n_trials)
    moves = transition.copy()
    for trial in range(n_trials):
        a, b = offsets[trial], offsets[trial + 1]
        value = _forward(log_emission, top, moves, initial, coefficients, inputs, a, b, filtered)
        if np.isnan(value):
            value = filter_in_logs(
                log_emission[a:b], moves, initial, coefficients, inputs[a:b], filtered[a:b]
            )
        likelihood[trial] = value
    return likelihood
