"""EDF and BDF: headers that lie, records with gaps, native rates, annotations, triggers.

Files are made here byte by byte, by a writer that shares no code with the reader; mne is the
second opinion wherever it reads the same thing.
"""

from __future__ import annotations

import contextlib
import pickle
from dataclasses import dataclass, field
from pathlib import Path

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurokit_loaders.mne_edf import parse_header, record_count, signal_count
from neurokit_loaders.mne_edf_annotations import inside, marks_from, parse_tals
from neurokit_loaders.mne_edf_channels import by_group, channels_of
from neurokit_loaders.mne_edf_data import EdfArray, record_runs, sample_times
from neurokit_loaders.mne_edf_fields import (
    filter_edges,
    si_unit,
    start_of,
    subject_info,
    subject_of,
    unique_names,
)
from neurokit_loaders.mne_edf_open import read_header
from neurokit_loaders.mne_raw import open_recording

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, TimeError
from neurokit.interchange.mne_events import Marks
from neurokit.testing import assert_same


@dataclass
class Signal:
    """One signal of a file to be written; `digital` are whole numbers, all records in a row."""

    label: str
    digital: np.ndarray
    per_record: int
    unit: str = "uV"
    physical: tuple[float, float] = (-3276.8, 3276.7)
    digital_range: tuple[int, int] = (-32768, 32767)
    prefilter: str = ""


@dataclass
class File:
    """What a file says."""

    signals: list[Signal]
    n_records: int
    record_s: float = 1.0
    tals: list[list[bytes]] = field(default_factory=list)
    reserved: str = ""
    bdf: bool = False
    patient: str = "X X X X"
    recording: str = "Startdate 02-MAR-2012 X X X"
    date: str = "02.03.12"
    clock: str = "14.30.05"
    promised: int | None = None

    def write(self, path: Path) -> Path:
        """Write the file."""
        path.write_bytes(self.header() + b"".join(self.record(r) for r in range(self.n_records)))
        return path

    @property
    def width(self) -> int:
        return 3 if self.bdf else 2

    @property
    def tal_samples(self) -> int:
        most = max((len(b"".join(row)) for row in self.tals), default=0)
        return -(-(most + 1) // self.width)

    def header(self) -> bytes:
        """Everything before the first record."""
        rows = [
            (s.label, "", s.unit, *s.physical, *s.digital_range, s.prefilter, s.per_record, "")
            for s in self.signals
        ]
        if self.tals:
            name = "BDF Annotations" if self.bdf else "EDF Annotations"
            limits = (-(2**23), 2**23 - 1) if self.bdf else (-32768, 32767)
            rows.append((name, "", "", -1, 1, *limits, "", self.tal_samples, ""))
        widths = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
        columns = zip(*rows, strict=True)
        body = "".join(
            "".join(str(v).ljust(w)[:w] for v in column)
            for w, column in zip(widths, columns, strict=True)
        )
        n = self.n_records if self.promised is None else self.promised
        fixed = (
            self.patient.ljust(80)
            + self.recording.ljust(80)
            + self.date
            + self.clock
            + str(256 * (len(rows) + 1)).ljust(8)
            + self.reserved.ljust(44)
            + str(n).ljust(8)
            + f"{self.record_s:g}".ljust(8)
            + str(len(rows)).ljust(4)
        )
        version = b"\xffBIOSEMI" if self.bdf else b"0       "
        return version + (fixed + body).encode("latin-1")

    def record(self, number: int) -> bytes:
        """One record: all samples of the first signal, of the second, ..., annotations."""
        parts = []
        for s in self.signals:
            values = s.digital[number * s.per_record : (number + 1) * s.per_record]
            if self.bdf:
                parts.append(b"".join(int(v).to_bytes(3, "little", signed=True) for v in values))
            else:
                parts.append(np.asarray(values).astype("<i2").tobytes())
        if self.tals:
            text = b"".join(self.tals[number])
            parts.append(text.ljust(self.tal_samples * self.width, b"\x00"))
        return b"".join(parts)


def _digital(n, seed=0, low=-2000, high=2000):
    return np.random.default_rng(seed).integers(low, high, n)


def _stamp(onset, *texts, duration=None):
    span = b"" if duration is None else b"\x15" + f"{duration:g}".encode()
    words = b"".join(t.encode() + b"\x14" for t in texts)
    return f"{onset:+g}".encode() + span + b"\x14" + (words or b"\x14") + b"\x00"


def _plain(n_records=5, rate=100, n_signals=3, **more):
    signals = [Signal(f"C{i}", _digital(n_records * rate, i), rate) for i in range(n_signals)]
    return File(signals, n_records, **more)


def _plus(onsets, extra=(), rate=100, **more):
    """Return an EDF+ file whose records begin at `onsets`; `extra` are (record, stamp) pairs."""
    tals = [[_stamp(onset)] for onset in onsets]
    for record, stamp in extra:
        tals[record].append(stamp)
    return _plain(len(onsets), rate, tals=tals, **{"reserved": "EDF+C", **more})


def _mne(path):
    return mne.io.read_raw(path, preload=False, verbose="ERROR")


def _open(path, **options):
    # nk.open scans all installed distributions, which takes longer than all else here.
    return open_recording(path, **options)


def _codes(rec):
    return nk.validate(rec).codes


# Headers


def test_what_was_written_is_what_is_read(tmp_path):
    header = read_header(_plain(patient="P1 F 03-JAN-1970 Ada_Love").write(tmp_path / "a.edf"))
    assert [s.label for s in header.signals] == ["C0", "C1", "C2"]
    assert [s.n_samples for s in header.signals] == [100, 100, 100]
    assert (header.n_records, header.record_s, header.bdf) == (5, 1.0, False)
    assert header.record_bytes == 600
    assert header.signals[0].gain == (pytest.approx(0.1), pytest.approx(0.0))


def test_signals_follow_each_other_within_a_record(tmp_path):
    file = _plain()
    file.signals[1].per_record = 7
    header = read_header(file.write(tmp_path / "a.edf"))
    assert [header.first_byte(i) for i in range(3)] == [0, 200, 214]


@pytest.mark.parametrize("n", [0, 1, 100, 255])
def test_a_file_shorter_than_any_header_is_truncated(n):
    with pytest.raises(FileContentError, match="truncated"):
        signal_count(b"0" * n, "a.edf")


@pytest.mark.parametrize("cut", [256, 300, 700, 1023])
def test_a_header_that_was_cut_is_truncated(tmp_path, cut):
    path = _plain().write(tmp_path / "a.edf")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileContentError, match="truncated"):
        _open(path)


