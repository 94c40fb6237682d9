"""Samples have the statistics of their model; dwell times are counted right."""

import numpy as np
import pytest

from neurokit.errors import SchemaError
from neurokit.states import GLMHMM, dwell_table
from neurokit.states.dwell import visits


def test_states_follow_the_transition_matrix():
    transition = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.4, 0.0, 0.6]])
    model = GLMHMM.from_parameters(
        transition=transition, bias=np.zeros((3, 1)), initial=[0.0, 1.0, 0.0], history=None
    )
    states = model.sample(2000, 20, random_state=0).state.values
    assert (states[:, 0] == 1).all()
    count = np.zeros((3, 3))
    np.add.at(count, (states[:, :-1].ravel(), states[:, 1:].ravel()), 1)
    share = count / count.sum(axis=1, keepdims=True)
    error = np.sqrt(np.maximum(transition * (1 - transition), 1e-12) / count.sum(1)[:, None])
    assert (np.abs(share - transition) <= 4.5 * error).all()  # of 9 entries
    assert (count[transition == 0] == 0).all()


def test_responses_have_the_rates_of_their_past(known_model):
    model = known_model(seed=1, link="softplus")
    drawn = model.sample(3000, 4, random_state=0)
    states = drawn.state.values.ravel()
    _, data, _ = model.prepare(drawn.response)
    coefficients = np.concatenate(
        [model.basis_weights_.values.reshape(2, 3, -1), model.bias_.values[..., None]], axis=2
    )
    eta = np.einsum("tc,tnc->tn", data.columns, coefficients[states])
    rate = np.log1p(np.exp(eta))
    z = (data.response - rate).sum(axis=0) / np.sqrt(rate.sum(axis=0))
    assert (np.abs(z) < 4).all()
    assert data.response.mean() > 0.1


def test_inputs_drive_samples_and_their_lack_is_named():
    model = GLMHMM.from_parameters(
        transition=np.eye(2), bias=[[0.0], [0.0]], input_weights=[[[2.0]], [[-2.0]]],
        observation="bernoulli", history=None,
    )  # fmt: skip
    drawn = model.sample(500, 8, inputs=np.ones((500, 1)), random_state=0)
    share = drawn.response.mean("time").values[:, 0]
    np.testing.assert_allclose(share, np.where(drawn.state[:, 0] == 0, 0.88, 0.12), atol=0.07)
    with pytest.raises(SchemaError, match="inputs"):
        model.sample(10)
    with pytest.raises(SchemaError, match="inputs"):
        model.sample(10, 2, inputs=np.ones((3, 10, 1)))


def test_one_seed_one_sample(known_model):
    model = known_model("gaussian")
    first, again = (model.sample(30, 2, random_state=3).response for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_visits_end_with_their_trial():
    state, duration, complete = visits([0, 0, 1, 1, 1, 0, 2, 2], lengths=[6, 2])
    np.testing.assert_array_equal(state, [0, 1, 0, 2])
    np.testing.assert_array_equal(duration, [2, 3, 1, 2])
    np.testing.assert_array_equal(complete, [False, True, False, False])


def test_the_table_counts_complete_visits_only():
    found = dwell_table([0, 1, 1, 0, 0, 0, 1, 0], 3, bin_s=0.5)
    np.testing.assert_allclose(found.occupancy, [5 / 8, 3 / 8, 0])
    np.testing.assert_array_equal(found.n_visits, [3, 2, 0])
    np.testing.assert_array_equal(found.n_complete, [1, 2, 0])
    np.testing.assert_allclose(found["mean"], [1.5, 0.75, np.nan])
    assert np.isnan(found.expected).all()
    assert found.attrs["units"] == "s"


def test_dwell_times_of_a_sample_are_those_expected():
    model = GLMHMM.from_parameters(
        transition=[[0.95, 0.05], [0.2, 0.8]], bias=[[-3.0], [4.0]], history=None
    )
    drawn = model.sample(4000, 5, random_state=0)
    found = model.dwell(drawn.response)
    np.testing.assert_allclose(found.expected, [20.0, 5.0])
    # Geometric: standard deviation about the mean, over some 800 visits; 4 standard errors.
    np.testing.assert_allclose(found["mean"], found.expected, rtol=0.15)
    np.testing.assert_allclose(found.occupancy, [0.8, 0.2], atol=0.05)
