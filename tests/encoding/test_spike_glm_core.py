"""The batched Newton solver against scikit-learn, scipy and by independence of neurons."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from neurokit.encoding.spike_design import standardise
from neurokit.encoding.spike_glm_core import conjugate_gradients, fit_glm, mean_rate


def _data(rng, n=2000, p=6, k=5, observation="poisson", scale=1.0):
    x = rng.normal(size=(n, p)) * scale + 0.3
    eta = x @ (rng.normal(size=(p, k)) * 0.3 / scale) - 1.0
    draw = rng.poisson if observation == "poisson" else lambda m: rng.random(m.shape) < m
    return x, draw(mean_rate(eta, observation)).astype(float)


def _fit(x, y, observation, alpha, own=None, **options):
    own = np.zeros((0, *y.shape)) if own is None else own
    standard, counts = standardise(x, own, y)
    fit = fit_glm(standard.design, counts, observation, alpha, **options)
    return *standard.to_units(fit.parameters), fit


@pytest.mark.parametrize("alpha", [0.0, 1e-3, 1.0])
def test_poisson_agrees_with_scikit_learn(alpha):
    x, y = _data(np.random.default_rng(0))
    intercept, weights, _, fit = _fit(x, y, "poisson", alpha)
    assert fit.converged.all()
    for k in range(y.shape[1]):
        # Newton's method of the peer, run to the end.
        peer = PoissonRegressor(alpha=alpha, solver="newton-cholesky", tol=1e-12, max_iter=200)
        peer.fit(x, y[:, k])
        np.testing.assert_allclose(weights[:, k], peer.coef_, atol=1e-8)
        assert intercept[k] == pytest.approx(peer.intercept_, abs=1e-8)


@pytest.mark.parametrize("alpha", [1e-3, 0.1])
def test_bernoulli_agrees_with_scikit_learn(alpha):
    x, y = _data(np.random.default_rng(1), observation="bernoulli")
    intercept, weights, _, _ = _fit(x, y, "bernoulli", alpha)
    for k in range(y.shape[1]):
        peer = LogisticRegression(
            C=1 / (alpha * len(x)), solver="newton-cholesky", tol=1e-12, max_iter=200
        ).fit(x, y[:, k])
        np.testing.assert_allclose(weights[:, k], peer.coef_[0], atol=1e-8)
        assert intercept[k] == pytest.approx(peer.intercept_[0], abs=1e-8)


@pytest.mark.parametrize("observation", ["poisson", "bernoulli"])
def test_a_neuron_does_not_depend_on_its_company(observation):
    x, y = _data(np.random.default_rng(2), k=30, observation=observation)
    y[:, 7] = np.random.default_rng(3).random(len(x)) < 0.01  # sparse beside busy ones
    _, together, _, _ = _fit(x, y, observation, 1e-3)
    for k in (0, 7, 29):
        _, alone, _, _ = _fit(x, y[:, [k]], observation, 1e-3)
        np.testing.assert_allclose(together[:, k], alone[:, 0], atol=1e-10)


def test_features_of_any_scale_give_the_same_rates():
    rng = np.random.default_rng(4)
    x, y = _data(rng)
    units = 10.0 ** np.array([-12, -6, 0, 3, 6, 9])
    intercept, weights, _, _ = _fit(x, y, "poisson", 0.0)
    scaled_intercept, scaled, _, fit = _fit(x * units, y, "poisson", 0.0)
    assert fit.converged.all()
    np.testing.assert_allclose(scaled * units[:, None], weights, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(scaled_intercept, intercept, atol=1e-8)


def test_constant_and_duplicate_columns_are_no_trouble():
    x, y = _data(np.random.default_rng(5))
    wide = np.column_stack([x, x[:, 0], np.full(len(x), 3.0)])
    _, weights, _, fit = _fit(wide, y, "poisson", 1e-2)
    assert fit.converged.all()
    np.testing.assert_allclose(weights[0], weights[-2], atol=1e-7)  # a ridge shares alike
    np.testing.assert_array_equal(weights[-1], 0.0)
    _, weights, _, fit = _fit(wide, y, "poisson", 0.0)
    assert fit.converged.all()
    _, plain, _, _ = _fit(x, y, "poisson", 0.0)
    np.testing.assert_allclose(weights[0] + weights[-2], plain[0], atol=1e-7)


def test_own_features_equal_a_fit_of_that_neuron_alone():
    rng = np.random.default_rng(6)
    x, y = _data(rng, k=3)
    own = rng.normal(size=(2, *y.shape)) + 1.0
    _, weights, filters, _ = _fit(x, y, "poisson", 1e-3, own=own)
    for k in range(3):
        both = np.column_stack([x, own[0, :, k], own[1, :, k]])
        _, alone, _, _ = _fit(both, y[:, [k]], "poisson", 1e-3)
        np.testing.assert_allclose(weights[:, k], alone[:6, 0], atol=1e-8)
        np.testing.assert_allclose(filters[:, k], alone[6:, 0], atol=1e-8)


def test_missing_bins_equal_bins_left_out():
    rng = np.random.default_rng(7)
    x, y = _data(rng, k=2)
    holes = rng.random(y.shape) < 0.3
    _, weights, _, _ = _fit(x, np.where(holes, np.nan, y), "poisson", 1e-2)
    for k in range(2):
        seen = ~holes[:, k]
        _, alone, _, _ = _fit(x[seen], y[seen][:, [k]], "poisson", 1e-2)
        np.testing.assert_allclose(weights[:, k], alone[:, 0], atol=1e-8)


def test_an_ill_conditioned_design_reaches_the_optimum():
    rng = np.random.default_rng(8)
    x, y = _data(rng, p=4, k=2)
    x = np.column_stack([x, x[:, 0] + 1e-4 * rng.normal(size=len(x))])
    intercept, weights, _, fit = _fit(x, y, "poisson", 1e-8)
    assert fit.converged.all()

    def objective(theta):
        eta = theta[0] + x @ theta[1:]
        return np.mean(np.exp(eta) - y[:, 0] * eta) + 0.5e-8 * (theta[1:] ** 2).sum()

    def slope(theta):
        residual = (np.exp(theta[0] + x @ theta[1:]) - y[:, 0]) / len(x)
        return np.concatenate([[residual.sum()], x.T @ residual + 1e-8 * theta[1:]])

    found = np.concatenate([intercept[:1], weights[:, 0]])
    peer = minimize(objective, found, jac=slope, method="BFGS", options={"gtol": 1e-10})
    assert objective(found) <= peer.fun + 1e-12
    assert np.abs(slope(found)).max() < 1e-8


def test_extreme_counts_do_not_overflow():
    x = np.linspace(-1, 1, 200)[:, None]
    y = np.where(x > 0.9, 1e6, 0.0)
    intercept, weights, _, fit = _fit(x, y, "poisson", 1e-3)
    assert fit.converged.all()
    assert np.isfinite(weights).all()
    assert np.exp(intercept + x @ weights).sum() == pytest.approx(y.sum(), rel=1e-6)


def test_no_feature_at_all_gives_the_mean_rate():
    y = np.random.default_rng(9).poisson(0.7, size=(500, 2)).astype(float)
    intercept, weights, _, fit = _fit(np.zeros((500, 0)), y, "poisson", 1.0)
    assert weights.shape == (0, 2)
    assert fit.converged.all()
    np.testing.assert_allclose(np.exp(intercept), y.mean(axis=0))


def test_too_few_steps_are_said_not_hidden():
    x, y = _data(np.random.default_rng(10))
    _, _, _, fit = _fit(x, y * 40, "poisson", 0.0, max_iter=1)
    assert not fit.converged.any()
    assert (fit.n_iter == 1).all()


def test_an_interrupted_fit_keeps_the_best_so_far(monkeypatch):
    from neurokit.encoding import spike_glm_core

    x, y = _data(np.random.default_rng(11))
    calls = []

    def interrupting(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return conjugate_gradients(*arguments)

    monkeypatch.setattr(spike_glm_core, "conjugate_gradients", interrupting)
    _, weights, _, fit = _fit(x, y, "poisson", 1e-3)
    assert fit.interrupted
    assert not fit.converged.all()
    assert np.abs(weights).max() > 0


def test_blocks_of_neurons_change_nothing(monkeypatch):
    from neurokit.encoding import spike_glm_core

    x, y = _data(np.random.default_rng(12), k=20)
    _, whole, _, _ = _fit(x, y, "poisson", 1e-3)
    monkeypatch.setattr(spike_glm_core, "BLOCK_ENTRIES", 1)  # blocks of 8
    _, parts, _, _ = _fit(x, y, "poisson", 1e-3)
    np.testing.assert_allclose(whole, parts, atol=1e-10)


def test_conjugate_gradients_solve_every_column():
    rng = np.random.default_rng(13)
    roots = rng.normal(size=(4, 8, 8))
    matrices = roots @ roots.transpose(0, 2, 1) + np.eye(8)
    b = rng.normal(size=(8, 4))
    solved = conjugate_gradients(
        lambda p: np.einsum("kij,jk->ik", matrices, p), lambda r: r, b, np.full(4, 1e-12)
    )
    expected = np.linalg.solve(matrices, b.T[..., None])[..., 0].T
    np.testing.assert_allclose(solved, expected, atol=1e-9)
