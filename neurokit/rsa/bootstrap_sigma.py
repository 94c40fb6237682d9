"""Whitened Gram matrices of resampled RDMs when conditions are estimated with unequal errors.

The errors of the conditions of a draw have covariance S. V = (C S C')^{o2} of the entries is never
built: with G = -d/2 and P = S^-1 - S^-1 1 1' S^-1 / (1' S^-1 1), d' V^-1 d = tr(P G P G) where all
pairs are known. Pairs of copies of one condition are not; the least whitened norm over what they
could be is the norm of the others: A - B K^-1 B'.

A copy is a new measurement of its condition: the part of the errors that each condition has by
itself, t diag(sigma_k) with the largest t that leaves a covariance, is new, the rest is shared.
So copies of independent conditions are independent, as they are without sigma_k.

Diedrichsen et al. (2021). doi:10.51628/001c.27664
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.pair_index import square

Array = NDArray[np.float64]


def split_errors(sigma_k: Array) -> tuple[Array, Array]:
    """Part of the errors that conditions share, and variances that each has by itself.

    Parameters
    ----------
    sigma_k : (n, n) or (n,) ndarray of float64
        Covariance of the estimates of conditions; a vector is a diagonal.

    Returns
    -------
    shared : (n, n) ndarray of float64
        sigma_k less the diagonal of `own`, without negative eigenvalues.
    own : (n,) ndarray of float64
        t diag(sigma_k), t the least eigenvalue of the correlations.
    """
    if sigma_k.ndim == 1:
        return np.zeros((len(sigma_k), len(sigma_k))), sigma_k
    variance = np.diag(sigma_k)
    root = np.sqrt(variance)
    least = float(np.linalg.eigvalsh(sigma_k / root / root[:, None])[0])
    own = np.asarray(least * variance, dtype=np.float64)
    return np.asarray(sigma_k - np.diag(own)), own


def errors_of_draw(shared: Array, own: Array, drawn: NDArray[np.int64]) -> Array:
    """Covariance S of the estimates of the conditions of a draw.

    Parameters
    ----------
    shared, own : ndarray of float64
        As `split_errors` gives them.
    drawn : (m,) ndarray of int
        Conditions, some of them several times.

    Returns
    -------
    (m, m) ndarray of float64
        Positive definite.
    """
    out = shared[np.ix_(drawn, drawn)]
    out[np.diag_indices(len(drawn))] += own[drawn]
    return np.asarray(out)


def whitened_grams(rows: Array, sigma_k: Array, counts: Array, means: Array) -> Array:
    """Inner products a' V^-1 b of all RDMs for every draw.

    Parameters
    ----------
    rows : (n_rdms, n_pairs) ndarray of float64
        RDMs; pairs of conditions that are not drawn may be anything.
    sigma_k : (n, n) or (n,) ndarray of float64
        Covariance of the estimates of conditions.
    counts : (n_draws, n) ndarray of float64
        How often each condition was drawn.
    means : (n_draws, n_rdms) ndarray of float64
        What is taken out of every entry, 0 for the cosine.

    Returns
    -------
    (n_draws, n_rdms, n_rdms) ndarray of float64
        0 for a draw of a single condition.
    """
    matrices = square(rows)
    shared, own = split_errors(sigma_k)
    out = np.zeros((len(counts), len(rows), len(rows)))
    for k, row in enumerate(counts):
        drawn = np.repeat(np.arange(len(row)), row.astype(np.int64))
        if len(np.unique(drawn)) > 1:
            projector = _projector(errors_of_draw(shared, own, drawn))
            apart = drawn[:, None] != drawn
            gram = (matrices[:, drawn][:, :, drawn] - means[k][:, None, None]) * (-0.5 * apart)
            out[k] = _known_part(gram, projector, apart)
    return out


def _projector(errors: Array) -> Array:
    """S^-1 without what all conditions share."""
    inverse = np.linalg.inv(errors)
    total = inverse.sum(axis=0)
    return np.asarray((inverse + inverse.T) / 2.0 - np.outer(total, total) / total.sum())


def _known_part(gram: Array, projector: Array, apart: NDArray[np.bool_]) -> Array:
    half = projector @ gram
    flat = half.reshape(len(gram), -1)
    out: Array = flat @ half.transpose(0, 2, 1).reshape(len(gram), -1).T
    i, j = np.nonzero(np.triu(~apart, 1))
    if i.size:
        reach = -(half @ projector)[:, i, j]
        p = projector
        among = (p[np.ix_(i, i)] * p[np.ix_(j, j)] + p[np.ix_(i, j)] * p[np.ix_(j, i)]) / 2.0
        out = out - reach @ np.linalg.solve(among, reach.T)
    return (out + out.T) / 2.0
