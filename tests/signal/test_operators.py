"""Resampling operators: ramps exact, frequencies as the kernel says; against scipy and MNE."""

from __future__ import annotations

from functools import partial

import mne
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy import signal as scipy_signal

from neurokit.signal import operators
from neurokit.signal.operators import (
    area_operator,
    area_rows,
    grid,
    interpolated_rows,
    interpolation_operator,
    sinc_rows,
    sinc_weights,
    with_gaps,
)

bounded = settings(deadline=None, max_examples=25)


def by_sinc(rows: np.ndarray, ratio: float, n_out: int | None = None) -> np.ndarray:
    n_times = rows.shape[-1]
    count = int(np.floor((n_times - 1) * ratio + 1e-6)) + 1 if n_out is None else n_out
    return sinc_rows(rows, np.arange(count) / ratio, ratio)


def irregular(seed: int, n_times: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).uniform(0.2, 1.8, n_times))


# grid


@pytest.mark.parametrize(
    ("first", "last", "rate", "anchor", "expected"),
    [
        (0.0, 2.0, 1.0, 0.0, [0, 1, 2]),
        (0.0, 1.99, 1.0, 0.0, [0, 1]),
        (0.2, 3.1, 1.0, 0.0, [1, 2, 3]),
        (-0.5, 0.5, 4.0, 0.0, [-0.5, -0.25, 0, 0.25, 0.5]),
        (-0.5, 0.5, 3.0, 0.0, [-1 / 3, 0, 1 / 3]),
        (10.0, 11.0, 2.0, 0.1, [10.1, 10.6]),
        (5.0, 5.2, 1.0, 0.5, []),
    ],
)
def test_grid_holds_its_anchor_and_stays_inside(
    first: float, last: float, rate: float, anchor: float, expected: list[float]
) -> None:
    np.testing.assert_allclose(grid(first, last, rate, anchor), expected, atol=1e-12)


def test_rounding_of_the_last_time_does_not_cost_a_sample() -> None:
    last = 0.1 + 0.2  # 0.30000000000000004
    assert grid(0.0, last - 1e-12, 10.0, 0.0).size == 4


def test_the_grid_does_not_drift() -> None:
    times = grid(0.0, 1e5, 3.0, 0.0)
    assert times[-1] == pytest.approx(np.floor(3e5) / 3, abs=1e-9)


# sinc


@bounded
@given(st.floats(0.02, 8.0), st.integers(1, 80), st.floats(-5, 5), st.floats(-100, 100))
def test_sinc_leaves_a_ramp_on_its_line_up_to_both_ends(
    ratio: float, n_times: int, slope: float, offset: float
) -> None:
    position = np.arange(int((n_times - 1) * ratio) + 1) / ratio
    assume(position[-1] <= n_times - 1)
    ramp = (offset + slope * np.arange(n_times))[None]
    got = sinc_rows(ramp, position, ratio)[0]
    np.testing.assert_allclose(got, offset + slope * position, atol=1e-6)


@bounded
@given(st.lists(st.floats(0, 39), min_size=1, max_size=20), st.floats(0.05, 1.0))
def test_sinc_weights_sum_to_one_and_are_centred(positions: list[float], cutoff: float) -> None:
    position = np.sort(np.asarray(positions))
    first, weights = sinc_weights(position, cutoff)
    tap = first[:, None] + np.arange(weights.shape[1])
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-12)
    # Positions within 1e-7 of a sample are that sample.
    np.testing.assert_allclose((weights * tap).sum(axis=1), position, atol=2e-7)


