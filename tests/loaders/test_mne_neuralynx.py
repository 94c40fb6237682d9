"""Neuralynx folders: rates apart, clocks true, gaps kept; neo is the oracle for values."""

import gc
import logging
import pickle
import warnings
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from neurokit_loaders.mne_device_open import info_device
from neurokit_loaders.mne_neuralynx import (
    _EVENT,
    _RECORD,
    HEADER_BYTES,
    NcsArray,
    header_fields,
    read_folder,
    read_ncs,
)
from neurokit_loaders.mne_raw import LOADER, open_recording, sniff

import neurokit as nk
from neurokit.errors import FileContentError, LabelError
from neurokit.schema import findings_from_json, runs
from neurokit.testing import assert_same

T0 = 1_000_000_000
HEADER = """######## Neuralynx Data File Header
-FileType NCS
-TimeCreated 2020/02/29 12:30:15
-RecordSize 1044
-SamplingFrequency {rate}
-ADBitVolts 0.000000061035156250000001
-AcqEntName {name}
-InputInverted {inverted}
-DSPLowCutFilterEnabled {filtered}
-DspLowCutFrequency 0.1
-DSPHighCutFilterEnabled {filtered}
-DspHighCutFrequency {high}
"""


def write_ncs(path, values, rate=1000, *, stamps=None, counts=None, **said):
    """Write steps (n,) as records of 512, or of `counts`, that begin at `stamps` microseconds."""
    values = np.asarray(values, dtype="<i2")
    if counts is None:
        counts = [512] * (values.size // 512) + ([values.size % 512] if values.size % 512 else [])
    records = np.zeros(len(counts), _RECORD)
    before = np.concatenate([[0], np.cumsum(counts)]).astype(int)
    for i, n in enumerate(counts):
        records[i]["samples"][:n] = values[before[i] : before[i] + n]
    records["n"], records["rate"] = counts, rate
    records["stamp"] = T0 + np.round(before[:-1] * 1e6 / rate) if stamps is None else stamps
    fields = {"name": path.stem, "inverted": "False", "filtered": "True", "high": 300} | said
    head = HEADER.format(rate=rate, **fields).encode()
    path.write_bytes(head.ljust(HEADER_BYTES, b"\x00") + records.tobytes())
    return path


def noise(n, seed=0):
    return np.random.default_rng(seed).integers(-3000, 3000, n)


def codes(rec):
    return [f.code for f in findings_from_json(rec.attrs.get("findings", "[]"))]


@pytest.fixture
def folder(tmp_path):
    write_ncs(tmp_path / "A1.ncs", noise(2000))
    write_ncs(tmp_path / "A2.ncs", noise(2000, 1), inverted="True", high=200)
    write_ncs(tmp_path / "A10.ncs", noise(2000, 2))
    write_ncs(tmp_path / "micro.ncs", noise(40_000, 3), rate=32_000)
    return tmp_path


def test_each_rate_is_a_group_and_the_common_one_is_activity(folder):
    rec = open_recording(folder)
    assert rec["activity"]["channel"].values.tolist() == ["A1", "A2", "A10"]
    assert rec["activity"].attrs["sampling_rate"] == 1000.0
    other = rec["auxiliary/rate_32000"]
    assert other["channel"].values.tolist() == ["micro"]
    assert other.attrs["sampling_rate"] == 32_000.0
    assert rec.attrs["modality"] == "seeg"
    assert nk.validate(rec).ok


def test_values_are_volts_and_an_inverted_input_is_turned_back(folder):
    rec = open_recording(folder)
    volts = 0.000000061035156250000001
    expected = np.stack([noise(2000) * volts, -noise(2000, 1) * volts, noise(2000, 2) * volts], 1)
    np.testing.assert_array_equal(rec["activity"]["signal"], expected.astype(np.float32))
    assert rec["activity"]["signal"].attrs["units"] == "V"


def test_all_groups_are_on_one_clock(tmp_path):
    write_ncs(tmp_path / "a.ncs", noise(600))
    write_ncs(tmp_path / "b.ncs", noise(600))
    write_ncs(tmp_path / "c.ncs", noise(512), rate=8000, stamps=[T0 - 469])
    rec = open_recording(tmp_path)
    assert rec["activity"]["time"].values[0] == 0.0
    assert rec["auxiliary/rate_8000"]["time"].values[0] == pytest.approx(-469e-6, abs=1e-12)
    assert rec["activity"].attrs["time_offset"] == T0 / 1e6


def test_the_narrowest_filter_counts_and_is_told(folder):
    rec = open_recording(folder)
    assert (rec["activity"].attrs["highpass"], rec["activity"].attrs["lowpass"]) == (0.1, 200.0)
    assert "NK855" in codes(rec)


def test_a_filter_that_was_off_is_none(tmp_path):
    write_ncs(tmp_path / "a.ncs", noise(600), filtered="False")
    rec = open_recording(tmp_path)
    assert "highpass" not in rec["activity"].attrs
    assert codes(rec) == []


def test_a_gap_changes_the_run_and_keeps_true_times(tmp_path):
    stamps = T0 + np.array([0, 512_000, 3_000_000])
    write_ncs(tmp_path / "a.ncs", noise(1536), stamps=stamps)
    rec = open_recording(tmp_path)
    time = rec["activity"]["time"].values
    assert time[1023] == pytest.approx(1.023, abs=1e-9)
    assert time[1024] == pytest.approx(3.0, abs=1e-9)
    assert runs(rec["activity"].to_dataset()) == [slice(0, 1024), slice(1024, 1536)]
    assert codes(rec) == ["NK874"]


def test_stamps_that_are_rounded_to_microseconds_are_no_gaps(tmp_path):
    # 30 kHz: a record lasts 17066.67 us, so that stamps jitter by up to one.
    write_ncs(tmp_path / "a.ncs", noise(512 * 200), rate=30_000)
    rec = open_recording(tmp_path)
    assert "run" not in rec["activity"].coords
    np.testing.assert_array_equal(
        rec["activity"]["time"].values, np.arange(512 * 200) / 30_000, strict=True
    )


def test_a_record_that_is_not_full_ends_early_and_the_next_follows_it(tmp_path):
    counts = [512, 100, 512]
    stamps = T0 + np.array([0, 512_000, 612_000])
    write_ncs(tmp_path / "a.ncs", noise(1124), counts=counts, stamps=stamps)
    rec = open_recording(tmp_path)
    assert rec["activity"].sizes["time"] == 1124
    assert "run" not in rec["activity"].coords
    np.testing.assert_allclose(
        rec["activity"]["signal"][:, 0] / 6.103515625e-08, noise(1124), rtol=2e-7
    )


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    counts=st.lists(st.integers(1, 512), min_size=1, max_size=6),
    start=st.integers(0, 3000),
    length=st.integers(0, 3000),
)
def test_any_window_is_a_part_of_the_whole(tmp_path_factory, counts, start, length):
    file = tmp_path_factory.mktemp("ncs") / "a.ncs"
    n = sum(counts)
    stamps = T0 + np.cumsum([0, *counts[:-1]]) * 1000
    array = NcsArray([read_ncs(write_ncs(file, noise(n), counts=counts, stamps=stamps))], [1.0])
    found = array.read((slice(start, start + length), 0))
    np.testing.assert_array_equal(found, noise(n)[start : start + length])


