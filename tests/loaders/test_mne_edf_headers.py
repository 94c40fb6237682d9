"""EDF and BDF headers: what lies, what is cut, what fields mean."""

from __future__ import annotations

import mne
import numpy as np
import pytest
from edf_writer import File, _codes, _mne, _open, _plain, _stamp
from neurokit_loaders.mne_edf import parse_header, record_count, signal_count
from neurokit_loaders.mne_edf_fields import (
    filter_edges,
    si_unit,
    start_of,
    subject_info,
    subject_of,
    unique_names,
)
from neurokit_loaders.mne_edf_open import read_header

import neurokit as nk
from neurokit.errors import FileContentError

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
