"""The coordinate steps of non-negative CP, and what keeps its factors in good order.

Hierarchical alternating least squares (HALS), Cichocki & Phan (2009)
doi:10.1587/transfun.E92.A.708; the mask enters each row's own Gram matrix, so that every
coordinate step minimises the objective over observed entries exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numba
import numpy as np

from neurokit.connectome.dimension_tree import Array

if TYPE_CHECKING:
    from neurokit.connectome.tensor import ObservedTensor


@numba.njit(cache=True, nogil=True)
def descend(rows: Array, numerator: Array, grams: Array, n_sweeps: int) -> None:
    """Coordinate descent on min 1/2 a G a - N a over a >= 0, for every row, in place.

    Of several minima the entry of smallest size is taken: 0 where nothing depends on it.

    Parameters
    ----------
    rows : (size, rank) ndarray
        Changed in place.
    numerator : (size, rank) ndarray
        N.
    grams : (size or 1, rank, rank) ndarray
        G of every row, or one for all.
    n_sweeps : int
        Passes over the coordinates of a row.
    """
    size, rank = rows.shape
    for i in range(size):
        gram = grams[i if grams.shape[0] > 1 else 0]
        for _ in range(n_sweeps):
            for r in range(rank):
                if gram[r, r] > 0.0:
                    slope = numerator[i, r]
                    for s in range(rank):
                        slope -= gram[r, s] * rows[i, s]
                    rows[i, r] = max(0.0, rows[i, r] + slope / gram[r, r])
                else:
                    # No observed entry depends on it now. A value left standing would hold
                    # other modes back once one does.
                    rows[i, r] = 0.0


def balance(factors: Sequence[Array]) -> None:
    """Give every component the same norm in all modes, in place; the model stays the same.

    Parameters
    ----------
    factors : sequence of (size, rank) ndarray
        A component that is zero in one mode becomes zero in all.
    """
    for factor, scale in zip(factors, even_scales(factors), strict=True):
        factor *= scale


def even_scales(factors: Sequence[Array]) -> Array:
    """Multipliers that give every component the same norm in all modes.

    Parameters
    ----------
    factors : sequence of (size, rank) ndarray
        One per mode.

    Returns
    -------
    (modes, rank) ndarray
        0 for a component that is zero in some mode.
    """
    norms = np.array([np.linalg.norm(factor, axis=0) for factor in factors])
    alive = (norms > 0).all(axis=0)
    scales = np.zeros_like(norms)
    even = np.exp(np.log(norms[:, alive]).mean(axis=0))
    scales[:, alive] = even / norms[:, alive]
    return scales


def revive(factors: Sequence[Array], draws: Sequence[Array], first_updated: int) -> bool:
    """Give empty components a new random direction, in place, without changing the model.

    All modes but one are drawn anew; the one left at zero is the first that the next sweep
    updates, so the component comes back exactly if that lowers the objective.

    Parameters
    ----------
    factors : sequence of (size, rank) ndarray
        Balanced factors.
    draws : sequence of (size, rank) ndarray
        Uniform numbers.
    first_updated : int
        The mode left at zero.

    Returns
    -------
    bool
        Whether any component was empty.
    """
    empty = ~factors[0].any(axis=0)
    if empty.any():
        level = np.mean([factor[:, ~empty].mean() for factor in factors]) if (~empty).any() else 1.0
        for mode, (factor, draw) in enumerate(zip(factors, draws, strict=True)):
            if mode != first_updated:
                factor[:, empty] = level * draw[:, empty]
    return bool(empty.any())


def clear(tensor: ObservedTensor, factors: Sequence[Array]) -> None:
    """Set to zero, in place, the entries that no observed entry depends on.

    Rows without any observation are such, and loadings of rows that were observed only where
    a component is absent. The model of the observed entries stays the same.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    factors : sequence of (size, rank) ndarray
        In internal mode order.
    """
    for mode, factor in enumerate(factors):
        diagonal = tensor.grams(factors, mode).diagonal(axis1=1, axis2=2)
        factor[np.broadcast_to(diagonal == 0, factor.shape)] = 0.0
