"""Penalties chosen inside the training rows: nothing leaks from the rows that are scored."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle

from neurokit.encoding.folds import block_folds
from neurokit.encoding.nested import NestedRidge
from neurokit.errors import OptionError

ALPHAS = np.logspace(-1, 4, 6)


def nested_folds(n, gap=1):
    outer = block_folds(np.arange(n), 4, gap)
    return outer, [block_folds(train, 3, gap) for train, _ in outer]


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize(("n", "p"), [(80, 10), (48, 70)])
def test_it_is_what_the_two_loops_say(n, p, standardize):
    x, y = ridge_oracle.problem(n, p)
    outer, inner = nested_folds(n)
    fit = NestedRidge(x, outer, inner, standardize=standardize).predict(y, ALPHAS)
    for k, (train, test) in enumerate(outer):
        scores = ridge_oracle.fold_scores(x, y, ALPHAS, inner[k], standardize)["r2"]
        for j in range(y.shape[1] - 1):
            alpha = ALPHAS[np.argmax(scores[:, j])]
            assert fit.alpha[k, j] == alpha
            p_test = ridge_oracle.fit_predict(
                x[train], y[train, j : j + 1], x[test], alpha, standardize
            )
            np.testing.assert_allclose(fit.prediction[test, j], p_test[:, 0], atol=1e-8)


def test_penalties_do_not_see_the_rows_they_are_tested_on():
    x, y = ridge_oracle.problem(80, 10)
    outer, inner = nested_folds(80)
    nested = NestedRidge(x, outer, inner)
    before = nested.predict(y, ALPHAS)
    changed = y.copy()
    changed[outer[2][1]] = 1e3 * np.random.default_rng(0).standard_normal((20, y.shape[1]))
    after = nested.predict(changed, ALPHAS)
    np.testing.assert_array_equal(after.alpha[2], before.alpha[2])
    test = outer[2][1]
    np.testing.assert_allclose(after.prediction[test], before.prediction[test], rtol=1e-9)


def test_scores_of_outer_folds():
    x, y = ridge_oracle.problem(80, 10)
    outer, inner = nested_folds(80)
    fit = NestedRidge(x, outer, inner).predict(y, ALPHAS)
    scores = fit.fold_scores(y, outer)
    assert scores.r2.shape == (4, y.shape[1])
    test = outer[1][1]
    expected = ridge_oracle.r_squared(fit.prediction[test], y[test])
    np.testing.assert_allclose(scores.r2[1][:-1], expected[:-1], atol=1e-12)


def test_inner_folds_stay_inside():
    outer, inner = nested_folds(40)
    inner[0] = block_folds(np.arange(40), 3)
    with pytest.raises(OptionError, match="outside the outer training set"):
        NestedRidge(np.ones((40, 2)), outer, inner)


def test_every_outer_fold_needs_inner_folds():
    outer, inner = nested_folds(40)
    with pytest.raises(OptionError, match="3 sets of inner folds for 4"):
        NestedRidge(np.ones((40, 2)), outer, inner[:3])
