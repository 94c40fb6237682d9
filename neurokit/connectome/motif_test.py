"""Which patterns of pairs beat chance: tests by shifted neurons, errors on held-out bins.

Array layer. The null repeats all that was done: shift every neuron, factorize again, measure.
A pattern fitted in one half of a record and sought in the other, without fitting again, would
look cheaper, but it holds only for records that forget: bursts that come back at fixed
intervals coincide in both halves or in neither, and 20 to 35 % of patterns made of chance pass
at the 5 % level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.connectome.pairs import Index
from neurokit.connectome.shifting import Movement, dense, shifted
from neurokit.connectome.strengths import columns_of, explained_alone, project

Array = NDArray[np.float64]
Refit = Callable[[NDArray[np.float32], np.random.Generator], Array]
Statistic = Callable[[NDArray[Any], Array], Array]

# Blocks of time that fall to the two halves in turn, and bins left out between them, because
# neighbouring bins share what moves slowly.
_BLOCKS = 10
_SHORTEST_BLOCK = 4


def alternating_halves(n_bins: int) -> tuple[Index, Index] | None:
    """Bins of two halves of a record, in blocks that alternate, a bin apart from each other.

    Parameters
    ----------
    n_bins : int
        Bins of the record.

    Returns
    -------
    tuple of two ndarrays of int, or None
        None if the record is too short for two blocks.

    Examples
    --------
    >>> alternating_halves(10)
    (array([0, 1, 2, 3]), array([5, 6, 7, 8]))
    """
    n_blocks = min(_BLOCKS, 2 * (n_bins // (2 * (_SHORTEST_BLOCK + 1))))
    if n_blocks < 2:
        return None
    edges = np.linspace(0, n_bins, n_blocks + 1).astype(np.int64)
    blocks = [np.arange(a, b - 1) for a, b in pairwise(edges)]
    return np.concatenate(blocks[::2]), np.concatenate(blocks[1::2])


def chance_floor(movement: Movement, streams: Sequence[np.random.Generator]) -> Array:
    """Mean affinity of every pair over shifts of its neurons: what chance agreement amounts to.

    Parameters
    ----------
    movement : Movement
        What affinity is computed from.
    streams : sequence of numpy.random.Generator
        One per shift.

    Returns
    -------
    (n_pairs,) ndarray
        NaN for pairs never recorded together.
    """
    draws = [_mean_of_observed(dense(shifted(movement, rng))) for rng in streams]
    return np.asarray(np.mean(draws, axis=0))


def _mean_of_observed(tensor: NDArray[np.float32]) -> Array:
    flat = tensor.reshape(len(tensor), -1)
    seen = np.isfinite(flat)
    count = seen.sum(axis=1)
    sums = np.where(seen, flat, 0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)


def strengths_of(tensor: NDArray[Any], loading: Array) -> Array:
    """How strongly each pattern is present in every bin of every recording.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        Affinities; NaN for a pair that a recording lacks.
    loading : (n_pairs, rank) ndarray
        Patterns; NaN for pairs never recorded together.

    Returns
    -------
    (rank, n_recordings, n_bins) ndarray
        Non-negative least squares; 0 in a bin without an observed pair.
    """
    strength = np.zeros((loading.shape[1], tensor.shape[2], tensor.shape[1]))
    for w in range(tensor.shape[2]):
        for part in columns_of(loading, tensor[:, :, w]):
            strength[:, w, part.place] = project(part.gram, part.products)
    return strength


def share_alone(tensor: NDArray[Any], loading: Array, floor: Array) -> Array:
    """Share of the sum of squares that only this pattern explains, for each pattern.

    (||x - without r||^2 - ||x - all||^2) / ||x||^2, strengths refitted in every bin. The chance
    floor is one of the patterns that are always there: what agreement by chance explains counts
    for nobody.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        Affinities; NaN for a pair that a recording lacks.
    loading : (n_pairs, rank) ndarray
        Patterns.
    floor : (n_pairs,) ndarray
        As of `chance_floor`.

    Returns
    -------
    (rank,) ndarray
        0 to 1.
    """
    patterns = np.column_stack([loading, floor])
    alone = np.zeros(loading.shape[1])
    for w in range(tensor.shape[2]):
        for part in columns_of(patterns, tensor[:, :, w]):
            alone += explained_alone(part.gram, part.products)[:-1]
    return alone / (float(np.nansum(np.square(tensor), dtype=np.float64)) or 1.0)


def synchrony(tensor: NDArray[Any], loading: Array) -> Array:
    """Mean correlation over pairs of recordings of when each pattern is present.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        Affinities; NaN for a pair that a recording lacks.
    loading : (n_pairs, rank) ndarray
        Patterns.

    Returns
    -------
    (rank,) ndarray
        -1 to 1; a recording in which a pattern never varies counts as 0.
    """
    strength = strengths_of(tensor, loading)
    centred = strength - strength.mean(axis=2, keepdims=True)
    norm = np.linalg.norm(centred, axis=2, keepdims=True)
    unit = np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 0)
    n = unit.shape[1]
    # The sum over pairs of products is the square of the sum, less the diagonal.
    together = (unit.sum(axis=1) ** 2).sum(axis=1) - (unit**2).sum(axis=(1, 2))
    return np.asarray(together / (n * (n - 1)))


def refitted_null(
    movement: Movement,
    refit: Refit,
    statistic: Statistic,
    streams: Sequence[np.random.Generator],
    *,
    together: bool = False,
    n_workers: int = 1,
) -> Array:
    """The statistic of all patterns found after shifting, one row per random stream.

    Parameters
    ----------
    movement : Movement
        What affinity is computed from.
    refit : callable
        From a tensor and a generator to (n_pairs, rank) patterns.
    statistic : callable
        From a tensor and patterns to (rank,) values.
    streams : sequence of numpy.random.Generator
        One per draw, so that draws do not depend on who runs first.
    together : bool, default False
        Shift whole recordings instead of neurons.
    n_workers : int
        Draws that run at once.

    Returns
    -------
    (n_draws, rank) ndarray
        The null.
    """

    def one(rng: np.random.Generator) -> Array:
        tensor = dense(shifted(movement, rng, together=together))
        return statistic(tensor, refit(tensor, rng))

    with ThreadPoolExecutor(n_workers) as pool:
        return np.array(list(pool.map(one, streams)))


def exceeded(observed: Array, null: Array) -> Array:
    """p_r = (1 + #{draws whose best pattern is at least T_r}) / (1 + draws).

    The best pattern of a draw is the reference for all, so that the chance that any of several
    patterns passes is bounded, not just that of one.

    Parameters
    ----------
    observed : (rank,) ndarray
        Of the data.
    null : (n_draws, rank) ndarray
        Of the draws.

    Returns
    -------
    (rank,) ndarray
        P-values; a tie within rounding counts against the data.

    References
    ----------
    .. [1] Phipson and Smyth (2010). doi:10.2202/1544-6115.1585

    Examples
    --------
    >>> exceeded(np.array([3.0, 1.0]), np.array([[0.5, 2.0], [1.0, 0.0], [0.0, 0.0]]))
    array([0.25, 0.75])
    """
    best = null.max(axis=1)[:, None]
    slack = 1e-12 * np.abs(observed)
    return np.asarray((1.0 + (best >= observed - slack).sum(axis=0)) / (1.0 + len(null)))


def predicted_error(
    tensor: NDArray[Any], loading: Array, rng: np.random.Generator
) -> tuple[float, float]:
    """Squared error of pairs whose strengths in time were estimated from other pairs.

    Half of the pairs gives the strengths of every bin, the other half is predicted, and the
    other way round [1]_.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        Affinities of bins that the patterns were not fitted to.
    loading : (n_pairs, rank) ndarray
        Patterns.
    rng : numpy.random.Generator
        Divides the pairs.

    Returns
    -------
    residual, total : float
        Sums of squares over observed entries.

    References
    ----------
    .. [1] Owen and Perry (2009). doi:10.1214/08-AOAS227
    """
    residual, total = 0.0, 0.0
    half = rng.permutation(len(loading)) < len(loading) // 2
    for known in (half, ~half):
        strength = strengths_of(tensor[known], loading[known])
        for w in range(tensor.shape[2]):
            x = tensor[~known][:, :, w].astype(np.float64)
            residual += float(np.nansum((x - loading[~known] @ strength[:, w]) ** 2))
            total += float(np.nansum(np.square(np.where(np.isfinite(loading[~known, :1]), x, 0))))
    return residual, total
