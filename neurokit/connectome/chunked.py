"""A tensor that stays on disk or in the formula that makes it: blocks come and go in every pass.

One mode is cut into stretches. A product that sums over it is the sum of the blocks' products;
one that keeps it is those products one after the other. At no time is there more than one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.dimension_tree import AnyFloat, Array, contract, row_grams
from neurokit.connectome.tensor import (
    Moments,
    ObservedTensor,
    memory_order,
    outer_modes,
    power_of_two,
    reduce_mask,
)
from neurokit.errors import SchemaError

# Entries of neighbouring chunks that are read together (8 MB in float32).
_BLOCK = 2**21


@dataclass(frozen=True)
class Chunks:
    """Stretches of one mode and how to get each.

    Parameters
    ----------
    lazy : list
        Dask arrays of one chunk and optimised graphs, one per stretch, in the caller's mode order.
    stretches : list of slice
        Where they lie along the mode.
    order : tuple of int
        Internal order of modes.
    axis : int
        The mode that is cut, in internal order.
    """

    lazy: list[Any]
    stretches: list[slice]
    order: tuple[int, ...]
    axis: int

    def compute(self, number: int) -> AnyFloat:
        """Compute one block on this thread, in the caller's order of modes."""
        from dask.local import get_sync

        # Not `compute`, which goes over the graph again and copies.
        block = self.lazy[number]
        only = (block.name, *(0,) * block.ndim)
        return np.asarray(get_sync(block.dask, only))

    def read(self, number: int, dtype: Any) -> AnyFloat:
        """Compute one block and lay it out; NaN stays."""
        return np.ascontiguousarray(self.compute(number).transpose(self.order), dtype=dtype)


