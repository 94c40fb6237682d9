"""Figures of a fit show its numbers: order, frames, shares, marks, and say what is missing."""

from __future__ import annotations

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import neurokit as nk
from neurokit.connectome import (
    DynamicConnectome,
    compare_structure,
    neuron_strength,
    plot_atlas,
    plot_community_graph,
    plot_course,
    plot_courses_under_tracks,
    plot_motif_beside_structure,
    plot_motif_matrix,
    plot_null,
    plot_structure_comparison,
)
from neurokit.connectome.motif_plots import neuron_order
from neurokit.errors import NotFittedError, OptionError, SchemaError


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def fit():
    recs = nk.simulate.worms(3, 24, 2, n_communities=2, duration=240.0, random_state=0).recordings
    return DynamicConnectome(
        2, bin_s=8.0, n_restarts=2, communities="leiden", n_permutations=19, random_state=0
    ).fit(recs)


@pytest.fixture(scope="module")
def own():
    recs = nk.simulate.worms(2, 16, 2, duration=160.0, n_epochs=2, random_state=0).recordings
    return DynamicConnectome(
        2,
        bin_s=8.0,
        n_restarts=1,
        communities=None,
        n_permutations=0,
        shared_time=False,
        random_state=0,
    ).fit(recs)


def wiring(fit):
    names = fit.motifs_.neuron.values[2:]
    n = len(names)
    weight = np.random.default_rng(0).integers(0, 3, (2, n, n)).astype(float)
    coords = {"synapse_type": ["chemical", "electrical"], "pre": names, "post": names}
    return xr.DataArray(weight, coords, ["synapse_type", "pre", "post"])


def new_axes():
    return Figure().subplots()


def test_neurons_are_ordered_by_community_then_strength(fit):
    order, labels = neuron_order(fit, 0, None)
    assert sorted(order.tolist()) == list(range(fit.motifs_.sizes["neuron"]))
    members = labels[labels >= 0]
    assert (np.diff(members) >= 0).all()
    assert (labels[len(members) :] == -1).all()
    strength = neuron_strength(fit.factors_).values[0]
    first = strength[order[labels == 0]]
    assert (np.diff(first) <= 1e-12).all()


def test_a_matrix_is_relative_to_its_largest_and_framed(fit):
    ax = plot_motif_matrix(fit, 1, ax=new_axes())
    order, labels = neuron_order(fit, 1)
    matrix = fit.motifs_.values[1]
    drawn = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_allclose(drawn, matrix[np.ix_(order, order)] / np.nanmax(matrix))
    assert len(ax.patches) == len(np.unique(labels[labels >= 0]))
    size = int((labels == 0).sum())
    assert ax.patches[0].get_width() == size
    assert ax.get_xlabel() == "partner"


def test_fewer_neurons_can_be_shown(fit):
    ax = plot_motif_matrix(fit, 0, n_shown=7, ax=new_axes())
    assert ax.images[0].get_array().shape == (7, 7)


def test_a_graph_has_a_dot_per_member_and_only_strong_pairs(fit):
    ax = plot_community_graph(fit, 0, ax=new_axes())
    n = int((fit.communities_.values[0] >= 0).sum())
    assert len(ax.collections[0].get_offsets()) == n
    assert len(ax.texts) == n
    assert len(ax.lines) <= n * (n - 1) / 2
    places = np.asarray(ax.collections[0].get_offsets())
    np.testing.assert_allclose(np.hypot(*places.T), 1.0)


def test_a_graph_without_communities_shows_all(own):
    ax = plot_community_graph(own, 0, ax=new_axes())
    assert len(ax.texts) == own.motifs_.sizes["neuron"]


def test_the_null_is_drawn_beside_the_motifs(fit):
    ax = plot_null(fit, ax=new_axes())
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose([dot.get_ydata()[0] for dot in dots], fit.null_.statistic)
    assert [text.get_text() for text in ax.texts] == ["0.05", "0.05"]
    assert ax.get_ylabel() == "explained alone (share)"


