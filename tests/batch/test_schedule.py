"""The order and the outcome of jobs, with children replaced by what they would leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurokit.batch.chosen import Choices
from neurokit.batch.jobs import Ended, Job, Task
from neurokit.batch.plan import Planner
from neurokit.batch.schedule import Schedule
from neurokit.batch.store import MANIFEST, Store, read_manifest
from neurokit.batch.watch import Limits, Watch
from neurokit.catalog import Catalog
from neurokit.io import write_json


class Pretending:
    """Leaves manifests without starting any child; the last submitted ends first."""

    def __init__(self, n_jobs: int = 2, fail: tuple[str, ...] = ()) -> None:
        self.n_jobs, self.fail = n_jobs, fail
        self.running: dict[int, Task] = {}
        self.order: list[str] = []
        self.tasks: list[Task] = []
        self.closed = False

    @property
    def free(self) -> int:
        return self.n_jobs - len(self.running)

    def submit(self, number: int, task: Task) -> None:
        assert self.free > 0
        self.running[number] = task
        self.tasks.append(task)
        self.order.append(f"{task.stamp['recipe']} {task.stamp['recording']}")

    def wait(self) -> list[tuple[int, Ended]]:
        number, task = self.running.popitem()
        if task.stamp["recipe"] in self.fail:
            fault = {"class": "ValueError", "message": "no", "mend": "Yes."}
            return [(number, Ended(None, fault, 2.0, 3.0))]
        manifest = {**task.stamp, "files": {}, "result": "result.nc"}
        write_json(task.workspace / MANIFEST, manifest)
        return [(number, Ended(manifest, None, 2.0, 3.0))]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def planned(bench: Any) -> tuple[Catalog, list[Job]]:
    bench.write(
        {"a": bench.dataset("w1", "w2", recipes=["over", "fake.after"])},
        {"over": {"recipe": "fake.compare", "needs": ["fake.after"]}},
    )
    catalog = Catalog.read(bench.path)
    entry = catalog.datasets["a"]
    planner = Planner(catalog, Store(bench.out), {})
    return catalog, planner.jobs(entry, Choices(catalog).of(entry))


def scheduled(bench: Any, catalog: Catalog, running: Any, limits: Limits | None = None) -> Schedule:
    return Schedule(catalog, Store(bench.out), running, limits or Limits(), Watch())


def test_no_job_starts_before_what_it_needs(bench: Any, planned: tuple[Catalog, list[Job]]) -> None:
    catalog, jobs = planned
    running = Pretending(n_jobs=3)
    schedule = scheduled(bench, catalog, running)
    schedule.run(jobs)
    for name in ("w1", "w2"):
        assert running.order.index(f"fake.mean {name}") < running.order.index(f"fake.after {name}")
    assert running.order[-1] == "over all"
    assert {row["status"] for row in schedule.rows.values()} == {"done"}
    assert all((row["seconds"], row["peak_mb"]) == (2.0, 3.0) for row in schedule.rows.values())


def test_a_job_is_told_where_the_results_it_needs_lie(
    bench: Any, planned: tuple[Catalog, list[Job]]
) -> None:
    catalog, jobs = planned
    running = Pretending()
    schedule = scheduled(bench, catalog, running)
    schedule.run(jobs)
    last = running.tasks[-1]
    assert [label for label, _ in last.needs] == ["fake.after/w1", "fake.after/w2"]
    for _, path in last.needs:
        assert path.name == "result.nc"
        assert read_manifest(path.parent) is not None


def test_what_depends_on_a_failure_is_blocked_and_never_started(
    bench: Any, planned: tuple[Catalog, list[Job]]
) -> None:
    catalog, jobs = planned
    running = Pretending(fail=("fake.mean",))
    schedule = scheduled(bench, catalog, running)
    schedule.run(jobs)
    assert sorted(running.order) == ["fake.mean w1", "fake.mean w2"]
    found = {f"{job.recipe} {job.recording}": row for job, row in schedule.rows.items()}
    assert found["fake.mean w1"]["status"] == "failed"
    assert found["fake.after w1"]["status"] == found["over all"]["status"] == "blocked"
    assert found["fake.mean w1"]["path"] is None
    assert list(bench.out.rglob("*")) == []


def test_limits_are_the_recipes_unless_the_run_has_its_own(
    bench: Any, planned: tuple[Catalog, list[Job]]
) -> None:
    catalog, jobs = planned
    running = Pretending()
    scheduled(bench, catalog, running).run(jobs[:1])
    assert (running.tasks[0].time_limit_s, running.tasks[0].memory_limit_mb) == (1800.0, 6000)
    scheduled(bench, catalog, running, Limits(memory_mb=5.0)).run(jobs[1:2])
    assert (running.tasks[1].time_limit_s, running.tasks[1].memory_limit_mb) == (1800.0, 5.0)


def test_a_result_that_cannot_be_put_in_place_is_a_failure(
    bench: Any, planned: tuple[Catalog, list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    catalog, jobs = planned
    monkeypatch.setattr(Path, "rename", rename)
    schedule = scheduled(bench, catalog, Pretending())
    schedule.run(jobs[:1])
    (row,) = schedule.rows.values()
    assert row["status"] == "failed"
    assert row["error"] is not None
    assert "No space left" in row["error"]["message"]
    monkeypatch.undo()
    assert list(bench.out.rglob("*")) == []


def test_closing_gives_back_what_was_claimed(
    bench: Any, planned: tuple[Catalog, list[Job]]
) -> None:
    class Interrupted(Pretending):
        def wait(self) -> list[tuple[int, Ended]]:
            raise KeyboardInterrupt

    catalog, jobs = planned
    running = Interrupted()
    schedule = scheduled(bench, catalog, running)
    with pytest.raises(KeyboardInterrupt):
        schedule.run(jobs)
    for task in running.tasks:
        task.workspace.rmdir()  # the executor's part, which is pretended here
    schedule.close()
    assert running.closed
    assert list(bench.out.rglob("*")) == []
