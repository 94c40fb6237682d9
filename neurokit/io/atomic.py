"""Writing whole or not at all: a temporary name in the same folder, fsync, rename.

Imports nothing heavy: a run in which all results are cached goes through here.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from neurokit.errors import StoreError


@cache
def machine() -> str:
    """Eight digits that tell machines apart which share a folder: a process id is of one alone."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def temporary_name(path: Path) -> Path:
    """Return an unused hidden name beside `path`, so that a rename never crosses file systems.

    It is ``.<name>.<process id>.<machine><random>``, from which others learn if its writer lives.
    """
    return path.with_name(f".{path.name}.{os.getpid()}.{machine()}{uuid.uuid4().hex[:8]}")


def fsync_path(path: Path) -> None:
    """Force a file or folder entry to disk; a rename is durable only after this."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_tree(folder: Path) -> None:
    """Force every file and folder below `folder` to disk, leaves first."""
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            fsync_path(Path(parent, name))
        fsync_path(Path(parent))


@contextmanager
def as_store_error(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into a `StoreError` that names `path`."""
    try:
        yield
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        reason = error.strerror or str(error)
        raise StoreError(
            f"cannot be written ({reason})",
            where=str(path),
            mend="Check that the folder exists, is writable and has space left.",
        ) from error


@contextmanager
def atomic_file(path: Path | str) -> Iterator[Path]:
    """Give a temporary path that becomes `path` when the block ends well.

    Parameters
    ----------
    path : Path or str
        The final file. It is replaced in one step; readers see the old file or the new one.

    Yields
    ------
    Path
        Where to write; its name begins with a dot.

    Raises
    ------
    StoreError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_file(f"{folder}/a.txt") as temporary:
    ...         _ = temporary.write_text("whole or not at all")
    ...     Path(f"{folder}/a.txt").read_text()
    'whole or not at all'
    """
    final = Path(path)
    temporary = temporary_name(final)
    try:
        with as_store_error(final):
            yield temporary
            fsync_path(temporary)
            temporary.replace(final)
            fsync_path(final.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Give a temporary folder that becomes `path` when the block ends well.

    Parameters
    ----------
    path : Path or str
        The final folder; it must not exist yet.

    Yields
    ------
    Path
        An existing empty folder; its name begins with a dot.

    Raises
    ------
    StoreError
        If the folder cannot be written or `path` exists already.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_folder(f"{folder}/result") as temporary:
    ...         _ = (temporary / "a.txt").write_text("x")
    ...     [path.name for path in Path(f"{folder}/result").iterdir()]
    ['a.txt']
    """
    final = Path(path)
    temporary = temporary_name(final)
    try:
        with as_store_error(final):
            temporary.mkdir()
            yield temporary
            fsync_tree(temporary)
            temporary.rename(final)
            fsync_path(final.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path | str, text: str) -> Path:
    """Write UTF-8 `text` to `path` in one step.

    Parameters
    ----------
    path : Path or str
        The file.
    text : str
        Its whole content.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(f"{folder}/a.txt", "τ = 2 s").read_text(encoding="utf-8")
    'τ = 2 s'
    """
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


def write_json(path: Path | str, content: object) -> Path:
    """Write `content` as indented JSON to `path` in one step.

    Parameters
    ----------
    path : Path or str
        The file.
    content : object
        What ``json.dumps`` takes; NaN is refused, since JSON has none.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(f"{folder}/a.json", {"rank": 3}).read_text().split()
    ['{', '"rank":', '3', '}']
    """
    return write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
