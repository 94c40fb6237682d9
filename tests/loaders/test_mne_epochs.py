"""Epochs of FIF, EEGLAB and FieldTrip files: lazily where the format allows it, as mne does."""

import gzip
import inspect
import pickle
import shutil
import warnings
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
import scipy.io
from neurokit_loaders.mne_epochs import LOADER, EpochsReader, open_epochs
from neurokit_loaders.mne_fif_data import FifEpochs
from neurokit_loaders.mne_lazy import BlockArray

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, NeurokitError
from neurokit.interchange import from_mne
from neurokit.interchange.mne_info import channel_types
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

REAL = {
    "eeg/wmvanvliet_subject04-epo.fif": (200, 60, 32),
    "encoding_rsa/audio-epo.fif": (6, 35201, 1),
    "meg/fieldtrip_neuromag306_epoched_v7.mat": (3, 6, 364),
}


def _epochs(n=7):
    info = mne.create_info(["Cz", "Pz", "STI 014"], 100.0, ["eeg", "eeg", "stim"], verbose=False)
    for ch, z in zip(info["chs"][:2], (80.0, 90.0), strict=True):
        ch["loc"][:3] = [1.0, 2.0, z]
        ch["coord_frame"] = 4
    info["bads"] = ["Pz"]
    values = np.random.default_rng(0).normal(size=(n, 3, 30)) * 1e-5
    events = np.stack([np.arange(n) * 50, np.zeros(n), np.arange(n) % 2 + 1], 1).astype(int)
    columns = {"rt": np.arange(n) / 10, "word": list("abcdefg")[:n], "signal": range(n)}
    return mne.EpochsArray(
        values,
        info,
        events=events,
        tmin=-0.1,
        event_id={"go": 1, "stop": 2},
        metadata=pd.DataFrame(columns),
        baseline=(-0.1, 0.0),
        verbose=False,
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("epo") / "a-epo.fif"
    _epochs().save(path, fmt="double", verbose=False)
    return path


def read(path):
    with warnings.catch_warnings():
        # pandas warns mne of a keyword that goes out of use.
        warnings.simplefilter("ignore")
        return mne.read_epochs(path, proj=False, verbose="ERROR")


def codes(rec):
    return [f.code for f in findings_from_json(rec.attrs.get("findings", "[]"))]


def test_a_file_is_what_from_mne_makes_of_it(file):
    rec = open_epochs(file)
    expected = from_mne(read(file))
    for name in ("activity", "auxiliary/trigger"):
        assert_same(rec[name].to_dataset(inherit=False), expected[name].to_dataset(inherit=False))


def test_values_stay_in_the_file(file, monkeypatch):
    monkeypatch.setattr(FifEpochs, "read", lambda *args: pytest.fail("values were read"))
    monkeypatch.setattr(mne.BaseEpochs, "load_data", lambda *args: pytest.fail("mne read values"))
    rec = nk.open(file)
    assert isinstance(rec["activity"]["signal"].variable._data.array, FifEpochs)
    LOADER.info(file)


def test_trials_carry_events_and_metadata(file):
    group = open_epochs(file)["activity"]
    assert group["signal"].dims == ("trial", "time", "channel")
    assert group["trial_type"].values.tolist() == ["go", "stop"] * 3 + ["go"]
    assert group["sample"].values.tolist() == list(range(0, 350, 50))
    assert group["word"].values.tolist() == list("abcdefg")
    assert group["metadata_signal"].values.tolist() == list(range(7))
    assert group["bad"].values.tolist() == [False, True]
    np.testing.assert_allclose(group["time"].values[[0, 10, 29]], [-0.1, 0.0, 0.19], atol=1e-12)


def test_the_way_back_to_mne_is_whole(file):
    there = read(file)
    back = nk.to_mne(open_epochs(file))
    assert mne.utils.object_diff(there.info, back.info) == ""
    np.testing.assert_array_equal(back.events, there.events)
    assert back.event_id == there.event_id
    assert back.baseline == there.baseline
    assert back.drop_log == there.drop_log
    # A mixture of numbers and words comes back as it went.
    pd.testing.assert_frame_equal(back.metadata, there.metadata, check_dtype=False)
    np.testing.assert_allclose(back.get_data(), there.get_data(), rtol=1e-7, atol=0)


def test_it_crosses_processes_and_survives_saving(file, tmp_path):
    rec = nk.open(file)
    assert_same(pickle.loads(pickle.dumps(rec)), rec)
    for suffix in (".nc", ".zarr"):
        assert_same(nk.open(nk.save(rec, tmp_path / f"a{suffix}")), rec)


def test_blocks_are_the_whole(file):
    rec = nk.open(file)
    chunked = nk.open(file, chunks={"trial": 2})
    np.testing.assert_array_equal(chunked["activity"]["signal"], rec["activity"]["signal"])


def test_statements_of_the_user_count(file):
    plain = open_epochs(file)["activity"]
    rec = open_epochs(file, unit={"Cz": "mV"}, types={"Pz": "EOG"}, position_unit="mm")
    group = rec["activity"]
    assert group["channel_type"].values.tolist() == ["EEG", "EOG"]
    np.testing.assert_allclose(group["signal"], plain["signal"] * [1e-3, 1.0], rtol=1e-6)
    np.testing.assert_allclose(group["position"], plain["position"] * 1e-3)
    assert rec.attrs["modality"] == "eeg"
    assert "NK305" not in nk.validate(rec).codes
    with pytest.raises(LabelError, match="'Oz' is no channel"):
        open_epochs(file, types={"Oz": "EOG"})


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_any_cut_is_noticed(file, tmp_path, share):
    part = tmp_path / "a-epo.fif"
    content = file.read_bytes()
    part.write_bytes(content[: int(len(content) * share)])
    for attempt in (nk.open, nk.info, open_epochs):
        with pytest.raises(NeurokitError) as caught:
            attempt(part)
        assert str(part) in str(caught.value)


def test_a_zipped_file_is_read_as_it_is(file, tmp_path):
    zipped = tmp_path / "a-epo.fif.gz"
    zipped.write_bytes(gzip.compress(file.read_bytes()))
    rec = nk.open(zipped)
    assert isinstance(rec["activity"]["signal"].variable._data.array, BlockArray)
    np.testing.assert_array_equal(
        rec["activity"]["signal"].isel(trial=2), nk.open(file)["activity"]["signal"].isel(trial=2)
    )


def test_a_file_that_changed_is_an_error_not_other_numbers(file, tmp_path):
    zipped = tmp_path / "a-epo.fif.gz"
    zipped.write_bytes(gzip.compress(file.read_bytes()))
    rec = open_epochs(zipped)
    zipped.unlink()
    with pytest.raises(FileContentError, match="cannot be read any more"):
        rec["activity"]["signal"].load()


def test_a_part_of_split_epochs_says_so(tmp_path):
    info = mne.create_info(100, 100.0, "eeg", verbose=False)
    made = mne.EpochsArray(np.zeros((12, 100, 600)), info, verbose=False)
    made.save(tmp_path / "a-epo.fif", split_size="2MB", verbose=False)
    rec = open_epochs(tmp_path / "a-epo-1.fif")
    assert "NK871" in codes(rec)
    assert "a-epo.fif" in rec.attrs["findings"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("meg/141027_cropped_90Hz_raw.fif", "raw data"),
        ("meg/test_elekta-ave.fif", "evoked responses"),
        ("eeg/eeglab_data.set", "EEGLAB file with a continuous recording"),
        ("eeg/test_reduced.edf", "EDF file with a continuous recording"),
    ],
)
def test_files_of_other_things_say_what_they_are(shared_data, name, said):
    with pytest.raises(FileContentError, match=f"no epochs.*{said}"):
        nk.open(Path(shared_data) / name, loader="mne.epochs")


