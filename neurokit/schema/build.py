"""Build the groups of a recording, and the recording itself, so that they keep the contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import LabelError, OptionError, SchemaError, TimeError, check_option
from neurokit.schema.columns import column, labels, strings
from neurokit.schema.findings import Finding, findings_to_json
from neurokit.schema.names import (
    CHANNEL_TYPES,
    CHANNEL_UNITS,
    GROUPS,
    MODALITIES,
    SCHEMA,
    SPACE_DIMS,
    SYNAPSE_TYPES,
)
from neurokit.schema.time import regular_time, time_coordinate

Array = Any  # numpy, dask or a lazily indexed array: whatever an xarray.Variable holds


def _as_signal(signal: Any, dims: tuple[str, ...]) -> xr.Variable:
    if isinstance(signal, xr.Variable):
        if signal.dims != dims:
            raise SchemaError(
                f"dims are {signal.dims}", where="signal", mend=f"Order them as {dims}."
            )
        return signal.copy(deep=False)
    if isinstance(signal, np.ndarray) and signal.dtype.kind in "fiub":
        signal = np.asarray(signal, dtype=np.float32)
    shape = np.shape(signal)
    if len(shape) != len(dims):
        raise SchemaError(
            f"has {len(shape)} dim{'s' * (len(shape) != 1)}, {shape}",
            where="signal",
            mend=f"Give (time, {dims[-1]}) or (trial, time, {dims[-1]}).",
        )
    return xr.Variable(dims, signal)


def _fit(name: str, values: Any, group: xr.Dataset, *dims: str) -> Any:
    """Return values that have one entry for each of the signal's along `dims`."""
    needed, found = tuple(group.sizes[dim] for dim in dims), np.shape(values)
    if found != needed:
        raise SchemaError(
            f"has shape {found} for a signal of {needed}",
            where=name,
            mend=f"Give ({', '.join(dims)}).",
        )
    return values


def _time(
    n: int, rate: float | None, time: Any, time_origin: str, time_offset: float
) -> tuple[xr.Variable, dict[str, Any]]:
    if time is None:
        if rate is None:
            raise TimeError(
                "neither rate nor time is given",
                where="time",
                mend="Give rate= in Hz or time= in s.",
            )
        time = regular_time(n, rate)
    variable = time_coordinate(time, rate)
    if variable.size != n:
        raise TimeError(
            f"{variable.size} time stamps for {n} samples",
            where="time",
            mend="Find out which of the two is cut; neither is dropped silently.",
        )
    attrs: dict[str, Any] = {"time_origin": time_origin, "time_offset": float(time_offset)}
    if rate is not None:
        attrs["sampling_rate"] = float(rate)
    return variable, attrs


