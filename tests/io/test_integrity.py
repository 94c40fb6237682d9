"""What a file is, by its bytes; whether it is there at all."""

import hashlib
import io
import zipfile

import h5py
import numpy as np
import pytest

from neurokit.errors import FileContentError
from neurokit.io import detect_format, read_head, require_file, sha256_of


def _zip(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"0       " + b" " * 248, "edf"),
        (b"\xffBIOSEMI" + b" " * 248, "bdf"),
        (b"\x00\x00\x00\x64\x00\x00\x00\x1f\x00\x00\x00\x14" + b"\x00" * 20, "fif"),
        (b"BrainVision Data Exchange Header File Version 1.0\n", "brainvision"),
        (b"\x93NUMPY\x01\x00", "npy"),
        (b"MATLAB 5.0 MAT-file, Platform", "mat5"),
        (b'  {"a": 1}', "json"),
        (b"\xef\xbb\xbf[1, 2]", "json"),
        (b"Source,Target\nA,B\n", "text"),
        ("é".encode() * 2048, "text"),
        (b"caf\xe9,1\n" * 10, "unknown"),
        (b"\x00\x01\x02", "unknown"),
        (_zip("xl/workbook.xml"), "xlsx"),
        (_zip("a.txt"), "zip"),
    ],
)
def test_format_is_told_by_content(tmp_path, content, expected):
    path = tmp_path / "misnamed.fif"
    path.write_bytes(content)
    assert detect_format(path) == expected


def test_hdf5_and_numpy_are_told_by_content(tmp_path):
    with h5py.File(tmp_path / "a", "w") as file:
        file["x"] = 1
    np.save(tmp_path / "b.npy", np.zeros(3))
    assert detect_format(tmp_path / "a") == "hdf5"
    assert detect_format(tmp_path / "b.npy") == "npy"


def test_sha256_is_that_of_the_content(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 100_000)
    assert sha256_of(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()
    assert read_head(path, 4) == b"abca"


def test_what_is_not_a_file_is_named(tmp_path):
    with pytest.raises(FileContentError, match="is a folder"):
        require_file(tmp_path)
    with pytest.raises(FileContentError, match="does not exist"):
        require_file(tmp_path / "no")
    (tmp_path / "empty").touch()
    assert sha256_of(tmp_path / "empty") == hashlib.sha256(b"").hexdigest()
    (tmp_path / "a").write_bytes(b"12")
    with pytest.raises(FileContentError, match="has 2 bytes, at least 10 are needed"):
        require_file(tmp_path / "a", minimum=10)


def test_real_files_are_what_their_names_say(shared_data):
    expected = {
        "meg/sample_audvis_trunc_raw_sss.fif": "fif",
        "eeg/eeglab_test.edf": "edf",
        "eeg/multiple_annotation_chans.bdf": "bdf",
        "eeg/test_NO.vhdr": "brainvision",
        "celegans_calcium/dag2023_2022-07-27-31-data.h5": "hdf5",
        "celegans_calcium/atanas2023_neuron_order.json": "json",
        "celegans_connectome/cook2019_SI5_adjacency_matrices.xlsx": "xlsx",
        "celegans_connectome/openworm_CElegansNeuronTables.xls": "xls",
        "celegans_connectome/cook2019_herm_full_edgelist.csv": "text",
    }
    found = {name: detect_format(shared_data / name) for name in expected}
    assert found == expected


def test_a_wrong_extension_is_seen_through(shared_corrupt):
    assert detect_format(shared_corrupt / "02_wrong_extension.edf") == "fif"
