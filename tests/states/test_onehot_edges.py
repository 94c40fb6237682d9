"""Kinds of edges: the polynomials against enumeration, and concentrations against their truth."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import digamma, gammaln

from neurokit.states.onehot_edges import edge_posterior, first_alpha, log_prior, updated_alpha

ALONE = np.zeros(1, dtype=np.int64)


def sequence_probability(kinds, alpha):
    """Probability of one combination of kinds with the ternary probabilities integrated out."""
    counts = np.bincount(kinds, minlength=3)
    log = gammaln(alpha.sum()) - gammaln(alpha.sum() + counts.sum())
    return np.exp(log + np.sum(gammaln(alpha + counts) - gammaln(alpha)))


@pytest.mark.parametrize("n_states", [1, 2, 4])
def test_the_posterior_equals_the_sum_over_all_combinations(n_states):
    rng = np.random.default_rng(n_states)
    evidence, alpha = rng.random((n_states, 3, 3)), rng.gamma(2.0, 1.0, (3, 3))
    found = edge_posterior(evidence, alpha, np.arange(3))
    total_log = 0.0
    for e in range(3):
        mass, counts = np.zeros((n_states, 3)), np.zeros(3)
        for kinds in product(range(3), repeat=n_states):
            weight = sequence_probability(np.array(kinds), alpha[e])
            weight *= np.prod(evidence[np.arange(n_states), e, kinds])
            mass[np.arange(n_states), kinds] += weight
            counts += weight * np.bincount(kinds, minlength=3)
        total = mass[0].sum()
        total_log += np.log(total)
        np.testing.assert_allclose(found.probability[:, e], mass / total, atol=1e-13)
        expected = (alpha[e] + counts / total) / (alpha[e].sum() + n_states)
        np.testing.assert_allclose(found.prior[e], expected, atol=1e-13)
    assert found.log_evidence == pytest.approx(total_log, abs=1e-12)


def test_expected_digammas_are_the_slope_of_the_evidence():
    # d log p / d alpha_c = E[digamma(a_c + n_c)] - digamma(a_c) + digamma(|a|) - digamma(|a| + S).
    rng = np.random.default_rng(5)
    evidence, alpha = rng.random((4, 6, 3)), np.array([[0.4, 1.3, 0.7]])
    group = np.zeros(6, dtype=np.int64)
    total = alpha.sum()
    slope = edge_posterior(evidence, alpha, group).sum_digamma[0] - 6 * digamma(alpha[0])
    slope += 6 * (digamma(total) - digamma(total + 4))
    for c, step in enumerate(1e-6 * np.eye(3)):
        up, down = (edge_posterior(evidence, alpha + sign * step, group) for sign in (1, -1))
        numeric = (up.log_evidence - down.log_evidence) / 2e-6
        assert slope[c] == pytest.approx(numeric, abs=1e-6)


def test_one_state_alone_has_the_mean_of_the_concentrations_as_prior():
    evidence, alpha = np.array([[[0.2, 0.5, 1.0]]]), np.array([[0.5, 2.0, 1.5]])
    expected = alpha[0] * evidence[0, 0]
    np.testing.assert_allclose(
        edge_posterior(evidence, alpha, ALONE).probability[0, 0], expected / expected.sum()
    )


def test_an_edge_does_not_vote_in_its_own_prior():
    # Sharpening the evidence of state 0 by a factor scales its odds by that factor exactly:
    # what the other states say about it has not changed.
    rng = np.random.default_rng(0)
    evidence, alpha = rng.random((4, 1, 3)), np.array([[0.3, 1.0, 0.4]])
    sharper = evidence.copy()
    sharper[0, 0, 2] *= 7.0
    a, b = (edge_posterior(e, alpha, ALONE).probability[0, 0] for e in (evidence, sharper))
    assert (b[2] / b[1]) / (a[2] / a[1]) == pytest.approx(7.0)


def test_other_states_pull_an_undecided_one_towards_them():
    decided = np.array([1e-9, 1e-9, 1.0])
    evidence = np.stack([np.ones(3), decided, decided])[:, None]
    found = edge_posterior(evidence, np.full((1, 3), 0.5), ALONE).probability[0, 0]
    # (0.5 + 2) / (1.5 + 2) for the kind of both others.
    np.testing.assert_allclose(found, [0.5 / 3.5, 0.5 / 3.5, 2.5 / 3.5], atol=1e-8)


def test_many_states_stay_finite():
    rng = np.random.default_rng(1)
    evidence = np.exp(20.0 * rng.standard_normal((20, 5, 3)))
    evidence /= evidence.max(axis=2, keepdims=True)
    found = edge_posterior(evidence, np.full((5, 3), 0.01), np.arange(5))
    assert np.isfinite(found.probability).all()
    np.testing.assert_allclose(found.probability.sum(axis=2), 1.0)


def certain(alpha, n_edges, n_states, rng):
    """Evidence that leaves no doubt, for kinds drawn from the model."""
    prior = rng.dirichlet(alpha, n_edges)
    drawn = rng.random((n_states, n_edges, 1)) > np.cumsum(prior, axis=1)[:, :2]
    return np.eye(3)[drawn.sum(axis=2)]


def climb(evidence, group, n_groups, n_steps=120):
    alpha, trace = first_alpha(n_groups), []
    for _ in range(n_steps):
        found = edge_posterior(evidence, alpha, group)
        trace.append(found.log_evidence + log_prior(alpha))
        alpha = updated_alpha(found, alpha, group, len(evidence))
    return alpha, np.array(trace)


def test_concentrations_are_recovered_for_each_group():
    rng = np.random.default_rng(2)
    truth = np.array([[0.2, 1.6, 0.2], [1.0, 0.5, 2.0]])
    evidence = np.concatenate([certain(a, 600, 5, rng) for a in truth], axis=1)
    alpha, trace = climb(evidence, np.repeat([0, 1], 600), 2)
    assert np.diff(trace).min() > -1e-9
    # 3000 kinds each: standard errors of some 7 %.
    np.testing.assert_allclose(alpha, truth, rtol=0.25)


def test_edges_that_all_agree_leave_concentrations_finite():
    evidence = np.tile(np.array([0.0, 1.0, 0.0]), (4, 9, 1))
    alpha, trace = climb(evidence, np.zeros(9, dtype=int), 1, n_steps=100)
    assert np.isfinite(alpha).all()
    assert (alpha > 0).all()
    assert np.diff(trace).min() > -1e-9
    assert alpha[0, 1] > 5 * alpha[0, [0, 2]].max()
