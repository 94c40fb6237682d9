"""Events: a row per trial type with its count, bars where something lasts."""

import numpy as np
import pytest

from neurokit import plot, schema
from neurokit.errors import SchemaError
from neurokit.simulate import recording


def rows(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def ticks(ax):
    """Return the onsets drawn, row by row."""
    from matplotlib.collections import LineCollection

    lines = [c for c in ax.collections if isinstance(c, LineCollection)]
    return [sorted(segment[0][0] for segment in c.get_segments()) for c in lines]


@pytest.fixture
def table():
    return schema.events(
        [1.0, 2.0, 3.0, 4.0],
        duration=[0.0, 0.5, 0.0, 0.0],
        trial_type=["left", "right", "left", "left"],
    )


def test_each_trial_type_has_a_row_with_its_count(table):
    ax = plot.events(table)
    assert rows(ax) == ["left (3)", "right (1)"]
    assert ticks(ax) == [[1.0, 3.0, 4.0], [2.0]]


def test_axes_are_labelled(table):
    ax = plot.events(table)
    assert ax.get_xlabel() == "time (s)"
    assert ax.get_ylabel() == "trial type"


def test_what_lasts_is_a_bar_of_its_length(table):
    from matplotlib.collections import PolyCollection

    (bar,) = (c for c in plot.events(table).collections if isinstance(c, PolyCollection))
    (path,) = bar.get_paths()
    across = path.vertices[:, 0]
    assert (across.min(), across.max()) == (2.0, 2.5)


def test_the_axis_spans_the_activity_of_the_recording():
    rec = recording("eeg", n_channels=4, duration=20.0, random_state=0)
    low, high = plot.events(rec).get_xlim()
    assert low <= 0
    assert high == pytest.approx(20.0, abs=0.5)


def test_a_window_can_be_chosen(table):
    assert plot.events(table, start=1.5, stop=3.5).get_xlim() == (1.5, 3.5)


def test_the_rarest_types_share_the_last_row():
    kinds = [f"k{i}" for i in range(30) for _ in range(30 - i)]
    ax = plot.events(schema.events(np.arange(len(kinds), dtype=float), trial_type=kinds))
    assert len(rows(ax)) == 12
    assert rows(ax)[-1].startswith("19 further types (")
    assert sum(len(row) for row in ticks(ax)) == len(kinds)


def test_events_without_a_type_are_called_so():
    assert rows(plot.events(schema.events([0.5]))) == ["(no trial type) (1)"]


def test_an_onset_that_is_not_known_is_not_drawn():
    table = schema.events([np.nan, 1.0], trial_type=["a", "a"])
    ax = plot.events(table)
    assert ticks(ax) == [[1.0]]
    assert rows(ax) == ["a (2)"]


def test_a_duration_that_is_not_known_counts_as_none():
    ax = plot.events(schema.events([1.0], duration=[np.nan], trial_type=["a"]))
    assert ticks(ax) == [[1.0]]


def test_a_table_without_durations_is_drawn(table):
    assert rows(plot.events(table.drop_vars("duration"))) == ["left (3)", "right (1)"]


def test_no_events_are_said():
    ax = plot.events(schema.events([]))
    assert ax.texts[0].get_text() == "no events"


def test_a_recording_without_events_is_an_error():
    with pytest.raises(SchemaError, match="no /events"):
        plot.events(recording("connectome", n_channels=4, random_state=0))


def test_a_table_without_onsets_cannot_be_drawn_over_time(table):
    with pytest.raises(SchemaError, match="onset"):
        plot.events(table.drop_vars("onset"))


def test_names_are_written_as_they_are(table):
    table["trial_type"] = ("event", ["$x", "<b>", "a_b", "$x"])
    ax = plot.events(table)
    ax.figure.canvas.draw()
    assert rows(ax) == [r"\$x (2)", "<b> (1)", "a_b (1)"]
