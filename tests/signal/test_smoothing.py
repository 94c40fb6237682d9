"""smooth and derivative on labelled signals: widths are in seconds, units follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal

from neurokit import schema
from neurokit.errors import TimeError
from neurokit.signal import derivative, smooth
from neurokit.signal.smoothing import _per_second

Maker = Callable[..., Any]


@pytest.mark.parametrize("rate", [5.0, 20.0, 100.0])
def test_a_width_in_seconds_smooths_alike_at_every_rate(rate: float, traces: Maker) -> None:
    time = np.arange(int(60 * rate)) / rate
    out = smooth(traces(np.sin(2 * np.pi * 0.1 * time), rate=rate), 1.0)
    middle = out.sel(time=slice(10, 50))
    gain = np.exp(-0.5 * (2 * np.pi * 0.1) ** 2)
    expected = gain * np.sin(2 * np.pi * 0.1 * middle["time"].values)
    np.testing.assert_allclose(middle.values[:, 0], expected, atol=2e-4)


def test_noise_keeps_its_mean_at_the_edges(traces: Maker) -> None:
    # Zero padding would halve the first sample of a constant.
    out = smooth(traces(np.full(50, 8.0)), 0.7)
    assert (out.values == 8.0).all()


def test_a_gap_stays_a_gap_and_hides_nothing_around_it(traces: Maker) -> None:
    values = np.ones(40)
    values[10:20] = np.nan
    for causal in (False, True):
        out = smooth(traces(values), 1.0, causal=causal).values[:, 0]
        assert np.array_equal(np.isnan(out), np.isnan(values))
        assert (out[~np.isnan(out)] == 1.0).all()


def test_causal_smoothing_answers_an_impulse_only_afterwards(traces: Maker) -> None:
    impulse = np.zeros(60)
    impulse[30] = 1.0
    out = smooth(traces(impulse), 0.5, causal=True).values[:, 0]
    assert (out[:30] == 0).all()
    assert (np.diff(out[30:50]) < 0).all()
    # Half a Gaussian, the present in full.
    weights = np.exp(-0.5 * (np.arange(21) / 5.0) ** 2)
    np.testing.assert_allclose(out[30:51], weights / weights.sum(), atol=1e-12)


def test_smoothing_twice_is_smoothing_once_by_the_root_of_the_squares(traces: Maker) -> None:
    x = traces(np.random.default_rng(0).standard_normal(600))
    twice = smooth(smooth(x, 0.6), 0.8).values[100:-100]
    np.testing.assert_allclose(twice, smooth(x, 1.0).values[100:-100], atol=1e-3)


def test_units_of_a_smoothed_signal_stay(traces: Maker) -> None:
    assert smooth(traces(np.zeros(20), units="mV"), 0.5).attrs["units"] == "mV"


@settings(deadline=None, max_examples=30)
@given(st.floats(-100, 100), st.floats(-1e3, 1e3), st.floats(0.02, 5.0), st.integers(2, 60))
def test_the_derivative_of_a_ramp_is_its_slope_per_second_at_every_sample(
    slope: float, offset: float, seconds: float, n_times: int
) -> None:
    rate = 7.0
    values = offset + slope * np.arange(n_times) / rate
    x = schema.activity(values[:, None], names=["a"], rate=rate)["signal"].astype(np.float64)
    exact = x.copy(data=values[:, None])
    np.testing.assert_allclose(derivative(exact, seconds).values, slope, atol=1e-6)


def test_the_derivative_of_a_sine_is_the_cosine_less_the_gaussians_gain(traces: Maker) -> None:
    rate, hertz, seconds = 100.0, 0.5, 0.2
    time = np.arange(2000) / rate
    omega = 2 * np.pi * hertz
    out = derivative(traces(np.sin(omega * time), rate=rate), seconds).values[200:-200, 0]
    gain = np.exp(-0.5 * (omega * seconds) ** 2)
    # The kernel cut off at 4 sd differs from the derivative of the Gaussian by 1e-3 of it.
    np.testing.assert_allclose(out, gain * omega * np.cos(omega * time[200:-200]), atol=5e-3)


def test_the_derivative_agrees_with_savitzky_golay_on_a_smooth_signal(traces: Maker) -> None:
    rate = 50.0
    time = np.arange(1000) / rate
    values = np.sin(2 * np.pi * 0.05 * time)
    oracle = scipy_signal.savgol_filter(values, 11, 2, deriv=1, delta=1 / rate)
    out = derivative(traces(values, rate=rate), 0.05).values[:, 0]
    np.testing.assert_allclose(out[10:-10], oracle[10:-10], atol=1e-3)


def test_the_derivative_of_a_ramp_with_holes_is_exact(traces: Maker) -> None:
    values = 3.0 * np.arange(60) / 10
    holes = values.copy()
    holes[[0, 1, 20, 21, 22, 40, 59]] = np.nan
    out = derivative(traces(holes), 0.5).values[:, 0]
    assert np.array_equal(np.isnan(out), np.isnan(holes))
    np.testing.assert_allclose(out[~np.isnan(out)], 3.0, atol=1e-10)


def test_a_run_of_one_sample_has_no_derivative(traces: Maker) -> None:
    x = traces(np.arange(10.0), run=[0] * 9 + [1])
    out = derivative(x, 1.0).values[:, 0]
    np.testing.assert_allclose(out[:9], 10.0, atol=1e-9)
    assert np.isnan(out[9])


@pytest.mark.parametrize(
    ("unit", "per_second"), [("V", "V s-1"), ("1", "s-1"), ("", "s-1"), ("T/m", "T/m s-1")]
)
def test_units_become_per_second(unit: str, per_second: str) -> None:
    assert _per_second(unit) == per_second


def test_the_unit_of_every_channel_becomes_per_second(traces: Maker) -> None:
    kinds = {"channel_type": ["EEG", "MEGMAG", "MISC"]}
    x = traces(np.zeros((20, 3)), space="channel", coords=kinds)
    out = derivative(x, 0.5)
    assert out["unit"].values.tolist() == ["V s-1", "T s-1", "s-1"]
    alike = derivative(traces(np.zeros((20, 2)), space="channel"), 0.5)
    assert alike.attrs["units"] == "V s-1"
    assert schema.require_one_unit(alike) == "V s-1"


def test_femtotesla_in_float32_keep_their_digits(traces: Maker) -> None:
    values = 1e-15 * np.random.default_rng(0).standard_normal(100)
    small = smooth(traces(values, dtype=np.float32), 0.3).values
    large = smooth(traces(1e15 * values, dtype=np.float32), 0.3).values
    np.testing.assert_allclose(1e15 * small.astype(np.float64), large, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("function", [smooth, derivative])
@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), "1 s"])
def test_a_width_that_is_no_duration_is_refused(
    function: Callable[..., Any], seconds: Any, traces: Maker
) -> None:
    with pytest.raises(TimeError, match="seconds: found"):
        function(traces(np.zeros(10)), seconds)


def test_the_history_says_what_was_asked(traces: Maker) -> None:
    step = schema.as_history(smooth(traces(np.zeros(10)), 1, causal=True))[0]
    assert step["function"] == "signal.smooth"
    assert step["parameters"] == {"seconds": 1.0, "causal": True}
