from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neurokit.batch import store
from neurokit.batch.leftovers import remove_leftovers
from neurokit.batch.store import Store
from neurokit.io.atomic import machine, temporary_name

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
    dead = f"{dead_process()}.{machine()}12345678"
    names = tmp_path / "worms" / f".names.{dead}"
    names.mkdir()
    run = tmp_path / "runs" / "2026-01-01"
    run.mkdir(parents=True)
    begun = run.with_name(f".2026-01-02.{dead}")
    begun.mkdir()
    (begun / "summary.json").touch()
    (run / f".summary.json.{dead}").touch()
    (run / f".report.html.{dead}").touch()
    (tmp_path / f".ro-crate-metadata.json.{dead}").touch()
    remove_leftovers(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "worms" / "summary").exists()
    assert not names.exists()


def test_what_living_processes_write_stays(tmp_path: Path, folder: Path) -> None:
    held = store.claim_result(folder)
    assert held is not None
    place = store.workspace(folder)
    names = temporary_name(tmp_path / "worms" / "names")
    names.mkdir()
    remove_leftovers(tmp_path)
    assert place.is_dir()
    assert names.is_dir()
    held.release()


def test_what_another_machine_writes_stays_for_a_day(tmp_path: Path) -> None:
    # Its process ids mean nothing here.
    for age_h, name in ((1, "young"), (25, "old")):
        left = tmp_path / f".{name}.json.{dead_process()}.{'0' * 16}"
        left.touch()
        os.utime(left, (time.time() - 3600 * age_h,) * 2)
    remove_leftovers(tmp_path)
    assert [path.name.split(".")[1] for path in tmp_path.iterdir()] == ["young"]


def test_results_and_foreign_hidden_files_stay(tmp_path: Path, folder: Path) -> None:
    put(folder, tmp_path)
    (folder.parent / ".DS_Store").touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / ".2.notes").touch()
    before = sorted(tmp_path.rglob("*"))
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_absent_folder_has_no_leftovers(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "out")
    assert not (tmp_path / "out").exists()
