"""How a run is asked to end: the first signal leaves running jobs a grace, the second none."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Slurm and Kubernetes kill 30 s after SIGTERM; what remains is for ending jobs and for marking.
GRACE_S = 20.0


class Stop:
    """Whether a run is to end, and whether its jobs may still go on.

    Parameters
    ----------
    grace_s : float
        Seconds that running jobs have to end by themselves.
    """

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self.grace_s = grace_s
        self._asked_at: float | None = None

    @property
    def asked(self) -> bool:
        """Whether no further job is to start."""
        return self._asked_at is not None

    @property
    def over(self) -> bool:
        """Whether jobs that still run are to be ended."""
        return self._asked_at is not None and time.monotonic() - self._asked_at >= self.grace_s

    def ask(self) -> None:
        """Ask the run to end; asked again, it ends at once.

        Raises
        ------
        KeyboardInterrupt
            At the second time.
        """
        if self.asked:
            raise KeyboardInterrupt
        self._asked_at = time.monotonic()


@contextmanager
def heeding_signals(stop: Stop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM ask `stop` within the block instead of raising.

    Nothing is raised in the middle of a step then, such as putting a result in its place. A signal
    that nobody handles, as SIGTERM in a script, or that is ignored, is left alone.

    Parameters
    ----------
    stop : Stop
        What is asked.
    """

    def ask(number: int, frame: FrameType | None) -> None:
        stop.ask()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A shell starts background jobs without Ctrl-C, and who ends a script wants all of it to end.
    both = (signal.SIGINT, signal.SIGTERM)
    heeded = [number for number in both if callable(signal.getsignal(number))]
    before = {number: signal.signal(number, ask) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
