"""From a statistic and its null draws to p-values, single and family-wise.

p = (1 + b) / (1 + n) with b of n null draws at least as extreme: never 0 (Phipson & Smyth 2010,
doi:10.2202/1544-6115.1585). Array layer: no xarray.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Draws that equal the observed value up to rounding count as equal, as in scipy's tests.
ROUNDING = 1e-12


@dataclass
class Tally:
    """What p-values need to know of a null distribution, one draw at a time.

    `scale` is the size of what was summed to get the statistic: its rounding errors are relative
    to that, also where the sum itself is near 0.
    """

    observed: FloatArray
    family: tuple[int, ...] = ()
    keep: bool = True
    scale: FloatArray | float = 0.0
    n: int = 0
    draws: list[FloatArray] = field(default_factory=list)
    highest: list[FloatArray] = field(default_factory=list)
    lowest: list[FloatArray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.above = np.zeros(self.observed.shape, dtype=np.int64)
        self.below = np.zeros(self.observed.shape, dtype=np.int64)
        size = np.maximum(np.abs(self.observed), self.scale)
        self.slack = np.where(np.isfinite(size), size * ROUNDING, 0.0)

    def add(self, draws: FloatArray) -> None:
        """Count draws."""
        self.n += draws.shape[0]
        self.above += (~(draws < self.observed - self.slack)).sum(axis=0)
        self.below += (~(draws > self.observed + self.slack)).sum(axis=0)
        if self.keep:
            self.draws.append(draws)
        if self.family:
            axes = tuple(axis + 1 for axis in self.family)
            finite = np.isfinite(self.observed)
            self.highest.append(np.where(finite, draws, -np.inf).max(axis=axes, keepdims=True))
            self.lowest.append(np.where(finite, draws, np.inf).min(axis=axes, keepdims=True))

    def null(self) -> FloatArray:
        """Return the stored draws, (n_draws, ...)."""
        return np.concatenate(self.draws)


def one_statistic(tally: Tally, alternative: str) -> FloatArray:
    """Return the p-value of each statistic against its own null."""
    return _p(tally.observed, tally.above, tally.below, tally.n, alternative)


def family_wise(tally: Tally, alternative: str) -> FloatArray:
    """Return p-values against the null of the family's most extreme value.

    They control the family-wise error rate (Nichols & Holmes 2002, doi:10.1002/hbm.1058); the
    smallest one of a family is the p-value of the family's maximum.
    """
    above = _count_at_least(np.concatenate(tally.highest), tally.observed - tally.slack)
    below = _count_at_least(-np.concatenate(tally.lowest), -(tally.observed + tally.slack))
    return _p(tally.observed, above, below, tally.n, alternative)


def _count_at_least(draws: FloatArray, threshold: FloatArray) -> IntArray:
    """Count draws (n, ... with families reduced to 1) that are not below each threshold."""
    count = np.zeros(threshold.shape, dtype=np.int64)
    for draw in draws:
        count += ~(draw < threshold)
    return count


def _p(
    observed: FloatArray, above: IntArray, below: IntArray, n: int, alternative: str
) -> FloatArray:
    if alternative == "greater":
        extreme = (1.0 + above) / (1.0 + n)
    elif alternative == "less":
        extreme = (1.0 + below) / (1.0 + n)
    else:
        extreme = np.minimum(1.0, 2.0 * (1.0 + np.minimum(above, below)) / (1.0 + n))
    return np.where(np.isnan(observed), np.nan, extreme)


def in_batches(draws: Iterable[FloatArray], size: int = 64) -> Iterable[FloatArray]:
    """Group single draws into arrays of at most `size` draws."""
    batch: list[FloatArray] = []
    for draw in draws:
        batch.append(draw)
        if len(batch) == size:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
