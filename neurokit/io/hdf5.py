"""Open HDF5 files that stay within themselves.

A link or an external storage entry in an HDF5 file can name any file of the machine, and a
reader that follows it discloses that file; such files are refused before data are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py

from neurokit.errors import FileContentError
from neurokit.io.integrity import require_file


def open_hdf5(path: Path | str) -> h5py.File:
    """Open an HDF5 file for reading, after a check that nothing in it leads outside.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    h5py.File
        Open; the caller closes it.

    Raises
    ------
    FileContentError
        If the file is truncated, not HDF5, or has links or storage outside itself.
    """
    source = require_file(path)
    try:
        file = h5py.File(source, "r")
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise FileContentError(
            f"is not a whole HDF5 file ({reason})", where=str(source), mend="Download it again."
        ) from error
    try:
        outside = _first_outside(file, set())
    except (KeyError, RuntimeError, UnicodeDecodeError, OSError, ValueError) as error:
        file.close()
        raise FileContentError(
            f"has a damaged table of contents ({type(error).__name__})",
            where=str(source),
            mend="Download it again.",
        ) from error
    if outside:
        file.close()
        raise FileContentError(
            f"{outside} leads outside the file",
            where=str(source),
            mend="Copy the data into the file itself (h5repack or h5py) and open that.",
        )
    return file


def _first_outside(group: Any, seen: set[int]) -> str:
    # Hard links may form cycles and diamonds; an address is looked into once.
    address = h5py.h5o.get_info(group.id).addr
    if address in seen:
        return ""
    seen.add(address)
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            return f"link {group.name.rstrip('/')}/{name} to {link.filename}"
        if isinstance(link, h5py.SoftLink):
            continue
        item = group[name]
        if isinstance(item, h5py.Group):
            found = _first_outside(item, seen)
            if found:
                return found
        elif isinstance(item, h5py.Dataset) and (item.external or _virtual(item)):
            return f"data of {item.name}"
    return ""


def _virtual(dataset: h5py.Dataset) -> bool:
    return bool(dataset.is_virtual) and any(
        source.file_name != "." for source in dataset.virtual_sources()
    )
