"""Names, clocks, devices and scratch of a file being written; streams; columns of its tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import neurokit as nk
from neurokit.interchange.nwb_sink import Sink
from neurokit.interchange.nwb_streams import stream
from neurokit.interchange.nwb_write_tables import native_columns, write_events, write_spikes
from neurokit.schema import regular_time

pynwb = pytest.importorskip("pynwb")


def _sink(**imaging: Any) -> Sink:
    start = datetime(2024, 2, 29, tzinfo=UTC)
    return Sink(pynwb.NWBFile("a file", "x", start), imaging, False)


@given(wanted=st.lists(st.text(alphabet="ab/:._1", max_size=4), max_size=12))
def test_every_name_is_one_that_a_file_can_have_and_nobody_else_has(wanted: list[str]) -> None:
    sink = Sink(None, {}, False)
    names = [sink.name(one) for one in wanted]
    assert len(set(names)) == len(names)
    assert all(name and not set(name) & set("/:.") for name in names)


def test_a_good_name_is_kept_and_its_next_one_counted() -> None:
    sink = Sink(None, {}, False)
    assert [sink.name(n) for n in ("speed", "speed", "a/b", "a:b", "", "")] == [
        "speed", "speed_1", "a_b", "a_b_1", "series", "series_1",
    ]  # fmt: skip


def _group(time: Any, **attrs: Any) -> xr.Dataset:
    return xr.Dataset({"x": ("time", np.zeros(len(time)))}, {"time": np.asarray(time)}, attrs)


def test_a_regular_clock_is_a_rate_and_a_start() -> None:
    time = regular_time(50, 30.0, 2.0)
    said, exact = _sink().clock(_group(time, sampling_rate=30.0, time_offset=5.0))
    assert said == {"rate": 30.0, "starting_time": 7.0}
    assert exact


@given(
    rate=st.floats(0.1, 5e4),
    start=st.floats(-10, 1e4),
    offset=st.floats(-1e3, 1e6),
    n=st.integers(1, 50),
)
def test_a_clock_said_to_be_exact_gives_back_the_same_times(
    rate: float, start: float, offset: float, n: int
) -> None:
    time = regular_time(n, rate, start)
    said, exact = Sink(None, {}, False).clock(_group(time, sampling_rate=rate, time_offset=offset))
    if "rate" in said:
        again = regular_time(n, said["rate"], said["starting_time"] - offset)
    else:
        again = said["timestamps"] - offset
    assert np.array_equal(again, time) or not exact
    np.testing.assert_allclose(again, time, atol=1e-9)


@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_gaps_and_jitter_are_stamps(offset: float) -> None:
    time = np.array([0.0, 1.0, 2.0, 7.0, 8.0])
    cut = _group(time, sampling_rate=1.0, time_offset=offset).assign_coords(
        run=("time", [0, 0, 0, 1, 1])
    )
    said, exact = _sink().clock(cut)
    assert said["timestamps"].tolist() == (time + offset).tolist()
    assert exact
    said, _ = _sink().clock(_group(time + 0.25))
    assert said["timestamps"].tolist() == (time + 0.25).tolist()


def test_a_rate_that_the_times_do_not_keep_is_not_written() -> None:
    said, _ = _sink().clock(_group([0.0, 1.0, 2.001], sampling_rate=1.0))
    assert "rate" not in said


def test_a_clock_without_samples_has_no_stamps() -> None:
    said, exact = _sink().clock(_group([], sampling_rate=2.0))
    assert said["timestamps"].size == 0
    assert exact


def test_times_stand_at_a_series_only_if_it_gives_them_back() -> None:
    sink, group = _sink(), _group([0.0, 1.0])
    assert sink.timed(group, "acquisition/x", True) == {"time": {"clock": "acquisition/x", "n": 2}}
    assert sink.timed(group, "acquisition/x", False) == {}


def test_devices_probes_and_modules_are_made_once() -> None:
    sink = _sink(device="a scope")
    assert sink.device() is sink.device()
    assert sink.device().name == "a scope"
    assert sink.probe("left/1") is sink.probe("left:1")
    assert sink.probe("left/1").name == "left_1"
    assert sink.module("behavior", "b") is sink.module("behavior", "another")
    assert set(sink.file.electrode_groups) == {"left_1"}


@pytest.mark.parametrize(
    "values",
    [np.arange(4.0), np.array([True]), np.array(["a", "é"]), np.ones((4, 4)), np.float64(3)],
    ids=["floats", "bools", "text", "matrix", "scalar"],
)
def test_short_values_stand_in_the_layout(values: Any) -> None:
    sink = _sink()
    variable = xr.Variable([f"d{k}" for k in range(np.ndim(values))], values)
    at = sink.anywhere("/x", variable)
    assert np.array_equal(np.array(at["values"]).reshape(at["shape"]), values)
    assert not sink.file.scratch


@pytest.mark.parametrize(
    "values",
    [np.arange(17), np.random.default_rng(0).random((5, 4)), np.array(list("abcdefghijklmnopq"))],
    ids=["whole", "matrix", "text"],
)
def test_long_values_stand_in_scratch_each_by_a_name_of_its_own(values: Any) -> None:
    sink = _sink()
    variable = xr.Variable([f"d{k}" for k in range(values.ndim)], values)
    first, second = sink.anywhere("/x", variable), sink.anywhere("/x", variable)
    assert first["scratch"] != second["scratch"]
    assert first["shape"] == list(values.shape)
    stored = sink.file.scratch[first["scratch"]]
    assert np.array_equal(np.asarray(stored.data).astype(values.dtype), values)
    assert "neurokit recording" in stored.description


# -- streams


def _read(made: Any) -> np.ndarray[Any, Any]:
    return np.asarray(made if isinstance(made, np.ndarray) else made.data)


def test_values_that_are_not_streamed_are_an_array() -> None:
    variable = xr.Variable(("time",), np.arange(5.0))
    made = stream(variable, False)
    assert isinstance(made, np.ndarray)
    assert made.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(("n", "packed"), [(100, False), (20_000, True)])
def test_only_large_values_are_packed(n: int, packed: bool) -> None:
    variable = xr.Variable(("time",), np.arange(n, dtype=np.float64))
    made = stream(variable, True)
    assert isinstance(made, pynwb.H5DataIO) is packed
    np.testing.assert_array_equal(_read(made), variable.values)


@pytest.mark.parametrize("width", [None, 3])
def test_a_lazy_signal_comes_in_blocks_that_cover_it_once(
    monkeypatch: pytest.MonkeyPatch, width: int | None
) -> None:
    from neurokit.interchange import nwb_streams

    monkeypatch.setattr(nwb_streams, "_LARGE_BYTES", 1)
    monkeypatch.setattr(nwb_streams, "_BLOCK_BYTES", 4096)
    shape = (1000,) if width is None else (1000, width)
    values = np.random.default_rng(0).random(shape)
    lazy = xr.DataArray(values, dims=["time", "neuron"][: len(shape)]).chunk(time=77).variable
    made = stream(lazy, True)
    assert isinstance(made, pynwb.H5DataIO)
    parts, seen = list(made.data), np.zeros(shape, dtype=int)
    assert len(parts) > 1
    for part in parts:
        assert part.data.nbytes <= max(4096, lazy.nbytes // 1000)
        np.testing.assert_array_equal(part.data, values[part.selection])
        seen[part.selection] += 1
    assert (seen == 1).all()


# -- tables


def test_events_are_intervals_on_the_clock_of_the_file() -> None:
    sink = _sink()
    sink.offset = 10.0
    table = nk.schema.events([1.0, 4.0], duration=[0.5, 2.0], trial_type=["a", "b"])
    at = write_events(sink, table)
    written = sink.file.intervals["events"]
    assert written["start_time"].data.tolist() == [11.0, 14.0]
    assert written["stop_time"].data.tolist() == [11.5, 16.0]
    assert written["trial_type"].data == ["a", "b"]
    # Ten seconds taken off again could round: onsets stand elsewhere.
    assert "onset" not in at
    assert at["trial_type"] == {"table": "intervals/events", "column": "trial_type"}


def test_onsets_on_the_clock_of_the_file_need_no_second_place() -> None:
    at = write_events(_sink(), nk.schema.events([1.0], duration=[0.0], trial_type=["a"]))
    assert at["onset"] == {"table": "intervals/events", "column": "start_time"}


def test_spikes_are_units_with_their_trains_and_spans() -> None:
    sink = _sink()
    spikes = nk.schema.spikes(
        {"a": [1.0, 2.5], "b": [], "c": [0.5]}, coords={"region": list("xyz")}
    )
    spikes["obs_start"] = ("interval", [0.0, 5.0, 0.0, 0.0])
    spikes["obs_stop"] = ("interval", [3.0, 6.0, 9.0, 9.0])
    spikes["obs_end"] = ("neuron", [2, 3, 4])
    at = write_spikes(sink, spikes)
    units = sink.file.units
    assert [units.get_unit_spike_times(i).tolist() for i in range(3)] == [[1.0, 2.5], [], [0.5]]
    assert units.get_unit_obs_intervals(0).tolist() == [[0.0, 3.0], [5.0, 6.0]]
    assert units["label"].data == ["a", "b", "c"]
    assert units["region"].data == ["x", "y", "z"]
    assert at["spike_time"] == {"spikes": "units"}
    assert at["neuron"] == {"table": "units", "column": "label"}


def test_columns_that_a_table_cannot_hold_go_elsewhere() -> None:
    from pynwb.misc import Units

    group = xr.Dataset(
        {
            "depth": ("neuron", [1.0, 2.0]),
            "a/b": ("neuron", [1, 2]),
            "waveform": (("neuron", "lag"), np.zeros((2, 3))),
            "when": ("neuron", np.array(["2020", "2021"], dtype="datetime64[ns]")),
            "add_column": ("neuron", [1, 2]),
            "spike_times": ("neuron", [1, 2]),
            "position": (("neuron", "space"), np.zeros((2, 3))),
            "id": ("neuron", [5, 6]),
        },
        {"neuron": ["u1", "u2"]},
    )
    found = {key: column for key, column, _ in native_columns(group, "neuron", Units)}
    assert found == {"depth": "depth", "position": "position", "neuron": "label"}


def test_where_two_things_would_be_labels_neither_is() -> None:
    from pynwb.misc import Units

    group = xr.Dataset({"label": ("neuron", ["x", "y"])}, {"neuron": ["u1", "u2"]})
    found = {key: column for key, column, _ in native_columns(group, "neuron", Units)}
    assert found == {}
