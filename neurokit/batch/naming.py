"""The names of a simulation's recordings, which are known once it has run."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

from neurokit.batch.availability import simulation_key
from neurokit.batch.executor import Executor
from neurokit.batch.jobs import Ended, Problem, problem, problem_of
from neurokit.batch.store import Store, writing
from neurokit.batch.tasks import task_of
from neurokit.catalog.catalog import Catalog
from neurokit.catalog.entries import DatasetEntry
from neurokit.errors import NeurokitError, StoreError
from neurokit.io.atomic import temporary_name, write_json

SIMULATION_LIMITS = (1800.0, 6000.0)  # seconds and MB, those of a recipe that says nothing


def name_recordings(
    catalog: Catalog, store: Store, executor: Executor, entries: Iterable[DatasetEntry]
) -> dict[str, tuple[str, ...] | Problem]:
    """Run simulations to learn the names of their recordings, and write these down.

    Parameters
    ----------
    catalog : Catalog
        The catalog.
    store : Store
        Where the names are kept.
    executor : Executor
        What runs the simulations.
    entries : iterable of DatasetEntry
        Simulated datasets whose names are not known.

    Returns
    -------
    dict of str to tuple of str or dict
        Per dataset its names, or why the simulation failed.
    """
    waiting = list(entries)
    running: dict[int, tuple[DatasetEntry, Path]] = {}
    named: dict[str, tuple[str, ...] | Problem] = {}
    numbers = count()
    while waiting or running:
        while waiting and executor.free:
            entry = waiting.pop(0)
            try:
                place = _naming_place(store, entry)
            except StoreError as error:
                named[entry.name] = problem_of(error)
                continue
            number = next(numbers)
            running[number] = (entry, place)
            executor.submit(
                number, task_of(catalog, entry.name, None, place, limits=SIMULATION_LIMITS)
            )
        for number, ended in executor.wait() if running else ():
            entry, place = running.pop(number)
            named[entry.name] = _keep_names(store, entry, ended)
            shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):
                place.parent.rmdir()
    return named


def _naming_place(store: Store, entry: DatasetEntry) -> Path:
    folder = store.names_file(entry.name, simulation_key(entry)).parent
    place = temporary_name(folder / "names")
    with writing(place):
        place.mkdir(parents=True)
    return place


def _keep_names(store: Store, entry: DatasetEntry, ended: Ended) -> tuple[str, ...] | Problem:
    if ended.error is not None or ended.manifest is None:
        return ended.error or problem("JobError", f"{entry.name}: gave no names", "Run it again.")
    names = tuple(map(str, ended.manifest["names"]))
    try:
        write_json(store.names_file(entry.name, simulation_key(entry)), list(names))
    except NeurokitError as error:
        return problem_of(error)
    return names
