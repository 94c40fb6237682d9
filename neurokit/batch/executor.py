"""Children on this machine: one per job, so many at a time, ended when they overstep.

Children come from a fork server in which the heavy libraries are loaded already; where the
system has none they are started afresh. A child that hangs, dies or eats memory costs its own
job and nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import connection
from multiprocessing.context import BaseContext
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from neurokit.batch.jobs import Ended, Problem, Task, problem
from neurokit.batch.limits import (
    end_group,
    one_thread_environment,
    resident_mb,
    without_termination,
)
from neurokit.batch.store import MANIFEST, read_json
from neurokit.batch.worker import LOG, NAMES, PROBLEM, child
from neurokit.errors import JobError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

LOOK_EVERY_S = 0.1  # how often memory and time are looked at
LOG_LINES = 40
START_TRIES = 20
_SERVER_GONE = 255  # what multiprocessing says where the server cannot tell how a child ended


@cache
def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["neurokit.batch.preload"])
    return context


@contextmanager
def without_main() -> Iterator[None]:
    """Hide the main module while a child starts.

    A child would import the user's script again; no job needs it, and a script without
    ``if __name__ == "__main__"`` would start its run once more.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@dataclass
class _Running:
    task: Task
    process: BaseProcess
    started: float
    peak_mb: float = 0.0


class Executor(Protocol):
    """What runs tasks, here or elsewhere; results do not depend on which."""

    @property
    def n_jobs(self) -> int:
        """Tasks at a time."""

    @property
    def free(self) -> int:
        """How many more tasks can be submitted now."""

    def open(self) -> None:
        """Get ready to take tasks; called once something is to be run."""

    def submit(self, number: int, task: Task) -> None:
        """Take a task; `number` says later which one ended."""

    def wait(self) -> list[tuple[int, Ended]]:
        """Return what ended, after a short while at most."""

    def close(self) -> None:
        """End what runs, forget what waits, and remove their workspaces."""


class LocalExecutor:
    """Runs tasks in children on this machine.

    Parameters
    ----------
    n_jobs : int
        Children at a time.
    """

    def __init__(self, n_jobs: int) -> None:
        self.n_jobs = n_jobs
        self._running: dict[int, _Running] = {}
        self._unstarted: dict[int, Ended] = {}

    def open(self) -> None:
        """Get ready to take tasks, which needs nothing here."""

    @property
    def free(self) -> int:
        """How many more tasks can start now."""
        return self.n_jobs - len(self._running) - len(self._unstarted)

    def submit(self, number: int, task: Task) -> None:
        """Start `task` in a child of its own; `number` says later which one ended."""
        for _ in range(START_TRIES):
            try:
                self._running[number] = _Running(task, _started(task), time.monotonic())
            except (OSError, EOFError) as error:  # its server is just dying; a new one comes
                reason = str(error) or type(error).__name__
                time.sleep(LOOK_EVERY_S)
            else:
                return
        found = f"its process could not be started ({reason})"
        said = failure(task, found, "Perhaps the system had no memory left: use fewer --jobs.")
        self._unstarted[number] = Ended(None, said, 0.0, 0.0)

    def wait(self) -> list[tuple[int, Ended]]:
        """Return what ended, after at most `LOOK_EVERY_S`; children over a limit are ended."""
        sentinels = [running.process.sentinel for running in self._running.values()]
        if sentinels:
            connection.wait(sentinels, timeout=LOOK_EVERY_S)
        else:
            time.sleep(LOOK_EVERY_S)
        ended = list(self._unstarted.items())
        self._unstarted.clear()
        for number, running in list(self._running.items()):
            outcome = _look(running)
            if outcome is not None:
                del self._running[number]
                ended.append((number, outcome))
        return ended

    def close(self) -> None:
        """End every child and remove its workspace."""
        for running in self._running.values():
            _end(running)
            shutil.rmtree(running.task.workspace, ignore_errors=True)
        self._running.clear()
        self._unstarted.clear()


