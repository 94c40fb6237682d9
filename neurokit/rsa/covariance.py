"""Noise covariance from residuals: full, diagonal and two shrinkage estimators, vectorised.

Second moments of products are one matrix product, sum_t r_ti^2 r_tj^2 = ((R*R)'(R*R))_ij, where
a loop over observations would build one outer product each.

Ledoit & Wolf (2004). doi:10.1016/S0047-259X(03)00096-4
Schaefer & Strimmer (2005). doi:10.2202/1544-6115.1175
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

METHODS = ("shrinkage_diag", "shrinkage_eye", "diag", "full")


def covariance(residuals: Array, dof: float, method: str) -> Array:
    """Covariance of the columns of residuals that have mean 0.

    Parameters
    ----------
    residuals : (n, p) ndarray of float64
        R.
    dof : float
        Degrees of freedom that R has left.
    method : {"shrinkage_diag", "shrinkage_eye", "diag", "full"}
        Estimator.

    Returns
    -------
    (p, p) ndarray of float64
        Symmetric.
    """
    if method == "diag":
        return np.diag(np.einsum("ij,ij->j", residuals, residuals) / dof)
    if method == "full":
        return (residuals.T @ residuals) / dof
    if method == "shrinkage_eye":
        return shrunk_to_identity(residuals, dof)
    return shrunk_to_diagonal(residuals, dof)


def shrunk_to_identity(residuals: Array, dof: float) -> Array:
    """(b2 / d2) m I + (d2 - b2) / d2 s, s = R'R/N, times N / dof (Ledoit & Wolf).

    Parameters
    ----------
    residuals : (n, p) ndarray of float64
        Columns of mean 0.
    dof : float
        Degrees of freedom.

    Returns
    -------
    (p, p) ndarray of float64
        m = tr(s)/p, d2 = |s - m I|^2, b2 = min(d2, (mean_t |r_t|^4 - |s|^2) / N).
    """
    n, p = residuals.shape
    s = (residuals.T @ residuals) / n
    m = np.trace(s) / p
    fourth = np.mean(np.einsum("ij,ij->i", residuals, residuals) ** 2)
    d2 = np.sum(s * s) - p * m * m
    b2 = min(d2, (fourth - np.sum(s * s)) / n)
    weight = b2 / d2 if d2 > 0 else 1.0
    out: Array = (1.0 - weight) * s
    out[np.diag_indices(p)] += weight * m
    out *= n / dof
    return out


def shrunk_to_diagonal(residuals: Array, dof: float) -> Array:
    """Off-diagonals times 1 - lambda, lambda = sum var(r_ij) / sum r_ij^2 (Schaefer & Strimmer).

    Parameters
    ----------
    residuals : (n, p) ndarray of float64
        Columns of mean 0.
    dof : float
        Degrees of freedom.

    Returns
    -------
    (p, p) ndarray of float64
        A channel that never varies keeps variance 0.
    """
    n, p = residuals.shape
    total = residuals.T @ residuals
    variance = np.diag(total) / dof
    scale = 1.0 / np.where(variance > 0, variance, np.inf)
    squares = residuals * residuals
    # With one unit per channel neither moment under- nor overflows, whatever the units are.
    second = (squares * scale).T @ (squares * scale) / (n - 1)
    root = np.sqrt(scale)
    correlation = total * root * root[:, None] / (n - 1)
    noise = n / dof**2 * (second - correlation**2)
    off = ~np.eye(p, dtype=bool)
    strength = np.sum(correlation[off] ** 2)
    shrink = min(max(np.sum(noise[off]) / strength, 0.0), 1.0) if strength > 0 else 1.0
    out: Array = total / dof * (1.0 - shrink)
    out[np.diag_indices(p)] = variance
    return out
