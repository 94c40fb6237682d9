"""Is a FIF file whole, and what is in it? Answered from its chain of tags, without its data.

A FIF file is a chain of tags, 16 bytes (kind, type, size, next) and their content; the last one
says -1 for next. A file that was cut anywhere breaks the chain, while mne would read the part
that is left. Format: https://mne.tools/stable/documentation/ (fiff-constants).
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from neurokit.errors import FileContentError

FILE_ID, BLOCK_START, NOP, LAST = 100, 104, 108, -1
_HEADER = struct.Struct(">iIii")
_BLOCK_KIND = struct.Struct(">i")

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


@dataclass(frozen=True)
class FifContent:
    """What the chain of tags shows.

    Parameters
    ----------
    blocks : frozenset of int
        Kinds of all blocks.
    n_tags : int
        Tags of the chain.
    """

    blocks: frozenset[int] = field(default_factory=frozenset)
    n_tags: int = 0

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
    blocks, n_tags = set(), 0
    try:
        with _opened(path) as handle:
            for block in _walk(handle, path):
                n_tags += 1
                if block is not None:
                    blocks.add(block)
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise _truncated(path, f"its compressed content breaks off ({error})") from error
    return FifContent(frozenset(blocks), n_tags)


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as handle:
        zipped = handle.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def _walk(handle: BinaryIO, path: Path) -> Iterator[int | None]:
    """Yield the kind of each block that begins, None for other tags."""
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
        kind, _, size, following = _HEADER.unpack(head)
        if not _has(handle, at + _HEADER.size, size):
            raise _truncated(path, f"tag {seen} at byte {at} promises {size} bytes")
        if kind == BLOCK_START and size >= _BLOCK_KIND.size:
            handle.seek(at + _HEADER.size)
            yield _BLOCK_KIND.unpack(handle.read(_BLOCK_KIND.size))[0]
        else:
            yield None
        if following == LAST:
            return
        seen += 1
        if 0 < following <= at:
            raise _truncated(path, f"tag {seen - 1} at byte {at} points backwards")
        at = at + _HEADER.size + size if following <= 0 else following


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
