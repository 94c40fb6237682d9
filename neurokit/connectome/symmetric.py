"""Symmetric slices: x_ijk ~ sum_r a_ir a_jr c_kr, both modes of pairs with one factor.

The objective is of the fourth degree in one entry of A; every coordinate step takes the minimum,
the largest real root of a cubic. Vandaele, Gillis, Lei, Zhong & Dhillon (2016)
doi:10.1109/TSP.2016.2591510 do so for one matrix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from neurokit.connectome.dimension_tree import AnyFloat, Array

if TYPE_CHECKING:
    from neurokit.connectome.tensor import ObservedTensor

# Coordinate sweeps per update.
_INNER_SWEEPS = 2


@numba.njit(cache=True, nogil=True)
def best_entry(cubic: float, linear: float, constant: float) -> float:
    """Minimise cubic/4 x^4 + linear/2 x^2 - constant x over x >= 0.

    Parameters
    ----------
    cubic : float
        Not negative.
    linear, constant : float
        Of either sign.

    Returns
    -------
    float
        The minimiser; 0 where nothing depends on x.
    """
    # A cube root of what overflows is no better than dropping a term of such a size.
    if cubic * 1e60 <= abs(linear) + abs(constant):
        # A quotient that would overflow is as undetermined as one by zero.
        return max(constant / linear, 0.0) if linear > 1e-300 * abs(constant) else 0.0
    p, q = linear / cubic, -constant / cubic
    discriminant = q * q / 4.0 + p * p * p / 27.0
    if discriminant >= 0.0:
        root = np.sqrt(discriminant)
        # Of the two cubes take the one without cancellation; the other follows from it.
        big = np.cbrt(-q / 2.0 + root) if q <= 0.0 else np.cbrt(-q / 2.0 - root)
        x = big - p / (3.0 * big) if big != 0.0 else 0.0
    else:
        radius = 2.0 * np.sqrt(-p / 3.0)
        cosine = max(-1.0, min(1.0, 3.0 * q / (p * radius)))
        x = radius * np.cos(np.arccos(cosine) / 3.0)
    # With q > 0 the largest root may be a local minimum above the value at 0.
    if x <= 0.0 or x * x * (x * x / 4.0 + p / 2.0) + q * x > 0.0:
        return 0.0
    return x


@numba.njit(cache=True, nogil=True)
def _descend(rows: Array, partial: Any, gram: Array, scale: float, diagonal: bool) -> None:
    size, rank = rows.shape
    overlap = rows.T.copy() @ rows
    for i in range(size):
        for r in range(rank):
            old = rows[i, r]
            constant = 0.0
            for j in range(size):
                if j != i:
                    constant += rows[j, r] * partial[i, j, r]
            constant /= scale
            own = partial[i, i, r] / scale
            for s in range(rank):
                if s != r:
                    product = rows[i, s]
                    constant -= gram[r, s] * product * (overlap[r, s] - old * product)
                    own -= gram[r, s] * product * product
            linear = gram[r, r] * (overlap[r, r] - old * old)
            cubic = 0.0
            if diagonal:
                linear -= own
                cubic = gram[r, r]
            new = best_entry(cubic, linear, constant)
            for s in range(rank):
                if s != r:
                    overlap[r, s] += (new - old) * rows[i, s]
                    overlap[s, r] = overlap[r, s]
            overlap[r, r] += new * new - old * old
            rows[i, r] = new


def descend_tied(
    tensor: ObservedTensor, rows: Array, partial: AnyFloat, third: Array, columns: slice
) -> None:
    """Coordinate descent over the factor that modes 0 and 1 share, in place.

    Parameters
    ----------
    tensor : ObservedTensor
        The data; every slice symmetric, its diagonal observed everywhere or nowhere.
    rows : (size, all columns) ndarray
        Changed in place, in `columns` alone.
    partial : (size, size, all columns) ndarray
        The data summed over mode 2 with `third`, on the host.
    third : (size of mode 2, all columns) ndarray
        Factor of mode 2.
    columns : slice
        Those of one factorization.
    """
    own = np.ascontiguousarray(rows[:, columns])
    theirs = third[:, columns]
    part = np.ascontiguousarray(partial[:, :, columns])
    diagonal = bool(tensor.mask[0, 0, 0] > 0)
    for _ in range(_INNER_SWEEPS):
        _descend(own, part, theirs.T @ theirs, tensor.scale, diagonal)
    rows[:, columns] = own
