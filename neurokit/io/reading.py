"""Open what `save` wrote: lazily, as it was, and only if it is whole."""

from __future__ import annotations

import json
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from neurokit.errors import FileContentError
from neurokit.io.chunks import NAME, check_chunks
from neurokit.io.damage import name_damage
from neurokit.io.encoding import MARK, from_disk, plain_scalar
from neurokit.io.hdf5 import open_hdf5
from neurokit.io.integrity import detect_format


def is_store(path: Path) -> bool:
    """Return whether `save` wrote this file or folder.

    Parameters
    ----------
    path : Path
        Anything.

    Returns
    -------
    bool
        From a mark that `save` leaves, not from the suffix.
    """
    if path.is_dir():
        return MARK in _zarr_root(path)
    if not path.is_file() or detect_format(path) != "hdf5" or path.suffix != ".nc":
        return False
    with _as_content_error(path), open_hdf5(path) as file:
        return MARK in file.attrs


def _zarr_root(store: Path) -> dict[str, Any]:
    try:
        content = json.loads((store / "zarr.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    attributes = content.get("attributes") if isinstance(content, dict) else None
    return attributes if isinstance(attributes, dict) else {}


@contextmanager
def _as_content_error(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        if isinstance(error, FileContentError):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileContentError(
            f"is damaged or truncated ({reason})",
            where=str(path),
            mend="Restore it from a backup or save the recording again.",
        ) from error


def open_store(path: Path) -> xr.DataTree:
    """Open a ``.nc`` or ``.zarr`` that `save` wrote.

    Parameters
    ----------
    path : Path
        The store.

    Returns
    -------
    xarray.DataTree
        Lazy, identical to what was saved.

    Raises
    ------
    StoreError
        If a chunk of a ``.zarr`` is missing or has another size.
    FileContentError
        If the store is damaged, or `save` did not write it.
    """
    if path.is_dir():
        check_chunks(path)
        _require_mark(path, _zarr_root(path))
        options: dict[str, Any] = {"engine": "zarr", "consolidated": False}
    else:
        # h5netcdf would follow links that leave the file.
        with open_hdf5(path) as file, _as_content_error(path):
            _require_mark(path, file.attrs)
        options = {"engine": "h5netcdf"}
    with _as_content_error(path), warnings.catch_warnings():
        # Zarr wonders about every file that is not its own; this one is ours.
        warnings.filterwarnings("ignore", message=f"Object at {NAME} is not recognized")
        raw = xr.open_datatree(path, decode_times=False, mask_and_scale=False, **options)
        groups = {}
        for node in raw.subtree:
            group = name_damage(node.to_dataset(inherit=False), path, node.path)
            groups[node.path] = from_disk(group)
    name = str(groups["/"].attrs.pop(MARK, ""))
    tree = xr.DataTree.from_dict(groups, name=name or None)
    tree.encoding = {"source": str(path.resolve())}
    return tree


def _require_mark(path: Path, attributes: Collection[str]) -> None:
    if MARK not in attributes:
        raise FileContentError(
            "was not written by neurokit.save",
            where=str(path),
            mend="Open it with xarray, put its arrays together with neurokit.schema.recording, and "
            "save that; or name the loader of its format.",
        )


def store_info(path: Path) -> dict[str, Any]:
    """Return root attributes and sizes of a store, without its data.

    Parameters
    ----------
    path : Path
        The store.

    Returns
    -------
    dict
        Root attrs plus ``groups``, a mapping of group to its sizes.
    """
    tree = open_store(path)
    sizes = {node.path: {str(k): v for k, v in node.sizes.items()} for node in tree.subtree}
    attrs = {str(key): plain_scalar(value) for key, value in tree.attrs.items()}
    tree.close()
    return {**attrs, "groups": {k: v for k, v in sizes.items() if v}}
