"""One partition that stands for many draws, and how often items are together.

Binder's loss between two partitions counts the pairs that one puts together and the other apart;
the draw with the least mean loss against all draws is the estimate. Contingency tables give the
loss in the number of items, so that no matrix of pairs is needed.

Binder (1978). doi:10.1093/biomet/65.1.31
Wade & Ghahramani (2018). doi:10.1214/17-BA1073
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Enough candidates and draws for the loss; more differ in the third digit.
_MOST_CANDIDATES = 200
_MOST_DRAWS = 400


def thinned(n: int, most: int) -> Labels:
    """At most `most` of n positions, evenly spread.

    Parameters
    ----------
    n : int
        How many there are.
    most : int
        How many are wanted.

    Returns
    -------
    (min(n, most),) ndarray of int64
        Positions in order.
    """
    if n <= most:
        return np.arange(n)
    return np.asarray(np.linspace(0, n - 1, most).round(), dtype=np.int64)


def co_clustering(draws: NDArray[np.integer]) -> NDArray[np.float32]:
    """Share of draws in which two items are together.

    Parameters
    ----------
    draws : (n_draws, n) ndarray of int
        Labels from 0.

    Returns
    -------
    (n, n) ndarray of float32
        1 on the diagonal.
    """
    n = draws.shape[1]
    total = np.zeros((n, n), dtype=np.float32)
    for row in draws:
        inside = np.zeros((n, int(row.max()) + 1), dtype=np.float32)
        inside[np.arange(n), row] = 1.0
        total += inside @ inside.T
    return total / np.float32(len(draws))


def _tables(candidate: Labels, draws: Labels) -> list[Labels]:
    width = int(draws.max()) + 1
    height = int(candidate.max()) + 1
    return [
        np.bincount(candidate * width + row, minlength=height * width).reshape(height, width)
        for row in draws
    ]


def _entropy(counts: Array) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _distance(table: Labels, loss: str) -> float:
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if loss == "binder":
        return float((rows**2).sum() + (columns**2).sum() - 2.0 * (table**2).sum())
    joint = _entropy(table.ravel().astype(float))
    return 2.0 * joint - _entropy(rows.astype(float)) - _entropy(columns.astype(float))


def best_partition(draws: NDArray[np.integer], loss: str = "binder") -> Labels:
    """Draw with the least mean loss against all draws.

    Parameters
    ----------
    draws : (n_draws, n) ndarray of int
        Labels from 0.
    loss : str, default "binder"
        ``binder``, or ``vi`` for the variation of information.

    Returns
    -------
    (n,) ndarray of int64
        One of the draws.
    """
    all_draws = np.asarray(draws, dtype=np.int64)
    judges = all_draws[thinned(len(all_draws), _MOST_DRAWS)]
    candidates = all_draws[thinned(len(all_draws), _MOST_CANDIDATES)]
    candidates = np.unique(candidates, axis=0)
    losses = [
        sum(_distance(table, loss) for table in _tables(candidate, judges))
        for candidate in candidates
    ]
    return np.asarray(candidates[int(np.argmin(losses))], dtype=np.int64)
