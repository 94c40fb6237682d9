"""Tables of NWB as events and spikes, on contents made by hand: no files."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import FileContentError
from neurokit.interchange.nwb_build import Statements, build_recording
from neurokit.interchange.nwb_content import Column, Content, Series, Table, ancestry
from neurokit.interchange.nwb_space import labels_of, plain_coords
from neurokit.interchange.nwb_tables import events_group, spikes_group, units_table
from neurokit.schema import Finding, validate

ELECTRODES = "general/extracellular_ephys/electrodes"


def _table(path: str, kind: str, n: int, **columns: Any) -> Table:
    made = {}
    for name, values in columns.items():
        ragged = isinstance(values, tuple)
        made[name] = Column(
            np.asarray(values[0] if ragged else values), np.asarray(values[1]) if ragged else None
        )
    return Table(path, ancestry(kind, {}), np.arange(n), made)


def _content(*parts: Table | Series) -> Content:
    content = Content("a.nwb")
    for part in parts:
        (content.tables if isinstance(part, Table) else content.series)[part.path] = part  # type: ignore[index]
    return content


def _events(*parts: Table | Series, zero: float = 0.0) -> tuple[Any, list[Finding]]:
    findings: list[Finding] = []
    return events_group(_content(*parts), zero, findings), findings


def _trials(name: str = "trials", **more: Any) -> Table:
    times = {"start_time": [1.0, 3.0], "stop_time": [2.0, 3.5]}
    return _table(f"intervals/{name}", "TimeIntervals", 2, **(times | more))


# -- events


def test_a_table_of_trials_alone_needs_no_column_that_names_it() -> None:
    events, _ = _events(_trials(side=np.array(["l", "r"])), zero=0.5)
    assert "table" not in events
    np.testing.assert_allclose(events.onset, [0.5, 2.5])
    np.testing.assert_allclose(events.duration, [1.0, 0.5])
    assert events.trial_type.values.tolist() == ["trial", "trial"]
    assert events.side.values.tolist() == ["l", "r"]


@pytest.mark.parametrize("name", ["trial_type", "condition", "stimulus_name"])
def test_what_happened_is_read_off_the_most_explicit_column(name: str) -> None:
    events, _ = _events(_trials(**{name: np.array(["go", "stop"]), "label": np.array(["x", "y"])}))
    assert events.trial_type.values.tolist() == ["go", "stop"]
    assert events.label.values.tolist() == ["x", "y"]


def test_numbers_are_no_names_of_what_happened() -> None:
    events, _ = _events(_trials(condition=np.array([3, 4])))
    assert events.trial_type.values.tolist() == ["trial", "trial"]
    assert events.condition.dtype == np.int64


def test_columns_keep_their_dtype_unless_a_table_lacks_them() -> None:
    flags = {"hit": np.array([True, False]), "block": np.array([2, 3], np.uint8)}
    alone, _ = _events(_trials(**flags))
    assert (alone.hit.dtype, alone.block.dtype) == (bool, np.uint8)
    both, _ = _events(_trials(**flags), _trials("sleep", depth=np.array([0.5, 0.7])))
    assert both.hit.dtype == np.float64
    assert np.isnan(both.hit.values[both.table == "intervals/sleep"]).all()
    assert np.isnan(both.depth.values[both.table == "intervals/trials"]).all()
    np.testing.assert_array_equal(both.block.values[both.table == "intervals/trials"], [2, 3])


def test_text_in_one_table_and_numbers_in_another_become_text() -> None:
    events, _ = _events(_trials(code=np.array([1, 2])), _trials("sleep", code=np.array(["a", "b"])))
    assert sorted(events.code.values.tolist()) == ["1", "2", "a", "b"]


def test_lists_become_json_and_narrow_arrays_columns() -> None:
    more = {"licks": ([0.1, 0.2, 0.3], [1, 3]), "target": [[1, 2], [3, 4]]}
    events, _ = _events(_trials(**more))
    assert [json.loads(v) for v in events.licks.values] == [[0.1], [0.2, 0.3]]
    np.testing.assert_array_equal(events.target_0, [1, 3])
    np.testing.assert_array_equal(events.target_1, [2, 4])


def test_wide_arrays_are_said_to_be_left() -> None:
    content = _content(_trials(image=np.zeros((2, 64))))
    events_group(content, 0.0, [])
    assert content.unread == ["intervals/trials/image"]


def test_an_empty_table_gives_no_event_and_no_fault() -> None:
    table = _table("intervals/trials", "TimeIntervals", 0, start_time=[], stop_time=[])
    events, findings = _events(table)
    assert events.sizes["event"] == 0
    assert not findings


def test_an_interval_that_never_ends_has_no_duration() -> None:
    data = np.array([1, 2, -2], np.int8)
    times = np.array([1.0, 2.0, 3.0])
    kinds = ancestry("IntervalSeries", {})
    events, _ = _events(Series("acquisition/r", kinds, data, timestamps=times))
    np.testing.assert_array_equal(events.value, [1, 2])
    assert np.isnan(events.duration.values[0])
    assert events.duration.values[1] == 1.0


def test_annotations_keep_their_words_and_their_order_in_time() -> None:
    words = np.array(["late", "early"], dtype=object)
    kinds = ancestry("AnnotationSeries", {})
    series = Series("acquisition/n", kinds, words, timestamps=np.array([5.0, 2.0]))
    events, _ = _events(series)
    assert events.trial_type.values.tolist() == ["early", "late"]
    np.testing.assert_array_equal(events.onset, [2.0, 5.0])


def test_a_column_with_a_name_of_the_contract_does_not_replace_it() -> None:
    events, _ = _events(_trials(time=np.array([7.0, 8.0]), onset=np.array([9.0, 9.0])))
    np.testing.assert_array_equal(events.onset, [1.0, 3.0])
    np.testing.assert_array_equal(events.time_, [7.0, 8.0])


def test_no_table_is_no_group() -> None:
    assert _events()[0] is None


# -- spikes


def _units(trains: list[list[float]], **more: Any) -> Table:
    ends = np.cumsum([len(t) for t in trains], dtype=np.int64)
    flat = np.concatenate([*map(np.asarray, trains), np.empty(0)])
    return _table("units", "Units", len(trains), spike_times=(flat, ends), **more)


def _spikes(table: Table, *others: Table, zero: float = 0.0) -> Any:
    content = _content(table, *others)
    return spikes_group(content, table, zero, "the file's own time zero", sort=False)


@settings(max_examples=40, deadline=None)
@given(
    trains=st.lists(st.lists(st.floats(0, 1e4), max_size=5).map(sorted), min_size=1, max_size=6),
    zero=st.floats(-100, 100),
)
def test_every_spike_of_every_unit_is_there(trains: list[list[float]], zero: float) -> None:
    group = _spikes(_units(trains), zero=zero)
    found = np.split(group.spike_time.values, group.spike_end.values[:-1])
    for one, expected in zip(found, trains, strict=True):
        np.testing.assert_array_equal(one, np.asarray(expected, dtype=np.float64) - zero)


@pytest.mark.parametrize("name", ["held_out", "heldout", "held-out", "is_held_out"])
def test_units_kept_for_evaluation_are_marked(name: str) -> None:
    group = _spikes(_units([[1.0], [2.0]], **{name: np.array([False, True])}))
    np.testing.assert_array_equal(group.held_out, [False, True])
    assert name not in group.coords


def test_labels_are_a_column_of_unique_words_else_the_ids() -> None:
    named = _spikes(_units([[1.0], [2.0]], unit_name=np.array(["a", "b"])))
    assert named.neuron.values.tolist() == ["a", "b"]
    np.testing.assert_array_equal(named.unit_id, [0, 1])
    doubled = _spikes(_units([[1.0], [2.0]], unit_name=np.array(["a", "a"])))
    assert doubled.neuron.values.tolist() == ["0", "1"]
    assert doubled.unit_name.values.tolist() == ["a", "a"]


def test_a_unit_knows_where_its_electrodes_are() -> None:
    places = _table(ELECTRODES, "DynamicTable", 3, location=np.array(["CA1", "CA1", "CA3"]))
    units = _units([[1.0], [2.0]], electrodes=([0, 1, 2], [2, 3]))
    group = _spikes(units, places)
    assert group.region.values.tolist() == ["CA1", "CA3"]
    assert group.electrodes.values.tolist() == ["[0, 1]", "[2]"]


def test_an_electrode_that_is_not_there_is_refused() -> None:
    places = _table(ELECTRODES, "DynamicTable", 2, location=np.array(["CA1", "CA1"]))
    with pytest.raises(FileContentError, match="refers to electrode 5 of 2"):
        _spikes(_units([[1.0]], electrodes=([5], [1])), places)


def test_when_units_were_watched_is_on_the_clock_of_the_recording() -> None:
    spans = (np.array([[0.0, 2.0], [3.0, 4.0], [0.0, 9.0]]), np.array([2, 3]))
    rec = build_recording(_content(_units([[1.0], [2.0]], obs_intervals=spans)), Statements())
    np.testing.assert_array_equal(rec.spikes.obs_start, [0.0, 3.0, 0.0])
    np.testing.assert_array_equal(rec.spikes.obs_end, [2, 3])
    assert validate(rec).ok


def test_waveforms_are_left_and_said() -> None:
    content = _content(_units([[1.0], [2.0]], waveform_mean=np.zeros((2, 40))))
    rec = build_recording(content, Statements())
    assert "units/waveform_mean" in rec.attrs["findings"]


def test_units_without_spikes_times_are_no_spikes() -> None:
    table = _table("units", "Units", 2, quality=np.array(["good", "mua"]))
    assert _spikes(table) is None


def test_the_usual_table_of_units_wins() -> None:
    other = Table("processing/ecephys/units", ("Units", "DynamicTable"), np.arange(1), {})
    usual = _units([[1.0]])
    assert units_table(_content(other, usual)) is usual
    assert units_table(_content(other)) is other
    assert units_table(_content()) is None


# -- columns as coordinates


def test_a_name_that_means_something_else_in_a_group_gives_way() -> None:
    columns = {"signal": Column(np.arange(2.0)), "depth": Column(np.arange(2.0))}
    assert set(plain_coords(columns, None, (), [])) == {"signal_", "depth"}


def test_rows_are_chosen_in_the_order_asked_for() -> None:
    columns = {"depth": Column(np.array([1.0, 2.0, 3.0]))}
    found = plain_coords(columns, np.array([2, 0]), (), [])
    np.testing.assert_array_equal(found["depth"], [3.0, 1.0])


def test_labels_are_those_of_the_rows_asked_for() -> None:
    table = _table("t", "DynamicTable", 3, label=np.array(["a", "b", "a"]))
    assert labels_of(table, np.array([1, 0])) == (["b", "a"], "label")
    assert labels_of(table, np.arange(3)) == (["0", "1", "2"], "")


def test_columns_come_in_dtypes_that_stores_keep() -> None:
    assert Column(np.array([1, 2], dtype=">i4")).plain().dtype == np.dtype("i4")
    assert Column(np.array([1, 2], dtype=np.float16)).plain().dtype == np.float32
    assert Column(np.array(["a", None], dtype=object)).plain().tolist() == ["a", ""]
