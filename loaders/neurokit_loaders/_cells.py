"""Connectomes from tables: cells with their types, sources with their animals, findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import suggest
from neurokit_loaders._neurons import SPECIES, listed

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.celegans.connectome_sources import Source
    from neurokit.schema import Finding

TYPE_ALIASES = {
    "chem": "chemical",
    "gap": "electrical",
    "gap junction": "electrical",
    "gapjunction": "electrical",
    "gj": "electrical",
    "ej": "electrical",
    "elec": "electrical",
    "gapjunctions": "electrical",
    "send": "chemical",
}
# Columns that stand for many cells which a table doesn't tell apart.
AGGREGATES = {"NMJ": "muscle", "LegacyBodyWallMuscles": "muscle"}


def direction_findings(
    weight: NDArray[np.float64], pairs: NDArray[np.intp], names: Sequence[str], where: str
) -> list[Finding]:
    """Return a finding on gap junctions whose two directions disagree in the table.

    A table that lists every junction once has no second direction that could disagree.
    """
    from neurokit.schema import Finding

    listed_both_ways = (weight != 0) & (weight.T != 0)
    if not np.triu(listed_both_ways, 1).any():
        return []
    one_way = [(i, j) for i, j in pairs if weight[i, j] == 0 or weight[j, i] == 0]
    two_ways = [(i, j) for i, j in pairs if weight[i, j] != 0 and weight[j, i] != 0]
    notes = []
    if one_way:
        shown = listed(f"{names[i]}-{names[j]}" for i, j in one_way)
        notes.append(
            f"{len(one_way)} gap junctions are listed in one direction, and hold in both: {shown}"
        )
    if two_ways:
        shown = listed(
            f"{names[i]}-{names[j]} ({weight[i, j]:g}/{weight[j, i]:g})" for i, j in two_ways
        )
        notes.append(
            f"{len(two_ways)} gap junctions have two weights, of which the mean is taken: {shown}"
        )
    mend = "A gap junction has no direction; look at the source where its weight matters."
    return [Finding("NK840", "SUGGESTION", where, found, mend) for found in notes]


def unknown_findings(names: Iterable[str], where: str) -> list[Finding]:
    """Return a finding on names of no known cell; they stay, with cell type other."""
    from neurokit.celegans.cells import is_known
    from neurokit.celegans.neurons import by_name
    from neurokit.schema import Finding

    strange = [name for name in names if not is_known(name) and name not in AGGREGATES]
    if not strange:
        return []
    near = suggest(strange[0], by_name()) if len(strange) == 1 else ""
    found = f"no known cell is named {listed(strange)}{near}"
    mend = 'They stay, as cells of type "other".'
    return [Finding("NK841", "SUGGESTION", where, found, mend)]


def repeat_findings(
    repeats: Sequence[str], where: str, mend: str = "Their weights are summed."
) -> list[Finding]:
    """Return a finding on edges that a table lists more than once."""
    from neurokit.schema import Finding

    if not repeats:
        return []
    found = f"{len(repeats)} edges stand more than once: {listed(repeats)}"
    return [Finding("NK842", "SUGGESTION", where, found, mend)]


def connectome_group(
    weight: NDArray[np.float64],
    kinds: Sequence[str],
    pre: Sequence[str],
    post: Sequence[str],
    quantity: str = "",
) -> xr.Dataset:
    """Return ``/connectome`` with the cell types of its labels and what its weights count."""
    from neurokit.celegans import cell_type
    from neurokit.schema import connectome

    group = connectome(
        weight,
        pre=pre,
        post=post,
        synapse_type=kinds,
        pre_type=[AGGREGATES.get(name) or cell_type(name) for name in pre],
        post_type=[AGGREGATES.get(name) or cell_type(name) for name in post],
    )
    if quantity:
        group["weight"].attrs["long_name"] = quantity
    return group.assign_coords(quantity=("synapse_type", np.array([quantity] * len(kinds))))


def source_for(path: Path, dataset: str | None) -> tuple[Source | None, list[Finding]]:
    """Return the published source of a file, and a finding where only its name says so.

    Raises
    ------
    OptionError
        If `dataset` is no source that is known.
    """
    from neurokit.celegans.connectome_sources import source_named, source_of_file
    from neurokit.schema import Finding

    if dataset is not None:
        return source_named(dataset), []
    source = source_of_file(path.name)
    if source is None:
        return None, []
    found = f"the dataset is taken as {source.name}, from the file's name"
    mend = "Say it with the option dataset=."
    return source, [Finding("NK846", "SUGGESTION", "/", found, mend)]


def described(source: Source | None, path: Path) -> dict[str, Any]:
    """Return what a source says of the whole recording, as arguments of `schema.recording`.

    The attrs ``dataset`` and ``animals`` tell `celegans.combine` which recordings show one worm.
    """
    common = {"modality": "connectome", "species": SPECIES, "source": path.name}
    if source is None:
        return {**common, "subject": path.stem}
    attrs = {"dataset": source.name, "animals": json.dumps(source.animals)}
    attrs |= {"sex": source.sex, "stage": source.stage}
    return {**common, "subject": source.name, "doi": source.doi, "attrs": attrs}
