"""Matrix-normal inverse-Wishart dynamics: sums, marginal likelihood, posterior draws."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import invwishart, kstest, multivariate_t, norm

from neurokit.bicluster.dynamics import (
    EXTRA_DEGREES,
    NOISE_SCALE,
    Moments,
    draw_dynamics,
    log_marginal,
    moments,
)


def trajectory(seed, n_clusters=1, n_bins=9, q=2):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n_bins)
    labels[[4, -1]] = -1
    return rng.normal(size=(n_clusters, n_bins, q)), labels


def steps(latents, labels, state):
    at = np.flatnonzero(labels == state)
    return np.column_stack([latents[at], np.ones(len(at))]), latents[at + 1]


def test_sums_are_those_of_the_steps_and_skip_ends_of_trials():
    latents, labels = trajectory(0, n_clusters=3)
    sums = moments(latents, labels, 2)
    for s in range(2):
        for k in range(3):
            x, y = steps(latents[k], labels, s)
            assert sums.counts[s] == len(x)
            np.testing.assert_allclose(sums.xx[s, k], x.T @ x, atol=1e-12)
            np.testing.assert_allclose(sums.yx[s, k], y.T @ x, atol=1e-12)
            np.testing.assert_allclose(sums.yy[s, k], y.T @ y, atol=1e-12)


def predictive(x, y, new_x, new_y):
    """Matrix-normal inverse-Wishart predictive of one step: a multivariate t, by the textbook."""
    q = y.shape[1]
    precision = np.eye(q + 1) + x.T @ x
    mean = np.linalg.solve(precision, x.T @ y)
    scale = NOISE_SCALE * np.eye(q) + y.T @ y - mean.T @ precision @ mean
    degrees = q + EXTRA_DEGREES + len(x) - q + 1
    spread = 1 + new_x @ np.linalg.solve(precision, new_x)
    return multivariate_t(new_x @ mean, scale * spread / degrees, df=degrees).logpdf(new_y)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_marginal_is_the_product_of_one_step_predictions(q):
    latents, labels = trajectory(1, n_clusters=2, n_bins=14, q=q)
    found = log_marginal(moments(latents, labels, 2))
    for s in range(2):
        for k in range(2):
            x, y = steps(latents[k], labels, s)
            expected = sum(predictive(x[:n], y[:n], x[n], y[n]) for n in range(len(x)))
            assert found[s, k] == pytest.approx(expected, rel=1e-8)


def test_marginal_of_one_step_by_quadrature_over_the_noise():
    # Given Q, y = a x + b + e with a, b, e ~ N(0, Q): y ~ N(0, Q (x^2 + 2)).
    latents = np.array([[[0.4], [0.15]]])
    found = log_marginal(moments(latents, np.array([0, -1]), 1))[0, 0]

    def integrand(log_noise):
        noise = np.exp(log_noise)
        prior = invwishart(1 + EXTRA_DEGREES, NOISE_SCALE).pdf(noise) * noise
        return prior * norm.pdf(0.15, 0, np.sqrt(noise * (0.4**2 + 2)))

    assert found == pytest.approx(np.log(quad(integrand, -14, 8, limit=200)[0]), abs=1e-6)


def test_a_state_without_steps_has_evidence_one():
    latents, labels = trajectory(2)
    labels[labels == 1] = 0
    found = log_marginal(moments(latents, labels, 3))
    assert found[0, 0] != 0
    np.testing.assert_allclose(found[1:], 0.0, atol=1e-12)


def many(sums, n, seed=0):
    """n independent draws, as n clusters with the same sums."""
    spread = Moments(
        sums.counts,
        np.repeat(sums.xx, n, axis=1),
        np.repeat(sums.yx, n, axis=1),
        np.repeat(sums.yy, n, axis=1),
    )
    return draw_dynamics(spread, np.random.default_rng(seed))


def test_draws_have_the_posterior_means_and_variances():
    latents, labels = trajectory(3, n_bins=20)
    labels[labels == 1] = 0
    n = 40_000
    a, b, noise = many(moments(latents, labels, 1), n)
    x, y = steps(latents[0], labels, 0)
    precision = np.eye(3) + x.T @ x
    mean = np.linalg.solve(precision, x.T @ y).T
    scale = NOISE_SCALE * np.eye(2) + y.T @ y - mean @ precision @ mean.T
    expected_noise = scale / (2 + EXTRA_DEGREES + len(x) - 3)
    drawn = np.concatenate([a[0], b[0][..., None]], axis=-1)
    error = drawn.std(axis=0) / np.sqrt(n)
    assert (np.abs(drawn.mean(axis=0) - mean) < 4 * error).all()
    noise_error = noise[0].std(axis=0) / np.sqrt(n)
    assert (np.abs(noise[0].mean(axis=0) - expected_noise) < 4 * noise_error).all()
    # cov(vec [A b]) = E[Q] (x) precision^-1.
    flat = (drawn - mean).reshape(n, -1)
    found = flat.T @ flat / n
    expected = np.kron(expected_noise, np.linalg.inv(precision))
    size = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert (np.abs(found - expected) < 0.04 * size).all()


def test_noise_of_the_prior_is_inverse_wishart():
    q, n = 2, 5000
    none = Moments(
        np.zeros(1), np.zeros((1, 1, 3, 3)), np.zeros((1, 1, 2, 3)), np.zeros((1, 1, 2, 2))
    )
    a, b, noise = many(none, n, seed=1)
    degrees = q + EXTRA_DEGREES
    # A diagonal entry of IW(S0, nu) is inverse gamma((nu - q + 1) / 2, S0 / 2).
    shape = (degrees - q + 1) / 2
    for i in range(q):
        assert kstest(1 / noise[0, :, i, i], "gamma", (shape, 0, 2 / NOISE_SCALE)).pvalue > 1e-3
    inverse = np.linalg.inv(noise[0])
    determinant = np.linalg.det(inverse) * NOISE_SCALE**q
    peer = np.linalg.det(invwishart(degrees, np.eye(q)).rvs(n, random_state=2))
    assert np.mean(np.log(determinant)) == pytest.approx(-np.mean(np.log(peer)), abs=0.15)
    # Given Q, columns of [A b] are N(0, Q): whitened they are standard normal.
    white = np.linalg.solve(np.linalg.cholesky(noise[0]), a[0])
    assert kstest(white.ravel(), "norm").pvalue > 1e-3
    drift = np.linalg.solve(np.linalg.cholesky(noise[0]), b[0][..., None])
    assert kstest(drift.ravel(), "norm").pvalue > 1e-3


def test_a_scalar_posterior_draw_has_its_exact_distribution():
    latents, labels = trajectory(4, n_bins=8, q=1)
    labels[labels == 1] = 0
    a, _, noise = many(moments(latents, labels, 1), 5000, seed=3)
    x, y = steps(latents[0], labels, 0)
    precision = np.eye(2) + x.T @ x
    mean = np.linalg.solve(precision, x.T @ y)[:, 0]
    scale = NOISE_SCALE + (y**2).sum() - mean @ precision @ mean
    degrees = 1 + EXTRA_DEGREES + len(x)
    assert kstest(noise[0, :, 0, 0], "invgamma", (degrees / 2, 0, scale / 2)).pvalue > 1e-3
    spread = np.sqrt(np.linalg.inv(precision)[0, 0] * scale / degrees)
    assert kstest((a[0, :, 0, 0] - mean[0]) / spread, "t", (degrees,)).pvalue > 1e-3


def test_marginal_integrates_to_one_over_the_next_latent():
    def density(after):
        latents = np.array([[[0.7], [after]]])
        return np.exp(log_marginal(moments(latents, np.array([0, -1]), 1))[0, 0])

    assert quad(density, -np.inf, np.inf, limit=200)[0] == pytest.approx(1.0, abs=1e-6)


def test_sums_that_no_latents_have_are_refused():
    latents, labels = trajectory(1, n_clusters=1, n_bins=14, q=2)
    sums = moments(latents, labels, 2)
    broken = Moments(sums.counts, sums.xx, sums.yx, -sums.yy)
    assert (log_marginal(broken) == -np.inf).all()
    with pytest.raises(ArithmeticError, match="too large"):
        draw_dynamics(broken, np.random.default_rng(0))
