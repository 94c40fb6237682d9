"""The published pipeline's numbers, against loops written from its description."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neurokit.celegans import simeon

Array = NDArray[np.float64]


@pytest.fixture
def traces() -> Array:
    return np.random.default_rng(0).normal(size=(50, 3)).cumsum(axis=0)


def _by_loop(traces: Array, weights: Array) -> Array:
    """Weighted mean of the past; weights[0] is for the present sample."""
    out = np.empty_like(traces)
    for t in range(traces.shape[0]):
        past = traces[max(0, t - weights.size + 1) : t + 1][::-1]
        share = weights[: past.shape[0], None]
        out[t] = (share * past).sum(axis=0) / share.sum()
    return out


def test_a_moving_window_of_fifteen_averages_eight(traces: Array) -> None:
    np.testing.assert_allclose(
        simeon.smoothed(traces, "moving"), _by_loop(traces, np.ones(8)), atol=1e-12
    )


def test_the_gaussian_looks_at_the_whole_past(traces: Array) -> None:
    weights = np.exp(-0.5 * (np.arange(50) / 5.0) ** 2)
    np.testing.assert_allclose(
        simeon.smoothed(traces, "gaussian"), _by_loop(traces, weights), atol=1e-12
    )


def test_the_gaussian_of_a_long_record_is_cut_where_weights_are_nothing() -> None:
    traces = np.random.default_rng(1).normal(size=(300, 1))
    weights = np.exp(-0.5 * (np.arange(300) / 5.0) ** 2)
    np.testing.assert_allclose(
        simeon.smoothed(traces, "gaussian"), _by_loop(traces, weights), atol=1e-12
    )


def test_the_exponential_starts_at_the_first_sample(traces: Array) -> None:
    expected = np.empty_like(traces)
    expected[0] = traces[0]
    for t in range(1, traces.shape[0]):
        expected[t] = 0.5 * traces[t] + 0.5 * expected[t - 1]
    np.testing.assert_allclose(simeon.smoothed(traces, "exponential"), expected, atol=1e-12)


def test_no_smoother_leaves_traces_alone(traces: Array) -> None:
    assert simeon.smoothed(traces, "none") is traces


@pytest.mark.parametrize("smoother", ["moving", "gaussian", "exponential"])
def test_smoothers_look_back_only_and_keep_constants(traces: Array, smoother: str) -> None:
    changed = traces.copy()
    changed[30:] += 100
    before = simeon.smoothed(traces, smoother)[:30]
    np.testing.assert_array_equal(simeon.smoothed(changed, smoother)[:30], before)
    np.testing.assert_allclose(simeon.smoothed(np.full((40, 1), 7.0), smoother), 7.0, rtol=1e-12)


def test_finer_intervals_are_read_off_lines() -> None:
    seconds = np.arange(10.0)
    time, values = simeon.resampled_rows(seconds, seconds[:, None] ** 2, 0.5)
    np.testing.assert_allclose(time, np.arange(18) / 2)  # the last frame is never reached
    expected = np.interp(time, seconds, seconds**2)
    np.testing.assert_allclose(values[:, 0], expected, rtol=1e-6)


def test_coarser_intervals_are_means_of_six_under_their_first() -> None:
    seconds = np.arange(0, 20, 0.1)
    time, values = simeon.resampled_rows(seconds, np.sin(seconds)[:, None], 0.6)
    fine = np.interp(np.arange(0, 19.9, 0.1), seconds, np.sin(seconds))
    expected = [fine[6 * k : 6 * k + 6].mean() for k in range(fine.size // 6)]
    np.testing.assert_allclose(time, 0.6 * np.arange(len(expected)))
    np.testing.assert_allclose(values[:, 0], expected, atol=1e-6)


def test_an_interval_equal_to_the_frames_is_averaged_too() -> None:
    # Only a shorter interval counts as upsampling there.
    seconds = np.arange(0, 100, 0.5)
    _, values = simeon.resampled_rows(seconds, seconds[:, None], 0.5)
    np.testing.assert_allclose(values[0, 0], 0.5 * 2.5 / 6, rtol=1e-5)


def test_standard_scores_have_mean_zero_and_spread_one(traces: Array) -> None:
    scores = simeon.standard_scores(traces.astype(np.float32))
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(scores.std(axis=0), 1, rtol=1e-6)
    constant = np.full((9, 1), 0.1, dtype=np.float32)
    np.testing.assert_array_equal(simeon.standard_scores(constant), 0)


def test_standard_scores_equal_scikit_learn(traces: Array) -> None:
    from sklearn.preprocessing import StandardScaler

    traces[:, 1] = 3.3  # constant
    single = traces.astype(np.float32)
    expected = StandardScaler().fit_transform(single)
    np.testing.assert_allclose(simeon.standard_scores(single), expected, atol=1e-6)


def test_causal_scores_are_those_of_the_past_with_a_floor(traces: Array) -> None:
    scores = simeon.causal_scores(traces.astype(np.float32))
    for t in (10, 49):
        past = traces[: t + 1]
        expected = (traces[t] - past.mean(axis=0)) / past.std(axis=0)
        np.testing.assert_allclose(scores[t], expected, rtol=1e-3, atol=1e-3)
    assert (scores[0] == 0).all()  # 0 over the floor of 1e-4


def test_causal_scores_sum_in_single_precision() -> None:
    values = (1000 + np.random.default_rng(3).normal(size=2000)).astype(np.float32)
    total = squares = np.float32(0)
    for value in values:
        total, squares = total + value, squares + value * value
    mean, square = float(total) / 2000, float(squares) / 2000
    expected = (float(values[-1]) - mean) / np.sqrt(max(square - mean**2, 1e-8))
    assert simeon.causal_scores(values[:, None])[-1, 0] == pytest.approx(expected, rel=1e-6)
    # Sums in double precision give another number.
    exact = values.astype(np.float64)
    assert abs(expected - (exact[-1] - exact.mean()) / exact.std()) > 1e-3


def test_missing_samples_are_filled_and_the_others_kept() -> None:
    rng = np.random.default_rng(2)
    shared = rng.normal(size=(80, 1))
    traces = shared + 0.05 * rng.normal(size=(80, 4))
    missing = traces.copy()
    missing[30:35, 0] = np.nan
    missing[:, 3] = np.nan
    filled = simeon.imputed(missing)
    np.testing.assert_array_equal(filled[~np.isnan(missing)], missing[~np.isnan(missing)])
    np.testing.assert_allclose(filled[30:35, 0], traces[30:35, 0], atol=0.3)
    assert (filled[:, 3] == 0).all()
    np.testing.assert_array_equal(simeon.imputed(missing), filled)  # it is seeded


def test_whole_traces_are_not_touched_by_imputation(traces: Array) -> None:
    assert simeon.imputed(traces) is traces


def test_half_precision_rounds_and_overflows() -> None:
    rounded = simeon.half_precision(np.array([0.1, 2049.0, 70000.0]))
    assert rounded.dtype == np.float32
    assert rounded.tolist() == [float(np.float16(0.1)), 2048.0, np.inf]


def test_a_clock_of_weeks_loses_an_eighth_of_a_second() -> None:
    # 1.3 million seconds, as in the files of Dag et al.: float32 has steps of 0.125 s there.
    clock = 1302833.0767926888 + 0.6 * np.arange(800)
    rounded = simeon.single_precision_clock(clock)
    assert np.unique(np.diff(rounded)).tolist() == [0.5, 0.625]
    assert np.abs(rounded - (clock - clock[0])).max() > 0.05
    np.testing.assert_allclose(
        simeon.single_precision_clock(0.5 * np.arange(9)), 0.5 * np.arange(9)
    )


def test_an_original_clock_given_as_a_vector_is_lost() -> None:
    original, resampled = np.arange(6.0), np.arange(0, 5, 0.5)
    np.testing.assert_array_equal(simeon.stored_original_time(original, resampled), resampled)
    np.testing.assert_array_equal(
        simeon.stored_original_time(original[:, None], resampled), original
    )


def test_the_steps_come_in_the_published_order() -> None:
    clock = 0.2 * np.arange(700)
    traces = np.sin(clock)[:, None] * 5 + 2
    made = simeon.published_animal(clock, traces, 0.333, "exponential", "zscore")
    smooth = simeon.smoothed(traces, "exponential")
    seconds = clock.astype(np.float32).astype(np.float64)
    time, coarse = simeon.resampled_rows(seconds, smooth, 0.333)
    np.testing.assert_array_equal(made.time, time)
    # Scaled last, so that the result, not the input, has a spread of one.
    np.testing.assert_allclose(made.traces, simeon.standard_scores(coarse), atol=2e-3)
    # The derivative is that of the traces as recorded, in their own unit.
    residual = simeon.smoothed(np.gradient(traces, seconds, axis=0), "exponential")
    _, slopes = simeon.resampled_rows(seconds, residual, 0.333)
    np.testing.assert_allclose(made.residual, slopes, atol=5e-3)
    assert np.abs(made.residual).max() > 4.5
    assert made.traces.shape == made.residual.shape == (made.time.size, 1)


def test_frames_with_one_rounded_time_give_what_a_division_by_zero_gives() -> None:
    clock = 2.0**25 + 0.2 * np.arange(700)  # steps of 4 s in float32
    with np.errstate(all="ignore"):
        made = simeon.published_animal(clock, np.ones((700, 1)), 0.333, "none", "zscore")
    assert not np.isfinite(made.residual).all()


def test_every_quirk_has_one_line() -> None:
    assert len(simeon.QUIRKS) == 13
    assert all(text and "\n" not in text for text in simeon.QUIRKS.values())
