"""Expectations of a variational fit as users get them, against draws from its factors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.bicluster.block_tridiagonal import draw_gaussian, gaussian_marginals
from neurokit.bicluster.label_chains import label_marginals
from neurokit.bicluster.partition_prior import finite_mixtures
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.starts import start_extra, start_labels, trajectories
from neurokit.bicluster.variational import started
from neurokit.bicluster.variational_fit import most_probable_labels
from neurokit.bicluster.variational_results import described, state_share

N, T, Q = 4, 12, 2
EDGES = np.array([0, 1, 5, T])


def some_factors(family=0, seed=0):
    """Factors with shares and covariances of any kind."""
    rng = np.random.default_rng(seed)
    y = rng.poisson(2.0, (N, T)).astype(float)
    data = Data(y, np.ones((N, T), bool), EDGES, family)
    options = Settings(Q - 1, 3, finite_mixtures(N))
    labels = rng.integers(0, 3, T)
    labels[EDGES[1:] - 1] = -1
    factors = started(
        data, options, np.array([0, 0, 1, 1]), labels, 0.5 * rng.standard_normal((2, T, Q)),
        0.5 * rng.standard_normal((N, Q)), np.full(N, 3.0),
    )  # fmt: skip
    factors.share = rng.dirichlet(np.ones(2), N)
    factors.marginal = rng.dirichlet(np.ones(3), len(factors.at))
    root = 0.3 * rng.standard_normal((2, T, Q, Q))
    factors.covariance = root @ np.swapaxes(root, -1, -2)
    root = 0.3 * rng.standard_normal((N, 2, Q, Q))
    factors.spread = root @ np.swapaxes(root, -1, -2)
    return factors


def drawn_predictors(factors, n, rng):
    """(n, N, T) draws of eta; bins are independent here, only their marginals are asked for."""
    eta = np.empty((n, N, T))
    for i in range(N):
        k = rng.choice(2, n, p=factors.share[i])
        loads = np.stack([rng.multivariate_normal(factors.loading[i, j], factors.spread[i, j], n)
                          for j in range(2)])[k, np.arange(n)]  # fmt: skip
        for t in range(T):
            w = np.stack([rng.multivariate_normal(factors.mean[j, t], factors.covariance[j, t], n)
                          for j in range(2)])[k, np.arange(n)]  # fmt: skip
            eta[:, i, t] = loads[:, 0] + w[:, 0] + loads[:, 1] * w[:, 1]
    return eta


def none():
    return np.empty((0, 2), dtype=np.int64), np.empty(0)


def test_gaussian_rates_have_the_mean_and_spread_of_draws():
    factors = some_factors(2)
    found = described(factors, *none())
    eta = drawn_predictors(factors, 4000, np.random.default_rng(1))
    error = eta.std(axis=0) / np.sqrt(len(eta))
    assert (np.abs(eta.mean(axis=0) - found.rate_mean) < 4.5 * error).all()
    # A product of normals has heavier tails: a tenth covers the spread's error.
    np.testing.assert_allclose(found.rate_sd, eta.std(axis=0), rtol=0.12)


def exact_rates(factors):
    """(N, T) E exp(d + mu + c x): (d, c) and (mu, x) normal, so that only x needs quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    total = np.zeros((N, T))
    for i in range(N):
        for k in range(2):
            (d, c), v = factors.loading[i, k], factors.spread[i, k]
            for t in range(T):
                (mu, x), w = factors.mean[k, t], factors.covariance[k, t]
                off = np.sqrt(w[1, 1]) * nodes
                centre = d + mu + c * (x + off) + w[0, 1] / w[1, 1] * off
                spread = w[0, 0] - w[0, 1] ** 2 / w[1, 1]
                spread = spread + v[0, 0] + 2 * v[0, 1] * (x + off) + v[1, 1] * (x + off) ** 2
                total[i, t] += factors.share[i, k] * (weights @ np.exp(centre + 0.5 * spread))
    return total


