"""Smooth and differentiate with a Gaussian whose width is in seconds, whatever the rate."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.schema.select import RecordingOrArray
from neurokit.schema.time import runs, sampling_rate
from neurokit.signal.along_time import (
    apply_step,
    labelled,
    map_rows,
    piecewise,
    seconds_above_zero,
)
from neurokit.signal.kernels import slope_rows, smooth_rows

Array = npt.NDArray[np.float64]


def smooth(x: RecordingOrArray, seconds: float, causal: bool = False) -> RecordingOrArray:
    """Gaussian mean of the observed neighbours: y(t) = sum w x / sum w, w = exp(-lag^2 / 2 s^2).

    The weights are cut off at 4 standard deviations and divided by their sum over what is there,
    so that edges and gaps are exact: a constant stays that constant. NaN stays NaN and spreads
    nowhere. Runs and trials are smoothed one by one. dask arrays stay lazy, cut over neurons.

    Parameters
    ----------
    x : recording or DataArray
        Regular in time. Of a recording, the signal of ``/activity`` is smoothed.
    seconds : float
        Standard deviation s of the Gaussian.
    causal : bool, default False
        Only the past and the present sample: the half Gaussian (not an exponential), which lags
        by 0.8 `seconds` on average.

    Returns
    -------
    same type as `x`
        Same dims, units and float type.

    Raises
    ------
    TimeError
        If time is irregular or `seconds` is not positive.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(np.eye(9)[:, [4]], names=["AVAL"], rate=2.0)
    >>> nk.signal.smooth(group.signal, 0.5).values.ravel().round(2)[:5]
    array([0.  , 0.  , 0.05, 0.24, 0.4 ], dtype=float32)
    """
    width = seconds_above_zero("seconds", seconds)

    def step(signal: xr.DataArray) -> xr.DataArray:
        core = partial(smooth_rows, sigma=width * sampling_rate(signal), causal=causal)
        return labelled(map_rows(signal, piecewise([(r, core) for r in runs(signal)])), signal)

    return apply_step(x, step, "signal.smooth", {"seconds": width, "causal": causal})


def derivative(x: RecordingOrArray, seconds: float) -> RecordingOrArray:
    """Slope per second of the straight line fitted under a Gaussian weight around each sample.

    min over (a, b) of sum w(lag) (x(t + lag) - a - b lag)^2, y(t) = b, w = exp(-lag^2 / 2 s^2);
    away from edges this is the derivative-of-Gaussian filter. Exact on a ramp everywhere, edges
    and gaps included. NaN stays NaN and spreads nowhere; a sample without a second one within 4
    standard deviations is NaN. Runs and trials are taken one by one. dask arrays stay lazy.

    Parameters
    ----------
    x : recording or DataArray
        Regular in time. Of a recording, the signal of ``/activity`` is differentiated.
    seconds : float
        Standard deviation s of the weight; a quarter of a sample or less gives the central
        difference.

    Returns
    -------
    same type as `x`
        Same dims and float type; units per second (``V`` becomes ``V s-1``).

    Raises
    ------
    TimeError
        If time is irregular or `seconds` is not positive.

    References
    ----------
    .. [1] Fan and Gijbels (1996). Local Polynomial Modelling and Its Applications.
       doi:10.1201/9780203748725

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(3 * np.arange(6.0)[:, None], names=["AVAL"], rate=2.0)
    >>> nk.signal.derivative(group.signal, 1.0).values.ravel()
    array([6., 6., 6., 6., 6., 6.], dtype=float32)
    """
    width = seconds_above_zero("seconds", seconds)

    def step(signal: xr.DataArray) -> xr.DataArray:
        core = partial(_slope_per_second, width=width, rate=sampling_rate(signal))
        data = map_rows(signal, piecewise([(r, core) for r in runs(signal)]))
        return labelled(data, signal)

    return apply_step(x, step, "signal.derivative", {"seconds": width}, _per_second)


def _slope_per_second(rows: Array, *, width: float, rate: float) -> Array:
    return slope_rows(rows, width * rate) * rate


def _per_second(unit: str) -> str:
    return "s-1" if unit in ("1", "") else f"{unit} s-1"
