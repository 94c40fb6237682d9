"""Which of two models predicts better: paired errors, tested block by block of time."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from sklearn.base import clone

from neurokit.encoding.heldout_errors import tested_variance
from neurokit.encoding.samples import Samples, as_samples, outer_folds
from neurokit.encoding.significance import flip
from neurokit.errors import OptionError, SchemaError
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.schema import add_history
from neurokit.stats import fdr

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
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """D(t) = err_b(t) - err_a(t): is the mean above 0, by sign-flips of blocks of time?

    Both models are fitted anew on the training set of each fold (with all they choose, such as
    penalties) and predict the same held-out samples. Blocks are as long as the gap of the folds
    and 5 autocorrelation times of D, because errors of neighbouring samples are alike: flipping
    single samples calls a third of equal models different at AR(1) phi = .9.

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
    random_state : None, int or numpy.random.Generator
        Source of the flips.

    Returns
    -------
    Dataset
        ``r2``(model, ...) held out, ``difference`` (mean D over the variance of the target),
        ``p``, ``q``; attrs ``n_blocks``, ``block_length``.

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
    rng = as_generator(random_state)
    xs = X if isinstance(X, tuple) else (X, X)
    if len(xs) != 2:
        raise OptionError(f"got {len(xs)} sets", where="X", mend="Give X or (X_a, X_b).")
    samples = as_samples({"a": xs[0], "b": xs[1]}, Y)
    folds = outer_folds(cv, samples)
    predicted = {
        key: _held_out(model, samples.x[key], samples, folds)
        for key, model in (("a", model_a), ("b", model_b))
    }
    errors = {key: (samples.y - p) ** 2 for key, p in predicted.items()}
    with single_thread():
        tested = flip(
            samples.per_sample(errors["b"] - errors["a"], "difference"),
            samples.dim,
            cv,
            blocks=blocks,
            alternative=alternative,
            n_flips=n_flips,
            keep_null=False,
            random_state=rng,
        )
    return _result(samples, errors, tested, random_state)


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
    kept = ("n_blocks", "block_length", "block_length_units", "alternative")
    result.attrs = {key: tested.attrs[key] for key in kept}
    if "history" in samples.targets.attrs:
        result.attrs["history"] = samples.targets.attrs["history"]
    return add_history(result, "encoding.compare", {}, random_state)
