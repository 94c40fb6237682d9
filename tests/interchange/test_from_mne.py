"""Raw, Epochs and Evoked of MNE as recordings."""

import json
import subprocess
import sys
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest

import neurokit as nk
from neurokit.errors import LabelError, OptionError, TimeError
from neurokit.interchange import from_mne
from neurokit.testing import assert_same


def _codes(rec):
    return [f.code for f in nk.validate(rec) if f.severity != "SUGGESTION"]


# Raw


def test_values_equal_those_of_mne_to_float32_rounding(raw):
    rec = from_mne(raw)
    expected = raw.get_data().astype(np.float32).T
    assert rec["activity"]["signal"].dtype == np.float32
    np.testing.assert_array_equal(rec["activity"]["signal"], expected[:, :5])
    np.testing.assert_array_equal(rec["auxiliary/trigger"]["signal"], expected[:, 5:])


def test_a_raw_keeps_the_contract(raw):
    assert _codes(from_mne(raw)) == []


def test_names_types_units_and_bads_are_those_of_mne(raw):
    group = from_mne(raw)["activity"]
    assert group["channel"].values.tolist() == raw.ch_names[:5]
    assert group["channel_type"].values.tolist() == ["MEGMAG", "MEGGRADPLANAR", "EEG", "EEG", "EOG"]
    assert group["unit"].values.tolist() == ["T", "T/m", "V", "V", "V"]
    assert group["channel"].values[group["bad"].values].tolist() == raw.info["bads"]


def test_signal_says_one_unit_only_where_all_channels_agree(raw):
    assert "units" not in from_mne(raw)["activity"]["signal"].attrs
    eeg = from_mne(raw.copy().pick("eeg"))
    assert eeg["activity"]["signal"].attrs["units"] == "V"


def test_annotations_count_from_the_first_sample_although_mne_counts_from_the_start(raw):
    assert raw.annotations.onset.tolist() == [5.5, 6.0]
    events = from_mne(raw)["events"]
    marks = events["onset"].values[events["source"].values == "annotation"]
    np.testing.assert_allclose(marks, [0.5, 1.0])


def test_annotations_without_a_date_count_from_the_first_sample_too(make_raw):
    raw = make_raw()
    raw.set_meas_date(None)
    raw.set_annotations(mne.Annotations([0.5], [0.1], ["x"]))
    events = from_mne(raw)["events"]
    assert events["onset"].values[events["trial_type"].values == "x"].item() == pytest.approx(0.5)


def test_a_cropped_raw_starts_at_zero_again(raw):
    rec = from_mne(raw.copy().crop(0.4, 1.2))
    assert rec["activity"]["time"].values[0] == 0.0
    assert rec["activity"].attrs["time_offset"] == pytest.approx(5.4)
    onsets = dict(
        zip(rec["events"]["trial_type"].values, rec["events"]["onset"].values, strict=True)
    )
    assert onsets["BAD blink"] == pytest.approx(0.1)
    assert onsets["9"] == pytest.approx(0.2)


def test_events_count_as_mne_finds_them(raw):
    table = from_mne(raw)["events"]
    found = mne.find_events(raw, verbose=False)
    codes = table["source"].values == "trigger"
    assert codes.sum() == len(found)
    np.testing.assert_allclose(
        table["onset"].values[codes], (found[:, 0] - raw.first_samp) / raw.info["sfreq"]
    )
    assert (~codes).sum() == len(raw.annotations)


def test_channels_of_an_annotation_stay_with_it(raw):
    table = from_mne(raw)["events"]
    row = table["trial_type"].values.tolist().index("BAD blink")
    assert json.loads(str(table["channels"].values[row])) == ["EEG 001"]


@pytest.mark.parametrize("lines", ["STI 014", ["STI 014"], ("STI 014",)])
def test_a_trigger_line_may_be_named(raw, lines):
    assert from_mne(raw, stim_channel=lines)["events"].sizes["event"] == 4


