"""Spectral densities: Parseval, sines at their place, the same as scipy's, however fed."""

import numpy as np
import pytest
from scipy import signal as scipy_signal

from neurokit.plot.density import PowerSpectrum, segment_length


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal((4000, 3))


@pytest.mark.parametrize("n_segment", [200, 201])
def test_it_equals_welch_of_scipy(noise, n_segment):
    spectrum = PowerSpectrum(100.0, n_segment, 3)
    spectrum.add(noise)
    frequency, density = scipy_signal.welch(
        noise, 100.0, nperseg=n_segment, noverlap=n_segment - n_segment // 2, axis=0
    )
    np.testing.assert_allclose(spectrum.frequency, frequency)
    np.testing.assert_allclose(spectrum.density(), density, rtol=1e-10)


def test_white_noise_of_variance_one_has_density_two_over_rate():
    # Over one side: variance / (rate / 2). 20000 samples give 199 segments, so 10 % is 1.4 sd
    # of one bin but ten sd of the mean over 99 bins.
    noise = np.random.default_rng(1).standard_normal((20_000, 1))
    spectrum = PowerSpectrum(50.0, 200, 1)
    spectrum.add(noise)
    assert spectrum.density()[1:-1].mean() == pytest.approx(2 / 50.0, rel=0.02)


def test_the_power_of_a_sine_is_half_its_squared_amplitude():
    time = np.arange(8000) / 200.0
    spectrum = PowerSpectrum(200.0, 400, 1)
    spectrum.add(3.0 * np.sin(2 * np.pi * 20.0 * time)[:, None])
    density = spectrum.density()[:, 0]
    resolution = 200.0 / 400
    assert density.sum() * resolution == pytest.approx(4.5, rel=1e-6)
    assert spectrum.frequency[density.argmax()] == 20.0


def test_blocks_give_what_the_whole_gives_where_no_segment_is_lost(noise):
    whole, parts = PowerSpectrum(100.0, 200, 3), PowerSpectrum(100.0, 200, 3)
    whole.add(noise[:200])
    whole.add(noise[200:400])
    for start in (0, 200):
        parts.add(noise[start : start + 200])
    np.testing.assert_array_equal(whole.density(), parts.density())


def test_a_gap_costs_its_own_channel_its_own_segments(noise):
    gappy = noise.copy()
    gappy[50, 1] = np.nan
    clean, holed = PowerSpectrum(100.0, 200, 3), PowerSpectrum(100.0, 200, 3)
    clean.add(noise)
    holed.add(gappy)
    np.testing.assert_array_equal(clean.density()[:, [0, 2]], holed.density()[:, [0, 2]])
    later = PowerSpectrum(100.0, 200, 3)
    later.add(noise[100:])  # the first segment, samples 0 to 199, is the only one with the gap
    np.testing.assert_allclose(holed.density()[:, 1], later.density()[:, 1], rtol=1e-12)


def test_a_channel_that_was_never_observed_has_no_spectrum(noise):
    noise[:, 2] = np.nan
    spectrum = PowerSpectrum(100.0, 200, 3)
    spectrum.add(noise)
    assert np.isnan(spectrum.density()[:, 2]).all()
    assert np.isfinite(spectrum.density()[:, :2]).all()


def test_a_block_shorter_than_a_segment_is_passed_over(noise):
    spectrum = PowerSpectrum(100.0, 200, 3)
    spectrum.add(noise[:199])
    assert np.isnan(spectrum.density()).all()


def test_femtotesla_do_not_underflow():
    noise = (1e-15 * np.random.default_rng(0).standard_normal((1000, 1))).astype(np.float32)
    spectrum = PowerSpectrum(100.0, 100, 1)
    spectrum.add(noise)
    assert spectrum.density()[1:-1].mean() == pytest.approx(2e-32, rel=0.2)


def test_an_offset_is_no_power():
    spectrum = PowerSpectrum(100.0, 100, 1)
    spectrum.add(np.full((1000, 1), 7.0))
    np.testing.assert_allclose(spectrum.density(), 0, atol=1e-25)


@pytest.mark.parametrize(
    ("rate", "n", "expected"), [(100.0, 10_000, 200), (100.0, 50, 50), (0.1, 100, 2), (3.0, 1, 2)]
)
def test_segments_last_two_seconds_where_there_are_so_many(rate, n, expected):
    assert segment_length(rate, n) == expected
