"""Loader ``matlab``: recordings in MATLAB files of version 5 to 7.3, by a mapping the user gives.

Fields of structs are named ``struct.field``; cell arrays hold spikes or labels. docs/tables.md
has the words.
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

NAME = "matlab"


def sniff(path: Path) -> float:
    """Score low: what is what, a .mat does not say, so that loaders of a layout come first."""
    if not path.is_file() or path.suffix.lower() != ".mat":
        return 0.0
    try:
        detect_format(path)
    except FileContentError:
        return 0.1
    return 0.3


def open_recording(path: Path, **options: Any) -> xr.DataTree:
    """Open a recording in a MATLAB file: headers now, values by window.

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
        If the file is cut, damaged, or no MATLAB file.
    OptionError
        If nothing says what its variables are; the message lists them and proposes a call.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import scipy.io
    >>> import neurokit as nk
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scipy.io.savemat(f"{folder}/a.mat", {"dff": np.ones((3, 2)), "fs": 2.0})
    ...     rec = nk.open(f"{folder}/a.mat", loader="matlab", signal="dff", rate="fs")
    ...     rec.activity.signal.dims, rec.activity.time.values.tolist()
    (('time', 'neuron'), [0.0, 0.5, 1.0])
    """
    from neurokit_loaders.mapping_build import open_mapped
    from neurokit_loaders.matlab_files import open_matlab

    return open_mapped(open_matlab(path), NAME, options)


def info(path: Path) -> dict[str, Any]:
    """Say which variables a file holds."""
    from neurokit_loaders.mapping_build import info_of
    from neurokit_loaders.matlab_files import open_matlab

    return info_of(open_matlab(path))


LOADER = Loader(
    name=NAME,
    title="arrays of MATLAB files, v5 to v7.3, by a mapping",
    modality="calcium",
    suffixes=(".mat",),
    sniff=sniff,
    open=open_recording,
    info=info,
    options=OPTIONS,
)
