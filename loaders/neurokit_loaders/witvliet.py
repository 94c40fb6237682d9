"""Worm connectomes as lists of synapses in JSON, as WormWideWeb and NemaNode publish them.

Those of Witvliet et al. 2021 (eight animals from birth to adult) and Cook et al. 2020 (pharynx).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.errors import FileContentError
from neurokit.io.registry import Loader
from neurokit_loaders._cells import repeat_findings, source_for
from neurokit_loaders._edges import Edge, edge_recording, repeated
from neurokit_loaders._json import json_head, read_json, whole_number
from neurokit_loaders._neurons import listed

if TYPE_CHECKING:
    import xarray as xr

    from neurokit.schema import Finding

NAME = "celegans.witvliet"
_KINDS = {0: "chemical", 2: "electrical"}
_FIELDS = ("pre", "post", "typ", "syn")
Item = dict[str, Any]


def sniff(path: Path) -> float:
    """Score 0.95 for a JSON list whose first entry has pre, post, typ and syn."""
    head = json_head(path)
    first = head.partition("}")[0]
    known = head.startswith("[{") and all(f'"{field}":' in first for field in ("pre", "post"))
    # The list of synapses of one pair may be longer than what is looked at.
    return 0.95 if known and ('"typ":' in first or '"ids":' in first) else 0.0


def open_witvliet(path: Path, dataset: str | None = None) -> xr.DataTree:
    """Open one animal.

    An entry is a pair with its synapses; the weight is the sum of ``syn`` (one per synapse in
    Witvliet et al., numbers of EM sections in Cook et al.). An entry that stands twice word for
    word counts once, other entries of one pair are summed, and a finding lists both. A gap
    junction is listed from both sides and is one edge.

    Parameters
    ----------
    path : Path
        The list.
    dataset : str, optional
        The published source, one of `celegans.connectome_sources`: it says which animal it is.
        Default is what the file's name says, if anything.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post).

    Raises
    ------
    FileContentError
        If it is no whole JSON list, or an entry lacks a name, has a type that is not known or
        synapses that are no whole numbers.

    References
    ----------
    .. [1] Witvliet et al. 2021, Nature 596, doi:10.1038/s41586-021-03778-8
    .. [2] Cook et al. 2020, J Comp Neurol 528, doi:10.1002/cne.24932
    """
    source, findings = source_for(path, dataset)
    items = _items(path)
    kept, doubled = _once(items)
    edges = [_edge(item, place, path) for place, item in kept]
    again = repeat_findings(doubled, path.name, "An entry that stands twice counts once.")
    return edge_recording(
        edges, path, loader=NAME, source=source, findings=[*findings, *again, *_uneven(kept, path)]
    )


def info(path: Path) -> dict[str, Any]:
    """Say how many pairs of each kind are listed."""
    edges = [_edge(item, place, path) for place, item in enumerate(_items(path))]
    counts = [f"{kind} {sum(edge.kind == kind for edge in edges)}" for kind in _KINDS.values()]
    return {"entries": ", ".join(counts), "repeated": len(repeated(edges))}


def _items(path: Path) -> list[Item]:
    items = read_json(path)
    if not isinstance(items, list) or not items:
        raise FileContentError(
            "is no list of synapses", where=str(path), mend="Check what it holds."
        )
    for place, item in enumerate(items):
        lacking = [name for name in _FIELDS if not isinstance(item, dict) or name not in item]
        if lacking:
            raise FileContentError(
                f"entry {place} lacks {', '.join(lacking)}", where=str(path), mend="Correct it."
            )
    return items


def _once(items: Sequence[Item]) -> tuple[list[tuple[int, Item]], list[str]]:
    """Return the entries without exact repeats, and the repeats."""
    seen: dict[str, int] = {}
    kept, doubled = [], []
    for place, item in enumerate(items):
        first = seen.setdefault(json.dumps(item, sort_keys=True), place)
        if first == place:
            kept.append((place, item))
        else:
            doubled.append(f"{item['pre']}-{item['post']} (entries {first} and {place})")
    return kept, doubled


def _edge(item: Item, place: int, path: Path) -> Edge:
    where = f"entry {place} ({item['pre']}-{item['post']})"
    kind, synapses = item["typ"], item["syn"]
    fault = ""
    if not all(isinstance(item[side], str) for side in ("pre", "post")):
        fault = "has a name that is no text"
    elif not whole_number(kind) or kind not in _KINDS:
        fault = f"has the type {kind!r}; 0 is chemical, 2 electrical"
    elif not isinstance(synapses, list) or not all(map(whole_number, synapses)):
        fault = "has a syn that is no list of whole numbers"
    if fault:
        raise FileContentError(f"{where} {fault}", where=str(path), mend="Correct it.")
    return Edge(item["pre"], item["post"], _KINDS[kind], float(sum(synapses)), f"entry {place}")


def _uneven(items: Sequence[tuple[int, Item]], path: Path) -> list[Finding]:
    """Return a finding on entries whose synapses are not as many as their ids."""
    from neurokit.schema import Finding

    uneven = [
        f"{item['pre']}-{item['post']} (entry {place}: {len(item['ids'])}, {len(item['syn'])})"
        for place, item in items
        if isinstance(item.get("ids"), list) and len(item["ids"]) != len(item["syn"])
    ]
    if not uneven:
        return []
    found = f"{len(uneven)} entries have not as many ids as synapses: {listed(uneven)}"
    mend = "The synapses count; look at the source."
    return [Finding("NK845", "VIOLATION", path.name, found, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm connectome, list of synapses in JSON (Witvliet et al. 2021)",
    modality="connectome",
    suffixes=(".json",),
    sniff=sniff,
    open=open_witvliet,
    info=info,
    options={"dataset": "the published source; default is what the file's name says"},
)
