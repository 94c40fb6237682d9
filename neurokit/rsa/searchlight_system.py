"""Searchlight over one system: what is done once for all places, and the RDMs of a block.

Every row is what `rdm` gives of the places of that neighbourhood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.rsa import averaging, crossnobis, rdm_core
from neurokit.rsa.covariance import covariance
from neurokit.rsa.patterns import Patterns
from neurokit.rsa.searchlight_core import angular_rows, restrict, squared_rows
from neurokit.rsa.system_rdm import MASKED, Choice, Covariance, not_positive, part_of, rdm_of_item

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Members = NDArray[np.int32]
Rows = Callable[[int, int], Array]
Columns = NDArray[np.int32]


@dataclass(frozen=True)
class Residuals:
    """What the noise of every neighbourhood is estimated from.

    Parameters
    ----------
    values : (n, n_channels) ndarray of float64
        Columns of mean 0.
    dof : float
        Degrees of freedom that they have left.
    method : str
        Estimator.
    """

    values: Array
    dof: float
    method: str


def searched(
    item: Array,
    patterns: Patterns,
    choice: Choice,
    noise: Covariance | Residuals,
    starts: Index,
    members: Members,
    min_features: int,
) -> Rows:
    """Prepare one system.

    Parameters
    ----------
    item : (n_observations, n_places) ndarray of float64
        NaN where a value is missing; a place without values belongs to no neighbourhood.
    patterns : Patterns
        Design.
    choice : Choice
        Method.
    noise : covariance, list of these by fold, or Residuals, optional
        Of all channels; with windows in time a channel is every n_channels-th place.
    starts, members : ndarray of int
        Neighbourhoods, as in `searchlight_core`.
    min_features : int
        Centres with fewer places that have data are NaN.

    Returns
    -------
    callable
        Of the first and the last centre but one: (n_centres, n_pairs) ndarray of float64.

    Raises
    ------
    SchemaError, OptionError
        As `rdm` does.
    """
    seen = np.isfinite(item)
    held: NDArray[np.bool_] = np.asarray(seen.any(axis=0))
    partial = held & ~seen.all(axis=0)
    starts, members = restrict(starts, members, held)
    used = np.zeros(len(held), dtype=bool)
    used[members] = True
    _check_values(item[:, used], int((partial & used).sum()), choice, noise)
    item, noise = _without_diagonal(item, noise, used)
    fast = _kernel(item, patterns, choice) if noise is None else None
    slow = _one_by_one(item, patterns, choice, noise)
    sizes = np.diff(starts)
    n_pairs = patterns.n_conditions * (patterns.n_conditions - 1) // 2

    def rows(first: int, last: int) -> Array:
        out = np.full((last - first, n_pairs), np.nan)
        redo: NDArray[np.intp] = np.arange(first, last)
        if fast is not None:
            fast(starts[first : last + 1], members, out)
            redo = redo[_touching(starts, members, partial, first, last)]
        for centre in redo:
            columns = members[starts[centre] : starts[centre + 1]]
            if len(columns) >= max(min_features, 1):
                out[centre - first] = slow(columns)
        out[sizes[first:last] < min_features] = np.nan
        return out

    return rows


def _touching(
    starts: Index, members: Members, partial: NDArray[np.bool_], first: int, last: int
) -> NDArray[np.bool_]:
    """Whether a centre has a place with some values missing."""
    before = np.concatenate([[0], np.cumsum(partial[members[starts[first] : starts[last]]])])
    at = starts[first : last + 1] - starts[first]
    return np.asarray(np.diff(before[at]) > 0)


def _check_values(item: Array, n_partial: int, choice: Choice, noise: object) -> None:
    masked = choice.method in MASKED or (choice.unbalanced and noise is None)
    if n_partial and not masked:
        raise SchemaError(
            f"{n_partial} places lack values in some observations, and {choice.method} needs all",
            where="patterns",
            mend="Make them NaN throughout, or take them out of the mask.",
        )
    if choice.method.startswith("poisson") and item.size and np.nanmin(item) < 0:
        raise SchemaError(
            f"the least rate is {np.nanmin(item):g}", where="patterns", mend="Give rates from 0."
        )


def _without_diagonal(
    item: Array, noise: Covariance | Residuals, used: NDArray[np.bool_]
) -> tuple[Array, Covariance | Residuals]:
    """Divide by standard deviations where noise is independent: that is all of whitening."""
    variance: Array | None = None
    if isinstance(noise, Residuals):
        variance = np.einsum("ij,ij->j", noise.values, noise.values) / noise.dof
    elif isinstance(noise, np.ndarray):
        variance = noise if noise.ndim == 1 else np.diag(noise)
    if variance is None:
        return item, noise
    whole = np.resize(variance, item.shape[1])
    still = used & ~(whole > 0)
    if still.any():
        raise OptionError(
            f"{int(still.sum())} of the places searched have no variance",
            where="noise",
            mend="Leave them out, or make them NaN: they are outside of the brain, or dead.",
        )
    independent = noise.method == "diag" if isinstance(noise, Residuals) else noise.ndim == 1  # type: ignore[union-attr]
    if not independent:
        return item, noise
    return item / np.sqrt(np.where(used, whole, 1.0)), None


def _kernel(
    item: Array, patterns: Patterns, choice: Choice
) -> Callable[[Index, Members, Array], None] | None:
    """The compiled loop over centres, where there is one for the method."""
    n = patterns.n_conditions
    if choice.unbalanced or choice.method.startswith("poisson"):
        return None
    if choice.method == "crossnobis":
        return _crossnobis_kernel(*_fold_sums(item, patterns))
    means = averaging.condition_means(item, patterns.condition, n)
    if choice.method in ("correlation", "cosine"):
        table = np.ascontiguousarray(means.T)
        centre = choice.method == "correlation"
        return lambda starts, members, out: angular_rows(table, starts, members, centre, out)
    stack = np.ascontiguousarray((means - means.mean(axis=0)).T)[:, None, :]
    one = np.ones(1)
    return lambda starts, members, out: squared_rows(stack, one, starts, members, 0.0, out)


def _fold_sums(item: Array, patterns: Patterns) -> tuple[Array, Array]:
    assert patterns.fold is not None
    assert patterns.folds is not None
    return averaging.fold_sums(
        item, patterns.condition, patterns.fold, patterns.n_conditions, len(patterns.folds)
    )


def _crossnobis_kernel(
    sums: Array, counts: Array
) -> Callable[[Index, Members, Array], None] | None:
    if not (counts == counts[0]).all():
        return None
    n_folds = len(sums)
    means = sums / counts[:, :, None]
    means -= means.mean(axis=1, keepdims=True)
    stack = np.empty((sums.shape[2], n_folds + 1, sums.shape[1]))
    stack[:, 0] = means.sum(axis=0).T
    stack[:, 1:] = means.transpose(2, 0, 1)
    weight = np.full(n_folds + 1, -1.0)
    weight[0] = 1.0
    weight /= n_folds * (n_folds - 1)
    return lambda starts, members, out: squared_rows(stack, weight, starts, members, -np.inf, out)


def _one_by_one(
    item: Array, patterns: Patterns, choice: Choice, noise: Covariance | Residuals
) -> Callable[[Columns], Array]:
    """RDM of the places of one centre."""
    if noise is None or choice.unbalanced:

        def plain(columns: Columns) -> Array:
            own = _noise_of(noise, columns)
            return rdm_of_item(item[:, columns], patterns, choice, own)

        return plain
    if choice.method == "mahalanobis":
        means = averaging.condition_means(item, patterns.condition, patterns.n_conditions)
        means = means - means.mean(axis=0)

        def distances(own: Covariance, columns: Columns) -> Array:
            if not isinstance(own, np.ndarray):
                raise OptionError(
                    "there is one for each fold", where="noise", mend="Give one, or use crossnobis."
                )
            return rdm_core.squared_euclidean(rdm_core.whiten(means[:, columns], own))

    else:
        sums, counts = _fold_sums(item, patterns)
        if isinstance(noise, list) and len(noise) != len(sums):
            raise OptionError(
                f"{len(noise)} covariances for {len(sums)} folds", where="noise", mend="Match them."
            )

        def distances(own: Covariance, columns: Columns) -> Array:
            part = sums[:, :, columns]
            if isinstance(own, list):
                return crossnobis.crossnobis_fold_noise(part / counts[:, :, None], own)
            return crossnobis.crossnobis(part, counts, own)

    def whitened(columns: Columns) -> Array:
        try:
            return distances(_noise_of(noise, columns), columns)
        except np.linalg.LinAlgError as error:
            raise not_positive(error) from error

    return whitened


def _noise_of(noise: Covariance | Residuals, columns: Columns) -> Covariance:
    """Noise of the places of one centre; samples in a window have that of their channels."""
    if noise is None:
        return None
    if isinstance(noise, list):
        return [_covariance_of(n, columns) for n in noise]
    return _covariance_of(noise, columns)


def _covariance_of(noise: Array | Residuals, columns: Columns) -> Array:
    n_channels = noise.values.shape[1] if isinstance(noise, Residuals) else len(noise)
    channel = columns % n_channels
    n_samples = len(np.unique(columns // n_channels))
    by_sample = channel.reshape(n_samples, -1) if len(channel) % n_samples == 0 else None
    if by_sample is None or (by_sample != by_sample[0]).any():
        raise SchemaError(
            "a channel lacks some samples of a window, and noise needs all",
            where="patterns",
            mend="Make the channel NaN throughout.",
        )
    if isinstance(noise, Residuals):
        own = covariance(noise.values[:, by_sample[0]], noise.dof, noise.method)
    else:
        own = part_of(noise, by_sample[0])
    if n_samples == 1:
        return own
    whole = np.kron(np.eye(n_samples), own) if own.ndim == 2 else np.tile(own, n_samples)
    return np.asarray(whole, dtype=np.float64)
