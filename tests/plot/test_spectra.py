"""Spectra: logarithmic axes, squared units per Hz, one line per channel and the median."""

import numpy as np
import pytest
import xarray as xr

from neurokit import plot
from neurokit.errors import SchemaError, TimeError, UnitsError


def thin(ax):
    return [line for line in ax.lines if line.get_label() != "median"]


def median(ax):
    (line,) = (line for line in ax.lines if line.get_label() == "median")
    return line


@pytest.fixture
def rec(build):
    time = np.arange(2000) / 100
    noise = np.random.default_rng(0).standard_normal((2000, 5))
    return build(1e-5 * (noise + 5 * np.sin(2 * np.pi * 10 * time)[:, None]))


def test_each_channel_is_a_line_and_the_median_another(rec):
    ax = plot.spectrum(rec)
    assert len(thin(ax)) == 5
    assert median(ax).get_linewidth() > thin(ax)[0].get_linewidth()


def test_axes_are_logarithmic_and_labelled(rec):
    ax = plot.spectrum(rec)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlabel() == "frequency (Hz)"
    assert ax.get_ylabel() == "power spectral density (µV²/Hz)"


def test_a_rhythm_of_ten_hertz_peaks_there(rec):
    line = median(plot.spectrum(rec))
    assert line.get_xdata()[line.get_ydata().argmax()] == 10.0


def test_values_are_in_the_unit_of_the_label(build):
    noise = 1e-5 * np.random.default_rng(0).standard_normal((20_000, 3))
    ax = plot.spectrum(build(noise))
    # White noise with a standard deviation of 10 µV at 100 Hz: 100 µV² over 50 Hz.
    assert ax.get_ylabel().endswith("(µV²/Hz)")
    assert np.median(median(ax).get_ydata()) == pytest.approx(2.0, rel=0.1)


def test_a_gradient_is_squared_as_a_whole(build):
    noise = 1e-11 * np.random.default_rng(0).standard_normal((500, 2))
    ax = plot.spectrum(build(noise, kinds=["MEGGRADPLANAR"] * 2))
    assert ax.get_ylabel() == "power spectral density ((pT/m)²/Hz)"


def test_numbers_without_a_unit_have_density_per_hertz(worm):
    noise = np.random.default_rng(0).standard_normal((500, 2))
    assert plot.spectrum(worm(noise)).get_ylabel() == "power spectral density (1/Hz)"


def test_two_units_are_refused(build):
    rec = build(np.random.default_rng(0).random((500, 2)), kinds=["MEGMAG", "MEGGRADPLANAR"])
    with pytest.raises(UnitsError, match="Pick types"):
        plot.spectrum(rec)


def test_irregular_time_has_no_spectrum(worm):
    time = np.cumsum(np.random.default_rng(0).uniform(0.2, 0.4, 100))
    with pytest.raises(TimeError, match="resample"):
        plot.spectrum(worm(np.zeros((100, 2)), time=time))


def test_densities_that_are_there_are_drawn(rec):
    from neurokit.report import quality

    _, spectrum = quality(rec)
    ready = plot.spectrum(spectrum.density)
    fresh = plot.spectrum(rec)
    np.testing.assert_allclose(median(ready).get_ydata(), median(fresh).get_ydata(), rtol=1e-5)
    assert ready.get_ylabel() == fresh.get_ylabel()


def test_frequency_zero_is_left_out(rec):
    assert median(plot.spectrum(rec)).get_xdata()[0] > 0


def test_flat_channels_are_no_lines(build):
    values = np.random.default_rng(0).standard_normal((500, 3))
    values[:, 1] = 0.0
    assert len(thin(plot.spectrum(build(values)))) == 2


def test_nothing_but_flat_channels_is_said(build):
    ax = plot.spectrum(build(np.zeros((500, 3))))
    assert ax.texts[0].get_text() == "no power anywhere"


def test_a_window_is_read_and_no_more(counted):
    rec, array = counted(100_000, 128)
    plot.spectrum(rec, start=100.0, stop=120.0, n_max=32)
    assert array.n_read == 2000 * 32


def test_no_segment_crosses_a_cut(worm):
    # A step between two runs has power at all frequencies, if a segment were to see it.
    noise = 1e-3 * np.random.default_rng(0).random((2000, 1))
    values = np.repeat([0.0, 1.0], 1000)[:, None] + noise
    with_cut = median(plot.spectrum(worm(values, run=np.repeat([0, 1], 1000)))).get_ydata()
    without = median(plot.spectrum(worm(values))).get_ydata()
    assert with_cut.max() < 1e-3 * without.max()


def test_single_samples_have_no_spectrum(build):
    with pytest.raises(SchemaError, match="two samples"):
        plot.spectrum(build(np.zeros((3, 1)), run=[0, 1, 2]))


def test_a_cut_recording_with_one_short_run_is_fine(build):
    values = np.random.default_rng(0).standard_normal((1000, 2))
    ax = plot.spectrum(build(values, run=np.repeat([0, 1], [997, 3])))
    assert len(thin(ax)) == 2


def test_a_signal_with_frequency_is_taken_as_densities():
    frequency = np.array([0.0, 1.0, 2.0, 4.0])
    density = xr.DataArray(
        [[1.0, 4.0, 2.0, 1.0]],
        {"neuron": ["a"], "frequency": frequency},
        ("neuron", "frequency"),
        attrs={"units": "1"},
    )
    assert median(plot.spectrum(density)).get_ydata().tolist() == [4.0, 2.0, 1.0]
