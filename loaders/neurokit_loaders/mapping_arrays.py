"""Lazy arrays made of lazy arrays: turned, put side by side, multiplied.

Each holds others that hold path and name, so that all of them cross processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.io.lazy import FileArray, Key


class Rearranged(FileArray):
    """An array with its dims in another order; dims of length 1 may be left out.

    Parameters
    ----------
    base : FileArray
        The array as it is stored.
    order : sequence of int
        Which dim of `base` each dim of this array is.
    """

    def __init__(self, base: FileArray, order: Sequence[int]) -> None:
        super().__init__(tuple(base.shape[axis] for axis in order), base.dtype)
        self.base, self.order = base, tuple(order)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        stored: list[int | slice] = [0] * len(self.base.shape)
        for axis, part in zip(self.order, key, strict=True):
            stored[axis] = part
        kept = [axis for axis, part in zip(self.order, key, strict=True) if isinstance(part, slice)]
        values = self.base.read(tuple(stored))
        return values.transpose([sorted(kept).index(axis) for axis in kept])


class Stacked(FileArray):
    """Arrays of one shape, side by side along a new last dim; only those asked for are read.

    Parameters
    ----------
    parts : sequence of FileArray
        At least one, all of one shape.
    """

    def __init__(self, parts: Sequence[FileArray]) -> None:
        dtype = np.result_type(*(part.dtype for part in parts))
        super().__init__((*parts[0].shape, len(parts)), dtype)
        self.parts = tuple(parts)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        *head, last = key
        if isinstance(last, int):
            return np.asarray(self.parts[last].read(tuple(head)))
        chosen = self.parts[last]
        if not chosen:
            plain = [len(range(n)[part]) for part, n in _slices(head, self.shape)]
            return np.empty((*plain, 0), dtype=self.dtype)
        return np.stack([part.read(tuple(head)) for part in chosen], axis=-1)


class Multiplied(FileArray):
    """An array as float32, each column of its last dim times a factor.

    Parameters
    ----------
    base : FileArray
        Numbers.
    factor : sequence of float
        One per entry of the last dim.
    """

    def __init__(self, base: FileArray, factor: Sequence[float]) -> None:
        super().__init__(base.shape, np.float32)
        self.base = base
        self.factor = np.asarray(factor, dtype=np.float64)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        values = np.asarray(self.base.read(key))
        # Beyond float32 lies no trace; such values become infinite, which checks report.
        with np.errstate(over="ignore", invalid="ignore"):
            if (self.factor == 1).all():
                return values.astype(np.float32)
            return np.asarray(values * self.factor[key[-1]]).astype(np.float32)


def _slices(key: Sequence[int | slice], shape: Sequence[int]) -> list[tuple[slice, int]]:
    return [(p, n) for p, n in zip(key, shape, strict=False) if isinstance(p, slice)]
