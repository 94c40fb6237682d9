"""Old workbooks (.xls) that are cut, which their parser does not notice.

An .xls is a compound file: a header, then sectors, some of which hold the table of which sectors
are in use ([MS-CFB] 2.2 and 2.3). A file that ends before the last of them is cut.
"""

from __future__ import annotations

import struct
from pathlib import Path

from neurokit.errors import FileContentError
from neurokit.io.integrity import read_head

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_FREE = 0xFFFFFFFF
_IN_HEADER = 109  # places of the table that the header lists; the rest stand in a chain
_LONGEST_CHAIN = 4096


def check_compound(path: Path) -> None:
    """Raise if a compound file ends before the sectors that it says are in use.

    Raises
    ------
    FileContentError
        With both sizes. Files of other formats pass.
    """
    head = read_head(path, 512) if path.is_file() and path.stat().st_size else b""
    if not head.startswith(_MAGIC):
        return
    held, size = path.stat().st_size, 0
    if len(head) == 512:
        sector = 1 << min(struct.unpack_from("<H", head, 30)[0], 16)
        with path.open("rb") as file:
            size = _size_in_use(file.read(), head, sector)
    if len(head) < 512 or held < size:
        raise FileContentError(
            f"is cut: {held} bytes, its table of sectors needs {max(size, 512)}",
            where=str(path),
            mend="Download it again.",
        )


def _size_in_use(content: bytes, head: bytes, sector: int) -> int:
    """Return the bytes up to the end of the last sector in use, as far as the table is there."""
    last = 0
    for number, place in enumerate(_table_sectors(content, head, sector)):
        start = (place + 1) * sector
        if len(content) < start + sector:
            return start + sector
        entries = struct.unpack_from(f"<{sector // 4}I", content, start)
        used = [index for index, entry in enumerate(entries) if entry != _FREE]
        if used:
            last = max(last, number * (sector // 4) + used[-1])
    return (last + 2) * sector


def _table_sectors(content: bytes, head: bytes, sector: int) -> list[int]:
    """Return the sectors that hold the table, from the header and the chain behind it."""
    count, chain = struct.unpack_from("<I", head, 44)[0], struct.unpack_from("<I", head, 68)[0]
    places = list(struct.unpack_from(f"<{_IN_HEADER}I", head, 76))
    for _ in range(_LONGEST_CHAIN):
        start = (chain + 1) * sector
        if len(places) >= count or len(content) < start + sector:
            break
        *more, chain = struct.unpack_from(f"<{sector // 4}I", content, start)
        places += more
    return [place for place in places[:count] if place < _FREE - 4]
