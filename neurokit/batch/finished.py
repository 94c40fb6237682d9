"""All finished results of a store as one labelled thing: a table, and trees that open late.

Reading the manifests opens no result, so that hundreds of results are at hand at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.batch.store import MANIFEST, RUNS, Store, folder_name, read_json, read_manifest
from neurokit.catalog.sweeps import sweep_of
from neurokit.errors import NeurokitError, NeurokitWarning, OptionError, StoreError, suggest
from neurokit.io.listing import listed

if TYPE_CHECKING:
    import pandas as pd
    from xarray import DataTree

COLUMNS = (
    "dataset",
    "recording",
    "recipe",
    "key",
    "parameters",
    "seconds",
    "cpu_seconds",
    "peak_mb",
    "started",
    "path",
)
NAMED = 5  # most names in one warning


@dataclass(frozen=True)
class _Result:
    """One result: its manifest and where it lies."""

    folder: Path
    manifest: Mapping[str, Any]

    def __getitem__(self, name: str) -> str:
        return str(self.manifest.get(name, ""))

    @property
    def whose(self) -> tuple[str, str, str]:
        return self["dataset"], self["recipe"], self["recording"]

    @property
    def age(self) -> tuple[str, int]:
        # Manifests count whole seconds; the file's time tells results of one second apart.
        return self["started"], (self.folder / MANIFEST).stat().st_mtime_ns


class Trees(Mapping[str, "DataTree"]):
    """Results by name, each opened when it is asked for.

    Parameters
    ----------
    paths : mapping of str to Path
        Where the result of a name lies.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = dict(paths)
        self._opened: dict[str, DataTree] = {}

    def __getitem__(self, name: str) -> DataTree:
        """Open one result; its data are read when they are asked for."""
        if name not in self._paths:
            raise KeyError(f"no result {name!r}{suggest(name, self._paths)}")
        if name not in self._opened:
            from neurokit.io import open as open_tree

            self._opened[name] = open_tree(self._paths[name], loader="neurokit")
        return self._opened[name]

    def __contains__(self, name: object) -> bool:
        """Say whether there is such a result, without opening it."""
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._paths)

    def __len__(self) -> int:
        """Count the results."""
        return len(self._paths)

    def __repr__(self) -> str:
        """Return the names, each on a line."""
        return "\n".join([f"Trees: {len(self)} results", *(f"  {name}" for name in self)])


