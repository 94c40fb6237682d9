"""Labelled activity patterns as plain arrays: which rows are which condition in which fold."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, SchemaError, suggest
from neurokit.schema.select import signal_of

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Labels = str | ArrayLike

# Dims that patterns run over, and names that conditions have, the first one that is there.
FEATURE_DIMS = ("channel", "neuron", "voxel", "vertex", "unit", "feature")
CONDITION_NAMES = ("condition", "trial_type", "stimulus", "trial", "observation")


@dataclass(frozen=True)
class Patterns:
    """Observations of one or many systems with the same design.

    Parameters
    ----------
    values : (n_items, n_observations, n_features) ndarray of float64
        One item per subject, region, time...
    condition : (n_observations,) ndarray of int
        Position in `conditions`.
    conditions : (n_conditions,) ndarray
        Labels in order of appearance.
    fold : (n_observations,) ndarray of int, optional
        Position in `folds`.
    folds : (n_folds,) ndarray, optional
        Labels of folds, sorted.
    features : (n_features,) ndarray
        Labels of channels, neurons...
    feature_dim : str
        Their dim.
    items : DataArray
        An array over the dims of the items, without values of interest, for their coordinates.
    """

    values: Array
    condition: Index
    conditions: NDArray[Any]
    fold: Index | None
    folds: NDArray[Any] | None
    features: NDArray[Any]
    feature_dim: str
    items: xr.DataArray

    @property
    def n_conditions(self) -> int:
        """Number of conditions."""
        return len(self.conditions)

    def without_mean(self) -> Patterns:
        """Return the patterns with each observation's mean over features taken out."""
        means = _seen_mean(self.values)
        return replace(self, values=self.values - means[..., None])


def _seen_mean(values: Array) -> Array:
    seen = np.isfinite(values)
    total = np.where(seen, values, 0.0).sum(axis=-1)
    means: Array = total / np.maximum(seen.sum(axis=-1), 1)
    return means


def read_patterns(
    x: xr.DataTree | xr.DataArray | ArrayLike,
    conditions: Labels | None,
    folds: Labels | None,
) -> Patterns:
    """Turn what a user gives into `Patterns`.

    Parameters
    ----------
    x : recording, DataArray or array_like
        A plain array is (..., observation, feature).
    conditions : str or array_like, optional
        Name of a coordinate, or one label per observation.
    folds : str or array_like, optional
        As `conditions`.

    Returns
    -------
    Patterns
        Ready for the cores.

    Raises
    ------
    LabelError
        If a name is no coordinate or labels do not fit.
    SchemaError
        If dims do not say what is a pattern.
    """
    design, item = read_items(x, conditions, folds)
    shape = (len(design.condition), len(design.features))
    values = np.empty((design.items.size, *shape))
    for k in range(len(values)):
        values[k] = item(k)
    return replace(design, values=values)


def read_items(
    x: xr.DataTree | xr.DataArray | ArrayLike,
    conditions: Labels | None,
    folds: Labels | None,
) -> tuple[Patterns, Callable[[int], Array]]:
    """Read the design, and the values of one item at a time, so that lazy arrays stay lazy.

    Parameters
    ----------
    x, conditions, folds
        As `read_patterns` takes them.

    Returns
    -------
    patterns : Patterns
        Without values.
    item : callable
        Of the number of an item: its (n_observations, n_features) values.

    Raises
    ------
    LabelError, SchemaError
        As `read_patterns` does.
    """
    array = _as_dataarray(x)
    if array.size == 0:
        sizes = {str(dim): size for dim, size in array.sizes.items()}
        raise SchemaError(f"holds no value, {sizes}", where="patterns", mend="Give responses.")
    require_real(array.dtype, "patterns")
    feature_dim = _feature_dim(array)
    condition = _coordinate(array, conditions, "conditions", feature_dim)
    fold = None if folds is None else _coordinate(array, folds, "folds", feature_dim)
    observation_dims = list(condition.dims)
    if fold is not None:
        observation_dims += [dim for dim in fold.dims if dim not in observation_dims]
    item_dims = [dim for dim in array.dims if dim not in (*observation_dims, feature_dim)]
    ordered = array.transpose(*item_dims, *observation_dims, feature_dim).variable
    shape = [array.sizes[dim] for dim in observation_dims]
    n_features = array.sizes[feature_dim]
    codes, labels = _codes(_spread(condition, observation_dims, shape), ordered=False)
    fold_codes, fold_labels = (None, None)
    if fold is not None:
        fold_codes, fold_labels = _codes(_spread(fold, observation_dims, shape), ordered=True)
    items = _items(array, item_dims)

    def item(k: int) -> Array:
        place = np.unravel_index(k, items.shape) if items.ndim else ()
        one = ordered[tuple(int(i) for i in place)].values
        return np.array(one, dtype=np.float64).reshape(int(np.prod(shape)), n_features)

    design = Patterns(
        values=np.empty((0, int(np.prod(shape)), n_features)),
        condition=codes,
        conditions=labels,
        fold=fold_codes,
        folds=fold_labels,
        features=_labels_of(array, feature_dim),
        feature_dim=str(feature_dim),
        items=items,
    )
    return design, item


