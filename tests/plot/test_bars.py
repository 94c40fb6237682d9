"""Bars of quality: one each, units said, what is bad or flat marked."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from neurokit import plot
from neurokit.errors import OptionError, UnitsError
from neurokit.plot.style import BLUE, VERMILLION


@pytest.fixture
def table():
    return xr.Dataset(
        {
            "sd": ("channel", [1e-5, 2e-5, 3e-5], {"long_name": "standard deviation"}),
            "missing_share": (
                "channel",
                [0.0, 0.5, 0.0],
                {"units": "1", "long_name": "missing samples (share)"},
            ),
            "drift": ("channel", [-1.0, 1.0, 2.0], {"units": "mV"}),
            "flat": ("channel", [False, False, True]),
        },
        {
            "channel": ["A1", "A2", "A3"],
            "unit": ("channel", ["V"] * 3),
            "bad": ("channel", [True, False, False]),
        },
    )


def test_every_channel_is_a_bar_with_its_name(table):
    ax = plot.quality(table, "sd")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["A1", "A2", "A3"]
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([10.0, 20.0, 30.0])


def test_the_label_carries_the_unit_of_the_channels(table):
    assert plot.quality(table, "sd").get_ylabel() == "standard deviation\n(µV)"


def test_a_share_says_what_it_is(table):
    assert plot.quality(table, "missing_share").get_ylabel() == "missing samples\n(share)"


def test_a_measure_with_its_own_unit_keeps_it(table):
    assert plot.quality(table, "drift").get_ylabel() == "drift\n(mV)"


def test_bad_and_flat_channels_are_vermillion(table):
    colours = [to_hex(bar.get_facecolor()).upper() for bar in plot.quality(table, "sd").patches]
    assert colours == [VERMILLION, BLUE, VERMILLION]


def test_positive_measures_start_at_zero_and_signed_ones_do_not(table):
    assert plot.quality(table, "sd").get_ylim()[0] == 0
    assert plot.quality(table, "drift").get_ylim()[0] < -0.9


def test_zero_everywhere_is_said_in_words(table):
    table["missing_share"] = table["missing_share"] * 0
    assert plot.quality(table, "missing_share").texts[0].get_text() == "0 everywhere"


def test_a_measure_that_could_not_be_computed_says_so(table):
    table["sd"] = table["sd"] * np.nan
    assert plot.quality(table, "sd").texts[0].get_text() == "could not be computed"


def test_some_values_may_be_missing(table):
    table["sd"] = ("channel", [np.nan, 2e-5, 3e-5])
    heights = [bar.get_height() for bar in plot.quality(table, "sd").patches]
    assert np.isnan(heights[0])
    assert heights[1:] == pytest.approx([20.0, 30.0])


def test_different_units_are_not_drawn_on_one_axis(table):
    mixed = table.assign_coords(unit=("channel", ["V", "T", "V"]))
    with pytest.raises(UnitsError):
        plot.quality(mixed, "sd")
    # A share is a share whatever the channel's unit.
    assert len(plot.quality(mixed, "missing_share").patches) == 3


def test_an_unknown_measure_names_the_nearest(table):
    with pytest.raises(OptionError, match="did you mean 'drift'"):
        plot.quality(table, "drif")


def test_neurons_have_bars_too():
    table = xr.Dataset({"snr": ("neuron", [2.0, 5.0])}, {"neuron": ["AVAL", "AVAR"]})
    ax = plot.quality(table, "snr")
    assert ax.get_xlabel() == "neuron"
    assert ax.get_ylabel() == "snr\n(no unit)"
