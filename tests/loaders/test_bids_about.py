"""What a dataset says about a recording as a whole, and what its sidecar claims."""

import json

import pytest
from bids_maker import Dataset, brainvision, dump, tsv
from neurokit_loaders.bids_about import licence_of

import neurokit as nk
from neurokit import schema
from neurokit.errors import FileContentError


def _open(dataset, **options):
    return nk.open(dataset.root, **options)


def _found(rec, code):
    return [f.found for f in schema.validate(rec) if f.code == code]


# -- who


def test_who_it_was_stands_in_the_root(tmp_path):
    rec = _open(Dataset(tmp_path))
    assert (rec.attrs["subject"], rec.attrs["session"]) == ("01", "")
    assert rec.attrs["bids_task"] == "talk"
    assert json.loads(rec.attrs["bids_participant"]) == {"participant_id": "sub-01", "age": "29"}
    assert rec.attrs["source"] == "sub-01/eeg/sub-01_task-talk_eeg.vhdr"
    assert rec.name == "sub-01_task-talk_eeg"


def test_a_participant_is_human_unless_the_table_says_otherwise(tmp_path):
    dataset = Dataset(tmp_path)
    assert _open(dataset).attrs["species"] == "Homo sapiens"
    tsv(tmp_path / "participants.tsv", "participant_id species", [["sub-01", "mus_musculus"]])
    assert _open(dataset).attrs["species"] == "Mus_musculus"


def test_a_participant_that_is_not_listed_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    tsv(tmp_path / "participants.tsv", "participant_id", [["sub-02"]])
    rec = _open(dataset)
    assert "has no row for sub-01" in _found(rec, "NK880")
    assert "bids_participant" not in rec.attrs


def test_without_a_table_of_participants_the_species_is_unknown(tmp_path):
    dataset = Dataset(tmp_path)
    (tmp_path / "participants.tsv").unlink()
    assert _open(dataset).attrs["species"] == ""


def test_a_session_and_its_row_are_kept(tmp_path):
    dataset = Dataset(tmp_path)
    folder = tmp_path / "sub-01/ses-a/eeg"
    brainvision(folder / "sub-01_ses-a_task-talk_eeg.vhdr", dataset.names)
    tsv(tmp_path / "sub-01/sub-01_sessions.tsv", "session_id note", [["ses-a", "tired"]])
    rec = _open(dataset, session="a")
    assert rec.attrs["session"] == "a"
    assert json.loads(rec.attrs["bids_session"])["note"] == "tired"


# -- when


def _scans(dataset, time):
    rows = [[f"eeg/{dataset.header.name}", time, "calm"]]
    return tsv(dataset.root / "sub-01/sub-01_scans.tsv", "filename acq_time note", rows)


def test_the_row_of_the_scan_is_kept(tmp_path):
    dataset = Dataset(tmp_path)
    _scans(dataset, "2020-03-01T12:00:00Z")
    rec = _open(dataset)
    assert json.loads(rec.attrs["bids_scan"])["note"] == "calm"
    assert rec.attrs["start_time"] == "2020-03-01T12:00:00+00:00"
    assert not _found(rec, "NK884")


def test_a_shifted_date_replaces_that_of_the_file_and_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    _scans(dataset, "1925-01-01T08:00:00+01:00")
    rec = _open(dataset)
    assert rec.attrs["start_time"] == "1925-01-01T08:00:00+01:00"
    assert "replaces 2020-03-01T12:00:00+00:00" in _found(rec, "NK884")[0]


def test_a_date_without_a_zone_does_not_replace_one_with_a_zone(tmp_path):
    dataset = Dataset(tmp_path)
    _scans(dataset, "1925-01-01T08:00:00")
    assert _open(dataset).attrs["start_time"] == "2020-03-01T12:00:00+00:00"


def test_a_date_without_a_zone_alone_leaves_the_start_unknown_and_says_so(tmp_path):
    dataset = Dataset(tmp_path, date="00000000000000000000")
    _scans(dataset, "1925-01-01T08:00:00")
    rec = _open(dataset)
    assert rec.attrs["start_time"] == ""
    assert any("says no zone" in found for found in _found(rec, "NK880"))


def test_a_date_of_other_words_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    _scans(dataset, "yesterday")
    assert "acq_time 'yesterday' is no date of ISO 8601" in _found(_open(dataset), "NK885")


