"""Is a FIF file whole, and what is in it? Answered from its chain of tags, without its data.

A FIF file is a chain of tags, 16 bytes (kind, type, size, next) and their content; the last one
says -1 for next. A file that was cut anywhere breaks the chain, while mne would read the part
that is left. Format: https://mne.tools/stable/documentation/ (fiff-constants).
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from neurokit.errors import FileContentError

FILE_ID, BLOCK_START, BLOCK_END, NOP, LAST = 100, 104, 105, 108, -1
_REF_ROLE, _REF_NAME, _PREVIOUS, _NEXT = 115, 118, 1, 2
_HEADER = struct.Struct(">iIii")
_NUMBER = struct.Struct(">i")

RAW_BLOCKS = frozenset({102, 112, 119})

# Most telling first: a file of epochs holds events and projections too.
KINDS: dict[int, str] = {
    102: "raw data",
    112: "raw data",
    119: "raw data with MaxShield",
    373: "epochs",
    104: "evoked responses",
    374: "an independent component analysis",
    356: "an inverse solution",
    352: "a forward solution",
    351: "a source space",
    355: "a covariance matrix",
    310: "a head model",
    361: "events",
    3810: "annotations",
    313: "projections",
}

# The blocks that no other content of a measurement has.
_DECISIVE = {**dict.fromkeys(RAW_BLOCKS, "raw"), 373: "epochs", 104: "evoked"}

# Data compress to a third; a file that grows thousandfold is made to fill memory.
_LARGEST_RATIO, _HARMLESS = 200, 2**28
_STRETCH = 2**20


@dataclass(frozen=True)
class Tag:
    """One link of the chain.

    Parameters
    ----------
    kind, type : int
        What it is about, and the type of its content.
    size, at : int
        Bytes of its content, and where they begin.
    number : int or None
        The content of a tag that holds one whole number.
    text : str
        The content of a tag that names another file.
    """

    kind: int
    type: int
    size: int
    at: int
    number: int | None = None
    text: str = ""


@dataclass(frozen=True)
class FifContent:
    """What the chain of tags shows.

    Parameters
    ----------
    blocks : frozenset of int
        Kinds of all blocks.
    n_tags : int
        Tags of the chain.
    before, after : str
        The files that come before and after this one, where a recording was split.
    """

    blocks: frozenset[int] = field(default_factory=frozenset)
    n_tags: int = 0
    before: str = ""
    after: str = ""

    @property
    def has_raw(self) -> bool:
        """True if there is a continuous recording."""
        return bool(self.blocks & RAW_BLOCKS)

    @property
    def words(self) -> str:
        """What the file holds, for a message."""
        found = (word for block, word in KINDS.items() if block in self.blocks)
        return next(found, "nothing that mne knows as data")


def fif_content(path: Path) -> FifContent:
    """Walk through the tags of a FIF file to its end.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.

    Returns
    -------
    FifContent
        Which blocks there are.

    Raises
    ------
    FileContentError
        If the file is no FIF file, or ends before its last tag.
    """
    blocks, names, role, n_tags = set(), {_PREVIOUS: "", _NEXT: ""}, 0, 0
    for tag in tags(path):
        n_tags += 1
        if tag.kind == BLOCK_START and tag.number is not None:
            blocks.add(tag.number)
        elif tag.kind == _REF_ROLE and tag.number is not None:
            role = tag.number
            names.setdefault(role, "")
        elif tag.kind == _REF_NAME and role:
            # Written with or without the folder, of whatever system.
            names[role] = tag.text.replace("\\", "/").rpartition("/")[2] or "another file"
    return FifContent(frozenset(blocks), n_tags, names[_PREVIOUS], names[_NEXT])


def fif_kind(path: Path) -> str:
    """Return what a FIF file mainly holds, from as few of its tags as tell it.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.

    Returns
    -------
    str
        ``"raw"``, ``"epochs"``, ``"evoked"``, or ``""`` for anything else or what is damaged.
    """
    with suppress(FileContentError):
        for tag in tags(path):
            if tag.kind == BLOCK_START and tag.number in _DECISIVE:
                return _DECISIVE[tag.number]
    return ""


def tags(path: Path) -> Iterator[Tag]:
    """Yield the tags of a FIF file in order.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.

    Yields
    ------
    Tag
        After a check that its content is there.

    Raises
    ------
    FileContentError
        If the file is no FIF file, or ends before its last tag.
    """
    try:
        with _opened(path) as handle:
            yield from _walk(handle, path, _limit(path))
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise _truncated(path, f"its compressed content breaks off ({error})") from error


def is_zipped(path: Path) -> bool:
    """Return whether a file is gzipped, by its first bytes."""
    with path.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if is_zipped(path) else path.open("rb")  # type: ignore[return-value]


def _limit(path: Path) -> int | None:
    if not is_zipped(path):
        return None
    return max(_HARMLESS, _LARGEST_RATIO * path.stat().st_size)


def _walk(handle: BinaryIO, path: Path, limit: int | None) -> Iterator[Tag]:
    at, seen = 0, 0
    while True:
        handle.seek(at)
        head = handle.read(_HEADER.size)
        if seen == 0 and (len(head) < _HEADER.size or _HEADER.unpack(head)[0] != FILE_ID):
            raise FileContentError(
                "does not begin as a FIF file",
                where=str(path),
                mend="Check what it is; FIF files begin with a file identification.",
            )
        if len(head) < _HEADER.size:
            raise _truncated(path, f"tag {seen} at byte {at} is cut")
        kind, type_, size, following = _HEADER.unpack(head)
        _refuse_bomb(path, at + _HEADER.size + size, limit)
        if not _has(handle, at + _HEADER.size, size):
            raise _truncated(path, f"tag {seen} at byte {at} promises {size} bytes")
        yield _tag(handle, kind, type_, size, at + _HEADER.size)
        if following == LAST:
            # What is zipped ends with a checksum, which is compared when all is read.
            while limit is not None and handle.read(_STRETCH):
                pass
            return
        seen += 1
        if 0 < following <= at:
            raise _truncated(path, f"tag {seen - 1} at byte {at} points backwards")
        at = at + _HEADER.size + size if following <= 0 else following


def _tag(handle: BinaryIO, kind: int, type_: int, size: int, at: int) -> Tag:
    if kind == _REF_NAME and 0 < size <= 4096:
        handle.seek(at)
        return Tag(kind, type_, size, at, text=handle.read(size).decode("latin-1").strip("\x00 "))
    if size == _NUMBER.size or (kind == BLOCK_START and size > _NUMBER.size):
        handle.seek(at)
        return Tag(kind, type_, size, at, number=_NUMBER.unpack(handle.read(_NUMBER.size))[0])
    return Tag(kind, type_, size, at)


def _refuse_bomb(path: Path, end: int, limit: int | None) -> None:
    if limit is not None and end > limit:
        raise FileContentError(
            f"grows to more than {limit / 2**20:.0f} MB from {path.stat().st_size} bytes",
            where=str(path),
            mend="If it is what it should be, unpack it with gunzip and open that.",
        )


def _has(handle: BinaryIO, start: int, size: int) -> bool:
    """Whether the content of a tag is there, asked by its last byte."""
    if size <= 0:
        return size == 0
    handle.seek(start + size - 1)
    return len(handle.read(1)) == 1


def _truncated(path: Path, why: str) -> FileContentError:
    return FileContentError(
        f"is truncated: {why}, and the file's end tag is missing",
        where=str(path),
        mend="Download or copy the file again.",
    )
