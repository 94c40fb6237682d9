"""Figures show what was fitted: ribbons, matrices with their names, graphs, curves."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from neurokit.errors import OptionError, SchemaError
from neurokit.states import (
    GLMHMM,
    MarkovJump,
    dwell_table,
    plot_coupling,
    plot_dwell,
    plot_edges,
    plot_posterior,
    plot_selection,
    plot_transitions,
)


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def new_axes():
    return Figure().subplots()


def some_posterior(n_trials=2, n_times=20, n_states=3):
    rng = np.random.default_rng(0)
    values = rng.dirichlet(np.ones(n_states), (n_trials, n_times))
    coords = {"time": 0.1 * np.arange(n_times), "state": np.arange(n_states)}
    return xr.DataArray(values, coords, ("trial", "time", "state"))


def ribbon(ax, k, at):
    """Lower and upper edge of a state's ribbon at a sample."""
    vertices = ax.collections[k].get_paths()[0].vertices
    own = vertices[np.isclose(vertices[:, 0], at), 1]
    return own.min(), own.max()


def test_the_ribbon_is_as_wide_as_the_probability():
    posterior = some_posterior()
    ax = plot_posterior(posterior, trial=1, ax=new_axes())
    values = posterior.values[1]
    low, high = ribbon(ax, 0, 0.0)
    assert high - low == pytest.approx(values[0, 0])
    low, high = ribbon(ax, 1, 0.0)
    assert low == pytest.approx(values[0, 0])
    assert high == pytest.approx(values[0, :2].sum())
    assert ax.get_xlabel() == "time (s)"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [f"state {k}" for k in range(3)]


def test_the_ribbon_shows_the_seconds_asked_for():
    ax = plot_posterior(some_posterior(), start=0.5, stop=1.25, ax=new_axes())
    # The bin at 1.2 s lasts until the next, as all others do.
    assert ax.get_xlim() == pytest.approx((0.5, 1.3))
    without = some_posterior().drop_vars("time")
    assert plot_posterior(without, ax=new_axes()).get_xlabel() == "time (bin)"


def test_behaviour_has_its_own_axis_with_its_unit():
    line = xr.DataArray(
        np.arange(40.0), {"time": 0.05 * np.arange(40)}, ("time",), attrs={"units": "mm/s"}
    ).rename("velocity")
    ax = plot_posterior(some_posterior(), behavior=line, ax=new_axes())
    other = ax.figure.axes[1]
    assert other.get_ylabel() == "velocity (mm/s)"
    np.testing.assert_allclose(other.lines[0].get_xdata()[-1], 1.95)


def test_what_is_no_posterior_is_refused():
    with pytest.raises(SchemaError, match="predict_proba"):
        plot_posterior(some_posterior().rename(state="unit"))
    with pytest.raises(OptionError, match="There are 2"):
        plot_posterior(some_posterior(), trial=2)
    with pytest.raises(OptionError, match="nothing from 7"):
        plot_posterior(some_posterior(), start=7.0)
    wide = xr.DataArray(np.zeros((3, 2)), dims=("time", "axis"))
    with pytest.raises(SchemaError, match="one measure"):
        plot_posterior(some_posterior(), behavior=wide, ax=new_axes())


def some_weights():
    values = np.random.default_rng(1).standard_normal((2, 4, 4))
    names = ["AVAL", "AVAR", "RIM", "$x"]
    return xr.DataArray(
        values, {"state": [0, 1], "post": names, "pre": names}, ("state", "post", "pre")
    )


def test_couplings_have_targets_downwards_and_opposite_colours_of_one_strength():
    weights = some_weights()
    ax = plot_coupling(weights.transpose("pre", "state", "post"), 1, ax=new_axes())
    image = ax.images[0]
    np.testing.assert_allclose(image.get_array(), weights.values[1])
    assert image.norm.vmin == -image.norm.vmax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("source", "target")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["AVAL", "AVAR", "RIM", r"\$x"]


def test_one_scale_for_all_states_unless_asked():
    weights = some_weights()
    a, b = (plot_coupling(weights, k, ax=new_axes()).images[0].norm.vmax for k in (0, 1))
    assert a == b
    assert plot_coupling(weights, 0, limit=3.0, ax=new_axes()).images[0].norm.vmax == 3.0
    silent = xr.zeros_like(weights)
    assert plot_coupling(silent, 0, ax=new_axes()).images[0].norm.vmax == 1.0


def test_edges_are_the_difference_of_both_signs():
    p = np.random.default_rng(2).dirichlet(np.ones(3), (2, 4, 4))
    array = xr.DataArray(p, {"state": [0, 1], "sign": [-1, 0, 1]}, ("state", "post", "pre", "sign"))
    ax = plot_edges(array, 1, ax=new_axes())
    np.testing.assert_allclose(ax.images[0].get_array(), p[1, ..., 2] - p[1, ..., 0])
    assert ax.images[0].norm.vmax == 1.0
    shared = plot_edges(array.isel(state=0, drop=True), ax=new_axes())
    np.testing.assert_allclose(shared.images[0].get_array(), p[0, ..., 2] - p[0, ..., 0])


