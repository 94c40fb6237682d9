"""The Lorenz population: its path, its rates, its noise, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import neurokit as nk
from neurokit.errors import OptionError
from neurokit.simulate import lorenz
from neurokit.simulate.lorenz_spikes import _advance


def slope(_, state):
    x, y, z = state
    return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]


def test_path_equals_scipys_solver():
    start = np.array([[1.0, 2.0, 20.0], [-5.0, -4.0, 30.0]])
    ours = _advance(start, 1.0, 0.002)
    for k in range(2):
        theirs = solve_ivp(slope, (0, 1), start[k], rtol=1e-11, atol=1e-11).y[:, -1]
        np.testing.assert_allclose(ours[k], theirs, rtol=1e-6)


def test_fixed_points_stay():
    root = np.sqrt(8 / 3 * 27)
    wings = np.array([[root, root, 27.0], [-root, -root, 27.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(_advance(wings, 0.5, 0.01), wings, atol=1e-9)


def test_halving_the_step_changes_the_first_half_unit_by_less_than_a_thousandth():
    a = lorenz(20, 1, 3, 10, speed=6.0, bin_s=0.01, random_state=0)
    b = lorenz(20, 1, 3, 10, speed=6.0, bin_s=0.01, step=0.0025, random_state=0)
    assert float(abs(a.truth.latent - b.truth.latent).max()) < 1e-3


def test_same_seed_same_bytes():
    a, b = lorenz(3, 2, 4, 10, random_state=5), lorenz(3, 2, 4, 10, random_state=5)
    np.testing.assert_array_equal(
        a.recordings["session1"].activity.signal, b.recordings["session1"].activity.signal
    )
    other = lorenz(3, 2, 4, 10, random_state=6)
    assert not a.truth.equals(other.truth)


def test_a_generator_goes_on():
    rng = np.random.default_rng(0)
    first, second = lorenz(2, 1, 2, 5, random_state=rng), lorenz(2, 1, 2, 5, random_state=rng)
    assert not np.allclose(first.truth.rate, second.truth.rate)


@pytest.mark.parametrize("seed", range(6))
def test_mean_rate_is_8_to_11_hz(seed):
    rate = lorenz(n_repeats=1, random_state=seed).truth.rate
    assert 8.0 < float(rate.mean()) / 0.02 < 11.0


def test_residuals_are_poisson():
    found = lorenz(20, 10, random_state=1)
    counts = found.recordings["session1"].activity.signal.values.astype(float)
    rate = found.truth.rate.values
    z = (counts - rate) / np.sqrt(rate)
    # 290 000 values: the mean's error is .002; excess variance of Poisson z is 1/rate-weighted.
    assert abs(z.mean()) < 0.01
    assert z.var() == pytest.approx(1.0, abs=0.02)
    # The third central moment of a Poisson count is its rate.
    third = ((counts - rate) ** 3).mean() / rate.mean()
    assert third == pytest.approx(1.0, abs=0.1)
    # Repeats share the rate and nothing else.
    z = z.reshape(20, 10, -1)
    assert abs((z[:, 0] * z[:, 1]).mean()) < 0.02


def test_rates_are_the_stated_function_of_the_state():
    truth = lorenz(4, 3, 5, 12, base_rate=3.0, bin_s=0.01, random_state=0).truth
    expected = 0.03 * np.exp(truth.latent.values @ truth.weights.values.T)
    np.testing.assert_allclose(truth.rate.values, expected, rtol=1e-12)
    lengths = np.linalg.norm(truth.weights.values, axis=1)
    assert lengths.min() >= 0.7
    assert lengths.max() <= 1.3


def test_state_is_standardised_and_conditions_repeat():
    truth = lorenz(8, 6, 4, 40, random_state=2).truth
    one = truth.latent.isel(trial=slice(None, None, 6))
    np.testing.assert_allclose(one.mean(["trial", "time"]), 0.0, atol=1e-12)
    np.testing.assert_allclose(one.std(["trial", "time"]), 1.0, atol=1e-12)
    same = truth.latent.groupby("condition").std("trial")
    assert float(same.max()) < 1e-12


def test_a_sixth_of_each_conditions_repeats_is_held_out():
    activity = lorenz(5, 24, 3, 4, random_state=0).recordings["session1"].activity
    held = activity.condition.values[activity.split.values == "val"]
    assert np.bincount(held).tolist() == [4] * 5


def test_the_recording_keeps_the_contract():
    tree = lorenz(3, 4, 5, 10, random_state=0).recordings["session1"]
    assert not list(nk.validate(tree, deep=True))
    assert nk.schema.sampling_rate(tree.activity.signal) == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_conditions", 0), ("n_repeats", True), ("n_neurons", 1.5), ("n_bins", -1), ("bin_s", 0.0),
     ("speed", np.nan), ("base_rate", -1.0), ("step", np.inf)],
)  # fmt: skip
def test_impossible_numbers_are_named(name, value):
    with pytest.raises(OptionError, match=name):
        lorenz(**{name: value})


def test_one_bin_of_one_condition_has_no_spread():
    with pytest.raises(OptionError, match="spread"):
        lorenz(1, 1, 1, 1)
