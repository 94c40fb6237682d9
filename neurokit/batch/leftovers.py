"""What dead processes left in a store goes at the next start; what living ones write stays."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from neurokit.batch.keys import SHOWN
from neurokit.batch.store import RUNS, claim_result, remove_workspaces, tidy
from neurokit.io.atomic import machine
from neurokit.io.listing import listed

_OF_A_KEY = re.compile(rf"\.[0-9a-f]{{{SHOWN}}}[-.]")
_TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)\.(?P<machine>[0-9a-f]{8})[0-9a-f]{8}")
_OLD_S = 86400.0  # after which another machine, whose processes cannot be seen, has given it up


def remove_leftovers(out: Path) -> None:
    """Remove what dead processes left behind; living ones keep theirs.

    Parameters
    ----------
    out : Path
        The folder of the store.
    """
    for left in listed(out, "*/*/*/.*"):
        if _OF_A_KEY.match(left.name):
            _remove_leftover(left, out)
    places = (".*", "*/.*", f"{RUNS}/*/.*")
    for left in [path for pattern in places for path in listed(out, pattern)]:
        written_by = _TEMPORARY.fullmatch(left.name)
        if written_by is None or _is_alive(left, written_by):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _remove_leftover(left: Path, out: Path) -> None:
    folder = left.with_name(left.name[1 : 1 + SHOWN])
    held = claim_result(folder)
    if held is None:
        return
    remove_workspaces(folder)
    held.release()
    tidy(folder, out)


def _is_alive(left: Path, written_by: re.Match[str]) -> bool:
    """Tell from its name whether the writer of something temporary may live."""
    if written_by["machine"] != machine():
        try:
            return time.time() - left.stat().st_mtime < _OLD_S
        except OSError:
            return True
    if os.name == "nt":
        return True
    try:
        os.kill(int(written_by["pid"]), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
