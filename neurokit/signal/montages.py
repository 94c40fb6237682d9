"""Which channels are subtracted from which: plans of re-referencing, and the arithmetic on arrays.

Channels are the last axis. Sums are in float64, results in the type of the values; blocks of
samples bound the memory and never change a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurokit.errors import LabelError

Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.float64]

VALUES_PER_BLOCK = 2**22
UNEVEN = 1.5
"""Pairs further apart than this many times the median of their shaft are worth a word."""


def neighbours(
    names: Sequence[str], shaft: Sequence[str], contact: Index, usable: Mask
) -> tuple[Index, Index]:
    """Pairs of contacts with consecutive numbers on one shaft, both usable.

    Shafts come in the order of their first contact, pairs by number. A channel without a shaft
    has no neighbour. Two channels of one shaft and number are a LabelError: which of them is the
    neighbour is not known.
    """
    first: list[int] = []
    second: list[int] = []
    for members in _shafts(shaft, usable):
        ordered = members[np.argsort(contact[members], kind="stable")]
        steps = np.diff(contact[ordered])
        if (steps == 0).any():
            i = int(np.flatnonzero(steps == 0)[0])
            raise LabelError(
                f"{names[ordered[i]]} and {names[ordered[i + 1]]} are both contact "
                f"{contact[ordered[i]]} of {shaft[ordered[i]]}",
                where="channel",
                mend="Rename one of them, or leave it out with nk.pick.",
            )
        first += ordered[:-1][steps == 1].tolist()
        second += ordered[1:][steps == 1].tolist()
    return np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)


def _shafts(shaft: Sequence[str], usable: Mask) -> list[Index]:
    found: dict[str, list[int]] = {}
    for i in np.flatnonzero(usable).tolist():
        if shaft[i]:
            found.setdefault(str(shaft[i]), []).append(i)
    return [np.asarray(members, dtype=np.int64) for members in found.values()]


def sharing(label: Sequence[str], member: Mask, good: Mask) -> list[tuple[Index, Index]]:
    """(targets, sources) per label: the members that carry it, and the good ones among them."""
    return [(targets, targets[good[targets]]) for targets in _shafts(label, member)]


def distances(position: Positions, first: Index, second: Index) -> Positions:
    """How far apart the contacts of each pair are; NaN where a place is unknown."""
    return np.asarray(np.linalg.norm(position[first] - position[second], axis=-1))


def uneven(distance: Positions, shaft: Sequence[str]) -> Mask:
    """Which pairs are further apart than their shaft's median distance allows."""
    names = np.asarray(shaft)
    far = np.zeros(distance.shape, dtype=bool)
    for name in np.unique(names):
        own = distance[names == name]
        known = own[np.isfinite(own)]
        if known.size > 1:
            far[names == name] = own > UNEVEN * np.median(known)
    return far


def subtract_pairs(
    values: npt.NDArray[Any], first: Index, second: Index, kept: Index
) -> npt.NDArray[Any]:
    """x[first] - x[second] for each pair, then the channels `kept` as they are."""
    shape = (*values.shape[:-1], first.size + kept.size)
    result = np.empty(shape, values.dtype)
    rows, out = values.reshape(-1, values.shape[-1]), result.reshape(-1, shape[-1])
    for block in _blocks(rows.shape):
        part = rows[block]
        out[block, : first.size] = part[:, first].astype(np.float64) - part[:, second]
        out[block, first.size :] = part[:, kept]
    return result


def subtract_means(
    values: npt.NDArray[Any], sets: Sequence[tuple[Index, Index]], kept: Index
) -> npt.NDArray[Any]:
    """x[targets] - mean x[sources] per set, in the order `kept`; what is NaN counts for nothing.

    A target that is NaN stays NaN; where no source is observed, all targets are.
    """
    result = np.empty((*values.shape[:-1], kept.size), values.dtype)
    rows, out = values.reshape(-1, values.shape[-1]), result.reshape(-1, kept.size)
    for block in _blocks(rows.shape):
        part = rows[block].astype(np.float64)
        less = part.copy()
        for targets, sources in sets:
            observed = part[:, sources]
            count = (~np.isnan(observed)).sum(axis=1)
            total = np.nansum(observed, axis=1)
            mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
            less[:, targets] = part[:, targets] - mean[:, np.newaxis]
        out[block] = less[:, kept]
    return result


def _blocks(shape: tuple[int, ...]) -> list[slice]:
    length = max(1, VALUES_PER_BLOCK // max(1, shape[1]))
    return [slice(start, start + length) for start in range(0, shape[0], length)]
