"""Strengths of edges: likelihoods against quadrature, shares against what was drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, truncnorm

from neurokit.states.onehot_slab import (
    Slab,
    first_slab,
    log_evidence,
    log_within,
    mean_strength,
    updated_slab,
)

BOUNDS = np.array([0.0, 0.5, 1.2, 4.0])
SHARE = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])


@pytest.mark.parametrize("estimate", [-3.0, -0.7, 0.0, 0.3, 2.5])
@pytest.mark.parametrize("error", [0.05, 0.4, 30.0])
def test_bins_have_the_mean_likelihood_within_them(estimate, error):
    found = log_within(np.array(estimate), np.array(error), BOUNDS)
    for row, sign in enumerate((-1, 1)):
        for k, (low, high) in enumerate(pairwise(BOUNDS)):
            z = (np.array([low, high]) - sign * estimate) / error
            if z.min() > 8 or z.max() < -8:
                assert found[row, k] < -25
                continue
            top = np.clip(sign * estimate, low, high)
            mean = quad(
                lambda u, s=sign: norm.pdf(estimate, s * u, error), low, high, points=[top]
            )[0]
            assert np.exp(found[row, k]) == pytest.approx(mean / (high - low), rel=1e-6, abs=1e-14)


def test_far_tails_keep_their_digits():
    # At 60 standard errors the density at the near end rules: N(z) / z up to 1 / z^2.
    found = log_within(np.array(-3.0), np.array(0.05), np.array([0.0, 1.0]))[1, 0]
    expected = norm.logpdf(60.0) - np.log(60.0) + np.log1p(-1 / 60**2)
    assert found == pytest.approx(expected, abs=1e-6)
    assert np.isfinite(log_within(np.array(1e4), np.array(0.05), BOUNDS)).all()


def test_kinds_weigh_bins_by_their_shares():
    estimate, error = np.array([0.4, -2.0]), np.array([0.3, 0.5])
    within = log_within(estimate, error, BOUNDS)
    kind, shares = log_evidence(estimate, error, within, Slab(BOUNDS, SHARE))
    np.testing.assert_allclose(np.exp(kind[:, 1]), norm.pdf(estimate, 0, error))
    np.testing.assert_allclose(np.exp(kind[:, 0]), (np.exp(within[:, 0]) * SHARE[0]).sum(-1))
    np.testing.assert_allclose(np.exp(kind[:, 2]), (np.exp(within[:, 1]) * SHARE[1]).sum(-1))
    np.testing.assert_allclose(shares.sum(-1), 1.0)


def test_an_estimate_without_information_says_nothing_about_kinds():
    estimate, error = np.array([0.3]), np.array([1e4])
    kind, _ = log_evidence(
        estimate, error, log_within(estimate, error, BOUNDS), Slab(BOUNDS, SHARE)
    )
    np.testing.assert_allclose(kind - kind[:, [1]], 0.0, atol=1e-3)


def test_moments_are_those_of_the_histogram():
    mean, variance = Slab(BOUNDS, SHARE).moments()
    rng = np.random.default_rng(0)
    for row in range(2):
        k = rng.choice(3, 400_000, p=SHARE[row])
        u = rng.uniform(BOUNDS[k], BOUNDS[k + 1])
        assert mean[row] == pytest.approx(u.mean(), rel=0.01)
        assert variance[row] == pytest.approx(u.var(), rel=0.02)


def test_the_mean_strength_is_that_of_truncated_normals():
    estimate, error = np.array(0.4), np.array(0.3)
    shares = np.zeros((2, 3))
    shares[:, 1] = 1.0
    found = mean_strength(estimate, error, BOUNDS, shares)
    for row, sign in enumerate((-1, 1)):
        a, b = (BOUNDS[1:3] - sign * 0.4) / 0.3
        assert found[row] == pytest.approx(truncnorm.mean(a, b, sign * 0.4, 0.3), rel=1e-6)


def test_the_mean_strength_stays_within_the_bins():
    found = mean_strength(np.array(-50.0), np.array(0.1), BOUNDS, SHARE)
    assert found[1] == pytest.approx(SHARE[1] @ BOUNDS[:-1])
    assert np.isfinite(found).all()


def test_shares_of_strengths_are_recovered_with_errors_and_absent_edges():
    rng = np.random.default_rng(3)
    n = 4000
    kind = rng.choice([-1, 0, 1], n, p=[0.2, 0.6, 0.2])
    # Strong edges only: nothing between 0 and 0.8, which a half-normal could not say.
    truth = kind * rng.uniform(0.8, 1.4, n)
    error = np.full(n, 0.1)
    estimate = truth + error * rng.standard_normal(n)
    slab = first_slab(estimate, error)
    within = log_within(estimate, error, slab.bounds)
    prior = np.array([0.2, 0.6, 0.2])
    for _ in range(60):
        log_kind, shares = log_evidence(estimate, error, within, slab)
        joint = np.exp(log_kind) * prior
        slab = updated_slab(slab, shares, joint / joint.sum(axis=1, keepdims=True))
    middle = (slab.bounds[1:] + slab.bounds[:-1]) / 2
    for row in range(2):
        assert slab.share[row][middle < 0.7].sum() < 0.06
        # The bins next to zero keep up to 3 % of the shares: tails of absent edges.
        assert slab.moments()[0][row] == pytest.approx(1.1, abs=0.05)


def test_no_estimate_lies_beyond_the_last_bin():
    estimate, error = np.array([0.1, 7.0, -0.2]), np.array([0.1, 0.1, 0.1])
    slab = first_slab(estimate, error)
    assert slab.bounds[0] == 0
    assert slab.bounds[-1] >= 6.9
    assert (np.diff(slab.bounds) > 0).all()


def test_estimates_without_a_clear_edge_still_have_bins():
    slab = first_slab(np.zeros(5), np.full(5, 0.2))
    assert (np.diff(slab.bounds) > 0).all()
    np.testing.assert_allclose(slab.share.sum(axis=1), 1.0)
