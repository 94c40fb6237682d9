"""Distances between representations as shapes: what no rotation or renaming of units undoes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.estimator import single_thread
from neurokit.rsa.arguments import real_number, whole_number
from neurokit.rsa.pair_index import pair_indices
from neurokit.rsa.rdm_labels import labelled
from neurokit.rsa.response_pairs import read_pair
from neurokit.rsa.shape_core import angle, partly_whitened, permuted, rotated, soft_assignment

Array = NDArray[np.float64]

GROUPS = ("rotation", "permutation", "soft")
SCORES = ("angular", "euclidean")


def shape_distance(
    x: xr.DataArray | ArrayLike,
    y: xr.DataArray | ArrayLike,
    *,
    alpha: float = 1.0,
    group: str = "rotation",
    score: str = "angular",
) -> float:
    """Min over T of the angle between Zx T and Zy, Z = X (alpha I + (1 - alpha) cov(X)^-1/2).

    alpha = 1 and rotation is the Procrustes distance, alpha = 0 and rotation is the distance of
    canonical correlation analysis: the arccosine of their mean. Every choice is a metric.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Responses to the same conditions.
    alpha : float, default 1.0
        1 whitens nothing, 0 all. With no more conditions than units full whitening makes any two
        representations alike.
    group : {"rotation", "permutation", "soft"}
        T turns the space, or renames units (of which there must be as many). "soft" spreads every
        unit over units of the other side, so that numbers of units may differ.
    score : {"angular", "euclidean"}
        Angle (the scale does not count), or length of Zx T - Zy (it does); with "soft" the root
        of the mean square over units.

    Returns
    -------
    float
        Angles are 0 to pi / 2, for renaming up to pi.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit, or one is constant and has no angle.
    OptionError
        If an option is unknown, alpha is not 0 to 1, or unequal numbers of units are renamed.

    References
    ----------
    Williams et al. (2021), arXiv:2110.14739. Khosla & Williams (2024), arXiv:2311.09466.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((20, 4))
    >>> shape_distance(x, x @ np.diag([1, 2, 3, 4]), alpha=0.0) < 1e-7
    True
    """
    _check(alpha, group, score)
    a, b = read_pair(x, y, keep_scale=score == "euclidean")
    with single_thread():
        return _distance(a, b, alpha, group, score)


def _check(alpha: float, group: str, score: str) -> None:
    check_option("group", group, GROUPS)
    check_option("score", score, SCORES)
    real_number("alpha", alpha, 0.0, 1.0)


def _distance(a: Array, b: Array, alpha: float, group: str, score: str) -> float:
    if group == "permutation" and a.shape[1] != b.shape[1]:
        raise OptionError(
            f"{a.shape[1]} units have no permutation onto {b.shape[1]}",
            where="group",
            mend='Use group="soft".',
        )
    angular = score == "angular"
    one, two = (_prepared(z, alpha, group, equalised=angular) for z in (a, b))
    if angular and not (one.any() and two.any()):
        raise SchemaError("no response differs", where="x, y", mend="Give responses that vary.")
    if group == "soft":
        one, two = _spread(one, two, angular=angular)
    else:
        one, two = (rotated if group == "rotation" else permuted)(one, two)
    return angle(one, two) if angular else float(np.linalg.norm(one - two))


def _prepared(x: Array, alpha: float, group: str, *, equalised: bool) -> Array:
    if alpha == 1.0 and group != "rotation":
        return x
    u, g, vt = partly_whitened(x, alpha, equalised=equalised)
    # Which way a space is turned does not matter to rotations; the narrower form is faster.
    return u * g if group == "rotation" else (u * g) @ vt


def _spread(a: Array, b: Array, *, angular: bool) -> tuple[Array, Array]:
    """Pairs of units that optimal transport joins, each weighted by the root of its share."""
    if angular:
        a, b = (z * (np.sqrt(z.shape[1]) / np.linalg.norm(z)) for z in (a, b))
    plan = soft_assignment(-(a.T @ b) * 2.0 + (a * a).sum(0)[:, None] + (b * b).sum(0))
    i, j = np.nonzero(plan)
    weight = np.sqrt(plan[i, j])
    return a[:, i] * weight, b[:, j] * weight


def soft_matching(
    x: xr.DataArray | ArrayLike, y: xr.DataArray | ArrayLike, *, scale: str = "unit"
) -> xr.Dataset:
    """Optimal transport between units: d^2 = min over P of sum P_ij |x_i - y_j|^2.

    P >= 0, rows sum to 1 / n_x and columns to 1 / n_y. With equal numbers of units P is a
    permutation, so that copies with renamed units are at 0; single units count, and rotated
    copies are not. Exact: an assignment, or a linear programme for unequal numbers.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Responses to the same conditions.
    scale : {"unit", "whole", "none"}
        Every unit to length 1; the mean square of lengths to 1; or as given.

    Returns
    -------
    Dataset
        ``plan``(unit, unit_2), ``distance``, ``similarity``: sum P_ij x_i'y_j, for "unit" the
        mean correlation of matched units.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.
    OptionError
        If the scale is unknown.

    References
    ----------
    Khosla & Williams (2024), arXiv:2311.09466.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((9, 3))
    >>> found = soft_matching(x, x[:, [2, 0, 1]])
    >>> found.plan.values.argmax(axis=1).tolist(), round(float(found.similarity), 12)
    ([1, 2, 0], 1.0)
    """
    check_option("scale", scale, ("unit", "whole", "none"))
    a, b = (_scaled(z, scale) for z in read_pair(x, y, keep_scale=scale == "none"))
    inner = a.T @ b
    plan = soft_assignment(-2.0 * inner + (a * a).sum(0)[:, None] + (b * b).sum(0))
    i, j = np.nonzero(plan)
    # Differences first: for copies the expanded square would leave 1e-8 instead of 0.
    square = plan[i, j] @ ((a[:, i] - b[:, j]) ** 2).sum(axis=0)
    data = {"plan": (("unit", "unit_2"), plan), "distance": ((), float(np.sqrt(square)))}
    return xr.Dataset(data | {"similarity": ((), float((plan * inner).sum()))}).assign_attrs(
        scale=scale
    )


def _scaled(x: Array, scale: str) -> Array:
    if scale == "none":
        return x
    length = np.linalg.norm(x, axis=0)
    if scale == "whole":
        size = float(np.sqrt((length * length).mean())) if x.size else 0.0
        return x / (size or 1.0)
    return x / np.where(length > 0, length, 1.0)


def shape_distances(
    systems: Mapping[Any, xr.DataArray | ArrayLike],
    *,
    alpha: float = 1.0,
    group: str = "rotation",
    score: str = "angular",
    n_jobs: int = 1,
) -> xr.DataArray:
    """Distance of every pair of systems, as an RDM whose conditions are the systems.

    `plot_rdm` and `plot_arrangement` draw it (the latter takes squared distances).

    Parameters
    ----------
    systems : mapping of name to DataArray or array_like (condition, unit)
        Layers, networks, regions: at least two, all with the same conditions.
    alpha, group, score
        As in `shape_distance`.
    n_jobs : int, default 1
        Threads; any number gives the same.

    Returns
    -------
    DataArray
        (pair), with coordinates condition_1 and condition_2.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.
    OptionError
        If an option is unknown or there are fewer than two systems.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shape_distances({k: rng.standard_normal((9, 4)) for k in "abc"}).sizes["pair"]
    3
    """
    _check(alpha, group, score)
    n_jobs = whole_number("n_jobs", n_jobs, 1)
    if not isinstance(systems, Mapping) or len(systems) < 2:
        raise OptionError("are fewer than two", where="systems", mend="Give {name: responses}.")
    names = list(systems)
    pairs = list(zip(*(k.tolist() for k in pair_indices(len(names))), strict=True))

    def one(pair: tuple[int, int]) -> float:
        both = systems[names[pair[0]]], systems[names[pair[1]]]
        a, b = read_pair(*both, keep_scale=score == "euclidean")
        return _distance(a, b, alpha, group, score)

    with single_thread(), ThreadPoolExecutor(n_jobs) as pool:
        found = np.array(list(pool.map(one, pairs)))
    labels = np.array(names) if np.array(names).ndim == 1 else np.array([str(n) for n in names])
    out = labelled(found[None], xr.DataArray(np.zeros(1), dims=["item"]), labels, "rdm")
    return out.isel(item=0).assign_attrs(alpha=alpha, group=group, score=score)