@dataclass(frozen=True)
class ChunkedTensor(ObservedTensor):
    """A partly observed tensor in blocks.

    Parameters
    ----------
    values : ndarray
        An empty array of the dtype that blocks have.
    mask, order, scale, squared_norm, row_norms, total, tied
        As of `ObservedTensor`; the mask is a single one where `packed` holds it.
    chunks : Chunks
        Where the data come from.
    sizes : tuple of int
        Sizes of the modes in internal order.
    packed : list of ndarray of uint8, optional
        One bit per entry of every block, where the mask changes along the mode that is cut.
    """

    chunks: Chunks = Chunks([], [], (), 0)
    sizes: tuple[int, ...] = ()
    packed: list[NDArray[np.uint8]] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the modes in internal order."""
        return self.sizes

    @property
    def cut(self) -> int:
        """The mode along which the data come in blocks."""
        return self.chunks.axis

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.packed is None and super().complete

    @property
    def n_observed(self) -> int:
        """Number of observed entries."""
        if self.packed is None:
            return super().n_observed
        return sum(int(seen.sum()) for _, seen in self._masks())

    def blocks(self) -> Iterator[tuple[slice, AnyFloat]]:
        """Yield stretches of the mode that is cut with their data, zero where not observed."""
        for number, stretch in enumerate(self.chunks.stretches):
            values = self.chunks.read(number, self.values.dtype)
            if not self.complete:
                # The block may be a view of the user's memory.
                values = np.where(self._seen(number, values.shape), values, 0)
            yield stretch, values.astype(self.values.dtype, copy=False)
            del values

    def seen_blocks(self) -> Iterator[tuple[slice, AnyFloat, NDArray[Any]]]:
        """Yield stretches of the mode that is cut with their data and mask."""
        for number, (stretch, values) in enumerate(self.blocks()):
            yield stretch, values, self._seen(number, values.shape)

    def _seen(self, number: int, shape: tuple[int, ...]) -> NDArray[Any]:
        if self.packed is None:
            return np.broadcast_to(self.mask > 0, shape)
        bits = np.unpackbits(self.packed[number], count=int(np.prod(shape)))
        return bits.reshape(shape).astype(bool)

    def _masks(self) -> Iterator[tuple[slice, NDArray[np.bool_]]]:
        for number, stretch in enumerate(self.chunks.stretches):
            shape = list(self.sizes)
            shape[self.chunks.axis] = stretch.stop - stretch.start
            yield stretch, self._seen(number, tuple(shape))

    def contract(self, factor: Array, axis: int) -> AnyFloat:
        """Sum over one mode, block by block; sums over the mode that is cut are in float64."""
        cut = self.chunks.axis
        if axis != cut:
            parts = [contract(values, factor, axis) for _, values in self.blocks()]
            return np.concatenate(parts, axis=cut - (axis < cut))
        total: Array | None = None
        for stretch, values in self.blocks():
            part = contract(values, factor[stretch], axis)
            del values
            total = (
                part.astype(np.float64, copy=False)
                if total is None
                else np.add(total, part, out=total)
            )
        assert total is not None
        return total

    def grams(self, factors: Sequence[Array], mode: int) -> Array:
        """Gram matrices of the other modes' columns over each row's observed entries."""
        if self.packed is None:
            return super().grams(factors, mode)
        cut, parts = self.chunks.axis, []
        for stretch, seen in self._masks():
            own = [f[stretch] if m == cut else f for m, f in enumerate(factors)]
            mask = reduce_mask(seen).astype(self.values.dtype)
            rows = stretch.stop - stretch.start if mode == cut else self.sizes[mode]
            gram = row_grams(mask, own, mode)
            parts.append(np.broadcast_to(gram, (rows, *gram.shape[1:])))
        return np.concatenate(parts) if mode == cut else np.sum(parts, axis=0)

    def seen_rows(self, mode: int) -> NDArray[np.bool_]:
        """Which rows of a mode were observed at all."""
        if self.packed is None:
            return super().seen_rows(mode)
        others = tuple(axis for axis in range(len(self.sizes)) if axis != mode)
        parts = [seen.any(axis=others) for _, seen in self._masks()]
        return np.concatenate(parts) if mode == self.chunks.axis else np.any(parts, axis=0)


def is_chunked(x: xr.DataArray) -> bool:
    """Whether an array is lazy.

    Parameters
    ----------
    x : DataArray
        Any.

    Returns
    -------
    bool
        True for Dask arrays.
    """
    return x.chunks is not None


def observe_chunks(
    lazy: Any, mask: NDArray[np.bool_] | None = None, dtype: Any = np.float64
) -> ChunkedTensor:
    """Look once at every block of a lazy tensor: norms, scale, mask.

    Parameters
    ----------
    lazy : dask.array.Array
        Data of 2 or more modes; NaN is not observed. The mode with the most chunks is cut.
    mask : ndarray of bool, optional
        True where an entry counts; of the tensor's shape, broadcast in memory.
    dtype : dtype, default float64
        Of the blocks.

    Returns
    -------
    ChunkedTensor
        Never the whole.

    Raises
    ------
    SchemaError
        If a block holds infinities.
    """
    chunks = _cut(lazy)
    sizes = tuple(lazy.shape[mode] for mode in chunks.order)
    moments, masks, n_seen = Moments(sizes), [], 0
    start = [0] * len(sizes)
    for number, stretch in enumerate(chunks.stretches):
        values = chunks.read(number, dtype)
        if np.isinf(values).any():
            raise SchemaError(
                "holds infinities", where="tensor", mend="Set them to NaN to skip them."
            )
        seen = ~np.isnan(values)
        if mask is not None:
            index = (slice(None),) * chunks.axis + (stretch,)
            seen &= mask.transpose(chunks.order)[index]
        start[chunks.axis] = stretch.start
        if not seen.all():
            values = np.where(seen, values, 0).astype(dtype, copy=False)
        moments.add(values, start)
        n_seen += int(seen.sum())
        masks.append(_Mask.of(seen))
        # Gone before the next one comes.
        del values, seen
    scale = power_of_two(moments.squares, n_seen)
    common = _Mask.common(masks, chunks.axis)
    return ChunkedTensor(
        np.empty((0,) * len(sizes), dtype),
        np.ones((1,) * len(sizes), dtype) if common is None else common.astype(dtype),
        chunks.order,
        scale,
        moments.squares / scale**2,
        [norms / scale**2 for norms in moments.row_norms],
        moments.total / scale,
        chunks=chunks,
        sizes=sizes,
        packed=[mask.bits for mask in masks] if common is None else None,
    )


@dataclass(frozen=True)
class _Mask:
    """One block's mask: reduced, and one bit per entry."""

    reduced: NDArray[np.bool_]
    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, seen: NDArray[np.bool_]) -> _Mask:
        return cls(reduce_mask(seen).copy(), np.packbits(seen))

    @staticmethod
    def common(masks: Sequence[_Mask], axis: int) -> NDArray[np.bool_] | None:
        """Return the mask of all blocks if it does not change along `axis`."""
        first = masks[0].reduced
        if first.shape[axis] == 1 and all(np.array_equal(first, m.reduced) for m in masks):
            return first
        return None


def _cut(lazy: Any) -> Chunks:
    """Cut along the mode with the most chunks; small neighbours are read together."""
    axis = max(range(lazy.ndim), key=lambda k: (len(lazy.chunks[k]), lazy.shape[k]))
    per_row = int(np.prod(lazy.shape)) // max(lazy.shape[axis], 1)
    edges = [0]
    for stop in np.cumsum(lazy.chunks[axis]).tolist():
        if len(edges) > 1 and (stop - edges[-2]) * per_row <= _BLOCK:
            edges[-1] = stop
        else:
            edges.append(stop)
    from dask.base import optimize

    stretches = [slice(a, b) for a, b in pairwise(edges)]
    blocks = [lazy[(slice(None),) * axis + (stretch,)].rechunk(-1) for stretch in stretches]
    # Every pass computes every block: graphs are made small once.
    small = [optimize(block)[0] for block in blocks]  # type: ignore[no-untyped-call]
    chunks = Chunks(small, stretches, (), axis)
    order = _order(chunks, lazy.shape)
    return replace(chunks, order=order, axis=order.index(axis))


def _order(chunks: Chunks, shape: Sequence[int]) -> tuple[int, ...]:
    """Modes as a block lies in memory, where products with it are large; else as they are best."""
    first, second = outer_modes(shape)
    order = memory_order(chunks.compute(0))
    if order[-1] in (first, second):
        return order
    rest = [mode for mode in range(len(shape)) if mode not in (first, second)]
    # Both modes that are summed over lie at an end: one matrix product per block.
    return (first, *rest, second)
