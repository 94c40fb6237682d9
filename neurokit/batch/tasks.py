"""From jobs to what children are sent, and what their manifests say of the job's origin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurokit.batch.executor import environment
from neurokit.batch.jobs import Job, Task
from neurokit.catalog.catalog import Catalog
from neurokit.recipe import Parameters


def task_of(
    catalog: Catalog,
    dataset: str,
    recordings: tuple[str, ...] | None,
    place: Path,
    *,
    limits: tuple[float, float],
    **more: Any,
) -> Task:
    """Return a task whose catalog holds its own dataset alone."""
    alone = Catalog(catalog.path, {dataset: catalog.datasets[dataset]}, {})
    filled = {"recipe": None, "parameters": Parameters(), "needs": (), "stamp": {}, **more}
    return Task(
        catalog=alone,
        dataset=dataset,
        recordings=recordings,
        workspace=place,
        time_limit_s=limits[0],
        memory_limit_mb=limits[1],
        environment=environment(),
        **filled,
    )


def stamp_of(job: Job, catalog: Catalog) -> dict[str, Any]:
    """Return what a manifest says about where its result comes from.

    Parameters
    ----------
    job : Job
        The job.
    catalog : Catalog
        Where its dataset stands.

    Returns
    -------
    dict
        Whose result it is, its key with all parts, parameters, seeds, source and input files.
    """
    entry = catalog.datasets[job.id.dataset]
    parameters = job.parameters.model_dump(mode="json")
    recordings = job.recordings or ()
    source = ("title", "modality", "species", "licence", "doi", "citation", "simulate")
    return {
        "schema": "neurokit-result/1",
        "dataset": job.id.dataset,
        "recording": job.id.recording,
        "recordings": list(recordings),
        "recipe": job.id.recipe,
        "registered": job.recipe.name,
        "title": job.recipe.title,
        "parameters": parameters,
        "seeds": {**_seeds("simulation", entry.simulate or {}), **_seeds("recipe", parameters)},
        "key": job.key,
        "parts": job.parts,
        "source": {name: getattr(entry, name) for name in source},
        "inputs": [
            {"recording": name, "path": file.path, "uri": file.uri, "sha256": file.sha256}
            for name in recordings
            if name in entry.recordings
            for file in entry.recordings[name].files
        ],
    }


def _seeds(whose: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{whose} {name}": parameters[name] for name in ("random_state",) if name in parameters}