@dataclass(frozen=True, repr=False)
class Results:
    """Finished results of a store; `results` makes it.

    Parameters
    ----------
    out : Path
        The folder of the store.
    table : pandas.DataFrame
        One row per result: dataset, recording, recipe, key, parameters (a dict), seconds,
        cpu_seconds, peak_mb, started (ISO 8601, UTC) and path (below `out`).
    trees : Trees
        The results by ``"dataset/recording"``; with ``"/recipe"`` where they are of several
        recipes, and with ``"/key"`` where several of one recording are shown.
    passed_over : dict of str to str
        Folders below `out` that look like results and are none, and why.

    Examples
    --------
    >>> import neurokit as nk
    >>> found = nk.results("out", recipe="rsa")  # doctest: +SKIP
    >>> found.table.dataset.unique(), found.tree()  # doctest: +SKIP
    """

    out: Path
    table: pd.DataFrame
    trees: Trees
    passed_over: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the results."""
        return len(self.trees)

    def __repr__(self) -> str:
        """Return how many results of which recipes there are."""
        counts = self.table["recipe"].value_counts(sort=False)
        lines = [f"  {name}: {count}" for name, count in counts.items()]
        lines += [f"  passed over: {name} ({why})" for name, why in self.passed_over.items()]
        return "\n".join([f"Results of {self.out}: {len(self)}", *lines])

    def tree(self) -> DataTree:
        """Open all results as one tree, data not read yet.

        Returns
        -------
        xarray.DataTree
            Groups are named as in `trees`.

        Warns
        -----
        NeurokitWarning
            For results whose file cannot be opened; they are left out.
        """
        from xarray import DataTree

        groups: dict[str, DataTree] = {}
        damaged: dict[str, str] = {}
        for name in self.trees:
            try:
                groups[name] = self.trees[name]
            except NeurokitError as error:
                damaged[name] = error.found
        _warn(self.out, damaged)
        nodes: dict[str, Any] = {}
        for name, group in groups.items():
            for node in group.subtree:
                nodes[f"{name}/{node.relative_to(group)}".removesuffix("/.")] = node.to_dataset()
        return DataTree.from_dict(nodes, name=self.out.name)


def results(
    folder: str | Path, recipe: str | None = None, *, every: bool = False, check: bool = True
) -> Results:
    """Open the finished results of a folder that `run` filled, as a table and as trees.

    Parameters
    ----------
    folder : str or Path
        What was given as ``--out``.
    recipe : str, optional
        A recipe's name in the catalog, its registered name, or a pattern such as ``motifs*``;
        default is all recipes.
    every : bool, default False
        Results of all keys; else only the newest of each dataset, recipe and recording.
    check : bool, default True
        Warn about folders that hold a damaged or unfinished result.

    Returns
    -------
    Results
        ``table``, ``trees`` (opened when asked for), ``tree()`` and ``passed_over``.

    Raises
    ------
    StoreError
        If `folder` is missing or is no folder of results.
    OptionError
        If it holds no result of `recipe`.

    Warns
    -----
    NeurokitWarning
        For damaged or unfinished results, which are passed over.

    Examples
    --------
    >>> import neurokit as nk
    >>> nk.results("no such folder")
    Traceback (most recent call last):
    ...
    neurokit.errors.StoreError: no such folder: there is no such folder. Give the --out of a run.
    """
    out = Path(folder).expanduser()
    found, passed_over = read_results(out)
    _check_folder(folder, out, found or passed_over)
    if check:
        _warn(out, passed_over)
    chosen = found if recipe is None else _of_recipe(folder, found, recipe)
    if not every:
        chosen = list({r.whose: r for r in sorted(chosen, key=lambda r: r.age)}.values())
    chosen.sort(key=lambda r: (*r.whose, r.age))
    names = _names(chosen)
    paths = {name: r.folder / r["result"] for name, r in zip(names, chosen, strict=True)}
    return Results(out, _table(out, chosen), Trees(paths), passed_over)


def read_results(out: Path) -> tuple[list[_Result], dict[str, str]]:
    """Return the whole results below `out`, and what looks like one and why it is none.

    Parameters
    ----------
    out : Path
        The folder of a store.

    Returns
    -------
    found : list
        With ``folder`` and ``manifest``, in the order of their paths.
    passed_over : dict of str to str
        Folders below `out`.
    """
    store, found, passed_over = Store(out), [], {}
    for folder in listed(out, "[!.]*/[!.]*/[!.]*/[!.]*"):
        if not folder.is_dir() or folder.relative_to(out).parts[0] == RUNS:
            continue
        manifest = read_manifest(folder)
        if manifest is not None and manifest.get("result"):
            found.append(_Result(folder, manifest))
        else:
            passed_over[store.relative(folder)] = _why_not(folder)
    return found, passed_over


def _why_not(folder: Path) -> str:
    if not (folder / MANIFEST).exists():
        return f"has no {MANIFEST}"
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        return f"{MANIFEST} is damaged"
    for name in manifest["files"]:
        if not (folder / name).is_file():
            return f"{name} is missing"
    return "a file has another size than its manifest says"


def _check_folder(given: str | Path, out: Path, found: object) -> None:
    mend = "Give the --out of a run."
    if not out.exists():
        raise StoreError("there is no such folder", where=str(given), mend=mend)
    if not out.is_dir():
        raise StoreError("is a file", where=str(given), mend=mend)
    if not found and not (out / RUNS).is_dir():
        raise StoreError("holds no results", where=str(given), mend=mend)


def _of_recipe(given: str | Path, found: list[_Result], recipe: str) -> list[_Result]:
    """Results whose recipe has this name; a swept recipe's name means all its points."""
    chosen = [r for r in found if any(fnmatchcase(n, recipe) for n in recipe_names(r.manifest))]
    if not chosen:
        known = list(dict.fromkeys(r["recipe"] for r in found))
        raise OptionError(
            f"no result of recipe {recipe!r}{suggest(recipe, known)} in {given}",
            where="recipe",
            mend=f"It holds results of {', '.join(known) or 'no recipe'}.",
        )
    return chosen


def recipe_names(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    """Names under which the recipe of a result is known: its own, its sweep's, the registered.

    Parameters
    ----------
    manifest : mapping
        Of the result.

    Returns
    -------
    tuple of str
        Three names, which may be equal.
    """
    name = str(manifest.get("recipe", ""))
    return name, sweep_of(name), str(manifest.get("registered", name))


def _names(chosen: list[_Result]) -> list[str]:
    several_recipes = len({r["recipe"] for r in chosen}) > 1
    several_keys = len({r.whose for r in chosen}) < len(chosen)
    names = []
    for r in chosen:
        parts = [folder_name(r["dataset"]), folder_name(r["recording"])]
        parts += [folder_name(r["recipe"])] if several_recipes else []
        parts += [r.folder.name] if several_keys else []
        names.append("/".join(parts))
    return names


def _table(out: Path, chosen: list[_Result]) -> pd.DataFrame:
    import pandas as pd

    store = Store(out)
    rows = [{**r.manifest, "path": store.relative(r.folder)} for r in chosen]
    return pd.DataFrame([[row.get(name) for name in COLUMNS] for row in rows], columns=COLUMNS)


def _warn(out: Path, faults: Mapping[str, str]) -> None:
    if not faults:
        return
    listed = [f"{name} ({why})" for name, why in list(faults.items())[:NAMED]]
    more = f" and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    said = f"{out}: passed over {', '.join(listed)}{more}. Run the catalog again to mend them."
    warnings.warn(said, NeurokitWarning, stacklevel=3)
