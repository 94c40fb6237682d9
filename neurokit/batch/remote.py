"""One task on a worker of a cluster: a child as on one machine, and a record of each attempt.

Whether a job has killed its workers must outlive them, so every attempt is a folder in the
job's workspace, which all machines share. Two attempts never write to one folder, even where
a worker that was given up for lost still lives.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote

from neurokit.batch import keys
from neurokit.batch.executor import LocalExecutor, failure, last_lines
from neurokit.batch.jobs import Ended, Problem, Task
from neurokit.batch.limits import ONE_THREAD

ATTEMPT = "attempt-"
MOST_DEATHS = 3  # workers that may die of one job
SENT = "NEUROKIT_"  # settings that go along with a job where the worker has none
_starting = threading.Lock()  # threads of one worker change its environment while a child starts


@dataclass(frozen=True)
class Attempted:
    """How an attempt ended, and the folder of the workspace in which it left its outcome."""

    ended: Ended
    place: str | None


def code_of(task: Task) -> str:
    """Return the version of the code that a task runs on this machine.

    Parameters
    ----------
    task : Task
        The task.

    Returns
    -------
    str
        Of neurokit with its loaders, and of the recipe's own distribution.
    """
    recipe = "" if task.recipe is None else keys.recipe_source(task.recipe.run)
    return f"{keys.code_version()} {recipe}".rstrip()


def attempts(workspace: Path) -> list[Path]:
    """Return the folders of all attempts at a job, the newest last.

    Parameters
    ----------
    workspace : Path
        The job's workspace.

    Returns
    -------
    list of Path
        One per worker that began.
    """
    return sorted(workspace.glob(f"{ATTEMPT}*"))


def worker_of(attempt: Path) -> str:
    """Return the address of the worker that made an attempt.

    Parameters
    ----------
    attempt : Path
        One of `attempts`.

    Returns
    -------
    str
        Such as ``tcp://10.0.0.2:40331``.
    """
    return unquote(attempt.name.split("-", 2)[2])


def killed(task: Task) -> Ended:
    """Return the failure of a job during which too many workers died.

    Parameters
    ----------
    task : Task
        The task.

    Returns
    -------
    Ended
        It names the workers and has what the last child printed.
    """
    tried = attempts(task.workspace)
    where = ", ".join(worker_of(attempt) for attempt in tried)
    error = failure(
        task,
        f"{len(tried)} workers died while they ran it ({where})"
        if tried
        else "all workers died before it began",
        "Look in the workers' logs for who ended them; if it was a lack of memory, let fewer jobs "
        "share a machine.",
        log=last_lines(tried[-1]) if tried else "",
    )
    return Ended(None, error, 0.0, 0.0)


def attend(task: Task, code: str) -> Attempted:
    """Run a task in a child of this worker; end the child if nobody wants its outcome any more.

    Parameters
    ----------
    task : Task
        The task; its workspace must lie on a folder that this machine shares.
    code : str
        What `code_of` gave where the run was started.

    Returns
    -------
    Attempted
        How it ended.

    Raises
    ------
    distributed.Reschedule
        If this worker is closed meanwhile; another one runs the task then.
    """
    from distributed import Reschedule, get_worker

    worker = get_worker()
    refused = _refusal(task, code, worker.address)
    if refused is not None:
        return Attempted(Ended(None, refused, 0.0, 0.0), None)
    if len(attempts(task.workspace)) >= MOST_DEATHS:
        return Attempted(killed(task), None)
    place = task.workspace / f"{ATTEMPT}{time.time_ns()}-{quote(worker.address, safe='')}"
    place.mkdir()
    mine = replace(task, workspace=place, environment=_environment(task))
    ended = _run_child(mine, lambda: worker.status.name in ("closing", "closed", "failed"))
    if ended is not None:
        return Attempted(ended, place.name)
    if task.workspace.is_dir():
        raise Reschedule
    return Attempted(Ended(None, failure(task, "was cancelled", "Run it again."), 0.0, 0.0), None)


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the process that started this worker, which ends it in order.

    Called by Dask in workers that preload this module, as those of ``--dask local`` do.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _refusal(task: Task, code: str, address: str) -> Problem | None:
    if not task.workspace.is_dir():
        return failure(
            task,
            f"the worker {address} does not see the folder {task.workspace.parent}",
            "Choose an --out that every worker has under the same path.",
        )
    own = code_of(task)
    if own != code:
        return failure(
            task,
            f"the worker {address} has other code ({own[:24]}) than this run ({code[:24]})",
            "Install the same neurokit and recipes on every worker, and start the workers again.",
        )
    return None


def _environment(task: Task) -> dict[str, str]:
    """Return this machine's environment, with settings of the run that it lacks."""
    sent = {name: value for name, value in task.environment.items() if name.startswith(SENT)}
    return {**sent, **os.environ, **ONE_THREAD}


def _run_child(task: Task, is_closing: Callable[[], bool]) -> Ended | None:
    """Run a task to its end; None where its folder or this worker goes before."""
    running = LocalExecutor(1)
    try:
        with _starting, _allowed_children():
            running.submit(0, task)
        while True:
            for _, ended in running.wait():
                return ended
            if is_closing() or not task.workspace.is_dir():
                return None
    finally:
        running.close()


@contextmanager
def _allowed_children() -> Iterator[None]:
    """Let this worker start a child; its nanny has made it a daemon, which may have none."""
    process = multiprocessing.current_process()
    before = process.daemon
    process.daemon = False
    try:
        yield
    finally:
        process.daemon = before
