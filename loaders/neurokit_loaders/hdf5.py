"""Loader ``hdf5``: recordings in HDF5 files of any layout, by a mapping the user gives.

Variables are named by their path, attributes as ``path@name``. docs/tables.md has the words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.errors import FileContentError
from neurokit.io.integrity import detect_format
from neurokit.io.registry import Loader
from neurokit_loaders.mapping import OPTIONS

if TYPE_CHECKING:
    import xarray as xr

NAME = "hdf5"


def sniff(path: Path) -> float:
    """Score low: what is what, HDF5 does not say, so that loaders of a layout come first."""
    if not path.is_file():
        return 0.0
    named = path.suffix.lower() in (".h5", ".hdf5", ".hdf", ".he5")
    try:
        kind = detect_format(path)
    except FileContentError:
        return 0.1 if named else 0.0
    return 0.2 if kind == "hdf5" and path.suffix.lower() != ".mat" else 0.0


def open_recording(path: Path, **options: Any) -> xr.DataTree:
    """Open a recording in HDF5: headers now, values by window.

    Parameters
    ----------
    path : Path
        The file.
    **options
        What its variables are (`mapping.OPTIONS`; docs/tables.md).

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    FileContentError
        If the file is cut, damaged, or leads outside itself.
    OptionError
        If nothing says what its variables are; the message lists them and proposes a call.

    Examples
    --------
    >>> import tempfile
    >>> import h5py
    >>> import numpy as np
    >>> import neurokit as nk
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["imaging/dff"] = np.arange(6.0).reshape(3, 2)
    ...         file["imaging"].attrs["fs"] = 2.0
    ...     options = {"signal": "imaging/dff", "rate": "imaging@fs"}
    ...     rec = nk.open(f"{folder}/a.h5", loader="hdf5", **options)
    ...     rec.activity.time.values.tolist()
    [0.0, 0.5, 1.0]
    """
    from neurokit_loaders.hdf5_source import Hdf5Source
    from neurokit_loaders.mapping_build import open_mapped

    return open_mapped(Hdf5Source(path), NAME, options)


def info(path: Path) -> dict[str, Any]:
    """Say which variables a file holds."""
    from neurokit_loaders.hdf5_source import Hdf5Source
    from neurokit_loaders.mapping_build import info_of

    return info_of(Hdf5Source(path))


LOADER = Loader(
    name=NAME,
    title="arrays of any HDF5 file, by a mapping",
    modality="calcium",
    suffixes=(".h5", ".hdf5", ".hdf", ".he5"),
    sniff=sniff,
    open=open_recording,
    info=info,
    options=OPTIONS,
)
