"""Offsets, driven transitions and the recursions in logarithms, against logsumexp written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax

from neurokit.errors import NeurokitError, OptionError
from neurokit.states.chains import TINY, fill_transition, offsets_of, static_chain
from neurokit.states.log_space import filter_in_logs, smooth_in_logs


def logs(values):
    with np.errstate(divide="ignore"):
        return np.log(values)


def two_passes(log_emission, steps, initial):
    """Forward and backward logarithms by scipy; steps[t] leads into bin t."""
    n_bins, n_states = log_emission.shape
    ahead, behind = np.zeros((n_bins, n_states)), np.zeros((n_bins, n_states))
    ahead[0] = logs(initial) + log_emission[0]
    for t in range(1, n_bins):
        ahead[t] = logsumexp(ahead[t - 1][:, None] + logs(steps[t]), axis=0) + log_emission[t]
    for t in range(n_bins - 2, -1, -1):
        behind[t] = logsumexp(logs(steps[t + 1]) + log_emission[t + 1] + behind[t + 1], axis=1)
    value = logsumexp(ahead[-1])
    pairs = np.array(
        [
            np.exp(ahead[t - 1][:, None] + logs(steps[t]) + log_emission[t] + behind[t] - value)
            for t in range(1, n_bins)
        ]
    ).reshape(n_bins - 1, n_states, n_states)
    filtered = np.exp(ahead - logsumexp(ahead, axis=1, keepdims=True))
    return value, filtered, np.exp(ahead + behind - value), pairs


def chain(seed, n_bins=9, n_states=3, size=1.0):
    rng = np.random.default_rng(seed)
    emission = size * rng.normal(size=(n_bins, n_states))
    return emission, rng.dirichlet(np.ones(n_states), n_states), rng.dirichlet(np.ones(n_states))


def run_smoother(emission, moves, initial, coefficients=None, inputs=None):
    n_bins, n_states = emission.shape
    if coefficients is None:
        coefficients, inputs = static_chain(n_bins, n_states)
    probability, count = np.empty((n_bins, n_states)), np.zeros((n_states, n_states))
    input_count = np.zeros((n_states, n_states, inputs.shape[1]))
    value = smooth_in_logs(
        emission, moves.copy(), initial, coefficients, inputs, probability, count, input_count
    )
    return value, probability, count, input_count


def run_filter(emission, moves, initial, coefficients=None, inputs=None):
    if coefficients is None:
        coefficients, inputs = static_chain(*emission.shape)
    filtered = np.empty_like(emission)
    value = filter_in_logs(emission, moves.copy(), initial, coefficients, inputs, filtered)
    return value, filtered


# Offsets


@pytest.mark.parametrize(
    ("lengths", "n_bins", "expected"),
    [
        (None, 0, [0, 0]),
        (None, 4, [0, 4]),
        ([4], 4, [0, 4]),
        ((1, 1, 2), 4, [0, 1, 2, 4]),
        ([0, 3, 0], 3, [0, 0, 3, 3]),
        ([], 0, [0]),
        (np.array([2, 5], dtype=np.int32), 7, [0, 2, 7]),
        (np.array([2, 5], dtype=np.uint8), 7, [0, 2, 7]),
    ],
)
def test_offsets_begin_at_zero_and_end_every_trial(lengths, n_bins, expected):
    found = offsets_of(lengths, n_bins)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("lengths", "n_bins"),
    [([3], 4), ([5, -1], 4), ([[2, 2]], 4), ([], 1), (4, 4), ([2, 2, 1], 4)],
)
def test_lengths_that_do_not_cover_the_bins_are_refused(lengths, n_bins):
    with pytest.raises(OptionError, match="lengths") as caught:
        offsets_of(lengths, n_bins)
    assert caught.value.where == "lengths"
    assert isinstance(caught.value, NeurokitError)


def test_the_message_names_both_sums():
    with pytest.raises(OptionError, match=r"\[2, 3\] sum to 5, there are 6 bins"):
        offsets_of([2, 3], 6)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_differences_of_offsets_are_the_lengths(lengths):
    np.testing.assert_array_equal(np.diff(offsets_of(lengths, sum(lengths))), lengths)


def test_offsets_leave_the_lengths_of_the_user_alone():
    lengths = np.array([2, 3])
    found = offsets_of(lengths, 5)
    found[1] = 99
    np.testing.assert_array_equal(lengths, [2, 3])


def test_a_static_chain_has_no_inputs():
    coefficients, inputs = static_chain(7, 3)
    assert coefficients.shape == (3, 3, 0)
    assert inputs.shape == (7, 0)
    assert coefficients.dtype == inputs.dtype == np.float64


def test_the_least_probability_survives_the_products_of_the_recursions():
    assert np.finfo(float).tiny < TINY < 1e-200
    assert TINY * 1e-10 > 0


# Driven transitions


@pytest.mark.parametrize("n_states", [1, 2, 5])
@pytest.mark.parametrize("n_inputs", [1, 3])
def test_a_driven_transition_is_the_softmax_of_scipy(n_states, n_inputs):
    rng = np.random.default_rng(n_states + n_inputs)
    coefficients = rng.normal(size=(n_states, n_states, n_inputs))
    inputs, moves = rng.normal(size=n_inputs), np.full((n_states, n_states), np.nan)
    before = coefficients.copy(), inputs.copy()
    fill_transition(coefficients, inputs, moves)
    np.testing.assert_allclose(moves, softmax(coefficients @ inputs, axis=1), rtol=1e-13)
    np.testing.assert_array_equal(coefficients, before[0])
    np.testing.assert_array_equal(inputs, before[1])


def test_what_all_next_states_share_drops_out_of_a_driven_transition():
    rng = np.random.default_rng(1)
    coefficients, inputs = rng.normal(size=(3, 3, 2)), rng.normal(size=2)
    plain, shifted = np.empty((3, 3)), np.empty((3, 3))
    fill_transition(coefficients, inputs, plain)
    fill_transition(coefficients + rng.normal(size=(3, 1, 2)), inputs, shifted)
    np.testing.assert_allclose(shifted, plain, rtol=1e-12)


@pytest.mark.parametrize("size", [800.0, 1e6, 1e300])
def test_driven_transitions_of_any_size_are_probabilities(size):
    coefficients = size * np.array([[[1.0], [-1.0]], [[0.5], [0.5]]])
    moves = np.empty((2, 2))
    fill_transition(coefficients, np.ones(1), moves)
    np.testing.assert_array_equal(moves, [[1.0, 0.0], [0.5, 0.5]])


def test_no_inputs_at_all_make_every_next_state_equally_likely():
    moves = np.empty((4, 4))
    fill_transition(np.zeros((4, 4, 0)), np.zeros(0), moves)
    np.testing.assert_array_equal(moves, 0.25)


# Recursions in logarithms


@pytest.mark.parametrize("size", [1.0, 50.0, 1e4])
@pytest.mark.parametrize("seed", range(4))
def test_smoothing_in_logs_is_two_passes_of_logsumexp(seed, size):
    emission, moves, initial = chain(seed, size=size)
    value, _, smoothed, pairs = two_passes(emission, np.broadcast_to(moves, (9, 3, 3)), initial)
    found, probability, count, input_count = run_smoother(emission, moves, initial)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(probability, smoothed, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(count, pairs.sum(axis=0), rtol=1e-8, atol=1e-10)
    assert input_count.shape == (3, 3, 0)


@pytest.mark.parametrize("size", [1.0, 1e4])
@pytest.mark.parametrize("seed", range(4))
def test_filtering_in_logs_is_one_pass_of_logsumexp(seed, size):
    emission, moves, initial = chain(seed, size=size)
    value, filtered, *_ = two_passes(emission, np.broadcast_to(moves, (9, 3, 3)), initial)
    found, probability = run_filter(emission, moves, initial)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(probability, filtered, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_driven_transitions_in_logs_are_those_of_every_step(seed):
    rng = np.random.default_rng(seed)
    emission, _, initial = chain(seed)
    coefficients, inputs = rng.normal(size=(3, 3, 2)), rng.normal(size=(9, 2))
    steps = softmax(np.einsum("jkd,td->tjk", coefficients, inputs), axis=2)
    value, filtered, smoothed, pairs = two_passes(emission, steps, initial)
    found, probability, count, input_count = run_smoother(
        emission, np.zeros((3, 3)), initial, coefficients, inputs
    )
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(probability, smoothed, rtol=1e-9)
    np.testing.assert_allclose(count, pairs.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(input_count, np.einsum("tjk,td->jkd", pairs, inputs[1:]), rtol=1e-8)
    once, passed = run_filter(emission, np.zeros((3, 3)), initial, coefficients, inputs)
    assert once == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(passed, filtered, rtol=1e-9)


@pytest.mark.parametrize("n_bins", [1, 2, 17])
def test_expected_transitions_are_one_fewer_than_bins(n_bins):
    emission, moves, initial = chain(n_bins, n_bins=n_bins, size=30.0)
    _, probability, count, _ = run_smoother(emission, moves, initial)
    assert count.sum() == pytest.approx(n_bins - 1, abs=1e-9)
    np.testing.assert_allclose(count.sum(axis=1), probability[:-1].sum(axis=0), atol=1e-9)
    np.testing.assert_allclose(count.sum(axis=0), probability[1:].sum(axis=0), atol=1e-9)


def test_one_bin_is_bayes_rule():
    initial, emission = np.array([0.2, 0.8]), np.log([[0.9, 0.3]])
    value, probability, count, _ = run_smoother(emission, np.eye(2), initial)
    # 0.2 * 0.9 + 0.8 * 0.3 = 0.42
    assert value == pytest.approx(np.log(0.42))
    np.testing.assert_allclose(probability, [[0.18 / 0.42, 0.24 / 0.42]])
    np.testing.assert_array_equal(count, 0.0)


def test_the_last_bin_of_filter_and_smoother_agree():
    emission, moves, initial = chain(3, size=5.0)
    _, filtered = run_filter(emission, moves, initial)
    _, probability, *_ = run_smoother(emission, moves, initial)
    np.testing.assert_allclose(filtered[-1], probability[-1], rtol=1e-12)


def test_counts_are_added_to_what_is_there():
    emission, moves, initial = chain(5)
    _, _, fresh, _ = run_smoother(emission, moves, initial)
    count = np.full((3, 3), 7.0)
    smooth_in_logs(
        emission,
        moves.copy(),
        initial,
        *static_chain(9, 3),
        np.empty((9, 3)),
        count,
        np.zeros((3, 3, 0)),
    )
    np.testing.assert_allclose(count, fresh + 7.0, rtol=1e-12)


def test_an_impossible_trial_has_no_likelihood_and_counts_nothing():
    emission = np.array([[0.0, -np.inf], [-np.inf, 0.0]])
    value, _, count, _ = run_smoother(emission, np.eye(2), np.array([0.5, 0.5]))
    assert value == -np.inf
    np.testing.assert_array_equal(count, 0.0)


def test_forbidden_moves_and_states_have_exactly_no_mass():
    emission, _, _ = chain(8, n_bins=12)
    moves = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
    _, probability, count, _ = run_smoother(emission, moves, np.array([1.0, 0.0, 0.0]))
    np.testing.assert_array_equal(probability[0, 1:], 0.0)
    assert probability[0, 0] == pytest.approx(1.0, abs=1e-14)
    assert probability[1, 2] == 0.0
    np.testing.assert_array_equal(count[np.tril_indices(3, -1)], 0.0)
    # Left to right: the probability of having reached the last state cannot fall.
    assert (np.diff(probability[:, 2]) > -1e-12).all()


@given(st.integers(0, 2**31), st.floats(-1e5, 1e5))
@settings(max_examples=20, deadline=None)
def test_a_constant_of_a_bin_moves_the_likelihood_and_nothing_else(seed, constant):
    emission, moves, initial = chain(seed, n_bins=6)
    value, probability, count, _ = run_smoother(emission, moves, initial)
    lifted = emission.copy()
    lifted[2] += constant
    moved, same, counted, _ = run_smoother(lifted, moves, initial)
    assert moved - value == pytest.approx(constant, abs=1e-8)
    np.testing.assert_allclose(same, probability, atol=1e-8)
    np.testing.assert_allclose(counted, count, atol=1e-8)


@pytest.mark.parametrize("order", [[1, 2, 0], [2, 1, 0]])
def test_names_of_states_do_not_matter_in_logs(order):
    emission, moves, initial = chain(13, size=20.0)
    value, probability, count, _ = run_smoother(emission, moves, initial)
    grid = np.ix_(order, order)
    moved = run_smoother(
        np.ascontiguousarray(emission[:, order]), np.ascontiguousarray(moves[grid]), initial[order]
    )
    assert moved[0] == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(moved[1], probability[:, order], atol=1e-10)
    np.testing.assert_allclose(moved[2], count[grid], atol=1e-10)


def test_the_recursions_change_neither_emissions_nor_initial():
    emission, moves, initial = chain(21)
    before = emission.tobytes(), moves.tobytes(), initial.tobytes()
    run_smoother(emission, moves, initial)
    run_filter(emission, moves, initial)
    assert before == (emission.tobytes(), moves.tobytes(), initial.tobytes())
