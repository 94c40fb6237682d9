"""Sums of rows against loops, and what they may not depend on: order, chunks, references."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.sums import CONSTANT, FeatureSums, TargetSums, add_features, add_targets

SEEDS = st.integers(0, 2**31 - 1)


def rows(seed, n=17, p=4, t=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)), rng.standard_normal((n, t))


def loop_sums(x, y):
    """Sums of x, xx', y, y^2 and xy', one row after the other."""
    p, t = x.shape[1], y.shape[1]
    total, gram = np.zeros(p), np.zeros((p, p))
    sum_y, square, cross = np.zeros(t), np.zeros(t), np.zeros((p, t))
    for one, held in zip(x, y, strict=True):
        total += one
        sum_y += held
        for i in range(p):
            for j in range(p):
                gram[i, j] += one[i] * one[j]
            for k in range(t):
                cross[i, k] += one[i] * held[k]
        for k in range(t):
            square[k] += held[k] ** 2
    return total, gram, sum_y, square, cross


def assert_features(found, total, gram, n):
    assert found.n == n
    np.testing.assert_allclose(found.total, total, atol=1e-10)
    np.testing.assert_allclose(found.gram, gram, atol=1e-10)


def assert_targets(found, total, square, cross):
    np.testing.assert_allclose(found.total, total, atol=1e-10)
    np.testing.assert_allclose(found.square, square, atol=1e-10)
    np.testing.assert_allclose(found.cross, cross, atol=1e-10)


@given(seed=SEEDS, n=st.integers(1, 9), p=st.integers(1, 5), t=st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_sums_are_those_of_a_loop_over_rows(seed, n, p, t):
    x, y = rows(seed, n, p, t)
    total, gram, sum_y, square, cross = loop_sums(x, y)
    assert_features(FeatureSums.of(x), total, gram, n)
    assert_targets(TargetSums.of(x, y), sum_y, square, cross)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_does_not_matter(seed):
    x, y = rows(seed)
    order = np.random.default_rng(seed).permutation(len(x))
    a, b = FeatureSums.of(x), FeatureSums.of(x[order])
    assert_features(b, a.total, a.gram, a.n)
    c, d = TargetSums.of(x, y), TargetSums.of(x[order], y[order])
    assert_targets(d, c.total, c.square, c.cross)


@given(seed=SEEDS, cuts=st.lists(st.integers(1, 16), max_size=5))
@settings(max_examples=20, deadline=None)
def test_any_chunks_add_up_in_any_order(seed, cuts):
    x, y = rows(seed)
    parts = [part for part in np.split(np.arange(17), sorted(set(cuts))) if part.size]
    parts = [parts[i] for i in np.random.default_rng(seed).permutation(len(parts))]
    whole_x, whole_y = FeatureSums.of(x), TargetSums.of(x, y)
    found = add_features([FeatureSums.of(x[part]) for part in parts])
    assert_features(found, whole_x.total, whole_x.gram, 17)
    assert found.records == len(parts)
    held = add_targets(TargetSums.of(x[part], y[part]) for part in parts)
    assert_targets(held, whole_y.total, whole_y.square, whole_y.cross)


@given(seed=SEEDS, scale=st.sampled_from([1e-8, 0.5, 1e6]))
@settings(max_examples=10, deadline=None)
def test_units_scale_sums_by_their_power(seed, scale):
    x, y = rows(seed)
    a, b = FeatureSums.of(x), FeatureSums.of(scale * x)
    np.testing.assert_allclose(b.total, scale * a.total, rtol=1e-9, atol=1e-12 * scale)
    np.testing.assert_allclose(b.gram, scale**2 * a.gram, rtol=1e-9, atol=1e-12 * scale**2)
    c, d = TargetSums.of(x, y), TargetSums.of(x, scale * y)
    np.testing.assert_allclose(d.square, scale**2 * c.square, rtol=1e-9)
    np.testing.assert_allclose(d.cross, scale * c.cross, rtol=1e-9, atol=1e-12 * scale)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_moving_the_reference_is_summing_what_was_moved(seed):
    x, y = rows(seed)
    rng = np.random.default_rng(seed)
    shift_x, shift_y = rng.standard_normal(4), rng.standard_normal(3)
    total, gram, sum_y, square, cross = loop_sums(x - shift_x, y - shift_y)
    sums = FeatureSums.of(x)
    assert_features(sums.about(shift_x), total, gram, 17)
    assert_targets(TargetSums.of(x, y).about(sums, shift_x, shift_y), sum_y, square, cross)


def test_moving_there_and_back_changes_nothing():
    x, y = rows(3)
    shift_x, shift_y = np.arange(4.0), np.arange(3.0)
    sums, held = FeatureSums.of(x), TargetSums.of(x, y)
    moved = sums.about(shift_x)
    back = moved.about(-shift_x)
    assert_features(back, sums.total, sums.gram, sums.n)
    again = held.about(sums, shift_x, shift_y).about(moved, -shift_x, -shift_y)
    assert_targets(again, held.total, held.square, held.cross)


def test_the_centred_gram_is_the_same_about_any_reference():
    x, _ = rows(4)
    sums = FeatureSums.of(x)
    expected = np.cov(x, rowvar=False, bias=True) * 17
    np.testing.assert_allclose(sums.centred(), expected, atol=1e-10)
    np.testing.assert_allclose(sums.about(np.full(4, 5.0)).centred(), expected, atol=1e-10)


def test_records_add_subtract_and_stay_with_the_reference():
    x, _ = rows(5)
    a = FeatureSums(3, x.sum(axis=0), x.T @ x, records=2.5)
    b = FeatureSums(1, x[0], np.outer(x[0], x[0]), records=0.5)
    assert (a + b).records == 3.0
    assert (a - b).records == 2.0
    assert a.about(np.ones(4)).records == 2.5
    assert FeatureSums.of(x).records == 1.0


def test_taking_away_what_was_added_leaves_the_rest():
    x, y = rows(6)
    first, rest = FeatureSums.of(x[:5]), FeatureSums.of(x[5:])
    left = (first + rest) - first
    assert_features(left, rest.total, rest.gram, rest.n)
    held, more = TargetSums.of(x[:5], y[:5]), TargetSums.of(x[5:], y[5:])
    gone = (held + more) - held
    assert_targets(gone, more.total, more.square, more.cross)


def test_adding_up_leaves_the_parts_untouched():
    x, y = rows(7)
    parts = [FeatureSums.of(x[:8]), FeatureSums.of(x[8:])]
    held = [TargetSums.of(x[:8], y[:8]), TargetSums.of(x[8:], y[8:])]
    before = [part.gram.copy() for part in parts], [part.cross.copy() for part in held]
    add_features(parts)
    add_targets(held)
    for part, gram in zip(parts, before[0], strict=True):
        np.testing.assert_array_equal(part.gram, gram)
    for part, cross in zip(held, before[1], strict=True):
        np.testing.assert_array_equal(part.cross, cross)


def test_the_sum_of_one_part_is_a_copy_of_it():
    x, y = rows(8)
    only, held = FeatureSums.of(x), TargetSums.of(x, y)
    found, other = add_features([only]), add_targets([held])
    found.gram[:] = 0.0
    other.cross[:] = 0.0
    assert np.any(only.gram != 0)
    assert np.any(held.cross != 0)


def test_adding_in_place_changes_the_left_side_only():
    x, y = rows(9)
    left, right = TargetSums.zeros(4, 3), TargetSums.of(x, y)
    kept = right.cross.copy()
    same = left
    left += right
    assert same is left
    left.cross[:] = -1.0
    np.testing.assert_array_equal(right.cross, kept)


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e6, -1e9])
def test_a_constant_feature_has_exact_zeros_in_its_row_and_column(offset):
    x, _ = rows(10)
    x[:, 2] = offset
    gram = FeatureSums.of(x).centred()
    assert np.all(gram[2] == 0)
    assert np.all(gram[:, 2] == 0)
    assert np.all(np.diag(gram)[[0, 1, 3]] > 0)


def test_variation_just_above_rounding_is_kept():
    # Two values 1 +- d: the sum of squares about the mean is 2 d^2 of about 2.
    d = np.sqrt(10 * CONSTANT)
    seen = FeatureSums.of(np.array([[1 - d], [1 + d]])).centred()
    assert seen[0, 0] == pytest.approx(2 * d**2, rel=1e-2)
    d = np.sqrt(0.1 * CONSTANT)
    assert FeatureSums.of(np.array([[1 - d], [1 + d]])).centred()[0, 0] == 0


def test_one_row_has_no_variation():
    x = np.array([[1.0, -2.0, 3.0]])
    sums = FeatureSums.of(x)
    np.testing.assert_array_equal(sums.mean, x[0])
    np.testing.assert_array_equal(sums.centred(), np.zeros((3, 3)))


def test_centring_leaves_the_sums_as_they_were():
    x, _ = rows(11)
    x[:, 0] = 1.0
    sums = FeatureSums.of(x)
    gram = sums.gram.copy()
    sums.centred()
    np.testing.assert_array_equal(sums.gram, gram)


def test_zeros_are_neutral():
    x, y = rows(12)
    held = TargetSums.of(x, y)
    both = held + TargetSums.zeros(4, 3)
    np.testing.assert_array_equal(both.total, held.total)
    np.testing.assert_array_equal(both.square, held.square)
    np.testing.assert_array_equal(both.cross, held.cross)
