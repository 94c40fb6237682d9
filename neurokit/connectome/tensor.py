"""A partly observed tensor as factorization sees it: zero-filled data, reduced mask, norms.

A complete, contiguous tensor is used where it lies, whatever the order of its modes; only one
with missing entries or gaps in memory is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.connectome.dimension_tree import AnyFloat, Array, collapse, contract, row_grams

# Entries that are looked at or reconstructed at once (1 MB in float64).
_BLOCK = 2**17


@dataclass(frozen=True)
class ObservedTensor:
    """Entries of a tensor that were observed, ready for masked least squares.

    Parameters
    ----------
    values : ndarray
        Data in the order in which they lie in memory, zero where not observed; float32 or
        float64, in the caller's units.
    mask : ndarray
        One where observed; size 1 along every mode in which it does not change.
    order : tuple of int
        ``values`` has mode ``order[k]`` of the caller's tensor at position k.
    scale : float
        Power of two by which products with the data are divided, so that squares keep their
        digits; all norms and factors are those of data / scale.
    squared_norm : float
        Sum of squares of the observed, scaled entries.
    row_norms : list of (size,) ndarray
        Sum of squares of the scaled entries, per row of every mode.
    total : float
        Sum of the observed, scaled entries.
    tied : bool
        Whether modes 0 and 1 have one factor (symmetric slices).
    """

    values: AnyFloat
    mask: AnyFloat
    order: tuple[int, ...]
    scale: float
    squared_norm: float
    row_norms: list[Array]
    total: float
    tied: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the modes in internal order."""
        return tuple(self.values.shape)

    @property
    def outer(self) -> tuple[int, int]:
        """The two modes that are summed over the data; the first one's product serves the rest.

        They follow the caller's order, not that of memory: every layout is worked through alike.
        """
        if self.tied:
            return 2, 0
        sizes = [self.shape[self.order.index(mode)] for mode in range(len(self.shape))]
        first, second = outer_modes(sizes)
        return self.order.index(first), self.order.index(second)

    @property
    def cut(self) -> int:
        """The mode along which the data come in blocks."""
        return self.outer[0]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.mask.size == 1 and bool(self.mask.all())

    @property
    def n_observed(self) -> int:
        """Number of observed entries."""
        repeats = np.prod([n // m for n, m in zip(self.shape, self.mask.shape, strict=True)])
        return round(float(self.mask.sum(dtype=np.float64) * repeats))

    def sort(self, factors: Sequence[Array]) -> list[Array]:
        """Put factors of the caller's mode order into internal order."""
        return [factors[mode] for mode in self.order]

    def unsort(self, factors: Sequence[Array]) -> list[Array]:
        """Put factors of internal order into the caller's mode order."""
        return [factors[self.order.index(mode)] for mode in range(len(self.order))]

    def contract(self, factor: Array, axis: int) -> AnyFloat:
        """Sum over one mode; see `dimension_tree.contract`."""
        return contract(self.values, factor, axis)

    def gather(
        self, partial: AnyFloat, summed: int, factors: Sequence[Array], target: int
    ) -> Array:
        """numerator[i, c]: what is left of a partial product contracted with all but `target`."""
        kept = [mode for mode in range(len(self.shape)) if mode != summed]
        return collapse(partial, kept, factors, target) / self.scale

    def contract_twice(
        self, factor: Array, axis: int, renew: Callable[[slice, AnyFloat], Array]
    ) -> Array:
        """Sum over one mode, have the mode that is cut renewed from that, and sum over it.

        Parameters
        ----------
        factor : (size, columns) ndarray
            Of the mode summed first.
        axis : int
            That mode; another than the one that is cut.
        renew : callable
            Takes a stretch of the mode that is cut and its partial product; returns that
            stretch's rows.

        Returns
        -------
        ndarray of float64
            The data summed over the mode that is cut with its new rows: one pass for both.
        """
        total: Array | None = None
        for stretch, values in self.blocks():
            rows = renew(stretch, contract(values, factor, axis))
            part = contract(values, rows, self.cut)
            # Gone before the next one comes.
            del values
            total = (
                part.astype(np.float64, copy=False)
                if total is None
                else np.add(total, part, out=total)
            )
        assert total is not None
        return total

    def partial(self, factor: Array, axis: int) -> Array:
        """Sum over one mode of the scaled data, in float64."""
        return np.divide(self.on_host(self.contract(factor, axis)), self.scale, dtype=np.float64)

    def on_host(self, partial: Any) -> AnyFloat:
        """A partial product as an array."""
        return np.asarray(partial)

    def grams(self, factors: Sequence[Array], mode: int) -> Array:
        """Gram matrices of the other modes' columns over each row's observed entries."""
        return row_grams(self.mask, factors, mode)

    def seen_rows(self, mode: int) -> NDArray[np.bool_]:
        """Which rows of a mode were observed at all."""
        others = tuple(axis for axis in range(self.mask.ndim) if axis != mode)
        return np.broadcast_to(self.mask.any(axis=others), self.shape[mode])

    def blocks(self) -> Iterator[tuple[slice, AnyFloat]]:
        """Yield stretches of the mode that is cut with their data; here there is one."""
        yield slice(0, self.shape[self.cut]), self.values

    def seen_blocks(self) -> Iterator[tuple[slice, AnyFloat, NDArray[Any]]]:
        """Yield stretches of the mode that is cut with their data and mask."""
        axis = self.cut
        for stretch, values in self.blocks():
            mask = self.mask
            if mask.shape[axis] > 1:
                mask = mask[(slice(None),) * axis + (stretch,)]
            yield stretch, values, np.broadcast_to(mask, values.shape)


def outer_modes(shape: Sequence[int]) -> tuple[int, int]:
    """Return the modes whose sums leave the smallest partial products: the two largest.

    Among modes of one size the first and the last come first: where they lie at an end of
    memory too, the product is a single matrix product.

    Parameters
    ----------
    shape : sequence of int
        Sizes of the modes.

    Returns
    -------
    first, second : int
        Two different modes.

    Examples
    --------
    >>> outer_modes((1225, 20, 480))
    (0, 2)
    """
    ends = {0, len(shape) - 1}
    ranked = sorted(range(len(shape)), key=lambda k: (-shape[k], k not in ends, -k))
    return ranked[0], ranked[1]


def observe(
    tensor: AnyFloat, mask: NDArray[np.bool_] | None = None, *, tied: tuple[int, int] | None = None
) -> ObservedTensor:
    """Lay out a tensor for masked least squares; NaN counts as not observed.

    Parameters
    ----------
    tensor : ndarray
        Data of 2 or more modes, float32 or float64.
    mask : ndarray of bool, optional
        True where an entry counts; broadcastable to the tensor.
    tied : tuple of two int, optional
        Modes that share a factor.

    Returns
    -------
    ObservedTensor
        The input is left alone; its memory is used where nothing is missing.
    """
    order = memory_order(tensor, tied)
    values = tensor.transpose(order)
    whole = mask is None or bool(np.all(mask))
    if whole and not _any_nan(values):
        values = np.ascontiguousarray(values)
        seen = np.ones((1,) * values.ndim, dtype=bool)
    else:
        values = np.array(values, order="C")
        seen = ~np.isnan(values)
        if mask is not None:
            seen &= np.broadcast_to(mask, tensor.shape).transpose(order)
        values[~seen] = 0
        seen = reduce_mask(seen)
    moments = Moments(values.shape)
    moments.add(values)
    n_seen = int(seen.sum()) * (values.size // max(seen.size, 1))
    scale = power_of_two(moments.squares, n_seen)
    return ObservedTensor(
        values,
        np.ascontiguousarray(seen, dtype=values.dtype),
        order,
        scale,
        moments.squares / scale**2,
        [norms / scale**2 for norms in moments.row_norms],
        moments.total / scale,
        tied is not None,
    )


def memory_order(tensor: AnyFloat, tied: tuple[int, int] | None = None) -> tuple[int, ...]:
    """Return the order of modes in which a tensor lies in memory, slowest first.

    Parameters
    ----------
    tensor : ndarray
        Any strides.
    tied : tuple of two int, optional
        Modes that must come first.

    Returns
    -------
    tuple of int
        A permutation of the modes.
    """
    if tied is not None:
        rest = [mode for mode in range(tensor.ndim) if mode not in tied]
        return (*tied, *rest)
    # A mode of one row has no stride to speak of.
    key = [(-abs(tensor.strides[k]), k) for k in range(tensor.ndim)]
    return tuple(sorted(range(tensor.ndim), key=key.__getitem__))


class Moments:
    """Sums and sums of squares of a tensor, gathered over its blocks in float64.

    Parameters
    ----------
    shape : tuple of int
        Sizes of all modes.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.total = 0.0
        self.squares = 0.0
        self.row_norms = [np.zeros(size) for size in shape]

    def add(self, values: AnyFloat, start: Sequence[int] | None = None) -> None:
        """Add a block whose first entry is at `start`; missing entries are zero already."""
        corner = list(start or [0] * values.ndim)
        step = max(1, _BLOCK // max(values[0].size, 1))
        for k in range(0, len(values), step):
            part = values[k : k + step].astype(np.float64)
            self.total += float(part.sum())
            np.square(part, out=part)
            for axis, norms in enumerate(self.row_norms):
                first = corner[axis] + (k if axis == 0 else 0)
                others = tuple(j for j in range(part.ndim) if j != axis)
                norms[first : first + part.shape[axis]] += part.sum(axis=others)
        self.squares = float(self.row_norms[0].sum())


def power_of_two(squares: float, count: int) -> float:
    """Return the power of two nearest to the root mean square, 1 where all is zero.

    Parameters
    ----------
    squares : float
        Sum of squares.
    count : int
        Number of entries.

    Returns
    -------
    float
        Dividing by it leaves the digits of every entry as they are.
    """
    mean_square = squares / max(count, 1)
    return float(2.0 ** np.round(np.log2(mean_square) / 2)) if mean_square > 0 else 1.0


def _any_nan(values: AnyFloat) -> bool:
    step = max(1, _BLOCK // max(values[0].size, 1))
    return any(bool(np.isnan(values[k : k + step]).any()) for k in range(0, len(values), step))


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


def relative_error(tensor: ObservedTensor, factors: Sequence[Array]) -> float:
    """|| observed - model || / || observed ||, from the residual itself, in float64.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    factors : sequence of (size, rank) ndarray
        In internal mode order, of the scaled data.

    Returns
    -------
    float
        Exact also where the fit is perfect, where the expanded square has lost its digits; 0
        where all is zero.
    """
    if tensor.squared_norm == 0:
        return 0.0
    axis = tensor.cut
    total = 0.0
    for stretch, values, seen in tensor.seen_blocks():
        parts = [f[stretch] if mode == axis else f for mode, f in enumerate(factors)]
        total += _squared_residual(values, seen, parts, tensor.scale)
    return float(np.sqrt(total / tensor.squared_norm))


def _squared_residual(
    values: AnyFloat, seen: NDArray[Any], factors: Sequence[Array], scale: float
) -> float:
    n_rows = int(np.prod(values.shape[:-1]))
    flat = values.reshape(n_rows, -1)
    step = max(1, _BLOCK // values.shape[-1])
    total = 0.0
    for start in range(0, n_rows, step):
        index = np.unravel_index(np.arange(start, min(start + step, n_rows)), values.shape[:-1])
        rows = np.ones((len(index[0]), factors[0].shape[1]))
        for factor, position in zip(factors[:-1], index, strict=True):
            rows *= factor[position]
        residual = rows @ factors[-1].T
        residual -= flat[start : start + step] / scale
        if seen.strides != (0,) * seen.ndim:
            residual *= seen[index]
        total += float(np.vdot(residual, residual))
    return total
