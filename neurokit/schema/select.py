"""Take out of a recording what a step needs, and put back what it made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from neurokit.errors import LabelError, SchemaError, UnitsError, suggest
from neurokit.schema.history import add_history
from neurokit.schema.names import CHANNEL_TYPES, NEURAL_TYPES, SPACE_DIMS

RecordingOrArray = TypeVar("RecordingOrArray", xr.DataTree, xr.DataArray)


def space_dim(x: xr.DataArray | xr.Dataset) -> str:
    """Return ``"neuron"`` or ``"channel"``, whichever `x` has.

    Parameters
    ----------
    x : DataArray or Dataset
        A signal (..., neuron) or (..., channel).

    Returns
    -------
    str
        The dim.

    Raises
    ------
    SchemaError
        If it has neither or both.

    Examples
    --------
    >>> import neurokit as nk
    >>> space_dim(nk.simulate.recording("eeg", random_state=0).activity.signal)
    'channel'
    """
    found = [dim for dim in SPACE_DIMS if dim in x.dims]
    if len(found) != 1:
        raise SchemaError(
            f"dims are {tuple(x.dims)}", where="signal", mend="Give it a neuron or a channel dim."
        )
    return found[0]


def neural_channels(x: xr.DataArray | xr.Dataset) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which channels or neurons analyses take unless told otherwise.

    Parameters
    ----------
    x : DataArray or Dataset
        A signal (..., neuron) or (..., channel); neurons all count.

    Returns
    -------
    (n,) ndarray of bool
        Along the space dim.

    Examples
    --------
    >>> import neurokit as nk
    >>> rec = nk.simulate.recording("eeg", random_state=0)
    >>> neural_channels(rec.activity.signal).dtype
    dtype('bool')
    """
    dim = space_dim(x)
    if "channel_type" not in x.coords:
        return np.ones(x.sizes[dim], dtype=bool)
    return np.isin(x["channel_type"].values, list(NEURAL_TYPES))


def signal_of(x: xr.DataTree | xr.DataArray, *, neural: bool = True) -> xr.DataArray:
    """Return the signal that an analysis works on.

    Parameters
    ----------
    x : recording or DataArray
        A DataArray of any dims is returned as it is.
    neural : bool, default True
        Of a recording, only neural channel types.

    Returns
    -------
    DataArray
        (time, neuron|channel) or with a leading trial dim.

    Raises
    ------
    SchemaError
        If a recording has no ``/activity``, or nothing neural in it.

    Examples
    --------
    >>> import neurokit as nk
    >>> signal_of(nk.simulate.recording("calcium", random_state=0)).dims
    ('time', 'neuron')
    """
    if isinstance(x, xr.DataArray):
        return x
    if not isinstance(x, xr.DataTree):
        raise SchemaError(
            f"got a {type(x).__name__}",
            where="recording",
            mend="Give a recording (DataTree) or its signal (DataArray).",
        )
    if "activity" not in x.children:
        groups = ", ".join(x.children) or "nothing"
        raise SchemaError(
            f"there is no /activity, only {groups}",
            where=x.name or "recording",
            mend="Bin spikes first, or choose a group by hand.",
        )
    signal = x["activity/signal"]
    assert isinstance(signal, xr.DataArray)
    if not neural:
        return signal
    keep = neural_channels(signal)
    if not keep.any():
        kinds = ", ".join(np.unique(signal["channel_type"].values))
        raise SchemaError(
            f"no channel is of a neural type ({kinds})",
            where=x.name or "recording",
            mend="Choose channels with nk.pick(rec, types=...).",
        )
    return signal if keep.all() else signal.isel({space_dim(signal): keep})


