"""Transitions: shares, logits and their slopes against loops and numerical derivatives."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.states.parameters import Parameters
from neurokit.states.smoothing import smooth
from neurokit.states.transitions import (
    TransitionPrior,
    chain_score,
    counted_transition,
    fit_logit,
    transition_coefficients,
    update_chain,
)

N_STATES = 3


@dataclass
class _Data:
    """What the chain needs of observations."""

    offsets: np.ndarray
    transition_inputs: np.ndarray


def _chain(n_inputs, seed=0, lengths=(7, 1, 12)):
    """Bins, parameters and posterior of a chain driven by `n_inputs` inputs, the constant first."""
    rng = np.random.default_rng(seed)
    n = sum(lengths)
    inputs = rng.normal(size=(n, n_inputs))
    if n_inputs:
        inputs[:, 0] = 1.0
    data = _Data(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), inputs)
    transition = rng.dirichlet(np.ones(N_STATES) * 2, N_STATES)
    coefficients = transition_coefficients(transition, n_inputs)
    if n_inputs > 1:
        slopes = 0.4 * rng.normal(size=(N_STATES, N_STATES, n_inputs - 1))
        slopes[np.arange(N_STATES), np.arange(N_STATES)] = 0.0
        coefficients[..., 1:] = slopes
    parameters = Parameters(
        np.zeros((N_STATES, 1, 1, 1)), np.ones((N_STATES, 1)), transition,
        rng.dirichlet(np.ones(N_STATES)), coefficients,
    )  # fmt: skip
    logs = rng.normal(size=(n, N_STATES))
    posterior = smooth(
        logs, transition, parameters.initial, data.offsets, coefficients, data.transition_inputs
    )
    return data, parameters, posterior, logs


def _softmax(logits):
    shares = np.array([np.exp(x) for x in logits])
    return shares / shares.sum()


def _log_likelihood(logs, data, initial, coefficients, transition):
    """Forward pass in plain numbers."""
    total = 0.0
    for a, b in zip(data.offsets[:-1], data.offsets[1:], strict=True):
        forward = None
        for t in range(a, b):
            if forward is None:
                forward = initial * np.exp(logs[t])
                continue
            moves = transition
            if data.transition_inputs.shape[1]:
                u = data.transition_inputs[t]
                moves = np.array([_softmax(coefficients[j] @ u) for j in range(N_STATES)])
            forward = (forward @ moves) * np.exp(logs[t])
        total += np.log(forward.sum())
    return total


@settings(max_examples=20)
@given(st.lists(st.lists(st.floats(0, 1e6), min_size=3, max_size=3), min_size=3, max_size=3))
def test_rows_of_counts_become_shares_or_stay(count):
    count = np.array(count)
    former = np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [0.6, 0.2, 0.2]])
    found = counted_transition(count, former)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    for row, was, new in zip(count, former, found, strict=True):
        np.testing.assert_allclose(new, row / row.sum() if row.sum() > 1e-90 else was, atol=1e-90)


@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e12])
def test_shares_do_not_depend_on_the_number_of_bins(factor):
    count = np.random.default_rng(0).random((3, 3))
    np.testing.assert_allclose(
        counted_transition(factor * count, np.eye(3)), counted_transition(count, np.eye(3))
    )


def test_counts_are_left_as_they_were():
    count, former = np.array([[2.0, 1e-120], [0.0, 0.0]]), np.full((2, 2), 0.5)
    kept = count.copy(), former.copy()
    counted_transition(count, former)
    np.testing.assert_array_equal(count, kept[0])
    np.testing.assert_array_equal(former, kept[1])


def test_without_inputs_there_are_no_coefficients():
    assert transition_coefficients(np.eye(4), 0).shape == (4, 4, 0)


@pytest.mark.parametrize("n_inputs", [1, 3])
def test_staying_is_the_reference_of_coefficients(n_inputs):
    transition = np.random.default_rng(0).dirichlet(np.ones(4), 4)
    found = transition_coefficients(transition, n_inputs)
    assert found.shape == (4, 4, n_inputs)
    for j in range(4):
        assert found[j, j, 0] == 0.0
        for k in range(4):
            assert found[j, k, 0] == pytest.approx(np.log(transition[j, k] / transition[j, j]))


def test_a_transition_that_cannot_happen_has_a_finite_logit():
    found = transition_coefficients(np.eye(2), 1)
    assert found[0, 1, 0] == pytest.approx(np.log(1e-12))
    assert np.isfinite(found).all()


def test_the_prior_sums_pseudo_counts_times_logs():
    _, parameters, _, _ = _chain(2)
    pseudo = np.array([[1.0, 0.0, 0.5], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    prior = TransitionPrior(pseudo, ridge=0.7)
    expected = 0.0
    for j in range(3):
        for k in range(3):
            expected += pseudo[j, k] * np.log(parameters.transition[j, k])
            expected -= 0.35 * parameters.transition_coefficients[j, k, 1] ** 2
    assert prior.log_density(parameters) == pytest.approx(expected)


def test_a_zero_probability_without_pseudo_count_costs_nothing():
    _, parameters, _, _ = _chain(0)
    parameters.transition[:] = np.eye(3)
    assert TransitionPrior(np.zeros((3, 3))).log_density(parameters) == 0.0
    assert TransitionPrior(2 * np.eye(3)).log_density(parameters) == 0.0
    impossible = TransitionPrior(np.ones((3, 3))).log_density(parameters)
    assert np.isfinite(impossible)
    assert impossible < -1000


@pytest.mark.parametrize("n_inputs", [0, 1, 3])
@pytest.mark.parametrize("pseudo", [0.0, 0.8])
def test_an_update_raises_the_penalised_likelihood(n_inputs, pseudo):
    data, parameters, posterior, logs = _chain(n_inputs)
    prior = TransitionPrior(np.full((3, 3), pseudo), ridge=0.1)
    new = update_chain(data, parameters, posterior, prior)

    def objective(of):
        value = _log_likelihood(
            logs, data, of.initial, of.transition_coefficients, of.transition
        )  # fmt: skip
        return value + prior.log_density(of)

    assert objective(new) > objective(parameters)
    np.testing.assert_allclose(new.transition.sum(axis=1), 1.0)
    assert new.initial.sum() == pytest.approx(1.0)


def test_updated_transitions_are_expected_counts_over_their_sum():
    data, parameters, posterior, _ = _chain(0)
    pseudo = np.arange(9.0).reshape(3, 3)
    new = update_chain(data, parameters, posterior, TransitionPrior(pseudo))
    count = posterior.transition_count + pseudo
    for j in range(3):
        np.testing.assert_allclose(new.transition[j], count[j] / count[j].sum())
    np.testing.assert_allclose(
        new.initial, posterior.probability[data.offsets[:-1]].mean(axis=0), atol=1e-12
    )


def test_a_uniform_start_stays_uniform():
    data, parameters, posterior, _ = _chain(0)
    prior = TransitionPrior(np.zeros((3, 3)), initial="uniform")
    new = update_chain(data, parameters, posterior, prior)
    np.testing.assert_array_equal(new.initial, parameters.initial)
    assert not np.allclose(new.transition, parameters.transition)


def test_an_update_leaves_emissions_and_the_former_chain_alone():
    data, parameters, posterior, _ = _chain(2)
    kept = parameters.transition.copy(), parameters.transition_coefficients.copy()
    new = update_chain(data, parameters, posterior, TransitionPrior(np.zeros((3, 3))))
    assert new.coefficients is parameters.coefficients
    assert new.scale is parameters.scale
    np.testing.assert_array_equal(parameters.transition, kept[0])
    np.testing.assert_array_equal(parameters.transition_coefficients, kept[1])


def test_driven_transitions_are_those_at_inputs_of_zero():
    data, parameters, posterior, _ = _chain(2)
    new = update_chain(data, parameters, posterior, TransitionPrior(np.zeros((3, 3))))
    for j in range(3):
        expected = _softmax(new.transition_coefficients[j, :, 0])
        np.testing.assert_allclose(new.transition[j], expected)
        np.testing.assert_array_equal(new.transition_coefficients[j, j], 0.0)


def test_a_constant_input_alone_is_the_stationary_chain():
    plain = _chain(0, seed=3)
    driven = _chain(1, seed=3)
    pseudo = TransitionPrior(np.full((3, 3), 0.3))
    first = update_chain(plain[0], plain[1], plain[2], pseudo)
    # The constant has precision 1e-9, which moves logits by less than 1e-7.
    second = update_chain(driven[0], plain[1].__class__(
        driven[1].coefficients, driven[1].scale, plain[1].transition, plain[1].initial,
        transition_coefficients(plain[1].transition, 1),
    ), smooth(
        plain[3], plain[1].transition, plain[1].initial, driven[0].offsets,
        transition_coefficients(plain[1].transition, 1), driven[0].transition_inputs,
    ), pseudo)  # fmt: skip
    np.testing.assert_allclose(second.transition, first.transition, atol=1e-6)


@pytest.mark.parametrize("n_inputs", [1, 3])
def test_the_score_is_the_slope_of_the_penalised_likelihood(n_inputs):
    data, parameters, posterior, logs = _chain(n_inputs, seed=1)
    prior = TransitionPrior(np.zeros((3, 3)), ridge=0.4)
    found = chain_score(data, parameters, posterior, prior)
    step = 1e-5
    for index in [(0, 1, 0), (1, 1, 0), (2, 0, n_inputs - 1), (1, 2, n_inputs - 1)]:
        ends = []
        for sign in (1, -1):
            moved = parameters.transition_coefficients.copy()
            moved[index] += sign * step
            value = _log_likelihood(logs, data, parameters.initial, moved, None)
            ends.append(value - 0.2 * (moved[..., 1:] ** 2).sum())
        slope = (ends[0] - ends[1]) / (2 * step)
        assert found[index] == pytest.approx(slope, abs=1e-6)


def test_the_score_of_a_stationary_chain_is_that_of_its_logits():
    data, parameters, posterior, logs = _chain(0, seed=2)
    prior = TransitionPrior(np.full((3, 3), 0.6))
    found = chain_score(data, parameters, posterior, prior)
    assert found.shape == (3, 3, 1)
    np.testing.assert_allclose(found.sum(axis=1), 0.0, atol=1e-12)
    step = 1e-6
    for j, k in [(0, 1), (2, 2), (1, 0)]:
        ends = []
        for sign in (1, -1):
            logits = np.log(parameters.transition)
            logits[j, k] += sign * step
            moved = np.array([_softmax(row) for row in logits])
            value = _log_likelihood(logs, data, parameters.initial, None, moved)
            ends.append(value + 0.6 * np.log(moved).sum())
        assert found[j, k, 0] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-5)


def test_the_score_is_zero_after_an_update_with_the_same_posterior():
    data, parameters, posterior, _ = _chain(3)
    prior = TransitionPrior(np.full((3, 3), 0.2), ridge=0.3)
    new = update_chain(data, parameters, posterior, prior)
    found = chain_score(data, new, posterior, prior)
    free = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(found[free], 0.0, atol=1e-4)


def test_trials_of_one_bin_tell_nothing_of_transitions():
    data, parameters, posterior, _ = _chain(2, lengths=(1, 1, 1))
    new = update_chain(data, parameters, posterior, TransitionPrior(np.zeros((3, 3))))
    np.testing.assert_array_equal(new.transition_coefficients, parameters.transition_coefficients)


def test_a_state_that_is_never_left_keeps_its_logits():
    start = np.array([[0.0, 0.0], [1.0, -2.0]])
    inputs = np.ones((4, 2))
    found = fit_logit(inputs, np.zeros(4), np.zeros((2, 2)), start, 0, 0.1)
    np.testing.assert_array_equal(found, start)


def test_one_state_has_no_logit_to_fit():
    start = np.zeros((1, 2))
    found = fit_logit(np.ones((4, 2)), np.ones(4), np.full((1, 2), 4.0), start, 0, 0.1)
    np.testing.assert_array_equal(found, start)


@pytest.mark.parametrize("reference", [0, 1, 2])
def test_a_logit_of_the_constant_is_the_log_of_odds(reference):
    count = np.array([[5.0], [2.0], [3.0]])
    found = fit_logit(np.ones((10, 1)), np.ones(10), count, np.zeros((3, 1)), reference, 0.0)
    np.testing.assert_allclose(found, np.log(count / count[reference]), atol=1e-6)


@pytest.mark.parametrize("ridge", [0.1, 10.0, 1e6])
def test_the_ridge_pulls_slopes_and_spares_the_constant(ridge):
    rng = np.random.default_rng(0)
    inputs = np.stack([np.ones(200), rng.normal(size=200)], axis=1)
    moved = rng.random(200) < 1 / (1 + np.exp(-(1.0 + 2.0 * inputs[:, 1])))
    count = np.stack([inputs[~moved].sum(axis=0), inputs[moved].sum(axis=0)])
    found = fit_logit(inputs, np.ones(200), count, np.zeros((2, 2)), 0, ridge)
    chance = 1 / (1 + np.exp(-inputs @ found[1]))
    assert chance.sum() == pytest.approx(moved.sum(), abs=1e-4)
    pull = ((moved - chance) * inputs[:, 1]).sum()
    assert pull == pytest.approx(ridge * found[1, 1], abs=1e-3)
