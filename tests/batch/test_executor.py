from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import executor
from neurokit.batch.chosen import Choices
from neurokit.batch.executor import LocalExecutor
from neurokit.batch.jobs import Ended, Task
from neurokit.batch.tasks import task_of
from neurokit.catalog import Catalog
from neurokit.io import open as open_tree

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def task(bench: Any) -> Any:
    """Make tasks of a recipe with parameters."""

    def make(recipe: str, *, seconds: float = 60, memory_mb: float = 4000, **params: Any) -> Task:
        dataset = bench.dataset("w1", recipes=["x"])
        bench.write({"a": dataset}, {"x": {"recipe": recipe, "params": params}})
        catalog = Catalog.read(bench.path)
        (chosen,) = Choices(catalog).of(catalog.datasets["a"])
        place = bench.folder / f"place-{len(list(bench.folder.glob('place-*')))}"
        place.mkdir()
        return task_of(
            catalog,
            "a",
            ("w1",),
            place,
            limits=(seconds, memory_mb),
            recipe=chosen.recipe,
            parameters=chosen.parameters,
        )

    return make


def finish(*tasks: Task, n_jobs: int = 2) -> list[Ended]:
    running, waiting, ended = LocalExecutor(n_jobs), dict(enumerate(tasks)), {}
    try:
        while len(ended) < len(tasks):
            for number in list(waiting)[: running.free]:
                running.submit(number, waiting.pop(number))
            ended |= dict(running.wait())
    finally:
        running.close()
    return [ended[number] for number in range(len(tasks))]


def test_a_child_leaves_a_manifest_and_says_what_it_used(task: Any) -> None:
    one = task("fake.mean")
    (ended,) = finish(one)
    assert ended.error is None
    assert ended.manifest is not None
    assert ended.manifest["result"] == "result.nc"
    assert ended.seconds > 0
    assert ended.peak_mb > 50 or sys.platform == "win32"
    assert json.loads((one.workspace / "manifest.json").read_text()) == ended.manifest


def test_what_a_recipe_raises_comes_back_with_its_traceback(task: Any) -> None:
    unknown, known = finish(
        task("fake.raise", what="ValueError"), task("fake.raise", what="NeurokitError")
    )
    assert unknown.error is not None
    assert unknown.error["class"] == "ValueError"
    assert unknown.error["message"] == "a/w1: the matrix is singular"
    assert "in fail" in unknown.error["traceback"]
    assert known.error is not None
    assert known.error["message"] == "a/w1: worm.h5: has no heartbeat"
    assert known.error["mend"] == "Feed the worm."


def test_a_recipe_that_leaves_or_gives_nothing_is_a_failure(task: Any) -> None:
    left, nothing = finish(
        task("fake.raise", what="SystemExit"), task("fake.raise", what="nothing")
    )
    assert left.error is not None
    assert left.error["class"] == "SystemExit"
    assert nothing.error is not None
    assert "not an Outcome" in nothing.error["message"]


@pytest.mark.parametrize("what", ["sleep", "spin", "block"])
def test_a_child_that_hangs_is_ended_at_its_limit(task: Any, what: str) -> None:
    (ended,) = finish(task("fake.trouble", what=what, seconds=1.0))
    assert ended.error is not None
    assert ended.error["class"] == "JobError"
    assert ended.error["message"].startswith("a/w1/fake.trouble: did not end within")
    assert f"about to {what}" in ended.error["log"]
    assert 1.0 <= ended.seconds < 6.0


@pytest.mark.parametrize(
    ("what", "said"), [("exit", "code 3"), ("kill", "SIGKILL"), ("crash", "SIGSEGV")]
)
def test_a_child_that_dies_is_a_failure_that_says_how(task: Any, what: str, said: str) -> None:
    (ended,) = finish(task("fake.trouble", what=what))
    assert ended.error is not None
    assert said in ended.error["message"]
    assert f"about to {what}" in ended.error["log"]


@linux
@pytest.mark.parametrize("what", ["hoard", "huge"])
def test_a_child_that_eats_memory_is_stopped_by_its_limit(task: Any, what: str) -> None:
    (ended,) = finish(task("fake.trouble", what=what, memory_mb=700))
    assert ended.error is not None
    assert ended.error["class"] == "JobError"
    assert "memory" in ended.error["message"]
    assert "700 MB" in ended.error["message"]


