"""The content of an NWB file as a recording: which series go where, on one clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neurokit.errors import FileContentError, NeurokitError, OptionError, check_option
from neurokit.interchange.nwb_beside import series_groups
from neurokit.interchange.nwb_blocks import blocks_of, choose, is_signal
from neurokit.interchange.nwb_content import Content
from neurokit.interchange.nwb_electrodes import electrode_space
from neurokit.interchange.nwb_layout import LAYOUT, layout_of, restore
from neurokit.interchange.nwb_signals import Built, attempt, build, clock_of_block
from neurokit.interchange.nwb_tables import (
    ELECTRODES,
    events_group,
    spikes_group,
    units_table,
)
from neurokit.schema import CHANNEL_TYPES, Finding, recording

if TYPE_CHECKING:
    import xarray as xr

_SPACES = ("neuron", "channel")
_LENGTHS = ("m", "cm", "mm", "um", "nm")
_SHOWN = 12
_KNOWN = ("TimeIntervals", "EventsTable", "PlaneSegmentation")


@dataclass(frozen=True)
class Statements:
    """What the user says of a file.

    Parameters
    ----------
    series : str, optional
        Path, name or glob of what becomes ``/activity``.
    rate : float, optional
        Hz, of ``/activity``.
    space : str, optional
        neuron or channel.
    channel_type : str, optional
        BIDS type of the channels.
    position_units : str, optional
        What electrode positions are in.
    sort_spikes : bool
        Sort the times of each unit when they are read.
    origin : str
        What t = 0 is.
    """

    series: str | None = None
    rate: float | None = None
    space: str | None = None
    channel_type: str | None = None
    position_units: str | None = None
    sort_spikes: bool = False
    origin: str = "first sample"

    def __post_init__(self) -> None:
        """Refuse what is no option."""
        if self.space is not None:
            check_option("space", self.space, _SPACES)
        if self.channel_type is not None:
            check_option("channel_type", self.channel_type, CHANNEL_TYPES)
        if self.position_units is not None:
            check_option("position_units", self.position_units, _LENGTHS)


def build_recording(content: Content, said: Statements) -> xr.DataTree:
    """Return the recording that a file holds.

    Parameters
    ----------
    content : Content
        The file.
    said : Statements
        What the user says of it.

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    TimeError
        If what becomes ``/activity`` has no clock.
    FileContentError
        If there is nothing to build, or sizes disagree.
    """
    layout = layout_of(content)
    if layout is not None and said == Statements():
        try:
            return restore(content, layout)
        except FileContentError as error:
            found, mend = error.found, "It is read as any NWB file; see what changed it."
            content.findings.append(Finding("NK899", "VIOLATION", content.source, found, mend))
    findings = list(content.findings)
    groups, modality, zero = _signal_groups(content, said, findings)
    origin = "first sample" if "activity" in groups else "the file's own time zero"
    units = units_table(content)
    if units is not None:
        spikes = spikes_group(content, units, zero, origin, said.sort_spikes)
        if spikes is not None:
            groups["spikes"] = spikes
            modality = modality or "spikes"
    table = events_group(content, zero, findings)
    if table is not None:
        groups["events"] = table
    groups |= series_groups(content, "behavior", zero, origin, groups.get("activity"), findings)
    groups |= series_groups(content, "stimulus", zero, origin, groups.get("activity"), findings)
    if not groups:
        raise OptionError(
            f"there is nothing that can be read: {_shown(content.unread) or 'no series, no table'}",
            where=content.source,
            mend="Open it with pynwb to see what it holds.",
        )
    findings += _unread(content, groups)
    return recording(
        groups,
        modality=modality or "behavior",
        source=content.source,
        findings=findings,
        **_root(content),
    )


def modality_of(content: Content) -> str:
    """Return the modality that `build_recording` gives, by tables and types of series alone.

    Parameters
    ----------
    content : Content
        The file.

    Returns
    -------
    str
        Of the contract; "" where only opening the file would tell what is wrong with it.
    """
    layout = layout_of(content)
    if layout is not None:
        return str(layout["attrs"].get("modality", ""))
    blocks = blocks_of(content, choose(content, None))
    if not blocks or blocks[0].kind in ("plain", "stimulus"):
        return "behavior" if units_table(content) is None else "spikes"
    if blocks[0].kind != "electrical":
        return "spikes" if blocks[0].kind == "patch" else "calcium"
    first = blocks[0].first
    n = first.data.shape[-1] if first.rows is None else len(first.rows)
    try:
        return electrode_space(content, first, int(n), Statements(), []).modality
    except NeurokitError:
        return ""


def _signal_groups(
    content: Content, said: Statements, findings: list[Finding]
) -> tuple[dict[str, xr.Dataset], str, float]:
    """Return ``/activity``, the groups of ``/auxiliary``, the modality and t = 0."""
    blocks = blocks_of(content, choose(content, said.series))
    groups: dict[str, xr.Dataset] = {}
    modality, zero, rest = "", 0.0, blocks
    if blocks and blocks[0].kind not in ("plain", "stimulus"):
        clock = clock_of_block(blocks[0], content.source, said.rate)
        main = build(content, blocks[0], clock, clock.start, said)
        groups["activity"], modality, rest = main.group, main.modality, blocks[1:]
        zero = clock.start if "trial" not in main.group.dims else 0.0
        findings += main.findings
    elif blocks and units_table(content) is None:
        found = f"no series is of a neural type; there are {_shown([b.first.path for b in blocks])}"
        mend = f"Say which is, series={blocks[0].first.path!r} for example."
        findings.append(Finding("NK892", "SUGGESTION", content.source, found, mend))
        if said.rate is not None:
            raise OptionError(
                "the rate is of /activity, and no series is of a neural type",
                where="rate",
                mend=mend,
            )
        _only_without_clock(content, blocks)
    for block in rest:
        built: Built | None = attempt(content, block, zero, said, findings)
        if built is not None:
            groups[f"auxiliary/{block.name}"] = built.group
            modality = modality or built.modality
            findings += built.findings
    return groups, modality, zero


def _only_without_clock(content: Content, blocks: Sequence[Any]) -> None:
    """Raise if none of the series has a clock: then there is nothing to leave out the rest for."""
    if any(b.first.rate is not None or b.first.timestamps is not None for b in blocks):
        return
    first = blocks[0].first
    try:
        clock_of_block(blocks[0], content.source, None)
    except NeurokitError as error:
        error_type = type(error)
        raise error_type(
            error.found,
            where=error.where,
            mend=f"Say it when opening the file: series={first.path!r}, rate=... in Hz.",
        ) from error


def _unread(content: Content, groups: dict[str, xr.Dataset]) -> list[Finding]:
    """Return one finding on all that the recording does not have."""
    unread = list(dict.fromkeys(content.unread))
    unread += [
        f"{item.path} ({item.kinds[0]} {tuple(item.data.shape)})"
        for item in content.series.values()
        if not (is_signal(item) or item.is_a("AnnotationSeries", "IntervalSeries"))
    ]
    used = {item.table for item in content.series.values()}
    for table in content.tables.values():
        if table.is_a("Units") and "spikes" in groups:
            used.add(table.path)
            used |= {ELECTRODES} if "electrodes" in table.columns else set()
    unread += [
        f"{table.path} (table of {table.n_rows} rows)"
        for table in content.tables.values()
        if table.path not in used and not table.is_a(*_KNOWN)
    ]
    unread += [f"scratch/{name}" for name in content.scratch if name != LAYOUT]
    if not unread:
        return []
    mend = "Open the file with pynwb where one of them is needed."
    return [Finding("NK830", "SUGGESTION", "/", f"not read: {_shown(unread)}", mend)]


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


_KEPT_APART = ("identifier", "session_id", "session_start_time", "timestamps_reference_time")


def _root(content: Content) -> dict[str, Any]:
    """Return who, when and what else a file says of the whole."""
    facts, subject = content.facts, content.subject
    start = str(facts.get("timestamps_reference_time") or facts.get("session_start_time") or "")
    attrs: dict[str, Any] = {k: v for k, v in facts.items() if k not in _KEPT_APART and v != ""}
    if str(facts.get("session_start_time", start)) != start:
        attrs["session_start_time"] = str(facts["session_start_time"])
    session = str(facts.get("session_id") or facts.get("identifier") or "")
    if facts.get("session_id") and facts.get("identifier"):
        attrs["identifier"] = str(facts["identifier"])
    for key, value in subject.items():
        if key not in ("subject_id", "species") and value != "":
            attrs[f"subject_{key}"] = value
    return {
        "subject": str(subject.get("subject_id", "")),
        "session": session,
        "species": str(subject.get("species", "")),
        "start_time": _zoned(start),
        "doi": _doi(str(facts.get("related_publications", ""))),
        "attrs": attrs,
    }


def _zoned(stamp: str) -> str:
    """Return an ISO 8601 time as the contract writes it; one without zone stays as it is."""
    return stamp[:-1] + "+00:00" if stamp.endswith("Z") else stamp


def _doi(text: str) -> str:
    found = re.search(r"10\.\d{4,9}/[^\s\"',;\]]+", text)
    return found[0].rstrip(".") if found else ""
