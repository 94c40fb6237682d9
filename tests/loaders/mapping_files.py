"""One recording written in every format that a mapping reads: text, workbook, npy, mat, HDF5."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

Arrays = Mapping[str, Any]


def write_text(path: Path, columns: Arrays, separator: str = ",", end: str = "\n") -> Path:
    """Write columns of one length as text with a header; numbers with all their digits."""
    rows = [separator.join(columns)]
    rows += [
        separator.join(v if isinstance(v, str) else repr(float(v)) for v in row)
        for row in zip(*columns.values(), strict=True)
    ]
    content = (end.join(rows) + end).encode("utf-8")
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_npz(path: Path, arrays: Arrays, packed: bool = False) -> Path:
    """Write a .npz archive."""
    (np.savez_compressed if packed else np.savez)(path, **arrays)
    return path


def write_mat5(path: Path, arrays: Arrays, packed: bool = True) -> Path:
    """Write a MATLAB file of version 5, as MATLAB's default is packed."""
    scipy.io.savemat(path, dict(arrays), do_compression=packed)
    return path


def write_mat73(path: Path, arrays: Arrays) -> Path:
    """Write a MATLAB file of version 7.3 as MATLAB lays it out.

    A header of 512 bytes in front of HDF5, dims reversed, the class as an attribute, text as
    uint16, cells as references into ``#refs#``, structs as groups.
    """
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in arrays.items():
            _put(file, file, name, value)
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    with path.open("r+b") as stream:
        stream.write(header.ljust(512, b"\0"))
    return path


def _put(file: h5py.File, group: h5py.Group, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        inner = group.create_group(name)
        inner.attrs["MATLAB_class"] = np.bytes_("struct")
        for key, item in value.items():
            _put(file, inner, key, item)
        return
    if isinstance(value, str):
        codes = np.frombuffer(value.encode("utf-16-le"), dtype=np.uint16)
        node = group.create_dataset(name, data=codes.reshape(-1, 1))
        node.attrs["MATLAB_class"] = np.bytes_("char")
        return
    array = np.atleast_2d(np.asarray(value, dtype=object if _is_cell(value) else None))
    if array.dtype == object:
        _put_cell(file, group, name, array)
    elif array.size == 0:
        node = group.create_dataset(name, data=np.array(array.shape, dtype=np.uint64))
        node.attrs["MATLAB_class"] = np.bytes_("double")
        node.attrs["MATLAB_empty"] = np.uint8(1)
    else:
        node = group.create_dataset(name, data=array.T, chunks=True, compression="gzip")
        word = "logical" if array.dtype == bool else _CLASSES.get(array.dtype.str[1:], "double")
        node.attrs["MATLAB_class"] = np.bytes_(word)


_CLASSES = {"f8": "double", "f4": "single", "u1": "uint8", "i8": "int64", "i4": "int32"}


def _is_cell(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def _put_cell(file: h5py.File, group: h5py.Group, name: str, cells: Any) -> None:
    store = file.require_group("#refs#")
    references = np.empty(cells.shape, dtype=h5py.ref_dtype)
    for place, cell in np.ndenumerate(cells):
        key = f"{name}_{'_'.join(map(str, place))}"
        _put(file, store, key, cell)
        references[place] = store[key].ref
    node = group.create_dataset(name, data=references.T, dtype=h5py.ref_dtype)
    node.attrs["MATLAB_class"] = np.bytes_("cell")


def write_hdf5(path: Path, arrays: Arrays) -> Path:
    """Write arrays as datasets below the group ``data``."""
    with h5py.File(path, "w") as file:
        for name, value in arrays.items():
            file[f"data/{name}"] = value
    return path


def cells(*parts: Any, shape: tuple[int, ...] = (-1,)) -> Any:
    """Return an object array of arrays, which is a cell array in MATLAB."""
    array = np.empty(len(parts), dtype=object)
    array[:] = list(parts)
    return array.reshape(shape)
