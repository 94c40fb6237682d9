"""How much of a held-out difference between models is the chance of what they were trained on.

With K folds a sample is used twice: it is predicted once, and it trains the models that predict
the others. A model that fits a stretch of the record by luck then does better in all other
stretches, so that block means of differences are not independent. To second order, with t_b the
mean of block b and u_b what leaving it out of all training sets takes from the whole,

    Var(mean of t) = Cov(t_b, t_b + u_b) / B,

of which a test that sees block means alone takes Var(t_b) / B. t_b + u_b is the pseudo-value of a
jackknife; the jackknife's own variance, that of pseudo-values, counts the second order twice.

Array layer. Efron & Stein 1981, doi:10.1214/aos/1176345462.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.folds import Fold
from neurokit.stats.sign_flip import block_means

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A training set that loses more than this share with one block is another training set.
MOST_LEFT_OUT = 0.5


def inflation(
    difference: Array,
    label: IntArray,
    folds: Sequence[Fold],
    refitted: Callable[[Sequence[Fold]], Array],
) -> float:
    """sqrt(Cov(t_b, t_b + u_b) / Var(t_b)): how much wider the mean scatters than blocks show.

    Parameters
    ----------
    difference : (n, t) ndarray
        Held-out differences, NaN where no fold tests.
    label : (n,) ndarray of int64
        Block of each sample, from 0.
    folds : sequence of (train, test)
        Of the differences.
    refitted : callable
        From folds to differences as of `difference`.

    Returns
    -------
    float
        Mean over targets, 1 at least; 1 where a block is most of a training set.

    Examples
    --------
    >>> y = np.array([[1.0], [2.0], [4.0], [3.0]])
    >>> halves = [(np.arange(2), np.arange(2, 4)), (np.arange(2, 4), np.arange(2))]
    >>> inflation(y, np.arange(4), halves, lambda folds: y)  # training plays no part
    1.0
    """
    n_blocks = int(label.max()) + 1
    if any(_largest_share(label[train], n_blocks) > MOST_LEFT_OUT for train, _ in folds):
        return 1.0
    means = block_means(difference, label)
    tested = np.flatnonzero(np.isfinite(means).all(axis=1))
    pseudo = np.stack(
        [
            _pseudo_value(means, label, block, refitted(_without(folds, label == block)))
            for block in tested.tolist()
        ]
    )
    means = means[tested]
    centred = means - means.mean(axis=0)
    spread = (centred**2).sum(axis=0)
    joint = (centred * (pseudo - pseudo.mean(axis=0))).sum(axis=0)
    varies = spread > 0
    if not varies.any():
        return 1.0
    return float(np.sqrt(max(1.0, float(np.mean(joint[varies] / spread[varies])))))


def _largest_share(label: IntArray, n_blocks: int) -> float:
    return float(np.bincount(label, minlength=n_blocks).max() / label.size)


def _without(folds: Sequence[Fold], out: NDArray[np.bool_]) -> list[Fold]:
    """Leave rows out of training; they are tested as before, and not looked at."""
    return [(train[~out[train]], test) for train, test in folds]


def _pseudo_value(means: Array, label: IntArray, block: int, refitted: Array) -> Array:
    """B times the mean over all blocks less B - 1 times that over the others without this one."""
    seen = np.asarray(np.isfinite(means).all(axis=1))
    others = seen & (np.arange(len(seen)) != block)
    n = int(seen.sum())
    rest = block_means(refitted, label)[others]
    return np.asarray(n * means[seen].mean(axis=0) - rest.sum(axis=0))
