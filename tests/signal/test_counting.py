"""Counting in bins: which bin an edge belongs to, and what interval covers which bin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.signal.counting import (
    bin_index,
    bins_to_cover,
    count_times,
    observed_bins,
    whole_bins,
)


def _array(*values):
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize(
    ("time", "width", "expected"),
    [
        (0.0, 0.1, 0),
        (0.05, 0.1, 0),
        (0.1, 0.1, 1),
        # 0.3 / 0.1 is 2.9999999999999996 in binary.
        (0.3, 0.1, 3),
        (0.7, 0.1, 7),
        (1.1, 0.1, 11),
        (2.9999, 1.0, 2),
        (-0.05, 0.1, -1),
        (-0.1, 0.1, -1),
        (3600.3, 0.001, 3600300),
    ],
)
def test_a_left_edge_belongs_to_its_bin(time, width, expected):
    assert bin_index(_array(time), 0.0, width)[0] == expected


@given(st.integers(0, 10**7), st.sampled_from([0.001, 0.005, 0.01, 0.02, 0.1, 1 / 3, 1.0]))
def test_every_edge_written_as_a_decimal_begins_its_own_bin(k, width):
    decimal = float(f"{k * width:.15g}")
    assert bin_index(_array(decimal), 0.0, width)[0] == k


@given(st.integers(0, 10**6), st.floats(0.01, 0.99))
def test_the_inside_of_a_bin_is_the_bin(k, part):
    assert bin_index(_array((k + part) * 0.02), 0.0, 0.02)[0] == k


@pytest.mark.parametrize(
    ("start", "stop", "width", "whole", "cover"),
    [
        (0.0, 1.0, 0.1, 10, 10),
        (0.0, 0.3, 0.1, 3, 3),
        (0.0, 0.35, 0.1, 3, 4),
        (0.2, 0.35, 0.1, 1, 2),
        (0.0, 0.05, 0.1, 0, 1),
        (1.0, 1.0, 0.1, 0, 0),
        (1.0, 0.0, 0.1, 0, 0),
    ],
)
def test_how_many_bins_fit_and_how_many_it_takes(start, stop, width, whole, cover):
    assert whole_bins(start, stop, width) == whole
    assert bins_to_cover(start, stop, width) == cover


def test_counts_are_those_of_numpy_away_from_the_edges():
    rng = np.random.default_rng(0)
    times = rng.uniform(-0.5, 10.5, 5000)
    found = count_times(times, 0.0, 0.25, 40, np.zeros(5000, dtype=np.int64), 1)
    edges = np.arange(41) * 0.25
    expected, _ = np.histogram(times[times < 10.0], edges)
    np.testing.assert_array_equal(found[0], expected)


def test_trials_are_counted_apart():
    times, trial = _array(0.1, 0.1, 0.6, 0.6), np.array([0, 1, 1, 1])
    found = count_times(times, 0.0, 0.5, 2, trial, 3)
    assert found.tolist() == [[1, 0], [1, 2], [0, 0]]


def test_no_spikes_are_zeros_of_the_full_shape():
    found = count_times(_array(), 0.0, 0.5, 2, np.empty(0, dtype=np.int64), 3)
    assert found.tolist() == [[0, 0]] * 3


def test_a_bin_is_observed_if_it_lies_wholly_inside():
    seen = observed_bins(_array(0.1, 0.55), _array(0.3, 1.0), 0.0, 0.1, 10)
    assert np.flatnonzero(seen).tolist() == [1, 2, 6, 7, 8, 9]


def test_intervals_that_touch_or_overlap_are_one():
    seen = observed_bins(_array(0.0, 0.25), _array(0.25, 0.5), 0.0, 0.1, 5)
    assert seen.all()
    seen = observed_bins(_array(0.2, 0.0, 0.05), _array(0.5, 0.25, 0.1), 0.0, 0.1, 5)
    assert seen.all()


def test_a_gap_within_a_bin_hides_it():
    seen = observed_bins(_array(0.0, 0.16), _array(0.15, 0.5), 0.0, 0.1, 5)
    assert np.flatnonzero(~seen).tolist() == [1]


def test_no_interval_means_nothing_was_observed():
    assert not observed_bins(_array(), _array(), 0.0, 0.1, 5).any()


def test_intervals_before_and_behind_the_bins_do_no_harm():
    seen = observed_bins(_array(-5.0, 9.0), _array(-4.0, 10.0), 0.0, 0.1, 5)
    assert not seen.any()
    assert observed_bins(_array(-5.0), _array(10.0), 0.0, 0.1, 5).all()


_intervals = st.lists(st.tuples(st.integers(-20, 60), st.integers(1, 30)), min_size=0, max_size=5)


@given(_intervals, st.integers(1, 8))
def test_observed_bins_equal_a_count_of_ticks(intervals, width):
    # All edges are whole ticks, so that a bin is observed if each of its ticks is.
    begin = np.array([a for a, _ in intervals], dtype=np.float64)
    end = np.array([a + n for a, n in intervals], dtype=np.float64)
    ticks = np.zeros(200, dtype=bool)
    for a, b in zip(begin.astype(int), end.astype(int), strict=True):
        ticks[max(a + 50, 0) : b + 50] = True
    n_bins = 40 // width
    expected = [ticks[50 + k * width : 50 + (k + 1) * width].all() for k in range(n_bins)]
    assert observed_bins(begin, end, 0.0, float(width), n_bins).tolist() == expected
