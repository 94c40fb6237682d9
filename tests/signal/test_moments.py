"""Centre and spread, over the whole and over the past only."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from neurokit.signal.moments import robust_rows, running_zscore_rows, zscore_rows

bounded = settings(deadline=None, max_examples=25)

rows_of_numbers = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 3), st.integers(1, 25)), elements=st.integers(-50, 50)
)


def brute_running(row: np.ndarray) -> np.ndarray:
    result = np.full(row.size, np.nan)
    for t in range(row.size):
        past = row[: t + 1][~np.isnan(row[: t + 1])]
        if not np.isnan(row[t]) and past.size and past.std() > 1e-12:
            result[t] = (row[t] - past.mean()) / past.std()
    return result


def everywhere(rows: np.ndarray) -> np.ndarray:
    return np.ones(rows.shape[-1], dtype=bool)


def test_zscore_is_scipys(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((4, 50)) * 3 + 7
    np.testing.assert_allclose(zscore_rows(rows), stats.zscore(rows, axis=-1), atol=1e-12)


def test_zscore_with_gaps_is_scipys(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((4, 50))
    rows[rng.random(rows.shape) < 0.2] = np.nan
    expected = stats.zscore(rows, axis=-1, nan_policy="omit")
    np.testing.assert_allclose(zscore_rows(rows), expected, atol=1e-12)


def test_robust_is_median_and_scipys_scaled_mad(rng: np.random.Generator) -> None:
    rows = rng.standard_cauchy((3, 101))
    mad = stats.median_abs_deviation(rows, axis=-1, scale="normal", keepdims=True)
    expected = (rows - np.median(rows, axis=-1, keepdims=True)) / mad
    np.testing.assert_allclose(robust_rows(rows), expected, atol=1e-9)


def test_robust_spread_of_normal_noise_is_its_standard_deviation() -> None:
    rows = np.random.default_rng(1).normal(5.0, 3.0, (1, 200_000))
    # The standard error of the MAD-based sd is 1.17 sd / sqrt(2 n) = 0.6 %.
    assert robust_rows(rows).std() == pytest.approx(1.0, abs=0.01)


def test_robust_does_not_mind_an_artefact(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((1, 1001))
    spoiled = rows.copy()
    spoiled[0, :20] = 1e6
    assert np.abs(robust_rows(spoiled) - robust_rows(rows))[0, 20:].max() < 0.2


@bounded
@given(rows_of_numbers)
def test_zscore_has_mean_zero_and_spread_one_or_is_nan(rows: np.ndarray) -> None:
    for row, scaled in zip(rows, zscore_rows(rows), strict=True):
        if row.min() == row.max():
            assert np.isnan(scaled).all()
        else:
            assert scaled.mean() == pytest.approx(0, abs=1e-9)
            assert scaled.std() == pytest.approx(1, abs=1e-9)


@bounded
@given(rows_of_numbers, st.floats(0.1, 100), st.floats(-1e3, 1e3))
def test_scaling_forgets_unit_and_offset(rows: np.ndarray, gain: float, offset: float) -> None:
    for function in (zscore_rows, robust_rows):
        np.testing.assert_allclose(function(gain * rows + offset), function(rows), atol=1e-6)


@pytest.mark.parametrize("value", [0.1, 1e9, -3.3e-7, 0.0])
def test_a_constant_is_nan_however_its_mean_rounds(value: float) -> None:
    rows = np.full((1, 1003), value)
    for scaled in (
        zscore_rows(rows),
        robust_rows(rows),
        running_zscore_rows(rows, everywhere(rows)),
    ):
        assert np.isnan(scaled).all()


def test_robust_is_nan_where_half_the_samples_are_the_same() -> None:
    assert np.isnan(robust_rows(np.array([[0.0, 0, 0, 1, 2]]))).all()


def test_rows_without_any_sample_are_nan() -> None:
    rows = np.full((2, 4), np.nan)
    assert np.isnan(zscore_rows(rows)).all()
    assert np.isnan(robust_rows(rows)).all()
    assert np.isnan(running_zscore_rows(rows, everywhere(rows))).all()


@bounded
@given(rows_of_numbers, st.integers(0, 1000))
def test_running_equals_the_loop_over_pasts(rows: np.ndarray, seed: int) -> None:
    holes = np.where(np.random.default_rng(seed).random(rows.shape) < 0.2, np.nan, rows)
    expected = np.stack([brute_running(row) for row in holes])
    got = running_zscore_rows(holes, everywhere(holes))
    np.testing.assert_allclose(got, expected, atol=1e-9)


@bounded
@given(rows_of_numbers)
def test_the_last_running_value_is_the_zscore(rows: np.ndarray) -> None:
    running = running_zscore_rows(rows, everywhere(rows))
    np.testing.assert_allclose(running[:, -1], zscore_rows(rows)[:, -1], atol=1e-9)


def test_running_knows_nothing_of_the_future(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((1, 100))
    changed = rows.copy()
    changed[0, 60:] = 1e6
    before = running_zscore_rows(rows, everywhere(rows))[0, :60]
    after = running_zscore_rows(changed, everywhere(rows))[0, :60]
    assert np.array_equal(before, after, equal_nan=True)


def test_samples_that_are_not_ready_are_nan_and_still_count(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((1, 40))
    ready = np.arange(40) >= 25
    got = running_zscore_rows(rows, ready)
    assert np.isnan(got[0, :25]).all()
    assert np.array_equal(got[0, 25:], running_zscore_rows(rows, everywhere(rows))[0, 25:])


def test_running_spread_keeps_six_digits_at_mean_1000_and_spread_a_hundredth() -> None:
    rng = np.random.default_rng(7)
    stored = (1000 + 0.01 * rng.standard_normal(400)).astype(np.float32)
    got = running_zscore_rows(stored[None].astype(np.float64), np.ones(400, dtype=bool))[0]
    with mpmath.workdps(60):
        for t in (30, 150, 399):
            past = [mpmath.mpf(float(v)) for v in stored[: t + 1]]
            mean = mpmath.fsum(past) / len(past)
            spread = mpmath.sqrt(mpmath.fsum((v - mean) ** 2 for v in past) / len(past))
            assert got[t] == pytest.approx(float((past[-1] - mean) / spread), rel=1e-6)
