"""Lazy arrays on datasets of NWB files, as they are stored.

They hold path and name, nothing open, so that they cross processes; a window reads a window.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError, NeurokitError
from neurokit.io import FileArray

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

Key = tuple[int | slice, ...]
Raw = FileArray | np.ndarray[Any, Any]

# h5py raises each of these for damaged bytes, depending on where they lie.
_DAMAGED = (OSError, LookupError, RuntimeError, TypeError, ValueError)
_LARGEST_TABLE = 50_000_000
_open_here = threading.local()


@contextmanager
def held(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for as long as the block runs; blocks within share the handle.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    h5py.File
        Open for reading.

    Raises
    ------
    FileContentError
        If the file is missing, cut, damaged, or leads outside itself.
    """
    from neurokit.io.hdf5 import open_hdf5

    files = _open_here.__dict__.setdefault("files", {})
    if path in files:
        yield files[path]
        return
    try:
        with open_hdf5(path) as handle:
            files[path] = handle
            try:
                yield handle
            finally:
                del files[path]
    except NeurokitError:
        raise
    except _DAMAGED as error:
        raise FileContentError(
            f"is damaged ({error})", where=str(path), mend="Download it again."
        ) from error


def take(raw: Raw, key: Key) -> NDArray[Any]:
    """Return ``raw[key]`` of a stored or a plain array.

    Parameters
    ----------
    raw : FileArray or ndarray
        The array.
    key : tuple of int or slice
        One entry per dim; steps are positive.

    Returns
    -------
    ndarray
        The part.
    """
    return np.asarray(raw.read(key) if isinstance(raw, FileArray) else raw[key])


def whole(raw: Raw) -> NDArray[Any]:
    """Return all values of a clock or a column of a table.

    Parameters
    ----------
    raw : FileArray or ndarray
        The array; one that claims to be huge is refused unread.

    Returns
    -------
    ndarray
        The values.

    Raises
    ------
    FileContentError
        If it has more values than any clock or table: a few bytes can claim terabytes.
    """
    size = int(np.prod(raw.shape, dtype=np.float64))
    if isinstance(raw, FileArray) and size > _LARGEST_TABLE:
        raise FileContentError(
            f"{getattr(raw, 'name', 'a column')} claims {size} values",
            where=str(getattr(raw, "path", "")),
            mend="Check where the file is from.",
        )
    return take(raw, (slice(None),) * len(raw.shape))


def is_text(dtype: Any) -> bool:
    """Whether values of a dtype are text, stored or in memory."""
    return np.dtype(dtype).kind in "OSUT"


class Dataset(FileArray):
    """A dataset as it is stored.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Path of the dataset in it.
    shape : tuple of int
        Its shape.
    dtype : dtype-like
        Its dtype; object for text, which is read as str.
    """

    def __init__(self, path: Path, name: str, shape: tuple[int, ...], dtype: Any) -> None:
        super().__init__(shape, dtype)
        self.path, self.name = Path(path).absolute(), name

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        import h5py

        with held(self.path) as handle:
            found = handle.get(self.name)
            if not isinstance(found, h5py.Dataset) or found.shape != self.shape:
                raise FileContentError(
                    f"{self.name} is not what it was when the file was opened",
                    where=str(self.path),
                    mend="Open the recording again.",
                )
            if is_text(self.dtype):
                return np.asarray(found.asstr(errors="replace")[key], dtype=object)
            return np.asarray(found[key])
