"""Products of a tensor with factors, for many factorizations at once.

One pass over the data, a matrix product with the columns of all restarts side by side, serves
every mode but the one it sums over (a dimension tree); the Khatri-Rao product is never formed.
Phan, Tichavsky & Cichocki (2013) doi:10.1109/TSP.2013.2269903.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AnyFloat = NDArray[np.floating[Any]]


def contract(values: AnyFloat, factor: Array, axis: int) -> AnyFloat:
    """Sum over mode `axis` of values[..., l, ...] factor[l, c]: shape (remaining modes, columns).

    Parameters
    ----------
    values : ndarray
        A C-contiguous tensor.
    factor : (size, columns) ndarray
        Factor of the mode, columns of all restarts side by side.
    axis : int
        The mode; the first and the last are one matrix product on the memory as it lies.

    Returns
    -------
    ndarray
        Of the dtype of `values`.
    """
    matrix = np.ascontiguousarray(factor, dtype=values.dtype)
    n_columns = matrix.shape[1]
    if axis == values.ndim - 1:
        flat = values.reshape(-1, values.shape[-1])
        return np.asarray(flat @ matrix).reshape(*values.shape[:-1], n_columns)
    if axis == 0:
        flat = values.reshape(values.shape[0], -1)
        return np.asarray(flat.T @ matrix).reshape(*values.shape[1:], n_columns)
    before, after = values.shape[:axis], values.shape[axis + 1 :]
    stack = values.reshape(-1, values.shape[axis], int(np.prod(after)))
    return np.asarray(stack.swapaxes(1, 2) @ matrix).reshape(*before, *after, n_columns)


@numba.njit(cache=True, nogil=True)
def _collapse(boxes: Any, columns: Array, out: Array) -> None:
    n_before, size, n_after, n_columns = boxes.shape
    for a in range(n_before):
        for k in range(size):
            for b in range(n_after):
                for c in range(n_columns):
                    out[a, b, c] += boxes[a, k, b, c] * columns[k, c]


def collapse(left: AnyFloat, kept: Sequence[int], factors: Sequence[Array], target: int) -> Array:
    """Contract what is left of a partial product with all modes but one.

    numerator[i, c] = sum over the other modes of left[..., i, ..., c] prod factors[m][., c]

    Parameters
    ----------
    left : ndarray
        Shape (sizes of `kept`, columns).
    kept : sequence of int
        Which modes the axes of `left` are.
    factors : sequence of ndarray
        (size, columns) for every mode of the tensor; only those in `kept` are used.
    target : int
        The mode that stays.

    Returns
    -------
    (size of target, columns) ndarray of float64
        The matricised tensor times the Khatri-Rao product of the other modes.
    """
    result, modes = left, list(kept)
    while len(modes) > 1:
        axis = next(k for k in reversed(range(len(modes))) if modes[k] != target)
        before, after = result.shape[:axis], result.shape[axis + 1 : -1]
        size, n_columns = result.shape[axis], result.shape[-1]
        boxes = result.reshape(int(np.prod(before)), size, int(np.prod(after)), n_columns)
        summed = np.zeros((boxes.shape[0], boxes.shape[2], n_columns))
        _collapse(boxes, factors[modes[axis]], summed)
        result = summed.reshape(*before, *after, n_columns)
        del modes[axis]
    return result.astype(np.float64, copy=False)


def mask_products(mask: AnyFloat, columns: Sequence[Array], summed: int, target: int) -> Array:
    """Contract a mask with columns of all modes but one.

    Parameters
    ----------
    mask : ndarray
        One where observed.
    columns : sequence of (size, n) ndarray
        One per mode, of the mask's sizes.
    summed : int
        The mode contracted first.
    target : int
        The mode that stays.

    Returns
    -------
    (size of target, n) ndarray
        Sums over observed entries.
    """
    rest = [m for m in range(mask.ndim) if m != summed]
    return collapse(contract(mask, columns[summed], summed), rest, columns, target)


def row_grams(
    mask: AnyFloat,
    factors: Sequence[Array],
    mode: int,
    products: Callable[[Sequence[Array], int, int], Array] | None = None,
) -> Array:
    """gram[i, r, s] = sum over observed entries of row i of the other modes' columns r and s.

    Where the mask does not change along a mode, that mode enters by its own Gram matrix; with
    no mask at all this is the usual product of Gram matrices, one for all rows.

    Parameters
    ----------
    mask : ndarray
        One where observed, size 1 along modes in which it does not change.
    factors : sequence of (size, rank) ndarray
        All modes of one factorization.
    mode : int
        The mode whose rows are meant.
    products : callable, optional
        As `mask_products` of this mask, where it lies elsewhere too.

    Returns
    -------
    (size or 1, rank, rank) ndarray
        One matrix for all rows where the mask does not change along `mode`.
    """
    rank = factors[0].shape[1]
    if mask.size == 1:
        gram = np.full((rank, rank), float(mask.item()))
        for other, factor in enumerate(factors):
            if other != mode:
                gram *= factor.T @ factor
        return gram[None]
    first, second = np.triu_indices(rank)
    columns = []
    for size, factor in zip(mask.shape, factors, strict=True):
        pairs = factor[:, first] * factor[:, second]
        columns.append(pairs if size > 1 else pairs.sum(axis=0, keepdims=True))
    # Summing over the largest leaves the smallest partial product.
    last = max((m for m in range(mask.ndim) if m != mode), key=lambda m: mask.shape[m])
    sums = products or partial(mask_products, mask)
    packed = sums(columns, last, mode)
    grams = np.empty((len(packed), rank, rank))
    grams[:, first, second] = packed
    grams[:, second, first] = packed
    return grams
