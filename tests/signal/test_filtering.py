"""bandpass and envelope on labelled signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mne
import numpy as np
import pytest

from neurokit import schema
from neurokit.errors import OptionError, TimeError
from neurokit.signal import bandpass, envelope

Maker = Callable[..., Any]
RATE = 100.0


def tones(*hertz: float, seconds: float = 20.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(sum(np.sin(2 * np.pi * f * time) for f in hertz))


def test_one_tone_of_three_is_left(traces: Maker) -> None:
    out = bandpass(traces(tones(1.0, 10.0, 35.0), rate=RATE), 6.0, 15.0).values[:, 0]
    np.testing.assert_allclose(out[300:-300], tones(10.0)[300:-300], atol=0.02)


@pytest.mark.parametrize(("low", "high", "left"), [(None, 5.0, 1.0), (5.0, None, 35.0)])
def test_an_open_side_lets_everything_pass(
    low: float | None, high: float | None, left: float, traces: Maker
) -> None:
    out = bandpass(traces(tones(1.0, 35.0), rate=RATE), low, high).values[:, 0]
    np.testing.assert_allclose(out[300:-300], tones(left)[300:-300], atol=0.01)


def test_agrees_with_mne_on_its_own_butterworth(traces: Maker, rng: np.random.Generator) -> None:
    values = rng.standard_normal(3000)
    oracle = mne.filter.filter_data(
        values,
        RATE,
        5.0,
        15.0,
        method="iir",
        iir_params={"order": 4, "ftype": "butter", "output": "sos"},
        phase="zero",
        verbose="error",
    )
    out = bandpass(traces(values, rate=RATE), 5.0, 15.0).values[:, 0]
    # The paddings differ, so the ends do.
    np.testing.assert_allclose(out[300:-300], oracle[300:-300], atol=1e-4)


def test_float32_is_filtered_in_float64(traces: Maker, rng: np.random.Generator) -> None:
    values = (1e4 + rng.standard_normal(3000)).astype(np.float32)
    out = bandpass(traces(values, rate=RATE, dtype=np.float32), 0.05, 20.0).values
    exact = bandpass(traces(values, rate=RATE), 0.05, 20.0).values
    np.testing.assert_allclose(out, exact, atol=1e-6)


def test_gaps_are_nan_again_and_the_rest_is_close_to_what_it_was(traces: Maker) -> None:
    whole = tones(10.0)
    holes = whole.copy()
    holes[1000:1010] = np.nan
    out = bandpass(traces(holes, rate=RATE), 6.0, 15.0).values[:, 0]
    assert np.array_equal(np.isnan(out), np.isnan(holes))
    # Beyond three periods of the lower edge the bridge is not felt.
    away = np.r_[300:950, 1060:1700]
    np.testing.assert_allclose(out[away], whole[away], atol=0.06)
    assert np.abs(out[300:900] - whole[300:900]).max() < 0.01


def test_a_channel_never_observed_stays_nan(traces: Maker) -> None:
    values = np.stack([tones(10.0), np.full(2000, np.nan)], axis=1)
    for function in (bandpass, envelope):
        out = function(traces(values, rate=RATE), 6.0, 15.0).values
        assert np.isnan(out[:, 1]).all()
        assert not np.isnan(out[:, 0]).any()


def test_a_run_shorter_than_a_period_is_nan_and_the_others_are_filtered(traces: Maker) -> None:
    x = traces(tones(10.0), rate=RATE, run=[0] * 1990 + [1] * 10)
    out = bandpass(x, 6.0, 15.0).values[:, 0]
    assert np.isnan(out[1990:]).all()
    assert not np.isnan(out[:1990]).any()


def test_only_runs_shorter_than_a_period_are_refused(traces: Maker) -> None:
    with pytest.raises(TimeError, match=r"one period of 0\.5 Hz has 200\. Filter before cutting"):
        bandpass(traces(np.zeros(100), rate=RATE), 0.5, 15.0)


def test_the_envelope_follows_the_amplitude(traces: Maker) -> None:
    time = np.arange(3000) / RATE
    strength = 2 + np.sin(2 * np.pi * 0.2 * time)
    carrier = strength * np.sin(2 * np.pi * 20 * time)
    out = envelope(traces(carrier, rate=RATE, units="mV"), 10.0, 30.0)
    np.testing.assert_allclose(out.values[100:-100, 0], strength[100:-100], atol=0.03)
    assert out.attrs["units"] == "mV"


def test_the_envelope_agrees_with_mne(traces: Maker, rng: np.random.Generator) -> None:
    x = traces(rng.standard_normal(4000), rate=RATE)
    info = mne.create_info(["a"], RATE, "eeg")
    raw = mne.io.RawArray(bandpass(x, 8.0, 12.0).values.T, info, verbose="error")
    oracle = raw.apply_hilbert(envelope=True, verbose="error").get_data()[0]
    out = envelope(x, 8.0, 12.0).values[:, 0]
    np.testing.assert_allclose(out[200:-200], oracle[200:-200], atol=0.03)


@pytest.mark.parametrize("function", [bandpass, envelope])
@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (5.0, 50.0, "high: found 50 Hz,.* Nyquist frequency 50 Hz"),
        (60.0, 70.0, "low: found 60 Hz"),
        (15.0, 5.0, "Give the lower frequency first"),
    ],
)
def test_an_impossible_band_is_named(
    function: Callable[..., Any], low: float, high: float, said: str, traces: Maker
) -> None:
    with pytest.raises(OptionError, match=said):
        function(traces(np.zeros(1000), rate=RATE), low, high)


@pytest.mark.parametrize(("low", "high"), [(None, 10.0), (5.0, None)])
def test_an_envelope_needs_both_edges(low: Any, high: Any, traces: Maker) -> None:
    with pytest.raises(OptionError, match="needs both edges"):
        envelope(traces(np.zeros(1000), rate=RATE), low, high)


def test_a_higher_order_is_steeper(traces: Maker) -> None:
    x = traces(tones(18.0), rate=RATE)
    left = [float(bandpass(x, 6.0, 15.0, order=n).values[500:1500].std()) for n in (1, 2, 4)]
    assert left[0] > left[1] > left[2]


def test_the_history_says_what_was_asked(traces: Maker) -> None:
    step = schema.as_history(bandpass(traces(tones(10.0), rate=RATE), None, 20))[0]
    assert step["parameters"] == {"low": None, "high": 20, "order": 4}
