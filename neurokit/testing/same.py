"""Equality of trees, datasets and arrays to the last dtype and attribute type."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import OptionError

# Values are compared in blocks of about this many, so that large lazy arrays fit in memory.
BLOCK_VALUES = 2**22
SHOWN = 20

Comparable = xr.DataTree | xr.Dataset | xr.DataArray | xr.Variable


def assert_same(a: Comparable, b: Comparable) -> None:
    """Raise unless `a` and `b` are identical, with equal dtypes and types of attributes.

    Stricter than `xarray.testing.assert_identical`, which calls float32 and float64, or the
    attributes 1 and 1.0, the same. The order of variables, coordinates, attributes and groups
    does not count; nor do encodings, laziness and the name of a tree's root (a store is named
    after its file). NaN equals NaN.

    Parameters
    ----------
    a, b : DataTree, Dataset, DataArray or Variable
        Two of a kind. Lazy values are read block by block.

    Raises
    ------
    AssertionError
        If they differ; it lists where and how.
    OptionError
        If they are none of these kinds.

    Examples
    --------
    >>> a = xr.DataArray(np.zeros(2, np.float32), dims="time")
    >>> assert_same(a, a.copy())
    >>> assert_same(a, a.astype(np.float64))
    Traceback (most recent call last):
    ...
    AssertionError: 1 difference:
      array: dtype float32 against float64
    """
    found = differences(a, b)
    if not found:
        return
    lines = [f"{len(found)} difference{'s' if len(found) > 1 else ''}:"]
    lines += [f"  {line}" for line in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more")
    raise AssertionError("\n".join(lines))


def differences(a: Comparable, b: Comparable) -> list[str]:
    """Return where and how `a` and `b` differ, one line each; empty if they are the same.

    Parameters
    ----------
    a, b : DataTree, Dataset, DataArray or Variable
        Two of a kind.

    Returns
    -------
    list of str
        Such as ``/activity/signal: dtype float32 against float64``.

    Raises
    ------
    OptionError
        If they are none of these kinds.

    Examples
    --------
    >>> differences(xr.Dataset(attrs={"rate": 1}), xr.Dataset(attrs={"rate": 1.0}))
    ["dataset: attribute 'rate' is 1 (int) against 1.0 (float)"]
    """
    for one in (a, b):
        if not isinstance(one, Comparable):
            raise OptionError(
                f"got a {type(one).__name__}", where="a, b", mend="Give xarray objects."
            )
    return list(_compare(a, b))


def _compare(a: Comparable, b: Comparable) -> Iterator[str]:
    if isinstance(a, xr.DataTree) and isinstance(b, xr.DataTree):
        yield from _trees(a, b)
    elif isinstance(a, xr.Dataset) and isinstance(b, xr.Dataset):
        yield from _datasets(a, b, "dataset", "")
    elif isinstance(a, xr.DataArray) and isinstance(b, xr.DataArray):
        yield from _arrays(a, b)
    elif isinstance(a, xr.Variable) and isinstance(b, xr.Variable):
        yield from _variables(a, b, "variable")
    else:
        yield f"kind: {type(a).__name__} against {type(b).__name__}"


def _trees(a: xr.DataTree, b: xr.DataTree) -> Iterator[str]:
    left, right = dict(a.subtree_with_keys), dict(b.subtree_with_keys)
    yield from _names(left, right, "tree", "group")
    for path in left:
        if path in right:
            where = "/" if path == "." else f"/{path}"
            one, other = (tree[path].to_dataset(inherit=False) for tree in (left, right))
            yield from _datasets(one, other, where, where.rstrip("/") + "/")


def _datasets(a: xr.Dataset, b: xr.Dataset, where: str, prefix: str) -> Iterator[str]:
    yield from _attributes(a.attrs, b.attrs, where)
    yield from _names(a.data_vars, b.data_vars, where, "variable")
    yield from _coordinates(a, b, where)
    for dim in dict.fromkeys((*a.sizes, *b.sizes)):
        if a.sizes.get(dim) != b.sizes.get(dim):
            yield f"{where}: size of {dim} is {a.sizes.get(dim)} against {b.sizes.get(dim)}"
    for name in a.variables:
        if name in b.variables:
            yield from _variables(a.variables[name], b.variables[name], f"{prefix}{name}")


def _arrays(a: xr.DataArray, b: xr.DataArray) -> Iterator[str]:
    if a.name != b.name:
        yield f"name: {a.name!r} against {b.name!r}"
    yield from _variables(a.variable, b.variable, "array")
    yield from _coordinates(a, b, "array")
    for name in a.coords:
        if name in b.coords:
            yield from _variables(a.coords[name].variable, b.coords[name].variable, str(name))


def _coordinates(
    a: xr.Dataset | xr.DataArray, b: xr.Dataset | xr.DataArray, where: str
) -> Iterator[str]:
    yield from _names(a.coords, b.coords, where, "coordinate")
    yield from _names(a.xindexes, b.xindexes, where, "index")


def _names(a: Mapping[Any, Any], b: Mapping[Any, Any], where: str, what: str) -> Iterator[str]:
    for side, one, other in (("first", a, b), ("second", b, a)):
        for name in one:
            if name not in other:
                yield f"{where}: {what} {name!r} is only in the {side}"


def _attributes(a: Mapping[Hashable, Any], b: Mapping[Hashable, Any], where: str) -> Iterator[str]:
    yield from _names(a, b, where, "attribute")
    for key in a:
        if key in b and not _same_attribute(a[key], b[key]):
            left, right = (f"{v[key]!r} ({type(v[key]).__name__})" for v in (a, b))
            yield f"{where}: attribute {key!r} is {left} against {right}"


def _same_attribute(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        floating = a.dtype.kind in "fc"
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=floating)
    return bool(a == b) or (isinstance(a, float) and a != a and b != b)


def _variables(a: xr.Variable, b: xr.Variable, where: str) -> Iterator[str]:
    yield from _attributes(a.attrs, b.attrs, where)
    if a.dtype != b.dtype:
        yield f"{where}: dtype {a.dtype} against {b.dtype}"
    if a.dims != b.dims:
        yield f"{where}: dims {a.dims} against {b.dims}"
    elif a.shape != b.shape:
        yield f"{where}: shape {a.shape} against {b.shape}"
    else:
        yield from _values(a, b, where)


def _values(a: xr.Variable, b: xr.Variable, where: str) -> Iterator[str]:
    n_different, first = 0, ""
    for start, key in _blocks(a):
        left, right = np.asarray(a[key].values), np.asarray(b[key].values)
        unequal = np.argwhere(~_equal(left, right))
        if len(unequal) and not first:
            place = tuple(int(i) for i in unequal[0])
            shown = (place[0] + start, *place[1:]) if place else ()
            first = f"at {shown}: {left[place]!s} against {right[place]!s}"
        n_different += len(unequal)
    if n_different:
        yield f"{where}: {n_different} of {a.size} values differ, the first {first}"


def _blocks(variable: xr.Variable) -> Iterator[tuple[int, Any]]:
    """Yield slices along the first dim, with where they start."""
    if variable.ndim == 0:
        yield 0, ()
        return
    n = variable.shape[0]
    step = max(1, BLOCK_VALUES // max(1, variable.size // max(1, n)))
    for start in range(0, n, step):
        yield start, (slice(start, start + step),)


def _equal(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if a.dtype.kind in "US" and b.dtype.kind not in "US":
        a = a.astype(object)
    if a.dtype.kind in "OT" or b.dtype.kind in "OT":
        # Missing values of any sort (None, NaN, NaT) equal their own sort only.
        same = [
            x is y or x == y or (x != x and y != y) for x, y in zip(a.flat, b.flat, strict=True)
        ]
        return np.array(same, dtype=bool).reshape(a.shape)
    equal = np.asarray(a == b)
    if a.dtype.kind in "fcmM" and b.dtype.kind in "fcmM":
        equal = equal | ((a != a) & (b != b))
    return np.broadcast_to(equal, a.shape)