def test_a_lying_suffix_is_an_error(file, tmp_path):
    lie = shutil.copyfile(file, tmp_path / "a.edf")
    with pytest.raises(FileContentError, match="FIF file with epochs, not EDF"):
        nk.open(lie)


def test_every_option_is_listed_and_every_listed_option_exists():
    assert set(inspect.signature(LOADER.open).parameters) - {"path"} == set(LOADER.options)


def test_readers_are_equal_if_they_read_alike():
    assert EpochsReader("fif") == pickle.loads(pickle.dumps(EpochsReader("fif")))
    assert EpochsReader("fif") != EpochsReader("fieldtrip epochs", "data")


# EEGLAB


def _struct_array(rows):
    return np.array([tuple(row.values()) for row in rows], dtype=[(k, object) for k in rows[0]])


def _write_set(folder, values, *, beside=True, data=None):
    """Write an EEGLAB dataset of trials (trial, channel, time) in microvolts."""
    n, n_channels, n_times = values.shape
    stored = values.transpose(1, 2, 0).astype("<f4")
    place = {"labels": "E", "X": 1.0, "Y": 2.0, "Z": 3.0, "theta": 0.0, "radius": 0.5}
    places = [{**place, "labels": f"E{i}"} for i in range(n_channels)]
    events = [
        {"type": f"k{i % 2}", "latency": 11.0 + i * n_times, "epoch": i + 1.0} for i in range(n)
    ]
    epochs = [{"event": i + 1.0, "eventtype": f"k{i % 2}", "eventlatency": 0.0} for i in range(n)]
    struct = {
        "setname": "x",
        "nbchan": float(n_channels),
        "trials": float(n),
        "pnts": float(n_times),
        "srate": 100.0,
        "xmin": -0.1,
        "xmax": -0.1 + (n_times - 1) / 100,
        "data": (data or "a.fdt") if beside else stored,
        "chanlocs": _struct_array(places),
        "chaninfo": {"nosedir": "+X"},
        **{key: [] for key in ("icawinv", "icaweights", "icasphere")},
        "event": _struct_array(events),
        "epoch": _struct_array(epochs),
    }
    if beside:
        (folder / "a.fdt").write_bytes(stored.tobytes(order="F"))
    scipy.io.savemat(folder / "a.set", {"EEG": struct}, do_compression=True)
    return folder / "a.set"


