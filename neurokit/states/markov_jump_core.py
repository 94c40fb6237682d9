"""Jump processes seen at irregular times, some of them misread: exact likelihood and EM.

A chain with rates q_ij is in a hidden state z(t); readings o at times t_1 < t_2 < ... equal z with
probability 1 - e and are any other state with probability e / (K - 1). With P(g) = expm(Q g),
filtered probabilities alpha_t, backward messages beta_t and the gap g_t to the next reading,

    C = sum_t int_0^{g_t} P(s)' alpha_t beta_t' P(g_t - s)' ds

holds everything the rates need: expected time in i is C_ii and expected jumps from i to j are
q_ij C_ij. Hobolth and Jensen (2011) doi:10.1239/jap/1324046009; Van Loan (1978)
doi:10.1109/TAC.1978.1101743.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.states.markov_jump_propagator import integrals, transition_matrices

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# No rate is below this share of the mean, so that logarithms and divisions stay finite.
_LEAST_RATE = 1e-12


@dataclass(frozen=True)
class Readings:
    """Sequences of readings, end to end.

    Parameters
    ----------
    state : (n_readings,) ndarray of int64
        What was read; -1 where nothing was.
    starts : (n_sequences + 1,) ndarray of int64
        Where each sequence begins, and the end.
    gaps : (n_gaps,) ndarray
        The different gaps, s.
    gap_of : (n_readings,) ndarray of int64
        Place in `gaps` of the gap after each reading; -1 after the last of a sequence.
    """

    state: Index
    starts: Index
    gaps: Array
    gap_of: Index


@dataclass(frozen=True)
class Expectation:
    """What the E-step gives the M-step.

    Parameters
    ----------
    log_likelihood : float
        log p(readings), nats.
    jumps : (n_states, n_states) ndarray
        Expected numbers of jumps; the diagonal is the expected time in each state, s.
    first : (n_states,) ndarray
        Expected number of sequences that begin in each state.
    misread : float
        Expected number of readings that differ from the state.
    posterior : (n_readings, n_states) ndarray
        p(z(t) | all readings).
    """

    log_likelihood: float
    jumps: Array
    first: Array
    misread: float
    posterior: Array


@dataclass(frozen=True)
class JumpParameters:
    """Rates (K, K) per second, first state's distribution (K,) and probability of a misreading."""

    rates: Array
    initial: Array
    misread: float


def read(times: list[Array], states: list[Index]) -> Readings:
    """Lay sequences end to end and find the different gaps.

    Parameters
    ----------
    times : list of (n,) ndarray
        Seconds, increasing.
    states : list of (n,) ndarray of int64
        -1 where nothing was read.

    Returns
    -------
    Readings
        Gaps that agree to twelve digits are one.
    """
    steps = np.concatenate([np.append(np.diff(t), np.nan) for t in times])
    within = np.isfinite(steps)
    # Differences of regular times differ in their last digits; a matrix for each would be waste.
    rounded = np.array([float(f"{g:.12g}") for g in steps[within]])
    gaps, place = np.unique(rounded, return_inverse=True)
    gap_of = np.full(steps.size, -1, dtype=np.int64)
    gap_of[within] = place
    sizes = [t.size for t in times]
    return Readings(
        state=np.concatenate(states).astype(np.int64),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        gaps=gaps,
        gap_of=gap_of,
    )


