"""The groups of a continuous recording: who goes where, with which time, run and events."""

import numpy as np
import pytest

from neurokit.errors import LabelError
from neurokit.interchange.mne_build import Decoding, chosen_lines, continuous, decoded
from neurokit.interchange.mne_events import Marks
from neurokit.io import FileArray, lazy_variable


def _build(raw, marks=None, decoding=None, pauses=None):
    values = raw.get_data()
    marks = marks or Marks(np.empty(0), np.empty(0), [])

    def read(picks, line):
        return values[list(picks)][:, line.sample].T

    return continuous(
        raw.info,
        n_times=raw.n_times,
        first_samp=raw.first_samp,
        marks=marks,
        read=read,
        decoding=decoding or Decoding(),
        pauses=pauses,
    )


def _mark(onset, duration, text):
    return Marks(np.array([onset]), np.array([duration]), [text], [()], [{}])


def test_triggers_stand_apart_from_signals(raw):
    groups = _build(raw).groups
    assert groups["activity"]["channel"].values.tolist() == raw.ch_names[:5]
    assert groups["auxiliary/trigger"]["channel"].values.tolist() == ["STI 014"]
    assert groups["auxiliary/trigger"]["channel_type"].values.tolist() == ["TRIG"]


def test_time_starts_at_zero_and_the_offset_is_first_samp(raw):
    for name in ("activity", "auxiliary/trigger"):
        group = _build(raw).groups[name]
        np.testing.assert_array_equal(group["time"], np.arange(200) / 100.0)
        assert group.attrs["time_offset"] == 5.0
        assert group.attrs["sampling_rate"] == 100.0
        assert group["time"].attrs["sampling_rate"] == 100.0


def test_codes_become_events_by_default(raw):
    events = _build(raw).groups["events"]
    np.testing.assert_allclose(events["onset"], [0.2, 0.6])
    np.testing.assert_allclose(events["duration"], [0.1, 0.05])
    assert events["value"].values.tolist() == [5.0, 9.0]


def test_no_line_is_decoded_if_none_is_asked_for(raw):
    assert "events" not in _build(raw, decoding=Decoding(lines=())).groups


def test_a_gap_is_left_out_of_all_groups_and_changes_run(raw):
    groups = _build(raw, _mark(0.5, 0.3, "BAD_ACQ_SKIP")).groups
    for name in ("activity", "auxiliary/trigger"):
        assert groups[name].sizes["time"] == 170
        assert groups[name]["run"].values[[0, 49, 50, 169]].tolist() == [0, 0, 1, 1]
        assert groups[name]["time"].values[50] == 0.8
    # The second code lies in the gap: it was never recorded.
    assert groups["events"]["trial_type"].values.tolist() == ["5", "BAD_ACQ_SKIP"]


@pytest.mark.parametrize(("onset", "duration", "offset"), [(0.0, 0.1, 5.1), (1.9, 0.1, 5.0)])
def test_a_gap_at_an_end_is_no_part_of_the_record(raw, onset, duration, offset):
    groups = _build(raw, _mark(onset, duration, "BAD_ACQ_SKIP")).groups
    assert groups["activity"].sizes["time"] == 190
    assert groups["activity"]["time"].values[0] == 0.0
    assert groups["activity"].attrs["time_offset"] == pytest.approx(offset)
    assert "run" not in groups["activity"].coords
    assert groups["events"]["trial_type"].values.tolist() == ["5", "9"]
    shift = 5.0 - offset
    np.testing.assert_allclose(groups["events"]["onset"], [0.2 + shift, 0.6 + shift])


def test_values_around_a_gap_are_those_of_their_samples(raw):
    group = _build(raw, _mark(0.5, 0.3, "BAD_ACQ_SKIP")).groups["activity"]
    expected = raw.get_data()[0]
    kept = np.concatenate([expected[:50], expected[80:]])
    np.testing.assert_allclose(group["signal"].values[:, 0], kept, rtol=1e-6)


def test_a_boundary_changes_run_and_keeps_every_sample(raw):
    group = _build(raw, _mark(0.5, 0.0, "BAD boundary")).groups["activity"]
    assert group.sizes["time"] == 200
    assert group["run"].values[[49, 50]].tolist() == [0, 1]


def test_a_pause_moves_samples_and_events_behind_it(raw):
    groups = _build(raw, _mark(1.0, 0.0, "late"), pauses={40: 2.0}).groups
    assert groups["activity"]["time"].values[[39, 40]].tolist() == [0.39, 2.4]
    onsets = dict(
        zip(groups["events"]["trial_type"].values, groups["events"]["onset"].values, strict=True)
    )
    assert onsets["5"] == pytest.approx(0.2)
    assert onsets["9"] == pytest.approx(2.6)
    assert onsets["late"] == pytest.approx(3.0)


def test_a_recording_of_triggers_alone_has_no_activity(raw):
    groups = _build(raw.copy().pick("stim")).groups
    assert set(groups) == {"auxiliary/trigger", "events"}
    assert "mne_info" in groups["auxiliary/trigger"].attrs


def test_a_line_that_is_no_trigger_is_an_error_with_a_suggestion():
    with pytest.raises(LabelError, match="did you mean 'STI 014'"):
        chosen_lines(["STI 014"], Decoding(lines=("STI 041",)))


def test_the_lines_asked_for_are_decoded_in_that_order():
    assert chosen_lines(["A", "B", "C"], Decoding(lines=("C", "A"))) == ["C", "A"]
    assert chosen_lines(["A", "STI 014"], Decoding()) == ["STI 014"]


def test_a_code_at_the_first_sample_is_noticed_unless_it_is_taken():
    line = np.array([[4], [4], [0], [0]])
    _, findings = decoded(line, ["S"], Decoding(), 100.0)
    assert [f.code for f in findings] == ["NK860"]
    assert "initial_event=True" in findings[0].mend
    found, findings = decoded(line, ["S"], Decoding(initial_event=True), 100.0)
    assert findings == []
    assert found["S"].value.tolist() == [4]


def test_events_of_one_sample_are_noticed():
    line = np.array([[0], [1], [0], [2], [2], [0]])
    _, findings = decoded(line, ["S"], Decoding(), 100.0)
    assert [f.code for f in findings] == ["NK861"]
    assert "1 of 2 events" in findings[0].found


def test_only_masked_bits_count():
    line = np.array([[0], [0x101], [0x100], [0]])
    found, _ = decoded(line, ["S"], Decoding(mask=0xFF), 100.0)
    assert found["S"].value.tolist() == [1]


def test_lines_in_a_file_are_read_in_stretches_in_one_pass(monkeypatch):
    monkeypatch.setattr("neurokit.interchange.mne_build._BLOCK", 10)
    asked = []

    class Watched(FileArray):
        def read(self, key):
            asked.append(key[0])
            return codes[key]

    codes = np.zeros((35, 2), dtype=np.float32)
    codes[8:12, 0], codes[33:, 1] = 4, 2
    lazy = lazy_variable(("time", "channel"), Watched(codes.shape, np.float32))
    found, _ = decoded(lazy, ["A", "B"], Decoding(), 100.0)
    assert [(s.start, s.stop) for s in asked] == [(0, 10), (10, 20), (20, 30), (30, 35)]
    assert found["A"].sample.tolist() == [8]
    assert found["A"].last.tolist() == [11]
    assert found["B"].sample.tolist() == [33]
