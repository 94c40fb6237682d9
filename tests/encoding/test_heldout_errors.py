"""Nested predictions against loops of scikit-learn that do the same the long way."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from neurokit.encoding.heldout_errors import nested_fit, r2_by_fold, squared_errors
from neurokit.encoding.samples import as_samples, inner_folds, outer_folds
from neurokit.stats import BlockedCV

ALPHAS = (0.1, 10.0, 1000.0)


def _fold_r2(x, y, train, test, alpha):
    scaler = StandardScaler().fit(x[train])
    model = Ridge(alpha=alpha).fit(scaler.transform(x[train]), y[train])
    predicted = model.predict(scaler.transform(x[test]))
    error = ((y[test] - predicted) ** 2).sum(axis=0)
    return 1 - error / ((y[test] - y[test].mean(axis=0)) ** 2).sum(axis=0), predicted


def _long_way(x, y, outer, inner):
    """Choose and predict target by target, fold by fold."""
    prediction, chosen = np.full_like(y, np.nan), np.zeros((len(outer), y.shape[1]))
    for k, (train, test) in enumerate(outer):
        scores = np.array(
            [
                np.mean([_fold_r2(x, y, a, b, alpha)[0] for a, b in inner[k]], axis=0)
                for alpha in ALPHAS
            ]
        )
        chosen[k] = np.asarray(ALPHAS)[scores.argmax(axis=0)]
        for t in range(y.shape[1]):
            _, predicted = _fold_r2(x, y[:, [t]], train, test, chosen[k, t])
            prediction[test, t] = predicted.reshape(-1)
    return prediction, chosen


@pytest.fixture(scope="module", params=[0.0, 3.0])
def problem(request):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 6)) * [1, 10, 0.1, 1, 1, 1] + 5.0
    y = x @ (rng.normal(size=(6, 4)) * np.array([0, 0.1, 1, 5])) + 3 * rng.normal(size=(150, 4))
    samples = as_samples(x, y)
    cv = BlockedCV(4, gap=request.param)
    outer = outer_folds(cv, samples)
    inner = inner_folds(cv, samples, outer, n_splits=3)
    return x, y, outer, inner


def test_predictions_and_penalties_are_those_of_the_long_way(problem):
    x, y, outer, inner = problem
    fit = nested_fit(x, y, outer, inner, ALPHAS)
    prediction, chosen = _long_way(x, y, outer, inner)
    np.testing.assert_array_equal(fit.alpha, chosen)
    np.testing.assert_allclose(fit.prediction, prediction, rtol=1e-8, atol=1e-8)


def test_errors_and_r2_follow_from_predictions(problem):
    x, y, outer, inner = problem
    fit = nested_fit(x, y, outer, inner, ALPHAS)
    errors = squared_errors(fit, y)
    np.testing.assert_allclose(errors, (y - fit.prediction) ** 2)
    total = sum(((y[b] - y[b].mean(axis=0)) ** 2).sum(axis=0) for _, b in outer)
    np.testing.assert_allclose(r2_by_fold(fit, y, outer), 1 - errors.sum(axis=0) / total)


def test_the_rows_a_fold_predicts_never_choose_its_penalty(problem):
    x, y, outer, inner = problem
    first = nested_fit(x, y, outer, inner, ALPHAS)
    changed = y.copy()
    changed[outer[1][1]] += 100 * np.random.default_rng(1).normal(size=changed[outer[1][1]].shape)
    second = nested_fit(x, changed, outer, inner, ALPHAS)
    np.testing.assert_array_equal(first.alpha[1], second.alpha[1])
    np.testing.assert_allclose(first.prediction[outer[1][1]], second.prediction[outer[1][1]])


def test_rows_in_the_gap_do_not_train(problem):
    x, y, outer, inner = problem
    train, test = outer[2]
    gap = np.setdiff1d(np.arange(len(y)), np.concatenate([train, test]))
    changed = y.copy()
    changed[gap] += 1000.0
    first, second = (nested_fit(x, v, outer, inner, ALPHAS) for v in (y, changed))
    np.testing.assert_allclose(first.prediction[test], second.prediction[test], atol=1e-8)


def test_a_constant_target_has_no_error_and_an_r2_of_zero(problem):
    x, y, outer, inner = problem
    constant = np.full((len(y), 1), 7.0)
    fit = nested_fit(x, constant, outer, inner, ALPHAS)
    np.testing.assert_allclose(squared_errors(fit, constant), 0.0, atol=1e-20)
    np.testing.assert_array_equal(r2_by_fold(fit, constant, outer), 0.0)


@pytest.mark.parametrize("units", [1e-9, 1e6])
def test_units_of_targets_and_features_change_nothing_but_units(problem, units):
    x, y, outer, inner = problem
    first = nested_fit(x, y, outer, inner, ALPHAS)
    second = nested_fit(x * units, y / units, outer, inner, ALPHAS)
    np.testing.assert_array_equal(first.alpha, second.alpha)
    np.testing.assert_allclose(first.prediction, second.prediction * units, rtol=1e-7)
