"""Faults of the published worm pipeline, re-made and kept out (Simeon et al., its preprocessing).

b: a "moving" window of 15 that averages 8 samples, and widths in samples of each lab's own rate.
c: downsampled traces labelled with the left edge of their bin, 0.14 s before what they averaged.
l: a running standard deviation from a float32 sum of squares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurokit.signal import derivative, resample, scale, smooth

Maker = Callable[..., Any]


def centre_of(response: np.ndarray, time: np.ndarray) -> float:
    return float((response * time).sum() / response.sum())


@pytest.mark.parametrize("rate", [1.4, 2.8, 5.0, 10.0])
def test_b_the_kernel_is_symmetric_and_its_width_is_in_seconds(rate: float, traces: Maker) -> None:
    n_times = int(60 * rate) | 1
    impulse = np.zeros(n_times)
    impulse[n_times // 2] = 1.0
    out = smooth(traces(impulse, rate=rate), 1.5)
    time, response = out["time"].values, out.values[:, 0]
    np.testing.assert_allclose(response, response[::-1], atol=1e-15)
    assert centre_of(response, time) == pytest.approx(time[n_times // 2])
    spread = np.sqrt(centre_of(response, (time - time[n_times // 2]) ** 2))
    # The tails cut off at 4 sd take 0.05 % of the width.
    assert spread == pytest.approx(1.5, rel=2e-3)


def test_b_every_sample_within_reach_has_weight(traces: Maker) -> None:
    impulse = np.zeros(81)
    impulse[40] = 1.0
    used = np.flatnonzero(smooth(traces(impulse, rate=10.0), 0.5).values[:, 0])
    assert used.tolist() == list(range(20, 61))


def left_edge_mean(values: np.ndarray, time: np.ndarray, dt: float) -> tuple[Any, Any]:
    """What the pipeline does: interpolate to dt / 6, average 6, label with the first of them."""
    fine = np.arange(time[0], time[-1], dt / 6)
    fine = fine[: fine.size // 6 * 6]
    return fine[::6], np.interp(fine, time, values).reshape(-1, 6).mean(axis=1)


@pytest.mark.parametrize("method", ["sinc", "area"])
def test_c_labels_are_the_centres_of_what_was_averaged(method: str, traces: Maker) -> None:
    time = np.arange(600) / 10
    x = traces(time)
    labels, values = left_edge_mean(time, time, 1 / 3)
    assert (values - labels).mean() == pytest.approx(0.139, abs=1e-3)  # the fault
    out = resample(x, 3.0, method=method)
    np.testing.assert_allclose(out.values[:, 0], out["time"].values, atol=1e-6)


@pytest.mark.parametrize("method", ["sinc", "area"])
def test_c_a_transient_peaks_at_the_same_time_at_every_rate(method: str, traces: Maker) -> None:
    time = np.arange(1200) / 20
    x = traces(np.exp(-0.5 * ((time - 30.0) / 2.0) ** 2), rate=20.0)
    for rate in (1.0, 3.0, 7.3, 50.0):
        out = resample(x, rate, method=method)
        assert centre_of(out.values[:, 0], out["time"].values) == pytest.approx(30.0, abs=1e-3)


def test_c_a_slow_and_a_fast_lab_agree_after_resampling(traces: Maker) -> None:
    def record(rate: float) -> Any:
        time = np.arange(int(120 * rate)) / rate
        return resample(traces(np.sin(2 * np.pi * 0.1 * time), rate=rate), 3.0)

    slow, fast = record(1.5), record(12.0)
    n = min(slow.sizes["time"], fast.sizes["time"])
    # The left edge would be off by 2 pi 0.1 0.139 = 0.09.
    difference = np.abs(slow.values[:n] - fast.values[:n])[30:-30]
    assert difference.max() < 0.005


def float32_sum_of_squares(values: np.ndarray) -> np.ndarray:
    """What the pipeline does, in float32 throughout."""
    count = np.arange(1, values.size + 1, dtype=np.float32)
    mean = np.cumsum(values, dtype=np.float32) / count
    square = np.cumsum(values * values, dtype=np.float32) / count
    variance = np.maximum(square - mean * mean, np.float32(1e-8))
    return np.asarray((values - mean) / np.sqrt(variance))


@pytest.mark.parametrize(("spread", "needed"), [(20.0, 1e-6), (0.01, 1e-6)])
def test_l_the_running_spread_keeps_six_digits_in_float32(
    spread: float, needed: float, traces: Maker
) -> None:
    rng = np.random.default_rng(3)
    stored = (1000 + spread * rng.standard_normal(4000)).astype(np.float32)
    exact = stored.astype(np.float64)
    count = np.arange(1, 4001)
    mean = np.cumsum(exact - 1000) / count
    variance = np.cumsum((exact - 1000) ** 2) / count - mean**2
    expected = ((exact - 1000 - mean) / np.sqrt(np.maximum(variance, 1e-300)))[400:]
    out = scale(traces(stored, dtype=np.float32), "causal").values[400:, 0]
    assert np.abs(out - expected).max() < needed * np.abs(expected).max()
    theirs = float32_sum_of_squares(stored)[400:]
    assert np.abs(theirs - expected).max() > 1e-3  # the fault


@pytest.mark.parametrize("how", ["zscore", "robust"])
def test_l_whole_record_scaling_keeps_six_digits_in_float32(how: str, traces: Maker) -> None:
    rng = np.random.default_rng(4)
    stored = (1000 + 0.01 * rng.standard_normal(4001)).astype(np.float32)
    exact = scale(traces(stored.astype(np.float64) - 1000), how).values
    out = scale(traces(stored, dtype=np.float32), how).values
    np.testing.assert_allclose(out, exact, rtol=1e-6, atol=1e-6)


def test_a_derivative_on_a_jittered_record_is_taken_on_a_regular_one(traces: Maker) -> None:
    # np.gradient of float16 time divides by zero; here irregular time is made regular first.
    time = np.cumsum(np.random.default_rng(0).uniform(0.2, 0.4, 400))
    x = traces(np.sin(0.2 * time), rate=None, time=time)
    out = derivative(resample(x, 3.0), 0.5)
    expected = 0.2 * np.cos(0.2 * out["time"].values)
    np.testing.assert_allclose(out.values[5:-5, 0], expected[5:-5], atol=5e-3)
