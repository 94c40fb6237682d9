"""What a user may give as data, brought to one array of bins with trials, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, SchemaError
from neurokit.schema import runs, signal_of
from neurokit.signal.along_time import masked

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """One array of the user's: where its bins are, and how to give results back in its form.

    Parameters
    ----------
    dims : tuple of str
        ("time",) or ("trial", "time").
    shape : tuple of int
        Of these dims.
    coords : mapping of str to Variable
        Coordinates along these dims only.
    kept : (n_bins of the array,) ndarray of bool
        False for the padding at a trial's end.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    coords: Mapping[str, xr.Variable]
    kept: NDArray[np.bool_]


@dataclass(frozen=True)
class Trials:
    """Bins of all trials, one after the other.

    Parameters
    ----------
    values : (n_bins, n_neurons) ndarray
        NaN where not observed.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin, and the end.
    space : str
        Name of the last dim, "neuron" or "channel".
    labels : (n_neurons,) ndarray of str
        Along it.
    pieces : tuple of Piece
        One per array of the user's.
    keys : tuple of str, or None
        Of a mapping.
    single : bool
        The user gave one array, not a list.
    space_coords : mapping of str to Variable
        Coordinates along the last dim besides its labels, as regions; those of the first array.
    """

    values: Array
    offsets: Index
    space: str
    labels: NDArray[np.str_]
    pieces: tuple[Piece, ...]
    keys: tuple[str, ...] | None
    single: bool
    space_coords: Mapping[str, xr.Variable] = field(default_factory=dict)

    @property
    def trial_of_bin(self) -> Index:
        """Number of every bin's trial."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    @property
    def time_of_bin(self) -> Array | None:
        """Time of every bin; None where an array has no clock."""
        found = []
        for piece in self.pieces:
            if "time" not in piece.coords:
                return None
            clock = np.broadcast_to(piece.coords["time"].values, piece.shape)
            found.append(clock.ravel()[piece.kept])
        return np.concatenate(found).astype(np.float64)

    def trial_coords(self) -> dict[str, Any]:
        """Coordinates of results that have one entry per trial.

        Returns
        -------
        dict
            Of an array with a dim ``trial``, its coordinates along it; of a mapping of arrays that
            are one trial each, its keys; else none, as trials have no labels.
        """
        n_trials = len(self.offsets) - 1
        (first, *others) = self.pieces
        if not others and first.dims[0] == "trial" and first.shape[0] == n_trials:
            return {name: c for name, c in first.coords.items() if c.dims == ("trial",)}
        if self.keys is not None and len(self.keys) == n_trials == len(self.pieces):
            return {"trial": list(self.keys)}
        return {}

    def labelled(self, rows: NDArray[Any], name: str, coords: Mapping[str, Any]) -> Any:
        """Results per bin in the form of the input: one DataArray, a list or a mapping of them.

        Parameters
        ----------
        rows : (n_bins, ...) ndarray
            Results.
        name : str
            Of the arrays.
        coords : mapping of str to array
            Further dims in order, with their labels.

        Returns
        -------
        DataArray, list or dict
            NaN (or -1 for whole numbers) in padding.
        """
        found, start = [], 0
        for piece in self.pieces:
            stop = start + int(piece.kept.sum())
            fill = np.nan if rows.dtype.kind == "f" else -1
            full = np.full((piece.kept.size, *rows.shape[1:]), fill, dtype=rows.dtype)
            full[piece.kept] = rows[start:stop]
            array = xr.DataArray(
                full.reshape(*piece.shape, *rows.shape[1:]),
                dims=(*piece.dims, *coords),
                coords={**piece.coords, **coords},
                name=name,
            )
            found.append(array)
            start = stop
        if self.keys is not None:
            return dict(zip(self.keys, found, strict=True))
        return found[0] if self.single else found


def as_trials(X: Any, where: str = "X") -> Trials:
    """Bring recordings, DataArrays, arrays, or lists or mappings of them to one array.

    Parameters
    ----------
    X : DataTree, DataArray, ndarray, or list or mapping of them
        Dims (time, neuron) or (trial, time, neuron) in any order; arrays (time,), (time, neuron)
        or (trial, time, neuron). A list is a list of trials. A change of ``run`` ends a trial.
        Bins at the end of a trial in which all is NaN are padding.
    where : str
        The argument's name.

    Returns
    -------
    Trials
        In order.

    Raises
    ------
    SchemaError
        If dims, types or numbers of neurons do not fit, or there is no bin.
    LabelError
        If trials have other neurons.
    """
    keys = tuple(map(str, X)) if isinstance(X, Mapping) and not _is_labelled(X) else None
    single = keys is None and not isinstance(X, list | tuple)
    items = [X] if single else list(X.values() if keys is not None else X)
    arrays = [_as_labelled(item, where) for item in items]
    if not arrays or not sum(array.size for array in arrays):
        raise SchemaError("holds no bin", where=where, mend="Give at least one trial with data.")
    space = str(arrays[0].dims[-1])
    labels = _labels(arrays[0])
    for array in arrays[1:]:
        if array.shape[-1] != len(labels) or not np.array_equal(_labels(array), labels):
            raise LabelError(
                f"trials have other {space}s: {len(labels)} and {array.shape[-1]}, or other labels",
                where=where,
                mend="Select the same first.",
            )
    values, lengths, pieces = [], [], []
    for array in arrays:
        rows, sizes, piece = _piece(array)
        values.append(rows)
        lengths.extend(sizes)
        pieces.append(piece)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    joined = np.concatenate(values)
    beside = {
        str(key): coord.variable
        for key, coord in arrays[0].coords.items()
        if coord.dims == (space,) and key != space
    }
    return Trials(joined, offsets, space, labels, tuple(pieces), keys, single, beside)


def _is_labelled(X: Any) -> bool:
    return isinstance(X, xr.DataTree | xr.Dataset | xr.DataArray)


def _as_labelled(item: Any, where: str) -> xr.DataArray:
    """(time, space) or (trial, time, space)."""
    if isinstance(item, xr.Dataset) or (isinstance(item, Mapping) and not _is_labelled(item)):
        raise SchemaError(
            f"holds a {type(item).__name__}", where=where, mend="Give recordings or arrays."
        )
    if isinstance(item, xr.DataTree):
        array = masked(item, signal_of(item))
    elif isinstance(item, xr.DataArray):
        array = item
    else:
        array = _of_plain(np.asarray(item), where)
    if array.dtype.kind not in "fiub":
        raise SchemaError(f"is of type {array.dtype}", where=where, mend="Give real numbers.")
    if "time" not in array.dims:
        raise SchemaError(
            f"has dims {array.dims}, none is time",
            where=where,
            mend="Rename the dim along which bins follow each other to time.",
        )
    rest = [str(dim) for dim in array.dims if dim not in ("trial", "time")]
    if not rest:
        array, rest = array.expand_dims(neuron=["0"]), ["neuron"]
    if len(rest) > 1:
        raise SchemaError(
            f"has dims {array.dims}", where=where, mend="Give (trial, time, neuron) at most."
        )
    leading = [dim for dim in ("trial", "time") if dim in array.dims]
    return array.transpose(*leading, rest[0])


def _of_plain(values: NDArray[Any], where: str) -> xr.DataArray:
    if not 1 <= values.ndim <= 3:
        raise SchemaError(
            f"has {values.ndim} axes",
            where=where,
            mend="Give (time,), (time, neuron) or (trial, time, neuron); ragged trials as a list.",
        )
    dims = (("time",), ("time", "neuron"), ("trial", "time", "neuron"))[values.ndim - 1]
    return xr.DataArray(values, dims=dims)


def _labels(array: xr.DataArray) -> NDArray[np.str_]:
    space = array.dims[-1]
    if space in array.coords:
        return np.asarray(array[space].values).astype(np.str_)
    return np.arange(array.sizes[space]).astype(np.str_)


def _piece(array: xr.DataArray) -> tuple[Array, list[int], Piece]:
    dims = tuple(str(dim) for dim in array.dims[:-1])
    shape = array.shape[:-1]
    values = np.ascontiguousarray(array.values, dtype=np.float64)
    flat = values.reshape(-1, values.shape[-1])
    kept = np.ones(len(flat), dtype=bool)
    lengths: list[int] = []
    if len(dims) == 1:
        lengths = [stretch.stop - stretch.start for stretch in runs(array)]
    else:
        seen = np.atleast_2d(~np.isnan(values).all(axis=-1))
        for trial, row in enumerate(seen):
            # A trial in which nothing was observed is missing as a whole, it is no padding.
            end = int(np.flatnonzero(row)[-1]) + 1 if row.any() else len(row)
            kept[trial * len(row) + end : (trial + 1) * len(row)] = False
            lengths.append(end)
    coords = {
        str(key): coord.variable
        for key, coord in array.coords.items()
        if coord.dims and set(coord.dims) <= set(dims)
    }
    return flat[kept], lengths, Piece(dims, shape, coords, kept)


def rows_like(
    given: Any, trials: Trials, where: str, *, per_bin: bool = False
) -> tuple[Array, NDArray[np.str_]]:
    """Regressors for the bins of trials, given in the same form as the responses.

    Parameters
    ----------
    given : DataArray, ndarray, or list or mapping of them
        As the responses, with inputs in place of neurons.
    trials : Trials
        The responses.
    where : str
        The argument's name.
    per_bin : bool
        One number per bin: there is no last dim, and one number may stand for all.

    Returns
    -------
    rows : (n_bins, n_inputs) ndarray
        Finite.
    labels : (n_inputs,) ndarray of str
        Of the inputs.

    Raises
    ------
    SchemaError
        If lengths do not fit or values are not finite.
    """
    if per_bin and np.ndim(given) == 0 and not isinstance(given, Mapping):
        return np.full((len(trials.values), 1), float(given)), np.array(["0"])
    items: list[Any]
    if isinstance(given, Mapping) and not _is_labelled(given):
        items = [given[key] for key in trials.keys] if trials.keys else list(given.values())
    else:
        items = list(given) if isinstance(given, list | tuple) and not trials.single else [given]
    if len(items) != len(trials.pieces):
        raise SchemaError(
            f"has {len(items)} trials, X has {len(trials.pieces)}",
            where=where,
            mend="Give one array for each of X.",
        )
    parts, labels = [], np.array(["0"])
    for item, piece in zip(items, trials.pieces, strict=True):
        rows, labels = _rows(item, piece, where, per_bin)
        parts.append(rows)
    if len({part.shape[1] for part in parts}) != 1:
        raise SchemaError("trials have other inputs", where=where, mend="Give the same in each.")
    joined = np.concatenate(parts)
    if not np.isfinite(joined).all():
        raise SchemaError(
            "holds NaN or infinities",
            where=where,
            mend="Fill them, or mark the responses of these bins as missing (NaN).",
        )
    return joined, labels


def _rows(item: Any, piece: Piece, where: str, per_bin: bool) -> tuple[Array, NDArray[np.str_]]:
    labels: NDArray[np.str_] | None = None
    if isinstance(item, xr.DataArray):
        rest = [dim for dim in item.dims if dim not in piece.dims]
        labels = _labels(item.transpose(..., *rest)) if len(rest) == 1 else None
        _check_times(item, piece, where)
        item = item.transpose(*[dim for dim in piece.dims if dim in item.dims], *rest).values
    values = np.asarray(item, dtype=np.float64)
    if values.ndim == len(piece.dims) and not per_bin and values.shape == piece.shape:
        values = values[..., None]
    wanted = piece.shape
    if per_bin:
        values = values.reshape(*values.shape[: len(wanted)], -1)
    if values.shape[:-1] != wanted:
        raise SchemaError(
            f"has shape {values.shape}, bins of X {wanted}",
            where=where,
            mend="Give one row of inputs for every bin of X.",
        )
    rows = values.reshape(-1, values.shape[-1])[piece.kept]
    if labels is None:
        labels = np.arange(rows.shape[1]).astype(np.str_)
    return rows, labels


def _check_times(item: xr.DataArray, piece: Piece, where: str) -> None:
    if "time" in piece.coords and "time" in item.coords:
        mine, theirs = piece.coords["time"].values, item["time"].values
        if mine.shape != theirs.shape or not np.allclose(mine, theirs):
            raise LabelError(
                "has another time axis than X", where=where, mend="Resample or select the same."
            )