def test_options_of_decoding_reach_the_decoder(make_raw):
    raw = make_raw()
    values = raw.get_data()
    values[5, :3], values[5, 30:35] = 7, 4
    raw = mne.io.RawArray(values, raw.info, verbose=False)
    assert from_mne(raw)["events"]["trial_type"].values.tolist() == ["5", "9"]
    first = from_mne(raw, initial_event=True)["events"]
    assert first["trial_type"].values.tolist() == ["7", "5", "9"]
    every = from_mne(raw, consecutive=True)["events"]
    assert every["trial_type"].values.tolist() == ["5", "4", "9"]
    bits = from_mne(raw, mask=1)["events"]
    assert bits["trial_type"].values.tolist() == ["1", "1"]


def test_a_code_at_the_first_sample_is_a_finding(make_raw):
    raw = make_raw()
    values = raw.get_data()
    values[5, :3] = 7
    rec = from_mne(mne.io.RawArray(values, raw.info, verbose=False))
    assert "NK860" in nk.validate(rec).codes


def test_who_and_when_stand_at_the_root(raw):
    attrs = from_mne(raw).attrs
    assert attrs["subject"] == "sub-07"
    assert attrs["start_time"] == "2020-02-29T12:30:15.250000+00:00"
    assert attrs["modality"] == "meg"


def test_projections_are_not_applied(raw):
    rec = from_mne(raw)
    np.testing.assert_array_equal(
        rec["activity"]["signal"][:, 2], raw.get_data(picks="EEG 001")[0].astype(np.float32)
    )


def test_the_raw_that_was_given_is_left_as_it_is(raw):
    before = raw.copy()
    from_mne(raw)
    assert mne.utils.object_diff(before.info, raw.info) == ""
    np.testing.assert_array_equal(before.get_data(), raw.get_data())


def test_a_raw_that_is_not_in_memory_gives_the_same(raw, tmp_path):
    file = tmp_path / "a_raw.fif"
    raw.save(file, verbose=False)
    lazy = mne.io.read_raw_fif(file, preload=False, verbose=False)
    loaded = mne.io.read_raw_fif(file, preload=True, verbose=False)
    assert_same(from_mne(lazy), from_mne(loaded))


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_recording_from_mne_survives_saving(raw, tmp_path, suffix):
    rec = from_mne(raw)
    assert_same(rec, nk.open(nk.save(rec, tmp_path / f"a{suffix}")))


def test_concatenated_raws_have_a_run_each(make_raw):
    raw = mne.concatenate_raws([make_raw(seed=0), make_raw(seed=1)], verbose=False)
    group = from_mne(raw)["activity"]
    assert group["run"].values[[199, 200]].tolist() == [0, 1]
    assert group.sizes["time"] == 400


def test_an_acquisition_skip_is_no_data(raw):
    raw.annotations.append(raw.first_time + 0.5, 0.3, "BAD_ACQ_SKIP")
    rec = from_mne(raw)
    assert rec["activity"].sizes["time"] == 170
    assert "BAD_ACQ_SKIP" in rec["events"]["trial_type"].values
    assert _codes(rec) == []


# Epochs


@pytest.fixture
def epochs(raw):
    events = np.array([[520, 0, 1], [560, 0, 2], [600, 1, 1]])
    metadata = pd.DataFrame(
        {
            "word": ["ja", None, "nein"],
            "rt": [0.3, np.nan, 0.5],
            "correct": [True, False, True],
            "value": [7, 8, 9],
            "when": pd.to_datetime(["2020-01-01", "2020-01-02", None]),
        }
    )
    return mne.Epochs(
        raw,
        events,
        {"left": 1, "right": 2},
        tmin=-0.1,
        tmax=0.2,
        baseline=(None, 0),
        metadata=metadata,
        preload=True,
        verbose=False,
        proj=False,
        reject_by_annotation=False,
    )


