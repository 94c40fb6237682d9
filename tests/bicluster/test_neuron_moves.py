"""Draws of what belongs to one neuron against dense algebra and posteriors on a grid."""

import numpy as np
import pytest
from scipy import stats

from neurokit.bicluster.laplace import fit_loadings
from neurokit.bicluster.neuron_moves import (
    draw_cluster,
    draw_loadings,
    draw_sizes,
    draw_variances,
    linear_evidence,
)
from neurokit.bicluster.observations import row_log_likelihood


def messages(seed, n_neurons=3, n_bins=7, p=2):
    rng = np.random.default_rng(seed)
    omega = rng.uniform(0.0, 2.0, (n_neurons, n_bins))
    kappa = rng.normal(size=(n_neurons, n_bins))
    omega[0, 2] = kappa[0, 2] = 0.0
    return omega, kappa, rng.normal(size=(2, n_bins, p + 1))


def regression(omega, kappa, latents):
    """Precision, mean and log evidence of loadings, prior N(0, I)."""
    design = np.column_stack([np.ones(len(omega)), latents[:, 1:]])
    mu = latents[:, 0]
    precision = np.eye(design.shape[1]) + design.T @ (omega[:, None] * design)
    pull = design.T @ (kappa - omega * mu)
    mean = np.linalg.solve(precision, pull)
    value = (kappa * mu - 0.5 * omega * mu**2).sum()
    return precision, mean, value + 0.5 * pull @ mean - 0.5 * np.linalg.slogdet(precision)[1]


