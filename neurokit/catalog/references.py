"""From a document to entries: the names in a catalog are known, its recipes fit together.

Loaders and simulators are known by name and are not imported; recipes are light and are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from neurokit.catalog.document import Document, Place
from neurokit.catalog.entries import CatalogFile, DatasetEntry, RecipeEntry, RecordingEntry
from neurokit.catalog.models import CatalogPart, DatasetPart, RecipePart, RecordingPart
from neurokit.catalog.sweeps import points
from neurokit.catalog.wording import catalog_error
from neurokit.errors import suggest
from neurokit.io.plugins import load_entry_points
from neurokit.recipe import GROUP, Recipe

LOADERS = "neurokit.loaders"
STORE = "neurokit"  # what `neurokit.save` writes is opened without an entry point


def simulator_names() -> list[str]:
    """Return the simulators of `neurokit.simulate`, without importing any.

    Returns
    -------
    list of str
        Names of functions; classes are left out.
    """
    names: list[str] = import_module("neurokit.simulate").__all__
    return sorted(name for name in names if name.islower())


def resolve(document: Document) -> tuple[dict[str, DatasetEntry], dict[str, RecipeEntry]]:
    """Check a document and turn it into entries.

    Parameters
    ----------
    document : Document
        What was read.

    Returns
    -------
    datasets : dict of str to DatasetEntry
        In the order of the catalog.
    recipes : dict of str to RecipeEntry
        Those of the catalog, then registered ones that are used under their own name.

    Raises
    ------
    CatalogError
        For whatever is wrong, with its line.
    """
    try:
        part = CatalogPart.model_validate(document.content)
    except ValidationError as error:
        raise catalog_error(document, error, CatalogPart) from error
    _check_one_content(document, part)
    known = _Known()
    datasets = {name: _dataset(document, known, name, one) for name, one in part.datasets.items()}
    recipes = _Recipes(document, part)
    entries = recipes.resolve()
    for name, dataset in datasets.items():
        datasets[name] = replace(dataset, recipes=recipes.swept(dataset.recipes))
    return datasets, entries


class _Known:
    """Names of loaders and simulators, looked up once and only if a catalog names one."""

    @cached_property
    def loader(self) -> list[str]:
        return [*load_entry_points(LOADERS), STORE]

    @cached_property
    def simulator(self) -> list[str]:
        return simulator_names()


def _check_one_content(document: Document, part: CatalogPart) -> None:
    """One path means one content, or one of the two files could never be found."""
    first: dict[str, tuple[str, Place]] = {}
    for name, dataset in part.datasets.items():
        for recording, one in dataset.recordings.items():
            for index, file in enumerate(one.files):
                place: Place = ("datasets", name, "recordings", recording, "files", index)
                digest, other = first.setdefault(file.path, (file.sha256, place))
                if digest != file.sha256:
                    raise document.error(
                        place,
                        f"path {file.path!r} has another sha256 than on line "
                        f"{document.line(other)}",
                        "Correct one of them.",
                    )


def _dataset(document: Document, known: _Known, name: str, part: DatasetPart) -> DatasetEntry:
    place: Place = ("datasets", name)
    _check_source(document, place, part)
    if part.loader is not None:
        _check_known(document, (*place, "loader"), "loader", part.loader, known.loader)
    if part.simulate is not None:
        simulator = part.simulate["name"]
        where = (*place, "simulate", "name")
        _check_known(document, where, "simulator", simulator, known.simulator)
    recordings = {
        key: _recording(document, (*place, "recordings", key), one, part.options)
        for key, one in part.recordings.items()
    }
    return DatasetEntry(
        name=name,
        title=part.title,
        modality=part.modality,
        species=part.species,
        licence=part.licence,
        doi=part.doi,
        citation=part.citation,
        tags=tuple(part.tags),
        loader=part.loader,
        options=part.options,
        recordings=recordings,
        simulate=part.simulate,
        recipes=tuple(part.recipes),
        line=document.line(place),
    )


def _check_source(document: Document, place: Place, part: DatasetPart) -> None:
    if bool(part.recordings) == (part.simulate is not None):
        has = "both" if part.recordings else "neither"
        found = f"{place[-1]} has {has} of recordings and simulate"
        raise document.error(place, found, "Give one of the two.")
    if part.simulate is not None and (part.loader is not None or part.options):
        key = "loader" if part.loader is not None else "options"
        raise document.error(
            (*place, key), f"a simulation has no {key}", "Delete it, or give recordings."
        )


def _recording(
    document: Document, place: Place, part: RecordingPart, options: dict[str, Any]
) -> RecordingEntry:
    files = tuple(CatalogFile(f.path, f.uri, f.sha256, f.bytes) for f in part.files)
    return RecordingEntry(str(place[-1]), files, {**options, **part.options}, document.line(place))


def _check_known(document: Document, place: Place, kind: str, name: str, known: list[str]) -> None:
    if name not in known:
        mend = f"Use one of {', '.join(known)}." if known else f"No {kind} is installed."
        found = f"unknown {kind} {name[:60]!r}{suggest(name, known)}"
        raise document.error(place, found, mend)


class _Recipes:
    """Recipes of a catalog, and registered ones that are named without parameters."""

    def __init__(self, document: Document, part: CatalogPart) -> None:
        self._document, self._parts, self._datasets = document, part.recipes, part.datasets
        self._points = load_entry_points(GROUP)
        self._loaded: dict[str, Recipe] = {}
        self._entries: dict[str, RecipeEntry] = {}
        self._points_of: dict[str, tuple[str, ...]] = {}

    def resolve(self) -> dict[str, RecipeEntry]:
        for name, part in self._parts.items():
            written = self._written(name, part)
            self._entries |= {entry.name: entry for entry in written}
            if part.grid:
                self._points_of[name] = tuple(entry.name for entry in written)
        for name, part in self._parts.items():
            for index, need in enumerate(part.needs):
                self._require(("recipes", name, "needs", index), need)
            for entry in self.swept((name,)):
                self._require_own_needs(("recipes", name), entry)
        for name, dataset in self._datasets.items():
            for index, recipe in enumerate(dataset.recipes):
                if recipe not in self._points_of:
                    self._require(("datasets", name, "recipes", index), recipe)
        self._refuse_circles()
        return self._entries

    def swept(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names with the points of a sweep in its place."""
        found = [point for name in names for point in self._points_of.get(name, (name,))]
        return tuple(dict.fromkeys(found))

    def _written(self, name: str, part: RecipePart) -> list[RecipeEntry]:
        """The recipe, or one for each point of its grid."""
        place: Place = ("recipes", name)
        recipe = self._load((*place, "recipe"), part.recipe)
        twice = [key for key in part.grid if key in part.params]
        if twice:
            found = f"{twice[0]!r} stands in params and in grid"
            raise self._document.error((*place, "grid", twice[0]), found, "Delete one.")
        made = points(name, part.grid) if part.grid else {name: {}}
        for own in made.values():
            self._check_parameters(place, recipe, {**part.params, **own}, set(own))
        return [
            RecipeEntry(
                name=point,
                recipe=part.recipe,
                params={**part.params, **own},
                needs=tuple(part.needs),
                over=part.over or recipe.over,
                line=self._document.line(place),
            )
            for point, own in made.items()
        ]

    def _require(self, place: Place, name: str) -> None:
        """Raise if no such recipe is there; note a registered one that is used as it is."""
        if name in self._entries:
            return
        if name in self._points_of:
            of = self._points_of[name]
            found = f"{name!r} is a sweep of {len(of)} points, not one result"
            raise self._document.error(place, found, f"Name one point, such as {of[0]!r}.")
        known = list(dict.fromkeys([*self._parts, *self._points]))
        _check_known(self._document, place, "recipe", name, known)
        recipe = self._load(place, name)
        self._check_parameters(place, recipe, {}, None)
        line = self._document.line(place)
        self._entries[name] = RecipeEntry(name, name, {}, (), recipe.over, line)
        self._require_own_needs(place, name)

    def _require_own_needs(self, place: Place, name: str) -> None:
        for need in self._own_needs(name):
            self._require(place, need)

    def _own_needs(self, name: str) -> list[str]:
        """What the recipe itself needs, unless the catalog meets it under another name."""
        entry = self._entries[name]
        met = {self._entries[need].recipe for need in entry.needs}
        return [need for need in self._loaded[entry.recipe].needs if need not in met]

    def _load(self, place: Place, name: str) -> Recipe:
        _check_known(self._document, place, "recipe", name, list(self._points))
        if name not in self._loaded:
            try:
                self._loaded[name] = self._points[name].load()
            except (ImportError, AttributeError) as error:
                raise self._document.error(
                    place,
                    f"recipe {name!r} cannot be imported ({error})",
                    "Reinstall the package that provides it.",
                ) from error
        return self._loaded[name]

    def _check_parameters(
        self, place: Place, recipe: Recipe, params: dict[str, Any], swept: set[str] | None
    ) -> None:
        """Check against the recipe's model; `swept` stand in the grid; None: nothing is written."""
        try:
            # As JSON, since there a list may be a tuple while "6" is still no number.
            recipe.parameters.model_validate_json(json.dumps(params), strict=True)
        except ValidationError as error:
            if swept is not None:
                in_grid = error.errors()[0]["loc"][:1] and error.errors()[0]["loc"][0] in swept
                place = (*place, "grid" if in_grid else "params")
            raise catalog_error(self._document, error, recipe.parameters, place) from error

    def _refuse_circles(self) -> None:
        needs = {
            name: [*entry.needs, *self._own_needs(name)] for name, entry in self._entries.items()
        }
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            names = list(reversed(error.args[1]))
            raise self._document.error(
                ("recipes", names[0]),
                f"recipes need one another: {' -> '.join(names[:8])}",
                "Take one need out.",
            ) from error
