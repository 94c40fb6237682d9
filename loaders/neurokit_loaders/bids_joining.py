"""The tables of a BIDS dataset joined, one after the other, to what its data file gave."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from neurokit._version import __version__
from neurokit.errors import FileContentError
from neurokit.interchange.mne_channels import modality_of
from neurokit.schema import Finding, findings_from_json, findings_to_json
from neurokit.schema.contacts import CONTACT_TYPES
from neurokit_loaders.bids_about import About, about, compare_sidecar
from neurokit_loaders.bids_channels import Groups, join_channels, with_common_unit
from neurokit_loaders.bids_electrodes import coordsystem_json, find_places, join_electrodes
from neurokit_loaders.bids_events import join_events, samples_disagree
from neurokit_loaders.bids_findings import ABSENT
from neurokit_loaders.bids_layout import BidsFile
from neurokit_loaders.bids_tables import inherited, read_tsv


@dataclass
class Joined:
    """A recording while its tables are joined to it."""

    file: BidsFile
    tree: xr.DataTree
    groups: Groups
    without: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def groups_with_channels(tree: xr.DataTree) -> Groups:
    """Return the groups of a tree that hold channels, by path; none at all is an error."""
    found = {}
    for node in tree.subtree:
        group = node.to_dataset(inherit=False)
        if "signal" in group and "channel" in group.dims:
            found[node.path.strip("/")] = group
    if not found:
        raise FileContentError(
            f"the data file has no channels, only {', '.join(tree.children) or 'nothing'}",
            where=tree.name or "recording",
            mend="Open the data file itself.",
        )
    return found


def add_channels(joined: Joined, how: str, channel_type: str | None, datatype: str) -> None:
    """Join channels.tsv; type the channels that neither it nor the data file types."""
    tables = [] if "channels" in joined.without else joined.file.sidecars("channels", ".tsv")
    typed = set()
    if tables:
        table = read_tsv(tables[-1])
        joined.groups, noticed = join_channels(joined.groups, table, how)
        joined.findings += noticed
        joined.attrs["bids_channels"] = table.to_json()
        typed = set(table.columns.get("name", [])) if "type" in table.columns else set()
    elif "channels" not in joined.without:
        joined.absent.append("*_channels.tsv")
    if channel_type is not None:
        joined.groups = {
            name: _retyped(group, channel_type, typed) for name, group in joined.groups.items()
        }
    kinds = {str(k) for group in joined.groups.values() for k in group["channel_type"].values}
    if datatype == "ieeg" and not kinds & set(CONTACT_TYPES):
        found = "no channel is typed SEEG, ECOG or DBS in intracranial data"
        mend = "Say what they are: channel_type='SEEG'."
        joined.findings.append(ABSENT.at("/activity/channel_type", found, mend))


def _retyped(group: xr.Dataset, channel_type: str, typed: set[str]) -> xr.Dataset:
    kinds = [
        channel_type if kind in ("EEG", "OTHER") and str(name) not in typed else str(kind)
        for name, kind in zip(group["channel"].values, group["channel_type"].values, strict=True)
    ]
    return with_common_unit(group.assign_coords(channel_type=("channel", kinds)))


def add_electrodes(
    joined: Joined,
    datatype: str,
    space: str | None,
    region: str | None,
    position_unit: str | None,
) -> None:
    """Join electrodes.tsv in one space, with its coordsystem.json."""
    if "electrodes" in joined.without:
        return
    places, noticed = find_places(joined.file, space)
    joined.findings += noticed
    if places is None:
        if datatype == "ieeg":
            joined.absent.append("*_electrodes.tsv")
        return
    if not places.coordsystem:
        joined.absent.append("*_coordsystem.json")
    joined.groups, noticed = join_electrodes(
        joined.groups,
        places,
        datatype=datatype,
        region=region,
        position_unit=position_unit,
    )
    joined.findings += noticed
    joined.attrs["bids_electrodes"] = places.table.to_json()
    joined.attrs["bids_coordsystem"] = coordsystem_json(places)


def add_sidecar(joined: Joined, datatype: str) -> None:
    """Compare and keep the JSON sidecar of the recording."""
    paths = joined.file.sidecars(datatype, ".json") if datatype else []
    if not paths:
        joined.absent.append(f"*_{datatype}.json")
        return
    sidecar = inherited(paths)
    joined.groups, noticed = compare_sidecar(sidecar, joined.groups, paths[-1].name)
    joined.findings += noticed
    joined.attrs["bids_sidecar"] = json.dumps(sidecar, ensure_ascii=False)


def add_events(joined: Joined, how: str) -> None:
    """Put events.tsv, or what was asked for instead, where ``/events`` will be."""
    tables = [] if "events" in joined.without else joined.file.sidecars("events", ".tsv")
    if not tables:
        # At rest nothing happens, and the standard asks for no table.
        resting = joined.file.entities.get("task", "").startswith("rest")
        if "events" not in joined.without and not resting:
            joined.absent.append("*_events.tsv")
        return
    table = read_tsv(tables[-1])
    node = joined.tree.children.get("events")
    own = None if node is None else node.to_dataset(inherit=False)
    group, noticed = join_events(own, table, how)
    joined.findings += noticed
    if group is None:
        return
    if how != "file":
        time = next(iter(joined.groups.values()))["time"].values
        joined.findings += samples_disagree(group, time, table.path.name)
        described = joined.file.sidecars("events", ".json")
        if described:
            text = json.dumps(inherited(described), ensure_ascii=False)
            group = group.assign_attrs(bids_description=text)
    joined.groups["events"] = group


def assembled(joined: Joined, datatype: str) -> xr.DataTree:
    """Return the tree with all groups, what the dataset says of the whole, and all findings."""
    tree, file = joined.tree.copy(deep=False), joined.file
    for path, group in joined.groups.items():
        tree[path] = xr.DataTree(group)
    found = about(file, str(tree.attrs.get("start_time", "")))
    if not (file.root / "dataset_description.json").is_file():
        joined.absent.append("dataset_description.json")
    if joined.absent:
        text = f"not there: {', '.join(joined.absent)}"
        mend = "What the data file says is used; add them for what it does not say."
        joined.findings.append(ABSENT.at(file.path.name, text, mend))
    known = findings_from_json(str(tree.attrs.get("findings", "[]")))
    every = [*known, *joined.findings, *found.findings]
    tree.attrs = {**tree.attrs, **joined.attrs, **_root(joined, found, datatype)}
    if every:
        tree.attrs["findings"] = findings_to_json(every)
    tree.name = file.path.name.partition(".")[0]
    return tree


def _root(joined: Joined, found: About, datatype: str) -> dict[str, Any]:
    old = joined.tree.attrs
    kinds = [
        str(k)
        for g in joined.groups.values()
        if "channel_type" in g.coords
        for k in g["channel_type"].values
    ]
    modality = modality_of(kinds)
    if datatype == "ieeg" and modality not in ("seeg", "ecog"):
        modality = "ieeg"
    return {
        **found.attrs,
        "modality": modality,
        "source": joined.file.path.relative_to(joined.file.root).as_posix(),
        "loader": "bids",
        "loader_version": __version__,
        "loader_options": "{}",
        "file_loader": str(old.get("loader", "")),
        "file_loader_options": str(old.get("loader_options", "{}")),
    }
