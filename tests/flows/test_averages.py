"""Trial averages by hand, and their figure."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from neurokit.errors import OptionError, SchemaError, UnitsError
from neurokit.flows import plot_psth, psth_r2
from neurokit.flows.metrics import trial_averages


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.1, 2.0, (6, 30, 2))
    counts = rng.poisson(rates).astype(float)
    counts[0, 5, 1] = np.nan
    return rates, counts, np.array(["b", "a", "b", "a", "a", "b"])


def test_averages_are_those_of_each_condition_in_order(data):
    rates, counts, condition = data
    labels, empirical, predicted = trial_averages(rates, counts, condition, bin_s=0.02, sd_s=0.04)
    assert labels.tolist() == ["a", "b"]
    np.testing.assert_allclose(predicted[0], rates[[1, 3, 4]].mean(axis=0))
    np.testing.assert_allclose(empirical[0], by_kernel(counts[[1, 3, 4]].mean(axis=0), 2.0))
    # A missing count is left out of its bin's average, and does not spread.
    average = np.nanmean(counts[[0, 2, 5], :, 1:], axis=0)
    np.testing.assert_allclose(empirical[1, :, 1:], by_kernel(average, 2.0))


def by_kernel(average, sd):
    """Sums of Gaussian weights written out; the kernel ends at four standard deviations."""
    at = np.arange(len(average))
    apart = at[:, None] - at
    weight = np.where(np.abs(apart) <= round(4 * sd), np.exp(-0.5 * (apart / sd) ** 2), 0.0)
    return weight @ average / weight.sum(axis=1)[:, None]


def test_a_flat_rate_stays_flat_to_the_ends_of_the_window_and_beside_missing_bins(data):
    _, counts, condition = data
    flat = np.full_like(counts, 3.0)
    flat[:, 10:12] = np.nan
    _, empirical, _ = trial_averages(flat, flat, condition, bin_s=0.02, sd_s=0.07)
    assert np.isnan(empirical[:, 10:12]).all()
    np.testing.assert_allclose(np.delete(empirical, [10, 11], axis=1), 3.0)


def test_r2_is_that_of_these_averages(data):
    rates, counts, condition = data
    _, empirical, predicted = trial_averages(rates, counts, condition, bin_s=0.02, sd_s=0.04)
    y, x = (a.reshape(-1, 2) for a in (empirical, predicted))
    by_hand = 1 - ((y - x) ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    assert psth_r2(rates, counts, condition, bin_s=0.02, sd_s=0.04) == pytest.approx(by_hand.mean())


def test_the_figure_is_in_spikes_per_second_with_one_colour_per_condition(data):
    rates, counts, condition = data
    ax = plot_psth(rates, counts, condition, bin_s=0.02, neuron=1, sd_s=0.04)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "rate (1/s)")
    _, empirical, predicted = trial_averages(rates, counts, condition, bin_s=0.02, sd_s=0.04)
    dashed, solid = ax.lines[0], ax.lines[1]
    np.testing.assert_allclose(dashed.get_ydata(), empirical[0, :, 1] / 0.02)
    np.testing.assert_allclose(solid.get_ydata(), predicted[0, :, 1] / 0.02)
    assert dashed.get_color() == solid.get_color() != ax.lines[3].get_color()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["a", "b", "counted, smoothed"]


def test_time_is_that_of_the_counts(data):
    rates, counts, condition = data
    clock = -0.2 + 0.02 * np.arange(30)
    labelled = xr.DataArray(counts, {"time": clock}, ("trial", "time", "neuron"))
    ax = plot_psth(rates, labelled, condition, bin_s=0.02)
    np.testing.assert_allclose(ax.lines[0].get_xdata(), clock)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"condition": [1, 2]}, SchemaError, "condition per trial"),
        ({"bin_s": 0.0}, OptionError, "bin_s"),
        ({"sd_s": np.nan}, OptionError, "sd_s"),
        ({"neuron": 2}, OptionError, "There are 2"),
    ],
)
def test_what_is_wrong_is_named(data, change, error, says):
    rates, counts, condition = data
    given = {"condition": condition, "bin_s": 0.02, **change}
    with pytest.raises(error, match=says):
        plot_psth(rates, counts, given.pop("condition"), **given)


def test_rates_in_hertz_are_refused(data):
    rates, counts, condition = data
    labelled = xr.DataArray(rates, dims=("trial", "time", "neuron"), attrs={"units": "Hz"})
    with pytest.raises(UnitsError):
        plot_psth(labelled, counts, condition, bin_s=0.02)
