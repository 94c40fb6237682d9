"""EDF and BDF annotations, gaps and triggers against mne."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest
from edf_writer import Signal, _digital, _mne, _open, _plain, _plus, _stamp
from neurokit_loaders.mne_edf_annotations import inside, marks_from, parse_tals
from neurokit_loaders.mne_edf_data import EdfArray, record_runs, sample_times

import neurokit as nk
from neurokit.errors import FileContentError, TimeError
from neurokit.interchange.mne_events import Marks

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
