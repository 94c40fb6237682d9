from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from neurokit.batch import keys
from neurokit.batch.chosen import Choices
from neurokit.batch.jobs import Job
from neurokit.batch.plan import Planner
from neurokit.batch.store import MANIFEST, Store
from neurokit.catalog import Catalog
from neurokit.io import write_json

SIMULATED = {"name": "worms", "n_animals": 2, "random_state": 0}


@pytest.fixture(autouse=True)
def fixed_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "code_version", lambda: "1+0")


def plan(bench: Any, names: Any = None) -> list[Job]:
    catalog = Catalog.read(bench.path)
    choices, planner = Choices(catalog), Planner(catalog, Store(bench.out), {})
    return [
        job
        for entry in catalog.datasets.values()
        for job in planner.jobs(entry, choices.of(entry), names)
    ]


def by_name(jobs: list[Job]) -> dict[str, Job]:
    return {f"{job.id.recipe} {job.id.recording}": job for job in jobs}


def keep(job: Job) -> None:
    """Put a whole result where the job's would lie."""
    job.folder.mkdir(parents=True)
    content = {"key": job.key, "parts": job.parts, "files": {}, "started": "2026"}
    write_json(job.folder / MANIFEST, content)


@pytest.fixture
def two(bench: Any) -> Any:
    """Two recordings and recipes over each, over both, and after another."""
    recipes = ["fake.mean", "fake.after", "fake.compare"]
    bench.datasets = {"a": bench.dataset("w1", "w2", recipes=recipes)}
    bench.write(bench.datasets)
    return bench


def test_one_job_per_recording_and_one_over_the_dataset(two: Any) -> None:
    jobs = by_name(plan(two))
    assert list(jobs) == [
        "fake.mean w1",
        "fake.mean w2",
        "fake.after w1",
        "fake.after w2",
        "fake.compare all",
    ]
    assert jobs["fake.compare all"].recordings == ("w1", "w2")
    assert jobs["fake.mean w2"].recordings == ("w2",)
    assert {job.status for job in jobs.values()} == {"run"}
    assert len({job.key for job in jobs.values()}) == 5


def test_a_job_needs_the_result_of_its_own_recording(two: Any) -> None:
    jobs = by_name(plan(two))
    (need,) = jobs["fake.after w2"].needs
    assert (need.label, need.job) == ("fake.mean", jobs["fake.mean w2"].id)
    assert jobs["fake.after w2"].parts["needs"] == {"fake.mean": jobs["fake.mean w2"].key}


def test_a_job_over_the_dataset_needs_the_results_of_all_recordings(two: Any) -> None:
    two.write(two.datasets, {"fake.compare": {"recipe": "fake.compare", "needs": ["fake.mean"]}})
    needs = by_name(plan(two))["fake.compare all"].needs
    assert [need.label for need in needs] == ["fake.mean/w1", "fake.mean/w2"]


def test_a_job_of_a_recording_can_need_the_result_over_the_dataset(two: Any) -> None:
    two.write(two.datasets, {"fake.mean": {"recipe": "fake.mean", "needs": ["fake.compare"]}})
    jobs = by_name(plan(two))
    assert jobs["fake.mean w1"].needs[0].job == jobs["fake.compare all"].id


def changed(before: list[Job], after: list[Job]) -> set[str]:
    old, new = by_name(before), by_name(after)
    return {name for name in old if old[name].key != new[name].key}


def test_touching_files_or_moving_the_catalog_changes_no_key(two: Any) -> None:
    before = plan(two)
    for file in (two.folder / "data").iterdir():
        os.utime(file, (0, 0))
    assert changed(before, plan(two)) == set()
    moved = type(two)(two.folder.with_name(f"{two.folder.name}-moved"))
    two.folder.rename(moved.folder)
    assert changed(before, plan(moved)) == set()


def test_content_of_a_file_changes_its_own_jobs_and_those_over_the_dataset(two: Any) -> None:
    before = plan(two)
    two.datasets["a"]["recordings"]["w2"] = two.recording("w2", seed=9)
    two.write(two.datasets)
    assert changed(before, plan(two)) == {"fake.mean w2", "fake.after w2", "fake.compare all"}


def test_parameters_change_their_recipe_and_what_needs_it(two: Any) -> None:
    before = plan(two)
    two.write(two.datasets, {"fake.mean": {"recipe": "fake.mean", "params": {"power": 2}}})
    assert changed(before, plan(two)) == {
        "fake.mean w1",
        "fake.mean w2",
        "fake.after w1",
        "fake.after w2",
    }


def test_a_parameter_written_out_at_its_default_changes_nothing(two: Any) -> None:
    before = plan(two)
    two.write(two.datasets, {"fake.mean": {"recipe": "fake.mean", "params": {"power": 1}}})
    assert changed(before, plan(two)) == set()


@pytest.mark.parametrize(
    "more", [{"loader": "neurokit"}, {"licence": "CC-BY-4.0"}, {"doi": "10.1000/x"}]
)
def test_how_a_dataset_is_opened_and_what_is_written_into_it_changes_all(
    two: Any, more: dict[str, str]
) -> None:
    before = Catalog.read(two.path)
    entry = before.datasets["a"]
    choices, planner = Choices(before), Planner(before, Store(two.out), {})
    old = planner.jobs(entry, choices.of(entry))
    new = planner.jobs(replace(entry, **more), choices.of(entry))
    assert len(changed(old, new)) == 5