@pytest.mark.parametrize("stated", ["99", "0", "2"])
def test_a_wrong_number_of_signals_is_noticed(tmp_path, stated):
    path = _plain().write(tmp_path / "a.edf")
    raw = bytearray(path.read_bytes())
    raw[252:256] = stated.ljust(4).encode()
    path.write_bytes(raw)
    with pytest.raises(FileContentError, match=f"{stated} signals") as caught:
        _open(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("at", [236, 244, 252, 184])
def test_letters_where_a_number_should_stand_are_noticed(tmp_path, at):
    path = _plain().write(tmp_path / "a.edf")
    raw = bytearray(path.read_bytes())
    raw[at : at + 4] = b"abcd"
    with pytest.raises(FileContentError, match="abcd"):
        parse_header(bytes(raw), "a.edf")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"per_record": 0}, "0 samples per record"),
        ({"per_record": -4}, "-4 samples per record"),
        ({"physical": ("x", 1)}, "'x' where a range of 'C0'"),
        ({"digital_range": ("nan", 1)}, "a range of 'C0' is nan"),
    ],
)
def test_a_signal_that_cannot_be_is_noticed(change, said):
    file = _plain()
    for key, value in change.items():
        setattr(file.signals[0], key, value)
    with pytest.raises(FileContentError, match=said):
        parse_header(file.header(), "a.edf")


def test_a_record_without_length_is_noticed():
    with pytest.raises(FileContentError, match="lasts 0 s"):
        parse_header(_plain(record_s=0).header(), "a.edf")


def test_a_file_of_annotations_alone_says_how_to_read_it():
    file = File([], 1, tals=[[_stamp(0)]], reserved="EDF+C")
    with pytest.raises(FileContentError, match="annotations only") as caught:
        parse_header(file.header(), "a.edf")
    assert "read_annotations" in caught.value.mend


def test_decimal_commas_are_understood():
    file = _plain()
    file.signals[0].physical = ("-100,5", "100,5")
    assert parse_header(file.header(), "a.edf").signals[0].physical == (-100.5, 100.5)


# Size against header


@pytest.mark.parametrize("records", [0, 1, 3])
def test_missing_records_are_an_error_that_says_how_many_there_are(tmp_path, records):
    path = _plain().write(tmp_path / "a.edf")
    path.write_bytes(path.read_bytes()[: 1024 + records * 600 + 17])
    with pytest.raises(
        FileContentError, match=rf"promises 5 records.*holds {records} \({records} s\)"
    ):
        _open(path)


def test_a_truncated_file_can_be_read_if_asked_for(tmp_path):
    path = _plain().write(tmp_path / "a.edf")
    whole = _open(path)["activity"]["signal"].values
    path.write_bytes(path.read_bytes()[: 1024 + 3 * 600 + 17])
    rec = _open(path, allow_truncated=True)
    np.testing.assert_array_equal(rec["activity"]["signal"].values, whole[:300])
    assert "NK851" in _codes(rec)


def test_nothing_is_left_of_a_file_that_was_cut_in_its_first_record(tmp_path):
    path = _plain().write(tmp_path / "a.edf")
    path.write_bytes(path.read_bytes()[: 1024 + 599])
    with pytest.raises(FileContentError, match="holds 0"):
        _open(path, allow_truncated=True)


def test_a_recording_that_was_not_closed_is_read_with_a_finding(tmp_path):
    rec = _open(_plain(promised=-1).write(tmp_path / "a.edf"))
    assert rec["activity"].sizes["time"] == 500
    assert "NK851" in _codes(rec)


def test_bytes_after_the_last_record_are_a_finding():
    header = parse_header(_plain().header(), "a.edf")
    n, findings = record_count(header, 1024 + 5 * 600 + 10, "a.edf")
    assert n == 5
    assert "10 bytes over" in findings[0].found
    assert record_count(header, 1024 + 5 * 600, "a.edf") == (5, [])


# Fields


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("uV", ("V", 1e-6)),
        ("\u00b5V", ("V", 1e-6)),
        ("\u03bcV", ("V", 1e-6)),
        ("mV", ("V", 1e-3)),
        ("nV", ("V", 1e-9)),
        ("V", ("V", 1.0)),
        ("fT", ("T", 1e-15)),
        ("", ("V", 1.0)),
        ("degC", ("degC", 1.0)),
        ("%", ("%", 1.0)),
    ],
)
def test_physical_dimensions_become_units(dimension, expected):
    assert si_unit(dimension) == expected


@pytest.mark.parametrize(
    "labels", [["a", "b"], ["a", "a"], ["a", "a", "a-0"], ["x", "y", "x", "y", "x"], ["", ""]]
)
def test_names_are_made_unique_as_mne_does(labels):
    from mne._fiff.meas_info import _unique_channel_names

    with pytest.warns(RuntimeWarning) if len(set(labels)) < len(labels) else _nothing():
        expected = _unique_channel_names(list(labels))
    assert unique_names(labels) == expected


