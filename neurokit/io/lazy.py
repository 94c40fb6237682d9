"""Lazy arrays on files: a path and what to read of it, nothing open, so they cross processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

Key = tuple[int | slice, ...]


class FileArray(BackendArray):
    """An array that is read from a file when it is needed.

    Subclasses set `shape` and `dtype` and implement `read`; they hold paths and names, never
    open handles, so that they can be sent to another process.

    Parameters
    ----------
    shape : tuple of int
        Full shape.
    dtype : dtype-like
        What `read` returns.

    Examples
    --------
    >>> class Counting(FileArray):
    ...     def read(self, key):
    ...         return np.arange(6)[key]
    >>> variable = lazy_variable(("time",), Counting((6,), int))
    >>> variable[2:4].values
    array([2, 3])
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = tuple(int(n) for n in shape)
        self.dtype = np.dtype(dtype)

    def read(self, key: Key) -> np.ndarray[Any, Any]:
        """Return ``array[key]``.

        Parameters
        ----------
        key : tuple of int or slice
            One entry per dim; steps are positive.

        Returns
        -------
        ndarray
            Of dtype `dtype`; integer entries drop their dim.
        """
        raise NotImplementedError

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        # xarray cannot take an empty slice that steps backwards apart.
        parts = tuple(
            slice(0, 0, 1) if isinstance(part, slice) and not _range(part, n) else part
            for part, n in zip(key.tuple, self.shape, strict=True)
        )
        return indexing.explicit_indexing_adapter(
            type(key)(parts), self.shape, indexing.IndexingSupport.BASIC, self._read_positive
        )

    def _read_positive(self, key: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        """Turn negative steps into positive ones, which is all that file formats know."""
        flips: list[slice] = []
        plain: list[int | slice] = []
        for part, n in zip(key, self.shape, strict=True):
            if isinstance(part, slice):
                wanted = _range(part, n)
                backwards = wanted.step < 0
                ascending = wanted[::-1] if backwards else wanted
                part = (
                    slice(ascending[0], ascending[-1] + 1, ascending.step)
                    if wanted
                    else slice(0, 0, 1)
                )
                flips.append(slice(None, None, -1 if backwards else None))
            plain.append(part)
        values = np.asarray(self.read(tuple(plain)), dtype=self.dtype)
        return values[tuple(flips)]


def _range(part: slice, n: int) -> range:
    """Return the places that a slice of an axis of length n means."""
    return range(*part.indices(n))


def lazy_variable(
    dims: tuple[str, ...], array: FileArray, attrs: Mapping[str, Any] | None = None
) -> xr.Variable:
    """Return a variable that reads `array` when its values are asked for.

    Parameters
    ----------
    dims : tuple of str
        One per dim of the array.
    array : FileArray
        What to read.
    attrs : mapping, optional
        Attributes of the variable.

    Returns
    -------
    xarray.Variable
        Indexing it stays lazy.

    Examples
    --------
    >>> class Zeros(FileArray):
    ...     def read(self, key):
    ...         return np.zeros(self.shape, self.dtype)[key]
    >>> lazy_variable(("time", "neuron"), Zeros((10, 3), "float32")).shape
    (10, 3)
    """
    return xr.Variable(dims, indexing.LazilyIndexedArray(array), dict(attrs or {}))
