from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.batch.finished import COLUMNS
from neurokit.batch.outcome import write_outcome
from neurokit.batch.store import MANIFEST, Store
from neurokit.errors import NeurokitWarning, OptionError, StoreError
from neurokit.recipe import Outcome


@pytest.fixture
def put(tmp_path: Path) -> Any:
    """Store a result as a child would, without the child."""

    def store(
        dataset: str = "worms",
        recording: str = "w1",
        recipe: str = "mean",
        key: str = "a",
        value: float = 1.0,
        **more: Any,
    ) -> Path:
        folder = Store(tmp_path).folder(dataset, recipe, recording, key * 64)
        folder.mkdir(parents=True)
        tree = xr.DataTree(xr.Dataset({"value": ((), value)}))
        tree["deep"] = xr.Dataset({"trace": ("time", np.arange(3.0) * value)})
        tree.attrs["neurokit_schema"] = "neurokit/1"
        said = write_outcome(Outcome(tree), folder)
        whose = {"dataset": dataset, "recording": recording, "recipe": recipe, "key": key * 64}
        about = {"registered": "fake.mean", "parameters": {"power": 1}, "seconds": 1.5}
        about |= {"peak_mb": 20.0, "started": "2026-01-01T00:00:00+00:00"}
        text = json.dumps({**whose, **about, **said, **more})
        (folder / MANIFEST).write_text(text, encoding="utf-8")
        return folder

    return store


def test_a_run_is_opened_as_table_and_trees(bench: Any, no_report: list[Path]) -> None:
    recipes = ["fake.mean", "fake.compare"]
    bench.write({"a": bench.dataset("w1", "w2", recipes=recipes)})
    nk.batch.run_catalog(bench.path, out=bench.out, jobs=1)
    found = nk.results(bench.out, "fake.mean")
    assert tuple(found.table.columns) == COLUMNS
    assert list(found.table["recording"]) == ["w1", "w2"]
    assert found.table["parameters"][0] == {"power": 1, "note": ""}
    assert all((bench.out / path / MANIFEST).is_file() for path in found.table["path"])
    stored = nk.open(bench.out / found.table["path"][1] / "result.nc")
    assert found.trees["a/w2"]["mean"].item() == stored["mean"].item()
    assert list(nk.results(bench.out).trees) == [
        "a/all/fake.compare",
        "a/w1/fake.mean",
        "a/w2/fake.mean",
    ]


def test_nothing_is_opened_before_it_is_asked_for(
    put: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("w1", "w2", "w3"):
        put(recording=name)
    opened: list[str] = []
    original = nk.io.open

    def spy(path: Path, **more: Any) -> Any:
        opened.append(path.parent.parent.name)
        return original(path, **more)

    monkeypatch.setattr("neurokit.io.open", spy)
    found = nk.results(tmp_path)
    assert len(found) == 3
    assert "worms/w2" in found.trees
    assert "worms/w9" not in found.trees
    assert opened == []
    assert found.trees["worms/w2"] is found.trees["worms/w2"]
    assert opened == ["w2"]


def test_all_results_are_one_tree_with_every_group(put: Any, tmp_path: Path) -> None:
    put(recording="w1", value=1.0)
    put(recording="w2", value=2.0)
    tree = nk.results(tmp_path, "mean").tree()
    assert tree["worms/w1/value"].item() == 1.0
    np.testing.assert_array_equal(tree["worms/w2/deep/trace"], [0.0, 2.0, 4.0])


def test_a_result_that_cannot_be_opened_is_left_out_of_the_tree_by_name(
    put: Any, tmp_path: Path
) -> None:
    put(recording="w1")
    file = put(recording="w2") / "result.nc"
    file.write_bytes(b"x" * file.stat().st_size)
    found = nk.results(tmp_path)
    with pytest.warns(NeurokitWarning, match="worms/w2"):
        tree = found.tree()
    assert list(tree["worms"].children) == ["w1"]


def test_the_newest_of_several_keys_is_shown_unless_every_one_is_wanted(
    put: Any, tmp_path: Path
) -> None:
    put(key="b", value=2.0, started="2026-01-02T00:00:00+00:00")
    put(key="a", value=1.0, started="2026-01-01T00:00:00+00:00")
    put(key="c", value=3.0, started="2026-01-01T12:00:00+00:00")
    assert nk.results(tmp_path).trees["worms/w1"]["value"].item() == 2.0
    every = nk.results(tmp_path, every=True)
    assert list(every.trees) == [f"worms/w1/{key * 12}" for key in "acb"]
    assert list(every.table["key"]) == [key * 64 for key in "acb"]


@pytest.mark.parametrize("asked", ["mean", "mean,power=2", "mean,*", "fake.m*"])
def test_a_recipe_is_asked_for_by_name_sweep_pattern_or_registered_name(
    put: Any, tmp_path: Path, asked: str
) -> None:
    put(recipe="mean,power=2", key="b")
    put(recipe="other", registered="other")
    assert list(nk.results(tmp_path, asked).table["recipe"]) == ["mean,power=2"]


def test_points_of_a_sweep_have_a_group_each(put: Any, tmp_path: Path) -> None:
    put(recipe="mean,power=1")
    put(recipe="mean,power=2", key="b", value=2.0)
    tree = nk.results(tmp_path, "mean").tree()
    assert tree["worms/w1/mean,power=2/value"].item() == 2.0


def cut(folder: Path) -> None:
    (folder / "result.nc").write_bytes(b"short")


def lose(folder: Path) -> None:
    (folder / "result.nc").unlink()


def unfinish(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def garble(folder: Path) -> None:
    (folder / MANIFEST).write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (cut, "another size"),
        (lose, "result.nc is missing"),
        (unfinish, "has no manifest"),
        (garble, "manifest.json is damaged"),
    ],
)
def test_what_is_damaged_is_named_and_passed_over(
    put: Any, tmp_path: Path, damage: Any, why: str
) -> None:
    put(recording="w1")
    damage(put(recording="w2"))
    with pytest.warns(NeurokitWarning, match=rf"worms/mean/w2.*{why}"):
        found = nk.results(tmp_path)
    assert list(found.trees) == ["worms/w1"]
    assert why in found.passed_over["worms/mean/w2/" + "a" * 12]
    assert why in repr(found)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nk.results(tmp_path, check=False)


def test_work_in_progress_and_runs_are_not_results(put: Any, tmp_path: Path) -> None:
    folder = put()
    folder.with_name(f".{folder.name}-1234").mkdir()
    (tmp_path / "runs" / "2026" / "deep" / "deeper").mkdir(parents=True)
    found = nk.results(tmp_path)
    assert (len(found), found.passed_over) == (1, {})


def test_a_wrong_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such folder"):
        nk.results(tmp_path / "absent")
    with pytest.raises(StoreError, match="holds no results"):
        nk.results(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="is a file"):
        nk.results(tmp_path / "file")


def test_a_run_in_which_nothing_ended_has_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    found = nk.results(tmp_path)
    assert (len(found), tuple(found.table.columns)) == (0, COLUMNS)


def test_an_unknown_recipe_or_name_is_answered_with_the_near_one(put: Any, tmp_path: Path) -> None:
    put()
    with pytest.raises(OptionError, match=r"'maen'.*mean"):
        nk.results(tmp_path, "maen")
    with pytest.raises(KeyError, match="worms/w1"):
        nk.results(tmp_path).trees["worms/w11"]
