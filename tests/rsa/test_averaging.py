"""Means by condition and fold: pandas, marginals, orders, what is missing."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from neurokit.rsa.averaging import condition_means, fold_sums, group_sums, seen_condition_means

seeds = st.integers(0, 10**6)


@given(seeds)
def test_means_are_those_of_pandas(seed):
    rng = np.random.default_rng(seed)
    x, group = rng.standard_normal((15, 3)), rng.integers(0, 6, 15)
    expected = pd.DataFrame(x).groupby(group).mean().reindex(range(6)).to_numpy()
    np.testing.assert_allclose(condition_means(x, group, 6), expected, atol=1e-12)
    holed = np.where(rng.random(x.shape) < 0.3, np.nan, x)
    expected = pd.DataFrame(holed).groupby(group).mean().reindex(range(6)).to_numpy()
    np.testing.assert_allclose(seen_condition_means(holed, group, 6), expected, atol=1e-12)


@given(seeds)
def test_folds_and_conditions_add_up(seed):
    rng = np.random.default_rng(seed)
    x, c, f = rng.standard_normal((20, 2)), rng.integers(0, 4, 20), rng.integers(0, 3, 20)
    sums, counts = fold_sums(x, c, f, 4, 3)
    by_condition, n_of_condition = group_sums(x, c, 4)
    np.testing.assert_allclose(sums.sum(axis=0), by_condition, atol=1e-12)
    np.testing.assert_array_equal(counts.sum(axis=0), n_of_condition)
    by_fold, n_of_fold = group_sums(x, f, 3)
    np.testing.assert_allclose(sums.sum(axis=1), by_fold, atol=1e-12)
    np.testing.assert_array_equal(counts.sum(axis=1), n_of_fold)


@given(seeds)
def test_observations_may_come_in_any_order(seed):
    rng = np.random.default_rng(seed)
    x, group = rng.standard_normal((12, 2)), rng.integers(0, 4, 12)
    order = rng.permutation(12)
    np.testing.assert_allclose(
        condition_means(x, group, 4), condition_means(x[order], group[order], 4), atol=1e-12
    )


def test_groups_that_lack_at_either_end_or_between_stay_empty():
    for group in ([2, 2, 4], [0, 1, 1], [5, 0, 5]):
        sums, counts = group_sums(np.ones((3, 1)), np.array(group), 6)
        np.testing.assert_array_equal(sums[:, 0], np.bincount(group, minlength=6))
        np.testing.assert_array_equal(counts, np.bincount(group, minlength=6))


def test_a_missing_value_spoils_its_own_channel_and_condition_only():
    x = np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 6.0]])
    found = condition_means(x, np.array([0, 0, 1]), 2)
    np.testing.assert_array_equal(found, [[np.nan, 3.0], [5.0, 6.0]])


def test_one_observation_per_condition_in_order_is_its_mean():
    x = np.random.default_rng(0).standard_normal((4, 2))
    np.testing.assert_array_equal(condition_means(x, np.arange(4), 4), x)
    # As many rows as conditions is not enough: here condition 1 has two and 2 none.
    found = condition_means(x[:3], np.array([0, 1, 1]), 3)
    assert np.isnan(found[2]).all()