def _nothing():
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize(
    "prefilters",
    [
        ["", "", ""],
        ["HP:0.1Hz LP:75Hz"] * 3,
        ["HP:0.1Hz LP:75Hz", "HP:1Hz LP:30Hz", "HP:0.5Hz LP:40Hz"],
        ["HP: DC; LP: 113 N:50"] * 3,
        ["HP:0,3Hz LP:35,5Hz"] * 3,
        ["HP:none LP:none"] * 3,
        ["LP:20Hz"] * 3,
    ],
)
def test_filters_are_those_that_mne_reads(tmp_path, prefilters):
    file = _plain()
    for signal, text in zip(file.signals, prefilters, strict=True):
        signal.prefilter = text
    path = file.write(tmp_path / "a.edf")
    info = _mne(path).info
    assert filter_edges(read_header(path), range(3), 100.0) == (info["highpass"], info["lowpass"])


def test_filters_that_contradict_each_other_are_dropped():
    file = _plain()
    file.signals[0].prefilter = "HP:60Hz"
    file.signals[1].prefilter = "LP:10Hz"
    header = parse_header(file.header(), "a.edf")
    assert filter_edges(header, range(3), 100.0) == (0.0, 50.0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "2012-03-02T14:30:05+00:00"),
        ({"recording": ""}, "2012-03-02T14:30:05+00:00"),
        ({"recording": "", "date": "02.03.85"}, "1985-03-02T14:30:05+00:00"),
        ({"recording": "", "date": "02.03.84"}, "2084-03-02T14:30:05+00:00"),
        ({"recording": "Startdate X X X X"}, "2012-03-02T14:30:05+00:00"),
        ({"clock": "99.99.99"}, "2012-03-02T00:00:00+00:00"),
        ({"recording": "", "date": "99.99.99"}, ""),
        ({"recording": "", "date": "no date!"}, ""),
    ],
)
def test_the_date_is_the_one_with_four_digits_if_there_is_one(change, expected):
    assert start_of(parse_header(_plain(**change).header(), "a.edf")) == expected


@pytest.mark.parametrize(
    "patient",
    [
        "X X X X",
        "P07 F 03-JAN-1970 Ada_Love",
        "P07 M 03-JAN-1970 A_B_C height=1.8 weight=70 hand=1",
        "P07 F X Single",
        "somebody",
        "",
    ],
)
def test_the_subject_is_the_one_that_mne_reads(tmp_path, patient):
    path = _plain(patient=patient).write(tmp_path / "a.edf")
    back = nk.to_mne(_open(path)).info["subject_info"]
    assert mne.utils.object_diff(dict(back), dict(_mne(path).info["subject_info"])) == ""


def test_an_anonymous_subject_has_no_name():
    assert subject_of(parse_header(_plain().header(), "a.edf")) == ""
    named = parse_header(_plain(patient="P07 F X X").header(), "a.edf")
    assert subject_of(named) == "P07"
    assert subject_info("P07 F X X")["sex"] == 2


# Channels and groups


def test_all_channels_are_eeg_but_trigger_lines_as_for_mne(tmp_path):
    file = _plain()
    file.signals += [
        Signal("Status", _digital(500, 9, 0, 5), 100),
        Signal("EOG left", _digital(500), 100),
    ]
    rec = _open(file.write(tmp_path / "a.edf"))
    assert set(rec["activity"]["channel_type"].values) == {"EEG"}
    assert rec["auxiliary/trigger"]["channel"].values.tolist() == ["Status"]


def test_types_are_read_off_labels_if_asked_for(tmp_path):
    file = _plain(n_signals=1)
    labels = ["EEG Fp1", "EOG left", "SaO2 X9", "ECG", "POL E"]
    file.signals = [Signal(label, _digital(500), 100) for label in labels]
    path = file.write(tmp_path / "a.edf")
    group = _open(path, infer_types=True)["activity"]
    raw = mne.io.read_raw_edf(path, infer_types=True, verbose="ERROR")
    assert group["channel"].values.tolist() == raw.ch_names
    assert group["channel_type"].values.tolist() == ["EEG", "EOG", "MISC", "EEG", "EEG"]


def test_types_may_be_said(tmp_path):
    rec = _open(_plain().write(tmp_path / "a.edf"), types={"C0": "SEEG", "C1": "SEEG", "C2": "EOG"})
    assert rec["activity"]["channel_type"].values.tolist() == ["SEEG", "SEEG", "EOG"]
    assert rec.attrs["modality"] == "seeg"


def test_units_are_those_declared_per_channel(tmp_path):
    file = _plain(n_signals=4)
    for signal, unit in zip(file.signals, ["uV", "mV", "degC", "V"], strict=True):
        signal.unit = unit
    group = _open(file.write(tmp_path / "a.edf"))["activity"]
    assert group["unit"].values.tolist() == ["V", "V", "degC", "V"]
    physical = np.array([s.digital for s in file.signals]).T * 0.1
    expected = physical * [1e-6, 1e-3, 1.0, 1.0]
    np.testing.assert_allclose(group["signal"], expected, rtol=1e-5, atol=1e-12)


def test_a_missing_dimension_is_volts_with_a_finding(tmp_path):
    file = _plain()
    file.signals[1].unit = ""
    path = file.write(tmp_path / "a.edf")
    rec = _open(path)
    assert rec["activity"]["unit"].values.tolist() == ["V", "V", "V"]
    (finding,) = [f for f in nk.validate(rec) if f.code == "NK852"]
    assert "C1" in finding.found
    assert 'unit="uV"' in finding.mend
    assert "NK852" not in _codes(_open(path, unit={"C1": "uV"}))