def test_channels_that_began_at_other_times_stand_apart(tmp_path):
    for name in ("a", "b"):
        write_ncs(tmp_path / f"{name}.ncs", noise(600))
    write_ncs(tmp_path / "late.ncs", noise(600), stamps=[T0 + 250, T0 + 512_250])
    write_ncs(tmp_path / "later.ncs", noise(512), stamps=[T0 + 500])
    rec = open_recording(tmp_path)
    assert rec["activity"]["channel"].values.tolist() == ["a", "b"]
    assert rec["auxiliary/rate_1000"]["channel"].values.tolist() == ["late"]
    assert rec["auxiliary/rate_1000_more"]["time"].values[0] == pytest.approx(5e-4)


def test_one_file_alone_is_a_recording_of_one_channel(folder):
    rec = nk.open(folder / "micro.ncs")
    assert rec["activity"]["channel"].values.tolist() == ["micro"]
    assert rec["activity"].attrs["sampling_rate"] == 32_000.0


def test_a_file_without_records_is_left_out_and_told(folder):
    write_ncs(folder / "silent.ncs", [])
    rec = open_recording(folder)
    assert "silent" not in rec["activity"]["channel"].values
    assert "NK876" in codes(rec)


def test_a_folder_without_any_record_is_an_error(tmp_path):
    write_ncs(tmp_path / "silent.ncs", [])
    with pytest.raises(FileContentError, match="no .ncs file with data"):
        open_recording(tmp_path)


