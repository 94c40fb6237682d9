"""Lazy arrays of a store whose errors name the store: damage shows when values are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from neurokit.errors import FileContentError, NeurokitError


class NamedArray(BackendArray):
    """An array of a store that raises `FileContentError` where its library raises its own errors.

    Parameters
    ----------
    array : BackendArray
        What reads.
    path : str
        The store, for the message.
    name : str
        Group and variable, for the message.
    """

    def __init__(self, array: Any, path: str, name: str) -> None:
        self.array, self.path, self.name = array, path, name
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        try:
            return self.array[key]
        except (NeurokitError, MemoryError, IndexError):
            raise
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise FileContentError(
                f"values of {self.name} are damaged ({reason})",
                where=self.path,
                mend="Restore it from a backup or save the recording again.",
            ) from error


def name_damage(dataset: xr.Dataset, path: Path, group: str) -> xr.Dataset:
    """Return the dataset with every lazy array in a `NamedArray`; it stays lazy.

    Parameters
    ----------
    dataset : Dataset
        As xarray opened it.
    path : Path
        The store.
    group : str
        Path of the group in it.

    Returns
    -------
    Dataset
        The same object.
    """
    for name, variable in dataset.variables.items():
        layer: Any = variable._data
        while layer is not None and not isinstance(layer, indexing.LazilyIndexedArray):
            layer = getattr(layer, "array", None)
        if layer is not None and isinstance(layer.array, BackendArray):
            layer.array = NamedArray(layer.array, str(path), f"{group.rstrip('/')}/{name}")
    return dataset