def _started(task: Task) -> BaseProcess:
    """Return a child that does a task."""
    process: BaseProcess = _context().Process(target=child, args=(task,))  # type: ignore[attr-defined]
    with one_thread_environment(), without_main(), without_termination():
        process.start()
    return process


def environment() -> dict[str, str]:
    """Return this process's environment with every library on one thread.

    Returns
    -------
    dict of str to str
        What a child sees; the fork server remembers an older one.
    """
    with one_thread_environment():
        return dict(os.environ)


def _look(running: _Running) -> Ended | None:
    """Return how a child ended, ending it first if it is over a limit; None if it goes on."""
    seconds = time.monotonic() - running.started
    task, process = running.task, running.process
    if not process.is_alive():
        return _collect(running, seconds)
    resident = resident_mb(process.pid or 0)
    running.peak_mb = max(running.peak_mb, resident)
    if seconds > task.time_limit_s:
        found = f"did not end within its limit of {task.time_limit_s:g} s"
        mend = "Raise --time-limit, or look in the log where it hangs."
    elif resident > task.memory_limit_mb:
        found = f"held {resident:.0f} MB of memory, its limit is {task.memory_limit_mb:g} MB"
        mend = "Give it less at once (fewer channels, a shorter stretch) or raise --memory-limit."
    else:
        return None
    _end(running)
    return _failed(running, found, mend, seconds)


def _end(running: _Running) -> None:
    if running.process.pid is not None:
        end_group(running.process.pid)
    running.process.join()


def _collect(running: _Running, seconds: float) -> Ended:
    """Read what a child that ended by itself has left in its workspace."""
    place = running.task.workspace
    running.process.join()
    code = running.process.exitcode
    names = read_json(place / NAMES)
    manifest = read_json(place / MANIFEST) if names is None else {"names": names}
    if code == 0 and manifest is not None:
        return Ended(
            manifest,
            None,
            manifest.get("seconds", seconds),
            manifest.get("peak_mb", running.peak_mb),
        )
    if code == _SERVER_GONE and running.process.pid is not None:
        end_group(running.process.pid)  # it may live on, with nobody to hold it to its limits
    found = read_json(place / PROBLEM)
    if found is not None:
        return Ended(None, found, seconds, running.peak_mb)
    return _failed(running, *_cause_of_death(code), seconds)


def _cause_of_death(code: int | None) -> tuple[str, str]:
    mend = "Run it again; if it dies again, its log says how far it came."
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        if name == "SIGKILL":
            mend = "Perhaps the system had no memory left: use fewer --jobs. " + mend
        return f"its process was ended by {name}", mend
    if code == _SERVER_GONE:
        mend = "Perhaps the system had no memory left: use fewer --jobs, and run it again."
        return "the server of its process was ended", mend
    return f"its process ended with code {code} and left no result", mend


def _failed(running: _Running, found: str, mend: str, seconds: float) -> Ended:
    error = failure(running.task, found, mend, log=last_lines(running.task.workspace))
    return Ended(None, error, seconds, running.peak_mb)


def failure(task: Task, found: str, mend: str, **more: str) -> Problem:
    """Describe why a task has no result where its own code could not say so.

    Parameters
    ----------
    task : Task
        Named at the start of the message.
    found : str
        What happened to it.
    mend : str
        What to do about it.
    **more : str
        ``log`` or ``traceback``.

    Returns
    -------
    dict of str to str
        As a row says it.
    """
    what = task.recipe.name if task.recipe is not None else "simulation"
    where = "/".join((task.dataset, *(task.recordings or ())[:1], what))
    return problem(JobError.__name__, f"{where}: {found}", mend, **more)


def last_lines(workspace: Path) -> str:
    """Return the end of what a child has printed.

    Parameters
    ----------
    workspace : Path
        The child's folder.

    Returns
    -------
    str
        At most `LOG_LINES` lines; empty where nothing was printed.
    """
    try:
        text = (workspace / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-LOG_LINES:])
