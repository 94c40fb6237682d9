"""The ridge core against explicit refits: every shape, every kind of fold, every method."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.folds import as_folds, block_folds
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.errors import OptionError

ALPHAS = np.logspace(-1, 5, 7)


def assert_same(found, expected, tol=1e-8):
    for name in ("r", "r2"):
        np.testing.assert_allclose(getattr(found, name), expected[name], atol=tol)
    np.testing.assert_allclose(found.mse, expected["mse"], rtol=tol, atol=tol)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize(("n", "p"), [(120, 30), (40, 90), (60, 60), (30, 50), (12, 3)])
@pytest.mark.parametrize("gap", [0, 2])
def test_scores_equal_refits_for_every_shape(n, p, gap, standardize):
    x, y = ridge_oracle.problem(n, p)
    folds = block_folds(np.arange(n), 3, gap)
    found = FoldedRidge(x, folds, standardize=standardize).scores(y, ALPHAS)
    assert_same(found, ridge_oracle.fold_scores(x, y, ALPHAS, folds, standardize))


@pytest.mark.parametrize("method", ["primal", "kernel", "block"])
@pytest.mark.parametrize(("n", "p"), [(50, 12), (30, 70)])
def test_every_method_gives_the_same_numbers(n, p, method):
    x, y = ridge_oracle.problem(n, p)
    folds = block_folds(np.arange(n), 4)
    found = FoldedRidge(x, folds, method=method).scores(y, ALPHAS)
    assert_same(found, ridge_oracle.fold_scores(x, y, ALPHAS, folds))


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("method", ["primal", "kernel"])
@pytest.mark.parametrize(("n", "p"), [(50, 12), (30, 70), (40, 40)])
def test_weights_equal_refits_of_all_rows(n, p, method, standardize):
    x, y = ridge_oracle.problem(n, p)
    folded = FoldedRidge(x, block_folds(np.arange(n), 4), method=method, standardize=standardize)
    for alpha in (0.1, 100.0):
        coef, intercept = folded.coefficients(y, alpha)
        expected, at_zero = ridge_oracle.coefficients(x, y, alpha, standardize)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(coef, expected, atol=1e-9 * scale)
        np.testing.assert_allclose(intercept, at_zero, atol=1e-8)


@pytest.mark.parametrize(("n", "p"), [(50, 12), (30, 70), (40, 40)])
def test_the_oracle_is_scikit_learns_ridge(n, p):
    from sklearn.linear_model import Ridge

    x, y = ridge_oracle.problem(n, p)
    for alpha in (0.1, 100.0):
        peer = Ridge(alpha, solver="svd").fit(x, y)
        coef, intercept = ridge_oracle.coefficients(x, y, alpha)
        np.testing.assert_allclose(coef.T, peer.coef_, atol=1e-10)
        np.testing.assert_allclose(intercept, peer.intercept_, atol=1e-10)


def random_folds(n, rng, n_folds):
    """Overlapping test sets, training sets that leave out, repeat or are tiny."""
    found = []
    for _ in range(n_folds):
        order = rng.permutation(n)
        n_test = int(rng.integers(4, n // 2))
        train = order[n_test : n_test + int(rng.integers(6, n - n_test + 1))]
        if rng.random() < 0.5:
            train = rng.choice(train, train.size)
        found.append((np.sort(train), np.sort(order[:n_test])))
    return found


@settings(max_examples=25, derandomize=True)
@given(seed=st.integers(0, 10_000), wide=st.booleans(), standardize=st.booleans())
def test_any_folds_equal_refits(seed, wide, standardize):
    rng = np.random.default_rng(seed)
    n, p = 36, 50 if wide else 7
    x, y = rng.standard_normal((n, p)), rng.standard_normal((n, 3))
    folds = random_folds(n, rng, 3)
    alphas = np.array([0.3, 30.0])
    found = FoldedRidge(x, folds, standardize=standardize).scores(y, alphas)
    assert_same(found, ridge_oracle.fold_scores(x, y, alphas, folds, standardize))


def test_grouped_folds_equal_refits():
    x, y = ridge_oracle.problem(60, 10)
    group = np.repeat(np.arange(6), 10)[np.random.default_rng(0).permutation(60)]
    folds = [(np.flatnonzero(group != g), np.flatnonzero(group == g)) for g in range(6)]
    found = FoldedRidge(x, folds).scores(y, ALPHAS)
    assert_same(found, ridge_oracle.fold_scores(x, y, ALPHAS, folds))


@pytest.mark.parametrize("offset", [1e3, 1e6])
@pytest.mark.parametrize(("n", "p"), [(80, 10), (30, 60)])
def test_offsets_change_no_score(n, p, offset):
    x, y = ridge_oracle.problem(n, p)
    folds = block_folds(np.arange(n), 4, 1)
    plain = FoldedRidge(x, folds).scores(y, ALPHAS)
    moved = FoldedRidge(x + offset, folds).scores(y + offset, ALPHAS)
    np.testing.assert_allclose(moved.r2, plain.r2, atol=1e-6)
    np.testing.assert_allclose(moved.r, plain.r, atol=1e-6)
    np.testing.assert_allclose(moved.mse, plain.mse, rtol=1e-6)


def test_rows_left_out_that_outweigh_the_others_cost_no_digits():
    # An artefact of 1e6 standard deviations in the test block: subtracting its Gram would leave
    # four digits of the training Gram.
    x, y = ridge_oracle.problem(80, 6)
    x[:20] *= 1e6
    folds = block_folds(np.arange(80), 4)
    found = FoldedRidge(x, folds).fold_scores(y, np.array([1.0]))[0]
    train, test = folds[0]
    p = ridge_oracle.fit_predict(x[train], y[train], x[test], 1.0)
    np.testing.assert_allclose(found.r[0], ridge_oracle.correlation(p, y[test]), atol=1e-9)
    np.testing.assert_allclose(found.mse[0], np.mean((p - y[test]) ** 2, axis=0), rtol=1e-9)


def test_a_feature_that_varies_in_one_fold_only_is_no_danger():
    x, y = ridge_oracle.problem(60, 5)
    x[:, 0] = 0.1
    x[:15, 0] = np.random.default_rng(0).standard_normal(15) + 5
    folds = block_folds(np.arange(60), 4)
    found = FoldedRidge(x, folds).scores(y, ALPHAS)
    assert_same(found, ridge_oracle.fold_scores(x, y, ALPHAS, folds))


def test_a_target_that_varies_in_one_fold_only_scores_zero_elsewhere():
    x, y = ridge_oracle.problem(60, 5)
    y[:, 0] = 0.0
    y[:15, 0] = 1 + np.random.default_rng(0).standard_normal(15)
    scores = FoldedRidge(x, block_folds(np.arange(60), 4)).fold_scores(y, ALPHAS)
    assert np.all(scores[0].r[:, 0] == 0)  # trained on a constant: the prediction is constant
    for one in scores[1:]:
        assert np.all(one.r2[:, 0] == 0)
        assert np.all(one.r[:, 0] == 0)


def test_targets_of_tiny_units_are_no_constants():
    # Magnetic fields are 1e-13 T.
    x, y = ridge_oracle.problem(60, 5)
    folds = block_folds(np.arange(60), 4)
    plain = FoldedRidge(x, folds).scores(y, ALPHAS)
    tiny = FoldedRidge(x, folds).scores(1e-13 * y, ALPHAS)
    np.testing.assert_allclose(tiny.r2, plain.r2, atol=1e-10)


def test_held_out_predictions_are_those_of_refits():
    x, y = ridge_oracle.problem(50, 8)
    folds = block_folds(np.arange(50), 5, 1)
    found = FoldedRidge(x, folds).held_out(y, 2.0)
    np.testing.assert_allclose(found, ridge_oracle.held_out(x, y, 2.0, folds), atol=1e-10)


def test_rows_never_tested_have_no_prediction_and_rows_tested_twice_a_mean():
    x, y = ridge_oracle.problem(30, 4)
    folds = as_folds([(np.arange(10), np.arange(10, 20)), (np.arange(15), np.arange(15, 25))], 30)
    found = FoldedRidge(x, folds).held_out(y, 1.0)
    assert np.isnan(found[:10]).all()
    assert np.isnan(found[25:]).all()
    one = ridge_oracle.fit_predict(x[:10], y[:10], x[15:20], 1.0)
    two = ridge_oracle.fit_predict(x[:15], y[:15], x[15:20], 1.0)
    np.testing.assert_allclose(found[15:20], (one + two) / 2, atol=1e-10)


@pytest.mark.parametrize("wide", [False, True])
def test_penalties_may_differ_from_fold_to_fold(wide):
    x, y = ridge_oracle.problem(40, 60 if wide else 6)
    folds = block_folds(np.arange(40), 4)
    alpha = np.random.default_rng(0).choice([0.1, 1.0, 10.0], (4, y.shape[1]))
    for standardize in (False, True):
        found = FoldedRidge(x, folds, standardize=standardize).held_out(y, alpha)
        for k, (train, test) in enumerate(folds):
            for j, a in enumerate(alpha[k]):
                p = ridge_oracle.fit_predict(x[train], y[train, j : j + 1], x[test], a, standardize)
                np.testing.assert_allclose(found[test, j], p[:, 0], atol=1e-8)


def test_targets_cost_no_further_decomposition(monkeypatch):
    x, y = ridge_oracle.problem(50, 8)
    folded = FoldedRidge(x, block_folds(np.arange(50), 5))
    folded.scores(y, ALPHAS)
    monkeypatch.setattr(np.linalg, "eigh", lambda *_: pytest.fail("decomposed again"))
    folded.scores(np.roll(y, 7, axis=0), ALPHAS)
    folded.held_out(np.roll(y, 9, axis=0), 1.0)


def test_mixed_precision_is_double_where_float32_is_unsafe():
    rng = np.random.default_rng(0)
    n, p = 120, 20
    u, _ = np.linalg.qr(rng.standard_normal((n, p)))
    x = u * np.logspace(0, -6, p)  # condition 1e6
    y = x @ rng.standard_normal((p, 3)) + 0.01 * rng.standard_normal((n, 3))
    folds, alphas = block_folds(np.arange(n), 4), np.logspace(-14, 2, 17)
    exact = FoldedRidge(x, folds).scores(y, alphas)
    mixed = FoldedRidge(x, folds, precision="mixed").scores(y, alphas)
    # Plain float32 is off by more than 1 here at the smallest penalties (measured 74 at most).
    np.testing.assert_allclose(mixed.r2, exact.r2, rtol=2e-6, atol=2e-6)


def test_workers_change_no_byte():
    x, y = ridge_oracle.problem(60, 10)
    folds = block_folds(np.arange(60), 6)
    one = FoldedRidge(x, folds).scores(y, ALPHAS)
    three = FoldedRidge(x, folds, n_jobs=3).scores(y, ALPHAS)
    assert one.r2.tobytes() == three.r2.tobytes()
    assert one.r.tobytes() == three.r.tobytes()


def test_pooled_scores_are_of_all_held_out_rows_together():
    x, y = ridge_oracle.problem(50, 6)
    y = y[:, :-1]
    folds = block_folds(np.arange(50), 5)
    found = FoldedRidge(x, folds, average="pooled").scores(y, np.array([1.0]))
    p = ridge_oracle.held_out(x, y, 1.0, folds)
    np.testing.assert_allclose(found.r2[0], ridge_oracle.r_squared(p, y), atol=1e-10)
    np.testing.assert_allclose(found.r[0], ridge_oracle.correlation(p, y), atol=1e-10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "dual"}, "method"),
        ({"precision": "half"}, "precision"),
        ({"average": "median"}, "average"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
)
def test_wrong_options_are_refused(options, message):
    x, _ = ridge_oracle.problem(20, 3)
    with pytest.raises(OptionError, match=message):
        FoldedRidge(x, block_folds(np.arange(20), 4), **options)
