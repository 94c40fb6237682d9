"""The variational fit: kernels against dense algebra and enumeration, bounds, what it finds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import invwishart, matrix_normal, nbinom, norm, poisson

import neurokit as nk
from neurokit.bicluster.block_tridiagonal import gaussian_marginals
from neurokit.bicluster.dynamics import EXTRA_DEGREES, NOISE_SCALE, Moments, moments, posterior
from neurokit.bicluster.label_chains import label_marginals
from neurokit.bicluster.partition_prior import finite_mixtures
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.variational import started
from neurokit.bicluster.variational_dynamics import (
    expected_dynamics,
    expected_steps,
    step_log_likelihoods,
    weighted_sums,
)
from neurokit.bicluster.variational_entries import (
    best_size,
    designs,
    expected_counts,
    normal_divergence,
    predictor_moments,
    regress,
)
from neurokit.bicluster.variational_fit import as_chain_state, fit_variational
from neurokit.stats import adjusted_rand


def block_precision(rng, n, q):
    diagonal = rng.standard_normal((n, q, q))
    diagonal = diagonal @ np.swapaxes(diagonal, -1, -2) + 3.0 * q * np.eye(q)
    lower = rng.standard_normal((n - 1, q, q))
    whole = np.zeros((n * q, n * q))
    for t in range(n):
        now = slice(t * q, (t + 1) * q)
        whole[now, now] = diagonal[t]
        if t + 1 < n:
            after = slice((t + 1) * q, (t + 2) * q)
            whole[after, now] = lower[t]
            whole[now, after] = lower[t].T
    return diagonal, lower, whole


@pytest.mark.parametrize(("n", "q"), [(1, 1), (1, 3), (2, 2), (7, 1), (9, 3)])
def test_marginals_are_those_of_dense_algebra(n, q):
    rng = np.random.default_rng(n + q)
    diagonal, lower, whole = block_precision(rng, n, q)
    rhs = rng.standard_normal((n, q))
    mean, covariance, across, log_determinant = gaussian_marginals(diagonal, lower, rhs)
    dense = np.linalg.inv(whole)
    np.testing.assert_allclose(mean.ravel(), dense @ rhs.ravel(), atol=1e-12)
    for t in range(n):
        now = slice(t * q, (t + 1) * q)
        np.testing.assert_allclose(covariance[t], dense[now, now], atol=1e-13)
        if t + 1 < n:
            after = slice((t + 1) * q, (t + 2) * q)
            np.testing.assert_allclose(across[t], dense[after, now], atol=1e-13)
    assert log_determinant == pytest.approx(np.linalg.slogdet(whole)[1])


def test_marginals_of_what_is_no_precision_are_nan():
    mean, covariance, across, log_determinant = gaussian_marginals(
        -np.ones((2, 1, 1)), np.zeros((1, 1, 1)), np.ones((2, 1))
    )
    assert np.isnan(log_determinant)
    assert np.isnan(mean).all()
    assert np.isnan(covariance).all()
    assert np.isnan(across).all()


def test_label_marginals_are_those_of_all_paths():
    rng = np.random.default_rng(0)
    n, s = 5, 3
    emission = 3.0 * rng.standard_normal((n, s))
    # Rows that sum to less than one, as those of expected logs do.
    transition = np.log(0.8 * rng.dirichlet(np.ones(s), s))
    marginal, pairs, evidence = label_marginals(emission, transition)
    weights, expected, steps = [], np.zeros((n, s)), np.zeros((s, s))
    for path in product(range(s), repeat=n):
        log_p = -np.log(s) + sum(emission[t, k] for t, k in enumerate(path))
        log_p += sum(transition[a, b] for a, b in pairwise(path))
        weight = np.exp(log_p)
        weights.append(weight)
        for t, k in enumerate(path):
            expected[t, k] += weight
            if t:
                steps[path[t - 1], k] += weight
    total = sum(weights)
    np.testing.assert_allclose(marginal, expected / total, atol=1e-12)
    np.testing.assert_allclose(pairs, steps / total, atol=1e-12)
    assert evidence == pytest.approx(np.log(total))


def test_label_marginals_of_one_step_of_none_and_of_extremes():
    emission = np.array([[0.0, -5000.0], [-5000.0, 0.0]])
    marginal, pairs, evidence = label_marginals(emission, np.log(np.full((2, 2), 0.5)))
    np.testing.assert_allclose(marginal, np.eye(2), atol=1e-12)
    assert pairs[0, 1] == pytest.approx(1.0)
    assert evidence == pytest.approx(2.0 * np.log(0.5))
    assert label_marginals(np.empty((0, 2)), np.zeros((2, 2)))[2] == 0.0
    one = label_marginals(np.zeros((1, 4)), np.zeros((4, 4)))
    np.testing.assert_allclose(one[0], 0.25)
    assert not one[1].any()


def some_moments(rng, n_steps=40, q=2):
    latents = rng.standard_normal((1, n_steps + 1, q)).cumsum(axis=1)
    labels = np.zeros(n_steps + 1, dtype=np.int64)
    labels[-1] = -1
    return latents, moments(latents, labels, 1)


def test_expected_dynamics_are_means_over_draws():
    rng = np.random.default_rng(1)
    _, sums = some_moments(rng)
    mean, rows, scale, degrees = (x[0, 0] if x.ndim > 1 else x[0] for x in posterior(sums))
    noise = invwishart(degrees, scale).rvs(20_000, random_state=rng)
    root = np.linalg.cholesky(np.linalg.inv(rows))
    normals = rng.standard_normal((20_000, 2, 3))
    drawn = mean + np.linalg.cholesky(noise) @ normals @ root.T
    inverse = np.linalg.inv(noise)
    found = expected_dynamics(sums)
    for expected, values in (
        (found.precision, inverse),
        (found.pull, inverse @ drawn),
        (found.square, np.swapaxes(drawn, -1, -2) @ inverse @ drawn),
        (found.log_noise, np.linalg.slogdet(noise)[1]),
    ):
        error = values.std(axis=0) / np.sqrt(len(values))
        assert (np.abs(values.mean(axis=0) - expected[0, 0]) < 4.5 * error + 1e-12).all()


def test_the_divergence_of_dynamics_is_a_mean_log_ratio():
    rng = np.random.default_rng(2)
    _, sums = some_moments(rng, 6)
    mean, rows, scale, degrees = (x[0, 0] if x.ndim > 1 else x[0] for x in posterior(sums))
    spread = np.linalg.inv(rows)
    spread = 0.5 * (spread + spread.T)
    noise = invwishart(degrees, scale).rvs(3000, random_state=rng)
    before = invwishart(2 + EXTRA_DEGREES, NOISE_SCALE * np.eye(2))
    logs = []
    for one in noise:
        drawn = matrix_normal.rvs(mean, one, spread, random_state=rng)
        after = invwishart.logpdf(one, degrees, scale)
        after += matrix_normal.logpdf(drawn, mean, one, spread)
        prior = before.logpdf(one) + matrix_normal.logpdf(drawn, np.zeros((2, 3)), one, np.eye(3))
        logs.append(after - prior)
    error = np.std(logs) / np.sqrt(len(logs))
    assert abs(np.mean(logs) - expected_dynamics(sums).divergence) < 4.0 * error


def test_dynamics_without_steps_have_not_left_the_prior():
    none = Moments(np.zeros(2), np.zeros((2, 1, 3, 3)), np.zeros((2, 1, 2, 3)),
                   np.zeros((2, 1, 2, 2)))  # fmt: skip
    assert expected_dynamics(none).divergence == pytest.approx(0.0, abs=1e-10)


def test_sure_latents_and_labels_have_the_sums_of_the_sampler():
    rng = np.random.default_rng(3)
    latents = rng.standard_normal((2, 9, 3))
    labels = np.array([0, 1, 1, -1, 0, 0, 1, 1, -1])
    at = np.flatnonzero(labels >= 0)
    steps = expected_steps(latents, np.zeros((2, 9, 3, 3)), np.zeros((2, 8, 3, 3)), at)
    found = weighted_sums(steps, np.eye(2)[labels[at]])
    expected = moments(latents, labels, 2)
    for name in ("counts", "xx", "yx", "yy"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-12)


def test_step_likelihoods_are_means_over_draws_of_everything():
    rng = np.random.default_rng(4)
    latents, sums = some_moments(rng)
    dynamics = expected_dynamics(sums)
    mean = latents[:, :2]
    root = 0.1 * rng.standard_normal((4, 4))
    joint = root @ root.T
    covariance = np.stack([joint[:2, :2], joint[2:, 2:]])[None]
    steps = expected_steps(mean, covariance, joint[2:, :2][None, None], np.array([0]))
    found = step_log_likelihoods(steps, dynamics)[0, 0]
    m, rows, scale, degrees = (x[0, 0] if x.ndim > 1 else x[0] for x in posterior(sums))
    n = 20_000
    noise = invwishart(degrees, scale).rvs(n, random_state=rng)
    normals = rng.standard_normal((n, 2, 3))
    b = m + np.linalg.cholesky(noise) @ normals @ np.linalg.cholesky(np.linalg.inv(rows)).T
    w = mean.ravel() + rng.standard_normal((n, 4)) @ root.T
    gap = w[:, 2:] - np.einsum("nij,nj->ni", b, np.concatenate([w[:, :2], np.ones((n, 1))], 1))
    white = np.linalg.solve(np.linalg.cholesky(noise), gap[..., None])[..., 0]
    values = -0.5 * (white**2).sum(1) - 0.5 * np.linalg.slogdet(noise)[1] - np.log(2 * np.pi)
    assert abs(values.mean() - found) < 4.0 * values.std() / np.sqrt(n)


def test_predictor_moments_are_means_over_draws():
    rng = np.random.default_rng(5)
    q, n = 3, 200_000
    mean, root = rng.standard_normal(q), 0.4 * rng.standard_normal((q, q))
    loading, load_root = rng.standard_normal(q), 0.3 * rng.standard_normal((q, q))
    d = designs(mean[None, None], (root @ root.T)[None, None])
    found = predictor_moments(d, loading[None], (load_root @ load_root.T)[None])
    w = mean + rng.standard_normal((n, q)) @ root.T
    c = loading + rng.standard_normal((n, q)) @ load_root.T
    eta = c[:, 0] + w[:, 0] + (c[:, 1:] * w[:, 1:]).sum(axis=1)
    for value, draws in zip(found, (eta, eta**2), strict=True):
        assert abs(draws.mean() - value[0, 0]) < 4.0 * draws.std() / np.sqrt(n)


def entry_log_p(y, eta, family, size):
    if family == 0:
        return poisson.logpmf(y, np.exp(eta))
    return nbinom.logpmf(y, size, size / (size + np.exp(eta)))


@pytest.mark.parametrize("family", [0, 1])
@pytest.mark.parametrize("y", [0.0, 1.0, 7.0, 60.0])
@pytest.mark.parametrize(("mean", "spread"), [(1.5, 0.3), (-2.0, 0.8), (3.0, 0.5)])
def test_expectations_over_the_predictor_are_integrals(family, y, mean, spread):
    size, step = 6.0, 1e-2

    def expected(f):
        ends = mean - 9 * spread, mean + 9 * spread
        return quad(lambda e: f(e) * norm.pdf(e, mean, spread), *ends, limit=200)[0]

    def log_p(e):
        return entry_log_p(y, e, family, size)

    found = expected_counts(np.array([y]), np.array([mean]), np.array([spread**2]), family, size)
    exact = (
        expected(log_p),
        expected(lambda e: (log_p(e + step) - log_p(e - step)) / (2 * step)),
        -expected(lambda e: (log_p(e + step) + log_p(e - step) - 2 * log_p(e)) / step**2),
    )
    for value, truth in zip(found, exact, strict=True):
        # Seven nodes, and differences over a hundredth.
        assert value[0] == pytest.approx(truth, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("family", [0, 1])
def test_slope_and_curvature_are_what_mean_and_variance_change(family):
    """Bonnet and Price: dE/dm = E f', dE/dv = E f'' / 2."""
    y, mean, variance, step = np.array([3.0]), np.array([0.7]), np.array([0.4]), 1e-5

    def value(m, v):
        return expected_counts(y, m, v, family, 5.0)[0]

    _, slope, curvature = expected_counts(y, mean, variance, family, 5.0)
    up, down = value(mean + step, variance), value(mean - step, variance)
    assert (up - down) / (2 * step) == pytest.approx(slope, rel=1e-4)
    up, down = value(mean, variance + step), value(mean, variance - step)
    assert (up - down) / (2 * step) == pytest.approx(-0.5 * curvature, rel=1e-3)


