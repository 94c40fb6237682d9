"""From what users give to rows of features and targets, and back to labelled results.

A recording, a DataArray, several of them, or plain arrays become (sample, feature) and
(sample, target); dims that features and targets share are samples, all others stay labels.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.targets import LabelledRows, StackedRows
from neurokit.errors import LabelError, SchemaError
from neurokit.schema import signal_of

Array = NDArray[np.float64]

# Sums of squares of larger numbers overflow.
LARGEST = 1e150


@dataclass
class Labels:
    """Dims and coordinates of one side of a fit.

    Parameters
    ----------
    dims : tuple
        Names; none for a single target.
    sizes : tuple of int
        One per dim.
    coords : dict
        Coordinates on these dims.
    """

    dims: tuple[Hashable, ...]
    sizes: tuple[int, ...]
    coords: dict[Hashable, Any]

    @property
    def size(self) -> int:
        """Number of columns."""
        return int(np.prod(self.sizes, dtype=int))

    def other(self, suffix: str) -> Labels:
        """Return the same labels under other names, for matrices with two such sides."""
        names = {dim: f"{dim}{suffix}" for dim in self.dims}
        coords: dict[Hashable, Any] = {
            names[dim]: (names[dim], np.asarray(self.coords[dim].values))
            for dim in self.dims
            if dim in self.coords
        }
        return Labels(tuple(names.values()), self.sizes, coords)


@dataclass
class Rows:
    """Samples in rows, with the labels to go back.

    Parameters
    ----------
    samples : DataArray
        (sample,) without meaning in its values; its coordinates ``time`` and ``run`` say where
        each sample is from.
    x : (n, p) ndarray
        Features.
    y : array-like, (n, t)
        Targets, perhaps not in memory; see `Targets`.
    features, targets : Labels
        Of the columns.
    single : bool
        Whether both are of float32.
    """

    samples: xr.DataArray
    x: NDArray[Any]
    y: Any
    features: Labels
    targets: Labels
    single: bool


def wrap(values: NDArray[Any], *sides: Labels, **extra: Any) -> xr.DataArray:
    """Return a labelled array from columns.

    Parameters
    ----------
    values : ndarray
        One axis per side.
    *sides : Labels
        What the axes are.
    **extra
        Further arguments of DataArray.

    Returns
    -------
    DataArray
        With all dims of all sides.
    """
    dims = [dim for side in sides for dim in side.dims]
    shape = [size for side in sides for size in side.sizes]
    coords = {name: value for side in sides for name, value in side.coords.items()}
    return xr.DataArray(values.reshape(shape), dims=dims, coords=coords, **extra)


def named(name: str, values: Any, **attrs: Any) -> Labels:
    """Return labels of one further dim, such as alpha.

    Parameters
    ----------
    name : str
        Dim.
    values : array_like
        Its coordinate.
    **attrs
        Of the coordinate.

    Returns
    -------
    Labels
        Of one dim.
    """
    array = np.asarray(values)
    return Labels((name,), (array.size,), {name: xr.Variable((name,), array, attrs)})


def as_rows(X: Any, Y: Any) -> Rows:
    """Bring features and targets to rows.

    Parameters
    ----------
    X, Y : recording, DataArray, array, or list or mapping of them
        A recording as X gives its stimulus, as Y its signal. Y None takes both from X.

    Returns
    -------
    Rows
        All that a fit needs.

    Raises
    ------
    SchemaError
        If they are not numbers or of other shapes.
    LabelError
        If labels of X and Y, or of several recordings, do not match.
    """
    pairs = _pairs(X, Y)
    if not pairs:
        raise SchemaError("is empty", where="X", mend="Give at least one recording.")
    parts = [_one(x, y) for x, y in pairs]
    if not all(part.targets.size for part in parts):
        raise SchemaError("holds no target", where="Y", mend="Give at least one.")
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    for number, part in enumerate(parts[1:], 1):
        check_same(first.features, part.features, f"X[{number}]")
        check_same(first.targets, part.targets, f"Y[{number}]")
    return Rows(
        _join([part.samples for part in parts]),
        np.concatenate([part.x for part in parts]),
        StackedRows([part.y for part in parts]),
        first.features,
        first.targets,
        all(part.single for part in parts),
    )


def swapped(rows: Rows) -> Rows:
    """Return the rows with features and targets in each other's place.

    Parameters
    ----------
    rows : Rows
        From `as_rows`.

    Returns
    -------
    Rows
        Features are in memory.

    Raises
    ------
    SchemaError
        If what become features are not finite numbers.
    """
    n, size = len(rows.x), rows.targets.size
    x = as_matrix(np.asarray(rows.y[slice(0, n), slice(0, size)]), "Y")
    features = rows.targets if rows.targets.dims else Labels(("target",), (1,), {})
    return Rows(rows.samples, x, rows.x, features, rows.features, rows.single)


def _pairs(X: Any, Y: Any) -> list[tuple[Any, Any]]:
    if not several(X):
        return [(X, Y)]
    if Y is None:
        return [(x, None) for x in (X.values() if isinstance(X, Mapping) else X)]
    if isinstance(X, Mapping):
        if not isinstance(Y, Mapping) or set(X) != set(Y):
            raise LabelError(
                "has other keys than X", where="Y", mend="Give one entry of Y per entry of X."
            )
        return [(X[key], Y[key]) for key in X]
    if not several(Y) or len(X) != len(Y):
        raise LabelError(
            "has not one entry per entry of X", where="Y", mend="Give lists of equal length."
        )
    return list(zip(X, Y, strict=True))


def several(x: Any) -> bool:
    """Return whether x is several recordings and not rows of one array.

    Parameters
    ----------
    x : object
        What a user gave.

    Returns
    -------
    bool
        True for mappings, and for lists of DataArrays, recordings or matrices.
    """
    if isinstance(x, xr.DataTree | xr.Dataset) or hasattr(x, "toarray"):
        return False  # a sparse matrix can be a mapping
    if isinstance(x, Mapping):
        return True
    kinds = xr.DataArray | xr.DataTree
    if not isinstance(x, list | tuple) or not x:
        return False
    matrices = all(isinstance(one, np.ndarray) and one.ndim == 2 for one in x)
    return matrices or all(isinstance(one, kinds) for one in x)


def _one(X: Any, Y: Any) -> Rows:
    if isinstance(X, xr.DataTree) and Y is None:
        Y = X
    if Y is None:
        raise SchemaError(
            "requires y to be passed, but the target y is None", where="Y", mend="Give targets."
        )
    x = _stimulus(X) if isinstance(X, xr.DataTree) else X
    y = signal_of(Y) if isinstance(Y, xr.DataTree) else Y
    if isinstance(x, xr.DataArray) != isinstance(y, xr.DataArray):
        x, y = _like_the_labelled(x, y)
    if isinstance(x, xr.DataArray):
        return _labelled(x, y)
    return _plain(x, y)


def _stimulus(rec: xr.DataTree) -> xr.DataArray:
    if "stimulus" not in rec.children or "feature_values" not in rec["stimulus"].data_vars:
        raise SchemaError(
            "has no /stimulus/feature_values",
            where="X",
            mend="Give features as a DataArray with the time axis of the signal.",
        )
    values = rec["stimulus/feature_values"]
    assert isinstance(values, xr.DataArray)
    return values


def _like_the_labelled(x: Any, y: Any) -> tuple[xr.DataArray, xr.DataArray]:
    """Give the plain one of both the sample dim, its first, of the labelled one."""
    labelled = x if isinstance(x, xr.DataArray) else y
    dim = labelled.dims[0]
    side = "target" if labelled is x else "feature"
    plain = np.asarray(y if labelled is x else x)
    if plain.ndim not in (1, 2) or plain.shape[0] != labelled.shape[0]:
        raise SchemaError(
            f"has shape {plain.shape} for {labelled.shape[0]} samples along {dim!r}",
            where="Y" if labelled is x else "X",
            mend="Give one row per sample.",
        )
    coords = {n: c for n, c in labelled.coords.items() if c.dims == (dim,)}
    other = xr.DataArray(plain, dims=(dim, side)[: plain.ndim], coords=coords)
    return (x, other) if labelled is x else (other, y)


def as_matrix(values: Any, where: str) -> NDArray[Any]:
    """Return plain numbers, (n, p), finite, in float32 where they are that, else in float64.

    Parameters
    ----------
    values : array_like
        Two-dimensional.
    where : str
        The argument's name.

    Returns
    -------
    ndarray
        Not a copy where none is needed.

    Raises
    ------
    SchemaError
        If they are not real, finite and two-dimensional.
    """
    if hasattr(values, "toarray"):
        raise SchemaError("is sparse", where=where, mend="Give a dense array: x.toarray().")
    array = np.asarray(values)
    if array.dtype.kind == "c":
        raise SchemaError("Complex data not supported", where=where, mend="Give real numbers.")
    if array.ndim != 2:
        raise SchemaError(
            f"Expected 2D array, got {array.ndim}D",
            where=where,
            mend="Reshape your data to (n, p).",
        )
    if array.shape[0] == 0 or array.shape[1] == 0:
        raise SchemaError(
            f"Found array with {array.shape[0]} sample(s) and {array.shape[1]} feature(s) "
            f"(shape={array.shape}) while a minimum of 1 is required",
            where=where,
            mend="Give data.",
        )
    if array.dtype != np.float32:
        try:
            array = array.astype(np.float64)
        except ValueError as error:  # a TypeError, of objects, is what scikit-learn asks for
            raise SchemaError(
                f"is of type {array.dtype}", where=where, mend="Give real numbers."
            ) from error
    _check_size(float(array.min()), float(array.max()), where)
    return array


def _check_size(low: float, high: float, where: str) -> None:
    """Raise unless all numbers between are finite and have squares; NaN is both ends."""
    if not (np.isfinite(low) and np.isfinite(high)):
        raise SchemaError(
            "holds NaN or infinity", where=where, mend="Drop those samples, or fill them first."
        )
    if max(-low, high) > LARGEST:
        raise SchemaError(
            f"holds {max(-low, high):.3g}, whose square is no number",
            where=where,
            mend="Give it in other units.",
        )


def _plain(X: Any, Y: Any) -> Rows:
    x = as_matrix(X, "X")
    y = Y if _is_lazy(Y) else np.asarray(Y)
    if y.ndim not in (1, 2):
        raise SchemaError(f"has shape {y.shape}", where="Y", mend="Give (n,) or (n, t).")
    _check_real(y)
    if y.dtype.kind not in "fiub":
        y = np.asarray(y, dtype=np.float64)
    if y.shape[0] != x.shape[0]:
        raise SchemaError(
            f"has {y.shape[0]} samples, X has {x.shape[0]}",
            where="Y",
            mend="Give one row of Y per row of X.",
        )
    targets = Labels((), (), {}) if y.ndim == 1 else Labels(("target",), (y.shape[1],), {})
    return Rows(
        xr.DataArray(np.zeros(len(x)), dims="sample"),
        x,
        y[:, None] if y.ndim == 1 else y,
        Labels(("feature",), (x.shape[1],), {}),
        targets,
        bool(x.dtype == np.float32 and y.dtype == np.float32),
    )


def _check_real(y: Any) -> None:
    if np.dtype(y.dtype).kind == "c":
        raise SchemaError("Complex data not supported", where="Y", mend="Give real numbers.")


def _is_lazy(y: Any) -> bool:
    return hasattr(y, "chunks") and hasattr(y, "ndim")


def _labelled(x: xr.DataArray, y: xr.DataArray) -> Rows:
    _check_real(y)
    shared = [dim for dim in x.dims if dim in y.dims]
    if not shared:
        raise LabelError(
            f"X has dims {x.dims}, Y {y.dims}: none in common",
            where="X, Y",
            mend="Name the dim of samples (for example time) the same in both.",
        )
    try:
        xr.align(x, y, join="exact", copy=False)
    except ValueError as error:
        raise LabelError(
            f"X and Y have other labels along {', '.join(map(str, shared))}",
            where="X, Y",
            mend="Bring both to one time axis with nk.signal.resample, or select the same labels.",
        ) from error
    features = _side(x, shared, "feature")
    targets = _side(y, shared, None)
    x = x.transpose(*shared, *(dim for dim in features.dims if dim in x.dims))
    y = y.transpose(*shared, *targets.dims)
    values = as_matrix(np.asarray(x.values).reshape(-1, features.size), "X")
    samples = _samples(y, x, shared)
    return Rows(
        samples,
        values,
        _target_rows(y, len(shared), targets.size),
        features,
        targets,
        bool(x.dtype == np.float32 and y.dtype == np.float32),
    )


def _side(x: xr.DataArray, shared: Sequence[Hashable], missing: str | None) -> Labels:
    dims = tuple(dim for dim in x.dims if dim not in shared)
    if not dims and missing is not None:
        return Labels((missing,), (1,), {})
    coords = {
        name: coord.variable
        for name, coord in x.coords.items()
        if coord.dims and set(coord.dims) <= set(dims)
    }
    return Labels(dims, tuple(x.sizes[dim] for dim in dims), coords)


def _target_rows(y: xr.DataArray, n_shared: int, n_targets: int) -> Any:
    if n_shared == 1 and y.ndim == 2:
        return LabelledRows(y.drop_vars(list(y.coords)))
    data = y.data if y.chunks else y.values
    return data.reshape(-1, n_targets)


def _samples(y: xr.DataArray, x: xr.DataArray, shared: Sequence[Hashable]) -> xr.DataArray:
    """Return one row per sample with its clock; every combination of outer dims is a run."""
    coords: dict[Hashable, Any] = {}
    for source in (y, x):
        for name, coord in source.coords.items():
            if coord.dims and set(coord.dims) <= set(shared):
                coords.setdefault(name, coord)
    sizes = [y.sizes[dim] for dim in shared]
    if len(shared) == 1:
        out = xr.DataArray(np.zeros(sizes[0]), dims=shared)
        out = out.assign_coords({n: (shared[0], c.values, c.attrs) for n, c in coords.items()})
        if "time" not in out.coords and "onset" in out.coords:
            # Events are as far apart as their onsets; that is the clock of a gap.
            out = out.assign_coords(time=(shared[0], out["onset"].values))
        return out
    template = xr.DataArray(np.zeros(sizes), dims=shared)
    flat = {
        n: c.variable.set_dims(dict(zip(shared, sizes, strict=True))) for n, c in coords.items()
    }
    rows = {n: v.transpose(*shared).values.reshape(-1) for n, v in flat.items()}
    out = xr.DataArray(template.values.reshape(-1), dims="sample")
    attrs = {n: coords[n].attrs for n in rows}
    out = out.assign_coords({str(n): ("sample", v, attrs[n]) for n, v in rows.items()})
    outer = np.repeat(np.arange(int(np.prod(sizes[:-1]))), sizes[-1])
    return out.assign_coords(run=("sample", outer))


def _join(samples: Sequence[xr.DataArray]) -> xr.DataArray:
    """Return samples of several recordings below each other; each recording has own runs."""
    n = sum(one.size for one in samples)
    out = xr.DataArray(np.zeros(n), dims="sample")
    common = set.intersection(*({str(name) for name in one.coords} for one in samples))
    for name in sorted(common - {"run"}):
        values = np.concatenate([np.asarray(one[name].values) for one in samples])
        out = out.assign_coords({name: ("sample", values, samples[0][name].attrs)})
    run, first = [], 0
    for one in samples:
        labels = np.asarray(one["run"].values) if "run" in one.coords else np.zeros(one.size)
        changes = np.concatenate([[0], np.cumsum(labels[1:] != labels[:-1])]).astype(np.int64)
        run.append(changes + first)
        first = int(run[-1][-1]) + 1
    return out.assign_coords(run=("sample", np.concatenate(run)))


def check_same(first: Labels, other: Labels, where: str) -> None:
    """Raise unless two sides have the same dims, sizes and labels.

    Parameters
    ----------
    first, other : Labels
        To compare.
    where : str
        Name of the other one.

    Raises
    ------
    LabelError
        If they differ.
    """
    same = first.dims == other.dims and first.sizes == other.sizes
    for name in first.coords if same else ():
        if name in first.dims:
            same &= name in other.coords and np.array_equal(
                first.coords[name].values, other.coords[name].values
            )
    if not same:
        raise LabelError(
            f"has {dict(zip(other.dims, other.sizes, strict=True))} with labels unlike the first, "
            f"{dict(zip(first.dims, first.sizes, strict=True))}",
            where=where,
            mend="Select the same features and targets in all recordings.",
        )
