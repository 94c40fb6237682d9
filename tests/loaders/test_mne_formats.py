"""What a file is, its content says; MATLAB files are known by a glance at their beginning."""

import contextlib
import shutil
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from neurokit_loaders import mne_epochs, mne_evoked, mne_raw
from neurokit_loaders.mne_formats import TITLES, check_name, claimed, format_of
from neurokit_loaders.mne_mat import MatValue, eeglab_trials, fieldtrip_kind, peek

from neurokit.errors import FileContentError

REAL = {
    "eeg/ant_CA_208.cnt": "ant",
    "eeg/scan41_short.cnt": "neuroscan",
    "eeg/eeglab_data.set": "eeglab",
    "eeg/eeglab_data.fdt": "eeglab part",
    "eeg/test_raw_2021.set": "eeglab",
    "eeg/test_NO.eeg": "brainvision part",
    "eeg/test_NO.vmrk": "brainvision part",
    "eeg/wmvanvliet_subject04-epo.fif": "fif",
    "meg/MQKIT_125_2sec.con": "kit",
    "meg/kit_motor_task_tiny_1s.con": "kit",
    "meg/somMDYO-18av.ds": "ctf",
    "meg/somMDYO-18av.ds/somMDYO-18av.meg4": "ctf part",
    "meg/fieldtrip_neuromag306_epoched_v7.mat": "fieldtrip epochs",
    "meg/fieldtrip_neuromag306_averaged_v73.mat": "fieldtrip evoked",
    "ieeg/NihonKohden/MB0400FU.EEG": "nihon",
    "ieeg/NihonKohden": "folder",
    "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay": "persyst",
    "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.dat": "persyst part",
    "ieeg/neuralynx_seeg": "neuralynx",
    "ieeg/neuralynx_seeg/LAHC1.ncs": "neuralynx",
    "ieeg/neuralynx_seeg/LAHC1.mat": "mat5",
    "ieeg/test_NEURALCD_raw.ns3": "blackrock",
    "ieeg/kramer_ECoG-1.mat": "mat5",
    "ieeg/pt01EcoG_derived.npz": "zip",
}


@pytest.mark.parametrize(("name", "found"), REAL.items())
def test_real_files_are_known_by_their_content(shared_data, name, found):
    assert format_of(Path(shared_data) / name) == found


@pytest.mark.parametrize("name", ["eeg/ant_CA_208.cnt", "eeg/scan41_short.cnt"])
def test_a_suffix_that_two_makers_share_does_not_matter(shared_data, tmp_path, name):
    copy = shutil.copyfile(Path(shared_data) / name, tmp_path / "x.dat")
    assert format_of(Path(copy)) == REAL[name]


@pytest.mark.parametrize(
    ("name", "loader"),
    [
        ("eeg/eeglab_data.set", mne_raw),
        ("meg/somMDYO-18av.ds", mne_raw),
        ("eeg/wmvanvliet_subject04-epo.fif", mne_epochs),
        ("encoding_rsa/audio-epo.fif", mne_epochs),
        ("meg/fieldtrip_neuromag306_epoched_v7.mat", mne_epochs),
        ("meg/test-ave.fif.gz", mne_evoked),
        ("meg/fieldtrip_neuromag306_averaged_v73.mat", mne_evoked),
    ],
)
def test_exactly_one_of_three_loaders_takes_a_file(shared_data, name, loader):
    scores = {m: m.sniff(Path(shared_data) / name) for m in (mne_raw, mne_epochs, mne_evoked)}
    assert scores.pop(loader) == 0.95
    assert set(scores.values()) == {0.0}


@pytest.mark.parametrize("name", ["ieeg/kramer_ECoG-1.mat", "ieeg/neuralynx_seeg/LAHC1.mat"])
def test_matlab_files_of_others_are_not_ours(shared_data, name):
    for module in (mne_raw, mne_epochs, mne_evoked):
        assert module.sniff(Path(shared_data) / name) == 0.0


@pytest.mark.parametrize("module", [mne_raw, mne_epochs, mne_evoked])
def test_sniffing_never_raises(tmp_path, module):
    for name in ("gone.set", "empty.mat", "noise.fif", "noise.mat", "noise.cnt", "folder.ds"):
        file = tmp_path / name
        if name.startswith("empty"):
            file.write_bytes(b"")
        elif name.startswith("noise"):
            file.write_bytes(np.random.default_rng(0).bytes(3000))
        elif name.startswith("folder"):
            file.mkdir()
        assert 0.0 <= module.sniff(file) <= 1.0


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("a.cnt", ("neuroscan", "ant")),
        ("a_raw.fif.gz", ("fif",)),
        ("A.EDF", ("edf",)),
        ("a.ns5", ("blackrock",)),
        ("a.mat", ()),
        ("a", ()),
    ],
)
def test_suffixes_claim_formats(name, formats):
    assert claimed(Path(name)) == formats


def test_a_name_that_lies_is_an_error_that_says_both():
    with pytest.raises(FileContentError, match="is an ANT CNT file, not FIF as its suffix says"):
        check_name(Path("a.fif"), "ant")
    with pytest.raises(FileContentError, match="is zip data, not Neuroscan CNT or ANT CNT"):
        check_name(Path("a.cnt"), "zip")
    check_name(Path("a.set"), "eeglab epochs")
    check_name(Path("a.dat"), "ant")


def test_every_claimed_format_has_a_title():
    from neurokit_loaders.mne_formats import CLAIMS

    assert {one for formats in CLAIMS.values() for one in formats} <= set(TITLES)


