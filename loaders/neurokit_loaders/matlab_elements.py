"""The elements of a MATLAB file of version 5, checked before scipy's compiled reader sees them.

scipy trusts the types and lengths inside a variable: one flipped bit there can end the process.
So every element of a variable is walked here first, and scipy gets only what fits together.

Reference: MAT-File Format, The MathWorks: a header of 128 bytes, then elements, each with a tag
of type and length; a variable is an element made of elements, whole or packed by zlib.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from neurokit.errors import FileContentError
from neurokit.io.integrity import require_file

HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
# Bytes per value of each type of element; 16 to 18 are Unicode.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
_UNICODE = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CLASSES = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single",
    8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64",
    15: "uint64", 16: "function", 17: "opaque",
}  # fmt: skip
_COMPLEX, _LOGICAL = 0x0800, 0x0200
_HEAD = 4096  # holds flags, 32 dims and the longest name
_MOST_DIMS, _DEEPEST = 32, 40
# zlib packs at most 1032 to 1; a tag that claims more lies.
_MOST_PACKED = 1032


class DamageError(ValueError):
    """An element does not fit into what holds it, or is none."""


class Tag(NamedTuple):
    """An element's type, where its content begins and ends, and where the next one begins."""

    kind: int
    start: int
    stop: int
    after: int


@dataclass(frozen=True)
class Variable:
    """A variable, and where in the file its content lies."""

    name: str
    shape: tuple[int, ...]
    word: str
    place: int
    length: int
    packed: bool
    order: str


def variables(path: Path) -> list[Variable]:
    """Return the variables of a file, after a check that they fill it exactly.

    Raises
    ------
    FileContentError
        If the file is cut, or a type or length at its top level lies.
    """
    size = require_file(path, HEADER + 8).stat().st_size
    found: list[Variable] = []
    with path.open("rb") as stream:
        order = {b"IM": "<", b"MI": ">"}.get(stream.read(HEADER)[126:128])
        if order is None:
            raise damaged(path, "its header does not say the order of bytes")
        place = HEADER
        while place < size:
            stream.seek(place)
            kind, length = struct.unpack(f"{order}II", stream.read(8).ljust(8, b"\0"))
            if kind not in (_MATRIX, _COMPRESSED):
                raise damaged(path, f"element {len(found) + 1} is of type {kind}, no variable")
            if place + 8 + length > size:
                raise FileContentError(
                    f"variable {len(found) + 1} ends at byte {place + 8 + length}, the file at "
                    f"{size}: it is cut",
                    where=str(path),
                    mend="Download it again.",
                )
            content = stream.read(min(length, _HEAD))
            found.append(_variable(path, content, place + 8, length, kind == _COMPRESSED, order))
            place += 8 + length
    return found


def _variable(
    path: Path, content: bytes, place: int, length: int, packed: bool, order: str
) -> Variable:
    try:
        if packed:
            content = zlib.decompressobj().decompress(content, _HEAD)
            kind, claimed = struct.unpack(f"{order}II", content[:8].ljust(8, b"\0"))
            if kind != _MATRIX or claimed > _MOST_PACKED * (length + 64):
                raise DamageError(
                    f"a variable of {length} bytes claims to unpack to {claimed} of type {kind}"
                )
            content = content[8 : 8 + claimed]
        flags, shape, name, _ = _head(content, 0, len(content), order)
    except (DamageError, zlib.error, UnicodeDecodeError) as error:
        raise damaged(path, str(error)) from error
    word = "logical" if flags & _LOGICAL else _CLASSES[flags & 0xFF]
    return Variable(name, shape, word, place, length, packed, order)


def content_of(path: Path, variable: Variable) -> bytes:
    """Return a file of this variable alone, unpacked, all of whose elements fit.

    Raises
    ------
    FileContentError
        If the variable is damaged.
    """
    try:
        with path.open("rb") as stream:
            header = stream.read(HEADER)
            stream.seek(variable.place)
            content = stream.read(variable.length)
        if len(content) != variable.length:
            raise DamageError(f"{variable.name} is cut")
        if variable.packed:
            content = _unpacked(content, variable)
        check_matrix(content, 0, len(content), variable.order, 0)
    except (DamageError, zlib.error, UnicodeDecodeError, OSError) as error:
        raise damaged(path, f"{variable.name}: {error}") from error
    return header + struct.pack(f"{variable.order}II", _MATRIX, len(content)) + content


def _unpacked(content: bytes, variable: Variable) -> bytes:
    inflate = zlib.decompressobj()
    head = inflate.decompress(content, 8)
    claimed = struct.unpack(f"{variable.order}II", head)[1]
    # One byte more than claimed shows a tag that lies, and reaching the end checks the sum.
    body = inflate.decompress(inflate.unconsumed_tail, claimed + 1)
    if len(body) != claimed or not inflate.eof:
        raise DamageError(f"it unpacks to {len(body)} bytes instead of {claimed}")
    return body


