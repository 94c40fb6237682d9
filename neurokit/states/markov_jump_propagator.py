"""Transition probabilities of a jump process over any gap, and the integrals its EM needs.

Van Loan (1978) doi:10.1109/TAC.1978.1101743.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

Array = NDArray[np.float64]

# Eigenvectors worse conditioned than this lose more than ten of sixteen digits.
_WORST_CONDITION = 1e5
# Below this largest rate times gap five terms of the series are exact to rounding, and keep the
# small probabilities of rare jumps to full relative precision, which eigenvectors do not.
_SHORT = 1e-3
# Below this difference of exponents, seven terms of a series are exact to rounding, where the
# difference of exponentials would lose digits.
_NEAR = 1e-2


def transition_matrices(rates: Array, gaps: Array) -> Array:
    """Return P(g) = expm(Q g) for every gap.

    Parameters
    ----------
    rates : (n_states, n_states) ndarray
        Per second.
    gaps : (n_gaps,) ndarray
        Seconds.

    Returns
    -------
    (n_gaps, n_states, n_states) ndarray
        Rows sum to 1, nothing is negative.
    """
    p = np.empty((gaps.size, *rates.shape))
    short = gaps * np.abs(rates).max() < _SHORT
    p[short] = _series(rates, gaps[short])
    long = gaps[~short]
    system = _eigensystem(rates)
    if system is None:
        p[~short] = expm(long[:, None, None] * rates)
    else:
        p[~short] = _recomposed(*system, long)
    np.maximum(p, 0.0, out=p)
    p /= p.sum(axis=2, keepdims=True)
    return p


def _series(rates: Array, gaps: Array) -> Array:
    step = gaps[:, None, None] * rates
    total = np.broadcast_to(np.eye(len(rates)), step.shape) + step
    term = step
    for order in range(2, 6):
        term = term @ step / order
        total = total + term
    return total


def _eigensystem(rates: Array) -> tuple[Any, Any, Any] | None:
    """Eigenvalues, right and left eigenvectors; None where they are too ill-conditioned."""
    values, right = np.linalg.eig(rates.astype(np.complex128))
    if np.linalg.cond(right) > _WORST_CONDITION:
        return None
    return values, right, np.linalg.inv(right)


def integrals(rates: Array, gaps: Array, weights: Array) -> Array:
    """Return sum_u int_0^{g_u} P(s)' M_u P(g_u - s)' ds.

    Parameters
    ----------
    rates : (n_states, n_states) ndarray
        Per second.
    gaps : (n_gaps,) ndarray
        Seconds.
    weights : (n_gaps, n_states, n_states) ndarray
        M_u.

    Returns
    -------
    (n_states, n_states) ndarray
        By eigenvectors, or by Van Loan's block exponential where those are ill-conditioned.
    """
    system = _eigensystem(rates)
    if system is None:
        return _van_loan(rates, gaps, weights)
    values, right, left = system
    k = values.size
    shares = _decay_integrals(values, gaps).reshape(-1, k * k)
    flat = weights.reshape(-1, k * k)
    # Sums over gaps first: what is left is small.
    summed = (shares.real.T @ flat + 1j * (shares.imag.T @ flat)).reshape(k, k, k, k)
    inner = np.einsum("abij,ia,bj->ab", summed, right, left)
    return np.asarray(np.real(left.T @ inner @ right.T))


def _decay_integrals(values: Any, gaps: Array) -> Any:
    """int_0^g exp(d_a s) exp(d_b (g - s)) ds for every gap and pair of eigenvalues."""
    k = values.size
    decay = np.exp(np.multiply.outer(gaps, values))
    out = np.empty((gaps.size, k, k), dtype=np.complex128)
    for a in range(k):
        for b in range(k):
            x = (values[a] - values[b]) * gaps
            near = np.abs(x) < _NEAR
            share = (decay[:, a] - decay[:, b]) / np.where(near, 1.0, x)
            series = np.ones(int(near.sum()), dtype=np.complex128)
            for order in range(7, 1, -1):
                series = 1.0 + series * x[near] / order
            share[near] = decay[near, b] * series
            out[:, a, b] = share * gaps
    return out


@numba.njit(cache=True, nogil=True)
def _recomposed(values: Any, right: Any, left: Any, gaps: Array) -> Array:
    """Real part of V exp(D g) V^-1 for every gap."""
    n, k = gaps.size, values.size
    out = np.zeros((n, k, k))
    for u in range(n):
        for m in range(k):
            decay = np.exp(values[m] * gaps[u])
            for i in range(k):
                scaled = right[i, m] * decay
                for j in range(k):
                    out[u, i, j] += (scaled * left[m, j]).real
    return out


def _van_loan(rates: Array, gaps: Array, weights: Array) -> Array:
    k = len(rates)
    block = np.zeros((gaps.size, 2 * k, 2 * k))
    block[:, :k, :k] = block[:, k:, k:] = rates.T
    block[:, :k, k:] = weights
    return np.asarray(expm(block * gaps[:, None, None])[:, :k, k:].sum(axis=0))
