"""From a catalog to jobs: what is to run, what is in the store, what cannot run and why.

Opens no recording; what it costs is to read the catalog and to hash the files at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from neurokit.batch.availability import Availability, availability
from neurokit.batch.chosen import Chosen
from neurokit.batch.jobs import ALL, Job, JobId, Need, Planned, Problem, problem
from neurokit.batch.keys import job_key
from neurokit.batch.reasons import reason_to_run
from neurokit.batch.store import Store, read_manifest
from neurokit.catalog.catalog import Catalog
from neurokit.catalog.entries import DatasetEntry, RecordingEntry


class Planner:
    """Makes the jobs of one dataset after another.

    Parameters
    ----------
    catalog : Catalog
        The catalog.
    store : Store
        Where results lie.
    fetch_problems : mapping of str to dict
        Datasets whose download failed, and why.
    """

    def __init__(
        self, catalog: Catalog, store: Store, fetch_problems: Mapping[str, Problem]
    ) -> None:
        self.catalog, self.store, self.fetch_problems = catalog, store, fetch_problems

    def jobs(
        self,
        entry: DatasetEntry,
        chosen: Iterable[Chosen],
        names: tuple[str, ...] | Problem | None = None,
    ) -> list[Job]:
        """Return the jobs of a dataset, needs before what needs them.

        Parameters
        ----------
        entry : DatasetEntry
            The dataset.
        chosen : iterable of Chosen
            Its recipes, needs first.
        names : tuple of str, dict of str to str or None
            Of a simulation: its recordings, or why it failed, or None if not known yet.

        Returns
        -------
        list of Job
            With their keys; those with status "run" are to be run.
        """
        dataset = _Dataset(entry, self._availability(entry, names), names)
        made: dict[JobId, Job] = {}
        for recipe in chosen:
            recordings = dataset.recordings if recipe.over == "recording" else (None,)
            for recording in recordings:
                job = self._job(dataset, recipe, recording, made)
                made[job.id] = job
        return list(made.values())

    def _availability(
        self, entry: DatasetEntry, names: tuple[str, ...] | Problem | None
    ) -> Availability:
        if entry.simulate is None:
            return availability(self.catalog, entry, self.fetch_problems.get(entry.name))
        if isinstance(names, dict):
            return Availability(wrong={ALL: names})
        return Availability(here=names or (ALL,))

    def _job(
        self, dataset: _Dataset, chosen: Chosen, recording: str | None, made: Mapping[JobId, Job]
    ) -> Job:
        takes = dataset.takes(recording)
        needs = _needs(dataset, chosen, recording, made)
        key, parts = job_key(
            inputs=dataset.inputs(takes),
            recipe=chosen.recipe.name,
            run=chosen.recipe.run,
            parameters=chosen.parameters.model_dump(mode="json"),
            needs={need.label: made[need.job].key for need in needs},
        )
        identity = JobId(dataset.entry.name, chosen.name, recording or ALL)
        folder = self.store.folder(*identity, key)
        status, error = dataset.standing(recording)
        if status != "failed" and read_manifest(folder, key) is not None:
            status, error = "cached", None
        elif status == "run":
            status, error = _standing_of_needs(needs, made)
        return Job(
            id=identity,
            recipe=chosen.recipe,
            parameters=chosen.parameters,
            recordings=takes,
            needs=needs,
            key=key,
            parts=parts,
            folder=folder,
            status=status,
            reason=self._reason(status, error, parts, folder, dataset),
            error=error,
        )

    def _reason(
        self,
        status: Planned,
        error: Problem | None,
        parts: Mapping[str, object],
        folder: Path,
        dataset: _Dataset,
    ) -> str:
        if status == "cached":
            return self.store.relative(folder)
        if error is not None:
            return f"{error['message']}. {error['mend']}"
        if dataset.unknown:
            return "one job per recording, once the simulation has said which there are"
        return reason_to_run(parts, folder, self.store)


@dataclass(frozen=True)
class _Dataset:
    """A dataset with what is known about its recordings."""

    entry: DatasetEntry
    state: Availability
    names: tuple[str, ...] | Problem | None

    @property
    def unknown(self) -> bool:
        """Whether the recordings of a simulation are not known yet."""
        return self.entry.simulate is not None and self.names is None

    @property
    def recordings(self) -> tuple[str, ...]:
        """All of them, at hand or not; a stand-in where a simulation has not said yet."""
        if self.entry.simulate is not None:
            return self.state.here or (ALL,)
        return tuple(self.entry.recordings)

    def takes(self, recording: str | None) -> tuple[str, ...] | None:
        """Recordings that a job opens; None: all that the simulation gives."""
        if recording is not None:
            return (recording,)
        if self.entry.simulate is not None:
            return None
        return self.state.here or tuple(self.entry.recordings)

    def inputs(self, takes: tuple[str, ...] | None) -> dict[str, object]:
        """What goes into the key: the content of files and how they are opened, not their place."""
        entry = self.entry
        about = {
            "modality": entry.modality,
            "species": entry.species,
            "licence": entry.licence,
            "doi": entry.doi,
        }
        if entry.simulate is not None:
            return {"simulate": entry.simulate, "recordings": takes, "about": about}
        opened = {name: _opened(entry.recordings[name]) for name in takes or ()}
        return {"loader": entry.loader, "recordings": opened, "about": about}

    def standing(self, recording: str | None) -> tuple[Planned, Problem | None]:
        """Whether a job on a recording, or on all of them, can run as far as its inputs go."""
        state = self.state
        mine = list(self.recordings) if recording is None else [recording]
        wrong = [name for name in mine if name in state.wrong]
        if wrong:
            return "failed", dict(state.wrong[wrong[0]])
        absent = [name for name in mine if name in state.absent]
        if mine and len(absent) == len(mine):
            return "not_downloaded", _together([state.absent[name] for name in absent])
        return "run", None


def _opened(recording: RecordingEntry) -> dict[str, object]:
    files = [[file.path.rpartition("/")[2], file.sha256] for file in recording.files]
    return {"files": files, "options": recording.options}


def _together(problems: list[Problem]) -> Problem:
    if len(problems) == 1:
        return dict(problems[0])
    first = problems[0]
    more = f"{first['message']} (and {len(problems) - 1} more recordings)"
    return problem(first["class"], more, "Run with --fetch to download them.")


def _needs(
    dataset: _Dataset, chosen: Chosen, recording: str | None, made: Mapping[JobId, Job]
) -> tuple[Need, ...]:
    """Jobs whose results a job takes: of its own recording, of the dataset, of each recording."""
    needs: list[Need] = []
    for label, name in chosen.needs.items():
        own = JobId(dataset.entry.name, name, recording or ALL)
        whole = JobId(dataset.entry.name, name, ALL)
        if own in made or whole in made:
            needs.append(Need(label, own if own in made else whole))
            continue
        here = dataset.state.here or dataset.recordings
        needs += [Need(f"{label}/{r}", JobId(dataset.entry.name, name, r)) for r in here]
    return tuple(needs)


def _standing_of_needs(
    needs: Iterable[Need], made: Mapping[JobId, Job]
) -> tuple[Planned, Problem | None]:
    for need in needs:
        job = made[need.job]
        if job.status in ("failed", "blocked"):
            return "blocked", blocked_by(job.id)
        if job.status == "not_downloaded":
            return "not_downloaded", job.error
    return "run", None


def blocked_by(need: JobId) -> Problem:
    """Return why a job cannot run whose need has no result.

    Parameters
    ----------
    need : JobId
        The job that failed or was blocked itself.

    Returns
    -------
    dict of str to str
        What stands in the row.
    """
    return problem(
        "JobError",
        f"{need.dataset}: needs {need.recipe} of {need.recording}, which has no result",
        "Mend that one first.",
    )
