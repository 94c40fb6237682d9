"""Where results lie: ``out/<dataset>/<recipe>/<recording or all>/<key>/``, whole or not at all.

A result is written in a hidden folder beside its final one and renamed once its manifest is
on disk. What begins with a dot is never a result, and goes when its writer is dead.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neurokit.batch.claim import Claim, claim
from neurokit.batch.keys import SHOWN
from neurokit.errors import StoreError
from neurokit.io.atomic import fsync_path
from neurokit.io.listing import listed

MANIFEST = "manifest.json"
RUNS = "runs"


def folder_name(name: str) -> str:
    """Return `name` as one visible folder name; letters, digits and ``-_.+=,`` stay.

    Parameters
    ----------
    name : str
        A dataset, recipe or recording.

    Returns
    -------
    str
        Never empty, hidden, a parent folder or the folder of the runs.

    Examples
    --------
    >>> folder_name("2022-08-02-01"), folder_name("../a b"), folder_name("runs")
    ('2022-08-02-01', '%2E.%2Fa%20b', '%72uns')
    """
    safe = quote(name, safe="-_.+=,")
    if not safe or safe.startswith(".") or safe == RUNS:
        first = f"%{ord(safe[0]):02X}" if safe else "%00"
        safe = first + safe[1:]
    return safe


@dataclass(frozen=True)
class Store:
    """The folder of all results and of the summaries of runs.

    Parameters
    ----------
    out : Path
        The folder; it need not exist yet.

    Examples
    --------
    >>> from pathlib import Path
    >>> store = Store(Path("out"))
    >>> store.folder("atanas2023", "motifs", "all", "0123456789abcdef" * 4).as_posix()
    'out/atanas2023/motifs/all/0123456789ab'
    """

    out: Path

    def folder(self, dataset: str, recipe: str, recording: str, key: str) -> Path:
        """Return the final folder of a result.

        Parameters
        ----------
        dataset, recipe, recording : str
            Whose result it is.
        key : str
            Its key, 64 hexadecimal digits.

        Returns
        -------
        Path
            Below `out`; it may not exist.
        """
        names = map(folder_name, (dataset, recipe, recording))
        return self.out.joinpath(*names, key[:SHOWN])

    def names_file(self, dataset: str, key: str) -> Path:
        """Return where the names of a simulation's recordings are kept.

        Parameters
        ----------
        dataset : str
            The simulated dataset.
        key : str
            The key of the simulation.

        Returns
        -------
        Path
            A JSON file.
        """
        return self.out / folder_name(dataset) / f"recordings-{key[:SHOWN]}.json"

    def relative(self, folder: Path) -> str:
        """Return `folder` below `out`, with ``/`` between the parts.

        Parameters
        ----------
        folder : Path
            A folder of the store.

        Returns
        -------
        str
            What stands in a row's ``path``.
        """
        return folder.relative_to(self.out).as_posix()


def read_json(path: Path) -> Any:
    """Return the content of a JSON file; None where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def read_manifest(folder: Path, key: str | None = None) -> dict[str, Any] | None:
    """Return the manifest of a whole result; None for anything else.

    Parameters
    ----------
    folder : Path
        The folder of a result.
    key : str, optional
        The key that it must have.

    Returns
    -------
    dict or None
        None where there is no manifest, where it is of another key, and where a file that it
        lists is missing or has another size.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_manifest(Path("no such folder")) is None
    True
    """
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or (key is not None and manifest.get("key") != key):
        return None
    files = manifest.get("files")
    if not isinstance(files, dict):
        return None
    whole = all(_size(folder / name) == listed["bytes"] for name, listed in files.items())
    return manifest if whole else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def claim_result(folder: Path) -> Claim | None:
    """Claim the result `folder`; None where a living process is at work on it.

    Raises
    ------
    StoreError
        If nothing can be written there.
    """
    with writing(folder.parent):
        return claim(folder.with_name(f".{folder.name}.lock"))


def workspace(folder: Path) -> Path:
    """Make the hidden folder in which the result `folder` is prepared; its claim must be held."""
    remove_workspaces(folder)
    place = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    with writing(folder.parent):
        place.mkdir()
    return place


def remove_workspaces(folder: Path) -> None:
    """Remove what was prepared for the result `folder`; its claim must be held."""
    for left in listed(folder.parent, f".{folder.name}-*"):
        shutil.rmtree(left, ignore_errors=True)


def commit(place: Path, folder: Path, out: Path) -> None:
    """Make the prepared `place` the result `folder`, in one step.

    Parameters
    ----------
    place : Path
        What `workspace` gave, with its manifest and everything flushed to disk.
    folder : Path
        The final folder. A damaged result of the same key gives way.
    out : Path
        The folder of the store; entries of folders down from here are flushed to disk.

    Raises
    ------
    StoreError
        If the folder cannot be put in its place.
    """
    with writing(folder):
        if folder.exists():
            folder.rename(folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}"))
        place.rename(folder)
        for parent in folder.parents:
            fsync_path(parent)
            if parent == out:
                break
    remove_workspaces(folder)


def tidy(folder: Path, out: Path) -> None:
    """Remove the empty folders between `folder` and `out`."""
    for parent in folder.parents:
        if parent == out:
            break
        with suppress(OSError):
            parent.rmdir()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says about a failed write into an error that names the place."""
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"cannot be written ({error.strerror or error})",
            where=str(path),
            mend="Check that the folder is writable and has space left, or choose another --out.",
        ) from error
