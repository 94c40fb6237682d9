"""Figures show what they say: places, marks, sums, orders."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.encoding import (
    plot_layer_map,
    plot_score_map,
    plot_sites,
    plot_variance_partition,
)
from neurokit.encoding.score_plots import plot_pattern
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import activity, recording


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def eeg():
    return nk.simulate.recording("eeg", random_state=0)


def _score(rec):
    names = rec["activity/signal"]["channel"].values
    kinds = rec["activity/signal"]["channel_type"].values
    names = names[kinds == "EEG"]
    return xr.DataArray(
        np.linspace(-0.1, 0.4, names.size), dims="channel", coords={"channel": names}
    )


def test_eeg_scores_become_a_head(eeg):
    score = _score(eeg)
    ax = plot_score_map(score, eeg, significant=score > 0.3)
    assert ax.images
    assert ax.figure.axes[1].get_ylabel() == "held-out r"
    low, high = ax.images[0].get_clim()
    assert -low == high == pytest.approx(0.4)


def _sensors(kind, place):
    names = [f"{kind}{i}" for i in range(len(place))]
    group = activity(
        np.zeros((5, len(place))),
        names=names,
        space="channel",
        rate=10.0,
        coords={"channel_type": [kind] * len(place)},
        position=place,
    )
    return recording({"activity": group}, modality="meg", subject="m", name="m"), names


def test_planar_gradiometers_are_drawn_as_the_mean_of_their_pair(eeg):
    place = eeg["activity/position"].values[:20]
    single, names = _sensors("MEGMAG", place)
    values = np.linspace(-0.2, 0.3, 20)
    mean = xr.DataArray(values, dims="channel", coords={"channel": names})
    pairs, names = _sensors("MEGGRADPLANAR", np.repeat(place, 2, axis=0))
    both = xr.DataArray(
        np.repeat(values, 2) + np.tile([0.1, -0.1], 20), dims="channel", coords={"channel": names}
    )
    ax = plot_score_map(both, pairs, significant=both > 0.35)
    expected = plot_score_map(mean, single).images[0]
    np.testing.assert_allclose(ax.images[0].get_array(), expected.get_array(), atol=1e-9)
    assert "mean of sensors at one place" in ax.figure.axes[1].get_ylabel()


def test_where_nothing_is_significant_all_bars_are_grey():
    score = xr.DataArray([0.3, 0.1], dims="channel")
    ax = plot_score_map(score, significant=score > 1.0, kind="bars")
    grey, other = (
        {patch.get_facecolor() for patch in one.patches}
        for one in (ax, plot_score_map(score, kind="bars"))
    )
    assert len(grey) == len(other) == 1
    assert grey != other
    assert "grey: not significant" in ax.get_xlabel()


def test_electrodes_are_drawn_one_by_one_with_their_values():
    place = np.array([[0.0, 0.01, 0.02], [0.01, 0.01, 0.05], [0.02, 0.01, 0.0]])
    group = activity(
        np.zeros((5, 3)),
        names=["LA1", "LA2", "LA3"],
        space="channel",
        rate=10.0,
        coords={"channel_type": ["SEEG"] * 3},
        position=place,
    )
    rec = recording({"activity": group}, modality="seeg", subject="s", name="s")
    score = xr.DataArray([0.1, 0.2, 0.3], dims="channel", coords={"channel": ["LA1", "LA2", "LA3"]})
    ax = plot_score_map(score, rec, significant=score > 0.25)
    dots = ax.collections[0]
    np.testing.assert_allclose(dots.get_array(), [0.1, 0.2, 0.3])
    # The plane of x and z, which spread most, in mm.
    np.testing.assert_allclose(dots.get_offsets(), 1e3 * place[:, [0, 2]])
    assert ax.get_xlabel() == "x (mm)"
    assert dots.get_edgecolors()[-1][3] == 1.0


def test_without_places_scores_are_bars_in_order():
    score = xr.DataArray([0.1, 0.5, np.nan, 0.3], dims="neuron", coords={"neuron": list("abcd")})
    ax = plot_score_map(score, significant=score > 0.2)
    heights = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(heights[:3], [0.5, 0.3, 0.1])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["b", "d", "a", "c"]
    assert ax.patches[0].get_facecolor() != ax.patches[2].get_facecolor()


def test_scores_of_another_recording_are_refused(eeg):
    score = _score(eeg)
    with pytest.raises(LabelError, match="not in the recording"):
        plot_score_map(score.assign_coords(channel=[f"x{i}" for i in range(score.size)]), eeg)
    with pytest.raises(LabelError, match="dims"):
        plot_score_map(score.expand_dims("lag"), eeg)
    with pytest.raises(SchemaError, match="no positions"):
        plot_score_map(score, kind="sensors")
    with pytest.raises(LabelError, match="no 'neuron'"):
        plot_score_map(score.rename(channel="neuron"), eeg)


def test_sites_are_counted_in_the_legend():
    sites = xr.Dataset(
        {
            "score": (("model", "site"), [[0.0, 0.1, 0.2], [0.0, 0.1, 0.4]]),
            "responsive": ("site", [False, True, True]),
            "site": ("site", [False, False, True]),
        },
        coords={"model": ["vision+language", "full"]},
    )
    ax = plot_sites(sites)
    said = [t.get_text() for t in ax.get_legend().get_texts()]
    assert said == ["not responsive (1)", "responsive (1)", "integration (1)"]
    np.testing.assert_allclose(ax.collections[2].get_offsets(), [[0.2, 0.4]])


def test_stacked_parts_reach_the_r2():
    common = xr.DataArray(
        [[0.2, 0.1], [0.1, -0.05], [0.1, 0.0]],
        dims=("part", "channel"),
        coords={"part": ["a", "b", "a+b"], "channel": ["x", "y"]},
    )
    ax = plot_variance_partition(xr.Dataset({"common": common}))
    tops = [bar.get_y() + bar.get_height() for bar in ax.patches]
    assert max(tops) == pytest.approx(0.4)
    assert min(bar.get_y() + min(bar.get_height(), 0) for bar in ax.patches) == pytest.approx(-0.05)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b", "a and b"]


def test_layers_are_sorted_by_depth_with_the_best_marked():
    score = xr.DataArray(
        [[0.1, 0.5], [0.4, 0.2]],
        dims=("layer", "site"),
        coords={"layer": ["l1", "l2"], "site": ["late", "early"]},
    )
    maps = xr.Dataset(
        {"score": score, "depth": ("site", [1.0, 0.0]), "best": ("site", ["l2", "l1"])}
    )
    ax = plot_layer_map(maps)
    np.testing.assert_allclose(ax.images[0].get_array(), score.values[:, ::-1])
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0, 1])
    with pytest.raises(LabelError, match="dims"):
        plot_layer_map(maps.expand_dims(time=2))


def test_patterns_of_one_and_two_dims():
    pattern = xr.DataArray(
        np.eye(3),
        dims=("channel", "time"),
        coords={"time": [0.0, 0.1, 0.2], "channel": list("abc")},
    )
    assert plot_pattern(pattern).get_xlabel() == "time (s)"
    assert plot_pattern(pattern[:, 0]).get_xlabel() == "channel"
    with pytest.raises(OptionError, match="3 dims"):
        plot_pattern(pattern.expand_dims("latent"))
