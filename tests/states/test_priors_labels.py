"""Names of neurons as text or numbers, priors without an edge, edges that are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, OptionError
from neurokit.states import GLMHMM
from neurokit.states.onehot_fit import find_edges
from neurokit.states.priors import RidgePrior, make_prior, penalty
from neurokit.states.priors_connectome import aligned, edge_groups, edge_probabilities
from neurokit.states.priors_estimates import unpenalised

NEURONS = ["10", "2", "7"]
SHAPE = (2, 3, 3, 1)


def matrix(names, dims=("post", "pre")):
    values = np.arange(9.0).reshape(3, 3)
    return xr.DataArray(values, {"post": names, "pre": names}, dims)


@pytest.mark.parametrize("names", [[2, 7, 10], ["2", "7", "10"], np.array([2, 7, 10], np.uint8)])
def test_numbers_and_texts_are_the_same_names(names):
    found = aligned(matrix(names), NEURONS, ("post", "pre"))
    order = [2, 0, 1]
    np.testing.assert_array_equal(found, np.arange(9.0).reshape(3, 3)[np.ix_(order, order)])


def test_neurons_of_a_fit_may_be_numbers_too():
    found = aligned(matrix(["2", "7", "10"]), [10, 2, 7], ("post", "pre"))
    np.testing.assert_array_equal(found[0], [8, 6, 7])


def test_dims_may_come_in_any_order():
    straight = aligned(matrix(NEURONS), NEURONS, ("post", "pre"))
    turned = aligned(matrix(NEURONS).transpose("pre", "post"), NEURONS, ("post", "pre"))
    np.testing.assert_array_equal(straight, turned)


def test_arrays_without_names_are_taken_as_they_are():
    values = np.arange(9).reshape(3, 3)
    found = aligned(values, NEURONS, ("post", "pre"))
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.float64
    bare = xr.DataArray(values, dims=("post", "pre"))
    np.testing.assert_array_equal(aligned(bare, NEURONS, ("post", "pre")), values)


def test_neurons_that_lack_are_named():
    with pytest.raises(LabelError, match=r"lacks 2 neurons along post: 10, 7"):
        aligned(matrix([2, 3, 4]), NEURONS, ("post", "pre"))


def test_a_name_given_twice_is_no_name():
    with pytest.raises(LabelError, match="twice"):
        aligned(matrix(["10", "2", "2"]), ["10", "2"], ("post", "pre"))
    # As text they are one.
    mixed = matrix(np.array([2, "2", 7], dtype=object))
    with pytest.raises(LabelError, match="twice"):
        aligned(mixed, ["2", "7"], ("post", "pre"))


def test_other_dims_are_refused():
    with pytest.raises(LabelError, match="Name them"):
        aligned(matrix(NEURONS).rename(post="target"), NEURONS, ("post", "pre"))


def probabilities(signs):
    p = np.random.default_rng(0).dirichlet(np.ones(3), (3, 3))
    return xr.DataArray(
        p, {"post": [2, 7, 10], "pre": [2, 7, 10], "sign": signs}, ("post", "pre", "sign")
    )


def test_probabilities_of_edges_are_put_in_order_by_name_and_sign():
    given = probabilities([1, 0, -1])
    found = edge_probabilities(given, NEURONS, 3)
    order = [2, 0, 1]
    np.testing.assert_allclose(found, given.values[np.ix_(order, order)][..., ::-1])


def test_signs_of_other_names_are_refused():
    with pytest.raises(LabelError, match=r"has signs.*\[-1, 0, 1\]"):
        edge_probabilities(probabilities(["inhibitory", "none", "excitatory"]), NEURONS, 3)


@pytest.mark.parametrize("value", [-0.1, np.nan, 2.0])
def test_what_is_no_probability_is_refused(value):
    given = np.full((3, 3, 3), 1 / 3)
    given[1, 2, 0] = value
    with pytest.raises(OptionError, match="no probabilities"):
        edge_probabilities(given, None, 3)


def connectome(names):
    weight = np.zeros((2, 3, 3))
    weight[0, 0, 1] = 4.0
    weight[1, 0, 1] = 1.0
    weight[1, 2, 0] = 3.0
    weight[0, 1, 2] = np.nan
    return xr.DataArray(
        weight,
        {"synapse_type": ["chemical", "gap"], "pre": names, "post": names},
        ("synapse_type", "pre", "post"),
    )


@pytest.mark.parametrize("names", [[2, 7, 10], ["2", "7", "10"]])
def test_kinds_of_synapses_are_groups_whatever_the_type_of_names(names):
    found = edge_groups(connectome(names), ["2", "7", "10"])
    # (post, pre): 7 from 2 has both types, 2 from 10 the second alone, a gap in the data none.
    expected = np.zeros((3, 3), dtype=int)
    expected[1, 0], expected[0, 2] = 2, 1
    np.testing.assert_array_equal(found, expected)


def test_groups_follow_the_order_of_the_fit():
    order = [2, 0, 1]
    straight = edge_groups(connectome([2, 7, 10]), ["2", "7", "10"])
    found = edge_groups(connectome([2, 7, 10]), NEURONS)
    np.testing.assert_array_equal(found, straight[np.ix_(order, order)])


def test_neurons_that_the_connectome_has_not_are_a_group_of_their_own():
    found = edge_groups(connectome([2, 7, 10]), ["2", "x", "7"])
    assert len(set(found[1]) | set(found[:, 1])) == 1
    assert found[1, 0] != found[0, 0]
    with pytest.raises(LabelError, match="holds 1 of the 2"):
        edge_groups(connectome([2, 7, 10]), ["2", "x"])


def test_a_fit_of_numbered_neurons_takes_a_labelled_prior():
    rng = np.random.default_rng(1)
    counts = xr.DataArray(
        rng.poisson(1.0, (80, 3)).astype(float), {"neuron": [10, 2, 7]}, ("time", "neuron")
    )
    options = {"history": 1, "n_restarts": 1, "tol": 1e-3, "random_state": 0}
    named = GLMHMM(
        1, prior="gaussian", prior_scale=0.1, prior_connectivity=matrix([2, 7, 10]), **options
    ).fit(counts)  # fmt: skip
    plain = GLMHMM(
        1, prior="gaussian", prior_scale=0.1,
        prior_connectivity=matrix([2, 7, 10]).values[np.ix_([2, 0, 1], [2, 0, 1])], **options,
    ).fit(counts)  # fmt: skip
    np.testing.assert_array_equal(named.weights_, plain.weights_)
    given = GLMHMM(1, prior="onehot", prior_connectome=connectome([2, 7, 10]), **options)
    assert given.fit(counts).prior_connectivity_.post.values.tolist() == ["10", "2", "7"]


@pytest.mark.parametrize("name", ["none", "gaussian", "onehot"])
def test_a_prior_that_allows_no_edge_pins_all_and_goes_through_its_stages(name):
    prior = make_prior(name, SHAPE, allowed=np.zeros((3, 3), dtype=bool))
    information = np.broadcast_to(np.eye(3), (2, 3, 3, 3)).copy()
    weights = np.zeros(SHAPE)
    for _ in range(4):
        mean, precision = prior.quadratic()
        assert np.isinf(precision).all()
        assert (mean == 0).all()
        assert prior.log_density(weights) == 0.0
        moved = prior.advance(weights, information)
        if moved is None:
            break
        assert (moved == 0).all()
    assert moved is None
    found = prior.results()
    if name == "onehot":
        assert (found["adjacency"] == 0).all()
        np.testing.assert_array_equal(found["edge_probability"][..., 1], 1.0)
        np.testing.assert_array_equal(found["prior_connectivity"][..., 1], 1.0)


@pytest.mark.parametrize("allowed", [np.ones((2, 2), bool), np.ones((3, 3)), [["a"] * 3] * 3])
def test_what_is_allowed_is_true_or_false_for_every_pair(allowed):
    with pytest.raises(OptionError, match="allowed"):
        make_prior("onehot", SHAPE, allowed=allowed)


def test_pinned_weights_cost_nothing():
    weights = np.array([1.0, 2.0, 3.0])
    precision = np.array([2.0, np.inf, 0.0])
    assert penalty(weights, np.zeros(3), precision) == -1.0


def test_a_ridge_of_zero_is_flat():
    prior = RidgePrior(SHAPE, 0.0, np.ones((3, 3), dtype=bool))
    weights = np.random.default_rng(0).normal(size=SHAPE)
    assert prior.log_density(weights) == 0.0
    assert prior.advance(weights, np.zeros((2, 3, 3, 3))) is None


@pytest.mark.parametrize("strength", [0.3, 5.0])
def test_the_penalty_is_taken_out_of_a_quadratic_optimum_exactly(strength):
    rng = np.random.default_rng(2)
    root = rng.normal(size=(2, 3, 3, 3))
    information = root @ root.swapaxes(-1, -2) + np.eye(3)
    truth = rng.normal(size=SHAPE)
    mean, precision = rng.normal(size=SHAPE), np.full(SHAPE, strength)
    flat = (2, 3, 3)
    system = information + strength * np.eye(3)
    right = np.einsum("snij,snj->sni", information, truth.reshape(flat))
    right = right + strength * mean.reshape(flat)
    penalised = np.linalg.solve(system, right[..., None])[..., 0].reshape(SHAPE)
    found, covariance = unpenalised(penalised, information, mean, precision)
    np.testing.assert_allclose(found, truth, atol=1e-4)
    np.testing.assert_allclose(covariance, np.linalg.inv(information), atol=1e-4)


def test_what_is_known_of_edges_is_bayes_rule_in_every_state():
    rng = np.random.default_rng(3)
    estimate, error = rng.normal(size=(2, 5)), np.full((2, 5), 0.2)
    given = rng.dirichlet(np.ones(3), 5)
    found = find_edges(estimate, error, np.zeros(5, dtype=np.int64), given)
    np.testing.assert_array_equal(found.prior, given)
    np.testing.assert_allclose(found.probability.sum(axis=2), 1.0)
    assert found.alpha.size == 0
    # Odds of two kinds are prior odds times evidence: of twice the prior odds, twice.
    doubled = given * [1.0, 1.0, 2.0]
    doubled /= doubled.sum(axis=1, keepdims=True)
    same = find_edges(estimate, error, np.zeros(5, dtype=np.int64), given)
    np.testing.assert_array_equal(found.probability, same.probability)
    assert np.diff(found.trace).min() > -1e-8
    more = find_edges(estimate, error, np.zeros(5, dtype=np.int64), doubled)
    assert (more.probability[..., 2] >= found.probability[..., 2] - 0.02).all()


def test_an_edge_that_is_known_not_to_be_stays_absent_whatever_the_data():
    given = np.tile([0.0, 1.0, 0.0], (4, 1))
    estimate = np.full((3, 4), 5.0)
    found = find_edges(estimate, np.full((3, 4), 0.1), np.zeros(4, dtype=np.int64), given)
    np.testing.assert_array_equal(found.probability, np.broadcast_to(given, (3, 4, 3)))
    assert np.isfinite(found.trace).all()


def test_the_order_of_edges_and_of_states_does_not_matter():
    rng = np.random.default_rng(4)
    estimate, error = rng.normal(size=(3, 8)), rng.uniform(0.1, 0.3, (3, 8))
    group = np.repeat([0, 1], 4)
    found = find_edges(estimate, error, group)
    edges, states = rng.permutation(8), [2, 0, 1]
    other = find_edges(estimate[states][:, edges], error[states][:, edges], group[edges])
    np.testing.assert_allclose(other.probability, found.probability[states][:, edges], atol=1e-6)
    np.testing.assert_allclose(other.alpha, found.alpha, rtol=1e-5)


def test_turning_all_signs_turns_the_kinds():
    rng = np.random.default_rng(5)
    estimate, error = rng.normal(size=(2, 6)), np.full((2, 6), 0.2)
    group = np.zeros(6, dtype=np.int64)
    straight, turned = find_edges(estimate, error, group), find_edges(-estimate, error, group)
    np.testing.assert_allclose(turned.probability[..., ::-1], straight.probability, atol=1e-8)
    np.testing.assert_allclose(turned.strength[..., ::-1], straight.strength, atol=1e-8)
