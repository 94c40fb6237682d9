from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurokit import __version__
from neurokit.batch.chosen import Choices
from neurokit.batch.jobs import Task
from neurokit.batch.plan import Planner
from neurokit.batch.store import Store
from neurokit.batch.tasks import stamp_of, task_of
from neurokit.batch.worker import work
from neurokit.catalog import Catalog
from neurokit.errors import JobError, LabelError, NotDownloadedError
from neurokit.io import open as open_tree


@pytest.fixture
def task_for(bench: Any) -> Any:
    def build(
        recipe: str, recordings: tuple[str, ...] | None = ("w1",), simulate: Any = None, **more: Any
    ) -> Task:
        parts = bench.dataset("w1", "w2", recipes=[recipe])
        if simulate is not None:
            del parts["recordings"]
            parts["simulate"] = simulate
        bench.write({"a": parts}, more.pop("recipes", None))
        catalog = Catalog.read(bench.path)
        (chosen, *_) = Choices(catalog).of(catalog.datasets["a"])
        place = bench.folder / "place"
        place.mkdir()
        given = {"recipe": chosen.recipe, "parameters": chosen.parameters, **more}
        return task_of(catalog, "a", recordings, place, limits=(60, 1000), **given)

    return build


def manifest(task: Task) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((task.workspace / "manifest.json").read_text())
    return content


def test_a_task_leaves_result_figures_tables_and_a_manifest(task_for: Any) -> None:
    task = task_for("fake.mean")
    work(task)
    said = manifest(task)
    assert said["versions"]["neurokit"] == __version__
    assert {"python", "numpy", "xarray", "mne"} <= set(said["versions"])
    assert said["facts"]["samples"] == 50
    assert said["seconds"] > 0
    assert [path.name for path in sorted(task.workspace.iterdir())] == [
        "figures",
        "manifest.json",
        "result.nc",
        "tables",
    ]


def test_a_task_over_the_dataset_opens_the_recordings_it_names(task_for: Any) -> None:
    task = task_for("fake.compare", ("w2", "w1"))
    work(task)
    assert open_tree(task.workspace / "result.nc")["n"].item() == 2


def test_a_simulation_gives_all_or_the_recordings_asked_for(task_for: Any, bench: Any) -> None:
    simulate = {"name": "worms", "n_animals": 3, "n_neurons": 12, "random_state": 0}
    task = task_for("fake.compare", None, simulate)
    work(task)
    assert open_tree(task.workspace / "result.nc")["n"].item() == 3


def test_an_unknown_recording_of_a_simulation_is_named(task_for: Any) -> None:
    simulate = {"name": "worms", "n_animals": 2, "n_neurons": 12, "random_state": 0}
    with pytest.raises(LabelError, match="worm9"):
        work(task_for("fake.mean", ("worm9",), simulate))


def test_needs_are_opened_under_their_labels(task_for: Any, bench: Any) -> None:
    first = task_for("fake.mean")
    work(first)
    first.workspace.rename(bench.folder / "first")
    catalog = first.catalog
    recipe = Choices(Catalog.read(bench.path))._points["fake.after"].load()
    place = bench.folder / "second"
    place.mkdir()
    second = task_of(
        catalog,
        "a",
        ("w1",),
        place,
        limits=(60, 1000),
        recipe=recipe,
        needs=(("fake.mean", bench.folder / "first" / "result.nc"),),
    )
    work(second)
    mean = open_tree(bench.folder / "first" / "result.nc")["mean"].item()
    assert open_tree(place / "result.nc")["double"].item() == 2 * mean


def test_a_task_without_recipe_writes_down_names(task_for: Any) -> None:
    simulate = {"name": "worms", "n_animals": 2, "n_neurons": 12, "random_state": 0}
    task = replace(task_for("fake.mean", None, simulate), recipe=None)
    work(task)
    names = json.loads((task.workspace / "names.json").read_text())
    assert len(names) == 2
    assert not (task.workspace / "manifest.json").exists()


def test_what_is_no_outcome_is_refused_and_leaves_no_manifest(task_for: Any) -> None:
    recipes = {"none": {"recipe": "fake.raise", "params": {"what": "nothing"}}}
    task = task_for("none", recipes=recipes)
    with pytest.raises(JobError, match="not an Outcome"):
        work(task)
    assert not (task.workspace / "manifest.json").exists()


def test_a_file_that_went_between_plan_and_start_is_an_error(task_for: Any, bench: Any) -> None:
    task = task_for("fake.mean")
    (bench.folder / "data" / "w1.nc").unlink()
    with pytest.raises(NotDownloadedError):
        work(task)


def test_a_manifest_says_where_its_result_comes_from(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.noise"], doi="10.1000/x")})
    catalog = Catalog.read(bench.path)
    entry = catalog.datasets["a"]
    (job,) = Planner(catalog, Store(Path("out")), {}).jobs(entry, Choices(catalog).of(entry))
    said = stamp_of(job, catalog)
    assert said["key"] == job.key
    assert said["source"]["doi"] == "10.1000/x"
    assert said["seeds"] == {"recipe random_state": 0}
    (listed,) = said["inputs"]
    assert (listed["recording"], listed["path"]) == ("w1", "data/w1.nc")
    assert listed["sha256"] == entry.recordings["w1"].files[0].sha256
