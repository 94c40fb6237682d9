"""Ctrl-C asks chains to stop after the sweep they are in, in this process and in others."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from types import FrameType

# Of a process of a pool: set when the chains in it shall stop.
_STOP: list[Event] = []


class Interruption:
    """A flag that a signal handler may set at any time; an event's lock would not stand that."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """Ask for the end."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._is_set


@contextmanager
def ctrl_c_asks() -> Iterator[Interruption]:
    """Set a flag at the first Ctrl-C; a second one interrupts at once.

    Yields
    ------
    Interruption
        Set by Ctrl-C inside the block, if this is the main thread and Ctrl-C raises
        KeyboardInterrupt; whoever handles it otherwise goes on doing so.
    """
    stop, before = Interruption(), signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    if before is not signal.default_int_handler or not main:
        yield stop
        return

    def press(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()

    signal.signal(signal.SIGINT, press)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def ready_process(stop: Event) -> None:
    """Make a process of a pool deaf to Ctrl-C: the one that started it says when to stop.

    Parameters
    ----------
    stop : multiprocessing Event
        Set by that one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _STOP.append(stop)


def process_is_stopped() -> bool:
    """Whether the chains in this process of a pool shall stop."""
    return bool(_STOP) and _STOP[-1].is_set()
