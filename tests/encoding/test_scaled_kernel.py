"""More features than rows, scaled in each fold: against pipelines of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neurokit.encoding import RidgeEncoder
from neurokit.encoding.folds import block_folds
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.encoding.scaled_kernel import ScaledKernelFolds, scales

N, P = 24, 50
ALPHAS = np.array([0.3, 30.0])


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, P)) * np.geomspace(1e-3, 1e3, P) + 5.0
    y = x[:, 25:28] + rng.standard_normal((N, 3))
    return x, y


def folded(x, folds, **options):
    found = FoldedRidge(x, folds, standardize=True, **options)
    assert isinstance(found.solver, ScaledKernelFolds)
    return found


def pipeline(x, y, alpha):
    return make_pipeline(StandardScaler(), Ridge(alpha, solver="svd")).fit(x, y)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("gap", [0, 2])
def test_predictions_are_those_of_a_scaler_and_ridge(data, alpha, gap):
    x, y = data
    folds = block_folds(np.arange(N), 4, gap)
    found = folded(x, folds).held_out(y, alpha)
    for train, test in folds:
        peer = pipeline(x[train], y[train], alpha).predict(x[test])
        np.testing.assert_allclose(found[test], peer, atol=1e-8)


def test_predictions_are_those_of_kernel_ridge_on_centred_scaled_rows(data):
    x, y = data
    train, test = np.arange(6, N), np.arange(6)
    found = folded(x, [(train, test)]).held_out(y, 3.0)
    mean, sd, level = x[train].mean(axis=0), x[train].std(axis=0), y[train].mean(axis=0)
    peer = KernelRidge(alpha=3.0).fit((x[train] - mean) / sd, y[train] - level)
    np.testing.assert_allclose(found[test], peer.predict((x[test] - mean) / sd) + level, atol=1e-8)
    assert np.isnan(found[train]).all()


def test_weights_of_all_rows_are_in_the_units_of_the_features(data):
    x, y = data
    coef, intercept = folded(x, block_folds(np.arange(N), 4)).coefficients(y, 2.0)
    peer = pipeline(x, y, 2.0)
    scaler, ridge = peer.steps[0][1], peer.steps[1][1]
    expected = (ridge.coef_ / scaler.scale_).T
    np.testing.assert_allclose(coef, expected, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(x @ coef + intercept, peer.predict(x), atol=1e-8)


def test_every_target_may_have_its_own_penalty(data):
    x, y = data
    alpha = np.array([0.1, 10.0, 1e4])
    solver = folded(x, block_folds(np.arange(N), 4))
    coef, intercept = solver.coefficients(y, alpha)
    for k, one in enumerate(alpha):
        single, at_zero = solver.coefficients(y[:, k : k + 1], one)
        np.testing.assert_allclose(coef[:, k], single[:, 0], rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(intercept[k], at_zero[0], rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_units_of_features_change_nothing(data, scale):
    x, y = data
    folds = block_folds(np.arange(N), 4)
    plain = folded(x, folds).scores(y, ALPHAS)
    other = folded(x * scale, folds).scores(y, ALPHAS)
    np.testing.assert_allclose(other.r2, plain.r2, atol=1e-9)


def test_units_differ_from_feature_to_feature_without_a_trace(data):
    x, y = data
    folds = block_folds(np.arange(N), 4)
    units = np.geomspace(1e-9, 1e9, P)[np.random.default_rng(1).permutation(P)]
    plain, other = (folded(values, folds).scores(y, ALPHAS) for values in (x, x * units))
    np.testing.assert_allclose(other.r2, plain.r2, atol=1e-8)


def test_features_that_do_not_vary_in_training_take_no_part(data):
    x, y = data
    folds = block_folds(np.arange(N), 4)
    x = np.column_stack([x, np.full(N, 9.0), np.r_[np.arange(6.0), np.full(N - 6, 2.0)]])
    found = folded(x, folds[:1]).held_out(y, 3.0)
    train, test = folds[0]
    without = pipeline(x[train][:, :P], y[train], 3.0).predict(x[test][:, :P])
    np.testing.assert_allclose(found[test], without, atol=1e-8)


def test_a_constant_target_is_predicted_by_itself(data):
    x, _ = data
    y = np.full((N, 2), 7.25)
    solver = folded(x, block_folds(np.arange(N), 4))
    coef, intercept = solver.coefficients(y, 1.0)
    np.testing.assert_array_equal(coef, 0.0)
    np.testing.assert_allclose(intercept, 7.25)
    scores = solver.scores(y, ALPHAS)
    np.testing.assert_array_equal(scores.r2, 0.0)
    np.testing.assert_array_equal(scores.mse, 0.0)


def test_pooled_scores_are_of_the_predictions_of_all_folds(data):
    x, y = data
    folds = block_folds(np.arange(N), 4)
    pooled = folded(x, folds, average="pooled").scores(y, np.array([3.0]))
    p = folded(x, folds).held_out(y, 3.0)
    np.testing.assert_allclose(pooled.r2[0], ridge_oracle.r_squared(p, y), atol=1e-9)
    np.testing.assert_allclose(pooled.r[0], ridge_oracle.correlation(p, y), atol=1e-9)


def test_penalties_of_folds_go_to_their_folds(data):
    x, y = data
    folds = block_folds(np.arange(N), 3)
    alpha = np.array([[0.1, 1.0, 10.0], [100.0, 0.5, 1.0], [3.0, 3.0, 0.01]])
    found = folded(x, folds).held_out(y, alpha)
    for k, (train, test) in enumerate(folds):
        for j in range(3):
            peer = pipeline(x[train], y[train, j], alpha[k, j]).predict(x[test])
            np.testing.assert_allclose(found[test, j], peer, atol=1e-7)


def test_mixed_precision_stays_near_double(data):
    x, y = data
    folds = block_folds(np.arange(N), 4)
    double = folded(x, folds).scores(y, ALPHAS)
    mixed = folded(x, folds, precision="mixed").scores(y, ALPHAS)
    np.testing.assert_allclose(mixed.r2, double.r2, atol=1e-5)


def test_blocks_of_targets_and_stores_change_nothing(data):
    import dask.array as da

    x, y = data
    solver = folded(x, block_folds(np.arange(N), 4))
    whole = solver.scores(y, ALPHAS)
    lazy = solver.scores(da.from_array(y, chunks=(5, 2)), ALPHAS)
    np.testing.assert_array_equal(whole.r2, lazy.r2)
    columns = [solver.reduce(held, ALPHAS).r2 for _, held in solver.load(y, max_bytes=1.0)]
    assert len(columns) == 3
    np.testing.assert_allclose(np.hstack(columns), whole.r2, atol=1e-12)


def test_the_estimator_scales_as_the_pipeline_does(data):
    x, y = data
    model = RidgeEncoder((5.0,), standardize=True, cv=4).fit(x, y)
    peer = pipeline(x, y, 5.0)
    np.testing.assert_allclose(model.predict(x), peer.predict(x), atol=1e-8)
    again = RidgeEncoder((5.0,), standardize=True, cv=4).fit(x, y)
    assert again.coef_.values.tobytes() == model.coef_.values.tobytes()


@pytest.mark.parametrize("level", [0.0, 1.0, 1e5])
def test_spread_is_that_of_numpy_and_infinite_without_variation(level):
    x = np.random.default_rng(0).standard_normal((9, 4)) + level
    x[:, 2] = level
    found = scales(x)
    np.testing.assert_allclose(found[[0, 1, 3]], x[:, [0, 1, 3]].std(axis=0), rtol=1e-6)
    assert found[2] == np.inf


def test_one_row_does_not_vary():
    np.testing.assert_array_equal(scales(np.array([[1.0, -2.0, 0.0]])), np.inf)
