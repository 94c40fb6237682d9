"""How trees lie on disk: chunks, compression, checksums, strings, attributes.

Both stores give back equal values, dtypes and attribute types. Strings are the delicate part:
a fixed-width numpy string loses its width in either store, so the width is kept beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import SchemaError

WIDTH = "neurokit_dtype"
MARK = "neurokit_store"

CHUNK_SAMPLES = 2**16
CHUNK_BYTES = 16 * 2**20
# Larger lazy variables are written block by block instead of through memory.
WHOLE_BYTES = 64 * 2**20


def chunk_shape(variable: xr.Variable) -> tuple[int, ...]:
    """Return chunks of at most 2**16 samples of time and about 16 MiB, other dims whole."""
    if "time" not in variable.dims:
        return tuple(max(1, n) for n in variable.shape)
    axis = variable.dims.index("time")
    row = max(1, variable.dtype.itemsize * variable.size // max(1, variable.shape[axis]))
    samples = min(CHUNK_SAMPLES, max(1, CHUNK_BYTES // row), max(1, variable.shape[axis]))
    return tuple(samples if i == axis else max(1, n) for i, n in enumerate(variable.shape))


def _is_plain_number(variable: xr.Variable) -> bool:
    return variable.dtype.kind in "fiub" and variable.ndim > 0 and variable.size > 0


def netcdf_encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return h5netcdf's encoding: gzip 1 and fletcher32 on every non-empty numeric array."""
    out: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        # Without a fill value, NaN is stored as NaN and integers stay integers.
        out[str(name)] = {"_FillValue": None}
        if _is_plain_number(variable):
            out[str(name)] |= {
                "zlib": True,
                "complevel": 1,
                "fletcher32": True,
                "chunksizes": chunk_shape(variable),
            }
    return out


def zarr_encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return Zarr's encoding: Zstd 3 and a CRC32C on every chunk."""
    from zarr.codecs import Crc32cCodec, ZstdCodec

    out: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        out[str(name)] = {"_FillValue": None} if variable.dtype.kind in "fiu" else {}
        if variable.ndim > 0 and variable.size > 0:
            out[str(name)] |= {
                "chunks": chunk_shape(variable),
                "compressors": [ZstdCodec(level=3), Crc32cCodec()],
            }
    return out


def to_disk(dataset: xr.Dataset, where: str, *, zarr: bool) -> xr.Dataset:
    """Return the dataset as it is written: string widths kept, large lazy arrays in blocks.

    Parameters
    ----------
    dataset : Dataset
        One group.
    where : str
        Its path in the tree, for messages.
    zarr : bool
        Zarr has variable-length strings of its own; NetCDF takes numpy's.

    Returns
    -------
    Dataset
        Ready for the backend.

    Raises
    ------
    SchemaError
        If a dtype or attribute cannot be stored and given back as it is.
    """
    _check_attrs(dataset.attrs, where)
    out = dataset.drop_encoding()
    for name, variable in dataset.variables.items():
        _check_attrs(variable.attrs, f"{where}/{name}")
        stored = _stored_variable(variable.copy(deep=False), f"{where}/{name}", zarr=zarr)
        if stored is None:
            continue
        # An index would turn the strings back into objects, so the coordinate goes first.
        out = out.drop_vars(str(name))
        out = (
            out.assign_coords({name: stored})
            if name in dataset.coords
            else out.assign({name: stored})
        )
    return out


def _stored_variable(variable: xr.Variable, where: str, *, zarr: bool) -> xr.Variable | None:
    """Return what replaces a variable on disk, None where it is written as it is."""
    if variable.dtype.kind == "U":
        strings = np.asarray(variable.values)
        attrs = {**variable.attrs, WIDTH: variable.dtype.str}
        stored = strings.astype(np.dtypes.StringDType()) if zarr else strings
        return xr.Variable(variable.dims, stored, attrs)
    if variable.dtype.kind not in "fiub" or variable.dtype == np.float16:
        raise SchemaError(
            f"dtype {variable.dtype} cannot be stored and given back",
            where=where,
            mend="Turn it into float32, float64, int, bool or fixed-width strings.",
        )
    in_memory = isinstance(variable._data, np.ndarray)
    if not in_memory and variable.chunks is None and variable.nbytes > WHOLE_BYTES:
        return variable.chunk(dict(zip(variable.dims, chunk_shape(variable), strict=True)))
    if zarr and variable.chunks is not None:
        return variable.chunk(dict(zip(variable.dims, chunk_shape(variable), strict=True)))
    return None


def _check_attrs(attrs: dict[Any, Any], where: str) -> None:
    for key, value in attrs.items():
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        if not plain or (isinstance(value, float) and not np.isfinite(value)):
            raise SchemaError(
                f"attribute {key!r} is {value!r} ({type(value).__name__})",
                where=where,
                mend="Attributes hold str, int or finite float; write lists as JSON strings.",
            )


def from_disk(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset as it was before `to_disk`: string widths and Python attributes again."""
    out = dataset.copy(deep=False)
    for name, variable in dataset.variables.items():
        if WIDTH not in variable.attrs:
            out[name].attrs = {k: plain_scalar(v) for k, v in variable.attrs.items()}
            continue
        attrs = {k: plain_scalar(v) for k, v in variable.attrs.items() if k != WIDTH}
        strings = np.asarray(variable.values).astype(str(variable.attrs[WIDTH]))
        restored = xr.Variable(variable.dims, strings, attrs)
        out = out.drop_vars(str(name)) if name in out.indexes else out
        out = (
            out.assign_coords({name: restored})
            if name in dataset.coords
            else out.assign({name: restored})
        )
    out.attrs = {k: plain_scalar(v) for k, v in dataset.attrs.items()}
    return out


def plain_scalar(value: Any) -> Any:
    """Return a numpy scalar (or array of one) as the Python value that was stored."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.reshape(()).item()
    return value
