"""What may be matched with what: paths, probabilities, parameters, trials of any length."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import OptionError
from neurokit.states import match_states
from neurokit.states.matching import match_by_overlap, match_by_parameters

PATH = [0, 0, 1, 2, 2, 1]


def one_hot(path, n_states=3):
    return np.eye(n_states)[np.asarray(path)]


@pytest.mark.parametrize("other", [[0.0, 0.0, 1.0], [0.5, 0.2, 0.3]])
def test_a_path_of_floats_is_not_taken_for_probabilities(other):
    # The three bins would have been three states, and the result an order of bins.
    with pytest.raises(OptionError, match=r"other.*astype\(int\)"):
        match_states([0, 0, 1], other)
    with pytest.raises(OptionError, match=r"reference.*astype\(int\)"):
        match_states(other, [0, 0, 1])


def test_two_paths_of_floats_are_refused_too():
    with pytest.raises(OptionError, match="reference"):
        match_states([0.0, 1.0], [1.0, 0.0])


def test_a_path_and_probabilities_of_one_shape_are_of_different_kinds():
    path = np.array([[0, 1, 1], [1, 0, 0]])
    with pytest.raises(OptionError, match=r"holds probabilities, reference a path"):
        match_states(path, np.full((2, 3), 1 / 3))
    with pytest.raises(OptionError, match=r"holds a path, reference probabilities"):
        match_states(np.full((2, 3), 1 / 3), path)


def test_parameters_are_not_matched_with_bare_numbers():
    weights = xr.DataArray(np.ones((2, 3, 3)), dims=("state", "post", "pre"))
    with pytest.raises(OptionError, match="reference parameters"):
        match_states(weights, weights.values)


def test_one_parameter_per_state_is_matched_by_its_size():
    first = xr.DataArray([1.0, 5.0, 9.0], dims="state")
    second = xr.DataArray([8.5, 1.2, 5.5], dims="state")
    np.testing.assert_array_equal(match_states(first, second), [1, 2, 0])


def test_whole_numbers_of_any_type_are_paths():
    renamed = [2, 2, 0, 1, 1, 0]
    expected = match_states(PATH, renamed)
    for dtype in (np.int8, np.uint8, np.int32, np.uint64):
        np.testing.assert_array_equal(
            match_states(np.array(PATH, dtype=dtype), np.array(renamed, dtype=np.int64)), expected
        )


def test_true_and_false_are_states_one_and_zero():
    path = np.array([True, True, False, False, True])
    np.testing.assert_array_equal(match_states(path, ~path), [1, 0])


def test_padding_of_a_path_belongs_to_no_state():
    first = np.array([[0, 0, 1, -1], [1, 1, 0, -1]])
    second = np.where(first < 0, -1, 1 - first)
    np.testing.assert_array_equal(match_states(first, second), [1, 0])


@pytest.mark.parametrize("values", [["a", "b"], np.array([1j, 2j]), [None, 1]])
def test_what_is_no_number_is_refused(values):
    with pytest.raises(OptionError, match="is of type"):
        match_states(values, [0, 1])


def test_ragged_lists_of_numbers_say_how_to_give_trials():
    with pytest.raises(OptionError, match="list of arrays"):
        match_states([[0, 1], [1]], [[0, 1], [1]])


def test_trials_of_different_lengths_are_matched_together():
    rng = np.random.default_rng(0)
    trials = [rng.integers(3, size=n) for n in (4, 9, 20)]
    order = np.array([2, 0, 1])
    renamed = [order[trial] for trial in trials]
    np.testing.assert_array_equal(match_states(trials, renamed), order)
    # Together, not the last alone, in which one state may lack.
    trials.append(np.zeros(2, dtype=int))
    renamed.append(order[trials[-1]])
    np.testing.assert_array_equal(match_states(trials, renamed), order)


def test_lists_of_probabilities_are_what_predict_proba_gives_for_ragged_trials():
    rng = np.random.default_rng(1)
    trials = [rng.dirichlet(np.full(3, 0.2), n) for n in (5, 12)]
    order = np.array([1, 2, 0])
    inverse = np.argsort(order)
    named = [xr.DataArray(trial[:, inverse], dims=("time", "state")) for trial in trials]
    np.testing.assert_array_equal(match_states(trials, named), order)


def test_trials_of_another_number_of_states_are_refused():
    with pytest.raises(OptionError, match="other numbers of states"):
        match_states([np.ones((2, 3)), np.ones((2, 2))], [np.ones((2, 3)), np.ones((2, 2))])


def test_states_may_stand_anywhere_among_the_dims():
    rng = np.random.default_rng(2)
    values = rng.dirichlet(np.full(3, 0.3), (4, 10))
    order = np.array([2, 0, 1])
    first = xr.DataArray(values, dims=("trial", "time", "state"))
    second = first.isel(state=np.argsort(order)).transpose("trial", "state", "time")
    np.testing.assert_array_equal(match_states(first, second.transpose(*first.dims)), order)
    np.testing.assert_array_equal(match_states(first, second), order)


def test_bins_that_were_not_decoded_say_nothing():
    rng = np.random.default_rng(3)
    first = rng.dirichlet(np.full(3, 0.2), 40)
    second = first[:, [1, 2, 0]].copy()
    second[::3] = np.nan
    found = match_states(first, second)
    np.testing.assert_array_equal(second[1::3][:, found], first[1::3])


@given(st.permutations(range(5)), st.integers(0, 2**32 - 1))
def test_any_renaming_of_a_path_is_found(order, seed):
    rng = np.random.default_rng(seed)
    # Each state at least once, so that the renaming is the only answer.
    path = rng.permutation(np.concatenate([np.arange(5), rng.integers(5, size=20)]))
    renamed = np.array(order)[path]
    np.testing.assert_array_equal(match_states(path, renamed), order)


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_arguments_gives_the_inverse(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.random((30, 4)), rng.random((30, 4))
    there, back = match_by_overlap(first, second), match_by_overlap(second, first)
    np.testing.assert_array_equal(there[back], np.arange(4))


@pytest.mark.parametrize("seed", range(4))
def test_no_permutation_of_parameters_is_nearer(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(4, 2, 3)), rng.normal(size=(4, 2, 3))
    found = match_by_parameters(first, second)
    best = min(np.square(first - second[list(p)]).sum() for p in itertools.permutations(range(4)))
    assert np.square(first - second[found]).sum() == pytest.approx(best, rel=1e-12)


def test_paths_and_their_indicators_agree():
    rng = np.random.default_rng(5)
    first, second = rng.integers(3, size=(2, 50))
    np.testing.assert_array_equal(
        match_states(first, second), match_states(one_hot(first), one_hot(second))
    )


def test_what_was_given_is_not_changed():
    probability = np.array([[0.9, 0.1], [np.nan, np.nan]])
    before = probability.copy()
    match_states(probability, probability)
    np.testing.assert_array_equal(probability, before)
