"""Reducing a stack of matrices, against loops over single pairs that share no code with it."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from neurokit.celegans.combine_arrays import (
    REDUCTIONS,
    group_means,
    reduce_groups,
    shared,
    shares_of_total,
)

Matrix = NDArray[np.float64]
STACKS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3)),
    elements=st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0, 10.0, np.nan]),
)
_ORACLE: dict[str, Any] = {
    "mean": statistics.fmean,
    "sum": sum,
    "max": max,
    "median": statistics.median,
}


@pytest.mark.parametrize("how", REDUCTIONS)
@pytest.mark.parametrize("absent", ["zero", "skip"])
@given(stack=STACKS)
@settings(max_examples=30)
def test_every_pair_is_reduced_over_those_that_observed_it(
    how: str, absent: str, stack: Matrix
) -> None:
    found = reduce_groups(stack, how, absent=absent)
    for i, j in np.ndindex(stack.shape[1:]):
        observed = [float(value) for value in stack[:, i, j] if not np.isnan(value)]
        present = [value for value in observed if value != 0]
        counted = present if absent == "skip" else observed
        expected = _ORACLE[how](counted) if counted else (0.0 if observed else np.nan)
        np.testing.assert_allclose(found.weight[i, j], expected, rtol=1e-12)
        spread = statistics.stdev(counted) if len(counted) > 1 else np.nan
        np.testing.assert_allclose(found.spread[i, j], spread, rtol=1e-12)
        assert found.n_observed[i, j] == len(observed)
        assert found.n_present[i, j] == len(present)


def test_equal_values_of_several_animals_all_count() -> None:
    # The published consensus averages set(values): 6.5 here.
    stack = np.array([3.0, 3.0, 3.0, 3.0, 10.0]).reshape(5, 1, 1)
    found = reduce_groups(stack, "mean")
    assert found.weight.item() == 4.4
    assert found.spread.item() == pytest.approx(np.std([3, 3, 3, 3, 10], ddof=1))


def test_one_animal_has_no_spread_and_nobody_no_weight() -> None:
    found = reduce_groups(np.array([[[2.0, np.nan]]]), "mean")
    np.testing.assert_array_equal(found.weight, [[2.0, np.nan]])
    assert np.isnan(found.spread).all()
    np.testing.assert_array_equal(found.n_observed, [[1, 0]])


@given(STACKS, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_animals_does_not_matter(stack: Matrix, random: Any) -> None:
    order = list(range(len(stack)))
    random.shuffle(order)
    for how in REDUCTIONS:
        a, b = reduce_groups(stack, how), reduce_groups(stack[order], how)
        for one, other in zip(a, b, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


@given(STACKS)
@settings(max_examples=40)
def test_a_symmetric_stack_stays_symmetric(stack: Matrix) -> None:
    n = min(stack.shape[1:])
    square = stack[:, :n, :n]
    both = np.fmax(square, square.transpose(0, 2, 1))
    for how in REDUCTIONS:
        weight = reduce_groups(both, how).weight
        np.testing.assert_array_equal(weight, weight.T)


@given(STACKS)
@settings(max_examples=40)
def test_a_group_counts_once_however_many_sources_show_it(stack: Matrix) -> None:
    doubled = np.concatenate([stack, stack[:1], stack[:1]])
    n = len(stack)
    groups = [[0, n, n + 1], *([place] for place in range(1, n))]
    merged = group_means(doubled, groups)
    np.testing.assert_allclose(merged, stack, rtol=1e-12)


def test_within_a_group_only_sources_that_observed_a_pair_are_averaged() -> None:
    stack = np.array([[[2.0, np.nan]], [[4.0, 6.0]], [[0.0, np.nan]]])
    np.testing.assert_array_equal(
        group_means(stack, [[0, 1], [2]]), [[[3.0, 6.0]], [[0.0, np.nan]]]
    )


@given(st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=3), min_size=1, max_size=7))
def test_groups_are_the_components_of_what_is_shared(members: list[frozenset[str]]) -> None:
    groups = shared(members)
    assert sorted(place for group in groups for place in group) == list(range(len(members)))
    # Independent: repeated squaring of the relation "shares a member".
    reach = np.array(
        [[bool(a & b) or i == j for j, b in enumerate(members)] for i, a in enumerate(members)],
        dtype=bool,
    )
    for _ in members:
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    expected = {tuple(np.flatnonzero(row).tolist()) for row in reach}
    assert {tuple(group) for group in groups} == expected


def test_shares_are_of_the_pairs_that_all_observed() -> None:
    # The second source saw more of the animal; that makes none of its synapses smaller.
    few = np.array([[1.0, 3.0, np.nan]])
    many = np.array([[2.0, 2.0, 96.0]])
    shares, totals, common = shares_of_total(np.stack([few, many]))
    np.testing.assert_array_equal(totals, [4.0, 4.0])
    assert common == 2
    np.testing.assert_array_equal(shares[0], [[0.25, 0.75, np.nan]])
    np.testing.assert_array_equal(shares[1], [[0.5, 0.5, 24.0]])


@given(STACKS, st.floats(0.1, 10))
def test_shares_do_not_depend_on_the_unit(stack: Matrix, factor: float) -> None:
    shares, totals, _ = shares_of_total(stack)
    other, _, _ = shares_of_total(stack * factor)
    np.testing.assert_allclose(shares, other, rtol=1e-9)
    assert np.isnan(shares[totals == 0]).all()
