from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import jobs
from neurokit.batch.chosen import Choices
from neurokit.batch.jobs import Job, problem, problem_of
from neurokit.batch.plan import Planner
from neurokit.batch.store import Store
from neurokit.batch.tasks import stamp_of, task_of
from neurokit.catalog import Catalog
from neurokit.errors import FileContentError, NeurokitError


def raised(error: Exception) -> dict[str, str]:
    try:
        raise error
    except type(error) as caught:
        return problem_of(caught)


@pytest.fixture
def planned(bench: Any) -> tuple[Catalog, Job]:
    bench.write(
        {
            "a": bench.dataset("w1", recipes=["fake.mean"]),
            "b": bench.dataset("w2", recipes=["fake.mean"]),
        }
    )
    catalog = Catalog.read(bench.path)
    entry = catalog.datasets["a"]
    (job,) = Planner(catalog, Store(bench.out), {}).jobs(entry, Choices(catalog).of(entry))
    return catalog, job


def test_an_error_of_neurokit_is_split_into_message_and_mend() -> None:
    found = raised(FileContentError("is empty", where="a.bdf", mend="Download it again."))
    assert found["class"] == "FileContentError"
    assert found["message"] == "a.bdf: is empty"
    assert found["mend"] == "Download it again."
    assert found["traceback"].startswith("Traceback")


def test_an_error_without_a_place_is_its_message() -> None:
    assert raised(NeurokitError("is empty"))["message"] == "is empty"


def test_any_other_error_names_its_class_and_says_where_to_look() -> None:
    found = raised(KeyError("signal"))
    assert (found["class"], found["message"]) == ("KeyError", "'signal'")
    assert "--debug" in found["mend"]
    assert raised(ValueError())["message"] == "said nothing"


def test_a_long_traceback_keeps_its_end() -> None:
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError("the end " + "x" * 100)
        # Two functions in turn, or repeated lines would be folded.
        deeper(n - 1)

    def deeper(n: int) -> None:
        deep(n)

    try:
        deep(400)
    except ValueError as error:
        text = problem_of(error)["traceback"]
    assert len(text) <= jobs.TRACEBACK_CHARACTERS
    assert "the end" in text


def test_a_problem_carries_more_where_there_is_more() -> None:
    assert problem("JobError", "died", "Run it again.", log="last words") == {
        "class": "JobError",
        "message": "died",
        "mend": "Run it again.",
        "log": "last words",
    }


def test_a_row_says_what_the_job_was_and_rounds_what_it_took(
    planned: tuple[Catalog, Job],
) -> None:
    _, job = planned
    row = job.row("done", seconds=1.23456, peak_mb=210.789, path="a/b")
    assert (row["dataset"], row["recording"], row["recipe"]) == ("a", "w1", "fake.mean")
    assert (row["seconds"], row["peak_mb"]) == (1.235, 210.8)
    assert row["key"] == job.key
    assert row["error"] is None


def test_a_task_holds_its_own_dataset_alone_and_crosses_to_another_process(
    planned: tuple[Catalog, Job], tmp_path: Path
) -> None:
    catalog, job = planned
    task = task_of(
        catalog,
        "a",
        job.recordings,
        tmp_path,
        limits=(1.0, 2.0),
        recipe=job.recipe,
        parameters=job.parameters,
        stamp=stamp_of(job, catalog),
    )
    assert list(task.catalog.datasets) == ["a"]
    # What multiprocessing does on the way to a child.
    back = pickle.loads(pickle.dumps(task))
    assert back == task
    assert back.environment["OMP_NUM_THREADS"] == "1"


def test_the_environment_is_not_shown_since_it_may_hold_secrets(
    planned: tuple[Catalog, Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_TOKEN", "a-secret")
    catalog, _ = planned
    assert "a-secret" not in repr(task_of(catalog, "a", None, tmp_path, limits=(1.0, 2.0)))
