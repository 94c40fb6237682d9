"""One run of a catalog from plan to summary: what `neurokit run` does, as a function."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neurokit._version import __version__
from neurokit.batch import tables
from neurokit.batch.availability import simulated_names
from neurokit.batch.chosen import Choices, Chosen, choose_datasets
from neurokit.batch.cluster import DaskExecutor
from neurokit.batch.crate import write_crate
from neurokit.batch.executor import Executor, LocalExecutor
from neurokit.batch.jobs import ALL, GOOD, Job, JobId, Problem, Row, problem, problem_of
from neurokit.batch.keptlogs import KeptLogs
from neurokit.batch.leftovers import remove_leftovers
from neurokit.batch.naming import name_recordings
from neurokit.batch.plan import Planner
from neurokit.batch.runs import valid_report, write_run, write_summary
from neurokit.batch.schedule import Schedule
from neurokit.batch.stopping import GRACE_S, Stop, heeding_signals
from neurokit.batch.store import Store
from neurokit.batch.watch import Limits, Watch
from neurokit.catalog.catalog import Catalog
from neurokit.catalog.entries import DatasetEntry
from neurokit.errors import NeurokitError, OptionError

SCHEMA = "neurokit-run/1"
ALL_WELL, SOME_FAILED, NOTHING_MATCHED, INTERRUPTED = 0, 1, 3, 130
MOST_JOBS = 8  # each may take gigabytes; more is for who asks for it


def run_catalog(
    catalog: Catalog | Path | str,
    *,
    out: Path | str = "out",
    only: Iterable[str] = (),
    recipe: Iterable[str] = (),
    jobs: int | None = None,
    scheduler: str | None = None,
    fetch: bool = False,
    dry_run: bool = False,
    time_limit_s: float | None = None,
    memory_limit_mb: float | None = None,
    grace_s: float = GRACE_S,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Run the recipes of a catalog on what is at hand, each job in a process of its own.

    What is in the store already is not computed again; a job that fails stops no other.

    Parameters
    ----------
    catalog : Catalog, Path or str
        The catalog or its file.
    out : Path or str, default "out"
        The folder for results, the summary and the report.
    only : iterable of str
        Names of datasets or patterns such as ``worm*``; all where it is empty.
    recipe : iterable of str
        Names of recipes or patterns; all where it is empty. What they need comes with them.
    jobs : int, optional
        Jobs at a time; default is the number of processors, at most 8, and on a cluster what
        keeps its workers busy. Results do not depend on it.
    scheduler : str, optional
        Run jobs on the workers of a Dask scheduler instead of here: its address
        (``"tcp://host:8786"``), its file (``"scheduler.json"``), or ``"local"`` for a
        scheduler and workers started on this machine. Every worker must see `out` and the
        recordings under the same paths.
    fetch : bool, default False
        Download what is not at hand first.
    dry_run : bool, default False
        Only say what would be done; nothing is written.
    time_limit_s : float, optional
        Wall seconds of each job, instead of the recipe's own limit.
    memory_limit_mb : float, optional
        Megabytes of each job, instead of the recipe's own limit.
    grace_s : float, default 20
        After Ctrl-C (in ``neurokit run`` also SIGTERM) no further job starts; those that run
        have so many seconds to end by themselves. A second signal ends them at once.
    watch : Watch, optional
        Told what happens while it goes on.

    Returns
    -------
    dict
        The summary: ``rows`` (one per job), ``counts``, ``exit_code``, ``report`` and ``folder``
        below `out`, and how it was called.

    Raises
    ------
    CatalogError
        If the catalog is wrong; nothing has run then.
    OptionError
        If `jobs` or a limit is not positive, `grace_s` negative, or `scheduler` is no address.
    DependencyError
        If `scheduler` is given and Dask's distributed is not installed.
    ClusterError
        If no scheduler answers there.

    Examples
    --------
    >>> summary = run_catalog("data_catalog.yaml", out="out", jobs=4)  # doctest: +SKIP
    >>> {job["status"] for job in summary.jobs}  # doctest: +SKIP
    {'done'}
    """
    _check_positive(jobs=jobs, time_limit_s=time_limit_s, memory_limit_mb=memory_limit_mb)
    if not grace_s >= 0:
        raise OptionError(f"is {grace_s:g}", where="grace_s", mend="Give seconds, or 0.")
    opened = catalog if isinstance(catalog, Catalog) else Catalog.read(catalog)
    run = _Run(
        opened,
        Store(Path(out).expanduser().resolve()),
        Choices(opened),
        tuple(recipe),
        Limits(time_limit_s, memory_limit_mb),
        watch or Watch(),
        _executor(jobs, scheduler),
        Stop(grace_s),
    )
    datasets = choose_datasets(opened, only)
    return run.dry(datasets) if dry_run else run.full(datasets, fetch=fetch)


