"""Datasets of HDF5 files as lazy arrays that hold path and name, and what a file contains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError, NeurokitError
from neurokit.io.hdf5 import open_hdf5
from neurokit.io.heaps import check_heaps
from neurokit.io.lazy import FileArray, Key

if TYPE_CHECKING:
    import h5py


# h5py raises each of these for damaged bytes, depending on where they lie.
DAMAGED = (OSError, KeyError, RuntimeError, TypeError, ValueError)

_LARGEST_TABLE = 50_000_000


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file; what h5py raises inside the block becomes an error that names the file.

    Raises
    ------
    FileContentError
        If the file is missing, cut, damaged, or leads outside itself.
    """
    try:
        with open_hdf5(path) as handle:
            yield handle
    except NeurokitError:
        raise
    except DAMAGED as error:
        raise FileContentError(
            f"is damaged HDF5 ({error})", where=str(path), mend="Download it again."
        ) from error


@contextmanager
def peek(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file to see whose it is: guarded against hanging, not against what it links.

    Raises
    ------
    FileContentError
        If a heap would trap the library; h5py's own errors, `DAMAGED`, pass through.
    """
    import h5py

    check_heaps(path)
    with h5py.File(path, "r") as handle:
        yield handle


def numbers(handle: h5py.File, name: str) -> h5py.Dataset | None:
    """Return a dataset of numbers, None if the file has none of that name.

    Raises
    ------
    FileContentError
        If it holds anything but numbers.
    """
    import h5py

    node = handle.get(name)
    if not isinstance(node, h5py.Dataset):
        return None
    if node.dtype.kind not in "iufb" or node.shape is None:
        raise FileContentError(
            f"{name} holds {node.dtype}, not numbers",
            where=str(handle.filename),
            mend="Check that the file is of this format.",
        )
    return node


def whole(found: h5py.Dataset) -> np.ndarray[Any, Any]:
    """Return all values of a small dataset; one that claims to be huge is refused unread.

    Raises
    ------
    FileContentError
        If it has more values than any clock or table: a few bytes can claim terabytes.
    """
    if found.size > _LARGEST_TABLE:
        raise FileContentError(
            f"{found.name} claims {found.size} values",
            where=str(found.file.filename),
            mend="Check where the file is from.",
        )
    return np.asarray(found[()])


def contents(handle: h5py.File) -> dict[str, tuple[int, ...]]:
    """Return the shape of every dataset by its path."""
    import h5py

    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str, node: object) -> None:
        if isinstance(node, h5py.Dataset):
            shapes[name] = tuple(node.shape or ())

    handle.visititems(note)
    return shapes


class Hdf5Array(FileArray):
    """A dataset of an HDF5 file, opened per read.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Path of the dataset in it.
    shape : tuple of int
        Shape as it is presented: of a transposed dataset, the reverse of what the file says.
    dtype : dtype-like
        What `read` returns.
    transposed : bool
        Whether the file has the dims the other way round.
    """

    def __init__(
        self, path: Path, name: str, shape: tuple[int, ...], dtype: Any, transposed: bool = False
    ) -> None:
        super().__init__(shape, dtype)
        self.path, self.name, self.transposed = Path(path).absolute(), name, transposed

    def read(self, key: Key) -> np.ndarray[Any, Any]:
        """Return ``array[key]``."""
        with opened(self.path) as handle:
            found = numbers(handle, self.name)
            stored = self.shape[::-1] if self.transposed else self.shape
            if found is None or found.shape != stored:
                raise FileContentError(
                    f"{self.name} is not what it was when the file was opened",
                    where=str(self.path),
                    mend="Open the recording again.",
                )
            part = found[key[::-1]].T if self.transposed else found[key]
        # Beyond float32 lies no fluorescence; such values become infinite, which checks report.
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(part, dtype=self.dtype)