@pytest.mark.parametrize("family", [0, 1])
def test_expectations_of_sure_predictors_are_the_functions_themselves(family):
    y, eta = np.array([0.0, 2.0, 9.0]), np.array([-3.0, 0.4, 2.5])
    found = expected_counts(y, eta, np.zeros(3), family, 4.0)[0]
    np.testing.assert_allclose(found, entry_log_p(y, eta, family, 4.0), atol=1e-10)


@pytest.mark.parametrize("family", [0, 1])
def test_expectations_of_wild_predictors_are_numbers(family):
    wild = np.array([-800.0, 0.0, 500.0, 2000.0])
    for found in expected_counts(np.ones(4), wild, np.full(4, 50.0), family, 2.0):
        assert np.isfinite(found).all()


def test_the_size_found_is_the_best_nearby_and_never_a_worse_one():
    rng = np.random.default_rng(6)
    eta, sure = np.full((1, 2000), 2.0), np.zeros((1, 2000))
    y = rng.poisson(rng.gamma(4.0, np.exp(2.0) / 4.0, 2000)).astype(float)

    def value(r):
        return expected_counts(y, eta, sure, 1, r)[0].sum() - r

    size = 10.0
    for _ in range(6):
        after = best_size(y, eta, sure, np.ones(1), size)
        assert value(after) >= value(size)
        size = after
    # A known mean of 7.4 and 2000 counts: the size has a standard error of about .25.
    assert size == pytest.approx(4.0, abs=0.8)
    assert value(size) >= max(value(r) for r in np.geomspace(1.0, 20.0, 200)) - 0.05


