"""Read of a long, lazy signal only what a figure shows, in blocks that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import OptionError, SchemaError
from neurokit.schema import runs, space_dim

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Array = NDArray[Any]

# Enough for numpy to be quick, small beside any recording that needs blocks.
BLOCK_BYTES = 16 * 2**20


def two_dims(x: xr.DataArray) -> xr.DataArray:
    """Return `x` as (time, space), or say which trial or condition has to be chosen."""
    space = space_dim(x)
    extra = [str(dim) for dim in x.dims if dim not in ("time", space)]
    if extra or "time" not in x.dims:
        what = extra[0] if extra else "time"
        raise SchemaError(
            f"dims are {tuple(x.dims)}",
            where="signal",
            mend=f"Choose one, as in x.isel({what}=0)." if extra else "Give it a time dim.",
        )
    return x.transpose("time", space)


def cut(x: xr.DataArray, start: float | None, stop: float | None) -> xr.DataArray:
    """Return `start` <= time < `stop` of `x` (seconds), still lazy."""
    seconds = x["time"].values
    first = 0 if start is None else int(np.searchsorted(seconds, start, side="left"))
    last = seconds.size if stop is None else int(np.searchsorted(seconds, stop, side="left"))
    if last <= first:
        held = f"{seconds[0]:g} to {seconds[-1]:g} s" if seconds.size else "no sample"
        raise OptionError(
            f"no sample between {start} and {stop} s", where="start, stop", mend=f"It has {held}."
        )
    return x.isel(time=slice(first, last))


def evenly(x: xr.DataArray, n_max: int) -> xr.DataArray:
    """Return at most `n_max` neurons or channels, evenly chosen by one step.

    A single step keeps the choice a slice, which every file format reads without the rest. It
    grows by up to three until it meets every channel type, since helmets repeat types in turn.
    """
    dim = space_dim(x)
    least = -(-x.sizes[dim] // n_max)
    if least <= 1:
        return x
    kinds = x["channel_type"].values if "channel_type" in x.coords else np.zeros(x.sizes[dim])
    wanted = np.unique(kinds).size
    steps = [s for s in range(least, least + 4) if np.unique(kinds[::s]).size == wanted]
    return x.isel({dim: slice(None, None, steps[0] if steps else least)})


def block_length(n_columns: int, block_bytes: int = BLOCK_BYTES) -> int:
    """Return how many samples of `n_columns` float64 values fit into a block."""
    return max(1, block_bytes // (8 * max(n_columns, 1)))


def _bins(n: int, n_bins: int) -> Array:
    """Return the starts of at most `n_bins` stretches of `n` samples, equal or one sample off."""
    return np.unique(np.linspace(0, n, min(n_bins, n), endpoint=False).astype(np.int64))


def _reduced(x: xr.DataArray, n_bins: int, reducers: tuple[Any, ...]) -> Iterator[list[Array]]:
    """Yield for each block the reduced bins, whole bins at a time."""
    n = x.sizes["time"]
    starts = _bins(n, n_bins)
    edges = np.append(starts, n)
    per_block = max(1, block_length(x.sizes[space_dim(x)]) * starts.size // n)
    for i in range(0, starts.size, per_block):
        j = min(i + per_block, starts.size)
        block = np.asarray(x.isel(time=slice(int(edges[i]), int(edges[j]))).values)
        yield [reduce(block, edges[i:j] - edges[i]) for reduce in reducers]


def _lowest(block: Array, starts: Array) -> Array:
    return np.fmin.reduceat(block, starts, axis=0)


def _highest(block: Array, starts: Array) -> Array:
    return np.fmax.reduceat(block, starts, axis=0)


def _mean(block: Array, starts: Array) -> Array:
    finite = np.isfinite(block)
    total = np.add.reduceat(np.where(finite, block, 0.0), starts, axis=0, dtype=np.float64)
    count = np.add.reduceat(finite, starts, axis=0, dtype=np.int64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def outline(x: xr.DataArray, n_bins: int = 1500) -> tuple[Array, Array]:
    """Return times and values that draw the same line as all samples would.

    Up to two samples per bin are kept as they are; beyond, each bin gives its minimum and its
    maximum, so that no peak is lost. A row of NaN stands between runs, which breaks the line.

    Parameters
    ----------
    x : (time, space) DataArray
        What is drawn, cut to it; lazy is fine.
    n_bins : int, default 1500
        Bins over the whole width of the figure.

    Returns
    -------
    time : (n,) ndarray
        Seconds.
    values : (n, space) ndarray
        In the units of `x`.
    """
    times, values = [], []
    total = x.sizes["time"]
    for stretch in runs(x):
        part = x.isel(time=stretch)
        time, value = _outline_of_run(part, max(2, n_bins * part.sizes["time"] // total))
        times += [time, time[-1:]]
        values += [value, np.full((1, value.shape[1]), np.nan)]
    return np.concatenate(times[:-1]), np.concatenate(values[:-1])


def _outline_of_run(x: xr.DataArray, n_bins: int) -> tuple[Array, Array]:
    seconds = np.asarray(x["time"].values)
    if seconds.size <= 2 * n_bins:
        return seconds, np.asarray(x.values)
    blocks = list(_reduced(x, n_bins, (_lowest, _highest)))
    low, high = (np.concatenate(part) for part in zip(*blocks, strict=True))
    starts = _bins(seconds.size, n_bins)
    middle = (starts + np.append(starts[1:], seconds.size)) // 2
    values = np.stack([low, high], axis=1).reshape(2 * len(starts), -1)
    return np.stack([seconds[starts], seconds[middle]], axis=1).ravel(), values


def averaged(x: xr.DataArray, n_bins: int = 1000) -> tuple[Array, Array]:
    """Return bin edges and the mean of what was observed in each bin.

    Parameters
    ----------
    x : (time, space) DataArray
        What is drawn; lazy is fine.
    n_bins : int, default 1000
        Most bins; fewer samples are kept as they are.

    Returns
    -------
    edges : (n_bins + 1,) ndarray
        Seconds: starts of the bins and the end of the last.
    values : (n_bins, space) ndarray
        NaN where nothing was observed.
    """
    seconds = np.asarray(x["time"].values, dtype=np.float64)
    starts = _bins(seconds.size, n_bins)
    means = np.concatenate([block[0] for block in _reduced(x, n_bins, (_mean,))])
    step = float(np.median(np.diff(seconds))) if seconds.size > 1 else 1.0
    return np.append(seconds[starts], seconds[-1] + step), means
