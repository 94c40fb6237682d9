"""Imported once by the server from which children are forked, so that each job starts at once.

What nearly every job uses is here; what one analysis uses is imported by its own jobs.
"""

from contextlib import suppress

import dask.array
import h5netcdf
import matplotlib.pyplot
import mne.io
import pandas
import PIL.PngImagePlugin
import pynwb
import scipy.signal
import xarray
import zarr

import neurokit.batch.worker
import neurokit.catalog.opening
import neurokit.io.opening
import neurokit.io.saving
from neurokit.schema import pick, recording, stack, validate

# dask asks for it at every write where it is installed, which takes each job half a second.
with suppress(ImportError):
    import distributed

__all__ = [
    "PIL",
    "dask",
    "distributed",
    "h5netcdf",
    "matplotlib",
    "mne",
    "neurokit",
    "pandas",
    "pick",
    "pynwb",
    "recording",
    "scipy",
    "stack",
    "validate",
    "xarray",
    "zarr",
]