def test_regressions_solve_the_normal_equations():
    rng = np.random.default_rng(7)
    w = rng.standard_normal((2, 30, 3))
    d = designs(w, np.zeros((2, 30, 3, 3)))
    omega, kappa = rng.random((2, 30)), rng.standard_normal((2, 30))
    loading, spread = regress(d, omega, kappa)
    for k in range(2):
        f = w[k].copy()
        f[:, 0] = 1.0
        precision = (f * omega[k][:, None]).T @ f + np.eye(3)
        pull = f.T @ (kappa[k] - omega[k] * w[k, :, 0])
        np.testing.assert_allclose(spread[k], np.linalg.inv(precision), atol=1e-12)
        np.testing.assert_allclose(loading[k], np.linalg.solve(precision, pull), atol=1e-12)


def test_the_divergence_of_normals_is_the_textbooks():
    assert normal_divergence(np.zeros(2), np.eye(2)) == pytest.approx(0.0)
    # One dimension: (v + m^2 - 1 - log v) / 2.
    found = normal_divergence(np.array([0.5]), np.array([[2.0]]))
    assert found == pytest.approx(0.5 * (2.0 + 0.25 - 1.0 - np.log(2.0)))


FAMILIES = {"poisson": 0, "negative_binomial": 1, "gaussian": 2}


