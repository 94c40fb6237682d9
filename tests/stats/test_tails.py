"""Counts of null draws, and the p-values that follow from them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.stats._tails import Tally, family_wise, in_batches, one_statistic

calm = settings(deadline=None, derandomize=True, max_examples=40)

# Whole numbers make ties, which are the delicate part.
numbers = st.integers(-3, 3).map(float)


def tally_of(observed: np.ndarray, draws: np.ndarray, **options: object) -> Tally:
    tally = Tally(np.asarray(observed, dtype=np.float64), **options)  # type: ignore[arg-type]
    for batch in np.array_split(draws, 3):
        if batch.size:
            tally.add(batch)
    return tally


@calm
@given(observed=numbers, draws=st.lists(numbers, min_size=1, max_size=20).map(np.array))
def test_p_counts_draws_at_least_as_extreme_ties_included(
    observed: float, draws: np.ndarray
) -> None:
    tally = tally_of(np.array(observed), draws)
    n = draws.size
    greater = (1 + sum(d >= observed for d in draws)) / (1 + n)
    less = (1 + sum(d <= observed for d in draws)) / (1 + n)
    assert one_statistic(tally, "greater") == pytest.approx(greater)
    assert one_statistic(tally, "less") == pytest.approx(less)
    assert one_statistic(tally, "two-sided") == pytest.approx(min(1.0, 2 * min(greater, less)))


@calm
@given(observed=numbers, draws=st.lists(numbers, min_size=1, max_size=20).map(np.array))
def test_p_values_are_scipys_with_the_same_draws(observed: float, draws: np.ndarray) -> None:
    # scipy's monte_carlo_test draws from `rvs`; ours is given what it would have drawn.
    oracle = scipy.stats.monte_carlo_test(
        np.array([observed]),
        lambda size: draws.reshape(size),
        lambda x, axis: x[..., 0],
        vectorized=True,
        n_resamples=draws.size,
        alternative="greater",
    )
    tally = tally_of(np.array(observed), draws)
    assert one_statistic(tally, "greater") == pytest.approx(oracle.pvalue)


@calm
@given(st.lists(numbers, min_size=1, max_size=20).map(np.array))
def test_a_tail_and_its_mirror_have_the_same_p(draws: np.ndarray) -> None:
    right, left = tally_of(np.array(1.0), draws), tally_of(np.array(-1.0), -draws)
    assert one_statistic(right, "greater") == one_statistic(left, "less")
    assert one_statistic(right, "two-sided") == one_statistic(left, "two-sided")


def test_in_a_family_only_the_most_extreme_draw_counts() -> None:
    draws = np.array([[1.0, 5.0], [2.0, 0.0], [-4.0, 3.0]])
    tally = tally_of(np.array([2.0, 4.0]), draws, family=(0,))
    # The largest of each draw: 5, 2, 3; the smallest: 1, 0, -4.
    np.testing.assert_allclose(family_wise(tally, "greater"), [4 / 4, 2 / 4])
    np.testing.assert_allclose(family_wise(tally, "less"), [4 / 4, 4 / 4])
    np.testing.assert_allclose(one_statistic(tally, "greater"), [2 / 4, 2 / 4])


@pytest.mark.parametrize("family", [(0,), (1,), (0, 1)])
def test_families_over_some_axes_are_separate_over_the_others(family: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    observed, draws = rng.normal(size=(2, 3)), rng.normal(size=(40, 2, 3))
    found = family_wise(tally_of(observed, draws, family=family), "greater")
    axes = tuple(axis + 1 for axis in family)
    highest = np.broadcast_to(draws.max(axis=axes, keepdims=True), draws.shape)
    expected = (1 + (highest >= observed).sum(axis=0)) / 41
    np.testing.assert_allclose(found, expected)


def test_a_family_of_one_is_no_family() -> None:
    rng = np.random.default_rng(1)
    observed, draws = rng.normal(size=(1, 4)), rng.normal(size=(30, 1, 4))
    tally = tally_of(observed, draws, family=(0,))
    for alternative in ("greater", "less", "two-sided"):
        np.testing.assert_array_equal(
            family_wise(tally, alternative), one_statistic(tally, alternative)
        )


def test_family_wise_p_is_never_below_the_single_one() -> None:
    rng = np.random.default_rng(2)
    tally = tally_of(rng.normal(size=5), rng.normal(size=(50, 5)), family=(0,))
    for alternative in ("greater", "less", "two-sided"):
        assert (family_wise(tally, alternative) >= one_statistic(tally, alternative)).all()


def test_a_draw_that_failed_counts_as_extreme_in_both_tails() -> None:
    tally = tally_of(np.array([0.0, 0.0]), np.array([[np.nan, -1.0], [-1.0, 1.0]]), family=(0,))
    assert one_statistic(tally, "greater").tolist() == [2 / 3, 2 / 3]
    assert one_statistic(tally, "less").tolist() == [1.0, 2 / 3]
    assert family_wise(tally, "greater").tolist() == [1.0, 1.0]


def test_an_output_without_a_statistic_has_no_p_and_stays_out_of_the_family() -> None:
    draws = np.array([[9.0, 0.0], [9.0, 2.0]])
    tally = tally_of(np.array([np.nan, 1.0]), draws, family=(0,))
    assert np.isnan(one_statistic(tally, "greater")).tolist() == [True, False]
    found = family_wise(tally, "greater")
    assert np.isnan(found[0])
    assert found[1] == 2 / 3  # the draws of 9 are the other's


@pytest.mark.parametrize(("scale", "p"), [(0.0, 1 / 2), (1.0, 1.0)])
def test_a_tie_within_rounding_of_what_was_summed_is_a_tie(scale: float, p: float) -> None:
    # Sums of numbers near 1 that come to 0 differ by some 1e-16.
    tally = tally_of(np.array(2e-16), np.array([-2e-16]), scale=scale)
    assert one_statistic(tally, "greater") == p


def test_draws_are_kept_in_order_only_if_asked_for() -> None:
    draws = np.arange(10.0)[:, None]
    kept = tally_of(np.array([0.0]), draws)
    assert kept.null()[:, 0].tolist() == list(range(10))
    lean = tally_of(np.array([0.0]), draws, keep=False)
    assert lean.draws == []
    assert lean.n == kept.n == 10


@calm
@given(n=st.integers(0, 20), size=st.integers(1, 8))
def test_batches_hold_every_draw_once_in_order(n: int, size: int) -> None:
    batches = list(in_batches((np.array([float(i)]) for i in range(n)), size))
    assert all(1 <= batch.shape[0] <= size for batch in batches)
    assert [float(v) for batch in batches for v in batch[:, 0]] == list(range(n))


def test_uniform_statistics_have_uniform_p_values() -> None:
    # With n = 19 draws p is one of 1/20 ... 20/20, each equally likely under the null.
    rng = np.random.default_rng(3)
    tally = tally_of(rng.uniform(size=20_000), rng.uniform(size=(19, 20_000)))
    ranks = np.rint(one_statistic(tally, "greater") * 20).astype(int)
    assert scipy.stats.chisquare(np.bincount(ranks)[1:]).pvalue > 1e-3