def check_matrix(data: bytes, start: int, stop: int, order: str, depth: int) -> None:
    """Raise unless the elements of a variable fit together.

    Raises
    ------
    DamageError
        Says which element does not.
    """
    if start == stop and depth:
        return  # an empty cell or field has no content at all
    if depth > _DEEPEST:
        raise DamageError(f"structs and cells are nested more than {_DEEPEST} deep")
    flags, shape, _, place = _head(data, start, stop, order)
    word, n = _CLASSES[flags & 0xFF], int(np.prod(shape, dtype=object))
    if word in ("function", "opaque"):
        raise DamageError(f"it holds a MATLAB {word}, which is no array")
    if word in ("struct", "object"):
        place, n = _fields(data, place, stop, order, word, n)
    if word in ("cell", "struct", "object"):
        for _ in range(n):
            tag = _tag(data, place, stop, order)
            if tag.kind != _MATRIX:
                raise DamageError(f"element of type {tag.kind} where a variable belongs")
            check_matrix(data, tag.start, tag.stop, order, depth + 1)
            place = tag.after
    elif word == "char":
        _check_text(data, _tag(data, place, stop, order), order, n)
    else:
        counts = [n] * (2 if flags & _COMPLEX else 1)
        if word == "sparse":
            counts = [-1, shape[-1] + 1, *[-1] * len(counts)]
        for count in counts:
            tag = _tag(data, place, stop, order)
            _check_count(tag, count)
            place = tag.after


def _check_count(tag: Tag, count: int) -> None:
    if tag.kind not in _SIZES or tag.kind in _UNICODE:
        raise DamageError(f"element of type {tag.kind} where numbers belong")
    n, rest = divmod(tag.stop - tag.start, _SIZES[tag.kind])
    if rest or count not in (-1, n):
        raise DamageError(f"{tag.stop - tag.start} bytes of values for {count} numbers")


def _check_text(data: bytes, tag: Tag, order: str, n: int) -> None:
    if tag.kind in _UNICODE:
        name = _UNICODE[tag.kind] + ("" if tag.kind == 16 else {"<": "-le", ">": "-be"}[order])
        found = len(data[tag.start : tag.stop].decode(name))
    elif tag.kind in (1, 2, 3, 4):
        found = (tag.stop - tag.start) // _SIZES[tag.kind]
    else:
        raise DamageError(f"element of type {tag.kind} where text belongs")
    if found != n:
        raise DamageError(f"{found} characters of text instead of {n}")


def _fields(data: bytes, place: int, stop: int, order: str, word: str, n: int) -> tuple[int, int]:
    """Return where the values of a struct begin, and how many there are."""
    if word == "object":
        place = _tag(data, place, stop, order).after
    width = _tag(data, place, stop, order)
    if width.kind != 5 or width.stop - width.start != 4:
        raise DamageError("a struct does not say how long its field names are")
    length = struct.unpack_from(f"{order}i", data, width.start)[0]
    names = _tag(data, width.after, stop, order)
    size = names.stop - names.start
    if names.kind not in (1, 2) or length < 1 or size % length:
        raise DamageError("field names of a struct do not fit their length")
    fields = [data[i : i + length] for i in range(names.start, names.stop, length)]
    for field in fields:
        field.split(b"\0")[0].decode("utf-8")
    return names.after, n * len(fields)


def _head(data: bytes, start: int, stop: int, order: str) -> tuple[int, tuple[int, ...], str, int]:
    """Return flags, shape and name of a variable, and where its values begin."""
    flags = _tag(data, start, stop, order)
    if flags.kind != 6 or flags.stop - flags.start != 8:
        raise DamageError("a variable does not say its class")
    bits = struct.unpack_from(f"{order}I", data, flags.start)[0]
    if bits & 0xFF not in _CLASSES:
        raise DamageError(f"a variable is of class {bits & 0xFF}")
    if _CLASSES[bits & 0xFF] == "opaque":
        return bits, (), _text(data, _tag(data, flags.after, stop, order)), stop
    dims = _tag(data, flags.after, stop, order)
    n_dims, rest = divmod(dims.stop - dims.start, 4)
    if dims.kind != 5 or rest or not 2 <= n_dims <= _MOST_DIMS:
        raise DamageError(f"a variable has {n_dims} dims of type {dims.kind}")
    shape = struct.unpack_from(f"{order}{n_dims}i", data, dims.start)
    if min(shape) < 0:
        raise DamageError(f"a variable has the shape {shape}")
    name = _tag(data, dims.after, stop, order)
    return bits, shape, _text(data, name), name.after


def _text(data: bytes, tag: Tag) -> str:
    if tag.kind not in (1, 2, 16):
        raise DamageError(f"element of type {tag.kind} where a name belongs")
    return data[tag.start : tag.stop].split(b"\0")[0].decode("utf-8")


def _tag(data: bytes, place: int, stop: int, order: str) -> Tag:
    """Return the tag at a place; up to four bytes of content may lie in the tag itself."""
    if place + 8 > stop:
        raise DamageError("an element is missing")
    first, second = struct.unpack_from(f"{order}II", data, place)
    if first >> 16:
        kind, length = first & 0xFFFF, first >> 16
        if length > 4:
            raise DamageError(f"a short element is {length} bytes long")
        return Tag(kind, place + 4, place + 4 + length, place + 8)
    end = place + 8 + second
    if end > stop:
        raise DamageError(f"an element ends {end - stop} bytes behind what holds it")
    return Tag(first, place + 8, end, min(stop, end + -second % 8))


def damaged(path: Path, found: str) -> FileContentError:
    """Return the error for a file that is not what it says."""
    return FileContentError(
        f"is a damaged MATLAB file ({found})", where=str(path), mend="Download it again."
    )
