"""Cross-validated scores of models with parameters, within every bootstrap draw.

Conditions and subjects are dealt into folds. A model is fitted to the pairs within the training
conditions of the training subjects and judged on the pairs within the test conditions of the
test subjects. In a draw only what was drawn is dealt, and copies stay in one fold.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa import bootstrap_gram, bootstrap_ranks
from neurokit.rsa.bootstrap import FEWEST_CONDITIONS, GRAM_METHODS, Draws, count
from neurokit.rsa.fitted_models import FittedModel
from neurokit.rsa.pair_index import pair_indices
from neurokit.rsa.resampling import Resamples

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_DRAWS_PER_BLOCK = 25


@dataclass(frozen=True)
class _Table:
    """Components of all models above the RDMs of all subjects."""

    models: list[Any]
    parts: list[slice]
    rows: Array
    n_components: int
    method: str
    products: bootstrap_gram.Products
    present: Array


def n_folds_of_conditions(n: float) -> int:
    """Folds of n conditions: 2 to 5, each with enough pairs.

    Parameters
    ----------
    n : float
        Number of (distinct) conditions.

    Returns
    -------
    int
        Number of folds.
    """
    return 2 if n < 12 else 3 if n < 24 else 4 if n < 40 else 5


def n_folds_of_subjects(n: float) -> int:
    """Folds of n subjects: 1 to 5.

    Parameters
    ----------
    n : float
        Number of (distinct) subjects.

    Returns
    -------
    int
        1 with a single subject, who is then trained and tested on.
    """
    return 1 if n < 2 else 2 if n < 6 else 3 if n < 12 else 4 if n < 20 else 5


def cross_validated(
    models: list[Any],
    subjects: Array,
    method: str,
    drawn: Resamples,
    sigma_k: Array | None = None,
) -> tuple[Array, Array]:
    """Scores and ceilings of the data as they are, averaged over 10 assignments of folds.

    Parameters
    ----------
    models : list of FittedModel or (n_pairs,) ndarray of float64
        Models.
    subjects : (n_subjects, n_pairs) ndarray of float64
        Measured RDMs.
    method : str
        Measure.
    drawn : Resamples
        For the seed and sizes.
    sigma_k : (n, n) or (n,) ndarray of float64, optional
        Covariance of the estimates of conditions, of the whitened measures.

    Returns
    -------
    evaluation : (n_models, n_subjects) ndarray of float64
        Held-out scores.
    ceiling : (2,) ndarray of float64
        lower, upper, on the same pairs.
    """
    table = _table(models, subjects, method, sigma_k)
    rng = np.random.default_rng(drawn.fold_seed)
    each = [_pass(table, table.present, np.ones(len(subjects)), rng) for _ in range(10)]
    evaluation = _seen_mean(np.array([e for e, _ in each]))
    return evaluation, _seen_mean(np.array([c for _, c in each]))


def cross_validated_draws(
    models: list[Any],
    subjects: Array,
    method: str,
    drawn: Resamples,
    factor: str,
    n_assignments: int,
    n_jobs: int,
    sigma_k: Array | None = None,
) -> list[Draws]:
    """Scores and ceilings of every draw, for each of several assignments of folds.

    Parameters
    ----------
    models, subjects, method, drawn
        As in `cross_validated`.
    factor : {"both", "subjects", "conditions"}
        What is resampled.
    n_assignments : int
        Assignments per draw.
    n_jobs : int
        Threads.
    sigma_k : (n, n) or (n,) ndarray of float64, optional
        As in `cross_validated`.

    Returns
    -------
    list of Draws
        One for each assignment.
    """
    table = _table(models, subjects, method, sigma_k)
    conditions = count(drawn.conditions, drawn.conditions.shape[1])
    people = count(drawn.subjects, len(subjects))
    if factor == "subjects":
        conditions = np.ones_like(conditions)
    conditions = conditions * table.present
    if factor == "conditions":
        people = np.ones_like(people)
    blocks = range(0, len(people), _DRAWS_PER_BLOCK)
    seeds = np.random.default_rng([drawn.fold_seed, len(factor)]).spawn(len(blocks))

    def one(block: int) -> list[list[tuple[Array, Array]]]:
        start = block * _DRAWS_PER_BLOCK
        out = []
        for b in range(start, min(start + _DRAWS_PER_BLOCK, len(people))):
            passes = []
            for _ in range(n_assignments):
                scores, ceiling = _pass(table, conditions[b], people[b], seeds[block])
                weighted = np.where(np.isfinite(scores), scores, 0.0) @ people[b]
                mass = np.isfinite(scores).astype(np.float64) @ people[b]
                passes.append((weighted / np.where(mass > 0, mass, np.nan), ceiling))
            out.append(passes)
        return out

    if n_jobs == 1:
        found = [one(k) for k in range(len(blocks))]
    else:
        with ThreadPoolExecutor(n_jobs) as pool:
            found = list(pool.map(one, range(len(blocks))))
    flat = [passes for block in found for passes in block]
    return [
        Draws(np.array([p[r][0] for p in flat]), np.array([p[r][1] for p in flat]))
        for r in range(n_assignments)
    ]


def _table(models: list[Any], subjects: Array, method: str, sigma_k: Array | None) -> _Table:
    bases = [m.rdms if isinstance(m, FittedModel) else m[None] for m in models]
    stops = np.cumsum([len(b) for b in bases])
    parts = [slice(int(stop) - len(b), int(stop)) for b, stop in zip(bases, stops, strict=True)]
    rows = np.concatenate([*bases, subjects])
    centre = not method.endswith("cosine")
    products = bootstrap_gram.prepare(
        rows, centre=centre, whiten=method.startswith("whitened"), sigma_k=sigma_k
    )
    # A condition that some RDM lacks altogether is dealt into no fold.
    present = bootstrap_gram.present_conditions(products.valid > 0).astype(np.float64)
    return _Table(models, parts, rows, int(stops[-1]), method, products, present)


def _pass(
    table: _Table, counts: Array, people: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """One assignment of folds: (n_models, n_subjects) scores and (2,) ceilings, NaN-aware means."""
    fold, n_folds = _deal(counts, n_folds_of_conditions, rng)
    group, n_groups = _deal(people, n_folds_of_subjects, rng)
    train = np.array([np.where(fold != k, counts, 0.0) for k in range(n_folds)])
    test = np.array([np.where(fold == k, counts, 0.0) for k in range(n_folds)])
    fit, norm = bootstrap_gram.grams(table.products, train)
    judge, length = bootstrap_gram.grams(table.products, test)
    scores = np.full((n_folds, len(table.models), len(people)), np.nan)
    ceilings = np.full((n_folds, 2), np.nan)
    for k in range(n_folds):
        enough = min((train[k] > 0).sum(), (test[k] > 0).sum()) >= FEWEST_CONDITIONS
        if not enough:
            continue
        ceilings[k] = _ceiling(table, judge[k], length[k], test[k], people)
        for g in range(n_groups):
            trained = people * (group != g) if n_groups > 1 else people
            theta = _fitted(table, fit[k], norm[k], trained)
            tested = (group == g) & (people > 0)
            scores[k][:, tested] = _judged(table, theta, judge[k], test[k], tested)
    return _seen_mean(scores), _seen_mean(ceilings)


def _deal(counts: Array, n_folds_of: Any, rng: np.random.Generator) -> tuple[Index, int]:
    """Fold of each thing drawn, -1 for the others; as even as can be."""
    held = np.flatnonzero(counts > 0)
    n_folds = n_folds_of(len(held))
    fold = np.full(len(counts), -1)
    fold[rng.permutation(held)] = np.arange(len(held)) % n_folds
    return fold, n_folds


def _seen_mean(values: Array) -> Array:
    seen = np.isfinite(values)
    total = np.where(seen, values, 0.0).sum(axis=0)
    number = seen.sum(axis=0)
    return np.asarray(total / np.where(number > 0, number, np.nan), dtype=np.float64)


def _fitted(table: _Table, gram: Array, norm: Array, people: Array) -> list[Array]:
    k = table.n_components
    share = people / np.where(norm[k:] > 0, norm[k:], np.inf)
    cross = gram[:k, k:] @ share
    return [
        m.weights(gram[part, part], cross[part]) if isinstance(m, FittedModel) else np.ones(1)
        for m, part in zip(table.models, table.parts, strict=True)
    ]


def _judged(
    table: _Table, theta: list[Array], gram: Array, counts: Array, tested: NDArray[np.bool_]
) -> Array:
    k = table.n_components
    if table.method not in GRAM_METHODS:
        predicted = [t @ table.rows[part] for t, part in zip(theta, table.parts, strict=True)]
        return _rank_scores(table, np.array(predicted), counts, tested)
    out = np.empty((len(theta), int(tested.sum())))
    own = np.diag(gram)[k:][tested]
    for row, (t, part) in enumerate(zip(theta, table.parts, strict=True)):
        product = t @ gram[part, k:][:, tested]
        squared = (t @ gram[part, part] @ t) * own
        out[row] = product / np.sqrt(np.where(squared > 0, squared, np.inf))
    return out


def _held_rows(table: _Table, rows: Array, counts: Array) -> tuple[Array, Index]:
    first, second = pair_indices(len(counts))
    weight = np.where(table.products.valid > 0, counts[first] * counts[second], 0.0)
    held = weight > 0
    return rows[:, held], weight[held].astype(np.int64)


def _rank_scores(
    table: _Table, predicted: Array, counts: Array, tested: NDArray[np.bool_]
) -> Array:
    rows = np.concatenate([predicted, table.rows[table.n_components :][tested]])
    short, weight = _held_rows(table, rows, counts)
    ready = bootstrap_ranks.prepare(short, len(predicted), table.method)
    ones = np.ones(int(tested.sum()), dtype=np.int64)
    return bootstrap_ranks.scores(ready, weight, [ones])[0]


def _ceiling(table: _Table, gram: Array, length: Array, counts: Array, people: Array) -> Array:
    k = table.n_components
    if table.method in GRAM_METHODS:
        found = bootstrap_gram.ceilings(gram[None], length[None], k, people[None])
        return np.asarray(found[0], dtype=np.float64)
    short, weight = _held_rows(table, table.rows[k:], counts)
    ready = bootstrap_ranks.prepare(short, 0, table.method)
    return bootstrap_ranks.scores(ready, weight, [people.astype(np.int64)])[1][0]
