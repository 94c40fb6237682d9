"""What figures of scores and fits show: marks by label, NaN, orders, counts, few and many."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgba

from neurokit.encoding import plot_alpha_path, plot_band_shares, plot_trf
from neurokit.encoding.score_plots import (
    plot_layer_map,
    plot_pattern,
    plot_score_map,
    plot_sites,
    plot_variance_partition,
)
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.plot.style import BLUE, GREY


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def scores(values, names="abcd"):
    return xr.DataArray(values, dims="channel", coords={"channel": list(names)})


def bars(ax):
    return [bar.get_height() for bar in ax.patches], [bar.get_facecolor() for bar in ax.patches]


def test_marks_belong_to_their_channel_in_any_order():
    marks = scores([True, False, False, False], "dcba")
    heights, colours = bars(
        plot_score_map(scores([0.1, 0.4, 0.2, 0.3]), significant=marks, kind="bars")
    )
    assert heights == [0.4, 0.3, 0.2, 0.1]
    assert colours == [to_rgba(GREY), to_rgba(BLUE), to_rgba(GREY), to_rgba(GREY)]


def test_channels_without_a_mark_are_not_marked_and_others_are_ignored():
    marks = scores([True, True], "cx")
    _, colours = bars(plot_score_map(scores([0.1, 0.2, 0.3, 0.4]), significant=marks, kind="bars"))
    assert colours == [to_rgba(GREY), to_rgba(BLUE), to_rgba(GREY), to_rgba(GREY)]


def test_marks_without_labels_are_by_place_and_must_be_as_many():
    marks = xr.DataArray([True, False, False, False], dims="channel")
    _, colours = bars(plot_score_map(scores([0.1, 0.2, 0.3, 0.4]), significant=marks, kind="bars"))
    assert colours[-1] == to_rgba(BLUE)
    with pytest.raises(LabelError, match="significant"):
        plot_score_map(scores([0.1, 0.2, 0.3, 0.4]), significant=marks[:3], kind="bars")


def test_where_nothing_is_marked_no_bar_is_grey():
    _, colours = bars(plot_score_map(scores([0.1, 0.2, 0.3, -0.4]), kind="bars"))
    assert colours == [to_rgba(BLUE)] * 4


def test_unknown_scores_come_last():
    ax = plot_score_map(scores([0.1, np.nan, 0.3, -0.2]), kind="bars")
    heights, _ = bars(ax)
    assert heights[:3] == [0.3, 0.1, -0.2]
    assert np.isnan(heights[3])
    assert [t.get_text() for t in ax.get_xticklabels()] == list("cadb")


def test_a_score_map_needs_one_dim_places_and_a_known_kind():
    with pytest.raises(LabelError, match="dims"):
        plot_score_map(xr.DataArray(np.zeros((2, 2)), dims=("channel", "time")))
    with pytest.raises(OptionError, match="kind"):
        plot_score_map(scores(np.zeros(4)), kind="pie")
    with pytest.raises(SchemaError, match="no positions"):
        plot_score_map(scores(np.zeros(4)), kind="sensors")


def sites(responsive, site):
    n = len(site)
    score = xr.DataArray(
        np.stack([np.arange(n) / 10, np.arange(n) / 5]),
        dims=("model", "site"),
        coords={"model": ["vision+language", "full"]},
    )
    return xr.Dataset({"score": score, "responsive": ("site", responsive), "site": ("site", site)})


def test_every_site_is_in_one_group_at_its_two_scores():
    table = sites([False, True, True, True], [False, False, False, True])
    ax = plot_sites(table)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "not responsive (1)",
        "responsive (2)",
        "integration (1)",
    ]
    places = np.concatenate([dots.get_offsets() for dots in ax.collections])
    np.testing.assert_allclose(places, np.column_stack([np.arange(4) / 10, np.arange(4) / 5]))
    assert ax.lines[0].get_xdata().tolist() == ax.lines[0].get_ydata().tolist()


def test_lags_are_averaged_before_sites_are_drawn():
    table = sites([True, True], [False, True])
    lagged = xr.concat([table.score - 0.5, table.score + 0.5], "lag").transpose(
        "model", "site", "lag"
    )
    ax = plot_sites(table.assign(score=lagged))
    places = np.concatenate([dots.get_offsets() for dots in ax.collections])
    np.testing.assert_allclose(places, [[0.0, 0.0], [0.1, 0.2]], atol=1e-12)


def parts(values, **coords):
    common = xr.DataArray(
        values, dims=("part", "site"), coords={"part": ["a", "b", "a+b"], **coords}
    )
    return xr.Dataset({"common": common})


def test_only_the_best_targets_are_drawn_and_that_is_said():
    values = np.vstack([np.arange(6.0), np.zeros(6), np.zeros(6)])
    ax = plot_variance_partition(parts(values, site=list("uvwxyz")), n_shown=2)
    assert [bar.get_height() for bar in ax.patches[:2]] == [5.0, 4.0]
    assert ax.get_xlabel() == "site, best 2 of 6"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["z", "y"]
    left, right = ax.get_xlim()
    assert left < -0.4
    assert 1.4 < right < 2.0  # no room is left for bars that are not drawn


def test_parts_below_zero_hang_and_do_not_lift_others():
    ax = plot_variance_partition(parts([[0.3], [-0.1], [0.2]]))
    spans = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in ax.patches]
    np.testing.assert_allclose(spans, [(0.0, 0.3), (0.0, -0.1), (0.3, 0.5)])


def test_parts_of_a_single_target_are_one_bar():
    single = parts([[0.3], [0.1], [0.2]]).isel(site=0)
    ax = plot_variance_partition(single)
    assert len(ax.patches) == 3
    assert ax.get_xlabel() == "target, best first"


def layers(depth, values):
    score = xr.DataArray(values, dims=("layer", "site"), coords={"layer": ["l0", "l1"]})
    best = ["" if np.isnan(d) else f"l{int(d)}" for d in depth]
    return xr.Dataset({"score": score, "depth": ("site", depth), "best": ("site", best)})


def test_sites_without_a_layer_come_last_and_have_no_dot():
    table = layers([1.0, np.nan, 0.0], [[0.1, 0.0, 0.5], [0.4, 0.0, 0.2]])
    ax = plot_layer_map(table)
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.5, 0.1, 0.0], [0.2, 0.4, 0.0]])
    dots = ax.lines[0]
    assert dots.get_xdata().tolist() == [0, 1]
    assert dots.get_ydata().tolist() == [0, 1]


def test_of_many_sites_those_with_the_best_scores_are_kept():
    table = layers([0.0] * 5, [[0.1, 0.5, 0.2, 0.4, 0.3], [0.0] * 5])
    shown = plot_layer_map(table, n_shown=2).images[0].get_array()
    np.testing.assert_allclose(shown, [[0.5, 0.4], [0.0, 0.0]])


def test_colours_of_scores_of_zero_have_a_range_and_are_symmetric():
    low, high = plot_layer_map(layers([0.0], [[0.0], [0.0]])).images[0].get_clim()
    assert (low, high) == (-1.0, 1.0)
    low, high = plot_layer_map(layers([0.0], [[-0.7], [0.2]])).images[0].get_clim()
    assert (low, high) == (-0.7, 0.7)


def test_layers_over_two_dims_are_refused():
    table = xr.Dataset({"score": (("layer", "site", "time"), np.zeros((2, 2, 2)))})
    with pytest.raises(LabelError, match="Select the others"):
        plot_layer_map(table)


def test_patterns_have_symmetric_colours_and_their_units():
    pattern = xr.DataArray([[1.0, -3.0], [0.0, 2.0]], dims=("channel", "time"),
                           coords={"time": [0.0, 0.1], "channel": ["A", "B"]})  # fmt: skip
    ax = plot_pattern(pattern)
    assert ax.images[0].get_clim() == (-3.0, 3.0)
    assert ax.get_xlabel() == "time (s)"


@pytest.mark.parametrize("n_targets", [12, 13])
def test_up_to_twelve_targets_are_lines(n_targets):
    rng = np.random.default_rng(0)
    table = xr.Dataset({"r2": (("alpha", "target"), rng.random((3, n_targets)))},
                       coords={"alpha": [0.1, 1.0, 10.0]})  # fmt: skip
    best = xr.DataArray(np.ones(n_targets), dims="target")
    ax = plot_alpha_path(table, best)
    assert len(ax.lines) == (24 if n_targets == 12 else 1)
    assert len(ax.collections) == (0 if n_targets == 12 else 1)


def test_dims_of_scores_in_any_order_are_the_same_paths():
    rng = np.random.default_rng(0)
    r2 = xr.DataArray(
        rng.random((3, 2)), dims=("alpha", "target"), coords={"alpha": [0.1, 1.0, 10.0]}
    )
    best = xr.DataArray([0.1, 10.0], dims="target")
    one, two = (plot_alpha_path(xr.Dataset({"r2": r}), best) for r in (r2, r2.T))
    for a, b in zip(one.lines, two.lines, strict=True):
        np.testing.assert_array_equal(a.get_xydata(), b.get_xydata())


def test_a_response_of_one_lag_and_many_channels_is_an_image_of_some_width():
    coef = xr.DataArray(
        np.zeros((1, 1, 20)), dims=("lag", "feature", "channel"), coords={"lag": [0.2]}
    )
    ax = plot_trf(coef)
    left, right, *_ = ax.images[0].get_extent()
    assert left < 0.2 < right
    assert ax.images[0].get_clim() == (-1.0, 1.0)  # zero weights have a range of colours


def test_shares_are_sorted_by_their_total_and_numbered_without_names():
    shares = xr.DataArray([[0.1, 0.3, 0.2], [0.0, 0.4, 0.0]], dims=("band", "target"))
    ax = plot_band_shares(shares)
    heights = np.array([bar.get_height() for bar in ax.patches]).reshape(2, 3)
    np.testing.assert_allclose(heights, [[0.3, 0.2, 0.1], [0.4, 0.0, 0.0]])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["0", "1"]
