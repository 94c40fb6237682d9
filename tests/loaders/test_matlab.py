"""MATLAB files of both kinds: fields, cells, text, empties; damage named, never a zlib trace."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from mapping_files import cells, write_mat5, write_mat73
from neurokit_loaders.matlab import LOADER
from neurokit_loaders.matlab_elements import variables
from neurokit_loaders.matlab_files import open_matlab

import neurokit as nk
from neurokit.errors import FileContentError, OptionError

WRITERS = [write_mat5, write_mat73]
CONTENT: dict[str, Any] = {
    "F": np.arange(12.0).reshape(4, 3),
    "single": np.ones((2, 2), dtype=np.float32),
    "flag": np.array([[True, False]]),
    "word": "hello µ",
    "trains": cells(np.array([1.0, 2.0]), np.array([3.0])),
    "rec": {"fs": 30.0, "deep": {"x": np.array([[1.0, 2.0, 3.0]])}, "who": "m1"},
}


@pytest.fixture(params=WRITERS, ids=["v5", "v7.3"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same content in both kinds."""
    written: Path = request.param(tmp_path / "a.mat", CONTENT)
    return written


def test_both_kinds_list_the_same(path: Path) -> None:
    entries = open_matlab(path).unfold().entries
    found = {name: (entry.shape, entry.kind) for name, entry in entries.items()}
    assert found["F"] == ((4, 3), "number")
    assert found["single"] == ((2, 2), "number")
    assert found["flag"] == ((1, 2), "number")
    assert found["word"][1] == "text"
    assert found["trains"] == ((1, 2), "cell")
    assert found["rec"] == ((1, 1), "struct")
    assert found["rec.fs"] == ((1, 1), "number")
    assert found["rec.deep.x"] == ((1, 3), "number")
    assert found["rec.who"][1] == "text"
    assert not any(name.startswith("#") for name in found)


def test_both_kinds_read_the_same(path: Path) -> None:
    source = open_matlab(path).unfold()
    np.testing.assert_array_equal(source.read("F"), CONTENT["F"])
    np.testing.assert_array_equal(source.lazy("F").read((slice(1, 3, 1), 2)), CONTENT["F"][1:3, 2])
    assert source.read("word").tolist() == ["hello µ"]
    assert source.read("rec.who").tolist() == ["m1"]
    np.testing.assert_array_equal(source.read("rec.deep.x"), [[1, 2, 3]])
    found = source.cells("trains")
    assert found.shape == (1, 2)
    assert [np.ravel(cell).tolist() for cell in found[0]] == [[1.0, 2.0], [3.0]]


def test_a_matrix_is_no_cell_array(path: Path) -> None:
    with pytest.raises(OptionError, match=r"F \(4 x 3.*is no cell array"):
        open_matlab(path).cells("F")


def test_a_struct_is_no_signal(path: Path) -> None:
    with pytest.raises(OptionError, match=r"rec \(1 x 1 struct\) holds no numbers.*rec.deep.x"):
        nk.open(path, signal="rec", rate=1)


def test_cells_of_arrays_are_no_labels(path: Path) -> None:
    with pytest.raises(OptionError, match="holds arrays, where one word or number per cell"):
        nk.open(path, signal="F", rate=1, names="trains")


def test_a_subject_by_its_struct(path: Path) -> None:
    rec = nk.open(path, signal="rec.deep.x", rate="rec.fs")
    assert rec.activity.signal.dims == ("time", "neuron")
    assert rec.activity.attrs["sampling_rate"] == 30.0
    assert rec.activity.neuron.values.tolist() == ["rec.deep.x"]


@pytest.mark.parametrize("write", WRITERS)
def test_empty_arrays_are_listed_and_never_a_signal(write: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "a.mat", {"F": np.ones((3, 2)), "none": np.empty((0, 0))})
    assert "none" in nk.info(path)["variables"]
    assert nk.open(path, signal="F", rate=1).activity.signal.shape == (3, 2)


def test_sparse_matrices_are_refused_by_name(tmp_path: Path) -> None:
    path = write_mat5(tmp_path / "a.mat", {"S": scipy.sparse.eye(5).tocsc()})
    with pytest.raises(OptionError, match="S"):
        nk.open(path, signal="S", rate=1)


def test_complex_numbers_are_no_signal(tmp_path: Path) -> None:
    path = write_mat5(tmp_path / "a.mat", {"z": np.array([1 + 2j, 3.0, 4.0])})
    with pytest.raises(nk.errors.NeurokitError, match="z"):
        nk.open(path, signal="z", rate=1).load()


