"""Workbooks read in a process of their own, because a damaged one can end the process.

Their parser, calamine, reserves what the file says it needs. Where that is more than there is, or
an offset is wrong, it panics or aborts, which no ``except`` stops: here it ends a child.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from neurokit.errors import FileContentError
from neurokit_loaders._workbook import check_workbook

_MEMORY = 2_000_000_000
_SECONDS = 60
_CHILD = """
import json, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
except (ImportError, ValueError, OSError):
    pass
from python_calamine import CalamineWorkbook
book = CalamineWorkbook.from_path(sys.argv[1])
names = list(book.sheet_names)
wanted = [name for name in json.loads(sys.argv[3]) if name in names]
rows = {name: book.get_sheet_by_name(name).to_python(False) for name in wanted}
said = json.dumps({"names": names, "rows": rows}, default=str, separators=(",", ":"))
sys.stdout.write(said)
"""


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook.

    Raises
    ------
    FileContentError
        If the file is missing, empty, no workbook, damaged or cut.
    """
    check_workbook(path)
    return list(_read(path, ())["names"])


def sheets(path: Path, *names: str) -> list[list[list[object]]]:
    """Return the cells of sheets; row and column 0 are the sheet's first, empty cells ``""``.

    Raises
    ------
    FileContentError
        If the file is damaged or cut, or has no such sheet.
    """
    check_workbook(path)
    found = _read(path, names)
    absent = [name for name in names if name not in found["rows"]]
    if absent:
        raise FileContentError(
            f"has no sheet {', '.join(map(repr, absent))}; its sheets are "
            f"{', '.join(found['names'])}",
            where=str(path),
            mend="Give the workbook as it was published.",
        )
    return [found["rows"][name] for name in names]


def _read(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    state = path.stat()
    return _read_once(str(path), state.st_size, state.st_mtime_ns, names)


@lru_cache(maxsize=4)  # whoever sniffs a file and then opens it asks twice
def _read_once(path: str, size: int, changed: int, names: tuple[str, ...]) -> dict[str, Any]:
    command = [sys.executable, "-P", "-c", _CHILD, path, str(_MEMORY), json.dumps(names)]
    try:
        child = subprocess.run(  # noqa: S603 - the command is ours, the path one argument of it
            command, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(path, f"reading it took more than {_SECONDS} s") from error
    if child.returncode:
        raise _damaged(path, _last_words(child.stderr) or f"exit status {child.returncode}")
    found: dict[str, Any] = json.loads(child.stdout)
    return found


def _last_words(said: bytes) -> str:
    """Return the line of what a child said that tells why it ended."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    telling = [line for line in lines if "Error" in line or "Exception" in line]
    telling += [line for line in lines if "memory allocation" in line]
    return telling[-1].strip()[:200] if telling else ""


def _damaged(path: str, why: str) -> FileContentError:
    return FileContentError(
        f"is a damaged or cut workbook ({why})", where=path, mend="Download it again."
    )