def with_signal(rec: xr.DataTree, signal: xr.DataArray) -> xr.DataTree:
    """Return a recording whose ``/activity`` holds `signal`, all other groups unchanged.

    Parameters
    ----------
    rec : DataTree
        The recording that `signal` came from.
    signal : DataArray
        The new signal; its time axis may be another one. What the group held besides stays
        where it has no dim that changed, else it goes, because it would no longer fit.

    Returns
    -------
    DataTree
        A new tree that shares data with `rec`.

    Examples
    --------
    >>> import neurokit as nk
    >>> rec = nk.simulate.recording("calcium", random_state=0)
    >>> with_signal(rec, rec.activity.signal[:10]).activity.sizes["time"]
    10
    """
    old = rec["activity"].to_dataset()
    changed = {dim for dim in old["signal"].dims if not _same_axis(old, signal, str(dim))}
    # Bare variables: the signal's own coordinates are the ones that hold from here on.
    kept = {
        n: v.variable
        for n, v in old.data_vars.items()
        if n != "signal" and not changed & set(v.dims)
    }
    attrs = {k: v for k, v in old.attrs.items() if k != "sampling_rate"}
    if "time" in signal.coords and "sampling_rate" in signal["time"].attrs:
        attrs["sampling_rate"] = signal["time"].attrs["sampling_rate"]
    bare = signal.copy(deep=False)
    bare.attrs = {k: v for k, v in signal.attrs.items() if k != "history"}
    group = xr.Dataset({"signal": bare, **kept}, attrs=attrs)
    # Labels of dims that the signal has not, such as x, y, z of positions.
    beside = {
        name: coordinate.variable
        for name, coordinate in old.coords.items()
        if not set(coordinate.dims) & set(old["signal"].dims) and name in group.dims
    }
    group = group.assign_coords(beside)
    out = rec.copy(deep=False)
    out["activity"] = xr.DataTree(group)
    return out


def _same_axis(old: xr.Dataset, new: xr.DataArray, dim: str) -> bool:
    if dim not in new.dims or old.sizes[dim] != new.sizes[dim]:
        return False
    if dim not in old.coords or dim not in new.coords:
        return dim not in old.coords and dim not in new.coords
    return bool(old.indexes[dim].equals(new.indexes[dim]))


def map_activity(
    x: RecordingOrArray,
    function: Callable[[xr.DataArray], xr.DataArray],
    *,
    name: str,
    parameters: Mapping[str, Any] | None = None,
    seed: object = None,
) -> RecordingOrArray:
    """Apply `function` to the signal of `x` and record the step in its history.

    Parameters
    ----------
    x : recording or DataArray
        What the user gave.
    function : callable
        From a signal ([trial,] time, space) to a signal.
    name : str
        Public name of the step, for the history.
    parameters : mapping, optional
        Its arguments, for the history.
    seed : object, optional
        Its `random_state`, for the history.

    Returns
    -------
    same type as `x`
        The new signal, or a recording that holds it.

    Examples
    --------
    >>> import neurokit as nk
    >>> rec = nk.simulate.recording("calcium", random_state=0)
    >>> halved = map_activity(rec, lambda x: x / 2, name="mylab.halve")
    >>> bool((halved.activity.signal * 2 == rec.activity.signal).all())
    True
    """
    if isinstance(x, xr.DataTree):
        out = with_signal(x, function(signal_of(x, neural=False)))
        return add_history(out, name, parameters, seed)
    signal = function(x)
    if "history" in x.attrs:
        signal = signal.assign_attrs(history=x.attrs["history"])
    return add_history(signal, name, parameters, seed)


def require_one_unit(x: xr.DataArray) -> str:
    """Return the unit of all values, or raise where there are several.

    Whatever sums over channels asks here first.

    Parameters
    ----------
    x : DataArray
        A signal (..., channel) or of any other dims.

    Returns
    -------
    str
        UDUNITS string; ``"1"`` where nothing is said.

    Raises
    ------
    UnitsError
        If channels differ in unit.

    Examples
    --------
    >>> x = xr.DataArray(np.zeros((3, 2)), dims=["time", "channel"], attrs={"units": "V"})
    >>> require_one_unit(x.assign_coords(channel=["Fp1", "Fp2"], unit=("channel", ["V", "V"])))
    'V'
    """
    if "unit" not in x.coords:
        return str(x.attrs.get("units", "1"))
    units, counts = np.unique(x["unit"].values, return_counts=True)
    if units.size <= 1:
        return str(units[0]) if units.size else "1"
    kinds = np.asarray(x["channel_type"].values) if "channel_type" in x.coords else None
    parts = []
    for unit, count in zip(units, counts, strict=True):
        named = "" if kinds is None else " " + "/".join(np.unique(kinds[x["unit"].values == unit]))
        parts.append(f"{unit} ({count}{named})")
    raise UnitsError(
        f"{units.size} units: {', '.join(parts)}", where="signal", mend="Pick types or scale first."
    )


