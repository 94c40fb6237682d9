"""Gaps and cuts: which samples were recorded, when, and in which run."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.interchange.mne_timeline import gaps_and_cuts, timeline, window


def test_without_gaps_there_is_one_stretch_and_no_run():
    line = timeline(10)
    assert line.segments == ((0, 10),)
    assert line.run is None
    np.testing.assert_array_equal(line.sample, np.arange(10))


def test_samples_of_a_gap_are_left_out_and_times_stay_true():
    line = timeline(10, gaps=[(3, 6)])
    assert line.segments == ((0, 3), (6, 10))
    np.testing.assert_array_equal(line.sample, [0, 1, 2, 6, 7, 8, 9])
    np.testing.assert_array_equal(line.run, [0, 0, 0, 1, 1, 1, 1])
    np.testing.assert_allclose(line.time(10.0), [0, 0.1, 0.2, 0.6, 0.7, 0.8, 0.9], atol=1e-15)


def test_a_cut_changes_the_run_and_loses_nothing():
    line = timeline(6, cuts=[2])
    assert line.size == 6
    np.testing.assert_array_equal(line.run, [0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(line.sample, np.arange(6))


def test_overlapping_gaps_are_one():
    assert timeline(10, gaps=[(2, 5), (4, 7)]).segments == ((0, 2), (7, 10))


@pytest.mark.parametrize(
    ("gaps", "segments"),
    [
        ([(0, 4)], ((4, 10),)),
        ([(6, 10)], ((0, 6),)),
        ([(6, 99)], ((0, 6),)),
        ([(-3, 2)], ((2, 10),)),
    ],
)
def test_gaps_at_the_ends_shorten_the_record_without_a_new_run(gaps, segments):
    line = timeline(10, gaps=gaps)
    assert line.segments == segments
    assert line.run is None
    assert line.time(10.0)[0] == 0.0


def test_times_count_from_the_first_sample_that_was_recorded():
    line = timeline(10, gaps=[(0, 4), (6, 8)])
    assert line.origin == 4
    np.testing.assert_allclose(line.time(10.0), [0, 0.1, 0.4, 0.5], atol=1e-15)
    np.testing.assert_allclose(line.true([0.4, 0.9], 10.0), [0.0, 0.5], atol=1e-15)


def test_a_record_that_is_all_gap_has_no_samples():
    line = timeline(5, gaps=[(0, 5)])
    assert line.size == 0
    assert line.time(1.0).size == 0
    assert line.run is None


@pytest.mark.parametrize("cut", [0, 10, 99, -1])
def test_a_cut_outside_the_record_changes_nothing(cut):
    assert timeline(10, cuts=[cut]).run is None


def test_a_cut_where_a_gap_ends_is_one_change_of_run():
    assert timeline(10, gaps=[(3, 6)], cuts=[6]).segments == ((0, 3), (6, 10))


def test_a_cut_inside_a_gap_is_swallowed_by_it():
    assert timeline(10, gaps=[(3, 6)], cuts=[4]).segments == ((0, 3), (6, 10))


def test_pauses_that_the_file_does_not_count_move_what_comes_later():
    line = timeline(6, pauses={2: 1.5, 4: 2.0})
    np.testing.assert_allclose(line.time(10.0), [0, 0.1, 1.7, 1.8, 2.4, 2.5])
    np.testing.assert_array_equal(line.run, [0, 0, 1, 1, 2, 2])


def test_marks_move_with_the_samples_they_stand_on():
    line = timeline(6, pauses={2: 1.5, 4: 2.0})
    seconds = np.arange(6) / 10.0
    np.testing.assert_allclose(line.true(seconds, 10.0), line.time(10.0))


def test_marks_without_pauses_stay_where_they_are():
    given = np.array([0.0, 0.55, 3.0])
    np.testing.assert_array_equal(timeline(10, gaps=[(2, 4)]).true(given, 10.0), given)
    np.testing.assert_array_equal(timeline(0).true(given, 10.0), given)


def test_time_does_not_drift_over_a_million_samples():
    rate = 300.3074951171875
    line = timeline(1_000_001)
    assert line.time(rate)[-1] == 1_000_000 / rate


@pytest.mark.parametrize("seed", range(5))
def test_windows_equal_indexing_into_the_recorded_samples(seed):
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.choice(200, 8, replace=False)).reshape(-1, 2)
    line = timeline(200, gaps=[tuple(pair) for pair in starts.tolist()])
    for _ in range(50):
        a, b = np.sort(rng.integers(0, line.size + 1, 2))
        parts = [np.arange(x, y) for x, y in window(line.segments, int(a), int(b))]
        found = np.concatenate([np.empty(0, int), *parts])
        np.testing.assert_array_equal(found, line.sample[a:b])


def test_an_empty_window_has_no_parts():
    assert window(((0, 4), (6, 10)), 3, 3) == []


@pytest.mark.parametrize(
    "text", ["BAD boundary", "EDGE boundary", "boundary", "New Segment/", "bad boundary"]
)
def test_boundaries_of_other_programs_are_cuts(text):
    assert gaps_and_cuts([0.5], [0.0], [text], 100.0) == ([], [50])


def test_a_boundary_at_the_first_sample_is_no_cut():
    assert gaps_and_cuts([0.0], [0.0], ["New Segment/"], 100.0) == ([], [])


def test_an_acquisition_skip_is_a_gap_of_whole_samples():
    gaps, cuts = gaps_and_cuts([0.1], [0.3], ["BAD_ACQ_SKIP"], 100.0)
    assert gaps == [(10, 40)]
    assert cuts == []


def test_other_annotations_are_neither():
    assert gaps_and_cuts([0.1, 0.2], [1, 1], ["BAD blink", "stimulus"], 100.0) == ([], [])


def test_two_boundaries_of_one_place_are_one_cut():
    # mne.concatenate_raws writes BAD boundary and EDGE boundary at every seam.
    found = gaps_and_cuts([0.5, 0.5], [0, 0], ["BAD boundary", "EDGE boundary"], 100.0)
    assert found == ([], [50])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    n=st.integers(0, 40),
    gaps=st.lists(st.tuples(st.integers(-5, 45), st.integers(-5, 45)).map(sorted), max_size=4),
    cuts=st.lists(st.integers(-2, 45), max_size=4),
    late=st.lists(st.integers(0, 40), max_size=3, unique=True),
)
def test_stretches_are_those_that_counting_every_sample_gives(n, gaps, cuts, late):
    pauses = {sample: float(i + 1) for i, sample in enumerate(sorted(late))}
    line = timeline(n, [tuple(gap) for gap in gaps], cuts, pauses)
    kept = [i for i in range(n) if not any(a <= i < b for a, b in gaps)]
    begins = [i for i in kept if i - 1 not in kept or i in cuts or i in pauses]
    assert line.sample.tolist() == kept
    assert [a for a, _ in line.segments] == begins
    assert line.size == len(kept)
    delays = [max((pauses[s] for s in pauses if s <= i), default=0.0) for i in kept]
    origin = kept[0] if kept else 0
    expected = [(i - origin) / 8.0 + delay for i, delay in zip(kept, delays, strict=True)]
    assert line.time(8.0).tolist() == expected
    assert line.end(8.0) == (expected[-1] + 1 / 8.0 if kept else 0.0)
    runs = [0] if line.run is None else line.run.tolist()
    assert all(b - a in (0, 1) for a, b in itertools.pairwise(runs))


def test_the_axis_of_a_long_record_takes_memory_once():
    line = timeline(1_000_000)
    tracemalloc.start()
    try:
        time = line.time(1000.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2.2 * time.nbytes


def test_finding_stretches_takes_no_memory_per_sample():
    tracemalloc.start()
    try:
        timeline(10**9, gaps=[(5, 10)], cuts=[500])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000
