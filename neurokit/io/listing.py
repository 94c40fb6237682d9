"""What lies in folders that other processes write to meanwhile."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path


def listed(folder: Path, pattern: str) -> list[Path]:
    """Return what lies below a folder and matches; what vanishes meanwhile is passed over.

    ``Path.glob`` fails where a folder is renamed or removed between being seen and being read
    (Python 3.12 and older).

    Parameters
    ----------
    folder : Path
        Where to begin; one that is not there holds nothing.
    pattern : str
        A wildcard per level, parted by ``/``, as in ``*/[!.]*/summary.json``.

    Returns
    -------
    list of Path
        Sorted.

    Examples
    --------
    >>> listed(Path("no such folder"), "*/*")
    []
    """
    found = [folder]
    for part in pattern.split("/"):
        found = [path / name for path in found for name in _names(path) if fnmatchcase(name, part)]
    return sorted(found)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
