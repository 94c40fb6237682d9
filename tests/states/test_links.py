"""Links: slopes against differences, inverses, and numbers of any size."""

import numpy as np
import pytest

from neurokit.states.links import LINKS, LOWEST_RATE, log_one_plus_exp, logistic

GRID = np.linspace(-8.0, 8.0, 33)


@pytest.mark.parametrize("name", LINKS)
def test_the_slope_is_the_difference_quotient(name):
    link, step = LINKS[name], 1e-6
    quotient = (link.rate(GRID + step) - link.rate(GRID - step)) / (2 * step)
    np.testing.assert_allclose(link.slope(GRID, link.rate(GRID)), quotient, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", LINKS)
def test_the_logarithm_is_that_of_the_rate(name):
    link = LINKS[name]
    np.testing.assert_allclose(link.log_rate(GRID, link.rate(GRID)), np.log(link.rate(GRID)))


@pytest.mark.parametrize("name", LINKS)
def test_the_inverse_gives_the_predictor_back(name):
    link, predictor = LINKS[name], np.linspace(-4.0, 4.0, 9)
    np.testing.assert_allclose(link.inverse(link.rate(predictor)), predictor, atol=1e-5)


@pytest.mark.parametrize("name", LINKS)
def test_predictors_of_any_size_give_rates(name):
    link, extreme = LINKS[name], np.array([-1e5, -800.0, 800.0])
    rate = link.rate(extreme)
    assert not np.isnan(rate).any()
    assert (rate >= 0).all()
    assert not np.isnan(link.slope(extreme, rate)).any()
    assert not np.isnan(link.log_rate(extreme, rate)).any()


def test_softplus_far_below_zero_keeps_its_logarithm():
    low = np.array([-50.0, -2000.0])
    link = LINKS["softplus"]
    np.testing.assert_allclose(link.log_rate(low, link.rate(low)), low)


def test_the_sigmoid_keeps_between_its_bounds():
    rate = LINKS["sigmoid"].rate(np.array([-1e4, 1e4]))
    np.testing.assert_allclose(rate, [LOWEST_RATE, 1.0])


def test_logistic_and_softplus_are_exact():
    np.testing.assert_allclose(logistic(GRID), 1 / (1 + np.exp(-GRID)), rtol=1e-14)
    np.testing.assert_allclose(log_one_plus_exp(GRID), np.log1p(np.exp(GRID)), rtol=1e-13)
    np.testing.assert_allclose(log_one_plus_exp(np.array([-1e3, 1e3])), [0.0, 1e3])
