"""Observation models against distributions of scipy, limits, moments and general optimisers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from neurokit.errors import SchemaError
from neurokit.states.emissions import Bernoulli, Poisson, finite_rate, require
from neurokit.states.emissions_categorical import Categorical
from neurokit.states.emissions_dispersed import Gaussian, NegativeBinomial
from neurokit.states.links import LINKS

ONE = np.ones((1, 1))


def total(emission, response, predictor, exposure, scale):
    """Log-density with its constant."""
    exposed = response * np.log(exposure) if emission.name == "poisson" else 0.0
    value = emission.log_likelihood(response, predictor, exposure, scale)
    return value + emission.constant(response) + exposed


def predictors(seed, shape=(6, 2), n_parts=1):
    return np.random.default_rng(seed).normal(size=(*shape, n_parts))


# Densities


@pytest.mark.parametrize("link", ["exp", "softplus", "sigmoid"])
@pytest.mark.parametrize("exposure", [0.01, 1.0, 3.0])
def test_poisson_of_any_exposure_is_that_of_scipy(link, exposure):
    eta = predictors(0)
    response = np.random.default_rng(1).poisson(2.0, (6, 2)).astype(float)
    rate = {
        "exp": np.exp,
        "softplus": lambda x: np.logaddexp(0, x),
        "sigmoid": lambda x: 1e-8 + (1 - 1e-8) * special.expit(x),
    }[link](eta[..., 0])
    found = total(Poisson(LINKS[link]), response, eta, exposure * ONE, np.ones(2))
    np.testing.assert_allclose(found, stats.poisson.logpmf(response, rate * exposure), rtol=1e-9)


def test_bernoulli_is_that_of_scipy():
    eta, response = predictors(2), np.random.default_rng(3).integers(0, 2, (6, 2)).astype(float)
    found = total(Bernoulli(), response, eta, ONE, np.ones(2))
    wanted = stats.bernoulli.logpmf(response, special.expit(eta[..., 0]))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_gaussian_is_that_of_scipy_and_its_scale_is_the_variance():
    eta, response = predictors(4), np.random.default_rng(5).normal(size=(6, 2))
    scale = np.array([0.25, 9.0])
    found = total(Gaussian(), response, eta, ONE, scale)
    wanted = stats.norm.logpdf(response, eta[..., 0], [0.5, 3.0])
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("exposure", [0.1, 2.0])
def test_negative_binomial_of_any_exposure_is_that_of_scipy(exposure):
    eta, response = predictors(6), np.random.default_rng(7).poisson(3.0, (6, 2)).astype(float)
    size = np.array([0.7, 20.0])
    mean = exposure * np.exp(eta[..., 0])
    found = total(NegativeBinomial(), response, eta, exposure * ONE, size)
    wanted = stats.nbinom.logpmf(response, size, size / (size + mean))
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_categorical_is_the_multinomial_of_scipy():
    eta = predictors(8, n_parts=2)
    response = np.random.default_rng(9).integers(0, 3, (6, 2)).astype(float)
    chance = special.softmax(np.concatenate([np.zeros((6, 2, 1)), eta], axis=-1), axis=-1)
    found = total(Categorical(3), response, eta, ONE, np.ones(2))
    wanted = stats.multinomial.logpmf(np.eye(3)[response.astype(int)], 1, chance)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    np.testing.assert_allclose(Categorical(3).mean(eta, ONE), chance, rtol=1e-12)


# Limits and symmetries


def test_two_categories_are_bernoulli():
    eta, response = predictors(10), np.array([[0.0, 1.0]] * 6)
    one, other = Categorical(2), Bernoulli()
    for a, b in zip(
        one.derivatives(response, eta, ONE, np.ones(2)),
        other.derivatives(response, eta, ONE, np.ones(2)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(one.mean(eta, ONE)[..., 1], other.mean(eta, ONE))


def test_a_negative_binomial_of_large_size_is_poisson():
    eta, response = predictors(11), np.random.default_rng(12).poisson(2.0, (6, 2)).astype(float)
    found = total(NegativeBinomial(), response, eta, ONE, np.full(2, 1e7))
    wanted = stats.poisson.logpmf(response, np.exp(eta[..., 0]))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_a_negative_binomial_of_size_one_is_geometric():
    eta, response = predictors(13), np.arange(12.0).reshape(6, 2)
    found = total(NegativeBinomial(), response, eta, ONE, np.ones(2))
    # scipy's geometric distribution begins at 1.
    wanted = stats.geom.logpmf(response + 1, 1 / (1 + np.exp(eta[..., 0])))
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_zeros_and_ones_swap_with_the_sign_of_the_predictor():
    eta, response = predictors(14), np.array([[0.0, 1.0]] * 6)
    plain = Bernoulli().log_likelihood(response, eta, ONE, np.ones(2))
    np.testing.assert_allclose(
        Bernoulli().log_likelihood(1 - response, -eta, ONE, np.ones(2)), plain, rtol=1e-12
    )


@given(st.integers(0, 2**31), st.permutations([0, 1, 2, 3]))
@settings(max_examples=20, deadline=None)
def test_names_of_categories_do_not_matter(seed, order):
    full = np.random.default_rng(seed).normal(size=(5, 1, 4))
    response = np.random.default_rng(seed).integers(0, 4, (5, 1))
    plain = Categorical(4).log_likelihood(response, full[..., 1:] - full[..., :1], ONE, ONE[0])
    moved, place = full[..., order], np.argsort(order)
    found = Categorical(4).log_likelihood(
        place[response].astype(float), moved[..., 1:] - moved[..., :1], ONE, ONE[0]
    )
    np.testing.assert_allclose(found, plain, atol=1e-12)


def test_extreme_predictors_of_categories_stay_finite():
    eta = np.array([[[1e4, -1e4]], [[-1e4, -1e4]]])
    chance = Categorical(3).mean(eta, ONE)
    np.testing.assert_array_equal(chance, [[[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]])
    value, score, information = Categorical(3).derivatives(np.array([[2.0], [0.0]]), eta, ONE, ONE)
    np.testing.assert_allclose(value, [[-2e4], [0.0]])
    np.testing.assert_array_equal(score, [[[-1.0, 1.0]], [[0.0, 0.0]]])
    np.testing.assert_array_equal(information, 0.0)


def test_information_of_categories_is_a_covariance():
    chance = special.softmax([0.0, 0.4, -1.0])
    information = Categorical(3).derivatives(
        np.array([[1.0]]), np.array([[[0.4, -1.0]]]), ONE, ONE
    )[2][0, 0]
    wanted = np.diag(chance[1:]) - np.outer(chance[1:], chance[1:])
    np.testing.assert_allclose(information, wanted, rtol=1e-12)
    assert np.linalg.eigvalsh(information).min() > 0


EVERY = [
    Poisson(LINKS["exp"]),
    Poisson(LINKS["softplus"]),
    Poisson(LINKS["sigmoid"]),
    Bernoulli(),
    Categorical(3),
    Gaussian(),
    NegativeBinomial(),
]
NAMES = [f"{e.name}-{e.link.name}" if isinstance(e, Poisson) else e.name for e in EVERY]


@pytest.mark.parametrize("emission", EVERY, ids=NAMES)
def test_all_states_at_once_are_each_state_alone(emission):
    eta = predictors(20, (5, 3, 2), emission.n_parts)
    response = np.array([[0.0, 1.0]] * 5)
    exposure, scale = np.full((5, 1), 0.5), np.array([[0.5, 1.0], [2.0, 3.0], [1.0, 1.0]])
    together = emission.log_likelihood(response[:, None], eta, exposure[:, None], scale)
    assert together.shape == (5, 3, 2)
    for k in range(3):
        alone = emission.log_likelihood(response, eta[:, k], exposure, scale[k])
        np.testing.assert_allclose(together[:, k], alone, rtol=1e-13)


@pytest.mark.parametrize("emission", EVERY, ids=NAMES)
def test_the_value_beside_derivatives_is_the_log_likelihood(emission):
    eta, response = predictors(21, n_parts=emission.n_parts), np.array([[0.0, 1.0]] * 6)
    exposure, scale = np.full((6, 1), 0.3), np.array([0.5, 2.0])
    before = eta.tobytes(), response.tobytes(), exposure.tobytes(), scale.tobytes()
    value, score, information = emission.derivatives(response, eta, exposure, scale)
    np.testing.assert_allclose(
        value, emission.log_likelihood(response, eta, exposure, scale), rtol=1e-13
    )
    assert score.shape == (6, 2, emission.n_parts)
    assert information.shape == (6, 2, emission.n_parts, emission.n_parts)
    after = eta.tobytes(), response.tobytes(), exposure.tobytes(), scale.tobytes()
    assert before == after


@pytest.mark.parametrize("emission", EVERY, ids=NAMES)
def test_one_seed_draws_one_response_that_the_model_takes(emission):
    eta = predictors(22, (8, 2), emission.n_parts)
    draws = [emission.draw(eta, ONE, np.ones(2), np.random.default_rng(3)) for _ in range(2)]
    assert draws[0].tobytes() == draws[1].tobytes()
    assert draws[0].shape == (8, 2)
    assert draws[0].dtype == np.float64
    emission.check(draws[0])


@pytest.mark.parametrize("emission", EVERY, ids=NAMES)
def test_missing_responses_are_possible_in_every_model(emission):
    emission.check(np.array([[np.nan, 1.0], [0.0, np.nan]]))
    emission.check(np.zeros((0, 2)))


@pytest.mark.parametrize("emission", EVERY, ids=NAMES)
def test_models_without_a_scale_leave_it_alone(emission):
    response, eta = np.array([[0.0, 1.0]] * 6), predictors(23, n_parts=emission.n_parts)
    scale, weight = np.array([1.5, 2.5]), np.ones((6, 2))
    assert emission.has_scale == (emission.name in ("gaussian", "negative_binomial"))
    if not emission.has_scale:
        found = emission.update_scale(response, eta, ONE, scale, weight)
        np.testing.assert_array_equal(found, scale)
        np.testing.assert_array_equal(emission.first_scale(response, weight), [1.0, 1.0])
        np.testing.assert_array_equal(emission.lowest_scale(response, weight), [0.0, 0.0])
        np.testing.assert_array_equal(
            emission.scale_score(response, eta, ONE, scale, weight), [0.0, 0.0]
        )


# Averages, starts and scales


@pytest.mark.parametrize("emission", [e for e in EVERY if e.name != "categorical"])
def test_averages_leave_unobserved_bins_out(emission):
    response = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    observed = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(emission.average(response, observed), [1.0, 0.0])


def test_the_average_of_categories_is_their_share():
    response = np.array([[0.0], [2.0], [2.0], [1.0]])
    observed = np.array([[1.0], [1.0], [1.0], [0.0]])
    found = Categorical(3).average(response, observed)
    np.testing.assert_allclose(found, [[1 / 3, 0.0, 2 / 3]])
    start = Categorical(3).start(found)
    assert start.shape == (1, 2)
    assert start[0, 1] == pytest.approx(np.log(2.0))
    # A category never seen stands at a thousandth, so that its log odds are finite.
    assert start[0, 0] == pytest.approx(np.log(1e-3 * 3))


@pytest.mark.parametrize("emission", [Poisson(LINKS["exp"]), Bernoulli(), NegativeBinomial()])
def test_starts_of_silent_and_saturated_neurons_are_finite(emission):
    found = emission.start(np.array([0.0, 1.0]))
    assert found.shape == (2, 1)
    assert np.isfinite(found).all()
    assert found[0, 0] < found[1, 0]


def test_the_first_gaussian_scale_is_the_variance_of_what_was_seen():
    rng = np.random.default_rng(30)
    response = rng.normal(2.0, 3.0, (40, 2))
    observed = (rng.random((40, 2)) < 0.7).astype(float)
    found = Gaussian().first_scale(response * observed, observed)
    wanted = [response[observed[:, n] > 0, n].var() for n in range(2)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    np.testing.assert_allclose(Gaussian().lowest_scale(response * observed, observed), found * 1e-5)


def test_a_constant_neuron_has_variance_one_to_begin_with():
    np.testing.assert_array_equal(
        Gaussian().first_scale(np.full((5, 1), 4.0), np.ones((5, 1))), 1.0
    )


def test_the_gaussian_scale_is_the_weighted_mean_square():
    rng = np.random.default_rng(31)
    response, eta, weight = rng.normal(size=(9, 2)), predictors(32, (9, 2)), rng.random((9, 2))
    weight[:, 1] = 0.0
    found = Gaussian().update_scale(response, eta, ONE, np.array([1.0, 7.0]), weight)
    wanted = np.average((response - eta[..., 0])[:, 0] ** 2, weights=weight[:, 0])
    # A neuron without any weight keeps its variance.
    np.testing.assert_allclose(found, [wanted, 7.0])
    score = Gaussian().scale_score(response, eta, ONE, found, weight)
    np.testing.assert_allclose(score, 0.0, atol=1e-12)


def test_the_first_size_is_by_moments_within_bounds():
    rng = np.random.default_rng(33)
    response = np.stack(
        [
            rng.negative_binomial(2.0, 2.0 / 6.0, 4000).astype(float),  # size 2, mean 4
            np.full(4000, 3.0),  # less than Poisson: the upper bound
            np.r_[np.zeros(3999), 1000.0],  # one burst: the lower bound
        ],
        axis=1,
    )
    found = NegativeBinomial().first_scale(response, np.ones_like(response))
    assert found[0] == pytest.approx(2.0, rel=0.15)
    np.testing.assert_array_equal(found[1:], [100.0, 0.1])


@pytest.mark.parametrize("seed", range(3))
def test_repeated_steps_of_the_size_end_where_scipy_ends(seed):
    rng = np.random.default_rng(seed)
    size, mean, weight = 0.5 + 3 * rng.random(), 4.0, rng.random((300, 1))
    response = rng.negative_binomial(size, size / (size + mean), (300, 1)).astype(float)
    eta, scale = np.full((300, 1, 1), np.log(mean)), np.array([30.0])
    for _ in range(40):
        scale = NegativeBinomial().update_scale(response, eta, ONE, scale, weight)

    def loss(log_size):
        r = np.exp(log_size)
        return -(weight * stats.nbinom.logpmf(response, r, r / (r + mean))).sum()

    best = optimize.minimize_scalar(loss, bounds=(-5, 8), method="bounded", options={"xatol": 1e-8})
    assert np.log(scale[0]) == pytest.approx(best.x, abs=1e-4)


def test_a_step_of_the_size_never_lowers_the_likelihood_nor_changes_its_argument():
    rng = np.random.default_rng(34)
    response, eta = rng.poisson(2.0, (30, 4)).astype(float), predictors(35, (30, 4))
    scale, weight = np.array([1e-3, 0.3, 50.0, 1e6]), rng.random((30, 4))
    before = scale.copy()
    found = NegativeBinomial().update_scale(response, eta, ONE, scale, weight)
    np.testing.assert_array_equal(scale, before)
    mean = np.exp(eta[..., 0])

    def value(r):
        return (weight * stats.nbinom.logpmf(response, r, r / (r + mean))).sum(axis=0)

    assert (value(found) >= value(scale) - 1e-9 * np.abs(value(scale))).all()
    assert ((found >= 1e-3) & (found <= 1e6)).all()


def test_draws_of_a_negative_binomial_spread_as_they_should():
    eta, size = np.full((20_000, 1, 1), np.log(3.0)), np.array([1.5])
    drawn = NegativeBinomial().draw(eta, ONE, size, np.random.default_rng(36))
    assert drawn.mean() == pytest.approx(3.0, rel=0.05)
    assert drawn.var() == pytest.approx(3.0 + 9.0 / 1.5, rel=0.1)


def test_draws_of_categories_have_their_shares():
    eta = np.broadcast_to([0.5, -0.5], (20_000, 1, 2))
    drawn = Categorical(3).draw(eta, ONE, np.ones(1), np.random.default_rng(37))
    share = np.bincount(drawn[:, 0].astype(int), minlength=3) / 20_000
    np.testing.assert_allclose(share, special.softmax([0.0, 0.5, -0.5]), atol=0.015)


# What is refused


@pytest.mark.parametrize(
    ("emission", "wrong", "said"),
    [
        (EVERY[0], 0.5, "holds 0.5; counts"),
        (EVERY[0], np.inf, "holds inf; counts"),
        (NegativeBinomial(), -1.0, "holds -1; counts"),
        (Bernoulli(), 2.0, "holds 2; Bernoulli"),
        (Categorical(3), 3.0, "categories are 0 to 2"),
        (Categorical(3), 0.5, "holds 0.5; categories"),
        (Gaussian(), -np.inf, "holds -inf; values are finite"),
    ],
)
def test_the_first_impossible_value_is_said(emission, wrong, said):
    with pytest.raises(SchemaError, match=said) as caught:
        emission.check(np.array([[0.0, np.nan], [wrong, 1.0]]))
    assert caught.value.where == "X"
    assert caught.value.mend


def test_require_lets_missing_and_possible_values_pass():
    values = np.array([1.0, np.nan, -1.0])
    require(values, np.array([True, False, True]), "x", "y")
    with pytest.raises(SchemaError, match=r"X: holds -1; none is negative\. Take roots\."):
        require(values, values > 0, "none is negative", "Take roots.")


@pytest.mark.parametrize("rate", [[0.0, 5.0], [9.9e8], []])
def test_rates_that_can_be_drawn_are_returned(rate):
    given_rate = np.array(rate)
    assert finite_rate(given_rate) is given_rate


@pytest.mark.parametrize("rate", [[1e9], [1.0, np.inf], [np.nan]])
def test_exploded_rates_are_refused(rate):
    with pytest.raises(SchemaError, match="excitation feeds back"):
        finite_rate(np.array(rate))
