"""Folds of which only sums are known give what rows give."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle

from neurokit.encoding.alpha_search import fit_folded
from neurokit.encoding.backends import Backend
from neurokit.encoding.fitted_fold import plain_ridge
from neurokit.encoding.folds import block_folds
from neurokit.encoding.gram_folds import GramFolds, GramTargets
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.encoding.sum_problem import SumProblem
from neurokit.encoding.sums import FeatureSums, TargetSums
from neurokit.encoding.targets import reference_of

ALPHAS = np.array([0.1, 1.0, 10.0, 100.0])


def problem_of(x, y, folds, at_x, at_y, standardize=False):
    """Sums of the test rows of each fold, features and targets about any level."""
    backend = Backend()
    features = [FeatureSums.of(x[test] - at_x) for _, test in folds]
    targets = [TargetSums.of(x[test] - at_x, y[test] - at_y) for _, test in folds]
    solver = GramFolds.of_sums(features, plain_ridge(backend, standardize), backend)
    held = GramTargets(solver, targets, at_y, np.zeros(y.shape[1]))
    return SumProblem(solver, held, at_x, float(np.sum((x - at_x) ** 2)))


@pytest.fixture(scope="module")
def data():
    x, y = ridge_oracle.problem(50, 7, noise=6.0)
    return x, y[:, :-1], block_folds(np.arange(50), 5)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("level", [0.0, -2.0, 30.0])
def test_fits_are_those_of_rows_about_any_level(data, standardize, level):
    x, y, folds = data
    at_x, at_y = np.full(7, level), np.full(5, -level)
    problem = problem_of(x, y, folds, at_x, at_y, standardize)
    options = {"metric": "r2", "extend_alphas": False, "per_target": True, "max_bytes": 1e9}
    found = fit_folded(problem, problem, ALPHAS, **options)
    rows = fit_folded(FoldedRidge(x, folds, standardize=standardize), y, ALPHAS, **options)
    np.testing.assert_array_equal(found.best, rows.best)
    for name in ("r", "r2", "mse"):
        np.testing.assert_allclose(
            getattr(found.scores, name), getattr(rows.scores, name), rtol=1e-8, atol=1e-8
        )
    np.testing.assert_allclose(found.coef, rows.coef, atol=1e-9)
    np.testing.assert_allclose(found.intercept, rows.intercept, atol=1e-8)


def test_its_shape_is_rows_and_targets(data):
    x, y, folds = data
    problem = problem_of(x, y, folds, np.zeros(7), np.zeros(5))
    assert problem.shape == (50, 5)


def test_its_penalties_are_the_trace_and_its_share(data):
    x, y, folds = data
    problem = problem_of(x, y, folds, np.zeros(7), np.zeros(5))
    assert problem.penalties == pytest.approx((np.sum(x**2) / 7, np.sum(x**2)))
    values = np.linalg.eigvalsh(x.T @ x)
    assert values.max() <= problem.penalties[1]
    assert problem.penalties[0] == pytest.approx(values.mean())


def test_all_targets_are_one_block_whatever_the_cap(data):
    x, y, folds = data
    problem = problem_of(x, y, folds, np.zeros(7), np.zeros(5))
    ((columns, loaded),) = problem.load(None, 1.0)
    assert columns == slice(0, 5)
    assert loaded is problem.targets


def test_weights_predict_from_features_as_they_are(data):
    x, y, folds = data
    at_x, at_y = np.linspace(-3, 3, 7), np.full(5, 100.0)
    problem = problem_of(x, y, folds, at_x, at_y)
    alpha = np.geomspace(0.1, 100.0, 5)
    coef, intercept = problem.coefficients_of(problem.targets, alpha)
    for k, one in enumerate(alpha):
        expected, at_zero = ridge_oracle.coefficients(x, y[:, k : k + 1], one)
        np.testing.assert_allclose(coef[:, k], expected[:, 0], atol=1e-9)
        np.testing.assert_allclose(intercept[k], at_zero[0], atol=1e-8)


def test_scores_of_unequal_folds_are_their_mean_not_weighted_by_rows(data):
    x, y, _ = data
    rows = np.arange(50)
    folds = [(rows[k], rows[~k]) for k in (rows >= 5, (rows < 5) | (rows >= 20), rows < 20)]
    problem = problem_of(x, y, folds, np.zeros(7), np.zeros(5))
    found = problem.reduce(problem.targets, ALPHAS)
    expected = ridge_oracle.fold_scores(x, y, ALPHAS, folds)
    np.testing.assert_allclose(found.r2, expected["r2"], atol=1e-9)
    np.testing.assert_allclose(found.mse, expected["mse"], rtol=1e-9)


def test_a_grid_grows_on_sums_as_on_rows(data):
    x, y, folds = data
    options = {"metric": "mse", "extend_alphas": True, "per_target": True, "max_bytes": 1e9}
    # How far it may grow follows from the features about the level they are summed about.
    problem = problem_of(x, y, folds, reference_of(x), np.zeros(5))
    narrow = np.array([1e-4, 1e-3])
    found = fit_folded(problem, problem, narrow, **options)
    rows = fit_folded(FoldedRidge(x, folds), y, narrow, **options)
    assert found.alphas[-1] > 1.0
    np.testing.assert_allclose(found.alphas, rows.alphas)
    np.testing.assert_allclose(found.best, rows.best)
    assert found.n_extended == rows.n_extended > 0


def test_solving_leaves_the_sums_as_they_were(data):
    x, y, folds = data
    problem = problem_of(x, y, folds, np.zeros(7), np.zeros(5))
    before = [(one.cross.copy(), one.total.copy()) for one in problem.targets.sums]
    grams = [one.gram.copy() for one in problem.folds.sums]
    problem.reduce(problem.targets, ALPHAS)
    problem.coefficients_of(problem.targets, np.full(5, 1.0))
    for one, (cross, total) in zip(problem.targets.sums, before, strict=True):
        np.testing.assert_array_equal(one.cross, cross)
        np.testing.assert_array_equal(one.total, total)
    for one, gram in zip(problem.folds.sums, grams, strict=True):
        np.testing.assert_array_equal(one.gram, gram)
