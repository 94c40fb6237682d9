"""What the columns of an NWB series are: regions of interest or electrodes, names and places."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError
from neurokit.interchange.nwb_arrays import whole
from neurokit.interchange.nwb_computed import Centroids
from neurokit.interchange.nwb_content import Column, Content, Fact, Series, Table
from neurokit.schema import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray


# What files call units, as UDUNITS writes them.
_UNITS = {
    "volts": "V", "volt": "V", "v": "V", "millivolts": "mV", "microvolts": "uV",
    "amperes": "A", "ampere": "A", "amps": "A", "a": "A", "ohms": "ohm", "siemens": "S",
    "seconds": "s", "second": "s", "sec": "s", "meters": "m", "metres": "m", "meter": "m",
    "micrometers": "um", "microns": "um", "micron": "um", "millimeters": "mm",
    "centimeters": "cm", "pixels": "pixel", "degrees": "degree", "radians": "rad",
    "hertz": "Hz", "teslas": "T", "watts": "W",
    "": "1", "a.u.": "1", "au": "1", "a.u": "1", "n.a.": "1", "n/a": "1", "na": "1", "none": "1",
    "unknown": "1", "no unit": "1", "arbitrary": "1", "unitless": "1", "ratio": "1",
    "dimensionless": "1", "df/f": "1", "percent": "percent", "%": "percent",
}  # fmt: skip
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "nm": 1e-9}
_LABELS = (
    *("label", "labels", "name", "neuron_name", "roi_name", "cell_name", "unit_name"),
    *("channel_name", "electrode_name", "ID_labels", "neuron", "contact"),
)
# Names that mean something else in a group.
_TAKEN = frozenset(
    (
        *("signal", "observed", "position", "time", "run", "trial", "space", "neuron", "channel"),
        *("spike", "spike_time", "spike_end", "held_out", "obs_start", "obs_stop", "obs_end"),
    )
)
_WIDEST = 16


@dataclass(frozen=True)
class Space:
    """The last dim of a signal.

    Parameters
    ----------
    dim : str
        neuron or channel.
    names : list of str
        One per column.
    coords : dict
        Further coordinates per column.
    units : str
        Of the values, UDUNITS.
    modality : str
        What such a recording is.
    position : array, optional
        (column, 3), in memory or lazy.
    position_units, frame : str
        Of the position.
    facts : dict
        Attributes of the group.
    """

    dim: str
    names: list[str]
    coords: dict[str, Any]
    units: str
    modality: str = ""
    position: Any = None
    position_units: str = "m"
    frame: str = "unknown"
    facts: dict[str, Fact] = field(default_factory=dict)


def unit_of(stored: str) -> str:
    """Return a unit as UDUNITS writes it, as it is where it is none that is known."""
    return _UNITS.get(stored.strip().lower(), stored.strip())


def plain_coords(
    columns: Mapping[str, Column],
    rows: NDArray[Any] | None,
    leave: Iterable[str],
    unread: list[str],
) -> dict[str, NDArray[Any]]:
    """Return the columns of a table that are one value per row, or few, as coordinates.

    Parameters
    ----------
    columns : mapping of str to Column
        The columns.
    rows : ndarray of int, optional
        Which rows, in which order; default all.
    leave : iterable of str
        Columns that are used elsewhere.
    unread : list of str
        Grows by the columns that are neither.

    Returns
    -------
    dict of str to ndarray
        A column of two dims gives one coordinate per entry, ``name_0``...; lists of values
        become JSON. A name that means something else in a group gets ``_`` behind it.
    """
    left, found = set(leave), {}
    for name, column in columns.items():
        if name in left:
            continue
        key = f"{name}_" if name in _TAKEN else name
        shape, structured = column.values.shape, column.values.dtype.kind == "V"
        if column.is_plain and not structured:
            found[key] = _chosen(column.plain(), rows)
        elif column.ends is not None and len(shape) == 1 and not structured:
            found[key] = _chosen(_lists(column), rows)
        elif column.ends is None and len(shape) == 2 and shape[1] <= _WIDEST:
            values = whole(column.values)
            found |= {f"{key}_{i}": _chosen(values[:, i], rows) for i in range(shape[1])}
        else:
            unread.append(name)
    return found


def _chosen(values: NDArray[Any], rows: NDArray[Any] | None) -> NDArray[Any]:
    return values if rows is None else values[rows]


def _lists(column: Column) -> NDArray[Any]:
    """Return what a ragged column holds per row, as JSON."""
    assert column.ends is not None
    values = Column(column.values).plain().tolist()
    parts = [values[a:b] for a, b in pairwise([0, *column.ends.tolist()])]
    return np.array([json.dumps(part) for part in parts], dtype=np.str_)


def labels_of(table: Table, rows: NDArray[Any]) -> tuple[list[str], str]:
    """Return labels of rows and the column they come from: a unique one of text, else the ids."""
    for name in _LABELS:
        column = table.columns.get(name)
        if column is None or not column.is_plain:
            continue
        values = column.plain()
        if values.dtype.kind == "U":
            chosen = values[rows]
            if np.unique(chosen).size == chosen.size and (chosen != "").all():
                return chosen.tolist(), name
    return [str(i) for i in whole(table.ids)[rows].tolist()], ""


def rows_of(content: Content, series: Series, n: int) -> tuple[Table | None, NDArray[Any]]:
    """Return the table that the columns of a series are rows of, and which rows, checked."""
    table, rows = content.tables.get(series.table), series.rows
    if table is None or rows is None:
        return None, np.arange(n)
    where = f"{content.source}: {series.path}"
    if len(rows) != n:
        raise FileContentError(
            f"{n} columns of data for {len(rows)} rows of {table.path}",
            where=where,
            mend="Find out which of the two is cut; neither is dropped silently.",
        )
    rows = np.asarray(rows, dtype=np.int64)
    if rows.size and (rows.min() < 0 or rows.max() >= table.n_rows):
        raise FileContentError(
            f"refers to row {int(rows.min() if rows.min() < 0 else rows.max())} of {table.path}, "
            f"which has {table.n_rows}",
            where=where,
            mend="Write the file again with pynwb.",
        )
    return table, rows


def neuron_space(content: Content, series: Series, n: int, findings: list[Finding]) -> Space:
    """Return what the columns of a RoiResponseSeries are.

    Parameters
    ----------
    content : Content
        The file.
    series : Series
        The series.
    n : int
        How many columns it has.
    findings : list of Finding
        Grows.

    Returns
    -------
    Space
        With the centre of mass of each mask as its position, computed when it is asked for.

    Raises
    ------
    FileContentError
        If columns and table disagree.
    """
    table, rows = rows_of(content, series, n)
    unit = unit_of(series.unit)
    if table is None:
        return Space("neuron", [str(i) for i in range(n)], {}, unit, "calcium")
    names, source = labels_of(table, rows)
    masks = [name for name in _MASKS if _is_mask(table.columns.get(name))]
    unread: list[str] = []
    coords: dict[str, Any] = plain_coords(table.columns, rows, {*_MASKS, source}, unread)
    if source:
        coords["roi_id"] = whole(table.ids)[rows]
    region = str(table.facts.get("location", ""))
    if "region" not in coords and region not in ("", "unknown"):
        coords["region"] = [region] * n
    content.unread += [f"{table.path}/{name}" for name in [*unread, *masks]]
    facts = {k: table.facts[k] for k in _PLANE if k in table.facts}
    findings += _rate_findings(content, series, table)
    if not masks:
        return Space("neuron", names, coords, unit, "calcium", facts=facts)
    scale, origin, units = _pixels(table)
    column = table.columns[masks[0]]
    position = Centroids(column.values, column.ends, rows, scale, origin)
    frame = str(table.facts.get("reference_frame") or table.facts.get("imaging_plane", "unknown"))
    return Space("neuron", names, coords, unit, "calcium", position, units, frame, facts)


_MASKS = ("image_mask", "pixel_mask", "voxel_mask")
_PLANE = (
    *("imaging_plane", "imaging_plane_description", "indicator", "excitation_lambda"),
    "imaging_rate",
)


def _is_mask(column: Column | None) -> bool:
    """Whether a column says where regions are; one pixel for all is what stands for unknown."""
    shape = () if column is None else column.values.shape
    return bool(shape) and shape[0] > 0 and tuple(shape[1:]) != (1, 1)


def _pixels(table: Table) -> tuple[list[float], list[float], str]:
    """Return what a pixel measures, where pixel 0 lies, and the unit of both."""
    try:
        spacing = [float(v) for v in json.loads(str(table.facts["grid_spacing"]))]
        factor = _METRES[unit_of(str(table.facts.get("grid_spacing_unit", "meters")))]
    except (KeyError, ValueError, TypeError):
        return [1.0] * 3, [0.0] * 3, "pixel"
    if not 2 <= len(spacing) <= 3 or not np.isfinite(spacing).all():
        return [1.0] * 3, [0.0] * 3, "pixel"
    scale = [value * factor for value in [*spacing, spacing[-1]][:3]]
    origin = [0.0] * 3
    if "origin_coords" in table.facts:
        try:
            stored = json.loads(str(table.facts["origin_coords"]))
            given = np.atleast_1d(stored).astype(np.float64)
        except (ValueError, TypeError):
            return scale, origin, "m"
        unit = unit_of(str(table.facts.get("origin_coords_unit", "meters")))
        if np.isfinite(given).all() and given.size <= 3:
            origin[: given.size] = (given * _METRES.get(unit, 1.0)).tolist()
    return scale, origin, "m"


def _rate_findings(content: Content, series: Series, table: Table) -> list[Finding]:
    """Compare the rate of a series with that of its imaging plane."""
    plane = table.facts.get("imaging_rate")
    if not isinstance(plane, int | float) or not series.rate or not plane > 0:
        return []
    if abs(series.rate / plane - 1) < 1e-2:
        return []
    found = f"the series says {series.rate:g} Hz, its imaging plane {plane:g} Hz"
    mend = "Ask which is true; with rate=... the series gets another one."
    return [Finding("NK896", "SUGGESTION", f"{content.source}: {series.path}", found, mend)]
