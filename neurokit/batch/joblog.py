"""The log of a job as JSON lines, beside its manifest: time, level, message, category.

What libraries print goes to ``log.txt`` as it is; this one is for programs, and for finding
the job that warned among hundreds.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

LINES = "log.jsonl"
LONGEST = 10_000  # characters of a message
MOST_LINES = 100_000  # a job that logs without end fills no disk
LOGGER = "neurokit.batch"


class JsonLines(logging.Handler):
    """Writes each record as one line of JSON.

    Parameters
    ----------
    file : Path
        Is appended to, line by line, so that what a job said before it died is on disk.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._stream = file.open("a", encoding="utf-8")
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a message whose arguments do not fit it is written as it stands."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = str(record.msg)
        more = {"logger": record.name}
        category = getattr(record, "category", None)
        if category is not None:
            more |= {"category": str(category), "place": str(getattr(record, "place", ""))}
        self._write(record.created, record.levelname, message, more)

    def _write(self, created: float, level: str, message: str, more: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_LINES or self._stream.closed:
            return
        if self._count == MOST_LINES:
            level, message, more = "WARNING", f"only {MOST_LINES} lines are kept", {}
        time = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "level": level, "message": message[:LONGEST], **more}
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


@contextmanager
def job_log(file: Path) -> Iterator[logging.Logger]:
    """Write everything logged and warned of in the block into `file`.

    Parameters
    ----------
    file : Path
        The file of JSON lines.

    Yields
    ------
    logging.Logger
        For what the job itself has to say.
    """
    handler, root, own = JsonLines(file), logging.getLogger(), logging.getLogger(LOGGER)
    level, shown = own.level, warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        # The end of the path tells where; the rest is of this machine only.
        place = f"{'/'.join(Path(filename).parts[-2:])}:{lineno}"
        extra: dict[str, Any] = {"category": category.__name__, "place": place}
        record = root.makeRecord("py.warnings", logging.WARNING, "", 0, str(message), (), None)
        vars(record).update(extra)
        handler.handle(record)
        shown(message, category, filename, lineno, file, line)

    root.addHandler(handler)
    own.setLevel(logging.INFO)
    warnings.showwarning = show
    try:
        yield own
    finally:
        warnings.showwarning = shown
        own.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def read_log(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a job's log; a last one that was cut short is left out.

    Parameters
    ----------
    file : Path
        What `job_log` wrote; none is an empty log.

    Returns
    -------
    list of dict
        With ``time`` (ISO 8601, UTC), ``level``, ``message``, ``logger``, and for warnings
        ``category`` and ``place``.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    found = []
    for line in text.split("\n"):  # a message may hold other signs that break lines
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [one for one in found if isinstance(one, dict)]
