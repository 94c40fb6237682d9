"""Global heaps of HDF5: whole ones pass, those that trap libhdf5 are named before it reads them."""

import struct
import time

import h5py
import numpy as np
import pytest

from neurokit.errors import FileContentError
from neurokit.io import heaps
from neurokit.io.hdf5 import open_hdf5
from neurokit.io.heaps import check_heaps

REST = struct.pack("<HH4xQ", 0, 0, 0)


@pytest.fixture
def texts(tmp_path):
    """A file with texts of variable length."""
    path = tmp_path / "texts.h5"
    with h5py.File(path, "w") as file:
        file["words"] = [f"word {i} " + "x" * (i % 50) for i in range(400)]
        file.attrs["title"] = "a title"
        file["numbers"] = np.arange(1000.0)
    return path


def _heap(path):
    return path.read_bytes().index(b"GCOL")


def _change(path, place, content):
    whole = bytearray(path.read_bytes())
    whole[place : place + len(content)] = content
    path.write_bytes(whole)


def test_whole_heaps_pass(texts):
    assert b"GCOL" in texts.read_bytes()
    check_heaps(texts)
    with open_hdf5(texts) as file:
        assert file["words"].asstr()[399].startswith("word 399")


def test_a_file_without_texts_passes(tmp_path):
    with h5py.File(tmp_path / "plain.h5", "w") as file:
        file["numbers"] = np.arange(10.0)
    check_heaps(tmp_path / "plain.h5")


@pytest.mark.parametrize("length", [16, 64, 512])
def test_a_zeroed_part_is_named_before_the_library_reads_it(texts, length):
    place = _heap(texts)
    _change(texts, place + 16, bytes(length))
    with pytest.raises(FileContentError, match=f"heap at byte {place}") as caught:
        open_hdf5(texts)
    assert caught.value.where == str(texts)
    assert caught.value.mend == "Download it again."


def test_a_text_longer_than_its_heap_is_named(texts):
    place = _heap(texts)
    _change(texts, place + 16 + 8, struct.pack("<Q", 2**40))
    with pytest.raises(FileContentError, match="text 1 is longer than its heap"):
        check_heaps(texts)


def test_a_heap_across_two_blocks_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(heaps, "_BLOCK", 64)
    for place in range(40, 90):
        path = tmp_path / f"{place}.bin"
        head = struct.pack("<4sB3xQ", b"GCOL", 1, 64)
        path.write_bytes(bytes(place) + head + REST + bytes(100))
        with pytest.raises(FileContentError, match=f"heap at byte {place}"):
            check_heaps(path)


@pytest.mark.parametrize(
    "head",
    [
        b"GCOL",
        struct.pack("<4sB3xQ", b"GCOL", 7, 64),
        struct.pack("<4sB3xQ", b"GCOL", 1, 2**50),
        struct.pack("<4sB3xQ", b"GCOL", 1, 8),
    ],
)
def test_values_that_look_like_a_heap_are_no_fault(tmp_path, head):
    (tmp_path / "values.bin").write_bytes(bytes(64) + head + bytes(64))
    check_heaps(tmp_path / "values.bin")


def test_large_files_are_looked_at_near_both_ends_only(tmp_path, monkeypatch):
    monkeypatch.setattr(heaps, "_REACH", 4096)
    broken = struct.pack("<4sB3xQ", b"GCOL", 1, 64) + REST + bytes(48)
    for place, refused in ((1000, True), (8000, False), (15000, True)):
        path = tmp_path / f"{place}.bin"
        path.write_bytes(bytes(place) + broken + bytes(16384 - place - len(broken)))
        if refused:
            with pytest.raises(FileContentError):
                check_heaps(path)
        else:
            check_heaps(path)


def test_a_large_sparse_file_is_not_read_through(tmp_path):
    path = tmp_path / "sparse.bin"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    begun = time.process_time()
    check_heaps(path)
    # 32 of 10 240 MB: reading all of it takes seconds of processor time.
    assert time.process_time() - begun < 0.5
