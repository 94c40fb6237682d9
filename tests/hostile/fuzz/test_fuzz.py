"""Damaged files of every format end in an error that names them, or in what they still hold.

No crash, no hang over 10 s, no more than 2 GB, no exception of another library, and no cut file
that reads as if it were whole. Every damage has a fixed seed: a failure names the case.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fuzz_cases import DAMAGES, FORMATS, FURTHER, Format, damaged, whole
from fuzz_harness import Child

import neurokit as nk
from neurokit.errors import FileContentError
from neurokit.io.integrity import sha256_of

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
AT_HAND = [form for form in FORMATS if not form.real or SHARED.is_dir()]
FURTHER_AT_HAND = [form for form in FURTHER if not form.real or SHARED.is_dir()]
MEMORY_MB = 2000


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    one = Child()
    yield one
    one.close()


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory, child: Child) -> dict[str, Any]:
    """The whole recordings as they are asked for: folder and what they read as."""
    return {}


def _whole(form: Format, wholes: dict[str, Any], child: Child, folder: Path) -> dict[str, Any]:
    if form.name not in wholes:
        place = folder / form.name.replace(" ", "_")
        path = whole(form, place, SHARED)
        verdict = child.ask(path=str(path), loader=form.loader, options=form.options)
        assert verdict["outcome"] == "read", f"{form.name}: {verdict}"
        assert verdict["info"] is None, verdict["info"]
        wholes[form.name] = {"folder": place, **verdict}
    return wholes[form.name]


def faults(form: Format, base: dict[str, Any], verdict: dict[str, Any], folder: Path, damage: str):
    """Yield what is wrong with how a damaged file was met."""
    if verdict["outcome"] in ("hang", "crash"):
        yield f"{verdict['outcome']} (exit code {verdict['code']})"
        return
    if verdict["memory_mb"] > MEMORY_MB:
        yield f"held {verdict['memory_mb']:.0f} MB"
    if verdict["warnings"]:
        yield f"warned beside its findings: {verdict['warnings']}"
    for error in (verdict, verdict.get("info")):
        if error and error["outcome"] == "error":
            yield from _error(error, folder)
    if verdict["outcome"] == "read" and verdict["digest"] != base["digest"]:
        new = set(verdict["findings"]) - set(base["findings"])
        if form.sealed:
            yield "other values than were saved, without an error"
        elif damage == "truncation" and form.states_length and not new:
            yield "a cut file reads as whole"


def _error(error: dict[str, Any], folder: Path) -> Iterator[str]:
    if not error["ours"]:
        yield f"{error['class']}: {error['message'][:300]}\n{error['trace']}"
        return
    names = {path.name for path in folder.rglob("*")}
    if not any(name in error["message"] for name in names):
        yield f"does not name its file: {error['message']}"
    if not error["mend"]:
        yield f"says no mend: {error['message']}"


def run(cases, wholes, child, place) -> list[str]:
    """Meet every case and return what was wrong, with the case's name."""
    said = []
    for form, damage, number in cases:
        base = _whole(form, wholes, child, place / "whole")
        folder = place / "case"
        path, how = damaged(form, base["folder"], folder, damage, number)
        verdict = child.ask(path=str(path), loader=form.loader, options=form.options)
        for fault in faults(form, base, verdict, folder, damage):
            said.append(f"{form.name}, {damage} {number} ({how}): {fault}")
    return said


def _named(form: Format) -> str:
    return form.name


def catalog_of(folder: Path, out: Path) -> nk.Catalog:
    """A catalog that promises the bytes of every file of a whole recording."""
    lines = ["catalog: neurokit/1", "datasets:", "  whole:", "    title: x", "    modality: eeg"]
    lines += ["    recordings:", "      one:", "        files:"]
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, digest = file.relative_to(folder).as_posix(), sha256_of(file)
        size = file.stat().st_size
        lines.append(f"          - {{path: {name}, sha256: {digest}, bytes: {size}}}")
    path = out / "catalog.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return nk.Catalog.read(path)


def _same_bytes(a: Path, b: Path) -> bool:
    files = [path.relative_to(a) for path in a.rglob("*") if path.is_file()]
    return all((a / file).read_bytes() == (b / file).read_bytes() for file in files)


def opened_despite_its_sha256(form: Format, numbers: range, out: Path) -> tuple[int, list[str]]:
    """Open damaged files through a catalog; return how many were refused, and what was not."""
    place, case = out / "whole", out / "case"
    whole(form, place, SHARED)
    catalog = catalog_of(place, out)
    refused, opened = 0, []
    for damage in DAMAGES:
        for number in numbers:
            _, how = damaged(form, place, case, damage, number)
            if _same_bytes(place, case):  # a block of zeros is zeroed unseen
                continue
            try:
                catalog.open("whole")
                opened.append(f"{form.name}, {damage} {number} ({how})")
            except FileContentError as error:
                assert error.where  # noqa: PT017  all cases are met before the test fails
                assert error.mend  # noqa: PT017
                refused += 1
    return refused, opened


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder whose `case` is where the catalog looks for files."""
    monkeypatch.setenv("NEUROKIT_MIRROR", str(tmp_path / "case"))
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("form", AT_HAND[:6], ids=_named)
def test_with_a_sha256_nothing_damaged_is_opened(form, mirror):
    refused, opened = opened_despite_its_sha256(form, range(1), mirror)
    assert not opened
    assert refused >= 2


@pytest.mark.slow
@pytest.mark.parametrize("form", [*AT_HAND, *FURTHER_AT_HAND], ids=_named)
def test_with_a_sha256_none_of_15_damaged_files_is_opened(form, mirror):
    refused, opened = opened_despite_its_sha256(form, range(5), mirror)
    assert not opened
    assert refused >= 10


@pytest.mark.nightly
@pytest.mark.parametrize("form", AT_HAND, ids=_named)
def test_with_a_sha256_none_of_300_damaged_files_is_opened(form, mirror):
    refused, opened = opened_despite_its_sha256(form, range(100), mirror)
    assert not opened
    assert refused >= 200


@pytest.mark.parametrize("form", AT_HAND[:12], ids=_named)
def test_a_damaged_file_is_met_with_an_error_or_a_finding(form, wholes, child, tmp_path):
    number = len(form.name)
    cases = [(form, DAMAGES[number % 3], number)]
    assert not run(cases, wholes, child, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("form", AT_HAND, ids=_named)
def test_300_damaged_files(form, wholes, child, tmp_path):
    cases = [(form, damage, number) for damage in DAMAGES for number in range(5)]
    said = run(cases, wholes, child, tmp_path)
    assert not said, "\n\n".join(said)


@pytest.mark.nightly
@pytest.mark.parametrize("form", AT_HAND, ids=_named)
@pytest.mark.parametrize("damage", DAMAGES)
def test_3000_damaged_files(form, damage, wholes, child, tmp_path):
    said = run([(form, damage, number) for number in range(100)], wholes, child, tmp_path)
    assert not said, "\n\n".join(said)


@pytest.mark.nightly
@pytest.mark.parametrize("form", FURTHER_AT_HAND, ids=_named)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_of_further_formats(form, damage, wholes, child, tmp_path):
    said = run([(form, damage, number) for number in range(30)], wholes, child, tmp_path)
    assert not said, "\n\n".join(said)
