"""Workbooks as rows: places as in the sheet, and nothing opened that unpacks to gigabytes."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from neurokit_loaders import _books, _workbook
from neurokit_loaders._workbook import is_workbook, open_workbook, sheet_rows

from neurokit.errors import FileContentError


def test_cells_stand_where_the_sheet_has_them(
    tmp_path: Path, write_workbook: Callable[..., Path]
) -> None:
    rows = [["", "", ""], ["", "name", ""], ["", 1.5, "x & <y>"]]
    path = write_workbook(tmp_path / "a.xlsx", {"one": rows})
    read = sheet_rows(open_workbook(path), "one", "a.xlsx")
    assert read[1][1] == "name"
    assert read[2][1:] == [1.5, "x & <y>"]
    assert read[0] == ["", "", ""]


def test_an_old_workbook_is_read_too(shared_data: Path) -> None:
    path = shared_data / "celegans_connectome" / "openworm_CElegansNeuronTables.xls"
    assert is_workbook(path)
    workbook = open_workbook(path)
    assert workbook.sheet_names == ["Connectome", "NeuronsToMuscle", "Sensory"]
    rows = sheet_rows(workbook, "Connectome", path.name)
    assert rows[0][:3] == ["Origin", "Target", "Type"]


def test_a_workbook_that_unpacks_to_gigabytes_is_not_opened(
    tmp_path: Path, write_workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_workbook(tmp_path / "bomb.xlsx", {"one": [["a"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/filler.bin", bytes(3_000_000))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(_workbook, "_LARGEST_UNPACKED", 2_000_000)
    with pytest.raises(FileContentError, match=r"bomb\.xlsx: unpacks to"):
        open_workbook(path)


def _add(path: Path, name: str, content: bytes = b"x", attributes: int = 0) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = attributes << 16
        archive.writestr(info, content)


@pytest.mark.parametrize(
    ("member", "attributes", "words"),
    [
        ("../../x.xml", 0, "leads outside the archive"),
        ("xl/worksheets/s2.xml", stat.S_IFLNK | 0o777, "is a link"),
        ("xl/worksheets/./s1.xml", 0, "stands twice"),
    ],
)
def test_a_workbook_that_is_a_hostile_archive_is_not_opened(
    tmp_path: Path,
    write_workbook: Callable[..., Path],
    member: str,
    attributes: int,
    words: str,
) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"one": [["a"]]})
    _add(path, member, attributes=attributes)
    with pytest.raises(FileContentError, match=rf"a\.xlsx: member .* {words}"):
        open_workbook(path)


def test_a_part_that_unpacks_to_more_than_it_says_never_reaches_the_reader(
    tmp_path: Path, write_workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"one": [["a"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/filler.bin", bytes(3_000_000))
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (100_000).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    monkeypatch.setattr(_workbook, "_LARGEST_UNPACKED", 2_000_000)
    with pytest.raises(FileContentError, match="unpacks to more than the table says"):
        open_workbook(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"name,value\n", "is no workbook but text"),
        (b"{}", "is no workbook but json"),
        (b"PK\x03\x04 xl/ and then nothing", "is a damaged or cut archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and then nothing", "is cut: 25 bytes"),
    ],
)
def test_what_is_no_whole_workbook_says_what_it_is(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(FileContentError, match=rf"a\.xlsx: {words}"):
        open_workbook(path)


def test_a_sheet_whose_part_is_damaged_is_named(
    tmp_path: Path, write_workbook: Callable[..., Path]
) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"one": [["a", 1]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/s1.xml"] = parts["xl/worksheets/s1.xml"].replace(b"</c>", b"<c", 1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(FileContentError, match=r"a\.xlsx: sheet 'one' cannot be read"):
        sheet_rows(open_workbook(path), "one", "a.xlsx")


def test_only_workbooks_are_workbooks(tmp_path: Path, write_workbook: Callable[..., Path]) -> None:
    assert is_workbook(write_workbook(tmp_path / "misnamed.csv", {"one": [["a"]]}))
    (tmp_path / "a.xlsx").write_text("no")
    assert not is_workbook(tmp_path / "a.xlsx")
    assert not is_workbook(tmp_path)
    assert not is_workbook(tmp_path / "absent.xlsx")


def test_no_parser_runs_in_the_process_that_asks(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import python_calamine

    def never(*args: object) -> None:
        raise AssertionError("the parser can end the process it runs in")

    monkeypatch.setattr(python_calamine.CalamineWorkbook, "from_path", never)
    _books._read_once.cache_clear()
    for name in ("openworm_CElegansNeuronTables.xls", "NeuronConnectFormatted.xlsx"):
        workbook = open_workbook(shared_data / "celegans_connectome" / name)
        assert len(sheet_rows(workbook, workbook.sheet_names[0], name)) > 3000
