"""Recordings as objects of pynapple (https://doi.org/10.7554/eLife.85786)."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import DependencyError, SchemaError
from neurokit.schema import runs


def to_pynapple(rec: xr.DataTree) -> dict[str, Any]:
    """Return the groups of a recording as objects of pynapple.

    Signals become a TsdFrame with the coordinates of neurons or channels as metadata, on a time
    support that leaves gaps out; measures of behavior a Tsd or TsdFrame each; spikes a TsGroup.
    Events become an IntervalSet if they last and do not overlap, which is all that one can hold;
    else a TsGroup of their onsets, one entry per type, without those at unknown times. Labels
    that are no numbers stand in the metadata column ``label``, as pynapple counts units.

    Parameters
    ----------
    rec : xarray.DataTree
        A recording without trials of samples.

    Returns
    -------
    dict of str to pynapple object
        ``"activity"``, ``"spikes"``, ``"events"``, ``"behavior/speed"``... Connectomes, masks and
        attributes have no place in pynapple and stay behind.

    Raises
    ------
    DependencyError
        If pynapple is not installed.
    SchemaError
        If samples are cut into trials, or it is no recording.

    Examples
    --------
    >>> import neurokit as nk
    >>> found = to_pynapple(nk.simulate.recording("calcium", random_state=0))
    >>> found["activity"].shape
    (1200, 60)
    """
    try:
        nap: Any = importlib.import_module("pynapple")
    except ImportError as error:
        raise DependencyError(
            "pynapple is not installed", where="to_pynapple", mend="pip install pynapple"
        ) from error
    if not isinstance(rec, xr.DataTree):
        raise SchemaError(
            f"got a {type(rec).__name__}", where="to_pynapple", mend="Give a recording."
        )
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        # pynapple speaks up about what it rounds and drops; nothing is dropped here.
        warnings.simplefilter("ignore")
        for node in rec.subtree:
            path, group = node.path.strip("/"), node.to_dataset(inherit=False)
            if "signal" in group:
                found[path] = _frame(nap, path, group, group["signal"])
            elif path.startswith(("behavior", "stimulus")) and "time" in group.coords:
                for name, measure in group.data_vars.items():
                    found[f"{path}/{name}"] = _frame(nap, path, group, measure)
            elif path == "spikes":
                found[path] = _spikes(nap, group)
            elif path == "events" and np.isfinite(group["onset"].values).any():
                found[path] = _events(nap, group)
    return found


def _support(nap: Any, group: xr.Dataset) -> Any:
    """Return one interval per run: pynapple, too, lets nothing cross from one to the next."""
    time = np.asarray(group["time"].values)
    stretches = runs(group)
    ends = [time[s.stop - 1] for s in stretches]
    return nap.IntervalSet(start=[time[s.start] for s in stretches], end=ends)


def _frame(nap: Any, path: str, group: xr.Dataset, values: xr.DataArray) -> Any:
    if values.dims[:1] != ("time",) or values.ndim > 2:
        raise SchemaError(
            f"dims are {tuple(values.dims)}",
            where=f"/{path}/{values.name}",
            mend="pynapple has no trials of samples: average them, or take one, first.",
        )
    time, data = np.asarray(group["time"].values), np.asarray(values.values)
    several = time.size > 1 and all(s.stop - s.start > 1 for s in runs(group))
    support = {"time_support": _support(nap, group)} if several else {}
    if values.ndim == 1:
        return nap.Tsd(t=time, d=data, **support)
    space = str(values.dims[1])
    labels = group[space].values if space in group.coords else np.arange(values.shape[1])
    return nap.TsdFrame(
        t=time, d=data, columns=labels.tolist(), metadata=_metadata(group, space), **support
    )


def _metadata(group: xr.Dataset, dim: str) -> dict[str, Any]:
    return {
        str(name): np.asarray(coord.values)
        for name, coord in group.coords.items()
        if coord.dims == (dim,) and name != dim
    }


def _spikes(nap: Any, group: xr.Dataset) -> Any:
    times = np.split(np.asarray(group["spike_time"].values), group["spike_end"].values[:-1])
    support = None
    if "obs_start" in group and group.sizes["interval"]:
        low, high = float(group["obs_start"].min()), float(group["obs_stop"].max())
        support = nap.IntervalSet(start=low, end=high)
    elif sum(t.size for t in times):
        joined = np.concatenate(times)
        support = nap.IntervalSet(start=float(joined.min()), end=float(joined.max()))
    else:
        support = nap.IntervalSet(start=0.0, end=1.0)
    metadata = {"label": group["neuron"].values.astype(str), **_metadata(group, "neuron")}
    if "held_out" in group:
        metadata["held_out"] = group["held_out"].values
    trains = {i: nap.Ts(t=t, time_support=support) for i, t in enumerate(times)}
    return nap.TsGroup(trains, time_support=support, metadata=metadata)


def _events(nap: Any, group: xr.Dataset) -> Any:
    onset = np.asarray(group["onset"].values, dtype=np.float64)
    kinds = group["trial_type"].values.astype(str)
    stop = onset + np.asarray(group["duration"].values, dtype=np.float64)
    lasting = bool((stop > onset).all() and (onset[1:] >= stop[:-1]).all())
    if lasting:
        metadata = {
            str(name): np.asarray(column.values)
            for name, column in group.data_vars.items()
            if name not in ("onset", "duration")
        }
        return nap.IntervalSet(start=onset, end=stop, metadata=metadata)
    finite = np.isfinite(onset)
    names = np.unique(kinds)
    support = nap.IntervalSet(start=float(onset[finite].min()), end=float(onset[finite].max()) + 1)
    times = [np.sort(onset[finite & (kinds == kind)]) for kind in names]
    trains = {i: nap.Ts(t=t, time_support=support) for i, t in enumerate(times)}
    return nap.TsGroup(trains, time_support=support, metadata={"label": names})
