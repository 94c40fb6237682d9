"""Each format reaches mne checked and with the options it needs."""

import pickle
import shutil
import warnings
from pathlib import Path

import h5py
import mne
import numpy as np
import pytest
import scipy.io
from neurokit_loaders import mne_readers
from neurokit_loaders.mne_open import FifReader, Statements, any_reader, open_raw
from neurokit_loaders.mne_raw import LOADER, open_recording
from neurokit_loaders.mne_readers import FieldTripReader, MneReader, companion, prepare

import neurokit as nk
from neurokit.errors import DependencyError, FileContentError, OptionError
from neurokit.interchange.mne_build import Decoding
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same


def codes(rec):
    return [f.code for f in findings_from_json(rec.attrs.get("findings", "[]"))]


def test_readers_cross_processes_and_are_equal_if_they_read_alike():
    for reader in (MneReader("kit", (("mrk", "a"),)), FieldTripReader("data"), FifReader()):
        assert pickle.loads(pickle.dumps(reader)) == reader
        assert hash(pickle.loads(pickle.dumps(reader))) == hash(reader)
    assert MneReader("kit") != MneReader("ctf")


def test_every_format_has_a_function_of_mne():
    for name in mne_readers._FUNCTIONS.values():
        assert callable(getattr(mne.io, name))


def test_a_format_without_a_function_goes_by_its_suffix(tmp_path):
    assert prepare("other", tmp_path, {}).reader is any_reader


# EEGLAB


def test_eeglab_samples_that_were_cut_or_grew_are_noticed(shared_data, tmp_path):
    for name in ("eeglab_data.set", "eeglab_data.fdt"):
        shutil.copyfile(Path(shared_data) / "eeg" / name, tmp_path / name)
    file, data = tmp_path / "eeglab_data.set", tmp_path / "eeglab_data.fdt"
    whole = data.read_bytes()
    assert open_recording(file)["activity"].sizes["time"] == 30504
    for content in (whole[:-4], whole[:1000], whole + bytes(4)):
        data.write_bytes(content)
        with pytest.raises(FileContentError, match="eeglab_data") as caught:
            open_recording(file)
        assert caught.value.where == str(file)
    data.unlink()
    with pytest.raises(FileContentError, match="fdt"):
        open_recording(file)


