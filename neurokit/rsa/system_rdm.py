"""RDMs of one system: what is computed, with which noise, on plain arrays with a known design."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import NeurokitWarning, OptionError, SchemaError, check_option
from neurokit.rsa import averaging, crossnobis, observation_pairs, poisson, rdm_core
from neurokit.rsa.arguments import real_array, real_number, yes_or_no
from neurokit.rsa.covariance import METHODS as ESTIMATORS
from neurokit.rsa.noise import aligned_noise, residual_covariances
from neurokit.rsa.patterns import Patterns
from neurokit.schema.select import require_one_unit, signal_of

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
One = xr.DataTree | xr.DataArray | ArrayLike
Noise = str | xr.DataArray | ArrayLike | Sequence[ArrayLike]
Covariance = list[Array] | Array | None

METHODS = (
    "crossnobis",
    "euclidean",
    "correlation",
    "mahalanobis",
    "cosine",
    "poisson",
    "poisson_cv",
)
_WHITENED = ("crossnobis", "mahalanobis")
# Of these a pair of conditions can do with the channels that both have.
MASKED = ("euclidean", "correlation", "cosine")


@dataclass(frozen=True)
class Choice:
    """What is computed.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    unbalanced : bool
        Whether pairs of observations are averaged.
    weighting : {"number", "equal"}
        How they count.
    prior_rate, prior_weight : float
        Of Poisson rates.
    """

    method: str
    unbalanced: bool = False
    weighting: str = "number"
    prior_rate: float = 1.0
    prior_weight: float = 0.1


def check_choice(choice: Choice, noise: object, folds: object) -> None:
    """Refuse a method that lacks what it needs.

    Parameters
    ----------
    choice : Choice
        Method.
    noise, folds : object
        As the user gave them.

    Raises
    ------
    OptionError
        If folds are missing, noise is not used, a prior is not positive, or unbalanced is neither
        True nor False.
    """
    yes_or_no("unbalanced", choice.unbalanced)
    if choice.method in ("crossnobis", "poisson_cv") and folds is None:
        raise OptionError(
            f"{choice.method} compares independent folds, and none are named",
            where="folds",
            mend='Name a coordinate of runs or sessions, or use method="euclidean".',
        )
    if noise is not None and choice.method not in _WHITENED:
        raise OptionError(
            f"{choice.method} does not whiten", where="noise", mend="Use crossnobis or mahalanobis."
        )
    priors = [real_number(name, getattr(choice, name)) for name in ("prior_rate", "prior_weight")]
    if not all(0 < value < np.inf for value in priors):
        raise OptionError("is not positive", where="prior_weight", mend="Give a number above 0.")


def check_design(patterns: Patterns, choice: Choice) -> None:
    """Refuse a design that a method cannot use.

    Parameters
    ----------
    patterns : Patterns
        Design; values are not looked at.
    choice : Choice
        Method.

    Raises
    ------
    SchemaError, OptionError
        If there are too few conditions or folds, or a fold lacks a condition.
    """
    if patterns.n_conditions < 2:
        raise SchemaError(
            f"{patterns.n_conditions} conditions", where="conditions", mend="Give at least two."
        )
    if patterns.fold is None or choice.method not in ("crossnobis", "poisson_cv"):
        return
    n_folds = 0 if patterns.folds is None else len(patterns.folds)
    if n_folds < 2:
        raise OptionError("there is one fold", where="folds", mend="Give at least two folds.")
    cell = patterns.fold * patterns.n_conditions + patterns.condition
    counts = np.bincount(cell, minlength=n_folds * patterns.n_conditions)
    if not choice.unbalanced and (counts == 0).any():
        at = int(np.flatnonzero(counts == 0)[0])
        fold, condition = divmod(at, patterns.n_conditions)
        labels = patterns.folds if patterns.folds is not None else np.arange(n_folds)
        raise OptionError(
            f"fold {labels[fold]!s} has no {patterns.conditions[condition]!s}, and "
            f"{int((counts == 0).sum()) - 1} more like this",
            where="folds",
            mend="Set unbalanced=True, or leave those conditions out.",
        )


def covariances_of(noise: Noise | None, patterns: Patterns) -> list[Covariance]:
    """Noise of every item: None, one covariance, or one for each fold.

    Parameters
    ----------
    noise : str, DataArray, array_like or sequence, optional
        As `rdm` takes it.
    patterns : Patterns
        Design; values are looked at for the name of an estimator only.

    Returns
    -------
    list of None, ndarray of float64 or list of these
        One entry per item.

    Raises
    ------
    OptionError, LabelError, SchemaError
        If it does not fit the patterns.
    """
    n_items = patterns.items.size
    if noise is None:
        return [None] * n_items
    if isinstance(noise, str):
        check_option("noise", noise, ESTIMATORS)
        pooled = replace(patterns, fold=None, folds=None)
        group = repeated_groups(patterns)
        return [residual_covariances(x, pooled, group, noise, None)[0] for x in patterns.values]
    if isinstance(noise, xr.DataArray):
        return _labelled_covariances(noise, patterns)
    array = real_array("noise", noise)
    _check_shape(array.shape[-2:] if array.ndim > 1 else array.shape, patterns)
    return [list(array) if array.ndim == 3 else array] * n_items


def repeated_groups(patterns: Patterns) -> Index:
    """Observations whose differences are nothing but noise: of one condition in one fold.

    Differences between folds are what crossnobis multiplies. Noise estimated from them is small
    where the product is large, so that distances come out too large.

    Parameters
    ----------
    patterns : Patterns
        Design.

    Returns
    -------
    (n_observations,) ndarray of int
        Group of each observation; conditions if no fold repeats any.

    Warns
    -----
    NeurokitWarning
        If differences between folds are all there is.
    """
    if patterns.fold is None:
        return patterns.condition
    cell = patterns.fold * patterns.n_conditions + patterns.condition
    if len(np.unique(cell)) < len(cell):
        return cell
    warnings.warn(
        "no condition is repeated within a fold: noise estimated from differences between folds "
        "makes crossnobis distances a little too large. Give noise of the residuals of the time "
        "series instead.",
        NeurokitWarning,
        stacklevel=4,
    )
    return patterns.condition


def _check_shape(shape: tuple[int, ...], patterns: Patterns) -> None:
    p = len(patterns.features)
    if shape not in ((p, p), (p,)):
        raise OptionError(
            f"has shape {shape} for {p} channels",
            where="noise",
            mend="Give the covariance (channel, channel), or one for each fold.",
        )


def _labelled_covariances(noise: xr.DataArray, patterns: Patterns) -> list[Covariance]:
    aligned = aligned_noise(noise, patterns.features, patterns.feature_dim)
    second = f"{patterns.feature_dim}_2"
    has_folds = "fold" in aligned.dims
    if has_folds and patterns.folds is not None and "fold" in aligned.coords:
        aligned = aligned.sel(fold=patterns.folds)
    inner = (["fold"] if has_folds else []) + [patterns.feature_dim, second]
    own = [dim for dim in patterns.items.dims if dim in aligned.dims]
    if set(aligned.dims) != {*own, *inner}:
        raise OptionError(
            f"dims are {tuple(aligned.dims)}",
            where="noise",
            mend=f"Dims other than {inner} must be dims of the patterns.",
        )
    spread = aligned.transpose(*own, *inner)
    shape = [
        *(patterns.items.sizes[d] if d in own else 1 for d in patterns.items.dims),
        *(aligned.sizes[d] for d in inner),
    ]
    values = np.asarray(spread.values, dtype=np.float64).reshape(shape)
    full = np.broadcast_to(values, [*patterns.items.shape, *shape[len(patterns.items.dims) :]])
    flat = full.reshape(-1, *full.shape[len(patterns.items.dims) :])
    return [list(x) if has_folds else x for x in flat]


def rdm_of_item(item: Array, patterns: Patterns, choice: Choice, noise: Covariance) -> Array:
    """RDM of one system.

    Parameters
    ----------
    item : (n_observations, n_features) ndarray of float64
        NaN where a value is missing; a feature without values is left out.
    patterns : Patterns
        Design; its own values are not looked at.
    choice : Choice
        Method.
    noise : (p, p) or (p,) ndarray of float64, or list of these, optional
        Covariance, or one for each fold.

    Returns
    -------
    (n_pairs,) ndarray of float64
        NaN for what cannot be told.

    Raises
    ------
    OptionError
        If a covariance is not positive definite.
    SchemaError
        If values are missing that the method needs.
    """
    seen: NDArray[np.bool_] = np.isfinite(item)
    held: NDArray[np.bool_] = np.asarray(seen.any(axis=0))
    n_pairs = patterns.n_conditions * (patterns.n_conditions - 1) // 2
    if not held.any():
        return np.full(n_pairs, np.nan)
    if not held.all():  # channels that this system lacks
        item, seen = item[:, held], seen[:, held]
        if isinstance(noise, list):
            noise = [part_of(n, held) for n in noise]
        elif noise is not None:
            noise = part_of(noise, held)
    for one in noise if isinstance(noise, list) else [noise]:
        if one is not None:
            _check_covariance(one)
    try:
        return _compute(item, patterns, choice, noise, whole=bool(seen.all()))
    except np.linalg.LinAlgError as error:
        raise not_positive(error) from error


def _check_covariance(covariance: Array) -> None:
    known = np.isfinite(covariance).all()
    even = True
    if known and covariance.ndim == 2:
        tiny = 1e-8 * float(np.abs(covariance).max(initial=0.0))
        even = np.allclose(covariance, covariance.T, rtol=1e-6, atol=tiny)
    if not known or not even:
        raise OptionError(
            "the covariance is not symmetric" if known else "a covariance is no number",
            where="noise",
            mend="Give the covariance of the channels that have data.",
        )


def not_positive(error: Exception) -> OptionError:
    """What a user is told of a covariance that has no inverse.

    Parameters
    ----------
    error : Exception
        Of the factorization.

    Returns
    -------
    OptionError
        To be raised.
    """
    return OptionError(
        f"the covariance is not positive definite ({error})",
        where="noise",
        mend='Shrink it: noise_covariance(..., method="shrinkage_diag").',
    )


def part_of(covariance: Array, held: NDArray[np.generic]) -> Array:
    """Covariance of some features.

    Parameters
    ----------
    covariance : (p, p) or (p,) ndarray of float64
        A vector is a diagonal.
    held : (p,) ndarray of bool or (k,) ndarray of int
        Which.

    Returns
    -------
    (k, k) or (k,) ndarray of float64
        A copy.
    """
    part: Array = covariance[held] if covariance.ndim == 1 else covariance[np.ix_(held, held)]
    return part


def _compute(
    item: Array,
    patterns: Patterns,
    choice: Choice,
    noise: Covariance,
    *,
    whole: bool,
) -> Array:
    if choice.method.startswith("poisson") and np.nanmin(item) < 0:
        raise SchemaError(
            f"the least rate is {np.nanmin(item):g}", where="patterns", mend="Give rates from 0."
        )
    if choice.unbalanced:
        return _compute_unbalanced(item, patterns, choice, noise, whole=whole)
    if choice.method in ("crossnobis", "poisson_cv"):
        return _compute_folds(item, patterns, choice, noise, whole=whole)
    n = patterns.n_conditions
    if not whole and choice.method in MASKED:
        means = averaging.seen_condition_means(item, patterns.condition, n)
        if choice.method == "euclidean":
            return rdm_core.masked_squared_euclidean(means)
        return rdm_core.masked_cosine_distance(means, centre=choice.method == "correlation")
    _require_whole(whole, choice.method)
    means = averaging.condition_means(item, patterns.condition, n)
    if choice.method in ("correlation", "cosine"):
        return rdm_core.cosine_distance(means, centre=choice.method == "correlation")
    if choice.method == "poisson":
        return poisson.poisson(poisson.shrink_rates(means, choice.prior_rate, choice.prior_weight))
    if noise is not None:
        means = rdm_core.whiten(means - means.mean(axis=0), _single(noise))
    return rdm_core.squared_euclidean(means)


def _single(noise: list[Array] | Array) -> Array:
    if isinstance(noise, list):
        raise OptionError(
            "there is one for each fold", where="noise", mend="Give one, or use crossnobis."
        )
    return noise


def _require_whole(whole: bool, method: str) -> None:
    if not whole:
        raise SchemaError(
            f"values are missing in some observations of a channel, and {method} needs all",
            where="patterns",
            mend="Leave the channel out, or use euclidean, or unbalanced=True without noise.",
        )


def _compute_folds(
    item: Array,
    patterns: Patterns,
    choice: Choice,
    noise: Covariance,
    *,
    whole: bool,
) -> Array:
    _require_whole(whole, choice.method)
    assert patterns.fold is not None
    assert patterns.folds is not None
    sums, counts = averaging.fold_sums(
        item, patterns.condition, patterns.fold, patterns.n_conditions, len(patterns.folds)
    )
    if choice.method == "poisson_cv":
        return poisson.poisson_cross_validated(sums, counts, choice.prior_rate, choice.prior_weight)
    if isinstance(noise, list):
        if len(noise) != len(sums):
            raise OptionError(
                f"{len(noise)} covariances for {len(sums)} folds", where="noise", mend="Match them."
            )
        return crossnobis.crossnobis_fold_noise(sums / counts[:, :, None], noise)
    return crossnobis.crossnobis(sums, counts, noise)


def _compute_unbalanced(
    item: Array,
    patterns: Patterns,
    choice: Choice,
    noise: Covariance,
    *,
    whole: bool,
) -> Array:
    kind = {"correlation": "correlation", "cosine": "cosine"}.get(choice.method, "product")
    if choice.method.startswith("poisson"):
        kind = "poisson"
        item = poisson.shrink_rates(item, choice.prior_rate, choice.prior_weight)
    covariance = None
    if noise is not None:
        _require_whole(whole, choice.method)
        covariance = _single(noise)
    total, count = observation_pairs.similarities(item, kind, covariance)
    return observation_pairs.unbalanced(
        total,
        count,
        patterns.condition,
        patterns.fold if choice.method in ("crossnobis", "poisson_cv") else None,
        patterns.n_conditions,
        choice.weighting,
    )


def units_of(x: One, choice: Choice, noise: Noise | None) -> str:
    """Units of an RDM.

    Parameters
    ----------
    x : recording, DataArray or array_like
        Patterns.
    choice : Choice
        Method.
    noise : str, DataArray, array_like or sequence, optional
        Whitening gives every channel the unit 1.

    Returns
    -------
    str
        Those of the patterns, squared for distances.
    """
    if not isinstance(x, xr.DataArray | xr.DataTree):
        return "1"
    if noise is not None:
        return "1"
    unit = require_one_unit(signal_of(x))
    squared = choice.method in ("euclidean", "mahalanobis", "crossnobis") and unit != "1"
    return f"({unit})^2" if squared else "1"