def activity(
    signal: Array,
    *,
    names: Iterable[str],
    space: str = "neuron",
    rate: float | None = None,
    time: Array | None = None,
    time_origin: str = "first sample",
    time_offset: float = 0.0,
    units: str | None = None,
    coords: Mapping[str, Sequence[Any]] | None = None,
    observed: Array | None = None,
    run: Sequence[int] | None = None,
    position: Array | None = None,
    position_attrs: Mapping[str, Any] | None = None,
    trial: Mapping[str, Sequence[Any]] | None = None,
) -> xr.Dataset:
    """Build ``/activity`` or a group of ``/auxiliary``.

    Parameters
    ----------
    signal : (time, space) or (trial, time, space) array or xarray.Variable
        numpy arrays become float32; dask and lazily indexed arrays stay as they are.
    names : iterable of str
        Unique label of each neuron or channel.
    space : {"neuron", "channel"}
        What the last dim is.
    rate : float, optional
        Nominal sampling rate, Hz; None for irregular `time`.
    time : (n_times,) array, optional
        Seconds; default ``arange(n_times) / rate``.
    time_origin : str
        What t = 0 is.
    time_offset : float
        Seconds from the original clock's zero to t = 0.
    units : str, optional
        UDUNITS string of all values. For channels it follows from the per-channel ``unit``;
        for neurons it defaults to ``"1"``.
    coords : mapping of str to sequence, optional
        Per neuron or channel: ``channel_type``, ``unit``, ``bad``, ``region``, ``identified``...
    observed : bool array like `signal`, optional
        False where a value is masked; only given if something is.
    run : (n_times,) sequence of int, optional
        Changes where the record has a cut.
    position : (space, 3) array, optional
        Metres unless `position_attrs` says otherwise.
    position_attrs : mapping, optional
        ``units`` and ``coordinate_frame``.
    trial : mapping of str to sequence, optional
        Columns per trial.

    Returns
    -------
    xarray.Dataset
        The group: ``signal`` ([trial,] time, space) with its labels.

    Raises
    ------
    SchemaError
        If dims, labels, types or lengths break the contract.

    Examples
    --------
    >>> dict(activity(np.zeros((4, 2)), names=["AVAL", "AVAR"], rate=2.0).sizes)
    {'time': 4, 'neuron': 2}
    """
    check_option("space", space, SPACE_DIMS)
    dims = ("trial", "time", space) if len(np.shape(signal)) == 3 else ("time", space)
    values = _as_signal(signal, dims)
    clock, attrs = _time(values.sizes["time"], rate, time, time_origin, time_offset)
    group = xr.Dataset({"signal": values}, attrs=attrs)
    group = group.assign_coords(time=clock)
    group = group.assign_coords({space: (space, _fitting(labels(names, space), space, values))})
    group = group.assign_coords(_per_label(space, dict(coords or {}), group.sizes[space]))
    if run is not None:
        runs = _fit("run", np.asarray(run, dtype=np.int64), group, "time")
        group = group.assign_coords(run=("time", runs))
    if trial is not None:
        group = group.assign_coords(_per_trial(trial, group))
    if observed is not None:
        group["observed"] = (dims, _fit("observed", observed, group, *dims))
    if position is not None:
        default = {"units": "m", "coordinate_frame": "unknown"}
        group["position"] = (
            (space, "space"),
            _three(np.asarray(position, dtype=np.float64), space, group),
            {**default, **dict(position_attrs or {})},
        )
        group = group.assign_coords(space=np.array(["x", "y", "z"]))
    return _with_units(group, space, units)


def _three(position: np.ndarray[Any, Any], space: str, group: xr.Dataset) -> Any:
    if position.shape != (group.sizes[space], 3):
        raise SchemaError(
            f"has shape {position.shape} for {group.sizes[space]} labels",
            where="position",
            mend=f"Give ({space}, 3); z is NaN where there are two axes.",
        )
    return position


def _per_trial(columns: Mapping[str, Sequence[Any]], group: xr.Dataset) -> dict[str, Any]:
    if "trial" not in group.dims:
        raise SchemaError(
            "is given for a signal without trials", where="trial", mend="Give (trial, time, space)."
        )
    return {
        name: ("trial", _fit(f"trial[{name!r}]", column(values), group, "trial"))
        for name, values in columns.items()
    }


def _fitting(names: np.ndarray[Any, Any], space: str, values: xr.Variable) -> np.ndarray[Any, Any]:
    if names.size != values.sizes[space]:
        raise LabelError(
            f"{names.size} labels for {values.sizes[space]} columns",
            where=space,
            mend="Give one label per column of the signal.",
        )
    return names


def _per_label(space: str, columns: dict[str, Any], n: int) -> dict[str, Any]:
    if space == "channel":
        if "channel_type" not in columns:
            raise SchemaError(
                "channels have no channel_type", where="coords", mend="Give BIDS channel types."
            )
        for kind in columns["channel_type"]:
            check_option("channel_type", str(kind), CHANNEL_TYPES)
        columns.setdefault("unit", [CHANNEL_UNITS[str(kind)] for kind in columns["channel_type"]])
        columns.setdefault("bad", np.zeros(n, dtype=bool))
    out = {}
    for name, values in columns.items():
        filled = column(values)
        if filled.shape != (n,):
            raise LabelError(
                f"{filled.shape[0] if filled.ndim else 1} values for {n} labels",
                where=f"coords[{name!r}]",
                mend=f"Give one value per {space}.",
            )
        out[name] = (space, filled)
    return out


