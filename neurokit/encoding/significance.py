"""Whether features predict targets at all: tests that keep the memory of both."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from neurokit.encoding.alpha_search import as_alphas
from neurokit.encoding.folds import Fold
from neurokit.encoding.heldout_errors import (
    DEFAULT_ALPHAS,
    Array,
    nested_fit,
    r2_by_fold,
    squared_errors,
)
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.encoding.samples import Samples, as_samples, inner_folds, outer_folds
from neurokit.errors import LabelError, NeurokitWarning, OptionError, check_option
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.schema import add_history, runs
from neurokit.stats import block_sign_flip, circular_shift_test, cluster_test, fdr
from neurokit.stats.autocorrelation import joint_memory
from neurokit.stats.clusters import check_threshold

# Independent stretches below which a test has nothing to go by.
ENOUGH_BLOCKS = 30
MEMORIES_PER_BLOCK = 5.0


def significance(
    X: Any,
    Y: Any,
    *,
    method: str = "circular_shift",
    alphas: Sequence[float] = DEFAULT_ALPHAS,
    cv: Any = None,
    metric: str = "r",
    n_draws: int = 999,
    min_shift: float = 0.0,
    blocks: float | str | None = None,
    family: str | Sequence[Hashable] | None = None,
    adjacency: Any = None,
    space: str | None = None,
    along: str | None = None,
    threshold: float = 0.05,
    keep_null: bool = False,
    n_jobs: int = 1,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """``p = (1 + #{s: score(X, shift_s Y) >= score(X, Y)}) / (1 + n)``, the model refitted.

    Scores are held out; the penalty is the best one for each target, for shifted targets just
    as for the true ones. Circular shifts keep the autocorrelation of features and targets, which
    shuffling or resampling of single samples does not: at AR(1) phi = .95 those call 33 % to
    44 % of unrelated targets encoded at a nominal 2.5 % to 5 %.

    Parameters
    ----------
    X : DataArray, array or mapping of them
        Features, samples first; several sets are laid side by side.
    Y : recording, DataArray or array
        Targets, for example (time, channel) or (event, electrode, lag).
    method : {"circular_shift", "sign_flip"}, default "circular_shift"
        ``"sign_flip"`` asks whether held-out squared errors are smaller than those of the
        training mean, block by block of time: cheap, for many targets.
    alphas : sequence of float
        Penalties, for z-scored features.
    cv : splitter, iterable of (train, test), int or None
        Folds; default 5 contiguous blocks. Give ``BlockedCV(n, gap=seconds)`` where windows
        overlap.
    metric : {"r", "r2"}, default "r"
        Score of ``"circular_shift"``: mean over folds.
    n_draws : int, default 999
        Shifts or flips.
    min_shift : float, default 0.0
        As in `neurokit.stats.circular_shift_test`; only for ``"circular_shift"``.
    blocks : float or str, optional
        As in `neurokit.stats.block_sign_flip`; default 5 autocorrelation times of the errors.
        Only for ``"sign_flip"``.
    family : str or sequence of str, optional
        Dims of Y over which ``p_fwe`` controls the error by the maximum, for example ``"lag"``;
        then ``q`` is over the smallest ``p_fwe`` of what is left, for example over electrodes.
    adjacency : (n, n) array_like or sparse, optional
        Neighbours of `space`, for clusters.
    space, along : str, optional
        Dims of Y that hold places, and steps in a row (lags, time); one of them given asks for
        clusters. They must be all dims of the targets.
    threshold : float, default 0.05
        What forms clusters; see `neurokit.stats.cluster_test`.
    keep_null : bool, default False
        Whether to return the null draws.
    n_jobs : int, default 1
        Threads over shifts; the result is the same.
    random_state : None, int or numpy.random.Generator
        Source of shifts or flips.

    Returns
    -------
    Dataset
        Per target: ``score``, ``p``, ``q`` (Benjamini-Hochberg), with a family ``p_fwe``, for
        clusters ``cluster`` and ``p_cluster``; attrs ``n_blocks``, the number of stretches that
        are independent for a relation of X with Y, and ``block_length`` in samples.

    Raises
    ------
    LabelError
        If X and Y differ in their samples, or dims are not those of Y.
    OptionError
        If an option is unknown or not one of the method, or the record is too short.

    Warns
    -----
    NeurokitWarning
        If there are fewer than 30 independent stretches.

    References
    ----------
    Harris (2020), doi:10.1101/2020.11.29.402719. Winkler et al. (2015),
    doi:10.1016/j.neuroimage.2015.05.092.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(400, 3))
    >>> y = x @ [[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]] + rng.normal(size=(400, 2))
    >>> significance(x, y, n_draws=99, random_state=0).p.values
    array([0.01, 0.57])
    """
    check_option("method", method, ["circular_shift", "sign_flip"])
    check_option("metric", metric, ["r", "r2"])
    check_threshold(threshold)
    _check_use(method, min_shift, blocks)
    rng = as_generator(random_state)
    samples = as_samples(X, Y)
    x = np.concatenate(list(samples.x.values()), axis=1)
    _check_dims(samples, family, space, along)
    clusters = space is not None or along is not None
    job = _Job(samples, x, cv, tuple(alphas), family, keep_null or clusters, rng)
    with single_thread():
        memory = joint_memory(x, samples.y, runs_of(samples))
        if method == "circular_shift":
            tested = _by_shifts(job, metric, n_draws, min_shift, n_jobs)
        else:
            tested = _by_flips(job, n_draws, blocks)
    result = _judged(tested, family)
    if clusters:
        found = cluster_test(tested, adjacency, space=space, along=along, threshold=threshold)
        result = result.assign({name: found[name] for name in ("cluster", "p_cluster")})
    if keep_null:
        result["null"] = tested["null"]
    parameters = {"method": method, "metric": metric, "n_draws": n_draws, "family": family}
    result.attrs = {"method": method, **_effective(samples, tested, method, memory)}
    if "history" in samples.targets.attrs:
        result.attrs["history"] = samples.targets.attrs["history"]
    return add_history(result, "encoding.significance", parameters, random_state)


@dataclass(frozen=True)
class _Job:
    samples: Samples
    x: Array
    cv: Any
    alphas: tuple[float, ...]
    family: Any
    keep_null: bool
    rng: np.random.Generator


def runs_of(samples: Samples) -> list[slice]:
    """Return the stretches that nothing may cross.

    Parameters
    ----------
    samples : Samples
        Of any dim.

    Returns
    -------
    list of slice
        One where samples are not times.
    """
    if samples.dim == "time":
        return runs(samples.targets)
    return [slice(0, len(samples.y))]


def _by_shifts(job: _Job, metric: str, n_draws: int, min_shift: float, n_jobs: int) -> xr.Dataset:
    samples = job.samples
    folded = FoldedRidge(job.x, outer_folds(job.cv, samples), standardize=True)
    alphas = as_alphas(job.alphas)

    def score(_: xr.DataArray, shifted: xr.DataArray) -> xr.DataArray:
        y = shifted.values.reshape(len(job.x), -1)
        return samples.per_target(_best(folded, y, alphas, metric), "statistic")

    targets = samples.targets.copy(data=samples.y.reshape(samples.targets.shape))
    return circular_shift_test(
        targets,
        targets,
        score,
        n_shifts=n_draws,
        min_shift=min_shift,
        alternative="greater",
        family=job.family,
        dim=samples.dim,
        keep_null=job.keep_null,
        n_jobs=n_jobs,
        random_state=job.rng,
    )


def _best(folded: FoldedRidge, y: Array, alphas: Array, metric: str) -> Array:
    return np.asarray(folded.scores(y, alphas).get(metric).max(axis=0), dtype=np.float64)


def error_reduction(
    samples: Samples, x: Array, outer: Sequence[Fold], inner: Sequence[Any], alphas: Any
) -> tuple[Array, Array]:
    """Squared error of the training mean less that of the model, and the model's R2.

    Parameters
    ----------
    samples : Samples
        With targets.
    x : (n, p) ndarray
        Features.
    outer, inner : sequences of folds
        From `outer_folds`, `inner_folds`.
    alphas : sequence of float
        Penalties.

    Returns
    -------
    reduction : (n, t) ndarray
        NaN where no fold tests.
    r2 : (t,) ndarray
        Held out.
    """
    fit = nested_fit(x, samples.y, outer, inner, alphas)
    base = np.full_like(samples.y, np.nan)
    for train, test in outer:
        base[test] = (samples.y[test] - samples.y[train].mean(axis=0)) ** 2
    return base - squared_errors(fit, samples.y), r2_by_fold(fit, samples.y, outer)


def _by_flips(job: _Job, n_draws: int, blocks: float | str | None) -> xr.Dataset:
    samples = job.samples
    outer = outer_folds(job.cv, samples)
    inner = inner_folds(job.cv, samples, outer)
    reduction, r2 = error_reduction(samples, job.x, outer, inner, job.alphas)
    tested = flip(
        samples.per_sample(reduction, "reduction"),
        samples.dim,
        job.cv,
        blocks=blocks,
        n_flips=n_draws,
        family=job.family,
        keep_null=job.keep_null,
        random_state=job.rng,
    )
    return tested.assign(score=samples.per_target(r2, "score"))


def flip(difference: xr.DataArray, dim: str, cv: Any, **options: Any) -> xr.Dataset:
    """Test differences of errors by block sign-flip, with the gap of the cross-validation.

    Parameters
    ----------
    difference : DataArray
        Above 0 where what is claimed holds.
    dim : str
        Of samples.
    cv : object
        Its ``gap`` is the shortest block.
    **options
        Of `neurokit.stats.block_sign_flip`.

    Returns
    -------
    Dataset
        One-sided unless asked otherwise.
    """
    options = {"alternative": "greater", **options}
    return block_sign_flip(difference, gap=gap_of(dim, cv), dim=dim, **options)


def gap_of(dim: str, cv: Any) -> float:
    """Return the gap of a cross-validation, which no block of differences is shorter than.

    Parameters
    ----------
    dim : str
        Of samples.
    cv : object
        With a ``gap`` or not.

    Returns
    -------
    float
        0 unless samples are times: seconds would be taken for samples.
    """
    return float(getattr(cv, "gap", 0.0)) if dim == "time" else 0.0


def _judged(tested: xr.Dataset, family: Any) -> xr.Dataset:
    score = tested["score"] if "score" in tested else tested["statistic"]
    result = xr.Dataset({"score": score.rename("score"), "p": tested["p"]})
    if "p_fwe" in tested:
        result["p_fwe"] = tested["p_fwe"]
        names = [family] if isinstance(family, str) else list(family)
        result["q"] = fdr(tested["p_fwe"].min(names))
    else:
        result["q"] = fdr(tested["p"])
    return result


def _check_use(method: str, min_shift: float, blocks: object) -> None:
    """Refuse what the method would pass over in silence."""
    if method == "circular_shift" and blocks is not None:
        found, where, other = blocks, "blocks", "sign_flip"
    elif method == "sign_flip" and min_shift != 0.0:
        found, where, other = min_shift, "min_shift", "circular_shift"
    else:
        return
    raise OptionError(
        f"is {found!r}, which method={method!r} has no use for",
        where=where,
        mend=f'Leave it out, or use method="{other}".',
    )


def _check_dims(samples: Samples, family: Any, space: str | None, along: str | None) -> None:
    dims = samples.targets.dims[1:]
    if family is not None and not isinstance(family, str | Sequence):
        raise OptionError(f"is {family!r}", where="family", mend="Name dims of Y.")
    names = [] if family is None else [family] if isinstance(family, str) else list(family)
    for where, name in [*(("family", f) for f in names), ("space", space), ("along", along)]:
        if name is not None and name not in dims:
            raise LabelError(
                f"Y has no dim {name!r} beside its samples, but {dims}",
                where=where,
                mend="Name dims of Y.",
            )


def _effective(
    samples: Samples, tested: xr.Dataset, method: str, memory: float
) -> Mapping[str, Any]:
    """Return how many independent stretches there are, after a warning if they are few."""
    if method == "sign_flip":  # which warns by itself
        return {key: tested.attrs[key] for key in ("n_blocks", "block_length", "n_draws")}
    length = MEMORIES_PER_BLOCK * memory
    n = int(len(samples.y) // length)
    if n < ENOUGH_BLOCKS:
        warnings.warn(
            f"{n} independent blocks of {length:.0f} samples: with fewer than {ENOUGH_BLOCKS}, "
            "p rests on few independent shifts. Use a longer record.",
            NeurokitWarning,
            stacklevel=4,
        )
    return {"n_blocks": n, "block_length": length, "n_draws": tested.attrs["n_draws"]}
