"""What each set of features explains alone, together, and in its share of one prediction."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.encoding.folds import Fold
from neurokit.encoding.gram_folds import ROUNDING
from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS, Array, nested_fit, r2_by_fold
from neurokit.encoding.samples import Samples, as_samples, inner_folds, outer_folds
from neurokit.errors import OptionError
from neurokit.estimator import single_thread
from neurokit.schema import add_history

# 2^m - 1 models are fitted.
MOST_BANDS = 8


def variance_partition(
    bands: Mapping[str, Any],
    Y: Any,
    *,
    alphas: Sequence[float] = DEFAULT_ALPHAS,
    cv: Any = None,
) -> xr.Dataset:
    """unique_A = R2(all) - R2(all but A); for two bands shared = R2_A + R2_B - R2_AB.

    All 2^m - 1 models of m bands are fitted with nested penalties, features z-scored. The part
    common to exactly the bands of a set S is ``sum_{T in S} (-1)^(|S| - |T| + 1) R2(all but T)``
    (commonality analysis); the parts add up to the R2 of all bands. Held-out parts can be a
    little below 0: what explains nothing costs something.

    Parameters
    ----------
    bands : mapping of str to DataArray or array
        Features, samples first.
    Y : recording, DataArray or array
        Targets.
    alphas : sequence of float
        Penalties, for z-scored features.
    cv : splitter, iterable of (train, test), int or None
        Folds; default 5 contiguous blocks.

    Returns
    -------
    Dataset
        ``r2``(model, ...), ``unique``(band, ...), ``common``(part, ...); models and parts are
        called ``"vision+language"``. ``product``(band, ...), the product measure of the model
        of all bands, sums to ``r2_pooled``.

    Raises
    ------
    OptionError
        If there are fewer than 2 or more than 8 bands, or a name holds a plus.
    LabelError
        If samples differ.

    References
    ----------
    Lescroart, Stansbury & Gallant (2015), doi:10.3389/fncom.2015.00135. Pratt (1987) for the
    product measure; see Dupré la Tour et al. (2022), doi:10.1016/j.neuroimage.2022.119728.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(size=(2, 600, 2))
    >>> y = a[:, :1] + 0.5 * b[:, :1] + 0.2 * rng.normal(size=(600, 1))
    >>> parts = variance_partition({"a": a, "b": b}, y)
    >>> parts.unique.sel(target=0).round(1).values
    array([0.8, 0.2])
    """
    _check_names(bands)
    samples = as_samples(bands, Y)
    outer = outer_folds(cv, samples)
    inner = inner_folds(cv, samples, outer)
    names = list(samples.x)
    with single_thread():
        subsets = [c for k in range(len(names)) for c in itertools.combinations(names, k + 1)]
        r2 = {s: _r2_of(samples, s, outer, inner, alphas) for s in subsets}
        product, pooled = product_measure_of(samples, outer, inner, alphas)
    result = xr.Dataset({"r2": _stacked(samples, r2, "r2", "model")})
    rest = {n: tuple(m for m in names if m != n) for n in names}
    full = r2[tuple(names)]
    unique: dict[tuple[str, ...], Array] = {(n,): full - r2[rest[n]] for n in names}
    result["unique"] = _stacked(samples, unique, "unique", "band")
    result["common"] = _stacked(samples, commonality(names, r2), "common", "part")
    shares: dict[tuple[str, ...], Array] = {(n,): product[i] for i, n in enumerate(names)}
    result["product"] = _stacked(samples, shares, "product", "band")
    result["r2_pooled"] = samples.per_target(pooled, "r2_pooled")
    if "history" in samples.targets.attrs:
        result.attrs["history"] = samples.targets.attrs["history"]
    return add_history(result, "encoding.variance_partition", {"bands": names})


def _check_names(bands: Mapping[str, Any]) -> None:
    if not isinstance(bands, Mapping) or not 2 <= len(bands) <= MOST_BANDS:
        raise OptionError(
            f"got {len(bands) if isinstance(bands, Mapping) else type(bands).__name__}",
            where="bands",
            mend=f"Give 2 to {MOST_BANDS} sets of features by name.",
        )
    if any("+" in str(name) for name in bands):
        raise OptionError("a name holds a plus", where="bands", mend="Rename the band.")


def _r2_of(
    samples: Samples, names: Sequence[str], outer: list[Fold], inner: Any, alphas: Any
) -> Array:
    x = np.concatenate([samples.x[name] for name in names], axis=1)
    return r2_by_fold(nested_fit(x, samples.y, outer, inner, alphas), samples.y, outer)


def _stacked(
    samples: Samples, values: Mapping[tuple[str, ...], Array], name: str, dim: str
) -> xr.DataArray:
    labels = np.asarray(["+".join(key) for key in values])
    stacked = samples.per_target(np.stack(list(values.values())), name, lead=dim)
    return stacked.assign_coords({dim: labels})


def commonality(
    names: Sequence[str], r2: Mapping[tuple[str, ...], Array]
) -> dict[tuple[str, ...], Array]:
    """Return what exactly the bands of each set have in common.

    Parameters
    ----------
    names : sequence of str
        All bands.
    r2 : mapping of tuple of str to (t,) ndarray
        R2 of every set of bands.

    Returns
    -------
    dict of tuple of str to (t,) ndarray
        They add up to the R2 of all bands.
    """
    some = next(iter(r2.values()))

    def without(left_out: tuple[str, ...]) -> Array:
        kept = tuple(name for name in names if name not in left_out)
        return r2[kept] if kept else np.zeros_like(some)

    parts = {}
    for size in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, size):
            total = np.zeros_like(some)
            for k in range(size + 1):
                for inside in itertools.combinations(chosen, k):
                    total += (-1.0) ** (size - k + 1) * without(inside)
            parts[chosen] = total
    return parts


def product_measure(parts: Array, truth: Array) -> Array:
    """R2_i = sum_t yhat_i (2 y - yhat) / sum_t y^2, with yhat = sum_i yhat_i.

    Parameters
    ----------
    parts : (n_bands, n, t) ndarray
        Each band's part of one prediction, about the same mean as `truth`.
    truth : (n, t) ndarray
        Of mean 0.

    Returns
    -------
    (n_bands, t) ndarray
        Shares that sum to 1 - sum (y - yhat)^2 / sum y^2; 0 for a constant target.
    """
    total = np.einsum("nt,nt->t", truth, truth)
    shares = np.einsum("bnt,nt->bt", parts, 2 * truth - parts.sum(axis=0))
    return np.where(total > 0, shares / np.where(total > 0, total, 1.0), 0.0)


def product_measure_of(
    samples: Samples, outer: list[Fold], inner: Any, alphas: Any
) -> tuple[Array, Array]:
    """Return shares of held-out predictions of all bands, and the pooled R2 they sum to.

    Parameters
    ----------
    samples : Samples
        With bands.
    outer, inner : sequences of folds
        From `outer_folds`, `inner_folds`.
    alphas : sequence of float
        Penalties.

    Returns
    -------
    shares : (n_bands, t) ndarray
        Product measure.
    r2 : (t,) ndarray
        About the mean over each training set.
    """
    x = np.concatenate(list(samples.x.values()), axis=1)
    edges = np.cumsum([0, *(v.shape[1] for v in samples.x.values())])
    fit = nested_fit(x, samples.y, outer, inner, alphas)
    parts = np.zeros((len(samples.x), *samples.y.shape))
    truth = np.zeros_like(samples.y)
    for fold, (train, test) in enumerate(outer):
        mean, scale = x[train].mean(axis=0), x[train].std(axis=0)
        z = (x - mean) / np.where(scale > 0, scale, 1.0)
        y = samples.y - samples.y[train].mean(axis=0)
        weights = _weights(z[train], y[train], fit.alpha[fold])
        for band in range(len(samples.x)):
            columns = slice(edges[band], edges[band + 1])
            parts[band, test] = z[test, columns] @ weights[columns]
        truth[test] = y[test]
    floor = len(truth) * (ROUNDING * samples.y.mean(axis=0)) ** 2
    truth[:, np.einsum("nt,nt->t", truth, truth) <= floor] = 0.0
    shares = product_measure(parts, truth)
    return shares, shares.sum(axis=0)


def _weights(z: Array, y: Array, alpha: Array) -> Array:
    """Ridge weights of centred data, one penalty per target."""
    values, vectors = np.linalg.eigh(z.T @ z)
    inner = vectors.T @ (z.T @ y)
    return np.asarray(vectors @ (inner / (np.maximum(values, 0.0)[:, None] + alpha)))
