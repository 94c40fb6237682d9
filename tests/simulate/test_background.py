"""Noise has the spectrum it promises, bumps and kernels the shape, patterns the width."""

import numpy as np
import pytest
from scipy import signal

from neurokit.simulate.background import (
    bump,
    bursts,
    coloured_noise,
    shell,
    spread,
    switching,
    through_indicator,
    unit_columns,
)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_power_falls_with_the_exponent(generator, exponent):
    noise = coloured_noise(20_000, 8, 100.0, exponent, generator)
    frequency, power = signal.welch(noise, 100.0, nperseg=1000, axis=0)
    band = (frequency > 2) & (frequency < 40)
    slope = np.polyfit(np.log(frequency[band]), np.log(power[band].mean(axis=1)), 1)[0]
    # 20 segments times 8 columns: the slope's standard error over this band is about 0.02.
    assert slope == pytest.approx(-exponent, abs=0.08)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_noise_has_mean_zero_and_unit_variance(generator, exponent):
    noise = coloured_noise(5000, 50, 100.0, exponent, generator)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=1e-12)
    assert noise.var() == pytest.approx(1.0, rel=0.1)


def test_columns_are_independent(generator):
    r = np.corrcoef(coloured_noise(20_000, 5, 100.0, 0.0, generator).T)
    assert np.abs(r - np.eye(5)).max() < 0.05  # seven standard errors of 1/sqrt(20000)


def test_noise_shorter_than_its_knee_is_finite(generator):
    assert np.isfinite(coloured_noise(2, 3, 100.0, 1.0, generator)).all()


def test_a_rhythm_has_its_power_in_its_band(generator):
    rhythm = bursts(20_000, 3, 200.0, 10.0, 0.8, generator)
    frequency, power = signal.welch(rhythm, 200.0, nperseg=2000, axis=0)
    band = np.abs(frequency - 10) < 3
    assert power[band].sum() / power.sum() > 0.99
    assert rhythm.var() == pytest.approx(1.0, rel=0.2)


def test_a_rhythm_that_the_rate_cannot_carry_is_silent(generator):
    assert not bursts(100, 2, 20.0, 50.0, 1.0, generator).any()


def test_the_spread_falls_to_its_value_at_one_width():
    weight = spread(np.zeros((1, 3)), np.array([[0.0, 0, 0], [0.05, 0, 0], [1.0, 0, 0]]), 0.05)
    np.testing.assert_allclose(weight, [[1.0, np.exp(-0.5), 0.0]], atol=1e-12)


def test_unit_columns_keep_the_variance_of_unit_sources(generator):
    mixing = unit_columns(generator.random((30, 4)))
    np.testing.assert_allclose((mixing**2).sum(axis=0), 1.0)


def test_a_column_of_zeros_stays_zero():
    assert unit_columns(np.zeros((3, 2))).tolist() == [[0, 0]] * 3


def test_a_bump_has_its_height_and_width():
    time = np.arange(1000) / 100
    shape = bump(time, np.array([5.0]), 0.2)
    assert shape[500] == 1.0
    assert shape[520] == pytest.approx(np.exp(-0.5))
    assert shape.sum() / 100 == pytest.approx(0.2 * np.sqrt(2 * np.pi), rel=1e-3)


def test_bumps_add_up_and_may_lie_over_the_edge():
    time = np.arange(100) / 100
    both = bump(time, np.array([0.0, 0.0]), 0.1)
    assert both[0] == 2.0
    assert not bump(time, np.array([]), 0.1).any()
    assert not bump(time, np.array([50.0]), 0.1).any()


def test_the_indicator_is_the_difference_of_two_exponentials():
    impulse = np.zeros((400, 1))
    impulse[0] = 1.0
    seen = through_indicator(impulse, 20.0, 0.5, 2.0)[:, 0]
    time = (np.arange(400) + 1) / 20.0
    shape = np.exp(-time / 2.0) - np.exp(-time / 0.5)
    np.testing.assert_allclose(seen / seen.max(), shape / shape.max(), atol=1e-6)


def test_the_indicator_is_causal_and_keeps_a_constant():
    step = np.zeros((2000, 1))
    step[500:] = 3.0
    seen = through_indicator(step, 20.0, 0.5, 2.0)
    assert not seen[:500].any()
    assert seen[-1] == pytest.approx(3.0)


def test_states_begin_at_rest_and_last_a_second(generator):
    state = switching(4000, 4.0, (5.0, 2.0), generator)
    assert not state[0]
    edges = np.flatnonzero(np.diff(state.astype(int))) + 1
    assert np.diff(edges).min() >= 4


def test_the_share_of_time_follows_the_dwell_times(generator):
    # A dwell is max(1 s, exponential): means 5 + 1 * exp(-1/5)..., about 18.1 and 6.1 s.
    state = switching(400_000, 4.0, (18.0, 6.0), generator)
    assert state.mean() == pytest.approx(6.1 / 24.1, abs=0.02)


@pytest.mark.parametrize("lowest", [0.0, -0.3, 0.5])
def test_a_shell_is_evenly_covered_above_its_rim(lowest):
    places = shell(500, 2.0, lowest)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 2.0)
    assert places[:, 2].min() >= 2.0 * lowest
    assert places[:, 2].mean() == pytest.approx(1.0 + lowest, abs=0.02)
    assert np.abs(places[:, :2].mean(axis=0)).max() < 0.05
