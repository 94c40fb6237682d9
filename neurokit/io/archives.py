"""Archives from strangers: judged by their table of contents before anything is unpacked.

A zip file can name places outside its folder, hide links, or unpack to a million times its
size (Fifield 2019, A better zip bomb, WOOT); a gzip file can do the last. Imports nothing heavy.
"""

from __future__ import annotations

import gzip
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from neurokit.errors import FileContentError
from neurokit.io.integrity import require_file

MAX_MEMBERS = 10_000
MAX_BYTES = 16 * 2**30
# Rasters of zeros reach 1000 : 1 honestly, so the ratio is judged only where it would hurt.
MAX_RATIO = 300.0
RATIO_MATTERS_FROM = 2**28

_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_ENTRY = 1024  # bytes of the table of contents per member
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_PACKED: tuple[bytes, ...] = (
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"7z\xbc\xaf",
    b"\xfd7zXZ",
    b"BZh",
    b"Rar!",
)
_BLOCK = 2**16
# NUL and line ends, and what turns the direction of the text around.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_STRANGER = "Check where it is from; if you trust it, unpack it yourself and open what is in it."


def check_zip(
    path: Path | str,
    *,
    max_members: int = MAX_MEMBERS,
    max_bytes: int = MAX_BYTES,
    max_ratio: float = MAX_RATIO,
    unpack: bool = False,
) -> list[zipfile.ZipInfo]:
    """Return the members of a zip archive, after a check that reading them can do no harm.

    Python's `zipfile` never gives more bytes of a member than its table of contents says, so
    that what is checked here bounds what is read later. Readers in other languages may: for
    those, `unpack` counts the bytes that come out.

    Parameters
    ----------
    path : Path or str
        A zip archive: .npz, .xlsx and the like.
    max_members : int
        Most members.
    max_bytes : int
        Most bytes that all members together unpack to.
    max_ratio : float
        Most bytes unpacked per byte packed, of what unpacks to 256 MiB and more.
    unpack : bool, default False
        Also unpack every member, keeping nothing, and compare size and CRC with the table.

    Returns
    -------
    list of zipfile.ZipInfo
        In the order of the table of contents; folders are left out.

    Raises
    ------
    FileContentError
        If the archive is damaged or cut, or a member leads outside, is a link or device,
        encrypted, named twice, an archive itself, compressed in a way other than deflate,
        shares bytes with another one, or unpacks to too much.

    References
    ----------
    .. [1] Fifield 2019, A better zip bomb, 13th USENIX Workshop on Offensive Technologies.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/a.npz", x=np.arange(3), y=np.zeros(2))
    ...     [member.filename for member in check_zip(f"{folder}/a.npz")]
    ['x.npy', 'y.npy']
    """
    source = require_file(path)
    with _as_content_error(source), source.open("rb") as handle:
        _check_directory(handle, source, max_members)
        with zipfile.ZipFile(handle) as archive:
            members = archive.infolist()
        if len(members) > max_members:
            raise _refused(source, f"holds {len(members)} members, more than {max_members}")
        _check_names(source, members)
        for member in members:
            _check_kind(source, member)
        _check_sizes(source, members, max_bytes, max_ratio)
        starts = _check_places(source, handle, members)
        for member in members:
            _check_content(source, handle, member, starts[member.filename], unpack=unpack)
    return [member for member in members if not member.is_dir()]


def read_gzip(path: Path | str, limit: int) -> bytes:
    r"""Return what a gzip file unpacks to, unless that is more than `limit` bytes.

    Parameters
    ----------
    path : Path or str
        The file; several gzip streams one after the other are one content.
    limit : int
        Most bytes.

    Returns
    -------
    bytes
        The content, whose CRC fits.

    Raises
    ------
    FileContentError
        If the file is no gzip, cut, damaged, or unpacks to more than `limit`.

    Examples
    --------
    >>> import gzip, tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.gz").write_bytes(gzip.compress(b"time,F0\n"))
    ...     read_gzip(f"{folder}/a.gz", limit=1000)
    b'time,F0\n'
    """
    source = require_file(path)
    try:
        with gzip.open(source, "rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FileContentError(
            f"is no whole gzip file ({error})", where=str(source), mend="Download it again."
        ) from error
    if len(content) > limit:
        raise _refused(source, f"unpacks to more than {_size(limit)}")
    return content


@contextmanager
def _as_content_error(source: Path) -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError,
        OSError, EOFError, UnicodeDecodeError, OverflowError,
    ) as error:  # fmt: skip
        if isinstance(error, FileContentError):
            raise
        raise FileContentError(
            f"is a damaged or cut archive ({error})", where=str(source), mend="Download it again."
        ) from error


def _refused(source: Path, found: str) -> FileContentError:
    return FileContentError(found, where=str(source), mend=_STRANGER)


def _size(n: float) -> str:
    return f"{n / 1e9:.1f} GB" if n >= 1e8 else f"{n / 1e6:.3g} MB"


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:60]}...{name[-15:]}")


