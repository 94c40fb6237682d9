"""Arrays of a fit: what is observed, which trials are taken, parameters in another order."""

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

from neurokit.errors import SchemaError
from neurokit.states.assembly import make_emission
from neurokit.states.observations import observations
from neurokit.states.parameters import Parameters, sticky_transition


def _observed(
    lengths, n_neurons=2, n_moving=0, seed=0, missing=0.0, observation="poisson", exposure=1.0
):
    rng = np.random.default_rng(seed)
    n = int(np.sum(lengths))
    values = rng.poisson(1.5, (n, n_neurons)).astype(float)
    values[rng.random(values.shape) < missing] = np.nan
    return observations(
        values,
        make_emission(observation, None, 2),
        rng.normal(size=(n, 3)),
        np.full((n, 1), exposure),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        rng.normal(size=(n, n_moving)),
    ), values


def _rows(data):
    return {f.name: getattr(data, f.name) for f in fields(data) if f.name != "offsets"}


def test_nothing_missing_needs_no_mask():
    data, values = _observed([4, 3])
    assert data.observed is None
    np.testing.assert_array_equal(data.mask, np.ones((7, 2)))
    np.testing.assert_array_equal(data.response, values)
    assert data.n_observed_bins == 7


def test_missing_responses_are_zeros_under_a_mask():
    data, values = _observed([30, 20], missing=0.4)
    missing = np.isnan(values)
    np.testing.assert_array_equal(data.observed, ~missing)
    np.testing.assert_array_equal(data.mask, ~missing)
    assert (data.response[missing] == 0).all()
    np.testing.assert_array_equal(data.response[~missing], values[~missing])
    assert data.n_observed_bins == sum(not row.all() for row in missing)
    assert data.n_observed_bins < 50


def test_a_bin_counts_as_observed_if_one_neuron_was():
    values = np.array([[np.nan, np.nan], [1.0, np.nan], [np.nan, 0.0], [2.0, 3.0]])
    data = observations(
        values, make_emission("poisson", None, 2), np.ones((4, 1)), np.ones((4, 1)),
        np.array([0, 4]), np.zeros((4, 0)),
    )  # fmt: skip
    assert data.n_observed_bins == 3


@pytest.mark.parametrize("exposure", [1.0, 0.02, 3.0])
def test_the_constant_of_counts_is_their_factorial_and_exposure(exposure):
    data, values = _observed([9], missing=0.3, exposure=exposure)
    expected = [
        sum(y * np.log(exposure) - gammaln(y + 1) for y in row if not np.isnan(y)) for row in values
    ]
    np.testing.assert_allclose(data.constant, expected, atol=1e-12)


def test_the_constant_does_not_know_of_missing_values():
    data, _ = _observed([6])
    hidden = data.response.copy()
    hidden[2] = np.nan
    again = observations(
        hidden, make_emission("poisson", None, 2), data.columns, data.exposure, data.offsets,
        data.transition_inputs,
    )  # fmt: skip
    assert again.constant[2] == 0.0
    keep = np.arange(6) != 2
    np.testing.assert_array_equal(again.constant[keep], data.constant[keep])


def test_values_that_no_count_can_have_are_refused():
    with pytest.raises(SchemaError, match=r"X: holds -1"):
        observations(
            np.array([[-1.0]]), make_emission("poisson", None, 2), np.ones((1, 1)),
            np.ones((1, 1)), np.array([0, 1]), np.zeros((1, 0)),
        )  # fmt: skip


def test_what_was_given_is_not_changed_and_not_shared():
    values = np.array([[1.0, np.nan], [0.0, 2.0]])
    before = values.copy()
    data = observations(
        values, make_emission("poisson", None, 2), np.ones((2, 1)), np.ones((2, 1)),
        np.array([0, 2]), np.zeros((2, 0)),
    )  # fmt: skip
    np.testing.assert_array_equal(values, before)
    assert not np.shares_memory(values, data.response)
    assert data.response.flags["C_CONTIGUOUS"]


def test_observations_cannot_be_set():
    data, _ = _observed([3])
    with pytest.raises(FrozenInstanceError):
        data.response = np.zeros((3, 2))


@pytest.mark.parametrize("trials", [[0], [2, 0], [1, 1, 1], [2, 1, 0], [0, 1, 2]])
@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_taken_trials_are_slices_of_all_arrays(trials, missing):
    data, _ = _observed([4, 2, 5], missing=missing, n_moving=2)
    taken = data.take(np.array(trials))
    pieces = [slice(data.offsets[i], data.offsets[i + 1]) for i in trials]
    for name, rows in _rows(data).items():
        if rows is None:
            assert getattr(taken, name) is None
            continue
        expected = np.concatenate([rows[piece] for piece in pieces])
        np.testing.assert_array_equal(getattr(taken, name), expected, err_msg=name)
    lengths = [piece.stop - piece.start for piece in pieces]
    np.testing.assert_array_equal(taken.offsets, [0, *np.cumsum(lengths)])
    assert taken.offsets.dtype == np.int64


