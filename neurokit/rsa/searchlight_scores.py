"""What a searchlight keeps of a block of RDMs: all of them, likeness to models, a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, check_option
from neurokit.rsa.comparison import ALIASES, COMPARISONS, similarities_of
from neurokit.rsa.rdm_labels import Rows, align, labelled, read_rdms

Array = NDArray[np.float64]
Score = Callable[[xr.DataArray], ArrayLike]
Models = xr.DataArray | Mapping[str, xr.DataArray | ArrayLike] | Score


def scores_of(
    models: Models | None, comparison: str, conditions: NDArray[Any]
) -> tuple[list[str] | None, Callable[[Array, int], Array]]:
    """Names of what is kept of an RDM, and how it is made from a block of RDMs.

    Parameters
    ----------
    models : DataArray, mapping or callable, optional
        As the user gave them.
    comparison : str
        Measure.
    conditions : (n,) ndarray
        Labels of the RDMs.

    Returns
    -------
    names : list of str, optional
        Of the models.
    score : callable
        Of a block of RDMs and the number of its first centre: (n_centres, k) ndarray of float64.

    Raises
    ------
    OptionError, LabelError
        If the models do not fit.
    """
    comparison = ALIASES.get(str(comparison), comparison)
    check_option("comparison", comparison, COMPARISONS)
    if models is None:
        return None, whole
    if callable(models):
        return None, partial(_called, models, conditions)
    to = Rows(np.empty((0, 0)), conditions, xr.DataArray(), True)
    if isinstance(models, xr.DataArray):
        one = models if "model" in models.dims else models.expand_dims("model")
        if set(one.dims) != {"model", "pair"}:
            raise OptionError(
                f"dims are {tuple(models.dims)}", where="models", mend="Give (model, pair)."
            )
        rows = align(read_rdms(one.transpose("model", "pair"), "models"), to, "models")
        names = one["model"].values if "model" in one.coords else np.arange(len(rows))
    elif not isinstance(models, Mapping):
        raise OptionError(
            f"is a {type(models).__name__}",
            where="models",
            mend="Give names with their RDMs, {name: rdm}, a DataArray or a function.",
        )
    else:
        each = [align(read_rdms(m, f"models[{k!r}]"), to, "models") for k, m in models.items()]
        wrong = [k for k, m in zip(models, each, strict=True) if len(m) != 1]
        if wrong or not each:
            raise OptionError(
                f"{wrong[0]!r} is not one RDM" if wrong else "there are none",
                where="models",
                mend="Give one RDM for each name.",
            )
        rows, names = np.concatenate(each), np.array(list(models))
    return [str(n) for n in names], partial(_compared, np.ascontiguousarray(rows), comparison)


def whole(block: Array, first: int) -> Array:
    """Keep the RDMs themselves.

    Parameters
    ----------
    block : (n_centres, n_pairs) ndarray of float64
        RDMs.
    first : int
        Number of the first centre.

    Returns
    -------
    (n_centres, n_pairs) ndarray of float64
        The block.
    """
    return block


def _compared(models: Array, comparison: str, block: Array, first: int) -> Array:
    return similarities_of(block, models, comparison)


def _called(score: Score, conditions: NDArray[Any], block: Array, first: int) -> Array:
    lead = xr.DataArray(np.arange(first, first + len(block)), dims=["centre"])
    lead = lead.assign_coords(centre=lead.values)
    found = np.asarray(score(labelled(block, lead, conditions, "rdm")), dtype=np.float64)
    if found.ndim not in (1, 2) or len(found) != len(block):
        raise OptionError(
            f"the callable gave shape {found.shape} for {len(block)} RDMs",
            where="models",
            mend="Return (n_centres,) or (n_centres, k).",
        )
    return found.reshape(len(block), -1)
