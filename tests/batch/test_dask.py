"""Runs against a real scheduler and real workers, each a process on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import run_catalog
from neurokit.batch.remote import worker_of
from neurokit.io import open as open_tree

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="ends processes found in /proc"),
]


class Cluster:
    """A scheduler and workers, started as a user would in a shell."""

    def __init__(self, bench: Any) -> None:
        self.bench, self.file = bench, str(bench.folder / "scheduler.json")
        self.processes: list[subprocess.Popen[str]] = []
        self._start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", self.file)
        until(lambda: Path(self.file).exists())

    def _start(self, *words: str) -> subprocess.Popen[str]:
        log = self.bench.folder / f"{words[0]}-{len(self.processes)}.log"
        with log.open("w", encoding="utf-8") as handle:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1"],
                env=self.bench.environment(),
                cwd=self.bench.folder,
                text=True,
                stdout=handle,
                stderr=handle,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def add(self, n_workers: int, *words: str) -> None:
        """Start workers and wait until the scheduler knows them."""
        for _ in range(n_workers):
            self._start("worker", "--nthreads", "1", "--scheduler-file", self.file, *words)
        with self.client() as client:
            client.wait_for_workers(n_workers, timeout=240)

    def client(self) -> Any:
        """Return a client of the scheduler."""
        return distributed.Client(scheduler_file=self.file, set_as_default=False)

    def pids(self) -> dict[str, int]:
        """Return the process of the worker at each address."""
        with self.client() as client:
            found: dict[str, int] = client.run(os.getpid)
        return found

    def close(self) -> None:
        """End every process that was started here."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(bench: Any) -> Iterator[Cluster]:
    made = Cluster(bench)
    yield made
    made.close()


def until(is_so: Any, seconds: float = 240) -> None:
    """Wait for something to be so."""
    for _ in range(int(seconds / 0.05)):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


def values(out: Path, summary: dict[str, Any]) -> dict[str, bytes]:
    """Return every value and figure of a run's results, as bytes."""
    found = {}
    for row in summary["rows"]:
        folder = out / row["path"]
        for name, variable in open_tree(folder / "result.nc").data_vars.items():
            found[f"{row['path']} {name}"] = variable.to_numpy().tobytes()
        for file in (folder / "figures").glob("*"):
            found[f"{row['path']} {file.name}"] = file.read_bytes()
    return found


def test_a_cluster_gives_the_values_that_one_machine_gives(
    bench: Any, cluster: Cluster, no_report: Any
) -> None:
    recipes = ["fake.mean", "fake.after", "fake.noise", "fake.raise"]
    bench.write({"a": bench.dataset("w1", "w2", recipes=recipes)})
    cluster.add(2)
    ways: dict[str, dict[str, Any]] = {
        "one": {"jobs": 1},
        "two": {"jobs": 2},
        "dask": {"scheduler": cluster.file},
    }
    statuses, found = [], []
    for name, options in ways.items():
        out = bench.folder / name
        summary = run_catalog(bench.path, out=out, recipe=recipes[:3], **options)
        statuses.append([(row["key"], row["status"]) for row in summary["rows"]])
        found.append(values(out, summary))
        assert list(out.rglob(".*")) == []
    assert {status for _, status in statuses[0]} == {"done"}
    assert statuses[0] == statuses[1] == statuses[2]
    assert len(found[0]) >= 10
    assert found[0] == found[1] == found[2]
    again = run_catalog(bench.path, out=bench.folder / "dask", scheduler=cluster.file)
    assert again["counts"] == {"cached": 6, "failed": 2}
    messages = {row["error"]["message"] for row in again["rows"] if row["error"]}
    assert messages == {"a/w1: the matrix is singular", "a/w2: the matrix is singular"}


def begun(bench: Any) -> list[Path]:
    """Return the attempts whose child has started."""
    return [log.parent for log in bench.out.rglob("attempt-*/log.txt")]


def test_the_job_of_a_lost_worker_runs_on_another(
    bench: Any, cluster: Cluster, no_report: Any
) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["long"])},
        {"long": {"recipe": "fake.slow", "params": {"seconds": 4.0}}},
    )
    cluster.add(2, "--no-nanny")
    pids = cluster.pids()
    killed = []

    def kill() -> None:
        until(lambda: bench.tally.exists())
        killed.append(worker_of(begun(bench)[0]))
        os.kill(pids[killed[0]], signal.SIGKILL)

    other = threading.Thread(target=kill)
    other.start()
    summary = run_catalog(bench.path, out=bench.out, scheduler=cluster.file)
    other.join()
    assert summary["counts"] == {"done": 1}
    assert bench.ran() == ["slow w1", "slow w1"]
    assert set(cluster.pids()) == set(pids) - set(killed)
    assert list(bench.out.rglob(".*")) == []


def test_a_job_that_kills_three_workers_is_failed_and_none_is_left(
    bench: Any, cluster: Cluster, no_report: Any
) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["deadly"])},
        {"deadly": {"recipe": "fake.trouble", "params": {"what": "worker"}}},
    )
    cluster.add(3, "--no-nanny")
    addresses = set(cluster.pids())
    summary = run_catalog(bench.path, out=bench.out, scheduler=cluster.file)
    (row,) = summary["rows"]
    assert (summary["exit_code"], row["status"]) == (1, "failed")
    assert row["error"]["class"] == "JobError"
    assert row["error"]["message"].startswith("a/w1/fake.trouble: 3 workers died")
    assert all(address in row["error"]["message"] for address in addresses)
    assert row["error"]["log"] == "about to worker"
    assert list(bench.out.rglob(".*")) == []


def test_sigterm_ends_the_run_and_its_jobs_elsewhere(
    bench: Any, cluster: Cluster, no_report: Any
) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["fake.trouble"])},
        {"fake.trouble": {"recipe": "fake.trouble", "params": {"what": "child"}}},
    )
    cluster.add(1)
    process = bench.start("--scheduler", cluster.file, "--grace", "0")
    until(lambda: bench.tally.exists() and bench.tally.read_text())
    process.terminate()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert bench.statuses() == ["blocked"]
    inner = int(bench.tally.read_text(encoding="utf-8"))
    until(lambda: not is_running(inner))
    assert list(bench.out.rglob(".*")) == []
    assert len(cluster.pids()) == 1


def is_running(pid: int) -> bool:
    """Tell whether a process lives."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def test_workers_of_this_machine_need_one_word_and_end_with_ctrl_c(bench: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["fake.mean", "long"])},
        {"long": {"recipe": "fake.slow", "params": {"seconds": 300.0}}},
    )
    process = bench.start("--dask", "local", "--jobs", "1", "--grace", "0", start_new_session=True)
    until(lambda: bench.tally.exists() and "slow" in bench.tally.read_text())
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert bench.statuses() == ["done", "blocked"]
    assert list(bench.out.rglob(".*")) == []
