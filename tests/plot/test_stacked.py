"""Traces: one line each, in order, to scale, with a bar per unit; lazily."""

import numpy as np
import pytest

from neurokit import plot
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.plot.stacked import MOST_ROWS
from neurokit.plot.style import BLUE, VERMILLION
from neurokit.simulate import recording


def drawn(ax):
    return [line for line in ax.lines if line.get_label() != "_scale"]


def bars(ax):
    return [line for line in ax.lines if line.get_label() == "_scale"]


@pytest.fixture
def sine(build):
    time = np.arange(500) / 100
    return build(np.sin(2 * np.pi * time)[:, None] * np.array([1e-5, 1e-5, 2e-5]))


def test_there_is_one_line_per_channel_and_its_name_beside_it(sine):
    ax = plot.traces(sine)
    assert len(drawn(ax)) == 3
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["c0", "c1", "c2"]
    assert ax.get_yticks().tolist() == [0, -1, -2]


def test_axes_are_labelled_with_units(sine):
    ax = plot.traces(sine)
    assert ax.get_xlabel() == "time (s)"
    assert ax.get_ylabel() == "channel"
    (bar,) = (text.get_text() for text in ax.texts)
    assert bar == "20 µV"


def test_the_bar_is_as_long_as_it_says(sine):
    ax = plot.traces(sine)
    (bar,) = bars(ax)
    rows = np.ptp(bar.get_ydata())
    trace = drawn(ax)[0].get_ydata()
    # The first channel swings by 20 µV from peak to peak; the bar says 20 µV.
    assert np.ptp(trace) == pytest.approx(rows, rel=1e-3)


def test_traces_of_one_unit_share_a_scale(sine):
    lines = drawn(plot.traces(sine))
    assert np.ptp(lines[2].get_ydata()) == pytest.approx(2 * np.ptp(lines[0].get_ydata()), rel=1e-3)


def test_each_unit_has_a_bar_of_its_own(build):
    values = np.random.default_rng(0).standard_normal((200, 4)) * [1e-13, 1e-13, 1e-12, 1e-12]
    ax = plot.traces(build(values, kinds=["MEGMAG", "MEGMAG", "MEGGRADPLANAR", "MEGGRADPLANAR"]))
    assert len(bars(ax)) == 2
    first, second = (text.get_text() for text in ax.texts)
    assert first.endswith(" fT")
    assert second.endswith("T/m")


def test_a_ratio_is_called_by_its_name(worm):
    rec = worm(np.random.default_rng(0).random((50, 2)))
    assert plot.traces(rec).texts[0].get_text().endswith("(no unit)")
    signal = rec.activity.signal.assign_attrs(long_name="dF/F")
    assert plot.traces(signal).texts[0].get_text().endswith("(dF/F)")


def test_bad_channels_stand_out(build):
    rec = build(np.random.default_rng(0).random((50, 3)), bad=[False, True, False])
    assert [line.get_color() for line in drawn(plot.traces(rec))] == [BLUE, VERMILLION, BLUE]


def test_only_neural_channels_are_drawn_unless_named(build):
    rec = build(np.random.default_rng(0).random((50, 3)), kinds=["EEG", "EOG", "EEG"])
    assert len(drawn(plot.traces(rec))) == 2
    ax = plot.traces(rec, names=["c1"])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["c1"]


def test_a_name_that_is_not_there_is_said(sine):
    with pytest.raises(LabelError, match="nope"):
        plot.traces(sine, names=["nope"])


def test_a_window_is_drawn_and_nothing_outside(sine):
    ax = plot.traces(sine, start=1.0, stop=2.0)
    time = drawn(ax)[0].get_xdata()
    assert time[0] == 1.0
    assert time[-1] < 2.0
    assert ax.get_xlim() == (time[0], time[-1])


def test_a_window_without_samples_is_an_error(sine):
    with pytest.raises(OptionError, match="no sample"):
        plot.traces(sine, start=100.0)


def test_at_most_as_many_traces_as_asked_for(build):
    rec = build(np.random.default_rng(0).random((50, 100)))
    assert len(drawn(plot.traces(rec))) == 20
    assert len(drawn(plot.traces(rec, n_max=7))) == 7


def test_nothing_is_read_beyond_what_is_drawn(counted):
    rec, array = counted(60_000, 64)
    plot.traces(rec, start=10.0, stop=20.0, n_max=16)
    assert array.n_read == 1000 * 16
    assert array.columns_read == list(range(0, 64, 4))
    assert (array.rows_read[0], array.rows_read[-1]) == (1000, 1999)


def test_a_long_recording_becomes_few_points_and_keeps_its_height(counted):
    rec, array = counted(200_000, 2)
    ax = plot.traces(rec)
    assert array.n_read == 400_000
    for line, height in zip(drawn(ax), (2.0, 4.0), strict=True):
        assert line.get_xdata().size <= 3000
        assert np.ptp(line.get_ydata()) / np.ptp(drawn(ax)[0].get_ydata()) == pytest.approx(
            height / 2, rel=0.01
        )


def test_a_loose_channel_is_cut_off_and_leaves_the_others_readable(build):
    values = np.random.default_rng(0).standard_normal((500, 8)) * 1e-5
    values[:, 3] *= 1e4
    lines = drawn(plot.traces(build(values)))
    assert np.ptp(lines[3].get_ydata()) <= 2 * MOST_ROWS + 1e-6
    assert np.ptp(lines[0].get_ydata()) > 0.5


def test_flat_and_missing_channels_are_drawn_without_complaint(build):
    values = np.zeros((50, 3))
    values[:, 1] = np.nan
    assert len(drawn(plot.traces(build(values)))) == 3


def test_one_sample_is_enough(build):
    ax = plot.traces(build(np.ones((1, 2))))
    assert ax.get_xlim()[1] > ax.get_xlim()[0]


def test_offsets_do_not_move_a_trace_off_its_row(build):
    noise = np.random.default_rng(0).standard_normal((500, 2))
    values = noise + np.array([1e5, -1e5])
    for row, line in enumerate(drawn(plot.traces(build(values)))):
        assert np.median(line.get_ydata()) == pytest.approx(-row, abs=0.01)


def test_axes_given_are_drawn_on(sine):
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert plot.traces(sine, ax=ax) is ax


def test_a_bare_array_is_enough(sine):
    assert len(drawn(plot.traces(sine.activity.signal))) == 3


def test_without_activity_there_is_nothing_to_draw():
    with pytest.raises(SchemaError, match="no /activity"):
        plot.traces(recording("connectome", n_channels=5, random_state=0))


def test_trials_have_to_be_chosen(build):
    with pytest.raises(SchemaError, match="isel"):
        plot.traces(build(np.zeros((2, 30, 3))))


def test_a_name_with_a_dollar_is_drawn_as_it_is(worm):
    ax = plot.traces(worm(np.random.default_rng(0).random((20, 2)), names=["$a", "b$"]))
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [r"\$a", r"b\$"]