def require_real(dtype: np.dtype[Any], where: str) -> None:
    """Refuse what would turn into numbers by dropping a part or by being read as text.

    Parameters
    ----------
    dtype : numpy dtype
        Of the values.
    where : str
        The argument's name.

    Raises
    ------
    SchemaError
        If they are no real numbers or booleans.
    """
    if dtype.kind not in "biuf":
        raise SchemaError(f"holds {dtype}", where=where, mend="Give real numbers.")


def _as_dataarray(x: xr.DataTree | xr.DataArray | ArrayLike) -> xr.DataArray:
    if isinstance(x, xr.DataTree):
        return signal_of(x)
    if isinstance(x, xr.DataArray):
        return x
    try:
        values = np.asarray(x)
    except ValueError as error:
        raise SchemaError("are no table", where="patterns", mend="Give one length.") from error
    if values.ndim < 2:
        raise SchemaError(
            f"has shape {values.shape}", where="patterns", mend="Give (observation, feature)."
        )
    lead = [f"item_{k}" for k in range(values.ndim - 2)]
    return xr.DataArray(values, dims=[*lead, "observation", "feature"])


def _feature_dim(array: xr.DataArray) -> Hashable:
    found = [dim for dim in FEATURE_DIMS if dim in array.dims]
    if len(found) != 1:
        raise SchemaError(
            f"dims are {tuple(array.dims)}",
            where="patterns",
            mend=f"Give them one dim of {', '.join(FEATURE_DIMS)}.",
        )
    return found[0]


def _coordinate(
    array: xr.DataArray, given: Labels | None, where: str, feature_dim: Hashable
) -> xr.DataArray:
    if given is None:
        given = _default_conditions(array)
    if isinstance(given, str):
        return _named(array, given, where, feature_dim)
    try:
        labels = np.asarray(given)
    except ValueError as error:
        raise LabelError("are no list", where=where, mend="Give one label each.") from error
    dims = [dim for dim in array.dims if dim in CONDITION_NAMES]
    fits = [dim for dim in dims if array.sizes[dim] == labels.size]
    if labels.ndim != 1 or len(fits) != 1:
        sizes = {str(dim): array.sizes[dim] for dim in dims}
        raise LabelError(
            f"{labels.shape} labels for observations {sizes}",
            where=where,
            mend="Give one label per observation, or the name of a coordinate.",
        )
    return xr.DataArray(labels, dims=fits)


def _default_conditions(array: xr.DataArray) -> str:
    for name in CONDITION_NAMES:
        if name in array.coords or name in array.dims:
            return name
    raise SchemaError(
        f"dims are {tuple(array.dims)}",
        where="conditions",
        mend="Name the coordinate that holds the conditions.",
    )


def _named(array: xr.DataArray, name: str, where: str, feature_dim: Hashable) -> xr.DataArray:
    if name not in array.coords:
        if name in array.dims:
            return xr.DataArray(np.arange(array.sizes[name]), dims=[name])
        known = [str(c) for c in array.coords]
        raise LabelError(
            f"there is no coordinate {name!r}{suggest(name, known)}",
            where=where,
            mend=f"There are: {', '.join(known) or 'none'}.",
        )
    found: xr.DataArray = array.coords[name]
    if found.ndim == 0 or feature_dim in found.dims:
        raise LabelError(
            f"coordinate {name!r} has dims {tuple(found.dims)}",
            where=where,
            mend="Name a coordinate that runs over observations.",
        )
    return found


def _spread(labels: xr.DataArray, dims: list[Hashable], shape: list[int]) -> NDArray[Any]:
    """Labels of every observation, whatever part of the observation's dims they run over."""
    place = [shape[k] if dim in labels.dims else 1 for k, dim in enumerate(dims)]
    ordered = labels.transpose(*[dim for dim in dims if dim in labels.dims])
    return np.broadcast_to(ordered.values.reshape(place), shape).reshape(-1)


def _codes(labels: NDArray[Any], *, ordered: bool) -> tuple[Index, NDArray[Any]]:
    if pd.isnull(labels).any():
        raise LabelError("a label is NaN", where="labels", mend="Leave those observations out.")
    if labels.dtype.kind == "O":
        labels = labels.astype(str)
    unique, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1).astype(np.int64)
    if ordered:
        return inverse, unique
    appearance = np.argsort(first, kind="stable")
    rank = np.empty_like(appearance)
    rank[appearance] = np.arange(len(appearance))
    return rank[inverse].astype(np.int64), unique[appearance]


def _labels_of(array: xr.DataArray, dim: Hashable) -> NDArray[Any]:
    return array[dim].values if dim in array.coords else np.arange(array.sizes[dim])


def _items(array: xr.DataArray, dims: list[Hashable]) -> xr.DataArray:
    coords = {
        name: c.variable
        for name, c in array.coords.items()
        if set(c.dims) <= set(dims) and str(name) not in ("condition_1", "condition_2", "pair")
    }
    shape = [array.sizes[dim] for dim in dims]
    return xr.DataArray(np.zeros(shape), coords, dims)
