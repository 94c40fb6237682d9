"""What is made of a cluster's answers; the scheduler is pretended, a real one is in test_dask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import cluster
from neurokit.batch.chosen import Choices
from neurokit.batch.cluster import DaskExecutor
from neurokit.batch.jobs import Ended, Task
from neurokit.batch.remote import Attempted
from neurokit.batch.run import run_catalog
from neurokit.batch.tasks import task_of
from neurokit.catalog import Catalog
from neurokit.cli import main
from neurokit.errors import ClusterError, DependencyError, OptionError

distributed = pytest.importorskip("distributed")
HERE = "tcp://127.0.0.1:40331"


class Future:
    """A future whose status the test sets."""

    def __init__(self, call: Any) -> None:
        self.call, self.status = call, "pending"
        self.answer: Any = None

    def add_done_callback(self, call: Any) -> None:
        self.done = call

    def result(self) -> Any:
        return self.answer

    def exception(self) -> Any:
        return self.answer


class Client:
    """A scheduler's client with futures at hand."""

    def __init__(self) -> None:
        self.status, self.threads = "running", {HERE: 3}
        self.futures: list[Future] = []
        self.cancelled: list[Future] = []

    def submit(self, call: Any, *, key: str, pure: bool) -> Future:
        assert not pure
        self.futures.append(Future(call))
        return self.futures[-1]

    def nthreads(self) -> dict[str, int]:
        return self.threads

    def cancel(self, futures: list[Future], *, force: bool) -> None:
        self.cancelled += futures

    def close(self) -> None:
        self.status = "closed"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr(distributed, "Client", lambda **_: made)
    monkeypatch.setattr(cluster, "LOOK_EVERY_S", 0.001)
    return made


@pytest.fixture
def running(client: Client) -> DaskExecutor:
    executor = DaskExecutor("tcp://127.0.0.1:8786")
    executor.open()
    return executor


@pytest.fixture
def task(bench: Any) -> Task:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    catalog = Catalog.read(bench.path)
    (chosen,) = Choices(catalog).of(catalog.datasets["a"])
    place = bench.folder / ".0123456789ab-01234567"
    place.mkdir()
    return task_of(catalog, "a", ("w1",), place, limits=(60, 4000), recipe=chosen.recipe)


def begin(task: Task, number: int, address: str = HERE) -> Path:
    place = task.workspace / f"attempt-{number}-{cluster_quote(address)}"
    place.mkdir()
    return place


def cluster_quote(address: str) -> str:
    return address.replace(":", "%3A").replace("/", "%2F")


def test_there_is_room_for_twice_what_works_or_what_was_asked(client: Client) -> None:
    few, many, asked = (DaskExecutor("tcp://h:1", n) for n in (None, None, 3))
    few.open()
    client.threads = {"a": 20, "b": 4}
    many.open()
    asked.open()
    assert [one.n_jobs for one in (few, many, asked)] == [8, 48, 3]


def test_submitted_tasks_take_room(running: DaskExecutor, task: Task) -> None:
    assert running.free == 8
    running.submit(0, task)
    assert running.free == 7
    assert running.wait() == []


def test_the_folder_of_the_attempt_that_ended_becomes_the_workspace(
    running: DaskExecutor, client: Client, task: Task
) -> None:
    running.submit(4, task)
    (begin(task, 1, "tcp://dead:1") / "half").touch()
    won = begin(task, 2)
    (won / "result.nc").touch()
    ended = Ended({"result": "result.nc"}, None, 1.0, 2.0)
    client.futures[0].status, client.futures[0].answer = "finished", Attempted(ended, won.name)
    assert running.wait() == [(4, ended)]
    assert [path.name for path in task.workspace.iterdir()] == ["result.nc"]
    assert [path.name for path in task.workspace.parent.glob(".*")] == [task.workspace.name]
    assert running.free == 8


def test_a_result_that_cannot_be_seen_from_here_is_a_failure(
    running: DaskExecutor, client: Client, task: Task
) -> None:
    running.submit(0, task)
    ended = Ended({"result": "result.nc"}, None, 1.0, 2.0)
    client.futures[0].status = "finished"
    client.futures[0].answer = Attempted(ended, "attempt-1-elsewhere")
    ((_, found),) = running.wait()
    assert found.manifest is None
    assert found.error is not None
    assert "cannot be taken" in found.error["message"]


def killed_worker() -> Exception:
    made: Exception = distributed.scheduler.KilledWorker("k", None, 0)
    return made


