"""Old workbooks that end before the sectors they say are in use are cut."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from neurokit_loaders._compound import check_compound

from neurokit.errors import FileContentError

REAL = "celegans_connectome/openworm_CElegansNeuronTables.xls"
MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
FREE, TABLE, END = 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFE


def _compound(used: int, sector: int = 512, chained: int = 0) -> bytes:
    """Return a compound file of `used` sectors, its table in the first ones."""
    per = sector // 4
    n_table = -(-used // per)
    head = bytearray(max(512, sector))
    head[:8] = MAGIC
    struct.pack_into("<H", head, 30, sector.bit_length() - 1)
    struct.pack_into("<I", head, 44, n_table)
    struct.pack_into("<I", head, 68, n_table if chained else END)
    listed = list(range(n_table))
    struct.pack_into("<109I", head, 76, *(listed + [FREE] * 109)[:109])
    entries = [TABLE] * n_table + [END] * (used - n_table) + [FREE] * (n_table * per - used)
    body = bytearray((used) * sector)
    struct.pack_into(f"<{len(entries)}I", body, 0, *entries)
    if chained:
        more = (listed[109:] + [FREE] * per)[: per - 1]
        struct.pack_into(f"<{per}I", body, n_table * sector, *more, END)
    return bytes(head) + bytes(body)


@pytest.mark.parametrize(("used", "sector"), [(3, 512), (128, 512), (129, 512), (5, 4096)])
def test_a_whole_file_passes_and_one_byte_less_does_not(
    tmp_path: Path, used: int, sector: int
) -> None:
    path = tmp_path / "a.xls"
    whole = _compound(used, sector)
    path.write_bytes(whole)
    check_compound(path)
    path.write_bytes(whole[:-1])
    with pytest.raises(FileContentError, match=f"is cut: {len(whole) - 1} bytes.*{len(whole)}"):
        check_compound(path)


def test_a_table_that_continues_behind_the_header_is_followed(tmp_path: Path) -> None:
    # 110 sectors of table and more: the header lists 109 of them.
    path = tmp_path / "long.xls"
    whole = _compound(109 * 128 + 40, chained=1)
    path.write_bytes(whole)
    check_compound(path)
    path.write_bytes(whole[:-512])
    with pytest.raises(FileContentError, match="is cut"):
        check_compound(path)


def test_sectors_that_are_free_need_not_be_there(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(_compound(3) + bytes(512))
    check_compound(path)


def test_other_files_pass(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("text", b"a,b\n")):
        path = tmp_path / name
        path.write_bytes(content)
        check_compound(path)
    check_compound(tmp_path)
    check_compound(tmp_path / "absent")


def test_the_real_workbook_passes_and_is_cut_wherever_it_is_cut(
    shared_data: Path, tmp_path: Path
) -> None:
    check_compound(shared_data / REAL)
    whole = (shared_data / REAL).read_bytes()
    for size in (8, 100, 511, 512, 1024, len(whole) // 2, len(whole) - 1):
        path = tmp_path / "cut.xls"
        path.write_bytes(whole[:size])
        with pytest.raises(FileContentError, match=rf"cut\.xls: is cut: {size} bytes"):
            check_compound(path)
