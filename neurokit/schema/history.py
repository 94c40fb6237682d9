"""What was done to a recording: a JSON list in ``attrs["history"]``, one entry per step.

The hash of a step covers the source's identity and the steps before it, never values, so
that lazy data stay lazy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from neurokit._version import __version__

Labelled = TypeVar("Labelled", xr.DataTree, xr.Dataset, xr.DataArray)

_IDENTITY = ("source", "source_sha256", "loader", "loader_options", "subject", "session")


def as_history(x: xr.DataTree | xr.Dataset | xr.DataArray) -> list[dict[str, Any]]:
    """Return the steps that led to `x`, oldest first.

    Parameters
    ----------
    x : DataTree, Dataset or DataArray
        Anything with attrs, of any dims.

    Returns
    -------
    list of dict
        Each with function, parameters, version, seed and hash.

    Examples
    --------
    >>> import neurokit as nk
    >>> rec = nk.simulate.recording("calcium", random_state=0)
    >>> [step["function"] for step in as_history(nk.signal.scale(rec))][-1]
    'signal.scale'
    """
    steps: list[dict[str, Any]] = json.loads(str(x.attrs.get("history", "[]")))
    return steps


def _plain(value: Any) -> Any:
    """Reduce a parameter to what JSON holds; arrays become their shape and dtype."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if np.isfinite(number) else str(number)
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | range):
        return [_plain(item) for item in value]
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"<array {tuple(value.shape)} {value.dtype}>"
    if isinstance(value, np.random.Generator):
        return "<Generator>"
    return str(value)


def add_history(
    x: Labelled,
    function: str,
    parameters: Mapping[str, Any] | None = None,
    seed: object = None,
) -> Labelled:
    """Return a shallow copy of `x` whose history has one more step.

    Parameters
    ----------
    x : DataTree, Dataset or DataArray
        The result of the step.
    function : str
        Public name of the step, for example ``signal.smooth``.
    parameters : mapping, optional
        Its arguments; arrays are kept as shape and dtype only.
    seed : object, optional
        The `random_state` it was given.

    Returns
    -------
    same type as `x`
        Shares its data with `x`.

    Examples
    --------
    >>> x = add_history(xr.DataArray([1.0, 2.0]), "mylab.detrend", {"order": 1})
    >>> as_history(x)[-1]["function"]
    'mylab.detrend'
    """
    steps: list[dict[str, Any]] = as_history(x)
    step = {
        "function": function,
        "parameters": _plain(dict(parameters or {})),
        "version": __version__,
        "seed": _plain(seed),
    }
    identity = {key: str(x.attrs.get(key, "")) for key in _IDENTITY}
    digest = hashlib.sha256(json.dumps([identity, steps, step]).encode()).hexdigest()
    out = x.copy(deep=False)
    out.attrs = {**x.attrs, "history": json.dumps([*steps, {**step, "hash": digest[:16]}])}
    return out
