"""Figures of few bins, few weights, few visits, ragged trials and choices: none warns or lies."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from neurokit.errors import OptionError, SchemaError
from neurokit.states import (
    GLMHMM,
    dwell_table,
    plot_coupling,
    plot_dwell,
    plot_input_weights,
    plot_posterior,
    plot_selection,
    plot_transitions,
)


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def axes():
    return Figure(layout="constrained").subplots()


def posterior_of(n_times, seed=0, times=None):
    values = np.random.default_rng(seed).dirichlet(np.ones(2), n_times)
    coords = {} if times is None else {"time": times}
    return xr.DataArray(values, coords, ("time", "state"))


def drawn(ax):
    ax.figure.canvas.draw()
    return ax


@pytest.mark.parametrize("times", [None, [3.5]])
def test_one_bin_is_as_wide_as_one(times):
    ax = drawn(plot_posterior(posterior_of(1, times=times), ax=axes()))
    low, high = ax.get_xlim()
    assert low == (0.0 if times is None else 3.5)
    assert high - low == 1.0
    vertices = ax.collections[0].get_paths()[0].vertices
    assert np.ptp(vertices[:, 0]) == 1.0


def test_one_bin_of_many_is_as_wide_as_the_others():
    posterior = posterior_of(9, times=0.25 * np.arange(9))
    ax = drawn(plot_posterior(posterior, start=0.5, stop=0.6, ax=axes()))
    assert ax.get_xlim() == (0.5, 0.75)


def test_the_last_bin_is_drawn_like_the_rest():
    posterior = posterior_of(4, times=[0.0, 1.0, 2.0, 3.0])
    ax = plot_posterior(posterior, ax=axes())
    vertices = ax.collections[0].get_paths()[0].vertices
    at_end = vertices[vertices[:, 0] == 4.0, 1]
    assert at_end.max() - at_end.min() == pytest.approx(float(posterior[3, 0]))


@pytest.mark.parametrize("form", [list, tuple, lambda x: dict(enumerate(x))])
def test_a_trial_of_ragged_ones_is_drawn(form):
    trials = form([posterior_of(3), posterior_of(7, 1)])
    ax = plot_posterior(trials, trial=1, ax=axes())
    assert ax.get_xlim() == (0.0, 7.0)
    assert plot_posterior(trials, trial=-2, ax=axes()).get_xlim() == (0.0, 3.0)
    with pytest.raises(OptionError, match="There are 2"):
        plot_posterior(trials, trial=2)


@pytest.mark.parametrize("value", [None, np.ones((3, 2)), [], [np.ones((3, 2))]])
def test_what_is_no_labelled_posterior_is_refused(value):
    with pytest.raises((SchemaError, OptionError), match=r"posterior|trial"):
        plot_posterior(value)


def test_padding_of_a_trial_is_left_white():
    posterior = posterior_of(5)
    posterior[3:] = np.nan
    drawn(plot_posterior(posterior, ax=axes()))


def test_choices_are_dots_and_speeds_a_line():
    posterior = posterior_of(20)
    choice = xr.DataArray(np.tile([0.0, 1.0], 10), dims="time", name="choice")
    ax = plot_posterior(posterior, behavior=choice, ax=axes())
    other = ax.figure.axes[1]
    assert other.lines[0].get_linestyle() == "None"
    assert other.get_yticks().tolist() == [0.0, 1.0]
    speed = xr.DataArray(np.arange(20.0), dims="time", name="speed")
    line = plot_posterior(posterior, behavior=speed, ax=axes()).figure.axes[1].lines[0]
    assert line.get_linestyle() == "-"


def curve(values, best=2):
    return xr.Dataset(
        {"log_likelihood": (("n_states", "fold"), values)},
        coords={"n_states": np.arange(1, len(values) + 1)}, attrs={"best_n_states": best},
    )  # fmt: skip


def test_a_number_of_states_without_any_fold_has_no_mean():
    values = np.array([[-3.0, -3.2], [-2.0, np.nan], [np.nan, np.nan]])
    ax = drawn(plot_selection(curve(values), ax=axes()))
    np.testing.assert_allclose(ax.lines[2].get_ydata(), [-3.1, -2.0, np.nan])
    drawn(plot_selection(curve(np.full((2, 3), np.nan)), ax=axes()))


def sparse(n, values):
    weights = np.zeros((1, n, n))
    weights.flat[: len(values)] = values
    return xr.DataArray(weights, {"state": [0]}, ("state", "post", "pre"))


def test_few_edges_among_many_absent_ones_still_have_colours():
    # The 99th percentile of all 400 is zero.
    ax = drawn(plot_coupling(sparse(20, [1.0, -2.0]), 0, ax=axes()))
    norm = ax.images[0].norm
    assert norm.vmax == pytest.approx(np.percentile([1.0, 2.0], 99))
    assert norm.vmin == -norm.vmax
    assert float(norm(1.0)) > 0.7


def test_one_strong_edge_does_not_pale_the_rest():
    values = np.r_[np.full(399, 0.1), 50.0]
    norm = plot_coupling(sparse(20, values), 0, ax=axes()).images[0].norm
    assert norm.vmax < 1.0


def test_weights_that_are_not_known_do_not_count():
    weights = sparse(3, [np.nan, np.inf, 0.5])
    assert plot_coupling(weights, 0, ax=axes()).images[0].norm.vmax == 0.5
    nothing = xr.full_like(weights, np.nan)
    assert plot_coupling(nothing, 0, ax=axes()).images[0].norm.vmax == 1.0


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan, np.inf])
def test_the_strongest_colour_is_that_of_a_positive_weight(limit):
    with pytest.raises(OptionError, match="limit"):
        plot_coupling(sparse(3, [1.0]), 0, limit=limit)


def test_curves_of_stays_begin_with_all_visits_and_name_every_state():
    path = np.repeat([0, 1, 0, 1, 0, 2], [5, 3, 4, 7, 2, 9])
    moves = np.array([[0.8, 0.2, 0.0], [0.1, 0.9, 0.0], [0.0, 0.1, 0.9]])
    ax = drawn(plot_dwell(dwell_table(path, 3, transition=moves), ax=axes()))
    steps = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert steps[0].get_xydata()[0].tolist() == [0.0, 1.0]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [
        "state 0 (2 visits)", "state 1 (2 visits)", "state 2 (0 visits)", "expected by the chain",
    ]  # fmt: skip
    assert steps[2].get_xdata().size == 0
    ticks = {t.get_text() for t in ax.get_yticklabels() if t.get_text()}
    assert "1" in ticks
    assert not any("$" in tick for tick in ticks)


def test_a_table_without_a_chain_has_no_expectation():
    path = np.repeat([0, 1, 0, 1, 0], 3)
    ax = plot_dwell(dwell_table(path, 2), ax=axes())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["state 0 (1 visits)", "state 1 (2 visits)"]


def test_three_states_leave_no_room_for_a_fourth():
    names = {"state": [0, 1, 2], "state_next": [0, 1, 2]}
    moves = xr.DataArray(np.full((3, 3), 1 / 3), names, ("state", "state_next"))
    ax = plot_transitions(moves, ax=axes())
    low, high = ax.get_ylim()
    centres = [patch.center[1] for patch in ax.patches if hasattr(patch, "center")]
    assert high - max(centres) == pytest.approx(min(centres) - low)
    assert ax.get_xlabel() == "widest arrow: 0.333 per bin"


def weights_of(n_states=3, names=("bias", "stimulus", "reward")):
    values = np.random.default_rng(0).normal(size=(n_states, 1, len(names)))
    return xr.DataArray(
        values, {"state": np.arange(n_states), "neuron": ["choice"], "input": list(names)},
        ("state", "neuron", "input"),
    )  # fmt: skip


def test_every_state_has_its_dots_over_the_names_of_inputs():
    weights = weights_of()
    ax = drawn(plot_input_weights(weights, ax=axes()))
    dots = [line for line in ax.lines if line.get_linestyle() == "None"]
    for k, line in enumerate(dots):
        np.testing.assert_allclose(line.get_ydata(), weights.values[k, 0])
        assert np.abs(line.get_xdata() - np.arange(3)).max() < 0.5
    places = np.stack([line.get_xdata() for line in dots])
    assert np.diff(places, axis=0).min() > 0.1
    assert [t.get_text() for t in ax.get_xticklabels()] == ["bias", "stimulus", "reward"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["state 0", "state 1", "state 2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("input", "input weight (no unit)")


def test_bars_are_two_standard_errors_to_both_sides():
    weights = weights_of(2)
    errors = xr.full_like(weights, 0.25)
    errors[1, 0, 2] = np.nan
    ax = plot_input_weights(weights, errors.transpose("input", "state", "neuron"), ax=axes())
    segments = [bars.get_segments() for bars in ax.collections]
    assert [len(each) for each in segments] == [3, 2]
    ends = np.array(segments[0])[:, :, 1]
    np.testing.assert_allclose(ends, weights.values[0, 0][:, None] + [[-0.5, 0.5]])


def test_one_of_several_responses_is_chosen_by_name():
    both = xr.concat([weights_of(), weights_of() + 1], "neuron").assign_coords(neuron=[3, 7])
    ax = plot_input_weights(both, neuron="7", ax=axes())
    dots = [line for line in ax.lines if line.get_linestyle() == "None"]
    np.testing.assert_allclose(dots[0].get_ydata(), both.values[0, 1])
    for wrong in (None, "8"):
        with pytest.raises(OptionError, match=r"neuron.*\['3', '7'\]"):
            plot_input_weights(both, neuron=wrong)


def test_what_are_no_input_weights_is_refused():
    weights = weights_of()
    with pytest.raises(SchemaError, match="categories"):
        plot_input_weights(weights.expand_dims(category=[1, 2]))
    with pytest.raises(SchemaError, match="dims"):
        plot_input_weights(weights.rename(state="k"))
    with pytest.raises(SchemaError, match="dims"):
        plot_input_weights(weights.isel(input=[]))
    with pytest.raises(SchemaError, match="same model"):
        plot_input_weights(weights, weights_of(2))


def test_a_model_of_choices_shows_its_weights_without_overlap():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(4, 50, 2))
    choices = (inputs[..., :1] + rng.logistic(size=(4, 50, 1)) > 0).astype(float)
    model = GLMHMM(
        1, observation="bernoulli", history=None, n_restarts=1, random_state=0
    ).fit(choices, inputs)  # fmt: skip
    panels = model.plot()
    assert [ax.get_title(loc="left") for ax in panels] == ["transitions", "input weights"]
    figure = panels[0].figure
    figure.canvas.draw()
    title = panels[1]._left_title.get_window_extent()
    assert not title.overlaps(panels[1].get_legend().get_window_extent())
    assert not panels[0].get_tightbbox().overlaps(panels[1].get_tightbbox())