def test_a_scheduler_with_less_patience_is_asked_again_until_three_died(
    running: DaskExecutor, client: Client, task: Task
) -> None:
    running.submit(0, task)
    for number in (1, 2):
        begin(task, number)
        client.futures[-1].status, client.futures[-1].answer = "error", killed_worker()
        assert running.wait() == []
        assert len(client.futures) == 1 + number
    begin(task, 3)
    client.futures[-1].status, client.futures[-1].answer = "error", killed_worker()
    ((_, ended),) = running.wait()
    assert ended.error is not None
    assert "3 workers died" in ended.error["message"]


def test_workers_that_die_before_a_job_begins_are_not_tried_for_ever(
    running: DaskExecutor, client: Client, task: Task
) -> None:
    running.submit(0, task)
    ended: list[Any] = []
    while not ended:
        assert len(client.futures) < 10
        client.futures[-1].status, client.futures[-1].answer = "error", killed_worker()
        ended = running.wait()
    assert "died before it began" in ended[0][1].error["message"]


@pytest.mark.parametrize(("alive", "given_up"), [(HERE, False), ("tcp://other:1", True)])
def test_a_job_whose_third_worker_is_gone_waits_for_no_fourth(
    running: DaskExecutor, client: Client, task: Task, alive: str, given_up: bool
) -> None:
    running.submit(0, task)
    for number in (1, 2, 3):
        begin(task, number)
    client.threads = {alive: 1}
    assert bool(running.wait()) == given_up


def test_what_a_worker_cannot_import_is_named(
    running: DaskExecutor, client: Client, task: Task
) -> None:
    running.submit(0, task)
    client.futures[0].status = "error"
    client.futures[0].answer = ModuleNotFoundError("No module named 'fake_recipes'")
    ((_, ended),) = running.wait()
    assert ended.error is not None
    assert "No module named 'fake_recipes'" in ended.error["message"]
    assert "on every worker" in ended.error["mend"]


def test_a_lost_scheduler_fails_what_it_had_and_what_comes(
    running: DaskExecutor, client: Client, task: Task
) -> None:
    running.submit(0, task)
    client.status = "connecting"
    client.futures[0].status = "cancelled"
    running.submit(1, task)
    found = dict(running.wait())
    assert sorted(found) == [0, 1]
    for ended in found.values():
        assert ended.error is not None
        assert "scheduler tcp://127.0.0.1:8786 was lost" in ended.error["message"]
    assert len(client.futures) == 1


def test_closing_cancels_what_waits_and_removes_its_folders(
    running: DaskExecutor, client: Client, task: Task
) -> None:
    running.submit(0, task)
    begin(task, 1)
    running.close()
    running.close()
    assert client.cancelled == client.futures
    assert client.status == "closed"
    assert not task.workspace.exists()
    assert running.free == 8


def test_nobody_listening_is_an_error_that_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    executor = DaskExecutor("tcp://127.0.0.1:9")
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9: no scheduler answers"):
        executor.open()
    executor.close()


@pytest.mark.parametrize("scheduler", ["nosuch://127.0.0.1:9", "missing.json"])
def test_an_address_that_cannot_be_is_an_error_that_says_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheduler: str
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ClusterError, match=scheduler.replace(".", r"\.")):
        DaskExecutor(scheduler).open()


@pytest.mark.parametrize("scheduler", ["", "slurm", "LOCAL"])
def test_what_is_no_address_is_refused(scheduler: str) -> None:
    with pytest.raises(OptionError, match="tcp://host:8786"):
        DaskExecutor(scheduler)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"neurokit-xarray\[dask\]"):
        DaskExecutor("local")


def test_a_run_whose_scheduler_is_unreachable_leaves_nothing(
    bench: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    words = ["run", str(bench.path), "--out", str(bench.out), "--scheduler", "tcp://127.0.0.1:9"]
    assert main(words) == 1
    assert "error: tcp://127.0.0.1:9: no scheduler answers" in capsys.readouterr().err
    assert list(bench.out.rglob("*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dask", "slurm"], "--dask"),
        (["--dask", "local", "--scheduler", "tcp://h:1"], "one of the two"),
        (["--scheduler", "somewhere"], "tcp://host:8786"),
    ],
)
def test_wrong_words_are_wrong_usage(
    bench: Any, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    assert main(["run", str(bench.path), "--out", str(bench.out), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_cached_run_asks_no_scheduler_and_imports_nothing(bench: Any, no_report: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    assert run_catalog(bench.path, out=bench.out)["exit_code"] == 0
    code = (
        "import sys; from neurokit.cli import main; "
        f"code = main(['run', {str(bench.path)!r}, '--out', {str(bench.out)!r}, "
        "'--scheduler', 'tcp://127.0.0.1:9']); "
        "print(code, sorted({'distributed', 'dask', 'xarray', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=bench.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