def test_titles_tags_and_citations_change_nothing(two: Any) -> None:
    before = plan(two)
    two.datasets["a"] |= {"title": "Another", "tags": ["x"], "citation": "Somebody 2026"}
    two.write(two.datasets)
    assert changed(before, plan(two)) == set()


def test_options_of_a_recording_change_its_own_jobs(two: Any) -> None:
    before = Catalog.read(two.path)
    entry = before.datasets["a"]
    second = replace(entry.recordings["w2"], options={"unit": "uV"})
    other = replace(entry, recordings={**entry.recordings, "w2": second})
    choices, planner = Choices(before), Planner(before, Store(two.out), {})
    old = planner.jobs(entry, choices.of(entry))
    new = planner.jobs(other, choices.of(entry))
    assert changed(old, new) == {"fake.mean w2", "fake.after w2", "fake.compare all"}


def test_code_and_sources_of_recipes_change_all(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan(two)
    monkeypatch.setattr(keys, "recipe_source", lambda run: "new")
    assert len(changed(before, plan(two))) == 5
    monkeypatch.undo()


def test_a_whole_result_of_the_key_is_cached(two: Any) -> None:
    first = plan(two)[0]
    keep(first)
    again = plan(two)[0]
    assert (again.status, again.reason) == ("cached", Store(two.out).relative(first.folder))


def test_the_reason_to_run_names_what_changed(two: Any) -> None:
    first = plan(two)[0]
    assert first.reason == "no result yet"
    keep(first)
    two.write(two.datasets, {"fake.mean": {"recipe": "fake.mean", "params": {"power": 2}}})
    older = Store(two.out).relative(first.folder)
    assert plan(two)[0].reason == f"changed: power 1 to 2; older result: {older}"


def test_what_is_not_at_hand_is_not_downloaded_and_the_dataset_runs_without_it(
    two: Any,
) -> None:
    (two.folder / "data" / "w2.nc").unlink()
    jobs = by_name(plan(two))
    assert jobs["fake.mean w2"].status == jobs["fake.after w2"].status == "not_downloaded"
    error = jobs["fake.mean w2"].error
    assert error is not None
    assert "data/w2.nc" in error["message"]
    assert "NEUROKIT_MIRROR" in error["mend"]
    assert jobs["fake.mean w1"].status == "run"
    assert (jobs["fake.compare all"].status, jobs["fake.compare all"].recordings) == (
        "run",
        ("w1",),
    )


def test_where_nothing_is_at_hand_the_dataset_is_not_downloaded(two: Any) -> None:
    for file in (two.folder / "data").iterdir():
        file.unlink()
    jobs = by_name(plan(two))
    assert {job.status for job in jobs.values()} == {"not_downloaded"}
    error = jobs["fake.compare all"].error
    assert error is not None
    assert "1 more" in error["message"]


def test_a_result_is_cached_though_its_input_is_not_at_hand(two: Any) -> None:
    for job in plan(two):
        keep(job)
    for file in (two.folder / "data").iterdir():
        file.unlink()
    assert {job.status for job in plan(two)} == {"cached"}


def test_a_file_of_another_content_fails_every_job_that_opens_it(two: Any) -> None:
    (two.folder / "data" / "w2.nc").write_bytes(b"something else")
    jobs = by_name(plan(two))
    assert jobs["fake.mean w2"].status == "failed"
    assert jobs["fake.compare all"].status == "failed"
    assert jobs["fake.after w2"].status == "failed"
    assert jobs["fake.mean w1"].status == jobs["fake.after w1"].status == "run"
    error = jobs["fake.mean w2"].error
    assert error is not None
    assert error["class"] == "ChecksumError"
    assert "w2.nc" in error["message"]


@pytest.fixture
def simulated(bench: Any) -> Any:
    parts = {"title": "A test", "modality": "calcium", "licence": "CC0-1.0"}
    recipes = ["fake.mean", "fake.compare"]
    bench.write({"s": {**parts, "simulate": SIMULATED, "recipes": recipes}})
    return bench


def test_a_simulation_has_jobs_once_its_recordings_are_known(simulated: Any) -> None:
    jobs = by_name(plan(simulated, ("worm1", "worm2")))
    assert list(jobs) == ["fake.mean worm1", "fake.mean worm2", "fake.compare all"]
    assert jobs["fake.compare all"].recordings is None


def test_a_simulation_whose_recordings_are_unknown_stands_in_the_plan(simulated: Any) -> None:
    jobs = by_name(plan(simulated))
    assert list(jobs) == ["fake.mean all", "fake.compare all"]
    assert "once the simulation" in jobs["fake.mean all"].reason


def test_the_key_over_a_simulation_does_not_depend_on_what_is_known(simulated: Any) -> None:
    unknown, known = by_name(plan(simulated)), by_name(plan(simulated, ("worm1", "worm2")))
    assert unknown["fake.compare all"].key == known["fake.compare all"].key


def test_a_simulation_that_failed_fails_all_its_jobs(simulated: Any) -> None:
    wrong = {"class": "OptionError", "message": "no worms", "mend": "Ask for one."}
    jobs = plan(simulated, wrong)
    assert {job.status for job in jobs} == {"failed"}
    assert all(job.error == wrong for job in jobs)
