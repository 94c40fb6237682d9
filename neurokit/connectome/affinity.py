"""Momentary affinity of every pair of neurons, as a labelled tensor for factorization."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome import kernels
from neurokit.connectome.pairs import pair_index
from neurokit.errors import OptionError, SchemaError, TimeError, check_option
from neurokit.schema.history import add_history
from neurokit.schema.select import require_one_unit, signal_of, space_dim
from neurokit.schema.stacking import stack
from neurokit.schema.time import runs, sampling_rate, time_coordinate
from neurokit.signal.along_time import seconds_above_zero
from neurokit.signal.smoothing import derivative

Recordings = xr.DataTree | xr.DataArray | Mapping[str, xr.DataTree] | Sequence[xr.DataTree]

DERIVATIVE_KINDS: dict[str, kernels.Kernel] = {
    "differential": kernels.differential,
    "min": kernels.minimum,
    "product": kernels.product,
    "rising": kernels.rising,
}
KINDS = (*DERIVATIVE_KINDS, "correlation")
SCALES = ("pooled", "recording", "none")

# Entries of a block of chunks "auto" (8 MB).
_BLOCK = 2**21


def affinity(
    x: Recordings,
    kind: str | kernels.Kernel = "differential",
    *,
    smooth_s: float = 1.0,
    bin_s: float | None = None,
    scale: str = "pooled",
    balance: bool = False,
    window_s: float = 10.0,
    chunks: int | Mapping[str, int] | Literal["auto"] | None = None,
) -> xr.DataArray:
    """a_ij(t) = sqrt(max(d_i d_j, 0)), d = scaled slope: how strongly i and j move together.

    With `bin_s`, the signed values are averaged over the bin and cut at zero after that: the
    chance agreement of independent neurons cancels instead of adding a floor to every pair.

    ============== =========================================================================
    kind           value at a frame, cut at zero
    ============== =========================================================================
    differential   sign(d_i d_j) sqrt(abs(d_i d_j)), the geometric mean of the slopes
    min            sign(d_i d_j) min(abs(d_i), abs(d_j)), more specific, less smooth
    product        d_i d_j, of the second degree: loadings are squares of amplitudes
    rising         sqrt(max(d_i, 0) max(d_j, 0)), only where both rise
    correlation    Pearson correlation of the traces in a centred window
    ============== =========================================================================

    Slopes are divided by one root mean square per neuron, pooled over all recordings. A pooled
    scale multiplies each pair by one number in every recording, so a tensor of low rank keeps
    its rank, its time courses and its recording loadings: an animal in which a motif is twice
    as strong loads twice as high. A scale per recording takes exactly that away; use it where
    recordings differ in brightness rather than in activity.

    Parameters
    ----------
    x : recording, DataArray, or mapping or sequence of recordings
        Traces (time, neuron), with further dims such as recording or trial kept. Several
        recordings are stacked on their neurons' names.
    kind : {"differential", "min", "product", "rising", "correlation"} or callable
        The formula. A callable takes the scaled slopes of the first and of the second members of
        some pairs, each (pairs, frames), frame by frame, and returns signed values.
    smooth_s : float, default 1.0
        Standard deviation of the derivative's Gaussian, s.
    bin_s : float, optional
        Width of time bins, s, rounded to whole frames; labelled with their centres. A bin does
        not cross a cut in the record; a rest shorter than a bin is left out.
    scale : {"pooled", "recording", "none"}
        Slopes per root mean square of the neuron over all recordings, over each recording, or
        as they are.
    balance : bool, default False
        Divide every recording by its mean affinity, so that none dominates a factorization.
    window_s : float, default 10.0
        Full width of the window of kind "correlation", s.
    chunks : int, mapping of str to int, or "auto", optional
        Pairs per block of a lazy dask array, or ``{"pair": ..., "time": ...}`` (bins), or "auto"
        for blocks of time of at most 8 MB; every block is made from the traces when asked for.
        None computes at once.

    Returns
    -------
    DataArray
        (pair, time, ...) float32, units "1" (with scale "none", those of the slopes), with
        coordinates neuron(pair) and partner(pair); NaN where a neuron was not recorded.

    Raises
    ------
    OptionError
        For an unknown `kind` or `scale`, or a callable that takes or makes something else.
    SchemaError
        If there are fewer than two neurons, or units differ and nothing is scaled.
    TimeError
        If time is irregular, no whole bin fits, or a number of seconds is not above zero.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(n_animals=2, n_neurons=10, random_state=0)
    >>> nk.connectome.affinity(worms.recordings, bin_s=8.0).dims
    ('pair', 'time', 'recording')
    """
    _check_options(kind, scale, smooth_s=smooth_s, window_s=window_s)
    signal = traces_of(x)
    if scale == "none" and kind != "correlation":
        require_one_unit(signal)
    bins = _bins(signal, bin_s)
    formula = _formula(kind, signal, window_s)
    moving = (
        _standardized(signal) if kind == "correlation" else _scaled_slopes(signal, smooth_s, scale)
    )
    tensor = _labelled(_pair_values(moving, formula, bins, chunks), moving, bins)
    if balance and "recording" in tensor.dims:
        others = [dim for dim in tensor.dims if dim != "recording"]
        # Computed at once also for lazy blocks: else every block would hang on all of them.
        level = tensor.mean(others, dtype=np.float64).compute(scheduler="synchronous")
        tensor = (tensor / level.where(level > 0, 1.0)).astype(np.float32)
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", "own formula")
    tensor.attrs = {"units": _units(moving, kind), "long_name": f"{name} affinity"}
    if "history" in signal.attrs:
        tensor.attrs["history"] = signal.attrs["history"]
    parameters: dict[str, Any] = {"kind": name, "bin_s": bin_s, "balance": balance}
    if kind == "correlation":
        parameters["window_s"] = window_s
    else:
        parameters |= {"smooth_s": smooth_s, "scale": scale}
    return add_history(tensor, "connectome.affinity", parameters)


def _check_options(kind: str | kernels.Kernel, scale: str, **seconds: float) -> None:
    if callable(kind):
        kernels.check_kernel(kind)
    else:
        check_option("kind", kind, KINDS)
    check_option("scale", scale, SCALES)
    for name, value in seconds.items():
        seconds_above_zero(name, value)


def traces_of(x: Recordings) -> xr.DataArray:
    """Return the traces of one recording, or those of several stacked on their neurons.

    Parameters
    ----------
    x : recording, DataArray, or mapping or sequence of recordings
        What the user gave.

    Returns
    -------
    DataArray
        With dims time and neuron or channel, NaN where something is masked.

    Raises
    ------
    SchemaError
        If there are fewer than two neurons.
    """
    if isinstance(x, xr.DataTree):
        signal = signal_of(x)
        if "observed" in x["activity"].data_vars:
            signal = signal.where(x["activity/observed"])
        signal = signal.assign_attrs(history=x.attrs.get("history", "[]"))
    elif isinstance(x, Mapping):
        signal = stack(cast("Mapping[str, xr.DataTree]", x))
    elif isinstance(x, xr.DataArray):
        signal = x
    elif isinstance(x, Iterable):
        signal = stack({str(k): rec for k, rec in enumerate(x)})
    else:
        raise SchemaError(
            f"got a {type(x).__name__}", where="x", mend="Give a recording or several of them."
        )
    dim = space_dim(signal)
    if signal.sizes[dim] < 2:
        raise SchemaError(
            f"there is {signal.sizes[dim]} {dim}", where="x", mend="A pair needs two."
        )
    return signal


def _bins(signal: xr.DataArray, seconds: float | None) -> kernels.Bins:
    rate = sampling_rate(signal)
    width = 1
    if seconds is not None:
        width = max(1, round(seconds_above_zero("bin_s", seconds) * rate))
    bins = kernels.whole_bins(runs(signal), width)
    if not bins.frames.size:
        raise TimeError(
            f"no bin of {width / rate:g} s fits into the record",
            where="bin_s",
            mend="Give a shorter bin.",
        )
    return bins


def _scaled_slopes(signal: xr.DataArray, seconds: float, scale: str) -> xr.DataArray:
    slopes = derivative(signal, seconds).compute()
    if scale == "none":
        return slopes
    apart = {space_dim(signal), *(("recording",) if scale == "recording" else ())}
    together = [dim for dim in slopes.dims if dim not in apart]
    level = (slopes.astype(np.float64) ** 2).mean(together) ** 0.5
    # A neuron that never moves has affinity 0 with all; one never recorded stays NaN.
    scaled: xr.DataArray = slopes / level.where(level > 0, 1.0)
    return scaled.transpose(*slopes.dims).assign_attrs(slopes.attrs, units="1")


def _standardized(signal: xr.DataArray) -> xr.DataArray:
    # Correlation is free of offset and scale; without them sums of squares keep their digits.
    wide = signal.compute().astype(np.float64)
    spread = wide.std("time")
    scaled: xr.DataArray = (wide - wide.mean("time")) / spread.where(spread > 0, 1.0)
    return scaled.transpose(*signal.dims).assign_attrs(signal.attrs, units="1")


def _units(moving: xr.DataArray, kind: str | kernels.Kernel) -> str:
    units = str(moving.attrs.get("units", "1"))
    return units if kind != "product" or units == "1" else f"({units})^2"


@dataclass(frozen=True)
class _Formula:
    """A kernel, or what makes one for a stretch of frames that it sees `reach` beyond."""

    kernel: kernels.Kernel | None
    reach: int
    runs: Sequence[slice]

    def on(self, start: int, stop: int) -> kernels.Kernel:
        if self.kernel is not None:
            return self.kernel
        return kernels.windowed_correlation(self.reach, kernels.part_of(self.runs, start, stop))


def _formula(kind: str | kernels.Kernel, signal: xr.DataArray, window_s: float) -> _Formula:
    if kind == "correlation":
        reach = max(1, round(window_s * sampling_rate(signal) / 2))
        return _Formula(None, reach, runs(signal))
    return _Formula(kind if callable(kind) else DERIVATIVE_KINDS[kind], 0, runs(signal))


@dataclass(frozen=True)
class _Blocks:
    """(further dims, pair, bin) values of any rectangle of pairs and bins, from the traces."""

    rows: NDArray[Any]
    formula: _Formula
    bins: kernels.Bins

    @property
    def shape(self) -> tuple[int, ...]:
        n = self.rows.shape[-2]
        return (*self.rows.shape[:-2], n * (n - 1) // 2, len(self.bins.frames) // self.bins.width)

    def __call__(self, pairs: slice, bins: slice) -> NDArray[np.float32]:
        first, second = (index[pairs] for index in pair_index(self.rows.shape[-2]))
        width = self.bins.width
        frames = self.bins.frames[bins.start * width : bins.stop * width]
        start = max(0, int(frames[0]) - self.formula.reach)
        stop = min(self.rows.shape[-1], int(frames[-1]) + 1 + self.formula.reach)
        near = kernels.Bins(frames - start, width)
        kernel = self.formula.on(start, stop)
        flat = self.rows.reshape(-1, *self.rows.shape[-2:])[..., start:stop]
        values = np.empty((len(flat), len(first), bins.stop - bins.start), dtype=np.float32)
        for x, out in zip(flat, values, strict=True):
            kernels.pair_affinity(x, first, second, kernel, near, out)
        return values.reshape(*self.rows.shape[:-2], *values.shape[1:])

    def at(self, block_info: Any = None) -> NDArray[np.float32]:
        """Values of one block of a dask array, which says where it lies."""
        *_, pairs, bins = block_info[None]["array-location"]
        return self(slice(*pairs), slice(*bins))


def _pair_values(moving: xr.DataArray, formula: _Formula, bins: kernels.Bins, chunks: Any) -> Any:
    """(further dims, pair, bin) values: computed, or lazy in blocks."""
    space = space_dim(moving)
    rows = np.ascontiguousarray(moving.transpose(..., space, "time").values)
    blocks = _Blocks(rows, formula, bins)
    shape = blocks.shape
    if chunks is None:
        return blocks(slice(0, shape[-2]), slice(0, shape[-1]))
    import dask.array as da

    sizes = (*shape[:-2], *_block_size(chunks, shape))
    # A name of its own: else dask hashes all traces to find one.
    return da.map_blocks(  # type: ignore[no-untyped-call]
        blocks.at,
        name=f"affinity-{uuid.uuid4().hex}",
        chunks=da.core.normalize_chunks(sizes, shape),  # type: ignore[no-untyped-call]
        dtype=np.float32,
        meta=np.empty((0,) * len(shape), dtype=np.float32),
    )


def _block_size(chunks: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    """Pairs and bins per block."""
    n_pairs, n_bins = shape[-2:]
    if chunks == "auto":
        return n_pairs, max(1, _BLOCK * n_bins // max(int(np.prod(shape)), 1))
    given = dict(chunks) if isinstance(chunks, Mapping) else {"pair": chunks}
    sizes = [given.pop(dim, size) for dim, size in (("pair", n_pairs), ("time", n_bins))]
    if given or not all(isinstance(n, int | np.integer) and n >= 1 for n in sizes):
        raise OptionError(
            f"is {chunks!r}",
            where="chunks",
            mend='Give pairs per block, {"pair": ..., "time": ...} or "auto".',
        )
    return int(sizes[0]), int(sizes[1])


def _labelled(values: Any, moving: xr.DataArray, bins: kernels.Bins) -> xr.DataArray:
    space = space_dim(moving)
    further = [dim for dim in moving.dims if dim not in (space, "time")]
    first, second = pair_index(moving.sizes[space])
    names = moving[space].values
    frames = bins.frames.reshape(-1, bins.width)
    seconds = moving["time"].values[frames].mean(axis=1)
    coords: dict[str, Any] = {
        space: ("pair", names[first]),
        "partner": ("pair", names[second]),
        "time": time_coordinate(seconds, sampling_rate(moving) / bins.width),
    }
    if "run" in moving.coords:
        coords["run"] = ("time", moving["run"].values[frames[:, 0]])
    for name, coordinate in moving.coords.items():
        if coordinate.dims and set(coordinate.dims) <= set(further):
            coords[str(name)] = coordinate.variable
    tensor = xr.DataArray(values, dims=[*further, "pair", "time"], coords=coords, name="affinity")
    return tensor.transpose("pair", "time", *further)
