"""Transitions between states under a sticky hierarchical Dirichlet process, at its weak limit.

beta ~ Dir(gamma / S), pi_j ~ Dir(alpha beta + kappa e_j). Given the counts of steps, tables m_jk
~ CRT(n_jk, alpha beta_k + kappa [j = k]), of which Binomial(m_jj, kappa / (kappa + alpha beta_j))
are due to stickiness, make beta conjugate.

Fox, Sudderth, Jordan & Willsky (2011). doi:10.1214/10-AOAS395
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# A weight that underflows would make a Dirichlet's parameter 0, which no Dirichlet has.
_SMALLEST = 1e-300


@numba.njit(cache=True, nogil=True)
def draw_tables(counts: Labels, concentration: Array, rng: np.random.Generator) -> Labels:
    """Number of tables of Chinese restaurants: CRT(n, a) = sum of Bernoulli(a / (a + i)), i < n.

    Parameters
    ----------
    counts : (n, m) ndarray of int64
        Customers.
    concentration : (n, m) ndarray of float64
        a, above 0.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (n, m) ndarray of int64
        Tables.
    """
    out = np.zeros_like(counts)
    for j in range(counts.shape[0]):
        for k in range(counts.shape[1]):
            a = concentration[j, k]
            for i in range(counts[j, k]):
                if rng.random() * (a + i) < a:
                    out[j, k] += 1
    return out


def count_steps(labels: Labels, n_states: int) -> Labels:
    """Count the steps from each state to each.

    Parameters
    ----------
    labels : (T,) ndarray of int64
        State of every step; -1 where a trial ends.
    n_states : int
        S.

    Returns
    -------
    (S, S) ndarray of int64
        From row to column.
    """
    source, target = labels[:-1], labels[1:]
    inside = (source >= 0) & (target >= 0)
    pairs = source[inside] * n_states + target[inside]
    return np.bincount(pairs, minlength=n_states**2).reshape(n_states, n_states)


def draw_transitions(
    counts: Labels,
    weights: Array,
    *,
    alpha: float,
    gamma: float,
    kappa: float,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Draw beta given pi's counts, then pi.

    Parameters
    ----------
    counts : (S, S) ndarray of int64
        Steps from row to column.
    weights : (S,) ndarray of float64
        The present beta.
    alpha, gamma, kappa : float
        Concentrations and stickiness.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    weights : (S,) ndarray
        beta.
    transition : (S, S) ndarray
        pi.
    """
    n_states = len(weights)
    prior = alpha * weights[None, :] + kappa * np.eye(n_states)
    tables = draw_tables(counts, np.maximum(prior, _SMALLEST), rng)
    own = kappa / (kappa + alpha * weights) if kappa > 0 else np.zeros(n_states)
    sticky = rng.binomial(np.diag(tables), own)
    seated = tables.sum(axis=0) - sticky
    fresh = np.maximum(rng.dirichlet(gamma / n_states + seated), _SMALLEST)
    return fresh, draw_rows(counts, fresh, alpha=alpha, kappa=kappa, rng=rng)


def draw_rows(
    counts: Labels, weights: Array, *, alpha: float, kappa: float, rng: np.random.Generator
) -> Array:
    """Draw pi given beta and the counts.

    Parameters
    ----------
    counts : (S, S) ndarray of int64
        Steps from row to column.
    weights : (S,) ndarray of float64
        beta.
    alpha, kappa : float
        Concentration and stickiness.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (S, S) ndarray of float64
        Rows sum to 1.
    """
    prior = np.maximum(alpha * weights[None, :] + kappa * np.eye(len(weights)), _SMALLEST)
    return np.stack([rng.dirichlet(row) for row in prior + counts])
