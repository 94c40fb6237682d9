"""The vector of free parameters, its slopes and errors, against numerical Hessians."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.special import expit

from neurokit.errors import NeurokitWarning
from neurokit.states import GLMHMM
from neurokit.states.em import posterior_of
from neurokit.states.errors_of_fit import (
    coefficient_covariance,
    complete_errors,
    observed_errors,
)
from neurokit.states.free_parameters import FreeParameters, observed_information, score_vector
from neurokit.states.options import prior_maker
from neurokit.states.storing import stored_parameters

VARIANTS = {
    "plain": {"history": None},
    "history": {"history": 2},
    "shared bias": {"history": None, "bias": "shared"},
    "no bias": {"history": None, "bias": "none"},
    "uncoupled": {"history": 2, "coupling": False},
    "gaussian": {"history": None, "observation": "gaussian"},
    "dispersed": {"history": None, "observation": "negative_binomial"},
    "choices": {"history": None, "observation": "bernoulli"},
    "driven": {"history": None, "transitions": "input"},
    "sticky": {"history": None, "stickiness": 3.0, "transition_prior": 1.0},
}


def fitted(variant, n_bins=50, max_iter=8):
    """A short fit of two neurons with one input, and all that EM works on."""
    rng = np.random.default_rng(list(VARIANTS).index(variant))
    inputs = rng.normal(size=(2, n_bins, 1))
    rates = np.array([[0.4, 2.0], [2.0, 0.5]])[rng.integers(2, size=(2, n_bins // 5)).repeat(5, 1)]
    values = rng.poisson(rates).astype(float)
    if VARIANTS[variant].get("observation") == "bernoulli":
        values = (values > 0).astype(float)
    if VARIANTS[variant].get("observation") == "gaussian":
        values += rng.normal(size=values.shape)
    model = GLMHMM(2, n_restarts=1, max_iter=max_iter, random_state=0, **VARIANTS[variant])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        model.fit(values, inputs)
    given, data, _ = model.prepare(values, inputs)
    problem = model.make_problem(data)
    prior = prior_maker(model, problem, given)()
    parameters, emission, _ = stored_parameters(model)
    free = FreeParameters(parameters, problem.penalty(prior), emission.has_scale)
    return data, problem, prior, parameters, free


def height(data, problem, prior, free, vector):
    at = free.at(vector)
    found = posterior_of(data, problem, at).log_likelihood.sum()
    return float(found + problem.log_prior(at, prior))


def hessian(function, centre, size=2e-3):
    """Second differences of a scalar function."""
    n = len(centre)
    steps = size * np.eye(n)
    out = np.empty((n, n))
    for i in range(n):
        for j in range(i, n):
            value = 0.0
            for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                value += a * b * function(centre + a * steps[i] + b * steps[j])
            out[i, j] = out[j, i] = value / (4 * size**2)
    return out


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_vector_and_the_parameters_are_each_others_inverse(variant):
    *_, parameters, free = fitted(variant)
    vector = free.vector()
    assert vector.shape == (sum(free.sizes),)
    same = free.at(vector)
    for name in ("coefficients", "scale", "transition", "transition_coefficients", "initial"):
        expected = getattr(parameters, name)
        np.testing.assert_allclose(getattr(same, name), expected, atol=1e-8, err_msg=name)
    moved = vector + 0.1 * np.random.default_rng(0).normal(size=vector.size)
    there = free.at(moved)
    again = FreeParameters(there, free.penalty, free.has_scale).vector()
    np.testing.assert_allclose(again, moved, atol=1e-8)
    np.testing.assert_allclose(there.transition.sum(axis=1), 1.0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_score_is_the_slope_of_the_likelihood_of_all_paths(variant):
    data, problem, prior, parameters, free = fitted(variant)
    found = score_vector(data, problem, free, parameters, free.penalty)
    centre = free.vector()
    for i, step in enumerate(1e-5 * np.eye(centre.size)):
        up, down = (height(data, problem, prior, free, centre + s * step) for s in (1, -1))
        assert found[i] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=2e-3)


@pytest.mark.parametrize("variant", ["plain", "shared bias", "gaussian", "choices", "driven"])
def test_the_information_is_the_hessian_with_all_paths_summed_out(variant):
    data, problem, prior, parameters, free = fitted(variant)
    _, found = observed_information(data, problem, parameters, prior)

    def objective(vector):
        return height(data, problem, prior, free, vector)

    expected = -hessian(objective, free.vector())
    size = np.sqrt(np.abs(np.outer(np.diag(expected), np.diag(expected)))) + 1.0
    # Second differences with steps of 2e-3 are good to some 1e-4 of the curvature.
    assert np.abs((found - expected) / size).max() < 2e-3


def test_what_is_pinned_or_shared_has_no_entry_of_its_own():
    sizes = {name: fitted(name)[-1].sizes for name in VARIANTS}
    # Two states, two neurons: an input and a bias each, one logit per state.
    assert sizes["plain"] == (8, 0, 2)
    assert sizes["shared bias"] == (6, 0, 2)
    assert sizes["no bias"] == (4, 0, 2)
    assert sizes["history"] == (16, 0, 2)
    assert sizes["uncoupled"] == (12, 0, 2)
    assert sizes["gaussian"] == sizes["dispersed"] == (8, 4, 2)
    assert sizes["driven"] == (8, 0, 4)


def test_a_transition_that_never_happens_is_not_free():
    model = GLMHMM.from_parameters(
        transition=[[0.9, 0.1], [0.0, 1.0]], bias=[[-1.0], [1.0]], history=None
    )
    _, data, parameters, emission = model._prepared(np.ones((5, 1)), None, None, None)
    problem = model._fitted_problem(data, emission, 2)
    free = FreeParameters(parameters, problem.penalty(model._final_prior(problem)), False)
    assert free.sizes[2] == 1
    moved = free.at(free.vector() + 0.3)
    np.testing.assert_array_equal(moved.transition[1], [0.0, 1.0])
    errors, _ = observed_errors(data, problem, parameters, model._final_prior(problem))
    assert np.isfinite(errors.transition[0]).all()
    assert errors.transition[1, 0] != errors.transition[1, 0]


@pytest.mark.parametrize("variant", ["plain", "gaussian", "shared bias"])
def test_errors_are_roots_of_the_inverse_hessian(variant):
    # Near the top, where the Hessian is negative definite.
    data, problem, prior, parameters, free = fitted(variant, max_iter=150)
    errors, filters = observed_errors(data, problem, parameters, prior)

    def objective(vector):
        return height(data, problem, prior, free, vector)

    covariance = np.linalg.inv(-hessian(objective, free.vector()))
    deviation = np.sqrt(np.diag(covariance))
    first, second, _ = np.cumsum(free.sizes)
    np.testing.assert_allclose(
        errors.coefficients[free.coefficient_mask], deviation[:first], rtol=5e-3
    )
    if free.has_scale:
        expected = parameters.scale * deviation[first:second].reshape(parameters.scale.shape)
        np.testing.assert_allclose(errors.scale, expected, rtol=5e-3)
    # p = 1 / (1 + exp(logit)): the slope of staying is p (1 - p).
    p = parameters.transition.diagonal()
    expected = p * (1 - p) * deviation[second:]
    np.testing.assert_allclose(errors.transition.diagonal(), expected, rtol=5e-3)
    np.testing.assert_allclose(errors.transition[:, 0], errors.transition[:, 1])
    assert filters.shape == (2, 2, 0)


def test_a_shared_bias_has_one_error():
    data, problem, prior, parameters, _ = fitted("shared bias")
    errors, _ = observed_errors(data, problem, parameters, prior)
    np.testing.assert_array_equal(errors.coefficients[0, ..., -1], errors.coefficients[1, ..., -1])


def test_the_error_of_a_sum_over_basis_functions_uses_their_covariance():
    data, problem, prior, parameters, free = fitted("history")
    errors, filters = observed_errors(data, problem, parameters, prior)
    # One basis function: the error of the filter is that of its weight.
    weights = errors.coefficients[:, :, 0, : problem.n_coupling].reshape(2, 2, 2)
    np.testing.assert_allclose(filters, weights, rtol=1e-10)
    del free


def test_a_singular_information_gives_no_error():
    # Two copies of one input without a ridge: only their sum is known.
    rng = np.random.default_rng(0)
    column = rng.normal(size=(60, 1))
    inputs = np.concatenate([column, column], axis=1)
    counts = rng.poisson(np.exp(0.3 * column)).astype(float)
    model = GLMHMM(1, history=None, link="exp", input_ridge=0.0, max_iter=50).fit(counts, inputs)
    found = model.standard_errors(counts, inputs, method="observed").input_weights.values
    assert np.isnan(found).all() or found.min() > 100.0


@pytest.mark.parametrize("observation", ["poisson", "bernoulli", "gaussian"])
def test_errors_of_one_known_state_are_those_of_the_design(observation):
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(400, 2))
    eta = inputs @ [0.5, -0.3] + 0.2
    draws = {
        "poisson": rng.poisson(np.exp(eta)), "bernoulli": rng.random(400) < expit(eta),
        "gaussian": eta + rng.normal(size=400),
    }  # fmt: skip
    values = draws[observation].astype(float)
    link = {"link": "exp"} if observation == "poisson" else {}
    model = GLMHMM(
        1, observation=observation, history=None, input_ridge=0.0, tol=1e-13, **link
    ).fit(values, inputs)  # fmt: skip
    design = np.column_stack([inputs, np.ones(400)])
    at = design @ np.append(model.input_weights_.values.ravel(), model.bias_.values.ravel())
    weight = {
        "poisson": np.exp(at), "bernoulli": expit(at) * (1 - expit(at)),
        "gaussian": np.full(400, 1 / float(model.scale_.values.ravel()[0]) if observation ==
                            "gaussian" else 1.0),
    }[observation]  # fmt: skip
    covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
    for method in ("observed", "complete"):
        found = model.standard_errors(values, inputs, method=method)
        expected = np.sqrt(np.diag(covariance))
        np.testing.assert_allclose(found.input_weights.values.ravel(), expected[:2], rtol=1e-3)
        np.testing.assert_allclose(found.bias.values.ravel(), expected[2], rtol=1e-3)


def test_complete_errors_of_transitions_are_binomial():
    data, problem, prior, parameters, _ = fitted("plain")
    errors, _ = complete_errors(data, problem, parameters, prior)
    count = posterior_of(data, problem, parameters).transition_count
    p = parameters.transition
    expected = np.sqrt(p * (1 - p) / count.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(errors.transition, expected, rtol=1e-12)
    assert np.isnan(errors.initial).all()
    assert np.isnan(errors.scale).all()


@pytest.mark.parametrize("variant", ["uncoupled", "no bias"])
def test_a_pinned_coefficient_has_no_variance(variant):
    data, problem, prior, parameters, free = fitted(variant)
    posterior = posterior_of(data, problem, parameters)
    covariance = coefficient_covariance(data, problem, parameters, posterior, prior)
    variance = np.diagonal(covariance, axis1=-2, axis2=-1).reshape(parameters.coefficients.shape)
    pinned = np.isinf(free.penalty.precision)
    assert pinned.any()
    assert (variance[pinned] == 0).all()
    assert (variance[~pinned] > 0).all()


def test_errors_of_missing_bins_are_larger():
    rng = np.random.default_rng(2)
    counts = rng.poisson(2.0, (4, 60, 1)).astype(float)
    model = GLMHMM(1, history=None, link="exp", tol=1e-12).fit(counts)
    holes = counts.copy()
    holes[:, ::2] = np.nan
    whole, half = (model.standard_errors(x).bias.values[0, 0] for x in (counts, holes))
    assert half / whole == pytest.approx(np.sqrt(2.0), rel=0.01)


def test_errors_change_neither_model_nor_data():
    rng = np.random.default_rng(3)
    counts = rng.poisson([[0.5, 2.0]], (80, 2)).astype(float)
    model = GLMHMM(1, history=1).fit(counts)
    kept = {name: value.copy() for name, value in model._fitted().items() if hasattr(value, "copy")}
    before = counts.copy()
    first = model.standard_errors(counts)
    assert first.identical(model.standard_errors(counts))
    np.testing.assert_array_equal(counts, before)
    for name, value in kept.items():
        assert np.array_equal(value, getattr(model, name)), name
