"""Open HDF5 files that stay within themselves.

A link or an external storage entry in an HDF5 file can name any file of the machine, and a
reader that follows it discloses that file; such files are refused before data are read.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import h5py

from neurokit.errors import FileContentError
from neurokit.io.heaps import check_heaps
from neurokit.io.integrity import require_file

# Files whose links were walked, by place, size and time; windows of one file are read often.
_WALKED: dict[tuple[str, int, int, int], None] = {}
_MOST_WALKED = 256
_LOCK = threading.Lock()
# A file younger than this may change again without a change of its time.
_SETTLED_NS = 2_000_000_000


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

    Examples
    --------
    >>> import tempfile
    >>> import h5py
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["x"] = [1.0, 2.0]
    ...     with open_hdf5(f"{folder}/a.h5") as file:
    ...         file["x"].shape
    (2,)
    """
    source = require_file(path)
    check_heaps(source)
    try:
        file = h5py.File(source, "r")
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise FileContentError(
            f"is not a whole HDF5 file ({reason})", where=str(source), mend="Download it again."
        ) from error
    try:
        outside = _first_outside(file, set()) if _is_new(source) else ""
    except (KeyError, RuntimeError, OSError, TypeError, ValueError) as error:
        file.close()
        raise FileContentError(
            f"has a damaged table of contents ({type(error).__name__})",
            where=str(source),
            mend="Download it again.",
        ) from error
    if outside:
        file.close()
        raise FileContentError(
            outside,
            where=str(source),
            mend="Copy the data into the file itself (h5repack or h5py) and open that.",
        )
    _remember(source)
    return file


def _key(source: Path) -> tuple[str, int, int, int]:
    said = source.stat()
    return str(source.absolute()), said.st_ino, said.st_size, said.st_mtime_ns


def _is_new(source: Path) -> bool:
    return _key(source) not in _WALKED


def _remember(source: Path) -> None:
    key = _key(source)
    if time.time_ns() - key[-1] < _SETTLED_NS:
        return
    with _LOCK:
        _WALKED[key] = None
        while len(_WALKED) > _MOST_WALKED:
            del _WALKED[next(iter(_WALKED))]


def _first_outside(group: Any, seen: set[int]) -> str:
    # Hard links may form cycles and diamonds; an address is looked into once.
    address = h5py.h5o.get_info(group.id).addr
    if address in seen:
        return ""
    seen.add(address)
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            place = f"{group.name.rstrip('/')}/{name}"
            return f"link {place} to {link.filename} leads outside the file"
        if isinstance(link, h5py.SoftLink):
            continue
        item = group[name]
        if isinstance(item, h5py.Group):
            found = _first_outside(item, seen)
            if found:
                return found
        elif isinstance(item, h5py.Dataset):
            if item.external:
                return f"data of {item.name} leads outside the file"
            found = _virtual_fault(item) if item.is_virtual else ""
            if found:
                return found
    return ""


def _virtual_fault(dataset: h5py.Dataset) -> str:
    for source in dataset.virtual_sources():
        if source.file_name != ".":
            return f"data of {dataset.name} leads outside the file"
        inner = dataset.file.get(source.dset_name)
        # HDF5 follows virtual data in a circle until the process dies.
        if not isinstance(inner, h5py.Dataset) or inner.is_virtual:
            return f"virtual data of {dataset.name} rests on no data but {source.dset_name}"
    return ""
