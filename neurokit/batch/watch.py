"""What a run is told and what it tells: limits instead of the recipes', and events."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from neurokit.batch.jobs import Job, JobId, Row


class Watch:
    """What a run tells while it goes on; the methods do nothing and are there to be replaced.

    Examples
    --------
    >>> class Counting(Watch):
    ...     jobs = 0
    ...
    ...     def ended(self, *details):
    ...         self.jobs += 1
    >>> Counting().jobs
    0
    """

    def planned(self, jobs: list[Job]) -> None:
        """All jobs are known.

        Parameters
        ----------
        jobs : list of Job
            What will run, and what need not or cannot.
        """

    def fetching(self, dataset: str, files: int, size: int) -> None:
        """Files are about to be downloaded.

        Parameters
        ----------
        dataset : str
            For which dataset.
        files : int
            How many.
        size : int
            Bytes of all of them.
        """

    def started(self, job: JobId) -> None:
        """A child was given a job.

        Parameters
        ----------
        job : JobId
            Whose result it computes.
        """

    def ended(self, row: Row) -> None:
        """A job has its row.

        Parameters
        ----------
        row : Row
            As it will stand in the summary.
        """

    def stopping(self, running: int, grace_s: float) -> None:
        """No further job starts, since the run was asked to end.

        Parameters
        ----------
        running : int
            Jobs that may still end by themselves.
        grace_s : float
            Within so many seconds.
        """


class Lines(Watch):
    """Says on standard error what must not go unseen where nobody looks at bars."""

    def stopping(self, running: int, grace_s: float) -> None:
        """Say that the run ends, and how to end it at once."""
        sys.stderr.write(f"{stopping_line(running, grace_s)}\n")


def stopping_line(running: int, grace_s: float) -> str:
    """Return what a person is told when a run was asked to end.

    Parameters
    ----------
    running : int
        Jobs that may still end by themselves.
    grace_s : float
        Within so many seconds.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> stopping_line(1, 20.0)
    'stopping: 1 job that runs has 20 s to end; interrupt again to end it at once'
    """
    what = "1 job that runs has" if running == 1 else f"{running} jobs that run have"
    it = "it" if running == 1 else "them"
    return f"stopping: {what} {grace_s:g} s to end; interrupt again to end {it} at once"


@dataclass(frozen=True)
class Limits:
    """Limits that replace those of the recipes.

    Parameters
    ----------
    time_s : float, optional
        Wall seconds of a job.
    memory_mb : float, optional
        Megabytes of a job.
    """

    time_s: float | None = None
    memory_mb: float | None = None
