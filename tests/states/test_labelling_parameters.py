"""Parameters get the labels they belong to, and labelled or plain arrays become parameters."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import OptionError
from neurokit.states.labelling import (
    PARAMETER_NAMES,
    blank_parameters,
    labelled_parameters,
    labelled_prior,
    parameters_from,
)
from neurokit.states.parameters import Parameters

STATES, NEURONS, BASIS, INPUTS, LAGS = 3, 4, 2, 2, 5
LABELS = np.array(["AVAL", "AVAR", "RIML", "SMDV"])
WIDTH = NEURONS * BASIS + INPUTS + 1


def basis():
    return np.random.default_rng(0).random((BASIS, LAGS))


def some(n_parts=1, n_transition=0, seed=1, n_columns=WIDTH):
    rng = np.random.default_rng(seed)
    return Parameters(
        rng.normal(size=(STATES, NEURONS, n_parts, n_columns)),
        rng.uniform(0.5, 2.0, (STATES, NEURONS)),
        rng.dirichlet(np.ones(STATES), STATES),
        rng.dirichlet(np.ones(STATES)),
        rng.normal(size=(STATES, STATES, n_transition)),
    )


def label(parameters, **options):
    chosen = {
        "basis": basis(),
        "labels": LABELS,
        "space": "neuron",
        "input_labels": np.array(["speed", "heat"]),
        "transition_labels": np.array([], dtype=str),
        "shared_bias": False,
        "has_scale": False,
    }
    return labelled_parameters(parameters, **{**chosen, **options})


def copies(parameters):
    return [np.array(x) for x in dataclasses.astuple(parameters)]


def assert_equal_parts(found, expected):
    for field in dataclasses.fields(Parameters):
        np.testing.assert_array_equal(
            getattr(found, field.name), getattr(expected, field.name), err_msg=field.name
        )


def test_a_weight_stands_under_its_state_target_source_and_basis():
    parameters = some()
    found = label(parameters)["basis_weights"]
    for k in range(STATES):
        for i, post in enumerate(LABELS):
            for j, pre in enumerate(LABELS):
                for b in range(BASIS):
                    # Columns run over sources first and basis functions within a source.
                    own = parameters.coefficients[k, i, 0, j * BASIS + b]
                    assert float(found.sel(state=k, post=post, pre=pre, basis=b)) == own


def test_net_weights_are_the_areas_of_the_filters():
    parameters, functions = some(), basis()
    found = label(parameters)
    for k, i, j in np.ndindex(STATES, NEURONS, NEURONS):
        filter_over_lags = sum(
            parameters.coefficients[k, i, 0, j * BASIS + b] * functions[b] for b in range(BASIS)
        )
        assert found["weights"].values[k, i, j] == pytest.approx(filter_over_lags.sum(), abs=1e-12)
    assert found["filter_basis"].dims == ("basis", "lag")
    assert found["filter_basis"].lag.values.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(found["filter_basis"], functions)


def test_inputs_and_constant_stand_behind_the_couplings():
    parameters = some()
    found = label(parameters)
    assert found["input_weights"].dims == ("state", "neuron", "input")
    np.testing.assert_array_equal(
        found["input_weights"].sel(input="heat"), parameters.coefficients[:, :, 0, WIDTH - 2]
    )
    np.testing.assert_array_equal(found["bias"], parameters.coefficients[:, :, 0, WIDTH - 1])
    assert found["bias"].neuron.values.tolist() == LABELS.tolist()


def test_the_chain_has_the_state_of_the_row_and_the_next_of_the_column():
    parameters = some()
    found = label(parameters)
    assert found["transition"].dims == ("state", "state_next")
    assert float(found["transition"].sel(state=2, state_next=0)) == parameters.transition[2, 0]
    assert found["initial"].dims == ("state",)
    np.testing.assert_allclose(found["transition"].sum("state_next"), 1.0)


@pytest.mark.parametrize(
    ("options", "lacking"),
    [
        ({"basis": np.zeros((0, 0))}, {"weights", "basis_weights", "filter_basis"}),
        ({"input_labels": np.array([], dtype=str)}, {"input_weights"}),
        ({"has_scale": False}, {"scale"}),
        ({}, {"transition_weights"}),
    ],
)
def test_what_the_model_has_not_gets_no_array(options, lacking):
    width = 1
    width += 0 if "basis" in options else NEURONS * BASIS
    width += 0 if "input_labels" in options else INPUTS
    assert not lacking & set(label(some(n_columns=width), **options))


def test_every_array_bears_the_name_it_is_filed_under():
    found = label(some(n_transition=3), has_scale=True, transition_labels=np.array(["a", "b"]))
    assert {name: array.name for name, array in found.items()} == {name: name for name in found}
    # All that a start may be made of is there, under the names that a start takes.
    assert set(PARAMETER_NAMES) <= set(found)


def test_a_shared_bias_has_no_state_and_the_others_keep_theirs():
    parameters = some()
    coefficients = parameters.coefficients.copy()
    coefficients[..., -1] = coefficients[0, ..., -1]
    parameters = dataclasses.replace(parameters, coefficients=coefficients)
    found = label(parameters, shared_bias=True, has_scale=True)
    assert found["bias"].dims == ("neuron",)
    np.testing.assert_array_equal(found["bias"], coefficients[2, :, 0, -1])
    assert found["input_weights"].dims == ("state", "neuron", "input")
    assert found["scale"].dims == ("state", "neuron")


@pytest.mark.parametrize("space", ["neuron", "channel"])
def test_the_space_names_the_dim_of_biases_and_scales(space):
    parameters = some()
    found = label(parameters, space=space, has_scale=True)
    assert found["bias"].dims == ("state", space)
    assert found["scale"].dims == ("state", space)
    np.testing.assert_array_equal(found["scale"], parameters.scale)
    assert found["weights"].dims == ("state", "post", "pre")


def test_several_categories_have_a_dim_that_starts_at_one():
    # Category 0 is the reference and has no coefficients.
    parameters = some(n_parts=2, n_columns=INPUTS + 1)
    found = label(parameters, basis=np.zeros((0, 0)))
    assert found["bias"].dims == ("state", "neuron", "category")
    assert found["bias"].category.values.tolist() == [1, 2]
    assert found["input_weights"].dims == ("state", "neuron", "category", "input")
    own = found["input_weights"].sel(state=1, neuron="RIML", category=2, input="speed")
    assert float(own) == parameters.coefficients[1, 2, 1, 0]


def test_transition_weights_leave_the_constant_out():
    parameters = some(n_transition=3)
    found = label(parameters, transition_labels=np.array(["odour", "touch"]))["transition_weights"]
    assert found.dims == ("state", "state_next", "transition_input")
    own = parameters.transition_coefficients[1, 2, 2]
    assert float(found.sel(state=1, state_next=2, transition_input="touch")) == own


def test_labelled_arrays_are_copies():
    parameters = some(n_transition=2)
    before = copies(parameters)
    for array in label(parameters, has_scale=True, transition_labels=np.array(["odour"])).values():
        array.values[...] = 7.0
    for now, then in zip(dataclasses.astuple(parameters), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_relabelling_neurons_moves_nothing_else():
    parameters = some()
    plain, renamed = label(parameters), label(parameters, labels=LABELS[::-1])
    np.testing.assert_array_equal(plain["weights"].values, renamed["weights"].values)
    assert renamed["weights"].post.values.tolist() == LABELS[::-1].tolist()


@pytest.mark.parametrize("n_parts", [1, 2])
@pytest.mark.parametrize("n_transition", [0, 3])
def test_labelled_parameters_come_back_as_they_were(n_parts, n_transition):
    n_basis = BASIS if n_parts == 1 else 0
    width = NEURONS * n_basis + INPUTS + 1
    parameters = some(n_parts, n_transition, n_columns=width)
    names = np.array(["a", "b"][: max(n_transition - 1, 0)])
    found = label(parameters, basis=basis()[:n_basis], has_scale=True, transition_labels=names)
    given = {name: found[name] for name in PARAMETER_NAMES if name in found}
    if n_basis:
        given["weights"] = found["basis_weights"]
    blank = blank_parameters(STATES, NEURONS, n_parts, width, n_transition)
    back = parameters_from(given, blank, n_neurons=NEURONS, n_basis=n_basis)
    np.testing.assert_array_equal(back.coefficients, parameters.coefficients)
    np.testing.assert_array_equal(back.scale, parameters.scale)
    np.testing.assert_allclose(back.transition, parameters.transition, rtol=1e-15)
    np.testing.assert_allclose(back.initial, parameters.initial, rtol=1e-15)
    if n_transition:
        # Slopes matter as differences from staying.
        slopes = parameters.transition_coefficients[..., 1:]
        own = np.stack([slopes[k, k] for k in range(STATES)])[:, None]
        np.testing.assert_allclose(back.transition_coefficients[..., 1:], slopes - own)
        logits = back.transition_coefficients[..., 0]
        again = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(again, parameters.transition, rtol=1e-12)


# What priors learned.


@pytest.mark.parametrize(
    ("name", "dims"),
    [
        ("edge_probability", ("state", "post", "pre", "sign")),
        ("adjacency", ("state", "post", "pre")),
        ("prior_mean", ("post", "pre", "basis")),
        ("prior_scale", ("basis",)),
        ("prior_precision", ("basis",)),
        ("prior_connectivity", ("post", "pre", "sign")),
        ("prior_connectivity", ("post", "pre")),
    ],
)
def test_what_a_prior_learned_has_its_dims(name, dims):
    sizes = {"state": 2, "post": NEURONS, "pre": NEURONS, "sign": 3, "basis": BASIS}
    values = np.random.default_rng(3).random([sizes[dim] for dim in dims])
    found = labelled_prior({name: values}, LABELS)[name]
    assert found.dims == dims
    assert found.name == name
    np.testing.assert_array_equal(found.values, values)
    for dim in {"post", "pre"} & set(dims):
        assert found[dim].values.tolist() == LABELS.tolist()
    if "sign" in dims:
        assert found["sign"].values.tolist() == [-1, 0, 1]
    if "basis" in dims:
        assert found["basis"].values.tolist() == [0, 1]
    values_before = found.values.copy()
    values[...] = -1.0
    np.testing.assert_array_equal(found.values, values_before)


def test_a_prior_that_learned_nothing_adds_nothing():
    assert labelled_prior({}, LABELS) == {}


# What users give.


def template(n_transition=0):
    return some(seed=9, n_transition=n_transition)


def test_nothing_given_is_the_template():
    start = template()
    found = parameters_from({}, start, n_neurons=NEURONS, n_basis=BASIS)
    assert_equal_parts(found, start)
    found.coefficients[...] = 0.0
    assert np.abs(start.coefficients).min() > 0


@pytest.mark.parametrize(
    ("name", "shape", "columns"),
    [
        ("weights", (STATES, NEURONS, NEURONS, BASIS), range(NEURONS * BASIS)),
        ("input_weights", (STATES, NEURONS, INPUTS), range(NEURONS * BASIS, WIDTH - 1)),
        ("bias", (STATES, NEURONS), [WIDTH - 1]),
    ],
)
def test_what_is_given_replaces_its_columns_alone(name, shape, columns):
    start, values = template(), np.random.default_rng(4).normal(size=shape)
    before, given_before = copies(start), values.copy()
    found = parameters_from({name: values}, start, n_neurons=NEURONS, n_basis=BASIS)
    columns = list(columns)
    others = [c for c in range(WIDTH) if c not in columns]
    np.testing.assert_array_equal(
        found.coefficients[:, :, 0, columns], values.reshape(STATES, NEURONS, len(columns))
    )
    np.testing.assert_array_equal(found.coefficients[..., others], start.coefficients[..., others])
    for now, then in zip(dataclasses.astuple(start), before, strict=True):
        np.testing.assert_array_equal(now, then)
    np.testing.assert_array_equal(values, given_before)


def test_one_basis_function_may_be_left_out_of_the_shape():
    width = NEURONS + INPUTS + 1
    start = some(n_columns=width)
    values = np.random.default_rng(5).normal(size=(STATES, NEURONS, NEURONS))
    short = parameters_from({"weights": values}, start, n_neurons=NEURONS, n_basis=1)
    whole = parameters_from({"weights": values[..., None]}, start, n_neurons=NEURONS, n_basis=1)
    assert_equal_parts(short, whole)
    np.testing.assert_array_equal(short.coefficients[:, :, 0, :NEURONS], values)


def test_a_bias_of_neurons_alone_serves_all_states():
    bias = np.arange(4.0)
    found = parameters_from({"bias": bias}, template(), n_neurons=NEURONS, n_basis=BASIS)
    np.testing.assert_array_equal(found.coefficients[:, :, 0, -1], np.tile(bias, (STATES, 1)))


def test_a_number_serves_every_neuron_and_state():
    given = {"scale": 2.5, "bias": -1}
    found = parameters_from(given, template(), n_neurons=NEURONS, n_basis=BASIS)
    assert (found.scale == 2.5).all()
    assert (found.coefficients[..., -1] == -1.0).all()
    found.scale[0, 0] = 1.0  # A copy that may be written to, not a broadcast view.
    assert found.scale[1, 0] == 2.5


def test_labelled_arrays_are_taken_by_their_values():
    bias = xr.DataArray(np.arange(12.0).reshape(3, 4), dims=("state", "neuron"))
    found = parameters_from({"bias": bias}, template(), n_neurons=NEURONS, n_basis=BASIS)
    np.testing.assert_array_equal(found.coefficients[:, :, 0, -1], bias.values)


def test_probabilities_that_sum_to_one_nearly_sum_to_one_exactly():
    near = np.full(STATES, 1 / STATES) * (1 + 1e-7)
    found = parameters_from(
        {"initial": near, "transition": np.tile(near, (STATES, 1))},
        template(),
        n_neurons=NEURONS,
        n_basis=BASIS,
    )
    assert found.initial.sum() == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(found.transition.sum(axis=1), 1.0, atol=1e-15)
    assert found.transition.flags.c_contiguous


def test_a_given_transition_sets_its_logits_and_no_slopes():
    transition = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.25, 0.25, 0.5]])
    found = parameters_from(
        {"transition": transition}, template(n_transition=2), n_neurons=NEURONS, n_basis=BASIS
    )
    constant, slopes = found.transition_coefficients[..., 0], found.transition_coefficients[..., 1]
    assert (slopes == 0).all()
    np.testing.assert_array_equal(np.diag(constant), 0.0)
    assert constant[1, 2] == pytest.approx(np.log(0.3 / 0.5))
    # An impossible transition stays finite: log(1e-12 / 0.9).
    assert constant[0, 2] == pytest.approx(np.log(1e-12 / 0.9))


def test_slopes_that_all_destinations_share_are_none():
    same = np.repeat(np.random.default_rng(6).normal(size=(STATES, 1, 1)), STATES, axis=1)
    start = template(n_transition=2)
    found = parameters_from({"transition_weights": same}, start, n_neurons=NEURONS, n_basis=BASIS)
    assert (found.transition_coefficients[..., 1] == 0).all()
    np.testing.assert_array_equal(
        found.transition_coefficients[..., 0], start.transition_coefficients[..., 0]
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"weight": 1}, "init.*did you mean 'weights'"),
        ({"initial_": 1}, "init.*did you mean 'initial'"),
        ({"weights": np.zeros((STATES, NEURONS, NEURONS))}, r"weights.*shape \(3, 4, 4\)"),
        ({"weights": np.full((STATES, NEURONS, NEURONS, BASIS), np.nan)}, "weights.*NaN"),
        ({"input_weights": np.zeros((STATES, NEURONS, 3))}, r"input_weights.*expected \(3, 4, 2\)"),
        ({"bias": np.zeros((NEURONS, STATES))}, r"bias.*shape \(4, 3\)"),
        ({"bias": np.inf}, "bias.*infinities"),
        ({"scale": 0.0}, "scale.*not positive"),
        ({"scale": -np.ones((STATES, NEURONS))}, "scale.*not positive"),
        ({"scale": np.ones(STATES)}, "scale.*expected"),
        ({"transition": np.full((STATES, STATES), 0.5)}, "transition.*sum to 1"),
        ({"transition": [[1.5, -0.5, 0], [0, 1, 0], [0, 0, 1]]}, "transition.*sum to 1"),
        ({"transition": np.eye(2)}, "transition.*shape"),
        ({"initial": [0.5, 0.5]}, r"initial.*shape \(2,\), expected \(3,\)"),
        ({"initial": [0.5, 0.6, 0.1]}, "initial.*sum to 1"),
        ({"initial": [np.nan, 0.5, 0.5]}, "initial.*NaN"),
        ({"transition_weights": np.zeros((STATES, STATES, 2))}, "transition_weights.*expected"),
    ],
)
def test_what_does_not_fit_is_named(given, said):
    with pytest.raises(OptionError, match=said):
        parameters_from(given, template(n_transition=2), n_neurons=NEURONS, n_basis=BASIS)


@pytest.mark.parametrize("n_states", [1, 2, 5])
def test_blank_parameters_are_zero_and_sticky(n_states):
    found = blank_parameters(n_states, 3, 2, 4, 2)
    assert found.coefficients.shape == (n_states, 3, 2, 4)
    assert not found.coefficients.any()
    assert (found.scale == 1).all()
    np.testing.assert_allclose(found.transition.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.initial, 1 / n_states)
    off = ~np.eye(n_states, dtype=bool)
    assert (np.diag(found.transition) == (0.98 if n_states > 1 else 1.0)).all()
    np.testing.assert_allclose(found.transition[off], 0.02 / max(n_states - 1, 1))
    logits = np.exp(found.transition_coefficients[..., 0])
    np.testing.assert_allclose(logits / logits.sum(axis=1, keepdims=True), found.transition)


def test_reordering_states_moves_all_that_they_have():
    parameters, order = some(n_transition=3), np.array([2, 0, 1])
    plain = label(parameters, has_scale=True, transition_labels=np.array(["a", "b"]))
    moved = label(parameters.reorder(order), has_scale=True, transition_labels=np.array(["a", "b"]))
    for name, array in plain.items():
        expected = array
        for dim in {"state", "state_next"} & set(array.dims):
            expected = expected.isel({dim: order})
        np.testing.assert_array_equal(moved[name].values, expected.values, err_msg=name)
