"""Evoked responses of FIF and FieldTrip files are conditions of one array."""

import gzip
import inspect
import pickle
from pathlib import Path

import h5py
import mne
import numpy as np
import pytest
from neurokit_loaders.mne_evoked import LOADER, EvokedReader, open_evoked

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, NeurokitError
from neurokit.interchange import from_mne
from neurokit.interchange.mne_info import channel_types
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

REAL = [
    "eeg/sub-015_ses-P3_task-P3_ave.fif",
    *(
        pytest.param(f"eeg/sub-{i:03d}_ses-P3_task-P3_ave.fif", marks=pytest.mark.slow)
        for i in (16, 17, 18)
    ),
    pytest.param("meg/test-ave.fif.gz", marks=pytest.mark.slow),  # mne takes seconds to unzip it
    "meg/test_elekta-ave.fif",
]


def _evoked(comment, seed=0, n=20, kind="average", names=("Cz", "Pz")):
    info = mne.create_info(list(names), 100.0, "eeg", verbose=False)
    values = np.random.default_rng(seed).normal(size=(len(names), n)) * 1e-5
    return mne.EvokedArray(values, info, -0.05, comment, nave=5 + seed, kind=kind, verbose=False)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a-ave.fif"
    mne.write_evokeds(path, [_evoked("go"), _evoked("stop", 1)], verbose=False)
    return path


def codes(rec):
    return [f.code for f in findings_from_json(rec.attrs.get("findings", "[]"))]


def test_a_file_is_what_from_mne_makes_of_it(file):
    expected = from_mne(mne.read_evokeds(file, proj=False, verbose=False))
    assert_same(
        open_evoked(file)["activity"].to_dataset(inherit=False),
        expected["activity"].to_dataset(inherit=False),
    )


def test_conditions_and_their_averages_are_kept(file):
    group = nk.open(file)["activity"]
    assert group["signal"].dims == ("condition", "time", "channel")
    assert group["condition"].values.tolist() == ["go", "stop"]
    assert group["n_averages"].values.tolist() == [5, 6]


def test_the_way_back_to_mne_is_whole(file):
    there, back = mne.read_evokeds(file, proj=False, verbose=False), nk.to_mne(nk.open(file))
    for a, b in zip(there, back, strict=True):
        assert mne.utils.object_diff(a.info, b.info) == ""
        np.testing.assert_allclose(b.data, a.data, rtol=1e-6)
        assert (a.comment, a.nave, a.kind, a.baseline) == (b.comment, b.nave, b.kind, b.baseline)


