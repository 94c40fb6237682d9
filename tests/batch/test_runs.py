from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import runs
from neurokit.errors import StoreError


def row(**parts: Any) -> dict[str, Any]:
    base = {"dataset": "worms", "recording": "w1", "recipe": "summary", "status": "done"}
    return {**base, "key": "ab", "error": None, **parts}


def put_report(out: Path, time: str, rows: list[dict[str, Any]]) -> str:
    report = f"runs/{time}/report.html"
    runs.write_run(out, time, {"rows": rows, "report": report})
    (out / report).touch()
    return report


def test_runs_of_one_second_get_folders_of_their_own_in_order(tmp_path: Path) -> None:
    made = [runs.write_run(tmp_path, "2026-01-01T00-00-00Z", {})["folder"] for _ in range(12)]
    assert len(set(made)) == 12
    assert sorted(made) == made
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        folder.removeprefix("runs/") for folder in made
    ]


def test_past_summaries_come_newest_first_and_damaged_ones_not_at_all(tmp_path: Path) -> None:
    for time, content in (("1", {"n": 1}), ("2", {"n": 2}), ("3", {"n": 3})):
        runs.write_run(tmp_path, time, content)
    (tmp_path / "runs" / "3" / "summary.json").write_text("{")
    assert [summary["n"] for summary in runs.past_summaries(tmp_path)] == [2, 1]


def test_a_report_that_shows_the_same_results_is_still_valid(tmp_path: Path) -> None:
    report = put_report(tmp_path, "1", [row(), row(recording="w2")])
    now = {"rows": [row(status="cached"), row(recording="w2", status="cached")]}
    assert runs.valid_report(tmp_path, now) == report


def test_a_report_that_shows_more_is_valid_too(tmp_path: Path) -> None:
    report = put_report(tmp_path, "1", [row(), row(recording="w2")])
    assert runs.valid_report(tmp_path, {"rows": [row(status="cached")]}) == report


def test_the_newest_of_two_valid_reports_is_taken(tmp_path: Path) -> None:
    put_report(tmp_path, "1", [row()])
    newest = put_report(tmp_path, "2", [row()])
    assert runs.valid_report(tmp_path, {"rows": [row()]}) == newest


def test_other_keys_and_other_faults_need_a_new_report(tmp_path: Path) -> None:
    fault = {"class": "X", "message": "is empty", "mend": "Fill it."}
    put_report(tmp_path, "1", [row(), row(recording="w2", status="failed", error=fault)])
    other = {**fault, "message": "is full"}
    for changed in (
        row(key="ac"),
        row(status="failed", error=fault),
        row(recording="w2", status="failed", error=other),
        row(recording="w3"),
    ):
        assert runs.valid_report(tmp_path, {"rows": [changed]}) == ""


def test_a_deleted_report_is_not_valid(tmp_path: Path) -> None:
    report = put_report(tmp_path, "1", [row()])
    (tmp_path / report).unlink()
    assert runs.valid_report(tmp_path, {"rows": [row()]}) == ""


def test_a_summary_that_cannot_be_written_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, content: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "write_json", write)
    with pytest.raises(StoreError, match="No space left"):
        runs.write_run(tmp_path, "1", {})
    assert list((tmp_path / "runs").iterdir()) == []


def test_there_is_an_end_to_runs_of_one_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_RUNS", 2)
    runs.write_run(tmp_path, "1", {})
    runs.write_run(tmp_path, "1", {})
    with pytest.raises(StoreError, match="too many"):
        runs.write_run(tmp_path, "1", {})
