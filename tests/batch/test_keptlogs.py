from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import run_catalog
from neurokit.batch.joblog import LINES, read_log
from neurokit.batch.jobs import JobId
from neurokit.batch.keptlogs import KeptLogs
from neurokit.batch.leftovers import remove_leftovers
from neurokit.batch.worker import LOG

JOB = JobId("a", "fake.raise", "w/1")


def workspace(folder: Path, *files: str) -> Path:
    place = folder / "out" / "a" / "place"
    for name in files:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f"said in {name}\n", encoding="utf-8")
    place.mkdir(parents=True, exist_ok=True)
    return place


def test_a_failed_job_leaves_its_logs_beside_the_summary(bench: Any, no_report: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["fake.mean", "fake.raise", "deadly"])},
        {"deadly": {"recipe": "fake.trouble", "params": {"what": "kill"}}},
    )
    summary = run_catalog(bench.path, out=bench.out)
    folder = bench.out / summary["folder"]
    rows = {row["recipe"]: row for row in summary["rows"]}
    assert rows["fake.mean"]["error"] is None
    raised = folder / rows["fake.raise"]["error"]["logs"]
    said = [line["message"] for line in read_log(raised / LINES)]
    assert said[0].startswith("started, process")
    assert "opened w1" in said
    died = folder / rows["deadly"]["error"]["logs"]
    assert (died / LOG).read_text(encoding="utf-8") == "about to kill\n"
    assert [line["message"] for line in read_log(died / LINES)][-1] == "opened w1"
    assert list(bench.out.rglob(".*")) == []


def test_logs_of_the_newest_attempt_are_kept(tmp_path: Path) -> None:
    place = workspace(
        tmp_path, f"attempt-1-x/{LINES}", f"attempt-2-y/{LINES}", f"attempt-1-x/{LOG}"
    )
    kept = KeptLogs(tmp_path / "out")
    assert kept.keep(JOB, place) == "logs/a/fake.raise/w%2F1"
    moved = kept.place / "a" / "fake.raise" / "w%2F1"
    assert (moved / LINES).read_text(encoding="utf-8") == f"said in attempt-2-y/{LINES}\n"
    assert (moved / LOG).read_text(encoding="utf-8") == f"said in attempt-1-x/{LOG}\n"


def test_a_job_that_said_nothing_leaves_nothing(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    (place / LOG).touch()
    kept = KeptLogs(tmp_path / "out")
    assert kept.keep(JOB, place) == ""
    assert not kept.place.exists()
    kept.move_into(tmp_path)
    kept.discard()
    assert not (tmp_path / "logs").exists()


def test_a_place_that_cannot_be_written_hides_no_failure(tmp_path: Path) -> None:
    place = workspace(tmp_path, LINES)
    (tmp_path / "out" / "runs").write_text("no folder", encoding="utf-8")
    assert KeptLogs(tmp_path / "out").keep(JOB, place) == ""


def test_logs_of_a_run_that_was_killed_go_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurokit.io.atomic.os.getpid", lambda: 2**22 + 5)  # no process has it
    kept = KeptLogs(tmp_path / "out")
    monkeypatch.undo()
    mine = KeptLogs(tmp_path / "out")
    for one in (kept, mine):
        one.keep(JOB, workspace(tmp_path, LINES))
    remove_leftovers(tmp_path / "out")
    assert not kept.place.exists()
    assert mine.place.exists()
