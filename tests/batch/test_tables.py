from __future__ import annotations

from typing import Any

from neurokit.batch import tables


def row(**parts: Any) -> dict[str, Any]:
    base = {"dataset": "worms", "recording": "w1", "recipe": "summary", "status": "done"}
    return {**base, "seconds": 1.25, "error": None, "reason": "no result yet", **parts}


FAULT = {"class": "X", "message": "a.nc: is empty", "mend": "Download it\nagain."}


def test_columns_are_aligned_and_numbers_end_at_the_right() -> None:
    lines = tables.result_table([row(), row(recording="all", seconds=10.0)]).splitlines()
    assert lines[0].split() == ["entry", "recipe", "status", "seconds"]
    assert lines[2].split() == ["worms/w1", "summary", "done", "1.2"]
    assert lines[3].split() == ["worms", "summary", "done", "10.0"]
    assert len(lines[2]) == len(lines[3])


def test_a_job_that_took_no_time_shows_no_seconds() -> None:
    assert tables.result_table([row(status="cached", seconds=0.0)]).endswith("cached")


def test_a_plan_says_why() -> None:
    assert tables.plan_table([row(status="run")]).endswith("no result yet")


def test_statuses_are_words() -> None:
    assert "not downloaded" in tables.result_table([row(status="not_downloaded")])


def test_a_failure_is_one_line_that_names_file_and_mend() -> None:
    assert tables.failures([row(status="failed", error=FAULT)]) == [
        "error: summary: a.nc: is empty. Download it again."
    ]


def test_a_fault_that_two_recipes_meet_is_said_once() -> None:
    rows = [row(status="failed", error=FAULT, recipe=name) for name in ("summary", "motifs")]
    assert tables.failures(rows) == ["error: summary, motifs: a.nc: is empty. Download it again."]


def test_what_is_blocked_or_absent_is_no_failure() -> None:
    rows = [row(status=status, error=FAULT) for status in ("blocked", "not_downloaded")]
    assert tables.failures(rows) == []
    assert tables.absences([*rows, *rows]) == [
        {"what": "a.nc: is empty", "how": "Download it\nagain."}
    ]


def test_sizes_are_for_people() -> None:
    assert [tables.as_size(n) for n in (0, 999, 1000, 3_283_508, 2 * 10**9)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "3.3 MB",
        "2.0 GB",
    ]
