"""What the columns of an ElectricalSeries are: channels with types, regions and places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.interchange.nwb_arrays import whole
from neurokit.interchange.nwb_content import Content, Series, Table
from neurokit.interchange.nwb_space import Space, labels_of, plain_coords, rows_of, unit_of
from neurokit.schema import CHANNEL_TYPES, Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurokit.interchange.nwb_build import Statements

_REGIONS = ("region", "location", "brain_area", "brain_region", "area", "structure")
_BADS = ("bad", "bad_electrode", "is_bad", "bad_channel", "bad_channels")
# What is written of electrodes and probes, and the BIDS type that it means.
_TYPE_WORDS = (
    ("SEEG", r"seeg|stereo|depth electrode"),
    ("ECOG", r"ecog|electrocorticogra|grid|strip|subdural"),
    ("DBS", r"\bdbs\b|deep brain stim"),
    ("EEG", r"\beeg\b|scalp|electroencephalogra"),
)
_MODALITY_OF = {"EEG": "eeg", "SEEG": "seeg", "ECOG": "ecog"}


def electrode_space(
    content: Content, series: Series, n: int, said: Statements, findings: list[Finding]
) -> Space:
    """Return what the columns of an ElectricalSeries are.

    Parameters
    ----------
    content : Content
        The file.
    series : Series
        The series.
    n : int
        How many columns it has.
    said : Statements
        Channel type and unit of positions, where the user says them.
    findings : list of Finding
        Grows.

    Returns
    -------
    Space
        With regions, groups, bad channels and positions of the electrodes table.

    Raises
    ------
    FileContentError
        If columns and table disagree.
    """
    table, rows = rows_of(content, series, n)
    unit = unit_of(series.unit) if series.unit else "V"
    where = f"{content.source}: {series.path}"
    if table is None:
        kinds = [said.channel_type or _guessed(content, [""], series, where, findings)] * n
        names = [str(i) for i in range(n)]
        return Space("channel", names, {"channel_type": kinds, "unit": [unit] * n}, unit)
    names, source = labels_of(table, rows)
    unread: list[str] = []
    used = {source, "group", "x", "y", "z"}
    coords: dict[str, Any] = plain_coords(table.columns, rows, used, unread)
    content.unread += [f"{table.path}/{name}" for name in unread]
    if source:
        coords["electrode_id"] = whole(table.ids)[rows]
    groups = [str(g) for g in coords.get("group_name", np.array([""] * n)).tolist()]
    stated = [str(kind) for kind in coords.pop("channel_type", [])]
    if said.channel_type:
        stated = [said.channel_type] * n
    elif not stated or not set(stated) <= set(CHANNEL_TYPES):
        stated = [_guessed(content, groups, series, where, findings)] * n
    coords |= {"channel_type": stated, "unit": [unit] * n}
    coords["bad"] = _bad(coords, n)
    region = next((coords[name] for name in _REGIONS if name in coords), None)
    if region is not None:
        coords["region"] = region
        coords.pop("location", None)
    human = "sapiens" in str(content.subject.get("species", ""))
    position, units = _electrode_positions(table, rows, said, where, findings, human)
    modality = _MODALITY_OF.get(stated[0], "ieeg") if stated else "ieeg"
    frame = str(coords["coordinate_frame"][0]) if "coordinate_frame" in coords else "unknown"
    coords.pop("coordinate_frame", None)
    return Space("channel", names, coords, unit, modality, position, units, frame)


def _bad(coords: dict[str, Any], n: int) -> NDArray[Any]:
    for name in _BADS:
        if name in coords and np.asarray(coords[name]).dtype.kind in "biu":
            values = np.asarray(coords.pop(name))
            return np.asarray(values != 0)
    return np.zeros(n, dtype=bool)


def _guessed(
    content: Content, groups: list[str], series: Series, where: str, findings: list[Finding]
) -> str:
    """Return the BIDS type that descriptions speak of; NWB itself has no such field."""
    texts = [content.probes.get(group, group) for group in dict.fromkeys(groups)]
    text = " ".join([*texts, series.name, str(series.facts.get("description", ""))]).lower()
    for kind, words in _TYPE_WORDS:
        if re.search(words, text):
            found = f"NWB states no channel type; descriptions speak of {kind}"
            break
    else:
        kind, found = "SEEG", "NWB states no channel type; electrodes in tissue are taken as SEEG"
    mend = "Say another one when opening the file, channel_type=..."
    findings.append(Finding("NK893", "SUGGESTION", where, found, mend))
    return kind


def _electrode_positions(
    table: Table,
    rows: NDArray[Any],
    said: Statements,
    where: str,
    findings: list[Finding],
    human: bool,
) -> tuple[NDArray[Any] | None, str]:
    """Return positions as stored and their unit: micrometres, as the schema says, unless told."""
    axes = [table.columns.get(axis) for axis in "xyz"]
    if not all(c is not None and c.is_plain and c.values.dtype.kind in "iuf" for c in axes):
        return None, "m"
    stacked = [c.plain()[rows].astype(np.float64) for c in axes if c is not None]
    position = np.stack(stacked, axis=1)
    if not np.isfinite(position).any() or (np.nan_to_num(position) == 0).all():
        return None, "m"
    span = np.nanmax(position, axis=0) - np.nanmin(position, axis=0)
    extent = float(np.nanmax(span))
    stated = str(table.facts.get("position_units", "")) or None
    unit = said.position_units or stated or "um"
    if said.position_units is None and stated is None and len(rows) > 1:
        true = _doubted(extent, human)
        if true:
            found = f"positions span {extent:g}, which as micrometres is implausible"
            mend = f"If they are {true}, open the file with position_units={true!r}."
            findings.append(Finding("NK894", "VIOLATION", where, found, mend))
    return position, unit


def _doubted(extent: float, human: bool) -> str:
    """Return the unit that positions probably have, if it is not micrometres."""
    if 0 < extent < 0.5:
        return "m"
    if extent > 0.5e6:
        return "nm"
    # Electrodes of one patient lie centimetres apart.
    return "mm" if human and 2 < extent < 500 else ""
