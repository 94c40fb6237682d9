"""Laplace evidence of one neuron: exact for Gaussians, near quadrature for counts."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from neurokit.bicluster import laplace
from neurokit.bicluster.kernels import log_evidence
from neurokit.bicluster.laplace import fit_loadings, log_constant, log_density
from neurokit.bicluster.observations import entry_log_likelihood, row_log_likelihood

NAMES = {0: "poisson", 1: "negative_binomial", 2: "gaussian"}
CASES = [(0, 1.0), (1, 0.8), (1, 10.0), (2, 0.7)]


def problem(seed, family, extra, n_bins=60, p=1):
    rng = np.random.default_rng(seed)
    trajectory = np.column_stack([0.3 * rng.normal(size=n_bins), rng.normal(size=(n_bins, p))])
    eta = 0.4 + trajectory[:, 0] + trajectory[:, 1:] @ (0.6 * rng.normal(size=p))
    if family == 2:
        return eta + np.sqrt(extra) * rng.normal(size=n_bins), trajectory
    rate = np.exp(eta) * (rng.gamma(extra, 1 / extra, n_bins) if family else 1.0)
    return rng.poisson(rate).astype(float), trajectory


def log_posterior(b, y, trajectory, family, extra):
    eta = b[0] + trajectory[:, 0] + trajectory[:, 1:] @ b[1:]
    return log_terms(y, eta, family, extra) - 0.5 * b @ b


def log_terms(y, eta, family, extra):
    """Up to terms in y alone, by scipy."""
    if family == 0:
        return (stats.poisson.logpmf(y, np.exp(eta)) - stats.poisson.logpmf(y, 1.0)).sum() - len(y)
    if family == 1:
        return sum(entry_log_likelihood(*pair, 1, extra) for pair in zip(y, eta, strict=True))
    return (stats.norm.logpdf(y, eta, np.sqrt(extra)) + 0.5 * np.log(2 * np.pi)).sum()


def fit(y, trajectory, family, extra):
    q = trajectory.shape[1]
    mode, factor = np.empty(q), np.empty((q, q))
    seen = np.isfinite(y)
    filled = np.where(seen, y, 0.0)
    value = fit_loadings(filled, seen, trajectory, family, extra, mode, factor)
    return value + log_constant(filled, seen, family, extra), mode, factor


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("p", [1, 3])
def test_gaussian_evidence_is_exact(seed, p):
    y, trajectory = problem(seed, 2, 0.7, p=p)
    design = np.column_stack([np.ones(len(y)), trajectory[:, 1:]])
    cov = design @ design.T + 0.7 * np.eye(len(y))
    exact = stats.multivariate_normal(trajectory[:, 0], cov).logpdf(y)
    found = log_evidence(y, trajectory, observation="gaussian", extra=0.7)
    assert found - 0.5 * len(y) * np.log(2 * np.pi) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("n_bins", [12, 60, 300])
@pytest.mark.parametrize(("family", "extra"), CASES[:3])
def test_counts_are_within_a_twentieth_of_quadrature(n_bins, family, extra):
    y, trajectory = problem(4, family, extra, n_bins=n_bins)
    value, mode, factor = fit(y, trajectory, family, extra)
    # Gauss-Hermite around the mode, 40 x 40.
    x, w = np.polynomial.hermite_e.hermegauss(40)
    root = np.linalg.inv(factor).T
    total = []
    for i, u in enumerate(x):
        for j, v in enumerate(x):
            b = mode + root @ np.array([u, v])
            density = log_posterior(b, y, trajectory, family, extra) + 0.5 * (u**2 + v**2)
            total.append(density + np.log(w[i] * w[j] / (2 * np.pi)))
    exact = np.logaddexp.reduce(total) - np.log(np.diag(factor)).sum()
    assert abs(value - exact) < 0.05


@pytest.mark.parametrize(("family", "extra"), CASES)
def test_posterior_and_constant_are_the_likelihood_with_its_prior(family, extra):
    y, trajectory = problem(8, family, extra, p=2)
    seen = np.random.default_rng(8).random(len(y)) < 0.8
    for b in (np.zeros(3), np.array([0.4, -2.0, 1.0]), np.array([-30.0, 5.0, 9.0])):
        eta = b[0] + trajectory[:, 0] + trajectory[:, 1:] @ b[1:]
        whole = row_log_likelihood(y, seen, eta, family, extra) - 0.5 * b @ b
        found = laplace.log_posterior(y, seen, trajectory, family, extra, b)
        constant = log_constant(y, seen, family, extra)
        assert found + constant == pytest.approx(whole, rel=1e-11)
        assert (constant == 0.0) == (family == 0)


@pytest.mark.parametrize(("family", "extra"), CASES)
def test_mode_is_scipys_and_the_factor_is_the_curvature_there(family, extra):
    y, trajectory = problem(5, family, extra, p=2)
    _, mode, factor = fit(y, trajectory, family, extra)

    def loss(b):
        return -log_posterior(b, y, trajectory, family, extra)

    peer = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-4})
    np.testing.assert_allclose(mode, peer.x, atol=1e-3)
    step, units = 1e-4, np.eye(3)
    slope = np.array([loss(mode + step * e) - loss(mode - step * e) for e in units]) / (2 * step)
    # Half of it is what the evidence lacks to second order: Newton stops below 1e-9.
    assert slope @ np.linalg.solve(factor @ factor.T, slope) < 1e-9
    step = 1e-3
    bend = np.array(
        [
            [
                (
                    loss(mode + step * (e + f))
                    - loss(mode + step * (e - f))
                    - loss(mode - step * (e - f))
                    + loss(mode - step * (e + f))
                )
                / (4 * step**2)
                for f in units
            ]
            for e in units
        ]
    )
    np.testing.assert_allclose(factor @ factor.T, bend, rtol=2e-3, atol=2e-3 * bend.max())


@pytest.mark.parametrize(("family", "extra"), CASES)
def test_missing_bins_are_as_if_they_were_not_there(family, extra):
    y, trajectory = problem(6, family, extra)
    y[[3, 17, 40]] = np.nan
    kept = np.isfinite(y)
    options = {"observation": NAMES[family], "extra": extra}
    assert log_evidence(y, trajectory, **options) == pytest.approx(
        log_evidence(y[kept], trajectory[kept], **options), rel=1e-12
    )


def test_nothing_observed_has_evidence_one():
    assert log_evidence(np.full(5, np.nan), np.ones((5, 2))) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("count", [0.0, 500.0])
@pytest.mark.parametrize("family", [0, 1])
def test_silent_and_saturated_neurons_have_a_mode(count, family):
    y, trajectory = np.full(50, count), 20.0 * np.random.default_rng(7).normal(size=(50, 2))
    value, mode, factor = fit(y, trajectory, family, 2.0)
    assert np.isfinite(value)
    before = log_posterior(mode, y, trajectory, family, 2.0) if family else None
    assert np.isfinite(mode).all()
    assert (np.diag(factor) >= 1.0).all()
    if family:
        for shift in ([1e-3, 0], [-1e-3, 0], [0, 1e-3], [0, -1e-3]):
            assert log_posterior(mode + shift, y, trajectory, family, 2.0) <= before + 1e-6


def test_density_of_a_proposal_is_scipys():
    rng = np.random.default_rng(8)
    root = rng.normal(size=(3, 4))
    precision = root @ root.T + np.eye(3)
    factor, mode, b = np.linalg.cholesky(precision), rng.normal(size=3), rng.normal(size=3)
    exact = stats.multivariate_normal(mode, np.linalg.inv(precision)).logpdf(b)
    found = log_density(b, mode, factor) - 1.5 * np.log(2 * np.pi)
    assert found == pytest.approx(exact, rel=1e-9)
