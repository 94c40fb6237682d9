"""Figures show what was fitted: values, order, labels with units, gaps."""

from __future__ import annotations

from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from neurokit.connectome import (
    motif_matrices,
    neuron_strength,
    plot_components,
    plot_motif,
    plot_recording_loading,
    plot_time_course,
)
from neurokit.connectome.factors import labelled_factors
from neurokit.connectome.pairs import pair_index
from neurokit.errors import OptionError, SchemaError
from neurokit.schema import events


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def some_factors(n_neurons=6, n_times=9, n_recordings=3, rank=2, seed=0, run=None):
    rng = np.random.default_rng(seed)
    names = np.array([f"N{k:02d}" for k in range(n_neurons)])
    first, second = pair_index(n_neurons)
    coords = {
        "neuron": ("pair", names[first]),
        "partner": ("pair", names[second]),
        "time": ("time", 0.5 + np.arange(n_times)),
        "recording": [f"worm{k}" for k in range(n_recordings)],
    }
    if run is not None:
        coords["run"] = ("time", run)
    shape = (first.size, n_times, n_recordings)
    tensor = xr.DataArray(np.zeros(shape), coords, ["pair", "time", "recording"])
    return labelled_factors(tensor, [rng.random((n, rank)) for n in shape])


def new_axes():
    return Figure().subplots()


def test_a_matrix_is_sorted_by_strength_and_relative_to_its_largest():
    factors = some_factors()
    ax = plot_motif(factors, 1, ax=new_axes())
    drawn = np.asarray(ax.images[0].get_array())
    order = np.argsort(-neuron_strength(factors).values[1])
    expected = motif_matrices(factors).values[1][np.ix_(order, order)]
    np.testing.assert_allclose(drawn, expected / expected.max())
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == [f"N{k:02d}" for k in order]
    assert ax.get_ylabel() == "neuron"


def test_of_many_neurons_the_strongest_are_drawn_and_named():
    factors = some_factors(n_neurons=98)
    ax = plot_motif(factors, ax=new_axes())
    assert np.asarray(ax.images[0].get_array()).shape == (40, 40)
    assert len(ax.get_yticklabels()) == 40
    assert ax.get_ylabel() == "neuron, strongest 40 of 98"
    strongest = str(neuron_strength(factors)[0].idxmax().item())
    assert ax.get_yticklabels()[0].get_text() == strongest
    whole = plot_motif(factors, n_shown=None, ax=new_axes())
    assert np.asarray(whole.images[0].get_array()).shape == (98, 98)
    assert len(whole.get_yticklabels()) <= 40


def test_pairs_never_recorded_together_are_masked_and_not_zero():
    factors = some_factors()
    factors["pair_loading"].values[:, 3] = np.nan
    ax = plot_motif(factors, ax=new_axes())
    assert np.ma.getmaskarray(np.ma.masked_invalid(ax.images[0].get_array())).sum() == 2
    bad = ax.images[0].get_cmap().get_bad()
    assert tuple(bad) != tuple(ax.images[0].get_cmap()(0.0))


def test_the_colour_bar_says_what_it_counts():
    ax = plot_motif(some_factors())
    assert "share of largest" in ax.figure.axes[1].get_ylabel()


def test_a_time_course_is_drawn_against_seconds():
    factors = some_factors()
    ax = plot_time_course(factors, 0, ax=new_axes())
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(x, factors.time)
    np.testing.assert_allclose(y, factors.time_course[0] / factors.time_course[0].max())
    assert ax.get_xlabel() == "time (s)"
    assert "share of largest" in ax.get_ylabel()


def test_all_time_courses_stand_above_each_other_first_on_top():
    ax = plot_time_course(some_factors(rank=3), ax=new_axes())
    lowest = [line.get_ydata().min() for line in ax.lines]
    highest = [line.get_ydata().max() for line in ax.lines]
    assert lowest[0] > highest[1]
    assert lowest[1] > highest[2]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["motif 0", "motif 1", "motif 2"]


def test_a_line_breaks_where_the_record_does():
    ax = plot_time_course(some_factors(run=[0] * 4 + [1] * 5), 0, ax=new_axes())
    assert [line.get_xdata().size for line in ax.lines] == [4, 5]


