"""Dissimilarities of activity patterns on plain arrays: one symmetric product, one pass to pack.

d_ij = K_ii + K_jj - 2 K_ij with K = X X' / p. The mean pattern is taken out first, which no
difference notices and which keeps the digits where patterns share a large offset.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def _pack_distances(gram: Array, scale: float, floor: float, out: Array) -> None:
    n = gram.shape[0]
    at = 0
    for i in range(n):
        for j in range(i + 1, n):
            d = (gram[i, i] + gram[j, j] - 2.0 * gram[i, j]) * scale
            out[at] = floor if d < floor else d
            at += 1


@njit(cache=True, nogil=True)
def _pack_complement(gram: Array, out: Array) -> None:
    n = gram.shape[0]
    at = 0
    for i in range(n):
        for j in range(i + 1, n):
            d = 1.0 - gram[i, j]
            out[at] = 0.0 if d < 0.0 else d
            at += 1


def distances_of_gram(gram: Array, *, scale: float = 1.0, signed: bool = False) -> Array:
    """Scale (K_ii + K_jj - 2 K_ij), condensed.

    Parameters
    ----------
    gram : (n, n) ndarray of float64
        Symmetric inner products.
    scale : float, default 1.0
        1 / number of channels.
    signed : bool, default False
        Whether negative values are meant, as in cross-validated distances; else rounding below
        0 becomes 0.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Squared distances.
    """
    out = np.empty(len(gram) * (len(gram) - 1) // 2)
    _pack_distances(np.ascontiguousarray(gram), scale, -np.inf if signed else 0.0, out)
    return out


def squared_euclidean(patterns: Array) -> Array:
    """d_ij = |x_i - x_j|^2 / p.

    Parameters
    ----------
    patterns : (n, p) ndarray of float64
        Without NaN.

    Returns
    -------
    (n_pairs,) ndarray of float64
        In units of the patterns squared.
    """
    centred = patterns - patterns.mean(axis=0)
    return distances_of_gram(centred @ centred.T, scale=1.0 / patterns.shape[1])


def cosine_distance(patterns: Array, *, centre: bool) -> Array:
    """d_ij = 1 - x_i' x_j / (|x_i| |x_j|).

    Parameters
    ----------
    patterns : (n, p) ndarray of float64
        Without NaN.
    centre : bool
        Take each pattern's mean over channels out first: the correlation distance.

    Returns
    -------
    (n_pairs,) ndarray of float64
        0 to 2; NaN for a pattern that has no length, whose direction is unknown.
    """
    rows = patterns - patterns.mean(axis=1, keepdims=True) if centre else patterns
    norm = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    # A constant pattern leaves rounding of its own size behind; that has no direction either.
    size = np.sqrt(np.einsum("ij,ij->i", patterns, patterns))
    flat = norm <= 1e-13 * size if centre else norm == 0
    unit = rows / np.where(flat, np.nan, norm)[:, None]
    gram = unit @ unit.T
    out = np.empty(len(gram) * (len(gram) - 1) // 2)
    _pack_complement(gram, out)
    return out


def whiten(patterns: Array, covariance: Array) -> Array:
    """Y = X L^-T with covariance = L L', so that Y Y' = X covariance^-1 X'.

    Parameters
    ----------
    patterns : (..., p) ndarray of float64
        Rows are patterns.
    covariance : (p, p) or (p,) ndarray of float64
        Of the noise; a vector is a diagonal.

    Returns
    -------
    (..., p) ndarray of float64
        Whitened patterns.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the covariance is not positive definite.
    """
    from scipy.linalg import cholesky, solve_triangular

    if covariance.ndim == 1:
        if not (covariance > 0).all():
            raise np.linalg.LinAlgError("a variance is not positive")
        return patterns / np.sqrt(covariance)
    lower = cholesky(covariance, lower=True)
    rows = patterns.reshape(-1, patterns.shape[-1])
    solved = solve_triangular(lower, rows.T, lower=True).T
    return np.ascontiguousarray(solved).reshape(patterns.shape)


def masked_squared_euclidean(patterns: Array) -> Array:
    """Mean over the channels that both patterns have of (x_ic - x_jc)^2.

    Parameters
    ----------
    patterns : (n, p) ndarray of float64
        NaN where a channel is missing.

    Returns
    -------
    (n_pairs,) ndarray of float64
        NaN where no channel is shared.
    """
    with_mean = patterns - _channel_means(patterns)
    seen = np.isfinite(with_mean)
    x = np.where(seen, with_mean, 0.0)
    m = seen.astype(np.float64)
    squares = (x * x) @ m.T
    total = squares + squares.T - 2.0 * (x @ x.T)
    count = m @ m.T
    i, j = np.triu_indices(len(x), 1)
    shared = count[i, j]
    return np.maximum(total[i, j], 0.0) / np.where(shared > 0, shared, np.nan)


def _channel_means(patterns: Array) -> Array:
    seen = np.isfinite(patterns)
    total = np.where(seen, patterns, 0.0).sum(axis=0)
    means: Array = total / np.maximum(seen.sum(axis=0), 1)
    return means


def masked_cosine_distance(patterns: Array, *, centre: bool) -> Array:
    """Cosine or correlation distance over the channels that both patterns have.

    Parameters
    ----------
    patterns : (n, p) ndarray of float64
        NaN where a channel is missing.
    centre : bool
        Correlation distance: means are taken over the shared channels.

    Returns
    -------
    (n_pairs,) ndarray of float64
        NaN where nothing is shared or a pattern has no length.
    """
    seen = np.isfinite(patterns)
    m = seen.astype(np.float64)
    x = np.where(seen, patterns, 0.0)
    if centre:  # a shift of a whole pattern changes no correlation and saves digits
        x = np.where(seen, x - (x.sum(axis=1) / np.maximum(m.sum(axis=1), 1))[:, None], 0.0)
    count = np.maximum(m @ m.T, 1.0)
    squares, sums = (x * x) @ m.T, x @ m.T
    cross = x @ x.T
    if centre:
        cross -= sums * sums.T / count
        squares = squares - sums * sums / count
    product = squares * squares.T
    i, j = np.triu_indices(len(x), 1)
    length = np.sqrt(np.maximum(product[i, j], 0.0))
    flat = length <= 1e-13 * np.outer((x * x).sum(axis=1), np.ones(len(x)))[i, j]
    return np.maximum(1.0 - cross[i, j] / np.where(flat, np.nan, length), 0.0)
