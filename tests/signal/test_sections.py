"""Butterworth sections: their response, their padding, their errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as scipy_signal

from neurokit.errors import OptionError
from neurokit.signal.sections import (
    check_band,
    design,
    envelope_rows,
    filter_rows,
    settling_samples,
)

bounded = settings(deadline=None, max_examples=25)

RATE = 200.0


def tone(hertz: float, seconds: float = 20.0, phase: float = 0.0) -> np.ndarray:
    return np.cos(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE + phase)[None]


def amplitude(rows: np.ndarray) -> float:
    inside = rows[:, rows.shape[1] // 4 : 3 * rows.shape[1] // 4]
    return float(inside.std() * np.sqrt(2))


@pytest.mark.parametrize(("low", "high"), [(5.0, 20.0), (None, 20.0), (5.0, None)])
def test_the_gain_at_an_edge_is_one_half(low: float | None, high: float | None) -> None:
    sections = design(low, high, RATE, 4)
    for edge in (low, high):
        if edge is not None:
            # -3 dB in each direction.
            assert amplitude(filter_rows(tone(edge), sections)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("hertz", [2.0, 9.0, 15.0, 40.0])
def test_the_gain_is_the_squared_response_of_the_sections(hertz: float) -> None:
    sections = design(5.0, 20.0, RATE, 4)
    response = scipy_signal.freqz_sos(sections, worN=[hertz], fs=RATE)[1]
    expected = float(np.abs(response[0]) ** 2)
    assert amplitude(filter_rows(tone(hertz), sections)) == pytest.approx(expected, abs=2e-3)


def test_a_lowpass_keeps_a_constant_and_a_highpass_removes_it() -> None:
    constant = np.full((1, 500), 3.0)
    np.testing.assert_allclose(filter_rows(constant, design(None, 10.0, RATE, 4)), 3.0, atol=1e-9)
    np.testing.assert_allclose(filter_rows(constant, design(1.0, None, RATE, 4)), 0.0, atol=1e-9)


def test_nothing_is_shifted_in_time() -> None:
    passed = filter_rows(tone(10.0, phase=0.7), design(5.0, 20.0, RATE, 4))
    inside = slice(1000, 3000)
    np.testing.assert_allclose(passed[0, inside], tone(10.0, phase=0.7)[0, inside], atol=5e-3)


@bounded
@given(st.integers(0, 1000))
def test_filtering_backwards_in_time_is_filtering(seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((1, 2000))
    sections = design(5.0, 20.0, RATE, 4)
    backwards = filter_rows(rows[:, ::-1], sections)[:, ::-1]
    inside = slice(500, 1500)
    np.testing.assert_allclose(
        backwards[0, inside], filter_rows(rows, sections)[0, inside], atol=1e-5
    )


def test_equals_scipys_filter_with_the_same_padding(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((2, 3000))
    sections = scipy_signal.butter(4, [5.0, 20.0], "bandpass", fs=RATE, output="sos")
    n_pad = settling_samples(sections)
    oracle = scipy_signal.sosfiltfilt(sections, rows, padlen=n_pad)
    np.testing.assert_allclose(filter_rows(rows, design(5.0, 20.0, RATE, 4)), oracle, atol=1e-12)


def test_padding_grows_with_the_slowest_time_constant() -> None:
    slow = settling_samples(design(0.1, None, RATE, 4))
    fast = settling_samples(design(10.0, None, RATE, 4))
    assert slow == pytest.approx(100 * fast, rel=0.3)


def test_the_impulse_response_has_decayed_after_the_padding() -> None:
    sections = design(1.0, 20.0, RATE, 4)
    impulse = np.zeros(4000)
    impulse[0] = 1.0
    response = np.abs(scipy_signal.sosfilt(sections, impulse))
    assert response[settling_samples(sections) :].max() < 0.02 * response.max()


@pytest.mark.parametrize("n_times", [1, 2, 5])
def test_a_record_shorter_than_the_padding_is_filtered_all_the_same(n_times: int) -> None:
    got = filter_rows(np.full((1, n_times), 2.0), design(None, 10.0, RATE, 4))
    np.testing.assert_allclose(got, 2.0, atol=1e-9)


@pytest.mark.parametrize("phase", [0.0, 1.0, 2.5])
def test_the_envelope_of_a_tone_is_its_amplitude_up_to_the_ends(phase: float) -> None:
    got = envelope_rows(3 * tone(10.0, phase=phase) + 100, design(5.0, 20.0, RATE, 4))
    np.testing.assert_allclose(got[0, 100:-100], 3.0, atol=0.04)
    # At the very ends the mirror image breaks the phase of the tone.
    assert np.abs(got - 3.0).max() < 3.0


def test_the_envelope_of_a_modulated_tone_is_the_modulation() -> None:
    time = np.arange(4000) / RATE
    modulation = 1 + 0.5 * np.sin(2 * np.pi * 0.5 * time)
    got = envelope_rows(modulation * tone(30.0), design(20.0, 40.0, RATE, 4))
    np.testing.assert_allclose(got[0, 200:-200], modulation[200:-200], atol=0.01)


def test_the_envelope_is_never_negative_and_scales_with_the_signal(
    rng: np.random.Generator,
) -> None:
    rows, sections = rng.standard_normal((2, 1001)), design(5.0, 20.0, RATE, 4)
    got = envelope_rows(rows, sections)
    assert (got >= 0).all()
    np.testing.assert_allclose(envelope_rows(-2 * rows, sections), 2 * got, atol=1e-9)


def test_a_row_does_not_depend_on_its_neighbours(rng: np.random.Generator) -> None:
    rows, sections = rng.standard_normal((5, 777)), design(5.0, 20.0, RATE, 4)
    for function in (filter_rows, envelope_rows):
        together = function(rows, sections)
        for i, row in enumerate(rows):
            assert np.array_equal(function(row[None], sections)[0], together[i])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (5.0, 100.0, "high: found 100 Hz, which is not between 0 and the Nyquist frequency 100 Hz"),
        (5.0, 300.0, "sampling rate 200 Hz"),
        (0.0, 20.0, "low: found 0 Hz"),
        (-1.0, None, "low: found -1 Hz"),
        (None, float("nan"), "high: found nan Hz"),
        (20.0, 5.0, "found low = 20 Hz and high = 5 Hz"),
        (20.0, 20.0, "found low = 20 Hz and high = 20 Hz"),
        (None, None, "both are None"),
    ],
)
def test_impossible_bands_are_named(low: float | None, high: float | None, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        check_band(low, high, RATE)
    assert said in str(caught.value)


@pytest.mark.parametrize("order", [0, -2])
def test_an_order_below_one_is_named(order: int) -> None:
    with pytest.raises(OptionError, match="order: found"):
        design(5.0, 20.0, RATE, order)
