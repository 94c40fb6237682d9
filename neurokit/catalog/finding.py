"""Where the files of a recording lie: the cache, then mirrors, then beside the catalog.

Nothing here touches the network. A file counts as found only if its sha256 is right.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neurokit.catalog.entries import CatalogFile, Located
from neurokit.errors import ChecksumError, StoreError
from neurokit.io.atomic import atomic_file
from neurokit.io.integrity import sha256_of

CACHE = "NEUROKIT_CACHE"
MIRROR = "NEUROKIT_MIRROR"
EMPTY = hashlib.sha256(b"").hexdigest()  # some formats have companions without content


def cache_folder() -> Path:
    """Return the folder that downloads go to.

    Returns
    -------
    Path
        ``NEUROKIT_CACHE`` if it is set, else the system's place for caches; it may not exist.
    """
    chosen = os.environ.get(CACHE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("neurokit"))


def mirror_folders() -> list[Path]:
    """Return the folders named in ``NEUROKIT_MIRROR``, in their order.

    Returns
    -------
    list of Path
        Separated as in PATH; they may not exist.
    """
    named = os.environ.get(MIRROR, "").split(os.pathsep)
    return [Path(folder).expanduser().absolute() for folder in named if folder]


def cache_root(files: Sequence[CatalogFile]) -> Path:
    """Return the folder of the cache that one recording's files belong in.

    Parameters
    ----------
    files : sequence of CatalogFile
        All files of the recording.

    Returns
    -------
    Path
        Named by the content, so that two versions or two catalogs never meet in one place,
        and so that companions are beside one another.
    """
    content = "".join(f"{file.path}\0{file.sha256}\n" for file in files)
    return cache_folder() / hashlib.sha256(content.encode()).hexdigest()[:24]


@dataclass
class Search:
    """What was found of a recording's files.

    Parameters
    ----------
    files : tuple of CatalogFile
        All files of the recording.
    root : Path or None
        A folder that holds all of them, right.
    found : dict of str to Path
        Path in the catalog to a right copy, the first in the order of search.
    wrong : dict of str to tuple
        Path in the catalog to a copy of other content and its sha256, the first.
    """

    files: tuple[CatalogFile, ...]
    root: Path | None = None
    found: dict[str, Path] = field(default_factory=dict)
    wrong: dict[str, tuple[Path, str]] = field(default_factory=dict)

    @property
    def absent(self) -> tuple[CatalogFile, ...]:
        """Files of which no right copy was found."""
        return tuple(file for file in self.files if file.path not in self.found)


def search(files: Sequence[CatalogFile], folder: Path) -> Search:
    """Look for the files of a recording, root by root.

    Parameters
    ----------
    files : sequence of CatalogFile
        All files of the recording.
    folder : Path
        The catalog's own folder, looked in last.

    Returns
    -------
    Search
        What was found. Searching ends at the first root that holds everything.
    """
    result = Search(tuple(files))
    for root in [cache_root(files), *mirror_folders(), folder]:
        right = [_look(result, file, root / file.path) for file in files]
        if all(right):
            result.root = root
            break
    return result


def _look(result: Search, file: CatalogFile, candidate: Path) -> bool:
    """Note a candidate; True if it is there and right."""
    if not _is_there(candidate):
        return False
    digest = sha256_of(candidate) if candidate.stat().st_size else EMPTY
    if digest != file.sha256:
        result.wrong.setdefault(file.path, (candidate, digest))
        return False
    result.found.setdefault(file.path, candidate)
    return True


def _is_there(candidate: Path) -> bool:
    try:
        return candidate.is_file()
    except OSError:  # a folder that may not be entered, a name too long for the system
        return False


def locate(files: Sequence[CatalogFile], folder: Path) -> Located:
    """Say where the files of a recording are, all below one root.

    Parameters
    ----------
    files : sequence of CatalogFile
        All files of the recording.
    folder : Path
        The catalog's own folder.

    Returns
    -------
    Located
        Paths, or what is missing. Files that were scattered over several roots are copied
        into the cache, because a loader looks for companions beside the file it opens.

    Raises
    ------
    ChecksumError
        If a file of the expected name has another content, and no right copy is at hand.
    StoreError
        If scattered files cannot be copied into the cache.
    """
    seen = search(files, folder)
    if seen.root is not None:
        return Located("here", tuple(seen.root / file.path for file in files), ())
    for file in seen.absent:
        if file.path in seen.wrong:
            raise wrong_content(file, *seen.wrong[file.path])
    if seen.absent:
        return Located("not_downloaded", (), seen.absent)
    return Located("here", tuple(_gather(seen, file) for file in files), ())


def wrong_content(file: CatalogFile, path: Path, digest: str) -> ChecksumError:
    """Return the error for a file of the expected name and another content.

    Parameters
    ----------
    file : CatalogFile
        What the catalog promises.
    path : Path
        The file.
    digest : str
        Its sha256.

    Returns
    -------
    ChecksumError
        With both hashes.
    """
    return ChecksumError(
        f"has sha256 {digest}, the catalog promises {file.sha256}",
        where=str(path),
        mend="Delete it and fetch it again, or correct the catalog if this content is meant.",
    )


def _gather(seen: Search, file: CatalogFile) -> Path:
    target = cache_root(seen.files) / file.path
    if seen.found[file.path] != target:
        place_copy(seen.found[file.path], file, target)
    return target


def place_copy(source: Path, file: CatalogFile, target: Path) -> None:
    """Copy a file into the cache, whole and right or not at all.

    Parameters
    ----------
    source : Path
        A right copy.
    file : CatalogFile
        What it is.
    target : Path
        Where it goes; folders are made.

    Raises
    ------
    ChecksumError
        If the content changed meanwhile.
    StoreError
        If it cannot be written.
    """
    make_folder(target.parent)
    with atomic_file(target) as temporary:
        shutil.copyfile(source, temporary)
        digest = sha256_of(temporary) if temporary.stat().st_size else EMPTY
        if digest != file.sha256:
            raise wrong_content(file, source, digest)


def make_folder(folder: Path) -> None:
    """Make a folder of the cache.

    Parameters
    ----------
    folder : Path
        It and what is above it.

    Raises
    ------
    StoreError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot be made ({error.strerror})",
            where=str(folder),
            mend=f"Name a folder that can be written in {CACHE}.",
        ) from error
