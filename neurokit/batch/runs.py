"""Summaries of runs, ``out/runs/<time>/summary.json``, and which report still shows them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.batch.jobs import GOOD
from neurokit.batch.store import RUNS, read_json, writing
from neurokit.errors import StoreError
from neurokit.io.atomic import temporary_name, write_json
from neurokit.io.listing import listed

if TYPE_CHECKING:
    from neurokit.batch.keptlogs import KeptLogs

MOST_RUNS = 1000  # that start within one second


def write_run(
    out: Path, time: str, summary: Mapping[str, Any], logs: KeptLogs | None = None
) -> dict[str, Any]:
    """Write ``runs/<time>/summary.json``, folder and file in one step.

    Parameters
    ----------
    out : Path
        The folder of the store.
    time : str
        When the run started; a number is appended if there is a run of that time.
    summary : mapping
        What to write.
    logs : KeptLogs, optional
        Of failed jobs; they go into the folder.

    Returns
    -------
    dict
        The summary with its ``folder`` below `out`.
    """
    place = temporary_name(out / RUNS / time)
    try:
        with writing(place):
            place.mkdir(parents=True)
            if logs is not None:
                logs.move_into(place)
            for attempt in range(MOST_RUNS):
                name = time if attempt == 0 else f"{time}-{attempt:03d}"
                named = {**summary, "folder": f"{RUNS}/{name}"}
                write_summary(place, named)
                if _renamed(place, place.parent / name):
                    return named
    finally:
        shutil.rmtree(place, ignore_errors=True)
    raise StoreError("holds too many runs of one second", where=str(out), mend="Wait a second.")


def _renamed(place: Path, final: Path) -> bool:
    """Rename a folder; False where another process was faster and its folder is not empty."""
    if final.exists():
        return False
    try:
        place.rename(final)
    except OSError:
        if final.exists():
            return False
        raise
    return True


def past_summaries(out: Path) -> Iterator[dict[str, Any]]:
    """Yield the summaries of past runs, the newest first.

    Parameters
    ----------
    out : Path
        The folder of the store.

    Yields
    ------
    dict
        What ``summary.json`` holds; a damaged one is passed over.

    Examples
    --------
    >>> from pathlib import Path
    >>> list(past_summaries(Path("no such folder")))
    []
    """
    for file in reversed(listed(out, f"{RUNS}/*/summary.json")):
        summary = read_json(file)
        if isinstance(summary, dict):
            yield summary


def write_summary(folder: Path, summary: dict[str, Any]) -> Path:
    """Write ``summary.json`` into the folder of a run and return its path."""
    return write_json(folder / "summary.json", summary)


def valid_report(out: Path, summary: Mapping[str, Any]) -> str:
    """Return the newest report that shows all rows of a summary; empty where there is none.

    Parameters
    ----------
    out : Path
        The folder of the store.
    summary : mapping
        What the report must show.

    Returns
    -------
    str
        Below `out`.
    """
    wanted = {_shown(row) for row in summary["rows"]}
    for past in past_summaries(out):
        report = str(past.get("report") or "")
        shown = {_shown(row) for row in past.get("rows", ())}
        if report and wanted <= shown and (out / report).is_file():
            return report
    return ""


def _shown(row: Mapping[str, Any]) -> tuple[str, ...]:
    status = "good" if row["status"] in GOOD else str(row["status"])
    message = (row.get("error") or {}).get("message", "")
    return (row["dataset"], row["recording"], row["recipe"], row["key"], status, message)
