"""What a user may give to a spike GLM, checked and brought to arrays of bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import runs, sampling_rate, signal_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bins:
    """Counts and features of the same bins, trials end to end."""

    counts: Array | None
    features: Array
    runs: list[slice]
    rate: float
    timed: bool
    shape: tuple[int, ...]
    template: xr.DataArray | None
    target: str
    target_labels: NDArray[Any] | None
    feature_labels: NDArray[Any] | None


def as_bins(X: Any, Y: Any) -> Bins:
    """Bring features and counts together.

    Parameters
    ----------
    X : DataArray, array or None
        (time, feature) or (trial, time, feature); None for no features.
    Y : recording, DataArray, array or None
        Counts, (time, neuron) or (trial, time, neuron); None where only X predicts.

    Returns
    -------
    Bins
        Trials become runs.

    Raises
    ------
    SchemaError
        If dims are not those, counts are negative or infinite.
    LabelError
        If X and Y differ in their bins.
    """
    y = None if Y is None else _labelled(Y, "Y", "neuron")
    x = None if X is None else _labelled(X, "X", "feature")
    if x is None and y is None:
        raise OptionError("neither X nor Y is given", where="X", mend="Give features or counts.")
    lead = y if y is not None else x
    assert lead is not None
    if x is not None and y is not None:
        _check_same(x, y)
    n = int(np.prod(lead.shape[:-1]))
    counts = None if y is None else _checked_counts(y).reshape(n, y.shape[-1])
    features = np.zeros((n, 0)) if x is None else _numbers(x, "X").reshape(n, x.shape[-1])
    # Plain arrays and arrays without a clock count in bins.
    timed = "time" in lead.coords
    return Bins(
        counts,
        features,
        _runs(lead),
        sampling_rate(lead) if timed else 1.0,
        timed,
        lead.shape[:-1],
        lead if isinstance(Y if y is not None else X, xr.DataArray | xr.DataTree) else None,
        "neuron" if y is None else str(y.dims[-1]),
        _labels(y),
        _labels(x),
    )


def _labels(x: xr.DataArray | None) -> NDArray[Any] | None:
    if x is None or x.dims[-1] not in x.coords:
        return None
    return np.asarray(x[x.dims[-1]].values)


def _labelled(values: Any, where: str, last: str) -> xr.DataArray:
    if isinstance(values, xr.DataTree):
        values = signal_of(values)
    if hasattr(values, "toarray"):
        raise SchemaError("is sparse", where=where, mend="Give a dense array: x.toarray().")
    if not isinstance(values, xr.DataArray):
        array = np.asarray(values)
        if array.ndim == 1:
            array = array[:, None]
        dims = ["time", last] if array.ndim == 2 else ["trial", "time", last]
        if array.ndim not in (2, 3):
            raise SchemaError(
                f"has shape {array.shape}", where=where, mend=f"Give (time, {last}) bins."
            )
        return xr.DataArray(array, dims=dims)
    if "time" not in values.dims or not 1 <= values.ndim <= 3:
        raise SchemaError(
            f"has dims {tuple(values.dims)}", where=where, mend=f"Give (time, {last}) bins."
        )
    if values.ndim == 1:
        values = values.expand_dims({last: [str(values.name or last)]})
    lead = ["trial", "time"] if "trial" in values.dims else ["time"]
    rest = [dim for dim in values.dims if dim not in lead]
    if len(rest) != 1:
        raise SchemaError(
            f"has dims {tuple(values.dims)}", where=where, mend=f"Give (time, {last}) bins."
        )
    ordered: xr.DataArray = values.transpose(*lead, *rest)
    return ordered


def _check_same(x: xr.DataArray, y: xr.DataArray) -> None:
    if x.shape[:-1] != y.shape[:-1]:
        raise LabelError(
            f"X has {x.shape[:-1]} bins and Y {y.shape[:-1]}",
            where="X",
            mend="Bring features onto the bins of the counts, as with nk.signal.resample.",
        )
    if (
        "time" in x.coords
        and "time" in y.coords
        and not x.indexes["time"].equals(y.indexes["time"])
    ):
        raise LabelError(
            "X and Y differ in their time",
            where="X",
            mend="Bring features onto the bins of the counts, as with nk.signal.resample.",
        )


def _numbers(x: xr.DataArray, where: str) -> Array:
    if x.dtype.kind == "c":
        raise SchemaError("Complex data not supported", where=where, mend="Give real numbers.")
    if x.dtype.kind not in "fiub":
        raise SchemaError(f"is of type {x.dtype}", where=where, mend="Give real numbers.")
    if not x.shape[-1]:
        raise SchemaError(
            f"has 0 {x.dims[-1]}(s) (shape={x.shape}) while a minimum of 1 is required",
            where=where,
            mend="Give data, or None for X.",
        )
    values = np.asarray(x.values, dtype=np.float64)
    if np.isinf(values).any():
        raise SchemaError("holds infinities", where=where, mend="Set them to NaN to skip them.")
    return values


def _checked_counts(y: xr.DataArray) -> Array:
    values = _numbers(y, "Y")
    if (values < 0).any():
        raise SchemaError("holds negative counts", where="Y", mend="Give spikes per bin.")
    return values


def _runs(x: xr.DataArray) -> list[slice]:
    if "trial" in x.dims:
        n = x.sizes["time"]
        return [slice(i * n, (i + 1) * n) for i in range(x.sizes["trial"])]
    return runs(x)