def test_eeglab_samples_in_another_folder_are_refused(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.fdt").write_bytes(bytes(80))
    struct = {"data": "../secret.fdt", "srate": 1.0, "trials": 1.0, "chanlocs": []}
    scipy.io.savemat(tmp_path / "inner/a.set", {"EEG": {**struct, "nbchan": 1.0, "pnts": 20.0}})
    with pytest.raises(FileContentError, match="'../secret.fdt' for its samples"):
        nk.open(tmp_path / "inner/a.set")


def test_a_boundary_of_eeglab_begins_a_run(tmp_path):
    place = {"labels": "Cz", "X": 1.0, "Y": 2.0, "Z": 3.0, "theta": 0.0, "radius": 0.5}
    event = [("boundary", 50.5, 0.0), ("go", 81.0, 0.0)]
    struct = {
        "nbchan": 1.0, "trials": 1.0, "pnts": 100.0, "srate": 100.0, "xmin": 0.0, "xmax": 0.99,
        "data": np.arange(100.0)[np.newaxis],
        "chanlocs": np.array([tuple(place.values())], dtype=[(k, object) for k in place]),
        "chaninfo": {"nosedir": "+X"}, "icawinv": [], "icaweights": [], "icasphere": [],
        "event": np.array(event, dtype=[(k, object) for k in ("type", "latency", "duration")]),
    }  # fmt: skip
    scipy.io.savemat(tmp_path / "a.set", {"EEG": struct})
    rec = nk.open(tmp_path / "a.set")
    run = rec["activity"]["run"].values
    assert run[0] == 0
    assert np.flatnonzero(np.diff(run)).tolist() in ([48], [49])
    np.testing.assert_allclose(rec["activity"]["signal"][:, 0], np.arange(100) * 1e-6, rtol=1e-6)


# KIT


@pytest.fixture
def kit(shared_data):
    return Path(shared_data) / "meg/MQKIT_125_2sec.con"


@pytest.mark.parametrize(
    "given", [{"mrk": "x"}, {"elp": "x", "hsp": "y"}, {"hsp": "y", "mrk": "x"}]
)
def test_kit_places_the_head_with_three_files_or_none(kit, given):
    missing = {"mrk", "elp", "hsp"} - set(given)
    with pytest.raises(OptionError, match="missing") as caught:
        open_recording(kit, **given)
    assert all(name in caught.value.found for name in missing)


def test_files_of_kit_are_looked_for_beside_the_recording(kit):
    given = {"mrk": "gone.mrk", "elp": "MQKIT_125.elp", "hsp": "MQKIT_125.hsp"}
    with pytest.raises(FileContentError, match="gone.mrk, given as mrk"):
        open_recording(kit, **given)


def test_files_of_kit_reach_mne(kit, tmp_path, monkeypatch):
    shutil.copyfile(kit, tmp_path / "a.con")
    seen = {}
    real = mne.io.read_raw_kit

    def remember(path, *, mrk, elp, hsp, **rest):
        seen.update(mrk=mrk, elp=elp, hsp=hsp)
        return real(path, **rest)

    monkeypatch.setattr(mne.io, "read_raw_kit", remember)
    for name in ("a.mrk", "a.elp", "a.hsp"):
        (tmp_path / name).write_text("x")
    open_recording(tmp_path / "a.con", mrk="a.mrk", elp="a.elp", hsp=str(tmp_path / "a.hsp"))
    assert seen == {k: str(tmp_path / f"a.{k}") for k in ("mrk", "elp", "hsp")}


def test_a_companion_is_beside_the_recording_or_where_it_is_said_to_be(tmp_path):
    (tmp_path / "b").write_text("")
    assert companion(tmp_path / "a", "b", "events") == tmp_path / "b"
    assert companion(Path("a"), str(tmp_path / "b"), "events") == tmp_path / "b"
    with pytest.raises(FileContentError, match="given as events"):
        companion(tmp_path / "a", "c", "events")


# CTF, BTi, SNIRF, FieldTrip


def test_trials_of_ctf_are_runs_and_told(shared_data):
    rec = open_recording(Path(shared_data) / "meg/somMDYO-18av.ds")
    assert rec["activity"]["run"].values.tolist() == [0] * 313 + [1] * 313
    assert "NK873" in codes(rec)
    np.testing.assert_array_equal(rec["activity"]["time"], np.arange(626) / 1250.0)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("meg/somMDYO-18av.ds/somMDYO-18av.res4", "meg/somMDYO-18av.ds"),
        ("ieeg/neuralynx_seeg/LAHC1.ncs", "ieeg/neuralynx_seeg"),
    ],
)
def test_a_folder_may_be_opened_by_one_of_its_files(shared_data, name, folder):
    by_file = open_recording(Path(shared_data) / name, whole_folder=True)
    by_folder = open_recording(Path(shared_data) / folder, whole_folder=True)
    for path in ("activity", *(f"auxiliary/{n}" for n in by_folder["auxiliary"].children)):
        assert_same(by_file[path].to_dataset(), by_folder[path].to_dataset())


