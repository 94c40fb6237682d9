"""What a user may give to a factorization, checked and brought to arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.dimension_tree import AnyFloat, Array
from neurokit.connectome.factors import modes_of
from neurokit.errors import LabelError, OptionError, SchemaError, check_option

# Entries up to which float32 tensors are computed with in float64 (32 MB).
_SMALL = 2**22


def as_labelled(tensor: xr.DataArray | NDArray[Any]) -> xr.DataArray:
    """Return a tensor with names for its modes.

    Parameters
    ----------
    tensor : DataArray or ndarray
        Modes of an ndarray become axis_0, axis_1...

    Returns
    -------
    DataArray
        Of 2 to 4 modes.

    Raises
    ------
    SchemaError
        If it is no tensor, has another number of modes or one named as the factors' is.
    """
    if isinstance(tensor, xr.DataTree | xr.Dataset | Mapping):
        raise SchemaError(
            f"got a {type(tensor).__name__}",
            where="tensor",
            mend="Turn recordings into a tensor with nk.connectome.affinity(...).",
        )
    if not isinstance(tensor, xr.DataArray):
        values = np.asarray(tensor)
        tensor = xr.DataArray(values, dims=[f"axis_{k}" for k in range(values.ndim)])
    if "component" in tensor.dims:
        raise SchemaError(
            "has a dim 'component', which is that of the factors",
            where="tensor",
            mend="Give it another name: tensor.rename(component=...).",
        )
    if not 2 <= tensor.ndim <= 4:
        raise SchemaError(
            f"has {tensor.ndim} modes", where="tensor", mend="Give 2 to 4, e.g. (pair, time)."
        )
    return tensor


def compute_dtype(x: xr.DataArray, dtype: str | None = None) -> np.dtype[Any]:
    """Return the float type in which products with a tensor are computed.

    Parameters
    ----------
    x : DataArray
        Real numbers.
    dtype : {"float32", "float64"}, optional
        What the user asked for. None takes float64, but for float32 tensors of more than 2^22
        entries: those are bound by memory, and half the bytes are half the time.

    Returns
    -------
    numpy.dtype
        Of blocks and of products with them; errors and factors are float64 in any case.

    Raises
    ------
    OptionError
        For another type.
    SchemaError
        If values are no numbers.
    """
    if x.dtype.kind not in "fiub":
        raise SchemaError(f"is of type {x.dtype}", where="tensor", mend="Give real numbers.")
    if dtype is not None:
        return np.dtype(check_option("dtype", dtype, ("float32", "float64")))
    return np.dtype(np.float32 if x.dtype == np.float32 and x.size > _SMALL else np.float64)


def as_float(x: xr.DataArray, dtype: str | None = None) -> AnyFloat:
    """Return the values of a tensor as floats.

    Parameters
    ----------
    x : DataArray
        Real numbers; NaN is allowed.
    dtype : {"float32", "float64"}, optional
        See `compute_dtype`.

    Returns
    -------
    ndarray
        Not a copy where none is needed.

    Raises
    ------
    OptionError
        For another type.
    SchemaError
        If values are infinite or no numbers.
    """
    values: AnyFloat = x.values.astype(compute_dtype(x, dtype), copy=False)
    if any(np.isinf(part).any() for part in values):
        raise SchemaError("holds infinities", where="tensor", mend="Set them to NaN to skip them.")
    return values


def as_mask(mask: xr.DataArray | NDArray[np.bool_], x: xr.DataArray) -> NDArray[np.bool_]:
    """Return a mask in the order and size of a tensor.

    Parameters
    ----------
    mask : DataArray or ndarray of bool
        A DataArray may lack dims of the tensor; an ndarray must broadcast to it.
    x : DataArray
        The tensor.

    Returns
    -------
    ndarray of bool
        Of the tensor's shape.

    Raises
    ------
    SchemaError
        If shape or dims do not fit.
    LabelError
        If labels differ.
    """
    if isinstance(mask, xr.DataArray):
        if not set(mask.dims) <= set(x.dims):
            raise SchemaError(
                f"has dims {mask.dims}, the tensor {x.dims}", where="mask", mend="Use the same."
            )
        try:
            _, fitting = xr.align(x, mask, join="exact")
        except ValueError as error:
            raise LabelError(
                "has other labels than the tensor", where="mask", mend="Select the same first."
            ) from error
        return np.asarray(fitting.broadcast_like(x).transpose(*x.dims).values, dtype=bool)
    try:
        return np.broadcast_to(np.asarray(mask, dtype=bool), x.shape)
    except ValueError as error:
        raise SchemaError(
            f"has shape {np.shape(mask)}, the tensor {x.shape}",
            where="mask",
            mend="Give one that broadcasts to the tensor.",
        ) from error


def as_start(init: xr.Dataset | Sequence[NDArray[Any]], x: xr.DataArray, rank: int) -> list[Array]:
    """Return starting factors in the order of a tensor's modes.

    Parameters
    ----------
    init : Dataset or sequence of (size, rank) ndarray
        Factors of an earlier fit, or arrays.
    x : DataArray
        The tensor.
    rank : int
        Number of components.

    Returns
    -------
    list of (size, rank) ndarray of float64
        Copies; what was never observed is zero.

    Raises
    ------
    OptionError
        If shapes do not fit or an entry is negative.
    """
    if isinstance(init, xr.Dataset):
        modes = modes_of(init)
        arrays = [np.nan_to_num(modes[str(dim)].values.T) for dim in x.dims if str(dim) in modes]
        if arrays:
            arrays[0] = arrays[0] * init["weight"].values
    else:
        arrays = _as_arrays(init)
    expected = [(size, rank) for size in x.shape]
    found = [array.shape for array in arrays]
    if found != expected or any((array < 0).any() for array in arrays):
        raise OptionError(
            f"has factors of shape {found}, expected {expected}, none negative",
            where="init",
            mend="Give one (size, rank) array per mode.",
        )
    return [np.ascontiguousarray(array, dtype=np.float64) for array in arrays]


def _as_arrays(init: Any) -> list[Array]:
    try:
        return [np.array(factor, dtype=np.float64) for factor in init]
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"is a {type(init).__name__} that holds no arrays of numbers",
            where="init",
            mend="Give factors of a fit or one (size, rank) array per mode; None starts anywhere.",
        ) from error


def as_tied(symmetric: tuple[str, str] | None, x: xr.DataArray) -> tuple[int, int] | None:
    """Return the positions of two modes that share a factor.

    Parameters
    ----------
    symmetric : tuple of two str, optional
        Their dims.
    x : DataArray
        The tensor.

    Returns
    -------
    tuple of two int, or None
        In the tensor's order.

    Raises
    ------
    OptionError
        If they are no two dims of a tensor of three modes.
    SchemaError
        If slices are not symmetric, or have gaps elsewhere than on the whole diagonal.
    """
    if symmetric is None:
        return None
    dims = [str(dim) for dim in x.dims]
    if len(dims) != 3 or len(set(symmetric)) != 2 or not set(symmetric) <= set(dims):
        raise OptionError(
            f"names {tuple(symmetric)!r} of dims {tuple(dims)!r}",
            where="symmetric",
            mend="Name two dims of a tensor of three modes.",
        )
    rest = next(dim for dim in dims if dim not in symmetric)
    values = x.transpose(*symmetric, rest).values
    missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)
    off = np.asarray(missing.any(axis=2))
    np.fill_diagonal(off, False)
    on = missing[np.arange(len(missing)), np.arange(len(missing))] if len(off) else missing
    if values.shape[0] != values.shape[1] or off.any() or (on.any() and not on.all()):
        raise SchemaError(
            "slices are not square, or entries other than the whole diagonal are missing",
            where="tensor",
            mend="Use pairs (nk.connectome.affinity): they may have gaps and are symmetric anyway.",
        )
    if not np.allclose(values, values.transpose(1, 0, 2), rtol=1e-5, atol=0, equal_nan=True):
        raise SchemaError(
            "slices are not symmetric", where="tensor", mend="Leave out the option `symmetric`."
        )
    return dims.index(symmetric[0]), dims.index(symmetric[1])