def test_at_the_same_rate_sinc_changes_nothing(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((3, 50))
    assert np.array_equal(by_sinc(rows, 1.0), rows)


@pytest.mark.parametrize(("up", "down"), [(1, 4), (1, 3), (2, 5), (3, 1), (7, 5), (32, 125)])
def test_sinc_equals_scipys_resample_poly_away_from_the_ends(
    up: int, down: int, rng: np.random.Generator
) -> None:
    rows = rng.standard_normal((2, 2000))
    got = by_sinc(rows, up / down)
    oracle = scipy_signal.resample_poly(rows, up, down, axis=-1)
    edge = 12 * max(1, up // down) + 12
    inside = slice(edge, min(got.shape[1], oracle.shape[1]) - edge)
    # Same kernel; ours is brought to DC gain 1 and centre 0 at every phase, theirs on average.
    np.testing.assert_allclose(got[:, inside], oracle[:, inside], atol=5e-3)


def test_sinc_down_to_a_whole_ratio_is_resample_poly_to_rounding(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((2, 2000))
    oracle = scipy_signal.resample_poly(rows, 1, 4, axis=-1)
    got = by_sinc(rows, 0.25)
    np.testing.assert_allclose(got[:, 15:-15], oracle[:, 15:-15], atol=1e-12)


@pytest.mark.parametrize("hertz", [1.0, 7.0, 20.0])
def test_a_sine_below_the_new_nyquist_survives_as_in_mne(hertz: float) -> None:
    time = np.arange(4000) / 500
    sine = np.sin(2 * np.pi * hertz * time)[None]
    got = by_sinc(sine, 0.2)
    oracle = mne.filter.resample(sine, down=5.0, method="polyphase", verbose="error")
    truth = np.sin(2 * np.pi * hertz * np.arange(800) / 100)
    np.testing.assert_allclose(got[0, 30:-30], truth[30:-30], atol=0.01)
    np.testing.assert_allclose(got[0, 30:-30], oracle[0, 30:-30], atol=0.01)


@pytest.mark.parametrize("hertz", [65.0, 90.0, 130.0, 199.0])
def test_a_sine_above_the_new_nyquist_is_gone(hertz: float) -> None:
    time = np.arange(4000) / 500
    got = by_sinc(np.sin(2 * np.pi * hertz * time)[None], 0.2)
    # Kaiser window of beta 5: -54 dB and better beyond 1.2 times the Nyquist frequency.
    assert np.abs(got[0, 30:-30]).max() < 0.004


def test_an_impulse_is_spread_evenly_around_its_own_time() -> None:
    rows = np.zeros((1, 401))
    rows[0, 200] = 1.0
    got = by_sinc(rows, 0.1)[0]
    np.testing.assert_allclose(got, got[::-1], atol=1e-14)
    assert got.argmax() == 20
    assert got.sum() == pytest.approx(0.1, abs=1e-3)


def test_blocks_of_outputs_do_not_show(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rng.standard_normal((2, 500))
    whole = by_sinc(rows, 0.37)
    monkeypatch.setattr(operators, "OUTPUTS_PER_BLOCK", 7)
    assert np.array_equal(by_sinc(rows, 0.37), whole)


@pytest.mark.parametrize("n_times", [1, 2, 3, 9])
def test_sinc_of_a_record_shorter_than_its_kernel_is_finite(n_times: int) -> None:
    rows = np.full((1, n_times), 7.0)
    np.testing.assert_allclose(by_sinc(rows, 0.3), 7.0, atol=1e-12)


# area


def brute_area(time: np.ndarray, values: np.ndarray, centre: float, width: float) -> float:
    lower, upper = centre - width / 2, centre + width / 2
    knots = np.unique(np.clip(np.concatenate([[lower, upper], time]), lower, upper))
    return float(integrate.trapezoid(np.interp(knots, time, values), knots) / width)


@bounded
@given(st.integers(0, 10_000), st.integers(3, 30), st.floats(0.1, 4.0))
def test_area_is_the_integral_of_the_straight_lines(seed: int, n_times: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    time, values = irregular(seed, n_times), rng.standard_normal(n_times)
    assume(time[-1] - time[0] > width)
    centres = np.sort(rng.uniform(time[0] + width / 2, time[-1] - width / 2, 5))
    got = area_operator(time, centres, width) @ values
    expected = [brute_area(time, values, c, width) for c in centres]
    np.testing.assert_allclose(got, expected, atol=1e-10)


@bounded
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(0.05, 3.0), st.floats(-5, 5))
def test_area_leaves_a_ramp_on_its_line_up_to_both_ends(
    seed: int, n_times: int, rate: float, slope: float
) -> None:
    time = irregular(seed, n_times)
    centres = grid(time[0], time[-1], rate, time[0])
    got = area_rows((slope * time - 4)[None], time, centres, 1 / rate)[0]
    np.testing.assert_allclose(got, slope * centres - 4, atol=1e-8)


def test_area_over_regular_samples_is_their_mean_with_the_two_ends_halved() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(101)
    got = area_rows(values[None], np.arange(101) / 10, np.array([5.0]), 1.0)[0, 0]
    expected = (values[46:55].sum() + (values[45] + values[55]) / 2) / 10
    assert got == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("hertz", [0.1, 0.3, 1.0, 2.0])
def test_area_attenuates_a_sine_as_its_box_says(hertz: float) -> None:
    time = np.arange(0, 60, 0.001)
    centres = np.arange(5.0, 55.0)
    got = area_rows(np.sin(2 * np.pi * hertz * time + 0.3)[None], time, centres, 1.0)[0]
    expected = np.sinc(hertz) * np.sin(2 * np.pi * hertz * centres + 0.3)
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_the_first_area_is_the_first_sample_because_its_mirror_is_odd() -> None:
    values = np.array([[2.0, 5.0, 1.0, 0.0, 4.0, 4.0]])
    assert area_rows(values, np.arange(6.0), np.array([0.0]), 2.0)[0, 0] == pytest.approx(2.0)


# interpolation


@bounded
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_interpolation_is_numpys(seed: int, n_times: int) -> None:
    rng = np.random.default_rng(seed)
    time, values = irregular(seed, n_times), rng.standard_normal(n_times)
    centres = np.sort(rng.uniform(time[0], time[-1], 9))
    got = interpolated_rows(values[None], time, centres)[0]
    np.testing.assert_allclose(got, np.interp(centres, time, values), atol=1e-12)


def test_interpolation_at_the_samples_is_the_samples(rng: np.random.Generator) -> None:
    time, rows = irregular(3, 20), rng.standard_normal((2, 20))
    np.testing.assert_allclose(interpolated_rows(rows, time, time), rows, atol=1e-14)


def test_operators_have_rows_that_sum_to_one() -> None:
    time = irregular(5, 40)
    centres = np.linspace(time[3], time[-4], 11)
    for operator in (interpolation_operator(time, centres), area_operator(time, centres, 1.3)):
        np.testing.assert_allclose(operator.sum(axis=1), 1.0, atol=1e-12)
        np.testing.assert_allclose(operator @ time, centres, atol=1e-9)


# gaps


def test_a_gap_comes_back_as_long_as_it_was() -> None:
    rows = np.ones((1, 400))
    rows[0, 100:200] = np.nan
    got = with_gaps(rows, np.arange(400.0), partial(by_sinc, ratio=0.25), 0.5)[0]
    assert np.flatnonzero(np.isnan(got)).tolist() == list(range(25, 50))
    np.testing.assert_allclose(got[~np.isnan(got)], 1.0, atol=1e-12)


def test_one_lost_sample_among_many_costs_no_output_and_keeps_the_ramp() -> None:
    rows = np.arange(200.0)[None].copy()
    rows[0, 101] = np.nan
    got = with_gaps(rows, np.arange(200.0), partial(by_sinc, ratio=0.2), 0.5)[0]
    np.testing.assert_allclose(got, np.arange(40) * 5.0, atol=1e-9)


def test_at_the_same_rate_nan_stays_where_it_was(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((2, 60))
    rows[rng.random(rows.shape) < 0.3] = np.nan
    got = with_gaps(rows, np.arange(60.0), partial(by_sinc, ratio=1.0), 0.5)
    assert np.array_equal(got, rows, equal_nan=True)


def test_what_was_never_observed_is_nan() -> None:
    rows = np.full((1, 30), np.nan)
    for transform in (
        partial(by_sinc, ratio=0.5),
        partial(area_rows, time=np.arange(30.0), centres=np.arange(0, 30, 2.0), width=2.0),
    ):
        assert np.isnan(with_gaps(rows, np.arange(30.0), transform, 0.5)).all()


@bounded
@given(st.integers(0, 10_000), st.floats(0.1, 2.0))
def test_nan_reaches_no_further_than_half_the_new_sample(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    time = irregular(seed, 40)
    rows = rng.standard_normal((1, 40))
    begin = int(rng.integers(5, 20))
    rows[0, begin : begin + 10] = np.nan
    centres = grid(time[0], time[-1], rate, time[0])
    core = partial(area_rows, time=time, centres=centres, width=1 / rate)
    lost = np.isnan(with_gaps(rows, time, core, 0.5)[0])
    inside = (centres - 0.5 / rate >= time[begin]) & (centres + 0.5 / rate <= time[begin + 9])
    near = (centres > time[begin - 1] - 0.5 / rate) & (centres < time[begin + 10] + 0.5 / rate)
    assert not lost[~near].any()
    assert lost[inside].all()


def test_the_share_that_must_be_observed_is_the_callers_choice() -> None:
    rows = np.ones((1, 100))
    rows[0, 40:48] = np.nan  # 8 of the 10 samples around t = 44
    core = partial(area_rows, time=np.arange(100.0), centres=np.array([44.0]), width=10.0)
    assert np.isnan(with_gaps(rows, np.arange(100.0), core, 0.5))
    assert with_gaps(rows, np.arange(100.0), core, 0.1)[0, 0] == pytest.approx(1.0)


@bounded
@given(st.integers(0, 10_000), st.floats(-3, 3), st.floats(-3, 3))
def test_resampling_is_linear_where_the_same_samples_are_missing(
    seed: int, a: float, b: float
) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.standard_normal((2, 1, 60))
    one[0, 20:26] = two[0, 20:26] = np.nan
    run = partial(
        with_gaps,
        time=np.arange(60.0),
        transform=partial(by_sinc, ratio=0.4),
        min_observed=0.5,
    )
    np.testing.assert_allclose(run(a * one + b * two), a * run(one) + b * run(two), atol=1e-9)


def test_shifting_by_whole_outputs_shifts_the_result(rng: np.random.Generator) -> None:
    rows = np.pad(rng.standard_normal((1, 100)), ((0, 0), (100, 100)))
    moved = np.roll(rows, 12, axis=-1)
    here, there = by_sinc(rows, 0.25), by_sinc(moved, 0.25)
    np.testing.assert_allclose(np.roll(here, 3, axis=-1)[:, 5:-5], there[:, 5:-5], atol=1e-12)


@pytest.mark.parametrize("ratio", [0.25, 0.37, 2.0])
def test_a_row_does_not_depend_on_its_neighbours(ratio: float, rng: np.random.Generator) -> None:
    rows = rng.standard_normal((5, 300))
    rows[2, 50:60] = np.nan
    run = partial(
        with_gaps, time=np.arange(300.0), transform=partial(by_sinc, ratio=ratio), min_observed=0.5
    )
    together = run(rows)
    for i, row in enumerate(rows):
        assert np.array_equal(run(row[None])[0], together[i], equal_nan=True)
