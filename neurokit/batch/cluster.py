"""Jobs on the workers of a Dask scheduler; distributed is imported once something is to be run.

Only what a worker needs to know crosses the network. Results are written by the workers into
the store, which they share, and put in place by the process that started the run.
"""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any

from neurokit.batch.executor import LOOK_EVERY_S, failure, without_main
from neurokit.batch.jobs import Ended, Task, problem_of
from neurokit.batch.remote import (
    MOST_DEATHS,
    Attempted,
    attempts,
    attend,
    code_of,
    killed,
    worker_of,
)
from neurokit.errors import ClusterError, DependencyError, OptionError

LOCAL = "local"
CONNECT_S = 15.0
COUNT_EVERY_S = 2.0  # how often the workers are counted
FEWEST = 8  # waiting at least, so that a cluster that grows on demand sees some
FORGET_S = 5.0  # for children elsewhere to notice that nobody wants them


@dataclass
class _Sent:
    task: Task
    future: Any
    blamed: int = 0  # times that the scheduler gave it up without its having begun so often


class DaskExecutor:
    """Runs tasks in children of the workers of a Dask scheduler.

    A worker that is lost costs nothing: its jobs run elsewhere. A job during which
    `MOST_DEATHS` workers died is failed.

    Parameters
    ----------
    scheduler : str
        Address (``"tcp://host:8786"``), a scheduler's file (``"scheduler.json"``), or
        ``"local"`` for a scheduler and workers that live as long as this.
    n_jobs : int, optional
        Tasks at a time, and for ``"local"`` workers; default twice the workers' threads.

    Raises
    ------
    OptionError
        If `scheduler` is neither of these.
    DependencyError
        If distributed is not installed.
    """

    def __init__(self, scheduler: str, n_jobs: int | None = None) -> None:
        _check(scheduler)
        self.scheduler, self._asked = scheduler, n_jobs
        self._client: Any = None
        self._cluster: Any = None
        self._running: dict[int, _Sent] = {}
        self._some_ended = threading.Event()
        self._threads, self._counted = 0, -COUNT_EVERY_S

    @property
    def n_jobs(self) -> int:
        """Tasks at a time: as asked, else enough that no worker waits for the next one."""
        return self._asked or max(FEWEST, 2 * self._threads)

    @property
    def free(self) -> int:
        """How many more tasks can be submitted now."""
        return self.n_jobs - len(self._running)

    def open(self) -> None:
        """Connect to the scheduler, or start one with its workers.

        Raises
        ------
        ClusterError
            If no scheduler answers.
        """
        if self._client is not None:
            return
        from distributed import Client

        try:
            where = self._start_cluster() if self.scheduler == LOCAL else self.scheduler
            how = {_kind_of(where): where}
            self._client = Client(**how, timeout=CONNECT_S, set_as_default=False, name="neurokit")
        except (OSError, ValueError, RuntimeError) as error:
            self.close()
            raise ClusterError(
                f"no scheduler answers ({' '.join(str(error).split()) or type(error).__name__})",
                where=self.scheduler,
                mend="Start one with `dask scheduler`, check address and firewall, or leave the "
                "option out to run on this machine.",
            ) from error
        self._count()
        if not self._threads:
            getLogger(__name__).warning("%s has no workers yet; waiting for them", self.scheduler)

    def _start_cluster(self) -> Any:
        from distributed import LocalCluster

        with without_main():  # workers would import a user's script again
            self._cluster = LocalCluster(
                n_workers=self._asked or 1,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=None,
                silence_logs=ERROR,
                preload=["neurokit.batch.remote"],
            )
        return self._cluster

    def _count(self) -> None:
        self._counted = time.monotonic()
        with suppress(OSError, ValueError):
            self._threads = sum(self._client.nthreads().values())

    def submit(self, number: int, task: Task) -> None:
        """Send `task` to the scheduler; `number` says later which one ended."""
        self._running[number] = _Sent(task, self._send(task))

    def _send(self, task: Task) -> Any:
        """Return the future of a task; None where the scheduler is lost."""
        if self._client is None or self._client.status != "running":
            return None
        what = task.recipe.name if task.recipe is not None else "simulation"
        key = f"{task.dataset}-{what}-{uuid.uuid4().hex}"
        # As one opaque callable: Dask would look for its own objects inside arguments.
        future = self._client.submit(partial(attend, task, code_of(task)), key=key, pure=False)
        future.add_done_callback(lambda _: self._some_ended.set())
        return future

    def wait(self) -> list[tuple[int, Ended]]:
        """Return what ended, after at most `LOOK_EVERY_S`."""
        self._some_ended.wait(LOOK_EVERY_S)
        self._some_ended.clear()
        if time.monotonic() - self._counted > COUNT_EVERY_S and not self._is_lost():
            self._count()
        ended = []
        for number, sent in list(self._running.items()):
            outcome = self._look(sent)
            if outcome is not None:
                del self._running[number]
                ended.append((number, outcome))
        return ended

    def _is_lost(self) -> bool:
        return self._client is None or self._client.status != "running"

    def _look(self, sent: _Sent) -> Ended | None:
        status = "lost" if sent.future is None else sent.future.status
        if status == "finished":
            return _take(sent.task, sent.future.result())
        if status == "error":
            return self._judge(sent)
        if status in ("lost", "cancelled") or self._is_lost():
            return _failed(
                sent.task,
                f"the scheduler {self.scheduler} was lost while it waited or ran",
                "See whether the scheduler lives, then run the same command again; what is "
                "finished is kept.",
            )
        return self._given_up(sent)

    def _judge(self, sent: _Sent) -> Ended | None:
        """Say what an error of the cluster's own means; None where the task is sent again."""
        from distributed import KilledWorker

        error = sent.future.exception()
        if not isinstance(error, KilledWorker):
            found = problem_of(error)
            return _failed(
                sent.task,
                f"its worker could not take it ({found['class']}: {found['message']})",
                "Install the same neurokit, recipes and libraries on every worker.",
                traceback=found["traceback"],
            )
        if max(len(attempts(sent.task.workspace)), sent.blamed) >= MOST_DEATHS:
            return killed(sent.task)
        sent.blamed += 1
        # The scheduler has less patience than we, or blames jobs that had not begun.
        sent.future = self._send(sent.task)
        return None

    def _given_up(self, sent: _Sent) -> Ended | None:
        """Return a failure where too many workers died and the last is not alive either."""
        tried = attempts(sent.task.workspace)
        if len(tried) < MOST_DEATHS:
            return None
        with suppress(OSError, ValueError):
            if worker_of(tried[-1]) not in self._client.nthreads():
                return killed(sent.task)
        return None

    def close(self) -> None:
        """Cancel what waits and runs, remove the workspaces, and leave the scheduler."""
        futures = [sent.future for sent in self._running.values() if sent.future is not None]
        places = [sent.task.workspace for sent in self._running.values()]
        self._running.clear()
        client, self._client = self._client, None
        cluster, self._cluster = self._cluster, None
        with suppress(OSError, RuntimeError):
            if client is not None and client.status == "running":
                client.cancel(futures, force=True)
        if cluster is None:
            _remove(places)
        with suppress(OSError, RuntimeError):
            if client is not None:
                client.close()
            if cluster is not None:
                cluster.close()
        _remove(places)


