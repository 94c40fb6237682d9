"""Save a tree as NetCDF or Zarr, whole or not at all, never touching what was there before."""

from __future__ import annotations

import contextlib
import glob
import shutil
from pathlib import Path

import xarray as xr

from neurokit.errors import OptionError, SchemaError, StoreError
from neurokit.io.atomic import as_store_error, atomic_file, atomic_folder, temporary_name
from neurokit.io.chunks import check_chunks, write_chunk_list
from neurokit.io.encoding import MARK, netcdf_encoding, to_disk, zarr_encoding
from neurokit.io.hdf5_writing import hdf5_target

SUFFIXES = (".nc", ".zarr")
OLD = ".replaced-"


def save(rec: xr.DataTree, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save a recording so that `neurokit.open` gives it back identical, lazily.

    Parameters
    ----------
    rec : xarray.DataTree
        A recording, or any tree of numbers and strings such as a fitted estimator's.
    path : str or Path
        Ends in ``.nc`` (HDF5 with gzip and fletcher32) or ``.zarr`` (version 3, Zstd and CRC32C).
    overwrite : bool, default False
        Replace what is there. Readers see the old store or the new one, never a mixture.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    StoreError
        If something is there already, or the place cannot be written.
    SchemaError
        If a dtype or attribute cannot be stored and given back as it is.
    OptionError
        If the suffix is another one.

    Examples
    --------
    >>> import tempfile
    >>> from neurokit.simulate import recording
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(recording("calcium", random_state=0), f"{folder}/worm.zarr").name
    'worm.zarr'
    """
    final = Path(path).expanduser()
    if final.suffix not in SUFFIXES:
        raise OptionError(
            f"suffix {final.suffix!r} is none that can be written",
            where=str(final),
            mend="End the name in .nc or .zarr.",
        )
    if not isinstance(rec, xr.DataTree):
        raise SchemaError(
            f"got a {type(rec).__name__}",
            where="rec",
            mend="Give a DataTree; see schema.recording.",
        )
    if final.exists() and not overwrite:
        raise StoreError(
            "exists already", where=str(final), mend="Choose another name or pass overwrite=True."
        )
    if final.suffix == ".nc":
        _save_netcdf(rec, final)
    else:
        _save_zarr(rec, final)
    return final


def _on_disk(rec: xr.DataTree, *, zarr: bool) -> tuple[xr.DataTree, dict[str, dict[str, object]]]:
    encode = zarr_encoding if zarr else netcdf_encoding
    groups, encoding = {}, {}
    for node in rec.subtree:
        group = to_disk(node.to_dataset(inherit=False), node.path, zarr=zarr)
        groups[node.path] = group
        encoding[node.path] = dict(encode(group))
    groups["/"].attrs[MARK] = rec.name or ""
    return xr.DataTree.from_dict(groups), encoding  # type: ignore[return-value]


def _save_netcdf(rec: xr.DataTree, final: Path) -> None:
    tree, encoding = _on_disk(rec, zarr=False)
    with atomic_file(final) as temporary, hdf5_target(temporary) as target:
        tree.to_netcdf(target, engine="h5netcdf", encoding=encoding)


def _save_zarr(rec: xr.DataTree, final: Path) -> None:
    tree, encoding = _on_disk(rec, zarr=True)
    aside = temporary_name(final)
    with atomic_folder(aside) as temporary:
        tree.to_zarr(
            temporary,
            mode="w",
            zarr_format=3,
            consolidated=False,
            encoding=encoding,
            write_empty_chunks=True,
        )
        write_chunk_list(temporary)
    try:
        with as_store_error(final):
            swap_in(aside, final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def swap_in(new: Path, final: Path) -> None:
    """Put a finished folder in the place of `final`: old aside, new in, old deleted.

    If the new one cannot be put in, the old one goes back. A crash between the two steps leaves
    it under its set-aside name, from which the next open puts it back.
    """
    old = final.with_name(f".{final.name}{OLD}by-{new.name.lstrip('.')}")
    replaced = final.exists()
    if replaced:
        final.rename(old)
    try:
        new.rename(final)
    except BaseException:
        if replaced:
            with contextlib.suppress(OSError):
                old.rename(final)
        raise
    shutil.rmtree(old, ignore_errors=True)


def mend_overwrite(path: Path | str) -> bool:
    """Put a store back that an interrupted overwrite left aside.

    Of several, the one set aside last, and a whole one rather than what is left of one whose
    deletion was interrupted.

    Parameters
    ----------
    path : Path or str
        Where the store should be.

    Returns
    -------
    bool
        Whether it is there now and was not before.
    """
    final = Path(path)
    if final.suffix != ".zarr" or final.exists() or not final.parent.is_dir():
        return False
    aside = list(final.parent.glob(f".{glob.escape(final.name)}{OLD}*"))
    if not aside:
        return False
    # Renaming changes the time of the folder's entry, not that of its content.
    best = max(aside, key=lambda folder: (_is_whole(folder), folder.stat().st_ctime_ns))
    with as_store_error(final):
        try:
            best.rename(final)
        except OSError:
            # Another process may have put it back in the meantime.
            if not final.exists():
                raise
    return True


def _is_whole(store: Path) -> bool:
    try:
        check_chunks(store)
    except StoreError:
        return False
    return True
