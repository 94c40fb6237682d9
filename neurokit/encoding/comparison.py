"""Which of two models predicts better: paired errors, tested block by block of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from sklearn.base import clone

from neurokit.encoding.folds import Fold
from neurokit.encoding.heldout_errors import tested_variance
from neurokit.encoding.samples import Samples, as_samples, outer_folds
from neurokit.encoding.significance import ENOUGH_BLOCKS, flip, gap_of
from neurokit.encoding.training_chance import inflation
from neurokit.errors import OptionError, SchemaError
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.schema import add_history
from neurokit.stats import fdr
from neurokit.stats.sign_flip import block_means, label_blocks

Array = NDArray[np.float64]


def compare(
    model_a: Any,
    model_b: Any,
    X: Any,
    Y: Any,
    *,
    cv: Any = None,
    blocks: float | str | None = None,
    alternative: str = "greater",
    n_flips: int = 9999,
    refit: bool | None = None,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """D(t) = err_b(t) - err_a(t): is the mean above 0, by sign-flips of blocks of time?

    Both models are fitted anew on the training set of each fold (with all they choose, such as
    penalties) and predict the same held-out samples. Blocks are as long as the gap of the folds
    and 5 autocorrelation times of D, because errors of neighbouring samples are alike: flipping
    single samples calls a third of equal models different at AR(1) phi = .9. In short records a
    model that was lucky in a stretch it trained on does better everywhere; both models are then
    refitted without each block in turn, which tells how much wider the mean of D scatters than
    its blocks show, and D is tested against that.

    Parameters
    ----------
    model_a, model_b : estimator
        With ``fit`` and ``predict``, for example `RidgeEncoder`; the claim is that A is better.
    X : DataArray, array or (X_a, X_b)
        Features, samples first; a tuple gives each model its own.
    Y : recording, DataArray or array
        Targets.
    cv : splitter, iterable of (train, test), int or None
        Folds for both; default 5 contiguous blocks.
    blocks : float or str, optional
        As in `neurokit.stats.block_sign_flip`.
    alternative : {"greater", "less", "two-sided"}, default "greater"
        Whether A is better, worse, or either.
    n_flips : int, default 9999
        Sign flips.
    refit : bool, optional
        Whether to refit without each block in turn, at the cost of so many comparisons; default
        where there are fewer than 30 blocks.
    random_state : None, int or numpy.random.Generator
        Source of the flips.

    Returns
    -------
    Dataset
        ``r2``(model, ...) held out, ``difference`` (mean D over the variance of the target),
        ``p``, ``q``; attrs ``n_blocks``, ``block_length``, ``inflation`` (how much wider the
        mean scatters than its blocks show, 1 without refits).

    Raises
    ------
    LabelError
        If samples differ.
    OptionError
        If a model is no estimator or the record is too short for blocks.
    SchemaError
        If a model predicts something of another shape.

    Warns
    -----
    NeurokitWarning
        If there are fewer than 30 blocks.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> rng = np.random.default_rng(0)
    >>> x, z = rng.normal(size=(2, 500, 3))
    >>> y = x + rng.normal(size=(500, 3))
    >>> compare(Ridge(), Ridge(), (x, z), y, random_state=0).p.values
    array([0.0001, 0.0001, 0.0001])
    """
    for name, model in (("model_a", model_a), ("model_b", model_b)):
        if isinstance(model, type) or not (hasattr(model, "fit") and hasattr(model, "predict")):
            raise OptionError(
                f"{model!r} is no estimator with fit and predict",
                where=name,
                mend="Give an estimator, such as RidgeEncoder().",
            )
    if not (refit is None or isinstance(refit, bool)):
        raise OptionError(f"is {refit!r}", where="refit", mend="Give True, False or None.")
    rng = as_generator(random_state)
    xs = X if isinstance(X, tuple) else (X, X)
    if len(xs) != 2:
        raise OptionError(f"got {len(xs)} sets", where="X", mend="Give X or (X_a, X_b).")
    samples = as_samples({"a": xs[0], "b": xs[1]}, Y)
    folds = outer_folds(cv, samples)
    models = {"a": model_a, "b": model_b}

    def errors_of(folds: Sequence[Fold]) -> dict[str, Array]:
        return {
            key: (samples.y - _held_out(model, samples.x[key], samples, folds)) ** 2
            for key, model in models.items()
        }

    def gain(folds: Sequence[Fold]) -> Array:
        errors = errors_of(folds)
        return errors["b"] - errors["a"]

    errors = errors_of(folds)
    options = {"blocks": blocks, "alternative": alternative, "n_flips": n_flips}
    with single_thread():
        tested = _flipped(samples, errors["b"] - errors["a"], cv, refit, folds, gain, options, rng)
    return _result(samples, errors, tested, random_state)


def _flipped(
    samples: Samples,
    difference: Array,
    cv: Any,
    refit: bool | None,
    folds: Sequence[Fold],
    gain: Callable[[Sequence[Fold]], Array],
    options: dict[str, Any],
    rng: np.random.Generator,
) -> xr.Dataset:
    """Flip differences whose mean is in units of what it scatters by."""
    labelled = samples.per_sample(difference, "difference")
    label, _, _ = label_blocks(labelled, difference, options["blocks"], gap_of(samples.dim, cv))
    seen = np.isfinite(block_means(difference, label)).any(axis=1)
    wider = 1.0
    if refit or (refit is None and seen.sum() < ENOUGH_BLOCKS):
        wider = inflation(difference, label, folds, gain)
    mean = block_means(difference, label)[seen].mean(axis=0)
    # Blocks keep their scatter, and so their flips; a shift changes no autocorrelation, so that
    # they are the same blocks.
    less = samples.per_sample(difference - mean * (1.0 - 1.0 / wider), "difference")
    tested = flip(less, samples.dim, cv, keep_null=False, random_state=rng, **options)
    return tested.assign(statistic=tested["statistic"] * wider).assign_attrs(inflation=wider)


def _held_out(model: Any, x: Array, samples: Samples, folds: Any) -> Array:
    """Predict every tested sample by a model fitted on the training set."""
    predicted = np.full_like(samples.y, np.nan)
    for train, test in folds:
        fitted = clone(model).fit(x[train], samples.y[train])
        found = np.asarray(fitted.predict(x[test]))
        rows = found.shape[0] if found.ndim else 0
        if rows != test.size or found.size != test.size * samples.y.shape[1]:
            raise SchemaError(
                f"predicts shape {found.shape} for {test.size} samples of "
                f"{samples.y.shape[1]} targets",
                where=type(model).__name__,
                mend="Give models that predict all targets.",
            )
        if not np.isfinite(found).all():
            raise SchemaError(
                "predicts NaN or infinities",
                where=type(model).__name__,
                mend="Give models that predict every sample.",
            )
        predicted[test] = found.reshape(test.size, -1)
    return predicted


def _result(
    samples: Samples, errors: dict[str, Array], tested: xr.Dataset, random_state: Any
) -> xr.Dataset:
    scale = tested_variance(errors["a"], samples.y)
    r2 = np.stack([1 - np.nanmean(errors[key], axis=0) / scale for key in ("a", "b")])
    result = xr.Dataset(
        {
            "r2": samples.per_target(r2, "r2", lead="model").assign_coords(model=["a", "b"]),
            "difference": tested["statistic"] / samples.per_target(scale, "variance"),
            "p": tested["p"],
            "q": fdr(tested["p"]),
        }
    )
    kept = ("n_blocks", "block_length", "block_length_units", "alternative", "inflation")
    result.attrs = {key: tested.attrs[key] for key in kept}
    if "history" in samples.targets.attrs:
        result.attrs["history"] = samples.targets.attrs["history"]
    return add_history(result, "encoding.compare", {}, random_state)