def pick(
    rec: RecordingOrArray,
    types: str | Iterable[str] | None = None,
    regions: str | Iterable[str] | None = None,
    names: str | Iterable[str] | None = None,
) -> RecordingOrArray:
    """Keep the channels or neurons that meet every condition given.

    Parameters
    ----------
    rec : recording or DataArray
        What to choose from.
    types : str or iterable of str, optional
        Channel types (``"EEG"``, also lower case) or neuron types (``"sensory"``); ``"neural"``
        stands for all neural channel types.
    regions : str or iterable of str, optional
        Values of the coordinate ``region``.
    names : str or iterable of str, optional
        Labels; a pattern may use ``*``.

    Returns
    -------
    same type as `rec`
        In the order of the recording; the choice is recorded in the history.

    Raises
    ------
    LabelError
        If a condition matches nothing; the message says what there is.

    Examples
    --------
    >>> from neurokit.schema import activity, recording
    >>> group = activity(np.zeros((4, 2)), names=["AVAL", "RIML"], rate=2.0)
    >>> rec = recording({"activity": group}, modality="calcium")
    >>> pick(rec, names="AVA*").activity.neuron.item()
    'AVAL'
    """
    parameters = {
        key: [value] if isinstance(value, str) else list(value)
        for key, value in (("types", types), ("regions", regions), ("names", names))
        if value is not None
    }

    def choose(signal: xr.DataArray) -> xr.DataArray:
        return signal.isel({space_dim(signal): _chosen(signal, parameters)})

    if isinstance(rec, xr.DataTree):
        out = _pick_tree(rec, choose(signal_of(rec, neural=False)))
        return add_history(out, "pick", parameters)
    return map_activity(rec, choose, name="pick", parameters=parameters)


def _pick_tree(rec: xr.DataTree, chosen: xr.DataArray) -> xr.DataTree:
    dim = space_dim(chosen)
    old = rec["activity"].to_dataset()
    group = old.isel({dim: old.indexes[dim].get_indexer(chosen.indexes[dim])})
    if "unit" in group.coords:
        units = np.unique(group["unit"].values)
        group["signal"].attrs.pop("units", None)
        if units.size == 1:
            group["signal"].attrs["units"] = str(units[0])
    out = rec.copy(deep=False)
    out["activity"] = xr.DataTree(group)
    return out


def _chosen(
    signal: xr.DataArray, conditions: Mapping[str, list[str]]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    dim = space_dim(signal)
    keep = np.ones(signal.sizes[dim], dtype=bool)
    for key, wanted in conditions.items():
        keep &= _CONDITIONS[key](signal, wanted)
    if not keep.any():
        raise LabelError(
            f"no {dim} meets all of {dict(conditions)}", where="pick", mend="Loosen a condition."
        )
    return np.flatnonzero(keep)


def _matching(values: np.ndarray[Any, Any], wanted: list[str], what: str) -> Any:
    keep = np.zeros(values.size, dtype=bool)
    for word in wanted:
        pattern = re.compile(re.escape(word).replace(r"\*", ".*"), re.IGNORECASE)
        hit = values == word
        if not hit.any():
            hit = np.array([pattern.fullmatch(str(v)) is not None for v in values], dtype=bool)
        if not hit.any():
            present = [str(v) for v in np.unique(values)]
            listed = ", ".join(present[:12]) + (", ..." if len(present) > 12 else "")
            raise LabelError(
                f"nothing is called {word!r}{suggest(word, present)}",
                where=what,
                mend=f"There are: {listed}.",
            )
        keep |= hit
    return keep


def _by_type(signal: xr.DataArray, wanted: list[str]) -> Any:
    if space_dim(signal) == "neuron":
        return _matching(_coordinate(signal, "neuron_type"), wanted, "types")
    kinds = _coordinate(signal, "channel_type")
    words = [w for word in wanted for w in (sorted(NEURAL_TYPES) if word == "neural" else [word])]
    # A type that no channel has is fine if it is a type and another one matched.
    present = [w for w in words if w.upper() in kinds or w.upper() not in CHANNEL_TYPES]
    return _matching(kinds, present or words, "types")


def _coordinate(signal: xr.DataArray, name: str) -> np.ndarray[Any, Any]:
    if name not in signal.coords:
        raise LabelError(f"there is no coordinate {name!r}", where="pick", mend="Pick by names=.")
    return np.asarray(signal[name].values)


_CONDITIONS: dict[str, Callable[[xr.DataArray, list[str]], Any]] = {
    "types": _by_type,
    "regions": lambda signal, wanted: _matching(_coordinate(signal, "region"), wanted, "regions"),
    "names": lambda signal, wanted: _matching(
        _coordinate(signal, space_dim(signal)), wanted, "names"
    ),
}
