"""A run that is killed, wherever it is, leaves nothing half done, and the next one completes."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurokit.batch import read_manifest, run_catalog
from neurokit.io import open as open_tree

SITE = Path(__file__).parents[1] / "batch" / "site"
SEED = 20261122
N_RECORDINGS = 3
RECIPES = ["fake.mean", "fake.after", "fake.slow"]
N_JOBS = N_RECORDINGS * len(RECIPES)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and reads /proc")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SITE)
    made = importlib.import_module("fake_catalog").Bench(tmp_path)
    monkeypatch.setenv("FAKE_TALLY", str(made.tally))
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)
    names = [f"w{i}" for i in range(N_RECORDINGS)]
    made.write({"a": made.dataset(*names, recipes=RECIPES)})
    return made


def results(bench: Any) -> list[Path]:
    """Return every folder under a final name, whole or not."""
    return [path for path in bench.out.glob("a/*/*/*") if not path.name.startswith(".")]


def values(bench: Any) -> dict[str, bytes]:
    found = {}
    for folder in results(bench):
        tree = open_tree(folder / "result.nc")
        for name, variable in tree.data_vars.items():
            key = f"{folder.relative_to(bench.out)} {name}"
            found[key] = np.asarray(variable.to_numpy()).tobytes()
    return found


def living(bench: Any) -> list[int]:
    """Return processes that were started by runs of this bench and still live."""
    mark = f"FAKE_BENCH={bench.folder}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            started = mark in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if started and state != "Z":
            found.append(int(folder.name))
    return found


def wait_until_all_are_gone(bench: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while living(bench):
        assert time.monotonic() < end, f"processes outlive the run that was killed: {living(bench)}"
        time.sleep(0.05)


def kill_after(bench: Any, seconds: float, *, from_first_job: bool) -> None:
    """Start a run, kill its first process after so many seconds, and leave its children alone."""
    process = bench.start("--jobs", "2")
    if from_first_job:
        while process.poll() is None and not bench.tally.exists():
            time.sleep(0.01)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()


def check_nothing_half_done_is_visible(bench: Any) -> None:
    for folder in results(bench):
        assert read_manifest(folder) is not None, f"{folder} is not whole"
    for summary in bench.out.glob("runs/*"):
        if not summary.name.startswith("."):
            assert (summary / "summary.json").is_file()


def check_it_is_complete(bench: Any) -> None:
    assert set(bench.statuses()) <= {"done", "cached"}
    assert len(bench.statuses()) == len(results(bench)) == N_JOBS
    assert list(bench.out.rglob(".*")) == []


def test_a_run_killed_at_three_random_moments_is_completed_by_the_next(bench: Any) -> None:
    run_catalog(bench.path, out=bench.out)
    unbroken = values(bench)
    shutil.rmtree(bench.out)
    # Nine jobs of 0.1-0.3 s each, two at a time, take 0.9 s; three kills leave some undone.
    for seconds in np.random.default_rng(SEED).uniform(0.0, 0.2, size=3):
        bench.tally.unlink(missing_ok=True)
        kill_after(bench, float(seconds), from_first_job=True)
        check_nothing_half_done_is_visible(bench)
    wait_until_all_are_gone(bench)
    assert len(results(bench)) < N_JOBS
    run_catalog(bench.path, out=bench.out)
    check_it_is_complete(bench)
    assert values(bench) == unbroken


@pytest.mark.parametrize(
    "n_moments",
    [pytest.param(3, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.nightly)],
)
def test_a_run_killed_at_random_moments_is_completed_by_the_next(
    bench: Any, n_moments: int
) -> None:
    clock = time.monotonic()
    assert bench.run("--jobs", "2").returncode == 0
    whole, unbroken = time.monotonic() - clock, values(bench)
    for seconds in np.random.default_rng(SEED).uniform(0.0, whole, size=n_moments):
        shutil.rmtree(bench.out, ignore_errors=True)
        kill_after(bench, float(seconds), from_first_job=False)
        check_nothing_half_done_is_visible(bench)
        # The next run starts at once, while children of the killed one may still live.
        done = bench.run("--jobs", "2")
        assert done.returncode == 0, done.stderr
        check_it_is_complete(bench)
        assert values(bench) == unbroken
        wait_until_all_are_gone(bench)


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
    while len(list(bench.out.glob("a/*/*/.*-*/log.txt"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    wait_until_all_are_gone(bench)
    assert results(bench) == []


def test_a_killed_child_is_a_failure_and_the_run_goes_on(bench: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", "w2", recipes=["long"])},
        {"long": {"recipe": "fake.slow", "params": {"seconds": 3.0}}},
    )
    process = bench.start("--jobs", "1")
    while not bench.tally.exists():
        assert process.poll() is None
        time.sleep(0.02)
    child = max(living(bench))
    os.kill(child, 9)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert sorted(bench.statuses()) == ["done", "failed"]


@pytest.mark.slow
def test_processes_that_share_a_store_compute_each_job_once(bench: Any) -> None:
    processes = [bench.start("--jobs", "1") for _ in range(4)]
    for process in processes:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    expected = [f"{word} w{i}" for word in ("after", "mean", "slow") for i in range(N_RECORDINGS)]
    assert bench.ran() == expected
    summaries = [json.loads(path.read_text()) for path in bench.out.glob("runs/*/summary.json")]
    assert len(summaries) == 4
    found = [row["status"] for summary in summaries for row in summary["rows"]]
    assert found.count("done") == N_JOBS
    assert found.count("cached") == 3 * N_JOBS
    check_it_is_complete(bench)


def test_a_disk_without_room_fails_jobs_and_leaves_nothing_half_done(bench: Any) -> None:
    import resource

    # A result is 6 kB, what is written besides is less.
    limit = (5000, 5000)
    process = bench.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert results(bench) == []
    assert list(bench.out.rglob(".*")) == []