def test_a_bti_folder_is_read_with_its_config(tmp_path, monkeypatch):
    (tmp_path / "config").write_bytes(b"x")
    (tmp_path / "c,rfDC").write_bytes(b"x")
    seen = []

    def remember(path, **given):
        seen.append((path, given["config_fname"], given["head_shape_fname"]))
        info = mne.create_info(["A1"], 10.0, "mag", verbose=False)
        return mne.io.RawArray(np.zeros((1, 20)), info, verbose=False)

    monkeypatch.setattr(mne.io, "read_raw_bti", remember)
    for path in (tmp_path, tmp_path / "c,rfDC"):
        rec = open_recording(path)
        assert rec["activity"].sizes["time"] == 20
        assert "NK878" in codes(rec)
    (tmp_path / "hs_file").write_bytes(b"x")
    assert "NK878" not in codes(open_recording(tmp_path))
    data, config = str(tmp_path / "c,rfDC"), str(tmp_path / "config")
    assert seen == [(data, config, None)] * 2 + [(data, config, str(tmp_path / "hs_file"))]


def test_damaged_bti_files_are_an_error_of_ours(tmp_path):
    (tmp_path / "config").write_bytes(b"x" * 100)
    (tmp_path / "c,rfDC").write_bytes(b"x" * 100)
    with pytest.raises(FileContentError, match="mne cannot open it"):
        open_recording(tmp_path)


def _write_snirf(path, values, rate=10.0):
    """Write a minimal SNIRF file: one source, one detector, two wavelengths."""
    text = h5py.string_dtype()
    with h5py.File(path, "w") as file:
        file.create_dataset("formatVersion", data="1.0", dtype=text)
        nirs = file.create_group("nirs")
        tags = {"SubjectID": "s1", "MeasurementDate": "2020-02-29", "MeasurementTime": "12:30:15Z"}
        tags |= {"LengthUnit": "m", "TimeUnit": "s", "FrequencyUnit": "Hz"}
        for name, value in tags.items():
            nirs.create_dataset(f"metaDataTags/{name}", data=value, dtype=text)
        probe = nirs.create_group("probe")
        probe["wavelengths"] = [760.0, 850.0]
        probe["sourcePos3D"], probe["detectorPos3D"] = [[0.0, 0.0, 0.1]], [[0.03, 0.0, 0.1]]
        probe.create_dataset("sourceLabels", data=["S1"], dtype=text)
        probe.create_dataset("detectorLabels", data=["D1"], dtype=text)
        nirs["data1/dataTimeSeries"] = values
        nirs["data1/time"] = np.arange(len(values)) / rate
        for i in (1, 2):
            one = nirs.create_group(f"data1/measurementList{i}")
            for name, value in (("sourceIndex", 1), ("detectorIndex", 1), ("wavelengthIndex", i)):
                one[name] = value
            one["dataType"], one["dataTypeIndex"] = 1, 1
    return path


def test_snirf_is_read_through_mne(tmp_path):
    values = np.random.default_rng(0).random((50, 2))
    rec = nk.open(_write_snirf(tmp_path / "a.snirf", values))
    assert rec.attrs["modality"] == "nirs"
    assert set(rec["activity"]["channel_type"].values) == {"NIRSCWAMPLITUDE"}
    assert rec["activity"].attrs["sampling_rate"] == pytest.approx(10.0)
    raw = mne.io.read_raw_snirf(tmp_path / "a.snirf", verbose="ERROR")
    np.testing.assert_allclose(rec["activity"]["signal"], raw.get_data().T, rtol=2e-7)
    assert rec.attrs["start_time"] == raw.info["meas_date"].isoformat()


