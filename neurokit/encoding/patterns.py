"""What a decoder's weights say of the signal: activation patterns."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, SchemaError
from neurokit.schema import add_history

Array = NDArray[np.float64]


def patterns(x: Array, weights: Array) -> Array:
    """A = Cov(x) W Cov(s)^-1 with s = x W.

    Parameters
    ----------
    x : (n, p) ndarray
        What was decoded from.
    weights : (p, t) ndarray
        Of a linear decoder.

    Returns
    -------
    (p, t) ndarray
        A decoded output that does not vary has a pattern of zeros.
    """
    centred = x - x.mean(axis=0)
    outputs = centred @ weights
    shared = centred.T @ outputs / max(len(x) - 1, 1)
    spread = outputs.T @ outputs / max(len(x) - 1, 1)
    return np.asarray(shared @ np.linalg.pinv(spread, hermitian=True))


def haufe_patterns(X: Any, coef: xr.DataArray | Array) -> xr.DataArray | Array:
    """A = Cov(X) W Cov(s)^-1, s = X W: how the signal of each output looks in the channels.

    Weights of a decoder also cancel noise; a channel with a large weight need not carry the
    signal. Patterns show what does.

    Parameters
    ----------
    X : DataArray or array
        (sample, channel, ...): what the decoder was fitted on. Where `coef` is labelled too, dims
        are matched by name.
    coef : DataArray or array
        (channel, ..., output): its weights, as ``coef_`` of `RidgeEncoder`.

    Returns
    -------
    DataArray or ndarray
        As `coef`, in units of X per unit of the output.

    Raises
    ------
    LabelError
        If `coef` does not fit X, or names other channels.
    SchemaError
        If X or `coef` hold NaN, or no real numbers.

    References
    ----------
    Haufe et al. (2014), doi:10.1016/j.neuroimage.2013.10.067.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> signal, noise = rng.normal(size=(2, 1000))
    >>> x = np.stack([signal + noise, noise], axis=1)  # the second channel holds no signal
    >>> haufe_patterns(x, np.array([[1.0], [-1.0]])).ravel() > 0.5
    array([ True, False])
    """
    if isinstance(X, xr.DataArray) and isinstance(coef, xr.DataArray):
        X = _beside(X, coef)
    x, w = real_numbers(X, "X"), real_numbers(coef, "coef")
    if x.ndim < 2 or w.ndim < 2 or x.shape[1:] != w.shape[: x.ndim - 1]:
        raise LabelError(
            f"X has shape {x.shape} and coef {w.shape}",
            where="coef",
            mend="Give (sample, channel, ...) and (channel, ..., output).",
        )
    for where, values in (("X", x), ("coef", w)):
        if not np.isfinite(values).all():
            raise SchemaError(
                "holds NaN or infinities", where=where, mend="Drop those samples or outputs first."
            )
    n = int(np.prod(x.shape[1:]))
    found = patterns(x.reshape(len(x), n), w.reshape(n, -1)).reshape(w.shape)
    if not isinstance(coef, xr.DataArray):
        return found
    out = coef.copy(data=found).rename("pattern")
    return add_history(out, "encoding.haufe_patterns")


def _beside(x: xr.DataArray, coef: xr.DataArray) -> xr.DataArray:
    """Return X with its dims in the order of the weights, if they have names in common."""
    shared = [dim for dim in coef.dims if dim in x.dims]
    if not shared:
        return x
    if len(shared) != x.ndim - 1 or coef.dims[: len(shared)] != tuple(shared):
        raise LabelError(
            f"X has dims {x.dims} and coef {coef.dims}",
            where="coef",
            mend="Give (sample, channel, ...) and (channel, ..., output).",
        )
    check_same_labels(x, coef, shared, "coef")
    ordered: xr.DataArray = x.transpose(..., *shared)
    return ordered


def check_same_labels(x: xr.DataArray, other: xr.DataArray, dims: Any, where: str) -> None:
    """Raise if two arrays name the entries of a dim differently.

    Parameters
    ----------
    x, other : DataArray
        Where only one has labels along a dim, or sizes differ, they are not compared.
    dims : iterable of str
        To compare.
    where : str
        Name of the argument that is wrong.

    Raises
    ------
    LabelError
        If they differ, or are in another order.
    """
    for dim in dims:
        named = dim in x.coords and dim in other.coords and x.sizes[dim] == other.sizes[dim]
        if named and not np.array_equal(x[dim].values, other[dim].values):
            raise LabelError(
                f"has other labels along {dim!r}",
                where=where,
                mend="Select the same labels, in the same order.",
            )


def real_numbers(values: Any, where: str) -> Array:
    """Return values as float64 if they are real numbers.

    Parameters
    ----------
    values : array_like
        Of any shape.
    where : str
        Name of the argument.

    Returns
    -------
    ndarray of float64
        Perhaps not a copy.

    Raises
    ------
    SchemaError
        If they are not.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise SchemaError(f"is of type {array.dtype}", where=where, mend="Give real numbers.")
    return array.astype(np.float64, copy=False)
