"""Heatmaps: every neuron a row, robust limits, units on the bar."""

import numpy as np
import pytest

from neurokit import plot
from neurokit.errors import OptionError, UnitsError


def image(ax):
    return ax.collections[0]


def bar(ax):
    return image(ax).colorbar.ax.get_ylabel()


@pytest.fixture
def values():
    return np.random.default_rng(0).random((120, 5)).astype(np.float32)


def test_every_neuron_is_a_row_and_every_sample_a_column(worm, values):
    ax = plot.heatmap(worm(values))
    np.testing.assert_allclose(image(ax).get_array().reshape(5, 120), values.T, rtol=1e-6)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["N0", "N1", "N2", "N3", "N4"]


def test_axes_and_bar_carry_units(worm, values):
    ax = plot.heatmap(worm(values))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "neuron")
    assert bar(ax) == "activity (no unit)"


def test_the_bar_says_what_the_numbers_are_where_the_recording_does(worm, values):
    rec = worm(values)
    rec["activity"]["signal"].attrs["long_name"] = "spikes per bin, in $"
    assert bar(plot.heatmap(rec)) == r"spikes per bin, in \$ (no unit)"
    assert bar(plot.heatmap(rec, scale="robust")).startswith(r"spikes per bin, in \$, robust")


def test_volts_are_shown_in_microvolts(build):
    ax = plot.heatmap(build(1e-5 * np.random.default_rng(0).standard_normal((50, 3))))
    assert bar(ax) == "activity (µV)"
    assert 1 < image(ax).get_clim()[1] < 100


def test_the_first_neuron_stands_on_top(worm, values):
    low, high = plot.heatmap(worm(values)).get_ylim()
    assert low > high


def test_an_outlier_does_not_take_all_the_colours(worm, values):
    values[3, 2] = 1e6
    assert image(plot.heatmap(worm(values))).get_clim()[1] < 2


def test_both_signs_get_limits_that_are_symmetric(worm, values):
    low, high = image(plot.heatmap(worm(values - 0.5))).get_clim()
    assert low == -high


def test_one_sign_gets_its_own_limits(worm, values):
    low, high = image(plot.heatmap(worm(values + 3))).get_clim()
    assert 2.9 < low < high < 4.1


def test_robust_rows_have_median_zero_and_unit_spread(worm):
    values = np.random.default_rng(0).standard_normal((500, 3)) * [1, 50, 1000] + [0, 7, -900]
    ax = plot.heatmap(worm(values), scale="robust")
    rows = np.asarray(image(ax).get_array()).reshape(3, 500)
    np.testing.assert_allclose(np.median(rows, axis=1), 0, atol=1e-6)
    spread = 1.4826 * np.median(np.abs(rows), axis=1)
    np.testing.assert_allclose(spread, 1, rtol=1e-5)
    assert bar(ax) == "activity, robust z-score (no unit)"


def test_rows_without_spread_or_values_stay_finite_or_missing(worm, values):
    values[:, 0] = 2.0
    values[:, 1] = np.nan
    rows = image(plot.heatmap(worm(values), scale="robust")).get_array().reshape(5, 120)
    assert (rows[0] == 0).all()
    assert np.ma.getmaskarray(rows)[1].all()


def test_mixed_units_are_refused_unless_scaled(build):
    rec = build(np.random.default_rng(0).random((50, 2)), kinds=["MEGMAG", "MEGGRADPLANAR"])
    with pytest.raises(UnitsError, match="2 units"):
        plot.heatmap(rec)
    assert "z-score" in bar(plot.heatmap(rec, scale="robust"))


def test_a_window_is_read_and_no_more(counted):
    rec, array = counted(100_000, 8)
    ax = plot.heatmap(rec, start=5.0, stop=6.0)
    assert array.n_read == 100 * 8
    assert ax.get_xlim() == pytest.approx((5.0, 6.0))


def test_long_recordings_are_averaged_to_what_a_page_can_show(counted):
    rec, array = counted(50_000, 4)
    assert image(plot.heatmap(rec)).get_array().size <= 4000
    assert array.n_read == 200_000


def test_nothing_observed_is_said(worm):
    ax = plot.heatmap(worm(np.full((20, 3), np.nan)))
    assert ax.texts[0].get_text() == "nothing was observed"


def test_constant_activity_has_limits(worm):
    low, high = image(plot.heatmap(worm(np.ones((20, 3))))).get_clim()
    assert low < 1 < high


def test_irregular_time_is_drawn_where_it_was(worm, values):
    time = np.cumsum(np.random.default_rng(0).uniform(0.2, 0.4, 120))
    ax = plot.heatmap(worm(values, time=time))
    assert ax.get_xlim()[0] == pytest.approx(time[0])


def test_an_unknown_scale_names_the_known(worm, values):
    with pytest.raises(OptionError, match="did you mean 'robust'"):
        plot.heatmap(worm(values), scale="robst")


def test_axes_given_are_drawn_on(worm, values):
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert plot.heatmap(worm(values), ax=ax) is ax
