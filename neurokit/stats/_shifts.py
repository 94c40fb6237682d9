"""Circular shifts within runs, and the correlation at many shifts at once by FFT.

Array layer: no xarray. Used by circular_shift_test.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Series per FFT batch: 2^22 samples of complex128 stay below 100 MB.
BATCH_SAMPLES = 2**22


def draw_shifts(
    lengths: Sequence[int], minimum: int, n_shifts: int, rng: np.random.Generator
) -> IntArray:
    """Draw a shift per run, uniform over ``minimum .. length - minimum``.

    Parameters
    ----------
    lengths : sequence of int
        Samples per run, each at least ``2 * minimum``.
    minimum : int
        Shortest shift in either direction, at least 1.
    n_shifts : int
        How many to draw; all of them, each once, if there are no more.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    (n_draws, n_runs) ndarray of int64
        Shifts; without repetition for one run.
    """
    allowed = [range(minimum, n - minimum + 1) for n in lengths]
    if math.prod(len(shifts) for shifts in allowed) <= n_shifts:
        return np.array(list(itertools.product(*allowed)), dtype=np.int64)
    if len(allowed) == 1:
        drawn = rng.choice(len(allowed[0]), size=n_shifts, replace=False)
        return np.asarray(minimum + drawn[:, None], dtype=np.int64)
    columns = [rng.integers(r.start, r.stop, size=n_shifts) for r in allowed]
    return np.stack(columns, axis=1)


def roll(y: NDArray[Any], runs: Sequence[slice], shift: IntArray) -> NDArray[Any]:
    """Shift each run of `y` circularly: ``out[start + (t + s) % n] = y[start + t]``.

    Parameters
    ----------
    y : (n_samples, ...) ndarray
        Values.
    runs : sequence of slice
        Stretches that cover the axis.
    shift : (n_runs,) ndarray of int
        Samples.

    Returns
    -------
    ndarray
        As `y`.
    """
    parts = [np.roll(y[r], s, axis=0) for r, s in zip(runs, shift, strict=True)]
    rolled: NDArray[Any] = np.concatenate(parts)
    return rolled


def shifted_correlation(
    x: FloatArray, y: FloatArray, runs: Sequence[slice], shifts: IntArray
) -> FloatArray:
    """Pearson correlation of `x` with each circular shift of `y`, over all runs together.

    Parameters
    ----------
    x, y : (n_samples, n_series) ndarray of float64
        Pairs of series; NaN are left out pair by pair, shifted along with their series.
    runs : sequence of slice
        Stretches that cover the axis.
    shifts : (n_shifts, n_runs) ndarray of int
        Samples.

    Returns
    -------
    (n_shifts, n_series) ndarray of float64
        NaN where a series is constant.
    """
    step = max(1, BATCH_SAMPLES // x.shape[0])
    parts = [
        _correlation(x[:, i : i + step], y[:, i : i + step], runs, shifts)
        for i in range(0, x.shape[1], step)
    ]
    return np.concatenate(parts, axis=1) if parts else np.empty((shifts.shape[0], 0))


def _correlation(
    x: FloatArray, y: FloatArray, runs: Sequence[slice], shifts: IntArray
) -> FloatArray:
    x, x_seen = _standard(x)
    y, y_seen = _standard(y)
    if x_seen.all() and y_seen.all():
        n = x.shape[0]
        # Means are 0 and mean squares 1 (or NaN for a constant).
        return np.asarray(np.clip(_products(x, y, runs, shifts) / n, -1.0, 1.0))
    seen_x, seen_y = x_seen.astype(np.float64), y_seen.astype(np.float64)
    count = np.rint(_products(seen_x, seen_y, runs, shifts))
    count = np.where(count > 1, count, np.nan)
    mean_x = _products(x, seen_y, runs, shifts) / count
    mean_y = _products(seen_x, y, runs, shifts) / count
    power_x = _products(x**2, seen_y, runs, shifts) / count - mean_x**2
    power_y = _products(seen_x, y**2, runs, shifts) / count - mean_y**2
    # A series that is constant where the other one is seen has no correlation.
    power_x, power_y = (np.where(power > 1e-12, power, np.nan) for power in (power_x, power_y))
    covariance = _products(x, y, runs, shifts) / count - mean_x * mean_y
    return np.asarray(np.clip(covariance / np.sqrt(power_x * power_y), -1.0, 1.0))


def _standard(x: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return z-scores with 0 where not seen, and what was seen."""
    seen = np.isfinite(x)
    count = np.maximum(seen.sum(axis=0), 1)
    centred = np.where(seen, x, 0.0)
    mean = centred.sum(axis=0) / count
    centred = np.where(seen, x - mean, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    # What rounding leaves of a constant is no variance.
    spread = np.where(spread > 1e-13 * np.abs(mean), spread, np.nan)
    return centred / spread, seen


def _products(x: FloatArray, y: FloatArray, runs: Sequence[slice], shifts: IntArray) -> FloatArray:
    """Sum over time of x[t] y[t - s], summed over runs, for each row of shifts."""
    total = np.zeros((shifts.shape[0], x.shape[1]))
    for column, run in enumerate(runs):
        n = run.stop - run.start
        spectrum = scipy.fft.rfft(x[run], axis=0) * scipy.fft.rfft(y[run], axis=0).conj()
        total += scipy.fft.irfft(spectrum, n, axis=0)[shifts[:, column] % n]
    return total
