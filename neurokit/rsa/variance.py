"""Variances of scores from bootstrap draws, and tests that rest on them, on plain arrays.

Dual bootstrap: v = S/(S-1) v_sub + n/(n-1) v_cond - nS/((n-1)(S-1)) (v_both - v_sub - v_cond),
not below either corrected single variance and not above v_both. A bootstrap of both factors alone
counts the measurement noise three times, one of subjects alone overlooks that conditions are
sampled.

Schuett et al. (2023). doi:10.7554/eLife.82566
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


def mean_score(evaluation: Array) -> Array:
    """Mean over the subjects that have a score.

    Parameters
    ----------
    evaluation : (n_models, n_subjects) ndarray of float64
        Scores; NaN where there is none.

    Returns
    -------
    (n_models,) ndarray of float64
        NaN for a model without any.
    """
    seen = np.isfinite(evaluation)
    number = seen.sum(axis=1)
    total = np.where(seen, evaluation, 0.0).sum(axis=1)
    return np.asarray(total / np.where(number > 0, number, np.nan), dtype=np.float64)


def covariance_of(draws: Array) -> Array:
    """Covariance of the columns over the draws that are finite.

    Parameters
    ----------
    draws : (n_draws, n_entries) ndarray of float64
        Scores of models, then lower and upper ceiling.

    Returns
    -------
    (n_entries, n_entries) ndarray of float64
        NaN with fewer than two finite draws.
    """
    held = draws[np.isfinite(draws).all(axis=1)]
    if len(held) < 2:
        return np.full((draws.shape[1], draws.shape[1]), np.nan)
    centred = held - held.mean(axis=0)
    return np.asarray(centred.T @ centred / (len(held) - 1), dtype=np.float64)


@dataclass(frozen=True)
class Variances:
    """Variances of what tests compare.

    Parameters
    ----------
    model : (k,) ndarray of float64
        Of each model's score.
    difference : (k, k) ndarray of float64
        Of the difference of two models.
    ceiling : (k, 2) ndarray of float64
        Of the difference of a model and the lower and upper ceiling.
    """

    model: Array
    difference: Array
    ceiling: Array


def variances_of(covariance: Array) -> Variances:
    """Variances of scores and their differences from one covariance.

    Parameters
    ----------
    covariance : (k + 2, k + 2) ndarray of float64
        Of the models, the lower and the upper ceiling.

    Returns
    -------
    Variances
        Uncorrected.
    """
    own = np.diag(covariance)
    apart = own[:, None] + own - 2.0 * covariance
    k = len(own) - 2
    return Variances(own[:k].copy(), apart[:k, :k], apart[:k, k:])


def corrected(v: Variances, n: int) -> Variances:
    """Variances times n / (n - 1), for a bootstrap of one factor with n levels.

    Parameters
    ----------
    v : Variances
        Of that bootstrap.
    n : int
        Number of subjects or conditions.

    Returns
    -------
    Variances
        Of a sample of that size.
    """
    factor = n / (n - 1)
    return Variances(v.model * factor, v.difference * factor, v.ceiling * factor)


def dual(
    both: Variances, subjects: Variances, conditions: Variances, n_subjects: int, n_conditions: int
) -> Variances:
    """Combine three bootstraps, as the formula of this file says.

    Parameters
    ----------
    both, subjects, conditions : Variances
        Of bootstraps of both factors, subjects and conditions.
    n_subjects, n_conditions : int
        Sizes.

    Returns
    -------
    Variances
        Combined.
    """
    combine = [
        _dual(getattr(both, name), getattr(subjects, name), getattr(conditions, name), s, c)
        for name, s, c in (
            (name, n_subjects, n_conditions) for name in ("model", "difference", "ceiling")
        )
    ]
    return Variances(*combine)


def _dual(both: Array, subjects: Array, conditions: Array, s: int, c: int) -> Array:
    one, two = subjects * s / (s - 1), conditions * c / (c - 1)
    three = (both - subjects - conditions) * s * c / ((s - 1) * (c - 1))
    low = np.maximum(np.maximum(one + two - three, one), two)
    return np.asarray(np.minimum(low, both), dtype=np.float64)


def corrected_for_folds(draws: Array) -> Array:
    """Covariance expected if every assignment of folds were tried in each draw.

    (r var_mean - var_1) / (r - 1) with r assignments per draw: what chance of assignment adds to
    the variance of a mean over r is extrapolated away. The extrapolation is noisy, so no
    combination of entries is left with less than var_mean / r.

    Parameters
    ----------
    draws : (n_draws, r, n_entries) ndarray of float64
        Scores by draw and assignment.

    Returns
    -------
    (n_entries, n_entries) ndarray of float64
        Covariance; plain if r is 1.
    """
    held = draws[np.isfinite(draws).all(axis=(1, 2))]
    r = draws.shape[1]
    mean = covariance_of(held.mean(axis=1))
    if r == 1:
        return mean
    centred = held - held.mean(axis=(0, 1))
    single = np.einsum("nri,nrj->ij", centred, centred) / (r * max(len(held) - 1, 1))
    return _not_below((r * mean - single) / (r - 1), mean, 1.0 / r)


def _not_below(covariance: Array, reference: Array, share: float) -> Array:
    """The nearest covariance whose contrasts all keep a share of the reference's variance."""
    if not np.isfinite(reference).all():
        return reference
    value, vector = np.linalg.eigh(reference)
    held = value > 1e-12 * max(value[-1], 0.0)
    root = vector[:, held] * np.sqrt(value[held])
    inverse = vector[:, held] / np.sqrt(value[held])
    relative, direction = np.linalg.eigh(inverse.T @ covariance @ inverse)
    kept = (direction * np.maximum(relative, share)) @ direction.T
    return np.asarray(root @ kept @ root.T, dtype=np.float64)


