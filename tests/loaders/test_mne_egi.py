"""EGI folders, written by the library that EGI's format has."""

import datetime

import mne
import numpy as np
import pytest
from neurokit_loaders import mne_raw

import neurokit as nk
from neurokit.errors import FileContentError

mffpy = pytest.importorskip("mffpy", reason="the reader of .mff is not installed")

START = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
RATE, N_CHANNELS, N_SAMPLES = 250, 33, 1000


@pytest.fixture
def folder(tmp_path):
    from mffpy.bin_writer import BinWriter

    path = tmp_path / "rest.mff"
    microvolts = np.random.default_rng(0).normal(0, 10, (N_CHANNELS, N_SAMPLES)).astype(np.float32)
    writer = mffpy.Writer(str(path))
    writer.addxml("fileInfo", recordTime=START)
    writer.add_coordinates_and_sensor_layout("HydroCel GSN 32 1.0")
    signal = BinWriter(RATE)
    # Two blocks, as in a long recording.
    signal.add_block(microvolts[:, :600], offset_us=0)
    signal.add_block(microvolts[:, 600:], offset_us=0)
    writer.addbin(signal)
    event = {
        "beginTime": START + datetime.timedelta(seconds=1.5),
        "duration": 100,
        "code": "go__",
        "label": "go",
        "description": "",
        "sourceDevice": "test",
    }
    writer.addxml("eventTrack", filename="Events_a.xml", name="a", trackType="EVNT", events=[event])
    writer.write()
    return path, microvolts


def test_values_types_times_and_events_are_what_was_written(folder):
    path, microvolts = folder
    rec = nk.open(path)
    signal = rec.activity.signal.transpose("channel", "time")
    np.testing.assert_allclose(signal, microvolts * 1e-6, rtol=1e-6)
    assert list(signal.channel.values[:2]) == ["E1", "E2"]
    assert set(signal.channel_type.values) == {"EEG"}
    assert set(signal.unit.values) == {"V"}
    assert rec.activity.attrs["sampling_rate"] == RATE
    assert rec.attrs["start_time"] == "2020-01-02T03:04:05+00:00"
    events = rec.events.to_dataset()
    said = events.where(events.source == "annotation", drop=True)
    assert said.trial_type.values.tolist() == ["go__"]
    assert said.onset.values == pytest.approx([1.5], abs=1e-9)


def test_positions_are_those_of_mne(folder):
    path, _ = folder
    position = nk.open(path).activity.position
    raw = mne.io.read_raw_egi(path, verbose="ERROR")
    place = raw.get_montage().get_positions()["ch_pos"]
    for name in ("E1", "E17", "E32"):
        np.testing.assert_allclose(position.sel(channel=name), place[name], atol=1e-9)


def test_a_window_reads_that_window_and_says_nothing(folder, capsys):
    path, microvolts = folder
    window = nk.open(path).activity.signal[590:610, 3].load()
    np.testing.assert_allclose(window, microvolts[3, 590:610] * 1e-6, rtol=1e-6)
    assert capsys.readouterr().out == ""


def test_a_folder_of_that_name_without_content_is_refused(tmp_path):
    empty = tmp_path / "a.mff"
    empty.mkdir()
    with pytest.raises(FileContentError, match="mne cannot open it"):
        mne_raw.open_recording(empty)
