"""Gaussian smoothing of many trials with observations in information form, compiled.

p(path) prod_t exp(h_t . x_t - x_t' J_t x_t / 2), x_t the first p entries of the state s_t. A
Gaussian emission has J = C' R^-1 C, h = C' R^-1 (y - d); a variational site of any other emission
is of the same form. The backward pass is de Jong's: it inverts p x p matrices only, so process
noise may be singular. de Jong (1989) doi:10.2307/2290087; Koopman and Shephard (1992)
doi:10.1093/biomet/79.4.823 for the score.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _times(a: Any, b: Any, out: Any) -> None:
    """Multiply small matrices; BLAS costs more in the call than in the product."""
    n, k = a.shape
    m = b.shape[1]
    for i in range(n):
        for j in range(m):
            out[i, j] = 0.0
        for q in range(k):
            left = a[i, q]
            for j in range(m):
                out[i, j] += left * b[q, j]


@njit(cache=True, nogil=True)
def _invert(a: Any, out: Any) -> float:
    """Gauss-Jordan with row pivots in place of `a`; returns log |det a|."""
    n = a.shape[0]
    log_det = 0.0
    for i in range(n):
        for j in range(n):
            out[i, j] = 1.0 if i == j else 0.0
    for c in range(n):
        best = c
        for i in range(c + 1, n):
            if abs(a[i, c]) > abs(a[best, c]):
                best = i
        if best != c:
            for j in range(n):
                a[c, j], a[best, j] = a[best, j], a[c, j]
                out[c, j], out[best, j] = out[best, j], out[c, j]
        pivot = a[c, c]
        log_det += np.log(abs(pivot))
        for j in range(n):
            a[c, j] /= pivot
            out[c, j] /= pivot
        for i in range(n):
            factor = a[i, c]
            if i != c and factor != 0.0:
                for j in range(n):
                    a[i, j] -= factor * a[c, j]
                    out[i, j] -= factor * out[c, j]
    return log_det


@njit(cache=True, nogil=True)
def filter_covariances(A: Any, Q: Any, P0: Any, J: Any, P: Any, K: Any, W: Any) -> float:
    """Predicted covariances and gains of one trial; they need no data.

    K_t = (I + J P_t)^-1 and W_t = K_t J over the observed part; P_t is before the observation.

    Parameters
    ----------
    A, Q, P0 : (D, D) ndarray
        Transition, its noise, covariance of the first state.
    J : (T, p, p) ndarray
        Information of the observations.
    P, K, W : (T, D, D), (T, p, p), (T, p, p) ndarray
        Filled.

    Returns
    -------
    float
        -1/2 sum_t log |I + J P_t|.
    """
    n_bins, p, _ = J.shape
    D = A.shape[0]
    work, gain, half = np.empty((p, p)), np.empty((D, p)), np.empty((D, D))
    filtered, transposed = np.empty((D, D)), np.ascontiguousarray(A.T)
    log_norm = 0.0
    P[0] = P0
    for t in range(n_bins):
        _times(J[t], P[t, :p, :p], work)
        for i in range(p):
            work[i, i] += 1.0
        log_norm -= 0.5 * _invert(work, K[t])
        _times(K[t], J[t], W[t])
        if t + 1 < n_bins:
            _times(P[t, :, :p], W[t], gain)
            _times(gain, P[t, :p, :], half)
            for i in range(D):
                for j in range(D):
                    filtered[i, j] = P[t, i, j] - half[i, j]
            _times(A, filtered, half)
            _times(half, transposed, P[t + 1])
            for i in range(D):
                for j in range(i + 1):
                    mean = 0.5 * (P[t + 1, i, j] + P[t + 1, j, i] + Q[i, j] + Q[j, i])
                    P[t + 1, i, j] = mean
                    P[t + 1, j, i] = mean
    return log_norm


@njit(cache=True, nogil=True)
def smooth_covariances(A: Any, P: Any, W: Any, V: Any, cross: Any, by_A: Any, by_Q: Any) -> None:
    """Smoothed covariances of one trial, and what its uncertainty says of A and Q.

    Parameters
    ----------
    A : (D, D) ndarray
        Transition.
    P, W : (T, D, D), (T, p, p) ndarray
        Of `filter_covariances`.
    V : (T, D, D) ndarray
        Filled with the smoothed covariances.
    cross : (D, D) ndarray
        sum_t Cov(s_t+1, s_t) is added.
    by_A, by_Q : (D, D) ndarray
        Covariance part of the score is added; ``by_Q[0]`` is of the first state's covariance.
    """
    n_bins, D, _ = P.shape
    p = W.shape[1]
    N, M, gain = np.zeros((D, D)), np.empty((D, D)), np.empty((D, p))
    one, two, left, corner = np.empty((D, D)), np.empty((D, D)), np.empty((D, p)), np.empty((p, p))
    filtered, transposed = np.empty((D, D)), np.ascontiguousarray(A.T)
    for t in range(n_bins - 1, -1, -1):
        _times(P[t, :, :p], W[t], gain)
        if t + 1 < n_bins:
            _times(gain, P[t, :p, :], one)
            for i in range(D):
                for j in range(D):
                    filtered[i, j] = P[t, i, j] - one[i, j]
            # ahead = A P_f; Cov(s_t+1, s_t) = (I - P_t+1 N) ahead, d log p / dA = ... - N ahead
            _times(A, filtered, M)
            _times(N, M, one)
            _times(P[t + 1], one, two)
            for i in range(D):
                for j in range(D):
                    cross[i, j] += M[i, j] - two[i, j]
                    by_A[i, j] -= one[i, j]
                    by_Q[1, i, j] -= 0.5 * N[i, j]
        _times(transposed, N, one)
        _times(one, A, M)
        _times(M, gain, left)
        for i in range(p):
            for j in range(p):
                corner[i, j] = W[t, i, j]
                for k in range(D):
                    corner[i, j] += gain[k, i] * left[k, j]
        for i in range(D):
            for j in range(D):
                N[i, j] = M[i, j]
        for i in range(D):
            for j in range(p):
                N[i, j] -= left[i, j]
                N[j, i] -= left[i, j]
        for i in range(p):
            for j in range(p):
                N[i, j] += corner[i, j]
        # Rounding that is not symmetric would grow from bin to bin.
        for i in range(D):
            for j in range(i):
                even = 0.5 * (N[i, j] + N[j, i])
                N[i, j] = even
                N[j, i] = even
        _times(P[t], N, one)
        _times(one, P[t], two)
        for i in range(D):
            for j in range(D):
                V[t, i, j] = P[t, i, j] - 0.5 * (two[i, j] + two[j, i])
    for i in range(D):
        for j in range(D):
            by_Q[0, i, j] -= 0.5 * N[i, j]


@njit(cache=True, nogil=True)
def smooth_means(
    A: Any, m0: Any, b: Any, J: Any, h: Any, P: Any, K: Any, W: Any, mean: Any, r: Any
) -> float:
    """Smoothed means of one trial, with the gains of its covariances.

    Parameters
    ----------
    A : (D, D) ndarray
        Transition.
    m0 : (D,) ndarray
        Mean of the first state.
    b : (T, D) ndarray
        Drive into each state but the first; row t goes into state t + 1.
    J, h : (T, p, p), (T, p) ndarray
        Observations.
    P, K, W : ndarray
        Of `filter_covariances`.
    mean, r : (T, D) ndarray
        Filled: smoothed means, and r_t with mean = predicted + P_t r_t, the score of the mean.

    Returns
    -------
    float
        Log of the normaliser but for the determinants.
    """
    n_bins, p = h.shape
    D = A.shape[0]
    u, g, state, ahead = np.empty((n_bins, p)), np.empty(p), m0.copy(), np.empty(D)
    log_norm = 0.0
    for t in range(n_bins):
        mean[t] = state
        for i in range(p):
            g[i] = h[t, i]
            for j in range(p):
                g[i] -= J[t, i, j] * state[j]
            log_norm += 0.5 * state[i] * (h[t, i] + g[i])
        for i in range(p):
            u[t, i] = 0.0
            for j in range(p):
                u[t, i] += K[t, i, j] * g[j]
        for i in range(D):
            gained = 0.0
            for j in range(p):
                gained += P[t, i, j] * u[t, j]
            ahead[i] = state[i] + gained
            if i < p:
                log_norm += 0.5 * g[i] * gained
        for i in range(D):
            state[i] = b[t, i]
            for j in range(D):
                state[i] += A[i, j] * ahead[j]
    back = np.zeros(D)
    for t in range(n_bins - 1, -1, -1):
        for i in range(p):
            back[i] += u[t, i]
        # u - W P q was due; back holds q + u so far, and q is needed for the second part.
        for i in range(D):
            ahead[i] = back[i] - (u[t, i] if i < p else 0.0)
        for i in range(p):
            for j in range(p):
                gained = 0.0
                for k in range(D):
                    gained += P[t, j, k] * ahead[k]
                back[i] -= W[t, i, j] * gained
        for i in range(D):
            r[t, i] = back[i]
            for j in range(D):
                mean[t, i] += P[t, i, j] * back[j]
        for i in range(D):
            ahead[i] = 0.0
            for j in range(D):
                ahead[i] += A[j, i] * r[t, j]
        for i in range(D):
            back[i] = ahead[i]
    return log_norm


@njit(cache=True, nogil=True)
def smooth_trials(
    A: Any, Q: Any, m0: Any, P0: Any, b: Any, J: Any, h: Any, offsets: Any,
    mean: Any, r: Any, V: Any, cross: Any, by_A: Any, by_Q: Any,
) -> float:  # fmt: skip
    """Smooth trials one after the other, each with gains of its own.

    Parameters
    ----------
    A, Q, m0, P0 : ndarray
        Of the dynamics.
    b, J, h : (n_bins, ...) ndarray
        Rows of all trials.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin.
    mean, r, V, cross, by_A, by_Q : ndarray
        Filled, and added to.

    Returns
    -------
    float
        Log normaliser of all trials.
    """
    longest = 0
    for k in range(len(offsets) - 1):
        longest = max(longest, offsets[k + 1] - offsets[k])
    p, D = J.shape[1], A.shape[0]
    P, K, W = np.empty((longest, D, D)), np.empty((longest, p, p)), np.empty((longest, p, p))
    log_norm = 0.0
    for k in range(len(offsets) - 1):
        start, stop = offsets[k], offsets[k + 1]
        n = stop - start
        log_norm += filter_covariances(A, Q, P0, J[start:stop], P[:n], K[:n], W[:n])
        smooth_covariances(A, P[:n], W[:n], V[start:stop], cross, by_A, by_Q)
        log_norm += smooth_means(
            A, m0, b[start:stop], J[start:stop], h[start:stop], P[:n], K[:n], W[:n],
            mean[start:stop], r[start:stop],
        )  # fmt: skip
    return log_norm
