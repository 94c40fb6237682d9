"""Inner products of RDMs whitened by the covariance of their entries, without building it.

Entries that share a condition covary: V = (C S C')^{o2}, C the contrasts of pairs, S the
covariance of condition estimates (sigma_k). For diagonal S, V = D + A S^2 A' with A the
incidence of conditions in pairs and D = 2 s_i s_j, so that V^-1 is a rank-n correction by
Woodbury, also where pairs are missing. For full S without missing pairs,
d' V^-1 d = tr(S^-1 H G S^-1 H G'...) with G = -d/2 and the generalised centring
H = I - 1 1'S^-1 / (1'S^-1 1): the interpolating matrix of least whitened norm.

With S = I the cosine is the linear CKA of the centred Gram matrices.

Diedrichsen et al. (2021). doi:10.51628/001c.27664
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.pair_index import n_conditions_of, pair_indices, square

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Entries of an explicit V that fit into a few hundred megabytes.
_MOST_EXPLICIT = 6000


def whitening_factor(rows: Array, valid: Mask, sigma_k: Array | None) -> Array:
    """Vectors whose inner products are d' V^-1 d', up to one factor for all.

    Parameters
    ----------
    rows : (n_rdms, n_valid) ndarray of float64
        RDMs at the valid pairs.
    valid : (n_pairs,) ndarray of bool
        Which pairs those are.
    sigma_k : (n,) or (n, n) ndarray of float64, optional
        Covariance of the estimates of conditions; a vector is a diagonal.

    Returns
    -------
    (n_rdms, n_valid + n) or (n_rdms, n^2) ndarray of float64
        Whitened vectors.
    """
    n = n_conditions_of(valid.size)
    if sigma_k is None or sigma_k.ndim == 1:
        spread = np.ones(n) if sigma_k is None else sigma_k
        return _diagonal(rows, valid, spread)
    if valid.all():
        return _full(rows, sigma_k)
    return _explicit(rows, valid, sigma_k)


def _diagonal(rows: Array, valid: Mask, spread: Array) -> Array:
    """Woodbury: V^-1 = D^-1 - D^-1 A (S^-2 + A' D^-1 A)^-1 A' D^-1, as a square root.

    With B = D^-1/2 A S and M = B'B, (I + B B')^-1 = (I - B K B')^2 for a K found from the
    eigenvectors of M, so that whitened vectors are D^-1/2 d - B K B' D^-1/2 d.
    """
    n = len(spread)
    first, second = (index[valid] for index in pair_indices(n))
    scaled = rows / np.sqrt(2.0 * spread[first] * spread[second])
    root_first = spread[first] / np.sqrt(2.0 * spread[first] * spread[second])
    root_second = spread[second] / np.sqrt(2.0 * spread[first] * spread[second])
    m = np.zeros((n, n))
    m[first, second] = m[second, first] = root_first * root_second
    own = np.bincount(first, root_first**2, minlength=n)
    m[np.diag_indices(n)] = own + np.bincount(second, root_second**2, minlength=n)
    value, vector = np.linalg.eigh(m)
    value = np.maximum(value, 0.0)
    # (1 + l)^-1/2 = 1 - l k, written so that l = 0 is no special case.
    k = 1.0 / (np.sqrt(1.0 + value) * (1.0 + np.sqrt(1.0 + value)))
    mixing = (vector * k) @ vector.T
    by_condition = np.zeros((len(rows), n))
    for row, out in zip(scaled, by_condition, strict=True):
        out += np.bincount(first, row * root_first, minlength=n)
        out += np.bincount(second, row * root_second, minlength=n)
    effect = by_condition @ mixing
    whitened: Array = scaled - effect[:, first] * root_first - effect[:, second] * root_second
    return whitened


def _full(rows: Array, sigma_k: Array) -> Array:
    n = len(sigma_k)
    inverse_root = np.linalg.inv(np.linalg.cholesky(sigma_k))
    weight = inverse_root.T @ (inverse_root @ np.ones(n))
    centring = np.eye(n) - np.outer(np.ones(n), weight) / weight.sum()
    transform = inverse_root @ centring
    gram = square(rows) * -0.5
    whitened: Array = transform @ gram @ transform.T
    return whitened.reshape(len(rows), n * n)


def _explicit(rows: Array, valid: Mask, sigma_k: Array) -> Array:
    from neurokit.errors import OptionError

    if rows.shape[1] > _MOST_EXPLICIT:
        raise OptionError(
            f"with missing pairs a full sigma_k needs a matrix of {rows.shape[1]} pairs squared",
            where="sigma_k",
            mend="Give its diagonal, or leave the conditions with missing pairs out.",
        )
    lower = np.linalg.cholesky(entry_covariance(valid, sigma_k))
    return np.linalg.solve(lower, rows.T).T


def entry_covariance(valid: Mask, sigma_k: Array) -> Array:
    """V = (C S C')^{o2} of the valid pairs, explicitly.

    Parameters
    ----------
    valid : (n_pairs,) ndarray of bool
        Which pairs.
    sigma_k : (n, n) ndarray of float64
        S.

    Returns
    -------
    (n_valid, n_valid) ndarray of float64
        Covariance of the entries, up to a factor.
    """
    i, j = (index[valid] for index in pair_indices(len(sigma_k)))
    s = sigma_k
    contrast = s[np.ix_(i, i)] + s[np.ix_(j, j)] - s[np.ix_(i, j)] - s[np.ix_(j, i)]
    squared: Array = contrast**2
    return squared