@pytest.mark.parametrize("cut", [1, 500, 1043, 1045, HEADER_BYTES - 5])
def test_a_cut_file_is_an_error_that_names_it(folder, cut):
    file = folder / "A2.ncs"
    size = file.stat().st_size
    file.write_bytes(file.read_bytes()[: size - cut if cut < HEADER_BYTES - 5 else cut])
    with pytest.raises(FileContentError, match="truncated") as caught:
        open_recording(folder)
    assert caught.value.where == str(file)


def test_a_cut_between_records_shows_as_channels_of_unequal_length(folder):
    file = folder / "A2.ncs"
    file.write_bytes(file.read_bytes()[: -_RECORD.itemsize])
    rec = open_recording(folder)
    assert rec["auxiliary/rate_1000"].sizes["time"] == 1536


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"-ADBitVolts", b"-ADBitVo1ts"),
        (b"-ADBitVolts 0.0", b"-ADBitVolts x.y"),
        (b"-SamplingFrequency 1000", b"-SamplingFrequency 0000"),
    ],
)
def test_a_header_that_lacks_what_is_needed_is_an_error(folder, old, new):
    file = folder / "A1.ncs"
    file.write_bytes(file.read_bytes().replace(old, new))
    with pytest.raises(FileContentError, match="damaged"):
        open_recording(folder)


def test_the_rate_of_the_records_stands_in_for_one_that_the_header_lacks(folder):
    file = folder / "A1.ncs"
    file.write_bytes(file.read_bytes().replace(b"-SamplingFrequency", b"-SamplingFrequenzy"))
    assert read_ncs(file).rate == 1000.0


def test_stamps_that_go_back_are_an_error(tmp_path):
    write_ncs(tmp_path / "a.ncs", noise(1024), stamps=[T0, T0 - 5])
    with pytest.raises(FileContentError, match="go back 1 times"):
        open_recording(tmp_path)


def test_a_record_that_claims_more_than_it_can_hold_is_an_error(tmp_path):
    file = write_ncs(tmp_path / "a.ncs", noise(512))
    raw = bytearray(file.read_bytes())
    raw[HEADER_BYTES + 16 : HEADER_BYTES + 20] = (9999).to_bytes(4, "little")
    file.write_bytes(raw)
    with pytest.raises(FileContentError, match="up to 9999 samples"):
        open_recording(tmp_path)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-TimeCreated 2020/02/29 12:30:15", datetime(2020, 2, 29, 12, 30, 15, tzinfo=UTC)),
        (
            "## Time Opened (m/d/y): 2/29/2020  (h:m:s.ms) 12:30:15.250",
            datetime(2020, 2, 29, 12, 30, 15, tzinfo=UTC),
        ),
        ("-TimeCreated 2020/13/45 12:30:15", None),
        ("nothing", None),
    ],
)
def test_both_generations_of_headers_say_when(tmp_path, line, expected):
    file = write_ncs(tmp_path / "a.ncs", noise(512))
    text = file.read_bytes()
    padded = text[:HEADER_BYTES].replace(b"-TimeCreated 2020/02/29 12:30:15", line.encode())
    file.write_bytes(padded[:HEADER_BYTES].ljust(HEADER_BYTES, b"\x00") + text[HEADER_BYTES:])
    assert read_ncs(file).start == expected
    rec = open_recording(tmp_path)
    assert rec.attrs["start_time"] == ("" if expected is None else expected.isoformat())


def test_events_of_the_folder_are_on_the_clock_of_the_samples(folder):
    table = np.zeros(3, _EVENT)
    table["stamp"] = T0 + np.array([500_000, 250_000, 1_500_000])
    table["ttl"], table["text"] = [0, 4, 8], [b"off", b"TTL Input", b"end"]
    (folder / "Events.nev").write_bytes(b"\x00" * HEADER_BYTES + table.tobytes())
    events = open_recording(folder)["events"]
    assert events["onset"].values.tolist() == [0.25, 0.5, 1.5]
    assert events["trial_type"].values.tolist() == ["TTL Input", "off", "end"]
    assert events["value"].values.tolist() == [4, 0, 8]


def test_a_cut_file_of_events_is_an_error(folder):
    (folder / "Events.nev").write_bytes(b"\x00" * (HEADER_BYTES + 100))
    with pytest.raises(FileContentError, match="Events.nev"):
        open_recording(folder)


