from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from neurokit.batch.chosen import Choices, choose_datasets
from neurokit.catalog import Catalog, RecipeEntry
from neurokit.errors import CatalogError


def read(bench: Any, recipes: list[str], more: dict[str, Any] | None = None) -> Catalog:
    bench.write({"a": bench.dataset("w1", recipes=recipes)}, more)
    return Catalog.read(bench.path)


def names(catalog: Catalog, *only: str) -> list[str]:
    return [chosen.name for chosen in Choices(catalog).of(catalog.datasets["a"], only)]


def test_needs_come_before_what_needs_them_and_are_added_where_not_listed(bench: Any) -> None:
    assert names(read(bench, ["fake.after"])) == ["fake.mean", "fake.after"]
    assert names(read(bench, ["fake.after", "fake.mean"])) == ["fake.mean", "fake.after"]


def test_a_recipe_can_be_chosen_by_either_name_or_a_pattern_and_brings_its_needs(
    bench: Any,
) -> None:
    catalog = read(
        bench, ["loud", "fake.after", "fake.compare"], {"loud": {"recipe": "fake.noise"}}
    )
    assert names(catalog, "loud") == ["loud"]
    assert names(catalog, "fake.noise") == ["loud"]
    assert names(catalog, "fake.a*") == ["fake.mean", "fake.after"]
    assert names(catalog, "nothing") == []


def test_a_need_is_met_by_the_same_recipe_under_another_name(bench: Any) -> None:
    squared = {"recipe": "fake.mean", "params": {"power": 2}}
    catalog = read(
        bench,
        ["twice"],
        {"squared": squared, "twice": {"recipe": "fake.after", "needs": ["squared"]}},
    )
    chosen = Choices(catalog).of(catalog.datasets["a"])
    assert [one.name for one in chosen] == ["squared", "twice"]
    assert chosen[1].needs == {"fake.mean": "squared"}


def test_other_needs_keep_their_name_in_the_catalog(bench: Any) -> None:
    catalog = read(bench, ["all"], {"all": {"recipe": "fake.compare", "needs": ["fake.noise"]}})
    (_, chosen) = Choices(catalog).of(catalog.datasets["a"])
    assert chosen.needs == {"fake.noise": "fake.noise"}
    assert chosen.over == "dataset"


def test_defaults_of_parameters_are_filled_in(bench: Any) -> None:
    catalog = read(bench, ["m"], {"m": {"recipe": "fake.mean", "params": {"power": 3}}})
    (chosen,) = Choices(catalog).of(catalog.datasets["a"])
    assert chosen.parameters.model_dump() == {"power": 3, "note": ""}


def test_a_catalog_made_by_hand_is_checked_too(bench: Any) -> None:
    catalog = read(bench, ["fake.mean"])
    for entry, said in (
        (RecipeEntry("fake.mean", "fake.maen", {}, (), "recording", 7), "did you mean 'fake.mean'"),
        (RecipeEntry("fake.mean", "fake.mean", {"power": "2"}, (), "recording", 7), "power"),
    ):
        with pytest.raises(CatalogError, match=said) as caught:
            Choices(replace(catalog, recipes={"fake.mean": entry}))
        assert caught.value.where == f"{bench.path}:7"


def test_a_registered_recipe_needs_no_entry(bench: Any) -> None:
    catalog = read(bench, ["fake.compare"])
    (chosen,) = Choices(replace(catalog, recipes={})).of(catalog.datasets["a"])
    assert (chosen.name, chosen.over) == ("fake.compare", "dataset")


def test_datasets_are_chosen_by_name_or_pattern_in_the_order_of_the_catalog(bench: Any) -> None:
    dataset = bench.dataset("w1", recipes=["fake.mean"])
    bench.write({"worm2": dataset, "worm1": dataset, "fish": dataset})
    catalog = Catalog.read(bench.path)
    chosen = [entry.name for entry in choose_datasets(catalog, ["worm*"])]
    assert chosen == ["worm2", "worm1"]
    assert [entry.name for entry in choose_datasets(catalog, ["fish"])] == ["fish"]
    assert len(choose_datasets(catalog, [])) == 3
    assert choose_datasets(catalog, ["bird"]) == []


def test_a_sweep_is_chosen_by_its_name_and_a_point_by_its_own(bench: Any) -> None:
    swept = {"recipe": "fake.mean", "grid": {"power": [1, 2, 3]}}
    catalog = read(bench, ["m", "fake.noise"], {"m": swept})
    points = [f"m,power={power}" for power in (1, 2, 3)]
    assert names(catalog) == [*points, "fake.noise"]
    assert names(catalog, "m") == points
    assert names(catalog, "m,power=2") == ["m,power=2"]
    chosen = Choices(catalog).of(catalog.datasets["a"])
    assert [one.parameters.model_dump()["power"] for one in chosen[:3]] == [1, 2, 3]


def test_a_point_meets_the_need_of_a_recipe(bench: Any) -> None:
    swept = {"recipe": "fake.mean", "grid": {"power": [1, 2]}}
    after = {"recipe": "fake.after", "needs": ["m,power=2"]}
    catalog = read(bench, ["after"], {"m": swept, "after": after})
    chosen = Choices(catalog).of(catalog.datasets["a"])
    assert [one.name for one in chosen] == ["m,power=2", "after"]
    assert chosen[1].needs == {"fake.mean": "m,power=2"}
