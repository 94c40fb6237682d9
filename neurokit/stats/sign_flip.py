"""The block sign-flip test of whether differences are 0 on average."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, NeurokitWarning, OptionError, check_option
from neurokit.randomness import as_generator
from neurokit.schema import add_history
from neurokit.stats._axes import labelled, sample_axis
from neurokit.stats._blocks import equal_blocks, first_appearance
from neurokit.stats._judge import ALTERNATIVES, check_count, judge
from neurokit.stats.autocorrelation import typical_memory

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Blocks of this many autocorrelation times are nearly independent of each other; measured at
# AR(1) phi = .9: false positives .06 at the 5 % level with 80 blocks or more.
MEMORIES_PER_BLOCK = 5.0
ENOUGH_BLOCKS = 30
# The unit of blocks that the user has named.
LABELLED = "labels"


def block_sign_flip(
    x: xr.DataArray | ArrayLike,
    blocks: float | str | ArrayLike | None = None,
    *,
    gap: float = 0.0,
    statistic: str = "mean",
    alternative: str = "two-sided",
    n_flips: int = 9999,
    family: bool | str | Sequence[Hashable] | None = None,
    dim: str = "time",
    keep_null: bool = True,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """``p`` = share of sign flips s with T(s m) >= T(m), m the means of `x` in blocks of time.

    Tests paired differences, such as the losses of two models in each sample, against 0. Under
    the null the mean of a block is as likely negative as positive, and blocks that are long
    against the autocorrelation are independent, so that all 2^B choices of signs are equally
    likely. T is the mean over blocks or its t-value. With few blocks all flips are enumerated
    (an exact test); else random ones are drawn and p = (1 + b) / (1 + n).

    Parameters
    ----------
    x : DataArray or array_like, (n_samples, ...)
        Differences. Of a plain array the first axis is time. NaN are left out.
    blocks : float, str or (n_samples,) array_like, optional
        Length of a block (seconds if `dim` is ``time`` with a coordinate, else samples), or
        labels (subject, trial, session), or the name of a coordinate that holds them. Default:
        the longer of `gap` and 5 integrated autocorrelation times of `x`. Blocks never cross a
        change of ``run``. With one value per independent unit, give ``blocks=1``.
    gap : float, default 0.0
        The gap of the cross-validation that `x` comes from, in the units of a block's length:
        no default block is shorter.
    statistic : {"mean", "t"}, default "mean"
        ``"t"`` is the mean over its standard error; within a family it weighs outputs of
        different spread alike.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        ``"greater"``: is the mean above 0?
    n_flips : int, default 9999
        Random flips; all flips if there are no more than ``n_flips + 1``.
    family : bool, str or sequence of str, optional
        Dims over which ``p_fwe`` controls the family-wise error by the null of the most extreme
        value; True for all.
    dim : str, default "time"
        The dim of the samples.
    keep_null : bool, default True
        Whether to return the null draws.
    random_state : int, Generator or None
        Source of the flips.

    Returns
    -------
    Dataset
        ``statistic``, ``p``, with a family ``p_fwe``, with `keep_null` ``null``(draw, ...)
        without the data's own signs; attrs ``n_blocks``, ``block_length``,
        ``block_length_units``, ``exact`` (1 if all flips were taken), ``n_draws``.

    Raises
    ------
    TimeError
        If a length is needed and time is irregular.
    LabelError
        If labels don't fit `x`.
    OptionError
        If there are fewer than 2 blocks or an option is unknown.

    Warns
    -----
    NeurokitWarning
        If blocks cut from time are fewer than 30: p is then unreliable.

    References
    ----------
    Winkler et al. (2015), doi:10.1016/j.neuroimage.2015.05.092.
    Nichols & Holmes (2002), doi:10.1002/hbm.1058.

    Examples
    --------
    >>> result = block_sign_flip([1.0, 2.0, 1.5, 0.5, 2.5], blocks=1, alternative="greater")
    >>> float(result.p) == 1 / 2**5
    True
    """
    check_option("alternative", alternative, ALTERNATIVES)
    check_option("statistic", statistic, ["mean", "t"])
    check_count(n_flips, "n_flips")
    array = labelled(x, dim, "x")
    values = np.asarray(array.values, dtype=np.float64)
    label, length, units = label_blocks(array, values, blocks, gap)
    means = block_means(values.reshape(values.shape[0], -1), label)
    # Folds may test a part of a record only; the other blocks say nothing.
    means = means[np.isfinite(means).any(axis=1)]
    single = blocks is not None and int(label[-1]) + 1 == label.size
    _check_number(means.shape[0], length, units, warn=units != LABELLED and not single)
    exact = 2 ** min(means.shape[0], 62) <= n_flips + 1
    rng = as_generator(random_state)
    batches = _statistics(means, _signs(means.shape[0], n_flips, rng, exact=exact), statistic)
    shape = values.shape[1:]
    observed = array.isel({dim: 0}, drop=True).copy(data=next(batches).reshape(shape))
    draws = (batch.reshape(-1, *shape) for batch in batches)
    scale = _size(means).reshape(shape) if statistic == "mean" else 1.0
    result = judge(observed, draws, alternative, family, keep_null=keep_null, scale=scale)
    result.attrs |= {
        "n_blocks": means.shape[0],
        "block_length": length,
        "block_length_units": units,
        "exact": int(exact),
        **({"history": array.attrs["history"]} if "history" in array.attrs else {}),
    }
    parameters = {
        "blocks": blocks,
        "gap": gap,
        "statistic": statistic,
        "alternative": alternative,
        "n_flips": n_flips,
        "family": family,
        "dim": dim,
    }
    return add_history(result, "stats.block_sign_flip", parameters, random_state)


def block_means(x: FloatArray, label: IntArray) -> FloatArray:
    """Average samples block by block.

    Parameters
    ----------
    x : (n_samples, n_series) ndarray of float64
        NaN are left out.
    label : (n_samples,) ndarray of int
        Block of each sample, from 0, none empty.

    Returns
    -------
    (n_blocks, n_series) ndarray of float64
        NaN where a block has no value.
    """
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(int(label[order[-1]]) + 1))
    seen = np.isfinite(x[order])
    total = np.add.reduceat(np.where(seen, x[order], 0.0), starts, axis=0)
    count = np.add.reduceat(seen, starts, axis=0, dtype=np.float64)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _size(means: FloatArray) -> FloatArray:
    """Return the mean size of what is averaged, 0 where there is nothing."""
    seen = np.isfinite(means)
    total = np.where(seen, np.abs(means), 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(seen.sum(axis=0), 1), dtype=np.float64)


def _signs(
    n_blocks: int, n_flips: int, rng: np.random.Generator, *, exact: bool
) -> Iterator[FloatArray]:
    """Yield batches of signs; the data's own, all +1, alone and first."""
    yield np.ones((1, n_blocks))
    total = 2**n_blocks - 1 if exact else n_flips
    for first in range(0, total, 1024):
        n = min(1024, total - first)
        if exact:
            number = 1 + first + np.arange(n)
            bits = (number[:, None] >> np.arange(n_blocks)) & 1
        else:
            bits = rng.integers(0, 2, size=(n, n_blocks))
        yield np.asarray(1.0 - 2.0 * bits, dtype=np.float64)


