"""Sticky transitions: tables of Chinese restaurants, counts of steps, conjugate draws."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import chisquare

from neurokit.bicluster.sticky_transitions import (
    count_steps,
    draw_rows,
    draw_tables,
    draw_transitions,
)


def stirling(n):
    """Unsigned Stirling numbers of the first kind, row n."""
    row = np.array([1.0])
    for i in range(n):
        row = np.append(0.0, row) + i * np.append(row, 0.0)
    return row


@pytest.mark.parametrize(("n", "a"), [(1, 0.3), (5, 1.0), (9, 0.2), (12, 7.5)])
def test_tables_have_the_distribution_by_stirling_numbers(n, a):
    # p(m) = Gamma(a) / Gamma(a + n) |s(n, m)| a^m
    m = np.arange(n + 1)
    share = np.exp(gammaln(a) - gammaln(a + n)) * stirling(n) * a**m
    n_draws = 20_000
    counts = np.full((1, n_draws), n)
    drawn = draw_tables(counts, np.full((1, n_draws), a), np.random.default_rng(n))[0]
    found = np.bincount(drawn, minlength=n + 1)
    common = n_draws * share >= 5
    assert share.sum() == pytest.approx(1.0)
    assert found[0] == 0
    if common.sum() == 1:
        assert found[common] == n_draws
        return
    observed = np.append(found[common], found[~common].sum() + 1e-9)
    expected = np.append(n_draws * share[common], n_draws * share[~common].sum() + 1e-9)
    assert chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-4


def test_no_customers_sit_at_no_table():
    counts = np.array([[0, 3], [0, 0]])
    drawn = draw_tables(counts, np.full((2, 2), 1e-300), np.random.default_rng(0))
    assert drawn.tolist() == [[0, 1], [0, 0]]


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=4))
def test_steps_are_counted_within_trials_only(trials):
    labels = np.array([s for trial in trials for s in [*trial, -1]], dtype=np.int64)
    expected = np.zeros((3, 3), dtype=int)
    for trial in trials:
        for before, after in pairwise(trial):
            expected[before, after] += 1
    assert np.array_equal(count_steps(labels, 3), expected)


def test_rows_are_dirichlet_with_the_counts_added():
    counts = np.array([[4, 1, 0], [0, 2, 3], [0, 0, 0]])
    weights = np.array([0.5, 0.3, 0.2])
    rng = np.random.default_rng(1)
    rows = np.array(
        [draw_rows(counts, weights, alpha=2.0, kappa=3.0, rng=rng) for _ in range(8000)]
    )
    parameter = counts + 2.0 * weights + 3.0 * np.eye(3)
    total = parameter.sum(axis=1, keepdims=True)
    mean = parameter / total
    variance = mean * (1 - mean) / (total + 1)
    np.testing.assert_allclose(rows.sum(axis=2), 1.0)
    assert (np.abs(rows.mean(axis=0) - mean) < 4 * np.sqrt(variance / 8000)).all()
    np.testing.assert_allclose(rows.var(axis=0), variance, rtol=0.1)


def row_log_likelihood(counts, weights, alpha, kappa):
    """log p(counts | beta), rows integrated out: Dirichlet-multinomial."""
    parameter = alpha * weights + kappa * np.eye(len(weights))
    total = parameter.sum(axis=1)
    out = gammaln(total) - gammaln(total + counts.sum(axis=1))
    return (out + (gammaln(parameter + counts) - gammaln(parameter)).sum(axis=1)).sum()


def long_run(counts, alpha, gamma, kappa, n, seed):
    rng = np.random.default_rng(seed)
    weights = np.array([0.5, 0.5])
    out = np.empty((n, 2))
    for i in range(n):
        weights, transition = draw_transitions(
            counts, weights, alpha=alpha, gamma=gamma, kappa=kappa, rng=rng
        )
        out[i] = weights[0], transition[0, 0]
    return out


@pytest.mark.parametrize("kappa", [0.0, 4.0])
def test_weights_follow_their_posterior_on_a_grid(kappa):
    """Two states: the posterior of beta_1 with pi integrated out is one-dimensional."""
    counts, alpha, gamma = np.array([[9, 2], [5, 3]]), 1.5, 2.0
    grid = (np.arange(4000) + 0.5) / 4000
    log_density = np.array(
        [row_log_likelihood(counts, np.array([w, 1 - w]), alpha, kappa) for w in grid]
    )
    log_density += (gamma / 2 - 1) * (np.log(grid) + np.log1p(-grid))
    share = np.exp(log_density - log_density.max())
    share /= share.sum()
    stay = (counts[0, 0] + alpha * grid + kappa) / (counts[0].sum() + alpha + kappa)
    n = 30_000
    found = long_run(counts, alpha, gamma, kappa, n, 5)
    batches = found[: n // 100 * 100].reshape(100, -1, 2).mean(axis=1)
    error = batches.std(axis=0, ddof=1) / 10
    expected = np.array([share @ grid, share @ stay])
    assert (np.abs(found.mean(axis=0) - expected) < 4 * error).all()
    assert (found[:, 0] ** 2).mean() == pytest.approx(share @ grid**2, rel=0.03)


def test_without_counts_beta_is_drawn_from_its_prior():
    found = long_run(np.zeros((2, 2), dtype=int), 1.0, 3.0, 10.0, 6000, 6)[:, 0]
    # Dir(3/2, 3/2): mean 1/2, variance 1/16.
    assert abs(found.mean() - 0.5) < 4 * 0.25 / np.sqrt(6000)
    assert found.var() == pytest.approx(1 / 16, rel=0.08)


def test_a_weight_that_underflows_still_gives_rows():
    weights = np.array([1.0, 1e-300])
    rows = draw_rows(
        np.zeros((2, 2), int), weights, alpha=1e-5, kappa=0.0, rng=np.random.default_rng(0)
    )
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(rows.sum(axis=1), 1.0)
