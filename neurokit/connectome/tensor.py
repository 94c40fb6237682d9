"""A partly observed tensor laid out for factorization: zero-filled data, reduced mask, norms.

Modes are sorted by size so that the two contractions of a sweep run over the two largest,
as plain matrix products on contiguous memory; the Khatri-Rao product is never formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AnyFloat = NDArray[np.floating[Any]]

# Rows of the unfolded tensor whose reconstruction is held at once, in entries (32 MB).
_BLOCK = 2**22


@dataclass(frozen=True)
class ObservedTensor:
    """Entries of a tensor that were observed, ready for masked least squares.

    Parameters
    ----------
    values : ndarray
        Data in sorted mode order divided by `scale`, zero where not observed; float32 or float64.
    mask : ndarray
        One where observed; size 1 along every mode in which it does not change.
    order : tuple of int
        ``values`` has mode ``order[k]`` of the caller's tensor at position k.
    scale : float
        Power of two by which the data were divided, so that squares keep their digits.
    squared_norm : float
        Sum of squares of the observed, scaled entries.
    """

    values: AnyFloat
    mask: AnyFloat
    order: tuple[int, ...]
    scale: float
    squared_norm: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the modes in sorted order."""
        return self.values.shape

    @property
    def n_observed(self) -> int:
        """Number of observed entries."""
        repeats = np.prod([n // m for n, m in zip(self.shape, self.mask.shape, strict=True)])
        return round(float(self.mask.sum(dtype=np.float64) * repeats))

    def sort(self, factors: Sequence[Array]) -> list[Array]:
        """Put factors of the caller's mode order into sorted order."""
        return [factors[mode] for mode in self.order]

    def unsort(self, factors: Sequence[Array]) -> list[Array]:
        """Put factors of sorted order into the caller's mode order."""
        return [factors[self.order.index(mode)] for mode in range(len(self.order))]


def observe(tensor: AnyFloat, mask: NDArray[np.bool_] | None = None) -> ObservedTensor:
    """Lay out a tensor for masked least squares; NaN counts as not observed.

    Parameters
    ----------
    tensor : ndarray
        Data of 2 or more modes, float32 or float64.
    mask : ndarray of bool, optional
        True where an entry counts; broadcastable to the tensor.

    Returns
    -------
    ObservedTensor
        A zero-filled, scaled copy; the input is left alone.
    """
    order = tuple(int(mode) for mode in np.argsort(tensor.shape, kind="stable"))
    values = np.array(tensor.transpose(order), order="C")
    seen = ~np.isnan(values)
    if mask is not None:
        seen &= np.broadcast_to(mask, tensor.shape).transpose(order)
    values[~seen] = 0
    squares = _sum_of_squares(values)
    mean_square = squares / max(int(seen.sum()), 1)
    # A power of two leaves the digits of every entry as they are.
    scale = float(2.0 ** np.round(np.log2(mean_square) / 2)) if mean_square > 0 else 1.0
    values /= values.dtype.type(scale)
    reduced = np.ascontiguousarray(reduce_mask(seen), dtype=values.dtype)
    return ObservedTensor(values, reduced, order, scale, squares / scale**2)


def _sum_of_squares(values: AnyFloat) -> float:
    flat = values.reshape(-1)
    blocks = (flat[k : k + _BLOCK].astype(np.float64) for k in range(0, flat.size, _BLOCK))
    return float(sum(np.vdot(block, block) for block in blocks))


def reduce_mask(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep one slice of the mask along every mode in which it does not change.

    Parameters
    ----------
    seen : ndarray of bool
        True where observed.

    Returns
    -------
    ndarray of bool
        A view that broadcasts to the mask given.
    """
    for axis in range(seen.ndim):
        first = seen.take([0], axis)
        if np.array_equal(np.broadcast_to(first, seen.shape), seen):
            seen = first
    return seen


def contract(values: AnyFloat, factor: Array, axis: int) -> AnyFloat:
    """Sum over mode `axis` of values[..., l, ...] factor[l, r]: shape (remaining modes, rank).

    Parameters
    ----------
    values : ndarray
        A tensor in sorted mode order.
    factor : (size, rank) ndarray
        Factor of the mode.
    axis : int
        The last or the last but one mode: those are matrix products on the memory as it lies.

    Returns
    -------
    ndarray
        Of the dtype of `values`.
    """
    matrix = factor.astype(values.dtype, copy=False)
    if axis == values.ndim - 1:
        flat = values.reshape(-1, values.shape[-1])
        return np.asarray(flat @ matrix).reshape(*values.shape[:-1], -1)
    return np.asarray(values.swapaxes(-1, -2) @ matrix)


def gather(partial: AnyFloat, modes: Sequence[int], columns: Sequence[Array], target: int) -> Array:
    """Contract what is left of a partial product with all modes but one.

    numerator[i, r] = sum over the other modes of partial[..., i, ..., r] prod columns[m][., r]

    Parameters
    ----------
    partial : ndarray
        Shape (sizes of `modes`, rank).
    modes : sequence of int
        Which modes the axes of `partial` are.
    columns : sequence of ndarray
        (size, rank) for every mode of the tensor; only those in `modes` are used.
    target : int
        The mode kept.

    Returns
    -------
    (size of target, rank) ndarray of float64
        The matricised tensor times the Khatri-Rao product of the other modes.
    """
    result = partial.astype(np.float64)
    for axis in reversed(range(len(modes))):
        if modes[axis] != target:
            # Broadcasting the factor along its own axis keeps rank last.
            shape = [1] * result.ndim
            shape[axis], shape[-1] = columns[modes[axis]].shape
            result = (result * columns[modes[axis]].reshape(shape)).sum(axis=axis)
    return result


def relative_error(tensor: ObservedTensor, factors: Sequence[Array]) -> float:
    """|| observed - model || / || observed ||, from the residual itself, in float64.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    factors : sequence of (size, rank) ndarray
        In sorted mode order.

    Returns
    -------
    float
        Exact also where the fit is perfect, where the expanded square has lost its digits.
    """
    n_rows = int(np.prod(tensor.shape[:-1]))
    flat = tensor.values.reshape(n_rows, -1)
    seen = np.broadcast_to(tensor.mask, tensor.shape)
    step = max(1, _BLOCK // tensor.shape[-1])
    total = 0.0
    for start in range(0, n_rows, step):
        index = np.unravel_index(np.arange(start, min(start + step, n_rows)), tensor.shape[:-1])
        rows = np.ones((len(index[0]), factors[0].shape[1]))
        for factor, position in zip(factors[:-1], index, strict=True):
            rows *= factor[position]
        residual = (flat[start : start + step] - rows @ factors[-1].T) * seen[index]
        total += float(np.vdot(residual, residual))
    return float(np.sqrt(total / tensor.squared_norm))
