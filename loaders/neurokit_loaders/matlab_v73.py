"""Variables of MATLAB files of version 7.3, which are HDF5 with the dims reversed.

MATLAB marks each dataset with its class: text is uint16, a cell array is an array of references,
a struct is a group, an empty array stores its shape.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.io.integrity import read_head
from neurokit.io.lazy import FileArray
from neurokit_loaders._hdf5 import Hdf5Array, opened
from neurokit_loaders.hdf5_source import Hdf5Source, nodes
from neurokit_loaders.mapping_arrays import Rearranged
from neurokit_loaders.mapping_source import Entry, Source

if TYPE_CHECKING:
    import h5py

_MAGIC = b"MATLAB 7.3 MAT-file"
_NUMBERS = (
    "double", "single", "logical", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
    "uint64",
)  # fmt: skip


def is_matlab(path: Path) -> bool:
    """Whether an HDF5 file has MATLAB's header in front."""
    return read_head(path, len(_MAGIC)) == _MAGIC


class Matlab73Source(Hdf5Source):
    """A MATLAB file of version 7.3; fields of structs are named ``struct.field``."""

    def entries_in(self, handle: h5py.File) -> list[Entry]:
        """Return variables and fields, with dims as MATLAB shows them."""
        return [
            entry
            for path, node in nodes(handle)
            if not path.startswith("#") and (entry := _entry(path, node)) is not None
        ]

    def lazy(self, name: str) -> FileArray:
        """Return a variable, unread."""
        shape = self.entries[name].shape
        stored, dtype = _stored(self.path, name)
        array = Hdf5Array(self.path, _path(name), stored, dtype)
        return Rearranged(array, range(len(shape))[::-1])

    def read(self, name: str) -> NDArray[Any]:
        """Return all values of a variable of numbers or text."""
        with opened(self.path) as handle:
            values = _value(handle[_path(name)])
        return values if isinstance(values, np.ndarray) else np.array([values], dtype=np.str_)

    def cells(self, name: str) -> NDArray[Any]:
        """Return a cell array."""
        with opened(self.path) as handle:
            node = handle[_path(name)]
            if _class(node) != "cell":
                return super().cells(name)
            return _dereferenced(handle, node)

    def unfold(self) -> Source:
        """Fields are listed already."""
        return self


def _path(name: str) -> str:
    return name.replace(".", "/")


def _class(node: Any) -> str:
    value = node.attrs.get("MATLAB_class", b"")
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _is_empty(node: Any) -> bool:
    return bool(node.attrs.get("MATLAB_empty", 0))


def _entry(path: str, node: Any) -> Entry | None:
    import h5py

    name, word = path.replace("/", "."), _class(node)
    if isinstance(node, h5py.Group):
        if "MATLAB_sparse" in node.attrs:
            return Entry(name, (), "other", "sparse")
        return Entry(name, (1, 1), "struct", "struct")
    if "MATLAB_sparse" in node.parent.attrs or not isinstance(node, h5py.Dataset):
        return None
    shape = tuple(int(n) for n in (node.shape or ())[::-1])
    if _is_empty(node):
        return Entry(name, tuple(int(n) for n in node[()]), "other", f"empty {word}")
    if word == "char":
        return Entry(name, shape, "text", "char")
    if word == "cell":
        return Entry(name, shape, "cell", "cell")
    if word in _NUMBERS and node.dtype.kind in "fiub":
        return Entry(name, shape, "number", word)
    return Entry(name, shape, "other", word or f"{node.dtype} without MATLAB_class")


def _stored(path: Path, name: str) -> tuple[tuple[int, ...], Any]:
    with opened(path) as handle:
        node = handle[_path(name)]
        return tuple(node.shape), node.dtype.newbyteorder("=")


def _value(node: Any) -> Any:
    """Return a dataset as MATLAB shows it: text, or numbers with dims turned back."""
    if _is_empty(node):
        return "" if _class(node) == "char" else np.empty(tuple(int(n) for n in node[()]))
    values = np.asarray(node[()])
    if _class(node) == "char":
        return values.T.astype(np.uint16).tobytes().decode("utf-16-le", "replace")
    return values.T


def _dereferenced(handle: h5py.File, node: Any) -> NDArray[Any]:
    import h5py

    references = np.asarray(node[()]).T
    cells = np.empty(references.shape, dtype=object)
    for place, reference in np.ndenumerate(references):
        target = handle[reference]
        if not isinstance(target, h5py.Dataset) or _class(target) == "cell":
            raise OptionError(
                f"cell {place} of {node.name} holds {_class(target) or 'a group'}, not numbers",
                where=str(handle.filename),
                mend="Map a cell array of numbers or words.",
            )
        cells[place] = _value(target)
    return cells
