from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from neurokit.batch import store
from neurokit.batch.leftovers import remove_leftovers
from neurokit.batch.store import Store

KEY = "0123456789abcdef" * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Store(tmp_path).folder("worms", "summary", "w1", KEY)


def fill(place: Path, **more: object) -> None:
    (place / "result.nc").write_bytes(b"12345")
    manifest = {"key": KEY, "files": {"result.nc": {"bytes": 5}}, **more}
    (place / store.MANIFEST).write_text(json.dumps(manifest))


def put(folder: Path, out: Path) -> None:
    held = store.claim_result(folder)
    assert held is not None
    place = store.workspace(folder)
    fill(place)
    store.commit(place, folder, out)
    held.release()


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_leftovers_of_dead_processes_go_with_their_empty_folders(
    tmp_path: Path, folder: Path
) -> None:
    folder.parent.mkdir(parents=True)
    (folder.parent / f".{folder.name}.lock").touch()
    fill_in = folder.parent / f".{folder.name}-12345678"
    fill_in.mkdir()
    (fill_in / "result.nc").touch()
    names = tmp_path / "worms" / f".names.{dead_process()}.12345678"
    names.mkdir()
    run = tmp_path / "runs" / "2026-01-01"
    run.mkdir(parents=True)
    begun = run.with_name(f".2026-01-02.{dead_process()}.12345678")
    begun.mkdir()
    (begun / "summary.json").touch()
    (run / f".summary.json.{dead_process()}.12345678").touch()
    remove_leftovers(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "worms" / "summary").exists()
    assert not names.exists()


def test_what_living_processes_write_stays(tmp_path: Path, folder: Path) -> None:
    held = store.claim_result(folder)
    assert held is not None
    place = store.workspace(folder)
    names = tmp_path / "worms" / f".names.{os.getpid()}.12345678"
    names.mkdir()
    remove_leftovers(tmp_path)
    assert place.is_dir()
    assert names.is_dir()
    held.release()


def test_results_and_foreign_hidden_files_stay(tmp_path: Path, folder: Path) -> None:
    put(folder, tmp_path)
    (folder.parent / ".DS_Store").touch()
    before = sorted(tmp_path.rglob("*"))
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_absent_folder_has_no_leftovers(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "out")
    assert not (tmp_path / "out").exists()
