"""From arrays to a model's attributes and back: made, fitted, saved, reordered."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.states import GLMHMM
from neurokit.states.storing import stored_parameters

OBSERVATIONS = ("poisson", "bernoulli", "gaussian", "negative_binomial", "categorical")


def counts_of(observation="poisson", n_bins=60):
    rng = np.random.default_rng(0)
    state = np.repeat(np.arange(n_bins // 10) % 2, 10)[:, None]
    if observation == "gaussian":
        return rng.normal(3.0 * state * [1, -1], 1.0)
    if observation in ("bernoulli", "categorical"):
        return (rng.random((n_bins, 2)) < 0.2 + 0.6 * state).astype(float)
    return rng.poisson(0.5 + 3.0 * state, (n_bins, 2)).astype(float)


def equal(first, second):
    for name in ("coefficients", "scale", "transition", "initial", "transition_coefficients"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_a_saved_model_has_the_same_numbers(known_model, observation, tmp_path):
    model = known_model(observation)
    model.save(tmp_path / "model.nc")
    loaded = GLMHMM.load(tmp_path / "model.nc")
    first, second = stored_parameters(model), stored_parameters(loaded)
    equal(first[0], second[0])
    assert first[1].name == second[1].name
    np.testing.assert_array_equal(first[2], second[2])


def test_made_parameters_are_those_given():
    weights = np.random.default_rng(1).normal(size=(2, 3, 3, 2))
    bias = np.arange(6.0).reshape(2, 3)
    history = {"kind": "lags", "n_lags": 2}
    model = GLMHMM.from_parameters(
        transition=[[0.9, 0.1], [0.3, 0.7]], bias=bias, weights=weights, initial=[0.25, 0.75],
        history=history,
    )  # fmt: skip
    parameters, _, basis = stored_parameters(model)
    found = parameters.coefficients[:, :, 0, :-1].reshape(2, 3, 3, 2)
    np.testing.assert_array_equal(found, weights)
    np.testing.assert_array_equal(parameters.coefficients[..., 0, -1], bias)
    np.testing.assert_allclose(parameters.transition, [[0.9, 0.1], [0.3, 0.7]])
    np.testing.assert_array_equal(parameters.initial, [0.25, 0.75])
    np.testing.assert_array_equal(basis, np.eye(2))
    # The net weight is the sum over the basis times its area.
    np.testing.assert_allclose(model.weights_.values, weights.sum(axis=-1))


def test_staying_is_the_reference_of_transition_weights():
    slopes = np.random.default_rng(2).normal(size=(3, 3, 2))
    model = GLMHMM.from_parameters(
        transition=np.full((3, 3), 1 / 3), bias=np.zeros((3, 1)), transition_weights=slopes,
        history=None,
    )  # fmt: skip
    found = model.transition_weights_.values
    own = slopes[np.arange(3), np.arange(3)]
    np.testing.assert_allclose(found, slopes - own[:, None])
    assert (found[np.arange(3), np.arange(3)] == 0).all()


def test_history_without_weights_is_named():
    with pytest.raises(OptionError, match=r"weights.*history=None"):
        GLMHMM.from_parameters(transition=[[1.0]], bias=[[0.0]])


@pytest.mark.parametrize(
    ("known", "n_neurons"),
    [
        ({"bias": np.zeros((2, 4))}, 4),
        ({"scale": np.ones((2, 5)), "observation": "gaussian"}, 5),
        ({"input_weights": np.zeros((2, 3, 1))}, 3),
        ({"n_neurons": 6}, 6),
        ({"neurons": ["a", "b"]}, 2),
        ({}, 1),
    ],
)
def test_the_number_of_neurons_is_that_of_what_was_given(known, n_neurons):
    model = GLMHMM.from_parameters(transition=np.eye(2), history=None, **known)
    assert model.fill_.sizes["neuron"] == n_neurons
    assert model.bias_.shape == (2, n_neurons)


@pytest.mark.parametrize(
    "known",
    [
        {"transition": [[0.5, 0.6], [0.5, 0.5]]},
        {"transition": [[1.0, 0.0]]},
        {"transition": [[1.5, -0.5], [0.0, 1.0]]},
        {"transition": np.eye(2), "initial": [0.5, 0.2]},
        {"transition": np.eye(2), "bias": [[np.nan], [0.0]]},
        {"transition": np.eye(2), "bias": np.zeros((3, 1))},
        {"transition": np.eye(2), "scale": [[0.0], [1.0]], "observation": "gaussian"},
        {"transition": np.eye(2), "input_weights": np.zeros((3, 1, 1))},
    ],
)
def test_parameters_that_cannot_be_are_refused(known):
    with pytest.raises(OptionError):
        GLMHMM.from_parameters(history=None, **known)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_fits_are_kept_as_they_ended(observation):
    history = None if observation == "categorical" else 1
    values = counts_of(observation)
    model = GLMHMM(
        2, observation=observation, history=history, n_restarts=1, tol=1e-3, random_state=0
    ).fit(values)  # fmt: skip
    # A fit that goes on from where it ended begins at its likelihood.
    start = {
        name: getattr(model, f"{name}_").values
        for name in ("bias", "scale", "transition", "initial")
        if hasattr(model, f"{name}_")
    }
    if history:
        start["weights"] = model.basis_weights_.values
    again = GLMHMM(2, observation=observation, history=history, init=start, tol=1e-3).fit(values)
    trace = again.objective_trace_.values
    assert trace[0] == pytest.approx(float(model.objective_trace_[-1]), abs=1e-6)
    assert model.log_likelihood(values) == pytest.approx(model.log_likelihood_, abs=1e-8)


def test_states_are_sorted_by_their_share_unless_started_from_parameters():
    counts = np.concatenate([counts_of()[10:20]] + [counts_of()[:10]] * 4)
    model = GLMHMM(2, history=None, n_restarts=2, random_state=0).fit(counts)
    assert (np.diff(model.occupancy_) <= 0).all()
    order = [1, 0]
    start = {"bias": model.bias_.values[order], "transition": model.transition_.values[::-1, ::-1]}
    given = GLMHMM(2, history=None, init=start).fit(counts)
    np.testing.assert_allclose(given.occupancy_, model.occupancy_[order], atol=0.02)
    assert (np.diff(given.occupancy_) > 0).all()


def test_a_second_fit_leaves_nothing_of_the_first():
    counts = counts_of()
    model = GLMHMM(2, history=1, prior="onehot", n_restarts=1, tol=1e-3, random_state=0)
    model.fit(counts)
    assert hasattr(model, "edge_probability_")
    model.prior, model.history = "none", None
    model.fit(counts[:, :1])
    for name in ("edge_probability_", "weights_", "weight_precision_", "filter_basis_"):
        assert not hasattr(model, name)
    assert model.bias_.shape == (2, 1)


def test_signs_of_edges_are_those_beyond_two_standard_errors():
    rng = np.random.default_rng(3)
    truth = GLMHMM.from_parameters(
        transition=[[1.0]], bias=[[-0.5, -0.5]], weights=[[[0.0, 1.5], [0.0, 0.0]]], history=1,
    )  # fmt: skip
    counts = truth.sample(1500, random_state=rng).response.values[0]
    model = GLMHMM(1, history=1, tol=1e-8).fit(counts)
    errors = model.standard_errors(counts, method="complete").weights.values
    expected = np.where(
        np.abs(model.weights_.values) > 2 * errors, np.sign(model.weights_.values), 0
    )
    np.testing.assert_array_equal(model.adjacency_.values, expected)
    assert model.adjacency_.values[0, 0, 1] == 1.0
