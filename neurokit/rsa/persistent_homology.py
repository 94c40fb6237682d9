"""Topology of labelled RDMs: bars of components, loops and cavities, and distances of diagrams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.rsa.arguments import real_number, whole_number
from neurokit.rsa.comparison import crossed
from neurokit.rsa.diagram_core import bottleneck, wasserstein
from neurokit.rsa.persistence_core import betti_numbers, rips_diagrams
from neurokit.rsa.rdm_labels import read_rdms
from neurokit.schema.history import add_history

Array = NDArray[np.float64]

_N_THRESHOLDS = 101


def persistence(
    rdm: xr.DataArray | ArrayLike, max_degree: int = 1, *, threshold: float | None = None
) -> xr.Dataset:
    """Persistent homology of the Vietoris-Rips filtration of RDMs: at which eps things live.

    At eps, conditions within eps of one another are joined. A bar is a component (degree 0), a
    loop (degree 1) or a cavity (degree 2), from the eps of its birth to that of its death. Long
    bars are shape, short ones mostly noise.

    Parameters
    ----------
    rdm : DataArray or array_like, (..., pair)
        Distances from 0. A pair that is NaN is never joined. Squared distances give the same bars
        with squared ends; for signed distances take ranks (`geotopological`) first.
    max_degree : int, default 1
        Degrees above 0 need the extra ``topology`` (ripser); 2 takes minutes from some hundred
        conditions on.
    threshold : float, optional
        Pairs farther than this are never joined, which saves time; bars that live there never
        die.

    Returns
    -------
    Dataset
        ``birth`` and ``death`` (..., bar), with coordinate ``degree``(bar); infinite death where
        a bar never ends. Within a degree the longest bars come first; NaN fills up where an RDM
        has fewer bars than another. Bars of length 0 are left out.

    Raises
    ------
    DependencyError
        If ripser is needed and not installed.
    OptionError
        If a distance is negative, or max_degree or threshold are below 0.

    References
    ----------
    Bauer (2021), Ripser, doi:10.1007/s41468-021-00071-5.

    Examples
    --------
    >>> square_of_side_1 = [1.0, 2**0.5, 1.0, 1.0, 2**0.5, 1.0]
    >>> bars = persistence(square_of_side_1, max_degree=0)
    >>> bars.death.values.tolist()
    [inf, 1.0, 1.0, 1.0]
    """
    limit = _check(max_degree, threshold)
    rows = read_rdms(rdm)
    if (rows.values < 0).any():
        raise OptionError(
            f"{int((rows.values < 0).sum())} distances are negative",
            where="rdm",
            mend="Give ranks (nk.rsa.geotopological), or distances that are not cross-validated.",
        )
    diagrams = [rips_diagrams(row, max_degree, limit) for row in rows.values]
    out = _packed(diagrams, max_degree, rows.lead)
    if isinstance(rdm, xr.DataArray):
        out.attrs |= {k: v for k, v in rdm.attrs.items() if k in ("history", "units")}
    parameters = {"max_degree": max_degree, "threshold": threshold}
    return add_history(out, "rsa.persistence", parameters)


def _check(max_degree: int, threshold: float | None) -> float:
    whole_number("max_degree", max_degree, 0)
    if threshold is None:
        return np.inf
    return real_number("threshold", threshold, 0.0)


def _packed(diagrams: list[list[Array]], max_degree: int, lead: xr.DataArray) -> xr.Dataset:
    """Diagrams side by side: as many places per degree as the fullest of them needs."""
    sizes = [max((len(d[k]) for d in diagrams), default=0) for k in range(max_degree + 1)]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    ends = np.full((len(diagrams), starts[-1], 2), np.nan)
    for one, degrees in zip(ends, diagrams, strict=True):
        for start, bars in zip(starts[:-1], degrees, strict=True):
            one[start : start + len(bars)] = bars
    coords: dict[Any, Any] = {n: c.variable for n, c in lead.coords.items()}
    coords["degree"] = ("bar", np.repeat(np.arange(max_degree + 1), sizes))
    dims = [*lead.dims, "bar"]
    shaped = ends.reshape(*lead.shape, starts[-1], 2)
    data = {"birth": (dims, shaped[..., 0]), "death": (dims, shaped[..., 1])}
    return xr.Dataset(data, coords, {"max_degree": max_degree})


def betti_curves(diagrams: xr.Dataset, thresholds: ArrayLike | None = None) -> xr.DataArray:
    """How many components, loops and cavities live at eps: birth <= eps < death.

    Parameters
    ----------
    diagrams : Dataset
        Of `persistence`.
    thresholds : (n_thresholds,) array_like, optional
        Values of eps; default 101 from 0 to the largest finite end of a bar.

    Returns
    -------
    DataArray of int
        (..., degree, threshold).

    Raises
    ------
    SchemaError
        If it is no result of `persistence`.
    OptionError
        If a threshold is NaN.

    Examples
    --------
    >>> bars = persistence([1.0, 5.0, 5.0], max_degree=0)
    >>> betti_curves(bars, [0, 1, 5]).values.tolist()
    [[3, 2, 1]]
    """
    ends, lead = _ends(diagrams, "diagrams")
    if thresholds is None:
        finite = ends[np.isfinite(ends)]
        at = np.linspace(0.0, float(finite.max(initial=0.0)) or 1.0, _N_THRESHOLDS)
    else:
        at = np.atleast_1d(np.asarray(thresholds))
        real = at.dtype.kind in "uif" and at.ndim == 1 and at.size > 0
        if not real or np.isnan(at).any():
            raise OptionError(
                f"holds {at.dtype} of shape {at.shape}, or a NaN",
                where="thresholds",
                mend="Give a list of numbers.",
            )
        at = at.astype(np.float64)
    degree = diagrams["degree"].values
    degrees = np.arange(_max_degree(diagrams) + 1)
    counts = [[betti_numbers(one[degree == k], at) for k in degrees] for one in ends]
    coords: dict[Any, Any] = {n: c.variable for n, c in lead.coords.items()}
    coords |= {"degree": degrees, "threshold": at}
    values = np.array(counts, dtype=np.int64).reshape(*lead.shape, len(degrees), len(at))
    out = xr.DataArray(values, coords, [*lead.dims, "degree", "threshold"], name="betti")
    out["threshold"].attrs["units"] = str(diagrams.attrs.get("units", "1"))
    return out


def bottleneck_distance(
    a: xr.Dataset | ArrayLike, b: xr.Dataset | ArrayLike, degree: int = 1
) -> xr.DataArray:
    """Largest cost of the best pairing of bars: min over pairings of max |end - end'|.

    Both births and deaths count; a bar may be paired with nothing at half its length. Moving every
    distance of an RDM by at most eps moves its diagrams by at most eps.

    Parameters
    ----------
    a, b : Dataset of `persistence`, or array_like (n_bars, 2) of births and deaths
        Every diagram of `a` is compared with every diagram of `b`.
    degree : int, default 1
        Which bars; plain arrays are taken as they are.

    Returns
    -------
    DataArray
        (dims of `a`..., dims of `b`...), named as in `compare`. Infinite where one has more bars
        that never die.

    Raises
    ------
    SchemaError
        If an argument is no diagram.
    OptionError
        If the degree was not computed.

    References
    ----------
    Cohen-Steiner et al. (2007), doi:10.1007/s00454-006-1276-5.

    Examples
    --------
    >>> float(bottleneck_distance([[0.0, 2.0], [1.0, 1.2]], [[0.5, 2.0]]))
    0.5
    """
    return _all_distances(a, b, degree, bottleneck, "bottleneck")


def wasserstein_distance(
    a: xr.Dataset | ArrayLike, b: xr.Dataset | ArrayLike, degree: int = 1, order: float = 2.0
) -> xr.DataArray:
    """Cost of the best pairing of bars: (min over pairings of sum cost^order)^(1/order).

    cost = max(|birth - birth'|, |death - death'|); a bar may be paired with nothing at half its
    length. Where the bottleneck sees one bar, this sees all.

    Parameters
    ----------
    a, b : Dataset of `persistence`, or array_like (n_bars, 2) of births and deaths
        Every diagram of `a` is compared with every diagram of `b`.
    degree : int, default 1
        Which bars; plain arrays are taken as they are.
    order : float, default 2.0
        From 1 to 1e6; infinity would be the bottleneck distance.

    Returns
    -------
    DataArray
        (dims of `a`..., dims of `b`...), named as in `compare`.

    Raises
    ------
    SchemaError
        If an argument is no diagram.
    OptionError
        If the degree was not computed, or the order is below 1 or infinite.

    References
    ----------
    Edelsbrunner & Harer (2010), Computational Topology, section VIII.2.

    Examples
    --------
    >>> float(wasserstein_distance([[0.0, 2.0], [1.0, 3.0]], [[0.0, 3.0], [1.0, 3.0]]))
    1.0
    """
    order = real_number("order", order, 1.0, 1e6)
    return _all_distances(a, b, degree, lambda x, y: wasserstein(x, y, order), "wasserstein")


def _all_distances(
    a: Any, b: Any, degree: int, distance: Callable[[Array, Array], float], name: str
) -> xr.DataArray:
    degree = whole_number("degree", degree, 0)
    (left, lead), (right, other) = (_bars(x, w, degree) for x, w in ((a, "a"), (b, "b")))
    found = np.array([[distance(x, y) for y in right] for x in left]).reshape(len(left), len(right))
    out = crossed(found, lead, other)
    return out.rename(name).assign_attrs(degree=degree)


def _bars(x: Any, where: str, degree: int) -> tuple[list[Array], xr.DataArray]:
    """Bars of one degree of every diagram, without what fills up."""
    if isinstance(x, xr.Dataset):
        ends, lead = _ends(x, where)
        degrees = x["degree"].values
        if degree not in range(_max_degree(x) + 1):
            raise OptionError(
                f"{where} has bars of degrees 0 to {_max_degree(x)}, not {degree!r}",
                where="degree",
                mend="Compute them with persistence(..., max_degree=...).",
            )
        ends = ends[:, degrees == degree]
        return [one[np.isfinite(one[:, 0])] for one in ends], lead
    bars = np.asarray(x)
    if bars.size == 0:
        bars = np.empty((0, 2))
    fits = bars.dtype.kind in "uif" and bars.ndim == 2 and bars.shape[1] == 2
    if not fits or not np.isfinite(bars[:, 0]).all() or not (bars[:, 1] >= bars[:, 0]).all():
        raise SchemaError(
            f"has shape {bars.shape}, or text, or a bar that ends before it begins",
            where=where,
            mend="Give a result of nk.rsa.persistence, or (n_bars, 2) births and deaths.",
        )
    return [bars.astype(np.float64)], xr.DataArray(0.0)


def _max_degree(diagrams: xr.Dataset) -> int:
    """What was computed, even if no bar was found."""
    return int(diagrams.attrs.get("max_degree", diagrams["degree"].values.max(initial=0)))


def _ends(diagrams: xr.Dataset, where: str) -> tuple[Array, xr.DataArray]:
    fits = isinstance(diagrams, xr.Dataset) and {"birth", "death", "degree"} <= set(
        map(str, diagrams.variables)
    )
    if not fits or "bar" not in diagrams["birth"].dims:
        raise SchemaError("is no diagram", where=where, mend="Give what nk.rsa.persistence gives.")
    lead_dims = [dim for dim in diagrams["birth"].dims if dim != "bar"]
    both = [diagrams[n].transpose(*lead_dims, "bar").values for n in ("birth", "death")]
    coords = {n: c.variable for n, c in diagrams.coords.items() if "bar" not in c.dims}
    lead = xr.DataArray(np.zeros(both[0].shape[:-1]), coords, lead_dims)
    n_bars = both[0].shape[-1]
    return np.stack(both, axis=-1).reshape(int(np.prod(lead.shape)), n_bars, 2), lead
