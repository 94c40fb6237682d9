"""Time axes: regular by construction, float64 seconds, never guessed from differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from neurokit.errors import TimeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

# A clock may drift by this share of a sample before an axis no longer has its nominal rate.
TOLERANCE = 1e-3


def regular_time(n: int, rate: float, start: float = 0.0) -> FloatArray:
    """Return ``start + arange(n) / rate``: no sum of rounded steps, so no drift.

    Parameters
    ----------
    n : int
        Number of samples.
    rate : float
        Samples per second, Hz.
    start : float, default 0.0
        Time of the first sample, s.

    Returns
    -------
    (n,) ndarray of float64
        Seconds.

    Raises
    ------
    TimeError
        If the rate is not positive and finite.

    Examples
    --------
    >>> regular_time(4, 2.0)
    array([0. , 0.5, 1. , 1.5])
    """
    if not (np.isfinite(rate) and rate > 0):
        raise TimeError(f"rate is {rate!r} Hz", where="rate", mend="Give a positive number in Hz.")
    times: FloatArray = start + np.arange(n, dtype=np.float64) / rate
    return times


def nominal_rate(time: ArrayLike, run: ArrayLike | None = None) -> float | None:
    """Return the rate of an axis if it is regular, else None.

    Regular means ``max |dt - median dt| < 1e-3 median dt`` within every run.

    Parameters
    ----------
    time : (n,) array_like
        Seconds, increasing.
    run : (n,) array_like of int, optional
        Steps across a change of `run` are not judged.

    Returns
    -------
    float or None
        Samples per second.

    Examples
    --------
    >>> nominal_rate([0.0, 0.5, 1.0])
    2.0
    >>> nominal_rate([0.0, 0.5, 3.0]) is None
    True
    """
    seconds = np.asarray(time, dtype=np.float64)
    steps = np.diff(seconds)
    if run is not None:
        labels = np.asarray(run)
        steps = steps[labels[1:] == labels[:-1]]
    if steps.size == 0:
        return None
    median = float(np.median(steps))
    if not (median > 0 and np.abs(steps - median).max() < TOLERANCE * median):
        return None
    # The mean step averages rounding of the stored times away; the median does not.
    return float(1.0 / steps.mean())


def time_coordinate(values: ArrayLike, rate: float | None = None) -> xr.Variable:
    """Return `values` as the ``time`` coordinate of the contract.

    Parameters
    ----------
    values : (n,) array_like
        Seconds.
    rate : float, optional
        Nominal rate, Hz; None for an irregular axis. It travels with the coordinate, so that
        an array taken out of a recording still knows it.

    Returns
    -------
    xarray.Variable
        float64, attrs ``units`` and, if regular, ``sampling_rate``.

    Examples
    --------
    >>> time_coordinate(np.arange(3) / 4, rate=4.0).attrs["sampling_rate"]
    4.0
    """
    attrs: dict[str, str | float] = {"units": "s"}
    if rate is not None:
        attrs["sampling_rate"] = float(rate)
    return xr.Variable(("time",), np.asarray(values, dtype=np.float64), attrs)


def _stated_rate(x: xr.DataArray | xr.Dataset) -> float | None:
    for attrs in (x["time"].attrs, x.attrs):
        if "sampling_rate" in attrs:
            return float(attrs["sampling_rate"])
    return None


def runs(x: xr.DataArray | xr.Dataset) -> list[slice]:
    """Return the stretches of time that nothing may cross, one slice per run.

    Parameters
    ----------
    x : DataArray or Dataset
        With dim ``time`` and, where the record has cuts, a coordinate ``run`` on it.

    Returns
    -------
    list of slice
        In time order; one slice over everything where there is no ``run``.

    Examples
    --------
    >>> x = xr.DataArray(np.zeros(5), {"run": ("time", [0, 0, 0, 1, 1])}, ["time"])
    >>> runs(x)
    [slice(0, 3, None), slice(3, 5, None)]
    """
    n = x.sizes["time"]
    if "run" not in x.coords or x["run"].dims != ("time",):
        return [slice(0, n)]
    labels = np.asarray(x["run"].values)
    edges = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    starts, stops = [0, *edges.tolist()], [*edges.tolist(), n]
    return [slice(a, b) for a, b in zip(starts, stops, strict=True)]


def sampling_rate(x: xr.DataArray | xr.Dataset) -> float:
    """Return the nominal rate in Hz, after a check that the axis keeps it.

    Parameters
    ----------
    x : DataArray or Dataset
        With dim ``time``.

    Returns
    -------
    float
        Samples per second.

    Raises
    ------
    TimeError
        If there is no time axis, no rate (irregular time), or the axis contradicts the rate,
        as it does after a selection with a step.

    Examples
    --------
    >>> import neurokit as nk
    >>> sampling_rate(nk.simulate.recording("calcium", random_state=0).activity.signal)
    4.0
    """
    if "time" not in x.coords:
        dims = tuple(x.dims)
        raise TimeError(f"dims {dims} without a time coordinate", where="time", mend="Add one.")
    rate = _stated_rate(x)
    if rate is None:
        raise TimeError(
            "time is irregular (it has no sampling_rate)",
            where="time",
            mend="Make it regular with nk.signal.resample(x, rate).",
        )
    _check_rate(x, rate)
    return rate


def _check_rate(x: xr.DataArray | xr.Dataset, rate: float) -> None:
    seconds = np.asarray(x["time"].values, dtype=np.float64)
    for stretch in runs(x):
        part = seconds[stretch]
        if part.size < 2:
            continue
        step = (part[-1] - part[0]) / (part.size - 1)
        if abs(step * rate - 1.0) > TOLERANCE:
            raise TimeError(
                f"sampling_rate says {rate:g} Hz, but samples are {step:g} s apart",
                where="time",
                mend="After selecting with a step, use nk.signal.resample(x, rate) instead.",
            )