def test_taking_no_trial_leaves_no_bin():
    data, _ = _observed([4, 2])
    none = data.take(np.zeros(0, dtype=np.int64))
    assert none.response.shape == (0, 2)
    np.testing.assert_array_equal(none.offsets, [0])
    assert none.n_observed_bins == 0


def test_taking_all_trials_copies():
    data, _ = _observed([4, 2], missing=0.2)
    taken = data.take(np.arange(2))
    for name, rows in _rows(data).items():
        np.testing.assert_array_equal(getattr(taken, name), rows)
        assert not np.shares_memory(getattr(taken, name), rows), name


def test_an_empty_trial_stays_empty():
    data, _ = _observed([3, 0, 2])
    taken = data.take(np.array([1, 2, 1]))
    np.testing.assert_array_equal(taken.offsets, [0, 0, 2, 2])
    np.testing.assert_array_equal(taken.response, data.response[3:])


@settings(max_examples=20)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.data())
def test_taking_twice_is_taking_once(lengths, draw):
    data, _ = _observed(lengths, missing=0.2)
    indices = st.lists(st.integers(0, len(lengths) - 1), min_size=1, max_size=4)
    first = np.array(draw.draw(indices))
    second = np.array(draw.draw(st.lists(st.integers(0, len(first) - 1), min_size=1, max_size=4)))
    twice, once = data.take(first).take(second), data.take(first[second])
    np.testing.assert_array_equal(twice.response, once.response)
    np.testing.assert_array_equal(twice.offsets, once.offsets)
    np.testing.assert_array_equal(twice.constant, once.constant)
    assert twice.n_observed_bins == once.n_observed_bins


def _parameters(n_states=3, n_moving=2, seed=0):
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.ones(n_states), n_states)
    return Parameters(
        rng.normal(size=(n_states, 2, 1, 4)),
        rng.random((n_states, 2)),
        transition,
        rng.dirichlet(np.ones(n_states)),
        rng.normal(size=(n_states, n_states, n_moving)),
    )


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
@pytest.mark.parametrize("n_moving", [0, 2])
def test_states_in_another_order_keep_their_parameters(order, n_moving):
    before = _parameters(n_moving=n_moving)
    after = before.reorder(np.array(order))
    for new, old in enumerate(order):
        np.testing.assert_array_equal(after.coefficients[new], before.coefficients[old])
        np.testing.assert_array_equal(after.scale[new], before.scale[old])
        assert after.initial[new] == before.initial[old]
        for other, former in enumerate(order):
            assert after.transition[new, other] == before.transition[old, former]
            np.testing.assert_array_equal(
                after.transition_coefficients[new, other],
                before.transition_coefficients[old, former],
            )


@given(st.permutations(range(4)))
@settings(max_examples=20)
def test_an_order_and_its_inverse_cancel(order):
    before = _parameters(4)
    after = before.reorder(np.array(order)).reorder(np.argsort(order))
    for field in fields(Parameters):
        np.testing.assert_array_equal(getattr(after, field.name), getattr(before, field.name))


def test_reordering_copies_and_leaves_the_first_alone():
    before = _parameters()
    kept = before.coefficients.copy()
    after = before.reorder(np.array([1, 0, 2]))
    after.coefficients[:] = 7.0
    after.transition[:] = 7.0
    np.testing.assert_array_equal(before.coefficients, kept)
    np.testing.assert_allclose(before.transition.sum(axis=1), 1.0)


def test_the_number_of_states_is_that_of_initial_probabilities():
    assert _parameters(5).n_states == 5
    assert _parameters(1).n_states == 1


@pytest.mark.parametrize("n_states", [2, 3, 7])
@pytest.mark.parametrize("stay", [0.98, 0.5, 1.0, 0.0])
def test_a_sticky_chain_stays_and_else_goes_anywhere(n_states, stay):
    found = sticky_transition(n_states, stay)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    np.testing.assert_array_equal(np.diag(found), stay)
    others = found[~np.eye(n_states, dtype=bool)]
    np.testing.assert_allclose(others, (1 - stay) / (n_states - 1))


@pytest.mark.parametrize("stay", [0.98, 0.1])
def test_one_state_always_stays(stay):
    np.testing.assert_array_equal(sticky_transition(1, stay), [[1.0]])


def test_the_mean_stay_of_a_sticky_chain_is_one_over_leaving():
    # Geometric: E[length] = sum_k k stay^(k-1) (1 - stay) = 1 / (1 - stay).
    stay = sticky_transition(3)[0, 0]
    k = np.arange(1, 5000)
    assert (k * stay ** (k - 1) * (1 - stay)).sum() == pytest.approx(50.0)