def test_a_unit_that_the_user_says_replaces_the_declared_one(tmp_path):
    file = _plain()
    for signal in file.signals:
        signal.unit = "V"
    path = file.write(tmp_path / "a.edf")
    declared = _open(path)["activity"]["signal"].values
    said = _open(path, unit="uV")["activity"]["signal"].values
    np.testing.assert_allclose(said, declared * 1e-6, rtol=1e-6)
    one = _open(path, unit={"C2": "mV"})["activity"]["signal"].values
    np.testing.assert_allclose(one, declared * np.float32([1, 1, 1e-3]), rtol=1e-6)


def test_a_unit_for_a_channel_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(LabelError, match="'C9'"):
        _open(_plain().write(tmp_path / "a.edf"), unit={"C9": "uV"})


def test_labels_that_stand_twice_are_numbered_with_a_finding(tmp_path):
    file = _plain()
    file.signals[2].label = "C0"
    path = file.write(tmp_path / "a.edf")
    rec = _open(path)
    assert rec["activity"]["channel"].values.tolist() == _mne(path).ch_names
    assert "NK854" in _codes(rec)


def test_an_empty_range_is_a_finding_and_values_are_those_of_mne(tmp_path):
    file = _plain()
    file.signals[0].physical = (0.0, 0.0)
    file.signals[1].digital_range = (5, 5)
    path = file.write(tmp_path / "a.edf")
    rec = _open(path)
    assert "NK853" in _codes(rec)
    np.testing.assert_allclose(rec["activity"]["signal"].T, _mne(path).get_data(), rtol=1e-6)


def test_different_filters_are_a_finding(tmp_path):
    file = _plain()
    file.signals[0].prefilter = "HP:1Hz"
    assert "NK855" in _codes(_open(file.write(tmp_path / "a.edf")))


def test_the_rate_of_most_channels_is_activity_and_the_higher_one_of_two():
    file = _plain(n_signals=4)
    for signal, n in zip(file.signals, [10, 10, 200, 50], strict=True):
        signal.per_record = n
    channels = channels_of(parse_header(file.header(), "a.edf"))
    groups = by_group(channels, 1.0)
    assert [c.name for c in groups["activity"]] == ["C0", "C1"]
    assert set(groups) == {"activity", "auxiliary/rate_200", "auxiliary/rate_50"}
    for signal, n in zip(file.signals, [10, 200, 10, 200], strict=True):
        signal.per_record = n
    tied = by_group(channels_of(parse_header(file.header(), "a.edf")), 0.5)
    assert [c.name for c in tied["activity"]] == ["C1", "C3"]
    assert set(tied) == {"activity", "auxiliary/rate_20"}


# Samples


@pytest.mark.parametrize("bdf", [False, True])
def test_values_equal_those_of_mne(tmp_path, bdf):
    file = _plain(n_records=7, rate=64, bdf=bdf)
    if bdf:
        for i, signal in enumerate(file.signals):
            signal.digital = _digital(7 * 64, i, -(2**23), 2**23)
            signal.digital_range = (-(2**23), 2**23 - 1)
    path = file.write(tmp_path / ("a.bdf" if bdf else "a.edf"))
    found = _open(path)["activity"]["signal"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.T, _mne(path).get_data(), rtol=2e-7, atol=1e-20)


@pytest.mark.parametrize("extreme", [-(2**23), -1, 0, 1, 2**23 - 1])
def test_24_bits_have_a_sign(tmp_path, extreme):
    file = _plain(n_records=1, rate=4, n_signals=1, bdf=True)
    file.signals[0].digital = np.full(4, extreme)
    file.signals[0].digital_range = (-(2**23), 2**23 - 1)
    file.signals[0].physical = (-(2**23), 2**23 - 1)
    rec = _open(file.write(tmp_path / "a.bdf"))
    np.testing.assert_allclose(rec["activity"]["signal"], extreme * 1e-6, rtol=1e-6)


@pytest.mark.parametrize("record_s", [0.1, 0.5, 1.0, 2.0, 10.0])
def test_the_rate_is_samples_per_record_over_its_length(tmp_path, record_s):
    rec = _open(_plain(record_s=record_s).write(tmp_path / "a.edf"))
    rate = 100 / record_s
    assert rec["activity"].attrs["sampling_rate"] == pytest.approx(rate)
    np.testing.assert_allclose(rec["activity"]["time"], np.arange(500) / rate, rtol=1e-15)


@pytest.mark.parametrize("seed", range(3))
def test_any_window_equals_the_same_part_of_the_whole(tmp_path, seed):
    path = _plain(n_records=6, rate=25).write(tmp_path / "a.edf")
    whole, lazy = (_open(path)["activity"]["signal"] for _ in range(2))
    whole = whole.values
    rng = np.random.default_rng(seed)
    for _ in range(20):
        a, b = np.sort(rng.integers(0, 151, 2))
        step, channels = int(rng.integers(1, 4)), rng.permutation(3)[: rng.integers(1, 4)]
        part = lazy.isel(time=slice(a, b, step), channel=channels)
        np.testing.assert_array_equal(part.values, whole[a:b:step][:, channels])


def test_each_rate_is_a_group_with_the_values_that_were_written(tmp_path):
    n = 8
    signals = [
        Signal("fast0", _digital(n * 200, 0), 200),
        Signal("fast1", _digital(n * 200, 1), 200),
        Signal("slow", _digital(n * 10, 2), 10),
        Signal("slowest", _digital(n, 3), 1),
    ]
    rec = _open(File(signals, n).write(tmp_path / "a.edf"))
    assert rec["activity"].attrs["sampling_rate"] == 200.0
    for name, rate, signal in (("rate_10", 10, signals[2]), ("rate_1", 1, signals[3])):
        group = rec[f"auxiliary/{name}"]
        assert group.attrs["sampling_rate"] == rate
        np.testing.assert_array_equal(group["time"], np.arange(n * rate) / rate)
        np.testing.assert_allclose(group["signal"][:, 0], signal.digital * 1e-7, rtol=1e-5)


