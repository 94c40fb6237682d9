"""Coloured noise: the kernel it stands for, its place in the equations, and its derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from neurokit.flows.coloured import WHITE, Colour, fractional

EXPONENTS = [0.2, 0.4, 0.6, 0.8]


def _kernel(colour, lag):
    return float((colour.weights * np.exp(-colour.rates * lag)).sum())


def _error(colour, hurst, longest):
    """Mean square distance of the two kernels, lags counted as often as they occur."""

    def gap(lag):
        true = lag ** (hurst - 0.5) / math.gamma(hurst + 0.5)
        return (longest - lag) * (_kernel(colour, lag) - true) ** 2

    near, _ = quad(gap, 0.0, 1e-3 * longest, limit=400)
    far, _ = quad(gap, 1e-3 * longest, longest, limit=400)
    return near + far


@pytest.mark.parametrize("hurst", EXPONENTS)
def test_weights_are_those_of_least_error(hurst):
    colour = fractional(hurst, 4, 0.05, 5.0)
    least = _error(colour, hurst, 5.0)
    for k in range(4):
        for move in (-1e-2, 1e-2):
            weights = colour.weights.copy()
            weights[k] += move
            assert _error(Colour(colour.rates, weights), hurst, 5.0) > least


@pytest.mark.parametrize("hurst", EXPONENTS)
def test_more_processes_come_nearer(hurst):
    errors = [_error(fractional(hurst, n, 0.01, 10.0), hurst, 10.0) for n in (1, 2, 4, 7)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.1 * errors[0]


@pytest.mark.parametrize("hurst", EXPONENTS)
def test_the_kernel_is_followed_where_time_scales_are(hurst):
    colour = fractional(hurst, 8, 0.01, 10.0)
    for lag in (0.1, 0.5, 1.0, 3.0):
        expected = lag ** (hurst - 0.5) / math.gamma(hurst + 0.5)
        assert _kernel(colour, lag) == pytest.approx(expected, rel=0.1)


def test_time_scales_are_geometric_between_the_two_given():
    rates = fractional(0.3, 5, 0.1, 10.0).rates
    assert 1 / rates[0] == pytest.approx(10.0)
    assert 1 / rates[-1] == pytest.approx(0.1)
    np.testing.assert_allclose(rates[1:] / rates[:-1], rates[1] / rates[0])


@settings(max_examples=20)
@given(st.floats(0.1, 0.9), st.floats(0.1, 10.0))
def test_units_of_time_only_scale(hurst, unit):
    one, other = fractional(hurst, 4, 0.05, 5.0), fractional(hurst, 4, 0.05 * unit, 5.0 * unit)
    np.testing.assert_allclose(other.rates * unit, one.rates, rtol=1e-9)
    np.testing.assert_allclose(other.weights, one.weights * unit ** (hurst - 0.5), rtol=1e-5)


def _written(colour, root):
    d, n = len(root), len(colour.rates)
    F, Qc = np.zeros(((2 + n) * d,) * 2), np.zeros(((2 + n) * d,) * 2)
    colour.fill(F, Qc, root)
    return F, Qc


def test_white_noise_enters_the_velocity_alone():
    root = np.array([[1.0, 0.0], [0.5, 2.0]])
    F, Qc = _written(WHITE, root)
    np.testing.assert_array_equal(F, np.zeros((4, 4)))
    np.testing.assert_allclose(Qc[2:, 2:], root @ root.T)
    assert not Qc[:2].any()


def test_all_noise_states_share_one_white_noise():
    colour, root = fractional(0.7, 3, 0.1, 4.0), np.array([[1.2]])
    _, Qc = _written(colour, root)
    assert np.linalg.matrix_rank(Qc) == 1
    column = np.concatenate([[0.0], root[0] * colour.weights.sum(), np.ones(3)])
    np.testing.assert_allclose(Qc, np.outer(column, column))


def test_the_force_is_the_sum_of_its_processes():
    """dv = L dB with B = sum w Y: the drift of v by Y is L times that of B by Y."""
    colour, root = fractional(0.3, 3, 0.1, 4.0), np.array([[1.0, 0.0], [0.4, 0.7]])
    F, _ = _written(colour, root)
    for k, (rate, weight) in enumerate(zip(colour.rates, colour.weights, strict=True)):
        y = slice(4 + 2 * k, 6 + 2 * k)
        np.testing.assert_allclose(F[y, y], -rate * np.eye(2))
        np.testing.assert_allclose(F[2:4, y], -weight * rate * root)


@pytest.mark.parametrize("colour", [WHITE, fractional(0.7, 2, 0.1, 4.0)])
def test_derivatives_by_the_root_are_those_of_differences(colour):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(2, 2))
    F, _ = _written(colour, root)
    by_F, by_Qc = rng.normal(size=F.shape), rng.normal(size=F.shape)
    by_Qc = by_Qc + by_Qc.T

    def value(L):
        drift, diffusion = _written(colour, L)
        return (by_F * drift).sum() + (by_Qc * diffusion).sum()

    found = colour.by_root(by_F, by_Qc, root)
    for i in range(2):
        for j in range(2):
            move = np.zeros((2, 2))
            move[i, j] = 1e-6
            slope = (value(root + move) - value(root - move)) / 2e-6
            assert slope == pytest.approx(found[i, j], rel=1e-6, abs=1e-8)
