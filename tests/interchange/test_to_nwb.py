"""Recordings through NWB and back with nothing lost, in files that pynwb and nwbinspector pass."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pynwb
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from pynwb import NWBHDF5IO

import neurokit as nk
from neurokit.errors import SchemaError, StoreError, TimeError
from neurokit.interchange import from_nwb, to_nwb
from neurokit.io import FileArray, lazy_variable
from neurokit.testing import assert_same, differences, recordings

START = "2024-02-29T12:00:00+01:00"
SLOWER = ("eeg", "meg", "seeg", "ecog", "spikes", "connectome")
QUICK = ("calcium",)
MODALITIES = (*QUICK, *(pytest.param(m, marks=pytest.mark.slow) for m in SLOWER))


def _through(rec: xr.DataTree, path: Path, **options: Any) -> xr.DataTree:
    to_nwb(rec, path, session_start_time=START, **options)
    again = nk.open(path)
    # Who opened it and from where is all that an open recording does not have of the old one.
    keys = ("loader", "loader_version", "loader_options", "source")
    again.attrs |= {key: rec.attrs[key] for key in keys}
    return again


def _round_trips(rec: xr.DataTree, folder: Path) -> None:
    assert differences(from_nwb(to_nwb(rec, session_start_time=START)), rec) == []
    path = folder / "x.nwb"
    assert differences(_through(rec, path, overwrite=True), rec) == []


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rec=recordings())
def test_any_recording_comes_back_as_it_was(rec: xr.DataTree, tmp_path: Path) -> None:
    _round_trips(rec, tmp_path)


@pytest.mark.slow
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rec=recordings())
def test_many_recordings_come_back_as_they_were(rec: xr.DataTree, tmp_path: Path) -> None:
    _round_trips(rec, tmp_path)


@pytest.mark.nightly
@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rec=recordings())
def test_a_thousand_recordings_come_back_as_they_were(rec: xr.DataTree, tmp_path: Path) -> None:
    _round_trips(rec, tmp_path)


@pytest.mark.parametrize("modality", MODALITIES)
def test_files_pass_pynwb_and_nwbinspector(modality: str, tmp_path: Path) -> None:
    from nwbinspector import Importance, inspect_nwbfile

    path = tmp_path / "x.nwb"
    rec = nk.simulate.recording(modality, random_state=0)
    assert_same(_through(rec, path), rec)
    assert not pynwb.validate(path=str(path))
    grave = (Importance.CRITICAL, Importance.ERROR, Importance.PYNWB_VALIDATION)
    found = [m for m in inspect_nwbfile(nwbfile_path=str(path)) if m.importance in grave]
    assert found == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            "celegans_calcium/ScholzEtAl2018.AML175_moving.BrainScanner20180223_141721.nwb",
            marks=pytest.mark.slow,
        ),
        "spikes_behaviour/A8604-211122.nwb",
        "spikes_behaviour/LantyerEtAl2018_171220_NC_156_ST100_C.nwb",
        pytest.param(
            "celegans_calcium/atanas2023_2022-08-02-01_time_trace.json", marks=pytest.mark.slow
        ),
        pytest.param("eeg/eeglab_test.edf", marks=pytest.mark.slow),
    ],
)
def test_real_recordings_come_back_as_they_were(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    rec = nk.open(shared_data / name)
    assert_same(_through(rec, tmp_path / "x.nwb"), rec)


# -- what others see


def _read(path: Path) -> Any:
    return NWBHDF5IO(str(path), "r")


def test_others_see_neurons_events_and_behavior_in_their_places(tmp_path: Path) -> None:
    rec = nk.simulate.recording("calcium", random_state=0)
    path = tmp_path / "x.nwb"
    to_nwb(rec, path, session_start_time=START, imaging={"indicator": "GCaMP7b"})
    with _read(path) as io:
        file = io.read()
        series = file.processing["ophys"]["DfOverF"]["activity"]
        np.testing.assert_array_equal(series.data[:], rec.activity.signal)
        assert series.rate == rec.activity.attrs["sampling_rate"]
        table = series.rois.table
        assert table["label"][:].tolist() == rec.activity.neuron.values.tolist()
        np.testing.assert_array_equal(table["identified"][:], rec.activity.identified)
        assert table.imaging_plane.indicator == "GCaMP7b"
        events = file.intervals["events"]
        np.testing.assert_array_equal(events["start_time"][:], rec.events.onset)
        assert events["trial_type"][:].tolist() == rec.events.trial_type.values.tolist()
        speed = file.processing["behavior"]["behavior"]["velocity"]
        np.testing.assert_array_equal(speed.data[:], rec.behavior.velocity)
        assert file.subject.species == "Caenorhabditis elegans"


def test_others_see_channels_on_electrodes_in_micrometres(tmp_path: Path) -> None:
    rec = nk.simulate.recording("seeg", random_state=0)
    path = tmp_path / "x.nwb"
    to_nwb(rec, path, session_start_time=START)
    with _read(path) as io:
        series = io.read().acquisition["activity"]
        np.testing.assert_array_equal(series.data[:], rec.activity.signal)
        table = series.electrodes.table
        assert table["label"][:].tolist() == rec.activity.channel.values.tolist()
        assert table["channel_type"][:].tolist() == rec.activity.channel_type.values.tolist()
        np.testing.assert_allclose(table["x"][:], rec.activity.position[:, 0] * 1e6)


def test_others_see_spikes_per_unit(tmp_path: Path) -> None:
    rec = nk.simulate.recording("spikes", random_state=0)
    path = tmp_path / "x.nwb"
    to_nwb(rec, path, session_start_time=START)
    ends = rec.spikes.spike_end.values
    with _read(path) as io:
        units = io.read().units
        assert units["label"][:].tolist() == rec.spikes.neuron.values.tolist()
        np.testing.assert_array_equal(
            units["spike_times"][1], rec.spikes.spike_time[ends[0] : ends[1]]
        )


def test_channels_of_several_units_are_one_series_per_unit(tmp_path: Path) -> None:
    types = ["EEG", "MEGMAG", "EEG", "MISC", "MEGMAG"]
    signal = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    names = [f"c{i}" for i in range(5)]
    options: dict[str, Any] = {"names": names, "space": "channel", "rate": 100.0}
    group = nk.schema.activity(signal, coords={"channel_type": types}, **options)
    rec = nk.schema.recording({"activity": group}, modality="meg")
    assert_same(_through(rec, tmp_path / "x.nwb"), rec)
    with _read(tmp_path / "x.nwb") as io:
        file = io.read()
        np.testing.assert_array_equal(file.acquisition["activity"].data[:], signal[:, [0, 2]])
        np.testing.assert_array_equal(file.acquisition["activity_T"].data[:], signal[:, [1, 4]])
        assert file.acquisition["activity_T"].unit == "T"
    part = nk.open(tmp_path / "x.nwb").activity.signal[10:13, [4, 0]]
    np.testing.assert_array_equal(part, signal[10:13, [4, 0]])


def test_the_clock_of_the_file_is_time_plus_offset(tmp_path: Path) -> None:
    signal = np.zeros((20, 2), np.float32)
    group = nk.schema.activity(signal, names=["a", "b"], rate=4.0, time_offset=12.5)
    table = nk.schema.events([1.0], duration=[0.5])
    rec = nk.schema.recording({"activity": group, "events": table}, modality="calcium")
    assert_same(_through(rec, tmp_path / "x.nwb"), rec)
    with _read(tmp_path / "x.nwb") as io:
        file = io.read()
        assert file.processing["ophys"]["DfOverF"]["activity"].starting_time == 12.5
        assert file.intervals["events"]["start_time"][0] == 13.5
        assert file.session_start_time == datetime.fromisoformat(START)


class Counting(FileArray):
    """Rows of a large array, and the largest stretch that was asked for at once."""

    most = 0

    def read(self, key: Any) -> Any:
        rows, columns = (np.arange(n)[k] for n, k in zip(self.shape, key, strict=True))
        Counting.most = max(Counting.most, np.size(rows))
        return (rows[:, None] % 1000 + columns).astype(np.float32)


def test_large_lazy_signals_are_written_block_by_block(tmp_path: Path) -> None:
    array = Counting((200_000, 64), np.float32)
    options: dict[str, Any] = {"names": [str(i) for i in range(64)], "rate": 100.0}
    group = nk.schema.activity(lazy_variable(("time", "neuron"), array), **options)
    rec = nk.schema.recording({"activity": group}, modality="calcium")
    to_nwb(rec, tmp_path / "x.nwb", session_start_time=START)
    assert 0 < Counting.most <= 2**24 // (64 * 4)
    found = nk.open(tmp_path / "x.nwb").activity.signal
    np.testing.assert_array_equal(found[123_456, :3], [456, 457, 458])
    np.testing.assert_array_equal(found[-1, -1], 999 + 63)


# -- what is refused


def test_a_recording_without_a_start_asks_for_one() -> None:
    rec = nk.simulate.recording("calcium", random_state=0)
    rec.attrs["start_time"] = ""
    with pytest.raises(TimeError, match="no start_time is known.*session_start_time="):
        to_nwb(rec)
    with pytest.raises(TimeError, match="has no zone"):
        to_nwb(rec, session_start_time="2024-01-01T00:00:00")
    assert to_nwb(rec, session_start_time=datetime(2024, 1, 1, tzinfo=UTC)).acquisition is not None


def test_what_is_no_recording_is_refused() -> None:
    with pytest.raises(SchemaError, match="got a Dataset"):
        to_nwb(xr.Dataset())


def test_a_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "x.nwb"
    path.write_text("precious")
    rec = nk.simulate.recording("calcium", random_state=0)
    with pytest.raises(StoreError, match=r"x\.nwb: is there already"):
        to_nwb(rec, path, session_start_time=START)
    assert path.read_text() == "precious"
    to_nwb(rec, path, session_start_time=START, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["x.nwb"]


def test_subject_and_session_can_be_said(tmp_path: Path) -> None:
    rec = nk.simulate.recording("eeg", random_state=0)
    file = to_nwb(
        rec, session_start_time=START, subject={"age": "P30Y", "sex": "F"}, identifier="7"
    )
    assert (file.subject.age, file.subject.sex, file.identifier) == ("P30Y", "F", "7")


# -- files that others changed


@pytest.fixture
def written(tmp_path: Path) -> Path:
    rec = nk.simulate.recording("calcium", random_state=0)
    to_nwb(rec, tmp_path / "x.nwb", session_start_time=START)
    return tmp_path / "x.nwb"


def _findings(rec: xr.DataTree) -> dict[str, str]:
    found = json.loads(rec.attrs.get("findings", "[]"))
    return {f["code"]: f["found"] for f in found}


def test_what_others_added_is_said(written: Path) -> None:
    with _read(written) as io:
        pass
    with NWBHDF5IO(str(written), "a") as io:
        file = io.read()
        file.add_trial(start_time=1.0, stop_time=2.0)
        io.write(file)
    assert "intervals/trials" in _findings(nk.open(written))["NK830"]
    generic = nk.open(written, space="neuron")
    assert "intervals/trials" in set(generic.events.table.values)


def test_a_layout_that_no_longer_fits_gives_way_and_says_so(written: Path) -> None:
    with h5py.File(written, "r+") as handle:
        node = handle["processing/ophys/DfOverF/activity"]
        values = node["data"][:100]
        attrs = dict(node["data"].attrs)
        del node["data"]
        node["data"] = values
        node["data"].attrs.update(attrs)
    rec = nk.open(written)
    assert "does not fit the file any more" in _findings(rec)["NK899"]
    np.testing.assert_array_equal(rec.activity.signal, values)
    assert rec.activity.sizes["time"] == 100
