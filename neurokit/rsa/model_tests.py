"""Tests of models against each other, against 0 and against the noise ceiling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.bootstrap import Draws
from neurokit.rsa.variance import (
    Variances,
    corrected,
    dual,
    mean_score,
    percentile_test,
    signed_rank_test,
    t_test,
    variances_of,
)
from neurokit.stats.discovery import fdr

Array = NDArray[np.float64]

TESTS = ("t", "bootstrap", "wilcoxon")


def tested(
    evaluation: Array,
    ceiling: Array,
    draws: Draws,
    covariance: dict[str, Array],
    sizes: tuple[int, int],
    test: str,
    correction: str,
) -> dict[str, Array]:
    """p- and q-values and standard errors of the models of one set of RDMs.

    Parameters
    ----------
    evaluation : (n_models, n_subjects) ndarray of float64
        Scores.
    ceiling : (2,) ndarray of float64
        lower, upper.
    draws : Draws
        Bootstrap draws.
    covariance : dict of str to (n_models + 2, n_models + 2) ndarray of float64
        By resampled factor; all three for the dual bootstrap.
    sizes : (int, int)
        Numbers of subjects and of conditions that have pairs.
    test : {"t", "bootstrap", "wilcoxon"}
        Kind of test.
    correction : {"fdr", "fwer", "none"}
        Of the q-values.

    Returns
    -------
    dict of str to ndarray of float64
        ``standard_error``, ``p_zero``, ``p_ceiling`` (n_models,), ``p_pairwise`` (n_models,
        n_models), and ``q_...``.
    """
    n_subjects, n_conditions = sizes
    variances = _variances(covariance, n_subjects, n_conditions)
    df = degrees_of_freedom(list(covariance), n_subjects, n_conditions)
    score = mean_score(evaluation)
    apart = score[:, None] - score
    if test == "t":
        zero = t_test(score, variances.model, df, two_sided=False)
        pairwise = t_test(apart, variances.difference, df, two_sided=True)
        below = t_test(score - ceiling[0], variances.ceiling[:, 0], df, two_sided=True)
    elif test == "bootstrap":
        by_draw = draws.evaluation
        zero = percentile_test(by_draw, two_sided=False)
        pairwise = percentile_test(by_draw[:, :, None] - by_draw[:, None, :], two_sided=True)
        below = percentile_test(by_draw - draws.ceiling[:, :1], two_sided=True)
    else:
        zero, pairwise, below = _signed_ranks(evaluation, ceiling[0])
    np.fill_diagonal(pairwise, 1.0)
    out = {
        "standard_error": np.sqrt(np.maximum(variances.model, 0.0)),
        "p_zero": zero,
        "p_ceiling": below,
        "p_pairwise": pairwise,
    }
    return out | {
        f"q{name[1:]}": _corrected(p, correction) for name, p in out.items() if name[:2] == "p_"
    }


def degrees_of_freedom(factors: list[str], n_subjects: int, n_conditions: int) -> int:
    """Levels of the smallest resampled factor, less one.

    Parameters
    ----------
    factors : list of str
        What was resampled.
    n_subjects, n_conditions : int
        Levels.

    Returns
    -------
    int
        Degrees of freedom of t.
    """
    levels = {"subjects": n_subjects, "conditions": n_conditions}
    return min(levels.get(f, min(levels.values())) for f in factors) - 1


def _variances(covariance: dict[str, Array], n_subjects: int, n_conditions: int) -> Variances:
    parts = {name: variances_of(c) for name, c in covariance.items()}
    if len(parts) == 3:
        return dual(parts["both"], parts["subjects"], parts["conditions"], n_subjects, n_conditions)
    name, found = next(iter(parts.items()))
    sizes = {"subjects": n_subjects, "conditions": n_conditions}
    return corrected(found, sizes[name]) if name in sizes else found


def _signed_ranks(evaluation: Array, lower: float) -> tuple[Array, Array, Array]:
    k = len(evaluation)
    zero = np.array([signed_rank_test(row, two_sided=False) for row in evaluation])
    below = np.array([signed_rank_test(row - lower, two_sided=True) for row in evaluation])
    pairwise = np.ones((k, k))
    for i in range(k):
        for j in range(i):
            p = signed_rank_test(evaluation[i] - evaluation[j], two_sided=True)
            pairwise[i, j] = pairwise[j, i] = p
    return zero, pairwise, below


def _corrected(p: Array, correction: str) -> Array:
    """q-values; of a square table the pairs above the diagonal are the family."""
    if p.ndim == 2:
        i, j = np.triu_indices(len(p), 1)
        out = np.ones_like(p)
        if i.size:
            out[i, j] = out[j, i] = _corrected(p[i, j], correction)
        return out
    if correction == "fdr":
        return np.asarray(fdr(p), dtype=np.float64)
    factor = p.size if correction == "fwer" else 1
    return np.minimum(p * factor, 1.0)
