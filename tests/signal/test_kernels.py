"""Gaussian means and slopes against loops over samples, and against scipy.ndimage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from neurokit.signal import kernels
from neurokit.signal.kernels import correlate, gaussian, slope_rows, smooth_rows

bounded = settings(deadline=None, max_examples=25)

rows_of_numbers = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 3), st.integers(1, 30)), elements=st.floats(-100, 100)
)
widths = st.floats(0.3, 6.0)


def brute_mean(row: np.ndarray, sigma: float, causal: bool) -> np.ndarray:
    reach = int(np.ceil(4 * sigma))
    result = np.full(row.size, np.nan)
    for t in range(row.size):
        if np.isnan(row[t]):
            continue
        total = weighted = 0.0
        for s in range(max(0, t - reach), min(row.size, t + reach + 1)):
            if np.isnan(row[s]) or (causal and s > t):
                continue
            weight = np.exp(-((s - t) ** 2) / (2 * sigma**2))
            total, weighted = total + weight, weighted + weight * row[s]
        result[t] = weighted / total
    return result


def brute_slope(row: np.ndarray, sigma: float) -> np.ndarray:
    reach = int(np.ceil(4 * sigma))
    result = np.full(row.size, np.nan)
    index = np.arange(row.size)
    for t in range(row.size):
        near = (np.abs(index - t) <= reach) & ~np.isnan(row)
        if np.isnan(row[t]) or near.sum() < 2:
            continue
        weight = np.exp(-((index[near] - t) ** 2) / (2 * sigma**2))
        result[t] = np.polyfit(index[near] - t, row[near], 1, w=np.sqrt(weight))[0]
    return result


def with_gaps(rows: np.ndarray, seed: int, share: float = 0.3) -> np.ndarray:
    holes = np.random.default_rng(seed).random(rows.shape) < share
    return np.where(holes, np.nan, rows)


def test_weights_are_the_gaussian_and_reach_four_standard_deviations() -> None:
    lags, weights = gaussian(2.5)
    assert lags.tolist() == list(range(-10, 11))
    np.testing.assert_allclose(weights, np.exp(-(lags**2) / 12.5))


def test_causal_weights_have_no_future() -> None:
    lags, weights = gaussian(2.0, causal=True)
    assert (weights[lags > 0] == 0).all()
    assert (weights[lags <= 0] > 0).all()


@pytest.mark.parametrize("n_weights", [1, 3, 41, 65, 67, 201])
@pytest.mark.parametrize("n_times", [1, 2, 50, 500])
def test_direct_and_fast_correlation_are_the_sum_over_lags(n_weights: int, n_times: int) -> None:
    rng = np.random.default_rng(n_weights * n_times)
    rows, weights = rng.standard_normal((2, n_times)), rng.standard_normal(n_weights)
    reach = n_weights // 2
    padded = np.pad(rows, ((0, 0), (reach, reach)))
    expected = [[row[t : t + n_weights] @ weights for t in range(n_times)] for row in padded]
    np.testing.assert_allclose(correlate(rows, weights), expected, atol=1e-11)


def test_correlation_of_no_rows_is_no_rows() -> None:
    assert correlate(np.empty((0, 40)), np.ones(101)).shape == (0, 40)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.7, 12.0])
def test_mean_equals_the_loop(sigma: float, causal: bool, rng: np.random.Generator) -> None:
    rows = with_gaps(rng.standard_normal((3, 60)), seed=1)
    expected = np.stack([brute_mean(row, sigma, causal) for row in rows])
    np.testing.assert_allclose(smooth_rows(rows, sigma, causal=causal), expected, atol=1e-12)


@pytest.mark.parametrize("sigma", [0.6, 1.0, 3.7, 12.0])
def test_slope_equals_the_fitted_line(sigma: float, rng: np.random.Generator) -> None:
    rows = with_gaps(rng.standard_normal((3, 60)), seed=2)
    expected = np.stack([brute_slope(row, sigma) for row in rows])
    np.testing.assert_allclose(slope_rows(rows, sigma), expected, atol=1e-9)


def test_away_from_edges_the_mean_is_scipys_gaussian_filter(rng: np.random.Generator) -> None:
    row = rng.standard_normal((1, 200))
    oracle = ndimage.gaussian_filter1d(row, 3.0, axis=-1, truncate=4.0)
    np.testing.assert_allclose(smooth_rows(row, 3.0)[:, 12:-12], oracle[:, 12:-12], atol=1e-12)


def test_away_from_edges_the_slope_is_scipys_derivative_of_gaussian(
    rng: np.random.Generator,
) -> None:
    row = rng.standard_normal((1, 300))
    oracle = ndimage.gaussian_filter1d(row, 5.0, axis=-1, order=1, truncate=4.0)
    # scipy's cut-off kernel is not exact on ramps: its gain is short by the tails, 1e-3.
    np.testing.assert_allclose(slope_rows(row, 5.0)[:, 20:-20], oracle[:, 20:-20], atol=2e-3)


@pytest.mark.parametrize("sigma", [2.0, 30.0])
def test_an_impulse_gives_back_the_kernel(sigma: float) -> None:
    rows = np.zeros((1, 601))
    rows[0, 300] = 1.0
    lags, weights = gaussian(sigma)
    reach = int(lags[-1])
    response = smooth_rows(rows, sigma)[0, 300 - reach : 301 + reach]
    np.testing.assert_allclose(response, weights / weights.sum(), atol=1e-12)


@pytest.mark.parametrize("n_per_period", [20, 50, 200])
def test_a_sine_is_attenuated_as_the_gaussian_says(n_per_period: int) -> None:
    sigma, omega = 4.0, 2 * np.pi / n_per_period
    sine = np.sin(omega * np.arange(1000.0))[None]
    smoothed = smooth_rows(sine, sigma)[0, 200:800]
    gain = np.exp(-0.5 * (omega * sigma) ** 2)
    # The tails cut off at 4 sd hold 6e-5.
    np.testing.assert_allclose(smoothed, gain * sine[0, 200:800], atol=2e-4)


@bounded
@given(rows_of_numbers, widths, st.booleans())
def test_a_constant_stays_that_constant_bit_by_bit(
    rows: np.ndarray, sigma: float, causal: bool
) -> None:
    constant = np.broadcast_to(rows[:, :1], rows.shape).copy()
    assert np.array_equal(smooth_rows(constant, sigma, causal=causal), constant)


@bounded
@given(st.integers(2, 40), st.floats(0.05, 20), st.floats(-5, 5), st.integers(0, 1000))
def test_the_slope_of_a_ramp_is_exact_up_to_the_edges_and_gaps(
    n_times: int, sigma: float, slope: float, seed: int
) -> None:
    ramp = (1e3 + slope * np.arange(n_times))[None]
    rows = with_gaps(ramp, seed)
    got = slope_rows(rows, sigma)
    known = ~np.isnan(got)
    np.testing.assert_allclose(got[known], slope, atol=1e-7)
    reach = int(np.ceil(4 * max(sigma, kernels.NARROWEST_SLOPE)))
    observed = ~np.isnan(rows[0])
    for t in range(n_times):
        enough = observed[max(0, t - reach) : t + reach + 1].sum() > 1
        assert known[0, t] == (observed[t] and enough)


@bounded
@given(rows_of_numbers, widths, st.integers(0, 1000), st.booleans())
def test_nan_stays_where_it_was_and_spreads_nowhere(
    rows: np.ndarray, sigma: float, seed: int, causal: bool
) -> None:
    holes = with_gaps(rows, seed)
    assert np.array_equal(np.isnan(smooth_rows(holes, sigma, causal=causal)), np.isnan(holes))


@bounded
@given(rows_of_numbers, widths, st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 1000))
def test_mean_and_slope_are_linear(
    rows: np.ndarray, sigma: float, a: float, b: float, seed: int
) -> None:
    other = np.random.default_rng(seed).standard_normal(rows.shape)
    for function in (smooth_rows, slope_rows):
        together = function(a * rows + b * other, sigma)
        apart = a * function(rows, sigma) + b * function(other, sigma)
        np.testing.assert_allclose(together, apart, atol=1e-7)


@bounded
@given(rows_of_numbers, widths, st.integers(1, 5), st.booleans())
def test_shifted_input_gives_shifted_output_away_from_the_edges(
    rows: np.ndarray, sigma: float, shift: int, causal: bool
) -> None:
    reach = int(np.ceil(4 * sigma))
    padded = np.pad(rows, ((0, 0), (2 * reach, 2 * reach + 5)))
    moved = np.roll(padded, shift, axis=-1)
    here = smooth_rows(padded, sigma, causal=causal)
    there = smooth_rows(moved, sigma, causal=causal)
    inside = slice(reach, padded.shape[1] - reach - shift)
    np.testing.assert_allclose(
        here[:, inside], np.roll(there, -shift, axis=-1)[:, inside], atol=1e-9
    )


@bounded
@given(rows_of_numbers, widths)
def test_a_mean_lies_between_the_extremes(rows: np.ndarray, sigma: float) -> None:
    smoothed = smooth_rows(rows, sigma)
    assert (smoothed <= rows.max(axis=1, keepdims=True) + 1e-9).all()
    assert (smoothed >= rows.min(axis=1, keepdims=True) - 1e-9).all()


@pytest.mark.parametrize("sigma", [3.0, 40.0])
def test_the_causal_mean_knows_nothing_of_the_future(
    sigma: float, rng: np.random.Generator
) -> None:
    rows = rng.standard_normal((1, 400))
    changed = rows.copy()
    changed[0, 250:] += 100.0
    before = smooth_rows(rows, sigma, causal=True)[0, :250]
    after = smooth_rows(changed, sigma, causal=True)[0, :250]
    # 40 samples go through the FFT, whose rounding touches its whole block.
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-12)
    if sigma == 3.0:
        assert np.array_equal(after, before)


def test_the_causal_mean_lags_by_the_mean_of_the_half_gaussian() -> None:
    sigma = 50.0
    ramp = np.arange(2000.0)[None]
    lag = ramp[0, -1] - smooth_rows(ramp, sigma, causal=True)[0, -1]
    # E|N(0, sigma)| = sigma sqrt(2 / pi); half a sample because the present counts in full.
    assert lag == pytest.approx(sigma * np.sqrt(2 / np.pi), abs=0.5)


def test_a_large_offset_costs_no_digits(rng: np.random.Generator) -> None:
    wiggle = rng.standard_normal((1, 300))
    for function, sigma in [(smooth_rows, 4.0), (slope_rows, 4.0), (slope_rows, 40.0)]:
        offset = 0.0 if function is slope_rows else 1e6
        got = function(wiggle + 1e6, sigma) - offset
        np.testing.assert_allclose(got, function(wiggle, sigma), atol=1e-9)


def test_a_lonely_sample_has_a_mean_and_no_slope() -> None:
    rows = np.full((1, 41), np.nan)
    rows[0, 20] = 5.0
    assert smooth_rows(rows, 2.0)[0, 20] == 5.0
    assert np.isnan(slope_rows(rows, 2.0)).all()


def test_the_narrowest_slope_is_the_central_difference(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((2, 30))
    got = slope_rows(rows, 1e-6)
    expected = np.gradient(rows, axis=-1)
    np.testing.assert_allclose(got, expected, atol=1e-12)


@bounded
@given(rows_of_numbers, st.floats(0.5, 20.0), st.integers(0, 1000))
def test_a_row_does_not_depend_on_its_neighbours(rows: np.ndarray, sigma: float, seed: int) -> None:
    holes = with_gaps(rows, seed, share=0.1)
    for function in (smooth_rows, slope_rows):
        together = function(holes, sigma)
        for i, row in enumerate(holes):
            assert np.array_equal(function(row[None], sigma)[0], together[i], equal_nan=True)


def test_the_switch_to_the_fft_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = with_gaps(np.random.default_rng(0).standard_normal((2, 400)), seed=3)
    fast = smooth_rows(rows, 30.0), slope_rows(rows, 30.0)
    monkeypatch.setattr(kernels, "LONGEST_DIRECT", 10_000)
    direct = smooth_rows(rows, 30.0), slope_rows(rows, 30.0)
    for a, b in zip(fast, direct, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-11)


def test_the_narrowest_causal_kernel_has_no_future_either() -> None:
    # ndimage takes weights that differ by less than 2e-16 for a symmetric kernel.
    rows = np.array([[1.0, 1e25, 1.0]])
    assert smooth_rows(rows, 0.1, causal=True)[0, 0] == 1.0
