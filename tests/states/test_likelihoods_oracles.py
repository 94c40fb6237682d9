"""Emission likelihoods and their slopes against scipy.stats, scikit-learn and differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression, PoissonRegressor

import neurokit.states.likelihoods as likelihoods
from neurokit.errors import SchemaError
from neurokit.states import GLMHMM
from neurokit.states.likelihoods import log_emissions, weighted_curvature, weighted_value

OBSERVATIONS = ("poisson", "bernoulli", "categorical", "gaussian", "negative_binomial")
N_BINS, N_NEURONS, N_STATES, N_INPUTS = 30, 3, 2, 2


def made(observation, seed=0, **options):
    """A model with inputs, and data of it with their design."""
    rng = np.random.default_rng(seed)
    n_parts = 2 if observation == "categorical" else 1
    part = (n_parts,) if n_parts > 1 else ()
    known = {
        "bias": 0.5 * rng.normal(size=(N_STATES, N_NEURONS, *part)),
        "input_weights": 0.5 * rng.normal(size=(N_STATES, N_NEURONS, *part, N_INPUTS)),
        "n_categories": n_parts + 1,
    }
    if observation in ("gaussian", "negative_binomial"):
        known["scale"] = 0.5 + rng.random((N_STATES, N_NEURONS))
    model = GLMHMM.from_parameters(
        transition=[[0.9, 0.1], [0.2, 0.8]], observation=observation, history=None, **known,
        **options,
    )  # fmt: skip
    inputs = rng.normal(size=(N_BINS, N_INPUTS))
    drawn = model.sample(N_BINS, inputs=inputs, random_state=seed).response.values[0]
    return model, drawn, inputs


def predictor_of(model, inputs):
    """(bins, states, neurons[, parts])."""
    weights, bias = model.input_weights_.values, model.bias_.values
    return np.einsum("td,s...d->ts...", inputs, weights) + bias


def expected_log(model, drawn, inputs, exposure=1.0):
    """Log p(y | state) of every neuron by scipy's distributions."""
    eta, y = predictor_of(model, inputs), drawn[:, None, :]
    if model.observation == "poisson":
        rate = {
            None: np.logaddexp(0, eta), "softplus": np.logaddexp(0, eta), "exp": np.exp(eta),
            "sigmoid": 1e-8 + (1 - 1e-8) * expit(eta),
        }[model.link]  # fmt: skip
        return stats.poisson.logpmf(y, exposure * rate)
    if model.observation == "bernoulli":
        return stats.bernoulli.logpmf(y.astype(int), expit(eta))
    if model.observation == "categorical":
        share = softmax(np.concatenate([np.zeros((*eta.shape[:-1], 1)), eta], axis=-1), axis=-1)
        chosen = np.broadcast_to(y[..., None].astype(int), (*eta.shape[:-1], 1))
        return np.log(np.take_along_axis(share, chosen, axis=-1))[..., 0]
    scale = model.scale_.values
    if model.observation == "gaussian":
        return stats.norm.logpdf(y, eta, np.sqrt(scale))
    mean = exposure * np.exp(eta)
    return stats.nbinom.logpmf(y, scale, scale / (scale + mean))


def prepared(model, drawn, inputs, **options):
    _, data, parameters, emission = model._prepared(drawn, inputs, None, options.get("exposure"))
    return data, parameters, emission


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_log_emissions_are_those_of_scipy(observation):
    model, drawn, inputs = made(observation)
    data, parameters, emission = prepared(model, drawn, inputs)
    found = log_emissions(data, emission, parameters)
    np.testing.assert_allclose(found, expected_log(model, drawn, inputs).sum(axis=2), rtol=1e-9)


@pytest.mark.parametrize("link", ["softplus", "exp", "sigmoid"])
def test_every_link_of_counts_with_an_exposure(link):
    model, drawn, inputs = made("poisson", 1, link=link)
    exposure = np.random.default_rng(0).uniform(0.2, 3.0, N_BINS)
    data, parameters, emission = prepared(model, drawn, inputs, exposure=exposure)
    expected = expected_log(model, drawn, inputs, exposure[:, None, None]).sum(axis=2)
    np.testing.assert_allclose(log_emissions(data, emission, parameters), expected, rtol=1e-9)