def test_rates_of_counts_are_exact_where_the_predictor_is_normal():
    factors = some_factors(0)
    # A slope that is known makes d + mu + c x normal given the cluster.
    factors.spread[..., 1] = 0.0
    factors.spread[..., 1, :] = 0.0
    found = described(factors, *none())
    np.testing.assert_allclose(found.rate_mean, exact_rates(factors), rtol=1e-9)
    eta = drawn_predictors(factors, 4000, np.random.default_rng(2))
    rates = np.exp(eta)
    error = rates.std(axis=0) / np.sqrt(len(rates))
    assert (np.abs(rates.mean(axis=0) - found.rate_mean) < 4.5 * error).all()
    assert (found.rate_sd > 0).all()


def test_rates_of_counts_are_near_where_the_predictor_is_nearly_normal():
    factors = some_factors(0)
    # Spreads as after a hundred bins: a product of normals is then nearly normal.
    factors.spread *= 0.1
    factors.covariance *= 0.3
    np.testing.assert_allclose(
        described(factors, *none()).rate_mean, exact_rates(factors), rtol=0.02
    )


def test_hidden_entries_are_averaged_over_clusters():
    factors = some_factors(2)
    entries = np.array([[0, 3], [2, 3], [2, 11]])
    values = np.array([0.2, -1.0, 1.5])
    found = described(factors, entries, values).hidden
    eta = drawn_predictors(factors, 4000, np.random.default_rng(3))
    for (i, t), y, p in zip(entries, values, found, strict=True):
        v = factors.extra[i]
        density = np.exp(-0.5 * (y - eta[:, i, t]) ** 2 / v) / np.sqrt(2 * np.pi * v)
        assert abs(density.mean() - p) < 5 * density.std() / np.sqrt(len(eta)) + 0.02 * p


def test_pairs_of_neurons_are_together_with_the_product_of_their_shares():
    factors = some_factors()
    found = described(factors, *none()).co_neuron
    assert found[0, 2] == pytest.approx(float(factors.share[0] @ factors.share[2]), rel=1e-6)
    assert np.array_equal(np.diag(found), np.ones(N))


def test_bins_have_the_state_that_led_to_them():
    factors = some_factors()
    share = state_share(factors.data, factors)
    # Trials of 1, 4 and 7 bins: 0, 3 and 6 steps.
    assert np.isnan(share[0]).all()
    np.testing.assert_array_equal(share[2:5], factors.marginal[:3])
    np.testing.assert_array_equal(share[1], factors.marginal[0])
    np.testing.assert_array_equal(share[5], factors.marginal[3])
    np.testing.assert_array_equal(share[6:12], factors.marginal[3:])
    together = described(factors, *none()).co_state()
    assert np.isnan(together[0]).all()
    assert np.array_equal(np.diag(together)[1:], np.ones(T - 1))
    assert together[3, 8] == pytest.approx(float(share[3] @ share[8]), rel=1e-6)


