"""Targets that may not fit into memory, read a block of columns and rows at a time.

Anything with ``shape`` and two-dimensional slicing will do: numpy, Dask, Zarr, HDF5.
Array layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError

Array = NDArray[np.float64]


# Rows that a reference is taken from, and so the most that a median sorts.
ENOUGH_ROWS = 1000
# Values sorted at a time: a median needs a copy, which is not to be as large as the block.
SORTED_AT_A_TIME = 1 << 20


def reference_of(values: NDArray[Any]) -> Array:
    """Return a level near the mean of each column that artefacts do not move: a median.

    Parameters
    ----------
    values : (n, p) ndarray
        Rows.

    Returns
    -------
    (p,) ndarray
        Of at most 1000 rows, evenly spaced.
    """
    some = values[:: max(1, len(values) // ENOUGH_ROWS)]
    width = max(1, SORTED_AT_A_TIME // max(len(some), 1))
    found = np.empty(some.shape[1])
    for first in range(0, some.shape[1], width):
        columns = slice(first, first + width)
        copy = some[:, columns].astype(np.float64)
        found[columns] = np.median(copy, axis=0, overwrite_input=True)
    return found


def checked_bytes(max_bytes: Any) -> float:
    """Return a number of bytes if it is one.

    Parameters
    ----------
    max_bytes : float
        What the user says.

    Returns
    -------
    float
        Above 0 and finite.

    Raises
    ------
    OptionError
        If it is not.
    """
    number = isinstance(max_bytes, int | float | np.integer | np.floating)
    if not (number and 0 < max_bytes < np.inf):
        raise OptionError(
            f"is {max_bytes!r}", where="max_bytes", mend="Give bytes, for example 128e6."
        )
    return float(max_bytes)


class Targets:
    """Targets about a reference.

    Parameters
    ----------
    y : (n, t) array_like
        Sliced as ``y[rows, columns]``, never read whole unless it is in memory already.
    max_bytes : float
        Most bytes of one block.
    """

    def __init__(self, y: Any, max_bytes: float) -> None:
        self.y, self.max_bytes = y, checked_bytes(max_bytes)
        self.n, self.t = int(y.shape[0]), int(y.shape[1])

    def row_blocks(self, width: int) -> Iterator[tuple[int, int]]:
        """Yield (first, last) of blocks of rows that fit, along the chunks of the store.

        Parameters
        ----------
        width : int
            Columns read at a time.

        Yields
        ------
        tuple of int
            Bounds of a block.
        """
        length = max(1, int(self.max_bytes / (8 * max(width, 1))))
        if length < self.n:
            stored = _stored_rows(self.y)
            length = max(length // stored, 1) * stored if stored <= length else length
        for first in range(0, self.n, length):
            yield first, min(first + length, self.n)

    def stored(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a block in the type it is stored in, where float64 holds that.

        Parameters
        ----------
        rows, columns : slice
            What to read.

        Returns
        -------
        ndarray
            Perhaps a view of the targets.

        Raises
        ------
        SchemaError
            If it holds NaN or infinities.
        """
        block = np.asarray(self.y[rows, columns])
        if block.dtype.kind not in "fiub" or block.dtype.itemsize > 8:
            block = block.astype(np.float64)
        if not np.isfinite(block).all():
            raise SchemaError(
                "holds NaN or infinity", where="Y", mend="Drop those samples, or fill them first."
            )
        return block

    def read(self, rows: slice, columns: slice) -> Array:
        """Return a block in float64.

        Parameters
        ----------
        rows, columns : slice
            What to read.

        Returns
        -------
        ndarray
            As stored, not about the reference.

        Raises
        ------
        SchemaError
            If it holds NaN or infinities.
        """
        return np.asarray(self.stored(rows, columns), dtype=np.float64)

    def about(self, rows: slice, columns: slice, reference: Array) -> Array:
        """Return a block less a reference, with no more than the block stored beside it.

        Parameters
        ----------
        rows, columns : slice
            What to read.
        reference : (n_columns,) ndarray
            What to take off.

        Returns
        -------
        ndarray
            New, in float64.

        Raises
        ------
        SchemaError
            If it holds NaN or infinities.
        """
        stored = self.stored(rows, columns)
        return np.asarray(np.subtract(stored, reference, dtype=np.float64))


def _stored_rows(y: Any) -> int:
    """Rows of one chunk of the store, 1 where there are none."""
    chunks = getattr(y, "chunks", None)
    if not chunks:
        return 1
    rows = chunks[0]
    return int(rows[0] if isinstance(rows, tuple) else rows) or 1


class LabelledRows:
    """A two-dimensional DataArray that is read when it is sliced.

    Parameters
    ----------
    array : DataArray
        (sample, target), of numpy, Dask, or not yet read.
    """

    def __init__(self, array: Any) -> None:
        self.array, self.shape = array, array.shape
        self.chunks = array.chunks or array.encoding.get("chunks")

    def __getitem__(self, key: tuple[slice, slice]) -> Any:
        return self.array[key].values


class StackedRows:
    """Targets of several recordings, one below the other.

    Parameters
    ----------
    parts : sequence
        Each (n_i, t), sliced as `Targets` does.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = list(parts)
        self.ends = np.cumsum([part.shape[0] for part in parts])
        self.shape = (int(self.ends[-1]), int(parts[0].shape[1]))

    def __getitem__(self, key: tuple[slice, slice]) -> Any:
        rows, columns = key
        blocks = []
        for part, end in zip(self.parts, self.ends, strict=True):
            first = int(end) - int(part.shape[0])
            inside = slice(max(rows.start - first, 0), min(rows.stop, int(end)) - first)
            if inside.stop > inside.start:
                blocks.append(np.asarray(part[inside, columns]))
        return np.concatenate(blocks)
