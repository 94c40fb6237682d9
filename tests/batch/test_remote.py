"""What a worker of a cluster does with one task; the worker itself is pretended."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neurokit.batch import remote
from neurokit.batch.chosen import Choices
from neurokit.batch.jobs import Task
from neurokit.batch.remote import Attempted, attempts, attend, code_of, worker_of
from neurokit.batch.tasks import task_of
from neurokit.catalog import Catalog

distributed = pytest.importorskip("distributed")
ADDRESS = "tcp://127.0.0.1:40331"


@pytest.fixture
def task(bench: Any) -> Any:
    def make(recipe: str, *, seconds: float = 60, **params: Any) -> Task:
        bench.write(
            {"a": bench.dataset("w1", recipes=["x"])}, {"x": {"recipe": recipe, "params": params}}
        )
        catalog = Catalog.read(bench.path)
        (chosen,) = Choices(catalog).of(catalog.datasets["a"])
        place = bench.folder / ".0123456789ab-01234567"
        place.mkdir()
        return task_of(
            catalog,
            "a",
            ("w1",),
            place,
            limits=(seconds, 4000),
            recipe=chosen.recipe,
            parameters=chosen.parameters,
        )

    return make


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    pretended = SimpleNamespace(address=ADDRESS, status=SimpleNamespace(name="running"))
    monkeypatch.setattr(distributed, "get_worker", lambda: pretended)
    return pretended


def begun(task: Task, *addresses: str) -> None:
    """Leave what workers leave that died while they ran a task."""
    for number, address in enumerate(addresses):
        place = task.workspace / f"attempt-{number}-{remote.quote(address, safe='')}"
        place.mkdir()
        (place / "log.txt").write_text(f"said on {address}\n", encoding="utf-8")


def test_a_task_leaves_its_outcome_in_a_folder_of_the_attempt(task: Any) -> None:
    one = task("fake.mean")
    attempted = attend(one, code_of(one))
    (place,) = attempts(one.workspace)
    assert attempted.ended.error is None
    assert attempted.place == place.name
    assert worker_of(place) == ADDRESS
    assert {path.name for path in one.workspace.iterdir()} == {place.name}
    assert {"result.nc", "manifest.json"} <= {path.name for path in place.iterdir()}


def test_limits_hold_on_a_worker_as_they_do_here(task: Any) -> None:
    one = task("fake.trouble", what="spin", seconds=2.0)
    attempted = attend(one, code_of(one))
    assert attempted.ended.error is not None
    assert "did not end within its limit of 2 s" in attempted.ended.error["message"]


def test_settings_go_along_and_those_of_the_worker_win(
    task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = replace(
        task("fake.mean"),
        environment={"NEUROKIT_MIRROR": "/sent", "NEUROKIT_CACHE": "/sent", "HOME": "/sent"},
    )
    monkeypatch.setenv("NEUROKIT_CACHE", "/own")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    seen = remote._environment(one)
    assert (seen["NEUROKIT_MIRROR"], seen["NEUROKIT_CACHE"]) == ("/sent", "/own")
    assert seen["OMP_NUM_THREADS"] == "1"
    assert seen.get("HOME") != "/sent"


def test_a_worker_that_does_not_share_the_store_says_so(task: Any) -> None:
    one = task("fake.mean")
    one.workspace.rmdir()
    attempted = attend(one, code_of(one))
    assert attempted.place is None
    assert attempted.ended.error is not None
    assert ADDRESS in attempted.ended.error["message"]
    assert "--out" in attempted.ended.error["mend"]
    assert not one.workspace.exists()


def test_a_worker_with_other_code_computes_nothing(task: Any, bench: Any) -> None:
    one = task("fake.mean")
    error = attend(one, "0.0.9+abc").ended.error
    assert error is not None
    assert "0.0.9+abc" in error["message"]
    assert "Install the same" in error["mend"]
    assert bench.ran() == []
    assert attempts(one.workspace) == []


def test_the_code_of_a_recipe_of_others_counts(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = task("fake.mean")
    before = code_of(one)
    monkeypatch.setattr("neurokit.batch.keys.recipe_source", lambda run: f"changed {run}")
    assert code_of(one) != before
    assert code_of(replace(one, recipe=None)) == before.partition(" ")[0]


@pytest.mark.parametrize("deaths", [2, 3])
def test_the_third_death_of_a_worker_is_the_last(task: Any, bench: Any, deaths: int) -> None:
    one = task("fake.mean")
    begun(one, *(f"tcp://10.0.0.{number}:1" for number in range(deaths)))
    attempted = attend(one, code_of(one))
    if deaths == 2:
        assert attempted.ended.error is None
        assert bench.ran() == ["mean w1"]
        return
    error = attempted.ended.error
    assert error is not None
    assert error["class"] == "JobError"
    assert error["message"].startswith("a/w1/fake.mean: 3 workers died")
    assert "tcp://10.0.0.0:1, tcp://10.0.0.1:1, tcp://10.0.0.2:1" in error["message"]
    assert error["log"] == "said on tcp://10.0.0.2:1"
    assert bench.ran() == []


def when_it_runs(one: Task, do: Any) -> threading.Thread:
    """Call `do` once the child of a task has said something."""

    def wait() -> None:
        for _ in range(1200):
            logs = [place / "log.txt" for place in attempts(one.workspace)]
            if any(log.is_file() and log.stat().st_size for log in logs):
                break
            threading.Event().wait(0.05)
        do()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_task_whose_folder_is_gone_is_ended(task: Any) -> None:
    import shutil

    one = task("fake.trouble", what="sleep", seconds=300)
    waiting = when_it_runs(one, lambda: shutil.rmtree(one.workspace))
    attempted = attend(one, code_of(one))
    waiting.join()
    assert attempted.place is None
    assert not one.workspace.exists()


def test_a_worker_that_closes_gives_its_task_back_uncounted(
    task: Any, worker: SimpleNamespace
) -> None:
    one = task("fake.trouble", what="sleep", seconds=300)
    waiting = when_it_runs(one, lambda: setattr(worker, "status", SimpleNamespace(name="closing")))
    with pytest.raises(distributed.Reschedule):
        attend(one, code_of(one))
    waiting.join()
    assert one.workspace.is_dir()
    assert attempts(one.workspace) == []


def test_a_daemon_may_start_a_child_and_is_a_daemon_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = multiprocessing.current_process()
    monkeypatch.setitem(process._config, "daemon", True)  # type: ignore[attr-defined]
    with remote._allowed_children():
        assert not process.daemon
    assert process.daemon


def test_what_crosses_the_network_comes_out_the_same(task: Any) -> None:
    from distributed.protocol import deserialize, serialize

    one = task("fake.mean", power=2)
    back = deserialize(*serialize(one))
    assert back == one
    ended = Attempted(remote.killed(one), "attempt-1-x")
    assert deserialize(*serialize(ended)) == ended
    assert isinstance(back.workspace, Path)