def test_events_with_a_duration_are_shaded():
    stimuli = events([1.0, 3.0, 5.0], duration=[1.0, 1.0, 0.0], trial_type=["odour", "blank", "x"])
    ax = plot_time_course(some_factors(), 0, events=stimuli, ax=new_axes())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["blank", "odour"]
    none = plot_time_course(some_factors(), 0, events=events([1.0]), ax=new_axes())
    assert none.get_legend() is None


def test_many_kinds_of_events_are_left_out():
    many = events(range(9), duration=[0.5] * 9, trial_type=[f"k{i}" for i in range(9)])
    assert plot_time_course(some_factors(), 0, events=many, ax=new_axes()).get_legend() is None


def test_loadings_are_relative_to_their_mean():
    factors = some_factors()
    ax = plot_recording_loading(factors, 1, ax=new_axes())
    heights = [bar.get_height() for bar in ax.patches]
    loading = factors.recording_loading[1]
    np.testing.assert_allclose(heights, loading / loading.mean())
    assert [t.get_text() for t in ax.get_xticklabels()] == ["worm0", "worm1", "worm2"]


@pytest.mark.parametrize(("n_recordings", "rotation"), [(3, 0), (4, 90), (9, 90)])
def test_names_of_many_recordings_are_turned(n_recordings, rotation):
    ax = plot_recording_loading(some_factors(n_recordings=n_recordings), 0, ax=new_axes())
    assert {tick.get_rotation() for tick in ax.get_xticklabels()} == {rotation}
    names = [tick.get_text() for tick in ax.get_xticklabels()]
    assert names == [f"worm{k}" for k in range(n_recordings)]


def test_loadings_of_all_components_stand_side_by_side():
    ax = plot_recording_loading(some_factors(rank=2), ax=new_axes())
    assert len(ax.patches) == 6
    places = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches)
    assert all(right <= left + 1e-9 for (_, right), (left, _) in pairwise(places))
    assert len(ax.get_legend().get_texts()) == 2


@pytest.mark.parametrize("draw", [plot_motif, plot_time_course, plot_recording_loading])
def test_axes_given_are_used_and_returned_and_else_made(draw):
    factors = some_factors()
    ax = new_axes()
    assert draw(factors, 0, ax=ax) is ax
    assert draw(factors, 0).figure.number in plt.get_fignums()


@pytest.mark.parametrize("draw", [plot_motif, plot_time_course, plot_recording_loading])
def test_a_component_that_is_not_there_is_an_error(draw):
    with pytest.raises(OptionError, match=r"no component 7.*\[0, 1\]"):
        draw(some_factors(), 7)


def test_modes_that_are_not_there_are_an_error():
    bare = some_factors()
    with pytest.raises(SchemaError, match="recordings"):
        plot_recording_loading(bare.drop_vars("recording_loading"))
    with pytest.raises(SchemaError, match="time"):
        plot_time_course(bare.drop_vars("time_course"))


def test_an_empty_component_can_be_drawn():
    factors = some_factors()
    for name in ("pair_loading", "time_course", "recording_loading"):
        factors[name].values[1] = 0.0
    axes = plot_components(factors, figure=Figure())
    assert axes.shape == (2, 3)


def test_the_overview_has_a_row_per_component_and_says_its_weight():
    axes = plot_components(some_factors(rank=2))
    assert axes.shape == (2, 3)
    assert axes[1, 0].get_title(loc="left").startswith("motif 1, weight")
    assert len(axes[0, 0].images) == 1


def test_modes_without_names_are_bars_or_lines():
    tensor = xr.DataArray(np.zeros((60, 5)), dims=["axis_0", "axis_1"])
    rng = np.random.default_rng(0)
    axes = plot_components(labelled_factors(tensor, [rng.random((n, 1)) for n in (60, 5)]))
    assert len(axes[0, 0].lines) == 1
    assert len(axes[0, 1].patches) == 5
    assert axes[0, 0].get_xlabel() == "axis 0"


def test_figures_can_be_written_without_a_warning(tmp_path):
    with mpl.rc_context({"backend": "Agg"}):
        plot_components(some_factors())[0, 0].figure.savefig(tmp_path / "a.png", dpi=30)
    assert (tmp_path / "a.png").stat().st_size > 1000