def test_a_scan_that_is_not_listed_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    tsv(tmp_path / "sub-01/sub-01_scans.tsv", "filename acq_time", [["eeg/other.vhdr", "n/a"]])
    found = _found(_open(dataset), "NK880")
    assert f"has no row for eeg/{dataset.header.name}" in found


# -- under which licence


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("CC0", "CC0-1.0"),
        ("cc0 1.0", "CC0-1.0"),
        ("PDDL", "PDDL-1.0"),
        ("PD", "PDDL-1.0"),
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("", "unknown"),
        ("see README", "unknown"),
    ],
)
def test_a_licence_is_spdx_or_unknown(text, spdx):
    assert licence_of(text) == spdx


@pytest.mark.parametrize(
    "doi",
    [f"{before}10.18112/x.v1" for before in ("doi:", "DOI:", "", "https://doi.org/")],
)
def test_licence_and_doi_come_from_the_description(tmp_path, doi):
    dataset = Dataset(tmp_path)
    said = {"Name": "made", "License": "CC0", "DatasetDOI": doi}
    dump(tmp_path / "dataset_description.json", said)
    rec = _open(dataset)
    assert (rec.attrs["licence"], rec.attrs["doi"]) == ("CC0-1.0", "10.18112/x.v1")
    assert json.loads(rec.attrs["bids_dataset"]) == said


def test_a_dataset_without_a_description_says_so(tmp_path):
    dataset = Dataset(tmp_path)
    (tmp_path / "dataset_description.json").unlink()
    rec = _open(dataset)
    assert any("dataset_description.json" in found for found in _found(rec, "NK880"))
    assert rec.attrs["licence"] == "unknown"


# -- the sidecar


def test_line_frequency_and_reference_come_from_the_sidecar(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.sidecar(EEGReference="linked mastoids")
    rec = _open(dataset)
    assert rec.activity.attrs["line_frequency"] == 50.0
    assert rec.activity.signal.attrs["reference"] == "linked mastoids"
    assert json.loads(rec.attrs["bids_sidecar"])["TaskName"] == "talk"


def test_a_sidecar_higher_up_is_inherited_and_overruled_from_below(tmp_path):
    dataset = Dataset(tmp_path)
    dump(tmp_path / "task-talk_eeg.json", {"PowerLineFrequency": 60, "EEGGround": "Fpz"})
    said = json.loads(_open(dataset).attrs["bids_sidecar"])
    assert (said["PowerLineFrequency"], said["EEGGround"]) == (50, "Fpz")


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"SamplingFrequency": 512}, "SamplingFrequency is 512 Hz, the data file has 500 Hz"),
        # After 2 s, 501 Hz is two samples off.
        ({"SamplingFrequency": 501}, "SamplingFrequency is 501 Hz"),
        ({"RecordingDuration": 4.0}, "RecordingDuration is 4 s, the data file lasts 2 s"),
        ({"EEGChannelCount": 64}, "EEGChannelCount is 64, there are 3"),
        ({"ECGChannelCount": 1}, "ECGChannelCount is 1, there are 0"),
    ],
)
def test_what_contradicts_the_data_is_said_and_the_data_count(tmp_path, claim, said):
    dataset = Dataset(tmp_path)
    dataset.sidecar(**claim)
    rec = _open(dataset)
    assert any(said in found for found in _found(rec, "NK885"))
    assert rec.activity.attrs["sampling_rate"] == 500.0


@pytest.mark.parametrize(
    "claim",
    [
        {"SamplingFrequency": 500.0001},
        {"RecordingDuration": 1.998},
        {"RecordingDuration": 2},
        {"EEGChannelCount": 3, "EOGChannelCount": 0},
        {"SamplingFrequency": "n/a", "RecordingDuration": True, "PowerLineFrequency": "n/a"},
    ],
)
def test_rounding_and_missing_values_are_no_contradiction(tmp_path, claim):
    dataset = Dataset(tmp_path)
    dataset.sidecar(**claim)
    assert _found(_open(dataset), "NK885") == []


def test_a_sidecar_that_is_no_json_is_an_error_with_its_name(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.path("eeg", ".json").write_text("{", encoding="utf-8")
    with pytest.raises(FileContentError, match=r"sub-01_task-talk_eeg\.json: is no JSON"):
        _open(dataset)
