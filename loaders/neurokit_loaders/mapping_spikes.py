"""Mapped spikes: one variable per neuron, labelled events, or cells, as ragged ``/spikes``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, SchemaError
from neurokit.schema import Finding, spikes
from neurokit_loaders.mapping import RecordingMap, SpikesMap
from neurokit_loaders.mapping_signal import values_per_item
from neurokit_loaders.mapping_source import Found, Names
from neurokit_loaders.mapping_time import Clock

FloatArray = NDArray[np.float64]
Train = tuple[FloatArray, NDArray[np.int64] | None]


def spike_group(
    names: Names, plan: RecordingMap, clock: Clock | None
) -> tuple[xr.Dataset, list[Finding], list[str]]:
    """Return ``/spikes`` in s, findings, and the names of trials where variables are trials.

    The spikes of each neuron are sorted by time; ``spike_trial`` goes with them, and their times
    then count from the start of the trial.
    """
    said = plan.spikes
    assert said is not None
    trial_names: list[str] = []
    if said.time is not None:
        trains = _labelled(names, said)
    elif said.cells:
        trains, trial_names = _from_cells(names, said)
    else:
        found = [_known(names, item) for item in names.all(said.trains, "spikes")]
        trains = _of_variables(found)
    trains, lost = _finite(trains)
    has_trials = any(trial is not None for _, trial in trains.values())
    shift = 0.0 if clock is None or has_trials else clock.offset
    labels = _labels(names, plan, list(trains))
    coords: dict[str, Any] = {}
    if not plan.activity.signal:
        coords = {
            name: values_per_item(names, reference, f"coords[{name!r}]", len(labels), labels)
            for name, reference in plan.activity.coords.items()
        }
    seconds = {
        label: times * plan.clock.unit - shift
        for label, (times, _) in zip(labels, trains.values(), strict=True)
    }
    origin = "start of the trial" if has_trials else "first sample" if clock else "file's clock"
    group = spikes(seconds, time_origin=origin, time_offset=shift, coords=coords)
    if has_trials:
        ordered = [_trials_in_order(times, trial) for times, trial in trains.values()]
        group["spike_trial"] = ("spike", np.concatenate(ordered))
    return group, lost, trial_names


def _trials_in_order(times: FloatArray, trial: NDArray[np.int64] | None) -> NDArray[np.int64]:
    if trial is None:
        return np.zeros(times.size, dtype=np.int64)
    return trial[np.argsort(times, kind="stable")]


def _known(names: Names, found: Found) -> Found:
    found.require("number", "cell")
    return found


def _of_variables(found: list[Found]) -> dict[str, Train]:
    """Return one train per variable, or per cell of a cell array."""
    trains: dict[str, Train] = {}
    for item in found:
        if item.entry.kind == "cell":
            cells = item.source.cells(item.name).reshape(-1)
            trains |= {f"{item.name}-{i}": (_flat(cell), None) for i, cell in enumerate(cells)}
        else:
            trains[item.name] = (_flat(item.vector()), None)
    return trains


def _labelled(names: Names, said: SpikesMap) -> dict[str, Train]:
    """Return trains from parallel lists of time, neuron and trial."""
    assert said.time is not None
    lists: dict[str, NDArray[Any]] = {"time": names.one(said.time, "spikes time").vector()}
    for key, reference in (("neuron", said.neuron), ("trial", said.trial)):
        if reference is not None:
            lists[key] = names.one(reference, f"spikes {key}").vector()
    sizes = {key: values.size for key, values in lists.items()}
    if len(set(sizes.values())) > 1:
        raise SchemaError(
            "spikes differ in length: " + ", ".join(f"{key} {n}" for key, n in sizes.items()),
            where=str(names.source.path),
            mend="Each spike has one time, one neuron and one trial.",
        )
    times = lists["time"].astype(np.float64)
    trial = _whole_numbers(names, lists["trial"]) if "trial" in lists else None
    if "neuron" not in lists:
        return {"neuron-0": (times, trial)}
    owners = lists["neuron"]
    unique, which = np.unique(owners, return_inverse=True)
    order = np.argsort(which, kind="stable")
    edges = np.searchsorted(which[order], np.arange(unique.size + 1))
    width = max((len(str(n)) for n in _plain(unique)), default=1)
    trains: dict[str, Train] = {}
    for i, label in enumerate(_plain(unique)):
        mine = order[edges[i] : edges[i + 1]]
        name = label if owners.dtype.kind in "US" else f"neuron-{label:>0{width}}"
        trains[name] = (times[mine], None if trial is None else trial[mine])
    return trains


def _plain(values: NDArray[Any]) -> list[str]:
    return [f"{v:g}" if isinstance(v, float) else str(v) for v in values.tolist()]


def _whole_numbers(names: Names, values: NDArray[Any]) -> NDArray[np.int64]:
    whole = values.astype(np.float64)
    if not (np.isfinite(whole).all() and (whole == np.floor(whole)).all()):
        raise SchemaError(
            "trials of spikes are not whole numbers",
            where=str(names.source.path),
            mend="Map the variable that counts trials.",
        )
    return whole.astype(np.int64)


def _from_cells(names: Names, said: SpikesMap) -> tuple[dict[str, Train], list[str]]:
    """Return trains of a cell array, or of several variables taken as cells, by `dims`."""
    found = names.all(said.cells, "spikes cells")
    if len(found) == 1 and found[0].entry.kind == "cell":
        cells = found[0].source.cells(found[0].name)
        labels: list[str] = []
    else:
        cells = np.empty(len(found), dtype=object)
        for i, item in enumerate(found):
            item.require("number")
            cells[i] = item.vector()
        labels = [item.name for item in found]
    long = [n for n in cells.shape if n != 1] or [1]
    if len(long) != len(said.dims):
        raise SchemaError(
            f"cells are {' x '.join(map(str, cells.shape))}, dims are {said.dims}",
            where=str(names.source.path),
            mend="Say what the cells are: dims ['neuron'], ['trial'] or ['trial', 'neuron'].",
        )
    table = cells.reshape(long)
    if said.dims == ("neuron",):
        return {
            (labels[i] if labels else f"neuron-{i}"): (_flat(cell), None)
            for i, cell in enumerate(table)
        }, []
    if said.dims == ("trial",):
        return {"neuron-0": _joined(list(table))}, labels
    by_neuron = table if said.dims == ("neuron", "trial") else table.T
    return {f"neuron-{i}": _joined(list(row)) for i, row in enumerate(by_neuron)}, []


def _joined(trials: list[Any]) -> Train:
    parts = [_flat(part) for part in trials]
    which = np.repeat(np.arange(len(parts)), [part.size for part in parts])
    return np.concatenate([*parts, np.empty(0)]), which.astype(np.int64)


def _flat(values: Any) -> FloatArray:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise SchemaError(
            f"a train of spikes holds {array.dtype}", where="spikes", mend="Map numbers."
        )
    return array.astype(np.float64).reshape(-1)


def _finite(trains: Mapping[str, Train]) -> tuple[dict[str, Train], list[Finding]]:
    """Leave out spikes without a time (the padding of rectangular tables), and say so."""
    kept: dict[str, Train] = {}
    n_lost = 0
    for name, (times, trial) in trains.items():
        good = np.isfinite(times)
        n_lost += int((~good).sum())
        kept[name] = (times[good], None if trial is None else trial[good])
    if not n_lost:
        return kept, []
    found = f"{n_lost} spikes have no time (NaN) and are left out"
    mend = "Nothing to mend where NaN pads a table."
    return kept, [Finding("NK828", "SUGGESTION", "/spikes spike_time", found, mend)]


def _labels(names: Names, plan: RecordingMap, default: list[str]) -> list[str]:
    given = plan.activity.names
    if given is None or plan.activity.signal:
        return default
    if isinstance(given, tuple):
        labels = list(given)
    else:
        labels = [str(v) for v in names.one(given, "names").vector()]
    if len(labels) != len(default):
        raise LabelError(
            f"{len(labels)} names for {len(default)} neurons ({', '.join(default[:4])} ...)",
            where=str(names.source.path),
            mend="Give one name per neuron.",
        )
    return labels
