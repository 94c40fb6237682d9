"""Global heaps of HDF5 files, looked at before libhdf5 does: it runs for ever in a damaged one.

Texts and other values of variable length lie in collections that begin with ``GCOL``. An object
in one that says it is empty leaves libhdf5 (1.14) in a loop that nothing but the end of the
process ends. Layout: HDF5 File Format Specification 3.0, III.E "Global Heap".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from neurokit.errors import FileContentError

_SIGNATURE = b"GCOL"
_HEAD = struct.Struct("<4sB3xQ")  # signature, version, size of the collection
_OBJECT = struct.Struct("<HH4xQ")  # index, references, size; padded to 8 bytes
# Heaps stand among the headers, which writers put first or last. Files of twice this size are
# looked at whole; larger ones at both ends, so that opening does not read their data.
_REACH = 16 * 2**20
_BLOCK = 2**20
_LARGEST = 2**26


def check_heaps(path: Path | str) -> None:
    """Raise if a global heap near either end of an HDF5 file would trap libhdf5.

    Parameters
    ----------
    path : Path or str
        An HDF5 file with 8-byte addresses, as h5py, MATLAB and NWB writers make them.

    Raises
    ------
    FileContentError
        Naming the heap's place in the file.
    """
    source = Path(path)
    size = source.stat().st_size
    with source.open("rb") as file:
        for place in _places(file, size):
            fault = _fault(file, place, size)
            if fault:
                raise FileContentError(
                    f"its texts are damaged ({fault} in the heap at byte {place})",
                    where=str(source),
                    mend="Download it again.",
                )


def _places(file: BinaryIO, size: int) -> Iterator[int]:
    """Yield where heaps begin; they are aligned to 8 bytes."""
    ends = [(0, size)] if size <= 2 * _REACH else [(0, _REACH), (size - _REACH, size)]
    for first, last in ends:
        for start in range(first, last, _BLOCK):
            file.seek(start)
            block = file.read(min(_BLOCK, last - start) + len(_SIGNATURE) - 1)
            found = block.find(_SIGNATURE)
            while found >= 0:
                yield start + found
                file.seek(start)
                found = block.find(_SIGNATURE, found + 1)


def _fault(file: BinaryIO, place: int, size: int) -> str:
    """Return what would trap the reader of one heap, empty where nothing does."""
    file.seek(place)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return ""
    _, version, length = _HEAD.unpack(head)
    # Not a heap, but values that happen to look like the beginning of one.
    if version != 1 or not _HEAD.size + _OBJECT.size <= length <= min(_LARGEST, size - place):
        return ""
    body, at = file.read(length - _HEAD.size), 0
    while at + _OBJECT.size <= len(body):
        index, _, content = _OBJECT.unpack_from(body, at)
        if index == 0:
            # Index 0 is the free rest, whose size counts its own header.
            return "a rest without a size" if content < _OBJECT.size else ""
        step = _OBJECT.size + -(-content // 8) * 8
        if at + step > len(body):
            return f"text {index} is longer than its heap"
        at += step
    return ""
