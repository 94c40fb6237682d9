"""Networks against the brain: score of a layer, best layer of a site, order of layers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.stats
import xarray as xr
from numpy.typing import ArrayLike

from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS, Array, nested_fit
from neurokit.encoding.samples import Samples, as_samples, inner_folds, outer_folds
from neurokit.encoding.site_tests import stack
from neurokit.errors import (
    LabelError,
    NeurokitWarning,
    OptionError,
    SchemaError,
    check_option,
)
from neurokit.estimator import single_thread
from neurokit.schema import add_history


def encoding_score(
    X: Any,
    Y: Any,
    *,
    alphas: Sequence[float] = DEFAULT_ALPHAS,
    cv: Any = None,
    ceiling: xr.DataArray | None = None,
) -> xr.DataArray:
    """Mean over folds of Pearson's r between held-out responses and predictions.

    The penalty of each target is chosen inside each training set; features are z-scored. With a
    ceiling (the correlation that the truth would reach, see `noise_ceiling`) r is divided by it.

    Parameters
    ----------
    X : DataArray, array or mapping of them
        Features, samples first; several sets are laid side by side.
    Y : recording, DataArray or array
        Targets.
    alphas : sequence of float
        Penalties, for z-scored features.
    cv : splitter, iterable of (train, test), int or None
        Folds; default 5 contiguous blocks.
    ceiling : DataArray, optional
        Per target.

    Returns
    -------
    DataArray
        Without the dim of samples; 0 for a target that does not vary.

    Raises
    ------
    LabelError
        If samples differ, or the ceiling is not one of each target.

    References
    ----------
    Raugel et al. (2025), Disentangling the factors of convergence between brains and computer
    vision models, arXiv:2508.18226.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(500, 4))
    >>> encoding_score(x, x[:, :1] + rng.normal(size=(500, 1))).round(1).values
    array([0.7])
    """
    samples = as_samples(X, Y)
    with single_thread():
        score = _score(samples, list(samples.x), alphas, cv)
    if ceiling is not None:
        known = _like(ceiling, score, "ceiling")
        score = score / known.where(known > 0)
    return add_history(score.rename("encoding_score"), "encoding.encoding_score", {})


def _like(values: Any, template: xr.DataArray, where: str) -> xr.DataArray:
    """Return values at the labels of the template: xarray alone would drop what is in one only."""
    if not isinstance(values, xr.DataArray) or not set(values.dims) <= set(template.dims):
        said = values.dims if isinstance(values, xr.DataArray) else type(values).__name__
        raise LabelError(
            f"is over {said}, what it is for over {template.dims}",
            where=where,
            mend="Give a DataArray with dims of the targets.",
        )
    found: xr.DataArray = values
    for dim in found.dims:
        if dim in found.coords and dim in template.coords:
            missing = set(template[dim].values.tolist()) - set(found[dim].values.tolist())
            if missing:
                raise LabelError(
                    f"has no {dim} {sorted(map(str, missing))[:5]}",
                    where=where,
                    mend="Give one value for each.",
                )
            found = found.sel({dim: template[dim].values})
        elif found.sizes[dim] != template.sizes[dim]:
            raise LabelError(
                f"has {found.sizes[dim]} along {dim!r}, not {template.sizes[dim]}",
                where=where,
                mend="Give one value for each.",
            )
    return found


def _score(samples: Samples, names: list[str], alphas: Any, cv: Any) -> xr.DataArray:
    outer = outer_folds(cv, samples)
    inner = inner_folds(cv, samples, outer)
    x = np.concatenate([samples.x[name] for name in names], axis=1)
    fit = nested_fit(x, samples.y, outer, inner, alphas)
    r = fit.fold_scores(samples.y, outer).r.mean(axis=0)
    return samples.per_target(np.asarray(r), "score")


def layer_map(
    layers: Mapping[str, Any],
    Y: Any,
    *,
    alphas: Sequence[float] = DEFAULT_ALPHAS,
    cv: Any = None,
    smallest: float = 0.0,
) -> xr.Dataset:
    """best(site) = argmax over layers of the encoding score, from depth 0 (first) to 1 (last).

    Parameters
    ----------
    layers : mapping of str to DataArray or array
        Activations of each layer, samples first, in the order of the network.
    Y : recording, DataArray or array
        Targets, for example (stimulus, site) or (stimulus, site, time).
    alphas : sequence of float
        Penalties, for z-scored features.
    cv : splitter, iterable of (train, test), int or None
        Folds; default 5 contiguous blocks.
    smallest : float, default 0.0
        Where no layer scores more, there is no best one.

    Returns
    -------
    Dataset
        ``score``(layer, ...), ``best`` (name, empty where there is none), ``depth`` (0 to 1, NaN
        where there is none), ``centre`` (mean depth weighted by positive scores: steadier than
        the best layer where neighbours score alike).

    Raises
    ------
    OptionError
        If there are fewer than 2 layers.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> early, late = rng.normal(size=(2, 400, 3))
    >>> y = np.stack([early[:, 0], late[:, 0]], axis=1) + rng.normal(size=(400, 2))
    >>> layer_map({"conv1": early, "conv9": late}, y).best.values.tolist()
    ['conv1', 'conv9']
    """
    if not isinstance(layers, Mapping) or len(layers) < 2:
        raise OptionError("needs 2 layers or more", where="layers", mend="Give them by name.")
    samples = as_samples(layers, Y)
    names = list(samples.x)
    with single_thread():
        scores = {name: _score(samples, [name], alphas, cv) for name in names}
    score = stack(scores, "layer").rename("score")
    found = score.max("layer") > smallest
    index = score.argmax("layer")
    depth = np.arange(len(names)) / (len(names) - 1)
    positive = score.clip(min=0.0)
    total = positive.sum("layer")
    centre = (positive * xr.DataArray(depth, dims="layer")).sum("layer") / total.where(total > 0)
    result = xr.Dataset(
        {
            "score": score,
            "best": index.copy(data=np.where(found, np.asarray(names)[index.values], "")),
            "depth": index.copy(data=depth[index.values]).where(found),
            "centre": centre.where(found),
        }
    )
    return add_history(result, "encoding.layer_map", {"layers": names})


def hierarchy_score(
    layers: xr.Dataset,
    order: ArrayLike | xr.DataArray,
    *,
    of: str = "site",
    use: str = "depth",
) -> xr.Dataset:
    """Correlation over sites of a layer's depth with an order of the brain.

    - the spatial score: `order` is each site's distance from V1 along the cortex, or its level;
      r between it and the depth of the site's best layer.
    - the temporal score: `order` is the time at which a layer is best predicted; r over layers
      between depth and that time. For it, give ``of="layer"`` and the times of Y.

    Parameters
    ----------
    layers : Dataset
        Of `layer_map`.
    order : array_like or DataArray
        One number per site, by its labels where it has some; with ``of="layer"`` one time per
        sample of the last dim of ``score``, such as lags after the stimulus.
    of : {"site", "layer"}, default "site"
        What the correlation runs over.
    use : {"depth", "centre"}, default "depth"
        Depth of the best layer or centre of the scores, for ``of="site"``.

    Returns
    -------
    Dataset
        Scalars ``r`` (Pearson), ``rho`` (Spearman), ``p`` (of rho, two-sided, as if sites were
        independent) and ``n``; for layers also ``peak``(layer).

    Raises
    ------
    LabelError
        If there is not one number for each.
    SchemaError
        If fewer than 3 sites or layers are left.

    References
    ----------
    Raugel et al. (2025), arXiv:2508.18226.

    Examples
    --------
    >>> maps = xr.Dataset({"depth": ("site", [0.0, 0.5, 0.5, 1.0])})
    >>> float(hierarchy_score(maps, [10.0, 30.0, 35.0, 60.0]).r.round(2))
    0.99
    """
    check_option("of", of, ["site", "layer"])
    check_option("use", use, ["depth", "centre"])
    needed = use if of == "site" else "score"
    if needed not in layers:
        raise SchemaError(f"has no {needed!r}", where="layers", mend="Give what layer_map returns.")
    if isinstance(order, xr.DataArray):
        template = layers[needed] if of == "site" else layers["score"][0]
        like = _like(order, template, "order")
        order = like.transpose(*(dim for dim in template.dims if dim in like.dims))
    values = np.asarray(order, dtype=np.float64)
    if of == "site":
        depth = layers[use]
        if values.shape != depth.shape:
            raise LabelError(
                f"{values.shape} numbers for sites {depth.shape}",
                where="order",
                mend="Give one number per site.",
            )
        return _correlated(np.asarray(depth.values).ravel(), values.ravel())
    score = layers["score"]
    if values.shape != score.shape[-1:]:
        raise LabelError(
            f"{values.shape} times for {score.shape[-1:]} samples of {score.dims[-1]!r}",
            where="order",
            mend="Give the times of the last dim of the scores.",
        )
    over = list(score.dims[1:-1])
    course = score.mean(over) if over else score
    peak = values[np.asarray(course.values).argmax(axis=-1)]
    depth_of_layers = np.arange(peak.size, dtype=np.float64)
    result = _correlated(depth_of_layers, peak)
    return result.assign(peak=("layer", peak)).assign_coords(layer=score["layer"].values)


def _correlated(a: Array, b: Array) -> xr.Dataset:
    seen = np.isfinite(a) & np.isfinite(b)
    a, b = a[seen], b[seen]
    if a.size < 3:
        raise SchemaError(
            f"{a.size} are left", where="layers", mend="An order needs 3 sites or layers."
        )
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        warnings.warn("all are at one place: there is no order", NeurokitWarning, stacklevel=3)
        return xr.Dataset({"r": np.nan, "rho": np.nan, "p": np.nan, "n": a.size})
    rho, p = scipy.stats.spearmanr(a, b)
    r = float(np.corrcoef(a, b)[0, 1])
    return xr.Dataset({"r": r, "rho": float(rho), "p": float(p), "n": a.size})
