"""Bootstrap of subjects and conditions by counting how often each was drawn.

Nothing is resampled: a draw is a vector of counts. Draws go in blocks of fixed size, so that
results do not depend on how many run at once.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import starmap

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa import bootstrap_gram, bootstrap_ranks
from neurokit.rsa.bootstrap_bures import bures_draw
from neurokit.rsa.pair_index import pair_indices

Array = NDArray[np.float64]
Index = NDArray[np.int64]

GRAM_METHODS = ("cosine", "pearson", "whitened_cosine", "whitened_pearson")
METHODS = (*GRAM_METHODS, *bootstrap_ranks.METHODS, "bures")

# Of fixed size, so that sums have one order whatever the number of threads.
_DRAWS_PER_BLOCK = {"gram": 250, "ranks": 50}
# With fewer conditions a draw tells nothing.
FEWEST_CONDITIONS = 3


@dataclass(frozen=True)
class Draws:
    """Scores of many draws.

    Parameters
    ----------
    evaluation : (n_draws, n_models) ndarray of float64
        Mean over subjects of the similarity of each model.
    ceiling : (n_draws, 2) ndarray of float64
        Lower and upper noise ceiling.
    """

    evaluation: Array
    ceiling: Array


def count(indices: Index, n: int) -> Array:
    """How often each of n things occurs in each row.

    Parameters
    ----------
    indices : (n_draws, size) ndarray of int
        Drawn positions.
    n : int
        Number of things.

    Returns
    -------
    (n_draws, n) ndarray of float64
        Counts.
    """
    offset = indices + n * np.arange(len(indices))[:, None]
    flat = np.bincount(offset.reshape(-1), minlength=n * len(indices))
    return flat.reshape(len(indices), n).astype(np.float64)


def bootstrap(
    models: Array,
    subjects: Array,
    method: str,
    conditions_drawn: Array,
    subjects_drawn: list[Array],
    n_jobs: int = 1,
    sigma_k: Array | None = None,
) -> list[Draws]:
    """Scores of every draw of conditions with one or more draws of subjects.

    Parameters
    ----------
    models, subjects : (n_models, n_pairs), (n_subjects, n_pairs) ndarray of float64
        RDMs; a pair that is NaN in any counts for none, nor does a condition without pairs.
    method : str
        One of `METHODS`.
    conditions_drawn : (n_draws or 1, n_conditions) ndarray of float64
        Counts; a single row goes with every draw of subjects.
    subjects_drawn : list of (n_draws, n_subjects) ndarray of float64
        Counts, each used with the same draws of conditions, which are looked at once.
    n_jobs : int, default 1
        Threads.
    sigma_k : (n, n) or (n,) ndarray of float64, optional
        Covariance of the estimates of conditions, of the whitened measures.

    Returns
    -------
    list of Draws
        One for each of `subjects_drawn`; NaN for draws of fewer than 3 conditions.
    """
    rows = np.concatenate([models, subjects])
    # A condition that some RDM lacks altogether is none of those drawn.
    present = bootstrap_gram.present_conditions(np.isfinite(rows).all(axis=0))
    conditions_drawn = conditions_drawn * present
    whole = len(conditions_drawn) == 1
    n_draws = len(subjects_drawn[0])
    step = _DRAWS_PER_BLOCK["gram" if method in GRAM_METHODS else "ranks"]
    blocks = [slice(k, k + step) for k in range(0, n_draws, step)]
    if method in GRAM_METHODS:
        run = _gram_block(rows, len(models), method, sigma_k)
    else:
        work = _bures_block if method == "bures" else _rank_block
        run = work(rows, len(models), method)

    def one(block: slice) -> list[Draws]:
        counts = conditions_drawn if whole else conditions_drawn[block]
        found = run(counts, [s[block] for s in subjects_drawn])
        return list(starmap(_without_poor, zip([counts] * len(found), found, strict=True)))

    if n_jobs == 1:
        parts = [one(block) for block in blocks]
    else:
        with ThreadPoolExecutor(n_jobs) as pool:
            parts = list(pool.map(one, blocks))
    return [
        Draws(
            np.concatenate([part[k].evaluation for part in parts]),
            np.concatenate([part[k].ceiling for part in parts]),
        )
        for k in range(len(subjects_drawn))
    ]


def _without_poor(counts: Array, draws: Draws) -> Draws:
    poor = (counts > 0).sum(axis=1) < FEWEST_CONDITIONS
    if not poor.any():
        return draws
    lost = np.broadcast_to(poor, len(draws.evaluation))[:, None]
    return Draws(np.where(lost, np.nan, draws.evaluation), np.where(lost, np.nan, draws.ceiling))


Run = Callable[[Array, list[Array]], list[Draws]]


def _gram_block(rows: Array, n_models: int, method: str, sigma_k: Array | None) -> Run:
    products = bootstrap_gram.prepare(
        rows,
        centre=method.endswith("pearson"),
        whiten=method.startswith("whitened"),
        unit=True,
        sigma_k=sigma_k,
    )

    def run(counts: Array, subjects: list[Array]) -> list[Draws]:
        gram, norm = bootstrap_gram.grams(products, counts)
        return [
            Draws(
                bootstrap_gram.mean_scores(gram, n_models, s),
                bootstrap_gram.ceilings(gram, norm, n_models, s),
            )
            for s in subjects
        ]

    return run


def _rank_block(rows: Array, n_models: int, method: str) -> Run:
    table = bootstrap_ranks.prepare(rows, n_models, method)

    def run(counts: Array, subjects: list[Array]) -> list[Draws]:
        first, second = pair_indices(counts.shape[1])
        whole = counts.astype(np.int64)
        drawn = [s.astype(np.int64) for s in subjects]
        evaluation: list[list[Array]] = [[] for _ in drawn]
        ceiling: list[list[Array]] = [[] for _ in drawn]
        if len(counts) == 1:  # one look at the conditions serves all draws of subjects
            weight = whole[0, first] * whole[0, second]
            for k, s in enumerate(drawn):
                similarity, found = bootstrap_ranks.scores(table, weight, list(s))
                evaluation[k] = [_mean(similarity, m) for m in s]
                ceiling[k] = found
        else:
            for b, row in enumerate(whole):
                weight = row[first] * row[second]
                similarity, found = bootstrap_ranks.scores(table, weight, [s[b] for s in drawn])
                for k, s in enumerate(drawn):
                    evaluation[k].append(_mean(similarity, s[b]))
                    ceiling[k].append(found[k])
        return [Draws(np.array(e), np.array(c)) for e, c in zip(evaluation, ceiling, strict=True)]

    return run


def _bures_block(rows: Array, n_models: int, method: str) -> Run:
    valid: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=0))
    bootstrap_gram.require_whole_conditions(valid, method)
    filled = np.where(valid, rows, 0.0)

    def run(counts: Array, subjects: list[Array]) -> list[Draws]:
        whole = len(counts) == 1
        each = [list(s) if whole else [] for s in subjects]
        evaluation: list[list[Array]] = [[] for _ in subjects]
        ceiling: list[list[Array]] = [[] for _ in subjects]
        for b, row in enumerate(counts):
            drawn = [s[b] for s in subjects] if not whole else [m for s in each for m in s]
            similarity, found = bures_draw(filled, n_models, row, drawn)
            for k, (m, bounds) in enumerate(zip(drawn, found, strict=True)):
                place = k // len(each[0]) if whole else k
                evaluation[place].append(similarity @ m / m.sum())
                ceiling[place].append(bounds)
        return [Draws(np.array(e), np.array(c)) for e, c in zip(evaluation, ceiling, strict=True)]

    return run


def _mean(similarity: Array, multiplicity: Index) -> Array:
    return np.asarray(similarity @ multiplicity / multiplicity.sum(), dtype=np.float64)


def fixed_ceilings(subjects: Array, method: str, sigma_k: Array | None = None) -> Array:
    """Lower and upper noise ceiling of the data as they are.

    Parameters
    ----------
    subjects : (n_subjects, n_pairs) ndarray of float64
        RDMs.
    method : str
        One of `METHODS`.
    sigma_k : (n, n) or (n,) ndarray of float64, optional
        Covariance of the estimates of conditions.

    Returns
    -------
    (2,) ndarray of float64
        lower, upper.
    """
    n = round((1 + np.sqrt(1 + 8 * subjects.shape[1])) / 2)
    everyone = np.ones((1, len(subjects)))
    found = bootstrap(subjects[:1], subjects, method, np.ones((1, n)), [everyone], 1, sigma_k)
    ceiling: Array = found[0].ceiling[0]
    return ceiling