def test_without_permutations_there_is_no_null_to_draw(own):
    with pytest.raises(OptionError, match="n_permutations"):
        plot_null(own)


def test_courses_are_drawn_over_their_epochs(fit):
    ax = plot_course(fit, ax=new_axes())
    assert len(ax.lines) == 2
    top = ax.lines[-1].get_ydata() - 1.15
    np.testing.assert_allclose(top, fit.time_course_.values[0] / fit.time_course_.values[0].max())
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"epoch A", "epoch B"}
    assert ax.get_xlabel() == "time (s)"
    assert len(plot_course(fit, 1, ax=new_axes()).lines) == 1


def test_one_recording_shows_its_own_strength(fit):
    ax = plot_course(fit, 0, recording="worm2", ax=new_axes())
    strength = fit.recording_course_.sel(component=0, recording="worm2").values
    np.testing.assert_allclose(ax.lines[0].get_ydata(), strength / strength.max())
    with pytest.raises(OptionError, match="worm9"):
        plot_course(fit, recording="worm9")


def test_own_times_are_a_line_each_without_epochs(own):
    ax = plot_course(own, 0, ax=new_axes())
    assert len(ax.lines) == 2
    assert {t.get_text() for t in ax.get_legend().get_texts()} == {"worm1", "worm2"}
    assert not ax.collections


def test_tracks_stand_above_on_the_same_clock(fit):
    time = fit.time_course_.time
    speed = xr.DataArray(np.sin(time.values), {"time": time}, attrs={"units": "mm/s"})
    place = xr.DataArray(np.zeros((time.size, 2)), {"time": time}, ["time", "axis"])
    tracks = xr.Dataset({"head_speed": speed, "place": place})
    axes = plot_courses_under_tracks(fit, tracks, figure=Figure())
    assert len(axes) == 2
    assert axes[0].get_ylabel() == "head speed\n(mm/s)"
    assert axes[0].get_xlim() == axes[1].get_xlim()
    with pytest.raises(SchemaError, match="tracks"):
        plot_courses_under_tracks(fit, {"place": place})


def test_tracks_need_a_recording_where_there_is_no_clock(own):
    track = {"speed": own.recording_course_.isel(component=0, recording=0, drop=True)}
    with pytest.raises(OptionError, match="recording"):
        plot_courses_under_tracks(own, track)
    axes = plot_courses_under_tracks(own, track, recording="worm1", figure=Figure())
    assert len(axes) == 2


def test_the_atlas_says_mean_error_and_mark(fit):
    ax = plot_atlas(fit.atlas_, ax=new_axes())
    mean, outside = fit.atlas_["mean"].values, fit.atlas_.outside.values
    np.testing.assert_allclose(ax.images[0].get_array(), (mean - outside) / (mean + outside))
    assert len(ax.texts) == 4
    starred = sum("*" in text.get_text() for text in ax.texts)
    assert starred == int((fit.atlas_.q < 0.05).sum())
    assert [t.get_text() for t in ax.get_yticklabels()] == ["motif 0", "motif 1"]
    empty = fit.atlas_.isel(trial_type=slice(0))
    assert plot_atlas(empty, ax=new_axes()).texts[0].get_text() == "no events"
    with pytest.raises(SchemaError, match="atlas"):
        plot_atlas(xr.Dataset())


def test_synapses_stand_beside_in_the_same_order(fit):
    weight = wiring(fit)
    axes = plot_motif_beside_structure(fit, weight, 0, n_shown=None, figure=Figure())
    assert [ax.get_title() for ax in axes] == ["motif 0", "chemical", "electrical"]
    order, _ = neuron_order(fit, 0, None)
    names = fit.motifs_.neuron.values[order]
    both = weight.values[0] + weight.values[0].T
    placed = xr.DataArray(both, {"pre": weight.pre, "post": weight.post}, ["pre", "post"])
    expected = np.log1p(placed.reindex(pre=names, post=names).values)
    np.testing.assert_allclose(np.ma.filled(axes[1].images[0].get_array(), np.nan), expected)
    one = plot_motif_beside_structure(fit, weight, 0, synapse_types=["electrical"], figure=Figure())
    assert len(one) == 2
    with pytest.raises(OptionError, match="chemica"):
        plot_motif_beside_structure(fit, weight, 0, synapse_types=["chemica"])


