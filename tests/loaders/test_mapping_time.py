"""Clocks: stamps kept as they are, rates checked against them, gaps and lies found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_files import write_npz, write_text

import neurokit as nk
from neurokit.errors import FileContentError, OptionError, TimeError
from neurokit.schema import findings_from_json, runs


def _open(folder: Path, stamps: Any, **words: Any) -> xr.DataTree:
    stamps = np.asarray(stamps)
    arrays = {"t": stamps, "F": np.ones((stamps.size, 2)), "fs": np.array([[4.0]])}
    path = write_npz(folder / "a.npz", arrays)
    return nk.open(path, "npy", signal="F", names=["a", "b"], **{"time": "t", **words})


def _codes(rec: xr.DataTree) -> list[str]:
    found = findings_from_json(str(rec.attrs.get("findings", "[]")))
    return [f.code for f in found if f.code != "NK821"]


@settings(max_examples=15)
@given(
    n=st.integers(2, 400),
    rate=st.sampled_from([0.5, 1.0, 2.2, 29.97, 30.0, 256.0, 1000.0, 30_000.0]),
    start=st.sampled_from([0.0, -1.5, 100.25, 1e4]),
)
def test_regular_stamps_have_their_rate(
    tmp_path_factory: pytest.TempPathFactory, n: int, rate: float, start: float
) -> None:
    rec = _open(tmp_path_factory.mktemp("t"), start + np.arange(n) / rate)
    assert rec.activity.attrs["sampling_rate"] == pytest.approx(rate, rel=1e-6)
    np.testing.assert_allclose(rec.activity.time, np.arange(n) / rate, rtol=0, atol=1e-9)
    assert rec.activity.attrs["time_offset"] == start
    assert _codes(rec) == []


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("s", 1), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("min", 60), ("h", 3600)],
)
def test_units_of_time(unit: str, factor: float, tmp_path: Path) -> None:
    rec = _open(tmp_path, [10.0, 20.0, 30.0], time_units=unit)
    np.testing.assert_allclose(rec.activity.time, np.array([0, 10, 20]) * factor, rtol=1e-12)
    assert rec.activity.attrs["time_offset"] == pytest.approx(10 * factor)


def test_whole_numbers_are_stamps_too(tmp_path: Path) -> None:
    rec = _open(tmp_path, np.array([-3, -2, -1, 0], dtype=np.int16), time_units="ms")
    np.testing.assert_allclose(rec.activity.time, [0, 0.001, 0.002, 0.003])


def test_irregular_stamps_stay_and_are_said(tmp_path: Path) -> None:
    rec = _open(tmp_path, [0.0, 0.1, 0.25, 0.3])
    assert rec.activity.time.values.tolist() == [0.0, 0.1, 0.25, 0.3]
    assert "sampling_rate" not in rec.activity.attrs
    assert _codes(rec) == ["NK820"]


def test_repeated_stamps_are_a_violation(tmp_path: Path) -> None:
    rec = _open(tmp_path, [0.0, 0.1, 0.1, 0.3])
    assert _codes(rec) == ["NK823"]
    assert "1 time stamps repeat the one before, the first at index 2" in rec.attrs["findings"]


def test_time_that_goes_back_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TimeError, match=r"a.npz: time goes back 1 times, first at index 2"):
        _open(tmp_path, [0.0, 0.2, 0.1, 0.3])
    with pytest.raises(TimeError, match="time goes back"):
        _open(tmp_path, [0.0, 0.2, 0.1, 0.3], rate=10)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_stamps_that_are_no_times_are_an_error(value: float, tmp_path: Path) -> None:
    with pytest.raises(TimeError, match=r"1 values of t \(3 float64\) are no times.*index 1"):
        _open(tmp_path, [0.0, value, 0.2])


def test_lengths_that_differ_are_both_named(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"t": np.arange(7.0), "F": np.ones((8, 2))})
    with pytest.raises(TimeError, match=r"t \(7 float64\) has 7 time stamps for 8 samples"):
        nk.open(path, signal="F", time="t")


def test_no_clock_at_all_is_an_error_that_names_the_choices(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"F": np.ones((8, 2))})
    with pytest.raises(TimeError, match=r"neither time nor rate.*F \(8 x 2.*time='index'"):
        nk.open(path, signal="F")


def test_counted_samples_have_no_rate_and_say_so(tmp_path: Path) -> None:
    rec = _open(tmp_path, np.arange(5.0), time="index")
    assert rec.activity.time.values.tolist() == [0, 1, 2, 3, 4]
    assert "sampling_rate" not in rec.activity.attrs
    assert "no rate is known" in rec.activity.attrs["time_origin"]
    assert _codes(rec) == ["NK822"]
    assert not nk.validate(rec).ok


def test_no_known_rate_and_a_rate_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no rate is known, and rate= gives one"):
        _open(tmp_path, np.arange(5.0), time="index", rate=2)


def test_a_variable_called_index_is_a_variable(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"F": np.ones(3), "index": np.array([0.0, 2.0, 4.0])})
    rec = nk.open(path, signal="F", time="index")
    assert rec.activity.attrs["sampling_rate"] == 0.5


def test_a_rate_from_a_variable(tmp_path: Path) -> None:
    rec = _open(tmp_path, np.arange(5.0), time=None, rate="fs")
    assert rec.activity.attrs["sampling_rate"] == 4.0


@pytest.mark.parametrize("value", [[1.0, 2.0], [], 0.0, -3.0, np.nan])
def test_a_rate_is_one_positive_number(value: Any, tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"F": np.ones((5, 2)), "fs": np.array(value)})
    with pytest.raises(TimeError, match="is no rate"):
        nk.open(path, signal="F", rate="fs")


def test_a_rate_that_is_a_word_is_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"F": np.ones((5, 2)), "fs": "30"})
    with pytest.raises(OptionError, match="holds no numbers"):
        nk.open(path, signal="F", rate="fs")


# -- a rate beside stamps


def test_a_rate_makes_jittered_stamps_regular(tmp_path: Path) -> None:
    stamps = np.round(5 + np.arange(2000) / 256, 3)
    rec = _open(tmp_path, stamps, rate=256)
    np.testing.assert_array_equal(rec.activity.time, np.arange(2000) / 256)
    assert rec.activity.attrs["sampling_rate"] == 256
    assert "run" not in rec.activity.coords
    assert _codes(rec) == ["NK824"]
    assert nk.validate(rec).ok


def test_exact_stamps_with_their_rate_need_no_word(tmp_path: Path) -> None:
    assert _codes(_open(tmp_path, np.arange(2000) / 256, rate=256)) == []


def test_a_gap_changes_the_run_and_keeps_true_times(tmp_path: Path) -> None:
    stamps = np.concatenate([np.arange(50) / 10, 20 + np.arange(30) / 10, 40 + np.arange(20) / 10])
    rec = _open(tmp_path, stamps, rate=10)
    np.testing.assert_allclose(rec.activity.time, stamps, atol=1e-12)
    assert [(s.start, s.stop) for s in runs(rec.activity.to_dataset())] == [
        (0, 50),
        (50, 80),
        (80, 100),
    ]
    assert "2 gaps, the first after 4.9 s" in rec.attrs["findings"]
    assert nk.validate(rec).ok


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_single_lost_samples_are_gaps(lost: int, tmp_path: Path) -> None:
    kept = np.delete(np.arange(200) / 100, np.arange(60, 60 + lost))
    rec = _open(tmp_path, kept, rate=100)
    assert len(runs(rec.activity.to_dataset())) == 2
    np.testing.assert_allclose(rec.activity.time, kept, atol=1e-12)


def test_stamps_in_milliseconds_of_a_fast_signal_are_no_gaps(tmp_path: Path) -> None:
    stamps = np.floor(np.arange(3000) / 700 * 1000)
    rec = _open(tmp_path, stamps, time_units="ms", rate=700)
    assert "run" not in rec.activity.coords
    np.testing.assert_allclose(rec.activity.time, np.arange(3000) / 700, atol=1e-12)


@pytest.mark.parametrize("rate", [100.5, 99.0, 50.0, 200.0, 1000.0])
def test_a_rate_that_the_stamps_deny_is_an_error(rate: float, tmp_path: Path) -> None:
    with pytest.raises(TimeError, match=f"rate is {rate:g} Hz, but t .*100 per s"):
        _open(tmp_path, np.arange(2000) / 100, rate=rate)


def test_a_clock_that_drifts_by_less_than_a_thousandth_is_believed(tmp_path: Path) -> None:
    rec = _open(tmp_path, np.arange(5000) / 100.04, rate=100)
    np.testing.assert_array_equal(rec.activity.time, np.arange(5000) / 100)
    assert _codes(rec) == ["NK824"]


def test_a_clock_that_stood_still_is_mended_by_the_rate(tmp_path: Path) -> None:
    stamps = np.arange(100) / 10
    stamps[40:60] = stamps[40]
    rec = _open(tmp_path, stamps, rate=10)
    np.testing.assert_array_equal(rec.activity.time, np.arange(100) / 10)
    assert "stamps differ by up to 1.9 s" in rec.attrs["findings"]


def test_a_clock_that_stood_still_and_lost_time_is_an_error(tmp_path: Path) -> None:
    stamps = np.arange(100) / 10
    stamps[40:60] = stamps[40]
    stamps[60:] += 5
    with pytest.raises(TimeError, match="rate is 10 Hz"):
        _open(tmp_path, stamps, rate=10)


# -- dates


def _dates(folder: Path, dates: list[str], **words: Any) -> xr.DataTree:
    path = write_text(folder / "a.csv", {"when": dates, "F": list(range(len(dates)))})
    return nk.open(path, "table", time="when", signal="F", **words)


def test_dates_are_seconds_from_the_first(tmp_path: Path) -> None:
    dates = ["2020-02-28 23:59:59.5", "2020-02-29 00:00:00.0", "2020-02-29 00:00:00.5"]
    rec = _dates(tmp_path, dates)
    assert rec.activity.time.values.tolist() == [0.0, 0.5, 1.0]
    assert rec.activity.attrs["sampling_rate"] == 2.0
    assert rec.attrs["start_time"] == ""
    assert "2020-02-28T23:59:59.5" in rec.activity.attrs["time_origin"]


def test_dates_with_a_zone_start_the_recording(tmp_path: Path) -> None:
    rec = _dates(tmp_path, ["2020-01-01T10:00:00+01:00", "2020-01-01T10:00:01+01:00"])
    assert rec.attrs["start_time"] == "2020-01-01T10:00:00+01:00"


@pytest.mark.parametrize("dates", [["now", "then"], ["2020-13-01", "2020-13-02"]])
def test_words_that_are_no_dates_are_an_error(dates: list[str], tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match=r"when \(2 text\) holds no times"):
        _dates(tmp_path, dates)


def test_seconds_since_1970_start_the_recording(tmp_path: Path) -> None:
    rec = _open(tmp_path, [86400.25, 86400.5, 86400.75], start_time="unix")
    assert rec.attrs["start_time"] == "1970-01-02T00:00:00.250000+00:00"


# -- trials


def test_stamps_of_trials_count_from_their_event(tmp_path: Path) -> None:
    arrays = {"t": np.array([-20.0, -10.0, 0.0, 10.0]), "F": np.ones((3, 4, 2))}
    rec = nk.open(write_npz(tmp_path / "a.npz", arrays), signal="F", time="t", time_units="ms")
    np.testing.assert_allclose(rec.activity.time, [-0.02, -0.01, 0.0, 0.01], atol=1e-15)
    assert rec.activity.attrs["time_origin"] == "event"
    assert rec.activity.attrs["time_offset"] == 0.0
    assert rec.activity.attrs["sampling_rate"] == pytest.approx(100)