def _check_directory(handle: BinaryIO, source: Path, max_members: int) -> None:
    """Refuse a table of contents that is itself the bomb, before it is read into memory."""
    size = handle.seek(0, 2)
    handle.seek(max(0, size - 2**16 - 22))
    tail = handle.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0:
        raise zipfile.BadZipFile("no table of contents at its end")
    (length,) = struct.unpack_from("<L", tail, place + 12)
    if length == 0xFFFFFFFF and place >= 20:
        (offset,) = struct.unpack_from("<Q", tail, place - 12)
        if offset >= size:
            raise zipfile.BadZipFile("its table of contents lies behind its end")
        handle.seek(offset + 40)
        (length,) = struct.unpack("<Q", handle.read(8))
    if length > max_members * _LONGEST_ENTRY:
        raise _refused(source, f"has a table of contents of {_size(length)}")
    handle.seek(0)


def _check_names(source: Path, members: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for member in members:
        # `filename` ends at a NUL and has its backslashes turned, `orig_filename` has not.
        name = member.orig_filename
        inside = name.replace("\\", "/")
        parts = inside.split("/")
        outside = inside.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", inside)
        if outside or not inside.strip("./ "):
            raise _refused(source, f"member {_shown(name)} leads outside the archive")
        if _CONTROL.search(name):
            raise _refused(source, f"member {_shown(name)} has control characters in its name")
        plain = str(PurePosixPath(inside))
        if plain in seen:
            raise _refused(source, f"member {_shown(name)} stands twice")
        seen.add(plain)


def _check_kind(source: Path, member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise _refused(source, f"member {_shown(member.filename)} is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(source, f"member {_shown(member.filename)} is a device or pipe")
    if member.flag_bits & _ENCRYPTED:
        raise _refused(source, f"member {_shown(member.filename)} is encrypted")
    if member.compress_type not in _READABLE:
        raise _refused(
            source,
            f"member {_shown(member.filename)} is compressed by method {member.compress_type}, "
            "not deflate",
        )


def _check_sizes(
    source: Path, members: list[zipfile.ZipInfo], max_bytes: int, max_ratio: float
) -> None:
    unpacked = sum(member.file_size for member in members)
    if unpacked > max_bytes:
        raise _refused(source, f"unpacks to {_size(unpacked)}, more than {_size(max_bytes)}")
    packed = max(1, source.stat().st_size)
    if unpacked >= RATIO_MATTERS_FROM and unpacked > max_ratio * packed:
        found = f"unpacks to {_size(unpacked)}, {unpacked / packed:.0f} times its size"
        raise _refused(source, found)


def _check_places(source: Path, handle: BinaryIO, members: list[zipfile.ZipInfo]) -> dict[str, int]:
    """Return where the bytes of each member begin; no two members may share bytes."""
    starts, end, before = {}, 0, ""
    for member in sorted(members, key=lambda item: item.header_offset):
        start = _content_start(handle, member)
        if member.header_offset < end:
            found = f"members {_shown(before)} and {_shown(member.filename)} share their bytes"
            raise _refused(source, found)
        starts[member.filename] = start
        end, before = start + member.compress_size, member.filename
    if end > source.stat().st_size:
        raise zipfile.BadZipFile(f"member {_shown(before)} goes on behind the end of the file")
    return starts


def _content_start(handle: BinaryIO, member: zipfile.ZipInfo) -> int:
    handle.seek(member.header_offset)
    head = handle.read(30)
    if head[:4] != b"PK\x03\x04" or len(head) < 30:
        raise zipfile.BadZipFile(f"member {_shown(member.filename)} is not where the table says")
    flags, name_length, extra_length = struct.unpack("<6xH18xHH", head)
    name = handle.read(name_length).decode("utf-8" if flags & 0x800 else "cp437")
    if name != member.orig_filename:
        raise zipfile.BadZipFile(
            f"member {_shown(member.filename)} is {_shown(name)} where its bytes are"
        )
    return int(member.header_offset + 30 + name_length + extra_length)


def _check_content(
    source: Path, handle: BinaryIO, member: zipfile.ZipInfo, start: int, *, unpack: bool
) -> None:
    n, crc, head = 0, 0, b""
    for block in _unpacked(handle, member, start):
        head = head or block[:8]
        n, crc = n + len(block), zlib.crc32(block, crc)
        if n > member.file_size:
            found = f"member {_shown(member.filename)} unpacks to more than the table says"
            raise _refused(source, found)
        if not unpack:
            break
    if head.startswith(_PACKED):
        raise _refused(source, f"member {_shown(member.filename)} is an archive itself")
    if unpack and (n != member.file_size or crc != member.CRC):
        raise zipfile.BadZipFile(f"member {_shown(member.filename)} is not what the table says")


def _unpacked(handle: BinaryIO, member: zipfile.ZipInfo, start: int) -> Iterator[bytes]:
    """Give the content of a member in blocks of at most 64 KiB, whatever its table says."""
    handle.seek(start)
    left = member.compress_size
    inflate = zlib.decompressobj(-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    packed = b""
    while left or packed:
        if not packed:
            packed = handle.read(min(_BLOCK, left))
            left -= len(packed)
            if not packed:
                raise zipfile.BadZipFile(f"member {_shown(member.filename)} is cut")
        if inflate is None:
            block, packed = packed, b""
        else:
            block, packed = inflate.decompress(packed, _BLOCK), inflate.unconsumed_tail
            if inflate.eof:
                left, packed = 0, b""
        if block:
            yield block
