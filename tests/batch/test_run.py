from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurokit.batch import exit_code_of, run_catalog
from neurokit.batch.jobs import JobId, Row
from neurokit.batch.store import claim_result
from neurokit.batch.watch import Watch
from neurokit.catalog import Catalog
from neurokit.errors import CatalogError, OptionError
from neurokit.io import open as open_tree
from neurokit.io import save
from neurokit.schema import activity, recording

SIMULATED = {"name": "worms", "n_animals": 2, "n_neurons": 12, "random_state": 0}


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch, no_report: list[Path]) -> list[Path]:
    # Sources may be edited while a developer's tests run; these tests are about other parts.
    monkeypatch.setattr("neurokit.batch.keys.code_version", lambda: "1+0")
    monkeypatch.setattr("neurokit.batch.availability.code_version", lambda: "1+0")
    return no_report


def run(bench: Any, **options: Any) -> dict[str, Any]:
    return run_catalog(bench.path, out=bench.out, **options)


def statuses(summary: dict[str, Any]) -> dict[str, str]:
    return {
        f"{row['dataset']}/{row['recording']} {row['recipe']}": row["status"]
        for row in summary["rows"]
    }


def files(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_run_leaves_results_a_summary_and_a_report(bench: Any, fixed: list[Path]) -> None:
    recipes = ["fake.mean", "fake.after", "fake.compare"]
    bench.write({"a": bench.dataset("w1", "w2", recipes=recipes)})
    summary = run(bench)
    assert set(statuses(summary).values()) == {"done"}
    assert summary["exit_code"] == 0
    assert json.loads((bench.out / summary["folder"] / "summary.json").read_text()) == summary
    assert fixed == [bench.out / summary["report"]]
    for row in summary["rows"]:
        assert open_tree(bench.out / row["path"] / "result.nc").load() is not None
        assert row["seconds"] > 0
        assert row["peak_mb"] > 0
    assert bench.ran() == ["after w1", "after w2", "compare w1 w2", "mean w1", "mean w2"]
    assert list(bench.out.rglob(".*")) == []


def test_an_unchanged_run_computes_nothing_and_rewrites_nothing(
    bench: Any, fixed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write(
        {
            "a": bench.dataset("w1", recipes=["fake.mean", "fake.after"]),
            "s": {**bench.dataset(recipes=["fake.mean"]), "simulate": SIMULATED},
        }
    )
    first = run(bench)
    before = files(bench.out)

    def submit(*_: object) -> None:
        raise AssertionError("a job was started")

    monkeypatch.setattr("neurokit.batch.executor.LocalExecutor.submit", submit)
    for file in (bench.folder / "data").iterdir():
        os.utime(file, (0, 0))
    second = run(bench)
    assert set(statuses(second).values()) == {"cached"}
    assert second["exit_code"] == 0
    assert second["report"] == first["report"]
    assert len(fixed) == 1
    after = files(bench.out)
    assert {path: after[path] for path in before} == before
    new = set(after) - set(before)
    assert new == {str(bench.out / second["folder"] / "summary.json")}


def test_what_changed_runs_again_and_nothing_else(bench: Any) -> None:
    recipes = ["fake.mean", "fake.after", "fake.noise"]
    datasets = {"a": bench.dataset("w1", "w2", recipes=recipes)}
    bench.write(datasets)
    run(bench)
    bench.ran()
    bench.write(datasets, {"fake.noise": {"recipe": "fake.noise", "params": {"random_state": 1}}})
    run(bench)
    assert bench.ran() == ["noise w1", "noise w2"]
    bench.write(datasets, {"fake.mean": {"recipe": "fake.mean", "params": {"power": 2}}})
    run(bench)
    # Noise is back at its first parameters, whose results are still there.
    assert bench.ran() == ["after w1", "after w2", "mean w1", "mean w2"]
    datasets["a"]["recordings"]["w2"] = bench.recording("w2", seed=9)
    bench.write(datasets, {"fake.mean": {"recipe": "fake.mean", "params": {"power": 2}}})
    run(bench)
    assert bench.ran() == ["after w2", "mean w2", "noise w2"]


def test_a_failure_blocks_what_needs_it_and_stops_nothing_else(bench: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["broken", "fake.noise", "over", "last"])},
        {
            "broken": {"recipe": "fake.raise"},
            "over": {"recipe": "fake.compare", "needs": ["broken"]},
            "last": {"recipe": "fake.compare", "needs": ["over"]},
        },
    )
    summary = run(bench)
    assert statuses(summary) == {
        "a/w1 broken": "failed",
        "a/w1 fake.noise": "done",
        "a/all over": "blocked",
        "a/all last": "blocked",
    }
    assert summary["exit_code"] == 1
    rows = {row["recipe"]: row for row in summary["rows"]}
    assert rows["broken"]["error"]["message"] == "a/w1: the matrix is singular"
    assert "needs broken of w1" in rows["over"]["error"]["message"]
    assert "needs over of all" in rows["last"]["error"]["message"]
    assert not (bench.out / "a" / "broken").exists()


