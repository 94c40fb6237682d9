"""Sums add up, can be taken apart, and move to another reference without losing digits."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.encoding.sums import FeatureSums, TargetSums, add_features, add_targets


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.standard_normal((50, 4)) + 2, rng.standard_normal((50, 3)) - 1


def assert_same_features(a, b, tol=1e-12):
    assert a.n == b.n
    np.testing.assert_allclose(a.total, b.total, rtol=tol, atol=tol)
    np.testing.assert_allclose(a.gram, b.gram, rtol=tol, atol=tol)


def test_sums_are_what_their_names_say(data):
    x, y = data
    f, t = FeatureSums.of(x), TargetSums.of(x, y)
    assert f.n == 50
    assert f.records == 1
    np.testing.assert_allclose(f.total, x.sum(axis=0))
    np.testing.assert_allclose(f.gram, x.T @ x)
    np.testing.assert_allclose(f.mean, x.mean(axis=0))
    np.testing.assert_allclose(t.total, y.sum(axis=0))
    np.testing.assert_allclose(t.square, (y**2).sum(axis=0))
    np.testing.assert_allclose(t.cross, x.T @ y)


def test_parts_add_up_to_the_whole(data):
    x, y = data
    parts = [slice(0, 10), slice(10, 30), slice(30, 50)]
    features = [FeatureSums.of(x[p]) for p in parts]
    found = add_features(features)
    assert_same_features(found, FeatureSums.of(x))
    assert found.records == 3
    found_t = add_targets([TargetSums.of(x[p], y[p]) for p in parts])
    np.testing.assert_allclose(found_t.cross, x.T @ y)
    np.testing.assert_allclose(found_t.square, (y**2).sum(axis=0))
    assert_same_features(features[0] + features[1], FeatureSums.of(x[:30]))


def test_adding_leaves_the_parts_as_they_were(data):
    x, y = data
    first, second = FeatureSums.of(x[:10]), FeatureSums.of(x[10:])
    held, other = TargetSums.of(x[:10], y[:10]), TargetSums.of(x[10:], y[10:])
    before, before_t = first.gram.copy(), held.cross.copy()
    add_features([first, second])
    add_targets([held, other])
    np.testing.assert_array_equal(first.gram, before)
    np.testing.assert_array_equal(held.cross, before_t)


def test_a_part_can_be_taken_away(data):
    x, y = data
    rest = FeatureSums.of(x) - FeatureSums.of(x[:20])
    assert_same_features(rest, FeatureSums.of(x[20:]))
    assert rest.records == 0
    rest_t = TargetSums.of(x, y) - TargetSums.of(x[:20], y[:20])
    np.testing.assert_allclose(rest_t.cross, x[20:].T @ y[20:], atol=1e-12)
    np.testing.assert_allclose(rest_t.total, y[20:].sum(axis=0), atol=1e-12)


def test_centred_is_the_gram_about_the_mean(data):
    x, _ = data
    about = x - x.mean(axis=0)
    np.testing.assert_allclose(FeatureSums.of(x).centred(), about.T @ about, atol=1e-10)


def test_features_that_do_not_vary_are_exact_zeros(data):
    x, _ = data
    x = x.copy()
    x[:, 2] = 1 / 3
    gram = FeatureSums.of(x).centred()
    assert np.all(gram[2] == 0)
    assert np.all(gram[:, 2] == 0)
    assert np.all(gram.diagonal()[[0, 1, 3]] > 0)


def test_about_moves_the_reference(data):
    x, y = data
    shift_x, shift_y = np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.1, 2.0, -1.0])
    f = FeatureSums.of(x)
    assert_same_features(f.about(shift_x), FeatureSums.of(x - shift_x), 1e-11)
    moved = TargetSums.of(x, y).about(f, shift_x, shift_y)
    expected = TargetSums.of(x - shift_x, y - shift_y)
    np.testing.assert_allclose(moved.cross, expected.cross, atol=1e-11)
    np.testing.assert_allclose(moved.square, expected.square, atol=1e-11)
    np.testing.assert_allclose(moved.total, expected.total, atol=1e-11)


def test_zeros_are_the_sums_of_nothing(data):
    x, y = data
    total = TargetSums.zeros(4, 3)
    total += TargetSums.of(x, y)
    np.testing.assert_array_equal(total.cross, x.T @ y)