def test_block_edges_of_a_slow_channel_are_not_smeared(tmp_path):
    # mne resamples each block to the highest rate, which rings at jumps (mne-python #10635).
    step = np.repeat([-1000, 1000, -1000, 1000], 10)
    signals = [Signal("fast", _digital(800), 200), Signal("slow", step, 10)]
    path = File(signals, 4).write(tmp_path / "a.edf")
    slow = _open(path)["auxiliary/rate_10"]["signal"]
    np.testing.assert_allclose(np.abs(slow), 1e-4, rtol=1e-5)


def test_samples_stay_in_the_file_until_they_are_asked_for(tmp_path, monkeypatch):
    path = _plain().write(tmp_path / "a.edf")

    def refuse(*args):
        pytest.fail("samples were read")

    monkeypatch.setattr(EdfArray, "window", refuse)
    rec = _open(path)
    nk.info(path)
    repr(rec)


def test_a_recording_crosses_processes(tmp_path):
    rec = _open(_plain().write(tmp_path / "a.edf"))
    assert_same(pickle.loads(pickle.dumps(rec)), rec)


# Annotations


def test_stamps_of_a_record_are_read_in_order():
    raw = _stamp(2) + _stamp(2.5, "a", "b", duration=0.25) + b"\x00\x00"
    first, second = parse_tals(raw, "a.edf")
    assert (first.onset, first.texts) == (2.0, ("",))
    assert (second.onset, second.duration, second.texts) == (2.5, 0.25, ("a", "b"))


@pytest.mark.parametrize("raw", [b"", b"\x00" * 20, b"garbage\x00", b"+\x14\x14\x00"])
def test_what_is_no_stamp_is_passed_over(raw):
    assert parse_tals(raw, "a.edf") == []


def test_annotations_that_are_not_utf8_say_how_to_open_the_file(tmp_path):
    file = _plus([0, 1, 2], [(1, "+1.5\x14na\xefve\x14\x00".encode("latin-1"))])
    path = file.write(tmp_path / "a.edf")
    with pytest.raises(FileContentError, match='encoding="latin1"'):
        _open(path)
    assert _open(path, encoding="latin1")["events"]["trial_type"].item() == "naïve"


def test_annotations_equal_those_of_mne(tmp_path):
    extra = [
        (0, _stamp(0.25, "early")),
        (1, _stamp(1.5, "go", "left", duration=0.5)),
        (2, _stamp(0.75, "written late")),
        (2, _stamp(2.5, "仰卧")),
        (2, _stamp(2.5, "仰卧")),
    ]
    path = _plus([0, 1, 2], extra).write(tmp_path / "a.edf")
    table, marks = _open(path)["events"], _mne(path).annotations
    order = np.argsort(marks.onset, kind="stable")
    assert table["trial_type"].values.tolist() == marks.description[order].tolist()
    np.testing.assert_allclose(table["onset"], marks.onset[order])
    np.testing.assert_allclose(table["duration"], marks.duration[order])


def test_annotations_about_a_channel_name_it_as_in_mne(tmp_path):
    extra = [
        (0, _stamp(0.5, "blink@@C0")),
        (0, _stamp(0.5, "blink@@C1")),
        (0, _stamp(0.7, "a@@no")),
    ]
    path = _plus([0, 1], extra).write(tmp_path / "a.edf")
    back, marks = nk.to_mne(_open(path)).annotations, _mne(path).annotations
    assert back.description.tolist() == marks.description.tolist() == ["blink", "a@@no"]
    assert list(back.ch_names) == list(marks.ch_names) == [("C0", "C1"), ()]


def test_several_annotation_signals_are_all_read(shared_data):
    path = Path(shared_data) / "eeg/multiple_annotation_chans.bdf"
    table = _open(path, stim_channel=[])["events"]
    marks = _mne(path).annotations
    assert sorted(table["trial_type"].values) == sorted(marks.description)


def test_a_first_record_that_begins_late_is_zero_and_the_rest_is_offset(tmp_path):
    extra = [(1, _stamp(1.75, "x"))]
    rec = _open(_plus([0.5, 1.5, 2.5], extra).write(tmp_path / "a.edf"))
    assert rec["activity"]["time"].values[0] == 0.0
    assert rec["activity"].attrs["time_offset"] == 0.5
    assert rec["events"]["onset"].item() == 1.25


def test_annotations_outside_the_record_are_left_out_with_a_finding(tmp_path):
    extra = [
        (0, _stamp(0.5, "in")),
        (0, _stamp(7.0, "far out")),
        (1, _stamp(1.9, "over", duration=5)),
    ]
    path = _plus([0, 1], extra).write(tmp_path / "a.edf")
    rec = _open(path)
    assert rec["events"]["trial_type"].values.tolist() == ["in", "over"]
    assert rec["events"]["duration"].values[1] == pytest.approx(0.1)
    said = [f.found for f in nk.validate(rec) if f.code == "NK856"]
    assert any("far out" in text for text in said)
    assert len(said) == 2
    assert nk.validate(rec).ok
    assert len(_mne(path).annotations) == 2


def test_marks_before_the_first_sample_are_cut_or_left_out():
    marks = Marks(
        np.array([-2.0, -1.0, 1.0]), np.array([0.5, 1.5, 0.0]), ["gone", "cut", "kept"],
        [(), (), ()], [{}, {}, {}],
    )  # fmt: skip
    left, notes = inside(marks, 5.0)
    assert list(left.description) == ["cut", "kept"]
    np.testing.assert_allclose(left.onset, [0.0, 1.0])
    np.testing.assert_allclose(left.duration, [0.5, 0.0])
    assert len(notes) == 2


