"""Do two networks learn the same units? Matching curves, sparse prediction, clusters of units.

Reference: Li et al. (2016), Convergent Learning, arXiv:1511.07543.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.rsa.arguments import whole_number, yes_or_no
from neurokit.rsa.convergent_core import (
    Index,
    Partners,
    best_partners,
    held_out_correlations,
    held_out_prediction,
    mixing,
    one_to_one,
    spectral_clusters,
)
from neurokit.rsa.response_pairs import read_pair, unit_correlations

Array = NDArray[np.float64]

_PARTNERS: dict[str, Partners] = {
    "one-to-one": one_to_one,
    "best": best_partners,
}


def matching_curves(
    x: xr.DataArray | ArrayLike,
    y: xr.DataArray | ArrayLike,
    *,
    held_out: bool = True,
    n_permutations: int = 20,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Correlation of units of `x` with their partners in `y`, largest first, and what chance gives.

    Partners are all different ("one-to-one", the bipartite matching) or the best each
    ("best", the semi-matching). Where the curve of "best" is well above that of "one-to-one",
    several units of `x` do what one unit of `y` does.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Responses to the same conditions.
    held_out : bool, default True
        Choose partners on one half of the conditions (at random) and correlate on the other, both
        ways round, and average; else the largest of many correlations looks good for nothing.
    n_permutations : int, default 20
        The same with the conditions of `y` in random order.
    random_state : int, Generator or None
        Of halves and permutations.

    Returns
    -------
    Dataset
        ``correlation``(how, rank) and ``chance``(how, rank), the mean over permutations; NaN
        where `y` has fewer units. ``mean``(how), ``p_value``(how): share of permutations (and
        the data) with a mean as large.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.
    OptionError
        If there are fewer than six conditions, or no permutation.

    References
    ----------
    Li et al. (2016), arXiv:1511.07543.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((20, 5))
    >>> found = matching_curves(x, x[:, ::-1], random_state=0)
    >>> found["mean"].values.round(12).tolist()
    [1.0, 1.0]
    """
    a, b = _enough(x, y, 6)
    yes_or_no("held_out", held_out)
    whole_number("n_permutations", n_permutations, 1)
    rng = as_generator(random_state)
    half = rng.permutation(len(a))
    halves = (half[: len(a) // 2], half[len(a) // 2 :])

    def curves(second: Array) -> Array:
        rows = [_curve(a, second, partners, halves, held_out) for partners in _PARTNERS.values()]
        return np.array(rows)

    with single_thread():
        found = curves(b)
        chance = np.array([curves(b[rng.permutation(len(b))]) for _ in range(n_permutations)])
    mean, by_chance = np.nanmean(found, axis=-1), np.nanmean(chance, axis=-1)
    # Rounding must not make equal means differ.
    larger = (by_chance >= mean - 1e-12).sum(axis=0)
    data = {
        "correlation": (("how", "rank"), found),
        "chance": (("how", "rank"), chance.mean(axis=0)),
        "mean": (("how",), mean),
        "p_value": (("how",), (1.0 + larger) / (1.0 + n_permutations)),
    }
    return xr.Dataset(data, {"how": list(_PARTNERS)})


def _curve(
    a: Array,
    b: Array,
    partners: Partners,
    halves: tuple[Index, Index],
    held_out: bool,
) -> Array:
    if held_out:
        found = held_out_correlations(a, b, partners, halves)
    else:
        r = unit_correlations(a, b)
        match = partners(r)
        found = np.where(match >= 0, r[np.arange(len(r)), match], np.nan)
    return np.asarray(-np.sort(-found), dtype=np.float64)


def sparse_prediction(
    x: xr.DataArray | ArrayLike,
    y: xr.DataArray | ArrayLike,
    *,
    shares: ArrayLike | None = None,
    n_splits: int = 5,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """How many units of `x` does it take to predict one of `y`? Lasso over a path of penalties.

    min over w of |y - Xw|^2 / 2n + share * largest |x_j'y| / n * |w|_1, on standardised units,
    judged on conditions left out.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Predictors and targets: responses to the same conditions.
    shares : (n_penalties,) array_like, optional
        Penalties as shares of the one that leaves no predictor; default 13 from 1 to .001.
    n_splits : int, default 5
        Folds of conditions.
    random_state : int, Generator or None
        Of the folds.

    Returns
    -------
    Dataset
        ``r2``(share, unit) on conditions left out, ``n_predictors``(share, unit), the mean over
        folds, and ``one_to_one_r2``(unit) of the one matched unit of `x` (NaN where none is
        left). ``unit`` is that of `y`; a unit that never varies has NaN.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.
    OptionError
        If there are too few conditions for the folds, or shares are out of range.

    References
    ----------
    Li et al. (2016), arXiv:1511.07543.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((40, 6))
    >>> found = sparse_prediction(x, x[:, :1] + x[:, 1:2], shares=[0.01], random_state=0)
    >>> bool(found.r2[0, 0] > 0.99)
    True
    """
    whole_number("n_splits", n_splits, 2)
    a, b = _enough(x, y, 3 * n_splits)
    path = np.logspace(0, -3, 13) if shares is None else np.atleast_1d(np.asarray(shares))
    real = path.dtype.kind in "uif" and path.ndim == 1 and path.size > 0
    if not real or not ((path > 0) & (path <= 1)).all():
        raise OptionError(
            "need numbers above 0 and at most 1", where="shares", mend="Give say [1, 0.1, 0.01]."
        )
    path = path.astype(np.float64)
    order = as_generator(random_state).permutation(len(a))
    fold = np.empty(len(a), dtype=np.int64)
    fold[order] = np.arange(len(a)) % n_splits
    down = np.argsort(-path, kind="stable")
    back = np.argsort(down, kind="stable")
    with single_thread():
        r2, used, single = held_out_prediction(a, b, path[down], fold)
    data = {
        "r2": (("share", "unit"), r2[back]),
        "n_predictors": (("share", "unit"), used[back]),
        "one_to_one_r2": (("unit",), single),
    }
    return xr.Dataset(data, {"share": path})


def cluster_units(
    x: xr.DataArray | ArrayLike,
    y: xr.DataArray | ArrayLike,
    n_clusters: int,
    *,
    n_permutations: int = 20,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Spectral clusters of the units of both systems: many-to-many matching.

    The graph has an edge |correlation| between any two units, within and between systems. If both
    learned the same, clusters hold units of both: mixing = sum over clusters of the smaller of
    the two shares of units, 1 if all clusters hold both alike, 0 if none does. With fewer
    clusters than the systems have families of units, unrelated families must share clusters;
    look at ``chance``.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Responses to the same conditions.
    n_clusters : int
        From 2.
    n_permutations : int, default 20
        The same with the conditions of `y` in random order: only what is between systems is lost.
    random_state : int, Generator or None
        Of k-means and permutations.

    Returns
    -------
    Dataset
        ``cluster_x``(unit), ``cluster_y``(unit_2): -1 for a unit that never varies;
        ``n_units``(cluster, system), ``mixing``, ``chance``(permutation), ``p_value``.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.
    OptionError
        If there are fewer units that vary than clusters.

    References
    ----------
    Li et al. (2016), arXiv:1511.07543. Ng et al. (2001), On spectral clustering.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((30, 4)).repeat(3, axis=1)
    >>> found = cluster_units(x, x, 4, random_state=0)
    >>> float(found.mixing), found.n_units.values.tolist()
    (1.0, [[3, 3], [3, 3], [3, 3], [3, 3]])
    """
    a, b = _enough(x, y, 3)
    whole_number("n_clusters", n_clusters, 2)
    whole_number("n_permutations", n_permutations, 0)
    alive = int(a.any(axis=0).sum() + b.any(axis=0).sum())
    if alive < n_clusters:
        raise OptionError(f"{alive} units vary", where="n_clusters", mend="Give fewer clusters.")
    rng = as_generator(random_state)
    m = a.shape[1]
    with single_thread():
        label = spectral_clusters(np.hstack([a, b]), n_clusters, rng)
        chance = [
            mixing(
                spectral_clusters(np.hstack([a, b[rng.permutation(len(b))]]), n_clusters, rng), m
            )
            for _ in range(n_permutations)
        ]
    mixed = mixing(label, m)
    count = [[int((part == k).sum()) for part in (label[:m], label[m:])] for k in range(n_clusters)]
    larger = float((np.array(chance) >= mixed - 1e-12).sum())
    data = {
        "cluster_x": (("unit",), label[:m]),
        "cluster_y": (("unit_2",), label[m:]),
        "n_units": (("cluster", "system"), np.array(count)),
        "mixing": ((), mixed),
        "chance": (("permutation",), np.array(chance, dtype=np.float64)),
        "p_value": ((), (1.0 + larger) / (1.0 + n_permutations)),
    }
    return xr.Dataset(data, {"system": ["x", "y"]})


def _enough(
    x: xr.DataArray | ArrayLike, y: xr.DataArray | ArrayLike, least: int
) -> tuple[Array, Array]:
    a, b = read_pair(x, y)
    if len(a) < least:
        raise OptionError(
            f"{len(a)} conditions, where {least} are the least", where="x, y", mend="Give more."
        )
    return a, b
