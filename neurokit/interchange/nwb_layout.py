"""Where each variable of a recording stands in an NWB file of `to_nwb`, and how it comes back.

The layout is one JSON text in the file's scratch space. It says, for each variable: its dims,
dtype and attributes, and whether its values are the data of series, the clock of a series, a
column of a table, an array in scratch, or so short that they stand in the layout itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError
from neurokit.interchange.nwb_arrays import Raw, is_text, take, whole
from neurokit.interchange.nwb_computed import Gathered, SpikeTimes
from neurokit.interchange.nwb_content import Content
from neurokit.io import FileArray, lazy_variable
from neurokit.schema import Finding, findings_from_json, findings_to_json, regular_time

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

LAYOUT = "neurokit_layout"
VERSION = 1


def layout_of(content: Content) -> dict[str, Any] | None:
    """Return the layout that a file carries, None for files of others.

    Parameters
    ----------
    content : Content
        The file.

    Returns
    -------
    dict or None
        ``{"version", "name", "attrs", "groups"}``.
    """
    stored = content.scratch.get(LAYOUT)
    if stored is None:
        return None
    try:
        found = json.loads(str(take(stored, (slice(None),) * len(stored.shape)).reshape(-1)[0]))
    except (ValueError, IndexError):
        return None
    known = isinstance(found, dict) and found.get("version") == VERSION
    return found if known else None


def restore(content: Content, layout: Mapping[str, Any]) -> xr.DataTree:
    """Return the recording that `to_nwb` wrote.

    Parameters
    ----------
    content : Content
        The file.
    layout : mapping
        Of `layout_of`.

    Returns
    -------
    DataTree
        Identical to what was written, lazy where it lies in a file.

    Raises
    ------
    FileContentError
        If the file has changed since, so that the layout does not fit.
    """
    import xarray as xr

    try:
        groups = {path: _group(content, said) for path, said in layout["groups"].items()}
        attrs = dict(layout["attrs"])
        root = xr.Dataset(attrs=attrs)
        tree = xr.DataTree.from_dict({"/": root, **groups}, name=layout["name"])
    except (KeyError, ValueError, TypeError, IndexError) as error:
        if isinstance(error, FileContentError):
            raise
        raise FileContentError(
            f"neurokit's layout does not fit the file any more ({type(error).__name__}: {error})",
            where=content.source,
            mend="It was changed since it was written.",
        ) from error
    # What the layout does not say was added by others; tables stand for their neurons.
    strange = _strange(content, layout)
    if strange:
        found = f"added since neurokit wrote the file, and not read: {', '.join(strange[:12])}"
        mend = "Open the file with series=... to read it as any NWB file."
        noticed = findings_from_json(str(tree.attrs.get("findings", "[]")))
        noticed.append(Finding("NK830", "SUGGESTION", "/", found, mend))
        tree.attrs["findings"] = findings_to_json(noticed)
    return tree


def _strange(content: Content, layout: Mapping[str, Any]) -> list[str]:
    """Return what stands in the file and not in its layout."""
    places = [v["at"] for group in layout["groups"].values() for v in group["variables"].values()]
    series = {path for at in places for path in at.get("series", ())}
    scratch = {LAYOUT, *(at["scratch"] for at in places if "scratch" in at)}
    return [
        *(path for path in content.series if path not in series),
        *(path for path in content.tables if path not in layout["tables"]),
        *(f"scratch/{name}" for name in content.scratch if name not in scratch),
    ]


def _group(content: Content, said: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    offset = float(said["attrs"].get("time_offset", 0.0))
    found, coords = {}, []
    for name, variable in said["variables"].items():
        values = _values(content, variable, offset)
        dims, attrs = tuple(variable["dims"]), dict(variable["attrs"])
        if isinstance(values, FileArray):
            found[name] = lazy_variable(dims, values, attrs)
        else:
            found[name] = xr.Variable(dims, values, attrs)
        if variable["coord"]:
            coords.append(name)
    group = xr.Dataset(
        {name: v for name, v in found.items() if name not in coords}, attrs=dict(said["attrs"])
    )
    return group.assign_coords({name: found[name] for name in coords})


def _values(content: Content, said: Mapping[str, Any], offset: float) -> Raw:
    at, dtype = said["at"], np.dtype(said["dtype"])
    if "values" in at:
        return np.array(at["values"], dtype=dtype).reshape(at["shape"])
    if "series" in at:
        return _signal(content, at, dtype)
    if "clock" in at:
        return _clock(content, at, offset)
    if "spikes" in at:
        column = content.tables[at["spikes"]].columns["spike_times"]
        if column.ends is None:
            raise FileContentError("spike_times has no index", where=content.source, mend="")
        return SpikeTimes(column.values, column.ends, offset, False, at["spikes"])
    if "index" in at:
        ends = content.tables[at["index"]].columns[at["column"]].ends
        return np.asarray(ends, dtype=dtype)
    if "table" in at:
        values = whole(content.tables[at["table"]].columns[at["column"]].values)
        rows = at.get("rows")
        return _typed(values if rows is None else values[slice(*rows)], dtype)
    raw = content.scratch[at["scratch"]]
    if is_text(raw.dtype) or raw.dtype != dtype or raw.shape == ():
        return _typed(whole(raw), dtype).reshape(at["shape"])
    return raw


def _typed(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind == "U":
        return np.array([str(v) for v in values.reshape(-1).tolist()], dtype=dtype).reshape(
            values.shape
        )
    return values.astype(dtype)


def _signal(content: Content, at: Mapping[str, Any], dtype: np.dtype[Any]) -> Raw:
    raws = [content.series[path].data for path in at["series"]]
    columns: Sequence[Sequence[int]] = at["columns"]
    if len(raws) == 1 and len(at["shape"]) == len(raws[0].shape):
        if tuple(raws[0].shape) != tuple(at["shape"]):
            raise ValueError(f"{at['series'][0]} has another shape")
        if raws[0].dtype == dtype:
            return raws[0]
    gathered = Gathered(raws, columns, dtype)
    if gathered.shape != tuple(at["shape"]):
        raise ValueError(f"{', '.join(at['series'])} have another shape")
    return gathered if isinstance(raws[0], FileArray) else take(gathered, (slice(None),) * 2)


def _clock(content: Content, at: Mapping[str, Any], offset: float) -> NDArray[Any]:
    series, n = content.series[at["clock"]], int(at["n"])
    if series.timestamps is not None:
        seconds = whole(series.timestamps).astype(np.float64)
        return seconds - offset if offset else seconds
    if series.rate is None or series.start is None:
        raise KeyError(f"clock of {series.path}")
    return regular_time(n, series.rate, series.start - offset)
