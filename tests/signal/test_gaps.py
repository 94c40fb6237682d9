"""Lines across gaps, odd mirror images beyond the ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.signal.gaps import extend, extend_time, fill_gaps

bounded = settings(deadline=None, max_examples=25)


def test_a_gap_is_filled_with_the_line_between_its_neighbours() -> None:
    rows = np.array([[1.0, np.nan, np.nan, 7.0]])
    assert fill_gaps(rows, np.arange(4.0)).tolist() == [[1.0, 3.0, 5.0, 7.0]]


def test_a_gap_in_irregular_time_is_filled_by_the_clock_not_by_the_count() -> None:
    rows = np.array([[0.0, np.nan, 10.0]])
    assert fill_gaps(rows, np.array([0.0, 1.0, 10.0])).tolist() == [[0.0, 1.0, 10.0]]


@bounded
@given(st.integers(0, 5), st.integers(0, 5), st.floats(-3, 3), st.floats(-10, 10))
def test_a_ramp_with_missing_ends_stays_a_ramp(
    n_before: int, n_after: int, slope: float, offset: float
) -> None:
    ramp = offset + slope * np.arange(20.0)
    rows = ramp[None].copy()
    rows[0, :n_before] = np.nan
    rows[0, 20 - n_after :] = np.nan
    np.testing.assert_allclose(fill_gaps(rows, np.arange(20.0))[0], ramp, atol=1e-12)


def test_rows_are_filled_one_by_one_and_the_input_is_left_alone() -> None:
    rows = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])
    filled = fill_gaps(rows, np.arange(3.0))
    assert np.isnan(rows[0, 1])
    assert filled.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def test_a_row_never_observed_becomes_zeros() -> None:
    assert fill_gaps(np.full((1, 3), np.nan), np.arange(3.0)).tolist() == [[0.0, 0.0, 0.0]]


def test_one_observed_sample_is_repeated() -> None:
    rows = np.array([[np.nan, 2.0, np.nan]])
    assert fill_gaps(rows, np.arange(3.0)).tolist() == [[2.0, 2.0, 2.0]]


@pytest.mark.parametrize(("n_before", "n_after"), [(0, 0), (2, 0), (0, 3), (3, 3), (9, 17)])
def test_extended_ramp_is_a_longer_ramp(n_before: int, n_after: int) -> None:
    ramp = np.arange(5.0)[None]
    longer = extend(ramp, n_before, n_after)
    np.testing.assert_allclose(longer[0], np.arange(-n_before, 5 + n_after), atol=1e-12)


def test_one_sample_is_extended_by_itself() -> None:
    assert extend(np.array([[4.0]]), 2, 1).tolist() == [[4.0, 4.0, 4.0, 4.0]]


@pytest.mark.parametrize(("n_before", "n_after"), [(0, 0), (1, 0), (0, 2), (3, 3)])
def test_time_is_mirrored_with_its_own_steps(n_before: int, n_after: int) -> None:
    time = np.array([0.0, 1.0, 3.0, 7.0])
    longer = extend_time(time, n_before, n_after)
    steps = np.diff(time)
    expected = np.concatenate([steps[:n_before][::-1], steps, steps[::-1][:n_after]])
    np.testing.assert_allclose(np.diff(longer), expected)
    assert longer.size == 4 + n_before + n_after
    assert longer[n_before] == 0.0


def test_mirrored_time_and_values_of_a_ramp_stay_on_one_line(rng: np.random.Generator) -> None:
    time = np.cumsum(rng.uniform(0.1, 2.0, 12))
    longer_time = extend_time(time, 5, 7)
    longer = extend((3 * time - 1)[None], 5, 7)[0]
    np.testing.assert_allclose(longer, 3 * longer_time - 1, atol=1e-12)
