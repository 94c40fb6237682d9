"""Times and readings as users have them, as arrays that were checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError, TimeError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def sequences(times: Any, states: Any, n_states: int) -> tuple[list[Array], list[Index], list[str]]:
    """Return the sequences of times and readings, and what to call them in messages.

    Parameters
    ----------
    times : array, DataArray, or list or mapping of them
        Seconds, increasing within a sequence.
    states : same, or None
        Readings 0 to n_states - 1; -1 or NaN where nothing was read. None takes `times` as
        DataArrays of readings with a coordinate ``time``.
    n_states : int
        K.

    Returns
    -------
    times : list of ndarray
        float64.
    states : list of ndarray
        int64, -1 where nothing was read.
    names : list of str
        ``times``, ``times[0]``, ``times['a']``...

    Raises
    ------
    SchemaError
        If the two do not fit each other, or nothing was read.
    TimeError
        If times do not increase.
    OptionError
        If a reading is no state.
    """
    if states is None:
        times, states = _own_times(times)
    moments, names = _items(times, "times")
    readings, others = _items(states, "states")
    if [n.removeprefix("times") for n in names] != [o.removeprefix("states") for o in others]:
        raise SchemaError(
            f"{len(moments)} sequences of times, {len(readings)} of readings or other keys",
            where="states",
            mend="Give one sequence of readings per sequence of times.",
        )
    clocks = [clock_of(t, name) for t, name in zip(moments, names, strict=True)]
    paths = [_path(s, n_states, name) for s, name in zip(readings, others, strict=True)]
    for t, s, name in zip(clocks, paths, others, strict=True):
        if t.size != s.size:
            raise SchemaError(
                f"{s.size} readings at {t.size} times", where=name, mend="Give one per time."
            )
    if not any((s >= 0).any() for s in paths):
        raise SchemaError("nothing was read", where="states", mend="Give at least one reading.")
    return clocks, paths, names


def _own_times(x: Any) -> tuple[Any, Any]:
    if isinstance(x, Mapping):
        return {key: _time_of(item) for key, item in x.items()}, x
    if isinstance(x, list | tuple):
        return [_time_of(item) for item in x], list(x)
    return _time_of(x), x


def _time_of(x: Any) -> Any:
    if isinstance(x, xr.DataArray) and "time" in x.coords:
        return x["time"].values
    raise SchemaError(
        f"is {type(x).__name__} without times", where="states", mend="Call fit(times, states)."
    )


def _items(x: Any, name: str) -> tuple[list[Any], list[str]]:
    if isinstance(x, Mapping):
        return list(x.values()), [f"{name}[{key!r}]" for key in x]
    if isinstance(x, list | tuple) and len(x) and np.ndim(x[0]) == 1:
        return list(x), [f"{name}[{k}]" for k in range(len(x))]
    return [x], [name]


def clock_of(times: Any, name: str) -> Array:
    """Return a row of increasing, finite times.

    Parameters
    ----------
    times : array_like
        Seconds.
    name : str
        What an error calls them.

    Returns
    -------
    (n_times,) ndarray
        float64.

    Raises
    ------
    SchemaError
        If it is empty or no row.
    TimeError
        If it holds NaN or infinity, or does not increase.
    """
    t = np.asarray(times, dtype=np.float64)
    if t.ndim != 1 or t.size == 0:
        raise SchemaError(f"has shape {t.shape}", where=name, mend="Give a row of times.")
    if not np.isfinite(t).all():
        raise TimeError("holds NaN or infinity", where=name, mend="Drop these readings.")
    stuck = np.flatnonzero(np.diff(t) <= 0)
    if stuck.size:
        k = int(stuck[0])
        raise TimeError(
            f"does not increase from place {k} ({t[k]:g} s) to {k + 1} ({t[k + 1]:g} s)",
            where=name,
            mend="Sort the readings and keep one per time.",
        )
    return t


def _path(states: Any, n_states: int, name: str) -> Index:
    given = np.asarray(states)
    if given.dtype.kind not in "iufb" or given.ndim != 1:
        raise SchemaError(
            f"has shape {given.shape} and type {given.dtype}",
            where=name,
            mend="Give a row of whole numbers.",
        )
    values = np.where(np.isnan(given.astype(np.float64)), -1, given)
    wrong = (values != np.round(values)) | (values < -1) | (values >= n_states)
    if wrong.any():
        raise OptionError(
            f"holds {values[wrong][0]:g}",
            where=name,
            mend=f"States are 0 to {n_states - 1}; -1 or NaN where nothing was read.",
        )
    return np.asarray(values, dtype=np.int64)
