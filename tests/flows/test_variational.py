"""The variational posterior: against quadrature; its bound; the emission's fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln, logsumexp
from sklearn.linear_model import PoissonRegressor

from neurokit.flows.coloured import WHITE, fractional
from neurokit.flows.dynamics import FirstOrder, Langevin
from neurokit.flows.observed import observed
from neurokit.flows.poisson import Poisson, log_means, penalty, readout
from neurokit.flows.search import SearchOptions, poisson_search
from neurokit.flows.variational import CountFit, infer, run_variational_em
from neurokit.simulate import oscillators


def tiny(seed=0, n_bins=1, n_neurons=3):
    rng = np.random.default_rng(seed)
    dynamics = FirstOrder(np.array([[0.8]]), np.empty((1, 0)), np.array([[0.3]]))
    emission = Poisson(rng.normal(size=(n_neurons, 1)), rng.normal(size=n_neurons) * 0.3)
    fit = CountFit(dynamics, emission, np.array([0.2]), np.array([[0.7]]))
    counts = rng.poisson(1.5, (n_bins, n_neurons)).astype(float)
    return fit, observed(counts, np.empty((n_bins, 0)), np.array([0, n_bins]))


def exact(fit, data):
    """log p(y) and E[x] of one bin by quadrature."""
    x = np.linspace(-8, 8, 4001)
    prior = -0.5 * (x - 0.2) ** 2 / 0.7 - 0.5 * np.log(2 * np.pi * 0.7)
    eta = x[:, None] * fit.emission.loading[:, 0] + fit.emission.offset
    logs = (data.values[0] * eta - np.exp(eta) - gammaln(data.values[0] + 1)).sum(axis=1)
    joint = prior + logs + np.log(x[1] - x[0])
    total = logsumexp(joint)
    weight = np.exp(joint - total)
    mean = weight @ x
    return total, mean, weight @ (x - mean) ** 2


@pytest.mark.parametrize("seed", range(6))
def test_bound_is_below_and_near_the_evidence(seed):
    fit, data = tiny(seed)
    found = infer(fit, data)
    evidence, mean, variance = exact(fit, data)
    # A normal posterior is nearly right for a few spikes: within .02 nats over these seeds.
    assert evidence - 0.05 < found.bound <= evidence + 1e-9
    assert found.found.mean[0, 0] == pytest.approx(mean, abs=0.05)
    assert found.found.covariance[0, 0, 0] == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_posterior_is_the_best_normal_one(seed):
    """No other mean and variance of a normal law give a higher bound."""
    fit, data = tiny(seed)
    found = infer(fit, data)
    c, d, y = fit.emission.loading[:, 0], fit.emission.offset, data.values[0]

    def loss(theta):
        m, v = theta[0], np.exp(theta[1])
        expected = (y * (c * m + d) - np.exp(c * m + d + 0.5 * c**2 * v) - gammaln(y + 1)).sum()
        kl = 0.5 * (v / 0.7 + (m - 0.2) ** 2 / 0.7 - 1 - np.log(v / 0.7))
        return kl - expected

    best = minimize(loss, [0.0, 0.0], method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2000})  # fmt: skip
    assert found.bound == pytest.approx(-best.fun, abs=1e-7)
    assert found.found.mean[0, 0] == pytest.approx(best.x[0], abs=1e-4)
    assert found.found.covariance[0, 0, 0] == pytest.approx(np.exp(best.x[1]), rel=1e-4)


def test_path_posterior_satisfies_its_fixed_point():
    """Prior precision + C' diag(r) C inverts to the covariance; C'(y - r) balances the prior."""
    fit, data = tiny(4, n_bins=6)
    found = infer(fit, data)
    mean, prior = np.empty(6), np.zeros((6, 6))
    mean[0], prior[0, 0] = 0.2, 0.7
    for t in range(1, 6):
        mean[t] = 0.8 * mean[t - 1]
        prior[t, :t] = 0.8 * prior[t - 1, :t]
        prior[:t, t] = prior[t, :t]
        prior[t, t] = 0.64 * prior[t - 1, t - 1] + 0.3
    precision = np.linalg.inv(prior)
    c, d = fit.emission.loading[:, 0], fit.emission.offset
    m, v = found.found.mean[:, 0], found.found.covariance[:, 0, 0]
    r = np.exp(m[:, None] * c + d + 0.5 * v[:, None] * c**2)
    np.testing.assert_allclose(found.rates, r, rtol=1e-9)
    covariance = np.linalg.inv(precision + np.diag(r @ c**2))
    np.testing.assert_allclose(v, np.diag(covariance), rtol=1e-5)
    np.testing.assert_allclose((data.values - r) @ c, precision @ (m - mean), atol=1e-4)


def counts_of(seed=0, n_trials=10, n_bins=40, missing=0.0):
    found = oscillators((4.0,), (0.1,), 8, n_trials, n_bins, random_state=seed)
    values = found.recordings["session1"].activity.signal.values.astype(float)
    rows = values.reshape(-1, 8)
    rng = np.random.default_rng(seed)
    rows[rng.random(rows.shape) < missing] = np.nan
    offsets = np.arange(n_trials + 1) * n_bins
    inputs = np.empty((len(rows), 0))
    return observed(rows, inputs, offsets), observed(np.sqrt(rows), inputs, offsets)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_bound_never_falls(missing):
    counts, roots = counts_of(missing=missing)
    options = SearchOptions(1, n_restarts=1, max_iter=12, tol=0.0)
    fit, _ = poisson_search(counts, roots, options, np.random.default_rng(0))
    trace = np.array(fit.trace)
    assert (np.diff(trace) >= -1e-8 * np.abs(trace[1:])).all()
    again = infer(fit, counts).bound + penalty(fit.emission.loading)
    assert again >= trace[-1] - 1e-6 * abs(trace[-1])


def test_coloured_counts_do_not_fall_either():
    counts, roots = counts_of()
    options = SearchOptions(1, n_restarts=1, max_iter=4, tol=0.0,
                            colour=fractional(0.7, 2, 0.2, 20.0))  # fmt: skip
    fit, _ = poisson_search(counts, roots, options, np.random.default_rng(0))
    trace = np.array(fit.trace)
    assert (np.diff(trace) >= -1e-8 * np.abs(trace[1:])).all()


def test_hundreds_of_counts_per_bin_converge():
    rng = np.random.default_rng(0)
    dynamics = Langevin(np.array([[1.0]]), np.array([[0.3]]), np.array([[0.5]]),
                        np.empty((1, 0)), WHITE)  # fmt: skip
    emission = Poisson(rng.normal(size=(5, 1)), np.full(5, 6.0))
    fit = CountFit(dynamics, emission, np.zeros(2), np.eye(2))
    x = np.sin(np.arange(30) / 4)[:, None]
    counts = rng.poisson(np.exp(x @ emission.loading.T + 6.0)).astype(float)
    found = infer(fit, observed(counts, np.empty((30, 0)), np.array([0, 30])))
    # Some 400 spikes per neuron and bin tell the position to about .03.
    assert np.abs(found.found.mean[:, 0] - x[:, 0]).max() < 0.15


def test_silent_bins_and_neurons_are_finite():
    counts, _ = counts_of()
    values = counts.values.copy()
    values[:, 0] = 0.0
    values[:40] = 0.0
    data = observed(values, counts.inputs, counts.offsets)
    root = observed(np.sqrt(values), counts.inputs, counts.offsets)
    options = SearchOptions(1, n_restarts=1, max_iter=5)
    fit, _ = poisson_search(data, root, options, np.random.default_rng(0))
    assert np.isfinite(fit.trace).all()
    assert np.isfinite(fit.emission.loading).all()
    assert np.exp(fit.emission.offset[0]) < 0.01


def test_readout_equals_scikit_learns_regression():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    counts = rng.poisson(np.exp(0.3 + x @ rng.normal(size=(3, 4)) * 0.5)).astype(float)
    found = readout(observed(counts, np.empty((400, 0)), np.array([0, 400])), x, ridge=2.0)
    for n in range(4):
        # Its penalty is half alpha per row; ours is a precision.
        peer = PoissonRegressor(alpha=2.0 / 400, tol=1e-10, max_iter=1000).fit(x, counts[:, n])
        np.testing.assert_allclose(found.loading[n], peer.coef_, atol=1e-4)
        assert found.offset[n] == pytest.approx(peer.intercept_, abs=1e-4)


def test_emission_gradient_is_zero_at_its_maximum():
    """With uncertain positions too; differences of the expected log-likelihood."""
    rng = np.random.default_rng(1)
    x, half = rng.normal(size=(200, 2)), rng.normal(size=(200, 2, 2)) * 0.3
    V = half @ half.transpose(0, 2, 1)
    counts = rng.poisson(1.0, (200, 3)).astype(float)
    data = observed(counts, np.empty((200, 0)), np.array([0, 200]))
    best = Poisson(np.zeros((3, 2)), log_means(data)).maximised(data, x, V, n_steps=30)

    def value(loading, offset):
        emission = Poisson(loading, offset)
        total = emission.expected_log_likelihood(data, x, emission.rates(x, V))
        return total + penalty(loading)

    top = value(best.loading, best.offset)
    for move in np.eye(6).reshape(6, 3, 2) * 1e-3:
        assert value(best.loading + move, best.offset) < top
        assert value(best.loading - move, best.offset) < top
    for move in np.eye(3) * 1e-3:
        assert value(best.loading, best.offset + move) < top
        assert value(best.loading, best.offset - move) < top


def test_expected_rates_equal_monte_carlo():
    rng = np.random.default_rng(2)
    emission = Poisson(rng.normal(size=(4, 2)) * 0.5, rng.normal(size=4))
    mean, V = np.array([[0.3, -0.2]]), np.array([[[0.5, 0.2], [0.2, 0.4]]])
    draws = rng.multivariate_normal(mean[0], V[0], 400_000)
    expected = np.exp(draws @ emission.loading.T + emission.offset).mean(axis=0)
    np.testing.assert_allclose(emission.rates(mean, V)[0], expected, rtol=0.01)


def test_laplace_would_be_another_answer():
    """The rates' exponent holds half the variance: leaving it out changes the posterior."""
    fit, data = tiny(1)
    found = infer(fit, data)
    m = found.found.mean[0, 0]
    plain = np.exp(m * fit.emission.loading[:, 0] + fit.emission.offset)
    assert (found.rates[0] > plain).all()


def test_em_from_the_truth_stays_there():
    """Twenty trials: damping .1 does not drift away, as it does under Laplace."""
    truth = oscillators((4.0,), (0.1,), 20, 40, 60, random_state=1)
    values = truth.recordings["session1"].activity.signal.values.astype(float).reshape(-1, 20)
    omega = 2 * np.pi * 4.0 * 0.1
    dynamics = Langevin(np.array([[omega**2]]), np.array([[0.2 * omega]]),
                        np.array([[np.sqrt(0.4 * omega**3)]]), np.empty((1, 0)), WHITE)  # fmt: skip
    emission = Poisson(truth.truth.weights.values[:, :1], np.full(20, np.log(0.2)))
    start = CountFit(dynamics, emission, np.zeros(2), np.diag([1.0, omega**2]))
    data = observed(values, np.empty((len(values), 0)), np.arange(41) * 60)
    fit = run_variational_em(start, data, max_iter=15, tol=0.0)
    damping = fit.dynamics.friction[0, 0] / (2 * np.sqrt(fit.dynamics.stiffness[0, 0]))
    # Forty trials of 1.2 s: a standard error of some .02.
    assert damping == pytest.approx(0.1, abs=0.04)