def test_epochs_are_trial_time_channel(epochs):
    group = from_mne(epochs)["activity"]
    assert group["signal"].dims == ("trial", "time", "channel")
    np.testing.assert_array_equal(
        group["signal"], epochs.get_data(copy=True).transpose(0, 2, 1)[..., :5].astype(np.float32)
    )
    np.testing.assert_array_equal(group["time"], epochs.times)
    assert group.attrs["time_origin"] == "event"


def test_epochs_keep_the_contract(epochs):
    assert _codes(from_mne(epochs)) == []


def test_trigger_channels_of_epochs_stand_apart(epochs):
    rec = from_mne(epochs)
    assert rec["auxiliary/trigger"]["signal"].dims == ("trial", "time", "channel")
    assert "STI 014" not in rec["activity"]["channel"].values


def test_trials_carry_their_events_and_metadata(epochs):
    group = from_mne(epochs)["activity"]
    assert group["trial_type"].values.tolist() == ["left", "right", "left"]
    assert group["sample"].values.tolist() == [520, 560, 600]
    assert group["previous_value"].values.tolist() == [0, 0, 1]
    assert group["word"].values.tolist() == ["ja", "", "nein"]
    assert group["correct"].dtype == bool
    np.testing.assert_array_equal(group["rt"], [0.3, np.nan, 0.5])


def test_a_column_whose_name_is_taken_is_renamed(epochs):
    group = from_mne(epochs)["activity"]
    assert group["value"].values.tolist() == [1, 2, 1]
    assert group["metadata_value"].values.tolist() == [7, 8, 9]


def test_dates_in_metadata_become_strings(epochs):
    assert from_mne(epochs)["activity"]["when"].values[0].startswith("2020-01-01")
    assert from_mne(epochs)["activity"]["when"].values[2] == ""


def test_dropped_trials_do_not_shift_the_columns_of_others(raw):
    events = np.array([[520, 0, 1], [560, 0, 2], [600, 0, 1]])
    lazy = mne.Epochs(
        raw, events, tmin=0, tmax=0.1, baseline=None, preload=False, verbose=False,
        reject_by_annotation=True, proj=False,
    )  # fmt: skip
    # The second trial lies under "BAD blink".
    group = from_mne(lazy)["activity"]
    assert group["sample"].values.tolist() == [520, 600]
    assert lazy.preload is False
    assert lazy.drop_log == ((), (), ()), "the epochs that were given must stay as they are"


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_epochs_survive_saving(epochs, tmp_path, suffix):
    rec = from_mne(epochs)
    assert_same(rec, nk.open(nk.save(rec, tmp_path / f"a{suffix}")))


# Evoked


@pytest.fixture
def evoked(epochs):
    return [epochs["left"].average("all"), epochs["right"].average("all")]


def test_evoked_are_condition_time_channel(evoked):
    group = from_mne(evoked)["activity"]
    assert group["signal"].dims == ("condition", "time", "channel")
    assert group["condition"].values.tolist() == ["left", "right"]
    assert group["n_averages"].values.tolist() == [2, 1]
    np.testing.assert_array_equal(
        group["signal"].values[1], evoked[1].data.T[:, :5].astype(np.float32)
    )


def test_evoked_keep_the_contract(evoked):
    assert _codes(from_mne(evoked)) == []


def test_one_evoked_is_a_list_of_one(evoked):
    assert_same(from_mne(evoked[0]), from_mne([evoked[0]]))


def test_conditions_of_one_name_are_numbered(evoked):
    for item in evoked:
        item.comment = "same"
    labels = from_mne(evoked)["activity"]["condition"].values
    assert labels.tolist() == ["same", "same (1)"]


def test_evoked_of_other_channels_are_an_error_that_names_them(evoked):
    with pytest.raises(LabelError, match="EOG 061"):
        from_mne([evoked[0], evoked[1].copy().drop_channels(["EOG 061"])])


