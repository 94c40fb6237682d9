"""The numbers of the pipeline of Simeon et al. 2024 (arXiv:2411.12091), faults included.

Pure arrays. Written from what its code does, not from the code itself; every fault is named in
`QUIRKS` and kept on purpose, so that published numbers can be reproduced and compared.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]
Single = NDArray[np.float32]

QUIRKS: dict[str, str] = {
    "half_precision": "times and traces are rounded to float16",
    "width_in_samples": "smoothing widths are in samples of each lab's own frame rate",
    "short_window": "a moving window of 15 samples averages 8 of them",
    "left_edge": "averages carry the time of their bin's left edge, 0.139 s early at 0.333 s",
    "nearest_label": "a label that is no name becomes the most similar free one",
    "stripped_name": "an animal whose number ends in 5 loses its labels",
    "random_slots": "traces without a name fill slots of other neurons, drawn at random",
    "zeros": "neurons that were not recorded are 0, which is the mean of a scaled trace",
    "imputed": "missing samples are predicted from all neurons and the whole record",
    "resampled_as_original": "an original clock given as a vector is the resampled one",
    "left_out": "animals of fewer than 600 frames or without a named neuron are left out",
    "single_precision_sums": "running variance is a difference of float32 sums of squares",
    "single_precision_clock": "clocks are rounded to float32 before their start is taken off",
}
"""What differs from a sound pipeline, by name; ``docs/worm.md`` has the story of each."""

SMOOTHERS = ("none", "moving", "gaussian", "exponential")
FEWEST_FRAMES = 600

_WINDOW = 15
_SIGMA = 5.0
_ALPHA = 0.5
_FINE_STEPS = 6
_VARIANCE_FLOOR = 1e-8
# Beyond this many standard deviations a Gaussian weight is nothing in float32.
_REACH = 14.0


@dataclass(frozen=True)
class Published:
    """One animal as the pipeline gives it.

    Parameters
    ----------
    time : (n,) float64
        Labels of the samples as computed, s.
    stored_time : (n,) float64
        The same after float16, as they are stored.
    traces, residual : (n, n_columns) float32
        Scaled traces, and their derivative (not scaled), after float16.
    original_time : (n,) or (n_frames,) float64
        What is stored as the original clock.
    """

    time: Array
    stored_time: Array
    traces: Single
    residual: Single
    original_time: Array


def published_animal(
    clock: Array, traces: Array, interval: float, smoother: str, scaler: str
) -> Published:
    """Derivative, smoothing, resampling, scaling and rounding, in the pipeline's order.

    Parameters
    ----------
    clock : (n_frames,)
        Seconds on the microscope's own clock.
    traces : (n_frames, n_columns)
        Fluorescence; NaN is imputed.
    interval : float
        Seconds between samples of the result.
    smoother : {"none", "moving", "gaussian", "exponential"}
        With the pipeline's default width.
    scaler : {"zscore", "causal"}
        Over the whole record, or over the past.

    Returns
    -------
    Published
        Of all columns; `simeon_labels.assign_slots` says which goes where.
    """
    seconds = single_precision_clock(clock)
    whole = imputed(traces)
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.gradient(whole, seconds, axis=0)
    time, resampled = resampled_rows(seconds, smoothed(whole, smoother), interval)
    _, slopes = resampled_rows(seconds, smoothed(residual, smoother), interval)
    scaled = causal_scores(resampled) if scaler == "causal" else standard_scores(resampled)
    return Published(
        time=time,
        stored_time=half_precision(time).astype(np.float64),
        traces=half_precision(scaled),
        residual=half_precision(slopes),
        original_time=stored_original_time(seconds, time),
    )


def half_precision(values: NDArray[Any]) -> Single:
    """Values rounded to float16, in float32: beyond 65504 they are infinite."""
    with np.errstate(over="ignore"):
        return values.astype(np.float16).astype(np.float32)


def single_precision_clock(clock: Array) -> Array:
    """Seconds since the first frame, after a rounding to float32 of the whole clock."""
    rounded = clock.astype(np.float32)
    return np.asarray(rounded - rounded[0], dtype=np.float64)


def stored_original_time(original: NDArray[Any], resampled: Array) -> Array:
    """What is stored as the original clock: of a vector, the resampled one."""
    if original.ndim == 1:
        return half_precision(resampled).astype(np.float64)
    return half_precision(original).astype(np.float64).ravel()


def imputed(traces: Array) -> Array:
    """NaN predicted from ten other neurons at the same time by a model of the whole record."""
    if not np.isnan(traces).any():
        return traces
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    # A trace that was never observed has nothing to be predicted by.
    observed = ~np.isnan(traces).all(axis=0)
    filled = np.zeros_like(traces)
    with warnings.catch_warnings():
        # Ten rounds are the pipeline's, settled or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        imputer = IterativeImputer(random_state=0, n_nearest_features=10)
        filled[:, observed] = imputer.fit_transform(traces[:, observed])
    return filled


def smoothed(traces: Array, smoother: str) -> Array:
    """Traces (frame, column) smoothed over past samples, whatever their rate."""
    if smoother == "moving":
        return _moving(traces, _WINDOW)
    if smoother == "gaussian":
        return _half_gaussian(traces, _SIGMA)
    if smoother == "exponential":
        start = (1 - _ALPHA) * traces[:1]
        return np.asarray(lfilter([_ALPHA], [1, _ALPHA - 1], traces, axis=0, zi=start)[0])
    return traces


def _moving(traces: Array, window: int) -> Array:
    """Mean of the present and the `window` // 2 samples before it, of 8 for a window of 15."""
    return _weighted_past(traces, np.ones(window // 2 + 1))


def _half_gaussian(traces: Array, sigma: float) -> Array:
    return _weighted_past(traces, np.exp(-0.5 * (np.arange(int(_REACH * sigma)) / sigma) ** 2))


def _weighted_past(traces: Array, weights: Array) -> Array:
    """sum_k w_k x(t - k) / sum of the w_k that there is a sample for."""
    total = np.zeros(traces.shape[0])
    total[: weights.size] = np.cumsum(weights)[: total.size]
    total[weights.size :] = weights.sum()
    return np.asarray(lfilter(weights, [1.0], traces, axis=0) / total[:, None])


def resampled_rows(seconds: Array, traces: Array, interval: float) -> tuple[Array, Single]:
    """Traces on samples `interval` apart: read off lines, or averaged over six finer samples.

    Returns
    -------
    time : (n,)
        Labels of the samples: of an average, the left edge of its bin.
    values : (n, n_columns)
        float32.
    """
    if interval < np.median(np.diff(seconds)):
        time = _steps(seconds, interval)
        return time - time[0], _read_off(time, seconds, traces)
    fine = _read_off(_steps(seconds, interval / _FINE_STEPS), seconds, traces)
    n = fine.shape[0] // _FINE_STEPS
    bins = fine[: n * _FINE_STEPS].reshape(n, _FINE_STEPS, -1)
    return interval * np.arange(n), bins.mean(axis=1)


def _steps(seconds: Array, interval: float) -> Array:
    return np.arange(seconds.min(), seconds.max(), interval)


def _read_off(time: Array, seconds: Array, traces: Array) -> Single:
    columns = [np.interp(time, seconds, column) for column in traces.T]
    return np.stack(columns, axis=1).astype(np.float32)


def standard_scores(traces: Single) -> Single:
    """(x - mean) / sd of the whole record; 0 where a trace is constant."""
    values = traces.astype(np.float64)
    spread = values.std(axis=0)
    constant = spread <= 10 * np.finfo(np.float64).eps * np.abs(values).max(axis=0, initial=0.0)
    scaled = (values - values.mean(axis=0)) / np.where(constant, 1.0, spread)
    return np.asarray(scaled, dtype=np.float32)


def causal_scores(traces: Single) -> Single:
    """(x - mean so far) / sd so far, the sd from float32 sums of squares with a floor of 1e-4."""
    count = np.arange(1, traces.shape[0] + 1)[:, None]
    mean = np.cumsum(traces, axis=0, dtype=np.float32) / count
    square = np.cumsum(traces**2, axis=0, dtype=np.float32) / count
    spread = np.sqrt(np.maximum(square - mean**2, _VARIANCE_FLOOR))
    return np.asarray((traces - mean) / spread, dtype=np.float32)