def _with_units(group: xr.Dataset, space: str, units: str | None) -> xr.Dataset:
    if space == "channel":
        present = np.unique(group["unit"].values)
        if present.size == 1:
            group["signal"].attrs["units"] = str(present[0])
    else:
        group["signal"].attrs["units"] = units or "1"
    return group


def series(
    variables: Mapping[str, Any],
    *,
    rate: float | None = None,
    time: Array | None = None,
    time_origin: str = "first sample",
    time_offset: float = 0.0,
    units: Mapping[str, str] | None = None,
    run: Sequence[int] | None = None,
) -> xr.Dataset:
    """Build ``/behavior`` or ``/stimulus``: named measures on one clock.

    Parameters
    ----------
    variables : mapping of str to array or (dims, array)
        (time,) or (time, axis) each; a 2-D array without dims gets ``<name>_axis``.
    rate : float, optional
        Nominal sampling rate, Hz.
    time : (n_times,) array, optional
        Seconds; default ``arange(n_times) / rate``.
    time_origin : str
        What t = 0 is.
    time_offset : float
        Seconds from the original clock's zero to t = 0.
    units : mapping of str to str, optional
        UDUNITS string per variable.
    run : (n_times,) sequence of int, optional
        Changes where the record has a cut.

    Returns
    -------
    xarray.Dataset
        The group: The measures, (time, ...) each.

    Raises
    ------
    SchemaError
        If a measure is not as long as the clock.

    Examples
    --------
    >>> series({"speed": np.zeros(3)}, rate=2.0, units={"speed": "mm/s"}).time.values
    array([0. , 0.5, 1. ])
    """
    if not variables:
        raise SchemaError("no variable is given", where="variables", mend="Give at least one.")
    shaped = {name: _measure(name, values) for name, values in variables.items()}
    n = next(iter(shaped.values())).sizes["time"]
    clock, attrs = _time(n, rate, time, time_origin, time_offset)
    for name, variable in shaped.items():
        if variable.sizes["time"] != n:
            raise TimeError(
                f"{variable.sizes['time']} samples for {n} time stamps",
                where=name,
                mend="Measures on another clock belong in a group of their own.",
            )
        if units and name in units:
            variable.attrs["units"] = units[name]
    group = xr.Dataset(shaped, attrs=attrs).assign_coords(time=clock)
    if run is not None:
        group = group.assign_coords(run=("time", np.asarray(run, dtype=np.int64)))
    return group


def _measure(name: str, values: Any) -> xr.Variable:
    if isinstance(values, xr.Variable):
        return values.copy(deep=False)
    if isinstance(values, tuple):
        return xr.Variable(*values)
    dims = ("time",) if len(np.shape(values)) == 1 else ("time", f"{name}_axis")
    return xr.Variable(dims, values)


