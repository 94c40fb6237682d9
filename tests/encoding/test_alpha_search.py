"""Penalties of targets: the choice, and grids that grow at their edge."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle

from neurokit.encoding.alpha_search import as_alphas, further, ridge_cv
from neurokit.encoding.folds import block_folds
from neurokit.errors import OptionError

EVERYWHERE = (1.0, 1e9)  # typical and largest penalty


def test_every_target_gets_the_penalty_of_its_best_score():
    x, y = ridge_oracle.problem(80, 20)
    folds, alphas = block_folds(np.arange(80), 4), np.logspace(-1, 4, 6)
    expected = ridge_oracle.fold_scores(x, y, alphas, folds)
    for metric, sign in (("r2", 1), ("r", 1), ("mse", -1)):
        fit = ridge_cv(x, y, alphas, folds, metric=metric)
        best = alphas[np.argmax(sign * expected[metric], axis=0)]
        np.testing.assert_array_equal(fit.best[:-1], best[:-1])


def test_weights_are_those_at_the_penalty_chosen():
    x, y = ridge_oracle.problem(80, 20)
    fit = ridge_cv(x, y, np.logspace(-1, 4, 6), block_folds(np.arange(80), 4))
    for j, alpha in enumerate(fit.best):
        coef, intercept = ridge_oracle.coefficients(x, y[:, j : j + 1], alpha)
        np.testing.assert_allclose(fit.coef[:, j], coef[:, 0], atol=1e-9)
        np.testing.assert_allclose(fit.intercept[j], intercept[0], atol=1e-9)


def test_one_penalty_for_all_is_the_best_on_average():
    x, y = ridge_oracle.problem(80, 20)
    folds, alphas = block_folds(np.arange(80), 4), np.logspace(-1, 4, 6)
    fit = ridge_cv(x, y, alphas, folds, per_target=False)
    r2 = ridge_oracle.fold_scores(x, y, alphas, folds)["r2"]
    assert np.unique(fit.best).tolist() == [alphas[np.argmax(r2.mean(axis=1))]]
    assert fit.best.shape == (y.shape[1],)


def test_a_grid_that_is_too_low_grows_to_the_answer_of_a_wide_one():
    x, y = ridge_oracle.problem(80, 20, noise=30.0)
    folds = block_folds(np.arange(80), 4)
    narrow = ridge_cv(x, y, [0.01, 0.1, 1.0], folds, extend_alphas=True)
    assert narrow.n_extended > 0
    assert narrow.alphas[-1] > 1.0
    np.testing.assert_allclose(narrow.alphas[1:] / narrow.alphas[:-1], 10.0)
    wide = ridge_cv(x, y, narrow.alphas, folds)
    np.testing.assert_array_equal(narrow.best, wide.best)
    # Products of other shapes may be summed in another order.
    np.testing.assert_allclose(narrow.scores.r2, wide.scores.r2, rtol=1e-12)


def test_a_grid_that_is_too_high_grows_downwards():
    x, y = ridge_oracle.problem(200, 5, noise=0.01)
    fit = ridge_cv(x, y, [1e4, 1e5], block_folds(np.arange(200), 4), extend_alphas=True)
    assert fit.alphas[0] < 1e2
    assert np.all(fit.best[:-1] < 1e2)


def test_without_extension_the_edge_is_marked():
    x, y = ridge_oracle.problem(80, 20, noise=30.0)
    fit = ridge_cv(x, y[:, :-1], [1e-3, 1e-2], block_folds(np.arange(80), 4))
    np.testing.assert_array_equal(fit.alphas, [1e-3, 1e-2])
    assert fit.n_extended == 0
    assert np.all(fit.at_edge == 1)


def test_noise_alone_does_not_extend_for_ever():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((60, 10)), rng.standard_normal((60, 20))
    fit = ridge_cv(x, y, [0.1, 1.0], block_folds(np.arange(60), 4), extend_alphas=True)
    assert fit.alphas[-1] <= 10 * np.sum((x - x.mean(0)) ** 2)


def test_a_plateau_does_not_ask_for_more():
    flat = np.array([[0.1], [0.3], [0.3 + 1e-5]])
    more, asking = further(np.array([1.0, 10.0, 100.0]), flat, EVERYWHERE)
    assert more.size == 0
    assert not asking.any()


def test_flat_scores_far_below_the_data_are_no_plateau():
    # Penalties of 1e-6 the typical eigenvalue hardly change a fit; the optimum may be far above.
    flat = np.array([[0.1], [0.1 + 1e-7]])
    more, asking = further(np.array([1e-7, 1e-6]), flat, EVERYWHERE)
    assert more.size == 3
    assert asking.all()
    more, _ = further(np.array([100.0, 1000.0]), flat[::-1], EVERYWHERE)
    assert more.size == 3


def test_both_edges_are_extended_by_the_grids_own_steps():
    score = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    more, asking = further(np.array([1.0, 2.0, 8.0]), score, EVERYWHERE)
    np.testing.assert_allclose(more, [0.5, 0.25, 0.125, 32.0, 128.0, 512.0])
    assert asking.all()


def test_bounds_hold():
    score = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    more, asking = further(np.array([1.0, 2.0, 4.0]), score, (1.0, 0.5))
    np.testing.assert_allclose(more, [0.5, 0.25, 0.125])
    np.testing.assert_array_equal(asking, [True, False])


def test_a_single_penalty_is_taken_as_it_is():
    x, y = ridge_oracle.problem(40, 5)
    fit = ridge_cv(x, y, 3.0, block_folds(np.arange(40), 4), extend_alphas=True)
    np.testing.assert_array_equal(fit.alphas, [3.0])
    np.testing.assert_array_equal(fit.at_edge, 0)


def test_blocks_of_targets_change_nothing_even_when_the_grid_grows():
    x, y = ridge_oracle.problem(60, 8, t=9, noise=20.0)
    folds = block_folds(np.arange(60), 3)
    whole = ridge_cv(x, y, [0.1, 1.0], folds, extend_alphas=True)
    parts = ridge_cv(x, y, [0.1, 1.0], folds, extend_alphas=True, max_bytes=1500)
    np.testing.assert_array_equal(whole.alphas, parts.alphas)
    np.testing.assert_array_equal(whole.best, parts.best)
    np.testing.assert_allclose(whole.coef, parts.coef, atol=1e-12)
    np.testing.assert_allclose(whole.scores.r2, parts.scores.r2, atol=1e-12)


def test_penalties_are_sorted_and_unique():
    np.testing.assert_array_equal(as_alphas([10, 0.1, 10]), [0.1, 10.0])


@pytest.mark.parametrize("alphas", [[], [0.0], [-1.0], [np.nan], [np.inf], "", None, [[1, 2], "a"]])
def test_penalties_that_are_none_are_refused(alphas):
    with pytest.raises(OptionError, match="alphas"):
        as_alphas(alphas)
