"""One basis solves every penalty: ridge, scaled features, any quadratic penalty."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.encoding.backends import UNSAFE_FLOAT32, Backend
from neurokit.encoding.basis import Basis, general_basis, ridge_basis, scaled_basis

BACKEND = Backend()
ALPHAS = np.array([1e-3, 1.0, 1e3])


def gram_of(n=30, p=6, seed=0, rank=None):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, rank or p)) @ rng.standard_normal((rank or p, p))
    return x.T @ x, x.T @ rng.standard_normal((n, 4))


@pytest.mark.parametrize("rank", [6, 3])
def test_ridge_solves_the_normal_equations(rank):
    gram, cross = gram_of(rank=rank)
    basis = ridge_basis(gram, BACKEND)
    for alpha in ALPHAS:
        expected = np.linalg.solve(gram + alpha * np.eye(6), cross)
        found = basis.solve(cross, np.full(4, alpha))
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_every_target_has_its_own_penalty():
    gram, cross = gram_of()
    basis = ridge_basis(gram, BACKEND)
    alpha = np.array([1.0, 1e3, 1.0, 1e-3])
    found = basis.solve(cross, alpha)
    for j, a in enumerate(alpha):
        np.testing.assert_allclose(
            found[:, j], np.linalg.solve(gram + a * np.eye(6), cross[:, j]), rtol=1e-9
        )


def test_features_that_do_not_vary_have_no_weight():
    gram, cross = gram_of()
    gram[2], gram[:, 2] = 0.0, 0.0
    found = ridge_basis(gram, BACKEND).solve(cross, np.ones(4))
    assert np.all(found[2] == 0)
    keep = [0, 1, 3, 4, 5]
    expected = np.linalg.solve(gram[np.ix_(keep, keep)] + np.eye(5), cross[keep])
    np.testing.assert_allclose(found[keep], expected, rtol=1e-9)


def test_scaling_is_a_penalty_of_its_own_for_each_feature():
    gram, cross = gram_of()
    scale = np.array([1.0, 2.0, 0.5, 1.0, 3.0, 1.0])
    basis = scaled_basis(gram, scale, BACKEND)
    for alpha in ALPHAS:
        expected = np.linalg.solve(gram + alpha * np.diag(scale**2), cross)
        np.testing.assert_allclose(basis.solve(cross, np.full(4, alpha)), expected, rtol=1e-8)


def test_an_infinite_scale_takes_a_feature_out():
    gram, cross = gram_of()
    scale = np.array([1.0, np.inf, 1.0, 1.0, np.inf, 1.0])
    found = scaled_basis(gram, scale, BACKEND).solve(cross, np.ones(4))
    assert np.all(found[[1, 4]] == 0)
    keep = [0, 2, 3, 5]
    expected = np.linalg.solve(gram[np.ix_(keep, keep)] + np.eye(4), cross[keep])
    np.testing.assert_allclose(found[keep], expected, rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_any_penalty_is_solved_for_every_alpha(seed):
    gram, cross = gram_of(seed=seed)
    step = np.diff(np.eye(6), axis=0)
    penalty = step.T @ step  # singular: it does not see a constant
    basis = general_basis(gram, penalty)
    for alpha in ALPHAS:
        expected = np.linalg.solve(gram + alpha * penalty, cross)
        np.testing.assert_allclose(basis.solve(cross, np.full(4, alpha)), expected, rtol=1e-7)


def test_gram_and_penalty_may_both_be_singular():
    gram, cross = gram_of(rank=3)
    step = np.diff(np.eye(6), axis=0)
    penalty = step.T @ step
    found = general_basis(gram, penalty).solve(cross, np.ones(4))
    np.testing.assert_allclose((gram + penalty) @ found, cross, atol=1e-8)


def test_what_neither_gram_nor_penalty_sees_gets_no_weight():
    gram, penalty = np.diag([4.0, 1.0, 0.0]), np.diag([1.0, 0.0, 0.0])
    found = general_basis(gram, penalty).solve(np.ones((3, 1)), np.array([2.0]))
    np.testing.assert_allclose(found.ravel(), [1 / 6, 1.0, 0.0], atol=1e-12)


def test_a_direction_without_weight_is_filtered_out():
    basis = Basis(np.eye(2), np.array([2.0, 0.0]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(basis.filters(np.array([2.0])), [[0.25, 0.0]])


def test_float32_is_for_penalties_that_are_large_enough():
    basis = Basis(np.eye(2), np.array([1e3, 1.0]), np.ones(2))
    alphas = 1e3 * UNSAFE_FLOAT32 * np.array([0.5, 2.0])
    np.testing.assert_array_equal(basis.single(alphas, "mixed"), [False, True])
    np.testing.assert_array_equal(basis.single(alphas, "double"), [False, False])
