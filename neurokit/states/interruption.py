"""Long work in a thread of its own, so that Ctrl-C ends it where it stands, whatever it meets."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, TypeVar

Result = TypeVar("Result")

# The system may hand a signal to another thread than the one that waits; Python acts on it when
# the main thread wakes, so that no wait may be longer than this, s.
_WAKE_S = 0.1


class Stop(Protocol):
    """What long work asks whether to end: an `Interruption`, or a `threading.Event`."""

    def is_set(self) -> bool:
        """Whether to end."""


class Interruption:
    """A flag that a signal handler may set at any time; an event's lock would not stand that."""

    def __init__(self) -> None:
        self._is_set = False
        # While work runs, the first Ctrl-C sets the flag and raises nothing: an exception that
        # comes while a thread is started leaves it running with nobody to wait for it.
        self.is_quiet = False

    def set(self) -> None:
        """Ask for the end."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._is_set


@contextmanager
def ctrl_c_sets() -> Iterator[Interruption]:
    """Set a flag at Ctrl-C before what else it does: the exception that it raises can be lost.

    Python drops an exception that is raised within a destructor or a callback from C.

    Yields
    ------
    Interruption
        Set by Ctrl-C inside the block, if this is the main thread and Ctrl-C is handled at all.
    """
    stop, before = Interruption(), signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def press(number: int, frame: FrameType | None) -> None:
        alone = stop.is_quiet and not stop.is_set() and before is signal.default_int_handler
        stop.set()
        if not alone:
            before(number, frame)

    signal.signal(signal.SIGINT, press)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def run_until_stopped(work: Callable[[], Result], stop: Interruption) -> Result:
    """Run work that looks at `stop`; Ctrl-C sets it, and what is there by then is the result.

    Parameters
    ----------
    work : callable
        Without arguments; ends soon after `stop` is set.
    stop : Interruption
        Set by Ctrl-C.

    Returns
    -------
    object
        Of `work`; who asked tells by `stop` whether it is whole.
    """
    stop.is_quiet = True
    try:
        with ThreadPoolExecutor(1) as pool:
            try:
                future = pool.submit(work)
                _until_done(future, stop)
            except BaseException:
                # Leaving the pool waits for the work, which has to hear of it.
                stop.set()
                raise
    finally:
        stop.is_quiet = False
    return future.result()


def _until_done(future: Future[Result], stop: Interruption) -> None:
    try:
        _wait(future)
    except KeyboardInterrupt:
        stop.set()
        _wait(future)


def _wait(future: Future[Result]) -> None:
    while not future.done():
        wait([future], timeout=_WAKE_S)
