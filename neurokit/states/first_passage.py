"""What a rate matrix says about the long run: stationary distribution, first passages, entropy.

A rate matrix Q has rates q_ij >= 0 off its diagonal and rows that sum to zero. Norris (1997)
Markov Chains, Cambridge University Press.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A row of a rate matrix sums to zero within this share of its largest rate.
_ROW_SUM = 1e-8


def as_rates(rates: ArrayLike) -> Array:
    """Return a checked rate matrix.

    Parameters
    ----------
    rates : (n_states, n_states) array_like
        q_ij per second; the diagonal is minus the sum of its row.

    Returns
    -------
    (n_states, n_states) ndarray
        float64.

    Raises
    ------
    OptionError
        If it is not square, holds a negative rate or NaN, or a row does not sum to zero.

    Examples
    --------
    >>> as_rates([[-1, 1], [2, -2]]).tolist()
    [[-1.0, 1.0], [2.0, -2.0]]
    """
    q = np.asarray(rates, dtype=np.float64)
    if q.ndim != 2 or q.shape[0] != q.shape[1] or q.shape[0] == 0:
        raise OptionError(f"has shape {q.shape}", where="rates", mend="Give a square matrix.")
    if not np.isfinite(q).all():
        raise OptionError("holds NaN or infinity", where="rates", mend="Give finite rates.")
    off = q[~np.eye(len(q), dtype=bool)]
    if (off < 0).any():
        raise OptionError(
            f"holds the negative rate {off.min():g}", where="rates", mend="Rates are from 0."
        )
    wrong = np.flatnonzero(np.abs(q.sum(axis=1)) > _ROW_SUM * np.abs(q).max(axis=1))
    if wrong.size:
        raise OptionError(
            f"row {wrong[0]} sums to {q[wrong[0]].sum():g}",
            where="rates",
            mend="Set the diagonal to minus the sum of the other rates of its row.",
        )
    return q


def _reaches(rates: Array) -> Mask:
    """True at [i, j] where j can be reached from i, itself included."""
    reach = (rates > 0) | np.eye(len(rates), dtype=bool)
    for k in range(len(reach)):
        reach |= reach[:, [k]] & reach[[k], :]
    return reach


def stationary_distribution(rates: ArrayLike) -> Array:
    """Return pi with pi Q = 0, sum pi = 1, by elimination without subtractions.

    Parameters
    ----------
    rates : (n_states, n_states) array_like
        Per second.

    Returns
    -------
    (n_states,) ndarray
        Shares of time in the long run, exact also where they are tiny; NaN where they depend on
        the first state, because more than one set of states is never left.

    Raises
    ------
    OptionError
        If `rates` is no rate matrix.

    References
    ----------
    .. [1] Grassmann, Taksar and Heyman (1985). doi:10.1287/opre.33.5.1107

    Examples
    --------
    >>> stationary_distribution([[-1.0, 1.0], [3.0, -3.0]]).tolist()
    [0.75, 0.25]
    """
    q = as_rates(rates)
    reach = _reaches(q)
    # A state is recurrent if whatever it reaches leads back; it must be one set.
    recurrent = np.array([reach[reach[i], i].all() for i in range(len(q))])
    kept = np.flatnonzero(recurrent)
    share = np.zeros(len(q))
    if not reach[np.ix_(kept, kept)].all():
        return np.full(len(q), np.nan)
    share[kept] = _eliminate(q[np.ix_(kept, kept)])
    return share


def _eliminate(q: Array) -> Array:
    rest = q.copy()
    n = len(rest)
    for k in range(n - 1, 0, -1):
        rest[:k, k] /= rest[k, :k].sum()
        rest[:k, :k] += np.outer(rest[:k, k], rest[k, :k])
    share = np.ones(n)
    for k in range(1, n):
        share[k] = share[:k] @ rest[:k, k]
    return np.asarray(share / share.sum())


def mean_first_passage(rates: ArrayLike) -> Array:
    """Return m_ij, the mean time until a chain in state i first is in state j.

    sum_k q_ik m_kj = -1 for all i other than j, and m_jj = 0.

    Parameters
    ----------
    rates : (n_states, n_states) array_like
        Per second.

    Returns
    -------
    (n_states, n_states) ndarray
        Seconds, from the state of the row to that of the column; infinite where the column may
        never be reached.

    Raises
    ------
    OptionError
        If `rates` is no rate matrix.

    Examples
    --------
    >>> mean_first_passage([[-1.0, 1.0], [4.0, -4.0]]).tolist()
    [[0.0, 1.0], [0.25, 0.0]]
    """
    q = as_rates(rates)
    n = len(q)
    time = np.zeros((n, n))
    for j in range(n):
        certain = _reached_for_sure(q, j)
        others = np.flatnonzero(certain & (np.arange(n) != j))
        time[~certain, j] = np.inf
        if others.size:
            time[others, j] = np.linalg.solve(-q[np.ix_(others, others)], np.ones(others.size))
    return time


def _reached_for_sure(rates: Array, target: int) -> Mask:
    """True for states from which the target is reached with probability one."""
    stopped = rates.copy()
    stopped[target] = 0.0
    reach = _reaches(stopped)
    hopeless = ~reach[:, target]
    return np.asarray(~(reach & hopeless[None, :]).any(axis=1))


def entropy_production(rates: ArrayLike) -> float:
    """Return sum_{i<j} (pi_i q_ij - pi_j q_ji) log(pi_i q_ij / (pi_j q_ji)).

    Parameters
    ----------
    rates : (n_states, n_states) array_like
        Per second.

    Returns
    -------
    float
        Nats per second in the long run: 0 where time cannot be told from its reverse, infinite
        where a jump has no way back, NaN where the stationary distribution is not unique.

    Raises
    ------
    OptionError
        If `rates` is no rate matrix.

    References
    ----------
    .. [1] Schnakenberg (1976). doi:10.1103/RevModPhys.48.571

    Examples
    --------
    >>> entropy_production([[-1.0, 1.0], [4.0, -4.0]])
    0.0
    """
    q = as_rates(rates)
    share = stationary_distribution(q)
    if np.isnan(share).any():
        return float("nan")
    upper = np.triu_indices(len(q), 1)
    flow = share[:, None] * q
    there, back = flow[upper], flow.T[upper]
    if ((there > 0) != (back > 0)).any():
        return float("inf")
    used = there > 0
    return float(np.sum((there[used] - back[used]) * np.log(there[used] / back[used])))
