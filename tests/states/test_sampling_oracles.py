"""Draws of states and responses: laws of every observation model, history, inputs and seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, softmax

from neurokit.errors import OptionError, SchemaError
from neurokit.states import GLMHMM
from neurokit.states.sampling import sample_responses, sample_states
from neurokit.states.storing import stored_parameters

# A seeded draw is refused when less likely than this under the law that it should follow.
LEAST = 1e-4


def one_state(observation, bias, **known):
    return GLMHMM.from_parameters(
        transition=[[1.0]], bias=bias, observation=observation, history=None, **known
    )


def draws(model, n=4000, **options):
    return model.sample(n, random_state=0, **options).response.values[0]


def test_counts_have_the_law_of_poisson():
    values = draws(one_state("poisson", [[0.7]], link="exp"))[:, 0].astype(int)
    expected = stats.poisson(np.exp(0.7))
    seen = np.bincount(np.minimum(values, 7), minlength=8)
    share = np.append(expected.pmf(np.arange(7)), expected.sf(6))
    assert stats.chisquare(seen, share * values.size).pvalue > LEAST


def test_dispersed_counts_have_the_law_of_the_negative_binomial():
    values = draws(one_state("negative_binomial", [[0.5]], scale=[[1.5]]))[:, 0].astype(int)
    mean = np.exp(0.5)
    expected = stats.nbinom(1.5, 1.5 / (1.5 + mean))
    seen = np.bincount(np.minimum(values, 9), minlength=10)
    share = np.append(expected.pmf(np.arange(9)), expected.sf(8))
    assert stats.chisquare(seen, share * values.size).pvalue > LEAST


def test_traces_are_normal_with_the_variance_of_the_state():
    values = draws(one_state("gaussian", [[-1.0]], scale=[[4.0]]))[:, 0]
    assert stats.kstest(values, "norm", (-1.0, 2.0)).pvalue > LEAST


def test_choices_are_those_of_a_coin():
    values = draws(one_state("bernoulli", [[0.4]]))[:, 0]
    assert set(np.unique(values)) == {0.0, 1.0}
    found = stats.binomtest(int(values.sum()), values.size, expit(0.4))
    assert found.pvalue > LEAST


def test_categories_have_the_shares_of_their_logits():
    values = draws(one_state("categorical", [[[0.5, -1.0]]], n_categories=3, n_neurons=1))[:, 0]
    share = softmax([0.0, 0.5, -1.0])
    seen = np.bincount(values.astype(int), minlength=3)
    assert stats.chisquare(seen, share * values.size).pvalue > LEAST


def test_an_exposure_is_a_factor_of_the_rate():
    model = one_state("poisson", [[1.0]], link="exp")
    values = draws(model, exposure=0.1)
    expected = 0.1 * np.exp(1.0)
    assert abs(values.mean() - expected) < 4 * np.sqrt(expected / values.size)


def test_the_first_state_of_every_trial_is_drawn_from_the_initial_ones():
    model = GLMHMM.from_parameters(
        transition=np.full((3, 3), 1 / 3), bias=np.zeros((3, 1)), initial=[0.2, 0.0, 0.8],
        history=None,
    )  # fmt: skip
    first = model.sample(1, 3000, random_state=1).state.values[:, 0]
    seen = np.bincount(first, minlength=3)
    assert seen[1] == 0
    assert stats.binomtest(int(seen[0]), 3000, 0.2).pvalue > LEAST


def test_driven_transitions_follow_the_input_of_the_bin_entered():
    slopes = np.zeros((2, 2, 1))
    slopes[0, 1], slopes[1, 0] = 40.0, -40.0
    model = GLMHMM.from_parameters(
        transition=[[0.5, 0.5], [0.5, 0.5]], bias=[[0.0], [0.0]], transition_weights=slopes,
        history=None,
    )  # fmt: skip
    sign = np.random.default_rng(0).choice([-1.0, 1.0], size=(200, 1))
    states = model.sample(200, transition_inputs=sign, random_state=0).state.values[0]
    # A strong input decides: up at +1, down at -1, from the bin at which it stands.
    np.testing.assert_array_equal(states[1:], (sign[1:, 0] > 0).astype(int))


def test_history_begins_anew_with_every_trial():
    # A single spike would keep itself going for ever; without one nothing can begin.
    model = GLMHMM.from_parameters(
        transition=[[1.0]], bias=[[-30.0]], weights=[[[60.0]]], history=np.array([[1.0]]),
        observation="bernoulli",
    )  # fmt: skip
    parameters, emission, basis = stored_parameters(model)
    offsets = np.array([0, 5, 10])
    states = np.zeros(10, dtype=np.int64)
    inputs = np.zeros((10, 0))
    silent = sample_responses(
        emission, parameters, states, offsets, basis, inputs, np.ones((10, 1)),
        np.random.default_rng(0),
    )  # fmt: skip
    assert (silent == 0).all()
    loud = GLMHMM.from_parameters(
        transition=[[1.0]], bias=[[-30.0]], weights=[[[60.0]]], history=np.array([[1.0]]),
        observation="bernoulli", input_weights=[[[60.0]]],
    )  # fmt: skip
    kick = np.zeros((2, 5, 1))
    kick[0, 2] = 1.0
    drawn = loud.sample(5, 2, inputs=kick, random_state=0).response.values[..., 0]
    np.testing.assert_array_equal(drawn, [[0, 0, 1, 1, 1], [0, 0, 0, 0, 0]])


def test_lags_of_history_act_at_their_time():
    basis = np.array([[0.0, 0.0, 1.0]])
    model = GLMHMM.from_parameters(
        transition=[[1.0]], bias=[[-30.0]], weights=[[[60.0]]], history=basis,
        observation="bernoulli", input_weights=[[[60.0]]],
    )  # fmt: skip
    kick = np.zeros((1, 9, 1))
    kick[0, 1] = 1.0
    drawn = model.sample(9, inputs=kick, random_state=0).response.values[0, :, 0]
    # Three bins later, and three bins after that.
    np.testing.assert_array_equal(np.flatnonzero(drawn), [1, 4, 7])


def test_filters_of_several_neurons_go_from_pre_to_post():
    weights = np.zeros((1, 2, 2))
    weights[0, 1, 0] = 60.0
    model = GLMHMM.from_parameters(
        transition=[[1.0]], bias=[[-30.0, -30.0]], weights=weights, history=np.array([[1.0]]),
        observation="bernoulli", input_weights=[[[60.0], [0.0]]],
    )  # fmt: skip
    kick = np.zeros((1, 4, 1))
    kick[0, 1] = 1.0
    drawn = model.sample(4, inputs=kick, random_state=0).response.values[0]
    np.testing.assert_array_equal(drawn, [[0, 0], [1, 0], [0, 1], [0, 0]])


@pytest.mark.parametrize(
    "observation", ["poisson", "bernoulli", "gaussian", "negative_binomial", "categorical"]
)
def test_one_seed_is_one_draw_and_another_is_another(known_model, observation):
    model = known_model(observation)
    first, again = (model.sample(20, 2, random_state=3) for _ in range(2))
    assert first.identical(again)
    assert not first.identical(model.sample(20, 2, random_state=4))
    generator = np.random.default_rng(3)
    assert first.identical(model.sample(20, 2, random_state=generator))
    # A generator goes on from where it is.
    assert not first.identical(model.sample(20, 2, random_state=generator))


def test_trials_without_bins_are_passed_over():
    model = one_state("poisson", [[0.0]])
    parameters, *_ = stored_parameters(model)
    offsets = np.array([0, 0, 3, 3, 5])
    states = sample_states(parameters, offsets, np.zeros((5, 0)), np.random.default_rng(0))
    assert states.shape == (5,)


def test_names_of_neurons_come_with_the_draw():
    model = GLMHMM.from_parameters(
        transition=[[1.0]], bias=[[0.0, 1.0]], history=None, neurons=["AVAL", "AVAR"]
    )
    drawn = model.sample(3, 2, random_state=0)
    assert drawn.response.dims == ("trial", "time", "neuron")
    assert drawn.neuron.values.tolist() == ["AVAL", "AVAR"]
    assert drawn.state.dims == ("trial", "time")
    # A draw can be given to the model that made it.
    assert np.isfinite(model.score(drawn.response))


@pytest.mark.parametrize("inputs", [np.ones((5, 2)), np.ones((2, 4, 1)), np.ones(5)])
def test_inputs_of_other_shapes_are_refused(inputs):
    model = GLMHMM.from_parameters(
        transition=[[1.0]], bias=[[0.0]], input_weights=[[[1.0]]], history=None
    )
    with pytest.raises(SchemaError, match="inputs"):
        model.sample(5, 2, inputs=inputs)


def test_transition_inputs_of_a_stationary_chain_are_refused():
    with pytest.raises(OptionError, match="transition_inputs"):
        one_state("poisson", [[0.0]]).sample(5, transition_inputs=np.ones((5, 1)))
