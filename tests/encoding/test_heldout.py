"""Scores from sums equal scores from predictions."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.heldout import (
    HeldOut,
    Scores,
    best_index,
    held_out_of,
    mean_scores,
    reduce_folds,
)


def pair(n=40, t=5, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal((n, t)) + 3
    return 0.7 * truth + rng.standard_normal((n, t)), truth


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scores_are_those_of_the_definitions(seed):
    p, y = pair(seed=seed)
    scores = held_out_of(p, y).scores()
    np.testing.assert_allclose(scores.r, ridge_oracle.correlation(p, y), atol=1e-13)
    np.testing.assert_allclose(scores.r2, ridge_oracle.r_squared(p, y), atol=1e-12)
    np.testing.assert_allclose(scores.mse, np.mean((p - y) ** 2, axis=0), atol=1e-12)


def test_many_predictions_of_one_truth_are_scored_at_once():
    p, y = pair()
    stack = np.stack([p, y, 2 * p + 1])
    scores = held_out_of(stack, y).scores()
    assert scores.r.shape == (3, 5)
    np.testing.assert_allclose(scores.r[1], 1.0)
    np.testing.assert_allclose(scores.r2[1], 1.0)
    np.testing.assert_allclose(scores.mse[1], 0.0, atol=1e-12)
    np.testing.assert_allclose(scores.r[2], scores.r[0])  # correlation knows no scale


@settings(max_examples=30, derandomize=True)
@given(
    cuts=st.lists(st.integers(1, 39), min_size=1, max_size=4, unique=True),
    seed=st.integers(0, 1000),
)
def test_pooled_parts_score_as_the_whole(cuts, seed):
    p, y = pair(seed=seed)
    parts = np.split(np.arange(40), sorted(cuts))
    folds = [held_out_of(p[part], y[part]) for part in parts]
    pooled = reduce_folds(iter(folds), pooled=True)
    whole = held_out_of(p, y).scores()
    for name in ("r", "r2", "mse"):
        np.testing.assert_allclose(getattr(pooled, name), getattr(whole, name), atol=1e-11)


def test_the_mean_over_folds_is_a_mean_of_scores():
    p, y = pair()
    folds = [held_out_of(p[:20], y[:20]), held_out_of(p[20:], y[20:])]
    found = reduce_folds(iter(folds), pooled=False)
    one, two = (fold.scores() for fold in folds)
    np.testing.assert_allclose(found.r2, (one.r2 + two.r2) / 2)
    np.testing.assert_allclose(mean_scores([one, two]).r, (one.r + two.r) / 2)


def test_a_target_that_does_not_vary_scores_zero():
    p, y = pair()
    y = y.copy()
    y[:, 1] = 0.3
    scores = held_out_of(p, y, floor=1e-12).scores()
    assert scores.r[1] == 0
    assert scores.r2[1] == 0
    assert scores.mse[1] > 0


def test_a_prediction_that_does_not_vary_correlates_zero():
    p, y = pair()
    scores = held_out_of(np.zeros_like(p), y).scores()
    np.testing.assert_array_equal(scores.r, 0.0)
    np.testing.assert_allclose(scores.r2, -len(y) * y.mean(0) ** 2 / (y.var(0) * len(y)))


def test_rounding_never_leaves_the_range_of_a_correlation():
    y = np.linspace(0, 1, 7)[:, None]
    scores = held_out_of(3.3 * y, y).scores()
    assert abs(float(scores.r[0])) <= 1.0


def test_more_is_better_for_every_metric():
    scores = Scores(np.array([0.5]), np.array([0.2]), np.array([3.0]))
    assert scores.get("r") == 0.5
    assert scores.get("r2") == 0.2
    assert scores.get("mse") == -3.0


def test_the_first_of_equals_is_best():
    score = np.array([[0.0, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 2.0, 1.0]])
    np.testing.assert_array_equal(best_index(score), [0, 1, 2])


def test_sums_about_different_means_pool_exactly():
    # Two test sets whose means are 1e6 apart: naive sums of squares would lose all digits.
    p, y = pair()
    far = HeldOut(
        20, *(x + 1e6 for x in (p[:20].mean(0), y[:20].mean(0))), *moments(p[:20], y[:20])
    )
    near = HeldOut(20, p[20:].mean(0), y[20:].mean(0), *moments(p[20:], y[20:]))
    r2 = far.merged(near).scores().r2
    shifted = np.vstack([p[:20] + 1e6, p[20:]]), np.vstack([y[:20] + 1e6, y[20:]])
    np.testing.assert_allclose(1 - r2, 1 - ridge_oracle.r_squared(*shifted), rtol=1e-3)


def moments(p, y):
    cp, cy = p - p.mean(0), y - y.mean(0)
    return (cp**2).sum(0), (cy**2).sum(0), (cp * cy).sum(0)
