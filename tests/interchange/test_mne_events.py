"""One table of events from annotations and trigger codes, and annotations back out of it."""

import json

import mne
import numpy as np
import pytest

from neurokit.interchange.mne_events import Marks, event_table, marks_in, marks_of
from neurokit.interchange.mne_triggers import trigger_events

RATE = 10.0
NOTHING = Marks(np.empty(0), np.empty(0), [])


def _marks(*rows):
    onset, duration, text = zip(*rows, strict=True)
    return Marks(np.array(onset, dtype=float), np.array(duration, dtype=float), list(text))


def _time(n):
    return np.arange(n) / RATE


def test_onsets_count_from_the_first_sample_of_the_recording():
    annotations = mne.Annotations([12.5], [1.0], ["a"])
    assert marks_of(annotations, 10.0).onset.tolist() == [2.5]


def test_marks_keep_channels_and_extras():
    annotations = mne.Annotations([0], [1], ["a"], ch_names=[("Cz", "Pz")], extras=[{"score": 3}])
    marks = marks_of(annotations, 0.0)
    assert marks.channels == [("Cz", "Pz")]
    assert marks.extras == [{"score": 3}]


def test_annotations_and_codes_stand_in_order_of_time():
    codes = {"STI": trigger_events([0, 0, 7, 0, 0, 0, 9, 9, 0])}
    table = event_table(_marks((0.45, 0.1, "blink")), codes, _time(9), RATE)
    assert table["trial_type"].values.tolist() == ["7", "blink", "9"]
    np.testing.assert_allclose(table["onset"], [0.2, 0.45, 0.6])
    np.testing.assert_allclose(table["duration"], [0.1, 0.1, 0.2])
    np.testing.assert_array_equal(table["value"], [7, np.nan, 9])
    assert table["source"].values.tolist() == ["trigger", "annotation", "trigger"]
    assert table["line"].values.tolist() == ["STI", "", "STI"]


def test_columns_are_of_dtypes_that_stores_keep():
    table = event_table(_marks((0, 0, "a")), {}, _time(3), RATE)
    assert {v.dtype.kind for v in table.variables.values()} <= set("fiU")
    assert table["onset"].dtype == np.float64
    assert table["onset"].attrs["units"] == "s"


def test_nothing_gives_no_table():
    assert event_table(NOTHING, {}, _time(3), RATE) is None
    assert event_table(NOTHING, {"STI": trigger_events([0, 0, 0])}, _time(3), RATE) is None


def test_codes_of_several_lines_say_which_line():
    codes = {"A": trigger_events([0, 1, 0, 0]), "B": trigger_events([0, 0, 1, 0])}
    table = event_table(NOTHING, codes, _time(4), RATE)
    assert table["line"].values.tolist() == ["A", "B"]


def test_codes_after_a_gap_have_true_times():
    time = np.array([0.0, 0.1, 5.0, 5.1, 5.2])
    table = event_table(NOTHING, {"A": trigger_events([0, 0, 3, 0, 0])}, time, RATE)
    assert table["onset"].item() == 5.0


def test_bad_annotations_stay_as_events():
    table = event_table(
        _marks((0.1, 0.2, "BAD_ACQ_SKIP"), (0.5, 0.1, "BAD blink")), {}, _time(9), RATE
    )
    assert table["trial_type"].values.tolist() == ["BAD_ACQ_SKIP", "BAD blink"]


def test_equal_onsets_keep_the_order_they_came_in():
    table = event_table(_marks((1, 0, "z"), (1, 0, "a"), (0, 0, "m")), {}, _time(20), RATE)
    assert table["trial_type"].values.tolist() == ["m", "z", "a"]


def test_many_equal_onsets_keep_their_order_too():
    # Sorting that is not stable shows only beyond 16 rows.
    rows = [(1.0, 0.0, f"{i:02d}") for i in range(60)]
    table = event_table(_marks(*rows, (0.0, 0.0, "first")), {}, _time(20), RATE)
    assert table["trial_type"].values.tolist() == ["first", *(f"{i:02d}" for i in range(60))]


def test_channels_and_extras_are_json_and_only_where_there_are_some():
    marks = Marks(np.zeros(2), np.zeros(2), ["a", "b"], [("Cz",), ()], [{}, {"n": 1}])
    table = event_table(marks, {"S": trigger_events([0, 1, 0])}, _time(3), RATE)
    assert [json.loads(t) if t else None for t in table["channels"].values] == [["Cz"], None, None]
    assert [json.loads(t) if t else None for t in table["extras"].values] == [None, {"n": 1}, None]
    plain = event_table(_marks((0, 0, "a")), {}, _time(3), RATE)
    assert not {"channels", "extras"} & set(plain.data_vars)


def test_marks_come_back_and_codes_do_not():
    marks = Marks(
        np.array([0.1, 0.3]), np.array([0.5, 0.0]), ["a", "b"], [("Cz",), ()], [{"x": 1}, {}]
    )
    table = event_table(marks, {"S": trigger_events([0, 1, 0])}, _time(3), RATE)
    back = marks_in(table)
    np.testing.assert_array_equal(back.onset, marks.onset)
    np.testing.assert_array_equal(back.duration, marks.duration)
    assert list(back.description) == ["a", "b"]
    assert list(back.channels) == [("Cz",), ()]
    assert list(back.extras) == [{"x": 1}, {}]


def test_a_table_from_elsewhere_is_all_marks():
    from neurokit.schema import events

    table = events([0.5, 1.0], trial_type=["go", "stop"])
    assert list(marks_in(table).description) == ["go", "stop"]


def test_no_table_has_no_marks():
    assert len(marks_in(None).description) == 0


@pytest.mark.parametrize("text", ["仰卧", "a/b", "", "@@x"])
def test_any_text_survives(text):
    table = event_table(_marks((0, 0, text), (1, 0, "longer than the others")), {}, _time(20), RATE)
    assert next(iter(marks_in(table).description)) == text