def test_most_probable_labels_stand_at_the_bin_their_step_begins():
    factors = some_factors()
    labels = most_probable_labels(factors)
    assert labels[[0, 4, 11]].tolist() == [-1, -1, -1]
    assert labels[1:4].tolist() == factors.marginal[:3].argmax(axis=1).tolist()
    assert labels[5:11].tolist() == factors.marginal[3:].argmax(axis=1).tolist()


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 3))
def test_marginals_have_the_mean_of_the_draw_without_noise(seed, n, q):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n, q, q))
    diagonal = root @ np.swapaxes(root, -1, -2) + 8.0 * q * np.eye(q)
    lower = rng.standard_normal((n - 1, q, q))
    rhs = rng.standard_normal((n, q))
    mean, covariance, across, log_determinant = gaussian_marginals(diagonal, lower, rhs)
    plain, expected, _ = draw_gaussian(diagonal, lower, rhs, np.zeros((n, q)))
    np.testing.assert_allclose(mean, plain, atol=1e-12)
    assert log_determinant == pytest.approx(expected)
    np.testing.assert_allclose(covariance, np.swapaxes(covariance, -1, -2), atol=1e-12)
    assert across.shape == (n - 1, q, q)
    assert (np.linalg.eigvalsh(covariance) > 0).all()


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(1, 8), st.integers(1, 4))
def test_label_marginals_agree_with_each_other(seed, n, s):
    rng = np.random.default_rng(seed)
    emission = 4.0 * rng.standard_normal((n, s))
    marginal, pairs, evidence = label_marginals(emission, np.log(rng.dirichlet(np.ones(s), s)))
    np.testing.assert_allclose(marginal.sum(axis=1), 1.0)
    # Steps from and to every state are the marginals without the last or the first bin.
    np.testing.assert_allclose(pairs.sum(axis=1), marginal[:-1].sum(axis=0), atol=1e-10)
    np.testing.assert_allclose(pairs.sum(axis=0), marginal[1:].sum(axis=0), atol=1e-10)
    shifted = label_marginals(emission + 2.5, np.log(np.full((s, s), 1.0 / s)))[2]
    plain = label_marginals(emission, np.log(np.full((s, s), 1.0 / s)))[2]
    assert shifted == pytest.approx(plain + 2.5 * n)
    assert evidence <= emission.max(axis=1).sum() + 1e-9


def loud_then_quiet(n=120):
    rng = np.random.default_rng(0)
    amplitude = np.repeat([0.1, 1.0, 6.0], n // 3)
    return (amplitude[:, None] * rng.standard_normal((n, 2)))[None]


@pytest.mark.parametrize("n_states", [1, 2, 3])
def test_bins_start_in_as_many_clusters_as_asked_for(n_states):
    latents = loud_then_quiet()
    edges = np.array([0, 60, 120])
    labels = start_labels(latents, edges, np.random.default_rng(0), n_states)
    assert labels[[59, 119]].tolist() == [-1, -1]
    held = labels[labels >= 0]
    assert len(np.unique(held)) == n_states
    if n_states == 3:
        # The middle of every stretch is in a cluster of its own.
        assert len({int(labels[20]), int(labels[55]), int(labels[100])}) >= 2


def test_bins_that_are_all_alike_start_in_one_cluster():
    labels = start_labels(np.ones((1, 30, 2)), np.array([0, 30]), np.random.default_rng(0), 3)
    assert labels.tolist() == [0] * 29 + [-1]


def test_first_guesses_of_sizes_and_variances():
    rng = np.random.default_rng(4)
    y = 3.0 * rng.standard_normal((2, 500))
    seen = np.ones(y.shape, bool)
    seen[0, 100:] = False
    data = Data(np.where(seen, y, 0.0), seen, np.array([0, 500]), 2)
    shown = [y[0, :100], y[1]]
    assert start_extra(data) == pytest.approx([0.5 * one.var() for one in shown])
    assert start_extra(Data(data.y, seen, data.edges, 0)).tolist() == [1.0, 1.0]
    assert start_extra(Data(data.y, seen, data.edges, 1)).tolist() == [10.0, 10.0]


def test_first_trajectories_give_back_rates_of_low_rank():
    rng = np.random.default_rng(5)
    latents = rng.standard_normal((2, 60))
    loads = rng.standard_normal((6, 2))
    rates = loads @ latents + rng.standard_normal((6, 1))
    found, loadings = trajectories(rates, np.zeros(6, int), 2)
    back = loadings[:, :1] + found[0, :, 0] + loadings[:, 1:] @ found[0, :, 1:].T
    np.testing.assert_allclose(back, rates, atol=1e-10)
    assert (loadings[:, 1:] ** 2).mean(axis=0) == pytest.approx([1.0, 1.0])
