"""What a run is made of: jobs, the tasks sent to children, the rows of a summary."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

from neurokit.catalog.catalog import Catalog
from neurokit.errors import NeurokitError
from neurokit.recipe import Parameters, Recipe

Status = Literal["done", "cached", "failed", "blocked", "not_downloaded"]
Planned = Literal["run", "cached", "failed", "blocked", "not_downloaded"]
Problem = dict[
    str, str
]  # class, message, mend; traceback where code raised, log where a child died, logs where kept
ALL = "all"  # stands for the recording of a job that takes the whole dataset
GOOD = frozenset({"done", "cached"})
TRACEBACK_CHARACTERS = 20_000


class JobId(NamedTuple):
    """Whose result: unique within a run."""

    dataset: str
    recipe: str
    recording: str


class Row(TypedDict):
    """One job in ``summary.json``."""

    dataset: str
    recording: str
    recipe: str
    key: str
    status: str
    seconds: float
    peak_mb: float
    error: Problem | None
    path: str | None


def problem_of(error: BaseException) -> Problem:
    """Describe an error as a row does: class, message, mend and traceback.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    dict of str to str
        With the names ``class``, ``message``, ``mend``, ``traceback``.
    """
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    text = "".join(lines)[-TRACEBACK_CHARACTERS:]
    if isinstance(error, NeurokitError):
        message = f"{error.where}: {error.found}" if error.where else error.found
        return problem(type(error).__name__, message, error.mend, traceback=text)
    return problem(
        type(error).__name__,
        str(error) or "said nothing",
        "This is no fault of the input that neurokit knows: read the traceback in summary.json "
        "(or run with --debug).",
        traceback=text,
    )


def problem(kind: str, message: str, mend: str, **more: str) -> Problem:
    """Return why a job has no result, as a row says it.

    Parameters
    ----------
    kind : str
        Name of the error's class.
    message : str
        Where and what was found.
    mend : str
        What to do about it.
    **more : str
        ``traceback`` or ``log``.

    Returns
    -------
    dict of str to str
        With the names ``class``, ``message``, ``mend`` and those given.
    """
    return {"class": kind, "message": message, "mend": mend, **more}


@dataclass(frozen=True)
class Need:
    """A result that a job takes: under which label its recipe meets it, and whose it is."""

    label: str
    job: JobId


@dataclass(frozen=True)
class Job:
    """One recipe on one recording or on one dataset, with what is known before it runs."""

    id: JobId
    recipe: Recipe
    parameters: Parameters
    recordings: tuple[str, ...] | None  # None: whatever the simulation gives
    needs: tuple[Need, ...]
    key: str
    parts: dict[str, object]
    folder: Path
    status: Planned
    reason: str = ""
    error: Problem | None = None

    def row(
        self,
        status: Status | Planned,
        *,
        error: Problem | None = None,
        seconds: float = 0.0,
        peak_mb: float = 0.0,
        path: str | None = None,
    ) -> Row:
        """Return the row of this job."""
        return Row(
            dataset=self.id.dataset,
            recording=self.id.recording,
            recipe=self.id.recipe,
            key=self.key,
            status=status,
            seconds=round(seconds, 3),
            peak_mb=round(peak_mb, 1),
            error=error,
            path=path,
        )


@dataclass(frozen=True)
class Task:
    """What a child gets; everything in it crosses to another process.

    A task without a recipe writes down the names of a simulation's recordings.
    """

    catalog: Catalog
    dataset: str
    recordings: tuple[str, ...] | None
    recipe: Recipe | None
    parameters: Parameters
    needs: tuple[tuple[str, Path], ...]
    workspace: Path
    stamp: Mapping[str, Any]
    time_limit_s: float
    memory_limit_mb: float
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Ended:
    """How a task ended: with its manifest, or with a problem."""

    manifest: dict[str, Any] | None
    error: Problem | None
    seconds: float
    peak_mb: float
