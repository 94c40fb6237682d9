"""Bases, backends and fitted folds against dense algebra and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg
from sklearn.linear_model import Ridge

from neurokit.encoding.backends import UNSAFE_FLOAT32, Backend, as_backend
from neurokit.encoding.basis import Basis, general_basis, ridge_basis, scaled_basis
from neurokit.encoding.fitted_fold import (
    FittedFold,
    centred_cross,
    plain_ridge,
    spread,
    variation,
)
from neurokit.encoding.sums import FeatureSums, TargetSums
from neurokit.errors import OptionError

BACKEND = Backend()
SEEDS = st.integers(0, 2**31 - 1)


def gram_and_cross(seed, n=20, p=5, t=3):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, p)), rng.standard_normal((n, t))
    return x.T @ x, x.T @ y


def loss(gram, cross, penalty, alpha, w):
    """w' G w - 2 w' c + alpha w' M w."""
    return float(w @ gram @ w - 2 * w @ cross + alpha * w @ penalty @ w)


@given(seed=SEEDS, alpha=st.floats(1e-3, 1e4))
@settings(max_examples=20, deadline=None)
def test_ridge_is_the_solution_of_the_normal_equations(seed, alpha):
    gram, cross = gram_and_cross(seed)
    found = ridge_basis(gram, BACKEND).solve(cross, np.full(3, alpha))
    expected = np.linalg.solve(gram + alpha * np.eye(5), cross)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_scale_is_a_penalty_of_its_own_for_each_feature(seed):
    gram, cross = gram_and_cross(seed)
    scale = np.exp(np.random.default_rng(seed).standard_normal(5))
    found = scaled_basis(gram, scale, BACKEND).solve(cross, np.full(3, 2.0))
    expected = np.linalg.solve(gram + 2.0 * np.diag(scale**2), cross)
    np.testing.assert_allclose(found, expected, atol=1e-8)


@given(seed=SEEDS, rank=st.integers(1, 5), alpha=st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_a_general_penalty_is_solved_for_any_rank(seed, rank, alpha):
    gram, cross = gram_and_cross(seed)
    root = np.random.default_rng(seed).standard_normal((rank, 5))
    penalty = root.T @ root
    found = general_basis(gram, penalty).solve(cross, np.full(3, alpha))
    expected = np.linalg.solve(gram + alpha * penalty, cross)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_no_other_weights_have_a_smaller_loss(seed):
    gram, cross = gram_and_cross(seed)
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((2, 5))
    penalty = root.T @ root
    w = general_basis(gram, penalty).solve(cross, np.full(3, 1.5))
    for j in range(3):
        best = loss(gram, cross[:, j], penalty, 1.5, w[:, j])
        for _ in range(5):
            other = w[:, j] + 0.1 * rng.standard_normal(5)
            assert loss(gram, cross[:, j], penalty, 1.5, other) > best


@pytest.mark.parametrize("make", [ridge_basis, lambda g, b: scaled_basis(g, np.arange(1.0, 6), b)])
def test_a_basis_takes_gram_and_penalty_apart_at_once(make):
    gram, _ = gram_and_cross(0)
    basis = make(gram, BACKEND)
    v = basis.vectors
    np.testing.assert_allclose(v.T @ gram @ v, np.diag(basis.data), atol=1e-9)
    np.testing.assert_array_equal(basis.penalty, 1.0)


def test_a_general_basis_makes_both_diagonal():
    gram, _ = gram_and_cross(1)
    root = np.random.default_rng(1).standard_normal((2, 5))
    basis = general_basis(gram, root.T @ root)
    v = basis.vectors
    np.testing.assert_allclose(v.T @ gram @ v, np.diag(basis.data), atol=1e-9)
    np.testing.assert_allclose(v.T @ root.T @ root @ v, np.diag(basis.penalty), atol=1e-9)


def test_without_penalty_a_singular_gram_has_the_answer_of_least_norm():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((4, 7)), rng.standard_normal((4, 2))
    found = ridge_basis(x.T @ x, BACKEND).solve(x.T @ y, np.zeros(2))
    np.testing.assert_allclose(found, np.linalg.pinv(x) @ y, atol=1e-8)


def test_weights_shrink_as_the_penalty_grows():
    gram, cross = gram_and_cross(3)
    basis = ridge_basis(gram, BACKEND)
    norms = [np.linalg.norm(basis.solve(cross, np.full(3, a))) for a in np.logspace(-2, 6, 9)]
    assert np.all(np.diff(norms) < 0)
    assert norms[-1] < 1e-3 * norms[0]


def test_filters_are_those_of_their_formula_and_zero_where_nothing_weighs():
    basis = Basis(np.eye(3), np.array([4.0, 0.0, 2.0]), np.array([1.0, 0.0, 3.0]))
    found = basis.filters(np.array([0.0, 2.0]))
    np.testing.assert_allclose(found, [[1 / 4, 0, 1 / 2], [1 / 6, 0, 1 / 8]])


def test_targets_with_their_own_penalties_are_as_each_alone():
    gram, cross = gram_and_cross(4)
    basis, alpha = ridge_basis(gram, BACKEND), np.array([10.0, 0.1, 10.0])
    found = basis.solve(cross, alpha)
    for j in range(3):
        alone = basis.solve(cross[:, [j]], alpha[[j]])
        np.testing.assert_allclose(found[:, [j]], alone, atol=1e-12)


def test_float32_is_never_allowed_for_double():
    basis = Basis(np.eye(2), np.array([1.0, 5.0]), np.ones(2))
    alphas = np.array([0.99, 1.01]) * UNSAFE_FLOAT32 * 5.0
    np.testing.assert_array_equal(basis.single(alphas, "mixed"), [False, True])
    np.testing.assert_array_equal(basis.single(alphas, "double"), [False, False])


@given(seed=SEEDS, n=st.integers(1, 6), q=st.integers(1, 5), t=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_products_of_a_backend_are_those_of_loops(seed, n, q, t):
    rng = np.random.default_rng(seed)
    root, z, filters = (rng.standard_normal(shape) for shape in ((n, q), (q, t), (2, q)))
    single = np.zeros(2, dtype=bool)
    squares = BACKEND.squares(root, z, filters, single)
    forms = BACKEND.forms(root.T @ root, z, filters, single)
    for a in range(2):
        for j in range(t):
            expected = sum(float(row @ (filters[a] * z[:, j])) ** 2 for row in root)
            assert squares[a, j] == pytest.approx(expected, abs=1e-9)
            assert forms[a, j] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ["squares", "forms"])
def test_float32_products_are_near_those_of_float64_and_only_where_asked(name):
    rng = np.random.default_rng(5)
    left, z, filters = np.eye(6), rng.standard_normal((6, 3)), rng.random((3, 6))
    product = getattr(BACKEND, name)
    double = product(left, z, filters, np.zeros(3, dtype=bool))
    mixed = product(left, z, filters, np.array([False, True, False]))
    assert mixed.dtype == np.float64
    np.testing.assert_array_equal(mixed[[0, 2]], double[[0, 2]])
    assert np.any(mixed[1] != double[1])
    np.testing.assert_allclose(mixed[1], double[1], rtol=1e-5)


def test_products_change_no_input():
    rng = np.random.default_rng(6)
    given_ = [rng.standard_normal((4, 4)), rng.standard_normal((4, 2)), rng.random((2, 4))]
    kept = [one.copy() for one in given_]
    BACKEND.squares(*given_, np.array([True, False]))
    BACKEND.forms(*given_, np.array([True, False]))
    for one, before in zip(given_, kept, strict=True):
        np.testing.assert_array_equal(one, before)


@pytest.mark.parametrize("name", ["Numpy", "cupy", "", None, 1])
def test_an_unknown_backend_is_refused_by_name(name):
    with pytest.raises(OptionError, match="backend"):
        as_backend(name)


def test_numpy_is_the_plain_backend():
    assert type(as_backend("numpy")) is Backend


def test_decompositions_agree_with_scipy():
    gram, _ = gram_and_cross(7)
    values, _ = BACKEND.eigh(gram)
    np.testing.assert_allclose(values, linalg.eigvalsh(gram))


def sums(x, y):
    return FeatureSums.of(x), TargetSums.of(x, y)


def halves(seed=0, n=24, p=4, t=3):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, p)) + 1.0, rng.standard_normal((n, t))
    y[:, -1] = 4.0
    return x, y, n * 2 // 3