def test_no_annotations_are_no_marks():
    assert len(marks_from([], 0.0, ["C0"]).description) == 0


def test_reading_annotations_touches_no_samples(tmp_path, monkeypatch):
    path = _plus([0, 1, 2], [(1, _stamp(1.5, "x"))]).write(tmp_path / "a.edf")
    monkeypatch.setattr(EdfArray, "window", lambda *args: pytest.fail("samples were read"))
    assert _open(path)["events"].sizes["event"] == 1


# Gaps


def test_records_that_follow_each_other_are_one_run():
    runs = record_runs(np.array([0.0, 1.0, 2.0]), 1.0, 0.005, "a.edf")
    assert runs.tolist() == [0, 0, 0]


def test_a_late_record_begins_a_run():
    runs = record_runs(np.array([0.0, 2.0, 3.0, 3.9999999, 7.0]), 1.0, 0.005, "a.edf")
    assert runs.tolist() == [0, 1, 1, 1, 2]


def test_records_that_overlap_are_an_error_that_says_which():
    with pytest.raises(TimeError, match="record 2 begins at 1.5 s, before record 1 ends"):
        record_runs(np.array([0.0, 1.0, 1.5]), 1.0, 0.005, "a.edf")


def test_a_record_without_a_stamp_is_an_error_in_a_file_with_gaps():
    with pytest.raises(FileContentError, match="record 1"):
        record_runs(np.array([0.0, np.nan, 2.0]), 1.0, 0.005, "a.edf")


def test_times_within_a_run_are_regular_whatever_the_stamps_are_rounded_to():
    onset = np.array([0.0, 0.33, 0.67, 5.0, 5.33])
    runs = np.array([0, 0, 0, 1, 1])
    time, run = sample_times(onset, runs, 4, 1 / 3)
    np.testing.assert_allclose(np.diff(time[:12]), 1 / 12, rtol=1e-12)
    assert time[12] == 5.0
    np.testing.assert_array_equal(run, np.repeat(runs, 4))


def test_a_file_with_gaps_keeps_true_times_and_is_never_closed_up(tmp_path):
    extra = [(2, _stamp(5.5, "after the gap")), (0, _stamp(3.0, "in the gap"))]
    file = _plus([0, 1, 5], extra, reserved="EDF+D")
    rec = _open(file.write(tmp_path / "a.edf"))
    group = rec["activity"]
    assert group.sizes["time"] == 300
    assert group["time"].values[[0, 199, 200, 299]].tolist() == pytest.approx([0, 1.99, 5.0, 5.99])
    assert group["run"].values[[199, 200]].tolist() == [0, 1]
    expected = np.array([s.digital for s in file.signals]).T * 1e-7
    np.testing.assert_allclose(group["signal"], expected, rtol=1e-5, atol=1e-12)
    assert rec["events"]["onset"].values.tolist() == [3.0, 5.5]
    assert nk.validate(rec).ok


def test_all_rates_of_a_file_with_gaps_share_its_runs(tmp_path):
    file = _plus([0, 3], reserved="EDF+D")
    file.signals.append(Signal("slow", _digital(20), 10))
    rec = _open(file.write(tmp_path / "a.edf"))
    slow = rec["auxiliary/rate_10"]
    assert slow["time"].values[[9, 10]].tolist() == pytest.approx([0.9, 3.0])
    assert slow["run"].values[[9, 10]].tolist() == [0, 1]


def test_a_file_that_may_have_gaps_and_has_none_is_one_run(tmp_path):
    rec = _open(_plus([0, 1, 2], reserved="EDF+D").write(tmp_path / "a.edf"))
    assert "run" not in rec["activity"].coords


def test_a_continuous_file_is_continuous_whatever_its_stamps_say(tmp_path):
    rec = _open(_plus([0, 1, 9], reserved="EDF+C").write(tmp_path / "a.edf"))
    np.testing.assert_array_equal(rec["activity"]["time"], np.arange(300) / 100)


def test_gaps_become_what_mne_fills_them_with(tmp_path):
    rec = _open(_plus([0, 1, 5], reserved="EDF+D").write(tmp_path / "a.edf"))
    raw = nk.to_mne(rec)
    assert raw.n_times == 600
    assert raw.annotations.description.tolist() == ["BAD_ACQ_SKIP"]
    assert raw.annotations.onset.item() == pytest.approx(2.0)
    assert raw.annotations.duration.item() == pytest.approx(3.0)


def test_the_real_file_with_gaps_has_its_five_gaps(shared_data):
    group = _open(Path(shared_data) / "ieeg/ieegio_edfPlusD.edf")["activity"]
    starts = group["time"].values[:: int(group.attrs["sampling_rate"])]
    np.testing.assert_allclose(starts, [0, 2, 4, 5, 6, 7, 8, 9, 12, 15, 19])
    assert len(nk.schema.runs(group["signal"])) == 6


# Triggers


@pytest.mark.parametrize("bdf", [False, True])
@pytest.mark.parametrize("name", ["Status", "TRIGGER"])
def test_trigger_lines_are_decoded_as_mne_does(tmp_path, bdf, name):
    file = _plain(n_records=6, bdf=bdf)
    codes = np.repeat(np.random.default_rng(3).choice([0, 0, 1, 2, 9], 60), 10)
    limits = (-(2**23), 2**23 - 1) if bdf else (-32768, 32767)
    file.signals.append(Signal(name, codes, 100, "Boolean", limits, limits))
    path = file.write(tmp_path / ("a.bdf" if bdf else "a.edf"))
    rec, raw = _open(path), _mne(path)
    found = mne.find_events(raw, verbose=False)
    table = rec["events"]
    np.testing.assert_allclose(table["onset"], found[:, 0] / 100)
    assert table["value"].values.astype(int).tolist() == found[:, 2].tolist()
    np.testing.assert_array_equal(
        rec["auxiliary/trigger"]["signal"].values[:, 0], raw.get_data(picks=name)[0]
    )
    assert rec["auxiliary/trigger"]["unit"].values.tolist() == ["1"]


