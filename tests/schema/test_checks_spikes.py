"""Checks of spikes: intervals, trials and clocks, at their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.schema import activity, recording, spikes, validate
from neurokit.schema.checks_spikes import _inside

INTERVAL = st.tuples(st.integers(0, 20), st.integers(0, 6)).map(lambda x: (x[0], x[0] + x[1]))


def _found(group):
    return validate(recording({"spikes": group}, modality="spikes"))


def _watched(trains, start, stop, end):
    return spikes(trains).assign(
        obs_start=("interval", np.asarray(start, dtype=float)),
        obs_stop=("interval", np.asarray(stop, dtype=float)),
        obs_end=("neuron", np.asarray(end)),
    )


@pytest.mark.parametrize(
    ("time", "bad"), [(1.0, 0), (2.0, 0), (2.0 + 9e-7, 0), (2.0 + 2e-6, 1), (0.99, 1), (5.0, 0)]
)
def test_a_spike_lies_in_an_interval_or_on_its_edge(time, bad):
    found = _found(_watched({"a": [time]}, [1.0, 4.0], [2.0, 6.0], [2]))
    assert found.codes == ["NK605"] * bad


def test_intervals_belong_to_their_own_neuron():
    trains = {"a": [1.0], "b": [1.0], "c": []}
    (found,) = _found(_watched(trains, [0.0, 5.0], [2.0, 6.0], [1, 2, 2]))
    assert found.found == "1 spikes lie outside what was observed of b"


def test_a_neuron_that_was_never_observed_has_no_spikes():
    assert _found(_watched({"a": [1.0]}, [], [], [0])).codes == ["NK605"]
    assert _found(_watched({"a": []}, [], [], [0])).codes == []


@given(st.lists(INTERVAL, max_size=5), st.lists(st.integers(-2, 30), max_size=10))
def test_intervals_in_any_order_touching_or_nested_are_counted_right(intervals, times):
    start = np.array([a for a, _ in intervals], dtype=float)
    stop = np.array([b for _, b in intervals], dtype=float)
    expected = [any(a <= t <= b for a, b in intervals) for t in times]
    assert _inside(np.array(times, dtype=float), start, stop).tolist() == expected


def test_what_lacks_of_the_intervals_is_named():
    group = _watched({"a": [1.0]}, [0.0], [2.0], [1]).drop_vars("obs_end")
    (found,) = _found(group)
    assert (found.code, found.where, found.found) == ("NK606", "/spikes", "obs_end missing")


@pytest.mark.parametrize("end", [[2], [0], [-1]])
def test_offsets_of_intervals_reach_their_number(end):
    found = _found(_watched({"a": []}, [0.0], [2.0], end))
    assert (found.codes, found[0].where) == (["NK606"], "/spikes/obs_end")


def test_an_interval_without_a_number_is_broken():
    assert _found(_watched({"a": []}, [0.0], [np.nan], [1])).codes == ["NK606"]


def test_times_around_a_trigger_may_be_negative_and_repeat():
    group = spikes({"a": [-0.5, 0.1, 0.1], "b": [-0.5]})
    assert set(_found(group).codes) == {"NK603", "NK608"}
    assert _found(group.assign(spike_trial=("spike", [0, 0, 1, 1]))).codes == []


def test_the_first_spike_of_the_next_neuron_is_no_step_back_and_no_repeat():
    assert _found(spikes({"a": [3.0], "b": [1.0], "silent": [], "c": [1.0]})).codes == []


def test_lost_times_name_their_neurons_and_hide_the_rest():
    group = spikes({"a": [1.0, 2.0], "b": [3.0]})
    group = group.assign(spike_time=("spike", [2.0, 1.0, np.nan]))
    (found,) = _found(group)
    assert (found.code, found.severity) == ("NK604", "CRITICAL")
    assert found.found == "1 times are NaN or infinite, in b"


def test_offsets_that_are_no_integers_are_no_offsets():
    group = spikes({"a": [1.0]}).assign(spike_end=("neuron", [1.0]))
    assert _found(group).codes == ["NK602"]


def test_no_neuron_and_no_spike_is_no_fault():
    assert _found(spikes({})).codes == []


def test_spikes_before_the_first_sample_of_a_clock_that_ran_earlier_are_no_fault():
    group = spikes({"a": [-2.0, 1.0]})
    signal = activity(np.random.default_rng(0).random((9, 1)), names=["n"], rate=1.0)
    for offset, said in ((0.0, True), (1.5, True), (2.0, False)):
        signal.attrs["time_offset"] = offset
        rec = recording({"activity": signal, "spikes": group}, modality="spikes")
        assert ("NK603" in validate(rec).codes) == said
