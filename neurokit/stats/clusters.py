"""The cluster permutation test on maps over space and an ordered axis such as lags or time."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
import xarray as xr

from neurokit.errors import LabelError, OptionError
from neurokit.stats._clusters import cluster_masses, largest_masses, lattice


def cluster_test(
    result: xr.Dataset,
    adjacency: Any = None,
    *,
    space: str | None = None,
    along: str | None = None,
    threshold: float = 0.05,
) -> xr.Dataset:
    """P of a cluster = share of null maps whose largest cluster has at least its mass.

    A cluster is a connected region of (space, along) in which the statistic exceeds the quantile
    ``1 - threshold`` of its own null draws; its mass is the sum of what exceeds. The largest mass
    of each null map gives p-values that control the family-wise error over all clusters. A small
    p says that there is something in the cluster, not where its border is.

    Parameters
    ----------
    result : Dataset
        Of `circular_shift_test` or `block_sign_flip`: ``statistic`` and ``null``(draw, ...); more
        is more extreme.
    adjacency : (n, n) array_like or sparse, optional
        Non-zero where two places are neighbours, in the order of `space`, as of
        ``mne.channels.find_ch_adjacency``. Default: no place has a neighbour.
    space : str, optional
        The dim of places; None for a single place.
    along : str, optional
        The ordered dim whose steps in a row touch; None if there is none.
    threshold : float, default 0.05
        Share of each point's null draws that are to lie above what forms clusters.

    Returns
    -------
    Dataset
        ``cluster`` (0 outside, then 1, 2, ... by falling mass) and ``p_cluster`` (1 outside)
        with the statistic's dims; ``cluster_mass``, ``p_of_cluster`` (cluster); attrs
        ``n_draws``, ``threshold``.

    Raises
    ------
    LabelError
        If dims are not those of the statistic, or the adjacency does not fit.
    OptionError
        If the draws were not kept, or `threshold` is not between 0 and 1.

    References
    ----------
    Maris & Oostenveld (2007), doi:10.1016/j.jneumeth.2007.03.024.

    Examples
    --------
    >>> from neurokit.stats import block_sign_flip
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(40, 12))
    >>> x[:, 3:7] += 1.0
    >>> test = block_sign_flip(x, 1, alternative="greater", n_flips=499, random_state=0)
    >>> found = cluster_test(test, along="output_0")
    >>> found.cluster.values
    array([0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0])
    """
    statistic, null = _maps(result, space, along, threshold)
    n_places = statistic.shape[0]
    edges = lattice(_neighbours(adjacency, n_places), statistic.shape[1])
    flat, draws = statistic.values.ravel(), null.values.reshape(null.sizes["draw"], -1)
    level = np.quantile(draws, 1.0 - threshold, axis=0)
    label, mass = cluster_masses(flat, level, edges)
    largest = largest_masses(draws, level, edges)
    p = (1 + (largest[:, None] >= mass).sum(axis=0)) / (1 + len(draws))
    order = np.argsort(-mass, kind="stable")
    rank = np.zeros(mass.size + 1, dtype=np.int64)
    rank[order + 1] = 1 + np.arange(mass.size)
    dims = result["statistic"].dims
    points = statistic.copy(data=rank[label].reshape(statistic.shape))
    inside = np.concatenate([[1.0], p])[label].reshape(statistic.shape)
    return xr.Dataset(
        {
            "cluster": _restore(points, dims),
            "p_cluster": _restore(statistic.copy(data=inside), dims),
            "cluster_mass": ("region", mass[order]),
            "p_of_cluster": ("region", p[order]),
        },
        attrs={"n_draws": len(draws), "threshold": float(threshold)},
    )


def check_threshold(threshold: object) -> None:
    """Raise where `threshold` is no share.

    Parameters
    ----------
    threshold : object
        What the user gave.

    Raises
    ------
    OptionError
        If it is no number between 0 and 1.
    """
    number = isinstance(threshold, int | float | np.number) and not isinstance(threshold, bool)
    if not (number and 0 < threshold < 1):  # type: ignore[operator]
        raise OptionError(f"is {threshold!r}", where="threshold", mend="Give a share, e.g. 0.05.")


def _maps(
    result: xr.Dataset, space: str | None, along: str | None, threshold: float
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return statistic (place, step) and null (draw, place, step)."""
    if "null" not in result or "statistic" not in result:
        raise OptionError("holds no null draws", where="result", mend="Test with keep_null=True.")
    check_threshold(threshold)
    statistic = result["statistic"]
    named = {dim for dim in (space, along) if dim is not None}
    if named != set(statistic.dims):
        raise LabelError(
            f"space {space!r} and along {along!r} for a statistic of {tuple(statistic.dims)}",
            where="space",
            mend="Name every dim once; select others first.",
        )
    out = []
    for values in (statistic, result["null"]):
        for index, dim in enumerate((space, along)):
            if dim is None:
                values = values.expand_dims(f"single_{index}")
        order = [space or "single_0", along or "single_1"]
        out.append(values.transpose(..., *order))
    return out[0], out[1]


def _neighbours(adjacency: Any, n_places: int) -> scipy.sparse.csr_array:
    if adjacency is None:
        return scipy.sparse.csr_array((n_places, n_places))
    # Booleans have no sign.
    matrix = scipy.sparse.csr_array(adjacency).astype(np.float64)
    if matrix.shape != (n_places, n_places):
        raise LabelError(
            f"shape {matrix.shape} for {n_places} places",
            where="adjacency",
            mend="Give one row and column per place, in the order of the statistic.",
        )
    # Each side by itself, so that weights of opposite sign do not cancel.
    near = abs(matrix.sign())
    return scipy.sparse.csr_array(near + near.T)


def _restore(values: xr.DataArray, dims: tuple[Any, ...]) -> xr.DataArray:
    extra = [dim for dim in values.dims if dim not in dims]
    return values.squeeze(extra, drop=True).transpose(*dims)
