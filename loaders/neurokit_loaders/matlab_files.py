"""Open a MATLAB file of any version, by its first bytes."""

from __future__ import annotations

from pathlib import Path

from neurokit.errors import FileContentError
from neurokit.io.integrity import detect_format, require_file
from neurokit_loaders.mapping_source import Source


def open_matlab(path: Path) -> Source:
    """Return the variables of a MATLAB file.

    Raises
    ------
    FileContentError
        If the file is no MATLAB file, cut or damaged.
    """
    kind = detect_format(require_file(path))
    if kind == "mat5":
        from neurokit_loaders.matlab_v5 import Matlab5Source

        return Matlab5Source(path)
    if kind == "hdf5":
        from neurokit_loaders.hdf5_source import Hdf5Source
        from neurokit_loaders.matlab_v73 import Matlab73Source, is_matlab

        return Matlab73Source(path) if is_matlab(path) else Hdf5Source(path)
    raise FileContentError(
        f"is no MATLAB file of version 5 to 7.3 but {kind}",
        where=str(path),
        mend="Open it in MATLAB and save it with save(..., '-v7').",
    )
