"""Builders keep what they are given, turn what is unknown into "" and copy nothing silently."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import (
    CHANNEL_TYPES,
    CHANNEL_UNITS,
    activity,
    connectome,
    events,
    labels,
    recording,
    series,
    spikes,
    stack,
    strings,
    validate,
)

# NUL ends a fixed-width string in numpy, so no label can close with it.
word = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
names = st.lists(word.filter(bool), unique=True, min_size=1, max_size=6)


@settings(max_examples=40)
@given(names)
def test_unique_labels_come_back_in_their_order(given_names):
    assert labels(given_names, "neuron").tolist() == given_names


@settings(max_examples=40)
@given(names, st.data())
def test_any_doubled_label_is_refused(given_names, data):
    again = data.draw(st.sampled_from(given_names))
    with pytest.raises(LabelError, match="more than once"):
        labels([*given_names, again], "neuron")


@settings(max_examples=40)
@given(st.lists(word | st.none() | st.just(float("nan")), max_size=6))
def test_what_is_unknown_becomes_an_empty_string(values):
    out = strings(values)
    assert out.dtype.kind == "U"
    assert out.tolist() == [v if isinstance(v, str) else "" for v in values]


def test_numbers_become_labels_as_they_print():
    assert labels([1, 2, 10], "neuron").tolist() == ["1", "2", "10"]
    assert strings([0, False, 0.5]).tolist() == ["0", "False", "0.5"]


def test_a_number_and_its_text_are_one_label():
    with pytest.raises(LabelError, match="neuron: labels stand more than once: 1"):
        labels([1, "1"], "neuron")


def test_a_label_that_is_none_is_empty():
    with pytest.raises(LabelError, match="label 1 is empty"):
        labels(["a", None], "neuron")


def test_a_column_with_none_becomes_text_and_numbers_stay_numbers():
    coords = {"region": ["x", None], "depth": [0.5, 1.0], "identified": [True, False]}
    group = activity(np.zeros((3, 2)), names=["a", "b"], rate=1.0, coords=coords)
    assert group.region.values.tolist() == ["x", ""]
    assert (group.depth.dtype.kind, group.identified.dtype.kind) == ("f", "b")


@pytest.mark.parametrize("dtype", ["float64", "int16", "uint8", "bool"])
def test_numbers_of_any_type_become_float32_with_the_same_values(dtype):
    values = np.array([[0, 1], [1, 0], [1, 1]], dtype=dtype)
    signal = activity(values, names=["a", "b"], rate=1.0).signal
    assert signal.dtype == np.float32
    np.testing.assert_array_equal(signal, values)


def test_a_variable_keeps_its_type_and_is_left_alone():
    given_signal = xr.Variable(("time", "neuron"), np.zeros((3, 2)), {"note": "raw"})
    signal = activity(given_signal, names=["a", "b"], rate=1.0).signal
    assert signal.dtype == np.float64
    assert given_signal.attrs == {"note": "raw"}


def test_a_variable_in_another_order_is_refused():
    with pytest.raises(SchemaError, match=r"Order them as \('time', 'neuron'\)"):
        activity(xr.Variable(("neuron", "time"), np.zeros((2, 3))), names=["a", "b"], rate=1.0)


@pytest.mark.parametrize("kind", CHANNEL_TYPES)
def test_every_type_has_a_unit_and_keeps_the_contract(kind):
    values = np.random.default_rng(0).standard_normal((9, 1)) * 1e-12
    group = activity(
        values, names=["c"], space="channel", rate=1.0, coords={"channel_type": [kind]}
    )
    assert group.signal.attrs["units"] == group.unit.item() == CHANNEL_UNITS[kind]
    assert group.bad.values.tolist() == [False]


@pytest.mark.parametrize(("given_units", "kept"), [(None, "1"), ("", "1"), ("V", "V")])
def test_neurons_without_a_unit_are_without_dimension(given_units, kept):
    group = activity(np.zeros((3, 1)), names=["a"], rate=1.0, units=given_units)
    assert group.signal.attrs["units"] == kept


def test_positions_are_metres_in_an_unknown_frame_unless_said():
    group = activity(np.zeros((3, 1)), names=["a"], rate=1.0, position=[[1, 2, 3]])
    assert group.position.attrs == {"units": "m", "coordinate_frame": "unknown"}
    assert group.position.sel(space="y").item() == 2.0
    said = activity(
        np.zeros((3, 1)),
        names=["a"],
        rate=1.0,
        position=[[1, 2, 3]],
        position_attrs={"units": "mm"},
    )
    assert said.position.attrs == {"units": "mm", "coordinate_frame": "unknown"}


@settings(max_examples=40)
@given(
    st.dictionaries(
        word.filter(bool), st.lists(st.floats(0, 100), max_size=5), min_size=1, max_size=4
    )
)
def test_each_neuron_gets_its_own_spikes_back_sorted(trains):
    group = spikes(trains)
    parts = np.split(group.spike_time.values, group.spike_end.values[:-1])
    assert [part.tolist() for part in parts] == [sorted(t) for t in trains.values()]
    assert group.neuron.values.tolist() == list(trains)


def test_no_neuron_and_no_spike_are_a_group_all_the_same():
    assert dict(spikes({}).sizes) == {"spike": 0, "neuron": 0}
    assert spikes({"a": []}).spike_end.values.tolist() == [0]


def test_events_without_events_keep_their_columns():
    table = events([])
    assert list(table.data_vars) == ["onset", "duration", "trial_type"]
    assert table.sizes["event"] == 0


def test_events_stay_in_the_order_given_and_unknown_types_are_empty():
    table = events([2.0, 1.0], trial_type=["b", None], columns={"who": ["x", None]})
    assert table.onset.values.tolist() == [2.0, 1.0]
    assert table.trial_type.values.tolist() == ["b", ""]
    assert table.who.values.tolist() == ["x", ""]
    assert table.onset.attrs["units"] == table.duration.attrs["units"] == "s"


def test_series_of_nothing_is_refused():
    with pytest.raises(SchemaError, match="no variable is given"):
        series({}, rate=1.0)


def test_series_takes_dims_by_name_and_leaves_variables_alone():
    speed = xr.Variable("time", np.zeros(3))
    group = series(
        {"speed": speed, "gaze": (("time", "axis"), np.zeros((3, 2)))},
        rate=1.0,
        units={"speed": "m/s"},
    )
    assert group.gaze.dims == ("time", "axis")
    assert "units" not in speed.attrs


def test_a_connectome_keeps_sources_whole_and_unseen_synapses_nan():
    weight = np.array([[[1.0, np.nan]]])
    group = connectome(
        weight,
        pre=["A"],
        post=["A", "B"],
        synapse_type=["chemical"],
        n_sources=np.array([[[3, 0]]]),
        units="synapses",
    )
    assert group.n_sources.dtype == np.int64
    np.testing.assert_array_equal(group.weight, weight)
    assert group.weight.attrs["units"] == "synapses"
    assert "weight_sd" not in group


def test_options_of_the_loader_are_json_whatever_they_are():
    rec = recording({"events": events([0.5])}, modality="eeg", loader_options={"b": {1}, "a": None})
    assert json.loads(rec.attrs["loader_options"]) == {"a": None, "b": "{1}"}


def test_slashes_around_a_group_name_make_no_other_group():
    rec = recording({"/events/": events([0.5])}, modality="eeg")
    assert list(rec.children) == ["events"]
    with pytest.raises(OptionError, match="did you mean 'auxiliary'"):
        recording({"auxilary/events": events([0.5])}, modality="eeg")


@settings(max_examples=25)
@given(names, st.integers(2, 5))
def test_what_the_builder_gives_has_no_label_or_time_fault(given_names, n):
    group = activity(np.zeros((n, len(given_names))), names=given_names, rate=3.0)
    found = validate(recording({"activity": group}, modality="calcium"))
    assert found.ok


@settings(max_examples=25)
@given(st.lists(names, min_size=1, max_size=3))
def test_what_was_stacked_is_selected_unchanged(labels_of_each):
    rng = np.random.default_rng(0)
    recs = {}
    for i, given_names in enumerate(labels_of_each):
        group = activity(rng.random((4, len(given_names))), names=given_names, rate=2.0)
        recs[f"r{i}"] = recording({"activity": group}, modality="calcium", subject=str(i))
    x = stack(recs)
    for key, rec in recs.items():
        seen = rec.activity.signal
        got = x.sel(recording=key).isel(neuron=x.sel(recording=key)["observed"].values)
        assert set(got.neuron.values) == set(seen.neuron.values)
        np.testing.assert_array_equal(got.sel(neuron=seen.neuron.values), seen)
    assert x.sizes["neuron"] == len(set().union(*labels_of_each))