def test_statements_of_the_user_count(folder):
    rec = open_recording(folder, unit={"A1": "mV"}, types={"A2": "EEG", "micro": "MISC"})
    plain = open_recording(folder)
    assert rec["activity"]["channel_type"].values.tolist() == ["SEEG", "EEG", "SEEG"]
    assert rec["auxiliary/rate_32000"]["channel_type"].values.tolist() == ["MISC"]
    ratio = rec["activity"]["signal"][0] / plain["activity"]["signal"][0]
    np.testing.assert_allclose(ratio, [1e-3, 1, 1], rtol=1e-6)
    with pytest.raises(LabelError, match="'A3' is no channel"):
        open_recording(folder, types={"A3": "EEG"})


def test_a_recording_crosses_processes_and_survives_saving(folder, tmp_path_factory):
    rec = nk.open(folder)
    assert_same(pickle.loads(pickle.dumps(rec)), rec)
    saved = nk.save(rec, tmp_path_factory.mktemp("store") / "a.nc")
    assert_same(nk.open(saved), rec)


def test_the_folder_is_recognised_and_described_without_samples(folder, monkeypatch):
    monkeypatch.setattr(NcsArray, "window", lambda *args: pytest.fail("samples were read"))
    assert sniff(folder) == sniff(folder / "A1.ncs") == 0.95
    found = LOADER.info(folder)
    assert found["format"] == "Neuralynx"
    assert (found["n_channels"], found["sampling_rate"]) == (3, 1000.0)
    assert found["other_rates"] == [32_000.0]
    assert found == {"format": "Neuralynx", **info_device("neuralynx", folder)}


def test_names_are_sorted_as_people_count(folder):
    channels, _ = read_folder(folder)
    assert [c.name for c in channels] == ["A1", "A2", "A10", "micro"]


def test_header_lines_are_read_without_quotes(tmp_path):
    file = write_ncs(tmp_path / "a.ncs", noise(512), name='"CSC 1 "')
    assert header_fields(file)["AcqEntName"] == "CSC 1"


# Real files


def _real(shared_data):
    return Path(shared_data) / "ieeg/neuralynx_seeg"


@pytest.mark.parametrize(("group", "rate"), [("activity", 2000), ("auxiliary/rate_32000", 32_000)])
def test_a_real_folder_equals_neo(shared_data, group, rate):
    from neo.rawio import NeuralynxRawIO

    rec = nk.open(_real(shared_data))[group]
    assert rec.attrs["sampling_rate"] == rate
    logging.getLogger("neo").setLevel(logging.ERROR)
    keep = [f"{name}.ncs" for name in rec["channel"].values]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        io = NeuralynxRawIO(dirname=str(_real(shared_data)), include_filenames=keep)
        io.parse_header()
        names = io.header["signal_channels"]["name"].tolist()
        parts = [
            io.rescale_signal_raw_to_float(
                io.get_analogsignal_chunk(seg_index=i, stream_index=0), "float64", stream_index=0
            )
            for i in range(io.segment_count(0))
        ]
        # neo leaves its files to the collector, which warns of them.
        del io
        gc.collect()
    assert sorted(names) == sorted(rec["channel"].values.tolist())
    expected = np.concatenate(parts)[:, [names.index(n) for n in rec["channel"].values]] * 1e-6
    np.testing.assert_allclose(rec["signal"].values, expected.astype(np.float32), rtol=2e-7)


@pytest.mark.parametrize(
    ("name", "group"), [("LAHC1", "activity"), ("LAHCu1", "auxiliary/rate_32000")]
)
def test_a_real_channel_equals_the_copy_that_the_makers_tools_wrote(shared_data, name, group):
    rec = nk.open(_real(shared_data))
    table = scipy.io.loadmat(_real(shared_data) / f"{name}.mat", squeeze_me=True)
    valid = np.arange(512) < table["NumberOfValidSamples"][:, np.newaxis]
    steps = table["Samples"].T[valid]
    said = next(line for line in map(str, table["Header"]) if "ADBitVolts" in line)
    # The header says that the input was inverted: what went in has the other sign.
    volts = -steps * float(said.split()[1])
    np.testing.assert_allclose(rec[group]["signal"].sel(channel=name), volts, rtol=2e-7)
    starts = np.cumsum([0, *table["NumberOfValidSamples"][:-1]])
    clock = rec[group]["time"].values[starts] + rec["activity"].attrs["time_offset"]
    # Stamps are whole microseconds; over these six seconds they lag the nominal rate by two.
    np.testing.assert_allclose(clock, table["Timestamps"] / 1e6, rtol=0, atol=2.5e-6)
