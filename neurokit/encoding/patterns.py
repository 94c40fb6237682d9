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
        (sample, channel, ...): what the decoder was fitted on.
    coef : DataArray or array
        (channel, ..., output): its weights, as ``coef_`` of `RidgeEncoder`.

    Returns
    -------
    DataArray or ndarray
        As `coef`, in units of X per unit of the output.

    Raises
    ------
    LabelError
        If `coef` does not fit X.
    SchemaError
        If X holds NaN.

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
    x = np.asarray(X, dtype=np.float64)
    w = np.asarray(coef, dtype=np.float64)
    if x.ndim < 2 or w.ndim < 2 or x.shape[1:] != w.shape[: x.ndim - 1]:
        raise LabelError(
            f"X has shape {x.shape} and coef {w.shape}",
            where="coef",
            mend="Give (sample, channel, ...) and (channel, ..., output).",
        )
    if not np.isfinite(x).all():
        raise SchemaError("holds NaN or infinities", where="X", mend="Drop those samples first.")
    n = int(np.prod(x.shape[1:]))
    found = patterns(x.reshape(len(x), n), w.reshape(n, -1)).reshape(w.shape)
    if not isinstance(coef, xr.DataArray):
        return found
    out = coef.copy(data=found).rename("pattern")
    return add_history(out, "encoding.haufe_patterns")