def t_test(difference: Array, variance: Array, df: float, *, two_sided: bool) -> Array:
    """P of t = difference / sqrt(variance).

    Parameters
    ----------
    difference, variance : ndarray of float64
        Of equal shape.
    df : float
        Degrees of freedom.
    two_sided : bool
        Else the alternative is that the difference is above 0.

    Returns
    -------
    ndarray of float64
        1 (two-sided) where the difference is 0.
    """
    t = difference / np.sqrt(np.maximum(variance, np.finfo(float).eps))
    if two_sided:
        return np.asarray(2.0 * stats.t.sf(np.abs(t), df), dtype=np.float64)
    return np.asarray(stats.t.sf(t, df), dtype=np.float64)


def percentile_test(draws: Array, *, two_sided: bool) -> Array:
    """P = (1 + draws on the other side of 0) / (1 + draws), doubled if two-sided.

    Parameters
    ----------
    draws : (n_draws, ...) ndarray of float64
        Bootstrap differences; NaN are left out.
    two_sided : bool
        Else the alternative is that the difference is above 0.

    Returns
    -------
    (...) ndarray of float64
        At most 1.
    """
    seen = np.isfinite(draws)
    n = seen.sum(axis=0)
    below = ((draws <= 0) & seen).sum(axis=0)
    p = (1.0 + below) / (1.0 + n)
    if two_sided:
        above = ((draws >= 0) & seen).sum(axis=0)
        p = 2.0 * np.minimum(p, (1.0 + above) / (1.0 + n))
    return np.asarray(np.minimum(p, 1.0), dtype=np.float64)


def signed_rank_test(differences: Array, *, two_sided: bool) -> float:
    """Wilcoxon's p of paired differences over subjects.

    Parameters
    ----------
    differences : (n_subjects,) ndarray of float64
        One per subject.
    two_sided : bool
        Else the alternative is that they are above 0.

    Returns
    -------
    float
        1 where all are 0.
    """
    held = differences[np.isfinite(differences)]
    if not held.any():
        return 1.0
    found = stats.wilcoxon(held) if two_sided else stats.wilcoxon(held, alternative="greater")
    return float(found.pvalue)
