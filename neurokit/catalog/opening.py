"""Recordings of a catalog, opened or simulated, with what only the catalog knows of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neurokit.catalog.entries import DatasetEntry, RecordingEntry
from neurokit.catalog.simulated import simulated

if TYPE_CHECKING:
    from xarray import DataTree


def open_recording(
    entry: DatasetEntry, recording: RecordingEntry, paths: tuple[Path, ...]
) -> DataTree:
    """Open the first of a recording's files; of a ``.zarr``, the store that it lies in.

    Parameters
    ----------
    entry : DatasetEntry
        The dataset.
    recording : RecordingEntry
        One of its recordings.
    paths : tuple of Path
        Its files, already checked.

    Returns
    -------
    DataTree
        With licence, doi and sha256 of the catalog.
    """
    import neurokit.io

    rec = neurokit.io.open(_opened(paths[0]), entry.loader, **recording.options)
    rec.attrs["source_sha256"] = recording.files[0].sha256
    return _with_catalog(rec, entry, recording.name)


def _opened(first: Path) -> Path:
    """Return what is opened: a file of a Zarr store stands for the store."""
    stores = [folder for folder in first.parents if folder.suffix == ".zarr"]
    return stores[-1] if stores else first


def open_simulation(entry: DatasetEntry) -> dict[str, DataTree]:
    """Simulate a dataset.

    Parameters
    ----------
    entry : DatasetEntry
        A dataset with `simulate`.

    Returns
    -------
    dict of str to DataTree
        With licence and doi of the catalog.
    """
    return {name: _with_catalog(rec, entry, name) for name, rec in simulated(entry).items()}


def _with_catalog(rec: DataTree, entry: DatasetEntry, name: str) -> DataTree:
    """The catalog overrides what it states; a file's own subject and species stay."""
    if entry.licence != "unknown":
        rec.attrs["licence"] = entry.licence
    if entry.doi:
        rec.attrs["doi"] = entry.doi
    rec.attrs["subject"] = rec.attrs.get("subject") or name
    rec.attrs["species"] = rec.attrs.get("species") or entry.species
    return rec
