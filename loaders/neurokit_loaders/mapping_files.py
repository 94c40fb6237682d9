"""Open any table or array file as a source of variables, by its first bytes."""

from __future__ import annotations

from pathlib import Path

from neurokit.errors import FileContentError
from neurokit.io.integrity import detect_format, require_file
from neurokit_loaders.mapping_source import Source


def open_source(path: Path) -> Source:
    """Return what a file holds, without its data.

    Raises
    ------
    FileContentError
        If the file is none of these formats, or damaged.
    """
    kind = detect_format(require_file(path))
    if kind in ("npy", "zip"):
        from neurokit_loaders.npy_source import open_numpy

        return open_numpy(path)
    if kind in ("mat5", "hdf5"):
        from neurokit_loaders.matlab_files import open_matlab

        return open_matlab(path)
    if kind in ("text", "gzip", "xlsx", "xls", "unknown"):
        from neurokit_loaders.table_source import open_table

        return open_table(path)
    raise FileContentError(
        f"is {kind}, no table or array", where=str(path), mend="Give csv, npy, npz, mat or HDF5."
    )
