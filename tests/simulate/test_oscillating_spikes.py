"""Oscillators: exact steps, the stationary law, the spectrum, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

import neurokit as nk
from neurokit.errors import OptionError
from neurokit.simulate import oscillators
from neurokit.simulate.oscillating_spikes import exact_step


@pytest.mark.parametrize("zeta", [0.01, 0.3, 0.99])
def test_step_is_the_matrix_exponential(zeta):
    omega, dt = 7.0, 0.05
    F = np.array([[0.0, 1.0], [-(omega**2), -2 * zeta * omega]])
    np.testing.assert_allclose(exact_step(omega, zeta, dt)[0], expm(F * dt), atol=1e-12)


def test_step_keeps_the_stationary_law():
    step, spread = exact_step(11.0, 0.2, 0.02)
    law = np.diag([1.0, 121.0])
    np.testing.assert_allclose(step @ law @ step.T + spread @ spread.T, law, rtol=1e-12, atol=1e-10)


def test_positions_have_variance_one_and_the_right_autocorrelation():
    found = oscillators([5.0], [0.1], 2, 400, 60, random_state=0).truth.latent.values[:, :, 0]
    # 400 independent trials: the error of the variance at each bin is about 7 %.
    assert found.var() == pytest.approx(1.0, abs=0.05)
    omega = 2 * np.pi * 5
    for lag in (2, 5, 12):
        product = (found[:, :-lag] * found[:, lag:]).mean()
        assert product == pytest.approx(exact_step(omega, 0.1, 0.02 * lag)[0][0, 0], abs=0.05)


def test_the_spectrum_peaks_at_the_planted_frequency():
    found = oscillators([8.0], [0.03], 2, 40, 500, random_state=1).truth.latent.values[:, :, 0]
    power = (np.abs(np.fft.rfft(found, axis=1)) ** 2).mean(axis=0)
    assert np.fft.rfftfreq(500, 0.02)[power.argmax()] == pytest.approx(8.0, abs=0.3)


def test_counts_are_poisson_of_the_stated_rate():
    found = oscillators(n_neurons=10, n_trials=100, random_state=3)
    counts = found.recordings["session1"].activity.signal.values.astype(float)
    rate = found.truth.rate.values
    expected = 0.2 * np.exp(found.truth.latent.values @ found.truth.weights.values.T)
    np.testing.assert_allclose(rate, expected, rtol=1e-12)
    z = (counts - rate) / np.sqrt(rate)
    assert abs(z.mean()) < 0.02
    assert z.var() == pytest.approx(1.0, abs=0.03)


def test_gaussian_observation_has_the_stated_noise():
    found = oscillators(observation="gaussian", noise_sd=0.3, n_neurons=6, random_state=0)
    signal = found.recordings["session1"].activity.signal.values
    assert (signal - found.truth.rate.values).std() == pytest.approx(0.3, rel=0.02)


def test_truth_names_what_was_planted():
    truth = oscillators((3.0, 6.0, 12.0), (0.1, 0.2, 0.3), 4, 2, 5, random_state=0).truth
    np.testing.assert_array_equal(truth.frequency, [3.0, 6.0, 12.0])
    np.testing.assert_array_equal(truth.damping_ratio, [0.1, 0.2, 0.3])
    assert truth.frequency.attrs["units"] == "Hz"
    assert truth.weights.shape == (4, 3)


def test_same_seed_same_bytes_and_the_contract():
    a, b = (oscillators(n_trials=3, random_state=2) for _ in range(2))
    assert a.truth.identical(b.truth)
    assert not list(nk.validate(a.recordings["session1"], deep=True))


@pytest.mark.parametrize(
    ("options", "name"),
    [({"frequencies": (4.0, -1.0)}, "frequencies"), ({"frequencies": ()}, "frequencies"),
     ({"damping_ratios": (0.1,)}, "damping_ratios"), ({"damping_ratios": (0.1, 1.0)}, "damping"),
     ({"damping_ratios": (0.1, np.nan)}, "damping"), ({"n_trials": 0}, "n_trials"),
     ({"bin_s": -0.1}, "bin_s"), ({"observation": "poison"}, "did you mean 'poisson'"),
     ({"noise_sd": 0}, "noise_sd"), ({"base_rate": np.inf}, "base_rate")],
)  # fmt: skip
def test_impossible_numbers_are_named(options, name):
    with pytest.raises(OptionError, match=name):
        oscillators(**options)
