"""Bootstrap of measures of ranks: Spearman, rho-a and Kendall's tau, ties and all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.kendall import all_concordances, dense_order
from neurokit.rsa.weighted_ranks import (
    compress,
    held_entries,
    midranks,
    order_of_integers,
    pools,
)

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Order = NDArray[np.int32]

METHODS = ("spearman", "rho-a", "tau-a", "tau-b")


@dataclass(frozen=True)
class Sorted:
    """RDMs sorted once.

    Parameters
    ----------
    order, rank : (n_rdms, n_pairs) ndarray of int32
        Models first, then subjects.
    valid : (n_pairs,) ndarray of bool
        Pairs that every RDM has.
    n_models : int
        Number of models.
    method : {"spearman", "rho-a", "tau-a", "tau-b"}
        Measure.
    """

    order: Order
    rank: Order
    valid: NDArray[np.bool_]
    n_models: int
    method: str


def prepare(rows: Array, n_models: int, method: str) -> Sorted:
    """Sort every RDM.

    Parameters
    ----------
    rows : (n_rdms, n_pairs) ndarray of float64
        Models first; NaN where a pair is missing, which then counts for none.
    n_models : int
        Number of models.
    method : str
        One of `METHODS`.

    Returns
    -------
    Sorted
        Ready for `scores`.
    """
    valid: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=0))
    order, rank = dense_order(np.where(valid, rows, 0.0))
    return Sorted(order, rank, valid, n_models, method)


def scores(table: Sorted, weight: Whole, draws: list[Whole]) -> tuple[Array, list[Array]]:
    """Similarity of models and subjects of one draw of conditions, and ceilings.

    Parameters
    ----------
    table : Sorted
        RDMs.
    weight : (n_pairs,) ndarray of int64
        How often each pair was drawn.
    draws : list of (n_subjects,) ndarray of int64
        How often each subject was drawn, any number of times.

    Returns
    -------
    similarity : (n_models, n_subjects) ndarray of float64
        Of every model with every subject; of tau 0 for subjects of no draw.
    ceilings : list of (2,) ndarray of float64
        lower and upper for each draw of subjects.
    """
    weight = np.where(table.valid, weight, 0)
    held, place = held_entries(weight)
    order, rank = compress(table.order, table.rank, place, len(held))
    w = weight[held]
    ranks = midranks(order, rank, w)
    k = table.n_models
    if table.method.startswith("tau"):
        needed = np.flatnonzero(np.sum(draws, axis=0) > 0)
        similarity = np.zeros((k, len(rank) - k))
        similarity[:, needed] = _tau(table.method, order[:k], rank[:k], rank[k:][needed], w)
    else:
        similarity = _product(ranks[:k], ranks[k:], w, table.method)
    found = [_ceilings(table.method, ranks[k:], rank[k:], w, m) for m in draws]
    return similarity, found


def _tau(method: str, order: Order, rank: Order, other: Order, w: Whole) -> Array:
    out = np.empty((len(order), len(other)))
    all_concordances(order, rank, other, w, out)
    total = float(w.sum())
    pairs = total * (total - 1.0) / 2.0
    if method == "tau-a":
        return out / pairs if total > 1 else np.full_like(out, np.nan)
    untied = np.outer(*(pairs - _tied(ranks, w) for ranks in (rank, other)))
    return np.asarray(out / np.sqrt(np.where(untied > 0, untied, np.nan)), dtype=np.float64)


def _tied(rank: Order, w: Whole) -> Array:
    """Pairs of entries that are tied in each row; copies of an entry are tied."""
    masses = [np.bincount(row, w) for row in rank]
    return np.array([float((m * (m - 1.0)).sum()) / 2.0 for m in masses])


def _product(a: Whole, b: Whole, w: Whole, method: str) -> Array:
    left, right = a.astype(np.float64), b.astype(np.float64)
    between = (left * w) @ right.T
    if method == "rho-a":
        total = float(w.sum())
        # The ranks are doubled, so that their product is four times that of the formula.
        return np.asarray(3.0 * between / (total**3 - total), dtype=np.float64)
    norms = [np.sqrt(np.einsum("ij,ij,j->i", x, x, w.astype(np.float64))) for x in (left, right)]
    squared = np.outer(*norms)
    return np.asarray(between / np.where(squared > 0, squared, np.inf), dtype=np.float64)


def _ceilings(method: str, ranks: Whole, dense: Order, w: Whole, multiplicity: Whole) -> Array:
    drawn = np.flatnonzero(multiplicity > 0)
    everyone, others = pools(ranks, multiplicity)
    if len(drawn) == 1:
        others = everyone
    upper = _with_pools(method, everyone, ranks[drawn], dense[drawn], w)[0]
    lower = _with_own_pool(method, others, ranks[drawn], dense[drawn], w)
    return np.array([lower.mean(), upper.mean()])


def _with_pools(method: str, pool: Whole, ranks: Whole, dense: Order, w: Whole) -> Array:
    order, rank = order_of_integers(pool)
    if method.startswith("tau"):
        return _tau(method, order, rank, dense, w)
    return _product(midranks(order, rank, w), ranks, w, method)


def _with_own_pool(method: str, pool: Whole, ranks: Whole, dense: Order, w: Whole) -> Array:
    order, rank = order_of_integers(pool)
    if method.startswith("tau"):
        each = [_tau(method, order[[s]], rank[[s]], dense[[s]], w)[0, 0] for s in range(len(pool))]
        return np.array(each)
    pooled = midranks(order, rank, w).astype(np.float64)
    own = ranks.astype(np.float64)
    between = np.einsum("ij,ij,j->i", pooled, own, w.astype(np.float64))
    if method == "rho-a":
        total = float(w.sum())
        return np.asarray(3.0 * between / (total**3 - total), dtype=np.float64)
    norms = [np.einsum("ij,ij,j->i", x, x, w.astype(np.float64)) for x in (pooled, own)]
    squared = norms[0] * norms[1]
    return np.asarray(between / np.sqrt(np.where(squared > 0, squared, np.inf)), dtype=np.float64)
