"""Matrices and degrees: labels where values are, units on the bar, counts that are right."""

import numpy as np
import pytest
import xarray as xr

from neurokit import plot, schema
from neurokit.errors import OptionError, SchemaError
from neurokit.simulate import recording


def bar(ax):
    return ax.images[0].colorbar.ax.get_ylabel()


def names(axis):
    return [tick.get_text() for tick in axis.get_ticklabels()]


@pytest.fixture
def square():
    values = np.arange(6.0).reshape(2, 3)
    coords = {"pre": ["a", "b"], "post": ["x", "y", "z"]}
    return xr.DataArray(values, coords, ("pre", "post"), "weight")


@pytest.fixture
def rdm():
    values = [1.0, 2.0, 3.0]
    coords = {"condition_1": ("pair", ["a", "a", "b"]), "condition_2": ("pair", ["b", "c", "c"])}
    return xr.DataArray(values, coords, ("pair",), "dissimilarity")


@pytest.fixture
def wires():
    weight = np.zeros((2, 3, 3))
    weight[0, 0, 1] = 5
    weight[0, 0, 2] = 1
    weight[0, 1, 2] = np.nan
    weight[1, 0, 1] = weight[1, 1, 0] = 2
    return schema.connectome(
        weight, pre=["a", "b", "c"], post=["a", "b", "c"], synapse_type=["chemical", "electrical"]
    )


def test_rows_are_the_first_dim_and_columns_the_second(square):
    ax = plot.matrix(square)
    np.testing.assert_array_equal(ax.images[0].get_array(), square.values)
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("pre", "post")
    assert names(ax.yaxis) == ["a", "b"]
    assert names(ax.xaxis) == ["x", "y", "z"]


def test_the_bar_names_the_values_and_their_unit(square):
    assert bar(plot.matrix(square)) == "weight (no unit)"
    assert bar(plot.matrix(square.assign_attrs(units="nS"))) == "weight (nS)"
    assert bar(plot.matrix(square.assign_attrs(long_name="synapses (count)"))) == "synapses (count)"
    assert bar(plot.matrix(square, name="strength")) == "strength (no unit)"


def test_heavy_tails_get_logarithmic_colours_and_zeros_stay_white(square):
    from matplotlib.colors import LogNorm

    image = plot.matrix(square, scale="log").images[0]
    assert isinstance(image.norm, LogNorm)
    assert (image.norm.vmin, image.norm.vmax) == (1.0, 5.0)
    assert np.ma.getmaskarray(np.ma.masked_invalid(image.get_array()))[0, 0]


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.ones((2, 2))])
def test_logarithmic_colours_need_no_range(values):
    plot.matrix(
        xr.DataArray(values, dims=("a", "b"), coords={"a": [0, 1], "b": [0, 1]}), scale="log"
    )


def test_both_signs_are_symmetric_about_zero(square):
    image = plot.matrix(square - 1).images[0]
    assert (image.norm.vmin, image.norm.vmax) == (-4.0, 4.0)


def test_equal_values_have_limits(square):
    image = plot.matrix(xr.ones_like(square)).images[0]
    assert image.norm.vmin < image.norm.vmax


def test_a_dissimilarity_of_pairs_becomes_a_symmetric_matrix(rdm):
    ax = plot.matrix(rdm)
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 1, 2], [1, 0, 3], [2, 3, 0]])
    assert names(ax.xaxis) == names(ax.yaxis) == ["a", "b", "c"]
    assert bar(ax) == "dissimilarity (no unit)"


def test_pairs_that_are_missing_stay_missing(rdm):
    shown = plot.matrix(rdm[:2]).images[0].get_array()
    assert np.isnan(np.ma.filled(shown, np.nan)[1, 2])


def test_many_labels_are_thinned(square):
    big = xr.DataArray(
        np.zeros((400, 400)), {"pre": np.arange(400), "post": np.arange(400)}, ("pre", "post")
    )
    ax = plot.matrix(big)
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 40


def test_other_dims_have_to_be_chosen_first(wires):
    with pytest.raises(SchemaError, match="sel"):
        plot.matrix(wires.weight)


def test_one_dim_that_is_no_pair_is_refused():
    with pytest.raises(SchemaError, match="Choose a matrix"):
        plot.matrix(xr.DataArray(np.zeros(3), dims="neuron"))


def test_nothing_observed_is_said(square):
    ax = plot.matrix(square * np.nan)
    assert ax.texts[0].get_text() == "nothing was observed"


def test_an_unknown_scale_is_an_error(square):
    with pytest.raises(OptionError, match="'linear', 'log'"):
        plot.matrix(square, scale="sqrt")


def test_square_matrices_are_square_and_strips_fill_the_figure(square):
    assert plot.matrix(square).get_aspect() == 1.0
    strip = xr.DataArray(np.zeros((1, 50)), {"a": [0], "b": np.arange(50)}, ("a", "b"))
    assert plot.matrix(strip).get_aspect() == "auto"


def steps(ax):
    return {
        line.get_label(): dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
        for line in ax.lines
    }


def test_degrees_count_partners_out_and_in(wires):
    found = steps(plot.degrees(wires))
    assert set(found) == {
        "chemical, out", "chemical, in", "electrical, out", "electrical, in",
    }  # fmt: skip
    # Out degrees 2, 0, 0 (NaN is no partner); in degrees 0, 1, 1.
    assert found["chemical, out"][2] == pytest.approx(1 / 3)
    assert found["chemical, in"][1] == pytest.approx(1 / 3)


def test_every_cell_has_at_least_its_least_degree(wires):
    ax = plot.degrees(wires)
    assert max(line.get_ydata().max() for line in ax.lines) == 1.0
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "partners per cell (count)",
        "share of cells with at least as many",
    )


def test_solid_is_out_and_dashed_is_in(wires):
    styles = {line.get_label(): line.get_linestyle() for line in plot.degrees(wires).lines}
    assert styles["chemical, out"] == "-"
    assert styles["chemical, in"] == "--"


def test_a_recording_or_its_group_is_taken(wires):
    rec = recording("connectome", n_channels=10, random_state=0)
    assert len(plot.degrees(rec).lines) == len(plot.degrees(wires).lines) == 4


def test_without_a_connectome_there_is_an_error():
    with pytest.raises(SchemaError, match="no /connectome"):
        plot.degrees(recording("spikes", n_channels=2, duration=2.0, random_state=0))
