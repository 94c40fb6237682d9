"""Clocks of NWB series: rates, time stamps, gaps, contradictions and what is no clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import FileContentError, TimeError
from neurokit.interchange.nwb_clock import Clock, clock_of, whole_part
from neurokit.interchange.nwb_content import Content, Series, Table
from neurokit.interchange.nwb_space import _pixels, rows_of
from neurokit.schema import regular_time


def _series(**more: Any) -> Series:
    return Series("acquisition/x", ("TimeSeries",), np.zeros((5, 2)), **more)


def _clock(n: int = 5, rate: float | None = None, gaps: bool = True, **more: Any) -> Clock:
    return clock_of(_series(**more), n, "a.nwb", rate, gaps)


def _codes(clock: Clock) -> list[str]:
    return [finding.code for finding in clock.findings]


@pytest.mark.parametrize("start", [None, 0.0, 2.5, -1.0])
def test_a_rate_and_a_start_are_a_clock(start: float | None) -> None:
    clock = clock_of(_series(rate=4.0, start=start), 5, "a.nwb")
    assert (clock.start, clock.n, clock.rate) == (start or 0.0, 5, 4.0)
    arguments = clock.arguments(1.0)
    expected = (start or 0.0) - 1.0 + np.arange(5) / 4.0
    np.testing.assert_allclose(arguments["time"], expected)
    assert arguments["rate"] == 4.0
    assert arguments["run"] is None


@given(
    start=st.floats(-100, 100),
    step=st.floats(0.01, 10),
    n=st.integers(3, 40),
    zero=st.floats(-50, 50),
)
def test_regular_stamps_have_the_rate_of_their_steps(
    start: float, step: float, n: int, zero: float
) -> None:
    seconds = start + step * np.arange(n)
    clock = _clock(n, timestamps=seconds)
    assert clock.rate == pytest.approx(1 / step, rel=1e-3)
    assert clock.start == start
    assert clock.run is None
    assert not clock.findings
    np.testing.assert_array_equal(clock.arguments(zero)["time"], seconds - zero)


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_stamps_have_no_rate_and_no_fault(n: int) -> None:
    clock = _clock(n, timestamps=np.full(n, 4.0))
    assert clock.rate is None
    assert clock.start == (4.0 if n else 0.0)
    assert not clock.findings
    assert clock.arguments(1.0)["time"].tolist() == [3.0] * n


def _stamps(*stretches: tuple[float, int]) -> np.ndarray[Any, Any]:
    return np.concatenate([start + 0.5 * np.arange(n) for start, n in stretches])


def test_gaps_cut_the_record_into_runs() -> None:
    clock = _clock(12, timestamps=_stamps((0, 5), (10, 4), (30, 3)))
    assert clock.run is not None
    assert clock.run.tolist() == [0] * 5 + [1] * 4 + [2] * 3
    assert clock.rate == 2.0
    assert _codes(clock) == ["NK895"]
    assert "2 steps" in clock.findings[0].found
    assert "18.5 s" in clock.findings[0].found


@pytest.mark.parametrize(("pause", "cut"), [(2.4, False), (2.5, False), (2.6, True)])
def test_a_gap_is_more_than_five_steps(pause: float, cut: bool) -> None:
    clock = _clock(10, timestamps=_stamps((0, 5), (2.0 + pause, 5)))
    assert (clock.run is not None) is cut


def test_gaps_can_be_left_alone() -> None:
    clock = _clock(9, timestamps=_stamps((0, 5), (10, 4)), gaps=False)
    assert clock.run is None
    assert clock.rate is None
    assert not clock.findings


def test_jitter_is_irregular_and_said() -> None:
    rng = np.random.default_rng(0)
    seconds = np.arange(50) + rng.uniform(-0.3, 0.3, 50)
    clock = _clock(50, timestamps=seconds)
    assert clock.rate is None
    assert _codes(clock) == ["NK820"]
    assert "irregular" in clock.findings[0].found


def test_stamps_win_over_a_rate_that_contradicts_them() -> None:
    seconds = np.arange(5) / 2.0
    assert _codes(_clock(5, timestamps=seconds)) == []
    agreed = clock_of(_series(timestamps=seconds, rate=2.0005), 5, "a.nwb")
    assert not agreed.findings
    clock = clock_of(_series(timestamps=seconds, rate=3.0), 5, "a.nwb")
    assert clock.rate == 2.0
    assert _codes(clock) == ["NK896"]


def test_the_rate_asked_for_wins_over_all_and_contradictions_are_said() -> None:
    clock = _clock(5, 10.0, timestamps=np.array([3.0, 3.5, 9.0, 9.1, 20.0]))
    assert (clock.start, clock.rate, clock.seconds) == (3.0, 10.0, None)
    assert not clock.findings
    said = clock_of(_series(rate=4.0, start=1.0), 5, "a.nwb", 10.0)
    assert (said.start, said.rate) == (1.0, 10.0)
    assert _codes(said) == ["NK896"]
    assert not clock_of(_series(rate=10.0), 5, "a.nwb", 10.0).findings


@pytest.mark.parametrize(
    "stamps",
    [
        np.array(3.0),
        np.array(["a", "b"], dtype=object),
        np.zeros(0),
        np.array([np.nan, 1.0]),
        np.array([np.inf, 1.0]),
        np.array([1j, 2j]),
        None,
    ],
    ids=["scalar", "words", "none", "nan", "inf", "complex", "absent"],
)
def test_with_a_rate_asked_for_broken_stamps_do_not_matter(stamps: Any) -> None:
    clock = _clock(5, 10.0, timestamps=stamps)
    assert (clock.start, clock.n, clock.rate) == (0.0, 5, 10.0)


@pytest.mark.parametrize(
    ("stamps", "said"),
    [
        (np.array(3.0), "0 timestamps for 5 samples"),
        (np.arange(4.0), "4 timestamps for 5 samples"),
        (np.zeros((5, 1)), "timestamps for 5 samples"),
        (np.array([0, 1, np.nan, 3, np.inf]), "2 timestamps are NaN or infinite, .* 2"),
        (np.array([0.0, 1, 1, 2, 3]), r"do not increase at index 2 \(1 to 1 s\)"),
        (np.array([0.0, 1, 2, 1, 3]), "do not increase at index 3"),
        (np.array(list("abcde"), dtype=object), "are of type object"),
        (np.arange(5) * 1j, "are of type complex128"),
        (np.array([False] * 5), "are of type bool"),
    ],
)  # fmt: skip
def test_stamps_that_are_no_clock_are_refused(stamps: Any, said: str) -> None:
    with pytest.raises(TimeError, match=said) as caught:
        _clock(5, timestamps=stamps)
    assert caught.value.where == "a.nwb: acquisition/x"
    assert caught.value.mend


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused_whoever_says_it(rate: float) -> None:
    with pytest.raises(TimeError, match="the rate is"):
        clock_of(_series(rate=rate), 5, "a.nwb")
    with pytest.raises(TimeError, match="^rate: the rate is"):
        clock_of(_series(rate=4.0), 5, "a.nwb", rate)


def test_neither_rate_nor_stamps_is_no_clock() -> None:
    with pytest.raises(TimeError, match="neither a rate nor timestamps"):
        _clock(5)
    with pytest.raises(TimeError, match="starting_time is inf"):
        clock_of(_series(rate=1.0, start=np.inf), 5, "a.nwb")


def test_whole_numbers_are_seconds_too() -> None:
    clock = _clock(5, timestamps=np.arange(5, dtype=np.int32))
    assert clock.rate == 1.0
    assert clock.seconds is not None
    assert clock.seconds.dtype == np.float64
    assert whole_part(np.array([7, 8])) == 7


def test_clocks_tick_together_if_all_of_it_is_the_same() -> None:
    one = Clock(0.0, 5, 2.0)
    assert one.same_as(Clock(0.0, 5, 2.0))
    for other in (Clock(0.1, 5, 2.0), Clock(0.0, 6, 2.0), Clock(0.0, 5, 2.1)):
        assert not one.same_as(other)
    seconds = np.array([0.0, 0.5, 1.5, 2.0, 2.5])
    stamped = Clock(0.0, 5, None, seconds)
    assert stamped.same_as(Clock(0.0, 5, None, seconds.copy()))
    assert not stamped.same_as(Clock(0.0, 5, None, seconds + 0.1 * (seconds == 1.5)))
    assert not Clock(0.0, 5, 2.0, regular_time(5, 2.0)).same_as(one)


def _plane(**facts: str) -> Table:
    return Table("rois", ("PlaneSegmentation",), np.arange(3), {}, facts)


@pytest.mark.parametrize("origin", ["here", "[1, 2", "{}", '["a"]', "[1e400, 0, 0]", "null"])
def test_an_origin_that_is_no_place_leaves_the_spacing(origin: str) -> None:
    found = _pixels(_plane(grid_spacing="[1.0, 2.0]", origin_coords=origin))
    assert found == ([1.0, 2.0, 2.0], [0.0, 0.0, 0.0], "m")


def test_an_origin_and_a_spacing_are_in_metres() -> None:
    found = _pixels(
        _plane(
            grid_spacing="[2.0, 3.0, 4.0]",
            grid_spacing_unit="micrometers",
            origin_coords="[1.0, 2.0]",
            origin_coords_unit="mm",
        )
    )
    np.testing.assert_allclose(found[0], [2e-6, 3e-6, 4e-6])
    np.testing.assert_allclose(found[1], [1e-3, 2e-3, 0.0])


@pytest.mark.parametrize(("rows", "said"), [([0, 1, -4], "row -4"), ([0, 1, 3], "row 3")])
def test_a_row_that_is_not_there_is_named(rows: list[int], said: str) -> None:
    content = Content("a.nwb")
    content.tables["rois"] = _plane()
    series = _series(table="rois", rows=np.array(rows))
    with pytest.raises(FileContentError, match=f"refers to {said} of rois, which has 3"):
        rows_of(content, series, 3)