def events(
    onset: Sequence[float] | Array,
    *,
    duration: Sequence[float] | Array | None = None,
    trial_type: Sequence[str] | None = None,
    columns: Mapping[str, Sequence[Any]] | None = None,
) -> xr.Dataset:
    """Build ``/events`` with the columns of BIDS.

    Parameters
    ----------
    onset : (n_events,) array_like
        Seconds on the clock of ``/activity``.
    duration : (n_events,) array_like, optional
        Seconds; default 0.
    trial_type : (n_events,) sequence of str, optional
        What happened; default ``""``.
    columns : mapping of str to sequence, optional
        Further columns, verbatim.

    Returns
    -------
    xarray.Dataset
        With dim ``event``.

    Raises
    ------
    SchemaError
        If the columns differ in length.

    Examples
    --------
    >>> events([1.0], duration=[0.5], trial_type=["go"]).trial_type.item()
    'go'
    """
    onsets = np.asarray(onset, dtype=np.float64)
    n = onsets.size
    table: dict[str, Any] = {
        "onset": onsets,
        "duration": np.zeros(n) if duration is None else np.asarray(duration, dtype=np.float64),
        "trial_type": strings([""] * n if trial_type is None else trial_type),
        **{name: column(values) for name, values in (columns or {}).items()},
    }
    for name, values in table.items():
        if values.shape != (n,):
            raise SchemaError(
                f"{values.size} values for {n} events", where=name, mend="Give one per event."
            )
    group = xr.Dataset({name: ("event", values) for name, values in table.items()})
    for name in ("onset", "duration"):
        group[name].attrs["units"] = "s"
    return group.assign_coords(event=np.arange(n, dtype=np.int64))


def spikes(
    spike_times: Mapping[str, Any],
    *,
    time_origin: str = "first sample",
    time_offset: float = 0.0,
    coords: Mapping[str, Sequence[Any]] | None = None,
) -> xr.Dataset:
    """Build ``/spikes`` from one array of times per neuron (ragged, as NWB stores units).

    Parameters
    ----------
    spike_times : mapping of str to array_like
        Seconds per neuron; they are sorted.
    time_origin : str
        What t = 0 is.
    time_offset : float
        Seconds from the original clock's zero to t = 0.
    coords : mapping of str to sequence, optional
        Per neuron.

    Returns
    -------
    xarray.Dataset
        ``spike_time``(spike) in s and ``spike_end``(neuron), the offset behind each neuron's
        last spike.

    Examples
    --------
    >>> spikes({"a": [0.1, 0.7], "b": [0.2]}).spike_end.values
    array([2, 3])
    """
    trains = [np.sort(np.asarray(train, dtype=np.float64)) for train in spike_times.values()]
    ends = np.cumsum([train.size for train in trains], dtype=np.int64)
    group = xr.Dataset(
        {
            "spike_time": ("spike", np.concatenate([*trains, np.empty(0)]), {"units": "s"}),
            "spike_end": ("neuron", ends.reshape(-1)),
        },
        attrs={"time_origin": time_origin, "time_offset": float(time_offset)},
    )
    group = group.assign_coords(neuron=labels(spike_times, "neuron"))
    return group.assign_coords(_per_label("neuron", dict(coords or {}), len(trains)))


def connectome(
    weight: Array,
    *,
    pre: Iterable[str],
    post: Iterable[str],
    synapse_type: Sequence[str],
    pre_type: Sequence[str] | None = None,
    post_type: Sequence[str] | None = None,
    n_sources: Array | None = None,
    weight_sd: Array | None = None,
    units: str = "1",
) -> xr.Dataset:
    """Build ``/connectome``: weights from pre- to postsynaptic cells, per kind of synapse.

    Parameters
    ----------
    weight : (synapse_type, pre, post) array
        float32; 0 is no synapse, NaN is not observed.
    pre, post : iterable of str
        Unique names; the two may differ.
    synapse_type : sequence of str
        chemical, electrical, functional, peptidergic, monoaminergic or contact.
    pre_type, post_type : sequence of str, optional
        neuron, muscle or other; default neuron.
    n_sources, weight_sd : (synapse_type, pre, post) arrays, optional
        How many sources agree, and their spread.
    units : str
        What a weight counts.

    Returns
    -------
    xarray.Dataset
        The group: ``weight`` (synapse_type, pre, post) with its labels.

    Raises
    ------
    SchemaError
        If a synapse type is unknown or sizes differ.

    Examples
    --------
    >>> connectome(np.ones((1, 1, 1)), pre=["a"], post=["b"], synapse_type=["contact"]).post.item()
    'b'
    """
    dims = ("synapse_type", "pre", "post")
    for kind in synapse_type:
        check_option("synapse_type", kind, SYNAPSE_TYPES)
    sources, targets = labels(pre, "pre"), labels(post, "post")
    kinds = labels(synapse_type, "synapse_type")
    expected = (kinds.size, sources.size, targets.size)
    group = xr.Dataset(coords={"synapse_type": kinds, "pre": sources, "post": targets})
    for name, values in (("weight", weight), ("n_sources", n_sources), ("weight_sd", weight_sd)):
        if values is None:
            continue
        if np.shape(values) != expected:
            raise SchemaError(
                f"shape {np.shape(values)}, labels say {expected}",
                where=name,
                mend=f"Order it as {dims}.",
            )
        dtype = np.int64 if name == "n_sources" else np.float32
        group[name] = (dims, np.asarray(values, dtype=dtype))
    group["weight"].attrs["units"] = units
    types = {"pre": pre_type, "post": post_type}
    return group.assign_coords(
        {
            f"{dim}_type": (dim, strings(types[dim] or ["neuron"] * group.sizes[dim]))
            for dim in ("pre", "post")
        }
    )