def _check(scheduler: str) -> None:
    if scheduler != LOCAL and ":" not in scheduler and not scheduler.endswith(".json"):
        raise OptionError(
            f"is {scheduler!r}, which is no address",
            where="scheduler",
            mend="Give an address such as tcp://host:8786, or the file of a scheduler (.json).",
        )
    if find_spec("distributed") is None:
        raise DependencyError(
            "running on a cluster needs Dask's distributed, which is not installed",
            where="scheduler",
            mend="Install neurokit-xarray[dask], here and on every worker.",
        )


def _kind_of(where: object) -> str:
    """Return which argument of a client says this; a missing file would be waited for."""
    if not (isinstance(where, str) and where.endswith(".json")):
        return "address"
    if not Path(where).is_file():
        raise FileNotFoundError("there is no such file")
    return "scheduler_file"


def _take(task: Task, attempted: Attempted) -> Ended:
    """Make the folder of the attempt that ended the workspace itself."""
    if attempted.place is None:
        return attempted.ended
    aside = task.workspace.with_name(f"{task.workspace.name}-won")
    try:
        (task.workspace / attempted.place).rename(aside)
        shutil.rmtree(task.workspace)
        aside.rename(task.workspace)
    except OSError as error:
        if attempted.ended.error is not None:
            return attempted.ended
        return _failed(
            task,
            f"what its worker wrote cannot be taken from {task.workspace} "
            f"({error.strerror or error})",
            "Choose an --out that every worker has under the same path.",
        )
    return attempted.ended


def _failed(task: Task, found: str, mend: str, **more: str) -> Ended:
    return Ended(None, failure(task, found, mend, **more), 0.0, 0.0)


def _remove(places: Iterable[Path]) -> None:
    """Remove workspaces, by which children elsewhere learn that they are to end."""
    deadline = time.monotonic() + FORGET_S
    left = list(places)
    while left and time.monotonic() < deadline:
        for place in left:
            shutil.rmtree(place, ignore_errors=True)
        left = [place for place in left if place.exists()]
        if left:
            time.sleep(LOOK_EVERY_S)
