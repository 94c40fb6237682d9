"""The browser draws what is in view, reads no more, and says what a row is worth."""

import sys

import numpy as np
import pytest

import neurokit as nk
from neurokit import schema
from neurokit.errors import DependencyError, LabelError, OptionError, SchemaError
from neurokit.plot import browser, browsing
from neurokit.plot.style import BLUE, VERMILLION

hv = pytest.importorskip("holoviews", reason="the extra browser is not installed")


def parts(shown):
    """The traces (a DynamicMap) and the bar beneath."""
    traces, bar = list(shown)
    return traces, bar


def curves(traces, x_range=None):
    """What is drawn once the view has moved: one table per trace."""
    if x_range is not None:
        traces.streams[0].event(x_range=x_range)
    return [element for element in traces[()] if isinstance(element, hv.Curve)]


def figures(shown):
    """The two figures as Bokeh draws them."""
    plot = hv.renderer("bokeh").get_plot(shown)
    return [child for child, *_ in plot.state.children]


@pytest.fixture
def calcium():
    return nk.simulate.recording("calcium", random_state=0)


def test_the_first_window_holds_the_samples_of_the_recording(calcium):
    traces, _ = parts(browser(calcium, names=["AVAL", "RIML"], seconds=20.0))
    signal = calcium.activity.signal.sel(neuron=["AVAL", "RIML"], time=slice(0.0, 20.25))
    drawn = curves(traces)
    assert [curve.label for curve in drawn] == ["AVAL", "RIML"]
    for k, curve in enumerate(drawn):
        assert curve["time"].tolist() == signal.time.values.tolist()
        assert curve["value"].tolist() == signal.values[:, k].tolist()


def test_another_window_is_drawn_when_the_view_moves(calcium):
    traces, _ = parts(browser(calcium, names=["AVAL"], seconds=20.0))
    (curve,) = curves(traces, (100.1, 110.1))
    # One sample beyond each edge, so that the line reaches it.
    assert (curve["time"][0], curve["time"][-1]) == (100.0, 110.25)
    expected = calcium.activity.signal.sel(neuron="AVAL", time=slice(100.0, 110.25))
    assert curve["value"].tolist() == expected.values.tolist()


@pytest.mark.parametrize("x_range", [(-50.0, -40.0), (1e5, 2e5), (10.01, 10.02)])
def test_a_view_without_a_sample_draws_no_more_than_its_neighbours(calcium, x_range):
    for curve in curves(parts(browser(calcium))[0], x_range):
        assert len(curve) <= 2


def test_rows_keep_their_scale_in_every_window(calcium):
    traces, _ = parts(browser(calcium, names=["AVAL", "RIML"]))
    scales = []
    for window in ((0.0, 20.0), (110.0, 140.0)):
        curve = curves(traces, window)[1]
        scales.append(np.ptp(curve["value"]) / np.ptp(curve["row"]))
    assert scales[0] == pytest.approx(scales[1])


def test_a_long_recording_is_read_once_for_the_bar_and_then_by_windows(counted):
    rec, array = counted(200_000, 64)
    traces, _ = parts(browser(rec, n_max=16))
    assert array.n_read == 200_000 * 16
    assert array.columns_read == list(range(0, 64, 4))
    array.reads.clear()
    curves(traces, (1000.0, 1001.0))
    assert (array.rows_read[0], array.rows_read[-1]) == (99_999, 100_101)


def test_what_would_take_long_to_read_is_read_by_windows_alone(counted, monkeypatch):
    monkeypatch.setattr(browsing, "MOST_VALUES", 1_000_000)
    rec, array = counted(200_000, 16)
    browser(rec, seconds=5.0)
    assert array.n_read == 501 * 16


def test_peaks_of_long_windows_are_not_lost(build):
    values = np.zeros((100_000, 1))
    values[54_321] = 7.0
    (curve,) = curves(parts(browser(build(values), seconds=1e6))[0])
    assert curve["value"].max() == 7.0
    assert len(curve) < 4000


def test_lines_and_bar_break_where_recording_paused(build):
    values = np.random.default_rng(0).normal(size=(2000, 2))
    run = np.repeat([0, 1], 1000)
    group = build(values, run=run)
    time = group.activity.time.values.copy()
    time[1000:] += 30.0
    group["activity"] = group.activity.to_dataset().assign_coords(time=("time", time))
    traces, bar = parts(browser(group, seconds=1e6))
    assert np.isnan(curves(traces)[0]["value"]).sum() == 1
    picture = bar.dimension_values("z", flat=False)
    place = bar.dimension_values("time", expanded=False)
    end = float(time[999])
    pause = (place > end) & (place < time[1000])
    assert np.isnan(picture[:, pause]).all()
    assert np.isfinite(picture[:, ~pause]).all()


def test_the_bar_shows_the_first_trace_on_top(build):
    values = np.zeros((1000, 3))
    values[400:600, 0] = 1.0
    _, bar = parts(browser(build(values)))
    picture = bar.dimension_values("z", flat=False)
    heights = bar.dimension_values("row", expanded=False)
    top = picture[int(np.argmax(heights))]
    assert np.flatnonzero(np.abs(top) > 0.5).size == pytest.approx(180, abs=2)


