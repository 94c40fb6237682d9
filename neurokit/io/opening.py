"""Open any supported file or folder as a recording, or say what is in it without its data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from neurokit.errors import FileContentError, LoaderError, OptionError
from neurokit.io.integrity import locate, require_file, sha256_of
from neurokit.io.reading import is_store, open_store, store_info
from neurokit.io.registry import Loader, choose_loader, get_loader, loader_names
from neurokit.io.saving import mend_overwrite

if TYPE_CHECKING:
    import pandas as pd

STORE = "neurokit"


def open(
    path: str | Path,
    loader: str | None = None,
    *,
    chunks: int | str | Mapping[str, Any] | None = None,
    checksum: bool = False,
    **options: Any,
) -> xr.DataTree:
    """Open a recording: headers now, data when they are asked for.

    Parameters
    ----------
    path : str or Path
        A file or folder of any format that a loader reads, or what `save` wrote.
    loader : str, optional
        A name of `neurokit.loaders`; default is the one whose sniffing scores best.
    chunks : int, str or mapping, optional
        If given, dask arrays of that chunking (see `xarray.Dataset.chunk`); default lazy arrays.
    checksum : bool, default False
        Compute the file's sha256 into ``attrs["source_sha256"]``.
    **options
        Options of the loader.

    Returns
    -------
    xarray.DataTree
        A recording of schema ``neurokit/1``.

    Raises
    ------
    FileContentError
        If the file is missing, empty, damaged or not what its name says.
    LoaderError
        If no loader, or more than one, fits.
    OptionError
        If an option is not of the loader.

    Examples
    --------
    >>> import tempfile, neurokit as nk
    >>> rec = nk.simulate.recording("eeg", random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = nk.save(rec, f"{folder}/demo.nc")
    ...     nk.open(path).attrs["modality"]
    'eeg'
    """
    source = _located(path)
    if loader == STORE or (loader is None and is_store(source)):
        if options:
            raise OptionError(
                f"a saved recording has no options, got {sorted(options)}",
                where=str(source),
                mend="Leave them out.",
            )
        rec = open_store(source)
    else:
        chosen = choose_loader(source) if loader is None else get_loader(loader)
        rec = _open_with(chosen, source, checksum, options)
    return rec if chunks is None else _chunked(rec, chunks)


def _chunked(rec: xr.DataTree, chunks: int | str | Mapping[str, Any]) -> xr.DataTree:
    """Return a recording of dask arrays."""
    sizes = chunks.values() if isinstance(chunks, Mapping) else [chunks]
    try:
        # dask makes blocks of negative sizes.
        if any(isinstance(n, int) and (isinstance(n, bool) or n < -1 or n == 0) for n in sizes):
            raise ValueError("a block has one sample at least, or -1 for all")
        if isinstance(chunks, Mapping):
            return rec.chunk(chunks)
        # A tree takes chunks by dim only; its groups take a number or a word too.
        chunked: xr.DataTree = rec.map_over_datasets(lambda group: group.chunk(chunks))
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise OptionError(
            f"{chunks!r} does not fit ({str(error).splitlines()[0]})",
            where="chunks",
            mend='Give samples per block, 65536, or "auto", or by dim: {"time": 65536}.',
        ) from error
    chunked.name = rec.name
    return chunked


def _located(path: str | Path) -> Path:
    """Return the file or folder, put back first where an overwrite was interrupted."""
    try:
        source = locate(path)
    except FileContentError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        if not (missing and mend_overwrite(Path(path).expanduser())):
            raise
        source = locate(path)
    return source if source.is_dir() else require_file(source)


def _open_with(
    loader: Loader, source: Path, checksum: bool, options: Mapping[str, Any]
) -> xr.DataTree:
    loader.check_options(options)
    rec = loader.open(source, **options)
    if not isinstance(rec, xr.DataTree):
        raise LoaderError(
            f"loader {loader.name} gave a {type(rec).__name__}, not a DataTree",
            where=str(source),
            mend="Report this to the loader's authors.",
        )
    stated = json.loads(str(rec.attrs.get("loader_options") or "{}"))
    rec.attrs["loader"] = loader.name
    rec.attrs["loader_options"] = json.dumps({**stated, **options}, sort_keys=True, default=str)
    rec.attrs.setdefault("source", source.name)
    if not rec.attrs["source"]:
        rec.attrs["source"] = source.name
    rec.name = rec.name or source.stem
    if checksum:
        if source.is_dir():
            raise FileContentError(
                "is a folder, which has no checksum", where=str(source), mend="Leave checksum out."
            )
        rec.attrs["source_sha256"] = sha256_of(source)
    return rec


def info(path: str | Path, loader: str | None = None) -> dict[str, Any]:
    """Say what is in a file, from its headers alone.

    Parameters
    ----------
    path : str or Path
        A file or folder.
    loader : str, optional
        A name of `neurokit.loaders`; default is the one whose sniffing scores best.

    Returns
    -------
    dict
        At least ``loader``, ``modality`` and what the loader's header says.

    Raises
    ------
    FileContentError
        If the file is missing, empty or damaged.
    LoaderError
        If no loader, or more than one, fits.

    Examples
    --------
    >>> import tempfile
    >>> import neurokit as nk
    >>> rec = nk.simulate.recording("calcium", random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = nk.save(rec, f"{folder}/worm.nc")
    ...     found = nk.info(path)
    >>> found["modality"]
    'calcium'
    """
    source = _located(path)
    if loader == STORE or (loader is None and is_store(source)):
        return {**store_info(source), "loader": STORE}
    chosen = choose_loader(source) if loader is None else get_loader(loader)
    return {"loader": chosen.name, "modality": chosen.modality, **chosen.info(source)}


def loaders() -> pd.DataFrame:
    """List the installed loaders.

    Returns
    -------
    pandas.DataFrame
        Indexed by name: title, modality, suffixes, options.

    Examples
    --------
    >>> "mne.raw" in loaders().index
    True
    """
    import pandas as pd

    rows = {}
    for name in loader_names():
        found = get_loader(name)
        rows[name] = {
            "title": found.title,
            "modality": found.modality,
            "suffixes": " ".join(found.suffixes),
            "options": " ".join(found.options),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")
