"""Runs planned jobs in an order that their needs allow, each as soon as there is room for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from neurokit.batch.claim import Claim
from neurokit.batch.executor import Executor
from neurokit.batch.jobs import GOOD, Ended, Job, JobId, Row, Status, Task, problem_of
from neurokit.batch.keptlogs import KeptLogs
from neurokit.batch.plan import blocked_by
from neurokit.batch.stopping import Stop
from neurokit.batch.store import (
    Store,
    claim_result,
    commit,
    read_manifest,
    tidy,
    workspace,
)
from neurokit.batch.tasks import stamp_of, task_of
from neurokit.batch.watch import Limits, Watch
from neurokit.catalog.catalog import Catalog
from neurokit.errors import StoreError


class Schedule:
    """The jobs of one run on their way to rows.

    Parameters
    ----------
    catalog : Catalog
        What the jobs open.
    store : Store
        Where results go.
    executor : Executor
        What runs them.
    limits : Limits
        Replacing those of the recipes.
    watch : Watch
        Told what happens.
    logs : KeptLogs, optional
        Where logs of failed jobs go.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        executor: Executor,
        limits: Limits,
        watch: Watch,
        logs: KeptLogs | None = None,
    ) -> None:
        self.catalog, self.store, self.executor = catalog, store, executor
        self.limits, self.watch = limits, watch
        self.rows: dict[JobId, Row] = {}
        self._logs = logs or KeptLogs(store.out)
        self._held: dict[int, tuple[Job, Claim, Path]] = {}
        self._started = 0

    def run(self, jobs: Iterable[Job], stop: Stop | None = None) -> None:
        """Run what is to be run; `rows` holds one row per job when this ends.

        Parameters
        ----------
        jobs : iterable of Job
            Needs before what needs them.
        stop : Stop, optional
            Asked to end, no further job starts, and those that run have its grace.

        Raises
        ------
        KeyboardInterrupt
            If it was asked to end, once no job runs or the grace is over.
        """
        stop = stop or Stop()
        waiting = []
        for job in jobs:
            if job.status == "run":
                waiting.append(job)
            else:
                self._settle(job, _row_of_plan(job, self.store))
        while not stop.asked and (waiting or self._held):
            waiting = [job for job in waiting if stop.asked or not self._try(job)]
            self._collect_ended(bool(waiting))
        if stop.asked:
            self._wait_for_running(stop)

    def _wait_for_running(self, stop: Stop) -> None:
        if self._held:
            self.watch.stopping(len(self._held), stop.grace_s)
        while self._held and not stop.over:
            self._collect_ended()
        raise KeyboardInterrupt

    def _collect_ended(self, any_waiting: bool = False) -> None:
        for number, ended in self.executor.wait() if any_waiting or self._held else ():
            self._collect(number, ended)

    def close(self) -> None:
        """End what runs and give back every claim."""
        self.executor.close()
        for job, held, _ in self._held.values():
            held.release()
            tidy(job.folder, self.store.out)
        self._held.clear()

    def _settle(self, job: Job, row: Row) -> None:
        self.rows[job.id] = row
        self.watch.ended(row)

    def _try(self, job: Job) -> bool:
        """Start or settle a job; False where it has to wait."""
        statuses = {need.job: self.rows.get(need.job) for need in job.needs}
        for need, row in statuses.items():
            if row is not None and row["status"] not in GOOD:
                self._settle(job, job.row("blocked", error=blocked_by(need)))
                return True
        if not all(statuses.values()) or self.executor.free < 1:
            return False
        try:
            return self._start(job)
        except StoreError as error:
            self._settle(job, job.row("failed", error=problem_of(error)))
            return True

    def _start(self, job: Job) -> bool:
        held = claim_result(job.folder)
        if held is None:
            return False  # another process computes it: its result will be ours, too
        if read_manifest(job.folder, job.key) is not None:
            held.release()
            self._settle(job, job.row("cached", path=self.store.relative(job.folder)))
            return True
        try:
            place = workspace(job.folder)
        except StoreError:
            held.release()
            raise
        self._started += 1
        self._held[self._started] = (job, held, place)
        self.watch.started(job.id)
        self.executor.submit(self._started, self._task(job, place))
        return True

    def _task(self, job: Job, place: Path) -> Task:
        needs = []
        for need in job.needs:
            folder = self.store.out / str(self.rows[need.job]["path"])
            manifest = read_manifest(folder) or {}
            needs.append((need.label, folder / str(manifest.get("result", "result.nc"))))
        return task_of(
            self.catalog,
            job.id.dataset,
            job.recordings,
            place,
            limits=_limits(self.limits, job),
            recipe=job.recipe,
            parameters=job.parameters,
            needs=tuple(needs),
            stamp=stamp_of(job, self.catalog),
        )

    def _collect(self, number: int, ended: Ended) -> None:
        job, held, place = self._held.pop(number)
        error = ended.error
        try:
            if error is None:
                commit(place, job.folder, self.store.out)
        except StoreError as refused:
            error = problem_of(refused)
        finally:
            logs = self._logs.keep(job.id, place) if error is not None else ""
            shutil.rmtree(place, ignore_errors=True)
            held.release()
        status: Status = "done"
        path: str | None = self.store.relative(job.folder)
        if error is not None:
            tidy(job.folder, self.store.out)
            status, path = "failed", None
            error = {**error, **({"logs": logs} if logs else {})}
        self._settle(
            job,
            job.row(status, error=error, seconds=ended.seconds, peak_mb=ended.peak_mb, path=path),
        )


def _limits(limits: Limits, job: Job) -> tuple[float, float]:
    return (
        job.recipe.time_limit_s if limits.time_s is None else limits.time_s,
        job.recipe.memory_limit_mb if limits.memory_mb is None else limits.memory_mb,
    )


def _row_of_plan(job: Job, store: Store) -> Row:
    path = store.relative(job.folder) if job.status == "cached" else None
    return job.row(job.status, error=job.error, path=path)
