"""How long a series remembers: the integrated autocorrelation time.

Sokal 1997, doi:10.1007/978-1-4899-0319-8_6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import scipy.fft
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.stats._axes import labelled, sample_axis

FloatArray = NDArray[np.float64]

# Sokal's window: sum up to the first lag that is this many times the sum so far.
WINDOW = 5.0


def autocorrelation(x: FloatArray, runs: Sequence[slice]) -> FloatArray:
    """rho[k] = sum_t z[t] z[t + k] / sum_t z[t]^2, no product across a run's edge.

    Parameters
    ----------
    x : (n_samples, n_series) ndarray of float64
        NaN samples add nothing.
    runs : sequence of slice
        Stretches that cover the axis.

    Returns
    -------
    (longest run, n_series) ndarray of float64
        From lag 0 on; NaN for a constant series.
    """
    centred = x - _mean(x)
    centred = np.where(np.isnan(centred), 0.0, centred)
    longest = max(run.stop - run.start for run in runs)
    total = np.zeros((longest, x.shape[1]))
    for run in runs:
        part = centred[run]
        n = part.shape[0]
        size = scipy.fft.next_fast_len(2 * n - 1, real=True)  # padded, so that ends don't meet
        power = np.abs(scipy.fft.rfft(part, size, axis=0)) ** 2
        total[:n] += scipy.fft.irfft(power, size, axis=0)[:n]
    # What rounding leaves of a constant is no variance.
    spread = np.where(total[0] > 1e-20 * np.nansum(x**2, axis=0), total[0], np.nan)
    return np.asarray(total / spread, dtype=np.float64)


def _mean(x: FloatArray) -> FloatArray:
    count = np.maximum(np.isfinite(x).sum(axis=0), 1)
    return np.asarray(np.nansum(x, axis=0) / count, dtype=np.float64)


def integrated_time(x: FloatArray, runs: Sequence[slice]) -> FloatArray:
    """``tau = 1 + 2 sum_{k=1..M} rho[k]``, M the first lag with M >= 5 max_{m <= M} tau(m).

    Parameters
    ----------
    x : (n_samples, n_series) ndarray of float64
        Series.
    runs : sequence of slice
        Stretches that cover the axis.

    Returns
    -------
    (n_series,) ndarray of float64
        Samples; NaN for a constant series.
    """
    rho = autocorrelation(x, runs)
    tau = 2.0 * np.cumsum(rho, axis=0) - 1.0
    # The largest sum so far, because that of a rhythm dips to 0 after half a period, long before
    # what is slow beneath the rhythm has been seen.
    closed = np.arange(rho.shape[0])[:, None] >= WINDOW * np.maximum.accumulate(tau, axis=0)
    # A series too short for its memory never closes the window: then all lags count.
    last = np.where(closed.any(axis=0), closed.argmax(axis=0), rho.shape[0] - 1)
    return np.asarray(tau[last, np.arange(x.shape[1])], dtype=np.float64)


@overload
def autocorrelation_time(x: xr.DataArray, dim: str = ...) -> xr.DataArray: ...
@overload
def autocorrelation_time(x: ArrayLike, dim: str = ...) -> FloatArray: ...
def autocorrelation_time(x: Any, dim: str = "time") -> xr.DataArray | FloatArray:
    """``tau = 1 + 2 sum_{k=1..M} rho[k]``: samples per independent sample of a series' mean.

    rho is the autocorrelation, M the first lag that is 5 times the largest sum so far. The mean
    of n samples is as uncertain as that of n / tau independent ones. White noise has tau = 1,
    an AR(1) process (1 + phi) / (1 - phi). Lags never cross a change of ``run``.

    Parameters
    ----------
    x : DataArray or array_like, (n_samples, ...)
        Of a plain array the first axis is time. NaN samples are left out.
    dim : str, default "time"
        The dim of the samples.

    Returns
    -------
    DataArray or ndarray of float64
        Without `dim`; seconds if `dim` is ``time`` with a coordinate, else samples. NaN for a
        constant series.

    Raises
    ------
    TimeError
        If time is irregular.
    LabelError
        If `x` has no dim `dim`.

    References
    ----------
    Sokal (1997), Monte Carlo methods in statistical mechanics,
    doi:10.1007/978-1-4899-0319-8_6.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> bool(0.9 < autocorrelation_time(rng.normal(size=10_000)) < 1.1)
    True
    """
    array = labelled(x, dim, "x")
    axis = sample_axis(array)
    values = np.asarray(array.values, dtype=np.float64)
    tau = integrated_time(values.reshape(axis.n, -1), axis.runs).reshape(values.shape[1:])
    tau = np.asarray(axis.to_units(tau))
    if not isinstance(x, xr.DataArray):
        return tau
    out = array.isel({dim: 0}, drop=True).copy(data=tau).rename("autocorrelation_time")
    return out.assign_attrs(units="s" if axis.rate else "1")


def typical_memory(x: FloatArray, runs: Sequence[slice]) -> float:
    """Return an integrated time in samples that fits almost all of several series.

    Parameters
    ----------
    x : (n_samples, n_series) ndarray of float64
        Series.
    runs : sequence of slice
        Stretches that cover the axis.

    Returns
    -------
    float
        The 90th percentile over series, at least 1: the largest would be ruled by the scatter
        of the estimate, the median would be too short for half of the series.
    """
    tau = integrated_time(x, runs)
    tau = tau[np.isfinite(tau)]
    return max(1.0, float(np.quantile(tau, 0.9))) if tau.size else 1.0


def joint_memory(x: FloatArray, y: FloatArray, runs: Sequence[slice]) -> float:
    """Return the integrated time of products of unrelated series: rho = mean rho_x * mean rho_y.

    It is what the n samples of a relation between `x` and `y` are worth: n / tau.

    Parameters
    ----------
    x, y : (n_samples, n_series) ndarray of float64
        Two sets of series.
    runs : sequence of slice
        Stretches that cover the axis.

    Returns
    -------
    float
        Samples, at least 1.
    """
    rho = _typical(autocorrelation(x, runs)) * _typical(autocorrelation(y, runs))
    tau = 2.0 * np.cumsum(rho) - 1.0
    closed = np.arange(rho.size) >= WINDOW * np.maximum.accumulate(tau)
    return max(1.0, float(tau[closed.argmax() if closed.any() else -1]))


def _typical(rho: FloatArray) -> FloatArray:
    varies = np.isfinite(rho[0])
    return np.asarray(rho[:, varies].mean(axis=1) if varies.any() else np.eye(1, len(rho))[0])
