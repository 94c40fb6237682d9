"""A progress bar per entry of a catalog, for terminals; imported only where there is one."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from neurokit.batch.jobs import Job, JobId, Row
from neurokit.batch.watch import Watch, stopping_line


class Bars(Watch):
    """Shows one bar per entry: jobs that ended, and the recipe at work.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to draw; default is standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[doing]}", markup=False),
            console=console or Console(stderr=True),
        )
        self._bars: dict[str, TaskID] = {}
        self._failed: Counter[str] = Counter()

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def planned(self, jobs: list[Job]) -> None:
        """Draw the bars."""
        for name, total in Counter(job.id.dataset for job in jobs).items():
            self._bars[name] = self._progress.add_task(name, total=total, doing="")

    def fetching(self, dataset: str, files: int, size: int) -> None:
        """Say what is downloaded."""
        from neurokit.batch.tables import as_size

        plural = "file" if files == 1 else "files"
        said = f"{dataset}: downloading {files} {plural}, {as_size(size)}"
        self._progress.console.print(said, markup=False, highlight=False)

    def started(self, job: JobId) -> None:
        """Name the recipe at work."""
        self._progress.update(self._bars[job.dataset], doing=job.recipe)

    def ended(self, row: Row) -> None:
        """Move a bar on."""
        self._failed[row["dataset"]] += row["status"] == "failed"
        failed = self._failed[row["dataset"]]
        doing = f"{failed} failed" if failed else ""
        self._progress.update(self._bars[row["dataset"]], advance=1, doing=doing)

    def stopping(self, running: int, grace_s: float) -> None:
        """Say that the run ends, and how to end it at once."""
        said = stopping_line(running, grace_s)
        self._progress.console.print(said, markup=False, highlight=False)
