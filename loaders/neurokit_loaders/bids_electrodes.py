"""electrodes.tsv and coordsystem.json of BIDS: where contacts are, in which unit, in which frame.

Positions are in metres and in the frame that the dataset states, word for word: nothing is
rotated, and nothing that is not stated is called "head".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import LabelError, OptionError, suggest
from neurokit.schema import NEURAL_TYPES, Finding
from neurokit_loaders.bids_channels import TAKEN, Groups, few, further_columns
from neurokit_loaders.bids_findings import ELECTRODES_DIFFER, PLACES
from neurokit_loaders.bids_layout import BidsFile
from neurokit_loaders.bids_tables import Table, missing, numbers, read_json, read_tsv

_CONSUMED = ("name", "x", "y", "z")
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
_PREFIX = {"eeg": "EEG", "ieeg": "iEEG", "meg": "EEG", "nirs": "NIRS"}
# Directions of x, y, z where the standard fixes them; a frame is not turned into another.
_ORIENTATION = {
    **dict.fromkeys(("CTF", "4DBti", "KitYokogawa", "EEGLAB", "EEGLAB-HJ"), "ALS"),
    **dict.fromkeys(("CapTrak", "ACPC", "ElektaNeuromag", "ChietiItab", "Talairach"), "RAS"),
}
_REGIONS = ("region", "brain_region", "anatomical_region", "anatomy", "anatomical_label")
# Larger than a head in metres, smaller than one in millimetres.
_LARGEST_M, _LARGEST_CM = 0.5, 30.0


@dataclass(frozen=True)
class Places:
    """A table of electrodes and the frame it is in.

    Parameters
    ----------
    table : Table
        electrodes.tsv.
    coordsystem : dict
        coordsystem.json, empty where there is none.
    space : str
        Its entity ``space``, ``""`` for none.
    """

    table: Table
    coordsystem: dict[str, Any]
    space: str

    def said(self, what: str, datatype: str) -> str:
        """Return ``EEGCoordinateSystem`` and the like, ``""`` where nothing is said."""
        order = dict.fromkeys([_PREFIX.get(datatype, "EEG"), "iEEG", "EEG", "MEG", "NIRS"])
        keys = [f"{prefix}Coordinate{what}" for prefix in order]
        found = next((self.coordsystem[key] for key in keys if key in self.coordsystem), "")
        return "" if missing(str(found)) else str(found)


def find_places(file: BidsFile, space: str | None) -> tuple[Places | None, list[Finding]]:
    """Read the electrodes of a recording in one coordinate space.

    Parameters
    ----------
    file : BidsFile
        The recording.
    space : str, optional
        Its entity; default the table without one, else the first by name.

    Returns
    -------
    places : Places or None
        None where there is no table.
    findings : list of Finding
        Which other spaces there are.

    Raises
    ------
    LabelError
        If there is no table in `space`.
    """
    tables = file.spaces("electrodes", ".tsv")
    if space is not None and space not in tables:
        raise LabelError(
            f"no electrodes.tsv is in space {space!r}{suggest(space, tables)}",
            where=str(file.path),
            mend=f"There are: {', '.join(map(repr, tables)) or 'none'}.",
        )
    if not tables:
        return None, []
    chosen = space if space is not None else "" if "" in tables else min(tables)
    systems = file.spaces("coordsystem", ".json")
    described = systems.get(chosen)
    findings = []
    if len(tables) > 1 and space is None:
        others = ", ".join(repr(name) for name in sorted(tables) if name != chosen)
        found = f"positions are those of {tables[chosen].name}; there are also spaces {others}"
        findings.append(PLACES.at(tables[chosen].name, found, "Choose with space=."))
    table = read_tsv(tables[chosen])
    return Places(table, _coordsystem(described), chosen), [*findings, *table.findings]


def _coordsystem(path: Path | None) -> dict[str, Any]:
    return {} if path is None else read_json(path)


def join_electrodes(
    groups: Groups,
    places: Places,
    *,
    datatype: str,
    region: str | None,
    position_unit: str | None,
) -> tuple[Groups, list[Finding]]:
    """Join electrodes.tsv to the groups of a recording, by name.

    Parameters
    ----------
    groups : dict of str to Dataset
        Groups with channels, by path.
    places : Places
        The table and its frame.
    datatype : str
        ``eeg``, ``ieeg``...
    region : str, optional
        The column that becomes the coordinate ``region``; default one that is called so, else
        the only one that ends in ``_label_text``.
    position_unit : {"m", "cm", "mm"}, optional
        What unit coordinates really have; default what coordsystem.json says.

    Returns
    -------
    groups : dict of str to Dataset
        With ``position`` and further columns.
    findings : list of Finding
        Whatever did not fit.

    Raises
    ------
    LabelError
        If the table has no column `region`.
    """
    table = places.table
    if not {"name", "x", "y", "z"} <= set(table.columns):
        lacking = ", ".join(sorted({"name", "x", "y", "z"} - set(table.columns)))
        mend = "Nothing of it is joined; correct its header."
        return groups, [ELECTRODES_DIFFER.at(table.path.name, f"has no column {lacking}", mend)]
    position, attrs, findings = _positions(places, datatype, position_unit)
    atlas, noticed = _region_column(table, region)
    findings += [*noticed, *_unmatched(groups, table)]
    joined = {}
    for path, group in groups.items():
        if set(group["channel"].values.tolist()) & set(table.columns["name"]):
            group = _placed(group, table.columns["name"], position, attrs)
            group = _with_columns(group, table, atlas)
        joined[path] = group
    return joined, findings


def _positions(
    places: Places, datatype: str, position_unit: str | None
) -> tuple[npt.NDArray[np.float64], dict[str, str], list[Finding]]:
    table = places.table
    values = np.empty((len(table), 3))
    findings: list[Finding] = []
    for i, axis in enumerate("xyz"):
        values[:, i], noticed = numbers(table.columns[axis], f"{table.path.name} {axis}")
        findings += noticed
    # Half a position is none.
    values[~np.isfinite(values).all(axis=1)] = np.nan
    frame = places.said("System", datatype)
    unit, noticed = _unit(places, values, datatype, position_unit)
    attrs = {"units": "m" if unit in _METRES else unit, "coordinate_frame": frame or "unknown"}
    extra = {
        "coordinate_space": places.space,
        "coordinate_frame_description": places.said("SystemDescription", datatype),
        "orientation": _ORIENTATION.get(frame, "RAS" if frame.startswith("MNI") else ""),
    }
    attrs |= {key: value for key, value in extra.items() if value}
    if not frame:
        found = "no coordsystem.json names the frame of the positions"
        mend = "Positions of unknown frame must not be mixed with others; find out the frame."
        noticed.append(PLACES.at(table.path.name, found, mend))
    return values * _METRES.get(unit, 1.0), attrs, [*findings, *noticed]


def _unit(
    places: Places, values: npt.NDArray[np.float64], datatype: str, position_unit: str | None
) -> tuple[str, list[Finding]]:
    where = places.table.path.name
    if position_unit is not None:
        if position_unit not in _METRES:
            raise OptionError(
                f"found {position_unit!r}", where="position_unit", mend="Use 'm', 'cm' or 'mm'."
            )
        return position_unit, []
    stated = places.said("Units", datatype)
    unit = "pixel" if stated.lower().startswith("pixel") else stated
    known = values[np.isfinite(values).all(axis=1)]
    largest = float(np.abs(known).max()) if known.size else 0.0
    if unit in _METRES or unit == "pixel":
        return unit, []
    guess = "m" if largest <= _LARGEST_M else "cm" if largest <= _LARGEST_CM else "mm"
    said = f"the unit {stated!r} is not one of m, cm, mm" if stated else "no unit is stated"
    found = f"{said}; coordinates up to {largest:.3g} are taken for {guess}"
    return guess, [PLACES.at(where, found, "Say it: position_unit='mm'.")]


def _region_column(table: Table, region: str | None) -> tuple[str | None, list[Finding]]:
    if region is not None:
        if region not in table.columns:
            raise LabelError(
                f"there is no column {region!r}{suggest(region, table.columns)}",
                where=str(table.path),
                mend=f"There are: {', '.join(table.columns)}.",
            )
        return region, []
    plain = [name for name in _REGIONS if name in table.columns]
    if plain:
        return plain[0], []
    atlases = [name for name in table.columns if name.endswith("_label_text")]
    if len(atlases) < 2:
        return (atlases[0] if atlases else None), []
    found = f"several columns name regions: {', '.join(atlases)}"
    return None, [PLACES.at(table.path.name, found, f"Choose one: region={atlases[0]!r}.")]


def _unmatched(groups: Groups, table: Table) -> list[Finding]:
    listed = table.columns["name"]
    present, sensors = [], []
    for group in groups.values():
        names = group["channel"].values.astype(str).tolist()
        present += names
        kinds = group["channel_type"].values.tolist()
        sensors += [
            n for n, k in zip(names, kinds, strict=True) if k in NEURAL_TYPES and k[:3] != "MEG"
        ]
    extra = [name for name in dict.fromkeys(listed) if name not in set(present)]
    nowhere = [name for name in sensors if name not in set(listed)]
    doubled = sorted({name for name in listed if listed.count(name) > 1})
    said = []
    if extra:
        hint = suggest(extra[0], nowhere)
        said.append(f"{len(extra)} electrodes have no channel ({few(extra)}{hint})")
    if nowhere:
        said.append(f"{len(nowhere)} channels have no electrode ({few(nowhere)})")
    if doubled:
        said.append(f"electrodes stand twice, the first counts ({few(doubled)})")
    if not said:
        return []
    mend = "All rows are kept in attrs['bids_electrodes']; correct the names to join them."
    return [ELECTRODES_DIFFER.at(table.path.name, "; ".join(said), mend)]


def _placed(
    group: xr.Dataset,
    listed: list[str],
    position: npt.NDArray[np.float64],
    attrs: Mapping[str, str],
) -> xr.Dataset:
    """Write positions over those of the data file; where frames then differ, say so per channel."""
    names = group["channel"].values.astype(str).tolist()
    place = {name: i for i, name in reversed(list(enumerate(listed)))}
    values = np.full((len(names), 3), np.nan)
    frames = np.full(len(names), "", dtype=object)
    if "position" in group:
        values = np.array(group["position"].values, dtype=np.float64)
        old = str(group["position"].attrs.get("coordinate_frame", "unknown"))
        kept = group.coords.get("coordinate_frame")
        frames[:] = [old] * len(names) if kept is None else kept.values.astype(str).tolist()
    for i, name in enumerate(names):
        if name in place:
            values[i], frames[i] = position[place[name]], attrs["coordinate_frame"]
    frames[~np.isfinite(values).all(axis=1)] = ""
    several = set(frames.tolist()) - {""}
    group = group.drop_vars("coordinate_frame", errors="ignore")
    if len(several) > 1:
        per_channel = np.array(frames.tolist(), dtype=np.str_)
        group = group.assign_coords(coordinate_frame=("channel", per_channel))
        attrs = {"units": attrs["units"], "coordinate_frame": "per channel"}
    group["position"] = (("channel", "space"), values, dict(attrs))
    return group.assign_coords(space=np.array(["x", "y", "z"]))


def _with_columns(group: xr.Dataset, table: Table, atlas: str | None) -> xr.Dataset:
    names = group["channel"].values.astype(str).tolist()
    taken = {*TAKEN, *map(str, group.variables)}
    columns = further_columns(table, names, "name", _CONSUMED, taken, "electrodes")
    coords: dict[str, Any] = {name: ("channel", values) for name, values in columns.items()}
    if atlas is not None:
        values = further_columns(
            table, names, "name", [n for n in table.columns if n != atlas], set(), ""
        ).get(atlas, np.full(len(names), ""))
        coords["region"] = ("channel", values.astype(np.str_), {"atlas": atlas})
        coords.pop(f"electrodes_{atlas}", None)
    return group.assign_coords(coords)


def coordsystem_json(places: Places) -> str:
    """Return coordsystem.json as it stands, landmarks included."""
    return json.dumps(places.coordsystem, ensure_ascii=False)
