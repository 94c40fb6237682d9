"""HDF5 of any layout: datasets by path, attributes by an at sign, nothing outside the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from neurokit_loaders import hdf5_source
from neurokit_loaders.hdf5 import LOADER
from neurokit_loaders.hdf5_source import Hdf5Source

import neurokit as nk
from neurokit.errors import FileContentError, OptionError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Numbers, words, an empty dataset, a compound one and attributes."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["img/dff"] = np.arange(12.0).reshape(4, 3)
        file["img/dff"].attrs["unit"] = "dF/F"
        file["img/big"] = np.arange(4, dtype=">i2")
        file["names"] = ["a", "b", "ü"]
        file["fixed"] = np.array([b"x", b"y", b"z"])
        file["rate"] = 12.5
        file["none"] = h5py.Empty("f8")
        file["table"] = np.zeros(2, dtype=[("t", "f8"), ("x", "f4")])
        file.attrs["subject"] = "m1"
        file["img"].attrs["shape"] = [4, 3]
    return path


def test_datasets_are_listed_by_path(path: Path) -> None:
    listed = [str(entry) for entry in Hdf5Source(path).entries.values()]
    assert listed[:3] == ["fixed (3 text)", "img/big (4 >i2)", "img/dff (4 x 3 float64)"]
    assert "rate (one value float64)" in listed
    assert not any("none" in each for each in listed)


def test_attributes_are_listed_where_they_are_asked_for(path: Path) -> None:
    entries = Hdf5Source(path).unfold().entries
    assert entries["@subject"].kind == "text"
    assert entries["img@shape"].shape == (2,)
    assert entries["img/dff@unit"].kind == "text"


def test_values_by_path(path: Path) -> None:
    source = Hdf5Source(path).unfold()
    assert source.read("names").tolist() == ["a", "b", "ü"]
    assert source.read("fixed").tolist() == ["x", "y", "z"]
    assert source.read("img/big").tolist() == [0, 1, 2, 3]
    assert source.read("@subject").tolist() == "m1"
    assert source.read("rate") == 12.5


def test_a_recording_of_many_parts(path: Path) -> None:
    rec = nk.open(path, "hdf5", signal="img/dff", rate="rate", names="names", behavior="img/big")
    assert rec.activity.neuron.values.tolist() == ["a", "b", "ü"]
    assert rec.behavior["big"].values.tolist() == [0, 1, 2, 3]
    assert rec.activity.attrs["sampling_rate"] == 12.5
    assert "table" in rec.attrs["findings"]


def test_a_compound_dataset_is_no_signal(path: Path) -> None:
    with pytest.raises(OptionError, match=r"table \(2 .* holds no numbers"):
        nk.open(path, "hdf5", signal="table", rate=1)


def test_a_file_without_datasets_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("empty")
    with pytest.raises(FileContentError, match=r"a\.h5: holds no dataset"):
        Hdf5Source(tmp_path / "a.h5")


def test_absurdly_many_entries_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5_source, "_MOST_ENTRIES", 3)
    with pytest.raises(FileContentError, match="lists more than 3 entries"):
        Hdf5Source(path)


def test_a_dataset_that_claims_terabytes_is_listed_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("F", shape=(10**9, 1000), chunks=(1000, 10), dtype="f8")
        file.create_dataset("t", shape=(10**9,), chunks=(1000,), dtype="f8")
    assert nk.info(path)["variables"] == "F (1000000000 x 1000 float64), t (1000000000 float64)"
    with pytest.raises(FileContentError, match="t .* is too large for labels"):
        nk.open(path, signal="F", time="t")


def test_a_link_outside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["F"] = np.ones(3)
        file["secret"] = h5py.ExternalLink("/etc/hostname", "/x")
    with pytest.raises(FileContentError, match="leads outside the file"):
        nk.open(path, "hdf5", signal="F", rate=1)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.99])
def test_a_cut_file_is_refused(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileContentError, match=r"a\.h5"):
        nk.open(path, "hdf5", signal="img/dff", rate=1)


@pytest.mark.parametrize("seed", range(16))
def test_flipped_bytes_crash_nothing(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, len(content), size=4):
        content[place] ^= int(rng.integers(1, 256))
    path.write_bytes(content)
    said = None
    try:
        nk.open(path, "hdf5", signal="img/dff", rate="rate", names="names").load()
    except nk.errors.NeurokitError as error:
        said = error
    # Numbers may be others now: HDF5 without checksums cannot know. All else names the file.
    assert said is None or ("a.h5" in str(said) and said.mend)


@pytest.mark.parametrize(
    ("name", "head", "score"),
    [
        ("a.h5", b"\x89HDF\r\n\x1a\n", 0.2),
        ("a.bin", b"\x89HDF\r\n\x1a\n", 0.2),
        ("a.mat", b"\x89HDF\r\n\x1a\n", 0.0),
        ("a.h5", b"", 0.1),
        ("a.bin", b"", 0.0),
        ("a.h5", b"text", 0.0),
    ],
)
def test_hdf5_is_recognised_last(name: str, head: bytes, score: float, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(head)
    assert LOADER.sniff(path) == score


def test_opening_reads_no_signal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    original = h5py.Dataset.__getitem__

    def noted(self: h5py.Dataset, key: Any, *more: Any) -> Any:
        read.append(self.name)
        return original(self, key, *more)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", noted)
    nk.info(path, "hdf5")
    assert read == []
    rec = nk.open(path, "hdf5", signal="img/dff", rate="rate")
    assert set(read) == {"/rate"}
    rec.activity.signal[1:2].load()
    assert "/img/dff" in read
