"""mne.Info for a recording: made from the tree, completed by what was carried from MNE.

What the tree says wins: names, types, rate, bads, filters, date, positions. The rest comes from
the attribute ``mne_info``, for the channels that are still there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.interchange.mne_channels import bids_type, frame_number, mne_type
from neurokit.interchange.mne_info import assemble, info_from_json, unit_number
from neurokit.schema import sampling_rate

TRIGGER = "/auxiliary/trigger"


@dataclass(frozen=True)
class Row:
    """One channel of a tree.

    Parameters
    ----------
    name, kind, unit : str
        Label, BIDS type and UDUNITS string.
    bad : bool
        Marked bad.
    position : (3,) ndarray or None
        Metres, None where unknown.
    frame : str
        Coordinate frame of the position.
    """

    name: str
    kind: str
    unit: str
    bad: bool
    position: NDArray[np.float64] | None
    frame: str


def group_at(rec: xr.DataTree, path: str) -> xr.Dataset | None:
    """Return a group of a recording, None where there is none."""
    if path not in rec.groups:
        return None
    node = rec[path]
    assert isinstance(node, xr.DataTree)
    return node.to_dataset(inherit=False)


def tables_of(rec: xr.DataTree, group: xr.Dataset) -> list[xr.Dataset]:
    """Return the groups that make up one object: the signal and, on the same clock, triggers.

    Parameters
    ----------
    rec : DataTree
        The recording.
    group : Dataset
        Its first group, mostly ``/activity``.

    Returns
    -------
    list of Dataset
        One or two.
    """
    triggers = group_at(rec, TRIGGER) if "/activity" in rec.groups else None
    if triggers is None or triggers["signal"].dims != group["signal"].dims:
        return [group]
    same_clock = np.array_equal(triggers["time"].values, group["time"].values)
    return [group, triggers] if same_clock else [group]


def rows_of(tables: Sequence[xr.Dataset], known: Sequence[str]) -> list[Row]:
    """Return the channels of some groups in the order that MNE had them, new ones last.

    Parameters
    ----------
    tables : sequence of Dataset
        Groups of one clock.
    known : sequence of str
        Names in MNE's order.

    Returns
    -------
    list of Row
        One per channel.
    """
    found = {row.name: row for table in tables for row in _rows(table)}
    names = [name for name in known if name in found]
    return [found[name] for name in (*names, *(n for n in found if n not in set(names)))]


def _rows(table: xr.Dataset) -> list[Row]:
    n = table.sizes["channel"]
    bad = table["bad"].values if "bad" in table.coords else np.zeros(n, dtype=bool)
    where = table["position"].values if "position" in table else np.full((n, 3), np.nan)
    frame = table["position"].attrs.get("coordinate_frame", "") if "position" in table else ""
    frames = table["coordinate_frame"].values if "coordinate_frame" in table.coords else [frame] * n
    return [
        Row(
            name=str(table["channel"].values[i]),
            kind=str(table["channel_type"].values[i]),
            unit=str(table["unit"].values[i]),
            bad=bool(bad[i]),
            position=where[i].astype(np.float64) if np.isfinite(where[i]).all() else None,
            frame=str(frames[i]),
        )
        for i in range(n)
    ]


def info_of(rec: xr.DataTree, tables: Sequence[xr.Dataset]) -> Any:
    """Return the mne.Info of a recording.

    Parameters
    ----------
    rec : DataTree
        The recording.
    tables : sequence of Dataset
        The groups whose channels it is about; the first carries the attributes.

    Returns
    -------
    mne.Info
        Channels in MNE's order.

    Raises
    ------
    TimeError
        If time is irregular.
    """
    import mne

    carried = info_from_json(str(tables[0].attrs.get("mne_info", "")))
    known = {str(ch["ch_name"]): ch for ch in carried.get("chs", [])}
    rows = rows_of(tables, carried.get("ch_names") or list(known))
    base = mne.create_info(
        [row.name for row in rows],
        sampling_rate(tables[0]["signal"]),
        [mne_type(row.kind, row.unit) for row in rows],
        verbose=False,
    )
    chs = [
        _channel(made, known.get(row.name), row)
        for made, row in zip(base.to_json_dict()["chs"], rows, strict=True)
    ]
    info = assemble(base, {**carried, "chs": chs})
    _fill(info, rec, tables[0].attrs)
    info["bads"] = [row.name for row in rows if row.bad]
    return info


def _channel(made: dict[str, Any], known: Mapping[str, Any] | None, row: Row) -> dict[str, Any]:
    """Return what MNE says of one channel: what was carried, if it is still of that type."""
    ch = dict(made)
    if known is not None and _carried_type(known) == row.kind:
        ch |= known
    elif unit_number(row.unit, row.kind) != -1:
        ch["unit"] = unit_number(row.unit, row.kind)
    if row.position is not None:
        ch["loc"] = [*row.position.tolist(), *list(ch["loc"])[3:]]
        ch["coord_frame"] = frame_number(row.frame)
    return ch


def _carried_type(known: Mapping[str, Any]) -> str:
    import mne

    number = {key: known[key] for key in ("kind", "coil_type", "unit")}
    number = {k: int(v["value"] if isinstance(v, Mapping) else v) for k, v in number.items()}
    probe = mne.create_info(1, 1.0, "misc", verbose=False)
    probe["chs"][0].update(number)
    kind, coil, unit = number["kind"], number["coil_type"], number["unit"]
    return bids_type(probe.get_channel_types()[0], kind=kind, coil=coil, unit=unit)


def _fill(info: Any, rec: xr.DataTree, attrs: Mapping[Any, Any]) -> None:
    """Write what the tree itself says: filters, date, subject."""
    start = str(rec.attrs.get("start_time", ""))
    subject = str(rec.attrs.get("subject", ""))
    # MNE locks these three against changes by hand, since they describe the data.
    with info._unlock():
        for key in ("highpass", "lowpass"):
            if key in attrs:
                info[key] = float(attrs[key])
        info["meas_date"] = datetime.fromisoformat(start).astimezone(UTC) if start else None
    if "line_frequency" in attrs:
        info["line_freq"] = float(attrs["line_frequency"])
    known = dict(info.get("subject_info") or {})
    if subject and subject not in (str(known.get("his_id")), str(known.get("id"))):
        info["subject_info"] = {**known, "his_id": subject}


def values_of(tables: Sequence[xr.Dataset], names: Sequence[str]) -> NDArray[np.float64]:
    """Return the values of some groups as MNE orders them.

    Parameters
    ----------
    tables : sequence of Dataset
        Groups of one clock.
    names : sequence of str
        Channels, in the order wanted.

    Returns
    -------
    (..., channel, time) ndarray
        Read now, in float64.
    """
    parts = [np.asarray(t["signal"].values, dtype=np.float64) for t in tables]
    order = {str(n): i for i, n in enumerate(n for t in tables for n in t["channel"].values)}
    together = np.concatenate(parts, axis=-1)[..., [order[name] for name in names]]
    return np.ascontiguousarray(np.swapaxes(together, -1, -2))
