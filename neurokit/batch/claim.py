"""One process at a time on one key: a file lock that the system lifts when its holder dies.

No process id, heartbeat or time-out is needed, so that nothing has to be unlocked by hand.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


def _lock(handle: int) -> bool:
    """Take the lock without waiting; False where another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@dataclass
class Claim:
    """The right to write one key; hold it until the result is in place."""

    path: Path
    handle: int

    def release(self) -> None:
        """Give the key back and leave nothing behind."""
        # Unlinked while still held: whoever waits on this file notices that it is gone.
        if sys.platform != "win32":
            self.path.unlink(missing_ok=True)
        os.close(self.handle)
        if sys.platform == "win32":
            self.path.unlink(missing_ok=True)


def claim(path: Path) -> Claim | None:
    """Claim the lock file `path`, or return None where another living process holds it.

    The folders above it are made; they may be tidied away by others meanwhile, hence the loop.
    """
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:
            continue
        if not _lock(handle):
            os.close(handle)
            return None
        if _is_at(handle, path):
            return Claim(path, handle)
        # The holder before us unlinked this file: ours is an orphan that others cannot see.
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    own = os.fstat(handle)
    return (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino)
