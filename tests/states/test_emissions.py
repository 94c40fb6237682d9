"""Observation models: probabilities, scores and information, each by another way."""

import numpy as np
import pytest
from scipy import stats

from neurokit.errors import SchemaError
from neurokit.states.assembly import LINKS_OF, make_emission

CASES = [(name, link) for name, links in LINKS_OF.items() for link in links]
IDS = [f"{name}-{link}" for name, link in CASES]
EXPOSURE = np.array([[0.7]])


def _points(name, n=60):
    rng = np.random.default_rng(1)
    n_parts = 2 if name == "categorical" else 1
    predictor = rng.normal(size=(n, 3, n_parts))
    response = {
        "bernoulli": lambda: rng.integers(2, size=(n, 3)),
        "categorical": lambda: rng.integers(3, size=(n, 3)),
        "gaussian": lambda: rng.normal(size=(n, 3)),
    }.get(name, lambda: rng.poisson(1.5, size=(n, 3)))()
    scale = np.array([0.5, 1.0, 4.0])
    return response.astype(float), predictor, scale


def _support(name):
    """All responses with weights of a quadrature that sums to the whole."""
    if name == "bernoulli":
        return np.arange(2.0), np.ones(2)
    if name == "categorical":
        return np.arange(3.0), np.ones(3)
    if name == "gaussian":
        grid = np.linspace(-30, 30, 6001)
        return grid, np.full(grid.size, grid[1] - grid[0])
    return np.arange(400.0), np.ones(400)


@pytest.mark.parametrize(("name", "link"), CASES, ids=IDS)
def test_probabilities_sum_to_one(name, link):
    emission, (_, predictor, scale) = make_emission(name, link, 3), _points(name, 4)
    grid, weight = _support(name)
    for point in predictor:
        response = np.repeat(grid[:, None], 3, axis=1)
        everywhere = np.repeat(point[None], len(grid), axis=0)
        value = emission.log_likelihood(response, everywhere, EXPOSURE, scale)
        value = value + emission.constant(response)
        if name == "poisson":
            value = value + response * np.log(EXPOSURE)
        total = (weight[:, None] * np.exp(value)).sum(axis=0)
        # The size of negative binomial responses is small enough for a tail beyond 400.
        np.testing.assert_allclose(total, 1.0, atol=1e-6)


@pytest.mark.parametrize(("name", "link"), CASES, ids=IDS)
def test_the_score_is_the_difference_quotient(name, link):
    emission, (response, predictor, scale) = make_emission(name, link, 3), _points(name)
    value, score, _ = emission.derivatives(response, predictor, EXPOSURE, scale)
    np.testing.assert_allclose(
        value, emission.log_likelihood(response, predictor, EXPOSURE, scale), rtol=1e-12, atol=1e-14
    )
    for part in range(emission.n_parts):
        step = np.zeros(emission.n_parts)
        step[part] = 1e-6
        above = emission.log_likelihood(response, predictor + step, EXPOSURE, scale)
        below = emission.log_likelihood(response, predictor - step, EXPOSURE, scale)
        np.testing.assert_allclose(score[..., part], (above - below) / 2e-6, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "link"), CASES, ids=IDS)