def test_what_does_not_fit_the_first_is_left_out_and_told(tmp_path):
    path = tmp_path / "a-ave.fif"
    several = [_evoked("a"), _evoked("longer", n=30), _evoked("b"), _evoked("shorter", n=9)]
    mne.write_evokeds(path, several, verbose=False)
    rec = nk.open(path)
    assert rec["activity"]["condition"].values.tolist() == ["a", "b"]
    said = [f for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK877"]
    assert "2 conditions" in said[0].found
    assert "conditions=['longer', 'shorter']" in said[0].mend
    assert nk.open(path, conditions="longer")["activity"].sizes["time"] == 30


def test_conditions_may_be_chosen(file):
    rec = open_evoked(file, conditions=["stop"])
    assert rec["activity"]["condition"].values.tolist() == ["stop"]
    assert rec["activity"]["n_averages"].values.tolist() == [6]
    np.testing.assert_array_equal(
        rec["activity"]["signal"][0], open_evoked(file)["activity"]["signal"][1]
    )
    with pytest.raises(LabelError, match="'stopp' is no condition, did you mean 'stop'"):
        open_evoked(file, conditions="stopp")


def test_a_standard_error_is_told_from_its_mean(tmp_path):
    path = tmp_path / "a-ave.fif"
    mne.write_evokeds(path, [_evoked("a"), _evoked("a", 1, kind="standard_error")], verbose=False)
    assert nk.open(path)["activity"]["condition"].values.tolist() == ["a", "a (standard error)"]


def test_statements_of_the_user_count(file):
    plain, rec = nk.open(file), nk.open(file, unit="uV", types={"Pz": "EOG"})
    np.testing.assert_allclose(
        rec["activity"]["signal"], plain["activity"]["signal"] * [1e-6, 1e-6], rtol=1e-6
    )
    assert rec["activity"]["channel_type"].values.tolist() == ["EEG", "EOG"]


def test_it_crosses_processes_and_survives_saving(file, tmp_path):
    rec = nk.open(file)
    assert_same(pickle.loads(pickle.dumps(rec)), rec)
    assert_same(nk.open(nk.save(rec, tmp_path / "a.nc")), rec)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("zipped", [True, False])
def test_any_cut_is_noticed(file, tmp_path, share, zipped):
    content = gzip.compress(file.read_bytes()) if zipped else file.read_bytes()
    part = tmp_path / ("b-ave.fif.gz" if zipped else "b-ave.fif")
    part.write_bytes(content[: int(len(content) * share)])
    for attempt in (nk.open, nk.info):
        with pytest.raises(NeurokitError) as caught:
            attempt(part)
        assert str(part) in str(caught.value)


def test_a_zipped_file_that_grows_without_end_is_refused(tmp_path):
    # Tags of zeros: a megabyte that claims a gigabyte.
    bomb = tmp_path / "bomb-ave.fif.gz"
    head = np.array([100, 31, 20, 0, *[0] * 5], dtype=">i4").tobytes()
    tag = np.array([300, 4, 2**30, 0], dtype=">i4").tobytes()
    with gzip.open(bomb, "wb") as handle:
        handle.write(head + tag)
        for _ in range(64):
            handle.write(bytes(2**20))
    with pytest.raises(FileContentError, match="grows to more than"):
        nk.open(bomb, loader="mne.evoked")


@pytest.mark.parametrize("name", ["eeg/wmvanvliet_subject04-epo.fif", "eeg/eeglab_data.set"])
def test_files_of_other_things_say_what_they_are(shared_data, name):
    with pytest.raises(FileContentError, match="no evoked responses"):
        nk.open(Path(shared_data) / name, loader="mne.evoked")


def test_the_broken_file_with_another_suffix_is_named(shared_corrupt):
    with pytest.raises(FileContentError, match="FIF file with evoked responses, not EDF"):
        nk.open(Path(shared_corrupt) / "02_wrong_extension.edf")


def test_every_option_is_listed_and_every_listed_option_exists():
    assert set(inspect.signature(LOADER.open).parameters) - {"path"} == set(LOADER.options)
    assert EvokedReader("fif") == pickle.loads(pickle.dumps(EvokedReader("fif")))


# Real files


@pytest.mark.parametrize("name", REAL)
def test_real_files_equal_what_mne_reads(shared_data, name):
    path = Path(shared_data) / name
    rec, several = nk.open(path), mne.read_evokeds(path, proj=False, verbose="ERROR")
    group = rec["activity"]
    assert group["condition"].values.tolist() == [e.comment for e in several]
    assert group["n_averages"].values.tolist() == [e.nave for e in several]
    names, first = group["channel"].values.tolist(), several[0]
    kinds = dict(zip(first.ch_names, channel_types(first.info), strict=True))
    assert group["channel_type"].values.tolist() == [kinds[n] for n in names]
    assert names == [n for n in first.ch_names if kinds[n] != "TRIG"]
    bads = [n for n, bad in zip(names, group["bad"].values, strict=True) if bad]
    assert bads == [n for n in names if n in first.info["bads"]]
    values = np.stack([e.get_data(picks=names).T for e in several])
    np.testing.assert_allclose(group["signal"].values, values, rtol=2e-7, atol=1e-30)
    np.testing.assert_allclose(group["time"], first.times, rtol=0, atol=1e-9)
    assert nk.validate(rec).ok


@pytest.mark.slow  # scipy, h5py and mne unpack the same file one after another
def test_averages_of_fieldtrip_equal_those_in_its_file(shared_data):
    path = Path(shared_data) / "meg/fieldtrip_neuromag306_averaged_v73.mat"
    rec = nk.open(path)
    group = rec["activity"]
    with h5py.File(path) as file:
        references = file["data/label"][0]
        labels = ["".join(map(chr, file[r][()].ravel())) for r in references]
        rows = [labels.index(name) for name in group["channel"].values]
        np.testing.assert_allclose(
            group["signal"][0], file["data/avg"][()][:, rows], rtol=2e-7, atol=1e-30
        )
        # mne lets all averages of FieldTrip begin at 0.
        np.testing.assert_allclose(group["time"], file["data/time"][()].ravel(), rtol=0, atol=1e-9)
        assert set(file["data/dof"][()].ravel()) == set(group["n_averages"].values.tolist())
    assert codes(rec)[-1] == "NK875"
    assert group["condition"].values.tolist() == ["data"]
    assert set(group["unit"].values) >= {"T", "T/m", "V"}


def test_info_lists_the_conditions(shared_data):
    found = nk.info(Path(shared_data) / "meg/test_elekta-ave.fif")
    assert found["format"] == "FIF"
    assert found["conditions"]["Test event 4"] == 197
    assert len(found["conditions"]) == 7
    assert found["modality"] == "meg"
