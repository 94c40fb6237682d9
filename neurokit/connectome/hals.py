"""Non-negative CP by hierarchical alternating least squares on the observed entries.

Cichocki & Phan (2009) doi:10.1587/transfun.E92.A.708; the mask enters each row's own Gram
matrix, so that every coordinate step minimises the objective over observed entries exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numba
import numpy as np

from neurokit.connectome.tensor import AnyFloat, Array, ObservedTensor, contract, gather

# Coordinate sweeps per row and update: the matrix products before them cost far more.
_INNER_SWEEPS = 3
# How often components that fell to zero get another direction before they are left empty.
_REVIVALS = 3


@dataclass
class Fit:
    """Where one run of HALS stands.

    Parameters
    ----------
    factors : list of (size, rank) ndarray
        In sorted mode order; component weights are spread evenly over the modes.
    errors : list of float
        Relative error on observed entries after every sweep.
    converged : bool
        Whether the error fell by less than the tolerance.
    """

    factors: list[Array]
    errors: list[float] = field(default_factory=list)
    converged: bool = False


def random_factors(tensor: ObservedTensor, rank: int, rng: np.random.Generator) -> list[Array]:
    """Uniform factors whose product has the mean of the observed entries.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    rank : int
        Number of components.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    list of (size, rank) ndarray
        In sorted mode order, non-negative.
    """
    n_modes = len(tensor.shape)
    mean = abs(float(tensor.values.sum(dtype=np.float64))) / max(tensor.n_observed, 1)
    level = (mean * 2.0**n_modes / rank) ** (1 / n_modes) or 1.0
    return [level * rng.random((size, rank)) for size in tensor.shape]


def row_grams(mask: AnyFloat, factors: Sequence[Array], mode: int) -> Array:
    """gram[i, r, s] = sum over observed entries of row i of the other modes' columns r and s.

    Where the mask does not change along a mode, that mode enters by its own Gram matrix; with
    no mask at all this is the usual product of Gram matrices, one for all rows.

    Parameters
    ----------
    mask : ndarray
        One where observed, size 1 along modes in which it does not change.
    factors : sequence of (size, rank) ndarray
        All modes.
    mode : int
        The mode whose rows are meant.

    Returns
    -------
    (size or 1, rank, rank) ndarray
        One matrix for all rows where the mask does not change along `mode`.
    """
    rank = factors[0].shape[1]
    first, second = np.triu_indices(rank)
    columns = []
    for size, factor in zip(mask.shape, factors, strict=True):
        products = factor[:, first] * factor[:, second]
        columns.append(products if size > 1 else products.sum(axis=0, keepdims=True))
    last = mask.ndim - 1 if mode != mask.ndim - 1 else mask.ndim - 2
    rest = [m for m in range(mask.ndim) if m != last]
    packed = gather(contract(mask, columns[last], last), rest, columns, mode)
    grams = np.empty((len(packed), rank, rank))
    grams[:, first, second] = packed
    grams[:, second, first] = packed
    return grams


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


def sweep(tensor: ObservedTensor, factors: list[Array]) -> float:
    """Update every mode once, in place, and return the sum of squared residuals.

    Two passes over the data: the product with the largest mode serves all other modes, the
    product with the second largest serves the largest. The objective comes from the last.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    factors : list of (size, rank) ndarray
        In sorted mode order; changed in place.

    Returns
    -------
    float
        Sum over observed, scaled entries, after the updates.
    """
    last = len(factors) - 1
    numerator = grams = np.empty(0)
    for summed, targets in ((last, range(last - 1, -1, -1)), (last - 1, (last,))):
        partial = contract(tensor.values, factors[summed], summed)
        modes = [mode for mode in range(last + 1) if mode != summed]
        for mode in targets:
            numerator = gather(partial, modes, factors, mode)
            grams = row_grams(tensor.mask, factors, mode)
            descend(factors[mode], numerator, grams, _INNER_SWEEPS)
    rows = factors[last]
    cross = float(np.vdot(numerator, rows))
    if len(grams) == 1:
        model = float(np.vdot(grams[0], rows.T @ rows))
    else:
        model = float(np.einsum("ir,irs,is->", rows, grams, rows, optimize=True))
    return max(tensor.squared_norm - 2 * cross + model, 0.0)


def balance(factors: list[Array]) -> None:
    """Give every component the same norm in all modes, in place; the model stays the same.

    Parameters
    ----------
    factors : list of (size, rank) ndarray
        A component that is zero in one mode becomes zero in all.
    """
    norms = np.array([np.linalg.norm(factor, axis=0) for factor in factors])
    alive = (norms > 0).all(axis=0)
    even = np.exp(np.log(norms[:, alive]).mean(axis=0))
    for factor, norm in zip(factors, norms, strict=True):
        factor[:, alive] *= even / norm[alive]
        factor[:, ~alive] = 0.0


def revive(factors: list[Array], rng: np.random.Generator) -> bool:
    """Give empty components a new random direction, in place, without changing the model.

    All modes but one are drawn anew; the one left at zero is the first that the next sweep
    updates, so the component comes back exactly if that lowers the objective.

    Parameters
    ----------
    factors : list of (size, rank) ndarray
        Balanced factors.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    bool
        Whether any component was empty.
    """
    empty = ~factors[0].any(axis=0)
    if empty.any():
        level = np.mean([factor[:, ~empty].mean() for factor in factors]) if (~empty).any() else 1.0
        first_updated = len(factors) - 2
        for mode, factor in enumerate(factors):
            if mode != first_updated:
                factor[:, empty] = level * rng.random((len(factor), int(empty.sum())))
    return bool(empty.any())


def clear(tensor: ObservedTensor, factors: list[Array]) -> None:
    """Set to zero, in place, the entries that no observed entry depends on.

    Rows without any observation are such, and loadings of rows that were observed only where
    a component is absent. The model of the observed entries stays the same.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    factors : list of (size, rank) ndarray
        In sorted mode order.
    """
    for mode, factor in enumerate(factors):
        diagonal = row_grams(tensor.mask, factors, mode).diagonal(axis1=1, axis2=2)
        factor[np.broadcast_to(diagonal == 0, factor.shape)] = 0.0


def fit_hals(
    tensor: ObservedTensor,
    factors: list[Array],
    *,
    max_iter: int,
    tol: float,
    rng: np.random.Generator,
    stop: Callable[[], bool] = lambda: False,
) -> Fit:
    """Minimise the squared residual over observed entries from one start.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    factors : list of (size, rank) ndarray
        The start, in sorted mode order; changed in place.
    max_iter : int
        Most sweeps.
    tol : float
        Converged when the relative error falls by less than this in one sweep.
    rng : numpy.random.Generator
        New directions for components that fall to zero.
    stop : callable
        Asked after every sweep; true ends the run where it stands.

    Returns
    -------
    Fit
        Factors, trace and whether it converged.
    """
    fit = Fit(factors)
    revivals = 0
    for _ in range(max_iter):
        squares = sweep(tensor, factors)
        fit.errors.append(float(np.sqrt(squares / tensor.squared_norm)))
        balance(factors)
        settled = len(fit.errors) > 1 and fit.errors[-2] - fit.errors[-1] < tol
        if settled and revivals < _REVIVALS and revive(factors, rng):
            revivals += 1
            continue
        fit.converged = settled
        if settled or stop():
            break
    clear(tensor, factors)
    balance(factors)
    return fit
