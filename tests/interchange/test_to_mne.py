"""Recordings as objects of MNE: what went in comes out again."""

from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest

import neurokit as nk
from neurokit.errors import SchemaError, TimeError
from neurokit.interchange import from_mne, to_mne
from neurokit.schema import activity, events, recording

RAW_FILES = [
    "meg/sample_audvis_trunc_raw_sss.fif",
    "meg/141027_cropped_90Hz_raw.fif",
    "meg/neuromag122-raw.fif",
    "ieeg/sample_ecog_ieeg.fif",
    "eeg/ssvep_exo_subject01_record-2012.07.06-19.02.16_raw.fif",
    "eeg/tiny_bids/sub-01/ses-eeg/eeg/sub-01_ses-eeg_task-rest_eeg.vhdr",
    "eeg/test_NO.vhdr",
    "eeg/eeglab_test.edf",
    "eeg/multiple_annotation_chans.bdf",
    "eeg/chtypes_edf.edf",
    "eeg/test_utf8_annotations.edf",
]


def _assert_same_raw(given, back):
    without = [raw.copy().info for raw in (given, back)]
    for info in without:
        with info._unlock():
            info["hpi_meas"] = []  # the one field that is not carried
    assert mne.utils.object_diff(*without) == ""
    assert back.first_samp == given.first_samp
    np.testing.assert_array_equal(
        back.get_data().astype(np.float32), given.get_data().astype(np.float32)
    )
    np.testing.assert_allclose(back.times, given.times, rtol=0, atol=1e-9)
    a, b = given.annotations, back.annotations
    assert a.orig_time == b.orig_time
    assert a.description.tolist() == b.description.tolist()
    assert list(a.ch_names) == list(b.ch_names)
    np.testing.assert_allclose(b.onset, a.onset, rtol=0, atol=1e-6)
    np.testing.assert_allclose(b.duration, a.duration, rtol=0, atol=1e-6)


def _opened(shared_data, name):
    file = Path(shared_data) / name
    if not file.exists():
        pytest.skip(f"{name} is not at hand")
    return mne.io.read_raw(file, preload=False, verbose="ERROR")


def test_a_raw_comes_back(raw):
    _assert_same_raw(raw, to_mne(from_mne(raw)))


@pytest.mark.parametrize("name", RAW_FILES)
def test_real_raws_come_back(shared_data, name):
    raw = _opened(shared_data, name)
    _assert_same_raw(raw, to_mne(from_mne(raw)))


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_raw_comes_back_from_a_store(raw, tmp_path, suffix):
    rec = nk.open(nk.save(from_mne(raw), tmp_path / f"a{suffix}"))
    _assert_same_raw(raw, to_mne(rec))


def test_a_raw_without_a_date_comes_back(make_raw):
    raw = make_raw()
    raw.set_meas_date(None)
    raw.set_annotations(mne.Annotations([0.5], [0.1], ["x"]))
    _assert_same_raw(raw, to_mne(from_mne(raw)))


def test_extras_of_annotations_come_back(raw):
    raw.set_annotations(
        mne.Annotations(5.5, 0.1, "a", orig_time=raw.info["meas_date"], extras=[{"score": 2}])
    )
    assert dict(to_mne(from_mne(raw)).annotations.extras[0]) == {"score": 2}


def test_events_decoded_from_triggers_do_not_come_back_as_annotations(raw):
    assert len(to_mne(from_mne(raw)).annotations) == len(raw.annotations)


def test_a_gap_is_filled_with_zeros_and_annotated_once(raw):
    raw.annotations.append(raw.first_time + 0.5, 0.3, "BAD_ACQ_SKIP")
    back = to_mne(from_mne(raw))
    assert back.annotations.description.tolist().count("BAD_ACQ_SKIP") == 1
    expected = raw.get_data()
    expected[:, 50:80] = 0
    np.testing.assert_array_equal(back.get_data().astype(np.float32), expected.astype(np.float32))