def test_variation_and_cross_are_those_about_means_and_zero_for_constants():
    x, y, _ = halves()
    fx, fy = sums(x, y)
    floor = np.full(3, 1e-12)
    expected = 24 * y.var(axis=0)
    found = variation(fy, 24, floor)
    np.testing.assert_allclose(found[:2], expected[:2])
    assert found[2] == 0
    cross = centred_cross(fx, fy, floor)
    direct = (x - x.mean(axis=0)).T @ (y - y.mean(axis=0))
    np.testing.assert_allclose(cross[:, :2], direct[:, :2], atol=1e-9)
    np.testing.assert_array_equal(cross[:, 2], 0.0)


def test_spread_is_the_standard_deviation_and_infinite_for_a_constant():
    x, _, _ = halves()
    x[:, 1] = 7.0
    found = spread(FeatureSums.of(x).centred(), 24)
    np.testing.assert_allclose(found[[0, 2, 3]], x.std(axis=0)[[0, 2, 3]])
    assert np.isinf(found[1])


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("with_rows", [False, True])
@pytest.mark.parametrize("n_test", [3, 8])
def test_a_fitted_fold_scores_as_scikit_learn_fits_and_predicts(standardize, with_rows, n_test):
    x, y, cut = halves(1)
    y[:, -1] = y[:, 0] + x[:, 1]
    train, test = slice(0, cut), slice(cut, cut + n_test)
    (fx, fy), (gx, gy) = sums(x[train], y[train]), sums(x[test], y[test])
    fold = FittedFold.of(fx, gx, plain_ridge(BACKEND, standardize), x[test] if with_rows else None)
    # Rows serve where they are fewer than the 4 features; else the Gram does.
    assert (fold.root is not None) == (with_rows and n_test < 4)
    alphas = np.array([0.5, 20.0])
    found = fold.held_out(fy, gy, alphas, np.zeros(3), "double", BACKEND)
    sd = x[train].std(axis=0) if standardize else np.ones(4)
    for a, alpha in enumerate(alphas):
        model = Ridge(alpha).fit(x[train] / sd, y[train])
        p = model.predict(x[test] / sd)
        held = y[test] - y[test].mean(axis=0)
        centred = p - p.mean(axis=0)
        np.testing.assert_allclose(found.mean_p[a], p.mean(axis=0), atol=1e-9)
        np.testing.assert_allclose(found.var_p[a], (centred**2).sum(axis=0), atol=1e-9)
        np.testing.assert_allclose(found.cov[a], (centred * held).sum(axis=0), atol=1e-9)
        weights = fold.weights(fy, np.full(3, alpha), np.zeros(3))
        np.testing.assert_allclose(weights, (model.coef_ / sd).T, atol=1e-9)
    np.testing.assert_allclose(found.mean_y, y[test].mean(axis=0))
    assert found.n == n_test
