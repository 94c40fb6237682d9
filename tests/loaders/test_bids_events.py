"""events.tsv: every row, every column, on the clock of the data file."""

import json

import numpy as np
import pytest
from bids_maker import Dataset, dump

import neurokit as nk
from neurokit import schema
from neurokit.errors import FileContentError, OptionError


def _open(dataset, **options):
    return nk.open(dataset.root, **options)


def _found(rec, code):
    return [f.found for f in schema.validate(rec) if f.code == code]


def _table(rec):
    return rec["events"].to_dataset()


def test_onset_duration_and_type_are_those_of_the_table(tmp_path):
    table = _table(_open(Dataset(tmp_path)))
    assert table["onset"].values.tolist() == [0.1, 1.2]
    assert table["duration"].values.tolist() == [0.5, 0.5]
    assert table["trial_type"].values.tolist() == ["word", "pause"]


def test_an_event_without_a_type_is_still_an_event(tmp_path):
    # mne-bids 1587: trial_type n/a throughout dropped every event.
    dataset = Dataset(tmp_path)
    dataset.events([[0.1, 0.5, "n/a", 7], [1.2, 0.5, "n/a", 8]], "onset duration trial_type value")
    table = _table(_open(dataset))
    assert table["trial_type"].values.tolist() == ["", ""]
    assert table["value"].values.tolist() == [7, 8]


def test_an_event_without_an_onset_is_kept_and_named(tmp_path):
    # mne-bids 1587: NaN onsets.
    dataset = Dataset(tmp_path)
    dataset.events([[0.1, 0, "a"], ["n/a", 0, "b"], [0.3, 0, "c"]])
    rec = _open(dataset)
    np.testing.assert_array_equal(_table(rec)["onset"].values, [0.1, np.nan, 0.3])
    assert "1 of 3 events have no onset: row 2" in _found(rec, "NK886")[0]


def test_a_type_is_not_rewritten(tmp_path):
    # mne-bids 936: "left" became "left/n/a".
    dataset = Dataset(tmp_path)
    kinds = ["left", "left/n/a", "n/a/right", " a b ".strip(), "5", "\u4ef0\u5367"]
    dataset.events([[0.1 * i, 0, kind] for i, kind in enumerate(kinds)])
    assert _table(_open(dataset))["trial_type"].values.tolist() == kinds


