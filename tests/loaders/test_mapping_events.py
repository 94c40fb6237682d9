"""Events and markers: onsets on the recording's clock, columns verbatim, nothing dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_files import write_hdf5, write_mat5, write_npz, write_text

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import findings_from_json

F = np.random.default_rng(0).normal(size=(100, 2))


def _open(folder: Path, arrays: dict[str, Any], **words: Any) -> xr.DataTree:
    path = write_npz(folder / "a.npz", {"F": F, **arrays})
    return nk.open(path, "npy", **{"signal": "F", "rate": 10, **words})


def _columns(rec: xr.DataTree) -> dict[str, list[Any]]:
    return {str(name): var.values.tolist() for name, var in rec["events"].data_vars.items()}


def test_onsets_in_seconds_with_further_columns(tmp_path: Path) -> None:
    arrays = {"on": [1.5, 0.5], "dur": [0.1, 0.2], "side": ["L", "R"], "n": [7, 8]}
    events = {"onset": "on", "duration": "dur", "trial_type": "side", "number": "n"}
    rec = _open(tmp_path, arrays, events=events)
    assert _columns(rec) == {
        "onset": [0.5, 1.5],
        "duration": [0.2, 0.1],
        "trial_type": ["R", "L"],
        "number": [8, 7],
    }
    assert nk.validate(rec).ok


@pytest.mark.parametrize(
    ("unit", "values"),
    [("s", [1.0, 2.5]), ("ms", [1000, 2500]), ("min", [1 / 60, 2.5 / 60])],
)
def test_units_of_onsets(unit: str, values: list[float], tmp_path: Path) -> None:
    rec = _open(tmp_path, {"on": values}, events={"onset": "on"}, event_units=unit)
    np.testing.assert_allclose(rec.events["onset"], [1.0, 2.5])


@pytest.mark.parametrize("first", [0, 1])
def test_onsets_and_durations_that_count_samples(first: int, tmp_path: Path) -> None:
    arrays = {"on": np.array([first, first + 5]), "dur": np.array([3, 10])}
    events = {"onset": "on", "duration": "dur"}
    rec = _open(tmp_path, arrays, events=events, event_units="samples", event_first=first)
    assert _columns(rec)["onset"] == [0.0, 0.5]
    # A duration is a number of samples, wherever counting begins.
    assert _columns(rec)["duration"] == [0.3, 1.0]


def test_onsets_are_on_the_clock_that_time_stamps_are_on(tmp_path: Path) -> None:
    arrays = {"t": 50 + np.arange(100) / 10, "on": [51.0, 52.0], "dur": [1.0, 1.0]}
    events = {"onset": "on", "duration": "dur"}
    rec = _open(tmp_path, arrays, time="t", rate=None, events=events)
    assert _columns(rec) == {"onset": [1.0, 2.0], "duration": [1.0, 1.0], "trial_type": ["", ""]}


def test_samples_without_a_rate_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="events count samples, and there is no rate"):
        _open(
            tmp_path, {"on": [1]}, rate=None, time="index", events={"onset": "on"},
            event_units="samples",
        )  # fmt: skip


def test_samples_of_a_file_of_events_alone(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"on": [20, 40], "fs": 40.0})
    rec = nk.open(path, events={"onset": "on"}, event_units="samples", rate="fs")
    assert _columns(rec)["onset"] == [0.5, 1.0]


def test_onsets_that_are_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"onset of events holds <U3, not numbers"):
        _open(tmp_path, {"on": ["now", "one"]}, events={"onset": "on"})


def test_columns_of_different_length_are_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="differ in length: onset 2, trial_type 3"):
        _open(
            tmp_path,
            {"on": [1.0, 2.0], "kind": [1, 2, 3]},
            events={"onset": "on", "trial_type": "kind"},
        )


def test_trials_without_times_keep_their_order(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"choice": [1, 0, 1], "x": np.arange(6).reshape(3, 2)})
    rec = nk.open(path, events=["choice", "x"])
    assert _columns(rec)["choice"] == [1, 0, 1]
    assert _columns(rec)["x_0"] == [0, 2, 4]
    assert _columns(rec)["x_1"] == [1, 3, 5]
    assert np.isnan(rec.events["onset"]).all()
    assert "3 events have no onset" in rec.attrs["findings"]
    assert rec.attrs["modality"] == "behavior"


def test_a_table_of_trials_in_text(tmp_path: Path) -> None:
    columns = {"stim": ["left", "right", "n/a"], "rt": [0.3, float("nan"), 0.5], "event": [5, 6, 7]}
    path = write_text(tmp_path / "a.csv", columns)
    rec = nk.open(path, "table", events=["stim", "rt", "event"])
    assert _columns(rec)["stim"] == ["left", "right", ""]
    np.testing.assert_array_equal(rec.events["rt"], [0.3, np.nan, 0.5])
    # `event` is the dim of the group; a column of that name steps aside.
    assert _columns(rec)["event_"] == [5, 6, 7]


def test_columns_of_one_name_in_two_folders_are_both_kept(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "a.h5", {"a/side": [1, 2], "b/side": [3, 4]})
    rec = nk.open(path, "hdf5", events=["data/a/side", "data/b/side"])
    assert {"data.a.side", "data.b.side"} <= set(_columns(rec))
    rec = nk.open(path, "hdf5", events={"left": "data/a/side", "right": "data/b/side"})
    assert _columns(rec)["right"] == [3, 4]
    rec = nk.open(path, "hdf5", events="data/*/side")
    assert {"data.a.side", "data.b.side"} <= set(_columns(rec))


def test_rows_spread_over_columns_that_exist_are_an_error(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"x": np.ones((3, 2)), "x_1": np.ones(3)})
    with pytest.raises(LabelError, match=r"a\.npz: columns of events share a name: x_1"):
        nk.open(path, events=["x_1", "x"])


def test_an_event_has_no_picture(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"image": np.ones((3, 4, 5))})
    with pytest.raises(OptionError, match="has 3 dims"):
        nk.open(path, events="image")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (np.array([1, 2]), ["1", "2"]),
        (np.array([1.0, 2.5]), ["1", "2.5"]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([32769, 33024], dtype=np.uint16), ["32769", "33024"]),
    ],
)
def test_kinds_of_events_are_words(codes: Any, expected: list[str], tmp_path: Path) -> None:
    rec = _open(
        tmp_path, {"on": [0.1, 0.2], "kind": codes}, events={"onset": "on", "trial_type": "kind"}
    )
    assert _columns(rec)["trial_type"] == expected


def test_columns_of_matlab_vectors(tmp_path: Path) -> None:
    arrays = {"F": F, "on": np.array([[1.0], [2.0]]), "kind": np.array([[1, 2]])}
    path = write_mat5(tmp_path / "a.mat", arrays)
    rec = nk.open(path, signal="F", rate=10, events={"onset": "on", "trial_type": "kind"})
    assert _columns(rec)["onset"] == [1.0, 2.0]
    assert _columns(rec)["trial_type"] == ["1", "2"]


# -- markers


@settings(max_examples=8)
@given(codes=st.lists(st.integers(0, 3), min_size=100, max_size=100))
def test_every_change_to_a_code_is_an_event(
    tmp_path_factory: pytest.TempPathFactory, codes: list[int]
) -> None:
    rec = _open(tmp_path_factory.mktemp("m"), {"code": np.array(codes)}, marker="code")
    expected = [
        (i / 10, codes[i]) for i in range(100) if codes[i] and (i == 0 or codes[i] != codes[i - 1])
    ]
    table = _columns(rec)
    assert list(zip(table["onset"], table["value"], strict=True)) == expected
    assert table["trial_type"] == [str(code) for _, code in expected]


def test_the_trace_of_codes_is_kept_beside(tmp_path: Path) -> None:
    codes = np.zeros(100)
    codes[30:40] = 5
    rec = _open(tmp_path, {"code": codes}, marker="code")
    group = rec["auxiliary/trigger"]
    np.testing.assert_array_equal(group["signal"][:, 0], codes)
    assert group["channel_type"].values.tolist() == ["TRIG"]
    assert nk.validate(rec).ok


def test_words_that_mark_samples(tmp_path: Path) -> None:
    words = np.array([""] * 10 + ["go"] * 20 + [""] * 20 + ["stop"] * 50)
    rec = _open(tmp_path, {"code": words}, marker="code")
    assert _columns(rec)["onset"] == [1.0, 5.0]
    assert _columns(rec)["trial_type"] == ["go", "stop"]
    assert "auxiliary" not in rec.children


def test_missing_codes_mark_nothing(tmp_path: Path) -> None:
    codes = np.full(100, np.nan)
    codes[50] = 1
    rec = _open(tmp_path, {"code": codes}, marker="code")
    assert _columns(rec)["onset"] == [5.0]


def test_a_marker_of_another_length_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"code \(99 float64\) has 99 codes for 100 samples"):
        _open(tmp_path, {"code": np.zeros(99)}, marker="code")


def test_a_recording_without_a_mark_has_an_empty_table(tmp_path: Path) -> None:
    rec = _open(tmp_path, {"code": np.zeros(100)}, marker="code")
    assert rec["events"].sizes["event"] == 0


def test_markers_and_events_are_one_table_in_order(tmp_path: Path) -> None:
    codes = np.zeros(100)
    codes[20] = 3
    arrays = {"code": codes, "on": [1.0, 3.0], "what": ["x", "y"]}
    rec = _open(tmp_path, arrays, marker="code", events={"onset": "on", "note": "what"})
    table = _columns(rec)
    assert table["onset"] == [1.0, 2.0, 3.0]
    assert table["trial_type"] == ["", "3", ""]
    assert table["note"] == ["x", "", "y"]


def test_markers_alone_are_a_recording(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"code": np.array([0, 1, 0])})
    rec = nk.open(path, marker="code", rate=2)
    assert _columns(rec)["onset"] == [0.5]
    findings = findings_from_json(str(rec.attrs.get("findings", "[]")))
    assert findings == []
