"""Quick forms of what kills, stops and full disks do; the thorough ones stand beside this."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
from recovery_harness import (
    SEED,
    complaints,
    hidden,
    limited,
    living,
    results,
    until,
    values,
    wait_until_all_are_gone,
)

from neurokit.batch import run_catalog

N_RECORDINGS = 3
RECIPES = ["fake.mean", "fake.after", "fake.slow"]
N_JOBS = N_RECORDINGS * len(RECIPES)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and reads /proc")


def kill_after_first_job(bench: Any, seconds: float) -> None:
    """Start a run and kill its first process so long after its first job began."""
    process = bench.start("--jobs", "2")
    while process.poll() is None and not bench.tally.exists():
        time.sleep(0.01)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()


def test_a_run_killed_at_three_random_moments_is_completed_by_the_next(bench: Any) -> None:
    names = [f"w{i}" for i in range(N_RECORDINGS)]
    bench.write({"a": bench.dataset(*names, recipes=RECIPES)})
    run_catalog(bench.path, out=bench.out)
    unbroken = values(bench.out)
    shutil.rmtree(bench.out)
    # Nine jobs of 0.1-0.3 s each, two at a time, take 0.9 s; three kills leave some undone.
    for seconds in np.random.default_rng(SEED).uniform(0.0, 0.2, size=3):
        bench.tally.unlink(missing_ok=True)
        kill_after_first_job(bench, float(seconds))
        assert [fault for folder in results(bench.out) for fault in complaints(folder)] == []
    wait_until_all_are_gone(bench)
    assert len(results(bench.out)) < N_JOBS
    summary = run_catalog(bench.path, out=bench.out)
    assert set(summary["counts"]) <= {"done", "cached"}
    assert len(results(bench.out)) == N_JOBS
    assert hidden(bench) == []
    assert values(bench.out) == unbroken


def test_children_of_a_killed_run_end_by_themselves_even_inside_compiled_code(
    bench: Any,
) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["sleep", "block"])},
        {
            "sleep": {"recipe": "fake.trouble", "params": {"what": "sleep"}},
            "block": {"recipe": "fake.trouble", "params": {"what": "block"}},
        },
    )
    process = bench.start("--jobs", "2")
    until(lambda: len(list(bench.out.glob("a/*/*/.*-*/log.txt"))) == 2, process)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    wait_until_all_are_gone(bench)
    assert results(bench.out) == []


def test_a_killed_child_is_a_failure_and_the_run_goes_on(bench: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", "w2", recipes=["long"])},
        {"long": {"recipe": "fake.slow", "params": {"seconds": 3.0}}},
    )
    process = bench.start("--jobs", "1")
    until(bench.tally.exists, process)
    child = max(living(bench))
    os.kill(child, 9)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert sorted(bench.statuses()) == ["done", "failed"]


def test_a_disk_without_room_fails_jobs_and_leaves_nothing_half_done(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", "w2", recipes=RECIPES)})
    # A result is some 5 kB, what is written besides is less.
    process = bench.start(preexec_fn=limited(2000))
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert results(bench.out) == []
    assert hidden(bench) == []