def test_a_comparison_is_drawn_with_its_null(fit):
    found = compare_structure(fit, wiring(fit), n_permutations=19, random_state=0)
    assert json.loads(found.attrs["not_in_connectome"]) == fit.motifs_.neuron.values[:2].tolist()
    ax = plot_structure_comparison(found, "pearson", ax=new_axes())
    dots = [
        line.get_ydata()[0]
        for line in ax.lines
        if line.get_marker() == "o" and len(line.get_ydata()) == 1
    ]
    expected = found.r.sel(correlation="pearson").transpose("synapse_type", "component")
    np.testing.assert_allclose(dots, expected.values.ravel())
    assert ax.get_ylabel() == "pearson r over pairs"
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named[-2:] == ["q of 0.05 and more", "rewired, mean and 2 sd"]
    with pytest.raises(OptionError, match="kendall"):
        plot_structure_comparison(found, "kendall")
    with pytest.raises(SchemaError, match="comparison"):
        plot_structure_comparison(fit.atlas_)


def test_the_overview_has_a_row_per_motif_and_says_p(fit):
    axes = fit.plot()
    assert axes.shape == (2, 3)
    assert "p = 0.05" in axes[0, 0].get_title(loc="left")
    # Names stand once, at the rows, which columns follow.
    assert [bool(axes[0, 0].get_xticklabels()), bool(axes[0, 0].get_yticklabels())] == [False, True]
    assert axes[0, 0].get_xlabel() == "partner, in the same order"


def test_the_overview_of_one_animal_draws_no_bar_that_is_always_one():
    recs = nk.simulate.worms(1, 12, 2, duration=120.0, n_epochs=2, random_state=0).recordings
    alone = DynamicConnectome(
        2, bin_s=8.0, n_restarts=1, communities=None, n_permutations=0, random_state=0
    ).fit(recs)
    axes = alone.plot()
    assert axes.shape == (2, 2)
    assert not any(ax.get_xlabel() == "recording" for ax in axes[0, 0].figure.axes)


def test_default_axes_are_new_ones(fit):
    assert plot_null(fit).figure is not plot_atlas(fit.atlas_).figure


@pytest.mark.parametrize("draw", [plot_motif_matrix, plot_community_graph, plot_course])
def test_a_motif_that_is_not_there_is_said(fit, draw):
    with pytest.raises(OptionError, match="there is no component 9"):
        draw(fit, 9)
    with pytest.raises(NotFittedError):
        draw(DynamicConnectome(2), 0)


def test_a_recording_has_one_colour_in_all_motifs_and_in_the_legend(own):
    ax = plot_course(own)
    n_motifs, n_recordings = own.time_course_.shape[:2]
    colours = np.array([line.get_color() for line in ax.lines]).reshape(n_motifs, n_recordings)
    assert (colours == colours[0]).all()
    assert len(set(colours[0])) == n_recordings
    legend = ax.get_legend()
    shown = {
        text.get_text(): line.get_color()
        for text, line in zip(legend.get_texts(), legend.get_lines(), strict=True)
    }
    names = own.time_course_.recording.values.tolist()
    assert shown == dict(zip(names, colours[0].tolist(), strict=True))


def test_frames_at_the_edge_of_a_matrix_are_drawn_whole(fit):
    ax = plot_motif_matrix(fit, 0)
    boxes = [patch for patch in ax.patches if patch.get_width() > 0]
    assert boxes
    assert not any(box.get_clip_on() for box in boxes)
