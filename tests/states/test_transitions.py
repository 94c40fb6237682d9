"""The chain's M-step: pooled counts, and the multinomial logit against a general optimiser."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from neurokit.states.transitions import (
    TransitionPrior,
    counted_transition,
    fit_logit,
    transition_coefficients,
)


def test_counts_become_shares_and_an_unvisited_state_keeps_its_row():
    former = np.array([[0.5, 0.5], [0.3, 0.7]])
    found = counted_transition(np.array([[3.0, 1.0], [0.0, 0.0]]), former)
    np.testing.assert_allclose(found, [[0.75, 0.25], [0.3, 0.7]])


def test_probabilities_that_nothing_uses_become_zero():
    found = counted_transition(np.array([[1.0, 1e-120], [1.0, 1.0]]), np.eye(2))
    assert found[0, 1] == 0.0
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def _logit_problem(seed=0, n_bins=400):
    rng = np.random.default_rng(seed)
    inputs = np.concatenate([np.ones((n_bins, 1)), rng.normal(size=(n_bins, 2))], axis=1)
    truth = rng.normal(size=(3, 3))
    truth[1] = 0.0
    logits = inputs @ truth.T
    chance = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weight = rng.random(n_bins)
    moved = (chance.cumsum(axis=1) > rng.random((n_bins, 1))).argmax(axis=1)
    share = weight[:, None] * np.eye(3)[moved]
    return inputs, weight, share.T @ inputs


@pytest.mark.parametrize("seed", range(3))
def test_the_logit_is_where_a_general_optimiser_ends(seed):
    inputs, weight, count = _logit_problem(seed)

    def loss(vector):
        coefficients = np.zeros((3, 3))
        coefficients[[0, 2]] = vector.reshape(2, 3)
        total = np.log(np.exp(inputs @ coefficients.T).sum(axis=1))
        penalty = 0.5 * 0.3 * (coefficients[:, 1:] ** 2).sum()
        return weight @ total - (count * coefficients).sum() + penalty

    expected = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-7})
    found = fit_logit(inputs, weight, count, np.zeros((3, 3)), 1, 0.3)
    np.testing.assert_allclose(found[[0, 2]].ravel(), expected.x, atol=1e-4)
    np.testing.assert_array_equal(found[1], 0.0)


def test_a_logit_from_a_far_start_gets_there_too():
    inputs, weight, count = _logit_problem()
    near = fit_logit(inputs, weight, count, np.zeros((3, 3)), 1, 0.3)
    start = 8.0 * np.random.default_rng(0).normal(size=(3, 3))
    start[1] = 0.0
    np.testing.assert_allclose(fit_logit(inputs, weight, count, start, 1, 0.3), near, atol=1e-5)


def test_separable_transitions_stay_finite():
    inputs = np.stack([np.ones(20), np.repeat([-1.0, 1.0], 10)], axis=1)
    count = np.zeros((2, 2))
    count[0], count[1] = inputs[:10].sum(axis=0), inputs[10:].sum(axis=0)
    found = fit_logit(inputs, np.ones(20), count, np.zeros((2, 2)), 0, 0.0)
    assert np.isfinite(found).all()
    assert found[1, 1] > 5


def test_coefficients_without_slopes_are_the_transition_matrix():
    transition = np.array([[0.8, 0.2], [0.4, 0.6]])
    logits = transition_coefficients(transition, 3)
    np.testing.assert_array_equal(logits[..., 1:], 0.0)
    chance = np.exp(logits[..., 0])
    np.testing.assert_allclose(chance / chance.sum(axis=1, keepdims=True), transition)


def test_sticky_counts_enter_the_objective(known_model):
    from neurokit.states.storing import stored_parameters

    parameters, *_ = stored_parameters(known_model())
    prior = TransitionPrior(np.array([[2.0, 0.0], [0.0, 2.0]]))
    expected = 2.0 * np.log(np.diag(parameters.transition)).sum()
    assert prior.log_density(parameters) == pytest.approx(expected)
    less = replace(parameters, transition=np.full((2, 2), 0.5))
    assert prior.log_density(less) < prior.log_density(parameters)
