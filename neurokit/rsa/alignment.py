"""Representations compared without RDMs: CKA, Procrustes distance, matching of single units."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.rsa.arguments import yes_or_no
from neurokit.rsa.convergent_core import best_partners, one_to_one
from neurokit.rsa.response_pairs import read_pair, unit_correlations
from neurokit.rsa.shapes import shape_distance

Array = NDArray[np.float64]


def cka(
    x: xr.DataArray | ArrayLike, y: xr.DataArray | ArrayLike, *, unbiased: bool = False
) -> float:
    """Linear centred kernel alignment: |X'Y|^2 / (|X'X| |Y'Y|).

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Responses to the same conditions.
    unbiased : bool, default False
        With HSIC_1 in numerator and denominator, whose mean is 0 for independent data; the plain
        one grows with the number of units.

    Returns
    -------
    float
        1 for a rotation and scaling of one another.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.
    OptionError
        If unbiased with fewer than four conditions.

    References
    ----------
    Kornblith et al. (2019), arXiv:1905.00414. Song et al. (2012), doi:10.5555/2503308.2343691.

    Examples
    --------
    >>> round(cka(np.eye(5), 3.0 * np.eye(5)), 12)
    1.0
    """
    unbiased = yes_or_no("unbiased", unbiased)
    a, b = read_pair(x, y)
    if not (a.any() and b.any()):
        raise SchemaError("no response differs", where="x, y", mend="Give responses that vary.")
    k, m = a @ a.T, b @ b.T
    if not unbiased:
        return float((k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum()))
    if len(a) < 4:
        raise OptionError(f"{len(a)} conditions", where="unbiased", mend="Give at least four.")
    return float(_hsic(k, m) / np.sqrt(_hsic(k, k) * _hsic(m, m)))


def _hsic(k: Array, m: Array) -> float:
    n = len(k)
    a, b = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    total = (a * b).sum() + a.sum() * b.sum() / ((n - 1) * (n - 2))
    return float((total - 2.0 / (n - 2) * (a.sum(0) @ b.sum(0))) / (n * (n - 3)))


def procrustes(x: xr.DataArray | ArrayLike, y: xr.DataArray | ArrayLike) -> float:
    """Theta = arccos(|X'Y|_* / (|X| |Y|)): angle left after the best rotation.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Responses to the same conditions.

    Returns
    -------
    float
        0 to pi / 2, a metric between shapes.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.

    References
    ----------
    Williams et al. (2021), arXiv:2110.14739.

    Examples
    --------
    >>> procrustes(np.eye(5), np.eye(5)[:, ::-1]) < 1e-7
    True
    """
    return shape_distance(x, y)


def match_units(
    x: xr.DataArray | ArrayLike, y: xr.DataArray | ArrayLike, how: str = "one-to-one"
) -> xr.Dataset:
    """Which unit of `y` responds like each unit of `x`: the assignment of largest correlation.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Responses to the same conditions.
    how : {"one-to-one", "best"}, default "one-to-one"
        Every unit of `y` at most once (bipartite), or as often as it fits (semi-matching).

    Returns
    -------
    Dataset
        ``match``(unit: position in `y`, -1 where none is left), ``correlation``(unit).

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.

    References
    ----------
    Li et al. (2016), arXiv:1511.07543.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((9, 3))
    >>> match_units(x, x[:, [2, 0, 1]]).match.values.tolist()
    [1, 2, 0]
    """
    check_option("how", how, ("one-to-one", "best"))
    a, b = read_pair(x, y)
    r = unit_correlations(a, b)
    match = best_partners(r) if how == "best" else one_to_one(r)
    found = np.where(match >= 0, r[np.arange(len(r)), match], np.nan)
    return xr.Dataset({"match": (("unit",), match), "correlation": (("unit",), found)})


def temporal_score(layers: xr.DataArray, movie: xr.DataArray, method: str = "pearson") -> float:
    """Correlation of the depth of a layer with the time at which the data are most like it.

    Parameters
    ----------
    layers : DataArray (layer, pair)
        RDMs from first to last.
    movie : DataArray (time, pair) or (subject, time, pair)
        RDMs over time; similarities are averaged over subjects.
    method : str, default "pearson"
        As in `compare`.

    Returns
    -------
    float
        -1 to 1; NaN if all layers peak at once.

    Raises
    ------
    SchemaError
        If dims do not fit.

    References
    ----------
    Raugel et al. (2025), arXiv:2508.18226.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> steps = rng.random((3, 15))
    >>> layers = xr.DataArray(steps, dims=["layer", "pair"])
    >>> temporal_score(layers, xr.DataArray(steps, dims=["time", "pair"]))
    1.0
    """
    from neurokit.rsa.comparison import compare

    dims = [getattr(x, "dims", ()) for x in (layers, movie)]
    if "layer" not in dims[0] or "time" not in dims[1]:
        raise SchemaError("no layer or no time", where="layers, movie", mend="Name those dims.")
    similar = compare(layers, movie, method).transpose("layer", "time", ...)
    curve = similar.values.reshape(*similar.shape[:2], -1).mean(axis=2)
    at = movie["time"].values if "time" in movie.coords else np.arange(movie.sizes["time"])
    peak = np.asarray(at, dtype=np.float64)[curve.argmax(axis=1)]
    depth = np.arange(len(peak), dtype=np.float64)
    if np.ptp(peak) == 0:
        return float("nan")
    return float(round(np.corrcoef(depth, peak)[0, 1], 12))
