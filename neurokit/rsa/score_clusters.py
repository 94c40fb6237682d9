"""Where and when models explain: clusters of scores over time, sensors, voxels or both."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.randomness import as_generator
from neurokit.rsa.arguments import real_array
from neurokit.schema.history import add_history
from neurokit.stats.clusters import cluster_test
from neurokit.stats.sign_flip import block_sign_flip


def cluster_scores(
    scores: xr.Dataset | xr.DataArray,
    adjacency: Any = None,
    *,
    against: str | None = None,
    space: str | None = None,
    along: str | None = "time",
    threshold: float = 0.05,
    n_flips: int = 2000,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """P of a cluster = share of sign flips of subjects whose largest cluster has its mass.

    A cluster is a connected region in which t over subjects of the scores (or of their advantage
    over another model) is above the quantile ``1 - threshold`` of its flips. p-values hold for
    all clusters of one model together; they say that there is something, not where it begins.

    Parameters
    ----------
    scores : Dataset or DataArray
        What `evaluate` returns of RDMs over time, or (subject, ...) scores of a `searchlight`.
    adjacency : (n, n) array_like or sparse, optional
        Which places touch, as ``neighbourhoods.adjacency``.
    against : str, optional
        Model whose scores are subtracted; default: the test is against 0.
    space : str, optional
        Dim of places, with `adjacency`.
    along : str, optional, default "time"
        Dim whose steps in a row touch; None if there is none.
    threshold : float, default 0.05
        What forms clusters.
    n_flips : int, default 2000
        Flips; all, if there are no more.
    random_state : None, int or numpy.random.Generator
        Source of flips, the same for every model.

    Returns
    -------
    Dataset
        ``statistic``, ``cluster`` (0 outside, 1, 2, ... by falling mass), ``p_cluster`` (1
        outside) with the dims of the scores but ``subject``; for each region ``p_of_region``,
        ``mass``, ``size``, its ``region_model`` and where it is: ``start`` and ``stop`` along
        `along`.

    Raises
    ------
    SchemaError, LabelError
        If there is no dim ``subject`` or a named dim or model is not there.
    OptionError
        If there are fewer than two subjects.

    References
    ----------
    Maris & Oostenveld (2007), doi:10.1016/j.jneumeth.2007.03.024.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((12, 20))
    >>> x[:, 8:13] += 1.5
    >>> found = cluster_scores(xr.DataArray(x, dims=["subject", "time"]), random_state=0)
    >>> found.start.values, found.stop.values
    (array([8]), array([12]))
    """
    x = _of_subjects(scores, against, [str(d) for d in (space, along) if d is not None])
    if adjacency is not None and not scipy.sparse.issparse(adjacency):
        adjacency = real_array("adjacency", adjacency)
        if adjacency.ndim != 2:
            raise OptionError(
                f"has shape {adjacency.shape}", where="adjacency", mend="Give (place, place)."
            )
    kept = [str(d) for d in (space, along) if d is not None]
    rest = [str(d) for d in x.dims if d not in (*kept, "subject")]
    seed = int(as_generator(random_state).integers(2**31))
    ordered = x.transpose(*rest, "subject", *kept)
    shape = [x.sizes[d] for d in rest]
    maps: list[xr.Dataset] = []
    tables: list[dict[str, Any]] = []
    for place in np.ndindex(*shape):
        one = ordered[place] if rest else ordered
        test = block_sign_flip(
            one.reset_coords(drop=True),
            1,
            dim="subject",
            statistic="t",
            alternative="greater",
            n_flips=n_flips,
            random_state=seed,
        )
        found = cluster_test(test, adjacency, space=space, along=along, threshold=threshold)
        found["statistic"] = test["statistic"]
        maps.append(found)
        tables += _regions(found, one, along, _name(x, rest, place))
    out = _together(maps, x, rest, kept, shape)
    out = out.assign(_table(tables, along))
    out.attrs = {"n_subjects": x.sizes["subject"], "threshold": float(threshold)}
    out.attrs |= {"n_draws": int(maps[0].attrs["n_draws"]), "against": against or "0"}
    if "history" in scores.attrs:
        out.attrs["history"] = scores.attrs["history"]
    parameters = {"against": against, "space": space, "along": along, "threshold": threshold}
    return add_history(out, "rsa.cluster_scores", parameters | {"n_flips": n_flips}, random_state)


def _of_subjects(
    scores: xr.Dataset | xr.DataArray, against: str | None, kept: list[str]
) -> xr.DataArray:
    """Scores, or advantages, with a dim of subjects."""
    if isinstance(scores, xr.Dataset):
        if "evaluation" not in scores:
            raise SchemaError(
                f"holds {', '.join(map(str, scores.data_vars))}",
                where="scores",
                mend="Give what nk.rsa.evaluate returns.",
            )
        scores = scores["evaluation"]
    if not isinstance(scores, xr.DataArray):
        raise SchemaError(
            f"is a {type(scores).__name__}",
            where="scores",
            mend="Give what nk.rsa.evaluate or nk.rsa.searchlight returns.",
        )
    missing = [d for d in ("subject", *kept) if d not in scores.dims]
    if missing or not kept:
        raise SchemaError(
            f"dims are {tuple(scores.dims)}",
            where="scores",
            mend=f"Give scores with {', '.join(missing)}." if missing else "Name space or along.",
        )
    if scores.sizes["subject"] < 2:
        raise OptionError("there is one subject", where="scores", mend="Give at least two.")
    if against is None:
        return scores
    names = scores["model"].values.tolist() if "model" in scores.coords else []
    if against not in names:
        raise LabelError(
            f"there is no model {against!r}", where="against", mend=f"There are: {names}."
        )
    others = [name for name in names if name != against]
    return scores.sel(model=others) - scores.sel(model=against, drop=True)


def _name(x: xr.DataArray, rest: list[str], place: tuple[int, ...]) -> str:
    parts = [
        str(x[dim].values[k]) if dim in x.coords else str(k)
        for dim, k in zip(rest, place, strict=True)
    ]
    return ", ".join(parts)


def _regions(
    found: xr.Dataset, one: xr.DataArray, along: str | None, name: str
) -> list[dict[str, Any]]:
    out = []
    for number in range(1, found.sizes["region"] + 1):
        inside = found["cluster"] == number
        row: dict[str, Any] = {
            "region_model": name,
            "p_of_region": float(found["p_of_cluster"][number - 1]),
            "mass": float(found["cluster_mass"][number - 1]),
            "size": int(inside.sum()),
        }
        if along is not None:
            other = [dim for dim in inside.dims if dim != along]
            at = np.flatnonzero(inside.any(other).values)
            line = one[along].values if along in one.coords else np.arange(one.sizes[along])
            row |= {"start": line[at[0]], "stop": line[at[-1]]}
        out.append(row)
    return out


def _table(tables: list[dict[str, Any]], along: str | None) -> dict[str, Any]:
    names = ["region_model", "p_of_region", "mass", "size"]
    names += [] if along is None else ["start", "stop"]
    kinds: dict[str, Any] = {"region_model": np.str_, "size": np.int64}
    columns = {}
    for name in names:
        values = [row[name] for row in tables]
        empty = np.empty(0, dtype=kinds.get(name, np.float64))
        columns[name] = ("region", np.array(values) if values else empty)
    return columns


def _together(
    maps: list[xr.Dataset], x: xr.DataArray, rest: list[str], kept: list[str], shape: list[int]
) -> xr.Dataset:
    variables: dict[str, Any] = {}
    for name in ("statistic", "cluster", "p_cluster"):
        stacked: NDArray[Any] = np.array([m[name].transpose(*kept).values for m in maps])
        variables[name] = ([*rest, *kept], stacked.reshape(*shape, *stacked.shape[1:]))
    coords = {n: c.variable for n, c in x.coords.items() if "subject" not in c.dims}
    return xr.Dataset(variables, coords)
