"""The false discovery rate: Benjamini-Hochberg and Benjamini-Yekutieli."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, overload

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError, check_option

FloatArray = NDArray[np.float64]

METHODS = ("bh", "by")


def adjusted(p: FloatArray, method: str) -> FloatArray:
    """q_(i) = min_{j >= i} c m p_(j) / j, c = 1 (bh) or sum_{k <= m} 1/k (by).

    Parameters
    ----------
    p : (n,) ndarray of float64
        P-values; NaN are left out of m and stay NaN.
    method : {"bh", "by"}
        The constant c.

    Returns
    -------
    (n,) ndarray of float64
        q-values, in the order of `p`.
    """
    q = np.full(p.shape, np.nan)
    valid = np.flatnonzero(~np.isnan(p))
    m = valid.size
    if m == 0:
        return q
    descending = valid[np.argsort(p[valid])[::-1]]
    rank = np.arange(m, 0, -1)
    constant = float((1.0 / rank).sum()) if method == "by" else 1.0
    q[descending] = np.minimum(1.0, np.minimum.accumulate(constant * m / rank * p[descending]))
    return q


@overload
def fdr(p: xr.DataArray, method: str = ..., dim: Any = ...) -> xr.DataArray: ...
@overload
def fdr(p: ArrayLike, method: str = ..., dim: Any = ...) -> FloatArray: ...
def fdr(
    p: Any, method: str = "bh", dim: str | Sequence[Hashable] | None = None
) -> xr.DataArray | FloatArray:
    """q_(i) = min_{j >= i} c m p_(j) / j: p-values adjusted for the false discovery rate.

    Rejecting where q <= alpha keeps the expected share of false rejections at or below alpha.

    Parameters
    ----------
    p : DataArray or array_like
        P-values of any shape. NaN means not tested: it does not count and stays NaN.
    method : {"bh", "by"}, default "bh"
        Benjamini-Hochberg (c = 1; independent or positively dependent tests) or
        Benjamini-Yekutieli (c = sum_{k <= m} 1/k; any dependence).
    dim : str or sequence of str, optional
        Dims of a DataArray that make up one family; other dims are adjusted separately.
        Default: all p-values are one family.

    Returns
    -------
    DataArray or ndarray of float64
        q-values, as shaped and labelled as `p`.

    Raises
    ------
    OptionError
        If a p-value is outside [0, 1] or the method is unknown.
    LabelError
        If `dim` is given for a plain array or is no dim of `p`.

    References
    ----------
    Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
    Benjamini & Yekutieli (2001), doi:10.1214/aos/1013699998.

    Examples
    --------
    >>> fdr([0.01, 0.02, np.nan, 0.5])
    array([0.03, 0.03,  nan, 0.5 ])
    """
    check_option("method", method, METHODS)
    if isinstance(p, xr.DataArray):
        return _labelled_fdr(p, method, dim)
    if dim is not None:
        raise LabelError("a plain array has no dims", where="dim", mend="Give p as a DataArray.")
    return _all(_checked(p), method)


def _labelled_fdr(
    p: xr.DataArray, method: str, dim: str | Sequence[Hashable] | None
) -> xr.DataArray:
    family = tuple(p.dims) if dim is None else (dim,) if isinstance(dim, str) else tuple(dim)
    for name in family:
        if name not in p.dims:
            raise LabelError(
                f"{name!r} is no dim of p, which has {tuple(p.dims)}",
                where="dim",
                mend="Name dims of p.",
            )
    others = [name for name in p.dims if name not in family]
    ordered = p.transpose(*others, *family)
    values = _checked(ordered.values)
    n_families = int(np.prod([p.sizes[name] for name in others], dtype=np.int64))
    rows = values.reshape(n_families, -1) if values.size else values.reshape(n_families, 0)
    q = np.array([adjusted(row, method) for row in rows]).reshape(values.shape)
    out = ordered.copy(data=q).transpose(*p.dims).rename("q")
    out.attrs = {**p.attrs, "method": method}
    return out


def _all(values: FloatArray, method: str) -> FloatArray:
    return adjusted(values.reshape(-1), method).reshape(values.shape)


def _checked(p: ArrayLike) -> FloatArray:
    values = np.asarray(p, dtype=np.float64)
    wrong = (values < 0) | (values > 1)
    if wrong.any():
        raise OptionError(
            f"{int(wrong.sum())} values are outside [0, 1], the first is {values[wrong][0]:g}",
            where="p",
            mend="Give p-values.",
        )
    return values
