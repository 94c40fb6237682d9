"""Every chunk of a ``.zarr`` by key, size and sha256, so that a missing one is noticed.

Zarr reads a missing chunk as fill values without a word; ``neurokit.json``, written last,
lists what must be there.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TypedDict, cast

from neurokit.errors import StoreError

NAME = "neurokit.json"
MEND = "Restore the file from a backup or save the recording again."


class ChunkEntry(TypedDict):
    """Size in bytes and sha256 of one file of a store."""

    bytes: int
    sha256: str


def write_chunk_list(store: Path) -> None:
    """List all files of a store that was just written; the store is whole from here on."""
    entries = {
        file.relative_to(store).as_posix(): {
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in sorted(store.rglob("*"))
        if file.is_file() and file.name != NAME
    }
    content = {"format": "neurokit-store/1", "files": entries}
    (store / NAME).write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


def read_chunk_list(store: Path) -> dict[str, ChunkEntry]:
    """Return the list of a store.

    Parameters
    ----------
    store : Path
        A ``.zarr`` folder.

    Returns
    -------
    dict of str to ChunkEntry
        By path inside the store.

    Raises
    ------
    StoreError
        If the list is missing or unreadable: the store was not written to its end.
    """
    file = store / NAME
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return cast("dict[str, ChunkEntry]", content["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"its list of chunks ({NAME}) is missing or unreadable, so it cannot be known whole",
            where=str(store),
            mend=MEND,
        ) from error


def check_chunks(store: Path, *, deep: bool = False) -> None:
    """Raise unless every listed file is there with its size, and, if `deep`, its sha256.

    Parameters
    ----------
    store : Path
        A ``.zarr`` folder.
    deep : bool, default False
        Read every chunk and compare hashes.

    Raises
    ------
    StoreError
        Names the first file that is missing or differs, and how many there are.
    """
    faults = []
    for key, entry in read_chunk_list(store).items():
        file = store / key
        if not file.is_file():
            faults.append(f"{key} is missing")
        elif file.stat().st_size != entry["bytes"]:
            faults.append(f"{key} has {file.stat().st_size} bytes instead of {entry['bytes']}")
        elif deep and hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
            faults.append(f"{key} has changed (sha256 differs)")
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise StoreError(f"{faults[0]}{more}", where=str(store), mend=MEND)
