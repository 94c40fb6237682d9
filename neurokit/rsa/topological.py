"""Geo-topological and geodesic transforms of labelled RDMs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import NeurokitWarning, OptionError, check_option
from neurokit.rsa.arguments import positive_number, real_number, whole_number, yes_or_no
from neurokit.rsa.compare_core import MEASURES, compare_rows
from neurokit.rsa.comparison import ALIASES
from neurokit.rsa.geodesic_core import geodesics, nearest_edges
from neurokit.rsa.geotopology import (
    cells,
    clipped,
    quantiles,
    rgtm,
    scaled_ranks,
    sigmoid_of_ranks,
)
from neurokit.rsa.pair_index import condensed, square
from neurokit.rsa.rdm_labels import Rows, align, labelled, read_rdms
from neurokit.schema.history import add_history

Array = NDArray[np.float64]

# Above this share of zero distances a geodesic RDM says little but who is joined.
_MOST_ZEROS = 0.5


def geotopological(
    rdm: xr.DataArray | ArrayLike, lower: float = 0.0, upper: float = 1.0
) -> xr.DataArray:
    """RGTM(l, u): g = clip((r - a) / (b - a), 0, 1), a and b the l- and u-quantile of r.

    r are the mid-ranks of one RDM scaled to 0..1. Distances below a become 0 (one place), above
    b become 1 (elsewhere); between them their order is kept. l = 0, u = 1 is the rank RDM;
    l = u gives the adjacency of a graph, g = 1 where r > a.

    Parameters
    ----------
    rdm : DataArray or array_like, (..., pair)
        RDMs, each transformed on its own; it is not changed.
    lower, upper : float, default 0.0, 1.0
        Quantiles, 0 <= lower <= upper <= 1.

    Returns
    -------
    DataArray
        (..., pair), 0 to 1; NaN stays NaN.

    Raises
    ------
    OptionError
        If lower and upper are out of order or range.

    References
    ----------
    Lin & Kriegeskorte (2024), doi:10.1073/pnas.2317881121.

    Examples
    --------
    >>> geotopological([1.0, 2.0, 3.0, 4.0, 5.0, 9.0], 0.2, 0.8).values.round(3).tolist()
    [0.0, 0.0, 0.333, 0.667, 1.0, 1.0]
    """
    _check_quantiles(lower, upper)
    rows = read_rdms(rdm)
    values = rgtm(rows.values, lower, upper)
    parameters = {"lower": lower, "upper": upper}
    return _like(rdm, rows, values, "geotopological", parameters)


def sigmoid(
    rdm: xr.DataArray | ArrayLike, steepness: float = 10.0, midpoint: float = 0.5
) -> xr.DataArray:
    """G = 1 / (1 + exp(-steepness (r - midpoint))), r the ranks of one RDM scaled to 0..1.

    Parameters
    ----------
    rdm : DataArray or array_like, (..., pair)
        RDMs, each transformed on its own.
    steepness : float, default 10.0
        Above 0.
    midpoint : float, default 0.5
        Where g is 1/2.

    Returns
    -------
    DataArray
        (..., pair), 0 to 1.

    Raises
    ------
    OptionError
        If steepness is not positive.

    Examples
    --------
    >>> sigmoid([1.0, 2.0, 3.0]).values.round(3).tolist()
    [0.007, 0.5, 0.993]
    """
    midpoint = real_number("midpoint", midpoint)
    steepness = positive_number("steepness", steepness)
    rows = read_rdms(rdm)
    values = sigmoid_of_ranks(rows.values, steepness, midpoint)
    parameters = {"steepness": steepness, "midpoint": midpoint}
    return _like(rdm, rows, values, "sigmoid", parameters)


def geodesic(
    rdm: xr.DataArray | ArrayLike,
    lower: float = 0.0,
    upper: float = 1.0,
    *,
    n_neighbours: int | None = None,
    neighbours: str = "union",
    rank: bool = False,
) -> xr.DataArray:
    """Shortest path between conditions through those that are near: the distance along the shape.

    Edges have the weights g = RGTM(lower, upper); pairs at or above the upper quantile (g = 1)
    are not joined, unless upper = 1, which joins all. An edge of weight 0 is an edge. Pairs that
    no path joins get max(1, longest path).

    Parameters
    ----------
    rdm : DataArray or array_like, (..., pair)
        RDMs, each transformed on its own; it is not changed.
    lower : float, default 0.0
        Quantile below which a distance is 0. Once the pairs below it join all conditions every
        path has length 0; a warning says so.
    upper : float, default 1.0
        Quantile from which pairs are not joined.
    n_neighbours : int, optional
        Join only the nearest conditions of each.
    neighbours : {"union", "mutual"}, default "union"
        Whether an edge needs one or both of its conditions to be near the other.
    rank : bool, default False
        Scale the ranks of the paths to 0..1, as the paper's code does.

    Returns
    -------
    DataArray
        (..., pair), with coordinates ``zero_fraction`` and ``unconnected_fraction`` (...).

    Raises
    ------
    OptionError
        If a parameter is out of range.

    Warns
    -----
    NeurokitWarning
        If more than half of the paths of an RDM have length 0.

    References
    ----------
    Lin & Kriegeskorte (2024), doi:10.1073/pnas.2317881121. Its code and rsatoolbox's leave
    out edges of weight 0, which are the closest pairs.

    Examples
    --------
    >>> line = np.array([1.0, 3.0, 6.0, 2.0, 5.0, 3.5])  # steps of 1, 2, 3.5
    >>> geodesic(line, upper=0.7).values.round(3).tolist()
    [0.0, 0.286, 1.143, 0.286, 1.143, 0.857]
    """
    _check_quantiles(lower, upper)
    check_option("neighbours", neighbours, ("union", "mutual"))
    rank = yes_or_no("rank", rank)
    rows = read_rdms(rdm)
    if n_neighbours is not None and whole_number("n_neighbours", n_neighbours, 0) not in range(
        1, rows.n_conditions
    ):
        raise OptionError(
            f"is {n_neighbours} of {rows.n_conditions} conditions",
            where="n_neighbours",
            mend="Give a number from 1 and below the number of conditions.",
        )
    weights = rgtm(rows.values, lower, upper)
    edges = np.isfinite(weights) if upper == 1.0 else weights < 1.0
    if n_neighbours is not None:
        mutual = neighbours == "mutual"
        near = [nearest_edges(m, n_neighbours, mutual=mutual) for m in square(rows.values)]
        edges &= np.array([condensed(m) for m in near]) > 0
    lengths, lost = geodesics(weights, edges)
    zero = (lengths == 0).mean(axis=1)
    _warn_of_zeros(zero)
    values = scaled_ranks(lengths) if rank else lengths
    parameters: dict[str, Any] = {"lower": lower, "upper": upper}
    parameters |= {"n_neighbours": n_neighbours, "neighbours": neighbours, "rank": rank}
    out = _like(rdm, rows, values, "geodesic", parameters)
    fractions = {"zero_fraction": zero, "unconnected_fraction": lost / lengths.shape[1]}
    return out.assign_coords(
        {k: (rows.lead.dims, v.reshape(rows.lead.shape)) for k, v in fractions.items()}
    )


def geotopological_map(
    a: xr.DataArray | ArrayLike,
    b: xr.DataArray | ArrayLike,
    *,
    step: float = 0.05,
    method: str = "cosine",
) -> xr.DataArray:
    """Similarity of RGTM(l, u) of `a` and of `b` for every cell (l, u) of a grid.

    The largest value of the map is no estimate of anything, because it was looked for;
    `identify` chooses (l, u) on other subjects.

    Parameters
    ----------
    a, b : DataArray or array_like, (..., pair)
        RDMs of the same conditions. Every RDM of `a` is compared with every RDM of `b`, and the
        mean is taken.
    step : float, default 0.05
        Distance of the grid's lines.
    method : str, default "cosine"
        As in `compare`.

    Returns
    -------
    DataArray
        (lower, upper), NaN where lower >= upper.

    Raises
    ------
    OptionError
        If the step divides 1 into no whole number of parts.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> geotopological_map(rng.random(15), rng.random(15), step=0.25).dims
    ('lower', 'upper')
    """
    method = ALIASES.get(str(method), method)
    check_option("method", method, MEASURES)
    check_step(step)
    left, right = read_rdms(a, "a"), read_rdms(b, "b")
    ranks = scaled_ranks(left.values), scaled_ranks(align(right, left, "b"))
    n = round(1.0 / step)
    lines = np.arange(n + 1) / n
    levels = [quantiles(r, lines.tolist()) for r in ranks]
    out = np.full((n + 1, n + 1), np.nan)
    for low, high in cells(step):
        i, j = round(low * n), round(high * n)
        x, y = (clipped(r, q[i], q[j]) for r, q in zip(ranks, levels, strict=True))
        out[i, j] = np.nanmean(compare_rows(x, y, method))
    return xr.DataArray(
        out, {"lower": lines, "upper": lines}, ["lower", "upper"], name="similarity"
    ).assign_attrs(method=method)


def check_step(step: float) -> None:
    """Refuse a step that divides 0..1 into no whole number of parts.

    Parameters
    ----------
    step : float
        Distance of a grid's lines.

    Raises
    ------
    OptionError
        If it does not fit.
    """
    if not 0 < real_number("step", step) <= 0.5 or abs(1.0 / step - round(1.0 / step)) > 1e-9:
        raise OptionError(f"is {step!r}", where="step", mend="Give .05, .1 or another 1/n.")


def _check_quantiles(lower: float, upper: float) -> None:
    lower, upper = real_number("lower", lower), real_number("upper", upper)
    if not 0 <= lower <= upper <= 1:
        raise OptionError(
            f"lower = {lower!r} and upper = {upper!r}",
            where="lower, upper",
            mend="Give quantiles with 0 <= lower <= upper <= 1.",
        )


def _warn_of_zeros(zero: Array) -> None:
    if zero.size and zero.max() > _MOST_ZEROS:
        text = (
            f"geodesic: up to {zero.max():.0%} of the paths have length 0, because pairs below "
            "the lower quantile join most conditions; use lower=0"
        )
        warnings.warn(text, NeurokitWarning, stacklevel=3)


def _like(
    rdm: Any, rows: Rows, values: Array, function: str, parameters: dict[str, Any]
) -> xr.DataArray:
    out = labelled(values, rows.lead, rows.labels, "rdm")
    if isinstance(rdm, xr.DataArray):
        out.attrs = {k: v for k, v in rdm.attrs.items() if k != "units"}
        out.name = rdm.name or "rdm"
    out.attrs["units"] = "1"
    return add_history(out, f"rsa.{function}", parameters)
