"""Lazy signals as streams that pynwb writes block by block, so that memory holds one block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

# Below this a signal is read at once.
_LARGE_BYTES = 2**25
_BLOCK_BYTES = 2**24
_PACKED_BYTES = 2**16


def stream(variable: xr.Variable, streamed: bool) -> Any:
    """Return the values of a variable as pynwb takes them.

    Parameters
    ----------
    variable : Variable
        (time,) or (time, space).
    streamed : bool
        Whether the file is written right away; else values are read now.

    Returns
    -------
    ndarray, H5DataIO or iterator
        Compressed where it is worth it.
    """
    if not streamed:
        return np.asarray(variable.values)
    from pynwb import H5DataIO

    in_memory = isinstance(variable._data, np.ndarray)
    if in_memory or variable.nbytes < _LARGE_BYTES:
        values = np.asarray(variable.values)
        if values.nbytes < _PACKED_BYTES:
            return values
        return H5DataIO(data=values, compression="gzip", compression_opts=4, shuffle=True)
    return H5DataIO(data=_blocks(variable), compression="gzip", compression_opts=4, shuffle=True)


def _blocks(variable: xr.Variable) -> Any:
    from hdmf.data_utils import GenericDataChunkIterator

    class Blocks(GenericDataChunkIterator):  # type: ignore[misc]
        """Reads one stretch of time after the other."""

        def _get_data(self, selection: Any) -> Any:
            return np.asarray(variable[selection].values)

        def _get_maxshape(self) -> tuple[int, ...]:
            return tuple(variable.shape)

        def _get_dtype(self) -> Any:
            return variable.dtype

    per_sample = max(1, variable.nbytes // variable.shape[0])
    n = min(max(1, _BLOCK_BYTES // per_sample), variable.shape[0])
    chunk = (min(n, max(1, 2**20 // per_sample)), *variable.shape[1:])
    rows = max(chunk[0], n // chunk[0] * chunk[0])
    shape = (min(rows, variable.shape[0]), *variable.shape[1:])
    return Blocks(chunk_shape=chunk, buffer_shape=shape)