def test_loadings_have_the_mean_and_covariance_of_dense_regression():
    omega, kappa, latents = messages(0)
    labels = np.array([1, 0, 1])
    mean = draw_loadings(omega, kappa, latents, labels, np.zeros((3, 3)))
    for i in range(3):
        precision, expected, _ = regression(omega[i], kappa[i], latents[labels[i]])
        np.testing.assert_allclose(mean[i], expected, rtol=1e-10)
        columns = [
            draw_loadings(omega, kappa, latents, labels, np.tile(e, (3, 1)))[i] - mean[i]
            for e in np.eye(3)
        ]
        spread = np.array(columns).T
        np.testing.assert_allclose(spread @ spread.T, np.linalg.inv(precision), atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_linear_evidence_is_that_of_dense_regression(seed):
    omega, kappa, latents = messages(seed)
    found = linear_evidence(omega[0], kappa[0], latents[0])
    assert found == pytest.approx(regression(omega[0], kappa[0], latents[0])[2], rel=1e-10)


def test_linear_evidence_of_gaussian_entries_is_laplaces():
    rng = np.random.default_rng(5)
    y, latents = rng.normal(size=9), rng.normal(size=(9, 2))
    mode, factor = np.empty(2), np.empty((2, 2))
    seen = np.ones(9, bool)
    exact = fit_loadings(y, seen, latents, 2, 0.6, mode, factor)
    found = linear_evidence(np.full(9, 1 / 0.6), y / 0.6, latents)
    constant = -0.5 * (y @ y) / 0.6
    assert found + constant == pytest.approx(exact, rel=1e-9)


def test_sizes_follow_their_posterior_on_a_grid():
    """Gamma(1, 1) prior; counts of one neuron; 400 chains run side by side."""
    rng = np.random.default_rng(6)
    y = np.array([0.0, 3.0, 1.0, 9.0, 0.0, 2.0])
    eta, seen = np.full(6, 0.8), np.array([1, 1, 1, 1, 0, 1], bool)
    log_r = np.linspace(np.log(3e-4), np.log(40), 3000)
    log_density = np.array(
        [row_log_likelihood(y, seen, eta, 1, r) - r + np.log(r) for r in np.exp(log_r)]
    )
    share = np.exp(log_density - log_density.max())
    cumulative = np.cumsum(share) / share.sum()
    n = 400
    sizes = np.exp(np.interp(rng.random(n), cumulative, log_r))
    wide = [np.tile(part, (n, 1)) for part in (y, seen, eta)]
    taken = 0
    for _ in range(40):
        taken += draw_sizes(wide[0], wide[1], wide[2], sizes, rng)
    found = stats.kstest(np.log(sizes), lambda v: np.interp(v, log_r, cumulative))
    assert found.pvalue > 1e-3
    assert 0.4 < taken / (40 * 3 * n) < 0.98
    # From far off they come to the same place.
    far = np.full(n, 30.0)
    for _ in range(60):
        draw_sizes(wide[0], wide[1], wide[2], far, rng)
    assert stats.kstest(np.log(far), lambda v: np.interp(v, log_r, cumulative)).pvalue > 1e-3


def test_variances_are_inverse_gamma():
    rng = np.random.default_rng(7)
    y, eta = rng.normal(size=5), rng.normal(size=5)
    seen = np.array([1, 1, 0, 1, 1], bool)
    n = 6000
    wide = [np.tile(part, (n, 1)) for part in (y, seen, eta)]
    drawn = draw_variances(*wide, 2.0, 1.5, rng)
    scale = 1.5 + 0.5 * ((y - eta)[seen] ** 2).sum()
    assert stats.kstest(drawn, "invgamma", (2.0 + 2.0, 0, scale)).pvalue > 1e-3


def test_an_unobserved_neuron_has_a_variance_of_the_prior():
    n = 4000
    none = np.zeros((n, 3), bool)
    drawn = draw_variances(
        np.zeros((n, 3)), none, np.zeros((n, 3)), 3.0, 2.0, np.random.default_rng(8)
    )
    assert stats.kstest(drawn, "invgamma", (3.0, 0, 2.0)).pvalue > 1e-3


def cluster_posterior(y, seen, latents, log_prior, family, extra):
    """Share of each cluster and mean of its loadings, by Gauss-Hermite quadrature, q = 2."""
    x, w = np.polynomial.hermite_e.hermegauss(60)
    grid = np.array([[u, v] for u in x for v in x])
    weight = np.log(np.outer(w, w).ravel())
    out = []
    for k, path in enumerate(latents):
        values = [
            row_log_likelihood(y, seen, b[0] + path[:, 0] + path[:, 1] * b[1], family, extra)
            for b in grid
        ]
        out.append(log_prior[k] + np.logaddexp.reduce(np.array(values) + weight))
    share = np.exp(np.array(out) - max(out))
    return share / share.sum()


@pytest.mark.parametrize(("family", "extra"), [(0, 1.0), (1, 1.5), (2, 0.8)])
def test_clusters_are_drawn_with_their_posterior_shares(family, extra):
    rng = np.random.default_rng(9)
    latents = 0.7 * rng.normal(size=(3, 8, 2))
    y = rng.poisson(1.5, 8).astype(float)
    seen = np.ones(8, bool)
    seen[3] = False
    log_prior = np.log(np.array([0.3, 0.2, 0.5]))
    share = cluster_posterior(y, seen, latents, log_prior, family, extra)
    cluster, loadings = 0, np.zeros(2)
    n = 20_000
    found, taken = np.zeros((n, 3)), 0
    for i in range(n):
        cluster, accepted = draw_cluster(
            y, seen, latents, log_prior, family, extra, cluster, loadings, rng
        )
        found[i, cluster] = 1
        taken += accepted
    error = found.reshape(100, -1, 3).mean(axis=1).std(axis=0, ddof=1) / 10
    assert (np.abs(found.mean(axis=0) - share) < 4.5 * error).all()
    # Laplace's proposal is the posterior itself for the Gaussian, and close for counts.
    assert taken == n if family == 2 else taken > 0.7 * n


def test_an_excluded_cluster_is_never_drawn_nor_fitted():
    rng = np.random.default_rng(10)
    latents = rng.normal(size=(2, 5, 2))
    latents[1] = np.nan
    log_prior = np.array([0.0, -np.inf])
    loadings = np.zeros(2)
    for _ in range(50):
        cluster, _ = draw_cluster(
            np.ones(5), np.ones(5, bool), latents, log_prior, 0, 1.0, 0, loadings, rng
        )
        assert cluster == 0
    assert np.isfinite(loadings).all()