def problem(observation="negative_binomial", n=10, t=80, k=2, seed=0, edges=None, missing=0.0):
    kind = "gaussian" if observation == "gaussian" else "negative_binomial"
    simulation = nk.simulate.biclustered(n, t, k, observation=kind, random_state=seed)
    y = simulation.recordings["session1"].activity.signal.values.T.astype(float)
    seen = np.random.default_rng(9).random(y.shape) >= missing
    cuts = np.array([0, t] if edges is None else edges)
    data = Data(np.where(seen, y, 0.0), seen, cuts, FAMILIES[observation])
    return data, Settings(2, 3, finite_mixtures(n)), simulation.truth


@pytest.mark.parametrize("observation", FAMILIES)
def test_no_sweep_makes_the_bound_worse(observation):
    # Trials of one, of two and of many bins, and missing entries.
    data, settings, _ = problem(observation, edges=[0, 1, 3, 40, 80], missing=0.1)
    fit = fit_variational(data, settings, 2, 60, np.random.default_rng(0))
    gains = np.diff(fit.factors.bounds)
    assert gains.min() > -1e-7 * abs(fit.factors.bounds[-1])
    assert fit.factors.bounds[-1] > fit.factors.bounds[0] + 1.0
    assert np.isfinite(fit.factors.bounds).all()
    np.testing.assert_allclose(fit.factors.share.sum(axis=1), 1.0)
    np.testing.assert_allclose(fit.factors.marginal.sum(axis=1), 1.0)