def test_evoked_of_other_times_are_an_error(evoked):
    with pytest.raises(TimeError, match="times"):
        from_mne([evoked[0], evoked[1].copy().crop(0, 0.1)])


@pytest.mark.parametrize("wrong", [None, 3, [], "raw.fif", np.zeros((2, 3))])
def test_anything_else_is_an_error_that_says_what_to_give(wrong):
    with pytest.raises(OptionError, match="Give a Raw, Epochs, Evoked"):
        from_mne(wrong)


# Real files


def _real(shared_data, name):
    file = Path(shared_data) / name
    if not file.exists():
        pytest.skip(f"{name} is not at hand")
    return file


@pytest.mark.parametrize(
    ("name", "trials"),
    [("eeg/wmvanvliet_subject04-epo.fif", 200), ("encoding_rsa/audio-epo.fif", 6)],
)
def test_real_epochs_equal_those_of_mne(shared_data, name, trials):
    epochs = mne.read_epochs(_real(shared_data, name), verbose=False)
    group = from_mne(epochs)["activity"]
    assert group.sizes["trial"] == trials
    np.testing.assert_array_equal(
        group["signal"], epochs.get_data(copy=True).transpose(0, 2, 1).astype(np.float32)
    )
    if epochs.metadata is not None:
        for column in epochs.metadata.columns:
            assert group[column].values.tolist() == epochs.metadata[column].tolist()


@pytest.mark.parametrize(
    ("name", "conditions"),
    [
        pytest.param("meg/test-ave.fif.gz", 4, marks=pytest.mark.slow),  # mne takes 5 s
        ("meg/test_elekta-ave.fif", 7),
        ("eeg/sub-015_ses-P3_task-P3_ave.fif", 3),
        ("eeg/sub-018_ses-P3_task-P3_ave.fif", 3),
    ],
)
def test_real_evoked_equal_those_of_mne(shared_data, name, conditions):
    evoked = mne.read_evokeds(_real(shared_data, name), verbose=False)
    rec = from_mne(evoked)
    group = rec["activity"]
    assert group.sizes["condition"] == conditions
    assert group["n_averages"].values.tolist() == [item.nave for item in evoked]
    picks = [evoked[0].ch_names.index(name) for name in group["channel"].values]
    expected = np.stack([item.data[picks].T for item in evoked])
    np.testing.assert_array_equal(group["signal"], expected.astype(np.float32))
    assert _codes(rec) == []


# Corners


def test_a_raw_that_is_all_gap_is_an_empty_recording(raw):
    raw.annotations.append(raw.first_time, 3.0, "BAD_ACQ_SKIP")
    rec = from_mne(raw)
    assert rec["activity"].sizes["time"] == 0
    assert rec["activity"]["channel"].values.tolist() == raw.ch_names[:5]


def test_importing_the_room_imports_neither_mne_nor_xarray():
    code = (
        "import sys, neurokit.interchange; dir(neurokit.interchange);"
        "sys.exit(bool({'mne', 'xarray'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_two_runs_give_the_same_tree(raw):
    assert_same(from_mne(raw), from_mne(raw))


def test_a_raw_of_one_channel_and_one_sample_is_a_recording():
    info = mne.create_info(["Cz"], 100.0, "eeg", verbose=False)
    rec = from_mne(mne.io.RawArray(np.array([[1e-6]]), info, verbose=False))
    assert rec["activity"]["signal"].shape == (1, 1)


@pytest.mark.parametrize(
    "kinds", [["eeg", "eeg"], ["seeg", "ecog"], ["hbo", "hbr"], ["misc", "misc"]]
)
def test_modality_is_that_of_the_channels(kinds):
    info = mne.create_info(["a", "b"], 100.0, kinds, verbose=False)
    rec = from_mne(mne.io.RawArray(np.ones((2, 5)), info, verbose=False))
    expected = {"eeg": "eeg", "seeg": "ieeg", "hbo": "nirs", "misc": "behavior"}[kinds[0]]
    assert rec.attrs["modality"] == expected
