"""Momentary affinity of every pair of neurons, as a labelled tensor for factorization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

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


def affinity(
    x: Recordings,
    kind: str = "differential",
    *,
    smooth_s: float = 1.0,
    bin_s: float | None = None,
    scale: str = "pooled",
    balance: bool = False,
    window_s: float = 10.0,
    chunks: int | None = None,
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
    kind : {"differential", "min", "product", "rising", "correlation"}
        The formula.
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
    chunks : int, optional
        Pairs per block of a lazy dask array; None computes at once.

    Returns
    -------
    DataArray
        (pair, time, ...) float32, units "1" (with scale "none", those of the slopes), with
        coordinates neuron(pair) and partner(pair); NaN where a neuron was not recorded.

    Raises
    ------
    OptionError
        For an unknown `kind` or `scale`.
    SchemaError
        If there are fewer than two neurons, or units differ and nothing is scaled.
    TimeError
        If time is irregular, or no whole bin fits.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(n_animals=2, n_neurons=10, random_state=0)
    >>> nk.connectome.affinity(worms.recordings, bin_s=8.0).dims
    ('pair', 'time', 'recording')
    """
    check_option("kind", kind, KINDS)
    check_option("scale", scale, SCALES)
    signal = traces_of(x)
    if scale == "none" and kind != "correlation":
        require_one_unit(signal)
    bins = _bins(signal, bin_s)
    if kind == "correlation":
        reach = max(1, round(window_s * sampling_rate(signal) / 2))
        moving, kernel = _standardized(signal), kernels.windowed_correlation(reach, runs(signal))
    else:
        moving, kernel = _scaled_slopes(signal, smooth_s, scale), DERIVATIVE_KINDS[kind]
    tensor = _labelled(_pair_values(moving, kernel, bins, chunks), moving, bins)
    if balance and "recording" in tensor.dims:
        level = tensor.mean([dim for dim in tensor.dims if dim != "recording"], dtype=np.float64)
        tensor = (tensor / level.where(level > 0, 1.0)).astype(np.float32)
    tensor.attrs = {"units": _units(moving, kind), "long_name": f"{kind} affinity"}
    if "history" in signal.attrs:
        tensor.attrs["history"] = signal.attrs["history"]
    parameters: dict[str, Any] = {"kind": kind, "bin_s": bin_s, "balance": balance}
    if kind == "correlation":
        parameters["window_s"] = window_s
    else:
        parameters |= {"smooth_s": smooth_s, "scale": scale}
    return add_history(tensor, "connectome.affinity", parameters)


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
    else:
        signal = stack({str(k): rec for k, rec in enumerate(x)})
    dim = space_dim(signal)
    if signal.sizes[dim] < 2:
        raise SchemaError(
            f"there is {signal.sizes[dim]} {dim}", where="x", mend="A pair needs two."
        )
    return signal


def _bins(signal: xr.DataArray, seconds: float | None) -> kernels.Bins:
    rate = sampling_rate(signal)
    if seconds is not None and not seconds > 0:
        raise OptionError(f"found {seconds!r}", where="bin_s", mend="Give seconds above zero.")
    width = 1 if seconds is None else max(1, round(seconds * rate))
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


def _units(moving: xr.DataArray, kind: str) -> str:
    units = str(moving.attrs.get("units", "1"))
    return units if kind != "product" or units == "1" else f"({units})^2"


def _pair_values(
    moving: xr.DataArray, kernel: kernels.Kernel, bins: kernels.Bins, chunks: int | None
) -> Any:
    """(further dims, pair, bin) values: computed, or lazy in blocks of pairs."""
    space = space_dim(moving)
    rows = np.ascontiguousarray(moving.transpose(..., space, "time").values)
    first, second = pair_index(rows.shape[-2])
    step = len(first) if chunks is None else chunks

    def block(start: int) -> NDArray[np.float32]:
        pairs = slice(start, start + step)
        flat = rows.reshape(-1, *rows.shape[-2:])
        values = [
            kernels.pair_affinity(traces, first[pairs], second[pairs], kernel, bins)
            for traces in flat
        ]
        return np.stack(values).reshape(*rows.shape[:-2], *values[0].shape)

    if chunks is None:
        return block(0)
    import dask.array as da
    from dask.delayed import delayed

    shape = (*rows.shape[:-2], 0, len(bins.frames) // bins.width)
    parts = []
    for start in range(0, len(first), step):
        size = (*shape[:-2], min(step, len(first) - start), shape[-1])
        lazy = delayed(block)(start)
        parts.append(da.from_delayed(lazy, size, dtype=np.float32))  # type: ignore[no-untyped-call]
    return da.concatenate(parts, axis=len(shape) - 2)  # type: ignore[no-untyped-call]


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
