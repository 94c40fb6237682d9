"""Sweeps: which points a grid has, how they are named, and every way to write one wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.catalog import Catalog
from neurokit.catalog.models import check_path
from neurokit.catalog.sweeps import LONGEST, MOST_POINTS, n_points, points, repeated, sweep_of
from neurokit.errors import CatalogError

pytestmark = pytest.mark.usefixtures("installed")

HEAD = "catalog: neurokit/1\ndatasets:\n  demo:\n    title: x\n    modality: eeg\n"
HEAD += "    simulate: {name: recording, random_state: 0}\n    recipes: "


def read(tmp_path: Path, recipes: str, used: str = "[m]") -> Catalog:
    path = tmp_path / "catalog.yaml"
    path.write_text(f"{HEAD}{used}\nrecipes:\n{recipes}", encoding="utf-8")
    return Catalog.read(path)


def test_every_point_is_a_recipe_with_its_own_parameters(tmp_path: Path) -> None:
    grid = "grid: {rank: [4, 6], how: [zscore, robust]}"
    text = f"  m: {{recipe: connectome.motifs, params: {{random_state: 0}}, {grid}}}\n"
    catalog = read(tmp_path, text, "[summary, m]")
    names = [f"m,rank={rank},how={how}" for rank in (4, 6) for how in ("zscore", "robust")]
    assert catalog.datasets["demo"].recipes == ("summary", *names)
    assert catalog.recipes[names[1]].params == {"random_state": 0, "rank": 4, "how": "robust"}
    assert {catalog.recipes[name].over for name in names} == {"dataset"}
    assert "m" not in catalog.recipes


def test_a_point_can_be_used_and_needed_alone(tmp_path: Path) -> None:
    text = "  m: {recipe: connectome.motifs, grid: {rank: [4, 6]}}\n"
    text += "  n: {recipe: summary, needs: ['m,rank=6']}\n"
    catalog = read(tmp_path, text, "['m,rank=4', n]")
    assert catalog.datasets["demo"].recipes == ("m,rank=4", "n")
    assert catalog.recipes["n"].needs == ("m,rank=6",)


def test_a_sweep_beside_one_of_its_points_runs_the_point_once(tmp_path: Path) -> None:
    text = "  m: {recipe: connectome.motifs, grid: {rank: [4, 6]}}\n"
    catalog = read(tmp_path, text, "['m,rank=6', m]")
    assert catalog.datasets["demo"].recipes == ("m,rank=6", "m,rank=4")


def test_a_parameter_that_must_be_given_can_be_given_by_the_grid(tmp_path: Path) -> None:
    catalog = read(tmp_path, "  m: {recipe: required, grid: {threshold: [0.5, 1]}}\n")
    assert list(catalog.recipes) == ["m,threshold=0.5", "m,threshold=1"]


M = "  m:\n    recipe: connectome.motifs\n"
WRONG = {
    "unknown parameter": (f"{M}    grid:\n      rnak: [1]\n", 12, "'rnak', did you mean 'rank'"),
    "wrong type": (f"{M}    grid:\n      rank: [2, '3']\n", 12, "rank is the text '3'"),
    "out of bounds": (f"{M}    grid:\n      rank: [2, 0]\n", 12, "rank is the number 0"),
    "wrong beside the grid": (
        f"{M}    grid:\n      rank: [2]\n    params:\n      how: 3\n",
        14,
        "how is the number 3",
    ),
    "in both": (
        f"{M}    params: {{rank: 1}}\n    grid:\n      rank: [1]\n",
        13,
        "in params and in",
    ),
    "no value": (f"{M}    grid:\n      rank: []\n", 12, "no values of 'rank'"),
    "one value twice": (f"{M}    grid:\n      rank: [1,\n        1]\n", 13, "one value twice"),
    "no list": (f"{M}    grid:\n      rank: 3\n", 12, "not a list"),
    "too many": (
        f"{M}    grid:\n      rank: {list(range(1, 41))}\n      random_state: {list(range(26))}\n",
        11,
        f"1040 points, more than {MOST_POINTS}",
    ),
    "needed as a whole": (
        "  m: {recipe: connectome.motifs, grid: {rank: [4, 6]}}\n"
        "  n: {recipe: summary, needs: [m]}\n",
        10,
        "sweep of 2 points",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, case: str) -> None:
    text, line, said = WRONG[case]
    with pytest.raises(CatalogError) as caught:
        read(tmp_path, text, "[summary]")
    assert said in caught.value.found
    assert caught.value.where.endswith(f":{line}")


def test_a_recipe_whose_own_need_is_swept_must_name_a_point(tmp_path: Path) -> None:
    swept = "  summary: {recipe: connectome.motifs, grid: {rank: [4, 6]}}\n"
    with pytest.raises(CatalogError, match="'summary,rank=4'"):
        read(tmp_path, swept, "[after]")


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.lists(scalars | st.lists(scalars, max_size=2), min_size=1, max_size=4)


@given(st.dictionaries(st.sampled_from(["rank", "how", "alpha"]), values, max_size=3))
def test_every_point_has_a_name_of_its_own_that_can_be_a_folder(grid: dict[str, Any]) -> None:
    grid = {
        key: list({json.dumps(one): one for one in some}.values()) for key, some in grid.items()
    }
    if not grid:
        return
    made = points("m", grid)
    assert len({name.lower() for name in made}) == n_points(grid)
    for name, parameters in made.items():
        assert sweep_of(name) == "m"
        assert check_path(name) == name
        assert len(name) <= LONGEST
        assert set(parameters) == set(grid)
    pairs = {json.dumps(parameters, sort_keys=True) for parameters in made.values()}
    assert len(pairs) == len(made)


@pytest.mark.parametrize(
    "some",
    [["a", "A"], [1, "1"], [True, "true"], [None, "null"], [[1, 2], "[1, 2]"], ["a/b", "a b"]],
)
def test_values_that_look_alike_keep_apart(some: list[Any]) -> None:
    names = [name.lower() for name in points("m", {"x": some})]
    assert len(set(names)) == 2


def test_a_point_keeps_its_name_when_others_are_added() -> None:
    before = points("m", {"band": [[1, 2]], "rank": [4]})
    after = points("m", {"band": [[3, 4], [1, 2]], "rank": [2, 4]})
    assert set(before) < set(after)


def test_long_names_are_cut_and_stay_different() -> None:
    grid = {f"parameter_{i}": [0.123456789, 0.987654321] for i in range(4)}
    made = points("a" * 60, grid)
    assert len(made) == 16
    assert max(map(len, points("a" * 100, grid))) == 109
    assert {sweep_of(name) for name in points("a" * 100, grid)} == {"a" * 100}


def test_numbers_of_different_kind_are_different_values() -> None:
    assert repeated([1, 1.0, True, "1"]) is None
    assert repeated([[1], {"a": 1}, [1]]) == 2
