"""Which recipes a dataset gets, with which parameters and in which order.

Everything that can be wrong here is wrong with the catalog, and is said before anything runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from pydantic import ValidationError

from neurokit.catalog.catalog import Catalog
from neurokit.catalog.entries import DatasetEntry, RecipeEntry
from neurokit.catalog.sweeps import sweep_of
from neurokit.errors import CatalogError, suggest
from neurokit.io.plugins import load_entry_points
from neurokit.recipe import GROUP, Parameters, Recipe


@dataclass(frozen=True)
class Chosen:
    """A recipe as one catalog asks for it.

    Parameters
    ----------
    name : str
        Its name in the catalog, which is also its folder.
    over : str
        "recording" or "dataset".
    recipe : Recipe
        The registered recipe.
    parameters : Parameters
        Checked, defaults filled in.
    needs : dict of str to str
        Under which label the recipe meets which other recipe's result.
    """

    name: str
    over: str
    recipe: Recipe
    parameters: Parameters
    needs: Mapping[str, str]


def choose_datasets(catalog: Catalog, only: Iterable[str]) -> list[DatasetEntry]:
    """Return the datasets that `only` names; all where it is empty.

    Parameters
    ----------
    catalog : Catalog
        The catalog.
    only : iterable of str
        Names of datasets, or patterns such as ``atanas*``.

    Returns
    -------
    list of DatasetEntry
        In the order of the catalog.
    """
    patterns = list(only)
    return [
        entry
        for name, entry in catalog.datasets.items()
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    ]


class Choices:
    """The recipes of a catalog with what is registered under their names.

    Parameters
    ----------
    catalog : Catalog
        A catalog that was read, so that its recipes need one another in no circle.

    Raises
    ------
    CatalogError
        If a recipe is unknown or its parameters do not fit it.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._points = load_entry_points(GROUP)
        self._resolved: dict[str, Chosen] = {}
        for dataset in catalog.datasets.values():
            for name in dataset.recipes:
                self._resolve(name, dataset.line)

    def of(self, dataset: DatasetEntry, only: Iterable[str] = ()) -> list[Chosen]:
        """Return what runs on a dataset; what is needed comes before what needs it.

        Parameters
        ----------
        dataset : DatasetEntry
            The dataset.
        only : iterable of str
            Names of recipes or patterns; all where it is empty. What they need comes with them.

        Returns
        -------
        list of Chosen
            In the order of the catalog, needs first.
        """
        patterns = list(only)
        ordered: dict[str, Chosen] = {}
        for name in dataset.recipes:
            names = (name, sweep_of(name), self._resolved[name].recipe.name)
            if not patterns or any(fnmatchcase(n, p) for n in names for p in patterns):
                self._with_needs(name, ordered)
        return list(ordered.values())

    def _with_needs(self, name: str, ordered: dict[str, Chosen]) -> None:
        for need in self._resolved[name].needs.values():
            self._with_needs(need, ordered)
        ordered.setdefault(name, self._resolved[name])

    def _resolve(self, name: str, line: int) -> None:
        if name in self._resolved:
            return
        entry = self._entry(name, line)
        recipe = self._load(entry)
        needs = self._needs(entry, recipe)
        parameters = self._parameters(entry, recipe)
        self._resolved[name] = Chosen(name, entry.over, recipe, parameters, needs)
        for need in needs.values():
            self._resolve(need, entry.line)

    def _entry(self, name: str, line: int) -> RecipeEntry:
        if name in self._catalog.recipes:
            return self._catalog.recipes[name]
        plain = RecipeEntry(name, name, {}, (), "recording", line)
        return replace(plain, over=self._load(plain).over)

    def _load(self, entry: RecipeEntry) -> Recipe:
        if entry.recipe not in self._points:
            known = ", ".join(self._points)
            near = suggest(entry.recipe, self._points)
            raise self._error(
                entry, f"unknown recipe {entry.recipe!r}{near}", f"Use one of {known}."
            )
        recipe: Recipe = self._points[entry.recipe].load()
        return recipe

    def _needs(self, entry: RecipeEntry, recipe: Recipe) -> dict[str, str]:
        """Labels of needed results: the recipe's own words first, then the catalog's."""
        met = {self._recipe_of(name): name for name in reversed(entry.needs)}
        needs = {label: met.get(label, label) for label in recipe.needs}
        return needs | {name: name for name in entry.needs if name not in needs.values()}

    def _recipe_of(self, name: str) -> str:
        entry = self._catalog.recipes.get(name)
        return name if entry is None else entry.recipe

    def _parameters(self, entry: RecipeEntry, recipe: Recipe) -> Parameters:
        try:
            # As JSON, since there a list may be a tuple while "6" is still no number.
            return recipe.parameters.model_validate_json(json.dumps(entry.params), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"]) or "params"
            known = ", ".join(recipe.parameters.model_fields) or "none"
            found = f"parameter {name!r} of recipe {entry.name!r}: {first['msg']}"
            raise self._error(entry, found, f"It takes {known}.") from error

    def _error(self, entry: RecipeEntry, found: str, mend: str) -> CatalogError:
        return CatalogError(found, where=f"{self._catalog.path}:{entry.line}", mend=mend)
