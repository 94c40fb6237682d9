"""Polya-Gamma draws against their Laplace transform, moments and additivity."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import ks_2samp, kstest

from neurokit.bicluster.polya_gamma import draw_one, draw_polya_gamma

N_DRAWS = 40_000
CASES = [(1.0, 0.0), (1.0, 2.5), (2.0, -4.0), (0.3, 1.0), (0.05, 0.2), (37.5, 3.0), (10.0, 60.0)]


def draws(h, z, seed=0, n=N_DRAWS):
    rng = np.random.default_rng(seed)
    return draw_polya_gamma(np.full((1, n), h), np.full((1, n), z), rng)[0]


def moments(h, z):
    """Mean and variance from the derivatives of the log Laplace transform, Polson et al. (2013)."""
    z = abs(z)
    if z < 1e-6:
        return h / 4, h / 24
    mean = h / (2 * z) * np.tanh(z / 2)
    variance = h / (4 * z**3) * (np.sinh(z) - z) / np.cosh(z / 2) ** 2
    return mean, variance


def log_transform(t, h, z):
    """Log E exp(-t w) = h log cosh(z/2) - h log cosh(sqrt((z^2/2 + t)/2))."""
    return h * (np.log(np.cosh(z / 2)) - np.log(np.cosh(np.sqrt((z**2 / 2 + t) / 2))))


@pytest.mark.parametrize(("h", "z"), CASES)
def test_mean_and_variance_are_those_of_the_distribution(h, z):
    x = draws(h, z)
    mean, variance = moments(h, z)
    spread = np.sqrt(np.mean((x - mean) ** 4) - variance**2)
    assert abs(x.mean() - mean) < 4 * np.sqrt(variance / N_DRAWS)
    assert abs(x.var() - variance) < 4 * spread / np.sqrt(N_DRAWS)


@pytest.mark.parametrize(("h", "z"), CASES)
@pytest.mark.parametrize("share", [0.5, 3.0, 20.0])
def test_laplace_transform_is_a_ratio_of_hyperbolic_cosines(h, z, share):
    x = draws(h, z, seed=1)
    t = share / moments(h, z)[0]
    found = np.exp(-t * x)
    error = max(found.std() / np.sqrt(N_DRAWS), 1e-9)
    assert abs(found.mean() - np.exp(log_transform(t, h, z))) < 4.5 * error


def test_distribution_of_the_untilted_unit_case_is_the_jacobi_series():
    # Biane, Pitman & Yor (2001): density of PG(1, 0) as an alternating series of Levy densities.
    def density(x):
        n = np.arange(60)
        terms = (-1.0) ** n * (2 * n + 1) * np.exp(-((2 * n + 1) ** 2) / (8 * x))
        return terms.sum() / np.sqrt(2 * np.pi * x**3)

    grid = np.linspace(1e-3, 3.0, 600)
    mass = [quad(density, low, high)[0] for low, high in pairwise(grid)]
    shares = np.concatenate([[0.0], np.cumsum(mass)])
    assert shares[-1] == pytest.approx(1.0, abs=1e-5)
    x = draws(1.0, 0.0, seed=2)
    assert kstest(x, lambda v: np.interp(v, grid, shares)).pvalue > 1e-3


def test_a_sum_of_shapes_is_distributed_as_a_sum_of_draws():
    whole = draws(2.75, 1.3, seed=3)
    parts = draws(0.25, 1.3, seed=4) + draws(1.5, 1.3, seed=5) + draws(1.0, 1.3, seed=6)
    assert ks_2samp(whole, parts).pvalue > 1e-3


def test_sign_of_the_tilt_does_not_matter():
    assert np.array_equal(draws(1.7, 2.2, n=50), draws(1.7, -2.2, n=50))


def test_tilting_is_reweighting_by_exp():
    plain = draws(1.5, 0.0, seed=7)
    weight = np.exp(-0.5 * 2.0**2 * plain)
    expected = (plain**2 * weight).sum() / weight.sum()
    mean, variance = moments(1.5, 2.0)
    assert expected == pytest.approx(variance + mean**2, rel=0.03)
    assert (draws(1.5, 2.0, seed=8) ** 2).mean() == pytest.approx(expected, rel=0.04)


def test_third_cumulant_of_a_skewed_case_is_right():
    # Third derivative of the log transform, by central differences of the exact formula.
    h, z, step = 0.5, 1.0, 0.05

    def k(t):
        return log_transform(t, h, z)

    third = -(k(2 * step) - 2 * k(step) + 2 * k(-step) - k(-2 * step)) / (2 * step**3)
    x = draws(h, z, seed=9, n=200_000)
    cubes = (x - moments(h, z)[0]) ** 3
    assert abs(cubes.mean() - third) < 4 * cubes.std() / np.sqrt(len(x)) + 0.02 * third


@pytest.mark.parametrize("z", [300.0, 2000.0])
def test_far_tilts_keep_mean_and_variance(z):
    x = draws(3.0, z, n=4000)
    # At such tilts cosh overflows; tanh is 1 and the variance h / (2 z^3).
    assert abs(x.mean() - 3.0 / (2 * z)) < 4 * x.std() / np.sqrt(len(x))
    assert x.var() == pytest.approx(3.0 / (2 * z**3), rel=0.1)


def test_tiny_shapes_give_positive_finite_draws_with_their_mean():
    x = draws(1e-3, 0.5, n=200_000)
    mean, variance = moments(1e-3, 0.5)
    assert np.isfinite(x).all()
    assert (x >= 0).all()
    assert abs(x.mean() - mean) < 4 * np.sqrt(variance / len(x))


def test_missing_entries_are_zero_and_use_no_random_number():
    shapes = np.array([[0.0, 1.0, 0.0]])
    mixed = draw_polya_gamma(shapes, np.zeros((1, 3)), np.random.default_rng(4))
    alone = draw_one(1.0, 0.0, np.random.default_rng(4))
    assert mixed.tolist() == [[0.0, alone, 0.0]]
