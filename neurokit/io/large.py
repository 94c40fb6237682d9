"""Recordings larger than memory: what is large and still on disk becomes a dask array."""

from __future__ import annotations

import xarray as xr

from neurokit.io.encoding import WHOLE_BYTES, chunk_shape


def in_chunks(rec: xr.DataTree, larger_than: int = WHOLE_BYTES) -> xr.DataTree:
    """Return `rec` with every large lazy array cut as `neurokit.save` cuts it on disk.

    Parameters
    ----------
    rec : DataTree
        A recording.
    larger_than : int, default 64 MiB
        Bytes; smaller arrays, and those in memory, stay as they are.

    Returns
    -------
    DataTree
        The same values; dask arrays where they are large.
    """
    cut: xr.DataTree = rec.map_over_datasets(lambda group: _cut(group, larger_than))
    cut.name = rec.name
    return cut


def _cut(group: xr.Dataset, larger_than: int) -> xr.Dataset:
    large = {
        name: variable.chunk(dict(zip(variable.dims, chunk_shape(variable.variable), strict=True)))
        for name, variable in group.data_vars.items()
        if variable.nbytes > larger_than
        and variable.chunks is None
        and not variable._in_memory
        and variable.dtype.kind in "fiub"
    }
    return group.assign(large)
