"""Ranks and concordances of resampled RDMs equal those of RDMs written out copy by copy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from neurokit.rsa import bootstrap_gram, bootstrap_ranks
from neurokit.rsa.bootstrap import bootstrap, count, fixed_ceilings
from neurokit.rsa.kendall import dense_order, tau, tied_weight
from neurokit.rsa.weighted_ranks import (
    compress,
    held_entries,
    midranks,
    order_of_integers,
    pools,
)

seeds = st.integers(0, 10**6)


def _case(seed, n=12, levels=5):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, levels, (3, n)).astype(float)
    weight = rng.integers(0, 4, n)
    weight[rng.integers(n)] = 2
    return rows, weight


def _short(rows, weight):
    order, rank = dense_order(rows)
    held, place = held_entries(weight)
    return held, *compress(order, rank, place, len(held))


@given(seeds)
def test_held_entries_and_their_places(seed):
    _, weight = _case(seed)
    held, place = held_entries(weight)
    np.testing.assert_array_equal(held, np.flatnonzero(weight))
    np.testing.assert_array_equal(place[held], np.arange(len(held)))
    assert (place[weight == 0] == -1).all()


@given(seeds)
def test_compressed_orders_are_those_of_the_held_entries(seed):
    rows, weight = _case(seed)
    held, order, rank = _short(rows, weight)
    expected_order, expected_rank = dense_order(rows[:, held])
    np.testing.assert_array_equal(rank, expected_rank)
    values = np.take_along_axis(rows[:, held], order.astype(np.int64), axis=1)
    assert (np.diff(values, axis=1) >= 0).all()
    assert expected_order.shape == order.shape


@given(seeds)
def test_midranks_are_those_of_copies_written_out(seed):
    rows, weight = _case(seed)
    held, order, rank = _short(rows, weight)
    found = midranks(order, rank, weight[held])
    for q in range(3):
        copies = np.repeat(rows[q], weight)
        expected = 2 * (rankdata(copies) - (len(copies) + 1) / 2)
        np.testing.assert_array_equal(np.repeat(found[q], weight[held]), expected)


@given(seeds, st.sampled_from([3, 100, 10**7, 10**12]))
def test_radix_sort_orders_whole_numbers(seed, spread):
    values = np.random.default_rng(seed).integers(-spread, spread, (3, 40))
    order, rank = order_of_integers(values)
    expected = dense_order(values.astype(float))
    np.testing.assert_array_equal(order, expected[0])
    np.testing.assert_array_equal(rank, expected[1])


def test_radix_sort_of_equal_numbers():
    order, rank = order_of_integers(np.full((1, 5), 7))
    np.testing.assert_array_equal(order[0], np.arange(5))
    np.testing.assert_array_equal(rank[0], 1)


def test_pools_are_sums_with_and_without_each_subject():
    ranks = np.random.default_rng(0).integers(-5, 6, (4, 6))
    everyone, others = pools(ranks, np.array([2, 0, 1, 1]))
    np.testing.assert_array_equal(everyone[0], 2 * ranks[0] + ranks[2] + ranks[3])
    np.testing.assert_array_equal(others[0], ranks[2] + ranks[3])
    np.testing.assert_array_equal(others[1], 2 * ranks[0] + ranks[3])
    assert others.shape == (3, 6)


@given(seeds)
def test_weight_of_ties_counts_pairs_of_copies(seed):
    rows, weight = _case(seed)
    order, rank = dense_order(rows)
    found = tied_weight(order[0], rank[0], weight)
    expected = 0.0
    for level in np.unique(rows[0]):
        w = weight[rows[0] == level]
        expected += (w.sum() ** 2 - (w**2).sum()) / 2
    assert found == expected


def test_tau_b_of_a_constant_is_unknown_and_tau_a_zero():
    a, b = np.ones((1, 6)), np.random.default_rng(0).random((1, 6))
    assert np.isnan(tau(a, b, "tau-b")[0, 0])
    assert tau(a, b, "tau-a")[0, 0] == 0


def test_counts_are_those_of_each_draw():
    found = count(np.array([[0, 0, 2], [1, 1, 1]]), 3)
    np.testing.assert_array_equal(found, [[2, 0, 1], [0, 3, 0]])


def test_grams_of_all_ones_are_plain_products():
    rows = np.random.default_rng(0).random((3, 15))
    products = bootstrap_gram.prepare(rows, centre=False, whiten=False)
    gram, norm = bootstrap_gram.grams(products, np.ones((1, 6)))
    np.testing.assert_allclose(gram[0], rows @ rows.T, rtol=1e-12)
    np.testing.assert_allclose(norm[0], np.linalg.norm(rows, axis=1), rtol=1e-12)


def test_products_that_do_not_fit_are_made_block_by_block(monkeypatch):
    rows = np.random.default_rng(0).random((4, 45))
    counts = np.random.default_rng(1).integers(0, 3, (7, 10)).astype(float)
    together = bootstrap_gram.grams(bootstrap_gram.prepare(rows, centre=True, whiten=True), counts)
    monkeypatch.setattr(bootstrap_gram, "_BLOCK", 60)
    products = bootstrap_gram.prepare(rows, centre=True, whiten=True)
    assert products.table is None
    for one, two in zip(together, bootstrap_gram.grams(products, counts), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("method", ["cosine", "pearson", "whitened_cosine", "rho-a", "tau-a"])
def test_a_single_subject_drawn_again_and_again_is_its_own_ceiling(method):
    rng = np.random.default_rng(0)
    models, subjects = rng.random((1, 28)), rng.random((3, 28))
    people = np.array([[0.0, 3.0, 0.0]])
    found = bootstrap(models, subjects, method, np.ones((1, 8)), [people])[0]
    np.testing.assert_allclose(found.ceiling[0], 1.0, rtol=1e-10)


@pytest.mark.parametrize("method", ["cosine", "rho-a"])
def test_draws_of_two_conditions_tell_nothing(method):
    rng = np.random.default_rng(0)
    models, subjects = rng.random((2, 10)), rng.random((3, 10))
    counts = np.array([[3.0, 2.0, 0, 0, 0], [1.0, 1, 1, 1, 1]])
    found = bootstrap(models, subjects, method, counts, [np.ones((2, 3))])[0]
    assert np.isnan(found.evaluation[0]).all()
    assert np.isnan(found.ceiling[0]).all()
    assert np.isfinite(found.evaluation[1]).all()


@pytest.mark.parametrize("method", ["cosine", "pearson", "spearman", "tau-a"])
def test_equal_subjects_have_a_ceiling_of_one(method):
    subjects = np.tile(np.random.default_rng(0).random(15), (4, 1))
    np.testing.assert_allclose(fixed_ceilings(subjects, method), 1.0, rtol=1e-10)


@pytest.mark.parametrize("method", ["cosine", "pearson", "rho-a", "whitened_pearson"])
def test_the_lower_ceiling_is_below_the_upper(method):
    rng = np.random.default_rng(0)
    subjects = rng.random(45) + rng.random((5, 45))
    low, high = fixed_ceilings(subjects, method)
    assert low < high < 1


def test_scores_of_ranks_do_not_need_models():
    rng = np.random.default_rng(0)
    ready = bootstrap_ranks.prepare(rng.random((3, 10)), 0, "rho-a")
    similarity, ceilings = bootstrap_ranks.scores(
        ready, np.ones(10, dtype=np.int64), [np.ones(3, dtype=np.int64)]
    )
    assert similarity.shape == (0, 3)
    assert ceilings[0].shape == (2,)
