"""The benchmark's scores: by hand, by plain loops, by invariances, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, poisson
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError, UnitsError
from neurokit.flows.metrics import co_bps, forward_bps, psth_r2, tp_correlation, velocity_r2


def population(seed=0, shape=(10, 30, 4)):
    rng = np.random.default_rng(seed)
    rates = 0.5 * np.exp(rng.normal(size=shape) * 0.8)
    return rates, rng.poisson(rates).astype(float)


def test_bits_by_hand():
    """Two bins with 1 and 3 spikes, rates 1.5 and 2.5 against the mean 2."""
    gain = (1 * math.log(1.5) + 3 * math.log(2.5) - 4.0) - (4 * math.log(2.0) - 4.0)
    found = co_bps(np.array([[1.5], [2.5]]), np.array([[1.0], [3.0]]))
    assert found == pytest.approx(gain / (4 * math.log(2)), abs=1e-12)


def test_bits_equal_a_plain_loop_over_scipys_poisson():
    rates, counts = population()
    lost = gained = spikes = 0.0
    for n in range(4):
        mean = counts[:, :, n].mean()
        for r, y in zip(rates[:, :, n].ravel(), counts[:, :, n].ravel(), strict=True):
            lost += poisson.logpmf(y, mean)
            gained += poisson.logpmf(y, r)
            spikes += y
    expected = (gained - lost) / spikes / math.log(2)
    assert co_bps(rates, counts) == pytest.approx(expected, abs=1e-12)
    assert forward_bps(rates, counts) == pytest.approx(expected, abs=1e-12)


def test_null_rates_give_zero_exactly():
    _, counts = population(1)
    null = np.broadcast_to(counts.mean(axis=(0, 1)), counts.shape)
    assert co_bps(null, counts) == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_true_rates_beat_scaled_and_shuffled_ones(seed):
    rates, counts = population(seed, (40, 50, 6))
    best = co_bps(rates, counts)
    assert best > co_bps(1.1 * rates, counts)
    assert best > co_bps(0.9 * rates, counts)
    rng = np.random.default_rng(seed)
    assert co_bps(rng.permutation(rates, axis=0), counts) < best


def test_missing_bins_count_for_neither_model_nor_null():
    rates, counts = population(2)
    holed = counts.copy()
    holed[3:5] = np.nan
    kept = np.r_[0:3, 5:10]
    assert co_bps(rates, holed) == pytest.approx(co_bps(rates[kept], counts[kept]), abs=1e-13)
    # A missing rate is no harm where nothing was observed.
    rates = np.where(np.isnan(holed), np.nan, rates)
    assert np.isfinite(co_bps(rates, holed))


@given(st.integers(0, 1000))
def test_order_of_bins_and_neurons_is_no_matter(seed):
    rates, counts = population(seed, (3, 7, 3))
    rng = np.random.default_rng(seed)
    bins, neurons = rng.permutation(21), rng.permutation(3)
    flat = [a.reshape(21, 3)[bins][:, neurons] for a in (rates, counts)]
    assert co_bps(*flat) == pytest.approx(co_bps(rates, counts), rel=1e-9, nan_ok=True)


def test_zero_rates_are_floored_and_silence_is_nan():
    assert math.isnan(co_bps(np.ones((4, 2)), np.zeros((4, 2))))
    found = co_bps(np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]]))
    # log(1e-9) for one of two spikes.
    assert found == pytest.approx((math.log(1e-9) + 1.0) / (2 * math.log(2)), rel=1e-6)


def labelled(values, units):
    dims = ("trial", "time", "neuron")
    names = [f"n{k}" for k in range(values.shape[2])]
    return xr.DataArray(values, dims=dims, coords={"neuron": names}, attrs={"units": units})


@pytest.mark.parametrize("units", ["Hz", "1/s", "s-1", " hz "])
def test_rates_per_second_are_refused_where_units_are_known(units):
    rates, counts = population()
    with pytest.raises(UnitsError, match="width of a bin"):
        co_bps(labelled(rates * 50, units), counts)
    with pytest.raises(UnitsError):
        psth_r2(labelled(rates, units), counts, np.zeros(10), bin_s=0.02)
    with pytest.raises(UnitsError):
        velocity_r2(labelled(rates, units), counts, rates, counts)
    with pytest.raises(UnitsError):
        tp_correlation(labelled(rates, units), np.arange(10.0))


def test_labelled_arrays_are_aligned_by_dims_and_refused_by_labels():
    rates, counts = population()
    a, b = labelled(rates, "1"), labelled(counts, "1")
    assert co_bps(a.transpose("neuron", "trial", "time"), b) == co_bps(rates, counts)
    with pytest.raises(LabelError, match="neuron"):
        co_bps(a.isel(neuron=[1, 0, 2, 3]), b)
    with pytest.raises(SchemaError, match="dims"):
        co_bps(a.rename(time="step"), b)


def test_the_docstring_warns_of_hertz_in_plain_arrays():
    assert "Hz are not noticed" in " ".join(co_bps.__doc__.split())


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_impossible_rates_are_named(bad):
    rates, counts = population()
    rates[0, 0, 0] = bad
    with pytest.raises(SchemaError, match="rates"):
        co_bps(rates, counts)


def test_shapes_and_counts_are_checked():
    rates, counts = population()
    with pytest.raises(SchemaError, match="shape"):
        co_bps(rates[:5], counts)
    with pytest.raises(SchemaError, match="counts"):
        co_bps(rates, -counts - 1)


def test_velocity_equals_scikit_learns_ridge():
    rng = np.random.default_rng(0)
    x, y = rng.random((12, 40, 5)), rng.normal(size=(12, 40, 2))
    y += x @ rng.normal(size=(5, 2)) * 3
    found = velocity_r2(x[:9], y[:9], x[9:], y[9:])
    scores = []
    for alpha in np.logspace(-4, 0, 9):
        model = Ridge(alpha=alpha).fit(x[:9].reshape(-1, 5), y[:9].reshape(-1, 2))
        scores.append(model.score(x[9:].reshape(-1, 5), y[9:].reshape(-1, 2)))
    assert min(scores) - 1e-12 <= found <= max(scores) + 1e-12


@pytest.mark.parametrize("lag", [-3, 2])
def test_velocity_lag_is_found(lag):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 50, 3))
    y = np.roll(x, lag, axis=1) @ rng.normal(size=(3, 2))
    assert velocity_r2(x[:15], y[:15], x[15:], y[15:], lag=lag) > 0.999
    assert velocity_r2(x[:15], y[:15], x[15:], y[15:], lag=0) < 0.1


def test_velocity_leaves_out_what_is_missing():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(8, 30, 3))
    y = x @ rng.normal(size=(3, 2))
    y[0, :10] = np.nan
    assert velocity_r2(x[:6], y[:6], x[6:], y[6:]) > 0.999
    with pytest.raises(SchemaError, match="least"):
        velocity_r2(x[:6], y[:6] * np.nan, x[6:], y[6:])
    with pytest.raises(OptionError, match="lag"):
        velocity_r2(x[:6], y[:6], x[6:], y[6:], lag=30)
    with pytest.raises(SchemaError, match="same bins"):
        velocity_r2(x[:5], y[:6], x[6:], y[6:])


def test_psth_equals_r2_of_stacked_averages():
    rates, counts = population(3, (20, 40, 5))
    condition = np.repeat([0, 1], 10)
    kernel = np.exp(-0.5 * (np.arange(-14, 15) / 3.5) ** 2)
    weight = np.convolve(np.ones(40), kernel, "same")
    true = np.concatenate(
        [
            np.stack([np.convolve(m, kernel, "same") for m in counts[condition == c].mean(0).T], 1)
            / weight[:, None]
            for c in (0, 1)
        ]
    )
    found = np.concatenate([rates[condition == c].mean(0) for c in (0, 1)])
    expected = r2_score(true, found)
    assert psth_r2(rates, counts, condition, bin_s=0.02) == pytest.approx(expected, abs=1e-3)


def test_psth_prefers_the_true_rate():
    rng = np.random.default_rng(4)
    course = 1 + 0.8 * np.sin(np.arange(100) / 12)
    rates = np.broadcast_to(course[None, :, None], (200, 100, 3))
    counts = rng.poisson(rates).astype(float)
    condition = np.zeros(200)
    good = psth_r2(rates, counts, condition, bin_s=0.02, sd_s=0.04)
    assert good > 0.9
    assert psth_r2(np.ones_like(rates), counts, condition, bin_s=0.02, sd_s=0.04) < 0.05


def test_psth_is_checked():
    rates, counts = population()
    with pytest.raises(SchemaError, match="condition"):
        psth_r2(rates, counts, [0, 1], bin_s=0.02)
    with pytest.raises(OptionError, match="bin_s"):
        psth_r2(rates, counts, np.zeros(10), bin_s=0)
    flat = np.ones_like(rates)
    edge = psth_r2(flat, np.zeros_like(flat), np.zeros(10), bin_s=0.02)
    assert math.isnan(edge)


def test_tp_correlation_by_hand_within_conditions():
    rng = np.random.default_rng(0)
    speeds, times = rng.uniform(0.5, 2, 12), rng.uniform(0.4, 1.0, 12)
    rates = np.stack([np.outer(np.arange(20) * s, [3.0, 4.0]) for s in speeds])
    condition = np.repeat([0, 1], 6)
    expected = np.mean([pearsonr(speeds[:6], times[:6])[0], pearsonr(speeds[6:], times[6:])[0]])
    assert tp_correlation(rates, times, condition) == pytest.approx(expected, abs=1e-12)


def test_tp_window_cuts_and_is_checked():
    rates = [np.r_[np.zeros(5), np.arange(5.0) * k][:, None] for k in (1, 2, 4)]
    window = np.array([[5, 10]] * 3)
    assert tp_correlation(rates, [4.0, 2.0, 1.0], window=window) < -0.9
    with pytest.raises(SchemaError, match="window"):
        tp_correlation(rates, [4.0, 2.0, 1.0], window=[[3, 4]] * 3)
    with pytest.raises(SchemaError, match="interval"):
        tp_correlation(rates, [4.0, 2.0])
    assert math.isnan(tp_correlation(rates[:2], [1.0, 2.0]))


def test_public_names():
    for name in ("co_bps", "forward_bps", "velocity_r2", "psth_r2", "tp_correlation"):
        assert getattr(nk.flows, name).__doc__
