"""Representational dissimilarity matrices of labelled patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.estimator import single_thread
from neurokit.rsa import averaging, crossnobis, observation_pairs, poisson, rdm_core
from neurokit.rsa.covariance import METHODS as ESTIMATORS
from neurokit.rsa.noise import aligned_noise, residual_covariances
from neurokit.rsa.patterns import Labels, Patterns, read_patterns
from neurokit.rsa.rdm_labels import labelled, on_labels, read_rdms, union_of_labels
from neurokit.schema.history import add_history
from neurokit.schema.select import require_one_unit

Array = NDArray[np.float64]
One = xr.DataTree | xr.DataArray | ArrayLike
Noise = str | xr.DataArray | ArrayLike | Sequence[ArrayLike]

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


@dataclass(frozen=True)
class _Choice:
    """What is computed."""

    method: str
    unbalanced: bool
    weighting: str
    prior_rate: float
    prior_weight: float


def rdm(
    patterns: One | Mapping[str, One] | list[xr.DataArray],
    method: str = "crossnobis",
    noise: Noise | None = None,
    folds: Labels | None = None,
    *,
    conditions: Labels | None = None,
    unbalanced: bool = False,
    weighting: str = "number",
    remove_mean: bool = False,
    prior_rate: float = 1.0,
    prior_weight: float = 0.1,
) -> xr.DataArray:
    """d_ij of all pairs of conditions: how differently they are represented.

    crossnobis: mean over folds of (a_i - a_j)' W (b_i - b_j) / p, a from the other folds, b from
    the fold; 0 on average where conditions do not differ, and signed.
    euclidean: |x_i - x_j|^2 / p, squared and per channel. mahalanobis: (x_i-x_j)' W (x_i-x_j) / p.
    correlation: 1 - r(x_i, x_j). cosine: the same without centring.
    poisson: sum (x_i - x_j)(log x_i - log x_j) / p; poisson_cv: rates of the other folds,
    logarithms of the fold, averaged over folds.
    W is the inverse of `noise`. Repeats of a condition are averaged first.

    Parameters
    ----------
    patterns : recording, DataArray, array_like, or mapping or list of these
        (..., observation, channel). Dims other than observations, folds and channels (subject,
        roi, time) stay: an array over time gives an RDM movie. A plain array is
        (..., observation, feature). Several systems may differ in channels and conditions.
    method : str, default "crossnobis"
        crossnobis, euclidean, correlation, mahalanobis, cosine, poisson or poisson_cv.
    noise : DataArray, array_like, sequence or str, optional
        Covariance of the noise (not its inverse), (channel, channel_2), as `noise_covariance`
        gives it, also per subject (...) or per ``fold`` (crossnobis only: the covariance of that
        fold's condition means). A name of an estimator (``"shrinkage_diag"``) estimates it from the
        residuals within conditions. Default: the identity.
    folds : str or array_like, optional
        Coordinate (a run, a session) or labels of independent folds; crossnobis and poisson_cv
        need it, the others average over folds.
    conditions : str or array_like, optional
        Coordinate or labels of conditions. Default ``condition``, else ``trial_type``, else
        every observation is one.
    unbalanced : bool, default False
        Average similarities of pairs of observations (of different folds), which allows any
        number of repeats in any fold and missing channels.
    weighting : {"number", "equal"}, default "number"
        With `unbalanced`: whether a pair of observations counts by its channels or as one.
    remove_mean : bool, default False
        Take each pattern's mean over channels out first.
    prior_rate, prior_weight : float, default 1.0, 0.1
        Poisson rates become (x + rate weight) / (1 + weight).

    Returns
    -------
    DataArray
        (..., pair) with coordinates ``condition_1`` and ``condition_2``, in order of first
        appearance. NaN for conditions that a system lacks or cannot tell.

    Raises
    ------
    OptionError
        If the method is unknown, or folds or noise are missing or wrong.
    LabelError, SchemaError
        If labels or dims do not fit.
    UnitsError
        If channels of several units would be summed.

    References
    ----------
    Walther et al. (2016), doi:10.1016/j.neuroimage.2015.12.012.
    Schuett et al. (2023), doi:10.7554/eLife.82566.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = xr.DataArray(
    ...     rng.standard_normal((2, 5, 30)),
    ...     {"run": [0, 1], "condition": list("abcde")},
    ...     ["run", "condition", "channel"],
    ... )
    >>> rdm(x, folds="run").sizes["pair"]
    10
    """
    check_option("method", method, METHODS)
    check_option("weighting", weighting, ("number", "equal"))
    choice = _Choice(method, unbalanced, weighting, prior_rate, prior_weight)
    _check(choice, noise, folds)
    parameters = {"method": method, "folds": folds, "conditions": conditions, "noise": noise}
    parameters |= {"unbalanced": unbalanced, "remove_mean": remove_mean}
    if isinstance(patterns, Mapping) and not isinstance(patterns, xr.DataTree):
        systems = dict(patterns)
    elif isinstance(patterns, list) and all(isinstance(x, xr.DataArray) for x in patterns):
        systems = {str(k): x for k, x in enumerate(patterns)}
    else:
        out = _rdm_of_one(patterns, choice, noise, folds, conditions, remove_mean)
        return add_history(out, "rsa.rdm", parameters)
    found = {}
    for key, one in systems.items():
        own = noise[key] if isinstance(noise, Mapping) else noise
        found[key] = _rdm_of_one(one, choice, own, folds, conditions, remove_mean)
    return add_history(_stack(found), "rsa.rdm", parameters)


def _check(choice: _Choice, noise: object, folds: object) -> None:
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
    if choice.prior_weight <= 0 or choice.prior_rate <= 0:
        raise OptionError("is not positive", where="prior_weight", mend="Give a number above 0.")


def _stack(found: Mapping[str, xr.DataArray]) -> xr.DataArray:
    rows = {key: read_rdms(x) for key, x in found.items()}
    labels = union_of_labels([r.labels for r in rows.values()])
    first = next(iter(rows.values()))
    for key, r in rows.items():
        if r.lead.dims != first.lead.dims or r.lead.shape != first.lead.shape:
            raise SchemaError(
                f"dims {dict(r.lead.sizes)} against {dict(first.lead.sizes)}",
                where=f"patterns {key!r}",
                mend="Give systems the same dims besides conditions and channels.",
            )
    parts = [labelled(on_labels(r, labels), r.lead, labels, "rdm") for r in rows.values()]
    out = xr.concat(parts, dim="subject", coords="minimal", compat="override", join="exact")
    attrs = {k: v for k, v in next(iter(found.values())).attrs.items() if k != "history"}
    return out.assign_coords(subject=list(found)).assign_attrs(attrs)


def _rdm_of_one(
    x: One,
    choice: _Choice,
    noise: Noise | None,
    folds: Labels | None,
    conditions: Labels | None,
    remove_mean: bool,
) -> xr.DataArray:
    units = _units(x, choice, noise)
    patterns = read_patterns(x, conditions, folds)
    _check_design(patterns, choice)
    if remove_mean:
        patterns = patterns.without_mean()
    with single_thread():
        covariances = _covariances(noise, patterns)
        rows = [
            _one_item(item, patterns, choice, covariances[k])
            for k, item in enumerate(patterns.values)
        ]
    out = labelled(np.array(rows), patterns.items, patterns.conditions, "rdm")
    return out.assign_attrs(method=choice.method, units=units, long_name="dissimilarity")


def _units(x: One, choice: _Choice, noise: Noise | None) -> str:
    from neurokit.schema.select import signal_of

    if not isinstance(x, xr.DataArray | xr.DataTree):
        return "1"
    # Whitening gives every channel the unit 1.
    if noise is not None:
        return "1"
    unit = require_one_unit(signal_of(x))
    squared = choice.method in ("euclidean", "mahalanobis", "crossnobis") and unit != "1"
    return f"({unit})^2" if squared else "1"


def _check_design(patterns: Patterns, choice: _Choice) -> None:
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


def _covariances(noise: Noise | None, patterns: Patterns) -> list[list[Array] | Array | None]:
    """Noise of every item: None, one covariance, or one for each fold."""
    n_items = len(patterns.values)
    if noise is None:
        return [None] * n_items
    if isinstance(noise, str):
        check_option("noise", noise, ESTIMATORS)
        from dataclasses import replace

        pooled = replace(patterns, fold=None, folds=None)
        group = patterns.condition
        return [residual_covariances(x, pooled, group, noise, None)[0] for x in patterns.values]
    if isinstance(noise, xr.DataArray):
        return _labelled_covariances(noise, patterns)
    array = np.asarray(noise, dtype=np.float64)
    _check_shape(array.shape[-2:] if array.ndim > 1 else array.shape, patterns)
    return [list(array) if array.ndim == 3 else array] * n_items


def _check_shape(shape: tuple[int, ...], patterns: Patterns) -> None:
    p = len(patterns.features)
    if shape not in ((p, p), (p,)):
        raise OptionError(
            f"has shape {shape} for {p} channels",
            where="noise",
            mend="Give the covariance (channel, channel), or one for each fold.",
        )


def _labelled_covariances(
    noise: xr.DataArray, patterns: Patterns
) -> list[list[Array] | Array | None]:
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


def _one_item(
    item: Array, patterns: Patterns, choice: _Choice, noise: list[Array] | Array | None
) -> Array:
    seen: NDArray[np.bool_] = np.isfinite(item)
    held: NDArray[np.bool_] = np.asarray(seen.any(axis=0))
    n_pairs = patterns.n_conditions * (patterns.n_conditions - 1) // 2
    if not held.any():
        return np.full(n_pairs, np.nan)
    if not held.all():  # channels that this system lacks
        item, seen = item[:, held], seen[:, held]
        if isinstance(noise, list):
            noise = [_part(n, held) for n in noise]
        elif noise is not None:
            noise = _part(noise, held)
    try:
        return _compute(item, patterns, choice, noise, whole=bool(seen.all()))
    except np.linalg.LinAlgError as error:
        raise OptionError(
            f"the covariance is not positive definite ({error})",
            where="noise",
            mend='Shrink it: noise_covariance(..., method="shrinkage_diag").',
        ) from error


def _part(covariance: Array, held: NDArray[np.bool_]) -> Array:
    return covariance[held] if covariance.ndim == 1 else covariance[np.ix_(held, held)]


def _compute(
    item: Array,
    patterns: Patterns,
    choice: _Choice,
    noise: list[Array] | Array | None,
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
    if not whole and choice.method in ("euclidean", "correlation", "cosine"):
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
    choice: _Choice,
    noise: list[Array] | Array | None,
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
    choice: _Choice,
    noise: list[Array] | Array | None,
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
