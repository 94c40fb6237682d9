"""Leaving blocks out: the closed form e / (1 - h), explicit loops, ranks, levels, row order."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneGroupOut, LeaveOneOut, cross_val_predict

from neurokit.encoding.backends import Backend
from neurokit.encoding.block_loo import BlockFolds, BlockTargets
from neurokit.encoding.folds import as_folds, block_folds
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.errors import SchemaError


def block_of(x, folds):
    return BlockFolds(x - x.mean(axis=0), as_folds(folds, len(x)), Backend())


def one_out(n):
    return list(LeaveOneOut().split(np.zeros((n, 1))))


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(("n", "p"), [(25, 4), (12, 30), (15, 14)])
def test_one_row_at_a_time_is_its_residual_over_one_less_its_leverage(n, p, alpha):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((n, p)), rng.standard_normal((n, 3))
    centred = x - x.mean(axis=0)
    hat = 1.0 / n + centred @ np.linalg.solve(centred.T @ centred + alpha * np.eye(p), centred.T)
    expected = (y - hat @ y) / (1.0 - np.diag(hat))[:, None]
    folds = block_of(x, one_out(n))
    about = y - y.mean(axis=0)
    found = folds.residuals(about, folds.u.T @ about, alpha)
    np.testing.assert_allclose(found, expected, atol=1e-7)


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000), wide=st.booleans())
def test_groups_of_any_size_are_cross_val_predict(seed, wide):
    rng = np.random.default_rng(seed)
    n, p = 24, 40 if wide else 5
    x, y = rng.standard_normal((n, p)) + 3, rng.standard_normal((n, 2)) - 8
    groups = rng.integers(0, 6, n)
    if np.unique(groups).size < 2:
        return
    folds = list(LeaveOneGroupOut().split(x, groups=groups))
    found = FoldedRidge(x, folds, method="block").held_out(y, 2.0)
    peer = cross_val_predict(Ridge(2.0, solver="svd"), x, y, groups=groups, cv=LeaveOneGroupOut())
    np.testing.assert_allclose(found, peer, atol=1e-8)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    x, y = ridge_oracle.problem(20, 6)
    groups = np.repeat(np.arange(5), 4)
    order = rng.permutation(20)

    def predict(rows):
        folds = [
            (np.flatnonzero(groups[rows] != g), np.flatnonzero(groups[rows] == g)) for g in range(5)
        ]
        return FoldedRidge(x[rows], folds, method="block").held_out(y[rows], 1.0)

    np.testing.assert_allclose(predict(order), predict(np.arange(20))[order], atol=1e-9)


@pytest.mark.parametrize("rank", [1, 3])
def test_features_of_low_rank_are_solved_in_their_span(rank):
    rng = np.random.default_rng(rank)
    x = rng.standard_normal((30, rank)) @ rng.standard_normal((rank, 9))
    y = rng.standard_normal((30, 2))
    folds = block_folds(np.arange(30), 6)
    solver = block_of(x, folds)
    assert solver.data.size == rank
    found = FoldedRidge(x, folds, method="block").held_out(y, 0.5)
    np.testing.assert_allclose(found, ridge_oracle.held_out(x, y, 0.5, folds), atol=1e-8)


def test_features_that_do_not_vary_predict_the_mean_of_the_other_rows():
    y = np.random.default_rng(0).standard_normal((12, 2))
    folds = block_folds(np.arange(12), 4)
    found = FoldedRidge(np.full((12, 3), 5.0), folds, method="block").held_out(y, 1.0)
    for train, test in folds:
        np.testing.assert_allclose(found[test], np.tile(y[train].mean(axis=0), (3, 1)), atol=1e-12)


def test_a_huge_penalty_predicts_the_mean_and_a_tiny_one_least_squares():
    x, y = ridge_oracle.problem(40, 3)
    y = y[:, :2]
    folds = block_folds(np.arange(40), 8)
    solver = FoldedRidge(x, folds, method="block")
    mean, free = solver.held_out(y, 1e14), solver.held_out(y, 1e-10)
    for train, test in folds:
        np.testing.assert_allclose(mean[test], np.tile(y[train].mean(axis=0), (5, 1)), atol=1e-6)
        design = np.column_stack([np.ones(35), x[train]])
        weights = np.linalg.lstsq(design, y[train], rcond=None)[0]
        np.testing.assert_allclose(
            free[test], np.column_stack([np.ones(5), x[test]]) @ weights, atol=1e-6
        )


@pytest.mark.parametrize("level", [1e3, 1e6])
def test_levels_of_features_and_targets_change_no_residual(level):
    x, y = ridge_oracle.problem(30, 5)
    folds = block_folds(np.arange(30), 6)
    plain = FoldedRidge(x, folds, method="block").held_out(y, 1.0)
    moved = FoldedRidge(x + level, folds, method="block").held_out(y - level, 1.0)
    np.testing.assert_allclose(moved + level, plain, atol=1e-8 * level / 100)


def test_rows_that_no_fold_tests_have_no_residual():
    x, y = ridge_oracle.problem(20, 4)
    folds = [(np.arange(8, 20), np.arange(4)), (np.r_[0:10, 16:20], np.arange(12, 16))]
    found = FoldedRidge(x, folds, method="block").held_out(y, 1.0)
    assert np.isnan(found[4:12]).all()
    assert np.isnan(found[16:]).all()
    for train, test in folds:
        expected = ridge_oracle.fit_predict(x[train], y[train], x[test], 1.0)
        np.testing.assert_allclose(found[test], expected, atol=1e-9)


def test_pooled_sums_are_those_of_all_folds_merged():
    x, y = ridge_oracle.problem(21, 4)
    folds = block_folds(np.arange(21), 7)
    solver = block_of(x, folds)
    held = BlockTargets(solver, y)
    alphas = np.array([0.1, 10.0])
    total, *rest = held.held_out_sums(alphas)
    for one in rest:
        total = total.merged(one)
    pooled = held.pooled_sums(alphas)
    np.testing.assert_allclose(pooled.scores().r2, total.scores().r2, atol=1e-10)
    np.testing.assert_allclose(pooled.scores().mse, total.scores().mse, rtol=1e-10)
    assert pooled.n == total.n == 21


def test_a_constant_target_is_predicted_exactly_and_scores_zero():
    x, _ = ridge_oracle.problem(20, 4)
    y = np.column_stack([np.full(20, 1e5 / 3), np.zeros(20)])
    solver = FoldedRidge(x, block_folds(np.arange(20), 5), method="block")
    np.testing.assert_allclose(solver.held_out(y, 1.0), y, rtol=1e-14)
    scores = solver.scores(y, np.array([1.0]))
    np.testing.assert_array_equal(scores.r2, 0.0)
    np.testing.assert_array_equal(scores.r, 0.0)


def test_penalties_seen_before_are_not_inverted_again(monkeypatch):
    x, y = ridge_oracle.problem(24, 5)
    solver = FoldedRidge(x, block_folds(np.arange(24), 6), method="block")
    first = solver.scores(y, np.array([1.0, 2.0]))
    monkeypatch.setattr(np.linalg, "inv", lambda *_: pytest.fail("inverted again"))
    again = solver.scores(np.roll(y, 3, axis=0), np.array([2.0, 1.0]))
    assert first.r2.shape == again.r2.shape
    np.testing.assert_array_equal(solver.scores(y, np.array([2.0, 1.0])).r2, first.r2[::-1])


def test_the_target_is_not_changed_and_missing_values_are_refused():
    x, y = ridge_oracle.problem(20, 4)
    copy = y.copy()
    solver = FoldedRidge(x, block_folds(np.arange(20), 5), method="block")
    solver.scores(y, np.array([1.0]))
    np.testing.assert_array_equal(y, copy)
    y[3, 1] = np.inf
    with pytest.raises(SchemaError, match="Y: holds NaN or infinity"):
        solver.scores(y, np.array([1.0]))


@pytest.mark.parametrize("dtype", [int, bool, np.float32])
def test_targets_of_any_type_are_those_in_float64(dtype):
    x, y = ridge_oracle.problem(20, 4)
    y = (3 * y).astype(dtype)
    solver = FoldedRidge(x, block_folds(np.arange(20), 5), method="block")
    np.testing.assert_array_equal(
        solver.held_out(y, 1.0), solver.held_out(y.astype(np.float64), 1.0)
    )
