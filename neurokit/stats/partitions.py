"""Agreement of two partitions: the adjusted Rand index and the best matching of labels."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import scipy.optimize
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError
from neurokit.stats._blocks import first_appearance

IntArray = NDArray[np.int64]


def contingency(a: IntArray, b: IntArray) -> IntArray:
    """Count samples per pair of labels.

    Parameters
    ----------
    a, b : (n,) ndarray of int
        Codes from 0.

    Returns
    -------
    (labels of a, labels of b) ndarray of int64
        Counts.
    """
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    counts = np.bincount(a * columns + b, minlength=rows * columns)
    return counts.astype(np.int64).reshape(rows, columns)


def adjusted_rand(a: ArrayLike, b: ArrayLike) -> float:
    """ARI = (index - expected) / (maximum - expected), pairs of samples grouped alike.

    With n_ij samples in cluster i of `a` and j of `b`, and C(n) = n (n - 1) / 2: index =
    sum_ij C(n_ij), expected = sum_i C(n_i.) sum_j C(n_.j) / C(n), maximum = the mean of the two
    sums. 1 for the same partition, 0 on average for unrelated ones; labels' names don't matter.

    Parameters
    ----------
    a, b : (n,) array_like or DataArray
        Labels of any dtype. Samples where either is NaN are left out. Two DataArrays must
        agree in their coordinates.

    Returns
    -------
    float
        At most 1.

    Raises
    ------
    LabelError
        If the two don't have the same samples.
    OptionError
        If there is no sample.

    References
    ----------
    Hubert & Arabie (1985), doi:10.1007/BF01908075.

    Examples
    --------
    >>> adjusted_rand([0, 0, 1, 1], ["x", "x", "y", "y"])
    1.0
    >>> adjusted_rand([0, 0, 1, 1], [0, 1, 0, 1])
    -0.5
    """
    first, second, both = _pair(*_aligned(a, b))
    if not both.any():
        raise OptionError("no sample has both labels", where="a, b", mend="Give labels.")
    table = contingency(first_appearance(first[both]), first_appearance(second[both]))
    index, rows, columns = (_pairs(n) for n in (table, table.sum(axis=1), table.sum(axis=0)))
    total = _pairs(table.sum(keepdims=True))
    # Whole numbers as far as they go: squares of pair counts overflow int64 at 10^5 samples.
    denominator = (rows + columns) * total - 2 * rows * columns
    if denominator == 0:  # both all in one cluster, or both all alone
        return 1.0
    return 2 * (index * total - rows * columns) / denominator


def _pairs(counts: IntArray) -> int:
    return int((counts * (counts - 1) // 2).sum())


@overload
def match_labels(a: ArrayLike, b: xr.DataArray) -> tuple[xr.DataArray, dict[Any, Any]]: ...
@overload
def match_labels(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[Any], dict[Any, Any]]: ...
def match_labels(a: Any, b: Any) -> tuple[Any, dict[Any, Any]]:
    """Rename the labels of `b` so that it agrees with `a` on as many samples as possible.

    max_m sum_j n[m(j), j] over one-to-one mappings m, n[i, j] = number of samples with label i
    in `a` and j in `b`: the assignment problem (the Hungarian method).

    Parameters
    ----------
    a : (n,) array_like or DataArray
        Labels to keep, integers or strings.
    b : (n,) array_like or DataArray
        Labels to rename. The result does not depend on what they are called: a permutation of
        them gives the same renamed labels. NaN in either is left out of the counts.

    Returns
    -------
    relabelled : ndarray or DataArray
        `b` in the labels of `a`. Where `b` has more labels than `a`, those left over become
        new ones: the next integers, or ``unmatched-1``, ``unmatched-2``, ...
    mapping : dict
        New name of each label of `b`.

    Raises
    ------
    LabelError
        If the two don't have the same samples.
    OptionError
        If there is no label, or new ones are needed for `a`'s being neither integers nor strings.

    References
    ----------
    Kuhn (1955), doi:10.1002/nav.3800020109; Crouse (2016), doi:10.1109/TAES.2016.140952.

    Examples
    --------
    >>> match_labels([0, 0, 1, 1], [7, 7, 3, 3])
    (array([0, 0, 1, 1]), {7: 0, 3: 1})
    """
    a, b = _aligned(a, b)
    first, second, both = _pair(a, b)
    kept = np.unique(first[~_missing(first)])
    present = ~_missing(second)
    if kept.size == 0 or not present.any():
        raise OptionError("no label is given", where="a, b", mend="Give labels.")
    code = first_appearance(second[present])
    old = second[present][np.unique(code, return_index=True)[1]]
    row = np.searchsorted(kept, first[both])
    table = np.zeros((kept.size, old.size), dtype=np.int64)
    np.add.at(table, (row, code[both[present]]), 1)
    new = _new_names(kept, table)
    mapping = {_plain(o): _plain(n) for o, n in zip(old, new, strict=True)}
    renamed = _fill(new[code], present)
    if isinstance(b, xr.DataArray):
        return b.copy(data=renamed.reshape(b.shape)), mapping
    return renamed.reshape(np.shape(b)), mapping


def _new_names(kept: NDArray[Any], table: IntArray) -> NDArray[Any]:
    rows, columns = scipy.optimize.linear_sum_assignment(table, maximize=True)
    spare = _spare_names(kept, table.shape[1] - columns.size)
    dtype = np.result_type(kept, spare) if spare.size else kept.dtype  # strings may get wider
    names = np.empty(table.shape[1], dtype=dtype)
    names[columns] = kept[rows]
    names[np.setdiff1d(np.arange(table.shape[1]), columns)] = spare
    return names


def _spare_names(kept: NDArray[Any], n: int) -> NDArray[Any]:
    if n == 0:
        return kept[:0]
    if kept.dtype.kind in "iu":
        return np.asarray(kept.max() + 1 + np.arange(n, dtype=kept.dtype))
    if kept.dtype.kind == "f" and np.array_equal(kept, np.rint(kept)):
        return np.asarray(kept.max() + 1.0 + np.arange(n, dtype=kept.dtype))
    if kept.dtype.kind == "U":
        used = set(kept.tolist())
        names = (f"unmatched-{i}" for i in range(1, n + kept.size + 1))
        return np.array([name for name in names if name not in used][:n], dtype=str)
    raise OptionError(
        f"labels are {kept.dtype}", where="a", mend="Give integers (NaN allowed) or strings."
    )


def _fill(names: NDArray[Any], present: NDArray[np.bool_]) -> NDArray[Any]:
    if present.all():
        return names
    if names.dtype.kind == "U":
        raise OptionError(
            "NaN cannot stand among strings", where="b", mend='Use "" for unknown labels.'
        )
    out = np.full(present.shape, np.nan)
    out[present] = names
    return out


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _missing(labels: NDArray[Any]) -> NDArray[np.bool_]:
    if labels.dtype.kind == "f":
        return np.asarray(np.isnan(labels), dtype=np.bool_)
    return np.zeros(labels.shape, dtype=np.bool_)


def _aligned(a: Any, b: Any) -> tuple[Any, Any]:
    """Return both as they are, or `b` in the order of dims of `a` if both are labelled."""
    if not (isinstance(a, xr.DataArray) and isinstance(b, xr.DataArray)):
        return a, b
    try:
        xr.align(a, b, join="exact", copy=False)
    except ValueError as error:
        raise LabelError(
            f"coordinates differ ({str(error).splitlines()[0]})",
            where="a, b",
            mend="Give the same samples in the same order.",
        ) from error
    return a, b.transpose(*a.dims) if set(a.dims) == set(b.dims) else b


def _pair(a: Any, b: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """Return both as flat arrays of one length, and where both have a label."""
    first, second = np.asarray(a), np.asarray(b)
    if first.shape != second.shape:
        raise LabelError(
            f"shapes {first.shape} and {second.shape}", where="a, b", mend="Give one label each."
        )
    first, second = _known(first.reshape(-1), "a"), _known(second.reshape(-1), "b")
    return first, second, ~(_missing(first) | _missing(second))


def _known(labels: NDArray[Any], where: str) -> NDArray[Any]:
    """Return labels in a dtype that sorts: object and StringDType hold strings, as pandas does."""
    if labels.dtype.kind in "OT":
        if not all(isinstance(label, str) for label in labels.tolist()):
            raise OptionError("labels are mixed", where=where, mend="Give integers or strings.")
        return np.array(labels.tolist(), dtype=str)
    return labels
