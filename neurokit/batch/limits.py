"""What a job may use: one thread, so much memory, so much time, and no life after its parent.

Every guard that can sit in the system does (resource limits, alarm), since a job that hangs
inside compiled code runs no Python that could end it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

# Read when the libraries load, hence set before the server of the children starts.
ONE_THREAD: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "DASK_SCHEDULER": "synchronous",
    "MPLBACKEND": "Agg",
}
GRACE_S = 15.0  # by which the alarm inside a job comes after the parent's own limit


@contextmanager
def one_thread_environment() -> Iterator[None]:
    """Set `ONE_THREAD` in this process's environment while children start."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def without_termination() -> Iterator[None]:
    """Hold SIGTERM back from this thread, and from the server of the children that starts here.

    Slurm and systemd send it to every process of a run: only the first one is to heed it, by
    leaving jobs their grace, which they would not have without their server.
    """
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which lets SIGTERM through again when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_to_parent(number: int, frame: FrameType | None) -> None:
    """Do nothing: the parent ends its jobs in order. Programs that a job starts heed it again."""


def enter_job(time_limit_s: float, memory_limit_mb: float) -> None:
    """Put this process, a fresh child, under its limits.

    Parameters
    ----------
    time_limit_s : float
        Wall seconds; the parent ends the job then, the alarm somewhat later if there is no
        parent any more.
    memory_limit_mb : float
        Megabytes beyond what is loaded already; above them an allocation raises MemoryError.
    """
    if sys.platform != "win32":
        os.setsid()  # Ctrl-C is for the parent, which ends its jobs in order
        signal.signal(signal.SIGTERM, _leave_to_parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, time_limit_s + GRACE_S)
        _limit_memory(memory_limit_mb)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _limit_memory(limit_mb: float) -> None:
    """Limit private writable memory; unlike RLIMIT_AS this leaves mapped files alone."""
    if sys.platform == "win32":
        return
    import resource

    held = _status_kb(os.getpid(), "VmData")
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = int(held * 1024 + limit_mb * 2**20)
    if held and (hard == resource.RLIM_INFINITY or soft < hard):
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _die_with_parent() -> None:
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _status_kb(pid: int, field: str) -> int:
    """Return a field of ``/proc/<pid>/status`` in kB; 0 where there is none."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in MB; 0 where the system does not tell.

    Parameters
    ----------
    pid : int
        Process id.

    Returns
    -------
    float
        Megabytes (2**20 bytes).
    """
    return _status_kb(pid, "VmRSS") / 1024


def own_peak_mb() -> float:
    """Return the greatest resident memory of this process so far, in MB.

    Returns
    -------
    float
        Megabytes (2**20 bytes); 0 where the system does not tell.
    """
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def end_group(pid: int) -> None:
    """End a job and whatever it started itself.

    Parameters
    ----------
    pid : int
        Process id of the job.
    """
    if sys.platform == "win32":
        os.kill(pid, signal.SIGTERM)
        return
    try:
        own = os.getpgid(pid) == pid
        (os.killpg if own else os.kill)(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
