"""RDMs as labelled arrays: dim ``pair`` with coordinates ``condition_1`` and ``condition_2``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, SchemaError
from neurokit.rsa.pair_index import n_conditions_of, pair_indices, reorder, square
from neurokit.rsa.patterns import require_real

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """RDMs as the rows of one matrix, with what is needed to label results again.

    Parameters
    ----------
    values : (n_rdms, n_pairs) ndarray of float64
        Condensed RDMs.
    labels : (n_conditions,) ndarray
        Labels of conditions in the order of the pairs.
    lead : DataArray
        Over the dims other than ``pair``; its values mean nothing.
    named : bool
        Whether the labels came with the data.
    """

    values: Array
    labels: NDArray[Any]
    lead: xr.DataArray
    named: bool

    @property
    def n_conditions(self) -> int:
        """Number of conditions."""
        return len(self.labels)


def pair_coordinates(labels: NDArray[Any]) -> dict[str, tuple[str, NDArray[Any]]]:
    """Coordinates of the dim ``pair``.

    Parameters
    ----------
    labels : (n_conditions,) ndarray
        In the order of the RDM.

    Returns
    -------
    dict of str to (dim, ndarray)
        ``condition_1`` and ``condition_2``.
    """
    first, second = pair_indices(len(labels))
    return {"condition_1": ("pair", labels[first]), "condition_2": ("pair", labels[second])}


def labelled(values: Array, lead: xr.DataArray, labels: NDArray[Any], name: str) -> xr.DataArray:
    """RDMs with their labels.

    Parameters
    ----------
    values : (n_rdms, n_pairs) ndarray of float64
        Condensed RDMs.
    lead : DataArray
        Over the dims of the RDMs other than ``pair``.
    labels : (n_conditions,) ndarray
        Labels of conditions.
    name : str
        Name of the array.

    Returns
    -------
    DataArray
        (dims of lead..., pair).
    """
    coords = {n: c.variable for n, c in lead.coords.items()}
    out = xr.DataArray(
        values.reshape(*lead.shape, values.shape[-1]), coords, [*lead.dims, "pair"], name=name
    )
    return out.assign_coords(pair_coordinates(labels))


def read_rdms(x: xr.DataArray | ArrayLike, where: str = "rdm") -> Rows:
    """Turn what a user gives into `Rows`.

    Parameters
    ----------
    x : DataArray or array_like
        (..., pair); a plain array has the pairs last.
    where : str
        The argument's name.

    Returns
    -------
    Rows
        A copy in float64.

    Raises
    ------
    SchemaError
        If there is no dim ``pair``, or its pairs are not those of a condensed RDM.
    """
    if isinstance(x, (xr.Dataset, xr.DataTree)):
        raise SchemaError(f"is a {type(x).__name__}", where=where, mend="Give one of its arrays.")
    if not isinstance(x, xr.DataArray):
        try:
            values = np.array(x)
        except ValueError as error:
            raise SchemaError(
                "is no table", where=where, mend="Give rows of one length."
            ) from error
        if values.ndim == 0:
            raise SchemaError("is a number", where=where, mend="Give an RDM.")
        dims = [f"item_{k}" for k in range(values.ndim - 1)]
        x = xr.DataArray(values, dims=[*dims, "pair"])
    require_real(x.dtype, where)
    if "pair" not in x.dims:
        raise SchemaError(
            f"dims are {tuple(x.dims)}",
            where=where,
            mend="Give RDMs as nk.rsa.rdm returns them, with a dim pair.",
        )
    lead_dims = [dim for dim in x.dims if dim != "pair"]
    values = np.array(x.transpose(*lead_dims, "pair").values, dtype=np.float64)
    labels, named = _labels(x, where)
    coords = {n: c.variable for n, c in x.coords.items() if "pair" not in c.dims}
    lead = xr.DataArray(np.zeros(values.shape[:-1]), coords, lead_dims)
    return Rows(values.reshape(-1, values.shape[-1]), labels, lead, named)


def _labels(x: xr.DataArray, where: str) -> tuple[NDArray[Any], bool]:
    n = n_conditions_of(x.sizes["pair"])
    if "condition_1" not in x.coords or "condition_2" not in x.coords:
        return np.arange(n), False
    one, two = x["condition_1"].values, x["condition_2"].values
    labels = np.concatenate([one[:1], two[: n - 1]])
    first, second = pair_indices(n)
    if not (np.array_equal(labels[first], one) and np.array_equal(labels[second], two)):
        raise SchemaError(
            "its pairs are not all pairs of its conditions, row by row",
            where=where,
            mend="Choose conditions with nk.rsa.select_conditions, not pairs.",
        )
    if len(np.unique(labels)) < n:
        raise LabelError("two conditions have one label", where=where, mend="Make labels unique.")
    return labels, True


def align(rows: Rows, to: Rows, where: str = "rdm") -> Array:
    """Values of `rows` in the order of conditions of `to`.

    Parameters
    ----------
    rows, to : Rows
        The same conditions in any order; without labels their order counts.
    where : str
        The argument's name.

    Returns
    -------
    (n_rdms, n_pairs) ndarray of float64
        Reordered.

    Raises
    ------
    LabelError
        If the conditions differ; the message lists them.
    """
    if rows.n_conditions != to.n_conditions:
        _differ(rows, to, where)
    if not (rows.named and to.named) or np.array_equal(rows.labels, to.labels):
        return rows.values
    place = {label: k for k, label in enumerate(rows.labels.tolist())}
    order = np.array([place.get(label, -1) for label in to.labels.tolist()], dtype=np.int64)
    if (order < 0).any():
        _differ(rows, to, where)
    return reorder(rows.values, order)


def _differ(rows: Rows, to: Rows, where: str) -> None:
    ours, theirs = set(rows.labels.tolist()), set(to.labels.tolist())
    only = sorted(map(str, ours - theirs))[:5], sorted(map(str, theirs - ours))[:5]
    raise LabelError(
        f"{rows.n_conditions} conditions against {to.n_conditions}; only here: "
        f"{', '.join(only[0]) or 'none'}; only there: {', '.join(only[1]) or 'none'}",
        where=where,
        mend="Choose the same conditions with nk.rsa.select_conditions.",
    )


def on_labels(rows: Rows, labels: NDArray[Any]) -> Array:
    """Values on a list of conditions, NaN for pairs of those that are not there.

    Parameters
    ----------
    rows : Rows
        RDMs.
    labels : (m,) ndarray
        Any labels.

    Returns
    -------
    (n_rdms, m (m - 1) / 2) ndarray of float64
        New rows.
    """
    place = {label: k for k, label in enumerate(rows.labels.tolist())}
    order = np.array([place.get(label, -1) for label in labels.tolist()], dtype=np.int64)
    return reorder(rows.values, order)


def select_conditions(rdm: xr.DataArray, conditions: Sequence[Any]) -> xr.DataArray:
    """Keep some conditions of RDMs, in the order given.

    Parameters
    ----------
    rdm : DataArray
        (..., pair).
    conditions : sequence
        Labels, at least two.

    Returns
    -------
    DataArray
        (..., pair) of these conditions.

    Raises
    ------
    LabelError
        If a label is unknown or there twice.

    Examples
    --------
    >>> small = select_conditions(rdm_from_square([[0, 1, 2], [1, 0, 3], [2, 3, 0]]), [2, 1])
    >>> small.values.tolist(), small.condition_1.values.tolist()
    ([3.0], [2])
    """
    rows = read_rdms(rdm)
    labels = _label_list(conditions)
    unknown = [str(c) for c in labels.tolist() if c not in set(rows.labels.tolist())]
    if unknown or len(labels) < 2:
        raise LabelError(
            f"no condition is called {', '.join(unknown)}" if unknown else "fewer than two",
            where="conditions",
            mend=f"There are: {', '.join(map(str, rows.labels[:12]))}.",
        )
    _require_unique(labels)
    out = labelled(on_labels(rows, labels), rows.lead, labels, str(rdm.name or "rdm"))
    return out.assign_attrs(rdm.attrs)


def _label_list(conditions: Any) -> NDArray[Any]:
    try:
        labels = np.asarray(conditions)
    except ValueError as error:
        raise LabelError("is no list", where="conditions", mend="Give labels.") from error
    if labels.ndim != 1:
        raise LabelError(f"has shape {labels.shape}", where="conditions", mend="Give a list.")
    return labels


def _require_unique(labels: NDArray[Any]) -> None:
    if len(set(labels.tolist())) < len(labels):
        raise LabelError(
            "a condition is there twice", where="conditions", mend="Give each label once."
        )


def rdm_from_square(
    matrix: xr.DataArray | ArrayLike, conditions: Sequence[Any] | None = None
) -> xr.DataArray:
    """Condensed RDMs of square matrices.

    Parameters
    ----------
    matrix : DataArray or array_like, (..., n, n)
        Symmetric; the diagonal is not read.
    conditions : sequence, optional
        Labels; default those of the last dim, or 0, 1, ...

    Returns
    -------
    DataArray
        (..., pair).

    Raises
    ------
    SchemaError
        If it is not square and symmetric, or holds no real numbers.
    LabelError
        If labels are not one for each condition.

    Examples
    --------
    >>> rdm_from_square([[0, 1], [1, 0]], ["face", "house"]).values.tolist()
    [1.0]
    """
    try:
        array = matrix if isinstance(matrix, xr.DataArray) else xr.DataArray(np.asarray(matrix))
    except (TypeError, ValueError) as error:
        raise SchemaError("is no table", where="matrix", mend="Give (..., n, n).") from error
    require_real(array.dtype, "matrix")
    values = np.asarray(array.values, dtype=np.float64)
    n = values.shape[-1] if values.ndim >= 2 else 0
    if n < 2 or values.shape[-2] != n:
        raise SchemaError(f"has shape {values.shape}", where="matrix", mend="Give (..., n, n).")
    if not np.allclose(values, np.swapaxes(values, -1, -2), equal_nan=True, rtol=1e-6, atol=0):
        raise SchemaError("is not symmetric", where="matrix", mend="Average it with its transpose.")
    last = array.dims[-1]
    if conditions is None:
        labels = array[last].values if last in array.coords else np.arange(n)
    else:
        labels = _label_list(conditions)
    if len(labels) != n:
        raise LabelError(f"{len(labels)} labels for {n}", where="conditions", mend="Give one each.")
    _require_unique(labels)
    first, second = pair_indices(n)
    lead_dims = list(array.dims[:-2])
    coords = {k: c.variable for k, c in array.coords.items() if set(c.dims) <= set(lead_dims)}
    lead = xr.DataArray(np.zeros(values.shape[:-2]), coords, lead_dims)
    rows = values[..., first, second].reshape(-1, len(first))
    return labelled(rows, lead, labels, "rdm")


def rdm_to_square(rdm: xr.DataArray | ArrayLike) -> xr.DataArray:
    """Square symmetric matrices of condensed RDMs.

    Parameters
    ----------
    rdm : DataArray or array_like
        (..., pair).

    Returns
    -------
    DataArray
        (..., condition, condition_2), 0 on the diagonal.

    Examples
    --------
    >>> rdm_to_square(rdm_from_square([[0, 1], [1, 0]])).values.tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    rows = read_rdms(rdm)
    n = rows.n_conditions
    coords: dict[Hashable, Any] = {k: c.variable for k, c in rows.lead.coords.items()}
    coords |= {"condition": ("condition", rows.labels), "condition_2": ("condition_2", rows.labels)}
    return xr.DataArray(
        square(rows.values).reshape(*rows.lead.shape, n, n),
        coords,
        [*rows.lead.dims, "condition", "condition_2"],
        name=str(getattr(rdm, "name", None) or "rdm"),
        attrs={k: v for k, v in getattr(rdm, "attrs", {}).items() if k != "history"},
    )


def union_of_labels(all_labels: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Labels that occur anywhere, in order of first appearance.

    Parameters
    ----------
    all_labels : sequence of ndarray
        Labels of several systems.

    Returns
    -------
    (n,) ndarray
        Unique.
    """
    seen: Mapping[Any, None] = dict.fromkeys(v for labels in all_labels for v in labels.tolist())
    return np.array(list(seen))
