"""Figures show what was fitted: matrices in the order of clusters, ribbons, bands, traces."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import neurokit as nk
from neurokit.bicluster import (
    BiCluster,
    plot_co_neuron,
    plot_co_state,
    plot_contingency,
    plot_latents,
    plot_raster,
    plot_trace,
)
from neurokit.bicluster.plot_strips import (
    _shades,
    colour_of,
    neuron_order,
    ribbon_beneath,
    state_colour,
    trial_starts,
)
from neurokit.errors import NeurokitWarning, NotFittedError, OptionError, SchemaError

REGIONS = ["CA1", "LP", "CA1", "VISp", "LP", "LP", "CA1", "VISp"]
QUICK = {"n_latents": 1, "n_clusters": 2, "max_states": 3, "n_sweeps": 8, "random_state": 0}


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def data():
    rec = nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]
    return rec.activity.signal.astype(float).assign_coords(region=("neuron", REGIONS))


@pytest.fixture(scope="module")
def fit(data):
    with pytest.warns(NeurokitWarning, match="chains disagree"):
        return BiCluster(**QUICK, n_chains=2).fit(data)


@pytest.fixture(scope="module")
def of_trials(data):
    values = data.values
    return BiCluster(**QUICK).fit([values[:1], values[1:25], values[25:]])


def new_axes():
    return Figure(layout="constrained").subplots()


def strips(ax):
    """Axes inside the axes, by what is written on them."""
    found = {}
    for child in ax.child_axes:
        ticks = [*child.get_xticklabels(), *child.get_yticklabels()]
        found[ticks[0].get_text()] = child
        found.update({tick.get_text(): child for tick in child.get_yticklabels()})
    return found


def colours(strip):
    image = np.asarray(strip.images[0].get_array())
    return [tuple(row) for row in image.reshape(-1, image.shape[-1])]


def test_neurons_are_ordered_by_cluster_then_region_then_place(fit):
    order = neuron_order(fit.neuron_labels_, "region")
    rows = list(zip(fit.neuron_labels_.values[order], np.array(REGIONS)[order], order, strict=True))
    assert rows == sorted(rows)
    assert sorted(order) == list(range(8))


def test_the_matrix_of_neurons_is_ordered_as_its_strips(fit):
    ax = plot_co_neuron(fit, ax=new_axes())
    order = neuron_order(fit.neuron_labels_, "region")
    shown = np.asarray(ax.images[0].get_array())
    assert np.array_equal(shown, fit.co_neuron_.values[np.ix_(order, order)])
    clusters = fit.neuron_labels_.values[order]
    found = strips(ax)
    assert colours(found["cluster"]) == [to_rgb(colour_of(k)) for k in clusters]
    regions = np.array(REGIONS)[order]
    shades = colours(found["region"])
    assert len(set(zip(regions, shades, strict=True))) == 3
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["CA1", "LP", "VISp"]
    # One line between two clusters in each direction.
    assert len(ax.lines) == 2 * (len(set(clusters)) - 1)
    assert [t.get_text() for t in ax.get_xticklabels()] == list(
        fit.neuron_labels_.neuron.values[order]
    )


def test_without_regions_there_is_no_strip_of_them(of_trials):
    ax = plot_co_neuron(of_trials, ax=new_axes())
    assert set(strips(ax)) == {"cluster"}
    assert ax.get_legend() is None


def test_many_groups_are_not_all_named(fit):
    names = [f"area{k:02d}" for k in range(40)]
    big = BiCluster()
    labels = xr.DataArray(
        np.repeat([0, 1], 20), dims="neuron",
        coords={"neuron": names, "region": ("neuron", names)},
    )  # fmt: skip
    big.neuron_labels_ = labels
    big.co_neuron_ = xr.DataArray(np.eye(40), dims=("neuron", "partner"))
    legend = plot_co_neuron(big, ax=new_axes()).get_legend()
    assert legend.get_texts()[-1].get_text() == "and 28 more"
    assert len({handle.get_facecolor() for handle in legend.get_patches()}) == 13


def test_the_matrix_of_bins_has_the_ribbon_of_its_states(fit):
    ax = plot_co_state(fit, ax=new_axes())
    assert np.array_equal(np.asarray(ax.images[0].get_array()), fit.co_state_.values)
    ribbon = strips(ax)["state"]
    states = fit.state_labels_.values
    assert colours(ribbon) == [to_rgb(state_colour(s)) for s in states]
    assert ribbon.get_xlabel() == "time (s)"
    assert [t.get_text() for t in ribbon.get_legend().get_texts()] == [
        str(s) for s in np.unique(states)
    ]


def test_ticks_of_the_ribbon_are_seconds(fit):
    ribbon = strips(plot_co_state(fit, ax=new_axes()))["state"]
    ribbon.figure.canvas.draw()
    for place, label in zip(ribbon.get_xticks(), ribbon.get_xticklabels(), strict=True):
        # Bins of the simulation last half a second.
        assert float(label.get_text()) == pytest.approx(0.5 * place)


def test_trials_have_lines_between_them_and_no_common_clock(of_trials):
    ax = plot_co_state(of_trials, ax=new_axes())
    assert [line.get_xdata()[0] for line in ax.lines[::2]] == [1, 25]
    ribbon = strips(ax)["state"]
    assert ribbon.get_xlabel() == "bin, trial after trial"
    # No step leads to the only bin of a trial.
    assert colours(ribbon)[0] == (1.0, 1.0, 1.0)
    assert trial_starts(of_trials.rates_).tolist() == [0, 1, 25]


def test_without_the_matrix_of_bins_it_is_said_so(fit):
    bare = BiCluster()
    bare.rates_ = fit.rates_
    ax = plot_co_state(bare, ax=new_axes())
    assert "more bins" in ax.texts[0].get_text()


def test_the_raster_shows_z_scores_in_the_order_of_clusters(fit, data):
    ax = plot_raster(fit, data, ax=new_axes())
    order = neuron_order(fit.neuron_labels_, "region")
    values = data.values.T[order]
    expected = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    np.testing.assert_allclose(np.asarray(ax.images[0].get_array()), expected, atol=1e-12)
    assert {"cluster", "region", "state"} <= set(strips(ax))
    rates = fit.rates_["mean"].values[order]
    shown = np.asarray(plot_raster(fit, ax=new_axes()).images[0].get_array())
    expected = (rates - rates.mean(1, keepdims=True)) / rates.std(1, keepdims=True)
    np.testing.assert_allclose(shown, expected, atol=1e-9)


def test_what_is_missing_or_never_varies_in_the_raster(fit, data):
    holed = data.astype(float).copy()
    holed[3:9, 2] = np.nan
    holed[:, 5] = 4.0
    ax = plot_raster(fit, holed, ax=new_axes())
    shown = np.ma.filled(np.ma.masked_invalid(ax.images[0].get_array()), np.nan)
    order = neuron_order(fit.neuron_labels_, "region").tolist()
    assert np.flatnonzero(np.isnan(shown[order.index(2)])).tolist() == list(range(3, 9))
    assert not shown[order.index(5)].any()


def test_a_raster_of_other_data_is_refused(fit, data):
    with pytest.raises(SchemaError, match="8 neurons and 59 bins"):
        plot_raster(fit, data[:-1])


def test_bands_are_two_standard_deviations_wide(fit):
    ax = plot_latents(fit, 1, ax=new_axes())
    mean = fit.latents_["mean"].values[1]
    spread = fit.latents_["sd"].values[1]
    ticks = ax.get_yticks()
    curves = [line for line in ax.lines if len(line.get_xdata()) == 60]
    assert len(curves) == 2
    for k, line in enumerate(curves):
        np.testing.assert_allclose(line.get_ydata(), mean[:, k] + ticks[k], atol=1e-12)
        path = ax.collections[k].get_paths()[0].vertices
        at = path[np.isclose(path[:, 0], 30.5), 1]
        assert np.ptp(at) == pytest.approx(4.0 * spread[30, k], abs=1e-9)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["mean (mu)", "x1"]


def test_curves_do_not_lead_from_one_trial_to_the_next(of_trials):
    ax = plot_latents(of_trials, ax=new_axes())
    lengths = [len(line.get_xdata()) for line in ax.lines if line.get_linewidth() > 1]
    assert lengths == [1, 24, 35] * 2


def test_a_cluster_that_is_not_there_is_refused(fit):
    for wrong in (-1, fit.latents_.sizes["cluster"]):
        with pytest.raises(OptionError, match="cluster"):
            plot_latents(fit, wrong)


def test_traces_show_all_chains_and_what_was_thrown_away(fit):
    ax = plot_trace(fit, "log_likelihood", ax=new_axes())
    for k, line in enumerate(ax.lines):
        assert np.array_equal(line.get_ydata(), fit.trace_.log_likelihood.values[k])
    shaded = ax.patches[0].get_bbox() if hasattr(ax.patches[0], "get_bbox") else None
    assert shaded is not None
    assert (shaded.x0, shaded.x1) == (0, 4)
    r_hat = float(fit.convergence_.r_hat.sel(quantity="log_likelihood"))
    assert f"R-hat {r_hat:.3f}" in ax.get_title(loc="left")
    with pytest.raises(OptionError, match="n_clusters"):
        plot_trace(fit, "clusters")


def test_the_table_of_regions_has_their_counts(fit):
    ax = plot_contingency(fit, ax=new_axes())
    table = fit.contingency()
    assert [int(t.get_text()) for t in ax.texts] == table.values.ravel().tolist()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["CA1", "LP", "VISp"]
    shares = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert f"{table.attrs['adjusted_rand']:.2f}" in ax.get_title(loc="left")


def test_regions_that_nobody_gave_are_refused(of_trials):
    for draw in (plot_contingency, BiCluster.p_same, BiCluster.contingency):
        with pytest.raises(OptionError, match="coordinate 'region'"):
            draw(of_trials)
    with pytest.raises(OptionError, match="'probe'"):
        plot_raster(of_trials, by="probe")


def bins(states, trial=None, time=None):
    """Coordinates of bins as results have them."""
    coords = {"state": ("bin", states), "trial": ("bin", trial or [0] * len(states))}
    if time is not None:
        coords["time"] = ("bin", time)
    return xr.Dataset({"mean": ("bin", np.zeros(len(states)))}, coords=coords)


def test_a_ribbon_without_any_state_is_white_and_says_so():
    ax = new_axes()
    ribbon = ribbon_beneath(ax, bins([-1, -1, -1]))
    assert set(colours(ribbon)) == {(1.0, 1.0, 1.0)}
    assert ribbon.get_legend().get_texts() == []
    assert ribbon.get_xlabel() == "bin"
    ax.figure.canvas.draw()


def test_a_ribbon_of_one_bin_has_a_clock_of_its_own():
    ribbon = ribbon_beneath(new_axes(), bins([0], time=[3.0]))
    assert ribbon.get_xlabel() == "time (s)"
    labels = [float(t.get_text()) for t in ribbon.get_xticklabels()]
    assert all(3.0 <= label <= 4.0 for label in labels)


def test_a_ribbon_on_a_late_clock_begins_where_the_record_does():
    ribbon = ribbon_beneath(new_axes(), bins([0, 1] * 50, time=list(100.0 + 0.2 * np.arange(100))))
    for place, label in zip(ribbon.get_xticks(), ribbon.get_xticklabels(), strict=True):
        assert float(label.get_text()) == pytest.approx(100.0 + 0.2 * place)


def test_the_colour_of_a_state_is_the_same_everywhere_and_comes_again():
    assert colour_of(0) == colour_of(7)
    assert len({colour_of(k) for k in range(7)}) == 7
    assert state_colour(0) == state_colour(7)


def test_the_first_states_are_not_taken_for_the_first_clusters():
    assert not {state_colour(k) for k in range(3)} & {colour_of(k) for k in range(4)}


@pytest.mark.parametrize("n", [1, 8, 9, 30])
def test_regions_have_colours_that_differ(n):
    assert len(set(_shades(n))) == n


def test_names_with_a_dollar_are_written_as_they_are(fit):
    odd = BiCluster()
    odd.neuron_labels_ = fit.neuron_labels_.assign_coords(region=("neuron", ["$x$"] * 8))
    odd.co_neuron_ = fit.co_neuron_
    ax = plot_co_neuron(odd, ax=new_axes())
    ax.figure.canvas.draw()
    assert ax.get_legend().get_texts()[0].get_text() == r"\$x\$"


def test_a_trace_of_one_chain_needs_no_legend(of_trials):
    ax = plot_trace(of_trials, ax=new_axes())
    assert ax.get_legend() is None
    assert ax.get_ylabel() == "clusters of neurons"


def test_figures_of_their_own_are_made_where_no_axes_are_given(fit):
    axes = [plot_co_neuron(fit), plot_co_state(fit), plot_trace(fit), plot_contingency(fit)]
    assert len({ax.figure for ax in axes}) == 4


def test_figures_leave_the_fit_as_it_was(fit, data):
    before = {name: getattr(fit, name).copy(deep=True) for name in ("rates_", "co_neuron_")}
    plot_raster(fit, data, ax=new_axes())
    plot_co_neuron(fit, ax=new_axes())
    plot_latents(fit, 0, ax=new_axes())
    for name, value in before.items():
        assert getattr(fit, name).identical(value)


def test_a_fit_draws_itself(fit):
    assert len(fit.plot()) == 5 + fit.latents_.sizes["cluster"]
    assert all(ax.figure.canvas.draw() is None for ax in fit.plot()[:1])
    with pytest.raises(NotFittedError):
        BiCluster().plot()