def test_states_of_the_amplifier_above_bit_16_are_no_codes(tmp_path):
    file = _plain(n_records=2, bdf=True)
    codes = np.full(200, 0x780000)
    codes[50:60] |= 7
    limits = (-(2**23), 2**23 - 1)
    file.signals.append(Signal("Status", codes, 100, "Boolean", limits, limits))
    path = file.write(tmp_path / "a.bdf")
    assert _open(path)["events"]["value"].values.tolist() == [7.0]
    assert mne.find_events(_mne(path), verbose=False)[:, 2].tolist() == [7]


def test_a_trigger_line_at_a_lower_rate_keeps_it(tmp_path):
    file = _plain(n_records=4)
    codes = np.zeros(40, dtype=int)
    codes[12:15] = 3
    file.signals.append(Signal("Status", codes, 10, "", (-32768, 32767)))
    rec = _open(file.write(tmp_path / "a.edf"))
    assert rec["auxiliary/trigger"].attrs["sampling_rate"] == 10.0
    assert rec["events"]["onset"].values.tolist() == [1.2]
    assert rec["events"]["duration"].values.tolist() == pytest.approx([0.3])


def test_trigger_lines_of_two_rates_are_two_groups(tmp_path):
    file = _plain(n_records=2)
    file.signals += [
        Signal("Status", _digital(200, 1, 0, 3), 100, "", (-32768, 32767)),
        Signal("Trigger", _digital(20, 2, 0, 3), 10, "", (-32768, 32767)),
    ]
    rec = _open(file.write(tmp_path / "a.edf"))
    assert set(rec["auxiliary"].children) == {"trigger", "trigger_10"}


def test_annotations_and_codes_stand_in_one_table(tmp_path):
    file = _plus([0, 1], [(0, _stamp(0.5, "said"))])
    codes = np.zeros(200, dtype=int)
    codes[20:30] = 4
    file.signals.append(Signal("Status", codes, 100, "", (-32768, 32767)))
    table = _open(file.write(tmp_path / "a.edf"))["events"]
    assert table["trial_type"].values.tolist() == ["4", "said"]


# Whole files


@pytest.mark.parametrize(
    "name",
    [
        "eeg/eeglab_test.edf",
        "eeg/chtypes_edf.edf",
        "eeg/test_utf8_annotations.edf",
        "eeg/multiple_annotation_chans.bdf",
        "ieeg/NihonKohden/MB0400FU.EDF",
        "ieeg/ieegio_edfPlusD.edf",
    ],
)
def test_real_files_are_what_mne_reads(shared_data, name):
    path = Path(shared_data) / name
    raw, rec = _mne(path), _open(path)
    back = nk.to_mne(rec)
    for ch, made in zip(raw.info["chs"], back.info["chs"], strict=True):
        if ch["kind"] == 3:  # mne gives trigger lines of EDF another unit than those it makes
            made.update(unit=ch["unit"], coord_frame=ch["coord_frame"])
    assert mne.utils.object_diff(raw.info, back.info) == ""
    groups = [rec[name] for name in ("activity", "auxiliary/trigger") if f"/{name}" in rec.groups]
    n = 0
    for group in groups:
        for i, channel in enumerate(group["channel"].values):
            expected = raw.get_data(picks=str(channel))[0]
            np.testing.assert_allclose(
                group["signal"].values[:, i], expected, rtol=2e-7, atol=1e-30, err_msg=channel
            )
            n += 1
    assert n == len(raw.ch_names)


def test_channels_of_the_highest_rate_of_a_real_mixed_file_are_what_mne_reads(shared_data):
    path = Path(shared_data) / "eeg/test_reduced.edf"
    raw, rec = _mne(path), _open(path)
    group = rec["activity"]
    assert group.attrs["sampling_rate"] == raw.info["sfreq"] == 512.0
    expected = raw.get_data(picks=[str(name) for name in group["channel"].values]).T
    np.testing.assert_allclose(group["signal"], expected, rtol=2e-7, atol=1e-30)
    total = sum(rec[f"auxiliary/{n}"].sizes["channel"] for n in rec["auxiliary"].children)
    assert total + group.sizes["channel"] == len(raw.ch_names)
    assert rec["events"].sizes["event"] == len(raw.annotations) + 13


