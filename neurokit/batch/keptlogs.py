"""Logs of failed jobs, whose folders go: kept beside the summary of the run, ``logs/...``."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from neurokit.batch.joblog import LINES
from neurokit.batch.jobs import JobId
from neurokit.batch.remote import attempts
from neurokit.batch.store import RUNS, folder_name
from neurokit.batch.worker import LOG
from neurokit.io.atomic import temporary_name

LOGS = "logs"


class KeptLogs:
    """The logs of one run's failed jobs, hidden until the run has a folder.

    Parameters
    ----------
    out : Path
        The folder of the store.
    """

    def __init__(self, out: Path) -> None:
        self.place = temporary_name(out / RUNS / LOGS)

    def keep(self, job: JobId, workspace: Path) -> str:
        """Move what a job has logged out of its workspace.

        Parameters
        ----------
        job : JobId
            Whose logs they are.
        workspace : Path
            Where it worked; on a cluster the newest of its attempts counts.

        Returns
        -------
        str
            Their folder below that of the run, with ``/`` between the parts; empty where there
            is nothing to keep, or it cannot be kept: a full disk must not hide the failure.
        """
        names = [folder_name(name) for name in (job.dataset, job.recipe, job.recording)]
        target = self.place.joinpath(*names)
        tried = [*attempts(workspace), workspace]
        kept = False
        for name in (LINES, LOG):
            found = [place / name for place in tried if (place / name).is_file()]
            with suppress(OSError):
                if found and found[-1].stat().st_size:
                    target.mkdir(parents=True, exist_ok=True)
                    found[-1].rename(target / name)
                    kept = True
        return "/".join([LOGS, *names]) if kept else ""

    def move_into(self, folder: Path) -> None:
        """Put what was kept into the folder of the run.

        Parameters
        ----------
        folder : Path
            Where ``logs`` is to lie.
        """
        with suppress(OSError):
            self.place.rename(folder / LOGS)

    def discard(self) -> None:
        """Remove what was kept and has no place."""
        shutil.rmtree(self.place, ignore_errors=True)