def test_snirf_that_leads_elsewhere_or_holds_nothing_is_refused(tmp_path):
    file = _write_snirf(tmp_path / "a.snirf", np.ones((50, 2)))
    with h5py.File(file, "a") as handle:
        handle["nirs/more"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(FileContentError, match="leads outside"):
        nk.open(file)
    with h5py.File(tmp_path / "b.snirf", "w") as handle:
        handle["x"] = 1
    with pytest.raises(FileContentError, match="has no /nirs, but x"):
        nk.open(tmp_path / "b.snirf")


def _write_fieldtrip(path, values, start=0.0, rate=100.0):
    """Write continuous data (channel, time) as FieldTrip's raw structure."""
    time = start + np.arange(values.shape[1]) / rate
    trial, axis = np.empty((1, 1), object), np.empty((1, 1), object)
    trial[0, 0], axis[0, 0] = values, time[np.newaxis]
    labels = np.array([f"EOG{i}" for i in range(len(values))], object)[:, np.newaxis]
    data = {"label": labels, "trial": trial, "time": axis, "fsample": rate}
    scipy.io.savemat(path, {"mine": data})
    return path


@pytest.mark.parametrize("start", [0.0, 2.5])
def test_continuous_data_of_fieldtrip_keep_when_they_began(tmp_path, start):
    values = np.random.default_rng(0).normal(size=(2, 40)) * 1e-5
    file = _write_fieldtrip(tmp_path / "a.mat", values, start)
    rec = nk.open(file)
    assert rec.attrs["loader"] == "mne.raw"
    np.testing.assert_allclose(rec["activity"]["signal"], values.T, rtol=2e-7)
    assert rec["activity"]["time"].values[0] == 0.0
    assert rec["activity"].attrs["time_offset"] == start
    assert "NK875" in codes(rec)
    assert LOADER.info(file)["format"] == "FieldTrip"


def test_the_variable_may_be_named(tmp_path):
    file = _write_fieldtrip(tmp_path / "a.mat", np.ones((2, 40)))
    assert nk.open(file, variable="mine")["activity"].sizes["time"] == 40
    with pytest.raises(FileContentError, match="variable nobody has no time"):
        nk.open(file, variable="nobody")


# FIF and what mne says


def test_a_part_of_a_split_recording_says_so(tmp_path):
    info = mne.create_info(200, 1000.0, "eeg", verbose=False)
    mne.io.RawArray(np.zeros((200, 6000)), info, verbose=False).save(
        tmp_path / "long_raw.fif", split_size="2.1MB", buffer_size_sec=1, verbose=False
    )
    first, second = open_recording(tmp_path / "long_raw.fif"), tmp_path / "long_raw-1.fif"
    assert "NK871" not in codes(first)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rec = open_recording(second)
    said = [f for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK871"]
    assert "beginning is in long_raw.fif" in said[0].found
    assert said[0].where == "long_raw-1.fif"


def test_what_mne_prints_or_logs_is_a_finding_and_reaches_nobody(shared_data, capsys):
    folder = Path(shared_data) / "ieeg/Persyst"
    rec = open_recording(next(folder.glob("*.lay")))
    rec["activity"]["signal"].load()
    assert "Unable to process birthdate of None" in rec.attrs["findings"]
    seen = capsys.readouterr()
    assert seen.out == seen.err == ""


def test_what_libraries_say_to_their_authors_is_no_finding(tmp_path):
    def reader(path):
        warnings.warn("goes out of use", FutureWarning, stacklevel=1)
        info = mne.create_info(["Cz"], 10.0, "eeg", verbose=False)
        return mne.io.RawArray(np.zeros((1, 20)), info, verbose=False)

    rec = open_raw(tmp_path / "x", reader, decoding=Decoding(), statements=Statements())
    assert codes(rec) == []


def test_a_missing_library_is_named_with_the_way_to_get_it(tmp_path):
    def reader(path):
        raise ModuleNotFoundError("no antio", name="antio")

    with pytest.raises(DependencyError, match="antio") as caught:
        open_raw(tmp_path / "x", reader, decoding=Decoding(), statements=Statements())
    assert "neurokit-xarray[formats]" in caught.value.mend


@pytest.mark.parametrize("name", ["../a.eeg", "/etc/passwd", "sub\\a.eeg"])
def test_samples_of_brainvision_in_another_folder_are_refused(shared_data, tmp_path, name):
    text = (Path(shared_data) / "eeg/test_NO.vhdr").read_text(encoding="latin-1")
    file = tmp_path / "a.vhdr"
    file.write_text(text.replace("DataFile=test_NO.eeg", f"DataFile={name}"), encoding="latin-1")
    with pytest.raises(FileContentError, match="not in its own folder"):
        open_recording(file)