def test_rows_out_of_order_stay_where_they_are(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.events([[1.2, 0, "late"], [0.1, 0, "early"]])
    assert _table(_open(dataset))["trial_type"].values.tolist() == ["late", "early"]


def test_an_unknown_duration_is_not_zero(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.events([[0.1, "n/a", "a"], [0.2, 0, "b"]])
    np.testing.assert_array_equal(_table(_open(dataset))["duration"].values, [np.nan, 0.0])


def test_further_columns_stay_with_their_types(tmp_path):
    dataset = Dataset(tmp_path)
    header = "onset duration stim_file response_time code event"
    rows = [[0.1, 0, "a.png", 0.35, "007", 1], [0.2, 0, "n/a", "n/a", "008", 2]]
    dataset.events(rows, header)
    table = _table(_open(dataset))
    assert table["stim_file"].values.tolist() == ["a.png", ""]
    np.testing.assert_array_equal(table["response_time"].values, [0.35, np.nan])
    assert table["code"].values.tolist() == ["007", "008"]
    assert table["events_event"].values.tolist() == [1, 2]
    assert table["trial_type"].values.tolist() == ["", ""]


def test_a_header_without_a_row_is_no_event_and_no_error(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.events([])
    assert _table(_open(dataset)).sizes["event"] == 0


def test_what_the_columns_mean_goes_with_them(tmp_path):
    dataset = Dataset(tmp_path)
    levels = {"trial_type": {"Levels": {"word": "a spoken word"}}}
    dump(dataset.path("events", ".json"), levels)
    assert json.loads(_table(_open(dataset)).attrs["bids_description"]) == levels


def test_a_ragged_table_is_an_error_with_its_line_and_can_be_left_out(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.path("events", ".tsv").write_text("onset\tduration\n0.1\t0\n0.2\n", encoding="utf-8")
    with pytest.raises(FileContentError, match=r"events\.tsv: line 3 has 1 cells"):
        _open(dataset)
    assert "events" not in _open(dataset, without="events").children


# -- the clock


def test_onsets_count_from_the_first_sample_of_the_file(tmp_path):
    # mne-bids 235: annotations were shifted by first_samp and the measurement date.
    mne = pytest.importorskip("mne")
    values = np.zeros((1, 1000))
    values[0, 250] = 1e-4
    info = mne.create_info(["Cz"], 500.0, "eeg")
    raw = mne.io.RawArray(values, info, first_samp=123_456, verbose=False)
    raw.set_meas_date(1_600_000_000)
    dataset = Dataset(tmp_path, ["Cz"])
    for extension in (".vhdr", ".vmrk", ".eeg"):
        dataset.path("eeg", extension).unlink()
    raw.save(dataset.path("eeg", ".fif"), verbose="ERROR")
    dataset.events([[0.5, 0, "flash"]])
    rec = _open(dataset)
    cut = nk.signal.epoch(rec, "flash", 0.0, 0.004)
    np.testing.assert_allclose(cut["activity/signal"].values[0, :, 0], [1e-4, 0, 0], rtol=1e-6)
    assert rec.activity.attrs["time_offset"] == pytest.approx(123_456 / 500)


@pytest.mark.parametrize(
    ("rows", "n_off"),
    [
        ([[0.1, 0, 50], [0.2, 0, 100]], 0),
        # A sample before or after is rounding of the onset.
        ([[0.1001, 0, 51], [0.2, 0, 99]], 0),
        ([[0.1, 0, 50], [0.2, 0, 200]], 1),
        ([[0.1, 0, 756027], [0.2, 0, 100]], 1),
        ([[0.1, 0, "n/a"], [0.2, 0, 100]], 0),
    ],
)
def test_samples_that_are_not_at_their_onsets_are_said(tmp_path, rows, n_off):
    dataset = Dataset(tmp_path)
    dataset.events(rows, "onset duration sample")
    said = _found(_open(dataset), "NK886")
    assert len(said) == (n_off > 0)
    if n_off:
        assert f"{n_off} of 2 samples are not at their onsets" in said[0]


# -- events that stand in the data file itself


def _with_marks(tmp_path):
    return Dataset(tmp_path, marks=[("S  1", 100), ("S  2", 600)])


def test_the_table_counts_and_what_the_file_has_is_said(tmp_path):
    rec = _open(_with_marks(tmp_path))
    assert _table(rec)["trial_type"].values.tolist() == ["word", "pause"]
    assert any("2 events that stand in the data file itself" in f for f in _found(rec, "NK884"))


def test_the_events_of_the_file_can_be_had_instead(tmp_path):
    rec = _open(_with_marks(tmp_path), events="file")
    np.testing.assert_allclose(_table(rec)["onset"].values, [0.2, 1.2])
    assert any("2 events are not taken, as asked for" in f for f in _found(rec, "NK884"))


def test_both_can_be_had_and_are_told_apart(tmp_path):
    dataset = _with_marks(tmp_path)
    dataset.events([[0.1, 0.5, "word", 3, "x"]], "onset duration trial_type value source")
    rec = _open(dataset, events="both")
    table = _table(rec)
    np.testing.assert_allclose(table["onset"].values, [0.1, 0.2, 1.2])
    assert table["source"].values.tolist() == ["events.tsv", "annotation", "annotation"]
    assert table["events_source"].values.tolist() == ["x", "", ""]
    assert table["value"].values[0] == 3
    assert not _found(rec, "NK884")
    assert schema.validate(rec).ok


def test_without_a_table_the_files_events_stay_and_the_table_is_missed(tmp_path):
    dataset = _with_marks(tmp_path)
    dataset.path("events", ".tsv").unlink()
    rec = _open(dataset)
    assert _table(rec).sizes["event"] == 2
    assert any("*_events.tsv" in found for found in _found(rec, "NK880"))


def test_at_rest_no_table_of_events_is_missed(tmp_path):
    dataset = Dataset(tmp_path)
    for path in sorted(dataset.folder.iterdir()):
        text = path.read_bytes().replace(b"task-talk", b"task-rest")
        path.with_name(path.name.replace("task-talk", "task-rest")).write_bytes(text)
        if "task-talk" in path.name:
            path.unlink()
    (dataset.folder / "sub-01_task-rest_events.tsv").unlink()
    assert not any("events.tsv" in found for found in _found(_open(dataset), "NK880"))


def test_which_events_is_one_of_three_words(tmp_path):
    with pytest.raises(OptionError, match="Use 'table', 'file', 'both'"):
        _open(Dataset(tmp_path), events="all")
