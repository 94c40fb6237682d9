"""What dead processes left in a store goes at the next start; what living ones write stays."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from neurokit.batch.keys import SHOWN
from neurokit.batch.store import RUNS, claim_result, remove_workspaces, tidy

_OF_A_KEY = re.compile(rf"\.[0-9a-f]{{{SHOWN}}}[-.]")


def remove_leftovers(out: Path) -> None:
    """Remove what dead processes left behind; living ones keep theirs.

    Parameters
    ----------
    out : Path
        The folder of the store.
    """
    for left in [*out.glob("*/*/*/.*")]:
        if _OF_A_KEY.match(left.name):
            _remove_leftover(left, out)
    named = ("*/.*.json.*", "*/.names.*", f"{RUNS}/.*", f"{RUNS}/*/.*")
    for left in [path for pattern in named for path in out.glob(pattern)]:
        if _is_alive(left.name):
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


def _is_alive(temporary: str) -> bool:
    """Tell from its process id whether the writer of ``.<name>.<pid>.<random>`` may live."""
    parts = temporary.split(".")
    if len(parts) < 3 or not parts[-2].isdigit() or os.name == "nt":
        return True
    try:
        os.kill(int(parts[-2]), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
