"""Archives that would write elsewhere, fill the memory or hide what they are: all refused.

The check stands before numpy (.npz) and calamine (.xlsx); see the tests of those readers.
"""

from __future__ import annotations

import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from neurokit.errors import FileContentError
from neurokit.io.archives import MAX_MEMBERS, check_zip

Build = Callable[[Path], None]


def _named(name: str) -> Build:
    def build(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            # ZipInfo would mend some of the names.
            info = zipfile.ZipInfo("placeholder")
            info.filename = name
            archive.writestr(info, b"x" * 20)

    return build


def _patched(name: str) -> Build:
    """Write a name that zipfile itself refuses to write, by changing it on disk."""

    def build(path: Path) -> None:
        stand_in = "Z" * len(name.encode())
        _named(stand_in)(path)
        path.write_bytes(path.read_bytes().replace(stand_in.encode(), name.encode()))

    return build


def _of_kind(kind: int) -> Build:
    def build(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            info = zipfile.ZipInfo("innocent.npy")
            info.create_system, info.external_attr = 3, (kind | 0o644) << 16
            archive.writestr(info, b"/etc/passwd")

    return build


def _twice(first: str, second: str) -> Build:
    def build(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in (first, second):
                info = zipfile.ZipInfo(name)
                archive.writestr(info, b"x")

    return build


def _field(offset: int, form: str, value: int, both: int | None = None) -> Build:
    """Change a field of the only entry of the table, and of its local header if `both`."""

    def build(path: Path) -> None:
        _named("x.npy")(path)
        data = bytearray(path.read_bytes())
        struct.pack_into(form, data, data.index(b"PK\x01\x02") + offset, value)
        if both is not None:
            struct.pack_into(form, data, both, value)
        path.write_bytes(bytes(data))

    return build


def _zeros(n_members: int, each: int) -> Build:
    """Deflated zeros: a thousand times smaller packed."""

    def build(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(n_members):
                with archive.open(f"{i}.npy", "w") as member:
                    for _ in range(each // 2**20):
                        member.write(bytes(2**20))

    return build


def _overlapping(path: Path) -> None:
    """A member that lies in the bytes of another: every layer more multiplies what comes out."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.npy", b"x" * 20)
        inner = archive.filelist[0]
    local = path.read_bytes()[: 30 + 5 + 20]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY" + local)
        inner.header_offset = 30 + 5 + 6
        archive.filelist.append(inner)


def _nested(content: bytes, suffix: str) -> Build:
    def build(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"inner{suffix}", content)

    return build


def _many(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(MAX_MEMBERS + 1):
            archive.writestr(f"{i}", b"")


def _huge_table(path: Path) -> None:
    _named("x.npy")(path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.index(b"PK\x05\x06") + 12, 2**31)
    path.write_bytes(bytes(data))


def _other_name_inside(path: Path) -> None:
    """A reader by the table sees one name, a reader by the bytes another."""
    _named("x.npy")(path)
    path.write_bytes(path.read_bytes().replace(b"x.npy", b"y.npy", 1))


def _lzma(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", bytes(1000))


ATTACKS: dict[str, tuple[Build, str]] = {
    "parent folder": (_named("../x.npy"), "leads outside"),
    "parent folder further in": (_named("a/../../x.npy"), "leads outside"),
    "absolute name": (_named("/tmp/x.npy"), "leads outside"),
    "backslashes": (_named("..\\x.npy"), "leads outside"),
    "share of another machine": (_named("\\\\server\\x.npy"), "leads outside"),
    "drive": (_named("C:\\x.npy"), "leads outside"),
    "no name but dots": (_named("./."), "leads outside"),
    "NUL hides the suffix": (_patched("x.npy\0.png"), "control characters"),
    "line end in a name": (_named("x\n.npy"), "control characters"),
    "name written backwards": (_named("x\u202eyn.npy"), "control characters"),
    "link": (_of_kind(stat.S_IFLNK), "is a link"),
    "device": (_of_kind(stat.S_IFBLK), "is a device"),
    "pipe": (_of_kind(stat.S_IFIFO), "is a device"),
    "one name twice": (_twice("x.npy", "./x.npy"), "stands twice"),
    "file and folder of one name": (_twice("x.npy", "x.npy/"), "stands twice"),
    "encrypted": (_field(8, "<H", 1, both=6), "is encrypted"),
    "encrypted table": (_field(8, "<H", 0x2000, both=6), "is encrypted"),
    "claims four gigabytes": (_field(24, "<L", 2**32 - 2), r"unpacks to 4\.3 GB, \d+ times"),
    "zeros a thousand to one": (_zeros(3, 86 * 2**20), r"unpacks to 0\.3 GB, \d+ times"),
    "members share their bytes": (_overlapping, "share their bytes"),
    "zip in a zip": (_nested(b"PK\x03\x04" + bytes(100), ".npy"), "is an archive itself"),
    "gzip in a zip": (_nested(b"\x1f\x8b\x08" + bytes(100), ".xml"), "is an archive itself"),
    "too many members": (_many, "holds 10001 members"),
    "a table without end": (_huge_table, r"table of contents of 2\.1 GB"),
    "two tables of contents": (_other_name_inside, "is 'y.npy' where its bytes are"),
    "a method with memory of its own": (_lzma, "compressed by method 14"),
    "bytes behind the end": (_field(20, "<L", 10**6), "behind the end|cut"),
    "a place behind the end": (_field(42, "<L", 10**6), "not where the table says|cut"),
}


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build an archive once for all tests of this module."""
    folder, built = tmp_path_factory.mktemp("attacks"), {}

    def build(name: str) -> Path:
        if name not in built:
            built[name] = folder / f"{len(built)}.npz"
            ATTACKS[name][0](built[name])
        return built[name]

    return build


@pytest.mark.parametrize("name", ATTACKS)
def test_an_archive_of_this_kind_is_refused_with_its_name(
    name: str, attack: Callable[[str], Path]
) -> None:
    path = attack(name)
    begin = time.process_time()
    with pytest.raises(FileContentError, match=ATTACKS[name][1]) as caught:
        check_zip(path)
    assert time.process_time() - begin < 2.0  # measured: up to 0.2 s for 10 001 members
    assert caught.value.where == str(path)
    assert caught.value.mend
    assert len(str(caught.value)) < 500