def test_a_gap_that_nobody_annotated_is_annotated_for_mne():
    time = np.array([0.0, 0.1, 0.2, 0.7, 0.8])
    group = activity(
        np.ones((5, 1)),
        names=["Cz"],
        space="channel",
        rate=10.0,
        time=time,
        run=[0, 0, 0, 1, 1],
        coords={"channel_type": ["EEG"]},
    )
    raw = to_mne(recording({"activity": group}, modality="eeg"))
    assert raw.get_data()[0].tolist() == [1, 1, 1, 0, 0, 0, 0, 1, 1]
    assert raw.annotations.description.tolist() == ["BAD_ACQ_SKIP"]
    assert raw.annotations.onset.tolist() == pytest.approx([0.3])
    assert raw.annotations.duration.tolist() == pytest.approx([0.4])


def test_a_selection_of_time_keeps_events_at_their_place(raw):
    rec = from_mne(raw)
    for name in ("activity", "auxiliary/trigger"):
        rec[name] = type(rec)(rec[name].to_dataset(inherit=False).isel(time=slice(40, 150)))
    back = to_mne(rec)
    assert back.first_samp == 540
    np.testing.assert_allclose(back.annotations.onset, raw.annotations.onset)
    assert back.n_times == 110


def test_a_tree_from_elsewhere_becomes_a_raw():
    group = activity(
        np.arange(20.0).reshape(10, 2),
        names=["A1", "A2"],
        space="channel",
        rate=100.0,
        coords={"channel_type": ["SEEG", "SEEG"], "bad": [False, True]},
    )
    table = events([0.02, 0.05], duration=[0.01, 0], trial_type=["go", "stop"])
    raw = to_mne(recording({"activity": group, "events": table}, modality="seeg", subject="s1"))
    assert raw.get_channel_types() == ["seeg", "seeg"]
    assert raw.info["bads"] == ["A2"]
    assert raw.info["subject_info"]["his_id"] == "s1"
    assert raw.annotations.description.tolist() == ["go", "stop"]
    np.testing.assert_array_equal(raw.get_data(), np.arange(20.0).reshape(10, 2).T)


def test_neurons_have_no_place_in_mne():
    group = activity(np.zeros((4, 1)), names=["AVAL"], rate=2.0)
    with pytest.raises(SchemaError, match="no /activity with channels"):
        to_mne(recording({"activity": group}, modality="calcium"))


def test_two_samples_on_one_tick_are_an_error():
    group = activity(
        np.zeros((3, 1)),
        names=["Cz"],
        space="channel",
        rate=10.0,
        time=[0.0, 0.1, 0.12],
        run=[0, 0, 1],
        coords={"channel_type": ["EEG"]},
    )
    with pytest.raises(TimeError, match="one tick"):
        to_mne(recording({"activity": group}, modality="eeg"))


# Epochs


@pytest.fixture
def epochs(raw):
    samples = np.array([[520, 0, 1], [550, 0, 2], [600, 1, 1], [640, 0, 1]])
    metadata = pd.DataFrame({"word": ["a", "b", "c", "d"], "rt": [0.1, 0.2, np.nan, 0.4]})
    return mne.Epochs(
        raw, samples, {"left": 1, "right": 2}, tmin=-0.1, tmax=0.2, baseline=(None, 0),
        metadata=metadata, preload=True, verbose=False, proj=False, reject_by_annotation=False,
    )  # fmt: skip


def _assert_same_epochs(given, back):
    assert mne.utils.object_diff(given.info, back.info) == ""
    np.testing.assert_array_equal(
        back.get_data(copy=True).astype(np.float32), given.get_data(copy=True).astype(np.float32)
    )
    np.testing.assert_array_equal(back.events, given.events)
    np.testing.assert_array_equal(back.times, given.times)
    assert back.event_id == given.event_id
    assert back.baseline == given.baseline
    assert back.drop_log == given.drop_log
    np.testing.assert_array_equal(back.selection, given.selection)
    if given.metadata is not None:
        pd.testing.assert_frame_equal(
            back.metadata.reset_index(drop=True),
            given.metadata.reset_index(drop=True),
            check_dtype=False,
        )


