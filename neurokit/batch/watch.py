"""What a run is told and what it tells: limits instead of the recipes', and events."""

from __future__ import annotations

from dataclasses import dataclass

from neurokit.batch.jobs import Job, JobId, Row


class Watch:
    """What a run tells while it goes on; the methods do nothing and are there to be replaced."""

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
