"""Bring a signal to another sampling rate, or an irregular one to a regular time axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import OptionError, TimeError, check_option
from neurokit.schema.select import RecordingOrArray
from neurokit.schema.time import runs, sampling_rate, time_coordinate
from neurokit.signal.along_time import (
    Core,
    apply_step,
    float_type,
    labelled,
    map_rows,
    piecewise,
)
from neurokit.signal.operators import (
    ZERO_CROSSINGS,
    area_rows,
    grid,
    interpolated_rows,
    sinc_rows,
    with_gaps,
)
from neurokit.signal.time_blocks import (
    VALUES_PER_BLOCK,
    Stretch,
    lies_in_time_blocks,
    map_stretches,
)

Array = npt.NDArray[np.float64]


def resample(
    x: RecordingOrArray,
    rate: float,
    *,
    method: str | None = None,
    start: float | None = None,
    min_observed: float = 0.5,
) -> RecordingOrArray:
    """Signal on the time axis t0 + k / rate, free of frequencies that the new rate cannot hold.

    Every output is labelled with the centre of what it averaged, so nothing is shifted: a ramp
    stays on its line, up to both ends. All runs share one grid; none is crossed, and beyond the
    first and last sample nothing is made up.

    ``sinc``, for regular time: a Kaiser-windowed sinc low-pass (cut-off at half the lower rate,
    10 zero crossings to each side), read at the new times.
    ``area``, for any time: the mean of the straight lines between neighbours over 1 / rate
    seconds around the new time; the straight line itself where the new rate is the higher one.

    At the ends both see the signal's odd mirror image. A gap is bridged by a straight line, and
    an output is NaN where less than `min_observed` of its weight was observed, so a gap stays
    about as long as it was and a single lost sample does not cost a whole kernel. dask arrays
    stay lazy: where time is in several chunks they are read stretch by stretch, never as a whole.

    Parameters
    ----------
    x : recording or DataArray
        Of a recording, the signal of ``/activity`` is resampled; other groups keep their clocks.
    rate : float
        New sampling rate, Hz.
    method : {"sinc", "area"}, optional
        Default ``sinc`` where time is regular, else ``area``.
    start : float, optional
        A time (s) that the grid holds; default 0 where that lies within the record, else its
        first sample.
    min_observed : float, default 0.5
        Share of an output's weight that must have been observed, above 0 and up to 1.

    Returns
    -------
    same type as `x`
        Same units and float type. Coordinates on time other than ``run`` are dropped, as is
        ``observed`` (what it masked is NaN).

    Raises
    ------
    TimeError
        If `rate` is not positive, time is not increasing, ``sinc`` is asked of irregular time,
        or no new time lies within a run.
    OptionError
        If `method` is unknown or `min_observed` not in (0, 1].

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(np.arange(100.0)[:, None], names=["AVAL"], rate=10.0)
    >>> nk.signal.resample(group.signal, 1.0).values.ravel().round(3)[1:5]
    array([10., 20., 30., 40.], dtype=float32)
    """
    if isinstance(rate, bool) or not (np.isfinite(rate) and rate > 0):
        raise TimeError(f"found {rate!r} Hz", where="rate", mend="Give a positive number in Hz.")
    if method is not None:
        check_option("method", method, ("sinc", "area"))
    if not 0 < min_observed <= 1:
        raise OptionError(
            f"found {min_observed!r}", where="min_observed", mend="Give a share above 0, up to 1."
        )
    parameters = {"rate": float(rate), "method": method, "start": start}
    parameters["min_observed"] = float(min_observed)

    def step(signal: xr.DataArray) -> xr.DataArray:
        return _resampled(signal, float(rate), method, start, min_observed)

    return apply_step(x, step, "signal.resample", parameters)


def _resampled(
    signal: xr.DataArray, rate: float, method: str | None, start: float | None, min_observed: float
) -> xr.DataArray:
    time = _increasing_time(signal)
    regular = "sampling_rate" in signal["time"].attrs or "sampling_rate" in signal.attrs
    transform = _transform(signal, time, rate, method or ("sinc" if regular else "area"))
    anchor = _anchor(time) if start is None else float(start)
    grids, pieces = [], []
    for number, run in enumerate(runs(signal)):
        centres = grid(time[run.start], time[run.stop - 1], rate, anchor)
        if centres.size:
            core = partial(transform, time=time[run], centres=centres)
            grids.append((number, run, centres))
            pieces.append((run, _gap_aware(core, time[run], min_observed)))
    if not pieces:
        raise TimeError(
            f"no time {anchor:g} s + k / {rate:g} Hz lies within the record "
            f"({time[0]:g} to {time[-1]:g} s)",
            where="rate",
            mend="Give a higher rate or a start= within the record.",
        )
    if lies_in_time_blocks(signal):
        cut = [one for _, run, centres in grids for one in _cut(signal, transform, run, centres)]
        data = map_stretches(signal, time, cut, min_observed, float_type(signal.dtype))
    else:
        n_out = sum(centres.size for _, _, centres in grids)
        data = map_rows(signal, piecewise(pieces), n_out=n_out)
    kept = {name: coord for name, coord in signal.coords.items() if "time" not in coord.dims}
    kept["time"] = time_coordinate(np.concatenate([c for _, _, c in grids]), rate)
    if "run" in signal.coords:
        label = [np.full(c.size, signal["run"].values[r.start]) for _, r, c in grids]
        kept["run"] = xr.Variable(("time",), np.concatenate(label), signal["run"].attrs)
    return labelled(data, signal, kept)


def _cut(
    signal: xr.DataArray, transform: Callable[..., Array], run: slice, centres: Array
) -> list[Stretch]:
    """Cut the outputs of a run into stretches of a bounded number of samples."""
    time = np.asarray(signal["time"].values, dtype=np.float64)[run]
    n_samples = max(1, VALUES_PER_BLOCK // max(signal.size // signal.sizes["time"], 1))
    n_out = max(1, int(centres.size * n_samples / time.size))
    stretches = []
    for begin in range(0, centres.size, n_out):
        part = centres[begin : begin + n_out]
        start, stop, core = _part(transform, time, part)
        local = slice(run.start + start, run.start + stop)
        stretches.append(Stretch(run, local.start, local.stop, core, part.size))
    return stretches


def _part(transform: Callable[..., Array], time: Array, centres: Array) -> tuple[int, int, Core]:
    """Samples that outputs need, twice as far as they reach, and how these make them."""
    keywords = getattr(transform, "keywords", {})
    if "ratio" in keywords:
        position = _positions(centres, time)
        reach = 2 * int(np.ceil(ZERO_CROSSINGS / min(1.0, keywords["ratio"]))) + 2
        start = max(0, int(position[0]) - reach)
        stop = min(time.size, int(position[-1]) + reach)
        # A whole number taken off changes no digit behind the point.
        return start, stop, partial(sinc_rows, position=position - start, ratio=keywords["ratio"])
    width = 2 * keywords.get("width", 0.0)
    start = max(0, int(np.searchsorted(time, centres[0] - width)) - 2)
    stop = min(time.size, int(np.searchsorted(time, centres[-1] + width)) + 2)
    return start, stop, partial(transform, time=time[start:stop], centres=centres)


def _positions(centres: Array, time: Array) -> Array:
    return np.interp(centres, time, np.arange(time.size))


def _increasing_time(signal: xr.DataArray) -> Array:
    if "time" not in signal.coords:
        raise TimeError("there is no time coordinate", where="signal", mend="Add one, in seconds.")
    time = np.asarray(signal["time"].values, dtype=np.float64)
    wrong = np.flatnonzero(~(np.diff(time) > 0))
    if wrong.size or not np.isfinite(time[0]):
        at = int(wrong[0]) + 1 if wrong.size else 0
        raise TimeError(
            f"time is not increasing at index {at} ({time[max(at - 1, 0)]:g}, then {time[at]:g} s)",
            where="time",
            mend='Sort it with x.sortby("time") and drop samples that stand twice.',
        )
    return time


def _anchor(time: Array) -> float:
    # Zero is the first sample of a recording and the event of an epoch.
    return 0.0 if time[0] <= 0.0 <= time[-1] else float(time[0])


def _transform(signal: xr.DataArray, time: Array, rate: float, method: str) -> Callable[..., Array]:
    if method == "sinc":
        return partial(_by_sinc, ratio=rate / sampling_rate(signal))
    within = np.concatenate([np.diff(time[run]) for run in runs(signal)])
    if within.size == 0 or rate * np.median(within) >= 1 - 1e-6:
        return interpolated_rows
    return partial(area_rows, width=1 / rate)


def _by_sinc(rows: Array, *, time: Array, centres: Array, ratio: float) -> Array:
    return sinc_rows(rows, _positions(centres, time), ratio)


def _gap_aware(core: Core, time: Array, min_observed: float) -> Core:
    return partial(with_gaps, time=time, transform=core, min_observed=min_observed)
