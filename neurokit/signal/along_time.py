"""Runs an array core over the time axis of a labelled signal: per run, in blocks, numpy or dask.

Cores take float64 rows (series, time) and know nothing of xarray. Blocks only bound the memory; a
row's values never depend on which rows stand beside it, so numpy and dask agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import SchemaError, TimeError
from neurokit.schema.select import RecordingOrArray, map_activity, signal_of, space_dim
from neurokit.signal.gaps import fill_gaps

Array = npt.NDArray[np.float64]
Core = Callable[[Array], Array]

VALUES_PER_BLOCK = 2**25
"""float64 values that a core sees at once: 256 MiB."""


def apply_step(
    x: RecordingOrArray,
    function: Callable[[xr.DataArray], xr.DataArray],
    name: str,
    parameters: Mapping[str, Any],
    unit: Callable[[str], str] | None = None,
) -> RecordingOrArray:
    """Apply `function` to the signal of `x`; what ``/activity/observed`` masks is NaN to it.

    `unit` says what becomes of the units, of the signal and of every channel.
    """
    check_time(signal_of(x, neural=False), name)

    def step(values: xr.DataArray) -> xr.DataArray:
        observed = masked(x, values)
        return function(observed if unit is None else with_unit(observed, unit))

    return map_activity(x, step, name=name, parameters=parameters)


def check_time(signal: xr.DataArray, where: str) -> None:
    """Raise a TimeError unless `signal` has samples along time."""
    if "time" not in signal.dims:
        dims = tuple(map(str, signal.dims))
        raise TimeError(
            f"dims are {dims}, none is time", where=where, mend="Give a signal with a time dim."
        )
    if signal.sizes["time"] == 0:
        raise TimeError("there is no sample", where=where, mend="Give a record that holds data.")


def masked(x: xr.DataTree | xr.DataArray, signal: xr.DataArray) -> xr.DataArray:
    """`signal` of `x`, NaN where ``/activity/observed`` says that nothing was observed."""
    if isinstance(x, xr.DataArray) or "observed" not in x["activity"].data_vars:
        return signal
    observed = x["activity"].to_dataset()["observed"]
    space = space_dim(signal)
    return signal.where(observed.sel({space: signal[space]}))


def map_rows(
    x: xr.DataArray, core: Core, *, n_out: int | None = None, over: tuple[str, ...] = ("time",)
) -> Any:
    """Run `core` over `x`; give an array with the dims of `x`, `n_out` long in time.

    The dims `over` are laid end to end into a row. A dask array stays lazy: it is cut over all
    other dims, with whole rows in each block. Storage keeps its float type (float32 where it was
    whole numbers of up to 16 bits), sums are in float64.
    """
    dtype = float_type(x.dtype)
    axes = tuple(x.dims.index(dim) for dim in over)
    run = partial(_over_blocks, core=core, axes=axes, n_out=n_out, dtype=dtype)
    if x.chunks is None:
        return run(x.values)
    whole: dict[Hashable, Any] = {dim: -1 if dim in over else "auto" for dim in x.dims}
    data = x.chunk(whole).data
    chunks = list(data.chunks)
    if n_out is not None:
        chunks[axes[-1]] = (n_out,)
    meta = np.empty((0,) * x.ndim, dtype)
    return data.map_blocks(run, dtype=dtype, chunks=tuple(chunks), meta=meta)


def float_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Storage type of a result: floats keep theirs, whole numbers get one that holds them."""
    if dtype.kind not in "fiub":
        raise SchemaError(
            f"values are of type {dtype}", where="signal", mend="Give real numbers (float32)."
        )
    return np.result_type(dtype, np.float32)


def _over_blocks(
    values: npt.NDArray[Any],
    *,
    core: Core,
    axes: tuple[int, ...],
    n_out: int | None,
    dtype: np.dtype[Any],
) -> npt.NDArray[Any]:
    shape = list(values.shape)
    shape[axes[-1]] = shape[axes[-1]] if n_out is None else n_out
    result = np.empty(shape, dtype)
    source, target = _rows_view(values, axes), _rows_view(result, axes)
    n_times = int(np.prod([values.shape[axis] for axis in axes]))
    n_rows = max(1, VALUES_PER_BLOCK // max(n_times, 1))
    lengths = target.shape[2:]
    for index in range(source.shape[0]):
        for begin in range(0, source.shape[1], n_rows):
            block = slice(begin, begin + n_rows)
            rows = np.ascontiguousarray(source[index, block], dtype=np.float64)
            done = core(rows.reshape(rows.shape[0], -1))
            target[index, block] = done.reshape(-1, *lengths)
    return result


def _rows_view(values: npt.NDArray[Any], axes: tuple[int, ...]) -> npt.NDArray[Any]:
    # (outer, series, *axes) without a copy: writing into the view writes into the array.
    moved = np.moveaxis(values, axes, tuple(range(-len(axes), 0)))
    while moved.ndim < len(axes) + 2:
        moved = moved[np.newaxis]
    if moved.ndim > len(axes) + 2:
        raise SchemaError(
            f"{values.ndim} dims",
            where="signal",
            mend="Give (time, space) or (trial, time, space).",
        )
    return moved


def piecewise(pieces: Sequence[tuple[slice, Core]]) -> Core:
    """A core that gives every run to a core of its own and joins what comes back."""
    return partial(_piecewise, pieces=tuple(pieces))


def _piecewise(rows: Array, *, pieces: tuple[tuple[slice, Core], ...]) -> Array:
    return np.concatenate([core(rows[:, run]) for run, core in pieces], axis=-1)


def bridging(core: Core, time: Array) -> Core:
    """A core that sees straight lines where samples are missing; they are NaN again after it."""
    return partial(_bridged, core=core, time=time)


def _bridged(rows: Array, *, core: Core, time: Array) -> Array:
    missing = np.isnan(rows)
    if not missing.any():
        return core(rows)
    return np.where(missing, np.nan, core(fill_gaps(rows, time)))


def labelled(
    data: Any, like: xr.DataArray, coords: Mapping[Any, Any] | None = None
) -> xr.DataArray:
    """`data` with the dims, name and attrs of `like`, and its coords or those given."""
    # Built anew, because a copy would carry the packing of the file over to other values.
    return xr.DataArray(
        data,
        coords=like.coords if coords is None else coords,
        dims=like.dims,
        name=like.name,
        attrs=like.attrs,
    )


def with_unit(x: xr.DataArray, unit: Callable[[str], str]) -> xr.DataArray:
    """`x` with `unit` applied to its units, and to each channel's where it has them."""
    out = x.copy(deep=False)
    if "units" in out.attrs:
        out.attrs = {**out.attrs, "units": unit(str(out.attrs["units"]))}
    if "unit" in out.coords:
        renamed = np.asarray([unit(str(value)) for value in out["unit"].values], dtype=np.str_)
        out = out.assign_coords(unit=(out["unit"].dims, renamed, out["unit"].attrs))
    return out


def seconds_above_zero(name: str, seconds: float) -> float:
    """`seconds` as a float, or a TimeError that names the argument."""
    number = isinstance(seconds, int | float | np.number) and not isinstance(seconds, bool)
    if not number or not (np.isfinite(seconds) and seconds > 0):
        raise TimeError(f"found {seconds!r}", where=name, mend="Give a positive number of seconds.")
    return float(seconds)