def test_the_bound_of_independent_gaussians_is_near_their_evidence():
    """One bin per trial: no dynamics. eta_it = d_i + mu_t + c_i x_t, all N(0, 1), v known."""
    rng = np.random.default_rng(10)
    y = rng.standard_normal((1, 1)) + 0.3
    data = Data(y, np.ones((1, 1), bool), np.array([0, 1]), 2)
    settings = Settings(1, 1, finite_mixtures(1), variance_shape=5e5, variance_scale=5e5)
    factors = started(
        data, settings, np.zeros(1, int), np.array([-1]), np.zeros((1, 1, 2)),
        np.zeros((1, 2)), np.ones(1),
    )  # fmt: skip
    for _ in range(200):
        factors.sweep()
    # y | c ~ N(0, v + 1 + 1 + c^2), v = 1 and c ~ N(0, 1).
    exact = np.log(quad(lambda c: norm.pdf(y[0, 0], 0, np.sqrt(3 + c * c)) * norm.pdf(c), -9, 9)[0])
    assert factors.bounds[-1] < exact
    # Mean field between d and mu loses log(4 / 3) / 2 or so.
    assert factors.bounds[-1] > exact - 0.4


def test_planted_clusters_are_found():
    data, settings, truth = problem(n=24, t=400, k=3, seed=0)
    fit = fit_variational(data, settings, 3, 20, np.random.default_rng(0))
    found = fit.factors.share.argmax(axis=1)
    assert adjusted_rand(truth.neuron_cluster.values, found) == 1.0
    assert len(fit.starts) == 2


def test_planted_states_are_found_and_a_limit_of_one_state_is_kept():
    data, settings, truth = problem("poisson", n=16, t=200, k=2, seed=0)
    fit = fit_variational(data, settings, 2, 20, np.random.default_rng(0))
    steps = fit.factors.marginal.argmax(axis=1)
    # .85 was seen; peers that are given the number of states come to .12.
    assert adjusted_rand(truth.state.values[1:], steps) > 0.7
    one = replace(settings, n_states=1)
    factors = fit_variational(data, one, 2, 8, np.random.default_rng(0)).factors
    assert factors.marginal.shape == (199, 1)
    np.testing.assert_allclose(factors.marginal, 1.0)


def test_the_same_seed_gives_the_same_fit_and_data_stay_as_they_are():
    data, settings, _ = problem()
    y = data.y.copy()
    one, two = (
        fit_variational(data, settings, 2, 25, np.random.default_rng(3)).factors for _ in range(2)
    )
    for name in ("share", "loading", "mean", "covariance", "marginal", "extra"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert one.bounds == two.bounds
    assert np.array_equal(data.y, y)


def test_a_fit_can_be_stopped_and_counts_its_sweeps():
    data, settings, _ = problem()
    made = []
    fit = fit_variational(
        data, settings, 2, 40, np.random.default_rng(0), on_sweep=made.append,
        is_stopped=lambda: len(made) >= 3,
    )  # fmt: skip
    assert made == [20, 21, 22]
    assert fit.converged is False


def test_a_chain_can_start_where_the_fit_ended():
    data, settings, _ = problem(edges=[0, 1, 80])
    factors = fit_variational(data, settings, 2, 30, np.random.default_rng(0)).factors
    factors.share[:, 1] = 0.0
    state = as_chain_state(factors, settings, np.random.default_rng(0))
    assert state.n_clusters == 1
    assert state.labels[0] == state.labels[-1] == -1
    assert state.labels[1:-1].min() >= 0
    assert np.array_equal(state.latents[0], factors.mean[0])
    assert np.array_equal(state.loadings, factors.loading[:, 0])
    np.testing.assert_allclose(state.transition.sum(axis=1), 1.0)


def test_neurons_that_say_nothing_leave_the_prior_alone():
    data, settings, _ = problem("gaussian", n=3, t=20)
    blind = Data(np.zeros((3, 20)), np.zeros((3, 20), bool), data.edges, 2)
    fit = fit_variational(blind, settings, 1, 30, np.random.default_rng(0))
    np.testing.assert_allclose(fit.factors.loading, 0.0, atol=1e-12)
    np.testing.assert_allclose(
        fit.factors.spread, np.broadcast_to(np.eye(3), (3, 1, 3, 3)), atol=1e-12
    )
    # Nothing observed: log p(y) is 0, and the bound is what mean field loses.
    assert fit.factors.bounds[-1] <= 1e-9
