"""Shapes of representations on plain arrays: partial whitening, the best rotation, permutation or
soft assignment of units.

Rows are conditions, columns are units, and columns have mean 0. Reference: Williams et al. (2021),
arXiv:2110.14739; Khosla & Williams (2024), arXiv:2311.09466.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import csr_array, eye_array, kron, vstack

Array = NDArray[np.float64]


def partly_whitened(x: Array, alpha: float, *, equalised: bool) -> tuple[Array, Array, Array]:
    """X (alpha I + (1 - alpha) C^-1/2) as (U, g, V') with C = X'X / n the covariance of units.

    Parameters
    ----------
    x : (n_conditions, n_units) ndarray of float64
        Columns of mean 0.
    alpha : float
        1 leaves X as it is, 0 whitens it.
    equalised : bool
        First scale X so that the mean variance over its principal axes is 1; else a unit of
        measurement would decide how much alpha whitens.

    Returns
    -------
    u : (n_conditions, rank) ndarray of float64
        Orthonormal.
    g : (rank,) ndarray of float64
        Length along each axis.
    vt : (rank, n_units) ndarray of float64
        Principal axes. Axes without variance are left out.
    """
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    held = s > s.max(initial=0.0) * max(x.shape) * np.finfo(np.float64).eps
    u, s, vt = u[:, held], s[held], vt[held]
    if len(s) and equalised:
        s = s / np.sqrt((s * s).mean() / len(x))
    return u, alpha * s + (1.0 - alpha) * np.sqrt(len(x)), vt


def rotated(a: Array, b: Array) -> tuple[Array, Array]:
    """Turn `a` onto `b` by the orthogonal matrix that leaves the least squared distance.

    Parameters
    ----------
    a, b : (n, p), (n, q) ndarray of float64
        The narrower is filled up with zeros.

    Returns
    -------
    turned, target : (n, max(p, q)) ndarray of float64
        A Q and B.
    """
    width = max(a.shape[1], b.shape[1])
    a, b = (np.pad(z, ((0, 0), (0, width - z.shape[1]))) for z in (a, b))
    left, _, right = np.linalg.svd(a.T @ b)
    return a @ (left @ right), b


def permuted(a: Array, b: Array) -> tuple[Array, Array]:
    """Reorder the columns of `a` so that the least squared distance to `b` is left.

    Parameters
    ----------
    a, b : (n, p) ndarray of float64
        Of equal width: with silent units added where one is narrower, the triangle inequality
        would break between systems of three widths.

    Returns
    -------
    reordered, target : (n, p) ndarray of float64
        A P and B.
    """
    rows, columns = linear_sum_assignment(-(a.T @ b))
    out = np.empty_like(a)
    out[:, columns] = a[:, rows]
    return out, b


def angle(a: Array, b: Array) -> float:
    """Angle between two arrays of any shape.

    Parameters
    ----------
    a, b : ndarray of float64
        Of one shape; not 0.

    Returns
    -------
    float
        0 to pi. Twice the arcsine of half the chord keeps digits where the arccosine loses them.
    """
    one, two = a / np.linalg.norm(a), b / np.linalg.norm(b)
    chord, sum_of_both = np.linalg.norm(one - two), np.linalg.norm(one + two)
    return float(2.0 * np.arctan2(chord, sum_of_both))


def soft_assignment(cost: Array) -> Array:
    """Optimal transport between units: min sum P * cost, rows of P sum to 1/p, columns to 1/q.

    Parameters
    ----------
    cost : (p, q) ndarray of float64
        Any finite values.

    Returns
    -------
    (p, q) ndarray of float64
        P. A permutation divided by p where p = q (a vertex of the polytope is one), else the
        solution of a linear programme, where at most p + q - 1 entries are above 0.
    """
    p, q = cost.shape
    plan = np.zeros((p, q))
    if p == q:
        plan[linear_sum_assignment(cost)] = 1.0 / p
        return plan
    # In units of 1 / (p q) all margins are whole, and so are the vertices that the simplex visits.
    sums = vstack(
        [kron(eye_array(p), np.ones((1, q))), kron(np.ones((1, p)), eye_array(q))], format="csr"
    )
    margins = np.concatenate([np.full(p, float(q)), np.full(q, float(p))])
    scale = np.abs(cost).max(initial=0.0) or 1.0
    equations: Any = csr_array(sums)  # the stubs know dense matrices only
    found: Any = linprog(cost.ravel() / scale, A_eq=equations, b_eq=margins, method="highs-ds")
    return np.asarray(np.rint(found.x).reshape(p, q) / (p * q), dtype=np.float64)
