"""A linear Gaussian chain written out as one joint normal of all its states and observations."""

from __future__ import annotations

import numpy as np


def chain_moments(A, Q, m0, P0, drive, n_bins):
    """Mean (T D,) and covariance (T D, T D) of the whole path, from powers of A alone."""
    D = len(A)
    maps = np.eye(n_bins * D).reshape(n_bins, D, n_bins, D)
    for t in range(1, n_bins):
        for s in range(t):
            maps[t, :, s] = np.linalg.matrix_power(A, t - s)
    L = maps.reshape(n_bins * D, n_bins * D)
    sources = np.zeros((n_bins, D))
    sources[0] = m0
    sources[1:] = drive[: n_bins - 1]
    spread = np.zeros((n_bins, D, n_bins, D))
    for t in range(n_bins):
        spread[t, :, t] = P0 if t == 0 else Q
    return L @ sources.ravel(), L @ spread.reshape(n_bins * D, n_bins * D) @ L.T


def dense_gaussian(A, Q, m0, P0, drive, C, d, R, y):
    """log p(y), mean and covariance of the path given y (T, N) with NaN for what is missing."""
    n_bins, D = len(y), len(A)
    mean, cov = chain_moments(A, Q, m0, P0, drive, n_bins)
    big = np.kron(np.eye(n_bins), C)
    seen = ~np.isnan(y).ravel()
    H = big[seen]
    S = H @ cov @ H.T + np.diag(np.tile(R, n_bins)[seen])
    e = y.ravel()[seen] - (H @ mean + np.tile(d, n_bins)[seen])
    _, log_det = np.linalg.slogdet(2 * np.pi * S)
    gain = np.linalg.solve(S, H @ cov).T
    log_p = -0.5 * (log_det + e @ np.linalg.solve(S, e))
    after = (mean + gain @ e).reshape(n_bins, D)
    return log_p, after, (cov - gain @ H @ cov).reshape(n_bins, D, n_bins, D)
