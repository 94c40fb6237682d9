"""Times and readings in every form that users have them in."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import OptionError, SchemaError, TimeError
from neurokit.states.markov_jump_core import read
from neurokit.states.markov_jump_inputs import sequences

TIMES, STATES = [0.0, 0.4, 1.5], [0, 2, 1]


def test_plain_lists_are_one_sequence():
    times, states, names = sequences(TIMES, STATES, 3)
    assert names == ["times"]
    assert times[0].dtype == np.float64
    assert states[0].dtype == np.int64
    np.testing.assert_array_equal(states[0], STATES)


def test_lists_of_arrays_are_several():
    times, _, names = sequences([TIMES, TIMES[:2]], [STATES, STATES[:2]], 3)
    assert names == ["times[0]", "times[1]"]
    assert [t.size for t in times] == [3, 2]


def test_mappings_keep_their_keys():
    _, _, names = sequences({"a": TIMES}, {"a": STATES}, 3)
    assert names == ["times['a']"]


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: {"a": x}])
def test_readings_with_times_of_their_own(wrap):
    array = xr.DataArray(STATES, {"time": TIMES}, ("time",))
    times, states, _ = sequences(wrap(array), None, 3)
    np.testing.assert_array_equal(times[0], TIMES)
    np.testing.assert_array_equal(states[0], STATES)


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int64, np.float32, np.float64])
def test_whole_numbers_of_any_type_are_states(kind):
    _, states, _ = sequences(TIMES, np.array(STATES, dtype=kind), 3)
    np.testing.assert_array_equal(states[0], STATES)


def test_booleans_are_two_states():
    _, states, _ = sequences(TIMES, np.array([True, False, True]), 2)
    np.testing.assert_array_equal(states[0], [1, 0, 1])


def test_nan_and_minus_one_are_no_reading():
    for missing in (np.nan, -1.0):
        _, states, _ = sequences(TIMES, np.array([0.0, missing, 2.0]), 3)
        np.testing.assert_array_equal(states[0], [0, -1, 2])


def test_messages_name_the_sequence():
    with pytest.raises(TimeError, match=r"times\[1\]"):
        sequences([TIMES, TIMES[::-1]], [STATES, STATES], 3)
    with pytest.raises(OptionError, match=r"states\['b'\].*holds 7"):
        sequences({"a": TIMES, "b": TIMES}, {"a": STATES, "b": [0, 7, 1]}, 3)
    with pytest.raises(SchemaError, match=r"states\['a'\].*2 readings at 3 times"):
        sequences({"a": TIMES}, {"a": STATES[:2]}, 3)


def test_equal_times_are_refused():
    with pytest.raises(TimeError, match=r"from place 1 \(0.4 s\) to 2 \(0.4 s\)"):
        sequences([0.0, 0.4, 0.4], STATES, 3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.floats(1e-3, 1e3),
    st.floats(-1e4, 1e4),
)
def test_end_to_end_readings_keep_gaps_and_edges(lengths, step, origin):
    times = [origin + step * np.arange(n) for n in lengths]
    states = [np.zeros(n, dtype=np.int64) for n in lengths]
    found = read(times, states)
    assert found.starts.tolist() == np.concatenate([[0], np.cumsum(lengths)]).tolist()
    last = found.starts[1:] - 1
    assert (found.gap_of[last] == -1).all()
    inner = np.delete(found.gap_of, last)
    assert (inner >= 0).all()
    np.testing.assert_allclose(found.gaps[inner], step, rtol=1e-4, atol=1e-9)
