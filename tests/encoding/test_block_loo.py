"""Leaving blocks out without refitting equals refitting."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle

from neurokit.encoding.folds import block_folds
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.errors import OptionError

ALPHAS = np.array([0.1, 3.0, 100.0])


def leave_one_out(n):
    rows = np.arange(n)
    return [(rows[rows != k], rows[k : k + 1]) for k in range(n)]


@pytest.mark.parametrize(("n", "p"), [(60, 8), (30, 45), (24, 24), (40, 38)])
@pytest.mark.parametrize("gap", [0, 2])
def test_predictions_equal_explicit_refits(n, p, gap):
    x, y = ridge_oracle.problem(n, p)
    folds = block_folds(np.arange(n), 8, gap)
    folded = FoldedRidge(x, folds, method="block")
    for alpha in ALPHAS:
        found = folded.held_out(y, alpha)
        np.testing.assert_allclose(found, ridge_oracle.held_out(x, y, alpha, folds), atol=1e-8)


@pytest.mark.parametrize(("n", "p"), [(40, 6), (20, 35)])
def test_leaving_out_one_sample_at_a_time(n, p):
    x, y = ridge_oracle.problem(n, p)
    folds = leave_one_out(n)
    folded = FoldedRidge(x, folds, method="block")
    assert folded.pooled  # one row has no correlation
    expected = ridge_oracle.held_out(x, y, 3.0, folds)
    np.testing.assert_allclose(folded.held_out(y, 3.0), expected, atol=1e-8)
    scores = folded.scores(y, np.array([3.0]))
    np.testing.assert_allclose(scores.r2[0], ridge_oracle.r_squared(expected, y), atol=1e-9)
    np.testing.assert_allclose(scores.r[0], ridge_oracle.correlation(expected, y), atol=1e-9)


def test_the_penalty_of_leave_one_out_is_that_of_scikit_learn():
    from sklearn.linear_model import RidgeCV

    x, y = ridge_oracle.problem(50, 10, t=8)
    y = y[:, :-1]
    alphas = np.logspace(-1, 3, 9)
    peer = RidgeCV(alphas, alpha_per_target=True, scoring=None).fit(x, y)
    folded = FoldedRidge(x, leave_one_out(50))
    assert folded.method == "block"
    mse = folded.scores(y, alphas).mse
    np.testing.assert_array_equal(alphas[np.argmin(mse, axis=0)], peer.alpha_)


def test_it_is_chosen_where_it_is_cheaper():
    x = np.random.default_rng(0).standard_normal((120, 40))
    assert FoldedRidge(x, block_folds(np.arange(120), 60)).method == "block"
    assert FoldedRidge(x, block_folds(np.arange(120), 5)).method == "primal"
    # A training set that repeats rows, rows tested twice and scaling are left to the folds.
    folds = block_folds(np.arange(120), 60)
    assert FoldedRidge(x, folds, standardize=True).method == "primal"
    assert FoldedRidge(x, [*folds, folds[0]]).method == "primal"
    repeated = [(np.append(train, train[0]), test) for train, test in folds]
    assert FoldedRidge(x, repeated).method == "primal"


def test_blocks_of_unequal_length_with_gaps_give_the_same_scores_as_folds():
    x, y = ridge_oracle.problem(65, 20)
    folds = block_folds(np.arange(65), 22, gap=1)
    block = FoldedRidge(x, folds, method="block", average="folds").scores(y, ALPHAS)
    plain = FoldedRidge(x, folds, method="primal", average="folds").scores(y, ALPHAS)
    for name in ("r", "r2", "mse"):
        np.testing.assert_allclose(getattr(block, name), getattr(plain, name), atol=1e-8)


def test_each_fold_may_have_its_own_penalty():
    x, y = ridge_oracle.problem(40, 10)
    folds = block_folds(np.arange(40), 8)
    alpha = np.random.default_rng(1).choice(ALPHAS, (8, y.shape[1]))
    block = FoldedRidge(x, folds, method="block").held_out(y, alpha)
    plain = FoldedRidge(x, folds, method="primal").held_out(y, alpha)
    np.testing.assert_allclose(block, plain, atol=1e-9)


def test_weights_of_all_rows_are_those_of_plain_ridge():
    x, y = ridge_oracle.problem(40, 10)
    folded = FoldedRidge(x, block_folds(np.arange(40), 8), method="block")
    coef, intercept = folded.coefficients(y, 2.0)
    expected = ridge_oracle.coefficients(x, y, 2.0)
    np.testing.assert_allclose(coef, expected[0], atol=1e-10)
    np.testing.assert_allclose(intercept, expected[1], atol=1e-10)


def test_what_it_cannot_do_is_said():
    x, _ = ridge_oracle.problem(20, 5)
    folds = block_folds(np.arange(20), 4)
    with pytest.raises(OptionError, match="method='block'"):
        FoldedRidge(x, [*folds, folds[0]], method="block")
    with pytest.raises(OptionError, match="method='block'"):
        FoldedRidge(x, folds, method="block", standardize=True)
