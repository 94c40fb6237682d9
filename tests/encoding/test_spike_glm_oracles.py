"""Spike GLMs on explicit designs: scikit-learn, scipy, gradients of the written likelihood."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.linalg import toeplitz
from scipy.optimize import approx_fprime, minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from neurokit.encoding import SpikeGLM
from neurokit.encoding.spike_design import standardise
from neurokit.encoding.spike_glm_core import _Block, _State
from neurokit.signal.bases import raised_cosines


def trains(n=1500, k=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    y = np.zeros((n, k))
    for t in range(n):
        drive = -1.5 + 0.4 * x[t] @ [[1.0, 0.0, -1.0], [0.5, 1.0, 0.0]]
        if t:
            drive = drive - 1.0 * y[t - 1]
        y[t] = rng.random(k) < expit(drive)
    return x, y


def lagged(train, n_lags):
    """Spikes 1, 2, ... bins before; rows without a known past left out."""
    matrix = toeplitz(np.r_[0.0, train[:-1]], np.zeros(n_lags))
    return matrix[n_lags:]


@pytest.mark.parametrize("observation", ["poisson", "bernoulli"])
def test_histories_in_single_bins_are_a_lagged_matrix_for_scikit_learn(observation):
    x, y = trains()
    model = SpikeGLM(observation, alpha=0.01, history=4, basis="bins", tol=1e-10).fit(x, y)
    for k in range(3):
        features = np.hstack([x[4:], lagged(y[:, k], 4)])
        if observation == "poisson":
            peer = PoissonRegressor(alpha=0.01, tol=1e-10, max_iter=5000)
        else:
            peer = LogisticRegression(C=1 / (0.01 * len(features)), tol=1e-10, max_iter=5000)
        peer.fit(features, y[4:, k])
        weights = np.ravel(peer.coef_)
        np.testing.assert_allclose(model.coef_[:, k], weights[:2], atol=2e-5)
        np.testing.assert_allclose(model.history_filter_[:, k], weights[2:], atol=2e-5)
        np.testing.assert_allclose(model.intercept_[k], np.ravel(peer.intercept_)[0], atol=2e-5)


def test_couplings_are_lagged_matrices_of_all_neurons():
    x, y = trains()
    model = SpikeGLM(alpha=0.01, history=3, coupling=True, basis="bins", tol=1e-10).fit(x, y)
    features = np.hstack([x[3:], *(lagged(y[:, j], 3) for j in range(3))])
    for k in range(3):
        peer = PoissonRegressor(alpha=0.01, tol=1e-10, max_iter=5000).fit(features, y[3:, k])
        np.testing.assert_allclose(
            model.coupling_filter_[:, :, k].T.values.ravel(), peer.coef_[2:], atol=2e-5
        )


def test_a_basis_is_a_constraint_on_the_filter():
    x, y = trains()
    model = SpikeGLM(alpha=0.0, history=12, n_basis=3, tol=1e-10).fit(x, y)
    basis = raised_cosines(3, 12, spacing="log")
    for k in range(3):
        features = np.hstack([x[12:], lagged(y[:, k], 12) @ basis])
        peer = PoissonRegressor(alpha=0.0, tol=1e-10, max_iter=5000).fit(features, y[12:, k])
        np.testing.assert_allclose(model.history_filter_[:, k], basis @ peer.coef_[2:], atol=2e-4)


@pytest.mark.parametrize("observation", ["poisson", "bernoulli"])
def test_no_general_minimiser_goes_lower(observation):
    x, y = trains(n=400)
    alpha = 0.05
    model = SpikeGLM(observation, alpha=alpha, tol=1e-10).fit(x, y)

    def objective(w, counts):
        eta = w[0] + x @ w[1:]
        log_norm = np.exp(eta) if observation == "poisson" else np.logaddexp(0, eta)
        return np.mean(log_norm - counts * eta) + alpha / 2 * np.sum(w[1:] ** 2)

    for k in range(3):
        found = np.r_[model.intercept_.values[k], model.coef_.values[:, k]]
        best = minimize(objective, np.zeros(3), args=(y[:, k],), tol=1e-12)
        assert objective(found, y[:, k]) <= best.fun + 1e-12
        np.testing.assert_allclose(found, best.x, atol=1e-4)
        slope = approx_fprime(found, objective, 1e-7, y[:, k])
        assert np.abs(slope).max() < 1e-6


@pytest.mark.parametrize("observation", ["poisson", "bernoulli"])
def test_the_gradient_of_a_block_is_the_numerical_one(observation):
    x, y = trains(n=300)
    own = np.random.default_rng(1).normal(size=(2, 300, 3))
    standard, counts = standardise(x, own, np.where(np.arange(300)[:, None] % 7, y, np.nan))
    block = _Block(standard.design, counts, observation, 0.3)
    every = np.arange(3)
    theta = 0.3 * np.random.default_rng(2).normal(size=(5, 3))
    state = _State.at(block, every, theta)
    step = 1e-6
    for i in range(5):
        shift = np.zeros_like(theta)
        shift[i] = step
        up, down = (_State.at(block, every, theta + s * shift).objective for s in (1, -1))
        np.testing.assert_allclose(state.gradient[i], (up - down) / (2 * step), atol=1e-8)


@pytest.mark.parametrize("coupling", [False, True])
def test_predictions_are_filters_over_the_past_written_out(coupling):
    x, y = trains(n=200)
    model = SpikeGLM(history=6, coupling=coupling, n_basis=3).fit(x, y)
    expected = np.full((200, 3), np.nan)
    for t in range(6, 200):
        before = y[t - 6 : t][::-1]
        if coupling:
            past = np.einsum("lp,lpk->k", before, model.coupling_filter_.values)
        else:
            past = (before * model.history_filter_.values).sum(axis=0)
        expected[t] = np.exp(model.intercept_.values + x[t] @ model.coef_.values + past)
    np.testing.assert_allclose(model.predict(x, y), expected, rtol=1e-9)


def test_seconds_and_bins_are_the_same_window():
    x, y = trains(n=400)
    time = xr.Variable("time", np.arange(400) * 0.005, {"sampling_rate": 200.0})
    timed = xr.DataArray(y, dims=("time", "neuron"), coords={"time": time})
    features = xr.DataArray(x, dims=("time", "feature"), coords={"time": time})
    bins = SpikeGLM(history=8, n_basis=3).fit(x, y)
    seconds = SpikeGLM(history=0.04, n_basis=3).fit(features, timed)
    np.testing.assert_array_equal(seconds.history_filter_.values, bins.history_filter_.values)
    np.testing.assert_allclose(seconds.history_filter_.lag, np.arange(1, 9) * 0.005)
    assert seconds.history_filter_.lag.attrs["units"] == "s"
    assert bins.history_filter_.lag.attrs["units"] == "1"
    later = features.assign_coords(time=time + 1000.0), timed.assign_coords(time=time + 1000.0)
    np.testing.assert_array_equal(
        SpikeGLM(history=0.04, n_basis=3).fit(*later).coef_.values, seconds.coef_.values
    )


def test_scores_compare_with_the_rate_of_training():
    x, y = trains()
    model = SpikeGLM().fit(x[:1000], y[:1000])
    found = model.evaluate(x[1000:], y[1000:])
    counts, mu = y[1000:], model.predict(x[1000:])
    base = y[:1000].mean(axis=0)
    full = (counts * np.log(mu) - mu).sum(axis=0)
    constant = (counts * np.log(base) - base).sum(axis=0)
    np.testing.assert_allclose(
        found.bits_per_spike, (full - constant) / (counts.sum(axis=0) * np.log(2)), rtol=1e-9
    )
    mean = float(found.bits_per_spike.mean())
    assert model.score(x[1000:], y[1000:]) == pytest.approx(mean)
    again = model.evaluate(x[1000:], y[1000:])
    xr.testing.assert_identical(again, found)
    other = model.evaluate(x[1000:], y[1000:], random_state=1)
    assert not np.array_equal(other.ks_distance, found.ks_distance)
    np.testing.assert_array_equal(other.bits_per_spike, found.bits_per_spike)


def test_gains_drawn_are_exponentials_of_filters():
    x, y = trains(n=400)
    model = SpikeGLM(history=6, coupling=True, n_basis=3).fit(x, y)
    ax = model.plot(1)
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_allclose(drawn["own history"], np.exp(model.coupling_filter_[:, 1, 1]))
    np.testing.assert_allclose(drawn["from 2"], np.exp(model.coupling_filter_[:, 2, 1]))
    own = SpikeGLM(history=6, n_basis=3).fit(x, y)
    np.testing.assert_allclose(own.plot(2).lines[0].get_ydata(), np.exp(own.history_filter_[:, 2]))
    bars = [bar.get_height() for bar in SpikeGLM().fit(x, y).plot(0).patches]
    np.testing.assert_allclose(bars, SpikeGLM().fit(x, y).coef_[:, 0])
