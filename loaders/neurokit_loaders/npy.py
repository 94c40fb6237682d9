"""Loader ``npy``: recordings in numpy's .npy and .npz files, by a mapping the user gives.

Pickled objects, which such files can hold, are never loaded. docs/tables.md has the words.
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

NAME = "npy"


def sniff(path: Path) -> float:
    """Score low: which dim is what, an array does not say, so that other loaders come first."""
    if not path.is_file():
        return 0.0
    named = path.suffix.lower() in (".npy", ".npz")
    try:
        kind = detect_format(path)
    except FileContentError:
        return 0.1 if named else 0.0
    return 0.3 if kind == "npy" or (kind == "zip" and named) else 0.1 if named else 0.0


def open_recording(path: Path, **options: Any) -> xr.DataTree:
    """Open a recording in numpy's formats: headers now, values by window.

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
        If the file is cut, damaged, or holds only pickled objects.
    OptionError
        If nothing says what its variables are; the message lists them and proposes a call.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import neurokit as nk
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/a.npz", F=np.arange(6.0).reshape(2, 3), names=["ADAL", "ADAR"])
    ...     options = {"signal": "F", "dims": ("neuron", "time"), "names": "names", "rate": 2.0}
    ...     rec = nk.open(f"{folder}/a.npz", loader="npy", **options)
    ...     rec.activity.signal.sel(neuron="ADAR").values.tolist()
    [3.0, 4.0, 5.0]
    """
    from neurokit_loaders.mapping_build import open_mapped
    from neurokit_loaders.npy_source import open_numpy

    return open_mapped(open_numpy(path), NAME, options)


def info(path: Path) -> dict[str, Any]:
    """Say which variables a file holds."""
    from neurokit_loaders.mapping_build import info_of
    from neurokit_loaders.npy_source import open_numpy

    return info_of(open_numpy(path))


LOADER = Loader(
    name=NAME,
    title="arrays of numpy, .npy and .npz, by a mapping",
    modality="calcium",
    suffixes=(".npy", ".npz"),
    sniff=sniff,
    open=open_recording,
    info=info,
    options=OPTIONS,
)