# -- version 5: damage


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A compressed file of two variables."""
    rng = np.random.default_rng(0)
    return write_mat5(tmp_path / "b.mat", {"F": rng.normal(size=(500, 4)), "t": np.arange(500.0)})


@pytest.mark.parametrize("cut", [1, 7, 100, 1000, 8000])
def test_a_cut_file_names_the_variable(packed: Path, cut: int) -> None:
    packed.write_bytes(packed.read_bytes()[:-cut])
    with pytest.raises(FileContentError, match=r"b\.mat: variable \d ends at byte \d+, .* cut"):
        open_matlab(packed)


@pytest.mark.parametrize("keep", [1, 100, 127, 130])
def test_a_file_shorter_than_a_header_is_refused(packed: Path, keep: int) -> None:
    packed.write_bytes(packed.read_bytes()[:keep])
    with pytest.raises(FileContentError, match=r"b\.mat"):
        open_matlab(packed)


def test_a_header_without_order_of_bytes_is_refused(packed: Path) -> None:
    content = bytearray(packed.read_bytes())
    content[126:128] = b"??"
    packed.write_bytes(content)
    with pytest.raises(FileContentError, match="order of bytes"):
        open_matlab(packed)


def test_a_file_of_the_other_order_is_read(tmp_path: Path) -> None:
    # Written by hand: scipy writes the machine's own order only.
    name, values = b"x\0\0\0\0\0\0\0", struct.pack(">3d", 1.5, 2.5, 3.5)
    body = struct.pack(">IIII", 6, 8, 6, 0) + struct.pack(">IIii", 5, 8, 3, 1)
    body += struct.pack(">II", 1, 1) + name + struct.pack(">II", 9, len(values)) + values
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(">H", 0x0100) + b"MI"
    path = tmp_path / "big.mat"
    path.write_bytes(header + struct.pack(">II", 14, len(body)) + body)
    assert [(v.name, v.shape) for v in variables(path)] == [("x", (3, 1))]
    rec = nk.open(path, signal="x", rate=1)
    assert rec.activity.signal.values.ravel().tolist() == [1.5, 2.5, 3.5]


def test_an_element_that_is_no_variable_is_refused(packed: Path) -> None:
    content = bytearray(packed.read_bytes())
    content[128:132] = struct.pack("<I", 9)
    packed.write_bytes(content)
    with pytest.raises(FileContentError, match="element 1 is of type 9, no variable"):
        open_matlab(packed)


def test_a_variable_that_claims_to_unpack_to_gigabytes_is_refused(packed: Path) -> None:
    inner = zlib.compress(struct.pack("<II", 14, 2**31) + b"\0" * 100)
    head = packed.read_bytes()[:128]
    packed.write_bytes(head + struct.pack("<II", 15, len(inner)) + inner)
    with pytest.raises(FileContentError, match="claims to unpack to 2147483648"):
        open_matlab(packed)


@pytest.mark.parametrize("seed", range(15))
def test_flipped_bytes_are_errors_that_name_the_file(packed: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(packed.read_bytes())
    for place in rng.integers(128, len(content), size=3):
        content[place] ^= int(rng.integers(1, 256))
    packed.write_bytes(content)
    # Packed variables end with a checksum, so that damage cannot be read as values.
    with pytest.raises(FileContentError, match=r"b\.mat") as caught:
        nk.open(packed, signal="F", time="t").load()
    assert caught.value.mend


def test_scipys_warnings_are_findings(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"F": np.ones((3, 2))})
    scipy.io.savemat(tmp_path / "b.mat", {"F": np.ones((3, 2))})
    twice = path.read_bytes() + (tmp_path / "b.mat").read_bytes()[128:]
    path.write_bytes(twice)
    rec = nk.open(path, signal="F", rate=1)
    assert rec.activity.signal.shape == (3, 2)


def test_version_4_and_other_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "old.mat"
    scipy.io.savemat(path, {"F": np.ones((3, 2))}, format="4")
    with pytest.raises(FileContentError, match=r"old\.mat: is no MATLAB file of version 5 to 7.3"):
        nk.open(path, rate=1)


# -- version 7.3


def test_a_window_of_7_3_reads_a_window(tmp_path: Path) -> None:
    values = np.arange(8000.0).reshape(4000, 2)
    path = write_mat73(tmp_path / "a.mat", {"F": values})
    array = open_matlab(path).lazy("F")
    np.testing.assert_array_equal(array.read((slice(10, 20, 3), slice(0, 2, 1))), values[10:20:3])
    np.testing.assert_array_equal(array.read((7, slice(1, 2, 1))), values[7, 1:])


def test_cells_within_cells_are_refused(tmp_path: Path) -> None:
    path = write_mat73(tmp_path / "a.mat", {"c": cells(cells(np.ones(2)), np.ones(3))})
    with pytest.raises(OptionError, match=r"cell \(0, 0\) of /c holds cell, not numbers"):
        nk.open(path, spikes="c")


def test_sparse_7_3_is_listed_as_such(tmp_path: Path) -> None:
    path = write_mat73(tmp_path / "a.mat", {"F": np.ones((3, 2))})
    with h5py.File(path, "a") as file:
        group = file.create_group("S")
        group.attrs["MATLAB_class"] = np.bytes_("double")
        group.attrs["MATLAB_sparse"] = np.uint64(5)
        group["data"] = np.ones(3)
    entries = open_matlab(path).entries
    assert entries["S"].dtype == "sparse"
    assert "S.data" not in entries
    with pytest.raises(OptionError, match=r"S \(one value sparse\) holds no numbers"):
        nk.open(path, signal="S", rate=1)


def test_a_dataset_that_matlab_did_not_write_says_why_it_is_no_variable(tmp_path: Path) -> None:
    path = write_mat73(tmp_path / "a.mat", {"F": np.ones((3, 2))})
    with h5py.File(path, "a") as file:
        del file["F"].attrs["MATLAB_class"]
    with pytest.raises(OptionError, match="float64 without MATLAB_class"):
        nk.open(path, signal="F", rate=1)
    # Whether its dims are turned is not known; by path they are as stored.
    assert nk.open(path, "hdf5", signal="F", rate=1).activity.signal.shape == (2, 3)


def test_plain_hdf5_called_mat_is_read_by_path(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file["g/F"] = np.arange(6.0).reshape(3, 2)
    rec = nk.open(tmp_path / "a.mat", "matlab", signal="g/F", rate=1)
    np.testing.assert_array_equal(rec.activity.signal, np.arange(6.0).reshape(3, 2))


@pytest.mark.parametrize(
    ("name", "content", "score"),
    [("a.mat", b"anything", 0.3), ("a.mat", b"", 0.1), ("a.set", b"MATLAB 5.0 MAT-file", 0.0)],
)
def test_only_files_called_mat_are_claimed(
    name: str, content: bytes, score: float, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert LOADER.sniff(path) == score
