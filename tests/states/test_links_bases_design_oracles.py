"""Links, history bases and design columns against scipy, closed forms and convolutions."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from neurokit.errors import OptionError
from neurokit.states.bases import exponential, history_basis, raised_cosine
from neurokit.states.design_matrix import design_columns, filtered_history, own_columns_only
from neurokit.states.links import LINKS, LOWEST_RATE, Link, log_one_plus_exp, logistic

WIDE = np.array([-745.0, -300.0, -40.0, -1.0, 0.0, 1e-9, 1.0, 40.0, 300.0, 700.0])


# Links


def test_logistic_is_expit_over_the_whole_range():
    np.testing.assert_allclose(logistic(WIDE), expit(WIDE), rtol=1e-13)
    np.testing.assert_array_equal(logistic(np.array([-np.inf, np.inf])), [0.0, 1.0])


def test_softplus_is_logaddexp_over_the_whole_range():
    np.testing.assert_allclose(log_one_plus_exp(WIDE), np.logaddexp(0.0, WIDE), rtol=1e-14)
    np.testing.assert_allclose(LINKS["softplus"].rate(WIDE), np.logaddexp(0.0, WIDE), rtol=1e-14)


@given(st.floats(-700, 700))
@settings(max_examples=20, deadline=None)
def test_the_logistic_of_minus_x_is_the_rest_to_one(x):
    value = np.array([x])
    assert logistic(value)[0] + logistic(-value)[0] == pytest.approx(1.0, abs=1e-15)
    difference = log_one_plus_exp(value)[0] - log_one_plus_exp(-value)[0]
    assert difference == pytest.approx(x, abs=1e-12)


@pytest.mark.parametrize("name", ["exp", "softplus", "sigmoid"])
def test_a_link_is_found_by_its_name_and_cannot_be_changed(name):
    link = LINKS[name]
    assert isinstance(link, Link)
    assert link.name == name
    with pytest.raises(dataclasses.FrozenInstanceError):
        link.name = "other"
    assert sorted(LINKS) == ["exp", "sigmoid", "softplus"]


@pytest.mark.parametrize("name", LINKS)
def test_rates_grow_with_the_predictor(name):
    grid = np.linspace(-12.0, 12.0, 200)
    rate = LINKS[name].rate(grid)
    assert (np.diff(rate) > 0).all()
    assert (LINKS[name].slope(grid, rate) > 0).all()


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("shape", [(1,), (0,), (2, 1, 4)])
def test_links_keep_shapes_and_leave_predictors_alone(name, shape):
    link, predictor = LINKS[name], np.full(shape, 0.3)
    rate = link.rate(predictor)
    for found in (rate, link.slope(predictor, rate), link.log_rate(predictor, rate)):
        assert np.shape(found) == shape
    np.testing.assert_array_equal(predictor, 0.3)
    np.testing.assert_allclose(link.inverse(np.asarray(rate)), 0.3, rtol=1e-6)


@pytest.mark.parametrize("name", LINKS)
def test_the_inverse_of_silence_and_of_a_flood_is_finite(name):
    with np.errstate(all="raise"):
        found = LINKS[name].inverse(np.array([0.0, 1e-12, 1.0, 50.0]))
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()


def test_an_overflowing_exponential_is_infinite_and_silent():
    np.testing.assert_array_equal(LINKS["exp"].rate(np.array([800.0])), [np.inf])


def test_the_sigmoid_is_expit_between_its_bounds():
    wanted = LOWEST_RATE + (1 - LOWEST_RATE) * expit(WIDE)
    np.testing.assert_allclose(LINKS["sigmoid"].rate(WIDE), wanted, rtol=1e-12)


def test_the_exponential_and_softplus_agree_far_below_zero():
    low = np.array([-25.0, -35.0])
    one, other = LINKS["exp"], LINKS["softplus"]
    np.testing.assert_allclose(one.rate(low), other.rate(low), rtol=1e-10)
    np.testing.assert_allclose(
        one.log_rate(low, one.rate(low)), other.log_rate(low, other.rate(low)), rtol=1e-10
    )


# Bases


@pytest.mark.parametrize("decay", [0.5, 1.0, 7.0])
@pytest.mark.parametrize("n_lags", [1, 2, 12])
def test_an_exponential_is_a_geometric_series(decay, n_lags):
    ratio = np.exp(-1.0 / decay)
    wanted = ratio ** np.arange(n_lags) * (1 - ratio) / (1 - ratio**n_lags)
    np.testing.assert_allclose(exponential(n_lags, decay), [wanted], rtol=1e-12)


@pytest.mark.parametrize("decay", [1e-3, 1e-300])
def test_a_decay_far_below_a_bin_is_the_bin_before_alone(decay):
    np.testing.assert_array_equal(exponential(3, decay), [[1.0, 0.0, 0.0]])


def test_an_endless_decay_weighs_all_lags_alike():
    np.testing.assert_allclose(exponential(4, np.inf), 0.25)


def test_decays_make_a_row_each_in_their_order():
    both = exponential(6, [3.0, 1.0])
    np.testing.assert_array_equal(both, np.vstack([exponential(6, 3.0), exponential(6, 1.0)]))
    # Slower decays reach further back.
    assert both[0] @ np.arange(6) > both[1] @ np.arange(6)


@pytest.mark.parametrize(
    ("n_lags", "n_basis", "stretch"), [(20, 4, 1.0), (7, 3, 10.0), (5, 1, 1.0)]
)
def test_raised_cosines_are_those_of_the_formula(n_lags, n_basis, stretch):
    warped = [np.log(k + stretch) for k in range(1, n_lags + 1)]
    spacing = (warped[-1] - warped[0]) / max(n_basis - 1, 1)
    found = raised_cosine(n_lags, n_basis, stretch)
    for b in range(n_basis):
        row = []
        for value in warped:
            turn = np.pi * (value - warped[0] - b * spacing) / (2 * spacing)
            row.append((1 + np.cos(turn)) / 2 if abs(turn) < np.pi else 0.0)
        np.testing.assert_allclose(found[b], np.array(row) / sum(row), atol=1e-12)


def test_a_large_stretch_spaces_raised_cosines_evenly():
    peaks = raised_cosine(41, 5, 1e6).argmax(axis=1)
    np.testing.assert_array_equal(peaks, [0, 10, 20, 30, 40])


def test_one_lag_has_one_weight_whatever_the_functions():
    np.testing.assert_array_equal(raised_cosine(1, 1), [[1.0]])


def test_functions_that_fall_between_the_lags_are_refused():
    with pytest.raises(OptionError, match="history: has 20 functions"):
        raised_cosine(3, 20)
    with pytest.raises(OptionError, match="smaller n_basis"):
        history_basis({"kind": "raised_cosine", "n_lags": 3, "n_basis": 20})


@pytest.mark.parametrize(
    "options",
    [
        {"n_lags": 4, "decay": np.nan},
        {"n_lags": 4, "decay": [1.0, np.nan]},
        {"n_lags": 4, "decay": -1.0},
        {"kind": "raised_cosine", "n_lags": 8, "n_basis": 2.5},
        {"kind": "raised_cosine", "n_lags": 8, "n_basis": True},
        {"kind": "raised_cosine", "n_lags": 8, "n_basis": 0},
        {"kind": "raised_cosine", "n_lags": 8, "stretch": np.inf},
        {"kind": "raised_cosine", "n_lags": 8, "stretch": np.nan},
        {"kind": "raised_cosine", "n_lags": 8.0},
        {"kind": "raised_cosine", "n_lags": 8, "decay": 1.0},
        {"n_lags": 8, "n_basis": 3},
    ],
)
def test_mappings_that_make_no_basis_are_refused(options):
    with pytest.raises(OptionError, match="history"):
        history_basis(options)


def test_a_misspelt_kind_or_option_is_answered_with_the_right_one():
    with pytest.raises(OptionError, match="raised_cosine"):
        history_basis({"kind": "raised_cosin", "n_lags": 3})
    with pytest.raises(OptionError, match="decay"):
        history_basis({"n_lags": 3, "decays": 1.0})


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (5, {"kind": "exponential", "n_lags": 5}),
        (np.int64(5), {"kind": "exponential", "n_lags": 5, "decay": 1.0}),
        (np.eye(3), {"kind": "lags", "n_lags": 3}),
        ([0.5, 0.5], {"kind": "exponential", "n_lags": 2, "decay": np.inf}),
    ],
)
def test_short_and_long_ways_to_write_a_basis_are_the_same(short, long):
    np.testing.assert_array_equal(history_basis(short), history_basis(long))


def test_a_mapping_is_read_and_not_eaten():
    given_options = {"kind": "raised_cosine", "n_lags": 9, "n_basis": 3, "stretch": 2.0}
    before = dict(given_options)
    np.testing.assert_array_equal(history_basis(given_options), raised_cosine(9, 3, 2.0))
    assert given_options == before


# Design


def by_convolution(values, basis):
    """Filtered past of one trial by np.convolve."""
    n_bins = len(values)
    columns = []
    for j in range(values.shape[1]):
        for row in basis:
            full = np.convolve(values[:, j], np.concatenate([[0.0], row]))
            columns.append(full[:n_bins])
    return np.array(columns).T


@given(st.integers(0, 2**31), st.integers(1, 15), st.integers(1, 3), st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_filtered_history_is_a_convolution(seed, n_bins, n_neurons, n_lags):
    rng = np.random.default_rng(seed)
    values, basis = rng.normal(size=(n_bins, n_neurons)), rng.normal(size=(2, n_lags))
    found = filtered_history(values, basis, np.array([0, n_bins]))
    np.testing.assert_allclose(found, by_convolution(values, basis), atol=1e-12)


def test_trials_are_convolved_apart():
    rng = np.random.default_rng(0)
    values, basis = rng.poisson(1.0, (20, 2)).astype(float), raised_cosine(6, 3)
    offsets = np.array([0, 1, 1, 8, 20])
    found = filtered_history(values, basis, offsets)
    for a, b in ((0, 1), (1, 8), (8, 20)):
        np.testing.assert_allclose(found[a:b], by_convolution(values[a:b], basis), atol=1e-14)


def test_history_is_linear_in_the_past():
    rng = np.random.default_rng(1)
    one, two, basis = rng.normal(size=(9, 2)), rng.normal(size=(9, 2)), rng.normal(size=(2, 4))
    offsets = np.array([0, 9])
    both = filtered_history(2.0 * one - two, basis, offsets)
    apart = 2.0 * filtered_history(one, basis, offsets) - filtered_history(two, basis, offsets)
    np.testing.assert_allclose(both, apart, atol=1e-13)


def test_the_present_and_the_future_do_not_enter():
    rng = np.random.default_rng(2)
    values, basis = rng.normal(size=(10, 2)), rng.normal(size=(1, 10))
    changed = values.copy()
    changed[6:] += 100.0
    plain, other = (filtered_history(v, basis, np.array([0, 10])) for v in (values, changed))
    np.testing.assert_array_equal(plain[:7], other[:7])
    assert not np.allclose(plain[7:], other[7:])


def test_columns_follow_the_order_of_neurons():
    rng = np.random.default_rng(3)
    values, basis = rng.normal(size=(8, 3)), rng.normal(size=(2, 3))
    plain = filtered_history(values, basis, np.array([0, 8])).reshape(8, 3, 2)
    moved = filtered_history(values[:, [2, 0, 1]], basis, np.array([0, 8])).reshape(8, 3, 2)
    np.testing.assert_array_equal(moved, plain[:, [2, 0, 1]])


def test_memory_layout_of_responses_does_not_matter():
    values = np.asfortranarray(np.random.default_rng(4).normal(size=(6, 3)))
    basis = np.ones((1, 2))
    np.testing.assert_array_equal(
        filtered_history(values, basis, np.array([0, 6])),
        filtered_history(np.ascontiguousarray(values), basis, np.array([0, 6])),
    )


@pytest.mark.parametrize("n_inputs", [0, 2])
@pytest.mark.parametrize("n_basis", [0, 2])
def test_the_design_is_history_inputs_constant(n_basis, n_inputs):
    rng = np.random.default_rng(5)
    values, inputs = rng.normal(size=(7, 2)), rng.normal(size=(7, n_inputs))
    basis = rng.normal(size=(n_basis, 3)) if n_basis else np.zeros((0, 0))
    found = design_columns(values, np.zeros(2), basis, inputs, np.array([0, 7]))
    assert found.shape == (7, 2 * n_basis + n_inputs + 1)
    if n_basis:
        np.testing.assert_allclose(found[:, : 2 * n_basis], by_convolution(values, basis))
    np.testing.assert_array_equal(found[:, 2 * n_basis : -1], inputs)
    np.testing.assert_array_equal(found[:, -1], 1.0)


def test_missing_responses_are_filled_per_neuron_and_stay_missing_for_the_user():
    values = np.array([[np.nan, 2.0], [1.0, np.nan], [0.0, 0.0]])
    before = values.tobytes()
    found = design_columns(
        values, np.array([5.0, 7.0]), np.ones((1, 1)), np.zeros((3, 0)), np.array([0, 3])
    )
    np.testing.assert_array_equal(found[:, :2], [[0.0, 0.0], [5.0, 2.0], [1.0, 7.0]])
    assert values.tobytes() == before


@pytest.mark.parametrize(("n_neurons", "n_basis", "n_inputs"), [(1, 1, 0), (3, 2, 1), (2, 0, 3)])
def test_without_coupling_a_neuron_keeps_a_block_of_its_own(n_neurons, n_basis, n_inputs):
    n_columns = n_neurons * n_basis + n_inputs + 1
    found = own_columns_only(n_neurons, n_basis, n_columns)
    for n in range(n_neurons):
        for c in range(n_columns):
            own = c >= n_neurons * n_basis or c // n_basis == n
            assert found[n, c] == own
    assert found.dtype == bool
