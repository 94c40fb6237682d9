"""Forward and backward recursions over the labels of steps, in logs: marginals and evidence."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def _log_sum(values: Array) -> float:
    top = values.max()
    if top == -math.inf:
        return -math.inf
    total = 0.0
    for value in values:
        total += math.exp(value - top)
    return float(top + math.log(total))


@numba.njit(cache=True, nogil=True)
def label_marginals(log_emission: Array, log_transition: Array) -> tuple[Array, Array, float]:
    """Marginals of p(s) ~ prod_t exp(e_t,s_t) prod_t exp(a_s_t,s_t+1), the first label uniform.

    Rows of exp(a) may sum to less than 1, as those of expected logs do.

    Parameters
    ----------
    log_emission : (n, S) ndarray of float64
        e, nats.
    log_transition : (S, S) ndarray of float64
        a, nats.

    Returns
    -------
    marginal : (n, S) ndarray of float64
        Rows sum to 1.
    pairs : (S, S) ndarray of float64
        Expected numbers of steps from row to column.
    log_evidence : float
        Log of the sum over all paths.
    """
    n, n_states = log_emission.shape
    forward, backward = np.empty((n, n_states)), np.zeros((n, n_states))
    marginal, pairs = np.empty((n, n_states)), np.zeros((n_states, n_states))
    work = np.empty(n_states)
    if n == 0:
        return marginal, pairs, 0.0
    forward[0] = log_emission[0] - math.log(n_states)
    for t in range(1, n):
        for s in range(n_states):
            for r in range(n_states):
                work[r] = forward[t - 1, r] + log_transition[r, s]
            forward[t, s] = log_emission[t, s] + _log_sum(work)
    for t in range(n - 2, -1, -1):
        for r in range(n_states):
            for s in range(n_states):
                work[s] = log_transition[r, s] + log_emission[t + 1, s] + backward[t + 1, s]
            backward[t, r] = _log_sum(work)
    evidence = _log_sum(forward[n - 1])
    for t in range(n):
        for s in range(n_states):
            marginal[t, s] = math.exp(forward[t, s] + backward[t, s] - evidence)
        if t + 1 < n:
            for r in range(n_states):
                for s in range(n_states):
                    after = log_emission[t + 1, s] + backward[t + 1, s]
                    joint = forward[t, r] + log_transition[r, s] + after
                    pairs[r, s] += math.exp(joint - evidence)
    return marginal, pairs, evidence