def test_a_failed_job_is_tried_again(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.raise"])})
    assert [run(bench)["exit_code"] for _ in range(2)] == [1, 1]


def test_needs_are_given_per_recording_to_a_recipe_over_the_dataset(bench: Any) -> None:
    bench.write(
        {"a": bench.dataset("w1", "w2", recipes=["over"])},
        {"over": {"recipe": "fake.compare", "needs": ["fake.mean"]}},
    )
    (row,) = [row for row in run(bench)["rows"] if row["recipe"] == "over"]
    manifest = json.loads((bench.out / row["path"] / "manifest.json").read_text())
    assert manifest["facts"]["needs"] == "fake.mean/w1 fake.mean/w2"


def test_a_simulation_runs_per_recording_and_as_a_whole(bench: Any) -> None:
    parts = {**bench.dataset(recipes=["fake.mean", "fake.compare"]), "simulate": SIMULATED}
    bench.write({"s": parts})
    summary = run(bench)
    assert len(summary["rows"]) == 3
    assert set(statuses(summary).values()) == {"done"}
    assert len(list((bench.out / "s").glob("recordings-*.json"))) == 1


def test_wrong_parameters_of_a_simulator_are_an_error_of_the_catalog(bench: Any) -> None:
    simulate = {**SIMULATED, "n_animal": 2}
    bench.write({"s": {**bench.dataset(recipes=["fake.mean"]), "simulate": simulate}})
    with pytest.raises(CatalogError, match="n_animal"):
        run(bench)
    assert not bench.out.exists()


def test_a_simulator_that_raises_fails_its_entry(bench: Any) -> None:
    simulate = {**SIMULATED, "n_animals": -1}
    bench.write(
        {
            "s": {**bench.dataset(recipes=["fake.mean"]), "simulate": simulate},
            "a": bench.dataset("w1", recipes=["fake.mean"]),
        }
    )
    summary = run(bench)
    assert statuses(summary) == {"s/all fake.mean": "failed", "a/w1 fake.mean": "done"}
    assert summary["rows"][0]["error"]["message"].startswith("s: ")


def test_only_and_recipe_choose_and_nothing_matched_is_said(bench: Any) -> None:
    bench.write(
        {
            "a": bench.dataset("w1", recipes=["fake.mean", "fake.after"]),
            "b": bench.dataset("w3", recipes=["fake.noise"]),
        }
    )
    assert set(statuses(run(bench, only=["b"]))) == {"b/w3 fake.noise"}
    assert set(statuses(run(bench, recipe=["fake.mean"]))) == {"a/w1 fake.mean"}
    before = files(bench.out)
    for options in ({"only": ["c"]}, {"recipe": ["x"]}, {"only": ["a"], "recipe": ["fake.noise"]}):
        summary = run(bench, **options)
        assert (summary["exit_code"], summary["rows"]) == (3, [])
    assert files(bench.out) == before


def test_what_is_not_downloaded_is_no_failure_unless_it_is_everything(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", "w2", recipes=["fake.mean"])})
    (bench.folder / "data" / "w2.nc").unlink()
    summary = run(bench)
    assert statuses(summary) == {"a/w1 fake.mean": "done", "a/w2 fake.mean": "not_downloaded"}
    assert summary["exit_code"] == 0
    (absent,) = summary["not_downloaded"]
    assert "data/w2.nc" in absent["what"]
    only_absent = {"a": bench.dataset("w5", recipes=["fake.mean"])}
    (bench.folder / "data" / "w5.nc").unlink()
    bench.write(only_absent)
    nothing = run(bench)
    assert (nothing["exit_code"], nothing["report"]) == (3, "")


def test_a_dry_run_says_what_would_run_and_writes_nothing(bench: Any) -> None:
    bench.write(
        {
            "a": bench.dataset("w1", recipes=["fake.mean"]),
            "s": {**bench.dataset(recipes=["fake.mean"]), "simulate": SIMULATED},
        }
    )
    summary = run(bench, dry_run=True)
    assert not bench.out.exists()
    assert [row["status"] for row in summary["rows"]] == ["run", "run"]
    assert summary["rows"][0]["reason"] == "no result yet"
    assert summary["exit_code"] == 0


def test_results_do_not_depend_on_the_number_of_jobs(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", "w2", recipes=["fake.noise", "fake.mean"])})
    one = run_catalog(bench.path, out=bench.folder / "one", jobs=1)
    two = run_catalog(bench.path, out=bench.folder / "two", jobs=2)
    assert [row["key"] for row in one["rows"]] == [row["key"] for row in two["rows"]]
    for row in one["rows"]:
        left, right = (bench.folder / name / row["path"] for name in ("one", "two"))
        a, b = open_tree(left / "result.nc"), open_tree(right / "result.nc")
        for name in a.data_vars:
            assert a[name].to_numpy().tobytes() == b[name].to_numpy().tobytes()
        for figure in (left / "figures").glob("*"):
            assert figure.read_bytes() == (right / "figures" / figure.name).read_bytes()


def test_limits_of_a_run_replace_those_of_recipes(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.trouble"])})
    (row,) = run(bench, time_limit_s=0.5)["rows"]
    assert "limit of 0.5 s" in row["error"]["message"]


@pytest.mark.parametrize("options", [{"jobs": 0}, {"time_limit_s": 0}, {"memory_limit_mb": -1}])
def test_limits_must_be_positive(bench: Any, options: dict[str, Any]) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    with pytest.raises(OptionError, match="positive"):
        run(bench, **options)


class Interrupting(Watch):
    """Presses Ctrl-C when the first job has ended."""

    def ended(self, row: Row) -> None:
        raise KeyboardInterrupt


def test_an_interrupted_run_keeps_what_is_finished_and_the_next_completes_it(
    bench: Any, fixed: list[Path]
) -> None:
    bench.write({"a": bench.dataset("w1", "w2", "w3", recipes=["fake.mean"])})
    summary = run(bench, jobs=1, watch=Interrupting())
    assert summary["exit_code"] == 130
    assert sorted(statuses(summary).values()) == ["blocked", "blocked", "done"]
    assert "interrupted" in summary["rows"][1]["error"]["message"]
    assert fixed == []
    assert list(bench.out.rglob(".*")) == []
    bench.ran()
    again = run(bench)
    assert sorted(statuses(again).values()) == ["cached", "done", "done"]
    assert bench.ran() == ["mean w2", "mean w3"]


class Noting(Watch):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def planned(self, jobs: list[Any]) -> None:
        self.heard.append(len(jobs))

    def started(self, job: JobId) -> None:
        self.heard.append(job.recipe)

    def ended(self, row: Row) -> None:
        self.heard.append(row["status"])


def test_a_watch_is_told_of_the_plan_and_of_every_job(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean", "fake.raise"])})
    watch = Noting()
    run(bench, jobs=1, watch=watch)
    assert watch.heard == [2, "fake.mean", "done", "fake.raise", "failed"]
    watch = Noting()
    run(bench, recipe=["fake.mean"], watch=watch)
    assert watch.heard == [1, "cached"]


def test_a_job_that_another_process_computes_is_waited_for_and_cached(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    (row,) = run(bench)["rows"]
    folder = bench.out / row["path"]
    aside = bench.folder / "aside"
    folder.rename(aside)
    bench.ran()
    held = claim_result(folder)
    assert held is not None

    def finish() -> None:
        time.sleep(0.5)
        aside.rename(folder)
        held.release()

    other = threading.Thread(target=finish)
    other.start()
    assert set(statuses(run(bench)).values()) == {"cached"}
    other.join()
    assert bench.ran() == []


def test_a_job_whose_other_process_gave_up_is_run_here(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    (row,) = run(bench)["rows"]
    folder = bench.out / row["path"]
    folder.rename(bench.folder / "aside")
    held = claim_result(folder)
    assert held is not None
    threading.Timer(0.5, held.release).start()
    assert set(statuses(run(bench)).values()) == {"done"}


def test_a_file_where_a_folder_should_be_fails_its_jobs_only(bench: Any) -> None:
    bench.write(
        {
            "a": bench.dataset("w1", recipes=["fake.mean"]),
            "b": bench.dataset("w1", recipes=["fake.mean"]),
        }
    )
    bench.out.mkdir()
    (bench.out / "a").touch()
    summary = run(bench)
    assert [row["status"] for row in summary["rows"]] == ["failed", "done"]
    assert summary["rows"][0]["error"]["class"] == "StoreError"
    assert str(bench.out / "a") in summary["rows"][0]["error"]["message"]


def test_a_download_that_fails_fails_its_entry(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from neurokit.errors import NotDownloadedError

    parts = bench.dataset("w1", "w2", recipes=["fake.mean"])
    parts["recordings"]["w2"]["files"][0]["uri"] = "https://example.org/w2.nc"
    bench.write({"a": parts})
    (bench.folder / "data" / "w2.nc").unlink()

    def fetch(self: Catalog, name: str | None = None, *, progress: bool = True) -> list[Path]:
        raise NotDownloadedError("refuses", where="https://example.org", mend="Try later.")

    monkeypatch.setattr(Catalog, "fetch", fetch)
    summary = run(bench, fetch=True)
    assert statuses(summary) == {"a/w1 fake.mean": "done", "a/w2 fake.mean": "failed"}
    assert summary["rows"][1]["error"]["mend"] == "Try later."
    without = run(bench)
    assert without["rows"][1]["status"] == "not_downloaded"
    assert "--fetch" in without["rows"][1]["error"]["mend"]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (["done", "cached"], 0),
        (["done", "not_downloaded"], 0),
        (["not_downloaded"], 3),
        ([], 3),
        (["done", "failed"], 1),
        (["not_downloaded", "blocked"], 1),
    ],
)
def test_the_exit_code_follows_from_the_rows(found: list[str], code: int) -> None:
    assert exit_code_of([{"status": status} for status in found]) == code


def test_numbers_in_a_result_are_those_of_the_recording(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    (row,) = run(bench)["rows"]
    signal = open_tree(bench.folder / "data" / "w1.nc")["activity"]["signal"].to_numpy()
    mean = open_tree(bench.out / row["path"] / "result.nc")["mean"].item()
    assert mean == pytest.approx(float(np.mean(signal)), rel=1e-6)


def test_a_zarr_recording_is_pinned_by_its_list_of_chunks(bench: Any) -> None:
    values = np.arange(150.0, dtype=np.float32).reshape(50, 3)
    group = activity(values, names=["AVAL", "AVAR", "RIML"], rate=5.0)
    store = bench.folder / "data" / "w1.zarr"
    store.parent.mkdir()
    save(recording({"activity": group}, modality="calcium", subject="w1"), store)
    listed = bench.file(store / "neurokit.json")
    datasets = bench.dataset(recipes=["fake.mean"])
    datasets["recordings"] = {"w1": {"files": [listed]}}
    bench.write({"a": datasets})
    (row,) = run(bench)["rows"]
    assert row["status"] == "done"
    assert open_tree(bench.out / row["path"] / "result.nc")["mean"].item() == values.mean()
    chunk = max(store.rglob("c/*"), key=lambda file: file.stat().st_size if file.is_file() else 0)
    chunk.unlink()
    (row,) = run_catalog(bench.path, out=bench.folder / "again")["rows"]
    assert row["status"] == "failed"
    assert str(chunk.relative_to(store)) in row["error"]["message"]


def test_each_part_of_a_key_changed_alone_reruns_exactly_what_depends_on_it(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = ["fake.mean", "fake.after", "named", "over"]
    named = {"recipe": "fake.noise", "params": {"random_state": 1}}
    extra = {"named": named, "over": {"recipe": "fake.compare", "needs": ["fake.after"]}}
    datasets = {"a": bench.dataset("w1", "w2", recipes=recipes)}
    bench.write(datasets, extra)
    jobs = set(statuses(run(bench)))
    assert len(jobs) == 7

    def reruns() -> set[str]:
        found = statuses(run(bench, dry_run=True))
        assert set(found) == jobs
        return {name for name, status in found.items() if status == "run"}

    assert reruns() == set()
    second = {f"a/w2 {name}" for name in recipes[:3]}
    over = {"a/all over"}
    # Inputs: the content of a file, and how it is opened.
    kept = datasets["a"]["recordings"]["w2"]
    datasets["a"]["recordings"]["w2"] = bench.recording("w2", seed=9)
    bench.write(datasets, extra)
    assert reruns() == second | over
    datasets["a"]["recordings"]["w2"] = bench.recording("w2", seed=1)
    assert datasets["a"]["recordings"]["w2"] == kept
    bench.write(datasets, extra)
    assert reruns() == set()
    # Parameters, and the recipe behind a name.
    bench.write(datasets, {**extra, "named": {**named, "params": {"random_state": 2}}})
    assert reruns() == {"a/w1 named", "a/w2 named"}
    bench.write(datasets, {**extra, "named": {"recipe": "fake.bulk", "params": named["params"]}})
    assert reruns() == {"a/w1 named", "a/w2 named"}
    # Needs: what a recipe takes, and what that was made with.
    bench.write(datasets, {**extra, "over": {**extra["over"], "needs": ["fake.mean"]}})
    assert reruns() == over
    mean = {"recipe": "fake.mean", "params": {"power": 2}}
    bench.write(datasets, {**extra, "fake.mean": mean})
    assert reruns() == {f"a/{w} fake.{r}" for w in ("w1", "w2") for r in ("mean", "after")} | over
    bench.write(datasets, extra)
    # Code of neurokit, and of the distribution that a recipe comes from.
    with monkeypatch.context() as patched:
        patched.setattr("neurokit.batch.keys.code_version", lambda: "2+0")
        assert reruns() == jobs
    with monkeypatch.context() as patched:
        patched.setattr("neurokit.batch.keys.recipe_source", lambda name: "other")
        assert reruns() == jobs
    for file in (bench.folder / "data").iterdir():
        os.utime(file, (0, 0))
    assert reruns() == set()
