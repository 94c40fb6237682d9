"""Noise covariance of labelled patterns, for whitening."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError, SchemaError, check_option
from neurokit.rsa.averaging import group_sums
from neurokit.rsa.covariance import METHODS, covariance
from neurokit.rsa.patterns import FEATURE_DIMS, Labels, Patterns, read_patterns
from neurokit.schema.history import add_history

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def noise_covariance(
    x: xr.DataTree | xr.DataArray | ArrayLike,
    method: str = "shrinkage_diag",
    *,
    conditions: Labels | None = None,
    folds: Labels | None = None,
    repeats: Labels | None = None,
    dof: float | None = None,
) -> xr.DataArray:
    """Sigma = R' R / dof, shrunk: R the residuals of `x` after each condition's mean.

    Parameters
    ----------
    x : recording, DataArray or array_like
        (..., observation, channel): residuals of a model, or patterns with repeats.
    method : {"shrinkage_diag", "shrinkage_eye", "diag", "full"}, default "shrinkage_diag"
        Off-diagonals shrunk to 0 (Schaefer & Strimmer), everything to a multiple of the
        identity (Ledoit & Wolf), variances only, or no shrinkage.
    conditions : str or array_like, optional
        Coordinate or labels of conditions whose means are taken out. Default: only the mean of
        all observations is, as fits residuals.
    folds : str or array_like, optional
        One covariance per fold: what ``rdm(..., noise=)`` takes for fold-specific noise. It is
        that of single observations; divide by their number per condition for that of means.
    repeats : str or array_like, optional
        Coordinate of a dim that holds repeats, such as runs, to be pooled.
    dof : float, optional
        Degrees of freedom; default observations less means.

    Returns
    -------
    DataArray
        (..., [fold,] channel, channel_2) in units of `x` squared.

    Raises
    ------
    OptionError
        If the method is unknown or no degree of freedom is left.
    SchemaError
        If a value is NaN.

    References
    ----------
    Ledoit & Wolf (2004), doi:10.1016/S0047-259X(03)00096-4.
    Schaefer & Strimmer (2005), doi:10.2202/1544-6115.1175.

    Examples
    --------
    >>> residuals = np.random.default_rng(0).standard_normal((200, 3))
    >>> noise_covariance(residuals).dims
    ('feature', 'feature_2')
    """
    check_option("method", method, METHODS)
    if dof is not None and (isinstance(dof, bool) or not isinstance(dof, (int, float, np.number))):
        raise OptionError(f"is {dof!r}", where="dof", mend="Give a number from 1.")
    if folds is not None and repeats is not None:
        raise OptionError("repeats too are given", where="folds", mend="Give one of them.")
    patterns = _read(x, conditions, folds if repeats is None else repeats)
    if repeats is not None:
        patterns = replace(patterns, fold=None, folds=None)
    group = patterns.condition if conditions is not None else np.zeros_like(patterns.condition)
    per_item = [
        residual_covariances(item, patterns, group, method, dof) for item in patterns.values
    ]
    stacked = np.asarray(per_item)
    name = patterns.feature_dim
    dims = [*patterns.items.dims, *(["fold"] if folds is not None else []), name, f"{name}_2"]
    coords: dict[Any, Any] = {k: c.variable for k, c in patterns.items.coords.items()}
    coords |= {name: patterns.features, f"{name}_2": (f"{name}_2", patterns.features)}
    if patterns.folds is not None:
        coords["fold"] = patterns.folds
    else:
        stacked = stacked[:, 0]
    shape = [*patterns.items.shape, *stacked.shape[1:]]
    out = xr.DataArray(stacked.reshape(shape), coords, dims, name="noise_covariance")
    parameters = {"method": method, "conditions": conditions, "folds": folds, "repeats": repeats}
    parameters["dof"] = dof
    return add_history(out, "rsa.noise_covariance", parameters)


def _read(
    x: xr.DataTree | xr.DataArray | ArrayLike, conditions: Labels | None, folds: Labels | None
) -> Patterns:
    if conditions is None and isinstance(x, xr.DataArray):
        # Of residuals any dim may be the observations, as long as it is the only other one.
        rest = [str(dim) for dim in x.dims if dim not in FEATURE_DIMS]
        if len(rest) == 1:
            conditions = rest[0]
    return read_patterns(x, conditions, folds)


def residual_covariances(
    item: Array, patterns: Patterns, group: Index, method: str, dof: float | None
) -> list[Array]:
    """Covariance of one system's residuals, one per fold if there are folds.

    Parameters
    ----------
    item : (n_observations, n_features) ndarray of float64
        One item of `patterns`.
    patterns : Patterns
        The design.
    group : (n_observations,) ndarray of int
        Observations whose mean is taken out together.
    method : str
        Estimator.
    dof : float, optional
        Degrees of freedom of each.

    Returns
    -------
    list of (n_features, n_features) ndarray of float64
        One per fold, or one.
    """
    if not np.isfinite(item).all():
        raise SchemaError(
            f"{int((~np.isfinite(item)).sum())} values are not finite",
            where="noise",
            mend="Drop those channels or observations first.",
        )
    if patterns.fold is None:
        return [_one(item, group, method, dof)]
    number = range(len(patterns.folds)) if patterns.folds is not None else ()
    rows = [patterns.fold == k for k in number]
    return [_one(item[row], group[row], method, dof) for row in rows]


def _one(rows: Array, group: Index, method: str, dof: float | None) -> Array:
    _, codes = np.unique(group, return_inverse=True)
    n_groups = int(codes.max()) + 1
    sums, counts = group_sums(rows, codes.astype(np.int64), n_groups)
    residuals = rows - (sums / counts[:, None])[codes]
    left = float(len(rows) - n_groups) if dof is None else dof
    if not 1 <= left < np.inf:
        raise OptionError(
            f"{len(rows)} observations of {n_groups} means leave {left:g} degrees of freedom",
            where="noise",
            mend="Give repeats of conditions, or residuals.",
        )
    return covariance(residuals, left, method)


def aligned_noise(noise: xr.DataArray, features: NDArray[Any], feature_dim: str) -> xr.DataArray:
    """Noise covariance with its channels in the order of the patterns.

    Parameters
    ----------
    noise : DataArray
        (..., channel, channel_2).
    features : (n,) ndarray
        Labels of the patterns' channels.
    feature_dim : str
        Their dim.

    Returns
    -------
    DataArray
        (..., channel, channel_2).

    Raises
    ------
    LabelError
        If a channel has no noise covariance.
    """
    second = f"{feature_dim}_2"
    if feature_dim not in noise.dims or second not in noise.dims:
        raise SchemaError(
            f"dims are {tuple(noise.dims)}", where="noise", mend=f"Give ({feature_dim}, {second})."
        )
    if feature_dim not in noise.coords:
        return noise.transpose(..., feature_dim, second)
    missing = [str(f) for f in features if f not in set(noise[feature_dim].values.tolist())]
    if missing:
        raise LabelError(
            f"it lacks {', '.join(missing[:5])}", where="noise", mend="Estimate it on all channels."
        )
    both = noise.sel({feature_dim: features, second: features})
    return both.transpose(..., feature_dim, second)