def test_a_folder_of_bti_is_known_by_its_files(tmp_path):
    (tmp_path / "config").write_bytes(b"x")
    (tmp_path / "c,rfDC").write_bytes(b"x")
    assert format_of(tmp_path) == "bti"
    assert format_of(tmp_path / "c,rfDC") == "bti"


def test_a_folder_of_egi_is_known_by_its_files_too(tmp_path):
    (tmp_path / "info.xml").write_text("<x/>")
    assert format_of(tmp_path) == "folder", "many programs write an info.xml"
    (tmp_path / "signal1.bin").write_bytes(b"x")
    assert format_of(tmp_path) == "mff"
    named = tmp_path / "a.mff"
    named.mkdir()
    assert format_of(named) == "mff"


def test_a_table_in_json_or_hdf5_is_not_taken_for_eeglab(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["srate"] = 1.0
    assert format_of(tmp_path / "a.h5") == "hdf5"


# A glance at MATLAB files


@pytest.mark.parametrize("compressed", [True, False])
def test_a_glance_sees_names_shapes_and_numbers(tmp_path, compressed):
    file = tmp_path / "a.mat"
    content = {
        "EEG": {"srate": 250.0, "trials": 3, "data": np.zeros((2, 5)), "chanlocs": "no"},
        "x": np.arange(6).reshape(2, 3),
        "n": 7.5,
        "c": np.array([[1], ["b"]], dtype=object),
    }
    scipy.io.savemat(file, content, do_compression=compressed)
    found = peek(file)
    assert set(found) == {"EEG", "x", "n", "c"}
    assert found["x"].shape == (2, 3)
    assert found["n"].number == 7.5
    assert found["c"].kind == "cell"
    fields = found["EEG"].fields
    assert list(fields) == ["srate", "trials", "data", "chanlocs"]
    assert (fields["srate"].number, fields["trials"].number) == (250.0, 3.0)
    assert fields["data"].shape == (2, 5)
    assert eeglab_trials(found) == 3


def test_a_glance_at_hdf5_says_the_same(tmp_path):
    file = tmp_path / "a.mat"
    with h5py.File(file, "w") as handle:
        handle["EEG/srate"] = [[250.0]]
        handle["EEG/trials"] = [[3.0]]
        handle["EEG/data"] = np.zeros((5, 2))
        handle["EEG/chanlocs/labels"] = [1]
        handle.create_group("#refs#")
    found = peek(file)
    assert list(found) == ["EEG"]
    assert found["EEG"].fields["data"].shape == (2, 5)
    assert found["EEG"].fields["trials"].number == 3.0
    assert eeglab_trials(found) == 3


def test_only_the_beginning_of_a_variable_is_unpacked(tmp_path, monkeypatch):
    file = tmp_path / "a.mat"
    scipy.io.savemat(file, {"x": np.zeros(10_000_000)}, do_compression=True)
    unpacked = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self):
            self.inner = real()

        def decompress(self, raw, limit=0):
            found = self.inner.decompress(raw, limit)
            unpacked.append(len(found))
            return found

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    assert peek(file)["x"].shape == (1, 10_000_000)
    assert sum(unpacked) <= 2**18


def test_a_variable_that_ends_behind_the_file_is_an_error(tmp_path):
    file = tmp_path / "a.mat"
    scipy.io.savemat(file, {"x": np.random.default_rng(0).normal(size=1000)})
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    with pytest.raises(FileContentError, match="truncated") as caught:
        peek(file)
    assert caught.value.where == str(file)


@pytest.mark.parametrize("seed", range(20))
def test_noise_in_a_matlab_file_never_raises_anything_else(tmp_path, seed):
    file, rng = tmp_path / "a.mat", np.random.default_rng(seed)
    scipy.io.savemat(
        file, {"EEG": {"srate": 1.0, "chanlocs": [1, 2]}}, do_compression=seed % 2 == 0
    )
    content = bytearray(file.read_bytes())
    for at in rng.integers(128, len(content), 10):
        content[at] = rng.integers(256)
    file.write_bytes(content)
    with contextlib.suppress(FileContentError):
        assert isinstance(peek(file), dict)


def test_big_endian_files_are_read_too(tmp_path):
    text = b"x\x00\x00\x00\x00\x00\x00\x00"
    parts = struct.pack(">II", 6, 8) + struct.pack(">II", 6, 0)
    parts += struct.pack(">II", 5, 8) + struct.pack(">ii", 1, 1)
    parts += struct.pack(">II", 1, 1) + text + struct.pack(">II", 9, 8) + struct.pack(">d", 4.25)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    file = tmp_path / "a.mat"
    file.write_bytes(head + struct.pack(">II", 14, len(parts)) + parts)
    assert peek(file) == {"x": MatValue((1, 1), number=4.25)}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"label", "time", "avg"}, "evoked"),
        ({"label", "time", "trial"}, "epochs"),
        ({"label", "time"}, None),
        ({"trial", "avg"}, None),
    ],
)
def test_data_of_fieldtrip_are_known_by_their_fields(fields, kind):
    content = {
        "cfg": MatValue(),
        "d": MatValue((1, 1), "struct", dict.fromkeys(fields, MatValue())),
    }
    assert fieldtrip_kind(content) == (None if kind is None else ("d", kind))


def test_one_trial_is_a_continuous_recording():
    fields = {name: MatValue((1, 1), "cell") for name in ("label", "time", "trial")}
    assert fieldtrip_kind({"d": MatValue((1, 1), "struct", fields)}) == ("d", "raw")
    assert eeglab_trials({"d": MatValue((1, 1), "struct", fields)}) is None
