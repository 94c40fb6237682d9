"""Projection on known patterns: against scipy's NNLS, with gaps, and what one pattern explains."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from neurokit.connectome.strengths import columns_of, explained, explained_alone, project


def problem(seed=0, n_pairs=40, rank=4, n_columns=12):
    rng = np.random.default_rng(seed)
    return rng.random((n_pairs, rank)) * (rng.random((n_pairs, rank)) < 0.6), rng.random(
        (n_pairs, n_columns)
    )


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_nnls_finds(seed):
    a, x = problem(seed)
    found = project(a.T @ a, a.T @ x)
    oracle = np.stack([nnls(a, column)[0] for column in x.T], axis=1)
    np.testing.assert_allclose(found, oracle, atol=1e-7)


def test_collinear_patterns_reach_the_same_error():
    a, x = problem()
    a[:, 3] = a[:, 0] + a[:, 1]
    found = project(a.T @ a, a.T @ x)
    oracle = np.stack([nnls(a, column)[0] for column in x.T], axis=1)
    assert np.linalg.norm(x - a @ found) == pytest.approx(np.linalg.norm(x - a @ oracle), rel=1e-8)


def test_an_empty_pattern_gets_no_strength():
    a, x = problem()
    a[:, 2] = 0
    assert (project(a.T @ a, a.T @ x)[2] == 0).all()


def test_what_is_explained_is_the_fall_of_the_sum_of_squares():
    a, x = problem()
    strength = project(a.T @ a, a.T @ x)
    fall = (x**2).sum() - ((x - a @ strength) ** 2).sum()
    assert explained(a.T @ a, a.T @ x, strength) == pytest.approx(fall)


def test_what_a_pattern_explains_alone_is_the_rise_without_it():
    a, x = problem()
    alone = explained_alone(a.T @ a, a.T @ x)

    def error(patterns):
        return sum(nnls(patterns, column)[1] ** 2 for column in x.T)

    rise = [error(np.delete(a, r, axis=1)) - error(a) for r in range(a.shape[1])]
    np.testing.assert_allclose(alone, rise, atol=1e-7)


def test_a_copy_explains_nothing_alone():
    a, x = problem()
    a[:, 3] = a[:, 0]
    alone = explained_alone(a.T @ a, a.T @ x)
    assert alone[0] == pytest.approx(0, abs=1e-8)
    assert alone[3] == pytest.approx(0, abs=1e-8)


def test_columns_with_the_same_gaps_are_reduced_together():
    a, x = problem()
    x[:5, :3] = np.nan
    x[7, 3] = np.nan
    a[9] = np.nan
    parts = columns_of(a, x)
    assert sorted(len(part.place) for part in parts) == [1, 3, 8]
    strength = np.full((4, 12), np.nan)
    for part in parts:
        strength[:, part.place] = project(part.gram, part.products)
    for k, column in enumerate(x.T):
        seen = np.isfinite(column) & np.isfinite(a).all(axis=1)
        np.testing.assert_allclose(strength[:, k], nnls(a[seen], column[seen])[0], atol=1e-7)


def test_a_column_without_observations_has_zeros():
    a, x = problem()
    x[:, 4] = np.nan
    (lonely,) = [part for part in columns_of(a, x) if 4 in part.place]
    assert (project(lonely.gram, lonely.products) == 0).all()


def test_inputs_stay_as_they_were():
    a, x = problem()
    gram, products = a.T @ a, a.T @ x
    before = products.copy()
    explained_alone(gram, products)
    np.testing.assert_array_equal(products, before)
