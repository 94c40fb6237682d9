"""Features and targets of the same samples, and the folds that split them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.folds import Fold
from neurokit.encoding.labels import LARGEST
from neurokit.encoding.splits import folds_of
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import signal_of
from neurokit.stats import BlockedCV

Array = NDArray[np.float64]

# Dims that hold samples, before others.
SAMPLE_DIMS = ("event", "trial", "stimulus", "time", "sample")


@dataclass(frozen=True)
class Samples:
    """Targets with samples first, and arrays of what is predicted from what.

    `x` maps names of feature sets to (n, p) arrays, `y` is (n, t), `targets` is Y with its
    sample dim `dim` first.
    """

    x: dict[str, Array]
    y: Array
    targets: xr.DataArray
    dim: str

    def per_target(self, values: Array, name: str, lead: str | None = None) -> xr.DataArray:
        """Return (..., t) values with the dims and coordinates of the targets."""
        template = self.targets.isel({self.dim: 0}, drop=True)
        first = [] if lead is None else [lead]
        shape = values.shape[: values.ndim - 1]
        out = xr.DataArray(
            values.reshape((*shape, *template.shape)), dims=[*first, *template.dims], name=name
        )
        return out.assign_coords(template.coords)

    def per_sample(self, values: Array, name: str) -> xr.DataArray:
        """Return (n, t) values with the dims and coordinates of Y."""
        bare: xr.DataArray = self.targets.copy(data=values.reshape(self.targets.shape))
        out = bare.rename(name)
        out.attrs = {k: v for k, v in out.attrs.items() if k == "history"}
        return out


def as_samples(X: Any, Y: Any) -> Samples:
    """Bring features and targets together.

    Parameters
    ----------
    X : DataArray, array or mapping of them
        Features, samples first in an array; a mapping holds several sets.
    Y : recording, DataArray or array
        Targets; samples are ``event``, ``trial``, ``stimulus``, ``time`` or ``sample``, whichever
        is there first, else the first dim.

    Returns
    -------
    Samples
        In float64.

    Raises
    ------
    LabelError
        If they differ in their samples.
    SchemaError
        If values are missing or no numbers.
    """
    targets = _targets(Y)
    dim = str(targets.dims[0])
    sets = X if isinstance(X, Mapping) else {"X": X}
    if not sets:
        raise OptionError("holds no set of features", where="X", mend="Give at least one.")
    x = {str(name): _features(values, targets, str(name)) for name, values in sets.items()}
    return Samples(x, _columns(targets), targets, dim)


def as_targets(Y: Any) -> Samples:
    """Bring targets alone to (n, t).

    Parameters
    ----------
    Y : recording, DataArray or array
        As in `as_samples`.

    Returns
    -------
    Samples
        Without features.
    """
    targets = _targets(Y)
    return Samples({}, _columns(targets), targets, str(targets.dims[0]))


def _columns(targets: xr.DataArray) -> Array:
    if not targets.size:
        raise SchemaError(
            f"has shape {targets.shape}: no target or no sample", where="Y", mend="Give some."
        )
    return _finite(targets, "Y").reshape(targets.shape[0], -1)


def _targets(Y: Any) -> xr.DataArray:
    if isinstance(Y, xr.DataTree):
        Y = signal_of(Y)
    if not getattr(Y, "ndim", 1):
        raise SchemaError("is a single number", where="Y", mend="Give (samples, targets).")
    if not isinstance(Y, xr.DataArray):
        values = np.asarray(Y)
        if values.ndim == 0:
            raise SchemaError("is a single number", where="Y", mend="Give (samples, targets).")
        names = ["target"] if values.ndim == 2 else [f"target_{i}" for i in range(values.ndim - 1)]
        return xr.DataArray(values, dims=["sample", *names])
    dim = next((d for d in SAMPLE_DIMS if d in Y.dims), Y.dims[0])
    ordered: xr.DataArray = Y.transpose(dim, ...)
    return ordered


def _features(values: Any, targets: xr.DataArray, where: str) -> Array:
    dim, n = targets.dims[0], targets.shape[0]
    if isinstance(values, xr.DataArray) and dim in values.dims:
        values = values.transpose(dim, ...)
        if dim in values.coords and dim in targets.coords and not values.indexes[dim].equals(
            targets.indexes[dim]
        ):  # fmt: skip
            raise LabelError(
                f"X and Y differ in their {dim}",
                where=where,
                mend="Bring both onto the same samples, as with nk.signal.resample.",
            )
    elif isinstance(values, xr.DataArray) and dim != "sample":
        raise LabelError(
            f"X has dims {tuple(values.dims)}, no {dim!r}", where=where, mend="Name it alike."
        )
    array = _finite(values, where)
    if array.ndim == 0 or array.shape[0] != n:
        raise LabelError(
            f"X has shape {array.shape} for {n} samples of Y", where=where, mend="Match samples."
        )
    if not array.size:
        raise SchemaError(
            f"has shape {array.shape}: no feature", where=where, mend="Give at least one."
        )
    return array.reshape(n, -1)


def _finite(values: Any, where: str) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise SchemaError(f"is of type {array.dtype}", where=where, mend="Give real numbers.")
    array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        raise SchemaError(
            "holds NaN or infinities", where=where, mend="Drop those samples or targets first."
        )
    largest = float(np.abs(array).max(initial=0.0))
    if largest > LARGEST:
        raise SchemaError(
            f"holds {largest:.3g}, whose square is no number",
            where=where,
            mend="Give it in other units.",
        )
    return array


def outer_folds(cv: Any, samples: Samples, n_splits: int = 5) -> list[Fold]:
    """Return the folds of a splitter, or of `n_splits` contiguous blocks.

    Parameters
    ----------
    cv : splitter, iterable of (train, test), int or None
        None for blocks without a gap.
    samples : Samples
        What is split; its time and runs are read.
    n_splits : int, default 5
        Blocks where `cv` is None.

    Returns
    -------
    list of (train, test)
        Row numbers, increasing.

    Raises
    ------
    OptionError
        If `cv` is none of these or does not fit the samples.
    """
    clock = samples.targets.isel(dict.fromkeys(samples.targets.dims[1:], 0), drop=True)
    return folds_of(BlockedCV(n_splits) if cv is None else cv, clock)


def inner_folds(
    cv: Any, samples: Samples, outer: Sequence[Fold], n_splits: int = 4
) -> list[list[Fold]]:
    """Return blocks within each training set, with the gap and groups of `cv`.

    Parameters
    ----------
    cv : object
        As of `outer_folds`; a `BlockedCV` hands on its gap and groups.
    samples : Samples
        What is split.
    outer : sequence of (train, test)
        From `outer_folds`.
    n_splits : int, default 4
        Blocks per training set.

    Returns
    -------
    list of list of (train, test)
        Row numbers of all samples.
    """
    gap, groups = (cv.gap, cv.groups) if isinstance(cv, BlockedCV) else (0.0, None)
    found = []
    for train, _ in outer:
        part = samples.targets.isel({samples.dim: train})
        labels = groups
        if groups is not None and not isinstance(groups, str):
            labels = np.asarray(groups)[train]
        split = BlockedCV(n_splits, groups=labels, gap=gap).split(part)
        found.append([(train[a], train[b]) for a, b in split])
    return found
