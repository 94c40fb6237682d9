"""Recordings as tables of pandas and back: one frame per set of dims, nothing lost."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.errors import SchemaError, TimeError
from neurokit.schema import activity, nominal_rate, recording

_SAID = "neurokit"


def to_pandas(rec: xr.DataTree) -> dict[str, pd.DataFrame]:
    """Return a recording as tables; undoes `from_pandas`.

    Variables that share one dim make one table, with a row per label of that dim:
    ``"activity/neuron"``, ``"activity/time"``, ``"events/event"``. A variable of two dims makes a
    table of its own, ``"activity/signal"`` with a row per time and a column per neuron; of three,
    the rows are pairs (trial, time). ``"/"`` holds the attributes of the whole.

    Parameters
    ----------
    rec : xarray.DataTree
        A recording; lazy values are read.

    Returns
    -------
    dict of str to pandas.DataFrame
        What pandas has no place for (dims, dtypes, attributes) stands in ``frame.attrs``, which
        `from_pandas` reads; files such as CSV do not keep it.

    Raises
    ------
    SchemaError
        If it is no recording.

    Examples
    --------
    >>> import neurokit as nk
    >>> frames = to_pandas(nk.simulate.recording("calcium", random_state=0))
    >>> frames["activity/signal"].shape
    (1200, 60)
    """
    if not isinstance(rec, xr.DataTree):
        raise SchemaError(
            f"got a {type(rec).__name__}", where="to_pandas", mend="Give a recording."
        )
    if rec.to_dataset(inherit=False).variables:
        raise SchemaError(
            "variables stand beside the groups, at the root",
            where="to_pandas",
            mend="Put them into a group, as nk.schema.recording does.",
        )
    frames = {"/": pd.DataFrame({"value": pd.Series(dict(rec.attrs), dtype=object)})}
    frames["/"].attrs[_SAID] = {"name": rec.name}
    for node in rec.subtree:
        if node.path != "/":
            found = _group_frames(node.path.strip("/"), node.to_dataset(inherit=False))
            _check_apart(found, frames)
            frames |= found
    return frames


def _check_apart(found: Mapping[str, Any], frames: Mapping[str, Any]) -> None:
    """Refuse a group that is called as a dim beside it: one table cannot stand for both."""
    for key in found:
        if key in frames:
            raise SchemaError(
                f"{key!r} is both a group and a dim or variable",
                where="to_pandas",
                mend="Rename one of them.",
            )


def _group_frames(path: str, group: xr.Dataset) -> dict[str, pd.DataFrame]:
    tables: dict[str, list[str]] = {}
    for name, variable in group.variables.items():
        key = str(variable.dims[0]) if variable.ndim == 1 else str(name)
        tables.setdefault(key if variable.ndim else "", []).append(str(name))
    tables.setdefault("", [])
    frames = {}
    for key, names in tables.items():
        variables = {name: group.variables[name] for name in names}
        if len(variables) > 1 and any(v.ndim > 1 for v in variables.values()):
            raise SchemaError(
                f"{key!r} is both a dim and a variable of several dims",
                where=f"/{path}",
                mend="Rename one of them.",
            )
        if len(variables) == 1 and next(iter(variables.values())).ndim > 1:
            frame = _matrix(next(iter(variables.values())), group)
        else:
            columns = {name: np.atleast_1d(v.values) for name, v in variables.items()}
            frame = pd.DataFrame(columns)
        frame.attrs[_SAID] = {
            "group": path,
            "attrs": dict(group.attrs) if not key else {},
            "variables": {name: _said(name, v, group) for name, v in variables.items()},
        }
        frames[f"{path}/{key}".rstrip("/")] = frame
    return frames


def _said(name: str, variable: xr.Variable, group: xr.Dataset) -> dict[str, Any]:
    return {
        "dims": [str(dim) for dim in variable.dims],
        "shape": list(variable.shape),
        "dtype": variable.dtype.str,
        "attrs": dict(variable.attrs),
        "coord": name in group.coords,
    }


def _matrix(variable: xr.Variable, group: xr.Dataset) -> pd.DataFrame:
    axes = [
        np.asarray(group[dim].values) if dim in group.coords else np.arange(n)
        for dim, n in variable.sizes.items()
    ]
    n_rows = int(np.prod(variable.shape[:-1]))
    values = np.asarray(variable.values).reshape(n_rows, variable.shape[-1])
    names = [str(dim) for dim in variable.dims]
    rows: Any = pd.Index(axes[0], name=names[0])
    if variable.ndim > 2:
        rows = pd.MultiIndex.from_product(axes[:-1], names=names[:-1])
    return pd.DataFrame(values, index=rows, columns=pd.Index(axes[-1], name=names[-1]))


def from_pandas(
    frames: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    modality: str | None = None,
    rate: float | None = None,
    units: str | None = None,
    channel_type: str | None = None,
) -> xr.DataTree:
    """Return tables as a recording; undoes `to_pandas`, or takes one table of traces.

    Parameters
    ----------
    frames : DataFrame or mapping of str to DataFrame
        What `to_pandas` returned; or one frame with times in seconds as its index and a column
        per neuron or channel.
    modality : str, optional
        Of one frame; needed for it.
    rate : float, optional
        Hz; default from the index, if that is regular.
    units : str, optional
        Of the values, UDUNITS; for channels it follows from the type.
    channel_type : str, optional
        BIDS type, if the columns are channels; default neurons.

    Returns
    -------
    xarray.DataTree
        The recording.

    Raises
    ------
    SchemaError
        If a mapping is not of `to_pandas` or lacks rows or columns that it had, or one frame has
        no modality, or holds something else than real numbers.
    TimeError
        If the index of one frame is no increasing time in seconds, or the rate no rate.

    Examples
    --------
    >>> traces = pd.DataFrame({"AVAL": [0.0, 1.0], "AVAR": [1.0, 0.0]}, index=[0.0, 0.5])
    >>> from_pandas(traces, modality="calcium").activity.sampling_rate
    2.0
    """
    if isinstance(frames, pd.DataFrame):
        return _traces(frames, modality, rate, units, channel_type)
    if not isinstance(frames, Mapping):
        raise SchemaError(
            f"got a {type(frames).__name__}",
            where="from_pandas",
            mend="Give all that to_pandas returned, or one frame of traces with modality=...",
        )
    if "/" not in frames or any(
        _SAID not in getattr(frame, "attrs", {}) for frame in frames.values()
    ):
        raise SchemaError(
            f"tables are {', '.join(map(str, frames)) or 'none'}, without what to_pandas writes",
            where="from_pandas",
            mend="Give all that to_pandas returned, or one frame of traces with modality=...",
        )
    datasets: dict[str, tuple[dict[Hashable, Any], list[str], dict[str, Any]]] = {}
    for key, frame in frames.items():
        if key == "/":
            continue
        said = frame.attrs[_SAID]
        found, coords, attrs = datasets.setdefault(f"/{said['group']}", ({}, [], {}))
        attrs.update(said["attrs"])
        for name, told in said["variables"].items():
            try:
                found[name] = _variable(frame, name, told)
            except (KeyError, ValueError, TypeError) as error:
                raise SchemaError(
                    f"{name!r} of shape {tuple(told['shape'])} and type {told['dtype']} cannot be "
                    f"read from a table of {len(frame)} rows and {frame.shape[1]} columns",
                    where=str(key),
                    mend="Values of to_pandas may be changed, not the table's form.",
                ) from error
            coords += [name] if told["coord"] else []
    root = xr.Dataset(attrs=frames["/"]["value"].to_dict())
    tree = {
        path: xr.Dataset(
            {n: v for n, v in found.items() if n not in coords}, attrs=attrs
        ).assign_coords({n: found[n] for n in coords})
        for path, (found, coords, attrs) in datasets.items()
    }
    return xr.DataTree.from_dict({"/": root, **tree}, name=frames["/"].attrs[_SAID]["name"])


def _variable(frame: pd.DataFrame, name: str, told: Mapping[str, Any]) -> xr.Variable:
    one = len(told["dims"]) < 2
    values = frame[name].to_numpy() if one else frame.to_numpy()
    dtype = np.dtype(told["dtype"])
    if dtype.kind == "U":
        values = np.array([str(v) for v in values.reshape(-1).tolist()], dtype=dtype)
    shaped = np.asarray(values).astype(dtype).reshape(told["shape"])
    return xr.Variable(tuple(told["dims"]), shaped, dict(told["attrs"]))


def _is_real(dtype: Any) -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype))


def _seconds(index: pd.Index) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return an index as increasing seconds."""
    if isinstance(index, pd.TimedeltaIndex):
        index = index.total_seconds()
    if not _is_real(index.dtype) or pd.api.types.is_bool_dtype(index.dtype):
        raise TimeError(
            f"the index is of type {index.dtype}",
            where="from_pandas",
            mend="Give times in seconds.",
        )
    seconds = index.to_numpy(dtype=np.float64)
    if not (np.isfinite(seconds).all() and (np.diff(seconds) > 0).all()):
        raise TimeError(
            "the index does not increase, or is not finite",
            where="from_pandas",
            mend="Sort the rows and keep one for each time.",
        )
    return seconds


