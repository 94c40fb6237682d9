"""Honest archives pass with all their members; damaged ones are one error that names the file."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import FileContentError
from neurokit.io import archives
from neurokit.io.archives import check_zip, read_gzip


def _zip(path: Path, members: dict[str, bytes], **options: object) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:  # type: ignore[arg-type]
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("unpack", [False, True])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_passes_in_its_order(tmp_path, save, unpack):
    save(tmp_path / "a.npz", z=np.arange(5), **{"a/b": np.zeros((200, 200))}, empty=np.zeros(0))
    members = check_zip(tmp_path / "a.npz", unpack=unpack)
    assert [member.filename for member in members] == ["z.npy", "a/b.npy", "empty.npy"]
    assert members[1].file_size == 200 * 200 * 8 + 128


def test_every_real_archive_at_hand_passes(shared_data):
    found = 0
    for path in sorted(shared_data.rglob("*")):
        if path.suffix in (".npz", ".xlsx"):
            assert check_zip(path, unpack=True), path.name
            found += 1
    assert found >= 10


def test_folders_are_no_members_but_do_no_harm(tmp_path):
    path = _zip(tmp_path / "a.zip", {"g/": b"", "g/x": b"1", "./y": b"2"})
    assert [member.filename for member in check_zip(path)] == ["g/x", "./y"]


def test_an_archive_behind_other_bytes_is_read_where_it_begins(tmp_path):
    # Self-extracting archives have a program before them; zipfile shifts all places by it.
    inner = _zip(tmp_path / "a.zip", {"x": b"1" * 100})
    shifted = tmp_path / "b.zip"
    shifted.write_bytes(b"#!" + bytes(500) + inner.read_bytes())
    assert [member.filename for member in check_zip(shifted, unpack=True)] == ["x"]


def test_a_streamed_archive_states_its_sizes_only_in_the_table(tmp_path):
    class Pipe(io.RawIOBase):
        def __init__(self, path: Path) -> None:
            self.file = path.open("wb")

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:
            return self.file.write(data)

    pipe = Pipe(tmp_path / "a.zip")
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"12345" * 100)
    pipe.file.close()
    assert check_zip(tmp_path / "a.zip", unpack=True)[0].file_size == 500


def test_a_table_of_contents_in_zip64_is_read(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "a.zip", "w") as archive,
        archive.open("x", "w", force_zip64=True) as member,
    ):
        member.write(b"12345")
    assert check_zip(tmp_path / "a.zip", unpack=True)[0].file_size == 5


def test_limits_are_those_asked_for(tmp_path):
    path = _zip(tmp_path / "a.zip", {f"{i}": bytes(100) for i in range(5)})
    assert len(check_zip(path, max_members=5, max_bytes=500)) == 5
    with pytest.raises(FileContentError, match=r"a\.zip: holds 5 members, more than 4\. Check"):
        check_zip(path, max_members=4)
    with pytest.raises(FileContentError, match=r"unpacks to 0\.0005 MB, more than 0\.000499 MB"):
        check_zip(path, max_bytes=499)


def test_zeros_compress_a_thousand_fold_and_pass_below_a_quarter_of_a_gigabyte(
    tmp_path, monkeypatch
):
    path = _zip(tmp_path / "a.npz", {"x": bytes(3_000_000)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 3_000_000 / 500
    check_zip(path, unpack=True)
    monkeypatch.setattr(archives, "RATIO_MATTERS_FROM", 3_000_000)
    with pytest.raises(FileContentError, match=r"unpacks to 3 MB, \d+ times its size"):
        check_zip(path)


def test_a_cut_archive_is_named_wherever_it_is_cut(tmp_path):
    whole = _zip(
        tmp_path / "a.zip", {f"m{i}": bytes(range(256)) * 20 for i in range(3)}
    ).read_bytes()
    path = tmp_path / "cut.zip"
    for end in np.linspace(1, len(whole) - 1, 60).astype(int):
        path.write_bytes(whole[:end])
        with pytest.raises(FileContentError, match=r"cut\.zip: .*Download it again\."):
            check_zip(path, unpack=True)


def test_flipped_bits_are_found_or_harmless(tmp_path):
    """Unpacking compares a CRC over every byte; the rest of the file is the table."""
    content = {"one": bytes(range(256)) * 8, "two": b"spam " * 100}
    whole = _zip(tmp_path / "a.zip", content, compression=zipfile.ZIP_DEFLATED).read_bytes()
    path, rng, refused = tmp_path / "b.zip", np.random.default_rng(0), 0
    for _ in range(300):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(data))
        try:
            members = check_zip(path, unpack=True)
        except FileContentError:
            refused += 1
            continue
        with zipfile.ZipFile(path) as archive:
            assert sorted(archive.read(m) for m in members) == sorted(content.values())
    assert refused > 150


def test_an_empty_archive_has_no_members(tmp_path):
    assert check_zip(_zip(tmp_path / "a.zip", {})) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text\n" * 10, bytes(70_000)])
def test_what_is_no_archive_is_said(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FileContentError, match=r"a\.npz: (is empty|is a damaged or cut archive)"):
        check_zip(tmp_path / "a.npz")


def test_a_table_that_lies_about_a_member_is_found_when_unpacking(tmp_path):
    # Longer than the first block, which is looked at in any case.
    content = bytes(200_000)
    path = _zip(tmp_path / "a.zip", {"x": content}, compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    struct.pack_into("<L", data, entry + 24, 199_999)
    path.write_bytes(bytes(data))
    check_zip(path)
    with pytest.raises(FileContentError, match="unpacks to more than the table says"):
        check_zip(path, unpack=True)
    struct.pack_into("<L", data, entry + 24, 200_001)
    path.write_bytes(bytes(data))
    with pytest.raises(FileContentError, match="is not what the table says"):
        check_zip(path, unpack=True)


# -- gzip


@given(content=st.binary(max_size=2000), parts=st.integers(1, 3))
def test_gzip_gives_its_content_up_to_the_limit(tmp_path_factory, content, parts):
    path = tmp_path_factory.mktemp("gzip") / "a.gz"
    path.write_bytes(gzip.compress(content) * parts)
    whole = content * parts
    assert read_gzip(path, limit=len(whole)) == whole
    if whole:
        with pytest.raises(FileContentError, match=r"a\.gz: unpacks to more than"):
            read_gzip(path, limit=len(whole) - 1)


def test_a_gzip_bomb_costs_no_more_than_the_limit(tmp_path):
    path = tmp_path / "a.csv.gz"
    zipped = zlib.compressobj(9, wbits=31)
    path.write_bytes(b"".join(zipped.compress(bytes(2**20)) for _ in range(64)) + zipped.flush())
    assert path.stat().st_size < 80_000
    with pytest.raises(FileContentError, match=r"unpacks to more than 1\.05 MB"):
        read_gzip(path, limit=2**20)


def test_a_cut_or_damaged_gzip_is_named(tmp_path):
    whole = gzip.compress(np.random.default_rng(0).bytes(2000))
    path = tmp_path / "a.gz"
    for end in range(1, len(whole), 37):
        path.write_bytes(whole[:end])
        with pytest.raises(FileContentError, match=r"a\.gz: is no whole gzip file"):
            read_gzip(path, limit=10_000)
    data = bytearray(whole)
    data[1000] ^= 4
    path.write_bytes(bytes(data))
    with pytest.raises(FileContentError, match="is no whole gzip file"):
        read_gzip(path, limit=10_000)
    path.write_bytes(whole + b"something else")
    with pytest.raises(FileContentError, match="is no whole gzip file"):
        read_gzip(path, limit=10_000)
