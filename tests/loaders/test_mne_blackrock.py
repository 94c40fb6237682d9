"""Blackrock files: blocks, pauses and units; neo and mne are the oracles."""

import gc
import logging
import pickle
import warnings
from pathlib import Path

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurokit_loaders.mne_blackrock import _BASIC, _CHANNEL, NsxArray, read_nsx
from neurokit_loaders.mne_raw import LOADER, open_recording, sniff

import neurokit as nk
from neurokit.errors import FileContentError
from neurokit.schema import findings_from_json, runs
from neurokit.testing import assert_same


def steps(n, n_channels=3, seed=0):
    return np.random.default_rng(seed).integers(-9000, 9000, (n, n_channels)).astype("<i2")


def write_nsx(path, blocks, *, n_channels=3, period=30, major=2, identity=b"NEURALCD", units=b"uV"):
    """Write blocks of (stamp, steps); `period` counts 30 kHz ticks."""
    head = np.zeros(1, _BASIC)
    head["id"], head["major"], head["minor"] = identity, major, 3
    head["period"], head["resolution"] = period, 30_000
    head["origin"], head["n_channels"] = (2020, 2, 6, 29, 12, 30, 15, 250), n_channels
    head["header_bytes"] = _BASIC.itemsize + n_channels * _CHANNEL.itemsize
    table = np.zeros(n_channels, _CHANNEL)
    table["type"], table["units"] = b"CC", units
    table["label"] = [f"chan{i}".encode() for i in range(n_channels)]
    table["digital"], table["analog"] = (-32764, 32764), (-8191, 8191)
    table["high_corner"], table["high_type"] = 300, 1
    table["low_corner"], table["low_type"] = 250_000, 1
    layout = [("header", "u1"), ("stamp", "<u4" if major < 3 else "<u8"), ("n", "<u4")]
    body = b""
    for stamp, values in blocks:
        body += np.array([(1, stamp, len(values))], np.dtype(layout)).tobytes() + values.tobytes()
    path.write_bytes(head.tobytes() + table.tobytes() + body)
    return path


@pytest.fixture
def file(tmp_path):
    return write_nsx(tmp_path / "a.ns2", [(3000, steps(400))])


def codes(rec):
    return [f.code for f in findings_from_json(rec.attrs.get("findings", "[]"))]


def test_values_are_volts(file):
    rec = open_recording(file)
    factor = 8191 / 32764 * 1e-6
    np.testing.assert_allclose(rec["activity"]["signal"], steps(400) * factor, rtol=2e-7)
    assert rec["activity"]["signal"].attrs["units"] == "V"
    assert rec["activity"].attrs["sampling_rate"] == 1000.0
    assert rec["activity"]["channel"].values.tolist() == ["chan0", "chan1", "chan2"]
    assert nk.validate(rec).ok


def test_filters_date_and_clock_are_kept(file):
    rec = open_recording(file)
    assert (rec["activity"].attrs["highpass"], rec["activity"].attrs["lowpass"]) == (0.3, 250.0)
    assert rec.attrs["start_time"] == "2020-02-29T12:30:15.250000+00:00"
    assert rec["activity"].attrs["time_offset"] == 0.1
    assert rec["activity"]["time"].values[0] == 0.0


@pytest.mark.parametrize(("unit", "factor"), [(b"mV", 1e-3), (b"V", 1.0), (b"", 1e-6)])
def test_the_unit_of_the_header_counts(tmp_path, unit, factor):
    file = write_nsx(tmp_path / "a.ns2", [(0, steps(10))], units=unit)
    found = open_recording(file)["activity"]["signal"]
    np.testing.assert_allclose(found, steps(10) * (8191 / 32764 * factor), rtol=2e-7)


@pytest.mark.parametrize("major", [2, 3])
def test_a_pause_changes_the_run_and_keeps_true_times(tmp_path, major):
    blocks = [(0, steps(100)), (60_000, steps(50, seed=1))]
    rec = open_recording(write_nsx(tmp_path / "a.ns2", blocks, major=major))
    group = rec["activity"].to_dataset()
    np.testing.assert_allclose(group["time"].values[[99, 100]], [0.099, 2.0], rtol=0, atol=1e-12)
    assert runs(group) == [slice(0, 100), slice(100, 150)]
    assert codes(rec) == ["NK874"]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(0, 60), min_size=1, max_size=5).filter(lambda x: sum(x) > 2),
    start=st.integers(0, 200),
    length=st.integers(0, 200),
    which=st.sampled_from([slice(None), slice(1, 3), 2, slice(0, 3, 2)]),
)
def test_any_window_is_a_part_of_the_whole(tmp_path_factory, lengths, start, length, which):
    path, values = tmp_path_factory.mktemp("nsx") / "a.ns2", steps(sum(lengths))
    ends = np.cumsum(lengths)
    blocks = [(int(e) * 90, values[e - n : e]) for n, e in zip(lengths, ends, strict=True)]
    found = read_nsx(write_nsx(path, blocks))
    array = NsxArray(found, [1.0] * 3, [0.0] * 3)
    key = (slice(start, start + length), which)
    np.testing.assert_array_equal(array.read(key), values.astype(np.float32)[key])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_any_cut_is_noticed(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: max(20, int(len(content) * share))])
    with pytest.raises(FileContentError, match=r"truncated|not Blackrock"):
        open_recording(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"identity": b"NEURALSG"}, "version 2.1"),
        ({"period": 0}, "period of 0 ticks"),
        ({"n_channels": 0}, "says 0 channels"),
    ],
)
def test_headers_that_cannot_be_are_errors(tmp_path, change, said):
    n = change.get("n_channels", 3)
    file = write_nsx(tmp_path / "a.ns2", [(0, steps(10, max(n, 1)))], **change)
    with pytest.raises(FileContentError, match=said) as caught:
        open_recording(file)
    assert caught.value.where == str(file)