def test_a_thread_left_behind_does_not_hold_up_a_job(task: Any) -> None:
    (ended,) = finish(task("fake.trouble", what="thread", seconds=30))
    assert ended.error is None


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_what_a_child_started_ends_with_it(task: Any, bench: Any) -> None:
    (ended,) = finish(task("fake.trouble", what="child", seconds=3.0))
    assert ended.error is not None
    inner = int(bench.tally.read_text(encoding="utf-8"))
    for _ in range(100):
        if not is_running(inner):
            return
        time.sleep(0.05)
    raise AssertionError("the child of a child that was ended lives on")


def test_a_failing_child_costs_its_own_job_only(task: Any) -> None:
    ended = finish(
        task("fake.trouble", what="kill"),
        task("fake.mean"),
        task("fake.raise", what="ValueError"),
        task("fake.mean"),
    )
    assert [one.error is None for one in ended] == [False, True, False, True]


def test_closing_ends_children_and_removes_their_workspaces(task: Any) -> None:
    running, one = LocalExecutor(1), task("fake.trouble", what="sleep")
    running.submit(0, one)
    clock = time.perf_counter()
    running.close()
    assert time.perf_counter() - clock < 10
    assert not one.workspace.exists()
    assert running.free == 1


def test_a_child_sees_the_environment_of_now_with_one_thread(
    task: Any, monkeypatch: pytest.MonkeyPatch, bench: Any
) -> None:
    # The server of the children started earlier, with another environment.
    monkeypatch.setenv("FAKE_TALLY", str(bench.folder / "elsewhere.txt"))
    one = task("fake.noise")
    (ended,) = finish(one)
    assert ended.error is None
    assert (bench.folder / "elsewhere.txt").read_text(encoding="utf-8") == "noise w1\n"
    assert open_tree(one.workspace / "result.nc")["threads"].item() == 1


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no fork server by default")
def test_a_child_finds_heavy_libraries_loaded(task: Any) -> None:
    one = task("fake.noise")
    finish(one)
    assert open_tree(one.workspace / "result.nc")["preloaded"].item() == 1


@pytest.mark.slow
def test_without_a_fork_server_children_start_afresh(
    task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "_context", lambda: multiprocessing.get_context("spawn"))
    fine, hanging = task("fake.noise"), task("fake.trouble", what="sleep", seconds=20.0)
    ended = finish(fine, hanging)
    assert [one.error is None for one in ended] == [True, False]
    tree = open_tree(fine.workspace / "result.nc")
    assert (tree["threads"].item(), tree["preloaded"].item()) == (1, 0)


def test_a_child_does_not_import_the_main_script(task: Any, monkeypatch: Any) -> None:
    script = task("fake.mean").workspace / "script.py"
    script.write_text("raise SystemExit('the script was run again')", encoding="utf-8")
    # Under pytest-xdist the main module has no file at all.
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(script), raising=False)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    (ended,) = finish(task("fake.mean"))
    assert ended.error is None
    assert sys.modules["__main__"].__file__ == str(script)


def test_a_signal_without_a_name_is_still_said() -> None:
    assert (
        "signal 63" in executor._cause_of_death(-63)[0] or "SIG" in executor._cause_of_death(-63)[0]
    )
    assert "left no result" in executor._cause_of_death(0)[0]


class Dying:
    """A server that dies so many times while a child starts."""

    def __init__(self, deaths: int, error: Exception) -> None:
        self.deaths, self.error, self.real = deaths, error, executor._started

    def __call__(self, task: Task) -> Any:
        self.deaths -= 1
        if self.deaths >= 0:
            raise self.error
        return self.real(task)


@pytest.mark.parametrize("error", [EOFError(), ConnectionRefusedError(111, "Connection refused")])
def test_a_child_is_started_again_where_its_server_was_just_dying(
    task: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(executor, "_started", Dying(2, error))
    (ended,) = finish(task("fake.noise"))
    assert ended.error is None


def test_a_child_that_cannot_be_started_at_all_fails_its_job_only(
    task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "LOOK_EVERY_S", 0.001)
    dying = Dying(executor.START_TRIES, OSError(12, "Cannot allocate memory"))
    monkeypatch.setattr(executor, "_started", dying)
    failed, fine = finish(task("fake.noise"), task("fake.noise"), n_jobs=1)
    assert failed.error is not None
    assert "could not be started ([Errno 12] Cannot allocate memory)" in failed.error["message"]
    assert fine.error is None