def test_bokeh_draws_labels_names_and_a_bar_that_moves_the_window(calcium):
    upper, lower = figures(browser(calcium, n_max=5, start=5.0, seconds=12.0))
    assert (upper.x_range.start, upper.x_range.end) == (5.0, 17.0)
    assert upper.xaxis[0].axis_label == lower.xaxis[0].axis_label == "time (s)"
    assert upper.yaxis[0].axis_label.startswith("neuron (a row is ")
    assert upper.yaxis[0].axis_label.endswith("dF/F)")
    names = calcium.activity.neuron.values[::12].tolist()
    assert list(upper.yaxis[0].major_label_overrides.values()) == names
    tools = {type(tool).__name__ for tool in upper.toolbar.tools}
    assert {"PanTool", "WheelZoomTool", "ResetTool"} <= tools
    # Rows stay where they are: the mouse moves time alone.
    moving = [tool for tool in upper.toolbar.tools if hasattr(tool, "dimensions")]
    assert {tool.dimensions for tool in moving} == {"width"}
    # HoloViews may list the one tool twice.
    movers = {tool.id: tool for tool in lower.tools if type(tool).__name__ == "RangeTool"}
    (mover,) = movers.values()
    assert mover.x_range is upper.x_range


def test_events_are_lines_of_their_own_colour():
    rec = nk.simulate.recording("eeg", random_state=0)
    traces, _ = parts(browser(rec))
    lines = [element for element in traces[()] if isinstance(element, hv.VLines)]
    table = rec["events"].to_dataset()
    assert {line.label for line in lines} == set(np.unique(table.trial_type.values).tolist())
    for line in lines:
        onset = table.onset.values[table.trial_type.values == line.label]
        assert line.dimension_values(0).tolist() == onset.tolist()
    colours = {line.opts.get("style").kwargs["color"] for line in lines}
    assert len(colours) == len(lines)


def test_bad_channels_are_vermillion_and_units_have_scales_of_their_own():
    rng = np.random.default_rng(0)
    group = schema.activity(
        rng.normal(size=(500, 2)) * [3e-5, 2e-12],
        names=["Cz", "MEG1"],
        space="channel",
        rate=100.0,
        coords={"channel_type": ["EEG", "MEGMAG"], "unit": ["V", "T"], "bad": [False, True]},
    )
    shown = browser(schema.recording({"activity": group}, modality="meg"))
    drawn = curves(parts(shown)[0])
    assert [c.opts.get("style").kwargs["color"] for c in drawn] == [BLUE, VERMILLION]
    label = figures(shown)[0].yaxis[0].axis_label
    assert "µV" in label
    assert "pT" in label


def test_a_recording_of_one_sample_and_one_without_values_are_drawn(build):
    for values in (np.ones((1, 2)), np.full((50, 2), np.nan)):
        assert len(curves(parts(browser(build(values)))[0])) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start": 1e6}, "start: is 1e+06 s"),
        ({"start": -1.0}, "start: is -1 s"),
        ({"start": "a"}, "start: is 'a'"),
        ({"seconds": 0.0}, "seconds: is 0"),
        ({"seconds": np.nan}, "seconds: is nan"),
        ({"seconds": "ten"}, "seconds: is 'ten'"),
        ({"n_max": 0}, "n_max: is 0"),
        ({"n_max": 2.5}, "n_max: is 2.5"),
    ],
)
@pytest.mark.parametrize("kind", ["calcium", "eeg"])
def test_what_cannot_be_shown_is_said_by_both_browsers_alike(kind, options, words):
    with pytest.raises(OptionError) as caught:
        nk.simulate.recording(kind, random_state=0).nk.browse(**options)
    assert words in str(caught.value)


def test_trials_have_to_be_chosen_and_spikes_have_no_traces():
    rec = nk.simulate.recording("eeg", random_state=0)
    trials = rec.nk.epoch("standard", -0.1, 0.4)
    with pytest.raises(SchemaError, match=r"x.isel\(trial=0\)"):
        trials.nk.browse()
    with pytest.raises(SchemaError, match="there is no /activity"):
        nk.simulate.recording("spikes", random_state=0).nk.browse()


def test_nothing_to_show_and_names_that_are_not_there_are_said(build, calcium):
    with pytest.raises(SchemaError, match="there is no sample"):
        browser(build(np.zeros((0, 2))))
    with pytest.raises(LabelError, match="AVAX"):
        browser(calcium, names=["AVAX"])


def test_without_holoviews_the_extra_is_named(calcium, monkeypatch):
    monkeypatch.setitem(sys.modules, "holoviews", None)
    with pytest.raises(DependencyError, match=r"neurokit-xarray\[browser\]"):
        browser(calcium)


def test_channels_are_browsed_in_mne():
    rec = nk.simulate.recording("eeg", random_state=0)
    figure = rec.nk.browse(start=5.0, seconds=8.0, n_max=12)
    shown = figure.mne
    assert (shown.t_start, shown.duration, shown.n_channels) == (5.0, 8.0, 12)
    assert shown.ch_names.tolist() == rec.activity.channel.values.tolist()
    # A row is as high as in our own figures: twice MNE's scaling, here of some 60 µV.
    assert 2 * shown.scalings["eeg"] == pytest.approx(55e-6, rel=0.2)


def test_neurons_are_browsed_in_holoviews(calcium):
    assert isinstance(calcium.nk.browse(), hv.Layout)