def recording(
    groups: Mapping[str, xr.Dataset],
    *,
    modality: str,
    subject: str = "",
    session: str = "",
    species: str = "",
    start_time: str = "",
    licence: str = "unknown",
    doi: str = "",
    source: str = "",
    loader: str = "",
    loader_version: str = "",
    loader_options: Mapping[str, Any] | None = None,
    findings: Iterable[Finding] = (),
    name: str | None = None,
    attrs: Mapping[str, str | int | float] | None = None,
) -> xr.DataTree:
    """Put groups together into one recording.

    Parameters
    ----------
    groups : mapping of str to Dataset
        Keys such as ``activity``, ``events``, ``auxiliary/trigger``.
    modality : str
        calcium, eeg, meg, seeg, ecog, ieeg, nirs, spikes, behavior or connectome.
    subject, session, species : str
        Who, when (a label), of what kind.
    start_time : str
        ISO 8601 with zone.
    licence : str
        SPDX identifier or ``"unknown"``.
    doi, source : str
        Where it was published; the file or dataset it came from.
    loader, loader_version : str
        What read it.
    loader_options : mapping, optional
        Options of the loader, JSON-able.
    findings : iterable of Finding
        What the loader noticed; `validate` reports them again.
    name : str, optional
        Name of the tree, shown in its repr.
    attrs : mapping, optional
        Further root attributes (str, int or float).

    Returns
    -------
    xarray.DataTree
        The recording; only its root carries attrs about the whole.

    Raises
    ------
    OptionError
        If a group or modality is not of the contract, or there is no group.

    Examples
    --------
    >>> group = activity(np.zeros((4, 2)), names=["AVAL", "AVAR"], rate=2.0)
    >>> recording({"activity": group}, modality="calcium").activity.signal[:, 0].shape
    (4,)
    """
    check_option("modality", modality, MODALITIES)
    if not groups:
        raise OptionError("no group is given", where="groups", mend="Give at least one.")
    for key in groups:
        check_option("groups", key.strip("/").split("/")[0], GROUPS)
    root: dict[str, Any] = {
        "schema": SCHEMA,
        "modality": modality,
        "subject": subject,
        "session": session,
        "species": species,
        "start_time": start_time,
        "licence": licence,
        "doi": doi,
        "source": source,
        "source_sha256": "",
        "loader": loader,
        "loader_version": loader_version,
        "loader_options": json.dumps(dict(loader_options or {}), sort_keys=True, default=str),
        "history": "[]",
        **dict(attrs or {}),
    }
    noticed = list(findings)
    if noticed:
        root["findings"] = findings_to_json(noticed)
    tree = {f"/{key.strip('/')}": group for key, group in groups.items()}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=root), **tree}, name=name)
