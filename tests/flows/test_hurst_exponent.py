"""The Hurst exponent of paths simulated by a method that shares nothing with the estimator."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.flows.hurst_exponent import FILTER, hurst, variation

FINE = 8


def fractional_noise(rng, n, h):
    """Increments of fractional Brownian motion of unit steps, by circulant embedding."""
    k = np.arange(n + 1.0)
    gamma = 0.5 * ((k + 1) ** (2 * h) - 2 * k ** (2 * h) + np.abs(k - 1) ** (2 * h))
    row = np.concatenate([gamma, gamma[-2:0:-1]])
    power = np.maximum(np.fft.fft(row).real, 0.0)
    z = rng.normal(size=len(row)) + 1j * rng.normal(size=len(row))
    return np.fft.fft(np.sqrt(power / len(row)) * z).real[:n]


def fractional_ou(seed, h, pull, n=2000):
    """dx = -theta x dt + dB, theta dt = pull per bin, on a grid eight times as fine."""
    rng = np.random.default_rng(seed)
    noise = fractional_noise(rng, n * FINE, h)
    x, value = np.empty(n * FINE), 0.0
    decay = np.exp(-pull / FINE)
    for t, step in enumerate(noise):
        value = decay * value + step
        x[t] = value
    return x[::FINE]


@pytest.mark.parametrize("pull", [0.01, 0.05])
@pytest.mark.parametrize("h", [0.3, 0.5, 0.7])
def test_exponent_is_found_within_seven_hundredths(h, pull):
    errors = np.array([hurst(fractional_ou(seed, h, pull)) - h for seed in range(20)])
    assert (np.abs(errors) < 0.07).mean() >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("h", [0.3, 0.5, 0.7])
def test_noise_breaks_the_plain_estimate_and_not_the_other(h):
    """White noise of .2 of a step's deviation, 8000 bins: see docs/validation/flows.md."""
    plain, robust = [], []
    for seed in range(10):
        x = fractional_ou(seed, h, 0.005, 8000)
        rng = np.random.default_rng(1000 + seed)
        y = x + 0.5 * np.diff(x).std() * rng.normal(size=x.size)
        plain.append(hurst(y) - h)
        robust.append(hurst(y, noise="white") - h)
    assert np.abs(np.mean(robust)) < np.abs(np.mean(plain))
    assert np.median(np.abs(robust)) < 0.12


def test_filter_has_two_vanishing_moments():
    assert FILTER.sum() == pytest.approx(0.0, abs=1e-12)
    assert FILTER @ np.arange(4) == pytest.approx(0.0, abs=1e-12)
    assert pytest.approx(1.0) == FILTER @ FILTER


def test_lines_and_units_do_not_matter():
    x = np.random.default_rng(0).normal(size=3000).cumsum()
    plain = hurst(x)
    assert hurst(1e-9 * x, 0.02) == pytest.approx(plain, rel=1e-9)
    assert hurst(x + 5 * np.arange(3000)) == pytest.approx(plain, rel=1e-6)


def test_smooth_paths_and_white_noise_are_the_ends():
    t = np.linspace(0, 20, 4000)
    assert hurst(np.sin(t)) == 1.0
    assert hurst(np.random.default_rng(0).normal(size=4000)) < 0.05


def test_variation_by_a_plain_loop():
    x = np.random.default_rng(1).normal(size=(40, 2))
    total = 0.0
    for s in range(2):
        out = [sum(FILTER[k] * x[t + 3 * k, s] for k in range(4)) for t in range(40 - 9)]
        total += np.mean(np.square(out))
    assert variation(x, 3) == pytest.approx(total, rel=1e-12)


def test_series_are_pooled_and_labels_taken():
    x = np.random.default_rng(2).normal(size=(2000, 3)).cumsum(axis=0)
    both = hurst(xr.DataArray(x.T, dims=("neuron", "time")))
    assert both == pytest.approx(hurst(x))
    assert both == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("x", "match"),
    [(np.ones(100), "never changes"), (np.arange(5.0), "shape"), (np.full(50, np.nan), "NaN"),
     (np.zeros((20, 2, 2)), "shape")],
)  # fmt: skip
def test_what_has_no_exponent_is_named(x, match):
    with pytest.raises(SchemaError, match=match):
        hurst(x)


def test_options_are_checked():
    x = np.random.default_rng(0).normal(size=300).cumsum()
    with pytest.raises(OptionError, match="noise"):
        hurst(x, noise="pink")
    with pytest.raises(OptionError, match="bin_s"):
        hurst(x, 0.0)
    with pytest.raises(SchemaError, match="256"):
        hurst(x[:200], noise="white")
