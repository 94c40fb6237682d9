"""A disk that fills, a run that is asked to end and a server that dies cost nothing but time.

As after a kill the next run completes, values are those of an unbroken run, and a reader that
polls sees whole results only.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recovery_harness import (
    N_JOBS,
    SEED,
    STORES,
    Reader,
    check_completed,
    end_after,
    forms,
    hidden,
    limited,
    living,
    results,
    terminate,
    unbroken,
    until,
    values,
    wait_until_all_are_gone,
    write_batch,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits, signals and /proc")


@pytest.mark.parametrize(
    ("store", "part", "n_stops"), forms({"nc": 2}, 10, parts=5), indirect=["store"]
)
def test_a_run_that_is_asked_to_end_leaves_nothing_behind_and_is_completed(
    bench: Any, store: str, part: int, n_stops: int
) -> None:
    write_batch(bench)
    expected, whole_s = unbroken(bench)
    moments = np.random.default_rng([SEED, 10 + part])
    stopped = 0
    while stopped < n_stops:
        shutil.rmtree(bench.out)
        grace = ("0", "20")[stopped % 2]
        with Reader(bench.out) as reader:
            fraction_s = float(moments.uniform(0.0, whole_s))
            code = end_after(bench, fraction_s, terminate, "--grace", grace)
            # A run that has said all it had to say is ended by the signal while Python closes.
            assert code in (None, 130) or (code == -signal.SIGTERM and summaries(bench) == [0])
            assert living(bench) == []
            assert hidden(bench) == []
            check_completed(bench, expected)
        assert reader.faults == []
        stopped += code not in (None, -signal.SIGTERM)


def summaries(bench: Any) -> list[int]:
    """Return what the runs so far said they exit with."""
    files = sorted(bench.out.glob("runs/*/summary.json"))
    return [json.loads(file.read_text())["exit_code"] for file in files]


def sizes(part: int, count: int) -> list[int]:
    """Return limits of a file's size, from nearly nothing to more than any file needs."""
    generator = np.random.default_rng([SEED, 20 + part])
    return [int(10 ** generator.uniform(1.0, 6.7)) for _ in range(count)]


@pytest.mark.parametrize(
    ("store", "part", "n_limits"), forms({"nc": 2}, 10, parts=5), indirect=["store"]
)
def test_a_full_disk_is_named_leaves_nothing_half_done_and_is_completed(
    bench: Any, store: str, part: int, n_limits: int
) -> None:
    write_batch(bench)
    expected, _ = unbroken(bench)
    for size in sizes(part, n_limits):
        shutil.rmtree(bench.out)
        with Reader(bench.out) as reader:
            process = bench.start("--jobs", "2", preexec_fn=limited(size))
            _, said = process.communicate(timeout=240)
            assert process.returncode in (0, 1), said
            assert "Traceback" not in said
            if process.returncode:
                assert "error: " in said
                assert "too large" in said  # the system's own words
            assert living(bench) == []
            assert hidden(bench) == [], size
            check_completed(bench, expected)
        assert reader.faults == []


MOUNTED = """
set -e
mount -t tmpfs -o size={size} tmpfs {out}
set +e
{command}
code=$?
set -e
find {out} -name '.*' ! -path {out} > {folder}/hidden.txt
mount -o remount,size=200m {out}
{command}
cp -r {out}/. {folder}/kept
exit $code
"""


def can_mount() -> bool:
    """Tell whether this user may mount a file system that nobody else sees."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize(
    ("store", "size"),
    [
        pytest.param("nc", 40_960, marks=pytest.mark.slow),
        *(
            pytest.param(store, size, marks=pytest.mark.nightly)
            for store in STORES
            for size in (200_000, 3_000_000)
        ),
    ],
    indirect=["store"],
)
def test_a_file_system_without_room_fails_jobs_that_the_next_run_completes(
    bench: Any, store: str, size: int
) -> None:
    if not can_mount():
        pytest.skip("no file system of a given size can be mounted here")
    write_batch(bench)
    expected, _ = unbroken(bench)
    shutil.rmtree(bench.out)
    for folder in (bench.out, bench.folder / "kept"):
        folder.mkdir()
    command = " ".join(f"'{word}'" for word in bench.command("--jobs", "2"))
    script = MOUNTED.format(size=size, out=bench.out, command=command, folder=bench.folder)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        env=bench.environment(),
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert (bench.folder / "hidden.txt").read_text() == ""
    assert values(bench.folder / "kept") == expected


def parent_of(pid: int) -> int:
    """Return the process that started a process."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return int(stat.rpartition(")")[2].split()[1])


def test_the_death_of_the_childrens_server_fails_what_runs_and_nothing_else(bench: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["long", "fake.mean"])},
        {"long": {"recipe": "fake.slow", "params": {"seconds": 600.0}}},
    )
    process = bench.start("--jobs", "1")
    until(lambda: bench.tally.exists() and "slow" in bench.tally.read_text(), process)
    (server,) = {parent_of(pid) for pid in living(bench)} & set(living(bench)) - {process.pid}
    os.kill(server, signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert bench.statuses() == ["failed", "done"]
    assert "server of its process was ended" in said
    wait_until_all_are_gone(bench)
    assert hidden(bench) == []


@pytest.mark.slow
def test_termination_of_every_process_of_a_run_leaves_jobs_their_grace(bench: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", "w2", recipes=["brief"])},
        {"brief": {"recipe": "fake.slow", "params": {"seconds": 1.0}}},
    )
    process = bench.start("--jobs", "1")
    until(lambda: bench.tally.exists() and "slow" in bench.tally.read_text(), process)
    # As Slurm and systemd do; a second time to the first process would end it at once.
    for pid in living(bench):
        os.kill(pid, signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert bench.statuses() == ["done", "blocked"]
    assert "stopping: 1 job that runs has 20 s to end" in said
    assert hidden(bench) == []


@pytest.mark.parametrize(
    ("store", "part", "n_kills"), forms({"nc": 1}, 10, parts=3), indirect=["store"]
)
def test_the_death_of_a_cluster_worker_costs_no_job_and_no_value(
    bench: Any, store: str, part: int, n_kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    for name in ("PYTHONPATH", "FAKE_TALLY"):
        monkeypatch.setenv(name, bench.environment()[name])
    write_batch(bench)
    expected, _ = unbroken(bench)
    generator = np.random.default_rng([SEED, 30 + part])
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        for _ in range(n_kills):
            shutil.rmtree(bench.out)
            wanted = int(generator.integers(0, N_JOBS))
            with Reader(bench.out) as reader:
                process = bench.start("--scheduler", cluster.scheduler_address, "--jobs", "2")
                until(lambda n=wanted: len(results(bench.out)) >= n, process)
                _kill_one(cluster, distributed, int(generator.integers(2)))
                _, said = process.communicate(timeout=300)
                assert process.returncode == 0, said
            assert reader.faults == []
            assert hidden(bench) == []
            assert values(bench.out) == expected


def _kill_one(cluster: Any, distributed: Any, which: int) -> None:
    with distributed.Client(cluster, set_as_default=False) as client:
        pids = sorted(client.run(os.getpid).values())
    os.kill(pids[which % len(pids)], signal.SIGKILL)
