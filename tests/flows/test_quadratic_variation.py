"""The filter behind the Hurst exponent, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import OptionError, SchemaError
from neurokit.flows import hurst
from neurokit.flows.hurst_exponent import FILTER, variation


def _walk(seed=0, n=4000, series=1):
    return np.random.default_rng(seed).normal(size=(n, series)).cumsum(axis=0)


def test_the_filter_takes_out_levels_and_slopes_and_has_unit_norm():
    assert FILTER.sum() == pytest.approx(0.0, abs=1e-15)
    assert (FILTER * np.arange(4)).sum() == pytest.approx(0.0, abs=1e-15)
    assert (FILTER**2).sum() == pytest.approx(1.0)
    assert abs((FILTER * np.arange(4) ** 2).sum()) > 0.1


@settings(max_examples=20)
@given(st.integers(1, 7), st.floats(-5, 5), st.floats(-5, 5))
def test_a_straight_line_has_no_variation(dilation, level, slope):
    line = (level + slope * np.arange(100.0))[:, None]
    assert variation(line, dilation) < 1e-18 * (1 + (line**2).sum())


@settings(max_examples=15)
@given(st.integers(0, 1000), st.integers(1, 5))
def test_variation_is_the_mean_square_of_a_convolution(seed, dilation):
    x = _walk(seed, 200)[:, 0]
    taps = np.zeros(3 * dilation + 1)
    taps[::dilation] = FILTER
    out = np.convolve(x, taps[::-1], mode="valid")
    assert variation(x[:, None], dilation) == pytest.approx((out**2).mean(), rel=1e-10)


def test_series_add_up():
    x = _walk(1, 500, 3)
    alone = sum(variation(x[:, [k]], 2) for k in range(3))
    assert variation(x, 2) == pytest.approx(alone)


@settings(max_examples=15)
@given(st.integers(0, 1000), st.floats(1e-3, 1e3), st.floats(-10, 10), st.floats(-1, 1))
def test_scale_level_and_slope_change_nothing(seed, scale, level, slope):
    x = _walk(seed, 300)[:, 0]
    moved = scale * x + level + slope * np.arange(300.0)
    assert hurst(moved) == pytest.approx(hurst(x), abs=1e-6)


def test_a_walk_has_half_and_a_smooth_path_more():
    found = [hurst(_walk(seed)) for seed in range(10)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.03)
    smooth = _walk(0, 4000).cumsum(axis=0)
    assert hurst(smooth) > 0.9
    white = np.random.default_rng(0).normal(size=4000)
    assert hurst(white) < 0.1


def test_noise_is_told_from_the_path():
    walk = _walk(2, 20_000)[:, 0]
    noisy = walk + 2.0 * np.random.default_rng(3).normal(size=len(walk))
    assert hurst(noisy) < 0.35
    assert hurst(noisy, noise="white") == pytest.approx(0.5, abs=0.12)


def test_labelled_series_are_read_along_time():
    x = _walk(4, 300, 2)
    labelled = xr.DataArray(x.T, dims=("latent", "time"))
    assert hurst(labelled) == hurst(x)
    assert hurst(x, 0.01) == hurst(x)


def test_the_input_is_left_as_it_was():
    x = _walk(5, 300)
    before = x.copy()
    hurst(x)
    hurst(x, noise="white")
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (np.zeros(100), "never changes"),
        (np.arange(100.0), "never changes"),
        (np.full(100, np.nan), "NaN or infinities"),
        (np.r_[np.inf, np.zeros(99)], "NaN or infinities"),
        (np.zeros(15), "shape"),
        (np.zeros((2, 20, 3)), "shape"),
    ],
)
def test_what_has_no_exponent_is_refused_by_name(x, match):
    with pytest.raises(SchemaError, match=match):
        hurst(x)


def test_noise_asks_for_more_bins():
    with pytest.raises(SchemaError, match="256 bins"):
        hurst(_walk(0, 200), noise="white")


@pytest.mark.parametrize("bin_s", [0.0, -1.0, np.nan, np.inf])
def test_widths_are_above_0(bin_s):
    with pytest.raises(OptionError, match="bin_s"):
        hurst(_walk(0, 300), bin_s)


def test_unknown_noise_is_named():
    with pytest.raises(OptionError, match="noise"):
        hurst(_walk(0, 300), noise="pink")
