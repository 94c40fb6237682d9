"""Where epochs and windows lie: against searches over every sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.signal.positions import epoch_starts, nearest_sample, whole_samples, window_starts

bounded = settings(deadline=None, max_examples=25)


@pytest.mark.parametrize(
    ("seconds", "rate", "expected"),
    [(1.0, 10.0, 10), (-0.2, 1000.0, -200), (0.25, 10.0, 3), (0.29, 100.0, 29), (0.0, 3.0, 0)],
)
def test_seconds_become_whole_samples(seconds: float, rate: float, expected: int) -> None:
    assert whole_samples(seconds, rate) == expected


@bounded
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_the_nearest_sample_is_the_nearest(seed: int, n_times: int) -> None:
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.uniform(0.1, 1.0, n_times))
    seconds = rng.uniform(time[0] - 1, time[-1] + 1, 8)
    expected = np.abs(seconds[:, None] - time).argmin(axis=1)
    assert nearest_sample(seconds, time).tolist() == expected.tolist()


def test_of_two_equally_near_samples_the_later_is_taken_at_any_time() -> None:
    time = np.arange(100_000) / 10
    halfway = (np.arange(99_999) + 0.5) / 10
    assert np.array_equal(nearest_sample(halfway, time), np.arange(1, 100_000))


def test_the_axis_is_asked_and_not_its_nominal_rate() -> None:
    # Nominally 1000 Hz, truly 999.5 Hz: after an hour the nominal rate is 1800 samples off.
    time = np.arange(3_600_000) / 999.5
    assert nearest_sample(np.array([3600.0]), time)[0] == round(3600 * 999.5)


def brute_starts(onset: float, time: np.ndarray, runs: list[slice], length: int) -> int:
    for run in runs:
        part = time[run]
        half = np.median(np.diff(part)) / 2 if part.size > 1 else 0.0
        if part[0] - half <= onset <= part[-1] + half:
            first = run.start + int(np.abs(part - onset).argmin())
            if first + length <= run.stop:
                return first
    return -1


@bounded
@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.integers(1, 6),
)
def test_epochs_start_where_a_search_finds_them(seed: int, lengths: list[int], length: int) -> None:
    rng = np.random.default_rng(seed)
    stops = np.cumsum(lengths)
    runs = [slice(int(b - n), int(b)) for n, b in zip(lengths, stops, strict=True)]
    time = np.concatenate([np.arange(n) / 10 + 3.0 * i for i, n in enumerate(lengths)])
    onset = rng.uniform(-1, time[-1] + 1, 10)
    expected = [brute_starts(o, time, runs, length) for o in onset]
    assert epoch_starts(onset, time, runs, length).tolist() == expected


def test_an_onset_that_is_nan_starts_nowhere() -> None:
    time = np.arange(10.0)
    assert epoch_starts(np.array([np.nan, 2.0]), time, [slice(0, 10)], 3).tolist() == [-1, 2]


def test_an_epoch_may_end_with_the_last_sample_but_not_behind_it() -> None:
    time = np.arange(10.0)
    assert epoch_starts(np.array([7.0, 8.0]), time, [slice(0, 10)], 3).tolist() == [7, -1]


def test_half_a_sample_before_the_first_still_counts_as_the_first() -> None:
    time = np.arange(10.0)
    starts = epoch_starts(np.array([-0.4, -0.6]), time, [slice(0, 10)], 3)
    assert starts.tolist() == [0, -1]


@bounded
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 15), st.integers(1, 15))
def test_windows_are_all_that_fit_and_none_crosses_a_run(
    lengths: list[int], length: int, step: int
) -> None:
    stops = np.cumsum(lengths)
    runs = [slice(int(b - n), int(b)) for n, b in zip(lengths, stops, strict=True)]
    expected = [
        t
        for run in runs
        for t in range(run.start, run.stop)
        if (t - run.start) % step == 0 and t + length <= run.stop
    ]
    assert window_starts(runs, length, step).tolist() == expected


def test_no_run_gives_no_window() -> None:
    assert window_starts([], 3, 1).size == 0
