"""Measures of quality: equal to numpy's on the whole, however the blocks fall."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.plot.density import PowerSpectrum
from neurokit.report.measures import ColumnStatistics, line_noise_share


def fed(values, time=None, edges=(), rate=10.0):
    """Return the statistics of `values`, fed in blocks that begin at `edges`."""
    time = np.arange(len(values)) / rate if time is None else time
    statistics = ColumnStatistics(values.shape[1])
    bounds = [0, *edges, len(values)]
    for first, last in itertools.pairwise(bounds):
        if last > first:
            statistics.add(time[first:last], values[first:last], continues=first > 0)
    return statistics


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    return rng.standard_normal((500, 4)) * [1, 10, 1e-6, 3] + [0, 1000, 0, -5]


@pytest.mark.parametrize("edges", [(), (1,), (250,), (3, 100, 101, 499)])
def test_moments_equal_those_of_numpy(values, edges):
    found = fed(values, edges=edges)
    np.testing.assert_allclose(found.means(), values.mean(axis=0), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.sd, values.std(axis=0), rtol=1e-12)
    low, high = found.range()
    np.testing.assert_array_equal(low, values.min(axis=0))
    np.testing.assert_array_equal(high, values.max(axis=0))


@pytest.mark.parametrize("edges", [(), (1,), (250,), (3, 100, 101, 499)])
def test_noise_is_the_root_of_half_the_mean_squared_step(values, edges):
    expected = np.sqrt((np.diff(values, axis=0) ** 2).mean(axis=0) / 2)
    np.testing.assert_allclose(fed(values, edges=edges).noise, expected, rtol=1e-12)


def test_noise_of_white_noise_is_its_standard_deviation():
    noise = np.random.default_rng(1).standard_normal((100_000, 1)) * 7
    # The estimator's relative standard error at this length is about 0.3 %.
    assert fed(noise).noise[0] == pytest.approx(7, rel=0.02)


@pytest.mark.parametrize("edges", [(), (1,), (77, 300)])
def test_the_slope_is_that_of_the_least_squares_line(values, edges):
    time = 1e4 + np.sort(np.random.default_rng(2).uniform(0, 50, 500))
    expected = np.polyfit(time - 1e4, values, 1)[0]
    np.testing.assert_allclose(fed(values, time, edges).slope, expected, rtol=1e-6)


def test_a_line_has_its_slope_exactly():
    time = np.arange(100) / 4
    found = fed((3 + 0.25 * time)[:, None], time, (33,))
    assert found.slope[0] == pytest.approx(0.25, rel=1e-12)


@pytest.mark.parametrize("edges", [(), (20,), (10, 11, 12, 30)])
def test_missing_values_are_left_out_of_everything(values, edges):
    values = values[:60]
    values[5:25, 1] = np.nan
    values[0, 2] = np.inf
    values[59, 3] = -np.inf
    found = fed(values, edges=edges)
    clean = np.where(np.isfinite(values), values, np.nan)
    np.testing.assert_allclose(found.means(), np.nanmean(clean, axis=0), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.sd, np.nanstd(clean, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.missing_share, np.isnan(clean).mean(axis=0))
    np.testing.assert_array_equal(found.range()[1], np.nanmax(clean, axis=0))
    steps = np.diff(clean, axis=0)
    np.testing.assert_allclose(found.noise, np.sqrt(np.nanmean(steps**2, axis=0) / 2), rtol=1e-12)
    time = np.arange(60) / 10
    for column in range(4):
        known = np.isfinite(clean[:, column])
        slope = np.polyfit(time[known], clean[known, column], 1)[0]
        assert found.slope[column] == pytest.approx(slope, rel=1e-9)


def test_what_was_never_observed_has_no_measures():
    found = fed(np.full((20, 2), np.nan))
    for measure in (found.means(), found.sd, found.noise, found.slope, *found.range()):
        assert np.isnan(measure).all()
    assert (found.missing_share == 1).all()
    assert not found.flat.any()


def test_a_column_observed_in_some_blocks_only_is_measured_there():
    values = np.full((30, 1), np.nan)
    values[10:20, 0] = np.arange(10)
    found = fed(values, edges=(10, 20))
    assert found.means()[0] == 4.5
    assert found.missing_share[0] == pytest.approx(2 / 3)
    assert found.slope[0] == pytest.approx(10.0)


def test_flat_means_observed_and_never_changing():
    values = np.stack([np.ones(10), np.arange(10.0), np.full(10, np.nan)], axis=1)
    values[3, 0] = np.nan
    assert fed(values, edges=(5,)).flat.tolist() == [True, False, False]


def test_a_step_over_a_cut_is_no_noise():
    values = np.array([[0.0], [0.0], [100.0], [100.0]])
    statistics = ColumnStatistics(1)
    statistics.add(np.array([0.0, 1.0]), values[:2], continues=False)
    statistics.add(np.array([50.0, 51.0]), values[2:], continues=False)
    assert statistics.noise[0] == 0.0
    assert fed(values, edges=(2,)).noise[0] > 0


def test_one_sample_has_a_mean_and_no_noise():
    found = fed(np.array([[3.0]]))
    assert found.means()[0] == 3.0
    assert found.sd[0] == 0.0
    assert np.isnan(found.noise[0])
    assert np.isnan(found.slope[0])


def test_small_signals_on_large_offsets_keep_their_digits():
    values = 1e6 + 1e-3 * np.random.default_rng(0).standard_normal((10_000, 1))
    found = fed(values, edges=range(100, 10_000, 100))
    assert found.sd[0] == pytest.approx(values.std(), rel=1e-6)


def test_femtotesla_in_float32_do_not_underflow():
    values = (1e-15 * np.random.default_rng(0).standard_normal((1000, 1))).astype(np.float32)
    assert fed(values).sd[0] == pytest.approx(1e-15, rel=0.1)


@settings(max_examples=50, deadline=None)
@given(
    n=st.integers(2, 60),
    cuts=st.lists(st.integers(1, 59), max_size=5),
    seed=st.integers(0, 2**32 - 1),
    missing=st.floats(0, 0.9),
)
def test_blocks_never_change_the_answer(n, cuts, seed, missing):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, 2)) * [1, 1e3] + [0, 5e3]
    values[rng.random((n, 2)) < missing] = np.nan
    edges = sorted({cut for cut in cuts if cut < n})
    whole, parts = fed(values), fed(values, edges=edges)
    for name in ("sd", "noise", "slope", "missing_share", "flat"):
        np.testing.assert_allclose(
            getattr(parts, name), getattr(whole, name), rtol=1e-7, atol=1e-9, err_msg=name
        )


def spectrum_of(values, rate):
    spectrum = PowerSpectrum(rate, int(2 * rate), values.shape[1])
    spectrum.add(values)
    return spectrum.frequency, spectrum.density()


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_hum_is_found_at_its_frequency_with_its_share(mains):
    rng = np.random.default_rng(0)
    time = np.arange(20_000) / 500.0
    noise = rng.standard_normal((20_000, 3))
    hum = np.sqrt(2 * 0.25 / 0.75) * np.sin(2 * np.pi * mains * time)
    share, found = line_noise_share(*spectrum_of(noise + hum[:, None], 500.0))
    assert found == mains
    # A quarter of the power; noise below 1 Hz is left out of the total, and 80 segments leave
    # the estimate an error of about one percent.
    np.testing.assert_allclose(share, 0.25, atol=0.02)


def test_white_noise_has_no_hum():
    noise = np.random.default_rng(0).standard_normal((50_000, 5))
    share, _ = line_noise_share(*spectrum_of(noise, 500.0))
    assert share.max() < 0.005


@pytest.mark.parametrize(("rate", "there"), [(100.0, False), (108.0, False), (110.0, True)])
def test_hum_is_looked_for_where_the_rate_shows_it(rate, there):
    noise = np.random.default_rng(0).standard_normal((5000, 1))
    assert (line_noise_share(*spectrum_of(noise, rate)) is not None) == there


def test_sixty_hertz_is_not_looked_for_beyond_the_rate():
    noise = np.random.default_rng(0).standard_normal((5000, 1))
    assert line_noise_share(*spectrum_of(noise, 120.0))[1] == 50.0


def test_too_coarse_a_resolution_gives_no_share():
    frequency = np.arange(0, 200, 4.0)
    assert line_noise_share(frequency, np.ones((50, 2))) is None


def test_a_channel_without_power_has_no_share():
    frequency = np.arange(0, 100, 0.5)
    density = np.ones((200, 2))
    density[:, 1] = 0
    share, _ = line_noise_share(frequency, density)
    assert share[0] == 0
    assert np.isnan(share[1])
