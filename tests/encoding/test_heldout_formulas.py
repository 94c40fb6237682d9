"""Scores from sums against scikit-learn and scipy; pooling; errors of nested predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error, r2_score

from neurokit.encoding.folds import block_folds
from neurokit.encoding.heldout import (
    METRICS,
    HeldOut,
    Scores,
    best_index,
    held_out_of,
    mean_scores,
    reduce_folds,
)
from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS, nested_fit, r2_by_fold, squared_errors
from neurokit.encoding.nested import NestedFit, NestedRidge
from neurokit.errors import OptionError

SEEDS = st.integers(0, 2**31 - 1)


def predictions(seed, n=15, t=3):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((n, t))
    return y + rng.standard_normal((n, t)) * 0.7 + 0.2, y


@given(seed=SEEDS, n=st.integers(3, 20), t=st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_scores_are_those_of_scipy_and_scikit_learn(seed, n, t):
    p, y = predictions(seed, n, t)
    found = held_out_of(p, y).scores()
    for j in range(t):
        assert found.r[j] == pytest.approx(stats.pearsonr(p[:, j], y[:, j]).statistic, abs=1e-9)
    np.testing.assert_allclose(found.r2, r2_score(y, p, multioutput="raw_values"), atol=1e-9)
    mse = mean_squared_error(y, p, multioutput="raw_values")
    np.testing.assert_allclose(found.mse, mse, atol=1e-12)


@given(seed=SEEDS, scale=st.floats(0.01, 100), offset=st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_units_and_offsets_of_both_change_the_error_alone(seed, scale, offset):
    p, y = predictions(seed)
    a = held_out_of(p, y).scores()
    b = held_out_of(scale * p + offset, scale * y + offset).scores()
    np.testing.assert_allclose(b.r, a.r, atol=1e-8)
    np.testing.assert_allclose(b.r2, a.r2, atol=1e-7)
    np.testing.assert_allclose(b.mse, scale**2 * a.mse, rtol=1e-6)


@given(seed=SEEDS, scale=st.floats(0.1, 10))
@settings(max_examples=10, deadline=None)
def test_the_correlation_turns_its_sign_with_the_prediction_and_knows_no_gain(seed, scale):
    p, y = predictions(seed)
    r = held_out_of(p, y).scores().r
    np.testing.assert_allclose(held_out_of(-scale * p, y).scores().r, -r, atol=1e-9)


def test_a_perfect_prediction_scores_one_and_the_mean_scores_zero():
    _, y = predictions(0)
    perfect = held_out_of(y, y).scores()
    np.testing.assert_allclose(perfect.r, 1.0)
    np.testing.assert_allclose(perfect.r2, 1.0)
    np.testing.assert_allclose(perfect.mse, 0.0, atol=1e-15)
    flat = held_out_of(np.broadcast_to(y.mean(axis=0), y.shape), y).scores()
    np.testing.assert_allclose(flat.r2, 0.0, atol=1e-12)
    np.testing.assert_allclose(flat.r, 0.0, atol=1e-12)
    np.testing.assert_allclose(flat.mse, y.var(axis=0))


@given(seed=SEEDS, order=st.permutations(range(4)))
@settings(max_examples=15, deadline=None)
def test_pooling_does_not_depend_on_the_order_of_parts(seed, order):
    p, y = predictions(seed, 16)
    parts = [held_out_of(p[4 * i : 4 * i + 4], y[4 * i : 4 * i + 4]) for i in order]
    found = reduce_folds(iter(parts), pooled=True)
    expected = held_out_of(p, y).scores()
    for name in METRICS:
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-9)


def test_pooling_is_associative():
    p, y = predictions(1, 12)
    a, b, c = (held_out_of(p[i : i + 4], y[i : i + 4]) for i in (0, 4, 8))
    left, right = a.merged(b).merged(c), a.merged(b.merged(c))
    for name in ("n", "mean_p", "mean_y", "var_p", "var_y", "cov"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), atol=1e-12)


def test_parts_of_one_row_pool_to_the_whole():
    p, y = predictions(2, 9)
    parts = (held_out_of(p[i : i + 1], y[i : i + 1]) for i in range(9))
    found = reduce_folds(parts, pooled=True)
    np.testing.assert_allclose(found.r2, r2_score(y, p, multioutput="raw_values"), atol=1e-10)


def test_one_row_alone_has_an_error_but_no_variation():
    found = held_out_of(np.array([[3.0]]), np.array([[1.0]])).scores()
    assert found.mse[0] == 4.0
    assert found.r[0] == 0.0
    assert found.r2[0] == 0.0


def test_the_floor_calls_small_variation_none():
    y = np.array([[1.0], [1.0 + 1e-9], [1.0]])
    p = np.array([[0.0], [1.0], [0.0]])
    assert held_out_of(p, y).scores().r[0] == pytest.approx(1.0)
    assert held_out_of(p, y, floor=1e-12).scores().r[0] == 0.0


def test_a_correlation_beyond_one_by_rounding_is_cut_off():
    sums = HeldOut(3, np.zeros(2), np.zeros(2), np.ones(2), np.ones(2), np.array([1.1, -1.1]))
    np.testing.assert_array_equal(sums.scores().r, [1.0, -1.0])


def test_an_error_below_zero_by_rounding_is_zero():
    # var_p - 2 cov + var_y = 1 - 2 (1 + 1e-16) + 1 may be -2e-16.
    sums = HeldOut(3, np.zeros(1), np.zeros(1), np.ones(1), np.ones(1), np.array([1 + 1e-10]))
    assert sums.scores().mse[0] == 0.0


def test_a_stack_of_predictions_is_scored_as_each_alone():
    p, y = predictions(3)
    stack = np.stack([p, 2 * p, np.zeros_like(p)])
    found = held_out_of(stack, y).scores()
    for k in range(3):
        alone = held_out_of(stack[k], y).scores()
        for name in METRICS:
            np.testing.assert_array_equal(getattr(found, name)[k], getattr(alone, name))


def test_means_are_over_folds_and_nan_stays_nan():
    a = Scores(np.array([0.2, np.nan]), np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    b = Scores(np.array([0.4, 0.1]), np.array([1.0, 1.0]), np.array([3.0, 2.0]))
    found = mean_scores([a, b])
    np.testing.assert_allclose(found.r, [0.3, np.nan])
    np.testing.assert_allclose(found.r2, [0.5, 1.0])
    np.testing.assert_allclose(found.mse, [2.0, 2.0])


@pytest.mark.parametrize("metric", METRICS)
def test_the_best_row_is_the_largest_r_and_r2_and_the_smallest_error(metric):
    values = np.array([[0.1, 3.0], [0.5, 1.0], [0.5, 2.0]])
    scores = Scores(values, values, values)
    expected = [0, 1] if metric == "mse" else [1, 0]
    np.testing.assert_array_equal(best_index(scores.get(metric)), expected)


def nested_problem(seed=0, n=48, p=5, t=3):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)) * np.array([1.0, 10.0, 0.1, 1.0, 5.0])
    y = x @ rng.standard_normal((p, t)) + 2 * rng.standard_normal((n, t))
    outer = block_folds(np.arange(n), 4)
    return x, y, outer, [block_folds(train, 3) for train, _ in outer]


def test_nested_errors_are_those_of_two_loops_of_scikit_learn():
    x, y, outer, inner = nested_problem()
    alphas = (0.5, 50.0, 500.0)
    fit = nested_fit(x, y, outer, inner, alphas)
    expected = np.full_like(y, np.nan)
    for (train, test), folds in zip(outer, inner, strict=True):
        for j in range(y.shape[1]):
            means = []
            for alpha in alphas:
                scores = []
                for a, b in folds:
                    mu, sd = x[a].mean(axis=0), x[a].std(axis=0)
                    model = Ridge(alpha).fit((x[a] - mu) / sd, y[a, j])
                    scores.append(r2_score(y[b, j], model.predict((x[b] - mu) / sd)))
                means.append(np.mean(scores))
            mu, sd = x[train].mean(axis=0), x[train].std(axis=0)
            model = Ridge(alphas[int(np.argmax(means))]).fit((x[train] - mu) / sd, y[train, j])
            expected[test, j] = model.predict((x[test] - mu) / sd)
    np.testing.assert_allclose(fit.prediction, expected, atol=1e-8)
    np.testing.assert_allclose(squared_errors(fit, y), (y - expected) ** 2, atol=1e-7)


def test_r2_by_fold_is_one_less_the_share_of_errors_about_each_folds_mean():
    y = np.array([[1.0], [3.0], [10.0], [14.0]])
    fit = NestedFit(np.array([[2.0], [2.0], [11.0], [14.0]]), np.ones((2, 1)))
    outer = [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1]), np.array([2, 3]))]
    # Errors 1 + 1 + 1 + 0 of variations (1 + 1) + (4 + 4).
    assert r2_by_fold(fit, y, outer)[0] == pytest.approx(1 - 3 / 10)


def test_scores_by_fold_have_one_row_per_fold():
    x, y, outer, inner = nested_problem(1)
    fit = nested_fit(x, y, outer, inner, (1.0,))
    found = fit.fold_scores(y, outer)
    assert found.r.shape == (4, 3)
    for k, (_, test) in enumerate(outer):
        expected = r2_score(y[test], fit.prediction[test], multioutput="raw_values")
        np.testing.assert_allclose(found.r2[k], expected, atol=1e-10)


@pytest.mark.parametrize("metric", METRICS)
def test_every_penalty_chosen_is_one_of_those_given(metric):
    x, y, outer, inner = nested_problem(2)
    fit = NestedRidge(x, outer, inner).predict(y, [10.0, 1.0, 100.0], metric)
    assert fit.alpha.shape == (4, 3)
    assert set(np.unique(fit.alpha)) <= {1.0, 10.0, 100.0}


def test_rows_that_no_fold_tests_have_neither_prediction_nor_error():
    x, y, outer, inner = nested_problem(3)
    fit = nested_fit(x, y, outer[:2], inner[:2], (1.0,))
    assert np.isnan(fit.prediction[24:]).all()
    assert np.isnan(squared_errors(fit, y)[24:]).all()
    assert np.isfinite(squared_errors(fit, y)[:24]).all()


def test_nested_fits_change_no_input_and_repeat_themselves():
    x, y, outer, inner = nested_problem(4)
    kept = x.copy(), y.copy()
    a, b = (nested_fit(x, y, outer, inner, DEFAULT_ALPHAS) for _ in range(2))
    np.testing.assert_array_equal(a.prediction, b.prediction)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_targets_are_predicted_each_by_itself():
    x, y, outer, inner = nested_problem(5)
    together = nested_fit(x, y, outer, inner, (1.0, 30.0)).prediction
    for j in range(3):
        alone = nested_fit(x, y[:, [j]], outer, inner, (1.0, 30.0)).prediction
        np.testing.assert_allclose(together[:, [j]], alone, atol=1e-10)


@pytest.mark.parametrize("metric", ["R2", "corr", None])
def test_an_unknown_metric_is_refused(metric):
    x, y, outer, inner = nested_problem()
    with pytest.raises(OptionError, match="metric"):
        NestedRidge(x, outer, inner).predict(y, [1.0], metric)