@numba.njit(cache=True, nogil=True)
def _sweep(
    emission: Array, starts: Index, gap_of: Index, transition: Array, initial: Array, weights: Array
) -> tuple[float, Array]:
    """Forward and backward recursions of all sequences; fills weights, returns (log p, gamma)."""
    n, k = emission.shape
    alpha = np.empty((n, k))
    scale = np.empty(n)
    gamma = np.empty((n, k))
    log_likelihood = 0.0
    message = np.empty(k)
    for r in range(starts.size - 1):
        for t in range(starts[r], starts[r + 1]):
            total = 0.0
            for j in range(k):
                if t == starts[r]:
                    ahead = initial[j]
                else:
                    ahead = 0.0
                    for i in range(k):
                        ahead += alpha[t - 1, i] * transition[gap_of[t - 1], i, j]
                alpha[t, j] = ahead * emission[t, j]
                total += alpha[t, j]
            scale[t] = total
            if not total > 0.0:
                return -np.inf, gamma
            log_likelihood += np.log(total)
            for j in range(k):
                alpha[t, j] /= total
        beta = np.ones(k)
        for t in range(starts[r + 1] - 1, starts[r] - 1, -1):
            for j in range(k):
                gamma[t, j] = alpha[t, j] * beta[j]
                message[j] = emission[t, j] * beta[j] / scale[t]
            if t == starts[r]:
                break
            u = gap_of[t - 1]
            for i in range(k):
                beta[i] = 0.0
                for j in range(k):
                    weights[u, i, j] += alpha[t - 1, i] * message[j]
                    beta[i] += transition[u, i, j] * message[j]
    return log_likelihood, gamma


def emission_of(readings: Index, n_states: int, misread: float) -> Array:
    """Return p(o_t | z = k): ones where nothing was read.

    Parameters
    ----------
    readings : (n_readings,) ndarray of int64
        -1 where nothing was read.
    n_states : int
        K.
    misread : float
        Probability that a reading is another state, any of them alike.

    Returns
    -------
    (n_readings, n_states) ndarray
        Probabilities.
    """
    table = np.full((n_states + 1, n_states), misread / max(n_states - 1, 1))
    np.fill_diagonal(table, 1.0 - misread)
    table[-1] = 1.0
    return table[readings]


def expect(readings: Readings, parameters: JumpParameters) -> Expectation:
    """E-step: expected jumps, times, first states and misreadings, and the log-likelihood.

    Parameters
    ----------
    readings : Readings
        All sequences.
    parameters : JumpParameters
        Present values.

    Returns
    -------
    Expectation
        With log-likelihood minus infinity where the readings are impossible.
    """
    rates = parameters.rates
    emission = emission_of(readings.state, len(rates), parameters.misread)
    transition = transition_matrices(rates, readings.gaps)
    weights = np.zeros_like(transition)
    log_likelihood, gamma = _sweep(
        emission, readings.starts, readings.gap_of, transition, parameters.initial, weights
    )
    if not np.isfinite(log_likelihood):
        return Expectation(-np.inf, np.zeros_like(rates), parameters.initial, 0.0, gamma)
    c = np.maximum(integrals(rates, readings.gaps, weights), 0.0)
    jumps = np.where(np.eye(len(rates), dtype=bool), c, rates * c)
    seen = readings.state >= 0
    right = gamma[seen, readings.state[seen]].sum()
    first = gamma[readings.starts[:-1]].sum(axis=0)
    return Expectation(float(log_likelihood), jumps, first, float(seen.sum() - right), gamma)


def maximise(
    expectation: Expectation, readings: Readings, parameters: JumpParameters, *, learn: bool
) -> JumpParameters:
    """M-step: q_ij = expected jumps / expected time; a state without time keeps its rates.

    Parameters
    ----------
    expectation : Expectation
        Of `parameters`.
    readings : Readings
        All sequences.
    parameters : JumpParameters
        Present values.
    learn : bool
        Whether the probability of misreading is learned.

    Returns
    -------
    JumpParameters
        Next values.
    """
    time = np.diagonal(expectation.jumps)
    off = ~np.eye(time.size, dtype=bool)
    visited = time > 1e-9 * time.sum()
    rates = np.where(visited[:, None], expectation.jumps / np.where(visited, time, 1)[:, None], 0)
    rates = np.where(visited[:, None], rates, parameters.rates) * off
    if time.size > 1:
        floor = _LEAST_RATE * rates[off].mean()
        # A jump that the parameters forbid stays forbidden.
        rates = np.where(off & (parameters.rates > 0), np.maximum(rates, floor), 0.0)
    np.fill_diagonal(rates, -rates.sum(axis=1))
    n_read = int((readings.state >= 0).sum())
    misread = expectation.misread / max(n_read, 1) if learn else parameters.misread
    first = expectation.first + 1.0
    return JumpParameters(rates, first / first.sum(), misread)
