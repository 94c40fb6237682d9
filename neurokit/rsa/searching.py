"""Searchlights: the RDM, or its likeness to models, around every voxel, vertex, sensor and time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, check_option
from neurokit.estimator import single_thread
from neurokit.rsa.arguments import positive_number, whole_number
from neurokit.rsa.neighbourhoods import Neighbourhoods
from neurokit.rsa.patterns import Labels, Patterns, read_items
from neurokit.rsa.rdm_labels import pair_coordinates
from neurokit.rsa.searchlight_places import (
    Space,
    given_residuals,
    own_residuals,
    places_of,
    space_of,
)
from neurokit.rsa.searchlight_scores import Models, scores_of, whole
from neurokit.rsa.searchlight_system import Residuals, searched
from neurokit.rsa.system_rdm import (
    METHODS,
    Choice,
    Covariance,
    Noise,
    One,
    check_choice,
    check_design,
    covariances_of,
    repeated_groups,
    units_of,
)
from neurokit.schema.history import add_history

Array = NDArray[np.float64]

# Values of a block of RDMs that exist at once: 16 MB.
_BLOCK = 2**21
_MOST_CENTRES = 2048


@dataclass(frozen=True)
class _Plan:
    """Everything that is the same for all systems."""

    patterns: Patterns
    item: Callable[[int], Array]
    choice: Choice
    noise: list[Covariance]
    estimator: str | None
    group: NDArray[np.int64]
    residuals: Residuals | None
    space: Space
    min_features: int
    labels: list[str] | None
    score: Callable[[Array, int], Array]

    def rows(self, number: int) -> Callable[[int, int], Array]:
        """Of one system: what is kept of a block of centres."""
        item = self.item(number)
        noise: Covariance | Residuals = self.noise[number]
        if self.residuals is not None:
            noise = self.residuals
        elif self.estimator is not None:
            noise = own_residuals(item, self.group, self.estimator)
        found = searched(
            item,
            self.patterns,
            self.choice,
            noise,
            self.space.starts,
            self.space.members,
            self.min_features,
        )

        def kept(first: int, last: int) -> Array:
            return self.score(found(first, last), first)

        return kept


def searchlight(
    patterns: One,
    neighbourhoods: Neighbourhoods | None = None,
    method: str = "crossnobis",
    noise: Noise | None = None,
    folds: Labels | None = None,
    *,
    conditions: Labels | None = None,
    window: float | None = None,
    step: float | None = None,
    residuals: xr.DataArray | ArrayLike | None = None,
    unbalanced: bool = False,
    models: Models | None = None,
    comparison: str = "cosine",
    min_features: int = 1,
    chunks: int | None = None,
    n_jobs: int = 1,
) -> xr.DataArray:
    """d_ij of the places around every centre: `rdm` of each neighbourhood, or its model scores.

    Parameters
    ----------
    patterns : recording, DataArray or array_like
        As `rdm` takes them: (..., observation, voxel), or (..., observation, x, y, z) for
        neighbourhoods in a volume. Other dims (subject, time) stay; systems are read one by one,
        so that lazy arrays need the memory of one.
    neighbourhoods : Neighbourhoods, optional
        Of `volume_neighbourhoods`, `surface_neighbourhoods` or `sensor_neighbourhoods`. Default:
        all places at once, for a search in time only.
    method : str, default "crossnobis"
        As in `rdm`.
    noise : DataArray, array_like, sequence or str, optional
        As in `rdm`: a covariance of all channels (a vector is a diagonal), of which each
        neighbourhood takes its part and each sample of a window the same one; or the name of an
        estimator (``"shrinkage_diag"``), then estimated in each neighbourhood.
    folds, conditions : str or array_like, optional
        As in `rdm`.
    window, step : float, optional
        Length of sliding windows and their distance in s (default: a sample). The samples of a
        window are channels of their own. Without a window every sample is searched by itself.
    residuals : (sample, channel) DataArray or array_like, optional
        Residuals of a model of the time series, from which the noise of each neighbourhood is
        estimated; default those of observations within conditions (and folds).
    unbalanced : bool, default False
        As in `rdm`.
    models : DataArray (model, pair), mapping of str to RDM, or callable, optional
        Keep scores instead of RDMs: the similarity with each model, or what the callable returns
        of a block of RDMs (centre, pair): (n_centres,) or (n_centres, k).
    comparison : str, default "cosine"
        Measure of similarity, as in `compare`.
    min_features : int, default 1
        Centres with fewer places that have data are NaN.
    chunks : int, optional
        Give a lazy (dask) array of so many centres per chunk, computed when it is read or saved.
    n_jobs : int, default 1
        Threads; results do not depend on it.

    Returns
    -------
    DataArray
        (..., voxel|vertex|channel, [time,] pair), or ``model`` or ``score`` instead of ``pair``;
        of a window ``time`` is its middle.

    Raises
    ------
    OptionError, SchemaError, LabelError
        As `rdm` does; or if places of the neighbourhoods are not among the patterns.
    TimeError
        If there are windows and time is irregular.

    References
    ----------
    Kriegeskorte, Goebel & Bandettini (2006), doi:10.1073/pnas.0600244103.

    Examples
    --------
    >>> from neurokit.rsa.neighbourhoods import volume_neighbourhoods
    >>> rng = np.random.default_rng(0)
    >>> x = xr.DataArray(rng.standard_normal((6, 4, 4, 4)), dims=["condition", "x", "y", "z"])
    >>> near = volume_neighbourhoods(np.ones((4, 4, 4), bool), radius=1.5)
    >>> searchlight(x, near, "correlation").sizes
    Frozen({'voxel': 64, 'pair': 15})
    """
    check_option("method", method, METHODS)
    choice = Choice(method, unbalanced)
    check_choice(choice, noise, folds)
    _check_search(neighbourhoods, window, step)
    min_features = whole_number("min_features", min_features, 1)
    n_jobs = whole_number("n_jobs", n_jobs, 1)
    chunks = None if chunks is None else whole_number("chunks", chunks, 1)
    array = places_of(patterns, neighbourhoods)
    design, item = read_items(array, conditions, folds)
    check_design(design, choice)
    design, item, space = space_of(array, design, item, neighbourhoods, window, step)
    names, keep = scores_of(models, comparison, design.conditions)
    estimator = noise if isinstance(noise, str) else None
    own = estimator is not None and residuals is None
    plan = _Plan(
        patterns=design,
        item=item,
        choice=choice,
        noise=covariances_of(None if estimator else noise, design),
        estimator=estimator,
        group=repeated_groups(design) if own else design.condition,
        residuals=given_residuals(residuals, noise, design),
        space=space,
        min_features=min_features,
        labels=names,
        score=keep,
    )
    found = _eager(plan, n_jobs) if chunks is None else _lazy(plan, chunks)
    out = _labelled(found, plan)
    if names is None and models is None:
        out = out.assign_attrs(units=units_of(array, choice, noise), long_name="dissimilarity")
    else:
        out.attrs["comparison"] = "callable" if callable(models) else comparison
    parameters: dict[str, Any] = {"method": method, "folds": folds, "conditions": conditions}
    parameters |= {"noise": noise, "window": window, "step": step, "unbalanced": unbalanced}
    parameters |= {"comparison": comparison, "min_features": min_features}
    if isinstance(array, xr.DataArray) and "history" in array.attrs:
        out.attrs["history"] = array.attrs["history"]
    return add_history(out.assign_attrs(method=method), "rsa.searchlight", parameters)


def _check_search(neighbourhoods: object, window: object, step: object) -> None:
    if neighbourhoods is None and window is None:
        raise OptionError(
            "there is neither a neighbourhood nor a window",
            where="neighbourhoods",
            mend="Make some with nk.rsa.volume_neighbourhoods, or use nk.rsa.rdm.",
        )
    if not isinstance(neighbourhoods, Neighbourhoods | None):
        raise OptionError(
            f"is a {type(neighbourhoods).__name__}",
            where="neighbourhoods",
            mend="Make them with nk.rsa.volume_, surface_ or sensor_neighbourhoods.",
        )
    if window is not None:
        positive_number("window", window)
    if step is None:
        return
    positive_number("step", step)
    if window is None:
        raise OptionError("there is no window", where="step", mend="Give a window too, s.")


def _blocks(plan: _Plan, size: int | None) -> list[tuple[int, int]]:
    n_pairs = plan.patterns.n_conditions * (plan.patterns.n_conditions - 1) // 2
    step = size or max(1, min(_MOST_CENTRES, _BLOCK // n_pairs))
    n = plan.space.n_centres
    return [(first, min(first + step, n)) for first in range(0, n, step)]


def _eager(plan: _Plan, n_jobs: int) -> Array:
    blocks = _blocks(plan, None)
    n_items = plan.patterns.items.size
    out: Array | None = None
    with single_thread(), ThreadPoolExecutor(max(1, n_jobs)) as pool:
        run = pool.map if n_jobs > 1 else map
        for number in range(n_items):
            found = run(plan.rows(number), *zip(*blocks, strict=True))
            for (first, last), part in zip(blocks, found, strict=True):
                if out is None:
                    out = np.empty((n_items, plan.space.n_centres, part.shape[1]))
                out[number, first:last] = part
    assert out is not None
    return out


def _lazy(plan: _Plan, chunks: int) -> Any:
    import dask.array
    from dask.delayed import delayed

    lazy: Any = dask.array  # ships no types of these functions
    n_pairs = plan.patterns.n_conditions * (plan.patterns.n_conditions - 1) // 2
    width = n_pairs
    if plan.score is not whole:
        width = plan.score(np.ones((1, n_pairs)), 0).shape[1]
    systems = []
    for number in range(plan.patterns.items.size):
        rows = delayed(plan.rows, pure=False)(number)
        parts = [
            lazy.from_delayed(rows(first, last), (last - first, width), np.float64)
            for first, last in _blocks(plan, chunks)
        ]
        systems.append(lazy.concatenate(parts))
    return lazy.stack(systems)


def _labelled(found: Any, plan: _Plan) -> xr.DataArray:
    items, space = plan.patterns.items, plan.space
    kept = plan.labels is None and plan.score is whole
    last = "pair" if kept else "model" if plan.labels is not None else "score"
    coords: dict[Any, Any] = {n: c.variable for n, c in items.coords.items()} | space.coords
    dims = [*items.dims, *space.shape, last]
    shape = (*items.shape, *space.shape.values(), found.shape[-1])
    out = xr.DataArray(found.reshape(shape), coords, dims, name="rdm" if kept else "similarity")
    if kept:
        return out.assign_coords(pair_coordinates(plan.patterns.conditions))
    return out if plan.labels is None else out.assign_coords(model=plan.labels)