def test_the_information_is_the_variance_of_the_score(name, link):
    emission, (_, predictor, scale) = make_emission(name, link, 3), _points(name, 3)
    grid, weight = _support(name)
    response = np.repeat(grid[:, None], 3, axis=1)
    for point in predictor:
        everywhere = np.repeat(point[None], len(grid), axis=0)
        value, score, information = emission.derivatives(response, everywhere, EXPOSURE, scale)
        value = value + emission.constant(response)
        if name == "poisson":
            value = value + response * np.log(EXPOSURE)
        chance = weight[:, None] * np.exp(value)
        second = np.einsum("yn,yna,ynb->nab", chance, score, score)
        np.testing.assert_allclose(second, information[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(np.einsum("yn,yna->na", chance, score), 0.0, atol=1e-4)


@pytest.mark.parametrize(("name", "link"), CASES, ids=IDS)
def test_draws_have_the_mean(name, link):
    emission, (_, predictor, scale) = make_emission(name, link, 3), _points(name, 1)
    rng = np.random.default_rng(0)
    many = np.repeat(predictor, 40_000, axis=0)
    drawn = emission.draw(many, EXPOSURE, scale, rng)
    mean = emission.mean(predictor, EXPOSURE)
    if name == "categorical":
        drawn = np.eye(3)[drawn.astype(int)]
    error = np.abs(drawn.mean(axis=0) - mean[0]) / (drawn.std(axis=0) / 200.0)
    assert (error < 4.5).all()  # standard errors, of at most 9 numbers


@pytest.mark.parametrize(("name", "link"), CASES, ids=IDS)
def test_the_start_has_the_mean(name, link):
    emission, (response, _, scale) = make_emission(name, link, 3), _points(name)
    if link == "sigmoid":
        response = np.minimum(response, 1.0) * 0.9
    average = emission.average(response, np.ones_like(response))
    found = emission.mean(emission.start(average), np.ones((1, 1)))
    np.testing.assert_allclose(found.reshape(average.shape), average, rtol=1e-3)
    assert emission.start(average).shape == (3, emission.n_parts)
    assert (emission.first_scale(response, np.ones_like(response)) > 0).all()
    del scale


def test_poisson_and_negative_binomial_are_those_of_scipy():
    response, predictor, scale = _points("negative_binomial")
    found = make_emission("negative_binomial", None, 2).log_likelihood(
        response, predictor, EXPOSURE, scale
    ) + make_emission("negative_binomial", None, 2).constant(response)
    mean = 0.7 * np.exp(predictor[..., 0])
    np.testing.assert_allclose(found, stats.nbinom.logpmf(response, scale, scale / (scale + mean)))
    poisson = make_emission("poisson", "exp", 2)
    found = poisson.log_likelihood(response, predictor, EXPOSURE, scale)
    found = found + poisson.constant(response) + response * np.log(0.7)
    np.testing.assert_allclose(found, stats.poisson.logpmf(response, mean))


@pytest.mark.parametrize("name", ["gaussian", "negative_binomial"])
def test_an_updated_scale_raises_the_likelihood_to_its_maximum(name):
    emission, rng = make_emission(name, None, 2), np.random.default_rng(3)
    predictor = np.full((4000, 2, 1), 1.0)
    truth = np.array([0.8, 3.0])
    response = emission.draw(predictor, np.ones((1, 1)), truth, rng)
    weight = rng.random(response.shape)

    def value(scale):
        return (weight * emission.log_likelihood(response, predictor, EXPOSURE * 0 + 1, scale)).sum(
            0
        )

    scale, values = np.array([5.0, 0.2]), []
    for _ in range(12):
        values.append(value(scale))
        scale = emission.update_scale(response, predictor, np.ones((1, 1)), scale, weight)
    assert (np.diff(values, axis=0) >= -1e-9).all()
    score = emission.scale_score(response, predictor, np.ones((1, 1)), scale, weight)
    np.testing.assert_allclose(score / len(response), 0.0, atol=1e-6)
    np.testing.assert_allclose(scale, truth, rtol=0.25)


@pytest.mark.parametrize("name", ["gaussian", "negative_binomial"])
def test_the_score_of_the_scale_is_the_difference_quotient(name):
    emission, (response, predictor, scale) = make_emission(name, None, 2), _points(name)
    weight = np.random.default_rng(0).random(response.shape)
    above, below = scale * np.exp(1e-6), scale * np.exp(-1e-6)
    quotient = [
        (weight * emission.log_likelihood(response, predictor, EXPOSURE, each)).sum(axis=0)
        for each in (above, below)
    ]
    found = emission.scale_score(response, predictor, EXPOSURE, scale, weight)
    np.testing.assert_allclose(found, (quotient[0] - quotient[1]) / 2e-6, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("poisson", 0.5),
        ("poisson", -1.0),
        ("negative_binomial", 1.5),
        ("bernoulli", 2.0),
        ("categorical", 3.0),
        ("categorical", -1.0),
        ("gaussian", np.inf),
    ],
)
def test_impossible_responses_are_refused_by_value(name, wrong):
    emission = make_emission(name, None, 3)
    response = np.array([[0.0, np.nan], [1.0, wrong]])
    with pytest.raises(SchemaError, match=f"X: holds {wrong:g}"):
        emission.check(response)
    response[1, 1] = 1.0
    emission.check(response)


def test_exploding_rates_are_named_and_not_drawn():
    emission = make_emission("poisson", "exp", 2)
    with pytest.raises(SchemaError, match="feeds back"):
        emission.draw(
            np.full((1, 1, 1), 60.0), np.ones((1, 1)), np.ones(1), np.random.default_rng(0)
        )