@pytest.mark.parametrize("beside", [True, False])
def test_trials_of_eeglab_are_those_that_mne_reads(tmp_path, beside):
    values = np.random.default_rng(0).normal(size=(5, 3, 20)) * 30
    path = _write_set(tmp_path, values, beside=beside)
    rec = nk.open(path)
    assert rec.attrs["loader"] == "mne.epochs"
    group = rec["activity"]
    np.testing.assert_allclose(group["signal"], values.transpose(0, 2, 1) * 1e-6, rtol=2e-7)
    assert group["trial_type"].values.tolist() == ["k0", "k1", "k0", "k1", "k0"]
    assert group["time"].values[0] == pytest.approx(-0.1)
    assert nk.info(path)["n_trials"] == 5


def test_samples_of_eeglab_that_were_cut_are_noticed(tmp_path):
    path = _write_set(tmp_path, np.ones((5, 3, 20)))
    data = tmp_path / "a.fdt"
    data.write_bytes(data.read_bytes()[:-4])
    with pytest.raises(NeurokitError, match=r"a\.set"):
        nk.open(path)
    data.write_bytes(data.read_bytes() + bytes(400))
    with pytest.raises(NeurokitError, match=r"a\.set"):
        nk.open(path)


def test_samples_of_eeglab_in_another_folder_are_refused(tmp_path):
    (tmp_path / "inner").mkdir()
    path = _write_set(tmp_path / "inner", np.ones((5, 3, 20)), data="../a.fdt")
    shutil.copyfile(tmp_path / "inner/a.fdt", tmp_path / "a.fdt")
    with pytest.raises(FileContentError, match="not in its own folder"):
        nk.open(path)


def test_epochs_of_eeglab_are_not_opened_as_a_continuous_recording(tmp_path):
    path = _write_set(tmp_path, np.ones((5, 3, 20)))
    with pytest.raises(FileContentError, match="EEGLAB file with epochs") as caught:
        nk.open(path, loader="mne.raw")
    assert "mne.epochs" in caught.value.mend


# Real files


@pytest.mark.parametrize(("name", "shape"), REAL.items())
def test_real_files_equal_what_mne_reads(shared_data, name, shape):
    path = Path(shared_data) / name
    rec = nk.open(path)
    group = rec["activity"]
    assert group["signal"].shape == shape
    if name.endswith(".mat"):
        with pytest.warns(RuntimeWarning, match="without an info dict"):
            epochs = mne.read_epochs_fieldtrip(path, None, data_name="data")
    else:
        epochs = read(path)
    names = group["channel"].values.tolist()
    np.testing.assert_allclose(
        group["signal"].values,
        epochs.get_data(picks=names).transpose(0, 2, 1),
        rtol=2e-7,
        atol=1e-30,
    )
    np.testing.assert_allclose(group["time"], epochs.times, rtol=0, atol=1e-9)
    kinds = dict(zip(epochs.ch_names, channel_types(epochs.info), strict=True))
    assert group["channel_type"].values.tolist() == [kinds[n] for n in names]
    code = {v: k for k, v in epochs.event_id.items()}
    assert group["trial_type"].values.tolist() == [code[c] for c in epochs.events[:, 2].tolist()]
    assert rec.attrs["loader"] == "mne.epochs"


def test_values_of_fieldtrip_equal_those_in_its_file(shared_data):
    path = Path(shared_data) / "meg/fieldtrip_neuromag306_epoched_v7.mat"
    group = nk.open(path)["activity"]
    data = scipy.io.loadmat(path, squeeze_me=True, struct_as_record=False)["data"]
    labels = data.label.tolist()
    rows = [labels.index(name) for name in group["channel"].values]
    for i in range(3):
        np.testing.assert_allclose(group["signal"][i], data.trial[i][rows].T, rtol=2e-7, atol=1e-30)
        np.testing.assert_allclose(group["time"], data.time[i], rtol=0, atol=1e-9)


def test_metadata_of_a_real_file_are_kept(shared_data):
    path = Path(shared_data) / "eeg/wmvanvliet_subject04-epo.fif"
    rec = nk.open(path, position_unit="mm")
    expected = read(path).metadata
    for column in expected.columns:
        assert rec["activity"][column].values.tolist() == expected[column].tolist()
    assert nk.validate(rec).ok
    assert "NK305" in nk.validate(nk.open(path)).codes, "its positions are in millimetres"


@pytest.mark.parametrize("name", REAL)
def test_info_agrees_with_what_is_opened(shared_data, name):
    path = Path(shared_data) / name
    found, rec = nk.info(path), nk.open(path)
    assert found["n_trials"] == rec["activity"].sizes["trial"]
    assert found["n_times"] == rec["activity"].sizes["time"]
    assert found["sampling_rate"] == rec["activity"].attrs["sampling_rate"]
    assert sum(found["trial_types"].values()) == found["n_trials"]
    assert found["modality"] == rec.attrs["modality"]