def _traces(
    frame: pd.DataFrame,
    modality: str | None,
    rate: float | None,
    units: str | None,
    channel_type: str | None,
) -> xr.DataTree:
    if modality is None:
        raise SchemaError(
            "a table of traces does not say what was recorded",
            where="from_pandas",
            mend="Give modality=..., for example 'calcium'.",
        )
    seconds = _seconds(frame.index)
    numeric = isinstance(rate, int | float | np.integer | np.floating)
    if rate is not None and not (numeric and 0 < rate < np.inf):
        raise TimeError(f"is {rate!r}", where="rate", mend="Give a positive number in Hz.")
    if not all(_is_real(dtype) for dtype in frame.dtypes):
        raise SchemaError(
            f"columns are of type {', '.join(sorted({str(d) for d in frame.dtypes}))}",
            where="from_pandas",
            mend="Give a table of real numbers.",
        )
    start = float(seconds[0]) if seconds.size else 0.0
    coords = None if channel_type is None else {"channel_type": [channel_type] * frame.shape[1]}
    if coords is not None and units is not None:
        coords["unit"] = [units] * frame.shape[1]
    group = activity(
        frame.to_numpy(dtype=np.float32),
        names=[str(name) for name in frame.columns],
        space="neuron" if channel_type is None else "channel",
        time=seconds - start,
        rate=rate if rate is not None else nominal_rate(seconds),
        time_offset=start,
        units=units,
        coords=coords,
    )
    return recording({"activity": group}, modality=modality, source="pandas")
