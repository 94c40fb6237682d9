"""From what a user gives to what a fit works on: shapes, defaults, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.states import GLMHMM
from neurokit.states.assembly import (
    LINKS_OF,
    count_categories,
    data_of,
    gather,
    make_emission,
    make_problem,
    mean_response,
)
from neurokit.states.bases import history_basis
from neurokit.states.transitions import TransitionPrior


def counts_of(n_bins=12, n_neurons=2, seed=0):
    return np.random.default_rng(seed).poisson(1.0, (n_bins, n_neurons)).astype(float)


def test_nothing_but_responses_has_no_inputs_and_an_exposure_of_one():
    found = gather(counts_of(), None, None, None, transitions="stationary")
    assert found.inputs.shape == (12, 0)
    assert found.transition_inputs.shape == (12, 0)
    assert found.input_labels.size == found.transition_labels.size == 0
    np.testing.assert_array_equal(found.exposure, np.ones((12, 1)))


def test_names_of_inputs_are_kept():
    inputs = xr.DataArray(
        np.arange(24.0).reshape(12, 2), {"input": ["stimulus", "reward"]}, ("time", "input")
    )
    found = gather(counts_of(), inputs, None, None, transitions="stationary")
    assert found.input_labels.tolist() == ["stimulus", "reward"]
    np.testing.assert_array_equal(found.inputs, inputs.values)


def test_transition_inputs_are_the_inputs_unless_given():
    inputs, other = np.random.default_rng(1).normal(size=(2, 12, 3))
    both = gather(counts_of(), inputs, None, None, transitions="input")
    np.testing.assert_array_equal(both.transition_inputs, inputs)
    apart = gather(counts_of(), inputs, other[:, :1], None, transitions="input")
    np.testing.assert_array_equal(apart.transition_inputs, other[:, :1])
    np.testing.assert_array_equal(apart.inputs, inputs)
    alone = gather(counts_of(), None, other, None, transitions="input")
    assert alone.inputs.shape == (12, 0)


def test_transition_inputs_need_transitions_that_use_them():
    with pytest.raises(OptionError, match="transition_inputs"):
        gather(counts_of(), None, np.ones((12, 1)), None, transitions="stationary")
    with pytest.raises(OptionError, match="transition_inputs"):
        gather(counts_of(), None, None, None, transitions="input")


@pytest.mark.parametrize("exposure", [0.0, -1.0, np.r_[np.ones(11), 0.0]])
def test_an_exposure_is_positive(exposure):
    with pytest.raises(OptionError, match="exposure"):
        gather(counts_of(), None, None, exposure, transitions="stationary")


@pytest.mark.parametrize("exposure", [np.nan, np.r_[np.ones(11), np.nan], np.ones(5)])
def test_an_exposure_is_a_finite_number_for_every_bin(exposure):
    with pytest.raises((OptionError, SchemaError), match="exposure"):
        gather(counts_of(), None, None, exposure, transitions="stationary")


@pytest.mark.parametrize("shape", [(11, 2), (13, 2), (2, 12, 2)])
def test_inputs_have_a_row_for_every_bin(shape):
    with pytest.raises(SchemaError, match="inputs"):
        gather(counts_of(), np.ones(shape), None, None, transitions="stationary")


def test_trials_and_their_inputs_come_in_pairs():
    trials = [counts_of(n) for n in (3, 5)]
    found = gather(
        trials, [np.ones((3, 1)), np.zeros((5, 1))], None, None, transitions="stationary"
    )
    np.testing.assert_array_equal(found.inputs[:, 0], [1] * 3 + [0] * 5)
    with pytest.raises(SchemaError, match="has 1 trials, X has 2"):
        gather(trials, [np.ones((3, 1))], None, None, transitions="stationary")
    with pytest.raises(SchemaError, match="inputs"):
        gather(trials, [np.ones((5, 1)), np.ones((3, 1))], None, None, transitions="stationary")
    with pytest.raises(SchemaError, match="other inputs"):
        gather(trials, [np.ones((3, 1)), np.ones((5, 2))], None, None, transitions="stationary")


def test_inputs_of_another_clock_are_refused():
    counts = xr.DataArray(counts_of(), {"time": 0.1 * np.arange(12)}, ("time", "neuron"))
    late = xr.DataArray(np.ones((12, 1)), {"time": 0.1 * np.arange(12) + 1}, ("time", "input"))
    with pytest.raises(LabelError, match="another time axis"):
        gather(counts, late, None, None, transitions="stationary")


@pytest.mark.parametrize("observation", LINKS_OF)
def test_the_first_link_is_the_default(observation):
    default, first = (
        make_emission(observation, link, 3) for link in (None, LINKS_OF[observation][0])
    )
    predictor = np.linspace(-1, 1, 12).reshape(6, 1, 2)[..., : default.n_parts]
    np.testing.assert_array_equal(
        default.mean(predictor, np.ones((6, 1))), first.mean(predictor, np.ones((6, 1)))
    )
    assert default.name == observation
    assert default.n_parts == (2 if observation == "categorical" else 1)


def test_a_link_of_another_model_is_refused():
    with pytest.raises(OptionError, match="link"):
        make_emission("gaussian", "exp", 2)
    with pytest.raises(OptionError, match="observation"):
        make_emission("poissonn", None, 2)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([[0.0], [3.0]], 4), ([[0.0], [0.0]], 2), ([[np.nan], [2.0]], 3), ([[np.nan]], 2)],
)
def test_categories_are_counted_to_the_largest_code(values, expected):
    assert count_categories(np.array(values)) == expected


def test_means_are_of_observed_bins():
    values = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    np.testing.assert_array_equal(mean_response(values), [2.0, 4.0, 0.0])


def test_the_design_holds_history_inputs_and_a_constant():
    counts, inputs = counts_of(), np.random.default_rng(2).normal(size=(12, 2))
    given = gather(counts, inputs, None, None, transitions="stationary")
    basis = history_basis(3)
    data = data_of(given, make_emission("poisson", None, 2), basis, mean_response(counts))
    assert data.columns.shape == (12, 2 + 2 + 1)
    np.testing.assert_array_equal(data.columns[:, 2:4], inputs)
    np.testing.assert_array_equal(data.columns[:, 4], np.ones(12))
    for t in range(12):
        past = counts[max(t - 3, 0) : t][::-1]
        np.testing.assert_allclose(data.columns[t, :2], basis[0, : len(past)] @ past, atol=1e-12)


def test_driven_transitions_have_a_constant_of_their_own():
    inputs = np.random.default_rng(3).normal(size=(12, 2))
    given = gather(counts_of(), None, inputs, None, transitions="input")
    data = data_of(given, make_emission("poisson", None, 2), np.zeros((0, 0)), np.zeros(2))
    np.testing.assert_array_equal(data.transition_inputs[:, 0], np.ones(12))
    np.testing.assert_array_equal(data.transition_inputs[:, 1:], inputs)


@pytest.mark.parametrize("coupling", [True, False])
def test_neurons_without_coupling_see_their_own_history_only(coupling):
    model = GLMHMM(2, history={"kind": "lags", "n_lags": 2}, coupling=coupling)
    _, data, _ = model.prepare(counts_of(n_neurons=3), np.ones((12, 1)))
    problem = make_problem(
        data, make_emission("poisson", None, 2), n_states=2, n_basis=2, coupling=coupling,
        bias="state", input_ridge=1.0, transition=TransitionPrior(np.zeros((2, 2)), 1.0, "learned"),
    )  # fmt: skip
    own = problem.allowed[:, :6].reshape(3, 3, 2)
    expected = np.ones((3, 3)) if coupling else np.eye(3)
    np.testing.assert_array_equal(own.all(axis=2), expected)
    np.testing.assert_array_equal(own.any(axis=2), expected)
    assert problem.allowed[:, 6:].all()


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool, np.float32])
def test_counts_of_any_type_are_counts(dtype):
    counts = (counts_of() > 0).astype(dtype)
    found = gather(counts, None, None, None, transitions="stationary")
    assert found.trials.values.dtype == np.float64
    np.testing.assert_array_equal(found.trials.values, counts.astype(float))


def test_gathering_shares_no_memory_that_a_fit_would_change():
    counts, inputs = counts_of(), np.ones((12, 1))
    model = GLMHMM(1, history=1, tol=1e-3)
    before = counts.copy(), inputs.copy()
    model.fit(counts, inputs)
    np.testing.assert_array_equal(counts, before[0])
    np.testing.assert_array_equal(inputs, before[1])
