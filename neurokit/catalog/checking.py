"""What is wrong or worth knowing about everything that a catalog names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurokit.catalog.entries import DatasetEntry, RecordingEntry
from neurokit.catalog.finding import mirror_folders
from neurokit.catalog.simulated import simulator_fault
from neurokit.errors import ChecksumError, NeurokitError
from neurokit.schema.findings import Finding, Findings

if TYPE_CHECKING:
    from neurokit.catalog.catalog import Catalog


def check_catalog(catalog: Catalog) -> Findings:
    """Check files, loaders' options and simulators of a catalog.

    Parameters
    ----------
    catalog : Catalog
        A catalog that was read without error.

    Returns
    -------
    Findings
        Gravest first; `where` is ``"file:line"`` and the name of the entry.
    """
    found: list[Finding] = list(_mirrors())
    for entry in catalog.datasets.values():
        found += _dataset(catalog, entry)
        for recording in entry.recordings.values():
            found += _recording(catalog, entry, recording)
    return Findings(found)


def _mirrors() -> Iterator[Finding]:
    for folder in mirror_folders():
        if not folder.is_dir():
            yield Finding(
                "NK950", "SUGGESTION", "NEUROKIT_MIRROR", f"{folder} is no folder", "Correct it."
            )


def _dataset(catalog: Catalog, entry: DatasetEntry) -> Iterator[Finding]:
    where = f"{catalog.path}:{entry.line} {entry.name}"
    if entry.licence == "unknown":
        mend = "Ask its authors before passing it on."
        yield Finding("NK951", "SUGGESTION", where, "nobody stated a licence", mend)
    wrong = simulator_fault(entry)
    if wrong is not None:
        yield Finding("NK952", "VIOLATION", where, *wrong)


def _recording(
    catalog: Catalog, entry: DatasetEntry, recording: RecordingEntry
) -> Iterator[Finding]:
    where = f"{catalog.path}:{recording.line} {entry.name}/{recording.name}"
    yield from _options(where, entry, recording)
    try:
        located = catalog.locate(entry.name, recording.name)
    except ChecksumError as error:
        yield Finding("NK953", "CRITICAL", where, f"{error.where} {error.found}", error.mend)
        return
    except NeurokitError as error:
        yield Finding("NK954", "CRITICAL", where, f"{error.where} {error.found}", error.mend)
        return
    for file in located.missing:
        mend = f"Run `neurokit fetch {catalog.path} {entry.name}`."
        found = f"{file.path} is not downloaded ({file.bytes / 1e6:.1f} MB)"
        yield Finding("NK955", "SUGGESTION", where, found, mend)
    for file, path in zip(recording.files, located.paths, strict=False):
        size = path.stat().st_size
        if size != file.bytes:
            found = f"{file.path} has {size} bytes, the catalog says {file.bytes}"
            yield Finding("NK956", "VIOLATION", where, found, f"Write bytes: {size}.")


def _options(where: str, entry: DatasetEntry, recording: RecordingEntry) -> Iterator[Finding]:
    if entry.loader is None or not recording.options:
        return
    from neurokit.io.registry import get_loader

    try:
        get_loader(entry.loader).check_options(recording.options)
    except NeurokitError as error:
        yield Finding("NK957", "VIOLATION", where, error.found, error.mend)
