"""Connectomes from tables: one name per cell, one order, one edge per gap junction, findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurokit.errors import suggest
from neurokit_loaders._neurons import listed

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

TYPE_ALIASES = {
    "chem": "chemical",
    "gap": "electrical",
    "gap junction": "electrical",
    "gapjunction": "electrical",
    "gj": "electrical",
    "ej": "electrical",
    "elec": "electrical",
}


def in_order(names: Iterable[str]) -> list[str]:
    """Return the distinct names: neurons in canonical order, then the rest as they came."""
    from neurokit.celegans.neurons import by_name

    places = {name: place for place, name in enumerate(by_name())}
    distinct = list(dict.fromkeys(names))
    return sorted(distinct, key=lambda name: places.get(name, len(places)))


def merge_directions(weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return a symmetric matrix, and the pairs (i < j) whose two directions disagree.

    A gap junction has no direction: listed once it holds both ways; listed both ways it is one
    edge, of the mean of the two where they differ. NaN in either direction stays NaN.

    Parameters
    ----------
    weight : (cell, cell) array
        0 where no edge is listed.

    Returns
    -------
    (cell, cell) array, (pair, 2) array of int
        The pairs are those with two different weights, or with a weight one way and none the
        other.
    """
    other = weight.T
    # A direction that is not listed is 0 and says nothing about the weight.
    count = (weight != 0).astype(np.float64) + (other != 0)
    merged = np.where(count > 0, (weight + other) / np.maximum(count, 1), 0.0)
    differ = ~((weight == other) | (np.isnan(weight) & np.isnan(other)))
    return merged, np.argwhere(np.triu(differ, 1))


def direction_findings(
    weight: NDArray[np.float64], pairs: NDArray[np.intp], names: Sequence[str], where: str
) -> list[Finding]:
    """Return a finding on gap junctions whose two directions disagree in the table."""
    from neurokit.schema import Finding

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

    strange = [name for name in names if not is_known(name)]
    if not strange:
        return []
    near = suggest(strange[0], by_name()) if len(strange) == 1 else ""
    found = f"no known cell is named {listed(strange)}{near}"
    mend = 'They stay, as cells of type "other".'
    return [Finding("NK841", "SUGGESTION", where, found, mend)]


def repeat_findings(repeats: Sequence[str], where: str) -> list[Finding]:
    """Return a finding on edges that a table lists more than once."""
    from neurokit.schema import Finding

    if not repeats:
        return []
    found = f"{len(repeats)} edges stand more than once: {listed(repeats)}"
    mend = "Their weights are summed."
    return [Finding("NK842", "SUGGESTION", where, found, mend)]


def connectome_group(
    weight: NDArray[np.float64], kinds: Sequence[str], pre: Sequence[str], post: Sequence[str]
) -> xr.Dataset:
    """Return ``/connectome`` with the cell types of its labels."""
    from neurokit.celegans import cell_type
    from neurokit.schema import connectome

    return connectome(
        weight,
        pre=pre,
        post=post,
        synapse_type=kinds,
        pre_type=[cell_type(name) for name in pre],
        post_type=[cell_type(name) for name in post],
    )