def _statistics(
    means: FloatArray, signs: Iterator[FloatArray], statistic: str
) -> Iterator[FloatArray]:
    seen = np.isfinite(means)
    n = seen.sum(axis=0)
    filled = np.where(seen, means, 0.0)
    count = np.where(n > 0, n, np.nan)
    square = (filled**2).sum(axis=0) / count  # flips leave it as it is
    for batch in signs:
        mean = np.asarray(batch @ filled / count, dtype=np.float64)
        if statistic == "mean":
            yield mean
            continue
        variance = np.maximum(square - mean**2, 0.0) / np.where(n > 1, n - 1.0, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            yield np.asarray(mean / np.sqrt(variance), dtype=np.float64)


def label_blocks(
    array: xr.DataArray, values: FloatArray, blocks: Any, gap: float
) -> tuple[IntArray, float, str]:
    """Return the blocks that are flipped.

    Parameters
    ----------
    array : DataArray
        Samples first.
    values : (n_samples, ...) ndarray of float64
        Its values.
    blocks : float, str, array_like or None
        As in `block_sign_flip`.
    gap : float
        As in `block_sign_flip`.

    Returns
    -------
    label : (n_samples,) ndarray of int64
        Block of each sample, from 0.
    length : float
        Of a block, NaN where blocks are labelled.
    units : str
        Of the length, or "labels".

    Raises
    ------
    OptionError
        If there is one block only.
    """
    if isinstance(blocks, str) or (blocks is not None and np.ndim(blocks) > 0):
        return _given_labels(array, blocks), float("nan"), LABELLED
    axis = sample_axis(array)
    if blocks is None:
        memory = typical_memory(values.reshape(axis.n, -1), axis.runs)
        length = max(int(np.ceil(MEMORIES_PER_BLOCK * memory)), axis.to_samples(gap, "gap"))
    else:
        length = max(1, axis.to_samples(blocks, "blocks"))
    label = equal_blocks(axis.runs, length)
    if int(label[-1]) < 1:
        raise OptionError(
            f"the record has room for 1 blocks of {axis.to_units(float(length)):g} {axis.unit}, "
            "which is how long x takes to forget or was asked for",
            where="blocks",
            mend="Use a longer record, or give a shorter block.",
        )
    return label, float(axis.to_units(float(length))), axis.unit


def _check_number(n_blocks: int, length: float, units: str, *, warn: bool) -> None:
    """Judge the number of blocks that hold a value."""
    said = f"{n_blocks} blocks" if units == LABELLED else f"{n_blocks} blocks of {length:g} {units}"
    if n_blocks < 2:
        raise OptionError(
            f"holds values in {said} only",
            where="x",
            mend="Give numbers in two blocks at least: shorter blocks, or folds that test more.",
        )
    if n_blocks < ENOUGH_BLOCKS and warn:
        warnings.warn(
            f"{said}: with fewer than {ENOUGH_BLOCKS}, p is unreliable. Use a longer record.",
            NeurokitWarning,
            stacklevel=3,
        )


def _given_labels(array: xr.DataArray, blocks: Any) -> IntArray:
    dim = array.dims[0]
    if isinstance(blocks, str):
        if blocks not in array.coords or array.coords[blocks].dims != (dim,):
            raise LabelError(
                f"x has no coordinate {blocks!r} on {dim}", where="blocks", mend="Give labels."
            )
        blocks = array.coords[blocks].values
    labels = np.asarray(blocks)
    if labels.shape != (array.sizes[dim],):
        raise LabelError(
            f"shape {labels.shape} for {array.sizes[dim]} samples",
            where="blocks",
            mend="Give one label per sample.",
        )
    code = first_appearance(labels)
    if code.max() < 1:
        raise OptionError("all samples are in one block", where="blocks", mend="Give at least 2.")
    return code
