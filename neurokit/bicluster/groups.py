"""Clusters beside what is known of neurons: their regions, probes, types."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.stats import adjusted_rand


def groups_of(values: xr.DataArray, by: str) -> NDArray[np.str_]:
    """Group of every neuron, as text.

    Parameters
    ----------
    values : DataArray
        With neurons along its first dim.
    by : str
        A coordinate along that dim.

    Returns
    -------
    (N,) ndarray of str
        One per neuron.

    Raises
    ------
    OptionError
        If there is no such coordinate.
    """
    space = values.dims[0]
    known = sorted(str(name) for name, c in values.coords.items() if c.dims == (space,))
    if by not in known or by == space:
        others = [name for name in known if name != space]
        raise OptionError(
            f"{space}s have no coordinate {by!r}, only {others}",
            where="by",
            mend=f"Give the data a coordinate along {space}, as region, before fit.",
        )
    return np.asarray(values[by].values).astype(np.str_)


def contingency(labels: xr.DataArray, by: str) -> xr.DataArray:
    """Count neurons of every cluster in every group.

    Parameters
    ----------
    labels : DataArray (neuron)
        Clusters, with the coordinate `by`.
    by : str
        Name of the groups.

    Returns
    -------
    DataArray (by, cluster) of int64
        Groups by first appearance; attribute ``adjusted_rand``.

    Raises
    ------
    OptionError
        If there is no such coordinate.
    """
    groups = groups_of(labels, by)
    names = list(dict.fromkeys(groups.tolist()))
    clusters = np.asarray(labels.values, dtype=np.int64)
    table = np.zeros((len(names), int(clusters.max()) + 1), dtype=np.int64)
    rows = np.array([names.index(group) for group in groups.tolist()], dtype=np.int64)
    np.add.at(table, (rows, clusters), 1)
    return xr.DataArray(
        table,
        dims=(by, "cluster"),
        coords={by: names, "cluster": np.arange(table.shape[1])},
        name="neurons",
        attrs={"adjusted_rand": float(adjusted_rand(groups, clusters))},
    )


def p_same(together: xr.DataArray, by: str) -> xr.DataArray:
    """Mean co-clustering of pairs of different neurons, by their groups.

    Parameters
    ----------
    together : DataArray (neuron, partner)
        Probability that two neurons are in one cluster.
    by : str
        Name of the groups.

    Returns
    -------
    DataArray (by, other_<by>)
        NaN where a group has no second neuron.

    Raises
    ------
    OptionError
        If there is no such coordinate.
    """
    groups = groups_of(together, by)
    names = list(dict.fromkeys(groups.tolist()))
    inside = np.array([groups == name for name in names], dtype=np.float64)
    values = np.asarray(together.values, dtype=np.float64)
    total = inside @ (values - np.diag(np.diag(values))) @ inside.T
    sizes = inside.sum(axis=1)
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    found = np.divide(total, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
    return xr.DataArray(
        found,
        dims=(by, f"other_{by}"),
        coords={by: names, f"other_{by}": names},
        name="p_same",
    )
