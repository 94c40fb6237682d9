"""The most probable path, against all paths written out."""

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.states import viterbi
from neurokit.states.decoding import best_path


@pytest.mark.parametrize("seed", range(20))
def test_no_path_is_more_probable(seed, enumerate_paths):
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.ones(3), 3)
    transition[0, 1], transition[0, 2] = 0.0, transition[0, 1:].sum()
    initial = rng.dirichlet(np.ones(3))
    emission = rng.normal(size=(8, 3)) * rng.choice([1.0, 100.0, 1e4])
    *_, path, value = enumerate_paths(emission, transition, initial)
    states, log_probability = viterbi(emission, transition, initial)
    assert log_probability[0] == pytest.approx(value, rel=1e-12)
    np.testing.assert_array_equal(states, path)


def test_trials_are_decoded_one_by_one():
    rng = np.random.default_rng(0)
    transition, initial = rng.dirichlet(np.ones(3), 3), rng.dirichlet(np.ones(3))
    pieces = [rng.normal(size=(n, 3)) for n in (5, 1, 9)]
    states, value = viterbi(np.concatenate(pieces), transition, initial, [5, 1, 9])
    apart = [viterbi(piece, transition, initial) for piece in pieces]
    np.testing.assert_array_equal(states, np.concatenate([one[0] for one in apart]))
    np.testing.assert_allclose(value, [one[1][0] for one in apart])


def test_driven_transitions_decide_the_path(enumerate_paths):
    rng = np.random.default_rng(4)
    inputs, coefficients = rng.normal(size=(7, 2)), 2 * rng.normal(size=(2, 2, 2))
    emission, initial = rng.normal(size=(7, 2)), np.array([0.4, 0.6])
    logits = np.einsum("jkd,td->tjk", coefficients, inputs)
    steps = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    *_, path, value = enumerate_paths(emission, steps, initial)
    chain = (np.zeros((2, 2)), initial, np.array([0, 7]), coefficients, inputs)
    states, log_probability = best_path(emission, *chain)
    np.testing.assert_array_equal(states, path)
    assert log_probability[0] == pytest.approx(value)


def test_an_empty_trial_has_no_states():
    states, value = viterbi(np.zeros((2, 2)), np.eye(2), [0.5, 0.5], lengths=[0, 2])
    assert states.shape == (2,)
    assert value[0] == 0.0


def test_an_impossible_trial_is_named():
    emission = np.array([[0.0, -np.inf], [-np.inf, 0.0]])
    with pytest.raises(OptionError, match="trial 0"):
        viterbi(emission, np.eye(2), [0.5, 0.5])
