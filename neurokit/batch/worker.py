"""What runs in the child: open the inputs, run the recipe, write the result with its manifest."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, cast

from neurokit._version import __version__
from neurokit.batch.joblog import LINES, LOGGER, job_log
from neurokit.batch.jobs import Task, problem, problem_of
from neurokit.batch.limits import enter_job, own_peak_mb
from neurokit.batch.outcome import write_outcome
from neurokit.batch.store import MANIFEST
from neurokit.catalog.catalog import Catalog
from neurokit.catalog.entries import DatasetEntry
from neurokit.errors import JobError, LabelError
from neurokit.io.atomic import fsync_tree, write_json
from neurokit.recipe import Outcome, load_function

if TYPE_CHECKING:
    from xarray import DataTree

PROBLEM = "problem.json"
NAMES = "names.json"
LOG = "log.txt"
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "xarray",
    "dask",
    "h5py",
    "h5netcdf",
    "zarr",
    "mne",
    "pynwb",
    "scikit-learn",
    "numba",
    "matplotlib",
)


def child(task: Task) -> NoReturn:
    """Run a task in this process, which is a fresh child, and end the process.

    Parameters
    ----------
    task : Task
        What to do. The outcome lies in its workspace: a manifest, or ``problem.json``.
    """
    os.environ.clear()
    os.environ.update(task.environment)
    enter_job(task.time_limit_s, task.memory_limit_mb)
    _send_output_to(task.workspace / LOG)
    with _Reported(task) as reported, job_log(task.workspace / LINES):
        work(task)
    _leave(0 if reported.well else 1)


def _leave(code: int) -> NoReturn:
    """End this process, even if a recipe left a thread behind that would hold it up."""
    sys.stdout.flush()
    sys.stderr.flush()
    if any(not t.daemon for t in threading.enumerate() if t is not threading.main_thread()):
        os._exit(code)
    sys.exit(code)


def _send_output_to(file: Path) -> None:
    """Send what libraries print into a file, also from compiled code."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)


class _Reported:
    """Whatever ends the block is written down for the parent; nothing passes beyond it."""

    def __init__(self, task: Task) -> None:
        self.task, self.well = task, True

    def __enter__(self) -> _Reported:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None:
            self.well = False
            write_json(self.task.workspace / PROBLEM, self._describe(error))
        return True

    def _describe(self, error: BaseException) -> dict[str, str]:
        found = problem_of(error)
        if isinstance(error, MemoryError):
            limit = f"{self.task.memory_limit_mb:g} MB"
            return problem(
                JobError.__name__,
                f"{_place(self.task)}: asked for more memory than its limit of {limit}",
                "Give it less at once (fewer channels, a shorter stretch) or raise --memory-limit.",
                traceback=found["traceback"],
            )
        if found["message"].partition(":")[0] != _place(self.task):
            found["message"] = f"{_place(self.task)}: {found['message']}"
        return found


def _place(task: Task) -> str:
    if task.recordings is not None and len(task.recordings) == 1:
        return f"{task.dataset}/{task.recordings[0]}"
    return task.dataset


def work(task: Task) -> None:
    """Do what `task` says and leave the outcome, flushed to disk, in its workspace.

    Parameters
    ----------
    task : Task
        What to do.

    Raises
    ------
    NeurokitError
        If the inputs cannot be opened or the recipe gives no `Outcome`.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    log = logging.getLogger(LOGGER)
    log.info("started, process %d", os.getpid())
    if task.recipe is None:
        write_json(task.workspace / NAMES, list(_inputs(task)))
        return
    outcome = _run_recipe(task)
    log.info("computed in %.3f s", time.perf_counter() - clock)
    manifest = {**task.stamp, **write_outcome(outcome, task.workspace)}
    manifest["versions"] = _versions()
    manifest["started"] = started.isoformat(timespec="seconds")
    manifest["seconds"] = round(time.perf_counter() - clock, 3)
    manifest["cpu_seconds"] = round(sum(os.times()[:4]), 3)
    manifest["peak_mb"] = round(own_peak_mb(), 1)
    log.info("written, %.1f MB at most", manifest["peak_mb"])
    _drop_empty(task.workspace / LOG)
    fsync_tree(task.workspace)
    write_json(task.workspace / MANIFEST, manifest)


def _drop_empty(log: Path) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    if log.is_file() and log.stat().st_size == 0:
        log.unlink()


def _run_recipe(task: Task) -> Outcome:
    assert task.recipe is not None
    from neurokit.io import open as open_tree

    function = load_function(task.recipe.run)
    needs = {label: open_tree(path, loader="neurokit") for label, path in task.needs}
    inputs = _inputs(task)
    logging.getLogger(LOGGER).info("opened %s", ", ".join(inputs) or "no recording")
    outcome = function(inputs, task.parameters, needs)
    if not isinstance(outcome, Outcome):
        raise JobError(
            f"the recipe gave a {type(outcome).__name__}, not an Outcome",
            where=task.recipe.run,
            mend="Return neurokit.recipe.Outcome(result=...).",
        )
    return outcome


def _inputs(task: Task) -> dict[str, DataTree]:
    entry = task.catalog.datasets[task.dataset]
    if entry.simulate is not None:
        return _simulation(entry, task.recordings)
    return {name: _open(task.catalog, entry, name) for name in task.recordings or ()}


def _open(catalog: Catalog, entry: DatasetEntry, recording: str) -> DataTree:
    from neurokit.io.large import in_chunks

    opened = catalog.open(entry.name, subject=recording)
    return in_chunks(opened[recording] if isinstance(opened, dict) else opened)


def _simulation(entry: DatasetEntry, wanted: tuple[str, ...] | None) -> dict[str, DataTree]:
    from neurokit.catalog.simulated import simulated

    trees = simulated(entry)
    if wanted is None:
        return trees
    absent = [name for name in wanted if name not in trees]
    if absent:
        raise LabelError(
            f"the simulation gives no recording {absent[0]!r}",
            where=entry.name,
            mend=f"It gives {', '.join(trees)}.",
        )
    return {name: trees[name] for name in wanted}


def _versions() -> Mapping[str, str]:
    found = {
        "neurokit": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return cast("Mapping[str, str]", found)
