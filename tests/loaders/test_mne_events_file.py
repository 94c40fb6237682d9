"""Events of a file of their own are joined by sample number; what lies outside is told."""

from pathlib import Path

import mne
import numpy as np
import pytest
from neurokit_loaders.mne_events_file import read_events
from neurokit_loaders.mne_raw import open_recording

import neurokit as nk
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import findings_from_json

RATE, FIRST = 100.0, 500


@pytest.fixture
def raw_file(tmp_path):
    info = mne.create_info(["Cz", "STI 014"], RATE, ["eeg", "stim"], verbose=False)
    values = np.zeros((2, 300))
    values[0] = np.random.default_rng(0).normal(size=300) * 1e-5
    values[1, 50:60] = 9
    raw = mne.io.RawArray(values, info, first_samp=FIRST, verbose=False)
    raw.set_annotations(mne.Annotations([0.2], [0.1], ["blink"]))
    raw.save(tmp_path / "a_raw.fif", verbose=False)
    return tmp_path / "a_raw.fif"


def _write(folder, samples, name="a-eve.fif"):
    table = np.array([(s, 0, i + 1) for i, s in enumerate(samples)])
    mne.write_events(folder / name, table, verbose="ERROR")
    return name


def codes(rec):
    return [f.code for f in findings_from_json(rec.attrs.get("findings", "[]"))]


def test_events_stand_at_their_samples_among_those_of_the_recording(raw_file):
    name = _write(raw_file.parent, [FIRST, FIRST + 7, FIRST + 299])
    events = open_recording(raw_file, events=name)["events"]
    assert events["onset"].values.tolist() == pytest.approx([0.0, 0.07, 0.2, 0.5, 2.99])
    assert events["trial_type"].values.tolist() == ["1", "2", "blink", "9", "3"]
    assert events["line"].values.tolist() == [name, name, "", "STI 014", name]
    np.testing.assert_array_equal(events["value"].values, [1, 2, np.nan, 9, 3])


@pytest.mark.parametrize("samples", [[0, FIRST + 1], [FIRST - 1], [FIRST + 300], []])
def test_what_lies_outside_is_left_out_and_told(raw_file, samples):
    name = _write(raw_file.parent, samples) if samples else None
    rec = open_recording(raw_file, events=name)
    inside = [s for s in samples if FIRST <= s < FIRST + 300]
    assert rec["events"].sizes["event"] == 2 + len(inside)
    lost = len(samples) - len(inside)
    said = [f for f in findings_from_json(rec.attrs.get("findings", "[]")) if f.code == "NK870"]
    assert len(said) == bool(lost)
    if lost:
        assert f"{lost} of {len(samples)} events" in said[0].found
        assert "events_from='first sample'" in said[0].mend


def test_samples_may_count_from_the_first_one(raw_file):
    name = _write(raw_file.parent, [10, 20])
    rec = open_recording(raw_file, events=name, events_from="first sample", stim_channel=[])
    assert rec["events"]["onset"].values.tolist() == pytest.approx([0.1, 0.2, 0.2])
    assert "NK870" not in codes(rec)
    with pytest.raises(OptionError, match="events_from"):
        open_recording(raw_file, events=name, events_from="nowhere")


def test_several_files_are_joined(raw_file):
    names = [_write(raw_file.parent, [FIRST + 1], f"{i}-eve.fif") for i in range(3)]
    rec = open_recording(raw_file, events=names, stim_channel=[])
    assert rec["events"]["line"].values.tolist() == [*names, ""]


def test_a_recording_without_events_gets_them(raw_file, tmp_path):
    info = mne.create_info(["Cz"], RATE, "eeg", verbose=False)
    plain = tmp_path / "b_raw.fif"
    mne.io.RawArray(np.ones((1, 300)), info, verbose=False).save(plain, verbose=False)
    assert "events" not in open_recording(plain).children
    rec = open_recording(plain, events=_write(tmp_path, [4]))
    assert rec["events"]["onset"].values.tolist() == [0.04]
    assert rec["events"]["duration"].values.tolist() == [0.01]


def test_they_are_no_annotations_on_the_way_back_to_mne(raw_file):
    rec = open_recording(raw_file, events=_write(raw_file.parent, [FIRST + 5]))
    assert nk.to_mne(rec).annotations.description.tolist() == ["blink"]


def test_a_file_elsewhere_is_found_by_its_path(raw_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    name = _write(folder, [FIRST + 5])
    rec = nk.open(raw_file, events=str(folder / name), stim_channel=[])
    assert rec["events"].sizes["event"] == 2


def test_a_missing_or_cut_file_is_an_error_that_names_it(raw_file):
    with pytest.raises(FileContentError, match="gone-eve.fif, given as events"):
        open_recording(raw_file, events="gone-eve.fif")
    name = _write(raw_file.parent, [FIRST + 5])
    file = raw_file.parent / name
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(FileContentError, match="truncated"):
        open_recording(raw_file, events=name)


def test_a_file_of_something_else_is_an_error(raw_file, tmp_path):
    with pytest.raises(FileContentError, match="cannot read events"):
        read_events(raw_file)
    text = tmp_path / "notes.txt"
    text.write_text("hello\n")
    with pytest.raises(FileContentError, match="cannot read events"):
        read_events(text)


def test_events_as_text_are_read_too(tmp_path):
    file = tmp_path / "a-eve.txt"
    mne.write_events(file, np.array([[5, 0, 1], [9, 0, 2]]), verbose="ERROR")
    assert read_events(file)[:, 0].tolist() == [5, 9]


# Real files


def test_none_of_the_events_of_the_sample_falls_inside_its_short_copy(shared_data):
    file = Path(shared_data) / "meg/sample_audvis_trunc_raw_sss.fif"
    plain = open_recording(file)
    rec = open_recording(file, events="sample_audvis_trunc_raw-eve.fif")
    assert ("events" in rec.children) == ("events" in plain.children)
    said = [f for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK870"]
    assert "50 of 50 events" in said[0].found
    assert "samples 13988 to 18734" in said[0].found


@pytest.mark.parametrize("who", ["01_record-2012.07.06-19.02.16", "12_record-2014.03.10-19.47.49"])
def test_all_events_of_a_real_companion_are_joined(shared_data, who):
    folder = Path(shared_data) / "eeg"
    name = f"ssvep_exo_subject{who}-eve.fif"
    rec = open_recording(folder / f"ssvep_exo_subject{who}_raw.fif", events=name)
    table = mne.read_events(folder / name)
    np.testing.assert_allclose(rec["events"]["onset"], table[:, 0] / 256.0, rtol=0, atol=1e-9)
    assert rec["events"]["value"].values.tolist() == table[:, 2].tolist()
    assert "NK870" not in codes(rec)
