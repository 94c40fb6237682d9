"""Marginal likelihoods of block pairs against numerical integrals; units; Jacobians."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import betaln, comb, loggamma

from neurokit.connectome.sbm_weights import (
    ALPHA,
    BETA,
    CORRECTED,
    COUNTS,
    EDGE,
    EXPECTED,
    EXPECTED_SQUARES,
    EXPONENTIAL,
    GAUSSIAN,
    KAPPA,
    N_CHANNELS,
    OBSERVED,
    PLAIN,
    SHARED,
    SQUARES,
    SUM,
    UNWEIGHTED,
    log_edges,
    log_gamma,
    log_weights,
    pair_model,
    scaled,
    tables,
)


def sums(**channels):
    s = np.zeros(N_CHANNELS)
    places = {
        "m": OBSERVED, "e": EDGE, "sum": SUM, "squares": SQUARES,
        "p": EXPECTED, "p2": EXPECTED_SQUARES,
    }  # fmt: skip
    for name, value in channels.items():
        s[places[name]] = value
    return s


def a_graph(rng, n=12, density=0.6):
    values = rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < density)
    values = np.triu(values, 1)
    return values + values.T, ~np.eye(n, dtype=bool)


@pytest.mark.parametrize(("e", "m"), [(0, 0), (0, 7), (3, 7), (7, 7)])
def test_edges_are_bernoulli_with_a_uniform_probability(e, m):
    value = log_edges(sums(e=e, m=m), PLAIN, tables(20, UNWEIGHTED))
    integral, _ = integrate.quad(lambda p: p**e * (1 - p) ** (m - e), 0, 1)
    assert value == pytest.approx(math.log(integral), abs=1e-9)


def test_shared_edges_say_nothing_about_blocks():
    assert log_edges(sums(e=3, m=9), SHARED, tables(20, UNWEIGHTED)) == 0.0


@pytest.mark.parametrize(("e", "n", "m"), [(0, 1, 5), (4, 3, 30), (9, 6, 12)])
def test_counts_are_one_of_all_ways_to_spread_them(e, n, m):
    value = log_edges(sums(e=e, m=n, sum=m), COUNTS, tables(40, UNWEIGHTED))
    assert value == pytest.approx(-math.log(comb(n + e - 1, e, exact=True) * (m + 1)), abs=1e-9)


def test_corrected_edges_are_a_likelihood_ratio_to_what_was_expected():
    # With one probability for all pairs, mean and variance fix exactly that many pairs.
    m, p, e = 20, 0.3, 9
    value = log_edges(sums(e=e, m=m, p=m * p, p2=m * p * p), CORRECTED, tables(40, UNWEIGHTED))
    expected = betaln(e + 1, m - e + 1) - e * math.log(p) - (m - e) * math.log(1 - p)
    assert value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_exponential_weights_integrate_out_their_rate(n):
    x = np.random.default_rng(n).exponential(1.3, n)
    value = log_weights(sums(e=n, sum=x.sum()), EXPONENTIAL, tables(10, EXPONENTIAL))
    integral, _ = integrate.quad(lambda r: r**n * np.exp(-r * (x.sum() + 1)), 0, np.inf)
    assert value == pytest.approx(math.log(integral), abs=1e-8)


@pytest.mark.parametrize("n", [1, 2, 6])
def test_gaussian_weights_are_multivariate_t(n):
    y = np.random.default_rng(n).normal(0.4, 1.1, n)
    value = log_weights(
        sums(e=n, sum=y.sum(), squares=(y**2).sum()), GAUSSIAN, tables(10, GAUSSIAN)
    )
    shape = BETA / ALPHA * (np.eye(n) + np.ones((n, n)) / KAPPA)
    oracle = stats.multivariate_t(np.zeros(n), shape, df=2 * ALPHA).logpdf(y)
    assert value == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize("kind", ["exponential", "log-normal", "normal", "zero-inflated", "0.25"])
@pytest.mark.parametrize("factor", [1e-6, 3.0, 1e5])
def test_another_unit_costs_the_same_for_every_model(kind, factor):
    values, observed = a_graph(np.random.default_rng(0))
    one, other = (pair_model(x, observed, kind) for x in (values, values * factor))
    n_edges = np.count_nonzero(values) / 2
    np.testing.assert_allclose(one.pairs, other.pairs, atol=1e-8)
    assert one.constant - other.constant == pytest.approx(n_edges * math.log(factor), rel=1e-9)


@pytest.mark.parametrize("kind", ["log-normal", "normal", "0.25", "exponential"])
def test_the_jacobian_is_that_of_the_transform(kind):
    values, observed = a_graph(np.random.default_rng(1))
    edge = observed & (values > 0)
    y, _, jacobian = scaled(values, edge, kind)
    # The transform is y = (f(x) - shift) / scale: its slope from two close points of the same
    # transform, found by the pairs themselves.
    power = {"log-normal": 0.0, "normal": 1.0, "0.25": 0.25, "exponential": 1.0}[kind]
    x = values[edge]
    f = np.log(x) if power == 0 else x**power
    scale = (f.max() - f.min()) / (y[edge].max() - y[edge].min())
    slope = (1 / x if power == 0 else power * x ** (power - 1)) / scale
    assert jacobian == pytest.approx(0.5 * np.log(np.abs(slope)).sum(), rel=1e-9)


def test_zero_inflation_takes_the_zeros_out_of_the_blocks():
    values, observed = a_graph(np.random.default_rng(2))
    plain = pair_model(values, observed, "log-normal")
    shared = pair_model(values, observed, "zero-inflated")
    e, m = np.count_nonzero(values) // 2, observed.sum() // 2
    assert shared.constant - plain.constant == pytest.approx(betaln(e + 1, m - e + 1))
    assert shared.edges == SHARED


def test_what_is_not_observed_counts_neither_as_pair_nor_as_edge():
    values, observed = a_graph(np.random.default_rng(3))
    observed[0, 1] = observed[1, 0] = False
    pairs = pair_model(values, observed, "normal").pairs
    assert not pairs[0, 1].any()
    assert not pairs[1, 0].any()


@pytest.mark.parametrize("x", [1.0, 1.5, 2.0, 9.999, 10.0, 10.001, 33.3, 7750.5, 1e6])
def test_log_gamma_is_that_of_the_library(x):
    assert log_gamma(x) == pytest.approx(loggamma(x), rel=1e-14, abs=1e-12)
