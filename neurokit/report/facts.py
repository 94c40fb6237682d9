"""What is in a recording, as a short table: units stand in the key."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import xarray as xr

from neurokit.plot.places import frames_of
from neurokit.schema import runs, space_dim

Fact = str | int | float | bool


def facts(rec: xr.DataTree) -> dict[str, Fact]:
    """Return what a recording holds, without reading its signals.

    Parameters
    ----------
    rec : DataTree
        A recording.

    Returns
    -------
    dict of str to str, int, float or bool
        Modality, groups, numbers of channels or neurons by type, duration, rate, units, events
        by type, and where it comes from; what a recording lacks is left out.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> found = facts(recording("eeg", duration=10.0, random_state=0))
    >>> found["n_channels"], found["duration_s"], found["rate_hz"], found["units"]
    (32, 10.0, 250.0, 'V')
    """
    out: dict[str, Fact] = {}
    for name in ("modality", "species", "subject", "session", "start_time"):
        if rec.attrs.get(name):
            out[name] = str(rec.attrs[name])
    out["groups"] = ", ".join(_group_names(rec))
    for name, describe in _GROUPS.items():
        if name in rec.children:
            out |= describe(rec[name].to_dataset())
    for name in ("licence", "doi", "source"):
        out[name] = str(rec.attrs.get(name) or "unknown")
    return out


def _group_names(rec: xr.DataTree) -> list[str]:
    return [
        node.path.strip("/")
        for node in rec.subtree
        if node.path != "/" and node.to_dataset(inherit=False).variables
    ]


def _counted(values: Any, most: int = 20) -> str:
    """Return "3 EEG, 1 EOG": most frequent first, ties in order of appearance."""
    counts = Counter(str(value) for value in np.asarray(values).tolist())
    listed = [f"{count} {name or 'unknown'}" for name, count in counts.most_common(most)]
    rest = len(counts) - most
    return ", ".join(listed) + (f", and {rest} further types" if rest > 0 else "")


def _activity(group: xr.Dataset) -> dict[str, Fact]:
    if "signal" not in group:
        return {}
    signal = group["signal"]
    dim = space_dim(signal)
    out: dict[str, Fact] = {f"n_{dim}s": signal.sizes[dim]}
    for name in ("channel_type", "neuron_type"):
        if name in group.coords:
            out[f"{name}s"] = _counted(group[name].values)
    for name in ("identified", "bad"):
        if name in group.coords:
            out[f"n_{name}"] = int(np.asarray(group[name].values, dtype=bool).sum())
    for extra in (str(d) for d in signal.dims if d not in ("time", dim)):
        out[f"n_{extra}s"] = signal.sizes[extra]
    out |= _clock(group)
    out["units"] = _units(signal)
    if "position" in group:
        frames = frames_of(group)
        counted = _counted(frames[frames != ""])
        out["positions"] = f"{counted or 'none'} (frame)"
    return out


def _clock(group: xr.Dataset) -> dict[str, Fact]:
    if "time" not in group.coords:
        return {}
    seconds = np.asarray(group["time"].values, dtype=np.float64)
    rate = group["time"].attrs.get("sampling_rate", group.attrs.get("sampling_rate"))
    out: dict[str, Fact] = {"n_samples": seconds.size, "n_runs": len(runs(group))}
    if rate is None:
        out["duration_s"] = float(seconds[-1] - seconds[0]) if seconds.size else 0.0
        out["rate_hz"] = "irregular"
    else:
        out["duration_s"] = seconds.size / float(rate)
        out["rate_hz"] = float(rate)
    if group.attrs.get("time_origin"):
        out["time_origin"] = str(group.attrs["time_origin"])
    return out


def _units(signal: xr.DataArray) -> str:
    if "unit" not in signal.coords:
        return str(signal.attrs.get("units", "1"))
    units = np.asarray(signal["unit"].values)
    return str(units[0]) if np.unique(units).size == 1 else _counted(units)


def _events(group: xr.Dataset) -> dict[str, Fact]:
    n = int(group.sizes.get("event", 0))
    out: dict[str, Fact] = {"n_events": n}
    if n and "trial_type" in group:
        out["events_by_type"] = _counted(group["trial_type"].values)
    return out


def _measures(name: str) -> Any:
    def describe(group: xr.Dataset) -> dict[str, Fact]:
        return {name: ", ".join(map(str, group.data_vars))} if group.data_vars else {}

    return describe


def _spikes(group: xr.Dataset) -> dict[str, Fact]:
    start, stop = observed_span(group)
    n = int(group.sizes["spike"])
    out: dict[str, Fact] = {
        "n_neurons": int(group.sizes["neuron"]),
        "n_spikes": n,
        "duration_s": stop - start,
    }
    if stop > start and group.sizes["neuron"]:
        out["mean_rate_hz"] = n / (stop - start) / group.sizes["neuron"]
    return out


def observed_span(spikes: xr.Dataset) -> tuple[float, float]:
    """Return what ``/spikes`` observed, in s: its intervals, else from first to last spike.

    Parameters
    ----------
    spikes : Dataset
        The group.

    Returns
    -------
    start, stop : float
        Seconds.
    """
    if "obs_start" in spikes and spikes["obs_start"].size:
        return float(spikes["obs_start"].min()), float(spikes["obs_stop"].max())
    if not spikes["spike_time"].size:
        return 0.0, 0.0
    return float(spikes["spike_time"].min()), float(spikes["spike_time"].max())


def _connectome(group: xr.Dataset) -> dict[str, Fact]:
    weight = group["weight"]
    out: dict[str, Fact] = {}
    for dim in ("pre", "post"):
        out[f"n_{dim}"] = int(group.sizes[dim])
        if f"{dim}_type" in group.coords:
            out[f"{dim}_types"] = _counted(group[f"{dim}_type"].values)
    for kind in weight["synapse_type"].values:
        values = np.asarray(weight.sel(synapse_type=kind).values, dtype=np.float64)
        if kind == "electrical" and np.array_equal(group["pre"].values, group["post"].values):
            # A gap junction that is listed in both directions is one edge.
            values = np.triu(np.fmax(values, values.T))
        out[f"{kind}_edges"] = int(np.nansum(values > 0))
        out[f"{kind}_weight_sum"] = float(np.nansum(values))
    out["weight_units"] = str(weight.attrs.get("units", "1"))
    return out


_GROUPS = {
    "activity": _activity,
    "spikes": _spikes,
    "connectome": _connectome,
    "events": _events,
    "behavior": _measures("behavior"),
    "stimulus": _measures("stimulus"),
}
