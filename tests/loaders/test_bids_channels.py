"""channels.tsv joined by name: what it states wins, what does not fit is a finding."""

import json

import numpy as np
import pandas as pd
import pytest
from bids_maker import Dataset, digits

import neurokit as nk
from neurokit import schema
from neurokit.errors import LabelError, OptionError


def _open(dataset, **options):
    return nk.open(dataset.root, **options)


def _found(rec, code):
    return [f for f in schema.validate(rec) if f.code == code]


def test_values_are_those_of_the_file_whatever_the_table_says(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([["Cz", "EEG", "uV", "good"], ["Fp1", "EEG", "uV", "bad"]])
    rec = _open(dataset)
    expected = digits(1000, 3) * 0.1e-6
    np.testing.assert_allclose(rec["activity/signal"].values, expected, rtol=1e-6)


def test_rows_belong_to_channels_by_name_not_by_order(tmp_path):
    dataset = Dataset(tmp_path)
    rows = [["Cz", "EEG", "uV", "bad"], ["Fp2", "EOG", "uV", "good"], ["Fp1", "EEG", "uV", "good"]]
    dataset.channels(rows)
    rec = _open(dataset)
    assert rec.activity.channel.values.tolist() == ["Fp1", "Fp2", "Cz"]
    assert rec.activity.bad.values.tolist() == [False, False, True]
    assert rec.activity.channel_type.values.tolist() == ["EEG", "EOG", "EEG"]
    assert not _found(rec, "NK881")


def test_one_name_that_differs_kills_nothing_and_is_listed_on_both_sides(tmp_path):
    # mne-bids 380: one mismatch ended the reading.
    dataset = Dataset(tmp_path)
    rows = [["Fp1", "EEG", "uV", "bad"], ["FP2", "EEG", "uV", "bad"], ["Cz", "EEG", "uV", "good"]]
    dataset.channels(rows)
    rec = _open(dataset)
    assert rec.activity.channel.values.tolist() == ["Fp1", "Fp2", "Cz"]
    assert rec.activity.bad.values.tolist() == [True, False, False]
    [finding] = _found(rec, "NK881")
    assert "1 channels have no row (Fp2)" in finding.found
    assert "1 rows have no channel (FP2, did you mean 'Fp2'?)" in finding.found
    assert json.loads(rec.attrs["bids_channels"])["name"] == ["Fp1", "FP2", "Cz"]


def test_rows_in_the_files_order_rename_the_channels_if_asked_to(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([[n, "EEG", "uV", s] for n, s in (("A", "good"), ("B", "bad"), ("C", "good"))])
    dataset.electrodes([["A", 0.1, 0.0, 0.0]])
    rec = _open(dataset, channels="order")
    assert rec.activity.channel.values.tolist() == ["A", "B", "C"]
    assert rec.activity.bad.values.tolist() == [False, True, False]
    assert rec.activity.position.sel(channel="A").values.tolist() == [0.1, 0.0, 0.0]
    assert not _found(rec, "NK881")


def test_renaming_by_order_needs_as_many_rows_as_channels(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([["A", "EEG", "uV", "good"]])
    with pytest.raises(LabelError, match="1 names for the 3 channels"):
        _open(dataset, channels="order")


def test_a_row_that_stands_twice_is_said_and_the_first_counts(tmp_path):
    dataset = Dataset(tmp_path)
    rows = [[n, "EEG", "uV", "good"] for n in dataset.names] + [["Cz", "EEG", "uV", "bad"]]
    dataset.channels(rows)
    rec = _open(dataset)
    assert not rec.activity.bad.values.any()
    assert "rows stand more than once, the first counts: Cz" in _found(rec, "NK881")[0].found


def test_a_type_that_the_standard_lacks_is_said_and_the_files_kept(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels(
        [["Fp1", "EGG", "uV", "good"], *[[n, "eeg", "uV", "good"] for n in ("Fp2", "Cz")]]
    )
    rec = _open(dataset)
    assert rec.activity.channel_type.values.tolist() == ["EEG"] * 3
    [finding] = _found(rec, "NK883")
    assert "'EGG' is no BIDS channel type" in finding.found


@pytest.mark.parametrize(
    ("status", "bad"), [("bad", True), ("good", False), ("n/a", False), ("", False)]
)
def test_a_channel_is_bad_where_the_table_says_so(tmp_path, status, bad):
    dataset = Dataset(tmp_path)
    dataset.channels([["Fp1", "EEG", "uV", status]])
    assert bool(_open(dataset).activity.bad.sel(channel="Fp1")) is bad


def test_a_status_of_other_words_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([[n, "EEG", "uV", "noisy"] for n in dataset.names])
    assert "noisy is neither good nor bad" in _found(_open(dataset), "NK883")[0].found


def test_a_unit_of_another_quantity_is_said_and_the_files_kept(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([[n, "EEG", "fT", "good"] for n in dataset.names])
    rec = _open(dataset)
    assert rec.activity.unit.values.tolist() == ["V"] * 3
    assert "units do not fit: Fp1 'fT' (file: 'V')" in _found(rec, "NK883")[0].found


def test_a_word_that_is_no_unit_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([["Fp1", "EEG", "bananas", "good"]])
    assert "'bananas'" in _found(_open(dataset), "NK883")[0].found


def test_the_table_gives_a_unit_where_the_file_has_none(tmp_path):
    dataset = Dataset(tmp_path, ["Cz", "GSR"], units={"GSR": "S"})
    dataset.channels([["Cz", "EEG", "uV", "good"], ["GSR", "GSR", "S", "good"]])
    rec = _open(dataset)
    assert rec.activity.unit.values.tolist() == ["V", "S"]
    assert rec.activity.channel_type.values.tolist() == ["EEG", "GSR"]
    assert "units" not in rec.activity.signal.attrs


def test_the_true_unit_can_be_stated(tmp_path):
    # mne-python 9186: numbers in microvolts under a header that says volts.
    dataset = Dataset(tmp_path, unit="V")
    rec = _open(dataset, file_options={"unit": "uV"})
    expected = digits(1000, 3) * 0.1e-6
    np.testing.assert_allclose(rec["activity/signal"].values, expected, rtol=1e-6)
    assert "NK302" in schema.validate(_open(dataset)).codes


def test_trigger_lines_are_no_activity(tmp_path):
    dataset = Dataset(tmp_path, ["Cz", "STI"])
    dataset.channels([["Cz", "EEG", "uV", "good"], ["STI", "TRIG", "V", "good"]])
    rec = _open(dataset)
    assert rec.activity.channel.values.tolist() == ["Cz"]
    line = rec["auxiliary/trigger"]
    assert line.channel_type.values.tolist() == ["TRIG"]
    expected = digits(1000, 2)[:, 1:] * 0.1e-6
    np.testing.assert_allclose(line["signal"].values, expected, rtol=1e-6)
    assert schema.validate(rec).ok


def test_further_columns_become_coordinates_with_their_types(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels(
        [["Fp1", "EEG", 0.1, "left", "007", "n/a"], ["Cz", "EEG", "n/a", "n/a", "008", "n/a"]],
        header="name type low_cutoff note code empty",
    )
    group = _open(dataset).activity
    np.testing.assert_array_equal(group["low_cutoff"].values, [0.1, np.nan, np.nan])
    assert group["note"].values.tolist() == ["left", "", ""]
    assert group["code"].values.tolist() == ["007", "", "008"]
    assert "empty" not in group.coords


def test_a_column_whose_name_is_taken_gets_another(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([["Fp1", "EEG", "x"]], header="name type region")
    group = _open(dataset).activity
    assert group["channels_region"].values.tolist() == ["x", "", ""]


def test_the_whole_table_is_there_word_for_word(tmp_path):
    dataset = Dataset(tmp_path)
    path = dataset.channels(
        [["Fp1", "EEG", "n/a", "007"], ["none", "EOG", "uV", "1"]], "name type units n"
    )
    stated = pd.DataFrame(json.loads(_open(dataset).attrs["bids_channels"]))
    expected = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(stated.astype(object), expected.astype(object))


def test_a_rate_that_differs_is_said_and_the_files_kept(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([["Fp1", "EEG", 512], ["Cz", "EEG", 500]], "name type sampling_frequency")
    rec = _open(dataset)
    assert rec.activity.attrs["sampling_rate"] == 500.0
    assert "512 Hz where the data file has 500 Hz: Fp1" in _found(rec, "NK885")[0].found


def test_a_pass_band_that_is_upside_down_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    rows = [["Fp1", "EEG", 300, 0.5], ["Fp2", "EEG", "DC", 300], ["Cz", "EEG", 0.5, 300]]
    dataset.channels(rows, "name type low_cutoff high_cutoff")
    [finding] = _found(_open(dataset), "NK885")
    assert finding.found == "low_cutoff is not below high_cutoff: Fp1"


def test_a_table_without_names_joins_nothing_and_says_so(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.channels([["Fp1", "EEG"]], "label type")
    rec = _open(dataset)
    assert rec.activity.channel_type.values.tolist() == ["EEG"] * 3
    assert "has no column name" in _found(rec, "NK881")[0].found


def test_the_table_overrules_bads_of_the_data_file_and_says_so(tmp_path):
    mne = pytest.importorskip("mne")
    info = mne.create_info(["Fp1", "Fp2"], 500.0, "eeg")
    raw = mne.io.RawArray(np.random.default_rng(0).normal(0, 1e-5, (2, 500)), info, verbose=False)
    raw.info["bads"] = ["Fp1", "Fp2"]
    dataset = Dataset(tmp_path, ["Fp1", "Fp2"])
    for extension in (".vhdr", ".vmrk", ".eeg"):
        dataset.path("eeg", extension).unlink()
    raw.save(dataset.path("eeg", ".fif"), verbose="ERROR")
    dataset.channels([["Fp1", "EEG", "V", "good"], ["Fp2", "EEG", "V", "n/a"]])
    rec = _open(dataset)
    assert rec.activity.bad.values.tolist() == [False, True]
    assert "marks bad are good here: Fp1" in _found(rec, "NK884")[0].found


def test_how_rows_are_joined_is_one_of_two_words(tmp_path):
    with pytest.raises(OptionError, match="did you mean 'order'"):
        _open(Dataset(tmp_path), channels="ordr")
