"""Groups of starts on threads: the same bytes for any number, a bar, a clean way to stop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue

import numpy as np

from neurokit.connectome.compression import CompressedTensor
from neurokit.connectome.dimension_tree import Array
from neurokit.connectome.extrapolated import Fit
from neurokit.connectome.solve import Settings, groups, solve
from neurokit.connectome.tensor import ObservedTensor
from neurokit.errors import OptionError
from neurokit.estimator import progress

Start = tuple[np.random.Generator, list[Array]]


def run_starts(
    tensor: ObservedTensor,
    starts: Sequence[Start],
    settings: Settings,
    core: CompressedTensor | None = None,
    *,
    n_jobs: int = 1,
    show: bool | None = None,
    label: str = "",
) -> tuple[list[Fit], bool]:
    """Fit from all starts; on Ctrl-C, hand back where they stand.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    starts : sequence of (Generator, list of (size, rank) ndarray)
        Ranks may differ.
    settings : Settings
        When a run ends.
    core : CompressedTensor, optional
        The same data behind a core.
    n_jobs : int, default 1
        Groups that run at once, -1 for one per processor.
    show : bool, optional
        Show a bar of sweeps.
    label : str
        Written before the bar.

    Returns
    -------
    fits : list of Fit
        In the order of the starts; groups that never began are missing.
    interrupted : bool
        Whether the user stopped it.
    """
    workers = Workers(n_workers(n_jobs))
    for part in groups([start[1][0].shape[1] for start in starts]):
        rngs = [rng for rng, _ in starts[part]]
        begin = [factors for _, factors in starts[part]]
        workers.submit(partial(_solve, tensor, begin, rngs, settings, core))
    interrupted = False
    try:
        for _ in progress(workers.sweeps(), label=label, show=show):
            pass
    except KeyboardInterrupt:
        # Workers end after their current sweep, and what they have is kept.
        interrupted = True
        workers.interrupt()
    return workers.results(), interrupted


def _solve(
    tensor: ObservedTensor,
    starts: list[list[Array]],
    rngs: list[np.random.Generator],
    settings: Settings,
    core: CompressedTensor | None,
    stop: Callable[[], bool],
) -> list[Fit]:
    return solve(tensor, starts, rngs, settings, core=core, stop=stop)


def n_workers(n_jobs: int) -> int:
    """Return the number of threads that `n_jobs` asks for.

    Parameters
    ----------
    n_jobs : int
        1 or more, or -1 for one per processor.

    Returns
    -------
    int
        From 1.

    Raises
    ------
    OptionError
        For anything else.
    """
    if isinstance(n_jobs, int | np.integer) and (n_jobs >= 1 or n_jobs == -1):
        return int(n_jobs) if n_jobs > 0 else os.cpu_count() or 1
    raise OptionError(f"is {n_jobs!r}", where="n_jobs", mend="Give 1 or more, or -1 for all.")


class Workers:
    """Groups of starts on threads, with a count of sweeps to show and a way to stop.

    Parameters
    ----------
    n_workers : int
        Groups that run at once.
    """

    def __init__(self, n_workers: int) -> None:
        self._pool = ThreadPoolExecutor(n_workers)
        self._stop = threading.Event()
        self._sweeps: SimpleQueue[bool] = SimpleQueue()
        self._futures: list[Future[list[Fit]]] = []

    def submit(self, work: Callable[[Callable[[], bool]], list[Fit]]) -> None:
        """Start one group; it is given what to ask after every sweep."""
        future = self._pool.submit(work, self._asked)
        future.add_done_callback(lambda _: self._sweeps.put(False))
        self._futures.append(future)

    def _asked(self) -> bool:
        self._sweeps.put(True)
        return self._stop.is_set()

    def sweeps(self) -> Iterator[int]:
        """Yield once per sweep of any group, until all have ended."""
        running, n = len(self._futures), 0
        while running:
            if self._sweeps.get():
                yield n
                n += 1
            else:
                running -= 1

    def interrupt(self) -> None:
        """Let running groups end after their current sweep, and drop those that wait."""
        self._stop.set()
        for future in self._futures:
            future.cancel()

    def results(self) -> list[Fit]:
        """Return what was found, in the order of the groups."""
        try:
            done = [future.result() for future in self._futures if not future.cancelled()]
        finally:
            self._stop.set()
            self._pool.shutdown(cancel_futures=True)
        return [fit for part in done for fit in part]
