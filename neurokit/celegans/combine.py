"""Several connectomes as one: each animal counts once, each kind of synapse stays apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from neurokit.celegans.combine_arrays import (
    REDUCTIONS,
    Combined,
    group_means,
    reduce_groups,
    shared,
    shares_of_total,
)
from neurokit.celegans.connectome_symmetry import in_order, merge_directions
from neurokit.errors import SchemaError, UnitsError, check_option
from neurokit.schema import SYNAPSE_TYPES, Finding, add_history, connectome, recording

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GROUP_BY = ("animal", "source")
_NORMALISE = ("per_source_total",)
_ABSENT = ("zero", "skip")


class _Source(NamedTuple):
    """One connectome that takes part."""

    name: str
    group: xr.Dataset
    animals: frozenset[str]
    quantities: dict[str, str]


class _Kind(NamedTuple):
    """What was combined of one kind of synapse."""

    combined: Combined
    groups: list[list[str]]
    quantity: str


def combine(
    connectomes: Mapping[str, xr.DataTree] | Sequence[xr.DataTree],
    *,
    how: str = "mean",
    group_by: str = "animal",
    normalise: str | None = None,
    absent: str = "zero",
    animals: Mapping[str, Sequence[str]] | None = None,
) -> xr.DataTree:
    """Combine connectomes, per kind of synapse and pair of cells.

    Sources that show the same animal are no independent samples: they are averaged first, and
    what is left of each animal counts once,

        weight = how over animals of (mean over the sources of an animal)

    over those that observed the pair: a cell that a source does not name is not observed there
    (NaN), a pair without a synapse between cells that it names is 0. Most published connectomes
    share worms; see `connectome_sources`.

    Parameters
    ----------
    connectomes : mapping of str to DataTree, or sequence of DataTree
        Recordings with ``/connectome``. Their attr ``animals`` (a JSON list, which loaders write)
        says what they show; one without it is taken as an animal of its own, and a finding says
        so. Functional atlases and expression atlases show no single animal: they are grouped by
        their attr ``dataset``.
    how : {"mean", "sum", "max", "median"}
        What is taken over the animals.
    group_by : {"animal", "source"}
        What counts once. ``source`` treats sources of one animal as independent, as published
        pipelines do; it is pseudo-replication.
    normalise : {"per_source_total"}, optional
        Divide each source by its sum over the pairs that all sources observed. Needed where
        sources count different things: synapses, sections of micrographs.
    absent : {"zero", "skip"}
        Whether an animal without the synapse counts as 0, or is left out of the mean.
    animals : mapping of str to sequence of str, optional
        Animals per source, instead of what its attr says.

    Returns
    -------
    DataTree
        ``/connectome`` with `weight`, its standard deviation over animals `weight_sd` (n - 1, NaN
        below two), `n_sources`, the number of animals that have the synapse, and `n_observed`, of
        those that were looked at there; all (synapse_type, pre, post). The attr ``groups`` (JSON)
        lists, per kind of synapse, which sources were taken as one.

    Raises
    ------
    SchemaError
        If no connectome is given, one has no ``/connectome``, or nothing can be normalised.
    UnitsError
        If sources count different things and are not normalised.
    OptionError
        If an option is unknown, or `animals` names no source that is given.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> a, b = (recording("connectome", random_state=seed) for seed in (0, 1))
    >>> both = combine({"a": a, "b": b})
    >>> int(both["connectome"]["n_observed"].max())
    2
    """
    check_option("how", how, REDUCTIONS)
    check_option("group_by", group_by, _GROUP_BY)
    check_option("absent", absent, _ABSENT)
    if normalise is not None:
        check_option("normalise", normalise, _NORMALISE)
    sources, findings = _sources(connectomes, animals or {})
    cells = in_order(
        name for one in sources for side in ("pre", "post") for name in _names(one, side)
    )
    kinds = [kind for kind in SYNAPSE_TYPES if any(kind in one.quantities for one in sources)]
    parts = {}
    for kind in kinds:
        chosen = [one for one in sources if kind in one.quantities]
        quantity, noticed = _quantity(kind, chosen, normalise)
        findings += noticed
        stack, groups = _stack(kind, chosen, cells, normalise), _groups(chosen, group_by)
        reduced = reduce_groups(group_means(stack, groups), how, absent=absent)
        names = [[chosen[place].name for place in group] for group in groups]
        parts[kind] = _Kind(reduced, names, quantity)
    options = {"how": how, "group_by": group_by, "normalise": normalise, "absent": absent}
    given = {name: list(names) for name, names in (animals or {}).items()}
    tree = _tree(sources, cells, parts, findings)
    return add_history(tree, "celegans.combine", {**options, "animals": given})


def _sources(
    connectomes: Mapping[str, xr.DataTree] | Sequence[xr.DataTree],
    animals: Mapping[str, Sequence[str]],
) -> tuple[list[_Source], list[Finding]]:
    named = connectomes if isinstance(connectomes, Mapping) else _by_name(connectomes)
    if not named:
        raise SchemaError("no connectome is given", where="connectomes", mend="Give at least one.")
    for name in animals:
        check_option("animals", name, named)
    unknown = [name for name, rec in named.items() if not (name in animals or _says(rec))]
    findings = []
    if unknown:
        found = f"nothing says which animals they show: {', '.join(unknown)}"
        mend = "Each is taken as an animal of its own; say it with animals=."
        findings.append(Finding("NK849", "SUGGESTION", "connectomes", found, mend))
    return [_source(name, rec, animals.get(name)) for name, rec in named.items()], findings


def _by_name(connectomes: Sequence[xr.DataTree]) -> dict[str, xr.DataTree]:
    """Return connectomes by what they call themselves, made unique."""
    named: dict[str, xr.DataTree] = {}
    for place, rec in enumerate(connectomes, start=1):
        name = str(rec.attrs.get("dataset") or rec.attrs.get("subject") or f"source-{place}")
        repeat = 1 + sum(other == name or other.startswith(f"{name} (") for other in named)
        named[name if repeat == 1 else f"{name} ({repeat})"] = rec
    return named


def _says(rec: xr.DataTree) -> bool:
    return bool(rec.attrs.get("animals") or rec.attrs.get("dataset"))


def _source(name: str, rec: xr.DataTree, animals: Sequence[str] | None) -> _Source:
    if "connectome" not in rec.children or "weight" not in rec["connectome"]:
        raise SchemaError("has no /connectome", where=name, mend="Give recordings that have one.")
    group = rec["connectome"].to_dataset()
    said = json.loads(str(rec.attrs.get("animals") or "[]")) if animals is None else animals
    # What shows no single animal is at least not independent of the same dataset.
    shown = frozenset(said) or frozenset({f"dataset {rec.attrs.get('dataset') or name}"})
    kinds = [str(kind) for kind in group["synapse_type"].values]
    if "quantity" in group.coords:
        quantities = dict(zip(kinds, map(str, group["quantity"].values), strict=True))
    else:
        quantities = dict.fromkeys(kinds, str(group["weight"].attrs.get("long_name", "")))
    return _Source(name, group, shown, quantities)


def _names(source: _Source, side: str) -> list[str]:
    return [str(name) for name in source.group[side].values]


def _quantity(
    kind: str, sources: Sequence[_Source], normalise: str | None
) -> tuple[str, list[Finding]]:
    """Return what the weights of a kind count, if that is one thing."""
    if normalise is not None:
        return "share of the total", []
    said = {one.name: one.quantities[kind] for one in sources}
    known = sorted({quantity for quantity in said.values() if quantity})
    if len(known) > 1:
        shown = "; ".join(
            f"{quantity} ({', '.join(name for name, other in said.items() if other == quantity)})"
            for quantity in known
        )
        raise UnitsError(
            f"{kind} weights count {len(known)} things: {shown}",
            where="connectomes",
            mend='Combine them with normalise="per_source_total", or leave some out.',
        )
    silent = [name for name, quantity in said.items() if not quantity]
    if not known or not silent:
        return (known[0] if known else ""), []
    found = f"nothing says what the {kind} weights count of {', '.join(silent)}"
    mend = f"They are taken as {known[0]}, as the others."
    return known[0], [Finding("NK849", "SUGGESTION", "connectomes", found, mend)]


def _stack(
    kind: str, sources: Sequence[_Source], cells: list[str], normalise: str | None
) -> NDArray[np.float64]:
    """Return the weights of all sources on all cells; NaN where a source has not both."""
    place = {name: index for index, name in enumerate(cells)}
    stack = np.full((len(sources), len(cells), len(cells)), np.nan)
    for layer, one in zip(stack, sources, strict=True):
        weight = one.group["weight"].sel(synapse_type=kind).transpose("pre", "post")
        rows, columns = ([place[name] for name in _names(one, side)] for side in ("pre", "post"))
        layer[np.ix_(rows, columns)] = weight.values
        if kind == "electrical":
            layer[:] = merge_directions(layer)[0]
    return stack if normalise is None else _normalised(kind, sources, stack)


def _normalised(
    kind: str, sources: Sequence[_Source], stack: NDArray[np.float64]
) -> NDArray[np.float64]:
    shares, totals, common = shares_of_total(stack)
    without = [one.name for one, total in zip(sources, totals, strict=True) if not total > 0]
    if without:
        raise SchemaError(
            f"no {kind} weight among the {common} pairs that all sources observed: "
            f"{', '.join(without)}",
            where="normalise",
            mend="Leave out the source that shares no cells with the others.",
        )
    return shares


def _groups(sources: Sequence[_Source], group_by: str) -> list[list[int]]:
    if group_by == "source":
        return [[place] for place in range(len(sources))]
    return shared([one.animals for one in sources])


def _types(sources: Iterable[_Source], cells: list[str]) -> list[str]:
    """Return the type of each cell; one that a source knows better than other."""
    types: dict[str, str] = {}
    for one in sources:
        for side in ("pre", "post"):
            said = one.group.coords.get(f"{side}_type")
            if said is None:
                continue
            for name, kind in zip(_names(one, side), map(str, said.values), strict=True):
                if types.get(name, "other") == "other":
                    types[name] = kind
    return [types.get(name, "neuron") for name in cells]


def _tree(
    sources: Sequence[_Source], cells: list[str], parts: dict[str, _Kind], findings: list[Finding]
) -> xr.DataTree:
    kinds = list(parts)
    reduced = [parts[kind].combined for kind in kinds]
    types = _types(sources, cells)
    group = connectome(
        np.stack([one.weight for one in reduced]),
        pre=cells,
        post=cells,
        synapse_type=kinds,
        pre_type=types,
        post_type=types,
        n_sources=np.stack([one.n_present for one in reduced]),
        weight_sd=np.stack([one.spread for one in reduced]),
    )
    dims = group["weight"].dims
    group["n_observed"] = (dims, np.stack([one.n_observed for one in reduced]))
    quantities = np.array([parts[kind].quantity for kind in kinds], dtype=np.str_)
    group = group.assign_coords(quantity=("synapse_type", quantities))
    shown = sorted(set().union(*(one.animals for one in sources)))
    return recording(
        {"connectome": group},
        modality="connectome",
        subject="combined",
        species="Caenorhabditis elegans",
        source=", ".join(one.name for one in sources),
        findings=findings,
        attrs={
            "animals": json.dumps(shown),
            "groups": json.dumps({kind: parts[kind].groups for kind in kinds}),
        },
    )
