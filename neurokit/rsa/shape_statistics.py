"""Means of shapes, and distances between shapes whose responses vary from trial to trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.rsa.arguments import real_number, whole_number
from neurokit.rsa.averaging import condition_means
from neurokit.rsa.patterns import Patterns, read_patterns
from neurokit.rsa.response_pairs import centred_units, read_pair
from neurokit.rsa.shape_core import rotated

Array = NDArray[np.float64]

_MOST_ROUNDS, _TOLERANCE = 200, 1e-10


def shape_mean(systems: Mapping[Any, xr.DataArray | ArrayLike]) -> xr.Dataset:
    """Frechet mean under rotations: min over M and rotations Q_k of sum |X_k Q_k - M|^2.

    Systems are centred and scaled to length 1, and turned onto the mean and averaged in turn
    (generalised Procrustes analysis) until nothing moves; this is a local minimum.

    Parameters
    ----------
    systems : mapping of name to DataArray or array_like (condition, unit)
        All with the same conditions; numbers of units may differ.

    Returns
    -------
    Dataset
        ``mean``(condition, dimension), ``aligned``(system, condition, dimension) and
        ``distance``(system), the length of what separates a system from the mean. The number of
        dimensions is that of conditions or of the most units, whichever is less.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit or one is constant.
    OptionError
        If there are fewer than two systems.

    References
    ----------
    Gower (1975), doi:10.1007/BF02291478. Williams et al. (2021), arXiv:2110.14739.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((9, 3))
    >>> found = shape_mean({"a": x, "b": 2.0 * x[:, ::-1]})
    >>> bool((found.distance < 1e-7).all())
    True
    """
    if not isinstance(systems, Mapping) or len(systems) < 2:
        raise OptionError("are fewer than two", where="systems", mend="Give {name: responses}.")
    names = list(systems)
    first = systems[names[0]]
    rows = [read_pair(first, x)[1] for x in systems.values()]
    with single_thread():
        turned = _same_width([_unit_length(x) for x in rows])
        mean = turned[0]
        for _ in range(_MOST_ROUNDS):
            turned = np.array([rotated(x, mean)[0] for x in turned])
            last, mean = mean, turned.mean(axis=0)
            if np.linalg.norm(mean - last) <= _TOLERANCE:
                break
    apart = np.linalg.norm(turned - mean, axis=(1, 2))
    data = {
        "mean": (("condition", "dimension"), mean),
        "aligned": (("system", "condition", "dimension"), turned),
        "distance": (("system",), apart),
    }
    labels = read_patterns(first, None, None).conditions
    return xr.Dataset(data, {"system": np.array(names), "condition": labels})


def _unit_length(x: Array) -> Array:
    if not x.any():
        raise SchemaError("no response differs", where="systems", mend="Give responses that vary.")
    # Turned onto its principal axes a system has no more columns than conditions.
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    return np.asarray(u * (s / np.linalg.norm(s)), dtype=np.float64)


def _same_width(rows: list[Array]) -> Array:
    width = max(x.shape[1] for x in rows)
    return np.array([np.pad(x, ((0, 0), (0, width - x.shape[1]))) for x in rows])


def stochastic_shape_distance(
    x: xr.DataArray | ArrayLike,
    y: xr.DataArray | ArrayLike,
    *,
    conditions: str | ArrayLike | None = None,
    noise_weight: float = 1.0,
    n_starts: int = 5,
    random_state: int | np.random.Generator | None = None,
) -> float:
    """Distance of noisy representations: means and covariances of trials after the best rotation.

    d^2 = min over rotations Q of the mean over conditions of
    (2 - w) |m_x - Q m_y|^2 + w B^2(S_x, Q S_y Q'), B the Bures distance of covariances,
    w = ``noise_weight``. For w = 1 it is the 2-Wasserstein distance of normal distributions.

    Parameters
    ----------
    x, y : DataArray or array_like, (trial, unit)
        Repeats of the same conditions, the same number of units.
    conditions : str or array_like, optional
        As in `rdm`: which condition a trial is, one per trial or the name of a coordinate.
    noise_weight : float, default 1.0
        0 looks at means only, 2 at covariances only.
    n_starts : int, default 5
        The minimum is sought from the rotation of means and from random rotations; the best of
        these local minima is returned.
    random_state : int, Generator or None
        Of the random rotations.

    Returns
    -------
    float
        In units of the responses.

    Raises
    ------
    LabelError, SchemaError
        If the arrays do not fit.
    OptionError
        If a condition has one trial, or an option is out of range.

    References
    ----------
    Duong et al. (2023), Representational dissimilarity metric spaces for stochastic neural
    networks, arXiv:2211.11665.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((40, 3))
    >>> label = np.arange(40) % 4
    >>> d = stochastic_shape_distance(x, x[:, ::-1], conditions=label, random_state=0)
    >>> d < 1e-5
    True
    """
    noise_weight = real_number("noise_weight", noise_weight, 0.0, 2.0)
    whole_number("n_starts", n_starts, 1)
    one, two = (read_patterns(z, conditions, None) for z in (x, y))
    order = _same_conditions(one, two)
    mean_x, root_x = _moments(one, np.arange(one.n_conditions), "x")
    mean_y, root_y = _moments(two, order, "y")
    if mean_x.shape[1] != mean_y.shape[1]:
        raise SchemaError(
            f"{mean_x.shape[1]} units against {mean_y.shape[1]}", where="y", mend="Give as many."
        )
    of_means, of_noise = np.sqrt(2.0 - noise_weight), np.sqrt(noise_weight)
    means, roots = (of_means * mean_x, of_means * mean_y), (of_noise * root_x, of_noise * root_y)
    rng = as_generator(random_state)
    with single_thread():
        starts = [_rotation(means[1].T @ means[0])]
        p = mean_x.shape[1]
        starts += [_rotation(rng.standard_normal((p, p))) for _ in range(n_starts - 1)]
        found = [_descended(means, roots, turn) for turn in starts]
    return float(np.sqrt(max(min(found), 0.0) / len(mean_x)))


def _same_conditions(x: Patterns, y: Patterns) -> NDArray[np.int64]:
    place = {label: k for k, label in enumerate(y.conditions.tolist())}
    wanted = x.conditions.tolist()
    if set(place) != set(wanted):
        raise LabelError(
            f"{len(wanted)} conditions against {len(place)}, or others",
            where="y",
            mend="Give trials of the same conditions.",
        )
    return np.array([place[label] for label in wanted], dtype=np.int64)


def _moments(trials: Patterns, order: NDArray[np.int64], where: str) -> tuple[Array, Array]:
    """Mean of every condition, less that of all, and the root of its covariance."""
    if len(trials.values) > 1 or not np.isfinite(trials.values).all():
        raise SchemaError("need one finite array", where=where, mend="Give (trial, unit).")
    rows, group = trials.values[0], trials.condition
    counts = np.bincount(group, minlength=trials.n_conditions)
    if counts.min() < 2:
        raise OptionError("a condition has one trial", where=where, mend="Give repeats.")
    means = condition_means(rows, group, trials.n_conditions)
    roots = []
    for k in order:
        left = rows[group == k] - means[k]
        _, s, vt = np.linalg.svd(left, full_matrices=False)
        roots.append((vt.T * (s / np.sqrt(counts[k] - 1.0))) @ vt)
    return centred_units(means[order]), np.array(roots)


def _rotation(product: Array) -> Array:
    """Orthogonal matrix Q with the largest trace of Q' product."""
    left, _, right = np.linalg.svd(product)
    return np.asarray(left @ right, dtype=np.float64)


def _descended(means: tuple[Array, Array], roots: tuple[Array, Array], turn: Array) -> float:
    """Turn the space, then the root of every covariance, by turns: neither can go up."""
    before = np.inf
    for _ in range(_MOST_ROUNDS):
        own = np.array([_rotation(a @ turn.T @ b) for a, b in zip(*roots, strict=True)])
        fitted = own @ roots[1]
        product = means[1].T @ means[0] + np.einsum("kij,kil->jl", fitted, roots[0])
        turn = _rotation(product)
        now = float(((means[0] - means[1] @ turn) ** 2).sum())
        now += float(((roots[0] - fitted @ turn) ** 2).sum())
        if before - now <= _TOLERANCE * now:
            break
        before = now
    return now
