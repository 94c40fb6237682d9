"""Responses of two systems of units to the same conditions."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, SchemaError
from neurokit.rsa.averaging import condition_means
from neurokit.rsa.patterns import read_patterns

Array = NDArray[np.float64]


def read_pair(
    x: xr.DataArray | ArrayLike, y: xr.DataArray | ArrayLike, *, keep_scale: bool = False
) -> tuple[Array, Array]:
    """Responses of two systems to the same conditions, ready to be compared.

    Parameters
    ----------
    x, y : DataArray or array_like, (condition, unit)
        Conditions in any order if they have labels; repeats of a condition are averaged.
    keep_scale : bool, default False
        Else each array is divided by a power of two, so that squares of responses in any unit of
        measurement neither overflow nor vanish.

    Returns
    -------
    a, b : (n_conditions, n_units) ndarray of float64
        Columns have mean 0, conditions stand in the order of `x`.

    Raises
    ------
    LabelError
        If the conditions differ; the message lists them.
    SchemaError
        If an array holds several systems, no unit, or a value that is not finite.
    """
    one, two = (read_patterns(z, None, None) for z in (x, y))
    ours, theirs = set(one.conditions.tolist()), set(two.conditions.tolist())
    if ours != theirs:
        only = (sorted(map(str, z))[:5] for z in (ours - theirs, theirs - ours))
        here, there = (", ".join(z) or "none" for z in only)
        raise LabelError(
            f"{len(ours)} conditions against {len(theirs)}; only in x: {here}; only in y: {there}",
            where="y",
            mend="Give responses to the same conditions.",
        )
    for where, z in (("x", one), ("y", two)):
        whole = len(z.values) == 1 and z.values.size > 0 and np.isfinite(z.values).all()
        if not whole:
            raise SchemaError(
                f"need one finite array, has shape {z.values.shape}",
                where=where,
                mend="Give (condition, unit).",
            )
    rows = [z.values[0] if keep_scale else _near_one(z.values[0]) for z in (one, two)]
    a, b = (
        condition_means(r, z.condition, z.n_conditions)
        for r, z in zip(rows, (one, two), strict=True)
    )
    place = {label: k for k, label in enumerate(two.conditions.tolist())}
    b = b[[place[label] for label in one.conditions.tolist()]]
    return centred_units(a), centred_units(b)


def _near_one(x: Array) -> Array:
    _, exponent = np.frexp(np.abs(x).max(initial=0.0))
    return np.asarray(np.ldexp(x, -exponent), dtype=np.float64)


def centred_units(x: Array) -> Array:
    """Columns less their means; a unit that never varies becomes exactly 0.

    Parameters
    ----------
    x : (n_conditions, n_units) ndarray of float64
        Responses.

    Returns
    -------
    (n_conditions, n_units) ndarray of float64
        The mean of equal values may differ from them in the last digit, which would be a response.
    """
    out: Array = x - x.mean(axis=0)
    out[:, (x == x[:1]).all(axis=0)] = 0.0
    return out


def unit_correlations(a: Array, b: Array) -> Array:
    """Correlation of every unit of one system with every unit of the other.

    Parameters
    ----------
    a, b : (n_conditions, n_units) ndarray of float64
        Columns of mean 0.

    Returns
    -------
    (n_units of a, n_units of b) ndarray of float64
        A dead unit correlates with nothing: 0.
    """
    norms = [np.linalg.norm(z, axis=0) for z in (a, b)]
    product = np.outer(*norms)
    return np.asarray((a.T @ b) / np.where(product > 0, product, np.inf), dtype=np.float64)