def test_what_is_no_coupling_is_refused():
    with pytest.raises(OptionError, match="no state 5"):
        plot_coupling(some_weights(), 5)
    with pytest.raises(OptionError, match="no state None"):
        plot_coupling(some_weights())
    with pytest.raises(SchemaError, match="dims"):
        plot_coupling(some_weights().rename(pre="source"), 0)
    with pytest.raises(SchemaError, match="one-hot"):
        plot_edges(some_weights(), 0)


def some_transitions(units=""):
    values = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.001, 0.0, 0.999]])
    label = np.arange(3)
    return xr.DataArray(
        values,
        {"state": label, "state_next": label},
        ("state", "state_next"),
        attrs={"units": units},
    )


def test_a_graph_has_a_circle_per_state_and_arrows_by_strength():
    share = xr.DataArray([0.64, 0.16, 0.2], dims="state")
    ax = plot_transitions(some_transitions(), share, ax=new_axes())
    circles = [p for p in ax.patches if isinstance(p, Circle)]
    assert circles[0].radius / circles[1].radius == pytest.approx(2.0)
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    # 0 -> 1, 1 -> 0, 1 -> 2; 2 -> 0 is below 2 % of the strongest, staying is no arrow.
    assert len(arrows) == 3
    widths = [a.get_linewidth() for a in arrows]
    assert widths[2] == max(widths)
    assert [t.get_text() for t in ax.texts] == ["0: 64 %", "1: 16 %", "2: 20 %"]
    assert ax.get_xlabel() == "widest arrow: 0.3 per bin; areas: shares of time"


def test_rates_are_said_to_be_per_second():
    ax = MarkovJump.from_rates([[-1.0, 1.0], [4.0, -4.0]]).plot()
    assert ax.get_xlabel() == "widest arrow: 4 per second; areas: shares of time"


def test_a_single_state_stands_in_the_middle():
    one = xr.DataArray([[1.0]], {"state": [0], "state_next": [0]}, ("state", "state_next"))
    ax = plot_transitions(one, ax=new_axes())
    assert ax.patches[0].center == (0.0, 0.0)
    with pytest.raises(SchemaError, match="state_next"):
        plot_transitions(some_transitions().rename(state_next="to"))


def test_dwell_curves_fall_from_one_and_are_of_complete_visits():
    path = np.repeat([0, 1, 0, 1, 0, 1, 0], [5, 3, 4, 7, 2, 3, 9])
    table = dwell_table(path, 2, transition=np.array([[0.75, 0.25], [0.2, 0.8]]))
    ax = plot_dwell(table, ax=new_axes())
    steps = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert steps[0].get_xdata().tolist() == [0, 2, 4]
    assert steps[1].get_xdata().tolist() == [0, 3, 3, 7]
    np.testing.assert_allclose(steps[1].get_ydata(), [1, 1, 2 / 3, 1 / 3])
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    at = dashed[0].get_xdata()
    np.testing.assert_allclose(dashed[0].get_ydata(), np.exp(-at / 4.0))
    assert ax.get_xlabel() == "duration (bin)"


def test_dwell_without_a_complete_visit_says_so():
    ax = plot_dwell(dwell_table(np.zeros(9, dtype=int), 1), ax=new_axes())
    assert "no visit" in ax.texts[0].get_text()
    with pytest.raises(SchemaError, match="no visits"):
        plot_dwell(xr.Dataset())


def test_the_curve_over_states_shows_folds_mean_and_choice():
    values = np.array([[-3.0, -3.2], [-2.0, -2.4], [-2.1, -2.5]])
    curve = xr.Dataset(
        {"log_likelihood": (("n_states", "fold"), values)},
        coords={"n_states": [1, 2, 3]},
        attrs={"best_n_states": 2},
    )
    ax = plot_selection(curve, ax=new_axes())
    np.testing.assert_allclose(ax.lines[2].get_ydata(), values.mean(axis=1))
    assert ax.lines[3].get_xdata().tolist() == [2]
    assert ax.get_ylabel() == "held-out log-likelihood (nats/bin)"
    with pytest.raises(SchemaError, match="select_states"):
        plot_selection(xr.Dataset())


def test_a_model_is_drawn_with_its_states_and_what_they_share():
    rng = np.random.default_rng(0)
    counts = rng.poisson(np.repeat([[0.2, 2.0], [2.0, 0.2]], 100, axis=0)).astype(float)
    model = GLMHMM(2, prior="onehot", history=2, random_state=0).fit(counts)
    axes = model.plot()
    titles = [ax.get_title(loc="left") for ax in axes]
    assert titles == [
        "transitions",
        "couplings in state 0",
        "couplings in state 1",
        "edges that states share",
    ]
    limits = {ax.images[0].norm.vmax for ax in axes[1:3]}
    assert len(limits) == 1


def test_new_axes_are_made_when_none_are_given():
    mpl.use("Agg")
    assert plot_coupling(some_weights(), 0).figure.get_axes()
    assert plot_transitions(some_transitions()).figure.get_axes()
