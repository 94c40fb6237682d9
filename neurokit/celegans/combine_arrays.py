"""Several measurements of one matrix, of which some show the same animal; numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Combined(NamedTuple):
    """What is left of a stack of matrices.

    Parameters
    ----------
    weight : (pre, post) array
        NaN where no group observed the pair.
    spread : (pre, post) array
        Standard deviation over groups (n - 1); NaN where fewer than two count.
    n_observed : (pre, post) array of int
        Groups that observed the pair.
    n_present : (pre, post) array of int
        Groups in which the weight is not 0.
    """

    weight: Array
    spread: Array
    n_observed: NDArray[np.int64]
    n_present: NDArray[np.int64]


def shared(members: Sequence[frozenset[str]]) -> list[list[int]]:
    """Group what has a member in common, directly or through others (connected components).

    Parameters
    ----------
    members : sequence of frozenset
        Of each item, for example its animals; an item without any is a group of its own.

    Returns
    -------
    list of list of int
        Places of the items, groups in order of their first item.

    Examples
    --------
    >>> shared([frozenset("ab"), frozenset("c"), frozenset("bd"), frozenset()])
    [[0, 2], [1], [3]]
    """
    groups: list[tuple[set[str], list[int]]] = []
    for place, names in enumerate(members):
        joined = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        merged = set(names).union(*(group[0] for group in joined))
        places = sorted([place, *(one for group in joined for one in group[1])])
        groups.append((merged, places))
    return sorted((places for _, places in groups), key=lambda places: places[0])


def shares_of_total(stack: Array) -> tuple[Array, Array, int]:
    """Divide each matrix by its sum of absolute weights over the pairs that all observed.

    A sum over all pairs would say as much about how much of the animal was looked at as about the
    size of synapses.

    Parameters
    ----------
    stack : (source, pre, post) array
        NaN where not observed.

    Returns
    -------
    (source, pre, post) array, (source,) array, int
        The shares, the sums, and how many pairs all observed; shares are NaN where a sum is 0.
    """
    common = np.isfinite(stack).all(axis=0)
    totals = np.abs(stack[:, common]).sum(axis=1)
    divisor = np.where(totals > 0, totals, np.nan)
    return stack / divisor[:, None, None], totals, int(common.sum())


def group_means(stack: Array, groups: Sequence[Sequence[int]]) -> Array:
    """Average the matrices of each group over those that observed a pair.

    Parameters
    ----------
    stack : (source, pre, post) array
        NaN where not observed.
    groups : sequence of sequence of int
        Places in the stack.

    Returns
    -------
    (group, pre, post) array
        NaN where no source of a group observed the pair.
    """
    return np.stack([_mean(stack[list(places)]) for places in groups])


def reduce_groups(stack: Array, how: str, *, absent: str = "zero") -> Combined:
    """Reduce a stack of independent matrices to one.

    Parameters
    ----------
    stack : (group, pre, post) array
        NaN where not observed.
    how : {"mean", "sum", "max", "median"}
        Over the groups that observed a pair.
    absent : {"zero", "skip"}
        Whether a weight of 0 counts as 0, or only groups with a connection count.

    Returns
    -------
    Combined
        Weight, spread and counts.
    """
    observed = np.isfinite(stack)
    present = observed & (stack != 0)
    counted = np.where(present, stack, np.nan) if absent == "skip" else stack
    weight = _REDUCTIONS[how](counted)
    # Observed, and nobody has a connection there.
    weight = np.where(observed.any(axis=0) & np.isnan(weight), 0.0, weight)
    return Combined(
        weight, _spread(counted), observed.sum(axis=0, dtype=np.int64), present.sum(axis=0)
    )


def _count(stack: Array) -> NDArray[np.int64]:
    count: NDArray[np.int64] = np.isfinite(stack).sum(axis=0, dtype=np.int64)
    return count


def _sum(stack: Array) -> Array:
    return np.where(_count(stack) > 0, np.nansum(stack, axis=0), np.nan)


def _mean(stack: Array) -> Array:
    return np.asarray(_sum(stack) / np.maximum(_count(stack), 1))


def _max(stack: Array) -> Array:
    highest = np.where(np.isfinite(stack), stack, -np.inf).max(axis=0)
    return np.where(np.isfinite(highest), highest, np.nan)


def _median(stack: Array) -> Array:
    # NaN sort last, so that the observed values of a pair stand first.
    ordered, n = np.sort(stack, axis=0), _count(stack)
    low, high = np.maximum((n - 1) // 2, 0), np.minimum(n // 2, len(stack) - 1)
    middle = [np.take_along_axis(ordered, place[None], axis=0)[0] for place in (low, high)]
    return np.where(n > 0, (middle[0] + middle[1]) / 2, np.nan)


def _spread(stack: Array) -> Array:
    n = _count(stack)
    squares = np.nansum((stack - _mean(stack)) ** 2, axis=0)
    return np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)


_REDUCTIONS = {"mean": _mean, "sum": _sum, "max": _max, "median": _median}
REDUCTIONS = tuple(_REDUCTIONS)
