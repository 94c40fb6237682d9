"""Chains of many states and the compiled smoother, against products of dense matrices."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import OptionError
from neurokit.states import smoothing
from neurokit.states.chains import static_chain
from neurokit.states.large_chains import smooth_large
from neurokit.states.smoothing import (
    Posterior,
    check_possible,
    checked_chain,
    filter_states,
    forward_backward,
    predict_states,
    smooth,
)


def dense(log_emission, moves, initial):
    """Posterior of a short trial from unscaled products of matrices."""
    weights = np.exp(log_emission)
    n_bins = len(weights)
    ahead, behind = [initial * weights[0]], [np.ones(len(initial))]
    for t in range(1, n_bins):
        ahead.append(weights[t] * (moves.T @ ahead[-1]))
    for t in range(n_bins - 1, 0, -1):
        behind.insert(0, moves @ (weights[t] * behind[0]))
    total = ahead[-1].sum()
    probability = np.array(ahead) * np.array(behind) / total
    count = np.zeros_like(moves)
    for t in range(1, n_bins):
        count += np.outer(ahead[t - 1], weights[t] * behind[t]) * moves / total
    return probability, count, np.log(total)


def large(emission, moves, initial, offsets):
    probability, count = np.empty_like(emission), np.zeros_like(moves)
    value = smooth_large(emission, moves, initial, np.asarray(offsets), probability, count)
    return probability, count, value


def random_chain(seed, n_bins=10, n_states=4):
    rng = np.random.default_rng(seed)
    emission = rng.normal(size=(n_bins, n_states))
    return emission, rng.dirichlet(np.ones(n_states), n_states), rng.dirichlet(np.ones(n_states))


def small(emission, moves, initial, offsets):
    return smooth(emission, moves, initial, np.asarray(offsets), *static_chain(*emission.shape))


# smooth_large


@pytest.mark.parametrize("n_states", [1, 2, 70])
@pytest.mark.parametrize("seed", range(3))
def test_one_product_per_bin_is_the_dense_posterior(seed, n_states):
    emission, moves, initial = random_chain(seed, n_states=n_states)
    probability, count, value = large(emission, moves, initial, [0, 10])
    wanted = dense(emission, moves, initial)
    np.testing.assert_allclose(probability, wanted[0], rtol=1e-10)
    np.testing.assert_allclose(count, wanted[1], rtol=1e-10)
    np.testing.assert_allclose(value, [wanted[2]], rtol=1e-12)


def test_trials_of_a_large_chain_are_independent_and_counts_add_up():
    emission, moves, initial = random_chain(7, n_bins=15)
    offsets = [0, 4, 4, 5, 15]
    probability, count, value = large(emission, moves, initial, offsets)
    total = np.zeros_like(moves)
    for trial, (a, b) in enumerate(itertools.pairwise(offsets)):
        if a == b:
            assert value[trial] == 0.0
            continue
        alone = dense(emission[a:b], moves, initial)
        np.testing.assert_allclose(probability[a:b], alone[0], rtol=1e-10)
        assert value[trial] == pytest.approx(alone[2])
        total += alone[1]
    np.testing.assert_allclose(count, total, rtol=1e-10)


def test_counts_of_a_large_chain_are_added_to_what_is_there():
    emission, moves, initial = random_chain(2)
    _, fresh, _ = large(emission, moves, initial, [0, 10])
    count = np.full_like(moves, 3.0)
    smooth_large(emission, moves, initial, np.array([0, 10]), np.empty_like(emission), count)
    np.testing.assert_allclose(count, fresh + 3.0, rtol=1e-12)


def test_a_state_that_only_logarithms_can_follow_wins_in_a_large_chain():
    # State 1 falls 1e-400 behind, below any float, and is 1e500 ahead in the last bin.
    moves = np.eye(2)
    emission = np.array([[0.0, -921.0], [0.0, 0.0], [-1151.0, 0.0]])
    probability, count, value = large(emission, moves, np.array([0.5, 0.5]), [0, 3])
    share = 1.0 / (1.0 + np.exp(-230.0))
    np.testing.assert_allclose(probability[:, 1], share)
    assert value[0] == pytest.approx(np.log(0.5) - 921.0, rel=1e-12)
    np.testing.assert_allclose(count, np.diag([0.0, 2.0]), atol=1e-12)


def test_an_impossible_trial_of_a_large_chain_spoils_no_other():
    emission, _, initial = random_chain(4, n_bins=6, n_states=2)
    emission[:2] = [[0.0, -np.inf], [-np.inf, 0.0]]
    value = large(emission, np.eye(2), initial, [0, 2, 6])[2]
    assert value[0] == -np.inf
    assert value[1] == pytest.approx(dense(emission[2:], np.eye(2), initial)[2])


def test_bins_that_exclude_states_exclude_them_in_a_large_chain():
    emission, moves, initial = random_chain(9)
    emission[3, [0, 2]] = -np.inf
    emission[6, 1:] = -np.inf
    probability, count, value = large(emission, moves, initial, [0, 10])
    wanted = dense(emission, moves, initial)
    np.testing.assert_array_equal(probability[3, [0, 2]], 0.0)
    np.testing.assert_array_equal(probability[6], [1.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(probability, wanted[0], rtol=1e-10)
    np.testing.assert_allclose(count, wanted[1], rtol=1e-10)
    np.testing.assert_allclose(value[0], wanted[2])


@pytest.mark.parametrize("initial", [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
def test_states_that_no_trial_begins_in_have_no_mass_at_first(initial):
    emission, moves, _ = random_chain(10)
    probability, _, _ = large(emission, moves, np.array(initial), [0, 10])
    np.testing.assert_array_equal(probability[0][np.array(initial) == 0], 0.0)
    np.testing.assert_allclose(probability, dense(emission, moves, np.array(initial))[0])


def test_the_largest_emission_of_an_unreachable_state_is_no_reference_in_a_large_chain():
    emission = np.array([[0.0, 5000.0], [0.0, 5000.0]])
    moves = np.array([[1.0, 0.0], [0.5, 0.5]])
    probability, _, value = large(emission, moves, np.array([1.0, 0.0]), [0, 2])
    np.testing.assert_array_equal(probability, [[1.0, 0.0], [1.0, 0.0]])
    assert value[0] == 0.0


def test_a_large_chain_changes_none_of_its_arguments():
    emission, moves, initial = random_chain(12)
    before = emission.tobytes(), moves.tobytes(), initial.tobytes()
    large(emission, moves, initial, [0, 10])
    assert before == (emission.tobytes(), moves.tobytes(), initial.tobytes())


def test_many_states_take_the_large_road_and_few_the_compiled_one(monkeypatch):
    emission, moves, initial = random_chain(1, n_states=5)
    calls = []

    def spy(*arguments):
        calls.append(arguments[0].shape[1])
        return smooth_large(*arguments)

    monkeypatch.setattr(smoothing, "smooth_large", spy)
    few = small(emission, moves, initial, [0, 10])
    assert calls == []
    monkeypatch.setattr(smoothing, "_LARGE", 4)
    many = small(emission, moves, initial, [0, 10])
    assert calls == [5]
    np.testing.assert_allclose(many.probability, few.probability, rtol=1e-11)
    np.testing.assert_allclose(many.transition_count, few.transition_count, rtol=1e-11)
    np.testing.assert_allclose(many.log_likelihood, few.log_likelihood, rtol=1e-12)


# The compiled smoother


@pytest.mark.parametrize("order", [[3, 2, 1, 0], [1, 0, 3, 2]])
def test_names_of_states_do_not_matter(order):
    emission, moves, initial = random_chain(20)
    plain = forward_backward(emission, moves, initial)
    grid = np.ix_(order, order)
    moved = forward_backward(emission[:, order], moves[grid], initial[order])
    np.testing.assert_allclose(moved.probability, plain.probability[:, order], rtol=1e-11)
    np.testing.assert_allclose(moved.transition_count, plain.transition_count[grid], rtol=1e-11)
    np.testing.assert_allclose(moved.initial_count, plain.initial_count[order], rtol=1e-11)


def test_order_of_trials_moves_their_rows_only():
    emission, moves, initial = random_chain(21, n_bins=12)
    plain = forward_backward(emission, moves, initial, [5, 7])
    swapped = forward_backward(np.concatenate([emission[5:], emission[:5]]), moves, initial, [7, 5])
    np.testing.assert_allclose(swapped.probability[:7], plain.probability[5:], rtol=1e-12)
    np.testing.assert_allclose(swapped.log_likelihood, plain.log_likelihood[::-1], rtol=1e-12)
    np.testing.assert_allclose(swapped.transition_count, plain.transition_count, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_reversible_chain_reads_the_same_backwards(seed):
    rng = np.random.default_rng(seed)
    # A symmetric matrix of joint probabilities makes a chain that fulfils detailed balance.
    joint = rng.random((3, 3)) + 0.1
    joint = (joint + joint.T) / (joint + joint.T).sum()
    stationary = joint.sum(axis=1)
    moves, emission = joint / stationary[:, None], rng.normal(size=(11, 3))
    there = forward_backward(emission, moves, stationary)
    back = forward_backward(emission[::-1], moves, stationary)
    np.testing.assert_allclose(back.probability[::-1], there.probability, rtol=1e-10)
    np.testing.assert_allclose(back.transition_count.T, there.transition_count, rtol=1e-10)
    np.testing.assert_allclose(back.log_likelihood, there.log_likelihood, rtol=1e-12)


def test_a_state_split_into_two_copies_shares_its_mass():
    emission, moves, initial = random_chain(25, n_states=3)
    split = np.zeros((4, 4))
    split[:3, :3] = moves
    split[3, :3] = moves[2]
    split[:, 3] = split[:, 2] * 0.25
    split[:, 2] *= 0.75
    begin = np.array([*initial[:2], 0.75 * initial[2], 0.25 * initial[2]])
    plain = forward_backward(emission, moves, initial)
    found = forward_backward(np.c_[emission, emission[:, 2]], split, begin)
    np.testing.assert_allclose(found.probability[:, :2], plain.probability[:, :2], rtol=1e-11)
    np.testing.assert_allclose(found.probability[:, 2], 0.75 * plain.probability[:, 2], rtol=1e-11)
    np.testing.assert_allclose(found.log_likelihood, plain.log_likelihood, rtol=1e-12)


def test_independent_bins_need_no_chain():
    # Rows of the transition matrix that are all alike: every bin by Bayes' rule alone.
    emission, _, initial = random_chain(26)
    found = forward_backward(emission, np.tile(initial, (4, 1)), initial)
    joint = np.exp(emission) * initial
    np.testing.assert_allclose(found.probability, joint / joint.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(found.log_likelihood, np.log(joint.sum(axis=1)).sum())


@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_gradient_of_the_likelihood_is_the_posterior(seed, n_bins, n_states):
    emission, moves, initial = random_chain(seed, n_bins, n_states)
    found = forward_backward(emission, moves, initial)
    t, k, step = seed % n_bins, seed % n_states, 1e-5
    ends = []
    for sign in (1.0, -1.0):
        moved = emission.copy()
        moved[t, k] += sign * step
        ends.append(forward_backward(moved, moves, initial).log_likelihood[0])
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(found.probability[t, k], abs=1e-8)


def test_filter_times_prediction_is_the_likelihood():
    emission, moves, initial = random_chain(30, n_bins=14)
    chain = (moves, initial, np.array([0, 6, 14]), *static_chain(14, 4))
    filtered, value = filter_states(emission, *chain)
    predicted = predict_states(filtered, *chain)
    evidence = np.log((predicted * np.exp(emission)).sum(axis=1))
    np.testing.assert_allclose([evidence[:6].sum(), evidence[6:].sum()], value, rtol=1e-12)
    np.testing.assert_allclose(predicted[[0, 6]], [initial, initial])
    np.testing.assert_allclose(filtered.sum(axis=1), 1.0)


def test_the_filter_does_not_know_the_future():
    emission, moves, initial = random_chain(31)
    chain = (moves, initial, np.array([0, 10]), *static_chain(10, 4))
    plain, _ = filter_states(emission, *chain)
    changed = emission.copy()
    changed[5:] *= -3.0
    other, _ = filter_states(changed, *chain)
    np.testing.assert_array_equal(plain[:5], other[:5])
    assert not np.allclose(plain[5:], other[5:])


def test_predictions_over_no_bins_are_none():
    chain = (np.eye(2), np.array([0.5, 0.5]), np.array([0, 0]), *static_chain(0, 2))
    filtered, value = filter_states(np.zeros((0, 2)), *chain)
    assert filtered.shape == predict_states(filtered, *chain).shape == (0, 2)
    np.testing.assert_array_equal(value, [0.0])


def test_no_trials_give_an_empty_posterior():
    found = forward_backward(np.zeros((0, 2)), np.eye(2), [0.5, 0.5], [])
    assert isinstance(found, Posterior)
    assert found.probability.shape == (0, 2)
    assert found.log_likelihood.shape == (0,)
    np.testing.assert_array_equal(found.initial_count, [0.0, 0.0])
    np.testing.assert_array_equal(found.transition_count, np.zeros((2, 2)))


def test_first_bins_of_trials_are_counted_once_each():
    emission, moves, initial = random_chain(33, n_bins=9)
    found = forward_backward(emission, moves, initial, [2, 0, 3, 4])
    np.testing.assert_allclose(found.initial_count, found.probability[[0, 2, 5]].sum(axis=0))
    assert found.initial_count.sum() == pytest.approx(3.0)


def test_lists_integers_and_fortran_order_are_the_same_chain():
    emission = [[0, -1], [-2, 0], [0, 0]]
    plain = forward_backward(emission, [[0.5, 0.5], [0.25, 0.75]], [1, 0])
    other = forward_backward(
        np.asfortranarray(emission), np.array([[0.5, 0.5], [0.25, 0.75]], order="F"), (1.0, 0.0)
    )
    assert plain.probability.tobytes() == other.probability.tobytes()


def test_checked_arrays_are_contiguous_floats_with_offsets():
    emission, moves, start, offsets = checked_chain(
        np.zeros((2, 3), dtype=np.int8).T, [[1, 0], [0, 1]], [0, 1], [1, 2]
    )
    for array in (emission, moves, start):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
    np.testing.assert_array_equal(offsets, [0, 1, 3])


@pytest.mark.parametrize(
    ("likelihood", "trial"),
    [([0.0, -np.inf], 1), ([-np.inf, -np.inf], 0), ([-3.0, 1.0, -np.inf], 2)],
)
def test_the_first_impossible_trial_is_the_one_named(likelihood, trial):
    with pytest.raises(OptionError, match=f"trial {trial} is impossible") as caught:
        check_possible(np.array(likelihood))
    assert caught.value.where == "log_emission"


@pytest.mark.parametrize("likelihood", [[], [0.0, -1e300], [5.0]])
def test_possible_trials_raise_nothing(likelihood):
    assert check_possible(np.array(likelihood)) is None
