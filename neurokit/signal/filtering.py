"""Keep a band of frequencies without shifting anything in time, and how strong it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import OptionError, TimeError
from neurokit.schema.select import RecordingOrArray
from neurokit.schema.time import runs, sampling_rate
from neurokit.signal.along_time import (
    Core,
    apply_step,
    bridging,
    labelled,
    map_rows,
    piecewise,
)
from neurokit.signal.sections import design, envelope_rows, filter_rows

Array = npt.NDArray[np.float64]


def bandpass(
    x: RecordingOrArray, low: float | None, high: float | None, *, order: int = 4
) -> RecordingOrArray:
    """Zero-phase Butterworth filter, |H(f)|^2 forwards and backwards: 1/2 at `low` and `high`.

    Second-order sections, applied in both directions to each run and trial on its own, their
    ends mirrored oddly until the filter has settled. Gaps are bridged by straight lines for the
    filter and are NaN again after it. A run shorter than one period of the lowest frequency
    becomes NaN. dask arrays stay lazy, cut over channels.

    Parameters
    ----------
    x : recording or DataArray
        Regular in time. Of a recording, the signal of ``/activity`` is filtered.
    low : float or None
        Lower edge, Hz; None gives a low-pass.
    high : float or None
        Upper edge, Hz; None gives a high-pass.
    order : int, default 4
        Order of the Butterworth filter before it is applied twice.

    Returns
    -------
    same type as `x`
        Same dims, units and float type.

    Raises
    ------
    OptionError
        If an edge is not between 0 and half the sampling rate, or `low` is not below `high`.
    TimeError
        If time is irregular or no run is as long as one period of the lowest frequency.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> time = np.arange(1000) / 100
    >>> tone = np.sin(2 * np.pi * 10 * time) + 5.0
    >>> group = nk.schema.activity(tone[:, None], names=["a"], rate=100.0)
    >>> passed = nk.signal.bandpass(group.signal, 5, 20)
    >>> bool(np.abs(passed.values.ravel() - (tone - 5))[200:-200].max() < 0.01)
    True
    """
    return _filtered(x, filter_rows, "signal.bandpass", low, high, order)


def envelope(x: RecordingOrArray, low: float, high: float, *, order: int = 4) -> RecordingOrArray:
    """Amplitude of a band: |x_b + i H x_b|, x_b the band-passed signal, H the Hilbert transform.

    Parameters
    ----------
    x : recording or DataArray
        Regular in time. Of a recording, the signal of ``/activity`` is taken.
    low : float
        Lower edge of the band, Hz.
    high : float
        Upper edge of the band, Hz.
    order : int, default 4
        Order of the Butterworth filter before it is applied twice.

    Returns
    -------
    same type as `x`
        Same dims, units and float type; not negative. Gaps, runs and trials as in `bandpass`.

    Raises
    ------
    OptionError
        If an edge is not between 0 and half the sampling rate, or `low` is not below `high`.
    TimeError
        If time is irregular or no run is as long as one period of `low`.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> time = np.arange(1000) / 100
    >>> tone = 3 * np.sin(2 * np.pi * 10 * time)
    >>> group = nk.schema.activity(tone[:, None], names=["a"], rate=100.0)
    >>> float(nk.signal.envelope(group.signal, 5, 20)[500, 0].round(2))
    3.0
    """
    if low is None or high is None:
        raise OptionError(
            f"found low = {low}, high = {high}",
            where="low, high",
            mend="An envelope needs both edges of its band, in Hz.",
        )
    return _filtered(x, envelope_rows, "signal.envelope", low, high, order)


def _filtered(
    x: RecordingOrArray,
    core: Callable[..., Array],
    name: str,
    low: float | None,
    high: float | None,
    order: int,
) -> RecordingOrArray:
    def step(signal: xr.DataArray) -> xr.DataArray:
        rate = sampling_rate(signal)
        sections = design(low, high, rate, order)
        slowest = low if low is not None else high
        assert slowest is not None
        pieces = _long_enough(signal, partial(core, sections=sections), rate / slowest, slowest)
        return labelled(map_rows(signal, piecewise(pieces)), signal)

    parameters: dict[str, Any] = {"low": low, "high": high, "order": order}
    return apply_step(x, step, name, parameters)


def _long_enough(
    signal: xr.DataArray, core: Core, n_needed: float, slowest: float
) -> list[tuple[slice, Core]]:
    time = np.asarray(signal["time"].values, dtype=np.float64)
    stretches = runs(signal)
    longest = max(run.stop - run.start for run in stretches)
    if longest < n_needed:
        raise TimeError(
            f"the longest run has {longest} samples, one period of {slowest:g} Hz has "
            f"{n_needed:.0f}",
            where="signal",
            mend="Filter before cutting into epochs, or choose a higher frequency.",
        )
    return [
        (run, bridging(core, time[run]) if run.stop - run.start >= n_needed else _nowhere)
        for run in stretches
    ]


def _nowhere(rows: Array) -> Array:
    return np.full_like(rows, np.nan)
