"""Bring recordings of several animals to one time axis, as stacking them asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import TimeError
from neurokit.schema.select import signal_of, with_signal
from neurokit.schema.time import TOLERANCE, regular_time, time_coordinate
from neurokit.signal.rates import resample


def mean_rate(signal: xr.DataArray) -> float:
    """Return the nominal rate of a signal in Hz, or the mean rate where time is irregular.

    Parameters
    ----------
    signal : DataArray
        With a time coordinate.

    Returns
    -------
    float
        Hz.

    Raises
    ------
    TimeError
        If there are fewer than two samples.
    """
    for attrs in (signal["time"].attrs, signal.attrs):
        if "sampling_rate" in attrs:
            return float(attrs["sampling_rate"])
    steps = np.diff(signal["time"].values)
    if not steps.size:
        raise TimeError(
            f"has {signal.sizes['time']} samples", where="time", mend="Give a longer recording."
        )
    # The median leaves out the gaps between runs.
    return float(1.0 / np.median(steps))


def on_one_axis(
    recordings: Mapping[str, xr.DataTree], rate: float | None = None, *, pad: bool = False
) -> tuple[dict[str, xr.DataTree], str]:
    """Resample recordings and cut or pad them, so that all have one regular time axis.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        Whose t = 0 is the same moment of the experiment.
    rate : float, optional
        Hz; default the lowest rate among them.
    pad : bool, default False
        Lengthen all to the longest by NaN, instead of cutting to what they have in common.

    Returns
    -------
    recordings : dict of str to DataTree
        As given where nothing had to be done.
    what : str
        What was done, for the report.

    Raises
    ------
    TimeError
        If the recordings have no time in common, or the rate is no number of Hz.
    """
    numeric = isinstance(rate, int | float | np.integer | np.floating)
    if rate is not None and not (numeric and not isinstance(rate, bool) and 0 < rate < np.inf):
        raise TimeError(f"found {rate!r}", where="rate", mend="Give a positive number in Hz.")
    signals = {key: signal_of(rec) for key, rec in recordings.items()}
    rates = {key: mean_rate(signal) for key, signal in signals.items()}
    target = min(rates.values()) if rate is None else rate
    first = next(iter(signals.values()))["time"].values
    same = all(np.array_equal(signal["time"].values, first) for signal in signals.values())
    regular = all("sampling_rate" in signal["time"].attrs for signal in signals.values())
    kept = all(abs(r / target - 1.0) < TOLERANCE for r in rates.values())
    if same and regular and kept:
        return _cut(recordings, target)[0], "as recorded"
    # The grid holds t = 0 of every recording, so that equal times are equal numbers.
    resampled = {key: resample(rec, target, start=0.0) for key, rec in recordings.items()}
    if pad:
        return _padded(resampled, target), f"resampled to {target:.4g} Hz, each in its own time"
    cut, span = _cut(resampled, target)
    longest = max(signal_of(rec).sizes["time"] for rec in resampled.values())
    shortened = signal_of(next(iter(cut.values()))).sizes["time"] < longest
    said = f", cut to the {span:.0f} s in common" if shortened else ""
    return cut, f"resampled to {target:.4g} Hz{said}"


def _cut(
    recordings: Mapping[str, xr.DataTree], rate: float
) -> tuple[dict[str, xr.DataTree], float]:
    """Keep the frames that all recordings have; a cut in one is a cut in all."""
    if len(recordings) == 1:
        signal = signal_of(next(iter(recordings.values())))
        return dict(recordings), float(np.ptp(signal["time"].values))
    signals = {key: signal_of(rec, neural=False) for key, rec in recordings.items()}
    frames = _numbered([signal["time"].values for signal in signals.values()], rate)
    common = reduce(np.intersect1d, frames)
    if common.size < 2:
        raise TimeError(
            "recordings have no stretch of time in common",
            where="recordings",
            mend="Analyse them one by one.",
        )
    signals = {
        key: signal.isel(time=np.isin(numbers, common))
        for (key, signal), numbers in zip(signals.items(), frames, strict=True)
    }
    breaks = np.diff(common) > 1
    for signal in signals.values():
        if "run" in signal.coords:
            breaks = breaks | (np.diff(signal["run"].values) != 0)
    if breaks.any():
        run = np.concatenate([[0], np.cumsum(breaks)])
        signals = {key: s.assign_coords(run=("time", run)) for key, s in signals.items()}
    cut = {key: with_signal(rec, signals[key]) for key, rec in recordings.items()}
    return cut, float(common.size / rate)


def _padded(recordings: Mapping[str, xr.DataTree], rate: float) -> dict[str, xr.DataTree]:
    """Lengthen recordings on one grid to the span of all."""
    signals = {key: signal_of(rec, neural=False) for key, rec in recordings.items()}
    frames = dict(
        zip(signals, _numbered([s["time"].values for s in signals.values()], rate), strict=True)
    )
    first = min(int(numbers[0]) for numbers in frames.values())
    n = max(int(numbers[-1]) for numbers in frames.values()) - first + 1
    time = time_coordinate(first / rate + regular_time(n, rate), rate)
    out = {}
    for key, signal in signals.items():
        place = np.full(n, -1)
        place[frames[key] - first] = np.arange(frames[key].size)
        longer = signal.isel(time=np.maximum(place, 0)).assign_coords(time=time)
        there = xr.DataArray(place >= 0, dims="time")
        out[key] = with_signal(recordings[key], longer.where(there).assign_attrs(signal.attrs))
    return out


def _numbered(axes: list[NDArray[np.float64]], rate: float) -> list[NDArray[np.int64]]:
    """Number the frames of every recording on the grid that they share."""
    if all(np.array_equal(axis, axes[0]) for axis in axes):
        # A clock that drifts against its nominal rate would skip a number.
        return [np.arange(axes[0].size) for _ in axes]
    return [np.rint(axis * rate).astype(np.int64) for axis in axes]