def test_noise_in_place_of_a_block_is_an_error(file):
    content = bytearray(file.read_bytes())
    content[_BASIC.itemsize + 3 * _CHANNEL.itemsize] = 7
    file.write_bytes(content)
    with pytest.raises(FileContentError, match="no block of samples"):
        open_recording(file)


def test_a_stamp_per_sample_is_refused_by_name(tmp_path):
    blocks = [(i, steps(1)) for i in range(10)]
    with pytest.raises(FileContentError, match="PTP"):
        open_recording(write_nsx(tmp_path / "a.ns2", blocks, major=3))


def test_a_file_without_samples_is_an_error(tmp_path):
    with pytest.raises(FileContentError, match="no samples"):
        open_recording(write_nsx(tmp_path / "a.ns2", [(0, steps(0))]))


def test_an_empty_digital_range_is_an_error(file):
    content = bytearray(file.read_bytes())
    at = _BASIC.itemsize + _CHANNEL.fields["digital"][1]
    content[at : at + 4] = b"\x00" * 4
    file.write_bytes(content)
    with pytest.raises(FileContentError, match="'chan0' has an empty digital range"):
        open_recording(file)


def test_a_date_that_cannot_be_is_none(file):
    content = bytearray(file.read_bytes())
    content[_BASIC.fields["origin"][1] : _BASIC.fields["origin"][1] + 16] = b"\xff" * 16
    file.write_bytes(content)
    assert open_recording(file).attrs["start_time"] == ""


def test_events_that_are_not_read_are_told(file):
    file.with_suffix(".nev").write_bytes(b"NEURALEV")
    assert codes(open_recording(file)) == ["NK877"]


def test_statements_of_the_user_count(file):
    rec = open_recording(file, unit={"chan1": "mV"}, types={"chan2": "MISC"})
    plain = open_recording(file)
    assert rec["activity"]["channel_type"].values.tolist() == ["SEEG", "SEEG", "MISC"]
    ratio = rec["activity"]["signal"][0] / plain["activity"]["signal"][0]
    np.testing.assert_allclose(ratio, [1, 1e-3, 1], rtol=1e-6)


def test_it_is_recognised_described_and_crosses_processes(file):
    assert sniff(file) == 0.95
    found = LOADER.info(file)
    assert (found["format"], found["n_channels"], found["n_times"]) == ("Blackrock NSx", 3, 400)
    rec = nk.open(file)
    assert_same(pickle.loads(pickle.dumps(rec)), rec)


# The real file


def _real(shared_data):
    return Path(shared_data) / "ieeg/test_NEURALCD_raw.ns3"


def test_the_real_file_equals_mne(shared_data):
    rec, raw = nk.open(_real(shared_data)), mne.io.read_raw_nsx(_real(shared_data), verbose="ERROR")
    assert rec["activity"]["channel"].values.tolist() == raw.ch_names
    assert rec["activity"].attrs["sampling_rate"] == raw.info["sfreq"]
    np.testing.assert_allclose(rec["activity"]["signal"], raw.get_data().T, rtol=2e-7, atol=1e-30)
    # mne 1.13 takes the 600 milliseconds of the header for microseconds.
    assert rec.attrs["start_time"] == "2023-01-31T14:36:44.600000+00:00"
    assert raw.info["meas_date"].replace(microsecond=0).isoformat() == "2023-01-31T14:36:44+00:00"


def test_the_real_file_equals_neo(shared_data):
    from neo.rawio import BlackrockRawIO

    rec = nk.open(_real(shared_data))
    logging.getLogger("neo").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        io = BlackrockRawIO(str(_real(shared_data)), nsx_to_load=3)
        io.parse_header()
        raw = io.get_analogsignal_chunk(stream_index=0)
        found = io.rescale_signal_raw_to_float(raw, "float64", stream_index=0)
        rate, unit = (
            io.get_signal_sampling_rate(stream_index=0),
            io.header["signal_channels"]["units"][0],
        )
        # neo leaves its files to the collector, which warns of them.
        del io, raw
        gc.collect()
    expected = found * {"uV": 1e-6, "mV": 1e-3}[unit]
    np.testing.assert_allclose(rec["activity"]["signal"], expected, rtol=2e-7, atol=1e-30)
    assert rate == rec["activity"].attrs["sampling_rate"]