def _executor(jobs: int | None, scheduler: str | None) -> Executor:
    if scheduler is None:
        return LocalExecutor(jobs or default_jobs())
    return DaskExecutor(scheduler, jobs or (default_jobs() if scheduler == "local" else None))


def default_jobs() -> int:
    """Return how many jobs run at a time where nobody says.

    Returns
    -------
    int
        Processors that this process may use, at most 8.

    Examples
    --------
    >>> default_jobs() >= 1
    True
    """
    usable = getattr(os, "sched_getaffinity", None)
    processors = len(usable(0)) if usable is not None else os.cpu_count() or 1
    return max(1, min(processors, MOST_JOBS))


def _check_positive(**values: float | None) -> None:
    for name, value in values.items():
        if value is not None and value <= 0:
            raise OptionError(f"is {value:g}", where=name, mend="Give a positive number.")


class _Run:
    """The steps of one run."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        choices: Choices,
        wanted: tuple[str, ...],
        limits: Limits,
        watch: Watch,
        executor: Executor,
        stop: Stop,
    ) -> None:
        self.catalog, self.store, self.choices = catalog, store, choices
        self.wanted, self.limits, self.watch, self.executor = wanted, limits, watch, executor
        self.stop, self.logs = stop, KeptLogs(store.out)
        self.clock, self.started = time.perf_counter(), datetime.now(UTC)

    def dry(self, datasets: list[DatasetEntry]) -> dict[str, Any]:
        """Plan only: rows whose status may be "run", each with a reason."""
        self._check_simulations(datasets)
        rows: list[dict[str, Any]] = []
        for job in self._plan(datasets, {}, {}):
            row = dict(job.row(job.status, error=job.error))
            rows.append({**row, "reason": job.reason})
        return self._summary(rows, exit_code=0 if rows else NOTHING_MATCHED)

    def full(self, datasets: list[DatasetEntry], *, fetch: bool) -> dict[str, Any]:
        """Fetch, plan, run, and write the summary and the report."""
        datasets = [entry for entry in datasets if self.choices.of(entry, self.wanted)]
        if not datasets:
            return self._summary([], exit_code=NOTHING_MATCHED)
        self._check_simulations(datasets)
        remove_leftovers(self.store.out)
        try:
            jobs, rows, interrupted = self._work(datasets, fetch=fetch)
            found: list[Mapping[str, Any]] = [rows.get(job.id) or _interrupted(job) for job in jobs]
            code = INTERRUPTED if interrupted else exit_code_of(found)
            summary = self._write(self._summary(found, exit_code=code))
        finally:
            self.logs.discard()
        write_crate(self.store.out)
        return summary

    def _check_simulations(self, datasets: list[DatasetEntry]) -> None:
        """Refuse wrong parameters of simulators, which is an error of the catalog.

        Names that were written down prove that a simulation has run with these parameters.
        """
        for entry in datasets:
            if entry.simulate is not None and simulated_names(self.store, entry) is None:
                self.catalog.check_simulators(entry.name)

    def _work(
        self, datasets: list[DatasetEntry], *, fetch: bool
    ) -> tuple[list[Job], dict[JobId, Row], bool]:
        jobs: list[Job] = []
        schedule: Schedule | None = None
        try:
            failed = self._fetch(datasets) if fetch else {}
            jobs = self._plan(datasets, failed, self._names(datasets))
            self.watch.planned(jobs)
            if any(job.status == "run" for job in jobs):
                self.executor.open()
            schedule = Schedule(
                self.catalog, self.store, self.executor, self.limits, self.watch, self.logs
            )
            with heeding_signals(self.stop):
                schedule.run(jobs, self.stop)
        except KeyboardInterrupt:
            return jobs, schedule.rows if schedule else {}, True
        finally:
            if schedule is not None:
                schedule.close()
            self.executor.close()
        return jobs, schedule.rows, False

    def _fetch(self, datasets: list[DatasetEntry]) -> dict[str, Problem]:
        failed = {}
        for entry in datasets:
            try:
                missing = self.catalog.to_fetch(entry.name)
                if missing:
                    size = sum(file.bytes for file in missing)
                    self.watch.fetching(entry.name, len(missing), size)
                    self.catalog.fetch(entry.name, progress=True)
            except NeurokitError as error:
                failed[entry.name] = problem_of(error)
        return failed

    def _names(self, datasets: list[DatasetEntry]) -> dict[str, tuple[str, ...] | Problem]:
        unknown = [
            entry
            for entry in datasets
            if entry.simulate is not None
            and simulated_names(self.store, entry) is None
            and any(c.over == "recording" for c in self.choices.of(entry, self.wanted))
        ]
        if not unknown:
            return {}
        self.executor.open()
        return name_recordings(self.catalog, self.store, self.executor, unknown)

    def _plan(
        self,
        datasets: list[DatasetEntry],
        fetch_problems: Mapping[str, Problem],
        named: Mapping[str, tuple[str, ...] | Problem],
    ) -> list[Job]:
        planner = Planner(self.catalog, self.store, fetch_problems)
        jobs: list[Job] = []
        for entry in datasets:
            chosen: list[Chosen] = self.choices.of(entry, self.wanted)
            names = named.get(entry.name)
            if names is None and entry.simulate is not None:
                names = simulated_names(self.store, entry)
            jobs += planner.jobs(entry, chosen, names)
        return jobs

    def _summary(self, rows: list[Any], *, exit_code: int) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "neurokit": __version__,
            "catalog": self.catalog.path.name,
            "out": str(self.store.out),
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - self.clock, 3),
            "jobs": self.executor.n_jobs,
            "exit_code": exit_code,
            "counts": dict(Counter(row["status"] for row in rows)),
            "rows": rows,
            "not_downloaded": tables.absences(rows),
            "folder": "",
            "report": "",
        }

    def _write(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Write the summary, build a report unless one shows these very results already."""
        out = self.store.out
        report = valid_report(out, summary)
        time_name = self.started.strftime("%Y-%m-%dT%H-%M-%SZ")
        summary = write_run(out, time_name, {**summary, "report": report}, self.logs)
        nothing_to_show = summary["exit_code"] in (INTERRUPTED, NOTHING_MATCHED)
        if report or nothing_to_show:
            return summary
        from neurokit.report import build

        folder = out / summary["folder"]
        path = build(out, summary, folder / "report.html")
        summary = {**summary, "report": self.store.relative(Path(path))}
        write_summary(folder, summary)
        return summary


def exit_code_of(rows: Iterable[Mapping[str, Any]]) -> int:
    """Return what a run with these rows exits with.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of a summary.

    Returns
    -------
    int
        0 all well, 1 some failed, 3 nothing matched or nothing was downloaded.

    Examples
    --------
    >>> exit_code_of([{"status": "done"}, {"status": "not_downloaded"}])
    0
    """
    statuses = {row["status"] for row in rows}
    if statuses & {"failed", "blocked"}:
        return SOME_FAILED
    return ALL_WELL if statuses & GOOD else NOTHING_MATCHED


def _interrupted(job: Job) -> Row:
    where = f"{job.id.dataset}/{job.id.recording}" if job.id.recording != ALL else job.id.dataset
    error = problem(
        "KeyboardInterrupt",
        f"{where}: interrupted before it ended",
        "Run the same command again; what is finished is kept.",
    )
    return job.row("blocked", error=error)