def test_slow_channels_of_a_real_mixed_file_are_the_bytes_of_the_file(shared_data):
    path = Path(shared_data) / "eeg/test_reduced.edf"
    rec, header = _open(path), read_header(path)
    content = path.read_bytes()[header.n_bytes :]
    for child in rec["auxiliary"].children:
        if child == "trigger":
            continue
        group = rec[f"auxiliary/{child}"]
        labels = [s.label for s in header.signals]
        for i, name in enumerate(group["channel"].values):
            index = labels.index(str(name))
            signal = header.signals[index]
            digital = np.concatenate(
                [
                    np.frombuffer(
                        content[r * header.record_bytes + header.first_byte(index) :],
                        "<i2",
                        signal.n_samples,
                    )
                    for r in range(header.n_records)
                ]
            )
            low, high = signal.physical
            scale = (high - low) / (signal.digital[1] - signal.digital[0])
            expected = ((digital - signal.digital[0]) * scale + low) * 1e-6
            np.testing.assert_allclose(group["signal"][:, i], expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_file_with_gaps_and_rates_survives_saving(tmp_path, suffix):
    file = _plus([0, 1, 5], [(2, _stamp(5.5, "x"))], reserved="EDF+D")
    file.signals.append(Signal("slow", _digital(30), 10))
    rec = _open(file.write(tmp_path / "a.edf"))
    assert_same(rec, nk.open(nk.save(rec, tmp_path / f"b{suffix}")))


def test_info_says_what_the_header_says(tmp_path):
    path = _plus([0, 1, 2]).write(tmp_path / "a.edf")
    found = nk.info(path)
    assert found["format"] == "EDF+C"
    assert (found["n_channels"], found["sampling_rate"], found["duration_s"]) == (3, 100.0, 3.0)
    assert found["channel_types"] == {"EEG": 3}
    assert found["start_time"] == "2012-03-02T14:30:05+00:00"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("04_zero_length.bdf", "is empty"),
        ("05_edf_header_lies_channels.edf", r"99 signals.*room for 16 signals"),
        ("06_edf_header_lies_records.edf", r"promises 9999 records.*holds 23 \(23 s\)"),
    ],
)
def test_the_broken_inputs_say_what_is_broken(shared_corrupt, name, said):
    path = Path(shared_corrupt) / name
    with pytest.raises(FileContentError, match=said) as caught:
        _open(path)
    assert caught.value.where == str(path)
    assert caught.value.mend
    with pytest.raises(FileContentError, match=said):
        nk.info(path)


def test_the_whole_records_of_the_short_file_are_those_of_the_whole_one(
    shared_corrupt, shared_data
):
    short = _open(Path(shared_corrupt) / "06_edf_header_lies_records.edf", allow_truncated=True)
    whole = _open(Path(shared_data) / "eeg/eeglab_test.edf")
    n = short["activity"].sizes["time"]
    assert n == 23 * 256
    np.testing.assert_array_equal(
        short["activity"]["signal"], whole["activity"]["signal"].isel(time=slice(0, n))
    )


# Whatever may stand in a file


@st.composite
def files(draw):
    """Small files with any rates, ranges, units and gaps."""
    bdf = draw(st.booleans())
    n_records = draw(st.integers(1, 5))
    record_s = draw(st.sampled_from([0.25, 1.0, 2.0]))
    bits = 2**23 if bdf else 2**15
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    signals = []
    for i in range(draw(st.integers(1, 4))):
        per_record = draw(st.sampled_from([1, 3, 10, 10, 10]))
        low, high = np.sort(rng.choice(9999, 2, replace=False) - 5000).tolist()
        unit = draw(st.sampled_from(["uV", "mV", "V"]))
        digital = rng.integers(-bits, bits, n_records * per_record)
        limits = (-bits, bits - 1)
        signals.append(Signal(f"C{i}", digital, per_record, unit, (low, high), limits))
    gaps = rng.integers(0, 3, n_records) * draw(st.sampled_from([0, 1]))
    onsets = np.cumsum(np.full(n_records, record_s)) - record_s + np.cumsum(gaps) - gaps[0]
    tals = [[_stamp(onset)] for onset in onsets]
    kind = ("BDF" if bdf else "EDF") + ("+D" if gaps[1:].any() else "+C")
    return File(signals, n_records, record_s, tals, kind, bdf), onsets


@settings(max_examples=60, deadline=None, derandomize=True)
@given(files())
def test_any_file_is_read_as_it_was_written(tmp_path_factory, made):
    file, onsets = made
    path = file.write(tmp_path_factory.mktemp("any") / ("a.bdf" if file.bdf else "a.edf"))
    rec = _open(path)
    seen = 0
    for node in rec.subtree:
        if "signal" not in node.data_vars:
            continue
        n = round(node.attrs["sampling_rate"] * file.record_s)
        expected_time = (onsets[:, None] + np.arange(n) * file.record_s / n).ravel()
        np.testing.assert_allclose(node["time"], expected_time, rtol=1e-12, atol=1e-9)
        for i, name in enumerate(node["channel"].values):
            signal = file.signals[int(str(name)[1:])]
            low, high = signal.physical
            first, last = signal.digital_range
            physical = (signal.digital - first) / (last - first) * (high - low) + low
            factor = {"uV": 1e-6, "mV": 1e-3, "V": 1.0}[signal.unit]
            span = max(abs(low), abs(high)) * factor
            np.testing.assert_allclose(node["signal"][:, i], physical * factor, atol=1e-6 * span)
            assert node["signal"].sizes["time"] == signal.digital.size
            seen += 1
    assert seen == len(file.signals)
    assert not [c for c in _codes(rec) if c.startswith(("NK1", "NK5", "NK0"))]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(files(), st.floats(0.0, 0.999))
def test_any_file_that_was_cut_is_noticed(tmp_path_factory, made, share):
    file, _ = made
    path = file.write(tmp_path_factory.mktemp("cut") / "a.bdf")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileContentError):
        _open(path)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_any_bytes_may_stand_where_annotations_should(raw):
    with contextlib.suppress(FileContentError):  # a text that is not UTF-8
        for tal in parse_tals(raw, "a.edf"):
            assert np.isfinite(tal.onset)
            assert tal.duration >= 0


def test_a_file_that_shrinks_after_it_was_opened_is_an_error(tmp_path):
    path = _plain().write(tmp_path / "a.edf")
    rec = _open(path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(FileContentError, match="open it again"):
        rec["activity"]["signal"].load()


@pytest.mark.parametrize("chunks", [{"time": 64}, {"time": 100, "channel": 1}])
def test_blocks_in_threads_are_the_whole(tmp_path, chunks):
    rec = _open(_plain().write(tmp_path / "a.edf"))
    np.testing.assert_array_equal(
        rec.chunk(chunks)["activity"]["signal"], rec["activity"]["signal"]
    )