def test_an_exposure_of_dispersed_counts():
    model, drawn, inputs = made("negative_binomial", 2)
    data, parameters, emission = prepared(model, drawn, inputs, exposure=0.3)
    expected = expected_log(model, drawn, inputs, 0.3).sum(axis=2)
    np.testing.assert_allclose(log_emissions(data, emission, parameters), expected, rtol=1e-9)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_what_was_not_observed_adds_nothing(observation):
    model, drawn, inputs = made(observation, 3)
    holes = np.random.default_rng(1).random(drawn.shape) < 0.3
    holes[4] = True
    data, parameters, emission = prepared(model, np.where(holes, np.nan, drawn), inputs)
    parts = np.where(holes[:, None], 0.0, expected_log(model, drawn, inputs))
    found = log_emissions(data, emission, parameters)
    np.testing.assert_allclose(found, parts.sum(axis=2), rtol=1e-9, atol=1e-12)
    assert (found[4] == 0).all()


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_blocks_of_bins_change_no_number(monkeypatch, observation):
    model, drawn, inputs = made(observation, 4)
    data, parameters, emission = prepared(model, drawn, inputs)
    whole = log_emissions(data, emission, parameters)
    monkeypatch.setattr(likelihoods, "_BLOCK", 1)
    np.testing.assert_allclose(log_emissions(data, emission, parameters), whole, rtol=1e-12)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_slopes_are_difference_quotients_of_the_weighted_sum(observation):
    model, drawn, inputs = made(observation, 5)
    holes = np.random.default_rng(2).random(drawn.shape) < 0.2
    data, parameters, emission = prepared(model, np.where(holes, np.nan, drawn), inputs)
    weight = np.random.default_rng(3).random(N_BINS)
    centre, scale = parameters.coefficients[1], parameters.scale[1]
    found = weighted_curvature(data, emission, centre, scale, weight, None)
    neurons = np.arange(N_NEURONS)
    size = 1e-6
    for i in range(centre[0].size):
        step = np.zeros(centre[0].size)
        step[i] = size
        up, down = (
            weighted_value(
                data, emission, centre + sign * step.reshape(centre[0].shape), scale, weight, None,
                neurons,
            )
            for sign in (1, -1)
        )  # fmt: skip
        np.testing.assert_allclose(
            found.gradient[:, i], (up - down) / (2 * size), rtol=1e-5, atol=1e-6
        )
    value = weighted_value(data, emission, centre, scale, weight, None, neurons)
    np.testing.assert_allclose(found.value, value, rtol=1e-12)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_the_information_is_symmetric_and_not_negative(observation):
    model, drawn, inputs = made(observation, 6)
    data, parameters, emission = prepared(model, drawn, inputs)
    weight = np.random.default_rng(4).random(N_BINS)
    found = weighted_curvature(
        data, emission, parameters.coefficients[0], parameters.scale[0], weight, None
    ).information
    np.testing.assert_allclose(found, found.swapaxes(1, 2), rtol=1e-12)
    assert np.linalg.eigvalsh(found).min() > -1e-9


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_rows_are_bins_of_weight_one(observation):
    model, drawn, inputs = made(observation, 7)
    data, parameters, emission = prepared(model, drawn, inputs)
    rows = np.array([1, 4, 5, 20])
    weight = np.zeros(N_BINS)
    weight[rows] = 1.0
    arguments = (data, emission, parameters.coefficients[0], parameters.scale[0])
    some = weighted_curvature(*arguments, np.ones(N_BINS), rows)
    every = weighted_curvature(*arguments, weight, None)
    for name in ("value", "gradient", "information"):
        np.testing.assert_allclose(getattr(some, name), getattr(every, name), atol=1e-12)


@pytest.mark.parametrize("chosen", [[0], [2, 0], [0, 1, 2], []])
def test_some_neurons_have_the_values_of_all(chosen):
    model, drawn, inputs = made("poisson", 8)
    holes = np.random.default_rng(5).random(drawn.shape) < 0.2
    data, parameters, emission = prepared(model, np.where(holes, np.nan, drawn), inputs)
    arguments = (data, emission, parameters.coefficients[0], parameters.scale[0], np.ones(N_BINS))
    every = weighted_value(*arguments, None, np.arange(N_NEURONS))
    index = np.array(chosen, dtype=np.int64)
    np.testing.assert_allclose(weighted_value(*arguments, None, index), every[index], rtol=1e-12)


def test_one_state_of_choices_is_the_logistic_regression_of_scikit_learn():
    rng = np.random.default_rng(6)
    inputs = rng.normal(size=(300, 3))
    choices = (rng.random(300) < expit(inputs @ [1.0, -0.5, 0.0] + 0.3)).astype(float)
    ridge = 2.0
    model = GLMHMM(
        1, observation="bernoulli", history=None, input_ridge=ridge, tol=1e-13
    ).fit(choices, inputs)  # fmt: skip
    peer = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=1000).fit(inputs, choices)
    np.testing.assert_allclose(model.input_weights_.values[0, 0], peer.coef_[0], atol=1e-5)
    assert float(model.bias_.values[0, 0]) == pytest.approx(peer.intercept_[0], abs=1e-5)
    found = model.predict(choices, inputs).values[:, 0]
    np.testing.assert_allclose(found, peer.predict_proba(inputs)[:, 1], atol=1e-5)


def test_one_state_of_categories_is_the_multinomial_regression_of_scikit_learn():
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(400, 2))
    logits = np.concatenate([np.zeros((400, 1)), inputs @ [[1.0, -1.0], [0.5, 0.8]]], axis=1)
    drawn = np.array([rng.choice(3, p=p) for p in softmax(logits, axis=1)])
    model = GLMHMM(
        1, observation="categorical", history=None, input_ridge=0.0, tol=1e-13, max_iter=500
    ).fit(drawn.astype(float), inputs)  # fmt: skip
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=2000).fit(inputs, drawn)
    found = model.predict(drawn.astype(float), inputs).values[:, 0]
    np.testing.assert_allclose(found, peer.predict_proba(inputs), atol=1e-4)


def test_one_state_of_counts_is_the_poisson_regression_of_scikit_learn():
    rng = np.random.default_rng(8)
    inputs = rng.normal(size=(200, 2))
    counts = rng.poisson(np.exp(inputs @ [0.4, -0.3] + 0.5)).astype(float)
    model = GLMHMM(1, link="exp", history=None, input_ridge=0.0, tol=1e-13).fit(counts, inputs)
    peer = PoissonRegressor(alpha=0.0, tol=1e-10, max_iter=1000).fit(inputs, counts)
    np.testing.assert_allclose(model.input_weights_.values[0, 0], peer.coef_, atol=1e-5)


@pytest.mark.parametrize("observation", ["poisson", "bernoulli", "categorical"])
@pytest.mark.parametrize("value", [-1.0, 0.5, np.inf])
def test_values_that_the_model_cannot_give_are_refused(observation, value):
    drawn = np.ones((20, 1))
    drawn[3] = value
    with pytest.raises(SchemaError):
        GLMHMM(1, observation=observation, history=None).fit(drawn)
