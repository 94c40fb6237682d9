"""Datasets of any HDF5 file as a source of variables, by path; attributes as ``path@name``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError
from neurokit.io.lazy import FileArray
from neurokit_loaders._hdf5 import Hdf5Array, opened
from neurokit_loaders.mapping_source import Entry, Source

if TYPE_CHECKING:
    import h5py

# A file may list any number of datasets; no recording has more.
_MOST_ENTRIES = 100_000


class Hdf5Source(Source):
    """An HDF5 file.

    Raises
    ------
    FileContentError
        If the file is cut, damaged, or leads outside itself.
    """

    def __init__(self, path: Path) -> None:
        with opened(path) as handle:
            super().__init__(path, self.entries_in(handle))
        if not self.entries:
            raise FileContentError(
                "holds no dataset", where=str(path), mend="Check that it is the right file."
            )

    def entries_in(self, handle: h5py.File) -> list[Entry]:
        """Return what the file holds."""
        return [
            Entry(name, tuple(int(n) for n in node.shape), *kind_of(node.dtype))
            for name, node in datasets(handle)
        ]

    def lazy(self, name: str) -> FileArray:
        """Return a dataset, unread."""
        entry = self.entries[name]
        return Hdf5Array(self.path, name, entry.shape, np.dtype(entry.dtype).newbyteorder("="))

    def read(self, name: str) -> NDArray[Any]:
        """Return all values of a dataset or attribute."""
        with opened(self.path) as handle:
            node, _, attribute = name.partition("@")
            values = handle[node or "/"].attrs[attribute] if attribute else handle[node][()]
            return plain(values)

    def unfold(self) -> Source:
        """List attributes too, as ``path@name``."""
        with opened(self.path) as handle:
            for name, node in [("", handle), *nodes(handle)]:
                for attribute in node.attrs:
                    values = plain(node.attrs[attribute])
                    kind, dtype = kind_of(values.dtype)
                    if kind in ("number", "text"):
                        full = f"{name}@{attribute}"
                        self.entries.setdefault(full, Entry(full, values.shape, kind, dtype))
        return self


def nodes(handle: h5py.File) -> list[tuple[str, Any]]:
    """Return every group and dataset with its path.

    Raises
    ------
    FileContentError
        If there are absurdly many.
    """
    found: list[tuple[str, Any]] = []

    def note(name: str, node: Any) -> int | None:
        found.append((name, node))
        return 1 if len(found) > _MOST_ENTRIES else None

    if handle.visititems(note):
        raise FileContentError(
            f"lists more than {_MOST_ENTRIES} entries",
            where=str(handle.filename),
            mend="Check where it is from.",
        )
    return found


def datasets(handle: h5py.File) -> list[tuple[str, Any]]:
    """Return every dataset that has values."""
    import h5py

    return [
        (name, node)
        for name, node in nodes(handle)
        if isinstance(node, h5py.Dataset) and node.shape is not None
    ]


def kind_of(dtype: np.dtype[Any]) -> tuple[str, str]:
    """Return kind and dtype of an entry."""
    import h5py

    if h5py.check_string_dtype(dtype) is not None or dtype.kind in "US":
        return "text", "text"
    if dtype.kind in "fiub":
        return "number", str(dtype)
    return "other", str(dtype)


def plain(values: Any) -> NDArray[Any]:
    """Return values as numpy numbers or text: HDF5 gives bytes."""
    array = np.asarray(values)
    if array.dtype.kind in "OS":
        flat = [
            v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
            for v in array.reshape(-1).tolist()
        ]
        return np.array(flat, dtype=np.str_).reshape(array.shape)
    return array
