"""From starts to fits: compress once, descend side by side, polish on the data, check.

Starts are worked off in fixed groups of columns, so that any number of workers gives the same
bytes and partial products never outgrow the data.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from neurokit.connectome.compression import CompressedTensor
from neurokit.connectome.dimension_tree import Array
from neurokit.connectome.extrapolated import Fit, fit_batch
from neurokit.connectome.tensor import ObservedTensor

# Columns of all restarts of a group: beyond this a matrix product gains nothing.
_GROUP_COLUMNS = 128
# A polish that lowers the error by more than this share says that the core left out too much.
_TRUSTED = 1e-4


@dataclass(frozen=True)
class Settings:
    """When a run ends.

    Parameters
    ----------
    max_iter : int
        Most sweeps.
    tol : float
        Converged when the relative error falls by less than this in one sweep.
    """

    max_iter: int
    tol: float


def solve(
    tensor: ObservedTensor,
    starts: Sequence[Sequence[Array]],
    rngs: Sequence[np.random.Generator],
    settings: Settings,
    *,
    core: CompressedTensor | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Fit]:
    """Fit all starts of one group, through the core first where there is one.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    starts : sequence of sequences of (size, rank) ndarray
        In internal mode order.
    rngs : sequence of numpy.random.Generator
        One stream per start.
    settings : Settings
        When a run ends.
    core : CompressedTensor, optional
        The same data behind a Tucker core.
    stop : callable
        Asked after every sweep; true ends all runs where they stand.

    Returns
    -------
    list of Fit
        Converged on the data themselves; errors are those of sweeps over the data.
    """

    def descend(on: ObservedTensor, begin: Sequence[Sequence[Array]]) -> list[Fit]:
        options = {"max_iter": settings.max_iter, "tol": settings.tol}
        return fit_batch(on, begin, rngs, stop=stop, **options)  # type: ignore[arg-type]

    if core is None:
        return descend(tensor, starts)
    rough = descend(core, starts)
    fits = descend(tensor, [fit.factors for fit in rough])
    if stop() or not any(map(_moved, fits)):
        return fits
    again = descend(tensor, starts)
    return [min(pair, key=lambda fit: fit.errors[-1]) for pair in zip(fits, again, strict=True)]


def _moved(fit: Fit) -> bool:
    return fit.errors[0] - fit.errors[-1] > _TRUSTED * fit.errors[-1]


def groups(ranks: Sequence[int]) -> list[slice]:
    """Cut starts into consecutive groups of bounded numbers of columns.

    Parameters
    ----------
    ranks : sequence of int
        Columns of every start.

    Returns
    -------
    list of slice
        They depend on nothing else.

    Examples
    --------
    >>> groups([60, 60, 60])
    [slice(0, 2, None), slice(2, 3, None)]
    """
    cuts, width = [0], 0
    for k, rank in enumerate(ranks):
        if width and width + rank > _GROUP_COLUMNS:
            cuts.append(k)
            width = 0
        width += rank
    return [slice(a, b) for a, b in zip(cuts, [*cuts[1:], len(ranks)], strict=True)]


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