def test_epochs_come_back(epochs):
    _assert_same_epochs(epochs, to_mne(from_mne(epochs)))


def test_annotations_of_epochs_come_back(epochs):
    back = to_mne(from_mne(epochs))
    assert back.annotations.description.tolist() == epochs.annotations.description.tolist()
    np.testing.assert_allclose(back.annotations.onset, epochs.annotations.onset)


def test_dropped_epochs_stay_dropped(epochs):
    epochs.drop([1], reason="bad", verbose=False)
    _assert_same_epochs(epochs, to_mne(from_mne(epochs)))


def test_a_selection_of_trials_becomes_epochs_of_these(epochs):
    rec = from_mne(epochs)
    for name in ("activity", "auxiliary/trigger"):
        rec[name] = type(rec)(rec[name].to_dataset(inherit=False).isel(trial=[1]))
    back = to_mne(rec)
    assert len(back) == 1
    assert back.events[:, 2].tolist() == [2]
    assert back.event_id == {"left": 1, "right": 2}
    assert back.metadata["word"].tolist() == ["b"]


def test_trials_from_elsewhere_become_epochs():
    group = activity(
        np.ones((3, 5, 1)),
        names=["Cz"],
        space="channel",
        rate=10.0,
        coords={"channel_type": ["EEG"]},
        trial={"trial_type": ["b", "a", "b"]},
    )
    back = to_mne(recording({"activity": group}, modality="eeg"))
    assert back.event_id == {"b": 1, "a": 2}
    assert back.events[:, 2].tolist() == [1, 2, 1]
    assert back.baseline is None


@pytest.mark.parametrize("name", ["eeg/wmvanvliet_subject04-epo.fif", "encoding_rsa/audio-epo.fif"])
def test_real_epochs_come_back(shared_data, name):
    file = Path(shared_data) / name
    if not file.exists():
        pytest.skip(f"{name} is not at hand")
    epochs = mne.read_epochs(file, verbose=False)
    _assert_same_epochs(epochs, to_mne(from_mne(epochs)))


# Evoked


def _assert_same_evoked(given, back):
    assert (back.comment, back.nave, back.kind) == (given.comment, given.nave, given.kind)
    assert (back.first, back.last, back.baseline) == (given.first, given.last, given.baseline)
    np.testing.assert_array_equal(back.times, given.times)
    np.testing.assert_array_equal(back.data.astype(np.float32), given.data.astype(np.float32))


def test_evoked_come_back(epochs):
    given = [epochs["left"].average("all"), epochs["right"].average("all")]
    back = to_mne(from_mne(given))
    assert isinstance(back, list)
    for a, b in zip(given, back, strict=True):
        _assert_same_evoked(a, b)
        assert mne.utils.object_diff(a.info, b.info) == ""


def test_one_evoked_comes_back_as_one(epochs):
    given = epochs["left"].standard_error("all")
    _assert_same_evoked(given, to_mne(from_mne(given)))


def test_a_selected_condition_keeps_what_belongs_to_it(epochs):
    given = [epochs["left"].average("all"), epochs["right"].standard_error("all")]
    rec = from_mne(given)
    for name in ("activity", "auxiliary/trigger"):
        rec[name] = type(rec)(rec[name].to_dataset(inherit=False).isel(condition=[1]))
    _assert_same_evoked(given[1], to_mne(rec))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("meg/test-ave.fif.gz", marks=pytest.mark.slow),  # mne takes 5 s to read it
        "meg/test_elekta-ave.fif",
        "eeg/sub-016_ses-P3_task-P3_ave.fif",
    ],
)
def test_real_evoked_come_back(shared_data, name):
    file = Path(shared_data) / name
    if not file.exists():
        pytest.skip(f"{name} is not at hand")
    given = mne.read_evokeds(file, verbose=False)
    for a, b in zip(given, to_mne(from_mne(given)), strict=True):
        _assert_same_evoked(a, b)
